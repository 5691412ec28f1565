package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
)

// TestMigrateFaults moves a system that works from its own directory to the cluster of
// deploy/nats and back, again and again, by migrate or by backup and restore.
// TOCSIN_MIGRATE_FAULTS says how often; in each move something fails at a random moment:
// a server of the cluster dies, or is cut off from the others; the way there is shut, or
// stands still; the source dies; a disk is full; another does the same at the same time.
// A move may wait or say what is wrong, but not be silent; run again when the fault is
// mended it must end; then both sides are the same, news gets through on the other side,
// and in the end nothing is lost, and nobody was told twice.
func TestMigrateFaults(t *testing.T) {
	faults, err := strconv.Atoi(os.Getenv("TOCSIN_MIGRATE_FAULTS"))
	if err != nil {
		t.Skip("TOCSIN_MIGRATE_FAULTS=N has it run N faults")
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("TOCSIN_MIGRATE_SEED"); s != "" {
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatalf("TOCSIN_MIGRATE_SEED=%q: %v", s, err)
		}
	}
	t.Logf("%d faults, TOCSIN_MIGRATE_SEED=%d", faults, seed)
	h := newHaul(t, rand.New(rand.NewPCG(seed, 0)), faults)
	first := h.rnd.IntN(len(moveFaults))
	for k := range faults {
		kind := moveFaults[(first+k/2)%len(moveFaults)]
		if k%2 == 0 {
			h.out(kind)
		} else {
			h.back(kind)
		}
		h.newsGetsThrough()
	}
	h.finish(faults)
}

// Kinds of faults of a move.
const (
	serverDies    = "a server dies"        // and is back after some seconds
	serverIsGone  = "a server is gone"     // until the move has ended, or long said so
	serverCut     = "a server is cut off"  // from the others, not from us
	wayShut       = "the way is shut"      // to all servers
	wayStands     = "the way stands still" // and nobody is told
	sourceDies    = "the source dies"      // whoever works on it
	diskFull      = "a disk is full"       // of a server, or of the directory
	anotherMove   = "another move"         // of the same, at once
	moveIsKilled  = "the move is killed"   // as by a closed terminal
	faultLongest  = 5 * time.Second        // that is mended by itself
	silenceAtMost = 30 * time.Second       // of a move
	moveAtMost    = 4 * time.Minute        // with all that it waits for
)

var moveFaults = []string{serverDies, wayStands, diskFull, serverCut, anotherMove, sourceDies, wayShut, serverIsGone, moveIsKilled}

// haul is a system that moves.
type haul struct {
	t       *testing.T
	rnd     *rand.Rand
	cluster *cluster
	ways    []*gate // from the moves to the servers
	admin   string  // configuration of the moves
	own     string  // configuration of a daemon with a directory
	dir     string
	file    string
	feed    *growingFeed
	hook    *hookedAlerts
	live    *liveAlerts
	stdout  map[string]int
	more    map[string]string // of a stage's configuration

	home    string   // where the daemon works, "" while workers work on the cluster
	daemon  *process // one of the two works
	workers []*proc
	mounted bool // disks that can be filled
	moves   int
	struck  int // of the moves; the others were over before their fault
	killed  int // daemons and workers, that may have had something in hand
}

