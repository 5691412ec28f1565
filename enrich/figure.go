package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// A harm word and its people become figures: one, a sum and its parts, a total
// and its breakdown, one for each place.

// figure records what a harm word says of its groups: one mention for a group,
// and for several their sum and the parts.
func (r *reading) figure(si, j int, m Measure, args []arg, rule string, first, last int) {
	ws, s := r.words, &r.sents[si]
	args = r.apposed(r.shared(r.withAges(args)))
	if m != Killed && m != Missing && (len(args) > 1 || m == Released || m == Abducted) {
		args = slices.DeleteFunc(args, func(a arg) bool { // "received nine bodies and 20 injured", "released the bodies"
			h := r.groups[a.g].head
			return h >= 0 && (r.words[h].low == "bodies" || r.words[h].low == "corpses" || r.words[h].low == "body")
		})
		if len(args) == 0 {
			return
		}
	}
	for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si; i-- {
		if f := &r.figs[i]; f.measure == m && f.lead == args[0].g+1 && f.relation != "part" {
			f.alive = f.alive || f.soft && !strings.HasPrefix(rule, "fig.shot") // "was shot and taken to hospital"
			return                                                              // "shot a man dead" is read once
		}
	}
	for _, a := range args {
		if a.q.Quantifier == "none" {
			if len(args) == 1 {
				r.none(si, j, m, r.groups[a.g].first)
			}
			return
		}
	}
	base := mention{measure: m, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule, sent: si, group: -1, harm: j, first: first, last: last, parts: -1}
	if m == Arrested && (r.byArmed(s, j) || r.prisoners(j, args) || r.gunmenDid(s, j)) {
		base.measure = Abducted // the state arrests, others abduct
	}
	if m == Arrested && r.capture(j) && (r.groups[args[0].g].who == "security" || !r.passive(si, j) && r.armedSubject(s, j)) {
		base.measure = Abducted // soldiers who were captured, and whom rebels captured, are in the hands of the other side
	}
	if m == Missing && r.missed(si, j) {
		base.measure = Abducted
	}
	if m == Abducted && r.byState(s, j, args) {
		base.measure = Arrested
	}
	base.grade = r.gradeOf(s, j)
	for k := max(s.first, j-3); k < j; k++ {
		base.others = base.others || ws[k].low == "also"
	}
	base.hypothesis = r.hypothetical(s, j)
	if base.hypothesis && r.attempt(s, j) {
		r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "none"}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: "fig.attempt", sent: si, group: -1, harm: j, first: j, last: j + 1, parts: -1})
	}
	// Attackers among the groups count apart.
	var victims []arg
	attacker := m == Killed && len(args) == 1 && r.attackerOf(s, j, max(last, r.groups[args[0].g].last))
	for _, a := range args {
		g := &r.groups[a.g]
		if (g.who == "perpetrator" || attacker || g.who == "suspect" && m == Killed) && !r.mob(s, j) && (m == Killed || m == Injured || m == Casualties) {
			x := base
			x.q, x.who, x.scope, x.group, x.lead = a.q, "perpetrator", "perpetrator", a.g, a.g+1
			if g.who == "suspect" {
				x.who = "suspect"
			}
			x.first, x.last = min(first, g.first), max(last, g.last)
			if g.q == nil {
				x.weak = true
			}
			r.figs = append(r.figs, x)
			continue
		}
		victims = append(victims, a)
	}
	if len(victims) == 0 {
		return
	}
	one := func(a arg, relation string) {
		x := base
		g := &r.groups[a.g]
		x.q, x.group, x.relation, x.lead = a.q, a.g, relation, a.g+1
		if g.who != "" {
			x.who = g.who
		}
		if a.rule != "" {
			x.rule += "+" + a.rule
			x.weak = len(victims) == 1 && a.rule != "article" && a.rule != "plural"
		}
		x.first, x.last = min(first, g.first), max(last, g.last)
		if relation == "part" {
			x.first, x.last = g.first, g.last
		}
		if g.prep >= 0 {
			switch ws[g.prep].low {
			case "including", "among", "amongst":
				x.relation = "subset"
			}
		}
		if (g.det == "a" || g.det == "an") && x.relation == "total" && r.oneOfThem(s, g.first) {
			x.relation = "subset"
		}
		if g.det == "another" || (g.det == "a" || g.det == "an") && g.first+1 < g.last && r.ordinal(g.first+1) {
			x.others = true
		}
		if m == Injured && x.relation == "total" && g.q != nil && g.head < 0 && g.first > s.first && ws[g.first-1].low == "," && (rule == "fig.predicate" || rule == "fig.care") && r.injuredBefore(si, number(a.q)) {
			x.relation = "subset" // "eight were wounded, two in critical condition"
		}
		if g.q != nil && g.last > g.first {
			for k := g.first; k < g.last; k++ {
				if (ws[k].low == "others" || ws[k].low == "other" || ws[k].low == "more" && rule == "fig.bodies-of") && g.det != "the" {
					x.others = true // "the other four" are the rest of those told
				}
				if ws[k].low == "of" && k+1 < g.last && ws[k+1].is(lexicon.Det) && x.relation == "total" {
					x.relation = "subset"
				}
			}
		}
		if k := g.last; k+1 < s.last && g.q != nil && ws[k].low == "of" && (ws[k+1].low == "them" || ws[k+1].low == "whom" || ws[k+1].low == "these" || k+2 < s.last && (ws[k+1].low == "the" || ws[k+1].low == "those") && ws[k+2].is(lexicon.Harm)) {
			x.relation = "subset"
		}
		r.figs = append(r.figs, x)
	}
	if len(victims) == 1 {
		one(victims[0], base.relation)
	} else if k := r.groups[victims[len(victims)-1].g].last; r.lowAt(k) == "among" && (r.lowAt(k+1) == "them" || r.lowAt(k+1) == "whom") && number(victims[0].q) > number(victims[1].q) {
		one(victims[0], base.relation) // "15 people, five women and two children among them"
		for _, a := range victims[1:] {
			one(a, "subset")
		}
	} else if at := r.respectively(s, len(victims)); at != nil {
		for i, a := range victims {
			one(a, base.relation)
			r.figs[len(r.figs)-1].at = at[i] + 1
		}
	} else if ms := r.bothHarms(s, j, len(victims)); ms != nil {
		for i, a := range victims {
			one(a, base.relation)
			r.figs[len(r.figs)-1].measure = ms[i]
		}
	} else if r.whole(victims) {
		at := len(r.figs)
		one(victims[0], base.relation)
		for _, a := range victims[1:] {
			one(a, "part")
			r.figs[len(r.figs)-1].parts = at
		}
	} else {
		sum := quantity.Quantity{Quantifier: "exact"}
		known := true
		for _, a := range victims {
			sum = add(sum, a.q)
			known = known && a.q.Quantifier != "unknown"
		}
		x := base
		x.q, x.relation, x.rule, x.lead = sum, "sum_of_parts", rule+"+sum", victims[0].g+1
		x.first, x.last = min(first, r.groups[victims[0].g].first), max(last, r.groups[victims[len(victims)-1].g].last)
		who := r.groups[victims[0].g].who
		for _, a := range victims[1:] {
			if r.groups[a.g].who != who {
				who = "any"
			}
		}
		if who != "" {
			x.who = who
		}
		at := len(r.figs)
		r.figs = append(r.figs, x)
		for _, a := range victims {
			one(a, "part")
			r.figs[len(r.figs)-1].parts = at
		}
	}
	for k := range args {
		r.groups[args[k].g].used = true
	}
	if base.hypothesis || len(r.figs) == 0 {
		return
	}
	r.inside(s, &base, r.groups[args[len(args)-1].g].last)
	r.excluding(si, r.groups[args[len(args)-1].g].last, last, &base)
}

