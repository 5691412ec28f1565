package fulltext

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

const (
	maxTokens = 200_000         // tags and pieces of text that remain of a page; articles have a few thousand
	maxWork   = 4_000_000       // see work
	maxAttr   = 512             // bytes of an attribute that are kept
	parseFor  = 3 * time.Second // text between stray table tags costs its length squared
	maxTitle  = 300             // characters
)

// unbroken makes a panic a reason like any other: the libraries were written for
// pages that somebody wants to read.
func unbroken(do func() (result, string, error)) (res result, reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			res, reason, err = result{}, ReasonBroken, fmt.Errorf("the extraction panicked: %v", p)
		}
	}()
	return do()
}

// extract finds the article in a page. The reason goes with err.
func extract(body []byte, contentType string, base *url.URL) (res result, reason string, err error) {
	if len(body) == 0 {
		return result{}, "", nil
	}
	r, err := charset.NewReader(bytes.NewReader(body), contentType)
	if err != nil {
		return result{}, ReasonBroken, fmt.Errorf("its encoding cannot be read: %w", err)
	}
	small, said, err := reduce(r)
	if err != nil {
		return result{}, ReasonTangled, err
	}
	doc, err := html.Parse(&timed{r: bytes.NewReader(small), until: time.Now().Add(parseFor)})
	if err != nil { // the parser refuses more than 512 open elements
		return result{}, ReasonTangled, err
	}
	if w := work(doc, 1); w > maxWork {
		return result{}, ReasonTangled, fmt.Errorf("it is nested too much for its size: %d units of work, %d is the limit", w, maxWork)
	}
	dropFurniture(doc)
	limitHeadings(doc)
	p := readability.NewParser()
	p.DisableJSONLD = true
	p.Logger = slog.New(slog.DiscardHandler)
	article, err := p.ParseAndMutate(doc, base)
	if err != nil {
		return result{}, ReasonBroken, fmt.Errorf("no article found: %w", err)
	}
	res.paid = said.paid
	res.text = Text{
		Title:     firstChars(oneLine(article.Title()), maxTitle),
		Language:  firstChars(oneLine(article.Language()), 35),
		Published: said.published,
	}
	if article.Node == nil {
		return res, "", nil
	}
	for c := article.Node.FirstChild; c != nil; {
		next := c.NextSibling
		dropLinkLines(c)
		c = next
	}
	var b bytes.Buffer
	if err := html.Render(&b, article.Node); err != nil {
		return result{}, ReasonBroken, fmt.Errorf("the article cannot be written: %w", err)
	}
	res.text.Body, res.chars = b.String(), countChars(article.Node)
	return res, "", nil
}

// timed ends a parse that takes too long: the parser reads as it goes.
type timed struct {
	r     io.Reader
	until time.Time
}

func (t *timed) Read(p []byte) (int, error) {
	if time.Now().After(t.until) {
		return 0, fmt.Errorf("parsing it takes more than %v", parseFor)
	}
	return t.r.Read(p)
}

// said is what a page says of itself in its head.
type said struct {
	published time.Time
	paid      bool
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for n := range strings.FieldsSeq(names) {
		m[n] = true
	}
	return m
}

var (
	// inline elements say how text looks. They go because a parser opens those
	// that were left open again in every paragraph: 500 of them make a gigabyte
	// of a megabyte.
	inline = set("abbr acronym b big code em font i ins kbd mark nobr s samp small strike strong tt u var wbr")
	// mute elements hold no prose, for all that is in them.
	mute = set("script style noscript template iframe object applet canvas video audio svg math select textarea xmp noembed noframes map")
	// lone elements have no end and nothing to say.
	lone = set("img input link base source embed param track area col frame keygen bgsound picture plaintext")
	// attrs are what extraction looks at.
	attrs = set("class id role hidden aria-hidden aria-modal style href lang itemprop rel property name content")
)

