// Package demo holds a small world of invented news for people who have no
// network or no patience: `tocsin run --demo` serves these feeds from loopback
// and polls them through the real poller, so that alerts appear within seconds.
//
// Every outlet, person and event of the week is made up; the places are real,
// so that the gazetteer has something to find. All items but one archive piece
// are dated in one week, Monday 9 to Sunday 15 March 2026, so that a run says
// the same thing today and in ten years.
//
// The feeds are mixed on purpose: RSS 2.0, RSS 1.0 (RDF), Atom and JSON Feed,
// HTML bodies with captions and scripts, legacy encodings, a document that is
// not well-formed and cut off, and a URL that serves a web page where a feed
// was promised. A feed has phases: the first poll gets the first, the next poll
// the second, so that one can watch items being added and edited and a toll
// rise, and then fall when it is corrected.
//
// What a perfect reader makes of it all is written in expect.json beside this
// file.
package demo

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

//go:embed feeds
var files embed.FS

// Feed is one feed of the demonstration.
type Feed struct {
	Name     string // feed id, fit for a subject token: "harbour-wire"
	Outlet   string // who publishes: "Harbour Wire"
	Path     string // where Handler serves it: "/harbour-wire.rss"
	Language string // BCP 47: "en"
}

// The two feeds that do not parse as they stand, by Feed.Name.
const (
	// Malformed is an RSS 2.0 document with unescaped ampersands, one item
	// whose tags do not match, and no end: the connection that brought it is
	// supposed to have broken in the middle of its last item. A strict XML
	// parser refuses it, and a lenient one stops at the broken item and
	// believes that it has seen all; a reader that salvages gets four items.
	Malformed = "tri-river-news"

	// NotAFeed is the web page of an outlet that has moved its feed: status
	// 200, text/html, no item and no link to a feed. A poll must fail with an
	// error that says so, and must cost no other feed anything.
	NotAFeed = "old-bridge-courier"
)

// feeds is in the order in which Feeds returns it.
var feeds = []Feed{
	{"harbour-wire", "Harbour Wire", "/harbour-wire.rss", "en"},
	{"meridian-post", "The Meridian Post", "/meridian-post.rss", "en"},
	{"north-star-dispatch", "North Star Dispatch", "/north-star-dispatch.atom", "en"},
	{"desk-nine", "Desk Nine", "/desk-nine.json", "en"},
	{"highveld-monitor", "Highveld Monitor", "/highveld-monitor.atom", "en"},
	{"caravan-herald", "Caravan Herald", "/caravan-herald.rdf", "en"},
	{"quayside-gazette", "The Quayside Gazette", "/quayside-gazette.rss", "en"},
	{"lantern-daily", "Lantern Daily", "/lantern-daily.rss", "en"},
	{"bay-and-delta-review", "Bay & Delta Review", "/bay-and-delta-review.json", "en"},
	{"coastline-radio", "Coastline Radio", "/coastline-radio.rss", "en"},
	{"capital-ledger", "The Capital Ledger", "/capital-ledger.rss", "en"},
	{"el-mirador", "El Mirador del Istmo", "/el-mirador.rss", "es"},
	{"tri-river-news", "Tri-River News", "/tri-river-news.rss", "en"},
	{"old-bridge-courier", "Old Bridge Courier", "/old-bridge-courier.html", "en"},
}

// items is the number that Items returns; the test counts them.
const items = 95

// Feeds returns the feeds, each with the path at which Handler serves it, in a
// fixed order. All of them can be polled; two are faulty. Malformed gives up
// its good items only to a reader that salvages, and NotAFeed has to end as a
// failed poll ("not a feed: text/html"), never as an empty success.
func Feeds() []Feed { return append([]Feed(nil), feeds...) }

// Items returns the number of distinct items over all phases of all feeds: what
// a run has read when every feed stands at its last phase. An edited item
// counts once. In Malformed only the whole items count, not the one with
// crossed tags nor the one that is cut off.
func Items() int { return items }

