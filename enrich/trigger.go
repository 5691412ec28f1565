package enrich

import (
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
	lead              int  // of the first of such: how many were killed in all of them
}

// clauses cuts a sentence and collects what each clause holds.
func (r *reading) clauses(si int, out []clause) []clause {
	s := &r.sents[si]
	ws := r.words
	first := s.first + s.dateline
	after := -1
	cut := func(last int) {
		if last > first {
			out = append(out, r.clause(si, first, last))
			out[len(out)-1].after = len(out)-1 == after
		}
		first = last
	}
	for k := first; k < s.last; k++ {
		if ws[k].date > 0 && k > first+1 && r.tailWord(k) {
			if r.dates[ws[k].date-1].old {
				cut(k) // "the bombing came a month after a blast that killed 32"
				continue
			}
			if r.harmAhead(k, s.last) && (ws[k-1].low == "," || r.newComer(k+1)) {
				cut(k) // "the bomb went off hours after a guard was shot"
				after = len(out)
				continue
			}
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
		if d := r.words[n].date; d > 0 && r.dates[d-1].old {
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
	prev, next := r.lowAt(k-1), r.lowAt(k+1)
	switch w.low {
	case "stabbed", "slashed":
		return next != "himself" && next != "herself"
	case "shot":
		return next != "back" && prev != "a" && prev != "the" && prev != "long" && prev != "first" && next != "of"
	case "shell", "shells":
		return prev != "oil" && next != "company"
	case "drone", "drones", "missile", "missiles", "rocket", "rockets", "uav":
		return next != "maker" && next != "program" && next != "programme" && next != "test" && next != "tests" && next != "launch" && next != "scientists" && next != "engine"
	case "executed", "execution", "executions":
		return next != "of"
	case "attack", "attacks", "attacked", "assault", "attacking":
		if g := r.group(k + 1); w.low != "assault" && g >= 0 && r.groups[g].first == k+1 && r.groups[g].head >= 0 {
			if h := &r.words[r.groups[g].head]; h.is(lexicon.Theme) && !h.is(lexicon.Person) && (h.e.Theme == "policy" || h.e.Theme == "business") {
				return false // "attacked the budget"
			}
		}
		return prev != "heart" && prev != "panic" && prev != "verbal" && prev != "cyber" && prev != "shark" && prev != "asthma"
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
	case "captured", "arrested", "detained", "arrest", "arrests":
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

func (r *reading) lowAt(k int) string {
	if k < 0 || k >= len(r.words) {
		return ""
	}
	return r.words[k].low
}

// weights say how much a type's words tell: a method tells more than "attack",
// and "killed" hardly anything. The heaviest sum names the incident.
func weight(typ string) int {
	switch typ {
	case "unknown":
		return 2
	case "bodies_found":
		return 3
	case "arrest", "riot", "seizure":
		return 4
	case "security_operation", "crackdown":
		return 6
	case "armed_attack", "clash":
		return 5
	case "explosion", "assault", "execution":
		return 6
	case "airstrike", "drone_strike", "landmine", "chemical_attack", "vehicle_ramming", "stabbing", "hijacking", "coup", "assassination", "arson", "sexual_violence":
		return 10
	case "kidnapping", "shelling", "bombing", "shooting":
		return 9
	}
	return 8
}

// sorting an incident's type needs a fixed order of the types.
var typeIndex = func() map[string]int {
	m := make(map[string]int, len(Types))
	for i, t := range Types {
		m[t] = i
	}
	return m
}()

// typed chooses type and subtype of an incident from the words that name it.
func (r *reading) typed(kinds []int, toll, armed bool, figs []int) (typ, subtype, rule string) {
	var score [64]int
	var subs [64]string
	r.deeds(figs, len(kinds) > 0, &score)
	general := 0
	for n, k := range kinds {
		w := &r.words[k]
		t, ok := typeIndex[r.typeOf(k)]
		if !ok {
			continue
		}
		v := r.vote(n, k)
		if generic(w.low) {
			// "The attack" names again what was named before: it never outvotes a method by being said often.
			if general += v; general > 40 {
				v = max(0, v-(general-40))
			}
		}
		score[t] += v
		if w.e.Subtype != "" && (subs[t] == "" || w.e.Subtype == "suicide") {
			subs[t] = w.e.Subtype
		}
	}
	get := func(t string) int { return score[typeIndex[t]] }
	move := func(from, to string) {
		if get(from) > 0 && get(to) > 0 {
			score[typeIndex[to]] += get(from)
			score[typeIndex[from]] = 0
		}
	}
	// A general word gives its weight to the particular one beside it.
	if get("landmine") > 0 {
		move("explosion", "landmine")
		move("bombing", "landmine")
	}
	if get("shelling") > 0 && subs[typeIndex["bombing"]] == "" {
		move("explosion", "shelling")
	}
	move("explosion", "bombing")
	if get("airstrike") == 0 && get("drone_strike") > 0 {
		move("shelling", "drone_strike")
	}
	if get("drone_strike") > 0 && get("airstrike") > 0 && get("drone_strike") < get("airstrike") {
		move("drone_strike", "airstrike")
	} else {
		move("airstrike", "drone_strike")
	}
	if get("airstrike")*2 >= get("bombing") {
		move("bombing", "airstrike") // "jets bombed the camp"
		move("explosion", "airstrike")
	}
	if subs[typeIndex["bombing"]] == "suicide" && get("bombing") > 0 {
		score[typeIndex["bombing"]] += 30
	}
	for _, t := range []string{"shooting", "bombing", "stabbing", "vehicle_ramming", "kidnapping", "drone_strike", "airstrike", "shelling", "arson"} {
		if get(t) > 0 {
			score[typeIndex[t]] += get("armed_attack") / 3
		}
	}
	if toll && get("kidnapping") > 0 { // taking people does not kill them
		for _, t := range []string{"armed_attack", "shooting", "clash", "bombing"} {
			if get(t) > 0 {
				score[typeIndex["kidnapping"]] /= 3
				break
			}
		}
	}
	if toll { // an arrest does not kill: the attack behind it does
		other, method := false, false
		for t, n := range score {
			if n > 0 && t < len(Types) && Family(Types[t]) != "law" && Types[t] != "unknown" {
				other, method = true, method || Types[t] != "armed_attack"
			}
		}
		if other {
			score[typeIndex["arrest"]], score[typeIndex["seizure"]] = 0, 0
		}
		if method {
			score[typeIndex["security_operation"]] /= 2
		}
	}
	r.trace.scores = score
	best := -1
	for t := range Types {
		if score[t] > 0 && (best < 0 || score[t] > score[best]) {
			best = t
		}
	}
	if best < 0 || Types[best] == "unknown" {
		if armed {
			return "armed_attack", "", "type.armed-agent"
		}
		return "unknown", "", "type.none"
	}
	return Types[best], subs[best], "type." + Types[best]
}

// typeOf is the type that a word names; a raid by the state is an operation.
func (r *reading) typeOf(k int) string {
	w := &r.words[k]
	switch w.low {
	case "raid", "raids", "raided", "storm", "stormed", "storming":
	default:
		return w.e.Type
	}
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= s.first && n >= k-6; n-- {
		p := &r.words[n]
		if p.is(lexicon.Person) && (p.e.Who == "security" || p.e.Who == "peacekeeper") || p.is(lexicon.Actor) && p.e.Party == "state" || p.low == "police" || p.low == "army" || p.low == "military" || p.low == "commandos" || p.low == "us" || p.low == "u.s." || p.low == "helicopter" || p.low == "forces" || p.low == "israeli" {
			return "security_operation"
		}
		if p.is(lexicon.Person) && (p.e.Who == "perpetrator" || p.e.Who == "militant") || p.low == "on" || p.low == "in" || p.punct {
			break
		}
	}
	return w.e.Type
}

// deeds lets figures speak where words do not: whoever is taken was kidnapped.
func (r *reading) deeds(figs []int, named bool, score *[64]int) {
	taken, held := false, false
	for _, fi := range figs {
		f := &r.figs[fi]
		if f.scope == "aggregate" || f.scope == "hypothetical" {
			continue
		}
		taken = taken || (f.measure == Abducted || f.measure == Released) && strings.HasPrefix(f.rule, "fig.took") || strings.HasPrefix(f.rule, "fig.taken")
		held = held || f.measure == Arrested && f.q.Quantifier != "none"
	}
	if taken {
		score[typeIndex["kidnapping"]] += 24
	}
	if held && !named {
		score[typeIndex["arrest"]] += 4
	}
}

// generic tells whether a word only points to an incident.
func generic(w string) bool {
	switch w {
	case "attack", "attacks", "attacked", "attacking", "attackers", "attacker", "violence", "assault", "assaults", "terror", "terrorism", "terrorist attack", "terrorist attacks", "terror attack", "terror attacks", "assailants", "massacre", "carnage", "bloodshed":
		return true
	}
	return false
}

// vote is how much word k, the nth that names an incident, tells of its type.
func (r *reading) vote(n, k int) int {
	w := &r.words[k]
	v := weight(w.e.Type) * 4
	switch s := &r.sents[r.sentenceAt(k)]; {
	case s.title:
		v *= 2
	case n > 8:
		v /= 4
	case n > 3:
		v /= 2
	}
	// Means that are only named among others ("drones and missiles were fired") weigh less than the deed.
	if r.meansOnly(w.low) {
		v = v * 2 / 3
	}
	if g := w.group - 1; g >= 0 && r.groups[g].mod == k {
		v /= 3 // "the kidnapped pilot" tells of somebody, not of what happened now
	}
	return v
}

func (r *reading) meansOnly(w string) bool {
	switch w {
	case "rocket", "rockets", "missile", "missiles", "drone", "drones", "grenade", "grenades", "shells", "shell", "bullets", "knife", "machete", "machetes", "explosives", "gunmen", "armed men", "mortars", "mortar", "artillery", "gunman", "rpg", "rpgs", "bullet wounds", "sword", "swords", "axe", "axes", "knives", "dagger", "daggers":
		return true
	}
	return false
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
