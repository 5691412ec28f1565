package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// People as the grammar of a sentence gives them to a harm word: subjects, objects,
// lists, pronouns, and those that are left out.

// arg is a noun group taken as a number of people.
type arg struct {
	g    int // index of the group
	q    quantity.Quantity
	rule string
}

func (r *reading) group(w int) int {
	if w < 0 || w >= len(r.words) {
		return -1
	}
	return r.words[w].group - 1
}

// take reads the group as people; strict refuses an unknown noun.
func (r *reading) take(g int) (arg, bool) {
	if g < 0 {
		return arg{}, false
	}
	gr := &r.groups[g]
	if gr.first > 0 && r.words[gr.first-1].low == "how" {
		return arg{}, false // "did not say how many people were held"
	}
	if gr.first > 1 && r.words[gr.first-1].low == "but" && r.words[gr.first-2].low == "all" {
		return arg{}, false // "all but three were killed"
	}
	q, rule, ok := gr.size()
	if !ok {
		return arg{}, false
	}
	if gr.q != nil && gr.q.Shape == quantity.Year && !gr.person {
		return arg{}, false
	}
	return arg{g, q, rule}, true
}

// presumed takes an unknown noun for a person where it is joined to people: "the
// priest and a thurifer".
func (r *reading) presumed(g int, and bool) (arg, bool) {
	gr := &r.groups[g]
	if !and || gr.q != nil || gr.thing != "unknown" || gr.plural || gr.last-gr.first > 4 {
		return arg{}, false
	}
	switch gr.det {
	case "a", "an", "his", "her":
		return arg{g, quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, "presumed"}, true
	}
	return arg{}, false
}

// list takes the group g and those that are coordinated with it to its right.
// It returns the word after the last.
func (r *reading) list(si, g int, object bool) ([]arg, int) {
	ws, s := r.words, &r.sents[si]
	a, ok := r.take(g)
	if !ok {
		return nil, 0
	}
	args := []arg{a}
	end := r.groups[g].last
	for {
		k := end
		k = r.skipAfter(s, k)
		sep := false
		comma := false
		for k < s.last && (ws[k].low == "," || ws[k].low == "and" || ws[k].low == "&" || ws[k].low == "plus" || ws[k].low == "as well as" || ws[k].low == "along with" || ws[k].low == "together with" || ws[k].low == "alongside") {
			if ws[k].low == "," {
				comma = true
			} else {
				sep, comma = true, false
			}
			k++
		}
		if !sep && !comma {
			x := r.resume(s, end)
			if x < 0 {
				return args, end
			}
			k, comma = x, true
		}
		n := r.group(k)
		if n < 0 || r.groups[n].first != k || r.groups[n].age {
			return args, end
		}
		b, ok := r.take(n)
		if !ok {
			b, ok = r.presumed(n, sep)
		}
		if !ok {
			return args, end
		}
		gr := &r.groups[n]
		if gr.det == "the" && gr.q == nil && !sep {
			return args, end
		}
		// The next group may be the subject of a clause of its own: "and three others were hurt".
		x := gr.last
		x = r.skipAfter(s, x)
		if x < s.last && (ws[x].is(lexicon.Aux) || ws[x].is(lexicon.Harm) && ws[x].e.Form&(lexicon.Past|lexicon.Predicative|lexicon.Intrans) != 0 || ws[x].is(lexicon.Verb) && !ws[x].is(lexicon.Prep)) {
			return args, end
		}
		if object && r.sharedPredicate(s, n) {
			return args, end
		}
		if !sep && comma {
			// A comma alone needs an "and" further on: else it is apposition. A headline saves the word.
			if !r.andAhead(s, gr.last) && !(s.title && object && len(args) == 1 && gr.q != nil && gr.person && r.groups[g].q == nil && !r.groups[g].plural) {
				return args, end
			}
		}
		if b.rule == "named" && !sep {
			return args, end
		}
		args = append(args, b)
		end = gr.last
		if len(args) > 12 {
			return args, end
		}
	}
}

// sharedPredicate tells whether a coordinated group has a harm word of its own
// further on: "killed 4 people and 10 others were wounded".
func (r *reading) sharedPredicate(s *sentence, g int) bool {
	ws := r.words
	for k := r.groups[g].last; k < s.last && k < r.groups[g].last+8; k++ {
		w := &ws[k]
		if w.low == "who" || w.low == "when" {
			return false
		}
		if w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 && r.passive(r.sentenceAt(k), k) {
			return true
		}
		if w.is(lexicon.Sub) || w.punct || w.is(lexicon.Conj) {
			return false
		}
	}
	return false
}

// resume finds where a list goes on after a group was described: "killed a
// trader returning from a fair, his wife and a porter".
func (r *reading) resume(s *sentence, k int) int {
	if k >= s.last || !verbal(r.words[k].low) && !r.words[k].is(lexicon.Prep) && r.words[k].low != "who" || r.words[k].low == "in" || r.words[k].low == "when" || r.words[k].low == "at" {
		return -1
	}
	for n := k + 1; n < s.last && n < k+12; n++ {
		w := &r.words[n]
		if w.is(lexicon.Harm|lexicon.Sub) || w.low == ";" || w.q != nil {
			return -1
		}
		if w.low == "," {
			g := r.group(n + 1)
			if g < 0 || !r.groups[g].person || r.groups[g].det != "his" && r.groups[g].det != "her" && r.groups[g].det != "a" {
				return -1
			}
			return n + 1
		}
	}
	return -1
}

