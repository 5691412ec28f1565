// Package quantity reads the sizes that news prose gives to groups of people:
// "30", "at least thirty", "10 to 15", "scores", "no".
//
// It answers how many, never of what: "70 kilometers" is a quantity here, and
// package enrich decides that it counts nobody. What only looks like a number
// of things is marked as such by its Shape (a year, a clock time, a score, a
// share, a sum of money, an ordinal). A result keeps its tokens, so that an
// alert can quote its evidence.
package quantity

import (
	"strconv"
	"strings"

	"tocsin/enrich/text"
)

// Open is a bound that the text does not set.
const Open = -1

// Shape is what the digits themselves tell of a quantity.
type Shape uint8

// The shapes: only Count and Year (which may be a count after all) can number people.
const (
	Count Shape = iota
	Year
	Clock
	Score
	Share
	Money
	Decimal
	Code // "No. 5", "5.56"
)

// Quantity is a number as the text bounds it.
type Quantity struct {
	First, Last int    // tokens [First, Last)
	Quantifier  string // exact at_least at_most range approx vague none
	Min, Max    int    // Open where the text sets no bound
	Point       int    // the one number to show, Open where there is none; see Holds
	Shape       Shape
	Rule        string
	OCR         bool // a letter stands for a digit: "l0"
}

// Holds tells whether n may be the one number shown of bounds: it lies between
// them, or is the number that "more than 20" (21 or more) and "fewer than ten" (nine
// at most) print, which lies just outside. A nil bound is open.
func Holds(quantifier string, lo, hi *int, n int) bool {
	over := quantifier == "at_least" && lo != nil && n == *lo-1
	under := quantifier == "at_most" && hi != nil && n == *hi+1
	return over || under || (lo == nil || n >= *lo) && (hi == nil || n <= *hi)
}

// limit caps what is read as a number; more people than this do not exist.
const limit = 2_000_000_000

// numerals holds number words; the multipliers are told apart in cardinal.
var numerals = map[string]int{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
	"nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}

var multipliers = map[string]int{"hundred": 100, "thousand": 1000, "million": 1_000_000, "lakh": 100_000, "k": 1000, "m": 1_000_000}

// vague gives the floor of a vague word: one unit of it. The published
// convention of conflict databases for tens, dozens and hundreds, extended.
var vague = map[string]int{
	"several": 3, "few": 3, "tens": 10, "dozens": 12, "scores": 20, "hundreds": 100, "thousands": 1000,
	"many": 2, "numerous": 2, "multiple": 2, "various": 2,
}

// Number reads a cardinal that is one token: "seven", "1,204", "twenty-one".
func Number(t *text.Token) (int, bool) {
	if t.Kind == text.Number {
		return digits(t.Low)
	}
	if n, ok := numerals[t.Low]; ok {
		return n, true
	}
	if t.Hyphen {
		a, b, _ := strings.Cut(t.Low, "-")
		x, ok1 := numerals[a]
		y, ok2 := numerals[b]
		if ok1 && ok2 && x >= 20 && x%10 == 0 && y > 0 && y < 10 {
			return x + y, true
		}
	}
	return 0, false
}

func digits(s string) (int, bool) {
	n := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			if n = n*10 + int(c-'0'); n > limit {
				return 0, false
			}
		case c == ',':
		default:
			return 0, false
		}
	}
	return n, s != ""
}

// Find reads all quantities of a run of tokens, in order, without overlap.
// Offsets in the result count from toks[0].
func Find(toks []text.Token) []Quantity {
	var out []Quantity
	for i := 0; i < len(toks); {
		if q, ok := At(toks, i); ok {
			out = append(out, q)
			i = q.Last
			continue
		}
		i++
	}
	return out
}

// At reads the quantity that begins at toks[i].
func At(toks []text.Token, i int) (Quantity, bool) {
	if !starts(&toks[i]) {
		return Quantity{}, false
	}
	p := parser{toks}
	q, ok := p.bounded(i, 0)
	if !ok {
		return Quantity{}, false
	}
	p.shape(&q)
	return q, true
}

// starts tells at once that most words begin no quantity.
func starts(t *text.Token) bool {
	switch {
	case t.Kind == text.Number || t.Hyphen || t.Low == "~":
		return true
	case t.Kind != text.Word:
		return false
	case t.Low[0] >= '0' && t.Low[0] <= '9':
		return true
	case t.Low[0] == 'l' || t.Low[0] == 'o':
		if strings.ContainsAny(t.Low, "0123456789") {
			return true
		}
	}
	return len(t.Low) < 32 && starterLens[t.Low[0]]>>len(t.Low)&1 != 0 && starters[t.Low]
}

