package fulltext

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// restFor is how long a host that says "too many requests" is left alone.
const restFor = time.Minute

// host is one server by name: whoever holds its turn may ask it.
type host struct {
	turn  chan struct{}
	users int // calls that hold the turn or wait for it; guarded by Fetcher.mu

	// Guarded by the turn.
	last time.Time // end of the last request
	rest time.Time // no request before
}

// idleFor is when a host may be forgotten: no pause reaches further.
const idleFor = restFor + maxCrawlDelay

// enter waits for the host's turn. Leave it before entering another host: two
// calls that redirect to each other's hosts would wait for ever.
func (f *Fetcher) enter(ctx context.Context, name string) (*host, error) {
	f.mu.Lock()
	h := f.hosts[name]
	if h == nil {
		f.forgetIdle()
		h = &host{turn: make(chan struct{}, 1)}
		f.hosts[name] = h
	}
	h.users++
	f.mu.Unlock()
	select {
	case h.turn <- struct{}{}:
		return h, nil
	case <-ctx.Done():
		f.mu.Lock()
		h.users--
		f.mu.Unlock()
		return nil, ctx.Err()
	}
}

func (f *Fetcher) leave(h *host) {
	<-h.turn
	f.mu.Lock()
	h.users--
	f.mu.Unlock()
}

// forgetIdle drops hosts that nobody uses, each time their number has doubled.
func (f *Fetcher) forgetIdle() {
	if len(f.hosts) < f.sweep {
		return
	}
	for name, h := range f.hosts {
		if h.users == 0 && time.Since(h.last) > max(idleFor, f.cfg.PerHost) {
			delete(f.hosts, name)
		}
	}
	f.sweep = max(1000, 2*len(f.hosts))
}

// errNoTurn says that a call's time ends before its turn comes.
var errNoTurn = fmt.Errorf("no turn at the host in time: %w", context.DeadlineExceeded)

// wait lets gap pass since the last request to h, whose turn the caller holds.
// A wait that ctx does not allow is not begun.
func (h *host) wait(ctx context.Context, gap time.Duration) error {
	if err := ctx.Err(); err != nil || h.last.IsZero() {
		return err
	}
	pause := max(gap-time.Since(h.last), time.Until(h.rest))
	if until, ok := ctx.Deadline(); ok && time.Until(until) < pause {
		return errNoTurn
	}
	if pause <= 0 {
		return nil
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask makes one request to h, whose turn the caller holds.
func (f *Fetcher) ask(ctx context.Context, h *host, url, accept string, maxBytes int64) (*Page, error) {
	defer func() { h.last = time.Now() }()
	page, err := f.cfg.Get(ctx, url, accept, maxBytes)
	if err != nil {
		return nil, err
	}
	if page == nil {
		return nil, errors.New("neither a page nor an error")
	}
	if page.Status == 429 || page.Status == 503 {
		h.rest = time.Now().Add(restFor)
	}
	if int64(len(page.Body)) > maxBytes {
		page.Body, page.Truncated = page.Body[:maxBytes], true
	}
	return page, nil
}
