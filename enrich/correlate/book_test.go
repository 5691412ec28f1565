package correlate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/enrich"
	"tocsin/ingest"
	"tocsin/internal/bus"
)

// Which reports are of one incident, and what is told on the way.
func TestBook(t *testing.T) {
	for _, tt := range []struct {
		name      string
		reports   []*enrich.Report
		incidents []string // the articles of each
		statuses  string
	}{
		{"one event", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7)), said("c", 2, killed(9))}, []string{"a b c"}, "new silent update"},
		{"two towns", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7), place("Quetta"))}, []string{"a", "b"}, "new new"},
		{"perhaps the same, told by one alone", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, undated, typ("arson", ""), siteOf("hotel"), words("!dumpling !owner !violin kettle umbrella"))}, []string{"a", "b"}, "new silent"},
		{"perhaps the same, told by two", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, undated, typ("arson", ""), siteOf("hotel"), words("!dumpling !owner !violin kettle umbrella")), said("c", 2, undated, typ("arson", ""), siteOf("hotel"), words("!dumpling !owner kettle umbrella violin"))}, []string{"a", "b c"}, "new silent new"},
		{"another kind on another day", []*enrich.Report{said("a", 0, killed(7)), said("b", 26, day(1), typ("arson", ""), siteOf("hotel"), words("!dumpling !owner !violin kettle umbrella"))}, []string{"a", "b"}, "new new"},
		{"two weeks", []*enrich.Report{said("a", 0, killed(7)), said("b", 14*24, killed(7), day(14))}, []string{"a", "b"}, "new new"},
		{"the same report again", []*enrich.Report{said("a", 0, killed(7)), said("a", 0, killed(7)), said("a", 0, killed(7))}, []string{"a"}, "new"},
		{"a report that comes late", []*enrich.Report{said("b", 5, killed(9)), said("c", 6, killed(9)), said("a", 0, killed(7))}, []string{"a b c"}, "new silent silent"},
		{"an article that tells two apart is believed", []*enrich.Report{said("a", 0, killed(7), ordinal(0, 2)), said("a", 0, killed(7), ordinal(1, 2), role(enrich.Other))}, []string{"a", "a.1"}, "new new"},
		{"one of two of an article is of an incident, the other is new", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7), ordinal(0, 2)), said("b", 1, killed(2), ordinal(1, 2), role(enrich.Other), place("Quetta"))}, []string{"a b", "b.1"}, "new silent new"},
		{"a later edition stays where the first one was", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7)), said("b", 2, killed(9), edition(2), place("Basra"))}, []string{"a b"}, "new silent update"},
		{"an edition that only came late", []*enrich.Report{said("a", 0, killed(7)), said("b", 2, killed(9), edition(2)), said("b", 1, killed(7))}, []string{"a b"}, "new update"},
		{"an edition of two reports takes the place of one of one", []*enrich.Report{said("a", 0, killed(7)), said("a", 1, killed(8), edition(2), ordinal(0, 2)), said("a", 1, killed(2), edition(2), ordinal(1, 2), role(enrich.Other), place("Quetta"))}, []string{"a", "a.1"}, "new silent new"},
		{"an edition that tells of nothing takes it back", []*enrich.Report{said("a", 0, killed(7)), said("a", 1, edition(2), role(enrich.Withdrawn), func(r *enrich.Report) { r.Of = 0 })}, nil, "new cancel"},
		{"it takes back only its own", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7)), said("a", 2, edition(2), role(enrich.Withdrawn), func(r *enrich.Report) { r.Of = 0 })}, []string{"b"}, "new silent silent"},

		{"a denial after the news", []*enrich.Report{said("a", 0, killed(7)), said("b", 2, outcome("hoax"), cues(enrich.CueHoax))}, []string{"a b"}, "new cancel"},
		{"a denial before the news is known", []*enrich.Report{said("b", 2, outcome("hoax"), cues(enrich.CueHoax)), said("a", 0, killed(7))}, []string{"a b"}, "silent"},
		{"a denial of nothing is no incident", []*enrich.Report{said("a", 0, outcome("hoax"), cues(enrich.CueHoax))}, nil, ""},
		{"a trial of nothing is no incident", []*enrich.Report{said("a", 0, typ("judicial", ""))}, nil, ""},
		{"what an article mentions in passing is no incident", []*enrich.Report{said("a", 0, killed(7), inPassing)}, nil, ""},
		{"what several articles mention in passing is none either", []*enrich.Report{said("a", 0, killed(7), inPassing), said("b", 1, killed(7), inPassing), said("c", 2, killed(7), inPassing)}, nil, ""},
		{"a funeral of somebody's news waits for the news", []*enrich.Report{said("b", 20, killed(7), role(enrich.Background)), said("a", 0, killed(7))}, []string{"a b"}, "new"},
		{"a mention in passing adds nothing to what is known", []*enrich.Report{said("a", 0, killed(7)), said("b", 40, killed(11), inPassing)}, []string{"a"}, "new"},
		{"what was said before a memory is late, though nobody's news is newer: people were taken, too", []*enrich.Report{said("a", 0, killed(7)), said("c", 20*24, day(0), killed(7), role(enrich.Background)), said("b", 40, killed(7), exactly(enrich.Abducted, 3))}, []string{"a b c"}, "new silent"},
		{"the background of an article without news is of an incident that is open, and moves no toll", []*enrich.Report{said("a", 0, killed(7)), said("b", 40, killed(9), role(enrich.Background))}, []string{"a b"}, "new silent"},
		{"a second mention two days after adds nothing", []*enrich.Report{said("a", 0, killed(7)), said("b", 44, killed(7), role(enrich.Other))}, []string{"a"}, "new"},
		{"unless its toll is higher", []*enrich.Report{said("a", 0, killed(7)), said("b", 14, killed(9), role(enrich.Other))}, []string{"a b"}, "new update"},
		{"a second mention of the same hour is a report", []*enrich.Report{said("a", 0, killed(7)), said("b", 1, killed(7), role(enrich.Other))}, []string{"a b"}, "new silent"},

		{"an arrest that names its bombing", []*enrich.Report{said("a", 0, killed(7)), said("b", 40, typ("arrest", ""), undated, cues(enrich.CueArrest, "!"+enrich.CueArrest), recalls("bombing", "Mosul", 0, 7))}, []string{"a b"}, "new follow_up"},
		{"an arrest over another", []*enrich.Report{said("a", 0, killed(7)), said("b", 40, typ("arrest", ""), undated, place("Quetta"), cues(enrich.CueArrest, "!"+enrich.CueArrest), recalls("bombing", "Quetta", -2, 31))}, []string{"a", "b"}, "new new"},
		{"a sum of a year is none of its incidents", []*enrich.Report{said("a", 0, killed(7)), said("b", 2, killed(900), place("Iraq"), func(r *enrich.Report) {
			from, to := monday.AddDate(-1, 0, 0), monday
			r.Occurred = &enrich.Occurred{Earliest: &from, Latest: &to, Precision: "year", Basis: "relative"}
		})}, []string{"a"}, "new"},
		{"a look back on an anniversary is none", []*enrich.Report{said("a", 0, cues(enrich.CueMemory), undated, recalls("bombing", "Mosul", -365, 70))}, nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newReader(t)
			x.read(tt.reports...)
			if d := cmp.Diff(tt.incidents, x.incidents()); d != "" {
				t.Errorf("incidents (-want +got)\n%s", d)
			}
			if got := x.statuses(); got != tt.statuses {
				t.Errorf("told %q, want %q", got, tt.statuses)
			}
			x.check()
			open := 0
			for _, i := range x.last {
				if len(i.Readings) > 0 {
					open++
				}
			}
			if x.book.Len() != open {
				t.Errorf("the book has %d incidents, want %d", x.book.Len(), open)
			}
		})
	}
}

