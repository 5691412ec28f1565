// Package lexicon holds the words that Tocsin knows: embedded, sorted text
// files, one entry a line, merged into one table that is read-only once
// loaded.
//
// It answers what a word or phrase may be, never what it is in its sentence:
// "strike" is an incident, a verb and a theme at once, and package enrich
// decides. Keys are lower case; a phrase is its words joined by one blank.
package lexicon

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"tocsin/enrich/text"
)

//go:embed *.txt
var files embed.FS

// Class is a set of things that a word may be.
type Class uint32

// The classes.
const (
	Aux Class = 1 << iota
	Prep
	Conj
	Det
	Pron
	Neg
	Adv
	Sub  // opens a clause: after, when, while
	Verb // a common verb form that is no harm
	Adj
	Harm
	Person
	Thing
	Kind // names an incident or its means
	Actor
	Source
	Theme
	Function = Aux | Prep | Conj | Det | Pron | Neg | Adv | Sub | Verb
)

var functionClass = map[string]Class{"aux": Aux, "prep": Prep, "conj": Conj, "det": Det, "pron": Pron, "neg": Neg, "adv": Adv, "sub": Sub, "verb": Verb, "adj": Adj}

// Form is the grammar of a harm word.
type Form uint8

// The forms.
const (
	Past        Form = 1 << iota // or participle: "killed"
	Base                         // or present: "kills"
	Gerund                       // "killing"
	Intrans                      // takes no object: "died"
	Predicative                  // "dead"
	Noun                         // "deaths"
)

var formOf = map[string]Form{"v": Past, "b": Base, "g": Gerund, "i": Intrans, "a": Predicative, "n": Noun}

// Entry is all that is known of a word or phrase. It is never changed.
type Entry struct {
	Class   Class
	Measure string // of harm
	Form    Form
	// NounMeasure is the measure of the noun where it differs from the verb's.
	Who     string // of people
	Plural  bool
	Unit    string // of things
	Type    string // of kinds
	Subtype string
	Name    string // of actors
	Party   string // kind of actor
	Says    string // kind of source
	Theme   string

	more int // the longest phrase that begins with this word …
	// … and for each word that may come second, the longest with it.
	second map[string]int
	// seconds has a bit for each of those words: most words of a text are none.
	seconds [4]uint64
}

// bit is where seconds has a word.
func bit(w string) (word, n uint8) {
	h := len(w)
	if h > 0 {
		h += int(w[0])*31 + int(w[h-1])*7 + int(w[h/2])*3
	}
	return uint8(h>>6) & 3, uint8(h) & 63
}

// mayPrecede tells whether a phrase may begin with the entry's word and w.
func (e *Entry) mayPrecede(w string) bool {
	i, n := bit(w)
	return e.seconds[i]>>n&1 != 0
}

// Is tells whether the word may be one of c.
func (e *Entry) Is(c Class) bool { return e.Class&c != 0 }

// None is the entry of a word that is not known.
var None = &Entry{}

// Lexicon is the merged table.
type Lexicon struct {
	m map[string]*Entry
	// squeezed holds the harm verbs without doubled letters, where no other word
	// of the lexicon looks the same without them.
	squeezed map[string]*Entry
	// common answers for the words that make up half of any text, before the map is
	// asked.
	common [1 << 11]named
}

type named struct {
	key string
	e   *Entry
}

// slot is where common has a word, if it has it.
func slot(w string) int {
	n := len(w)
	return (int(w[0])*131 + int(w[n-1])*31 + int(w[n/2])*7 + n*17) & (1<<11 - 1)
}

// word finds a single word.
func (l *Lexicon) word(w string) *Entry {
	if w == "" {
		return nil
	}
	if c := &l.common[slot(w)]; c.key == w {
		return c.e
	}
	return l.m[w]
}

