package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/where"
)

// A paragraph that turns to another incident says so with its first words:
// "Elsewhere", "In a third incident", "Further north", "In neighbouring Yala",
// "Also on Tuesday". All of it then tells of that one.

// turn is how sure the first words are that another incident begins.
type turn int

const (
	stays   turn = iota
	toTime       // they name another hour or direction: another place must follow
	toPlace      // they name another place, and what harmed people there must be new
	toDay        // they name another day
	toOther      // they say that it is another
)

// turns tells whether clause i opens another incident than x, the one that the
// article is about.
func (r *reading) turns(cs []clause, i int, x *incident) bool {
	c := &cs[i]
	s := &r.sents[c.sent]
	if r.opens(c.sent) || c.first != s.first+s.dateline {
		return false
	}
	if r.namesVictim(c, x) || r.takesUp(s) {
		return false
	}
	t, end := r.firstWords(s, x)
	if t == stays && s.para != r.sents[c.sent-1].para && r.newElsewhere(c, x) {
		t, end = toPlace, c.first // "A mortar round fell on a street in Iskandariya. Two girls died."
	}
	if t == stays && r.dayLater(s) && r.indefinite(c) && r.otherFamily(c, x) {
		t = toDay // "A day later passengers were kidnapped from a bus"
	}
	if t == stays || t == toPlace && r.sourceSpeaks(s, end) {
		return false
	}
	hurt, deed, same, away := false, false, false, false
	for n := i; n < len(cs); n++ {
		d := &cs[n]
		if n > i {
			o := &r.sents[d.sent]
			if o.para != s.para {
				break
			}
			if d.first == o.first {
				if u, _ := r.firstWords(o, x); u != stays {
					break
				}
			}
		}
		for _, f := range d.figs {
			m := &r.figs[f]
			if m.scope != "current" && m.scope != "perpetrator" || m.hypothesis || m.relation == "part" {
				continue
			}
			switch m.measure {
			case Killed, Injured, Abducted, Missing, Casualties:
				hurt = true
			}
		}
		same = same || r.sameToll(d, x)
		for _, p := range d.places {
			away = away || r.places[p].rank() >= 4 && r.located(p) && r.elsewhereThan(p, x)
		}
		if d.scope == "current" {
			deed = deed || r.saysWhat(d) && !r.definite(d)
		}
	}
	if same {
		return false
	}
	if t == toOther {
		return hurt || deed
	}
	if t == toTime && !away && !r.abroad(c, x) {
		return false
	}
	return hurt && (deed || r.anyAttacker(c) || t == toTime && away) && !r.definite(c)
}

// namesVictim tells whether a clause names the one person whom incident x harmed: "… shot dead a former
// mayor. Ridwan Jallam, 58, was shot in Jassem".
func (r *reading) namesVictim(c *clause, x *incident) bool {
	named := slices.ContainsFunc(few(c.figs), func(f int) bool { return strings.Contains(r.figs[f].rule, "+named") })
	return named && r.hurtsAny(x) && !slices.ContainsFunc(few(x.figs), func(f int) bool {
		m := &r.figs[f]
		return m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && number(m.q) != 1
	})
}

// takesUp tells whether a sentence goes on about what the headline or the first sentence brought in:
// "An airstrike hit a monastery … The monastery in Ponnagyun was …".
func (r *reading) takesUp(s *sentence) bool {
	k := s.first + s.dateline
	if k >= s.last || r.words[k].low != "the" {
		return false
	}
	g := r.group(k)
	if g < 0 || r.groups[g].head < 0 || r.groups[g].head > k+3 {
		return false
	}
	h := &r.words[r.groups[g].head]
	if h.is(lexicon.Kind) || h.upper {
		return false
	}
	for si := range r.opening(1) {
		for n := r.sents[si].first; n < r.sents[si].last; n++ {
			if r.words[n].low == h.low && n != r.groups[g].head {
				return true
			}
		}
	}
	return false
}

// dayLater tells whether a sentence opens with a day that it counts from another: "A day
// later", "The next day".
func (r *reading) dayLater(s *sentence) bool {
	for k := s.first + s.dateline; k < min(s.first+s.dateline+3, s.last); k++ {
		if d := r.words[k].date - 1; d >= 0 {
			return r.dates[d].Back != 0 && (r.endsIn(k, "later") || r.endsIn(k, "day")) || r.endsIn(k, "day later") || r.endsIn(k, "days later")
		}
	}
	return false
}