func (r *reading) andAhead(s *sentence, k int) bool {
	for n := 0; k < s.last && n < 14; k, n = k+1, n+1 {
		switch w := &r.words[k]; {
		case w.low == "and" || w.low == "&":
			g := r.group(k + 1)
			return g >= 0 && (r.groups[g].person || r.groups[g].q != nil || r.groups[g].det == "a" || r.groups[g].det == "an")
		case w.is(lexicon.Verb | lexicon.Aux | lexicon.Sub):
			return false
		}
	}
	return false
}

func isWas(w string) bool { return w == "was" || w == "were" || w == "been" }

// skipAfter passes what may stand between a group and what is joined to it: an
// age, a short prepositional phrase, a bracket.
func (r *reading) skipAfter(s *sentence, k int) int {
	ws := r.words
	if k+1 < s.last && ws[k].low == "," {
		if g := r.group(k + 1); g >= 0 && r.groups[g].age && r.groups[g].last < s.last && ws[r.groups[g].last].low == "," {
			return r.groups[g].last
		}
	}
	if n := r.afterName(s, k); n > k {
		return n
	}
	if n := r.afterAge(s, k); n > k {
		return n
	}
	if k+1 < s.last && (ws[k+1].low == "and" || ws[k+1].low == ",") {
		switch ws[k].low {
		case "inside", "aboard", "outside", "nearby", "there":
			return k + 1 // "the two men inside and a passer-by"
		}
	}
	if k < s.last && ws[k].low == "(" {
		for n := k; n < s.last && n < k+8; n++ {
			if ws[n].low == ")" {
				return n + 1
			}
		}
	}
	if k+1 < s.last && (ws[k].low == "of" || ws[k].low == "from") {
		if g := r.group(k + 1); g >= 0 && r.groups[g].first == k+1 && r.groups[g].q == nil {
			return r.groups[g].last
		}
		if ws[k+1].place > 0 {
			return k + 2
		}
	}
	return k
}

// afterAge passes the ages of those who were just told of: "a woman aged 66 and her two
// sons", "two boys aged nine and 11, and a nurse", "men aged between 20 and 40".
func (r *reading) afterAge(s *sentence, k int) int {
	ws := r.words
	if k+1 >= s.last || ws[k].low != "aged" {
		return k
	}
	n := k + 1
	for ; n < s.last && n < k+8; n++ {
		switch w := &ws[n]; {
		case w.q != nil:
			if n+1 < s.last && ws[n+1].noun() && !ws[n+1].is(lexicon.Person) {
				n++ // "aged six months"
			}
			continue
		case w.low == "between", w.low == "about", w.low == "around", w.low == "from":
			continue
		case (w.low == "and" || w.low == "," || w.low == "to") && n+1 < s.last && ws[n+1].q != nil && (n+2 >= s.last || !ws[n+2].noun() || ws[n+2].is(lexicon.Harm|lexicon.Verb)):
			continue
		}
		break
	}
	return n
}

// afterName passes the name and age of somebody who was just told of: "the
// couple's daughter, Nomfundo (39), and …", "his wife, Carrie, 48; …". It returns k
// where there is none.
func (r *reading) afterName(s *sentence, k int) int {
	ws := r.words
	g := r.group(k - 1)
	if g < 0 || r.groups[g].q != nil || r.groups[g].plural || !r.groups[g].person || k+2 >= s.last || ws[k].low != "," {
		return k
	}
	h := r.group(k + 1)
	if h < 0 || r.groups[h].first != k+1 || r.groups[h].q != nil || r.groups[h].det != "" || r.groups[h].person || r.names(h) != r.groups[h].last-r.groups[h].first {
		return k
	}
	n := r.groups[h].last
	if n+2 < s.last && ws[n].low == "(" && ws[n+2].low == ")" && ws[n+1].q != nil {
		n += 3
	} else if n+1 < s.last && ws[n].low == "," && ws[n+1].q != nil && r.group(n+1) >= 0 && r.groups[r.group(n+1)].age {
		n += 2
	}
	if n < s.last && (ws[n].low == "," || ws[n].low == ";" || ws[n].low == "and") {
		return n
	}
	return k
}

