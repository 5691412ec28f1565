package correlate

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/internal/bus"
)

// Change is what a fold did.
type Change struct {
	Status Status // Silent where nobody needs to be told
	Why    []string
	None   bool // the incident is as it was: no version
}

// Found begins an incident from a report.
func Found(r *enrich.Report, t Thresholds) (Incident, Change) {
	i := Incident{Schema: Schema, ID: newID(r), Scope: "current", Published: r.Source.Published, FirstSeen: firstSeen(r)}
	add(&i, r)
	fuse(&i, t)
	i.Version, i.Status, i.Updated = 1, New, updated(r)
	i.Explain.Rules = append(i.Explain.Rules, "status.first-report")
	return i, Change{Status: New, Why: []string{"first report"}}
}

// Fold adds a report to an incident. It leaves prev as it is. A report that the
// incident already has, or that an edition in it has superseded, changes nothing.
func Fold(prev Incident, r *enrich.Report, t Thresholds) (Incident, Change) {
	for i := range prev.Readings {
		old := &prev.Readings[i]
		if old.Article == r.Source.ID && (old.Report == r.ID || old.Edition > r.Source.Edition) {
			return prev, Change{None: true}
		}
	}
	next := clone(prev)
	// The first report of a later edition, or of the same one with other words
	// (see ingest.Article.MsgID), takes the place of all that the article said.
	drop(&next, r.Source.ID, func(old *Reading) bool {
		return old.Edition != r.Source.Edition || sha(&next, old.Article) != r.Source.ContentSHA256 || old.Ordinal == r.Ordinal
	})
	add(&next, r)
	if !slices.ContainsFunc(next.Readings, func(x Reading) bool { return x.Report == r.ID }) {
		return prev, Change{None: true} // too old for a story as huge as this
	}
	if f := firstSeen(r); next.FirstSeen.IsZero() || (!f.IsZero() && f.Before(next.FirstSeen)) {
		next.FirstSeen = f
	}
	return finish(prev, next, updated(r), t)
}

// Withdraw takes back what editions of an article before the given one said. It
// leaves prev as it is.
func Withdraw(prev Incident, src *enrich.Source, t Thresholds) (Incident, Change) {
	next := clone(prev)
	if !drop(&next, src.ID, func(old *Reading) bool { return old.Edition < src.Edition }) {
		return prev, Change{None: true}
	}
	return finish(prev, next, cmp.Or(src.Fetched, src.Published).UTC(), t)
}

func finish(prev, next Incident, updated time.Time, t Thresholds) (Incident, Change) {
	fuse(&next, t)
	c := compare(&prev, &next)
	next.Version = prev.Version + 1
	next.Supersedes = &prev.Version
	next.Status = c.Status
	next.Updated = updated
	next.Explain.Diff = diff(&prev, &next)
	next.Explain.Rules = append(next.Explain.Rules, c.Why...)
	return next, c
}

func updated(r *enrich.Report) time.Time {
	return cmp.Or(r.Source.Fetched, r.Source.FirstSeen, r.Source.Published).UTC()
}

func firstSeen(r *enrich.Report) time.Time { return cmp.Or(r.Source.FirstSeen, r.Source.Fetched).UTC() }

// clone copies what the fold changes in place.
func clone(i Incident) Incident {
	i.Figures = slices.Clone(i.Figures)
	i.Provenance = slices.Clone(i.Provenance)
	i.Readings = slices.Clone(i.Readings)
	i.Actors = slices.Clone(i.Actors)
	i.Weapons = slices.Clone(i.Weapons)
	return i
}

func sha(i *Incident, article string) string {
	for k := range i.Provenance {
		if i.Provenance[k].Article == article {
			return i.Provenance[k].ContentSHA256
		}
	}
	return ""
}

