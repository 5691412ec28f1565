package bus_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestPublishIsStoredOnceAnID(t *testing.T) {
	b := bustest.New(t)
	first, second := publish(t, b, "art-1.1", "one"), publish(t, b, "art-1.1", "one")
	if first.Duplicate || !second.Duplicate || second.Sequence != first.Sequence {
		t.Errorf("acks %+v and %+v, want the second to be a duplicate of the first", first, second)
	}
	if n := stored(t, b, bus.Articles); n != 1 {
		t.Errorf("%d messages are stored, want 1", n)
	}
}

func TestBegunInOrderStoredInOrder(t *testing.T) {
	b := bustest.New(t)
	const n = 500
	pending := make([]*bus.Pending, n)
	for k := range pending {
		pending[k] = b.Begin(bus.Message{Subject: b.Subject("article", "wire"), ID: number(k), Data: []byte(number(k))})
	}
	for k, p := range pending {
		ack, err := p.Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if ack.Sequence != uint64(k+1) {
			t.Fatalf("message %d is stored as %d, want %d", k, ack.Sequence, k+1)
		}
	}
}

func TestCompareAndSet(t *testing.T) {
	b := bustest.New(t)
	version := func(id, data string, after uint64) bus.Message {
		return bus.Message{Subject: b.Subject("incident", "iq", "bombing", "inc-1"), ID: id, Data: []byte(data), After: &after}
	}
	v1 := version("inc-1.1", "v1", 0)
	first, err := b.Publish(t.Context(), v1)
	if err != nil {
		t.Fatal(err)
	}
	v2 := version("inc-1.2", "v2", first.Sequence)
	second, err := b.Publish(t.Context(), v2)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		m    bus.Message
		want error
	}{
		{"sent again because its confirmation got lost, it is no conflict", v2, nil},
		{"sent again after others have written, it is one", v1, bus.ErrConflict},
		{"others wrote this version with other words", version("inc-1.2", "v2 of another", first.Sequence), bus.ErrConflict},
		{"others wrote these words under another id", version("inc-1.9", "v2", first.Sequence), bus.ErrConflict},
		{"founded when it is there", version("inc-1.1b", "v1", 0), bus.ErrConflict},
		{"a sequence that is not there yet", version("inc-1.3", "v3", 99), bus.ErrConflict},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ack, err := b.Publish(t.Context(), tt.m)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Publish = %+v, %v; want %v", ack, err, tt.want)
			}
			if err == nil && (ack.Sequence != second.Sequence || !ack.Duplicate) {
				t.Errorf("Publish = %+v, want a duplicate of sequence %d", ack, second.Sequence)
			}
		})
	}
	if n := stored(t, b, bus.Incidents); n != 2 {
		t.Errorf("%d versions are stored, want 2", n)
	}
}

func TestBucketCompareAndSet(t *testing.T) {
	b := bustest.New(t)
	first, err := b.Publish(t.Context(), b.BucketMessage(bus.ToldBucket, "inc-1", []byte("a"), 0))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.Publish(t.Context(), b.BucketMessage(bus.ToldBucket, "inc-1", []byte("a"), 0)); err != nil || again.Sequence != first.Sequence {
		t.Errorf("the same put again = %+v, %v; want revision %d", again, err, first.Sequence)
	}
	if _, err := b.Publish(t.Context(), b.BucketMessage(bus.ToldBucket, "inc-1", []byte("b"), 0)); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("a put over another's = %v, want ErrConflict", err)
	}
	if _, err := b.Publish(t.Context(), b.BucketMessage(bus.ToldBucket, "inc-1", []byte("b"), first.Sequence)); err != nil {
		t.Errorf("a put on the right revision = %v", err)
	}
}

func TestTooLarge(t *testing.T) {
	b := bustest.New(t)
	for _, size := range []int{bus.MaxMessage + 32<<10, 2 << 20} { // more than the stream takes, more than the connection takes
		_, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), Data: make([]byte, size)})
		if !errors.Is(err, bus.ErrTooLarge) {
			t.Errorf("Publish of %d bytes = %v, want ErrTooLarge", size, err)
		}
	}
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), Data: make([]byte, bus.MaxMessage)}); err != nil {
		t.Errorf("Publish of the largest record = %v", err)
	}
}

func TestPublishEndsWithItsContext(t *testing.T) {
	b := bustest.New(t)
	b.Conn.Close()
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire")}); !errors.Is(err, nats.ErrConnectionClosed) {
		t.Errorf("Publish on a closed connection = %v, want it to say so", err)
	}
	s := natsServer(t, nil)
	e := openExternal(t, external(t, s.ClientURL()))
	s.Shutdown()
	s.WaitForShutdown()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := e.Publish(ctx, bus.Message{Subject: e.Subject("article", "wire")}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Publish without a server = %v, want it to end with its context", err)
	}
}

