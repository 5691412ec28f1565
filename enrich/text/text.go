// Package text cuts news prose into sentences and tokens and keeps where each
// of them stands, so that whatever is read from them can be quoted as bytes
// [Start, End) of the text that was stored.
//
// It answers where words begin and end, never what they mean. It reads any
// bytes: text that is not UTF-8 becomes tokens of single bytes, no token is
// empty, overlaps another, leaves the text or begins or ends inside a rune, and
// the work grows with the length of the text and no faster.
//
// What publishers, scanners and phones do to letters is undone in Token.Low and
// nowhere else: soft hyphens, zero-width and bidi marks are dropped, decomposed
// accents composed, ligatures, full-width and mathematical letters, other
// scripts' digits and look-alike letters of another alphabet made plain, HTML
// entities read as what they stand for. Offsets are always of the stored bytes.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// Kind tells tokens apart by what they are made of.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota // letters, with inner hyphens, apostrophes and digits: "al-Harir", "5th"
	Number             // digits with inner separators: "1,204", "16:40", "3.5"
	Clitic             // the possessive ending: "'s", "'"
	Punct              // one rune, or a run of hyphens, dots or emoji
	Link               // a web address, an @name or "RT @name:": it means nothing
)

// Token is one word, number or mark. Low is its plain lower-case form: mostly
// Lower's text at the same offsets; see Phrase for more than one token.
type Token struct {
	Start, End int
	Kind       Kind
	Upper      bool // begins with an upper-case letter
	Caps       bool // has no lower-case letter and more than one letter: "IED", "POLICE"
	Hyphen     bool // has an inner hyphen
	Tag        bool // of a hashtag: "#KabulBlast" is the words Kabul and Blast
	odd        bool // Low is not Lower's text
	gap        bool // more than one blank, or another than the blank, stands before it
	Low        string
}

// Sentence is a run of tokens, [First, Last) in Doc.Tokens.
type Sentence struct {
	First, Last int
	Para        int  // number of the paragraph, from 0
	Caps        bool // written in capitals: Upper and Caps of its tokens tell nothing
	Stamp       int  // how many tokens the time before an entry of a live blog has: "16:40 GMT -"
}

// Doc is a text that was cut up.
type Doc struct {
	Text, Lower string
	Tokens      []Token
	Sentences   []Sentence

	small bool // there is no capital in the whole text

	buf []byte // scratch of lowered
}

// Lower lowers ASCII letters, makes each ASCII space a blank, and changes
// nothing else, so that every offset in the result is the same offset in s;
// strings.ToLower changes the length of some letters ("İ").
func Lower(s string) string {
	for i := 0; i < len(s); i++ {
		if lower(s[i]) != s[i] {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = lower(b[i])
			}
			return string(b)
		}
	}
	return s
}

func lower(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c + ('a' - 'A')
	case c == '\n' || c == '\t' || c == '\r':
		return ' '
	}
	return c
}

// Parse cuts s into tokens and sentences.
func Parse(s string) Doc {
	var d Doc
	d.Parse(s)
	return d
}

// Parse cuts another text. What d held before, Lower and the tokens' Low among it,
// is overwritten: its memory is used again.
func (d *Doc) Parse(s string) {
	d.Text, d.Lower = s, d.lowered(s)
	if cap(d.Tokens) == 0 {
		d.Tokens = make([]Token, 0, len(s)/5+4)
	}
	d.Tokens, d.Sentences = d.Tokens[:0], d.Sentences[:0]
	d.tokens()
	d.sentences()
}

// lowered is Lower in memory of d's own: it is half of what reading an article
// would allocate.
func (d *Doc) lowered(s string) string {
	d.buf = append(d.buf[:0], s...)
	changed := false
	for i, c := range d.buf {
		if l := lower(c); l != c {
			d.buf[i], changed = l, true
		}
	}
	if !changed {
		return s
	}
	return unsafe.String(&d.buf[0], len(d.buf))
}

