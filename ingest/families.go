package ingest

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/ingest/family"
	"tocsin/internal/bus"
)

const (
	// familyWindow is how long outlets print one agency's story.
	familyWindow = 72 * time.Hour
	// familyMost bounds the articles that are compared: some 480 bytes each.
	familyMost = 100_000
	// familyPatience is how long the first polls wait for the articles of the
	// past days to be known again.
	familyPatience = 30 * time.Second
)

// Families tells which articles are one text. It goes on from the stream of
// articles: what was told before a restart, or by another poller, stands. Two
// pollers that read one text in the same instant may found two families.
type Families struct {
	mu    sync.Mutex
	index *family.Index
	ready chan struct{} // closed when what the stream has is known
}

// NewFamilies knows no article yet.
func NewFamilies() *Families {
	return &Families{index: family.NewIndex(familyWindow, familyMost), ready: make(chan struct{})}
}

// Place gives an article its family, and says by which rule; "" is its own.
func (f *Families) Place(a *Article) (rule string) {
	p := a.print()
	f.mu.Lock()
	defer f.mu.Unlock()
	var why family.Why
	a.Family, why = f.index.Place(a.ID, p, a.at())
	return why.Rule
}

func (a *Article) print() family.Print {
	return family.Of(a.URL, a.Title, cmp.Or(a.Body, a.Summary))
}

// at is when the article was published, as well as we know.
func (a *Article) at() time.Time {
	if a.Published.IsZero() {
		return a.Fetched
	}
	return a.Published
}

// follow learns what is on the stream until ctx ends.
func (f *Families) follow(ctx context.Context, b *bus.Bus, now time.Time) {
	b.Follow(ctx, bus.Articles, now.Add(-familyWindow), familyMost, func(m jetstream.Msg) {
		a, err := DecodeArticle(m.Data())
		if err != nil || a.Family == "" {
			return // the reader of articles tells of broken ones
		}
		p := a.print()
		f.mu.Lock()
		defer f.mu.Unlock()
		f.index.Learn(a.ID, p, a.at(), a.Family)
	}, func() { close(f.ready) })
}

// wait returns when the past days are known, or cannot be known soon.
func (f *Families) wait(ctx context.Context) {
	t := time.NewTimer(familyPatience)
	defer t.Stop()
	select {
	case <-f.ready:
	case <-t.C:
	case <-ctx.Done():
	}
}
