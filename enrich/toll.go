package enrich

import (
	"strconv"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// Tolls: numbers that count the dead or hurt without naming them, and what they
// replace.

// numberOf reads "the number of wounded stands at 48", "raised the count of the
// dead by six to 41": a toll in other words. It returns the harm word, j where
// there is none.
func (r *reading) numberOf(si, j int) int {
	ws, s := r.words, &r.sents[si]
	switch ws[j].low {
	case "number", "count", "tally", "total", "numbers", "figure":
		if r.moved(s, j) && r.diedBefore(si) {
			r.toll(si, j, Killed)
			return j
		}
		if ws[j].low == "figure" {
			return j
		}
	default:
		return r.broughtTo(si, j)
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
	if j > s.first && ws[j-1].low == "whose" && r.deadBefore(s, j-1) {
		// "… the martyrs of the raid, whose number has become five"
		r.toll(si, j, Killed)
		return j
	}
	if ws[j+1].low != "of" {
		// "raised the count by six to 41" after a toll was told of
		if ws[j].low == "count" || ws[j].low == "tally" {
			switch ws[j+1].low {
			case "by", "to", "at", "rose", "rises", "stood", "stands", "reached", "climbed", "now", "from", "is", "was", "hit", "hits":
				r.toll(si, j, Killed)
			}
		}
		return j
	}
	if j > s.first && (ws[j].low == "count" || ws[j].low == "counts") && ws[j-1].q != nil {
		return j // "one count of murder and three of wounding": a charge sheet
	}
	for k := j + 2; k < s.last && k < j+8; k++ {
		w := &ws[k]
		if w.punct {
			break
		}
		if m := Measure(w.e.Measure); w.is(lexicon.Harm) && (m == Killed || m == Injured || m == Abducted || m == Hostages || m == Missing || w.low == "victims") {
			if m == Hostages {
				m = Abducted
			}
			if w.low == "victims" {
				if !r.says(s, "died") && !r.says(s, "dies") && !r.says(s, "dead") && !r.says(s, "killed") && !r.says(s, "death") && !r.diedBefore(si) {
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

// broughtTo reads a toll from the verb that moves it: "brings to three those killed in
// the ambush", "bringing deaths in the raid to six", "taking the total to nine". It returns
// the word of the number, j where there is none.
func (r *reading) broughtTo(si, j int) int {
	ws, s := r.words, &r.sents[si]
	switch ws[j].low {
	case "bring", "brings", "brought", "bringing", "take", "takes", "took", "taking", "raise", "raises", "raised", "raising", "push", "pushes", "pushed", "pushing":
	default:
		return j
	}
	dead, at := false, -1
	for k := j + 1; k < min(j+12, s.last) && !ws[k].punct; k++ {
		switch w := &ws[k]; {
		case w.is(lexicon.Harm) && w.e.Measure == string(Killed):
			dead = w.e.Form&lexicon.Intrans == 0
		case w.low == "total" || w.low == "tally":
			dead = dead || r.diedBefore(si)
		case w.low == "number" || w.low == "toll" || w.low == "death toll" || w.low == "count":
			return j // read where they stand
		case w.q != nil && ws[k-1].low == "to" && at < 0:
			if at = k; w.q.Shape != quantity.Count || r.group(k) < 0 || r.groups[r.group(k)].head >= 0 && !r.groups[r.group(k)].person {
				return j
			}
		}
	}
	if !dead || at < 0 {
		return j
	}
	n := len(r.figs)
	r.figure(si, j, Killed, []arg{{r.group(at), *ws[at].q, ""}}, "fig.toll-before", j, at+1)
	for i := n; i < len(r.figs); i++ {
		r.figs[i].relation = "update"
	}
	return at
}

// moved tells whether the number at word j is one that was told of before and is
// another now: "the figure was later lowered to seven".
func (r *reading) moved(s *sentence, j int) bool {
	if r.lowAt(j-1) != "the" && r.lowAt(j-1) != "that" {
		return false
	}
	for k := j + 1; k+1 < min(j+6, s.last); k++ {
		switch w := &r.words[k]; w.low {
		case "lowered", "raised", "revised", "corrected", "reduced", "cut", "increased", "adjusted", "updated", "rose", "risen", "climbed", "grown":
			l := r.lowAt(k + 1)
			return l == "to" || l == "down" || l == "up" || l == "downward" || l == "upward"
		default:
			if !w.is(lexicon.Aux|lexicon.Adv) && !isBe(w.low) && w.low != "later" && w.low != "since" && w.low != "then" && w.low != "subsequently" {
				return false
			}
		}
	}
	return false
}

// nth reads a toll from an ordinal: "the shooting claimed its third victim", "the
// fifth person to die in the attack", "a second ranger has died", "he is the fourth
// victim of the bombing", "her death is the second from the raid". A child's third
// birthday and the third victim this year are none.
func (r *reading) nth(si, j int) {
	ws, s := r.words, &r.sents[si]
	n := ordinalOf(ws[j].low)
	if ws[j].low == "first" {
		n = 1
	}
	if n == 0 || j+1 >= s.last {
		return
	}
	harm, last, toll := j, j+2, false
	if k := r.nthToDie(s, j); k > 0 {
		harm, last, toll = k, k+1, true
	} else if n == 1 {
		return // "the first victim was a baker"
	}
	person := r.personAfter(s, j)
	switch w := &ws[j+1]; {
	case toll:
	case r.deathIs(s, j):
		toll = true
	case w.low == "victim", w.low == "fatality", w.low == "death", w.low == "fatal victim", w.low == "martyr":
		toll = r.newlyDead(s, j)
		if next := r.lowAt(j + 2); !toll && j+2 < s.last && (next == "in" || next == "of" || next == "from" || next == "after") {
			toll = s.title || j > s.first+1 && ws[j-1].low == "the" && (isBe(ws[j-2].low) || ws[j-2].low == "," && r.diesAfter(s, j+2))
		}
		if !toll && j+2 < s.last && ws[j+2].punct || j+2 == s.last {
			toll = j > s.first+1 && ws[j-1].low == "the" && isBe(ws[j-2].low) && r.diedBefore(si)
		}
	case w.low == "life":
		toll = r.lifeTaken(s, j)
	case w.low == "person" && r.lowAt(j+2) == "to":
		toll = j+3 < s.last && (ws[j+3].low == "die" || ws[j+3].low == "lose" || ws[j+3].low == "lose their lives" || ws[j+3].is(lexicon.Harm))
	case w.low == "body":
		for k := j + 2; k < min(j+5, s.last); k++ {
			toll = toll || ws[k].low == "found" || ws[k].low == "recovered" || ws[k].low == "pulled"
		}
	case person > j:
		if si > 2 || rankOf(ws[person].low) || j > s.first && (owned(ws[j-1].low) || ws[j-1].low == "'s") {
			return // as news: "A second man has died", not "the tanker's second engineer", "his second wife"
		}
		for k := person + 1; k < min(person+5, s.last) && !toll && !ws[k].punct; k++ {
			switch ws[k].low {
			case "dies", "died", "succumbs", "succumbed", "perished", "found dead", "passed away":
				toll = true
			}
		}
		for k := j - 1; k >= max(s.first, j-3); k-- {
			if l := ws[k].low; l == "body of" || l == "body" {
				toll = true
			}
		}
	}
	if !toll {
		return
	}
	for k := s.first; k < s.last; k++ {
		if ws[k].date > 0 && r.dates[ws[k].date-1].Running || ws[k].low == "year" || ws[k].low == "month" || ws[k].low == "week" && r.lowAt(k-1) == "this" {
			return // "the third victim this year"
		}
	}
	r.figs = append(r.figs, mention{measure: Killed, q: quantity.Quantity{Quantifier: "exact", Min: n, Max: n, Point: n}, who: "any", scope: "current", relation: "update", certainty: "reported", rule: "fig.nth", sent: si, group: -1, harm: harm, first: j, last: last, parts: -1})
}

// rankOf tells whether an ordinal before a word for a person makes it a rank.
func rankOf(person string) bool {
	switch person {
	case "engineer", "mate", "lieutenant", "secretary", "cook":
		return true
	}
	return false
}

// personAfter is the person whom the ordinal at word j counts, a name or a trade
// between them: "second Leeds clinic worker". It is j where there is none.
func (r *reading) personAfter(s *sentence, j int) int {
	for k := j + 1; k < min(j+5, s.last); k++ {
		switch w := &r.words[k]; {
		case w.is(lexicon.Person):
			if w.e.Plural || w.e.Who == "perpetrator" || w.e.Who == "suspect" {
				return j
			}
			return k
		case w.punct, w.q != nil, w.is(lexicon.Prep | lexicon.Conj | lexicon.Det | lexicon.Sub | lexicon.Harm):
			return j
		}
	}
	return j
}

// nthToDie finds where the ordinal at word j counts those who have died of one deed so
// far: "the second pupil to die of the shooting", "the first of the nine wounded to
// die". It returns the word for the death, 0 where there is none: a second reporter to
// be killed in a month is nobody's toll.
func (r *reading) nthToDie(s *sentence, j int) int {
	ws, whom := r.words, isBe(r.lowAt(j-1)) || r.lowAt(j-1) == "the" && (isBe(r.lowAt(j-2)) || r.lowAt(j-2) == ",")
	for k := j + 1; k+1 < min(j+16, s.last); k++ {
		w := &ws[k]
		if w.punct || isBe(w.low) && w.low != "'s" || w.is(lexicon.Sub) {
			return 0
		}
		whom = whom || w.is(lexicon.Person|lexicon.Harm)
		if w.low != "to" || !whom {
			continue
		}
		died := k + 1
		switch l := ws[died].low; l {
		case "die", "perish", "succumb", "lose", "lose their lives", "lose their life":
		case "have":
			if died++; r.lowAt(died) != "died" {
				return 0
			}
		default:
			return 0
		}
		for n := died + 1; n < s.last && !ws[n].punct; n++ {
			switch ws[n].low {
			case "days", "weeks", "months", "years", "hours", "week", "month", "year", "season", "history", "decade", "custody":
				return 0
			}
		}
		return died
	}
	return 0
}

// deathIs tells whether the ordinal at word j is what a death is: "her death is the
// second from Monday's raid", "the death was the third".
func (r *reading) deathIs(s *sentence, j int) bool {
	if j-3 < s.first || r.lowAt(j-1) != "the" || !isBe(r.lowAt(j-2)) && r.lowAt(j-2) != "marks" {
		return false
	}
	if l := r.lowAt(j - 3); l != "death" && l != "deaths" {
		return false
	}
	switch r.lowAt(j + 1) {
	case "from", "of", "in", "after", "linked", "caused", "as", "following":
	default:
		return j+1 == s.last || r.words[j+1].punct
	}
	for n := j + 2; n < s.last && !r.words[n].punct; n++ {
		switch r.words[n].low {
		case "days", "weeks", "months", "years", "hours", "week", "month", "year":
			return false
		}
	}
	return true
}

// nthDied tells whether the death at word j was read from an ordinal already.
func (r *reading) nthDied(j int) bool {
	for i := len(r.figs) - 1; i >= 0 && i >= len(r.figs)-8; i-- {
		if f := &r.figs[i]; f.rule == "fig.nth" && f.harm == j {
			return true
		}
	}
	return false
}

// deadBefore tells whether the dead are the last people spoken of before word k.
func (r *reading) deadBefore(s *sentence, k int) bool {
	for n := k - 1; n >= s.first && n >= k-10; n-- {
		w := &r.words[n]
		if w.is(lexicon.Harm) && w.e.Form&(lexicon.Noun|lexicon.Predicative) != 0 {
			return w.e.Measure == string(Killed)
		}
		if w.low == "victims" {
			return true
		}
		if w.is(lexicon.Person) {
			return false
		}
	}
	return false
}

// ordinalOf is the number of an ordinal from the second on, 0 of other words.
func ordinalOf(w string) int {
	if w != "" && w[0] >= '0' && w[0] <= '9' {
		if n, err := strconv.Atoi(strings.TrimRight(w, "dhnrst")); err == nil && n > 1 && len(w) == len(strconv.Itoa(n))+2 {
			return n // "12th"
		}
		return 0
	}
	switch w {
	case "second":
		return 2
	case "third":
		return 3
	case "fourth":
		return 4
	case "fifth":
		return 5
	case "sixth":
		return 6
	case "seventh":
		return 7
	case "eighth":
		return 8
	case "ninth":
		return 9
	case "tenth":
		return 10
	case "eleventh":
		return 11
	case "twelfth":
		return 12
	}
	return 0
}

func isBe(w string) bool {
	switch w {
	case "is", "was", "became", "becomes", "as", "'s", "been", "becoming":
		return true
	}
	return false
}

// newlyDead tells whether a sentence with an ordinal victim at word j is about a
// death, or about a body that was found.
func (r *reading) newlyDead(s *sentence, j int) bool {
	for k := s.first; k < s.last; k++ {
		switch r.words[k].low {
		case "claims", "claimed", "becoming", "became", "becomes", "dies", "died", "succumbs", "succumbed":
			return true
		case "found", "recovered", "pulled":
			if k > j && k < j+7 || k < j && j-k < 4 {
				return true // "second victim of the strike found"
			}
		}
	}
	return false
}

// lifeTaken tells whether the life that the ordinal at word j counts was taken or lost:
// "claims third life", "a fifth life has been lost".
func (r *reading) lifeTaken(s *sentence, j int) bool {
	for k := max(s.first, j-3); k < min(s.last, j+6); k++ {
		switch r.words[k].low {
		case "claims", "claimed", "claiming", "claim", "takes", "took", "taken", "taking", "costs", "cost", "lost", "ends", "ended":
			return true
		}
	}
	return false
}

// diesAfter tells whether a sentence says after word k that somebody died: "Hashem, the
// fourth victim of the gunfight, passed away".
func (r *reading) diesAfter(s *sentence, k int) bool {
	for ; k < s.last; k++ {
		switch r.words[k].low {
		case "dies", "died", "succumbs", "succumbed", "perished", "passed away", "passes away", "breathed":
			return true
		}
	}
	return false
}

// diedBefore tells whether a death was told of in the sentences before.
func (r *reading) diedBefore(si int) bool {
	for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 3; i-- {
		if f := &r.figs[i]; f.measure == Killed && f.scope == "current" && f.q.Quantifier != "none" {
			return true
		}
	}
	return false
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
	if g < 0 || r.groups[g].q == nil || r.groups[g].head >= 0 || r.groups[g].q.Shape != quantity.Count || r.groups[g].first-1 < s.first || ws[r.groups[g].first-1].low != "to" && ws[r.groups[g].first-1].low != "at" {
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

// sinceDay tells whether a count of those harmed at word j runs since a day: it is of
// several incidents.
func (r *reading) sinceDay(s *sentence, j int) bool {
	for k := j + 1; k+1 < min(j+14, s.last) && !r.words[k].punct; k++ {
		if r.words[k].low == "since" && r.words[k+1].date > 0 || r.words[k].date > 0 && r.dates[r.words[k].date-1].Running {
			return true
		}
	}
	return false
}

// putAt reads "put the dead at 12", "the wounded at 32", "put the dead of the attack at 12".
func (r *reading) putAt(si, j int, m Measure) {
	ws, s := r.words, &r.sents[si]
	at := j + 1
	if n := r.numbering(s, at); n > 0 {
		from := len(r.figs)
		r.figure(si, j, m, []arg{{r.group(n), *ws[n].q, ""}}, "fig.dead-are", j, n+1)
		for i := from; i < len(r.figs) && (r.lowAt(at) == "now" || strings.HasPrefix(r.lowAt(n-1), "number")); i++ {
			r.figs[i].relation = "update"
		}
		return
	}
	if j-2 >= s.first && (ws[j-2].low == "put" || ws[j-2].low == "puts") {
		for at+1 < s.last && at < j+10 && ws[at].low != "at" && !ws[at].punct {
			at++ // "put the dead of Sunday's bombing at 12"
		}
	}
	if at+1 < s.last && ws[at].low == "at" && ws[at+1].q != nil {
		if g := r.group(at + 1); g >= 0 {
			if a, ok := r.take(g); ok {
				r.figure(si, j, m, []arg{a}, "fig.put-at", j-1, r.groups[g].last)
			}
		}
	}
}

// numbering finds the number that the dead or hurt are said to be from word k on: "the
// dead now number nine", "the camp's dead are four, not six". 0 where there is none.
func (r *reading) numbering(s *sentence, k int) int {
	verb := false
	for ; k < min(k+4, s.last); k++ {
		w := &r.words[k]
		switch {
		case verb && w.q != nil:
			if g := r.group(k); g >= 0 && r.groups[g].first == k && r.groups[g].head < 0 && w.q.Shape == quantity.Count && !r.groups[g].age {
				return k
			}
			return 0
		case w.low == "number", w.low == "numbered", w.low == "total", w.low == "totalled", w.low == "totaled", w.low == "are", w.low == "were", w.low == "is", w.low == "was":
			verb = true
		case w.low != "now" && w.low != "already" && w.low != "only":
			return 0
		}
	}
	return 0
}

// heldNow reads "hostages now put at 12", "captives number nine".
func (r *reading) heldNow(si, j int) {
	ws, s := r.words, &r.sents[si]
	for k := j + 1; k+1 < min(j+10, s.last) && !ws[k].punct; k++ {
		if l := ws[k].low; !(l == "put" && ws[k+1].low == "at") && l != "number" && l != "numbered" {
			continue
		}
		if ws[k+1].low == "at" {
			k++
		}
		if g := r.group(k + 1); g >= 0 && r.groups[g].first == k+1 && r.groups[g].q != nil && r.groups[g].head < 0 {
			n := len(r.figs)
			r.figure(si, j, Abducted, []arg{{g, *r.groups[g].q, ""}}, "fig.toll", j, r.groups[g].last)
			for i := n; i < len(r.figs); i++ {
				r.figs[i].relation = "update"
			}
		}
		return
	}
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
		if w.low == ";" || w.low == "," && now >= 0 && !(r.lowAt(k+1) == "and" && r.lowAt(k+2) == "not" || r.lowAt(k+1) == "not") {
			break
		}
		if w.low == "and" && now >= 0 && r.thatOf(si, k+1) {
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
		case prev == "from" || was < 0 && now < 0 && r.toldFirst(j, k):
			was = k
		case prev == "by", prev == "whom": // "of whom 21 are women"
		case w.low == "one" && (prev == "what" || prev == "whoever" || prev == "how"): // "on how one counts"
		case w.q.Quantifier == "none":
		case now >= 0 && prev == "not":
			was = k // "is 12, and not seven as first believed"
		case now < 0:
			now = k
		case prev == "to" && now >= 0:
			now = k
		}
	}
	if now < 0 {
		now, was = was, -1
	}
	g := r.group(now)
	if g < 0 {
		return
	}
	if r.former(s, j) {
		// "… killed five, raising an earlier toll of four": what stood before
		replaced := false
		for i := r.figsFrom(si); i < len(r.figs); i++ {
			if f := &r.figs[i]; f.sent == si && f.measure == m && f.q.Quantifier != "none" {
				f.previous, f.relation, replaced = ws[now].q.Min, "update", true
				if f.q.Point != quantity.Open && f.q.Point < f.previous {
					f.relation = "correction"
				}
			}
		}
		if replaced {
			return
		}
	}
	relation := "total"
	for k := max(s.first, j-4); k < j; k++ {
		if l := ws[k].low; l == "total" || l == "overall" {
			relation = "update" // "puts the total number of deaths at 15", after four who died since
		}
	}
	for k := s.first; k < s.last; k++ {
		switch ws[k].low {
		case "revised", "corrected", "lowered", "lowers", "lowering", "reduced", "reduces", "downgraded":
			relation = "correction"
		case "rose", "rises", "climbed", "climbs", "raised", "bringing", "brings", "brought", "hits", "increased", "rising", "risen", "now", "jumped", "reached", "reaches", "taking", "taken", "goes", "went", "gone", "takes", "took", "pushes", "pushed", "pushing", "lifts", "lifted", "becomes", "become", "became", "raising", "grown", "grew", "stands":
			if relation == "total" {
				relation = "update"
			}
		}
	}
	q := *ws[now].q
	if n := r.groups[g].first; q.Quantifier == "at_most" && q.Max != quantity.Open {
		switch r.lowAt(n - 1) {
		case "gone", "went", "goes", "go", "moved", "shot":
			q.Quantifier, q.Min, q.Point = "exact", q.Max, q.Max // "has gone up to 11"
			relation = "update"
		}
	}
	f := len(r.figs)
	r.figure(si, j, m, []arg{{g, q, ""}}, "fig.toll", j, r.groups[g].last)
	if len(r.figs) > f {
		x := &r.figs[f] // and not those among them
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

// toldFirst tells whether the number at word k, behind a toll at word j, is what was
// told first: "the toll, initially reported as nine, …", "which had been put at nine".
func (r *reading) toldFirst(j, k int) bool {
	for n := k - 1; n > max(j, k-6); n-- {
		if r.first(n) || r.utters(n) && r.lowAt(n-1) == "been" && r.lowAt(n-2) == "had" {
			return true
		}
	}
	return false
}

// thatOf reads a second toll that leans on the one before: "rose to six and that of
// the wounded to 15". It tells whether there is one at word k.
func (r *reading) thatOf(si, k int) bool {
	ws, s := r.words, &r.sents[si]
	if k+4 >= s.last || ws[k].low != "that" || ws[k+1].low != "of" || ws[k+2].low != "the" {
		return false
	}
	n := k + 3
	m := Measure(ws[n].e.Measure)
	if !ws[n].is(lexicon.Harm) || m != Killed && m != Injured && m != Missing || r.lowAt(n+1) != "to" && r.lowAt(n+1) != "at" {
		return false
	}
	g := r.group(n + 2)
	if g < 0 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count {
		return false
	}
	r.figure(si, n, m, []arg{{g, *r.groups[g].q, ""}}, "fig.toll", n, r.groups[g].last)
	return true
}

// former tells whether the toll at word j is one that stood before: "an earlier toll
// of four", "the previous count".
func (r *reading) former(s *sentence, j int) bool {
	for k := j - 1; k >= max(s.first, j-3); k-- {
		switch w := &r.words[k]; w.low {
		case "earlier", "previous", "initial", "prior", "former", "first", "provisional", "preliminary":
			return k > s.first && r.words[k-1].is(lexicon.Det|lexicon.Prep)
		case "death", "casualty":
		default:
			return false
		}
	}
	return false
}
