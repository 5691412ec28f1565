package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// An older incident that is told of only to place or to explain this one hangs on
// words of its own: "a day after", "in payback for", "the club where … were shot on
// Sunday", "Tuesday's attack, in which".

// linksBack tells whether what follows word k of a clause that begins at first is
// such an incident: surely, or where only its day can tell.
func (r *reading) linksBack(s *sentence, first, k int) (sure, aside bool) {
	if k < first+2 {
		return false, false
	}
	at := func(n int) string {
		if n < s.last {
			return r.words[n].low
		}
		return ""
	}
	switch r.words[k].low {
	case "payback", "reprisal", "reprisals", "revenge", "vengeance", "retaliation", "retribution":
		if l := at(k + 1); l != "for" && l != "over" && l != "after" && l != "against" {
			return false, false
		}
		return r.hurtAhead(s.first, k) && (r.hurtAhead(k+1, s.last) || r.deedAhead(k+1, s.last)), false
	case "reeling", "grieving", "mourning", "recovering":
		if r.opens(r.sentenceAt(k)) || !r.cameAs(first, k) {
			return false, false
		}
		return r.hurtAhead(k+1, s.last) || r.deedAhead(k+1, s.last), false
	case "after":
		// "the second ambush in a week, after that of Aguililla, in which …"
		if l := at(k + 1); l != "that" && l != "those" || at(k+2) != "of" && at(k+2) != "in" && at(k+2) != "at" && at(k+2) != "on" {
			return false, false
		}
		return r.hurtAhead(k+2, s.last), false
	case "where", "which", "when":
		switch {
		case r.words[k].low == "which" && r.words[k-1].low != "in" && r.words[k-1].low != "at",
			r.words[k].low == "when" && (r.words[k-1].low != "," || !r.deedAhead(max(first, k-8), k)):
			return false, false
		}
		end := r.asideEnd(s, k)
		return false, r.hurtAhead(k, end) && (r.dayIn(k, end) || r.words[k].low == "where" && r.oldIn(k, end)) && !r.dayOpens(k)
	}
	return false, false
}

// cameAs tells whether the words before k only say at what a time the news came: "The
// arrest came as the city was still reeling from …".
func (r *reading) cameAs(first, k int) bool {
	for n := first; n+1 < k; n++ {
		if l := r.words[n].low; (l == "came" || l == "comes" || l == "come") && (r.words[n+1].low == "as" || r.words[n+1].low == "while") {
			return true
		}
	}
	return false
}

// asideEnd is where a clause that hangs on a noun at word k ends: at a semicolon, or
// at the comma behind which others are harmed.
func (r *reading) asideEnd(s *sentence, k int) int {
	hurt := false
	for n := k; n < s.last; n++ {
		w := &r.words[n]
		hurt = hurt || w.is(lexicon.Harm)
		if w.low == ";" || w.low == "," && hurt && k > s.first && r.words[k-1].low == "," && r.hurtAhead(n, s.last) {
			return n
		}
	}
	return s.last
}

// deedAhead tells whether words [from, to) name an incident, within some words.
func (r *reading) deedAhead(from, to int) bool {
	for k := from; k < min(from+8, to); k++ {
		if w := &r.words[k]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(k) && Family(w.e.Type) != "law" {
			return true
		}
	}
	return false
}

// dayIn tells whether words [from, to) name a day.
func (r *reading) dayIn(from, to int) bool {
	for k := from; k < to; k++ {
		if d := r.words[k].date; d > 0 && r.isDay(d-1) && !r.reporting(k) {
			return true
		}
	}
	return false
}

// oldIn tells whether words [from, to) name a time that is long over: "last month".
func (r *reading) oldIn(from, to int) bool {
	for k := from; k < to; k++ {
		if d := r.words[k].date; d > 0 && r.dates[d-1].Old && !r.tailWord(k) {
			return true
		}
	}
	return false
}

// dayOpens tells whether "when" or "where" at word k only goes on about the day
// before it: "on Tuesday, when gunmen killed six".
func (r *reading) dayOpens(k int) bool {
	for n := k - 1; n >= 0 && n >= k-2; n-- {
		if r.words[n].date > 0 {
			return true
		}
		if !r.words[n].punct {
			return false
		}
	}
	return false
}