// subject reads the people to the left of a passive, intransitive or bare participle.
func (r *reading) subject(si, j int, m Measure, rule string) {
	ws, s := r.words, &r.sents[si]
	// "The dead were", "died in": walk left over the words between subject and verb.
	low := s.first + s.dateline
	k := j - 1
	neg := false
	for k >= low {
		w := &ws[k]
		switch {
		case w.low == "not" || w.low == "never" || strings.HasSuffix(w.low, "n't"):
			neg = true
		case w.low == "no" || w.group > 0:
			goto found
		case w.is(lexicon.Aux|lexicon.Adv|lexicon.Neg) || strings.HasSuffix(w.low, "ly") || w.low == "confirmed" || w.low == "reported" || w.low == "feared" || w.low == "believed" || w.low == "to" || w.low == "declared" || w.low == "pronounced" || w.low == "said" || w.low == "both" || w.low == "all" || w.low == "presumed":
		case w.date > 0 || w.punct && w.low == "\"":
		case w.is(lexicon.Harm) && w.e.Form&(lexicon.Past|lexicon.Base|lexicon.Intrans) != 0, w.low == "and" || w.low == "or" || w.low == "then" || w.low == "shot" || w.low == "beaten" || w.low == "tortured":
			// "were shot and killed", "kidnapped and later killed".
			if w.low == "and" || w.low == "or" {
				if k-1 < low || ws[k-1].group > 0 && !ws[k-1].is(lexicon.Harm) {
					goto found
				}
			}
		default:
			goto found
		}
		k--
	}
found:
	if k < low {
		return
	}
	if ws[k].low == "no one" || ws[k].low == "nobody" || ws[k].low == "none" {
		r.none(si, j, m, k)
		return
	}
	if ws[k].low == "another" && ws[k].group == 0 && !neg && (m == Killed || m == Injured) {
		// "man dies, another in critical condition"
		r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule + "+another", sent: si, group: -1, harm: j, first: k, last: j + 1, parts: -1, others: true, hypothesis: r.hypothetical(s, j)})
		return
	}
	if (ws[k].low == "he" || ws[k].low == "she") && (neg || m == Displaced) {
		return
	}
	if (ws[k].low == "he" || ws[k].low == "she") && m != Escaped && m != Released {
		r.pronoun(si, j, m, k, rule)
		return
	}
	if l := ws[k].low; !neg && m != Injured && (l == "they" || l == "who" && k > low && ws[k-1].low == "," && r.group(k-2) < 0 || (l == "both" || l == "all") && k+2 < s.last && ws[k+1].low == "of" && ws[k+2].low == "whom") {
		if args := r.theyAre(si, k); len(args) > 0 {
			r.figure(si, j, m, args, rule+"+they", k, j+1)
			return
		}
	}
	if !neg && r.ordinal(k) && k > low && (ws[k-1].low == "the" || ws[k-1].low == "a") {
		r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule + "+ordinal", sent: si, group: -1, harm: j, first: k - 1, last: j + 1, parts: -1, others: true, hypothesis: r.hypothetical(s, j)})
		return
	}
	if f := r.sharedSubject(si, j, k, m); f >= 0 && !neg {
		x := r.figs[f]
		x.measure, x.harm, x.first, x.last, x.rule, x.soft, x.care = m, j, k, j+1, rule+"+shared", false, false
		x.hypothesis = r.hypothetical(s, j)
		if x.relation == "part" {
			x.relation = "total"
		}
		x.parts = -1
		r.figs = append(r.figs, x)
		return
	}
	if n, first := r.namedBefore(s, k); n > 0 && !neg {
		r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: n, Max: n, Point: n}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule + "+names", sent: si, group: -1, harm: j, first: first, last: j + 1, parts: -1, hypothesis: r.hypothetical(s, j)})
		return
	}
	args, first := r.leftward(si, k, low, rule == "fig.participle-subject")
	if len(args) == 0 && !neg {
		if f := r.elided(si, j, k, m); f >= 0 {
			x := r.figs[f]
			x.measure, x.harm, x.first, x.last, x.rule, x.soft = m, j, j, j+1, rule+"+elided", false
			x.hypothesis = r.hypothetical(s, j)
			x.parts = -1
			r.figs = append(r.figs, x)
			return
		}
	}
	if (len(args) == 0 || r.groups[args[0].g].who == "perpetrator") && !neg && m == Killed && rule == "fig.intransitive" {
		if a, ok := r.parted(s, k); ok {
			r.figure(si, j, m, []arg{a}, rule+"+parted", r.groups[a.g].first, r.groups[a.g].last)
			return
		}
	}
	if len(args) == 0 {
		for n := k; n >= low && n > k-20; n-- {
			if g := r.group(n); g >= 0 && r.groups[g].person && r.groups[g].prep < 0 {
				break
			}
			if l := ws[n].low; (l == "he" || l == "she") && (n == low || ws[n-1].punct || ws[n-1].is(lexicon.Sub|lexicon.Conj)) {
				k = n
				r.pronoun(si, j, m, k, rule)
				break
			}
		}
		return
	}
	if len(args) == 1 {
		if h, ok := r.someOf(s, args[0].g, k, j, rule); ok {
			args[0], first = h, r.groups[h.g].first
		}
	}
	if b, ok := r.besides(s, first); ok {
		args = append([]arg{b}, args...)
	}
	if neg || r.neither(s, first) {
		// "the men were not killed": says nothing of how many were.
		return
	}
	if r.groups[args[0].g].q == nil && args[0].q.Quantifier == "unknown" && len(args) == 1 && (m == Killed || m == Injured || m == Abducted) && r.groups[args[0].g].who == "perpetrator" {
		return
	}
	if was := first; len(args) == 1 && was-1 > low && ws[was-1].low == "not" {
		// "21, not 23, died", "nine prisoners, and not 11, died": the number that is not so is the one that was told before.
		k := was - 2
		if ws[k].low == "and" && k > low {
			k--
		}
		if ws[k].low == "," && k > low {
			k--
		}
		if g := r.group(k); g >= 0 && r.groups[g].q != nil && r.groups[g].q.Shape == quantity.Count && !r.groups[g].age {
			n := len(r.figs)
			r.figure(si, j, m, []arg{{g, *r.groups[g].q, ""}}, rule, r.groups[g].first, j+1)
			for i := n; i < len(r.figs); i++ {
				r.figs[i].relation, r.figs[i].previous = "correction", number(args[0].q)
			}
			return
		}
	}
	r.figure(si, j, m, args, rule, first, j+1)
}

