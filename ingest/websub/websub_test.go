package websub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestSubscribeAndReceive(t *testing.T) {
	r := newRig(t)
	r.ensure(false)
	form := wait(t, r.hub.asked)
	if form.Get("hub.mode") != "subscribe" || form.Get("hub.topic") != topic || form.Get("hub.lease_seconds") != "432000" {
		t.Errorf("the hub was asked with %v", form)
	}
	if n := len(form.Get("hub.secret")); n < 40 || n >= 200 {
		t.Errorf("the secret has %d bytes, want 40 to 199", n)
	}
	if got := wait(t, r.hub.judged); got != http.StatusOK {
		t.Fatalf("verification was answered with %d, want 200", got)
	}
	r.ensure(true)
	for algorithm := range algorithms {
		body := "<rss>" + algorithm + "</rss>"
		if got := r.hub.publish(algorithm, body); got != http.StatusOK {
			t.Errorf("%s: delivery answered with %d, want 200", algorithm, got)
		}
		want := delivery{feed, body, "application/rss+xml"}
		if got := wait(t, r.delivered); got != want {
			t.Errorf("%s: delivered %+v, want %+v", algorithm, got, want)
		}
	}
	none(t, "requests to the hub of an active subscription", r.hub.asked)
	if log := r.log.String(); strings.Contains(log, form.Get("hub.secret")) || strings.Contains(log, r.record().Current.Token) {
		t.Errorf("the log tells a secret:\n%s", log)
	}
}

