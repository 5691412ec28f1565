package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

// correlators are daemons that run stage correlate on one server.
type correlators struct {
	t    *testing.T
	exe  string
	url  string
	bus  *bus.Bus // the test's own
	live map[int]*exec.Cmd
	logs map[int]*bustest.Buffer
	sent int
}

func newCorrelators(t *testing.T) *correlators {
	servers := bustest.NewServers(t, 1)
	b, _ := servers.Bus(t, 0)
	c := &correlators{t: t, exe: tocsin(t), url: servers.All[0].ClientURL(), bus: b, live: map[int]*exec.Cmd{}, logs: map[int]*bustest.Buffer{}}
	t.Cleanup(func() {
		for pid := range c.live {
			c.kill(pid)
		}
		if t.Failed() {
			for pid, log := range c.logs {
				t.Logf("process %d:\n%s", pid, log)
			}
		}
	})
	return c
}

func (c *correlators) start() (pid int) { return c.run("correlate") }

// run starts a daemon that runs some stages.
func (c *correlators) run(stages string) (pid int) {
	cmd := exec.Command(c.exe, "run", "--stages", stages, "--nats", c.url, "--http", "", "--data", c.t.TempDir())
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, envPrefix) })
	log := &bustest.Buffer{}
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	pid = cmd.Process.Pid
	c.live[pid], c.logs[pid] = cmd, log
	return pid
}

// signal sends one; a process that it ends is waited for.
func (c *correlators) signal(pid int, s syscall.Signal) {
	c.t.Helper()
	if err := c.live[pid].Process.Signal(s); err != nil {
		c.t.Fatal(err)
	}
}

func (c *correlators) kill(pid int) {
	cmd := c.live[pid]
	delete(c.live, pid)
	_ = cmd.Process.Kill() // it may have ended by itself: its log tells
	_ = cmd.Wait()
}

// leads waits until another process than not leads.
func (c *correlators) leads(not int) (pid int) {
	c.t.Helper()
	kv, err := c.bus.Bucket(c.t.Context(), bus.LeasesBucket)
	if err != nil {
		c.t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		e, err := kv.Get(c.t.Context(), "correlate")
		if err == nil {
			var holder struct {
				Process int `json:"process"`
			}
			if err := json.Unmarshal(e.Value(), &holder); err != nil {
				c.t.Fatal(err)
			}
			if holder.Process != not {
				return holder.Process
			}
		} else if !errors.Is(err, jetstream.ErrKeyNotFound) {
			c.t.Fatal(err)
		}
		if time.Now().After(deadline) {
			c.t.Fatal("nobody leads")
		}
		bus.Pause(c.t.Context(), 5*time.Millisecond) // the end of a lease nobody tells
	}
}

var failoverCities = []struct {
	name     string
	lat, lon float64
}{{"Mosul", 36.34, 43.13}, {"Basra", 30.51, 47.78}, {"Kabul", 34.53, 69.17}, {"Lagos", 6.45, 3.39}, {"Cali", 3.44, -76.52}}

