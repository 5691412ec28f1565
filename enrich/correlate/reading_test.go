package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

func TestReadingOf(t *testing.T) {
	background := func(r *enrich.Report) { r.Figures[len(r.Figures)-1].Scope = "background" }
	lastFrom := func(kind string) func(*enrich.Report) {
		return func(r *enrich.Report) { r.Figures[len(r.Figures)-1].Source = &enrich.Said{Text: kind, Kind: kind} }
	}
	lessAttackers := func(k int) func(*enrich.Report) { // "two of the five dead were gunmen"
		return func(r *enrich.Report) {
			yes, t := true, r.Totals[enrich.Killed]
			t.ExcludesPerpetrators, t.Rule = &yes, "only+less-attackers"
			r.Totals[enrich.Killed] = t
			f := &r.Figures[len(r.Figures)-1]
			f.Min, f.Max, f.Point = n(k), n(k), n(k)
		}
	}
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		want   string // said, enemy, corrects, replaces, official
	}{
		{"nobody says it", said("a", 0, killed(3)), "map[] [] [] map[] false"},
		{"police", said("a", 0, killed(3), official()), "map[killed:police] [] [] map[] true"},
		{"a hospital", said("a", 0, killed(3), from("medical", "")), "map[killed:medical] [] [] map[] true"},
		{"witnesses", said("a", 0, killed(3), from("witness", "")), "map[killed:witness] [] [] map[] false"},
		{"residents and an official", said("a", 0, killed(3), from("witness", ""), killed(3), lastFrom("government")), "map[killed:government] [] [] map[] true"},
		{"an army of militants", said("a", 0, killed(3), from("military", "militant")), "map[killed:military] [killed] [] map[] true"},
		{"an army of its own", said("a", 0, killed(3), from("military", "security")), "map[killed:military] [] [] map[] true"},
		{"rebels of soldiers", said("a", 0, killed(3), from("belligerent", "security")), "map[killed:belligerent] [killed] [] map[] false"},
		{"rebels of their own", said("a", 0, killed(3), from("belligerent", "militant")), "map[killed:belligerent] [] [] map[] false"},
		{"rebels of nobody in particular", said("a", 0, killed(3), from("belligerent", "")), "map[killed:belligerent] [] [] map[] false"},
		{"a correction that names what stood", said("a", 0, revised(3), before(5)), "map[] [] [killed] map[killed:5] false"},
		{"what is said of another incident", said("a", 0, revised(3), before(5), official(), background), "map[] [] [] map[] false"},
		{"what is corrected of what is old news", said("a", 0, revised(3), before(5), background, func(r *enrich.Report) { r.Role = enrich.Background }), "map[] [] [killed] map[killed:5] false"},
		{"who counted the attackers", said("a", 0, killed(3), lessAttackers(5)), "map[] [] [] map[killed:5] false"},
		{"who gives a part gives no total", said("a", 0, killed(2), official(), killed(9)), "map[] [] [] map[] true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := readingOf(tt.report)
			var got strings.Builder
			for _, v := range []any{x.Said, x.Enemy, x.Corrects, x.Replaces, x.Official} {
				got.WriteString(fmt.Sprint(v) + " ")
			}
			if s := strings.TrimSpace(got.String()); s != tt.want {
				t.Errorf("%s, want %s", s, tt.want)
			}
			if x.Report != tt.report.ID || x.Article != tt.report.Source.ID || x.origin.Article != x.Article || len(x.figures) != len(tt.report.Figures) {
				t.Errorf("it is %+v", x)
			}
		})
	}
}

