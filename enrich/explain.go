package enrich

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/ingest"
)

// ExplanationSchema names the document's version. It shows the reader's inner
// steps, so that fields come and go with them; a reader of it takes what it knows.
const ExplanationSchema = "tocsin.explanation/1"

// Explanation is how one article was read, step by step: what Tag's reports
// rest on. Numbers that lead from one part to another count from 0.
type Explanation struct {
	Schema    string         `json:"schema"`
	Source    Source         `json:"article"`
	Clock     *SeenClock     `json:"clock,omitempty"` // nil where "Monday" can be no date
	Sentences []SeenSentence `json:"sentences"`
	Figures   []SeenFigure   `json:"figures"`
	Incidents []SeenIncident `json:"incidents"`
	Relevance SeenRelevance  `json:"relevance"`
	Reports   []Report       `json:"reports"` // what Tag gives
}

// Stretch is bytes [Start, End) of one text field.
type Stretch struct {
	Field string `json:"field"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Text  string `json:"text"`
}

// SeenClock is the time that weekdays and "last year" were measured against:
// the article's, or the dateline's where it has none.
type SeenClock struct {
	At        time.Time `json:"at"`
	Precision string    `json:"precision,omitempty"` // "" for an instant, else day month year
}

// SeenSentence is a sentence with what was found in it.
type SeenSentence struct {
	Stretch
	Paragraph int          `json:"paragraph"`          // of its field, from 0
	Headline  bool         `json:"headline,omitempty"` // so many capital letters that they tell nothing
	Dateline  *Stretch     `json:"dateline,omitempty"` // passed over
	Words     []SeenWord   `json:"words"`
	Groups    []SeenGroup  `json:"groups"`
	Clauses   []SeenClause `json:"clauses"`
	Harms     []SeenHarm   `json:"harms"`
}

// SeenWord is a token, a phrase, a number, a date or a place. What is not known
// has no senses.
type SeenWord struct {
	Stretch
	Senses   []Sense       `json:"senses,omitempty"`
	Quantity *SeenQuantity `json:"quantity,omitempty"`
	Date     *SeenDate     `json:"date,omitempty"`
	Place    *SeenPlace    `json:"place,omitempty"`
}

// Sense is one thing that the lexicon takes a word for.
type Sense struct {
	Class string `json:"class"`         // aux prep conj det pron neg adv sub verb adj harm person thing kind actor source theme
	Is    string `json:"is,omitempty"`  // the measure of a harm, who people are, a thing's unit, a kind's type, a party's name …
	How   string `json:"how,omitempty"` // the forms of a harm, plural, a kind's subtype, a party's kind
}

// SeenQuantity is a number as the text bounds it.
type SeenQuantity struct {
	Quantifier string `json:"quantifier"`
	Min        *int   `json:"min"`
	Max        *int   `json:"max"`
	Point      *int   `json:"point"`
	Shape      string `json:"shape,omitempty"` // count year clock score share money decimal code
	Rule       string `json:"rule,omitempty"`
	OCR        bool   `json:"ocr,omitempty"` // a letter stands for a digit
}

// SeenDate is a time expression as it was resolved.
type SeenDate struct {
	Earliest  *time.Time `json:"earliest,omitempty"`
	Latest    *time.Time `json:"latest,omitempty"`
	Precision string     `json:"precision"`
	Basis     string     `json:"basis"`
	Old       bool       `json:"old,omitempty"`       // not the time of this article's news
	Running   bool       `json:"running,omitempty"`   // figures are summed over it: "this year"
	Reporting bool       `json:"reporting,omitempty"` // when somebody spoke, not when it happened
}

// SeenPlace is a place name.
type SeenPlace struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`              // demonym border name, or a kind of package gazetteer
	Place   string `json:"place,omitempty"`   // what the gazetteer calls it
	Within  string `json:"within,omitempty"`  // the first-level division that holds it
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2
	Known   bool   `json:"known"`             // by the gazetteer; else the grammar says that it is a place
	Located bool   `json:"located,omitempty"` // the words before it say that something was there: "in X"
}

