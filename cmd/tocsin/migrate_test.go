package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/cmd/tocsin/demo"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/internal/ident"
	"tocsin/sink"
)

// TestMigrate moves a daemon that works from its own server to a cluster of three, while
// feeds grow and are edited, kills the move at random moments, and then looks whether
// anything was lost or told twice: on the streams, to a live subscriber, to a file and to
// a webhook. TOCSIN_MIGRATE says how many articles there are before, and there are a tenth
// as many incidents.
func TestMigrate(t *testing.T) {
	before, items, kills, phases := 300, 100, 2, 10
	if s := os.Getenv("TOCSIN_MIGRATE"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("TOCSIN_MIGRATE=%q: %v", s, err)
		}
		before, items, kills, phases = n, 2000, 10, 150
	} else if testing.Short() {
		t.Skip("starts the daemon several times")
	}
	t.Parallel()
	exe := tocsin(t)
	big := &growingFeed{articles: benchArticles(items, 1024, 0.5), phases: phases, served: map[string]bool{}}
	feeds := demo.Handler()
	hook := &countingHook{ids: map[string]int{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/big.xml":
			big.ServeHTTP(w, r)
		case "/hook":
			hook.ServeHTTP(w, r)
		default:
			feeds.ServeHTTP(w, r)
		}
	}))
	defer srv.Close()
	servers := bustest.NewServers(t, 3)
	url := servers.All[0].ClientURL()

	dir := t.TempDir()
	data, file := filepath.Join(dir, "d"), filepath.Join(dir, "alerts.jsonl")
	own, grown := filepath.Join(dir, "tocsin.yaml"), filepath.Join(dir, "cluster.yaml")
	config := strings.Replace(killConfig(srv, file), "sink: {", "sink: {webhook: [{name: desk, url: '"+srv.URL+"/hook'}], ", 1)
	writeFile(t, own, config+"nats: {durability: balanced}\n")
	writeFile(t, grown, config+"nats: {url: '"+url+"', replicas: 3}\n")

	preload(t, data, before, before/10)
	live := &liveAlerts{ids: map[string]int{}}
	stdout := map[string]int{}
	at := attachConfig(t, data)
	old := startDaemon(t, exe, at, live, stdout, "--config", own, "--data", data)
	old.waitDone(t, at, before)

	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d articles before, %d killed moves, random seed %d", before, kills, seed)
	move := func() *mover { return startMover(t, exe, "--config", own, "--data", data, "--to-config", grown) }
	for range kills / 2 { // while the daemon works
		move().killAfter(time.Duration(rnd.IntN(4000+before/10)) * time.Millisecond)
	}
	m := move()
	m.await(t, "Now stop the daemon")
	if big.shown() == len(big.articles) {
		t.Log("the feed has stopped growing before the switch")
	}
	old.end(t)
	stopped := time.Now()
	for range kills / 2 { // in the switch
		m.killAfter(time.Duration(rnd.IntN(1200+before/50)) * time.Millisecond)
		m = move()
	}
	m.ended(t)
	t.Logf("%v after the daemon's stop, %d kills in it:\n%s", time.Since(stopped).Round(time.Millisecond), kills/2, m.out)

	cluster := attachConfig(t, dir)
	cluster.URL, cluster.Replicas = url, 3
	checkSamePlaces(t, attachConfig(t, data), cluster)
	next := startDaemon(t, exe, cluster, live, stdout, "--config", grown, "--data", filepath.Join(dir, "none"))
	next.waitIdle(t, cluster, big)
	next.end(t)

	b, err := bus.Open(t.Context(), anew(cluster))
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	checkNothingLost(t, b, big, kills)
	checkNobodyToldTwice(t, b, file, live, stdout)
	hook.check(t, b)

	// And back, as whoever did not like it would.
	home := filepath.Join(dir, "home")
	m = startMover(t, exe, "--config", grown, "--to", home)
	m.ended(t)
	t.Logf("the way back:\n%s", m.out)
	checkSamePlaces(t, cluster, attachConfig(t, home))
	if os.Getenv("TOCSIN_MIGRATE") == "" {
		return
	}
	// For the figures: all at once.
	m = startMover(t, exe, "--data", home, "--to-config", grown, "--replace")
	m.ended(t)
	t.Logf("from a data directory that nobody uses:\n%s", m.out)
}