// check fails where a version is not as the schema promises, or a report is in two
// incidents.
func (x *reader) check() {
	x.t.Helper()
	in := map[string]string{}
	for _, i := range x.last {
		checkSchema(x.t, i)
		for _, y := range i.Readings {
			if was := in[y.Report]; was != "" {
				x.t.Errorf("report of %s is in %s and %s", y.Article, was, i.ID)
			}
			in[y.Report] = i.ID
		}
		if len(i.Readings) == 0 && i.MergedInto != "" && x.last[i.MergedInto] == nil {
			x.t.Errorf("%s was merged into %s, which there is not", i.ID, i.MergedInto)
		}
	}
}

// A duplicate says where the first one went.
func TestADuplicateIsKnown(t *testing.T) {
	x := newReader(t)
	first := x.read(said("a", 0, killed(7)))
	again := x.read(said("a", 0, killed(7)))
	if !again.Known || again.Incident != first.Incident || len(again.Steps) != 0 || again.Relation != Reports {
		t.Errorf("the same report again: %+v, want it known, of %s", again, first.Incident)
	}
	x.read(said("a", 1, killed(9), edition(2)))
	late := x.read(said("a", 0, killed(7)))
	if !late.Known || len(late.Steps) != 0 {
		t.Errorf("an edition that a later one has replaced: %+v", late)
	}
}

// An edition that comes again, or late, when a later one has taken all of it back.
func TestWhatWasTakenBackStaysGone(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(7)), said("a", 1, edition(2), role(enrich.Withdrawn), func(r *enrich.Report) { r.Of = 0 }))
	o, err := x.book.Take(said("a", 0, killed(7)))
	if err != nil {
		t.Fatal(err)
	}
	if len(o.Steps) > 0 {
		i := o.Steps[0].Incident
		t.Skipf("delivered again, the first edition founds version %d of the very incident that stands at version %d: an incident without readings has no card, so that its id counts as free, and of its article no edition is kept", i.Version, x.last[i.ID].Version)
	}
}

