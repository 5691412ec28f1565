package correlate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// watch has a worker say where it is; then is called at every point.
func watch(w *correlate.Worker, then func(point string)) *bustest.Points {
	p := bustest.NewPoints(then)
	w.Reached(p.Reach)
	return p
}

func TestAStandbyTakesOverAtOnce(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	regs := []*prometheus.Registry{prometheus.NewRegistry(), prometheus.NewRegistry()}
	first, second := newWorker(t, b, regs[0]), newWorker(t, b, regs[1])
	one, two := watch(first, nil), watch(second, nil)
	stop := bustest.Start(t, first.Run)
	one.Wait(t, "leading")
	bustest.Start(t, second.Run)
	two.Wait(t, "standing by")
	put(t, b, report("a", "Mosul", 3, 1), report("b", "Mosul", 5, 1))
	settled(t, b)
	for began := time.Now(); metric(t, regs[1], "tocsin_correlate_known_incidents", "") != 1; {
		if time.Since(began) > bustest.LongestFailOver {
			t.Fatal("the standby does not say that it knows the incident")
		}
		two.Wait(t, "standing by")
	}
	third := prometheus.NewRegistry() // begins with incidents of which it knows not whether the bucket has them
	other := newWorker(t, b, third)
	three := watch(other, nil)
	stopOther := bustest.Start(t, other.Run)
	three.Wait(t, "standing by")
	for name, reg := range map[string]*prometheus.Registry{"stood by all the time": regs[1], "has begun to stand by": third} {
		if n := metric(t, reg, "tocsin_correlate_behind_versions", ""); n != 0 {
			t.Errorf("one that %s says that the bucket lacks %v versions", name, n)
		}
	}
	stopOther()
	began := time.Now()
	stop()
	if n := metric(t, regs[0], "tocsin_correlate_behind_versions", ""); n != 0 {
		t.Errorf("one that leads no more says that the bucket lacks %v versions", n)
	}
	put(t, b, report("c", "Mosul", 9, 1))
	settled(t, b)
	if took := time.Since(began); took > bus.LeaseTTL/2 {
		t.Errorf("the standby folded %v after the leader was stopped, want at once", took)
	}
	if d := cmp.Diff([]string{"Mosul v1 new 3", "Mosul v2 update 5", "Mosul v3 update 9"}, brief(versions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
}

// While one folds, the other must not: not even what it would do again.
func TestOneFoldsAtATime(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	regs := []*prometheus.Registry{prometheus.NewRegistry(), prometheus.NewRegistry()}
	start(t, b, regs[0])
	start(t, b, regs[1])
	const articles = 40
	for k := range articles {
		put(t, b, report(fmt.Sprint("m", k), "Mosul", k+1, 1), report(fmt.Sprint("b", k), "Basra", 2, 1))
	}
	settled(t, b)
	list := versions(t, b)
	if len(list) != 2*articles {
		t.Errorf("%d versions, want one a report: %d", len(list), 2*articles)
	}
	if a, b := metric(t, regs[0], "tocsin_correlate_leader", ""), metric(t, regs[1], "tocsin_correlate_leader", ""); a+b != 1 {
		t.Errorf("the leader gauges say %v and %v, want one 1", a, b)
	}
	if a, b := metric(t, regs[0], "tocsin_correlate_conflicts_total", ""), metric(t, regs[1], "tocsin_correlate_conflicts_total", ""); a+b != 0 {
		t.Errorf("%v conflicts", a+b)
	}
}

// A daemon with the server inside comes back after kill -9 with its lease still there.
func TestAKilledDaemonFoldsAgainAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := bus.Open(t.Context(), bustest.Config(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(t, b, prometheus.NewRegistry())
	p := watch(w, nil)
	stop := bustest.Start(t, w.Run)
	p.Wait(t, "leading")
	put(t, b, report("a", "Mosul", 3, 1))
	settled(t, b)
	lease, err := bucket(t, b, bus.LeasesBucket).Get(t.Context(), "correlate")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	b.Close()

	b = bustest.Open(t, dir)
	if _, err := bucket(t, b, bus.LeasesBucket).Create(t.Context(), "correlate", lease.Value()); err != nil {
		t.Fatal(err) // as if the first had not given it up
	}
	w = newWorker(t, b, prometheus.NewRegistry())
	p = watch(w, func(point string) {
		if point == "standing by" {
			t.Error("it waits for a lease that only a dead process can have")
		}
	})
	bustest.Start(t, w.Run)
	p.Wait(t, "leading")
}

// NATS stands still while the memory is built: that is tried again, and ends nobody.
func TestTheMemoryIsBuiltOverTrouble(t *testing.T) {
	t.Parallel()
	servers := bustest.NewServers(t, 1)
	live, _ := servers.Bus(t, 0)
	b, line := servers.Bus(t, 0)
	cfg := correlate.DefaultConfig()
	failed := make(chan struct{})
	var once sync.Once
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.MessageKey && strings.HasPrefix(a.Value.String(), "the memory cannot be built") {
			once.Do(func() { close(failed) })
		}
		return a
	}}))
	cfg.Metrics = prometheus.NewRegistry()
	w := correlate.NewWorker(b, cfg)
	at := watch(w, nil)
	line.Hold()
	bustest.Start(t, w.Run)
	select {
	case <-failed:
	case <-time.After(2 * bustest.LongestFailOver):
		t.Error("nothing failed")
	}
	line.Release()
	at.Wait(t, "leading")
	put(t, live, report("a", "Mosul", 3, 1))
	settled(t, live)
}

