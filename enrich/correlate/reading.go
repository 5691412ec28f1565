package correlate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

// Reading is what an incident keeps of one report: what the fold and matching
// need, so that an incident can be folded anew from its readings alone.
type Reading struct {
	Report   string      `json:"report"`
	Article  string      `json:"article"`
	Edition  int         `json:"edition"`
	Ordinal  int         `json:"ordinal"`
	Outlet   string      `json:"outlet,omitempty"`
	Credit   string      `json:"credit,omitempty"` // agency that its article names as its source
	Family   string      `json:"family,omitempty"`
	At       time.Time   `json:"at"` // when it was said: orders readings
	Relation Relation    `json:"relation,omitempty"`
	Of       int         `json:"of,omitempty"` // reports of that edition
	Role     enrich.Role `json:"role,omitempty"`
	Second   bool        `json:"second,omitempty"`  // not the news that its article exists for
	Passing  bool        `json:"passing,omitempty"` // see enrich.Report

	Type      string                          `json:"type"`
	Subtype   string                          `json:"subtype,omitempty"`
	Complex   bool                            `json:"complex,omitempty"`
	Outcome   string                          `json:"outcome"`
	Certainty string                          `json:"certainty,omitempty"`
	Place     *enrich.Place                   `json:"place,omitempty"`
	Occurred  *enrich.Occurred                `json:"occurred,omitempty"`
	Totals    map[enrich.Measure]enrich.Total `json:"totals,omitempty"`
	Said      map[enrich.Measure]string       `json:"said,omitempty"`     // kind of source of a total
	Enemy     []enrich.Measure                `json:"enemy,omitempty"`    // totals that a party gives of the other side's losses
	Corrects  []enrich.Measure                `json:"corrects,omitempty"` // of what it gives a corrected number
	Replaces  map[enrich.Measure]int          `json:"replaces,omitempty"` // totals that it names as those that stood before
	Single    []enrich.Measure                `json:"single,omitempty"`   // totals that are one person who is told of, or some of the victims, and no count
	Official  bool                            `json:"official,omitempty"` // government, police, military or medical source
	Weapons   []string                        `json:"weapons,omitempty"`
	Terms     []string                        `json:"terms,omitempty"`
	Places    []string                        `json:"places,omitempty"`
	Cues      []string                        `json:"cues,omitempty"`
	About     []enrich.About                  `json:"about,omitempty"`

	Figures int       `json:"figures,omitempty"` // how many of the incident's figures and actors are its own:
	Actors  int       `json:"actors,omitempty"`  // they stand there in the order of the readings
	Match   *Decision `json:"match,omitempty"`   // why it is here
	Bound   string    `json:"bound,omitempty"`   // incident that an operator, or its article's earlier edition, put it into

	until   time.Time // when a later edition took its place, or took it back
	figures []enrich.Figure
	actors  []enrich.Actor
	origin  Origin
	probe   *match.Probe
	bytes   sizes // of its JSON, once counted
}

// Relation is how a report is of an incident.
type Relation string

const (
	Reports   Relation = "report"     // it tells of it as news
	FollowsUp Relation = "follow_up"  // it tells what came after: arrests, trials, releases
	Recalls   Relation = "background" // it only mentions it
)

// Decision is why a report was put where it is.
type Decision struct {
	By      string         `json:"by"`                // score, founded, edition, operator, regrouped, none, placeless
	Score   float64        `json:"score,omitempty"`   // log-odds that it is of the incident
	Reasons []match.Reason `json:"reasons,omitempty"` // what made the score
	Apart   []Rival        `json:"apart,omitempty"`   // the likeliest others, from which it was kept apart
}

// Rival is an incident that a report might have been of.
type Rival struct {
	Incident string         `json:"incident"`
	Score    float64        `json:"score"`
	Reasons  []match.Reason `json:"reasons,omitempty"`
}

// mayBe tells whether a report might be of a rival as well, which only another was likelier
// than.
func (r *Rival) mayBe() bool { return r.Score >= match.Merge-.01 }

