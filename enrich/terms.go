package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
)

// What tells one incident from another of the same kind, town and day, beyond
// the record's own fields: the words that its sentences share with few others.

// About is an older incident that an article names and that its news may
// follow from: an arrest, a trial, a death in hospital.
type About struct {
	Type     string            `json:"type"`
	Subtype  string            `json:"subtype,omitempty"`
	Place    *Place            `json:"place,omitempty"`
	Occurred *Occurred         `json:"occurred,omitempty"`
	Totals   map[Measure]Total `json:"totals,omitempty"`
	Cause    bool              `json:"cause,omitempty"`  // it set off the news: that is another one, however close
	Over     bool              `json:"over,omitempty"`   // people are held or tried over it
	Beside   bool              `json:"beside,omitempty"` // it is no older one, but news of the same article
}

// Bounds of what a report carries for matching.
const (
	maxTerms = 32 // words; more say no more
	maxAbout = 3
)

// terms are the words of an incident's sentences that may tell it from others:
// names (they begin with ^), who and what was hit; those of the headline begin with !. Places that the gazetteer knows, dates, numbers
// and the words for harm and kinds of incident have fields of their own.
func (r *reading) terms(x *incident, cs []clause) []string {
	var out []string
	add := func(si int) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k < r.ownEnd(x, s) && len(out) < maxTerms; k++ {
			w := &r.words[k]
			if w.punct || w.clitic || w.number || w.q != nil || w.date > 0 || len(w.low) < 3 || w.is(lexicon.Function|lexicon.Harm|lexicon.Kind|lexicon.Adj) {
				continue
			}
			if w.place > 0 && r.places[w.place-1].ID != 0 {
				continue
			}
			t := stem(w.low)
			if s.title && x.role == Main {
				t = "!" + t
			}
			if w.upper && k > s.first+s.dateline && !s.title && !s.headline && w.e.Class == 0 && len(t) > 3 {
				t = "^" + t // a name
			}
			if !slices.Contains(out, t) && !slices.Contains(out, "!"+t) {
				out = append(out, t)
			}
		}
	}
	r.overSentences(x, cs, add)
	for i := range out {
		out[i] = strings.Clone(out[i]) // the reading's memory is used again
	}
	return out
}

// Bounds of the places that an incident's sentences name.
const (
	maxPlaces  = 12
	metropolis = 1_000_000 // inhabitants from which on a town's name tells little
)

// placeNames are the towns, quarters and sites that an incident's sentences name,
// folded, by the gazetteer's name where it has them. Those that hold much, such as
// provinces and great cities, begin with ~; those of the headline with !.
func (r *reading) placeNames(x *incident, cs []clause) []string {
	var out []string
	add := func(si int) {
		s := &r.sents[si]
		end := r.ownEnd(x, s)
		for i := range r.places {
			p := &r.places[i]
			if p.word < s.first+s.dateline || p.word >= end || p.Demonym || p.country() || p.Kind == gazetteer.Sea || len(out) >= maxPlaces || r.toldApart(x, cs, p.word) {
				continue
			}
			name, wide := gazetteer.Fold(p.name()), p.province() || p.Kind == gazetteer.River
			if p.ID != 0 {
				name = gazetteer.Fold(r.gaz.Name(p.ID))
				wide = wide || r.gaz.Population(p.ID) >= metropolis
			}
			if wide {
				name = "~" + name
			}
			if s.title && (p.ID != 0 || r.located(i)) {
				name = "!" + name
			}
			if len(name) > 2 && !slices.Contains(out, name) && !slices.Contains(out, "!"+name) {
				out = append(out, name)
			}
		}
	}
	r.overSentences(x, cs, add)
	return out
}

// toldApart tells whether word k stands in a clause that tells of another incident than x.
func (r *reading) toldApart(x *incident, cs []clause, k int) bool {
	for i := range r.trace.found {
		if y := &r.trace.found[i]; y != x && y.role != merged {
			for _, ci := range y.clauses {
				if c := &cs[ci]; k >= c.first && k < c.last && !slices.Contains(x.clauses, ci) {
					return true
				}
			}
		}
	}
	return false
}

// ownEnd is the word of a sentence at which it turns to what was before the incident:
// "… killed two in Si Sakhon, a day after four died in Rueso".
func (r *reading) ownEnd(x *incident, s *sentence) int {
	p := s.last
	for _, f := range few(x.figs) {
		if h := r.figs[f].harm; h >= s.first {
			p = min(p, h)
		}
	}
	for _, k := range few(x.kinds) {
		if k >= s.first {
			p = min(p, k)
		}
	}
	if p >= s.last || Family(r.words[p].e.Type) == "law" {
		return s.last
	}
	for k := p + 1; k < s.last; k++ {
		if d := r.words[k].date; d > 0 && r.dates[d-1].Back > 0 && r.endsIn(k, "after") || r.someTimeAfter(k) {
			return k
		}
	}
	return s.last
}

// someTimeAfter tells whether "after" stands at word k behind a time that nobody counts:
// "hours after gunmen attacked a hotel in Beledweyne".
func (r *reading) someTimeAfter(k int) bool {
	if r.words[k].low != "after" {
		return false
	}
	switch r.lowAt(k - 1) {
	case "minutes", "hours", "days", "weeks", "months", "hour", "day", "week", "month", "shortly", "soon":
		return true
	}
	return false
}

// overSentences calls each for the headline, of the main incident, and for the
// sentences that tell of the incident.
func (r *reading) overSentences(x *incident, cs []clause, each func(si int)) {
	last := -1
	if x.role == Main || x.alone {
		for si := range r.opening(0) {
			each(si)
			last = si
		}
	}
	for _, ci := range x.clauses {
		if si := cs[ci].sent; si > last {
			each(si)
			last = si
		}
	}
}

// stem drops the plural.
func stem(w string) string {
	if len(w) > 4 && w[len(w)-1] == 's' && w[len(w)-2] != 's' && w[len(w)-2] != 'u' && w[len(w)-2] != 'i' {
		return w[:len(w)-1]
	}
	return w
}

// besides are what a live blog tells in other entries than report i, each of another kind.
func besides(all []Report, i int) []About {
	var out []About
	for k := range all {
		if b := &all[k]; k != i && b.Role != Background && b.Type != all[i].Type && len(out) < maxAbout && (ofEntry(b) || ofEntry(&all[i])) {
			out = append(out, About{Type: b.Type, Subtype: b.Subtype, Place: b.Place, Occurred: b.Occurred, Totals: b.Totals, Beside: true})
		}
	}
	return out
}

func ofEntry(r *Report) bool { return slices.Contains(r.Rules, "role.entry") }

// abouts are the background incidents of an article that a report of its news
// may follow from.
func abouts(all []Report) []About {
	var out []About
	for i := range all {
		if b := &all[i]; b.Role == Background && len(out) < maxAbout {
			out = append(out, About{Type: b.Type, Subtype: b.Subtype, Place: b.Place, Occurred: b.Occurred, Totals: b.Totals, Cause: slices.Contains(b.Rules, "scope.cause"), Over: slices.Contains(b.Rules, "scope.cause-of-arrest") || slices.Contains(b.Rules, "scope.accused-of")})
		}
	}
	return out
}
