package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/cmd/tocsin/demo"
	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

// TestKill kills the daemon at random moments while it works through the demo
// and a feed of many items that grows, is edited and breaks off, and then looks whether anything was lost or told
// twice. TOCSIN_KILLS sets how often; the gate says 50.
func TestKill(t *testing.T) {
	t.Parallel() // it waits for other processes more than it works
	kills, items := 4, 500
	if s := os.Getenv("TOCSIN_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("TOCSIN_KILLS=%q: %v", s, err)
		}
		kills, items = n, 2000
	} else if testing.Short() {
		t.Skip("starts the daemon several times")
	}
	exe := tocsin(t)
	big := &growingFeed{articles: benchArticles(items, 1024, 0.5), phases: 2 * kills, served: map[string]bool{}}
	feeds := demo.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/big.xml" {
			big.ServeHTTP(w, r)
			return
		}
		feeds.ServeHTTP(w, r)
	}))
	defer srv.Close()

	dir := t.TempDir()
	data, file := filepath.Join(dir, "d"), filepath.Join(dir, "alerts.jsonl")
	cfg := filepath.Join(dir, "tocsin.yaml")
	writeFile(t, cfg, killConfig(srv, file))

	live := &liveAlerts{ids: map[string]int{}}
	stdout := map[string]int{}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d kills, random seed %d", kills, seed)
	at := attachConfig(t, data)
	start := func() *process { return startDaemon(t, exe, at, live, stdout, "--config", cfg, "--data", data) }
	for range kills {
		p := start()
		// From before the start is complete to the midst of the work.
		d := time.Duration(5+rnd.IntN(700)) * time.Millisecond
		p.killAfter(d)
	}
	p := start()
	p.waitIdle(t, at, big)
	p.end(t)
	b := bustest.Open(t, data)
	checkNothingLost(t, b, big, kills)
	checkNobodyToldTwice(t, b, file, live, stdout)
}

func killConfig(srv *httptest.Server, file string) string {
	var b strings.Builder
	host := strings.TrimPrefix(srv.URL, "http://")
	fmt.Fprintf(&b, "http: {listen: ''}\nsink: {file: {path: %s}}\ningest:\n  allow_private: ['%s']\n  per_host: 0s\n  feeds:\n", file, host)
	fmt.Fprintf(&b, "    - {id: big, url: '%s/big.xml', outlet: Big, every: 1s}\n", srv.URL)
	for _, f := range demo.Feeds() {
		fmt.Fprintf(&b, "    - {id: %s, url: '%s%s', outlet: '%s', language: %s, every: 1s}\n", f.Name, srv.URL, f.Path, f.Outlet, f.Language)
	}
	return b.String()
}

// growingFeed is an RSS feed that shows more of its items at each poll, edits every
// fourth of those it has shown, and breaks off now and then.
type growingFeed struct {
	articles []ingest.Article
	phases   int
	unedited bool // its items stay as they are
	window   int  // how many of its items it shows before the last phase, the latest; 0: all
	polls    atomic.Int64

	mu     sync.Mutex
	served map[string]bool // each text of each item
}

func (g *growingFeed) phase() int { return min(int(g.polls.Load()), g.phases) }

// end has the feed show all of it from now on.
func (g *growingFeed) end() { g.polls.Store(int64(g.phases)) }

func (g *growingFeed) shown() int { return g.phase() * len(g.articles) / g.phases }

// edits counts how often an item was edited by a phase.
func (g *growingFeed) edits(item, phase int) int {
	if item%4 != 0 || g.unedited {
		return 0
	}
	return (3*phase + item/4) / 7
}

const edited = "Edited for the time of number"

// text names one text of one item.
func text(guid string, edits int) string { return guid + " edited " + strconv.Itoa(edits) }

func (g *growingFeed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	polls := g.polls.Add(1)
	phase, n := g.phase(), g.shown()
	whole, shown := make([]byte, 0, 1<<20), make([]string, 0, n)
	whole = append(whole, `<?xml version="1.0"?><rss version="2.0"><channel><title>Big</title><link>https://big.invalid/</link>`...)
	for k, a := range slices.Backward(g.articles[:n]) {
		if g.window > 0 && n-k > g.window && phase < g.phases {
			break
		}
		v := g.edits(k, phase)
		whole = fmt.Appendf(whole, "<item><guid isPermaLink=\"false\">%s</guid><title>%s</title><link>%s</link><pubDate>%s</pubDate><description>%s</description></item>",
			a.ID, html.EscapeString(a.Title), a.URL, a.Published.Format(time.RFC1123Z), html.EscapeString(fmt.Sprintf("%s %s %d.", a.Body, edited, v)))
		shown = append(shown, text(a.ID, v))
	}
	whole = append(whole, "</channel></rss>"...)
	g.mu.Lock()
	for _, s := range shown {
		g.served[s] = true
	}
	g.mu.Unlock()
	w.Header().Set("Content-Type", "application/rss+xml")
	w.Header().Set("ETag", fmt.Sprintf(`"%d of %d"`, n, phase))
	w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
	if polls%5 == 3 && phase < g.phases {
		whole = whole[:len(whole)*2/3] // and the server closes the connection
	}
	_, _ = w.Write(whole) // who is killed does not read it
}

