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
	if good >= 10 && bad <= good/10 {
		return repairUTF8(whole) // whatever the label says, this does not happen by chance
	}
	for _, label := range labels {
		e, name := charset.Lookup(strings.TrimSpace(label))
		if e == nil || name == "replacement" || name == "x-user-defined" {
			continue
		}
		if name == "utf-8" {
			if bad <= good {
				return repairUTF8(whole)
			}
			continue
		}
		if strings.HasPrefix(name, "utf-16") && bytes.IndexByte(body[:min(len(body), 512)], 0) < 0 {
			continue // the label cannot be true
		}
		if s, err := e.NewDecoder().Bytes(body); err == nil {
			return strings.ToValidUTF8(string(s), "\uFFFD")
		}
	}
	if good > 0 && bad <= good/4+1 {
		return repairUTF8(whole)
	}
	return decodeWith(charmap.Windows1252, body)
}

// decodeMarked handles what its first bytes give away.
func decodeMarked(b []byte) (string, bool) {
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

// dropControls removes what XML 1.0 forbids, and NUL. Tabs and line ends stay.
func dropControls(s string) string {
	bad := func(r rune) bool {
		return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0x7f || r == 0xfffe || r == 0xffff
	}
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if bad(r) {
			return -1
		}
		return r
	}, s)
}
