package enrich

import (
	"cmp"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
)

// What the forces of a state hit is told of by plain verbs, without a word for the
// means: "The IDF struck a workshop near Tyre", "Russia hits Kharkiv", "It targeted
// hideouts". Such a verb names an incident where one who has an air force deals the
// blow, and something that is fired at takes it.

// dealt is what is known of such a verb: most are strikes from the air.
var dealt = &lexicon.Entry{Class: lexicon.Verb | lexicon.Kind, Type: "airstrike"}

// blows finds the verbs of a sentence that tell of a blow.
func (r *reading) blows(s *sentence) {
	for k := s.first + s.dateline + 1; k < s.last; k++ {
		switch r.words[k].low {
		case "struck", "strikes", "hit", "hits", "pounded", "pounds", "pummelled", "pummeled", "targeted", "targets":
			if r.dealer(s, k) && r.target(s, k) {
				r.words[k].e = dealt
			}
		}
	}
}

// dealer tells whether the subject of the verb at word k is a state or its forces.
func (r *reading) dealer(s *sentence, k int) bool {
	first := s.first + s.dateline
	n := k - 1
	for n > first && (r.words[n].is(lexicon.Adv|lexicon.Aux) || r.words[n].date > 0) {
		n--
	}
	switch w := &r.words[n]; {
	case w.place > 0:
		p := &r.places[w.place-1]
		return p.Kind == gazetteer.Country && !p.Demonym && !p.Region && (n == first || r.words[n-1].punct || r.words[n-1].is(lexicon.Sub|lexicon.Conj))
	case w.low == "it", w.low == "they":
		if r.lowAt(n-1) == "that" {
			n--
		}
		return n > first && speaks(r.lowAt(n-1)) && r.forcesIn(first, n)
	case w.low == ",", w.low == "and":
		return r.forcesIn(first, n) // "… killed three, hit a depot and struck tunnels"
	}
	return r.forces(n)
}

// forces tells whether word k is of a state's armed forces.
func (r *reading) forces(k int) bool {
	w := &r.words[k]
	return !strings.Contains(w.low, "police") && (w.is(lexicon.Actor) && w.e.Party == "state" || w.is(lexicon.Source) && w.e.Says == "military")
}

func (r *reading) forcesIn(first, last int) bool {
	for k := first; k < last; k++ {
		if r.forces(k) {
			return true
		}
	}
	return false
}

// target tells whether the object of the verb at word k is one of war.
func (r *reading) target(s *sentence, k int) bool {
	aimed := strings.HasPrefix(r.words[k].low, "target") // tariffs and laws have targets too
	for n := k + 1; n < min(k+10, s.last); n++ {
		w := &r.words[n]
		switch w.low {
		case "targets", "positions", "hideouts", "hideout", "camps", "strongholds", "tunnels", "launchers", "bunkers", "infrastructure", "depots", "depot", "workshops", "workshop", "operatives":
			return !r.withTerms(s, n)
		case "\"", "'", "“", "”", "‘", "’":
			continue
		}
		if w.punct || w.is(lexicon.Aux) {
			return false
		}
		if w.armed() {
			return !r.withTerms(s, n)
		}
		if !aimed && (w.is(lexicon.Thing) && (w.e.Unit == "building" || w.e.Unit == "vehicle") || w.place > 0 && r.places[w.place-1].town()) {
			return !r.withTerms(s, n)
		}
	}
	return false
}

// withTerms tells whether what struck was on paper: "hits the bank with a fine".
func (r *reading) withTerms(s *sentence, k int) bool {
	for n := k + 1; n+1 < min(k+8, s.last); n++ {
		switch r.words[n].low {
		case "sanctions", "tariffs", "tariff", "fine", "lawsuit", "ban", "taxes", "tax":
			return true
		}
	}
	return false
}

// dealtBy is the type of a blow: by what the opening or its own sentence says flew,
// else a strike from the air.
func (r *reading) dealtBy(k int) string {
	lead := r.opening(leadSentences)
	for si := range lead {
		if t := r.flew(&lead[si]); t != "" {
			return t
		}
	}
	return cmp.Or(r.flew(&r.sents[r.sentenceAt(k)]), dealt.Type)
}

// flew is the type of what a sentence says was fired or flown, "" where it does not.
func (r *reading) flew(s *sentence) string {
	for k := s.first; k < s.last; k++ {
		w := &r.words[k]
		if w.e == dealt || !w.is(lexicon.Kind) || Family(w.e.Type) != "aerial" {
			continue
		}
		if g := w.group - 1; g < 0 || r.groups[g].head == k || r.groups[g].head < 0 { // not "a drone workshop"
			return w.e.Type
		}
	}
	return ""
}

// underFire tells whether what comes under fire at word k is shot at, and not blamed: it is
// a vehicle, a building or a town, or somebody armed shoots: "the minister came under fire".
func (r *reading) underFire(k int) bool {
	s := &r.sents[r.sentenceAt(k)]
	for n := max(s.first, k-8); n < min(s.last, k+8); n++ {
		switch w := &r.words[n]; {
		case n > k && (w.captor() || w.is(lexicon.Person) && w.e.Who == "suspect"):
			return true
		case n < k && (w.is(lexicon.Thing) && (w.e.Unit == "vehicle" || w.e.Unit == "building") || w.place > 0 && n == k-1 && r.places[w.place-1].town()):
			return true
		}
	}
	return false
}
