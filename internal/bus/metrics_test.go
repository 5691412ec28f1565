package bus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestMetrics(t *testing.T) {
	cfg := bustest.Config(t, t.TempDir())
	reg := prometheus.NewPedanticRegistry()
	cfg.Metrics = reg
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	reg.MustRegister(b.Collector())
	publish(t, b, "1", "one")
	publish(t, b, "2", "two")
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	m := next(t, sub)
	if err := b.SetAside(t.Context(), m, "enrich", bus.Panicked, errors.New("x")); err != nil {
		t.Fatal(err)
	}
	ack(t, next(t, sub))
	settled(t, b)
	stop()
	problems, err := testutil.GatherAndLint(reg)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP tocsin_bus_connected 1 while the connection to NATS is up.
# TYPE tocsin_bus_connected gauge
tocsin_bus_connected 1
# HELP tocsin_bus_consumer_pending_messages Messages that a stage has not been given yet.
# TYPE tocsin_bus_consumer_pending_messages gauge
tocsin_bus_consumer_pending_messages{consumer="enrich"} 0
# HELP tocsin_bus_consumer_redelivered_messages Messages that a stage has been given more than once and has not settled.
# TYPE tocsin_bus_consumer_redelivered_messages gauge
tocsin_bus_consumer_redelivered_messages{consumer="enrich"} 0
# HELP tocsin_bus_consumer_unacked_messages Messages that a stage has been given and has not settled.
# TYPE tocsin_bus_consumer_unacked_messages gauge
tocsin_bus_consumer_unacked_messages{consumer="enrich"} 0
# HELP tocsin_bus_stream_messages Messages that a stream holds.
# TYPE tocsin_bus_stream_messages gauge
tocsin_bus_stream_messages{stream="alerts"} 0
tocsin_bus_stream_messages{stream="articles"} 2
tocsin_bus_stream_messages{stream="canary"} 0
tocsin_bus_stream_messages{stream="dead"} 1
tocsin_bus_stream_messages{stream="incidents"} 0
tocsin_bus_stream_messages{stream="reports"} 0
`), "tocsin_bus_connected", "tocsin_bus_consumer_pending_messages", "tocsin_bus_consumer_redelivered_messages", "tocsin_bus_consumer_unacked_messages", "tocsin_bus_stream_messages"); err != nil {
		t.Error(err)
	}
	// A reason is a label from the first day: a rate over its first case needs the zero.
	if n, err := testutil.GatherAndCount(reg, "tocsin_bus_dead_letters_total"); err != nil || n != 4*len(bus.Reasons) {
		t.Errorf("%d series of dead letters (%v), want %d", n, err, 4*len(bus.Reasons))
	}
	room := map[string]float64{}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "tocsin_bus_disk_") {
			room[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	if free, size := room["tocsin_bus_disk_free_bytes"], room["tocsin_bus_disk_size_bytes"]; free <= 0 || size <= free {
		t.Errorf("%v bytes of %v are free, want some of more", free, size)
	}
	// An administrator's limit counts, where it is another one.
	deadStream, err := b.JS.Stream(t.Context(), "TOCSIN_DEAD")
	if err != nil {
		t.Fatal(err)
	}
	own := deadStream.CachedInfo().Config
	own.MaxBytes = 12345678
	if _, err := b.JS.UpdateStream(t.Context(), own); err != nil {
		t.Fatal(err)
	}
	if n := gauge(t, reg, "tocsin_bus_stream_limit_bytes", "dead"); n != 12345678 {
		t.Errorf("the limit of the dead letters is %v, want that of the stream", n)
	}
	b.Close()
	began := time.Now()
	if _, err := reg.Gather(); err != nil {
		t.Errorf("a scrape without NATS = %v, want what is left", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("a scrape without NATS took %v: it waits for answers that cannot come", took)
	}
}

// A server of a cluster that is away is seen by whoever asks another one.
func TestReplicasAreWatched(t *testing.T) {
	s := bustest.NewServers(t, 3)
	b, _ := s.Bus(t, 0)
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(b.Collector())
	current := func(want string) {
		t.Helper()
		var got string
		for deadline := time.Now().Add(30 * time.Second); ; bus.Pause(t.Context(), 20*time.Millisecond) { // servers tell nobody
			families, err := reg.Gather()
			if err != nil {
				t.Fatal(err)
			}
			got = ""
			for _, f := range families {
				for _, m := range f.GetMetric() {
					if l := m.GetLabel(); f.GetName() == "tocsin_bus_replica_current" && l[1].GetValue() == "articles" {
						got += fmt.Sprintf("%s=%v ", l[0].GetValue(), m.GetGauge().GetValue())
					}
				}
			}
			if got == want {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("replicas are %q, want %q", got, want)
			}
		}
	}
	current("n0=1 n1=1 n2=1 ")
	s.All[2].Shutdown()
	s.All[2].WaitForShutdown()
	current("n0=1 n1=1 n2=0 ")
}

// gauge is the value of a gauge with one label.
func gauge(t *testing.T, reg prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && m.GetLabel()[0].GetValue() == label {
				return m.GetGauge().GetValue()
			}
		}
	}
	t.Fatalf("no %s of %s", name, label)
	return 0
}
