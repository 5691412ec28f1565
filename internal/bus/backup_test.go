package bus_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// A copy that is broken off at any moment is gone on with; until it has finished, nobody
// opens the target.
func TestCopyIsBrokenOff(t *testing.T) {
	t.Parallel()
	source := bustest.New(t)
	fill(t, source, 0, 200)
	cfg := external(t, natsServer(t, nil).ClientURL())
	seed := uint64(time.Now().UnixNano())
	rnd := rand.New(rand.NewPCG(seed, 0))
	t.Logf("random seed %d", seed)
	run := func(ctx context.Context) (done bool, err error) {
		to := held(t, cfg)
		defer to.Close()
		c, done, err := bus.NewCopy(ctx, source, to, false)
		if err != nil || done {
			return done, err
		}
		if err := c.Rest(ctx); err != nil {
			return false, err
		}
		if r, err := c.Verify(ctx); err != nil || !r.Same() {
			return false, err
		}
		return false, c.Finish(ctx)
	}
	broken := 0
	for most := 50; ; most += 30 { // so that it does end
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(most))*time.Millisecond)
		done, err := run(ctx)
		ended := ctx.Err() != nil
		cancel()
		if done || (err == nil && !ended) {
			break
		}
		if !ended {
			t.Fatal(err)
		}
		look := held(t, cfg)
		began := false
		for _, name := range []string{bus.Articles, bus.Reports, bus.Incidents, bus.Alerts, bus.Dead} {
			_, err := look.Stream(t.Context(), name)
			began = began || err == nil
		}
		look.Close()
		if !began {
			continue // Open would make a new bus
		}
		b, err := bus.Open(t.Context(), again(t, cfg))
		if err == nil {
			b.Close() // it was broken off behind the last step
			break
		}
		if !strings.Contains(err.Error(), "is being filled by") {
			t.Fatal(err)
		}
		broken++
		fill(t, source, 180+20*broken, 20) // the source goes on
	}
	if broken == 0 {
		t.Error("it was never broken off")
	}
	if done, err := run(t.Context()); err != nil || !done {
		t.Fatalf("done %v, %v: the target is not what the source is", done, err)
	}
	t.Logf("broken off %d times", broken)
	opened(t, cfg)
}

// failing is a server that is gone after so many changes of streams.
type failing struct {
	jetstream.JetStream
	left int
}

var errGone = errors.New("it is gone")

func (f *failing) UpdateStream(ctx context.Context, cfg jetstream.StreamConfig) (jetstream.Stream, error) {
	if f.left == 0 {
		return nil, errGone
	}
	f.left--
	return f.JetStream.UpdateStream(ctx, cfg)
}

// Where the handing over stops in its midst, no daemon takes what is handed over, and the
// source may go on before it is done again.
func TestCopyStopsWhileItIsHandedOver(t *testing.T) {
	t.Parallel()
	source := bustest.New(t)
	fill(t, source, 0, 30)
	cfg := external(t, natsServer(t, nil).ClientURL())
	for changes := range 13 { // eight buckets and five streams
		to := held(t, cfg)
		c, _, err := bus.NewCopy(t.Context(), source, to, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Rest(t.Context()); err != nil {
			t.Fatal(err)
		}
		to.JS = &failing{to.JS, changes}
		if err := c.Finish(t.Context()); !errors.Is(err, errGone) {
			t.Fatalf("after %d changes: %v, want %v", changes, err, errGone)
		}
		to.Close()
		if b, err := bus.Open(t.Context(), again(t, cfg)); err == nil {
			b.Close()
			t.Fatalf("after %d changes it counts as whole", changes)
		}
		fill(t, source, 30+10*changes, 10)
	}
	whole(t, source, held(t, cfg))
	b := opened(t, cfg)
	if n, want := stored(t, b, bus.Articles), uint64(30+13*10); n != want {
		t.Errorf("%d articles, want %d", n, want)
	}
}

// A backup of a bus in use never speaks of what it does not have: what a consumer is done
// with has its report.
func TestBackupUnderWork(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	if err := b.EnsureConsumer(t.Context(), bus.EnrichArticles); err != nil {
		t.Fatal(err)
	}
	stop := bustest.Start(t, func(ctx context.Context) error {
		for k := 0; ctx.Err() == nil; k++ {
			if _, err := b.Publish(ctx, bus.Message{Subject: b.Subject("article", "wire"), ID: "article-" + number(k), Data: []byte(strings.Repeat("x", 4000))}); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	work := bustest.Start(t, func(ctx context.Context) error {
		sub, err := b.Subscribe(ctx, bus.EnrichArticles)
		if err != nil {
			return err
		}
		for m := range sub.C {
			id := strings.Replace(m.Headers().Get(jetstream.MsgIDHeader), "article", "report", 1)
			if _, err := b.Publish(ctx, bus.Message{Subject: b.Subject("report", "iq", "bombing"), ID: id, Data: []byte("a report")}); err != nil && ctx.Err() == nil {
				return err
			}
			if err := m.Ack(); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return nil
	})
	path := filepath.Join(t.TempDir(), "b.zip")
	for k := 0; k < 5; k++ {
		_ = os.Remove(path) // the last one's
		for stored(t, b, bus.Reports) < uint64(200*(k+1)) {
			bus.Pause(t.Context(), 5*time.Millisecond)
		}
		if err := b.Backup(t.Context(), path); err != nil {
			t.Fatal(err)
		}
	}
	work()
	stop()
	a, err := bus.OpenArchive(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if r, err := a.Check(t.Context()); err != nil || !r.Same() {
		t.Fatalf("check: %+v, %v", r, err)
	}
	cfg := bustest.Config(t, t.TempDir())
	to := held(t, cfg)
	whole(t, a, to)
	to.Close()
	back := opened(t, cfg)
	reports := map[string]bool{}
	if err := back.Read(t.Context(), bus.Reports, 1, stored(t, back, bus.Reports), true, func(m jetstream.Msg, _ uint64) error {
		reports[m.Headers().Get(jetstream.MsgIDHeader)] = true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	c, err := back.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
	if err != nil {
		t.Fatal(err)
	}
	floor := c.CachedInfo().Config.OptStartSeq - 1
	if floor < 200 {
		t.Errorf("the reader is done with %d articles, want more", floor)
	}
	if err := back.Read(t.Context(), bus.Articles, 1, floor, true, func(m jetstream.Msg, _ uint64) error {
		if id := m.Headers().Get(jetstream.MsgIDHeader); !reports[strings.Replace(id, "article", "report", 1)] {
			t.Errorf("%s counts as read and has no report", id)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What is wrong with an archive is found before anything is made of it.
func TestArchiveIsDamaged(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	fill(t, b, 0, 50)
	path := filepath.Join(t.TempDir(), "b.zip")
	if err := b.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"cut":          whole[:len(whole)/2],
		"a bit":        append(append(append([]byte{}, whole[:len(whole)/3]...), whole[len(whole)/3]^1), whole[len(whole)/3+1:]...),
		"no zip":       []byte("no zip"),
		"another file": []byte("PK\x05\x06" + strings.Repeat("\x00", 18)),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "b.zip")
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			a, err := bus.OpenArchive(path)
			if err != nil {
				return
			}
			defer a.Close()
			if r, err := a.Check(t.Context()); err == nil && r.Same() {
				t.Error("nothing is found")
			}
		})
	}
}
