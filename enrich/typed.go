package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// What an incident was: each word that names it votes for a type, and who did what
// to whom says whose votes count.

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

// ballot holds the votes for the types of an incident.
type ballot struct {
	score [64]int // by typeIndex
	sub   [64]string
	title [64]int // the part of the headline
	wound int     // of shooting, from wounds alone
	armed int     // of armed_attack, from "gunmen" and the like
	plain int     // of airstrike, from "strike" alone: it does not say with what
}

func (b *ballot) of(t string) int { return b.score[typeIndex[t]] }

func (b *ballot) drop(t string) { b.score[typeIndex[t]] = 0 }

// move gives the votes of one type to another that has some.
func (b *ballot) move(from, to string) {
	if b.of(from) > 0 && b.of(to) > 0 {
		b.score[typeIndex[to]] += b.of(from)
		b.drop(from)
	}
}

// methods lists the types that say how people are harmed.
var methods = []string{"shooting", "bombing", "stabbing", "vehicle_ramming", "kidnapping", "drone_strike", "airstrike", "shelling", "arson"}

// typed chooses type and subtype of an incident from the words that name it. armed
// tells whether somebody armed acts in it.
func (r *reading) typed(x *incident, armed bool) (typ, subtype, rule string) {
	var b ballot
	toll := r.hurts(x)
	r.deeds(x, &b)
	r.cast(x, toll, &b)
	r.particular(&b)
	if toll {
		r.whoseDeed(x, &b)
	}
	r.trace.scores = b.score
	if !armed {
		for t, n := range b.score {
			if n >= 16 && t < len(Types) && Types[t] != "unknown" && Family(Types[t]) != "law" {
				b.drop("unknown") // it says less than a method that is told late
			}
		}
	}
	best := -1
	for t := range Types {
		if b.score[t] > 0 && (best < 0 || b.score[t] > b.score[best]) {
			best = t
		}
	}
	if best < 0 || Types[best] == "unknown" {
		if armed {
			return "armed_attack", "", "type.armed-agent"
		}
		return "unknown", "", "type.none"
	}
	return Types[best], b.sub[best], "type." + Types[best]
}

// disposes tells whether a bomb is only what a squad is for: "the bomb disposal team".
func (r *reading) disposes(k int) bool {
	switch r.lowAt(k) {
	case "disposal", "squad", "squads", "technicians", "experts":
		return true
	}
	return false
}

// cast counts the votes of the words.
func (r *reading) cast(x *incident, toll bool, b *ballot) {
	general := 0
	byState := false
	for n, k := range x.kinds {
		w := &r.words[k]
		t, ok := typeIndex[r.typeIn(k, toll, &byState)]
		if !ok || r.denied(k) || toll && r.haul(k) || w.e.Type == "bodies_found" && r.laidOut(k) || w.low == "bomb" && r.disposes(k+1) && slices.ContainsFunc(few(x.kinds), func(e int) bool { return r.words[e].e.Type == "explosion" }) {
			continue
		}
		v := r.vote(n, k)
		if generic(w.low) {
			// "The attack" names again what was named before: it never outvotes a method by being said often.
			if general += v; general > 40 {
				v = max(0, v-(general-40))
			}
		}
		b.score[t] += v
		if r.sents[r.sentenceAt(k)].title {
			b.title[t] += v
		}
		if strings.HasSuffix(w.low, " wounds") || strings.HasSuffix(w.low, " wound") {
			b.wound += v
		}
		switch w.low {
		case "gunmen", "gunman", "armed men", "armed man":
			b.armed += v
		case "strike", "strikes":
			b.plain += v
		}
		if w.e.Subtype != "" && (b.sub[t] == "" || w.e.Subtype == "suicide") {
			b.sub[t] = w.e.Subtype
		}
	}
}

