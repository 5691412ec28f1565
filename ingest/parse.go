package ingest

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	feedatom "github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	feedjson "github.com/mmcdole/gofeed/json"
	feedrss "github.com/mmcdole/gofeed/rss"
	"golang.org/x/net/html"
)

// Limits bounds what one body may cost. Zero values mean DefaultLimits'.
type Limits struct {
	MaxItems     int       // items read from one body; the first ones win, feeds put the newest first
	MaxTextBytes int       // of summary and body each
	MaxDepth     int       // nesting of elements; an item beyond it is skipped
	Now          time.Time // a date more than a day after Now is not believed; zero believes all
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
	Partial    bool
	Skipped    int      // items that were not read: broken, empty, or beyond Limits.MaxItems
	Duplicates int      // items that repeat another one of the same body
	Problems   []string // for the log, at most 20
	TTL        time.Duration
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
	if trimmed == "" {
		return nil, &ParseError{Reason: ReasonEmpty, Err: errors.New("no content")}
	}
	r := reader{info: info, limits: limits}
	switch {
	case trimmed[0] == '{' || trimmed[0] == '[':
		err = r.readJSON(trimmed)
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

	guesses int    // texts whose language was guessed
	guessed string // what the last reliable guess said
	mixed   bool   // and not all of them said the same
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
	r.out.Partial = f.partial
	for _, p := range f.problems {
		r.problem("%s", p)
	}
	f.settleNamespaces()
	before, after := f.frame()
	rawBytes := max(4*r.limits.MaxTextBytes, 64<<10) // markup comes on top of the text
	r.xmlHead(f, before, after)
	for i, it := range f.items {
		doc, cut, err := repairXML(it.raw, r.limits.MaxDepth, rawBytes)
		var raw rawItem
		if err == nil {
			raw, err = f.item(before+doc+after, it)
		}
		if err != nil {
			r.out.Skipped++
			r.out.Partial = true
			r.problem("item %d cannot be read: %v", i+1, err)
			continue
		}
		if cut {
			r.problem("item %d: too large, cut (%d bytes an element, %d elements)", i+1, rawBytes, maxElements)
		}
		r.items = append(r.items, raw)
	}
	if f.over > 0 {
		r.out.Skipped += f.over
		r.problem("%d items beyond the first %d not read; raise ingest.max_items if they are wanted", f.over, r.limits.MaxItems)
	}
	if f.deep > 0 {
		r.out.Skipped += f.deep
		r.out.Partial = true
		r.problem("%d items nested deeper than %d not read", f.deep, r.limits.MaxDepth)
	}
	return nil
}

// settleNamespaces gives the root the namespaces that gofeed wants to see: it
// takes elements of a default namespace which it does not know for an extension,
// and then finds no items.
func (f *xmlFeed) settleNamespaces() {
	fix := func(attrs []xmlAttr) []xmlAttr {
		return slices.DeleteFunc(slices.Clone(attrs), func(a xmlAttr) bool {
			return a.name == "xmlns" && (f.kind == "rss" || f.kind == "feed" && !feedNamespaces[strings.ToLower(a.value)])
		})
	}
	f.rootAttrs, f.channelAttrs = fix(f.rootAttrs), fix(f.channelAttrs)
}

func (r *reader) xmlHead(f *xmlFeed, before, after string) {
	doc, _, err := repairXML(f.head, r.limits.MaxDepth, maxHeadBytes)
	if err != nil {
		r.problem("head of the feed: %v", err)
		return
	}
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
	}
	if r.out.Language == "" {
		r.out.Language = firstOf(extValue(exts, "dc", "language"), attrValue(f.channelAttrs, "xml:lang"), attrValue(f.rootAttrs, "xml:lang"))
	}
	if r.out.TTL == 0 {
		r.out.TTL = syndicationPeriod(extValue(exts, "sy", "updatePeriod"), extValue(exts, "sy", "updateFrequency"))
	}
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

// item maps one item's document.
func (f *xmlFeed) item(doc string, it xmlItem) (rawItem, error) {
	attrs := parseAttrs(it.attrs)
	lang := attrValue(attrs, "xml:lang")
	if f.kind == "feed" {
		h, err := (&feedatom.Parser{}).Parse(strings.NewReader(doc))
		if err != nil {
			return rawItem{}, err
		}
		if len(h.Entries) != 1 {
			return rawItem{}, fmt.Errorf("%d entries in one", len(h.Entries))
		}
		return fromAtom(h.Entries[0], lang), nil
	}
	h, err := (&feedrss.Parser{}).Parse(strings.NewReader(doc))
	if err != nil {
		return rawItem{}, err
	}
	if len(h.Items) != 1 {
		return rawItem{}, fmt.Errorf("%d items in one", len(h.Items))
	}
	raw := fromRSS(h.Items[0], lang)
	for _, a := range attrs { // gofeed drops it
		if localName(a.name) == "about" {
			raw.about = strings.TrimSpace(a.value)
		}
	}
	return raw, nil
}

func fromRSS(it *feedrss.Item, lang string) rawItem {
	x := it.Extensions
	raw := rawItem{
		link:      firstOf(it.Links...),
		permalink: true,
		title:     firstOf(it.Title, extValue(x, "dc", "title"), extValue(x, "media", "title")),
		summary:   firstOf(it.Description, extValue(x, "dc", "description"), extValue(x, "atom", "summary"), extValue(x, "itunes", "summary")),
		content:   firstOf(it.Content, it.Custom["encoded"], it.Custom["content"], extValue(x, "atom", "content"), it.Custom["body"]),
		published: []string{it.PubDate, it.Custom["pubdate"], extValue(x, "dc", "date"), extValue(x, "dcterms", "issued"),
			extValue(x, "dcterms", "created"), extValue(x, "dcterms", "date"), extValue(x, "atom", "published"), it.Custom["published"], it.Custom["date"]},
		updated: []string{extValue(x, "atom", "updated"), extValue(x, "dcterms", "modified"), it.Custom["updated"], it.Custom["lastUpdated"]},
		lang:    firstOf(extValue(x, "dc", "language"), lang, it.Custom["language"]),
	}
	if it.GUID != nil {
		raw.guid = strings.TrimSpace(it.GUID.Value)
		raw.permalink = !strings.EqualFold(strings.TrimSpace(it.GUID.IsPermalink), "false")
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

func fromAtom(e *feedatom.Entry, lang string) rawItem {
	raw := rawItem{
		guid: strings.TrimSpace(e.ID), permalink: true, title: e.Title, summary: e.Summary,
		link:      firstOf(extValue(e.Extensions, "feedburner", "origLink"), atomLink(e.Links)),
		published: []string{e.Published, extValue(e.Extensions, "dc", "date")},
		updated:   []string{e.Updated},
		lang:      firstOf(lang, extValue(e.Extensions, "dc", "language")),
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

// pageFeeds returns the feeds that a page names in its head.
func pageFeeds(s, base string) []string {
	z := html.NewTokenizer(strings.NewReader(s[:min(len(s), 256<<10)]))
	var out []string
	for len(out) < 3 {
		tt := z.Next()
		if tt == html.ErrorToken {
			return out
		}
		if tt != html.StartTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		if t.Data == "body" {
			return out
		}
		if t.Data != "link" {
			continue
		}
		attr := map[string]string{}
		for _, a := range t.Attr {
			attr[a.Key] = a.Val
		}
		switch strings.ToLower(attr["type"]) {
		case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml":
		default:
			continue
		}
		if u, err := CanonicalURL(attr["href"], base); err == nil && !slices.Contains(out, u) {
			out = append(out, u)
		}
	}
	return out
}

// readJSON reads a JSON Feed, each element of its items by itself.
func (r *reader) readJSON(s string) error {
	f, err := cutJSON(s, r.limits)
	if err != nil {
		return err
	}
	var head feedjson.Feed
	if err := json.Unmarshal([]byte(f.head), &head); err != nil {
		r.problem("head of the feed: %v", err)
		r.out.Partial = r.out.Partial || !f.whole
	}
	r.out.Title, r.out.Language, r.out.Link = head.Title, head.Language, head.HomePageURL
	if !f.whole {
		r.out.Partial = true
		r.problem("the body ends before the feed does")
	}
	for i, raw := range f.items {
		var it feedjson.Item
		if err := json.Unmarshal([]byte(raw), &it); err != nil {
			r.out.Skipped++
			r.out.Partial = true
			r.problem("item %d cannot be read: %v", i+1, err)
			continue
		}
		r.items = append(r.items, fromJSON(&it))
	}
	if f.over > 0 {
		r.out.Skipped += f.over
		r.problem("%d items beyond the first %d not read; raise ingest.max_items if they are wanted", f.over, r.limits.MaxItems)
	}
	return nil
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

// jsonFeed is a JSON Feed cut into pieces.
type jsonFeed struct {
	head  string // the document with an empty list of items
	items []string
	over  int
	whole bool
}

// cutJSON finds the elements of the top-level "items" by counting brackets
// outside of strings.
func cutJSON(s string, limits Limits) (*jsonFeed, error) {
	var (
		f         jsonFeed
		depth     int
		inString  bool
		strStart  int
		key       string // last string at depth 1
		itemsAt   = -1   // position behind the "[" of items
		itemsEnd  = -1
		elemStart = -1
	)
	if s[0] == '[' {
		return nil, &ParseError{Reason: ReasonNotAFeed, Err: errors.New("it is a JSON list")}
	}
	// A line end inside a string is not JSON, but it is no reason to lose an item.
	b := []byte(s)
scan:
	for i := 0; i < len(b); i++ {
		c := b[i]
		if inString {
			switch {
			case c == '\\':
				i++
			case c == '"':
				inString = false
				if depth == 1 {
					key = s[strStart:i]
				}
			case c < 0x20:
				b[i] = ' '
			}
			continue
		}
		switch c {
		case '"':
			inString, strStart = true, i+1
		case '{', '[':
			if depth++; depth > limits.MaxDepth {
				return nil, &ParseError{Reason: ReasonTooDeep, Err: errTooDeep}
			}
			if c == '[' && depth == 2 && key == "items" && itemsAt < 0 {
				itemsAt = i + 1
			} else if c == '{' && depth == 3 && itemsAt >= 0 && itemsEnd < 0 {
				elemStart = i
			}
		case '}', ']':
			depth--
			if depth == 2 && elemStart >= 0 {
				if len(f.items) < limits.MaxItems {
					f.items = append(f.items, string(b[elemStart:i+1]))
				} else {
					f.over++
				}
				elemStart = -1
			}
			if depth == 1 && itemsAt >= 0 && itemsEnd < 0 {
				itemsEnd = i
			}
			if depth <= 0 {
				f.whole = true
				b = b[:i+1]
				break scan
			}
		}
	}
	if itemsAt < 0 {
		if !f.whole {
			return nil, &ParseError{Reason: ReasonBroken, Err: errors.New("it is JSON that breaks off before any item")}
		}
		return nil, &ParseError{Reason: ReasonNotAFeed, Err: errors.New("it is JSON without a list of items")}
	}
	f.head = string(b[:itemsAt]) + "]}"
	if itemsEnd >= 0 {
		f.head = string(b[:itemsAt]) + string(b[itemsEnd:])
		if !f.whole {
			f.head = string(b[:itemsAt]) + "]}"
		}
	}
	return &f, nil
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
	for i, raw := range r.items {
		a, identity, fromLink := r.article(i, raw, base)
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
		Outlet: clipBytes(titleText(firstOf(r.info.Outlet, r.out.Title)), maxTitleBytes),
		GUID:   clipBytes(raw.guid, maxGUIDBytes),
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
	a.Language = r.language(raw.lang, firstOf(a.Body, a.Summary))
	a.Authors = authors(raw.authors)
	a.Country = r.info.Country
	r.dates(&a, raw)

	switch {
	case raw.guid != "":
		identity = identityOf(raw.guid, a.URL)
	case raw.about != "":
		identity = identityOf(raw.about, a.URL)
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

// maxGuesses bounds the guessing, a millisecond each, in one body; thousands of
// items in an undeclared language then follow the first ones, if those agree.
const maxGuesses = 30

// language prefers what the configuration says, then the item, then the feed.
func (r *reader) language(item, text string) string {
	declared := firstOf(declaredLanguage(r.info.Language), declaredLanguage(item), r.out.Language)
	if declared != "" {
		return declared
	}
	if r.guesses >= maxGuesses {
		if r.mixed {
			return ""
		}
		return r.guessed
	}
	if len(text) >= guessLetters {
		r.guesses++
	}
	tag := guessLanguage(text)
	if tag != "" {
		r.mixed = r.mixed || r.guessed != "" && r.guessed != tag
		r.guessed = tag
	}
	return tag
}

// sameText ignores how the two are laid out.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	if a == "" || b == "" {
		return false
	}
	return slices.Equal(strings.Fields(a), strings.Fields(b))
}

// earliestDate: no feed is older; what is before is a zero or a typing error.
var earliestDate = time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)

// dates keeps what can be believed: the item's date, else its date of change.
func (r *reader) dates(a *Article, raw rawItem) {
	believe := func(candidates []string) (time.Time, string) {
		for _, c := range candidates {
			t, precision, ok := parseDate(c)
			if !ok || t.Before(earliestDate) || !r.limits.Now.IsZero() && t.After(r.limits.Now.Add(24*time.Hour)) {
				continue
			}
			return t, precision
		}
		return time.Time{}, ""
	}
	a.Published, a.PublishedPrecision = believe(raw.published)
	updated, precision := believe(raw.updated)
	if a.Published.IsZero() {
		a.Published, a.PublishedPrecision = updated, precision
	}
	a.Updated = updated
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

// identityOf is the identity that a guid or rdf:about stands for.
func identityOf(id, link string) string {
	id = strings.TrimSpace(id)
	if !isWebAddress(id) {
		return id
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
func oneLine(s string) string { return strings.Join(strings.Fields(cleanRunes(s)), " ") }

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