// Load reads the embedded files, once.
var Load = sync.OnceValue(func() *Lexicon {
	l := &Lexicon{m: make(map[string]*Entry, 4096)}
	names, err := fs.Glob(files, "*.txt")
	if err != nil {
		panic(err)
	}
	for _, n := range names {
		data, err := files.ReadFile(n)
		if err != nil {
			panic(err)
		}
		if err := l.add(n, string(data)); err != nil {
			panic(err) // the files are ours: TestFiles reads each of them
		}
	}
	for k, e := range l.m {
		if e.Class&Function != 0 && !strings.Contains(k, " ") {
			// Shorter words are the more common ones; of two equally short ones the
			// first by the alphabet, so that every start is the same.
			if c := &l.common[slot(k)]; c.key == "" || len(k) < len(c.key) || len(k) == len(c.key) && k < c.key {
				*c = named{k, e}
			}
		}
	}
	l.squeezed = map[string]*Entry{}
	for k, e := range l.m {
		if e.Is(Harm) && e.Form&(Past|Gerund|Intrans) != 0 && len(k) >= 6 && !strings.Contains(k, " ") {
			l.squeezed[string(squeeze(nil, k))] = e
		}
	}
	for k, e := range l.m {
		if s := string(squeeze(nil, k)); l.squeezed[s] != nil && l.squeezed[s] != e && !strings.Contains(k, " ") {
			delete(l.squeezed, s)
		}
	}
	return l
})

func (l *Lexicon) add(file, data string) error {
	for n, line := range strings.Split(data, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 2 {
			return fmt.Errorf("%s:%d: %q has one column", file, n+1, line)
		}
		col := func(i int) string {
			if i < len(f) {
				return f[i]
			}
			return ""
		}
		e := l.entry(f[0])
		switch file {
		case "function.txt":
			c, ok := functionClass[f[1]]
			if !ok {
				return fmt.Errorf("%s:%d: no class %q", file, n+1, f[1])
			}
			e.Class |= c
		case "harm.txt":
			form, ok := formOf[col(2)]
			if !ok {
				return fmt.Errorf("%s:%d: no form %q", file, n+1, col(2))
			}
			e.Class |= Harm
			e.Measure, e.Form = f[1], form
		case "people.txt":
			e.Class |= Person
			e.Who, e.Plural = f[1], col(2) == "pl"
		case "things.txt":
			e.Class |= Thing
			e.Unit = f[1]
		case "kinds.txt":
			e.Class |= Kind
			e.Type, e.Subtype, _ = strings.Cut(f[1], "/")
		case "actors.txt":
			e.Class |= Actor
			e.Name, e.Party = f[1], col(2)
		case "sources.txt":
			e.Class |= Source
			e.Says = f[1]
		case "themes.txt":
			e.Class |= Theme
			e.Theme = f[1]
		default:
			return fmt.Errorf("%s: unknown file", file)
		}
	}
	return nil
}

func (l *Lexicon) entry(key string) *Entry {
	first, _, phrase := strings.Cut(key, " ")
	if phrase {
		h := l.entry(first)
		n := strings.Count(key, " ") + 1
		h.more = max(h.more, n)
		if h.second == nil {
			h.second = map[string]int{}
		}
		w, _, _ := strings.Cut(key[len(first)+1:], " ")
		w = strings.TrimSuffix(w, "'s") // which is a token of its own
		h.second[w] = max(h.second[w], n)
		i, b := bit(w)
		h.seconds[i] |= 1 << b
	}
	e := l.m[key]
	if e == nil {
		e = &Entry{}
		l.m[key] = e
	}
	return e
}

