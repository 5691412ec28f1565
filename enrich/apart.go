package enrich

import (
	"cmp"
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/where"
)

// What keeps two incidents of one article apart: another place, another day,
// other means, a cue, numbers of their own.

// split parts a clause whose figures have places of their own: each is an
// incident.
func (r *reading) split(cs []clause) []clause {
	apart := false
	for i := range cs {
		r.towns(&cs[i])
	}
	for i := range r.figs {
		apart = apart || r.figs[i].at > 0
	}
	if !apart {
		return cs
	}
	out := make([]clause, 0, len(cs)+4)
	for _, c := range cs {
		var at []int
		for _, f := range c.figs {
			if p := r.figs[f].at; p > 0 && !slices.Contains(at, p) {
				at = append(at, p)
			}
		}
		if told := r.partsOfTold(&c); len(at) < 2 || told > 0 && !r.manyAtOnce && (told > 2*r.inAll(&c) || !r.townsApart(at)) {
			out = append(out, c)
			continue
		}
		dead := 0
		for _, f := range c.figs {
			if m := &r.figs[f]; m.measure == Killed && m.scope == "current" {
				dead += number(m.q)
			}
		}
		ends := r.stretches(&c, at)
		for n, p := range at {
			x := c
			if n == 0 {
				x.lead = dead
			}
			x.figs, x.apart = nil, n > 0
			if ends != nil {
				x.first, x.last = ends[n], ends[n+1]
				y := r.clause(c.sent, x.first, x.last)
				x.kinds, x.dates = y.kinds, y.dates
				if len(x.dates) == 0 {
					x.dates = c.dates
				}
			}
			x.places = []int{p - 1}
			for _, f := range c.figs {
				if q := r.figs[f].at; q == p || q == 0 && ends == nil && n == 0 || q == 0 && ends != nil && r.figs[f].harm >= x.first && r.figs[f].harm < x.last {
					x.figs = append(x.figs, f)
				}
			}
			out = append(out, x)
		}
	}
	return out
}

// towns gives the figures of a clause the towns that stand behind each of them, where
// all have one and each is another: "17 died in an ambush at Tari and five were
// hacked to death in Mendi".
func (r *reading) towns(c *clause) {
	var figs, at []int
	for _, f := range few(c.figs) {
		m := &r.figs[f]
		if m.at > 0 {
			return
		}
		if m.relation != "total" && m.relation != "sum_of_parts" || m.scope != "current" || m.measure != Killed && m.measure != Injured && m.measure != Abducted || m.q.Quantifier == "none" || !clausal(m.rule) && !strings.HasPrefix(m.rule, "fig.shot") {
			continue
		}
		figs = append(figs, f)
	}
	if len(figs) < 2 || len(c.places) < 2 {
		return
	}
	for n, f := range figs {
		end := c.last
		if n+1 < len(figs) {
			end = r.figs[figs[n+1]].first
		}
		own := -1
		for _, p := range c.places {
			q := &r.places[p]
			if q.word > r.figs[f].first && q.word < end && (q.rank() >= 5 || r.manyAtOnce && q.rank() == 4) && r.located(p) && !r.carriedTo(p) && !r.sourceSeat(p) && !r.tended(p) && (own < 0 || q.rank() > r.places[own].rank()) {
				own = p
			}
		}
		if own < 0 {
			// "… killing three and wounding five": of the same
			if n > 0 && r.figs[f].measure != r.figs[figs[n-1]].measure {
				at = append(at, at[n-1])
				continue
			}
			return
		}
		at = append(at, own)
	}
	for n := range at {
		for m := range n {
			if at[m] != at[n] && !r.otherTown(at[m], at[n]) {
				return
			}
		}
	}
	for n, f := range figs {
		r.figs[f].at = at[n] + 1
	}
}

// townsApart tells whether places, each 1 + its index, are all towns, some way from
// each other: what happened there at once was no single attack.
func (r *reading) townsApart(at []int) bool {
	for n, p := range at {
		a := &r.places[p-1]
		if !a.town() {
			return false
		}
		for _, q := range at[:n] {
			if !r.otherTown(p-1, q-1) || r.gaz.Near(a.ID, r.places[q-1].ID, 25_000) {
				return false
			}
		}
	}
	return true
}

// otherTown tells whether two places are known to be different ones, none of them in
// the other.
func (r *reading) otherTown(p, q int) bool {
	a, b := &r.places[p], &r.places[q]
	return !r.samePlace(p, q) && (a.town() || b.town()) && a.admin != b.name() && b.admin != a.name() && !(a.ID != 0 && b.ID != 0 && (r.gaz.Within(a.ID, b.ID) || r.gaz.Within(b.ID, a.ID)))
}