// starterLens has for each first letter the lengths of the starters, one bit each:
// it spares most words the look into the map.
var starterLens = func() (t [256]uint32) {
	for w := range starters {
		t[w[0]] |= 1 << len(w)
	}
	return t
}()

var starters = func() map[string]bool {
	m := map[string]bool{"between": true, "from": true, "half": true, "both": true, "none": true, "nobody": true}
	for w := range numerals {
		m[w] = true
	}
	for w := range multipliers {
		m[w] = true
	}
	for w := range vague {
		m[w] = true
	}
	for w := range hedges {
		m[w] = true
	}
	return m
}()

type parser struct{ t []text.Token }

func (p *parser) low(i int) string {
	if i < 0 || i >= len(p.t) {
		return ""
	}
	return p.t[i].Low
}

// hedge is what stands before a number and bounds it.
type hedge struct {
	words string
	kind  string
}

// hedges are tried in order: longer ones before those that they begin with.
var hedges = map[string][]hedge{
	"at":            {{"at least", "at_least"}, {"at most", "at_most"}, {"at the least", "at_least"}},
	"no":            {{"no fewer than", "at_least"}, {"no less than", "at_least"}, {"no more than", "at_most"}},
	"not":           {{"not fewer than", "at_least"}, {"not less than", "at_least"}, {"not more than", "at_most"}},
	"more":          {{"more than", "over"}},
	"over":          {{"over", "over"}},
	"well":          {{"well over", "over"}},
	"above":         {{"above", "over"}},
	"upwards":       {{"upwards of", "at_least"}},
	"upward":        {{"upward of", "at_least"}},
	"a":             {{"a minimum of", "at_least"}, {"a total of", "exact"}, {"a further", "exact"}, {"a maximum of", "at_most"}, {"a reported", "exact"}},
	"minimum":       {{"minimum", "at_least"}},
	"fewer":         {{"fewer than", "under"}},
	"less":          {{"less than", "under"}},
	"under":         {{"under", "under"}},
	"up":            {{"up to", "at_most"}},
	"as":            {{"as many as", "at_most"}, {"as few as", "at_least"}},
	"nearly":        {{"nearly", "nearly"}},
	"almost":        {{"almost", "nearly"}},
	"close":         {{"close to", "nearly"}},
	"about":         {{"about", "approx"}},
	"around":        {{"around", "approx"}},
	"some":          {{"some", "approx"}},
	"approximately": {{"approximately", "approx"}},
	"roughly":       {{"roughly", "approx"}},
	"maybe":         {{"maybe", "approx"}},
	"perhaps":       {{"perhaps", "approx"}},
	"possibly":      {{"possibly", "approx"}},
	"estimated":     {{"estimated", "approx"}},
	"an":            {{"an estimated", "approx"}, {"an additional", "exact"}, {"an average of", "approx"}},
	"all":           {{"all", "exact"}},
	"exactly":       {{"exactly", "exact"}},
	"only":          {{"only", "exact"}},
	"least":         {{"least", "at_least"}},
	"another":       {{"another", "exact"}},
	"circa":         {{"circa", "approx"}},
}

// maxHedges is how many hedges one number may have: "at least another 12" has two.
const maxHedges = 3

// bounded reads a number with what stands before it.
func (p *parser) bounded(i, depth int) (Quantity, bool) {
	if i >= len(p.t) || depth > maxHedges {
		return Quantity{}, false
	}
	t := &p.t[i]
	if t.Kind == text.Punct || t.Kind == text.Clitic {
		if t.Low != "~" {
			return Quantity{}, false
		}
	}
	if t.Low == "~" {
		if q, ok := p.core(i + 1); ok {
			return q.with(i, "approx"), true
		}
		return Quantity{}, false
	}
	if t.Low == "all" || t.Low == "half" {
		if q, ok := p.share(i); ok {
			return q, true
		}
	}
	if t.Low == "between" || t.Low == "from" {
		if q, ok := p.between(i); ok {
			return q, true
		}
	}
	for _, h := range hedges[t.Low] {
		j, ok := p.phrase(i, h.words)
		if !ok {
			continue
		}
		q, ok := p.bounded(j, depth+1) // "at least another 12"
		if !ok || q.Quantifier == "none" {
			continue
		}
		if (t.Low == "under" || t.Low == "above") && q.First == q.Last-1 && p.t[j].Kind == text.Word && q.Min == 1 {
			continue // "under one roof"
		}
		if t.Low == "over" && p.year(j) {
			continue // "on trial over 2019 school bombing"
		}
		return q.with(i, h.kind), true
	}
	return p.core(i)
}

