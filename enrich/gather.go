package enrich

import "slices"

// incident is a report while it is being gathered.
type incident struct {
	role    Role
	clauses []int
	kinds   []int
	figs    []int
	places  []int // indexes of reading.places, in order of the text
	dates   []int
	rules   []string
	at      []int // the places that tell it apart
	para    int
	day     int  // 1 + the date that it has from the opening, 0 where it has none
	alone   bool // older, and the article tells of no other that is newer
}

// begin adds an incident in the memory of one of an earlier article, if there is.
func begin(out []incident, role Role, rules ...string) []incident {
	n := len(out)
	if n == cap(out) {
		return append(out, incident{role: role, rules: rules})
	}
	out = out[:n+1]
	x := &out[n]
	*x = incident{role: role, rules: append(x.rules[:0], rules...), clauses: x.clauses[:0], kinds: x.kinds[:0], figs: x.figs[:0], places: x.places[:0], dates: x.dates[:0], at: x.at[:0]}
	return out
}

// gather gives clauses to incidents.
func (r *reading) gather(cs []clause) []incident {
	out := r.found[:0]
	defer func() { r.found = out }()
	main, cur := -1, -1
	lastBack := -1
	roundUp, spread, digest := r.roundUp(), r.manyAtOnce || r.liveBlog(), r.digest()
	entry := 0        // of a live blog: the one in hand
	page := -1        // the paragraph that tells of incident cur and of nothing else
	var pending []int // sums over many incidents, told before any one of them
	for i := range cs {
		c := &cs[i]
		s := &r.sents[c.sent]
		if main >= 0 && c.scope == "current" && r.oneOfMany(cs, i, &out[main]) {
			out = begin(out, Other, "role.one-of-many")
			cur, page = len(out)-1, s.para
			if !r.saysWhat(c) && len(out[main].kinds) > 0 {
				out[cur].kinds = append(out[cur].kinds, r.whatOf(&out[main]))
			}
			r.join(&out[cur], c, i, s)
			if len(out[main].at) > 0 {
				out[cur].places = append(out[cur].places, out[main].at[0]) // what holds it
			}
			continue
		}
		if entry > 0 && s.entry == entry && out[cur].rules[0] == "role.entry" && c.scope == "current" {
			r.join(&out[cur], c, i, s)
			continue
		}
		if main >= 0 && s.entry > 0 && s.entry != entry && c.scope == "current" {
			if entry = s.entry; r.otherEntry(cs, i, &out[main]) {
				out = begin(out, Other, "role.entry")
				cur, page = len(out)-1, -1
				r.join(&out[cur], c, i, s)
				continue
			}
		}
		if c.second && main >= 0 && c.scope == "current" {
			out = begin(out, Other, "role.the-other")
			cur, page = len(out)-1, s.para
			if len(out[main].kinds) > 0 {
				out[cur].kinds = append(out[cur].kinds, out[main].kinds[len(out[main].kinds)-1])
			}
			r.takeFrom(&out[cur], &out[main], cs, i)
			r.join(&out[cur], c, i, s)
			continue
		}
		if c.twin && main >= 0 && c.scope == "current" && cs[i-1].scope == "current" && (len(c.kinds) > 0 || len(c.figs) > 0) {
			if n := r.twinAt(out, c); n >= 0 {
				cur = n
			} else {
				out = begin(out, Other, "role.twin")
				cur = len(out) - 1
				r.takeFrom(&out[cur], &out[main], cs, i)
			}
			page = s.para
			r.join(&out[cur], c, i, s)
			continue
		}
		if len(c.kinds) == 0 && len(c.figs) == 0 {
			// Time, place and party may still be told of the incident in hand.
			if cur >= 0 && c.scope == "current" && s.para <= out[cur].para+1 {
				x := &out[cur]
				switch {
				case roundUp && s.para != x.para && r.heads(r.paraOf(c.sent)):
					// It is of the next entry.
				case cur == main:
					x.clauses = append(x.clauses, i)
				case page == s.para && x.role == Other:
					r.join(x, c, i, s) // "… Local media named the place as Al-Harir."
				}
			}
			continue
		}
		switch c.scope {
		case "background":
			if lastBack >= 0 && r.sameBack(cs, &out[lastBack], c) {
				r.join(&out[lastBack], c, i, s)
				continue
			}
			out = begin(out, Background, c.rule)
			lastBack = len(out) - 1
			r.join(&out[lastBack], c, i, s)
			continue
		case "aggregate":
			if main >= 0 {
				out[main].figs = append(out[main].figs, c.figs...)
			} else {
				pending = append(pending, i)
			}
			continue
		case "hypothetical":
			if main >= 0 {
				out[main].figs = append(out[main].figs, c.figs...)
				continue
			}
			if !r.threat(c) {
				pending = append(pending, i) // "bandits often kidnap", "if the dam is hit"
				continue
			}
		}
		if c.after && main >= 0 && len(c.figs) > 0 && (c.came || !slices.ContainsFunc(c.places, r.located)) {
			out = begin(out, Other, "role.hours-before")
			r.join(&out[len(out)-1], c, i, s)
			continue
		}
		if main >= 0 && !s.title && !r.columned && (r.toldBack(&out[main], c) || r.namedBack(&out[main], c)) {
			out = begin(out, Background, "role.earlier-aside")
			lastBack = len(out) - 1
			r.join(&out[lastBack], c, i, s)
			continue
		}
		if main >= 0 && cur == main && c.scope == "current" && r.namedElsewhere(c, &out[main]) {
			out = begin(out, Background, "role.named-elsewhere")
			lastBack = len(out) - 1
			r.join(&out[lastBack], c, i, s)
			continue
		}
		switch {
		case main < 0:
			out = begin(out, Main, "role.first-current")
			main, cur = len(out)-1, len(out)-1
			if roundUp {
				r.underHead(&out[main], cs, i)
			}
		case s.title:
			cur = main
		case c.other && c.figs != nil && r.opens(c.sent) && r.titleOther(cs, &out[main]):
			cur = main // "Second bomb hits Kabul … A second bomb went off"
		case c.lead > 0 && r.headlineSum(&out[main], c.lead):
			cur = main
		default:
			was := cur
			if from, label, ok := r.entry(cs, i); ok && roundUp && !(s.dateline > 0 && (r.definite(c) || r.sameToll(c, &out[main]))) && (r.dayHead(r.paraOf(c.sent)) == 0 || r.otherDayHead(cs, from, &out[main])) {
				// "Sumy: a depot, 2 dead."
				cur = -1
				for n := range out {
					if label >= 0 && out[n].role != Background && out[n].role != merged && len(out[n].at) > 0 && r.samePlace(out[n].at[0], label) && !r.onlyMaybeIn(out[n].at[0], label) {
						cur = n
					}
				}
				if cur < 0 {
					out = begin(out, Other, "role.label")
					cur = len(out) - 1
					if label >= 0 {
						out[cur].places, out[cur].at = append(out[cur].places, label), append(out[cur].at, label)
					}
					for n := from; n < i; n++ {
						r.join(&out[cur], &cs[n], n, &r.sents[cs[n].sent]) // its place and day
					}
					if label >= 0 && !r.saysWhat(c) && len(out[main].kinds) > 0 && !r.kindAhead(cs, i) {
						out[cur].kinds = append(out[cur].kinds, r.whatOf(&out[main]))
					}
				}
				page = s.para
				r.join(&out[cur], c, i, s)
				continue
			}
			if digest && r.otherTopic(c, &out[main]) {
				out = begin(out, Other, "role.topic")
				cur, page = len(out)-1, s.para
				r.join(&out[cur], c, i, s)
				continue
			}
			if r.columned {
				if n := r.item(cs, i, out, cur); n != -1 {
					if cur = n; n == partNew {
						out = begin(out, Other, "role.item")
						if cur = len(out) - 1; r.mishap(cs, i) {
							out[cur].role = merged
						}
					}
					page = s.para
					r.join(&out[cur], c, i, s)
					continue
				}
			}
			if r.spree(c) {
				cur = main
				break
			}
			if spread {
				if n := r.partAt(cs, i, out, main, cur); n >= 0 {
					cur, page = n, s.para
					r.join(&out[cur], c, i, s)
					continue
				} else if n == partNew {
					out = begin(out, Other, "role.part-of-many")
					cur, page = len(out)-1, s.para
					r.takeFrom(&out[cur], &out[main], cs, i)
					r.join(&out[cur], c, i, s)
					continue
				}
			}
			if r.turns(cs, i, &out[main]) {
				out = begin(out, Other, "role.turn")
				cur, page = len(out)-1, s.para
				if !r.saysWhat(c) && c.other && len(out[main].kinds) > 0 && !r.kindAhead(cs, i) {
					out[cur].kinds = append(out[cur].kinds, r.whatOf(&out[main]))
				}
				r.join(&out[cur], c, i, s)
				continue
			}
			if page == s.para && cur >= 0 && out[cur].role == Other && !r.returnsTo(c, &out[main], &out[cur]) {
				if r.otherDay(&out[cur], c) != 0 {
					out = begin(out, Other, "role.other-day") // the next of a round-up
					cur = len(out) - 1
				}
				r.join(&out[cur], c, i, s)
				continue
			}
			if r.framed(cs, i, &out[main]) {
				out = begin(out, Other, "role.other-place")
				cur = len(out) - 1
				if !r.saysWhat(c) && len(out[main].kinds) > 0 {
					out[cur].kinds = append(out[cur].kinds, r.whatOf(&out[main]))
				}
				if !r.harmsSome(c) {
					r.takeFrom(&out[cur], &out[main], cs, i)
				}
				r.join(&out[cur], c, i, s)
				continue
			}
			if p := r.thereIn(c, &out[cur]); p >= 0 && cur == main && !r.sameToll(c, &out[main]) {
				out = begin(out, Other, "role.there")
				cur, page = len(out)-1, s.para
				out[cur].places, out[cur].at = append(out[cur].places, p), append(out[cur].at, p)
				r.join(&out[cur], &cs[i-1], i-1, s) // its day
				r.join(&out[cur], c, i, s)
				continue
			}
			cur = r.which(out, cs, c, main, cur)
			day := 0
			if cur == main || cur < 0 || out[was].role == Background {
				day = r.otherDay(&out[main], c)
			}
			if day > 0 {
				cur = -1
			}
			if day < 0 {
				out = begin(out, Background, "role.earlier-day")
				cur, lastBack = len(out)-1, len(out)-1
			} else if cur < 0 {
				out = begin(out, Other)
				cur = len(out) - 1
				if c.other {
					out[cur].rules = append(out[cur].rules, "role.another")
					if main >= 0 && !r.saysWhat(c) && len(out[main].kinds) > 0 {
						out[cur].kinds = append(out[cur].kinds, r.whatOf(&out[main])) // "… and another in Mosul"
					}
				} else {
					out[cur].rules = append(out[cur].rules, "role.other-place")
				}
			}
		}
		r.join(&out[cur], c, i, s)
	}
	if ab := &r.trace.about; main < 0 && !(ab.past && ab.confidence < surelyPast) {
		main = r.theOnly(out, cs)
	}
	r.goesBackTo(out, cs, main)
	if main >= 0 {
		out = r.tellList(out, main)
	}
	r.partsOfSum(out, cs, main, roundUp)
	r.promote(out, cs, main)
	r.sums(out, main)
	if len(pending) > 0 {
		if main < 0 {
			out = begin(out, Background, "scope.running-total")
			main = len(out) - 1
			for _, i := range pending {
				r.join(&out[main], &cs[i], i, &r.sents[cs[i].sent])
			}
		} else {
			for _, i := range pending {
				out[main].figs = append(out[main].figs, cs[i].figs...)
			}
		}
	}
	return out
}

