package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/ingest/fulltext"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

var errNATS = errors.New("no answer from NATS")

// flaky is a bucket that fails where it is told to.
type flaky struct {
	jetstream.KeyValue
	del, list, watchAll, lose atomic.Bool
}

func (f *flaky) Delete(ctx context.Context, key string, o ...jetstream.KVDeleteOpt) error {
	if f.del.Load() {
		return errNATS
	}
	return f.KeyValue.Delete(ctx, key, o...)
}

func (f *flaky) ListKeys(ctx context.Context, o ...jetstream.WatchOpt) (jetstream.KeyLister, error) {
	if f.list.Load() {
		return nil, errNATS
	}
	return f.KeyValue.ListKeys(ctx, o...)
}

// Create stores, and loses the answer.
func (f *flaky) Create(ctx context.Context, key string, data []byte, o ...jetstream.KVCreateOpt) (uint64, error) {
	rev, err := f.KeyValue.Create(ctx, key, data, o...)
	if err == nil && f.lose.Load() {
		return 0, errNATS
	}
	return rev, err
}

func (f *flaky) WatchAll(ctx context.Context, o ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	if f.watchAll.Load() {
		return nil, errNATS
	}
	return f.KeyValue.WatchAll(ctx, o...)
}

// fallibly does a round as shareRound does it, of a poller with nothing in hand.
func fallibly(s *share) {
	_, leave, _ := s.round(context.Background())
	for _, n := range leave {
		_ = s.release(context.Background(), n)
	}
}

func covered(all ...*share) (n int, twice bool) {
	for k := range shards {
		by := 0
		for _, s := range all {
			if s.held[k] {
				by++
			}
		}
		n += min(by, 1)
		twice = twice || by > 1
	}
	return n, twice
}

// A release that fails once leaves the shard to nobody for as long as its poller lives.
func TestFailedReleaseOrphans(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	now := time.Now()
	a, o := newShare(t, b, "a", &now), newShare(t, b, "b", &now)
	f := &flaky{KeyValue: a.holders}
	a.holders = f
	fallibly(a)
	fallibly(o)
	f.del.Store(true)
	fallibly(a) // should give b its part; NATS does not answer
	f.del.Store(false)
	for range 10 {
		now = now.Add(beatEvery)
		fallibly(a)
		fallibly(o)
	}
	if n, _ := covered(a, o); n != shards {
		t.Errorf("%d of %d shards have a poller, long after NATS is well again", n, shards)
	}
}

// The same for a take whose answer is lost, of a shard that is not ours any more in the next round.
func TestLostTakeOrphans(t *testing.T) {
	b := bustest.New(t)
	now := time.Now()
	a := newShare(t, b, "a", &now)
	name := ""
	for k := 0; ; k++ {
		name = fmt.Sprint("b", k)
		if (&share{alive: []string{"a", name}}).winner(0) == name {
			break
		}
	}
	o := newShare(t, b, name, &now)
	f := &flaky{KeyValue: a.holders}
	a.holders = f
	f.lose.Store(true)
	fallibly(a) // one take, stored
	f.lose.Store(false)
	fallibly(o)
	for range 10 {
		now = now.Add(beatEvery)
		fallibly(a)
		fallibly(o)
	}
	if n, _ := covered(a, o); n != shards {
		t.Errorf("%d of %d shards have a poller", n, shards)
	}
}

