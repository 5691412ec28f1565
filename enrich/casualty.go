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
	attackers  int // that were taken off its number
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
	alive      bool    // … and was brought to hospital
	weak       bool    // a single person without a number: loses to any number
	parts      int     // mention that this is a part of, -1
	lead       int     // 1 + the first group whose people these are, 0 where a number stands by itself
	at         int     // 1 + the place that the figure alone has: "four in Basra, two in Mosul"
	later      bool    // it befell people told of before: "one of the wounded died" …
	of         Measure // … as these
	others     bool
	hypothesis bool
}

// harms reads all harm words of a sentence.
func (r *reading) harms(si int) {
	s := &r.sents[si]
	for j := s.first + s.dateline; j < s.last; j++ {
		w := &r.words[j]
		if w.q != nil || w.date > 0 || w.place > 0 || w.punct || w.is(lexicon.Det|lexicon.Conj) && !w.is(lexicon.Harm|lexicon.Verb) {
			continue
		}
		if n := r.numberOf(si, j); n > j {
			j = n
			continue
		}
		r.nth(si, j)
		r.takenAlong(si, j)
		if r.nthDied(j) {
			continue // "the second of them to die"
		}
		if w.is(lexicon.Harm) {
			n := len(r.figs)
			r.harm(si, j)
			r.gap(si, n)
			r.each(s, n)
		} else if w.low == "taken" || w.low == "took" || w.low == "lost" || w.low == "fell" || w.low == "held" || w.low == "holding" || w.low == "led" || w.low == "hold" || w.low == "holds" || w.low == "whisked" || w.low == "marched" || w.low == "dragged" || w.low == "take" {
			r.light(si, j)
		} else if w.low == "buries" || w.low == "bury" {
			r.buries(si, j)
		} else if w.low == "let" || w.low == "lets" || w.low == "letting" {
			r.letGo(si, j)
		} else if strings.HasPrefix(w.low, "regain") && (r.lowAt(j+1) == "freedom" || r.lowAt(j+2) == "freedom" || strings.HasSuffix(w.low, "freedom")) {
			r.subject(si, j, Released, "fig.regained")
		} else if strings.HasPrefix(w.low, "reunite") && r.withFamily(j) {
			r.subject(si, j, r.howFree(j), "fig.reunited")
		} else if n := r.care(si, j); n > j {
			j = n
		} else if m := deedMeasure(w.low); m != "" {
			r.nounOf(si, j, m, "fig.deed-of")
		} else if m := r.resultative(si, j); m != "" {
			continue
		} else if w.low == "shot" || w.low == "stabbed" || w.low == "beaten" {
			r.soft(si, j)
		} else if w.low == "grazed" || w.low == "grazing" {
			r.object(si, j, Injured, "fig.verb-object")
		} else if w.low == "bodies" || w.low == "body" || w.low == "corpses" || w.low == "corpse" {
			r.bodies(si, j)
		} else if w.low == "body of" || w.low == "remains" && r.lowAt(j+1) == "of" {
			r.bodies(si, j)
		} else if w.low == "lives" || w.low == "life" {
			r.lives(si, j)
		}
	}
}

// withFamily tells whether those who are reunited at word j are with their families again.
func (r *reading) withFamily(j int) bool {
	if r.lowAt(j+1) != "with" {
		return false
	}
	switch r.lowAt(j + 3) {
	case "family", "families", "relatives", "parents", "relations", "kin", "loved", "mothers", "children", "people":
		return true
	}
	return false
}

// howFree is how those came free who are with their families again at word j: those of
// whom the text said that they escaped nobody let go.
func (r *reading) howFree(j int) Measure {
	for k := range r.words[:j] {
		if w := &r.words[k]; w.is(lexicon.Harm) && w.e.Measure == string(Escaped) {
			return Escaped
		}
	}
	return Released
}