// preload stores articles as a poller does, and incidents as correlation does, which
// would take too long to find them one by one.
func preload(t *testing.T, data string, articles, incidents int) {
	t.Helper()
	b := bustest.Open(t, data)
	defer b.Close()
	list := benchArticles(articles, 2048, 0)
	var under []*bus.Pending
	for k := range list {
		m, err := ingest.Message(b, &list[k])
		if err != nil {
			t.Fatal(err)
		}
		under = append(under, b.Begin(m))
		if len(under) == 256 || k == articles-1 {
			for _, p := range under {
				if _, err := p.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			under = under[:0]
		}
	}
	first := founded(t)
	var together []bus.Message
	last := uint64(0)
	for k := range incidents {
		i := *first
		i.ID = "inc-" + ident.ULID(i.Published.Add(time.Duration(k)*time.Hour), "test", strconv.Itoa(k))
		body, err := json.Marshal(&i)
		if err != nil {
			t.Fatal(err)
		}
		together = append(together, bus.Message{Subject: b.Subject("incident", bus.Token(i.Place.Country), bus.Token(i.Type), i.ID), ID: i.MsgID(), Data: body, Header: i.Header()})
		if len(together) == 200 || k == incidents-1 {
			if last, err = b.PublishTogether(t.Context(), last, together); err != nil {
				t.Fatal(err)
			}
			together = together[:0]
		}
	}
}

// founded is the first version of an incident, as correlation makes it.
func founded(t *testing.T) *correlate.Incident {
	t.Helper()
	cfg := correlate.DefaultConfig()
	a := newArchive(&cfg)
	for _, art := range benchArticles(1, 1024, 1) {
		for _, r := range a.read(&art) {
			o, err := a.fold(&r)
			if err != nil {
				t.Fatal(err)
			}
			if len(o.Steps) > 0 {
				return o.Steps[0].Incident
			}
		}
	}
	t.Fatal("the article founds no incident")
	return nil
}

// waitDone waits until a daemon has read what was there before it, and told all of it.
func (p *process) waitDone(t *testing.T, at bus.Config, articles int) {
	t.Helper()
	began := time.Now()
	for deadline := began.Add(10 * time.Minute); ; {
		b, err := bus.Attach(t.Context(), anew(at), false)
		done := false
		if err == nil {
			i, ierr := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
			done = ierr == nil && i.CachedInfo().AckFloor.Stream >= uint64(articles)
			for _, c := range []bus.Consumer{bus.CorrelateReports, bus.SinkIncidents, bus.OutputConsumer("desk")} {
				n, perr := b.Pending(t.Context(), c)
				done = done && perr == nil && n < 500 // the feeds go on
			}
			b.Close()
		}
		if done {
			break
		}
		select {
		case <-p.exited:
			t.Fatalf("the daemon ended by itself\n%s", p.log)
		case <-time.After(50 * time.Millisecond): // nobody tells
		}
		if time.Now().After(deadline) {
			t.Fatalf("the articles are not read after %v\n%s", time.Since(began), p.log)
		}
	}
	t.Logf("read and told after %v", time.Since(began).Round(time.Millisecond))
}

// mover is a run of tocsin migrate, backup or restore.
type mover struct {
	cmd    *exec.Cmd
	out    *bustest.Buffer
	exited chan struct{}
}

func startMover(t *testing.T, exe string, args ...string) *mover {
	t.Helper()
	return startCommand(t, exe, append([]string{"migrate"}, args...)...)
}

func startCommand(t *testing.T, exe string, args ...string) *mover {
	t.Helper()
	m := &mover{cmd: exec.Command(exe, args...), out: &bustest.Buffer{}, exited: make(chan struct{})}
	m.cmd.Env = ownEnvironment()
	m.cmd.Stdout, m.cmd.Stderr = m.out, m.out
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(m.exited)
		_ = m.cmd.Wait() // killed, or its exit code is looked at
	}()
	t.Cleanup(func() {
		_ = m.cmd.Process.Signal(syscall.SIGKILL) // it may have ended
		<-m.exited
	})
	return m
}

