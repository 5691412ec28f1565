package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

// an alert of incident "a" and so on: version, status, severity, killed.
func alertOf(incident string, version int, status, severity string, killed int) *sink.Alert {
	return &sink.Alert{ID: fmt.Sprintf("%s.%d", incident, version), Time: time.Date(2026, 3, 9, 8, version, 0, 0, time.UTC), Data: sink.Data{Incident: incident, Version: version, Status: status, Severity: severity, Summary: incident,
		IncType: "bombing", Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed}}}}
}

func TestDiffAlerts(t *testing.T) {
	first, more, fewer := alertOf("a", 1, "new", "moderate", 3), alertOf("a", 2, "update", "severe", 9), alertOf("a", 4, "correction", "severe", 7)
	for _, tt := range []struct {
		name        string
		told, would []*sink.Alert
		want        []string
		summary     string
	}{
		{"the same", []*sink.Alert{first, more}, []*sink.Alert{first, more}, nil, "2 alerts: 2 same, 0+ 0- 0~"},
		{"other versions that say the same", []*sink.Alert{first, more}, []*sink.Alert{first, alertOf("a", 7, "update", "severe", 9)}, nil, "2 alerts: 2 same, 0+ 0- 0~"},
		{"nothing is told any more", []*sink.Alert{first, more}, nil, []string{"- a.1", "- a.2"}, "2 alerts: 0 same, 0+ 2- 0~"},
		{"something new", []*sink.Alert{first}, []*sink.Alert{first, more}, []string{"+ a.2"}, "1 alerts: 1 same, 1+ 0- 0~"},
		{"one in between is left out", []*sink.Alert{first, more, fewer}, []*sink.Alert{first, fewer}, []string{"- a.2"}, "3 alerts: 2 same, 0+ 1- 0~"},
		{"graver", []*sink.Alert{first, more}, []*sink.Alert{first, alertOf("a", 2, "update", "extreme", 9)}, []string{"~ a.2 severity: severe → extreme"}, "2 alerts: 1 same, 0+ 0- 1~"},
		{"another toll and status", []*sink.Alert{more}, []*sink.Alert{alertOf("a", 2, "new", "severe", 8)}, []string{"~ a.2 status: update → new; killed: 9 → 8"}, "1 alerts: 0 same, 0+ 0- 1~"},
		{"two for one", []*sink.Alert{more}, []*sink.Alert{alertOf("a", 2, "new", "severe", 8), alertOf("a", 3, "update", "severe", 12)}, []string{"~ a.2 status: update → new; killed: 9 → 8", "+ a.3"}, "1 alerts: 0 same, 1+ 0- 1~"},
		{"another incident", []*sink.Alert{first}, []*sink.Alert{alertOf("b", 1, "new", "moderate", 3)}, []string{"- a.1", "+ b.1"}, "1 alerts: 0 same, 1+ 1- 0~"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			by := func(list []*sink.Alert) map[string][]*sink.Alert {
				m := map[string][]*sink.Alert{}
				for _, a := range list {
					m[a.Data.Incident] = append(m[a.Data.Incident], a)
				}
				return m
			}
			d := diffAlerts(by(tt.told), by(tt.would))
			var got []string
			for _, l := range d.lines {
				got = append(got, strings.TrimSpace(l.Diff+" "+l.alert().ID+" "+strings.Join(l.Changes, "; ")))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("differences (-want +got)\n%s", diff)
			}
			s := d.summary
			if got := fmt.Sprintf("%d alerts: %d same, %d+ %d- %d~", s.Told, s.Same, s.Appear, s.Vanish, s.Change); got != tt.summary {
				t.Errorf("summary %q, want %q", got, tt.summary)
			}
		})
	}
}

// state is how far every stream and bucket of a system is.
func state(t *testing.T, b *bus.Bus) map[string]string {
	t.Helper()
	out := map[string]string{}
	list := b.JS.ListStreams(t.Context())
	for info := range list.Info() {
		out[info.Config.Name] = fmt.Sprintf("%d messages, %d to %d, %d deleted, %d consumers", info.State.Msgs, info.State.FirstSeq, info.State.LastSeq, info.State.NumDeleted, info.State.Consumers)
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) < 10 {
		t.Fatalf("only %d streams and buckets", len(out))
	}
	return out
}

