package quantity

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin/enrich/text"
)

func TestFind(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"digits", "killed 7 people", "exact 7..7"},
		{"a word", "seven people", "exact 7..7"},
		{"thousands separator", "1,204 villagers", "exact 1204..1204"},
		{"a hyphened word", "twenty-one men", "exact 21..21"},
		{"words in a row", "two hundred and fifty men", "exact 250..250"},
		{"a scale", "some 1.2 million people", "approx 1200000..1200000"},
		{"a dozen", "a dozen worshippers", "approx 12..12"},
		{"half a dozen", "half a dozen guards", "approx 6..6"},
		{"two dozen", "two dozen soldiers", "exact 24..24"},
		{"a couple", "a couple of guards", "exact 2..2"},
		{"at least has no ceiling", "at least 14 people", "at_least 14..-"},
		{"more than starts one higher", "more than 60 people", "at_least 61..-"},
		{"no fewer than", "no fewer than nine people", "at_least 9..-"},
		{"upwards of", "upwards of 30 people", "at_least 30..-"},
		{"fewer than ends one lower", "fewer than ten people", "at_most -..9"},
		{"as many as is a ceiling", "as many as 40 people", "at_most -..40"},
		{"nearly never reaches", "nearly 40 people", "approx -..40"},
		{"between", "between eight and 12 people", "range 8..12"},
		{"to", "five to seven people", "range 5..7"},
		{"a glued dash", "12-15 people", "range 12..15"},
		{"a doubt", "four, maybe five people", "range 4..5"},
		{"odd", "30-odd people", "approx 30..39"},
		{"plus", "30+ people", "at_least 30..-"},
		{"or more", "20 or more people", "at_least 20..-"},
		{"dozens are one dozen at least", "dozens of shoppers", "vague 12..-"},
		{"scores are one score at least", "scores of people", "vague 20..-"},
		{"hundreds of thousands", "hundreds of thousands fled", "vague 100000..-"},
		{"several", "several people", "vague 3..-"},
		{"how many is a question", "how many people", ""},
		{"a spoken none", "no deaths", "none 0..0"},
		{"nobody", "nobody was hurt", "none 0..0"},
		{"no comment is a none of something else", "he said no.", ""},
		{"two numbers", "6 killed, 11 hurt", "exact 6..6|exact 11..11"},
		{"from is no range", "rose from 22 to 29", "exact 22..22|exact 29..29"},
		{"all but", "all but two of the 11 hostages", "exact 9..9"},
		{"half of", "half of the 40 passengers", "approx 20..20"},
		{"a letter for a digit", "killed l0 labourers", "exact 10..10 ocr"},
		{"a year", "in 2015 they", "exact 2015..2015 year"},
		{"money", "$30 and 40 percent", "exact 30..30 money|exact 40..40 share"},
		{"a score in a match", "won 3-1 there", "exact 3..3 score|exact 1..1 score"},
		{"an ordinal is none", "the 5th of the fifth", ""},
		{"an age is one word", "a 60-year-old man", ""},
		{"too large to be people", "99999999999999999999 died", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, q := range Find(text.Parse(tt.in).Tokens) {
				got = append(got, show(q))
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("Find(%q) = %s; want %s", tt.in, g, tt.want)
			}
		})
	}
}

func show(q Quantity) string {
	b := func(n int) string {
		if n == Open {
			return "-"
		}
		return fmt.Sprint(n)
	}
	s := q.Quantifier + " " + b(q.Min) + ".." + b(q.Max)
	if q.Shape != Count {
		s += " " + [...]string{"", "year", "clock", "score", "share", "money", "decimal", "code"}[q.Shape]
	}
	if q.OCR {
		s += " ocr"
	}
	return s
}

var words = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"}
var tens = []string{"", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"}

// spell writes n as English does.
func spell(n int, and bool) string {
	switch {
	case n < 20:
		return words[n]
	case n < 100:
		if n%10 == 0 {
			return tens[n/10]
		}
		return tens[n/10] + "-" + words[n%10]
	case n < 1000:
		s := words[n/100] + " hundred"
		if n%100 == 0 {
			return s
		}
		if and {
			s += " and"
		}
		return s + " " + spell(n%100, and)
	}
	s := spell(n/1000, and) + " thousand"
	if n%1000 == 0 {
		return s
	}
	if and && n%1000 < 100 {
		return s + " and " + spell(n%1000, and)
	}
	return s + " " + spell(n%1000, and)
}

func TestSpelledNumbersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 999_999).Draw(t, "n")
		s := spell(n, rapid.Bool().Draw(t, "and"))
		got := Find(text.Parse("about the " + s + " people").Tokens)
		if len(got) != 1 || got[0].Min != n || got[0].Max != n {
			t.Fatalf("Find(%q) = %+v; want one %d", s, got, n)
		}
	})
}

func FuzzQuantity(f *testing.F) {
	for _, s := range []string{"", "at least thirty", "between 8 and 12", "no", "all but 2 of the", "half of", "a a a", "~", "1.5 million million", "l0", "all all all all 5", "four, maybe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		toks := text.Parse(s).Tokens
		end := 0
		for _, q := range Find(toks) {
			if q.First < end || q.Last <= q.First || q.Last > len(toks) {
				t.Fatalf("Find(%q): tokens [%d,%d) after %d of %d", s, q.First, q.Last, end, len(toks))
			}
			end = q.Last
			if q.Min < Open || q.Max < Open || q.Min != Open && q.Max != Open && q.Min > q.Max {
				t.Fatalf("Find(%q): bounds %d..%d", s, q.Min, q.Max)
			}
			if q.Point != Open && !Holds(q.Quantifier, ptr(q.Min), ptr(q.Max), q.Point) {
				t.Fatalf("Find(%q): point %d outside %d..%d", s, q.Point, q.Min, q.Max)
			}
			if q.Quantifier == "" || q.Rule == "" {
				t.Fatalf("Find(%q): %+v names no rule", s, q)
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	const s = "So far this year, at least 50 rocket and drone attacks have targeted the base, 70 kilometers from the town"
	toks := text.Parse(s).Tokens
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Find(toks)
	}
}

func ptr(n int) *int {
	if n == Open {
		return nil
	}
	return &n
}

func TestWhatMoreThanPrints(t *testing.T) {
	for in, want := range map[string][3]int{"more than 20 people": {21, Open, 20}, "over 1,000 people": {1001, Open, 1000}, "over 2019 pupils": {2020, Open, 2019}, "over 2019 school bombing": {2019, 2019, 2019}, "fewer than ten people": {Open, 9, 10}, "at least 14 people": {14, Open, Open}, "nearly 40 people": {Open, 40, 40}} {
		found := Find(text.Parse(in).Tokens)
		if len(found) != 1 || [3]int{found[0].Min, found[0].Max, found[0].Point} != want {
			t.Errorf("Find(%q) = %+v; want %v", in, found, want)
		}
	}
	for _, tt := range []struct {
		quantifier string
		lo, hi     int
		n          int
		want       bool
	}{
		{"at_least", 21, Open, 20, true}, {"at_least", 21, Open, 19, false}, {"exact", 21, 21, 20, false}, {"at_most", Open, 9, 10, true}, {"at_most", Open, 9, 11, false}, {"range", 5, 9, 7, true},
	} {
		if got := Holds(tt.quantifier, ptr(tt.lo), ptr(tt.hi), tt.n); got != tt.want {
			t.Errorf("Holds(%s, %d, %d, %d) = %v, want %v", tt.quantifier, tt.lo, tt.hi, tt.n, got, tt.want)
		}
	}
}