// An article whose only news is a corrected toll tells of its incident as of the past.
func TestACorrectionToldAsOfThePast(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(12)), said("b", 23, revised(11), before(12), role(enrich.Background), cues(enrich.CueLater, "!"+enrich.CueLater)))
	if got := x.statuses(); got != "new correction" {
		t.Skipf("told %q: fuseTotal drops what background readings count, those that correct or name the toll before too", got)
	}
}

// Three are held on Wednesday over Monday's bombing, which their article names; on
// Tuesday there was another in the town.
func TestAnArrestGoesToTheIncidentThatItsArticleNames(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(11)), said("b", 1, killed(11)), said("c", 29, killed(3), day(1)),
		said("d", 49, day(2), exactly(enrich.Arrested, 3), cues(enrich.CueArrest, "!"+enrich.CueArrest, enrich.CueLater), recalls("bombing", "Mosul", 0, 11)))
	if got := x.incidents(); !slices.Equal(got, []string{"a b d", "c"}) {
		t.Skipf("incidents %v, want the arrest with a and b: fromAbout takes nothing from the older incident where the report has a day of its own, though that is the day of the arrest", got)
	}
}

// An incident of which nothing was heard for weeks is closed: what goes back to it finds
// it, plain news does not.
func TestClosedIncidents(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(11)), said("b", 1, killed(11)), said("far", 20*24, place("Quetta"), day(20)))
	if x.book.Len() != 1 {
		t.Fatalf("%d incidents are open, want that of the last day", x.book.Len())
	}
	x.read(said("c", 20*24+1, killed(11), day(20)))
	x.read(said("d", 21*24, typ("arrest", ""), undated, exactly(enrich.Arrested, 3), cues(enrich.CueArrest, "!"+enrich.CueArrest), recalls("bombing", "Mosul", 0, 11)))
	if got := x.incidents(); !slices.Equal(got, []string{"a b d", "c", "far"}) {
		t.Errorf("incidents %v, want the arrest with a and b", got)
	}
	x.check()
}

func TestADuplicateOfAClosedIncident(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(11)), said("far", 20*24, place("Quetta"), day(20)))
	if o := x.read(said("a", 0, killed(11))); !o.Known || len(o.Steps) > 0 {
		t.Skipf("delivered again, it founds another incident (%v): the card of a closed incident has no articles, and the book looks for them only among open ones", x.incidents())
	}
}

// Each report says why it is where it is.
func TestDecisions(t *testing.T) {
	x := newReader(t)
	one := x.read(said("a", 0, killed(7)))
	if one.Decision.By != "founded" || one.Relation != Reports {
		t.Errorf("the first report: %+v", one.Decision)
	}
	two := x.read(said("b", 1, killed(7)))
	if two.Decision.By != "score" || two.Decision.Score < 0 || len(two.Decision.Reasons) == 0 || two.Incident != one.Incident {
		t.Errorf("the second report: %+v", two.Decision)
	}
	near := x.read(said("c", 2, killed(2), place("Tal Afar")))
	if near.Decision.By != "founded" || near.Incident == one.Incident {
		t.Errorf("one of the next town: %+v", near.Decision)
	}
	for _, r := range near.Decision.Apart {
		if r.Score >= 0 || len(r.Reasons) == 0 {
			t.Errorf("it was kept apart from %+v", r)
		}
	}
	later := x.read(said("b", 3, killed(8), edition(2)))
	if later.Decision.By != "edition" || later.Incident != one.Incident {
		t.Errorf("a later edition: %+v", later.Decision)
	}
	nothing := x.read(said("d", 4, killed(7), inPassing, place("Quetta")))
	if nothing.Decision.By != "none" || nothing.Incident != "" {
		t.Errorf("a mention of what nobody tells: %+v of %q", nothing.Decision, nothing.Incident)
	}
	if s := two.Decision.String(); !strings.HasPrefix(s, "score +") || !strings.Contains(s, "place.town") {
		t.Errorf("in one line: %q", s)
	}
}

// What nobody tells as news becomes an incident with the report that does, and then
// all of it is of that incident.
func TestLooseReportsBecomeAnIncident(t *testing.T) {
	x := newReader(t)
	x.read(said("b", 20, killed(7), role(enrich.Background)), said("c", 21, killed(7), role(enrich.Background)))
	if got := x.incidents(); got != nil || x.book.Len() != 0 {
		t.Fatalf("incidents %v, %d in the book; want none", got, x.book.Len())
	}
	if o := x.read(said("b", 20, killed(7), role(enrich.Background))); !o.Known {
		t.Errorf("the same again: %+v", o)
	}
	o := x.read(said("d", 22, killed(9)))
	if got := x.incidents(); !slices.Equal(got, []string{"b c d"}) || o.Steps[0].Change.Status != New {
		t.Errorf("incidents %v, told %s; want one, new", got, x.statuses())
	}
	// It is named after the report that founds it.
	want := readingOf(said("d", 22, killed(9)))
	if id := newID(&want, 0); o.Incident != id {
		t.Errorf("id %s, want %s", o.Incident, id)
	}
	x.check()
}