// namedBefore counts the people who are named with their ages before "who" at word k:
// "in memory of Ana Mason, 17, and Omar Fry, 15, who were gunned down". It returns the
// word where the first of the ages stands; no number where there are not two at least.
func (r *reading) namedBefore(s *sentence, k int) (n, first int) {
	if l := r.words[k].low; l != "who" && l != "whom" {
		return 0, k
	}
	if r.lowAt(k-1) != "," {
		return 0, k
	}
	first = k
	for at := k - 2; at-2 > s.first; {
		g := r.group(at)
		if g < 0 || r.lowAt(r.groups[g].first-1) != "," {
			break
		}
		if q := r.groups[g].q; !r.groups[g].age && (q == nil || q.Quantifier != "exact" || q.Min > 109 || r.groups[g].head >= 0) {
			break
		}
		name := r.groups[g].first - 2
		if w := &r.words[name]; name < s.first || !w.upper || w.place > 0 || w.is(lexicon.Person) {
			break
		}
		n, first = n+1, r.groups[g].first
		for at = name; at > s.first && r.words[at].upper && !r.words[at].punct; {
			at--
		}
		if at > s.first && r.words[at].low == "and" {
			at--
		}
		if at > s.first && r.words[at].low == "," {
			at--
		}
	}
	if n < 2 {
		return 0, k
	}
	return n, first
}

// neither tells whether the people who begin at word first are said to be unharmed:
// "neither the guard nor his wife", "neither of the two men".
func (r *reading) neither(s *sentence, first int) bool {
	low := s.first + s.dateline
	if first < s.last && r.words[first].low == "neither" {
		return true
	}
	if first <= low {
		return false
	}
	switch r.words[first-1].low {
	case "neither":
		return true
	case "nor", "of":
		for k := first - 2; k >= low && k > first-12 && !r.words[k].is(lexicon.Harm); k-- {
			if r.words[k].low == "neither" {
				return true
			}
		}
	}
	return false
}

// ordinal tells whether word k numbers a person: "the fifth was killed later".
func (r *reading) ordinal(k int) bool {
	switch r.words[k].low {
	case "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth":
		return true
	}
	return false
}

// theyAre finds the people that "they" at word k stands for: the subject of the
// clause before, in this sentence or the last one.
func (r *reading) theyAre(si, k int) []arg {
	for n := si; n >= 0 && n >= si-1; n-- {
		s := &r.sents[n]
		for i := s.first + s.dateline; i < min(k, s.last); i++ {
			g := r.group(i)
			if g < 0 || r.groups[g].first != i {
				continue
			}
			gr := &r.groups[g]
			if gr.person && gr.prep < 0 && gr.who != "perpetrator" && gr.who != "official" && (gr.q != nil && gr.q.Quantifier != "none" || gr.det == "a" || gr.det == "an") {
				args, end := r.list(n, g, false)
				if h := r.group(end + 1); len(args) == 1 && end+1 < s.last && r.words[end].low == "and" && h >= 0 && r.groups[h].first == end+1 {
					if b, ok := r.take(h); ok {
						args = append(args, b) // "two nurses and a driver were on their way when they …"
					}
				}
				if len(args) == 0 || len(args) == 1 && args[0].q.Max == 1 {
					return nil
				}
				return args
			}
			if gr.prep < 0 && gr.thing == "" {
				break // another subject stands first
			}
		}
	}
	return nil
}

// sharedSubject finds the figure whose people a second predicate has too: "two
// clerks were seized in Aden and later found dead". -1 where there is none.
func (r *reading) sharedSubject(si, j, k int, m Measure) int {
	s := &r.sents[si]
	switch r.words[k].low {
	case "and", "but", "then", "before", "being":
	default:
		return -1
	}
	if k-1 >= s.first && r.words[k-1].is(lexicon.Harm) {
		return -1 // "was shot and killed": the nearer rule reads it
	}
	for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si; i-- {
		f := &r.figs[i]
		if f.harm >= k || f.scope != "current" || f.lead == 0 || f.relation == "part" || f.measure == m {
			continue
		}
		if !strings.HasPrefix(f.rule, "fig.passive-subject") && !strings.HasPrefix(f.rule, "fig.taken") && !strings.HasPrefix(f.rule, "fig.care") && !strings.HasPrefix(f.rule, "fig.shot") {
			return -1
		}
		for n := f.harm + 1; n < k; n++ {
			if g := r.group(n); g >= 0 && r.groups[g].person && r.groups[g].prep < 0 && r.groups[g].who != "perpetrator" {
				return -1
			}
			if r.words[n].is(lexicon.Sub) && r.words[n].low != "after" && r.words[n].low != "while" && r.words[n].low != "as" {
				return -1
			}
		}
		return i
	}
	return -1
}

// elided finds the figure whose people an empty subject means, where a
// telegraphic sentence leaves it out: "one nurse abducted in May; found dead in
// June". -1 where there is none.
func (r *reading) elided(si, j, k int, m Measure) int {
	s := &r.sents[si]
	low := s.first + s.dateline
	if k > low && r.words[k].low != ";" && !(r.words[k].punct && k == low) {
		return -1
	}
	if k == low && !r.words[k].punct && j > low {
		return -1
	}
	for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 1; i-- {
		f := &r.figs[i]
		if f.harm < j && f.scope == "current" && f.measure != m && f.lead > 0 && (f.measure == Abducted || f.measure == Injured || f.measure == Missing) && f.relation != "part" && f.relation != "subset" {
			return i
		}
	}
	return -1
}

