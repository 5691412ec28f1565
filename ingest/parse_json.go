package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	feedjson "github.com/mmcdole/gofeed/json"
)

// This file reads JSON Feed. Like XML it is cut into items first, each of which
// is then read by itself: as it is, else mended into JSON, else field by field.

var (
	// jsonOpening is where a feed begins behind a warning, a callback's name or a
	// guard against scripts.
	jsonOpening = regexp.MustCompile(`\{\s*(?:["'}]|[a-z_]+\s*:)`)
	jsonItems   = regexp.MustCompile(`["']?\bitems["']?\s*:\s*\[`)
	xmlOpening  = regexp.MustCompile(`(?i)<(?:rss|feed|rdf:rdf|channel|html|!doctype|\?xml)\b`)
)

// jsonStart returns s from where JSON begins, or "" where s is none.
func jsonStart(s string) string {
	if s[0] == '{' || s[0] == '[' {
		return s
	}
	head := s[:min(len(s), 64<<10)]
	at := jsonOpening.FindStringIndex(head)
	if at == nil || !jsonItems.MatchString(s[at[0]:]) || xmlOpening.MatchString(head[:at[0]]) {
		return ""
	}
	return s[at[0]:]
}

func (r *reader) readJSON(s string) error {
	f, err := cutJSON(s, r.limits)
	if err != nil || !json.Valid([]byte(s)) {
		if g := recutJSON(s, r.limits); g != nil && (err != nil || g.good() > f.good()) {
			f, err = g, nil
		}
	}
	if err != nil {
		return err
	}
	head := jsonObject(f.head)
	if head == nil && !f.bare {
		r.problem("head of the feed cannot be read")
		r.out.Partial = true
	}
	r.out.Title, r.out.Language = head.text("title"), head.text("language")
	r.out.Link = head.text("home_page_url")
	r.out.Self = absoluteURL(head.text("feed_url"), r.info.URL)
	for _, h := range head.list("hubs") {
		if hub := h.object(); strings.EqualFold(hub.text("type"), "WebSub") && r.out.Hub == "" {
			r.out.Hub = absoluteURL(hub.text("url"), r.info.URL)
		}
	}
	switch {
	case f.damaged:
		r.out.Partial = true
		r.problem("its brackets do not match")
	case !f.whole:
		r.out.Partial, r.out.CutOff = true, true
		r.problem("the body ends before the feed does")
	}
	known := false
	for i, text := range f.items {
		raw, err := readJSONItem(text, 4*r.limits.MaxTextBytes)
		if err != nil {
			r.out.Skipped++
			r.out.Partial = true
			r.problem("item %d cannot be read: %v", i+1, err)
			continue
		}
		known = known || raw.title != "" || raw.summary != "" || raw.content != ""
		r.items = append(r.items, raw)
	}
	if f.bare && !known {
		return &ParseError{Reason: ReasonNotAFeed, Err: errors.New("it is a list in JSON without a feed around it")}
	}
	if f.over > 0 {
		r.out.Skipped += f.over
		r.problem("%d items beyond the newest %d not read; raise ingest.max_items if they are wanted", f.over, r.limits.MaxItems)
	}
	return nil
}

// readJSONItem reads an item, of its strings not much more than maxText bytes
// each.
func readJSONItem(text string, maxText int) (rawItem, error) {
	var it feedjson.Item
	var err error
	if len(text) <= 2*maxText { // a longer one must not be copied before it is cut
		if err = json.Unmarshal([]byte(text), &it); err == nil {
			return fromJSON(&it), nil
		}
	}
	text = mendJSON(text, maxText)
	it = feedjson.Item{}
	if json.Unmarshal([]byte(text), &it) == nil {
		return fromJSON(&it), nil
	}
	o := jsonObject(text)
	raw := rawItem{
		guid: strings.TrimSpace(firstOf(o.text("id"), o.text("guid"))), permalink: true, link: firstOf(o.text("url"), o.text("external_url"), o.text("link")),
		title: o.text("title"), summary: o.text("summary"), content: firstOf(o.text("content_html"), o.text("content_text"), o.text("content")),
		published: []string{o.text("date_published")}, updated: []string{o.text("date_modified")}, lang: o.text("language"),
	}
	for _, v := range append(o.list("author"), o.list("authors")...) {
		raw.authors = append(raw.authors, v.text())
	}
	if firstOf(raw.title, raw.summary, raw.content, raw.link) == "" {
		return rawItem{}, err
	}
	return raw, nil
}

