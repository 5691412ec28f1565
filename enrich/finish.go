package enrich

import (
	"slices"
	"strings"
	"time"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/enrich/where"
)

// A gathered incident becomes a report.

// finish makes a report of a gathered incident.
func (r *reading) finish(x *incident, cs []clause) Report {
	rep := Report{Role: x.role, Certainty: "reported"}
	var rule string
	rep.Type, rep.Subtype, rule = r.typed(x, r.agent(x, cs))
	r.sides(x, rep.Type)
	rep.Rules = append(rep.Rules, x.rules...)
	rep.Rules = append(rep.Rules, rule)
	rep.Outcome = r.outcome(x, cs)
	rep.Complex = r.complex(x, cs)
	if r.withdrawn(x, cs) {
		rep.Certainty = "retracted"
		for _, f := range x.figs {
			r.figs[f].certainty = "retracted"
		}
	}
	var zone string
	rep.Place, zone = r.placeOf(x, cs)
	d, notAfter := r.chooseDate(x, cs, rep.Type)
	if d < 0 || notAfter {
		if e := r.dayOfCase(x, cs); e >= 0 {
			d, notAfter = e, false
		}
	}
	if d >= 0 {
		rep.Occurred = r.occurred(&r.dates[d], zone)
		rep.Occurred.NotAfter = notAfter
	} else if d := r.refused(x); d >= 0 {
		rep.Occurred = r.occurred(&r.dates[d], zone)
		rep.Occurred.Basis = "none"
	} else if x.role != Background && r.clock.Known() {
		rep.Occurred = &Occurred{Precision: "unknown", Basis: "publication"}
	}
	for _, ci := range x.clauses {
		for _, p := range r.parties(&cs[ci]) {
			w := &r.words[p.word]
			s := &r.sents[r.sentenceAt(p.word)]
			if at := slices.IndexFunc(rep.Actors, func(a Actor) bool { return a.Name == p.name }); at >= 0 {
				if rolesRank(p.role) > rolesRank(rep.Actors[at].Role) {
					rep.Actors[at].Role = p.role
					rep.Actors[at].Evidence = []Span{r.span(s.field, w.start, w.end)}
				}
				continue
			}
			if len(rep.Actors) >= 8 {
				continue
			}
			rep.Actors = append(rep.Actors, Actor{Name: p.name, Role: p.role, Kind: p.kind, Evidence: []Span{r.span(s.field, w.start, w.end)}})
		}
	}
	slices.SortStableFunc(rep.Actors, func(a, b Actor) int { return rolesRank(b.Role) - rolesRank(a.Role) })
	for n, k := range x.kinds {
		if n >= 4 {
			break
		}
		w := &r.words[k]
		rep.Evidence = append(rep.Evidence, r.span(r.sents[r.sentenceAt(k)].field, w.start, w.end))
		if r.meansOnly(w.low) && !slices.Contains(rep.Weapons, w.low) {
			rep.Weapons = append(rep.Weapons, strings.Clone(w.low)) // the reading's memory is used again
		}
	}
	if len(rep.Evidence) == 0 && len(x.figs) > 0 {
		f := &r.figs[x.figs[0]]
		rep.Evidence = append(rep.Evidence, r.quote(f)...)
	}
	if len(x.figs) > 0 {
		rep.Figures = make([]Figure, 0, len(x.figs))
	}
	for _, f := range x.figs {
		rep.Figures = append(rep.Figures, r.export(&r.figs[f], x.role))
	}
	rep.Totals = r.fuse(x)
	rep.Terms, rep.Places = r.terms(x, cs), r.placeNames(x, cs)
	return rep
}

// complex tells whether one plan used two or more tactics: "a car bomb was followed
// by a gun assault".
func (r *reading) complex(x *incident, cs []clause) bool {
	blast, assault := false, false
	for _, k := range x.kinds {
		w := &r.words[k]
		switch {
		case r.meansOnly(w.low):
		case w.e.Type == "bombing" || w.e.Type == "explosion":
			blast = true
		case w.e.Type == "shooting", w.low == "stormed", w.low == "storming", w.low == "gun assault", w.low == "raid", w.low == "siege", w.low == "held hostage", w.low == "took hostage":
			assault = true
		}
	}
	if !blast || !assault {
		return false
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k+1 < c.last; k++ {
			switch r.words[k].low {
			case "complex", "coordinated":
				return true
			case "followed":
				if r.words[k+1].low == "by" {
					return true
				}
			case "then", "before", "afterwards":
				for n := k + 1; n < min(k+8, c.last); n++ {
					if w := &r.words[n]; w.is(lexicon.Kind) && !r.meansOnly(w.low) && Family(w.e.Type) == "armed" {
						return true
					}
				}
			}
		}
	}
	return false
}

func (r *reading) isBomber(g int) bool {
	for k := r.groups[g].first; k < r.groups[g].last; k++ {
		if l := r.words[k].low; strings.HasPrefix(l, "bomber") || strings.Contains(l, "suicide") {
			return true
		}
	}
	return false
}