// stretches are the words at which the parts of a clause begin, and its end: each
// with the figures of one place. nil where they do not stand one after the other.
func (r *reading) stretches(c *clause, at []int) []int {
	ends := []int{c.first}
	last := -1
	for n, p := range at {
		lo, hi := c.last, 0
		for _, f := range c.figs {
			if m := &r.figs[f]; m.at == p {
				lo, hi = min(lo, m.first), max(hi, m.harm)
				if m.rule == "" || strings.HasSuffix(m.rule, "+gapped") {
					hi = max(m.first, last) // its verb is left out
				}
			}
		}
		if n > 0 {
			if lo <= last || lo <= ends[n-1] {
				return nil
			}
			ends = append(ends, lo)
		}
		last = hi
	}
	return append(ends, c.last)
}

// partsOfTold tells of what toll, that the text gave before, the numbers of a clause
// that have places may be a breakdown: "22 were killed … three died in X, two in Y".
// 0 where there is none.
func (r *reading) partsOfTold(c *clause) int {
	sum := map[Measure]int{}
	for _, f := range c.figs {
		sum[r.figs[f].measure] += number(r.figs[f].q)
	}
	for i := range min(len(r.figs), compared) {
		p := &r.figs[i]
		if p.sent >= c.sent || p.scope != "current" || p.relation == "part" || p.relation == "subset" {
			continue
		}
		if n, ok := sum[p.measure]; ok && number(p.q) > n {
			return number(p.q)
		}
	}
	return 0
}

// inAll is how many the figures of a clause kill, or else harm.
func (r *reading) inAll(c *clause) int {
	dead, all := 0, 0
	for _, f := range c.figs {
		if r.figs[f].measure == Killed {
			dead += number(r.figs[f].q)
		}
		all += number(r.figs[f].q)
	}
	return cmp.Or(dead, all)
}

// other tells whether the clause announces another incident.
func (r *reading) other(c *clause) bool {
	ws := r.words
	for k := c.first; k < c.last; k++ {
		switch ws[k].low {
		case "separate", "unrelated":
			if r.manyAt(c, k+1) {
				continue // "in three separate attacks": their sum
			}
			return true
		case "separately", "elsewhere":
			if k-c.first < 2 || k+1 < c.last && ws[k+1].low == "," && (ws[k-1].punct || ws[k].low == "elsewhere") {
				return true // not "bodies were brought in separately, under escort"
			}
		case "meanwhile":
			return k == c.first || k+1 < c.last && ws[k+1].low == ","
		case "one":
			if k-c.first <= 1 && k+1 < c.last && ws[k+1].low == "in" && ws[c.first].low == "and" {
				return true
			}
		case "another", "second", "other":
			if k-c.first <= 1 && k+1 < c.last && (ws[k+1].low == "in" || ws[k+1].low == "at" || ws[k+1].low == "near") {
				return len(c.figs) > 0
			}
			if k+1 < c.last && (ws[k+1].is(lexicon.Kind) || k+2 < c.last && ws[k+1].noun() && ws[k+2].is(lexicon.Kind)) && !ws[k+1].is(lexicon.Person) {
				if k-c.first < 4 {
					return true
				}
				for _, f := range c.figs {
					if h := r.figs[f].harm; h > k && h-k <= 8 || h < k && k-h <= 3 && r.lowAt(h+1) == "of" {
						return true // also "the toll of the other blast"
					}
				}
			}
		}
	}
	return false
}

// manyAt tells whether a plural word for incidents stands at word k or after one
// more word: "separate attacks", "separate gun attacks".
func (r *reading) manyAt(c *clause, k int) bool {
	for n := k; n < min(k+3, c.last); n++ {
		if w := &r.words[n]; (w.is(lexicon.Kind) || w.low == "incidents") && strings.HasSuffix(w.low, "s") && !w.is(lexicon.Person) {
			return true
		}
		if r.words[n].punct || r.words[n].is(lexicon.Prep|lexicon.Verb) && !r.words[n].is(lexicon.Kind) {
			return false
		}
	}
	return false
}

// many tells whether the clause sums over several incidents: "killed in three
// separate attacks", "in multiple shootings".
func (r *reading) many(c *clause) bool {
	for k := c.first; k+1 < c.last; k++ {
		switch r.words[k].low {
		case "separate", "multiple", "different", "several", "various":
			if r.manyAt(c, k+1) {
				return true
			}
		}
	}
	return false
}

// headlineSum tells whether an incident has so far no more than the sum of those
// that are now told apart, and sets the sum aside.
func (r *reading) headlineSum(x *incident, dead int) bool {
	sum := false
	for _, f := range x.figs {
		m := &r.figs[f]
		if m.measure == Killed && m.scope == "current" {
			if number(m.q) != dead {
				return false
			}
			sum = true
		}
	}
	for _, f := range x.figs {
		if m := &r.figs[f]; sum && m.measure == Killed && m.scope == "current" {
			m.scope = "aggregate"
		}
	}
	return sum
}