func newHaul(t *testing.T, rnd *rand.Rand, faults int) *haul {
	t.Helper()
	h := &haul{t: t, rnd: rnd, dir: t.TempDir(), hook: &hookedAlerts{ids: map[string]int{}}, live: &liveAlerts{ids: map[string]int{}}, stdout: map[string]int{}, mounted: true}
	phases := 30 + 30*faults // polls, of which there is one a second
	h.feed = &growingFeed{articles: benchArticles(3*phases, 600, .6), phases: phases, unedited: true, window: 100, served: map[string]bool{}}
	mux := http.NewServeMux()
	mux.Handle("/big.xml", h.feed)
	mux.Handle("/hook", h.hook)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	exe := tocsin(t)
	h.cluster = newCluster(t, exe, func(store string) { h.mounted = mountFor(t, store) && h.mounted })
	if !h.mounted {
		t.Logf("%q is left out: no file system can be mounted here", diskFull)
	}
	var urls []string
	for _, n := range h.cluster.nodes {
		g := newGate(t, n.client)
		h.ways = append(h.ways, g)
		urls = append(urls, "tls://"+g.addr())
	}
	data, err := os.ReadFile(filepath.Join(h.cluster.home("admin"), "tocsin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	h.admin = filepath.Join(h.dir, "cluster.yaml")
	writeFile(t, h.admin, strings.ReplaceAll(string(data), h.cluster.urls(), strings.Join(urls, ",")))

	h.file = filepath.Join(h.dir, "alerts.jsonl")
	h.more = map[string]string{
		"ingest": fmt.Sprintf("ingest: {allow_private: ['%s'], per_host: 0s, feeds: [{id: big, url: '%s/big.xml', outlet: Big, every: 1s}]}\n", strings.TrimPrefix(srv.URL, "http://"), srv.URL),
		"sink":   fmt.Sprintf("sink: {stdout: false, file: {path: '%s'}, webhook: [{name: desk, url: '%s/hook'}]}\n", h.file, srv.URL),
	}
	h.own = filepath.Join(h.dir, "own.yaml")
	writeFile(t, h.own, "http: {listen: ''}\nnats: {durability: balanced}\n"+h.more["ingest"]+h.more["sink"])
	nc := h.cluster.connect("subscriber", nats.PingInterval(time.Second))
	if _, err := nc.Subscribe("tocsin.v1.alert.>", func(m *nats.Msg) {
		h.live.mu.Lock()
		defer h.live.mu.Unlock()
		h.live.ids[m.Subject+" "+m.Header.Get(jetstream.MsgIDHeader)]++
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if h.daemon != nil {
			h.daemon.killAfter(0)
		}
		for _, p := range h.workers {
			p.kill()
		}
	})
	first := filepath.Join(h.dir, "first")
	preload(t, first, 200, 40)
	h.work(first)
	h.newsGetsThrough()
	return h
}

// mountFor puts a small file system on a folder, which the test can fill; false says that
// it may not.
func mountFor(t *testing.T, dir string) bool {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if !mountSmall(dir) {
		return false
	}
	t.Cleanup(func() { unmount(t, dir) })
	return true
}

// work has a daemon work on a directory, or workers on the cluster.
func (h *haul) work(home string) {
	h.t.Helper()
	h.home = home
	if home != "" {
		h.daemon = startDaemon(h.t, h.cluster.exe, attachConfig(h.t, home), h.live, h.stdout, "--config", h.own, "--data", home)
		return
	}
	h.cluster.setup()
	for _, stage := range []string{"sink", "correlate", "enrich", "ingest"} {
		h.workers = append(h.workers, startProc(h.t, h.cluster.exe, "run", "--config", h.cluster.stageConfig(h.t, stage, h.more[stage]), "--data", h.t.TempDir()))
	}
}

// rest stops whoever works, as an operator does.
func (h *haul) rest() {
	h.t.Helper()
	if h.daemon != nil {
		h.daemon.end(h.t)
		h.daemon = nil
	}
	for _, p := range h.workers {
		p.end(h.t)
	}
	h.workers = nil
}

// die kills whoever works.
func (h *haul) die() {
	if h.daemon != nil {
		h.daemon.killAfter(0)
		h.daemon = nil
		h.killed++
	}
	for _, p := range h.workers {
		p.kill()
		h.killed++
	}
	h.workers = nil
}

// newsGetsThrough waits until an item is told of that the feed shows only now.
func (h *haul) newsGetsThrough() {
	h.t.Helper()
	shown := h.feed.shown()
	for deadline := time.Now().Add(3 * patience); h.hook.told() <= shown; {
		if time.Now().After(deadline) {
			h.t.Fatalf("no news is told: the feed shows %d items, item %d was the last that was told\n%s", h.feed.shown(), h.hook.told(), h.logs())
		}
		bus.Pause(h.t.Context(), 5*time.Millisecond) // it happens in other processes
	}
}

func (h *haul) logs() string {
	var b strings.Builder
	if h.daemon != nil {
		b.WriteString(tail(h.daemon.log.String(), 30))
	}
	for _, p := range h.workers {
		fmt.Fprintf(&b, "%s\n%s\n", p.cmd.Args, tail(p.log.String(), 20))
	}
	return b.String()
}

// out moves the system to the cluster, which is emptied first.
func (h *haul) out(kind string) {
	h.t.Helper()
	h.empty()
	disk := h.cluster.store(h.rnd.IntN(len(h.cluster.nodes)))
	from := h.home
	if h.rnd.IntN(4) > 0 {
		h.move("migrate to the cluster", h.fault(kind, disk), "migrate", "--config", h.own, "--data", from, "--to-config", h.admin)
	} else {
		h.rest()
		file := h.backup("--config", h.own, "--data", from)
		h.move("restore to the cluster", h.fault(kind, disk), "restore", "--config", h.admin, file)
	}
	checkSamePlaces(h.t, attachConfig(h.t, from), h.cluster.config("admin"))
	h.work("")
}

// back moves the system to a new directory.
func (h *haul) back(kind string) {
	h.t.Helper()
	home := filepath.Join(h.dir, fmt.Sprint("home-", h.moves))
	if kind == diskFull && h.mounted {
		mountFor(h.t, home)
	}
	switch h.rnd.IntN(6) {
	case 0:
		h.rest()
		file := filepath.Join(h.dir, fmt.Sprint("backup-", h.moves))
		if err := os.Mkdir(file, 0o755); err != nil {
			h.t.Fatal(err)
		}
		if kind == diskFull && h.mounted {
			mountFor(h.t, file)
		}
		h.move("backup of the cluster", h.fault(kind, file), "backup", "--config", h.admin, file)
		h.restore(home, newest(h.t, file))
	case 1:
		h.rest()
		h.move("restore to a directory", h.fault(kind, home), "restore", "--config", h.own, "--data", home, h.backup("--config", h.admin))
	default:
		h.move("migrate to a directory", h.fault(kind, home), "migrate", "--config", h.admin, "--to", home)
	}
	checkSamePlaces(h.t, h.cluster.config("admin"), attachConfig(h.t, home))
	h.work(home)
}

func (h *haul) backup(args ...string) (file string) {
	h.t.Helper()
	file = filepath.Join(h.dir, fmt.Sprint("backup-", h.moves, ".zip"))
	m := startCommand(h.t, h.cluster.exe, append(append([]string{"backup"}, args...), file)...)
	m.ended(h.t)
	return file
}

func (h *haul) restore(home, file string) {
	h.t.Helper()
	m := startCommand(h.t, h.cluster.exe, "restore", "--config", h.own, "--data", home, file)
	m.ended(h.t)
}

// newest is the last backup of a folder.
func newest(t *testing.T, folder string) string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(folder, "tocsin-*.zip"))
	if err != nil || len(list) == 0 {
		t.Fatalf("no backup in %s: %v", folder, err)
	}
	return slices.Max(list)
}

