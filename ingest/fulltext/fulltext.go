// Package fulltext gets the text of an article from its page, for feeds that
// carry only a teaser.
//
// It answers what the article says, as HTML for the caller's own plain text,
// and leaves to others how requests are made (Config.Get) and whether the text
// is worth having. What callers may rely on:
//
//   - No page is asked for that robots.txt forbids us, and no text is used from
//     a page that the robots.txt of its final address forbids.
//   - A host gets one request at a time, with a pause between two.
//   - Pages are strangers: size, nesting, node count and work are bounded, and
//     a page that breaks the extraction is a reason like any other.
//   - Nothing runs when no call does: the package starts no goroutine.
package fulltext

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

const (
	// minChars is what a text needs to be one. Error pages, captchas and consent
	// walls come with status 200 and a sentence or two.
	minChars = 250

	textsFor   = time.Hour // a result answers for its page: newsrooms edit, feeds of one outlet overlap
	textsBytes = 32 << 20  // all kept results together

	acceptHTML = "text/html, application/xhtml+xml;q=0.9"
)

// Config says how pages are asked for. Only Get is required.
type Config struct {
	// Get asks for url once and follows at least five redirects, each hop through
	// the caller's guard. It reads maxBytes of the decompressed body and no more.
	// Every status is an answer; an error means that there was none.
	Get func(ctx context.Context, url, accept string, maxBytes int64) (*Page, error)

	UserAgent string        // as Get sends it; robots.txt knows us by its first word before "/". "" is "Tocsin"
	MaxBytes  int64         // a larger page is not used; 0 is 4 MiB
	PerHost   time.Duration // shortest pause between two requests to one host; 0 is 2 s. Crawl-delay raises it, to 30 s at most
	Pages     int           // results kept for an hour; 0 is 1,000
}

// Page is the answer to one GET.
type Page struct {
	Status      int
	ContentType string
	FinalURL    string // after redirects; "" is the address that was asked for
	Body        []byte
	Truncated   bool // the body goes on beyond maxBytes
}

// Text is what a page says.
type Text struct {
	Title     string    // without the site's name, where that can be told; may be ""
	Body      string    // HTML of the article without navigation, captions and links to other stories
	Language  string    // as the page declares it; may be ""
	Published time.Time // UTC; zero unless the page states an instant with its zone
}

// Fetcher gets the texts of pages. It is safe for concurrent use.
type Fetcher struct {
	cfg   Config
	agent string

	mu     sync.Mutex
	texts  cache[result]
	robots cache[robots]
	flying map[string]*flight
	hosts  map[string]*host
	sweep  int // number of hosts at which idle ones are forgotten
}

// result is what became of a page: a text and its size, or an error.
type result struct {
	text  Text
	chars int
	paid  bool // the page says that it is not for everybody
	err   *Error
	until time.Time
}

// flight is a page being fetched, for the calls that want the same one.
type flight struct {
	done    chan struct{}
	res     result
	aborted bool // the call that fetched gave up: the next one has to
}

// New returns a Fetcher.
func New(cfg Config) *Fetcher {
	if cfg.UserAgent == "" {
		cfg.UserAgent = "Tocsin"
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = 4 << 20
	}
	if cfg.PerHost <= 0 {
		cfg.PerHost = 2 * time.Second
	}
	if cfg.Pages <= 0 {
		cfg.Pages = 1000
	}
	return &Fetcher{
		cfg:    cfg,
		agent:  productToken(cfg.UserAgent),
		texts:  newCache[result](cfg.Pages, textsBytes),
		robots: newCache[robots](robotsHosts, robotsTotal),
		flying: map[string]*flight{},
		hosts:  map[string]*host{},
	}
}

// Text returns the text of the page at pageURL, which must have no fewer than
// atLeast characters (the length of the teaser it replaces) and never fewer
// than 250. Every error is an *Error; the caller then keeps what it has.
//
// It waits for its turn at the host, until ctx ends. Calls for one page share
// one fetch, and a result is kept for an hour, failures that time does not mend
// included.
func (f *Fetcher) Text(ctx context.Context, pageURL string, atLeast int) (Text, error) {
	u, err := address(pageURL)
	if err != nil {
		return Text{}, &Error{URL: clip(pageURL), Reason: ReasonAddress, Err: err}
	}
	res := f.result(ctx, u)
	if res.err != nil {
		return Text{}, res.err
	}
	if want := max(atLeast, minChars); res.chars < want {
		e := &Error{URL: clip(u.String()), Reason: ReasonTooShort, Err: fmt.Errorf("%d characters of text, %d are wanted", res.chars, want)}
		if res.paid {
			e.Reason = ReasonPaywall
		}
		return Text{}, e
	}
	return res.text, nil
}