// phase is one state of a feed's document.
type phase struct {
	body     []byte
	etag     string
	modified time.Time
}

// phases reads the states of a feed: name.ext, name.2.ext, name.3.ext and so on.
func phases(f Feed) []phase {
	ext := path.Ext(f.Path)
	var out []phase
	for n := 1; ; n++ {
		file := "feeds/" + f.Name + ext
		if n > 1 {
			file = "feeds/" + f.Name + "." + strconv.Itoa(n) + ext
		}
		body, err := fs.ReadFile(files, file)
		if err != nil {
			return out
		}
		sum := sha256.Sum256(body)
		out = append(out, phase{
			body:     body,
			etag:     `"` + hex.EncodeToString(sum[:12]) + `"`,
			modified: epoch.Add(time.Duration(n) * time.Minute),
		})
	}
}

// epoch is when the week of the corpus is over. A phase is last modified as
// many minutes later as its number says.
var epoch = time.Date(2026, time.March, 16, 0, 0, 0, 0, time.UTC)

// contentTypes by file extension. The XML types carry no charset: the document
// declares it, and two outlets declare another than UTF-8.
var contentTypes = map[string]string{
	".rss":  "application/rss+xml",
	".rdf":  "application/rdf+xml",
	".atom": "application/atom+xml",
	".json": "application/feed+json",
	".html": "text/html; charset=utf-8",
}

// Handler serves each feed at its path, and a list of them at "/".
//
// The n-th GET that brings a document gets phase n, and every one after the
// last phase gets the last. Validators are strong and belong to the phase. A
// conditional GET is answered 304 only when the last phase has been fetched:
// before that there is always something newer than what the client holds. HEAD
// shows what GET would bring and moves nothing.
//
// The state is the Handler's own: two Handlers do not disturb one another. It
// is safe for concurrent use.
func Handler() http.Handler {
	h := &handler{feeds: make(map[string]*served, len(feeds))}
	for _, f := range feeds {
		h.feeds[f.Path] = &served{
			contentType: contentTypes[path.Ext(f.Path)],
			phases:      phases(f),
		}
	}
	return h
}

type handler struct {
	mu    sync.Mutex // guards fetched of every feed
	feeds map[string]*served
}

type served struct {
	contentType string
	phases      []phase
	fetched     int // phases that went out whole, with 200
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if r.URL.Path == "/" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, f := range feeds {
			fmt.Fprintf(w, "%s\t%s\n", f.Path, f.Outlet)
		}
		return
	}
	s, ok := h.feeds[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}

	h.mu.Lock()
	n := min(s.fetched, len(s.phases)-1)
	news := s.fetched < len(s.phases)
	h.mu.Unlock()

	p := s.phases[n]
	header := w.Header()
	header.Set("ETag", p.etag)
	header.Set("Last-Modified", p.modified.Format(http.TimeFormat))
	header.Set("Cache-Control", "no-cache")
	if !news && unchanged(r, p) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header.Set("Content-Type", s.contentType)
	header.Set("Content-Length", strconv.Itoa(len(p.body)))
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(p.body); err != nil {
		return // the client has not got this phase: it stays the next one
	}
	h.mu.Lock()
	s.fetched = max(s.fetched, n+1)
	h.mu.Unlock()
}

// unchanged says whether the request's validators hold for the phase. As in
// RFC 9110, If-Modified-Since counts only where If-None-Match is absent.
func unchanged(r *http.Request, p phase) bool {
	if tags := r.Header.Values("If-None-Match"); len(tags) > 0 {
		for tag := range strings.SplitSeq(strings.Join(tags, ","), ",") {
			tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
			if tag == "*" || tag == p.etag {
				return true
			}
		}
		return false
	}
	since, err := http.ParseTime(r.Header.Get("If-Modified-Since"))
	return err == nil && !p.modified.After(since)
}
