package sink

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// event is an alert and its bytes on the bus.
func event(t *testing.T, i *correlate.Incident) (*Alert, []byte) {
	t.Helper()
	a := newAlert(i, correlate.New, "r", "/tocsin", nil)
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return a, raw
}

// receiver is the far end of a webhook: it keeps what it took, and answers with
// what answer says, 204 by default.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	heads  []http.Header
	answer func(try int, w http.ResponseWriter, r *http.Request) // may be nil
}

func newReceiver(t *testing.T, answer func(int, http.ResponseWriter, *http.Request)) *receiver {
	rc := &receiver{answer: answer}
	rc.Server = httptest.NewServer(rc)
	t.Cleanup(rc.Close)
	return rc
}

func (rc *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	rc.mu.Lock()
	rc.bodies, rc.heads = append(rc.bodies, string(body)), append(rc.heads, r.Header)
	try := len(rc.bodies)
	rc.mu.Unlock()
	if rc.answer != nil {
		rc.answer(try, w, r)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (rc *receiver) got() (bodies []string, heads []http.Header) {
	rc.mu.Lock()
	defer rc.mu.Unlock()
	return rc.bodies, rc.heads
}

func webhook(t *testing.T, url, secret string) *WebhookOutput {
	t.Helper()
	cfg := Webhook{Name: "desk", URL: url}
	if secret != "" {
		cfg.SecretFile = filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(cfg.SecretFile, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o, err := NewWebhook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// Each output hands over each alert once, in order and whole, and has a name
// for its consumer and a kind for its metrics.
func TestOutputs(t *testing.T) {
	var lines bytes.Buffer
	path := filepath.Join(t.TempDir(), "a", "b", "alerts.jsonl")
	file, err := NewFile(File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	rc := newReceiver(t, nil)
	for _, tt := range []struct {
		kind string
		out  Output
		got  func() []string // what the far end has, one string an alert
		line bool            // text for people
	}{
		{"stdout", NewLines(&lines), func() []string { return strings.SplitAfter(lines.String(), "\n") }, true},
		{"file", file, func() []string {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			return strings.SplitAfter(string(data), "\n")
		}, false},
		{"webhook", webhook(t, rc.URL, ""), func() []string { bodies, _ := rc.got(); return bodies }, false},
	} {
		t.Run(tt.kind, func(t *testing.T) {
			if tt.out.Kind() != tt.kind || !slices.Contains(outputKinds, tt.kind) {
				t.Errorf("kind %q, want %q, one of %v", tt.out.Kind(), tt.kind, outputKinds)
			}
			if name := tt.out.Name(); name == "" || name != bus.Token(name) {
				t.Errorf("name %q is no token", name)
			}
			var want []string
			for _, id := range []string{"inc-1", "inc-2", "inc-3"} {
				a, raw := event(t, incident(id))
				before := string(raw)
				if err := tt.out.Send(t.Context(), a, raw); err != nil {
					t.Fatal(err)
				}
				if string(raw) != before {
					t.Error("the output changed the alert's bytes")
				}
				if tt.line {
					before = a.Line()
				}
				want = append(want, before)
			}
			var got []string
			for _, s := range tt.got() {
				if s = strings.TrimSuffix(s, "\n"); s != "" {
					got = append(got, s)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("handed over (-want +got)\n%s", d)
			}
			if err := tt.out.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

func TestFileSurvives(t *testing.T) {
	a1, raw1 := event(t, incident("inc-1"))
	a2, raw2 := event(t, incident("inc-2"))
	whole := func(raws ...[]byte) string { return string(bytes.Join(append(raws, nil), []byte("\n"))) }
	for _, tt := range []struct {
		name   string
		before string // the file as a crash left it
		want   string
	}{
		{"an empty file", "", whole(raw1, raw2)},
		{"a redelivery is not repeated", whole(raw1), whole(raw1, raw2)},
		{"half a line is cut off and written again", whole(raw1) + string(raw2[:40]), whole(raw1, raw2)},
		{"a line without its end is written again", string(raw1), whole(raw1, raw2)},
		{"only half a line", string(raw1[:10]), whole(raw1, raw2)},
		{"lines of others are kept", "# by hand\n" + whole(raw1), "# by hand\n" + whole(raw1, raw2)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "alerts.jsonl")
			if err := os.WriteFile(path, []byte(tt.before), 0o644); err != nil {
				t.Fatal(err)
			}
			o, err := NewFile(File{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := errors.Join(o.Send(t.Context(), a1, raw1), o.Send(t.Context(), a2, raw2)); err != nil {
					t.Fatal(err)
				}
			}
			if err := o.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, string(got)); d != "" {
				t.Errorf("the file (-want +got)\n%s", d)
			}
		})
	}
}

func TestFileGoesOnAfterLogrotate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	o, err := NewFile(File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	a1, raw1 := event(t, incident("inc-1"))
	a2, raw2 := event(t, incident("inc-2"))
	a3, raw3 := event(t, incident("inc-3"))
	if err := o.Send(t.Context(), a1, raw1); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), a2, raw2); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), a3, raw3); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{path + ".1": string(raw1) + "\n", path: string(raw3) + "\n"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s has %q (%v), want %q", filepath.Base(file), got, err, want)
		}
	}
}

// An alert whose acknowledgement got lost comes again, and the file that has it may have
// been moved away by then.
func TestFileKnowsWhatTheOneBeforeHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	o, err := NewFile(File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	a1, raw1 := event(t, incident("inc-1"))
	if err := o.Send(t.Context(), a1, raw1); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), a1, raw1); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || len(got) > 0 {
		t.Errorf("the new file has %q (%v), want nothing", got, err)
	}
}

// logrotate's copytruncate empties the file under its writer.
func TestFileGoesOnAfterItIsEmptied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "alerts.jsonl")
	o, err := NewFile(File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	a1, raw1 := event(t, incident("inc-1"))
	a2, raw2 := event(t, incident("inc-2"))
	if err := o.Send(t.Context(), a1, raw1); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), a2, raw2); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != string(raw2)+"\n" {
		t.Errorf("the file has %q (%v), want the second alert", got, err)
	}
}

func TestFileThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	if _, err := NewFile(File{Path: dir}); err == nil || !strings.Contains(err.Error(), "sink.file") {
		t.Errorf("NewFile of a folder = %v, want an error that names the key", err)
	}
	path := filepath.Join(dir, "sub", "alerts.jsonl")
	o, err := NewFile(File{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	a, raw := event(t, incident("inc-1"))
	// Its folder becomes something else, and later a folder again.
	if err := os.RemoveAll(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Dir(path), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := o.Send(t.Context(), a, raw); err == nil || errors.Is(err, ErrRefused) {
			t.Fatalf("Send = %v, want an error that may pass", err)
		}
	}
	if err := os.Remove(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), a, raw); err != nil {
		t.Error(err)
	}
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestWebhookIsSigned(t *testing.T) {
	rc := newReceiver(t, nil)
	a, raw := event(t, incident("inc-1"))
	if err := webhook(t, rc.URL, secret).Send(t.Context(), a, raw); err != nil {
		t.Fatal(err)
	}
	bodies, heads := rc.got()
	verify, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify.Verify([]byte(bodies[0]), heads[0]); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
	if err := verify.Verify([]byte(bodies[0]+" "), heads[0]); err == nil {
		t.Error("the signature is good for any body")
	}
	if got := heads[0].Get("Content-Type"); !strings.HasPrefix(got, "application/cloudevents+json") {
		t.Errorf("content type %q", got)
	}
	if got := heads[0].Get("Webhook-Id"); got != "inc-1.1" {
		t.Errorf("webhook-id %q, want the alert's id", got)
	}
}

func TestWebhookWithoutASecretIsUnsigned(t *testing.T) {
	rc := newReceiver(t, nil)
	a, raw := event(t, incident("inc-1"))
	if err := webhook(t, rc.URL, "").Send(t.Context(), a, raw); err != nil {
		t.Fatal(err)
	}
	if _, heads := rc.got(); heads[0].Get("Webhook-Signature") != "" {
		t.Error("it is signed with nothing")
	}
	bad := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(bad, []byte("whsec_not base64!"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWebhook(Webhook{Name: "desk", URL: rc.URL, SecretFile: bad}); err == nil || !strings.Contains(err.Error(), "write whsec_ and base64") {
		t.Errorf("NewWebhook with a bad secret = %v, want it to say what to write", err)
	}
	// An empty file would sign with nothing, and everybody could.
	if err := os.WriteFile(bad, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewWebhook(Webhook{Name: "desk", URL: rc.URL, SecretFile: bad}); err == nil {
		t.Error("NewWebhook took an empty secret")
	}
}

func TestWebhookAnswers(t *testing.T) {
	elsewhere := newReceiver(t, nil)
	for _, tt := range []struct {
		status  int
		ok      bool
		refused bool
	}{
		{200, true, false}, {202, true, false}, {204, true, false},
		{400, false, true}, {410, false, true}, {413, false, true}, {422, false, true},
		{301, false, false}, {302, false, false}, {307, false, false}, {308, false, false}, // not followed
		{401, false, false}, {403, false, false}, {404, false, false}, {408, false, false}, {429, false, false}, {500, false, false}, {503, false, false},
	} {
		rc := newReceiver(t, func(_ int, w http.ResponseWriter, r *http.Request) {
			if tt.status/100 == 3 {
				http.Redirect(w, r, elsewhere.URL, tt.status)
				return
			}
			w.WriteHeader(tt.status)
		})
		a, raw := event(t, incident("inc-1"))
		err := webhook(t, rc.URL, "").Send(t.Context(), a, raw)
		if (err == nil) != tt.ok || errors.Is(err, ErrRefused) != tt.refused {
			t.Errorf("status %d: Send = %v, want ok %v, refused %v", tt.status, err, tt.ok, tt.refused)
		}
	}
	if bodies, _ := elsewhere.got(); len(bodies) > 0 {
		t.Error("a redirect carried the alert to somebody else")
	}
}

func TestWebhookThatIsSlow(t *testing.T) {
	free := make(chan bool)
	rc := newReceiver(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-free:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(free) })
	o, err := NewWebhook(Webhook{Name: "desk", URL: rc.URL, Timeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	a, raw := event(t, incident("inc-1"))
	if err := o.Send(t.Context(), a, raw); err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("Send = %v, want an error that may pass", err)
	}
}

// Whoever knows the address of a webhook may post to it: with many services it is the
// secret. Errors are logged, and are in dead letters.
func TestWebhookKeepsItsAddressToItself(t *testing.T) {
	const key = "T0PS3CRET"
	gone := httptest.NewServer(nil)
	gone.Close()
	a, raw := event(t, incident("inc-1"))
	for _, url := range []string{gone.URL + "/services/" + key, "http://127.0.0.1:1/%zz?key=" + key} {
		if err := webhook(t, url, "").Send(t.Context(), a, raw); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("Send = %v, want an error without the address", err)
		}
		cfg := DefaultConfig()
		cfg.Webhook = []Webhook{{Name: "desk", URL: strings.Replace(url, "http", "htp", 1)}}
		if err := cfg.Validate(); err == nil || strings.Contains(err.Error(), key) {
			t.Errorf("Validate = %v, want an error without the address", err)
		}
	}
}

// outlet is one output of a worker, with short waits.
func outlet(t *testing.T, b *bus.Bus, cfg Config, out Output) *Outlet {
	t.Helper()
	o := NewWorker(b, cfg).Outlets([]Output{out})[0]
	o.first = 2 * time.Millisecond
	if err := o.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return o
}

func publish(t *testing.T, b *bus.Bus, incidents ...*correlate.Incident) {
	t.Helper()
	for _, i := range incidents {
		a, raw := event(t, i)
		if _, err := b.Publish(t.Context(), bus.Message{Subject: a.subject(b), ID: a.ID, Data: raw}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADeliveryIsTriedUntilItIsTaken(t *testing.T) {
	b := bustest.New(t)
	var (
		o       *Outlet
		failing float64 // while the second try is made
	)
	rc := newReceiver(t, func(try int, w http.ResponseWriter, _ *http.Request) {
		if try == 2 {
			failing = testutil.ToFloat64(o.metrics.failing.WithLabelValues("desk"))
		}
		if try <= 2 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	o = outlet(t, b, config(t), webhook(t, rc.URL, secret))
	if n, err := testutil.GatherAndCount(o.cfg.Metrics.(prometheus.Gatherer), "tocsin_sink_output_failing"); n != 1 || err != nil {
		t.Errorf("%d series of failing outputs before anything was sent (%v), want 1", n, err)
	}
	publish(t, b, incident("inc-1"), incident("inc-2"))
	bustest.Start(t, o.Run)
	bustest.Settled(t, b, bus.OutputConsumer("desk"))
	_, heads := rc.got()
	var ids []string
	for _, h := range heads {
		ids = append(ids, h.Get("Webhook-Id"))
	}
	if d := cmp.Diff([]string{"inc-1.1", "inc-1.1", "inc-1.1", "inc-2.1"}, ids); d != "" {
		t.Errorf("tries (-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string(nil), dead(t, b)); d != "" {
		t.Errorf("dead letters (-want +got)\n%s", d)
	}
	if then := testutil.ToFloat64(o.metrics.failing.WithLabelValues("desk")); failing != 1 || then != 0 {
		t.Errorf("the output counts as failing: %v between two tries, %v at the end; want 1, 0", failing, then)
	}
	for outcome, want := range map[string]float64{"sent": 2, "retried": 2, "refused": 0, "gave_up": 0} {
		if got := testutil.ToFloat64(o.metrics.deliveries.WithLabelValues("webhook", outcome)); got != want {
			t.Errorf("deliveries %s, as counted: %v, want %v", outcome, got, want)
		}
	}
}

func TestARefusedAlertIsSetAside(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	rc := newReceiver(t, func(try int, w http.ResponseWriter, _ *http.Request) {
		if try == 1 {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	})
	bustest.Start(t, outlet(t, b, config(t), webhook(t, rc.URL, "")).Run)
	publish(t, b, incident("inc-1"), incident("inc-2"))
	bustest.Settled(t, b, bus.OutputConsumer("desk"))
	if bodies, _ := rc.got(); len(bodies) != 2 {
		t.Errorf("the receiver was called %d times, want 2", len(bodies))
	}
	if d := cmp.Diff([]string{"output refused desk"}, dead(t, b)); d != "" {
		t.Errorf("dead letters (-want +got)\n%s", d)
	}
}

func TestADeadReceiverIsGivenUpAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	var lines bytes.Buffer
	people := outlet(t, b, config(t), NewLines(&lines))
	cfg := config(t)
	cfg.GiveUp = 30 * time.Millisecond
	desk := outlet(t, b, cfg, webhook(t, gone.URL, ""))
	bustest.Start(t, desk.Run)
	stop := bustest.Start(t, people.Run)
	publish(t, b, incident("inc-1"))
	bustest.Settled(t, b, bus.OutputConsumer("stdout"))
	stop()
	if !strings.Contains(lines.String(), "3 killed") {
		t.Errorf("standard output has %q, want the alert", lines.String())
	}
	bustest.Settled(t, b, bus.OutputConsumer("desk"))
	if d := cmp.Diff([]string{"output gave_up desk"}, dead(t, b)); d != "" {
		t.Errorf("dead letters (-want +got)\n%s", d)
	}
	if failing := testutil.ToFloat64(desk.metrics.failing.WithLabelValues("desk")); failing != 0 {
		t.Errorf("the output counts as failing: %v with nothing in hand, want 0", failing)
	}
}

func TestAStopLeavesWhatCouldNotBeDelivered(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	tried := make(chan int, 100)
	rc := newReceiver(t, func(try int, w http.ResponseWriter, _ *http.Request) {
		if try == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		tried <- try
	})
	o := outlet(t, b, config(t), webhook(t, rc.URL, ""))
	o.first = time.Hour
	stop := bustest.Start(t, o.Run)
	publish(t, b, incident("inc-1"))
	<-tried
	stop() // within the hour
	bustest.Start(t, outlet(t, b, config(t), webhook(t, rc.URL, "")).Run)
	bustest.Settled(t, b, bus.OutputConsumer("desk"))
	if bodies, _ := rc.got(); len(bodies) != 2 {
		t.Errorf("the receiver was called %d times, want 2", len(bodies))
	}
}

func TestAPoisonousAlertIsSetAside(t *testing.T) {
	b := bustest.New(t)
	var lines bytes.Buffer
	stop := bustest.Start(t, outlet(t, b, config(t), NewLines(&lines)).Run)
	a, _ := event(t, incident("inc-0"))
	for id, data := range map[string]string{"a": "<html>", "b": `{"data":{"schema":"tocsin.alert/2"}}`} {
		if _, err := b.Publish(t.Context(), bus.Message{Subject: a.subject(b), ID: id, Data: []byte(data)}); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, incident("inc-1"))
	bustest.Settled(t, b, bus.OutputConsumer("stdout"))
	stop()
	got := dead(t, b)
	if len(got) != 2 || !slices.Contains(got, "output unreadable stdout") || !slices.Contains(got, "output unknown_schema stdout") {
		t.Errorf("dead letters %q", got)
	}
	if strings.Count(lines.String(), "\n") != 1 {
		t.Errorf("standard output has %q, want the one alert", lines.String())
	}
}

// An output that is configured later begins with what is told from then on.
func TestOutputsOfAConfiguration(t *testing.T) {
	cfg := config(t)
	cfg.File.Path = filepath.Join(t.TempDir(), "alerts.jsonl")
	cfg.Webhook = []Webhook{{Name: "desk", URL: "http://127.0.0.1:1"}, {Name: "map", URL: "http://127.0.0.1:1"}}
	outs, err := Outputs(cfg, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, o := range outs {
		names = append(names, o.Name()+" "+o.Kind())
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]string{"stdout stdout", "file file", "desk webhook", "map webhook"}, names); d != "" {
		t.Errorf("outputs (-want +got)\n%s", d)
	}
	b := bustest.New(t)
	publish(t, b, incident("inc-1"))
	var lines bytes.Buffer
	stop := bustest.Start(t, outlet(t, b, cfg, NewLines(&lines)).Run)
	publish(t, b, incident("inc-2", killed(9)))
	bustest.Settled(t, b, bus.OutputConsumer("stdout"))
	stop()
	if got := lines.String(); strings.Contains(got, "3 killed") || !strings.Contains(got, "9 killed") {
		t.Errorf("standard output has %q, want only what was told since", got)
	}
}
