package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// mention is a figure while it is being worked on: plain numbers, and where in
// the reading it stands.
type mention struct {
	measure    Measure
	q          quantity.Quantity
	who        string
	grade      string
	unit       string
	scope      string
	relation   string
	previous   int
	excludes   bool
	certainty  string
	said       *Said
	rule       string
	sent       int
	group      int // -1 where a number stands by itself
	harm       int // word of the harm
	first      int // words quoted [first, last)
	last       int
	care       bool    // told only by the care they got: "is in hospital"
	soft       bool    // "was shot": hurt only where no death is told
	weak       bool    // a single person without a number: loses to any number
	parts      int     // mention that this is a part of, -1
	lead       int     // 1 + the first group whose people these are, 0 where a number stands by itself
	at         int     // 1 + the place that the figure alone has: "four in Basra, two in Mosul"
	later      bool    // it befell people told of before: "one of the wounded died" …
	of         Measure // … as these
	others     bool
	hypothesis bool
}

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

// harms reads all harm words of a sentence.
func (r *reading) harms(si int) {
	s := &r.sents[si]
	for j := s.first + s.dateline; j < s.last; j++ {
		w := &r.words[j]
		if w.q != nil || w.date > 0 || w.place > 0 {
			continue
		}
		if n := r.numberOf(si, j); n > j {
			j = n
			continue
		}
		r.nth(si, j)
		if w.is(lexicon.Harm) {
			n := len(r.figs)
			r.harm(si, j)
			r.gap(si, n)
		} else if w.low == "taken" || w.low == "took" || w.low == "lost" || w.low == "fell" || w.low == "held" || w.low == "led" || w.low == "hold" || w.low == "whisked" || w.low == "marched" || w.low == "dragged" || w.low == "take" {
			r.light(si, j)
		} else if n := r.care(si, j); n > j {
			j = n
		} else if m := deedMeasure(w.low); m != "" {
			r.nounOf(si, j, m, "fig.deed-of")
		} else if m := r.resultative(si, j); m != "" {
			continue
		} else if w.low == "shot" || w.low == "stabbed" || w.low == "beaten" {
			r.soft(si, j)
		} else if w.low == "bodies" || w.low == "body" || w.low == "corpses" || w.low == "corpse" {
			r.bodies(si, j)
		} else if w.low == "body of" || w.low == "remains" && r.lowAt(j+1) == "of" {
			r.bodies(si, j)
		} else if w.low == "lives" || w.low == "life" {
			r.lives(si, j)
		}
	}
}

// toBefore tells whether a verb form follows "to" or a modal verb.
func (r *reading) toBefore(j int) bool {
	w := &r.words[j-1]
	return w.low == "to" || w.is(lexicon.Aux) || w.is(lexicon.Pron)
}

// numberOf reads "the number of wounded stands at 48", "raised the count of the
// dead by six to 41": a toll in other words. It returns the harm word, j where
// there is none.
func (r *reading) numberOf(si, j int) int {
	ws, s := r.words, &r.sents[si]
	switch ws[j].low {
	case "number", "count", "tally", "total", "numbers":
	default:
		return j
	}
	if j+1 < s.last && ws[j+1].is(lexicon.Harm) && ws[j+1].e.Measure == string(Killed) {
		// "were shot, taking to 61 the number killed this year": who was shot is among the killed
		for i := range r.figs {
			if f := &r.figs[i]; f.sent == si && f.soft && f.measure == Injured {
				f.measure, f.soft, f.rule = Killed, false, f.rule+"+toll"
			}
		}
		if n := r.numberBefore(si, j); n > j {
			return n
		}
		n := len(r.figs)
		if r.toll(si, j+1, Killed); len(r.figs) > n {
			return j + 1 // "brought the number killed to six"
		}
		return j
	}
	if n := r.numberBefore(si, j); n > j {
		return n
	}
	if j+2 >= s.last {
		return j
	}
	if ws[j+1].low != "of" {
		// "raised the count by six to 41" after a toll was told of
		if ws[j].low == "count" || ws[j].low == "tally" {
			r.toll(si, j, Killed)
		}
		return j
	}
	for k := j + 2; k < s.last && k < j+8; k++ {
		w := &ws[k]
		if w.punct {
			break
		}
		if m := Measure(w.e.Measure); w.is(lexicon.Harm) && (m == Killed || m == Injured || m == Abducted || m == Missing || w.low == "victims") {
			if w.low == "victims" {
				if !r.says(s, "died") && !r.says(s, "dead") && !r.says(s, "killed") && !r.says(s, "death") {
					return j
				}
				m = Killed
			}
			n := len(r.figs)
			r.toll(si, k, m)
			if len(r.figs) > n {
				return k
			}
			return j
		}
	}
	return j
}

// nth reads a toll from an ordinal: "the shooting claimed its third victim", "the
// fifth person to die in the attack".
func (r *reading) nth(si, j int) {
	ws, s := r.words, &r.sents[si]
	n := 0
	switch ws[j].low {
	case "second":
		n = 2
	case "third":
		n = 3
	case "fourth":
		n = 4
	case "fifth":
		n = 5
	case "sixth":
		n = 6
	case "seventh":
		n = 7
	default:
		return
	}
	if j+1 >= s.last {
		return
	}
	toll := false
	switch ws[j+1].low {
	case "victim", "fatality", "death":
		for k := s.first; k < s.last; k++ {
			switch l := ws[k].low; {
			case l == "claims" || l == "claimed" || l == "becoming" || l == "became" || l == "becomes" || l == "dies" || l == "died":
				toll = true
			case ws[k].date > 0 && r.dates[ws[k].date-1].running, l == "year", l == "month", l == "week":
				return // "the third victim this year"
			}
		}
	case "person":
		if j+3 < s.last && ws[j+2].low == "to" && (ws[j+3].low == "die" || ws[j+3].low == "lose" || ws[j+3].low == "lose their lives" || ws[j+3].is(lexicon.Harm)) {
			toll = true
		}
	case "man", "woman", "boy", "girl", "child", "officer", "soldier", "student", "teenager":
		for k := j + 2; k < min(j+5, s.last); k++ {
			if l := ws[k].low; l == "dies" || l == "died" {
				toll = si <= 1 // as news: "A second man has died"
			}
		}
	}
	if !toll {
		return
	}
	for k := s.first; k < s.last; k++ {
		if ws[k].date > 0 && r.dates[ws[k].date-1].running {
			return
		}
	}
	r.figs = append(r.figs, mention{measure: Killed, q: quantity.Quantity{Quantifier: "exact", Min: n, Max: n, Point: n}, who: "any", scope: "current", relation: "update", certainty: "reported", rule: "fig.nth", sent: si, group: -1, harm: j, first: j, last: j + 2, parts: -1})
}

