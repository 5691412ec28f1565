package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/internal/pulse"
)

// An editor empties the file and writes it anew: what it says in between, every key at
// its default, nobody has meant.
func TestAFileThatIsBeingWrittenIsNotTakenOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "tocsin.yaml")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const feeds = "ingest:\n  feeds: [{url: https://a.example/feed}, {url: https://b.example/feed}]\n"
	write(feeds)
	d := newDaemon(defaultConfig(), path, nil, bustest.Log(t), io.Discard)
	files := watchedFiles{taken: d.fingerprint()}
	for _, text := range []string{feeds, "", "ingest:\n", "ingest:\n  feeds: [{url: https://a.example/feed}]\n"} {
		write(text)
		if files.changed(d.fingerprint()) {
			t.Errorf("%q is taken over while it is being written", text)
		}
	}
	if !files.changed(d.fingerprint()) {
		t.Error("what was written is not taken over")
	}
	if files.changed(d.fingerprint()) {
		t.Error("what was written is taken over twice")
	}
}

// A service manager that asks by HTTP learns what a watchdog does.
func TestAStuckStageIsNotHealthy(t *testing.T) {
	t.Parallel()
	d := newDaemon(defaultConfig(), "", nil, bustest.Log(t), io.Discard)
	s := &stage{name: "enrich"}
	d.stages = []*stage{{name: "guard"}, s}
	a, err := serveHTTP(httpConfig{Listen: "127.0.0.1:0"}, d.reg, func() error { return d.alive(time.Nanosecond) }, d.ready, "", nil, d.log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.close(context.Background()) })
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(want int, says string) {
		t.Helper()
		resp, err := client.Get("http://" + a.lis.Addr().String() + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != want || !strings.HasPrefix(string(body), says) {
			t.Errorf("/healthz answers %d %q, want %d %q", resp.StatusCode, body, want, says)
		}
	}
	p := pulse.From(pulse.With(t.Context(), &s.pulse))
	p.Begin()
	ask(http.StatusOK, "alive") // it starts: that may take long
	d.running.Store(true)
	ask(http.StatusServiceUnavailable, "stuck: stage enrich has work in hand")
	p.End()
	ask(http.StatusOK, "alive")
}

func TestAStageThatFailsAtTheStopIsTold(t *testing.T) {
	t.Parallel()
	d := newDaemon(defaultConfig(), "", nil, bustest.Log(t), io.Discard)
	failed := errors.New("alerts.jsonl: no space left on device")
	s := &stage{name: "output file", done: make(chan struct{}), run: func(ctx context.Context) error { <-ctx.Done(); return failed }}
	d.stages = []*stage{s}
	d.start(s)
	if err := d.stop(); !errors.Is(err, failed) {
		t.Errorf("stop = %v, want %v", err, failed)
	}
}

func TestAStopWhileStartingIsNoFailure(t *testing.T) {
	t.Parallel()
	cfg := defaultConfig()
	cfg.Data, cfg.HTTP.Listen, cfg.NATS.Durability = t.TempDir(), "", bus.Relaxed
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newDaemon(cfg, "", nil, bustest.Log(t), io.Discard).run(ctx); err != nil {
		t.Errorf("run = %v, want nil", err)
	}
}