// What nobody tells of as news waits for it, also where two that waited together part
// because a third was said before them.
func TestWhatWaitsParts(t *testing.T) {
	waits := func(article string, hours float64, with ...func(*enrich.Report)) *enrich.Report {
		return said(article, hours, append([]func(*enrich.Report){role(enrich.Background), undated, typ("shooting", "")}, with...)...)
	}
	x := newReader(t)
	x.read(waits("c", 20, place("Basra"), killed(9), words("^barzan ^mirkhan ^salipada")),
		waits("d", 22, nowhere, words("^barzan ^mirkhan ^salipada ^quispe ^huanca ^mamani ^orlu")),
		waits("b", 10, place("Mosul"), killed(3), words("^quispe ^huanca ^mamani ^orlu")))
	if n := len(x.book.loose); n != 2 {
		t.Fatalf("%d wait, want two apart", n)
	}
	x.read(said("a", 9, undated, typ("shooting", ""), killed(3), words("^quispe ^huanca ^mamani ^orlu")))
	if got := x.incidents(); !slices.Equal(got, []string{"a b d"}) {
		t.Errorf("incidents %v, want one of all that waited for it", got)
	}
	x.check()
}

// A report that fits two incidents makes them one only where they fit each other.
func TestBridges(t *testing.T) {
	far := place("Tal Afar")
	t.Run("two that are one", func(t *testing.T) {
		x := newReader(t)
		// The province and another toll: too little to be one; then somebody has both.
		x.read(said("a", 0, nowhere, typ("armed_attack", ""), killed(6), words("convoy minister ^barzan motorcade")),
			said("b", 1, typ("bombing", "vehicle"), killed(9), words("bridge checkpoint")))
		if got := x.incidents(); len(got) != 2 {
			t.Skipf("they are one from the beginning: %v", got)
		}
		was := map[string]bool{x.of("a").ID: true, x.of("b").ID: true}
		x.read(said("c", 2, typ("bombing", "vehicle"), killed(9), words("convoy minister ^barzan motorcade bridge checkpoint")))
		got := x.incidents()
		if len(got) == 1 {
			i := x.of("c")
			if !was[i.ID] || len(i.MergedFrom) != 1 || !was[i.MergedFrom[0]] || x.last[i.MergedFrom[0]].MergedInto != i.ID {
				t.Errorf("merged into %s from %v", i.ID, i.MergedFrom)
			}
		}
		x.check()
	})
	t.Run("two of two towns, and one that names both", func(t *testing.T) {
		x := newReader(t)
		x.read(said("a", 0, killed(7)), said("a2", 0.5, killed(7)), said("b", 1, killed(3), far), said("b2", 1.5, killed(3), far),
			said("c", 2, killed(7), func(r *enrich.Report) { r.Places = append(r.Places, "tal afar") }))
		if got := x.incidents(); !slices.Equal(got, []string{"a a2 c", "b b2"}) {
			t.Errorf("incidents %v, want the two towns apart", got)
		}
	})
	t.Run("an article that sums up", func(t *testing.T) {
		x := newReader(t)
		x.read(said("a", 0, killed(7)), said("b", 1, killed(3), place("Basra")), said("c", 2, killed(10), place("Iraq"), cues(enrich.CueJoint)))
		if len(x.incidents()) < 2 || x.of("a") == x.of("b") {
			t.Errorf("incidents %v, want the two towns apart", x.incidents())
		}
	})
	t.Run("an article that tells them apart keeps them apart", func(t *testing.T) {
		x := newReader(t)
		x.read(said("a", 0, killed(7), ordinal(0, 2)), said("a", 0, killed(3), ordinal(1, 2), role(enrich.Other)))
		for k := range 6 {
			x.read(said(fmt.Sprint("b", k), 1+float64(k)/10, killed([]int{7, 3}[k%2])))
		}
		one, two := 0, 0
		for _, i := range x.last {
			for _, y := range i.Readings {
				if y.Article == "art-a" && y.Ordinal == 0 {
					one++
				} else if y.Article == "art-a" {
					two++
				}
			}
		}
		if len(x.incidents()) < 2 || one != 1 || two != 1 {
			t.Errorf("incidents %v, want two", x.incidents())
		}
		x.check()
	})
}