// buries reads "Ayn Issa buries nine of its sons".
func (r *reading) buries(si, j int) {
	g := r.group(j + 1)
	if g < 0 || r.groups[g].first != j+1 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || !r.groups[g].person && !(r.groups[g].head < 0 && r.lowAt(r.groups[g].last) == "of") {
		return
	}
	if a, ok := r.take(g); ok {
		n := len(r.figs)
		r.figure(si, j, Killed, []arg{a}, "fig.buries", j, r.groups[g].last)
		for i := n; i < len(r.figs); i++ {
			if r.figs[i].relation == "subset" {
				r.figs[i].relation = "total"
			}
		}
	}
}

// letGo reads "let three of them go".
func (r *reading) letGo(si, j int) {
	ws, s := r.words, &r.sents[si]
	g := r.group(j + 1)
	if g < 0 || r.groups[g].first != j+1 || r.lowAt(j-1) == "to" {
		return // "begged them to let him go"
	}
	for k := r.groups[g].last; k < min(r.groups[g].last+5, s.last) && !ws[k].punct; k++ {
		switch ws[k].low {
		case "go", "leave", "free":
			if a, ok := r.take(g); ok && (a.q.Quantifier != "unknown" || r.groups[g].person) {
				r.figure(si, j, Released, []arg{a}, "fig.let-go", j, k+1)
			}
			return
		}
	}
}

// toBefore tells whether a verb form follows "to" or a modal verb.
func (r *reading) toBefore(j int) bool {
	w := &r.words[j-1]
	return w.low == "to" || w.is(lexicon.Aux) || w.is(lexicon.Pron)
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
			r.heldNow(si, j)
			return
		}
	}
	if m == Casualties && r.both(si, j) || m == Released && r.published(s, j) {
		return
	}
	if w.low == "dead" {
		switch r.lowAt(j - 1) {
		case "went", "go", "goes", "gone", "going":
			return // a line, a phone
		}
	}
	if r.capture(j) && r.passive(si, j) && r.craft(s, s.first+s.dateline, s.first+s.dateline+4) {
		return // a boat was: who was on board is told beside it
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
	if c := r.lowAt(j - 2); m == Killed && r.lowAt(j-1) == "of" && (c == "count" || c == "counts" || c == "charge" || c == "charges") {
		return // "one count of murder and three of wounding": a charge sheet is no toll
	}
	switch {
	case (w.low == "murder" || w.low == "murders") && r.lowAt(j+1) == "of":
		r.nounOf(si, j, m, "fig.deed-of") // also a verb: "the murder of two nuns"
	case m == Arrested && (w.low == "arrest" || w.low == "arrests" || w.low == "capture") && r.lowAt(j+1) == "of":
		r.nounOf(si, j, m, "fig.deed-of") // "the arrest of three youths"
	case w.low == "wounds" && j+1 < s.last && ws[j+1].q != nil && (w.group == 0 || r.groups[w.group-1].q == nil):
		r.object(si, j, m, "fig.verb-object") // "kills 11, wounds 20"
	case f&lexicon.Noun != 0, w.low == "wound" && j > s.first && !r.toBefore(j):
		r.harmNoun(si, j, m)
	case f&lexicon.Intrans != 0:
		if m == Escaped && !r.kidnapping(si) {
			return
		}
		r.subject(si, j, m, "fig.intransitive")
	case f&lexicon.Gerund != 0 && j > s.first && ws[j-1].low == "without":
		if n := r.lowAt(j + 1); n == "anyone" || n == "anybody" || n == "people" || n == "any" {
			r.none(si, j, m, j-1) // "without hurting anyone"
		}
	case f&lexicon.Gerund != 0 && (strings.HasPrefix(w.low, "anti-") || strings.HasPrefix(w.low, "counter-")):
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
		if j-2 >= s.first && ws[j-1].low == "those" && (ws[j-2].low == "among" || ws[j-2].low == "amongst") {
			n := len(r.figs)
			r.subject(si, j, m, "fig.participle-subject")
			for i := n; i < len(r.figs); i++ {
				r.figs[i].relation = "subset" // "two women were among those killed"
			}
			return
		}
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
		if g := r.group(j + 1); g >= 0 && r.groups[g].first == j+1 && r.groups[g].q == nil && r.groups[g].det == "" && r.groups[g].plural && j > s.first && verbal(ws[j-1].low) && !ws[j-1].is(lexicon.Harm|lexicon.Adj) {
			return // "assisted injured protesters": they are of another story
		}
		if r.object(si, j, m, "fig.verb-object") {
			return
		}
		if k := j - 1; k >= s.first && (ws[k].low == "has" || ws[k].low == "have" || ws[k].low == "had") {
			return
		}
		if g := r.group(j + 1); g >= 0 && r.groups[g].first == j+1 && r.lowAt(j-1) == "of" {
			return // "wife of murdered radio host Ana Ruiz": it describes whom follows
		}
		if g := r.group(j + 1); g >= 0 && r.groups[g].first == j+1 && r.groups[g].det != "" && !r.groups[g].person && r.groups[g].q == nil && r.groups[g].thing != "time" && r.groups[g].thing != "distance" {
			return // "snatched the phones": what they did, not what befell them
		}
		r.subject(si, j, m, "fig.participle-subject")
	}
}