// tolls tells whether a clause has people harmed.
func (r *reading) tolls(c *clause) bool {
	for _, f := range c.figs {
		if m := &r.figs[f]; m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted || m.measure == Casualties) {
			return true
		}
	}
	return len(c.kinds) > 0
}

// returnsTo tells whether a clause goes back from incident x to the main one, by its place:
// "JNIM said that it carried out the attack in Benin".
func (r *reading) returnsTo(c *clause, main, x *incident) bool {
	return r.definite(c) && slices.ContainsFunc(c.places, func(p int) bool {
		same := func(q int) bool { return r.samePlace(p, q) }
		return r.located(p) && slices.ContainsFunc(main.at, same) && !slices.ContainsFunc(x.at, same) && r.elsewhereThan(p, x)
	})
}

// surelyPast is the confidence below which not even the only incident of a text is
// its news: "Judges heard how the 2016 bombing killed 17".
const surelyPast = 0.2

// spree tells whether a clause goes on about the attacker of the story: "the gunman
// also killed a man in Marche". What he did on his way belongs to it.
func (r *reading) spree(c *clause) bool {
	for _, f := range c.figs {
		if r.onSpree(&r.figs[f]) {
			return true
		}
	}
	return false
}

// onSpree tells whether the attacker of the story harmed these people besides others.
func (r *reading) onSpree(f *mention) bool {
	s := &r.sents[f.sent]
	if f.scope != "current" || f.harm-2 < s.first || r.words[f.harm-1].low != "also" {
		return false
	}
	g := r.group(f.harm - 2)
	return g >= 0 && r.groups[g].det == "the" && !r.groups[g].plural && (r.groups[g].who == "perpetrator" || r.groups[g].who == "suspect")
}