// pronoun records "he was shot dead": one person, told of elsewhere too.
func (r *reading) pronoun(si, j int, m Measure, k int, rule string) {
	s := &r.sents[si]
	x := mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule + "+pronoun", sent: si, group: -1, harm: j, first: k, last: j + 1, parts: -1, weak: true, hypothesis: r.hypothetical(s, j)}
	if (m == Killed || m == Injured) && r.heIsAttacker(si, k) {
		x.who, x.scope = "perpetrator", "perpetrator"
	} else if p := r.antecedent(si, k); p >= 0 {
		x.group, x.lead = r.figs[p].group, r.figs[p].lead
	}
	r.figs = append(r.figs, x)
}

// antecedent finds the figure of the single person whom "he" or "she" at word k
// stands for: the last one harmed before, where nobody else of that sex was named
// since. -1 where there is none.
func (r *reading) antecedent(si, k int) int {
	for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 1; i-- {
		f := &r.figs[i]
		if !r.isSingle(f) || f.scope != "current" || f.group < 0 || r.groups[f.group].first >= k {
			continue
		}
		if sex := r.traitsOf(f.group).sex; sex != 0 && (sex == 'm') != (r.words[k].low == "he") {
			continue
		}
		return i
	}
	return -1
}

// besides reads the people that an opening adds to the subject: "Besides the
// driver, six passengers died".
func (r *reading) besides(s *sentence, first int) (arg, bool) {
	k := s.first + s.dateline
	switch r.words[k].low {
	case "besides":
		k++
	case "apart", "aside":
		k += 2
	case "in":
		if r.lowAt(k+1) != "addition" {
			return arg{}, false
		}
		k += 3
	default:
		return arg{}, false
	}
	if k >= first {
		return arg{}, false
	}
	g := r.group(k)
	if g < 0 || r.groups[g].last >= s.last || r.words[r.groups[g].last].low != "," || r.groups[g].last+1 != first || r.groups[g].who == "perpetrator" {
		return arg{}, false
	}
	return r.take(g)
}

// someOf finds the few to whom a verb at word j belongs where its subject was taken for
// all of them: "One of the two men who are accused of the attack was killed", never "two of
// the five who were killed". k is the last word before the verb and its auxiliaries.
func (r *reading) someOf(s *sentence, g, k, j int, rule string) (arg, bool) {
	gr := &r.groups[g]
	if gr.q == nil || gr.prep <= s.first || r.words[gr.prep].low != "of" || k < gr.last || r.words[k].low == "who" || r.words[k].low == "that" {
		return arg{}, false
	}
	if rule == "fig.participle-subject" && (!s.title || j < gr.last+2) {
		return arg{}, false // "one of five passengers injured"
	}
	h := r.group(gr.prep - 1)
	if h < 0 || r.groups[h].q == nil || r.groups[h].head >= 0 || r.groups[h].q.Quantifier != "exact" || number(*r.groups[h].q) >= number(*gr.q) {
		return arg{}, false
	}
	return r.take(h)
}

// parted finds the subject with which a sentence begins where all that befell it stands
// before its verb: "The student who was wounded on Friday by gunmen in Kotor has died",
// "One of five passengers hurt when their bus was bombed has died". k is the word before
// the verb: it must end that clause.
func (r *reading) parted(s *sentence, k int) (arg, bool) {
	ws := r.words
	if g := r.group(k); ws[k].low != "," && ws[k].place == 0 && (k+1 >= s.last || ws[k+1].date == 0) && (g < 0 || r.groups[g].prep < 0) {
		return arg{}, false
	}
	first := s.first + s.dateline
	g := r.group(first)
	if g < 0 || r.groups[g].first != first || r.groups[g].who == "perpetrator" || r.groups[g].who == "official" && r.groups[g].plural {
		return arg{}, false
	}
	a, ok := r.take(g)
	if n := r.names(g); !ok && n >= 2 && n == r.groups[g].last-first {
		a, ok = arg{g, quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, "named"}, true
	}
	n := r.groups[g].last
	if h := r.group(n + 1); n < k && ws[n].low == "of" && h >= 0 && r.groups[h].first == n+1 {
		n = r.groups[h].last // "one of five passengers"
	}
	if n < k && ws[n].low == "," {
		n++
	}
	if !ok || a.q.Quantifier == "unknown" || n >= k {
		return arg{}, false
	}
	w := &ws[n]
	return a, w.low == "who" || w.low == "whom" || w.is(lexicon.Harm) || hurtVerb(w.low) || hitVerb(w.low) || a.rule == "named" && ws[n-1].low == ","
}

// hitVerb tells whether a participle says what was done to somebody who may live.
func hitVerb(w string) bool {
	switch w {
	case "hit", "struck", "hurt", "burned", "burnt", "beaten", "trampled", "maimed", "hospitalised", "hospitalized", "grazed", "crushed", "injured":
		return true
	}
	return false
}

// relativeOf finds the "who" behind whose verb a subordinate clause begins at word
// k: "two guards who disappeared after an ambush were found dead". 0 where there is
// none.
func (r *reading) relativeOf(k, lowest int) int {
	for n := k - 1; n > lowest && n >= k-6; n-- {
		w := &r.words[n]
		if w.punct {
			return 0
		}
		if w.low == "who" && n < k-1 {
			g := r.group(n - 1)
			if g >= 0 && !r.groups[g].person && r.groups[g].prep > lowest && r.words[r.groups[g].prep].low == "of" {
				g = r.group(r.groups[g].prep - 1) // "a boy of nine who"
			}
			if g >= 0 && r.groups[g].person && r.groups[g].last <= n {
				return n
			}
			return 0
		}
	}
	return 0
}

