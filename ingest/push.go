package ingest

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/ingest/websub"
	"tocsin/internal/bus"
)

// pushEvery is how often a feed is polled whose hub tells of changes: hubs forget.
const pushEvery = time.Hour

// listen makes the poller a subscriber, if hubs can reach it.
func (p *Poller) listen(cfg Config, subscriptions jetstream.KeyValue) (err error) {
	if cfg.WebSub.Callback == "" {
		return nil
	}
	p.hub, err = websub.New(websub.Config{
		Callback: cfg.WebSub.Callback, Bucket: subscriptions, MaxBytes: int64(cfg.MaxBytes),
		Post: func(ctx context.Context, hub string, form url.Values) (int, error) {
			return p.currentFetcher().Post(ctx, hub, form)
		},
		Deliver: p.deliver, Nudge: p.pollSoon, Log: p.log, Metrics: cfg.Metrics, Now: func() time.Time { return p.now() },
	})
	return err
}

func (p *Poller) currentFetcher() *Fetcher {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fetcher
}

// ServeHTTP answers WebSub hubs below the path of Config.WebSub.Callback.
func (p *Poller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.hub == nil {
		http.NotFound(w, r)
		return
	}
	p.hub.ServeHTTP(w, r)
}

// subscribe keeps the subscription of a feed after a poll that did not fail.
func (p *Poller) subscribe(ctx context.Context, feed Feed, st *FeedState) {
	if p.hub == nil {
		st.Push = false
		return
	}
	if st.Hub == "" {
		if st.Push { // it named one before
			st.Push = false
			p.unsubscribe(ctx, feed.ID)
		}
		return
	}
	active, err := p.hub.Ensure(ctx, feed.ID, cmp.Or(st.Topic, st.address()), st.Hub)
	if err != nil {
		p.log.Info("hub not asked; the feed is polled as others are", "feed", feed.ID, "err", err)
	}
	if active && !st.Push {
		p.log.Info("a hub tells of changes", "feed", feed.ID, "hub", st.Hub)
	}
	st.Push = active
}

func (p *Poller) unsubscribe(ctx context.Context, id string) {
	if err := p.hub.Drop(ctx, id); err != nil {
		p.log.Warn("a subscription is not forgotten; what its hub sends is refused", "feed", id, "err", err)
	}
}

// drop marks a feed that is polled no more for bidFarewell.
func (p *Poller) drop(id string) {
	if p.hub == nil || !p.share.held[shardOf(id)] {
		return
	}
	p.dropped = append(p.dropped, id)
	ring(p.farewell)
}

// bidFarewell ends the subscriptions of feeds that are polled no more.
func (p *Poller) bidFarewell(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.farewell:
		}
		p.mu.Lock()
		ids := p.dropped
		p.dropped = nil
		p.mu.Unlock()
		for _, id := range ids {
			p.unsubscribe(ctx, id)
		}
	}
}

// pushTries is how often a delivery begins anew because somebody else stored the
// feed's state meanwhile.
const pushTries = 5

// deliver publishes what a hub sent that is new. It need not be the poller whose
// turn the feed is: article ids and compare-and-set keep two of them apart.
func (p *Poller) deliver(ctx context.Context, id string, body []byte, contentType string) error {
	p.mu.Lock()
	e, cfg := p.entries[id], p.cfg
	if e == nil || e.paused || e.removed {
		p.mu.Unlock()
		return websub.ErrGone
	}
	feed := e.feed
	p.mu.Unlock()
	e.polling.Lock()
	defer e.polling.Unlock()
	var err error
	for range pushTries {
		if err = p.receive(ctx, feed, cfg, body, contentType); !bus.Conflict(err) {
			break
		}
	}
	return err
}

func (p *Poller) receive(ctx context.Context, feed Feed, cfg Config, body []byte, contentType string) error {
	l, err := p.mem.load(ctx, feed.ID)
	if err != nil {
		return err
	}
	if l.state.URL != feed.URL {
		return fmt.Errorf("feed %s has not been polled at its address yet", feed.ID)
	}
	now := p.now()
	parsed, err := p.parse(feed, cfg, &Response{Body: body, ContentType: contentType, FinalURL: l.state.address()}, now)
	if err != nil {
		// The next poll sees it as it is; to send this again helps nobody.
		p.log.Warn("a hub sent what cannot be read; the feed is polled instead", "feed", feed.ID, "err", err)
		p.pollSoon(feed.ID)
		return nil
	}
	n, first, err := p.publish(ctx, feed, cfg, parsed, l, now)
	if err != nil {
		return err
	}
	l.state.posted(first, now)
	if err := p.mem.save(ctx, feed.ID, l); err != nil {
		return err
	}
	if n > 0 {
		p.log.Info("feed pushed", "feed", feed.ID, "articles", n)
	}
	return nil
}

// pollSoon makes a feed due now, but not sooner after its last poll than it may be.
func (p *Poller) pollSoon(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[id]
	if e != nil && e.index == visited {
		e.hinted = true
	}
	if e == nil || e.index < 0 {
		return // another poller's, perhaps: its next poll must do
	}
	if at := later(p.now(), e.polled.Add(cmp.Or(e.feed.Every, p.cfg.Every))); at.Before(e.due) {
		e.due, e.at = at, at
		heap.Fix(&p.sched, e.index)
		p.nudge()
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