// withdrawn tells whether a report of the incident was taken back: "The agency withdrew its
// report", "This was wrong and we withdraw it", "RETRACTION: No bomb at hotel".
func (r *reading) withdrawn(x *incident, cs []clause) bool {
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		for k := s.first; k < s.last; k++ {
			if l := r.words[k].low; s.title && l == "retraction" || takesBack(l) && k > s.first && r.words[k-1].low == "we" {
				return true
			}
		}
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last; k++ {
			if !takesBack(r.words[k].low) {
				continue
			}
			for n := k + 1; n < min(k+4, c.last); n++ {
				if l := r.words[n].low; l == "report" || l == "reports" || l == "story" || l == "claim" || l == "article" {
					return true
				}
			}
		}
	}
	return false
}

// takesBack tells whether a verb takes back what was reported.
func takesBack(w string) bool {
	switch w {
	case "withdrew", "withdraw", "withdraws", "withdrawn", "retract", "retracts", "retracted":
		return true
	}
	return false
}

// agent tells whether armed people act in the incident's clauses.
func (r *reading) agent(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		for k := cs[ci].first; k < cs[ci].last; k++ {
			w := &r.words[k]
			if w.armed() || w.is(lexicon.Actor) || w.low == "militia" || w.low == "army" {
				return true
			}
		}
	}
	return false
}

// hurts tells whether the incident has people killed or hurt.
func (r *reading) hurts(x *incident) bool {
	for _, f := range x.figs {
		if m := r.figs[f].measure; (m == Killed || m == Injured) && r.figs[f].q.Max != 0 && r.figs[f].scope != "hypothetical" && r.figs[f].scope != "aggregate" {
			return true
		}
	}
	return false
}

func rolesRank(role string) int {
	switch role {
	case "claimed":
		return 5
	case "blamed":
		return 4
	case "suspected":
		return 3
	case "denied":
		return 2
	}
	return 1
}

// orderPlaces puts the places of an incident in the order in which they are
// believed: those that say where, from the sentences that tell of it, first.
func (r *reading) orderPlaces(x *incident, cs []clause) []int {
	var near, far, last []int
	for _, p := range x.places {
		if r.located(p) && !r.places[p].Demonym && !r.tended(p) && !r.ofEarlier(p) {
			near = append(near, p)
		} else if r.tended(p) || r.atHome(p) || r.carer(r.places[p].word) {
			last = append(last, p)
		} else if !r.carriedTo(p) && !r.sourceSeat(p) && !r.speakerAt(p) && !r.riverOf(p) {
			far = append(far, p)
		}
	}
	// "The commander of the port of A said that a bomb went off in B": B.
	if len(near) > 1 && !r.within(near[0]) {
		for n, p := range near[1:] {
			if r.sentenceAt(r.places[p].word) != r.sentenceAt(r.places[near[0]].word) {
				break
			}
			if r.within(p) {
				near[0], near[n+1] = near[n+1], near[0]
				break
			}
		}
	}
	near = r.heldLast(x, near, far)
	if p := r.narrower(x, cs, near); p >= 0 {
		near = append(slices.Clip(near[:min(len(near), 2)]), p)
	}
	if len(near) > 3 {
		rest := few(near[3:])
		near = near[:3:3]
		for _, p := range rest { // what lies in the towns that come first says more
			if q := &r.places[p]; q.town() && slices.ContainsFunc(near[:3], func(n int) bool {
				return r.places[n].ID != q.ID && r.places[n].town() && r.gaz.Within(q.ID, r.places[n].ID)
			}) {
				near = append(near, p)
				break
			}
		}
	}
	if len(near) > 0 {
		if !slices.ContainsFunc(near, func(p int) bool { return !r.places[p].unlisted() }) && r.roundUp() {
			// "VILLEURBANNE - A youth was shot in the Buers quarter", in a column of briefs
			if n := slices.IndexFunc(far, func(p int) bool { return r.places[p].Dateline && r.places[p].town() }); n >= 0 {
				near = append(near, far[n])
			}
		}
		return near
	}
	if len(far) == 0 && len(last) > 0 && r.home() == "" {
		return last // the hospital is in the country, as like as not
	}
	return far
}

// atHome tells whether a place only says where somebody comes from, or lives: "a labourer from
// Bihar", "an editor who now lives in Bonn".
func (r *reading) atHome(p int) bool {
	k := r.places[p].word
	switch r.lowAt(k - 1) {
	case "from":
		return k > 1 && (r.words[k-2].is(lexicon.Person) || strings.HasSuffix(r.lowAt(k-2), "-old"))
	case "in", "at":
		return settled(r.lowAt(k - 2))
	}
	return false
}

// narrower is the town that an incident's sentences go on to name where those places that say
// where are no more than a province or a country: "… in northern Cameroon. The attack took
// place in Kolofata". -1 where there is none.
func (r *reading) narrower(x *incident, cs []clause, near []int) int {
	if len(near) == 0 || slices.ContainsFunc(near[:min(len(near), 3)], func(p int) bool { return r.places[p].rank() > 4 }) ||
		slices.ContainsFunc(few(x.figs), func(f int) bool { return r.figs[f].measure == Released || r.figs[f].measure == Arrested }) {
		return -1 // they were freed, or held, elsewhere
	}
	for _, ci := range few(x.clauses) {
		c := &cs[ci]
		if c.scope != "current" {
			continue
		}
		s := &r.sents[c.sent]
		for _, p := range c.places {
			if q := &r.places[p]; q.Kind == gazetteer.Settlement && !q.Demonym && !q.Dateline && q.Country == r.places[near[0]].Country && r.located(p) && r.within(p) && !r.tended(p) && !r.carriedTo(p) && !r.sourceSeat(p) && !r.heldAt(p) && !r.ofEarlier(p) && !r.lowBefore(s, q.word, 5, "felt", "heard") {
				return p
			}
		}
	}
	return -1
}

