package correlate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tocsin/enrich"
)

func TestTotals(t *testing.T) {
	witness, belligerent := from("witness", ""), from("belligerent", "security")
	joint := cues(enrich.CueJoint)
	apart := func(r *enrich.Report) { // its sum of nine stands aside, and is none of its total
		joint(r)
		sum := r.Figures[0]
		sum.Scope, sum.Point, sum.Min, sum.Max = "aggregate", n(9), n(9), n(9)
		r.Figures = append(r.Figures, sum)
	}
	headlined := func(r *enrich.Report) { r.Figures[0].Evidence[0].Field = "title" }
	outdates := func(k int) func(*enrich.Report) { // "police had earlier put the number of dead at …"
		return func(r *enrich.Report) {
			old := r.Figures[0]
			old.Relation, old.Point, old.Min, old.Max = "superseded", n(k), n(k), n(k)
			r.Figures = append(r.Figures, old)
		}
	}
	died := func(r *enrich.Report) { // "… after a nurse died of her wounds"
		f := r.Figures[0]
		f.Relation, f.Rule, f.Min, f.Max, f.Point = "total", "fig.intransitive+singular", n(1), n(1), n(1)
		r.Figures = append(r.Figures, f)
	}
	moved := func(r *enrich.Report) { r.Figures[0].Relation = "update" } // "the number of dead has risen to …"
	alone := func(r *enrich.Report) {                                    // "the funeral of the judge, who was shot dead"
		for k := range r.Figures {
			r.Figures[k].Rule = "fig.passive-subject+singular"
		}
	}
	mourned := func(r *enrich.Report) { // "sorry that a woman and a child died"
		f := &r.Figures[0]
		woman, child := *f, *f
		woman.Relation, woman.Who, woman.Point, woman.Min, woman.Max = "part", "woman", n(1), n(1), n(1)
		child.Relation, child.Who, child.Point, child.Min, child.Max = "part", "child", n(1), n(1), n(1)
		f.Relation = "sum_of_parts"
		r.Figures = append(r.Figures, woman, child)
	}
	civilians := func(r *enrich.Report) { // "lamented the deaths of two civilians"
		r.Figures[0].Who, r.Figures[0].Evidence = "civilian", slices.Clone(r.Figures[0].Evidence)
		r.Figures[0].Evidence[0].Text = "the deaths of two civilians"
	}
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		killed  string // min..max and the rule
	}{
		// What is exact, and what is not.
		{"a number beats not known", []*enrich.Report{said("a", 0, unknown()), said("b", 1, killed(1))}, "1..1 fuse.number-beats-unknown"},
		{"not known does not beat a number", []*enrich.Report{said("a", 0, killed(1)), said("b", 1, unknown())}, "1..1 fuse.first"},
		{"nobody knows", []*enrich.Report{said("a", 0, unknown()), said("b", 1, unknown())}, ".. fuse.first"},
		{"an exact toll beats a vague one that it satisfies", []*enrich.Report{said("a", 0, scores()), said("b", 1, killed(30))}, "30..30 fuse.exact-beats-vague"},
		{"a vague toll leaves an exact one that satisfies it", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, scores())}, "30..30 fuse.exact-beats-vague"},
		{"a floor leaves an exact toll that satisfies it", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, atLeast(28))}, "30..30 fuse.exact-beats-vague"},
		{"a higher floor is news", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, atLeast(35))}, "35.. fuse.newest"},
		{"a lower floor is none", []*enrich.Report{said("a", 0, atLeast(35)), said("b", 1, atLeast(30)), said("c", 2, atLeast(30))}, "35.. fuse.lower-waits"},
		{"an exact toll is what others said about", []*enrich.Report{said("a", 0, about(30)), said("b", 1, killed(27))}, "27..27 fuse.exact-beats-vague"},
		{"an exact toll far below what others said about waits", []*enrich.Report{said("a", 0, about(30)), said("b", 1, killed(12))}, "30..30 fuse.lower-waits"},
		{"a spoken none, and then somebody died", []*enrich.Report{said("a", 0, none()), said("b", 1, killed(2))}, "2..2 fuse.newest"},

		// What rises, and what falls.
		{"the newest of a rising toll", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(8)), said("c", 2, killed(11))}, "11..11 fuse.newest"},
		{"a lower toll of one outlet waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6))}, "8..8 fuse.lower-waits"},
		{"a lower toll that two outlets have from one text waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), familyOf("b")), said("c", 2, killed(6), familyOf("b"))}, "8..8 fuse.lower-waits"},
		{"a lower toll that two outlets have from one agency waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), credit("AFP")), said("c", 2, killed(6), credit("AFP"))}, "8..8 fuse.lower-waits"},
		{"a lower toll of two agencies stands", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), credit("AFP")), said("c", 2, killed(6), credit("Reuters"))}, "6..6 fuse.lower-from-two-origins"},
		{"a lower toll of two outlets stands", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6)), said("c", 2, killed(6))}, "6..6 fuse.lower-from-two-origins"},
		{"twice one outlet is one outlet", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6)), said("c", 2, killed(6), outletOf("b"))}, "8..8 fuse.lower-waits"},
		{"a corrected toll is believed at once", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6))}, "6..6 fuse.corrected"},
		{"so is one that names the toll before", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), before(8))}, "6..6 fuse.corrected"},
		{"one that names another toll before is not", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), before(7))}, "8..8 fuse.lower-waits"},
		{"what was corrected does not come back", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6)), said("c", 2, killed(8)), said("d", 3, killed(8))}, "6..6 fuse.corrected-stays"},
		{"unless somebody has died since", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(7)), said("c", 2, killed(8), moved, died)}, "8..8 fuse.newest"},
		{"until it rises again, half a day later", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6)), said("c", 15, killed(7)), said("d", 30, killed(8))}, "8..8 fuse.newest"},
		{"the civilians among the dead are no lower toll", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(2), civilians), said("c", 2, killed(2), mourned)}, "3..3 fuse.lower-waits"},
		{"civilians are the toll where no other is told", []*enrich.Report{said("a", 0), said("b", 1, killed(2), civilians)}, "2..2 fuse.first"},
		{"one person who is told of by two is no lower toll", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(1), alone), said("c", 2, killed(1), alone)}, "3..3 fuse.lower-waits"},
		{"a higher one than was corrected is news", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6)), said("c", 2, killed(9))}, "9..9 fuse.newest"},
		{"a stale lower toll, printed again by two, changes nothing", []*enrich.Report{said("a", 0, killed(3)), said("b", 2, killed(8)), said("c", 3, killed(3)), said("d", 4, killed(3))}, "8..8 fuse.lower-waits"},
		{"a stale lower toll of the second day that all go back to stands", []*enrich.Report{said("a", 0, killed(3)), said("b", 2, killed(8)), said("c", 20, killed(3)), said("d", 21, killed(3))}, "3..3 fuse.lower-from-two-origins"},
		{"two of the second day go back, two do not", []*enrich.Report{said("a", 0, killed(3)), said("b", 2, killed(8)), said("c", 20, killed(3)), said("x", 20, killed(8)), said("y", 20.5, killed(8)), said("d", 21, killed(3))}, "8..8 fuse.lower-waits"},
		{"an outlet takes its own toll back", []*enrich.Report{said("a", 0, killed(8)), said("a", 1, killed(6), edition(2))}, "6..6 fuse.first"},

		// Who says it.
		{"sources that disagree are not vague", []*enrich.Report{said("a", 0, killed(5), official()), said("b", 1, disputed(enrich.Killed, 5, 14))}, "5..14 fuse.newest conflict"},
		{"officials against witnesses are a range", []*enrich.Report{said("a", 0, killed(5), official()), said("b", 1, killed(12), witness)}, "5..12 fuse.official-and-others conflict"},
		{"but not where these name what officials said as outdated", []*enrich.Report{said("a", 0, killed(8), official()), said("b", 6, killed(12), witness, outdates(8))}, "12..12 fuse.newest"},
		{"two officials go back below a toll of no stated source", []*enrich.Report{said("a", 0, killed(9)), said("b", 1, killed(12)), said("c", 3, killed(9), official()), said("d", 5, killed(9), official())}, "9..9 fuse.lower-from-two-origins"},
		{"one of them does not", []*enrich.Report{said("a", 0, killed(9)), said("b", 1, killed(12)), said("c", 3, killed(9), official())}, "12..12 fuse.lower-waits"},
		{"an outlet of no stated source is believed above officials", []*enrich.Report{said("a", 0, killed(5), official()), said("b", 1, killed(12))}, "12..12 fuse.newest"},
		{"officials above witnesses", []*enrich.Report{said("a", 0, killed(5), witness), said("b", 1, killed(12), official())}, "12..12 fuse.newest"},
		{"a party never counts its enemy's dead", []*enrich.Report{said("a", 0, killed(5)), said("b", 1, killed(60), belligerent)}, "5..5 fuse.first"},
		{"nor where it speaks first", []*enrich.Report{said("a", 0, killed(60), belligerent), said("b", 1, killed(5))}, "5..5 fuse.first"},
		{"nor where it says less", []*enrich.Report{said("a", 0, killed(5)), said("b", 1, killed(2), belligerent), said("c", 2, killed(2), belligerent)}, "5..5 fuse.first"},
		{"an army counts militants", []*enrich.Report{said("a", 0, killed(40), from("military", "militant")), said("b", 1, killed(55), from("military", "militant"))}, "..55 fuse.claimed-by-enemy"},
		{"an army counts its own", []*enrich.Report{said("a", 0, killed(4), from("military", "security"))}, "4..4 fuse.first"},

		// What is another's.
		{"the toll of several incidents does not count beside its own", []*enrich.Report{said("a", 0, killed(9), joint), said("b", 1, killed(4))}, "4..4 fuse.first"},
		{"nor does it raise it", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(9), joint)}, "4..4 fuse.first"},
		{"alone it counts", []*enrich.Report{said("a", 0, killed(9), joint), said("b", 1)}, "9..9 fuse.first"},
		{"where a sum is taken apart, its parts count", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(6), apart)}, "6..6 fuse.newest"},
		{"what is told as of the past does not count beside news", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(70), role(enrich.Background))}, "4..4 fuse.first"},
		{"as of the past, and yet a toll that rose", []*enrich.Report{said("a", 0, killed(3)), said("b", 300, killed(4), moved, role(enrich.Background))}, "4..4 fuse.newest"},
		{"as of the past, and yet the headline of an article on nothing else", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, killed(4), headlined, role(enrich.Background))}, "4..4 fuse.newest"},
		{"as of the past, in the headline of an article that has other news", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, killed(4), headlined, role(enrich.Background), func(r *enrich.Report) { r.Of = 2 })}, "3..3 fuse.first"},
		{"alone it counts too", []*enrich.Report{said("a", 0), said("b", 1, killed(7), role(enrich.Background))}, "7..7 fuse.first"},

		// What waits.
		{"a toll that no incident has had", []*enrich.Report{said("a", 0, killed(1_000_000_000))}, ".. fuse.outlier-waits"},
		{"it does not move one that stands", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(1_000_000_000)), said("c", 2, killed(5))}, "5..5 fuse.newest"},
		{"nor does a second outlet with it", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(4000)), said("c", 2, killed(4000))}, "4..4 fuse.first"},
		{"three of its size are believed", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(4000)), said("c", 2, killed(4000)), said("d", 3, killed(4100))}, "4100..4100 fuse.newest"},
		{"a leap waits for a second origin", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(150))}, "4..4 fuse.first"},
		{"two of its size are believed", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(150)), said("c", 2, killed(160))}, "160..160 fuse.newest"},
		{"an outlet that says it twice is one", []*enrich.Report{said("a", 0, killed(4)), said("b", 1, killed(150)), said("c", 2, killed(150), outletOf("b"))}, "4..4 fuse.first"},
		{"hundreds at once are no leap", []*enrich.Report{said("a", 0, killed(300))}, "300..300 fuse.first"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := told(t, tt.reports...)
			if got := totalText(i.Totals, enrich.Killed); got != tt.killed {
				t.Errorf("killed %q, want %q", got, tt.killed)
			}
			if len(i.Figures) != countFigures(tt.reports, &i) {
				t.Errorf("%d figures are kept, want all of them", len(i.Figures))
			}
			checkSchema(t, &i)
			slices.Reverse(tt.reports)
			if back, _ := told(t, tt.reports...); totalText(back.Totals, enrich.Killed) != tt.killed {
				t.Errorf("the other way round killed %q", totalText(back.Totals, enrich.Killed))
			}
		})
	}
}

