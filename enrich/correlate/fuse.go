package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/gazetteer"
)

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

// telling tells whether a reading says what happened, and not only what came of it:
// an arrest, a trial, a denial.
func (x *Reading) telling() bool {
	return x.Relation != FollowsUp && !x.denies() && x.Type != "judicial" && x.Type != "arrest"
}

// fuseType takes the most specific type that a reading gives; of those, the one
// that most readings give; of those, the latest.
func fuseType(i *Incident) {
	votes, last := map[string]int{}, map[string]int{}
	any := slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.telling() })
	for k := range i.Readings {
		if x := &i.Readings[k]; (x.telling() || !any) && !takenBack(i.Readings, x, enrich.CueNot+x.Type) {
			votes[x.Type] += 2
			if x.Second {
				votes[x.Type]--
			}
			last[x.Type] = k
		}
	}
	if len(votes) == 0 {
		x := &i.Readings[len(i.Readings)-1]
		votes[x.Type]++
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
	subs := map[string]int{}
	for k := range i.Readings {
		x := &i.Readings[k]
		if x.Type == best && x.Subtype != "" {
			subs[x.Subtype]++
			if i.Subtype == "" || subs[x.Subtype] >= subs[i.Subtype] {
				i.Subtype = x.Subtype
			}
		}
		i.Complex = i.Complex || x.Complex
		if (x.telling() || !any) && (x.Outcome != "unknown" || i.Outcome == "") {
			i.Outcome = x.Outcome
		}
	}
}

// takenBack tells whether what x says was taken back by others, by a cue of theirs:
// after it was said, or not long before.
func takenBack(readings []Reading, x *Reading, cue string) bool {
	return slices.ContainsFunc(readings, func(y Reading) bool {
		return y.cue(cue) && y.Article != x.Article && !x.At.After(y.At.Add(stale))
	})
}

// specificity ranks types that articles give to one incident as it becomes
// clearer: "unknown", then "explosion", then all that name a means.
func specificity(t string) int {
	switch t {
	case "unknown":
		return 0
	case "explosion", "armed_attack", "bodies_found", "arrest", "judicial", "security_operation":
		return 1
	}
	return 2
}

// placePrecision ranks how closely a place is given.
var placePrecision = []string{"", "unknown", "country", "sea_or_border", "admin1", "admin2", "near", "settlement", "exact"}

// fusePlace takes the place that most readings agree with: by naming it, or what
// holds it, or what lies in it. Of those, the one that is given most closely; of
// those, one in a known country; of those, the one that reaches least far; of
// those, the first.
func fusePlace(i *Incident) {
	i.Place = enrich.Place{Precision: "unknown"}
	var places, refuted []*enrich.Place
	for k := range i.Readings {
		if p := i.Readings[k].Place; p != nil && slices.Index(placePrecision, p.Precision) > 1 || p != nil && p.Country != "" {
			if p.Name != "" && takenBack(i.Readings, &i.Readings[k], enrich.CueNotIn+gazetteer.Fold(p.Name)) {
				refuted = append(refuted, p)
			} else {
				places = append(places, p)
			}
		}
	}
	if len(places) == 0 {
		places = refuted
	}
	if len(places) == 0 {
		for k := range i.Readings {
			if p := i.Readings[k].Place; p != nil && p.Name != "" {
				i.Place = *p
				return
			}
		}
		return
	}
	for k, p := range places {
		if q := namesake(p, places); q != nil {
			places[k] = q
		}
	}
	rank := func(p *enrich.Place) int {
		r := 2 * slices.Index(placePrecision, p.Precision)
		if p.Country != "" {
			r++
		}
		return r
	}
	type standing struct {
		support, rank, radius int
	}
	best, top := -1, standing{}
	for a, p := range places[:min(len(places), maxCompared)] {
		s := standing{rank: rank(p), radius: p.Radius}
		for _, q := range places {
			if holds(p, q) {
				s.support++
			}
		}
		// Of places that contradict each other and have as many voices, the first stays.
		better := best < 0 || s.support > top.support
		if !better && s.support == top.support && holds(places[best], p) {
			better = cmp.Or(cmp.Compare(s.rank, top.rank), compareReach(top.radius, s.radius)) > 0
		}
		if better {
			best, top = a, s
		}
	}
	i.Place = *places[best]
	if i.Place.SiteKind == "" {
		for _, q := range places {
			if q.SiteKind != "" && holds(&i.Place, q) {
				i.Place.SiteKind = q.SiteKind
				break
			}
		}
	}
}

