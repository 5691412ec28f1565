package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// This file cuts an XML feed into its head and its items and makes each of them
// well formed, so that one broken item costs only itself and no document, however
// deep or unfinished, is ever handed to a real XML parser whole. It is one pass
// over the text and never scans a byte more than a few times.

// Kinds of xmlToken.
const (
	xmlText = iota
	xmlCDATA
	xmlStart
	xmlEnd
	xmlOther // comment, processing instruction, doctype
)

type xmlToken struct {
	kind       int
	start, end int    // the token's bytes
	text       string // content of text and CDATA, attributes of a start tag
	name       string
	selfClosed bool
}

// xmlScanner reads markup leniently: a "<" that starts nothing is text.
type xmlScanner struct {
	s       string
	pos     int
	last    string // name of the last start tag
	missing map[string]bool
}

// find is strings.Index from pos that asks for a missing terminator only once:
// six megabytes of "<!--" must not be searched six million times.
func (x *xmlScanner) find(from int, what string) int {
	if x.missing[what] {
		return -1
	}
	i := strings.Index(x.s[from:], what)
	if i < 0 {
		if x.missing == nil {
			x.missing = map[string]bool{}
		}
		x.missing[what] = true
		return -1
	}
	return from + i
}

func (x *xmlScanner) next() (xmlToken, bool) {
	if x.pos >= len(x.s) {
		return xmlToken{}, false
	}
	start := x.pos
	if x.s[start] != '<' {
		end := len(x.s)
		if i := strings.IndexByte(x.s[start:], '<'); i >= 0 {
			end = start + i
		}
		x.pos = end
		return xmlToken{kind: xmlText, start: start, end: end, text: x.s[start:end]}, true
	}
	rest := x.s[start:]
	switch {
	case strings.HasPrefix(rest, "<![CDATA["):
		return x.cdata(start), true
	case strings.HasPrefix(rest, "<!--"):
		if i := x.find(start+4, "-->"); i >= 0 {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: i + 3}), true
		}
	case strings.HasPrefix(rest, "<?"):
		if i := x.find(start+2, "?>"); i >= 0 {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: i + 2}), true
		}
	case strings.HasPrefix(rest, "<!"):
		if end := doctypeEnd(rest); end > 0 {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: start + end}), true
		}
	default:
		if t, ok := x.tag(start); ok {
			return x.emit(t), true
		}
	}
	end := start + 1
	for end < len(x.s) && (x.s[end] != '<' || end+1 < len(x.s) && !startsMarkup(x.s[end+1])) {
		end++
	}
	return x.emit(xmlToken{kind: xmlText, start: start, end: end, text: x.s[start:end]}), true
}

func startsMarkup(c byte) bool { return isNameStart(c) || c == '/' || c == '!' || c == '?' }

func (x *xmlScanner) emit(t xmlToken) xmlToken {
	x.pos = t.end
	if t.kind == xmlStart {
		x.last = t.name
	}
	return t
}

// cdata reads a CDATA section. One that was never closed would swallow the items
// behind it up to the next "]]>": if an item ends inside, the section ends with
// the element that holds it.
func (x *xmlScanner) cdata(start int) xmlToken {
	from := start + len("<![CDATA[")
	end, after := len(x.s), len(x.s)
	if i := x.find(from, "]]>"); i >= 0 {
		end, after = i, i+3
	}
	content := x.s[from:end]
	for _, item := range [...]string{"</item>", "</entry>"} {
		i := strings.Index(content, item)
		if i < 0 {
			continue
		}
		tail := strings.TrimLeft(content[i+len(item):min(len(content), i+len(item)+200)], " \t\r\n")
		if after != len(x.s) && !strings.HasPrefix(tail, "<item") && !strings.HasPrefix(tail, "<entry") && !strings.HasPrefix(tail, "</channel") {
			continue // an article about feeds
		}
		if j := strings.Index(content[:i], "</"+x.last+">"); j >= 0 && x.last != "" {
			i = j
		}
		content = content[:i]
		after = from + i
	}
	return x.emit(xmlToken{kind: xmlCDATA, start: start, end: after, text: content})
}

