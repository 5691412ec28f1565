package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// TestRealFeeds sends recorded feeds of real outlets through the running
// daemon, twice. TOCSIN_FEEDS names the folder that has them; they belong to
// their outlets and are no part of this project.
func TestRealFeeds(t *testing.T) {
	folder := os.Getenv("TOCSIN_FEEDS")
	if folder == "" {
		t.Skip("TOCSIN_FEEDS names no folder with recorded feeds")
	}
	files, err := filepath.Glob(filepath.Join(folder, "real", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no feeds in %s: %v", folder, err)
	}
	srv := httptest.NewServer(http.FileServer(http.Dir(filepath.Join(folder, "real"))))
	defer srv.Close()
	cfg := defaultConfig()
	cfg.Data, cfg.HTTP.Listen, cfg.NATS.Durability = t.TempDir(), "", bus.Relaxed
	cfg.Ingest.PerHost = 0
	cfg.Ingest.AllowPrivate = []string{strings.TrimPrefix(srv.URL, "http://")}
	want := map[string]int{}
	for _, f := range files {
		id := bus.Token(strings.TrimSuffix(filepath.Base(f), ".xml"))
		cfg.Ingest.Feeds = append(cfg.Ingest.Feeds, ingest.Feed{URL: srv.URL + "/" + filepath.Base(f), ID: id})
		want[id] = distinctItems(t, f)
	}
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	first := runUntilPolled(t, cfg, len(files))
	total := 0
	for id, n := range want {
		if first[id] != n {
			t.Errorf("feed %s: %d articles of %d distinct items", id, first[id], n)
		}
		total += n
	}
	// The servers of a second start have forgotten the validators, and the
	// schedule that it was polled.
	again := bustest.Open(t, cfg.Data)
	kv, err := again.Bucket(t.Context(), bus.FeedsBucket)
	if err != nil {
		t.Fatal(err)
	}
	for id := range want {
		if err := kv.Purge(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	again.Close()
	for id, n := range runUntilPolled(t, cfg, len(files)) {
		if n != first[id] {
			t.Errorf("feed %s: a second start made %d articles of %d", id, n, first[id])
		}
	}
	t.Logf("%d feeds, %d distinct items, each one article; a second start that polled all again emitted none", len(files), total)
}

// runUntilPolled runs the daemon until it has polled n feeds and read all of
// them, and returns the articles on the stream by feed.
func runUntilPolled(t *testing.T, cfg config, n int) map[string]int {
	t.Helper()
	runUntil(t, cfg, func(d *daemon) bool { return counter(t, d, "tocsin_ingest_polls_total", "") >= n })
	b := bustest.Open(t, cfg.Data)
	defer b.Close()
	count := map[string]int{}
	all(t, b, bus.Articles, func(m jetstream.Msg) {
		a, err := ingest.DecodeArticle(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		count[a.Feed]++
	})
	return count
}

// runUntil runs the daemon until it has come so far and every stage has settled
// all that it was given, and stops it.
func runUntil(t *testing.T, cfg config, enough func(*daemon) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	d := newDaemon(cfg, "", func() (config, error) { return cfg, nil }, bustest.Log(t), io.Discard)
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !enough(d) {
		select {
		case err := <-ended:
			t.Fatalf("the daemon ended: %v", err)
		case <-ctx.Done():
			t.Fatalf("not far enough in a minute: %d polls, %d articles", counter(t, d, "tocsin_ingest_polls_total", ""), counter(t, d, "tocsin_ingest_articles_total", ""))
		case <-tick.C:
		}
	}
	if err := settled(ctx, d.bus); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatalf("the daemon ended with %v", err)
	}
}

var recordedItem = regexp.MustCompile(`(?s)<(?:item|entry)[ >].*?</(?:item|entry)>`)

// distinctItems counts the items of a file with nothing of ours: what stands
// twice to the letter is one.
func distinctItems(t *testing.T, file string) int {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, it := range recordedItem.FindAll(raw, -1) {
		seen[string(bytes.Join(bytes.Fields(it), []byte(" ")))] = true
	}
	return len(seen)
}
