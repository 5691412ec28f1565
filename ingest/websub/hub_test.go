package websub

import (
	"bytes"
	"context"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"tocsin/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is for what cannot take long unless it is broken.
const patience = 20 * time.Second

const (
	feed  = "example-org-world"
	topic = "https://example.org/world.xml?a=1&b=ü"
)

// hub is a hub by the book: it answers 202, verifies, and signs what it sends.
type hub struct {
	t *testing.T
	*httptest.Server
	wg     sync.WaitGroup
	asked  chan url.Values // every request, as it came
	judged chan int        // our answer to each verification; 0 for a wrong echo

	mu     sync.Mutex
	status int        // answer to requests
	silent bool       // never verifies
	deny   string     // reason to deny with instead
	lease  string     // granted; empty is what was asked for
	sub    url.Values // that was verified last
}

func newHub(t *testing.T, start func(http.Handler) *httptest.Server) *hub {
	h := &hub{t: t, asked: make(chan url.Values, 64), judged: make(chan int, 64), status: http.StatusAccepted}
	h.Server = start(h)
	t.Cleanup(func() {
		h.wg.Wait()
		h.Close()
	})
	return h
}

func (h *hub) set(f func(h *hub)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f(h)
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		http.Error(w, "bad form", http.StatusBadRequest)
		return
	}
	h.asked <- r.PostForm
	w.WriteHeader(h.status)
	if h.status/100 == 2 && !h.silent {
		deny, lease := h.deny, h.lease
		h.wg.Go(func() { h.verify(r.PostForm, deny, lease) })
	}
}

func (h *hub) verify(form url.Values, deny, lease string) {
	const challenge = "a challenge & <b>more</b>"
	q := url.Values{"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"]}
	switch {
	case deny != "":
		q.Set("hub.mode", "denied")
		q.Set("hub.reason", deny)
	default:
		q.Set("hub.challenge", challenge)
		if lease == "" {
			lease = form.Get("hub.lease_seconds")
		}
		q.Set("hub.lease_seconds", lease)
	}
	status, body := call(h.t, http.MethodGet, form.Get("hub.callback")+"?"+q.Encode(), nil, nil)
	if status == http.StatusOK && deny == "" && body != challenge {
		status = 0
	}
	if status == http.StatusOK && form.Get("hub.mode") == subscribe && deny == "" {
		h.set(func(h *hub) { h.sub = form })
	}
	h.judged <- status
}

// verified is the subscription that content goes to.
func (h *hub) verified() url.Values {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sub
}

// publish delivers a body, signed, and returns how it was answered.
func (h *hub) publish(algorithm, body string) int {
	h.t.Helper()
	sub := h.verified()
	status, _ := call(h.t, http.MethodPost, sub.Get("hub.callback"), http.Header{
		"Content-Type": {"application/rss+xml"}, "X-Hub-Signature": {sign(algorithm, sub.Get("hub.secret"), body)},
	}, strings.NewReader(body))
	return status
}

func sign(algorithm, secret, body string) string {
	mac := hmac.New(algorithms[algorithm], []byte(secret))
	mac.Write([]byte(body))
	return algorithm + "=" + hex.EncodeToString(mac.Sum(nil))
}

func call(t *testing.T, method, address string, header http.Header, body io.Reader) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	for k, v := range header {
		req.Header[k] = v
	}
	tr := &http.Transport{} // of its own: no connection is left open behind the test
	defer tr.CloseIdleConnections()
	resp, err := (&http.Client{Transport: tr, Timeout: patience}).Do(req)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	return resp.StatusCode, string(data)
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type delivery struct{ feed, body, contentType string }

// rig is a subscriber that a hub reaches over HTTP, on a bucket of its own.
type rig struct {
	*Subscriber
	t         *testing.T
	kv        jetstream.KeyValue
	js        jetstream.JetStream
	hub       *hub
	clock     *clock
	reg       *prometheus.Registry
	log       bytes.Buffer // read it when nothing runs
	delivered chan delivery
	nudged    chan string

	mu      sync.Mutex
	deliver func(context.Context) error // what Deliver does; nil returns nil
}

func newRig(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	b := bustest.New(t)
	kv, err := b.JS.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "websub", History: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, kv: kv, js: b.JS, hub: newHub(t, httptest.NewTLSServer), clock: &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		delivered: make(chan delivery, 64), nudged: make(chan string, 64)}
	srv := httptest.NewUnstartedServer(nil)
	r.Subscriber = r.another("http://"+srv.Listener.Addr().String()+"/websub", change...)
	srv.Config.Handler = r.Subscriber
	srv.Start()
	t.Cleanup(srv.Close)
	return r
}

// another makes a subscriber on the same bucket, that of another poller.
func (r *rig) another(callback string, change ...func(*Config)) *Subscriber {
	r.t.Helper()
	r.reg = prometheus.NewRegistry()
	cfg := Config{
		Callback: callback, Bucket: r.kv, Metrics: r.reg, Now: r.clock.now,
		Log:   slog.New(slog.NewTextHandler(&r.log, nil)),
		Nudge: func(feed string) { r.nudged <- feed },
		Post: func(ctx context.Context, hub string, form url.Values) (int, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, hub, strings.NewReader(form.Encode()))
			if err != nil {
				return 0, err
			}
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			resp, err := r.hub.Client().Do(req) // closed with the hub; knows its certificate
			if err != nil {
				return 0, err
			}
			return resp.StatusCode, resp.Body.Close()
		},
		Deliver: func(ctx context.Context, feed string, body []byte, contentType string) error {
			r.mu.Lock()
			f := r.deliver
			r.mu.Unlock()
			if f != nil {
				if err := f(ctx); err != nil {
					return err
				}
			}
			r.delivered <- delivery{feed, string(body), contentType}
			return nil
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	s, err := New(cfg)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) delivers(f func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.deliver = f
}

// ensure is Ensure at the rig's hub, which must not fail.
func (r *rig) ensure(want bool) {
	r.t.Helper()
	got, err := r.Ensure(r.t.Context(), feed, topic, r.hub.URL)
	if err != nil || got != want {
		r.t.Fatalf("Ensure at %v = %v, %v; want %v", r.clock.now(), got, err, want)
	}
}

// subscribed is a rig whose hub has verified.
func subscribed(t *testing.T, change ...func(*Config)) *rig {
	t.Helper()
	r := newRig(t, change...)
	r.ensure(false)
	<-r.hub.asked
	if got := wait(t, r.hub.judged); got != http.StatusOK {
		t.Fatalf("verification was answered with %d, want 200", got)
	}
	return r
}

func wait[T any](t *testing.T, c <-chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatalf("nothing came within %v", patience)
	}
	return v
}

// none fails the test when something came that should not have.
func none[T any](t *testing.T, what string, c <-chan T) {
	t.Helper()
	select {
	case v := <-c:
		t.Errorf("%s: %+v, want none", what, v)
	default:
	}
}

func (r *rig) record() *record {
	r.t.Helper()
	e, err := r.kv.Get(r.t.Context(), key(feed))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil
	}
	if err != nil {
		r.t.Fatal(err)
	}
	rec := &record{}
	if err := json.Unmarshal(e.Value(), rec); err != nil {
		r.t.Fatal(err)
	}
	return rec
}

func (r *rig) counted(outcome string, want float64) {
	r.t.Helper()
	if got := testutil.ToFloat64(r.metrics.deliveries.WithLabelValues(outcome)); got != want {
		r.t.Errorf("deliveries counted as %s: %v, want %v", outcome, got, want)
	}
}