// particular gives the votes of general words to the particular ones beside them.
func (r *reading) particular(b *ballot) {
	if b.of("landmine") > 0 {
		b.move("explosion", "landmine")
		b.move("bombing", "landmine")
	}
	if b.of("shelling") > 0 && b.sub[typeIndex["bombing"]] == "" {
		b.move("explosion", "shelling")
	}
	b.move("explosion", "bombing")
	if b.of("airstrike") == 0 {
		if b.title[typeIndex["drone_strike"]] > 0 {
			b.move("shelling", "drone_strike") // "drones and missiles"
		}
		b.larger("shelling", "drone_strike")
	}
	if b.of("airstrike") <= b.plain {
		for _, t := range []string{"drone_strike", "shelling"} {
			b.move("airstrike", t) // "Saturday's strike … a drone hit a tower"
		}
	}
	b.larger("airstrike", "drone_strike")
	if b.of("airstrike")*2 >= b.of("bombing") {
		b.move("bombing", "airstrike") // "jets bombed the camp"
		b.move("explosion", "airstrike")
	}
	if b.sub[typeIndex["bombing"]] == "suicide" && b.of("bombing") > 0 {
		b.score[typeIndex["bombing"]] += 30
	}
	if b.of("shooting") > 0 && b.of("kidnapping") == 0 { // gunmen shoot
		b.score[typeIndex["shooting"]] += b.armed
		b.score[typeIndex["armed_attack"]] -= b.armed
	}
	for _, t := range methods {
		if b.of(t) > 0 {
			b.score[typeIndex[t]] += b.of("armed_attack") / 3
		}
	}
	for _, t := range []string{"drone_strike", "airstrike", "shelling", "bombing"} {
		b.move("arson", t) // what was hit burns
	}
}

// larger gives the votes of the lesser of two types to the other.
func (b *ballot) larger(s, t string) {
	if b.of(s) > b.of(t) {
		s, t = t, s
	}
	b.move(s, t)
}

// whoseDeed weighs votes where people were harmed: what did it, and not what came
// before or after, names the incident.
func (r *reading) whoseDeed(x *incident, b *ballot) {
	p := r.sidesOf(x)
	headline := b.title[typeIndex["kidnapping"]] > 0 && !p.killedInTitle
	if b.of("kidnapping") > 0 && !headline && (p.taken <= p.killed || b.of("clash") > 0) { // taking people does not kill them
		for _, t := range []string{"armed_attack", "shooting", "clash", "bombing"} {
			if b.of(t) > 0 {
				b.score[typeIndex["kidnapping"]] /= 3
				break
			}
		}
	}
	if p.taken > 2*p.killed {
		b.move("shooting", "kidnapping") // a guard was shot, nine were taken
	}
	if b.of("bodies_found") >= b.of("shooting") || b.title[typeIndex["bodies_found"]] > 0 && b.wound >= b.of("shooting") {
		b.move("shooting", "bodies_found") // what the bodies show
	}
	if b.of("shooting")+b.of("armed_attack")+b.of("stabbing") > 0 {
		b.score[typeIndex["arson"]] /= 3 // those who burn homes kill by other means
	}
	if p.protesters && p.security {
		// Force against a crowd, or a crowd that turns on others.
		b.move("shooting", "crackdown")
		b.move("clash", "crackdown")
		b.move("clash", "riot")
		b.move("assault", "riot")
		b.move("arson", "riot")
	}
	if p.security && p.militants && (b.of("clash") >= 36 || p.militantsKilled) {
		b.move("shooting", "clash") // both sides fire
		b.move("armed_attack", "clash")
	}
	if b.title[typeIndex["security_operation"]] > 0 {
		b.move("shooting", "security_operation")
	}
	other, method := false, false
	for t, n := range b.score {
		if n > 0 && t < len(Types) && Family(Types[t]) != "law" && Types[t] != "unknown" {
			other, method = true, method || Types[t] != "armed_attack" && n*2 >= b.of("security_operation")
		}
	}
	if other { // an arrest does not kill: the attack behind it does
		b.drop("arrest")
		b.drop("seizure")
	}
	if method && b.title[typeIndex["security_operation"]] == 0 {
		b.score[typeIndex["security_operation"]] /= 2
	}
}

// sides says who takes part in an incident and how many were harmed.
type sides struct {
	protesters, security, militants, militantsKilled bool
	killedInTitle                                    bool
	killed, taken                                    int
}