// ofEarlier tells whether a place is that of an attack before, which a sentence names beside:
// "the raid came an hour after a similar one on a station in Bwera".
func (r *reading) ofEarlier(p int) bool {
	k := r.places[p].word
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= max(s.first, k-14) && (!r.words[n].punct || r.words[n].low == ","); n-- {
		switch r.words[n].low {
		case "after", "follows", "followed", "following":
		default:
			if !r.endsIn(n, "after") { // "an hour after"
				continue
			}
		}
		for m := n + 1; m < min(n+4, k); m++ {
			switch r.words[m].low {
			case "one", "similar", "earlier", "previous", "another":
				return !r.words[m].upper && (m+1 == k || r.words[m+1].is(lexicon.Prep) || r.words[m].low != "one")
			}
		}
		return false
	}
	return false
}

// heldLast puts the places where people were arrested, or stood trial, over a deed of
// violence behind those that the text names beside: "detained in Yenisehir on suspicion of
// setting the fire that killed six in Inegol". Where it names no others, those may do.
func (r *reading) heldLast(x *incident, near, far []int) []int {
	harmed := slices.ContainsFunc(few(x.figs), func(f int) bool { m := r.figs[f].measure; return m == Killed || m == Injured || m == Abducted })
	later := func(p int) bool { return r.heldAt(p) || r.mourns(p, near) || r.diesAt(p) }
	if len(near) == 0 || !harmed && !r.violentDeed(x) || !slices.ContainsFunc(few(near), later) {
		return near
	}
	var first, last []int
	for _, p := range near {
		if later(p) {
			last = append(last, p)
		} else {
			first = append(first, p)
		}
	}
	if !slices.ContainsFunc(first, func(p int) bool { return r.places[p].rank() >= 5 }) {
		for _, p := range few(far) {
			if q := &r.places[p]; q.Title && q.town() && !q.Demonym {
				first = append(first, p) // "Two held for Lund bombing || … were arrested in Malmo"
			}
		}
	}
	return append(first, last...)
}

// mourns tells whether a town is one that mourns who was killed in another: "Trujillo bids
// farewell to the guards || … were murdered in Pataz".
func (r *reading) mourns(p int, near []int) bool {
	grieves := func(q int) bool {
		if r.places[q].ID != r.places[p].ID || !r.places[q].town() {
			return false
		}
		switch r.lowAt(r.places[q].word + 1) {
		case "mourns", "mourned", "mourning", "buries", "buried", "bids", "bade", "weeps", "wept", "grieves", "farewells", "honours", "honors", "remembers", "prays":
			return true
		}
		return false
	}
	return slices.ContainsFunc(few(near), grieves) && slices.ContainsFunc(few(near), func(q int) bool { return r.places[q].ID != r.places[p].ID && r.places[q].town() && r.doneAt(q) })
}

// doneAt tells whether a place hangs on the deed itself: "murdered in Pataz", "shot on a bus in X".
func (r *reading) doneAt(p int) bool {
	k := r.places[p].word
	switch r.lowAt(k - 1) {
	case "in", "at", "near", "outside", "on":
	default:
		return false
	}
	for n := k - 2; n >= max(0, k-6) && !r.words[n].punct && r.words[n].place == 0; n-- {
		if r.words[n].is(lexicon.Harm | lexicon.Kind) {
			return true
		}
	}
	return false
}

// diesAt tells whether a town is where somebody died of what was done in another, which the
// sentence names before: "fourth victim of Izmit blast dies in Istanbul".
func (r *reading) diesAt(p int) bool {
	k := r.places[p].word
	if r.lowAt(k-1) != "in" || k+1 < len(r.words) && r.words[k+1].is(lexicon.Kind) {
		return false
	}
	switch r.lowAt(k - 2) {
	case "dies", "died", "die", "dead":
	default:
		return false
	}
	s := r.sentenceAt(k)
	return slices.ContainsFunc(r.places[:p], func(q placing) bool {
		return q.word >= r.sents[s].first && q.word+1 < k && r.words[q.word+1].is(lexicon.Kind)
	})
}

