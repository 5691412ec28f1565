package ingest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	feedatom "github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	feedrss "github.com/mmcdole/gofeed/rss"
	"golang.org/x/net/html"
)

// Limits bounds what one body may cost. Zero values mean DefaultLimits'.
type Limits struct {
	MaxItems     int       // items read from one body: the newest
	MaxTextBytes int       // of summary and body each
	MaxDepth     int       // nesting of elements; an item beyond it is skipped
	Now          time.Time // the time of the poll: later dates, by more than an hour, are taken for it; zero believes all
	Declared     bool      // take declared languages alone: see Parsed.GuessLanguage
}

// DefaultLimits is what zero values in Limits mean, Now excepted.
func DefaultLimits() Limits { return Limits{MaxItems: 5000, MaxTextBytes: 256 << 10, MaxDepth: 300} }

func (l Limits) orDefault() Limits {
	def := DefaultLimits()
	if l.MaxItems <= 0 {
		l.MaxItems = def.MaxItems
	}
	if l.MaxTextBytes <= 0 {
		l.MaxTextBytes = def.MaxTextBytes
	}
	if l.MaxDepth <= 0 {
		l.MaxDepth = def.MaxDepth
	}
	return l
}

// Bounds of the short fields.
const (
	maxTitleBytes  = 2 << 10
	maxGUIDBytes   = 2 << 10
	maxAuthorBytes = 200
	maxAuthors     = 20
	maxProblems    = 20
)

// FeedInfo is what the configuration says of a feed. Empty fields, ID excepted,
// are taken from the feed itself.
type FeedInfo struct{ ID, Outlet, Language, Country, URL string }

// Parsed is one body, read.
type Parsed struct {
	Title, Language, Link string
	Articles              []Article // in the feed's order, every ID once
	// Partial reports that the body was cut off or some of it was broken: what
	// is here is good, and the next poll should bring the rest, so that the
	// body's validators must not be kept.
	Partial bool
	// CutOff is a kind of Partial: the body ends before the feed does, so that asking
	// again soon is likely to help.
	CutOff     bool
	Skipped    int      // items that were not read: broken, empty, or beyond Limits.MaxItems
	Duplicates int      // items that repeat another one of the same body
	Problems   []string // for the log, at most 20

	// TTL is how long the publisher asks to wait between two polls: RSS's ttl, else
	// updatePeriod by updateFrequency of the syndication module; at most a week, 0
	// where it says nothing.
	TTL time.Duration
	// SkipHours are the hours of the day, 0 to 23 in GMT, and SkipDays the days of
	// the week at which RSS 2.0 lets the publisher ask not to be polled; in order,
	// and empty where that would be always.
	SkipHours []int
	SkipDays  []time.Weekday
	// Hub is the first WebSub hub that the feed names, Self the topic to subscribe
	// to there: both as written, byte for byte, since hubs compare topics so, but
	// absolute. Each is http or https, or empty.
	Hub, Self string

	guess guesser
}

// Reasons why a body gave no feed, ReasonEmpty besides.
const (
	ReasonHTML     = "html"       // a page: login, captcha, parked domain
	ReasonNotAFeed = "not_a_feed" // some other document
	ReasonTooDeep  = "too_deep"   // nested beyond Limits.MaxDepth
	ReasonBroken   = "broken"     // nothing in it could be read
)

// ParseReasons lists every ParseError.Reason.
var ParseReasons = []string{ReasonHTML, ReasonEmpty, ReasonNotAFeed, ReasonTooDeep, ReasonBroken}

// ParseError says why a body gave nothing and what the operator may do.
type ParseError struct {
	Reason string   // one of ParseReasons
	Feeds  []string // for ReasonHTML: the feeds that the page itself names
	Err    error
}

