package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// Two deeds in one sentence: "Fourteen travellers were shot dead near Chilas on Tuesday, and five
// people died a day later when a crowd burned the bazaar of Jaglot", "hit twice: by a car bomb in
// Neiva, which killed five, and by a grenade in Pitalito".

// twin tells whether at word k of a sentence, whose clause begins at first, another deed is told
// beside the one before: in another town, some way from the first, or on another day.
func (r *reading) twin(s *sentence, first, k int) bool {
	n := k + 1
	if l := r.words[k].low; l != "and" && l != "while" || s.title || n+2 >= s.last || k < first+3 || r.pairs(first, k) {
		return false
	}
	from, end := r.heldFor(first, k), r.saidFrom(s, n)
	if !r.tellsDeed(from, k) || !r.tellsDeed(n, end) {
		return false
	}
	switch r.beginsDeed(n, end) {
	case deedOf:
		for e := n; e < end; e++ { // "… and wounded 38, and by a grenade in Pitalito": that comes later
			if r.words[e].low == "and" {
				end = e
			}
		}
		return r.townsOfTwo(from, k, n, end)
	case deedNew:
		return r.townsOfTwo(from, k, n, end) || r.daysOfTwo(from, k, n, end) || r.repays(n, end)
	}
	return false
}

// pairs tells whether the "and" at word k belongs to a "between" before it, or to what somebody says
// of himself: "between 11pm on Tuesday and 1am on Wednesday", "we are shot at here and seized there".
func (r *reading) pairs(first, k int) bool {
	for n := k - 1; n >= first && n >= k-8; n-- {
		switch r.words[n].low {
		case "between", "both", "we", "i":
			return true
		case "and", ",", ";":
			return false
		}
	}
	return false
}

// heldFor is from which of words [from, to) on they tell what somebody was held or charged for.
func (r *reading) heldFor(from, to int) int {
	for k := from; k < to; k++ {
		w := &r.words[k]
		if w.is(lexicon.Harm) && w.e.Measure == string(Arrested) || w.low == "charged" || w.low == "investigation" || w.low == "inquiry" {
			for k++; k+1 < to && !r.tellsDeed(k, k+1); k++ {
			}
			return k
		}
	}
	return from
}

// saidFrom is where in a sentence the words from n on go over to who says it, or end.
func (r *reading) saidFrom(s *sentence, n int) int {
	comma := s.last
	for ; n < s.last; n++ {
		switch w := &r.words[n]; {
		case w.low == ";":
			return n
		case w.low == ",":
			comma = n
		case speaks(w.low) && comma < s.last && n-comma < 12 && !r.hurtAhead(comma, n):
			return comma
		}
	}
	return s.last
}

// tellsDeed tells whether words [from, to) tell of people harmed or of an attack.
func (r *reading) tellsDeed(from, to int) bool {
	for k := from; k < to; k++ {
		if r.deedWord(k) {
			return true
		}
	}
	return false
}

// deedWord tells whether a word is of people harmed or of an attack.
func (r *reading) deedWord(k int) bool {
	w := &r.words[k]
	if w.is(lexicon.Harm) {
		m := Measure(w.e.Measure)
		return m == Killed || m == Injured || m == Abducted
	}
	return w.is(lexicon.Kind) && !w.is(lexicon.Person) && w.e.Type != "unknown" && w.e.Type != "bodies_found" && Family(w.e.Type) != "law" && r.isKind(k)
}

// How a deed begins.
const (
	deedNone = iota
	deedOf   // with what those did who were told of: "… and burned a market in Jaglot"
	deedNew  // with others, or with a time or place of its own
)