// doctypeEnd returns the length of the declaration that s starts with; its
// entities are not wanted and never expanded.
func doctypeEnd(s string) int {
	brackets := 0
	for i := range min(len(s), 64<<10) {
		switch s[i] {
		case '[':
			brackets++
		case ']':
			brackets--
		case '>':
			if brackets <= 0 {
				return i + 1
			}
		}
	}
	return 0
}

func isNameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isNameByte(c byte) bool {
	return isNameStart(c) || '0' <= c && c <= '9' || c == ':' || c == '-' || c == '.'
}

// maxNameBytes: no vocabulary has longer names.
const maxNameBytes = 100

// tag reads a start or end tag at start. The search for its ">" stops at the
// next "<", which XML allows nowhere in a tag.
func (x *xmlScanner) tag(start int) (xmlToken, bool) {
	s := x.s
	t := xmlToken{kind: xmlStart, start: start}
	i := start + 1
	if i < len(s) && s[i] == '/' {
		t.kind = xmlEnd
		i++
	}
	if i >= len(s) || !isNameStart(s[i]) {
		return t, false
	}
	name := i
	for i < len(s) && isNameByte(s[i]) {
		i++
	}
	if i-name > maxNameBytes {
		return t, false
	}
	t.name = s[name:i]
	attrs, end, plain := i, -1, -1
	var quote byte
scan:
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '<':
			break scan
		case c == '>':
			if plain < 0 {
				plain = i
			}
			if quote == 0 {
				end = i
				break scan
			}
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && t.kind == xmlStart:
			quote = c
		}
	}
	if end < 0 {
		end = plain // a quote that never ends
	}
	if end < 0 {
		return t, false
	}
	t.end = end + 1
	if t.kind == xmlStart {
		t.text = s[attrs:end]
		if strings.HasSuffix(t.text, "/") {
			t.text, t.selfClosed = t.text[:len(t.text)-1], true
		}
	}
	return t, true
}

type xmlAttr struct{ name, value string }

// maxAttrs per element; a feed's own have a handful, its root some twenty.
const maxAttrs = 100

// parseAttrs reads name="value" pairs, quoted or not, each name once. Values are
// resolved.
func parseAttrs(s string) []xmlAttr {
	var out []xmlAttr
	seen := map[string]bool{}
	for i := 0; i < len(s) && len(out) < maxAttrs; {
		if !isNameStart(s[i]) {
			i++
			continue
		}
		j := i
		for j < len(s) && isNameByte(s[j]) {
			j++
		}
		a := xmlAttr{name: s[i:j]}
		i = j
		for i < len(s) && isXMLSpace(s[i]) {
			i++
		}
		if i < len(s) && s[i] == '=' {
			i++
			for i < len(s) && isXMLSpace(s[i]) {
				i++
			}
			if i < len(s) && (s[i] == '"' || s[i] == '\'') {
				end := strings.IndexByte(s[i+1:], s[i])
				if end < 0 {
					end = len(s) - i - 1
				}
				a.value = s[i+1 : i+1+end]
				i = min(i+end+2, len(s))
			} else {
				j = i
				for j < len(s) && !isXMLSpace(s[j]) {
					j++
				}
				a.value = s[i:j]
				i = j
			}
		}
		if len(a.name) > maxNameBytes || seen[a.name] || len(a.value) > 2*maxURLBytes {
			continue
		}
		seen[a.name] = true
		a.value = decodeRefs(a.value)
		out = append(out, a)
	}
	return out
}

func isXMLSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func attrValue(attrs []xmlAttr, name string) string {
	for _, a := range attrs {
		if a.name == name {
			return strings.TrimSpace(a.value)
		}
	}
	return ""
}