// threat tells whether somebody threatens or plots: that is news by itself.
func (r *reading) threat(c *clause) bool {
	for k := c.first; k < c.last; k++ {
		switch r.words[k].low {
		case "threatened", "threatens", "threatening", "threat", "plot", "plotted", "plotting", "tried", "attempted", "planned", "planning", "conspiring", "conspired", "foiled", "thwarted", "attempt", "failed":
			return true
		}
	}
	return false
}

func (r *reading) join(x *incident, c *clause, i int, s *sentence) {
	x.clauses = append(x.clauses, i)
	for _, k := range c.kinds {
		// "… to rescue a pilot taken hostage in February": told of, not what happened now.
		if x.role == Main || x.role == Other {
			if scope, _ := r.scopeAt(c, k); scope == "background" && len(c.kinds) > 1 {
				continue
			}
		}
		x.kinds = append(x.kinds, k)
	}
	x.figs = append(x.figs, c.figs...)
	for _, p := range c.places {
		x.places = append(x.places, p)
		if len(x.at) < 16 && r.places[p].rank() >= 2 && r.located(p) {
			x.at = append(x.at, p)
		}
	}
	x.dates = append(x.dates, c.dates...)
	x.para = s.para
}

// tellList makes an incident of each town that the opening only lists, and that no
// other sentence tells of. The first stays with the main one.
func (r *reading) tellList(out []incident, main int) []incident {
	for n, p := range r.struck {
		if n == 0 || slices.ContainsFunc(out, func(x incident) bool {
			return x.role == Other && slices.ContainsFunc(x.at, func(q int) bool { return r.samePlace(p, q) })
		}) {
			continue
		}
		out = begin(out, Other, "role.listed")
		x, m := &out[len(out)-1], &out[main]
		if len(m.kinds) > 0 {
			x.kinds = append(x.kinds, r.whatOf(m))
		}
		for _, d := range few(m.dates) {
			if !r.dates[d].dateline && !r.dates[d].Old && !r.reporting(r.dates[d].word) {
				x.day = d + 1
				break
			}
		}
		x.places, x.at = append(x.places, p), append(x.at, p)
	}
	if len(r.struck) > 0 {
		r.sumOfList(out, main, r.struck)
		m := &out[main]
		drop := func(q int) bool { return slices.Contains(r.struck[1:], q) }
		m.places, m.at = slices.DeleteFunc(m.places, drop), slices.DeleteFunc(m.at, drop)
	}
	return out
}