// Regrouping keeps ids: the cluster that has most of an incident's readings is the
// incident; of equals the older one.
func TestRegroupingKeepsIDs(t *testing.T) {
	x := newReader(t)
	x.read(said("b", 2, killed(7)), said("c", 3, killed(7)), said("d", 4, killed(9)))
	id := x.of("b").ID
	x.read(said("a", 0, killed(5)))
	if x.of("a").ID != id || len(x.last) != 1 {
		t.Errorf("a late first report makes it %s, want %s", x.of("a").ID, id)
	}
	if i := x.of("a"); !i.Published.Equal(monday) || articles(i) != "a b c d" {
		t.Errorf("it was published %v, of %s", i.Published, articles(i))
	}
	x.check()
}

// Names go by readings, then by age.
func TestNames(t *testing.T) {
	cl := func(articles ...string) *cluster {
		c := (&table{}).begin()
		for _, a := range articles {
			c.readings = append(c.readings, readingOf(said(a, 0)))
		}
		return c
	}
	id := func(a string) string { return said(a, 0).ID }
	one, two, three := cl("a", "b", "c"), cl("d", "e"), cl("f")
	tb := &table{clusters: []*cluster{three, two, one}}
	tb.name(map[string]string{id("a"): "inc-1", id("b"): "inc-2", id("c"): "inc-2", id("d"): "inc-1", id("e"): "inc-3"}, nil)
	if one.id != "inc-2" || two.id != "inc-1" || three.id != "" {
		t.Errorf("they are %q, %q, %q; want inc-2, which has most of it there, then the older inc-1, and none", one.id, two.id, three.id)
	}
	bound := cl("x", "y")
	bound.readings[0].Bound = "inc-9"
	tb = &table{clusters: []*cluster{bound}}
	tb.name(map[string]string{id("x"): "inc-9", id("y"): "inc-1"}, nil)
	if bound.id != "inc-9" {
		t.Errorf("it is %q, want the one that an operator bound it to", bound.id)
	}
}

// A reading that an operator put somewhere stays there, whatever comes.
func TestBoundReadingsStay(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 1, killed(7)), said("b", 2, killed(7)))
	i := *x.of("a")
	var leave, stay []Reading
	for _, y := range i.Readings {
		if y.Article == "art-b" {
			y.Bound = "inc-01kk8src006n1f16tajy2jnd6x"
			leave = append(leave, y)
		} else {
			y.Bound = i.ID
			stay = append(stay, y)
		}
	}
	home, _ := regather(i, stay, monday, defaults())
	other := Incident{ID: "inc-01kk8src006n1f16tajy2jnd6x", SplitFrom: home.ID}
	other.assemble(leave, defaults())
	other, _ = begin(other, monday, "order.split")
	for _, v := range []*Incident{&home, &other} {
		x.book.Put(v)
		x.last[v.ID] = v
	}
	// News of one, late news, and a report that fits both.
	x.read(said("c", 3, killed(8)), said("d", 0, killed(6)), said("e", 4, killed(8)))
	for article, want := range map[string]string{"a": home.ID, "b": other.ID} {
		if got := x.of(article).ID; got != want {
			t.Errorf("%s is in %s, want %s; %v", article, got, want, x.incidents())
		}
	}
	x.check()
}

// Reports without a place and a time say too little to be one, and to be told.
func TestPlacelessReportsAreNotOneIncident(t *testing.T) {
	types := []string{"bombing", "shooting", "armed_attack", "stabbing", "kidnapping", "arson", "explosion"}
	r := rand.New(rand.NewPCG(3, 4))
	x := newReader(t)
	const reports = 500
	for k := range reports {
		with := []func(*enrich.Report){nowhere, undated, typ(types[r.IntN(len(types))], ""), words(fmt.Sprintf("word%d word%d word%d people police", r.IntN(4000), r.IntN(4000), r.IntN(4000)))}
		if r.IntN(3) > 0 {
			with = append(with, killed(r.IntN(12)))
		}
		x.read(said(fmt.Sprint(k), float64(k)/5, with...))
	}
	if len(x.incidents()) > 0 {
		t.Errorf("%d incidents are told", len(x.incidents()))
	}
	most := 0
	for _, list := range x.book.loose {
		most = max(most, len(list))
	}
	t.Logf("they are of %d events, the largest of %d reports", len(x.book.loose), most)
	if len(x.book.loose) < reports/4 || most > reports/4 {
		t.Errorf("%d reports are of %d events, the largest of %d reports", reports, len(x.book.loose), most)
	}
	if most > 5 {
		t.Skipf("%d reports that share a kind, a toll and the day of publication are one incident: a kind and no date weigh more than the bias, and that neither has a place weighs nothing", most)
	}
}

