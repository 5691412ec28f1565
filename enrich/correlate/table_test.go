package correlate

import (
	"testing"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

// clusterFor is what is told of an event by reports.
func clusterFor(id string, reports ...*enrich.Report) *cluster {
	c := &cluster{id: id, card: match.NewCard(id)}
	for _, r := range reports {
		c.add(readingOf(r))
	}
	return c
}

func TestFounds(t *testing.T) {
	span := func(days int) func(*enrich.Report) {
		return func(r *enrich.Report) {
			from := monday.AddDate(0, 0, -days)
			r.Occurred = &enrich.Occurred{Earliest: &from, Latest: &monday, Precision: "month", Basis: "relative"}
		}
	}
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		want   bool
	}{
		{"news", said("a", 0), true},
		{"other news", said("a", 0, role(enrich.Other)), true},
		{"another town of a list, without a day or anybody hurt", said("a", 0, role(enrich.Other), undated), false},
		{"background", said("a", 0, role(enrich.Background)), false},
		{"a hoax", said("a", 0, outcome("hoax")), false},
		{"a retraction", said("a", 0, certain("retracted")), false},
		{"an accident", said("a", 0, cues(enrich.CueAccident)), false},
		{"a trial", said("a", 0, typ("judicial", "")), false},
		{"an arrest, which is news", said("a", 0, typ("arrest", "")), true},
		{"a sum over weeks, of a country", said("a", 0, span(20), place("Iraq")), false},
		{"weeks in one town", said("a", 0, span(20)), true},
		{"a week in a country", said("a", 0, span(6), place("Iraq")), true},
		{"an anniversary", said("a", 0, undated, cues(enrich.CueMemory), recalls("bombing", "Mosul", -365, 9)), false},
		{"news of a day on which something is remembered", said("a", 0, cues(enrich.CueMemory), recalls("bombing", "Mosul", -365, 9)), true},
	} {
		x := readingOf(tt.report)
		if got := x.founds(); got != tt.want {
			t.Errorf("%s: is an incident alone %v, want %v", tt.name, got, tt.want)
		}
		if c := clusterFor("", tt.report); c.founded() != tt.want {
			t.Errorf("%s: a cluster of it is one %v", tt.name, c.founded())
		}
	}
}

