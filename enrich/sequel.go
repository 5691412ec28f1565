package enrich

import (
	"slices"
	"strings"
	"time"

	"tocsin/enrich/lexicon"
)

// Articles that tell of no incident as their news but go back to one: funerals,
// arrests, trials, visits, and that it was none after all. By themselves they are
// background; correlation makes more of them where it knows the incident.

// sequel is the incident that such an article goes back to.
func (r *reading) sequel(cs []clause, cues []string, rule string) (incident, bool) {
	x := incident{role: Background, rules: []string{"role.sequel"}, alone: true}
	body := 0
	for body < len(r.sents)-1 && r.sents[body].title {
		body++
	}
	until := body + leadSentences
	denied := slices.Contains(cues, CueHoax) || slices.Contains(cues, CueAccident)
	switch {
	case denied:
		x.rules[0] = "role.denial"
	case !r.goesBack(cs, cues, rule, body+recalledWithin):
		return x, false // it is about something else: a quake, a match, prices
	case slices.ContainsFunc(cues, func(c string) bool { return c != CueMemory && c != CueAgain }):
		if r.recalls(cs, body, leadSentences) < 0 {
			until = max(until, r.recalls(cs, body, recalledWithin))
		}
	case r.recalls(cs, body, recalledWithin) >= 0:
		x.rules[0], until = "role.recalled", r.recalls(cs, body, recalledWithin)
	case r.attackNamed(body+1, true):
		x.rules[0] = "role.named" // "Ministry protests over raid on Koya"
	default:
		return x, false
	}
	for i := range cs {
		if cs[i].sent >= until {
			break
		}
		if cs[i].came {
			continue
		}
		if len(cs[i].kinds) > 0 || len(cs[i].figs) > 0 || x.rules[0] != "role.named" {
			r.join(&x, &cs[i], i, &r.sents[cs[i].sent])
		}
	}
	if len(x.kinds)+len(x.figs) == 0 {
		x.dates = nil // they are of what came after
	}
	if !denied && len(x.figs) > 0 && len(x.kinds) == 0 {
		// A single death is an obituary, unless others were hurt beside the one.
		dead, _ := r.totalNumber(&x, Killed)
		hurt, _ := r.totalNumber(&x, Injured)
		taken, _ := r.totalNumber(&x, Abducted)
		alone := dead == 1 && hurt+taken == 0
		if (alone || x.rules[0] == "role.recalled" && dead+hurt+taken < 2) && !r.agent(&x, cs) && !r.knownByDay(&x) {
			return x, false
		}
	}
	if !denied && len(x.figs) == 0 && len(x.places) == 0 {
		return x, false // the attack of a team, or on tariffs
	}
	if denied && len(x.kinds)+len(x.figs) == 0 && !slices.Contains(cues, "!"+CueHoax) && !slices.Contains(cues, "!"+CueAccident) && !r.rebuts() {
		return x, false // a minister calls baseless that he took bribes
	}
	return x, len(x.places) > 0 || len(x.kinds) > 0 || !denied && r.knownByDay(&x) || !denied && (r.byPeople() || r.wounded(&x)) && slices.ContainsFunc(x.clauses, func(i int) bool { return r.harmsNow(&cs[i]) }) || r.captives(&x, body+leadSentences)
}

// onlyHeld tells whether people are arrested or tried in an article that names no deed of
// violence in its first sentences and nobody who was harmed: "arrested for stealing cables".
func (r *reading) onlyHeld(x *incident) bool {
	for _, k := range few(x.kinds) {
		if Family(r.words[k].e.Type) != "law" {
			return false
		}
	}
	for _, f := range few(x.figs) {
		switch r.figs[f].measure {
		case Killed, Injured, Abducted, Hostages, Casualties:
			return false
		}
	}
	for k := range r.words {
		if r.words[k].armed() {
			return false
		}
	}
	return len(x.kinds) > 0 && !r.attackNamed(len(r.opening(leadSentences)), true)
}

// knownByDay tells whether the text names what happened by its day and takes for granted
// that all know it: "died after last Sunday's fire at the mosque".
func (r *reading) knownByDay(x *incident) bool {
	return slices.ContainsFunc(few(x.dates), func(d int) bool {
		k := r.dates[d].word
		if !r.dates[d].owns || !r.thisSeason(d) {
			return false
		}
		for n := k + 1; n < min(k+5, len(r.words)); n++ {
			switch w := &r.words[n]; w.low {
			case "fire", "blaze", "explosion", "blast", "violence", "unrest", "bloodshed", "killing", "killings", "murder", "murders", "tragedy":
				return true
			default:
				if w.punct && !w.clitic || w.is(lexicon.Prep|lexicon.Aux) {
					return false
				}
			}
		}
		return false
	})
}