func (r *reading) seenPlace(i int) *SeenPlace {
	p := &r.places[i]
	out := &SeenPlace{Name: p.name(), Kind: p.Kind.String(), Country: p.Country, Known: p.ID != 0, Located: r.located(i)}
	switch {
	case p.Demonym:
		out.Kind = "demonym"
	case p.Border:
		out.Kind = "border"
	case p.ID == 0:
		out.Kind = "name"
	}
	if p.ID != 0 && !p.Demonym {
		out.Place = r.gaz.Name(p.ID)
		if up := r.gaz.Admin(p.ID); up != 0 && up != p.ID {
			out.Within = r.gaz.Name(up)
		}
	}
	return out
}

// SeenGroup is a noun group, and whom it counts or why nobody.
type SeenGroup struct {
	Stretch
	Head       *Stretch      `json:"head,omitempty"` // absent where a number stands alone
	Determiner string        `json:"determiner,omitempty"`
	Number     *SeenQuantity `json:"number,omitempty"` // as written
	Size       *SeenQuantity `json:"size,omitempty"`   // as people; absent where it counts nobody
	SizeRule   string        `json:"size_rule,omitempty"`
	Who        string        `json:"who,omitempty"`
	Plural     bool          `json:"plural,omitempty"`
	Nobody     string        `json:"nobody,omitempty"` // why it counts nobody
	Used       bool          `json:"used,omitempty"`   // its number is in a figure
}

// SeenClause is what tells of one thing, with the time that it tells of.
type SeenClause struct {
	Stretch
	Scope    string    `json:"scope,omitempty"` // current background aggregate hypothetical; absent where the article was put aside before
	Rule     string    `json:"rule,omitempty"`  // that decided the scope; absent where nothing speaks against current
	Other    bool      `json:"other,omitempty"` // the text announces another incident
	Kinds    []Stretch `json:"kinds,omitempty"` // words that name an incident
	Figures  []int     `json:"figures,omitempty"`
	Incident *int      `json:"incident,omitempty"`
}

// SeenHarm is a word of harm; one without figures found nobody to count.
type SeenHarm struct {
	Stretch
	Measure string `json:"measure,omitempty"` // as the lexicon has it
	Figures []int  `json:"figures"`
}

// SeenFigure is a figure with where it comes from and goes to.
type SeenFigure struct {
	Figure
	Sentence     int      `json:"sentence"`
	Harm         Stretch  `json:"harm"`
	People       *Stretch `json:"people,omitempty"` // the noun group
	PartOf       *int     `json:"part_of,omitempty"`
	Soft         bool     `json:"soft,omitempty"` // hurt only where no death is told: "was shot"
	Weak         bool     `json:"weak,omitempty"` // one person without a number: any number beats it
	Hypothetical bool     `json:"hypothetical,omitempty"`
	Incident     *int     `json:"incident,omitempty"`
}

// SeenIncident is an incident as it was put together.
type SeenIncident struct {
	Role      Role        `json:"role"`
	RoleRules []string    `json:"role_rules"`
	Type      string      `json:"type"`
	Subtype   string      `json:"subtype,omitempty"`
	TypeRule  string      `json:"type_rule"`
	Votes     []Vote      `json:"votes"`  // each word for the type that it names
	Scores    []Score     `json:"scores"` // after the rules between types, the heaviest first
	Outcome   string      `json:"outcome"`
	Sentences []int       `json:"sentences"`
	Totals    []SeenTotal `json:"totals"`
	Report    *int        `json:"report,omitempty"` // absent where it says too little to be told
}

// Vote is a word that speaks for a type.
type Vote struct {
	Stretch
	Type   string `json:"type"`
	Weight int    `json:"weight"`
}

// Score is what a type has in the end.
type Score struct {
	Type   string `json:"type"`
	Weight int    `json:"weight"`
}