// Everything that is published while the server restarts again and again is
// there once, and is delivered, or waits for AckWait where the restart cut its
// delivery off.
func TestRestartsLoseNothing(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	const n, restarts = 300, 3
	failed := make(chan error, 1)
	third := make(chan struct{}, restarts)
	go func() {
		for k := range n {
			if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: number(k), Data: []byte(number(k))}); err != nil {
				failed <- err
				return
			}
			if (k+1)%(n/restarts) == n/restarts/2 {
				third <- struct{}{}
			}
		}
		failed <- nil
	}()
	got := map[string]int{}
	for done := 0; done < restarts || got[number(n-1)] == 0; {
		select {
		case <-third:
			if err := b.RestartServer(); err != nil {
				t.Fatal(err)
			}
			done++
		case m := <-sub.C:
			got[string(m.Data())]++
			if err := m.Ack(); err != nil {
				t.Fatal(err)
			}
		case <-time.After(patience):
			t.Fatalf("%d of %d messages came", len(got), n)
		}
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if s := stored(t, b, bus.Articles); s != n {
		t.Errorf("%d messages are stored, want %d", s, n)
	}
	c, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
	if err != nil {
		t.Fatal(err)
	}
	if info := c.CachedInfo(); len(got)+info.NumAckPending+int(info.NumPending) < n {
		t.Errorf("%d messages came, %d are on their way, %d wait: some of %d are lost", len(got), info.NumAckPending, info.NumPending, n)
	}
}

func TestSubscriptionOutlivesItsConsumer(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	publish(t, b, "1", "one")
	ack(t, next(t, sub))
	if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "2", "two")
	for m := next(t, sub); string(m.Data()) != "two"; m = next(t, sub) {
		ack(t, m) // it starts again from the oldest
	}
}

func TestStreamsDeletedAreMadeAgain(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	if err := b.JS.DeleteStream(t.Context(), "TOCSIN_ARTICLES"); err != nil {
		t.Fatal(err)
	}
	if err := b.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "TOCSIN_ARTICLES") {
		t.Errorf("Ready = %v, want it to name the stream", err)
	}
	publish(t, b, "1", "one")
	if m := next(t, sub); string(m.Data()) != "one" {
		t.Errorf("the subscription goes on with %q", m.Data())
	}
}

func TestAStopHandsBackWhatItHolds(t *testing.T) {
	b := bustest.New(t)
	const n = 20
	for k := range n {
		publish(t, b, number(k), number(k))
	}
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	ack(t, next(t, sub))
	stop()
	sub, _ = subscribe(t, b, bus.EnrichArticles)
	got := map[string]bool{}
	for len(got) < n-1 { // well within AckWait
		m := next(t, sub)
		got[string(m.Data())] = true
		ack(t, m)
	}
	if got[number(0)] {
		t.Error("what was settled came again")
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	for k := range 10 {
		publish(t, b, number(k), number(k))
	}
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	var got []string
	for len(got) < 10 {
		batch, _ := sub.Batch(4, 0)
		if len(batch) < 1 || len(batch) > 4 {
			t.Fatalf("Batch(4) = %d messages", len(batch))
		}
		for _, m := range batch {
			got = append(got, string(m.Data()))
			ack(t, m)
			if n := bus.Deliveries(m); n != 1 {
				t.Errorf("Deliveries = %d, want 1", n)
			}
		}
	}
	for k, s := range got {
		if s != number(k) {
			t.Fatalf("message %d is %q: out of order", k, s)
		}
	}
	stop()
	if batch, open := sub.Batch(4, 0); open {
		t.Errorf("Batch after the end = %v, want nil", batch)
	}
}

func TestOutputConsumerStartsAtThePresent(t *testing.T) {
	b := bustest.New(t)
	alert := func(id string) {
		if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Inbound("alert", "minor", "_", "unknown", "new"), ID: id, Data: []byte(id)}); err != nil {
			t.Fatal(err)
		}
	}
	alert("before")
	c := bus.OutputConsumer("desk")
	if err := b.EnsureConsumer(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	alert("after")
	for deadline := time.Now().Add(patience); ; { // the server counts a moment after it stores
		n, err := b.Pending(t.Context(), c)
		if err != nil || n > 1 || time.Now().After(deadline) {
			t.Fatalf("Pending = %d, %v; want 1", n, err)
		}
		if n == 1 {
			break
		}
	}
	sub, _ := subscribe(t, b, c)
	if m := next(t, sub); string(m.Data()) != "after" {
		t.Errorf("the first alert is %q, want what came after the output was made", m.Data())
	}
}

