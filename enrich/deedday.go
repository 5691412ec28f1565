package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
)

// A day goes with a verb: with that of a deed, or of what follows from one. Of the latter
// the deed has no more than that it was not later.

// What a day weighs by its verb.
const (
	atOnce      = 0.5  // of what is done in the hour of the deed
	byAttackers = 0.4  // of anything that attackers do
	besideDeed  = -2.0 // of no deed, where the deed hangs on it
	onlySequel  = -4.0 // of something that is never a deed
)

// deedsDay takes the day of what only follows from a deed, an arrest, a burial, a
// claim, for none of the deed's: that may stand beside it, or nowhere.
func (r *reading) deedsDay(x *incident, cs []clause, best int) (d int, notAfter bool) {
	v := r.daysWeight(x, cs, best)
	follows := v <= onlySequel
	if v < 0 && !follows {
		follows = v <= besideDeed || r.updates(x) || r.sequelHeadline() || r.abducts(x) && r.foundOn(cs, best)
	}
	if !follows {
		return best, false
	}
	day, alt, top := r.dates[best].Earliest, -1, 0.0
	for _, ci := range x.clauses {
		c := &cs[ci]
		for _, d := range c.dates {
			dt := &r.dates[d]
			if d == best || dt.dateline || dt.Running || dt.Earliest.IsZero() || !dt.Earliest.Before(day) || dt.Precision != "day" && dt.Precision != "week" || r.planned(dt.word) || !dt.owns && r.reporting(dt.word) {
				continue
			}
			w := r.deedOrSequel(c, dt.word)
			if dt.owns {
				w += 4
			}
			if w >= 0 && (alt < 0 || w > top) {
				alt, top = d, w
			}
		}
	}
	if alt < 0 && v > onlySequel {
		return best, true
	}
	return alt, false
}

// daysWeight is what a day of an incident weighs by its verb.
func (r *reading) daysWeight(x *incident, cs []clause, d int) (v float64) {
	for _, ci := range x.clauses {
		if c := &cs[ci]; slices.Contains(c.dates, d) {
			if v = r.deedOrSequel(c, r.dates[d].word); v < atOnce && r.hungOn(r.dates[d].word) {
				v = min(v, besideDeed)
			}
		}
	}
	return v
}

// abducts tells whether an incident is an abduction: the day of what was found of those who were
// taken is a later one.
func (r *reading) abducts(x *incident) bool {
	return slices.ContainsFunc(few(x.figs), func(f int) bool { return r.figs[f].measure == Abducted || r.figs[f].measure == Hostages }) ||
		slices.ContainsFunc(few(x.kinds), func(k int) bool { return Family(r.words[k].e.Type) == "abduction" })
}

// foundOn tells whether a day is that on which somebody or something was found.
func (r *reading) foundOn(cs []clause, d int) bool {
	for i := range cs {
		if c := &cs[i]; slices.Contains(c.dates, d) {
			switch k := r.verbOf(c, r.dates[d].word); r.lowAt(k) {
			case "found", "discovered", "recovered", "retrieved", "unearthed", "exhumed", "located", "identified":
				return true
			}
		}
	}
	return false
}

// hungOn tells whether a day is that of a main verb that is no deed, and the deed
// only hangs on it: "hospitals appealed for blood on Thursday after a bomb killed five".
func (r *reading) hungOn(d int) bool {
	s := &r.sents[r.sentenceAt(d)]
	if s.title {
		return false
	}
	violent := func(k int) bool {
		w := &r.words[k]
		return w.is(lexicon.Harm) || w.is(lexicon.Kind) && !w.is(lexicon.Person)
	}
	for k := s.first + s.dateline; k < d; k++ {
		if violent(k) {
			return false
		}
	}
	if d < s.first+s.dateline+3 {
		return false // it opens the sentence: no verb before it
	}
	for k := d + 1; k < s.last; k++ {
		switch r.words[k].low {
		case "after", "that", "which", "who", "whom", "over", "following", "charged", "for", "of", "to", "with", "against", "about", "amid", "regarding", "concerning", "despite":
			return true
		case "at", "in":
			if k+2 < s.last && r.words[k+1].is(lexicon.Det) && violent(k+2) {
				return true // "voiced concern at the killing of five"
			}
			return false
		case "as":
			if strings.HasSuffix(r.lowAt(k-1), "ed") {
				continue // "rejected as baseless"
			}
			return false
		case "when", "while", "before", "and", "but", "killing", "wounding", "injuring", "leaving", "where", "then", ";", ":", "near":
			return false
		}
		if violent(k) {
			return false
		}
	}
	return false
}