// year tells whether the number at token j is the year of what is named behind it, and
// counts nobody: "2019 school bombing", never "2019 pupils".
func (p *parser) year(j int) bool {
	w, next := p.low(j), p.low(j+1)
	n, err := strconv.Atoi(w)
	if err != nil || len(w) != 4 || n < 1950 || n > 2049 || n%100 == 0 || j+1 >= len(p.t) || p.t[j+1].Kind != text.Word {
		return false
	}
	switch next {
	case "people", "men", "women", "children", "police", "troops", "migrants", "dead", "of", "in", "and", "to":
		return false
	}
	return !strings.HasSuffix(next, "s")
}

// share reads a number that the text leaves to be worked out: "all but two of
// the 11", "half of the 40".
func (p *parser) share(i int) (Quantity, bool) {
	j, less := i+1, 0
	if p.low(i) == "all" {
		if p.low(j) != "but" {
			return Quantity{}, false
		}
		n, k, ok := p.cardinal(j + 1)
		if !ok {
			return Quantity{}, false
		}
		less, j = n, k
	}
	if p.low(j) == "of" {
		j++
	} else if p.low(i) == "all" {
		return Quantity{}, false
	}
	switch p.low(j) {
	case "the", "his", "her", "its", "their", "those":
		j++
	}
	n, k, ok := p.cardinal(j)
	if !ok || n <= less || n < 2 {
		return Quantity{}, false
	}
	if p.low(i) == "all" {
		q := exact(i, k, n-less)
		q.Rule = "q.all-but"
		return q, true
	}
	return Quantity{First: i, Last: k, Quantifier: "approx", Min: n / 2, Max: n / 2, Point: n / 2, Rule: "q.half"}, true
}

func (p *parser) phrase(i int, words string) (int, bool) {
	for words != "" {
		w, rest, _ := strings.Cut(words, " ")
		if p.low(i) != w {
			return 0, false
		}
		words = rest
		i++
	}
	return i, true
}

// with bounds q by what stands before it.
func (q Quantity) with(first int, kind string) Quantity {
	q.First = first
	n := q.Point
	if n == Open {
		n = q.Min
	}
	if q.Quantifier == "range" {
		switch kind {
		case "at_least", "over":
			q.Max, q.Quantifier, q.Point = Open, "at_least", Open
			q.Rule = "q.at-least"
		case "at_most", "under":
			q.Min, q.Quantifier, q.Point = Open, "at_most", Open
			q.Rule = "q.at-most"
		}
		return q
	}
	if q.Quantifier == "vague" && kind != "at_most" {
		return q
	}
	switch kind {
	case "at_least":
		q.Quantifier, q.Min, q.Max, q.Point = "at_least", n, Open, Open
		q.Rule = "q.at-least"
	case "over":
		q.Quantifier, q.Min, q.Max, q.Point = "at_least", n+1, Open, n
		q.Rule = "q.more-than"
	case "at_most":
		q.Quantifier, q.Min, q.Max, q.Point = "at_most", Open, n, Open
		q.Rule = "q.at-most"
	case "under":
		q.Quantifier, q.Min, q.Max, q.Point = "at_most", Open, max(n-1, 0), n
		q.Rule = "q.fewer-than"
	case "nearly":
		q.Quantifier, q.Min, q.Max, q.Point = "approx", Open, n, n
		q.Rule = "q.nearly"
	case "approx":
		if q.Quantifier == "exact" {
			q.Quantifier = "approx"
			q.Rule = "q.about"
		}
	}
	return q
}

// between reads "between eight and 12", "from 8 to 12".
func (p *parser) between(i int) (Quantity, bool) {
	a, j, ok := p.cardinal(i + 1)
	if !ok || p.low(j) != "and" && p.low(j) != "to" || p.low(i) == "between" && p.low(j) != "and" {
		return Quantity{}, false
	}
	b, k, ok := p.cardinal(j + 1)
	if !ok || b <= a || p.low(i) == "from" {
		return Quantity{}, false
	}
	return span(i, k, a, b), true
}

func span(first, last, a, b int) Quantity {
	return Quantity{First: first, Last: last, Quantifier: "range", Min: a, Max: b, Point: Open, Rule: "q.range"}
}

