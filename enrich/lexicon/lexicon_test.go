package lexicon

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"tocsin/enrich/text"
)

// line is an entry of a file, with where it stands.
type line struct {
	file string
	n    int
	cols []string
}

func (l line) key() string { return l.cols[0] }

func (l line) errorf(t *testing.T, format string, a ...any) {
	t.Helper()
	t.Errorf("enrich/lexicon/%s:%d: %q: %s", l.file, l.n, l.cols[0], fmt.Sprintf(format, a...))
}

// read gives the entries of a file, from the disk: so that a mistake is named
// and not a panic of Load.
func read(t *testing.T, name string) []line {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []line
	for i, s := range strings.Split(string(data), "\n") {
		if s != "" && s[0] != '#' {
			out = append(out, line{name, i + 1, strings.Split(s, "\t")})
		}
	}
	return out
}

// all lists the names of the files.
func all(t *testing.T) []string {
	t.Helper()
	names, err := fs.Glob(files, "*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	return names
}

func keys(t *testing.T, name string) []string {
	t.Helper()
	var out []string
	for _, l := range read(t, name) {
		out = append(out, l.key())
	}
	return out
}

func TestFiles(t *testing.T) {
	for _, name := range append(all(t), "testdata/overlaps.txt", "testdata/onenumber.txt") {
		t.Run(name, func(t *testing.T) {
			last := ""
			for _, l := range read(t, name) {
				k := l.key()
				if k != text.Lower(k) || strings.TrimSpace(k) != k || strings.Contains(k, "  ") || k == "" {
					l.errorf(t, "is not in small letters with single blanks")
				}
				if strings.Contains(k, "’") {
					l.errorf(t, "has a typographic apostrophe: write '")
				}
				sort := k
				if name == "testdata/overlaps.txt" && len(l.cols) > 1 {
					sort += "\t" + l.cols[1] // a word may stand in three files
				}
				if last >= sort {
					l.errorf(t, "stands after %q: not sorted, or twice", last)
				}
				last = sort
			}
		})
	}
}

// columns says what may stand in each column after the first; nil is any text.
var columns = map[string][][]string{
	"actors.txt":    {nil, words("rebel militia criminal state other")},
	"function.txt":  {words("aux prep conj det pron neg adv sub verb adj")},
	"harm.txt":      {words("killed injured missing abducted hostages released escaped arrested surrendered displaced casualties"), words("v b g i a n")},
	"kinds.txt":     {nil, words("n")}, // its types are package enrich's: types_test.go
	"people.txt":    {words("any civilian child woman journalist aid_worker medic official security peacekeeper militant protester suspect perpetrator foreigner"), words("sg pl")},
	"sources.txt":   {words("government police military medical un_ngo witness belligerent media anonymous_official")},
	"themes.txt":    {words("accident nature sport fiction judicial anniversary exercise statistics business policy hoax history cyber suicide health cleared fire crime science travel life device aftermath")},
	"things.txt":    {words("distance time money weight share weapon vehicle building animal incident group age other")},
	"overlaps.txt":  {nil, nil},
	"onenumber.txt": {nil},
}

func words(s string) []string { return strings.Fields(s) }

func TestColumns(t *testing.T) {
	for _, name := range append(all(t), "testdata/overlaps.txt", "testdata/onenumber.txt") {
		cols, ok := columns[path.Base(name)]
		if !ok {
			t.Errorf("enrich/lexicon/%s: say in columns what may stand in it", name)
		}
		if cols == nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, l := range read(t, name) {
				if len(l.cols) != len(cols)+1 {
					l.errorf(t, "%d columns, want %d, parted by a tab", len(l.cols), len(cols)+1)
					continue
				}
				for i, may := range cols {
					switch got := l.cols[i+1]; {
					case strings.TrimSpace(got) != got || got == "":
						l.errorf(t, "column %d is %q: empty, or with blanks around it", i+2, got)
					case may != nil && !slices.Contains(may, got):
						l.errorf(t, "no %q; column %d may be %s", got, i+2, strings.Join(may, " "))
					}
				}
			}
		})
	}
}

// natural are pairs of files that may share any word.
var natural = map[string]string{
	"function kinds": "a verb names what happened: ambushed",
	"harm kinds":     "what befalls people is what happened: abducted",
	"kinds things":   "what happened, and a number of it counts nobody: attacks",
	"people sources": "people say how many: residents",
}

// What a word does to a sentence must not be told in two ways by mistake: a
// number of the word counts people, or it counts nobody. Whoever means it says
// so in testdata/overlaps.txt, with the reason.
func TestOverlaps(t *testing.T) {
	listed := map[string]line{}
	for _, l := range read(t, "testdata/overlaps.txt") {
		if len(l.cols) == 3 {
			listed[l.cols[0]+"\t"+l.cols[1]] = l
		}
	}
	at := map[string][]line{}
	for _, name := range all(t) {
		for _, l := range read(t, name) {
			at[l.key()] = append(at[l.key()], l) // names are sorted, and so are pairs
		}
	}
	for k, ls := range at {
		for i, a := range ls {
			for _, b := range ls[i+1:] {
				pair := strings.TrimSuffix(a.file, ".txt") + " " + strings.TrimSuffix(b.file, ".txt")
				if natural[pair] != "" || pair == "people places" && len(b.cols) > 1 && b.cols[1] == "demonym" {
					continue
				}
				if _, ok := listed[k+"\t"+pair]; !ok {
					a.errorf(t, "stands in %s:%d too: take it out of one, or add to testdata/overlaps.txt the line\n%s\t%s\tWHY", b.file, b.n, k, pair)
				}
				delete(listed, k+"\t"+pair)
			}
		}
	}
	for _, l := range listed {
		l.errorf(t, "is not in both of %s: take the line out", l.cols[1])
	}
	l := Load()
	for _, k := range keys(t, "people.txt") {
		if e := l.m[k]; e != nil && e.Is(Function) {
			t.Errorf("%q is in people.txt, and in function.txt as more than an adjective", k)
		}
	}
}