// TestHostileRequests: what is not from the hub gets nothing, changes nothing
// and reaches nobody.
func TestHostileRequests(t *testing.T) {
	r := subscribed(t)
	before := r.record()
	cur := before.Current
	stranger := "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	at := func(path string) string { return r.base + path }
	query := func(kv ...string) string {
		q := url.Values{}
		for i := 0; i < len(kv); i += 2 {
			q.Set(kv[i], kv[i+1])
		}
		return "?" + q.Encode()
	}
	good := []string{"hub.mode", "subscribe", "hub.topic", topic, "hub.challenge", "c", "hub.lease_seconds", "60"}
	with := func(kv ...string) string { return cur.Callback + query(append(append([]string{}, good...), kv...)...) }
	const body = "<rss>forged</rss>"
	signature := func(s string) http.Header { return http.Header{"X-Hub-Signature": {s}} }
	right := sign("sha256", cur.Secret, body)
	for _, tt := range []struct {
		name, method, url string
		header            http.Header
		body              string
		want              int
	}{
		{"a GET with another token", "GET", at(feed+"/"+stranger) + query(good...), nil, "", 404},
		{"a GET with the token of another feed", "GET", at("other/"+cur.Token) + query(good...), nil, "", 404},
		{"a GET with half a token", "GET", at(feed+"/"+cur.Token[:20]) + query(good...), nil, "", 404},
		{"a GET with a token in small letters", "GET", at(feed+"/"+strings.ToLower(cur.Token)) + query(good...), nil, "", 404},
		{"a GET below the callback", "GET", cur.Callback + "/more" + query(good...), nil, "", 404},
		{"a GET of the base", "GET", at("") + query(good...), nil, "", 404},
		{"a GET elsewhere", "GET", strings.Replace(cur.Callback, "/websub/", "/other/", 1) + query(good...), nil, "", 404},
		{"a feed that is a path", "GET", at("..%2f"+feed+"/"+cur.Token) + query(good...), nil, "", 404},
		{"a feed that is a wildcard", "GET", at("%3E/"+cur.Token) + query(good...), nil, "", 404},
		{"another topic", "GET", with("hub.topic", "https://example.org/other.xml"), nil, "", 404},
		{"no topic", "GET", with("hub.topic", ""), nil, "", 404},
		{"an unsubscription that nobody asked for", "GET", with("hub.mode", "unsubscribe"), nil, "", 404},
		{"a denial of another topic", "GET", with("hub.mode", "denied", "hub.topic", "x"), nil, "", 404},
		{"an unknown mode", "GET", with("hub.mode", "publish"), nil, "", 404},
		{"no query", "GET", cur.Callback, nil, "", 400},
		{"no challenge", "GET", with("hub.challenge", ""), nil, "", 400},
		{"a challenge of 5 KB", "GET", with("hub.challenge", strings.Repeat("x", 5000)), nil, "", 400},
		{"a query of 20 KB", "GET", with("x", strings.Repeat("x", 20000)), nil, "", 400},
		{"a query that is none", "GET", cur.Callback + "?hub.mode=%zz", nil, "", 400},

		{"a POST with another token", "POST", at(feed + "/" + stranger), signature(right), body, 404},
		{"a POST to an unknown feed", "POST", at("other/" + cur.Token), signature(right), body, 404},
		{"a wrong signature", "POST", cur.Callback, signature(sign("sha256", "guess", body)), body, 200},
		{"a signature of another body", "POST", cur.Callback, signature(right), body + " ", 200},
		{"a signature by another name", "POST", cur.Callback, signature("sha512" + right[6:]), body, 200},
		{"an unknown algorithm", "POST", cur.Callback, signature("md5=00"), body, 200},
		{"half a signature", "POST", cur.Callback, signature(right[:39]), body, 200},
		{"a signature of no digits", "POST", cur.Callback, signature("sha256=zz"), body, 200},
		{"an empty signature", "POST", cur.Callback, signature("sha256="), body, 200},
		{"no signature", "POST", cur.Callback, nil, body, 200},
		{"the signature twice, the wrong one first", "POST", cur.Callback, http.Header{"X-Hub-Signature": {"sha256=00", right}}, body, 200},
		{"a compressed body", "POST", cur.Callback, http.Header{"X-Hub-Signature": {right}, "Content-Encoding": {"gzip"}}, body, 400},

		{"a PUT", "PUT", cur.Callback, signature(right), body, 405},
		{"a DELETE", "DELETE", cur.Callback, nil, "", 405},
		{"a HEAD", "HEAD", with(), nil, "", 405},
		{"OPTIONS", "OPTIONS", cur.Callback, nil, "", 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, answer := call(t, tt.method, tt.url, tt.header, strings.NewReader(tt.body))
			if got != tt.want {
				t.Errorf("%s %s = %d, want %d", tt.method, tt.url, got, tt.want)
			}
			if strings.Contains(answer, "\nc\n") || answer == "c" {
				t.Errorf("the challenge is echoed: %q", answer)
			}
		})
	}
	none(t, "deliveries", r.delivered)
	r.counted("forged", 9)
	for range 9 {
		if got := wait(t, r.nudged); got != feed {
			t.Errorf("nudged %q, want %q", got, feed)
		}
	}
	none(t, "nudges", r.nudged)
	if after := r.record(); *after.Current != *cur || len(after.Former) != 0 {
		t.Errorf("the subscription has become %+v, was %+v", after.Current, cur)
	}
	if n := strings.Count(r.log.String(), "wrong signature"); n != 1 {
		t.Errorf("wrong signatures were told %d times within the hour, want once:\n%s", n, r.log.String())
	}
	r.clock.advance(time.Hour)
	r.hub.set(func(h *hub) { h.sub.Set("hub.secret", "another") })
	r.hub.publish("sha1", body)
	if n := strings.Count(r.log.String(), "wrong signature"); n != 2 {
		t.Errorf("a wrong signature an hour later was not told:\n%s", r.log.String())
	}
}

func TestEchoIsNoPage(t *testing.T) {
	r := subscribed(t)
	const challenge = "<script>alert(1)</script>"
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {challenge}}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", r.record().Current.Callback+"?"+q.Encode(), nil))
	if w.Code != 200 || w.Body.String() != challenge {
		t.Errorf("answer %d %q, want the challenge", w.Code, w.Body)
	}
	if ct, no := w.Header().Get("Content-Type"), w.Header().Get("X-Content-Type-Options"); ct != "text/plain; charset=utf-8" || no != "nosniff" {
		t.Errorf("Content-Type %q, X-Content-Type-Options %q", ct, no)
	}
}

