package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

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
	s     string
	pos   int
	last  string             // name of the last start tag, "" once its end tag came
	found map[string]finding // see find
	open  bool               // a section or comment had no end where it should
}

// find is strings.Index that hardly looks at a byte twice for the same thing: six
// megabytes of "<!--" must not be searched six million times.
func (x *xmlScanner) find(from int, what string) int {
	if f, ok := x.found[what]; ok && from >= f.from && (f.at < 0 || from <= f.at) {
		return f.at
	}
	i := strings.Index(x.s[from:], what)
	if i >= 0 {
		i += from
	}
	if x.found == nil {
		x.found = map[string]finding{}
	}
	x.found[what] = finding{from, i}
	return i
}

// finding says that what was looked for is first seen at, -1 for nowhere, when
// one begins at from.
type finding struct{ from, at int }

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
		if i := x.find(start+4, "-->"); i >= 0 && !x.swallows(start+4, i) {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: i + 3}), true
		}
		x.open = true
	case strings.HasPrefix(rest, "<?"):
		if i := x.find(start+2, "?>"); i >= 0 && !holdsFeed(x.s[start+2:i]) {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: i + 2}), true
		}
	case strings.HasPrefix(rest, "<!"):
		if end := x.declaration(start); end > 0 {
			return x.emit(xmlToken{kind: xmlOther, start: start, end: end}), true
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

// swallows reports whether what looks like a comment is one that was never
// closed, and ends with the next one behind items of the feed.
func (x *xmlScanner) swallows(from, end int) bool {
	next := strings.Index(x.s[from:end], "<!--")
	return next >= 0 && holdsFeed(x.s[from:from+next])
}

var (
	itemStart = regexp.MustCompile(`<(?:item|entry)[\s>]`)
	itemFirst = regexp.MustCompile(`^\s*<(?:item|entry|channel)[\s>]`)
)

func holdsFeed(s string) bool {
	for _, tag := range [...]string{"<item", "<entry", "<rss", "<feed", "<channel"} {
		if strings.Contains(s, tag) {
			return true
		}
	}
	return false
}

func startsMarkup(c byte) bool { return isNameStart(c) || c == '/' || c == '!' || c == '?' }

func (x *xmlScanner) emit(t xmlToken) xmlToken {
	x.pos = t.end
	switch {
	case t.kind == xmlStart && !t.selfClosed:
		x.last = t.name
	case t.kind == xmlStart, t.kind == xmlEnd && t.name == x.last:
		x.last = ""
	}
	return t
}

// cdata reads a CDATA section. One that was never closed would swallow the items
// behind it up to the next "]]>". It is taken for unclosed when its element ends
// in it and another section opens behind, or when an item begins or ends in it and
// what follows is not the end of the element; it then ends with the element, or
// where the item begins.
func (x *xmlScanner) cdata(start int) xmlToken {
	from := start + len("<![CDATA[")
	end, after := len(x.s), len(x.s)
	closed := false
	if i := x.find(from, "]]>"); i >= 0 {
		end, after, closed = i, i+3, true
	}
	content := x.s[from:end]
	section := func(n, end int) xmlToken {
		x.open = x.open || !closed || end != after
		return x.emit(xmlToken{kind: xmlCDATA, start: start, end: end, text: content[:n]})
	}
	if x.last == "" && itemFirst.MatchString(content) { // a section around a channel's items
		return x.emit(xmlToken{kind: xmlOther, start: start, end: from})
	}
	inner := strings.Index(content, "<![CDATA[")
	if closed && x.last != "" && inner < 0 {
		if rest, ok := strings.CutPrefix(x.s[after:], "</"); ok && strings.HasPrefix(rest, x.last) {
			return section(len(content), after)
		}
	}
	if inner >= 0 {
		if n := x.lastEnd(content[:inner]); n >= 0 {
			return section(n, from+n)
		}
		if at := itemStart.FindStringIndex(content[:inner]); at != nil {
			return section(at[0], from+at[0])
		}
	}
	n := len(content)
	for _, item := range [...]string{"</item>", "</entry>"} {
		i := x.find(from, item) - from
		if i < 0 || i+len(item) > n {
			continue
		}
		tail := strings.TrimLeft(content[i+len(item):min(n, i+len(item)+200)], " \t\r\n")
		if closed && inner < 0 && !strings.HasPrefix(tail, "<item") && !strings.HasPrefix(tail, "<entry") && !strings.HasPrefix(tail, "</channel") {
			continue // an article about feeds
		}
		if n = x.lastEnd(content[:i]); n < 0 {
			n = i
		}
		if at := itemStart.FindStringIndex(content[:n]); at != nil {
			n = at[0]
		}
	}
	switch {
	case n < len(content):
		return section(n, from+n)
	case !closed: // the piece is one item
		if n := x.lastEnd(content); n >= 0 {
			return section(n, from+n)
		}
	}
	return section(len(content), after)
}

// lastEnd is where the element that was opened last ends in s, -1 for nowhere.
func (x *xmlScanner) lastEnd(s string) int {
	if x.last == "" {
		return -1
	}
	return strings.Index(s, "</"+x.last+">")
}

// maxDoctype is more than the longest document type with a list of entities has.
const maxDoctype = 64 << 10

// declaration returns where the "<!…>" at start ends, 0 where it does not. The
// entities of a document type are not wanted and never expanded.
func (x *xmlScanner) declaration(start int) int {
	from := start + len("<![") // "<![if …]>" has no subset
	i := strings.IndexAny(x.s[min(from, len(x.s)):min(len(x.s), from+maxDoctype)], "<>[")
	if i < 0 || x.s[from+i] == '<' {
		return 0
	}
	end := from + i + 1
	if x.s[from+i] == '[' {
		j := x.find(end, "]>")
		if j < 0 || j-start > maxDoctype || holdsFeed(x.s[start:j]) {
			return 0
		}
		end = j + len("]>")
	}
	return end
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
	if end < 0 && t.kind == xmlEnd && i < len(s) && strings.TrimSpace(s[attrs:i]) == "" {
		t.end = i // "</title<link>"
		return t, true
	}
	if end < 0 {
		return t, false
	}
	t.end = end + 1
	if t.kind == xmlStart {
		t.text = s[attrs:end]
		if strings.HasSuffix(t.text, "/") && !x.slashIsValue(t) {
			t.text, t.selfClosed = t.text[:len(t.text)-1], true
		}
	}
	return t, true
}

// slashIsValue reports whether the "/" at the end of a start tag belongs to a
// value without quotes, <a href=/x/>: if the element has an end before it begins
// once more.
func (x *xmlScanner) slashIsValue(t xmlToken) bool {
	i := strings.LastIndexAny(t.text, " \t\r\n\"'")
	if !strings.Contains(t.text[i+1:], "=") {
		return false
	}
	end := x.find(t.end, "</"+t.name)
	if end < 0 {
		return false
	}
	again := x.find(t.end, "<"+t.name)
	return again < 0 || end < again
}

type xmlAttr struct{ name, value string }

// maxAttrs per element; a feed's own have a handful, its root some twenty.
const maxAttrs = 100

// parseAttrs reads name="value" pairs, quoted or not, each name once. Values are
// resolved.
func parseAttrs(s string) []xmlAttr {
	var out []xmlAttr
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
		if len(a.name) > maxNameBytes || len(a.value) > 2*maxURLBytes || hasAttr(out, a.name) {
			continue
		}
		a.value = decodeRefs(a.value)
		out = append(out, a)
	}
	return out
}

