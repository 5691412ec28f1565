package ingest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus/bustest"
)

func TestAFeedIsDryByItsOwnMeasure(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	const hour = 3600
	for _, tt := range []struct {
		name string
		gap  Seconds
		ago  time.Duration // the last that was new
		want bool
	}{
		{"one that posts each hour may be silent over a long weekend", hour, 71 * time.Hour, false},
		{"and not for longer", hour, 73 * time.Hour, true},
		{"a weekly may be silent for two months", 7 * 24 * hour, 69 * 24 * time.Hour, false},
		{"and not for longer", 7 * 24 * hour, 71 * 24 * time.Hour, true},
		{"one of which only its first poll is known has a month", 0, 29 * 24 * time.Hour, false},
		{"and not more", 0, 31 * 24 * time.Hour, true},
		{"a gap that no clock has is a long one", 1 << 62, 10 * 365 * 24 * time.Hour, false},
	} {
		if got := (news{at: now.Add(-tt.ago), gap: tt.gap}).dry(now); got != tt.want {
			t.Errorf("%s: silent for %v it is dry: %v, want %v", tt.name, tt.ago, got, tt.want)
		}
	}
	if (news{}).dry(now) {
		t.Error("a feed that was never read is dry")
	}
}

func TestSilentFeedsAreNamedUpToABound(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	r := newRig(t, bustest.New(t), "http://127.0.0.1:1/feed.xml", func(c *Config) { c.Metrics = reg })
	count := func(name string) int {
		t.Helper()
		n, err := testutil.GatherAndCount(reg, name)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	const series = "tocsin_ingest_feed_silent_since_timestamp_seconds"
	if n := count(series); n != 0 {
		t.Errorf("%d feeds are silent before any was polled", n)
	}
	old := r.at.Add(-40 * 24 * time.Hour)
	r.mu.Lock()
	r.note("busy", StatusOK, &FeedState{NewAt: r.at.Add(-time.Hour), NewGap: 3600})
	r.note("dry", StatusOK, &FeedState{NewAt: old, NewGap: 3600})
	r.note("down", StatusFailing, &FeedState{NewAt: old, NewGap: 3600, FailingSince: old.Add(time.Hour), Reported: true})
	r.note("hiccup", StatusFailing, &FeedState{NewAt: old, NewGap: 3600, FailingSince: r.at.Add(-time.Hour)})
	r.mu.Unlock()
	list, dry := r.silences()
	want := []silence{{"dry", silentNothing, old}, {"down", silentFailing, old.Add(time.Hour)}}
	if d := cmp.Diff(want, list, cmp.AllowUnexported(silence{})); d != "" || dry != 1 {
		t.Errorf("%d feeds are dry, want 1; silent ones (-want +got)\n%s", dry, d)
	}
	r.mu.Lock()
	for k := range 2 * maxSilences {
		r.note(fmt.Sprint("feed-", k), StatusFailing, &FeedState{FailingSince: r.at.Add(-48 * time.Hour), Reported: true})
	}
	r.mu.Unlock()
	if n := count(series); n != maxSilences {
		t.Errorf("%d silent feeds are named, want %d", n, maxSilences)
	}
	if list, _ := r.silences(); list[0].feed != "dry" || list[1].feed != "down" {
		t.Errorf("named first: %v, want those that are silent for longest", list[:2])
	}
}
