package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// clause is a stretch of a sentence that tells of one thing: sentences are cut
// at semicolons and at dashes that open a new clause.
type clause struct {
	sent, first, last int
	kinds             []int // words that name an incident
	figs              []int
	dates             []int
	places            []int
	scope             string // current background aggregate hypothetical
	rule              string
	other             bool // the text says that it tells of another incident
	apart             bool // its figures have a place of their own
	after             bool // "… hours after a guard was shot": it happened before
	came              bool // … and what came then is another: "the call came hours after a shooting in Leeds"
	earlier           bool // "… in payback for a raid": so did this, and not as news
	aside             bool // "… the club where four were shot on Sunday": where the day is another, this too
	cause             bool // "… enraged by the killing of two children": what set off the news
	lead              int  // of the first of such: how many were killed in all of them
	twin              bool // another deed than the one before it in its sentence, see twin
	second            bool // "… and the other in Nangarhar": an incident without more words
}

// clauses cuts a sentence and collects what each clause holds.
func (r *reading) clauses(si int, out []clause) []clause {
	s := &r.sents[si]
	ws := r.words
	first := s.first + s.dateline
	after, came, earlier, aside, end, second, cause := -1, -1, -1, -1, -1, -1, -1
	var twin []int
	cut := func(last int) {
		if last > first {
			n := len(out)
			out = append(out, r.clause(si, first, last))
			out[n].twin = slices.Contains(twin, n)
			out[n].after, out[n].came, out[n].earlier, out[n].aside, out[n].second, out[n].cause = n == after, n == came, n == earlier, n == aside, n == second, n == cause
		}
		first = last
	}
	if n := r.foreword(s, first); n > first {
		earlier = len(out)
		cut(n)
	}
	for k := first; k < s.last; k++ {
		if earlier == len(out) && ws[k].low != ";" {
			continue // all of it
		}
		if ws[k].date > 0 && k > first+1 && r.tailWord(k) {
			if r.dates[ws[k].date-1].Old {
				cut(k) // "the bombing came a month after a blast that killed 32"
				continue
			}
			if r.harmAhead(k, s.last) && (ws[k-1].low == "," || r.newComer(k+1)) {
				cut(k) // "the bomb went off hours after a guard was shot"
				if after = len(out); r.days(k) {
					after, earlier = -1, len(out)
				}
				continue
			}
		}
		if k > first+1 && r.soonAfter(k) && r.harmAhead(k, s.last) && (ws[k-1].low == "," || r.newComer(k+2) || r.cameAfter(s, k)) {
			cut(k) // "settlers burnt houses, hours after a gunman killed a woman"
			if after = len(out); r.cameAfter(s, k) {
				came = after
			}
			continue
		}
		if s.title && r.soonAfter(k) && r.knownElsewhere(s, first, k) {
			cut(k)
			earlier = len(out)
			continue
		}
		if k > first+1 && r.daysAfter(s, k) {
			cut(k) // "militants took a ferry, days after they beheaded six farmers"
			earlier = len(out)
			continue
		}
		if sure, maybe := r.linksBack(s, first, k); sure || maybe {
			cut(k)
			if sure {
				earlier = len(out)
			} else {
				aside, end = len(out), r.asideEnd(s, k)
			}
			continue
		}
		if k == end {
			cut(k)
		}
		if r.effectAt(s, first, k) {
			cut(k)
			cause = len(out)
			continue
		}
		if n := r.causeAt(s, first, k); n > 0 {
			cut(k)
			cause, end = len(out), n
			continue
		}
		if k > first+1 && r.theOther(s, k) {
			cut(k)
			second = len(out)
			continue
		}
		if r.twin(s, first, k) {
			cut(k)
			twin = append(twin, len(out))
			continue
		}
		if k > first+1 && (r.opensAnother(s, k) || r.toldOfAsOld(s, k)) {
			cut(k)
			continue
		}
		switch ws[k].low {
		case ";":
			cut(k + 1)
		case "–", "—", "--":
			if k+1 < s.last && (ws[k+1].is(lexicon.Sub) || ws[k+1].low == "the" || ws[k+1].low == "and" || ws[k+1].low == "but") && !r.closingDash(s, k) {
				cut(k + 1)
			}
		}
	}
	cut(s.last)
	return out
}

// soonAfter tells whether "hours after" and the like stand at word k, with no number.
func (r *reading) soonAfter(k int) bool {
	if r.words[k].date > 0 || r.lowAt(k+1) != "after" {
		return false
	}
	switch r.words[k].low {
	case "hours", "minutes", "moments", "shortly", "soon":
		return true
	}
	return false
}