func fromJSON(it *feedjson.Item) rawItem {
	raw := rawItem{
		guid: strings.TrimSpace(it.ID), permalink: true, link: firstOf(it.URL, it.ExternalURL), title: it.Title,
		summary: it.Summary, content: firstOf(it.ContentHTML, it.ContentText),
		published: []string{it.DatePublished}, updated: []string{it.DateModified}, lang: it.Language,
	}
	if it.Author != nil {
		raw.authors = append(raw.authors, it.Author.Name)
	}
	for _, a := range it.Authors {
		if a != nil {
			raw.authors = append(raw.authors, a.Name)
		}
	}
	return raw
}

// jsonFields is an object whose fields may be of any type.
type jsonFields map[string]jsonValue

type jsonValue json.RawMessage

func (v *jsonValue) UnmarshalJSON(b []byte) error {
	*v = append((*v)[:0], b...)
	return nil
}

// jsonObject reads s, mended where need be; nil is no object.
func jsonObject(s string) jsonFields {
	var o jsonFields
	if json.Unmarshal([]byte(s), &o) != nil {
		o = nil
		if json.Unmarshal([]byte(mendJSON(s, maxHeadBytes)), &o) != nil {
			return nil
		}
	}
	return o
}

func (o jsonFields) text(name string) string { return o[name].text() }

// list is the value's elements, or the value itself where it is no list.
func (o jsonFields) list(name string) []jsonValue {
	v, ok := o[name]
	if !ok {
		return nil
	}
	var list []jsonValue
	if json.Unmarshal(v, &list) != nil {
		list = []jsonValue{v}
	}
	return list
}

func (v jsonValue) object() jsonFields {
	var o jsonFields
	if json.Unmarshal(v, &o) != nil {
		return nil
	}
	return o
}

// text is what the value says: strings and numbers as they are, of objects the
// member that holds the text.
func (v jsonValue) text() string {
	var s string
	if json.Unmarshal(v, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(v, &n) == nil {
		return n.String()
	}
	o := v.object()
	for _, name := range [...]string{"rendered", "name", "value", "text", "html", "#text"} {
		if json.Unmarshal(o[name], &s) == nil && s != "" {
			return s
		}
	}
	return ""
}

// jsonFeed is a JSON Feed cut into pieces.
type jsonFeed struct {
	head  string // the document with an empty list of items
	items []string
	over  int
	whole bool
	bare  bool // a list, or lines, of items without a feed around them

	damaged bool // brackets do not match
}

// jsonCutter walks over JSON, and over what was meant to be.
type jsonCutter struct {
	s   string
	pos int
}

// next goes to the next bracket outside of strings and comments.
func (c *jsonCutter) next() (byte, bool) {
	s := c.s
	for ; c.pos < len(s); c.pos++ {
		switch s[c.pos] {
		case '{', '}', '[', ']':
			return s[c.pos], true
		case '"':
			c.pos = stringEnd(s, c.pos, '"')
		case '\'':
			if b := lastBefore(s, c.pos); b == 0 || strings.IndexByte("{[,:", b) >= 0 {
				c.pos = stringEnd(s, c.pos, '\'')
			}
		case '/':
			c.pos = commentEnd(s, c.pos)
		}
	}
	return 0, false
}

// stringEnd returns the place of the quote that ends the string beginning at i,
// or the last place of s. A quote that JSON could not go on behind is part of the
// text: it should have been escaped.
func stringEnd(s string, i int, quote byte) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			if endsString(s[i+1:]) {
				return i
			}
		}
	}
	return len(s) - 1
}

var nextField = regexp.MustCompile(`^\s+["'][A-Za-z_]{1,40}["']\s*:`)

func endsString(rest string) bool {
	for i := range min(len(rest), 200) {
		switch rest[i] {
		case ' ', '\t', '\r', '\n':
		case ',', ':', '}', ']', '/':
			return true
		case '"', '\'':
			return nextField.MatchString(rest)
		default:
			return false
		}
	}
	return true
}

