package ingest

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// PlainText turns what a feed puts into a description or content element, HTML
// or not, into plain text: paragraphs parted by "\n\n", list items, table rows
// and <br> by "\n", entities resolved (twice, where a feed escaped twice), no
// scripts, captions, buttons, or "Continue reading". The result is valid UTF-8
// without control characters; it never holds more bytes than a small multiple
// of the input.
//
// Text without any markup keeps its blank lines as paragraph borders; a single
// line end is a space, because feeds wrap their lines.
func PlainText(s string) string {
	s = cleanRunes(s)
	var out string
	for range 3 { // double escaping is common, triple has been seen
		if hasMarkup(s) {
			out = renderHTML(s)
		} else {
			out = renderText(html.UnescapeString(s))
		}
		out = cleanRunes(out)
		if !strings.ContainsAny(out, "&<") || !escapedTwice.MatchString(out) {
			break
		}
		s = out
	}
	return dropFurniture(out)
}

// titleText is PlainText on one line.
func titleText(s string) string { return strings.Join(strings.Fields(PlainText(s)), " ") }

var (
	markup = regexp.MustCompile(`<(?:/?[A-Za-z][A-Za-z0-9]*[\s/>]|!--|!\[CDATA\[|!doctype)`)
	// escapedTwice finds what a resolved text cannot mean to say.
	escapedTwice = regexp.MustCompile(`&(?:amp|lt|gt|quot|apos|nbsp|rsquo|lsquo|rdquo|ldquo|ndash|mdash|hellip|eacute|#[0-9]{2,6}|#[xX][0-9a-fA-F]{2,6});|</(?:p|a|b|i|em|strong|div|span|li|ul|h[1-6]|blockquote|figure)>|<(?:p|br|div|strong|em)\s*/?>`)
)

func hasMarkup(s string) bool { return strings.Contains(s, "<") && markup.MatchString(s) }

// renderText treats s as text that knows only blank lines.
func renderText(s string) string {
	var w textWriter
	blank := false
	for line := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			blank = true
			continue
		}
		if blank {
			w.brk(2)
		}
		blank = false
		w.text(line)
		w.text(" ")
	}
	return w.String()
}

// What an element does to the text around it.
const (
	inlineElement = iota
	lineElement
	blockElement
	skipElement
)

var elementKind = map[atom.Atom]int{
	atom.P: blockElement, atom.Div: blockElement, atom.Section: blockElement, atom.Article: blockElement,
	atom.Header: blockElement, atom.Footer: blockElement, atom.Main: blockElement, atom.Address: blockElement,
	atom.H1: blockElement, atom.H2: blockElement, atom.H3: blockElement, atom.H4: blockElement, atom.H5: blockElement, atom.H6: blockElement,
	atom.Blockquote: blockElement, atom.Pre: blockElement, atom.Ul: blockElement, atom.Ol: blockElement, atom.Dl: blockElement,
	atom.Table: blockElement, atom.Hr: blockElement, atom.Figure: blockElement, atom.Details: blockElement, atom.Fieldset: blockElement,
	atom.Center: blockElement, atom.Body: blockElement, atom.Html: blockElement,
	atom.Li: lineElement, atom.Tr: lineElement, atom.Dt: lineElement, atom.Dd: lineElement, atom.Br: lineElement, atom.Option: lineElement,
	atom.Summary: lineElement, atom.Caption: lineElement,

	atom.Script: skipElement, atom.Style: skipElement, atom.Noscript: skipElement, atom.Template: skipElement, atom.Iframe: skipElement,
	atom.Object: skipElement, atom.Svg: skipElement, atom.Math: skipElement, atom.Canvas: skipElement, atom.Video: skipElement,
	atom.Audio: skipElement, atom.Map: skipElement, atom.Form: skipElement, atom.Button: skipElement, atom.Select: skipElement,
	atom.Nav: skipElement, atom.Aside: skipElement, atom.Figcaption: skipElement, atom.Head: skipElement, atom.Textarea: skipElement,
	atom.Noframes: skipElement, atom.Noembed: skipElement,
}

// renderHTML walks the tokens; no tree is built, so that depth costs nothing.
func renderHTML(s string) string {
	out, whole := renderTokens(s, true)
	if !whole {
		// A caption or form that never ends would eat the rest of the story.
		out, _ = renderTokens(s, false)
	}
	return out
}

