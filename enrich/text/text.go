// Package text cuts news prose into sentences and tokens and keeps where each
// of them stands, so that whatever is read from them can be quoted as bytes
// [Start, End) of the text that was stored.
//
// It answers where words begin and end, never what they mean. It reads any
// bytes: text that is not UTF-8 becomes tokens of single bytes, and no token
// is empty, overlaps another or leaves the text.
package text

import (
	"unicode"
	"unicode/utf8"
)

// Kind tells tokens apart by what they are made of.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota // letters, with inner hyphens, apostrophes and digits: "al-Harir", "5th"
	Number             // digits with inner separators: "1,204", "16:40", "3.5"
	Clitic             // the possessive ending: "'s", "'"
	Punct              // one rune, or a run of hyphens or dots
)

// Token is one word, number or mark. Low is Lower's text at the same offsets.
type Token struct {
	Start, End int
	Kind       Kind
	Upper      bool // begins with an upper-case letter
	Caps       bool // has no lower-case letter and more than one letter: "IED", "POLICE"
	Hyphen     bool // has an inner hyphen
	Low        string
}

// Sentence is a run of tokens, [First, Last) in Doc.Tokens.
type Sentence struct {
	First, Last int
	Para        int // number of the paragraph, from 0
}

// Doc is a text that was cut up.
type Doc struct {
	Text, Lower string
	Tokens      []Token
	Sentences   []Sentence
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
	d := Doc{Text: s, Lower: Lower(s), Tokens: make([]Token, 0, len(s)/5+4)}
	d.tokens()
	d.sentences()
	return d
}

func (d *Doc) tokens() {
	s := d.Text
	for i := 0; i < len(s); {
		r, n := rune(s[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[i:])
		}
		switch {
		case isSpace(r):
			i += n
		case isDigit(r):
			i = d.number(i)
		case isLetter(r):
			i = d.word(i)
		case isApostrophe(r) && i > 0 && d.touches(i):
			j := i + n
			if j < len(s) && (s[j] == 's' || s[j] == 'S') && !letterAt(s, j+1) {
				j++
			}
			d.add(i, j, Clitic)
			i = j
		default:
			j := i + n
			if r == '-' || r == '.' {
				for j < len(s) && s[j] == s[i] {
					j++
				}
			}
			d.add(i, j, Punct)
			i = j
		}
	}
}

// touches tells whether the last token is a word or number that ends at i.
func (d *Doc) touches(i int) bool {
	k := len(d.Tokens) - 1
	return k >= 0 && d.Tokens[k].End == i && d.Tokens[k].Kind <= Number
}

func (d *Doc) add(start, end int, k Kind) *Token {
	d.Tokens = append(d.Tokens, Token{Start: start, End: end, Kind: k, Low: d.Lower[start:end]})
	return &d.Tokens[len(d.Tokens)-1]
}

// number reads "30", "1,204", "3.5", "16:40"; letters that follow at once make
// it a word ("5th", "70km", "9pm").
func (d *Doc) number(i int) int {
	s, j := d.Text, i
	for j < len(s) {
		if isDigit(rune(s[j])) {
			j++
			continue
		}
		if (s[j] == ',' || s[j] == '.' || s[j] == ':') && j+1 < len(s) && isDigit(rune(s[j+1])) {
			if s[j] == ',' && !thousands(s, j) {
				break
			}
			j++
			continue
		}
		break
	}
	if letterAt(s, j) || (j+1 < len(s) && s[j] == '-' && letterAt(s, j+1)) {
		return d.word(i)
	}
	d.add(i, j, Number)
	return j
}

// thousands tells whether the comma at i separates groups of three digits.
func thousands(s string, i int) bool {
	n := 0
	for j := i + 1; j < len(s) && isDigit(rune(s[j])); j++ {
		n++
	}
	return n == 3
}

func (d *Doc) word(i int) int {
	s, j := d.Text, i
	lower, letters, hyphen := false, 0, false
	upper := false
	for j < len(s) {
		r, n := rune(s[j]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(s[j:])
		}
		switch {
		case isLetter(r):
			letters++
			up := unicode.IsUpper(r)
			lower = lower || !up
			if j == i {
				upper = up
			}
			j += n
			continue
		case isDigit(r) || r >= utf8.RuneSelf && unicode.Is(unicode.Mn, r):
			j += n
			continue
		case r == '-' && j > i && wordAt(s, j+1):
			hyphen = true
			j++
			continue
		case isApostrophe(r) && letterAt(s, j+n):
			// An inner apostrophe ("Shi'ite", "didn't"), but not the possessive.
			if (s[j+n] == 's' || s[j+n] == 'S') && !wordAt(s, j+n+1) {
				break
			}
			j += n
			continue
		case r == '.' && initials(s, i, j) && letterAt(s, j+1): // U.S., U.N.
			j++
			continue
		case r == '.' && j-i >= 3 && initials(s, i, j): // the last dot of "U.S."
			j++
		}
		break
	}
	t := d.add(i, j, Word)
	t.Upper, t.Hyphen = upper, hyphen
	t.Caps = letters > 1 && !lower
	return j
}

