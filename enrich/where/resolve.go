package where

import (
	"math"
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
)

// candidate is a place that a mention may be, and what speaks for it.
type candidate struct {
	gazetteer.Match
	prior  float32 // how likely it is before the text is asked
	linked float32 // what its neighbours say of it
	score  float32
}

// group is all mentions of one name: a text means one place by it.
type group struct {
	first   int // of its mentions
	last    int
	base    uint64 // its name
	cands   Range
	weight  float64      // of the votes that it has
	best    int          // in Reader.cands, -1 for none
	country gazetteer.ID // of the best
	sole    bool         // all candidates are in one country
	sound   bool         // only the sound of the name is known
	margin  float32      // between the best and the best of another country
	linked  float32      // what the text says of the best through its neighbours
}

// vote is how much of the text is about a country.
type vote struct {
	country gazetteer.ID
	weight  float64
}

// The weights, in orders of magnitude of population: a candidate that the text
// speaks for by 1 may be ten times smaller than another. They were set by hand on
// the cases under testdata, where a change of a third changes little.
const (
	forCountry   = 3.0 // all other places of the text are in its country
	forHolder    = 5.0 // the text says what holds it
	forNeighbour = 1.5 // the place beside it is in its country
	against      = 3.0 // the text says that something else holds it
	forKind      = 1.5 // "province", "village" beside the name fit
	atMost       = 2.3 // of the two above together: who says Toronto means the city
	forNearby    = 0.7 // another place of the text is within nearby
	forHint      = 1.5 // it is the feed's country
	forShort     = 4.0 // it is called by what is also a country's name at home: Nigeria's Niger
	forUnrest    = 0.6 // its country has a war
	nearby       = 120_000
)

// unrest lists the countries that most news of violence is from.
const unrest = "AF BD BF BI CD CF CM CO EC EG ET GT HN HT IL IN IQ IR KE LB LY ML MM MX MZ NE NG NI PE PH PK PS RU SD SO SS SV SY TD TH TR UA UG VE YE"

func (r *Reader) prior(m gazetteer.Match) float32 {
	people := r.gaz.Population(m.ID)
	p := magnitude(people + 500)
	switch r.gaz.Kind(m.ID) {
	case gazetteer.Country:
		p = 5.5 + magnitude(people+1)/4
	case gazetteer.Area:
		p = 6.5
	case gazetteer.Sea:
		p = 7
	case gazetteer.River:
		p = 5
	case gazetteer.Admin1:
		p = min(p, 6.5) - 1
	case gazetteer.Admin2:
		p -= 1
	}
	if m.How == gazetteer.Named && (r.gaz.Notable(m.ID) || r.gaz.Capital(m.ID)) {
		p += 0.8
	}
	if r.unrest[r.gaz.CountryOf(m.ID)] {
		p += forUnrest
	}
	switch m.How {
	case gazetteer.Also:
		p -= 0.5
	case gazetteer.Variant:
		p -= 0.3
	case gazetteer.Alike:
		p -= 2
	}
	return float32(p)
}

// magnitude is log10, good to a hundredth.
func magnitude(n int) float64 {
	bits := math.Float32bits(float32(n))
	return (float64(bits)/(1<<23) - 126.957) * 0.30103
}

// Resolve decides which place each mention of a text is. hint is the country that
// the text is likely about if nothing in it tells, "" for none. The work grows
// with the number of mentions and no faster.
func (r *Reader) Resolve(ms []Mention, hint string) {
	r.group(ms)
	likely := r.gaz.CountryID(hint)
	for changed := 2; changed > 0; changed-- {
		r.count(ms)
		same := true
		for g := range r.groups {
			before := r.groups[g].country
			r.weigh(ms, g, likely)
			same = same && r.groups[g].country == before
		}
		if same {
			break
		}
	}
	r.count(ms)
	for i := range ms {
		m := &ms[i]
		if g := m.group; g >= 0 {
			r.settle(ms, i, g)
		}
	}
	// "The Somali capital", "this capital".
	dateline := -1
	for i := range ms {
		if ms[i].Dateline && ms[i].ID != 0 && (dateline < 0 || ms[i].Kind >= gazetteer.Settlement && ms[dateline].Kind < gazetteer.Settlement) {
			dateline = i
		}
	}
	for i := range ms {
		m := &ms[i]
		switch {
		case m.Capital && m.Here: // "in the capital": of the country that the text is about
			if c := r.leader(); c != 0 {
				r.become(m, r.gaz.CapitalOf(r.gaz.Country(c)))
			}
		case m.Capital && i > 0 && ms[i-1].Kind > gazetteer.Country && !ms[i-1].Demonym:
			// "Manipur's capital" is not that of its country, and which it is no row says.
		case m.Capital && i > 0:
			r.become(m, r.gaz.CapitalOf(ms[i-1].Country))
		case m.Part:
			r.become(m, r.leader())
		case m.Here && dateline >= 0:
			r.become(m, ms[dateline].ID)
		case m.Here:
			if c := r.leader(); c != 0 {
				r.become(m, r.gaz.CapitalOf(r.gaz.Country(c)))
			}
		}
	}
}

