package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// A person is counted once, by the gravest that befell them: who was taken and
// then killed is dead, and one of the wounded who dies is wounded no more
// (SCHEMA: a subset never adds, an update replaces).

// lessDead takes from a total of the hurt or taken those who the text says died.
func (r *reading) lessDead(x *incident, m Measure, t Total) (Total, bool) {
	n, all := 0, false
	for _, ki := range few(x.figs) {
		k := &r.figs[ki]
		if k.measure != Killed || k.scope != "current" || k.hypothesis || k.relation == "part" || k.q.Quantifier == "none" {
			continue
		}
		for _, fi := range few(x.figs) {
			f := &r.figs[fi]
			if f.measure != m || f.scope != "current" || f.relation == "part" || !slices.Contains(r.trace.rivals, fi) || f.harm > k.harm && !k.later && !strings.HasSuffix(f.rule, "+pronoun") {
				continue
			}
			switch {
			case f.lead > 0 && f.lead == k.lead:
				// The same people: "was abducted and later beheaded".
				if f.q.Quantifier == "none" {
					continue
				}
				all = all || number(f.q) >= number(r.best(t))
				n += number(k.q)
			case k.lead > 0 && f.lead > 0 && r.isSingle(f) && r.isSingle(k):
				continue // two people who are each told of
			case f.harm > k.harm && f.sent > k.sent:
				continue // who is told of only afterwards are others
			case k.later && k.of == m && f.relation != "subset":
				n += number(k.q)
			case strings.HasSuffix(f.rule, "+pronoun") && number(k.q) == 1 && f.harm > k.harm && f.sent-k.sent <= 2:
				all, n = true, n+1 // "a nurse was found dead … he had been abducted"
			default:
				continue
			}
			break
		}
	}
	if n == 0 {
		return t, true
	}
	if all || t.Min == nil || *t.Min <= n {
		return Total{}, false
	}
	less := func(p *int) *int {
		if p == nil {
			return nil
		}
		v := *p - n
		return &v
	}
	t.Min, t.Max, t.Point, t.Rule = less(t.Min), less(t.Max), less(t.Point), t.Rule+"+less-those-who-died"
	return t, true
}

func (r *reading) best(t Total) quantity.Quantity {
	q := quantity.Quantity{Min: quantity.Open, Max: quantity.Open, Point: quantity.Open}
	if t.Min != nil {
		q.Min = *t.Min
	}
	if t.Point != nil {
		q.Point = *t.Point
	}
	if t.Max != nil {
		q.Max = *t.Max
	}
	return q
}

// fate marks deaths of people that were told of before as hurt or taken: "one of
// the wounded later died", "he died in hospital", "the driver succumbed".
func (r *reading) fate(si, from int) {
	s := &r.sents[si]
	for i := from; i < len(r.figs); i++ {
		k := &r.figs[i]
		if k.measure != Killed || k.scope != "current" || k.relation == "part" || k.q.Quantifier == "none" {
			continue
		}
		if k.relation == "subset" {
			// "six were shot, two of whom died": four are hurt
			for p := i - 1; p >= 0 && r.figs[p].sent == si; p-- {
				if f := &r.figs[p]; f.soft && f.scope == "current" && number(f.q) > number(k.q) {
					k.later, k.of = true, Injured
					break
				}
			}
		}
		of := r.ofThe(k)
		if of == "" && !r.laterCue(s, k) {
			continue
		}
		n := number(k.q)
		if k.relation == "subset" && r.ofTheDead(si, k) {
			continue // "… that the three had sat at the back. One of them died on the way"
		}
		for p := i - 1; p >= 0 && si-r.figs[p].sent <= 6; p-- {
			f := &r.figs[p]
			if f.scope != "current" || f.harm == k.harm || f.relation == "part" || of != "" && f.measure != of {
				continue
			}
			if f.measure != Injured && f.measure != Abducted && f.measure != Missing || f.q.Quantifier == "none" {
				continue
			}
			if f.lead > 0 && f.lead == k.lead {
				break // the same words: no need to guess
			}
			definite := k.weak || of != "" || k.relation == "subset" || k.group >= 0 && r.groups[k.group].det == "the" || k.group >= 0 && r.groups[k.group].head < 0
			if !definite || number(f.q) < n && f.q.Quantifier != "unknown" && f.q.Quantifier != "vague" {
				continue
			}
			k.later, k.of = true, f.measure
			if k.relation == "subset" || of != "" {
				k.relation = "additional"
			}
			break
		}
	}
}

// ofTheDead tells whether those of whom a death is told are the dead, named by their
// number since: "the three".
func (r *reading) ofTheDead(si int, k *mention) bool {
	for n := k.first - 1; n >= r.sents[max(si-1, 0)].first; n-- {
		g := r.group(n)
		if g < 0 || r.groups[g].first != n || r.groups[g].det != "the" || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count {
			continue
		}
		for p := range r.figs[:min(len(r.figs), compared)] {
			f := &r.figs[p]
			if f.sent < si && f.scope == "current" && f.relation == "total" && number(f.q) == number(*r.groups[g].q) && (f.measure == Killed || f.measure == Injured) {
				return f.measure == Killed
			}
		}
	}
	return false
}

// ofThe tells of whom the dead were a part: "one of the wounded", "two of the hostages".
func (r *reading) ofThe(k *mention) Measure {
	if k.group < 0 {
		return ""
	}
	g := &r.groups[k.group]
	for n := g.first; n < min(g.last+4, len(r.words)); n++ {
		if l := r.words[n].low; n >= g.last && (l == "and" || r.words[n].punct) {
			return "" // "14 bodies and the number of injured"
		}
		if r.words[n].low != "of" {
			continue
		}
		for m := n + 1; m < min(n+4, len(r.words)); m++ {
			switch w := &r.words[m]; {
			case w.low == "hostages" || w.low == "captives" || w.low == "abductees":
				return Abducted
			case w.is(lexicon.Harm) && w.e.Measure == string(Injured):
				return Injured
			case w.is(lexicon.Harm) && (w.e.Measure == string(Abducted) || w.e.Measure == string(Hostages)):
				return Abducted
			case w.punct:
				return ""
			}
		}
	}
	return ""
}

// laterCue tells whether a death came after another harm: "later died", "died in
// hospital", "died of his wounds", "succumbed".
func (r *reading) laterCue(s *sentence, k *mention) bool {
	switch r.words[k.harm].low {
	case "succumbed", "died of his injuries", "died of her injuries", "died of their injuries", "died of his wounds", "died of her wounds", "died of their wounds":
		return true
	case "died", "dies", "dead", "declared dead", "pronounced dead", "passed away", "killed", "found dead", "lost his life", "perished", "beheaded", "murdered", "executed":
	default:
		return false
	}
	for n := max(s.first, k.harm-4); n < min(s.last, k.harm+8); n++ {
		switch r.words[n].low {
		case "later", "subsequently", "eventually", "since", "afterwards", "afterward", "thereafter", "also":
			if n <= k.harm+5 {
				return r.words[n].low != "also" && r.words[n].low != "since"
			}
		case "hospital", "wounds", "injuries", "surgery", "captivity", "custody":
			if n > k.harm {
				return true
			}
		case ";", ",":
			if n > k.harm {
				return false
			}
		}
	}
	return false
}