// A phrase is one word to the grammar: people, things and parties must not hide
// a word that says what happened ("unknown gunmen" is no entry: "gunmen" is).
func TestPhrasesHideNoIncident(t *testing.T) {
	l := Load()
	for _, name := range []string{"people.txt", "things.txt"} {
		for _, x := range read(t, name) {
			ws := strings.Fields(x.key())
			if len(ws) < 2 || l.m[x.key()].Is(Kind) {
				continue
			}
			for _, w := range ws {
				if e := l.m[w]; e != nil && e.Is(Kind) && !slices.Contains(hidden, x.key()) {
					x.errorf(t, "hides %q, which says what happened: take it out, or make it a kind too", w)
				}
			}
		}
	}
}

// hidden are phrases whose word for an incident has another meaning there, or
// tells less: "a car bomber" is who died of it, and the car bomb is told beside.
var hidden = []string{"car bomber", "hostage videos", "shell casings"}

// Both numbers of a noun are entries: "two herders" and "a herder".
func TestPeopleHaveBothNumbers(t *testing.T) {
	number := map[string]string{}
	ls := read(t, "people.txt")
	for _, l := range ls {
		if len(l.cols) == 3 {
			number[l.key()] = l.cols[2]
		}
	}
	alone := map[string]line{}
	for _, l := range read(t, "testdata/onenumber.txt") {
		alone[l.key()] = l
	}
	paired := map[string]bool{}
	for k, n := range number {
		if n != "sg" {
			continue
		}
		for _, p := range plurals(k) {
			if number[p] == "pl" {
				paired[k], paired[p] = true, true
			}
		}
	}
	for _, l := range ls {
		k := l.key()
		switch _, ok := alone[k]; {
		case ok && paired[k]:
			alone[k].errorf(t, "has both numbers in people.txt: take the line out")
		case !ok && !paired[k]:
			l.errorf(t, "is %s: its other number is missing; add it, or add to testdata/onenumber.txt why not", l.cols[len(l.cols)-1])
		}
	}
	for k, l := range alone {
		if number[k] == "" {
			l.errorf(t, "is not in people.txt: take the line out")
		}
	}
}

// plurals guesses what the plural of a noun may be.
func plurals(w string) []string {
	out := []string{w + "s", w + "es"}
	for _, e := range [][2]string{{"y", "ies"}, {"man", "men"}, {"person", "people"}, {"person", "persons"}, {"child", "children"}, {"fe", "ves"}, {"f", "ves"}, {"o", "i"}, {"ere", "eri"}} {
		if s, ok := strings.CutSuffix(w, e[0]); ok {
			out = append(out, s+e[1])
		}
	}
	// The head stands first: mother-in-law, passer-by, member of parliament.
	for _, sep := range []string{"-in-", "-by", "-to-", " of "} {
		if i := strings.Index(w, sep); i > 0 {
			for _, p := range plurals(w[:i]) {
				out = append(out, p+w[i:])
			}
		}
	}
	return out
}

// A figure of speech is one word to the grammar, so that "killing me" kills
// nobody: none of them may be what reports of attacks say.
func TestFiguresOfSpeechAreNoReports(t *testing.T) {
	l := Load()
	for _, k := range []string{"shot in the arm", "held hostage by", "killed him", "dead in the water", "stabbed in the back", "daylight robbery", "ran riot", "opened fire", "time bomb", "blown to bits", "shot to death", "left for dead"} {
		if e := l.m[k]; e != nil && e.Theme == "life" {
			t.Errorf("%q may be meant as it is said", k)
		}
	}
}

func TestMalformedLinesAreNamed(t *testing.T) {
	for _, tt := range []struct{ file, data, want string }{
		{"harm.txt", "killed", "harm.txt:1:"},
		{"harm.txt", "# c\nkilled\tkilled\tz", "harm.txt:2:"},
		{"function.txt", "of\tnothing", "function.txt:1:"},
		{"other.txt", "a\tb", "other.txt"},
	} {
		l := &Lexicon{m: map[string]*Entry{}}
		if err := l.add(tt.file, tt.data); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("add(%q, %q) = %v; want an error with %q", tt.file, tt.data, err, tt.want)
		}
	}
}

func TestAt(t *testing.T) {
	l := Load()
	for _, tt := range []struct {
		name, in string
		class    Class
		words    int
	}{
		{"the longest phrase wins", "suicide car bomb near", Kind, 3},
		{"a hyphen is a blank", "car-bomb", Kind, 1},
		{"the last part of a compound", "semi-gunmen", Person, 1},
		{"a phrase across a line break", "car\nbomb", Kind, 2},
		{"dots do not matter", "u.n.", Source, 1},
		{"an unknown word", "zzyzx", 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := text.Parse(tt.in)
			e, n := l.At(d.Lower, d.Tokens, 0)
			if n != tt.words || tt.class != 0 && !e.Is(tt.class) || tt.class == 0 && e != None {
				t.Errorf("At(%q) = %+v, %d; want class %b, %d words", tt.in, e, n, tt.class, tt.words)
			}
		})
	}
}