// sumOfList sets aside the numbers that are of all the towns of a list, and gives those
// among them that the text places to their town: "Sumy and Poltava were struck. Six
// people died, three of them in a hostel in Sumy".
func (r *reading) sumOfList(out []incident, main int, list []int) {
	m := &out[main]
	var kept []int
	for _, f := range m.figs {
		x := &r.figs[f]
		if x.scope != "current" || x.measure != Killed && x.measure != Injured || x.q.Quantifier == "none" || x.sent >= len(r.opening(2)) {
			kept = append(kept, f)
			continue
		}
		at := r.placedAt(x, list)
		switch {
		case at < 0 && x.relation == "total":
			x.scope = "aggregate"
		case at >= 0 && x.relation == "subset":
			x.relation = "total"
		}
		if at > 0 {
			for i := range out {
				if out[i].role == Other && slices.ContainsFunc(out[i].at, func(q int) bool { return r.samePlace(list[at], q) }) {
					out[i].figs = append(out[i].figs, f)
					at = -2
					break
				}
			}
		}
		if at != -2 {
			kept = append(kept, f)
		}
	}
	m.figs = append(m.figs[:0], kept...)
}

// placedAt is which of some places a figure has, or stands behind it in its sentence, before any
// other figure; -1 where none does.
func (r *reading) placedAt(f *mention, list []int) int {
	s := &r.sents[f.sent]
	own := f.at - 1
	if p, end := r.openingPlace(s, s.first+s.dateline); own < 0 && p >= 0 && end <= f.first && r.lowAt(s.first+s.dateline) == "in" {
		own = p // "In Gao, two policemen died"
	}
	if own >= 0 {
		return slices.IndexFunc(list, func(q int) bool { return r.samePlace(own, q) })
	}
	end := s.last
	for i := r.figsFrom(f.sent); i < len(r.figs) && r.figs[i].sent == f.sent; i++ {
		// "six died, three of them in Sumy": the three
		if o := &r.figs[i]; o.first > f.first && o.first < end && (o.harm != f.harm || o.relation == "subset") {
			end = o.first
		}
	}
	for k := f.first; k < end; k++ {
		if p := r.words[k].place - 1; p >= 0 {
			for n, q := range list {
				if r.samePlace(p, q) {
					return n
				}
			}
		}
	}
	return -1
}
