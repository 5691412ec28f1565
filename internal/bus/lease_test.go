package bus

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// A stop comes while a renewal is under way: the server has it, and its answer is lost.
func TestALeaseWhoseRenewalIsUnconfirmedIsGivenUp(t *testing.T) {
	t.Parallel()
	cfg := DefaultConfig()
	cfg.DataDir, cfg.Durability, cfg.Metrics = t.TempDir(), Relaxed, prometheus.NewRegistry()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	b, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	mine, err := newLease(t.Context(), b, "work", cfg.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := mine.take(t.Context()); !ok {
		t.Fatalf("take = %v, %v", ok, err)
	}
	if _, err := mine.kv.Update(t.Context(), "work", mine.value, mine.revision); err != nil {
		t.Fatal(err)
	}
	mine.release()
	other, err := newLease(t.Context(), b, "work", cfg.Log)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := other.take(t.Context()); !ok || err != nil {
		t.Errorf("take by another one = %v, %v, want it at once", ok, err)
	}
	mine.release() // which is no longer its
	if held, err := other.renew(t.Context()); !held || err != nil {
		t.Errorf("after the first one gave it up again, renew = %v, %v; want it kept", held, err)
	}
}