// promote makes the deadliest of several incidents the main one where the article
// opens with their sum; the sum is kept as an aggregate.
func (r *reading) promote(out []incident, cs []clause, main int) {
	if main < 0 || out[main].role == merged {
		return
	}
	summed, others := false, 0
	for _, ci := range out[main].clauses {
		c := &cs[ci]
		if len(c.figs) == 0 || r.sents[c.sent].title {
			continue
		}
		if !r.many(c) {
			break // later ones may be of any of them
		}
		summed = true
	}
	best, most := -1, 0
	for i := range out {
		if out[i].role != Other {
			continue
		}
		others++
		t, _ := r.total(&out[i], Killed)
		n, _ := t.Number()
		if n > most || best < 0 {
			best, most = i, n
		}
	}
	if !summed || others < 2 {
		return
	}
	if own := r.deadBelow(&out[main], cs); own > most {
		// One of them is the main one already: "The deadliest took place in …"
		for _, f := range out[main].figs {
			if x := &r.figs[f]; x.scope == "current" && r.opens(x.sent) {
				x.scope = "aggregate"
			}
		}
		return
	}
	for _, f := range out[main].figs {
		if x := &r.figs[f]; x.scope == "current" {
			x.scope = "aggregate" // the sum, and what no incident of its own is told of
		}
	}
	b := &out[best]
	b.figs = append(b.figs, out[main].figs...)
	b.role = Main
	b.rules = append(b.rules, "role.deadliest")
	out[main].role, out[main].figs = merged, nil
}

// deadBelow is the largest number of dead that an incident has below the opening, or with
// a place of their own, sums apart.
func (r *reading) deadBelow(x *incident, cs []clause) int {
	n := 0
	for _, ci := range x.clauses {
		c := &cs[ci]
		sum := r.opens(c.sent) || r.many(c)
		for _, fi := range c.figs {
			if f := &r.figs[fi]; (!sum || f.at > 0) && f.measure == Killed && f.scope == "current" && (f.relation == "total" || f.relation == "sum_of_parts") {
				n = max(n, number(f.q))
			}
		}
	}
	return n
}

// theOnly makes the incident that an article opens with the main one where it tells
// of no other and only a full date says that it is past: such are chronicles,
// which are written months after. A text without a date of publication may name
// any time.
func (r *reading) theOnly(out []incident, cs []clause) int {
	for i := range out {
		x := &out[i]
		if x.role != Background || len(x.clauses) == 0 || x.rules[0] != "scope.old-date" {
			continue
		}
		c := &cs[x.clauses[0]]
		if c.sent > 1 || len(x.figs) == 0 {
			return -1
		}
		full := false
		for _, d := range c.dates {
			dt := &r.dates[d]
			full = full || dt.Basis == "explicit_date" && (dt.Precision == "day" || !r.clock.Known())
			if dt.Running || dt.Basis == "relative" && dt.Old {
				return -1
			}
		}
		if !full {
			return -1
		}
		x.role = Main
		x.rules = append(x.rules, "role.only-incident")
		for _, f := range x.figs {
			if r.figs[f].scope == "background" {
				r.figs[f].scope = "current"
			}
		}
		return i
	}
	return -1
}

// summed tells whether all that an incident has so far sums over several.
func (r *reading) summed(x *incident, cs []clause) bool {
	n := false
	for _, ci := range x.clauses {
		c := &cs[ci]
		if len(c.figs) == 0 || r.sents[c.sent].title {
			continue
		}
		if !r.many(c) {
			return false
		}
		n = true
	}
	return n
}

// merged is the role of an incident that went into another: it makes no report.
const merged Role = ""

// saysWhat tells whether a clause has a word of its own for what happened.
func (r *reading) saysWhat(c *clause) bool {
	for _, k := range c.kinds {
		if r.words[k].e.Type != "unknown" {
			return true
		}
	}
	return false
}

