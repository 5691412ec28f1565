package correlate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// cities are where they are: two bombings in two of them are two.
var cities = map[string][2]float64{"Mosul": {36.34, 43.13}, "Basra": {30.51, 47.78}, "Erbil": {36.19, 44.01}, "Kirkuk": {35.47, 44.39}}

// report is what an article says of a bombing in a city today.
func report(article, city string, killed, edition int) enrich.Report {
	now := time.Now().UTC().Truncate(time.Second)
	at := cities[city]
	r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
		Place:  &enrich.Place{Name: city, Country: "IQ", Precision: "settlement", Lat: &at[0], Lon: &at[1], Radius: 5000},
		Places: []string{"!" + strings.ToLower(city)},
		Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed, Quantifier: "exact", Rule: "total.test"}},
		Source: enrich.Source{ID: "art-" + article, Edition: edition, Outlet: article, Published: now, Fetched: now, ContentSHA256: fmt.Sprint("sha", edition)}}
	r.ID = enrich.ReportID(r.Source, 0)
	return r
}

func put(t testing.TB, b *bus.Bus, reports ...enrich.Report) {
	t.Helper()
	for _, r := range reports {
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		putRaw(t, b, r.ID, data)
	}
}

func putRaw(t testing.TB, b *bus.Bus, id string, data []byte) {
	t.Helper()
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("report", "iq", "bombing"), ID: id, Data: data}); err != nil {
		t.Fatal(err)
	}
}

func newWorker(t testing.TB, b *bus.Bus, reg prometheus.Registerer) *correlate.Worker {
	cfg := correlate.DefaultConfig()
	cfg.Log, cfg.Metrics = bustest.Log(t), reg
	return correlate.NewWorker(b, cfg)
}

// start runs a worker; stop ends it and fails the test unless it returns nil.
func start(t testing.TB, b *bus.Bus, reg prometheus.Registerer) (stop func()) {
	t.Helper()
	return bustest.Start(t, newWorker(t, b, reg).Run)
}

// settled waits until all reports are folded.
func settled(t testing.TB, b *bus.Bus) { t.Helper(); bustest.Settled(t, b, bus.CorrelateReports) }