// core reads a number, a vague word or a none.
func (p *parser) core(i int) (Quantity, bool) {
	switch w := p.low(i); w {
	case "no", "none", "nobody", "zero":
		if w == "no" && (p.low(i+1) == "." || p.low(i+1) == "one" || p.low(i+1) == "longer") {
			if p.low(i+1) == "one" {
				return Quantity{First: i, Last: i + 2, Quantifier: "none", Rule: "q.none"}, true
			}
			return Quantity{}, false
		}
		return Quantity{First: i, Last: i + 1, Quantifier: "none", Rule: "q.none"}, true
	case "dozens", "scores", "hundreds", "tens", "thousands":
		j := i + 1
		if p.low(j) == "of" {
			switch p.low(j + 1) {
			case "thousands", "hundreds":
				return Quantity{First: i, Last: j + 2, Quantifier: "vague", Min: vague[w] * vague[p.low(j+1)], Max: Open, Point: Open, Rule: "q.vague-" + p.low(j+1)}, true
			}
			j++
		}
		if p.low(j) == "more" {
			j++
		}
		return Quantity{First: i, Last: j, Quantifier: "vague", Min: vague[w], Max: Open, Point: Open, Rule: "q.vague-" + w}, true
	case "several", "many", "numerous", "multiple":
		if p.low(i-1) == "how" {
			return Quantity{}, false // "did not say how many"
		}
		j := i + 1
		if w == "several" && (p.low(j) == "dozen" || p.low(j) == "hundred" || p.low(j) == "thousand") {
			u := multipliers[p.low(j)]
			if u == 0 {
				u = 12
			}
			return Quantity{First: i, Last: j + 1, Quantifier: "vague", Min: 2 * u, Max: Open, Point: Open, Rule: "q.vague-several"}, true
		}
		if p.low(j) == "of" || p.low(j) == "other" || p.low(j) == "more" {
			j++
		}
		return Quantity{First: i, Last: j, Quantifier: "vague", Min: vague[w], Max: Open, Point: Open, Rule: "q.vague-" + w}, true
	case "a", "an":
		switch p.low(i + 1) {
		case "dozen":
			return p.more(Quantity{First: i, Last: i + 2, Quantifier: "approx", Min: 12, Max: 12, Point: 12, Rule: "q.dozen"}), true
		case "few":
			return Quantity{First: i, Last: i + 2, Quantifier: "vague", Min: 3, Max: Open, Point: Open, Rule: "q.vague-few"}, true
		case "couple", "pair":
			j := i + 2
			if p.low(j) == "of" {
				j++
			}
			return Quantity{First: i, Last: j, Quantifier: "exact", Min: 2, Max: 2, Point: 2, Rule: "q.couple"}, true
		case "hundred", "thousand", "million":
			if n, j, ok := p.cardinal(i + 1); ok {
				return p.more(exact(i, j, n)), true
			}
		case "handful", "number", "group":
			if p.low(i+2) == "of" {
				return Quantity{First: i, Last: i + 3, Quantifier: "vague", Min: 2, Max: Open, Point: Open, Rule: "q.vague-" + p.low(i+1)}, true
			}
		}
		return Quantity{}, false
	case "both":
		return Quantity{First: i, Last: i + 1, Quantifier: "exact", Min: 2, Max: 2, Point: 2, Rule: "q.both"}, true
	case "half":
		if p.low(i+1) == "a" && p.low(i+2) == "dozen" {
			return Quantity{First: i, Last: i + 3, Quantifier: "approx", Min: 6, Max: 6, Point: 6, Rule: "q.half-dozen"}, true
		}
		return Quantity{}, false
	case "half-a-dozen", "half-dozen":
		return Quantity{First: i, Last: i + 1, Quantifier: "approx", Min: 6, Max: 6, Point: 6, Rule: "q.half-dozen"}, true
	}
	n, j, ok := p.cardinal(i)
	if !ok {
		return p.odd(i)
	}
	// "five to seven", "12-15", "four, maybe five"
	if b, k, ok := p.cardinal(j + 1); ok && b > n && b < 4*n+20 {
		sep := p.low(j)
		glued := j+1 < len(p.t) && p.t[j].Start == p.t[j-1].End && p.t[j+1].Start == p.t[j].End
		if sep == "to" && p.low(i-1) != "from" && p.low(i-1) != "by" || sep == "or" || (sep == "-" || sep == "–") && glued {
			return span(i, k, n, b), true
		}
	}
	if p.low(j) == "," && (p.low(j+1) == "maybe" || p.low(j+1) == "perhaps" || p.low(j+1) == "possibly") {
		if b, k, ok := p.cardinal(j + 2); ok && b > n {
			return span(i, k, n, b), true
		}
	}
	if (p.low(j) == "-" || p.low(j) == "–" || p.low(j) == "") && p.low(j+1) == "odd" {
		return Quantity{First: i, Last: j + 2, Quantifier: "approx", Min: n, Max: n + 9, Point: n, Rule: "q.odd"}, true
	}
	q := exact(i, j, n)
	if p.low(j) == "or" && (p.low(j+1) == "more" || p.low(j+1) == "so") {
		kind := "at_least"
		if p.low(j+1) == "so" {
			kind = "approx"
		}
		q = q.with(i, kind)
		q.Last = j + 2
		return q, true
	}
	if p.low(j) == "dozen" {
		q = Quantity{First: i, Last: j + 1, Quantifier: "exact", Min: 12 * n, Max: 12 * n, Point: 12 * n, Rule: "q.dozen"}
	}
	return p.more(q), true
}

