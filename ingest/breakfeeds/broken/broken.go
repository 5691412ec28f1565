// Package broken makes broken feeds of whole ones and knows what can still be
// read of each: the measure of a reader that is to salvage everything.
//
// It answers what was done to a feed and which items survived it, never how to
// read them. It knows nothing of the reader under test.
package broken

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// What became of an item.
const (
	Whole = "whole" // must be read, with its title
	Hurt  = "hurt"  // must be read; its title may have suffered
	Lost  = "lost"  // may be missing
)

// Item is one of the feed's, in the feed's order.
type Item struct {
	Title string `json:"title"` // as the feed has it, references resolved once
	GUID  string `json:"guid"`  // guid, id or rdf:about
	State string `json:"state"` // Whole, Hurt or Lost
}

// Variant is one broken feed.
type Variant struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type,omitempty"`     // to be sent with it; empty for none
	Encoding    string `json:"content_encoding,omitempty"` // to be undone before reading
	Items       []Item `json:"items"`
	Body        []byte `json:"-"`
}

// feed is a whole one, cut up.
type feed struct {
	kind  string // "rss", "rdf", "atom" or "json"
	head  string
	items []string
	seps  []string // what follows each item but the last
	tail  string
	facts []Item
}

// Variants returns the broken variants of a whole feed of at least three items.
func Variants(body []byte) ([]Variant, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(body) {
		return nil, errors.New("it is not UTF-8")
	}
	f, err := cut(string(body))
	if err != nil {
		return nil, err
	}
	if len(f.items) < 3 {
		return nil, fmt.Errorf("it has %d items, 3 are the least", len(f.items))
	}
	m := maker{feed: f}
	m.common()
	if f.kind == "json" {
		m.json()
	} else {
		m.xml()
	}
	return m.out, nil
}

func cut(s string) (*feed, error) {
	trimmed := strings.TrimSpace(s)
	if strings.HasPrefix(trimmed, "{") {
		return cutJSON(s)
	}
	f := &feed{}
	var open, end string
	switch {
	case strings.Contains(s, "<rdf:RDF"):
		f.kind, open, end = "rdf", "<item", "</item>"
	case strings.Contains(s, "<rss"):
		f.kind, open, end = "rss", "<item", "</item>"
	case strings.Contains(s, "<feed"):
		f.kind, open, end = "atom", "<entry", "</entry>"
	default:
		return nil, errors.New("it is neither RSS, RDF, Atom nor JSON Feed")
	}
	start := regexp.MustCompile(open + `[\s>]`)
	rest := s
	for {
		loc := start.FindStringIndex(rest)
		if loc == nil {
			break
		}
		stop := strings.Index(rest[loc[0]:], end)
		if stop < 0 {
			return nil, errors.New("an item has no end")
		}
		stop += loc[0] + len(end)
		if f.items == nil {
			f.head = rest[:loc[0]]
		} else {
			f.seps = append(f.seps, rest[:loc[0]])
		}
		f.items = append(f.items, rest[loc[0]:stop])
		rest = rest[stop:]
	}
	f.tail = rest
	for _, it := range f.items {
		fact, err := factsOf(it)
		if err != nil {
			return nil, err
		}
		f.facts = append(f.facts, fact)
	}
	return f, nil
}

// factsOf reads an item's title and id with the standard library's parser.
func factsOf(item string) (Item, error) {
	d := xml.NewDecoder(strings.NewReader(item))
	d.Strict = false
	d.Entity = xml.HTMLEntity
	fact := Item{State: Whole}
	depth := 0
	for {
		t, err := d.Token()
		if t == nil {
			return fact, nil
		}
		if err != nil {
			return fact, fmt.Errorf("item %.60q: %w", item, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				for _, a := range t.Attr {
					if a.Name.Local == "about" {
						fact.GUID = a.Value
					}
				}
			}
			if depth != 2 || t.Name.Space != "" {
				continue
			}
			var text struct {
				Text string `xml:",chardata"`
			}
			switch t.Name.Local {
			case "title", "guid", "id":
				if err := d.DecodeElement(&text, &t); err != nil {
					return fact, err
				}
				depth--
				if t.Name.Local == "title" {
					fact.Title = strings.TrimSpace(text.Text)
				} else {
					fact.GUID = strings.TrimSpace(text.Text)
				}
			}
		case xml.EndElement:
			depth--
		}
	}
}

