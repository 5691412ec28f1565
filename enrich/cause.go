package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
)

// What set off the news is an incident of its own, however close it was: the clashes are
// "triggered by the killing of a commander", the crowd that storms a camp is "enraged by
// the death of two children".

// causeAt finds a cause that word k of a clause, which begins at first, leads in, and
// where it ends; 0 where there is none. The rest of the sentence has a deed of its own:
// else the cause is what the article is about.
func (r *reading) causeAt(s *sentence, first, k int) (end int) {
	n := r.causeLink(s, first, k)
	if n == 0 {
		return 0
	}
	h := -1
	for ; n < s.last && h < 0; n++ {
		w := &r.words[n]
		switch {
		case w.is(lexicon.Harm) && w.e.Measure == string(Killed), w.is(lexicon.Kind) && w.e.Type == "assassination":
			if h = n; r.lowAt(n+1) != "of" && !r.possessed(s, n) {
				return 0
			}
		case w.punct && !w.clitic, n > k+8, w.is(lexicon.Verb | lexicon.Aux | lexicon.Sub):
			return 0
		}
	}
	if h < 0 {
		return 0
	}
	deed := func(from, to int) bool {
		for n := from; n < to; n++ {
			if w := &r.words[n]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(n) {
				if f := Family(w.e.Type); f != "law" && f != "unknown" && w.e.Type != "assassination" {
					return true
				}
			}
		}
		return false
	}
	for n = h + 1; n < s.last; n++ {
		if w := &r.words[n]; w.low == ";" || w.is(lexicon.Verb) && w.is(lexicon.Kind) && r.group(n) < 0 && !r.words[n-1].is(lexicon.Aux|lexicon.Sub) || w.low == "," && k == first {
			break // "… enraged by the killing of a boy | stormed the camp"
		}
	}
	below := !r.opens(r.sentenceAt(k)) && r.words[k].low != "after" && r.words[k].low != "following"
	if deed(first, k) || n < s.last && deed(n, s.last) || below {
		return n
	}
	return 0
}

// effectAt finds, below the opening, what somebody's death set off: "His death set off
// clashes in which eight people lost their lives". Word k is where that begins.
func (r *reading) effectAt(s *sentence, first, k int) bool {
	if s.title || r.opens(r.sentenceAt(k)) || k < first+2 {
		return false
	}
	switch r.words[k-1].low {
	case "sparked", "triggered", "ignited", "unleashed", "provoked", "set off":
	case "off":
		if r.words[k-2].low != "set" {
			return false
		}
	default:
		return false
	}
	for n := first; n < k-1; n++ {
		if w := &r.words[n]; w.is(lexicon.Harm) && w.e.Measure == string(Killed) || w.is(lexicon.Kind) && w.e.Type == "assassination" {
			return r.deedAhead(k, s.last) && r.hurtAhead(k, s.last)
		}
	}
	return false
}

// causeLink is where the cause begins that word k leads in, 0 for none.
func (r *reading) causeLink(s *sentence, first, k int) int {
	at := func(n int) string {
		if n < s.last {
			return r.words[n].low
		}
		return ""
	}
	switch l := at(k); l {
	case "triggered", "sparked", "prompted", "provoked", "ignited", "fuelled", "fueled", "angered", "enraged", "incensed", "outraged", "infuriated", "inflamed":
		if at(k+1) == "by" || at(k+1) == "at" || at(k+1) == "over" {
			return k + 2
		}
	case "set off", "set":
		if l == "set" && at(k+1) == "off" {
			k++
		}
		if l = at(k); (l == "off" || l == "set off") && at(k+1) == "by" {
			return k + 2
		}
	case "protest", "protests", "protesting", "protested", "anger", "fury", "outrage", "rage", "demonstrating", "rallying", "uproar":
		if at(k+1) == "over" || at(k+1) == "at" || at(k+1) == "against" {
			return k + 2
		}
	case "response":
		if at(k-1) == "in" && at(k+1) == "to" {
			return k + 2
		}
	case "after", "following":
		if k > first && r.words[k-1].date == 0 {
			return k + 1
		}
	case "accused", "accusing", "accuses", "blamed", "blaming", "blames":
		for n := k + 2; n < min(k+7, s.last); n++ {
			if at(n) == "of" && strings.HasPrefix(l, "accus") || at(n) == "for" && strings.HasPrefix(l, "blam") {
				return n + 1
			}
			if r.words[n].punct && !r.words[n].clitic || r.words[n].is(lexicon.Harm) {
				return 0
			}
		}
	}
	return 0
}

// possessed tells whether the killing at word n is that of somebody named before it:
// "the children's killing".
func (r *reading) possessed(s *sentence, n int) bool {
	return n-1 > s.first && r.words[n-1].clitic
}
