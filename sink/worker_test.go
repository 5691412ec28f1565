package sink

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// story is what correlation says of two incidents.
func story() []*correlate.Incident {
	return []*correlate.Incident{
		incident("inc-1"),
		incident("inc-1", version(2, correlate.Silent)),
		incident("inc-2", severity("Unknown"), func(i *correlate.Incident) { i.Place.Country = "" }),
		incident("inc-1", version(3, correlate.Update), killed(5)),
		incident("inc-2", version(2, correlate.Update), func(i *correlate.Incident) { i.Place.Country = "" }),
		incident("inc-1", version(4, correlate.Cancel), severity("Unknown")),
	}
}

var storyTold = []string{
	"inc-1.1 new known-incident: Bombing in Mosul, Iraq: 3 killed",
	"inc-1.3 update known-incident: Bombing in Mosul, Iraq: 5 killed (was 3)",
	"inc-2.2 new known-incident: Bombing in Mosul: 3 killed",
	"inc-1.4 cancel told-before: Bombing in Mosul, Iraq: cancelled, no report stands by it",
}

func TestOneAlertForEachVersionThatTells(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	cfg := config(t)
	reg := prometheus.NewPedanticRegistry()
	cfg.Metrics = reg
	put(t, b, story()...)
	w := NewWorker(b, cfg)
	stop := bustest.Start(t, w.Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	stop()
	list := alerts(t, b)
	if d := cmp.Diff(storyTold, brief(list)); d != "" {
		t.Errorf("alerts (-want +got)\n%s", d)
	}
	for id, want := range map[string]string{"inc-1.3": "inc-1.1", "inc-1.4": "inc-1.3", "inc-2.2": ""} {
		for _, a := range list {
			if a.ID == id && a.Data.Previous != want {
				t.Errorf("alert %s follows %q, want %q", id, a.Data.Previous, want)
			}
		}
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
	// 3 and then 2 more in Iraq; the other incident has no country.
	if got := testutil.ToFloat64(w.metrics.people.WithLabelValues("iq", "bombing", "killed")); got != 5 {
		t.Errorf("people killed in Iraq, as counted: %v, want 5", got)
	}
	if got := testutil.ToFloat64(w.metrics.incidents.WithLabelValues("_", "bombing")); got != 1 {
		t.Errorf("incidents without a country, as counted: %v, want 1", got)
	}
	if got := testutil.ToFloat64(w.metrics.versions.WithLabelValues("silent")); got != 1 {
		t.Errorf("silent versions, as counted: %v, want 1", got)
	}
}

// What a dashboard of the world counts: each incident once, when it becomes severe.
func TestSevereIncidentsAreCountedOnce(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	cfg := config(t)
	put(t, b,
		incident("inc-1", severity("Severe")),
		incident("inc-2"),
		incident("inc-1", version(2, correlate.Update), severity("Extreme"), killed(30)),
		incident("inc-2", version(2, correlate.Update), severity("Severe"), killed(6)),
		incident("inc-2", version(3, correlate.Correction), killed(4)),
		incident("inc-3", func(i *correlate.Incident) { i.Place.Country = "SO" }),
	)
	w := NewWorker(b, cfg)
	if n, err := testutil.GatherAndCount(cfg.Metrics.(prometheus.Gatherer), "tocsin_sink_severe_incidents_total"); n < 250 || n > 270 || err != nil {
		t.Errorf("%d countries at the start (%v), want all of the world", n, err)
	}
	bustest.Start(t, w.Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	for country, want := range map[string]float64{"iq": 2, "so": 0, "_": 0} {
		if got := testutil.ToFloat64(w.metrics.severe.WithLabelValues(country)); got != want {
			t.Errorf("severe incidents in %s, as counted: %v, want %v", country, got, want)
		}
	}
}

func TestARestartTellsNothingTwice(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wreck func(t *testing.T, b *bus.Bus)
	}{
		{"with all as it was", func(*testing.T, *bus.Bus) {}},
		{"when every version comes again", func(t *testing.T, b *bus.Bus) {
			if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_INCIDENTS", bus.SinkConsumer); err != nil {
				t.Fatal(err)
			}
		}},
		{"and what was told is forgotten", func(t *testing.T, b *bus.Bus) {
			if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_INCIDENTS", bus.SinkConsumer); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"KV_tocsin_told", "KV_tocsin_state"} {
				s, err := b.JS.Stream(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Purge(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{"and what was told is deleted key by key", func(t *testing.T, b *bus.Bus) {
			if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_INCIDENTS", bus.SinkConsumer); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{bus.ToldBucket, bus.StateBucket} {
				kv, err := b.Bucket(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				keys, err := kv.Keys(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range keys {
					if err := kv.Delete(t.Context(), k); err != nil {
						t.Fatal(err)
					}
				}
			}
		}},
		{"with another start of the server", func(t *testing.T, b *bus.Bus) {
			if err := b.RestartServer(); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t)
			put(t, b, story()...)
			stop := bustest.Start(t, NewWorker(b, config(t)).Run)
			bustest.Settled(t, b, bus.SinkIncidents)
			stop()
			tt.wreck(t, b)
			put(t, b, incident("inc-3"))
			stop = bustest.Start(t, NewWorker(b, config(t)).Run)
			bustest.Settled(t, b, bus.SinkIncidents)
			stop()
			want := append(storyTold[:len(storyTold):len(storyTold)], "inc-3.1 new known-incident: Bombing in Mosul, Iraq: 3 killed")
			if d := cmp.Diff(want, brief(alerts(t, b))); d != "" {
				t.Errorf("alerts (-want +got)\n%s", d)
			}
		})
	}
}

// One who is never idle remembers what it has told all the same, an alert behind with
// each that is told: no version waits for more, and a restart looks through few.
func TestABusyTellerRemembersMeanwhile(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	const most = positionEvery + 2*maxBehind
	for k := range most {
		put(t, b, incident("inc-"+strconv.Itoa(k)))
	}
	w := NewWorker(b, config(t))
	told, before, position := 0, 0, uint64(0)
	w.reached = func(point string) {
		if point == "acknowledged" {
			before = 0 // it may be idle now, and remember more
		}
		if point != "publishing" || told == most {
			return
		}
		if now := len(w.behind); now > maxBehind || now < before-1 {
			t.Errorf("of %d alerts %d are not remembered, %d before the last one", told, now, before)
		}
		before = len(w.behind)
		if told++; told == most {
			var err error
			if position, err = b.Position(t.Context(), positionKey); err != nil {
				t.Error(err)
			}
		}
	}
	bustest.Start(t, w.Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	if position < positionEvery || position > most-1 {
		t.Errorf("when %d alerts were told, all up to %d were known to be remembered, want %d or more", most-1, position, positionEvery)
	}
}

// Somebody who only listens hears each alert once, on the subject that the
// documentation promises.
func TestLiveSubscribersHearEachAlertOnce(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	live, err := b.Conn.SubscribeSync("tocsin.v1.alert.>")
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, story()...)
	stop := bustest.Start(t, NewWorker(b, config(t)).Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	stop()
	if err := b.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for k := range storyTold {
		m, err := live.NextMsgWithContext(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		a, err := DecodeAlert(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 && m.Subject != "tocsin.v1.alert.moderate.iq.bombing.new" {
			t.Errorf("the first alert is on %s", m.Subject)
		}
		got = append(got, brief([]*Alert{a})...)
	}
	if d := cmp.Diff(storyTold, got); d != "" {
		t.Errorf("heard (-want +got)\n%s", d)
	}
}

func TestAPoisonousIncidentCostsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		reason     bus.Reason
	}{
		{"no JSON", "<html>", bus.Unreadable},
		{"another record", `{"schema":"tocsin.incident/1"}`, bus.Unreadable},
		{"another major version", `{"schema":"tocsin.incident/2"}`, bus.UnknownKind},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := bustest.New(t)
			putRaw(t, b, "inc-0.1", []byte(tt.data))
			put(t, b, incident("inc-1"))
			bustest.Start(t, NewWorker(b, config(t)).Run)
			bustest.Settled(t, b, bus.SinkIncidents)
			if got := alerts(t, b); len(got) != 1 || got[0].ID != "inc-1.1" {
				t.Errorf("alerts %v, want that of the next incident", brief(got))
			}
			if d := cmp.Diff([]string{"sink " + string(tt.reason)}, dead(t, b)); d != "" {
				t.Errorf("dead letters (-want +got)\n%s", d)
			}
		})
	}
}

// A version with which the teller dies again and again is not told by way of the next
// one, either.
func TestAVersionInACrashLoopIsNotTold(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	put(t, b, incident("inc-0"))
	if err := b.EnsureConsumer(t.Context(), bus.SinkIncidents); err != nil {
		t.Fatal(err)
	}
	cons, err := b.JS.Consumer(t.Context(), "TOCSIN_INCIDENTS", bus.SinkConsumer)
	if err != nil {
		t.Fatal(err)
	}
	for range bus.MaxDeliveries {
		m, err := cons.Next()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Nak(); err != nil {
			t.Fatal(err)
		}
	}
	bustest.Start(t, NewWorker(b, config(t)).Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	put(t, b, incident("inc-1"))
	bustest.Settled(t, b, bus.SinkIncidents)
	if got := alerts(t, b); len(got) != 1 || got[0].ID != "inc-1.1" {
		t.Errorf("alerts %v, want that of the next incident", brief(got))
	}
	if d := cmp.Diff([]string{"sink " + string(bus.CrashLoop)}, dead(t, b)); d != "" {
		t.Errorf("dead letters (-want +got)\n%s", d)
	}
}

func TestAlertsAreKeptForReplay(t *testing.T) {
	b := bustest.New(t)
	put(t, b, incident("inc-1"))
	bustest.Start(t, NewWorker(b, config(t)).Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	s, err := b.Stream(t.Context(), bus.Alerts)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err == nil {
		t.Error("alerts could be purged: subscribers could not replay them")
	}
	c, err := s.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{FilterSubjects: []string{"tocsin.v1.alert.*.iq.>"}})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := c.Next(); err != nil || m.Subject() != "tocsin.v1.alert.moderate.iq.bombing.new" {
		t.Errorf("replayed: %v, %v", m, err)
	}
}