// namesake is another town of a place's name, in its country, of which somebody says where
// it lies: then it is that, though it may be the smaller one. It is nil where there is none.
func namesake(p *enrich.Place, places []*enrich.Place) *enrich.Place {
	if p.Admin != "" || p.GeoNames == 0 {
		return nil
	}
	for _, q := range places {
		if q.Admin != "" && q.Admin1 != p.Admin1 && q.Country == p.Country && q.Precision == p.Precision && gazetteer.Fold(q.Name) == gazetteer.Fold(p.Name) {
			return q
		}
	}
	return nil
}

// maxCompared bounds how many places are compared with all others.
const maxCompared = 40

// compareReach orders radii by how closely they say where; 0 is unknown.
func compareReach(a, b int) int {
	if a == 0 || b == 0 {
		return cmp.Compare(min(b, 1), min(a, 1))
	}
	return cmp.Compare(a, b)
}

// holds tells whether q may be p told less closely, or more closely.
func holds(p, q *enrich.Place) bool {
	if p.Country != "" && q.Country != "" && p.Country != q.Country {
		return false
	}
	if p.GeoNames != 0 && p.GeoNames == q.GeoNames {
		return true
	}
	if q.Precision == "country" || p.Precision == "country" {
		return p.Country == q.Country
	}
	if p.Lat == nil || q.Lat == nil || p.Lon == nil || q.Lon == nil {
		return strings.EqualFold(p.Name, q.Name)
	}
	return gazetteer.Distance(*p.Lat, *p.Lon, *q.Lat, *q.Lon) <= float64(p.Radius+q.Radius+10_000)
}

var timePrecision = []string{"", "unknown", "year", "month", "week", "day", "hour", "minute"}

// fuseTime takes the time that most readings agree with; of those, the most
// precise; of those, the first. What readings say of sequels counts only where
// nothing else does.
func fuseTime(i *Incident) {
	i.Occurred = enrich.Occurred{Precision: "unknown", Basis: "none"}
	var times []*enrich.Occurred
	collect := func(wanted func(*Reading) bool) {
		for k := range i.Readings {
			if x := &i.Readings[k]; x.Occurred != nil && x.Occurred.Earliest != nil && wanted(x) {
				times = append(times, x.Occurred)
			}
		}
	}
	if collect(func(x *Reading) bool { return x.telling() && !x.Occurred.NotAfter }); len(times) == 0 {
		collect((*Reading).telling)
	}
	if len(times) == 0 {
		collect(func(*Reading) bool { return true })
	}
	if len(times) == 0 {
		for k := range i.Readings {
			if o := i.Readings[k].Occurred; o != nil && slices.Index(timePrecision, o.Precision) > 0 {
				i.Occurred = *o
				return
			}
		}
		return
	}
	best, support, precision := -1, 0, 0
	for a, o := range times[:min(len(times), maxCompared)] {
		n := 0
		for _, q := range times {
			if meets(o, q) {
				n++
			}
		}
		if p := slices.Index(timePrecision, o.Precision); n > support || n == support && p > precision {
			best, support, precision = a, n, p
		}
	}
	i.Occurred = *times[best]
}

func meets(a, b *enrich.Occurred) bool {
	end := func(o *enrich.Occurred) time.Time {
		if o.Latest != nil {
			return *o.Latest
		}
		return *o.Earliest
	}
	return !a.Earliest.After(end(b)) && !b.Earliest.After(end(a))
}

// authority ranks kinds of sources; who is not told may be anybody.
func authority(kind string) int {
	switch kind {
	case "government", "police", "military", "medical":
		return 4
	case "un_ngo":
		return 3
	case "witness":
		return 1
	case "anonymous_official":
		return 0
	}
	return 2 // also a party to the fight: what it makes of its enemy's dead does not count, its own it knows
}

// stance is what a reading says of one measure.
type stance struct {
	x     *Reading
	total enrich.Total
	n     int
	num   bool // n is a number
	exact bool
	rank  int
	enemy bool
	lone  bool // one person who is told of, and no count
}

// stale is how long outlets go on to print an older toll.
const stale = 6 * time.Hour