// At finds the longest entry that begins at toks[i] and returns how many tokens
// it covers: 1, with None, where nothing is known. lower is the text that the
// tokens are from.
func (l *Lexicon) At(lower string, toks []text.Token, i int) (*Entry, int) {
	t := &toks[i]
	e := l.word(t.Low)
	if e == nil {
		if t.Hyphen {
			return l.hyphened(t.Low), 1
		}
		if strings.IndexByte(t.Low, '.') >= 0 || !ascii(t.Low) {
			if e := l.m[plain(t.Low)]; e != nil && e.Class != 0 {
				return e, 1
			}
		}
		if s, ok := unscan(t.Low); ok {
			if e := l.m[s]; e != nil && e.Class&(Harm|Person|Kind) != 0 {
				return e, 1
			}
		}
		if e := l.misspelt(t.Low); e != nil {
			return e, 1
		}
		return None, 1
	}
	if e.more > 1 && i+1 < len(toks) && e.mayPrecede(toks[i+1].Low) {
		for n := min(e.second[toks[i+1].Low], len(toks)-i); n > 1; n-- {
			if p := l.m[text.Phrase(lower, toks[i:i+n])]; p != nil && p.Class != 0 {
				return p, n
			}
		}
	}
	if e.Class == 0 {
		return None, 1
	}
	return e, 1
}

// Under finds the longest entry that begins at toks[i] and is shorter than n
// tokens, a phrase that is only a theme left out: below a phrase of a theme the
// grammar goes on.
func (l *Lexicon) Under(lower string, toks []text.Token, i, n int) (*Entry, int) {
	for n--; n > 1; n-- {
		if p := l.m[text.Phrase(lower, toks[i:i+n])]; p != nil && p.Class&^Theme != 0 {
			return p, n
		}
	}
	if e := l.m[toks[i].Low]; e != nil {
		return e, 1
	}
	return None, 1
}

// misspelt finds a harm verb whose doubled letters are wrong: "killled",
// "assasinated". Nothing else is guessed at.
func (l *Lexicon) misspelt(low string) *Entry {
	if len(low) < 6 || len(low) > 16 || !strings.HasSuffix(low, "ed") && !strings.HasSuffix(low, "ing") {
		return nil
	}
	var buf [16]byte
	return l.squeezed[string(squeeze(buf[:0], low))]
}

// squeeze writes every letter that is doubled once.
func squeeze(b []byte, s string) []byte {
	for i := range len(s) {
		if i == 0 || s[i] != s[i-1] {
			b = append(b, s[i])
		}
	}
	return b
}

// Word returns the entry of a key, None where there is none.
func (l *Lexicon) Word(key string) *Entry {
	if e := l.m[key]; e != nil {
		return e
	}
	return None
}

// hyphened reads "car-bomb" as "car bomb" and "Tehran-backed" as "backed".
func (l *Lexicon) hyphened(low string) *Entry {
	var buf [64]byte
	if len(low) <= len(buf) {
		b := buf[:copy(buf[:], low)]
		for i := range b {
			if b[i] == '-' {
				b[i] = ' '
			}
		}
		if e := l.m[string(b)]; e != nil && e.Class != 0 {
			return e
		}
	}
	if e := l.m[low[strings.LastIndexByte(low, '-')+1:]]; e != nil && e.Class&(Person|Kind) != 0 && e.Class&Function == 0 {
		return e
	}
	return None
}

// unscan undoes what scanners do to a word that nobody knows: "kil1ed", "b0mb",
// "wornen".
func unscan(low string) (string, bool) {
	if len(low) < 4 || len(low) > 20 || low[0] >= '0' && low[0] <= '9' {
		return "", false
	}
	for i := 1; i < len(low); i++ {
		if c := low[i]; c == '0' || c == '1' || c == 'n' && low[i-1] == 'r' {
			return scanned.Replace(low), true
		}
	}
	return "", false
}

var scanned = strings.NewReplacer("0", "o", "1", "l", "rn", "m")

// plain drops dots and typographic apostrophes: "u.s." is "us".
func plain(s string) string { return plainer.Replace(s) }

var plainer = strings.NewReplacer(".", "", "’", "'")

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Words lists the keys of one class, sorted: for tests and documentation.
func (l *Lexicon) Words(c Class) []string {
	var out []string
	for k, e := range l.m {
		if e.Class&c != 0 {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}