// SeenTotal is the fusion of the figures of one measure.
type SeenTotal struct {
	Measure Measure `json:"measure"`
	Total   *Total  `json:"total,omitempty"` // absent where the figures make none
	Rivals  []Rival `json:"rivals"`
}

// Rival is a figure in a fusion.
type Rival struct {
	Figure int    `json:"figure"`
	Part   string `json:"part"`          // gives: the total would be another without it, or is the same number; competed; aside
	Why    string `json:"why,omitempty"` // aside
}

// SeenRelevance is the decision whether the article tells of incidents that are news.
type SeenRelevance struct {
	Relevant   bool      `json:"relevant"`
	Decision   string    `json:"decision"` // news, older: all of it is background; none: it was put aside
	Rule       string    `json:"rule"`
	Confidence float64   `json:"confidence"` // that the article reports an incident that is news
	Features   []Feature `json:"features"`   // what the model weighed, the weightiest first
}

// Feature is one thing that the relevance model weighed, with its words.
type Feature struct {
	Name  string    `json:"name"` // such as violence.explosive.title, theme.judicial.opening
	Value int       `json:"value"`
	By    float64   `json:"by"` // what it adds to the log odds
	Words []Stretch `json:"words,omitempty"`
}

// trace is what a reading keeps for Explain besides what later steps need: only
// what is at hand anyway, so that reading is no slower for it.
type trace struct {
	clauses []clause
	found   []incident
	told    []int // index in found of each report
	about   about
	scores  [64]int // of typed's last call, by index in Types
	rivals  []int   // figures that competed in totalOf's last call
}

// Explain reads a as Tag does and shows how. It is pure, and slower than Tag: it
// asks some questions again, with a word or a figure left out.
func (t *Tagger) Explain(a *ingest.Article) Explanation {
	reports, r := t.tag(a)
	e := explainer{r, Explanation{Schema: ExplanationSchema, Source: SourceOf(a), Reports: reports}}
	if r.clock.Known() {
		e.Clock = &SeenClock{r.clock.Published, r.clock.Precision}
	}
	e.sentences()
	e.figures()
	for i := range r.trace.found {
		e.incident(i)
	}
	e.relevance()
	return e.Explanation
}