// goesBackTo joins what only the headline tells of to the older incident that the first
// sentence then tells of: "Bandits demand ransom for pupils || Eleven days after 36 pupils
// were seized …".
func (r *reading) goesBackTo(out []incident, cs []clause, main int) {
	if main < 0 || out[main].role != Main || r.manyAtOnce {
		return
	}
	x := &out[main]
	for _, ci := range x.clauses {
		if c := &cs[ci]; !r.sents[c.sent].title && len(c.kinds)+len(c.figs) > 0 || c.other {
			return
		}
	}
	for _, k := range few(x.kinds) {
		if l := r.words[k].low; strings.HasSuffix(l, "attacks") || strings.HasSuffix(l, "strikes") || strings.HasSuffix(l, "blasts") || strings.HasSuffix(l, "ings") {
			return // a sum
		}
	}
	back := slices.IndexFunc(out, func(b incident) bool {
		return b.role == Background && len(b.clauses) > 0 && r.opens(cs[b.clauses[0]].sent) && b.rules[0] == "scope.old-date"
	})
	if back < 0 {
		return
	}
	b := &out[back]
	mine, _, _ := r.typed(x, false)
	theirs, _, _ := r.typed(b, false)
	if f := Family(mine); f != Family(theirs) && mine != "armed_attack" && f != "unknown" && theirs != "unknown" {
		return
	}
	for _, f := range few(x.figs) {
		m := &r.figs[f]
		if m.scope == "current" && !m.weak && !slices.ContainsFunc(few(b.figs), func(g int) bool { return r.figs[g].measure == m.measure && number(r.figs[g].q) == number(m.q) }) {
			return // it has people of its own
		}
	}
	if slices.ContainsFunc(few(b.at), func(p int) bool { return r.places[p].town() && len(x.at) > 0 && r.elsewhereThan(p, x) }) {
		return
	}
	for _, f := range b.figs {
		if r.figs[f].scope == "background" {
			r.figs[f].scope = "current"
		}
	}
	x.clauses, x.kinds, x.figs = append(x.clauses, b.clauses...), append(x.kinds, b.kinds...), append(x.figs, b.figs...)
	x.places, x.dates, x.at = append(x.places, b.places...), append(x.dates, b.dates...), append(x.at, b.at...)
	x.rules, x.alone = append(x.rules, "role.goes-back"), true
	b.role = merged
}

// inPassing tells whether an article that goes back to an incident has other news: it only
// sums up, or its headline knows nothing of the incident and nobody in the text is harmed
// by it: "… two firms withdrew crews after kidnappings", "bookings hold up in spite of
// last week's unrest".
func (r *reading) inPassing(x *incident, cues []string, rule string) bool {
	hurt, day, sum := false, false, len(x.figs) > 0
	for _, f := range few(x.figs) {
		m := &r.figs[f]
		hurt = hurt || m.q.Quantifier != "none" && m.measure != Incidents
		sum = sum && m.scope == "aggregate"
	}
	for _, d := range few(x.dates) {
		day = day || r.isDay(d) && !r.reporting(r.dates[d].word)
	}
	switch {
	case sum, rule == "relevance.statistics" && !day, r.onlyHeld(x):
		return true
	case hurt, slices.ContainsFunc(cues, func(c string) bool { return c[0] == '!' || c == CueHoax || c == CueAccident }):
		return false
	}
	for _, k := range few(x.kinds) {
		// What has no headline says with its first sentence what it is about.
		if n := r.sentenceAt(k); (r.sents[n].title || n == 0) && !r.inSpiteOf(k) {
			return false
		}
	}
	return len(x.kinds) > 0
}

// inSpiteOf tells whether what happened at word k is only what the news went on beside:
// "unaffected by unrest", "despite attacks".
func (r *reading) inSpiteOf(k int) bool {
	switch r.lowAt(k - 1) {
	case "despite", "amid":
		return true
	case "by":
		return r.lowAt(k-2) == "unaffected"
	case "of":
		return r.lowAt(k-2) == "spite"
	}
	return false
}

// goesBack tells whether an article that the model rejects by a rule may still be of an
// incident: what speaks against it is that it looks back, or nothing much; or, whatever
// else it is about, it names an attack in its first sentences.
func (r *reading) goesBack(cs []clause, cues []string, rule string, until int) bool {
	later := slices.Contains(cues, CueLater)
	after := slices.ContainsFunc(cues, func(c string) bool { return c == CueFreed || c == CueTaken || c == CueClaim })
	switch rule {
	case "relevance.news", "relevance.judicial", "relevance.old-date", "relevance.history", "relevance.anniversary", "relevance.little-speaks-for-it":
		return true
	case "relevance.no-violence":
		// Inquiries and searches are made into all kinds of things.
		return after || r.rebuts() || hasAny(r.lead(), mourning, nil)
	case "relevance.told-in-a-work-or-drill", "relevance.fiction", "relevance.exercise", "relevance.sport":
		return false
	case "relevance.nature", "relevance.health": // the dead of a quake are mourned, too
	case "relevance.accident":
		if later {
			return true
		}
	default:
		if later || after {
			return true
		}
	}
	return r.tookPeople(until) || r.attackNamed(until, r.recalls(cs, until, 0) >= 0)
}