func renderTokens(s string, skipping bool) (out string, whole bool) {
	z := html.NewTokenizer(strings.NewReader(s))
	var (
		w         textWriter
		skip      string // element being skipped
		skipDepth int
	)
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			return w.String(), skip == "" || isRawSkip(skip)
		}
		switch tt {
		case html.TextToken:
			if skip == "" {
				w.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			nameBytes, more := z.TagName()
			name := string(nameBytes)
			if skip != "" {
				if name == skip && tt == html.StartTagToken {
					skipDepth++
				}
				continue
			}
			kind := elementKind[atom.Lookup([]byte(name))]
			if kind == inlineElement && more && skipping && tt == html.StartTagToken && captionClass(z) {
				switch name {
				case "span", "small", "em", "i":
					skip, skipDepth = name, 1
				}
				continue
			}
			if kind == blockElement && (name == "p" || name == "div") && more && skipping && tt == html.StartTagToken && captionClass(z) {
				kind = skipElement
			}
			switch kind {
			case blockElement:
				w.brk(2)
			case lineElement:
				if name == "br" {
					w.newline()
				} else {
					w.brk(1)
				}
			case skipElement:
				w.brk(1)
				if (skipping || isRawSkip(name)) && tt == html.StartTagToken {
					skip, skipDepth = name, 1
				}
			default:
				if name == "td" || name == "th" {
					w.text(" ")
				}
			}
		case html.EndTagToken:
			nameBytes, _ := z.TagName()
			name := string(nameBytes)
			if skip != "" {
				if name == skip {
					skipDepth--
				}
				if skipDepth == 0 || skip == "figcaption" && name == "figure" {
					skip = ""
					w.brk(1)
				}
				continue
			}
			switch elementKind[atom.Lookup([]byte(name))] {
			case blockElement:
				w.brk(2)
			case lineElement:
				if name != "br" {
					w.brk(1)
				}
			}
		}
	}
}

// isRawSkip names the elements whose content is never prose, ended or not.
func isRawSkip(name string) bool { return name == "script" || name == "style" }

// captionClass reads the attributes of the current tag: picture captions and
// credits are marked by class where <figcaption> is not used.
func captionClass(z *html.Tokenizer) bool {
	for range 64 {
		k, v, more := z.TagAttr()
		if string(k) == "class" {
			for c := range strings.FieldsSeq(strings.ToLower(string(v))) {
				if captionClasses[c] {
					return true
				}
			}
		}
		if !more {
			break
		}
	}
	return false
}

var captionClasses = wordSet(`wp-caption-text caption image-caption img-caption photo-caption media__caption
	article-caption credit image-credit photo-credit visually-hidden sr-only screen-reader-text sharedaddy feedflare`)

// textWriter collects text, one space at a time, with breaks between.
type textWriter struct {
	b       strings.Builder
	pending int  // line ends owed before the next word
	space   bool // a space is owed
}

func (w *textWriter) brk(n int) {
	if w.b.Len() > 0 {
		w.pending = max(w.pending, n)
	}
	w.space = false
}

// newline is <br>: two in a row part paragraphs.
func (w *textWriter) newline() {
	if w.b.Len() > 0 {
		w.pending = min(w.pending+1, 2)
	}
	w.space = false
}

func (w *textWriter) text(s string) {
	for s != "" {
		n := wordLen(s)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(s)
			w.space = true
			s = s[n:]
			continue
		}
		if w.pending > 0 {
			w.b.WriteString("\n\n"[:min(w.pending, 2)])
			w.pending, w.space = 0, false
		}
		if w.space && w.b.Len() > 0 {
			w.b.WriteByte(' ')
		}
		w.space = false
		w.b.WriteString(s[:n])
		s = s[n:]
	}
}

// wordLen is the length of what s has before its first space.
func wordLen(s string) int {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c == ' ' || '\t' <= c && c <= '\r' {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) {
			return i
		}
		i += n
	}
	return len(s)
}

func (w *textWriter) String() string { return w.b.String() }

// cp1252 gives the characters that windows-1252 has in place of the C1 controls.
var cp1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// cleanRunes makes s valid UTF-8 without control characters. Also gone are the
// characters that show nothing and break words or turn the reading direction
// (soft hyphen, zero width space, bidi marks). A joiner stays between letters of
// the scripts that need it.
func cleanRunes(s string) string {
	if isClean(s) {
		return s
	}
	return scrub(s)
}

func scrub(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	prev := rune(0)
	for i, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
		case r == utf8.RuneError:
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				r = '\uFFFD'
			}
		case r < 0x20 || r == 0x7f:
			continue
		case r >= 0x80 && r < 0xa0:
			if r == 0x85 {
				r = '…'
			} else if r = cp1252[r-0x80]; r == 0 {
				continue
			}
		case r == '\u2028':
			r = '\n'
		case r == '\u2029':
			b.WriteString("\n")
			r = '\n'
		case r == '\u200c' || r == '\u200d':
			next, _ := utf8.DecodeRuneInString(s[i+3:])
			if prev < 0x300 || next < 0x300 {
				continue
			}
		case r == 0xad || r == '\ufeff' || r == '\u2060' || r == '\u200b' || r == '\u061c',
			'\u200e' <= r && r <= '\u200f', '\u202a' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069',
			'\ufff9' <= r && r <= '\ufffb', r == 0xfffe || r == 0xffff, 0xe0000 <= r && r <= 0xe007f && !unicode.Is(unicode.So, prev):
			continue
		}
		b.WriteRune(r)
		prev = r
	}
	return b.String()
}