func hasAttr(attrs []xmlAttr, name string) bool {
	return slices.ContainsFunc(attrs, func(a xmlAttr) bool { return a.name == name })
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
	b.Grow(len(s))
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

// Marks around the number of a text that tidier keeps apart. They are
// noncharacters, which no text has a right to, and are dropped from all input.
const (
	markOpen  = '\ufdd0'
	markClose = '\ufdd1'
)

// appendXML appends s as character data that any XML parser takes.
func appendXML(b []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c < 0x7f && c != '&' && c != '<' && c != '>' && c != '"' || c == '\n' || c == '\t' {
			continue
		}
		var by string
		n := 1
		switch {
		case c == '&':
			by = "&amp;"
		case c == '<':
			by = "&lt;"
		case c == '>':
			by = "&gt;"
		case c == '"':
			by = "&#34;"
		case c == '\r':
			by = "\n"
		case c < 0x20 || c == 0x7f:
		default:
			var r rune
			if r, n = utf8.DecodeRuneInString(s[i:]); r == utf8.RuneError && n == 1 {
				by = "\ufffd"
				break
			}
			if r != 0xfffe && r != 0xffff && r != markOpen && r != markClose {
				i += n - 1
				continue
			}
		}
		b = append(b, s[done:i]...)
		b = append(b, by...)
		i += n - 1
		done = i + 1
	}
	return append(b, s[done:]...)
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
	cutOff       bool // it ends before its root does
	problems     []string
	strip        string // a prefix of the feed's own elements that nothing declares
}

