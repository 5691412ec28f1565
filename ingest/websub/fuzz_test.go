package websub

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus/bustest"
)

// FuzzServeHTTP: whatever is asked, only the right token with the right topic
// has its challenge echoed, a lease has its bounds, and all others change
// nothing.
func FuzzServeHTTP(f *testing.F) {
	const token, old = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "ZYXWVUTSRQPONMLKJIHGFEDCBA"
	for _, path := range []string{"/websub/wire/" + token, "/websub/wire/" + old, "/websub/wire/", "/websub/other/" + token, "/", "/websub/wire/" + token + "/"} {
		for _, query := range []string{
			"hub.mode=subscribe&hub.topic=https%3A%2F%2Fexample.org%2F&hub.challenge=c&hub.lease_seconds=864000",
			"hub.mode=unsubscribe&hub.topic=https%3A%2F%2Fexample.org%2F&hub.challenge=c",
			"hub.mode=denied&hub.topic=https%3A%2F%2Fexample.org%2F&hub.reason=%ff",
			"hub.mode=subscribe&hub.mode=denied&hub.topic=https://example.org/&hub.challenge=%00&hub.lease_seconds=99999999999999999999",
			"hub.mode=subscribe;hub.topic=x", "%", "",
		} {
			f.Add(path, query)
		}
	}
	kv, err := bustest.New(f).JS.CreateKeyValue(f.Context(), jetstream.KeyValueConfig{Bucket: "websub", Storage: jetstream.MemoryStorage})
	if err != nil {
		f.Fatal(err)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s, err := New(Config{
		Callback: "https://tocsin.example.org/websub/", Bucket: kv, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Post:    func(context.Context, string, url.Values) (int, error) { panic("nobody asks") },
		Deliver: func(context.Context, string, []byte, string) error { panic("nothing is delivered") },
		Nudge:   func(string) { panic("nothing is delivered") },
		Now:     func() time.Time { return now },
	})
	if err != nil {
		f.Fatal(err)
	}
	stored, err := json.Marshal(record{
		Current: &subscription{Token: token, Callback: "https://tocsin.example.org/websub/wire/" + token, Topic: "https://example.org/", Hub: "https://hub.example/", Secret: "s"},
		Former:  []former{{Token: old, Topic: "https://example.org/", Left: now}},
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		rev, err := kv.Put(t.Context(), key("wire"), stored)
		if err != nil {
			t.Fatal(err)
		}
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path, RawQuery: query}, Header: http.Header{}, Body: http.NoBody}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r.WithContext(t.Context()))

		e, err := kv.Get(t.Context(), key("wire"))
		if err != nil {
			t.Fatal(err)
		}
		var rec record
		if err := json.Unmarshal(e.Value(), &rec); err != nil {
			t.Fatalf("stored %q: %v", e.Value(), err)
		}
		changed := e.Revision() != rev
		q, _ := url.ParseQuery(query)
		mode, right := q.Get("hub.mode"), q.Get("hub.topic") == "https://example.org/"
		current, former := path == "/websub/wire/"+token, path == "/websub/wire/"+old
		switch w.Code {
		case http.StatusOK:
			switch {
			case mode == subscribe && current && right && changed:
				if left := rec.Current.Expires.Sub(now); left < minLease || left > maxLease {
					t.Fatalf("%q: a lease of %v", query, left)
				}
			case mode == denied && current && right && changed:
				if w.Body.Len() > 0 || len(rec.Current.Reason) > maxReason {
					t.Fatalf("%q: answer %q, reason %q", query, w.Body, rec.Current.Reason)
				}
				return
			case mode == unsubscribe && former && right && !changed:
			default:
				t.Fatalf("%q?%q is confirmed", path, query)
			}
			if c := q.Get("hub.challenge"); c == "" || w.Body.String() != c || len(c) > maxChallenge || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Fatalf("%q: answer %q %v", query, w.Body, w.Header())
			}
		case http.StatusNotFound, http.StatusBadRequest:
			if changed {
				t.Fatalf("%q?%q is refused and changes the subscription to %s", path, query, e.Value())
			}
			if strings.TrimSpace(w.Body.String()) != http.StatusText(w.Code) {
				t.Fatalf("%q: answer %q", query, w.Body)
			}
		default:
			t.Fatalf("%q?%q = %d", path, query, w.Code)
		}
	})
}
