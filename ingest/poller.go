package ingest

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/ingest/fulltext"
	"tocsin/ingest/websub"
	"tocsin/internal/bus"
	"tocsin/internal/pulse"
)

// Poller polls the feeds of a configuration and of the list, each when it is due.
// Pollers of one cluster share them: a feed is polled by one alone.
type Poller struct {
	bus     *bus.Bus
	mem     *memory
	list    *List
	share   *share
	hub     *websub.Subscriber // nil without a callback address
	log     *slog.Logger
	metrics *metrics
	now     func() time.Time

	mu         sync.Mutex
	cfg        Config
	fetcher    *Fetcher
	pages      *fulltext.Fetcher
	configured []Feed
	listed     map[string]Listed
	sched      schedule
	entries    map[string]*entry // by feed id
	hosts      map[string]*host
	states     map[string]string    // feeds that are not well, by id: a word of Status
	silent     map[string]time.Time // failing for a day or more: since when
	news       map[string]news      // when feeds that are known brought something new
	breaker    breaker
	unread     []*entry     // whose state says when they are due: see readDue
	running    [shards]int  // polls under way
	leaving    [shards]bool // to be given up when nothing of them is under way
	polls      int
	starts     int // in the second of started
	started    time.Time
	wake       chan struct{} // something is due sooner than thought
	read       chan struct{} // something is unread
	dropped    []string      // feeds whose subscriptions are to be ended

	farewell chan struct{} // something was dropped
	full     atomic.Bool   // too many articles wait to be read: see backlogged
	families *Families
}

// NewPoller makes a poller of a valid configuration.
func NewPoller(ctx context.Context, b *bus.Bus, cfg Config) (*Poller, error) {
	buckets := map[string]jetstream.KeyValue{bus.FeedsBucket: nil, bus.SeenBucket: nil, bus.PollersBucket: nil, bus.HubsBucket: nil, bus.StateBucket: nil}
	for name := range buckets {
		kv, err := b.Bucket(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("ingest: %w", err)
		}
		buckets[name] = kv
	}
	list, err := OpenList(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	if cfg.Name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "poller"
		}
		cfg.Name = bus.Token(host) + "-" + strconv.FormatUint(rand.Uint64(), 36)
	}
	p := &Poller{
		bus: b, mem: &memory{feeds: buckets[bus.FeedsBucket], seen: buckets[bus.SeenBucket]}, list: list,
		log: cfg.Log, metrics: newMetrics(cfg.Metrics), now: time.Now,
		entries: map[string]*entry{}, hosts: map[string]*host{}, states: map[string]string{}, silent: map[string]time.Time{}, news: map[string]news{}, wake: make(chan struct{}, 1), read: make(chan struct{}, 1),
		farewell: make(chan struct{}, 1), families: NewFamilies(),
	}
	p.share = &share{name: cfg.Name, pollers: buckets[bus.PollersBucket], holders: buckets[bus.StateBucket], now: func() time.Time { return p.now() }}
	if p.listed, err = list.All(ctx); err != nil {
		p.log.Warn("feeds of the list are left out", "err", err)
	}
	if err := p.listen(cfg, buckets[bus.HubsBucket]); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	cfg.Metrics.MustRegister(&silences{p})
	return p, p.Reload(ctx, cfg)
}

// Reload takes over another configuration. Feeds that stay keep their schedule; a
// poll under way ends as it began.
func (p *Poller) Reload(ctx context.Context, cfg Config) error {
	configured, err := cfg.FeedList()
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cfg.Name = p.share.name
	if p.fetcher != nil && cfg.WebSub != p.cfg.WebSub {
		p.log.Warn("ingest.websub waits for a restart")
	}
	p.cfg = cfg
	if p.fetcher != nil {
		p.fetcher.Close()
	}
	p.fetcher = NewFetcher(cfg.fetcher())
	p.pages = newPages(cfg, p.fetcher)
	p.configured = configured
	p.relist()
	return nil
}

// fetcher is what a configuration means for fetches.
func (c Config) fetcher() FetcherConfig {
	return FetcherConfig{
		UserAgent: c.UserAgent, MaxBytes: int64(c.MaxBytes), Timeout: c.Timeout, HeaderTimeout: min(c.Timeout, 10*time.Second),
		MaxRedirects: 10, Downgrade: c.AllowDowngrade, Guard: &Guard{Allow: c.AllowPrivate},
	}
}

