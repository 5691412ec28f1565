package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// world is a poller without a bus: what it asks of others is answered by chance,
// and its clock moves by hand.
type world struct {
	*Poller
	t       *testing.T
	dice    *rand.Rand
	seed    uint64
	at      time.Time
	want    map[string]*Polled
	lose    [shards]bool         // shards to be given up
	reading [][]*entry           // whose states are being read
	visits  []*entry             // polls under way
	rest    map[string]time.Time // by host name: no request before
	polled  map[string]bool
	moved   map[string]bool // have another address since their last poll began
}

const (
	worldFeeds = 24
	worldHosts = 4
)

func worldURL(host, version int) string { return fmt.Sprintf("http://h%d.example/%d", host, version) }

func newWorld(t *testing.T, m *metrics, seed uint64) *world {
	w := &world{t: t, seed: seed, dice: rand.New(rand.NewPCG(seed, 0)), at: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC), want: map[string]*Polled{}, rest: map[string]time.Time{}, polled: map[string]bool{}, moved: map[string]bool{}}
	now := func() time.Time { return w.at }
	cfg := DefaultConfig()
	cfg.Workers = 8
	w.Poller = &Poller{
		cfg: cfg, log: slog.New(slog.DiscardHandler), metrics: m, now: now, share: &share{now: now, beat: w.at},
		entries: map[string]*entry{}, hosts: map[string]*host{}, states: map[string]string{}, silent: map[string]time.Time{}, news: map[string]news{},
		listed: map[string]Listed{}, wake: make(chan struct{}, 1), read: make(chan struct{}, 1),
	}
	return w
}

func (w *world) n(limit int) int { return w.dice.IntN(limit) }

func (w *world) fatalf(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf("seed %d: "+format, append([]any{w.seed}, args...)...)
}

// edit adds, removes, pauses or resumes a feed, or gives it another address.
func (w *world) edit() {
	id := fmt.Sprint("feed-", w.n(worldFeeds))
	switch p := w.want[id]; {
	case p == nil:
		w.want[id] = &Polled{Feed: Feed{ID: id, URL: worldURL(w.n(worldHosts), 0)}}
	case w.n(3) == 0:
		delete(w.want, id)
	case w.n(2) == 0:
		p.Paused = !p.Paused
	default:
		was := p.URL
		p.URL = worldURL(w.n(worldHosts), w.n(100))
		w.moved[id] = w.moved[id] || p.URL != was
	}
	w.configured, w.listed = nil, map[string]Listed{}
	for _, id := range slices.Sorted(maps.Keys(w.want)) {
		p := w.want[id]
		w.configured = append(w.configured, p.Feed)
		w.listed[id] = Listed{Feed: Feed{ID: id}, Paused: p.Paused}
	}
	w.relist()
}

// reads begins a reading of states, or ends one.
func (w *world) reads() {
	if len(w.reading) == 0 || w.n(2) == 0 {
		w.reading, w.unread = append(w.reading, w.unread), nil
		return
	}
	states := map[string]FeedState{}
	for _, e := range w.reading[0] {
		states[e.feed.ID] = FeedState{URL: e.feed.URL, Due: w.at.Add(w.some()), HostHold: w.at.Add(w.some() - time.Hour)}
	}
	w.plan(w.reading[0], states)
	w.reading = w.reading[1:]
}

// some is a while of any order of magnitude up to a day.
func (w *world) some() time.Duration {
	return []time.Duration{0, time.Millisecond, time.Second, 5 * time.Second, time.Minute, time.Hour, 24 * time.Hour}[w.n(7)]
}