func (e *ParseError) Error() string {
	switch e.Reason {
	case ReasonHTML:
		if len(e.Feeds) > 0 {
			return "the answer is a web page, not a feed; it names " + strings.Join(e.Feeds, " and ") + " as its feed: poll that"
		}
		return "the answer is a web page, not a feed; open the address in a browser: a login or captcha page means that the site blocks us"
	case ReasonEmpty:
		return "the answer is empty; what is known of the feed stays"
	case ReasonTooDeep:
		return "the feed is nested too deep to be one; drop it"
	case ReasonNotAFeed:
		return fmt.Sprintf("the answer is no feed (%v); look for the feed's new address", e.Err)
	}
	return fmt.Sprintf("the feed cannot be read: %v", e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads a body as RSS, Atom, RDF or JSON Feed. The same bytes give the same
// articles, ids and hashes; no clock is asked. Every error is a *ParseError.
//
// It fills all of an Article but Edition, FirstSeen and Fetched. Summary is the
// item's description or summary, Body its full content; where both say the same
// only Summary stays, so that a feed which stops sending the second copy makes
// no new edition.
//
// An article's identity is the item's guid or Atom id, else rdf:about, else its
// link, else its text. Identities that are web addresses are compared without
// scheme, tracking parameters and edition counters ("#3" behind the item's own
// link), because feeds change these on live items. Items of one body that share
// an identity are one article, the newest of them, if they share a link or a
// title too; otherwise the feed reuses its ids, and the link (where there is
// none, the title) becomes part of the identity.
func Parse(body []byte, contentType string, info FeedInfo, limits Limits) (p *Parsed, err error) {
	defer func() {
		if r := recover(); r != nil { // one hostile body must not stop the other feeds
			p, err = nil, &ParseError{Reason: ReasonBroken, Err: fmt.Errorf("the reader failed: %v", r)}
		}
	}()
	limits = limits.orDefault()
	s := dropControls(decodeBody(body, contentType))
	trimmed := strings.TrimLeft(s, " \t\r\n\ufeff")
	if strings.HasPrefix(trimmed, `"`) { // a feed inside a JSON string
		var inner string
		if json.Unmarshal([]byte(strings.TrimSpace(trimmed)), &inner) == nil {
			s = dropControls(inner)
			trimmed = strings.TrimLeft(s, " \t\r\n\ufeff")
		}
	}
	if trimmed == "" {
		return nil, &ParseError{Reason: ReasonEmpty, Err: errors.New("no content")}
	}
	r := reader{info: info, limits: limits}
	switch doc := jsonStart(trimmed); {
	case doc != "":
		err = r.readJSON(doc)
	default:
		err = r.readXML(s, contentType)
	}
	if err != nil {
		return nil, err
	}
	r.assemble()
	return &r.out, nil
}

// reader carries one Parse.
type reader struct {
	info   FeedInfo
	limits Limits
	out    Parsed
	items  []rawItem
}

// rawItem is an item in the feed's words: HTML, relative links, written dates.
type rawItem struct {
	guid, about, link       string
	permalink               bool // guid may stand in for a missing link
	title, summary, content string
	published, updated      []string // candidates, best first
	lang                    string
	authors                 []string
}

func (r *reader) problem(format string, args ...any) {
	if len(r.out.Problems) < maxProblems {
		r.out.Problems = append(r.out.Problems, clipText(oneLine(fmt.Sprintf(format, args...)), 300))
	}
}

func (r *reader) readXML(s, contentType string) error {
	f, first, err := cutXML(s, r.limits)
	if err != nil {
		return &ParseError{Reason: ReasonTooDeep, Err: err}
	}
	if f == nil || len(f.items)+f.over+f.deep == 0 {
		if g := r.rescue(s, f); g != nil {
			f = g
		}
	}
	page := first == "html" || first == "head" || first == "body" || first == "!doctype" || startsLikePage(s)
	if f == nil || page && len(f.items) == 0 {
		if page || first == "" && strings.Contains(strings.ToLower(contentType), "html") {
			return &ParseError{Reason: ReasonHTML, Feeds: pageFeeds(s, r.info.URL), Err: errors.New("web page")}
		}
		what := "no markup at all"
		if first != "" {
			what = "its first element is <" + clipText(first, 40) + ">"
		}
		return &ParseError{Reason: ReasonNotAFeed, Err: errors.New(what)}
	}
	if len(f.items) == 0 && f.deep > 0 {
		return &ParseError{Reason: ReasonTooDeep, Err: errTooDeep}
	}
	r.out.Partial, r.out.CutOff = f.partial, f.cutOff
	for _, p := range f.problems {
		r.problem("%s", p)
	}
	f.settleNamespaces()
	rawBytes := max(4*r.limits.MaxTextBytes, 64<<10) // markup comes on top of the text
	r.xmlHead(f)
	b := batch{reader: r, feed: f, tidy: tidier{maxDepth: r.limits.MaxDepth, maxText: rawBytes, strip: f.strip, atom: f.kind == "feed", based: hasAttr(f.rootAttrs, "xml:base") || hasAttr(f.channelAttrs, "xml:base"), prefixes: map[string]bool{}}}
	for i, it := range f.items {
		b.add(i, it)
	}
	b.flush()
	if f.over > 0 {
		r.out.Skipped += f.over
		r.problem("%d items beyond the newest %d not read; raise ingest.max_items if they are wanted", f.over, r.limits.MaxItems)
	}
	if f.deep > 0 {
		r.out.Skipped += f.deep
		r.out.Partial = true
		r.problem("%d items nested deeper than %d not read", f.deep, r.limits.MaxDepth)
	}
	return nil
}

// rescue looks for items where none were found: in a feed that was escaped like a
// text, in one whose beginning is lost, in an RSS feed that has entries and an
// Atom feed that has items. f is what was found, nil for nothing.
func (r *reader) rescue(s string, f *xmlFeed) *xmlFeed {
	try := func(s string) *xmlFeed {
		g, _, err := cutXML(s, r.limits)
		if err != nil || g == nil || len(g.items) == 0 || !slices.ContainsFunc(g.items, func(it xmlItem) bool {
			return strings.Contains(it.raw, "<title") && (strings.Contains(it.raw, "<link") || strings.Contains(it.raw, "<guid") || strings.Contains(it.raw, "<id") || strings.Contains(it.raw, "<description"))
		}) {
			return nil
		}
		g.partial = true
		g.problem("the feed is not in its own form; its items were looked for")
		return g
	}
	if f == nil {
		for _, root := range [...]string{"&lt;rss", "&lt;feed", "&lt;rdf:RDF"} {
			if i := strings.Index(s, root); i >= 0 {
				return try(decodeRefs(s[i:]))
			}
		}
		if startsLikePage(s) {
			return nil
		}
	}
	for _, form := range [...]struct{ kind, item, root string }{{"rss", "<item", "<rss><channel>"}, {"feed", "<entry", "<feed>"}} {
		if f != nil && (f.kind == "feed") == (form.kind == "feed") {
			continue
		}
		if i := strings.Index(s, form.item); i >= 0 {
			if g := try(form.root + s[i:]); g != nil {
				return g
			}
		}
	}
	return nil
}

// settleNamespaces takes the default namespace off the root and its channel: what
// has no prefix is the feed's own. gofeed takes elements of a namespace that it
// does not know for an extension, and then finds no items.
func (f *xmlFeed) settleNamespaces() {
	fix := func(attrs []xmlAttr) []xmlAttr {
		return slices.DeleteFunc(slices.Clone(attrs), func(a xmlAttr) bool { return a.name == "xmlns" })
	}
	f.rootAttrs, f.channelAttrs = fix(f.rootAttrs), fix(f.channelAttrs)
}

// batch hands items to gofeed, many at a time: most of what a call costs is its
// beginning. When gofeed does not take all of them they are read one by one.
type batch struct {
	*reader
	feed  *xmlFeed
	tidy  tidier
	items []batchItem
}

type batchItem struct {
	number     int // in the feed
	item       xmlItem
	start, end int // of its XML in tidy.out
}

// Bounds of a batch, so that a large feed takes no more memory than a middling one.
const (
	batchBytes = 64 << 10
	batchItems = 100
)

func (b *batch) add(i int, it xmlItem) {
	start := len(b.tidy.out)
	cut, err := b.tidy.add(it.raw, 1)
	if err != nil {
		b.lost(i, err)
		return
	}
	if cut {
		b.problem("item %d: too large, cut (%d bytes an element, %d elements)", i+1, b.tidy.maxText, maxElements)
	}
	b.items = append(b.items, batchItem{number: i, item: it, start: start, end: len(b.tidy.out)})
	if len(b.items) >= batchItems || len(b.tidy.out) > batchBytes {
		b.flush()
	}
}

func (b *batch) lost(i int, err error) {
	b.out.Skipped++
	b.out.Partial = true
	b.problem("item %d cannot be read: %v", i+1, err)
}

func (b *batch) flush() {
	if len(b.items) == 0 {
		return
	}
	before, after := b.feed.frame(b.tidy.prefixes)
	read := func(items []batchItem) ([]rawItem, error) {
		xml := b.tidy.out[items[0].start:items[len(items)-1].end]
		raws, err := b.feed.read(io.MultiReader(strings.NewReader(before), bytes.NewReader(xml), strings.NewReader(after)))
		if err == nil && len(raws) != len(items) {
			err = fmt.Errorf("%d items in %d", len(raws), len(items))
		}
		return raws, err
	}
	raws, err := read(b.items)
	if err != nil || oneByOne {
		raws = raws[:0]
		kept := b.items[:0]
		for _, it := range b.items {
			one, err := read([]batchItem{it})
			if err != nil {
				b.lost(it.number, err)
				continue
			}
			raws, kept = append(raws, one[0]), append(kept, it)
		}
		b.items = kept
	}
	for i := range raws {
		raw := &raws[i]
		for _, s := range [...]*string{&raw.title, &raw.summary, &raw.content, &raw.guid, &raw.link} {
			*s = b.tidy.full(*s)
		}
		for i := range raw.authors {
			raw.authors[i] = b.tidy.full(raw.authors[i])
		}
		if attrs := b.items[i].item.attrs(); !isBlank(attrs) {
			for _, a := range parseAttrs(attrs) { // gofeed drops them
				switch {
				case a.name == "xml:lang":
					raw.lang = firstOf(raw.lang, strings.TrimSpace(a.value))
				case localName(a.name) == "about" && b.feed.kind != "feed":
					raw.about = strings.TrimSpace(a.value)
				}
			}
		}
	}
	b.reader.items = append(b.reader.items, raws...)
	b.items = b.items[:0]
	b.tidy.reset()
}

// oneByOne is for a test that compares the two ways.
var oneByOne bool

func (r *reader) xmlHead(f *xmlFeed) {
	r.webSub(f)
	tidy := tidier{maxDepth: r.limits.MaxDepth, maxText: maxHeadBytes, strip: f.strip, prefixes: map[string]bool{}}
	if _, err := tidy.add(f.head, 0); err != nil {
		r.problem("head of the feed: %v", err)
		return
	}
	before, after := f.frame(tidy.prefixes)
	doc := string(tidy.out)
	var exts ext.Extensions
	if f.kind == "feed" {
		h, err := (&feedatom.Parser{}).Parse(strings.NewReader(before + doc + after))
		if err != nil {
			r.problem("head of the feed: %v", err)
			return
		}
		r.out.Title, r.out.Language, exts = h.Title, h.Language, h.Extensions
		r.out.Link = atomLink(h.Links)
	} else {
		h, err := (&feedrss.Parser{}).Parse(strings.NewReader(before + doc + after))
		if err != nil {
			r.problem("head of the feed: %v", err)
			return
		}
		r.out.Title, r.out.Language, exts = h.Title, h.Language, h.Extensions
		if len(h.Links) > 0 {
			r.out.Link = firstOf(h.Links...)
		}
		if n, err := strconv.Atoi(strings.TrimSpace(h.TTL)); err == nil && n > 0 {
			r.out.TTL = min(time.Duration(min(n, 7*24*60))*time.Minute, 7*24*time.Hour)
		}
		r.out.SkipHours, r.out.SkipDays = skipHours(h.SkipHours), skipDays(h.SkipDays)
	}
	if r.out.Language == "" {
		r.out.Language = firstOf(extValue(exts, "dc", "language"), attrValue(f.channelAttrs, "xml:lang"), attrValue(f.rootAttrs, "xml:lang"))
	}
	if r.out.TTL == 0 {
		r.out.TTL = syndicationPeriod(extValue(exts, "sy", "updatePeriod"), extValue(exts, "sy", "updateFrequency"))
	}
}

// webSub finds the hub and the feed's own address: Atom's links, in RSS too and
// whatever prefix they have. gofeed's do not serve, it writes addresses anew.
func (r *reader) webSub(f *xmlFeed) {
	base := r.info.URL
	for _, attrs := range [...][]xmlAttr{f.rootAttrs, f.channelAttrs} {
		base = firstOf(absoluteURL(attrValue(attrs, "xml:base"), base), base)
	}
	x := xmlScanner{s: f.head}
	for r.out.Hub == "" || r.out.Self == "" {
		t, ok := x.next()
		if !ok {
			return
		}
		if t.kind != xmlStart || localName(t.name) != "link" {
			continue
		}
		attrs := parseAttrs(t.text)
		for rel := range strings.FieldsSeq(strings.ToLower(attrValue(attrs, "rel"))) {
			switch {
			case rel == "hub" && r.out.Hub == "":
				r.out.Hub = absoluteURL(attrValue(attrs, "href"), base)
			case rel == "self" && r.out.Self == "":
				r.out.Self = absoluteURL(attrValue(attrs, "href"), base)
			}
		}
	}
}

// absoluteURL makes an address absolute and changes nothing else: a hub compares
// topics byte by byte. It is "" where the address is not http or https.
func absoluteURL(href, base string) string {
	href = strings.TrimSpace(href)
	if href == "" || len(href) > maxURLBytes || strings.ContainsFunc(href, func(c rune) bool { return c <= ' ' || 0x7f <= c && c < 0xa0 }) {
		return ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	if !u.IsAbs() {
		base, err := url.Parse(base)
		if err != nil || !base.IsAbs() {
			return ""
		}
		u = base.ResolveReference(u)
		href = u.String()
	}
	if s := strings.ToLower(u.Scheme); s != "http" && s != "https" || u.Hostname() == "" {
		return ""
	}
	return href
}

// skipHours reads the hours of RSS; 24 is what RSS 0.91 calls midnight.
func skipHours(hours []string) []int {
	var skip [24]bool
	for _, s := range hours {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 && n <= 24 {
			skip[n%24] = true
		}
	}
	var out []int
	for h, yes := range skip {
		if yes {
			out = append(out, h)
		}
	}
	if len(out) == len(skip) {
		return nil
	}
	return out
}

func skipDays(days []string) []time.Weekday {
	var out []time.Weekday
	for d := time.Sunday; d <= time.Saturday; d++ {
		if slices.ContainsFunc(days, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), d.String()) }) {
			out = append(out, d)
		}
	}
	if len(out) == 7 {
		return nil
	}
	return out
}