// foreword finds the comma behind an older incident that opens a sentence: "Barely
// two days after 19 villagers were killed in Bokkos, gunmen attacked …". It returns
// first where there is none.
func (r *reading) foreword(s *sentence, first int) int {
	k := first
	for k < min(first+3, s.last) && r.words[k].date == 0 && (r.words[k].is(lexicon.Adv) || strings.HasSuffix(r.words[k].low, "ly") || r.words[k].low == "just" || r.words[k].low == "less" || r.words[k].low == "than" || r.words[k].low == "only") {
		k++
	}
	if k >= s.last || r.words[k].date == 0 || !r.endsIn(k, "after") || !r.days(k) {
		return first
	}
	for n := k + 2; n < s.last; n++ {
		if r.words[n].low != "," || n+1 >= s.last {
			continue
		}
		w := &r.words[n+1]
		if !r.hurtAhead(k+1, n) && !r.deedAhead(k+1, n) || w.place > 0 || w.date > 0 || w.is(lexicon.Sub|lexicon.Prep|lexicon.Conj) || w.low == "who" || w.low == "which" || verbal(w.low) {
			continue
		}
		if r.hurtAhead(n+1, s.last) || r.perpetratorNear(s, n+1, n+6) && w.low != "the" && w.low != "their" && w.low != "his" && w.low != "its" {
			return n + 1
		}
	}
	return first
}

// days tells whether a stretch of time at word k is a day or more.
func (r *reading) days(k int) bool {
	w := &r.words[k]
	t := strings.ToLower(r.art.Text(r.sents[r.sentenceAt(k)].field)[w.start:w.end])
	if !strings.Contains(t, "hour") && !strings.Contains(t, "minute") {
		return true
	}
	switch w.low {
	case "24", "twenty-four", "36", "48", "forty-eight", "72":
		return strings.Contains(t, "hour")
	}
	return false
}

// toldBack tells whether a clause gives an earlier day to people harmed, and does so
// aside: in "Tuesday's attack", or in a clause that hangs on a noun. x is what the
// article has told of so far.
func (r *reading) toldBack(x *incident, c *clause) bool {
	if len(c.figs) == 0 || len(c.dates) == 0 || r.updates(x) || r.sameToll(c, x) || !r.hurtsAny(x) && !r.violentDeed(x) {
		return false
	}
	if len(x.figs) == 0 && !r.placedApart(c, x, 4) {
		return false // "today condemned the attack … in which on Tuesday nine died"
	}
	own := -1
	for _, f := range c.figs {
		if m := &r.figs[f]; m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && m.relation != "part" && m.relation != "update" && m.q.Quantifier != "none" {
			own = m.harm
			break
		}
	}
	if own < 0 {
		return false
	}
	mine := -1
	for _, d := range c.dates {
		if r.isDay(d) && !r.reporting(r.dates[d].word) && !r.dates[d].Old && (mine < 0 || r.dates[d].owns) {
			mine = d
		}
	}
	if mine < 0 || r.dates[mine].Earliest.IsZero() || !c.aside && !r.dates[mine].owns && !r.hangs(c, own) {
		return false
	}
	theirs := -1
	for _, d := range few(x.dates) {
		e := &r.dates[d]
		if e.Earliest.IsZero() || r.reporting(e.word) || e.dateline {
			continue
		}
		if e.Weekday > 0 && e.Weekday == r.dates[mine].Weekday || !e.Earliest.After(r.dates[mine].Earliest) {
			return false // it is the incident's own, or the incident's is not told
		}
		if e.Precision == "day" || e.Precision == "hour" || e.Precision == "minute" {
			theirs = d
		}
	}
	if theirs < 0 && r.dates[mine].owns && r.hurtsAny(x) {
		if r.saidAfter(x, mine) && r.otherFamily(c, x) {
			return true // "… struck camps, officials said on Tuesday. Ten died in Sunday's assault"
		}
		// No day is told of what is news; "yesterday's bombs" were elsewhere.
		return r.relative(mine) && r.placedApart(c, x, 4)
	}
	return theirs >= 0
}

// saidAfter tells whether an incident's sentences say that somebody spoke on a later day
// than that of a date.
func (r *reading) saidAfter(x *incident, d int) bool {
	return slices.ContainsFunc(few(x.dates), func(e int) bool {
		return r.reporting(r.dates[e].word) && r.dates[e].Earliest.After(r.dates[d].Earliest)
	})
}

// otherFamily tells whether a clause says what happened, and that it was nothing of the
// incident's kind.
func (r *reading) otherFamily(c *clause, x *incident) bool {
	t, _, _ := r.typed(x, false)
	have := Family(t)
	if have == "unknown" || !r.saysWhat(c) {
		return false
	}
	return !slices.ContainsFunc(few(c.kinds), func(k int) bool {
		f := Family(r.words[k].e.Type)
		return f == have || f == "law"
	})
}