// otherDay compares the day that a clause with a toll of its own names with the
// main incident's: -1 earlier, 1 later, 0 the same or not known. "On Monday, two
// bombers killed 10" is another incident than Wednesday's.
func (r *reading) otherDay(x *incident, c *clause) int {
	if len(c.figs) == 0 || len(c.dates) == 0 || !r.indefinite(c) || r.definite(c) || !r.hurtsAny(x) && !r.hurtsNone(x) {
		return 0
	}
	own := false
	for _, f := range c.figs {
		if m := r.figs[f].measure; m != Killed && m != Injured && m != Abducted {
			continue
		}
		own = own || r.figs[f].scope == "current" && (r.figs[f].relation == "total" || r.figs[f].relation == "sum_of_parts") && !r.figs[f].weak
	}
	if !own {
		return 0
	}
	mine, theirs := -1, -1
	for _, d := range c.dates {
		if r.isDay(d) && !r.reporting(r.dates[d].word) {
			mine = d
		}
	}
	if mine < 0 {
		return 0
	}
	for _, d := range x.dates {
		if r.dates[mine].Weekday > 0 && r.dates[d].Weekday == r.dates[mine].Weekday || !r.dates[d].Earliest.IsZero() && r.dates[d].Earliest.Equal(r.dates[mine].Earliest) {
			return 0
		}
		if a, b := &r.dates[mine], &r.dates[d]; !a.Earliest.IsZero() && !b.Earliest.IsZero() && !a.Earliest.Before(b.Earliest) && !a.Latest.After(b.Latest) {
			return 0 // a day of the stretch
		}
		if r.isDay(d) && theirs < 0 && !r.reporting(r.dates[d].word) && !r.ofDeath(d) {
			theirs = d
		}
	}
	if theirs < 0 || (r.dates[mine].Weekday == 0 || r.dates[theirs].Weekday == 0) && (r.dates[mine].Earliest.IsZero() || r.dates[theirs].Earliest.IsZero()) {
		return 0
	}
	back := (r.dates[theirs].Weekday - r.dates[mine].Weekday + 7) % 7
	if a, b := r.dates[mine].Earliest, r.dates[theirs].Earliest; !a.IsZero() && !b.IsZero() {
		back = int(b.Sub(a).Hours() / 24)
	}
	if back == 1 && r.saysWhat(c) {
		return 1 // the day before is news too
	}
	if back >= 1 && back <= 4 || back > 6 || back > 0 && !r.dates[mine].Earliest.IsZero() && !r.dates[theirs].Earliest.IsZero() {
		return -1
	}
	if !r.saysWhat(c) {
		return 0 // "31 wounded remained in his care on Tuesday"
	}
	return 1
}

// ofDeath tells whether a date is only that of a death in hospital.
func (r *reading) ofDeath(d int) bool {
	k := r.dates[d].word
	care := false
	for n := k - 1; n >= 0 && n >= k-12; n-- {
		switch w := &r.words[n]; w.low {
		case "hospital", "clinic", "wounds", "injuries":
			care = true
		case "died", "dies", "pronounced dead", "declared dead", "succumbed":
			return care || w.low == "pronounced dead" || w.low == "declared dead" || w.low == "succumbed"
		case ".", ";":
			return false
		}
	}
	return false
}

// isDay tells whether a time expression names one day.
func (r *reading) isDay(d int) bool {
	x := &r.dates[d]
	if x.Precision != "day" || x.Earliest.IsZero() {
		return x.Weekday > 0
	}
	return x.Weekday > 0 || x.Basis == "explicit_date" || r.endsIn(x.word, "ago")
}

// framed tells whether a clause opens with a place of its own, and there people
// are harmed: "In Poltava, 150 km to the south, a couple died." Another place of
// the incident in hand is another incident where it has its own toll.
func (r *reading) framed(cs []clause, i int, x *incident) bool {
	c := &cs[i]
	s := &r.sents[c.sent]
	k := s.first + s.dateline
	if c.first != k || k+1 >= s.last || len(x.at) == 0 {
		return false
	}
	switch r.words[k].low {
	case "in", "at", "near", "outside":
	default:
		return false
	}
	p, end := r.openingPlace(s, k) // "In the hill town of Umm al-Fahm, …"
	if p < 0 || r.places[p].rank() < 6 || !r.located(p) {
		return false
	}
	if r.words[k+1].place > 0 && r.sideBySide(c, k+2, x) {
		return true
	}
	n := slices.IndexFunc(x.at, func(q int) bool { return r.places[q].rank() >= 6 })
	if n < 0 {
		return false
	}
	if home := x.at[n]; r.samePlace(p, home) || r.places[p].admin == r.places[home].admin && r.places[p].admin != "" && r.places[p].Kind != r.places[home].Kind {
		return false
	}
	if r.saysWhat(c) && r.violentClause(c) && r.indefinite(c) && !r.definite(c) && !r.sourceSpeaks(s, end) && r.elsewhereThan(p, x) && !r.suburb(p, x) && !r.sameToll(c, x) {
		return true // "In Valence, seven cars were set alight"
	}
	for n := i; n < len(cs) && r.sents[cs[n].sent].para == s.para && n < i+3; n++ {
		for _, f := range cs[n].figs {
			m := &r.figs[f]
			if m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && (m.relation == "total" || m.relation == "sum_of_parts") && !r.sameToll(&cs[n], x) {
				return true
			}
		}
	}
	return false
}

// sideBySide tells whether a clause goes on behind its opening place with others killed
// there on another day: "At Gindiri, which lost eight people on Tuesday night, …".
func (r *reading) sideBySide(c *clause, k int, x *incident) bool {
	if k+1 >= c.last || r.words[k].low != "," || r.words[k+1].low != "where" && r.words[k+1].low != "which" || r.sameToll(c, x) || !r.hurtsAny(x) {
		return false
	}
	if !slices.ContainsFunc(few(c.figs), func(f int) bool { return r.figs[f].measure == Killed && r.figs[f].scope == "current" }) {
		return false
	}
	own := -1
	for _, d := range few(c.dates) {
		if r.isDay(d) && !r.reporting(r.dates[d].word) && !r.dates[d].Earliest.IsZero() {
			own = d
		}
	}
	if own < 0 {
		return false
	}
	other := false
	for _, d := range few(x.dates) {
		if r.dates[d].Earliest.Equal(r.dates[own].Earliest) {
			return false
		}
		other = other || r.isDay(d) && !r.reporting(r.dates[d].word)
	}
	return other
}

