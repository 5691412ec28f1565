package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/ingest"
)

func TestFeedNote(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	before := func(d time.Duration) time.Time { return now.Add(-d) }
	const url = "https://me:secret@wire.example/feed"
	for _, tt := range []struct {
		name  string
		state ingest.FeedState
		want  string
	}{
		{"new", ingest.FeedState{}, "new, unverified: not polled yet"},
		{"good", ingest.FeedState{Polled: now, Success: now}, "ok"},
		{"quiet, as is usual", ingest.FeedState{Polled: now, Success: now, NewAt: before(40 * 24 * time.Hour), NewGap: 5 * 24 * 3600}, "ok"},
		{"dry", ingest.FeedState{Polled: now, Success: now, NewAt: before(40 * 24 * time.Hour), NewGap: 3600}, "dry, nothing new for 40d"},
		{"dry and failing", ingest.FeedState{Polled: now, NewAt: before(40 * 24 * time.Hour), NewGap: 3600, Failures: 1, FailingSince: now, LastError: "no"}, "failing, failing for 0s: no"},
		{"damaged", ingest.FeedState{Polled: now, Success: now, Partial: true}, "partial, damaged: what is whole is read"},
		{"failing, without its own address",
			ingest.FeedState{Polled: now, Failures: 9, FailingSince: before(75 * time.Hour), LastError: "fetch https://me:xxxxx@wire.example/feed: status 500; polling it again later"},
			"failing, failing for 3d: status 500; polling it again later"},
		{"failing where it leads", ingest.FeedState{Polled: now, Failures: 1, FailingSince: before(time.Minute), LastError: "fetch https://login.example/: status 403, refused"},
			"failing, failing for 1m: fetch https://login.example/: status 403, refused"},
		{"gone", ingest.FeedState{Polled: now, Failures: 2, FailingSince: before(40 * 24 * time.Hour), Gone: now}, "gone, gone for 40d, its server says for good: remove it or give its new address"},
		{"moved", ingest.FeedState{Polled: now, Success: now, Location: "https://me:secret@new.example/feed"}, "ok, moved to https://me:xxxxx@new.example/feed"},
		{"about to move", ingest.FeedState{Polled: now, Success: now, Moving: &ingest.Move{To: "https://new.example/"}}, "ok, redirected for good to https://new.example/, followed when proven"},
		{"pushed", ingest.FeedState{Polled: now, Success: now, Push: true, Hub: "https://hub.example/"}, "ok, pushed by https://hub.example/"},
		{"a stranger's words", ingest.FeedState{Polled: now, Failures: 1, FailingSince: now, LastError: "no\n\x1b[31m\u202efeed"}, "failing, failing for 0s: no \ufffd[31mfeed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.state.URL = url
			s := ingest.Status{Polled: ingest.Polled{Feed: ingest.Feed{URL: url, ID: "wire"}}, State: tt.state}
			got := strings.TrimSuffix(s.WordAt(now)+", "+feedNote(&s, now), ", ")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			line, err := json.Marshal(feedLine(&s, now))
			if err != nil || bytes.Contains(line, []byte("secret")) {
				t.Errorf("%s, %v", line, err)
			}
		})
	}
}

func TestFeedSummary(t *testing.T) {
	bad := ingest.Status{State: ingest.FeedState{Failures: 1}}
	good := ingest.Status{State: ingest.FeedState{Success: time.Now()}}
	idle := ingest.Status{Polled: ingest.Polled{Paused: true}}
	for _, tt := range []struct {
		list []ingest.Status
		of   int
		want string
	}{
		{nil, 0, "0 feeds"},
		{nil, 2, "0 of 2 feeds"},
		{[]ingest.Status{good}, 1, "1 feed: 1 ok"},
		{[]ingest.Status{bad, idle, good, good}, 4, "4 feeds: 2 ok, 1 failing, 1 paused"},
		{[]ingest.Status{bad}, 4, "1 of 4 feeds: 1 failing"},
	} {
		if got := summary(tt.list, tt.of, time.Now()); got != tt.want {
			t.Errorf("summary of %d of %d: %q, want %q", len(tt.list), tt.of, got, tt.want)
		}
	}
}

func TestFeedSort(t *testing.T) {
	now := time.Now()
	status := func(id string, due time.Duration, failures int, paused bool) ingest.Status {
		return ingest.Status{Polled: ingest.Polled{Feed: ingest.Feed{ID: id}, Paused: paused}, State: ingest.FeedState{Due: now.Add(due), Failures: failures, Success: now}}
	}
	list := []ingest.Status{status("c", 1, 0, true), status("d", 3, 0, false), status("b", 2, 5, false), status("a", 4, 0, false)}
	for key, want := range map[string]string{"id": "abcd", "due": "bdac", "state": "dabc"} {
		sorted := append([]ingest.Status(nil), list...)
		feedLsCmd{Sort: key}.sort(sorted, now)
		got := ""
		for _, s := range sorted {
			got += s.ID
		}
		if got != want {
			t.Errorf("--sort %s: %s, want %s", key, got, want)
		}
	}
}

func TestFeedTimes(t *testing.T) {
	type words struct{ Span, Exact string }
	for d, want := range map[time.Duration]words{
		-time.Second:                 {"0s", "-1s"},
		45 * time.Second:             {"45s", "45s"},
		90 * time.Second:             {"1m", "1m30s"},
		10 * time.Minute:             {"10m", "10m"},
		6*time.Hour + 36*time.Minute: {"6h", "6h36m"},
		24 * time.Hour:               {"24h", "24h"},
		47 * time.Hour:               {"47h", "47h"},
		720 * time.Hour:              {"30d", "30d"},
	} {
		if d := gocmp.Diff(want, words{span(d), exact(d)}); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\r\nc":                       "a b  c",
		"«\u00a0Attaque\u00a0» à midi":    "« Attaque » à midi",
		"\x1b[2J\u009b31mred\x07":         "\ufffd[2J\ufffd31mred\ufffd",
		"inter\u00adnational \u202egpj.":  "international gpj.",
		"می\u200cخواهم 👩\u200d🚒":          "می\u200cخواهم 👩\u200d🚒",
		"see http://me:secret@host/ \xff": "see http://me:xxxxx@host/ \ufffd",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestMainFeeds(t *testing.T) {
	feed := func(title, url string) ingest.Discovered { return ingest.Discovered{Title: title, URL: url} }
	main, opinion, replies := feed("News", "https://x.example/feed"), feed("Commentary", "https://x.example/commentisfree/rss"), feed("Kommentare", "https://x.example/comments/feed/")
	for _, tt := range []struct {
		name       string
		have, want []ingest.Discovered
	}{
		{"a blog", []ingest.Discovered{main, replies}, []ingest.Discovered{main}},
		{"a paper with opinions", []ingest.Discovered{main, opinion}, []ingest.Discovered{main, opinion}},
		{"only replies", []ingest.Discovered{replies}, []ingest.Discovered{}},
	} {
		if d := gocmp.Diff(tt.want, mainFeeds(tt.have)); d != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, d)
		}
	}
}