// tookPeople tells whether one of the first sentences has people taken: no accident does that.
func (r *reading) tookPeople(until int) bool {
	return slices.ContainsFunc(r.figs, func(f mention) bool {
		return f.sent < until && (f.measure == Abducted || f.measure == Hostages) && f.q.Quantifier != "none" && !f.hypothesis
	})
}

// attackNamed tells whether one of the first sentences names an attack, a blast, an arson
// or a murder; vague, with no more than "an attack", which matches and debates have too.
func (r *reading) attackNamed(until int, vague bool) bool {
	for k := range r.words {
		if r.sentenceAt(k) >= until {
			return false
		}
		w := &r.words[k]
		if !w.is(lexicon.Kind) || w.is(lexicon.Person) || !r.isKind(k) {
			continue
		}
		switch f := Family(w.e.Type); {
		case f == "law", w.e.Type == "bodies_found", !vague && generic(w.low):
		case f != "unknown", w.low != "killed" && (w.low != "killing" || r.lowAt(k+1) == "of"):
			return true
		}
	}
	return false
}

// byPeople tells whether nothing in an article speaks of an accident or an illness.
func (r *reading) byPeople() bool {
	f := &r.feature
	return f.theme3("accident")+f.theme3("nature")+f.theme3("health")+f.theme3("suicide") == 0
}

// wounded tells whether people have wounds, not injuries: a weapon made them.
func (r *reading) wounded(x *incident) bool {
	return slices.ContainsFunc(few(x.figs), func(f int) bool {
		return r.figs[f].measure == Injured && strings.HasPrefix(r.words[r.figs[f].harm].low, "wound")
	})
}

// captives tells whether people came free from those who held them and were no
// police: "were let go by their captors".
func (r *reading) captives(x *incident, until int) bool {
	if !slices.ContainsFunc(few(x.figs), func(f int) bool { return r.figs[f].measure == Released || r.figs[f].measure == Escaped }) {
		return false
	}
	for k := range r.words {
		if r.sentenceAt(k) > until {
			return false
		}
		switch r.words[k].low {
		case "captors", "captor", "kidnappers", "kidnapper", "abductors", "abductor", "hostage", "hostages", "captive", "captives", "captivity", "abductee", "abductees", "ransom", "kidnapped", "abducted":
			return true
		}
	}
	return false
}

// recalls tells up to which sentence an article goes back to an incident that harmed
// people: "the oldest of the four killed in Monday's strike …". -1 where none of the
// first n sentences does.
func (r *reading) recalls(cs []clause, body, n int) int {
	until := -1
	for i := range cs {
		c := &cs[i]
		if c.sent >= body+n || until >= 0 && c.sent > until+1 {
			break
		}
		if r.harmsNow(c) {
			until = c.sent + 2
		}
	}
	return until
}

// recalledWithin is how many sentences below its headline an article has come to the
// incident that it is about.
const recalledWithin = 8

// harmsNow tells whether a clause has people killed, hurt or taken whom no sum, no
// doubt and no date of another season sets aside.
func (r *reading) harmsNow(c *clause) bool {
	for _, f := range c.figs {
		m := &r.figs[f]
		if m.measure != Killed && m.measure != Injured && m.measure != Abducted && m.measure != Casualties || m.hypothesis || m.q.Quantifier == "none" || m.scope == "perpetrator" {
			continue
		}
		switch scope, rule := r.scopeAt(c, m.harm); {
		case slices.ContainsFunc(c.dates, func(d int) bool { return r.dates[d].Precision == "year" }):
			// "14 people were killed in the city in 2025"
		case scope == "current", rule == "scope.judicial", rule == "scope.cause-of-arrest":
			return true
		case rule == "scope.old-date":
			return slices.ContainsFunc(c.dates, r.thisSeason)
		}
	}
	return false
}

// thisSeason tells whether a date is known to be of the last weeks.
func (r *reading) thisSeason(d int) bool {
	at := r.dates[d].Earliest
	return !at.IsZero() && r.clock.Known() && r.clock.End().Sub(at) < recent
}

// recent is how long an incident is still gone back to as the news of these weeks.
const recent = 60 * 24 * time.Hour
