package ingest

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/internal/bus/bustest"
)

// testHub is a WebSub hub that verifies each subscription before it answers.
type testHub struct {
	*httptest.Server
	t      *testing.T
	sub    url.Values // the subscription that was verified last
	ended  url.Values // the one that was ended last
	refuse bool
}

func newTestHub(t *testing.T) *testHub {
	h := &testHub{t: t}
	h.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || h.refuse {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		q := url.Values{"hub.mode": r.Form["hub.mode"], "hub.topic": r.Form["hub.topic"], "hub.challenge": {"prove it"}, "hub.lease_seconds": {"432000"}}
		resp, err := http.Get(r.Form.Get("hub.callback") + "?" + q.Encode())
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		if said, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK || string(said) != "prove it" {
			t.Errorf("verification of %s answered %d %q", r.Form.Get("hub.mode"), resp.StatusCode, said)
			return
		}
		if r.Form.Get("hub.mode") == "subscribe" {
			h.sub = r.Form
		} else {
			h.ended = r.Form
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(h.Close)
	return h
}

// publish sends a body to the subscriber, signed with a secret.
func (h *testHub) publish(body, secret string) (status int) {
	h.t.Helper()
	req, err := http.NewRequest(http.MethodPost, h.sub.Get("hub.callback"), strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte(secret))
	io.WriteString(mac, body)
	req.Header.Set("X-Hub-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	req.Header.Set("Content-Type", "application/rss+xml")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// hubRig is a rig that hubs can reach.
func hubRig(t *testing.T, srv *feedServer, hub *testHub) *rig {
	var p atomic.Pointer[Poller]
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Load().ServeHTTP(w, r) }))
	t.Cleanup(front.Close)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml", func(c *Config) { c.WebSub.Callback = front.URL + "/websub/" })
	roots := x509.NewCertPool()
	roots.AddCert(hub.Certificate())
	cfg := r.cfg.fetcher()
	cfg.tls = &tls.Config{RootCAs: roots}
	r.fetcher = NewFetcher(cfg)
	t.Cleanup(func() { r.fetcher.Close() })
	p.Store(r.Poller)
	return r
}

func withHub(hub *testHub, self string, items ...string) string {
	return strings.Replace(rss(items...), "<link>", fmt.Sprintf(`<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="%s/"/><atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="self" href="%s"/><link>`, hub.URL, self), 1)
}

func TestHubTellsOfChanges(t *testing.T) {
	t.Parallel()
	srv, hub := newFeedServer(t), newTestHub(t)
	r := hubRig(t, srv, hub)
	self := srv.URL + "/topic"
	srv.body(withHub(hub, self, item("a", "Blast", "Four died.", monday)))
	if got := told(r.pollOnce()); len(got) != 1 {
		t.Fatalf("first poll: %v", got)
	}
	if hub.sub.Get("hub.topic") != self || hub.sub.Get("hub.secret") == "" {
		t.Fatalf("subscription %v, want topic %s and a secret", hub.sub, self)
	}
	srv.body(withHub(hub, self, item("a", "Blast", "Four died.", monday), item("b", "Vote", "It passed.", monday)))
	r.pollOnce() // now it is active
	if st := r.state(); !st.Push || st.Due.Sub(r.at) < pushEvery*9/10 {
		t.Errorf("push %v, next poll in %v; want it seldom while the hub tells", st.Push, st.Due.Sub(r.at))
	}

	secret := hub.sub.Get("hub.secret")
	pushed := withHub(hub, self, item("b", "Vote", "It passed.", monday), item("c", "Flood", "The bridge is out.", monday))
	before := r.lastSeq()
	for range 2 { // hubs repeat themselves
		if s := hub.publish(pushed, secret); s != http.StatusOK {
			t.Fatalf("delivery answered %d", s)
		}
	}
	if got := told(r.articles(before + 1)); len(got) != 1 || got[0] != "c/1 Flood" {
		t.Errorf("a delivery brought %q, want what is new in it, once", got)
	}
	before = r.lastSeq()
	hub.publish(withHub(hub, self, item("evil", "Evil", "No.", monday)), "guessed")
	hub.publish("<html>captcha</html>", secret)
	if got := told(r.articles(before + 1)); len(got) != 0 {
		t.Errorf("a forged delivery or a page brought %q", got)
	}
	// The poll finds the same as the hub has told: nothing twice.
	srv.body(pushed)
	if got := told(r.pollOnce()); len(got) != 0 {
		t.Errorf("a poll after the delivery brought %q", got)
	}
	// A hub that is named no more is left.
	srv.body(rss(item("c", "Flood", "The bridge is out.", monday)))
	r.pollOnce()
	if st := r.state(); st.Push || hub.ended.Get("hub.mode") != "unsubscribe" {
		t.Errorf("push %v, ended %v; want the subscription ended", st.Push, hub.ended)
	}
	if s := hub.publish(pushed, secret); s != http.StatusGone {
		t.Errorf("a delivery after that answered %d, want 410", s)
	}
}

// TestHubThatRefuses: the feed is polled as others are.
func TestHubThatRefuses(t *testing.T) {
	srv, hub := newFeedServer(t), newTestHub(t)
	hub.refuse = true
	r := hubRig(t, srv, hub)
	srv.body(withHub(hub, srv.URL, item("a", "Blast", "Four died.", monday)))
	r.pollOnce()
	srv.body(withHub(hub, srv.URL, item("b", "Vote", "It passed.", monday)))
	if got := told(r.pollOnce()); len(got) != 1 || got[0] != "b/1 Vote" {
		t.Errorf("poll brought %q", got)
	}
	if st := r.state(); st.Push || st.Due.Sub(r.at) > r.cfg.Every+r.cfg.Every/5 || st.Failures != 0 {
		t.Errorf("state %+v: want it polled as before", st)
	}
}

// TestPausedFeedsTakeNothing: what a hub sends for a feed that is polled no more
// is refused for good.
func TestPausedFeedsTakeNothing(t *testing.T) {
	t.Parallel()
	srv, hub := newFeedServer(t), newTestHub(t)
	r := hubRig(t, srv, hub)
	srv.body(withHub(hub, srv.URL, item("a", "Blast", "Four died.", monday)))
	r.pollOnce()
	r.mu.Lock()
	r.entries[r.feed.ID].paused = true
	r.mu.Unlock()
	before := r.lastSeq()
	if s := hub.publish(withHub(hub, srv.URL, item("b", "Vote", "It passed.", monday)), hub.sub.Get("hub.secret")); s != http.StatusGone {
		t.Errorf("answered %d, want 410", s)
	}
	if got := r.articles(before + 1); len(got) != 0 {
		t.Errorf("published %q", told(got))
	}
}

// TestHintsArePolled: a hub that cannot be believed still tells that there is
// something; the shortest gap between polls is kept.
func TestHintsArePolled(t *testing.T) {
	r := newRig(t, bustest.New(t), "http://127.0.0.1:9/feed.xml")
	e := &entry{feed: r.feed, index: outside, polled: r.at, due: r.at.Add(time.Hour), at: r.at.Add(time.Hour)}
	r.entries[r.feed.ID] = e
	r.sched.Push(e)
	r.pollSoon(r.feed.ID)
	if want := r.at.Add(r.cfg.Every); !e.due.Equal(want) || !e.at.Equal(want) {
		t.Errorf("due at %v, want %v", e.due, want)
	}
	r.at = r.at.Add(2 * time.Hour)
	e.due = r.at.Add(time.Hour)
	r.pollSoon(r.feed.ID)
	if !e.due.Equal(r.at) {
		t.Errorf("due at %v, want now, %v", e.due, r.at)
	}
	r.pollSoon("no such feed")
}
