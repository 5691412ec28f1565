package bus_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/internal/pulse"
)

// stillFor waits until p has stood still for d.
func stillFor(t *testing.T, p *pulse.Pulse, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); p.Still() < d; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still for %v, want %v or more", p.Still(), d)
		}
	}
}

func TestAStageStandsStillWhileItSettlesNothing(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	var p pulse.Pulse
	ctx, cancel := context.WithCancel(pulse.With(t.Context(), &p))
	sub, err := b.Subscribe(ctx, bus.EnrichArticles)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Still(); got != 0 {
		t.Errorf("with nothing in hand still for %v, want 0", got)
	}
	publish(t, b, "1", "one")
	publish(t, b, "2", "two")
	one, two := next(t, sub), next(t, sub)
	stillFor(t, &p, 50*time.Millisecond)
	since := time.Now()
	ack(t, one)
	if got := p.Still(); got > time.Since(since) {
		t.Errorf("after one of two was settled still for %v, want it to count anew", got)
	}
	stillFor(t, &p, 50*time.Millisecond)
	since = time.Now()
	bus.Pause(ctx, time.Millisecond) // it tries again
	if got := p.Still(); got > time.Since(since) {
		t.Errorf("after a pause between two tries still for %v, want it to count anew", got)
	}
	ack(t, two)
	if got := p.Still(); got != 0 {
		t.Errorf("with all settled still for %v, want 0", got)
	}
	publish(t, b, "3", "three")
	next(t, sub)
	cancel()
	for range sub.C {
	}
	sub.Wait()
	if got := p.Still(); got != 0 {
		t.Errorf("after the subscription ended still for %v, want 0", got)
	}
}

// Credentials that the server no longer takes end the connection for good: no
// waiting helps, and a process that goes on without one is of no use.
func TestGuardEndsWithTheConnection(t *testing.T) {
	t.Parallel()
	s := natsServer(t, func(o *server.Options) { o.Authorization = "old" })
	cfg := external(t, s.ClientURL())
	cfg.TokenFile = secretFile(t, "old")
	b := openExternal(t, cfg)
	done := make(chan error, 1)
	go func() { done <- b.Guard(t.Context()) }()

	lost := b.Conn.StatusChanged(nats.RECONNECTING)
	port := s.Addr().(*net.TCPAddr).Port
	s.Shutdown()
	s.WaitForShutdown()
	<-lost
	select {
	case err := <-done:
		t.Fatalf("an outage ended the guard: %v", err)
	default:
	}
	natsServer(t, func(o *server.Options) { o.Authorization, o.Port = "new", port })
	select {
	case err := <-done:
		if !errors.Is(err, nats.ErrAuthorization) || !strings.Contains(err.Error(), "lets this user in") {
			t.Errorf("Guard = %v, want the refusal and what to do", err)
		}
	case <-time.After(patience):
		t.Error("the server refuses the token, and the guard waits on")
	}
}
