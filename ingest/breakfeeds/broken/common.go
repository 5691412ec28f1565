package broken

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	utf16 "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

var tags = regexp.MustCompile(`<[^<>]*>`)

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// common are the breakages that any format meets.
func (m *maker) common() {
	text := m.text()
	m.add("whole", text)
	for tenth := 1; tenth < 10; tenth++ {
		m.cutAt(fmt.Sprintf("cut-%d0", tenth), len(text)*tenth/10)
	}
	ends := m.itemEnds()
	m.cutAt("cut-behind-first-item", ends[0])
	m.cutAt("cut-behind-last-item", ends[len(ends)-1])
	m.cutIn("cut-in-rune", "\xe2\x80")
	m.cutIn("cut-in-reference", "&am")

	for _, junk := range []struct{ name, text string }{
		{"blank-lines", "\n\n \t\n"},
		{"mark", "\ufeff"},
		{"mark-twice", "\ufeff\ufeff"},
		{"mark-behind-blank", "\n\ufeff"},
		{"mark-read-as-1252", "ï»¿"},
		{"php-warning", "<br />\n<b>Warning</b>:  Undefined variable $x in <b>/srv/site/feed.php</b> on line <b>7</b><br />\n"},
		{"plain-warning", "PHP Notice:  Undefined index: x in /srv/site/feed.php on line 7\n"},
		{"headers", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n"},
		{"chunk-length", "1f4a\r\n"},
		{"nul", "\x00\x00"},
	} {
		m.add("junk-before-"+junk.name, junk.text+text)
	}
	for _, junk := range []struct{ name, text string }{
		{"comment", "\n<!-- served by cache 7 in 0.02 s -->"},
		{"nul", strings.Repeat("\x00", 40)},
		{"warning", "<br />\n<b>Notice</b>:  session lost in <b>/srv/site/end.php</b> on line <b>2</b><br />"},
		{"script", "<script>window.ready = 1;</script>"},
		{"words", "\nend of feed {"},
		{"chunk-end", "\r\n0\r\n\r\n"},
	} {
		m.add("junk-behind-"+junk.name, text+junk.text)
	}

	// What is said of the bytes, against the bytes.
	for _, label := range []struct{ name, contentType string }{
		{"latin1", "text/xml; charset=ISO-8859-1"},
		{"utf16", "application/rss+xml; charset=UTF-16"},
		{"nonsense", "application/xml; charset=x-none-such"},
		{"broken", "text/xml;;; charset="},
		{"html", "text/html; charset=utf-8"},
		{"png", "image/png"},
		{"1251", "text/xml; charset=windows-1251"},
	} {
		m.addBytes("http-says-"+label.name, label.contentType, []byte(text), m.all(Whole))
	}
	for _, e := range []struct {
		name string
		enc  encoding.Encoding
	}{
		{"utf16le", utf16.UTF16(utf16.LittleEndian, utf16.IgnoreBOM)},
		{"utf16be", utf16.UTF16(utf16.BigEndian, utf16.IgnoreBOM)},
		{"utf16le-mark", utf16.UTF16(utf16.LittleEndian, utf16.UseBOM)},
		{"utf16be-mark", utf16.UTF16(utf16.BigEndian, utf16.UseBOM)},
		{"utf32le", utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM)},
		{"utf32be", utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM)},
		{"utf32le-mark", utf32.UTF32(utf32.LittleEndian, utf32.UseBOM)},
		{"utf32be-mark", utf32.UTF32(utf32.BigEndian, utf32.UseBOM)},
	} {
		if b, err := e.enc.NewEncoder().Bytes([]byte(text)); err == nil {
			m.addBytes("in-"+e.name, "", b, m.all(Whole))
			// Cut behind an odd number of bytes, inside of a character.
			n := len(b)/2 | 1
			m.addBytes("in-"+e.name+"-cut", "", b[:n], m.cutStates(n*len(text)/len(b)-utf8Slack(text)))
		}
	}
	for _, e := range []struct {
		name string
		enc  *charmap.Charmap
	}{
		{"windows-1250", charmap.Windows1250}, {"windows-1251", charmap.Windows1251}, {"windows-1252", charmap.Windows1252},
		{"windows-1256", charmap.Windows1256}, {"iso-8859-1", charmap.ISO8859_1}, {"iso-8859-15", charmap.ISO8859_15}, {"koi8-r", charmap.KOI8R},
	} {
		b, whole := encode(text, e.enc)
		state := Whole
		if !whole {
			state = Hurt
		}
		m.addBytes("http-"+e.name, "text/xml; charset="+e.name, b, m.all(state))
		if e.name == "windows-1252" {
			m.addBytes("unlabelled-"+e.name, "", b, m.all(state))
			m.addBytes("is-1252-http-says-utf8", "text/xml; charset=utf-8", b, m.all(state))
		}
	}

	// Bytes that no encoding has, in one item's title.
	for _, bad := range []struct{ name, bytes string }{
		{"80", "\x80"}, {"92", "\x92"}, {"93-94", "\x93 \x94"}, {"a0", "\xa0"}, {"c0", "\xc0"}, {"e9", "\xe9"}, {"fe", "\xfe"}, {"ff", "\xff"},
		{"overlong", "\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf"}, {"surrogate", "\xed\xa0\x80 \xed\xbf\xbf"}, {"beyond", "\xf4\x90\x80\x80 \xf8\x88\x80\x80\x80"},
		{"half", "\xe2\x80 \xc3 \xf0\x9f\x98"}, {"noncharacter", "\ufffe \uffff \U0001fffe \ufdd0"}, {"c1", "\u0080 \u0092 \u009f"},
		{"replacement", "\ufffd"}, {"del", "\x7f"}, {"nul", "\x00"}, {"controls", "\x01\x02\x03\x04\x05\x06\x07\x08\x0b\x0c\x0e\x0f\x10\x15\x1a\x1b\x1c\x1f"},
	} {
		m.addVictim("bytes-"+bad.name, Hurt, func(it string) string { return m.inTitle(it, bad.bytes) })
		m.addItems("bytes-"+bad.name+"-between", func(it string) string { return m.between(it, bad.bytes) })
	}
	m.addItems("nul-everywhere", func(it string) string {
		var b strings.Builder
		for i, c := range []byte(it) {
			if i%29 == 28 && c < 0x80 {
				b.WriteByte(0)
			}
			b.WriteByte(c)
		}
		return b.String()
	})

	// UTF-8 taken for windows-1252 and written as UTF-8 once more: the words are
	// lost, the items are not.
	var twice strings.Builder
	for _, c := range []byte(text) {
		twice.WriteRune(charmap.Windows1252.DecodeByte(c))
	}
	m.addBytes("utf8-twice", "", []byte(twice.String()), m.all(Hurt))
	m.addItems("mark-inside", func(it string) string { return m.between("\ufeff"+it, "\ufeff") })

	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write([]byte(text)) // a buffer takes everything
	_ = w.Close()
	m.addBytes("gzip", "", zipped.Bytes(), m.all(Whole))
	m.out[len(m.out)-1].Encoding = "gzip"
	m.add("line-ends-crlf", strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
	m.add("line-ends-cr", strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r"))
	reversed := append([]string(nil), m.items...)
	for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
		reversed[i], reversed[j] = reversed[j], reversed[i]
	}
	m.add("reversed", m.with(reversed))
}