// drop removes the readings of an article that gone says, and, when any went,
// the article's figures and actors: those of its readings that stay are told
// again by their own reports, which come with the same edition.
func drop(i *Incident, article string, gone func(*Reading) bool) bool {
	n := len(i.Readings)
	i.Readings = slices.DeleteFunc(i.Readings, func(r Reading) bool { return r.Article == article && gone(&r) })
	if len(i.Readings) == n {
		return false
	}
	if slices.ContainsFunc(i.Readings, func(r Reading) bool { return r.Article == article }) {
		return true
	}
	from := func(e []enrich.Span) bool { return len(e) > 0 && e[0].Article == article }
	i.Figures = slices.DeleteFunc(i.Figures, func(f enrich.Figure) bool { return from(f.Evidence) })
	i.Actors = slices.DeleteFunc(i.Actors, func(a enrich.Actor) bool { return from(a.Evidence) })
	i.Provenance = slices.DeleteFunc(i.Provenance, func(o Origin) bool { return o.Article == article })
	return true
}

// Limits of one incident, so that a version always fits a message. The newest
// reports of a huge story say what matters.
const (
	maxReadings = 200
	maxFigures  = 400
	maxActors   = 40
	maxBytes    = bus.MaxMessage - 32<<10 // room for what a version adds to its reports
	fewEnough   = 60                      // readings and figures that need not be measured
)

func add(i *Incident, r *enrich.Report) {
	src := &r.Source
	reading := Reading{
		Report: r.ID, Article: src.ID, Edition: src.Edition, Ordinal: r.Ordinal, Outlet: cmp.Or(src.Outlet, src.Feed), Family: src.Family, At: at(r),
		Type: r.Type, Subtype: r.Subtype, Complex: r.Complex, Outcome: r.Outcome, Certainty: r.Certainty,
		Place: r.Place, Occurred: r.Occurred, Totals: r.Totals,
	}
	for k := range r.Figures {
		f := &r.Figures[k]
		if f.Scope != "current" {
			continue
		}
		if f.Relation == "correction" && !slices.Contains(reading.Corrects, f.Measure) {
			reading.Corrects = append(reading.Corrects, f.Measure)
		}
		if f.Source != nil {
			switch f.Source.Kind {
			case "government", "police", "military", "medical":
				reading.Official = true
			}
		}
	}
	i.Readings = append(i.Readings, reading)
	// Order by what was said when, so that the set decides and not the route.
	slices.SortFunc(i.Readings, func(a, b Reading) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Article, b.Article), cmp.Compare(a.Ordinal, b.Ordinal))
	})
	if !slices.ContainsFunc(i.Provenance, func(o Origin) bool { return o.Article == src.ID }) {
		i.Provenance = append(i.Provenance, Origin{
			Article: src.ID, URL: src.URL, Feed: src.Feed, Outlet: src.Outlet, Language: src.Language, Title: src.Title,
			Published: src.Published, Fetched: src.Fetched, Family: src.Family, ContentSHA256: src.ContentSHA256,
		})
		slices.SortFunc(i.Provenance, func(a, b Origin) int {
			return cmp.Or(a.Published.Compare(b.Published), cmp.Compare(a.Article, b.Article))
		})
	}
	i.Figures = append(i.Figures, r.Figures...)
	if i.Figures == nil {
		i.Figures = []enrich.Figure{} // a list in JSON, not null
	}
	slices.SortStableFunc(i.Figures, func(a, b enrich.Figure) int {
		return cmp.Or(compareEvidence(a.Evidence, b.Evidence), cmp.Compare(a.Measure, b.Measure), cmp.Compare(a.Rule, b.Rule))
	})
	i.Actors = append(i.Actors, r.Actors...)
	slices.SortStableFunc(i.Actors, func(a, b enrich.Actor) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Name, b.Name), compareEvidence(a.Evidence, b.Evidence))
	})
	for _, w := range r.Weapons {
		if !slices.Contains(i.Weapons, w) {
			i.Weapons = append(i.Weapons, w)
		}
	}
	slices.Sort(i.Weapons)
	trim(i, maxReadings, maxFigures, maxActors)
	for k := 1; k <= 8 && len(i.Readings)+len(i.Figures) > fewEnough && size(i) > maxBytes; k++ {
		trim(i, maxReadings>>k, maxFigures>>k, maxActors)
	}
}