func TestConsumerOfOthers(t *testing.T) {
	b := bustest.New(t)
	if _, err := b.JS.CreateConsumer(t.Context(), "TOCSIN_ARTICLES", jetstream.ConsumerConfig{Durable: bus.EnrichConsumer, AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: 2, AckWait: time.Second}); err != nil {
		t.Fatal(err)
	}
	if err := b.EnsureConsumer(t.Context(), bus.EnrichArticles); err != nil {
		t.Fatal(err)
	}
	c, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.CachedInfo().Config; got.MaxDeliver != -1 || got.AckWait != bus.AckWait || got.MaxAckPending != 512 {
		t.Errorf("the consumer is %+v, want it as the route needs it", got)
	}
	if _, err := b.JS.CreateConsumer(t.Context(), "TOCSIN_REPORTS", jetstream.ConsumerConfig{Durable: bus.CorrelateConsumer, AckPolicy: jetstream.AckNonePolicy}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Subscribe(t.Context(), bus.CorrelateReports); err == nil || !strings.Contains(err.Error(), "delete the consumer") {
		t.Errorf("Subscribe = %v, want a refusal that says what to do", err)
	}
}

func TestSetAsideAndBack(t *testing.T) {
	b := bustest.New(t)
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	h := nats.Header{"X-Kept": {"yes"}}
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: "art-1.1", Data: []byte("{broken"), Header: h}); err != nil {
		t.Fatal(err)
	}
	m := next(t, sub)
	cause := errors.New("decode article: line one\nline two\x00" + strings.Repeat("…", 1000))
	if err := b.SetAside(t.Context(), m, "enrich", bus.Unreadable, cause); err != nil {
		t.Fatal(err)
	}
	// The stage crashed before it was settled, and does it again.
	if err := b.SetAside(t.Context(), m, "enrich", bus.Unreadable, cause); err != nil {
		t.Fatal(err)
	}
	letters := deadLetters(t, b)
	if len(letters) != 1 {
		t.Fatalf("%d dead letters, want 1", len(letters))
	}
	d := letters[0]
	if d.Stage != "enrich" || d.Reason != "unreadable" || d.Subject != "tocsin.v1.article.wire" || d.Deliveries != "1" || string(d.Data) != "{broken" {
		t.Errorf("the dead letter is %+v", d)
	}
	if strings.ContainsAny(d.Error, "\n\x00") || !strings.HasPrefix(d.Error, "decode article: line one line two") || len(d.Error) > 1<<10 {
		t.Errorf("its error is %q, want one short line", d.Error)
	}
	settled(t, b)

	for range 2 { // the second one as after a crash between the two steps of the first
		if err := b.Replay(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if n := stored(t, b, bus.Articles); n != 2 {
		t.Errorf("%d articles are stored, want the first and one replay", n)
	}
	m = next(t, sub)
	if string(m.Data()) != "{broken" || m.Subject() != d.Subject || m.Headers().Get("X-Kept") != "yes" || m.Headers().Get(bus.HeaderError) != "" {
		t.Errorf("replayed, it is %q on %s with %v; want it as it was", m.Data(), m.Subject(), m.Headers())
	}
	if letters := deadLetters(t, b); len(letters) != 0 {
		t.Errorf("%d dead letters are left, want none", len(letters))
	}

	// What is wrong with it still is: it is set aside again, under its new place.
	if err := b.SetAside(t.Context(), m, "enrich", bus.Unreadable, cause); err != nil {
		t.Fatal(err)
	}
	letters = deadLetters(t, b)
	if len(letters) != 1 {
		t.Fatalf("%d dead letters, want 1", len(letters))
	}
	if got, err := b.DeadLetter(t.Context(), letters[0].Sequence); err != nil || got.Subject != d.Subject {
		t.Errorf("DeadLetter = %+v, %v", got, err)
	}
	for range 2 {
		if err := b.Forget(t.Context(), letters[0].Sequence); err != nil {
			t.Errorf("Forget = %v", err)
		}
	}
	if letters := deadLetters(t, b); len(letters) != 0 {
		t.Errorf("%d dead letters are left, want none", len(letters))
	}
	if _, err := b.DeadLetter(t.Context(), 2); !errors.Is(err, jetstream.ErrMsgNotFound) {
		t.Errorf("DeadLetter of a forgotten one = %v", err)
	}
}

// settled waits until no article is in work.
func settled(t *testing.T, b *bus.Bus) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; {
		c, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
		if err != nil {
			t.Fatal(err)
		}
		n := c.CachedInfo().NumAckPending
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are not settled", n)
		}
	}
}