// decodeRefs resolves one level of character references. Only those that end in
// ";" count: "&copy=2" is a query parameter.
func decodeRefs(s string) string {
	if !strings.Contains(s, "&") {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		end := strings.IndexByte(s[:min(len(s), 40)], ';')
		if end > 1 {
			if dec := html.UnescapeString(s[:end+1]); !strings.HasSuffix(dec, ";") && !strings.HasPrefix(dec, "&#") {
				if dec == "\uFFFD" { // &#0; and its like
					dec = ""
				}
				b.WriteString(dec)
				s = s[end+1:]
				continue
			}
		}
		b.WriteByte('&')
		s = s[1:]
	}
}

// escapeXML writes s as character data that any XML parser takes.
func escapeXML(b *strings.Builder, s string) {
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&#34;")
		case r < 0x20 && r != '\t' && r != '\n', r == 0xfffe, r == 0xffff:
			if r == '\r' {
				b.WriteByte('\n')
			}
		default:
			b.WriteRune(r)
		}
	}
}

// safeName makes a name that encoding/xml takes.
func safeName(s string) string {
	if i := strings.IndexByte(s, ':'); i >= 0 && strings.IndexByte(s[i+1:], ':') >= 0 || i == 0 || i == len(s)-1 {
		s = strings.ReplaceAll(s, ":", "_")
	}
	ok := true
	for i := range len(s) {
		if s[i] >= 0x80 {
			ok = false
		}
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && !isNameStart(s[i+1]) {
		ok = false
	}
	if ok {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x80 || r == ':' {
			return '_'
		}
		return r
	}, s)
}

func localName(name string) string { return strings.ToLower(name[strings.LastIndexByte(name, ':')+1:]) }

func namePrefix(name string) string {
	if i := strings.IndexByte(name, ':'); i >= 0 {
		return name[:i]
	}
	return ""
}

// xmlFeed is a feed cut into pieces.
type xmlFeed struct {
	kind         string // "rss", "rdf" or "feed" (Atom)
	rootName     string
	rootAttrs    []xmlAttr
	channelAttrs []xmlAttr
	head         string // what stands in the root outside of the items
	items        []xmlItem
	over         int // items beyond the limit
	deep         int // items nested too deep
	partial      bool
	problems     []string
}

type xmlItem struct {
	raw   string // from "<item" to "</item>"
	attrs string
	name  string
}

// maxHeadBytes bounds what is kept of a feed's head: RDF lists every item there.
const maxHeadBytes = 1 << 20

var errTooDeep = errors.New("nested too deep")