// hurtsAny tells whether an incident has a number of people harmed: what freed or
// arrested people is the sequel of another day.
func (r *reading) hurtsAny(x *incident) bool {
	for _, f := range x.figs {
		if m := r.figs[f].measure; (m == Killed || m == Injured || m == Abducted) && r.figs[f].scope == "current" && r.figs[f].q.Quantifier != "unknown" && r.figs[f].q.Max != 0 && r.figs[f].relation != "subset" {
			return true
		}
	}
	return false
}

// hurtsNone tells whether an incident is told to have hurt nobody.
func (r *reading) hurtsNone(x *incident) bool {
	for _, f := range few(x.figs) {
		if m := &r.figs[f]; m.q.Quantifier == "none" && m.scope == "current" && (m.measure == Killed || m.measure == Injured) {
			return true
		}
	}
	return false
}

// sameBack tells whether a clause goes on about an older incident: in its sentence, in
// the next one without a day of its own, "there", or in the first sentence where so far
// only the headline told of it.
func (r *reading) sameBack(cs []clause, x *incident, c *clause) bool {
	last := &cs[x.clauses[len(x.clauses)-1]]
	switch {
	case c.sent == last.sent:
		return true
	case r.sents[last.sent].title && r.opens(c.sent):
		return !r.placedApart(c, x, 5)
	case c.sent == last.sent+1:
		return len(c.dates) == 0 || len(c.places) == 0 && r.there(c)
	}
	return false
}

// there tells whether a clause says "there" and means the place that was told before.
func (r *reading) there(c *clause) bool {
	for k := c.first; k < c.last; k++ {
		if r.words[k].low != "there" || k+1 < c.last && r.words[k+1].is(lexicon.Aux) {
			continue // "there were"
		}
		return true
	}
	return false
}

// located tells whether a place name says where: "in X", "at X", "near X", or a headline's "X".
func (r *reading) located(p int) bool {
	k := r.places[p].word
	for n := k + 1; n < len(r.words) && n < k+5; n++ {
		switch w := &r.words[n]; w.low {
		case "hospital", "hospitals", "medical", "university", "clinic":
			return false // where the wounded lie
		default:
			if w.upper && !w.punct && w.q == nil {
				continue
			}
		}
		break
	}
	if r.repaid(k) || r.riverOf(p) {
		return false
	}
	for n := k - 1; n >= 0 && n >= k-5; n-- {
		w := &r.words[n]
		if w.low == "in" && n > 0 && r.sits(n-1, k) {
			return false // where a source sits
		}
		if (w.low == "in" || w.low == "at") && n == k-1 && settled(r.lowAt(n-1)) {
			return false // where somebody is at home
		}
		if w.low == "of" && r.lowAt(n-1) == "direction" {
			return false // "fled in the direction of Nablus"
		}
		if w.low == "of" && k+1 < len(r.words) && r.words[k+1].clitic {
			return false // "the rector of Panama's university"
		}
		if w.low == "of" && n == k-1 && n > 1 && r.words[n-1].upper && r.words[n-1].place == 0 && r.words[n-1].e.Class == 0 && r.words[n-2].upper && !r.words[n-2].punct && !r.sents[r.sentenceAt(k)].headline {
			return false // "Mark Smith of Pflugerville"
		}
		if n == k-1 && r.places[p].town() && assails(w.low) {
			return true
		}
		if w.low == "from" {
			return r.places[p].unlisted() // "abducted from Womey village"
		}
		if w.low == "on" && n == k-1 && strings.HasPrefix(r.lowAt(n-1), "call") {
			return false // "calls on Riyadh to protect Shiites"
		}
		if w.low == "to" && n == k-1 {
			return r.nextTo(n) // never "on her way home to Terneuzen"
		}
		switch w.low {
		case "in", "at", "near", "outside", "on", "off", "inside", "around", "across", "of", "into", "close to", "next to", "along", "beside", "beyond", "between", "throughout", "within", "in front of", "northeast", "northwest", "southeast", "southwest", "north", "south", "east", "west", "town", "city", "village", "district", "province", "region":
			return true
		}
		if w.punct && w.low != "," || w.is(lexicon.Verb) {
			break
		}
	}
	return r.sents[r.sentenceAt(k)].title && !r.speakerAt(p)
}

// settled tells whether a word says where somebody is at home, and not what was done there:
// "a battalion based in X".
func settled(w string) bool {
	switch w {
	case "based", "headquartered", "registered", "born", "raised", "enrolled", "lives", "lived", "living", "resides", "residing", "resident", "residents", "exiled":
		return true
	}
	return false
}

