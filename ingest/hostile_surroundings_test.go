package ingest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/ingest/fulltext"
	"tocsin/ingest/websub"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// killed is a bucket of a process that died before it wrote.
type killed struct{ jetstream.KeyValue }

var errKilled = errors.New("killed")

func (killed) Create(context.Context, string, []byte, ...jetstream.KVCreateOpt) (uint64, error) {
	return 0, errKilled
}

func (killed) Update(context.Context, string, []byte, uint64) (uint64, error) { return 0, errKilled }

// watched is a bucket that tells before it writes.
type watched struct {
	jetstream.KeyValue
	writes func()
}

func (w watched) Create(ctx context.Context, key string, value []byte, opts ...jetstream.KVCreateOpt) (uint64, error) {
	w.writes()
	return w.KeyValue.Create(ctx, key, value, opts...)
}

func (w watched) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	w.writes()
	return w.KeyValue.Update(ctx, key, value, revision)
}

// client asks loopback servers, past any proxy, and keeps no connection.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}

// sends makes one request and returns the answer's status and body.
func (v *victim) sends(method, address string, header http.Header, body io.Reader) (int, string) {
	v.t.Helper()
	req, err := http.NewRequestWithContext(v.t.Context(), method, address, body)
	if err != nil {
		v.t.Fatal(err)
	}
	for k, values := range header {
		req.Header[k] = values
	}
	resp, err := client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// counted sums a counter's children that have a label value.
func counted(t interface{ Fatal(...any) }, reg *prometheus.Registry, name, value string) (n float64) {
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == name && l.GetValue() == value {
					n += m.GetCounter().GetValue()
				}
			}
		}
	}
	return n
}

