package correlate_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// BenchmarkWorker folds reports of a fortnight from one stream into another, on a server in this
// process: under "always" each write waits for the disk, under "relaxed" none.
func BenchmarkWorker(b *testing.B) {
	for _, durability := range []bus.Durability{bus.Relaxed, bus.Always} {
		b.Run(string(durability), func(b *testing.B) {
			cfg := bustest.Config(b, b.TempDir())
			cfg.Durability, cfg.Log = durability, slog.New(slog.DiscardHandler)
			on, err := bus.Open(b.Context(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer on.Close()
			reports, batches := 0, 0.0
			var took, cpu time.Duration
			for b.Loop() {
				const n = 10_000
				next := correlate.NewWorld(uint64(reports), time.Now().Add(-14*24*time.Hour), 14*24*time.Hour/n)
				var pending []*bus.Pending
				for range n {
					r := next()
					data, err := json.Marshal(r)
					if err != nil {
						b.Fatal(err)
					}
					pending = append(pending, on.Begin(bus.Message{Subject: on.Subject("report", "xx", "bombing"), ID: r.ID + strconv.Itoa(reports), Data: data, Header: nats.Header{enrich.HeaderEdition: {"1"}}}))
				}
				for _, p := range pending {
					if _, err := p.Wait(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				reports += n
				wcfg, reg := correlate.DefaultConfig(), prometheus.NewRegistry()
				wcfg.Log, wcfg.Metrics = slog.New(slog.DiscardHandler), reg
				began, used := time.Now(), correlate.CPUTime(b)
				stop := bustest.Start(b, correlate.NewWorker(on, wcfg).Run)
				bustest.SettledOr(b, on, bus.CorrelateReports, 10*time.Minute, nil)
				took += time.Since(began)
				cpu += correlate.CPUTime(b) - used
				stop()
				batches += metric(b, reg, "tocsin_correlate_batch_seconds", "")
			}
			b.ReportMetric(float64(reports)/batches, "reports/batch")
			b.ReportMetric(float64(reports)/took.Seconds(), "reports/s")
			b.ReportMetric(float64(reports)/cpu.Seconds(), "reports/cpu-s")
		})
	}
}

// rss is the memory of this process that is in RAM, in MB.
func rss(tb testing.TB) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip(err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				tb.Fatal(err)
			}
			return float64(kb) / 1024
		}
	}
	return 0
}

// TestMillion starts with 1,000,000 incidents stored, TOCSIN_MILLION=1 or how many.
func TestMillion(t *testing.T) {
	s := os.Getenv("TOCSIN_MILLION")
	if s == "" {
		t.Skip("stores a million incidents: TOCSIN_MILLION=1")
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	if n == 1 {
		n = 1_000_000
	}
	dir := os.Getenv("TOCSIN_MILLION_DIR") // where it stays for the next run
	if dir == "" {
		dir = t.TempDir()
	}
	open := func() *bus.Bus {
		cfg := bustest.Config(t, dir)
		cfg.Log = slog.New(slog.DiscardHandler)
		b, err := bus.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := open()
	kv, err := b.Bucket(t.Context(), bus.IncidentsBucket)
	if err != nil {
		t.Fatal(err)
	}
	st, err := kv.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if st.Values() == 0 {
		began := time.Now()
		var pending []*bus.Pending
		bytes := 0
		wait := func() {
			for _, p := range pending {
				if _, err := p.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			pending = pending[:0]
		}
		correlate.WorldIncidents(n, time.Now(), func(i *correlate.Incident) {
			data, err := json.Marshal(i)
			if err != nil {
				t.Fatal(err)
			}
			bytes += len(data)
			pending = append(pending, b.Begin(b.BucketMessage(bus.IncidentsBucket, i.ID, data, 0)))
			if len(pending) == 500 {
				wait()
			}
		})
		wait()
		t.Logf("%d incidents of %d bytes each are stored in the bucket after %v", n, bytes/n, time.Since(began).Round(time.Second))
		w := newQuietWorker(b)
		p := watch(w, nil)
		began = time.Now()
		stop := bustest.Start(t, w.Run)
		p.WaitFor(t, "leading", time.Hour)
		t.Logf("without cards it leads after %v", time.Since(began).Round(time.Millisecond))
		began = time.Now()
		p.WaitFor(t, "manifest", time.Hour)
		t.Logf("the cards are stored %v later", time.Since(began).Round(time.Millisecond))
		stop()
	}
	b.Close()

	began := time.Now()
	b = open()
	defer b.Close()
	t.Logf("the server is there after %v, RSS %.0f MB", time.Since(began).Round(time.Millisecond), rss(t))
	before := correlate.Heap()
	w := newQuietWorker(b)
	p := watch(w, nil)
	began = time.Now()
	stop := bustest.Start(t, w.Run)
	p.WaitFor(t, "leading", time.Hour)
	t.Logf("it leads after %v", time.Since(began).Round(time.Millisecond))
	put(t, b, report("new", "Mosul", 3, 1))
	settled(t, b)
	t.Logf("the first report is folded after %v", time.Since(began).Round(time.Millisecond))
	t.Logf("RSS %.0f MB; heap %.0f MB, %.0f bytes an incident", rss(t), float64(correlate.Heap()-before)/(1<<20), float64(correlate.Heap()-before)/float64(n))
	stop()
}

func newQuietWorker(b *bus.Bus) *correlate.Worker {
	cfg := correlate.DefaultConfig()
	cfg.Log, cfg.Metrics = slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	return correlate.NewWorker(b, cfg)
}