// deedOrSequel tells what a day's verb is: a deed, which weighs more than 0, or something that
// follows from a deed, which weighs less.
func (r *reading) deedOrSequel(c *clause, d int) float64 {
	if k := r.verbThen(c, d); k >= 0 {
		if v := r.weighVerb(c, k); v != 0 {
			return v // "was walking home on Sunday when he was shot"
		}
	}
	k := r.verbOf(c, d)
	if k < 0 {
		return 0
	}
	return r.weighVerb(c, k)
}

// spokenOn tells whether a day is that on which somebody spoke, told at more length than
// reporting reads: "told a meeting of elders in Kano on Sunday".
func (r *reading) spokenOn(c *clause, d *dating) bool {
	k := r.verbOf(c, d.word)
	return k > 0 && k < d.word && !d.owns && speaks(r.words[k].low) && !isWas(r.lowAt(k-1)) && !r.words[k-1].is(lexicon.Kind)
}

// weighVerb is what a day weighs whose verb, or deed, is word k.
func (r *reading) weighVerb(c *clause, k int) float64 {
	w, next := &r.words[k], r.lowAt(k+1)
	switch w.low {
	case "died", "dies", "succumbed":
		if r.lowBetween(k, min(k+7, c.last), "hospital") {
			return besideDeed // "died in hospital on Friday"
		}
		return -1.5
	case "ended", "lowered", "raised", "revised", "recovered", "found", "discovered", "retrieved", "unearthed", "exhumed", "identified", "vowed", "blamed", "searched", "registered", "blocked", "told", "said", "reaching", "reached", "located", "issued", "named", "seized":
		return -1.5
	case "buried", "cremated", "interred", "condemned", "remanded", "sentenced", "convicted", "mourned", "handed", "repatriated":
		return onlySequel
	case "given":
		if next == "to" {
			return onlySequel // "the bodies were given to their families"
		}
	case "laid":
		if next == "to" {
			return onlySequel // "laid to rest"
		}
	case "gave":
		if next == "himself" || next == "herself" || next == "themselves" {
			return besideDeed
		}
	case "called":
		if next == "on" || next == "for" {
			return besideDeed
		}
	case "placed", "put":
		if r.lowBetween(k, min(k+6, c.last), "under") || r.lawAhead(c, k) {
			return besideDeed // "placed two men under formal investigation", "placed four on remand"
		}
	case "let":
		return besideDeed
	case "threw", "thrown", "lobbed", "hurled", "opened", "fired", "went off", "exploded", "detonated", "blew", "rammed", "stormed", "intercepted", "struck", "hit", "attacked", "began", "started", "broke", "erupted", "burst", "ambushed", "happened", "occurred", "took place",
		"tore", "ripped", "ploughed", "plowed", "slammed", "shook", "rocked", "overran", "torched", "shelled", "came under", "destroyed", "gutted", "engulfed", "razed", "burned", "burnt", "wrecked", "levelled", "flattened", "collapsed":
		return 1.5
	}
	switch {
	case strings.HasSuffix(w.low, "wounds"), strings.HasSuffix(w.low, "injuries"), strings.HasSuffix(w.low, "burns"):
		if w.e.Form&lexicon.Intrans != 0 {
			return besideDeed // "died of his wounds on Friday"
		}
		return 1
	case w.e.Type == "bodies_found":
		return -1.5 // "came upon three more bodies on Friday"
	case w.is(lexicon.Harm) && (w.e.Measure == string(Released) || w.e.Measure == string(Escaped) || w.e.Measure == string(Arrested)), w.is(lexicon.Kind) && Family(w.e.Type) == "law" && w.low != "captured":
		return besideDeed
	case w.is(lexicon.Harm | lexicon.Kind):
		return 1
	case !w.is(lexicon.Aux) && r.ofRemains(c, k):
		return onlySequel // "the bodies were flown home on Friday"
	case r.deedsSubject(c, k):
		return byAttackers
	case reacts(w.low):
		if r.harmedWhen(c, k) {
			return 1
		}
		return besideDeed
	case hurries(w.low):
		return atOnce
	}
	return 0
}

