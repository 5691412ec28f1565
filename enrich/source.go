package enrich

import (
	"slices"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// speaks tells whether a word is a verb by which a source gives a figure.
func speaks(w string) bool {
	switch w {
	case "said", "says", "told", "reported", "reports", "announced", "announces", "confirmed", "confirms", "claimed", "claims", "added", "put", "puts", "counted", "say", "according to":
		return true
	}
	return false
}

// sources gives the figures from fig on, all of sentence si, their source and
// how sure the sentence is of them.
func (r *reading) sources(si, fig int) {
	s := &r.sents[si]
	r.recounts(si)
	if fig >= len(r.figs) {
		r.speaksOf(si)
		r.notSoMany(s, fig)
		r.openEnded(si)
		return
	}
	var said, second *Said
	from := 0 // the word from which on the second source speaks
	certainty := ""
	for k := s.first + s.dateline; k < s.last; k++ {
		w := &r.words[k]
		switch w.low {
		case "reportedly", "allegedly", "apparently", "maybe", "unconfirmed", "possibly", "perhaps", "unverified":
			certainty = "possible"
		case "verified", "confirmed":
			certainty = "confirmed"
			for n := max(s.first, k-4); n < k; n++ {
				if l := r.words[n].low; l == "not" || l == "yet" || l == "be" || l == "cannot" {
					certainty = "possible"
				}
			}
		case "may", "might":
			if r.lowAt(k+1) == "have" {
				certainty = "possible"
			}
		}
		if !w.is(lexicon.Source) && !w.is(lexicon.Actor) && !w.armed() {
			continue
		}
		if said == nil && !r.speaksAside(s, k) {
			said = r.voice(s, k)
		} else if second == nil && (said == nil || r.turnsTo(s, k)) {
			second, from = r.voice(s, k), k
		}
	}
	if said == nil && second == nil || said != nil && said.Kind == "media" {
		if p := r.party(si); p != nil {
			said = p
		}
	}
	r.revised(si, fig)
	for i := fig; i < len(r.figs); i++ {
		r.figs[i].said = said
		if second != nil && r.figs[i].harm > from {
			r.figs[i].said = second
		}
		if certainty != "" {
			r.figs[i].certainty = certainty
		} else if r.boasts(&r.figs[i]) {
			r.figs[i].certainty = "claimed"
		}
	}
	r.rumoured(si, fig)
	r.openEnded(si)
}

// voice is the source at word k where it speaks: a verb of saying stands within
// reach, on either side. nil where it does not.
func (r *reading) voice(s *sentence, k int) *Said {
	w := &r.words[k]
	if r.faction(s, k) {
		if !r.speaksNext(s, k+1) {
			return nil
		}
		return &Said{Text: r.art.Text(s.field)[w.start:w.end], Kind: "belligerent"}
	}
	if !w.is(lexicon.Source) {
		return nil
	}
	for n := max(s.first, k-3); n < min(s.last, k+7); n++ {
		if !speaks(r.words[n].low) {
			continue
		}
		a, b := k, k
		if g := w.group - 1; g >= 0 {
			a, b = r.groups[g].first, r.groups[g].last-1
		}
		said := &Said{Text: r.art.Text(s.field)[r.words[a].start:r.words[b].end], Kind: w.e.Says}
		for m := k + 1; m < n && said.Kind != "medical"; m++ {
			if l := r.words[m].low; l == "hospital" || l == "hospitals" || l == "clinic" || l == "morgue" {
				said.Kind = "medical" // "sources at two hospitals told us"
			} else if x := &r.words[m]; x.is(lexicon.Source) && said.Kind == "witness" && (x.e.Says == "government" || x.e.Says == "police" || x.e.Says == "military") {
				said.Kind = x.e.Says // "residents and a local official said"
			}
		}
		return said
	}
	return nil
}

// speaksOf reads the number that a source gives of the dead of whom the sentence before
// told: "Officials speak of five.", "Rights monitors put the number at four."
func (r *reading) speaksOf(si int) {
	s := &r.sents[si]
	if si == 0 || r.figsFrom(si-1) == len(r.figs) {
		return
	}
	before := r.figs[len(r.figs)-1]
	for k := s.first + s.dateline; k+2 < s.last; k++ {
		switch r.words[k].low {
		case "speak", "speaks", "spoke", "spoken", "talk", "talked":
			if r.words[k+1].low != "of" {
				continue
			}
			k++
		case "put", "puts":
			for k++; k+1 < s.last && k < s.last && (r.words[k].low == "the" || r.words[k].low == "it" || r.words[k].low == "number" || r.words[k].low == "figure" || r.words[k].low == "toll" || r.words[k].low == "death toll"); k++ {
			}
			if r.words[k].low != "at" {
				continue
			}
		default:
			continue
		}
		end := k + 2
		if n := r.alone(k + 1); n == 0 || before.measure != Killed || before.scope != "current" || end < s.last && !r.words[end].punct {
			return
		}
		for n := s.first; n < k; n++ {
			if r.words[n].is(lexicon.Source) {
				g := r.group(k + 1)
				r.figure(si, k+1, Killed, []arg{{g, *r.groups[g].q, ""}}, "fig.spoke-of", n, end)
				if said := r.voiceOf(s, n); len(r.figs) > 0 && r.figs[len(r.figs)-1].sent == si {
					r.figs[len(r.figs)-1].said = said
				}
				return
			}
		}
		return
	}
}

// voiceOf is the source that word k names.
func (r *reading) voiceOf(s *sentence, k int) *Said {
	w := &r.words[k]
	return &Said{Text: r.art.Text(s.field)[w.start:w.end], Kind: w.e.Says}
}

// turnsTo tells whether the source at word k is set against the one before it: "the
// ministry confirmed nine, while sources at two hospitals spoke of twelve".
func (r *reading) turnsTo(s *sentence, k int) bool {
	for n := k - 1; n >= max(s.first, k-4); n-- {
		switch r.words[n].low {
		case "while", "whereas", "but", ";":
			return true
		}
	}
	return false
}

// revised reads what one sentence says of an older number and a newer one: "had
// earlier spoken of four dead; the ministry now says eight".
func (r *reading) revised(si, fig int) {
	s := &r.sents[si]
	r.foundAgain(s, fig)
	was := false
	from := s.first
	for k := s.first; k < min(s.first+4, s.last); k++ {
		if l := r.words[k].low; l == "correction" || l == "corrects" || l == "corrected" {
			for i := fig; i < len(r.figs); i++ {
				if f := &r.figs[i]; f.relation == "total" && f.scope == "current" && r.earlierTold(si, f) {
					f.relation = "correction"
				}
			}
		}
	}
	r.notSoMany(s, fig)
	r.downFrom(s, fig)
	r.otherThan(s, fig)
	r.otherVoice(s, fig)
	r.takesBack(s, fig)
	if r.earlierVersion(s) {
		r.supersede(si, fig)
		return
	}
	for i := fig; i < len(r.figs); i++ {
		f := &r.figs[i]
		if f.measure != Killed && f.measure != Injured && f.measure != Abducted && f.measure != Missing || f.relation != "total" {
			continue
		}
		for k := from; k < min(f.harm, s.last); k++ {
			// "earlier said", "initial reports put": not "an earlier attack", "earlier on Monday"
			if r.first(k) && k < f.first+2 && r.saidNear(s, k) {
				if r.lowAt(k-1) == "to" && r.lowAt(k-2) == "contrary" {
					f.relation = "correction" // "contrary to earlier reports, only six died"
				} else {
					f.relation, was = "superseded", true
				}
			}
			switch r.words[k].low {
			case "early":
				switch r.lowAt(k + 1) {
				case "reports", "estimates", "counts", "figures", "accounts", "count", "toll", "estimate":
					f.relation, was = "superseded", true
				}
			case "now", "revised", "updated":
				if f.relation == "total" && f.q.Quantifier != "unknown" && r.lowAt(k+1) != "that" && (was || r.earlierTold(si, f)) {
					f.relation = "update"
				}
			}
		}
		from = f.harm
	}
	corrected := slices.ContainsFunc(r.figs[fig:], func(f mention) bool { return f.relation == "correction" })
	if !corrected && r.correcting(s) {
		for i := fig; i < len(r.figs); i++ {
			if f := &r.figs[i]; f.measure == Killed && f.relation == "total" && f.scope == "current" && f.q.Quantifier == "exact" {
				f.relation = "correction"
			}
		}
	}
	if !was {
		return
	}
	// "… the ministry now says eight": the number stands alone, what it counts is plain.
	old := r.figs[len(r.figs)-1]
	if old.relation != "superseded" {
		return
	}
	for k := old.harm + 1; k+1 < s.last; k++ {
		moves := false
		switch r.words[k].low {
		case "lowered", "raised", "revised", "corrected", "reduced", "cut", "increased", "put":
			moves = true // "… but later lowered the figure to six"
		}
		if !speaks(r.words[k].low) && !moves {
			continue
		}
		for n := k + 1; n < s.last && (n < k+4 || moves && n < k+6); n++ {
			g := r.group(n)
			if g < 0 || moves && r.groups[g].q == nil {
				continue
			}
			if gr := &r.groups[g]; gr.q != nil && gr.head < 0 && gr.q.Shape == quantity.Count && !gr.age {
				x := old
				x.q, x.group, x.lead, x.relation, x.previous, x.rule = *gr.q, g, g+1, "update", number(old.q), old.rule+"+now"
				x.harm, x.first, x.last = n, gr.first, gr.last
				if number(x.q) < x.previous {
					x.relation = "correction"
				}
				r.figs = append(r.figs, x)
			}
			return
		}
	}
}

// first tells whether word k says that something was told before it was known better:
// "earlier", "at first", "at one point", "first reported".
func (r *reading) first(k int) bool {
	switch r.words[k].low {
	case "earlier", "initially", "previously", "originally", "initial", "preliminary":
		return true
	case "first":
		return r.lowAt(k-1) == "at" || r.utters(k+1) && r.lowAt(k-1) != "the"
	case "one":
		l := r.lowAt(k + 1)
		return r.lowAt(k-1) == "at" && (l == "time" || l == "point" || l == "stage")
	}
	return false
}

// utters tells whether word k is how a number is given: "put", "spoken".
func (r *reading) utters(k int) bool {
	switch l := r.lowAt(k); l {
	case "spoken", "spoke", "given", "gave", "reports", "toll", "count", "figure", "estimates", "thought", "declared", "listed", "believed", "estimated", "feared", "stated":
		return true
	default:
		return speaks(l)
	}
}

// said tells whether words [from, to) say that a number was given: "they had given".
func (r *reading) said(from, to int) bool {
	for k := from; k < to; k++ {
		if r.first(k) || r.utters(k) {
			return true
		}
	}
	return false
}

// saidNear tells whether what was first at word k was a number that was given.
func (r *reading) saidNear(s *sentence, k int) bool {
	had := false // "earlier, the governor had put it at nine"
	for n := max(s.first, k-2); n < min(s.last, k+4) || had && n < min(s.last, k+8); n++ {
		if n != k && r.utters(n) {
			return true
		}
		had = had || n > k && r.words[n].low == "had" || n == k+1 && r.words[n].low == ","
	}
	return false
}

// otherThan reads the number that stood before where it stands alone: "lower than the
// nine they had given", "two fewer than previously reported", "after residents had at
// one point spoken of nine".
func (r *reading) otherThan(s *sentence, fig int) {
	for k := s.first + 1; k+2 < s.last; k++ {
		was, by, at := 0, 0, k
		switch l := r.words[k].low; {
		case (l == "fewer" || l == "less" || l == "more" || l == "lower" || l == "higher") && r.lowAt(k+1) == "than":
			switch q := r.words[k-1].q; {
			case q != nil && q.Shape == quantity.Count && q.Quantifier == "exact" && r.said(k+2, min(k+6, s.last)):
				if at, by = k-1, number(*q); l == "more" || l == "higher" {
					by = -by
				}
			case r.lowAt(k+2) == "the" && r.said(k+3, min(k+10, s.last)):
				if was = r.alone(k + 2); was == 0 {
					was = r.alone(k + 3)
				}
			}
		case l == "revising" || l == "correcting" || l == "amending" || l == "retracting":
			for n := k + 1; n < min(k+8, s.last) && was == 0 && !r.words[n].punct; n++ {
				was = r.alone(n) // "revising a figure of nine that he had given"
			}
		case r.first(k):
			for n := k - 1; n < k+5 && was == 0; n++ {
				if r.utters(n) {
					for d := 1; d < 4 && was == 0 && !r.words[n].punct; d++ {
						was = r.alone(n + d)
					}
				}
			}
		}
		if was == 0 && by == 0 {
			continue
		}
		for i := len(r.figs) - 1; i >= fig; i-- {
			f := &r.figs[i]
			if f.harm >= at || f.last > at || f.measure != Killed || f.relation != "total" && f.relation != "update" || f.q.Quantifier != "exact" || f.previous != 0 {
				continue
			}
			now := number(f.q)
			if by != 0 {
				was = now + by
			}
			if was > now {
				f.previous, f.relation = was, "correction"
			} else if was > 0 && was < now {
				f.previous, f.relation = was, "update"
			}
			return
		}
	}
}

// otherVoice reads the number that another source gives of what was counted before in
// the sentence: "officials say nine died; medics put the figure at 12".
func (r *reading) otherVoice(s *sentence, fig int) {
	if fig >= len(r.figs) {
		return
	}
	f := r.figs[len(r.figs)-1]
	if f.measure != Killed || f.relation != "total" || f.scope != "current" || f.q.Quantifier != "exact" || f.previous != 0 {
		return
	}
	turn := max(f.harm, f.last)
	for turn < s.last && !(r.words[turn].low == "while" || r.words[turn].low == "whereas" || r.words[turn].low == "but" || r.words[turn].low == ";") {
		turn++
	}
	voice := false
	for k := turn + 1; k < min(turn+12, s.last); k++ {
		if voice = voice || r.words[k].is(lexicon.Source); !voice || r.first(k) {
			if r.first(k) {
				return
			}
			continue
		}
		if !r.utters(k) || r.words[k].is(lexicon.Source) {
			continue
		}
		for n := k + 1; n < min(k+6, s.last) && !r.words[n].punct; n++ {
			if now := r.alone(n); now > 0 && now != number(f.q) {
				g := r.group(n)
				if end := r.groups[g].last; end < s.last && !r.words[end].punct && !r.words[end].is(lexicon.Conj) {
					return // "but police said four had fled"
				}
				x := f
				x.q, x.group, x.lead, x.rule = *r.groups[g].q, g, g+1, f.rule+"+others"
				x.harm, x.first, x.last = n, r.groups[g].first, r.groups[g].last
				r.figs = append(r.figs, x)
				return
			}
		}
	}
}

// alone is the number at word k where it counts nothing that is named, 0 where there
// is none.
func (r *reading) alone(k int) int {
	g := r.group(k)
	if g < 0 {
		return 0
	}
	if gr := &r.groups[g]; gr.q != nil && gr.q.Quantifier == "exact" && gr.q.Shape == quantity.Count && gr.head < 0 && gr.thing == "" && !gr.age {
		return number(*gr.q)
	}
	return 0
}

// notSoMany reads the number that a sentence takes back behind the one that it gives:
// "17 died, not 24", "36 students were taken from the school, and not 40", "rather than 24".
func (r *reading) notSoMany(s *sentence, fig int) {
	for k := s.first + 2; k+1 < s.last; k++ {
		switch r.words[k].low {
		case "not":
			if l := r.words[k-1].low; l != "," && l != "and" {
				continue
			}
		case "than", "of", "to", "against":
			switch r.words[k-1].low {
			case "rather", "instead", "opposed", "as":
			default:
				continue
			}
		case "instead of", "rather than":
		default:
			continue
		}
		g := r.group(k + 1)
		if g < 0 {
			continue
		}
		if gr := &r.groups[g]; gr.first != k+1 || gr.q == nil || gr.q.Shape != quantity.Count || gr.head >= 0 && !gr.person || gr.age {
			continue
		}
		was, found := number(*r.groups[g].q), false
		for i := len(r.figs) - 1; i >= fig && !found; i-- {
			if f := &r.figs[i]; f.harm < k && f.last <= k {
				found = f.instead(was) && f.measure != Casualties
			}
		}
		for n := k - 1; n >= max(s.first, k-14) && !found; n-- {
			if g := r.group(n); g >= 0 && r.groups[g].q != nil && r.groups[g].q.Quantifier == "exact" && r.groups[g].q.Shape == quantity.Count && !r.groups[g].age && (r.groups[g].head < 0 || r.groups[g].person) {
				r.retold = append(r.retold, denial{number(*r.groups[g].q), was, -1})
				break
			}
		}
	}
}

// denial is a number that a text takes back for another, where neither counts by itself
// what is counted: "Nine, not twelve: names of the dead". Where the text does not say for
// which, now is 0; where it only says that it counted wrongly, was is 0, too.
type denial struct{ now, was, sent int }

// instead makes a figure the one that replaces a number, and tells whether it may be.
func (f *mention) instead(was int) bool {
	if f.relation != "total" && f.relation != "update" || f.q.Quantifier != "exact" || f.previous != 0 {
		return false
	}
	if f.previous, f.relation = was, "update"; number(f.q) < was {
		f.relation = "correction"
	}
	return true
}

// deny gives the numbers that were taken back to the figures that stand for them.
func (r *reading) deny() {
	for _, d := range r.retold {
		if d.was == 0 && slices.ContainsFunc(r.figs, func(f mention) bool { return f.relation == "correction" }) {
			continue
		}
		for i := range r.figs {
			f := &r.figs[i]
			if f.scope != "current" || f.sent == d.sent && d.was == 0 || f.measure != Killed && (d.now == 0 || f.measure != Injured && f.measure != Abducted && f.measure != Missing) {
				continue
			}
			if n := number(f.q); d.now > 0 && n != d.now || d.now == 0 && d.was > 0 && n >= d.was || n < 1 {
				continue
			}
			if d.was > 0 && f.instead(d.was) {
				break
			}
			if d.was == 0 && f.relation == "total" && f.q.Quantifier == "exact" && !f.weak {
				f.relation = "correction"
				break
			}
		}
	}
}

// recounts reads a sentence that says of an older count that it was wrong: "The figure of
// 13 had included three attackers", "two of the victims had been registered twice", "a
// third, who was declared dead, is in a coma".
func (r *reading) recounts(si int) {
	s := &r.sents[si]
	wrong, count, was, named, among := false, false, 0, false, false
	for k := s.first + s.dateline; k < s.last; k++ {
		switch l := r.lowAt(k); l {
		case "figure", "figures", "count", "tally", "list", "toll", "death toll", "number", "numbers", "reports", "report", "total", "versions", "rumours", "rumors":
			count = true
			for n := k + 1; n < min(k+4, s.last) && was == 0 && (r.lowAt(k+1) == "of" || r.lowAt(k+1) == "with"); n++ {
				was = r.peopleAt(n)
			}
		case "circulated", "circulating":
			count = true
		case "included", "includes", "contains", "contained":
			wrong = wrong || was > 0
		case "inaccurate", "incorrect", "wrong", "erroneous", "mistaken", "exaggerated", "untrue", "false", "denied", "denies", "refuted", "refutes", "dismissed", "dismisses", "rejected", "rejects":
			if n := ordinalOf(r.lowAt(k + 1)); n > 0 && (r.lowAt(k+2) == "death" || r.lowAt(k+2) == "victim" || r.lowAt(k+2) == "fatality") {
				wrong, was = true, n // "denies fourth death"
			}
			wrong = wrong || count || r.ahead(s, k, "figure", "figures", "count", "toll", "death toll", "number", "numbers", "reports", "circulated", "versions", "rumours", "rumors")
		case "accurate", "correct", "true":
			wrong = wrong || count && r.lowAt(k-1) == "not"
		case "twice":
			if r.putDown(k-1) || r.putDown(k-2) {
				r.retold = append(r.retold, denial{0, 0, si})
				return
			}
		case "death":
			named = named || r.lowAt(k-1) == "whose" && r.ahead(s, k, "reported", "announced", "declared")
		case "dead":
			named = named || r.putDown(k-1) || r.lowAt(k-1) == "as" && r.putDown(k-2)
		case "connected", "related", "drowned", "accident", "naturally", "natural":
			if among {
				r.retold = append(r.retold, denial{0, 0, si})
				return
			}
		case "among", "with":
			among = among || r.putDown(k-1) && (r.lowAt(k+1) == "them" || r.lowAt(k+1) == "the" && r.lowAt(k+2) == "dead")
		case "alive", "coma", "in a coma", "ventilator", "survived", "recovering":
			if named && r.lowAt(k-1) != "not" {
				r.retold = append(r.retold, denial{0, 0, si})
				return
			}
		}
	}
	if !wrong {
		return
	}
	for k := s.first + s.dateline; k < s.last && was == 0; k++ {
		if l := r.lowAt(k); (l == "death" || l == "deaths" || l == "killing") && r.lowAt(k+1) == "of" {
			was = r.peopleAt(k + 2) // "denied what was circulated with regard to the death of eight"
		}
	}
	for i := r.figsFrom(si); i < len(r.figs); i++ {
		if f := &r.figs[i]; f.sent == si && f.measure == Killed && (f.rule == "fig.nth" || f.rule == "fig.toll" && was == 0) {
			was, f.relation = number(f.q), "superseded" // "denied that the toll had reached four"
		}
	}
	if was > 0 {
		r.retold = append(r.retold, denial{0, was, si})
	}
}

// rumoured takes back what a sentence calls a rumour: "rubbished posts that a boy had been
// killed", "held for spreading rumours that 20 had died".
func (r *reading) rumoured(si, fig int) {
	s := &r.sents[si]
	for k := s.first + s.dateline; k < s.last; k++ {
		switch r.words[k].low {
		case "rumour", "rumours", "rumor", "rumors", "misinformation", "disinformation", "fake news", "rubbished", "rubbishes", "debunked", "debunks":
		default:
			continue
		}
		for i := fig; i < len(r.figs); i++ {
			if f := &r.figs[i]; f.harm > k && f.q.Quantifier != "none" {
				f.certainty = "denied"
			}
		}
		return
	}
}

// putDown tells whether word k says how somebody was put on a list: "registered", "declared".
func (r *reading) putDown(k int) bool {
	switch r.lowAt(k) {
	case "registered", "entered", "counted", "listed", "recorded", "named", "announced", "declared", "reported", "presumed", "thought", "believed", "pronounced", "given":
		return true
	}
	return false
}

// ahead tells whether one of the words stands behind word k in its sentence.
func (r *reading) ahead(s *sentence, k int, words ...string) bool {
	for n := k + 1; n < min(k+10, s.last); n++ {
		if slices.Contains(words, r.words[n].low) {
			return true
		}
	}
	return false
}

// peopleAt is the number at word k, of people or of their names, 0 where there is none.
func (r *reading) peopleAt(k int) int {
	if k >= len(r.words) {
		return 0
	}
	q := r.words[k].q
	g := r.group(k)
	if q == nil || q.Quantifier != "exact" && q.Quantifier != "at_least" || q.Shape != quantity.Count || g < 0 || r.groups[g].age {
		return 0
	}
	if h := r.groups[g].head; h >= 0 && !r.groups[g].person && r.words[h].low != "names" && r.words[h].low != "bodies" && !r.words[h].is(lexicon.Harm) {
		return 0
	}
	return number(*q)
}

// downFrom reads the number that stood before behind the one that stands: "six people
// were killed, down from an initial count of nine".
func (r *reading) downFrom(s *sentence, fig int) {
	for k := s.first + 2; k+2 < s.last; k++ {
		l := r.words[k].low
		if l != "down" && l != "up" || r.words[k+1].low != "from" {
			continue
		}
		for n := k + 2; n < min(k+8, s.last) && !r.words[n].punct; n++ {
			g := r.group(n)
			if g < 0 || r.groups[g].q == nil || r.groups[g].q.Shape != quantity.Count || r.groups[g].age || r.groups[g].thing != "" {
				continue
			}
			was := number(*r.groups[g].q)
			for i := len(r.figs) - 1; i >= fig; i-- {
				f := &r.figs[i]
				if f.harm >= k || f.relation != "total" && f.relation != "update" || f.q.Quantifier != "exact" || f.previous != 0 {
					continue
				}
				if now := number(f.q); l == "down" && now < was {
					f.previous, f.relation = was, "correction"
				} else if l == "up" && now > was {
					f.previous, f.relation = was, "update"
				}
				break
			}
			return
		}
	}
}

// takesBack reads numbers that a source takes back: "withdrew its figure of nine dead".
func (r *reading) takesBack(s *sentence, fig int) {
	for k := s.first; k+3 < s.last; k++ {
		switch r.words[k].low {
		case "withdrew", "withdrawn", "retracted", "dropped", "abandoned", "retract", "withdraw":
		default:
			continue
		}
		for n := k + 1; n < min(k+5, s.last); n++ {
			switch r.words[n].low {
			case "figure", "count", "toll", "claim", "number", "estimate":
			default:
				continue
			}
			for i := fig; i < len(r.figs); i++ {
				f := &r.figs[i]
				if f.relation != "total" || f.first <= n {
					continue
				}
				if f.first <= n+2 {
					f.relation = "superseded"
				} else if i > 0 && r.figs[i-1].relation == "superseded" && r.figs[i-1].measure == f.measure {
					f.previous, f.relation = number(r.figs[i-1].q), "correction"
				}
			}
			return
		}
	}
}

// earlierVersion tells whether a sentence owns to what the article itself said before:
// "An earlier version of this story gave …".
func (r *reading) earlierVersion(s *sentence) bool {
	for k := s.first; k+1 < min(s.last, s.first+8); k++ {
		switch r.words[k].low {
		case "earlier", "previous", "original", "initial", "first", "prior":
			switch r.lowAt(k + 1) {
			case "version", "versions", "edition", "editions", "story", "item", "dispatch":
				return true
			}
		}
	}
	return false
}

// supersede takes the numbers of a sentence for what was told before, and those that
// the article gives for a correction of them.
func (r *reading) supersede(si, fig int) {
	for i := fig; i < len(r.figs); i++ {
		old := &r.figs[i]
		if old.scope == "perpetrator" || old.relation == "superseded" {
			continue
		}
		old.relation = "superseded"
		for n := range r.figs[:fig] {
			if f := &r.figs[n]; f.measure == old.measure && f.relation == "total" && f.scope == "current" && f.q.Quantifier == "exact" && number(f.q) != number(old.q) {
				f.relation, f.previous = "correction", number(old.q)
			}
		}
	}
}

// foundAgain leaves out the missing who were found: "four who had been declared
// missing were traced".
func (r *reading) foundAgain(s *sentence, fig int) {
	for i := fig; i < len(r.figs); i++ {
		f := &r.figs[i]
		if f.measure != Missing || f.relation != "total" {
			continue
		}
		for k := f.harm + 1; k < min(f.harm+9, s.last) && !r.words[k].punct; k++ {
			switch r.words[k].low {
			case "returned", "resurfaced", "reappeared":
				f.relation = "superseded"
			case "found", "traced", "located", "rescued", "reunited", "safe", "accounted":
				if before := &r.words[k-1]; before.is(lexicon.Aux) || before.low == "since" || before.low == "been" || before.low == "later" {
					f.relation = "superseded"
				}
			}
		}
	}
}

// correcting tells whether a sentence says that its numbers take others back:
// "…, correcting higher figures that were given before", "it had miscounted".
func (r *reading) correcting(s *sentence) bool {
	for k := s.first; k < s.last; k++ {
		switch r.words[k].low {
		case "miscounted", "miscount", "double-counted", "miscounting":
			return true
		case "counted":
			if l := r.lowAt(k + 1); l == "twice" || r.lowAt(k-1) == "wrongly" || r.lowAt(k-1) == "mistakenly" {
				return true
			}
		case "correcting", "retracting", "amending":
		default:
			continue
		}
		for n := k + 1; n < min(k+7, s.last); n++ {
			switch r.words[n].low {
			case "figure", "figures", "toll", "count", "counts", "number", "numbers", "death toll", "tolls", "statement", "report", "reports", "announcement":
				return true
			}
		}
	}
	return false
}

// earlierTold tells whether the sentence before gives another number of the measure.
func (r *reading) earlierTold(si int, f *mention) bool {
	for i := r.figsFrom(si - 2); i < len(r.figs) && r.figs[i].sent < si; i++ {
		if p := &r.figs[i]; p.measure == f.measure && !r.sents[p.sent].title {
			return true
		}
	}
	return false
}

// openEnded makes floors of the tolls of a sentence and the one before it where
// the text expects more dead: "and the toll is expected to rise".
func (r *reading) openEnded(si int) {
	s := &r.sents[si]
	for k := s.first; k+2 < s.last; k++ {
		switch r.words[k].low {
		case "expected", "likely", "feared":
		default:
			continue
		}
		if r.words[k+1].low != "to" {
			continue
		}
		switch r.words[k+2].low {
		case "rise", "climb", "increase", "grow", "go":
		default:
			continue
		}
		for i := len(r.figs) - 1; i >= 0 && si-r.figs[i].sent <= 1; i-- {
			f := &r.figs[i]
			if f.measure == Killed && f.q.Quantifier == "exact" && f.scope == "current" && f.relation != "part" && f.relation != "subset" {
				f.q.Quantifier, f.q.Max, f.q.Point = "at_least", quantity.Open, quantity.Open
				f.rule += "+open-ended"
			}
		}
		return
	}
}