// killAfter kills it without a warning, unless it has ended.
func (m *mover) killAfter(d time.Duration) {
	select {
	case <-time.After(d): // the moment of the kill is what is tested
	case <-m.exited:
	}
	_ = m.cmd.Process.Kill() // it may be gone
	<-m.exited
}

// ended waits until it has done its work.
func (m *mover) ended(t *testing.T) {
	t.Helper()
	<-m.exited
	if code := m.cmd.ProcessState.ExitCode(); code != exitOK {
		t.Fatalf("migrate ended with %d\n%s", code, m.out)
	}
}

func (m *mover) await(t *testing.T, text string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Minute); !strings.Contains(m.out.String(), text); {
		select {
		case <-m.exited:
			t.Fatalf("migrate ended\n%s", m.out)
		case <-time.After(5 * time.Millisecond): // its output is polled
		}
		if time.Now().After(deadline) {
			t.Fatalf("migrate does not say %q\n%s", text, m.out)
		}
	}
}

// checkSamePlaces compares every message of every stream of two places, by what readers
// see.
func checkSamePlaces(t *testing.T, before, after bus.Config) {
	t.Helper()
	hold := func(cfg bus.Config) *bus.Bus {
		b, err := bus.Hold(t.Context(), anew(cfg))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	old, is := hold(before), hold(after)
	defer old.Close()
	defer is.Close()
	for _, stream := range []string{bus.Articles, bus.Reports, bus.Incidents, bus.Alerts} {
		var want []string
		line := func(m jetstream.Msg) string {
			md, err := m.Metadata()
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(md.Sequence.Stream, " ", m.Subject(), " ", m.Headers().Get(jetstream.MsgIDHeader), " ", string(m.Data()))
		}
		all(t, old, stream, func(m jetstream.Msg) { want = append(want, line(m)) })
		k, differ := 0, 0
		all(t, is, stream, func(m jetstream.Msg) {
			if k >= len(want) || want[k] != line(m) {
				differ++
			}
			k++
		})
		if differ > 0 || k != len(want) {
			t.Errorf("%s: %d messages, want %d; %d are others", stream, k, len(want), differ)
		}
	}
}

// countingHook is a far end that counts the alerts that it gets.
type countingHook struct {
	mu  sync.Mutex
	ids map[string]int
}

func (h *countingHook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var a sink.Alert
	if err == nil {
		err = json.Unmarshal(body, &a)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids[a.ID]++
}

// check expects each alert of the stream once, and no other.
func (h *countingHook) check(t *testing.T, b *bus.Bus) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	alerts, lost, twice := 0, 0, 0
	all(t, b, bus.Alerts, func(m jetstream.Msg) {
		alerts++
		if h.ids[m.Headers().Get(jetstream.MsgIDHeader)] == 0 {
			lost++
		}
	})
	for _, n := range h.ids {
		if n > 1 {
			twice++
		}
	}
	if lost+twice > 0 || len(h.ids) != alerts {
		t.Errorf("webhook: %d of %d alerts, %d lost, %d twice", len(h.ids), alerts, lost, twice)
	}
	t.Logf("webhook: %d of %d alerts, %d lost, %d twice", len(h.ids), alerts, lost, twice)
}
