package correlate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
	"tocsin/enrich/gazetteer"
)

// Change is what a fold did.
type Change struct {
	Status Status // Silent where nobody needs to be told
	Why    []string
	None   bool // the incident is as it was: no version
}

// Tell says which changes are worth telling. Steps count from what was told last,
// so that a toll that creeps up is told in the end.
type Tell struct {
	KilledStep  float64 `yaml:"killed_step"`  // part by which the number killed, held or missing must rise; always at least 1
	InjuredStep float64 `yaml:"injured_step"` // part by which the number injured must rise …
	InjuredMin  int     `yaml:"injured_min"`  // … and at least so many
	MovedKm     float64 `yaml:"moved_km"`     // how far another place must be
}

// DefaultTell is a few updates that matter.
func DefaultTell() Tell { return Tell{KilledStep: .25, InjuredStep: .5, InjuredMin: 5, MovedKm: 50} }

// Validate reports every mistake at once.
func (t Tell) Validate() error {
	var errs []error
	for _, s := range []struct {
		key string
		v   float64
	}{{"killed_step", t.KilledStep}, {"injured_step", t.InjuredStep}} {
		if s.v < 0 || s.v > 10 {
			errs = append(errs, fmt.Errorf("correlate.tell.%s is %v: use 0 (every rise) to 10 (eleven times as many)", s.key, s.v))
		}
	}
	if t.InjuredMin < 1 {
		errs = append(errs, fmt.Errorf("correlate.tell.injured_min is %d: use 1 or more", t.InjuredMin))
	}
	if t.MovedKm < 0 || t.MovedKm > 20_000 {
		errs = append(errs, fmt.Errorf("correlate.tell.moved_km is %v: use 0 to 20000", t.MovedKm))
	}
	return errors.Join(errs...)
}

// Told is an incident as it stood when something of it was told last; version 0 when
// nothing was.
type Told struct {
	Version   int                    `json:"version"`
	Type      string                 `json:"type"`
	Severity  string                 `json:"severity"`
	Totals    map[enrich.Measure]int `json:"totals,omitempty"`
	Country   string                 `json:"country,omitempty"`
	Lat       *float64               `json:"lat,omitempty"` // of a town or closer
	Lon       *float64               `json:"lon,omitempty"`
	Radius    int                    `json:"radius_m,omitempty"`
	Claimed   bool                   `json:"claimed,omitempty"`
	Follows   []string               `json:"follows,omitempty"` // arrest trial release
	Refuted   []string               `json:"refuted,omitempty"` // types that were taken back
	Doubted   bool                   `json:"doubted,omitempty"` // it may have been an accident
	Cancelled bool                   `json:"cancelled,omitempty"`
}

// told are the measures whose numbers are told.
var tolls = []enrich.Measure{enrich.Killed, enrich.Injured, enrich.Abducted, enrich.Hostages, enrich.Missing}

func toldOf(i *Incident) *Told {
	t := &Told{Version: i.Version, Type: i.Type, Severity: i.Assessment.Severity, Country: i.Place.Country, Claimed: claimed(i), Follows: sequels(i), Refuted: refuted(i), Doubted: doubted(i), Cancelled: cancelled(i), Totals: map[enrich.Measure]int{}}
	for _, m := range tolls {
		if n, ok := counted(i.Totals[m]); ok {
			t.Totals[m] = n
		}
	}
	if closely(&i.Place) {
		t.Lat, t.Lon, t.Radius = i.Place.Lat, i.Place.Lon, i.Place.Radius
	}
	return t
}

// closely tells whether a place is a town or closer.
func closely(p *enrich.Place) bool {
	return p.Lat != nil && p.Lon != nil && slices.Index(placePrecision, p.Precision) >= slices.Index(placePrecision, "near")
}

