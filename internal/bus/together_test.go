package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// onBoth runs a test on one server and on a cluster of three: they take different
// ways through the server.
func onBoth(t *testing.T, f func(t *testing.T, b *bus.Bus)) {
	for name, n := range map[string]int{"one server": 1, "a cluster of three": 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, _ := bustest.NewServers(t, n).Bus(t, 0)
			f(t, b)
		})
	}
}

func versionsOf(b *bus.Bus, ids ...string) []bus.Message {
	var list []bus.Message
	for _, id := range ids {
		list = append(list, bus.Message{Subject: b.Subject("incident", "iq", "bombing", "inc-1"), ID: id, Data: []byte(id)})
	}
	return list
}

// onStream are the data of the incident stream's messages.
func onStream(t *testing.T, b *bus.Bus) []string {
	t.Helper()
	s, err := b.Stream(t.Context(), bus.Incidents)
	if err != nil {
		t.Fatal(err)
	}
	last := s.CachedInfo().State.LastSeq // as the leader says: the copy that is read may be behind
	var list []string
	for at := uint64(0); at < last; {
		if err := b.Read(t.Context(), bus.Incidents, at+1, last, false, func(m jetstream.Msg, seq uint64) error {
			list, at = append(list, string(m.Data())), seq
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

func TestPublishTogether(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		last, err := b.PublishTogether(t.Context(), 0, versionsOf(b, "a", "b", "c"))
		if err != nil || last != 3 {
			t.Fatalf("PublishTogether = %d, %v; want the last one at 3", last, err)
		}
		for _, tt := range []struct {
			name  string
			after uint64
			ids   []string
			want  error
		}{
			{"behind another sequence", 2, []string{"d", "e"}, bus.ErrConflict},
			{"ahead of the stream", 9, []string{"d", "e"}, bus.ErrConflict},
			{"with an id that is known", 3, []string{"d", "b"}, bus.ErrRepeated},
			{"again, all of it", 0, []string{"a", "b", "c"}, bus.ErrConflict},
			{"none", 3, nil, nil},
		} {
			if _, err := b.PublishTogether(t.Context(), tt.after, versionsOf(b, tt.ids...)); err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
		if last, err = b.PublishTogether(t.Context(), 3, versionsOf(b, "d")); err != nil || last != 4 {
			t.Errorf("one message: %d, %v; want it at 4", last, err)
		}
		if d := cmp.Diff([]string{"a", "b", "c", "d"}, onStream(t, b)); d != "" {
			t.Errorf("the stream (-want +got)\n%s", d)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := b.PublishTogether(ended, 4, versionsOf(b, "e", "f")); !errors.Is(err, context.Canceled) {
			t.Errorf("after the context's end: %v", err)
		}
		many := make([]string, bus.MaxTogether+1)
		for k := range many {
			many[k] = fmt.Sprint("m", k)
		}
		if _, err := b.PublishTogether(t.Context(), 4, versionsOf(b, many...)); err == nil {
			t.Error("too many were published together")
		}
		if last, err = b.PublishTogether(t.Context(), 4, versionsOf(b, many[1:]...)); err != nil || last != 4+bus.MaxTogether {
			t.Errorf("the most that are possible: %d, %v", last, err)
		}
		big := versionsOf(b, "x", "y")
		big[0].Data = make([]byte, 2<<20)
		if _, err := b.PublishTogether(t.Context(), last, big); !errors.Is(err, bus.ErrTooLarge) {
			t.Errorf("a message that is too large: %v, want ErrTooLarge", err)
		}
	})
}

// Many who write at once, each behind what it has seen: nobody writes over what it
// does not know, and what is together stays together.
func TestPublishTogetherIsNeverTornApart(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		const writers, each = 4, 8
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				last := uint64(0)
				for k := 0; k < each; {
					ids := []string{fmt.Sprintf("%d.%d a", w, k), fmt.Sprintf("%d.%d b", w, k), fmt.Sprintf("%d.%d c", w, k)}
					if w == 0 {
						ids = ids[:1] // one writer writes alone
					}
					next, err := b.PublishTogether(t.Context(), last, versionsOf(b, ids...))
					if err == nil {
						last = next
						k++
						continue
					}
					if !errors.Is(err, bus.ErrConflict) {
						t.Error(err)
						return
					}
					s, err := b.Stream(t.Context(), bus.Incidents)
					if err != nil {
						t.Error(err)
						return
					}
					last = s.CachedInfo().State.LastSeq
				}
			})
		}
		wg.Wait()
		list := onStream(t, b)
		if n := (writers-1)*each*3 + each; len(list) != n {
			t.Errorf("%d messages, want %d", len(list), n)
		}
		for k, s := range list {
			if name, part := s[:len(s)-1], s[len(s)-1]; part != 'a' && (k == 0 || list[k-1] != name+string(part-1)) {
				t.Errorf("%q is not behind its first part: %q", s, list[max(0, k-1):k+1])
			}
		}
	})
}