// riverOf tells whether the name of a town is that of its river: "a town on the Dnipro".
func (r *reading) riverOf(p int) bool {
	k := r.places[p].word
	if k < 2 || r.places[p].Kind != gazetteer.Settlement || r.words[k-1].low != "the" || r.words[k-1].upper || strings.Contains(r.places[p].name(), " ") {
		return false
	}
	switch r.words[k-2].low {
	case "on", "along", "across", "over", "from", "of", "into":
	default:
		return false
	}
	if k+1 >= len(r.words) {
		return true
	}
	w := &r.words[k+1]
	return w.punct && w.low != "-" && w.low != "–" || w.low == "that" || w.low != "to" && w.is(lexicon.Prep|lexicon.Sub|lexicon.Aux|lexicon.Conj|lexicon.Pron)
}

// repaid tells whether the place at word k names an incident that others now pay for:
// "struck the camps of those responsible for the Bannu attack".
func (r *reading) repaid(k int) bool {
	if k+1 >= len(r.words) || !r.words[k+1].is(lexicon.Kind) || k < 3 {
		return false
	}
	n := k - 1
	if r.words[n].low == "the" {
		n--
	}
	switch r.words[n].low {
	case "for":
		switch r.lowAt(n - 1) {
		case "responsible", "retaliation", "revenge", "reprisal", "payback", "response", "punishment":
			return true
		}
	case "to":
		return r.lowAt(n-1) == "response" || r.lowAt(n-1) == "reply" || r.lowAt(n-1) == "answer"
	case "behind":
		return r.lowAt(n-1) == "those" || r.lowAt(n-1) == "group" || r.lowAt(n-1) == "cell" || r.lowAt(n-1) == "network"
	}
	return false
}

// nextTo tells whether "to" at word n says where something lies: "close to X".
func (r *reading) nextTo(n int) bool {
	switch r.lowAt(n - 1) {
	case "close", "next", "near", "nearer", "adjacent", "opposite", "spread":
		return true
	}
	return where.Direction(r.lowAt(n - 1))
}

// assails tells whether what follows a verb was attacked: "rockets struck Bagram".
func assails(w string) bool {
	switch w {
	case "hit", "struck", "attacked", "bombed", "shelled", "raided", "stormed", "rocked", "targeted":
		return true
	}
	return false
}

// sourceSeat tells whether a place is only where somebody spoke.
func (r *reading) sourceSeat(p int) bool {
	k := r.places[p].word
	in := k - 1
	if r.lowAt(in) == "the" {
		in-- // "officials in the capital"
	}
	return in > 0 && r.words[in].low == "in" && r.sits(in-1, k)
}

// sits tells whether word n is of somebody who speaks in place k and was not
// struck there: "officials in Washington", "Police in Lahore said".
func (r *reading) sits(n, k int) bool {
	w := &r.words[n]
	switch w.low {
	case "reporters", "newsmen", "government", "governments", "administration", "regime", "junta", "leadership", "rulers":
		return true // "the government in New Delhi has vowed"
	case "rescuers", "firefighters":
		return r.speaksAfter(k) // they are where it happened
	}
	if strings.HasSuffix(w.low, "ministry") {
		return true
	}
	switch w.low {
	case "court", "tribunal", "judge", "magistrate", "magistrates", "prosecutors":
		return r.speaksAfter(k) || r.rulesAfter(k) || r.standsBefore(n)
	case "council", "spokesman", "spokeswoman", "spokesperson", "office", "speaking", "parliament", "bureau", "embassy", "headquarters", "doctors", "analyst", "analysts", "told", "statement", "colleagues", "diplomats", "editors", "negotiators":
		return w.low != "headquarters" && w.low != "office" && w.low != "embassy" && w.low != "parliament" || r.speaksAfter(k)
	}
	if w.is(lexicon.Person) && w.e.Who == "official" {
		return w.e.Plural || r.speaksAfter(k) // but "killed a minister in Rustavi"
	}
	switch w.low {
	case "said", "says", "announced", "added":
		return true // "the ministry said in Ankara"
	}
	if (speaks(w.low) || w.low == "reported") && r.lowAt(k+1) == "that" {
		return true // "it has been reported in La Paz that"
	}
	return w.is(lexicon.Source) && r.speaksAfter(k)
}

// rulesAfter tells whether a court does its work behind word k: "in Lahore on Friday
// sentenced".
func (r *reading) rulesAfter(k int) bool {
	for n := k + 1; n < min(k+8, len(r.words)) && !r.words[n].punct; n++ {
		if tries(r.words[n].low) {
			return true
		}
		switch r.words[n].low {
		case "ordered", "heard", "hears", "found", "began", "opened", "adjourned", "granted", "denied", "upheld", "handed", "trying":
			return true
		}
	}
	return false
}

// standsBefore tells whether somebody was brought before the court at word n: "appeared at a
// court in Lahore", never "a bomb went off at a court".
func (r *reading) standsBefore(n int) bool {
	for k := n - 1; k >= max(0, n-7) && !r.words[k].punct; k-- {
		if tries(r.words[k].low) {
			return true
		}
		switch r.words[k].low {
		case "appeared", "appear", "appears", "appearing", "trial", "brought", "hearing":
			return true
		}
	}
	return false
}