// unscan undoes what scanners do to digits.
var unscan = strings.NewReplacer("l", "1", "o", "0")

// odd reads one token that hides its number: "30-odd", "30+", "l0".
func (p *parser) odd(i int) (Quantity, bool) {
	if i >= len(p.t) || p.t[i].Kind != text.Word {
		return Quantity{}, false
	}
	w := p.t[i].Low
	if a, ok := strings.CutSuffix(w, "-odd"); ok {
		if n, ok := word(a); ok {
			return Quantity{First: i, Last: i + 1, Quantifier: "approx", Min: n, Max: n + 9, Point: n, Rule: "q.odd"}, true
		}
	}
	if a, ok := strings.CutSuffix(w, "-plus"); ok {
		if n, ok := word(a); ok {
			return Quantity{First: i, Last: i + 1, Quantifier: "at_least", Min: n, Max: Open, Point: Open, Rule: "q.plus"}, true
		}
	}
	if len(w) >= 2 && len(w) <= 4 && (w[0] == 'l' || strings.IndexByte(w, 'o') >= 0) && !p.t[i].Hyphen {
		if !strings.ContainsAny(w, "0123456789") {
			return Quantity{}, false
		}
		if n, ok := digits(unscan.Replace(w)); ok {
			q := exact(i, i+1, n)
			q.OCR, q.Rule = true, "q.ocr"
			return q, true
		}
	}
	return Quantity{}, false
}

func word(w string) (int, bool) {
	if n, ok := numerals[w]; ok {
		return n, true
	}
	return digits(w)
}

func exact(first, last, n int) Quantity {
	return Quantity{First: first, Last: last, Quantifier: "exact", Min: n, Max: n, Point: n, Rule: "q.exact"}
}

// more takes in what follows a number without changing its size.
func (p *parser) more(q Quantity) Quantity {
	switch p.low(q.Last) {
	case "+":
		if p.t[q.Last].Start == p.t[q.Last-1].End {
			q = q.with(q.First, "at_least")
			q.Last++
		}
	case "plus":
		q = q.with(q.First, "at_least")
		q.Last++
	}
	return q
}

// cardinal reads digits or number words: "two hundred and fifty", "1.2 million".
func (p *parser) cardinal(i int) (n, next int, ok bool) {
	if i < 0 || i >= len(p.t) {
		return 0, 0, false
	}
	t := &p.t[i]
	if m, isMul := multipliers[t.Low]; isMul && t.Kind == text.Word && len(t.Low) > 2 {
		n, next = m, i+1
		if m == 100 || i == 0 || p.low(i-1) != "a" && p.low(i-1) != "an" {
			return n, next, true
		}
		return n, next, true
	}
	if t.Kind == text.Number && strings.IndexByte(t.Low, '.') >= 0 {
		if m := multipliers[p.low(i+1)]; m >= 1000 && len(p.low(i+1)) > 2 {
			return decimal(t.Low, m), i + 2, true
		}
		return 0, 0, false
	}
	n, ok = Number(t)
	if !ok {
		return 0, 0, false
	}
	next = i + 1
	total, words := 0, t.Kind == text.Word
	for next < len(p.t) {
		w := &p.t[next]
		if w.Kind != text.Word {
			break
		}
		if m := multipliers[w.Low]; m > 0 && len(w.Low) > 2 {
			if n > limit/m {
				return 0, 0, false
			}
			if m == 100 {
				n *= m
			} else {
				total, n = total+n*m, 0
			}
			next++
			continue
		}
		if w.Low == "and" && words && next+1 < len(p.t) && (n >= 100 && n%100 == 0 || n == 0 && total > 0) {
			if b, ok := Number(&p.t[next+1]); ok && b < 100 && p.t[next+1].Kind == text.Word {
				n += b
				next += 2
				continue
			}
		}
		if b, ok := Number(w); ok && words && (n%100 == 0 && n >= 100 && b > 0 || n >= 20 && n < 100 && n%10 == 0 && b > 0 && b < 10 || n == 0 && total > 0) {
			n += b
			next++
			continue
		}
		break
	}
	if total+n > limit {
		return 0, 0, false
	}
	return total + n, next, true
}

