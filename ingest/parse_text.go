package ingest

import (
	"bytes"
	"mime"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

// decodeBody turns a feed's bytes into valid UTF-8. The bytes are believed over
// what is said about them: byte order mark, then valid UTF-8, then the HTTP
// charset, then the declaration inside the document, then a guess. Servers label
// UTF-8 as ISO-8859-1 by default, and editors paste windows-1252 quotes into
// UTF-8 pages.
func decodeBody(body []byte, contentType string) string {
	if s, ok := decodeMarked(body); ok {
		return s
	}
	declared := declaredCharset(body)
	_, params, _ := mime.ParseMediaType(contentType)
	labels := []string{params["charset"], declared}
	whole := trimCutRune(body)
	if utf8.Valid(whole) && !escapesCharset(whole, labels) {
		return string(whole)
	}
	good, bad := countUTF8(whole)
	for _, label := range labels {
		e, name := charset.Lookup(strings.TrimSpace(label))
		switch {
		case e == nil, name == "replacement", name == "x-user-defined", name == "utf-8":
			continue
		case strings.HasPrefix(name, "utf-16"):
			continue // the label cannot be true: see decodeMarked
		case good > 1 && bad <= good/10:
			return repairUTF8(whole) // whatever the label says, this does not happen by chance
		case westernCharsets[name] && good > 0 && bad <= 2*good:
			return repairUTF8(whole) // a pair of its letters is rarely a letter of UTF-8
		}
		if s, err := e.NewDecoder().Bytes(body); err == nil && (good < bad || bytes.Count(s, []byte("\uFFFD")) <= good/10) {
			return strings.ToValidUTF8(string(s), "\uFFFD")
		}
	}
	if good < bad/4 {
		if e := guessCharset(body); e != nil {
			return decodeWith(e, body)
		}
	}
	return repairUTF8(whole)
}

// westernCharsets are the encodings that servers and editors name by default.
var westernCharsets = map[string]bool{"windows-1252": true, "iso-8859-15": true, "macintosh": true}

// guessCharset finds the encoding of a text in another script that nothing
// declares: nil for one in Latin letters. Words of such a script are runs of
// bytes above 0x7f; the encoding is the one in which most of them are frequent
// letters.
func guessCharset(b []byte) encoding.Encoding {
	b = b[:min(len(b), 64<<10)]
	high, runs := 0, 0
	for i, c := range b {
		if c >= 0x80 {
			high++
			if i > 0 && b[i-1] >= 0x80 {
				runs++
			}
		}
	}
	if high < 30 || runs < high/2 {
		return nil
	}
	var best encoding.Encoding
	bestScore := high * 2 / 5
	for _, g := range guesses {
		score := 0
		for _, c := range b {
			if c >= 0x80 && strings.ContainsRune(g.frequent, g.charmap.DecodeByte(c)) {
				score++
			}
		}
		if score > bestScore {
			best, bestScore = g.charmap, score
		}
	}
	return best
}

var guesses = []struct {
	charmap  *charmap.Charmap
	frequent string // the letters that make up most of a text
}{
	{charmap.Windows1251, "оеаинтсрвлкмдпу"},
	{charmap.KOI8R, "оеаинтсрвлкмдпу"},
	{charmap.ISO8859_5, "оеаинтсрвлкмдпу"},
	{charmap.Windows1256, "اليمنوترةبدعسف"},
	{charmap.Windows1255, "יוהלאתרמבשנ"},
	{charmap.Windows1253, "αοιετνσρκπυμλάίόέ"},
	{charmap.Windows874, "านรอกเงมยลวด่้ัี"},
}

// decodeMarked handles what its first bytes give away.
func decodeMarked(b []byte) (string, bool) {
	if (bytes.HasPrefix(b, []byte{0xff, 0xfe}) || bytes.HasPrefix(b, []byte{0xfe, 0xff})) && bytes.IndexByte(b[:min(len(b), 512)], 0) < 0 {
		b = trimCutRune(b[2:]) // markup has zeros in UTF-16: the mark is wrong
		return repairUTF8(b), true
	}
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		b = trimCutRune(b[3:])
		if utf8.Valid(b) {
			return string(b), true
		}
		return repairUTF8(b), true
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}):
		return decodeWith(utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), b), true
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return decodeWith(utf32.UTF32(utf32.BigEndian, utf32.UseBOM), b), true
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}), bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), b), true
	case bytes.HasPrefix(b, []byte{'<', 0}), bytes.HasPrefix(b, []byte{'{', 0}):
		return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), b), true
	case bytes.HasPrefix(b, []byte{0, '<'}), bytes.HasPrefix(b, []byte{0, '{'}):
		return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), b), true
	}
	// UTF-16 behind junk: every other byte of markup is zero.
	head := b[:min(len(b), 512)&^1]
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i&1]++
		}
	}
	switch {
	case len(head) < 64:
	case zeros[1] > len(head)/4 && zeros[0] < len(head)/40:
		return decodeWith(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), b), true
	case zeros[0] > len(head)/4 && zeros[1] < len(head)/40:
		return decodeWith(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), b), true
	}
	return "", false
}

func decodeWith(e encoding.Encoding, b []byte) string {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return repairUTF8(b)
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}

var xmlEncoding = regexp.MustCompile(`^[^<]{0,64}<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._:-]{2,40})["']`)

func declaredCharset(b []byte) string {
	if m := xmlEncoding.FindSubmatch(b[:min(len(b), 512)]); m != nil {
		return string(m[1])
	}
	return ""
}

// escapesCharset reports whether ASCII bytes are really ISO-2022 or another
// encoding that hides behind ESC: those are valid UTF-8 by chance.
func escapesCharset(b []byte, labels []string) bool {
	if bytes.IndexByte(b, 0x1b) < 0 {
		return false
	}
	for _, l := range labels {
		if strings.HasPrefix(strings.ToLower(l), "iso-2022") {
			return true
		}
	}
	return false
}

// trimCutRune drops a rune that the end of the body cuts in two.
func trimCutRune(b []byte) []byte {
	for n := 1; n <= 3 && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if c >= 0xc0 && !utf8.FullRune(b[len(b)-n:]) {
				return b[:len(b)-n]
			}
			break
		}
	}
	return b
}

// countUTF8 counts the UTF-8 sequences in b and the bytes outside of them.
func countUTF8(b []byte) (good, bad int) {
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good, bad
}

// repairUTF8 keeps the UTF-8 in b and reads every byte outside it as
// windows-1252.
func repairUTF8(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) + len(b)/16)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(b[i])
		}
		out.WriteRune(r)
		i += n
	}
	return out.String()
}

// dropControls removes what XML 1.0 forbids, NUL, and what marks kept texts (see
// tidier). Tabs and line ends stay.
func dropControls(s string) string {
	bad := func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff || r == markOpen || r == markClose
	}
	clean := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c < 0x7f || c == '\n' || c == '\t' || c == '\r' || c > 0x7f && c != 0xef {
			continue
		}
		if c == 0xef {
			if r, _ := utf8.DecodeRuneInString(s[i:]); !bad(r) {
				continue
			}
		}
		clean = false
		break
	}
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return -1
		}
		return r
	}, s)
}
