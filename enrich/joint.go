package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// Articles that tell of several incidents at once: round-ups with a label for each
// place, and sums that are taken apart further down: "two blasts killed nine … The
// first … killed six".

// labelled is the place that a sentence begins with as its label: "Odesa: hit on a
// house, 1 dead", "Sumy region: Konotop, a depot", "Fizi. Four people died". -1 where there is none.
func (r *reading) labelled(s *sentence) int {
	if s.title {
		return -1
	}
	p := -1
	for k := s.first; k < min(s.first+4, s.last); k++ {
		w := &r.words[k]
		switch {
		case w.place > 0 && p < 0:
			if p = w.place - 1; r.places[p].Demonym || r.places[p].country() || r.places[p].rank() < 4 {
				return -1
			}
		case w.low == ":", w.low == "." && k == s.last-1:
			return p
		case p >= 0 && s.dateline > 0 && k == s.first+s.dateline-1:
			return p // "VILLEURBANNE - A youth was shot", in a column of news in brief
		case p >= 0 && !w.punct && (w.low == "region" || w.low == "district" || w.low == "province" || w.low == "oblast" || w.low == "city" || w.low == "area"):
		default:
			return -1
		}
	}
	return -1
}

// headed tells whether a sentence opens a paragraph under a heading in capitals, which may
// be no place: "EXTORTION: A home-made bomb …".
func (r *reading) headed(si int) bool {
	s := &r.sents[si]
	end := s.first + s.dateline - 1
	if s.title || s.dateline < 2 || si > 0 && r.sents[si-1].para == s.para || r.words[end].low != ":" || !r.words[s.first].caps {
		return false
	}
	for k := s.first; k < end; k++ {
		switch r.words[k].low {
		case "update", "updates", "updated", "breaking", "latest", "developing", "original", "story", "just", "now", "photo", "photos", "video", "watch", "read", "related", "note", "correction", "source", "sources", "q", "a":
			return false // of the one story
		}
	}
	return true
}

// dayHead is the day with which a paragraph begins as its heading, 1 + its index: "Tuesday, 5 May.
// Gunmen fire on …", "Sunday: a patrol was ambushed". 0 where there is none.
func (r *reading) dayHead(si int) int {
	s := &r.sents[si]
	if !r.opensPara(si) {
		return 0
	}
	d := 0
	for k := s.first; k < min(s.first+6, s.last); k++ {
		w := &r.words[k]
		switch {
		case w.date > 0 && r.isDay(w.date-1):
			d = w.date
		case d > 0 && (w.low == ":" || w.low == "." || w.low == "–" || w.low == "—"):
			return d
		case d == 0 && w.low != "on", w.low != "," && w.q == nil && !w.upper && d > 0:
			return 0
		}
	}
	return 0
}

// landHead is the country with which a paragraph begins as its heading, 1 + its index: "TOGO - A
// bomb killed …", "Togo: …", "Togo. A bomb …". 0 where there is none.
func (r *reading) landHead(si int) int {
	s := &r.sents[si]
	if !r.opensPara(si) || s.last-s.first < 2 {
		return 0
	}
	p := r.words[s.first].place
	if p == 0 || !r.places[p-1].country() || r.places[p-1].Demonym {
		return 0
	}
	switch r.words[s.first+1].low {
	case ":", ".", "-", "–", "—":
		return p
	}
	return 0
}

// otherDayHead tells whether the paragraph of clause i, with a day for its heading, tells of
// another place than incident x: a chronicle of one incident has such headings, too.
func (r *reading) otherDayHead(cs []clause, i int, x *incident) bool {
	for n := i; n < len(cs) && r.sents[cs[n].sent].para == r.sents[cs[i].sent].para; n++ {
		if r.placedApart(&cs[n], x, 4) {
			return true
		}
	}
	return false
}

// roundUp tells whether an article gives places as labels to at least two of its
// sentences, days or countries to two of its paragraphs, or headings to three. Of datelines, most of its paragraphs
// must have one: a page that joins two stories has as many, and is no column of briefs.
func (r *reading) roundUp() bool {
	labels, datelines, heads, days, paragraphs := 0, 0, 0, 0, 0
	land, lands := 0, false
	for si := range r.sents {
		s := &r.sents[si]
		if r.opensPara(si) {
			paragraphs++
		}
		if r.labelled(s) >= 0 {
			if s.dateline > 0 && r.words[s.first+s.dateline-1].low != ":" {
				datelines++
			} else {
				labels++
			}
		}
		if r.headed(si) {
			heads++
		}
		if r.dayHead(si) > 0 {
			days++
		}
		if p := r.landHead(si); p > 0 {
			if land > 0 && !r.samePlace(p-1, land-1) {
				lands = true
			}
			land = p
		}
	}
	return lands || labels > 1 || days > 1 || datelines > 1 && 2*datelines > paragraphs || heads > 2
}

