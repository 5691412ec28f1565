package enrich

import (
	_ "embed"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"tocsin/enrich/lexicon"
)

// about is what an article is about, as far as that decides whether its
// incidents are news.
type about struct {
	past       bool // everything in it is older: a trial, an anniversary
	reject     bool // no incident at all
	rule       string
	confidence float64 // that it reports an incident that is news
}

//go:generate go run ./train -eval ../../shared/eval

// modelText is the relevance model: written by enrich/train, read by people too.
//
//go:embed model.txt
var modelText string

// model is a logistic regression: the sum of weight × feature, squeezed between 0 and 1.
type model struct {
	weight []float64      // by featureNames
	words  []float64      // weights of words
	number map[string]int // of a word in words
}

var loadModel = sync.OnceValue(func() *model {
	m, err := parseModel(modelText)
	if err != nil {
		panic(err) // the file is ours: TestModel reads it
	}
	return m
})

func parseModel(s string) (*model, error) {
	m := &model{weight: make([]float64, len(featureNames)), number: map[string]int{}}
	for n, line := range strings.Split(s, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		name, v, ok := strings.Cut(line, "\t")
		i, known := featureIndex[name]
		word, isWord := strings.CutPrefix(name, wordPrefix)
		if !ok || !known && !isWord {
			return nil, fmt.Errorf("model.txt:%d: %q is no feature with a weight", n+1, line)
		}
		w, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil, fmt.Errorf("model.txt:%d: %w", n+1, err)
		}
		if isWord {
			m.number[word] = len(m.words)
			m.words = append(m.words, w)
			continue
		}
		m.weight[i] = w
	}
	return m, nil
}

// mostAgainst is how much context can speak against an article whose first sentence
// tells of an attack with people harmed: long articles go on about much else.
const mostAgainst = -1.0

// sumsAgainst is how much sums over a war or a year can speak against a headline
// that tells of an attack with people harmed.
const sumsAgainst = -0.3

// score is the log odds that an article with these features reports an incident.
func (m *model) score(f *features) float64 {
	front, context, sums := 0.0, 0.0, 0.0
	for _, v := range f.own {
		front += m.words[v] * wordWorth
	}
	for i, n := range f.n {
		switch {
		case n == 0:
		case f.titleTells && sumsUp[i]:
			sums += m.weight[i] * damped(n)
		case ofContext(i):
			context += m.weight[i] * damped(n)
		default:
			front += m.weight[i] * damped(n)
		}
	}
	if f.leadTells {
		context = max(context, mostAgainst)
	}
	return front + context + max(sums, sumsAgainst)
}

func squeeze(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// about decides whether the article reports an incident that is news. Without a
// word of violence and without harm it never does; else the model weighs what it
// holds.
func (r *reading) about(cs []clause) about {
	if len(r.sents) == 0 {
		return about{reject: true, rule: "relevance.not-read"} // nothing to read, or another language
	}
	if !r.violent() {
		return about{reject: true, rule: "relevance.no-violence"}
	}
	f := r.weigh(cs, false)
	if f.theme3("cleared") > 0 && f.n[featureIndex["deed"]] == 0 && (!f.leadTells || f.n[themeIndex["cleared"]*int(zones)+int(inRest)] == 0) {
		return about{reject: true, rule: "relevance.cleared"} // "police ruled out an attack"
	}
	if n := f.n[featureIndex["framed"]]; n > 1 || n > 0 && f.at(zDay, inTitle, inOpening) == 0 {
		return about{reject: true, rule: "relevance.told-in-a-work-or-drill"}
	}
	p := squeeze(r.model.score(f))
	if p < 0.5 && p > listed && r.listsDeaths(cs) {
		return about{rule: "relevance.round-up", confidence: 0.5}
	}
	if p >= 0.5 {
		return about{rule: "relevance.news", confidence: p}
	}
	reason, past := r.model.against(f)
	return about{past: past, reject: !past, rule: "relevance." + reason, confidence: p}
}

// listed is the confidence from which a list of incidents is news: its headline and its
// lead say nothing of any of them.
const listed = 0.15

// listsDeaths tells whether an article gives its paragraphs or sentences labels, and under
// two of them people were killed or hurt of late.
func (r *reading) listsDeaths(cs []clause) bool {
	if !r.roundUp() {
		return false
	}
	told, last := 0, -1
	for i := range cs {
		c := &cs[i]
		if _, _, ok := r.entry(cs, i); !ok || !r.saysWhat(c) || !r.harmsNow(c) || c.sent == last {
			continue
		}
		if told++; told == 2 {
			return true
		}
		last = c.sent
	}
	return false
}

// violent tells whether the article has a word for an incident or a harm at all.
func (r *reading) violent() bool {
	if len(r.figs) > 0 {
		return true
	}
	for k := range r.words {
		if w := &r.words[k]; w.is(lexicon.Kind) && r.isKind(k) {
			return true
		}
	}
	return false
}

// against names what speaks most against an incident that is news, and tells
// whether that is its age: then what happened is kept, as background.
func (m *model) against(f *features) (reason string, past bool) {
	sum := make([]float64, len(reasons))
	for i, n := range f.n {
		if g := reasonOf[i]; n != 0 && g >= 0 && m.weight[i] < 0 {
			sum[g] += m.weight[i] * damped(n)
		}
	}
	reason, least := "little-speaks-for-it", -0.3
	for i, g := range reasons {
		if sum[i] < least {
			reason, least = g, sum[i]
		}
	}
	switch reason {
	case "judicial", "anniversary", "history", "statistics", "old-date":
		past = true
	}
	return reason, past
}

// reasons are what may speak against an article: themes, and that it is old.
var reasons = append([]string{"old-date"}, themes...)

// reasonOf is for each feature the reason that it belongs to, -1 for none.
var reasonOf = func() []int {
	index := indexOf(reasons)
	out := make([]int, len(featureNames))
	for i, name := range featureNames {
		out[i] = -1
		group := ""
		if t, ok := strings.CutPrefix(name, "theme."); ok {
			group, _, _ = strings.Cut(t, ".")
		} else {
			switch base, _, _ := strings.Cut(name, "."); base {
			case "old-date", "old-without-day", "past-figure":
				group = "old-date"
			case "running-date", "summed-figure", "share":
				group = "statistics"
			case "court-without-day":
				group = "judicial"
			case "obituary":
				group = "anniversary"
			}
		}
		if g, ok := index[group]; ok {
			out[i] = g
		}
	}
	return out
}()
