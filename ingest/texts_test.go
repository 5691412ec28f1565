package ingest

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus/bustest"
)

const longStory = "The blast tore through the eastern gate of the bazaar shortly after nine, when families were shopping for the feast, the chief of the provincial police told reporters at the scene."

// TestFullText: feeds with beginnings alone get the text of the pages, as far as
// robots.txt lets us, and editions are told by what the feed has.
func TestFullText(t *testing.T) {
	t.Parallel()
	var pages atomic.Int32
	site := newFeedServer(t)
	var feed atomic.Value
	story := func(extra string) string {
		return "<html><head><title>Story</title></head><body><nav><a href=/>Home</a></nav><article><h1>Story</h1>" + strings.Repeat("<p>"+longStory+extra+"</p>", 4) + "</article></body></html>"
	}
	extra := atomic.Value{}
	extra.Store("")
	site.serve(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /private/\n")
		case r.URL.Path == "/feed.xml":
			fmt.Fprint(w, feed.Load())
		default:
			pages.Add(1)
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, story(extra.Load().(string)))
		}
	})
	link := func(path, text string) string {
		return fmt.Sprintf(`<item><guid>%s</guid><title>%[1]s</title><link>%[2]s%[1]s</link><description>%[3]s</description><pubDate>%[4]s</pubDate></item>`, path, site.URL, text, monday)
	}
	r := newRig(t, bustest.New(t), site.URL+"/feed.xml", func(c *Config) { c.Feeds[0].FullText = true })
	r.feed.FullText = true
	long := strings.Repeat(longStory+" ", 10)
	feed.Store(rss(link("/a", "Four died."), link("/private/b", "Nine died."), link("/long", long)))
	got := map[string]Article{}
	for _, a := range r.pollOnce() {
		got[a.Title] = a
	}
	if a := got["/a"]; !a.FullText || strings.Count(a.Body, "eastern gate") != 4 || strings.Contains(a.Body, "Home") || a.ItemSHA256 == a.ContentSHA256 || a.ContentSHA256 != ContentHash(a.Title, a.Summary, a.Body) {
		t.Errorf("the page of a teaser gave %+v", a)
	}
	if a := got["/private/b"]; a.FullText || !strings.Contains(a.Summary+a.Body, "Nine died.") {
		t.Errorf("a page that robots.txt forbids gave %+v", a)
	}
	if a := got["/long"]; a.FullText {
		t.Errorf("a feed with whole texts was read from its pages: %+v", a)
	}
	if n := pages.Load(); n != 1 {
		t.Errorf("%d pages asked for, want one", n)
	}
	for reason, want := range map[string]float64{"read": 1, "robots": 1} {
		if n := testutil.ToFloat64(r.metrics.pages.WithLabelValues(reason)); n != want {
			t.Errorf("pages{%s} %v, want %v", reason, n, want)
		}
	}
	// The page changes, the feed does not: nothing. The feed does: an edition.
	extra.Store(" Updated.")
	feed.Store(rss(link("/a", "Four died."), "<!-- touched -->"))
	if again := r.pollOnce(); len(again) != 0 {
		t.Errorf("an unchanged item is told again: %q", told(again))
	}
	feed.Store(rss(link("/a", "Five died.")))
	again := r.pollOnce()
	if len(again) != 1 || again[0].Edition != 2 {
		t.Errorf("an edited item gave %q", told(again))
	}
	if a := got["/a"]; a.MsgID() != (&Article{ID: a.ID, Edition: 1, ContentSHA256: a.ItemSHA256}).MsgID() {
		t.Errorf("message id %s depends on the page: a crash would tell it twice", a.MsgID())
	}
}