func TestRenewal(t *testing.T) {
	r := newRig(t)
	r.hub.set(func(h *hub) { h.lease = "864000" }) // ten days, whatever we ask for
	r.ensure(false)
	first := wait(t, r.hub.asked)
	wait(t, r.hub.judged)

	r.clock.advance(6 * 24 * time.Hour)
	r.ensure(true)
	none(t, "requests with 4 of 10 days left", r.hub.asked)

	r.clock.advance(24 * time.Hour)
	r.ensure(true) // more than a third gone: asks, and it is active all the while
	r.clock.advance(24 * time.Hour)
	wait(t, r.hub.judged)
	again := wait(t, r.hub.asked)
	if first.Encode() != again.Encode() {
		t.Errorf("renewed with %v, first asked with %v", again, first)
	}
	r.clock.advance(5 * 24 * time.Hour) // the twelfth day
	r.ensure(true)
	none(t, "requests after a renewal", r.hub.asked)

	r.hub.set(func(h *hub) { h.silent = true })
	r.clock.advance(30 * 24 * time.Hour)
	r.ensure(false)
	wait(t, r.hub.asked)
	if got := r.hub.publish("sha256", "late"); got != 200 {
		t.Errorf("a signed delivery after the lease was answered with %d, want 200: it is genuine", got)
	}
}

func TestLeaseIsTheHubsWordWithinReason(t *testing.T) {
	const asked = 5 * 24 * time.Hour
	for _, tt := range []struct {
		seconds string
		want    time.Duration
	}{
		{"864000", 10 * 24 * time.Hour},
		{"", asked},
		{"soon", asked},
		{"0", asked},
		{"-5", asked},
		{"1", time.Hour},
		{"315360000", 30 * 24 * time.Hour},
		{"9223372036854775807", 30 * 24 * time.Hour},
		{"99999999999999999999999", 30 * 24 * time.Hour},
		{"-99999999999999999999999", asked},
	} {
		if got := lease(tt.seconds, asked); got != tt.want {
			t.Errorf("lease(%q) = %v, want %v", tt.seconds, got, tt.want)
		}
	}
}

// TestHubThatNeverVerifies is asked with growing gaps, however often the feed
// is polled.
func TestHubThatNeverVerifies(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
	}{{"silent", 202}, {"refuses", 400}} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.hub.set(func(h *hub) { h.silent, h.status = true, tt.status })
			start := r.clock.now()
			var asked []time.Duration
			for range 5 * 24 * 4 { // every 15 minutes for five days
				active, err := r.Ensure(t.Context(), feed, topic, r.hub.URL)
				if active {
					t.Fatal("active without a verification")
				}
				select {
				case <-r.hub.asked:
					asked = append(asked, r.clock.now().Sub(start)/time.Hour)
					if (err != nil) != (tt.status != 202) {
						t.Errorf("Ensure = %v after status %d", err, tt.status)
					}
				default:
					if err != nil {
						t.Error(err)
					}
				}
				r.clock.advance(15 * time.Minute)
			}
			if got, want := fmt.Sprint(asked), fmt.Sprint([]time.Duration{0, 1, 3, 7, 15, 31, 55, 79, 103}); got != want {
				t.Errorf("asked after hours %v, want %v", got, want)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	r := subscribed(t)
	r.hub.set(func(h *hub) { h.deny = "we do not\nlike you" + strings.Repeat("ü", 200) })
	r.clock.advance(4 * 24 * time.Hour)
	r.ensure(true)
	wait(t, r.hub.asked)
	if got := wait(t, r.hub.judged); got != 200 {
		t.Errorf("the denial was answered with %d, want 200", got)
	}
	r.ensure(false)
	r.clock.advance(23 * time.Hour)
	r.ensure(false)
	none(t, "requests within a day of a denial", r.hub.asked)
	cur := r.record().Current
	if !strings.HasPrefix(cur.Reason, "we do not\nlike you") || len(cur.Reason) > maxReason {
		t.Errorf("stored reason %q", cur.Reason)
	}
	if log := r.log.String(); !strings.Contains(log, `reason="we do not\nlike you`) {
		t.Errorf("the reason was not logged:\n%s", log)
	}
	// What was denied is not pending.
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {"c"}}
	if got, _ := call(t, "GET", cur.Callback+"?"+q.Encode(), nil, nil); got != 404 {
		t.Errorf("verification of what was denied answered with %d, want 404", got)
	}
	r.hub.set(func(h *hub) { h.deny = "" })
	r.clock.advance(time.Hour)
	r.ensure(false)
	wait(t, r.hub.asked)
	wait(t, r.hub.judged)
	r.ensure(true)
}