// leftward finds the subject that ends at or before word k.
func (r *reading) leftward(si, k, lowest int, bare bool) ([]arg, int) {
	ws, s := r.words, &r.sents[si]
	steps := 0
	var fallback *arg
	far := false
	joined := ws[k].low == "and" || ws[k].low == "but"
	if l := ws[k].low; (l == "who" || l == "that") && k > lowest {
		// "the minister, who was murdered": the noun before, whatever governs it.
		n := k - 1
		if ws[n].low == "," && n > lowest {
			n--
		}
		if g := r.group(n); g >= 0 && r.groups[g].last == n+1 && (r.groups[g].person || r.groups[g].name) {
			if a, ok := r.take(g); ok {
				return []arg{a}, r.groups[g].first
			}
		}
	}
	for k >= lowest && steps < 40 {
		steps++
		w := &ws[k]
		if w.group > 0 {
			g := w.group - 1
			gr := &r.groups[g]
			if gr.prep >= 0 && !(steps == 1 && gr.q != nil && gr.head < 0 && (ws[gr.prep].low == "among" || ws[gr.prep].low == "leaves")) && !(steps == 1 && bare && gr.q != nil && (gr.person && gr.det == "the" || ws[gr.prep].low == "among" || ws[gr.prep].low == "of" && gr.prep > lowest && ws[gr.prep-1].q != nil)) && !(steps == 1 && gr.q != nil && (ws[gr.prep].low == "with" || ws[gr.prep].low == "in" && gr.head < 0 && gr.prep > lowest && takesIn(ws[gr.prep-1].low))) && !(gr.prep > lowest && gr.q != nil && ws[gr.prep].low == "of" && (r.group(gr.prep-1) < 0 || r.counting(gr.prep-1))) {
				p := ws[gr.prep].low
				if fallback == nil && gr.q != nil && gr.person && p != "by" && p != "including" && p != "with" {
					if a, ok := r.take(g); ok {
						fallback = &a
					}
				}
				k = gr.prep - 1
				continue
			}
			a, ok := r.take(g)
			if !ok {
				if gr.q == nil && gr.head >= 0 && r.counting(gr.head) && gr.prep < 0 {
					return nil, 0 // "an unconfirmed number of women were taken away"
				}
				if gr.age || gr.last-gr.first == 1 && gr.first-1 > lowest && ws[gr.first-1].date > 0 && partOfDay(ws[gr.first].low) {
					k = gr.first - 1
					continue
				}
				// "seven staff and three vehicles were taken": the people stand further left.
				if p := gr.first - 1; gr.thing != "" && p > lowest && ws[p].low == "and" && (gr.q != nil || gr.det != "") {
					if h := r.group(p - 1); h >= 0 && r.groups[h].person && r.groups[h].prep < 0 && r.groups[h].last == p {
						k = p - 1
						continue
					}
				}
				if fallback == nil && !far && r.knownSurname(g) {
					return []arg{{g, quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, "named"}}, gr.first
				}
				// "30 people, police said, were killed"; "a car carrying two nuns was hit".
				if gr.thing == "source" || gr.thing == "name" || gr.thing == "place" || gr.thing == "actor" || gr.thing == "demonym" {
					if gr.first-1 >= lowest && (ws[gr.first-1].punct || ws[gr.first-1].is(lexicon.Conj)) {
						k = gr.first - 1
						continue
					}
				}
				if joined && gr.q == nil && gr.last-gr.first == 1 && strings.HasSuffix(ws[gr.first].low, "ed") && gr.first-1 > lowest && ws[gr.first-1].is(lexicon.Aux) && isWas(ws[gr.first-1].low) {
					k = gr.first - 1 // "five were pulled from a bus and hacked to death"
					continue
				}
				if gr.q == nil && gr.thing == "unknown" && gr.head >= 0 && !r.counting(gr.head) && gr.first >= lowest && steps <= 4 && fallback == nil && !far && !gr.plural && gr.det != "" && gr.prep < 0 {
					// "The administrator was killed": whom harm befalls is a person, also where the noun is not known.
					one := quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}
					return []arg{{g, one, "presumed"}}, gr.first
				}
				if gr.thing == "event" && gr.q == nil && gr.det == "" && gr.last-gr.first == 1 && gr.first-1 >= lowest && hurtVerb(ws[gr.first].low) {
					if h := r.group(gr.first - 1); h >= 0 && r.groups[h].person {
						k = gr.first - 1 // "a clerk shot in the robbery has died"
						continue
					}
				}
				if gr.q == nil && gr.first-1 >= lowest && fallback == nil {
					far = true
					k = gr.first - 1
					continue
				}
				return r.only(fallback)
			}
			if far && !(gr.q != nil && gr.person || a.rule == "article") {
				k = gr.first - 1
				continue
			}
			if r.governed(g, lowest) {
				k = gr.first - 1
				for k >= lowest && r.group(k) < 0 {
					k--
				}
				continue
			}
			if h, ok := r.bracketed(g, lowest); ok {
				a = h
			}
			return r.leftList(si, a, lowest, bare)
		}
		switch {
		case w.low == ")" || w.low == "-" || w.low == "–" || w.low == "—" || w.low == "--":
			open := -1
			for n := k - 1; n >= lowest && n > k-26; n-- {
				if ws[n].low == "(" || w.low != ")" && ws[n].low == w.low {
					open = n
					break
				}
			}
			if open < 0 {
				return r.only(fallback)
			}
			k = open - 1
			continue
		case w.low == ",":
			// A closing comma: jump to the one that opened.
			open, people := -1, -1
			for n := k - 1; n >= lowest && n > k-26; n-- {
				if ws[n].low == "," && n+1 < s.last {
					x := &ws[n+1]
					g := r.group(n + 1)
					if x.low == "including" || x.low == "among" || x.low == "who" || x.low == "which" || x.low == "both" || x.low == "all" || x.low == "mostly" || x.is(lexicon.Verb) || g >= 0 && (r.groups[g].age || r.groups[g].det != "") || verbal(x.low) || x.is(lexicon.Prep|lexicon.Adv|lexicon.Sub) || g >= 0 && r.groups[g].q == nil || n+3 < s.last && r.words[n+2].low == "of" && (r.words[n+3].low == "them" || r.words[n+3].low == "whom") || g >= 0 && r.groups[g].last+1 < s.last && r.words[r.groups[g].last].low == "among" && (r.words[r.groups[g].last+1].low == "them" || r.words[r.groups[g].last+1].low == "whom") {
						open = n
						if h := r.group(n - 1); h >= 0 && r.groups[h].last == n && r.groups[h].prep < 0 && r.groups[h].person {
							people = n // "In Yala, a teacher, Ana Ruiz, was …": not the comma after Yala
						}
					}
				}
				if ws[n].low == ";" {
					break
				}
			}
			if people > open && r.opensWithPlace(lowest, open) {
				open = people
			}
			if open < 0 {
				k--
				continue
			}
			k = open - 1
			continue
		case w.low == "as" && k > lowest && calledSo(ws[k-1].low): // "the three reported as missing were found dead"
		case w.low == ";" || w.low == ":" || w.is(lexicon.Sub) && w.low != "where" && !joined:
			if n := r.relativeOf(k, lowest); n > 0 {
				k = n - 1
				continue
			}
			return r.only(fallback)
		case w.low == "and" || w.low == "but" || w.low == "or":
			// A new clause without a subject of its own shares the one before.
			if k-1 >= lowest && ws[k-1].is(lexicon.Harm) {
				k--
				continue
			}
			if fallback != nil {
				return r.only(fallback)
			}
		case w.is(lexicon.Aux) && steps > 1:
			// A finite verb of another clause: "three were hurt and died".
		}
		k--
	}
	return r.only(fallback)
}

