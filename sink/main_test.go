package sink

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var morning = time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)

func n(i int) *int { return &i }

// incident is version 1 of a bombing in Mosul that killed 3.
func incident(id string, with ...func(*correlate.Incident)) *correlate.Incident {
	i := &correlate.Incident{Schema: correlate.Schema, ID: id, Version: 1, Status: correlate.New, Scope: "current", Type: "bombing", Outcome: "carried_out",
		Updated: morning, Place: enrich.Place{Name: "Mosul", Country: "IQ", Precision: "settlement"},
		Totals: map[enrich.Measure]enrich.Total{enrich.Killed: exactly(3)},
		Figures: []enrich.Figure{{Measure: enrich.Killed, Quantifier: "exact", Min: n(3), Max: n(3), Point: n(3), Scope: "current", Relation: "total", Certainty: "reported", Rule: "fig.test",
			Source: &enrich.Said{Text: "police", Kind: "police"}, Evidence: []enrich.Span{{Article: "art-1", Field: "body", Start: 10, End: 24, Text: "killing 3 people"}}}},
		Assessment: correlate.Assessment{Severity: "Moderate", Urgency: "Past", Certainty: "Likely", Rule: "sev.killed>=1"},
		Sources:    correlate.Sources{Articles: 1, Outlets: 1, Independent: 1},
		Provenance: []correlate.Origin{{Article: "art-1", URL: "https://news.example/1", Feed: "wire", Outlet: "The Wire", Title: "Three killed", Published: morning, ContentSHA256: "x"}},
		Readings:   []correlate.Reading{{Report: "rep-1", Article: "art-1", Edition: 1, Type: "bombing", Outcome: "carried_out"}},
	}
	for _, f := range with {
		f(i)
	}
	return i
}

func exactly(k int) enrich.Total {
	return enrich.Total{Min: n(k), Max: n(k), Point: n(k), Quantifier: "exact", Rule: "fuse.first"}
}

func version(v int, s correlate.Status) func(*correlate.Incident) {
	return func(i *correlate.Incident) { i.Version, i.Status = v, s }
}

func killed(k int) func(*correlate.Incident) {
	return func(i *correlate.Incident) {
		i.Explain.Diff = append(i.Explain.Diff, correlate.Diff{Field: "totals.killed", From: 3, To: k})
		i.Totals = map[enrich.Measure]enrich.Total{enrich.Killed: exactly(k)}
	}
}

func severity(s string) func(*correlate.Incident) {
	return func(i *correlate.Incident) { i.Assessment.Severity = s }
}

func config(t *testing.T) Config {
	cfg := DefaultConfig()
	cfg.Log, cfg.Metrics = bustest.Log(t), prometheus.NewRegistry()
	return cfg
}

// put publishes versions as correlation does.
func put(t *testing.T, b *bus.Bus, list ...*correlate.Incident) {
	t.Helper()
	for _, i := range list {
		data, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		putRaw(t, b, i.MsgID(), data)
	}
}

func putRaw(t *testing.T, b *bus.Bus, id string, data []byte) {
	t.Helper()
	subject := b.Subject("incident", "iq", "bombing", strings.Split(id, ".")[0])
	if _, err := b.Publish(t.Context(), bus.Message{Subject: subject, ID: id, Data: data}); err != nil {
		t.Fatal(err)
	}
}

// alerts are those on the stream, in its order.
func alerts(t *testing.T, b *bus.Bus) []*Alert {
	t.Helper()
	s, err := b.Stream(t.Context(), bus.Alerts)
	if err != nil {
		t.Fatal(err)
	}
	var list []*Alert
	for seq := uint64(1); seq <= s.CachedInfo().State.LastSeq; seq++ {
		m, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		a, err := DecodeAlert(m.Data)
		if err != nil {
			t.Fatal(err)
		}
		country := "_"
		if c := a.Data.Place.Country; c != "" {
			country = strings.ToLower(c)
		}
		if want := fmt.Sprintf("tocsin.v1.alert.%s.%s.%s.%s", a.Data.Severity, country, a.Data.IncType, a.Data.Status); m.Subject != want {
			t.Errorf("alert %s is on %s, want %s", a.ID, m.Subject, want)
		}
		if got := m.Header.Get(jetstream.MsgIDHeader); got != a.ID {
			t.Errorf("alert %s has message id %s", a.ID, got)
		}
		list = append(list, a)
	}
	return list
}

// brief is "incident version status rule summary" of each alert.
func brief(list []*Alert) []string {
	var out []string
	for _, a := range list {
		out = append(out, fmt.Sprintf("%s %s %s: %s", a.ID, a.Data.Status, a.Data.Rule, a.Data.Summary))
	}
	return out
}

func dead(t *testing.T, b *bus.Bus) []string {
	t.Helper()
	var list []string
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool {
		list = append(list, strings.TrimSpace(d.Stage+" "+d.Reason+" "+d.Output))
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return list
}