func TestSetAsideDropsTheFirstPublishsConditions(t *testing.T) {
	b := bustest.New(t)
	sub, _ := subscribe(t, b, bus.SinkIncidents)
	var none uint64
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("incident", "iq", "bombing", "inc-1"), ID: "inc-1.1", Data: []byte("x"), After: &none}); err != nil {
		t.Fatal(err)
	}
	if err := b.SetAside(t.Context(), next(t, sub), "sink", bus.Unreadable, errors.New("x"), bus.HeaderOutput, "desk"); err != nil {
		t.Fatal(err)
	}
	letters := deadLetters(t, b)
	if len(letters) != 1 || letters[0].Output != "desk" {
		t.Fatalf("dead letters %+v, want one of output desk", letters)
	}
	if err := b.Replay(t.Context(), letters[0]); err != nil {
		t.Error(err)
	}
}

// A stream that is made anew counts from the beginning: what is set aside of it is not
// what was set aside of the one before.
func TestSetAsideOfAStreamMadeAnew(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	for _, text := range []string{"old", "new"} {
		publish(t, b, "id", text) // which makes the stream
		sub, stop := subscribe(t, b, bus.EnrichArticles)
		if err := b.SetAside(t.Context(), next(t, sub), "enrich", bus.Unreadable, errors.New("broken")); err != nil {
			t.Fatal(err)
		}
		stop()
		if err := b.JS.DeleteStream(t.Context(), "TOCSIN_ARTICLES"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, d := range deadLetters(t, b) {
		got = append(got, string(d.Data))
	}
	if d := cmp.Diff([]string{"old", "new"}, got); d != "" {
		t.Errorf("dead letters (-want +got)\n%s", d)
	}
}

// Whoever follows a stream goes on when it is made anew, and begins at its begin.
func TestFollowGoesOnWhenTheStreamIsMadeAnew(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	for _, id := range []string{"1", "2", "3"} {
		publish(t, b, id, "old "+id)
	}
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan string), make(chan bool)
	go func() {
		defer close(done)
		b.Follow(ctx, bus.Articles, time.Now().Add(-time.Hour), math.MaxUint64, func(m jetstream.Msg) {
			select {
			case heard <- string(m.Data()):
			case <-ctx.Done():
			}
		}, nil)
	}()
	t.Cleanup(func() { cancel(); <-done })
	want := func(text string) {
		t.Helper()
		select {
		case got := <-heard:
			if got != text {
				t.Fatalf("heard %q, want %q", got, text)
			}
		case <-time.After(patience):
			t.Fatalf("%q is not heard", text)
		}
	}
	for _, text := range []string{"old 1", "old 2", "old 3"} {
		want(text)
	}
	if err := b.JS.DeleteStream(t.Context(), "TOCSIN_ARTICLES"); err != nil {
		t.Fatal(err)
	}
	publish(t, b, "4", "new 4")
	want("new 4")
	publish(t, b, "5", "new 5")
	want("new 5")
}

// What reads a stream once leaves a consumer on the server: not for long.
func TestReadersAreForgottenSoon(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	publish(t, b, "1", "text")
	if err := b.Read(t.Context(), bus.Articles, 1, 1, false, func(jetstream.Msg, uint64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	s, err := b.Stream(t.Context(), bus.Articles)
	if err != nil {
		t.Fatal(err)
	}
	for info := range s.ListConsumers(t.Context()).Info() {
		if info.Config.InactiveThreshold > 30*time.Second {
			t.Errorf("consumer %s is kept for %v after its last sign of life", info.Name, info.Config.InactiveThreshold)
		}
	}
}

func deadLetters(t *testing.T, b *bus.Bus) []bus.DeadLetter {
	t.Helper()
	var all []bus.DeadLetter
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { all = append(all, d); return true }); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDeadLettersCanBeLeftEarly(t *testing.T) {
	b := bustest.New(t)
	for k := range 3 {
		if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("dead", "sink", "refused"), ID: number(k), Data: []byte(number(k))}); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	if err := b.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { seen = append(seen, string(d.Data)); return len(seen) < 2 }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"0000", "0001"}, seen); d != "" {
		t.Errorf("seen (-want +got)\n%s", d)
	}
}

func TestGrace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	late, end := bus.Grace(ctx, time.Millisecond)
	if late.Err() != nil {
		t.Error("it ended before its parent")
	}
	cancel()
	<-late.Done()
	end()

	ctx, cancel = context.WithCancel(t.Context())
	late, end = bus.Grace(ctx, time.Hour)
	cancel()
	if late.Err() != nil {
		t.Error("it ended with its parent, an hour too early")
	}
	end()
	if late.Err() == nil {
		t.Error("it did not end when it was ended")
	}
}