// TestTwoPollers: one asks, the hub reaches the other one.
func TestTwoPollers(t *testing.T) {
	r := newRig(t)
	other := r.another(r.base)
	if active, err := other.Ensure(t.Context(), feed, topic, r.hub.URL); active || err != nil {
		t.Fatalf("Ensure = %v, %v", active, err)
	}
	if got := wait(t, r.hub.judged); got != 200 {
		t.Fatalf("the other poller answered the verification with %d, want 200", got)
	}
	for _, s := range []*Subscriber{r.Subscriber, other} {
		if active, err := s.Ensure(t.Context(), feed, topic, r.hub.URL); !active || err != nil {
			t.Errorf("Ensure = %v, %v; want it active for both", active, err)
		}
	}
	if got := r.hub.publish("sha256", "news"); got != 200 {
		t.Errorf("delivery answered with %d, want 200", got)
	}
	wait(t, r.delivered)
	if err := other.Drop(t.Context(), feed); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, r.hub.judged); got != 200 {
		t.Errorf("the other poller answered the unsubscription with %d, want 200", got)
	}
	if got := r.hub.publish("sha256", "more news"); got != 410 {
		t.Errorf("delivery after it was answered with %d, want 410", got)
	}
}

// TestOnlyOneAsks: of many polls at one time one gets to ask the hub.
func TestOnlyOneAsks(t *testing.T) {
	r := newRig(t)
	r.hub.set(func(h *hub) { h.silent = true })
	pollers := []*Subscriber{r.Subscriber, r.another(r.base)}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := pollers[i%2].Ensure(t.Context(), feed, topic, r.hub.URL); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	form := wait(t, r.hub.asked)
	none(t, "second requests", r.hub.asked)
	if got := r.record().Current.Callback; got != form.Get("hub.callback") {
		t.Errorf("stored %s, asked with %s", got, form.Get("hub.callback"))
	}
}

// TestDeathWhileAsking costs an hour, not the subscription.
func TestDeathWhileAsking(t *testing.T) {
	r := newRig(t)
	dead := r.another(r.base, func(c *Config) {
		c.Post = func(context.Context, string, url.Values) (int, error) { panic("killed") }
	})
	func() {
		defer func() { _ = recover() }()
		_, _ = dead.Ensure(t.Context(), feed, topic, r.hub.URL)
	}()
	stored := r.record().Current.Token
	r.clock.advance(time.Hour)
	r.ensure(false)
	if got := wait(t, r.hub.judged); got != 200 {
		t.Errorf("verification answered with %d, want 200", got)
	}
	r.ensure(true)
	if got := r.record().Current.Token; got != stored {
		t.Errorf("another subscription was made, want the stored one to go on")
	}
}