// cutXML finds the root, the head and the items of s. firstName is the name of
// the first element, for the message when there is no root.
func cutXML(s string, limits Limits) (f *xmlFeed, firstName string, err error) {
	var (
		x        = xmlScanner{s: s}
		head     strings.Builder
		depth    int
		itemName string // set while inside an item
		item     xmlToken
		inDepth  int
		tooDeep  bool
		ended    bool
	)
	finish := func(end int) {
		switch {
		case tooDeep:
			f.deep++
		case len(f.items) >= limits.MaxItems:
			f.over++
		default:
			f.items = append(f.items, xmlItem{raw: s[item.start:end], attrs: item.text, name: item.name})
		}
		itemName, inDepth, tooDeep = "", 0, false
	}
	keep := func(t xmlToken) {
		if head.Len()+t.end-t.start <= maxHeadBytes {
			head.WriteString(s[t.start:t.end])
		}
	}
	for !ended {
		t, ok := x.next()
		if !ok {
			break
		}
		if f == nil {
			if t.kind != xmlStart {
				continue
			}
			if firstName == "" {
				firstName = strings.ToLower(t.name)
			}
			switch local := localName(t.name); local {
			case "rss", "rdf", "feed", "channel":
				f = &xmlFeed{kind: local, rootName: t.name, rootAttrs: rootAttributes(t.text)}
				if local == "channel" { // a feed that lost its root
					f.kind, f.rootName, f.channelAttrs = "rss", "rss", f.rootAttrs
				}
				depth = 1
				if t.selfClosed {
					ended = true
				}
			}
			continue
		}
		isRootEnd := t.kind == xmlEnd && strings.EqualFold(t.name, f.rootName)
		isChannelEnd := t.kind == xmlEnd && f.kind == "rss" && strings.EqualFold(t.name, "channel")
		if itemName != "" {
			switch {
			case t.kind == xmlEnd && t.name == itemName:
				finish(t.end)
			case isRootEnd, isChannelEnd, t.kind == xmlStart && t.name == itemName:
				f.problem("item %d has no end tag", len(f.items)+1)
				f.partial = true
				finish(t.start)
				x.pos = t.start // read it again, outside
			case t.kind == xmlStart && !t.selfClosed && !voidElement[t.name]:
				if inDepth++; inDepth > limits.MaxDepth {
					tooDeep = true
				}
			case t.kind == xmlEnd:
				inDepth = max(inDepth-1, 0)
			}
			continue
		}
		switch {
		case isRootEnd:
			ended = true
		case isChannelEnd:
			depth = 1
		case t.kind == xmlStart && f.isItem(t.name):
			if !t.selfClosed {
				item, itemName = t, t.name
			}
		case t.kind == xmlStart && f.kind == "rss" && localName(t.name) == "channel" && f.channelAttrs == nil:
			f.channelAttrs = append(rootAttributes(t.text), xmlAttr{})
		case t.kind == xmlStart:
			if !t.selfClosed {
				if depth++; depth > limits.MaxDepth {
					return nil, firstName, errTooDeep
				}
			}
			keep(t)
		case t.kind == xmlEnd:
			depth = max(depth-1, 1)
			keep(t)
		case t.kind == xmlText || t.kind == xmlCDATA:
			keep(t)
		}
	}
	if f == nil {
		return nil, firstName, nil
	}
	f.head = head.String()
	if itemName != "" {
		f.problem("the body ends inside item %d", len(f.items)+f.over+f.deep+1)
		if tooDeep {
			f.deep++
		}
	}
	if !ended {
		f.partial = true
		f.problem("the body ends before </%s>", clipText(f.rootName, 20))
	}
	return f, firstName, nil
}

func (f *xmlFeed) problem(format string, args ...any) {
	f.problems = append(f.problems, fmt.Sprintf(format, args...))
}

// voidElement are the HTML elements that sloppy feeds write unescaped and
// unclosed.
var voidElement = map[string]bool{"br": true, "BR": true, "hr": true, "img": true, "input": true, "wbr": true}

// feedNamespaces are the namespaces in which an item may be prefixed.
var feedNamespaces = map[string]bool{
	"http://purl.org/rss/1.0/": true, "http://my.netscape.com/rdf/simple/0.9/": true, "http://channel.netscape.com/rdf/simple/0.9/": true,
	"http://www.w3.org/2005/atom": true, "http://purl.org/atom/ns#": true, "http://backend.userland.com/rss2": true,
}

func (f *xmlFeed) isItem(name string) bool {
	want := "item"
	if f.kind == "feed" {
		want = "entry"
	}
	if localName(name) != want {
		return false
	}
	p := namePrefix(name)
	return p == "" || p == namePrefix(f.rootName) && f.kind != "rdf" || feedNamespaces[strings.ToLower(attrValue(f.rootAttrs, "xmlns:"+p))]
}

// rootAttributes keeps what the items need of their ancestors.
func rootAttributes(s string) []xmlAttr {
	var out []xmlAttr
	for _, a := range parseAttrs(s) {
		switch {
		case len(a.value) > 200 || len(out) >= 40: // every item gets a copy
		case a.name == "xmlns", strings.HasPrefix(a.name, "xmlns:"), a.name == "xml:base", a.name == "xml:lang", a.name == "version":
			out = append(out, a)
		}
	}
	return out
}

// commonPrefixes are declared where a feed uses them undeclared.
var commonPrefixes = []xmlAttr{
	{"xmlns:content", "http://purl.org/rss/1.0/modules/content/"},
	{"xmlns:dc", "http://purl.org/dc/elements/1.1/"},
	{"xmlns:dcterms", "http://purl.org/dc/terms/"},
	{"xmlns:rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"},
	{"xmlns:atom", "http://www.w3.org/2005/Atom"},
	{"xmlns:media", "http://search.yahoo.com/mrss/"},
	{"xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"},
	{"xmlns:feedburner", "http://rssnamespace.org/feedburner/ext/1.0"},
	{"xmlns:sy", "http://purl.org/rss/1.0/modules/syndication/"},
}

