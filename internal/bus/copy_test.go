package bus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// target is where a copy may go.
type target struct {
	name string
	open func(t *testing.T) (hold func() *bus.Bus, open func() *bus.Bus)
}

func targets() []target {
	return []target{
		{"an embedded server", func(t *testing.T) (func() *bus.Bus, func() *bus.Bus) {
			cfg := bustest.Config(t, t.TempDir())
			return func() *bus.Bus { return held(t, cfg) }, func() *bus.Bus { return opened(t, cfg) }
		}},
		{"one server", func(t *testing.T) (func() *bus.Bus, func() *bus.Bus) {
			cfg := external(t, natsServer(t, nil).ClientURL())
			return func() *bus.Bus { return held(t, cfg) }, func() *bus.Bus { return opened(t, cfg) }
		}},
		{"a cluster of three", func(t *testing.T) (func() *bus.Bus, func() *bus.Bus) {
			cfg := external(t, bustest.NewServers(t, 3).All[0].ClientURL())
			cfg.Replicas = 3
			return func() *bus.Bus { return held(t, cfg) }, func() *bus.Bus { return opened(t, cfg) }
		}},
	}
}

func again(t *testing.T, cfg bus.Config) bus.Config {
	cfg.Metrics = bustest.Config(t, "").Metrics
	return cfg
}