// A poller that was frozen keeps shards that another one has.
func TestFrozenPollerKeepsShards(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"the list of pollers fails once", "its polls take longer than a round"} {
		t.Run(how, func(t *testing.T) {
			b := bustest.New(t)
			now := time.Now()
			always := time.Now()
			a, o := newShare(t, b, "a", &now), newShare(t, b, "b", &always)
			f := &flaky{KeyValue: a.pollers}
			a.pollers = f
			fallibly(a) // all are a's
			if err := f.Purge(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			fallibly(o) // takes them: a is frozen
			now = now.Add(bus.PollerTTL)
			if how == "the list of pollers fails once" {
				f.list.Store(true)
				fallibly(a)
				f.list.Store(false)
			}
			// Its polls are under way: it does not release yet.
			_, leave, err := a.round(t.Context())
			if how != "the list of pollers fails once" {
				_, leave, err = a.round(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			for n := range shards {
				if o.held[n] && a.held[n] && !slices.Contains(leave, n) {
					t.Fatalf("shard %d is the other poller's by its key, and this one, awake again, goes on polling it", n)
				}
			}
		})
	}
}

// A poll that ends well at a host wipes out the Retry-After that another one got there.
func TestHoldIsWiped(t *testing.T) {
	v := newVictim(t, bustest.New(t), func(c *Config) { c.AllowPrivate = []string{"127.0.0.0/8"} })
	asked, release := make(chan struct{}), make(chan struct{})
	v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(asked)
			<-release
			fmt.Fprint(w, rss(itemA))
			return
		}
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(429)
	})
	slow, busy := v.entry(Feed{ID: "slow", URL: v.srv.URL + "/slow"}), v.entry(Feed{ID: "busy", URL: v.srv.URL + "/busy"})
	v.enters(slow)
	if got := v.begins(); len(got) != 1 {
		t.Fatal(got)
	}
	done := make(chan struct{})
	go func() { v.visit(t.Context(), slow); close(done) }()
	<-asked // it has looked at the clock, which goes on below
	v.enters(busy)
	v.begins()
	v.mu.Lock()
	v.at = v.at.Add(slowAnswer)
	v.mu.Unlock()
	if got := v.begins(); len(got) != 1 {
		t.Fatal(got)
	}
	v.visit(t.Context(), busy)
	close(release)
	<-done
	if left := busy.host.next.Sub(v.at); left < 2*time.Hour {
		t.Errorf("the host asked for 2 h of peace and gets %v: a poll that began before ended well", left)
	}
}

// 4: 429 from where a redirect leads holds the host of the redirect, not the one that said it.
func TestHoldOfARedirect(t *testing.T) {
	v := newVictim(t, bustest.New(t), func(c *Config) { c.AllowPrivate = []string{"127.0.0.0/8"} })
	other := newFeedServer(t)
	other.serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(429)
	})
	v.srv.serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/real", 302) })
	v.visits(v.entry(Feed{ID: "moved", URL: v.srv.URL + "/feed.xml"}))
	held := func(address string) bool { return v.hostOf(address).next.Sub(v.at) > time.Hour }
	if !held(other.URL) || held(v.srv.URL) {
		t.Errorf("the host that said 429 is held: %v; the one that only redirected: %v", held(other.URL), held(v.srv.URL))
	}
}

// A feed with a new address waits for its old host.
func TestNewAddressWaitsForOldHost(t *testing.T) {
	r := newRig(t, bustest.New(t), "http://old.example/feed.xml")
	e := r.running1()
	r.mu.Lock()
	e.host = r.hostOf(e.feed.URL)
	e.host.next = r.at.Add(24 * time.Hour) // it wants to be left alone
	f := r.feed
	f.URL = "http://new.example/feed.xml"
	r.relistTo(f)
	r.mu.Unlock()
	r.readsDue()
	r.at = r.at.Add(time.Minute)
	r.mu.Lock()
	r.share.beat = r.at
	r.mu.Unlock()
	if start, _ := r.next(); len(start) != 1 {
		t.Errorf("the new address is asked %v from now, when the old host is free", e.at.Sub(r.at))
	}
}

// running1 is the rig's feed in the schedule, of a poller that has all feeds.
func (r *rig) running1() *entry {
	r.mu.Lock()
	for n := range r.share.held {
		r.share.held[n] = true
	}
	e := r.entries[r.feed.ID]
	r.enter([]*entry{e})
	r.mu.Unlock()
	r.readsDue()
	return e
}

// readsDue runs readDue until it has read all.
func (r *rig) readsDue() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() { r.readDue(ctx); close(done) }()
	for {
		r.mu.Lock()
		left := 0
		for _, e := range r.entries {
			if e.index == unread {
				left++
			}
		}
		r.mu.Unlock()
		if left == 0 {
			break
		}
		<-r.wake // it has read some
	}
	cancel()
	<-done
}

// ReadDue reads entries that relist writes. Run with -race.
func TestReadDueRaces(t *testing.T) {
	r := newRig(t, bustest.New(t), "http://a.example/feed.xml")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { r.readDue(ctx); close(done) }()
	r.mu.Lock()
	for n := range r.share.held {
		r.share.held[n] = true
	}
	r.mu.Unlock()
	for range 300 {
		r.mu.Lock()
		e := r.entries[r.feed.ID]
		r.takeOut(e)
		r.enter([]*entry{e})
		r.mu.Unlock()
		r.mu.Lock()
		r.relistTo(r.feed)
		r.mu.Unlock()
	}
	cancel()
	<-done
}