// countFigures counts the figures of reports that are in an incident.
func countFigures(reports []*enrich.Report, i *Incident) (k int) {
	for _, r := range reports {
		if i.has(r.ID) {
			k += len(r.Figures)
		}
	}
	return k
}

// Officials and witnesses contradict each other whoever speaks first.
func TestOfficialsAfterWitnesses(t *testing.T) {
	i, _ := told(t, said("a", 0, killed(12), from("witness", "")), said("b", 1, killed(5), official()))
	if got := totalText(i.Totals, enrich.Killed); got != "5..12 fuse.official-and-others conflict" {
		t.Skipf("killed %q: where witnesses speak first, what officials count waits like a slip (SCHEMA 3d: the highest kind of source wins; 3e: conflicting is min..max)", got)
	}
}

// Measures do not mix, and none is invented.
func TestEachMeasureIsItsOwn(t *testing.T) {
	i, _ := told(t, said("a", 0, killed(3), injured(9)), said("b", 1, exactly(enrich.Abducted, 4)), said("c", 2, injured(12)))
	for m, want := range map[enrich.Measure]string{enrich.Killed: "3..3 fuse.first", enrich.Injured: "12..12 fuse.newest", enrich.Abducted: "4..4 fuse.first"} {
		if got := totalText(i.Totals, m); got != want {
			t.Errorf("%s %q, want %q", m, got, want)
		}
	}
	if len(i.Totals) != 3 {
		t.Errorf("totals %v, want three", i.Totals)
	}
}