// relist makes the entries those of the configuration and the list.
func (p *Poller) relist() {
	feeds := merge(p.configured, p.listed)
	keep := make(map[string]bool, len(feeds))
	var fresh []*entry
	for _, f := range feeds {
		keep[f.ID] = true
		e := p.entries[f.ID]
		switch {
		case e == nil:
			e = &entry{feed: f.Feed, paused: f.Paused, index: outside}
			p.entries[f.ID] = e
			fresh = append(fresh, e)
		case e.removed || e.feed.URL != f.URL || e.paused != f.Paused:
			p.takeOut(e)
			if f.Paused && !e.paused {
				p.drop(f.ID)
			}
			e.feed, e.paused, e.removed = f.Feed, f.Paused, false
			e.again = e.index == visited // with what it is now
			if e.index == outside {
				e.host = nil // an address that is new need not wait for the old one's
				fresh = append(fresh, e)
			}
		default:
			e.feed = f.Feed
		}
	}
	for id, e := range p.entries {
		if keep[id] || e.removed {
			continue
		}
		p.note(id, "", nil)
		p.takeOut(e)
		p.drop(id)
		if e.removed = true; e.index != visited { // or added again it would be polled twice at one time
			delete(p.entries, id)
		}
	}
	p.enter(fresh)
	p.count()
}

// enter brings entries into the schedule that this poller has to poll: readDue
// does, since it takes a look at their states.
func (p *Poller) enter(es []*entry) {
	for _, e := range es {
		if e.removed {
			continue // while it is being polled
		}
		if e.paused {
			p.states[e.feed.ID] = StatusPaused
			delete(p.silent, e.feed.ID)
			delete(p.news, e.feed.ID)
		} else if p.states[e.feed.ID] == StatusPaused {
			delete(p.states, e.feed.ID)
		}
		if n := shardOf(e.feed.ID); !e.paused && p.share.held[n] && !p.leaving[n] && e.index == outside {
			e.index = unread
			p.unread = append(p.unread, e)
		}
	}
	ring(p.read)
}

// readDue reads from stored states when feeds are due, until ctx ends.
func (p *Poller) readDue(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.read:
		}
		p.mu.Lock()
		es := p.unread
		p.unread = nil
		ids := make([]string, len(es))
		for k, e := range es {
			ids[k] = e.feed.ID
		}
		p.mu.Unlock()
		if len(es) == 0 {
			continue
		}
		states, err := p.mem.states(ctx, ids)
		if err != nil {
			if ctx.Err() != nil {
				return
			}
			// They are due then, and the polls will tell.
			p.log.Warn("it is not known when feeds are due", "feeds", len(es)-len(states), "err", err)
		}
		p.mu.Lock()
		p.plan(es, states)
		p.count()
		p.mu.Unlock()
		p.nudge()
	}
}

// plan puts entries whose states were read into the schedule.
func (p *Poller) plan(es []*entry, states map[string]FeedState) {
	now := p.now()
	// A herd at the start is bounded by workers; this keeps it off one instant.
	spread := min(time.Duration(len(es))*20*time.Millisecond, p.cfg.Every/2) + 1
	for _, e := range es {
		if e.index != unread {
			continue // paused or gone meanwhile
		}
		st := states[e.feed.ID]
		e.index, e.due = outside, now.Add(rand.N(spread))
		if st.URL == e.feed.URL {
			p.note(e.feed.ID, Status{State: st}.Word(), &st)
			e.host = p.hostOf(st.address())
			if held := p.hostOf(cmp.Or(st.HoldOf, st.address())); st.HostHold.After(held.next) && st.HostHold.Before(now.Add(2*maxRetryAfter)) {
				held.next = now.Add(st.HostHold.Sub(now))
			}
			// A time too far off was written by a clock that was wrong.
			if st.Due.After(now) && (!st.Gone.IsZero() || st.Due.Before(now.Add(p.cfg.pace(e.feed).farthest()))) {
				e.due = now.Add(st.Due.Sub(now)) // on the clock that nobody sets
			}
		}
		e.at = e.due
		heap.Push(&p.sched, e)
	}
}