// empty deletes all that the cluster has.
func (h *haul) empty() {
	h.t.Helper()
	b := h.cluster.attach("admin")
	defer b.Close()
	happens(h.t, "the cluster is emptied", func() (bool, string) {
		names := b.JS.StreamNames(h.t.Context())
		var errs []error
		for name := range names.Name() {
			if err := b.JS.DeleteStream(h.t.Context(), name); !errors.Is(err, jetstream.ErrStreamNotFound) {
				errs = append(errs, err)
			}
		}
		err := errors.Join(append(errs, names.Err())...)
		return err == nil, fmt.Sprint(err)
	})
}

// moveFault is a fault that strikes a move.
type moveFault struct {
	what   string
	strike func(m *mover)
	mend   func()
	long   bool // it lasts until the move has ended, or has spoken of it
	other  atomic.Pointer[mover]
}

// fault makes one of a kind; disk is the file system that may be filled.
func (h *haul) fault(kind, disk string) *moveFault {
	k := h.rnd.IntN(len(h.cluster.nodes))
	n := h.cluster.nodes[k]
	f := &moveFault{what: kind, mend: func() {}}
	ways := func(do func(g *gate)) {
		for _, g := range h.ways {
			do(g)
		}
	}
	switch kind {
	case serverDies, serverIsGone:
		f.what, f.long = kind+": "+n.name, kind == serverIsGone
		f.strike = func(*mover) { n.proc.kill() }
		f.mend = func() { h.cluster.serve(k) }
	case serverCut:
		f.what = kind + ": " + n.name
		f.strike = func(*mover) { h.cluster.isolate(k, true) }
		f.mend = func() { h.cluster.isolate(k, false) }
	case wayShut:
		f.strike = func(*mover) { ways(func(g *gate) { g.shut(true) }) }
		f.mend = func() { ways(func(g *gate) { g.shut(false) }) }
	case wayStands:
		f.strike = func(*mover) { ways(func(g *gate) { g.stall(true) }) }
		f.mend = func() { ways(func(g *gate) { g.stall(false) }) }
	case sourceDies:
		f.strike = func(*mover) { h.die() }
	case diskFull:
		if !h.mounted {
			return h.fault(serverDies, disk)
		}
		f.what = kind + ": " + filepath.Base(disk)
		f.strike = func(*mover) { fillDisk(h.t, disk) }
		f.mend = func() {
			if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
				h.t.Error(err)
			}
			for k := range h.cluster.nodes { // a server that had no room works again after a start
				if h.cluster.store(k) == disk {
					h.cluster.nodes[k].proc.kill()
					h.cluster.serve(k)
				}
			}
		}
	case anotherMove:
		f.strike = func(m *mover) { f.other.Store(startCommand(h.t, h.cluster.exe, m.cmd.Args[1:]...)) }
	case moveIsKilled:
		f.strike = func(m *mover) { m.killAfter(0) }
	}
	return f
}