// readingOf takes from a report what an incident keeps.
func readingOf(r *enrich.Report) Reading {
	src := &r.Source
	x := Reading{
		Report: r.ID, Article: src.ID, Edition: src.Edition, Ordinal: r.Ordinal, Outlet: cmp.Or(src.Outlet, src.Feed), Credit: src.Credit, Family: src.Family, At: at(r), Of: r.Of, Role: r.Role, Passing: r.Passing,
		Second: r.Role == enrich.Other, Type: r.Type, Subtype: r.Subtype, Complex: r.Complex, Outcome: r.Outcome, Certainty: r.Certainty,
		Place: r.Place, Occurred: r.Occurred, Totals: r.Totals, Weapons: r.Weapons, Terms: r.Terms, Places: r.Places, Cues: r.Cues, About: r.About,
		figures: r.Figures, actors: r.Actors,
		origin: Origin{
			Article: src.ID, URL: src.URL, Feed: src.Feed, Outlet: src.Outlet, Credit: src.Credit, Language: src.Language, Title: src.Title,
			Published: src.Published, Fetched: src.Fetched, Family: src.Family, ContentSHA256: src.ContentSHA256,
		},
	}
	for k := range r.Figures {
		f := &r.Figures[k]
		if f.Scope != "current" && !(r.Role == enrich.Background && f.Scope == "background" && (f.Relation == "correction" || f.Relation == "update")) {
			continue
		}
		if f.Relation == "correction" && !slices.Contains(x.Corrects, f.Measure) {
			x.Corrects = append(x.Corrects, f.Measure)
		}
		if f.Previous != nil {
			put(&x.Replaces, f.Measure, *f.Previous)
		}
		if _, named := x.Replaces[f.Measure]; !named && f.Relation == "superseded" && f.Point != nil {
			put(&x.Replaces, f.Measure, *f.Point)
		}
		if t, ok := r.Totals[f.Measure]; ok && withAttackers(f, &t) {
			if _, named := x.Replaces[f.Measure]; !named {
				put(&x.Replaces, f.Measure, *f.Point) // "two of the seven dead were gunmen"
			}
		}
		if t, ok := r.Totals[f.Measure]; ok && gives(f, &t) && (single(f) || ofSome(r.Figures, k)) && !slices.Contains(x.Single, f.Measure) {
			x.Single = append(x.Single, f.Measure)
		}
		if f.Source == nil {
			continue
		}
		switch f.Source.Kind {
		case "government", "police", "military", "medical":
			x.Official = true
		}
		if t, ok := r.Totals[f.Measure]; ok && gives(f, &t) {
			switch was, had := x.Said[f.Measure]; {
			case !had:
				put(&x.Said, f.Measure, f.Source.Kind)
				if ofEnemy(f) {
					x.Enemy = append(x.Enemy, f.Measure)
				}
			case authority(f.Source.Kind) > authority(was) && !slices.Contains(x.Enemy, f.Measure) && !ofEnemy(f):
				x.Said[f.Measure] = f.Source.Kind // "residents and a local official said"
			}
		}
	}
	return x
}

func put[V any](m *map[enrich.Measure]V, k enrich.Measure, v V) {
	if *m == nil {
		*m = map[enrich.Measure]V{}
	}
	(*m)[k] = v
}

// gives tells whether a figure is what a total rests on.
func gives(f *enrich.Figure, t *enrich.Total) bool {
	n, ok := t.Number()
	m, has := enrich.Total{Min: f.Min, Max: f.Max, Point: f.Point}.Number()
	return ok && has && n == m
}

// withAttackers tells whether a figure is what a total was before the attackers were taken
// off: who told of so many dead counted them.
func withAttackers(f *enrich.Figure, t *enrich.Total) bool {
	n, ok := t.Number()
	return ok && t.ExcludesPerpetrators != nil && *t.ExcludesPerpetrators && f.Point != nil && *f.Point > n && f.Relation == "total" && f.Who != "perpetrator" && strings.HasSuffix(t.Rule, "less-attackers")
}

// single tells whether a figure is one person whom a text tells of: "the funeral of
// the judge, who was shot dead". Others may have died beside him.
func single(f *enrich.Figure) bool {
	return f.Point != nil && *f.Point == 1 && (strings.Contains(f.Rule, "+singular") || strings.Contains(f.Rule, "+named") || strings.Contains(f.Rule, "+pronoun"))
}

// ofSome tells whether the figure at k is of those among the victims whom a text cares
// about, and may be no count of all: "regrets the deaths of two civilians", "sorry that
// a woman and a child died".
func ofSome(figures []enrich.Figure, k int) bool {
	some := func(f *enrich.Figure) bool { return f.Who == "woman" || f.Who == "child" }
	f := &figures[k]
	if f.Relation == "sum_of_parts" {
		parts := 0
		for n := k + 1; n < len(figures) && figures[n].Relation == "part" && figures[n].Measure == f.Measure; n++ {
			if !some(&figures[n]) {
				return false
			}
			parts++
		}
		return parts > 0
	}
	return some(f) || len(f.Evidence) > 0 && f.Who == "civilian" && strings.Contains(strings.ToLower(f.Evidence[0].Text), "civilian")
}