// heldAt tells whether a place is where somebody was arrested, or stood trial: "were
// arrested at Delft, Utrecht and The Hague", "a court in Kumasi", "the Melitopol city court".
func (r *reading) heldAt(p int) bool {
	k := r.places[p].word
	s := &r.sents[r.sentenceAt(k)]
	if strings.HasSuffix(r.words[k].low, " court") {
		return true
	}
	for n := k + 1; n < min(k+4, s.last) && !r.words[n].punct; n++ {
		if r.words[n].low == "court" {
			return !r.courtAsPlace(s, n)
		}
	}
	switch r.lowAt(k - 1) {
	case "in", "at", "near", "from", "outside":
	case ",", "and":
		return p > 0 && r.places[p-1].word == k-2 && r.heldAt(p-1)
	default:
		return false
	}
	for n := k - 2; n >= max(s.first, k-12) && r.words[n].low != ","; n-- {
		switch w := &r.words[n]; {
		case w.low == "court":
			return !r.courtAsPlace(s, n)
		case w.is(lexicon.Kind) && w.low != "terrorism": // which a court may be for
			n = 0
		}
	}
	for n := k - 2; n >= max(s.first, k-18); n-- {
		switch w := &r.words[n]; {
		case w.is(lexicon.Harm):
			return w.e.Measure == string(Arrested)
		case w.low == "custody", w.low == "caught", w.low == "held", w.low == "picked up", w.low == "tracked", w.low == "collared", w.low == "cornered", w.low == "surrendered", w.low == "hiding", w.low == "hideout":
			return true
		case w.place > 0 && n < k-7:
			return false
		case w.punct, w.is(lexicon.Kind):
			return false
		}
	}
	return false
}

// speakerAt tells whether a place is named as one who says or does something:
// "something that Saudi Arabia denies", "Tehran said".
func (r *reading) speakerAt(p int) bool {
	k := r.places[p].word + 1
	if k >= len(r.words) {
		return false
	}
	switch r.lowAt(k - 2) {
	case "in", "at", "near", "outside":
		return false // "rescuers in Zaporizhzhia have pulled …"
	case "of":
		switch r.lowAt(k - 3) {
		case "town", "city", "village", "district", "suburb", "port":
			return false // "the toll in the town of Zhanaozen has risen"
		}
	}
	w := &r.words[k]
	switch w.low {
	case "calls", "demands", "rejects", "protests", "summons", "expresses", "voices", "insists", "welcomes", "deplores", "orders":
		return r.places[p].country() || r.gaz.Capital(r.places[p].ID) // "Tehran calls on Riyadh"
	case "hits", "strikes", "bombs", "pounds", "shells", "raids", "attacks", "targets", "bombards":
		if r.places[p].country() {
			return true // "Pakistan hits hideouts across border": it strikes, and elsewhere
		}
	}
	return speaks(w.low) || w.low == "denies" || w.low == "denied" || w.low == "has" || w.low == "have" || w.low == "blames" || w.low == "blamed" || w.low == "accuses" || w.low == "accused" || w.low == "condemned" || w.low == "vowed" ||
		w.low == "confirms" || w.low == "confirmed" || w.low == "condemns" || w.low == "tells" || w.low == "told" || w.low == "urges" || w.low == "urged" || w.low == "warns" || w.low == "vows"
}

// within tells whether a place name hangs on "in", "at" or "near" and not only on "of".
func (r *reading) within(p int) bool {
	for k := r.places[p].word - 1; k >= 0 && k >= r.places[p].word-6; k-- {
		w := &r.words[k]
		switch w.low {
		case "in", "at", "near", "outside", "inside", "around", "on":
			return true
		case "of":
			continue
		}
		if w.place == 0 && !w.is(lexicon.Det|lexicon.Adj) && !where.Direction(w.low) && where.Noun(w.low) == gazetteer.None && w.low != "outskirts" && w.low != "capital" {
			return false
		}
	}
	return r.sents[r.sentenceAt(r.places[p].word)].title
}

// carriedTo tells whether a place is where somebody was brought or went
// afterwards, or came from: "evacuated to Nairobi", "back from a trip to Goma".
func (r *reading) carriedTo(p int) bool {
	k := r.places[p].word
	if r.places[p].Border && r.lowAt(k-1) == "the" {
		k-- // "fled for the Mauritanian border"
	}
	if r.lowAt(k-1) == "of" && r.lowAt(k-2) == "direction" {
		return true // "escaped in the direction of Nablus"
	}
	if l := r.lowAt(k - 1); l != "to" && l != "from" && l != "for" && l != "in" {
		return false
	}
	for n := k - 2; n >= 0 && n >= k-7; n-- {
		switch r.words[n].low {
		case "returned", "trip", "deported", "extradited", "fled":
			return true
		case "evacuated", "evacuate", "evacuating", "taken", "flown", "airlifted", "medevaced", "transferred", "rushed", "transported", "brought", "treated", "treatment", "referred":
			return r.lowAt(k-1) != "from" // from there they were brought
		}
	}
	return false
}

// tended tells whether a place is only where somebody was cared for: "died in a
// hospital in Cairo", "on the way to a clinic near Goma", "succumbed at SMHS hospital".
func (r *reading) tended(p int) bool {
	k := r.places[p].word
	if r.carer(k) && r.inCare(k) {
		return true
	}
	s := &r.sents[r.sentenceAt(k)]
	for n := k - 1; n >= s.first && n >= k-5; n-- {
		w := &r.words[n]
		switch w.low {
		case "hospital", "hospitals", "clinic", "infirmary", "morgue", "medical centre", "medical center":
			return r.inCare(n)
		}
		if w.punct {
			return false
		}
	}
	return false
}