// The leader dies between any two steps. Whoever comes next makes of it what it would
// have been.
func TestTheLeaderDiesAnywhere(t *testing.T) {
	t.Parallel()
	// Two reports that found and update, and a later edition that takes back what it
	// said of one incident and tells of another: versions of two incidents at once.
	both := func() []enrich.Report {
		a, b := report("b", "Mosul", 5, 1), report("b", "Basra", 8, 1)
		a.Of, b.Of, b.Ordinal = 2, 2, 1
		b.ID = enrich.ReportID(b.Source, 1)
		return []enrich.Report{report("a", "Mosul", 3, 1), a, b, report("b", "Basra", 12, 2)}
	}
	// What was in hand comes after what was not: the versions may be others, the end not.
	want := []string{"Basra 12 [art-b]", "Mosul 3 [art-a]"}
	var together sync.WaitGroup // they wait for leases to end, and not for a processor
	defer together.Wait()
	for _, point := range []string{"folded", "writing", "stored one", "stored", "acknowledged", "projected", "chunk", "manifest"} {
		for nth := 1; nth <= 3; nth += 2 {
			if nth > 1 && (point == "chunk" || point == "manifest") {
				continue // cards are stored when there is time: how often, no batch tells
			}
			together.Go(func() {
				t.Run(fmt.Sprintf("%s, time %d", point, nth), func(t *testing.T) {
					servers := bustest.NewServers(t, 1)
					servers.Lease = bustest.ShortLease
					b, line := servers.Bus(t, 0)
					var times atomic.Int32
					var dead sync.Once
					died := make(chan struct{})
					w := newWorker(t, b, prometheus.NewRegistry())
					w.ShelveEvery(time.Millisecond)
					watch(w, func(p string) {
						if p == point && times.Add(1) == int32(nth) {
							line.Cut()
							dead.Do(func() { close(died) })
						}
					})
					stop := bustest.Start(t, w.Run)

					live, _ := servers.Bus(t, 0)
					for _, r := range both() {
						put(t, live, r)
						if nth > 1 { // each in a batch of its own
							bustest.SettledOr(t, live, bus.CorrelateReports, 2*bustest.LongestFailOver, died)
						}
					}
					select {
					case <-died:
					case <-time.After(bustest.LongestFailOver):
						t.Errorf("it came to %q %d times", point, times.Load())
					}
					began := time.Now()
					stop()
					start(t, live, prometheus.NewRegistry())
					settled(t, live)
					t.Logf("the fail-over took %v", time.Since(began))
					got := standing(versions(t, live))
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("versions (-want +got)\n%s", d)
					}
				})
			})
		}
	}
}