// daysAfter tells whether "days after" and the like, with no number, lead from word k
// back to other people's harm: not to that of somebody who was spoken of.
func (r *reading) daysAfter(s *sentence, k int) bool {
	switch r.words[k].low {
	case "days", "weeks", "months":
	default:
		return false
	}
	if r.words[k].date > 0 || r.words[k-1].low != "," || r.lowAt(k+1) != "after" || !slices.ContainsFunc(r.figs, func(f mention) bool { return f.harm >= s.first && f.harm < k }) {
		return false
	}
	for n := k + 2; n < s.last; n++ {
		w := &r.words[n]
		switch w.low {
		case "he", "she", "it", "him", "her", "them", "his", "the", "being", ";":
			return false
		case "that", "which":
			return false
		}
		if w.is(lexicon.Harm) {
			m := Measure(w.e.Measure)
			return (m == Killed || m == Injured || m == Abducted) && !(r.words[k+2].low == "they" && r.passive(r.sentenceAt(n), n)) && r.lowAt(n+1) != "him" && r.lowAt(n+1) != "her" && r.lowAt(n+1) != "them"
		}
	}
	return false
}

// cameAfter tells whether something is said to have come hours after another incident:
// "the call came less than 24 hours after a shooting in Leeds left two dead".
func (r *reading) cameAfter(s *sentence, k int) bool {
	g := r.group(k + 2)
	if g < 0 || r.groups[g].first != k+2 || r.groups[g].head < 0 || r.groups[g].det != "a" && r.groups[g].det != "an" || !r.words[r.groups[g].head].is(lexicon.Kind) {
		return false
	}
	for n := k - 1; n >= max(s.first, k-6); n-- {
		switch r.words[n].low {
		case "came", "comes", "coming", "happened", "occurred", "took place":
			return true
		}
	}
	return false
}

// knownElsewhere tells whether a headline that told of one deed names another one by its
// place behind "hours after" at word k: "Gunmen storm Kano bank hours after Jos blast".
// Those held or found hours after a blast are of that one.
func (r *reading) knownElsewhere(s *sentence, first, k int) bool {
	deed := false
	for n := first; n < k; n++ {
		if w := &r.words[n]; w.is(lexicon.Kind) && r.isKind(n) && Family(w.e.Type) != "law" && w.e.Type != "unknown" && w.e.Type != "bodies_found" {
			deed = true
		}
	}
	if !deed {
		return false
	}
	for n := k + 2; n+1 < s.last; n++ {
		if p := r.words[n].place; p > 0 && r.places[p-1].rank() >= 4 {
			return r.deedAhead(n+1, s.last)
		}
	}
	return false
}

// newComer tells whether people who were not spoken of begin at word k: "a guard",
// "four others", never "he" or "the guard".
func (r *reading) newComer(k int) bool {
	g := r.group(k)
	if g < 0 || r.groups[g].first != k || !r.groups[g].person && r.groups[g].q == nil {
		return false
	}
	return r.groups[g].det == "a" || r.groups[g].det == "an" || r.groups[g].q != nil && r.groups[g].det == ""
}

// opensAnother tells whether another incident is told from word k on: "… and
// another in Mosul killed nine", "… and one in Kherson that left 23 dead", "… held
// over three bombings that killed ten".
func (r *reading) opensAnother(s *sentence, k int) bool {
	ws := r.words
	at := func(n int) string {
		if n < s.last {
			return ws[n].low
		}
		return ""
	}
	switch ws[k].low {
	case "and", "while", ",", "but":
		n := k + 1
		if ws[k].low == "," && at(n) == "and" {
			return false // cut at the "and"
		}
		switch at(n) {
		case "in", "at", "near", "outside":
			return r.deedsIn(s, k, n+1) // "… while in Uruapan on Saturday a bomb killed four"
		case "one", "another":
			n++
		case "a":
			if l := at(n + 1); l != "second" && l != "separate" && l != "third" {
				return false
			}
			n += 2
		default:
			return false
		}
		if n < s.last && ws[n].is(lexicon.Kind) && !ws[n].is(lexicon.Harm) {
			n++
		}
		if l := at(n); l != "in" && l != "at" && l != "near" && l != "outside" {
			return false
		}
		return n+1 < s.last && (ws[n+1].place > 0 || ws[n+1].upper) && r.harmAhead(n, s.last)
	case "over", "for", "in connection with", "in":
		if ws[k].low == "in" && (at(k+1) != "connection" || at(k+2) != "with") {
			return false
		}
		// Those held are held for something older than the arrest.
		held := false
		for n := max(s.first, k-4); n < k; n++ {
			held = held || ws[n].is(lexicon.Harm) && ws[n].e.Measure == string(Arrested) || ws[n].low == "held"
		}
		if !held {
			return false
		}
		for n := k + 1; n < s.last && n < k+7; n++ {
			if ws[n].is(lexicon.Kind) && !ws[n].is(lexicon.Harm) && Family(ws[n].e.Type) != "law" {
				return r.harmAhead(n, s.last)
			}
		}
	}
	return false
}