// utf8Slack is how far off a proportional cut of another encoding may be.
func utf8Slack(text string) int {
	ascii := 0
	for i := range len(text) {
		if text[i] < 0x80 {
			ascii++
		}
	}
	return len(text) - ascii + 64
}

func (m *maker) cutStates(n int) []Item {
	items := m.all(Lost)
	for i, end := range m.itemEnds() {
		if end <= n {
			items[i].State = Whole
		}
	}
	return items
}

// encode writes what e lacks as references, and says whether it lacked little.
func encode(text string, e *charmap.Charmap) ([]byte, bool) {
	var b bytes.Buffer
	lacked := 0
	for _, r := range text {
		if c, ok := e.EncodeRune(r); ok {
			b.WriteByte(c)
			continue
		}
		lacked++
		fmt.Fprintf(&b, "&#%d;", r)
	}
	return b.Bytes(), lacked*20 < len(text)
}

var (
	xmlTitle  = regexp.MustCompile(`(?s)(<title(?:\s[^>]*)?>)(.*?)(</title>)`)
	jsonTitle = regexp.MustCompile(`("title"\s*:\s*")((?:[^"\\]|\\.)*)(")`)
	jsonField = regexp.MustCompile(`,(\s*"[a-z_]+"\s*:)`)
)

// inTitle puts s into the middle of an item's title.
func (m *maker) inTitle(item, s string) string {
	re := xmlTitle
	if m.kind == "json" {
		re = jsonTitle
	}
	loc := re.FindStringSubmatchIndex(item)
	if loc == nil {
		return item
	}
	// Behind a word, so that no reference or CDATA mark is torn.
	at := loc[5]
	if i := strings.IndexByte(item[loc[4]:loc[5]], ' '); i >= 0 && !strings.Contains(item[loc[4]:loc[5]], "&") {
		at = loc[4] + i
	} else if strings.HasSuffix(item[:loc[5]], "]]>") {
		at -= 3
	}
	return item[:at] + s + item[at:]
}

// between puts s between two elements of an item.
func (m *maker) between(item, s string) string {
	if m.kind == "json" {
		loc := jsonField.FindStringSubmatchIndex(item)
		if loc == nil {
			return item
		}
		return item[:loc[2]] + s + item[loc[2]:]
	}
	at := strings.LastIndex(item, "</")
	return item[:at] + s + item[at:]
}
