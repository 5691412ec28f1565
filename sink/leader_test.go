package sink

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

const (
	// most is how long a fail-over may take.
	most = 10 * time.Second
	// shortLease is for tests that wait for the end of leases.
	shortLease = bus.LeaseTTL / 2
)

// watch has a worker say where it is; then is called at every point.
func watch(w *Worker, then func(point string)) *bustest.Points {
	p := bustest.NewPoints(then)
	w.reached = p.Reach
	return p
}

// listener counts what somebody hears who only listens.
type listener struct {
	b   *bus.Bus
	mu  sync.Mutex
	ids map[string]int
}

func listen(t *testing.T, b *bus.Bus) *listener {
	t.Helper()
	l := &listener{b: b, ids: map[string]int{}}
	if _, err := b.Conn.Subscribe(b.Pattern("alert", ">"), func(m *nats.Msg) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.ids[m.Header.Get(jetstream.MsgIDHeader)]++
	}); err != nil {
		t.Fatal(err)
	}
	if err := b.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return l
}

// check fails where the stream has not each alert once, or the listener has not heard
// each of them once.
func (l *listener) check(t *testing.T) {
	t.Helper()
	stored := map[string]int{}
	for _, a := range alerts(t, l.b) {
		stored[a.ID]++
	}
	for id, n := range stored {
		if n != 1 {
			t.Errorf("alert %s is on the stream %d times", id, n)
		}
	}
	for deadline := time.Now().Add(most); time.Now().Before(deadline); bus.Pause(t.Context(), time.Millisecond) {
		l.mu.Lock()
		n := len(l.ids)
		l.mu.Unlock()
		if n >= len(stored) {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := cmp.Diff(stored, l.ids); d != "" {
		t.Errorf("who listens heard (-stream +heard)\n%s", d)
	}
}

// The one who tells dies between any two steps. Whoever comes next tells the rest, and
// nothing that was told.
func TestTheTellerDiesAnywhere(t *testing.T) {
	t.Parallel()
	var together sync.WaitGroup // they wait for leases to end, and not for a processor
	defer together.Wait()
	for _, point := range []string{"publishing", "stored one", "stored", "acknowledged"} {
		for nth := int32(1); nth <= 3; nth += 2 {
			together.Go(func() {
				t.Run(fmt.Sprintf("%s, time %d", point, nth), func(t *testing.T) {
					servers := bustest.NewServers(t, 1)
					servers.Lease = shortLease
					b, line := servers.Bus(t, 0)
					live, _ := servers.Bus(t, 0)
					heard := listen(t, live)
					var times atomic.Int32
					died := make(chan struct{})
					w := NewWorker(b, config(t))
					watch(w, func(p string) {
						if p == point && times.Add(1) == nth {
							line.Cut()
							close(died)
						}
					})
					stop := bustest.Start(t, w.Run)
					for _, i := range story() {
						put(t, live, i)
					}
					select {
					case <-died:
					case <-time.After(most):
						// It never came so far, in so few batches: then nobody dies.
					}
					stop()
					bustest.Start(t, NewWorker(live, config(t)).Run)
					settled(t, live, bus.SinkIncidents)
					if d := cmp.Diff(storyTold, brief(alerts(t, live))); d != "" {
						t.Errorf("alerts (-want +got)\n%s", d)
					}
					heard.check(t)
				})
			})
		}
	}
}

// One is paused when its alert is on the way, and the alert arrives when another one
// leads: it must find it refused, and stand by.
func TestAPausedTellerTellsNothing(t *testing.T) {
	t.Parallel()
	severe := []Rule{{Name: "severe", Severity: "severe"}}
	for _, tt := range []struct {
		name  string
		rules []Rule // of the other one
		held  *correlate.Incident
		next  *correlate.Incident
		want  []string
	}{
		{"that the other one has told", DefaultConfig().Rules,
			incident("inc-1", version(2, correlate.Update), killed(5)), incident("inc-1", version(3, correlate.Update), killed(9)),
			[]string{
				"inc-1.1 new known-incident: Bombing in Mosul, Iraq: 3 killed",
				"inc-1.2 update known-incident: Bombing in Mosul, Iraq: 5 killed (was 3)",
				"inc-1.3 update known-incident: Bombing in Mosul, Iraq: 9 killed (was 5)",
			}},
		// Its configuration is of yesterday: the incident would be new twice.
		{"that the other one does not tell", severe,
			incident("inc-2"), incident("inc-2", version(2, correlate.Update), killed(9), severity("Severe")),
			[]string{
				"inc-1.1 new known-incident: Bombing in Mosul, Iraq: 3 killed",
				"inc-2.2 new severe: Bombing in Mosul, Iraq: 9 killed",
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			servers := bustest.NewServers(t, 1)
			servers.Lease = shortLease
			b, line := servers.Bus(t, 0)
			live, _ := servers.Bus(t, 0)
			heard := listen(t, live)
			w := NewWorker(b, config(t))
			var armed atomic.Bool
			p := watch(w, func(point string) {
				if point == "publishing" && armed.CompareAndSwap(true, false) {
					line.Hold()
				}
			})
			bustest.Start(t, w.Run)
			p.Wait(t, "leading")
			put(t, live, incident("inc-1"))
			settled(t, live, bus.SinkIncidents)
			armed.Store(true)
			put(t, live, tt.held)

			cfg := config(t)
			cfg.Rules = tt.rules
			other := NewWorker(live, cfg)
			q := watch(other, nil)
			stop := bustest.Start(t, other.Run)
			q.Wait(t, "leading")
			put(t, live, tt.next)
			settled(t, live, bus.SinkIncidents)
			line.Release()
			if err := b.Conn.FlushTimeout(most); err != nil {
				t.Fatal(err) // the server has now all that was on the way
			}
			stop() // it is of use again
			put(t, live, incident("inc-3"))
			settled(t, live, bus.SinkIncidents)
			want := append(tt.want, "inc-3.1 new known-incident: Bombing in Mosul, Iraq: 3 killed")
			if d := cmp.Diff(want, brief(alerts(t, live))); d != "" {
				t.Errorf("alerts (-want +got)\n%s", d)
			}
			heard.check(t)
		})
	}
}

// Somebody who stands still has the first versions in hand: the next ones come before
// them.
func TestVersionsThatComeOutOfTurnAreToldInTurn(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	put(t, b, incident("inc-1"), incident("inc-2"))
	if err := b.EnsureConsumer(t.Context(), bus.SinkIncidents); err != nil {
		t.Fatal(err)
	}
	cons, err := b.JS.Consumer(t.Context(), "TOCSIN_INCIDENTS", bus.SinkConsumer)
	if err != nil {
		t.Fatal(err)
	}
	taken, err := cons.Fetch(2)
	if err != nil {
		t.Fatal(err)
	}
	for range taken.Messages() { // and not settled
	}
	put(t, b, incident("inc-1", version(2, correlate.Cancel), severity("Unknown")), incident("inc-2", version(2, correlate.Update), killed(5)))
	bustest.Start(t, NewWorker(b, config(t)).Run)
	settled(t, b, bus.SinkIncidents)
	want := []string{
		"inc-1.1 new known-incident: Bombing in Mosul, Iraq: 3 killed",
		"inc-2.1 new known-incident: Bombing in Mosul, Iraq: 3 killed",
		"inc-1.2 cancel told-before: Bombing in Mosul, Iraq: cancelled, no report stands by it",
		"inc-2.2 update known-incident: Bombing in Mosul, Iraq: 5 killed (was 3)",
	}
	if d := cmp.Diff(want, brief(alerts(t, b))); d != "" {
		t.Errorf("alerts (-want +got)\n%s", d)
	}
}

// TestFailover kills the one who tells, on a cluster of three servers, at random
// moments while versions come: TOCSIN_FAILOVERS says how often.
func TestFailover(t *testing.T) {
	t.Parallel()
	n, timed := 2, false
	if s := os.Getenv("TOCSIN_FAILOVERS"); s != "" {
		var err error
		timed = true // the machine is its own
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatalf("TOCSIN_FAILOVERS=%q: %v", s, err)
		}
	} else if testing.Short() {
		t.Skip("waits for leases to end")
	}
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Logf("%d fail-overs, random seed %d", n, seed)
	servers := bustest.NewServers(t, 3)
	if !timed {
		servers.Lease = shortLease
	}
	live, _ := servers.Bus(t, 0)
	heard := listen(t, live)
	type process struct {
		line *bustest.Line
		stop func()
		at   *bustest.Points
	}
	born := 0
	spawn := func() process {
		b, line := servers.Bus(t, born%3)
		born++
		w := NewWorker(b, config(t))
		at := watch(w, nil)
		return process{line, bustest.Start(t, w.Run), at}
	}
	leader := spawn()
	leader.at.Wait(t, "leading")
	standby := spawn()
	standby.at.Wait(t, "standing by")

	// What one who tells in memory tells of the same versions.
	teller := NewTeller(config(t))
	var want []string
	versions := map[string]int{}
	tellOf := func() {
		id := "inc-" + strconv.Itoa(rnd.IntN(20*n))
		versions[id]++
		v := versions[id]
		i := incident(id, version(v, correlate.Update), killed(3+v))
		switch {
		case v == 1:
			i = incident(id)
		case rnd.IntN(8) == 0:
			i = incident(id, version(v, correlate.Cancel), severity("Unknown"))
		case rnd.IntN(3) == 0:
			i.Status = correlate.Silent
		}
		put(t, live, i)
		if a := teller.Tell(i); a != nil {
			want = append(want, brief([]*Alert{a})...)
		}
	}
	var longest time.Duration
	for k := range n {
		for range 40 {
			tellOf()
		}
		bus.Pause(t.Context(), time.Duration(rnd.IntN(30))*time.Millisecond)
		leader.line.Cut()
		killed := time.Now()
		for range 20 {
			tellOf()
		}
		dead, third := leader, spawn()
		select { // either of them may be the one
		case <-standby.at.Come("leading"):
			leader, standby = standby, third
		case <-third.at.Come("leading"):
			leader = third
		case <-time.After(6 * most):
			t.Fatal("nobody leads")
		}
		led := time.Since(killed)
		settled(t, live, bus.SinkIncidents)
		took := time.Since(killed)
		longest = max(longest, took)
		t.Logf("fail-over %d: another leads after %v, all is told after %v", k+1, led.Round(time.Millisecond), took.Round(time.Millisecond))
		if timed && took > most {
			t.Errorf("fail-over %d took %v, want less than %v", k+1, took, most)
		}
		dead.stop()
	}
	if d := cmp.Diff(want, brief(alerts(t, live))); d != "" {
		t.Errorf("alerts (-what one teller tells of these versions +got)\n%s", d)
	}
	heard.check(t)
	t.Logf("%d alerts of %d incidents; the longest fail-over took %v", len(want), len(versions), longest.Round(time.Millisecond))
}