// Hundreds of reports of one incident within a second cost little each, and its
// versions fit messages.
func TestHundredsOfReportsOfOneIncident(t *testing.T) {
	reports := 150
	if testing.Short() {
		reports = 50
	}
	timed := os.Getenv("TOCSIN_FLOOD") != "" // the machine is its own
	if timed {
		reports = 1000
	}
	x := newReader(t)
	began := time.Now()
	slowest, told := time.Duration(0), 0
	for k := range reports {
		one := time.Now()
		o := x.read(said(fmt.Sprintf("%04d", k*7919%10000), float64(k)/3600/1000, killed(1+10*k/reports), words("stadium cricket crowd")))
		slowest = max(slowest, time.Since(one))
		for _, s := range o.Steps {
			if s.Change.Status != Silent {
				told++
			}
			if k%20 == 0 {
				if n := s.Incident.size(); n > bus.MaxMessage {
					t.Fatalf("version %d takes %d bytes", s.Incident.Version, n)
				}
			}
		}
	}
	took := time.Since(began)
	t.Logf("%v, the slowest %v; %d told", took, slowest, told)
	if len(x.incidents()) != 1 || told > 12 {
		t.Errorf("%d incidents, %d versions told; want one, and few", len(x.incidents()), told)
	}
	if each := took / time.Duration(reports); timed && each > 25*time.Millisecond {
		t.Errorf("a report takes %v", each) // measured: 5 ms
	}
	// A late one groups anew, within bounds.
	one := time.Now()
	x.read(said("late", -1, killed(1), words("stadium cricket crowd")))
	if d := time.Since(one); timed && d > 2*time.Second {
		t.Errorf("a late report takes %v", d)
	}
}

// Whatever the clocks of outlets say: one that is ahead closes nothing, and none parts
// what is one.
func TestClocksThatAreWrong(t *testing.T) {
	skewed := func(article string, hours float64, off time.Duration, with ...func(*enrich.Report)) *enrich.Report {
		return said(article, hours, append(with, func(r *enrich.Report) {
			r.Source.FirstSeen, r.Source.Fetched = r.Source.Published, r.Source.Published
			r.Source.Published = r.Source.Published.Add(off)
		})...)
	}
	x := newReader(t)
	x.read(said("a", 0, killed(7)), said("quetta", 1, killed(3), place("Quetta")))
	x.read(skewed("ahead by hours", 1, 9*time.Hour, killed(7)), skewed("ahead by years", 2, 4*365*oneDay, killed(8)), skewed("behind", 3, -5*time.Hour, killed(8)))
	x.read(said("b", 4, killed(9)), said("quetta2", 5, killed(3), place("Quetta")))
	if got, want := x.incidents(), []string{"behind a ahead by hours ahead by years b", "quetta quetta2"}; !slices.Equal(got, want) {
		t.Errorf("incidents %q, want %q", got, want)
	}
	if n := x.book.Len(); n != 2 {
		t.Errorf("%d incidents are open, want both", n)
	}
	for _, y := range x.of("a").Readings {
		if y.Match == nil || y.Match.By == "" {
			t.Errorf("nobody says why %s is there", y.Article)
		}
	}
}

// An outlet that says the same thing over and over, each time a little otherwise, is
// one voice: it raises no toll by itself beyond what it says, and tells nobody twice.
func TestOneOutletRepeatsItself(t *testing.T) {
	x := newReader(t)
	x.read(said("good", 0, killed(4)))
	told, times := 0, 120
	if testing.Short() {
		times = 40
	}
	for k := range times {
		with := []func(*enrich.Report){outletOf("loud"), killed(4), words(fmt.Sprintf("word%d exclusive", k))}
		if k%10 == 9 {
			with = append(with, killed(1_000_000_000))
		}
		for _, s := range x.read(said(fmt.Sprint("loud", k), float64(k)/60, with...)).Steps {
			if s.Change.Status != Silent {
				told++
			}
		}
	}
	i := x.of("good")
	if got := totalText(i.Totals, enrich.Killed); got != "4..4 fuse.newest" {
		t.Errorf("killed %q, want four", got)
	}
	if i.Sources.Independent != 2 || i.Sources.Outlets != 2 || told != 0 {
		t.Errorf("%+v, %d versions told; want two voices, and nothing to tell", i.Sources, told)
	}
	if n := len(x.incidents()); n != 1 {
		t.Errorf("%d incidents, want one", n)
	}
}

// The book keeps few incidents in full, and looks others up.
func TestBookLooksIncidentsUp(t *testing.T) {
	x := newReader(t)
	fetched := 0
	x.book = NewBook(defaults(), 2, func(id string) (*Incident, error) {
		fetched++
		if i := x.last[id]; i != nil {
			return i, nil
		}
		return nil, fmt.Errorf("no incident %s", id)
	})
	names := []string{"Mosul", "Basra", "Quetta", "Maiduguri", "Beni"}
	for k, name := range names {
		x.read(said(name, float64(k), killed(7+k), place(name)))
	}
	for k, name := range names {
		x.read(said(name+"2", 6+float64(k), killed(7+k), place(name)))
	}
	if got := len(x.incidents()); got != len(names) || fetched == 0 || x.book.order.Len() > 2 {
		t.Errorf("%d incidents, %d looked up, %d in full; want %d, some and 2", got, fetched, x.book.order.Len(), len(names))
	}
	x.last = map[string]*Incident{}
	if _, err := x.book.Take(said("Mosul3", 20, killed(7))); err == nil {
		t.Error("an incident that cannot be looked up is no error")
	}
}

