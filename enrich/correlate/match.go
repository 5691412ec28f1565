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

// index holds the open incidents in memory, by what a report must share with
// one to be of it.
type index struct {
	byID  map[string]*Incident
	byKey map[block]map[string]*Incident // country and day → id → incident
	of    map[string]map[string]bool     // article → incidents that have readings of it
}

func newIndex() *index {
	return &index{byID: map[string]*Incident{}, byKey: map[block]map[string]*Incident{}, of: map[string]map[string]bool{}}
}

// block is what candidates must share: a country, and a day that both may be
// of. What may be of too many days is of anyDay.
type block struct {
	country string
	day     int64 // since 1970
}

const (
	anyDay  = -1 << 62
	maxDays = 40
)

// blocks are those of a country and a span of time.
func blocks(country string, from, to time.Time) []block {
	first, last := daysOf(from), daysOf(to)
	if last-first >= maxDays {
		return []block{{country, anyDay}}
	}
	out := make([]block, 0, last-first+2)
	for d := first; d <= last; d++ {
		out = append(out, block{country, d})
	}
	return out
}

func daysOf(t time.Time) int64 { return t.Unix() / 86400 }

// home is where an incident is found. Without readings it is found by its
// article alone.
func home(i *Incident) []block {
	if len(i.Readings) == 0 {
		return nil
	}
	from, to := window(&i.Occurred, i.Readings[0].At)
	return blocks(i.Place.Country, from, to)
}

// put takes in a version of an incident, the latest one.
func (x *index) put(i *Incident) {
	if old := x.byID[i.ID]; old != nil {
		x.remove(old)
	}
	x.byID[i.ID] = i
	for _, key := range home(i) {
		if x.byKey[key] == nil {
			x.byKey[key] = map[string]*Incident{}
		}
		x.byKey[key][i.ID] = i
	}
	for k := range i.Readings {
		a := i.Readings[k].Article
		if x.of[a] == nil {
			x.of[a] = map[string]bool{}
		}
		x.of[a][i.ID] = true
	}
}

func (x *index) remove(i *Incident) {
	delete(x.byID, i.ID)
	for _, key := range home(i) {
		if delete(x.byKey[key], i.ID); len(x.byKey[key]) == 0 {
			delete(x.byKey, key)
		}
	}
	for k := range i.Readings {
		a := i.Readings[k].Article
		if delete(x.of[a], i.ID); len(x.of[a]) == 0 {
			delete(x.of, a)
		}
	}
}

// age drops incidents of which nothing was heard since before.
func (x *index) age(before time.Time) {
	for _, i := range x.byID {
		if i.Updated.Before(before) {
			x.remove(i)
		}
	}
}