// report publishes n more reports of five bombings, each by outlets of its own.
func (c *correlators) report(n int) {
	c.t.Helper()
	at := time.Now().UTC().Truncate(time.Second)
	var pending []*bus.Pending
	for range n {
		c.sent++
		city := failoverCities[c.sent%len(failoverCities)]
		killed := 3 + c.sent/20
		r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
			Place:  &enrich.Place{Name: city.name, Country: strings.ToUpper(city.name[:2]), Precision: "settlement", Lat: &city.lat, Lon: &city.lon, Radius: 5000},
			Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed, Quantifier: "exact", Rule: "total.test"}},
			Source: enrich.Source{ID: "art-" + strconv.Itoa(c.sent), Edition: 1, Outlet: "outlet " + strconv.Itoa(c.sent), Published: at, Fetched: at, ContentSHA256: strconv.Itoa(c.sent)}}
		r.ID = enrich.ReportID(r.Source, 0)
		data, err := json.Marshal(r)
		if err != nil {
			c.t.Fatal(err)
		}
		pending = append(pending, c.bus.Begin(bus.Message{Subject: c.bus.Subject("report", "xx", "bombing"), ID: r.ID, Data: data}))
	}
	for _, p := range pending {
		if _, err := p.Wait(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

// settled waits until every report is folded.
func (c *correlators) settled() {
	c.t.Helper()
	bustest.Settled(c.t, c.bus, bus.CorrelateReports)
}

// check looks whether each report is in one incident, each city has one, each
// incident its versions without a gap or a repetition, and whether what was told is
// what the versions say, each alert once.
func (c *correlators) check() {
	c.t.Helper()
	latest := map[string]correlate.Incident{}
	teller := sink.NewTeller(sink.DefaultConfig())
	var want []string
	n := 0
	all(c.t, c.bus, bus.Incidents, func(m jetstream.Msg) {
		n++
		i, err := correlate.Decode(m.Data())
		if err != nil {
			c.t.Fatal(err)
		}
		if i.Version != latest[i.ID].Version+1 {
			c.t.Errorf("incident %s has version %d after %d", i.ID, i.Version, latest[i.ID].Version)
		}
		latest[i.ID] = i
		if a := teller.Tell(&i); a != nil {
			want = append(want, a.ID+" "+string(a.Data.Status))
		}
	})
	in, of := map[string]int{}, map[string]int{}
	for _, i := range latest {
		if len(i.Readings) > 0 {
			of[i.Place.Name]++
		}
		for _, x := range i.Readings {
			in[x.Article]++
		}
	}
	for k := range c.sent {
		// Of a huge story the newest reports are kept, and the first.
		if id := fmt.Sprint("art-", k+1); in[id] != 1 && k > c.sent-500 {
			c.t.Errorf("article %s is in %d incidents, want one", id, in[id])
		}
	}
	for city, n := range of {
		if n != 1 {
			c.t.Errorf("%s has %d incidents, want one", city, n)
		}
	}
	var got []string
	for deadline := time.Now().Add(30 * time.Second); len(got) < len(want) && time.Now().Before(deadline); {
		got = nil
		all(c.t, c.bus, bus.Alerts, func(m jetstream.Msg) {
			var a sink.Alert
			if err := json.Unmarshal(m.Data(), &a); err != nil {
				c.t.Fatal(err)
			}
			got = append(got, a.ID+" "+string(a.Data.Status))
		})
		bus.Pause(c.t.Context(), 5*time.Millisecond) // the sink is a process of its own
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		c.t.Errorf("alerts (-want of these versions, +got)\n%s", d)
	}
	c.t.Logf("%d reports made %d versions of %d incidents, of which %d were told", c.sent, n, len(of), len(got))
}

// pauses lets the process that leads stand still: another leads, and it wakes up in
// the midst of what it was at.
func (c *correlators) pauses(asleep, some int, within func(what string, took, limit time.Duration)) (leader int) {
	c.t.Helper()
	c.report(some)
	c.signal(asleep, syscall.SIGSTOP)
	began := time.Now()
	c.report(some)
	leader = c.leads(asleep)
	c.settled()
	within("a pause", time.Since(began), 10*time.Second)
	c.report(some)
	c.signal(asleep, syscall.SIGCONT)
	c.report(some)
	c.settled()
	return leader
}

// TestCorrelatorsTakeOver kills, pauses and stops the process that folds, while
// reports come: TOCSIN_FAILOVERS says how often it does each.
func TestCorrelatorsTakeOver(t *testing.T) {
	t.Parallel() // it waits for other processes more than it works
	const most = 10 * time.Second
	rounds, timed, some := 1, false, 20
	if s := os.Getenv("TOCSIN_FAILOVERS"); s != "" {
		var err error
		timed, some = true, 100 // the machine is its own
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatalf("TOCSIN_FAILOVERS=%q: %v", s, err)
		}
	} else if testing.Short() {
		t.Skip("waits for leases to end")
	}
	within := func(what string, took, limit time.Duration) {
		t.Logf("%s: every report is folded after %v", what, took.Round(time.Millisecond))
		if timed && took > limit {
			t.Errorf("%s: it took %v, want less than %v", what, took, limit)
		}
	}
	c := newCorrelators(t)
	c.run("sink")
	c.start()
	c.start()
	leader := c.leads(0)
	c.report(some)
	c.settled()
	for range rounds {
		c.report(some) // and the leader is in the midst of them
		c.kill(leader)
		began := time.Now()
		c.report(some)
		leader = c.leads(leader)
		c.settled()
		within("kill -9", time.Since(began), most)
		c.start()

		if timed { // what is paused waits for the end of a lease once more
			c.pauses(leader, some, within)
		}
		// Told to stop, it leaves at once.
		leader = c.leads(0)
		c.report(some)
		gone := leader
		c.signal(gone, syscall.SIGTERM)
		began = time.Now()
		leader = c.leads(gone)
		c.settled()
		within("a stop", time.Since(began), bus.LeaseTTL)
		c.kill(gone)
		c.start()
	}
	c.check()
}
