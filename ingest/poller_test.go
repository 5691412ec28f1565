package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// feedServer serves one document after another: each poll the next one, as
// scripted by its handler.
type feedServer struct {
	*httptest.Server
	mu      sync.Mutex
	handler http.HandlerFunc
	last    *http.Request
}

func newFeedServer(t *testing.T) *feedServer {
	s := &feedServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.last = r.Clone(context.Background())
		h := s.handler
		s.mu.Unlock()
		h(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *feedServer) serve(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handler = h
}

func (s *feedServer) body(b string, headers ...string) {
	s.serve(func(w http.ResponseWriter, _ *http.Request) {
		for k := 0; k < len(headers); k += 2 {
			w.Header().Set(headers[k], headers[k+1])
		}
		fmt.Fprint(w, b)
	})
}

func (s *feedServer) asked() http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.Header
}

// rig is a poller whose polls are called by hand, on a bus of its own.
type rig struct {
	*Poller
	t    *testing.T
	feed Feed
	at   time.Time
}

func newRig(t *testing.T, b *bus.Bus, url string, change ...func(*Config)) *rig {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Log, cfg.Metrics = bustest.Log(t), prometheus.NewRegistry()
	cfg.AllowPrivate = []string{"127.0.0.1"}
	cfg.Timeout = 5 * time.Second
	cfg.Feeds = []Feed{{URL: url, ID: "wire", Outlet: "Wire"}}
	for _, c := range change {
		c(&cfg)
	}
	p, err := NewPoller(t.Context(), b, cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{Poller: p, t: t, feed: cfg.Feeds[0], at: time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)}
	p.now = func() time.Time { return r.at }
	return r
}

// pollOnce polls as the schedule would, and returns the articles that it published.
func (r *rig) pollOnce() []Article {
	r.t.Helper()
	before := r.lastSeq()
	r.at = r.at.Add(10 * time.Minute)
	r.poll(r.t.Context(), r.feed, r.cfg, r.fetcher, false)
	return r.articles(before + 1)
}

func (r *rig) lastSeq() uint64 {
	s, err := r.bus.Stream(r.t.Context(), bus.Articles)
	if err != nil {
		r.t.Fatal(err)
	}
	return s.CachedInfo().State.LastSeq
}