// move runs a command until it has done its work, with one fault at a random moment:
// before those who work are stopped, or after.
func (h *haul) move(what string, f *moveFault, args ...string) {
	h.t.Helper()
	h.moves++
	late := h.rnd.IntN(2) == 0 || h.daemon == nil && h.workers == nil
	delay := time.Duration(h.rnd.IntN(700)) * time.Millisecond
	if !late && strings.HasSuffix(what, "cluster") {
		delay *= 6 // it takes so much longer
	}
	lasts := time.Duration(h.rnd.IntN(int(faultLongest)))
	var at, struck, mended, spoke time.Time // at is when the time to the fault begins
	runs, began, said := 0, time.Now(), ""
	mend := func() {
		f.mend()
		mended = time.Now()
		for k := range h.cluster.nodes {
			h.cluster.up(k)
		}
	}
	var m *mover
	var outputs strings.Builder
	start := func() {
		m = startCommand(h.t, h.cluster.exe, args...)
		runs++
		spoke, said = time.Now(), ""
	}
	fail := func(format string, a ...any) {
		h.t.Helper()
		if o := f.other.Load(); o != nil {
			fmt.Fprintf(&outputs, "the other one:\n%s", o.out)
		}
		h.t.Fatalf("%s, %s: %s\n%s%s\n%s", what, f.what, fmt.Sprintf(format, a...), &outputs, m.out, h.logs())
	}
	start()
	if !late || h.daemon == nil && h.workers == nil {
		at = began
	}
	for {
		bus.Pause(h.t.Context(), 5*time.Millisecond) // it is another process
		over := false
		select {
		case <-m.exited:
			over = true
		default:
		}
		if now := m.out.String(); now != said {
			said, spoke = now, time.Now()
		}
		if (h.daemon != nil || h.workers != nil) && strings.Contains(said, "Now stop") && (late || !struck.IsZero()) {
			h.rest()
			spoke = time.Now()
			if late && at.IsZero() {
				at = time.Now()
			}
		}
		if struck.IsZero() && !at.IsZero() && time.Since(at) > delay && !over {
			struck = time.Now()
			f.strike(m)
			continue
		}
		if over {
			code := m.cmd.ProcessState.ExitCode()
			fmt.Fprintf(&outputs, "run %d, after %v, ended with %d:\n%s", runs, time.Since(began).Round(time.Millisecond), code, said)
			if code == exitOK {
				break
			}
			if !struck.IsZero() && mended.IsZero() {
				mend()
			}
			if code != -1 && !strings.Contains(said, "tocsin: ") {
				fail("it ended with %d and no word", code)
			}
			if runs > 6 {
				fail("it does not end well")
			}
			start()
			continue
		}
		if !struck.IsZero() && mended.IsZero() && time.Since(struck) > lasts && (!f.long || time.Since(struck) > faultLongest && said != "" && spoke.After(struck.Add(faultLongest))) {
			mend()
		}
		if time.Since(spoke) > silenceAtMost {
			_ = m.cmd.Process.Signal(syscall.SIGQUIT) // shows where it is
			<-m.exited
			fail("silent for %v", silenceAtMost)
		}
		if time.Since(began) > moveAtMost {
			fail("it has not ended after %v", moveAtMost)
		}
	}
	if !struck.IsZero() && mended.IsZero() {
		mend()
	}
	if o := f.other.Load(); o != nil {
		select {
		case <-o.exited:
		case <-time.After(2 * patience):
			fail("the other one goes on")
		}
		fmt.Fprintf(&outputs, "the other one ended with %d: %s\n", o.cmd.ProcessState.ExitCode(), o.out)
		f.other.Store(nil)
	}
	if h.daemon != nil || h.workers != nil {
		fail("it ended while somebody worked")
	}
	for k := range h.cluster.nodes {
		h.cluster.whole(k)
	}
	when := "late"
	if !late {
		when = "early"
	}
	if !struck.IsZero() {
		h.struck++
	}
	h.t.Logf("%2d %-24s %-26s %-5s struck %5v, mended %5v, done after %6v, %d runs%s", h.moves, what, f.what, when, after(began, struck), after(began, mended), after(began, time.Now()), runs, spoken(outputs.String()))
}