// entry tells whether clause i is the first of a paragraph under a label or a heading that
// has something to tell, and from which clause the paragraph's text begins. label is the
// place that heads it, -1 for another heading.
func (r *reading) entry(cs []clause, i int) (from, label int, ok bool) {
	s := &r.sents[cs[i].sent]
	if !r.tolls(&cs[i]) {
		return 0, -1, false
	}
	for from = i; from > 0 && r.sents[cs[from-1].sent].para == s.para && !r.sents[cs[from-1].sent].title; from-- {
		if d := &cs[from-1]; len(d.kinds)+len(d.figs) > 0 {
			// Each sentence may have a label of its own.
			label = r.labelled(s)
			return i, label, label >= 0 && cs[i].first == s.first+s.dateline
		}
	}
	head := cs[from].sent
	return from, r.labelled(&r.sents[head]), r.heads(head)
}

// heads tells whether a sentence begins with a label or a heading.
func (r *reading) heads(si int) bool {
	return r.labelled(&r.sents[si]) >= 0 || r.headed(si) || r.dayHead(si) > 0 || r.landHead(si) > 0
}

// underHead gives the first incident of a round-up, which clause i tells of, the place or
// the day that heads its paragraph.
func (r *reading) underHead(x *incident, cs []clause, i int) {
	s := &r.sents[cs[i].sent]
	p := r.labelled(s)
	if head := r.paraOf(cs[i].sent); p < 0 && head < cs[i].sent {
		p = r.labelled(&r.sents[head])
	}
	if p >= 0 {
		x.places, x.at = append(x.places, p), append(x.at, p)
	}
	if p := r.landHead(r.paraOf(cs[i].sent)); p > 0 {
		x.places = append(x.places, p-1)
	}
	if r.dayHead(r.paraOf(cs[i].sent)) == 0 {
		return
	}
	for n := i - 1; n >= 0 && r.sents[cs[n].sent].para == s.para && !r.sents[cs[n].sent].title; n-- {
		r.join(x, &cs[n], n, s)
	}
}

// paraOf is the sentence with which the paragraph of sentence si begins.
func (r *reading) paraOf(si int) int {
	for si > 0 && r.sents[si-1].para == r.sents[si].para && !r.sents[si-1].title {
		si--
	}
	return si
}

// opensPara tells whether a sentence of the body is the first of its paragraph.
func (r *reading) opensPara(si int) bool { return !r.sents[si].title && r.paraOf(si) == si }

// topic tells whether sentence si opens a paragraph with a label: "Tobacco war: A shop in
// Bankstown was firebombed."
func (r *reading) topic(si int) bool {
	s := &r.sents[si]
	if !r.opensPara(si) {
		return false
	}
	for k := s.first; k < min(s.first+6, s.last); k++ {
		if w := &r.words[k]; w.low == ":" {
			return k > s.first && k+2 < s.last
		} else if w.punct || w.date > 0 || speaks(w.low) {
			return false
		}
	}
	return false
}

// digest tells whether an article is a list of the day's topics, each with its label.
func (r *reading) digest() bool {
	n := 0
	for si := range r.sents {
		if r.topic(si) {
			n++
		}
	}
	return n > 2
}

// otherTopic tells whether a clause of a digest opens a topic that is not the incident's:
// something else happened, and elsewhere.
func (r *reading) otherTopic(c *clause, x *incident) bool {
	if !r.topic(c.sent) || !r.saysWhat(c) || c.scope != "current" || !r.otherFamily(c, x) {
		return false
	}
	return slices.ContainsFunc(c.places, func(p int) bool {
		return r.places[p].rank() >= 4 && r.located(p) && !slices.ContainsFunc(few(x.places), func(q int) bool { return r.places[p].name() == r.places[q].name() })
	})
}

// liveBlog tells whether an article is a list of entries with their hours: each may be of
// another incident, and what stands further down is older.
func (r *reading) liveBlog() bool { return r.entries > 1 }