// reduce copies a page without all that extraction does not look at: most of its
// bytes, and most ways to make a parser or the extraction work without end.
func reduce(r io.Reader) ([]byte, said, error) {
	var (
		b       bytes.Buffer
		s       said
		kept    int
		skip    string // the mute element that is open
		deep    int    // how often
		inTitle bool
		z       = html.NewTokenizer(r)
	)
	b.WriteString("<!DOCTYPE html>")
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			if err := z.Err(); !errors.Is(err, io.EOF) {
				return nil, said{}, err
			}
			return b.Bytes(), s, nil
		}
		if tt != html.TextToken && tt != html.StartTagToken && tt != html.EndTagToken && tt != html.SelfClosingTagToken {
			continue
		}
		t := z.Token()
		if skip != "" {
			switch {
			case tt == html.TextToken && skip == "script":
				s.read(t.Data)
			case tt == html.StartTagToken && t.Data == skip:
				deep++
			case tt == html.EndTagToken && t.Data == skip:
				if deep--; deep == 0 {
					skip = ""
				}
			}
			continue
		}
		if kept++; kept > maxTokens {
			return nil, said{}, fmt.Errorf("it has more than %d tags and pieces of text", maxTokens)
		}
		switch {
		case tt == html.TextToken:
			switch {
			case strings.TrimSpace(t.Data) == "":
				b.WriteByte('\n')
			case inTitle:
				b.WriteString(html.EscapeString(firstBytes(t.Data, maxAttr)))
			default:
				b.WriteString(html.EscapeString(strings.ToValidUTF8(t.Data, "\uFFFD")))
			}
		case inline[t.Data] || lone[t.Data] || strings.ContainsAny(t.Data, `<>"'&`):
		case mute[t.Data]:
			if tt == html.StartTagToken || tt == html.SelfClosingTagToken && t.Data != "svg" && t.Data != "math" {
				skip, deep = t.Data, 1 // HTML knows no <script/>
			}
		case tt == html.EndTagToken:
			inTitle = inTitle && t.Data != "title"
			b.WriteString("</" + t.Data + ">")
		default:
			inTitle = inTitle || t.Data == "title"
			if t.Data == "meta" {
				s.meta(t.Attr)
			}
			b.WriteString("<" + t.Data)
			for _, a := range t.Attr {
				if attrs[a.Key] {
					b.WriteString(" " + a.Key + `="` + html.EscapeString(firstBytes(a.Val, maxAttr)) + `"`)
				}
			}
			b.WriteByte('>')
		}
	}
}

var (
	publishedJSON = regexp.MustCompile(`"datePublished"\s*:\s*"([^"]{10,40})"`)
	paidJSON      = regexp.MustCompile(`"isAccessibleForFree"\s*:\s*(?:false|"(?i:false)")`)
	publishedMeta = set("article:published_time datepublished og:published_time parsely-pub-date")
)

// read looks at a script for what schema.org lets articles declare.
func (s *said) read(script string) {
	if !strings.Contains(script, "schema.org") {
		return
	}
	if m := publishedJSON.FindStringSubmatch(script); m != nil {
		s.at(m[1])
	}
	s.paid = s.paid || paidJSON.MatchString(script)
}

func (s *said) meta(list []html.Attribute) {
	var name, content string
	for _, a := range list {
		switch a.Key {
		case "property", "name", "itemprop":
			name = strings.ToLower(strings.TrimSpace(a.Val))
		case "content":
			content = a.Val
		}
	}
	if publishedMeta[name] {
		s.at(content)
	}
}

// at takes the first instant that a page declares. A date without a zone or a
// time of day is none: it may be off by a day.
func (s *said) at(v string) {
	if !s.published.IsZero() || len(v) > 40 {
		return
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00"} {
		if t, err := time.Parse(layout, strings.TrimSpace(v)); err == nil && t.Year() >= 1990 && time.Until(t) < 24*time.Hour {
			s.published = t.UTC()
			return
		}
	}
}

var (
	// furnitureTags are never part of a story.
	furnitureTags  = set("nav aside figcaption caption dialog menu button")
	furnitureRoles = set("navigation complementary dialog alertdialog banner contentinfo search menu menubar toolbar")
	// furnitureNames are found in class or id, or are one of its words.
	consentNames   = regexp.MustCompile(`(?i)cookie|consent|gdpr`)
	furnitureNames = regexp.MustCompile(`(?i)paywall|newsletter|caption|(?:^|[\s_-])(?:credits?|promo|related|share|sharing|social|subscribe|most-read|trending)(?:$|[\s_-])`)
)

