package gazetteer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain is what the letters below U+0250, and those of U+1E00 to U+1EFF, are
// written as where accents are dropped.
var plain = func() (t [0x250 + 0x100]string) {
	special := map[rune]string{'ø': "o", 'Ø': "o", 'ł': "l", 'Ł': "l", 'đ': "d", 'Đ': "d", 'ð': "d", 'Ð': "d", 'ı': "i", 'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae",
		'œ': "oe", 'Œ': "oe", 'þ': "th", 'Þ': "th", 'ħ': "h", 'Ħ': "h", 'ŋ': "n", 'Ŋ': "n", 'ƙ': "k", 'Ƙ': "k", 'Ɓ': "b", 'Ɗ': "d", 'ƴ': "y", 'Ƴ': "y", 'Ə': "e", 'ǝ': "e", 'Ǝ': "e",
		0xAD: dropped, '´': dropped, '¨': dropped, '¸': dropped, '·': dropped, 'ª': "a", 'º': "o"}
	for i := range t {
		r := rune(i)
		if i >= 0x250 {
			r = rune(i-0x250) + 0x1E00
		}
		if s, ok := special[r]; ok {
			if s != dropped {
				t[i] = s
			}
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r >= 0x80 {
			t[i] = " " // a mark parts words
			continue
		}
		for _, c := range norm.NFD.String(string(r)) {
			if c = unicode.ToLower(c); c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
				t[i] += string(c)
			}
		}
	}
	return t
}()

// dropped is what a mark is written as that parts nothing.
const dropped = "\x00"

// AppendFold appends the form of a name under which all its spellings meet that
// differ in case, accents, apostrophes, dots and hyphens only: small ASCII
// letters and digits, words parted by one blank, "st" spelt out. Letters that
// are not Latin are kept as they are.
func AppendFold(dst []byte, name string) []byte {
	from := len(dst)
	word := from // where the word at hand begins
	end := func() {
		switch string(dst[word:]) {
		case "st", "ste":
			dst = append(dst[:word], "saint"...)
		case "mt":
			dst = append(dst[:word], "mount"...)
		case "ft":
			dst = append(dst[:word], "fort"...)
		}
	}
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			i++
			switch {
			case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
				dst = append(dst, c)
			case c >= 'A' && c <= 'Z':
				dst = append(dst, c+'a'-'A')
			case c == '\'' || c == '`' || c == '.':
			case len(dst) > word:
				end()
				dst = append(dst, ' ')
				word = len(dst)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(name[i:])
		i += n
		switch {
		case r < 0x250 && plain[r] != " ":
			dst = append(dst, plain[r]...)
		case r == 'ə':
			dst = append(dst, 'e')
		case r == 'ɓ':
			dst = append(dst, 'b')
		case r == 'ɗ':
			dst = append(dst, 'd')
		case r == '\u212B': // the unit that looks like Å
			dst = append(dst, 'a')
		case r >= 0x1E00 && r < 0x1F00:
			dst = append(dst, plain[0x250+r-0x1E00]...)
		case r == '’' || r == '‘' || r == 'ʻ' || r == 'ʼ' || r == 'ʿ' || r == 'ʾ' || r == 'ʹ' || r == '´' || r == '′' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r):
			dst = utf8.AppendRune(dst, unicode.ToLower(r))
		case len(dst) > word:
			end()
			dst = append(dst, ' ')
			word = len(dst)
		}
	}
	end()
	if n := len(dst); n > from && dst[n-1] == ' ' {
		dst = dst[:n-1]
	}
	return dst
}

// Fold is AppendFold as a string.
func Fold(name string) string { return string(AppendFold(nil, name)) }

// article is how many bytes of a folded name its Arabic article takes, with the
// blank: "al ", "ash ". It is written, joined, assimilated or dropped at will.
func article(key []byte) int {
	for _, a := range [...]string{"al ", "el ", "ar ", "as ", "ash ", "at ", "ad ", "az ", "an ", "ed ", "es ", "er ", "ez ", "ul "} {
		if len(key) > len(a)+2 && string(key[:len(a)]) == a {
			return len(a)
		}
	}
	return 0
}

// CutArticle returns a folded name without its Arabic article, and whether it
// has one.
func CutArticle(key string) (string, bool) {
	n := article([]byte(key))
	return key[n:], n > 0
}

// Loose appends the sound of a folded name, roughly: what remains when the
// choices are taken away that writers have who bring a name of another script
// into Latin letters. "khan younis" and "khan yunis" sound alike, and so do
// "hodeidah" and "hudaydah". Names that sound alike need not be the same: use it
// only where a name is not known as it is written.
func Loose(dst, key []byte) []byte {
	dst = append(dst, '~')
	from := len(dst)
	key = key[article(key):]
	put := func(c byte) {
		if n := len(dst); n == from || dst[n-1] != c {
			dst = append(dst, c)
		}
	}
	for i := 0; i < len(key); i++ {
		c := key[i]
		next := byte(0)
		if i+1 < len(key) {
			next = key[i+1]
		}
		switch c {
		case ' ':
			// "ar raqqa" within a name: joined or not.
		case 'q', 'k', 'g', 'c', 'x':
			if c == 'c' && next == 'h' {
				put('c')
				i++
				break
			}
			if next == 'h' {
				i++
			}
			if c == 'g' {
				put('g')
			} else {
				put('k')
			}
		case 's', 'z':
			if next == 'h' {
				i++
			}
			if c == 's' && next == 'h' {
				put('$')
			} else {
				put(c)
			}
		case 'd', 't':
			if next == 'h' {
				i++
			}
			put(c)
		case 'p':
			if next == 'h' {
				i++
				put('f')
			} else {
				put('p')
			}
		case 'a', 'e', 'i', 'o', 'u', 'y', 'w':
			// A run of vowels is told by its most telling one.
			best := byte(0)
			for ; i < len(key); i++ {
				v := key[i]
				if strings.IndexByte("aeiouyw", v) < 0 {
					break
				}
				switch v {
				case 'y':
					v = 'i'
				case 'w', 'o':
					v = 'u'
				case 'e':
					v = 'a'
				}
				if best == 0 || best == 'a' {
					best = v
				} else if best != v && v != 'a' {
					best = 'i'
				}
			}
			if i >= len(key) && best == 'a' && len(dst) > from+2 {
				break // "Hasaka", "Hasakeh"
			}
			i--
			put(best)
		case 'h':
			if i+1 == len(key) || len(dst) > from && strings.IndexByte("aiu", dst[len(dst)-1]) < 0 {
				break // mute
			}
			put('h')
		case 'v', 'b':
			put('b')
		case 'j':
			put('j')
		default:
			put(c)
		}
	}
	if n := len(dst); n > from+3 && dst[n-1] == 'a' {
		dst = dst[:n-1]
	}
	return dst
}