// Phrase is what tokens that stand together say, lower is the Lower of their
// Doc: the text itself where it is plain, else their Low, joined by one blank
// where anything stands between them. A dictionary of phrases needs no more to
// find "Abu\u00a0Sayyaf" or "sui\u00adcide  bomber".
func Phrase(lower string, toks []Token) string {
	for k := range toks {
		if toks[k].odd || k > 0 && toks[k].gap {
			return join(toks)
		}
	}
	return lower[toks[0].Start:toks[len(toks)-1].End]
}

func join(toks []Token) string {
	if len(toks) == 1 {
		return toks[0].Low
	}
	var b strings.Builder
	for k := range toks {
		if t := &toks[k]; k > 0 && (t.Start > toks[k-1].End || t.Tag && toks[k-1].Tag) {
			b.WriteByte(' ')
		}
		b.WriteString(toks[k].Low)
	}
	return b.String()
}

func (d *Doc) tokens() {
	s := d.Text
	tag, capitals := -1, 0 // tag is where the last word of a hashtag ended
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r == ' ' {
			i++
			continue
		}
		if r >= utf8.RuneSelf || r == '&' {
			r, n = d.peek(i)
		}
		switch {
		case isLetter(r):
			if i+3 < len(s) && linkStart(s[i], s[i+1]) {
				if j := d.address(i); j > i {
					d.add(i, j, Link)
					i = j
					break
				}
			}
			tagged := i == tag
			i = d.word(i, tagged)
			if tagged {
				tag = i
			}
			if d.Tokens[len(d.Tokens)-1].Upper {
				capitals++
			}
		case isDigit(r):
			i = d.number(i)
		case isSpace(r) || isVoid(r):
			i += n
		case r == '#' && d.letterAt(i+n) && !d.touches(i):
			i += n
			tag = i
		case r == '_' && i == tag:
			i += n
			tag = i
		case r == '@' && i+n < len(s) && isHandle(s[i+n]):
			i = d.handle(i, n)
		case isApostrophe(r) && d.touches(i):
			j := i + n
			if r, n := d.at(j); (r == 's' || r == 'S') && !d.letterAt(j+n) {
				j += n
			}
			t := d.add(i, j, Clitic)
			if r != '\'' || n > 1 {
				t.Low, t.odd = "'s"[:min(j-i-n, 1)+1], true
			}
			i = j
		default:
			j := i + n
			switch {
			case (r == '-' || r == '.') && n == 1:
				for j < len(s) && s[j] == s[i] {
					j++
				}
			case isPicture(r):
				for j < len(s) {
					r, n := d.peek(j)
					if !isPicture(r) && !isVoid(r) {
						break
					}
					j += n
				}
			}
			t := d.add(i, j, Punct)
			if n > 1 {
				if low := plainMark(r, n); low != "" {
					t.Low, t.odd = low, true
				}
			}
			i = j
		}
	}
	d.small = capitals == 0 && len(d.Tokens) >= 8
}

// peek reads one character: a rune, or the entity that stands for one.
func (d *Doc) peek(i int) (rune, int) {
	c := d.Text[i]
	switch {
	case c == '&':
		return entity(d.Text[i:])
	case c < utf8.RuneSelf:
		return rune(c), 1
	}
	return utf8.DecodeRuneInString(d.Text[i:])
}

// at is peek for any offset: beyond the text it gives 0, 0.
func (d *Doc) at(i int) (rune, int) {
	if i >= len(d.Text) {
		return 0, 0
	}
	return d.peek(i)
}

// past skips what cannot be seen.
func (d *Doc) past(i int) int {
	for i < len(d.Text) {
		r, n := d.peek(i)
		if !isVoid(r) {
			break
		}
		i += n
	}
	return i
}

// touches tells whether the last token is a word or number that ends at i.
func (d *Doc) touches(i int) bool {
	k := len(d.Tokens) - 1
	return k >= 0 && d.Tokens[k].End == i && d.Tokens[k].Kind <= Number
}