type xmlItem struct{ raw string } // from "<item" to "</item>"

// attrs are those of the item's own tag.
func (it xmlItem) attrs() string {
	x := xmlScanner{s: it.raw}
	t, _ := x.next()
	return t.text
}

// maxSpans is how many items are looked at to find the newest ones.
const maxSpans = 200_000

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
		case len(f.items) >= max(maxSpans, limits.MaxItems):
			f.over++
		default:
			f.items = append(f.items, xmlItem{raw: s[item.start:end]})
		}
		itemName, inDepth, tooDeep = "", 0, false
	}
	keep := func(t xmlToken) {
		if head.Len()+t.end-t.start <= maxHeadBytes {
			head.WriteString(s[t.start:t.end])
		}
	}
	for {
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
				ended = t.selfClosed
			}
			continue
		}
		isRootEnd := t.kind == xmlEnd && strings.EqualFold(t.name, f.rootName)
		isChannelEnd := t.kind == xmlEnd && f.kind == "rss" && strings.EqualFold(t.name, "channel")
		if itemName != "" {
			switch {
			case t.kind == xmlEnd && strings.EqualFold(t.name, itemName):
				finish(t.end)
			case isRootEnd, isChannelEnd, t.kind == xmlStart && strings.EqualFold(t.name, itemName):
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
		case ended: // what follows the root may be its rest: an end tag too many, a second copy
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
		f.partial, f.cutOff = true, true
		f.problem("the body ends inside item %d", len(f.items)+f.over+f.deep+1)
		if tooDeep {
			f.deep++
		}
	}
	if n := len(f.items) - limits.MaxItems; n > 0 {
		f.items = newest(f.items, limits.MaxItems, func(it xmlItem) string { return writtenDate(it.raw) })
		f.over += n
	}
	if x.open {
		f.partial = true
		f.problem("a section or comment has no end")
	}
	if !ended {
		f.partial, f.cutOff = true, true
		f.problem("the body ends before </%s>", clipText(f.rootName, 20))
	}
	return f, firstName, nil
}

// newest returns the n newest of items in their order, or the first n where most
// have no date: feeds put the newest first, as a rule.
func newest[T any](items []T, n int, date func(T) string) []T {
	at := make([]int64, len(items))
	order := make([]int, len(items))
	dated := 0
	for i, it := range items {
		order[i] = i
		if t, ok := ParseDate(date(it)); ok {
			at[i] = t.Unix()
			dated++
		}
	}
	if 2*dated < len(items) {
		return slices.Clone(items[:n])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[b], at[a]) })
	order = order[:n]
	slices.Sort(order)
	out := make([]T, n)
	for i, j := range order {
		out[i] = items[j]
	}
	return out
}

// writtenDate finds an item's date without reading the item.
func writtenDate(raw string) string {
	for _, name := range [...]string{"<pubDate>", "<dc:date>", "<published>", "<updated>"} {
		if i := strings.Index(raw, name); i >= 0 {
			text, _, _ := strings.Cut(raw[i+len(name):], "</")
			return strings.TrimSuffix(strings.TrimPrefix(text, "<![CDATA["), "]]>")
		}
	}
	return ""
}