// calledSo tells whether "as" goes with a word before it: "listed as missing".
func calledSo(w string) bool {
	switch w {
	case "reported", "listed", "named", "identified", "described", "known", "regarded", "registered", "declared", "seen":
		return true
	}
	return false
}

// hurtVerb tells whether a word for an incident is a participle after people: "man
// shot in robbery".
func hurtVerb(w string) bool {
	switch w {
	case "shot", "stabbed", "slashed", "ambushed", "attacked", "knifed", "bombed":
		return true
	}
	return false
}

// knownSurname tells whether a group is one word that was told of as the last of a
// person's full name: "Ana Ruiz, 52, … Ruiz died".
func (r *reading) knownSurname(g int) bool {
	gr := &r.groups[g]
	if gr.last-gr.first != 1 || gr.q != nil || gr.det != "" || gr.prep >= 0 {
		return false
	}
	w := &r.words[gr.first]
	if !w.upper || w.e.Class != 0 || w.place > 0 {
		return false
	}
	for h := g - 1; h >= max(0, g-compared); h-- {
		x := &r.groups[h]
		if last := &r.words[x.last-1]; x.last-x.first > 1 && last.low == w.low && last.upper && last.e.Class == 0 && r.names(h) >= 1 {
			return true
		}
	}
	return false
}

// takesIn tells whether a verb goes with "in" to receive people: "took in 41 injured".
func takesIn(w string) bool {
	return w == "took" || w == "take" || w == "takes" || w == "taken" || w == "taking" || w == "brought"
}

// opensWithPlace tells whether the words up to a comma are but where or when: "In
// Yala, …", "On Monday, …".
func (r *reading) opensWithPlace(lowest, comma int) bool {
	if comma-lowest > 8 || !r.words[lowest].is(lexicon.Prep) && r.words[lowest].date == 0 {
		return false
	}
	for k := lowest; k < comma; k++ {
		if w := &r.words[k]; w.is(lexicon.Verb|lexicon.Aux|lexicon.Harm) || w.low == "of" && k+1 < comma && r.group(k+1) >= 0 && r.groups[r.group(k+1)].person {
			return false
		}
		if g := r.group(k); g >= 0 && r.groups[g].person {
			return false
		}
	}
	return true
}

// counting tells whether a word names a number: "the figure of 60 dead".
func (r *reading) counting(k int) bool {
	switch r.words[k].low {
	case "figure", "total", "number", "toll", "reports", "report", "count", "tally", "rest", "majority", "figures", "numbers":
		return true
	}
	return false
}

// governed tells whether g is coordinated with a group that a preposition
// governs: "including civilians and policemen".
func (r *reading) governed(g, lowest int) bool {
	ws := r.words
	for n := 0; n < 6; n++ {
		k := r.groups[g].first - 1
		if k <= lowest || ws[k].low != "and" && ws[k].low != "," {
			return false
		}
		h := r.group(k - 1)
		if h < 0 || ws[k].low == "," && r.groups[h].thing == "place" && r.sents[r.sentenceAt(k)].title {
			return false // "Eleven kidnapped in Haiti, watchman shot dead"
		}
		if p := r.groups[h].prep; p >= 0 {
			switch ws[p].low {
			case "including", "among", "between":
				return true
			}
			return r.groups[g].q == nil && r.groups[g].det == ""
		}
		if p := r.groups[h].first - 1; p >= lowest && (ws[p].low == "mostly" || ws[p].low == "mainly") {
			return true
		}
		g = h
	}
	return false
}