// ofEnemy tells whether a party gives the losses of the other side.
func ofEnemy(f *enrich.Figure) bool {
	switch f.Source.Kind {
	case "military":
		return f.Who == "militant"
	case "belligerent":
		return f.Certainty == "claimed"
	}
	return false
}

// at is when a report counts as said: when its article was published, but not after it
// was seen, whatever an outlet's clock says; and what a later edition says, when that
// was seen.
func at(r *enrich.Report) time.Time {
	src := &r.Source
	said := cmp.Or(src.Published, src.FirstSeen)
	if seen := cmp.Or(src.FirstSeen, src.Fetched); src.Edition <= 1 && !seen.IsZero() && said.After(seen) {
		said = seen
	}
	if src.Edition > 1 && src.Fetched.After(said) {
		said = src.Fetched
	}
	return said.UTC()
}

// compareReadings orders readings by what was said when, so that the set decides
// and not the route.
func compareReadings(a, b *Reading) int {
	return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Article, b.Article), cmp.Compare(a.Edition, b.Edition), cmp.Compare(a.Ordinal, b.Ordinal), strings.Compare(a.Report, b.Report))
}

func sortReadings(list []Reading) {
	slices.SortFunc(list, func(a, b Reading) int { return compareReadings(&a, &b) })
}

// look is the reading as matching sees it.
func (x *Reading) look() *match.Probe {
	if x.probe == nil {
		x.probe = &match.Probe{Key: x.Report, Article: x.Article, Outlet: x.Outlet, Text: x.Family, At: x.At, Type: x.Type, Subtype: x.Subtype, Place: x.Place, Occurred: x.Occurred,
			Totals: x.counted(), Replaces: x.Replaces, Actors: x.actors, Terms: x.Terms, Places: x.Places, Cues: x.Cues, About: x.About, Second: x.Second}
	}
	return x.probe
}

// counted are the totals by which incidents are told apart: what a party gives of the
// other side's losses is what it likes.
func (x *Reading) counted() map[enrich.Measure]enrich.Total {
	if len(x.Enemy) == 0 {
		return x.Totals
	}
	m := maps.Clone(x.Totals)
	for _, e := range x.Enemy {
		delete(m, e)
	}
	return m
}

func (x *Reading) cue(c string) bool { return slices.Contains(x.Cues, c) }

// summed tells whether what a reading gives of a measure is the sum of several incidents:
// its article opens with one, and does not take it apart.
func (x *Reading) summed(m enrich.Measure) bool {
	return x.cue(enrich.CueJoint) && !slices.ContainsFunc(x.figures, func(f enrich.Figure) bool {
		return f.Measure == m && f.Scope == "aggregate" && f.Relation != "subset" && f.Relation != "part"
	})
}

// raises tells whether what a reading gives of a measure is told as a toll that moved:
// "the number of dead has risen to four". However old the incident is, that is new.
func (x *Reading) raises(m enrich.Measure) bool {
	t, ok := x.Totals[m]
	return ok && slices.ContainsFunc(x.figures, func(f enrich.Figure) bool {
		return f.Measure == m && f.Relation == "update" && gives(&f, &t)
	})
}

// heads tells whether the headline of a reading's article gives its number of a measure.
func (x *Reading) heads(m enrich.Measure) bool {
	t := x.Totals[m]
	return slices.ContainsFunc(x.figures, func(f enrich.Figure) bool {
		return f.Measure == m && len(f.Evidence) > 0 && f.Evidence[0].Field == "title" && gives(&f, &t)
	})
}

// oneMore tells whether a reading raises a toll by somebody who has died since: "Mrs
// Bun, 71, died last night, raising the number of victims to five".
func (x *Reading) oneMore(m enrich.Measure) bool {
	return x.raises(m) && slices.ContainsFunc(x.figures, func(f enrich.Figure) bool {
		return f.Measure == m && single(&f)
	})
}

// denies tells whether a reading says that there was no incident after all. Of a hoax
// nobody dies: a reading that counts the dead calls something else by the word.
func (x *Reading) denies() bool {
	n, ok := x.Totals[enrich.Killed].Number()
	return x.Outcome == "hoax" || x.Certainty == "retracted" || x.cue(enrich.CueHoax) && !(ok && n > 0) || x.cue(enrich.CueAccident)
}

// ofOther tells whether the hoax of which a reading tells may be another case than the
// incident with dead that it goes on to name: it says that they have nothing to do
// with each other, or somebody was held for the hoax.
func (x *Reading) ofOther() bool {
	return x.Certainty != "retracted" && !x.cue(enrich.CueAccident) && (x.cue(enrich.CueApart) || x.headline(enrich.CueArrest))
}