// compare says whether the difference between what was told and a new version is
// worth telling.
func compare(prev, next *Incident, step Tell) Change {
	c := Change{Status: Silent}
	tell := func(s Status, why string) {
		// A correction is told as one even when something else grew; a sequel is
		// told as an update where there is one.
		if c.Status == Silent || c.Status == FollowUp || s == Correction || s == Cancel {
			c.Status = s
		}
		c.Why = append(c.Why, why)
	}
	told := prev.Told
	if told == nil {
		told = toldOf(prev) // of a version before there was one
	}
	switch gone := cancelled(next); {
	case told.Version == 0 && (gone || next.Unsure()):
		return c // nobody was told that it was
	case told.Version == 0:
		tell(New, "status.first-report")
		return c
	case gone && !told.Cancelled:
		tell(Cancel, "status.cancelled")
		return c
	case gone:
		return c
	case told.Cancelled:
		tell(Update, "status.back")
	}
	for _, m := range tolls {
		a, hadA := told.Totals[m]
		was := a
		if slices.Contains(takens, m) {
			was = told.held()
			if was == 0 && enrich.Family(next.Type) != "abduction" && next.Subtype != "hostage_taking" {
				continue // held for an hour in a raid, or by police; sought under rubble
			}
		}
		b, hadB := counted(next.Totals[m])
		switch {
		case hadB && b > was && rose(m, was, b, step):
			tell(Update, "status."+string(m)+"-up")
		case m == enrich.Killed && hadA && a > 0 && (!hadB || b < a), m != enrich.Killed && m != enrich.Injured && hadA && hadB && b < a && corrected(next, m):
			tell(Correction, "status."+string(m)+"-down")
		}
	}
	if rank(next.Assessment.Severity) > rank(told.Severity) && graver(next) {
		tell(Update, "status.severity-up")
	}
	switch was, is := told.Type, next.Type; {
	case slices.ContainsFunc(refuted(next), func(t string) bool { return !slices.Contains(told.Refuted, t) }):
		tell(Correction, "status.type-withdrawn")
	case was == is:
	case enrich.Family(was) != enrich.Family(is) && specificity(was) == 2 && specificity(is) == 2:
		if withdrew(next, was) {
			tell(Correction, "status.type-withdrawn")
		}
	case specificity(is) == 2 && (was == "explosion" || enrich.Family(was) != enrich.Family(is) && was != "unknown" && was != "armed_attack"):
		tell(Update, "status.type-changed")
	}
	if told.Doubted && meant(next) {
		tell(Update, "status.deliberate")
	}
	switch from := told.place(); {
	case !apart(from, &next.Place, step) || placers(next, &next.Place, step) < 2 && placers(next, from, step) > 0 && !relocated(next):
	case from.Country != next.Place.Country:
		tell(Update, "status.country-changed")
	default:
		tell(Update, "status.place-moved")
	}
	if !told.Claimed && claimed(next) {
		tell(Update, "status.claimed")
	}
	sequel := bySequels(prev, next)
	for _, f := range sequels(next) {
		switch {
		case slices.Contains(told.Follows, f):
		case c.Status == Silent, sequel && c.Status == Update:
			c.Status = FollowUp
			c.Why = append(c.Why, "status."+f)
		default:
			c.Why = append(c.Why, "status."+f)
		}
	}
	return c
}

// bySequels tells whether all that came to an incident are articles whose news is what
// followed it. The toll that such a one names in passing is none that has just risen.
func bySequels(prev, next *Incident) bool {
	came := false
	for k := range next.Readings {
		switch x := &next.Readings[k]; {
		case prev.has(x.Report):
		case x.Relation == Reports || !x.ofSequel():
			return false
		default:
			came = true
		}
	}
	return came
}

// Unsure tells whether an incident may be another that is known, told otherwise: one
// article alone tells of it, and it was kept apart for want of likeness, while nothing
// tells the two apart. It is told once a second article does.
func (i *Incident) Unsure() bool {
	for k := range i.Readings {
		if x := &i.Readings[k]; x.Article != i.Readings[0].Article || x.Match == nil || x.Bound != "" {
			return false
		}
	}
	return len(i.Readings) > 0 && slices.ContainsFunc(i.Readings[0].Match.Apart, func(r Rival) bool {
		return r.Score >= match.Related && !slices.ContainsFunc(r.Reasons, func(m match.Reason) bool { return m.Added < 0 && slices.Contains(tellApart, m.Feature) })
	})
}

// tellApart are the features that tell two incidents apart, and not only make them less
// alike.
var tellApart = []string{"time.next-day", "time.days-apart", "time.before", "time.other-hour", "cue.again", "cue.another", "cue.another-untold", "cue.apart", "about.elsewhere",
	"killed.none", "killed.far-lower", "killed.leap", "outlet.lower", "title.elsewhere", "place.far", "place.distant", "place.other-country"}

// place is where an incident was told to be.
func (t *Told) place() *enrich.Place {
	p := &enrich.Place{Country: t.Country, Lat: t.Lat, Lon: t.Lon, Radius: t.Radius, Precision: "settlement"}
	if t.Lat == nil {
		p.Precision = "country"
	}
	return p
}

// apart tells whether two places are in two countries, or are two towns that are far from
// each other.
func apart(a, b *enrich.Place, step Tell) bool {
	if a.Country != "" && b.Country != "" && a.Country != b.Country {
		return true
	}
	return closely(a) && closely(b) && gazetteer.Distance(*a.Lat, *a.Lon, *b.Lat, *b.Lon)-float64(a.Radius+b.Radius) > step.MovedKm*1000
}

// placers counts the articles that place an incident somewhere: one alone may have taken
// another town for that of the incident.
func placers(i *Incident, p *enrich.Place, step Tell) int {
	var articles []string
	for k := range i.Readings {
		if x := &i.Readings[k]; x.Place != nil && x.telling() && !apart(x.Place, p, step) && (closely(x.Place) || !closely(p)) && !slices.Contains(articles, x.Article) {
			articles = append(articles, x.Article)
		}
	}
	return len(articles)
}