// trim keeps the first reading, which tells when it began, the newest ones, and
// the figures of the newest articles.
func trim(i *Incident, readings, figures, actors int) {
	if n := len(i.Readings) - readings; n > 0 {
		i.Readings = slices.Delete(i.Readings, 1, 1+n)
	}
	if n := len(i.Provenance) - readings; n > 0 {
		i.Provenance = slices.Delete(i.Provenance, 1, 1+n)
	}
	if n := len(i.Figures) - figures; n > 0 {
		said := make(map[string]int, len(i.Readings)) // article → how new it is, from 1
		for k := range i.Readings {
			said[i.Readings[k].Article] = k + 1
		}
		age := make([]int, len(i.Figures)) // positions of figures, oldest first
		for k := range age {
			age[k] = k
		}
		of := func(k int) int {
			if e := i.Figures[k].Evidence; len(e) > 0 {
				return said[e[0].Article]
			}
			return 0
		}
		slices.SortStableFunc(age, func(a, b int) int { return cmp.Compare(of(a), of(b)) })
		keep := age[n:]
		slices.Sort(keep)
		kept := make([]enrich.Figure, len(keep))
		for k, at := range keep {
			kept[k] = i.Figures[at]
		}
		i.Figures = kept
	}
	if n := len(i.Actors) - actors; n > 0 {
		i.Actors = slices.Delete(i.Actors, 0, n)
	}
}

// size is how many bytes an incident takes on the bus.
func size(i *Incident) int {
	data, err := json.Marshal(i)
	if err != nil {
		return 0 // the worker meets the same error and tells it
	}
	return len(data)
}

func compareEvidence(a, b []enrich.Span) int {
	if len(a) == 0 || len(b) == 0 {
		return cmp.Compare(len(a), len(b))
	}
	return cmp.Or(cmp.Compare(a[0].Article, b[0].Article), cmp.Compare(a[0].Field, b[0].Field), cmp.Compare(a[0].Start, b[0].Start), cmp.Compare(a[0].End, b[0].End))
}

// fuse derives everything that several readings share in.
func fuse(i *Incident, t Thresholds) {
	i.Explain = Explain{Engine: Engine, Rules: []string{}}
	i.Sources = countSources(i.Readings)
	if len(i.Readings) == 0 {
		i.Assessment = Assessment{Severity: "Unknown", Urgency: "Unknown", Certainty: "Unlikely", Rule: "sev.withdrawn"}
		return
	}
	fuseType(i)
	fusePlace(i)
	fuseTime(i)
	i.Totals = map[enrich.Measure]enrich.Total{}
	for _, m := range enrich.Measures {
		if total, ok := fuseTotal(i.Readings, m); ok {
			i.Totals[m] = total
		}
	}
	i.Assessment = assess(i, t)
	i.Explain.Rules = append(i.Explain.Rules, i.Assessment.Rule)
}

// fuseType takes the most specific type that a reading gives; of those, the one
// that most readings give; of those, the latest.
func fuseType(i *Incident) {
	votes, last := map[string]int{}, map[string]int{}
	for k := range i.Readings {
		votes[i.Readings[k].Type]++
		last[i.Readings[k].Type] = k
	}
	types := slices.Sorted(maps.Keys(votes))
	best := slices.MaxFunc(types, func(a, b string) int {
		return cmp.Or(cmp.Compare(specificity(a), specificity(b)), cmp.Compare(votes[a], votes[b]), cmp.Compare(last[a], last[b]))
	})
	i.Type, i.Subtype, i.Complex, i.Also, i.Outcome = best, "", false, nil, ""
	for _, t := range types {
		if t != best {
			i.Also = append(i.Also, t)
		}
	}
	for k := range i.Readings {
		r := &i.Readings[k]
		if r.Type == best && r.Subtype != "" {
			i.Subtype = r.Subtype
		}
		i.Complex = i.Complex || r.Complex
		if r.Outcome != "unknown" || i.Outcome == "" {
			i.Outcome = r.Outcome
		}
	}
}