// checkReplay replays the stored articles of a daemon that has stopped: with its own
// configuration nothing is different, with a stricter one alerts vanish; and nothing
// that it has changes.
func checkReplay(t *testing.T, dir string, alerts int) {
	b := bustest.Open(t, dir)
	before := state(t, b)
	same := fmt.Sprintf(": %d would be as they were, 0 would appear, 0 vanish, 0 change\n", alerts)
	for _, where := range []string{"by way of the daemon", "from its files"} {
		code, out, errs := runHere(t, "", "replay", "--data", dir)
		if code != exitOK || errs != "" || !strings.HasPrefix(out, fmt.Sprint(alerts, " alerts since ")) || !strings.HasSuffix(out, same) {
			t.Errorf("replay with the same configuration, %s: code %d, want no difference in %d alerts\n%s%s", where, code, alerts, out, errs)
		}
		b.Close() // then from its files
	}
	strict := filepath.Join(t.TempDir(), "strict.yaml")
	if err := os.WriteFile(strict, []byte("correlate: {severity: {extreme_killed: 1000, extreme_casualties: 5000}}\nsink: {rules: [{name: iraq, countries: [iq]}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := runHere(t, "", "replay", "--data", dir, "--config", strict, "--json", "--since", "1d")
	if code != exitOK || errs != "" {
		t.Fatalf("replay with another configuration: code %d\n%s", code, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var s diffSummary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil {
		t.Fatal(err)
	}
	if s.Told != alerts || s.Same+s.Change+s.Vanish != alerts || s.Vanish < alerts/2 || s.Same == 0 || len(lines) != 1+s.Appear+s.Vanish+s.Change {
		t.Errorf("replay for Iraq alone: %+v in %d lines", s, len(lines))
	}
	b = bustest.Open(t, dir)
	defer b.Close()
	if d := cmp.Diff(before, state(t, b)); d != "" {
		t.Errorf("a replay has changed what the daemon has (-before +after)\n%s", d)
	}
}

// workedThrough waits until each stage has settled all that the one before has written.
func workedThrough(t *testing.T, b *bus.Bus) {
	t.Helper()
	for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents} {
		if !until(func() bool {
			s, err := b.Stream(t.Context(), c.Stream)
			if err != nil {
				t.Fatal(err)
			}
			cons, err := s.Consumer(t.Context(), c.Name)
			return err == nil && cons.CachedInfo().AckFloor.Stream == s.CachedInfo().State.LastSeq
		}) {
			t.Fatalf("consumer %s does not settle its stream", c.Name)
		}
	}
}

// An operator's orders are carried out where they came among the reports.
func TestReplayKnowsOrders(t *testing.T) {
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	log := bustest.Log(t)
	ec, cc, sc := enrich.DefaultConfig(), correlate.DefaultConfig(), sink.DefaultConfig()
	ec.Log, ec.Metrics, cc.Log, cc.Metrics, sc.Log, sc.Metrics = log, prometheus.NewRegistry(), log, prometheus.NewRegistry(), log, prometheus.NewRegistry()
	stops := []func(){
		bustest.Start(t, enrich.NewWorker(b, enrich.NewTagger(), ec).Run),
		bustest.Start(t, correlate.NewWorker(b, cc).Run),
		bustest.Start(t, sink.NewWorker(b, sc).Run),
	}
	n := 0
	publish := func(title, body string, ahead time.Duration) {
		n++
		at := time.Now().UTC().Add(ahead)
		a := ingest.Article{Schema: ingest.ArticleSchema, Edition: 1, Feed: "wire", Outlet: fmt.Sprint("Outlet ", n), Title: title, Body: body, Published: at, FirstSeen: at, Fetched: at}
		a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
		a.ID = ingest.ArticleID(a.Feed, title)
		data, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: a.MsgID(), Data: data}); err != nil {
			t.Fatal(err)
		}
		workedThrough(t, b)
	}
	publish("Bombing kills six in Kirkuk", "A bomb killed six people at a market in Kirkuk, Iraq, on Monday, police said.", 0)
	publish("Gunmen kill nine in Quetta", "Gunmen shot dead nine people in Quetta, Balochistan, Pakistan, on Monday, police said.", 0)
	var ids []string
	if err := latestIncidents(t.Context(), b, nil, func(i *correlate.Incident) { ids = append(ids, i.ID) }); err != nil || len(ids) != 2 {
		t.Fatalf("incidents %v, %v; want two", ids, err)
	}
	code, out, errs := runHere(t, "", "incident", "merge", ids[0], ids[1], "--why", "a test", "--data", dir)
	if code != exitOK {
		t.Fatalf("merge: code %d\n%s%s", code, out, errs)
	}
	publish("Toll of Quetta shooting rises to fifteen", "The number of people killed by gunmen in Quetta, Balochistan, Pakistan, on Monday has risen to 15 from nine, police said.", time.Second)
	workedThrough(t, b)
	for _, stop := range stops {
		stop()
	}
	b.Close()
	code, out, errs = runHere(t, "", "replay", "--data", dir, "--since", "1h")
	if code != exitOK || errs != "" || !strings.Contains(out, " would be as they were, 0 would appear, 0 vanish, 0 change\n") {
		t.Errorf("code %d, %s%s; want no difference", code, out, errs)
	}

	// What is older than the oldest article is taken as it stood.
	b = bustest.Open(t, dir)
	s, err := b.Stream(t.Context(), bus.Articles)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(t.Context(), jetstream.WithPurgeSequence(3)); err != nil {
		t.Fatal(err)
	}
	b.Close()
	code, out, errs = runHere(t, "", "replay", "--data", dir, "--since", "1h")
	if code != exitOK || errs != "" || !strings.HasPrefix(out, "1 alert since ") || !strings.Contains(out, "from 1 stored article: ") || !strings.Contains(out, " 0 would appear, 0 vanish, 0 change\n") {
		t.Errorf("without the older articles: code %d, %s%s; want no difference", code, out, errs)
	}
}
