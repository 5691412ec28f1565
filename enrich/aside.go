package enrich

import (
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/ingest"
)

// Aside is a number that was read and counts nobody.
type Aside struct {
	Text string // the number with its noun: "70 kilometers"
	Why  string // "distance", "incidents, not people", "a year" …
	Span Span
}

// Asides lists the numbers of an article that count nobody, and why.
func (t *Tagger) Asides(a *ingest.Article) []Aside {
	_, r := t.tag(a)
	var out []Aside
	for i := range r.groups {
		g := &r.groups[i]
		if g.q == nil || g.used || g.q.Quantifier == "none" {
			continue
		}
		why := r.whyNobody(g)
		if why == "" {
			continue
		}
		s := &r.sents[r.sentenceAt(g.first)]
		sp := r.span(s.field, r.words[g.first].start, r.words[g.last-1].end)
		out = append(out, Aside{Text: sp.Text, Why: why, Span: sp})
	}
	return out
}

// whyNobody says why a numbered group is no figure; "" where it may be people.
func (r *reading) whyNobody(g *group) string {
	switch {
	case g.q.Shape == quantity.Year && !g.person:
		return "a year"
	case g.q.Shape == quantity.Share:
		return "a share"
	case g.q.Shape == quantity.Money:
		return "money"
	case g.q.Shape == quantity.Clock:
		return "a time of day"
	case g.q.Shape == quantity.Score:
		return "a score"
	case g.q.Shape == quantity.Code:
		return "a number in a name"
	case g.age:
		return "an age"
	case g.thing == "incident":
		return "incidents, not people"
	case g.thing == "unknown" || g.thing == "name":
		return "not known to be people"
	case g.thing != "":
		return g.thing
	case g.head >= 0 && r.words[g.head].is(lexicon.Person):
		return "people, but no harm is said of them"
	}
	return ""
}