// specificity ranks types that articles give to one incident as it becomes
// clearer: "unknown", then "explosion", then all that name a means.
func specificity(t string) int {
	switch t {
	case "unknown":
		return 0
	case "explosion", "armed_attack", "bodies_found":
		return 1
	}
	return 2
}

// placePrecision ranks how closely a place is given.
var placePrecision = []string{"", "unknown", "country", "sea_or_border", "admin1", "admin2", "near", "settlement", "exact"}

// fusePlace takes the place that is given most closely; of those, one in a known
// country; of those, the one that reaches least far; of those, the first.
func fusePlace(i *Incident) {
	closer := func(p, q *enrich.Place) bool { // where all else is the same
		return p.Radius > 0 && (q.Radius == 0 || p.Radius < q.Radius)
	}
	rank := func(p *enrich.Place) int {
		r := 2 * slices.Index(placePrecision, p.Precision)
		if p.Country != "" {
			r++
		}
		return r
	}
	i.Place = enrich.Place{Precision: "unknown"}
	for k := range i.Readings {
		if p := i.Readings[k].Place; p != nil && (rank(p) > rank(&i.Place) || rank(p) == rank(&i.Place) && closer(p, &i.Place)) {
			i.Place = *p
		}
	}
}

var timePrecision = []string{"", "unknown", "year", "month", "week", "day", "hour", "minute"}

func fuseTime(i *Incident) {
	i.Occurred = enrich.Occurred{Precision: "unknown", Basis: "none"}
	for k := range i.Readings {
		o := i.Readings[k].Occurred
		if o == nil || slices.Index(timePrecision, o.Precision) <= slices.Index(timePrecision, i.Occurred.Precision) {
			continue
		}
		i.Occurred = *o
	}
}

// fuseTotal goes through the readings in the order in which they were said and
// keeps the total that stands. A later one replaces it, except: a vague one an
// exact one that satisfies it; and a lower one a higher one, unless it speaks
// of a correction or two outlets give it.
func fuseTotal(readings []Reading, m enrich.Measure) (total enrich.Total, ok bool) {
	var from *Reading
	for k := range readings {
		r := &readings[k]
		t, have := r.Totals[m]
		if !have {
			continue
		}
		switch {
		case !ok:
			total, from, ok = t, r, true
			total.Rule = "fuse.first"
			continue
		case from.Article == r.Article:
			total, from = t, r
			total.Rule = "fuse.newest"
			continue
		}
		was, hadNumber := total.Number()
		is, hasNumber := t.Number()
		switch {
		case !hasNumber:
		case !hadNumber:
			total, from = t, r
			total.Rule = "fuse.number-beats-unknown"
		case exact(&total) && !exact(&t) && satisfies(was, &t):
			total.Rule = "fuse.exact-beats-vague"
		case is >= was:
			total, from = t, r
			total.Rule = "fuse.newest"
		case slices.Contains(r.Corrects, m):
			total, from = t, r
			total.Rule = "fuse.corrected"
		case !exact(&total) && exact(&t):
			total, from = t, r
			total.Rule = "fuse.exact-beats-vague"
		case saidBy(readings[:k+1], m, is) >= 2 && saidBy(readings[:k+1], m, was) < 2:
			total, from = t, r
			total.Rule = "fuse.lower-from-two-outlets"
		default:
			total.Rule = "fuse.lower-waits"
		}
	}
	return total, ok
}

func exact(t *enrich.Total) bool {
	return t.Min != nil && t.Max != nil && *t.Min == *t.Max && t.Quantifier != "approx" && t.Quantifier != "vague"
}

func satisfies(n int, t *enrich.Total) bool {
	return (t.Min == nil || n >= *t.Min) && (t.Max == nil || n <= *t.Max)
}