func (d *Doc) add(start, end int, k Kind) *Token {
	gap := false
	if n := len(d.Tokens); n > 0 {
		e := d.Tokens[n-1].End
		gap = start-e > 1 || start-e == 1 && d.Lower[e] != ' '
	}
	d.Tokens = append(d.Tokens, Token{Start: start, End: end, Kind: k, gap: gap, Low: d.Lower[start:end]})
	return &d.Tokens[len(d.Tokens)-1]
}

// number reads "30", "1,204", "3.5", "16:40", and "1 204" where the blank is
// one that does not break; letters that follow plain digits at once make them a
// word ("5th", "70km", "9pm").
func (d *Doc) number(i int) int {
	j, odd := i, false
	parts, blanks := 0, 0 // separators, and those among them that are blanks
	for j < len(d.Text) {
		if c := d.Text[j]; '0' <= c && c <= '9' {
			j++
			continue
		}
		r, n := d.peek(j)
		if isDigit(r) {
			odd = odd || n > 1
			j += n
			continue
		}
		k := j + n
		next, _ := d.at(k)
		switch {
		case r == ',' || r == 0x66c || r == 0xff0c:
			if !isDigit(next) || !d.thousands(k) {
				k = 0
			}
		case r == '.' || r == ':' || r == 0x66b || r == 0xff0e || r == 0xff1a:
			if !isDigit(next) {
				k = 0
			}
		case joinsThousands(r):
			if parts > blanks || blanks > 2 || parts == 0 && d.digits(i) > 3 || d.digits(k) != 3 {
				k = 0
			}
			blanks++
		case isVoid(r):
			k = d.past(k)
			if r, _ := d.at(k); !isDigit(r) {
				k = 0
			} else {
				j, odd = k, true
				continue
			}
		default:
			k = 0
		}
		if k == 0 {
			break
		}
		odd = odd || n > 1 || r == '\''
		j = k
		parts++
	}
	if parts == 0 {
		r, n := d.at(j)
		if isLetter(r) || isHyphen(r) && d.letterAt(j+n) {
			return d.word(i, false)
		}
	}
	t := d.add(i, j, Number)
	if odd {
		t.Low, t.odd = plainNumber(d.Text[i:j]), true
	}
	return j
}

// digits counts the digits at i, up to five.
func (d *Doc) digits(i int) (n int) {
	for n < 5 {
		r, k := d.at(i)
		if !isDigit(r) {
			break
		}
		n++
		i += k
	}
	return n
}

// thousands tells whether the digits at i, after a comma, are a group of a long
// number: three, or the pairs of "12,50,000".
func (d *Doc) thousands(i int) bool {
	for range maxPairs {
		switch d.digits(i) {
		case 3:
			return true
		case 2:
		default:
			return false
		}
		for range 2 {
			_, n := d.at(i)
			i += n
		}
		r, n := d.at(i)
		if r != ',' {
			return false
		}
		i += n
	}
	return false
}

// maxPairs is how many pairs of digits a number has: more is a list.
const maxPairs = 4