func held(t *testing.T, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Hold(t.Context(), again(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func opened(t *testing.T, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), again(t, cfg))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// fill puts n messages on every stream, deletes some where that is allowed, writes
// buckets and settles a part of the articles.
func fill(t *testing.T, b *bus.Bus, from, n int) {
	t.Helper()
	ctx := t.Context()
	for k := from; k < from+n; k++ {
		for _, m := range []bus.Message{
			{Subject: b.Subject("article", "wire"), ID: "article-" + number(k), Data: []byte(strings.Repeat(number(k), 100))},
			{Subject: b.Subject("report", "iq", "bombing"), ID: "report-" + number(k), Data: []byte("a report")},
			{Subject: b.Inbound("alert", "severe", "iq", "bombing", "new"), ID: "alert-" + number(k), Data: []byte("an alert")},
			{Subject: b.Subject("dead", "enrich", "panic"), ID: "dead-" + number(k), Data: []byte("a letter")},
		} {
			if _, err := b.Publish(ctx, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := uint64(0)
	if s, err := b.Stream(ctx, bus.Incidents); err == nil {
		last = s.CachedInfo().State.LastSeq
	}
	var together []bus.Message
	for k := from; k < from+n; k++ {
		together = append(together, bus.Message{Subject: b.Subject("incident", "iq", "bombing", "i"+number(k)), ID: "incident-" + number(k), Data: []byte("an incident")})
	}
	if _, err := b.PublishTogether(ctx, last, together); err != nil {
		t.Fatal(err)
	}
	dead, err := b.Stream(ctx, bus.Dead)
	if err != nil {
		t.Fatal(err)
	}
	for k := 1; k <= n; k++ {
		if k%3 == 0 || k == n { // some, and the last one
			if err := dead.DeleteMsg(ctx, uint64(from+k)); err != nil {
				t.Fatal(err)
			}
		}
	}
	kv, err := b.Bucket(ctx, bus.SeenBucket)
	if err != nil {
		t.Fatal(err)
	}
	for k := range n {
		if _, err := kv.PutString(ctx, "feed"+number(k%7), number(from+k)); err != nil {
			t.Fatal(err)
		}
	}
	if err := kv.Delete(ctx, "feed0001"); err != nil {
		t.Fatal(err)
	}
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	for range n / 2 {
		ack(t, next(t, sub))
	}
	stop()
	sub.Wait()
}

// whole copies all, as the command does.
func whole(t *testing.T, from bus.Origin, to *bus.Bus) bus.Report {
	t.Helper()
	c, done, err := bus.NewCopy(t.Context(), from, to, false)
	if err != nil {
		t.Fatal(err)
	}
	if done {
		t.Fatal("the target counts as a finished copy before anything was copied")
	}
	if err := c.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := c.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r {
		if row.Difference != "" {
			t.Errorf("%s: %s\nsource %+v\ncopy   %+v", row.Name, row.Difference, row.Source, row.Copy)
		}
	}
	if err := c.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	return r
}

// A copy has the sequences, times, ids and positions of its origin, wherever it is made.
func TestCopy(t *testing.T) {
	for _, to := range targets() {
		t.Run(to.name, func(t *testing.T) {
			t.Parallel()
			cfg := bustest.Config(t, t.TempDir())
			source := opened(t, cfg)
			if err := source.EnsureConsumer(t.Context(), bus.OutputConsumer("early")); err != nil {
				t.Fatal(err)
			}
			fill(t, source, 0, 30)
			if err := source.EnsureConsumer(t.Context(), bus.OutputConsumer("late")); err != nil {
				t.Fatal(err)
			}
			hold, open := to.open(t)
			open().Close() // what was only made is no state
			tb := hold()
			// While the daemon works: what comes later is appended.
			c, _, err := bus.NewCopy(t.Context(), source, tb, false)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Streams(t.Context()); err != nil {
				t.Fatal(err)
			}
			fill(t, source, 30, 20)
			if n, err := c.Streams(t.Context()); err != nil || n == 0 {
				t.Fatalf("second round: %d messages, %v", n, err)
			}
			fill(t, source, 50, 10)
			r := whole(t, source, tb)
			if !r.Same() || len(r) < 13 {
				t.Errorf("report of %d lines, same %v", len(r), r.Same())
			}
			if to.name == "a cluster of three" {
				// And back, as whoever did not like it would.
				back := held(t, bustest.Config(t, t.TempDir()))
				if r := whole(t, tb, back); !r.Same() {
					t.Errorf("the way back: %+v", r)
				}
			}
			// Again: it is known as done.
			if _, done, err := bus.NewCopy(t.Context(), source, tb, false); err != nil || !done {
				t.Errorf("a finished copy: done %v, %v", done, err)
			}
			tb.Close()
			b := open()
			for _, name := range []string{bus.Articles, bus.Reports, bus.Incidents, bus.Alerts} {
				if n, want := stored(t, b, name), stored(t, source, name); n != want {
					t.Errorf("%s: %d messages, want %d", name, n, want)
				}
			}
			recognised(t, b, "at once")
			if b.Replicated() {
				// Any of the servers may lead some time.
				for range 2 {
					stepDown(t, b)
					recognised(t, b, "under another leader")
				}
			}
			sub, _ := subscribe(t, b, bus.EnrichArticles)
			reader, err := source.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
			if err != nil {
				t.Fatal(err)
			}
			// 30 are settled; of what was given back, a later one may have come first.
			want := number(int(reader.CachedInfo().AckFloor.Stream))
			if m := next(t, sub); string(m.Data()[:4]) != want {
				t.Errorf("the reader goes on with %s, want %s", m.Data()[:4], want)
			}
			for name, want := range map[string]uint64{"early": 60, "late": 30} {
				if n, err := b.Pending(t.Context(), bus.OutputConsumer(name)); err != nil || n != want {
					t.Errorf("output %s has %d alerts before it, %v; want %d", name, n, err, want)
				}
			}
		})
	}
}

// recognised publishes again what is stored, and expects that it is known.
func recognised(t *testing.T, b *bus.Bus, when string) {
	t.Helper()
	for _, k := range []int{0, 29, 30, 59} {
		for _, m := range []bus.Message{
			{Subject: b.Subject("article", "wire"), ID: "article-" + number(k), Data: []byte("x")},
			{Subject: b.Inbound("alert", "severe", "iq", "bombing", "new"), ID: "alert-" + number(k), Data: []byte("x")},
		} {
			a, err := b.Publish(t.Context(), m)
			if err != nil || !a.Duplicate || a.Sequence != uint64(k+1) {
				t.Errorf("%s, %s again: %+v, %v; want a repetition of %d", when, m.ID, a, err, k+1)
			}
		}
	}
}

// stepDown gives the articles and alerts to another server.
func stepDown(t *testing.T, b *bus.Bus) {
	t.Helper()
	for _, name := range []string{bus.Articles, bus.Alerts} {
		s, err := b.Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		was := s.CachedInfo().Cluster.Leader
		for until := time.Now().Add(3 * patience); ; {
			// Between two leaders nobody answers; who asks again then unseats the next one.
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			i, err := s.Info(ctx)
			if err == nil && i.Cluster.Leader == was {
				_, _ = b.Conn.RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN."+i.Config.Name, nil)
			}
			cancel()
			if err == nil && i.Cluster.Leader != "" && i.Cluster.Leader != was {
				break
			}
			if time.Now().After(until) {
				t.Fatalf("no other leader of %s: %v", name, err)
			}
		}
	}
}

// Of two copies to one server, the one that began first ends, and harms nothing.
func TestTwoCopies(t *testing.T) {
	t.Parallel()
	source := opened(t, bustest.Config(t, t.TempDir()))
	fill(t, source, 0, 10)
	cfg := external(t, natsServer(t, nil).ClientURL())
	first, _, err := bus.NewCopy(t.Context(), source, held(t, cfg), false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Streams(t.Context()); err != nil {
		t.Fatal(err)
	}
	to := held(t, cfg)
	second, _, err := bus.NewCopy(t.Context(), source, to, false)
	if err != nil {
		t.Fatal(err)
	}
	const want = "another 'tocsin migrate' or 'tocsin restore' has begun to fill the target"
	for name, err := range map[string]error{
		"Rest": first.Rest(t.Context()), "Finish": first.Finish(t.Context()),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s of the first copy: %v, want %q", name, err, want)
		}
	}
	first.Close(t.Context())
	if err := second.Rest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r, err := second.Verify(t.Context()); err != nil || !r.Same() {
		t.Fatalf("%+v, %v", r, err)
	}
	if err := second.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.Close(t.Context())
	for name := range to.JS.StreamNames(t.Context()).Name() {
		if strings.Contains(name, "COPY") {
			t.Errorf("stream %s is left", name)
		}
	}
	if err := first.Finish(t.Context()); err == nil {
		t.Error("the first copy hands over what the second one has handed over")
	}
}

// A target may be in use by a system of another prefix, which stays as it is.
func TestCopyBesideAnother(t *testing.T) {
	t.Parallel()
	source := opened(t, bustest.Config(t, t.TempDir()))
	fill(t, source, 0, 10)
	cfg := external(t, natsServer(t, nil).ClientURL())
	theirs := cfg
	theirs.Prefix = "other"
	other := opened(t, theirs)
	fill(t, other, 0, 5)
	before := whole(t, other, held(t, func() bus.Config { c := bustest.Config(t, t.TempDir()); c.Prefix = "other"; return c }()))
	c, _, err := bus.NewCopy(t.Context(), source, held(t, cfg), true) // and what is deleted first is one's own
	if err != nil {
		t.Fatal(err)
	}
	c.Close(t.Context())
	whole(t, source, held(t, cfg))
	after := whole(t, other, held(t, func() bus.Config { c := bustest.Config(t, t.TempDir()); c.Prefix = "other"; return c }()))
	for k := range before {
		if before[k].Source != after[k].Source {
			t.Errorf("%s was %+v, is %+v", before[k].Name, before[k].Source, after[k].Source)
		}
	}
}

// A target without room says so before anything is copied.
func TestCopyAsksForRoom(t *testing.T) {
	t.Parallel()
	source := opened(t, bustest.Config(t, t.TempDir()))
	fill(t, source, 0, 5)
	to := held(t, external(t, natsServer(t, func(o *server.Options) { o.JetStreamMaxStore = 64 << 20 }).ClientURL()))
	_, _, err := bus.NewCopy(t.Context(), source, to, false)
	if err == nil || !strings.Contains(err.Error(), "the target does not take stream TOCSIN_ARTICLES, which may grow to") {
		t.Errorf("a target of 64 MiB: %v", err)
	}
	for name := range to.JS.StreamNames(t.Context()).Name() {
		t.Errorf("stream %s is left", name)
	}
}