// saidBy counts the independent outlets whose total is n.
func saidBy(readings []Reading, m enrich.Measure, n int) int {
	return independent(readings, func(r *Reading) bool {
		x, has := r.Totals[m].Number()
		return has && x == n
	})
}

func countSources(readings []Reading) Sources {
	articles, outlets := map[string]bool{}, map[string]bool{}
	for k := range readings {
		articles[readings[k].Article] = true
		outlets[strings.ToLower(readings[k].Outlet)] = true
	}
	return Sources{Articles: len(articles), Outlets: len(outlets), Independent: independent(readings, func(*Reading) bool { return true })}
}

// independent counts the outlets that have, among readings that are wanted, a text
// of their own: the largest number of them in which no two lean on one family of
// texts. Thirty that print one agency's story are one; an outlet that prints it
// and adds an account of its own makes two.
func independent(readings []Reading, wanted func(*Reading) bool) int {
	texts := map[string][]string{} // families, by outlet
	for k := range readings {
		if r := &readings[k]; wanted(r) {
			outlet, family := strings.ToLower(r.Outlet), cmp.Or(r.Family, r.Article)
			if !slices.Contains(texts[outlet], family) {
				texts[outlet] = append(texts[outlet], family)
			}
		}
	}
	// A matching of outlets with families, grown by augmenting paths.
	owner := map[string]string{}
	var find func(outlet string, tried map[string]bool) bool
	find = func(outlet string, tried map[string]bool) bool {
		for _, f := range texts[outlet] {
			if tried[f] {
				continue
			}
			tried[f] = true
			if o, taken := owner[f]; !taken || find(o, tried) {
				owner[f] = outlet
				return true
			}
		}
		return false
	}
	n := 0
	for outlet := range texts {
		if find(outlet, map[string]bool{}) {
			n++
		}
	}
	return n
}

// compare says whether the difference between two versions is worth telling.
func compare(prev, next *Incident) Change {
	c := Change{Status: Silent}
	tell := func(s Status, why string) {
		// A correction is told as one even when something else grew.
		if c.Status == Silent || s == Correction || s == Cancel {
			c.Status = s
		}
		c.Why = append(c.Why, why)
	}
	switch gone, was := cancelled(next), cancelled(prev); {
	case gone && !was:
		tell(Cancel, "status.cancelled")
		return c
	case gone:
		return c
	case was:
		tell(Update, "status.back")
	}
	for _, m := range []enrich.Measure{enrich.Killed, enrich.Injured, enrich.Abducted, enrich.Hostages, enrich.Missing} {
		a, hadA := prev.Totals[m].Number()
		b, hadB := next.Totals[m].Number()
		switch {
		case hadB && b > 0 && (!hadA || b > a):
			tell(Update, "status."+string(m)+"-up")
		case hadA && a > 0 && (!hadB || b < a):
			tell(Correction, "status."+string(m)+"-down")
		}
	}
	if rank(next.Assessment.Severity) > rank(prev.Assessment.Severity) {
		tell(Update, "status.severity-up")
	}
	if enrich.Family(prev.Type) != enrich.Family(next.Type) {
		tell(Update, "status.type-changed")
	}
	if prev.Place.Country != next.Place.Country {
		tell(Update, "status.country-changed")
	}
	if !claimed(prev) && claimed(next) {
		tell(Update, "status.claimed")
	}
	return c
}

// cancelled reports whether nothing is left that says that it happened.
func cancelled(i *Incident) bool {
	for k := range i.Readings {
		if r := &i.Readings[k]; !denies(r.Outcome, r.Certainty) {
			continue
		} else if k == len(i.Readings)-1 {
			return true // the last word is that it was none
		}
	}
	return len(i.Readings) == 0
}

// denies reports whether a reading says that there was no incident after all.
func denies(outcome, certainty string) bool { return outcome == "hoax" || certainty == "retracted" }

func claimed(i *Incident) bool {
	return slices.ContainsFunc(i.Actors, func(a enrich.Actor) bool { return a.Role == "claimed" })
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
