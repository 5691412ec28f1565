package text

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tokens(s string) []string {
	d := Parse(s)
	var out []string
	for _, t := range d.Tokens {
		out = append(out, s[t.Start:t.End])
	}
	return out
}

func TestTokens(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a hyphen stays inside", "a pro-army al-Harir base", "a|pro-army|al-Harir|base"},
		{"a dash does not", "BASRA - Two died", "BASRA|-|Two|died"},
		{"thousands are one number", "1,204 of 3.5", "1,204|of|3.5"},
		{"a comma in a list of numbers parts them", "12,5 and 7,", "12|,|5|and|7|,"},
		{"letters after digits make a word", "the 5th at 9pm, 70km", "the|5th|at|9pm|,|70km"},
		{"possessives come off", "Iraq's army, the guards' post, Shi'ite", "Iraq|'s|army|,|the|guards|'|post|,|Shi'ite"},
		{"typographic apostrophes too", "Mali’s north", "Mali|’s|north"},
		{"an abbreviation keeps its dots", "the U.S. base", "the|U.S.|base"},
		{"a clock is one number", "at 16:40 sharp", "at|16:40|sharp"},
		{"a score is three tokens", "a 3-1 win", "a|3|-|1|win"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tokens(tt.in), "|"); got != tt.want {
				t.Errorf("Parse(%q) = %s; want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"full stops", "One died. Two fled! Why?", []string{"One died.", "Two fled!", "Why?"}},
		{"a title's dot ends nothing", "Gen. Amari and Dr. Saleh spoke.", []string{"Gen. Amari and Dr. Saleh spoke."}},
		{"nor does a country's", "The U.S. Army left. It rained.", []string{"The U.S. Army left.", "It rained."}},
		{"a quotation mark belongs to its sentence", "“We fled.” Nobody stayed.", []string{"“We fled.”", "Nobody stayed."}},
		{"a blank line ends a headline", "Blast in port\n\nFour died", []string{"Blast in port", "Four died"}},
		{"a line break alone does not", "Four people\ndied there", []string{"Four people\ndied there"}},
		{"but bullets do", "Victims\n- two drivers\n- a guard", []string{"Victims", "- two drivers", "- a guard"}},
		{"a lost blank is forgiven", "They fled.Police came.", []string{"They fled.", "Police came."}},
		{"a decimal is no end", "It cost 3.5 million.", []string{"It cost 3.5 million."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Parse(tt.in)
			var got []string
			for _, s := range d.Sentences {
				got = append(got, tt.in[d.Tokens[s.First].Start:d.Tokens[s.Last-1].End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got)\n%s", tt.in, diff)
			}
		})
	}
}

func TestParagraphs(t *testing.T) {
	d := Parse("One. Two.\n\nThree.")
	if n := len(d.Sentences); n != 3 || d.Sentences[1].Para != 0 || d.Sentences[2].Para != 1 {
		t.Errorf("sentences %+v; want three, the last in paragraph 1", d.Sentences)
	}
}

// check asserts what holds for any text.
func check(t *testing.T, s string) {
	t.Helper()
	d := Parse(s)
	if len(d.Lower) != len(s) {
		t.Fatalf("Lower(%q) has %d bytes, want %d", s, len(d.Lower), len(s))
	}
	end := 0
	for i, tok := range d.Tokens {
		if tok.Start < end || tok.End <= tok.Start || tok.End > len(s) {
			t.Fatalf("token %d of %q is [%d,%d) after %d", i, s, tok.Start, tok.End, end)
		}
		if tok.Low != Lower(s[tok.Start:tok.End]) {
			t.Fatalf("token %d of %q: Low is %q, want %q", i, s, tok.Low, Lower(s[tok.Start:tok.End]))
		}
		end = tok.End
	}
	next := 0
	for _, sen := range d.Sentences {
		if sen.First != next || sen.Last <= sen.First {
			t.Fatalf("sentence %+v of %q does not follow token %d", sen, s, next)
		}
		next = sen.Last
	}
	if next != len(d.Tokens) {
		t.Fatalf("sentences of %q end at token %d of %d", s, next, len(d.Tokens))
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"", ".", "Two died. Four fled.", "a\n\n\nb", "\xff\xfe'\x00s", "U.S.", "İstanbul’da 5’i", "1,,,2..3--4", "«Ünï» 3-", "''''s"} {
		f.Add(s)
	}
	f.Fuzz(check)
}

func BenchmarkParse(b *testing.B) {
	const p = "At least 14 people were killed in the port city of Qasr on Monday, police said. Gen. Amari blamed the “rebels” for it.\n\n"
	s := strings.Repeat(p, 4096/len(p))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(s)
	}
}
