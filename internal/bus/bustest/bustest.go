// Package bustest gives a test a bus of its own: a real JetStream server in
// this process, on a temporary folder.
package bustest

import (
	"context"
	"encoding/json"
	"flag"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
)

// WaitTogether lets eight parallel tests run at a time, for a TestMain whose tests wait
// for servers, and for other processes, more than they work: on two processors go test
// runs two, unless -parallel says more.
func WaitTogether() {
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err) // no test
	}
}

// New opens a bus that ends with the test. Publishes are not synced to disk:
// no test cuts the power.
func New(t testing.TB) *bus.Bus { return Open(t, t.TempDir()) }

// Open opens a bus on a data directory, for a test that comes back to it.
func Open(t testing.TB, dir string) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), Config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// Config is what Open opens.
func Config(t testing.TB, dir string) bus.Config {
	cfg := bus.DefaultConfig()
	cfg.DataDir = dir
	cfg.Durability = bus.Relaxed
	cfg.Log = Log(t)
	cfg.Metrics = prometheus.NewRegistry()
	return cfg
}

// Log writes to the test's own log.
func Log(t testing.TB) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Canary publishes a canary that carries a record of a kind, as the stage before does.
// It is waited for until a minute from now.
func Canary(t testing.TB, b *bus.Bus, round time.Time, kind string, record any) {
	t.Helper()
	data, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	m, err := b.CanaryMessage(&bus.Canary{Schema: bus.CanarySchema, Round: round, By: b.Boot(), Sent: round, Until: time.Now().Add(time.Minute), Record: data}, kind)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// Start runs a worker until stop, which fails the test unless Run returns nil.
// The end of the test stops it, too, before the bus that it works on ends.
func Start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	// Not the test's own context: that ends before the clean-up that waits.
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run = %v, want nil after a stop", err)
		}
	})
	t.Cleanup(stop)
	return stop
}