// numberBefore reads a toll whose number comes first: "lowered to 29 the number of
// people killed", "bringing to 14 the number of dead". It returns the harm word, j
// where there is none.
func (r *reading) numberBefore(si, j int) int {
	ws, s := r.words, &r.sents[si]
	k := j - 1
	if k >= s.first && ws[k].low == "the" {
		k--
	}
	g := r.group(k)
	if g < 0 || r.groups[g].q == nil || r.groups[g].head >= 0 || r.groups[g].q.Shape != quantity.Count || r.groups[g].first-1 < s.first || ws[r.groups[g].first-1].low != "to" {
		return j
	}
	m := Measure("")
	n := j + 1
	for ; n < s.last && n < j+8 && !ws[n].punct; n++ {
		if w := &ws[n]; w.is(lexicon.Harm) && (w.e.Measure == string(Killed) || w.e.Measure == string(Injured) || w.e.Measure == string(Abducted) || w.e.Measure == string(Missing)) {
			m = Measure(w.e.Measure)
			break
		}
	}
	if m == "" {
		return j
	}
	relation := "update"
	for i := max(s.first, r.groups[g].first-4); i < r.groups[g].first; i++ {
		switch ws[i].low {
		case "lowered", "revised", "corrected", "cut", "reduced", "lowers", "down", "lowering":
			relation = "correction"
		}
	}
	at := len(r.figs)
	r.figure(si, n, m, []arg{{g, *r.groups[g].q, ""}}, "fig.toll-before", r.groups[g].first, n+1)
	for i := at; i < len(r.figs); i++ {
		r.figs[i].relation = relation
	}
	return n
}

// light reads verbs that harm only with their company: "were taken from the road
// by gunmen", "gunmen took 40 pupils", "the army lost three men".
func (r *reading) light(si, j int) {
	ws, s := r.words, &r.sents[si]
	switch ws[j].low {
	case "taken":
		if g := r.group(j - 1); g >= 0 && r.groups[g].q != nil && r.groups[g].thing == "" && r.groups[g].last == j && (j+1 >= s.last || ws[j+1].low == "," || ws[j+1].low == "." || ws[j+1].low == "from") && r.perpetratorNear(s, r.sents[max(si-1, 0)].first, j) {
			r.subject(si, j, Abducted, "fig.taken") // "bandits came at night; over 60 taken"
			return
		}
		if j+1 >= s.last || !r.passive(si, j) {
			return
		}
		switch ws[j+1].low {
		case "from", "away", "by", "at gunpoint", "at":
		default:
			return
		}
		if l := ws[j+1].low; l == "by" && !r.byArmed(s, j) {
			return // "taken by bus to schools"
		}
		for k := j + 1; k < s.last && k < j+14; k++ {
			switch ws[k].low {
			case "hospital", "hospitals", "clinic", "custody", "safety", "police", "scene", "treatment", "ambulance", "rubble", "wreckage":
				return
			}
		}
		r.subject(si, j, Abducted, "fig.taken")
	case "held":
		if g := r.group(j + 1); g >= 0 && r.groups[g].person && r.groups[g].q != nil && r.perpetratorNear(s, s.first, j) {
			if args, end := r.list(si, g, true); len(args) > 0 {
				r.figure(si, j, Abducted, args, "fig.held-object", j, end)
			}
			return
		}
		if r.passive(si, j) && r.byArmed(s, j) {
			r.subject(si, j, Abducted, "fig.held-by")
			return
		}
		if n := r.lowAt(j + 1); r.passive(si, j) && (n == "over" || n == "in connection with" || n == "in" && r.lowAt(j+2) == "connection" || n == "on" && r.lowAt(j+2) == "suspicion") {
			r.subject(si, j, Arrested, "fig.held")
		}
	case "fell":
		if n := r.lowAt(j + 1); n != "in" && n != "during" && n != "to" || !r.fighting(s) {
			return
		}
		if g := r.group(j - 1); g >= 0 && r.groups[g].last == j && (r.groups[g].who == "security" || r.groups[g].who == "militant") {
			r.subject(si, j, Killed, "fig.fell")
		}
	case "took", "led", "whisked", "marched", "dragged", "hold", "take":
		// "took away eight teachers", "took 40 pupils", "militants hold six nuns"
		k := j + 1
		away := k < s.last && (ws[k].low == "away" || ws[k].low == "off")
		if away {
			k++
		}
		g := r.group(k)
		if g < 0 || r.groups[g].first != k || !r.groups[g].person || r.groups[g].q == nil && r.groups[g].det != "a" && r.groups[g].det != "the" {
			return
		}
		if n := r.groups[g].last; n < s.last && (ws[n].low == "away" || ws[n].low == "captive" || ws[n].low == "hostage" || ws[n].low == "with") {
			away = true
		}
		if !away && (r.groups[g].q == nil || !r.perpetratorNear(s, s.first, j)) || (ws[j].low == "led" || ws[j].low == "marched") && !away {
			return
		}
		if args, end := r.list(si, g, true); len(args) > 0 {
			r.figure(si, j, Abducted, args, "fig.took", j, end)
		}
	case "lost":
		g := r.group(j + 1)
		if g < 0 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || !r.groups[g].person && !(r.groups[g].head < 0 && r.lowAt(r.groups[g].last) == "of") || !r.fighting(s) {
			return
		}
		if a, ok := r.take(g); ok {
			n := len(r.figs)
			r.figure(si, j, Killed, []arg{a}, "fig.lost", j, r.groups[g].last)
			for i := n; i < len(r.figs); i++ {
				if r.figs[i].relation == "subset" {
					r.figs[i].relation = "total" // "three of its soldiers": three
				}
			}
		}
	}
}

// fighting tells whether a sentence names an incident in which people die.
func (r *reading) fighting(s *sentence) bool {
	for k := s.first; k < s.last; k++ {
		if w := &r.words[k]; w.is(lexicon.Kind) && r.isKind(k) && Family(w.e.Type) != "law" {
			return true
		}
	}
	return false
}

func (r *reading) harm(si, j int) {
	ws, s := r.words, &r.sents[si]
	w := &ws[j]
	f := w.e.Form
	m := Measure(w.e.Measure)
	if m == Hostages {
		m = Abducted
		if f == lexicon.Noun {
			return
		}
	}
	// "three wounded soldiers": the harm describes the group that holds it.
	if g := w.group - 1; g >= 0 && r.groups[g].mod == j {
		gr := &r.groups[g]
		if gr.q != nil && gr.thing == "" {
			if a, ok := r.take(g); ok {
				r.figure(si, j, m, []arg{a}, "fig.modifier", gr.first, gr.last)
			}
		}
		return
	}
	switch {
	case w.low == "wounds" && j+1 < s.last && ws[j+1].q != nil && (w.group == 0 || r.groups[w.group-1].q == nil):
		r.object(si, j, m, "fig.verb-object") // "kills 11, wounds 20"
	case f&lexicon.Noun != 0, w.low == "wound" && j > s.first && !r.toBefore(j):
		r.harmNoun(si, j, m)
	case f&lexicon.Intrans != 0:
		if m == Escaped && !r.kidnapping(si) {
			return
		}
		r.subject(si, j, m, "fig.intransitive")
	case f&lexicon.Gerund != 0:
		if j > s.first && (ws[j-1].is(lexicon.Det) && ws[j-1].low != "both") && !(j+1 < s.last && ws[j+1].q != nil) {
			r.nounOf(si, j, m, "fig.gerund-of")
			return
		}
		if !r.object(si, j, m, "fig.gerund-object") {
			r.reflexive(si, j)
		}
	case f&lexicon.Base != 0:
		if g := r.group(j + 1); !s.title && g >= 0 && r.groups[g].plural && r.groups[g].q == nil && ws[j-min(1, j-s.first)].low != "to" {
			return // "terrorists kill women": what they do, not what they did
		}
		if !r.object(si, j, m, "fig.verb-object") {
			r.reflexive(si, j)
		}
	case f&lexicon.Predicative != 0:
		r.predicative(si, j, m)
	case f&lexicon.Past != 0:
		if j > s.first && ws[j-1].low == "the" && ws[j-1].group == 0 {
			r.putAt(si, j, m)
			return // "two of the wounded"
		}
		if g := r.group(j - 1); j == s.first+3 && ws[s.first].low == "of" && g >= 0 && r.groups[g].det == "the" && r.groups[g].q != nil && r.groups[g].head < 0 {
			r.figure(si, j, m, []arg{{g, *r.groups[g].q, ""}}, "fig.of-the", s.first, j+1) // "of the 20 wounded, three died"
			return
		}
		if r.passive(si, j) {
			r.subject(si, j, m, "fig.passive-subject")
			return
		}
		if r.reflexive(si, j) {
			return
		}
		if r.object(si, j, m, "fig.verb-object") {
			return
		}
		if k := j - 1; k >= s.first && (ws[k].low == "has" || ws[k].low == "have" || ws[k].low == "had") {
			return
		}
		r.subject(si, j, m, "fig.participle-subject")
	}
}