// relocated tells whether somebody says of an incident's town that it was not there.
func relocated(i *Incident) bool {
	return slices.ContainsFunc(i.Readings, func(x Reading) bool {
		return slices.ContainsFunc(x.Cues, func(c string) bool { return strings.HasPrefix(c, enrich.CueNotIn) })
	})
}

// graver tells whether an incident is as grave as it is for what happened to people, and
// not for the kind of place, or because somebody says at last that it took place.
func graver(i *Incident) bool {
	return i.Assessment.Rule != "sev.site" && i.Assessment.Rule != "sev.outcome-known"
}

// doubted tells whether an incident may have been an accident, as somebody says and
// nobody has ruled out.
func doubted(i *Incident) bool {
	return !meant(i) && slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.cue(enrich.CueDoubt) })
}

// meant tells whether an incident was no accident, as somebody says.
func meant(i *Incident) bool {
	return slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.cue(enrich.CueMeant) })
}

// refuted are the types that some gave an incident and others took back.
func refuted(i *Incident) []string {
	var out []string
	for k := range i.Readings {
		x := &i.Readings[k]
		if !slices.Contains(out, x.Type) && x.Type != i.Type && takenBack(i.Readings, x, enrich.CueNot+x.Type) {
			out = append(out, x.Type)
		}
	}
	slices.Sort(out)
	return out
}

// takens are those who are in the hands of others, by the words that news has for them.
var takens = []enrich.Measure{enrich.Abducted, enrich.Hostages, enrich.Missing}

// held is how many were told to be taken, by whatever word: "14 missing" may be the hostages
// of whom was told, of whom some have come free since.
func (t *Told) held() int {
	n := 0
	for _, m := range takens {
		n = max(n, t.Totals[m])
	}
	return n
}

// withdrew tells whether somebody takes a type back: outlets call one thing by many names.
func withdrew(i *Incident, was string) bool {
	return slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.cue(enrich.CueNot + was) })
}

// corrected tells whether a total is the outcome of a correction.
func corrected(i *Incident, m enrich.Measure) bool {
	r := i.Totals[m].Rule
	return r == "fuse.corrected" || r == "fuse.lower-from-two-origins" || r == "fuse.newest"
}

// rose tells whether a number rose enough: from a to b.
func rose(m enrich.Measure, a, b int, step Tell) bool {
	if m == enrich.Injured {
		return b-a >= max(step.InjuredMin, int(float64(a)*step.InjuredStep+.999))
	}
	return b-a >= max(1, int(float64(a)*step.KilledStep+.999))
}

// cancelled reports whether nothing is left that says that it happened.
func cancelled(i *Incident) bool {
	if len(i.Readings) == 0 {
		return true
	}
	last := -1
	for k := range i.Readings {
		if x := &i.Readings[k]; x.denies() && !(x.ofOther() && dead(i.Readings)) {
			last = k
		}
	}
	// Whoever has not heard of it goes on to tell of it: it takes two to bring it back.
	return last >= 0 && independent(i.Readings[last+1:]) < 2
}

// dead tells whether anybody who tells of an incident counts people killed.
func dead(readings []Reading) bool {
	return slices.ContainsFunc(readings, func(x Reading) bool {
		t := x.Totals[enrich.Killed]
		return !x.denies() && t.Min != nil && *t.Min > 0
	})
}

func claimed(i *Incident) bool {
	return slices.ContainsFunc(i.Actors, func(a enrich.Actor) bool { return a.Role == "claimed" }) ||
		slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.cue(enrich.CueClaim) && x.telling() })
}

// sequels are what came after an incident, each once, in the order of the news.
func sequels(i *Incident) []string {
	var out []string
	for k := range i.Readings {
		for _, f := range i.Readings[k].follows(k == 0) {
			if !slices.Contains(out, f) {
				out = append(out, f)
			}
		}
	}
	return out
}

func diff(prev, next *Incident) []Diff {
	var d []Diff
	put := func(field string, from, to any) {
		if from != to {
			d = append(d, Diff{Field: field, From: from, To: to})
		}
	}
	put("type", prev.Type, next.Type)
	put("subtype", prev.Subtype, next.Subtype)
	put("outcome", prev.Outcome, next.Outcome)
	put("place.country", prev.Place.Country, next.Place.Country)
	put("place.name", prev.Place.Name, next.Place.Name)
	put("assessment.severity", prev.Assessment.Severity, next.Assessment.Severity)
	put("assessment.certainty", prev.Assessment.Certainty, next.Assessment.Certainty)
	put("sources.outlets", prev.Sources.Outlets, next.Sources.Outlets)
	for _, m := range enrich.Measures {
		put("totals."+string(m), numberOf(prev.Totals, m), numberOf(next.Totals, m))
	}
	return d
}

func numberOf(totals map[enrich.Measure]enrich.Total, m enrich.Measure) any {
	if n, ok := totals[m].Number(); ok {
		return n
	}
	return nil
}

// counted is the number of a total that is told; a ceiling alone is none.
func counted(t enrich.Total) (int, bool) {
	if t.Point == nil && t.Min == nil {
		return 0, false
	}
	return t.Number()
}