func (f *xmlFeed) problem(format string, args ...any) {
	if len(f.problems) < maxProblems {
		f.problems = append(f.problems, fmt.Sprintf(format, args...))
	}
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
	if p == "" || p == namePrefix(f.rootName) && f.kind != "rdf" {
		return true
	}
	ns, declared := "", false
	for _, attrs := range [...][]xmlAttr{f.rootAttrs, f.channelAttrs} {
		for _, a := range attrs {
			if a.name == "xmlns:"+p {
				ns, declared = strings.ToLower(a.value), true
			}
		}
	}
	switch {
	case feedNamespaces[ns]:
		return true
	case !declared && ownPrefixes[strings.ToLower(p)]: // <rss:item>, and nobody says what rss is
		f.strip = p
		return true
	}
	return false
}

// ownPrefixes are what the formats' own elements are called by where a prefix is
// not declared.
var ownPrefixes = map[string]bool{"rss": true, "rss2": true, "rss1": true, "rdf": true, "atom": true, "feed": true, "channel": true}

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
	{"xmlns:atom10", "http://www.w3.org/2005/Atom"},
	{"xmlns:a10", "http://www.w3.org/2005/Atom"},
	{"xmlns:media", "http://search.yahoo.com/mrss/"},
	{"xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"},
	{"xmlns:feedburner", "http://rssnamespace.org/feedburner/ext/1.0"},
	{"xmlns:sy", "http://purl.org/rss/1.0/modules/syndication/"},
}

// frame returns what stands before and behind items, or the head, to make a
// document of them. Only the prefixes in use are declared: gofeed copies its list
// of namespaces for each element.
func (f *xmlFeed) frame(prefixes map[string]bool) (before, after string) {
	var b []byte
	root := safeName(f.rootName)
	if localName(root) != f.kind {
		root = f.kind // bytes in the name that belong nowhere
	}
	keep := func(attrs []xmlAttr) []xmlAttr {
		return slices.DeleteFunc(slices.Clone(attrs), func(a xmlAttr) bool {
			p, ok := strings.CutPrefix(a.name, "xmlns:")
			return ok && !prefixes[p] && p != namePrefix(root)
		})
	}
	b = append(append(b, '<'), root...)
	b = appendAttrs(b, keep(f.rootAttrs))
	for _, a := range commonPrefixes {
		if p := a.name[len("xmlns:"):]; prefixes[p] && attrValue(f.rootAttrs, a.name) == "" {
			b = appendAttrs(b, []xmlAttr{a})
		}
	}
	b = append(b, '>')
	after = "</" + root + ">"
	if f.kind == "rss" {
		b = append(b, "<channel"...)
		b = appendAttrs(b, keep(f.channelAttrs))
		b = append(b, '>')
		after = "</channel>" + after
	}
	return string(b), after
}

func appendAttrs(b []byte, attrs []xmlAttr) []byte {
	for i, a := range attrs {
		name := safeName(a.name)
		if name == "" || hasAttr(attrs[:i], a.name) || name != a.name && hasAttr(attrs, name) || strings.HasPrefix(name, "xmlns:") && a.value == "" {
			continue
		}
		b = append(append(append(b, ' '), name...), `="`...)
		b = append(appendXML(b, a.value), '"')
	}
	return b
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

// markBytes is the length from which a text is kept apart.
const markBytes = 16

// plainText are the elements whose text may be kept apart, baseText those where
// that is so as long as no xml:base says what an address is relative to.
var (
	plainText = wordSet("title description summary content encoded body creator")
	baseText  = wordSet("link guid")
)

// readElements are the children of an item that are read, by local name in lower
// case. gofeed is not asked for the others.
var readElements = wordSet(`title description summary content encoded body link guid id language origlink author creator
	pubdate date issued created published updated modified lastupdated ` + ownDate)

// headElements are the same of the feed itself.
var headElements = wordSet("channel title language link ttl skiphours skipdays updateperiod updatefrequency")

func isRead(name, local string, top int) bool {
	if top == 0 {
		return headElements[local]
	}
	switch namePrefix(name) {
	case "media":
		return local == "title"
	case "itunes":
		return local == "summary"
	}
	return readElements[local]
}

// tidier rewrites pieces of a feed as well-formed XML: every element closed in
// order, every "&" and "<" escaped, CDATA as plain character data, no text above
// maxText, no more than maxElements. Long texts do not go through gofeed and
// encoding/xml, which would copy them byte by byte: a mark stands for each, and
// full puts them back.
type tidier struct {
	maxDepth, maxText int
	strip             string // prefix to take off
	atom              bool
	based             bool // an xml:base is in force

	out      []byte
	texts    []string
	prefixes map[string]bool // of the elements and attributes in out

	stack []string
	plain bool // the text of the item's child at hand may be kept apart
}

func (t *tidier) reset() {
	t.out, t.texts = t.out[:0], t.texts[:0]
	clear(t.prefixes)
}

// full puts the texts that were kept apart back into s.
func (t *tidier) full(s string) string {
	if !strings.Contains(s, string(markOpen)) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(s, string(markOpen))
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i+len(string(markOpen)):]
		number, rest, ok := strings.Cut(s, string(markClose))
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n >= len(t.texts) {
			continue
		}
		if b.Len() == 0 && rest == "" {
			return t.texts[n]
		}
		b.WriteString(t.texts[n])
		s = rest
	}
}

