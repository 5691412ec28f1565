package text

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The longest entity that is read, "&thetasym;", and how often its own "&" may
// have been written as one: pages pass through several hands.
const (
	maxEntity  = 10
	maxEscaped = 3
)

// entity reads one character at the "&" that s begins with, and its length.
func entity(s string) (rune, int) {
	k := 1
	for range maxEscaped {
		if !strings.HasPrefix(s[k:], "amp;") {
			break
		}
		k += 4
	}
	for at := k; ; at -= 4 { // "&amp;#8217;", else "&amp;" itself
		end := strings.IndexByte(s[at:min(len(s), at+maxEntity)], ';')
		if end > 0 && (s[at] == '#' || isASCIILetter(s[at])) {
			e := html.UnescapeString("&" + s[at:at+end+1])
			if r, n := utf8.DecodeRuneInString(e); n == len(e) && r != utf8.RuneError {
				return r, at + end + 1
			}
		}
		if at < 5 {
			return '&', 1
		}
	}
}

// plainMark is the Low of a mark that is not ASCII; "" where it is itself.
func plainMark(r rune, n int) string {
	switch r {
	case 0x2010, 0x2011, 0x2012, 0x2212, 0xfe63, 0xff0d:
		return "-"
	case 0x2015:
		return "—"
	case '。', '۔', '।', '։':
		return "."
	case '؟':
		return "?"
	case '،', '、':
		return ","
	case '؛':
		return ";"
	}
	switch {
	case r > 0xff00 && r < 0xff5f: // full-width
		return string(r - 0xff01 + '!')
	case n != utf8.RuneLen(r):
		return string(r) // was an entity
	}
	return ""
}

// plainNumber is the Low of a number that has other digits than ASCII's, or
// other separators: "1 204" is "1,204".
func plainNumber(s string) string {
	d := Doc{Text: s}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, n := d.peek(i)
		i += n
		switch {
		case isDigit(r):
			b = append(b, '0'+byte(digit(r)))
		case r == '.' || r == 0x66b || r == 0xff0e:
			b = append(b, '.')
		case r == ':' || r == 0xff1a:
			b = append(b, ':')
		case !isVoid(r):
			b = append(b, ',')
		}
	}
	return string(b)
}

// plainWord is the Low of a word that has more than ASCII and small Latin letters.
func plainWord(s string) string {
	d := Doc{Text: s}
	var b strings.Builder
	b.Grow(len(s))
	ascii, latin, other := true, false, false
	for i := 0; i < len(s); {
		r, n := d.peek(i)
		i += n
		switch {
		case isVoid(r):
			continue
		case isDigit(r):
			r = '0' + digit(r)
		case isApostrophe(r) || r == '‘' || r >= 0x2b9 && r <= 0x2bf:
			r = '\''
		case isHyphen(r):
			r = '-'
		default:
			r = unicode.ToLower(r)
		}
		ascii = ascii && r < utf8.RuneSelf
		latin = latin || r >= 'a' && r <= 'z'
		other = other || r >= 0x370 && r < 0x530
		b.WriteRune(r)
	}
	if ascii {
		return b.String()
	}
	w := norm.NFKC.String(b.String())
	if latin && other {
		if x := lookalikes.Replace(w); strings.IndexFunc(x, func(r rune) bool { return r >= 0x370 && r < 0x530 }) < 0 {
			w = x // "kіlled" with one letter of another alphabet
		}
	}
	// NFKC makes small letters of small letters only; marks that are left over
	// after composing are decoration.
	return strings.Map(func(r rune) rune {
		if r >= 0x300 && r < 0x370 {
			return -1
		}
		return unicode.ToLower(r)
	}, w)
}

// lookalikes are the Cyrillic and Greek letters that are drawn as Latin ones.
var lookalikes = strings.NewReplacer("а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "і", "i", "ј", "j", "ѕ", "s", "һ", "h", "ԁ", "d", "ԛ", "q", "ԝ", "w", "ӏ", "l",
	"в", "b", "к", "k", "м", "m", "н", "h", "т", "t", "α", "a", "ο", "o", "ν", "v", "ρ", "p", "ι", "i", "κ", "k", "υ", "u", "χ", "x", "β", "b", "ε", "e", "η", "h", "μ", "m", "τ", "t", "ζ", "z")

// digit is the value of a decimal digit: each script has its ten in one row.
func digit(r rune) rune {
	if r < utf8.RuneSelf {
		return r - '0'
	}
	for _, x := range unicode.Nd.R16 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	for _, x := range unicode.Nd.R32 {
		if rune(x.Lo) <= r && r <= rune(x.Hi) {
			return (r - rune(x.Lo)) % 10
		}
	}
	return 0
}

func isSpace(r rune) bool {
	if r < utf8.RuneSelf {
		return r <= ' ' || r == 0x7f
	}
	switch {
	case r == 0x85, r == 0xa0, r == 0x1680, r >= 0x2000 && r <= 0x200a, r == 0x2028, r == 0x2029, r == 0x202f, r == 0x205f, r == 0x3000, r == 0x2800:
		return true
	}
	return r < 0xa0 // the C1 controls
}

// isVoid tells whether r has no shape of its own: soft hyphen, zero-width and
// bidi marks, the selectors of emoji.
func isVoid(r rune) bool {
	if r < 0xad {
		return false
	}
	switch {
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x180e, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2060 && r <= 0x206f, r == 0xfeff,
		r >= 0xfe00 && r <= 0xfe0f, r >= 0xe0000 && r <= 0xe01ef:
		return true
	}
	return false
}

// joinsThousands tells whether r stands between the groups of a long number:
// blanks that do not break, and the apostrophe of the Swiss.
func joinsThousands(r rune) bool {
	switch r {
	case 0xa0, 0x202f, 0x2009, 0x2007, 0x2008, 0x2006, '\'', '’':
		return true
	}
	return false
}

// isHyphen tells whether r joins words. The en dash does so where it stands
// between two letters.
func isHyphen(r rune) bool {
	return r == '-' || r >= 0x2010 && r <= 0x2013 || r == 0xfe63 || r == 0xff0d
}

func isDigit(r rune) bool {
	return '0' <= r && r <= '9' || r >= 0x660 && unicode.Is(unicode.Nd, r)
}

func isASCIILetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return isASCIILetter(byte(r))
	}
	return r != utf8.RuneError && unicode.IsLetter(r)
}

func isMark(r rune) bool {
	return r >= 0x300 && unicode.IsMark(r) && !isVoid(r)
}

func isApostrophe(r rune) bool { return r == '\'' || r == '’' || r == 'ʼ' || r == 0xff07 }

// isPicture tells whether r is an emoji or another symbol that draws.
func isPicture(r rune) bool {
	return r >= 0x2190 && (unicode.Is(unicode.So, r) || r >= 0x1f3fb && r <= 0x1f3ff || unicode.Is(unicode.Co, r))
}

func isHandle(c byte) bool { return isASCIILetter(c) || '0' <= c && c <= '9' || c == '_' }