// What may follow an incident, and is told once of each.
const (
	followArrest  = "arrest"
	followTrial   = "trial"
	followRelease = "release"
)

// headline tells whether the headline of a reading's article gives a cue.
func (x *Reading) headline(c string) bool { return slices.Contains(x.Cues, "!"+c) }

// ofSequel tells whether the news of a reading's article is what followed an incident, as
// its headline says.
func (x *Reading) ofSequel() bool {
	return x.headline(enrich.CueArrest) || x.headline(enrich.CueCharged) || x.headline(enrich.CueFreed) || x.headline(enrich.CueCleared)
}

// follows are the sequels that a reading tells of. Who is held when an incident is first
// told of was caught on the spot, which is part of that news; later on, an arrest that only
// stands beside other news is none.
func (x *Reading) follows(first bool) []string {
	var out []string
	if x.cue(enrich.CueHoax) && x.ofOther() || x.Role == enrich.Background && x.cue(enrich.CueApart) {
		return nil // who was held for it has done nothing here
	}
	// What looks back and does not name an incident that is known has no news of it.
	goesOn := x.Relation == FollowsUp && (x.Role != enrich.Background || x.cue(enrich.CueLater))
	// Of what its opening says only what its headline has is its news, where that has any.
	alone := goesOn && !x.ofSequel()
	// "Captured" are soldiers whom an attack took, too.
	taken := x.Totals[enrich.Abducted].Max != nil && x.Totals[enrich.Arrested].Max == nil && enrich.Family(x.Type) != "abduction"
	if x.held() && (first || x.Relation == FollowsUp) || x.Type == "arrest" || !taken && (x.headline(enrich.CueArrest) || alone && x.cue(enrich.CueArrest) && !x.cue(enrich.CueCharged) && !x.cue(enrich.CueClaim)) {
		out = append(out, followArrest)
	}
	if x.Type == "judicial" || x.headline(enrich.CueCharged) || alone && x.cue(enrich.CueCharged) {
		out = append(out, followTrial)
	}
	if x.freed(goesOn) || x.headline(enrich.CueCleared) || alone && x.cue(enrich.CueCleared) && !x.cue(enrich.CueCharged) {
		out = append(out, followRelease)
	}
	return out
}

// held tells whether a reading counts people who were arrested. Where it only says that
// some were, further down, they may have been so in another year.
func (x *Reading) held() bool {
	t := x.Totals[enrich.Arrested]
	n, ok := t.Number()
	return ok && n > 0 && (t.Quantifier != "unknown" || x.cue(enrich.CueArrest))
}

// freed tells whether a reading has people come free who had been taken.
func (x *Reading) freed(goesOn bool) bool {
	n, ok := x.Totals[enrich.Released].Number()
	counted := ok && n > 0 && !x.spared(n)
	if _, fled := x.Totals[enrich.Escaped].Number(); fled && !ok {
		goesOn = false // nobody let them go
	}
	switch {
	case enrich.Family(x.Type) == "abduction", x.Totals[enrich.Abducted].Max != nil, x.Subtype == "hostage_taking":
		return counted || x.headline(enrich.CueFreed) || goesOn && x.cue(enrich.CueFreed)
	case x.headline(enrich.CueFreed):
		return counted || goesOn && !x.headline(enrich.CueArrest) && !x.headline(enrich.CueCharged)
	}
	return goesOn && counted && x.cue(enrich.CueFreed) && !x.cue(enrich.CueArrest) && !x.cue(enrich.CueCharged) // of those who are known to have been taken
}

// spared tells whether the n people who came free are no news of those who were taken, but
// the ones whom the takers let go at once: the report is of the taking, and of more people.
func (x *Reading) spared(n int) bool {
	taken, ok := x.Totals[enrich.Abducted].Number()
	return ok && taken > n && x.Relation == Reports && !x.headline(enrich.CueFreed)
}

// String is a decision in one line.
func (d *Decision) String() string {
	var b strings.Builder
	b.WriteString(d.By)
	write := func(score float64, reasons []match.Reason) {
		fmt.Fprintf(&b, " %+.2f", score)
		for k, r := range reasons {
			if k == 0 {
				b.WriteString(":")
			}
			fmt.Fprintf(&b, " %s %+.2f", r.Feature, r.Added)
		}
	}
	if len(d.Reasons) > 0 {
		write(d.Score, d.Reasons)
	}
	for _, r := range d.Apart {
		b.WriteString("; apart from " + r.Incident)
		write(r.Score, r.Reasons)
	}
	return b.String()
}

// ProbeOf is a report as matching sees it.
func ProbeOf(r *enrich.Report) *match.Probe {
	x := readingOf(r)
	return x.look()
}