// frame returns what stands before and behind one item, or the head, to make a
// document of it.
func (f *xmlFeed) frame() (before, after string) {
	var b strings.Builder
	root := safeName(f.rootName)
	b.WriteString("<" + root)
	writeAttrs(&b, f.rootAttrs)
	for _, a := range commonPrefixes {
		if attrValue(f.rootAttrs, a.name) == "" {
			writeAttrs(&b, []xmlAttr{a})
		}
	}
	b.WriteByte('>')
	after = "</" + root + ">"
	if f.kind == "rss" {
		b.WriteString("<channel")
		writeAttrs(&b, f.channelAttrs)
		b.WriteByte('>')
		after = "</channel>" + after
	}
	return b.String(), after
}

func writeAttrs(b *strings.Builder, attrs []xmlAttr) {
	seen := map[string]bool{}
	for _, a := range attrs {
		name := safeName(a.name)
		if name == "" || seen[name] || strings.HasPrefix(name, "xmlns:") && a.value == "" {
			continue
		}
		seen[name] = true
		b.WriteByte(' ')
		b.WriteString(name)
		b.WriteString(`="`)
		escapeXML(b, a.value)
		b.WriteByte('"')
	}
}

// settleType makes Atom's HTML constructs plain text constructs: gofeed would
// build a tree of them, which a hostile page makes slow, to resolve links that
// nobody reads here. PlainText takes the markup out later. mode is Atom 0.3's, and
// with "escaped" gofeed resolves nothing.
func settleType(attrs []xmlAttr) []xmlAttr {
	return slices.DeleteFunc(attrs, func(a xmlAttr) bool {
		v := strings.ToLower(a.value)
		return a.name == "type" && strings.Contains(v, "html") || a.name == "mode" && v != "base64"
	})
}

// maxElements of one item, or of the head, are kept: gofeed makes two maps of
// each that it does not know. The longest unescaped HTML met has some hundreds.
const maxElements = 10_000

// repairXML rewrites a piece of a feed as well-formed XML: every element closed
// in order, every "&" and "<" escaped, CDATA as plain character data, no text
// node above maxText, no more than maxElements.
func repairXML(raw string, maxDepth, maxText int) (out string, cut bool, err error) {
	x := xmlScanner{s: raw}
	var (
		b     strings.Builder
		stack []string
		open  = map[string]int{} // how often a name is in stack
		count int
		room  = 8 * maxText
	)
	text := func(s string) {
		limit := min(maxText, room)
		if len(s) > limit {
			s, cut = runePrefix(s, limit), true
		}
		room -= len(s)
		escapeXML(&b, s)
	}
	for {
		t, ok := x.next()
		if !ok {
			break
		}
		switch t.kind {
		case xmlText:
			text(decodeRefs(t.text))
		case xmlCDATA:
			text(t.text)
		case xmlStart:
			name := safeName(t.name)
			room -= len(t.text)
			if count++; room < 0 || count > maxElements {
				cut = true
				continue
			}
			b.WriteString("<" + name)
			writeAttrs(&b, settleType(parseAttrs(t.text)))
			if t.selfClosed || voidElement[t.name] {
				b.WriteString("/>")
				continue
			}
			b.WriteByte('>')
			open[name]++
			if stack = append(stack, name); len(stack) > maxDepth+2 {
				return "", cut, errTooDeep
			}
		case xmlEnd:
			name := safeName(t.name)
			if open[name] == 0 || voidElement[t.name] {
				continue
			}
			for {
				last := stack[len(stack)-1]
				stack = stack[:len(stack)-1]
				open[last]--
				b.WriteString("</" + last + ">")
				if last == name {
					break
				}
			}
		}
	}
	for i := len(stack) - 1; i >= 0; i-- {
		b.WriteString("</" + stack[i] + ">")
	}
	return b.String(), cut, nil
}