// newElsewhere tells whether a clause brings an incident in as new and puts it in a
// town that is none of x's.
func (r *reading) newElsewhere(c *clause, x *incident) bool {
	if !r.saysWhat(c) || !r.indefinite(c) || r.definite(c) {
		return false
	}
	for _, p := range c.places {
		if r.places[p].rank() >= 6 && r.located(p) && r.elsewhereThan(p, x) && !r.suburb(p, x) {
			return true
		}
	}
	return false
}

// namedElsewhere tells whether a clause below the opening only names another incident,
// one of another kind in another town, that the reader knows: "… also because of the mine
// that exploded at Kabajib".
func (r *reading) namedElsewhere(c *clause, x *incident) bool {
	if r.opens(c.sent) || len(c.figs) > 0 || !r.definite(c) || !r.otherFamily(c, x) {
		return false
	}
	away := false
	for _, p := range c.places {
		if r.places[p].rank() < 5 || !r.located(p) || r.tended(p) || r.sourceSeat(p) {
			continue
		}
		if r.places[p].unlisted() || !r.elsewhereThan(p, x) || r.suburb(p, x) {
			return false
		}
		away = true
	}
	return away
}

// suburb tells whether a place is close to the city that an incident is in: its paragraphs
// come to the quarter.
func (r *reading) suburb(p int, x *incident) bool {
	for _, q := range few(x.at) {
		a, b := &r.places[p], &r.places[q]
		if a.ID != 0 && b.ID != 0 && a.town() && b.town() && r.gaz.Population(b.ID) >= city && r.gaz.Near(a.ID, b.ID, 12_000) {
			return true
		}
	}
	return false
}

// city is how many inhabitants a town has around which others are its suburbs.
const city = 200_000

// anyAttacker tells whether armed people act in the clause.
func (r *reading) anyAttacker(c *clause) bool {
	return r.perpetratorNear(&r.sents[c.sent], c.first, c.last)
}

// firstWords reads how a sentence opens, and where its opening ends.
func (r *reading) firstWords(s *sentence, x *incident) (turn, int) {
	ws := r.words
	k := s.first + s.dateline
	at := func(n int) string {
		if n < s.last {
			return ws[n].low
		}
		return ""
	}
	if k+1 < s.last && (ws[k].low == "and" || ws[k].low == "but" || ws[k].low == "then") {
		k++
	}
	if ws[k].q != nil {
		return stays, 0
	}
	for n := k; n < min(k+3, s.last); n++ {
		if d := ws[n].date; d > 0 {
			if r.nextDay(d-1, x) {
				return toDay, n + 1
			}
			break
		}
		if l := ws[n].low; l != "on" && l != "early" && l != "late" && l != "then" && l != "earlier" {
			break
		}
	}
	switch ws[k].low {
	case "elsewhere", "separately":
		return toOther, k + 1
	case "meanwhile":
		return toOther, k + 1
	case "also":
		if n := k + 1; at(n) == "on" || at(n) == "in" || n < s.last && ws[n].date > 0 {
			return toOther, k + 2
		}
	case "further", "farther":
		switch at(k + 1) {
		case "afield", "inland", "along", "up", "down":
			return toOther, k + 2
		}
		if where.Direction(at(k + 1)) {
			return toOther, k + 2
		}
	case "across":
		if at(k+1) == "the" && at(k+2) == "border" {
			return toOther, k + 3
		}
	case "in", "at", "near", "outside", "on":
		n := k + 1
		another := false
		for ; n < min(k+5, s.last); n++ {
			switch l := ws[n].low; {
			case l == "separate", l == "unrelated", l == "another", l == "similar", l == "different", l == "third", l == "second", l == "fourth", l == "fifth", l == "further":
				another = true
			case l == "a", l == "an", l == "yet", l == "the":
			case another && (ws[n].is(lexicon.Kind) || l == "incident" || l == "case" || l == "development" || l == "episode"):
				return toOther, n + 1
			case l == "neighbouring", l == "neighboring", l == "nearby":
				return toOther, n + 1
			default:
				another = false
			}
		}
		if p, n := r.openingPlace(s, k); p >= 0 && r.elsewhereThan(p, x) {
			return toPlace, n
		}
	}
	for n := k; n < min(k+9, s.last) && !ws[n].is(lexicon.Kind|lexicon.Harm); n++ {
		switch l := at(n); {
		case (l == "same" || l == "following" || l == "next" || l == "that") && partOfDay(at(n+1)),
			n == k && l == "later" && (at(n+1) == "in" || at(n+1) == "on" || at(n+1) == "that"),
			n < k+3 && at(n+1) == "later" && (l == "hours" || l == "minutes" || l == "hour" || l == "moments"),
			l == "earlier" && (n == k || at(n+1) == ","),
			(l == "end" || l == "side") && at(n+1) == "of" && at(n+2) == "the",
			l == "to" && at(n+1) == "the" && where.Direction(at(n+2)),
			l == "far" && where.Direction(at(n+1)),
			l == "mainland":
			return toTime, n + 1
		}
		if d := ws[n].date; d > 0 && r.endsIn(n, "earlier") {
			return toTime, n + 1
		}
	}
	return stays, 0
}