func (r *reading) sidesOf(x *incident) (p sides) {
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.scope != "current" {
			continue
		}
		switch n := number(f.q); f.measure {
		case Killed:
			p.killed = max(p.killed, n)
			p.killedInTitle = p.killedInTitle || r.sents[f.sent].title
			p.militantsKilled = p.militantsKilled || f.who == "militant" && n > 0
		case Abducted:
			p.taken = max(p.taken, n)
		}
	}
	last := -1
	look := func(si int) {
		if si == last {
			return
		}
		last = si
		for k := r.sents[si].first; k < r.sents[si].last; k++ {
			w := &r.words[k]
			switch {
			case w.is(lexicon.Person):
				p.protesters = p.protesters || w.e.Who == "protester"
				p.security = p.security || w.e.Who == "security"
				p.militants = p.militants || w.e.Who == "militant"
			case w.low == "crowd":
				p.protesters = true
			case w.low == "police", w.low == "army", w.low == "troops", w.is(lexicon.Actor) && w.e.Party == "state":
				p.security = true
			}
		}
	}
	for _, k := range x.kinds {
		look(r.sentenceAt(k))
	}
	for _, f := range few(x.figs) {
		look(r.figs[f].sent)
	}
	return p
}

// denied tells whether a word says what did not happen: "no shots fired".
func (r *reading) denied(k int) bool {
	l := r.lowAt(k - 1)
	if l == "were" || l == "was" { // "no helicopters were shot down"
		return r.lowAt(k-2) == "no" || r.lowAt(k-3) == "no"
	}
	return l == "no" || l == "without" || l == "any" && r.lowAt(k-2) == "without"
}

// typeIn is typeOf where the words are asked in the order of the text: "a US
// helicopter raid … the raid" is one operation.
func (r *reading) typeIn(k int, toll bool, byState *bool) string {
	name := r.typeOf(k, toll)
	if r.words[k].low == "raid" {
		if *byState = *byState || name == "security_operation"; *byState {
			return "security_operation"
		}
	}
	return name
}

// typeOf is the type that a word names; a raid by the state is an operation, and
// weapons that are found are seized.
func (r *reading) typeOf(k int, toll bool) string {
	w := &r.words[k]
	if !toll && r.haul(k) {
		return "seizure"
	}
	if w.e.Type == "bombing" && r.fromTheAir(k) {
		return "airstrike"
	}
	if w.e == dealt {
		return r.dealtBy(k)
	}
	if r.capture(k) && slices.ContainsFunc(r.figs, func(f mention) bool { return f.harm == k && f.measure == Abducted }) {
		return "armed_attack" // soldiers were, in a fight
	}
	switch w.low {
	case "firebomb", "firebombed", "firebombing", "firebombings":
		return "arson" // a bottle of petrol
	case "raid", "raids", "raided", "storm", "stormed", "storming":
	default:
		return w.e.Type
	}
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= s.first && n >= k-12; n-- {
		p := &r.words[n]
		if n == k-1 && p.low == "in" {
			continue // "police killed two in a raid"
		}
		if p.is(lexicon.Person) && (p.e.Who == "security" || p.e.Who == "peacekeeper") || p.is(lexicon.Actor) && p.e.Party == "state" || p.low == "police" || p.low == "army" || p.low == "military" || p.low == "commandos" || p.low == "us" || p.low == "u.s." || p.low == "helicopter" || p.low == "forces" || p.low == "israeli" {
			return "security_operation"
		}
		if p.is(lexicon.Person) && (p.e.Who == "perpetrator" || p.e.Who == "militant") || p.low == "on" || p.low == "in" || p.punct {
			break
		}
	}
	return w.e.Type
}

// fromTheAir tells whether aircraft dropped a bomb: "a jet dropped two bombs".
func (r *reading) fromTheAir(k int) bool {
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= s.first && n > k-6; n-- {
		switch r.words[n].low {
		case "jet", "jets", "fighter jet", "fighter jets", "warplane", "warplanes", "war plane", "war planes", "planes", "aircraft", "helicopter", "helicopters", "air force":
			return true
		}
	}
	return false
}