// result is the kept result of a page, or that of a call that is fetching it,
// or what this call fetches.
func (f *Fetcher) result(ctx context.Context, u *url.URL) result {
	key := u.String()
	for {
		f.mu.Lock()
		if res, ok := f.texts.get(key); ok && time.Now().Before(res.until) {
			f.mu.Unlock()
			return res
		}
		fl := f.flying[key]
		if fl == nil {
			fl = &flight{done: make(chan struct{}), aborted: true}
			f.flying[key] = fl
			f.mu.Unlock()
			return f.lead(ctx, key, u, fl)
		}
		f.mu.Unlock()
		select {
		case <-fl.done:
			if !fl.aborted {
				return fl.res
			}
		case <-ctx.Done():
			return result{err: stopped(u, ctx.Err())}
		}
	}
}

// lead fetches on behalf of every call that joined the flight.
func (f *Fetcher) lead(ctx context.Context, key string, u *url.URL, fl *flight) result {
	defer func() { // also when Get panics: who waits must not wait for ever
		f.mu.Lock()
		delete(f.flying, key)
		f.mu.Unlock()
		close(fl.done)
	}()
	res := f.fetch(ctx, u)
	if res.err == nil || !res.err.Temporary() {
		res.until = time.Now().Add(textsFor)
		f.mu.Lock()
		f.texts.put(key, res, len(key)+len(res.text.Body)+len(res.text.Title)+500)
		f.mu.Unlock()
	}
	fl.res, fl.aborted = res, res.err != nil && (ctx.Err() != nil || errors.Is(res.err, errNoTurn))
	return res
}

func (f *Fetcher) fetch(ctx context.Context, u *url.URL) result {
	fail := func(reason string, err error) result {
		return result{err: &Error{URL: clip(u.String()), Reason: reason, Err: err}}
	}
	gap, denied := f.allowed(ctx, u)
	if denied != nil {
		return result{err: denied}
	}
	page, err := f.page(ctx, u, gap)
	if err != nil {
		return result{err: noAnswer(ctx, u, err)}
	}
	if page.Status < 200 || page.Status > 299 {
		return result{err: &Error{URL: clip(u.String()), Reason: ReasonStatus, Status: page.Status}}
	}
	final := u
	if page.FinalURL != "" {
		if final, err = address(page.FinalURL); err != nil {
			return fail(ReasonAddress, fmt.Errorf("redirected to what cannot be asked: %w", err))
		}
	}
	if final.String() != u.String() {
		if _, denied = f.allowed(ctx, final); denied != nil {
			return result{err: denied}
		}
		// A story that was taken down often leads to the front page, whose
		// dead and wounded belong to other stories.
		if len(final.Path) <= 1 && final.RawQuery == "" && (len(u.Path) > 1 || u.RawQuery != "") {
			return fail(ReasonElsewhere, errors.New("the page leads to the front page of "+final.Host))
		}
	}
	if page.Truncated {
		return fail(ReasonTooLarge, fmt.Errorf("more than %d bytes", f.cfg.MaxBytes))
	}
	if !isHTML(page) {
		return fail(ReasonNotHTML, fmt.Errorf("it is %q", clip(page.ContentType)))
	}
	res, reason, err := unbroken(func() (result, string, error) { return extract(page.Body, page.ContentType, final) })
	if err != nil {
		return fail(reason, err)
	}
	return res
}

func (f *Fetcher) page(ctx context.Context, u *url.URL, gap time.Duration) (*Page, error) {
	h, err := f.enter(ctx, u.Hostname())
	if err != nil {
		return nil, err
	}
	defer f.leave(h)
	if err := h.wait(ctx, gap); err != nil {
		return nil, err
	}
	return f.ask(ctx, h, u.String(), acceptHTML, f.cfg.MaxBytes)
}

// isHTML asks the header, and the first bytes: PDF files are served as text/html.
func isHTML(p *Page) bool {
	sniffed := http.DetectContentType(p.Body)
	if p.ContentType == "" {
		return strings.HasPrefix(sniffed, "text/html")
	}
	media, _, err := mime.ParseMediaType(p.ContentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return (media == "text/html" || media == "application/xhtml+xml") && strings.HasPrefix(sniffed, "text/")
}

// address reads a URL that may be asked for, and spells it in one way. It has no
// credentials: those of a stranger's link are not ours to use.
func address(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil {
		return nil, errors.New("it cannot be read")
	}
	u.Scheme, u.Host = strings.ToLower(u.Scheme), strings.ToLower(u.Host)
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, errors.New("only http and https with a host can be asked")
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	if u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return u, nil
}
