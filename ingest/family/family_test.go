package family

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/internal/ident"
)

// sum is a digest of all that a print holds.
func (p Print) sum() string {
	b, err := binary.Append(nil, binary.LittleEndian, p.url)
	for _, v := range []any{p.title, p.open, p.anchors, p.grams, p.numbers, p.names, p.nOpening, p.nRest, p.nGrams, p.nNumbers, p.nNames} {
		if err == nil {
			b, err = binary.Append(b, binary.LittleEndian, v)
		}
	}
	if err != nil {
		panic(err)
	}
	return ident.Hash(string(b))
}

// TestPrintIsOfItsVersion fails where prints change: then Version must, too.
func TestPrintIsOfItsVersion(t *testing.T) {
	for _, tt := range []struct{ name, url, title, text, want string }{
		{"nothing", "", "", "", "1 0t874pktbgag"},
		{"Latin", "https://www.example.org/a-story?id=4", "São Tomé: 12 dead", "LONDON, March 3 (Reuters) - " + sampleText, "1 1y6735nwbwbh"},
		{"signs without spaces", "", "地震", strings.Repeat("北京时间三日凌晨发生地震,", 8), "1 66dnrmvr9nky"},
		{"Arabic", "", "انفجار", strings.Repeat("قال مسؤول إن انفجارا وقع في المدينة ", 6), "1 4a9zn7z1hanv"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprintf("%d %s", Version, Of(tt.url, tt.title, tt.text).sum()[:12]); got != tt.want {
				t.Errorf("Of(%q, ...) = %s, want %s", tt.url, got, tt.want)
			}
		})
	}
}

const sampleText = `A bomb hidden in a vegetable cart exploded in the main market of Tarvale on Tuesday, killing at least 19 people and wounding more than 40, police and hospital officials said.

The blast tore through the eastern gate of the Old Bazaar shortly after 9 a.m., when families were shopping for the coming feast, provincial police chief Idris Kamaro told reporters.

"We pulled children from under the stalls," said Farid Losa, a porter who had been unloading onions 30 metres away.`

// read lists what a scanner makes of a text.
func read(s string) string {
	var out []string
	r := scanner{s: s, line: true, sentence: true}
	for {
		w, ok := r.next()
		if !ok {
			return strings.Join(out, " ")
		}
		mark := map[kind]string{number: "#", name: "^"}[w.kind]
		out = append(out, mark+fmt.Sprintf("%04x", w.hash>>48))
	}
}

func TestTextsThatReadTheSame(t *testing.T) {
	for _, tt := range []struct{ name, a, b string }{
		{"case and punctuation", "The army said, on Friday.", "the ARMY said on Friday"},
		{"accents", "in São Paulo and Łódź", "in Sao Paulo and Lodz"},
		{"accents of their own", "in Sa\u0303o Paulo", "in São Paulo"},
		{"Vietnamese", "in Đà Nẵng", "in Da Nang"},
		{"soft hyphens", "the gov\u00adern\u00adment", "the government"},
		{"apostrophes", "it’s the city's", "its the citys"},
		{"dots of initials", "the U.S. army and the U.N. mission", "the US army and the UN mission"},
		{"separators of thousands", "some 1,200 and 3.4 million", "some 1.200 and 3,4 million"},
		{"number words", "killed three and hurt twelve", "killed 3 and hurt 12"},
		{"hyphens", "in the north-west of a run-off", "in the northwest of a runoff"},
		{"ages", "a 26-year-old man", "a 26 year-old man"},
		{"an agency's dateline", "PARIS, March 3 (AFP) - Police said so.", "Police said so."},
		{"a dateline in small letters", "Rio de Janeiro (AP) — Police said so.", "Police said so."},
		{"an agency alone", "(Reuters) - Police said so.", "Police said so."},
		{"a paper's dateline", "NEW DELHI: Police said so.", "Police said so."},
		{"a place and a dash", "SANTA CRUZ DE LA SIERRA, Bolivia – Police said so.", "Police said so."},
		{"dateline after a local lead", "Our town is sad.\n\nROME (ANSA) -- Police said so.", "Our town is sad. Police said so."},
		{"credits", "Police said so.\n\nReporting by J. Roe and A. N. Other; Editing by R. Oe", "Police said so."},
		{"credits in brackets", "Police said so. (Reporting by J. Roe; Editing by R. Oe)", "Police said so."},
		{"feed notices", "Police said so. This story has been published from a wire agency feed without modifications to the text.", "Police said so."},
		{"edited notices", "Police said so.\n(This story has not been edited by our staff.)", "Police said so."},
		{"links", "Police said so.\nRead more: Ten facts\nThey left.", "Police said so.\nThey left."},
		{"a photographer", "Police said so [Jane Roe/AFP] on Friday", "Police said so on Friday"},
		{"a caption's credit", "Photo: Jane Roe/AP\nPolice said so.", "Police said so."},
		{"copyright", "Police said so.\n© 2026 Somebody. All rights reserved.", "Police said so."},
		{"broken UTF-8", "Police \xff\xfe said", "Police said"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if a, b := read(tt.a), read(tt.b); stripMarks(a) != stripMarks(b) {
				t.Errorf("%q reads as\n%s\n%q reads as\n%s\nwant the same words", tt.a, a, tt.b, b)
			}
		})
	}
}