func TestAnotherHub(t *testing.T) {
	r := subscribed(t)
	old := r.hub.verified()
	next := newHub(t, httptest.NewTLSServer)
	change := func(want bool) {
		t.Helper()
		if active, err := r.Ensure(t.Context(), feed, topic, next.URL); active != want || err != nil {
			t.Fatalf("Ensure at the next hub = %v, %v; want %v", active, err, want)
		}
	}
	change(false)
	none(t, "requests to another hub within the hour", next.asked)
	r.clock.advance(time.Hour)
	change(false)
	wait(t, next.judged)
	change(true)
	if left := wait(t, r.hub.asked); left.Get("hub.mode") != "unsubscribe" || left.Get("hub.callback") != old.Get("hub.callback") || left.Has("hub.secret") {
		t.Errorf("the old hub was told %v", left)
	}
	if got := wait(t, r.hub.judged); got != 200 {
		t.Errorf("the unsubscription was answered with %d, want 200", got)
	}
	if got := r.hub.publish("sha256", "old"); got != 410 {
		t.Errorf("a delivery of the old hub was answered with %d, want 410", got)
	}
	if got := next.publish("sha256", "new"); got != 200 {
		t.Errorf("a delivery of the new hub was answered with %d, want 200", got)
	}
	if next.verified().Get("hub.secret") == old.Get("hub.secret") {
		t.Error("the new hub has the old one's secret")
	}
	// The old hub reconfirms a subscription that has ended.
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {"c"}}
	if got, _ := call(t, "GET", old.Get("hub.callback")+"?"+q.Encode(), nil, nil); got != 404 {
		t.Errorf("reconfirming what has ended was answered with %d, want 404", got)
	}
}

// TestHubEachHour: what is remembered has a bound.
func TestHubEachHour(t *testing.T) {
	r := subscribed(t)
	for i := range 2 * maxFormer {
		r.clock.advance(time.Hour)
		if _, err := r.Ensure(t.Context(), feed, fmt.Sprint(topic, i), r.hub.URL); err != nil {
			t.Fatal(err)
		}
		wait(t, r.hub.judged)
		wait(t, r.hub.judged)
	}
	if n := len(r.record().Former); n != maxFormer {
		t.Errorf("%d former subscriptions are remembered, want %d", n, maxFormer)
	}
	r.clock.advance(31 * 24 * time.Hour)
	if err := r.Drop(t.Context(), feed); err != nil {
		t.Fatal(err)
	}
	if rec := r.record(); rec != nil {
		t.Errorf("%+v is left after a month, want nothing", rec)
	}
}

func TestDrop(t *testing.T) {
	t.Run("unknown feed", func(t *testing.T) {
		r := newRig(t)
		if err := r.Drop(t.Context(), feed); err != nil {
			t.Error(err)
		}
	})
	t.Run("never verified leaves nothing", func(t *testing.T) {
		r := newRig(t)
		r.hub.set(func(h *hub) { h.silent = true })
		r.ensure(false)
		wait(t, r.hub.asked)
		if err := r.Drop(t.Context(), feed); err != nil {
			t.Fatal(err)
		}
		none(t, "requests for what the hub does not have", r.hub.asked)
		if rec := r.record(); rec != nil {
			t.Errorf("%+v is left, want nothing", rec)
		}
		r.ensure(false) // and over the deleted key
		wait(t, r.hub.asked)
	})
	t.Run("a hub that refuses is forgotten all the same", func(t *testing.T) {
		r := subscribed(t)
		r.hub.set(func(h *hub) { h.status = 500 })
		if err := r.Drop(t.Context(), feed); err != nil {
			t.Fatal(err)
		}
		wait(t, r.hub.asked)
		if got := r.hub.publish("sha256", "x"); got != 410 {
			t.Errorf("a delivery after it was answered with %d, want 410", got)
		}
		if err := r.Drop(t.Context(), feed); err != nil {
			t.Fatal(err)
		}
		none(t, "second farewells", r.hub.asked)
	})
}

// TestPlainHub gets no secret and is believed nothing but that there is news.
func TestPlainHub(t *testing.T) {
	r := newRig(t)
	r.hub = newHub(t, httptest.NewServer)
	r.ensure(false)
	if form := wait(t, r.hub.asked); form.Has("hub.secret") {
		t.Errorf("a secret went over http: %v", form)
	}
	wait(t, r.hub.judged)
	r.ensure(true)
	body := &counter{Reader: strings.NewReader("news")}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", r.record().Current.Callback, body))
	if w.Code != 200 || body.n != 0 {
		t.Errorf("answer %d with %d bytes read, want 200 and none", w.Code, body.n)
	}
	if got := wait(t, r.nudged); got != feed {
		t.Errorf("nudged %q, want %q", got, feed)
	}
	// An empty secret is no secret to sign with.
	r.hub.publish("sha256", "signed with nothing")
	wait(t, r.nudged)
	none(t, "deliveries", r.delivered)
	r.counted("hint", 2)
}