// partOfDay tells whether a word names a day or a part of it.
func partOfDay(w string) bool {
	switch w {
	case "day", "night", "hour", "time", "morning", "evening", "afternoon", "weekend":
		return true
	}
	return false
}

// nextDay tells whether a date is known to be the day before, or a day after, the
// incident's.
func (r *reading) nextDay(d int, x *incident) bool {
	a := &r.dates[d]
	if !r.isDay(d) || a.Old || a.Earliest.IsZero() {
		return false
	}
	theirs := -1
	for _, e := range few(x.dates) {
		if b := &r.dates[e]; r.isDay(e) && !b.Earliest.IsZero() && !r.reporting(b.word) {
			if b.Earliest.Equal(a.Earliest) {
				return false
			}
			if theirs < 0 {
				theirs = e
			}
		}
	}
	if theirs < 0 {
		return false
	}
	back := r.dates[theirs].Earliest.Sub(a.Earliest).Hours() / 24
	return back <= 1 && back >= -6
}

// openingPlace finds the place of "In Baquba, …", "In the northern city of Mosul …",
// "In Mali's Gao region …"; -1 where the sentence does not open with one.
func (r *reading) openingPlace(s *sentence, k int) (place, end int) {
	ws := r.words
	best := -1
	for n := k + 1; n < min(k+9, s.last); n++ {
		w := &ws[n]
		switch {
		case w.place > 0:
			p := w.place - 1
			if r.places[p].rank() >= 4 && (best < 0 || r.places[p].rank() > r.places[best].rank()) {
				best, end = p, n+1
			}
		case w.clitic, w.low == "of", w.is(lexicon.Det), w.is(lexicon.Adj), w.upper, w.low == "northern", w.low == "southern", w.low == "eastern", w.low == "western", w.low == "central":
		case w.low == "city", w.low == "town", w.low == "village", w.low == "district", w.low == "province", w.low == "region", w.low == "state", w.low == "county", w.low == "capital", w.low == "area", w.low == "suburb", w.low == "governorate":
			end = n + 1
		default:
			return best, end
		}
		if best >= 0 && n+1 < s.last && ws[n+1].low == "," {
			return best, n + 2
		}
	}
	return best, end
}

// placedApart tells whether a clause names a place where incident x was not, of a rank or a
// higher one.
func (r *reading) placedApart(c *clause, x *incident, rank int) bool {
	return slices.ContainsFunc(few(c.places), func(p int) bool { return r.places[p].rank() >= rank && r.located(p) && r.elsewhereThan(p, x) })
}

// elsewhereThan tells whether a place is known to be none of the incident's, and
// not a larger or smaller one around them.
func (r *reading) elsewhereThan(p int, x *incident) bool {
	if len(x.at) == 0 {
		return false
	}
	a := &r.places[p]
	towns := a.town() && slices.ContainsFunc(x.at, func(q int) bool { return r.places[q].town() })
	somewhere := !slices.ContainsFunc(few(x.at), func(q int) bool { return r.places[q].rank() > 3 })
	for _, q := range few(x.places) {
		b := &r.places[q]
		if towns && b.province() {
			continue // which may hold them both
		}
		if r.samePlace(p, q) || b.name() == a.admin && a.admin != "" {
			return false
		}
		if somewhere && b.country() && a.Country == b.Country && slices.Contains(few(x.at), q) {
			return false // so far only "in northern Cameroon"
		}
		if a.Kind != b.Kind && !a.unlisted() && !b.unlisted() && (a.province() || b.province()) && a.Country == b.Country && !r.outside(a, b) && !r.outside(b, a) {
			return false // a region may hold the town
		}
	}
	return true
}