// takeOut takes an entry out of the schedule, if it is in it.
func (p *Poller) takeOut(e *entry) {
	if e.index >= 0 {
		heap.Remove(&p.sched, e.index)
	}
	if e.host != nil {
		first := e.host.turn == e
		e.host.drop(e)
		if first {
			p.pass(e.host)
		}
	}
	if e.index == waiting || e.index == unread {
		e.index = outside
	}
}

func (p *Poller) count() {
	p.metrics.feeds.Set(float64(len(p.entries)))
	held := 0
	for _, h := range p.share.held {
		if h {
			held++
		}
	}
	p.metrics.share.Set(float64(held) / shards)
	n := map[string]int{}
	for _, w := range p.states {
		n[w]++
	}
	p.metrics.failing.Set(float64(n[StatusFailing]))
	p.metrics.gone.Set(float64(n[StatusGone]))
	p.metrics.pausedFeeds.Set(float64(n[StatusPaused]))
	p.metrics.silent.Set(float64(len(p.silent)))
}

func (p *Poller) nudge() { ring(p.wake) }

// ring wakes whoever waits at a channel of one place, now or when it next does.
func ring(bell chan<- struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// backlogEvery is how often a paused poller looks whether it may go on.
const backlogEvery = 5 * time.Second

// Run polls until ctx ends and returns nil. Polls under way are given up then: what
// they had not stored is found new again. No goroutine outlives Run.
func (p *Poller) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer func() {
		wg.Wait()
		p.currentFetcher().Close()
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
		defer cancel()
		if err := p.share.end(end); err != nil {
			p.log.Warn("the other pollers wait until this one is forgotten", "after", bus.PollerTTL, "err", err)
		}
	}()
	wg.Go(func() { p.keepShare(ctx) })
	wg.Go(func() { p.watchList(ctx) })
	wg.Go(func() { p.readDue(ctx) })
	wg.Go(func() { p.families.follow(ctx, p.bus, p.now()) })
	if p.hub != nil {
		wg.Go(func() { p.bidFarewell(ctx) })
	}
	p.families.wait(ctx)
	p.full.Store(p.backlogged(ctx))
	wg.Go(func() { p.watchBacklog(ctx) })
	alive := pulse.From(ctx)
	alive.Begin() // there is always a next poll
	defer alive.End()
	for {
		alive.Beat()
		var start []*entry
		wait := time.Minute
		if !p.full.Load() {
			start, wait = p.next()
		}
		for _, e := range start {
			wg.Go(func() {
				p.visit(ctx, e)
				p.nudge()
			})
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-p.wake:
		case <-t.C:
		}
		t.Stop()
	}
}

// keepShare keeps this poller's part of the feeds until ctx ends.
func (p *Poller) keepShare(ctx context.Context) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		if err := p.shareRound(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("sharing the feeds with other pollers", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// shareRound takes and leaves shards.
func (p *Poller) shareRound(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	// Only this goroutine changes the share; the lock is for those who read it.
	next := *p.share
	gained, leave, err := next.round(ctx)
	p.mu.Lock()
	moved := len(next.alive) != len(p.share.alive)
	*p.share = next
	free := p.regroup(gained, leave)
	p.count()
	p.mu.Unlock()
	p.nudge()
	for _, n := range free {
		err = errors.Join(err, next.release(ctx, n))
	}
	p.mu.Lock()
	*p.share = next
	for _, n := range free {
		p.leaving[n] = false
	}
	p.count()
	p.mu.Unlock()
	if moved {
		p.log.Info("feeds are shared between pollers", "pollers", next.alive, "gained", len(gained), "leaving", len(leave), "of", shards)
	}
	return err
}

// regroup brings the schedule in line with what was gained and what is to be left,
// and says what of that may be given up now.
func (p *Poller) regroup(gained, leave []int) (free []int) {
	var was [shards]bool
	was, p.leaving = p.leaving, [shards]bool{}
	for _, n := range leave {
		p.leaving[n] = true
	}
	var fresh []*entry
	for id, e := range p.entries {
		switch n := shardOf(id); {
		case p.leaving[n]:
			p.takeOut(e)
			if !e.paused {
				p.note(id, "", nil) // whoever has it counts it
			}
		case was[n] || slices.Contains(gained, n):
			fresh = append(fresh, e)
		}
	}
	for _, n := range leave {
		if p.running[n] == 0 { // what is being polled keeps its shard until then
			free = append(free, n)
		}
	}
	p.enter(fresh)
	return free
}

var errListLost = errors.New("the connection was lost")

// watchList follows the list of feeds until ctx ends.
func (p *Poller) watchList(ctx context.Context) {
	for ctx.Err() == nil {
		w, err := p.list.kv.WatchAll(ctx)
		if err == nil {
			err = p.followList(ctx, w)
		}
		if ctx.Err() == nil {
			p.log.Warn("the list of feeds cannot be followed, trying on", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(backlogEvery):
			}
		}
	}
}

// followList returns when the list cannot be read: it is watched anew then, which
// reads all of it, so that no change is missed.
func (p *Poller) followList(ctx context.Context, w jetstream.KeyWatcher) error {
	defer w.Stop() //nolint:errcheck // it is asked for anew
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case _, ok := <-w.Updates():
			if !ok {
				return errListLost
			}
		}
		// Whatever it was, and whatever else has come meanwhile: read it all.
		for more := true; more; {
			select {
			case _, ok := <-w.Updates():
				if !ok {
					return errListLost
				}
			default:
				more = false
			}
		}
		all, err := p.list.All(ctx)
		if err != nil {
			return err
		}
		p.mu.Lock()
		if !maps.Equal(all, p.listed) {
			p.listed = all
			p.relist()
			p.log.Info("the list of feeds has changed", "listed", len(all), "feeds", len(p.entries))
		}
		p.mu.Unlock()
	}
}