// otherEntry tells whether the entry of a live blog that begins with clause i is of another
// incident than x: it says what happened, to whom and where or when, and that was of
// another kind.
func (r *reading) otherEntry(cs []clause, i int, x *incident) bool {
	if !r.liveBlog() {
		return false
	}
	mine, _, _ := r.typed(x, false)
	entry := r.sents[cs[i].sent].entry
	if !specific(mine) || slices.ContainsFunc(few(x.clauses), func(k int) bool { return r.sents[cs[k].sent].entry == entry }) {
		return false
	}
	other, hurt, placed := false, false, false
	for n := i; n < len(cs) && r.sents[cs[n].sent].entry == entry; n++ {
		c := &cs[n]
		if c.scope != "current" {
			continue
		}
		for _, k := range c.kinds {
			switch t := r.words[k].e.Type; {
			case r.words[k].is(lexicon.Person), !specific(t):
			case t == mine:
				return false
			default:
				other = true
			}
		}
		for _, f := range c.figs {
			m := &r.figs[f]
			hurt = hurt || m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && m.q.Quantifier != "none"
		}
		placed = placed || len(c.dates) > 0 || slices.ContainsFunc(c.places, func(p int) bool { return r.places[p].rank() >= 5 && r.located(p) })
	}
	return other && hurt && placed
}

// specific tells whether a type names a means or a deed that others are told from.
func specific(t string) bool {
	switch t {
	case "", "unknown", "explosion", "armed_attack", "bodies_found", "security_operation":
		return false
	}
	return Family(t) != "law"
}

// newer tells whether sentence a of a live blog is of a newer entry than sentence b below
// it: most begin with what came last.
func (r *reading) newer(a, b int) bool {
	return r.sents[b].entry > 0 && r.sents[a].entry > r.sents[b].entry
}

// severalAt tells whether word k names a number of incidents: "two attacks", "twin
// blasts", "a string of shootings".
func (r *reading) severalAt(first, k int) bool { return r.countAt(first, k) > 0 }

// untold is the count of incidents that a text does not number.
const untold = 99

// countAt is how many incidents word k names, 0 where it is no word for several.
func (r *reading) countAt(first, k int) int {
	w := &r.words[k]
	if !w.is(lexicon.Kind) || w.is(lexicon.Person) || len(w.low) < 5 || !strings.HasSuffix(w.low, "s") || r.meansOnly(w.low) {
		return 0
	}
	for n := k - 1; n >= max(first, k-4); n-- {
		p := &r.words[n]
		switch {
		case p.q != nil:
			if p.q.Quantifier == "exact" && p.q.Point >= 2 && p.q.Point <= 20 {
				return p.q.Point
			}
			return 0
		case p.low == "twin":
			return 2
		case p.low == "string", p.low == "series", p.low == "wave", p.low == "spate", p.low == "separate":
			return untold
		case p.punct, p.is(lexicon.Verb | lexicon.Aux):
			return 0
		}
	}
	return 0
}

// countTold is how many incidents the opening says it is of; 0 where it says nothing.
func (r *reading) countTold(x *incident, cs []clause) int {
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last && r.opens(c.sent); k++ {
			if n := r.countAt(c.first, k); n > 0 {
				return n
			}
		}
	}
	return 0
}

// severalTold tells whether the opening counts several attacks together: "Seven
// soldiers were killed in two attacks in North Sinai".
func (r *reading) severalTold(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		c := &cs[ci]
		if r.sents[c.sent].title || !r.opens(c.sent) {
			continue
		}
		for k := c.first; k < c.last; k++ {
			switch r.words[k].low {
			case "attacks", "shootings", "bombings", "incidents", "killings", "ambushes", "assaults", "stabbings":
				return r.severalAt(c.first, k) && r.tolls(c)
			}
		}
	}
	return false
}

// newThere tells whether no incident but the sum has one of the places.
func (r *reading) newThere(out []incident, at []int, main int) bool {
	for _, p := range at {
		for i := range out {
			for _, q := range out[i].at {
				if out[i].role == Other && !r.elsewhereThan(p, &out[i]) || i == main && r.samePlace(p, q) {
					return false
				}
			}
		}
	}
	return true
}