// WriteJSON writes the explanation as one document.
func (e *Explanation) WriteJSON(w io.Writer) error {
	// Articles are UTF-8; what is not is shown as U+FFFD rather than not at all.
	if err := json.MarshalWrite(w, e, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.AllowInvalidUTF8(true)); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

type explainer struct {
	r *reading
	Explanation
}

// stretch quotes words [first, last), which are of one sentence.
func (e *explainer) stretch(first, last int) Stretch {
	r := e.r
	field := r.sents[r.sentenceAt(first)].field
	start, end := r.words[first].start, r.words[last-1].end
	return Stretch{field, start, end, r.art.Text(field)[start:end]}
}

func (e *explainer) sentences() {
	r := e.r
	clauses := map[int][]int{}
	for ci := range r.trace.clauses {
		si := r.trace.clauses[ci].sent
		clauses[si] = append(clauses[si], ci)
	}
	harms, counted := map[int][]int{}, map[int]bool{}
	for f := range r.figs {
		m := &r.figs[f]
		harms[m.harm] = append(harms[m.harm], f)
		counted[m.group] = true
	}
	for si := range r.sents {
		s := &r.sents[si]
		if s.first == s.last {
			e.Sentences = append(e.Sentences, SeenSentence{Stretch: Stretch{Field: s.field}, Paragraph: s.para})
			continue
		}
		out := SeenSentence{Stretch: e.stretch(s.first, s.last), Paragraph: s.para, Headline: s.headline}
		if s.dateline > 0 {
			d := e.stretch(s.first, s.first+s.dateline)
			out.Dateline = &d
		}
		for k := s.first; k < s.last; k++ {
			w := &r.words[k]
			out.Words = append(out.Words, e.word(k))
			if g := w.group - 1; g >= 0 && r.groups[g].first == k {
				seen := e.group(&r.groups[g])
				seen.Used = seen.Used || counted[g] // attackers' groups are not marked
				out.Groups = append(out.Groups, seen)
			}
			if figs := harms[k]; len(figs) > 0 || w.is(lexicon.Harm) && k >= s.first+s.dateline {
				out.Harms = append(out.Harms, SeenHarm{e.stretch(k, k+1), w.e.Measure, figs})
			}
		}
		for _, ci := range clauses[si] {
			out.Clauses = append(out.Clauses, e.clause(ci))
		}
		e.Sentences = append(e.Sentences, out)
	}
}

func (e *explainer) word(k int) SeenWord {
	r := e.r
	w := &r.words[k]
	out := SeenWord{Stretch: e.stretch(k, k+1), Senses: senses(w.e)}
	if w.q != nil {
		out.Quantity = seenQuantity(*w.q)
	}
	if w.date > 0 {
		d := &r.dates[w.date-1]
		out.Date = &SeenDate{Precision: cmp.Or(d.Precision, "unknown"), Basis: d.Basis, Old: d.Old, Running: d.Running, Reporting: r.reporting(d.word)}
		if !d.Earliest.IsZero() {
			from, to := d.Earliest, d.Latest
			out.Date.Earliest, out.Date.Latest = &from, &to
		}
	}
	if w.place > 0 {
		out.Place = r.seenPlace(w.place - 1)
	}
	return out
}

var lexiconClasses = []struct {
	class lexicon.Class
	name  string
	of    func(*lexicon.Entry) (is, how string)
}{
	{lexicon.Harm, "harm", func(e *lexicon.Entry) (string, string) { return e.Measure, formsOf(e.Form) }},
	{lexicon.Kind, "kind", func(e *lexicon.Entry) (string, string) { return e.Type, e.Subtype }},
	{lexicon.Person, "person", func(e *lexicon.Entry) (string, string) {
		if e.Plural {
			return e.Who, "plural"
		}
		return e.Who, ""
	}},
	{lexicon.Thing, "thing", func(e *lexicon.Entry) (string, string) { return e.Unit, "" }},
	{lexicon.Actor, "actor", func(e *lexicon.Entry) (string, string) { return e.Name, e.Party }},
	{lexicon.Source, "source", func(e *lexicon.Entry) (string, string) { return e.Says, "" }},
	{lexicon.Theme, "theme", func(e *lexicon.Entry) (string, string) { return e.Theme, "" }},
	{lexicon.Aux, "aux", nil}, {lexicon.Prep, "prep", nil}, {lexicon.Conj, "conj", nil}, {lexicon.Det, "det", nil},
	{lexicon.Pron, "pron", nil}, {lexicon.Neg, "neg", nil}, {lexicon.Adv, "adv", nil}, {lexicon.Sub, "sub", nil},
	{lexicon.Verb, "verb", nil}, {lexicon.Adj, "adj", nil},
}

// senses tells what the lexicon knows of a word, what bears meaning first.
func senses(entry *lexicon.Entry) []Sense {
	var out []Sense
	for _, c := range lexiconClasses {
		if !entry.Is(c.class) {
			continue
		}
		s := Sense{Class: c.name}
		if c.of != nil {
			s.Is, s.How = c.of(entry)
		}
		out = append(out, s)
	}
	return out
}

func formsOf(f lexicon.Form) string {
	var out []string
	for i, name := range []string{"past", "base", "gerund", "intransitive", "predicative", "noun"} {
		if f&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, " ")
}

var shapeNames = []string{"count", "year", "clock", "score", "share", "money", "decimal", "code"}

func seenQuantity(q quantity.Quantity) *SeenQuantity {
	out := &SeenQuantity{Quantifier: q.Quantifier, Min: bound(q.Min), Max: bound(q.Max), Point: bound(q.Point), Rule: q.Rule, OCR: q.OCR}
	if int(q.Shape) < len(shapeNames) {
		out.Shape = shapeNames[q.Shape]
	}
	return out
}

func (e *explainer) group(g *group) SeenGroup {
	out := SeenGroup{Stretch: e.stretch(g.first, g.last), Determiner: g.det, Who: g.who, Plural: g.plural, Used: g.used}
	if g.head >= 0 {
		h := e.stretch(g.head, g.head+1)
		out.Head = &h
	}
	if g.q != nil {
		out.Number = seenQuantity(*g.q)
	}
	q, rule, ok := g.size()
	switch {
	case ok:
		out.Size, out.SizeRule = seenQuantity(q), rule
	case g.q != nil:
		out.Nobody = cmp.Or(e.r.whyNobody(g), "a number of another kind")
	default:
		bare := *g
		bare.q = &quantity.Quantity{} // what it would be with a number
		out.Nobody = cmp.Or(e.r.whyNobody(&bare), "not known to be people")
	}
	return out
}

func (e *explainer) clause(ci int) SeenClause {
	r := e.r
	c := &r.trace.clauses[ci]
	out := SeenClause{Stretch: e.stretch(c.first, c.last), Figures: c.figs}
	for _, k := range c.kinds {
		out.Kinds = append(out.Kinds, e.stretch(k, k+1))
	}
	if !r.trace.about.reject {
		out.Scope, out.Rule, out.Other = c.scope, c.rule, c.other
	}
	for i := range r.trace.found {
		if slices.Contains(r.trace.found[i].clauses, ci) {
			out.Incident = &i
			break
		}
	}
	return out
}

func (e *explainer) figures() {
	r := e.r
	in := make([]int, len(r.figs))
	for i := range r.trace.found {
		for _, f := range r.trace.found[i].figs {
			in[f] = i + 1
		}
	}
	for f := range r.figs {
		m := &r.figs[f]
		out := SeenFigure{Sentence: m.sent, Harm: e.stretch(m.harm, m.harm+1), Soft: m.soft, Weak: m.weak, Hypothetical: m.hypothesis}
		role := Main
		if i := in[f] - 1; i >= 0 {
			out.Incident, role = &i, r.trace.found[i].role
		}
		out.Figure = r.export(m, role)
		if r.trace.about.reject && m.scope == "current" {
			out.Scope = "" // nobody asked any more
		}
		if m.group >= 0 {
			g := &r.groups[m.group]
			p := e.stretch(g.first, g.last)
			out.People = &p
		}
		if m.parts >= 0 {
			out.PartOf = &m.parts
		}
		e.Figures = append(e.Figures, out)
	}
}

func (e *explainer) incident(i int) {
	r := e.r
	x := &r.trace.found[i]
	out := SeenIncident{Role: x.role, RoleRules: x.rules, Outcome: r.outcome(x, r.trace.clauses)}
	out.Type, out.Subtype, out.TypeRule = r.typed(x, r.agent(x, r.trace.clauses))
	for t, name := range Types {
		if n := r.trace.scores[t]; n > 0 {
			out.Scores = append(out.Scores, Score{name, n})
		}
	}
	slices.SortStableFunc(out.Scores, func(a, b Score) int { return b.Weight - a.Weight })
	byState := false
	for n, k := range x.kinds {
		if !r.denied(k) {
			out.Votes = append(out.Votes, Vote{e.stretch(k, k+1), r.typeIn(k, r.hurts(x), &byState), r.vote(n, k)})
		}
	}
	for _, ci := range x.clauses {
		out.Sentences = append(out.Sentences, r.trace.clauses[ci].sent)
	}
	slices.Sort(out.Sentences)
	out.Sentences = slices.Compact(out.Sentences)
	if n := slices.Index(r.trace.told, i); n >= 0 {
		out.Report = &n
	}
	for _, m := range Measures {
		if t, ok := e.total(x, m); ok {
			out.Totals = append(out.Totals, t)
		}
	}
	e.Incidents = append(e.Incidents, out)
}

// maxRivals caps how often total fuses again: an article has a handful of
// figures of one measure, a hostile one has thousands.
const maxRivals = 32

// total fuses the figures of m again, once with all of them and once without
// each of those that competed: so it tells which give the total whatever the
// rules of fusion are.
func (e *explainer) total(x *incident, m Measure) (SeenTotal, bool) {
	r := e.r
	if !slices.ContainsFunc(x.figs, func(f int) bool { return r.figs[f].measure == m }) {
		return SeenTotal{}, false
	}
	out := SeenTotal{Measure: m}
	t, ok := r.fuse(x)[m]
	var rivals []int
	if ok {
		out.Total = &t
		r.total(x, m)
		rivals = slices.Clone(r.trace.rivals)
	}
	gives := map[int]bool{}
	for _, f := range rivals[:min(len(rivals), maxRivals)] {
		without := *x
		without.figs = slices.DeleteFunc(slices.Clone(x.figs), func(g int) bool { return g == f })
		if other, ok := r.fuse(&without)[m]; !ok || !sameNumber(t, other) {
			gives[f] = true
		}
	}
	for _, f := range x.figs {
		k := &r.figs[f]
		if k.measure != m {
			continue
		}
		v := Rival{Figure: f, Part: "competed"}
		switch {
		case !slices.Contains(rivals, f):
			v.Part, v.Why = "aside", whyAside(k)
		case gives[f] || len(gives) == 0 && sameNumber(t, Total{Min: bound(k.q.Min), Max: bound(k.q.Max), Quantifier: k.q.Quantifier}):
			v.Part = "gives"
		}
		out.Rivals = append(out.Rivals, v)
	}
	return out, true
}

func sameNumber(a, b Total) bool {
	same := func(p, q *int) bool { return p == q || p != nil && q != nil && *p == *q }
	return same(a.Min, b.Min) && same(a.Max, b.Max) && a.Quantifier == b.Quantifier
}

// whyAside says what sets a figure apart from a total.
func whyAside(f *mention) string {
	var out []string
	if f.scope != "current" {
		out = append(out, f.scope)
	}
	if f.relation != "total" {
		out = append(out, strings.ReplaceAll(f.relation, "_", " "))
	}
	if f.certainty == "denied" || f.certainty == "retracted" {
		out = append(out, f.certainty)
	}
	if f.soft {
		out = append(out, "hurt only where no death is told")
	}
	return cmp.Or(strings.Join(out, ", "), "in no total")
}

func (e *explainer) relevance() {
	ab := &e.r.trace.about
	e.Relevance = SeenRelevance{Relevant: Relevant(e.Reports), Decision: "news", Rule: ab.rule, Confidence: ab.confidence}
	switch {
	case ab.reject:
		e.Relevance.Decision = "none"
	case ab.past:
		e.Relevance.Decision = "older"
	}
	f := e.r.weigh(e.r.trace.clauses, true)
	for i, n := range f.n {
		if n == 0 || e.r.model.weight[i] == 0 {
			continue
		}
		out := Feature{Name: featureNames[i], Value: n, By: e.r.model.weight[i] * damped(n)}
		for _, k := range f.words[i] {
			if len(out.Words) < 8 {
				out.Words = append(out.Words, e.stretch(k, k+1))
			}
		}
		e.Relevance.Features = append(e.Relevance.Features, out)
	}
	for i, v := range f.own {
		k := f.ownAt[i]
		e.Relevance.Features = append(e.Relevance.Features, Feature{Name: wordPrefix + e.r.words[k].low, Value: 1, By: e.r.model.words[v] * wordWorth, Words: []Stretch{e.stretch(k, k+1)}})
	}
	slices.SortStableFunc(e.Relevance.Features, func(a, b Feature) int { return cmp.Compare(math.Abs(b.By), math.Abs(a.By)) })
}
