package ingest

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus/bustest"
)

// neighbour is a good feed on a host of its own, with one item more every third time.
type neighbour struct {
	feed Feed

	mu    sync.Mutex
	items []string
	asked []time.Time
}

func (n *neighbour) serve(w http.ResponseWriter, _ *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.asked)%3 == 0 {
		k := len(n.items)
		n.items = append(n.items, item(fmt.Sprintf("%s-%d", n.feed.ID, k), fmt.Sprintf("Report %d", k), "It was said.", monday))
	}
	n.asked = append(n.asked, time.Now())
	fmt.Fprint(w, rss(n.items...))
}

// lateness is by how much a feed was asked later than its interval and jitter
// say, each time after the first that lies between two moments.
func (n *neighbour) lateness(every time.Duration, from, to time.Time) (list []time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for k, at := range n.asked {
		if k > 0 && !at.Before(from) && at.Before(to) {
			list = append(list, at.Sub(n.asked[k-1])-every*11/10)
		}
	}
	return list
}

// TestHostileNeighbours runs a poller on good feeds alone, then beside hostile
// ones: what those do costs the good ones no time and no item.
func TestHostileNeighbours(t *testing.T) {
	const (
		good   = 99
		polls  = 2 // of each good feed, in both parts
		every  = 2 * time.Second
		latest = time.Second // of 99 in 100 polls
	)
	b := bustest.New(t)
	warm(t, b)
	watchCosts(t)
	cfg := DefaultConfig()
	reg, book := prometheus.NewRegistry(), &logbook{out: t.Output()}
	cfg.Log, cfg.Metrics, cfg.AllowPrivate = slog.New(book), reg, []string{"127.0.0.1"}
	cfg.PerHost, cfg.Timeout, cfg.MaxBytes = 0, 3*time.Second, 1<<20 // reading up to 16 MiB is another case
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewUnstartedServer(h)
		s.Config.ErrorLog = quietLog()
		s.Start()
		t.Cleanup(s.Close)
		return s.URL
	}

	// A part ends when the good feeds have been polled and the hostile ones have failed.
	var mu sync.Mutex
	var left int
	var unheard map[string]bool
	var ended chan struct{}
	counts := func(polled int, failed string) {
		mu.Lock()
		defer mu.Unlock()
		left -= polled
		delete(unheard, failed)
		if ended != nil && left <= 0 && len(unheard) == 0 {
			close(ended)
			ended = nil
		}
	}
	begins := func(hostile map[string]bool) <-chan struct{} {
		mu.Lock()
		defer mu.Unlock()
		left, unheard, ended = good*polls, hostile, make(chan struct{})
		return ended
	}
	book.heard = func(feed string) { counts(0, feed) }
	var neighbours []*neighbour
	for k := range good {
		n := &neighbour{feed: Feed{ID: fmt.Sprintf("good-%d", k), Every: every}}
		n.feed.URL = serve(func(w http.ResponseWriter, r *http.Request) {
			n.serve(w, r)
			counts(1, "")
		}) + "/feed.xml"
		neighbours = append(neighbours, n)
		cfg.Feeds = append(cfg.Feeds, n.feed)
	}
	junk := strings.Repeat("<item><title>on and on</title></item>", 1000)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	type enemy struct{ url, reason string }
	hostile := map[string]enemy{
		"never-answers": {serve(raw("", hold)), ReasonTimeout},
		"slow-header":   {serve(raw("HTTP/1.1 200 OK\r\nX-Slow: ", drip("a"))), ReasonTimeout},
		"slow-body":     {serve(raw(okHeader+"\r\n<!-- ", drip("x"))), ReasonTruncated},
		"endless": {serve(raw(okHeader+"\r\n<rss><channel>", func(c net.Conn) {
			for err := error(nil); err == nil; {
				_, err = io.WriteString(c, junk)
			}
		})), ReasonTooLarge},
		"bomb":         {serve(serves(string(bombOf(t, "zstd")), "Content-Encoding", "zstd")), ReasonTooLarge},
		"announces":    {serve(raw(okHeader+"Content-Length: 10000000000\r\n\r\n<rss>", nil)), ReasonTooLarge},
		"circle":       {serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }), ReasonRedirect},
		"page":         {serve(loginPage), ReasonHTML},
		"broken":       {serve(fails(http.StatusInternalServerError)), ReasonStatus},
		"busy":         {serve(fails(http.StatusTooManyRequests)), ReasonStatus},
		"missing":      {serve(http.NotFound), ReasonStatus},
		"gone":         {serve(fails(http.StatusGone)), ReasonStatus},
		"resets":       {serve(raw("", reset)), ReasonConnect},
		"nobody":       {"http://" + closed.Addr().String() + "/", ReasonConnect},
		"empty":        {serve(serves("")), ReasonEmpty},
		"large-header": {serve(raw("HTTP/1.1 200 OK\r\nX-Large: "+strings.Repeat("x", 1<<20)+"\r\n\r\n", nil)), ReasonProtocol},
		"no-tls":       {strings.Replace(serve(serves(rss(itemA))), "http://", "https://", 1), ReasonTLS},
		"inside": {serve(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}), ReasonSSRF},
		"deep":  {serve(large("<rss><channel>" + strings.Repeat("<dc:x>", 100_000))), ReasonTooDeep},
		"image": {serve(large("\x89PNG\r\n\x1a\n" + strings.Repeat("\x00IHDR", 100_000))), ReasonNotAFeed},
	}
	both := cfg
	both.Feeds = slices.Clone(cfg.Feeds)
	ids := map[string]bool{}
	for id, h := range hostile {
		both.Feeds = append(both.Feeds, Feed{URL: h.url, ID: id, Every: every})
		ids[id] = true
	}

	var p *Poller
	var parts [3]time.Time // when they began, and when the last one ended
	t.Run("run", func(t *testing.T) {
		watchCosts(t) // with the servers up: it is Run that has to clean up
		if p, err = NewPoller(t.Context(), b, cfg); err != nil {
			t.Fatal(err)
		}
		waits := func(ended <-chan struct{}) {
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Error("the feeds are not polled")
			}
		}
		alone := begins(nil)
		parts[0] = time.Now()
		stop := bustest.Start(t, p.Run)
		waits(alone)
		beside := begins(ids)
		parts[1] = time.Now()
		if err := p.Reload(t.Context(), both); err != nil {
			t.Error(err)
		}
		waits(beside)
		parts[2] = time.Now()
		stop()
	})
	if p == nil {
		return
	}

	var p99 [2]time.Duration
	for part := range p99 {
		var all []time.Duration
		for _, n := range neighbours {
			all = append(all, n.lateness(every, parts[part], parts[part+1])...)
		}
		if len(all) < good {
			t.Fatalf("the good feeds were asked %d times", len(all))
		}
		slices.Sort(all)
		p99[part] = max(all[len(all)*99/100], 0)
	}
	t.Logf("99 in 100 polls are less late than %v alone, than %v beside hostile feeds", p99[0], p99[1])
	// Polls that are late by themselves tell of a machine that has more to do than it can.
	if p99[1] > latest+2*p99[0] {
		t.Errorf("beside hostile feeds 1 in 100 polls is %v late or later, %v without them", p99[1], p99[0])
	}

	// Every item that was served is on the stream, once.
	v := &rig{Poller: p, t: t}
	times := map[string]int{}
	for _, a := range v.articles(1) {
		if times[a.GUID]++; times[a.GUID] > 1 || a.Edition != 1 {
			t.Errorf("%s of %s came %d times, edition %d", a.GUID, a.Feed, times[a.GUID], a.Edition)
		}
	}
	for _, n := range neighbours {
		for k := range n.items[:(len(n.asked)+1)/3] { // but for one that only the last poll had: it was cut short
			if id := fmt.Sprintf("%s-%d", n.feed.ID, k); times[id] != 1 {
				t.Errorf("item %s came %d times", id, times[id])
			}
		}
		if st, _, err := p.mem.loadState(t.Context(), n.feed.ID); err != nil || st.Failures != 0 {
			t.Errorf("%s has %d failures (%v): %s", n.feed.ID, st.Failures, err, st.LastError)
		}
	}
	for id, h := range hostile {
		// On a machine with too much to do any of them may run out of time instead.
		st, _, err := p.mem.loadState(t.Context(), id)
		if err != nil || st.Reason != h.reason && st.Reason != ReasonTimeout || st.Failures == 0 {
			t.Errorf("%s fails for %q, %d times (%v), want %q", id, st.Reason, st.Failures, err, h.reason)
		} else if book.lines(st.Reason) == 0 || testutil.ToFloat64(p.metrics.failures.WithLabelValues(st.Reason)) == 0 {
			t.Errorf("no line of the log or no metric tells of %s", st.Reason)
		}
	}
	if n := testutil.ToFloat64(p.metrics.trips); n != 0 {
		t.Errorf("the breaker tripped %v times for a minority", n)
	}
}
