package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/sink"
)

// TestChaos runs the cluster of deploy/nats with two processes of each stage on a feed
// that goes on and on, and kills, stops and cuts off servers and workers at random
// moments: TOCSIN_CHAOS says how often. One fault at a time: a server that comes back
// may catch up first, as the loss of a second one in three stops a cluster. News must
// get through while the fault lasts, and in the end nothing may be lost, nobody told
// twice.
func TestChaos(t *testing.T) {
	faults, err := strconv.Atoi(os.Getenv("TOCSIN_CHAOS"))
	if err != nil {
		t.Skip("TOCSIN_CHAOS=N has it run N faults")
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("TOCSIN_CHAOS_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("TOCSIN_CHAOS_SEED=%q: %v", s, err)
		}
	}
	t.Logf("%d faults, TOCSIN_CHAOS_SEED=%d", faults, seed)
	w := newWorld(t, rand.New(rand.NewPCG(seed, 0)), faults)
	w.recovered(0, 2*patience) // all is up
	took := map[string][]time.Duration{}
	for k := range faults {
		f := w.fault(k)
		bus.Pause(t.Context(), time.Duration(w.rnd.IntN(2500))*time.Millisecond) // the moment is what is tested
		shown, began := w.feed.shown(), time.Now()
		f.strike()
		d := w.recovered(shown, 3*patience).Sub(began)
		took[f.kind] = append(took[f.kind], d)
		t.Logf("%2d %-16s %-12s news is told again after %v", k+1, f.kind, f.what, d.Round(time.Millisecond))
		began = time.Now()
		f.mend()
		if d := time.Since(began); d > time.Second {
			t.Logf("   %-16s %-12s mended after %v", f.kind, f.what, d.Round(time.Millisecond))
		}
	}
	w.idle()
	for _, v := range w.workers { // and what they remember at a stop
		v.proc.end(t)
	}
	for _, kind := range faultKinds {
		if d := took[kind]; len(d) > 0 {
			slices.Sort(d)
			t.Logf("%-16s %2d times, recovered after %v (median), %v (most)", kind, len(d), d[len(d)/2].Round(time.Millisecond), d[len(d)-1].Round(time.Millisecond))
		}
	}
	w.check(faults)
}

// chaosWorker is one of the processes, by its stage and number.
type chaosWorker struct {
	name, stage, config string
	proc                *proc
}

type world struct {
	t       *testing.T
	rnd     *rand.Rand
	cluster *cluster
	workers []*chaosWorker
	feed    *growingFeed
	hook    *hookedAlerts
	live    *liveAlerts
}

// hookedAlerts is a webhook's receiver.
type hookedAlerts struct {
	mu     sync.Mutex
	ids    map[string]int
	newest int // item of the feed that was told of
}

func (h *hookedAlerts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var a sink.Alert
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ids[a.ID]++
	for _, s := range a.Data.Sources {
		if n, err := strconv.Atoi(strings.TrimPrefix(s.URL, "https://bench.invalid/")); err == nil {
			h.newest = max(h.newest, n+1)
		}
	}
}

func (h *hookedAlerts) told() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.newest
}

func newWorld(t *testing.T, rnd *rand.Rand, faults int) *world {
	t.Helper()
	w := &world{t: t, rnd: rnd, hook: &hookedAlerts{ids: map[string]int{}}, live: &liveAlerts{ids: map[string]int{}}}
	phases := 20 + 25*faults // polls, of which there is one a second
	w.feed = &growingFeed{articles: benchArticles(3*phases, 600, .6), phases: phases, unedited: true, served: map[string]bool{}}
	srv := httptest.NewServer(w.feed)
	t.Cleanup(srv.Close)
	hooks := httptest.NewServer(w.hook)
	t.Cleanup(hooks.Close)
	w.cluster = newCluster(t, tocsin(t))
	more := map[string]string{
		"ingest": fmt.Sprintf("ingest: {allow_private: ['%s'], per_host: 0s, feeds: [{id: big, url: '%s', outlet: Big, every: 1s}]}\n", strings.TrimPrefix(srv.URL, "http://"), srv.URL),
		"sink":   fmt.Sprintf("sink: {stdout: false, webhook: [{name: desk, url: '%s'}]}\n", hooks.URL),
	}
	nc := w.cluster.connect("subscriber", nats.PingInterval(time.Second))
	if _, err := nc.Subscribe("tocsin.v1.alert.>", func(m *nats.Msg) {
		w.live.mu.Lock()
		defer w.live.mu.Unlock()
		w.live.ids[m.Subject+" "+m.Header.Get(jetstream.MsgIDHeader)]++
	}); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"sink", "correlate", "enrich", "ingest"} {
		for n := range 2 {
			v := &chaosWorker{name: fmt.Sprint(stage, " ", n+1), stage: stage, config: w.cluster.stageConfig(t, stage, more[stage])}
			w.start(v)
			w.workers = append(w.workers, v)
		}
	}
	t.Cleanup(func() {
		for _, v := range w.workers {
			v.proc.kill()
			if t.Failed() {
				t.Logf("%s:\n%s", v.name, tail(v.proc.log.String(), 25))
			}
		}
	})
	return w
}

func (w *world) start(v *chaosWorker) {
	v.proc = startProc(w.t, w.cluster.exe, "run", "--config", v.config, "--data", w.t.TempDir())
}