func syndicationPeriod(period, frequency string) time.Duration {
	units := map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 7 * 24 * time.Hour,
		"monthly": 30 * 24 * time.Hour, "yearly": 365 * 24 * time.Hour}
	unit := units[strings.ToLower(strings.TrimSpace(period))]
	n, err := strconv.Atoi(strings.TrimSpace(frequency))
	if err != nil || n < 1 {
		n = 1
	}
	return min(unit/time.Duration(n), 7*24*time.Hour)
}

// read maps a document of items.
func (f *xmlFeed) read(doc io.Reader) ([]rawItem, error) {
	if f.kind == "feed" {
		h, err := (&feedatom.Parser{}).Parse(doc)
		if err != nil {
			return nil, err
		}
		raws := make([]rawItem, 0, len(h.Entries))
		for _, e := range h.Entries {
			raws = append(raws, fromAtom(e))
		}
		return raws, nil
	}
	h, err := (&feedrss.Parser{}).Parse(doc)
	if err != nil {
		return nil, err
	}
	raws := make([]rawItem, 0, len(h.Items))
	for _, it := range h.Items {
		raws = append(raws, fromRSS(it))
	}
	return raws, nil
}

func fromRSS(it *feedrss.Item) rawItem {
	x := it.Extensions
	raw := rawItem{
		link:      firstOf(it.Links...),
		permalink: true,
		title:     firstOf(it.Title, extValue(x, "dc", "title"), extValue(x, "media", "title")),
		summary:   firstOf(it.Description, it.Custom["summary"], extValue(x, "dc", "description"), extValue(x, "atom", "summary"), extValue(x, "itunes", "summary")),
		content:   firstOf(it.Content, it.Custom["encoded"], it.Custom["content"], extValue(x, "atom", "content"), it.Custom["body"]),
		published: []string{it.Custom[ownDate], extValue(x, "dc", "date"), extValue(x, "dcterms", "issued"),
			extValue(x, "dcterms", "created"), extValue(x, "dcterms", "date"), extValue(x, "atom", "published"), it.Custom["published"], it.Custom["date"]},
		updated: []string{extValue(x, "atom", "updated"), extValue(x, "dcterms", "modified"), it.Custom["updated"], it.Custom["lastUpdated"]},
		lang:    firstOf(extValue(x, "dc", "language"), it.Custom["language"]),
	}
	if it.GUID != nil {
		raw.guid = strings.TrimSpace(it.GUID.Value)
		raw.permalink = !strings.EqualFold(strings.TrimSpace(it.GUID.IsPermalink), "false")
	}
	if raw.guid == "" {
		raw.guid = strings.TrimSpace(it.Custom["id"])
	}
	if orig := extValue(x, "feedburner", "origLink"); orig != "" {
		raw.link = orig // the item's own address, in place of a counting redirect
	}
	if raw.link == "" {
		for _, l := range x["atom"]["link"] {
			if rel := l.Attrs["rel"]; rel == "" || rel == "alternate" {
				raw.link = firstOf(raw.link, l.Attrs["href"])
			}
		}
	}
	raw.authors = append(raw.authors, authorName(it.Author))
	for _, c := range x["dc"]["creator"] {
		raw.authors = append(raw.authors, c.Value)
	}
	return raw
}