// speaksAfter tells whether somebody speaks behind word k: "in Lahore said".
func (r *reading) speaksAfter(k int) bool {
	for n := k + 1; n < len(r.words) && n < k+4; n++ {
		if speaks(r.words[n].low) {
			return true
		}
		if w := &r.words[n]; !w.punct && w.place == 0 && w.date == 0 {
			return false
		}
	}
	return false
}

// which finds the incident that a current clause tells of, -1 for a new one.
func (r *reading) which(out []incident, cs []clause, c *clause, main, cur int) int {
	own := false
	for _, f := range c.figs {
		x := &r.figs[f]
		if x.scope == "current" && (x.relation == "total" || x.relation == "sum_of_parts" || x.relation == "update" && c.other) && (x.measure == Killed || x.measure == Injured || x.measure == Abducted) {
			own = true
		}
	}
	var at []int
	for _, p := range c.places {
		if r.places[p].rank() >= 2 && r.located(p) {
			at = append(at, p)
		}
	}
	if own && cur == main && len(at) > 0 && !r.many(c) && r.summed(&out[main], cs) {
		return -1 // the first that is told of many
	}
	if own && len(at) > 0 && r.saysWhat(c) && r.indefinite(c) && !r.definite(c) && r.severalTold(&out[main], cs) && !r.sameToll(c, &out[main]) && r.newThere(out, at, main) {
		return -1
	}
	// A place that an incident already has, or that holds it, names that incident again.
	if len(at) > 0 {
		for n := range out {
			x := &out[n]
			if x.role == Background {
				continue
			}
			for _, p := range at {
				for _, q := range x.at {
					if r.samePlace(p, q) {
						if n != cur && r.places[p].country() && !r.places[p].Region && !(r.abroad(c, &out[cur]) && r.definite(c)) {
							continue // the country alone does not lead back to another incident in it
						}
						if c.other && n == main && own {
							continue
						}
						return n
					}
				}
			}
		}
	}
	if c.other && own {
		return -1
	}
	if own && r.opens(c.sent) && (!r.hurtsAny(&out[main]) || r.onlyTitle(cs, &out[main])) {
		return main // what the headline names, the first sentence tells of
	}
	// A place of its own makes an incident where the clause also says what
	// happened there, and not the same toll over again.
	if own && r.saysWhat(c) && r.indefinite(c) && !r.sameToll(c, &out[cur]) {
		if len(at) > 0 && len(out[cur].at) > 0 && (r.apart(at, out[cur].at) || r.otherMeans(c, &out[cur])) {
			return -1
		}
		if r.abroad(c, &out[cur]) {
			return -1
		}
	}
	s := &r.sents[c.sent]
	if cur != main && (s.para > out[cur].para+2 || s.para > out[cur].para && !r.definite(c) && !r.anaphor(c)) {
		return main
	}
	return cur
}

// onlyTitle tells whether so far only the headline told of an incident.
func (r *reading) onlyTitle(cs []clause, x *incident) bool {
	return !slices.ContainsFunc(x.clauses, func(ci int) bool { return !r.sents[cs[ci].sent].title })
}

// sameToll tells whether a clause repeats a number of the incident.
func (r *reading) sameToll(c *clause, x *incident) bool {
	for _, f := range c.figs {
		a := &r.figs[f]
		if a.scope != "current" || a.weak || a.relation != "total" && a.relation != "sum_of_parts" && a.relation != "update" || number(a.q) < 2 {
			continue
		}
		for _, g := range x.figs {
			if b := &r.figs[g]; b.measure == a.measure && b.scope == "current" && number(b.q) == number(a.q) {
				return true
			}
		}
	}
	return false
}

// anaphor tells whether the clause begins with a word that points back.
func (r *reading) anaphor(c *clause) bool {
	switch r.lowAt(c.first) {
	case "it", "this", "that", "they", "he", "she":
		return true
	}
	return false
}

// otherMeans tells whether a clause names a method of another family than the
// incident's: a drone is not the market's bomb.
func (r *reading) otherMeans(c *clause, x *incident) bool {
	t, _, _ := r.typed(x, false)
	have := Family(t)
	if have == "unknown" || have == "armed" || have == "law" {
		return false
	}
	for _, k := range c.kinds {
		switch f := Family(r.words[k].e.Type); f {
		case have:
			return false
		case "abduction":
			if have == "unrest" {
				return false // guards held by rioters
			}
			return true
		case "aerial", "explosive":
			return true
		}
	}
	return false
}