// passive tells whether a form of "to be" stands before the participle.
func (r *reading) passive(si, j int) bool {
	s := &r.sents[si]
	for k := j - 1; k >= s.first && k >= j-4; k-- {
		w := &r.words[k]
		switch w.low {
		case "was", "were", "is", "are", "been", "being", "be", "got", "get", "getting", "'re", "wasn't", "weren't":
			return true
		}
		if w.is(lexicon.Adv|lexicon.Neg|lexicon.Aux) || strings.HasSuffix(w.low, "ly") || w.low == "confirmed" || w.low == "reported" || w.low == "believed" || w.low == "feared" {
			continue
		}
		// "were killed and wounded": the second participle shares the first one's verb.
		if (w.low == "or" || w.low == "and" || w.low == ",") && k-1 >= s.first && r.words[k-1].is(lexicon.Harm) {
			k--
			continue
		}
		return false
	}
	return false
}

// reflexive reads "blew himself up", "killed himself": the attacker's own death.
func (r *reading) reflexive(si, j int) bool {
	s := &r.sents[si]
	if j+1 >= s.last {
		return false
	}
	switch n := r.words[j+1].low; n {
	case "himself", "herself", "themselves", "itself":
		if r.words[j].e.Measure != string(Killed) {
			return true
		}
		q := quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}
		if n == "themselves" {
			q = quantity.Quantity{Quantifier: "unknown", Min: 2, Max: quantity.Open, Point: quantity.Open}
		}
		r.figs = append(r.figs, mention{measure: Killed, q: q, who: "perpetrator", scope: "perpetrator", relation: "total", certainty: "reported", rule: "fig.reflexive", sent: si, group: -1, harm: j, first: j, last: j + 2, parts: -1})
		if j+2 < s.last && r.words[j+2].low == "and" {
			r.object(si, j+2, Measure(r.words[j].e.Measure), "fig.reflexive-and")
		}
		return true
	}
	return false
}

