package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// Verbs that harm only with their company, and what tells of wounds without
// naming them.

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
		n := len(r.figs)
		r.subject(si, j, Abducted, "fig.taken")
		if len(r.figs) > n && strings.HasSuffix(r.figs[n].rule, "+presumed") {
			r.figs = r.figs[:n] // "the decision was taken at a meeting"
		}
	case "held", "holding":
		if g := r.group(j + 1); g >= 0 && r.groups[g].person && r.groups[g].q != nil && r.captorIn(s, s.first, j) {
			if args, end := r.list(si, g, true); len(args) > 0 {
				r.figure(si, j, Abducted, args, "fig.held-object", j, end)
			}
			return
		}
		if ws[j].low == "holding" {
			return
		}
		if n := j + 1; r.passive(si, j) && r.byArmed(s, j) || n < s.last && ws[n].low == "by" && r.captorIn(s, n, n+5) && r.whoBefore(j) {
			r.subject(si, j, Abducted, "fig.held-by")
			return
		}
		if r.crewBefore(si, j) {
			r.subject(si, j, Abducted, "fig.held-aboard")
			return
		}
		if n := r.lowAt(j + 1); r.passive(si, j) && (n == "over" || n == "in connection with" || n == "in" && r.lowAt(j+2) == "connection" || n == "on" && r.lowAt(j+2) == "suspicion") {
			r.subject(si, j, Arrested, "fig.held")
			return
		}
		if r.heldInTitle(si, j) {
			r.subject(si, j, Arrested, "fig.held")
		}
	case "fell":
		if n := r.lowAt(j + 1); n != "in" && n != "during" && n != "to" || !r.fighting(s) {
			return
		}
		if g := r.group(j - 1); g >= 0 && r.groups[g].last == j && (r.groups[g].who == "security" || r.groups[g].who == "militant") {
			r.subject(si, j, Killed, "fig.fell")
		}
	case "took", "led", "whisked", "marched", "dragged", "hold", "holds", "take":
		// "took away eight teachers", "took 40 pupils", "militants hold six nuns"
		k := j + 1
		away := k < s.last && (ws[k].low == "away" || ws[k].low == "off")
		if away {
			k++
		}
		g := r.group(k)
		if g < 0 || r.groups[g].first != k || !r.groups[g].person || r.groups[g].q == nil && r.groups[g].det != "a" && r.groups[g].det != "an" && r.groups[g].det != "the" {
			return
		}
		if n := r.groups[g].last; n < s.last && (ws[n].low == "away" || ws[n].low == "captive" || ws[n].low == "hostage" || ws[n].low == "with") {
			away = true
		}
		away = away || r.intoTheWild(s, r.groups[g].last) && r.perpetratorNear(s, s.first, j)
		if !away && (r.groups[g].q == nil || !r.perpetratorNear(s, s.first, j)) || (ws[j].low == "led" || ws[j].low == "marched") && !away {
			return
		}
		if args, end := r.list(si, g, true); len(args) > 0 {
			r.figure(si, j, Abducted, args, "fig.took", j, end)
		}
	case "lost":
		g := r.group(j + 1)
		if g >= 0 && r.groups[g].q != nil && r.words[r.groups[g].last-1].low == "own" {
			r.groups[g].person, r.groups[g].thing, r.groups[g].who = true, "", "any" // "lost three of their own"
		}
		if g < 0 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || !r.groups[g].person && !(r.groups[g].head < 0 && r.lowAt(r.groups[g].last) == "of") || !r.fighting(s) && !r.townLost(s, j, g) {
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

// whoBefore tells whether people stand before word j: "the sailors held by …", not "areas".
func (r *reading) whoBefore(j int) bool {
	g := r.group(j - 1)
	return g >= 0 && r.groups[g].last == j && r.groups[g].person
}

// crewBefore tells whether those who were held at word j are the crew of a ship that was
// taken: "22 crew held", "its crew were being held".
func (r *reading) crewBefore(si, j int) bool {
	s := &r.sents[si]
	if !r.passive(si, j) && !r.whoBefore(j) || !r.aboard(si) {
		return false
	}
	for k := j - 1; k >= max(s.first, j-5); k-- {
		if seaman(r.words[k].low) {
			return true
		}
		if r.words[k].punct {
			return false
		}
	}
	return false
}

// intoTheWild tells whether people are brought from word k on to where nobody finds
// them: "led 17 of its passengers into the forest", "to an unknown destination".
func (r *reading) intoTheWild(s *sentence, k int) bool {
	for n := k; n < min(k+8, s.last) && !r.words[n].punct; n++ {
		if r.words[n].low != "into" && r.words[n].low != "to" && r.words[n].low != "towards" && r.words[n].low != "toward" {
			continue
		}
		for i := n + 1; i < min(n+5, s.last); i++ {
			switch r.words[i].low {
			case "forest", "forests", "bush", "bushes", "jungle", "woods", "hills", "mountains", "desert", "wilderness", "unknown", "undisclosed":
				return true
			}
		}
	}
	return false
}

// takenAlong reads who is taken with what carries them: "hijacked a boat with 22 people on
// board", "a bus was seized with its 14 passengers".
func (r *reading) takenAlong(si, j int) {
	ws, s := r.words, &r.sents[si]
	switch ws[j].low {
	case "hijacked", "hijack", "hijacks", "hijacking":
	case "seized", "seize", "seizes", "captured", "capture", "captures", "commandeered", "commandeer":
		if !r.byArmed(s, j) && !r.armedSubject(s, j) && !r.perpetratorNear(s, s.first, j) {
			return // customs and navies seize boats, too
		}
	default:
		return
	}
	craft := r.craft(s, j+1, j+6) || r.passive(si, j) && r.craft(s, s.first, j)
	for k := j + 1; craft && k < min(j+14, s.last) && ws[k].low != ";" && ws[k].low != "."; k++ {
		crew := false
		switch ws[k].low {
		case "with", "carrying":
			crew = k+3 < s.last && ws[k].low == "with" && ws[k+2].low == "crew" && ws[k+3].low == "of" // "with a crew of 15"
			if crew {
				k += 3
			}
		default:
			continue
		}
		g := r.group(k + 1)
		if g < 0 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || !r.groups[g].person && !crew {
			continue
		}
		if a, ok := r.take(g); ok {
			r.figure(si, j, Abducted, []arg{a}, "fig.aboard", j, r.groups[g].last)
		}
		return
	}
}

// craft tells whether words [from, to) name a ship, a bus or a plane.
func (r *reading) craft(s *sentence, from, to int) bool {
	for k := from; k < min(to, s.last) && !r.words[k].punct; k++ {
		if w := &r.words[k]; w.is(lexicon.Thing) && w.e.Unit == "vehicle" || w.low == "ferry" {
			return true
		}
	}
	return false
}

// heldInTitle tells whether a headline counts at word j suspects who are held: "Police crack
// market grenade case, three held", "Man held over stabbing".
func (r *reading) heldInTitle(si, j int) bool {
	return (r.whoBefore(j) || r.countBefore(j)) && r.holdsSuspects(si, j)
}

// holdsSuspects tells whether those of whom a headline says at word j that they are held are
// suspects. Captives are held too, and by others, and so are funerals and talks.
func (r *reading) holdsSuspects(si, j int) bool {
	s := &r.sents[si]
	if !s.title || r.besieged(si) || !r.maybeSuspects(s, j) {
		return false
	}
	k := j + 1
	if k < s.last && (r.words[k].low == "in" || r.words[k].low == "at" || r.words[k].low == "near") && k+1 < s.last && r.words[k+1].place > 0 {
		k += 2 // "held in Portmore over the killings"
	}
	who := j
	for who > s.first && !r.words[who-1].punct {
		who--
	}
	taken := r.kidnapping(si) || r.perpetratorNear(s, s.first, who) || r.perpetratorNear(s, j, s.last)
	if k >= s.last || r.words[k].punct {
		return !taken
	}
	switch r.words[k].low {
	case "for":
		next := &r.words[min(k+1, s.last-1)]
		return next.low != "ransom" && (next.q == nil || next.date > 0) && !strings.HasPrefix(r.lowAt(k+2), "week") && !strings.HasPrefix(r.lowAt(k+2), "day")
	case "over", "with", "under", "following":
		return true
	case "on":
		return r.lowAt(k+1) == "suspicion" || strings.HasPrefix(r.lowAt(k+1), "charge")
	case "in", "after":
		for n := k + 1; n < min(k+7, s.last) && !r.words[n].punct; n++ {
			if w := &r.words[n]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && Family(w.e.Type) != "law" {
				return !taken
			}
		}
	}
	return false
}

// maybeSuspects tells whether those before word j of a headline may be suspects: there are
// people, or a number of them, and nothing else that is held.
func (r *reading) maybeSuspects(s *sentence, j int) bool {
	who := false
	for n := j - 1; n >= s.first && !(r.words[n].punct && r.words[n].low != "'" && !r.words[n].clitic && r.words[n].low != "’"); n-- {
		switch w := &r.words[n]; w.low {
		case "funeral", "funerals", "vigil", "vigils", "talks", "talk", "meeting", "rally", "protest", "prayers", "ceremony", "service", "hearing", "inquest", "election", "elections", "drill", "exercise", "being", "still", "guard", "guards", "crew", "sailors", "passengers", "worshippers", "pupils", "students", "nuns", "priest", "engineer", "journalist", "reporter", "hostage", "hostages", "captives":
			return false
		default:
			who = who || w.is(lexicon.Person) || w.q != nil || w.number || w.low == "pair" || w.low == "duo" || w.low == "trio"
		}
	}
	return who
}

// besieged tells whether a sentence speaks of people who were taken, or of a siege.
func (r *reading) besieged(si int) bool {
	s := &r.sents[si]
	return r.says(s, "siege") || r.says(s, "standoff") || r.says(s, "hijacked") || r.says(s, "hostage") || r.says(s, "captive") || r.says(s, "captors") || r.says(s, "ransom") || r.says(s, "pirates")
}

// countBefore tells whether people are counted before word j and not named: "three held".
func (r *reading) countBefore(j int) bool {
	g := r.group(j - 1)
	return g >= 0 && r.groups[g].last == j && r.groups[g].head < 0 && r.groups[g].q != nil && r.groups[g].q.Shape == quantity.Count
}

// townLost tells whether a town or its people lost some of their own at word j: "At
// Gindiri, which lost eight people on Tuesday". A club loses players, a city residents.
func (r *reading) townLost(s *sentence, j, g int) bool {
	if r.groups[g].q.Max > 200 || r.groups[g].head < 0 {
		return false
	}
	switch r.words[r.groups[g].head].low {
	case "people", "persons", "men", "women", "children", "villagers", "farmers", "sons", "lives", "souls", "pupils":
	default:
		return false
	}
	k := j - 1
	if k >= s.first && (r.words[k].low == "which" || r.words[k].low == "has" || r.words[k].low == "had") {
		k--
	}
	if k >= s.first && r.words[k].low == "," {
		k--
	}
	if k < s.first {
		return false
	}
	switch w := &r.words[k]; w.low {
	case "village", "community", "hamlet", "town", "families", "family", "settlement":
		return true
	default:
		return w.place > 0 && !r.places[w.place-1].country()
	}
}

// care reads what tells of wounds without naming them: "was rushed to the General
// Hospital", "are in hospital", "is in a stable condition", "was hit in the
// thigh", "received treatment". Such people are hurt where nothing else counts
// them. It returns the last word that it used, j where there is none.
func (r *reading) care(si, j int) int {
	ws, s := r.words, &r.sents[si]
	hospital := func(from, to int) int { return r.hospital(s, from, to) }
	end := -1
	subject := j
	switch ws[j].low {
	case "taken", "rushed", "carried", "helicoptered", "airlifted", "flown", "brought", "shifted", "moved", "evacuated", "transferred", "driven", "conveyed", "admitted", "transported", "referred", "ferried":
		if !r.passive(si, j) && !(r.lowAt(j-1) == "and" || r.lowAt(j-1) == ",") {
			if ws[j].low != "driven" {
				return j
			}
			end = r.ownWay(s, j) // "had driven himself to hospital"
			break
		}
		if end = hospital(j+1, j+10); end < 0 && (ws[j].low == "admitted" || ws[j].low == "brought") && r.lowAt(j+1) == "with" {
			for k := j + 2; k < min(j+7, s.last); k++ {
				if w := &ws[k]; wound(w.low) || w.is(lexicon.Harm) && w.e.Measure == string(Injured) {
					end = k
				}
			}
		}
	case "cared", "operated":
		if n := r.lowAt(j + 1); r.passive(si, j) && (n == "for" || n == "on") {
			end = j + 1
		}
	case "remained", "remain", "remains":
		switch r.lowAt(j + 1) {
		case "hospitalised", "hospitalized", "admitted":
			end = j + 1
		case "in", "under":
			if n := r.lowAt(j + 2); n == "hospital" || n == "intensive care" || n == "surgery" || n == "treatment" || n == "care" {
				end = j + 2
			}
		}
	case "treated", "treating", "treat":
		if !r.passive(si, j) {
			// "medics had treated 50 people"
			g := r.group(j + 1)
			if g < 0 || r.groups[g].first != j+1 || !r.groups[g].person || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count {
				return j
			}
			if args, end := r.list(si, g, true); len(args) > 0 {
				n := len(r.figs)
				r.figure(si, j, Injured, args, "fig.care", j, end)
				for i := n; i < len(r.figs); i++ {
					r.figs[i].care = true
				}
			}
			return j
		}
		if end = hospital(j+1, j+12); end < 0 {
			for k := j + 1; k < min(j+6, s.last); k++ {
				switch w := &ws[k]; {
				case w.is(lexicon.Harm) && w.e.Measure == string(Injured), wound(w.low), w.low == "inhalation", w.low == "gunshot":
					end = k
				case illness(w.low):
					return j
				case w.low == "broken" && k+1 < s.last && bodyPart(ws[k+1].low):
					end = k + 1
				}
			}
			if end < 0 && (j+1 >= s.last || ws[j+1].punct || ws[j+1].date > 0) {
				end = j
			}
			if n := r.lowAt(j + 2); end < 0 && ws[j+1].low == "for" && (n == "a" || n == "an" || n == "minor" || n == "severe" || n == "serious" || n == "multiple") {
				end = min(j+3, s.last-1) // "treated for a burst eardrum"
			}
			if end < 0 {
				switch ws[j+1].low {
				case "on", "at", "in", "by", "there", "overnight", "after", "outside":
					end = j
				}
			}
		}
	case "hit", "struck", "grazed", "cut", "burned", "burnt", "slashed", "bitten":
		if n := r.lowAt(j + 1); !r.passive(si, j) || n == "off" || n == "short" {
			return j
		}
		for k := j + 1; k < min(j+7, s.last); k++ {
			if bodyPart(ws[k].low) || ws[k].low == "bullet" || ws[k].low == "bullets" || ws[k].low == "shrapnel" || ws[k].low == "gunfire" || ws[k].low == "pellet" || ws[k].low == "pellets" || ws[k].low == "shots" || ws[k].low == "splinters" || ws[k].low == "round" || ws[k].low == "rounds" || ws[k].low == "glass" || ws[k].low == "debris" || ws[k].low == "fragment" || ws[k].low == "fragments" {
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
		if end < 0 {
			end = r.woundAfter(s, j)
		}
	case "suffered", "suffering", "sustained", "sustaining", "needed", "required", "had", "has", "have", "nursing":
		end = r.woundAfter(s, j)
	case "drove", "walked", "made", "arrived", "turned", "showed", "drives", "walks", "arrives":
		// "drove himself to hospital", "walked into a hospital with a bullet in his calf"
		end = r.ownWay(s, j)
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
	for k := max(s.first, j-4); k < j; k++ {
		switch ws[k].low {
		case "bodies", "body", "corpses", "corpse", "remains", "coffins":
			return j
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

// hospital finds a hospital among words [from, to); -1 where there is none.
func (r *reading) hospital(s *sentence, from, to int) int {
	for k := from; k < min(to, s.last); k++ {
		switch r.words[k].low {
		case "hospital", "hospitals", "clinic", "clinics", "infirmary", "trauma centre", "trauma center", "trauma", "emergency room":
			return k
		case ";", ".":
			return -1
		}
		if r.words[k].low == "medical" && k+1 < s.last && (r.words[k+1].low == "centre" || r.words[k+1].low == "center") {
			return k + 1
		}
	}
	return -1
}

// woundAfter finds what a verb says of wounds: "suffered deep gashes to both
// hands", "needed 31 stitches", "has three cracked ribs". -1 where there is none.
func (r *reading) woundAfter(s *sentence, j int) int {
	ws := r.words
	if g := r.group(j + 1); g >= 0 && r.groups[g].person {
		return -1
	}
	owns := ws[j].low == "had" || ws[j].low == "has" || ws[j].low == "have"
	for k := j + 1; k < min(j+7, s.last) && !ws[k].punct; k++ {
		w := &ws[k]
		switch w.low {
		case "no":
			return -1
		case "broken", "fractured", "cracked", "shattered":
			if k+1 < s.last && bodyPart(ws[k+1].low) {
				return k + 1
			}
		}
		if wound(w.low) && r.hasWound(k) || owns && w.is(lexicon.Harm) && w.e.Measure == string(Injured) && w.e.Form == lexicon.Noun {
			return k
		}
		if w.is(lexicon.Verb|lexicon.Aux) && !w.is(lexicon.Harm|lexicon.Adj) || w.is(lexicon.Harm) && w.e.Measure == string(Killed) {
			return -1 // "has died of the wounds that …"
		}
	}
	return -1
}

// hasWound tells whether a word for a wound is one here: "a cut", "minor bruises",
// not "had their power cut".
func (r *reading) hasWound(k int) bool {
	switch r.words[k].low {
	case "cut", "cuts", "bump", "graze":
		p := &r.words[k-1]
		return p.is(lexicon.Adj) || p.q != nil || p.low == "a" || p.low == "some" || p.low == "minor" || p.low == "several" || p.low == "superficial"
	}
	return true
}

// ownWay tells whether somebody who was hurt came to a hospital unaided: "drove
// himself to hospital", "walked into a clinic with a bullet in his calf". -1 where not.
func (r *reading) ownWay(s *sentence, j int) int {
	for k := j + 1; k < min(j+12, s.last); k++ {
		w := &r.words[k]
		switch {
		case w.low == "himself", w.low == "herself", w.low == "own", w.low == "bullet", wound(w.low), w.is(lexicon.Harm) && w.e.Measure == string(Injured):
			return r.hospital(s, j+1, j+12)
		}
	}
	return -1
}

// illness tells whether a word names what people are treated for and nobody did to them.
func illness(w string) bool {
	switch w {
	case "shock", "panic", "exhaustion", "dehydration", "cancer", "cholera", "malaria", "covid", "covid-19", "depression", "anxiety", "hypothermia", "malnutrition", "malnourishment", "pneumonia", "illness", "flu", "addiction", "poisoning", "heatstroke", "bite", "bites", "heart":
		return true
	}
	return false
}

// wound tells whether a word names a wound that is told by its kind.
func wound(w string) bool {
	switch w {
	case "gash", "gashes", "laceration", "lacerations", "fracture", "fractures", "stitches", "cut", "cuts", "bruise", "bruises", "bruising", "scrapes", "abrasions", "graze", "grazes", "concussion", "bump", "sprain":
		return true
	}
	return false
}

func bodyPart(w string) bool {
	switch w {
	case "rib", "ribs", "skull", "forearm", "bone", "bones", "cheekbone", "collarbone", "toe", "toes", "fingers", "nose", "eyelid", "scalp", "temple", "heel", "buttock", "abdominal", "spine", "leg", "legs", "arm", "arms", "shoulder", "shoulders", "thigh", "head", "chest", "back", "neck", "hand", "hands", "foot", "feet", "stomach", "abdomen", "face", "hip", "knee", "ankle", "groin", "torso", "buttocks", "jaw", "eye", "eyes", "elbow", "wrist", "calf", "pelvis", "side", "finger", "ear", "throat", "cheek", "belly":
		return true
	}
	return false
}