// add appends a piece to out: one item, in which top is 1, or the head, in which
// it is 0. Nothing is added when there is an error.
func (t *tidier) add(raw string, top int) (cut bool, err error) {
	x := xmlScanner{s: raw}
	before := len(t.out)
	t.stack, t.plain = t.stack[:0], false
	count, room := 0, 8*t.maxText
	text := func(s string, refs bool) {
		if len(t.stack) <= top && top > 0 {
			return // between an item's elements
		}
		if limit := min(t.maxText, room); len(s) > limit {
			s, cut = runePrefix(s, limit), true
		}
		room -= len(s)
		if refs {
			s = decodeRefs(s)
		}
		if t.plain && len(s) >= markBytes && strings.TrimSpace(s) != "" {
			t.out = append(t.out, string(markOpen)...)
			t.out = strconv.AppendInt(t.out, int64(len(t.texts)), 10)
			t.out = append(t.out, string(markClose)...)
			t.texts = append(t.texts, s)
			return
		}
		t.out = appendXML(t.out, s)
	}
	pop := func() string {
		last := t.stack[len(t.stack)-1]
		t.stack = t.stack[:len(t.stack)-1]
		t.out = append(append(append(t.out, "</"...), last...), '>')
		return last
	}
	for {
		tok, ok := x.next()
		if !ok {
			break
		}
		switch tok.kind {
		case xmlText:
			text(tok.text, true)
		case xmlCDATA:
			text(tok.text, false)
		case xmlStart:
			name := t.name(tok.name)
			room -= len(tok.text)
			if count++; room < 0 || count > maxElements {
				cut = true
				continue
			}
			local := localName(name)
			if top > 0 && len(t.stack) > top && readElements[local] && endsUnsaid(raw[tok.end:], t.stack[top], name) {
				for len(t.stack) > top {
					pop()
				}
			}
			if len(t.stack) == top {
				if !isRead(name, local, top) && (tok.selfClosed || x.skip(tok.name)) {
					continue
				}
				t.plain = top > 0 && (plainText[local] || !t.atom && !t.based && baseText[local])
			}
			if local == "link" && top > 0 && len(t.stack) == top && t.link(&x, tok, name) {
				continue
			}
			t.out = append(append(t.out, '<'), name...)
			if !isBlank(tok.text) {
				attrs := settleType(parseAttrs(tok.text))
				if len(t.stack) == 0 && top > 0 {
					attrs = slices.DeleteFunc(attrs, func(a xmlAttr) bool { // settled for the root
						return a.name == "xmlns" && !feedNamespaces[strings.ToLower(a.value)]
					})
				}
				for _, a := range attrs {
					if a.name == "mode" || a.name == "type" && !strings.HasPrefix(a.value, "text") {
						t.plain = false
					}
					t.based = t.based || a.name == "xml:base"
					t.uses(a.name)
				}
				t.out = appendAttrs(t.out, attrs)
			}
			t.uses(name)
			if tok.selfClosed || voidElement[tok.name] {
				t.out = append(t.out, "/>"...)
				continue
			}
			t.out = append(t.out, '>')
			if t.stack = append(t.stack, name); len(t.stack) > t.maxDepth+2 {
				t.out = t.out[:before]
				return cut, errTooDeep
			}
		case xmlEnd:
			name := t.name(tok.name)
			if voidElement[tok.name] || !slices.Contains(t.stack, name) {
				continue
			}
			for pop() != name {
			}
		}
	}
	for len(t.stack) > 0 {
		pop()
	}
	return cut, nil
}