// relative tells whether a date is "yesterday".
func (r *reading) relative(d int) bool { return r.words[r.dates[d].word].low == "yesterday" }

// violentDeed tells whether an incident is more than what police do.
func (r *reading) violentDeed(x *incident) bool {
	return slices.ContainsFunc(few(x.kinds), func(k int) bool {
		f := Family(r.words[k].e.Type)
		return f != "law" && f != "unknown" && r.words[k].e.Type != "bodies_found"
	})
}

// hangs tells whether the harm at word own is told in a clause that hangs on a noun:
// "an attack on Tuesday that killed ten".
func (r *reading) hangs(c *clause, own int) bool {
	for k := own - 1; k > c.first; k-- {
		w := &r.words[k]
		switch w.low {
		case "that", "which", "when", "where", "who":
			for n := c.first; n < k; n++ {
				if r.words[n].is(lexicon.Kind) && r.isKind(n) || w.low == "where" || w.low == "when" || w.low == "who" {
					return true
				}
			}
			return false
		}
		if w.low == ";" {
			return false
		}
	}
	return false
}

// namedBack tells whether a clause below the opening only names another incident by its
// day, one before that of incident x: "Officers see no link with Monday's bomb at the
// courts", "Memories of the bomb in Patras on Monday are fresh".
func (r *reading) namedBack(x *incident, c *clause) bool {
	if r.opens(c.sent) || len(c.figs) > 0 || !r.violentDeed(x) {
		return false
	}
	away := func() bool {
		return r.otherFamily(c, x) || r.placedApart(c, x, 4)
	}
	for _, k := range c.kinds {
		if f := Family(r.words[k].e.Type); f == "law" || f == "unknown" {
			continue
		}
		d := r.dayOf(k)
		if d < 0 {
			d = r.dayAside(c, k)
		}
		return d >= 0 && !r.dates[d].Earliest.IsZero() && r.beforeDeed(x, d) && (r.ofDay(k) || away())
	}
	return false
}

// dayOf is the day by which an incident is known that word k names: "Tuesday's attack",
// "memories of the attack on the port on Tuesday"; -1 where it has none. "The bomb went off
// on Tuesday" tells of it.
func (r *reading) dayOf(k int) int {
	for n := k - 1; n >= 0 && n >= k-5 && !r.words[n].punct; n-- {
		if d := r.words[n].date - 1; d >= 0 {
			if r.ofDay(k) && r.isDay(d) {
				return d
			}
			return -1
		}
	}
	if g := r.group(k); g < 0 || r.groups[g].det != "the" || r.groups[g].prep < 0 {
		return -1
	}
	for n := k + 1; n < len(r.words) && n < k+9; n++ {
		w := &r.words[n]
		if d := w.date - 1; d >= 0 {
			if r.isDay(d) && r.lowAt(n-1) == "on" {
				return d
			}
			return -1
		}
		if w.punct && !w.clitic || w.is(lexicon.Verb|lexicon.Aux|lexicon.Sub) {
			return -1
		}
	}
	return -1
}

// dayAside is the day of a deed that a clause tells of at word k in a relative clause: "All came
// from Boucassin, which was attacked on Sunday"; -1 where there is none.
func (r *reading) dayAside(c *clause, k int) int {
	hangs := false
	for n := c.first + 1; n < k; n++ {
		switch r.words[n].low {
		case "which", "where", "who":
			hangs = true
		}
	}
	for n := k + 1; hangs && n < c.last; n++ {
		if d := r.words[n].date - 1; d >= 0 && r.isDay(d) && !r.reporting(n) {
			return d
		}
	}
	return -1
}

// beforeDeed tells whether a day is before the one on which the text lets incident x happen:
// in the sentence that says what happened.
func (r *reading) beforeDeed(x *incident, day int) bool {
	deed := func(d int) bool {
		s := &r.sents[r.sentenceAt(r.dates[d].word)]
		return slices.ContainsFunc(few(x.kinds), func(k int) bool {
			return k >= s.first && k < s.last && Family(r.words[k].e.Type) != "law" && !r.ofDay(k)
		})
	}
	later := false
	for n, d := range few(x.dates) {
		e := &r.dates[d]
		if e.Earliest.IsZero() || e.dateline || r.reporting(e.word) {
			continue
		}
		if !e.Earliest.After(r.dates[day].Earliest) {
			return false
		}
		later = later || n < 16 && deed(d)
	}
	return later
}