// both reads "50 dead and wounded more than 400": two harms, each with a number of
// its own.
func (r *reading) both(si, j int) bool {
	s := &r.sents[si]
	low := r.words[j].low
	if !strings.HasPrefix(low, "dead and ") && !strings.HasPrefix(low, "killed and ") || j+1 >= s.last {
		return false
	}
	a, b := r.group(j-1), r.group(j+1)
	if a < 0 || b < 0 || r.groups[a].last != j || r.groups[b].first != j+1 || r.groups[a].q == nil || r.groups[b].q == nil {
		return false
	}
	x, ok := r.take(a)
	y, ok2 := r.take(b)
	if !ok || !ok2 {
		return false
	}
	r.figure(si, j, Killed, []arg{x}, "fig.predicate", r.groups[a].first, j+1)
	r.figure(si, j, Injured, []arg{y}, "fig.verb-object", j, r.groups[b].last)
	return true
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
	if k+1 < s.last && ws[k].low == "the" && ws[k+1].low == "other" && (k+2 >= s.last || ws[k+2].punct || ws[k+2].is(lexicon.Prep|lexicon.Sub)) {
		// "killing one and injuring the other"
		r.figs = append(r.figs, mention{measure: m, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: rule + "+other", sent: si, group: -1, harm: j, first: j, last: k + 2, parts: -1, hypothesis: r.hypothetical(s, j)})
		return true
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

// predicative reads "dead", "missing": "three dead", "left 30 people dead", "were found dead".
func (r *reading) predicative(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	// "the dead": with "put … at N" or "among the dead" it is a noun.
	if j > s.first && (ws[j-1].low == "the" || ws[j-1].low == "'s" && r.numbering(s, j+1) > 0) {
		r.putAt(si, j, m)
		return
	}
	if m == Killed && j+1 < s.last && (ws[j+1].low == "body" || ws[j+1].low == "bodies") {
		return
	}
	if m == Killed && j-2 >= s.first && ws[j-1].low == "'s" && !ws[j-2].is(lexicon.Pron) {
		return // "one side's dead"
	}
	if m == Killed && j > s.first {
		switch ws[j-1].low {
		case "played", "play", "playing", "plays":
			return
		case "for":
			if k := j - 2; k >= s.first && (ws[k].low == "left" || ws[k].low == "leaving") {
				return // "left him for dead"
			}
		}
	}
	if j > s.first && ws[j-1].low == "left" && j+1 < s.last { // "left dead three men"
		if r.object(si, j, m, "fig.left-dead") {
			return
		}
	}
	n := len(r.figs)
	r.subject(si, j, m, "fig.predicate")
	for i := n; i < len(r.figs); i++ {
		if f := &r.figs[i]; f.relation == "total" && f.group >= 0 && r.groups[f.group].q != nil && (ws[j-1].low == "now" || r.nowAre(s, r.groups[f.group].first)) {
			f.relation = "update"
		}
	}
}

// nowAre tells whether the number at word k is what the dead have become: "there are now
// seven dead", "that makes seven dead".
func (r *reading) nowAre(s *sentence, k int) bool {
	for n := k - 1; n >= max(s.first, k-2); n-- {
		switch r.words[n].low {
		case "now", "makes", "making":
			return true
		case "it", "that":
		default:
			return false
		}
	}
	return false
}

// harmNoun reads "14 deaths", "the death of a nurse", "no casualties", "the toll rose to 37".
func (r *reading) harmNoun(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	w := &ws[j]
	// "the wounded", "killed and wounded": handled as participles elsewhere.
	if w.low == "toll" || w.low == "death toll" || w.low == "casualty toll" || w.low == "body count" {
		switch r.lowAt(j + 1) {
		case "plaza", "plazas", "gate", "gates", "booth", "booths", "road", "roads", "tax", "taxes", "bridge", "station", "collector", "collectors", "post", "barrier", "naka":
			return // of a road
		}
		r.toll(si, j, m)
		return
	}
	if w.low == "victims" && (r.says(s, "dies") || r.says(s, "died")) {
		m = Killed // "Teacher dies; attack now has seven victims"
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
		if gr.q != nil && m == Injured && (strings.HasSuffix(w.low, "wounds") || w.low == "burns") {
			return // "multiple gunshot wounds" may all be one man's
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
	if strings.HasSuffix(w, "-degree murder") || strings.HasSuffix(w, " murder") && !strings.HasPrefix(w, "attempted") {
		return Killed // "the second-degree murder of Ana Ruiz"
	}
	switch w {
	case "murder", "murders", "assassination", "assassinations", "killing", "killings", "massacre", "slaying", "slayings", "execution", "executions", "slaughter", "beheading", "beheadings", "lynching", "lynchings", "martyrdom", "demise":
		return Killed
	case "abduction", "abductions", "kidnapping", "kidnappings":
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
	if n := r.lowAt(j + 1); m == Killed && (n == "him" || n == "her") {
		// "shot him once in the shoulder"
		for k := j + 2; k < min(j+7, s.last) && !r.words[k].punct; k++ {
			if l := r.words[k].low; l == "dead" || l == "to death" || l == "fatally" {
				break
			} else if bodyPart(l) {
				r.figs = append(r.figs, mention{measure: Injured, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: "fig.shot-object+pronoun", sent: si, group: -1, harm: j, first: j, last: k + 1, parts: -1, weak: true, soft: true})
				return Injured
			}
		}
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

// lives reads "claimed three lives", "cost three people their lives".
func (r *reading) lives(si, j int) {
	ws, s := r.words, &r.sents[si]
	g := r.group(j)
	if j-2 >= s.first && (ws[j-1].low == "their" || ws[j-1].low == "his" || ws[j-1].low == "her") {
		if g = r.group(j - 2); g < 0 || r.groups[g].first <= s.first || !strings.HasPrefix(ws[r.groups[g].first-1].low, "cost") {
			return
		}
	} else if g < 0 || r.groups[g].q == nil {
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
		if (ws[j].low == "body" || ws[j].low == "corpse") && g >= 0 && r.groups[g].head == j && r.isRecovered(s, j) {
			r.figs = append(r.figs, mention{measure: Killed, q: quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}, who: "any", scope: "current", relation: "total", certainty: "reported", rule: "fig.body", sent: si, group: -1, harm: j, first: r.groups[g].first, last: r.groups[g].last, parts: -1, weak: true})
		}
		return
	}
	r.groups[g].thing = ""
	if a, ok := r.take(g); ok {
		r.figure(si, j, Killed, []arg{a}, "fig.bodies", r.groups[g].first, r.groups[g].last)
	}
}

// isRecovered tells whether a body is told to have been found: "a jogger spotted the
// body", "his body was recovered".
func (r *reading) isRecovered(s *sentence, j int) bool {
	for k := max(s.first, j-5); k < min(s.last, j+6); k++ {
		switch r.words[k].low {
		case "found", "discovered", "recovered", "spotted", "dumped", "retrieved", "pulled", "floating", "buried", "washed", "fished", "unearthed", "exhumed", "identified":
			return true
		}
	}
	return false
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

func (r *reading) says(s *sentence, word string) bool {
	for k := s.first; k < s.last; k++ {
		if r.words[k].low == word {
			return true
		}
	}
	return false
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