func TestReplay(t *testing.T) {
	r := subscribed(t)
	for range 3 {
		if got := r.hub.publish("sha256", "news"); got != 200 {
			t.Errorf("answer %d, want 200", got)
		}
	}
	r.hub.publish("sha1", "news") // the same by another signature
	wait(t, r.delivered)
	none(t, "replays delivered", r.delivered)
	r.counted("replayed", 3)
	r.hub.publish("sha256", "more news")
	wait(t, r.delivered)
}

func TestReplaysAreBounded(t *testing.T) {
	var r replays
	id := func(i int) [32]byte { return replayID("token", fmt.Append(nil, i)) }
	for i := range 2*maxReplays + 10 {
		r.add(id(i))
		r.add(id(i))
	}
	if len(r.known) != maxReplays || len(r.ring) != maxReplays {
		t.Errorf("%d and %d are remembered, want %d", len(r.known), len(r.ring), maxReplays)
	}
	if !r.has(id(2*maxReplays+9)) || !r.has(id(maxReplays+10)) || r.has(id(maxReplays+9)) {
		t.Error("not the newest are remembered")
	}
}

// TestNoSuccessBeforeDeliver: what is not durable the hub sends again.
func TestNoSuccessBeforeDeliver(t *testing.T) {
	r := subscribed(t)
	r.delivers(func(context.Context) error { return errors.New("no NATS") })
	if got := r.hub.publish("sha256", "news"); got != 503 {
		t.Errorf("answer %d, want 503", got)
	}
	r.delivers(nil)
	if got := r.hub.publish("sha256", "news"); got != 200 {
		t.Errorf("answer %d to the second try, want 200", got)
	}
	if got := wait(t, r.delivered); got.body != "news" {
		t.Errorf("delivered %+v", got)
	}
	r.delivers(func(context.Context) error { return fmt.Errorf("feed %s: %w", feed, ErrGone) })
	if got := r.hub.publish("sha256", "more"); got != 410 {
		t.Errorf("answer %d for a feed that is not polled, want 410", got)
	}
}

// TestHubThatHangsUp does not undo the work.
func TestHubThatHangsUp(t *testing.T) {
	r := subscribed(t)
	inside, hungUp := make(chan struct{}), make(chan struct{})
	r.delivers(func(ctx context.Context) error {
		close(inside)
		<-hungUp
		return ctx.Err()
	})
	ctx, cancel := context.WithCancel(t.Context())
	sub := r.hub.verified()
	req := httptest.NewRequestWithContext(ctx, "POST", sub.Get("hub.callback"), strings.NewReader("news"))
	req.Header.Set("X-Hub-Signature", sign("sha256", sub.Get("hub.secret"), "news"))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.ServeHTTP(httptest.NewRecorder(), req)
	}()
	wait(t, inside)
	cancel()
	close(hungUp)
	wait(t, r.delivered)
	wait(t, done)
}

func TestDeliveriesAtOneTime(t *testing.T) {
	r := subscribed(t, func(c *Config) { c.Deliveries = 1 })
	inside, free := make(chan struct{}), make(chan struct{})
	r.delivers(func(context.Context) error {
		close(inside)
		<-free
		return nil
	})
	first := make(chan int)
	go func() { first <- r.hub.publish("sha256", "one") }()
	wait(t, inside)
	if got := r.hub.publish("sha256", "two"); got != 503 {
		t.Errorf("the second delivery was answered with %d, want 503", got)
	}
	r.counted("busy", 1)
	close(free)
	if got := wait(t, first); got != 200 {
		t.Errorf("the first delivery was answered with %d, want 200", got)
	}
	r.delivers(nil)
	if got := r.hub.publish("sha256", "two"); got != 200 {
		t.Errorf("the second try was answered with %d, want 200", got)
	}
}

// counter counts what is read of a body.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