// check compares what was published with what was served.
func (g *growingFeed) check(t *testing.T, published map[string]int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	lost, twice, invented := 0, 0, 0
	for s, n := range published {
		if n > 1 {
			twice++
		}
		if !g.served[s] {
			invented++
		}
	}
	for k, a := range g.articles {
		// A text that was served and edited again while the daemon was dead nobody
		// can have; the last one must be there, and the only one.
		if published[text(a.ID, g.edits(k, g.phases))] == 0 {
			lost++
		}
	}
	if lost+twice+invented > 0 {
		t.Errorf("feed of %d items, %d texts served: %d last texts lost, %d published twice, %d published that were never served", len(g.articles), len(g.served), lost, twice, invented)
	}
	t.Logf("feed of %d items: %d texts served, %d published, each once", len(g.articles), len(g.served), len(published))
}

// process is a running daemon.
type process struct {
	cmd    *exec.Cmd
	log    *bustest.Buffer
	exited chan struct{}
	sub    context.CancelFunc
	ends   sync.WaitGroup
}

// tocsin is the program as a process of its own: this test binary, by its name.
func tocsin(t *testing.T) string {
	t.Helper()
	exe, err := exec.LookPath("tocsin")
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// liveAlerts counts what a plain NATS subscriber heard, over all lives of the
// daemon. It misses what is told while it reconnects; it must not hear twice.
type liveAlerts struct {
	mu  sync.Mutex
	ids map[string]int
}

// startDaemon runs one that is reached at a bus, and listens to what it tells.
func startDaemon(t *testing.T, exe string, at bus.Config, live *liveAlerts, stdout map[string]int, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(exe, append([]string{"run"}, args...)...), log: &bustest.Buffer{}, exited: make(chan struct{})}
	// The test's own settings are no keys of the daemon's.
	p.cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, envPrefix) })
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.sub = cancel
	p.ends.Go(func() { live.listen(ctx, t, at) })
	go func() {
		defer close(p.exited)
		for s := bufio.NewScanner(out); s.Scan(); {
			stdout[s.Text()]++ // read after exited is closed
		}
		_ = p.cmd.Wait() // killed, or told by end
	}()
	return p
}

// listen subscribes as soon as the daemon's socket answers.
func (l *liveAlerts) listen(ctx context.Context, t *testing.T, at bus.Config) {
	for ctx.Err() == nil {
		b, err := bus.Attach(ctx, anew(at), false)
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(5 * time.Millisecond): // the socket is polled: nobody tells of it
			}
			continue
		}
		defer b.Close()
		_, err = b.Conn.Subscribe(b.Pattern("alert", ">"), func(m *nats.Msg) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.ids[m.Subject+" "+m.Header.Get(jetstream.MsgIDHeader)]++
		})
		if err != nil {
			t.Errorf("subscribe: %v", err)
		}
		<-ctx.Done()
		return
	}
}

func attachConfig(t *testing.T, data string) bus.Config {
	cfg := bustest.Config(t, data)
	cfg.Log = newLogger(logConfig{Level: "error"}, io.Discard)
	cfg.Metrics = prometheus.NewRegistry()
	return cfg
}

// anew is a configuration for one more bus.
func anew(cfg bus.Config) bus.Config {
	cfg.Metrics = prometheus.NewRegistry()
	return cfg
}

// killAfter waits for d and kills the process without a warning.
func (p *process) killAfter(d time.Duration) {
	select {
	case <-time.After(d): // the moment of the kill is what is tested
	case <-p.exited:
	}
	_ = p.cmd.Process.Kill() // it may be gone; the log tells
	<-p.exited
	p.sub()
	p.ends.Wait()
}

// waitIdle waits until the whole feed was served and every stage has settled
// all that it was given.
func (p *process) waitIdle(t *testing.T, at bus.Config, big *growingFeed) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var b *bus.Bus
	for b == nil {
		var err error
		if b, err = bus.Attach(ctx, anew(at), false); err != nil && ctx.Err() != nil {
			t.Fatalf("the daemon did not come back: %v\n%s", err, p.log)
		}
		select {
		case <-p.exited:
			t.Fatalf("the daemon did not come back\n%s", p.log)
		default:
		}
	}
	defer b.Close()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for calm, before := 0, uint64(0); calm < 40; { // two seconds: longer than a poll's gap
		select {
		case <-ctx.Done():
			t.Fatalf("not idle after ten minutes; %d of %d items served\n%s", big.shown(), len(big.articles), p.log)
		case <-p.exited:
			t.Fatalf("the daemon ended by itself\n%s", p.log)
		case <-tick.C:
		}
		idle := big.shown() == len(big.articles)
		for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents, bus.OutputConsumer("file"), bus.OutputConsumer("stdout")} {
			ok, err := b.Idle(ctx, c)
			idle = idle && ok && err == nil
		}
		last := uint64(0)
		if s, err := b.Stream(ctx, bus.Articles); err == nil {
			last = s.CachedInfo().State.LastSeq
		}
		if idle && last == before {
			calm++
		} else {
			calm = 0
		}
		before = last
	}
}