func TestTypes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string // type/subtype, outcome; other types
	}{
		{"an explosion was a suicide bombing", []*enrich.Report{said("a", 0, typ("explosion", "")), said("b", 1, typ("bombing", "suicide"))}, "bombing/suicide carried_out; explosion"},
		{"what is less clear and later changes nothing", []*enrich.Report{said("a", 0, typ("bombing", "vehicle")), said("b", 1, typ("explosion", "")), said("c", 2, typ("unknown", ""))}, "bombing/vehicle carried_out; explosion unknown"},
		{"an attack was a shooting", []*enrich.Report{said("a", 0, typ("armed_attack", "")), said("b", 1, typ("shooting", ""))}, "shooting/ carried_out; armed_attack"},
		{"of two that are clear, most voices", []*enrich.Report{said("a", 0, typ("shooting", "")), said("b", 1, typ("shooting", "")), said("c", 2, typ("stabbing", ""))}, "shooting/ carried_out; stabbing"},
		{"of as many voices, the latest", []*enrich.Report{said("a", 0, typ("shooting", "")), said("b", 1, typ("stabbing", ""))}, "stabbing/ carried_out; shooting"},
		{"an article's news counts more than what it tells beside it", []*enrich.Report{said("a", 0, typ("shooting", "")), said("b", 1, typ("stabbing", ""), role(enrich.Other))}, "shooting/ carried_out; stabbing"},
		{"an arrest is none of its types", []*enrich.Report{said("a", 0, typ("bombing", "")), said("b", 1, typ("arrest", ""))}, "bombing/ carried_out; "},
		{"an arrest alone is one", []*enrich.Report{said("a", 0, typ("arrest", ""))}, "arrest/ carried_out; "},
		{"the latest outcome that is known", []*enrich.Report{said("a", 0, outcome("ongoing")), said("b", 1), said("c", 2, outcome("unknown"))}, "bombing/ carried_out; "},
		{"a denial is no outcome of it", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax"), typ("unknown", ""))}, "bombing/ carried_out; "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := told(t, tt.reports...)
			if got := fmt.Sprintf("%s/%s %s; %s", i.Type, i.Subtype, i.Outcome, strings.Join(i.Also, " ")); got != tt.want {
				t.Errorf("type %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string // name, country, site
	}{
		{"the only one", []*enrich.Report{said("a", 0)}, "Mosul IQ "},
		{"nobody knows", []*enrich.Report{said("a", 0, nowhere), said("b", 1, nowhere)}, "  "},
		{"whoever knows", []*enrich.Report{said("a", 0, nowhere), said("b", 1), said("c", 2, nowhere)}, "Mosul IQ "},
		{"a town beats its country", []*enrich.Report{said("a", 0, place("Iraq")), said("b", 1), said("c", 2, place("Iraq"))}, "Mosul IQ "},
		{"a town beats its province", []*enrich.Report{said("a", 0, place("Nineveh")), said("b", 1)}, "Mosul IQ "},
		{"most voices", []*enrich.Report{said("a", 0, place("Basra")), said("b", 1), said("c", 2)}, "Mosul IQ "},
		{"of as many the first", []*enrich.Report{said("a", 0, place("Basra")), said("b", 1)}, "Basra IQ "},
		{"what holds a town speaks for it", []*enrich.Report{said("a", 0, place("Basra")), said("b", 1, place("Nineveh")), said("c", 2)}, "Mosul IQ "},
		{"who tells what kind of place it was", []*enrich.Report{said("a", 0), said("b", 1, siteOf("market"))}, "Mosul IQ market"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := told(t, tt.reports...)
			if got := fmt.Sprintf("%s %s %s", i.Place.Name, i.Place.Country, i.Place.SiteKind); got != tt.want {
				t.Errorf("place %q, want %q", got, tt.want)
			}
			slices.Reverse(tt.reports)
			if back, _ := told(t, tt.reports...); back.Place.Name != i.Place.Name {
				t.Errorf("the other way round place %q", back.Place.Name)
			}
		})
	}
}

// namesakeIn is the town of Bijapur in a state, which the report names or not.
func namesakeIn(state, named string) func(*enrich.Report) {
	return func(r *enrich.Report) {
		r.Place = &enrich.Place{Name: "Bijapur", Country: "IN", Admin: named, Admin1: state, Precision: "settlement"}
		if named == "" {
			r.Place.GeoNames = 1275701
		}
		r.Places = []string{"!bijapur"}
	}
}

func TestNamesakes(t *testing.T) {
	i, _ := told(t, said("a", 0, namesakeIn("Karnataka", "")), said("b", 1, namesakeIn("Chhattisgarh", "Chhattisgarh")), said("c", 2, namesakeIn("Karnataka", "")))
	if i.Place.Admin1 != "Chhattisgarh" {
		t.Errorf("it is in %s, and one outlet says where it is", i.Place.Admin1)
	}
}

func TestTime(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string // precision, when it begins
	}{
		{"nobody knows", []*enrich.Report{said("a", 0, undated)}, "unknown "},
		{"never the time of publication", []*enrich.Report{said("a", 0, undated), said("b", 1, undated)}, "unknown "},
		{"whoever knows", []*enrich.Report{said("a", 0, undated), said("b", 1)}, "day 9 00:00"},
		{"the hour of the day", []*enrich.Report{said("a", 0), said("b", 1, hour(6))}, "hour 9 06:00"},
		{"most voices", []*enrich.Report{said("a", 24, day(1)), said("b", 25), said("c", 26)}, "day 9 00:00"},
		{"of as many the first", []*enrich.Report{said("a", 24, day(1)), said("b", 25)}, "day 10 00:00"},
		{"the day of the arrest is none of it", []*enrich.Report{said("a", 0), said("b", 50, typ("arrest", ""), day(2)), said("c", 51, typ("arrest", ""), day(2))}, "day 9 00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := told(t, tt.reports...)
			got := i.Occurred.Precision + " "
			if i.Occurred.Earliest != nil {
				got += i.Occurred.Earliest.Format("2 15:04")
			}
			if got != tt.want {
				t.Errorf("time %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCertainty(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string
	}{
		{"one outlet", []*enrich.Report{said("a", 0)}, "Likely"},
		{"two outlets", []*enrich.Report{said("a", 0), said("b", 1)}, "Observed"},
		{"two articles of one outlet", []*enrich.Report{said("a", 0), said("b", 1, outletOf("a"))}, "Likely"},
		{"two outlets that print one agency", []*enrich.Report{said("a", 0, credit("AFP")), said("b", 1, credit("AFP"))}, "Likely"},
		{"two outlets that print one text", []*enrich.Report{said("a", 0, familyOf("a")), said("b", 1, familyOf("a"))}, "Likely"},
		{"police count the dead", []*enrich.Report{said("a", 0, killed(2), official())}, "Observed"},
		{"confirmed", []*enrich.Report{said("a", 0, certain("confirmed"))}, "Observed"},
		{"only claimed", []*enrich.Report{said("a", 0, certain("claimed")), said("b", 1, certain("possible"))}, "Possible"},
		{"the last word is a denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax"))}, "Unlikely"},
		{"it was a gas leak", []*enrich.Report{said("a", 0), said("b", 1, cues(enrich.CueAccident))}, "Unlikely"},
		{"two say otherwise after a denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2), said("d", 3)}, "Observed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if i, _ := told(t, tt.reports...); i.Assessment.Certainty != tt.want {
				t.Errorf("certainty %s, want %s", i.Assessment.Certainty, tt.want)
			}
		})
	}
}

