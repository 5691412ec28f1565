package correlate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// giveOrder publishes an order as a command does.
func giveOrder(t *testing.T, b *bus.Bus, o correlate.Order) (correlate.Order, *jetstream.PubAck) {
	t.Helper()
	o.Why, o.By = "a test", "desk"
	if o.At.IsZero() {
		o.At = time.Now()
	}
	o = correlate.NewOrder(o)
	m, err := o.Message(b)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := b.Publish(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return o, ack
}

// An order comes among the reports, is carried out once however often it comes, and
// what it made says so.
func TestOrdersOnTheBus(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	stop := start(t, b, prometheus.NewRegistry())
	put(t, b, report("one", "Mosul", 3, 1), report("two", "Basra", 40, 1))
	settled(t, b)
	first := versions(t, b)
	if len(first) != 2 {
		t.Fatalf("versions %v, want two incidents", brief(first))
	}
	merge, _ := giveOrder(t, b, correlate.Order{Do: correlate.Merge, Incidents: []string{first[0].ID, first[1].ID}})
	if _, ack := giveOrder(t, b, merge); !ack.Duplicate {
		t.Error("the same order is on the stream twice")
	}
	put(t, b, report("three", "Basra", 41, 1))
	settled(t, b)
	stop()
	want := []string{"Mosul v1 new 3", "Basra v1 new 40", "Mosul v2 update 40", "Basra v2 cancel 40", "Basra v3 update 41"}
	if d := cmp.Diff(want, brief(versions(t, b))); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	s, err := b.Stream(t.Context(), bus.Incidents)
	if err != nil {
		t.Fatal(err)
	}
	for seq, order := range map[uint64]string{2: "", 3: merge.ID, 4: merge.ID, 5: ""} {
		m, err := s.GetMsg(t.Context(), seq)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Header.Get(correlate.HeaderOrder); got != order {
			t.Errorf("version %d says that order %q made it, want %q", seq, got, order)
		}
	}
	// All comes again, to another process: nothing follows.
	if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_REPORTS", bus.CorrelateConsumer); err != nil {
		t.Fatal(err)
	}
	stop = start(t, b, prometheus.NewRegistry())
	settled(t, b)
	if d := cmp.Diff(want, brief(versions(t, b))); d != "" {
		t.Errorf("versions after all has come again (-want +got)\n%s", d)
	}
	// That process knows from the stream what it takes to undo it.
	giveOrder(t, b, correlate.Order{Do: correlate.Undo, Undo: merge.ID, Incidents: []string{first[1].ID}})
	settled(t, b)
	stop()
	got := brief(versions(t, b))
	if d := cmp.Diff(append(want, "Basra v3 update 41", "Mosul v4 correction 3"), got); d != "" {
		t.Errorf("versions after the undo (-want +got)\n%s", d)
	}
}

// What cannot be is set aside with the reason, and costs only itself.
func TestARefusedOrderCostsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		want       string
	}{
		{"no such incident", `{"schema":"tocsin.order/1","id":"o-1","do":"merge","incidents":["inc-1","inc-2"],"why":"x","at":"2026-03-09T08:00:00Z"}`, "refused: order refused: there is no incident inc-1"},
		{"no reason", `{"schema":"tocsin.order/1","id":"o-1","do":"merge","incidents":["inc-1","inc-2"],"at":"2026-03-09T08:00:00Z"}`, "refused: order refused: it gives no reason"},
		{"no JSON", `{"schema":`, "unreadable: decode order: "},
		{"another major version", `{"schema":"tocsin.order/2"}`, "unknown_schema: decode order: schema \"tocsin.order/2\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := bustest.New(t)
			start(t, b, prometheus.NewRegistry())
			o := correlate.Order{ID: "o-1"}
			m, err := o.Message(b)
			if err != nil {
				t.Fatal(err)
			}
			m.Data = []byte(tt.data)
			if _, err := b.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			put(t, b, report("one", "Mosul", 3, 1))
			settled(t, b)
			if got := brief(versions(t, b)); len(got) != 1 {
				t.Errorf("versions %v, want that of the next report", got)
			}
			var dead []string
			if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { dead = append(dead, d.Reason+": "+d.Error); return true }); err != nil {
				t.Fatal(err)
			}
			if len(dead) != 1 || !strings.HasPrefix(dead[0], tt.want) {
				t.Errorf("dead letters %q, want %q", dead, tt.want)
			}
		})
	}
}