func (w *world) starts() {
	w.share.beat = w.at
	start, _ := w.next()
	for _, e := range start {
		if slices.ContainsFunc(w.visits, func(o *entry) bool { return o.feed.ID == e.feed.ID }) {
			w.fatalf("%s is polled twice at one time", e.feed.ID)
		}
		if before := w.rest[e.host.name]; w.at.Before(before) {
			w.fatalf("%s of %s begins %v too early", e.feed.ID, e.host.name, before.Sub(w.at))
		}
		if w.moved[e.feed.ID] && e.host != w.hostOf(e.feed.URL) {
			w.fatalf("%s of %s has the turn of %s", e.feed.ID, e.feed.URL, e.host.name)
		}
		delete(w.moved, e.feed.ID)
		w.rest[e.host.name] = w.at.Add(w.cfg.PerHost)
		w.visits = append(w.visits, e)
		w.polled[e.feed.ID] = true
	}
}

// ends ends a poll, well or not.
func (w *world) ends() {
	if len(w.visits) == 0 {
		return
	}
	k := w.n(len(w.visits))
	e := w.visits[k]
	w.visits = slices.Delete(w.visits, k, k+1)
	v := verdict{due: w.at.Add(time.Minute + w.some())}
	switch w.n(4) {
	case 0:
		v.address = worldURL(w.n(worldHosts), 0)
	case 1:
		v.address, v.holder, v.hold = worldURL(w.n(worldHosts), 0), worldURL(w.n(worldHosts), 0), w.at.Add(w.some())
	case 2:
		v.err = &FetchError{Reason: ReasonConnect, Err: errors.New("refused")}
		if w.n(8) == 0 { // as those of all hosts did: the breaker opens
			w.breaker.outcomes = map[string]outcome{}
			for _, id := range slices.Sorted(maps.Keys(w.entries)) {
				w.breaker.outcomes[id] = outcome{w.at, true, w.entries[id]}
			}
		}
	}
	w.putBack(e, v, w.cfg.PerHost)
	if v.holder != "" {
		name := w.hostOf(v.holder).name
		w.rest[name] = later(w.rest[name], v.hold)
	}
}

// name is that of the host where a feed is asked for.
func (e *entry) name() string {
	if e.host == nil {
		return ""
	}
	return e.host.name
}

// shares gains and loses shards as a round does.
func (w *world) shares() {
	n := shardOf(fmt.Sprint("feed-", w.n(worldFeeds)))
	var gained []int
	if w.share.held[n] {
		w.lose[n] = !w.lose[n]
	} else {
		w.share.held[n] = true
		gained = append(gained, n)
	}
	w.round(gained)
}

func (w *world) round(gained []int) {
	var leave []int
	for n := range shards {
		if w.share.held[n] && w.lose[n] {
			leave = append(leave, n)
		}
	}
	for _, n := range w.regroup(gained, leave) {
		w.share.held[n], w.leaving[n], w.lose[n] = false, false, false
	}
}