// end stops the process as an operator does.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	p.sub()
	p.ends.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("after SIGTERM the daemon ended with %d, want 0\n%s", code, p.log)
	}
}

// all calls each for every message of a stream but canaries.
func all(t *testing.T, b *bus.Bus, stream string, each func(m jetstream.Msg)) {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Read(t.Context(), stream, 1, s.CachedInfo().State.LastSeq, false, func(m jetstream.Msg, _ uint64) error {
		if !b.IsCanary(m.Subject()) {
			each(m)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func checkNothingLost(t *testing.T, b *bus.Bus, big *growingFeed, kills int) {
	tagger := enrich.NewTagger()
	articles, editions, again := map[string]bool{}, 0, 0
	fromBig := map[string]int{} // texts of the growing feed
	expected := map[string]string{}
	all(t, b, bus.Articles, func(m jetstream.Msg) {
		a, err := ingest.DecodeArticle(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		if articles[a.MsgID()] {
			again++
		}
		articles[a.MsgID()] = true
		if a.Edition > 1 {
			editions++
		}
		if a.Feed == "big" {
			_, v, _ := strings.Cut(a.Summary+a.Body, edited+" ")
			n, err := strconv.Atoi(strings.TrimSuffix(v, "."))
			if err != nil {
				t.Errorf("article %s ends in %q: not whole", a.ID, v)
			}
			fromBig[text(a.GUID, n)]++
		}
		for _, r := range tagger.Tag(&a) {
			expected[r.ID] = a.Title
		}
	})
	if again != 0 {
		t.Errorf("%d messages of one id, want none", again)
	}
	big.check(t, fromBig)
	reports, twice := map[string]bool{}, 0
	all(t, b, bus.Reports, func(m jetstream.Msg) {
		r, err := enrich.DecodeReport(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		if reports[r.ID] {
			twice++
		}
		reports[r.ID] = true
	})
	lost := 0
	for id, title := range expected {
		if !reports[id] {
			lost++
			t.Errorf("no report %s of article %q", id, title)
		}
	}
	dead := 0
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
		dead++
		t.Errorf("set aside: %s %s %s", d.Stage, d.Reason, d.Error)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	versions := map[string]int{}
	all(t, b, bus.Incidents, func(m jetstream.Msg) {
		i, err := correlate.Decode(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		if versions[i.ID]++; versions[i.ID] != i.Version {
			t.Errorf("incident %s: version %d is message %d of it", i.ID, i.Version, versions[i.ID])
		}
	})
	kv, err := b.Bucket(t.Context(), bus.IncidentsBucket)
	if err != nil {
		t.Fatal(err)
	}
	for id, n := range versions {
		e, err := kv.Get(t.Context(), id)
		if err != nil {
			t.Errorf("incident %s is not in the bucket: %v", id, err)
			continue
		}
		if i, err := correlate.Decode(e.Value()); err != nil || i.Version != n {
			t.Errorf("incident %s: version %d in the bucket, %d on the stream (%v)", id, i.Version, n, err)
		}
	}
	t.Logf("%d kills: %d article editions (%d later ones), %d expected reports, %d lost, %d twice; %d incidents; %d dead letters",
		kills, len(articles), editions, len(expected), lost, twice, len(versions), dead)
}

func checkNobodyToldTwice(t *testing.T, b *bus.Bus, file string, live *liveAlerts, stdout map[string]int) {
	alerts, told := map[string]int{}, map[string]int{}
	all(t, b, bus.Alerts, func(m jetstream.Msg) {
		a, err := sink.DecodeAlert(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		alerts[a.ID]++
		if a.Data.Status == "new" {
			told[a.Data.Incident]++
		}
	})
	count := func(what string, ids map[string]int) (repeated int) {
		for id, n := range ids {
			if n > 1 {
				repeated++
				t.Errorf("%s: %s %d times", what, id, n)
			}
		}
		return repeated
	}
	twice := count("alert stream", alerts)
	count("told as new", told)
	live.mu.Lock()
	defer live.mu.Unlock()
	heardTwice := count("live subscriber", live.ids)
	lines := map[string]int{}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var a sink.Alert
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		lines[a.ID]++
	}
	inFileTwice := count("file", lines)
	for _, id := range slices.Sorted(maps.Keys(alerts)) {
		if lines[id] == 0 {
			t.Errorf("alert %s is not in the file", id)
		}
	}
	printed := 0
	for _, n := range stdout {
		printed += n
	}
	if len(alerts) == 0 {
		t.Error("nothing was told at all")
	}
	t.Logf("%d alerts, %d twice on the stream; a live subscriber heard %d, %d of them twice; %d in the file, %d twice; %d lines on standard output, at least once each",
		len(alerts), twice, len(live.ids), heardTwice, len(lines), inFileTwice, printed)
}