// lawAhead tells whether a verb at word k does with people as courts do: "placed on remand".
func (r *reading) lawAhead(c *clause, k int) bool {
	for n := k + 1; n < min(k+10, c.last); n++ {
		switch r.words[n].low {
		case "remand", "custody", "detention", "trial", "bail", "leave", "arrest":
			return true
		}
	}
	return false
}

// ofRemains tells whether those of whom the verb at word k tells are dead already: they are
// its subject, or that of the sentence.
func (r *reading) ofRemains(c *clause, k int) bool {
	s := &r.sents[c.sent]
	for n := s.first + s.dateline; n < k; n++ {
		if n > s.first+s.dateline+4 && r.predicate(n) {
			return false
		}
		switch r.words[n].low {
		case "body", "body of", "bodies", "remains", "coffin", "coffins", "casket", "caskets", "corpses", "mourners", "funeral", "funerals":
			return true
		}
	}
	return false
}

// verbThen is the verb of what was done at the time of what a day is told with: "was walking
// home on Sunday when …", -1 where there is none.
func (r *reading) verbThen(c *clause, d int) int {
	s := &r.sents[c.sent]
	for k := d + 1; k < s.last && k <= d+4; k++ {
		if l := r.words[k].low; l != "when" && l != "as" && l != "while" {
			continue
		}
		for n := k + 1; n < s.last && n < k+12; n++ {
			if r.words[n].is(lexicon.Sub) {
				break
			}
			if r.predicate(n) {
				return n
			}
		}
		return -1
	}
	return -1
}

// harmedWhen tells whether people are harmed at the very time of the verb at word k: "were
// killed when troops closed in".
func (r *reading) harmedWhen(c *clause, k int) bool {
	s := &r.sents[c.sent]
	when := -1
	for n := k - 1; n >= s.first+s.dateline; n-- {
		switch w := &r.words[n]; {
		case w.low == "when" || w.low == "as" || w.low == "while":
			when = n
		case w.is(lexicon.Harm) && when >= 0:
			return true
		case w.low == "after" || w.low == ";":
			return false
		}
	}
	return false
}

// hurries tells whether a verb is of what is done in the very hour of a deed.
func hurries(w string) bool {
	switch w {
	case "evacuated", "placed", "rushed", "raced", "taken", "fled", "hospitalised", "hospitalized", "pulled", "responded", "treated", "scrambled", "airlifted", "locked", "battled", "sealed", "cordoned", "alerted", "ran", "heard", "woke", "woken", "jolted", "saw", "seen":
		return true
	}
	return false
}

// reacts tells whether a verb is of what others do once there was a deed.
func reacts(w string) bool {
	switch w {
	case "appealed", "urged", "demanded", "offered", "protested", "marched", "rallied", "demonstrated", "gathered", "boycotted", "observed", "declared", "suspended", "closed", "shut", "imposed", "lifted", "extended", "ordered", "deployed", "postponed", "cancelled", "canceled", "resumed", "reopened",
		"rejected", "refuted", "denounced", "deplored", "decried", "slammed", "lamented", "voiced", "expressed", "conveyed", "stressed", "reiterated", "reaffirmed", "insisted", "acknowledged", "conceded", "confirmed", "announced", "revealed", "disclosed",
		"filed", "lodged", "submitted", "petitioned", "sued", "ruled", "adjourned", "convened", "upheld", "granted", "upgraded", "downgraded", "revoked", "mourned", "prayed", "wept", "remembered", "commemorated", "praised", "hailed", "commended", "consoled", "attended",
		"combed", "hunted", "scoured", "patrolled", "searching", "combing", "hunting", "mourning", "mourn", "awaiting", "waiting",
		"accused", "denied", "claimed", "posted", "published", "aired", "broadcast", "clarified", "corrected", "rectified", "retracted", "apologised", "apologized", "visited", "arrived", "returned", "met", "spoke", "addressed", "flew", "travelled", "traveled", "toured", "inspected",
		"admitted", "surrendered", "questioned", "appeared", "pleaded", "charged", "indicted", "arraigned", "jailed", "acquitted", "extradited", "transferred", "discharged", "laid", "paid", "pledged", "promised", "warned", "summoned", "sacked", "dismissed", "resigned", "honoured", "honored":
		return true
	}
	return false
}

