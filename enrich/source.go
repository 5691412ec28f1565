package enrich

import (
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
	if fig >= len(r.figs) {
		r.openEnded(si)
		return
	}
	s := &r.sents[si]
	var said *Said
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
		if !w.is(lexicon.Source) || said != nil {
			continue
		}
		// The source speaks: a verb of saying within reach, on either side.
		for n := max(s.first, k-3); n < min(s.last, k+7); n++ {
			if !speaks(r.words[n].low) {
				continue
			}
			a, b := k, k
			if g := w.group - 1; g >= 0 {
				a, b = r.groups[g].first, r.groups[g].last-1
			}
			said = &Said{Text: r.art.Text(s.field)[r.words[a].start:r.words[b].end], Kind: w.e.Says}
			if l := r.words[n].low; (l == "claimed" || l == "claims") && certainty == "" && w.e.Says == "belligerent" {
				certainty = "claimed"
			}
			break
		}
	}
	r.revised(si, fig)
	for i := fig; i < len(r.figs); i++ {
		r.figs[i].said = said
		if certainty != "" {
			r.figs[i].certainty = certainty
		}
	}
	r.openEnded(si)
}

// revised reads what one sentence says of an older number and a newer one: "had
// earlier spoken of four dead; the ministry now says eight".
func (r *reading) revised(si, fig int) {
	s := &r.sents[si]
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
	for i := fig; i < len(r.figs); i++ {
		f := &r.figs[i]
		if f.measure != Killed && f.measure != Injured && f.measure != Abducted || f.relation != "total" {
			continue
		}
		for k := from; k < min(f.harm, s.last); k++ {
			switch r.words[k].low {
			case "earlier", "initially", "previously", "originally", "initial", "preliminary":
				// "earlier said", "initial reports put": not "an earlier attack", "earlier on Monday"
				for n := max(s.first, k-2); n < min(s.last, k+4); n++ {
					l := r.words[n].low
					if n != k && (speaks(l) || l == "spoken" || l == "given" || l == "reports" || l == "toll" || l == "count" || l == "figure" || l == "estimates" || l == "thought") && k < f.first+2 {
						f.relation, was = "superseded", true
					}
				}
			case "now", "revised", "updated":
				if f.relation == "total" && f.q.Quantifier != "unknown" && r.lowAt(k+1) != "that" && (was || r.earlierTold(si, f)) {
					f.relation = "update"
				}
			}
		}
		from = f.harm
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
		if !speaks(r.words[k].low) {
			continue
		}
		for n := k + 1; n < s.last && n < k+4; n++ {
			g := r.group(n)
			if g < 0 {
				continue
			}
			if gr := &r.groups[g]; gr.q != nil && gr.head < 0 && gr.q.Shape == quantity.Count && !gr.age {
				x := old
				x.q, x.group, x.lead, x.relation, x.previous, x.rule = *gr.q, g, g+1, "update", number(old.q), old.rule+"+now"
				x.harm, x.first, x.last = n, gr.first, gr.last
				r.figs = append(r.figs, x)
			}
			return
		}
	}
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