// first and second, as the subjects of what a sum is taken apart into: "The first bomb,
// near …, killed six", "One was at …", "The second happened at …".
func (r *reading) enumerates(s *sentence, k int) bool {
	if k >= s.last {
		return false
	}
	n := k
	switch r.words[n].low {
	case "the", "in":
		if r.words[n].low == "in" && r.lowAt(n+1) == "the" {
			n++
		}
		n++
	case "one":
		return n+1 < s.last && (r.words[n+1].low == "was" || r.words[n+1].low == "in" || r.words[n+1].low == "at" || r.words[n+1].is(lexicon.Kind))
	default:
		return false
	}
	if n+1 >= s.last {
		return false
	}
	switch r.words[n].low {
	case "first", "second", "third", "fourth", "other":
	default:
		return false
	}
	w := &r.words[n+1]
	return w.is(lexicon.Kind|lexicon.Aux) || w.low == "," || w.low == "happened" || w.low == "occurred" || w.low == "took place" || w.low == "in" || w.low == "at" || w.low == "near" || w.low == "outside" || w.low == "car" || w.low == "was" || w.low == "incident"
}

// oneOfMany tells whether clause i begins one of the incidents that the opening
// summed up: it is counted off, has a place, and people are harmed in it who are not
// the sum.
func (r *reading) oneOfMany(cs []clause, i int, x *incident) bool {
	c := &cs[i]
	s := &r.sents[c.sent]
	if r.opens(c.sent) || !r.enumerates(s, c.first) {
		return false
	}
	sum := false
	for _, ci := range x.clauses {
		d := &cs[ci]
		for k := d.first; k < d.last && !sum; k++ {
			sum = r.severalAt(d.first, k) || r.words[k].low == "twin" || r.words[k].low == "apart" || r.words[k].low == "opposite"
		}
	}
	if !sum || !slices.ContainsFunc(few(c.places), func(p int) bool { return r.places[p].rank() >= 4 && r.located(p) }) && !r.streetIn(c) {
		return false
	}
	for n := i; n < len(cs) && r.sents[cs[n].sent].para == s.para; n++ {
		if n > i && r.enumerates(&r.sents[cs[n].sent], cs[n].first) {
			break
		}
		for _, f := range cs[n].figs {
			if m := &r.figs[f]; m.scope == "current" && (m.measure == Killed || m.measure == Injured) && m.q.Quantifier != "none" {
				return !r.sameToll(&cs[n], x)
			}
		}
	}
	return false
}

// partsOfSum makes the deadliest of the incidents that were counted off the main one:
// those that the text numbers or labels, or whose dead are the sum that it opens with and
// that it has of no incident of its own. A single
// one that is numbered is what the article is about all along.
func (r *reading) partsOfSum(out []incident, cs []clause, main int, roundUp bool) {
	if main < 0 {
		return
	}
	of := func(x *incident) bool { return x.role == Other && x.rules[0] == "role.one-of-many" }
	told := r.countTold(&out[main], cs)
	counted, best, most, dead := 0, -1, -1, 0
	labels := roundUp && len(out[main].clauses) > 0 && r.labelled(&r.sents[cs[out[main].clauses[0]].sent]) < 0
	entry := roundUp && !labels // the opening is one of the entries, and no sum of them
	sum, ok := r.totalNumber(&out[main], Killed)
	// The sum is all that is told of the main one.
	only := r.deadBelow(&out[main], cs) == 0 || told > 0 && told < untold && !slices.ContainsFunc(out[main].at, func(p int) bool { return r.places[p].rank() >= 5 })
	all := !entry && !slices.ContainsFunc(out, func(x incident) bool { return of(&x) }) && (only && (r.manyAtOnce || labels || told > 0) || r.severalTold(&out[main], cs))
	if all {
		of = func(x *incident) bool { return x.role == Other }
	}
	for i := range out {
		if x := &out[i]; of(x) {
			counted++
			k, _ := r.totalNumber(x, Killed)
			n, _ := r.totalNumber(x, Injured)
			dead += k
			if n = k*1000 + min(n, 999); n > most {
				best, most = i, n
			}
		}
	}
	if counted == 0 {
		return
	}
	x, b := &out[main], &out[best]
	if all {
		asManyAsTold := only && counted > 1 && (told == counted && !r.tellsOne(x, cs) || told == untold)
		if !asManyAsTold && (counted < 2 && !(r.manyAtOnce && ok && dead < sum) || !ok && (!labels || r.hurtsAny(x)) || ok && (dead*4 < sum*3 || dead > sum)) {
			return
		}
	} else if counted == 1 {
		x.clauses, x.kinds, x.figs, x.places = append(x.clauses, b.clauses...), append(x.kinds, b.kinds...), append(x.figs, b.figs...), append(x.places, b.places...)
		x.dates, x.at = append(x.dates, b.dates...), append(x.at, b.at...)
		b.role = merged
		return
	}
	for _, f := range x.figs {
		if m := &r.figs[f]; m.scope == "current" {
			m.scope = "aggregate" // the sum
		}
	}
	b.figs = append(b.figs, x.figs...)
	for i := range out {
		if y := &out[i]; of(y) && len(y.dates) == 0 {
			y.dates = append(y.dates, x.dates...)
			y.clauses = append(y.clauses, x.clauses...) // chooseDate looks there
		}
	}
	b.role = Main
	b.rules = append(b.rules, "role.deadliest")
	x.role, x.figs = merged, nil
}