// outside tells whether a town is known to lie in no part of a province.
func (r *reading) outside(town, province *placing) bool {
	return town.town() && province.Kind == gazetteer.Admin1 && town.ID != 0 && province.ID != 0 && !r.gaz.Within(town.ID, province.ID)
}

// sourceSpeaks tells whether after its opening a sentence goes on with who says it:
// "In Kabul, the ministry said …".
func (r *reading) sourceSpeaks(s *sentence, k int) bool {
	for n := k; n+1 < min(k+7, s.last); n++ {
		w := &r.words[n]
		if speaks(w.low) && !w.is(lexicon.Harm) {
			return !r.hurtAhead(k, s.last)
		}
	}
	return false
}

// thereIn is the town of the sentence before, none of incident x, where a clause tells of
// people harmed "there": "By noon a patrol had been caught at Modiyah. Three were killed
// there". -1 where there is none.
func (r *reading) thereIn(c *clause, x *incident) int {
	if c.sent == 0 || len(c.places) > 0 || !r.there(c) || !slices.ContainsFunc(c.figs, func(f int) bool { return r.figs[f].scope == "current" && r.figs[f].measure == Killed }) {
		return -1
	}
	o := &r.sents[c.sent-1]
	if r.opens(c.sent-1) || o.para != r.sents[c.sent].para || c.first != r.sents[c.sent].first {
		return -1
	}
	for k := o.first; k < o.last; k++ {
		if p := r.words[k].place - 1; p >= 0 && r.places[p].rank() >= 5 && r.located(p) && r.elsewhereThan(p, x) {
			return p
		}
	}
	return -1
}

// sums sets aside what a headline or an opening adds up over the incidents that are
// told apart further down: "26 killed across the north", 12, 11 and 3 of them in one
// place each.
func (r *reading) sums(out []incident, main int) {
	if main < 0 {
		return
	}
	summed := -1 // the sentence of the body whose dead are a sum
	for _, m := range []Measure{Killed, Injured} {
		rest := 0
		others := 0
		for i := range out {
			if out[i].role == Other {
				if t, ok := r.total(&out[i], m); ok {
					if n, _ := t.Number(); n > 0 {
						rest += n
						others++
					}
				}
			}
		}
		x := &out[main]
		if m == Injured && summed >= 0 {
			// "… killing three people and wounding 13": of them all, as the dead are
			for _, fi := range few(x.figs) {
				if f := &r.figs[fi]; f.measure == m && f.scope == "current" && f.relation == "total" && f.sent == summed && number(f.q) > 1 {
					f.scope = "aggregate"
				}
			}
			continue
		}
		if others == 0 {
			continue
		}
		top := 0
		for _, fi := range few(x.figs) {
			if f := &r.figs[fi]; f.measure == m && f.scope == "current" && f.relation != "part" && f.relation != "subset" && r.opens(f.sent) {
				top = max(top, number(f.q))
			}
		}
		if top < 2 {
			continue
		}
		var set []int
		for _, fi := range few(x.figs) {
			if f := &r.figs[fi]; f.measure == m && f.scope == "current" && number(f.q) == top && f.relation != "subset" {
				set = append(set, fi)
				f.scope = "aggregate"
			}
		}
		own := 0
		if t, ok := r.total(x, m); ok {
			own, _ = t.Number()
		}
		if own == 0 || own+rest != top && !(own+rest > top*3/4 && own+rest <= top+top/4 && r.plural(x, set)) {
			for _, fi := range set {
				r.figs[fi].scope = "current"
			}
			continue
		}
		for _, fi := range set {
			if f := &r.figs[fi]; !r.sents[f.sent].title {
				summed = f.sent
			}
		}
	}
}

// plural tells whether a sum is told of several incidents: "attacks across Iraq".
func (r *reading) plural(x *incident, figs []int) bool {
	for _, fi := range figs {
		s := &r.sents[r.figs[fi].sent]
		for k := s.first; k < s.last; k++ {
			if w := &r.words[k]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && strings.HasSuffix(w.low, "s") && !r.meansOnly(w.low) || w.low == "bloodshed" || w.low == "violence" {
				return true
			}
		}
	}
	return false
}

// kindAhead tells whether the paragraph of clause i says what happened.
func (r *reading) kindAhead(cs []clause, i int) bool {
	para := r.sents[cs[i].sent].para
	for n := i; n < len(cs) && r.sents[cs[n].sent].para == para; n++ {
		if r.saysWhat(&cs[n]) {
			return true
		}
	}
	return false
}