// hostileSurroundings are what stands beside a feed: hubs, pages, proxies, and
// our own end.
var hostileSurroundings = []hostileCase{
	{"56_hubs", func(v *victim) {
		const topic = "https://wire.example/feed.xml"
		var asked []url.Values
		hub := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if err := r.ParseForm(); err != nil {
				v.t.Error(err)
			}
			asked = append(asked, r.PostForm)
			w.WriteHeader(http.StatusAccepted) // and never verifies by itself
		}))
		defer hub.Close()
		bucket, err := v.bus.Bucket(v.t.Context(), bus.StateBucket)
		if err != nil {
			v.t.Fatal(err)
		}
		reg := prometheus.NewRegistry()
		nudged := 0
		ours := httptest.NewUnstartedServer(nil)
		defer ours.Close()
		subscriber := func(reg *prometheus.Registry) *websub.Subscriber {
			s, err := websub.New(websub.Config{
				Callback: "http://" + ours.Listener.Addr().String() + "/websub/", Bucket: bucket, Log: v.Poller.log, Metrics: reg,
				Now: func() time.Time { return v.at }, Nudge: func(string) { nudged++ },
				Post: func(ctx context.Context, hub_ string, form url.Values) (int, error) {
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, hub_, strings.NewReader(form.Encode()))
					if err != nil {
						return 0, err
					}
					req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
					resp, err := hub.Client().Do(req)
					if err != nil {
						return 0, err
					}
					return resp.StatusCode, resp.Body.Close()
				},
				Deliver: func(ctx context.Context, _ string, body []byte, contentType string) error {
					return v.receive(ctx, v.feed, v.cfg, body, contentType)
				},
			})
			if err != nil {
				v.t.Fatal(err)
			}
			return s
		}
		sub := subscriber(reg)
		ours.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sub.ServeHTTP(w, r) })
		ours.Start()
		ensure := func(what string, want bool) {
			v.t.Helper()
			if active, err := sub.Ensure(v.t.Context(), v.feed.ID, topic, hub.URL); active != want || err != nil {
				v.t.Errorf("%s: Ensure = %v, %v; want %v", what, active, err, want)
			}
		}
		gives := func(what string, f func(), want ...string) {
			v.t.Helper()
			from := v.lastSeq() + 1
			f()
			v.want(what, v.articles(from), want...)
		}

		v.good()
		ensure("asked for", false)
		if len(asked) != 1 || asked[0].Get("hub.secret") == "" {
			v.t.Fatalf("the hub was asked %v", asked)
		}
		callback, secret := asked[0].Get("hub.callback"), asked[0].Get("hub.secret")
		stranger := callback[:strings.LastIndexByte(callback, '/')+1] + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		query := func(topic string) string {
			return "?" + url.Values{"hub.mode": {"subscribe"}, "hub.topic": {topic}, "hub.challenge": {"echo"}, "hub.lease_seconds": {"432000"}}.Encode()
		}
		for what, address := range map[string]string{"a wrong token": stranger + query(topic), "another topic": callback + query("https://evil.example/")} {
			if status, body := v.sends(http.MethodGet, address, nil, nil); status != http.StatusNotFound || strings.Contains(body, "echo") {
				v.t.Errorf("%s is answered with %d %q", what, status, body)
			}
		}
		if n := counted(v.t, reg, "tocsin_ingest_websub_verifications_total", "refused"); n != 2 {
			v.t.Errorf("two false verifications are counted as %v", n)
		}
		// A hub that never verifies is asked ever more seldom, and the feed is polled.
		v.srv.body(rss(itemA, itemB), "ETag", `"good"`)
		v.want("polled while the hub is silent", v.pollOnce(), "b/1 Vote")
		for range 24 * 6 {
			ensure("silent", false)
			v.at = v.at.Add(10 * time.Minute)
		}
		if len(asked) < 3 || len(asked) > 6 {
			v.t.Errorf("a silent hub was asked %d times in a day", len(asked))
		}
		if status, body := v.sends(http.MethodGet, callback+query(topic), nil, nil); status != http.StatusOK || body != "echo" {
			v.t.Fatalf("the hub's verification is answered with %d %q", status, body)
		}
		ensure("verified", true)

		signature := func(secret, body string) http.Header {
			mac := hmac.New(sha256.New, []byte(secret))
			mac.Write([]byte(body))
			return http.Header{"X-Hub-Signature": {fmt.Sprintf("sha256=%x", mac.Sum(nil))}, "Content-Type": {"application/rss+xml"}}
		}
		posts := func(what, address string, header http.Header, body string, want int) {
			v.t.Helper()
			if status, _ := v.sends(http.MethodPost, address, header, strings.NewReader(body)); status != want {
				v.t.Errorf("%s is answered with %d, want %d", what, status, want)
			}
		}
		evil, flood := rss(item("evil", "Evil", "", monday)), rss(itemC)
		gives("forgeries", func() {
			posts("a wrong signature", callback, signature("guess", evil), evil, http.StatusOK) // who guesses learns nothing
			posts("another body's signature", callback, signature(secret, flood), evil, http.StatusOK)
			posts("no signature", callback, nil, evil, http.StatusOK)
			posts("a wrong token", stranger, signature(secret, evil), evil, http.StatusNotFound)
		})
		if n := counted(v.t, reg, "tocsin_ingest_websub_deliveries_total", "forged"); n != 3 || nudged != 3 || v.book.says("wrong signature") != 1 {
			v.t.Errorf("three forgeries: counted %v, polls asked for %d, told of in %d lines", n, nudged, v.book.says("wrong signature"))
		}
		gives("a delivery", func() { posts("a delivery", callback, signature(secret, flood), flood, http.StatusOK) }, "c/1 Flood")
		gives("the same once more", func() { posts("a replay", callback, signature(secret, flood), flood, http.StatusOK) })
		if n := counted(v.t, reg, "tocsin_ingest_websub_deliveries_total", "replayed"); n != 1 {
			v.t.Errorf("a replay is counted as %v", n)
		}
		sub = subscriber(prometheus.NewRegistry()) // that has forgotten what it was sent
		gives("a replay to another poller", func() { posts("a replay", callback, signature(secret, flood), flood, http.StatusOK) })

		large := prometheus.NewRegistry()
		sub = subscriber(large)
		gives("50 MB", func() {
			for what, announced := range map[string]int64{"announced": 50 << 20, "in chunks": -1} {
				within(maxGrowth, func(v *victim) {
					req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, callback, io.LimitReader(zeros{}, 50<<20))
					if err != nil {
						v.t.Fatal(err)
					}
					req.ContentLength = announced
					resp, err := client.Do(req)
					if err != nil {
						return // the connection was closed before all of it was sent
					}
					resp.Body.Close()
					if resp.StatusCode != http.StatusRequestEntityTooLarge {
						v.t.Errorf("50 MB %s are answered with %d", what, resp.StatusCode)
					}
				})(v)
			}
		})
		if n := counted(v.t, large, "tocsin_ingest_websub_deliveries_total", "too_large"); n != 2 {
			v.t.Errorf("50 MB, twice, are counted as %v", n)
		}
		// With the hub or without: the poll brings what it did not.
		v.srv.body(rss(itemA, itemB, itemC, item("d", "Strike", "", monday)))
		v.want("polled all the same", v.pollOnce(), "d/1 Strike")
	}},
	{"57_killed_before_the_bookkeeping", func(v *victim) {
		real := *v.mem
		for name, dying := range map[string]memory{
			"before both":  {feeds: killed{real.feeds}, seen: killed{real.seen}},
			"between both": {feeds: killed{real.feeds}, seen: real.seen},
		} {
			v.another(name)
			v.srv.body(rss(itemA, itemB), "ETag", `"1"`)
			v.mem = &dying
			lines, counted := v.book.says("is not stored"), v.failures(reasonBus)
			v.want(name+": published", v.pollOnce(), "a/1 Blast", "b/1 Vote")
			if v.book.says("is not stored") != lines+1 || v.failures(reasonBus) != counted+1 {
				v.t.Errorf("%s is not told of and counted once", name)
			}
			v.mem = &real
			if st := v.state(); st.URL != "" || st.ETag != "" {
				v.t.Errorf("%s: the state is %+v", name, st)
			}
			// The next process finds the same items and makes the same ids of them.
			before := v.lastSeq()
			v.want(name+", and again", v.pollOnce())
			if st := v.state(); v.lastSeq() != before || st.ETag != `"1"` {
				v.t.Errorf("%s: %d messages more, %+v", name, v.lastSeq()-before, st)
			}
			v.srv.body(rss(itemA, itemB, itemC), "ETag", `"2"`)
			v.want(name+", and on", v.pollOnce(), "c/1 Flood")
		}
		// Nothing is written before the stream has the articles.
		v.another("order")
		v.srv.body(rss(itemA, itemB), "ETag", `"1"`)
		before, writes := v.lastSeq(), 0
		tells := func() {
			writes++
			if n := v.lastSeq() - before; n != 2 {
				v.t.Errorf("a bucket is written when the stream has %d of 2 articles", n)
			}
		}
		v.mem = &memory{feeds: watched{real.feeds, tells}, seen: watched{real.seen, tells}}
		v.want("in order", v.pollOnce(), "a/1 Blast", "b/1 Vote")
		if writes != 2 {
			v.t.Errorf("%d writes, want the known items and the state", writes)
		}
	}},
	{"58_NATS_is_down", func(v *victim) {
		dir := v.t.TempDir()
		b := bustest.Open(v.t, dir)
		w := newVictim(v.t, b)
		w.good()
		// It comes back while a poll waits for it: the poll ends as if nothing had been.
		w.srv.serve(func(rw http.ResponseWriter, r *http.Request) {
			if err := b.RestartServer(); err != nil {
				v.t.Error(err)
			}
			serves(rss(itemA, itemB), "ETag", `"2"`)(rw, r)
		})
		w.at = w.at.Add(10 * time.Minute)
		w.poll(v.t.Context(), w.feed, w.cfg, w.fetcher, false)
		w.want("after a restart of NATS", w.articles(1), "a/1 Blast", "b/1 Vote")
		if st := w.state(); st.ETag != `"2"` || st.Failures != 0 {
			v.t.Errorf("after a restart of NATS: %+v", st)
		}
		// It does not: nothing is stored, and when polls end.
		ctx, cancel := context.WithCancel(v.t.Context())
		w.srv.serve(func(rw http.ResponseWriter, r *http.Request) {
			serves(rss(itemA, itemB, itemC), "ETag", `"3"`)(rw, r)
			b.Conn.Close()
			cancel()
		})
		w.poll(ctx, w.feed, w.cfg, w.fetcher, false)
		asked := 0
		w.srv.serve(func(http.ResponseWriter, *http.Request) { asked++ })
		counted, lines := w.failures(reasonBus), w.book.says("cannot be read")
		verdict := w.poll(v.t.Context(), w.feed, w.cfg, w.fetcher, false)
		if asked != 0 || w.failures(reasonBus) != counted+1 || w.book.says("cannot be read") != lines+1 || verdict.due.Sub(w.at) < w.cfg.Every {
			v.t.Errorf("without NATS: the feed is asked %d times, counted %v, %d lines, again in %v", asked, w.failures(reasonBus)-counted, w.book.says("cannot be read")-lines, verdict.due.Sub(w.at))
		}
		w.enters(w.entry(w.feed))
		if n := len(w.begins()); n != 1 {
			v.t.Errorf("%d polls begin while the others think us alive, want 1", n)
		}
		w.unscheduled()
		w.enters(w.entry(w.feed))
		w.at = w.at.Add(beatLost)
		if start, wait := w.next(); len(start) != 0 || wait > beatEvery {
			v.t.Errorf("%d polls begin %v after the last sign of life, want none", len(start), beatLost)
		}
		b.Close()

		again := newVictim(v.t, bustest.Open(v.t, dir))
		again.feed.URL, again.at = w.feed.URL, w.at
		again.want("what the stream has", again.articles(1), "a/1 Blast", "b/1 Vote")
		if st := again.state(); st.ETag != `"2"` {
			v.t.Errorf("ETag %s of a poll that did not publish", st.ETag)
		}
		w.srv.body(rss(itemA, itemB, itemC), "ETag", `"3"`)
		again.want("nothing is lost", again.pollOnce(), "c/1 Flood")
	}},
	{"59_robots", func(v *victim) {
		const story = "<html><head><title>Raid on the depot</title></head><body><article><p>Raiders burned the fuel depot at Senn before dawn on Friday and drove off with two of its lorries, the governor said in a statement.</p>" +
			"<p>Two watchmen were killed and a third is missing, according to the governor; the depot served the garrison and most of the farms around.</p></article></body></html>"
		var sent atomic.Int64
		endless := func(w http.ResponseWriter, _ *http.Request) { // a GB, unless the reader has enough
			write := func(s string) bool {
				n, err := io.WriteString(w, s)
				sent.Add(int64(n))
				return err == nil
			}
			filler := strings.Repeat("# "+strings.Repeat("x", 1021)+"\n", 100)
			ok := write("User-agent: *\n") && write(filler) && write("Disallow: /secret\n") && write(strings.Repeat(filler, 5)) && write("Disallow: /\n")
			for ok && sent.Load() < 1<<30 {
				ok = write(filler)
			}
		}
		for _, tt := range []struct {
			name, path string
			robots     http.HandlerFunc
			reason     string
		}{
			{"disallowed", "/story", serves("User-agent: *\nDisallow: /story\n"), fulltext.ReasonRobots},
			{"disallowed by name", "/story", serves("User-agent: *\nAllow: /\n\nUser-agent: tocsin\nDisallow: /\n"), fulltext.ReasonRobots},
			{"another path", "/story", serves("User-agent: *\nDisallow: /secret\n"), ""},
			{"none", "/story", http.NotFound, ""},
			{"broken", "/story", fails(http.StatusInternalServerError), fulltext.ReasonRobotsDown},
			{"unavailable", "/story", fails(http.StatusServiceUnavailable), fulltext.ReasonRobotsDown},
			{"cut off", "/story", raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent", reset), fulltext.ReasonRobotsDown},
			{"a gigabyte, forbidden in the first half megabyte", "/secret", endless, fulltext.ReasonRobots},
			{"a gigabyte, forbidden behind it", "/story", endless, ""},
		} {
			var pages, robots atomic.Int32
			v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					robots.Add(1)
					tt.robots(w, r)
					return
				}
				pages.Add(1)
				serves(story, "Content-Type", "text/html; charset=utf-8")(w, r)
			})
			sent.Store(0)
			f := fulltext.New(fulltext.Config{UserAgent: v.cfg.UserAgent, PerHost: time.Nanosecond, Get: v.fetcher.Page})
			var text fulltext.Text
			var err error
			within(maxGrowth, func(v *victim) { text, err = f.Text(v.t.Context(), v.srv.URL+tt.path, 0) })(v)
			var e *fulltext.Error
			if reason := ""; errors.As(err, &e) {
				reason = e.Reason
				if reason != tt.reason || !slices.Contains(fulltext.Reasons, reason) {
					v.t.Errorf("%s: %v, want reason %q", tt.name, err, tt.reason)
				}
			} else if err != nil || tt.reason != "" {
				v.t.Errorf("%s: %v, want reason %q", tt.name, err, tt.reason)
			}
			want := int32(1)
			if tt.reason != "" {
				want = 0
			}
			if pages.Load() != want || robots.Load() != 1 || strings.Contains(text.Body, "lorries") != (want == 1) {
				v.t.Errorf("%s: %d pages and %d robots.txt were asked for, text %q", tt.name, pages.Load(), robots.Load(), clipText(text.Body, 60))
			}
			if n := sent.Load(); n > 12<<20 {
				v.t.Errorf("%s: %d bytes were sent, more than a reader of 500 KiB and the buffers of a connection take", tt.name, n)
			}
		}
	}},
	{"60_a_proxy_answers_for_everybody", func(v *victim) {
		v.cfg.Every, v.cfg.PerHost = 10*time.Minute, 0
		var answer atomic.Value
		var servers []*feedServer
		var es []*entry
		for k := range 12 {
			s := newFeedServer(v.t)
			s.serve(func(w http.ResponseWriter, r *http.Request) { answer.Load().(http.HandlerFunc)(w, r) })
			servers = append(servers, s)
			es = append(es, v.entry(Feed{URL: s.URL + "/feed.xml", ID: fmt.Sprintf("60-%d", k), Outlet: "Wire"}))
		}
		// round polls all that is due, at one time.
		round := func(what string) {
			v.t.Helper()
			for _, e := range es {
				if e.at.After(v.at) {
					v.at = e.at
				}
			}
			start := v.begins()
			if len(start) != len(es) {
				v.t.Fatalf("%s: %d of %d polls begin", what, len(start), len(es))
			}
			for _, e := range start {
				v.visit(v.t.Context(), e)
			}
		}
		v.enters(es...)
		answer.Store(serves(rss(itemA)))
		round("all is well")
		trips := 0.0
		for name, h := range map[string]http.HandlerFunc{
			"a captive portal": loginPage, "407": fails(http.StatusProxyAuthRequired), "502": fails(http.StatusBadGateway), "resets": raw("", reset),
		} {
			answer.Store(h)
			for n := range 2 {
				lines := v.book.says("polling pauses")
				round(name)
				trips++
				pause := breakerPause << n
				if got := v.breaker.open.Sub(v.at); got != pause || testutil.ToFloat64(v.metrics.trips) != trips || testutil.ToFloat64(v.metrics.breaker) != 1 || v.book.says("polling pauses") != lines+1 {
					v.t.Errorf("%s: polling pauses for %v after %v trips, told in %d lines; want %v, %v, 1", name, got, testutil.ToFloat64(v.metrics.trips), v.book.says("polling pauses")-lines, pause, trips)
				}
				for _, e := range es {
					if wait := e.due.Sub(v.at); wait < pause || wait > pause+v.cfg.Every/10+time.Second {
						v.t.Errorf("%s: %s is polled again in %v, want right after the pause of %v", name, e.feed.ID, wait, pause)
					}
					if st, _, err := v.mem.loadState(v.t.Context(), e.feed.ID); err != nil || st.Failures > 1 {
						v.t.Errorf("%s: %s has %d failures (%v), want them taken back", name, e.feed.ID, st.Failures, err)
					}
				}
				v.at = v.breaker.open.Add(-time.Millisecond)
				if n := len(v.begins()); n != 0 {
					v.t.Errorf("%s: %d polls begin in the pause", name, n)
				}
			}
			answer.Store(serves(rss(itemA, item(bus.Token(name), name, "", monday))))
			from := v.lastSeq() + 1
			round("over")
			if n := len(v.articles(from)); n != len(es) {
				v.t.Errorf("%s is over: %d articles of %d feeds", name, n, len(es))
			}
			for _, e := range es {
				if wait := e.due.Sub(v.at); wait > v.cfg.QuietEvery*11/10 {
					v.t.Errorf("%s is over: %s is polled again in %v", name, e.feed.ID, wait)
				}
			}
			if testutil.ToFloat64(v.metrics.breaker) != 0 || v.breaker.pause != 0 {
				v.t.Errorf("%s is over: the breaker is open, its pause %v", name, v.breaker.pause)
			}
		}
		// A minority that fails is its own trouble.
		for _, s := range servers[:4] {
			s.serve(loginPage)
		}
		slices.Reverse(es)
		for _, e := range es {
			if e.at.After(v.at) {
				v.at = e.at
			}
		}
		v.begins()
		for _, e := range es { // the good ones first
			v.visit(v.t.Context(), e)
		}
		for k, e := range es {
			st, _, err := v.mem.loadState(v.t.Context(), e.feed.ID)
			if failed := k >= 8; err != nil || (st.Failures == 1) != failed || failed && e.due.Sub(v.at) < v.cfg.Every {
				v.t.Errorf("%s: %d failures (%v), again in %v", e.feed.ID, st.Failures, err, e.due.Sub(v.at))
			}
		}
		if testutil.ToFloat64(v.metrics.trips) != trips {
			v.t.Error("a third of the hosts is taken for the world")
		}
	}},
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