// tellsOne tells whether the first sentence tells of a deed in a town, and of no several: it is one
// of those that the headline counts.
func (r *reading) tellsOne(x *incident, cs []clause) bool {
	return slices.ContainsFunc(x.clauses, func(ci int) bool {
		c := &cs[ci]
		if r.sents[c.sent].title || !r.opens(c.sent) || !r.saysWhat(c) || r.townOf(c) < 0 {
			return false
		}
		for k := c.first; k < c.last; k++ {
			if r.severalAt(c.first, k) || r.deedsAt(k) {
				return false
			}
		}
		return true
	})
}

func (r *reading) totalNumber(x *incident, m Measure) (int, bool) {
	t, ok := r.total(x, m)
	if !ok {
		return 0, false
	}
	return t.Number()
}

// titleOther tells whether all that is told of an incident is a headline that calls
// it another one.
func (r *reading) titleOther(cs []clause, x *incident) bool {
	other := false
	for _, ci := range x.clauses {
		if !r.sents[cs[ci].sent].title {
			return false
		}
		other = other || cs[ci].other
	}
	return other && !r.hurtsAny(x)
}

// streetIn tells whether a clause names a street or a site that has a name.
func (r *reading) streetIn(c *clause) bool {
	for k := c.first + 1; k < c.last; k++ {
		if w := &r.words[k]; w.upper && (street(w.low) || siteKind(w.low) != "" || nameable(w.low)) && r.words[k-1].upper {
			return true
		}
	}
	return false
}

// spread tells whether the headline or the first sentence tells of several places at
// once: "attacks in three provinces", "drones kill six across Ukraine".
func (r *reading) spread() bool {
	for si := range r.opening(1) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k+1 < s.last; k++ {
			switch r.words[k].low {
			case "across":
				n := k + 1
				if r.words[n].low == "the" && n+1 < s.last {
					n++
				}
				if p := r.words[n].place; p > 0 && r.places[p-1].rank() <= 4 && !r.places[p-1].Demonym {
					return true
				}
			case "attacks", "bombings", "shootings", "strikes", "ambushes", "incidents", "killings":
				if r.severalAt(s.first, k) && r.overProvince(s, k+1) {
					return true // "a string of attacks in northwest Pakistan"
				}
			case "cities", "towns", "regions", "provinces", "districts":
				if r.words[k+1].low == "from" || r.words[k+1].low == "across" || r.words[k-1].low == "several" {
					return true
				}
			}
		}
	}
	return r.joint()
}

// overProvince tells whether at word k stands "in" with the name of a province or country.
func (r *reading) overProvince(s *sentence, k int) bool {
	if k >= s.last || r.words[k].low != "in" {
		return false
	}
	for n := k + 1; n < min(k+5, s.last); n++ {
		if p := r.words[n].place - 1; p >= 0 && !r.places[p].Demonym {
			return r.places[p].rank() >= 2 && r.places[p].rank() <= 4
		}
	}
	return false
}

// partNew says that a clause tells of a part of many that no other has told of.
const partNew = -2

