package bus_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// lastCanary is the last one of a kind on its stream.
func lastCanary(t *testing.T, b *bus.Bus, stream, kind string) (c bus.Canary, n uint64) {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	m, err := s.GetLastMsgForSubject(t.Context(), b.Subject("canary", kind))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return c, 0
	}
	if err == nil {
		c, err = bus.DecodeCanary(m.Data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, s.CachedInfo().State.Msgs
}

// A canary comes to the worker of a stage by the consumer of what is real, in its order.
func TestACanaryQueuesWithTheOthers(t *testing.T) {
	b := bustest.New(t)
	publish(t, b, "1", "before")
	bustest.Canary(t, b, time.Now(), "article", "text")
	publish(t, b, "2", "behind")
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	defer stop()
	for k, want := range []bool{false, true, false} {
		m := next(t, sub)
		if got := b.IsCanary(m.Subject()); got != want {
			t.Errorf("message %d on %s is a canary: %v, want %v", k, m.Subject(), got, want)
		}
		ack(t, m)
	}
}

func TestCarry(t *testing.T) {
	round := time.Now().UTC()
	work := func(_ context.Context, record []byte) (any, error) { return "report of " + string(record), nil }
	never := func(context.Context, []byte) (any, error) { panic("nothing is to be read") }
	for _, tt := range []struct {
		name    string
		canary  bus.Canary
		step    bus.Step
		record  string // of what is sent on; "" for nothing
		trouble string
		settled bool
	}{
		{"takes what a stage makes of it to the next", bus.Canary{Record: []byte(`"a"`)}, bus.Step{Stage: "enrich", Kind: "report", Work: work}, `"report of \"a\""`, "", true},
		{"takes trouble to the next instead", bus.Canary{Record: []byte(`"a"`)}, bus.Step{Stage: "enrich", Kind: "report", Work: func(context.Context, []byte) (any, error) { return nil, errors.New("nothing in it") }}, "", "enrich: nothing in it", true},
		{"has nobody read what is in trouble", bus.Canary{Trouble: "enrich: nothing in it"}, bus.Step{Stage: "correlate", Kind: "report", Work: never}, "", "enrich: nothing in it", true},
		{"drops what nobody waits for any more", bus.Canary{Until: round.Add(-time.Second)}, bus.Step{Stage: "enrich", Kind: "report", Work: never}, "", "", true},
		{"drops what is none", bus.Canary{Schema: "tocsin.canary/2"}, bus.Step{Stage: "enrich", Kind: "report", Work: never}, "", "", true},
		{"leaves for later what cannot be done now", bus.Canary{Record: []byte(`"a"`)}, bus.Step{Stage: "enrich", Kind: "report", Work: func(context.Context, []byte) (any, error) { return nil, fmt.Errorf("no server: %w", bus.ErrNotNow) }}, "", "", false},
		// As where a user of NATS may not publish canaries: no stream takes that subject.
		{"does not insist where nobody takes it", bus.Canary{Record: []byte(`"a"`)}, bus.Step{Stage: "enrich", Kind: "nowhere", Work: work}, "", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t)
			c := tt.canary
			c.Round = round
			if c.Schema == "" {
				c.Schema = bus.CanarySchema
			}
			if c.Until.IsZero() {
				c.Until = round.Add(time.Minute)
			}
			m, err := b.CanaryMessage(&c, "article")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := b.Publish(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			sub, stop := subscribe(t, b, bus.EnrichArticles)
			defer stop()
			began := time.Now()
			if _, err := b.Carry(t.Context(), next(t, sub), tt.step); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it held its stage up for %v", took)
			}
			got, n := lastCanary(t, b, bus.Reports, "report")
			if string(got.Record) != tt.record || got.Trouble != tt.trouble {
				t.Errorf("it was sent on with record %s and trouble %q, want %s and %q", got.Record, got.Trouble, tt.record, tt.trouble)
			}
			if n > 0 && (len(got.Trail) != 1 || got.Trail[0].Stage != tt.step.Stage || got.Trail[0].Given.IsZero() || !got.Round.Equal(round)) {
				t.Errorf("it is the one of %v with the trail %+v, want that of %v after %s", got.Round, got.Trail, round, tt.step.Stage)
			}
			if tt.settled {
				settled(t, b)
				return
			}
			cons, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
			if err != nil {
				t.Fatal(err)
			}
			if n := cons.CachedInfo().NumAckPending; n != 1 {
				t.Errorf("%d messages will come again, want 1", n)
			}
		})
	}
}