// deedsIn tells whether people are harmed in one town before word k of a sentence, and then, from
// word n on, in another.
func (r *reading) deedsIn(s *sentence, k, n int) bool {
	if n >= s.last || r.words[n].place == 0 || r.words[k].low == "," || !r.hurtAhead(s.first, k) || !r.hurtAhead(n, s.last) {
		return false
	}
	p := r.words[n].place - 1
	if r.places[p].rank() < 5 || r.sourceSeat(p) {
		return false
	}
	for m := k - 1; m >= s.first; m-- {
		if q := r.words[m].place - 1; q >= 0 && r.places[q].rank() >= 5 && r.located(q) {
			return r.otherTown(p, q) && !r.carriedTo(p)
		}
	}
	return false
}

// toldOfAsOld tells whether a group at word k names an incident that is only told
// of to date or explain this one: "… a rocket that killed two a day before".
func (r *reading) toldOfAsOld(s *sentence, k int) bool {
	g := r.group(k)
	if g < 0 || r.groups[g].first != k || r.groups[g].prep < 0 || r.groups[g].head < 0 || r.groups[g].det != "a" && r.groups[g].det != "an" && r.groups[g].q == nil {
		return false
	}
	if w := &r.words[r.groups[g].head]; !w.is(lexicon.Kind) || !r.isKind(r.groups[g].head) {
		return false
	}
	n := r.groups[g].last
	if n >= s.last || r.words[n].low != "that" && r.words[n].low != "which" {
		return false
	}
	for n++; n < s.last && r.words[n].low != ";"; n++ {
		if d := r.words[n].date; d > 0 && r.dates[d-1].Old {
			return true
		}
	}
	return false
}

func (r *reading) harmAhead(from, to int) bool {
	for n := from; n < to; n++ {
		if r.words[n].is(lexicon.Harm) {
			return true
		}
	}
	return false
}

// hurtAhead tells whether words [from, to) tell of people killed, hurt or taken.
func (r *reading) hurtAhead(from, to int) bool {
	for n := from; n < to; n++ {
		if w := &r.words[n]; w.is(lexicon.Harm) && (w.e.Measure == string(Killed) || w.e.Measure == string(Injured) || w.e.Measure == string(Abducted)) {
			return true
		}
	}
	return false
}

func (r *reading) closingDash(s *sentence, k int) bool {
	for n := k + 1; n < s.last; n++ {
		if r.words[n].low == r.words[k].low {
			return true
		}
	}
	return false
}

func (r *reading) clause(si, first, last int) clause {
	c := clause{sent: si, first: first, last: last, scope: "current"}
	p := &r.parts
	p[0], p[1], p[2] = p[0][:0], p[1][:0], p[2][:0]
	for k := first; k < last; k++ {
		w := &r.words[k]
		if w.is(lexicon.Kind) && r.isKind(k) {
			p[0] = append(p[0], k)
		}
		if w.date > 0 {
			p[1] = append(p[1], w.date-1)
		}
		if w.place > 0 {
			p[2] = append(p[2], w.place-1)
		}
	}
	c.kinds, c.dates, c.places = r.kept(p[0]), r.kept(p[1]), r.kept(p[2])
	return c
}

// kept copies a list to where all such lists of the article stand.
func (r *reading) kept(list []int) []int {
	if len(list) == 0 {
		return nil
	}
	n := len(r.ints)
	r.ints = append(r.ints, list...)
	return r.ints[n:len(r.ints):len(r.ints)]
}