// versions are those on the stream, in its order, and fails the test where an
// incident's have a gap or a fork, or where the bucket has not its latest one.
func versions(t testing.TB, b *bus.Bus) []correlate.Incident {
	t.Helper()
	s, err := b.Stream(t.Context(), bus.Incidents)
	if err != nil {
		t.Fatal(err)
	}
	var all []correlate.Incident
	latest := map[string]int{}
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if b.IsCanary(m.Subject) {
			continue
		}
		i, err := correlate.Decode(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		if want := b.Subject("incident", bus.Token(i.Place.Country), bus.Token(i.Type), i.ID); m.Subject != want {
			t.Errorf("version %s is on %s, want %s", i.MsgID(), m.Subject, want)
		}
		if got := m.Header.Get(jetstream.MsgIDHeader); got != i.MsgID() {
			t.Errorf("version %s has message id %s", i.MsgID(), got)
		}
		if i.Version != latest[i.ID]+1 {
			t.Errorf("incident %s has version %d after %d", i.ID, i.Version, latest[i.ID])
		}
		latest[i.ID] = i.Version
		all = append(all, i)
	}
	kv, err := b.Bucket(t.Context(), bus.IncidentsBucket)
	if err != nil {
		t.Fatal(err)
	}
	// The bucket follows the stream: wait for the put that brings it up to it.
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second+time.Duration(len(latest))*200*time.Millisecond) // a cluster makes a consumer for each
	defer cancel()
	for id, version := range latest {
		w, err := kv.Watch(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		for have := 0; have < version; {
			select {
			case <-ctx.Done():
				t.Fatalf("the bucket has version %d of incident %s, the stream %d", have, id, version)
			case e := <-w.Updates():
				if e == nil || e.Operation() != jetstream.KeyValuePut {
					continue
				}
				i, err := correlate.Decode(e.Value())
				if err != nil {
					t.Fatal(err)
				}
				have = i.Version
			}
		}
		if err := w.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// brief is "outlets killed status" of each version.
func brief(list []correlate.Incident) []string {
	var out []string
	for _, i := range list {
		k, _ := i.Totals[enrich.Killed].Number()
		out = append(out, fmt.Sprintf("%s v%d %s %d", i.Place.Name, i.Version, i.Status, k))
	}
	return out
}

func TestReportsInVersionsOut(t *testing.T) {
	b := bustest.New(t)
	reg := prometheus.NewPedanticRegistry()
	background := report("c", "Basra", 7, 1)
	background.Role = enrich.Background
	hoax := report("d", "Kirkuk", 0, 1)
	hoax.Outcome = "hoax"
	put(t, b, report("a", "Mosul", 3, 1), report("b", "Mosul", 5, 1), background, hoax, report("e", "Erbil", 1, 1), report("f", "Erbil", 1, 1))
	stop := start(t, b, reg)
	settled(t, b)
	want := []string{"Mosul v1 new 3", "Mosul v2 update 5", "Erbil v1 new 1", "Erbil v2 silent 1"}
	got := brief(versions(t, b))
	slices.SortStableFunc(got, func(a, b string) int { return strings.Compare(b[:2], a[:2]) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	stop()
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP tocsin_correlate_open_incidents Incidents that still take reports.
# TYPE tocsin_correlate_open_incidents gauge
tocsin_correlate_open_incidents 2
# HELP tocsin_correlate_versions_total Incident versions by status: new, update, correction, cancel, follow_up, silent.
# TYPE tocsin_correlate_versions_total counter
tocsin_correlate_versions_total{status="cancel"} 0
tocsin_correlate_versions_total{status="correction"} 0
tocsin_correlate_versions_total{status="follow_up"} 0
tocsin_correlate_versions_total{status="new"} 2
tocsin_correlate_versions_total{status="silent"} 1
tocsin_correlate_versions_total{status="update"} 1
`), "tocsin_correlate_open_incidents", "tocsin_correlate_versions_total"); err != nil {
		t.Error(err)
	}
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
}

func TestEditionsOnTheBus(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	withdrawn := report("b", "Mosul", 0, 2)
	withdrawn.Role, withdrawn.Of = enrich.Withdrawn, 0
	airstrike := report("a", "Mosul", 3, 3)
	airstrike.Type = "airstrike"
	put(t, b, report("a", "Mosul", 3, 1), report("b", "Mosul", 5, 1), withdrawn, report("a", "Mosul", 4, 2), airstrike)
	start(t, b, prometheus.NewRegistry())
	settled(t, b)
	want := []string{"Mosul v1 new 3", "Mosul v2 update 5", "Mosul v3 correction 3", "Mosul v4 update 4", "Mosul v5 correction 3"}
	list := versions(t, b)
	if d := cmp.Diff(want, brief(list)); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	if last := list[len(list)-1]; last.Type != "airstrike" {
		t.Errorf("the type is %s, want what the last edition says", last.Type)
	}
}

// An edition may tell of another incident at the ordinal that founded the first.
func TestAnEditionThatTellsAnotherStoryLosesNeither(t *testing.T) {
	b := bustest.New(t)
	first := report("a", "Mosul", 3, 1)
	elsewhere := report("a", "Basra", 8, 2)
	again := report("a", "Mosul", 3, 2)
	elsewhere.Of, again.Of, again.Ordinal = 2, 2, 1
	again.ID = enrich.ReportID(again.Source, 1)
	put(t, b, first, elsewhere, again)
	start(t, b, prometheus.NewRegistry())
	settled(t, b)
	if d := cmp.Diff([]string{"Mosul v1 new 3", "Basra v1 new 8", "Mosul v2 silent 3"}, brief(versions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
}

func TestARestartGoesOnWhereItWas(t *testing.T) {
	nothing := func(*testing.T, *bus.Bus) {}
	for _, tt := range []struct {
		name  string
		wreck func(t *testing.T, b *bus.Bus)
		fast  bool // it needs no incident in full
	}{
		{"with all as it was", nothing, true},
		{"with another start of the server", func(t *testing.T, b *bus.Bus) {
			if err := b.RestartServer(); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"when the bucket lost its keys", loseKeys, true},
		{"when the bucket is of an older day", turnBack, true},
		{"when the bucket is empty", func(t *testing.T, b *bus.Bus) { purge(t, b, bus.IncidentsBucket) }, true},
		{"when a version cannot be read", func(t *testing.T, b *bus.Bus) {
			kv := bucket(t, b, bus.IncidentsBucket)
			if _, err := kv.PutString(t.Context(), versions(t, b)[0].ID, "<html>"); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"without cards", func(t *testing.T, b *bus.Bus) { purge(t, b, bus.CardsBucket) }, false},
		{"without a manifest of cards", func(t *testing.T, b *bus.Bus) {
			if err := bucket(t, b, bus.CardsBucket).Delete(t.Context(), "manifest"); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"with a manifest that cannot be read", func(t *testing.T, b *bus.Bus) {
			if _, err := bucket(t, b, bus.CardsBucket).PutString(t.Context(), "manifest", "{"); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"when a chunk of cards is lost", func(t *testing.T, b *bus.Bus) {
			if err := bucket(t, b, bus.CardsBucket).Purge(t.Context(), chunk(t, b)); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"when a chunk of cards is damaged", func(t *testing.T, b *bus.Bus) {
			kv := bucket(t, b, bus.CardsBucket)
			e, err := kv.Get(t.Context(), chunk(t, b))
			if err != nil {
				t.Fatal(err)
			}
			data := slices.Clone(e.Value())
			data[len(data)-5] ^= 1
			if _, err := kv.Put(t.Context(), e.Key(), data); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"without cards, when the bucket lost its keys", func(t *testing.T, b *bus.Bus) {
			purge(t, b, bus.CardsBucket)
			loseKeys(t, b)
		}, false},
		{"without cards, when the bucket is of an older day", func(t *testing.T, b *bus.Bus) {
			purge(t, b, bus.CardsBucket)
			turnBack(t, b)
		}, false},
		{"when all buckets are empty", func(t *testing.T, b *bus.Bus) {
			for _, name := range []string{bus.CardsBucket, bus.IncidentsBucket, bus.StateBucket} {
				purge(t, b, name)
			}
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t)
			reports := []enrich.Report{report("a", "Mosul", 3, 1), report("b", "Mosul", 4, 1), report("c", "Basra", 2, 1)}
			put(t, b, reports...)
			stop := start(t, b, prometheus.NewRegistry())
			settled(t, b)
			stop()
			before := len(versions(t, b))
			tt.wreck(t, b)
			// What was folded comes again, and then news.
			for k, r := range reports {
				data, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				putRaw(t, b, fmt.Sprint("again", k), data)
			}
			put(t, b, report("d", "Mosul", 9, 1), report("e", "Basra", 5, 1))
			reg := prometheus.NewRegistry()
			stop = start(t, b, reg)
			settled(t, b)
			stop()
			want := []string{"Mosul v3 update 9", "Basra v2 update 5"}
			if d := cmp.Diff(want, brief(versions(t, b)[before:])); d != "" {
				t.Errorf("versions after the restart (-want +got)\n%s", d)
			}
			from := map[bool]string{true: "cards", false: "incidents"}[tt.fast]
			if n := metric(t, reg, "tocsin_correlate_loads_total", from); n != 1 {
				t.Errorf("the memory was built %v times from the %s, want once", n, from)
			}
			// And once more, from the cards that this one left behind.
			reg = prometheus.NewRegistry()
			put(t, b, report("f", "Mosul", 30, 1))
			start(t, b, reg)
			settled(t, b)
			if d := cmp.Diff(append(want, "Mosul v4 update 30"), brief(versions(t, b)[before:])); d != "" {
				t.Errorf("versions after another restart (-want +got)\n%s", d)
			}
			if n := metric(t, reg, "tocsin_correlate_loads_total", "cards"); n != 1 {
				t.Errorf("the memory was built %v times from the cards, want once", n)
			}
		})
	}
}

// loseKeys deletes all keys of the bucket, one of them with its traces.
func loseKeys(t *testing.T, b *bus.Bus) {
	kv := bucket(t, b, bus.IncidentsBucket)
	keys, err := kv.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys[:len(keys)-1] {
		if err := kv.Delete(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	if err := kv.Purge(t.Context(), keys[len(keys)-1]); err != nil {
		t.Fatal(err)
	}
}

// turnBack puts the first version of an incident over its latest one.
func turnBack(t *testing.T, b *bus.Bus) {
	first := versions(t, b)[0]
	data, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bucket(t, b, bus.IncidentsBucket).Put(t.Context(), first.ID, data); err != nil {
		t.Fatal(err)
	}
}

func purge(t testing.TB, b *bus.Bus, bucket string) {
	t.Helper()
	s, err := b.BucketStream(t.Context(), bucket)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// chunk is the key of a chunk of cards.
func chunk(t *testing.T, b *bus.Bus) string {
	t.Helper()
	keys, err := bucket(t, b, bus.CardsBucket).Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(keys, func(k string) bool { return k == "manifest" })[0]
}

// metric is the value of a counter or gauge, or how often a histogram was told; label is the value of its only label.
func metric(t testing.TB, reg prometheus.Gatherer, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetValue() == label) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	t.Fatalf("there is no metric %s %s", name, label)
	return 0
}

func bucket(t testing.TB, b *bus.Bus, name string) jetstream.KeyValue {
	t.Helper()
	kv, err := b.Bucket(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return kv
}

func TestAPoisonousReportCostsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		reason     bus.Reason
	}{
		{"no JSON", "<html>", bus.Unreadable},
		{"another record", `{"schema":"tocsin.report/1"}`, bus.Unreadable},
		{"another major version", `{"schema":"tocsin.report/2","id":"rep-1"}`, bus.UnknownKind},
		{"an incident that no message holds", tooLarge(), bus.TooLarge},
		{"an order that cannot be carried out", `{"schema":"tocsin.order/1"}`, bus.Refused},
		{"a report that breaks the book", breaks(), bus.Panicked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := bustest.New(t)
			header := nats.Header{}
			if tt.reason == bus.Refused {
				header.Set(correlate.HeaderOrder, "1")
			}
			if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("report", "iq", "bombing"), ID: "bad", Data: []byte(tt.data), Header: header}); err != nil {
				t.Fatal(err)
			}
			put(t, b, report("a", "Mosul", 3, 1))
			w := newWorker(t, b, prometheus.NewRegistry())
			w.Reached(func(point string) {
				if point == "asking "+breaking {
					panic("as a mistake in the book would")
				}
			})
			bustest.Start(t, w.Run)
			settled(t, b)
			if d := cmp.Diff([]string{"Mosul v1 new 3"}, brief(versions(t, b))); d != "" {
				t.Errorf("versions (-want +got)\n%s", d)
			}
			var reasons []string
			if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
				reasons = append(reasons, d.Stage+" "+d.Reason)
				return true
			}); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{"correlate " + string(tt.reason)}, reasons); d != "" {
				t.Errorf("dead letters (-want +got)\n%s", d)
			}
		})
	}
}

const breaking = "rep-breaking"

// breaks is a report of which a test says that it breaks the book.
func breaks() string {
	r := report("huge", "Basra", 3, 1)
	r.ID = breaking
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// tooLarge is a report that fits a message, of an incident that does not.
func tooLarge() string {
	r := report("huge", "Basra", 3, 1)
	r.Weapons = []string{strings.Repeat("w", 400<<10)}
	r.Place.Name = strings.Repeat("p", 60<<10) // kept in the place and in the reading
	data, err := json.Marshal(r)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func TestWorkGoesOnOverARestartOfTheServer(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	start(t, b, prometheus.NewRegistry())
	put(t, b, report("a", "Mosul", 3, 1))
	settled(t, b)
	if err := b.RestartServer(); err != nil {
		t.Fatal(err)
	}
	put(t, b, report("b", "Mosul", 4, 1))
	settled(t, b)
	if d := cmp.Diff([]string{"Mosul v1 new 3", "Mosul v2 update 4"}, brief(versions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
}