// verbOf is the word that a day goes with: the verb or the noun of a deed next before it in
// its clause, else the verb behind it, "The army on Friday buried …"; -1 where there is none.
func (r *reading) verbOf(c *clause, d int) int {
	is, named := -1, -1
	for k := d + 1; k < c.last && k <= d+3 && !r.words[k].punct && !r.words[k].is(lexicon.Function); k++ {
		if w := &r.words[k]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(k) && w.e.Form&lexicon.Past == 0 {
			return k // "the March 25 bombing", "an overnight attack"
		}
	}
	for k := d - 1; k >= c.first; k-- {
		switch w := &r.words[k]; {
		case w.low == ";", w.low == ":":
			return -1
		case r.predicate(k), w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(k), w.e.Type == "bodies_found":
			return k
		case w.is(lexicon.Aux):
			if r.predicate(d + 1) {
				return d + 1 // "was on Friday shot"
			}
			return k
		}
	}
	for k := d + 1; k < c.last && !(r.words[k].punct && k > d+1) && !r.words[k].is(lexicon.Sub); k++ {
		switch w := &r.words[k]; {
		case r.predicate(k):
			return k
		case w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(k) && named < 0:
			named = k
		case w.is(lexicon.Aux) && is < 0:
			is = k
		}
	}
	if named >= 0 {
		return named
	}
	return is
}

// predicate tells whether a word is a verb that may have a day.
func (r *reading) predicate(k int) bool {
	if k+1 >= len(r.words) {
		return false
	}
	w := &r.words[k]
	if w.punct || w.date > 0 {
		return false
	}
	if w.is(lexicon.Harm) && w.e.Form&(lexicon.Past|lexicon.Base|lexicon.Intrans) != 0 {
		if prev := r.lowAt(k - 1); prev == "the" || prev == "a" || k > 0 && w.e.Form&lexicon.Base != 0 && r.words[k-1].is(lexicon.Det) {
			return false // "in the liberated village", "of his wounds"
		}
		return true
	}
	switch w.low {
	case "according to", "according", "based", "armed", "hundred", "accused", "located", "situated":
		return false
	case "tore", "shook", "overran", "fled", "flew", "swept", "shut", "spent", "woke", "sat", "lay", "drew", "fought", "swore", "sank", "sought", "withdrew", "laid", "slit", "bound", "cut", "let":
		return true
	}
	if w.is(lexicon.Person|lexicon.Adj) || k > 0 && (r.words[k-1].is(lexicon.Det|lexicon.Prep|lexicon.Adj) || r.words[k-1].q != nil && strings.HasSuffix(w.low, "s")) {
		return false // "in occupied Berdiansk", "a crowded market"
	}
	return w.is(lexicon.Verb) || !w.upper && len(w.low) > 4 && strings.HasSuffix(w.low, "ed") && !strings.HasSuffix(w.low, "eed")
}

// deedsSubject tells whether those who do what a verb at word k says are attackers, or a
// weapon or deed is its subject: "gunmen entered", "The raid came".
func (r *reading) deedsSubject(c *clause, k int) bool {
	for n := k - 1; n >= c.first && n >= k-8 && !r.predicate(n) && !r.words[n].punct; n-- {
		if w := &r.words[n]; w.armed() || w.is(lexicon.Kind) && !w.is(lexicon.Person) && Family(w.e.Type) != "law" {
			return true
		}
	}
	return false
}