// oneOfThem tells whether the person at word k is one of those who were counted before:
// "two people were killed, the second a nurse who …", "one of them a nurse who …".
func (r *reading) oneOfThem(s *sentence, k int) bool {
	if k-3 < s.first {
		return false
	}
	last := r.lowAt(k - 1)
	if last == "them" || last == "whom" {
		return r.lowAt(k-2) == "of" && r.lowAt(k-3) == "one"
	}
	return r.lowAt(k-2) == "the" && (r.ordinal(k-1) || last == "other" || last == "first" || last == "last")
}

// missed tells whether those missing at word j are those who were kidnapped: "kidnap: roll
// call shows 41 missing". Where the text counts others as taken or killed they are not.
func (r *reading) missed(si, j int) bool {
	if r.words[j].low != "missing" || !r.kidnapping(si) && !(r.sents[0].title && r.kidnapping(0)) {
		return false
	}
	return !slices.ContainsFunc(r.figs, func(f mention) bool {
		return (f.measure == Abducted || f.measure == Killed) && f.q.Quantifier != "none" && r.words[f.harm].low != "missing"
	})
}

// capture tells whether the word at j takes prisoners.
func (r *reading) capture(j int) bool {
	switch r.words[j].low {
	case "captured", "captures", "capture", "capturing":
		return true
	}
	return false
}