// dropFurniture removes what surrounds or interrupts a story.
func dropFurniture(doc *html.Node) { dropBelow(doc, bytesIn(doc, math.MaxInt)) }

func dropBelow(n *html.Node, pageBytes int) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.ElementNode && isFurniture(c, pageBytes) {
			n.RemoveChild(c)
		} else {
			dropBelow(c, pageBytes)
		}
		c = next
	}
}

// limitHeadings makes paragraphs of long headlines, and of those after the
// first few hundred: each is compared with the title, word by word.
func limitHeadings(doc *html.Node) {
	seen := 0
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "h1" && n.Data != "h2" {
			continue
		}
		if seen++; seen > 300 || bytesIn(n, 500) > 500 {
			n.Data, n.DataAtom = "p", atom.P
		}
	}
}

func isFurniture(n *html.Node, pageBytes int) bool {
	switch {
	case furnitureTags[n.Data]:
		return true
	case n.Data == "html" || n.Data == "body" || n.Data == "main" || n.Data == "article":
		return false
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "role":
			if furnitureRoles[a.Val] {
				return true
			}
		case "class", "id":
			if consentNames.MatchString(a.Val) && !holdsStory(n) {
				return true
			}
			// Sites mark a whole story "share-enabled": a box is a small part.
			if furnitureNames.MatchString(a.Val) && !holdsStory(n) && bytesIn(n, pageBytes/3) <= pageBytes/3 {
				return true
			}
		}
	}
	return false
}

// holdsStory reports whether n is a frame of the page rather than a box in it.
func holdsStory(n *html.Node) bool {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && (c.Data == "h1" || c.Data == "article" || c.Data == "main") {
			return true
		}
	}
	return false
}

// work is what the extraction may have to do: it reads the text below an element
// anew for many elements, so that a piece costs its length for each level above it.
func work(n *html.Node, depth int) (w int) {
	w = depth * (1 + len(n.Data)/16)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w += work(c, depth+1)
	}
	return w
}

var lines = set("p li h1 h2 h3 h4 h5 h6 ul ol div section dl dd dt blockquote")

// dropLinkLines removes the blocks that are links and little else: "Read more:"
// and the stories that a page would have us read next.
func dropLinkLines(n *html.Node) {
	if n.Type != html.ElementNode {
		return
	}
	if lines[n.Data] {
		linked, free := 0, 0
		countLetters(n, false, &linked, &free)
		if free <= 20 && free < linked {
			n.Parent.RemoveChild(n)
			return
		}
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		dropLinkLines(c)
		c = next
	}
}

func countLetters(n *html.Node, inLink bool, linked, free *int) {
	if n.Type == html.TextNode {
		for _, r := range n.Data {
			switch {
			case !unicode.IsLetter(r):
			case inLink:
				*linked++
			default:
				*free++
			}
		}
	}
	inLink = inLink || n.Data == "a" && n.Type == html.ElementNode
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		countLetters(c, inLink, linked, free)
	}
}

// bytesIn is the size of n's text and elements, or something above limit.
func bytesIn(n *html.Node, limit int) (size int) {
	for c := range n.Descendants() {
		if size += len(strings.TrimSpace(c.Data)); size > limit {
			break
		}
	}
	return size
}

// countChars is the length of the text below n, a run of spaces being one.
func countChars(n *html.Node) (count int) {
	space := true
	for c := range n.Descendants() {
		switch c.Type {
		case html.ElementNode:
			if c.Data != "a" && c.Data != "span" && !space {
				count, space = count+1, true
			}
		case html.TextNode:
			for _, r := range c.Data {
				if s := unicode.IsSpace(r); !s || !space {
					count, space = count+1, s
				}
			}
		}
	}
	return count
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func firstChars(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

func firstBytes(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}