// initials tells whether s[i:j] is single letters parted by dots.
func initials(s string, i, j int) bool {
	if (j-i)%2 == 0 {
		return false
	}
	for k := i; k < j; k++ {
		if (k-i)%2 == 0 && !isASCIILetter(s[k]) || (k-i)%2 == 1 && s[k] != '.' {
			return false
		}
	}
	return true
}

// sentences groups tokens. A blank line always ends a sentence; a single line
// break does so after a closing mark, or before a bullet.
func (d *Doc) sentences() {
	first, para := 0, 0
	d.Sentences = make([]Sentence, 0, len(d.Tokens)/20+2)
	for i := range d.Tokens {
		if i+1 == len(d.Tokens) {
			d.Sentences = append(d.Sentences, Sentence{first, i + 1, para})
			break
		}
		lines := d.lineBreaks(d.Tokens[i].End, d.Tokens[i+1].Start)
		if lines >= 2 || lines == 1 && d.endsLine(i) || d.ends(i) {
			d.Sentences = append(d.Sentences, Sentence{first, i + 1, para})
			first = i + 1
		}
		if lines >= 2 || lines == 1 && d.endsLine(i) {
			para++
		}
	}
}

func (d *Doc) lineBreaks(a, b int) (n int) {
	for ; a < b; a++ {
		if d.Text[a] == '\n' {
			n++
		}
	}
	return n
}

// endsLine tells whether a line may end a sentence after token i.
func (d *Doc) endsLine(i int) bool {
	switch d.Tokens[i].Low {
	case ".", "!", "?", "\"", "”", "’", "»", ":", "…", ")", "...":
		return true
	}
	switch d.Tokens[i+1].Low {
	case "-", "*", "•", "–", "—":
		return true
	}
	return false
}

// ends tells whether token i closes a sentence.
func (d *Doc) ends(i int) bool {
	t := &d.Tokens[i]
	if t.Kind != Punct {
		// "in the U.S. The army": an abbreviation with its own dot.
		return false
	}
	j := i
	for isClose(d.Tokens[j].Low) && j > 0 && d.Tokens[j-1].End == d.Tokens[j].Start {
		j--
	}
	switch d.Tokens[j].Low {
	case "!", "?", "…", "...":
	case ".":
		if j > 0 && d.Tokens[j-1].End == d.Tokens[j].Start && abbreviation(&d.Tokens[j-1]) {
			return false
		}
	default:
		return false
	}
	next := &d.Tokens[i+1]
	if next.Start == t.End {
		return j == i && next.Kind == Word && next.Upper && t.Low != "..." && d.Tokens[max(j-1, 0)].Kind == Word && len(d.Tokens[max(j-1, 0)].Low) > 2
	}
	if isClose(next.Low) && next.Low != "\"" && next.Low != "'" {
		return false
	}
	return next.Upper || next.Kind != Word || !asciiStart(next.Low)
}

func asciiStart(s string) bool { return s != "" && s[0] < utf8.RuneSelf }

func isClose(s string) bool {
	switch s {
	case "\"", "”", "’", "'", "»", ")", "]":
		return true
	}
	return false
}

// abbreviation tells whether a dot after t rarely ends a sentence.
func abbreviation(t *Token) bool {
	switch t.Low {
	case "mr", "mrs", "ms", "dr", "gen", "lt", "col", "sgt", "maj", "capt", "cpl", "brig", "adm", "cmdr", "gov", "sen", "rep", "prof",
		"st", "mt", "ft", "no", "nos", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec",
		"inc", "ltd", "co", "corp", "vs", "etc", "approx", "dept", "hon", "rev", "sr", "jr", "supt", "insp", "det", "pte", "pvt", "eng", "msgr":
		return t.Upper || t.Low == "vs" || t.Low == "etc" || t.Low == "approx" || t.Low == "no"
	}
	return t.End-t.Start == 1 && t.Upper && t.Low != "i"
}

func isSpace(r rune) bool {
	return r <= ' ' || r == 0x7f || r == 0x85 || r == 0xa0 || r >= 0x2000 && r <= 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0x3000
}
func isDigit(r rune) bool { return '0' <= r && r <= '9' }
func isASCIILetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return isASCIILetter(byte(r))
	}
	return r != utf8.RuneError && unicode.IsLetter(r)
}
func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' }

func letterAt(s string, i int) bool {
	if i >= len(s) {
		return false
	}
	if s[i] < utf8.RuneSelf {
		return isASCIILetter(s[i])
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	return isLetter(r)
}
func wordAt(s string, i int) bool { return i < len(s) && isDigit(rune(s[i])) || letterAt(s, i) }