// commentEnd returns the last place of the comment at i, or i.
func commentEnd(s string, i int) int {
	end := -1
	switch {
	case strings.HasPrefix(s[i:], "//"):
		if end = strings.IndexByte(s[i:], '\n'); end < 0 {
			return len(s) - 1
		}
	case strings.HasPrefix(s[i:], "/*"):
		if end = strings.Index(s[i:], "*/"); end >= 0 {
			end++
		}
	}
	return i + max(end, 0)
}

// lastBefore is the last byte before i that is no space, 0 for none.
func lastBefore(s string, i int) byte {
	for i--; i >= 0; i-- {
		if !isXMLSpace(s[i]) {
			return s[i]
		}
	}
	return 0
}

// namesItems reports whether the bracket at i opens the value of "items".
func namesItems(s string, i int) bool {
	before := strings.TrimRight(s[max(0, i-40):i], " \t\r\n")
	before, ok := strings.CutSuffix(before, ":")
	if !ok {
		return false
	}
	before = strings.TrimRight(before, " \t\r\n\"'")
	before, ok = strings.CutSuffix(before, "items")
	return ok && (before == "" || strings.IndexByte("\"' \t\r\n,{", before[len(before)-1]) >= 0)
}

// cutJSON finds the elements of "items" by their brackets.
func cutJSON(s string, limits Limits) (*jsonFeed, error) {
	var (
		f         jsonFeed
		c         = jsonCutter{s: s}
		stack     []byte // open brackets
		itemsAt   = -1   // position behind the "[" of items
		itemsEnd  = -1
		inItems   int      // brackets open there
		elemStart = -1     // of the item at hand
		inElem    int      // brackets open before it
		tops      []string // objects outside of any other
		topStart  int
	)
	if s[0] == '[' {
		f.bare = true
	}
	finish := func(end int) {
		if len(f.items) < max(maxSpans, limits.MaxItems) {
			f.items = append(f.items, s[elemStart:end])
		} else {
			f.over++
		}
		elemStart = -1
	}
	// pop closes the innermost bracket; end is behind it.
	pop := func(end int) {
		stack = stack[:len(stack)-1]
		if elemStart >= 0 && len(stack) == inElem {
			finish(end)
		}
		if itemsAt >= 0 && itemsEnd < 0 && len(stack) < inItems {
			itemsEnd = end - 1
		}
	}
	for {
		b, ok := c.next()
		if !ok {
			break
		}
		i := c.pos
		c.pos++
		switch b {
		case '{', '[':
			if b == '{' && elemStart >= 0 && stack[len(stack)-1] == '{' && len(stack) == inElem+1 && strings.IndexByte(",}", lastBefore(s, i)) >= 0 {
				pop(i) // an object cannot begin where a name must stand: a "}" is missing
				f.damaged = true
			}
			if len(stack) >= limits.MaxDepth {
				return nil, &ParseError{Reason: ReasonTooDeep, Err: errTooDeep}
			}
			if len(stack) == 0 {
				topStart = i
			}
			if b == '[' && itemsAt < 0 && (len(stack) <= 2 && namesItems(s, i) || f.bare && len(stack) == 0) {
				itemsAt, inItems = i+1, len(stack)+1
			} else if b == '{' && itemsAt >= 0 && itemsEnd < 0 && elemStart < 0 {
				elemStart, inElem = i, len(stack)
			}
			stack = append(stack, b)
		case '}', ']':
			open := byte('{')
			if b == ']' {
				open = '['
			}
			match := strings.LastIndexByte(string(stack), open)
			f.damaged = f.damaged || match < len(stack)-1
			if match < 0 {
				continue
			}
			for len(stack) > match+1 {
				pop(i)
			}
			pop(i + 1)
			if len(stack) > 0 {
				continue
			}
			if itemsAt >= 0 {
				f.whole = true
				s = s[:i+1]
				c.pos = len(c.s)
			} else if b == '}' {
				tops = append(tops, s[topStart:i+1])
				if len(tops) > max(maxSpans, limits.MaxItems) {
					f.over++
					tops = tops[:len(tops)-1]
				}
			}
		}
	}
	if itemsAt < 0 {
		if len(tops) > 1 { // a line for each item
			f.items, f.bare, f.whole = tops, true, len(stack) == 0
			f.keepNewest(limits.MaxItems)
			return &f, nil
		}
		if len(stack) > 0 {
			return nil, &ParseError{Reason: ReasonBroken, Err: errors.New("it is JSON that breaks off before any item")}
		}
		return nil, &ParseError{Reason: ReasonNotAFeed, Err: errors.New("it is JSON without a list of items")}
	}
	f.head = s[:itemsAt]
	if itemsEnd >= 0 {
		f.head += s[itemsEnd:]
	}
	f.keepNewest(limits.MaxItems)
	return &f, nil
}