// bracketed reads "two UN (and one other) drivers": the number stands before the bracket.
func (r *reading) bracketed(g, lowest int) (arg, bool) {
	gr := &r.groups[g]
	if gr.q != nil || gr.det != "" || gr.first-1 < lowest || r.words[gr.first-1].low != ")" {
		return arg{}, false
	}
	for k := gr.first - 2; k >= lowest && k > gr.first-12; k-- {
		if r.words[k].low == "(" {
			h := r.group(k - 1)
			if h >= 0 && r.groups[h].q != nil && r.groups[h].q.Shape == quantity.Count {
				return arg{h, *r.groups[h].q, ""}, true
			}
			return arg{}, false
		}
	}
	return arg{}, false
}

func (r *reading) only(a *arg) ([]arg, int) {
	if a == nil {
		return nil, 0
	}
	return []arg{*a}, r.groups[a.g].first
}

// leftList extends a subject to the groups that are coordinated with it on its left.
func (r *reading) leftList(si int, a arg, lowest int, bare bool) ([]arg, int) {
	ws, s := r.words, &r.sents[si]
	args := []arg{a}
	first := r.groups[a.g].first
	joined := false
	for len(args) < 12 {
		k := first - 1
		if k < lowest {
			break
		}
		and := false
		for k >= lowest && (ws[k].low == "," || ws[k].low == "and" || ws[k].low == "&" || ws[k].low == "as well as" || ws[k].low == "along with" || ws[k].low == "together with" || ws[k].low == "plus") {
			if ws[k].low != "," {
				and = true
			}
			k--
		}
		if g := r.group(k); k < first-1 && (s.title || bare && g >= 0 && r.groups[g].q != nil && r.groups[g].person && r.groups[a.g].q != nil && (r.groups[g].q.Min != number(a.q) || !r.sameWords(g, a.g))) {
			and = true // headlines write a comma for "and"
		}
		if k == first-1 || !and && !joined {
			break
		}
		joined = joined || and
		if k >= lowest && ws[k].low == ")" {
			for n := k - 1; n >= lowest && n > k-12; n-- {
				if ws[n].low == "(" {
					k = n - 1
					break
				}
			}
		}
		// A prepositional tail of the earlier group: "two members of the army and a guide".
		g := r.group(k)
		for n := 0; n < 3 && g >= 0 && r.groups[g].prep >= 0; n++ {
			p := r.groups[g].prep
			if ws[p].low != "of" && ws[p].low != "from" && ws[p].low != "in" && ws[p].low != "with" && ws[p].low != "for" {
				break
			}
			k = p - 1
			g = r.group(k)
		}
		if g >= 0 && r.groups[g].age && r.groups[g].first-2 >= lowest {
			k = r.groups[g].first - 2
			g = r.group(k)
		}
		if g < 0 || r.groups[g].prep >= 0 && ws[r.groups[g].prep].low != "of" {
			break
		}
		b, ok := r.take(g)
		if !ok || b.q.Quantifier == "none" || r.amongThem(g) {
			break
		}
		if b.rule == "plural" && (ws[r.groups[g].last].low == "," && (r.groups[a.g].q != nil || s.title) || s.title && ws[first-1].low == ",") {
			break // "van hits shoppers, one dead"; "youths with guns storm post, two dead"; "14 died, most of them civilians, and 30 others were hurt"
		}
		if h, ok := r.bracketed(g, lowest); ok {
			b = h
			g = h.g
		}
		// The left group must not be the object of a verb of its own: "killing two and three were hurt".
		if n := r.groups[g].first - 1; n >= lowest && (ws[n].is(lexicon.Harm) && ws[n].group == 0 || ws[n].is(lexicon.Verb) && !ws[n].is(lexicon.Adv)) && !and {
			break
		} else if n >= lowest && ws[n].is(lexicon.Harm) && ws[n].e.Form&(lexicon.Gerund|lexicon.Base|lexicon.Past) != 0 && ws[n].group == 0 {
			break
		}
		if !r.countable(b) {
			break
		}
		args = append([]arg{b}, args...)
		first = r.groups[g].first
	}
	return args, first
}

// amongThem tells whether a group was told of as of some among others: "eight people were
// killed, among them a boy, and 41 were injured".
func (r *reading) amongThem(g int) bool {
	return r.groups[g].used && slices.ContainsFunc(r.figs[max(len(r.figs)-8, 0):], func(f mention) bool { return f.relation == "subset" && f.lead == g+1 })
}

// sameWords tells whether two groups say the same: a headline and its text run
// together repeat themselves.
func (r *reading) sameWords(a, b int) bool {
	x, y := &r.groups[a], &r.groups[b]
	if x.head < 0 || y.head < 0 {
		return x.head == y.head
	}
	if x.last-x.first != y.last-y.first {
		return false
	}
	for i := range x.last - x.first {
		if r.words[x.first+i].low != r.words[y.first+i].low {
			return false
		}
	}
	return true
}

func (r *reading) countable(a arg) bool {
	return a.q.Quantifier != "unknown" || a.rule == "plural"
}