func (r *Reader) become(m *Mention, id gazetteer.ID) {
	if id == 0 {
		return
	}
	m.ID, m.Kind, m.Country = id, r.gaz.Kind(id), r.gaz.Country(id)
}

// leader is the country that most of the text is about, 0 where none leads.
func (r *Reader) leader() gazetteer.ID {
	best, second := vote{}, 0.0
	for _, v := range r.votes {
		if v.weight > best.weight {
			second, best = best.weight, v
		} else {
			second = max(second, v.weight)
		}
	}
	if best.weight > 1.2*second {
		return best.country
	}
	return 0
}

// group puts the mentions of one name together.
func (r *Reader) group(ms []Mention) {
	r.groups, r.opening = r.groups[:0], -1
	clear(r.byName)
	for i := range ms {
		m := &ms[i]
		m.ID, m.Kind, m.Country, m.group = 0, gazetteer.None, "", -1
		if m.cands.from == m.cands.to {
			continue
		}
		key, base := nameKey(m)
		m.next = -1
		if g, ok := r.byName[key]; ok {
			ms[r.groups[g].last].next = i
			r.groups[g].last = i
			m.group = g
			continue
		}
		g := group{first: i, last: i, base: base, cands: m.cands, best: -1, sole: true, sound: true}
		for k := m.cands.from; k < m.cands.to; k++ {
			if c := r.gaz.CountryOf(r.cands[k].ID); k == m.cands.from {
				g.country = c
			} else if c != g.country {
				g.sole = false
			}
			g.sound = g.sound && r.cands[k].How == gazetteer.Alike
		}
		if !g.sole {
			g.country = 0
		}
		m.group = len(r.groups)
		if m.open && r.opening < 0 {
			r.opening = m.group
		}
		r.byName[key] = m.group
		r.groups = append(r.groups, g)
	}
}