// itemKeys are the fields of an item that can come first or second.
const itemKeys = `(id|guid|url|external_url|link|title|content_html|content_text|summary|image|banner_image|date_published|date_modified|authors?|tags|language|attachments)`

// jsonItem finds where an item begins: an object's first two fields. No string of
// JSON holds this, its quotes would be escaped.
var jsonItem = regexp.MustCompile(`\{\s*"` + itemKeys + `"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?[0-9.]+|null)\s*,\s*"` + itemKeys + `"\s*:`)

// recutJSON cuts what is no JSON into items by how they begin: where a quote or a
// bracket is lost, no counting of brackets finds the next one. It returns nil
// where nothing looks like an item.
func recutJSON(s string, limits Limits) *jsonFeed {
	at := jsonItem.FindAllStringSubmatchIndex(s, max(maxSpans, limits.MaxItems))
	firsts := map[string]int{} // by name: items begin with the same one, objects inside of them with another
	most := ""
	for _, m := range at {
		name := s[m[2]:m[3]]
		if firsts[name]++; firsts[name] > firsts[most] {
			most = name
		}
	}
	at = slices.DeleteFunc(at, func(m []int) bool { return s[m[2]:m[3]] != most })
	if len(at) == 0 {
		return nil
	}
	f := &jsonFeed{head: s[:at[0][0]], damaged: true}
	for i, m := range at {
		end := len(s)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		objects, rest := topObjects(s[m[0]:end])
		if rest != "" && i+1 < len(at) { // the last one may be cut off
			objects = append(objects, rest)
		}
		for j, o := range objects {
			has := func(field string) bool { return strings.Contains(o, field) }
			if j == 0 || has(`"title"`) && has(`"url"`) && !has(`"items"`) { // one whose beginning is lost, but no second feed's
				f.items = append(f.items, o)
			}
		}
	}
	f.keepNewest(limits.MaxItems)
	return f
}

// good counts the items that begin as one does.
func (f *jsonFeed) good() (n int) {
	for _, it := range f.items {
		if at := jsonItem.FindStringIndex(it[:min(len(it), 4<<10)]); at != nil && at[0] == 0 {
			n++
		}
	}
	return n
}

// topObjects returns the objects in s that are inside of no other, and the one
// that does not end.
func topObjects(s string) (objects []string, rest string) {
	c := jsonCutter{s: s}
	depth, start := 0, 0
	for {
		b, ok := c.next()
		if !ok {
			break
		}
		switch {
		case b == '{':
			if depth == 0 {
				start = c.pos
			}
			depth++
		case b == '}' && depth > 0:
			if depth--; depth == 0 {
				objects = append(objects, s[start:c.pos+1])
			}
		}
		c.pos++
	}
	if depth > 0 {
		rest = s[start:]
	}
	return objects, rest
}

func (f *jsonFeed) keepNewest(n int) {
	if len(f.items) <= n {
		return
	}
	f.over += len(f.items) - n
	f.items = newest(f.items, n, func(raw string) string {
		m := jsonPublished.FindStringSubmatch(raw)
		if m == nil {
			return ""
		}
		return m[1]
	})
}

var jsonPublished = regexp.MustCompile(`"date_published"\s*:\s*"([^"]{0,60})"`)

// mendJSON writes s as JSON: what it opens is closed, names and strings have
// quotes, escapes are such, a comma parts any two values, and there are no
// comments. It gives JSON for any s; of JSON it changes nothing that is read, but
// for strings of more than maxText bytes, which it cuts.
func mendJSON(s string, maxText int) string {
	m := jsonMender{s: s, maxText: maxText}
	m.value(0)
	return string(m.out)
}

type jsonMender struct {
	s       string
	maxText int
	pos     int
	out     []byte
}

// maxMend is more nesting than Limits.MaxDepth lets through.
const maxMend = 2000

// token skips space, comments and commas and returns the byte that follows, 0 at
// the end.
func (m *jsonMender) token() byte {
	for ; m.pos < len(m.s); m.pos++ {
		switch c := m.s[m.pos]; c {
		case ' ', '\t', '\r', '\n', ',', ';':
		case '/':
			end := commentEnd(m.s, m.pos)
			if end == m.pos {
				return c
			}
			m.pos = end
		default:
			return c
		}
	}
	return 0
}

