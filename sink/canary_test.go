package sink

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// Canaries between versions change nothing of what is told, remembered or counted, and
// each has an alert of its own, whatever the operator's rules are.
func TestCanariesAreNotTold(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	cfg := config(t)
	cfg.Rules = []Rule{{Name: "iraq", Severity: "minor", Countries: []string{"iq"}}}
	live, err := b.Conn.SubscribeSync(b.Pattern("alert", ">"))
	if err != nil {
		t.Fatal(err)
	}
	list := story()
	birds := []*correlate.Incident{incident("inc-canary-1"), incident("inc-canary-2", func(i *correlate.Incident) { i.Place.Country = "AQ" })}
	for k, i := range list {
		put(t, b, i)
		if k < len(birds) {
			bustest.Canary(t, b, morning.Add(time.Duration(k)*time.Hour), "incident", birds[k])
		}
	}
	w := NewWorker(b, cfg)
	stop := bustest.Start(t, w.Run)
	bustest.Settled(t, b, bus.SinkIncidents)
	stop()
	told := []string{
		"inc-1.1 new iraq: Bombing in Mosul, Iraq: 3 killed",
		"inc-1.3 update iraq: Bombing in Mosul, Iraq: 5 killed (was 3)",
		"inc-1.4 cancel told-before: Bombing in Mosul, Iraq: cancelled, no report stands by it",
	}
	if d := cmp.Diff(told, brief(alerts(t, b))); d != "" {
		t.Errorf("alerts (-want +got)\n%s", d)
	}
	if n, _, err := live.Pending(); err != nil || n != len(told) {
		t.Errorf("%d alerts were heard live (%v), want %d", n, err, len(told))
	}
	for outcome, want := range map[string]float64{"told": 3, "silent": 1, "no_rule": 2, "known": 0, "set_aside": 0} {
		if got := testutil.ToFloat64(w.metrics.versions.WithLabelValues(outcome)); got != want {
			t.Errorf("%v versions are counted as %s, want %v", got, outcome, want)
		}
	}
	for _, i := range birds {
		if tt, err := w.lookUp(t.Context(), i.ID); err != nil || tt.told != nil || tt.revision != 0 {
			t.Errorf("incident %s of a canary is remembered as told: %+v, %v", i.ID, tt, err)
		}
	}
	var rules []string
	if err := b.ReadSubject(t.Context(), bus.Canaries, b.Subject("canary", "alert"), func(m jetstream.Msg, _ uint64) error {
		c, err := bus.DecodeCanary(m.Data())
		if err != nil {
			return err
		}
		a, err := DecodeAlert(c.Record)
		rules = append(rules, a.ID+" "+a.Data.Rule)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if len(rules) == 2 && rules[0] > rules[1] { // they are carried side by side
		rules[0], rules[1] = rules[1], rules[0]
	}
	if d := cmp.Diff([]string{"inc-canary-1.1 iraq", "inc-canary-2.1 canary"}, rules); d != "" {
		t.Errorf("alerts of canaries, and the rules that let them pass (-want +got)\n%s", d)
	}
}