// takesShip tells whether a sentence has a ship or an aircraft taken, by whomever: "the navy
// seized a tanker".
func (r *reading) takesShip(s *sentence) bool {
	for k := s.first; k < s.last; k++ {
		switch r.words[k].low {
		case "seize", "seized", "seizes", "seizing", "boarded", "board", "commandeered", "hijacked":
			if r.boards(k, s.last) {
				return true
			}
		}
	}
	return false
}

// haul tells whether a weapon is found or taken: "police seized 46 kg of explosives".
func (r *reading) haul(k int) bool {
	switch r.words[k].low {
	case "explosives", "explosive", "detonators", "assault rifle", "assault rifles", "rifles", "machine gun", "machine guns", "grenade", "grenades", "hand grenades", "rockets", "missiles", "mortars", "ammunition", "weapons", "drone", "drones":
	default:
		return false
	}
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= s.first && n > k-16; n-- {
		if turnedUp(r.words[n].low) {
			return true
		}
	}
	for n := k + 1; n < min(k+12, s.last); n++ {
		switch w := &r.words[n]; {
		case turnedUp(w.low):
			return r.words[n-1].is(lexicon.Aux) || w.low != "found" && r.lowAt(n+1) != "by" // "rifles, grenades and a drone were found"
		case w.low == ",", w.low == "and", w.is(lexicon.Aux | lexicon.Det | lexicon.Adj | lexicon.Adv), w.is(lexicon.Kind), w.q != nil, w.group > 0 && !r.groups[w.group-1].person:
		default:
			return false
		}
	}
	return false
}

// laidOut tells whether bodies are those of an attack that lie where they were brought, or
// are given to those who bury them, and nobody came upon them: "17 bodies at the hospital",
// "the bodies of the four were handed to their families".
func (r *reading) laidOut(k int) bool {
	s := &r.sents[r.sentenceAt(k)]
	out := false
	for n := s.first; n < s.last; n++ {
		switch w := r.words[n].low; w {
		case "found", "discovered", "dumped", "floating", "exhumed", "unearthed", "recovered", "stumbled", "decomposed", "mutilated", "bound", "blindfolded", "grave", "graves":
			return false
		case "hospital", "hospitals", "morgue", "morgues", "mortuary", "mortuaries", "clinic", "relatives", "families", "family", "burial", "coffins":
			out = out || n > k
		case "health", "medical":
			l := r.lowAt(n + 1)
			out = out || n > k && (l == "centre" || l == "center" || l == "post")
		}
	}
	return out
}

// turnedUp tells whether a verb says that things were found or taken away.
func turnedUp(w string) bool {
	switch w {
	case "seized", "seize", "seizes", "confiscated", "confiscate", "recovered", "recover", "found", "find", "finds", "intercepted", "intercept", "uncovered", "uncover", "discovered":
		return true
	}
	return false
}

// deeds lets grammar speak where single words do not: whoever is taken was
// kidnapped, and a ship that is boarded was hijacked.
func (r *reading) deeds(x *incident, b *ballot) {
	taken, held := false, false
	first := -1 // the sentence that tells of it first
	if len(x.kinds) > 0 {
		first = r.sentenceAt(x.kinds[0])
	} else if len(x.figs) > 0 {
		first = r.figs[x.figs[0]].sent
	}
	if first >= 0 && r.takesShip(&r.sents[first]) {
		b.score[typeIndex["hijacking"]] += 60
	}
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.scope == "aggregate" || f.scope == "hypothetical" {
			continue
		}
		taken = taken || (f.measure == Abducted || f.measure == Released) && strings.HasPrefix(f.rule, "fig.took") || strings.HasPrefix(f.rule, "fig.taken")
		if f.rule == "fig.aboard" {
			b.score[typeIndex["hijacking"]] += 40
		}
		held = held || f.measure == Arrested && f.q.Quantifier != "none"
	}
	if taken {
		b.score[typeIndex["kidnapping"]] += 24
		if !r.hurts(x) {
			b.score[typeIndex["kidnapping"]] += 40 // that is all that "gunmen" or "armed men" did
		}
	}
	if held && len(x.kinds) == 0 {
		b.score[typeIndex["arrest"]] += 4
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
