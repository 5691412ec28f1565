package enrich

import "tocsin/enrich/lexicon"

// What pirates and rebels do to a ship is told of by plain verbs: "boarded by armed men",
// "seized a tanker", "the vessel taken by the Houthis". Such a verb names an incident where
// a ship takes the blow and somebody armed who is no state deals it: customs and coast
// guards seize ships too.

// boarding is what is known of such a verb.
var boarding = &lexicon.Entry{Class: lexicon.Verb | lexicon.Kind, Type: "hijacking"}

// boardings finds the verbs of a sentence by which a ship is taken.
func (r *reading) boardings(s *sentence) {
	if !r.shipIn(s.first, s.last) {
		return
	}
	for k := s.first + s.dateline; k < s.last; k++ {
		switch r.words[k].low {
		case "seize", "seizes", "seized", "seizing", "board", "boards", "boarded", "boarding", "commandeer", "commandeered", "captured", "took", "takes", "taken", "overran":
		default:
			continue
		}
		switch {
		case r.boards(k, s.last) && r.captorIn(s, s.first, s.last), r.boardedBy(s, k), r.shipThat(s, k):
			r.words[k].e = boarding
		}
	}
}

// boards tells whether the object of the verb at word k is a ship, and not what was found
// on it.
func (r *reading) boards(k, last int) bool {
	for n := k + 1; n < min(k+8, last); n++ {
		w := &r.words[n]
		switch {
		case ship(w.low):
			return true
		case w.low == "of", w.low == "carrying", w.low == "from", w.low == "on", w.low == "aboard", w.low == "to", w.is(lexicon.Sub), w.punct && w.low != "-" && w.low != "\"", w.is(lexicon.Person) && w.e.Plural:
			return false
		case w.low == "cocaine", w.low == "drugs", w.low == "tonnes", w.low == "tons", w.low == "kilograms", w.low == "kg":
			return false
		}
	}
	return false
}

// boardedBy tells whether a ship was taken by somebody armed: "a carrier was boarded by
// armed men", "vessel taken by pirates".
func (r *reading) boardedBy(s *sentence, k int) bool {
	if !r.shipIn(max(s.first, k-9), k) {
		return false
	}
	for n := k + 1; n < s.last && !r.words[n].punct; n++ {
		if r.words[n].low == "by" {
			return n < k+5 && r.captorIn(s, n+1, min(n+7, s.last))
		}
	}
	// Passengers board; a ship that is boarded by nobody who is named is robbed.
	return r.words[k].low == "boarded" && (ship(r.lowAt(k-1)) || r.words[k-1].is(lexicon.Aux) && ship(r.lowAt(k-2)))
}

// shipThat tells whether a verb behind "that" or "which" has a ship before it for its
// object: "the ship that Houthi rebels seized".
func (r *reading) shipThat(s *sentence, k int) bool {
	for n := k - 1; n > max(s.first, k-7); n-- {
		switch w := &r.words[n]; {
		case w.low == "which", w.low == "that", w.low == "it", w.low == "they":
			return r.shipIn(max(s.first, n-12), n) && (r.captorIn(s, n, k) || w.low == "it" || w.low == "they") && r.captorIn(s, s.first, k)
		case w.punct, w.is(lexicon.Prep):
			return false
		}
	}
	return false
}

// captorIn tells whether some of a sentence's words are of people who take others and are
// no state.
func (r *reading) captorIn(s *sentence, first, last int) bool {
	for k := max(first, s.first); k < min(last, s.last); k++ {
		w := &r.words[k]
		if w.captor() {
			return true
		}
		switch w.low {
		case "pirates", "hijackers", "rebels", "inmates", "prisoners", "convicts", "rioters", "mutineers":
			return true
		case "unauthorised", "unauthorized", "unidentified", "unknown":
			if g := w.group - 1; g >= 0 && r.groups[g].person {
				return true
			}
			if l := r.lowAt(k + 1); l == "persons" || l == "people" || l == "men" || l == "individuals" {
				return true
			}
		}
	}
	return false
}

func (r *reading) shipIn(first, last int) bool {
	for k := first; k < last; k++ {
		if ship(r.words[k].low) || seaman(r.words[k].low) {
			return true
		}
	}
	return false
}

// ship tells whether a word names one that can be boarded, or an airliner.
func ship(w string) bool {
	switch w {
	case "tanker", "tankers", "oil tanker", "chemical tanker", "gas tanker", "ship", "ships", "cargo ship", "merchant ship", "vessel", "vessels", "freighter", "trawler", "trawlers", "fishing boat", "fishing boats", "bulk carrier", "bulker", "container ship", "dhow", "dhows", "tugboat", "tug", "barge", "ferry", "yacht", "airliner":
		return true
	}
	return false
}

// seaman tells whether a word is of those who work on ships.
func seaman(w string) bool {
	switch w {
	case "crew", "crew members", "crewmen", "crewmembers", "sailors", "seafarers", "seamen", "mariners":
		return true
	}
	return false
}

// aboard tells whether an article has told of a ship that was taken by sentence si.
func (r *reading) aboard(si int) bool {
	for k := range r.words[:r.sents[si].last] {
		if w := &r.words[k]; w.is(lexicon.Kind) && w.e.Type == "hijacking" {
			return true
		}
	}
	return false
}