// A leader is paused when its write is on the way, and the write arrives when another
// one leads: it must find it refused, and stand by.
func TestAPausedLeaderWritesNothing(t *testing.T) {
	t.Parallel()
	var together sync.WaitGroup
	defer together.Wait()
	for _, tt := range []struct {
		name    string
		reports []enrich.Report
	}{
		{"with one version", []enrich.Report{report("b", "Mosul", 5, 1)}},
		{"with many versions", func() (list []enrich.Report) {
			for k := range 60 {
				list = append(list, report(fmt.Sprint("b", k), "Mosul", 5+k, 1))
			}
			return list
		}()},
		{"with nothing to write", []enrich.Report{report("a", "Mosul", 3, 1)}},
	} {
		together.Go(func() {
			t.Run(tt.name, func(t *testing.T) {
				servers := bustest.NewServers(t, 1)
				servers.Lease = bustest.ShortLease
				b, line := servers.Bus(t, 0)
				live, _ := servers.Bus(t, 0)
				w := newWorker(t, b, prometheus.NewRegistry())
				var armed atomic.Bool
				p := watch(w, func(point string) {
					if point == "folded" && armed.CompareAndSwap(true, false) {
						line.Hold()
					}
				})
				bustest.Start(t, w.Run)
				p.Wait(t, "leading")
				put(t, live, report("a", "Mosul", 3, 1))
				settled(t, live)
				armed.Store(true)
				for k, r := range tt.reports {
					putRaw(t, live, fmt.Sprint("again", k), encoded(t, r))
				}

				other := newWorker(t, live, prometheus.NewRegistry())
				q := watch(other, nil)
				stop := bustest.Start(t, other.Run)
				q.Wait(t, "leading")
				put(t, live, report("z", "Mosul", 90, 1))
				settled(t, live)
				line.Release()
				if err := b.Conn.FlushTimeout(bustest.LongestFailOver); err != nil {
					t.Fatal(err) // the server has now all that was on the way
				}
				put(t, live, report("y", "Mosul", 200, 1))
				settled(t, live)
				list := versions(t, live)
				if n := 1 + len(tt.reports) + 2; len(list) != n && !(tt.name == "with nothing to write" && len(list) == n-1) {
					t.Errorf("%d versions %q, want one a report", len(list), brief(list))
				}
				// It is of use again.
				stop()
				put(t, live, report("x", "Mosul", 500, 1))
				settled(t, live)
				if got := brief(versions(t, live)[len(list):]); len(got) != 1 {
					t.Errorf("in the lead again it wrote %q, want one version", got)
				}
			})
		})
	}
}

