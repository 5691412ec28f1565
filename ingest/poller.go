package ingest

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// Poller polls the feeds of a configuration, each when it is due.
type Poller struct {
	bus     *bus.Bus
	mem     *memory
	log     *slog.Logger
	metrics *metrics
	now     func() time.Time

	mu      sync.Mutex
	cfg     Config
	fetcher *Fetcher
	sched   schedule
	entries map[string]*entry    // by feed id
	hosts   map[string]*hostGate // by host name
	failing map[string]bool      // feeds whose last poll failed
	running int
	wake    chan struct{} // something is due sooner than thought
}

// hostGate keeps requests to one host apart.
type hostGate struct {
	busy bool
	next time.Time
}

// NewPoller makes a poller of a valid configuration.
func NewPoller(ctx context.Context, b *bus.Bus, cfg Config) (*Poller, error) {
	feeds, err := b.Bucket(ctx, bus.FeedsBucket)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	seen, err := b.Bucket(ctx, bus.SeenBucket)
	if err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	p := &Poller{
		bus: b, mem: &memory{feeds: feeds, seen: seen}, log: cfg.Log, metrics: newMetrics(cfg.Metrics), now: time.Now,
		entries: map[string]*entry{}, hosts: map[string]*hostGate{}, failing: map[string]bool{}, wake: make(chan struct{}, 1),
	}
	return p, p.Reload(ctx, cfg)
}