// Nothing is remembered of a report until its outcome is settled.
func TestTakeRemembersNothing(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, killed(7)))
	for range 3 {
		o, err := x.book.Take(said("b", 1, killed(9)))
		if err != nil || len(o.Steps) != 1 || o.Steps[0].Incident.Version != 2 || o.Known {
			t.Fatalf("taken again: %+v, %v", o, err)
		}
	}
	if x.book.Len() != 1 {
		t.Errorf("%d incidents", x.book.Len())
	}
}

// A book that is filled from the latest versions, as after a restart, goes on as the
// old one.
func TestABookIsFilledFromVersions(t *testing.T) {
	x, y := newReader(t), newReader(t)
	x.read(said("a", 0, killed(7)), said("b", 1, killed(7)), said("c", 1, killed(2), place("Quetta")))
	for id, i := range x.last {
		data, err := encode(i)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data.data)
		if err != nil {
			t.Fatal(err)
		}
		y.book.Put(&back)
		y.last[id] = &back
	}
	for _, r := range []*enrich.Report{said("a", 0, killed(7)), said("d", 2, killed(9)), said("a0", -2, killed(4)), said("e", 3, killed(3), place("Quetta"))} {
		one, two := x.read(r), y.read(r)
		if one.Incident != two.Incident || one.Known != two.Known || len(one.Steps) != len(two.Steps) {
			t.Errorf("%s: %+v, after a restart %+v", r.Source.ID, one, two)
		}
		for k := range one.Steps {
			a, err := encode(one.Steps[k].Incident)
			if err != nil {
				t.Fatal(err)
			}
			b, err := encode(two.Steps[k].Incident)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(a.data), string(b.data)); d != "" {
				t.Errorf("%s (-before +after the restart)\n%s", r.Source.ID, d)
			}
		}
	}
}

// Incidents that are clear cut, each of its town and day, come out the same in whatever
// order their reports come, and however often; and none is ever told to be off.
func TestAnyOrderOfAClearWorld(t *testing.T) {
	names := []string{"Mosul", "Quetta", "Maiduguri", "Beni", "Culiacán", "Kharkiv", "Mindanao"}
	rapid.Check(t, func(t *rapid.T) {
		var reports []*enrich.Report
		want := map[string]string{} // article → world's incident
		for k, name := range rapid.Permutation(names).Draw(t, "towns")[:rapid.IntRange(1, 4).Draw(t, "incidents")] {
			for d := range rapid.IntRange(1, 2).Draw(t, "of each town") {
				kind := rapid.SampledFrom([]string{"bombing", "shooting", "armed_attack"}).Draw(t, "kind")
				toll := rapid.IntRange(4, 12).Draw(t, "toll")
				for m := range rapid.IntRange(1, 5).Draw(t, "reports") {
					a := fmt.Sprintf("%d%d%d", k, d, m)
					want["art-"+a] = fmt.Sprint(k, d)
					r := said(a, float64(24*5*d)+rapid.Float64Range(0, 12).Draw(t, "hours"), place(name), day(5*d), typ(kind, ""), killed(toll+rapid.IntRange(0, 2).Draw(t, "more")))
					reports = append(reports, r)
				}
			}
		}
		var first string
		for pass, order := range [][]*enrich.Report{reports, rapid.Permutation(reports).Draw(t, "order"), rapid.Permutation(append(slices.Clone(reports), reports...)).Draw(t, "twice")} {
			x := newReader(t)
			x.read(order...)
			if s := x.statuses(); strings.Contains(s, "cancel") {
				t.Fatalf("told %s", s)
			}
			var lines []string
			for _, i := range x.last {
				if len(i.Readings) == 0 {
					t.Fatalf("%s was merged into %s", i.ID, i.MergedInto)
				}
				of := map[string]bool{}
				for _, y := range i.Readings {
					of[want[y.Article]] = true
				}
				if len(of) != 1 {
					t.Fatalf("%s has reports of %d incidents: %s", i.ID, len(of), articles(i))
				}
				c := *i
				c.ID, c.Version, c.Supersedes, c.Status, c.FirstSeen, c.Updated, c.Told, c.Explain, c.Related = "", 0, nil, "", time.Time{}, time.Time{}, nil, Explain{}, nil
				c.Readings = slices.Clone(c.Readings)
				for k := range c.Readings {
					c.Readings[k].Match = nil // why, but not where
				}
				v, err := encode(&c)
				if err != nil {
					t.Fatal(err)
				}
				lines = append(lines, string(v.data))
			}
			slices.Sort(lines)
			got := strings.Join(lines, "\n")
			if pass == 0 {
				first = got
			} else if d := cmp.Diff(first, got); d != "" {
				t.Fatalf("in another order (-one +two)\n%s", d)
			}
		}
	})
}

