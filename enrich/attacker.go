package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// Who attacked is no victim: attackers among the dead, and those that a total
// counts or leaves out.

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

// byArmed tells whether the agent of a passive is an armed group.
func (r *reading) byArmed(s *sentence, j int) bool {
	for k := j + 1; k < s.last && k < j+9; k++ {
		switch r.words[k].low {
		case "by":
		case "over", "claimed", "blamed":
			return false // "arrested over an attack claimed by rebels"
		default:
			continue
		}
		for n := k + 1; n < s.last && n < k+6; n++ {
			w := &r.words[n]
			if w.captor() {
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

// armedSubject tells whether armed men do what word j says: "insurgents have captured".
func (r *reading) armedSubject(s *sentence, j int) bool {
	for k := j - 1; k >= s.first && k >= j-5; k-- {
		w := &r.words[k]
		if w.captor() {
			return true
		}
		if !w.is(lexicon.Aux|lexicon.Adv) && !strings.HasSuffix(w.low, "ly") {
			return false
		}
	}
	return false
}

// gunmenDid tells whether gunmen, and no party that holds a country and has courts, do to
// somebody what word j says: "rebels detained ten villagers", not "attackers arrested".
func (r *reading) gunmenDid(s *sentence, j int) bool {
	if g := r.group(j + 1); g < 0 || r.groups[g].first != j+1 || r.groups[g].prep >= 0 {
		return false
	}
	for k := j - 1; k >= s.first && k >= j-4; k-- {
		w := &r.words[k]
		if (w.armed() || w.low == "group") && w.low != "operatives" {
			return true // agencies have operatives, too
		}
		if !w.is(lexicon.Aux|lexicon.Adv) && w.low != "that" {
			return false
		}
	}
	return false
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
		if g := r.group(end - 1); ws[n].low == "they" && g >= 0 && !r.groups[g].plural && r.groups[g].single() {
			return false // "killed a guard when they stormed the house"
		}
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

// withTheKiller tells whether a number of dead counts one who killed the others and
// himself: "four found dead in apparent murder-suicide", never "killed his wife and
// two sons".
func (r *reading) withTheKiller(x *incident, f *mention) bool {
	object := false
	for _, p := range []string{"fig.verb-object", "fig.gerund", "fig.noun-of", "fig.deed-of", "fig.shot-object"} {
		object = object || strings.HasPrefix(f.rule, p)
	}
	if object {
		return false
	}
	for _, k := range few(x.kinds) {
		switch r.words[k].low {
		case "murder-suicide", "murder suicide":
			return r.opens(r.sentenceAt(k)) || r.opens(f.sent)
		}
	}
	return false
}

// excluding looks for "excluding the bomber" behind the people of a figure, which ends
// at word last, and marks it.
func (r *reading) excluding(si, from, last int, base *mention) {
	ws, s := r.words, &r.sents[si]
	for k := min(from, last); k < s.last && k < last+14; k++ {
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
		in := k
		if ws[k].low == "among" && (r.lowAt(k+1) == "them" || r.lowAt(k+1) == "whom") {
			in++
		}
		if (in > k || ws[k].low == "including") && (r.perpetratorNear(s, in, in+4) || base.measure == Killed && r.perpetrators(s, in+1) > 0) {
			// "three dead, including the gunman": two of them are victims.
			n := r.perpetrators(s, in+1)
			for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si && n > 0; i-- {
				f := &r.figs[i]
				if f.measure == base.measure && f.scope == "current" && f.harm == base.harm && f.relation != "part" && number(f.q) > n {
					f.without(n)
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

// attackersAmong reads what a text says of attackers among the dead: "six of them
// attackers", "two of the dead were gunmen", "a nurse, a guard and the attacker". They are
// in the number that was told.
func (r *reading) attackersAmong(si int) {
	s := &r.sents[si]
	for k := s.first + s.dateline; k < s.last; k++ {
		q, n := r.attackerAmong(s, k)
		if n == k {
			if q, n = r.attackersOf(s, k); n > k {
				r.ofAll(si, k)
			}
		}
		if n == k {
			q, n = r.madeUpOf(si, k)
		}
		if n > k {
			r.figs = append(r.figs, mention{measure: Killed, q: q, who: "perpetrator", scope: "perpetrator", relation: "subset", certainty: "reported", rule: "fig.attackers-among", sent: si, group: -1, harm: n - 1, first: k, last: n, parts: -1})
			return
		}
	}
}

// attackersOf reads "six of them attackers", "two of the seven dead were gunmen", "two of
// the bodies counted were those of attackers" at word k, and returns the word after it, k
// where there is none.
func (r *reading) attackersOf(s *sentence, k int) (q quantity.Quantity, end int) {
	ws := r.words
	if k+3 >= s.last || ws[k].q == nil || ws[k].q.Quantifier != "exact" || ws[k].q.Shape != quantity.Count || ws[k+1].low != "of" {
		return q, k
	}
	n := k + 3
	switch ws[k+2].low {
	case "them", "whom", "these":
	case "the", "those":
		if n+1 < s.last && ws[n].q != nil {
			n++
		}
		switch ws[n].low {
		case "dead", "bodies", "victims", "fatalities", "killed":
		default:
			return q, k
		}
		if n++; n+4 < s.last && ws[n].is(lexicon.Verb) && !isWas(ws[n].low) {
			for n < min(k+11, s.last) && !isWas(ws[n].low) {
				n++ // "of the bodies counted on the day were"
			}
		}
	default:
		return q, k
	}
	for n < s.last && (ws[n].low == "were" || ws[n].low == "are" || ws[n].low == "was" || ws[n].is(lexicon.Det) || ws[n].low == "suspected" || ws[n].low == "alleged" || ws[n].low == "of" && ws[n-1].low == "those") {
		n++
	}
	if n >= s.last || !ws[n].is(lexicon.Person) || ws[n].e.Who != "perpetrator" || n+1 < s.last && ws[n+1].is(lexicon.Person) {
		return q, k
	}
	return *ws[k].q, n + 1
}

// ofAll gives a figure that was read from the attackers among the dead at word k the number
// of all of them: "two of the seven dead were gunmen" tells of seven.
func (r *reading) ofAll(si, k int) {
	for i := len(r.figs) - 1; i >= 0 && r.figs[i].sent == si; i-- {
		if f := &r.figs[i]; f.measure == Killed && f.scope == "current" && f.first == k {
			if all := r.words[k+3].q; all != nil && all.Quantifier == "exact" && all.Shape == quantity.Count {
				f.q = *all
			} else {
				f.relation = "subset"
			}
		}
	}
}

// madeUpOf reads at word k whom a number of dead is made up of, where attackers are among
// them: "three died: two women and the gunman", "They are a nurse, three farmers and five
// robbers". The parts must make the number that was told, unless the dead "include" them.
// It returns the word after the list, k where there is none.
func (r *reading) madeUpOf(si, k int) (q quantity.Quantity, end int) {
	ws, s := r.words, &r.sents[si]
	begins, some := k == s.first+s.dateline, false
	n := k + 1
	if begins {
		switch ws[k].low {
		case "they", "victims":
		case "the", "those":
			if l := r.lowAt(n); l != "dead" && l != "victims" && l != "killed" && l != "fatalities" {
				return q, k
			}
			n++
		default:
			return q, k
		}
		switch r.lowAt(n) {
		case "are", "were":
		case "include", "included":
			some = true
		default:
			return q, k
		}
		n++
	} else {
		switch ws[k].low {
		case ",", "-", "–", "—", "--", ":":
		default:
			return q, k
		}
	}
	victims, attackers, end := r.people(s, n)
	if attackers == 0 || victims == 0 && !some || end < s.last && !ws[end].punct && ws[end].low != "who" && ws[end].low != "himself" && ws[end].low != "herself" && ws[end].low != "themselves" {
		return q, k
	}
	for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 2; i-- {
		f := &r.figs[i]
		if f.measure != Killed || f.scope != "current" || f.excludes || f.relation == "part" || f.relation == "subset" || (f.sent == si) == begins || f.last > k {
			continue
		}
		if all := number(f.q); all == victims+attackers || some && all > attackers {
			return quantity.Quantity{Quantifier: "exact", Min: attackers, Max: attackers, Point: attackers}, end
		}
	}
	return q, k
}

// people counts the victims and the attackers of a list of people that begins at word k,
// whatever is said of each, and returns where it ends.
func (r *reading) people(s *sentence, k int) (victims, attackers, end int) {
	ws := r.words
	for k < s.last {
		g := r.group(k)
		if g < 0 || r.groups[g].first != k {
			return victims, attackers, k
		}
		size, _, ok := r.groups[g].size()
		if !ok || size.Quantifier != "exact" {
			return victims, attackers, k
		}
		if r.groups[g].who == "perpetrator" || r.groups[g].who == "suspect" {
			attackers += size.Min
		} else {
			victims += size.Min
		}
		end, k = r.groups[g].last, s.last
		for n := end; n+1 < min(end+14, s.last) && !(ws[n].punct && ws[n].low != ","); n++ {
			if ws[n].low != "," && ws[n].low != "and" {
				continue
			}
			if ws[n+1].low == "and" && n+2 < s.last {
				n++
			}
			if g := r.group(n + 1); g >= 0 && r.groups[g].first == n+1 && (r.groups[g].person || r.groups[g].q != nil && r.groups[g].head < 0 && !r.groups[g].age) {
				k = n + 1
				break
			}
		}
	}
	return victims, attackers, end
}

// attackerAmong reads "the three gunmen included" and "among them that of the attacker"
// at word k, and returns the word after it, k where neither stands there.
func (r *reading) attackerAmong(s *sentence, k int) (q quantity.Quantity, end int) {
	ws := r.words
	n := k
	switch ws[k].low {
	case "among", "including":
		if ws[k].low == "among" {
			if l := ws[k+1].low; l != "them" && l != "whom" {
				return q, k
			}
			n++
		}
		if n+3 >= s.last || ws[n+1].low != "that" && ws[n+1].low != "those" || ws[n+2].low != "of" {
			return q, k
		}
		n += 3
	}
	g := r.group(n)
	if g < 0 || r.groups[g].first != n || r.groups[g].who != "perpetrator" {
		return q, k
	}
	if end := r.groups[g].last; n == k && r.lowAt(end) != "included" && (r.lowAt(end) != "among" || r.lowAt(end+1) != "them") {
		return q, k
	}
	if size, _, ok := r.groups[g].size(); ok && size.Quantifier == "exact" && r.groups[g].last <= s.last {
		return size, r.groups[g].last
	}
	return q, k
}

// sides decides whether militants who were killed count. In strikes from the air all the
// dead do, and in clashes and raids those of whom nobody says that they attacked; but not
// beside the dead of the force that they fought.
func (r *reading) sides(x *incident, typ string) {
	switch typ {
	case "airstrike", "drone_strike", "shelling":
		r.bothSides(x)
	case "clash", "security_operation", "coup":
		if !r.outfought(x, false) {
			r.bothSides(x)
		}
	case "armed_attack", "shooting", "bombing":
		r.outfought(x, typ == "bombing")
	}
}

// bothSides counts those who were killed as attackers.
func (r *reading) bothSides(x *incident) {
	for _, i := range x.figs {
		f := &r.figs[i]
		if f.scope == "perpetrator" && f.who == "perpetrator" && f.group >= 0 && !strings.HasPrefix(f.rule, "fig.reflexive") && !r.isBomber(f.group) {
			f.scope, f.who, f.rule = "current", "militant", f.rule+"+both-sides"
			if x.role == Background {
				f.scope = "background"
			}
		}
	}
}

// outfought counts militants who were killed apart from the dead of the force that they
// fought, if there are any: "50 terrorists were killed … five soldiers died". Of those whom
// a bomb killed it must be said that they were beaten.
func (r *reading) outfought(x *incident, bombing bool) bool {
	figs := few(x.figs)
	lost := func(n int) bool { // n of the force, or any where n is 0
		return slices.ContainsFunc(figs, func(i int) bool {
			f := &r.figs[i]
			return f.measure == Killed && f.scope != "perpetrator" && f.relation != "subset" && (f.who == "security" || f.who == "peacekeeper" || strings.HasPrefix(f.rule, "fig.lost")) && number(f.q) > 0 && (n == 0 || number(f.q) == n)
		})
	}
	if !lost(0) {
		return false
	}
	for _, i := range figs {
		f := &r.figs[i]
		if f.measure != Killed || f.who != "militant" || f.scope != "current" && f.scope != "background" || bombing && !r.beaten(&r.sents[f.sent]) || f.relation != "part" && lost(number(f.q)) {
			continue // "21 militiamen … killing at least 21 fighters" are the same
		}
		f.scope, f.rule = "perpetrator", f.rule+"+attackers"
		if f.relation == "part" {
			r.figs[f.parts].without(number(f.q))
		}
	}
	return true
}

// without takes attackers from a number.
func (f *mention) without(attackers int) {
	for _, p := range []*int{&f.q.Min, &f.q.Max, &f.q.Point} {
		if *p != quantity.Open {
			*p -= attackers
		}
	}
	f.excludes, f.attackers, f.rule = true, f.attackers+attackers, f.rule+"+less-attackers"
}

// beaten tells whether a sentence speaks as those do who were attacked and held out.
func (r *reading) beaten(s *sentence) bool {
	for k := s.first; k < s.last; k++ {
		switch r.words[k].low {
		case "repelled", "repel", "repels", "repulsed", "repulse", "repulses", "beat", "enemy", "neutralised", "neutralized", "foiled", "thwarted":
			return true
		}
	}
	return false
}

func (r *reading) perpetratorNear(s *sentence, a, b int) bool {
	for k := max(a, 0); k < min(b, s.last); k++ {
		if w := &r.words[k]; w.armed() {
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
		if g < 0 || r.groups[g].who != "perpetrator" && r.groups[g].who != "suspect" {
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