func (r *rig) articles(from uint64) (list []Article) {
	r.t.Helper()
	err := r.bus.Read(r.t.Context(), bus.Articles, from, r.lastSeq(), false, func(m jetstream.Msg, _ uint64) error {
		a, err := DecodeArticle(m.Data())
		list = append(list, a)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

func (r *rig) state() FeedState {
	st, _, err := r.mem.loadState(r.t.Context(), r.feed.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	return st
}

func rss(items ...string) string {
	return `<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title><link>https://wire.example/</link>` + strings.Join(items, "") + `</channel></rss>`
}

func item(guid, title, text, date string) string {
	return fmt.Sprintf("<item><guid isPermaLink=\"false\">%s</guid><title>%s</title><link>https://wire.example/%s</link><description>%s</description><pubDate>%s</pubDate></item>", guid, title, guid, text, date)
}

func told(list []Article) (out []string) {
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s/%d %s", a.GUID, a.Edition, a.Title))
	}
	return out
}

const monday = "Mon, 09 Mar 2026 10:00:00 GMT"

func TestPollEmitsWhatIsNewAndNothingElse(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	for _, step := range []struct {
		name, body string
		want       []string
	}{
		{"two new items, the older first", rss(item("b", "Blast hits market", "Nine died.", "Mon, 09 Mar 2026 11:00:00 GMT"), item("a", "Budget passed", "By a wide margin.", monday)), []string{"a/1 Budget passed", "b/1 Blast hits market"}},
		{"a bumped date is nothing", rss(item("b", "Blast hits market", "Nine died.", "Mon, 09 Mar 2026 11:30:00 GMT"), item("a", "Budget passed", "By a wide margin.", monday)), nil},
		{"a changed text is an edition", rss(item("b", "Blast hits market", "Twelve died.", monday), item("a", "Budget passed", "By a wide margin.", monday)), []string{"b/2 Blast hits market"}},
		{"a changed title is an edition", rss(item("b", "Market blast toll at 12", "Twelve died.", monday)), []string{"b/3 Market blast toll at 12"}},
		{"an item that left and comes back is nothing", rss(item("a", "Budget passed", "By a wide margin.", monday), item("b", "Market blast toll at 12", "Twelve died.", monday)), nil},
		{"an edit taken back is an edition all the same", rss(item("b", "Blast hits market", "Nine died.", monday)), []string{"b/4 Blast hits market"}},
		{"an empty feed deletes nothing", rss(), nil},
		{"and they are still known", rss(item("a", "Budget passed", "By a wide margin.", monday)), nil},
	} {
		srv.body(step.body)
		if d := cmp.Diff(step.want, told(r.pollOnce())); d != "" {
			t.Fatalf("%s: (-want +got)\n%s", step.name, d)
		}
	}
}

func TestEditionsKeepIdAndFirstSight(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.body(rss(item("a", "Blast", "Four died.", monday)))
	first := r.pollOnce()[0]
	srv.body(rss(item("a", "Blast", "Five died.", monday)))
	second := r.pollOnce()[0]
	if first.ID != second.ID || !second.FirstSeen.Equal(first.FirstSeen) || !second.Fetched.After(first.Fetched) {
		t.Errorf("second edition %+v\nof %+v\nwant the same id and first sight, and a later fetch", second, first)
	}
	if first.ContentSHA256 == second.ContentSHA256 || first.Feed != "wire" || first.Outlet != "Wire" {
		t.Errorf("first %+v, second %+v: want other hashes, the feed's id and outlet", first, second)
	}
}

func TestValidatorsGoBackAsTheyCame(t *testing.T) {
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	const tag, modified = `W/"odd tag"`, "yesterday, about noon"
	srv.body(rss(item("a", "Blast", "Four died.", monday)), "ETag", tag, "Last-Modified", modified)
	r.pollOnce()
	srv.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	if got := r.pollOnce(); len(got) != 0 {
		t.Fatalf("304 brought %v", told(got))
	}
	if h := srv.asked(); h.Get("If-None-Match") != tag || h.Get("If-Modified-Since") != modified {
		t.Errorf("sent If-None-Match %q, If-Modified-Since %q; want %q, %q", h.Get("If-None-Match"), h.Get("If-Modified-Since"), tag, modified)
	}
}

func TestAChangeWithinTheSecondOfAPollIsSeen(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	now := time.Now().UTC().Format(http.TimeFormat)
	for n, text := range []string{"Four died.", "Five died."} {
		srv.serve(func(w http.ResponseWriter, q *http.Request) {
			w.Header().Set("Date", now)
			w.Header().Set("Last-Modified", now)
			if q.Header.Get("If-Modified-Since") == now {
				w.WriteHeader(http.StatusNotModified) // by its clock, nothing has changed
				return
			}
			fmt.Fprint(w, rss(item("a", "Blast", text, monday)))
		})
		if got := r.pollOnce(); len(got) != 1 || got[0].Edition != n+1 {
			t.Errorf("poll %d of a feed that changed twice in a second: %v", n+1, told(got))
		}
	}
}

func TestValidatorsAreNotStoredFromADamagedBody(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	whole := rss(item("a", "Blast", "Four died.", monday), item("b", "Vote", "It passed.", monday))
	srv.body(whole[:strings.LastIndex(whole, "<title>Vote")+9], "ETag", `"1"`)
	if got := told(r.pollOnce()); !slices.Equal(got, []string{"a/1 Blast"}) {
		t.Fatalf("a cut-off feed gave %v, want the whole item", got)
	}
	if st := r.state(); st.ETag != "" {
		t.Errorf("ETag %q stored from a cut-off body", st.ETag)
	}
	srv.body(whole, "ETag", `"1"`)
	if got := told(r.pollOnce()); !slices.Equal(got, []string{"b/1 Vote"}) {
		t.Errorf("the whole feed then gave %v, want the rest", got)
	}
}

func TestNothingIsStoredBeforeTheStreamHasTheArticles(t *testing.T) {
	srv := newFeedServer(t)
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	r := newRig(t, b, srv.URL+"/feed.xml")
	srv.body(rss(item("a", "Blast", "Four died.", monday)), "ETag", `"1"`)
	ctx, cancel := context.WithCancel(t.Context())
	// The bus goes away between the fetch and the publish.
	r.feed.URL = srv.URL + "/feed.xml"
	srv.serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, rss(item("a", "Blast", "Four died.", monday)))
		b.Conn.Close()
		cancel()
	})
	r.poll(ctx, r.feed, r.cfg, r.fetcher, false)
	b.Close()

	again := newRig(t, bustest.Open(t, dir), srv.URL+"/feed.xml")
	if st := again.state(); st.ETag != "" {
		t.Errorf("ETag %q stored although the article was not published", st.ETag)
	}
	srv.body(rss(item("a", "Blast", "Four died.", monday)), "ETag", `"1"`)
	if got := told(again.pollOnce()); !slices.Equal(got, []string{"a/1 Blast"}) {
		t.Errorf("after the restart the poll gave %v, want the article", got)
	}
}