func (d *Doc) word(i int, tag bool) int {
	s, j := d.Text, i
	lower, letters, hyphen, odd := false, 0, false, false
	upper, up := false, false
	// "U.S.": single letters parted by dots; run counts the letters since a dot.
	initials, dots, run := true, 0, 0
	for j < len(s) {
		r, n := rune(s[j]), 1
		if 'a' <= r && r <= 'z' {
			lower, up = true, false
			letters++
			run++
			initials = initials && run == 1
			j++
			continue
		}
		if r >= utf8.RuneSelf || r == '&' {
			r, n = d.peek(j)
		}
		switch {
		case r == ' ':
		case isLetter(r):
			was := up
			up = unicode.IsUpper(r)
			if tag && up && !was && letters > 0 {
				break // "#KabulBlast"
			}
			letters++
			run++
			initials = initials && run == 1 && n == 1
			lower = lower || !up
			odd = odd || n > 1 && (up || r > 0x24f || n != utf8.RuneLen(r))
			if j == i {
				upper = up
			}
			j += n
			continue
		case isDigit(r):
			initials = false
			odd = odd || n > 1
			j += n
			continue
		case r >= utf8.RuneSelf && isMark(r):
			initials, odd = false, true
			j += n
			continue
		case r >= utf8.RuneSelf && isVoid(r):
			k := d.past(j + n)
			next, _ := d.at(k)
			if !isLetter(next) && !isDigit(next) && !isMark(next) || r == 0x200b && lower && unicode.IsUpper(next) {
				break // a zero-width space may part words after all: "Kabul<200b>Police"
			}
			odd = true
			j = k
			continue
		case isHyphen(r) && j > i && (d.letterAt(j+n) || r == '-' && d.wordAt(j+n)):
			hyphen, initials = true, false
			odd = odd || n > 1
			j += n
			continue
		case (isApostrophe(r) || r == '‘') && j > i && d.letterAt(j+n):
			// An inner apostrophe ("Shi'ite", "didn't"), but not the possessive.
			if c, k := d.at(j + n); (c == 's' || c == 'S') && !d.wordAt(j+n+k) {
				break
			}
			initials = false
			odd = odd || n > 1
			j += n
			continue
		case r == '.' && n == 1 && initials && run == 1 && d.letterAt(j+1) && !d.letterAt(j+2): // U.S., U.N.
			dots, run = dots+1, 0
			j++
			continue
		case r == '.' && n == 1 && initials && run == 1 && dots > 0: // the last dot of "U.S."
			j++
		}
		break
	}
	t := d.add(i, j, Word)
	t.Upper, t.Hyphen, t.Tag = upper, hyphen, tag
	t.gap = t.gap || tag // the words of a hashtag are words
	t.Caps = letters > 1 && !lower
	if odd {
		t.Low, t.odd = plainWord(s[i:j]), true
	}
	return j
}

// linkStart tells at once that most words are no web address.
func linkStart(a, b byte) bool {
	switch a | 0x20 {
	case 'h':
		return b|0x20 == 't'
	case 'w':
		return b|0x20 == 'w'
	case 'p':
		return b == 'i'
	case 't':
		return b == '.'
	}
	return false
}

// address finds the end of a web address that begins at i; i where there is none.
func (d *Doc) address(i int) int {
	low := d.Lower[i:min(i+8, len(d.Lower))]
	if !strings.HasPrefix(low, "http://") && !strings.HasPrefix(low, "https://") && !strings.HasPrefix(low, "www.") &&
		!strings.HasPrefix(low, "pic.twit") && !strings.HasPrefix(low, "t.co/") {
		return i
	}
	j := i
	for j < len(d.Text) {
		r, n := utf8.DecodeRuneInString(d.Text[j:])
		if isSpace(r) || r == '<' || r == '>' || r == '"' || r == '“' || r == '”' || r == '«' || r == '»' {
			break
		}
		j += n
	}
	for j > i && strings.IndexByte(".,;:!?)'", d.Text[j-1]) >= 0 {
		j--
	}
	return j
}

// handle reads "@name", together with the "RT" before and the colon after it.
func (d *Doc) handle(i, n int) int {
	j := i + n
	for j < len(d.Text) && isHandle(d.Text[j]) {
		j++
	}
	start := i
	if k := len(d.Tokens) - 1; k >= 0 && d.Tokens[k].Low == "rt" && d.Tokens[k].Caps {
		start = d.Tokens[k].Start
		d.Tokens = d.Tokens[:k]
		if j < len(d.Text) && d.Text[j] == ':' {
			j++
		}
	}
	d.add(start, j, Link)
	return j
}

func (d *Doc) letterAt(i int) bool {
	if i >= len(d.Text) {
		return false
	}
	if c := d.Text[i]; c < utf8.RuneSelf && c != '&' {
		return isASCIILetter(c)
	}
	r, _ := d.peek(i)
	return isLetter(r)
}

func (d *Doc) wordAt(i int) bool {
	r, _ := d.at(i)
	return isDigit(r) || isLetter(r)
}
