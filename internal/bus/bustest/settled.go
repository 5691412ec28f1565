package bustest

import (
	"testing"
	"time"

	"tocsin/internal/bus"
)

// Settled waits until a consumer has settled all that is on its stream now.
func Settled(t testing.TB, b *bus.Bus, c bus.Consumer) {
	t.Helper()
	SettledOr(t, b, c, patience, nil)
}

// SettledOr is Settled with another patience; or other is closed.
func SettledOr(t testing.TB, b *bus.Bus, c bus.Consumer, within time.Duration, other <-chan struct{}) {
	t.Helper()
	s, err := b.Stream(t.Context(), c.Stream)
	if err != nil {
		t.Fatal(err)
	}
	last := s.CachedInfo().State.LastSeq
	for deadline := time.Now().Add(within); ; {
		at, err := b.Settled(t.Context(), c)
		if err == nil && at >= last {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s has settled the messages up to %d, not to %d (%v)", c.Name, at, last, err)
		}
		select {
		case <-other:
			return
		case <-time.After(2 * time.Millisecond): // the server tells nobody
		}
	}
}