// having returns the ids of the incidents that have readings of an article, in
// a fixed order.
func (x *index) having(article string) []string {
	ids := make([]string, 0, len(x.of[article]))
	for id := range x.of[article] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// match finds the incident that a report is of, nil where it is of a new one.
//
// An article's own earlier word comes first: a later edition, or the same one
// again, is of the incident that it was of before. Otherwise the incident must
// agree in country, type family, time, place and toll (see agrees), and the one
// that agrees best is taken.
func (x *index) match(r *enrich.Report) *Incident {
	var best *Incident
	bestScore := 0
	for _, id := range x.having(r.Source.ID) {
		i := x.byID[id]
		for k := range i.Readings {
			old := &i.Readings[k]
			if old.Article != r.Source.ID {
				continue
			}
			if old.Report == r.ID {
				return i
			}
			if old.Edition == r.Source.Edition && sha(i, old.Article) == r.Source.ContentSHA256 {
				continue // another report of the same text: it speaks of another incident
			}
			// The only report of an edition is of the same incident, whatever
			// it corrects; one of several must fit it.
			_, placesFit := placesAgree(&i.Place, r.Place)
			if r.Of > 1 && (!placesFit || (!familiesAgree(i.Type, r.Type) && old.Ordinal != r.Ordinal)) {
				continue
			}
			score := 1
			if old.Ordinal == r.Ordinal {
				score++
			}
			if placesFit {
				score += 2
			}
			if score > bestScore {
				best, bestScore = i, score
			}
		}
	}
	if best != nil {
		return best
	}
	for _, i := range x.candidates(r) {
		score := agrees(i, r)
		if score < 1 || tells(i, r) {
			continue
		}
		if score > bestScore || (score == bestScore && cmp.Or(i.Updated.Compare(best.Updated), strings.Compare(i.ID, best.ID)) > 0) {
			best, bestScore = i, score
		}
	}
	return best
}

// candidates are the incidents that a report without history may be of, each
// once.
func (x *index) candidates(r *enrich.Report) map[string]*Incident {
	from, to := window(r.Occurred, at(r))
	keys := blocks(r.Country(), from.Add(-followUpWindow), to.Add(followUpWindow))
	if keys[0].day == anyDay { // a coarse date: every day of the country
		all := map[string]*Incident{}
		for key, list := range x.byKey {
			if key.country == r.Country() {
				maps.Copy(all, list)
			}
		}
		return all
	}
	if wide := (block{r.Country(), anyDay}); len(x.byKey[wide]) > 0 {
		keys = append(keys, wide)
	}
	if len(keys) == 1 {
		return x.byKey[keys[0]]
	}
	all := map[string]*Incident{}
	for _, key := range keys {
		maps.Copy(all, x.byKey[key])
	}
	return all
}

// tells reports whether the same text already speaks of i in another report: an
// article that tells two incidents apart is believed.
func tells(i *Incident, r *enrich.Report) bool {
	return slices.ContainsFunc(i.Readings, func(old Reading) bool { return old.Article == r.Source.ID })
}

// agrees scores how well a report fits an incident; less than 1 is no match.
// They must be of one type family (or one of them generic, where place and toll
// are the same) and not contradict one another in time, place or toll; and
// something beyond country and day must speak for it.
func agrees(i *Incident, r *enrich.Report) int {
	if len(i.Readings) == 0 {
		return 0
	}
	// "Down to 21 from 23": who names the toll that stood speaks of the
	// incident that had it, also when his only date is that of the correction.
	follows := replaces(i, r)
	if slack := followUpWindow; !timesAgree(i, r, 0) && !(follows && timesAgree(i, r, slack)) {
		return 0
	}
	place, ok := placesAgree(&i.Place, r.Place)
	if !ok {
		return 0
	}
	toll, ok := tollsAgree(i, r)
	if !ok {
		return 0
	}
	if !familiesAgree(i.Type, r.Type) && !(place+toll == 4 && (generic(i.Type) || generic(r.Type))) {
		return 0
	}
	score := place + toll
	if follows {
		score += 3
	}
	if score == 0 {
		return 0
	}
	// Small words for and against: of two bombings in one city on two days, a
	// report without a date is of the one whose means and site it names.
	for _, w := range []struct {
		holds  bool
		weight int
	}{
		{i.Type == r.Type, 1},
		{dated(&i.Occurred) && r.Occurred != nil && dated(r.Occurred), 1},
		{sameWord(i.Subtype, r.Subtype), 1},
		{otherWord(i.Subtype, r.Subtype), -2},
		{r.Place != nil && sameWord(i.Place.SiteKind, r.Place.SiteKind), 1},
		{r.Place != nil && otherWord(i.Place.SiteKind, r.Place.SiteKind), -1},
	} {
		if w.holds {
			score += w.weight
		}
	}
	if score < mergeAt {
		return 0
	}
	return score
}

// mergeAt is the least score of a match: one same place.
const mergeAt = 2

func dated(o *enrich.Occurred) bool { return o.Earliest != nil }

func sameWord(a, b string) bool  { return a != "" && a == b }
func otherWord(a, b string) bool { return a != "" && b != "" && a != b }

func familiesAgree(a, b string) bool {
	fa, fb := enrich.Family(a), enrich.Family(b)
	return fa == fb || fa == "unknown" || fb == "unknown"
}

// generic reports whether a type is the word for violence of unknown means:
// "the attack" may be a bombing, if place and toll say so.
func generic(t string) bool { return specificity(t) < 2 }

// undatedWindow is how long before its publication a report without a date may
// speak of.
const undatedWindow = 48 * time.Hour

// night is how long before midnight a night may begin.
const night = 6 * time.Hour

// window is the time that a report or incident may be about: what it says, else
// the time before its publication.
func window(o *enrich.Occurred, said time.Time) (from, to time.Time) {
	if o != nil && o.Earliest != nil {
		from, to = *o.Earliest, *o.Earliest
		if o.Latest != nil {
			to = *o.Latest
		}
		if strings.HasPrefix(o.Text, "overnight") {
			from = from.Add(-night) // it began the evening before
		}
		return from, to
	}
	return said.Add(-undatedWindow), said
}

// timesAgree reports whether the two may be of one time, give or take slack.
func timesAgree(i *Incident, r *enrich.Report, slack time.Duration) bool {
	a0, a1 := window(&i.Occurred, i.Readings[0].At)
	b0, b1 := window(r.Occurred, at(r))
	return !a0.After(b1.Add(slack)) && !b0.After(a1.Add(slack))
}

// followUpWindow is how far a follow-up's own date may be from the incident's.
const followUpWindow = 36 * time.Hour

// replaces reports whether the report names the incident's toll as the one that
// it replaces.
func replaces(i *Incident, r *enrich.Report) bool {
	for k := range r.Figures {
		f := &r.Figures[k]
		if f.Previous == nil || f.Scope != "current" {
			continue
		}
		if n, ok := i.Totals[f.Measure].Number(); ok && n == *f.Previous && n > 0 {
			return true
		}
	}
	return false
}

// placesAgree scores two places, 2 where they are the same one, 1 where one may be
// the other told less closely, 0 where one of them names none; ok is false where
// they are known to be different ones.
func placesAgree(a, b *enrich.Place) (score int, ok bool) {
	if b == nil || unnamed(a) || unnamed(b) || isCountry(a) || isCountry(b) {
		return 0, true
	}
	far, known := apart(a, b)
	if a.GeoNames != 0 && a.GeoNames == b.GeoNames && a.Offset == nil && b.Offset == nil {
		return 2, true
	}
	for _, x := range []string{a.Name, a.Admin} {
		for _, y := range []string{b.Name, b.Admin} {
			if sameName(x, y) && !(known && far > namesakes) {
				return 2, true
			}
		}
	}
	if known && far <= near {
		return 1, true
	}
	return 0, false
}

// unnamed tells whether nothing but a country is known of a place.
func unnamed(p *enrich.Place) bool { return p.Name == "" && p.Admin == "" }

const (
	// near is how far from the edge of one place another may be told of instead: "a
	// village near X".
	near = 10_000
	// namesakes is how far apart two places of one name must be to be two.
	namesakes = 100_000
)

// apart is how far the edges of two places are from one another, in metres; less
// than 0 where they overlap. known is false where one has no coordinates.
func apart(a, b *enrich.Place) (metres float64, known bool) {
	if a.Lat == nil || a.Lon == nil || b.Lat == nil || b.Lon == nil {
		return 0, false
	}
	return gazetteer.Distance(*a.Lat, *a.Lon, *b.Lat, *b.Lon) - float64(a.Radius) - float64(b.Radius), true
}

func isCountry(p *enrich.Place) bool { return p.Precision == "country" }

// sameName takes "Sadr City" for "Sadr City market": the longer one says more.
func sameName(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	a, b = " "+strings.ToLower(a)+" ", " "+strings.ToLower(b)+" "
	return strings.Contains(a, b) || strings.Contains(b, a)
}

// tollsAgree scores the number killed, 2 where it is the same, 1 where one can
// follow from the other as news does; ok is false where it cannot.
func tollsAgree(i *Incident, r *enrich.Report) (score int, ok bool) {
	a, hadA := i.Totals[enrich.Killed].Number()
	b, hadB := r.Totals[enrich.Killed].Number()
	switch {
	case !hadA || !hadB:
		return 0, true
	case a == b && a > 0:
		return 2, true
	case a == b:
		return 1, true
	case max(a, b) <= 4*min(a, b)+10:
		return 0, true
	}
	return 0, false
}