func encoded(t testing.TB, r enrich.Report) []byte {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Whoever replays a dead letter of the incident stream writes to it.
func TestAForeignVersionCostsALook(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	reg := prometheus.NewRegistry()
	start(t, b, reg)
	put(t, b, report("a", "Mosul", 3, 1), report("b", "Mosul", 5, 1))
	settled(t, b)
	first := versions(t, b)[0]
	for k := range 3 {
		if _, err := b.Publish(t.Context(), bus.Message{
			Subject: b.Subject("incident", "iq", "bombing", first.ID), ID: fmt.Sprintf("replay.%d.%s", k, first.MsgID()), Data: incidentJSON(t, first)}); err != nil {
			t.Fatal(err)
		}
		put(t, b, report(fmt.Sprint("c", k), "Mosul", 10*(k+1), 1))
		settled(t, b)
	}
	var got []string
	for _, s := range brief(allVersions(t, b)) {
		if s != "Mosul v1 new 3" {
			got = append(got, s)
		}
	}
	if d := cmp.Diff([]string{"Mosul v2 update 5", "Mosul v3 update 10", "Mosul v4 update 20", "Mosul v5 update 30"}, got); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	if n := metric(t, reg, "tocsin_correlate_conflicts_total", ""); n != 3 {
		t.Errorf("%v conflicts, want one for each foreign message", n)
	}
	if n := metric(t, reg, "tocsin_correlate_loads_total", "incidents"); n != 1 { // the first start
		t.Errorf("the memory was built %v times", n)
	}
}

// An operator empties the incident stream, and for a day the server goes on to know
// the ids of what was there.
func TestAnEmptiedStreamFillsAgain(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	stop := start(t, b, prometheus.NewRegistry())
	put(t, b, report("a", "Mosul", 3, 1))
	settled(t, b)
	stop()
	s, err := b.Stream(t.Context(), bus.Incidents)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	purge(t, b, bus.IncidentsBucket)
	purge(t, b, bus.CardsBucket)
	putRaw(t, b, "again", encoded(t, report("a", "Mosul", 3, 1)))
	start(t, b, prometheus.NewRegistry())
	settled(t, b)
	if d := cmp.Diff([]string{"Mosul v1 new 3"}, brief(allVersions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
}

// The stream is made anew under a worker that runs.
func TestAStreamThatBeginsAnew(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	start(t, b, prometheus.NewRegistry())
	put(t, b, report("a", "Mosul", 3, 1), report("b", "Mosul", 5, 1), report("c", "Basra", 5, 1))
	settled(t, b)
	versions(t, b)
	s, err := b.Stream(t.Context(), bus.Incidents)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	if err := b.JS.DeleteStream(t.Context(), cfg.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := b.JS.CreateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	put(t, b, report("d", "Mosul", 9, 1))
	settled(t, b)
	if d := cmp.Diff([]string{"Mosul v3 update 9"}, brief(allVersions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
}

// The book keeps few incidents in full and asks for the others.
func TestIncidentsAreReadWhenTheyAreNeeded(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	reg := prometheus.NewRegistry()
	w := newWorker(t, b, reg)
	w.Keep(1)
	bustest.Start(t, w.Run)
	var want []string
	for k := range 4 {
		for city := range cities {
			put(t, b, report(fmt.Sprint(city, k), city, 3*k+2, 1))
			settled(t, b)
			versions(t, b) // and in the bucket, so that nothing is left on the way there
			status := "update"
			if k == 0 {
				status = "new"
			}
			want = append(want, fmt.Sprintf("%s v%d %s %d", city, k+1, status, 3*k+2))
		}
	}
	if d := cmp.Diff(want, brief(versions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	if n := metric(t, reg, "tocsin_correlate_fetches_total", "bucket"); n == 0 {
		t.Error("nothing was read from the bucket")
	}
}

// TestFailover kills leaders while reports of many incidents come.
func TestFailover(t *testing.T) {
	t.Parallel()
	f := bustest.NewFailOvers(t)
	reports := events(12*f.N, 8)
	f.Rand.Shuffle(len(reports), func(i, j int) { reports[i], reports[j] = reports[j], reports[i] })
	var part []enrich.Report
	f.Run(func(b *bus.Bus) (func(context.Context) error, *bustest.Points) {
		w := newWorker(t, b, prometheus.NewRegistry())
		return w.Run, watch(w, nil)
	}, func(k int) {
		part = reports[k*len(reports)/f.N : (k+1)*len(reports)/f.N]
		// Some at once, so that the leader is in the midst of them, the rest on and on.
		at := f.Rand.IntN(len(part))
		put(t, f.Live, part[:at]...)
		part = part[at:]
	}, func(int) { put(t, f.Live, part...) }, bus.CorrelateReports)
	list := versions(t, f.Live)
	checkEvents(t, list, reports)
	checkTold(t, list)
}

// checkTold looks whether whoever tells of these versions, each once and in order,
// tells of nothing twice: an incident is new once, and then something is different
// from what was told last. These events change by their dead alone.
func checkTold(t *testing.T, list []correlate.Incident) {
	t.Helper()
	told := map[string]*correlate.Told{}
	alerts := 0
	for k := range list {
		i := &list[k]
		if i.Status == correlate.Silent {
			continue
		}
		alerts++
		was := told[i.ID]
		switch {
		case i.Told == nil || i.Told.Version != i.Version:
			t.Errorf("%s is told as %s and says that %+v was told last", i.MsgID(), i.Status, i.Told)
		case (was == nil) != (i.Status == correlate.New):
			t.Errorf("%s is told as %s after %+v", i.MsgID(), i.Status, was)
		case was != nil && was.Totals[enrich.Killed] == i.Told.Totals[enrich.Killed]:
			t.Errorf("%s tells of %d killed again", i.MsgID(), i.Told.Totals[enrich.Killed])
		}
		told[i.ID] = i.Told
	}
	t.Logf("%d versions, %d of them told, of %d incidents", len(list), alerts, len(told))
}

// standing are the incidents that have reports, as their last versions are.
func standing(list []correlate.Incident) []string {
	latest := map[string]correlate.Incident{}
	for _, i := range list {
		latest[i.ID] = i
	}
	var out []string
	for _, i := range latest {
		var articles []string
		for _, x := range i.Readings {
			articles = append(articles, x.Article)
		}
		if len(articles) > 0 {
			n, _ := i.Totals[enrich.Killed].Number()
			slices.Sort(articles)
			out = append(out, fmt.Sprint(i.Place.Name, " ", n, " ", articles))
		}
	}
	slices.Sort(out)
	return out
}

// events are reports of so many incidents, each told by so many outlets whose tolls
// rise: far from one another, so that nobody can doubt which is which.
func events(n, outlets int) []enrich.Report {
	var list []enrich.Report
	for k := range n {
		lat, lon := float64(k%12)*10-55, float64(k/12)*7-170
		for o := range outlets {
			r := report(fmt.Sprintf("%d-%d", k, o), town(k), 3+o/2, 1)
			r.Place.Lat, r.Place.Lon = &lat, &lon
			r.Place.Country = string([]byte{'A' + byte(k%26), 'A' + byte(k/26)})
			r.Source.Published = r.Source.Published.Add(time.Duration(o) * time.Minute)
			list = append(list, r)
		}
	}
	return list
}

// town is the k-th of some thousand names that no spelling makes alike.
func town(k int) string {
	syllable := func(k int) string { return string("bdfgklmnprst"[k%12]) + string("aiu"[k/12%3]) }
	name := syllable(k) + syllable(k/36+7) + "dar"
	return strings.ToUpper(name[:1]) + name[1:]
}

// checkEvents looks whether every report was folded, and all of one event into one
// incident.
func checkEvents(t *testing.T, list []correlate.Incident, reports []enrich.Report) {
	t.Helper()
	latest := map[string]correlate.Incident{}
	for _, i := range list {
		latest[i.ID] = i
	}
	in := map[string][]string{}    // report → incidents
	of := map[string][]string{}    // event → incidents
	mixed := map[string][]string{} // incident → events
	for id, i := range latest {
		for _, x := range i.Readings {
			in[x.Report] = append(in[x.Report], id)
			event := strings.Split(strings.TrimPrefix(x.Article, "art-"), "-")[0]
			if !slices.Contains(of[event], id) {
				of[event] = append(of[event], id)
				mixed[id] = append(mixed[id], event)
			}
		}
	}
	for _, r := range reports {
		if len(in[r.ID]) != 1 {
			t.Errorf("report %s (%s) is in incidents %v, want one", r.ID, r.Source.ID, in[r.ID])
		}
	}
	for id, events := range mixed {
		if len(events) != 1 {
			t.Errorf("incident %s is of events %v, want one", id, events)
		}
	}
	for event, ids := range of {
		if len(ids) != 1 {
			t.Errorf("event %s is incidents %v, want one", event, ids)
		}
	}
	t.Logf("%d reports of %d events are in %d incidents, %d versions", len(reports), len(of), len(latest), len(list))
}

// allVersions are those on the stream, in its order.
func allVersions(t testing.TB, b *bus.Bus) []correlate.Incident {
	t.Helper()
	var list []correlate.Incident
	if err := b.Read(t.Context(), bus.Incidents, 1, 1<<62, false, func(m jetstream.Msg, _ uint64) error {
		i, err := correlate.Decode(m.Data())
		list = append(list, i)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

func incidentJSON(t testing.TB, i correlate.Incident) []byte {
	t.Helper()
	data, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
