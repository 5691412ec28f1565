// Package pulse tells work that goes on, waits or tries again from work that
// stands still.
//
// Whoever starts a stage gives it a pulse by its context; what the stage is made
// of (subscriptions, pauses between two tries) beats it. So an outage, in which a
// stage tries again and again, is no standstill, and a deadlock is. A nil Pulse
// does nothing: tests and tools need none.
package pulse

import (
	"context"
	"sync"
	"time"
)

// Pulse is that of one stage.
type Pulse struct {
	mu   sync.Mutex
	held int       // pieces of work that have begun and not ended
	last time.Time // sign that they go on
}

type key struct{}

// With returns a context that carries p.
func With(ctx context.Context, p *Pulse) context.Context { return context.WithValue(ctx, key{}, p) }

// From is the pulse that ctx carries, nil where there is none.
func From(ctx context.Context) *Pulse {
	p, _ := ctx.Value(key{}).(*Pulse)
	return p
}

// Begin says that a piece of work is in hand. It is no sign that another goes on.
func (p *Pulse) Begin() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == 0 {
		p.last = time.Now()
	}
	p.held++
}

// End says that one is done.
func (p *Pulse) End() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held--
	p.last = time.Now()
}

// Beat says that work goes on.
func (p *Pulse) Beat() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = time.Now()
}

// Still is how long work has been in hand without a sign that it goes on; 0
// where there is none in hand.
func (p *Pulse) Still() time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held == 0 {
		return 0
	}
	return time.Since(p.last)
}