// endless is a body of one letter.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestLargeBody(t *testing.T) {
	const limit, size = 1 << 20, 50 << 20
	r := subscribed(t, func(c *Config) { c.MaxBytes = limit })
	callback := r.record().Current.Callback
	for _, tt := range []struct {
		name     string
		length   int64
		mostRead int64
	}{
		{"whose length is told is not read", size, 0},
		{"whose length is not told is read to the limit", -1, limit + 64<<10},
		{"that is longer than told is read to the limit", limit, limit + 64<<10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := &counter{Reader: io.LimitReader(endless{}, size)}
			req := httptest.NewRequest("POST", callback, body)
			req.ContentLength = tt.length
			w := httptest.NewRecorder()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r.ServeHTTP(w, req)
			runtime.ReadMemStats(&after)
			if w.Code != http.StatusRequestEntityTooLarge || body.n > tt.mostRead {
				t.Errorf("answer %d after %d bytes, want 413 and %d at most", w.Code, body.n, tt.mostRead)
			}
			if got := after.TotalAlloc - before.TotalAlloc; got > 10*limit {
				t.Errorf("it took %d bytes of memory in all, want %d at most", got, 10*limit)
			}
		})
	}
	none(t, "deliveries", r.delivered)
	fits := strings.Repeat("y", limit)
	if got := r.hub.publish("sha256", fits); got != 200 {
		t.Errorf("a body of just the limit was answered with %d, want 200", got)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("POST", callback, strings.NewReader(fits+"y")))
	if w.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of one byte more was answered with %d, want 413", w.Code)
	}
}

// TestSlowBody: a connection that gives a byte and no more is not waited for,
// whoever it is. A stranger's body is read by the server itself, before it
// answers, so that the connection can be used again.
func TestSlowBody(t *testing.T) {
	r := subscribed(t)
	r.readTimeout = 50 * time.Millisecond
	callback := r.record().Current.Callback
	for _, tt := range []struct {
		name, url string
		want      int
	}{
		{"a hub's", callback, 408},
		{"a stranger's", r.base + feed + "/ABCDEFGHIJKLMNOPQRSTUVWXYZ", 404},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, more := io.Pipe()
			defer more.Close()
			go func() { _, _ = more.Write([]byte("x")) }()
			got, _ := call(t, "POST", tt.url, nil, body)
			if got != tt.want {
				t.Errorf("answer %d, want %d", got, tt.want)
			}
		})
	}
	r.counted("slow", 1)
	if got := r.hub.publish("sha256", "news"); got != 200 {
		t.Errorf("the next delivery was answered with %d, want 200: the slot must be free", got)
	}
}

// TestDamagedRecord counts as none, whoever comes upon it.
func TestDamagedRecord(t *testing.T) {
	for _, stored := range []string{"", "{", "[]", `{"current":{}}`, `{"current":{"token":"x","callback":"x","topic":"x","hub":"x","asks":-1}}`, "\x00\xff"} {
		t.Run(fmt.Sprintf("%.12q", stored), func(t *testing.T) {
			r := subscribed(t)
			if _, err := r.kv.Put(t.Context(), key(feed), []byte(stored)); err != nil {
				t.Fatal(err)
			}
			if got := r.hub.publish("sha256", "news"); got != 404 {
				t.Errorf("a delivery was answered with %d, want 404", got)
			}
			r.ensure(false)
			if got := wait(t, r.hub.judged); got != 200 {
				t.Errorf("verification of the new subscription answered with %d, want 200", got)
			}
			r.ensure(true)
			if !strings.Contains(r.log.String(), "subscription is lost") {
				t.Errorf("the loss was not told:\n%s", r.log.String())
			}
			if _, err := r.kv.Put(t.Context(), key(feed), []byte(stored)); err != nil {
				t.Fatal(err)
			}
			if err := r.Drop(t.Context(), feed); err != nil || r.record() != nil {
				t.Errorf("Drop = %v, left %v; want nothing left", err, r.record())
			}
		})
	}
}