// reportsOf are what the reader of articles makes of a text.
func reportsOf(t tester, tagger *enrich.Tagger, families *ingest.Families, id, title, body string, published time.Time, edition int) []enrich.Report {
	t.Helper()
	a := ingest.Article{Schema: ingest.ArticleSchema, ID: "art-" + id, Edition: edition, Feed: "feed-" + id, Outlet: "Outlet " + id, Title: title, Body: body, Published: published, FirstSeen: published, Fetched: published.Add(time.Duration(edition) * time.Minute)}
	a.ContentSHA256 = ingest.ContentHash(title, "", body)
	families.Place(&a)
	reports := tagger.Tag(&a)
	if len(reports) == 0 && edition > 1 {
		reports = append(reports, enrich.Nothing(&a))
	}
	return reports
}

// Whatever two strangers write, and one of them writes anew: versions follow each other,
// fit the schema and a message, each report is in one incident, and what comes again
// changes nothing.
func FuzzBook(f *testing.F) {
	for _, s := range []struct{ one, two, again string }{
		{"A bomb in Mosul, Iraq, killed seven people on Monday, police said.", "Nine people died when a car bomb went off in Mosul on Monday. Three suspects were arrested.", "The toll of Monday's bombing in Mosul was lowered to six from seven."},
		{"Gunmen shot dead 11 villagers in Beni, Congo, a day after 19 were killed in Oicha.", "Police said no attack took place in Beni: it was a hoax.", ""},
		{"The blast at a market in Kabul was caused by a gas leak.", "Islamic State claimed the attack on a Kabul market that killed at least 999999999999 people.", "Twenty hostages were freed in Kaduna."},
		{"", "\x00\xff", "."},
	} {
		f.Add(s.one, s.two, s.again)
	}
	tagger := enrich.NewTagger()
	f.Fuzz(func(t *testing.T, one, two, again string) {
		const most = 4 << 10 // the reader's own tests know longer ones
		families := ingest.NewFamilies()
		x := newReader(t)
		var all []enrich.Report
		for k, s := range []string{one, two, again} {
			title, body, _ := strings.Cut(strings.ToValidUTF8(s[:min(len(s), most)], "?"), ". ")
			all = append(all, reportsOf(t, tagger, families, []string{"a", "b", "a"}[k], title, body+"\n"+title+".", monday.Add(time.Duration(k)*time.Hour), 1+k/2)...)
		}
		for k := range all {
			x.read(&all[k])
		}
		x.check()
		for _, s := range x.steps {
			if n := s.Incident.size(); n > bus.MaxMessage {
				t.Fatalf("version %d takes %d bytes", s.Incident.Version, n)
			}
		}
		told := len(x.steps)
		for k := range all {
			if all[k].Role == enrich.Withdrawn {
				return // see TestWhatWasTakenBackStaysGone
			}
		}
		for k := range all {
			x.read(&all[k])
		}
		if len(x.steps) != told {
			t.Fatalf("read again, it tells %s", x.statuses())
		}
	})
}

func ExampleBook() {
	cfg := DefaultConfig()
	book := NewBook(&cfg, 0, nil)
	tagger := enrich.NewTagger()
	for _, text := range []string{
		"A bomb killed seven people at a market in Quetta, Pakistan, on Monday, police said.",
		"Seven people died in Monday's bombing at a market in Quetta, a hospital said.",
		"The toll of Monday's bombing at a market in Quetta rose to 12, police said.",
	} {
		a := ingest.Article{ID: "art-" + text[:3], Edition: 1, Outlet: text[:3], Body: text, Published: monday}
		for _, r := range tagger.Tag(&a) {
			o, err := book.Take(&r)
			if err != nil {
				panic(err)
			}
			for _, s := range o.Steps {
				killed, _ := s.Incident.Totals[enrich.Killed].Number()
				fmt.Println(s.Change.Status, s.Incident.Place.Name, killed)
			}
			book.Settle(&o) // once its versions are stored
		}
	}
	// Output:
	// new Quetta 7
	// silent Quetta 7
	// update Quetta 12
}

// What names no place is told as soon as a report that fits says where it was.
func TestAPlacelessReportWaits(t *testing.T) {
	x := newReader(t)
	x.read(said("a", 0, nowhere, killed(9), injured(31), words("saray bazaar")))
	if got := x.incidents(); len(got) > 0 {
		t.Fatalf("without a place %v are told", got)
	}
	x.read(said("b", 1, killed(9), injured(31), words("saray bazaar")))
	if got := x.incidents(); !slices.Equal(got, []string{"a b"}) {
		t.Errorf("with a place %v are told, want both as one", got)
	}
}