func after(began, t time.Time) time.Duration { return max(0, t.Sub(began)).Round(time.Millisecond) }

// spoken are the lines that say how runs ended, and what they waited for.
func spoken(out string) string {
	var b strings.Builder
	for line := range strings.Lines(out) {
		if tellsOfWait.MatchString(line) {
			b.WriteString("\n      " + strings.TrimSpace(line))
		}
	}
	return b.String()
}

var tellsOfWait = regexp.MustCompile(`^(run |tocsin: |the other one|[0-9hm]*[0-9]s: |the target has all)`)

// finish has the feed show all, waits until all is settled, and looks whether anything
// was lost, or told twice.
func (h *haul) finish(faults int) {
	h.t.Helper()
	h.feed.end()
	at := h.cluster.config("admin")
	if h.home != "" {
		at = attachConfig(h.t, h.home)
	}
	func() {
		b, err := bus.Attach(h.t.Context(), anew(at), false)
		if err != nil {
			h.t.Fatal(err)
		}
		defer b.Close()
		calm, before := 0, uint64(0)
		for deadline := time.Now().Add(4 * patience); calm < 30; {
			if time.Now().After(deadline) {
				h.t.Fatalf("not idle: %d of %d items shown, %d told\n%s", h.feed.shown(), len(h.feed.articles), h.hook.told(), h.logs())
			}
			idle := h.feed.shown() == len(h.feed.articles)
			for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents, bus.OutputConsumer("desk"), bus.OutputConsumer("file")} {
				ok, err := b.Idle(h.t.Context(), c)
				idle = idle && ok && err == nil
			}
			last := uint64(0)
			if s, err := b.Stream(h.t.Context(), bus.Articles); err == nil {
				last = s.CachedInfo().State.LastSeq
			}
			if calm++; !idle || last != before {
				calm = 0
			}
			before = last
			bus.Pause(h.t.Context(), 100*time.Millisecond) // three seconds: longer than a poll's gap
		}
	}()
	h.rest()
	h.t.Logf("%d moves, %d of them struck", h.moves, h.struck)
	b, err := bus.Hold(h.t.Context(), anew(at))
	if err != nil {
		h.t.Fatal(err)
	}
	defer b.Close()
	checkNothingLost(h.t, b, h.feed, faults)
	checkNobodyToldTwice(h.t, b, h.file, h.live, h.stdout)
	h.hook.mu.Lock()
	defer h.hook.mu.Unlock()
	again, missed, alerts := 0, 0, 0
	all(h.t, b, bus.Alerts, func(m jetstream.Msg) {
		alerts++
		n := h.hook.ids[m.Headers().Get(jetstream.MsgIDHeader)]
		if n == 0 {
			missed++
		}
		again += max(0, n-1)
	})
	// Of what was in hand when a sink died, one has the same id.
	if missed > 0 || again > h.killed {
		h.t.Errorf("webhook: of %d alerts %d were not sent, %d again with the same id; %d processes were killed", alerts, missed, again, h.killed)
	}
	h.t.Logf("webhook: of %d alerts %d were not sent, %d again with the same id; %d processes were killed", alerts, missed, again, h.killed)
}

// fillDisk leaves no room on a file system.
func fillDisk(t *testing.T, dir string) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err = f.Write(make([]byte, size)); err != nil {
			size /= 16 // to the last byte
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
}