// object reads the people to the right of an active verb.
func (r *reading) object(si, j int, m Measure, rule string) bool {
	ws, s := r.words, &r.sents[si]
	k := j + 1
	for k < s.last && (ws[k].is(lexicon.Adv) && ws[k].group == 0 || ws[k].low == ":" || strings.HasSuffix(ws[k].low, "ly")) {
		k++
	}
	if k < s.last && ws[k].low == "the" && k+2 < s.last && ws[k+1].low == "lives" {
		k += 3
	}
	g := r.group(k)
	if g < 0 || r.groups[g].first != k {
		return false
	}
	args, end := r.list(si, g, true)
	if len(args) == 0 {
		return false
	}
	if m == Displaced && r.groups[g].q == nil {
		return true
	}
	r.figure(si, j, m, args, rule, j, end)
	return true
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
			// A comma alone needs an "and" further on: else it is apposition.
			if !r.andAhead(s, gr.last) {
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

// skipAfter passes what may stand between a group and what is joined to it: an
// age, a short prepositional phrase, a bracket.
func (r *reading) skipAfter(s *sentence, k int) int {
	ws := r.words
	if k+1 < s.last && ws[k].low == "," {
		if g := r.group(k + 1); g >= 0 && r.groups[g].age && r.groups[g].last < s.last && ws[r.groups[g].last].low == "," {
			return r.groups[g].last
		}
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
		case w.low == "not" || w.low == "never":
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
	if (ws[k].low == "he" || ws[k].low == "she") && !neg && m != Escaped && m != Released {
		r.pronoun(si, j, m, k, rule)
		return
	}
	if l := ws[k].low; !neg && (l == "they" || l == "who" && k > low && ws[k-1].low == "," && r.group(k-2) < 0 || (l == "both" || l == "all") && k+2 < s.last && ws[k+1].low == "of" && ws[k+2].low == "whom") {
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
	if b, ok := r.besides(s, first); ok {
		args = append([]arg{b}, args...)
	}
	if neg {
		// "the men were not killed": says nothing of how many were.
		return
	}
	if r.groups[args[0].g].q == nil && args[0].q.Quantifier == "unknown" && len(args) == 1 && (m == Killed || m == Injured) && r.groups[args[0].g].who == "perpetrator" {
		return
	}
	r.figure(si, j, m, args, rule, first, j+1)
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
	who, scope := "any", "current"
	if m == Killed && r.heIsAttacker(si, k) {
		who, scope = "perpetrator", "perpetrator"
	}
	r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: who, scope: scope, relation: "total", certainty: "reported", rule: rule + "+pronoun", sent: si, group: -1, harm: j, first: k, last: j + 1, parts: -1, weak: true, hypothesis: r.hypothetical(s, j)})
}

// heIsAttacker tells whether "he" at word k is the attacker: the person named last
// before, in this sentence or the one before.
func (r *reading) heIsAttacker(si, k int) bool {
	first := r.sents[max(si-1, 0)].first
	if !r.sents[si].title && si > 0 && r.sents[si-1].title {
		first = r.sents[si].first
	}
	for n := k - 1; n >= first; n-- {
		g := r.group(n)
		if g < 0 || r.groups[g].first != n {
			continue
		}
		if gr := &r.groups[g]; (gr.person || gr.name) && !gr.plural && gr.prep < 0 && gr.single() {
			return gr.who == "perpetrator" || gr.last < k && r.attacks(gr.last)
		}
	}
	return false
}

// attacks tells whether word k is an active verb of violence.
func (r *reading) attacks(k int) bool {
	w := &r.words[k]
	switch w.low {
	case "stabbed", "shot", "opened fire", "attacked", "killed", "wounded", "rammed", "drove", "fired", "injured", "stormed", "murdered", "hacked", "slashed", "detonated":
		n := k + 1
		return n < len(r.words) && (r.group(n) >= 0 || w.low == "opened fire" || w.low == "drove" || w.low == "fired" || w.low == "rammed")
	}
	return false
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
			if gr.prep >= 0 && !(steps == 1 && gr.q != nil && gr.head < 0 && (ws[gr.prep].low == "among" || ws[gr.prep].low == "leaves")) && !(steps == 1 && bare && gr.q != nil && (ws[gr.prep].low == "among" || ws[gr.prep].low == "of" && gr.prep > lowest && ws[gr.prep-1].q != nil)) && !(steps == 1 && ws[gr.prep].low == "with" && gr.q != nil) && !(gr.prep > lowest && gr.q != nil && ws[gr.prep].low == "of" && (r.group(gr.prep-1) < 0 || r.counting(gr.prep-1))) {
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
				if gr.age {
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
				// "30 people, police said, were killed"; "a car carrying two nuns was hit".
				if gr.thing == "source" || gr.thing == "name" || gr.thing == "place" || gr.thing == "actor" || gr.thing == "demonym" {
					if gr.first-1 >= lowest && (ws[gr.first-1].punct || ws[gr.first-1].is(lexicon.Conj)) {
						k = gr.first - 1
						continue
					}
				}
				if gr.q == nil && gr.thing == "unknown" && gr.head >= 0 && !r.counting(gr.head) && gr.first >= lowest && steps <= 4 && fallback == nil && !far && !gr.plural && gr.det != "" && gr.prep < 0 {
					// "The administrator was killed": whom harm befalls is a person, also where the noun is not known.
					one := quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}
					return []arg{{g, one, "presumed"}}, gr.first
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
			open := -1
			for n := k - 1; n >= lowest && n > k-26; n-- {
				if ws[n].low == "," && n+1 < s.last {
					x := &ws[n+1]
					g := r.group(n + 1)
					if x.low == "including" || x.low == "among" || x.low == "who" || x.low == "which" || x.low == "both" || x.low == "all" || x.low == "mostly" || x.is(lexicon.Verb) || g >= 0 && (r.groups[g].age || r.groups[g].det != "") || verbal(x.low) || x.is(lexicon.Prep|lexicon.Adv|lexicon.Sub) || g >= 0 && r.groups[g].q == nil || n+3 < s.last && r.words[n+2].low == "of" && (r.words[n+3].low == "them" || r.words[n+3].low == "whom") {
						open = n
					}
				}
				if ws[n].low == ";" {
					break
				}
			}
			if open < 0 {
				k--
				continue
			}
			k = open - 1
			continue
		case w.low == ";" || w.low == ":" || w.is(lexicon.Sub) && w.low != "where" && !joined:
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
		if h < 0 {
			return false
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
		if !ok || b.q.Quantifier == "none" {
			break
		}
		if b.rule == "plural" && ws[r.groups[g].last].low == "," && (r.groups[a.g].q != nil || s.title) {
			break // "van hits shoppers, one dead"; "14 died, most of them civilians, and 30 others were hurt"
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

// predicative reads "dead", "missing": "three dead", "left 30 people dead", "were found dead".
func (r *reading) predicative(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	// "the dead": with "put … at N" or "among the dead" it is a noun.
	if j > s.first && ws[j-1].low == "the" {
		r.putAt(si, j, m)
		return
	}
	if m == Killed && j+1 < s.last && (ws[j+1].low == "body" || ws[j+1].low == "bodies") {
		return
	}
	if j > s.first && ws[j-1].low == "left" && j+1 < s.last { // "left dead three men"
		if r.object(si, j, m, "fig.left-dead") {
			return
		}
	}
	r.subject(si, j, m, "fig.predicate")
}

// putAt reads "put the dead at 12", "the wounded at 32".
func (r *reading) putAt(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	if j+2 < s.last && ws[j+1].low == "at" && ws[j+2].q != nil {
		if g := r.group(j + 2); g >= 0 {
			if a, ok := r.take(g); ok {
				r.figure(si, j, m, []arg{a}, "fig.put-at", j-1, r.groups[g].last)
			}
		}
	}
}

// harmNoun reads "14 deaths", "the death of a nurse", "no casualties", "the toll rose to 37".
func (r *reading) harmNoun(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	w := &ws[j]
	// "the wounded", "killed and wounded": handled as participles elsewhere.
	if w.low == "toll" || w.low == "death toll" || w.low == "casualty toll" || w.low == "body count" {
		r.toll(si, j, m)
		return
	}
	if w.low == "deaths" || w.low == "fatalities" || w.low == "injuries" {
		for k := j + 1; k+1 < s.last && k < j+9; k++ {
			switch ws[k].low {
			case "rise", "rises", "rose", "climb", "climbs", "climbed", "increase", "increased", "jump", "jumped", "reach", "reaches", "reached":
				if n := len(r.figs); n >= 0 {
					if r.toll(si, j, m); len(r.figs) > n {
						return
					}
				}
			}
		}
	}
	// "suffered a gunshot wound": the sufferer is the subject of the verb.
	if m == Injured {
		for k := max(j-3, s.first); k < j; k++ {
			if l := ws[k].low; l == "fatal" || l == "mortal" {
				m = Killed
			}
		}
		for k := j - 1; k >= s.first && k >= j-6; k-- {
			switch ws[k].low {
			case "suffered", "suffering", "suffer", "suffers", "sustained", "sustaining", "received", "receiving", "treated", "hospitalized":
				r.subject(si, k, m, "fig.suffered")
				return
			}
			if m == Killed {
				continue
			}
			if ws[k].punct && ws[k].low != "," {
				break
			}
		}
	}
	g := w.group - 1
	if g < 0 {
		g = r.group(j - 1)
		if g >= 0 && r.groups[g].last != j {
			g = -1
		}
	}
	if g >= 0 {
		gr := &r.groups[g]
		if gr.q != nil && gr.q.Quantifier == "none" {
			r.none(si, j, m, gr.first)
			return
		}
		if gr.q != nil && gr.q.Shape == quantity.Count && (gr.head < 0 || gr.head == j) {
			r.figure(si, j, m, []arg{{g, *gr.q, ""}}, "fig.harm-noun", gr.first, j+1)
			return
		}
		if gr.prep >= 0 && ws[gr.prep].low == "without" {
			r.none(si, j, m, gr.prep)
			return
		}
	}
	// "without inflicting deaths", "caused no deaths", "did not cause any casualties"
	for k := j - 1; k >= s.first && k >= j-6; k-- {
		if ws[k].punct {
			break
		}
		if ws[k].q != nil && ws[k].q.Quantifier == "none" || ws[k].low == "without" || ws[k].low == "not" || ws[k].low == "n't" || ws[k].low == "didn't" || ws[k].low == "neither" {
			r.none(si, j, m, k)
			return
		}
		if ws[k].low == "or" || ws[k].low == "nor" {
			continue
		}
	}
	// "the death of a nurse", "injuries to ten others", "deaths of 51 worshippers"
	if j+2 < s.last && (ws[j+1].low == "of" || ws[j+1].low == "to" || ws[j+1].low == "for" || ws[j+1].low == "among") {
		x := j + 2
		if ws[j+1].low == "of" && x < s.last && ws[x].is(lexicon.Adv) && ws[x].group == 0 {
			x++
		}
		if g := r.group(x); g >= 0 && r.groups[g].first == x {
			args, end := r.list(si, g, true)
			if len(args) > 0 && r.countable(args[0]) {
				r.figure(si, j, m, args, "fig.noun-of", j, end)
				return
			}
		}
	}
	if m == Casualties && (w.low == "casualties" || w.low == "losses") {
		neg := w.low == "losses" && !r.fighting(s)
		for k := j - 1; k >= s.first && k > j-6; k-- {
			if ws[k].q != nil {
				neg = true
			}
		}
		if !neg {
			r.figs = append(r.figs, mention{measure: Casualties, q: quantity.Quantity{Quantifier: "unknown", Min: quantity.Open, Max: quantity.Open, Point: quantity.Open}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: "fig.casualties", sent: si, group: -1, harm: j, first: j, last: j + 1, parts: -1, weak: true})
		}
	}
}

// nounOf reads "the killing of two priests", "the abduction of three workers".
func (r *reading) nounOf(si, j int, m Measure, rule string) bool {
	s := &r.sents[si]
	if j+2 >= s.last || r.words[j+1].low != "of" {
		return false
	}
	g := r.group(j + 2)
	if g < 0 || r.groups[g].first != j+2 {
		return false
	}
	args, end := r.list(si, g, true)
	if len(args) == 0 || !r.countable(args[0]) || args[0].rule == "plural" {
		return false
	}
	r.figure(si, j, m, args, rule, j, end)
	return true
}

// deedMeasure is what a noun for a deed does to its "of": "the murder of two nuns".
func deedMeasure(w string) Measure {
	switch w {
	case "murder", "murders", "assassination", "assassinations", "killing", "killings", "massacre", "slaying", "execution", "slaughter", "beheading", "lynching":
		return Killed
	case "abduction", "kidnapping":
		return Abducted
	case "arrest", "detention", "capture":
		return Arrested
	case "wounding":
		return Injured
	}
	return ""
}

// soft reads "was shot", "were stabbed": hurt, unless the text says that they died.
func (r *reading) soft(si, j int) {
	s := &r.sents[si]
	if !r.passive(si, j) {
		if n := j + 1; n >= s.last || r.words[n].low != "in" && r.words[n].low != "by" {
			return
		}
	}
	from := len(r.figs)
	r.subject(si, j, Injured, "fig.shot")
	for i := from; i < len(r.figs); i++ {
		r.figs[i].soft = true
	}
}

// resultative reads verbs whose sense comes after their object: "stabbed a man to
// death", "shot two guards dead", "drove 9,000 people from their homes".
func (r *reading) resultative(si, j int) Measure {
	s := &r.sents[si]
	m := Killed
	switch r.words[j].low {
	case "stabbed", "beat", "hacked", "shot", "burned", "burnt", "battered", "clubbed", "stoned", "shoots", "shoot", "kicked":
	case "drove", "driven", "forced", "drive", "drives", "driving", "forcing":
		m = Displaced
	default:
		return ""
	}
	g := r.group(j + 1)
	if g < 0 || r.groups[g].first != j+1 {
		return ""
	}
	args, end := r.list(si, g, true)
	if len(args) == 0 {
		return ""
	}
after:
	for k := end; k+1 < s.last && k < end+8; k++ {
		a, b := r.words[k].low, r.words[k+1].low
		switch {
		case r.words[k].punct || r.words[k].is(lexicon.Sub):
			break after
		case m == Killed && (a == "to" && b == "death" || a == "dead"), m == Displaced && (a == "from" && b == "their" || a == "out of" && b == "their" || a == "to" && b == "flee" || b == "homes"):
			r.figure(si, j, m, args, "fig.verb-object-result", j, k+1)
			return m
		}
	}
	if n := end; m == Killed && n < s.last && r.words[n].low == "dead" {
		r.figure(si, j, m, args, "fig.verb-object-result", j, n+1)
		return m
	}
	switch r.words[j].low {
	case "stabbed", "shot", "beat", "shoots":
		if gr := &r.groups[g]; gr.person && (gr.q != nil || gr.det == "a" || gr.det == "an") && !r.passive(si, j) {
			n := len(r.figs)
			r.figure(si, j, Injured, args, "fig.shot-object", j, end)
			for i := n; i < len(r.figs); i++ {
				r.figs[i].soft = true
			}
			return Injured
		}
	}
	return ""
}

// none records a spoken zero.
func (r *reading) none(si, j int, m Measure, first int) {
	ws, s := r.words, &r.sents[si]
	q := quantity.Quantity{Quantifier: "none"}
	rule := "fig.none"
	// "no immediate reports of casualties" is not known, not none.
	for k := first; k < j; k++ {
		switch ws[k].low {
		case "immediate", "word", "information", "details", "confirmation":
			q = quantity.Quantity{Quantifier: "unknown", Min: quantity.Open, Max: quantity.Open, Point: quantity.Open}
			rule = "fig.not-known"
		case "one":
		case "group", "claim", "responsibility":
			return
		}
	}
	add := func(m Measure) {
		r.figs = append(r.figs, mention{measure: m, q: q, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule, sent: si, group: -1, harm: j, first: min(first, j), last: j + 1, parts: -1})
	}
	for k := first; k < j && q.Quantifier == "none"; k++ {
		// A zero about one group is no zero for the incident: "no US troops were hurt".
		if ws[k].place > 0 || ws[k].is(lexicon.Actor) || ws[k].is(lexicon.Person) && ws[k].low != "one" && ws[k].low != "people" && ws[k].low != "person" && ws[k].low != "casualties" && ws[k].low != "victims" && ws[k].low != "nobody" && ws[k].low != "persons" {
			return
		}
		if ws[k].low == "else" && r.attackerDied(si) {
			// "the bomber killed himself; no one else was hurt"
			add(Killed)
			add(Injured)
			return
		}
		if ws[k].low == "other" || ws[k].low == "others" || ws[k].low == "else" || ws[k].low == "further" || ws[k].low == "more" {
			return
		}
	}
	if m == Casualties && q.Quantifier == "none" {
		add(Killed)
		add(Injured)
		return
	}
	add(m)
	// "no deaths or injuries", "no one was killed or injured"
	for k := j + 1; k < s.last && k <= j+3; k++ {
		if ws[k].low == "or" || ws[k].low == "nor" || ws[k].low == "and" {
			if k+1 < s.last && ws[k+1].is(lexicon.Harm) && Measure(ws[k+1].e.Measure) != m && (ws[k+1].e.Measure == string(Killed) || ws[k+1].e.Measure == string(Injured)) {
				add(Measure(ws[k+1].e.Measure))
				return
			}
		}
	}
}

func (r *reading) attackerDied(si int) bool {
	for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 2; i-- {
		if r.figs[i].scope == "perpetrator" {
			return true
		}
	}
	return false
}

// toll reads "the death toll rose from 22 to 29", "toll hits 44", "revised the toll down to 18 from 25".
func (r *reading) toll(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	if m == Casualties && ws[j].low != "casualty toll" || ws[j].low == "toll" && j > s.first && ws[j-1].low == "injury" {
		m = Injured
	}
	now, was := -1, -1
	for k := j + 1; k < s.last && k < j+22; k++ {
		w := &ws[k]
		if w.low == ";" || w.low == "," && now >= 0 {
			break
		}
		if w.q == nil || w.q.Shape != quantity.Count && w.q.Shape != quantity.Year {
			continue
		}
		g := r.group(k)
		if g >= 0 && r.groups[g].thing != "" {
			continue
		}
		prev := ""
		if k > s.first {
			prev = ws[k-1].low
		}
		switch {
		case prev == "from":
			was = k
		case prev == "by":
		case w.q.Quantifier == "none":
		case now < 0:
			now = k
		case prev == "to" && now >= 0:
			now = k
		}
	}
	if now < 0 {
		return
	}
	g := r.group(now)
	if g < 0 {
		return
	}
	relation := "total"
	for k := s.first; k < s.last; k++ {
		switch ws[k].low {
		case "revised", "corrected", "lowered":
			relation = "correction"
		case "rose", "rises", "climbed", "climbs", "raised", "bringing", "brings", "brought", "hits", "increased", "rising", "risen", "now", "jumped", "reached", "reaches", "taking", "taken":
			if relation == "total" {
				relation = "update"
			}
		}
	}
	f := len(r.figs)
	r.figure(si, j, m, []arg{{g, *ws[now].q, ""}}, "fig.toll", j, r.groups[g].last)
	if len(r.figs) > f {
		x := &r.figs[len(r.figs)-1]
		x.relation = relation
		if was >= 0 {
			x.previous = ws[was].q.Min
			if relation == "total" {
				x.relation = "update"
			}
			if x.q.Point != quantity.Open && x.q.Point < x.previous {
				x.relation = "correction"
			}
		}
	}
}

// lives reads "claimed three lives", "lost their lives".
func (r *reading) lives(si, j int) {
	ws, s := r.words, &r.sents[si]
	g := r.group(j)
	if g < 0 || r.groups[g].q == nil {
		return
	}
	for k := r.groups[g].first - 1; k >= s.first && k >= r.groups[g].first-4; k-- {
		switch ws[k].low {
		case "claimed", "claiming", "claims", "claim", "took", "taken", "taking", "takes", "cost", "costing", "costs", "lost":
			if a, ok := r.take(g); ok {
				r.figure(si, j, Killed, []arg{a}, "fig.lives", k, r.groups[g].last)
			}
			return
		}
	}
}

// bodies reads "eleven bodies were found", "the bodies of five victims".
func (r *reading) bodies(si, j int) {
	ws, s := r.words, &r.sents[si]
	of := j + 1
	if ws[j].low == "body of" || of < s.last && ws[of].low == "of" {
		if ws[j].low != "body of" {
			of++
		}
		if g := r.group(of); g >= 0 && r.groups[g].first == of {
			if args, end := r.list(si, g, true); len(args) > 0 && args[0].rule != "plural" {
				r.figure(si, j, Killed, args, "fig.bodies-of", j, end)
			}
			return
		}
	}
	g := r.group(j)
	if g < 0 || r.groups[g].q == nil {
		return
	}
	r.groups[g].thing = ""
	if a, ok := r.take(g); ok {
		r.figure(si, j, Killed, []arg{a}, "fig.bodies", r.groups[g].first, r.groups[g].last)
	}
}

func (r *reading) kidnapping(si int) bool {
	s := &r.sents[si]
	for k := s.first; k < s.last; k++ {
		switch w := &r.words[k]; {
		case w.e.Type == "kidnapping", w.low == "captives", w.low == "captors", w.low == "captivity", w.low == "hostages":
			return true
		}
	}
	return false
}

// care reads what tells of wounds without naming them: "was rushed to the General
// Hospital", "are in hospital", "is in a stable condition", "was hit in the
// thigh", "received treatment". Such people are hurt where nothing else counts
// them. It returns the last word that it used, j where there is none.
func (r *reading) care(si, j int) int {
	ws, s := r.words, &r.sents[si]
	hospital := func(from, to int) int {
		for k := from; k < min(to, s.last); k++ {
			switch ws[k].low {
			case "hospital", "hospitals", "clinic", "clinics", "infirmary", "trauma centre", "trauma center", "trauma":
				return k
			case ";", ".":
				return -1
			}
			if ws[k].low == "medical" && k+1 < s.last && (ws[k+1].low == "centre" || ws[k+1].low == "center") {
				return k + 1
			}
		}
		return -1
	}
	end := -1
	subject := j
	switch ws[j].low {
	case "taken", "rushed", "airlifted", "flown", "brought", "shifted", "moved", "evacuated", "transferred", "driven", "conveyed", "admitted", "transported", "referred", "ferried":
		if !r.passive(si, j) && !(r.lowAt(j-1) == "and" || r.lowAt(j-1) == ",") {
			return j
		}
		end = hospital(j+1, j+10)
	case "treated":
		if !r.passive(si, j) {
			return j
		}
		if end = hospital(j+1, j+12); end < 0 {
			for k := j + 1; k < min(j+6, s.last); k++ {
				switch w := &ws[k]; {
				case w.is(lexicon.Harm) && w.e.Measure == string(Injured), w.low == "cuts", w.low == "bruises", w.low == "inhalation", w.low == "gunshot":
					end = k
				case w.low == "shock":
					return j
				}
			}
			if end < 0 && (j+1 >= s.last || ws[j+1].punct || ws[j+1].low == "on" || ws[j+1].low == "at") {
				end = j
			}
		}
	case "hit", "struck", "grazed", "cut", "burned", "burnt", "slashed", "bitten":
		if !r.passive(si, j) {
			return j
		}
		for k := j + 1; k < min(j+7, s.last); k++ {
			if bodyPart(ws[k].low) || ws[k].low == "bullet" || ws[k].low == "bullets" || ws[k].low == "shrapnel" || ws[k].low == "gunfire" || ws[k].low == "pellet" || ws[k].low == "pellets" || ws[k].low == "shots" || ws[k].low == "splinters" {
				end = k
				break
			}
			if ws[k].punct {
				break
			}
		}
		if ws[j].low == "grazed" || ws[j].low == "slashed" {
			end = max(end, j)
		}
	case "in":
		k := j + 1
		if k < s.last && ws[k].low == "a" {
			k++
		}
		for n := 0; n < 4 && k < s.last; n++ {
			switch ws[k].low {
			case "hospital", "intensive care", "surgery":
				if n == 0 && ws[j+1].low != "a" {
					end = k
				}
			case "intensive":
				if r.lowAt(k+1) == "care" {
					end = k + 1
				}
			case "condition":
				if n > 0 {
					end = k
				}
			case "serious", "critical", "stable", "fair", "grave", "life-threatening", "good", "but", "and", "satisfactory", "poor", "critically":
				k++
				continue
			}
			break
		}
		if end < 0 || j-1 < s.first {
			return j
		}
	case "receiving", "undergoing", "receive", "received", "underwent":
		k := j + 1
		for k < s.last && (ws[k].is(lexicon.Adj) || ws[k].low == "medical" || ws[k].low == "emergency") {
			k++
		}
		if k < s.last && (ws[k].low == "treatment" || ws[k].low == "surgery" || ws[k].low == "care" || ws[k].low == "attention") {
			end = k
		} else if g := r.group(j + 1); g >= 0 && (r.words[r.groups[g].last-1].low == "treatment" || r.words[r.groups[g].last-1].low == "surgery" || r.words[r.groups[g].last-1].low == "attention") {
			end = r.groups[g].last - 1
		}
	case "broke", "broken", "lost":
		if d := r.lowAt(j + 1); d == "his" || d == "her" || d == "their" || d == "a" || d == "an" {
			for k := j + 2; k < min(j+4, s.last); k++ {
				if bodyPart(ws[k].low) {
					end = k
				}
			}
		}
	case "responding":
		if r.lowAt(j+1) == "to" && r.lowAt(j+2) == "treatment" {
			end = j + 2
		}
	case "survived":
		if r.lowAt(j+1) == "with" {
			for k := j + 2; k < min(j+6, s.last); k++ {
				if ws[k].is(lexicon.Harm) && ws[k].e.Measure == string(Injured) {
					end = k
				}
			}
		}
	}
	if end < 0 {
		return j
	}
	for k := max(s.first, j-8); k+2 < j; k++ {
		if ws[k].low == "of" && ws[k+1].low == "the" && ws[k+2].low == "dead" {
			return j // "fifteen of the dead were brought to hospitals"
		}
	}
	n := len(r.figs)
	r.subject(si, subject, Injured, "fig.care")
	for i := n; i < len(r.figs); i++ {
		if r.figs[i].scope == "perpetrator" {
			continue
		}
		r.figs[i].care = true
		r.figs[i].last = max(r.figs[i].last, end+1)
	}
	if len(r.figs) == n {
		return j
	}
	return end
}

func bodyPart(w string) bool {
	switch w {
	case "leg", "legs", "arm", "arms", "shoulder", "shoulders", "thigh", "head", "chest", "back", "neck", "hand", "hands", "foot", "feet", "stomach", "abdomen", "face", "hip", "knee", "ankle", "groin", "torso", "buttocks", "jaw", "eye", "eyes", "elbow", "wrist", "calf", "pelvis", "side", "finger", "ear", "throat", "cheek", "belly":
		return true
	}
	return false
}

// figure records what a harm word says of its groups: one mention for a group,
// and for several their sum and the parts.
func (r *reading) figure(si, j int, m Measure, args []arg, rule string, first, last int) {
	ws, s := r.words, &r.sents[si]
	args = r.apposed(r.shared(args))
	for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si; i-- {
		if f := &r.figs[i]; f.measure == m && f.lead == args[0].g+1 && f.relation != "part" {
			return // "shot a man dead" is read once
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
	if m == Arrested && r.byArmed(s, j) {
		base.measure = Abducted // the state arrests, others abduct
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
		if (g.who == "perpetrator" || attacker || g.who == "suspect" && m == Killed) && (m == Killed || m == Injured || m == Casualties) {
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
		if g.det == "another" {
			x.others = true
		}
		if g.q != nil && g.last > g.first {
			for k := g.first; k < g.last; k++ {
				if (ws[k].low == "others" || ws[k].low == "other") && g.det != "the" {
					x.others = true // "the other four" are the rest of those told
				}
				if ws[k].low == "of" && k+1 < g.last && ws[k+1].is(lexicon.Det) && x.relation == "total" {
					x.relation = "subset"
				}
			}
		}
		if k := g.last; k+1 < s.last && g.q != nil && ws[k].low == "of" && (ws[k+1].low == "them" || ws[k+1].low == "whom" || ws[k+1].low == "these" || k+2 < s.last && ws[k+1].low == "the" && ws[k+2].is(lexicon.Harm)) {
			x.relation = "subset"
		}
		r.figs = append(r.figs, x)
	}
	if len(victims) == 1 {
		one(victims[0], base.relation)
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
	r.excluding(si, last, &base)
}

// byArmed tells whether the agent of a passive is an armed group.
func (r *reading) byArmed(s *sentence, j int) bool {
	for k := j + 1; k < s.last && k < j+9; k++ {
		if r.words[k].low != "by" {
			continue
		}
		for n := k + 1; n < s.last && n < k+6; n++ {
			w := &r.words[n]
			if w.is(lexicon.Actor) && w.e.Party != "state" || w.is(lexicon.Person) && (w.e.Who == "militant" || w.e.Who == "perpetrator") {
				return true
			}
			switch w.low {
			case "armed":
				continue
			case "front", "faction", "factions", "militia", "armed group", "armed groups", "group", "opposition", "rebel", "insurgent", "militant", "guerrilla":
				return true
			}
			if w.punct || w.is(lexicon.Verb) {
				return false
			}
		}
		return false
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
	for k := s.first; k < s.last; k++ {
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

func (r *reading) says(s *sentence, word string) bool {
	for k := s.first; k < s.last; k++ {
		if r.words[k].low == word {
			return true
		}
	}
	return false
}

// gap reads numbers whose verb is left out: "three were killed in Herat, two in
// Farah". from is the first figure of the verb that they share.
func (r *reading) gap(si, from int) {
	if from >= len(r.figs) {
		return
	}
	ws, s := r.words, &r.sents[si]
	f := r.figs[from]
	if f.relation != "total" || f.group < 0 || f.scope != "current" {
		return
	}
	k := max(f.last, f.harm+1)
	placed := func(k int) int {
		if k+1 < s.last && (ws[k].low == "in" || ws[k].low == "at" || ws[k].low == "near") && ws[k+1].place > 0 {
			return ws[k+1].place - 1
		}
		return -1
	}
	at := placed(k)
	if at < 0 {
		return
	}
	k += 2
	for n := 0; n < 8 && k+3 < s.last+1; n++ {
		sep := k
		for k < s.last && (ws[k].low == "," || ws[k].low == "and" || ws[k].low == ";") {
			k++
		}
		g := r.group(k)
		if k == sep || g < 0 || r.groups[g].first != k || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || r.groups[g].head >= 0 && !r.groups[g].person {
			return
		}
		p := placed(r.groups[g].last)
		if p < 0 {
			return
		}
		r.figs[from].at = at + 1
		x := f
		x.q, x.group, x.lead, x.at = *r.groups[g].q, g, g+1, p+1
		x.first, x.last, x.rule = r.groups[g].first, r.groups[g].last+2, f.rule+"+gapped"
		r.figs = append(r.figs, x)
		k = r.groups[g].last + 2
	}
}

// attackerOf tells whether the one who was killed had attacked: "police shot a man
// dead after he stabbed a teacher".
func (r *reading) attackerOf(s *sentence, j, end int) bool {
	ws := r.words
	police := false
	for k := max(s.first, j-8); k < min(s.last, end+8); k++ {
		switch ws[k].low {
		case "police", "officers", "officer", "troops", "soldiers", "guards", "guard", "forces", "security forces", "deputies", "agents":
			police = true
		}
	}
	for k := end; k+2 < s.last && k < end+14; k++ {
		switch ws[k].low {
		case "after", "when", "as":
		case "who":
			if k > end+1 {
				continue // "… by assailants who stormed the house"
			}
		default:
			continue
		}
		n := k + 1
		switch ws[n].low {
		case "he", "she", "they", "had", "allegedly":
		default:
			if ws[k].low != "who" {
				continue
			}
		}
		for m := n; m < min(n+5, s.last); m++ {
			if r.deedOf(m, police) {
				return true
			}
		}
		return false
	}
	return false
}

// deedOf tells whether word k is what an attacker does. Where police kill him less
// is needed to know that he was one.
func (r *reading) deedOf(k int, police bool) bool {
	w := &r.words[k]
	switch w.low {
	case "opened fire", "launched", "mounted", "attacked", "stormed":
		return true
	}
	if !police {
		return false
	}
	switch w.low {
	case "lunged", "charged":
		return true
	case "shot":
		return !r.passive(r.sentenceAt(k), k)
	}
	return w.is(lexicon.Kind) && strings.HasSuffix(w.low, "ed") || w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 && !r.passive(r.sentenceAt(k), k)
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
	if out.Max == quantity.Open && out.Quantifier == "exact" {
		out.Quantifier = "at_least"
	}
	if out.Quantifier == "vague" || out.Quantifier == "unknown" {
		out.Quantifier = "at_least"
	}
	return out
}

// gradeOf reads how badly: "seriously wounded".
func (r *reading) gradeOf(s *sentence, j int) string {
	for k := max(j-2, s.first); k <= min(j+2, s.last-1); k++ {
		switch w := r.words[k].low; {
		case strings.HasPrefix(w, "critical"):
			return "critical"
		case strings.HasPrefix(w, "serious"), strings.HasPrefix(w, "severe"), strings.HasPrefix(w, "grave"), strings.HasPrefix(w, "bad"):
			return "serious"
		case strings.HasPrefix(w, "slight"), strings.HasPrefix(w, "light"), w == "minor":
			return "minor"
		}
	}
	return ""
}

// attempt tells whether somebody tried and failed: "tried to abduct two nuns".
func (r *reading) attempt(s *sentence, j int) bool {
	if j-2 < s.first || r.words[j-1].low != "to" {
		return false
	}
	switch r.words[j-2].low {
	case "tried", "attempted", "failed":
		return true
	}
	return false
}

// hypothetical tells whether the harm has not happened: "could kill", "threatened to kill", "tried to abduct".
func (r *reading) hypothetical(s *sentence, j int) bool {
	ws := r.words
	for k := j - 1; k >= s.first && k >= j-5; k-- {
		switch ws[k].low {
		case "would", "could", "may", "might", "can", "will", "should", "cannot", "couldn't", "can't":
			if !r.governs(k, j) {
				continue // "men who could not flee suffered burns"
			}
			// "may have been hurt" is a hedge.
			return !(k+1 < s.last && ws[k+1].low == "have") || ws[k].low == "could" || ws[k].low == "would"
		case "to":
			if k == j-1 {
				for n := k - 1; n >= s.first && n >= k-6; n-- {
					switch ws[n].low {
					case "threatened", "threatening", "threatens", "threat", "plot", "plotted", "plotting", "planned", "planning", "plan", "tried", "trying", "attempt", "attempted", "attempting", "wanted", "vowed", "failed", "intended", "conspiring", "conspiracy", "conspired", "plans", "bid", "ordered", "able", "likely", "going", "seeking", "hoping":
						return true
					}
				}
				return ws[j].e.Form&lexicon.Base != 0
			}
		case "if", "unless":
			return true
		case "often", "usually", "routinely", "regularly", "frequently", "typically":
			return ws[j].e.Form&lexicon.Base != 0
		}
	}
	for k := s.first; k < j && k < s.first+3; k++ {
		if ws[k].low == "if" {
			return true
		}
	}
	return false
}

// governs tells whether a modal verb at word k goes with the harm at word j: only
// small words stand between them.
func (r *reading) governs(k, j int) bool {
	for n := k + 1; n < j; n++ {
		w := &r.words[n]
		if !w.is(lexicon.Aux|lexicon.Adv|lexicon.Neg|lexicon.Conj) && !w.is(lexicon.Harm) && !strings.HasSuffix(w.low, "ly") && r.group(n) < 0 && !w.punct {
			return w.is(lexicon.Prep)
		}
	}
	return true
}

// excluding looks for "excluding the bomber" after a figure and marks it.
func (r *reading) excluding(si, from int, base *mention) {
	ws, s := r.words, &r.sents[si]
	for k := from; k < s.last && k < from+14; k++ {
		ex := false
		switch ws[k].low {
		case "excluding", "besides", "minus":
			ex = true
		case "not":
			ex = k+1 < s.last && (ws[k+1].low == "counting" || ws[k+1].low == "including")
		case "apart", "aside":
			ex = k+1 < s.last && ws[k+1].low == "from" || k > s.first && r.perpetratorNear(s, k-2, k)
		case "in":
			ex = k+2 < s.last && ws[k+1].low == "addition" && ws[k+2].low == "to"
		}
		if ex && r.perpetratorNear(s, k-2, k+7) {
			for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si; i-- {
				f := &r.figs[i]
				if f.measure == base.measure && f.scope == "current" && f.harm == base.harm {
					f.excludes = true
					f.last = max(f.last, r.perpetratorEnd(s, k))
				}
			}
			return
		}
		if ws[k].low == "including" && r.perpetratorNear(s, k, k+4) {
			// "three dead, including the gunman": two of them are victims.
			n := r.perpetrators(s, k+1)
			for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si && n > 0; i-- {
				f := &r.figs[i]
				if f.measure == base.measure && f.scope == "current" && f.harm == base.harm && f.relation != "part" && number(f.q) > n {
					for _, p := range []*int{&f.q.Min, &f.q.Max, &f.q.Point} {
						if *p != quantity.Open {
							*p -= n
						}
					}
					f.excludes, f.rule = true, f.rule+"+less-attackers"
					f.last = max(f.last, r.perpetratorEnd(s, k))
				}
			}
			return
		}
		if ws[k].low == ";" {
			return
		}
	}
}

func (r *reading) perpetratorNear(s *sentence, a, b int) bool {
	for k := max(a, 0); k < min(b, s.last); k++ {
		if w := &r.words[k]; w.is(lexicon.Person) && (w.e.Who == "perpetrator" || w.e.Who == "militant") {
			return true
		}
	}
	return false
}

// perpetrators is how many attackers the group at word k is; 0 where it does not
// tell.
func (r *reading) perpetrators(s *sentence, k int) int {
	for n := k; n < min(k+3, s.last); n++ {
		g := r.group(n)
		if g < 0 || r.groups[g].who != "perpetrator" {
			continue
		}
		if q, _, ok := r.groups[g].size(); ok && q.Quantifier == "exact" {
			return q.Min
		}
		return 0
	}
	return 0
}

func (r *reading) perpetratorEnd(s *sentence, a int) int {
	for k := a; k < min(a+8, s.last); k++ {
		if r.words[k].is(lexicon.Person) && r.words[k].e.Who == "perpetrator" {
			return k + 1
		}
	}
	return a
}
