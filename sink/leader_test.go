package sink

import (
	"context"
	"fmt"
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
	for deadline := time.Now().Add(bustest.LongestFailOver); time.Now().Before(deadline); bus.Pause(t.Context(), time.Millisecond) {
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
					servers.Lease = bustest.ShortLease
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
						if nth > 1 { // each in a batch of its own
							bustest.SettledOr(t, live, bus.SinkIncidents, 2*bustest.LongestFailOver, died)
						}
					}
					select {
					case <-died:
					case <-time.After(bustest.LongestFailOver):
						t.Errorf("it came to %q %d times", point, times.Load())
					}
					stop()
					bustest.Start(t, NewWorker(live, config(t)).Run)
					bustest.Settled(t, live, bus.SinkIncidents)
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
			servers.Lease = bustest.ShortLease
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
			bustest.Settled(t, live, bus.SinkIncidents)
			armed.Store(true)
			put(t, live, tt.held)

			cfg := config(t)
			cfg.Rules = tt.rules
			other := NewWorker(live, cfg)
			q := watch(other, nil)
			stop := bustest.Start(t, other.Run)
			q.Wait(t, "leading")
			put(t, live, tt.next)
			bustest.Settled(t, live, bus.SinkIncidents)
			line.Release()
			if err := b.Conn.FlushTimeout(bustest.LongestFailOver); err != nil {
				t.Fatal(err) // the server has now all that was on the way
			}
			stop() // it is of use again
			put(t, live, incident("inc-3"))
			bustest.Settled(t, live, bus.SinkIncidents)
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
	bustest.Settled(t, b, bus.SinkIncidents)
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

// What was in hand when somebody emptied the stream is told, and holds up nothing.
func TestVersionsThatAreThereNoMoreAreNotWaitedFor(t *testing.T) {
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
	if _, err := cons.Next(); err != nil { // and not settled: the second comes out of turn
		t.Fatal(err)
	}
	w := NewWorker(b, config(t))
	w.reached = func(point string) {
		if point != "leading" {
			return
		}
		for info, err := cons.Info(t.Context()); err == nil && info.NumAckPending < 2; info, err = cons.Info(t.Context()) {
			bus.Pause(t.Context(), time.Millisecond)
		}
		s, err := b.Stream(t.Context(), bus.Incidents)
		if err == nil {
			err = s.Purge(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	}
	bustest.Start(t, w.Run)
	for deadline := time.Now().Add(10 * time.Second); len(alerts(t, b)) == 0; bus.Pause(t.Context(), 10*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is told")
		}
	}
	if got := alerts(t, b); len(got) != 1 || got[0].ID != "inc-2.1" {
		t.Errorf("alerts %v, want that of inc-2", brief(got))
	}
}

// TestFailover kills the one who tells, while versions come.
func TestFailover(t *testing.T) {
	t.Parallel()
	f := bustest.NewFailOvers(t)
	heard := listen(t, f.Live)
	// What one who tells in memory tells of the same versions.
	teller := NewTeller(config(t))
	var want []string
	versions := map[string]int{}
	tellOf := func(n int) {
		for range n {
			id := "inc-" + strconv.Itoa(f.Rand.IntN(20*f.N))
			versions[id]++
			v := versions[id]
			i := incident(id, version(v, correlate.Update), killed(3+v))
			switch {
			case v == 1:
				i = incident(id)
			case f.Rand.IntN(8) == 0:
				i = incident(id, version(v, correlate.Cancel), severity("Unknown"))
			case f.Rand.IntN(3) == 0:
				i.Status = correlate.Silent
			}
			put(t, f.Live, i)
			if a := teller.Tell(i); a != nil {
				want = append(want, brief([]*Alert{a})...)
			}
		}
	}
	f.Run(func(b *bus.Bus) (func(context.Context) error, *bustest.Points) {
		w := NewWorker(b, config(t))
		return w.Run, watch(w, nil)
	}, func(int) { tellOf(40) }, func(int) { tellOf(20) }, bus.SinkIncidents)
	if d := cmp.Diff(want, brief(alerts(t, f.Live))); d != "" {
		t.Errorf("alerts (-what one teller tells of these versions +got)\n%s", d)
	}
	heard.check(t)
	t.Logf("%d alerts of %d incidents", len(want), len(versions))
}