// inCare tells whether the hospital at word n is where somebody lay or was brought, and
// not what was hit.
func (r *reading) inCare(n int) bool {
	s := &r.sents[r.sentenceAt(n)]
	to := false
	for m := n - 1; m >= s.first && m >= n-9; m-- {
		w := &r.words[m]
		switch w.low {
		case "in", "at", "to", "into":
			if to = true; w.low == "to" && m > s.first && r.lowAt(m-1) != "close" && r.lowAt(m-1) != "next" && r.lowAt(m-1) != "damage" {
				return true // "only six could be smuggled to a clinic in Pakokku"
			}
		case "care":
			return true
		case "died", "dies", "succumbed", "succumb", "succumbs", "way", "treated", "treatment", "taken", "brought", "rushed", "airlifted", "admitted", "transferred", "pronounced dead", "declared dead", "hospitalised", "hospitalized", "recovering":
			return to
		default:
			if w.is(lexicon.Kind) && !strings.HasSuffix(w.low, "wounds") && !w.is(lexicon.Person) {
				return false // "died in a strike on the hospital in Kunduz"
			}
		}
	}
	return false
}

// chooseDate finds when: the first date that is not old, in a clause with the
// incident's words; of what only its date shows to be past, the nearest.
func (r *reading) chooseDate(x *incident, cs []clause, typ string) (d int, notAfter bool) {
	p := -1
	if len(x.kinds) > 0 {
		p = x.kinds[0]
	}
	if len(x.figs) > 0 {
		p = r.figs[x.figs[0]].harm
	}
	for d := range r.dates[:min(len(r.dates), compared)] {
		if dt := &r.dates[d]; dt.Back > 0 && !dt.Earliest.IsZero() && !r.beforeOther(dt.word) && !r.afterOwn(dt.word) && (r.countsTo(dt.word, p) || (p < 0 || p > dt.word) && r.countsTo(dt.word, r.firstDeed(x)) || r.countsToHarm(dt.word, x)) {
			return d, false
		}
	}
	best := -1
	if x.role == Background || x.alone || len(x.rules) > 0 && x.rules[0] == "scope.old-date" {
		dist, after := 60, -1
		for _, d := range x.dates {
			dt := &r.dates[d]
			n := max(dt.word-p, p-dt.word)
			if dt.owns {
				n -= 20 // "the 71 who were killed in last weekend's massacre"
			}
			if x.alone && (r.ofRites(dt.word) || r.ofDeath(d)) {
				continue
			}
			if v := r.daysWeight(x, cs, d); v <= besideDeed && !dt.owns && r.isDay(d) {
				if after < 0 && !dt.dateline && !dt.Old && !r.planned(dt.word) {
					after = d // of what followed
				}
				continue
			}
			if n < dist && !r.reporting(dt.word) && dt.Precision != "unknown" && !dt.dateline && !dt.Running && !r.planned(dt.word) && (dt.Back == 0 || r.countsTo(dt.word, p)) {
				best, dist = d, n
			}
		}
		if best < 0 && after >= 0 {
			return after, true
		}
		return best, false
	}
	if d := r.ownDay(x, cs, p); d >= 0 {
		return d, false
	}
	top := 0.0
	for n, ci := range x.clauses {
		c := &cs[ci]
		for _, d := range c.dates {
			dt := &r.dates[d]
			if dt.Old && r.isDay(d) && r.freedNow(c, dt.word) {
				return d, false
			}
			if dt.Old || r.ofRelease(c, d) || dt.Running || dt.dateline || dt.Back > 0 || dt.Precision == "unknown" || r.reporting(dt.word) || r.planned(dt.word) || dt.Precision == "week" && r.index(c) {
				continue // "the second attack this week" numbers it
			}
			if r.spokenOn(c, dt) {
				continue
			}
			if v := r.weighDate(x, c, d) - min(3, 0.3*float64(n)); best < 0 || v > top {
				best, top = d, v
			}
		}
	}
	if best >= 0 && r.dates[best].Precision == "week" {
		best = r.dayWithin(x, best)
	}
	if best < 0 && r.updates(x) {
		return r.dayOfOld(x, cs), false
	}
	if best < 0 && x.day > 0 {
		return x.day - 1, false
	}
	if best >= 0 && x.role != Background && !r.dates[best].owns && Family(typ) != "law" {
		return r.deedsDay(x, cs, best)
	}
	return best, false
}

// dayOfCase is the day of the deed over which people are held or tried, where the main
// incident is that deed: "Two held over clash || … an armed clash that killed four on Tuesday".
// -1 where there is none.
func (r *reading) dayOfCase(x *incident, cs []clause) int {
	if x.role != Main {
		return -1
	}
	best := -1
	for i := range r.trace.found {
		y := &r.trace.found[i]
		if y.role != Background || len(y.rules) == 0 || y.rules[0] != "scope.cause-of-arrest" && y.rules[0] != "scope.accused-of" {
			continue
		}
		d, _ := r.chooseDate(y, cs, "")
		if best >= 0 && d >= 0 {
			return -1 // of which, nothing tells
		}
		best = max(best, d)
	}
	return best
}