// partAt finds which of the incidents a clause tells of that an opening told of as of
// many: the one of its town; partNew where no incident has that town, and -1 where the
// clause has no town or harms nobody.
func (r *reading) partAt(cs []clause, i int, out []incident, main, cur int) int {
	c := &cs[i]
	s := &r.sents[c.sent]
	if r.opens(c.sent) && !c.apart || c.scope != "current" || main == cur && r.takesUp(s) {
		return -1
	}
	hurt := false
	for _, f := range c.figs {
		m := &r.figs[f]
		hurt = hurt || m.scope == "current" && m.q.Quantifier != "none" && m.relation != "part" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted || m.measure == Casualties)
	}
	if !hurt && !(r.saysWhat(c) && r.indefinite(c) && !r.definite(c) && (r.manyAtOnce || r.violentClause(c))) || r.sameSum(c, &out[main]) {
		return -1
	}
	p := r.townOf(c)
	if p < 0 && c.apart && len(c.places) == 1 && hurt {
		p = c.places[0] // of the sentence's several, this one's: "… and two in Bajaur"
	}
	if p < 0 {
		if q, _ := r.openingPlace(s, s.first+s.dateline); q >= 0 && c.first == s.first+s.dateline && r.lowAt(c.first) == "in" && hurt {
			p = q // "In North Waziristan, four of a family …"
		} else if q := r.townBefore(c); q >= 0 {
			p = q
		} else if cur >= 0 && hurt && c.first == s.first+s.dateline && r.hourOpens(s) && len(r.partDates(c)) == 0 {
			return partNew
		} else if cur >= 0 && cur != main && hurt && r.manyAtOnce && r.fewMore(c) && r.otherFamily(c, &out[cur]) {
			return partNew // "Two more were shot near a clinic"
		} else {
			return -1
		}
	}
	if !r.manyAtOnce && r.inHeadline(p) {
		return main // an entry of the live blog about what the headline tells of
	}
	for n := range out {
		x := &out[n]
		if x.role == Background || x.role == merged {
			continue
		}
		for _, q := range few(x.at) {
			if r.places[q].rank() >= 4 && (r.samePlace(p, q) || r.places[q].admin != "" && r.places[q].admin == r.places[p].name()) {
				if n == main && (c.other || r.places[p].town() && !r.places[q].town() || r.listedLater(p)) {
					continue // one of those that the opening sums up or lists, or the region of them all
				}
				return n
			}
		}
	}
	return partNew
}

// listedLater tells whether a place is in the list of the opening, and not the first there,
// which is the main incident's.
func (r *reading) listedLater(p int) bool {
	return len(r.struck) > 0 && slices.ContainsFunc(r.struck[1:], func(q int) bool { return r.samePlace(p, q) })
}

// inHeadline tells whether the headline names a place.
func (r *reading) inHeadline(p int) bool {
	for q := range r.places {
		if !r.sents[r.sentenceAt(r.places[q].word)].title {
			return false
		}
		if r.places[q].rank() >= 4 && r.samePlace(p, q) {
			return true
		}
	}
	return false
}

// violentClause tells whether a clause says more than what police do.
func (r *reading) violentClause(c *clause) bool {
	return slices.ContainsFunc(few(c.kinds), func(k int) bool { return Family(r.words[k].e.Type) != "law" })
}

// townBefore is the town with which the sentence before ends where a clause goes on
// with "There": "The weekend had begun in Cherry Hill. There, on Friday, …".
func (r *reading) townBefore(c *clause) int {
	s := &r.sents[c.sent]
	if c.sent == 0 || r.words[s.first].low != "there" || s.first+1 >= s.last || r.words[s.first+1].low != "," || r.sents[c.sent-1].last < 2 {
		return -1
	}
	o := &r.sents[c.sent-1]
	for k := o.last - 1; k >= o.first && k >= o.last-3; k-- {
		if p := r.words[k].place - 1; p >= 0 && r.places[p].rank() >= 5 && r.located(p) {
			return p
		}
	}
	return -1
}

// fewMore tells whether a clause begins with people who are counted on top of others: "two
// more", "another three".
func (r *reading) fewMore(c *clause) bool {
	for k := c.first; k < min(c.first+4, c.last); k++ {
		if l := r.words[k].low; l == "more" && k > c.first || l == "another" || l == "others" {
			return true
		}
	}
	return false
}

// sameSum tells whether a clause repeats the sum that an incident opens with.
func (r *reading) sameSum(c *clause, x *incident) bool {
	for _, m := range []Measure{Killed, Injured, Abducted} {
		top := 0
		for _, fi := range few(x.figs) {
			if f := &r.figs[fi]; f.measure == m && f.scope == "current" && f.relation != "part" && f.relation != "subset" && r.opens(f.sent) {
				top = max(top, number(f.q))
			}
		}
		for _, fi := range c.figs {
			if f := &r.figs[fi]; top > 1 && f.measure == m && f.scope == "current" && number(f.q) == top {
				return true
			}
		}
	}
	return false
}

// partDates are the days that a clause names.
func (r *reading) partDates(c *clause) []int {
	var out []int
	for _, d := range c.dates {
		if r.isDay(d) {
			out = append(out, d)
		}
	}
	return out
}

