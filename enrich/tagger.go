package enrich

import (
	"math"
	"slices"
	"strings"
	"sync"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/enrich/when"
	"tocsin/enrich/where"
	"tocsin/ingest"
)

// Tagger reads articles. It is safe for concurrent use and never changes.
type Tagger struct {
	lex   *lexicon.Lexicon
	gaz   *gazetteer.Gazetteer
	model func() *model // asked for when first needed: the trainer counts features without one
	used  *sync.Pool    // of readings: their memory serves one article after the other
}

// NewTagger returns a tagger with the embedded lexicons.
func NewTagger() *Tagger {
	t := &Tagger{lex: lexicon.Load(), gaz: gazetteer.Load(), model: loadModel}
	t.used = &sync.Pool{New: func() any { return &reading{atlas: where.NewReader(t.gaz, t.lex)} }}
	return t
}

// Tag tells what a reports of security incidents: none where it is about
// something else, or is plainly not in English (see Language). It is pure: the
// same article gives the same reports, whenever and wherever it is read.
func (t *Tagger) Tag(a *ingest.Article) []Report {
	reports, r := t.tag(a)
	t.release(r)
	return reports
}

// release gives back the memory of a reading of which nothing is needed any more.
func (t *Tagger) release(r *reading) {
	if cap(r.words) > maxKept {
		return
	}
	r.art = nil
	t.used.Put(r)
}

// parse reads the article up to its clauses and their figures.
func (t *Tagger) parse(a *ingest.Article) (*reading, []clause) {
	r := t.used.Get().(*reading)
	r.reset()
	r.lex, r.gaz, r.art, r.clock = t.lex, t.gaz, a, when.Clock{Published: a.Published.UTC(), Precision: a.PublishedPrecision}
	if a.Published.IsZero() {
		r.clock.Published = a.Published
	}
	if languageOf(a).foreign() {
		return r, nil
	}
	if n := min(len(a.Title), maxRead) + min(len(a.Body), maxRead); cap(r.words) < n/5 {
		r.words = make([]word, 0, n/5+16)
		r.groups = make([]group, 0, n/24+8)
	}
	r.read("title", a.Title)
	if a.Summary != "" && !covered(a.Summary, a.Body) {
		r.read("summary", a.Summary)
	}
	r.read("body", a.Body)
	r.resolve()
	cs := r.cs
	for si := range r.sents {
		r.blows(&r.sents[si])
		r.boardings(&r.sents[si])
		r.nouns(&r.sents[si])
		from := len(r.figs)
		r.harms(si)
		r.attackersAmong(si)
		r.fate(si, from)
		r.sources(si, from)
		first := len(cs)
		cs = r.clauses(si, cs)
		for f := from; f < len(r.figs); f++ {
			for ci := first; ci < len(cs); ci++ {
				if h := r.figs[f].harm; h >= cs[ci].first && h < cs[ci].last {
					cs[ci].figs = append(cs[ci].figs, f)
				}
			}
		}
	}
	r.deny()
	r.cs, r.struck = cs, r.listed()
	r.manyAtOnce, r.columned = r.struck != nil || r.spread(), r.column()
	return r, r.split(cs)
}

func (t *Tagger) tag(a *ingest.Article) ([]Report, *reading) {
	r, cs := t.parse(a)
	r.model = t.model()
	if len(r.sents) == 0 {
		return nil, r // no words, or another language
	}
	ab := r.about(cs)
	r.trace.clauses, r.trace.about = cs, ab
	lead := r.lead()
	cues := r.cues(lead)
	if ab.reject {
		return r.afterwards(cs, cues, ab.rule), r
	}
	r.scopes(cs, &ab)
	r.counts(cs)
	found := r.gather(cs)
	r.trace.found = found
	if len(found) == 0 {
		return r.afterwards(cs, cues, ab.rule), r
	}
	out := make([]Report, 0, min(len(found), maxReports))
	found[0].alone = found[0].alone || !slices.ContainsFunc(found, func(x incident) bool { return x.role == Main || x.role == Other })
	for i := range found {
		x := &found[i]
		if x.role == merged || x.role == Background && !r.worth(x) {
			continue
		}
		if len(out) >= maxReports {
			break
		}
		rep := r.finish(x, cs)
		rep.Rules = append(rep.Rules, ab.rule)
		rep.Confidence = math.Round(ab.confidence*1000) / 1000
		rep.Ordinal = i // until they are ordered
		out = append(out, rep)
	}
	if len(out) == 0 {
		return r.afterwards(cs, cues, ab.rule), r
	}
	order(out)
	about := abouts(out)
	for i := range out {
		r.trace.told = append(r.trace.told, out[i].Ordinal)
		if out[i].Role != Background {
			out[i].About = append(slices.Clip(about), besides(out, i)...)
		} else {
			// They are in order: where the first is none that is news, all are old.
			out[i].Passing = out[0].Role != Background || r.inPassing(&found[out[i].Ordinal], cues, ab.rule)
		}
		if (out[i].Role != Other || out[i].Rules[0] == "role.listed") && !out[i].Passing {
			out[i].Cues = ofKnown(out[i].Role, cues) // they are of what the article is about
		}
		if i > 0 && out[i].Role == Background && r.further(&found[out[i].Ordinal], cs) {
			out[i].Cues = nil // what follows the one that it opens with follows no other
		}
		if rs := out[i].Rules; out[i].Role == Other && (r.columned || rs[0] == "role.label" || rs[0] == "role.part-of-many") {
			out[i].Cues = []string{CueEntry}
		}
	}
	r.name(out)
	return out, r
}