// prisoners tells whether those captured at word j are of the forces: their enemy holds
// them.
func (r *reading) prisoners(j int, args []arg) bool {
	switch r.words[j].low {
	case "captured", "captures", "capture", "capturing":
		g := &r.groups[args[0].g]
		if g.who != "security" && g.who != "peacekeeper" {
			return false
		}
		return g.q != nil || g.plural || g.det == "a" || g.det == "an" // not the colonel who led a coup
	}
	return false
}

// byState tells whether those who were "seized" or "captured" are suspects, or in the
// hands of police: the state arrests.
func (r *reading) byState(s *sentence, j int, args []arg) bool {
	switch r.words[j].low {
	case "seized", "captured", "nabbed", "seize", "capture", "seizes", "captures":
	default:
		return false
	}
	if r.groups[args[0].g].who == "suspect" || r.groups[args[0].g].who == "perpetrator" || r.ofArrested(s, args[0].g) {
		return true
	}
	state := func(k int) bool {
		switch r.words[k].low {
		case "police", "officers", "detectives", "deputies", "agents":
			return true
		}
		return false
	}
	for k := j + 1; k < min(j+4, s.last); k++ {
		if r.words[k].low == "by" {
			return k+1 < s.last && state(k+1)
		}
	}
	return j > s.first && state(j-1)
}

// ofArrested tells whether a group are those whom the sentence before has arrested: "Two
// were arrested. They were seized on a train".
func (r *reading) ofArrested(s *sentence, g int) bool {
	switch r.words[s.first].low {
	case "they", "both", "he", "she":
	default:
		return false
	}
	si := r.sentenceAt(s.first)
	return si > 0 && r.groups[g].first <= s.first && slices.ContainsFunc(r.figs, func(m mention) bool {
		return m.measure == Arrested && m.harm >= r.sents[si-1].first && m.harm < s.first
	})
}

// mob tells whether a crowd did the harm at word j: whom it takes for a thief is its
// victim.
func (r *reading) mob(s *sentence, j int) bool {
	if strings.HasPrefix(r.words[j].low, "lynch") {
		return true
	}
	for k := j + 1; k < min(j+8, s.last); k++ {
		if r.words[k].low != "by" {
			continue
		}
		for n := k + 1; n < min(k+5, s.last); n++ {
			switch r.words[n].low {
			case "mob", "crowd", "villagers", "residents", "vigilantes", "angry mob", "locals":
				return true
			}
		}
		return false
	}
	return false
}