func TestMentions(t *testing.T) {
	c := clusterFor("inc-1", said("a", 0, killed(7))).card
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		want   bool
	}{
		{"news", said("b", 5), false},
		{"background of an article with other news", said("b", 5, inPassing), true},
		{"background of an article without news", said("b", 5, role(enrich.Background)), false},
		{"the same months later", said("b", 70*24, role(enrich.Background)), true},
		{"as of before it happened", said("b", -5, role(enrich.Background)), true},
		{"mourned within days", said("b", 5, role(enrich.Background), cues(enrich.CueMemory)), false},
		{"remembered within weeks, with a higher toll", said("b", 20*24, role(enrich.Background), cues(enrich.CueMemory), killed(9)), true},
		{"a denial told as of the past", said("b", 70*24, role(enrich.Background), outcome("hoax")), false},
		{"beside other news, soon", said("b", 11, role(enrich.Other)), false},
		{"beside other news, the next day", said("b", 30, role(enrich.Other)), false},
		{"beside other news, two days after", said("b", 44, role(enrich.Other)), true},
		{"beside other news, with the same toll", said("b", 44, role(enrich.Other), killed(7)), true},
		{"beside other news, with a higher toll", said("b", 44, role(enrich.Other), killed(8)), false},
	} {
		x := readingOf(tt.report)
		if got := x.mentions(c); got != tt.want {
			t.Errorf("%s: only mentions it %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRelations(t *testing.T) {
	bombing := clusterFor("inc-1", said("a", 0, killed(7)))
	taken := clusterFor("inc-2", said("a", 0, typ("kidnapping", ""), exactly(enrich.Abducted, 9)))
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		of     *cluster
		want   Relation
	}{
		{"the first report", said("b", 30, typ("arrest", "")), clusterFor(""), Reports},
		{"more news", said("b", 30, killed(9)), bombing, Reports},
		{"an arrest within the hour is part of it", said("b", 1, typ("arrest", "")), bombing, Reports},
		{"an arrest the next day", said("b", 30, typ("arrest", "")), bombing, FollowsUp},
		{"a headline of a trial", said("b", 90, killed(7), cues(enrich.CueCharged, "!"+enrich.CueCharged)), bombing, FollowsUp},
		{"a toll, and an arrest besides", said("b", 30, killed(9), cues(enrich.CueArrest)), bombing, Reports},
		{"an arrest, and no toll", said("b", 30, cues(enrich.CueArrest)), bombing, FollowsUp},
		{"those abducted come free", said("b", 60, cues(enrich.CueFreed)), taken, FollowsUp},
		{"free is a word of bombings too", said("b", 60, cues(enrich.CueFreed)), bombing, Reports},
	} {
		x := readingOf(tt.report)
		if got := relationOf(&x, tt.of); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWhenTwoAreOne(t *testing.T) {
	bound := func(c *cluster, id string) *cluster {
		for k := range c.readings {
			c.readings[k].Bound = id
		}
		return c
	}
	for _, tt := range []struct {
		name string
		a, b *cluster
		want bool
	}{
		{"they say the same", clusterFor("", said("a", 0, killed(7)), said("b", 1, killed(7))), clusterFor("", said("c", 1, killed(7))), true},
		{"they are of two towns", clusterFor("", said("a", 0, killed(7))), clusterFor("", said("b", 0, killed(7), place("Quetta"))), false},
		{"one reading of the smaller speaks against it", clusterFor("", said("a", 0, killed(7)), said("b", 0, killed(7)), said("c", 0, killed(7))), clusterFor("", said("d", 0, killed(7)), said("e", 0, killed(7), place("Quetta"))), false},
		{"an article tells them apart", clusterFor("", said("a", 0, killed(7), ordinal(0, 2))), clusterFor("", said("a", 0, killed(7), ordinal(1, 2))), false},
		{"operators put them apart", bound(clusterFor("", said("a", 0, killed(7))), "inc-1"), bound(clusterFor("", said("b", 0, killed(7))), "inc-2"), false},
		{"an operator put one of them", bound(clusterFor("", said("a", 0, killed(7))), "inc-1"), clusterFor("", said("b", 0, killed(7))), true},
	} {
		if got := one(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: one %v, want %v", tt.name, got, tt.want)
		}
		if got := one(tt.b, tt.a); got != tt.want {
			t.Errorf("%s, the other way round: one %v, want %v", tt.name, got, tt.want)
		}
	}
}

// Two that a report makes one are the older of them.
func TestMergingKeepsTheOlder(t *testing.T) {
	tb := &table{}
	young, old := clusterFor("inc-2", said("b", 3, killed(7))), clusterFor("inc-1", said("a", 1, killed(7)), said("c", 5, killed(7)))
	tb.clusters = []*cluster{young, old}
	got := tb.merge(young, old, time.Time{})
	if got != old || len(tb.clusters) != 1 || len(got.readings) != 3 || got.card.N != 3 || !got.touched {
		t.Errorf("they are %s with %d readings, %d clusters", got.id, len(got.readings), len(tb.clusters))
	}
	for k, want := range []string{"art-a", "art-b", "art-c"} {
		if got.readings[k].Article != want {
			t.Errorf("reading %d is %s, want %s", k, got.readings[k].Article, want)
		}
	}
}

// A report that fits two clusters which fit each other makes them one; one that sums
// up does not.
func TestABridgeOnTheTable(t *testing.T) {
	for _, tt := range []struct {
		name string
		with []func(*enrich.Report)
		want int // clusters
	}{
		{"a report that has both", nil, 1},
		{"a report that sums up", []func(*enrich.Report){cues(enrich.CueJoint)}, 2},
	} {
		tb := &table{}
		// As a late report may leave them: two of one event.
		tb.clusters = []*cluster{clusterFor("inc-1", said("a", 0, killed(7))), clusterFor("inc-2", said("b", 1, killed(7)))}
		p, err := tb.put(readingOf(said("c", 2, append([]func(*enrich.Report){killed(7)}, tt.with...)...)))
		if err != nil || len(tb.clusters) != tt.want || p.in == nil {
			t.Errorf("%s: %d clusters, want %d (%v)", tt.name, len(tb.clusters), tt.want, err)
		}
	}
}

func TestEditionsOnTheTable(t *testing.T) {
	two := []*enrich.Report{said("a", 0, killed(7), ordinal(0, 2)), said("a", 0, killed(3), ordinal(1, 2), place("Quetta"))}
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		want   string // cluster that it goes on from
	}{
		{"the only report of an edition, whatever it corrects", said("a", 1, edition(2), place("Basra"), typ("shooting", "")), "inc-mosul"},
		{"the only report of an edition goes where it fits", said("a", 1, edition(2), place("Quetta"), killed(3)), "inc-quetta"},
		{"the first of two", said("a", 1, edition(2), ordinal(0, 2), killed(9)), "inc-mosul"},
		{"the second of two", said("a", 1, edition(2), ordinal(1, 2), killed(9), place("Quetta")), "inc-quetta"},
		{"of two, one elsewhere", said("a", 1, edition(2), ordinal(1, 2), place("Basra")), ""},
		{"another report of the same text", said("a", 0, ordinal(2, 3)), ""},
		{"another article", said("b", 0), ""},
	} {
		tb := &table{clusters: []*cluster{clusterFor("inc-mosul", two[0]), clusterFor("inc-quetta", two[1])}}
		x := readingOf(tt.report)
		got := ""
		if c := tb.edition(&x); c != nil {
			got = c.id
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// What an edition replaces is kept aside, to find its way again.
func TestReplacing(t *testing.T) {
	c := clusterFor("inc-1", said("a", 0, killed(7)), said("b", 1, killed(7)))
	tb := &table{clusters: []*cluster{c}}
	p, err := tb.put(readingOf(said("a", 2, killed(9), edition(2))))
	if err != nil || p.in != c || p.decision.By != "edition" {
		t.Fatalf("it went to %+v (%v)", p, err)
	}
	if len(c.readings) != 2 || len(c.asides) != 1 || c.asides[0].Edition != 1 || c.card.N != 2 {
		t.Errorf("%d readings, %d aside, a card of %d", len(c.readings), len(c.asides), c.card.N)
	}
	if c.readings[1].Edition != 2 || !c.readings[1].At.Equal(monday.Add(2*time.Hour+time.Minute)) {
		t.Errorf("the edition is said at %v", c.readings[1].At)
	}
}