func stripMarks(s string) string { return strings.NewReplacer("^", "", "#", "").Replace(s) }

func TestTextsThatStay(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		words    int
	}{
		{"a sentence with a dash", "The army – which denied it – left.", 6},
		{"a bracket that is no credit", "He (aged 12) left.", 4},
		{"a sentence with a colon", "They said: go.", 3},
		{"an agency as a source", "An official told Reuters so.", 5},
		{"copyright as a topic", "Copyright law was changed.", 4},
		{"signs without spaces", "北京地震", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := len(strings.Fields(read(tt.in))); got != tt.words {
				t.Errorf("%q has %d words, want %d", tt.in, got, tt.words)
			}
		})
	}
}

func TestFacts(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     string // n plain, ^ name, # number
	}{
		{"a name inside a sentence", "The chief Idris Kamaro left", "nn^^n"},
		{"a capital that the sentence asks for", "They left. Police stayed.", "nnnn"},
		{"figures and number words", "killed 19 and twelve in 3 towns", "n#n#n#n"},
		{"days and months", "left on Tuesday in May", "nn#n#"},
		{"a month's name in small letters", "they may march", "nnn"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			for w := range strings.FieldsSeq(read(tt.in)) {
				if k := w[:1]; k == "^" || k == "#" {
					got += k
				} else {
					got += "n"
				}
			}
			if got != tt.want {
				t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	const story = "https://example.org/world/a-story-1"
	for _, tt := range []struct {
		name, url string
		same      bool
	}{
		{"scheme", "http://example.org/world/a-story-1", true},
		{"www", "https://www.example.org/world/a-story-1", true},
		{"for telephones", "https://m.example.org/world/a-story-1", true},
		{"both", "https://www.mobile.example.org/world/a-story-1/", true},
		{"amp host", "https://amp.example.org/world/a-story-1", true},
		{"amp path", "https://example.org/world/a-story-1/amp/", true},
		{"amp query", "https://example.org/world/a-story-1?amp=1", true},
		{"another page", "https://example.org/world/a-story-2", false},
		{"another host", "https://example.net/world/a-story-1", false},
		{"a query that selects", "https://example.org/world/a-story-1?page=2", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hashURL(tt.url) == hashURL(story); got != tt.same {
				t.Errorf("%s and %s are one page: %v, want %v", tt.url, story, got, tt.same)
			}
		})
	}
	for _, url := range []string{"", "https://example.org", "https://www.example.org/", "https://m.example.org/?amp"} {
		if hashURL(url) != 0 {
			t.Errorf("%q names a page, want none: feeds link every item to it", url)
		}
	}
	if hashURL("https://m.org/a") == hashURL("https://org/a") {
		t.Error("m.org lost its name")
	}
}

func TestPlace(t *testing.T) {
	other := strings.NewReplacer("Tarvale", "Oudra", "Tuesday", "Friday", "19", "31", "40", "85", "Old Bazaar", "Fish Hall",
		"Idris Kamaro", "Omar Benin", "Farid Losa", "Said Tamm", "30 metres", "50 metres", " 9 a.m.", " 11 a.m.").Replace(sampleText)
	type step struct {
		id, url, title, text string
		after                time.Duration
		family, rule, near   string
	}
	const hour = time.Hour
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"a reprint joins the first", []step{
			{"a", "", "One", sampleText, 0, "a", "", ""},
			{"b", "", "Two", sampleText, hour, "a", RuleText, "a"},
		}},
		{"a template with other facts does not", []step{
			{"a", "", "Bomb", sampleText, 0, "a", "", ""},
			{"b", "", "Bomb", other, hour, "b", "", ""},
		}},
		{"one address is one article", []step{
			{"a", "https://www.example.org/a-1", "One", "", 0, "a", "", ""},
			{"b", "http://m.example.org/a-1/amp", "One", sampleText, hour, "a", RuleURL, "a"},
			{"c", "https://example.net/other", "Three", sampleText, hour, "a", RuleText, "b"},
		}},
		{"a page to which a feed links all items is none", []step{
			{"a", "https://example.org/news", "Bomb in Tarvale market", sampleText, 0, "a", "", ""},
			{"b", "https://example.org/news", "Chipmaker to cut jobs", novel(1, 80), 0, "b", "", ""},
		}},
		{"a new edition keeps the family, and its text counts", []step{
			{"a", "", "Blast in Tarvale", "There has been a blast.", 0, "a", "", ""},
			{"a", "", "Blast in Tarvale", sampleText, hour, "a", RuleEdition, "a"},
			{"b", "", "Two", sampleText, 2 * hour, "a", RuleText, "a"},
		}},
		{"the same edition again gets the same answer", []step{
			{"a", "", "One", sampleText, 0, "a", "", ""},
			{"b", "", "Two", sampleText, hour, "a", RuleText, "a"},
			{"b", "", "Two", sampleText, 2 * hour, "a", RuleText, "a"},
			{"a", "", "One", sampleText, 2 * hour, "a", "", ""},
		}},
		{"what is long past is another story", []step{
			{"a", "", "One", sampleText, 0, "a", "", ""},
			{"b", "", "Two", sampleText, 49 * hour, "b", "", ""},
		}},
		{"a clock in the future harms itself alone", []step{
			{"a", "", "One", sampleText, 0, "a", "", ""},
			{"b", "", "Two", sampleText, 100000 * hour, "b", "", ""},
			{"c", "", "Three", sampleText, hour, "a", RuleText, "a"},
		}},
		{"a late report of the past still joins", []step{
			{"a", "", "One", sampleText, 20 * hour, "a", "", ""},
			{"b", "", "Two", sampleText, 0, "a", RuleText, "a"},
		}},
		{"a generic sentence makes no family", []step{
			{"a", "", "Police", "Police are investigating.", 0, "a", "", ""},
			{"b", "", "Police", "Police are investigating.", 0, "b", "", ""},
		}},
		{"nothing at all makes no family", []step{
			{"a", "", "", "", 0, "a", "", ""},
			{"b", "", "", "", 0, "b", "", ""},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := NewIndex(48*hour, 100)
			for i, s := range tt.steps {
				family, why := x.Place(s.id, Of(s.url, s.title, s.text), start.Add(s.after))
				if family != s.family || why.Rule != s.rule || why.Near != s.near {
					t.Errorf("step %d: %s is of %s by %+v; want %s by %q, near %q", i, s.id, family, why, s.family, s.rule, s.near)
				}
			}
		})
	}
}

