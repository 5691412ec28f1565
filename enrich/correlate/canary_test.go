package correlate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// canariesStored are those on the incident stream, and the incidents that they carry.
func canariesStored(t *testing.T, b *bus.Bus) (list []correlate.Incident) {
	t.Helper()
	err := b.ReadSubject(t.Context(), bus.Incidents, b.Subject("canary", "incident"), func(m jetstream.Msg, _ uint64) error {
		c, err := bus.DecodeCanary(m.Data())
		if err != nil {
			return err
		}
		if c.Trouble != "" {
			t.Errorf("a canary is in trouble: %s", c.Trouble)
		}
		i, err := correlate.Decode(c.Record)
		list = append(list, i)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// lines are incidents as they are stored.
func lines(t *testing.T, list []correlate.Incident) (out []string) {
	t.Helper()
	for _, i := range list {
		data, err := json.Marshal(&i)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(data))
	}
	return out
}

// What is known of incidents, and what is stored, is the same whether canaries come in
// between or not, also over a restart that finds them behind what it knows, and though
// they tell of the very same bombing.
func TestCanariesChangeNothing(t *testing.T) {
	t.Parallel()
	now := time.Now().UTC().Truncate(time.Second)
	said := []enrich.Report{report("a", "Mosul", 3, 1), report("b", "Basra", 1, 1), report("c", "Mosul", 5, 1), report("d", "Erbil", 2, 1), report("c", "Mosul", 4, 2), report("e", "Mosul", 4, 1)}
	for k := range said {
		said[k].Source.Published, said[k].Source.Fetched = now.Add(time.Duration(k)*time.Second), now.Add(time.Duration(k)*time.Second)
	}
	tell := func(canaries bool) ([]correlate.Incident, *bus.Bus, *prometheus.Registry) {
		b := bustest.New(t)
		var reg *prometheus.Registry
		for half := range 2 { // the second one is after a restart
			reg = prometheus.NewPedanticRegistry()
			stop := start(t, b, reg)
			for k, r := range said[3*half : 3*half+3] {
				put(t, b, r)
				if canaries {
					bustest.Canary(t, b, now.Add(time.Duration(3*half+k)*time.Hour), "report", report("canary", "Mosul", 4, 1))
				}
				settled(t, b) // one batch each
			}
			stop()
		}
		return versions(t, b), b, reg
	}
	want, _, _ := tell(false)
	got, b, reg := tell(true)
	if d := cmp.Diff(lines(t, want), lines(t, got)); d != "" {
		t.Errorf("versions with canaries (-without +with)\n%s", d)
	}
	if n := len(canariesStored(t, b)); n != len(said) {
		t.Errorf("%d canaries became incidents, want %d", n, len(said))
	}
	for _, i := range got {
		for _, x := range i.Readings {
			if x.Article == "art-canary" {
				t.Errorf("incident %s has the canary's reading", i.MsgID())
			}
		}
	}
	// The second worker had three reports and three canaries.
	if n, err := testutil.GatherAndCount(reg, "tocsin_correlate_reports_total"); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	reports := 0.0
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "tocsin_correlate_reports_total" {
			for _, m := range f.GetMetric() {
				reports += m.GetCounter().GetValue()
			}
		}
	}
	if reports != 3 {
		t.Errorf("%v reports are counted, want 3", reports)
	}
	kv, err := b.Bucket(t.Context(), bus.IncidentsBucket)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range canariesStored(t, b) {
		if _, err := kv.Get(t.Context(), i.ID); !errors.Is(err, jetstream.ErrKeyNotFound) {
			t.Errorf("the bucket has a canary's incident: %v", err)
		}
	}
}

// A canary is no news for a correlator either that has missed what others wrote: it
// takes that in first, as for a report.
func TestACanaryBehindAnothersWrite(t *testing.T) {
	b := bustest.New(t)
	start(t, b, prometheus.NewRegistry())
	put(t, b, report("a", "Mosul", 3, 1))
	settled(t, b)
	foreign := bus.Message{Subject: b.Subject("incident", "iq", "bombing", "inc-foreign"), ID: "foreign", Data: []byte("{}")}
	if _, err := b.Publish(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	bustest.Canary(t, b, time.Now(), "report", report("canary", "Basra", 4, 1))
	settled(t, b)
	if n := len(canariesStored(t, b)); n != 1 {
		t.Errorf("%d canaries became incidents, want 1", n)
	}
	put(t, b, report("b", "Mosul", 3, 1))
	settled(t, b)
}