// What counts as said when orders everything: of a later edition, when it was seen.
func TestAt(t *testing.T) {
	published, seen, fetched := monday, monday.Add(time.Hour), monday.Add(3*time.Hour)
	for _, tt := range []struct {
		name string
		src  enrich.Source
		want time.Time
	}{
		{"when it was published", enrich.Source{Edition: 1, Published: published, FirstSeen: seen, Fetched: fetched}, published},
		{"when it was seen, if nobody says", enrich.Source{Edition: 1, FirstSeen: seen, Fetched: fetched}, seen},
		{"a later edition, when that was fetched", enrich.Source{Edition: 2, Published: published, FirstSeen: seen, Fetched: fetched}, fetched},
		{"a later edition that says it is newer than its fetch", enrich.Source{Edition: 2, Published: fetched, FirstSeen: seen, Fetched: seen}, fetched},
		{"in whatever zone", enrich.Source{Edition: 1, Published: published.In(time.FixedZone("", 7200))}, published},
	} {
		if got := at(&enrich.Report{Source: tt.src}); !got.Equal(tt.want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestReadingsHaveOneOrder(t *testing.T) {
	want := []string{"b/0", "b/1", "a/0", "c/0"}
	list := []Reading{
		readingOf(said("c", 2)), readingOf(said("a", 1)), readingOf(said("b", 0, ordinal(1, 2))), readingOf(said("b", 0, ordinal(0, 2))),
	}
	for range 4 {
		sortReadings(list)
		var got []string
		for _, x := range list {
			got = append(got, strings.TrimPrefix(x.Article, "art-")+"/"+fmt.Sprint(x.Ordinal))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("order (-want +got)\n%s", d)
		}
		slices.Reverse(list)
		list = append(list[1:], list[0])
	}
}

func TestFollows(t *testing.T) {
	abduction := typ("kidnapping", "")
	for _, tt := range []struct {
		name   string
		report *enrich.Report
		rel    Relation
		want   string
	}{
		{"plain news", said("a", 0, killed(3)), Reports, ""},
		{"an arrest", said("a", 0, typ("arrest", "")), FollowsUp, "arrest"},
		{"people were held", said("a", 0, exactly(enrich.Arrested, 2)), FollowsUp, "arrest"},
		{"people were held, beside other news", said("a", 0, exactly(enrich.Arrested, 2)), Reports, ""},
		{"nobody was held", said("a", 0, exactly(enrich.Arrested, 0)), Reports, ""},
		{"the headline has an arrest", said("a", 0, cues(enrich.CueArrest, "!"+enrich.CueArrest)), Reports, "arrest"},
		{"the text has one, of news", said("a", 0, cues(enrich.CueArrest)), Reports, ""},
		{"the text has one, of a sequel", said("a", 0, cues(enrich.CueArrest)), FollowsUp, "arrest"},
		{"who claims a deed says whom he held", said("a", 0, cues(enrich.CueArrest, enrich.CueClaim)), FollowsUp, ""},
		{"an essay that looks back has one", said("a", 0, role(enrich.Background), cues(enrich.CueArrest)), FollowsUp, ""},
		{"one that looks back, of an incident that is known", said("a", 0, role(enrich.Background), cues(enrich.CueArrest, enrich.CueLater)), FollowsUp, "arrest"},
		{"one that looks back, of another incident", said("a", 0, role(enrich.Background), cues(enrich.CueApart, enrich.CueArrest, "!"+enrich.CueArrest)), FollowsUp, ""},
		{"soldiers were captured", said("a", 0, exactly(enrich.Abducted, 4), cues(enrich.CueArrest, "!"+enrich.CueArrest)), FollowsUp, ""},
		{"a kidnapper was", said("a", 0, abduction, exactly(enrich.Abducted, 4), cues(enrich.CueArrest, "!"+enrich.CueArrest)), FollowsUp, "arrest"},
		{"a trial names the arrest before it", said("a", 0, cues(enrich.CueArrest, enrich.CueCharged)), FollowsUp, "trial"},
		{"the headline has an arrest, and the text a court", said("a", 0, cues(enrich.CueArrest, "!"+enrich.CueArrest, enrich.CueCharged)), FollowsUp, "arrest"},
		{"a court lets suspects go", said("a", 0, cues(enrich.CueCharged, enrich.CueCleared, "!"+enrich.CueCleared)), FollowsUp, "release"},
		{"a trial", said("a", 0, typ("judicial", "")), FollowsUp, "trial"},
		{"hostages come free", said("a", 0, abduction, exactly(enrich.Released, 3)), Reports, "release"},
		{"the headline frees them", said("a", 0, abduction, cues(enrich.CueFreed, "!"+enrich.CueFreed)), Reports, "release"},
		{"some were let go at once", said("a", 0, abduction, exactly(enrich.Abducted, 20), exactly(enrich.Released, 1), cues(enrich.CueFreed)), Reports, ""},
		{"some come free", said("a", 0, abduction, exactly(enrich.Abducted, 20), exactly(enrich.Released, 4), cues(enrich.CueFreed, "!"+enrich.CueFreed)), Reports, "release"},
		{"one comes free, and nobody counts him", said("a", 0, abduction, cues(enrich.CueFreed)), FollowsUp, "release"},
		{"they escaped", said("a", 0, abduction, exactly(enrich.Escaped, 5), cues(enrich.CueFreed)), FollowsUp, ""},
		{"those who were taken in an attack come free", said("a", 0, exactly(enrich.Released, 9), cues(enrich.CueFreed)), FollowsUp, "release"},
		{"suspects come free on bail", said("a", 0, exactly(enrich.Released, 9), cues(enrich.CueFreed, enrich.CueCharged)), FollowsUp, "trial"},
		{"some were held, of whom the opening does not speak", said("a", 0, figure(enrich.Arrested, "unknown", "total", n(2), nil)), Reports, ""},
		{"suspects come free", said("a", 0, exactly(enrich.Released, 3)), Reports, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := readingOf(tt.report)
			x.Relation = tt.rel
			if got := strings.Join(x.follows(false), " "); got != tt.want {
				t.Errorf("follows %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDecisionString(t *testing.T) {
	for _, tt := range []struct {
		d    Decision
		want string
	}{
		{Decision{By: "founded"}, "founded"},
		{Decision{By: "score", Score: 1.5, Reasons: []match.Reason{{Feature: "place.town", Added: 2.2}, {Feature: "bias", Added: -3}}}, "score +1.50: place.town +2.20 bias -3.00"},
		{Decision{By: "founded", Apart: []Rival{{Incident: "inc-1", Score: -.5, Reasons: []match.Reason{{Feature: "bias", Added: -3}}}}}, "founded; apart from inc-1 -0.50: bias -3.00"},
	} {
		if got := tt.d.String(); got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.d, got, tt.want)
		}
	}
}

// Matching sees of a report what its reading keeps: an incident from the bus matches as
// one in memory.
func TestProbesSurviveTheBus(t *testing.T) {
	r := said("a", 0, killed(3), injured(9), revised(3), before(5), words("stadium ^khattak"), cues(enrich.CueLater, "!"+enrich.CueArrest), actor("TTP", "blamed"), recalls("bombing", "Quetta", -3, 21), familyOf("x"))
	i, _ := Found(r, defaults())
	v, err := encode(&i)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(v.data)
	if err != nil {
		t.Fatal(err)
	}
	one, two := CardOf(&i), CardOf(&back)
	for _, x := range []*enrich.Report{r, said("b", 4, killed(5), words("stadium")), said("c", 30, typ("arrest", ""), undated, cues(enrich.CueArrest), recalls("bombing", "Mosul", 0, 3))} {
		if a, b := match.Compare(ProbeOf(x), one), match.Compare(ProbeOf(x), two); a != b {
			t.Errorf("%s: in memory %v\nfrom the bus %v", x.Source.ID, a, b)
		}
	}
	a, b := match.Compare(i.Readings[0].look(), one), match.Compare(back.Readings[0].look(), one)
	if a != b {
		t.Errorf("as a report: in memory %v\nfrom the bus %v", a, b)
	}
}
