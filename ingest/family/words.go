package family

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// FNV-1a: one multiplication a byte, and no table that could change.
const (
	offset = 0xcbf29ce484222325
	prime  = 0x100000001b3
)

type kind uint8

const (
	plain  kind = iota
	number      // a figure, a number word, a weekday, a month
	name        // a capital where a sentence does not ask for one
)

type word struct {
	hash uint64
	kind kind
}

// scanner reads the words of a text that its writer wrote: folded, without
// punctuation and without the furniture that agencies and outlets add.
type scanner struct {
	s        string
	i        int
	line     bool // at the start of a line, where a dateline may stand
	sentence bool // at the start of a sentence, where a capital says nothing
}

func (r *scanner) next() (word, bool) {
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '\n' || c == '\r':
			r.i++
			r.line, r.sentence = true, true
			continue
		case c == ' ' || c == '\t':
			r.i++
			continue
		}
		if r.line {
			r.line = false
			if n := dateline(r.s[r.i:]); n > 0 {
				r.i += n
				r.sentence = true
				continue
			}
		}
		if r.sentence {
			if n := furniture(r.s[r.i:]); n > 0 {
				r.i += n
				continue
			}
		}
		switch c {
		case '.', '!', '?':
			r.sentence = true
			r.i++
			continue
		case '(', '[':
			r.i += max(1, credit(r.s[r.i:]))
			continue
		}
		if c < utf8.RuneSelf && ascii[c] == 0 {
			r.i++
			continue
		}
		if w, ok := r.word(); ok {
			r.sentence = false
			return w, true
		}
	}
	return word{}, false
}

// ascii holds for a letter its lower case, for a digit itself, else 0.
var ascii = func() (t [utf8.RuneSelf]byte) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = c, c
	}
	return t
}()

// word reads the word at r.i, or steps over one rune that belongs to none.
func (r *scanner) word() (word, bool) {
	var (
		s       = r.s
		i       = r.i
		h       = uint64(offset)
		letters int  // runes read
		lone    = 0  // runes since the last dot: "U.S." and "US" are one word
		figure  bool // begins with a digit
		capital bool
	)
loop:
	for i < len(s) {
		c := s[i]
		if c < utf8.RuneSelf {
			f := ascii[c]
			switch {
			case f != 0:
				if letters == 0 {
					figure = f <= '9'
					capital = f != c
				}
				h = (h ^ uint64(f)) * prime
				letters++
				lone++
				i++
			case letters == 0:
				break loop
			case c == '\'' && letterAt(s, i+1):
				i++
			case c == '-' && !figure && letterAt(s, i-1) && letterAt(s, i+1):
				i++ // "north-west" and "northwest", but "a 26-year-old"
			case (c == '.' || c == ',' || c == ':') && digitAt(s, i-1) && digitAt(s, i+1):
				i++ // 1,200 and 1.200; 04:12
			case c == '.' && lone == 1 && !figure && letterAt(s, i+1) && !letterAt(s, i+2):
				i++
				lone = 0
			default:
				break loop
			}
			continue
		}
		q, n := utf8.DecodeRuneInString(s[i:])
		f := fold(q)
		switch {
		case f < utf8.RuneSelf, unicode.IsLetter(q), unicode.IsDigit(q):
			if q > thai && unicode.In(q, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
				// No spaces part these words: each sign counts as one.
				if letters > 0 {
					break loop
				}
				r.i = i + n
				return word{mix((h ^ uint64(q)) * prime), plain}, true
			}
			if letters == 0 {
				figure = unicode.IsDigit(q)
				capital = unicode.IsUpper(q)
			}
			h = (h ^ uint64(f)) * prime
			letters++
			lone++
			i += n
		case q == utf8.RuneError && n <= 1:
			break loop
		case q == '’' && letters > 0 && letterAt(s, i+n):
			i += n
		case unicode.In(q, unicode.Cf, unicode.Mn):
			i += n // soft hyphens, and accents that are runes of their own
		default:
			break loop
		}
	}
	if letters == 0 {
		if i == r.i {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
		}
		r.i = i
		return word{}, false
	}
	r.i = i
	w := word{hash: mix(h)}
	v, day, known := numeral(w.hash)
	switch {
	case figure:
		w.kind = number
	case known && !day:
		w = word{v, number}
	case capital && !r.sentence:
		w.kind = name
		if known {
			w.kind = number
		}
	}
	return w, true
}

// thai is where the signs begin that no spaces part.
const thai = 0x0E00

func letterAt(s string, i int) bool {
	return i < len(s) && (s[i] >= utf8.RuneSelf || ascii[s[i]] > '9')
}

func digitAt(s string, i int) bool {
	return i < len(s) && s[i] >= '0' && s[i] <= '9'
}

// Latin letters by code point, without their marks; '.' stays as it is.
const (
	latin1 = "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y" + // U+00C0
		"aaaaaaccccccccddddeeeeeeeeeeeggggggghhhhiiiiiiiiii..jjkkkllllll..llnnnnnn.nnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"
	latin2 = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy.s...." + // U+1E00
		"aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy"
)

// fold maps what editors write in two ways to one: "São" and "Sao".
func fold(r rune) rune {
	var f byte = '.'
	switch {
	case r >= 0xC0 && int(r-0xC0) < len(latin1):
		f = latin1[r-0xC0]
	case r >= 0x1E00 && int(r-0x1E00) < len(latin2):
		f = latin2[r-0x1E00]
	}
	if f != '.' {
		return rune(f)
	}
	return unicode.ToLower(r)
}

// numerals are words that count or date, by the low bits of their hash. A map
// would take a sixth of the time of Of.
var numerals [256]struct {
	word, figure uint64 // the hash of "twelve" and of "12": house styles differ on where figures begin
	day          bool   // a weekday or month, which dates a story: yesterday's bulletin has another one
}

// numeral looks up a word by its hash.
func numeral(h uint64) (figure uint64, day, ok bool) {
	for i := h % uint64(len(numerals)); numerals[i].word != 0; i = (i + 1) % uint64(len(numerals)) {
		if n := &numerals[i]; n.word == h {
			return n.figure, n.day, true
		}
	}
	return 0, false, false
}

func init() {
	add := func(word, figure string, day bool) {
		h := hashWord(word)
		i := h % uint64(len(numerals))
		for numerals[i].word != 0 {
			i = (i + 1) % uint64(len(numerals))
		}
		n := &numerals[i]
		n.word, n.figure, n.day = h, hashWord(figure), day
	}
	// "One" is mostly no number.
	for _, w := range strings.Fields(`two=2 three=3 four=4 five=5 six=6 seven=7 eight=8 nine=9 ten=10 eleven=11 twelve=12
		thirteen=13 fourteen=14 fifteen=15 sixteen=16 seventeen=17 eighteen=18 nineteen=19
		twenty=20 thirty=30 forty=40 fifty=50 sixty=60 seventy=70 eighty=80 ninety=90`) {
		word, figure, _ := strings.Cut(w, "=")
		add(word, figure, false)
	}
	for _, w := range strings.Fields(`monday tuesday wednesday thursday friday saturday sunday
		january february march april may june july august september october november december`) {
		add(w, w, true)
	}
}

func hashWord(s string) uint64 {
	r := scanner{s: s}
	w, _ := r.word()
	return w.hash
}
