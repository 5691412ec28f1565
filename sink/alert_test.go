package sink

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
)

// What CloudEvents 1.0 asks of an event in structured JSON.
func TestAlertIsACloudEvent(t *testing.T) {
	before := &told{Version: 1, Alert: "inc-1.1", Totals: map[enrich.Measure]int{enrich.Killed: 3}}
	data, err := json.Marshal(newAlert(incident("inc-1", version(2, correlate.Update), killed(5)), correlate.Update, "grave", "/tocsin", before))
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(data, &event); err != nil {
		t.Fatal(err)
	}
	for attribute, want := range map[string]any{
		"specversion": "1.0", "id": "inc-1.2", "source": "/tocsin", "type": "net.tocsin.incident.update.v1",
		"subject": "inc-1", "time": "2026-03-09T08:00:00Z", "datacontenttype": "application/json",
	} {
		if got := event[attribute]; got != want {
			t.Errorf("attribute %s is %v, want %v", attribute, got, want)
		}
	}
	for name := range event {
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
			t.Errorf("attribute %q: names are lower-case letters and digits", name)
		}
	}
	if _, err := url.Parse(event["source"].(string)); err != nil {
		t.Errorf("source: %v", err)
	}
	if _, err := time.Parse(time.RFC3339, event["time"].(string)); err != nil {
		t.Errorf("time: %v", err)
	}
	got := event["data"].(map[string]any)
	for key, want := range map[string]any{
		"schema": "tocsin.alert/1", "status": "update", "severity": "moderate", "rule": "grave", "incident": "inc-1", "version": 2.0, "previous": "inc-1.1",
		"why": "totals.killed: 3 → 5", "summary": "Bombing in Mosul, Iraq: 5 killed (was 3)",
	} {
		if d := cmp.Diff(want, got[key]); d != "" {
			t.Errorf("data.%s (-want +got)\n%s", key, d)
		}
	}
	wantQuote := []any{map[string]any{"measure": "killed", "quantifier": "exact", "min": 3.0, "max": 3.0, "scope": "current", "relation": "total", "said_by": "police",
		"quote": "killing 3 people", "article": "art-1", "field": "body", "start": 10.0, "end": 24.0, "rule": "fig.test"}}
	if d := cmp.Diff(wantQuote, got["evidence"]); d != "" {
		t.Errorf("evidence (-want +got)\n%s", d)
	}
	if back, err := DecodeAlert(data); err != nil {
		t.Error(err)
	} else if again, err := json.Marshal(back); err != nil || string(again) != string(data) {
		t.Errorf("decoded and encoded again (%v), it is\n%s\nnot\n%s", err, again, data)
	}
}