// recovered waits until an item is told of that the feed has shown after the first so
// many.
func (w *world) recovered(shown int, limit time.Duration) time.Time {
	w.t.Helper()
	for deadline := time.Now().Add(limit); w.hook.told() <= shown; {
		if time.Now().After(deadline) {
			w.t.Fatalf("no news is told for %v: the feed shows %d items, item %d was the last that was told", limit, w.feed.shown(), w.hook.told())
		}
		bus.Pause(w.t.Context(), 5*time.Millisecond) // it happens in other processes
	}
	return time.Now()
}

// Kinds of faults.
const (
	killServer = "kill -9 server"
	cutServer  = "server cut off"
	killWorker = "kill -9 worker"
	stopWorker = "worker stopped"
)

var faultKinds = []string{killServer, killWorker, cutServer, stopWorker}

// fault is something that happens to one server or worker, until it is mended.
type fault struct {
	kind, what   string
	strike, mend func()
}

// fault makes the k-th: each kind in turn, at random whom it strikes.
func (w *world) fault(k int) fault {
	server, worker := w.rnd.IntN(len(w.cluster.nodes)), w.workers[w.rnd.IntN(len(w.workers))]
	n := w.cluster.nodes[server]
	switch f := (fault{kind: faultKinds[k%len(faultKinds)], what: n.name}); f.kind {
	case killServer:
		f.strike = func() { n.proc.kill() }
		f.mend = func() { w.cluster.serve(server); w.cluster.whole(server) }
		return f
	case cutServer:
		f.strike = func() { w.cluster.isolate(server, true) }
		f.mend = func() { w.cluster.isolate(server, false); w.cluster.whole(server) }
		return f
	case killWorker:
		f.what = worker.name
		f.strike = func() { worker.proc.kill() }
		f.mend = func() { w.start(worker) }
		return f
	default:
		f.what = worker.name
		f.strike = func() { worker.proc.signal(w.t, syscall.SIGSTOP) }
		f.mend = func() { worker.proc.signal(w.t, syscall.SIGCONT) }
		return f
	}
}

// idle waits until the feed has shown all, and every stage has settled what it was given.
func (w *world) idle() {
	w.t.Helper()
	w.feed.end()
	b := w.cluster.attach("admin")
	calm, before := 0, uint64(0)
	for deadline := time.Now().Add(4 * patience); calm < 30; {
		if time.Now().After(deadline) {
			w.t.Fatalf("not idle: %d of %d items shown, %d told", w.feed.shown(), len(w.feed.articles), w.hook.told())
		}
		idle := w.feed.shown() == len(w.feed.articles)
		for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents, bus.OutputConsumer("desk")} {
			ok, err := b.Idle(w.t.Context(), c)
			idle = idle && ok && err == nil
		}
		last := uint64(0)
		if s, err := b.Stream(w.t.Context(), bus.Articles); err == nil {
			last = s.CachedInfo().State.LastSeq
		}
		if calm++; !idle || last != before {
			calm = 0
		}
		before = last
		bus.Pause(w.t.Context(), 100*time.Millisecond) // three seconds: longer than a poll's gap
	}
}

func (w *world) check(faults int) {
	b := w.cluster.attach("admin")
	checkNothingLost(w.t, b, w.feed, faults)
	alerts, told := map[string]int{}, map[string]int{}
	all(w.t, b, bus.Alerts, func(m jetstream.Msg) {
		a, err := sink.DecodeAlert(m.Data())
		if err != nil {
			w.t.Fatal(err)
		}
		alerts[a.ID]++
		if a.Data.Status == "new" {
			told[a.Data.Incident]++
		}
	})
	want := w.expected(b)
	for id := range want {
		if alerts[id] == 0 {
			w.t.Errorf("alert %s was never told", id)
		}
	}
	twice := func(what string, ids map[string]int) (n int) {
		for id, times := range ids {
			if times > 1 {
				n++
				w.t.Errorf("%s: %s %d times", what, id, times)
			}
		}
		return n
	}
	onStream := twice("alert stream", alerts) + twice("told as new", told)
	w.live.mu.Lock()
	defer w.live.mu.Unlock()
	heard := twice("live subscriber", w.live.ids)
	w.hook.mu.Lock()
	defer w.hook.mu.Unlock()
	again := 0
	for id := range alerts {
		if n := w.hook.ids[id]; n == 0 {
			w.t.Errorf("alert %s was not sent to the webhook", id)
		} else {
			again += n - 1
		}
	}
	// Of what was in hand when a sink or a server died, one has the same id.
	if again > faults {
		w.t.Errorf("%d deliveries to the webhook were repeated after %d faults", again, faults)
	}
	w.t.Logf("%d alerts of %d wanted, %d twice on the stream; a live subscriber heard %d, %d of them twice; the webhook was sent %d, and %d again with the same id",
		len(alerts), len(want), onStream, len(w.live.ids), heard, len(w.hook.ids), again)
}

// expected are the alerts that one who tells in memory tells of the same versions.
func (w *world) expected(b *bus.Bus) map[string]bool {
	ids, teller := map[string]bool{}, sink.NewTeller(sink.DefaultConfig())
	all(w.t, b, bus.Incidents, func(m jetstream.Msg) {
		i, err := correlate.Decode(m.Data())
		if err != nil {
			w.t.Fatal(err)
		}
		if a := teller.Tell(&i); a != nil {
			ids[a.ID] = true
		}
	})
	return ids
}