// fuseTotal goes through the readings in the order in which they were said and
// keeps the total that stands. A later one replaces it, except:
//   - a vague one an exact one that satisfies it; that sources disagree is not vague;
//   - one of witnesses or unnamed sources one of officials: both are kept, as a range;
//   - a lower one a higher one, unless it speaks of a correction, or two independent
//     origins give it; what was corrected does not come back by being printed again;
//   - what no single incident has had, or is many times what was told before, waits
//     for other origins;
//   - the toll of several incidents together counts only where there is no other, and so
//     does what is told as of the past, but for the headline of an article on nothing else;
//   - what a party gives of the other side's losses never sets a total, it bounds
//     one where nobody else counts.
func fuseTotal(readings []Reading, m enrich.Measure) (total enrich.Total, ok bool) {
	var all []stance
	for k := range readings {
		x := &readings[k]
		t, have := x.Totals[m]
		if !have {
			continue
		}
		s := stance{x: x, total: t, exact: exact(&t), rank: authority(x.Said[m]), enemy: slices.Contains(x.Enemy, m), lone: slices.Contains(x.Single, m)}
		s.n, s.num = t.Number()
		all = append(all, s)
	}
	if len(all) == 0 {
		return total, false
	}
	// The toll of several incidents is none of this one, and what is told as of the
	// past is often another's.
	for _, weak := range []func(stance) bool{
		func(s stance) bool { return s.x.summed(m) },
		func(s stance) bool {
			return s.x.Role == enrich.Background && !(s.x.Of == 1 && !s.lone && s.x.heads(m)) && !s.x.headline(enrich.CueLater) && !slices.Contains(s.x.Corrects, m) && len(s.x.Replaces) == 0 && !s.x.raises(m)
		},
	} {
		if strong := slices.DeleteFunc(slices.Clone(all), weak); len(strong) > 0 {
			all = strong
		}
	}
	if !slices.ContainsFunc(all, func(s stance) bool { return !s.enemy && s.num }) {
		if k := slices.IndexFunc(all, func(s stance) bool { return s.enemy }); k >= 0 {
			most := all[k].n
			for _, s := range all {
				most = max(most, s.n)
			}
			return enrich.Total{Max: &most, Quantifier: "at_most", Rule: "fuse.claimed-by-enemy"}, true
		}
	}
	if all = plausible(all, m); len(all) == 0 {
		return enrich.Total{Quantifier: "unknown", Rule: "fuse.outlier-waits"}, true
	}
	var from *stance
	withdrawn := map[int]bool{} // what was corrected, the last time …
	var since time.Time         // … then
	take := func(s *stance, rule string) {
		total, from = s.total, s
		total.Rule = rule
	}
	correct := func(s *stance, rule string) {
		withdrawn[from.n], since = true, s.x.At
		take(s, rule)
	}
	for k := range all {
		s := &all[k]
		if s.enemy {
			continue
		}
		switch {
		case from == nil:
			take(s, "fuse.first")
		case from.x.Article == s.x.Article && !(from.num && !s.num):
			take(s, "fuse.newest")
		case !s.num:
		case !from.num:
			take(s, "fuse.number-beats-unknown")
		case from.exact && !s.exact && !s.total.Conflict && satisfies(from.n, &s.total):
			total.Rule = "fuse.exact-beats-vague"
		case !from.exact && s.exact && (satisfies(s.n, &from.total) || roughly(s.n, &from.total)):
			take(s, "fuse.exact-beats-vague")
		case s.n == from.n:
			if s.exact || !from.exact {
				take(s, "fuse.newest")
			}
		case s.n > from.n && withdrawn[s.n] && !replaces(s.x, m, from.n) && !s.x.oneMore(m):
			total.Rule = "fuse.corrected-stays"
		case s.n > from.n && s.rank < from.rank && from.rank == 4 && s.rank <= 1 && !replaces(s.x, m, from.n):
			low, high := from.n, s.n
			total = enrich.Total{Min: &low, Max: &high, Quantifier: "range", Conflict: true, Rule: "fuse.official-and-others"}
		case s.n > from.n:
			if s.x.At.Sub(since) > stale {
				clear(withdrawn) // people die: it may come to be as many after all
			}
			take(s, "fuse.newest")
		case s.rank == 4 && from.rank <= 1:
			low, high := s.n, from.n
			from = s
			total = enrich.Total{Min: &low, Max: &high, Quantifier: "range", Conflict: true, Rule: "fuse.official-and-others"}
		case slices.Contains(s.x.Corrects, m) || replaces(s.x, m, from.n):
			correct(s, "fuse.corrected")
		case lowered(all[:k+1], s, from):
			correct(s, "fuse.lower-from-two-origins")
		default:
			total.Rule = "fuse.lower-waits"
		}
	}
	if from == nil {
		take(&all[0], "fuse.first")
	}
	return total, true
}

// most is how many of a measure one incident may have by the word of one origin. More
// waits until three give as many: it is a war's toll, a sum of years or a slip.
var most = map[enrich.Measure]int{enrich.Killed: 3_000, enrich.Injured: 20_000, enrich.Abducted: 1_000, enrich.Hostages: 3_000, enrich.Missing: 10_000}

// A number that is so many times the one before, and at least so high, waits for a
// second origin.
const (
	leap     = 20
	leapFrom = 100
)