// nameKey is what tells names apart: where the same word is a province or opens a
// dateline it is another. base is the name's alone. (FNV-1a of 64 bits.)
func nameKey(m *Mention) (key, base uint64) {
	name := m.Name
	if m.Region {
		if k := strings.LastIndexByte(name, ' '); k >= 0 && m.cands.to > m.cands.from {
			name = name[k+1:]
		}
	}
	h := uint64(14695981039346656037)
	add := func(c byte) { h = (h ^ uint64(c)) * 1099511628211 }
	for i := 0; i < len(name); i++ {
		c := name[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		add(c)
	}
	base = h
	if m.cue == gazetteer.Admin1 {
		add('1')
	}
	if m.open {
		add('2')
	}
	return h, base
}

// worth is how much a mention tells of what the text is about.
func worth(m *Mention) float64 {
	w := 1.0
	if m.Title {
		w = 1.5
	}
	switch {
	case m.Foreign:
		w *= 0.1
	case m.Demonym && m.Forces:
		w *= 0.7
	case m.Demonym && !m.Office:
		w *= 0.25
	}
	if m.Dateline {
		w *= 0.8
	}
	if m.Border {
		w *= 0.4
	}
	return w / (1 + 0.07*float64(m.Sentence))
}

// count gives each group's country the votes of its mentions.
func (r *Reader) count(ms []Mention) {
	r.votes = r.votes[:0]
	for _, v := range r.lean {
		r.vote(v.country, v.weight)
	}
	for g := range r.groups {
		r.groups[g].weight = 0
	}
	for i := range ms {
		g := ms[i].group
		if g < 0 {
			continue
		}
		x := &r.groups[g]
		if x.country == 0 || x.sound {
			continue
		}
		w := worth(&ms[i])
		if !x.sole {
			w *= max(0.1, min(0.8, float64(x.margin)/2))
		}
		if ms[i].weak {
			w *= 0.5
		}
		x.weight += w
		r.vote(x.country, w)
	}
}

func (r *Reader) vote(country gazetteer.ID, w float64) {
	for i := range r.votes {
		if r.votes[i].country == country {
			r.votes[i].weight += w
			return
		}
	}
	if len(r.votes) < 64 {
		r.votes = append(r.votes, vote{country, w})
	}
}

// share is how much of the text, without group g, is about a country: from 0 to 1,
// and not near 1 where the text says little.
func (r *Reader) share(country gazetteer.ID, g *group) float64 {
	if country == 0 {
		return 0
	}
	all, its := 0.0, 0.0
	for i := range r.votes {
		v := &r.votes[i]
		w := v.weight
		if v.country == g.country {
			w -= g.weight
		}
		all += w
		if v.country == country {
			its = w
		}
	}
	return max(0, its) / (all + 0.3)
}

// said is how much of the text, without group g, is about any country.
func (r *Reader) said(g *group) float64 {
	all := -g.weight
	for _, v := range r.votes {
		all += v.weight
	}
	return all
}

// asked is how many candidates of a neighbour, and how many mentions of a name,
// are looked at.
const asked = 12

// weigh scores the candidates of a group and finds the best.
func (r *Reader) weigh(ms []Mention, gi int, hint gazetteer.ID) {
	g := &r.groups[gi]
	if g.cands.to-g.cands.from == 1 { // there is no choice
		g.best, g.margin = g.cands.from, 4
		g.linked = r.linked(ms, g, &r.cands[g.best])
		return
	}
	best := -1
	var country gazetteer.ID
	shares := [4]struct {
		country gazetteer.ID
		share   float64
	}{}
	n := 0
	for k := g.cands.from; k < g.cands.to; k++ {
		c := &r.cands[k]
		code := r.gaz.CountryOf(c.ID)
		share, ok := 0.0, false
		for s := range n {
			if shares[s].country == code {
				share, ok = shares[s].share, true
			}
		}
		if !ok {
			share = r.share(code, g)
			if n < len(shares) {
				shares[n].country, shares[n].share = code, share
				n++
			}
		}
		c.score = forCountry * float32(share)
		linked := r.linked(ms, g, c)
		if c.linked = linked; linked > forNeighbour || linked < 0 {
			c.score += linked
		} else {
			c.score = min(c.score+linked, atMost)
		}
		c.score += c.prior
		if o := r.opening; o >= 0 && o != gi && r.groups[o].base == g.base && r.groups[o].best >= 0 && r.gaz.CountryOf(r.cands[r.groups[o].best].ID) == code {
			c.score += forNeighbour // the town that the dateline names
		}
		if hint != 0 && code == hint {
			c.score += forHint
		}
		if c.How == gazetteer.Variant && r.gaz.Kind(c.ID) == gazetteer.Admin1 && r.aCountry(g) && !ms[g.first].Border && (r.Leaning() == code || r.holdsAnother(gi, c.ID)) {
			c.score += forShort
		}
		if m := &ms[g.first]; m.cue != gazetteer.None {
			c.score += fits(m.cue, r.gaz.Kind(c.ID))
		}
		if ms[g.first].cue == gazetteer.None && r.ofItsCountry(g, c.ID) {
			c.score -= against // "western Mexico", in a text from Mexico City
		}
		if best < 0 || c.score > r.cands[best].score {
			best, country = k, code
		}
	}
	if best >= 0 {
		for k := g.cands.from; k < g.cands.to; k++ {
			c := &r.cands[k]
			if c.score > r.cands[best].score-forNearby && r.besides(gi, c.ID) {
				c.score += forNearby
			}
		}
		for k := g.cands.from; k < g.cands.to; k++ {
			if r.cands[k].score > r.cands[best].score {
				best = k
			}
		}
		country = r.gaz.CountryOf(r.cands[best].ID)
	}
	if best >= 0 && ms[g.first].cue == gazetteer.None {
		best = r.seat(g, best)
	}
	g.best, g.margin, g.linked = best, 4, r.cands[best].linked
	for k := g.cands.from; k < g.cands.to; k++ {
		if c := &r.cands[k]; r.gaz.CountryOf(c.ID) != country {
			g.margin = min(g.margin, r.cands[best].score-c.score)
		}
	}
	if country != g.country {
		g.weight = 0 // it votes anew
	}
	g.country = country
}

// seat is the town of a division's name in it, if there is one: who says no
// "province" means the town.
func (r *Reader) seat(g *group, best int) int {
	division := r.cands[best].ID
	if k := r.gaz.Kind(division); k == gazetteer.Settlement {
		for k := g.cands.from; k < g.cands.to; k++ {
			if r.gaz.Kind(r.cands[k].ID) == gazetteer.Admin1 && r.gaz.Within(division, r.cands[k].ID) && r.outshines(k, best) {
				return k
			}
		}
		return best
	} else if k != gazetteer.Admin1 && k != gazetteer.Admin2 {
		return best
	}
	for k := g.cands.from; k < g.cands.to; k++ {
		id := r.cands[k].ID
		if r.gaz.Kind(id) == gazetteer.Settlement && r.cands[k].How <= gazetteer.Also && r.gaz.Within(id, division) && r.gaz.Population(id) >= 5000 && !r.outshines(best, k) {
			return k
		}
	}
	return best
}

// outshines tells whether a division is known by a name that a town in it has too, but hardly
// anywhere: Bihar is a state, though Bihar Sharif has been called so.
func (r *Reader) outshines(division, town int) bool {
	d, t := &r.cands[division], &r.cands[town]
	return d.How == gazetteer.Named && t.How == gazetteer.Also && r.gaz.Population(t.ID) < r.gaz.Population(d.ID)/10
}

// besides tells whether another place of the text is near.
func (r *Reader) besides(gi int, id gazetteer.ID) bool {
	if r.gaz.Kind(id) < gazetteer.Admin2 {
		return false
	}
	for n, other := 0, 0; other < len(r.groups) && n < asked; other++ {
		o := &r.groups[other]
		if other == gi || o.best < 0 {
			continue
		}
		x := r.cands[o.best].ID
		if r.gaz.Kind(x) < gazetteer.Admin2 {
			continue
		}
		n++
		if r.gaz.Near(id, x, nearby) {
			return true
		}
	}
	return false
}

// aCountry tells whether a country may be meant.
func (r *Reader) aCountry(g *group) bool {
	return slices.ContainsFunc(r.cands[g.cands.from:g.cands.to], func(c candidate) bool { return r.gaz.Kind(c.ID) == gazetteer.Country })
}

// holdsAnother tells whether another place of the text is in a division.
func (r *Reader) holdsAnother(gi int, division gazetteer.ID) bool {
	for n, other := 0, 0; other < len(r.groups) && n < asked; other++ {
		o := &r.groups[other]
		if other == gi || o.best < 0 {
			continue
		}
		n++
		if x := r.cands[o.best].ID; x != division && r.gaz.Within(x, division) {
			return true
		}
	}
	return false
}

// ofItsCountry tells whether a town or division that has a longer name, or another, is
// called by its country's.
func (r *Reader) ofItsCountry(g *group, id gazetteer.ID) bool {
	code := r.gaz.CountryOf(id)
	return id != code && r.gaz.Name(id) != r.gaz.Name(code) && slices.ContainsFunc(r.cands[g.cands.from:g.cands.to], func(c candidate) bool { return c.ID == code })
}

// fits weighs the word for a place beside its name.
func fits(cue, kind gazetteer.Kind) float32 {
	if cue == kind {
		return forKind
	}
	pair := func(a, b gazetteer.Kind) bool { return cue == a && kind == b || cue == b && kind == a }
	switch {
	case pair(gazetteer.Admin1, gazetteer.Admin2), pair(gazetteer.Settlement, gazetteer.District), cue == gazetteer.Admin1 && kind == gazetteer.Area, cue == gazetteer.Area, cue == gazetteer.Admin2 && kind == gazetteer.District,
		cue == gazetteer.District && kind == gazetteer.Admin2, cue == gazetteer.Camp, cue == gazetteer.Site:
		return forKind / 3
	case cue == gazetteer.Admin2 && kind == gazetteer.Settlement, cue == gazetteer.Settlement && kind == gazetteer.Admin2:
		return 0
	case kind == gazetteer.Country:
		return -2 * forKind
	}
	return -forKind
}

// linked weighs what the text says of a candidate through the mentions beside it.
func (r *Reader) linked(ms []Mention, g *group, c *candidate) float32 {
	s := float32(0)
	for n, i := 0, g.first; i >= 0 && n < asked; n, i = n+1, ms[i].next {
		m := &ms[i]
		if m.link != alone && i > 0 {
			s = stronger(s, r.pair(&ms[i-1], m.link, c, false))
		}
		if i+1 < len(ms) && ms[i+1].link != alone {
			s = stronger(s, r.pair(&ms[i+1], ms[i+1].link, c, true))
		}
	}
	return s
}

func stronger(a, b float32) float32 {
	if max(b, -b) > max(a, -a) {
		return b
	}
	return a
}

// pair weighs a candidate by one neighbour. before is set where the candidate's
// mention stands first; l is the link of the second.
func (r *Reader) pair(o *Mention, l link, c *candidate, before bool) float32 {
	if o.Border || o.cands.from == o.cands.to {
		return 0
	}
	in := l == inside || l == comma
	held := (in && before || l == holds && !before) && o.Away == nil // the neighbour holds the candidate
	holding := in && !before || l == holds && before
	top := o.cands.to
	if top > o.cands.from+asked {
		top = o.cands.from + asked
	}
	s := float32(0)
	code := r.gaz.CountryOf(c.ID)
	for k := o.cands.from; k < top; k++ {
		x := r.cands[k].ID
		// A neighbour that may be many is worth less as a witness for the unlikely ones.
		doubt := (r.cands[o.cands.from].prior - r.cands[k].prior) / 2
		v := float32(0)
		switch {
		case c.ID == x:
		case held && r.gaz.Within(c.ID, x), holding && r.gaz.Within(x, c.ID):
			v = forHolder - doubt
		case code != 0 && r.gaz.CountryOf(x) == code:
			if v = forNeighbour - doubt; l != sibling && r.gaz.Kind(c.ID) >= gazetteer.Settlement && r.gaz.Kind(x) >= gazetteer.Settlement && !r.gaz.Near(c.ID, x, nearby) {
				v /= 4 // one is a part of the other, or they are a list: far apart in a country they are neither
			}
		}
		s = max(s, v)
	}
	around := r.cands[o.cands.from].ID
	if l == comma && r.gaz.Kind(c.ID) == gazetteer.Country && r.gaz.Kind(around) == gazetteer.Country {
		return max(s, 0) // "Lebanon, Syria and Jordan"
	}
	if l == comma && r.gaz.Kind(around) >= gazetteer.Settlement {
		if around = r.namesake(o.cands, around); around == 0 {
			return max(s, 0) // two towns in a row: a list, more often than not
		}
	}
	if held && s < forHolder/2 && r.tooFar(c.ID, around) {
		return -against // "La Rambla of Barcelona" is not the town in Andalusia
	}
	if s <= 0 && held && o.cands.to-o.cands.from == 1 && code != r.gaz.CountryOf(r.cands[o.cands.from].ID) && r.gaz.CountryOf(r.cands[o.cands.from].ID) != 0 {
		return -against
	}
	return max(s, 0)
}

// tooFar tells whether a place cannot be in a town or division that the text says
// holds it.
func (r *Reader) tooFar(id, in gazetteer.ID) bool {
	switch r.gaz.Kind(in) {
	case gazetteer.Settlement, gazetteer.Admin1, gazetteer.Admin2, gazetteer.District:
	default:
		return false
	}
	if k := r.gaz.Kind(id); k < gazetteer.Settlement {
		return r.gaz.Kind(in) == gazetteer.Settlement && (k == gazetteer.Admin1 || k == gazetteer.Admin2) && !r.gaz.Within(in, id) // Karen in Nairobi is no state
	}
	return !r.gaz.Near(id, in, 2*float64(r.gaz.Radius(in))+30_000)
}

// settle gives a mention the best place of its group, if enough speaks for it.
func (r *Reader) settle(ms []Mention, i, gi int) {
	m, g := &ms[i], &r.groups[gi]
	if g.best < 0 {
		return
	}
	c := &r.cands[g.best]
	if m.weak && !r.sure(ms, g, c) || g.linked <= -against {
		return // "Adamawa, Cameroon", where only Nigeria's is known by that name
	}
	if r.stray(g, c) || m.cue == gazetteer.District && (i+1 == len(ms) || ms[i+1].link == alone) && r.quarter(g, c) {
		return
	}
	m.ID, m.Kind, m.Country = c.ID, r.gaz.Kind(c.ID), r.gaz.Country(c.ID)
	m.Demonym = m.Demonym || c.How == gazetteer.Demonym
	m.Seat = 0
	if m.cue == gazetteer.None && m.Kind == gazetteer.Settlement {
		m.Seat = r.namesake(g.cands, m.ID)
	}
	if m.Region && m.Kind >= gazetteer.Settlement {
		m.Region = false // "eastern Mosul" is in Mosul
	}
}

// stray tells whether a name is only that of some small town in a country that the
// text never speaks of, while it speaks of another: a town that no gazetteer has is
// likelier than that one.
func (r *Reader) stray(g *group, c *candidate) bool {
	if r.gaz.Kind(c.ID) < gazetteer.Settlement || g.linked != 0 || r.gaz.Population(c.ID) >= strayPeople || r.gaz.Notable(c.ID) || r.gaz.Capital(c.ID) {
		return false
	}
	code := r.gaz.CountryOf(c.ID)
	if r.share(code, g) > 0 && r.spokenOf(code, g) {
		return false
	}
	all := 0.0
	for _, v := range r.votes {
		if v.country != code {
			all += v.weight
		}
	}
	for _, v := range r.votes {
		if v.country != code && v.weight >= 0.6*(all+0.3) && r.spokenOf(v.country, g) {
			return v.weight >= strayVotes
		}
	}
	return false
}

// quarter tells whether a quarter only has the name of some town: "in the Medina
// neighbourhood" of San Pedro Sula, where the text says nothing else of Arabia.
func (r *Reader) quarter(g *group, c *candidate) bool {
	code := r.gaz.CountryOf(c.ID)
	if r.gaz.Kind(c.ID) != gazetteer.Settlement || g.linked > 0 || r.spokenOf(code, g) {
		return false
	}
	for _, v := range r.votes {
		if v.country != code && r.spokenOf(v.country, g) {
			return true
		}
	}
	return false
}

// spokenOf tells whether a text names a country, a division or a town of size in it,
// beside group g: other small towns may be strays themselves.
func (r *Reader) spokenOf(country gazetteer.ID, g *group) bool {
	for i := range r.groups {
		o := &r.groups[i]
		if o == g || o.best < 0 || o.country != country {
			continue
		}
		id := r.cands[o.best].ID
		if r.gaz.Kind(id) < gazetteer.Settlement || r.gaz.Population(id) >= strayPeople || r.gaz.Notable(id) || r.gaz.Capital(id) {
			return true
		}
	}
	for _, v := range r.lean {
		if v.country == country {
			return true
		}
	}
	return false
}

const (
	strayPeople = 30_000
	strayVotes  = 0.6
)

// namesake is the largest division of a town's name that holds it, 0 for none.
func (r *Reader) namesake(cands Range, town gazetteer.ID) gazetteer.ID {
	var best gazetteer.ID
	for k := cands.from; k < cands.to; k++ {
		id := r.cands[k].ID
		if kind := r.gaz.Kind(id); (kind == gazetteer.Admin1 || kind == gazetteer.Admin2) && r.gaz.Within(town, id) && (best == 0 || kind < r.gaz.Kind(best)) {
			best = id
		}
	}
	return best
}

// sure tells whether a name that only the grammar shows to be a place is the
// candidate: all its namesakes are in one country, or the text speaks for it.
func (r *Reader) sure(ms []Mention, g *group, c *candidate) bool {
	code := r.gaz.CountryOf(c.ID)
	share := r.share(code, g)
	linked := g.linked
	people := r.gaz.Population(c.ID)
	if c.How == gazetteer.Alike {
		return linked >= forNeighbour || share >= 0.4 || g.sole && people >= 100_000 && len(ms[g.first].Name) > 5
	}
	if linked >= forNeighbour/2 || share >= 0.25 {
		return true
	}
	if share == 0 && people < 100_000 && r.said(g) >= 1 {
		return false // the text is about another country
	}
	if ms[g.first].compass {
		return false
	}
	if g.sole {
		return people >= 100_000 || c.How != gazetteer.Also && people >= 5000 || len(ms[g.first].Name) > 8 && strings.Contains(ms[g.first].Name, " ") || len(ms[g.first].Name) > 4 && (r.unrest[code] || c.How != gazetteer.Also && len(ms[g.first].Name) > 6)
	}
	return g.margin >= 0.9
}