// Reload takes over another configuration. Feeds that stay keep their
// schedule; a poll under way ends as it began.
func (p *Poller) Reload(ctx context.Context, cfg Config) error {
	list, err := cfg.FeedList()
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	due := make(map[string]time.Time, len(list))
	now := p.now()
	for _, f := range list {
		p.mu.Lock()
		_, have := p.entries[f.ID]
		p.mu.Unlock()
		if have {
			continue
		}
		st, _, err := p.mem.loadState(ctx, f.ID)
		if err != nil {
			// Polling it now repairs the state; nothing is published twice.
			p.log.Warn("feed state is lost, polling it afresh", "feed", f.ID, "err", err)
		}
		if st.Due.After(now) && st.URL == f.URL && st.Due.Before(now.Add(cfg.MaxEvery)) {
			due[f.ID] = st.Due
		} else {
			// A herd at the start is bounded by workers; this keeps it off one instant.
			due[f.ID] = now.Add(rand.N(min(time.Duration(len(list))*20*time.Millisecond, cfg.Every/10) + 1))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg = cfg
	if p.fetcher != nil {
		p.fetcher.Close()
	}
	p.fetcher = NewFetcher(FetcherConfig{
		UserAgent: cfg.UserAgent, MaxBytes: int64(cfg.MaxBytes), Timeout: cfg.Timeout, HeaderTimeout: min(cfg.Timeout, 10*time.Second),
		MaxRedirects: 10, Guard: &Guard{Allow: cfg.AllowPrivate},
	})
	keep := make(map[string]bool, len(list))
	for _, f := range list {
		keep[f.ID] = true
		if e := p.entries[f.ID]; e != nil {
			e.feed = f
			continue
		}
		e := &entry{feed: f, due: due[f.ID]}
		p.entries[f.ID] = e
		heap.Push(&p.sched, e)
	}
	for id, e := range p.entries {
		if keep[id] {
			continue
		}
		delete(p.entries, id)
		delete(p.failing, id)
		e.removed = true
		if e.index >= 0 {
			heap.Remove(&p.sched, e.index)
		}
	}
	p.metrics.feeds.Set(float64(len(p.entries)))
	p.metrics.failing.Set(float64(len(p.failing)))
	p.nudge()
	return nil
}

func (p *Poller) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// backlogEvery is how often a paused poller looks whether it may go on.
const backlogEvery = 5 * time.Second

// Run polls until ctx ends, then finishes the polls under way within their own
// time-outs and returns nil. No goroutine outlives Run.
func (p *Poller) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer func() {
		wg.Wait()
		p.mu.Lock()
		p.fetcher.Close()
		p.mu.Unlock()
	}()
	var checked time.Time
	full := false
	for {
		if now := p.now(); now.Sub(checked) >= backlogEvery {
			checked, full = now, p.backlogged(ctx)
		}
		var start []*entry
		wait := time.Minute
		if full {
			wait = backlogEvery
		} else {
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

// backlogged reports whether so many articles wait to be read that polling on
// would let the stream drop the oldest.
func (p *Poller) backlogged(ctx context.Context) bool {
	p.mu.Lock()
	limit := p.cfg.MaxBacklog
	p.mu.Unlock()
	n, err := p.bus.Pending(ctx, bus.EnrichArticles)
	if err != nil {
		return false // no such consumer yet, or no NATS: publishing itself waits then
	}
	full := n > uint64(limit)
	if full {
		p.log.Warn("polling pauses: too many articles wait to be read", "articles", n, "limit", limit)
		p.metrics.paused.Set(1)
	} else {
		p.metrics.paused.Set(0)
	}
	return full
}

// next takes what is due and may start, and says how long until more is.
func (p *Poller) next() (start []*entry, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	wait = time.Minute
	for len(p.sched) > 0 && p.running < p.cfg.Workers {
		e := p.sched[0]
		if d := e.due.Sub(now); d > 0 {
			wait = min(wait, d)
			break
		}
		h := p.host(e.feed.URL)
		if h.busy || now.Before(h.next) {
			e.due = now.Add(max(h.next.Sub(now), 10*time.Millisecond))
			heap.Fix(&p.sched, 0)
			continue
		}
		p.metrics.late.Observe(now.Sub(e.due).Seconds())
		heap.Pop(&p.sched)
		h.busy, e.host = true, h
		p.running++
		start = append(start, e)
	}
	return start, wait
}

func (p *Poller) host(feedURL string) *hostGate {
	name := feedURL
	if u, err := url.Parse(feedURL); err == nil {
		name = u.Host
	}
	h := p.hosts[name]
	if h == nil {
		h = &hostGate{}
		p.hosts[name] = h
	}
	return h
}

// visit polls one feed and puts it back into the schedule.
func (p *Poller) visit(ctx context.Context, e *entry) {
	p.mu.Lock()
	feed, cfg, fetcher := e.feed, p.cfg, p.fetcher
	p.mu.Unlock()
	began := p.now()
	due := p.poll(ctx, feed, cfg, fetcher)
	p.metrics.seconds.Observe(p.now().Sub(began).Seconds())
	p.mu.Lock()
	defer p.mu.Unlock()
	e.host.busy, e.host.next = false, p.now().Add(cfg.PerHost)
	p.running--
	e.due = due
	if !e.removed {
		heap.Push(&p.sched, e)
	}
}

// storeTimeout bounds what a poll still stores while the daemon is stopping.
const storeTimeout = 10 * time.Second

// poll fetches a feed, publishes what is new and stores what it learnt. It
// returns when the feed is due again.
func (p *Poller) poll(ctx context.Context, feed Feed, cfg Config, fetcher *Fetcher) time.Time {
	every := cmp.Or(feed.Every, cfg.Every)
	l, err := p.mem.load(ctx, feed.ID)
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("feed not polled: its state cannot be read", "feed", feed.ID, "err", err)
			p.metrics.polls.WithLabelValues("failed").Inc()
			p.metrics.failures.WithLabelValues(reasonBus).Inc()
		}
		p.setFailing(feed.ID, true)
		return p.now().Add(gap(every, cfg.MaxEvery, 0, 1, 0, rand.Float64()))
	}
	if l.damaged != nil {
		p.log.Warn("feed state is lost, polling it afresh", "feed", feed.ID, "err", l.damaged)
	}
	if l.state.URL != feed.URL {
		// Another address: its validators are another's.
		l.state = feedState{URL: feed.URL}
	}
	outcome, asked, err := p.fetchAndPublish(ctx, feed, cfg, fetcher, l)
	if ctx.Err() != nil && err != nil {
		return p.now() // stopping: nothing learnt, nothing stored
	}
	now := p.now()
	l.state.Polled = now.UTC()
	var retryAfter time.Duration
	if err != nil {
		// What the publish did not finish must be found new again.
		l.seen.dirty = false
		l.state.Failures++
		l.state.LastError = err.Error()
		retryAfter = retryAfterOf(err)
		reason := reasonOf(err)
		p.metrics.failures.WithLabelValues(reason).Inc()
		outcome = "failed"
		defer func(n int) {
			p.log.Warn("poll failed", "feed", feed.ID, "reason", reason, "failures", n, "next", l.state.Due.Sub(now).Round(time.Second), "err", err)
		}(l.state.Failures)
	} else {
		l.state.Failures, l.state.LastError = 0, ""
	}
	p.metrics.polls.WithLabelValues(outcome).Inc()
	p.setFailing(feed.ID, err != nil)
	l.state.Due = now.Add(gap(every, cfg.MaxEvery, asked, l.state.Failures, retryAfter, rand.Float64())).UTC()
	store, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := p.mem.save(store, feed.ID, l); err != nil {
		// The next poll finds the same items and the stream knows their ids.
		p.log.Error("what a poll learnt is not stored", "feed", feed.ID, "err", err)
		p.metrics.failures.WithLabelValues(reasonBus).Inc()
	}
	return l.state.Due
}

func (p *Poller) setFailing(id string, failing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if failing {
		p.failing[id] = true
	} else {
		delete(p.failing, id)
	}
	p.metrics.failing.Set(float64(len(p.failing)))
}

// fetchAndPublish does the poll itself. It changes l only after every new
// article is on the stream.
func (p *Poller) fetchAndPublish(ctx context.Context, feed Feed, cfg Config, fetcher *Fetcher, l *loaded) (outcome string, asked time.Duration, err error) {
	resp, err := fetcher.Fetch(ctx, Request{URL: feed.URL, ETag: l.state.ETag, LastModified: l.state.LastModified})
	if err != nil {
		return "", 0, err
	}
	if resp.NotModified {
		return "not_modified", resp.MaxAge, nil
	}
	p.metrics.bytes.Add(float64(len(resp.Body)))
	hash := ident.SHA256(string(resp.Body))
	if hash == l.state.BodyHash {
		if !l.state.Partial {
			l.state.ETag, l.state.LastModified = resp.ETag, resp.LastModified
		}
		return "not_modified", resp.MaxAge, nil
	}
	now := p.now()
	parsed, err := Parse(resp.Body, resp.ContentType,
		FeedInfo{ID: feed.ID, Outlet: feed.Outlet, Language: feed.Language, Country: feed.Country, URL: resp.FinalURL},
		Limits{MaxItems: cfg.MaxItems, MaxTextBytes: int(cfg.MaxText), MaxDepth: maxDepth, Now: now})
	if err != nil {
		if resp.Truncated {
			err = &FetchError{URL: resp.FinalURL, Reason: ReasonTruncated, Err: fmt.Errorf("the answer broke off, or did not end in time, after %d bytes; polling it again later", len(resp.Body))}
		}
		return "", 0, err
	}
	p.metrics.skipped.Add(float64(parsed.Skipped))
	partial := parsed.Partial || resp.Truncated
	if partial {
		p.log.Warn("feed is damaged: what is whole was read", "feed", feed.ID, "items", len(parsed.Articles), "skipped", parsed.Skipped, "problems", strings.Join(head(parsed.Problems, 3), "; "))
	}
	n, err := p.publish(ctx, feed, parsed.Articles, l.seen, now)
	if err != nil {
		return "", 0, err
	}
	l.seen.forget(now, cfg.Remember)
	l.state.Title = parsed.Title
	// The same bytes give the same items. Validators are another matter: they
	// would keep the rest of a damaged body from us.
	l.state.BodyHash, l.state.Partial = hash, partial
	if !partial {
		l.state.ETag, l.state.LastModified = resp.ETag, resp.LastModified
	}
	asked = max(resp.MaxAge, parsed.TTL)
	if n == 0 {
		return "nothing_new", asked, nil
	}
	p.log.Info("feed polled", "feed", feed.ID, "articles", n, "items", len(parsed.Articles))
	return "new", asked, nil
}

// maxDepth bounds the nesting of a feed: real ones need some ten levels.
const maxDepth = 300

// publish puts the articles that are new or changed on the stream, oldest
// first, and returns when all are stored.
func (p *Poller) publish(ctx context.Context, feed Feed, articles []Article, s *seen, now time.Time) (n int, err error) {
	slices.SortStableFunc(articles, func(a, b Article) int { return a.Published.Compare(b.Published) })
	var pending []*bus.Pending
	first, editions := 0, 0
	for i := range articles {
		a := &articles[i]
		if !fit(a) {
			p.metrics.skipped.Inc()
			p.log.Warn("item skipped: too large for a message even without its text", "feed", feed.ID, "article", a.ID)
			continue
		}
		if !s.take(a, now) {
			continue
		}
		if a.Edition == 1 {
			first++
		} else {
			editions++
		}
		m, err := Message(p.bus, a)
		if err != nil {
			return 0, err
		}
		pending = append(pending, p.bus.Begin(m))
	}
	for _, w := range pending {
		if _, err := w.Wait(ctx); err != nil {
			return 0, fmt.Errorf("publish articles of feed %s: %w", feed.ID, err)
		}
	}
	if len(pending) > 0 {
		p.metrics.articles.WithLabelValues("first").Add(float64(first))
		p.metrics.articles.WithLabelValues("edition").Add(float64(editions))
		p.metrics.last.Set(float64(now.Unix()))
	}
	return len(pending), nil
}

// Message is the publish of an article.
func Message(b *bus.Bus, a *Article) (bus.Message, error) {
	data, err := encode(a)
	if err != nil {
		return bus.Message{}, fmt.Errorf("encode article %s: %w", a.ID, err)
	}
	return bus.Message{Subject: b.Subject("article", a.Feed), ID: a.MsgID(), Data: data}, nil
}

// encode writes an article for the bus. Its text keeps "<" and "&" as they are.
func encode(a *Article) ([]byte, error) { return json.Marshal(a, jsontext.AllowInvalidUTF8(true)) }

// messageRoom leaves space for what the poller still adds to an article, and
// surelyFits for text whose every byte takes six in JSON.
const (
	messageRoom = bus.MaxMessage - 1<<10
	surelyFits  = messageRoom / 6
)

// fit cuts the text of an article until it fits a message of the bus; false
// where even an empty text does not.
func fit(a *Article) bool {
	for len(a.Title)+len(a.Summary)+len(a.Body)+len(a.URL)+len(a.GUID) > surelyFits {
		if data, err := encode(a); err == nil && len(data) <= messageRoom {
			return true
		}
		switch {
		case len(a.Body) > 0:
			a.Body = cut(a.Body)
		case len(a.Summary) > 0:
			a.Summary = cut(a.Summary)
		default:
			return false
		}
		a.ContentSHA256 = ContentHash(a.Title, a.Summary, a.Body)
	}
	return true
}

// cut halves a text at a paragraph or, failing that, between two runes.
func cut(s string) string {
	s = s[:len(s)/2]
	if i := strings.LastIndex(s, "\n\n"); i > len(s)/2 {
		return s[:i]
	}
	for len(s) > 0 {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// reasonBus labels polls that failed on our side.
const reasonBus = "bus"

// failureReasons is the closed list of labels.
var failureReasons = slices.Compact(slices.Sorted(slices.Values(slices.Concat(Reasons, ParseReasons, []string{reasonBus}))))

func reasonOf(err error) string {
	var f *FetchError
	var x *ParseError
	switch {
	case errors.As(err, &f):
		return f.Reason
	case errors.As(err, &x):
		return x.Reason
	}
	return reasonBus
}

func retryAfterOf(err error) time.Duration {
	var f *FetchError
	if errors.As(err, &f) {
		return f.RetryAfter
	}
	return 0
}

func head(s []string, n int) []string { return s[:min(n, len(s))] }