// watchBacklog looks every few seconds whether polling has to pause, until ctx ends.
func (p *Poller) watchBacklog(ctx context.Context) {
	t := time.NewTicker(backlogEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if full := p.backlogged(ctx); p.full.Swap(full) && !full {
			p.nudge()
		}
	}
}

// backlogged reports whether so many articles wait to be read that polling on
// would let the stream drop the oldest.
func (p *Poller) backlogged(ctx context.Context) bool {
	p.mu.Lock()
	limit := p.cfg.MaxBacklog
	p.mu.Unlock()
	n, err := p.bus.Pending(ctx, bus.EnrichArticles)
	// Where it is not known, nobody reads yet, or NATS is away: publishing waits then.
	full := err == nil && n > uint64(limit)
	p.metrics.paused.Set(0)
	if full {
		p.log.Warn("polling pauses: too many articles wait to be read", "articles", n, "limit", limit)
		p.metrics.paused.Set(1)
	}
	return full
}

// maxStarts bounds how many polls begin in one second, whatever the clock or a
// restart makes of the schedule.
const maxStarts = 200

// next takes what is due and may start, and says how long until more is.
func (p *Poller) next() (start []*entry, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	wait = time.Minute
	if !p.share.sure() {
		return nil, beatEvery // another poller may have our feeds by now
	}
	if d := p.breaker.open.Sub(now); d > 0 {
		return nil, min(d, wait)
	}
	if now.Sub(p.started) >= time.Second {
		p.started, p.starts = now, 0
	}
	for len(p.sched) > 0 && p.polls < p.cfg.Workers {
		e := p.sched[0]
		if d := e.at.Sub(now); d > 0 {
			wait = min(wait, d)
			break
		}
		if p.starts >= maxStarts {
			wait = min(wait, p.started.Add(time.Second).Sub(now))
			break
		}
		heap.Pop(&p.sched)
		h := p.host(e)
		if h.turn != nil && h.turn != e {
			e.index = waiting
			h.queue = append(h.queue, e)
			continue
		}
		h.turn = nil
		if at, ok := h.free(); !ok {
			e.index = waiting
			h.queue = slices.Insert(h.queue, 0, e)
			continue
		} else if now.Before(at) {
			h.turn, e.at = e, at
			heap.Push(&p.sched, e)
			continue
		}
		p.metrics.late.Observe(max(now.Sub(e.due), 0).Seconds())
		h.busy++
		h.began, h.next = now, now.Add(p.cfg.PerHost)
		e.index = visited
		p.pass(h)
		p.polls++
		p.starts++
		p.running[shardOf(e.feed.ID)]++
		start = append(start, e)
	}
	return start, wait
}