func fromAtom(e *feedatom.Entry) rawItem {
	raw := rawItem{
		guid: strings.TrimSpace(e.ID), permalink: true, title: e.Title, summary: e.Summary,
		link:      firstOf(extValue(e.Extensions, "feedburner", "origLink"), atomLink(e.Links)),
		published: []string{e.Published, extValue(e.Extensions, "dc", "date")},
		updated:   []string{e.Updated},
		lang:      extValue(e.Extensions, "dc", "language"),
	}
	if c := e.Content; c != nil {
		switch kind, _, _ := strings.Cut(strings.ToLower(c.Type), "/"); kind {
		case "image", "audio", "video":
		default:
			raw.content = c.Value
		}
		if raw.link == "" {
			raw.link = c.Src
		}
	}
	for _, a := range e.Authors {
		raw.authors = append(raw.authors, firstOf(a.Name, a.Email))
	}
	return raw
}

// atomLink chooses the page among an entry's links.
func atomLink(links []*feedatom.Link) string {
	best := ""
	for _, l := range links {
		if l.Rel != "alternate" || l.Href == "" {
			continue
		}
		if l.Type == "" || strings.Contains(l.Type, "html") {
			return l.Href
		}
		best = firstOf(best, l.Href)
	}
	return best
}

func extValue(x ext.Extensions, prefix, name string) string {
	for _, e := range x[prefix][name] {
		if v := strings.TrimSpace(e.Value); v != "" {
			return v
		}
	}
	return ""
}