// inside records those among the counted whom the text names apart: "nine people,
// including two children and a nurse", "14 were hurt, three of them seriously". They
// are inside the number already.
func (r *reading) inside(s *sentence, base *mention, k int) {
	ws := r.words
	if r.says(s, "including") || r.says(s, "among") || r.says(s, "of") {
		for n := k; n < min(k+6, s.last); n++ {
			if ws[n].low == "," || ws[n].low == "(" || ws[n].low == "-" || ws[n].low == "–" {
				k = n + 1
				break
			}
		}
	}
	if k >= s.last {
		return
	}
	add := func(g int, q quantity.Quantity, rule string, last int) {
		if whole := number(base.q); whole > 0 && number(q) > whole {
			return // "eight dead and 41 injured, among them nine children": of the injured
		}
		x := *base
		gr := &r.groups[g]
		x.q, x.group, x.lead, x.relation, x.rule = q, g, g+1, "subset", rule
		x.who = "any"
		if gr.who != "" {
			x.who = gr.who
		}
		x.first, x.last, x.parts, x.at, x.weak, x.soft, x.care = gr.first, last, -1, 0, false, base.soft, false
		r.figs = append(r.figs, x)
		r.groups[g].used = true
	}
	switch {
	case ws[k].low == "including", ws[k].low == "among" && k+1 < s.last && (ws[k+1].low == "them" || ws[k+1].low == "whom"):
		k++
		if ws[k-1].low == "among" {
			k++
		}
		for n := 0; n < 6 && k < s.last; n++ {
			g := r.group(k)
			if g < 0 || r.groups[g].first != k || !r.groups[g].person || r.groups[g].who == "perpetrator" {
				return
			}
			q, _, ok := r.groups[g].size()
			if !ok || q.Quantifier == "unknown" || r.groups[g].used {
				return
			}
			add(g, q, "fig.including", r.groups[g].last)
			k = r.groups[g].last
			for k < s.last && (ws[k].low == "," || ws[k].low == "and") {
				k++
			}
		}
	case ws[k].q != nil && k+2 < s.last && ws[k+1].low == "of" && (ws[k+2].low == "them" || ws[k+2].low == "whom"):
		g := r.group(k)
		if g < 0 || r.groups[g].q == nil || r.groups[g].used {
			return
		}
		end := k + 3
		grade := ""
		for ; end < min(k+6, s.last) && !ws[end].punct; end++ {
			switch l := ws[end].low; {
			case strings.HasPrefix(l, "critical"):
				grade = "critical"
			case strings.HasPrefix(l, "serious"), strings.HasPrefix(l, "severe"), strings.HasPrefix(l, "grave"), l == "badly":
				grade = "serious"
			case ws[end].is(lexicon.Verb | lexicon.Aux | lexicon.Harm):
				return // a clause of its own: read where its verb stands
			}
		}
		add(g, *r.groups[g].q, "fig.of-them", end)
		r.figs[len(r.figs)-1].grade = grade
	}
}

// injuredBefore tells whether the sentence has told of at least n injured.
func (r *reading) injuredBefore(si, n int) bool {
	for i := r.figsFrom(si); i < len(r.figs) && r.figs[i].sent == si; i++ {
		if f := &r.figs[i]; f.measure == Injured && f.relation == "total" && number(f.q) >= n {
			return true
		}
	}
	return false
}

// respectively finds the n places that n numbers go to, in order: "bombs in Basra
// and Mosul killed four and nine people respectively"; nil where the sentence
// does not say so.
func (r *reading) respectively(s *sentence, n int) []int {
	if !r.says(s, "respectively") {
		return nil
	}
	for k := s.first + s.dateline; k < s.last; k++ {
		var at []int
		i := k
		for i < s.last && r.words[i].place > 0 && r.places[r.words[i].place-1].rank() >= 2 {
			at = append(at, r.words[i].place-1)
			i++
			for i < s.last && (r.words[i].low == "," || r.words[i].low == "and") {
				i++
			}
		}
		if len(at) == n {
			return at
		}
	}
	return nil
}

// bothHarms reads "killed and wounded two and five people respectively".
func (r *reading) bothHarms(s *sentence, j, n int) []Measure {
	if n != 2 || r.words[j].e.Measure != string(Casualties) || !r.says(s, "respectively") {
		return nil
	}
	if strings.HasPrefix(r.words[j].low, "kill") {
		return []Measure{Killed, Injured}
	}
	return nil
}