// hourOpens tells whether a sentence begins with an hour of its own: "Around
// midnight a man of 23 was killed on …", "Two hours later …".
func (r *reading) hourOpens(s *sentence) bool {
	k := s.first + s.dateline
	for n := k; n < min(k+4, s.last); n++ {
		switch r.words[n].low {
		case "midnight", "hours", "minutes", "later", "noon", "earlier":
			return true
		}
		if w := &r.words[n]; w.date > 0 && (r.endsIn(n, "later") || r.endsIn(n, "earlier")) {
			return true
		}
	}
	return false
}

// townOf is the town that a clause says its people were harmed in, -1 where it names
// none.
func (r *reading) townOf(c *clause) int {
	best := -1
	for _, p := range c.places {
		q := &r.places[p]
		if q.Demonym || q.country() || q.ID == 0 || q.rank() < 5 || !r.located(p) || r.carriedTo(p) || r.sourceSeat(p) || r.tended(p) || r.speakerAt(p) {
			continue
		}
		if best < 0 || q.rank() > r.places[best].rank() {
			best = p
		}
	}
	return best
}

// takeFrom gives a part of many what its own words do not say: what happened, when,
// and for a part that only has an hour of its own where.
func (r *reading) takeFrom(x, main *incident, cs []clause, i int) {
	c := &cs[i]
	if !r.saysWhat(c) && len(main.kinds) > 0 && !r.kindAhead(cs, i) {
		x.kinds = append(x.kinds, r.whatOf(main))
	}
	if len(c.dates) == 0 && r.sents[c.sent].entry == 0 {
		for _, d := range few(main.dates) {
			if !r.dates[d].dateline && !r.dates[d].Old && !r.reporting(r.dates[d].word) {
				x.day = d + 1
				break
			}
		}
	}
	if len(c.places) == 0 && len(main.at) > 0 {
		x.places = append(x.places, main.at[0])
		x.at = append(x.at, main.at[0])
	}
}

// whatOf is the word for what happened in an incident: "shootings" rather than "murdered".
func (r *reading) whatOf(x *incident) int {
	if r.liveBlog() {
		return x.kinds[0] // each entry may be of its own kind
	}
	if n := slices.IndexFunc(x.kinds, func(k int) bool { return specific(r.words[k].e.Type) && !r.words[k].is(lexicon.Person) }); n >= 0 {
		return x.kinds[n]
	}
	n := slices.IndexFunc(x.kinds, func(k int) bool { return Family(r.words[k].e.Type) != "law" }) // "held over attacks in …"
	return x.kinds[max(n, 0)]
}

// each gives every place its own dead: "Kherson and Nizhyn reported one death each".
// from is the first figure of the words before.
func (r *reading) each(s *sentence, from int) {
	if from >= len(r.figs) {
		return
	}
	f := r.figs[from]
	if len(r.figs) > from+1 || f.at > 0 || f.relation != "total" || f.harm+1 >= s.last || r.words[f.harm+1].low != "each" {
		return
	}
	var at []int
	for k := s.first + s.dateline; k < min(f.first, f.harm); k++ {
		switch w := &r.words[k]; {
		case w.place > 0:
			if p := &r.places[w.place-1]; !p.Demonym && p.rank() >= 5 {
				at = append(at, w.place)
			}
		case w.is(lexicon.Kind|lexicon.Harm|lexicon.Person) || w.low == ";":
			return
		}
	}
	if len(at) < 2 {
		return
	}
	r.figs[from].at, r.figs[from].first = at[0], r.places[at[0]-1].word
	for _, p := range at[1:] {
		x := f
		x.at, x.first, x.lead, x.rule = p, r.places[p-1].word, 0, f.rule+"+gapped"
		r.figs = append(r.figs, x)
	}
}

// theOther tells whether at word k a sentence goes on with the second of two incidents:
// "One blast was at Deh Mazang and the other on the Jalalabad road", "a bomb went off in a
// bank in Bastia and another at a villa near Calvi".
func (r *reading) theOther(s *sentence, k int) bool {
	if l := r.words[k].low; k+4 >= s.last || l != "and" && (l != "," || r.lowAt(k+1) == "and") {
		return false
	}
	n := k + 1
	another := r.words[n].low == "another"
	switch {
	case another:
	case (r.words[n].low == "the" || r.words[n].low == "a") && (r.words[n+1].low == "other" || r.words[n+1].low == "second"):
		n++
	default:
		return false
	}
	if n++; r.words[n].is(lexicon.Kind) || r.words[n].low == "one" {
		n++
	}
	if n+1 >= s.last {
		return false
	}
	switch r.words[n].low {
	case "in", "at", "near", "outside", "on", "was", "close to", "inside":
	default:
		return false
	}
	return r.firstOfTwo(s, k, another) && r.someplace(s, n)
}