// isClean reports that cleanRunes would change nothing. It may be wrong the other
// way round.
func isClean(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && c != '\n' && c != '\r' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case n == 1, r < 0xa0, r == 0xad, r == 0x61c, r == 0xfeff, r >= 0xe0000,
			0x200b <= r && r <= 0x200f, 0x2028 <= r && r <= 0x202e, 0x2060 <= r && r <= 0x2069, 0xfff9 <= r && r <= 0xfffb, r == 0xfffe, r == 0xffff:
			return false
		}
		i += n
	}
	return true
}

// Furniture is what publishing systems add behind the text.
var (
	furnitureLine = regexp.MustCompile(`(?i)^\W{0,4}(?:` +
		`(?:continue|keep) reading\b.{0,120}|` +
		`read (?:more|on|the full (?:story|article|report)|full (?:story|article))(?: (?:here|on|at|about|in)\b.{0,120})?|` +
		`click here to (?:read|continue).{0,120}|full story|` +
		`(?:image|photo|picture|video) credits?:.{1,150}|` +
		`(?:the post|this (?:post|article|story)) .{1,300} (?:first appeared|appeared first|was originally published|originally appeared) (?:on|in|at) .{1,120}|` +
		`seguir leyendo|leer más|lire la suite.{0,120}|weiterlesen.{0,120}|leia mais|continua a leggere` +
		`)\W{0,6}$`)
	furnitureTail = regexp.MustCompile(`(?i)\s*(?:\[(?:…|\.\.\.|&hellip;)\]|…|\.\.\.)?\s*(?:continue reading|read more|read the full (?:story|article)|seguir leyendo|lire la suite)\s*(?:…|\.\.\.|→|»|>+|&raquo;)*\s*$`)
	cutMark       = regexp.MustCompile(`\s*\[\s*(?:…|\.\.\.)\s*\]\s*$`)
)

// furnitureBytes of a line's end are looked at.
const furnitureBytes = 600

var furnitureWords = [][]byte{[]byte("reading"), []byte("read more"), []byte("read on"), []byte("read the full"), []byte("read full"), []byte("click here"),
	[]byte("full story"), []byte("credit"), []byte("appeared"), []byte("published"), []byte("seguir leyendo"), []byte("leer m"), []byte("lire la suite"),
	[]byte("weiterlesen"), []byte("leia mais"), []byte("continua a leggere")}

// mayBeFurniture spares almost every text the patterns above, which are slow.
func mayBeFurniture(line string) bool {
	if strings.HasSuffix(strings.TrimRight(line, " "), "]") {
		return true
	}
	var buf [furnitureBytes]byte
	lower := buf[:copy(buf[:], line)]
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	for _, w := range furnitureWords {
		if bytes.Contains(lower, w) {
			return true
		}
	}
	return false
}

// dropFurniture takes furniture off the end. It never takes everything: a
// description that is only "Read more" stays what it is.
func dropFurniture(s string) string {
	for range 4 {
		i := strings.LastIndexByte(s, '\n')
		line := s[i+1:]
		if len(line) > furnitureBytes {
			line = line[len(line)-furnitureBytes:]
			for len(line) > 0 && !utf8.RuneStart(line[0]) {
				line = line[1:]
			}
		}
		whole := len(line) == len(s)-i-1
		if !mayBeFurniture(line) {
			return s
		}
		switch {
		case i > 0 && whole && furnitureLine.MatchString(line):
			s = strings.TrimRight(s[:i], "\n ")
		case cutMark.MatchString(line):
			head := strings.TrimRight(s[:len(s)-len(line)+cutMark.FindStringIndex(line)[0]], "\n ")
			if head == "" {
				return s
			}
			s = head + "…"
		default:
			m := furnitureTail.FindStringIndex(line)
			if m == nil {
				return s
			}
			head := strings.TrimRight(s[:len(s)-len(line)+m[0]], "\n ")
			if head == "" {
				return s
			}
			cut := line[m[0]:]
			s = head
			if strings.ContainsAny(cut, "…") || strings.Contains(cut, "...") {
				s += "…"
			}
			return s
		}
	}
	return s
}
