package bustest

import (
	"sync"
	"testing"
	"time"
)

// patience is how long a worker may take to come to a point: twice what a fail-over may.
const patience = 2 * LongestFailOver

// Points are where a worker that says so has come to.
type Points struct {
	mu   sync.Mutex
	seen map[string]chan struct{}
	then func(point string)
}

// NewPoints calls then, unless it is nil, at every point.
func NewPoints(then func(point string)) *Points {
	return &Points{seen: map[string]chan struct{}{}, then: then}
}

// Reach is for the worker to call.
func (p *Points) Reach(point string) {
	p.mu.Lock()
	c := p.of(point)
	select {
	case <-c:
	default:
		close(c)
	}
	p.mu.Unlock()
	if p.then != nil {
		p.then(point)
	}
}

func (p *Points) of(point string) chan struct{} {
	if p.seen[point] == nil {
		p.seen[point] = make(chan struct{})
	}
	return p.seen[point]
}

// Come is closed when the worker has come to a point.
func (p *Points) Come(point string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(point)
}

// Wait fails the test if the worker does not come to a point within twice the time of a
// fail-over.
func (p *Points) Wait(t testing.TB, point string) { t.Helper(); p.WaitFor(t, point, patience) }

// WaitFor is Wait with another patience.
func (p *Points) WaitFor(t testing.TB, point string, within time.Duration) {
	t.Helper()
	select {
	case <-p.Come(point):
	case <-time.After(within):
		t.Fatalf("the worker never was at %q", point)
	}
}