// firstOfTwo tells whether what stands before word k tells of the first of two incidents, and
// where it was: behind "another" any deed may be the first, else it is counted.
func (r *reading) firstOfTwo(s *sentence, k int, another bool) bool {
	placed, deed := false, false
	for m := s.first + s.dateline; m < k; m++ {
		w := &r.words[m]
		placed = placed || w.place > 0 && r.places[w.place-1].rank() >= 5
		switch {
		case another:
			deed = deed || w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(m)
		case w.low == "one":
			deed = deed || m+1 < k && (r.words[m+1].is(lexicon.Kind|lexicon.Prep|lexicon.Aux))
		case w.low == "first":
			deed = deed || m > 0 && r.words[m-1].low == "the"
		}
	}
	return placed && deed
}

// someplace tells whether from word n on a sentence names a place, which need be no town: a
// street will do.
func (r *reading) someplace(s *sentence, n int) bool {
	for m := n; m < s.last; m++ {
		if w := &r.words[m]; w.upper && !w.punct || w.place > 0 && r.places[w.place-1].rank() >= 5 {
			return true
		}
	}
	return false
}

// listed are the towns, as places, that the opening lists as all attacked: "Sumy,
// Kryvyi Rih and Cherkasy were struck", "attacks on a temple in Amritsar and a post near
// Batala", "the Gao and Ansongo blasts"; nil where there is no such list.
func (r *reading) listed() []int {
	for si := range r.opening(2) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k < s.last; k++ {
			if r.deedsAt(k) && si < len(r.opening(1)) {
				if at := r.townsOf(s, k); at != nil {
					return at
				}
			}
			if r.words[k].place == 0 {
				continue
			}
			at, e := r.townsFrom(s, k)
			if len(at) < 2 {
				continue
			}
			if r.struckAfter(s, e) || k > s.first && assails(r.words[k-1].low) || e < s.last && r.deedsAt(e) {
				return at
			}
			k = e
		}
	}
	return nil
}

// townsFrom are the towns that stand one after the other from word k on, and the word
// behind them.
func (r *reading) townsFrom(s *sentence, k int) (at []int, end int) {
	for end = k; end < s.last; {
		p := r.words[end].place - 1
		if p < 0 || !r.places[p].town() || r.places[p].Demonym {
			break
		}
		at = append(at, p)
		end++
		if end+1 >= s.last || r.words[end].low != "," && r.words[end].low != "and" {
			break
		}
		if end++; r.words[end].low == "and" {
			end++
		}
	}
	return at, end
}

// deedsAt tells whether word k is a plural for what was done to people: "attacks",
// "bombings", never their means.
func (r *reading) deedsAt(k int) bool {
	w := &r.words[k]
	return w.is(lexicon.Kind) && !w.is(lexicon.Person|lexicon.Verb) && len(w.low) > 4 && strings.HasSuffix(w.low, "s") && !r.meansOnly(w.low) && r.isKind(k) && Family(w.e.Type) != "law"
}

// townsOf are the towns that the deeds at word k were done in, one each, the last behind
// an "and"; nil where they are not told of in several.
func (r *reading) townsOf(s *sentence, k int) []int {
	var at []int
	and := false
	for n := k + 1; n < min(k+30, s.last); n++ {
		w := &r.words[n]
		if w.is(lexicon.Verb|lexicon.Aux|lexicon.Sub) && !w.is(lexicon.Kind) && r.group(n) < 0 || w.punct && !w.clitic && w.low != "," && w.low != ":" {
			break
		}
		and = and || w.low == "and" && len(at) > 0
		p := w.place - 1
		if p < 0 || !r.places[p].town() || r.places[p].Demonym || !r.located(p) && r.words[n-1].low != "and" && r.words[n-1].low != "," {
			continue
		}
		if slices.ContainsFunc(at, func(q int) bool { return !r.otherTown(p, q) }) {
			continue
		}
		at = append(at, p)
	}
	if !and || len(at) < 2 {
		return nil
	}
	return at
}

// struckAfter tells whether what stands before word k was attacked: "were struck by",
// "came under fire".
func (r *reading) struckAfter(s *sentence, k int) bool {
	for ; k < s.last; k++ {
		switch l := r.words[k].low; l {
		case "were", "was", "are", "also", "all", "have", "been", "had":
		case "came":
			return r.lowAt(k+1) == "under"
		default:
			return assails(l) && k > s.first && r.words[k-1].place == 0
		}
	}
	return false
}