// authorName reads the RSS form "mail@example.org (Name)".
func authorName(s string) string {
	s = strings.TrimSpace(s)
	mail, rest, ok := strings.Cut(s, "(")
	if ok && strings.Contains(mail, "@") && strings.HasSuffix(rest, ")") {
		return strings.TrimSpace(strings.TrimSuffix(rest, ")"))
	}
	return s
}

func firstOf(ss ...string) string {
	for _, s := range ss {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

func startsLikePage(s string) bool {
	head := strings.ToLower(strings.TrimLeft(s[:min(len(s), 400)], " \t\r\n\ufeff"))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html")
}

// Discovered is a feed that a page names.
type Discovered struct {
	URL   string // absolute
	Title string // what the page calls it
	Type  string // media type, lower case
}

const (
	maxDiscovered = 10
	maxPageBytes  = 1 << 20 // of a page are searched
)

// feedTypes are the media types under which pages link to feeds. XML and JSON in
// general stand for other things too; a link has to call itself a feed there.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true,
	"application/x.atom+xml": true, "application/x-atom+xml": true, "application/rss": true, "application/atom": true, "text/rss+xml": true,
	"application/xml": false, "text/xml": false, "application/json": false, "text/rss": true,
}

// DiscoverFeeds returns the feeds that a page names, in the page's order, at most
// ten: its links with rel "alternate" or "feed" and the media type of a feed, in
// the head or elsewhere. Links are resolved against the page's <base>, itself
// resolved against base, the page's address. Feeds of comments come last.
func DiscoverFeeds(page []byte, base string) []Discovered {
	s := decodeBody(page[:min(len(page), maxPageBytes)], "")
	z := html.NewTokenizer(strings.NewReader(s))
	var out, comments []Discovered
	seen := map[string]bool{}
	based := false
	for len(out) < maxDiscovered {
		tt := z.Next()
		if tt == html.ErrorToken {
			break
		}
		if tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		name, more := z.TagName()
		if n := string(name); !more || n != "link" && n != "a" && n != "base" {
			continue
		}
		isBase := string(name) == "base"
		attr := map[string]string{}
		for more && len(attr) < maxAttrs {
			var k, v []byte
			k, v, more = z.TagAttr()
			if _, ok := attr[string(k)]; !ok {
				attr[string(k)] = string(v)
			}
		}
		if isBase {
			if u, err := CanonicalURL(attr["href"], base); err == nil && !based {
				base, based = u, true
			}
			continue
		}
		rel := strings.Fields(strings.ToLower(attr["rel"]))
		kind, _, _ := strings.Cut(strings.ToLower(attr["type"]), ";")
		kind = strings.TrimSpace(kind)
		sure, known := feedTypes[kind]
		switch isFeed := slices.Contains(rel, "feed"); {
		case isFeed && (known || kind == ""):
		case !slices.Contains(rel, "alternate") || slices.Contains(rel, "stylesheet") || !known:
			continue
		case !sure && !strings.Contains(strings.ToLower(attr["title"]+" "+attr["href"]), "feed") && !strings.Contains(strings.ToLower(attr["title"]+" "+attr["href"]), "rss"):
			continue
		}
		href := strings.TrimSpace(attr["href"])
		if rest, ok := cutPrefixFold(href, "feed:"); ok { // feed:https://… and feed://…
			if href = rest; strings.HasPrefix(rest, "//") {
				href = "https:" + rest
			}
		}
		u, err := CanonicalURL(href, base)
		if err != nil || seen[u] {
			continue
		}
		seen[u] = true
		d := Discovered{URL: u, Title: clipBytes(titleText(runePrefix(attr["title"], 4*maxAuthorBytes)), maxAuthorBytes), Type: kind}
		if strings.Contains(strings.ToLower(d.Title+" "+u), "comment") {
			comments = append(comments, d)
		} else {
			out = append(out, d)
		}
	}
	return append(out, comments[:min(len(comments), maxDiscovered-len(out))]...)
}

// pageFeeds names up to three of them, for a message.
func pageFeeds(s, base string) []string {
	var out []string
	for _, d := range DiscoverFeeds([]byte(s), base) {
		if len(out) < 3 {
			out = append(out, d.URL)
		}
	}
	return out
}

// assemble makes articles of the items and settles which of them are one.
func (r *reader) assemble() {
	r.out.Title = clipBytes(titleText(r.out.Title), maxTitleBytes)
	base := r.info.URL
	r.out.Link = resolveOr(r.out.Link, base)
	if base == "" {
		base = r.out.Link
	}
	r.out.Language = declaredLanguage(r.out.Language)
	type entry struct {
		a        Article
		identity string
		fromLink bool
		dropped  bool
	}
	entries := make([]entry, 0, len(r.items))
	groups := map[string][]int{}
	outlet := clipBytes(titleText(firstOf(r.info.Outlet, r.out.Title)), maxTitleBytes)
	for i, raw := range r.items {
		a, identity, fromLink := r.article(i, raw, base)
		a.Outlet = outlet
		if identity == "" {
			r.out.Skipped++
			r.problem("item %d is empty", i+1)
			continue
		}
		groups[identity] = append(groups[identity], len(entries))
		entries = append(entries, entry{a: a, identity: identity, fromLink: fromLink})
	}
	// newest drops all but the newest of the entries; of equals the first stays.
	newest := func(idx []int) {
		best := idx[0]
		for _, i := range idx[1:] {
			if latest(&entries[i].a).After(latest(&entries[best].a)) {
				best = i
			}
		}
		for _, i := range idx {
			if i != best && !entries[i].dropped {
				entries[i].dropped = true
				r.out.Duplicates++
			}
		}
	}
	for i := range entries {
		idx := groups[entries[i].identity]
		if len(idx) < 2 || idx[0] != i {
			continue
		}
		first := &entries[i]
		same := true
		for _, j := range idx[1:] {
			e := &entries[j]
			sameLink := e.a.URL == first.a.URL && e.a.URL != "" && !e.fromLink
			sameTitle := e.a.Title == first.a.Title && (e.a.Title != "" || e.a.ContentSHA256 == first.a.ContentSHA256)
			same = same && (sameLink || sameTitle)
		}
		if same {
			newest(idx)
			continue
		}
		parts := map[string][]int{}
		for _, j := range idx {
			e := &entries[j]
			part := firstOf(identityURL(e.a.URL), e.a.Title, e.a.ContentSHA256)
			if e.fromLink {
				part = firstOf(e.a.Title, e.a.ContentSHA256)
			}
			e.identity += "\x00" + part
			parts[part] = append(parts[part], j)
		}
		for _, j := range idx {
			part := parts[strings.SplitN(entries[j].identity, "\x00", 2)[1]]
			if part[0] == j && len(part) > 1 {
				newest(part)
			}
		}
	}
	seen := make(map[string]bool, len(entries))
	r.out.Articles = make([]Article, 0, len(entries)-r.out.Duplicates)
	for i := range entries {
		e := &entries[i]
		if e.dropped {
			continue
		}
		e.a.ID = ArticleID(r.info.ID, e.identity)
		if seen[e.a.ID] {
			r.out.Duplicates++
			continue
		}
		seen[e.a.ID] = true
		r.out.Articles = append(r.out.Articles, e.a)
	}
}

func latest(a *Article) time.Time {
	if a.Updated.After(a.Published) {
		return a.Updated
	}
	return a.Published
}

// article normalises one item. fromLink says that the identity is the link's.
func (r *reader) article(i int, raw rawItem, base string) (a Article, identity string, fromLink bool) {
	raw.guid, raw.about = oneLine(raw.guid), oneLine(raw.about)
	a = Article{
		Schema: ArticleSchema,
		Feed:   r.info.ID,
		GUID:   strings.Clone(clipBytes(raw.guid, maxGUIDBytes)), // not a piece of the whole body
		Title:  titleText(runePrefix(raw.title, 16*maxTitleBytes)),
	}
	if len(a.Title) > maxTitleBytes {
		a.Title = clipBytes(a.Title, maxTitleBytes)
		r.problem("item %d: title cut to %d bytes", i+1, maxTitleBytes)
	}
	a.Summary = r.text(i, "summary", raw.summary)
	a.Body = r.text(i, "body", raw.content)
	if sameText(a.Summary, a.Body) {
		a.Body = ""
	}
	a.ContentSHA256 = ContentHash(a.Title, a.Summary, a.Body)

	link := raw.link
	if strings.TrimSpace(link) == "" && raw.permalink && isWebAddress(raw.guid) {
		link = raw.guid
	}
	if strings.TrimSpace(link) == "" && isWebAddress(raw.about) {
		link = raw.about
	}
	if strings.TrimSpace(link) != "" {
		u, err := CanonicalURL(link, base)
		if err != nil {
			r.problem("item %d: %v", i+1, err)
		}
		a.URL = u
	}
	a.Language = firstOf(declaredLanguage(r.info.Language), declaredLanguage(raw.lang), r.out.Language)
	if !r.limits.Declared {
		r.out.GuessLanguage(&a)
	}
	a.Authors = authors(raw.authors)
	a.Country = r.info.Country
	r.dates(&a, raw)

	switch {
	case raw.guid != "":
		identity = identityOf(raw.guid, link, a.URL)
	case raw.about != "":
		identity = identityOf(raw.about, link, a.URL)
	case a.URL != "":
		identity, fromLink = identityURL(a.URL), true
	case a.Title != "" || a.Summary != "" || a.Body != "":
		identity = "text " + a.ContentSHA256
	}
	if a.Title == "" && a.Summary == "" && a.Body == "" && a.URL == "" {
		identity = ""
	}
	return a, identity, fromLink
}

// text makes plain text of at most MaxTextBytes.
func (r *reader) text(i int, field, s string) string {
	t := PlainText(runePrefix(s, 4*r.limits.MaxTextBytes))
	if len(t) <= r.limits.MaxTextBytes {
		return t
	}
	r.problem("item %d: %s of %d bytes cut to %d", i+1, field, len(t), r.limits.MaxTextBytes)
	t = runePrefix(t, r.limits.MaxTextBytes)
	if j := strings.LastIndex(t, "\n\n"); j > len(t)/2 {
		t = t[:j]
	}
	return strings.TrimSpace(t)
}

// guesser guesses the languages of one feed's texts, a millisecond each.
type guesser struct {
	n     int    // texts that were looked at
	last  string // what the last reliable guess said
	mixed bool   // and not all of them said the same
}

// maxGuesses bounds the guessing in one body; thousands of items in one language
// are then taken to be in it.
const maxGuesses = 30

// GuessLanguage gives an article of the feed that declares no language the one
// that its text is in, as far as that can be told. Parse has done so for all of
// them unless Limits.Declared says otherwise.
func (p *Parsed) GuessLanguage(a *Article) {
	if a.Language == "" {
		a.Language = p.guess.language(firstOf(a.Body, a.Summary))
	}
}

func (g *guesser) language(text string) string {
	if g.n >= maxGuesses {
		if g.mixed {
			return ""
		}
		return g.last
	}
	if len(text) >= guessLetters {
		g.n++
	}
	tag := guessLanguage(text)
	if tag != "" {
		g.mixed = g.mixed || g.last != "" && g.last != tag
		g.last = tag
	}
	return tag
}

// sameText ignores how the two are laid out, which in plain text is a matter of
// spaces and line ends.
func sameText(a, b string) bool {
	const space = " \n"
	ends := func(s string, i int) bool { return i == len(s) || s[i] == ' ' || s[i] == '\n' }
	for {
		a, b = strings.TrimLeft(a, space), strings.TrimLeft(b, space)
		if a == "" || b == "" {
			return a == b
		}
		i := 0
		for i < len(a) && i < len(b) && a[i] == b[i] && !ends(a, i) {
			i++
		}
		if !ends(a, i) || !ends(b, i) {
			return false
		}
		a, b = a[i:], b[i:]
	}
}

// earliestDate: no feed is older; what is before is a zero or a typing error.
var earliestDate = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// Dates further ahead of the poll than futureSlack are not believed: clocks of
// newsrooms are minutes off, not hours. A day begins fourteen hours earlier on
// the other side of the date line.
const (
	futureSlack = time.Hour
	dayAhead    = 14 * time.Hour
)

// maxAsWritten bounds what is kept of a date that was not believed.
const maxAsWritten = 64

// dates keeps what can be believed: the item's date, else its date of change. A
// date from the future is the time of the poll and marked as that.
func (r *reader) dates(a *Article, raw rawItem) {
	believe := func(candidates []string) (t time.Time, precision, future string) {
		for _, c := range candidates {
			if strings.ContainsAny(c, "<&") { // a warning of the server's, a link
				c = titleText(c)
			}
			t, precision, ok := parseDate(c)
			if !ok || t.Before(earliestDate) {
				continue
			}
			slack := futureSlack
			if precision != "" {
				slack += dayAhead
			}
			if !r.limits.Now.IsZero() && t.After(r.limits.Now.Add(slack)) {
				future = firstOf(future, c)
				continue
			}
			return t, precision, ""
		}
		return time.Time{}, "", future
	}
	var future string
	a.Published, a.PublishedPrecision, future = believe(raw.published)
	updated, precision, later := believe(raw.updated)
	a.Updated = updated
	switch {
	case !a.Published.IsZero():
	case future != "" || updated.IsZero() && later != "":
		future = firstOf(future, later)
		a.Published, a.PublishedClamped = r.limits.Now.UTC(), true
		a.PublishedAsWritten = clipBytes(oneLine(future), maxAsWritten)
	default:
		a.Published, a.PublishedPrecision = updated, precision
	}
}

func authors(names []string) []string {
	var out []string
	for _, n := range names {
		n = clipBytes(titleText(runePrefix(n, 16*maxAuthorBytes)), maxAuthorBytes)
		if n != "" && !slices.Contains(out, n) && len(out) < maxAuthors {
			out = append(out, n)
		}
	}
	return out
}

func isWebAddress(s string) bool {
	for _, p := range [...]string{"http://", "https://"} {
		if _, ok := cutPrefixFold(strings.TrimSpace(s), p); ok {
			return true
		}
	}
	return false
}

// identityOf is the identity that a guid or rdf:about stands for, in an item with
// that link, canonical and as written.
func identityOf(id, written, link string) string {
	if !isWebAddress(id) {
		return id
	}
	if id == written && link != "" && !strings.Contains(id, "#") {
		return identityURL(link)
	}
	u, err := CanonicalURL(id, "")
	if err != nil {
		return id
	}
	if i := strings.IndexByte(id, '#'); i >= 0 {
		// BBC: guid = link + "#" + number of the edition. Any other fragment may
		// be all that tells two entries of a live page apart.
		if frag := id[i+1:]; !isCounter(frag) || identityURL(u) != identityURL(link) {
			return identityURL(u) + "#" + frag
		}
	}
	return identityURL(u)
}

func isCounter(s string) bool { return s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == "" }

// identityURL drops the scheme: feeds move from http to https.
func identityURL(u string) string {
	_, rest, ok := strings.Cut(u, "://")
	if !ok {
		return u
	}
	return rest
}

// oneLine is for what is kept as written but for its spaces: pretty printers
// break lines inside of ids.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return s
	}
	return strings.Join(strings.Fields(cleanRunes(s)), " ")
}

func resolveOr(link, base string) string {
	if strings.TrimSpace(link) == "" {
		return ""
	}
	u, err := CanonicalURL(link, base)
	if err != nil {
		return ""
	}
	return u
}

// runePrefix returns at most n bytes of s, whole runes.
func runePrefix(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func clipBytes(s string, n int) string { return strings.TrimSpace(runePrefix(s, n)) }
