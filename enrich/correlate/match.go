package correlate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
)

// index holds the open incidents in memory, by what a report must share with
// one to be of it.
type index struct {
	byID  map[string]*Incident
	byKey map[string]map[string]*Incident // country → id → incident
	of    map[string]map[string]bool      // article → incidents that have readings of it
}

func newIndex() *index {
	return &index{byID: map[string]*Incident{}, byKey: map[string]map[string]*Incident{}, of: map[string]map[string]bool{}}
}

// put takes in a version of an incident, the latest one.
func (x *index) put(i *Incident) {
	if old := x.byID[i.ID]; old != nil {
		x.remove(old)
	}
	x.byID[i.ID] = i
	key := i.Place.Country
	if x.byKey[key] == nil {
		x.byKey[key] = map[string]*Incident{}
	}
	x.byKey[key][i.ID] = i
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
	key := i.Place.Country
	if delete(x.byKey[key], i.ID); len(x.byKey[key]) == 0 {
		delete(x.byKey, key)
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
			if !familiesAgree(i.Type, r.Type) {
				continue
			}
			score := 1
			if old.Ordinal == r.Ordinal {
				score++
			}
			if _, ok := placesAgree(&i.Place, r.Place); ok {
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
	candidates := x.byKey[r.Country()]
	for _, i := range candidates {
		if tells(i, r) {
			continue
		}
		score := agrees(i, r)
		if score < 1 {
			continue
		}
		if score > bestScore || (score == bestScore && cmp.Or(i.Updated.Compare(best.Updated), strings.Compare(i.ID, best.ID)) > 0) {
			best, bestScore = i, score
		}
	}
	return best
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
	if len(i.Readings) == 0 || !timesAgree(i, r) {
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
	if i.Type == r.Type && score > 0 {
		score++
	}
	return score
}

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

// window is the time that a report or incident may be about. A coarse date
// (last month) gives the publication's own neighbourhood, too.
func window(o *enrich.Occurred, said time.Time) (from, to time.Time) {
	if o != nil && o.Earliest != nil {
		from, to = *o.Earliest, *o.Earliest
		if o.Latest != nil {
			to = *o.Latest
		}
		return from, to
	}
	return said.Add(-undatedWindow), said
}

func timesAgree(i *Incident, r *enrich.Report) bool {
	a0, a1 := window(&i.Occurred, i.Readings[0].At)
	b0, b1 := window(r.Occurred, at(r))
	return !a0.After(b1) && !b0.After(a1)
}

// placesAgree scores two places, 2 where they name the same one, 0 where one of
// them names none; ok is false where they name different ones.
func placesAgree(a, b *enrich.Place) (score int, ok bool) {
	if b == nil || (a.Name == "" && a.Admin == "") || (b.Name == "" && b.Admin == "") {
		return 0, true
	}
	if isCountry(a) || isCountry(b) {
		return 0, true
	}
	for _, x := range []string{a.Name, a.Admin} {
		for _, y := range []string{b.Name, b.Admin} {
			if sameName(x, y) {
				return 2, true
			}
		}
	}
	return 0, false
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