// A change of the list is missed for good when it cannot be read at that moment.
func TestListChangeIsMissed(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"NATS does not answer", "the OPML file is being written"} {
		t.Run(how, func(t *testing.T) {
			b := bustest.New(t)
			opml := filepath.Join(t.TempDir(), "feeds.opml")
			good := `<opml version="2.0"><body><outline type="rss" xmlUrl="http://o.example/feed"/></body></opml>`
			if err := os.WriteFile(opml, []byte(good), 0o600); err != nil {
				t.Fatal(err)
			}
			r := newRig(t, b, "http://a.example/feed.xml", func(c *Config) { c.OPML = []string{opml} })
			f := &flaky{KeyValue: r.list.kv}
			own := &List{f.KeyValue}
			r.list.kv = f
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() { r.watchList(ctx); close(done) }()
			defer func() { cancel(); <-done }()
			add := func(id string) {
				t.Helper()
				if err := own.Add(t.Context(), Planned{Feed: Feed{ID: id, URL: "http://" + id + ".example/"}}); err != nil {
					t.Fatal(err)
				}
			}
			known := func(id string, patience time.Duration) bool {
				over := time.After(patience)
				for {
					r.mu.Lock()
					e := r.entries[id]
					r.mu.Unlock()
					if e != nil {
						return true
					}
					select {
					case <-r.read: // the list was gone through
					case <-over:
						return false
					}
				}
			}
			add("one")
			if !known("one", 30*time.Second) {
				t.Fatal("not even the first")
			}
			if how == "NATS does not answer" {
				f.watchAll.Store(true)
			} else if err := os.WriteFile(opml, []byte(good[:30]), 0o600); err != nil {
				t.Fatal(err)
			}
			add("two")
			known("two", 300*time.Millisecond)
			f.watchAll.Store(false)
			if err := os.WriteFile(opml, []byte(good), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := r.Reload(t.Context(), r.cfg); err != nil { // as the daemon does when the file has changed
				t.Fatal(err)
			}
			if !known("two", backlogEvery+30*time.Second) {
				t.Error("the added feed is not polled, and will not be before the next change of the list")
			}
		})
	}
}

// A feed that is removed and added again while it is being polled is polled twice at one time,
// and what its old poll notes stays in the gauges.
func TestReaddedWhilePolled(t *testing.T) {
	srv := newFeedServer(t)
	var visits sync.WaitGroup
	release, asked := make(chan struct{}), make(chan struct{}, 2)
	srv.serve(func(w http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-release
		w.WriteHeader(500)
	})
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml", func(c *Config) { c.PerHost = 0 })
	r.running1()
	begin := func() (n int) {
		r.at = r.at.Add(slowAnswer + time.Second)
		r.mu.Lock()
		r.share.beat = r.at
		r.mu.Unlock()
		start, _ := r.next()
		for _, e := range start {
			visits.Go(func() { r.visit(t.Context(), e) })
		}
		return len(start)
	}
	if begin() != 1 {
		t.Fatal("nothing begins")
	}
	<-asked
	r.mu.Lock()
	r.relistTo()
	r.relistTo(r.feed)
	r.mu.Unlock()
	r.readsDue()
	again := begin()
	r.mu.Lock()
	r.relistTo()
	r.mu.Unlock()
	close(release)
	visits.Wait()
	if again != 0 {
		t.Error("the feed is polled while a poll of it is under way")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.states) != 0 {
		t.Errorf("no feed is left, and the gauges count %v", r.states)
	}
}

// Gauges of feeds that were paused while polled, or that another poller has now.
func TestGauges(t *testing.T) {
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	e := r.running1()
	r.at = r.at.Add(time.Minute)
	r.mu.Lock()
	r.share.beat = r.at
	r.mu.Unlock()
	if start, _ := r.next(); len(start) != 1 {
		t.Fatal("nothing begins")
	}
	srv.serve(func(w http.ResponseWriter, _ *http.Request) {
		r.mu.Lock()
		r.listed = map[string]Listed{r.feed.ID: {Feed: Feed{ID: r.feed.ID}, Paused: true}}
		r.relistTo(r.feed)
		r.mu.Unlock()
		w.WriteHeader(500)
	})
	r.visit(t.Context(), e)
	if p, f := testutil.ToFloat64(r.metrics.pausedFeeds), testutil.ToFloat64(r.metrics.failing); p != 1 || f != 0 {
		t.Errorf("a paused feed: paused %v, failing %v; want 1, 0", p, f)
	}
}