// further tells whether an incident is told of below the headline and the first sentence alone.
func (r *reading) further(x *incident, cs []clause) bool {
	below := len(r.opening(1))
	return !slices.ContainsFunc(x.clauses, func(ci int) bool { return cs[ci].sent < below })
}

// name gives an article's reports their ids and says which article it is.
func (r *reading) name(reports []Report) {
	src := SourceOf(r.art)
	if base, _, _ := strings.Cut(strings.ToLower(src.Language), "-"); base != "en" {
		src.Language = "en" // whatever the feed says: it was read as English
	}
	for i := range reports {
		reports[i].Schema, reports[i].ID = ReportSchema, ReportID(src, i)
		reports[i].Ordinal, reports[i].Of, reports[i].Source = i, len(reports), src
	}
}

// afterwards is the report of an article that only goes back to an incident.
func (r *reading) afterwards(cs []clause, cues []string, rule string) []Report {
	x, ok := r.sequel(cs, cues, rule)
	if !ok {
		return nil
	}
	rep := r.finish(&x, cs)
	if rep.Passing = r.inPassing(&x, cues, rule); !rep.Passing {
		rep.Cues = ofKnown(rep.Role, cues)
	}
	out := []Report{rep}
	r.trace.told = append(r.trace.told, -1)
	r.name(out)
	return out
}

// ofKnown are the cues of an article whose incident is older and all that it has: readers
// know it. A denial may be of what nobody has told of, and so may a look back.
func ofKnown(role Role, cues []string) []string {
	if role != Background || slices.ContainsFunc(cues, func(c string) bool { return c == CueLater || c == CueMemory || c == CueHoax || c == CueAccident }) {
		return cues
	}
	return append(slices.Clip(cues), CueLater)
}

// worth tells whether a background incident says enough to be kept: whom it
// hurt, or by what method.
func (r *reading) worth(x *incident) bool {
	if len(x.kinds) > 0 && slices.ContainsFunc(x.figs, func(f int) bool { return r.figs[f].q.Quantifier != "none" }) {
		return true
	}
	for _, k := range x.kinds {
		if weight(r.words[k].e.Type) >= 9 {
			return true
		}
	}
	return false
}

// counts keeps the numbers of incidents, so that "50 attacks this year" is seen
// to count nobody.
func (r *reading) counts(cs []clause) {
	for ci := range cs {
		c := &cs[ci]
		if c.scope != "aggregate" {
			continue
		}
		for k := c.first; k < c.last; k++ {
			g := r.group(k)
			if g < 0 || r.groups[g].first != k || r.groups[g].q == nil || r.groups[g].thing != "incident" || r.groups[g].q.Shape != quantity.Count {
				continue
			}
			gr := &r.groups[g]
			c.figs = append(c.figs, len(r.figs))
			r.figs = append(r.figs, mention{measure: Incidents, q: *gr.q, unit: "incident", who: "", scope: "aggregate", relation: "total", certainty: "reported", rule: "fig.incidents", sent: c.sent, group: g, harm: k, first: gr.first, last: gr.last, parts: -1})
		}
	}
}

// maxReports caps the incidents of one article: a strike list has dozens, more is no news.
const maxReports = 64

// order puts the main incident first and background last, else keeps the text's order.
func order(reps []Report) {
	rank := func(r Role) int {
		switch r {
		case Main:
			return 0
		case Other:
			return 1
		}
		return 2
	}
	for i := 1; i < len(reps); i++ {
		for j := i; j > 0 && rank(reps[j].Role) < rank(reps[j-1].Role); j-- {
			reps[j], reps[j-1] = reps[j-1], reps[j]
		}
	}
}

// covered tells whether the body begins with the summary: then it is read once.
func covered(summary, body string) bool {
	n := min(len(summary), 60)
	return n > 0 && len(body) >= n && body[:n] == summary[:n]
}

// reader is the tagger that Render asks for what counts nobody.
var reader = sync.OnceValue(NewTagger)