// isKind drops senses of a trigger word that name no incident.
func (r *reading) isKind(k int) bool {
	w := &r.words[k]
	if w.e == dealt || w.e == boarding {
		return true
	}
	prev, next := r.lowAt(k-1), r.lowAt(k+1)
	switch w.low {
	case "stabbed", "slashed":
		return next != "himself" && next != "herself"
	case "shot":
		return next != "back" && prev != "a" && prev != "the" && prev != "long" && prev != "first" && next != "of"
	case "shell", "shells":
		return prev != "oil" && prev != "tear gas" && prev != "teargas" && prev != "smoke" && next != "company"
	case "rammed", "rams", "ploughed into", "ploughs into", "ploughing into", "plough into", "plowed into", "plows into", "plowing into", "drove into", "drives into", "driven into", "driving into", "van rammed", "truck rammed", "car rammed":
		return !r.collides(k)
	case "drone", "drones", "missile", "missiles", "rocket", "rockets", "uav":
		switch prev {
		case "surveillance", "reconnaissance", "spy", "camera", "delivery", "deploy", "deploys", "deployed", "deploying":
			return false // they look for somebody
		}
		return next != "maker" && next != "program" && next != "programme" && next != "test" && next != "tests" && next != "launch" && next != "scientists" && next != "engine"
	case "came under fire", "come under fire", "comes under fire", "coming under fire":
		return r.underFire(k)
	case "executed", "execution", "executions":
		return next != "of"
	case "attack", "attacks", "attacked", "assault", "attacking":
		if g := r.group(k + 1); w.low != "assault" && g >= 0 && r.groups[g].first == k+1 && r.groups[g].head >= 0 {
			if h := &r.words[r.groups[g].head]; h.is(lexicon.Theme) && !h.is(lexicon.Person) && (h.e.Theme == "policy" || h.e.Theme == "business") {
				return false // "attacked the budget"
			}
		}
		return prev != "heart" && prev != "panic" && prev != "verbal" && prev != "cyber" && prev != "shark" && prev != "asthma"
	case "aggression", "aggressions":
		for n := k + 1; n < min(k+7, len(r.words)) && !r.words[n].punct; n++ {
			if r.words[n].low == "on" {
				return prev != "of" && prev != "against" // not "the crime of aggression"
			}
		}
		return false
	case "mine", "mines":
		return r.laid(k)
	case "offensive":
		return prev != "charm"
	case "killed":
		return next != "off"
	case "strike", "strikes":
		switch prev {
		case "hunger", "general", "labour", "labor", "rail", "lightning", "nurses", "teachers", "three-day", "two-day", "one-day", "doctors", "nationwide", "on", "pilots", "indefinite", "to", "bus", "train", "token", "24-hour", "48-hour":
			return false
		}
		switch next {
		case "on", "against", "killed", "kill", "kills", "killing", "hit", "targeting", "hits", "that":
			return true
		}
		if prev == "the" || prev == "a" {
			s := &r.sents[r.sentenceAt(k)]
			for n := s.first; n < s.last; n++ {
				if r.words[n].is(lexicon.Actor) {
					return true
				}
			}
		}
		return prev == "army" || prev == "military" || prev == "retaliatory" || k > 0 && r.words[k-1].place > 0 || prev == "missile" || prev == "of"
	case "storm":
		return false
	case "battle", "battles", "fighting", "combat", "battling", "battled":
		return next != "cancer" && next != "for" && prev != "legal" && prev != "court" && next != "against" && next != "the" || strings.HasPrefix(next, "rebel")
	case "encounter":
		return prev != "close"
	case "seizure", "raid", "raids":
		return true
	case "house arrest":
		return !r.tried(k) // a president's, and no suspect's
	case "captured":
		return r.heldBy(k)
	case "arrest", "arrests":
		return !r.aimedAt(&r.sents[r.sentenceAt(k)], k) // "efforts to arrest them"
	case "arrested", "detained":
		return true
	case "gunman", "sniper":
		return true
	case "beat":
		return false
	case "terror", "terrorism", "violence", "unrest", "siege":
		return true
	case "fire":
		return false
	}
	return true
}

// tried tells whether the sentence of word k, or the headline, speaks of a court or its people.
func (r *reading) tried(k int) bool {
	in := func(s *sentence) bool {
		for n := s.first; n < s.last; n++ {
			switch r.words[n].low {
			case "court", "judge", "magistrate", "prosecutor", "prosecutors", "suspect", "suspects", "bail", "custody", "remand":
				return true
			}
		}
		return false
	}
	return in(&r.sents[r.sentenceAt(k)]) || in(&r.sents[0])
}

