package lexicon

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"tocsin/enrich/text"
)

func keys(t *testing.T, name string) []string {
	t.Helper()
	data, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range strings.SplitSeq(string(data), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		k, _, _ := strings.Cut(line, "\t")
		out = append(out, k)
	}
	return out
}

func TestFiles(t *testing.T) {
	names, err := fs.Glob(files, "*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			ks := keys(t, name)
			for i, k := range ks {
				if k != text.Lower(k) || strings.TrimSpace(k) != k || strings.Contains(k, "  ") || k == "" {
					t.Errorf("%q is not a lower-case key with single blanks", k)
				}
				if i > 0 && ks[i-1] >= k {
					t.Errorf("%q stands after %q: not sorted, or twice", k, ks[i-1])
				}
			}
		})
	}
}

// What a word does to a sentence must not be told in two ways.
func TestNoContradictions(t *testing.T) {
	l := Load()
	for _, pair := range [][2]string{
		{"people.txt", "things.txt"}, // a number of it counts people, or nobody
		{"people.txt", "function.txt"},
		{"actors.txt", "function.txt"},
		{"harm.txt", "function.txt"},
	} {
		other := keys(t, pair[1])
		other = slices.DeleteFunc(other, func(k string) bool { // "civilian" is a noun and an adjective
			e := l.m[k]
			return pair[0] == "people.txt" && e.Is(Adj) && !e.Is(Function)
		})
		for _, k := range keys(t, pair[0]) {
			if _, found := slices.BinarySearch(other, k); found {
				t.Errorf("%q is in %s and in %s", k, pair[0], pair[1])
			}
		}
	}
}

// A theme's phrase is one word to the grammar: it must not hide who was killed.
func TestThemesHideNoHarm(t *testing.T) {
	l := Load()
	for _, k := range keys(t, "themes.txt") {
		if !strings.Contains(k, " ") {
			continue
		}
		for w := range strings.FieldsSeq(k) {
			if e := l.m[w]; e != nil && e.Is(Harm) && e.Measure != "arrested" && w != "murder" && e.Form&(Past|Base|Gerund|Intrans) != 0 {
				t.Errorf("%q hides %q", k, w)
			}
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

func TestPlaces(t *testing.T) {
	last := ""
	for line := range strings.SplitSeq(strings.TrimSpace(Places()), "\n") {
		if line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 3 || len(f) > 4 || len(f[2]) != 2 || f[2] != strings.ToUpper(f[2]) {
			t.Errorf("%q is not name, kind, country and perhaps the larger place", line)
			continue
		}
		if !slices.Contains([]string{"country", "admin1", "settlement", "demonym"}, f[1]) {
			t.Errorf("%q: no kind %q", line, f[1])
		}
		if f[0] <= last {
			t.Errorf("%q stands after %q: not sorted, or twice", f[0], last)
		}
		last = f[0]
	}
}