func (m *jsonMender) value(depth int) {
	switch c := m.token(); {
	case c == 0 || c == '}' || c == ']' || depth > maxMend:
		m.out = append(m.out, "null"...)
	case c == '{':
		m.pos++
		m.out = append(m.out, '{')
		m.object(depth)
		m.out = append(m.out, '}')
	case c == '[':
		m.pos++
		m.out = append(m.out, '[')
		first := true
		for {
			c := m.token()
			if c == ']' {
				m.pos++
				break
			}
			if c == 0 || c == '}' {
				break
			}
			if !first {
				m.out = append(m.out, ',')
			}
			first = false
			if c == ':' {
				m.pos++
			}
			m.value(depth + 1)
		}
		m.out = append(m.out, ']')
	case c == '"' || c == '\'':
		m.quoted(m.string(c))
	default:
		m.out = append(m.out, bareJSON(m.word())...)
	}
}

func (m *jsonMender) object(depth int) {
	first := true
	for {
		c := m.token()
		switch c {
		case '}':
			m.pos++
			return
		case 0, ']':
			return
		case '{', '[', ':': // no name; what it holds belongs nowhere
			m.pos++
			continue
		}
		var name string
		if c == '"' || c == '\'' {
			name = m.string(c)
		} else {
			name = m.word()
		}
		if m.token() != ':' {
			continue
		}
		m.pos++
		if !first {
			m.out = append(m.out, ',')
		}
		first = false
		m.quoted(name)
		m.out = append(m.out, ':')
		m.value(depth + 1)
	}
}

// word takes what stands without quotes.
func (m *jsonMender) word() string {
	start := m.pos
	for m.pos < len(m.s) && strings.IndexByte(" \t\r\n,:;{}[]\"", m.s[m.pos]) < 0 {
		m.pos++
	}
	if m.pos == start {
		m.pos++
	}
	return m.s[start:m.pos]
}

var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$`)

// bareJSON is what a value without quotes means.
func bareJSON(w string) string {
	switch {
	case w == "true" || w == "false" || w == "null" || jsonNumber.MatchString(w):
		return w
	}
	return "null"
}

// string takes a string and resolves its escapes.
func (m *jsonMender) string(quote byte) string {
	end := stringEnd(m.s, m.pos, quote)
	body := m.s[m.pos+1:]
	if end > m.pos && m.s[end] == quote {
		body = m.s[m.pos+1 : end]
	}
	m.pos = end + 1
	body = runePrefix(body, m.maxText)
	if strings.IndexByte(body, '\\') < 0 {
		return body
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		if body[i] != '\\' || i+1 == len(body) {
			if body[i] != '\\' {
				b.WriteByte(body[i])
			}
			continue
		}
		i++
		switch c := body[i]; c {
		case 'n', 'r', 't', 'b', 'f':
			b.WriteByte("\n\r\t  "[strings.IndexByte("nrtbf", c)])
		case 'u', 'x':
			digits := 4
			if c == 'x' {
				digits = 2
			}
			r, ok := hexRune(body, i+1, digits)
			if !ok {
				b.WriteByte(c)
				continue
			}
			i += digits
			if low, ok := hexRune(body, i+3, 4); ok && 0xd800 <= r && r < 0xdc00 && strings.HasPrefix(body[i+1:], `\u`) && 0xdc00 <= low && low < 0xe000 {
				r = (r-0xd800)<<10 + (low - 0xdc00) + 0x10000
				i += 6
			}
			b.WriteRune(r) // half a pair becomes U+FFFD
		case '\n', '\r':
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func hexRune(s string, i, digits int) (rune, bool) {
	if i+digits > len(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s[i:i+digits], 16, 32)
	return rune(n), err == nil
}

func (m *jsonMender) quoted(s string) {
	m.out = append(m.out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			m.out = append(m.out, '\\', byte(r))
		case r == '\n':
			m.out = append(m.out, `\n`...)
		case r < 0x20:
			m.out = append(m.out, fmt.Sprintf(`\u%04x`, r)...)
		default:
			m.out = utf8.AppendRune(m.out, r)
		}
	}
	m.out = append(m.out, '"')
}