// link mends two links that gofeed would not see: in RSS the one behind its
// element, <link/>https://…, which is what HTML parsers write, and in Atom the one
// inside of it. It reports whether it wrote the element.
func (t *tidier) link(x *xmlScanner, tok xmlToken, name string) bool {
	if tok.selfClosed == t.atom || strings.Contains(tok.text, "href") {
		return false
	}
	pos, last := x.pos, x.last
	text, ok := x.next()
	if s := strings.TrimSpace(text.text); ok && text.kind == xmlText && isWebAddress(s) {
		if t.atom {
			t.out = append(append(append(t.out, '<'), name...), ` href="`...)
			t.out = append(appendXML(t.out, decodeRefs(s)), `"/>`...)
		} else {
			t.out = append(append(append(t.out, '<'), name...), '>')
			t.out = append(append(append(appendXML(t.out, decodeRefs(s)), "</"...), name...), '>')
		}
		t.uses(name)
		return true // an end tag of it that follows is one of nothing
	}
	x.pos, x.last = pos, last
	return false
}

// atomNames are what Atom calls elements that feeds mix in from RSS.
var atomNames = map[string]string{"guid": "id", "pubDate": "published", "pubdate": "published", "description": "summary"}

// name is what the element is to be called.
func (t *tidier) name(s string) string {
	s = safeName(s)
	if p := namePrefix(s); p != "" && p == t.strip {
		s = s[len(p)+1:]
	}
	switch {
	case len(t.stack) == 0:
	case t.atom:
		if n, ok := atomNames[s]; ok {
			return n
		}
	case len(s) == len("pubDate") && strings.EqualFold(s, "pubDate"):
		return ownDate
	}
	return s
}

// ownDate is what an item's pubDate is called for gofeed, which would try all the
// layouts that it knows on one that dates.go reads.
const ownDate = "tocsin.date"

func (t *tidier) uses(name string) {
	if p := namePrefix(name); p != "" && !t.prefixes[p] {
		t.prefixes[p] = true
	}
}

// endsUnsaid reports whether the element open in an item was never closed: the
// element next begins in it, and its own end comes nowhere behind.
func endsUnsaid(rest, open, next string) bool {
	if strings.EqualFold(open, next) {
		return false
	}
	for {
		i := strings.Index(rest, "</")
		if i < 0 {
			return true
		}
		rest = rest[i+2:]
		if len(rest) > len(open) && strings.EqualFold(rest[:len(open)], open) && !isNameByte(rest[len(open)]) {
			return false
		}
	}
}

func isBlank(s string) bool {
	for i := range len(s) {
		if !isXMLSpace(s[i]) {
			return false
		}
	}
	return true
}

// maxSkip is how many tokens are looked at to see where an element ends that is
// not wanted.
const maxSkip = 64

// skip goes behind the end of the element whose start tag came last, if all in
// it is closed in order; else it stays where it is.
func (x *xmlScanner) skip(name string) bool {
	pos, last := x.pos, x.last
	var inner [8]string
	inner[0] = name
	depth := 1
	for range maxSkip {
		tok, ok := x.next()
		if !ok {
			break
		}
		if tok.kind == xmlStart && !tok.selfClosed && !voidElement[tok.name] {
			if depth == len(inner) {
				break
			}
			inner[depth] = tok.name
			depth++
		}
		if tok.kind == xmlEnd && !voidElement[tok.name] {
			if tok.name != inner[depth-1] {
				break
			}
			if depth--; depth == 0 {
				return true
			}
		}
	}
	x.pos, x.last = pos, last
	return false
}
