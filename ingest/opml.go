package ingest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html/charset"
)

// Bounds of an OPML file: far above any reader's export, far below memory.
const (
	maxOPMLBytes    = 4 << 20
	maxOPMLDepth    = 100
	maxOPMLOutlines = 20_000
)

// Outline is one feed of an OPML file. Folders are not kept.
type Outline struct {
	URL, Title string
	Language   string
	Country    string // ISO 3166-1 alpha-2, "" where the entry names none
}

// ReadOPML reads the feeds of an OPML file, nested ones too, each URL once.
// Entries that cannot be used are left out and reported together, with line and
// title; the feeds returned beside such an error are good.
func ReadOPML(r io.Reader) ([]Outline, error) {
	lr := &io.LimitedReader{R: r, N: maxOPMLBytes + 1}
	d := xml.NewDecoder(withoutControls{lr})
	d.Strict = false
	d.Entity = xml.HTMLEntity
	d.CharsetReader = charset.NewReaderLabel
	var (
		out   []Outline
		errs  []error
		seen  = map[string]bool{}
		depth int
		root  bool
	)
	for {
		tok, err := d.Token()
		if lr.N <= 0 {
			return out, errors.Join(append(errs, fmt.Errorf("opml: larger than %d MB", maxOPMLBytes>>20))...)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			line, _ := d.InputPos()
			errs = append(errs, fmt.Errorf("opml line %d: the file cannot be read further: %w", line, err))
			break
		}
		switch tok := tok.(type) {
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; depth > maxOPMLDepth {
				return out, errors.Join(append(errs, fmt.Errorf("opml: nested deeper than %d", maxOPMLDepth))...)
			}
			name := strings.ToLower(tok.Name.Local)
			if !root {
				if name != "opml" {
					return nil, fmt.Errorf("opml: the root element is <%s>, not <opml>; export the feed list as OPML", clipText(tok.Name.Local, 40))
				}
				root = true
				continue
			}
			if name != "outline" {
				continue
			}
			o, isFeed, err := readOutline(tok)
			if err != nil {
				line, _ := d.InputPos()
				if len(errs) < 100 {
					errs = append(errs, fmt.Errorf("opml line %d, %q: %w", line, clipText(o.Title, 80), err))
				}
				continue
			}
			if !isFeed || seen[o.URL] {
				continue
			}
			if len(out) >= maxOPMLOutlines {
				return out, errors.Join(append(errs, fmt.Errorf("opml: more than %d feeds", maxOPMLOutlines))...)
			}
			seen[o.URL] = true
			out = append(out, o)
		}
	}
	if !root && len(errs) == 0 {
		errs = append(errs, errors.New("opml: nothing in it is an <opml> element; export the feed list as OPML"))
	}
	return out, errors.Join(errs...)
}

// withoutControls reads spaces for the control characters that XML forbids: one in
// a title must not cost the rest of the file.
type withoutControls struct{ r io.Reader }

func (w withoutControls) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	for i, c := range p[:n] {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' {
			p[i] = ' '
		}
	}
	return n, err
}

// Feed is the feed of an outline. A title that is the address was written for
// want of one.
func (o Outline) Feed() Feed {
	f := Feed{URL: o.URL, Outlet: o.Title, Language: o.Language, Country: o.Country}
	if o.Title == o.URL {
		f.Outlet = ""
	}
	return f
}

// isCountry tells whether a text has the form of an ISO 3166-1 alpha-2 code.
func isCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// readOutline reads one element; isFeed is false for a folder, a bookmark or an
// include.
func readOutline(e xml.StartElement) (o Outline, isFeed bool, err error) {
	attr := map[string]string{}
	for i, a := range e.Attr {
		if i >= 64 {
			break
		}
		attr[strings.ToLower(a.Name.Local)] = strings.TrimSpace(a.Value)
	}
	o.Title = titleText(attr["title"])
	if o.Title == "" {
		o.Title = titleText(attr["text"])
	}
	o.Language = declaredLanguage(attr["language"])
	if c := strings.ToUpper(attr["country"]); isCountry(c) {
		o.Country = c
	}
	raw := attr["xmlurl"]
	if raw == "" {
		switch strings.ToLower(attr["type"]) {
		case "rss", "rss1", "atom", "rdf":
			return o, false, errors.New("the entry is a feed without xmlUrl; add the feed's address or remove the entry")
		}
		return o, false, nil
	}
	// feed: is the old way to make a browser hand a link to a reader.
	if rest, ok := cutPrefixFold(raw, "feed:"); ok {
		raw = rest
		if strings.HasPrefix(raw, "//") {
			raw = "http:" + raw
		}
	}
	raw = stripURLSpace(raw)
	u, perr := url.Parse(raw)
	if perr != nil || len(raw) > maxURLBytes || u.Host == "" || !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https") {
		return o, false, fmt.Errorf("xmlUrl %q is not an http or https address", clipText(raw, 120))
	}
	o.URL = strings.ToValidUTF8(raw, "")
	return o, true, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// WriteOPML writes feeds as OPML 2.0, one line each.
func WriteOPML(w io.Writer, feeds []Outline) error {
	var b strings.Builder
	b.WriteString(xml.Header + "<opml version=\"2.0\">\n  <head><title>Tocsin feeds</title></head>\n  <body>\n")
	attr := func(name, value string) {
		b.WriteString(" " + name + `="`)
		_ = xml.EscapeText(&b, []byte(value)) // a Builder takes every write
		b.WriteByte('"')
	}
	for _, f := range feeds {
		title := f.Title
		if title == "" {
			title = f.URL
		}
		b.WriteString(`    <outline type="rss"`)
		attr("text", title)
		attr("title", title)
		attr("xmlUrl", f.URL)
		if f.Language != "" {
			attr("language", f.Language)
		}
		if f.Country != "" {
			attr("country", f.Country)
		}
		b.WriteString("/>\n")
	}
	b.WriteString("  </body>\n</opml>\n")
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write opml: %w", err)
	}
	return nil
}