// TestFamiliesDoNotChain rewrites one text bit by bit: each resembles the one
// before, and the last has nothing of the first.
func TestFamiliesDoNotChain(t *testing.T) {
	const n = 40
	x := NewIndex(72*time.Hour, 1000)
	of := map[string]int{}
	for i := range n {
		var b strings.Builder
		for w := range 100 {
			fmt.Fprintf(&b, "word%s ", letters(5*i+w))
		}
		family, _ := x.Place(fmt.Sprint(i), Of("", "", b.String()), start)
		of[family]++
	}
	// The overlap of 45 % is reached after some ten steps; two such are the limit.
	for family, k := range of {
		if k > 25 {
			t.Errorf("family %s has %d of %d articles, it chained", family, k, n)
		}
	}
	if len(of) == n {
		t.Error("no two neighbours are of one family")
	}
}

// letters spells a number without figures, which would count as facts.
func letters(n int) string {
	s := ""
	for ; n > 0; n /= 26 {
		s += string(rune('a' + n%26))
	}
	return s
}

func TestOldestAreForgotten(t *testing.T) {
	x := NewIndex(72*time.Hour, 3)
	text := func(i int) Print {
		return Of("", "", strings.Repeat("alpha"+letters(i)+" beta"+letters(i)+" gamma ", 1)+novel(uint64(i), 60))
	}
	for i := range 4 {
		x.Place(fmt.Sprint(i), text(i), start)
	}
	if x.Len() != 3 {
		t.Errorf("%d entries, want 3", x.Len())
	}
	if family, _ := x.Place("again 3", text(3), start); family != "3" {
		t.Errorf("a copy of 3 is of %s, want 3", family)
	}
	if family, _ := x.Place("again 0", text(0), start); family != "again 0" {
		t.Errorf("a copy of the forgotten 0 is of %s, want its own", family)
	}
	if x := NewIndex(-1, -1); true {
		for i := range 5 {
			x.Place(fmt.Sprint(i), text(0), start)
		}
		if x.Len() != 1 {
			t.Errorf("an index of senseless size holds %d, want 1", x.Len())
		}
	}
}

// vocabulary of made-up words, a third of them names.
var vocabulary = func() []string {
	r := rand.New(rand.NewPCG(7, 7))
	words := make([]string, 6000)
	for i := range words {
		var b strings.Builder
		for range 2 + r.IntN(3) {
			b.WriteByte("bcdfghklmnprstvz"[r.IntN(16)])
			b.WriteByte("aeiou"[r.IntN(5)])
		}
		words[i] = b.String()
		if i%3 == 0 {
			words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
		}
	}
	return words
}()