// check holds after every step.
func (w *world) check() {
	places := map[*entry]int{}
	for k, e := range w.sched {
		places[e]++
		if e.index != k || k > 0 && e.at.Before(w.sched[(k-1)/2].at) {
			w.fatalf("%s has index %d at %d of the heap, or is due before its parent", e.feed.ID, e.index, k)
		}
	}
	busy := map[*host]int{}
	for _, e := range w.visits {
		places[e]++
		busy[e.host]++
		if e.index != visited {
			w.fatalf("%s is being polled, its index is %d", e.feed.ID, e.index)
		}
	}
	for _, h := range w.hosts {
		for _, e := range h.queue {
			places[e]++
			if e.index != waiting || e.host != h {
				w.fatalf("%s waits at %s: index %d, host %s", e.feed.ID, h.name, e.index, e.name())
			}
		}
		if h.busy != busy[h] || h.busy > hostConns {
			w.fatalf("%s: busy %d, polls under way %d", h.name, h.busy, busy[h])
		}
		if h.turn != nil && (h.turn.index < 0 || h.turn.host != h) {
			w.fatalf("the turn at %s is %s's, with index %d", h.name, h.turn.feed.ID, h.turn.index)
		}
		if len(h.queue) > 0 && h.turn == nil && h.busy < hostConns {
			w.fatalf("%d feeds wait at %s, and nobody's turn it is", len(h.queue), h.name)
		}
	}
	if len(w.visits) != w.polls {
		w.fatalf("polls %d, under way %d", w.polls, len(w.visits))
	}
	for id, p := range w.want {
		e := w.entries[id]
		n := shardOf(id)
		ours := !p.Paused && w.share.held[n] && !w.leaving[n]
		switch unreadNow := e.index == unread; {
		case e.feed.URL != p.URL || e.paused != p.Paused || e.removed:
			w.fatalf("%s is not what the list says", id)
		case unreadNow && !slices.ContainsFunc(append(slices.Clone(w.reading), w.unread), func(es []*entry) bool { return slices.Contains(es, e) }):
			w.fatalf("nobody reads the state of %s", id)
		case places[e] > 1 || places[e] == 1 && (unreadNow || e.index == outside):
			w.fatalf("%s is in %d places, index %d", id, places[e], e.index)
		case ours && e.index == outside:
			w.fatalf("%s is lost: nobody will poll it", id)
		case !ours && e.index != outside && e.index != visited:
			w.fatalf("%s is not ours, paused or removed, and in the schedule: %d", id, e.index)
		case e.paused != (w.states[id] == StatusPaused) && e.index != visited:
			w.fatalf("%s: paused %v, counted as %q", id, e.paused, w.states[id])
		}
		delete(places, e)
	}
	for e := range places { // of feeds that are no more
		if e.index != visited || !e.removed {
			w.fatalf("%s is removed and in the schedule: index %d", e.feed.ID, e.index)
		}
	}
	for id := range w.entries {
		if w.want[id] == nil && w.entries[id].index != visited {
			w.fatalf("%s is removed and kept", id)
		}
	}
	for id := range w.states {
		if w.want[id] == nil {
			w.fatalf("%s is removed and counted", id)
		}
	}
}

// TestScheduleLosesNothing: whatever happens to feeds, hosts and shards in whatever
// order, each feed has one place, hosts have their rest, and all are polled in the end.
func TestScheduleLosesNothing(t *testing.T) {
	t.Parallel()
	m := newMetrics(prometheus.NewRegistry())
	for seed := range uint64(500) {
		w := newWorld(t, m, seed)
		for range worldFeeds {
			w.edit()
			w.shares()
		}
		tick := func() { w.at = w.at.Add(min(w.some(), time.Minute)) }
		steps := []func(){
			w.edit, w.reads, w.reads, w.starts, w.starts, w.starts, w.ends, w.ends, w.shares, tick, tick, tick,
			func() { w.at = w.at.Add(w.some()) },
			func() { w.pollSoon(fmt.Sprint("feed-", w.n(worldFeeds))) },
		}
		for range 300 {
			steps[w.n(len(steps))]()
			w.check()
		}
		w.calm()
	}
}

// calm lets all go well for longer than any hold and interval: each feed has its turn.
func (w *world) calm() {
	w.lose = [shards]bool{}
	var gained []int
	for n := range shards {
		if !w.share.held[n] {
			w.share.held[n] = true
			gained = append(gained, n)
		}
	}
	w.round(gained)
	clear(w.polled)
	for end := w.at.Add(72 * time.Hour); w.at.Before(end); w.at = w.at.Add(10 * time.Minute) {
		for _, e := range w.visits {
			w.putBack(e, verdict{due: w.at.Add(6 * time.Hour)}, w.cfg.PerHost)
		}
		for _, es := range append(w.reading, w.unread) {
			w.plan(es, nil)
		}
		w.visits, w.reading, w.unread = nil, nil, nil
		w.starts()
	}
	w.check()
	for id, p := range w.want {
		if w.polled[id] == p.Paused {
			w.fatalf("%s: paused %v, polled %v in three days", id, p.Paused, w.polled[id])
		}
	}
}