// ofRelease tells whether a day is the one on which captives came free, and not that on
// which they were taken.
func (r *reading) ofRelease(c *clause, d int) bool {
	if r.deedOrSequel(c, r.dates[d].word) > 0 {
		return false // "gunmen stopped a bus on Monday and led away 14, a passenger who was let go said"
	}
	free, taken := false, false
	for _, f := range c.figs {
		switch m := &r.figs[f]; m.measure {
		case Released, Escaped:
			free = true
		case Killed, Injured:
			return false
		case Abducted:
			taken = taken || m.harm < r.dates[d].word
		}
	}
	return free && !taken
}

// dayWithin is the day of a week by which an incident is known, "Tuesday's attack", and
// the week itself where there is none.
func (r *reading) dayWithin(x *incident, week int) int {
	w := &r.dates[week]
	for _, d := range few(x.dates) {
		if e := &r.dates[d]; e.owns && r.isDay(d) && !e.Earliest.Before(w.Earliest) && !e.Earliest.After(w.Latest) && !r.reporting(e.word) {
			return d
		}
	}
	return week
}

// sequelHeadline tells whether the headline tells of what follows from a deed.
func (r *reading) sequelHeadline() bool {
	for si := range r.opening(0) {
		s := &r.sents[si]
		for k := s.first; k < s.last; k++ {
			l := r.words[k].low
			if tries(l) || seizes(l) || frees(l) {
				return true
			}
			switch l {
			case "buries", "bury", "buried", "funeral", "funerals", "mourn", "mourns", "mourners", "grave", "suspect", "suspects", "court",
				"condemn", "condemns", "condemned", "claims", "claim", "toll", "search", "inquiry", "investigators", "vigil", "victims", "climb", "climbs", "rises", "dies":
				return true
			}
		}
	}
	return false
}

// ofRites tells whether a date is when the dead were buried or mourned, or when those
// who came free arrived: "were cremated on Tuesday", "landed in Zurich on Sunday".
func (r *reading) ofRites(d int) bool {
	s := &r.sents[r.sentenceAt(d)]
	wounds := false
	for k := d - 1; k >= s.first && k >= d-8; k-- {
		w := &r.words[k]
		switch w.low {
		case "wounds", "injuries", "wound", "burns":
			wounds = true
			continue
		case "succumbed", "succumbs", "succumb", "died", "dies":
			if wounds { // "of his wounds this morning": so is the day of a later death
				return true
			}
		case "buried", "bury", "buries", "burial", "funeral", "funerals", "cremated", "laid", "rest", "mourned", "mourning", "mourners", "attended", "service", "vigil", "procession", "marched", "homage", "tribute", "presided", "seen", "farewell", "goodbye", "landed", "arrived", "arrives", "returned", "flew", "flown", "reunited", "gathered", "walked", "condolences", "condolence":
			return true
		}
		if w.is(lexicon.Harm) && w.e.Measure == string(Released) {
			return true
		}
		if w.is(lexicon.Harm) || w.is(lexicon.Kind) || w.date > 0 {
			return false
		}
	}
	for k := d + 1; k < s.last && k < d+7; k++ {
		w := &r.words[k]
		switch w.low {
		case "attended", "mourned", "buried", "marched", "presided", "gathered", "walked", "acknowledged":
			return true
		}
		if w.is(lexicon.Harm|lexicon.Kind) || w.punct {
			return false
		}
	}
	return false
}

// ownDay is the full date in the very clause of the harm, though it be some weeks
// old: "two nuns were abducted on 2 March; a driver escaped on Thursday".
func (r *reading) ownDay(x *incident, cs []clause, p int) int {
	if p < 0 {
		return -1
	}
	for _, ci := range x.clauses[:min(3, len(x.clauses))] {
		c := &cs[ci]
		if p < c.first || p >= c.last || len(c.dates) != 1 {
			continue
		}
		d := c.dates[0]
		dt := &r.dates[d]
		if dt.Old && dt.Precision == "day" && dt.Basis == "explicit_date" && dt.Back == 0 && !dt.Earliest.IsZero() && !dt.dateline && !r.reporting(dt.word) && !r.planned(dt.word) && !r.tailWord(dt.word) {
			return d
		}
	}
	return -1
}

// afterOwn tells whether days are counted back from a deed that has a day of its own:
// "police on Sunday stopped a van, five days after a bomb".
func (r *reading) afterOwn(d int) bool {
	if !r.endsIn(d, "after") {
		return false
	}
	s := &r.sents[r.sentenceAt(d)]
	for k := s.first + s.dateline; k < d; k++ {
		n := r.words[k].date - 1
		if n < 0 {
			continue
		}
		dt := &r.dates[n]
		if dt.Back > 0 || dt.Old || dt.Running || dt.dateline || dt.Precision != "day" || r.reporting(k) || r.planned(k) || r.introduces(k) {
			continue
		}
		c := clause{first: s.first + s.dateline, last: d}
		if r.deedOrSequel(&c, k) >= 0 {
			return true
		}
	}
	return false
}