// Why PublishTogether: publishes that each predict the sequence of the one before are
// no chain. Where somebody else takes the place of the first, the second is stored.
// Should a server ever refuse it, there would be a faster way.
func TestPredictedSequencesAreNoChain(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, b *bus.Bus) {
		list := versionsOf(b, "a", "b", "foreign")
		if _, err := b.Publish(t.Context(), list[2]); err != nil {
			t.Fatal(err)
		}
		var pending []*bus.Pending
		for k := range uint64(2) {
			list[k].AfterAll = &k
			pending = append(pending, b.Begin(list[k]))
		}
		if _, err := pending[0].Wait(t.Context()); !errors.Is(err, bus.ErrConflict) {
			t.Errorf("the first = %v, want ErrConflict", err)
		}
		if _, err := pending[1].Wait(t.Context()); err != nil {
			t.Errorf("the second = %v, want it stored without the first", err)
		}
	})
}

// A killed server has stored all of what was published together, or none: what its
// disk holds of it is completed or dropped when it starts.
func TestPublishTogetherOverARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	if _, err := b.PublishTogether(t.Context(), 0, versionsOf(b, "a", "b", "c")); err != nil {
		t.Fatal(err)
	}
	if err := b.RestartServer(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var last uint64
	bus.Insist(ctx, func(ctx context.Context) (err error) {
		last, err = b.PublishTogether(ctx, 3, versionsOf(b, "d", "e"))
		return err
	}, func(err error) { t.Log(err) })
	if d := cmp.Diff([]string{"a", "b", "c", "d", "e"}, onStream(t, b)); d != "" || last != 5 {
		t.Errorf("the stream ends at %d (-want +got)\n%s", last, d)
	}
}

// A dead letter goes back to its stream alone.
func TestReplayOfOneOfSeveral(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	if _, err := b.PublishTogether(t.Context(), 0, versionsOf(b, "a", "b")); err != nil {
		t.Fatal(err)
	}
	sub, _ := subscribe(t, b, bus.SinkIncidents)
	first := next(t, sub)
	if err := b.SetAside(t.Context(), first, "sink", bus.Unreadable, errors.New("as a test says")); err != nil {
		t.Fatal(err)
	}
	ack(t, next(t, sub))
	d, err := b.DeadLetter(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Replay(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if m := next(t, sub); string(m.Data()) != "a" {
		t.Errorf("what came back is %q, want a", m.Data())
	}
}

func TestReadBucketAndSubject(t *testing.T) {
	b := bustest.New(t)
	kv, err := b.Bucket(t.Context(), bus.StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"a.b", "c", "gone", "c"} {
		if _, err := kv.PutString(t.Context(), k, "value of "+k); err != nil {
			t.Fatal(err)
		}
	}
	if err := kv.Delete(t.Context(), "gone"); err != nil {
		t.Fatal(err)
	}
	var got []string
	if err := b.ReadBucket(t.Context(), bus.StateBucket, false, func(key string, m jetstream.Msg, rev uint64) error {
		got = append(got, fmt.Sprintf("%s %d %q", key, rev, m.Data()))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`a.b 1 "value of a.b"`, `c 4 "value of c"`, `gone 5 ""`}, got); d != "" {
		t.Errorf("the bucket (-want +got)\n%s", d)
	}
	if err := b.ReadBucket(t.Context(), bus.CardsBucket, false, func(string, jetstream.Msg, uint64) error { return errors.New("there is nothing") }); err != nil {
		t.Errorf("an empty bucket: %v", err)
	}

	publish(t, b, "1", "one")
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "other"), ID: "2", Data: []byte("two")}); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "3", "three")
	got = nil
	if err := b.ReadSubject(t.Context(), bus.Articles, b.Subject("article", "wire"), func(m jetstream.Msg, seq uint64) error {
		got = append(got, fmt.Sprint(seq, " ", string(m.Data())))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"1 one", "3 three"}, got); d != "" {
		t.Errorf("the subject (-want +got)\n%s", d)
	}
}

// What a dead worker had in hand waits for as long as its consumer says.
func TestAConsumersOwnAckWait(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	publish(t, b, "1", "one")
	c := bus.EnrichArticles
	c.AckWait = time.Second
	if err := b.EnsureConsumer(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	cons, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", c.Name)
	if err != nil {
		t.Fatal(err)
	}
	if got := cons.CachedInfo().Config.AckWait; got != time.Second {
		t.Errorf("AckWait is %v, want 1s", got)
	}
	// One who takes it and dies.
	if _, err := cons.Next(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	sub, _ := subscribe(t, b, c)
	ack(t, next(t, sub))
	if took := time.Since(began); took > bus.AckWait/2 {
		t.Errorf("it came again after %v, want about a second", took)
	}
}