// Lists in JSON are lists, also when they are empty.
func TestAnAlertOfNothingHasLists(t *testing.T) {
	data, err := json.Marshal(newAlert(&correlate.Incident{ID: "inc-1", Version: 1}, correlate.New, "r", "/tocsin", nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"evidence":[]`, `"sources":[]`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("%s lacks %s", data, want)
		}
	}
}

func TestAlertIsBounded(t *testing.T) {
	i := incident("inc-1")
	for k := range 100 {
		i.Figures = append(i.Figures, i.Figures[0])
		i.Provenance = append(i.Provenance, correlate.Origin{Article: fmt.Sprint(k), Outlet: fmt.Sprint("o", k)})
	}
	a := newAlert(i, correlate.New, "r", "/tocsin", nil)
	if len(a.Data.Evidence) != maxQuotes || len(a.Data.Sources) != maxSources {
		t.Errorf("%d quotes, %d sources", len(a.Data.Evidence), len(a.Data.Sources))
	}
	if first, last := a.Data.Sources[0].Article, a.Data.Sources[maxSources-1].Article; first != "art-1" || last != "99" {
		t.Errorf("sources from %s to %s, want the founder and the newest", first, last)
	}
}

func TestSummary(t *testing.T) {
	totals := func(m enrich.Measure, total enrich.Total) func(*correlate.Incident) {
		return func(i *correlate.Incident) { i.Totals[m] = total }
	}
	nobody := func(i *correlate.Incident) { delete(i.Totals, enrich.Killed) }
	for _, tt := range []struct {
		name   string
		inc    *correlate.Incident
		status correlate.Status
		before *told
		want   string
	}{
		{"an exact toll", incident("inc-1"), correlate.New, nil, "Bombing in Mosul, Iraq: 3 killed"},
		{"a subtype has its own name", incident("inc-1", func(i *correlate.Incident) { i.Subtype = "suicide" }), correlate.New, nil, "Suicide bombing in Mosul, Iraq: 3 killed"},
		{"a type of two words", incident("inc-1", func(i *correlate.Incident) { i.Type = "drone_strike" }), correlate.New, nil, "Drone strike in Mosul, Iraq: 3 killed"},
		{"nothing counted", incident("inc-1", nobody), correlate.New, nil, "Bombing in Mosul, Iraq"},
		{"nobody killed", incident("inc-1", totals(enrich.Killed, enrich.Total{Min: n(0), Max: n(0), Quantifier: "none"})), correlate.New, nil, "Bombing in Mosul, Iraq: none killed"},
		{"a floor", incident("inc-1", totals(enrich.Killed, enrich.Total{Min: n(20), Quantifier: "vague"})), correlate.New, nil, "Bombing in Mosul, Iraq: at least 20 killed"},
		{"a ceiling", incident("inc-1", totals(enrich.Killed, enrich.Total{Max: n(9)})), correlate.New, nil, "Bombing in Mosul, Iraq: up to 9 killed"},
		{"a range", incident("inc-1", totals(enrich.Killed, enrich.Total{Min: n(7), Max: n(9)})), correlate.New, nil, "Bombing in Mosul, Iraq: 7 to 9 killed"},
		{"about", incident("inc-1", totals(enrich.Killed, enrich.Total{Min: n(9), Max: n(9), Quantifier: "approx"})), correlate.New, nil, "Bombing in Mosul, Iraq: about 9 killed"},
		{"not known", incident("inc-1", totals(enrich.Killed, enrich.Total{Quantifier: "unknown"})), correlate.New, nil, "Bombing in Mosul, Iraq"},
		{"several measures", incident("inc-1", totals(enrich.Injured, exactly(8)), totals(enrich.Hostages, exactly(2))), correlate.New, nil, "Bombing in Mosul, Iraq: 3 killed, 8 injured, 2 held hostage"},
		{"foiled", incident("inc-1", nobody, func(i *correlate.Incident) { i.Outcome = "foiled" }), correlate.New, nil, "Bombing (foiled) in Mosul, Iraq"},
		{"a larger place", incident("inc-1", func(i *correlate.Incident) { i.Place.Name, i.Place.Admin = "a market", "Mosul" }), correlate.New, nil, "Bombing in a market, Mosul, Iraq: 3 killed"},
		{"a way from a place", incident("inc-1", func(i *correlate.Incident) {
			i.Place.Name, i.Place.Offset = "Arbil", &enrich.Offset{Km: 70, Bearing: "north-east", Of: "Arbil"}
		}), correlate.New, nil, "Bombing 70 km north-east of Arbil, Iraq: 3 killed"},
		{"a part of the country says nothing", incident("inc-1", func(i *correlate.Incident) { i.Place.Admin = "northern Iraq" }), correlate.New, nil, "Bombing in Mosul, Iraq: 3 killed"},
		{"a division", incident("inc-1", func(i *correlate.Incident) { i.Place.Admin1 = "Nineveh" }), correlate.New, nil, "Bombing in Mosul, Nineveh, Iraq: 3 killed"},
		{"a larger place that the name has", incident("inc-1", func(i *correlate.Incident) { i.Place.Name, i.Place.Admin = "Mosul market", "Mosul" }), correlate.New, nil, "Bombing in Mosul market, Iraq: 3 killed"},
		{"only a country", incident("inc-1", func(i *correlate.Incident) { i.Place.Name = "Iraq" }), correlate.New, nil, "Bombing in Iraq: 3 killed"},
		{"nowhere", incident("inc-1", func(i *correlate.Incident) { i.Place = enrich.Place{} }), correlate.New, nil, "Bombing: 3 killed"},
		{"what it was before", incident("inc-1", killed(5)), correlate.Update, &told{Totals: map[enrich.Measure]int{enrich.Killed: 3}}, "Bombing in Mosul, Iraq: 5 killed (was 3)"},
		{"the same as before", incident("inc-1"), correlate.Update, &told{Totals: map[enrich.Measure]int{enrich.Killed: 3}}, "Bombing in Mosul, Iraq: 3 killed"},
		{"cancelled", incident("inc-1"), correlate.Cancel, &told{}, "Bombing in Mosul, Iraq: cancelled, no report stands by it"},
		{"merged into another", incident("inc-1", func(i *correlate.Incident) { i.MergedInto = "inc-2" }), correlate.Cancel, &told{}, "Bombing in Mosul, Iraq: one with incident inc-2"},
		{"violence of unknown type", incident("inc-1", func(i *correlate.Incident) { i.Type = "unknown" }), correlate.New, nil, "Attack in Mosul, Iraq: 3 killed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(tt.inc, tt.status, tt.before); got != tt.want {
				t.Errorf("summary = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEveryTypeHasAName(t *testing.T) {
	for _, typ := range enrich.Types {
		if got := typeName(typ, ""); got == "" || got[0] < 'A' || got[0] > 'Z' || strings.Contains(got, "_") {
			t.Errorf("typeName(%q) = %q", typ, got)
		}
	}
	if got := typeName("", ""); got != "" {
		t.Errorf("typeName of none = %q", got)
	}
	for code, want := range map[string]string{"IQ": "Iraq", "ZZ9": "ZZ9", "": ""} {
		if got := CountryName(code); got != want {
			t.Errorf("CountryName(%q) = %q, want %q", code, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	more := incident("inc-1", func(i *correlate.Incident) {
		for _, o := range []string{"B", "C", "C", "D"} {
			i.Provenance = append(i.Provenance, correlate.Origin{Outlet: o})
		}
		i.Sources.Outlets = 4
	})
	for _, tt := range []struct {
		name string
		inc  *correlate.Incident
		want string
	}{
		{"one outlet", incident("inc-1"), "2026-03-09 08:00  moderate  new         Bombing in Mosul, Iraq: 3 killed  [The Wire]"},
		{"the newest three outlets", more, "2026-03-09 08:00  moderate  new         Bombing in Mosul, Iraq: 3 killed  [D, C, B and 1 more]"},
		{"no outlet", incident("inc-1", func(i *correlate.Incident) { i.Provenance = nil }), "2026-03-09 08:00  moderate  new         Bombing in Mosul, Iraq: 3 killed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := newAlert(tt.inc, correlate.New, "r", "/tocsin", nil).Line(); got != tt.want {
				t.Errorf("Line() = %q\nwant     %q", got, tt.want)
			}
		})
	}
}

// Names come from strangers: a line stays a line, and a terminal as it was.
func TestALineIsOneLine(t *testing.T) {
	i := incident("inc-1", func(i *correlate.Incident) {
		i.Place.Name = "Mosul\n2026-03-09 08:00  extreme \x1b[31m red"
		i.Provenance[0].Outlet = "The\r\nWire\x07"
	})
	if got := newAlert(i, correlate.New, "r", "/tocsin", nil).Line(); strings.ContainsAny(got, "\n\r\x1b\x07") {
		t.Errorf("Line() = %q, want no control characters", got)
	}
}