// Whoever repeats one text, or prints one agency, is one voice.
func TestIndependentOutlets(t *testing.T) {
	for _, tt := range []struct {
		name, readings string // outlet/family, or outlet/family/agency, parted by spaces
		want           int
	}{
		{"nobody", "", 0},
		{"one outlet", "A/1 A/2 A/3", 1},
		{"one letter case", "Daily/1 DAILY/2", 1},
		{"two outlets, two texts", "A/1 B/2", 2},
		{"two outlets, one text", "A/1 B/1", 1},
		{"thirty prints and one account", "A/1 B/1 C/1 D/1 E/1 F/2", 2},
		{"an account beside the print", "A/1 B/1 B/2", 2},
		{"an outlet that has both keeps its own", "B/1 B/2 A/1", 2},
		{"a chain", "A/1 A/2 B/2 B/3 C/3 C/1", 3},
		{"texts without family are their own", "A/ B/", 2},
		{"two stories in two outlets", "A/1 A/2 B/1 B/2 C/1", 2},
		{"two rewrites of one agency", "A/1/AFP B/2/AFP", 1},
		{"two agencies", "A/1/AFP B/2/Reuters", 2},
		{"an agency and an account", "A/1/AFP B/2/AFP C/3", 2},
		{"an agency in its own feed", "AFP/1 B/2/AFP", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var readings []Reading
			for k, r := range strings.Fields(tt.readings) {
				f := append(strings.Split(r, "/"), "")
				readings = append(readings, Reading{Outlet: f[0], Family: f[1], Credit: f[2], Article: fmt.Sprint("art-", k)})
			}
			for range 3 {
				if got := countSources(readings).Independent; got != tt.want {
					t.Fatalf("%d independent outlets in %s, want %d", got, tt.readings, tt.want)
				}
				slices.Reverse(readings)
			}
		})
	}
}

// BenchmarkFuse fuses a story of as many reports as one incident keeps.
func BenchmarkFuse(b *testing.B) {
	var readings []Reading
	for k := range maxReadings {
		readings = append(readings, readingOf(said(fmt.Sprint(k), float64(k)/10, killed(1+k*k%97), injured(k), place([]string{"Mosul", "Basra", "the market", "Nineveh"}[k%4]))))
	}
	for b.Loop() {
		i := Incident{}
		i.assemble(slices.Clone(readings), defaults())
	}
}
