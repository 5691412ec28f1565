package main

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/cmd/tocsin/demo"
	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

// demoExpectation is what a perfect reader makes of the demo: demo/expect.json.
type demoExpectation struct {
	Incidents []struct {
		Key, Country, Type string
		Items              []string
		Alerts             bool
		Killed             *struct{ Min, Max *int }
	}
	Nothing []struct{ Item, Why string }
}

// TestDemoStory runs the whole demo through the daemon and holds what was told
// against what its author meant.
func TestDemoStory(t *testing.T) {
	raw, err := os.ReadFile("demo/expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var want demoExpectation
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	incidents, alerts, dir := runDemo(t)
	of := func(item string) (found []correlate.Incident) {
		for _, i := range incidents {
			if slices.ContainsFunc(i.Provenance, func(o correlate.Origin) bool { return o.URL == item }) {
				found = append(found, i)
			}
		}
		return found
	}
	expected, told, right, counted := 0, 0, 0, 0
	for _, w := range want.Incidents {
		if !w.Alerts {
			continue
		}
		expected++
		// Of two incidents that one article tells of, the one that more of the
		// articles tell of.
		var best *correlate.Incident
		items := map[string]int{}
		for _, item := range w.Items {
			for _, i := range of(item) {
				if items[i.ID]++; i.Place.Country == w.Country && (best == nil || items[i.ID] > items[best.ID] || items[i.ID] == items[best.ID] && i.Type == w.Type && best.Type != w.Type) {
					best = &i
				}
			}
		}
		if best == nil {
			t.Logf("not told: %s", w.Key)
			continue
		}
		told++
		if w.Killed == nil {
			continue
		}
		counted++
		n, ok := best.Totals[enrich.Killed].Number()
		if ok && (w.Killed.Min == nil || n >= *w.Killed.Min) && (w.Killed.Max == nil || n <= *w.Killed.Max) {
			right++
		} else {
			t.Logf("other toll: %s: killed %d (%v)", w.Key, n, ok)
		}
	}
	alarms := 0
	for _, n := range want.Nothing {
		if len(of(n.Item)) > 0 {
			alarms++
			t.Logf("false alarm: %s (%s)", n.Item, n.Why)
		}
	}
	t.Logf("%d of %d incidents told with their country, %d of %d tolls right, %d of %d quiet items raised something", told, expected, right, counted, alarms, len(want.Nothing))
	// What the first reader reached, so that a later one is not worse.
	if told < 32 || right < 23 || alarms > 1 {
		t.Error("the reader has become worse than it was")
	}
	checkMogadishu(t, incidents, alerts)
	checkReplay(t, dir, len(alerts))
}

// checkMogadishu is the demo's main thread: one bombing told by nine outlets
// with a rising and then corrected toll, and another the day after.
func checkMogadishu(t *testing.T, incidents []correlate.Incident, alerts []*sink.Alert) {
	var terminal *correlate.Incident
	others := 0
	for k := range incidents {
		i := &incidents[k]
		if i.Place.Country != "SO" || enrich.Family(i.Type) != "explosive" {
			continue
		}
		if terminal == nil || i.Sources.Outlets > terminal.Sources.Outlets {
			terminal = i
		}
		others++
	}
	if terminal == nil || others != 2 {
		t.Fatalf("%d bombings in Mogadishu, want two", others)
	}
	if n, ok := terminal.Totals[enrich.Killed].Number(); !ok || n != 21 || terminal.Sources.Outlets < 6 {
		t.Errorf("the bus terminal: killed %d by %d outlets, want 21 by at least 6", n, terminal.Sources.Outlets)
	}
	var statuses []string
	for _, a := range alerts {
		if a.Subject == terminal.ID {
			statuses = append(statuses, a.Data.Status)
		}
	}
	if len(statuses) < 3 || statuses[0] != "new" || !slices.Contains(statuses, "correction") || slices.Contains(statuses[1:], "new") {
		t.Errorf("the bus terminal was told as %v; want new, updates and a correction", statuses)
	}
}

// runDemo runs the daemon on the demo until it has been told to its end, and
// returns the latest versions of what was told, all alerts, and its data directory.
func runDemo(t *testing.T) (incidents []correlate.Incident, alerts []*sink.Alert, dir string) {
	t.Helper()
	cfg := defaultConfig()
	cfg.Data, cfg.HTTP.Listen, cfg.NATS.Durability = t.TempDir(), "", bus.Relaxed
	d, err := startDemo(bustest.Log(t))
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	d.apply(&cfg)
	for k := range cfg.Ingest.Feeds {
		cfg.Ingest.Feeds[k].Every = time.Second
	}
	articles, rounds := 0, 0
	runUntil(t, cfg, func(dm *daemon) bool {
		articles = counter(t, dm, "tocsin_ingest_articles_total", "first")
		rounds = counter(t, dm, "tocsin_canary_rounds_total", "ok")
		// Four parts of the week, a poll each; then nothing changes any more.
		polls := counter(t, dm, "tocsin_ingest_polls_total", "") - counter(t, dm, "tocsin_ingest_polls_total", "failed")
		return polls >= 7*len(demo.Feeds())
	})
	if rounds < 1 {
		t.Error("no canary came through the line")
	}
	if articles < demo.Items() {
		t.Errorf("%d articles of %d items", articles, demo.Items())
	}
	b := bustest.Open(t, cfg.Data)
	defer b.Close()
	toldOf := map[string]bool{}
	all(t, b, bus.Alerts, func(m jetstream.Msg) {
		a, err := sink.DecodeAlert(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		alerts = append(alerts, a)
		toldOf[a.Subject] = a.Data.Status != "cancel"
	})
	latest := map[string]correlate.Incident{}
	all(t, b, bus.Incidents, func(m jetstream.Msg) {
		i, err := correlate.Decode(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		latest[i.ID] = i
	})
	for id, i := range latest {
		if toldOf[id] {
			incidents = append(incidents, i)
		}
	}
	slices.SortFunc(incidents, func(a, b correlate.Incident) int { return a.Published.Compare(b.Published) })
	return incidents, alerts, cfg.Data
}

// counter sums a counter, of one label value or, where that is empty, of all.
func counter(t *testing.T, d *daemon, name, label string) (sum int) {
	t.Helper()
	families, err := d.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			if label == "" || (len(m.GetLabel()) > 0 && m.GetLabel()[0].GetValue() == label) {
				sum += int(m.GetCounter().GetValue())
			}
		}
	}
	return sum
}