// gap reads numbers whose verb is left out: "three were killed in Herat, two in
// Farah", "five in an assault on a post at Arish and two in a blast near Rafah". from
// is the first figure of the verb that they share.
func (r *reading) gap(si, from int) {
	if from >= len(r.figs) {
		return
	}
	ws, s := r.words, &r.sents[si]
	f := r.figs[from]
	if f.relation != "total" || f.group < 0 || f.scope != "current" {
		return
	}
	k := r.overTime(s, max(f.last, f.harm+1))
	at, end := r.placed(s, k)
	n0 := len(r.figs)
	if at < 0 {
		// A sum of what follows, if it is one: "seven were killed on Saturday, five in …".
		for k < s.last && ws[k].low != "," && ws[k].low != ":" && k < f.harm+16 {
			if ws[k].is(lexicon.Harm) {
				return
			}
			k++
		}
	} else {
		k = end
	}
	sum, first := 0, -1
	for n := 0; n < 8 && k+3 < s.last+1; n++ {
		sep := k
		for k < s.last && (ws[k].low == "," || ws[k].low == "and" || ws[k].low == ";" || ws[k].low == ":") {
			k++
		}
		g, q, to := r.gapped(k)
		if k == sep || g < 0 {
			break
		}
		each := to < s.last && ws[to].low == "each"
		if each {
			to++
		}
		if to < s.last && ws[to].low == "more" {
			to++
		}
		p, end := r.placed(s, r.overTime(s, to))
		if p < 0 {
			break
		}
		for p >= 0 {
			x := f
			x.q, x.group, x.lead, x.at = q, g, g+1, p+1
			x.first, x.last, x.rule = r.groups[g].first, end, f.rule+"+gapped"
			if len(r.figs) > n0 && each && r.figs[len(r.figs)-1].group == g {
				x.first, x.lead = r.places[p].word, 0
			}
			r.figs = append(r.figs, x)
			sum += number(x.q)
			if first < 0 {
				first = p
			}
			k, p = end, -1
			if each && k+1 < s.last && (ws[k].low == "and" || ws[k].low == ",") {
				if p, end = r.placed(s, k+1); p < 0 && ws[k+1].place > 0 {
					p, end = ws[k+1].place-1, k+2
				}
				if p >= 0 && ws[k+1].place == 0 && !r.located(p) {
					p = -1
				}
			}
		}
	}
	switch {
	case len(r.figs) == n0:
	case sum == number(f.q) && len(r.figs)-n0 > 1 && (at < 0 || !r.places[at].town()):
		r.figs[from].scope = "aggregate"
	case at >= 0:
		r.figs[from].at = at + 1
	default:
		r.figs = r.figs[:n0]
	}
}

// gapped reads the people whose verb is left out at word k: "two", "a teenager", "a man and a woman".
// It returns the word behind them, and no group where there are none.
func (r *reading) gapped(k int) (g int, q quantity.Quantity, end int) {
	g = r.group(k)
	if g < 0 || r.groups[g].first != k {
		return -1, q, k
	}
	switch x := &r.groups[g]; {
	case x.q != nil && x.q.Shape == quantity.Count && (x.head < 0 || x.person):
		return g, *x.q, x.last
	case x.q == nil && x.person && !x.plural && (x.det == "a" || x.det == "an" || x.det == "another"):
		q, end = quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, x.last
	default:
		return -1, q, k
	}
	if r.lowAt(end) != "and" {
		return g, q, end
	}
	if h := r.group(end + 1); h >= 0 && r.groups[h].first == end+1 && r.groups[h].q == nil && r.groups[h].person && !r.groups[h].plural && r.groups[h].det != "the" {
		q.Min, q.Max, q.Point, end = 2, 2, 2, r.groups[h].last
	}
	return g, q, end
}

// placed reads the place at word k that a number of people has: "in Herat", "in an
// assault on a post near Herat", "at the port of Odesa". It returns -1 where there is
// none, and the word behind it.
func (r *reading) placed(s *sentence, k int) (place, end int) {
	ws := r.words
	if k+1 >= s.last {
		return -1, k
	}
	switch ws[k].low {
	case "in", "at", "near", "outside", "by", "during", "when", "on", "inside", "close to":
	default:
		return -1, k
	}
	if ws[k+1].place > 0 && ws[k].low != "by" && ws[k].low != "when" {
		if k+3 < s.last && ws[k+2].low == "in" && ws[k+3].place > 0 && r.places[ws[k+1].place-1].unlisted() {
			return ws[k+3].place - 1, r.overTime(s, k+4) // "at Aboabo in Kumasi"
		}
		return ws[k+1].place - 1, r.overTime(s, k+2)
	}
	if ws[k+1].low == "the" && k+5 < s.last && ws[k+2].place > 0 && r.places[ws[k+2].place-1].Kind == gazetteer.Sea && ws[k+4].low == "of" && ws[k+5].place > 0 {
		return ws[k+5].place - 1, k + 6 // "in the Black Sea port of Odesa"
	}
	for n := k + 1; n < min(k+12, s.last); n++ {
		w := &ws[n]
		if w.low == "," && n+1 < s.last && ws[n+1].place > 0 {
			continue // "in the state capital, Kadugli"
		}
		if w.punct || w.low == "and" || w.q != nil || w.is(lexicon.Harm) || w.is(lexicon.Aux) && ws[k].low != "when" {
			return -1, k
		}
		if w.place == 0 {
			continue
		}
		if p := &r.places[w.place-1]; p.Demonym || p.rank() < 4 || !r.located(w.place-1) {
			continue
		}
		return w.place - 1, r.overTime(s, n+1)
	}
	return -1, k
}