func decimal(s string, m int) int {
	a, b, _ := strings.Cut(s, ".")
	n, ok := digits(a)
	if !ok || n > limit/m {
		return limit
	}
	n *= m
	for i := 0; i < len(b) && m >= 10; i++ {
		m /= 10
		if b[i] >= '0' && b[i] <= '9' {
			n += int(b[i]-'0') * m
		}
	}
	return n
}

// shape marks what only looks like a count.
func (p *parser) shape(q *Quantity) {
	last := &p.t[q.Last-1]
	next, prev := p.low(q.Last), p.low(q.First-1)
	glued := q.Last < len(p.t) && p.t[q.Last].Start == last.End
	switch {
	case next == "%" || next == "percent" || next == "pct" || next == "per" && p.low(q.Last+1) == "cent" || next == "percentage":
		q.Shape = Share
	case prev == "$" || prev == "£" || prev == "€" || prev == "¥" || prev == "₹" || prev == "rs" || prev == "usd":
		q.Shape = Money
	case last.Kind == text.Number && strings.IndexByte(last.Low, ':') >= 0:
		q.Shape = Clock
	case (next == "-" || next == "–") && glued && q.Last+1 < len(p.t) && p.t[q.Last+1].Kind == text.Number && p.t[q.Last+1].Start == p.t[q.Last].End:
		q.Shape = Score
	case (prev == "-" || prev == "–") && q.First >= 2 && p.t[q.First-2].Kind == text.Number && p.t[q.First-1].Start == p.t[q.First-2].End:
		q.Shape = Score
	case prev == "no" || prev == "." && (p.low(q.First-2) == "no" || p.low(q.First-2) == "nos") || prev == "#" || prev == "number" || prev == "/" || next == "/" && glued:
		q.Shape = Code
	case q.Quantifier == "exact" && q.First > 0 && p.numbered(q):
		q.Shape = Code
	case (next == "am" || next == "pm" || next == "a.m" || next == "a.m." || next == "p.m." || next == "gmt") && q.Quantifier == "exact":
		q.Shape = Clock
	case q.Quantifier == "range" && q.Min >= 1900 && q.Max <= 2100 && last.Kind == text.Number && len(last.Low) == 4:
		q.Shape = Year // "between 1985 and 2023"
	case q.Quantifier == "exact" && q.Last-q.First == 1 && last.Kind == text.Number && len(last.Low) == 4 && q.Min >= 1800 && q.Min <= 2100:
		q.Shape = Year
	}
}

// numbered tells whether q numbers the thing before it, and no people: "Form Three pupils",
// "Ward 5", "on highway 7", never "at the camp two people died".
func (p *parser) numbered(q *Quantity) bool {
	t := &p.t[q.First-1]
	if t.Kind != text.Word {
		return false
	}
	switch t.Low {
	case "form", "grade", "class", "standard", "std", "highway", "route", "interstate", "motorway", "autoroute", "kilometre", "kilometer", "km":
	case "year", "primary", "jss", "sss", "camp", "ward", "zone", "sector", "block", "district", "precinct", "division", "unit", "gate", "terminal", "platform", "phase", "section", "article", "area", "cell", "dormitory", "line", "road", "mile", "exit", "junction", "room", "apartment", "flat", "pier", "berth", "channel":
		if !t.Upper || p.t[q.Last-1].Kind != text.Number {
			return false
		}
	default:
		return false
	}
	switch p.low(q.First - 2) {
	case "the", "a", "an", "this", "that", "his", "her", "its", "their", "'s":
		if !t.Upper {
			return false
		}
	}
	switch p.low(q.Last) {
	case "dead", "killed", "injured", "wounded", "hurt", "die", "died", "missing", "abducted", "kidnapped", "people", "persons", "others":
		return false
	}
	return true
}