// novel is a text of its own, whose words are as unevenly common as in prose.
func novel(seed uint64, words int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	z := rand.NewZipf(r, 1.1, 8, uint64(len(vocabulary)-1))
	var b strings.Builder
	for i := range words {
		switch {
		case i%25 == 24:
			b.WriteString(". The")
		case i%17 == 3:
			fmt.Fprintf(&b, " %d", r.IntN(500))
		default:
			b.WriteByte(' ')
			b.WriteString(vocabulary[z.Uint64()])
		}
	}
	return b.String()
}

// TestHostileTexts asks for an answer, not for a good one.
func TestHostileTexts(t *testing.T) {
	const mb = 1 << 20
	for name, s := range map[string]string{
		"one word a million times":  strings.Repeat("bomb ", mb/5),
		"one word of a megabyte":    strings.Repeat("a", mb),
		"brackets":                  strings.Repeat("(", mb),
		"credits that never end":    strings.Repeat("(AFP ", mb/5),
		"furniture alone":           strings.Repeat("Read more. ", mb/11),
		"line ends":                 strings.Repeat("A\n", mb/2),
		"broken UTF-8":              strings.Repeat("\xff\xc3", mb/2),
		"accents on nothing":        strings.Repeat("\u0301", mb/2),
		"dots":                      strings.Repeat("a.", mb/2),
		"zero bytes":                strings.Repeat("\x00", mb),
		"the longest prefix, again": strings.Repeat("Except for the headlinE", mb/23),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			p := Of("https://example.org/"+s, s, s)
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			x := NewIndex(time.Hour, 10)
			x.Place("a", p, start)
			q := p
			q.url = 0
			if family, why := x.Place("b", q, start); family != "b" {
				t.Errorf("two articles of it are one family by %+v, want two", why)
			}
		})
	}
}

// TestWorkIsBounded lets everybody share all anchors and yet resemble nobody.
func TestWorkIsBounded(t *testing.T) {
	x := NewIndex(time.Hour, 5000)
	for i := range 5000 {
		x.Place(fmt.Sprint(i), crowd(i), start)
		if len(x.seen) > maxCandidates {
			t.Fatalf("article %d was compared with %d, want at most %d", i, len(x.seen), maxCandidates)
		}
	}
	if len(x.seen) < maxCandidates/4 {
		t.Errorf("the last was compared with %d: the case is not hostile", len(x.seen))
	}
	if _, why := x.Place("copy", crowd(4990), start); why.Near != "4990" {
		t.Errorf("a copy of one among them: %+v, want it found", why)
	}
}

// crowd makes prints with the same anchors and texts of their own.
func crowd(i int) Print {
	p := Of("", "", novel(uint64(i)+1000, 200))
	for j := range p.anchors {
		p.anchors[j] = uint32(j)
	}
	return p
}

// TestSectionsAreRead keeps the examples of CONTRIBUTING's form in testdata.
func TestSectionsAreRead(t *testing.T) {
	var kinds []string
	for _, f := range glob(t, "corpus") {
		for _, s := range parse(t, f).Files {
			kind, _, _ := strings.Cut(s.Name, " ")
			kinds = append(kinds, kind)
		}
		if len(parse(t, f).Comment) == 0 {
			t.Errorf("%s does not say why it exists", filepath.Base(f))
		}
	}
	slices.Sort(kinds)
	if d := cmp.Diff([]string{"group", "other", "same", "wire"}, slices.Compact(kinds)); d != "" {
		t.Errorf("kinds of sections (-want +got)\n%s", d)
	}
}

// TestLearn: an index that has learnt what another one said goes on as that one
// does.
func TestLearn(t *testing.T) {
	all := corpus(t)
	a, b := NewIndex(72*time.Hour, len(all)), NewIndex(72*time.Hour, len(all))
	half := len(all) / 2
	for _, x := range all[:half] {
		f, _ := a.Place(x.id, x.print(), x.at)
		b.Learn(x.id, x.print(), x.at, f)
		b.Learn(x.id, x.print(), x.at, f) // told twice is told once
	}
	if a.Len() != b.Len() {
		t.Errorf("%d editions learnt, want %d", b.Len(), a.Len())
	}
	for _, x := range all { // the first half again: as told
		want, _ := a.Place(x.id, x.print(), x.at)
		if got, _ := b.Place(x.id, x.print(), x.at); got != want {
			t.Errorf("%s is of %s, want %s", x.id, got, want)
		}
	}
	// A founder that is forgotten leaves its family in place.
	c := NewIndex(72*time.Hour, 10)
	x := all[0]
	c.Learn("reprint", x.print(), x.at, "founder")
	if f, why := c.Place("another reprint", x.print(), x.at); f != "founder" {
		t.Errorf("a copy of a reprint is of %s (%+v), want the family of the reprint", f, why)
	}
}
