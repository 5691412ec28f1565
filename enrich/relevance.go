package enrich

import (
	"tocsin/enrich/lexicon"
)

// about is what an article is about, as far as that decides whether its
// incidents are news.
type about struct {
	past   bool   // everything in it is older: a trial, an anniversary
	reject bool   // no incident at all
	rule   string // the rule that decided
}

// about weighs the opening of the article: headline and first sentences say what
// the news is. Words of violence speak for an incident, the themes against it.
func (r *reading) about() about {
	var themes = map[string]int{}
	violent, words := 0, 0
	for si := range r.sents {
		s := &r.sents[si]
		if words > 70 {
			break
		}
		times := 1
		if s.title {
			times = 2
		}
		for k := s.first; k < s.last; k++ {
			w := &r.words[k]
			if w.is(lexicon.Theme) {
				themes[w.e.Theme] += times * 2
			}
			if w.is(lexicon.Kind) && r.isKind(k) {
				violent += times * min(weight(w.e.Type), 6) / 2
			}
			if w.is(lexicon.Harm) && w.e.Measure == string(Killed) && w.e.Form&(lexicon.Past|lexicon.Base|lexicon.Gerund) != 0 {
				violent += times
			}
			words++
		}
	}
	top, most := "", 0
	for _, t := range []string{"accident", "nature", "sport", "fiction", "judicial", "anniversary", "exercise", "statistics", "business", "policy", "hoax", "history", "cyber", "suicide"} {
		if themes[t] > most {
			top, most = t, themes[t]
		}
	}
	a := about{rule: "relevance.violence"}
	switch {
	case violent == 0:
		a.reject, a.rule = true, "relevance.no-violence"
	case top == "" || top == "policy" || top == "business" && most < violent:
	case top == "judicial" && most*2 > violent, top == "anniversary" && most*2 > violent, top == "history" && most > violent:
		a.past, a.rule = true, "relevance."+top
	case top == "statistics" && most > violent:
		a.past, a.rule = true, "relevance."+top
	case (top == "accident" || top == "nature" || top == "sport" || top == "fiction" || top == "cyber" || top == "exercise" || top == "suicide" || top == "business") && most >= violent:
		a.reject, a.rule = true, "relevance."+top
	case top == "hoax":
		a.rule = "relevance.hoax"
	}
	return a
}