// overTime is the word behind the time that stands at word k: "on Saturday night".
func (r *reading) overTime(s *sentence, k int) int {
	n := k
	for n < s.last && (r.words[n].low == "itself" || r.words[n].low == "on" || r.words[n].low == "late" || r.words[n].low == "early") {
		n++
	}
	if n >= s.last || r.words[n].date == 0 {
		return k
	}
	for n++; n < s.last; n++ {
		if !partOfDay(r.words[n].low) {
			return n
		}
	}
	return n
}

// withAges drops the ages of the people before them: "two saleswomen, 52 and 58".
func (r *reading) withAges(args []arg) []arg {
	if len(args) < 3 || args[0].q.Quantifier != "exact" || args[0].q.Min != len(args)-1 || !r.groups[args[0].g].person {
		return args
	}
	for _, a := range args[1:] {
		if r.groups[a.g].head >= 0 || a.q.Min < 10 || a.q.Min > 99 || a.q.Quantifier != "exact" {
			return args
		}
	}
	return args[:1:1]
}

// shared drops the groups of a list that an earlier number covers too: "seven
// staff and volunteers", "a guard and father of two".
func (r *reading) shared(args []arg) []arg {
	if len(args) < 2 || r.groups[args[0].g].q == nil && args[0].rule != "article" {
		return args
	}
	out := args[:1:1]
	for i, a := range args[1:] {
		g := &r.groups[a.g]
		prev := &args[i]
		if g.q == nil && g.det == "" && (a.rule == "plural" && prev.q.Min != 1 || a.rule == "singular" && prev.q.Min == 1 && prev.q.Max == 1) {
			continue
		}
		out = append(out, a)
	}
	return out
}

// apposed drops what only describes the person named before it: "General Ana
// Ruiz, a former minister and head of the bank, and Omar Diaz" are two.
func (r *reading) apposed(args []arg) []arg {
	if len(args) < 2 {
		return args
	}
	out := args[:1:1]
	named := r.named(args[0].g)
	for _, a := range args[1:] {
		g := &r.groups[a.g]
		if r.named(a.g) {
			named = true
		} else if named && g.q == nil && !g.plural && g.det != "his" && g.det != "her" && g.det != "their" && g.det != "another" && !(g.det == "a" && r.lowAt(g.first-1) == "and") {
			continue
		} else {
			named = false
		}
		out = append(out, a)
	}
	return out
}

// named tells whether a group is one person by name.
func (r *reading) named(g int) bool {
	return r.groups[g].q == nil && !r.groups[g].plural && r.names(g) >= 2
}

// whole tells whether the first of a list is the total of the others: "nine
// people, four officers and five porters, were killed".
func (r *reading) whole(args []arg) bool {
	if len(args) < 3 || args[0].q.Quantifier == "unknown" || r.groups[args[0].g].who == "foreigner" {
		return false // "two Americans, a Swiss and a Dane" are four
	}
	n := 0
	for _, a := range args[1:] {
		n += max(a.q.Min, 0)
	}
	return n == args[0].q.Min
}

// add sums two quantities: bounds add, a vague part makes the sum a floor.
func add(a, b quantity.Quantity) quantity.Quantity {
	open := func(x, y int) int {
		if x == quantity.Open || y == quantity.Open {
			return quantity.Open
		}
		return x + y
	}
	out := quantity.Quantity{Quantifier: a.Quantifier, Max: open(a.Max, b.Max), Point: open(a.Point, b.Point)}
	out.Min = max(a.Min, 0) + max(b.Min, 0)
	if b.Quantifier != "exact" && b.Quantifier != "none" {
		out.Quantifier = b.Quantifier
		if a.Quantifier != "exact" && a.Quantifier != "none" && a.Quantifier != b.Quantifier {
			out.Quantifier = "at_least"
		}
	}
	if out.Point < out.Min-1 {
		out.Point = quantity.Open // "more than 20 soldiers and more than ten guides"
	}
	if out.Max == quantity.Open && out.Quantifier == "exact" {
		out.Quantifier = "at_least"
	}
	if out.Quantifier == "vague" || out.Quantifier == "unknown" {
		out.Quantifier = "at_least"
	}
	return out
}