// beginsDeed tells whether and how another deed begins at word n: "five people died", "the murder
// of a judge", never "their bodies", "six others", "the attackers".
func (r *reading) beginsDeed(n, end int) int {
	w := &r.words[n]
	switch {
	case w.date > 0:
		return deedNew
	case w.place > 0:
		return deedNone
	case w.is(lexicon.Harm|lexicon.Kind) && w.e.Form&lexicon.Past != 0 && r.deedWord(n):
		return deedOf
	}
	switch w.low {
	case "by", "hours", "later", "into", "over":
		return deedNew
	case "in", "at", "near", "outside", "on":
		for k := n; k < end; k++ { // "in Gao and in Ansongo on Sunday, killing three": in both
			if r.deedWord(k) && !strings.HasSuffix(r.words[k].low, "ing") {
				return deedNew
			}
		}
		return deedNone
	case "he", "she", "it", "they", "who", "whose", "which", "that", "then", "not", "to":
		return deedNone
	}
	if w.is(lexicon.Det) && n+1 < end && r.deedWord(n+1) {
		return deedNew // "the killing of a judge"
	}
	g := r.group(n)
	if g < 0 || r.groups[g].first > n || r.groups[g].head < 0 {
		return deedNone
	}
	for k := n; k < min(r.groups[g].last+3, end); k++ {
		switch r.words[k].low {
		case "others", "other", "more", "another", "them", "his", "her", "its", "their", "remaining", "rest":
			return deedNone
		}
	}
	for k := n; k < end && !r.deedWord(k); k++ {
		if speaks(r.words[k].low) || r.words[k].low == "say" {
			return deedNone // "relatives and a doctor say, while …"
		}
	}
	if d := r.groups[g].det; (d == "the" || d == "this" || d == "these" || d == "those" || d == "that") && !r.deedWord(r.groups[g].head) {
		return deedNone
	}
	return deedNew
}

// repays tells whether words [from, to) tell of a deed that answers another: "… and armed men burned a
// market in revenge".
func (r *reading) repays(from, to int) bool {
	for k := from + 2; k < to; k++ {
		switch r.words[k].low {
		case "revenge", "retaliation", "reprisal", "reprisals", "vengeance":
			return r.words[k-1].low == "in" && r.tellsDeed(from, k)
		}
	}
	return false
}

// townsOfTwo tells whether the last town of words [a, b) and the first of words [c, d) are some
// way from each other, and things were done in both.
func (r *reading) townsOfTwo(a, b, c, d int) bool {
	p, q := -1, -1
	for k := b - 1; k > a && p < 0; k-- {
		p = r.deedTown(k)
	}
	for k := c; k < d && q < 0; k++ {
		q = r.deedTown(k)
	}
	return p >= 0 && q >= 0 && r.otherTown(p, q) && !r.gaz.Near(r.places[p].ID, r.places[q].ID, 20_000)
}

// deedTown is the town that word k names as that of a deed, -1 where it names none.
func (r *reading) deedTown(k int) int {
	p := r.words[k].place - 1
	if p < 0 {
		return -1
	}
	if q := &r.places[p]; q.Demonym || q.ID == 0 || !q.town() || !r.located(p) || r.carriedTo(p) || r.sourceSeat(p) || r.tended(p) || r.speakerAt(p) {
		return -1
	}
	return p
}

// daysOfTwo tells whether words [a, b) and words [c, d) name each a day, and not the same: "on Tuesday …
// a day later".
func (r *reading) daysOfTwo(a, b, c, d int) bool {
	x, y := r.dayAmong(a, b), r.dayAmong(c, d)
	if x < 0 || y >= 0 {
		return x >= 0 && !r.dates[x].Earliest.Equal(r.dates[y].Earliest)
	}
	for k := c; k < d; k++ {
		if r.words[k].date > 0 && r.endsIn(k, "later") {
			return r.days(k)
		}
	}
	return false
}

// dayAmong is the day that words [from, to) name, -1 where they name none.
func (r *reading) dayAmong(from, to int) int {
	for k := from; k < to; k++ {
		if d := r.words[k].date - 1; d >= 0 && r.daysDeed(d) {
			return d
		}
	}
	return -1
}

// twinAt is the incident beside the main one that has the town of a clause, -1 where none has.
func (r *reading) twinAt(out []incident, c *clause) int {
	town := r.townOf(c)
	if town < 0 {
		return -1
	}
	return slices.IndexFunc(out, func(x incident) bool {
		return x.role == Other && slices.ContainsFunc(few(x.at), func(q int) bool { return r.places[q].ID == r.places[town].ID })
	})
}