// A stage that dies between publish and acknowledgement is given the canary again.
func TestCarryTwiceSendsOnce(t *testing.T) {
	b := bustest.New(t)
	bustest.Canary(t, b, time.Now(), "article", "text")
	step := bus.Step{Stage: "enrich", Kind: "report", Work: func(context.Context, []byte) (any, error) { return "report", nil }}
	for range 2 {
		sub, stop := subscribe(t, b, bus.EnrichArticles)
		ack, err := b.Carry(t.Context(), next(t, sub), step)
		if err != nil || ack == nil {
			t.Fatal(ack, err)
		}
		stop()
		if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer); err != nil {
			t.Fatal(err)
		}
	}
	if _, n := lastCanary(t, b, bus.Reports, "report"); n != 1 {
		t.Errorf("%d canaries are on the stream of reports, want 1", n)
	}
}

func TestCarryUnderACondition(t *testing.T) {
	b := bustest.New(t)
	bustest.Canary(t, b, time.Now(), "report", "text")
	incident := bus.Message{Subject: b.Subject("incident", "iq", "bombing", "inc-1"), Data: []byte("{}")}
	if _, err := b.Publish(t.Context(), incident); err != nil {
		t.Fatal(err)
	}
	sub, stop := subscribe(t, b, bus.CorrelateReports)
	defer stop()
	m := next(t, sub)
	after := uint64(0)
	step := bus.Step{Stage: "correlate", Kind: "incident", After: &after, Work: func(context.Context, []byte) (any, error) { return "incident", nil }}
	if ack, err := b.Carry(t.Context(), m, step); ack != nil || !errors.Is(err, bus.ErrConflict) {
		t.Fatalf("behind another's write it is %+v, %v, want ErrConflict", ack, err)
	}
	after = 1
	if ack, err := b.Carry(t.Context(), m, step); err != nil || ack == nil || ack.Sequence != 2 {
		t.Fatalf("then it is %+v, %v, want sequence 2", ack, err)
	}
	// It comes again to who died before it was settled. A known id would be answered with
	// the sequence of the first, which is not where the stream ends.
	after = 2
	if ack, err := b.Carry(t.Context(), m, step); err != nil || ack == nil || ack.Sequence != 3 || ack.Duplicate {
		t.Fatalf("again it is %+v, %v, want sequence 3", ack, err)
	}
}

// The alerts of canaries are no part of the route: a daemon is ready without them.
func TestReadyWithoutCanaries(t *testing.T) {
	b := bustest.New(t)
	if err := b.JS.DeleteStream(t.Context(), "TOCSIN_CANARY"); err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("without the stream of canaries: %v", err)
	}
}

// A user of NATS that may not publish canaries loses them, and no time for what is real.
func TestCarryWithoutTheRight(t *testing.T) {
	t.Parallel()
	s := natsServer(t, func(o *server.Options) {
		o.Users = []*server.User{
			{Username: "all", Password: "all"},
			{Username: "some", Password: "some", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"tocsin.v1.canary.>"}}}},
		}
	})
	as := func(user string) *bus.Bus {
		return openExternal(t, external(t, "nats://"+user+":"+user+"@"+s.Addr().String()))
	}
	bustest.Canary(t, as("all"), time.Now(), "article", "text")
	b := as("some")
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	defer stop()
	m := next(t, sub)
	began := time.Now()
	if ack, err := b.Carry(t.Context(), m, bus.Step{Stage: "enrich", Kind: "report", Work: func(context.Context, []byte) (any, error) { return "report", nil }}); ack != nil || err != nil {
		t.Fatal(ack, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it held its stage up for %v", took)
	}
	publish(t, b, "1", "news")
	if got := next(t, sub); b.IsCanary(got.Subject()) || string(got.Data()) != "news" {
		t.Errorf("then came %q on %s, want the news", got.Data(), got.Subject())
	}
}