// plausible leaves out the numbers that wait.
func plausible(all []stance, m enrich.Measure) []stance {
	limit, limited := most[m]
	if !limited {
		return all
	}
	backed := func(n, origins int) bool {
		var list []Reading
		for _, s := range all {
			if s.num && 2*s.n >= n && s.n <= 2*n {
				list = append(list, *s.x)
			}
		}
		return independent(list) >= origins
	}
	stood := 0
	return slices.DeleteFunc(slices.Clone(all), func(s stance) bool {
		if !s.num {
			return false
		}
		if s.n > limit && !backed(s.n, 3) || stood > 0 && s.n >= leapFrom && s.n > leap*stood && !backed(s.n, 2) {
			return true
		}
		stood = max(stood, s.n)
		return false
	})
}

// replaces tells whether a reading names the total that stood before.
func replaces(x *Reading, m enrich.Measure, n int) bool {
	p, ok := x.Replaces[m]
	return ok && p == n
}

// lowered tells whether a lower number stands without a word of correction: two
// origins give it after the higher one was given, and it is no older toll that is
// only printed again.
func lowered(all []stance, s, from *stance) bool {
	if !s.exact && !from.exact && s.total.Min != nil && s.total.Max == nil {
		return false // "at least 9" takes nothing back
	}
	if s.total.Max == nil || s.lone || s.x.ofSequel() {
		return false // who is charged with a murder need not answer for all the dead
	}
	first := from.x.At
	old := false
	for k := range all {
		if all[k].n == from.n && all[k].num && all[k].x.At.Before(first) {
			first = all[k].x.At
		}
	}
	for k := range all {
		old = old || all[k].num && all[k].n == s.n && all[k].x.At.Before(first)
	}
	// Who counts the dead does not print an older toll: he answers one that nobody
	// of his rank has given.
	if s.rank == 4 && from.rank < 4 {
		old = false
	}
	wait := time.Duration(0)
	if old {
		wait = stale
	}
	said := func(n int, after time.Time) int {
		var list []Reading
		for k := range all {
			if x := &all[k]; x.num && x.n == n && !x.enemy && !x.lone && x.x.At.After(after) {
				list = append(list, *x.x)
			}
		}
		return independent(list)
	}
	return said(s.n, first.Add(wait)) >= 2 && (!old || said(from.n, first.Add(wait)) < 2)
}

func exact(t *enrich.Total) bool {
	return t.Min != nil && t.Max != nil && *t.Min == *t.Max && t.Quantifier != "approx" && t.Quantifier != "vague"
}

func satisfies(n int, t *enrich.Total) bool {
	return (t.Min == nil || n >= *t.Min) && (t.Max == nil || n <= *t.Max)
}

// roughly tells whether a number is what "about" or "more than" others meant.
func roughly(n int, t *enrich.Total) bool {
	x, ok := t.Number()
	switch {
	case !ok:
		return true
	case t.Quantifier == "approx":
		return 4*n >= 3*x && 4*n <= 5*x
	}
	return false
}

func countSources(readings []Reading) Sources {
	articles, outlets := map[string]bool{}, map[string]bool{}
	for k := range readings {
		articles[readings[k].Article] = true
		outlets[strings.ToLower(readings[k].Outlet)] = true
	}
	return Sources{Articles: len(articles), Outlets: len(outlets), Independent: independent(readings)}
}

// origins are what a reading leans on: its text's family, and the agency that it
// credits. Two that share one are one voice.
func origins(x *Reading) (text, voice string) {
	voice = strings.ToLower(x.Outlet)
	if x.Credit != "" {
		voice = strings.ToLower(x.Credit)
	}
	return cmp.Or(x.Family, x.Article), voice
}

// independent counts the outlets that have a text of their own: the largest number
// of them in which no two lean on one family of texts. Thirty that print one
// agency's story are one; an outlet that prints it and adds an account of its own
// makes two. An outlet that credits an agency speaks with the agency's voice.
func independent(readings []Reading) int {
	texts := map[string][]string{} // families, by voice
	for k := range readings {
		family, voice := origins(&readings[k])
		if !slices.Contains(texts[voice], family) {
			texts[voice] = append(texts[voice], family)
		}
	}
	// A matching of voices with families, grown by augmenting paths.
	owner := map[string]string{}
	var find func(voice string, tried map[string]bool) bool
	find = func(voice string, tried map[string]bool) bool {
		for _, f := range texts[voice] {
			if tried[f] {
				continue
			}
			tried[f] = true
			if o, taken := owner[f]; !taken || find(o, tried) {
				owner[f] = voice
				return true
			}
		}
		return false
	}
	n := 0
	for voice := range texts {
		if find(voice, map[string]bool{}) {
			n++
		}
	}
	return n
}