func TestAnEditWhileBookkeepingWasLostIsNotLost(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	b := bustest.New(t)
	r := newRig(t, b, srv.URL+"/feed.xml")
	srv.body(rss(item("a", "Blast", "Four died.", monday)))
	r.pollOnce()
	// As after a crash between publish and bookkeeping.
	for _, kv := range []jetstream.KeyValue{r.mem.seen, r.mem.feeds} {
		if err := kv.Purge(t.Context(), "wire"); err != nil {
			t.Fatal(err)
		}
	}
	if got := told(r.pollOnce()); len(got) != 0 {
		t.Errorf("the same item was published again: %v", got)
	}
	for _, kv := range []jetstream.KeyValue{r.mem.seen, r.mem.feeds} {
		if err := kv.Purge(t.Context(), "wire"); err != nil {
			t.Fatal(err)
		}
	}
	srv.body(rss(item("a", "Blast", "Nine died.", monday)))
	if got := r.pollOnce(); len(got) != 1 || !strings.Contains(got[0].Summary+got[0].Body, "Nine") {
		t.Errorf("an edit of a forgotten item gave %v, want it", told(got))
	}
}

func TestADamagedMemoryIsWrittenOver(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.body(rss(item("a", "Blast", "Four died.", monday)))
	r.pollOnce()
	for _, kv := range []jetstream.KeyValue{r.mem.feeds, r.mem.seen} {
		if _, err := kv.PutString(t.Context(), "wire", "rubbish"); err != nil {
			t.Fatal(err)
		}
	}
	srv.body(rss(item("a", "Blast", "Four died.", monday), item("b", "Vote", "It passed.", monday)))
	if got := told(r.pollOnce()); !slices.Equal(got, []string{"b/1 Vote"}) {
		t.Errorf("after the damage the poll gave %v, want what is new", got)
	}
	if st := r.state(); st.URL == "" {
		t.Errorf("the state is still damaged: %+v", st)
	}
	if got := told(r.pollOnce()); len(got) != 0 {
		t.Errorf("and the poll after it %v, want nothing", got)
	}
}

func TestBadFeedsCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	refused := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a refused address was reached") }))
	defer refused.Close()
	good := rss(item("a", "Blast", "Four died.", monday))
	for _, tt := range []struct {
		name    string
		serve   http.HandlerFunc
		reason  string
		message string
	}{
		{"a web page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><html><body><p>Please log in.</p></body></html>")
		}, "html", "web page"},
		{"not found", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "gone", 404) }, "status", "404"},
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 403) }, "status", "user_agent"},
		{"ten gigabytes", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10000000000")
			_, _ = io.WriteString(w, "<rss>")
		}, "too_large", "max_bytes"},
		{"a redirect to loopback", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, strings.Replace(refused.URL, "127.0.0.1", "127.0.0.2", 1), http.StatusFound)
		}, "ssrf", "allow_private"},
		{"a redirect to the cloud's metadata", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		}, "ssrf", "allow_private"},
		{"nothing", func(http.ResponseWriter, *http.Request) {}, "empty", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := newFeedServer(t)
			r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
			srv.body(good, "ETag", `"1"`)
			r.pollOnce()
			srv.serve(tt.serve)
			if got := r.pollOnce(); len(got) != 0 {
				t.Errorf("published %v", told(got))
			}
			st := r.state()
			if st.Failures != 1 || st.ETag != `"1"` || !strings.Contains(st.LastError, tt.message) {
				t.Errorf("state %+v; want 1 failure that says %q, and the last good ETag", st, tt.message)
			}
			if n := testutil.ToFloat64(r.metrics.failures.WithLabelValues(tt.reason)); n != 1 {
				t.Errorf("failures{reason=%q} = %v, want 1", tt.reason, n)
			}
			if !st.Due.After(r.at.Add(r.cfg.Every / 2)) {
				t.Errorf("due again after %v, want a backoff", st.Due.Sub(r.at))
			}
			srv.body(rss(item("a", "Blast", "Four died.", monday), item("c", "Vote", "It passed.", monday)))
			if got := told(r.pollOnce()); !slices.Equal(got, []string{"c/1 Vote"}) {
				t.Errorf("afterwards %v, want the new item", got)
			}
			if st := r.state(); st.Failures != 0 || st.LastError != "" {
				t.Errorf("a success left %+v", st)
			}
		})
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	srv.serve(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	r.pollOnce()
	if wait := r.state().Due.Sub(r.at); wait < 2*time.Hour || wait > 3*time.Hour {
		t.Errorf("after 429 with Retry-After 7200 the next poll is in %v, want two hours", wait)
	}
}

func TestFitCutsAtAParagraph(t *testing.T) {
	para := strings.Repeat("\x01é", 1000)
	a := Article{Title: "Long", Body: strings.TrimSpace(strings.Repeat(para+"\n\n", 200))}
	if !fit(&a) {
		t.Fatal("a long article is refused")
	}
	data, err := encode(&a)
	if err != nil || len(data) > bus.MaxMessage {
		t.Errorf("%d bytes, %v; want at most %d", len(data), err, bus.MaxMessage)
	}
	if !strings.HasSuffix(a.Body, para) || a.ContentSHA256 != ContentHash(a.Title, a.Summary, a.Body) {
		t.Error("cut within a paragraph, or the hash is of another text")
	}
	huge := Article{Title: strings.Repeat("x", bus.MaxMessage)}
	if fit(&huge) {
		t.Error("a title larger than a message fits")
	}
}

func TestRunPollsReloadsAndStops(t *testing.T) {
	srv := newFeedServer(t)
	var polls atomic.Int32
	second := make(chan struct{})
	srv.serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/added.xml" {
			close(second)
		}
		polls.Add(1)
		fmt.Fprint(w, rss(item("a"+r.URL.Path, "Blast", "Four died.", monday)))
	})
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	r.Poller.now = time.Now
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	cfg := r.cfg
	cfg.PerHost = 0
	cfg.Feeds = append(slices.Clone(cfg.Feeds), Feed{URL: srv.URL + "/added.xml", ID: "added"})
	if err := r.Reload(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	select {
	case <-second:
	case <-time.After(20 * time.Second):
		t.Fatal("a feed that was added by a reload is not polled")
	}
	cfg.Feeds = cfg.Feeds[:1]
	if err := r.Reload(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil after a stop", err)
	}
	if n := testutil.ToFloat64(r.metrics.feeds); n != 1 {
		t.Errorf("feeds = %v after one was removed, want 1", n)
	}
}