func TestGaugesOfLeftShards(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	b := bustest.New(t)
	r := newRig(t, b, srv.URL+"/feed.xml", func(c *Config) {
		c.Name = "one"
		for k := range 40 {
			c.Feeds = append(c.Feeds, Feed{ID: fmt.Sprint("feed-", k), URL: fmt.Sprint(srv.URL, "/", k)})
		}
	})
	if err := r.shareRound(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	for id := range r.entries {
		r.note(id, StatusFailing, nil)
	}
	r.mu.Unlock()
	now := r.at
	two := newShare(t, b, "two", &now)
	leaves(t, two)
	if err := r.shareRound(t.Context()); err != nil {
		t.Fatal(err)
	}
	ours := 0
	for id := range r.entries {
		if r.share.held[shardOf(id)] {
			ours++
		}
	}
	if n := testutil.ToFloat64(r.metrics.failing); n != float64(ours) {
		t.Errorf("%v feeds fail; %d are this poller's", n, ours)
	}
}

// Of many new items the oldest get their pages, not the newest.
func TestOldestPagesAreRead(t *testing.T) {
	site := newFeedServer(t)
	var feed strings.Builder
	site.serve(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
		case r.URL.Path == "/feed.xml":
			fmt.Fprint(w, feed.String())
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html><body><article><h1>S</h1>"+strings.Repeat("<p>"+longStory+"</p>", 4)+"</article></body></html>")
		}
	})
	r := newRig(t, bustest.New(t), site.URL+"/feed.xml", func(c *Config) { c.PerHost = 0 })
	r.feed.FullText = true
	var items []string
	for k := range pagesMost + 2 {
		items = append(items, fmt.Sprintf(`<item><guid>%d</guid><title>n%[1]d</title><link>%[2]s/s/%[1]d</link><description>Short.</description><pubDate>%[3]s</pubDate></item>`,
			k, site.URL, r.at.Add(time.Duration(k-100)*time.Minute).Format(time.RFC1123Z)))
	}
	feed.WriteString(rss(items...))
	r.pages = fulltext.New(fulltext.Config{Get: r.fetcher.Page, PerHost: time.Millisecond})
	got := r.pollOnce()
	if len(got) != pagesMost+2 {
		t.Fatalf("%d articles", len(got))
	}
	if got[0].FullText || !got[len(got)-1].FullText {
		t.Errorf("the oldest item has its page: %v; the newest: %v", got[0].FullText, got[len(got)-1].FullText)
	}
}

// A feed that is polled once a week is polled at every restart.
func TestRestartPollsEarly(t *testing.T) {
	srv := newFeedServer(t)
	srv.body(rss(itemA))
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml", func(c *Config) { c.Feeds[0].Every = 7 * 24 * time.Hour })
	r.pollOnce()
	e := r.running1()
	if left := e.due.Sub(r.at); left < 24*time.Hour {
		t.Errorf("after a restart it is due in %v; stored was %v", left, r.state().Due.Sub(r.at))
	}
}

// A redirect to a very long address makes the feed's state too large to be stored, at each poll.
func TestLongRedirect(t *testing.T) {
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.serve(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.RawQuery == "" {
			http.Redirect(w, q, "/feed.xml?"+strings.Repeat("&", 12<<10), 301)
			return
		}
		fmt.Fprint(w, rss(itemA))
	})
	r.pollOnce()
	if st := r.state(); st.Polled.IsZero() {
		t.Error("nothing of the poll is stored")
	}
}

// After a feed has another address, what the hub of the old one sends still goes into it.
func TestOldHubWritesOn(t *testing.T) {
	srv, hub := newFeedServer(t), newTestHub(t)
	r := hubRig(t, srv, hub)
	srv.body(withHub(hub, srv.URL, itemA))
	r.pollOnce()
	r.pollOnce()
	secret := hub.sub.Get("hub.secret")
	r.feed.URL = srv.URL + "/other.xml"
	r.mu.Lock()
	r.relistTo(r.feed)
	r.mu.Unlock()
	srv.body(rss(itemB)) // no hub
	r.pollOnce()
	before := r.lastSeq()
	s := hub.publish(withHub(hub, srv.URL, itemC), secret)
	if got := told(r.articles(before + 1)); len(got) != 0 {
		t.Errorf("status %d; what the old address' hub sent is told as the feed's: %q", s, got)
	}
}