// collides tells whether what drives at word k hits another vehicle, or what stands by a
// road: "rams a parked trailer", "ploughed into a tree". That is traffic, unless somebody
// meant it.
func (r *reading) collides(k int) bool {
	s := &r.sents[r.sentenceAt(k)]
	for n := s.first; n < s.last; n++ {
		switch r.words[n].low {
		case "deliberately", "deliberate", "intentionally", "attack", "attacker", "attackers", "terror", "terrorist", "terrorists", "explosives", "explosive-laden", "explosives-laden", "bomber", "suicide", "gunmen", "crowd", "pedestrians", "police", "army", "military":
			return false
		}
	}
	for n := k + 1; n < min(k+7, s.last) && !r.words[n].punct; n++ {
		switch r.words[n].low {
		case "trailer", "truck", "lorry", "bus", "minibus", "coach", "tanker", "dumper", "tipper", "tractor", "rickshaw", "auto-rickshaw", "tricycle", "car", "van", "vehicle", "train", "tree", "pole", "wall", "divider", "ditch", "culvert", "ravine", "canal", "river", "lake", "pond", "median", "guardrail", "house", "container":
			return true
		}
	}
	return false
}

// heldBy tells whether the state holds those captured at word k: posts and towns are
// captured, too, and soldiers by those whom they fight.
func (r *reading) heldBy(k int) bool {
	for i := range r.figs {
		if f := &r.figs[len(r.figs)-1-i]; f.harm == k {
			return f.measure == Arrested
		} else if r.sents[f.sent].last <= k {
			break
		}
	}
	return false
}

// laid tells whether the mine at word k is one that is laid, and none for gold: "stepped
// on a mine", "the mine that killed two".
func (r *reading) laid(k int) bool {
	switch r.lowAt(k - 1) {
	case "coal", "gold", "copper", "salt", "tin", "iron", "diamond", "silver", "jade", "cobalt", "coltan", "uranium", "lithium", "zinc", "nickel", "open-pit", "of":
		return false
	}
	s := &r.sents[r.sentenceAt(k)]
	if n := k + 1; n+1 < s.last && (r.words[n].low == "that" || r.words[n].low == "which") {
		if h := &r.words[n+1]; h.is(lexicon.Harm) || h.low == "exploded" || h.low == "detonated" || h.low == "went off" {
			return true
		}
	}
	if n := k + 1; n < s.last && r.words[n].is(lexicon.Harm) && (k < s.first+2 || !r.words[k-2].is(lexicon.Prep)) {
		return true // "a mine killed two shepherds", never "a blast at a mine killed 12"
	}
	for n := max(s.first, k-5); n < min(s.last, k+5); n++ {
		switch r.words[n].low {
		case "laid", "planted", "buried", "stepped", "trod", "detonated", "exploded", "explodes", "went off", "went", "goes", "defused", "deminers", "sappers", "ran", "drove", "struck", "anti-tank", "anti-personnel":
			if l := r.words[n].low; (l == "went" || l == "goes") && r.lowAt(n+1) != "off" || (l == "ran" || l == "drove") && r.lowAt(n+1) != "over" {
				continue
			}
			return true
		}
	}
	return false
}

func (r *reading) lowAt(k int) string {
	if k < 0 || k >= len(r.words) {
		return ""
	}
	return r.words[k].low
}

// outcome reads how far the incident went. What harmed people came about: a hoax or
// a defused bomb in its story is another one.
func (r *reading) outcome(x *incident, cs []clause) string {
	hurt := r.hurtsAny(x)
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last; k++ {
			w := r.words[k].low
			if hurt {
				switch w {
				case "foiled", "thwarted", "foils", "averted", "prevented", "defused", "disarmed", "hoax", "false alarm", "bomb hoax", "threatened", "threatens":
					continue
				}
			}
			switch w {
			case "standoff", "stand-off", "siege":
				if l := r.lowAt(k + 1); l == "continues" || l == "continued" || l == "was" && r.lowAt(k+2) == "under" || l == "is" || l == "underway" || l == "under way" {
					return "ongoing"
				}
			case "holed":
				if r.lowAt(k+1) == "up" {
					return "ongoing"
				}
			case "foiled", "thwarted", "foils", "averted", "prevented":
				return "foiled"
			case "defused", "disarmed":
				return "disrupted"
			case "hoax", "false alarm", "bomb hoax":
				return "hoax"
			case "threatened", "threatens":
				if k+1 < c.last && r.words[k+1].low == "to" {
					return "threatened"
				}
			case "narrowly", "tried", "attempted", "botched", "failed":
				if w == "narrowly" && r.lowAt(k+1) == "escaped" || w == "tried" && r.lowAt(k+1) == "to" && k+2 < c.last && r.words[k+2].is(lexicon.Kind|lexicon.Harm) {
					return "attempted"
				}
			}
		}
	}
	return "carried_out"
}