func TestMetricsAreWellNamed(t *testing.T) {
	reg := prometheus.NewRegistry()
	newMetrics(reg)
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestFeedListNamesEveryMistake(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Feeds = []Feed{
		{URL: "ftp://example.org/feed"}, {URL: "https://example.org/a", ID: "Not A Token"},
		{URL: "https://example.org/b", ID: "same"}, {URL: "https://example.org/c", ID: "same"},
		{URL: "https://example.org/d", Every: time.Second}, {URL: "https://example.org/e", Country: "Kenya"},
		{URL: "https://example.org/world/rss.xml"}, {URL: "https://example.org/world/rss.xml"},
	}
	list, err := cfg.FeedList()
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, want := range []string{"feeds[0]", "feeds[1]", "not-a-token", "feeds[3]", "same", "feeds[4]", "1m", "feeds[5]", `"Kenya"`, "ISO 3166-1"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not speak of %q:\n%v", want, err)
		}
	}
	if len(list) != 2 || list[1].ID != "example-org-world" {
		t.Errorf("the good feeds are %+v; want same and example-org-world, once", list)
	}
}

// TestReplay polls sixty successive states of a real feed. TOCSIN_FEEDS names
// the folder that has them; they belong to their outlet and are no part of
// this project.
func TestReplay(t *testing.T) {
	folder := os.Getenv("TOCSIN_FEEDS")
	if folder == "" {
		t.Skip("TOCSIN_FEEDS names no folder with recorded feeds")
	}
	dirs, err := filepath.Glob(filepath.Join(folder, "replay", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no recorded polls in %s: %v", folder, err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) { replay(t, dir) })
	}
}

func replay(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no polls in %s: %v", dir, err)
	}
	slices.Sort(files)
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	type text struct{ title, body string }
	last := map[string]text{}                        // by guid, as the feed had it
	emitted := map[string]int{}                      // by message id
	var want struct{ first, edition, unchanged int } // by the raw items
	unchanged, bumps := 0, 0
	dates := map[string]string{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		srv.body(string(raw))
		unix, err := strconv.ParseInt(strings.TrimSuffix(filepath.Base(file), ".xml"), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		r.at = time.Unix(unix, 0)
		got := map[string]Article{}
		for _, a := range r.pollOnce() {
			if emitted[a.MsgID()]++; emitted[a.MsgID()] > 1 {
				t.Errorf("%s: %s emitted again", file, a.MsgID())
			}
			got[a.GUID] = a
		}
		unchanged += r.state().Items - len(got)
		// An independent look at the raw items says what must have come.
		for guid, it := range rawItems(t, raw) {
			a, published := got[guid]
			was, known := last[guid]
			is := text{it["title"], it["description"]}
			edited := known && (PlainText(was.title) != PlainText(is.title) || PlainText(was.body) != PlainText(is.body))
			switch {
			case !known:
				want.first++
				if !published || a.Edition != 1 {
					t.Errorf("%s: new item %s: published %v, edition %d", file, guid, published, a.Edition)
				}
			case edited:
				want.edition++
				if !published || a.Edition < 2 {
					t.Errorf("%s: edited item %s: published %v, edition %d\n%q\n%q", file, guid, published, a.Edition, was, is)
				}
			default:
				want.unchanged++
				if published {
					t.Errorf("%s: unchanged item %s published as edition %d", file, guid, a.Edition)
				}
				if dates[guid] != it["pubDate"] {
					bumps++
				}
			}
			last[guid], dates[guid] = is, it["pubDate"]
		}
	}
	first, editions := testutil.ToFloat64(r.metrics.articles.WithLabelValues("first")), testutil.ToFloat64(r.metrics.articles.WithLabelValues("edition"))
	if int(first) != want.first || int(editions) != want.edition || unchanged != want.unchanged {
		t.Errorf("%v new, %v editions, %d unchanged; an independent count says %+v", first, editions, unchanged, want)
	}
	t.Logf("%d polls: %v new, %v editions, %d unchanged, %d of them with a bumped date; %d messages, none twice", len(files), first, editions, unchanged, bumps, len(emitted))
}

var (
	recordedItem  = regexp.MustCompile(`(?s)<item>(.*?)</item>`)
	recordedField = regexp.MustCompile(`(?s)<(title|description|pubDate|guid)[^>]*>(.*?)</(?:title|description|pubDate|guid)>`)
)

// rawItems reads a feed with nothing of ours: by guid, the raw fields.
func rawItems(t *testing.T, raw []byte) map[string]map[string]string {
	t.Helper()
	out := map[string]map[string]string{}
	for _, m := range recordedItem.FindAllSubmatch(raw, -1) {
		it := map[string]string{}
		for _, f := range recordedField.FindAllSubmatch(m[1], -1) {
			v := bytes.TrimSpace(f[2])
			v = bytes.TrimSuffix(bytes.TrimPrefix(v, []byte("<![CDATA[")), []byte("]]>"))
			it[string(f[1])] = strings.TrimSpace(string(v))
		}
		if it["guid"] == "" {
			t.Fatal("an item without a guid")
		}
		if _, twice := out[it["guid"]]; !twice {
			out[it["guid"]] = it
		}
	}
	return out
}

func TestMessageKeepsMarks(t *testing.T) {
	b := bustest.New(t)
	m, err := Message(b, &Article{Schema: ArticleSchema, ID: "art-1", Edition: 1, Feed: "wire", Body: "a < b & c"})
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]any
	if err := json.Unmarshal(m.Data, &back); err != nil || back["body"] != "a < b & c" || !bytes.Contains(m.Data, []byte("a < b & c")) {
		t.Errorf("%s (%v); want the text unescaped", m.Data, err)
	}
	if m.Subject != "tocsin.v1.article.wire" {
		t.Errorf("subject %s", m.Subject)
	}
	if _, err := DecodeArticle([]byte(`{"schema":"tocsin.article/2","id":"x","edition":1}`)); !errors.Is(err, ErrSchema) {
		t.Errorf("an article of a later version gives %v, want ErrSchema", err)
	}
	if _, err := DecodeArticle([]byte(`{"schema":"tocsin.article/1","id":"x","edition":1,"from":"the future"}`)); err != nil {
		t.Errorf("an unknown field is fatal: %v", err)
	}
}

// Polling waits while readers are far behind, and the gauge says so for as long.
func TestPollingWaitsForItsReaders(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	r := newRig(t, b, "http://127.0.0.1:1/feed", func(c *Config) { c.MaxBacklog = 2 })
	if err := b.EnsureConsumer(t.Context(), bus.EnrichArticles); err != nil {
		t.Fatal(err)
	}
	want := func(full bool) {
		t.Helper()
		for end := time.Now().Add(30 * time.Second); ; bus.Pause(t.Context(), time.Millisecond) { // a consumer hears of a message after its publisher
			got, gauge := r.backlogged(t.Context()), testutil.ToFloat64(r.metrics.paused)
			if got == full && (gauge == 1) == full {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("polling waits: %v, as counted %v; want %v", got, gauge, full)
			}
		}
	}
	for k := range 3 {
		want(false)
		if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: strconv.Itoa(k)}); err != nil {
			t.Fatal(err)
		}
	}
	want(true)
	if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer); err != nil {
		t.Fatal(err)
	}
	want(false) // nobody knows: publishing waits by itself
}