// A permanent redirect is not proven by answers of 304, which most are.
func TestMovedWith304(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	srv.serve(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case q.URL.Path == "/feed.xml":
			http.Redirect(w, q, "/new.xml", 301)
		case q.Header.Get("If-None-Match") == `"x"`:
			w.WriteHeader(304)
		default:
			w.Header().Set("ETag", `"x"`)
			fmt.Fprint(w, rss(itemA))
		}
	})
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	for range 300 { // two days
		r.pollOnce()
	}
	if st := r.state(); st.Location == "" {
		t.Errorf("after 300 polls in %v the redirect is still asked each time: %+v", r.at.Sub(st.Success), st.Moving)
	}
}

var _ = url.Parse

func (r *rig) relistTo(feeds ...Feed) {
	r.configured = feeds
	r.relist()
}

// A feed that moved for good to where it is refused later is not asked for at its own address any more.
func TestMovedToARefusal(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	moving := true
	srv.serve(func(w http.ResponseWriter, q *http.Request) {
		switch {
		case moving && q.URL.Path == "/feed.xml":
			http.Redirect(w, q, "/new.xml", 301)
		case !moving && q.URL.Path == "/new.xml":
			w.WriteHeader(403)
		default:
			fmt.Fprint(w, rss(itemA))
		}
	})
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	for range movedPolls {
		r.pollOnce()
	}
	if r.state().Location == "" {
		t.Fatal("not moved")
	}
	moving = false
	for range 20 {
		r.pollOnce()
	}
	if st := r.state(); st.Failures > 0 {
		t.Errorf("%d failures; its own address has the feed", st.Failures)
	}
}

// What a redirect leads to does not speak for the feed: 410 there is a failure as any.
func TestGoneBehindARedirect(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.serve(redirect(http.StatusFound, map[string]string{"/feed.xml": "/mirror"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }))
	r.pollOnce()
	if st := r.state(); !st.Gone.IsZero() || st.Failures != 1 || st.Due.Sub(r.at) > 2*maxRetryAfter {
		t.Errorf("a mirror that is gone left %+v, want a failure", st)
	}
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	r.pollOnce()
	if st := r.state(); st.Gone.IsZero() {
		t.Errorf("a feed that is gone left %+v", st)
	}
}

// A hint that comes while a feed is being polled is not lost.
func TestHintDuringAPoll(t *testing.T) {
	t.Parallel()
	r := newRig(t, bustest.New(t), "http://127.0.0.1:9/feed.xml")
	e := r.entries[r.feed.ID]
	e.host, e.index = r.hostOf(r.feed.URL), visited
	e.host.busy, r.polls = 1, 1
	r.running[shardOf(r.feed.ID)] = 1
	r.share.held[shardOf(r.feed.ID)] = true
	r.pollSoon(r.feed.ID)
	r.putBack(e, verdict{due: r.at.Add(time.Hour)}, time.Second)
	if want := r.at.Add(r.cfg.Every); !e.due.Equal(want) || e.hinted {
		t.Errorf("due at %v, want %v", e.due, want)
	}
}

// Redirects that lead to ever new hosts do not fill the memory.
func TestHostsAreForgotten(t *testing.T) {
	r := newRig(t, bustest.New(t), "http://127.0.0.1:9/feed.xml")
	kept := r.hostOf(r.feed.URL)
	r.entries[r.feed.ID].host = kept
	held := r.hostOf("https://held.example/")
	held.next = r.at.Add(time.Hour)
	for k := range 10_000 {
		r.hostOf(fmt.Sprintf("https://%d.example/", k))
	}
	if n := len(r.hosts); n > 1100 || r.hostOf(r.feed.URL) != kept || r.hostOf("https://held.example/") != held {
		t.Errorf("%d hosts are remembered; want few, and those that matter", n)
	}
}

// However long the address of a feed is, 410 there is its own.
func TestGoneAtALongAddress(t *testing.T) {
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml?"+strings.Repeat("q", 500))
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	r.pollOnce()
	if st := r.state(); st.Gone.IsZero() {
		t.Errorf("a feed that is gone left %+v", st)
	}
}