// apart tells whether two sets of places are known to be different ones: a name
// that no gazetteer has may be a part of the other.
func (r *reading) apart(a, b []int) bool {
	listed := func(set []int) bool {
		return slices.ContainsFunc(set, func(p int) bool { return r.places[p].town() })
	}
	knownA, knownB := listed(a), listed(b)
	for _, p := range a {
		for _, q := range b {
			x, y := &r.places[p], &r.places[q]
			if knownA && x.unlisted() || knownB && y.unlisted() {
				continue // a street of the town beside it
			}
			if x.Country != "" && x.Country == y.Country && (x.province() != y.province() || (x.Kind == gazetteer.Area) != (y.Kind == gazetteer.Area)) {
				return false // a region may hold the town, and "the southeast" the province
			}
			if x.unlisted() || y.unlisted() || x.country() || y.country() {
				if x.Country == y.Country || x.Country == "" || y.Country == "" {
					return false
				}
			}
		}
	}
	return true
}

func (r *reading) samePlace(p, q int) bool {
	a, b := &r.places[p], &r.places[q]
	if a.name() == b.name() || strings.HasPrefix(a.name(), b.name()+" ") || strings.HasPrefix(b.name(), a.name()+" ") || a.ID != 0 && a.ID == b.ID {
		return true
	}
	if a.Country != b.Country {
		return false
	}
	if a.town() && b.town() && (a.Kind > gazetteer.Settlement) != (b.Kind > gazetteer.Settlement) && r.gaz.Admin(a.ID) == r.gaz.Admin(b.ID) && r.mayHold(a.ID, b.ID) {
		return true // a quarter or site, and the town that it may be in
	}
	if a.admin == b.name() || b.admin == a.name() || a.town() && b.town() && (r.gaz.Within(a.ID, b.ID) || r.gaz.Within(b.ID, a.ID)) {
		return true
	}
	return false
}

// mayHold tells whether a site or quarter lies in reach of a town, as far as is known: a village's is
// short.
func (r *reading) mayHold(a, b gazetteer.ID) bool {
	reach := min(25_000, 5_000+3*max(r.gaz.Radius(a), r.gaz.Radius(b)))
	return !r.gaz.Place(a).Located || !r.gaz.Place(b).Located || r.gaz.Near(a, b, float64(reach))
}

// onlyMaybeIn tells whether one of two places is a site of which nobody knows that it is in
// the other, a town: entries of a round-up are of one each.
func (r *reading) onlyMaybeIn(p, q int) bool {
	a, b := &r.places[p], &r.places[q]
	return a.town() && b.town() && (a.Kind > gazetteer.Settlement) != (b.Kind > gazetteer.Settlement) && a.name() != b.name() &&
		a.admin != b.name() && b.admin != a.name() && !r.gaz.Within(a.ID, b.ID) && !r.gaz.Within(b.ID, a.ID)
}

func (r *reading) abroad(c *clause, x *incident) bool {
	home := ""
	for _, p := range x.at {
		home = r.places[p].Country
		break
	}
	if home == "" {
		return false
	}
	away := false
	for _, p := range c.places {
		pl := &r.places[p]
		if pl.Demonym || pl.Country == "" || !r.located(p) {
			continue // "in Pavilion C": nobody knows whose
		}
		if pl.Country == home {
			return false
		}
		away = true
	}
	return away
}

// indefinite tells whether the clause brings its incident as new: "an armed
// drone struck", "gunmen killed", never "the attack".
func (r *reading) indefinite(c *clause) bool {
	if r.ofKnown(c) {
		return false
	}
	for _, k := range c.kinds {
		if r.ofDay(k) {
			continue
		}
		g := r.group(k)
		if g < 0 {
			return true
		}
		d := r.groups[g].det
		if d == "the" || d == "this" || d == "that" || d == "his" || d == "its" || d == "their" {
			continue
		}
		return true
	}
	return len(c.kinds) == 0 && len(c.figs) > 0
}

// ofKnown tells whether a clause goes on about people who were spoken of: "The men were
// killed when settlers attacked".
func (r *reading) ofKnown(c *clause) bool {
	return slices.ContainsFunc(c.figs, func(f int) bool {
		m := &r.figs[f]
		if m.scope != "current" || m.group < 0 || m.group >= len(r.groups) {
			return false
		}
		g := &r.groups[m.group]
		return g.plural && g.q == nil && (g.det == "the" || g.det == "these" || g.det == "those")
	})
}

// ofDay tells whether the word for an incident at word k stands with the day by which
// it is known: "Tuesday's attack", "last weekend's church massacre".
func (r *reading) ofDay(k int) bool {
	for n := k - 1; n >= 0 && n >= k-5; n-- {
		w := &r.words[n]
		if w.date > 0 {
			return r.dates[w.date-1].owns
		}
		if w.punct || w.is(lexicon.Prep|lexicon.Aux|lexicon.Harm) {
			return false
		}
	}
	return false
}

func (r *reading) definite(c *clause) bool {
	for _, k := range c.kinds {
		if g := r.group(k); g >= 0 && (r.groups[g].det == "the" || r.groups[g].det == "this") || r.ofDay(k) {
			return true
		}
	}
	return false
}
