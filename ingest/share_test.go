package ingest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// shareRig is pollers' shares on one bus, with a clock of their own.
func newShare(t *testing.T, b *bus.Bus, name string, now *time.Time) *share {
	t.Helper()
	pollers, err := b.Bucket(t.Context(), bus.PollersBucket)
	if err != nil {
		t.Fatal(err)
	}
	holders, err := b.Bucket(t.Context(), bus.StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	return &share{name: name, pollers: pollers, holders: holders, now: func() time.Time { return *now }}
}

func (s *share) count() (n int) {
	for _, h := range s.held {
		if h {
			n++
		}
	}
	return n
}

// leaves does a round and gives up at once what is to be given up.
func leaves(t *testing.T, s *share) {
	t.Helper()
	_, leave, err := s.round(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range leave {
		if err := s.release(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPollersShareWithoutOverlap(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	now := time.Now()
	all := []*share{newShare(t, b, "a", &now), newShare(t, b, "b", &now), newShare(t, b, "c", &now)}
	once := func() {
		t.Helper()
		for n := range shards {
			by := 0
			for _, s := range all {
				if s.held[n] {
					by++
				}
			}
			if by > 1 {
				t.Fatalf("shard %d has %d pollers", n, by)
			}
		}
	}
	leaves(t, all[0])
	if got := all[0].count(); got != shards {
		t.Fatalf("alone, a poller holds %d of %d shards", got, shards)
	}
	for range 3 {
		for _, s := range all {
			leaves(t, s)
			once()
		}
	}
	sum := 0
	for _, s := range all {
		if s.count() < shards/8 {
			t.Errorf("%s holds %d of %d shards", s.name, s.count(), shards)
		}
		sum += s.count()
	}
	if sum != shards {
		t.Fatalf("%d of %d shards are held", sum, shards)
	}
	// One leaves in order: the others have its part in their next round.
	if err := all[1].end(t.Context()); err != nil {
		t.Fatal(err)
	}
	leaves(t, all[0])
	leaves(t, all[2])
	once()
	if got := all[0].count() + all[2].count(); got != shards {
		t.Errorf("after one left the others hold %d of %d", got, shards)
	}
	// One dies: its key goes when it has been silent for long enough.
	if err := all[0].pollers.Purge(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	dead := all[0]
	all = all[2:]
	leaves(t, all[0])
	if got := all[0].count(); got != shards {
		t.Errorf("after one died the last holds %d of %d", got, shards)
	}
	// It was not dead but frozen. It polls nothing until it knows where it stands.
	now = now.Add(bus.PollerTTL)
	if dead.sure() {
		t.Error("a poller that was silent is sure of its feeds")
	}
	if _, leave, err := dead.round(t.Context()); err != nil || len(leave) == 0 {
		t.Errorf("awake again it leaves %v, %v; want all that it held", leave, err)
	}
}

func TestAPollerComesBackByItsName(t *testing.T) {
	b := bustest.New(t)
	now := time.Now()
	leaves(t, newShare(t, b, "embedded", &now)) // and is killed
	again := newShare(t, b, "embedded", &now)
	leaves(t, again)
	if got := again.count(); got != shards {
		t.Errorf("after a crash it holds %d of %d shards at once", got, shards)
	}
}

// TestSharesAreEven holds for any names: nobody starves.
func TestSharesAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9-]{1,30}`), 2, 6, rapid.ID).Draw(t, "names")
		s := &share{alive: names}
		reversed := slices.Clone(names)
		slices.Reverse(reversed)
		o := &share{alive: reversed}
		for n := range shards {
			if s.winner(n) != o.winner(n) {
				t.Fatalf("shard %d: %s by one order, %s by another", n, s.winner(n), o.winner(n))
			}
		}
	})
}

// TestTwoPollersPollEachFeedOnce runs two pollers on one bus, kills one and sees
// the other one take its feeds.
func TestTwoPollersPollEachFeedOnce(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	var mu sync.Mutex
	by := map[string]map[string]int{} // polls by feed and poller
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if by[r.URL.Path] == nil {
			by[r.URL.Path] = map[string]int{}
		}
		by[r.URL.Path][r.UserAgent()]++
		mu.Unlock()
		fmt.Fprint(w, rss(item(r.URL.Path, "Blast", "Four died.", monday)))
	}))
	defer srv.Close()
	start := func(name string) (*Poller, func()) {
		cfg := DefaultConfig()
		cfg.Log, cfg.Metrics = bustest.Log(t), prometheus.NewRegistry()
		cfg.AllowPrivate, cfg.PerHost, cfg.Name, cfg.UserAgent = []string{"127.0.0.1"}, 0, name, name
		for k := range 40 {
			cfg.Feeds = append(cfg.Feeds, Feed{URL: fmt.Sprintf("%s/%d", srv.URL, k), ID: fmt.Sprintf("feed-%d", k), Every: time.Second})
		}
		p, err := NewPoller(t.Context(), b, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := p.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
		return p, func() { cancel(); <-done }
	}
	polledBy := func(name string) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, m := range by {
			if m[name] > 0 {
				n++
			}
		}
		return n
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		end := time.Now().Add(30 * time.Second)
		for !ok() {
			if time.Now().After(end) {
				t.Fatalf("%s: not within 30 s", what)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	one, stopOne := start("one")
	until("the first polls all", func() bool { return polledBy("one") == 40 })
	two, stopTwo := start("two")
	defer stopTwo()
	held := func(p *Poller) int {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.share.count()
	}
	until("they share", func() bool { return held(one)+held(two) == shards && held(two) > 0 && held(one) < shards })
	mu.Lock()
	clear(by)
	mu.Unlock()
	until("each has its part", func() bool { return polledBy("one")+polledBy("two") >= 40 })
	mu.Lock()
	for path, m := range by {
		if m["one"] > 0 && m["two"] > 0 {
			t.Errorf("%s is polled by both: %v", path, m)
		}
	}
	mu.Unlock()
	stopOne()
	mu.Lock()
	clear(by)
	mu.Unlock()
	until("the second polls all", func() bool { return polledBy("two") == 40 })
	// Every item is on the stream once, whoever brought it.
	s, err := b.Stream(t.Context(), bus.Articles)
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CachedInfo().State.Msgs; n != 40 {
		t.Errorf("%d articles on the stream, want 40", n)
	}
}