// TestWrongClock: times that another clock wrote stop a subscription for
// hours, not for years.
func TestWrongClock(t *testing.T) {
	r := subscribed(t)
	r.clock.advance(-2 * 365 * 24 * time.Hour)
	r.ensure(false)
	wait(t, r.hub.asked)
	wait(t, r.hub.judged)
	r.ensure(true)
	r.clock.advance(-time.Minute) // the clock of another poller
	r.ensure(true)
	none(t, "requests", r.hub.asked)
}

func TestBucketOutOfReach(t *testing.T) {
	r := subscribed(t)
	callback := r.record().Current.Callback
	if err := r.js.DeleteKeyValue(t.Context(), "websub"); err != nil {
		t.Fatal(err)
	}
	if got := r.hub.publish("sha256", "news"); got != 503 {
		t.Errorf("a delivery was answered with %d, want 503", got)
	}
	q := url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {"c"}}
	if got, _ := call(t, "GET", callback+"?"+q.Encode(), nil, nil); got != 503 {
		t.Errorf("a verification was answered with %d, want 503", got)
	}
	if active, err := r.Ensure(t.Context(), feed, topic, r.hub.URL); active || err == nil {
		t.Errorf("Ensure = %v, %v; want an error", active, err)
	}
	if err := r.Drop(t.Context(), feed); err == nil {
		t.Error("Drop = nil, want an error")
	}
}

func TestEnsureRefusesWhatIsNoAddress(t *testing.T) {
	r := newRig(t)
	for _, tt := range [][3]string{
		{"", topic, r.hub.URL},
		{"Feed.>", topic, r.hub.URL},
		{strings.Repeat("x", 49), topic, r.hub.URL},
		{feed, "", r.hub.URL},
		{feed, "/feed.xml", r.hub.URL},
		{feed, topic, "ftp://hub.example"},
		{feed, topic, "https:///"},
		{feed, topic, "https://hub.example/" + strings.Repeat("x", 2048)},
	} {
		if active, err := r.Ensure(t.Context(), tt[0], tt[1], tt[2]); active || err == nil || len(err.Error()) > 300 {
			t.Errorf("Ensure(%.30q, %q, %.30q) = %v, %v; want a short error", tt[0], tt[1], tt[2], active, err)
		}
	}
	if err := r.Drop(t.Context(), "*"); err == nil {
		t.Error("Drop of a wildcard = nil, want an error")
	}
	none(t, "requests", r.hub.asked)
}

func TestNew(t *testing.T) {
	r := newRig(t)
	for _, tt := range []struct{ callback, path string }{
		{"https://tocsin.example.org", "/"},
		{"https://tocsin.example.org/", "/"},
		{"https://tocsin.example.org/websub", "/websub/"},
		{"http://127.0.0.1:8080/a/b/", "/a/b/"},
		{"", ""},
		{"tocsin.example.org/websub", ""},
		{"/websub/", ""},
		{"ftp://tocsin.example.org/", ""},
		{"https://", ""},
		{"https://user:password@tocsin.example.org/", ""},
		{"https://tocsin.example.org/?a=b", ""},
		{"https://tocsin.example.org/#a", ""},
		{"https://tocsin.example.org/{id}/", ""},
		{"https://tocsin.example.org/a//b/", ""},
		{"https://tocsin.example.org/a/../b/", ""},
	} {
		cfg := r.cfg
		cfg.Callback, cfg.Metrics = tt.callback, prometheus.NewRegistry()
		s, err := New(cfg)
		if (err == nil) != (tt.path != "") || err == nil && s.Path() != tt.path {
			t.Errorf("New(callback %q): %v, want path %q", tt.callback, err, tt.path)
		}
	}
	_, err := New(Config{Lease: time.Minute, MaxBytes: -1, Deliveries: -1})
	for _, part := range []string{"callback", "lease", "body limit", "at one time", "required"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("New of a bad configuration = %v, want all mistakes, %q too", err, part)
		}
	}
}

func TestMetrics(t *testing.T) {
	r := newRig(t)
	problems, err := testutil.GatherAndLint(r.reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	if n, err := testutil.GatherAndCount(r.reg); n != 4+len(intentStatus)+len(deliveryStatus) || err != nil {
		t.Errorf("%d series at the start, %v", n, err)
	}
}
