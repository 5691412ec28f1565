package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
)

// What a party to the fight says: it knows its own dead, and boasts of the others'.

// party is the voice of a party that is not named where it speaks: "said that its fighters
// had …", or "It put … at" after a sentence of its own; nil where none speaks.
func (r *reading) party(si int) *Said {
	s := &r.sents[si]
	first := s.first + s.dateline
	if k := r.ownFighters(s); k > 0 && r.spoke(first, k-1) {
		return &Said{Text: r.art.Text(s.field)[r.words[k-1].start:r.words[k].end], Kind: "belligerent"}
	}
	if si == 0 || first+1 >= s.last || r.words[first].low != "it" || !r.speaksNext(s, first+1) {
		return nil
	}
	before := &r.sents[si-1]
	for k := before.first + before.dateline; k < before.last; k++ {
		if r.faction(before, k) && r.speaksNext(before, k+1) {
			return r.voice(before, k)
		}
	}
	return r.party(si - 1)
}

// speaksAside tells whether the party at word k said only what follows: behind a
// semicolon, or in a clause of its own, "a raid that killed nine and that rebels say …".
func (r *reading) speaksAside(s *sentence, k int) bool {
	if !r.faction(s, k) {
		return false
	}
	if g := r.group(k); g >= 0 {
		k = r.groups[g].first
	}
	if k--; k > s.first+s.dateline && !r.words[k].punct && r.words[k].low != "the" {
		return true
	}
	for ; k >= s.first; k-- {
		if r.words[k].low == ";" {
			return true
		}
	}
	return false
}

// ownFighters finds those who fight for whoever speaks in a sentence: "its fighters", "the
// group's men"; 0 where there are none.
func (r *reading) ownFighters(s *sentence) int {
	for k := s.first + s.dateline + 1; k < s.last; k++ {
		if !ownMen(&r.words[k]) {
			continue
		}
		if l := r.words[k-1].low; l == "its" || l == "our" || l == "'s" && strings.HasSuffix(r.lowAt(k-2), "group") {
			return k
		}
	}
	return 0
}

// ownMen tells whether a word is for those who fight for somebody: "its fighters".
func ownMen(w *word) bool {
	return w.is(lexicon.Person) && w.e.Plural && (w.e.Who == "militant" || w.e.Who == "perpetrator" || w.low == "men" || w.low == "members")
}

// faction tells whether word k ends the name of an armed group, or is a word for one.
func (r *reading) faction(s *sentence, k int) bool {
	w := &r.words[k]
	switch w.low {
	case "armed group", "militia", "faction", "militants", "rebels", "insurgents", "guerrillas", "the group", "jihadists", "separatists":
		return true
	case "group", "movement", "outfit", "alliance":
		return k > s.first && (r.words[k-1].armed() || r.words[k-1].low == "armed" || r.words[k-1].low == "rebel" || r.words[k-1].low == "separatist" || r.words[k-1].low == "the")
	}
	return w.is(lexicon.Actor) && (w.e.Party == "rebel" || w.e.Party == "militia" || w.e.Party == "criminal")
}

// speaksNext tells whether a verb of saying stands at word k, or behind an auxiliary or a day.
func (r *reading) speaksNext(s *sentence, k int) bool {
	for n := k; n < min(k+5, s.last); n++ {
		w := &r.words[n]
		if speaks(w.low) {
			g := r.group(n + 1)
			return g < 0 || r.groups[g].thing != "event" || r.groups[g].first > n+1 // not "claimed the attack that killed nine"
		}
		if !w.is(lexicon.Aux|lexicon.Adv) && w.date == 0 && w.low != "on" && w.low != "late" {
			return false
		}
	}
	return false
}

// spoke tells whether a verb of saying stands among words [from, to).
func (r *reading) spoke(from, to int) bool {
	for k := from; k < to; k++ {
		if speaks(r.words[k].low) {
			return true
		}
	}
	return false
}

// boasts tells whether a figure that a party gives is of those whom it says that it
// killed itself: "it had killed 40 soldiers", "18 soldiers died". What others did to its
// people, or to those for whom it speaks, it knows: "drones killed 12 villagers".
func (r *reading) boasts(f *mention) bool {
	if f.said == nil || f.said.Kind != "belligerent" || f.who == "militant" || f.who == "perpetrator" || f.q.Quantifier == "none" || f.rule == "fig.lost" || r.presupposed(f) {
		return false
	}
	s := &r.sents[f.sent]
	switch f.who {
	case "security", "peacekeeper", "official", "foreigner":
		return !r.fromAir(s) && !r.fromAir(&r.sents[0]) && !r.fromAir(&r.sents[max(f.sent-1, 0)])
	}
	k := f.harm - 1
	for k > s.first && (r.words[k].is(lexicon.Aux|lexicon.Adv) || r.words[k].punct) {
		k--
	}
	if k < s.first {
		return false
	}
	switch w := &r.words[k]; w.low {
	case "it", "they", "we", "caliphate":
		return true
	default:
		return w.armed() || w.is(lexicon.Actor) && w.e.Party != "state" || (r.spoke(s.first, k) && f.rule == "fig.toll" || r.ownFighters(s) > 0) && !r.fromAir(s)
	}
}

// presupposed tells whether a figure only says of which attack a party speaks: "it carried out
// the attack that killed nine soldiers", "… in which nine died".
func (r *reading) presupposed(f *mention) bool {
	for k := min(f.first, f.harm) - 1; k > max(r.sents[f.sent].first, f.first-4); k-- {
		switch w := &r.words[k]; {
		case w.low == "which", w.low == "that" && !speaks(r.words[k-1].low) && r.group(k-1) >= 0 && r.words[k-1].date == 0:
			return true
		case !w.is(lexicon.Aux | lexicon.Adv):
			return false
		}
	}
	return false
}

// fromAir tells whether a sentence tells of strikes from the air or by shells.
func (r *reading) fromAir(s *sentence) bool {
	for k := s.first; k < s.last; k++ {
		if w := &r.words[k]; w.is(lexicon.Kind) && r.isKind(k) && (Family(w.e.Type) == "aerial" || w.e.Type == "shelling") {
			return true
		}
	}
	return false
}