func cutJSON(s string) (*feed, error) {
	f := &feed{kind: "json"}
	var doc struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal([]byte(s), &doc); err != nil {
		return nil, err
	}
	rest := s
	for i, raw := range doc.Items {
		at := strings.Index(rest, string(raw))
		if at < 0 {
			return nil, errors.New("an item cannot be found again")
		}
		if i == 0 {
			f.head = rest[:at]
		} else {
			f.seps = append(f.seps, rest[:at])
		}
		rest = rest[at+len(raw):]
		f.items = append(f.items, string(raw))
		var it struct{ ID, Title string }
		if err := json.Unmarshal(raw, &it); err != nil {
			return nil, err
		}
		f.facts = append(f.facts, Item{Title: it.Title, GUID: it.ID, State: Whole})
	}
	f.tail = rest
	return f, nil
}

// with returns the feed's text with other items.
func (f *feed) with(items []string) string {
	var b strings.Builder
	b.WriteString(f.head)
	for i, it := range items {
		b.WriteString(it)
		if i < len(f.seps) {
			b.WriteString(f.seps[i])
		}
	}
	b.WriteString(f.tail)
	return b.String()
}

func (f *feed) text() string { return f.with(f.items) }

// itemEnds returns where each item ends in text.
func (f *feed) itemEnds() []int {
	at := len(f.head)
	var ends []int
	for i, it := range f.items {
		at += len(it)
		ends = append(ends, at)
		if i < len(f.seps) {
			at += len(f.seps[i])
		}
	}
	return ends
}

// maker collects variants.
type maker struct {
	*feed
	out []Variant
}

func (m *maker) states(state string, which ...int) []Item {
	items := append([]Item(nil), m.facts...)
	for _, i := range which {
		items[i].State = state
	}
	return items
}

func (m *maker) all(state string) []Item {
	items := append([]Item(nil), m.facts...)
	for i := range items {
		items[i].State = state
	}
	return items
}

// victim is the item that is broken where one is.
func (m *maker) victim() int { return len(m.items) / 2 }

func (m *maker) addBytes(name, contentType string, body []byte, items []Item) {
	m.out = append(m.out, Variant{Name: name, ContentType: contentType, Body: body, Items: items})
}

// add adds a variant whose items all are whole.
func (m *maker) add(name, body string) { m.addBytes(name, "", []byte(body), m.all(Whole)) }

// addItems changes every item, and none of them is less whole for it.
func (m *maker) addItems(name string, change func(string) string) {
	m.add(name, m.changed(change))
}

func (m *maker) changed(change func(string) string) string {
	items := append([]string(nil), m.items...)
	for i := range items {
		items[i] = change(items[i])
	}
	return m.with(items)
}

// addVictim changes one item, which is then in the given state.
func (m *maker) addVictim(name, state string, change func(string) string) {
	items := append([]string(nil), m.items...)
	v := m.victim()
	items[v] = change(items[v])
	m.addBytes(name, "", []byte(m.with(items)), m.states(state, v))
}

// cutAt keeps the first n bytes of the text.
func (m *maker) cutAt(name string, n int) {
	items := m.all(Lost)
	for i, end := range m.itemEnds() {
		if end <= n {
			items[i].State = Whole
		}
	}
	m.addBytes(name, "", []byte(m.text()[:n]), items)
}

// cutIn ends the text inside the victim, with tail as its last bytes.
func (m *maker) cutIn(name, tail string) {
	v := m.victim()
	before := strings.Join(m.upTo(v), "")
	inside := m.items[v]
	n := len(inside) / 2
	for n > 0 && !utf8.RuneStart(inside[n]) {
		n--
	}
	items := m.all(Lost)
	for i := range v {
		items[i].State = Whole
	}
	m.addBytes(name, "", []byte(before+inside[:n]+tail), items)
}

// upTo returns head, items and what is between them before item v.
func (m *maker) upTo(v int) []string {
	parts := []string{m.head}
	for i := range v {
		parts = append(parts, m.items[i], m.seps[i])
	}
	return parts
}

// Text makes what a title says comparable: markup out, references resolved, only
// letters and digits left. Readers differ in all the rest.
func Text(s string) string {
	for range 3 {
		s = html.UnescapeString(s)
	}
	s = tags.ReplaceAllString(s, "")
	var b strings.Builder
	for _, r := range s {
		if r >= 0x80 && r < 0xa0 || r == 0xad || r == 0xfffd {
			continue
		}
		if isLetterOrDigit(r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}