// pass gives the turn at a host to the next in line, at the time that it is free.
func (p *Poller) pass(h *host) {
	at, ok := h.free()
	if !ok {
		return
	}
	if h.turn != nil {
		h.turn.at = at
		heap.Fix(&p.sched, h.turn.index)
		return
	}
	if len(h.queue) > 0 {
		h.turn = h.queue[0]
		h.queue = h.queue[1:]
		h.turn.at = at
		heap.Push(&p.sched, h.turn)
	}
}

func (p *Poller) host(e *entry) *host {
	if e.host == nil {
		e.host = p.hostOf(e.feed.URL)
	}
	return e.host
}

// forgetHosts drops hosts of which no feed is asked for and which want no rest:
// redirects lead to ever new ones.
func (p *Poller) forgetHosts() {
	asked := make(map[*host]bool, len(p.entries))
	for _, e := range p.entries {
		asked[e.host] = true
	}
	now := p.now()
	for name, h := range p.hosts {
		if !asked[h] && h.busy == 0 && h.turn == nil && len(h.queue) == 0 && h.next.Before(now) {
			delete(p.hosts, name)
		}
	}
}

func (p *Poller) hostOf(address string) *host {
	name := address
	if u, err := url.Parse(address); err == nil {
		name = strings.ToLower(u.Host)
	}
	h := p.hosts[name]
	if h == nil {
		if len(p.hosts) > 2*len(p.entries)+1000 {
			p.forgetHosts()
		}
		h = &host{name: name}
		p.hosts[name] = h
	}
	return h
}

// visit polls one feed and puts it back into the schedule.
func (p *Poller) visit(ctx context.Context, e *entry) {
	p.mu.Lock()
	feed, cfg, fetcher, pardoned := e.feed, p.cfg, p.fetcher, e.pardoned
	e.pardoned = false
	p.mu.Unlock()
	e.polling.Lock()
	began := p.now()
	v := p.poll(ctx, feed, cfg, fetcher, pardoned)
	p.metrics.seconds.Observe(p.now().Sub(began).Seconds())
	e.polling.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	if fetcher != p.fetcher {
		fetcher.Close() // Reload did, before this poll's connection was idle
	}
	p.putBack(e, v, cfg.PerHost)
	p.count()
}

// putBack ends a visit: the host is free for the next, the feed is due again.
func (p *Poller) putBack(e *entry, v verdict, gap time.Duration) {
	now, id := p.now(), e.feed.ID
	h := e.host
	if v.address != "" {
		e.host = p.hostOf(v.address)
	}
	if v.holder != "" {
		held := p.hostOf(v.holder)
		held.next = later(held.next, v.hold)
	}
	h.busy--
	h.next = later(h.next, now.Add(gap)) // another poll may have got it a longer rest
	p.polls--
	p.running[shardOf(id)]--
	p.pass(h)
	e.due, e.index, e.polled = v.due, outside, now
	if soon := now.Add(cmp.Or(e.feed.Every, p.cfg.Every)); e.hinted && soon.Before(e.due) {
		e.due = soon
	}
	e.at, e.hinted = e.due, false
	p.blame(e, v, now)
	switch n := shardOf(id); {
	case e.removed:
		delete(p.entries, id)
		p.note(id, "", nil)
	case e.again || e.paused:
		e.again, e.host = false, nil
		p.enter([]*entry{e})
	case !p.share.held[n] || p.leaving[n]:
		p.note(id, "", nil) // whoever has it counts it
	default:
		heap.Push(&p.sched, e)
	}
}

// blame asks the breaker whose trouble a failure was.
func (p *Poller) blame(e *entry, v verdict, now time.Time) {
	bad := v.err != nil && suspect(reasonOf(v.err), statusOf(v.err))
	was := p.breaker.open
	pardon := p.breaker.note(e.host.name, bad, e, now)
	p.metrics.breaker.Set(0)
	if now.Before(p.breaker.open) {
		p.metrics.breaker.Set(1)
	}
	if p.breaker.open != was {
		p.metrics.trips.Inc()
		p.log.Warn("polling pauses: most hosts fail in one way, so the trouble is between us and them; no feed is blamed",
			"hosts", len(pardon), "pause", p.breaker.pause, "err", v.err)
	}
	for _, o := range pardon {
		o.pardoned = true
		o.due = p.breaker.open.Add(rand.N(p.cfg.Every/10 + 1))
		o.at = o.due
		if o.index >= 0 {
			heap.Fix(&p.sched, o.index)
		}
	}
}