// beforeOther tells whether days are counted to something else: "two days before the
// anniversary".
func (r *reading) beforeOther(d int) bool {
	if !r.endsIn(d, "before") || d+1 >= len(r.words) {
		return false
	}
	switch r.words[d+1].low {
	case "the", "a", "an", "its", "their", "his", "her":
		return true
	}
	return false
}

// countsToHarm is countsTo for any of the people killed, hurt or taken.
func (r *reading) countsToHarm(d int, x *incident) bool {
	for _, f := range few(x.figs) {
		if m := &r.figs[f]; (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && m.scope == "current" && m.relation != "part" && r.countsTo(d, m.harm) {
			return true
		}
	}
	return false
}

// firstDeed is the first word for what happened that is more than what was found
// of it, -1 where there is none.
func (r *reading) firstDeed(x *incident) int {
	for _, k := range few(x.kinds) {
		if t := r.words[k].e.Type; t != "bodies_found" && t != "unknown" {
			return k
		}
	}
	return -1
}

// weighDate tells how likely a date is that of the incident that its clause tells
// of, and not of what came after: of a death in hospital, an arrest, a speech. What
// happened is told with its hour, and comes before all that follows from it.
func (r *reading) weighDate(x *incident, c *clause, d int) float64 {
	dt := &r.dates[d]
	v := 0.0
	if dt.Precision == "day" {
		v += 4
	}
	if dt.owns && !r.behindAfter(dt.word) {
		v += 4
	}
	if r.introduces(dt.word) || dt.Weekday > 0 && r.maybePerson(dt.word) {
		v -= 2
	}
	for i := range r.hours {
		if h := r.hours[i].word; h >= c.first && h < c.last && max(h-dt.word, dt.word-h) <= 6 {
			v += 2
			break
		}
	}
	for k := max(c.first, dt.word-3); k < min(c.last, dt.word+3); k++ {
		switch r.words[k].low {
		case "night", "evening", "morning", "afternoon", "dawn", "dusk", "midnight", "noon":
			v += 0.7
		}
	}
	v += r.deedOrSequel(c, dt.word)
	if r.ofLife(c, dt.word) {
		v += besideDeed
	}
	if !r.opens(c.sent) && r.tellsWhich(c, dt.word) {
		v -= 2
	}
	if !r.opens(c.sent) && r.saysWhat(c) && r.indefinite(c) && !r.definite(c) {
		v -= 1.5 // "On Wednesday a car bomb tore through …" may be another
	}
	if dt.Earliest.IsZero() || r.behindAfter(dt.word) {
		return v
	}
	for _, o := range few(x.dates) {
		if e := &r.dates[o]; !r.behindAfter(e.word) && !e.Old && !e.Running && !e.dateline && e.Precision == "day" && !e.Earliest.IsZero() && e.Earliest.Before(dt.Earliest) && !r.reporting(e.word) {
			return v
		}
	}
	return v + 1.2
}

// ofLife tells whether a day is one of the life of somebody whom a clause below the opening
// tells of, and no deed's: "Ana, 9, had a competition on Saturday", "her wedding was on
// Friday".
func (r *reading) ofLife(c *clause, d int) bool {
	if len(c.kinds)+len(c.figs) > 0 || r.opens(c.sent) || r.deedOrSequel(c, d) != 0 {
		return false
	}
	for k := c.first; k < d; k++ {
		switch r.words[k].low {
		case "had", "has":
			return r.words[k+1].is(lexicon.Det)
		case "turned", "married", "wedding", "birthday", "bought", "wanted", "hoped":
			return true
		}
	}
	return false
}

// tellsWhich tells whether a date only says which people are meant: "a rifle of the rangers
// killed on Tuesday".
func (r *reading) tellsWhich(c *clause, d int) bool {
	for k := d - 1; k > c.first && k >= d-8 && !r.words[k].punct; k-- {
		if w := &r.words[k]; !w.is(lexicon.Harm) || w.e.Form&lexicon.Past == 0 {
			continue
		}
		if !r.words[k-1].is(lexicon.Person) {
			return false
		}
		for j := k - 2; j >= max(c.first, k-5); j-- {
			if low := r.words[j].low; low == "the" || low == "those" || low == "these" {
				return true
			}
		}
		return false
	}
	return false
}

// behindAfter tells whether a date is told of what came before: "…, after a similar
// shooting on Monday".
func (r *reading) behindAfter(d int) bool {
	for k := d - 1; k >= 0 && k >= d-9; k-- {
		switch w := &r.words[k]; {
		case w.low == "after", w.low == "since", w.low == "following", w.low == "similar", r.endsIn(k, "after"):
			return true
		case w.low == "," && k > 0 && (r.words[k-1].clitic || r.words[k-1].date > 0):
			// "after Monday's, Tuesday's and Wednesday's attacks"
		case w.punct && !r.owner(k-1) && !r.owner(k-2) && !w.clitic:
			return false
		}
	}
	return false
}

// owner tells whether a word is a day whose deed is meant: "Monday's".
func (r *reading) owner(k int) bool {
	return k >= 0 && r.words[k].date > 0 && r.dates[r.words[k].date-1].owns
}

// updates tells whether an incident is told anew because its toll changed.
func (r *reading) updates(x *incident) bool {
	for _, f := range few(x.figs) {
		if m := &r.figs[f]; m.relation == "update" && m.scope == "current" {
			return true
		}
	}
	return false
}

// dayOfOld finds the day of an incident that is news only because its toll rose:
// "toll rises in the attack in which a lorry was driven into crowds on July 14".
func (r *reading) dayOfOld(x *incident, cs []clause) int {
	first := cs[x.clauses[0]].sent
	for si := first; si < min(first+3, len(r.sents)); si++ {
		s := &r.sents[si]
		for i := range r.dates {
			d := &r.dates[i]
			if d.word >= s.first && d.word < s.last && d.Precision == "day" && d.Basis == "explicit_date" && !d.Earliest.IsZero() && !d.dateline && !r.reporting(d.word) && !r.planned(d.word) {
				return i
			}
		}
	}
	return -1
}

// refused is the first date of an incident that is none, -1 where there is none.
func (r *reading) refused(x *incident) int {
	for _, d := range few(x.dates) {
		if r.dates[d].Refused != "" {
			return d
		}
	}
	return -1
}

// countsTo tells whether a time that is counted from another one is that of word
// p: "… was shot two days earlier", "a day after gunmen killed …".
func (r *reading) countsTo(d, p int) bool {
	if p < 0 || r.sentenceAt(d) != r.sentenceAt(p) {
		return false
	}
	if r.endsIn(d, "after") {
		for k := d + 1; k < p; k++ {
			if r.words[k].low == "," && (r.hurtAhead(d+1, k) || r.deedAhead(d+1, k)) {
				return false // "Two days after a raid on a school, bandits …"
			}
		}
		return d < p
	}
	if d < p {
		return false
	}
	for k := p + 1; k < d; k++ {
		if r.words[k].is(lexicon.Harm) && k > p+2 {
			return false
		}
	}
	return true
}

// planned tells whether a date is of what is still to come: "will meet on 15 March".
func (r *reading) planned(d int) bool {
	s := &r.sents[r.sentenceAt(d)]
	for k := d - 1; k >= s.first && k >= d-8; k-- {
		w := &r.words[k]
		switch w.low {
		case "will", "due", "scheduled", "planned":
			return true
		case "until", "till", "from":
			if n := r.words[d].date - 1; k == d-1 && n >= 0 && !r.dates[n].owns && r.dates[n].Precision == "day" && r.dates[n].Latest.Sub(r.dates[n].Earliest) < 26*time.Hour {
				return true // "a boycott from Monday"
			}
		case "be":
			if r.lowAt(k-1) == "to" {
				return true // "is to be held on Sunday"
			}
		}
		if w.is(lexicon.Harm|lexicon.Kind) || w.punct && w.low != "," {
			return false
		}
	}
	return false
}

// introduces tells whether a date opens what somebody then says: "On Monday the
// hospital reported that …".
func (r *reading) introduces(d int) bool {
	if d+1 < len(r.words) && r.words[d+1].low == "," && d > r.sents[r.sentenceAt(d)].first+1 {
		return false // "was killed on Sunday, officials said"
	}
	for k := d + 1; k < len(r.words) && k < d+7; k++ {
		w := &r.words[k]
		if speaks(w.low) || w.low == "reported" || w.low == "claimed" || w.low == "announced" {
			return true
		}
		if w.is(lexicon.Harm|lexicon.Kind) || w.date > 0 || w.punct && w.low != "," {
			return false
		}
	}
	return false
}

// maybePerson tells whether a weekday may be a person's name: "Robinson Friday".
func (r *reading) maybePerson(d int) bool {
	w := &r.words[max(d-1, 0)]
	return d > 0 && w.upper && w.place == 0 && w.e.Class == 0 && !w.punct
}

// quote gives the words of a figure as evidence.
func (r *reading) quote(f *mention) []Span {
	s := &r.sents[f.sent]
	a, b := max(f.first, s.first), min(f.last, s.last)
	if a >= b {
		a, b = f.harm, f.harm+1
	}
	start, end := r.words[a].start, r.words[b-1].end
	if end-start <= 200 || f.group < 0 {
		return []Span{r.span(s.field, start, end)}
	}
	g := &r.groups[f.group]
	return []Span{
		r.span(s.field, r.words[g.first].start, r.words[g.last-1].end),
		r.span(s.field, r.words[f.harm].start, r.words[f.harm].end),
	}
}

func bound(n int) *int {
	if n == quantity.Open {
		return nil
	}
	return &n
}

// export makes the record's figure of a mention.
func (r *reading) export(f *mention, role Role) Figure {
	out := Figure{
		Measure: f.measure, Quantifier: f.q.Quantifier, Min: bound(f.q.Min), Max: bound(f.q.Max), Point: bound(f.q.Point), Unit: f.unit,
		Who: f.who, Grade: f.grade, Scope: f.scope, Relation: f.relation, Source: f.said, Certainty: f.certainty, Rule: f.rule, Evidence: r.quote(f),
	}
	if f.previous > 0 {
		p := f.previous
		out.Previous = &p
	}
	if f.excludes {
		out.Excludes = "perpetrator"
	}
	if role == Background && out.Scope == "current" {
		out.Scope = "background"
	}
	return out
}
