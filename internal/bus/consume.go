package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Subscription delivers the messages of one durable consumer on C until its
// context ends; then C is closed. What was delivered and not settled comes
// again, to this or another worker.
type Subscription struct {
	C <-chan jetstream.Msg

	b    *Bus
	spec Consumer
	c    chan jetstream.Msg
	done sync.WaitGroup
}

// pullAhead bounds what a subscription holds that nobody has asked for yet:
// the library's 500 can outlive AckWait under slow work.
const pullAhead = 64

// Subscribe opens (and, if need be, makes) a durable consumer. The caller ends
// it by ending ctx and then reading C until it is closed, or Wait.
func (b *Bus) Subscribe(ctx context.Context, spec Consumer) (*Subscription, error) {
	cons, err := b.consumer(ctx, spec)
	if err != nil {
		return nil, err
	}
	s := &Subscription{b: b, spec: spec, c: make(chan jetstream.Msg, 1)}
	s.C = s.c
	s.done.Go(func() {
		defer close(s.c)
		s.run(ctx, cons)
	})
	return s, nil
}

// Wait returns when the subscription has ended and C is closed.
func (s *Subscription) Wait() { s.done.Wait() }

// run pulls until ctx ends, over every kind of trouble: a lost pull, a server
// that restarts, a consumer that somebody deleted.
func (s *Subscription) run(ctx context.Context, cons jetstream.Consumer) {
	wait := 50 * time.Millisecond
	for ctx.Err() == nil {
		if cons == nil {
			var err error
			if cons, err = s.b.consumer(ctx, s.spec); err != nil {
				cons = nil
				if ctx.Err() != nil {
					return
				}
				if errors.Is(err, jetstream.ErrStreamNotFound) {
					if rerr := s.b.reconcile(ctx); rerr != nil {
						s.b.log.Error("streams cannot be made", "err", rerr)
					}
				}
				s.b.log.Warn("consumer cannot be opened, trying on", "consumer", s.spec.Name, "err", err)
				pause(ctx, wait)
				wait = min(2*wait, 5*time.Second)
				continue
			}
		}
		n, err := s.pull(ctx, cons)
		if n > 0 {
			wait = 50 * time.Millisecond
		}
		if ctx.Err() != nil {
			return
		}
		s.b.metrics.resubscribed.WithLabelValues(s.spec.label()).Inc()
		s.b.log.Warn("subscription interrupted, opening it again", "consumer", s.spec.Name, "err", err)
		cons = nil
		pause(ctx, wait)
		wait = min(2*wait, 5*time.Second)
	}
}

// pull delivers from one iterator until it breaks; n is how many messages it gave.
func (s *Subscription) pull(ctx context.Context, cons jetstream.Consumer) (n int, err error) {
	it, err := cons.Messages(
		jetstream.PullMaxMessages(min(pullAhead, s.spec.InFlight)),
		// A pull does get lost now and then; this notices in two seconds.
		jetstream.PullExpiry(10*time.Second), jetstream.PullHeartbeat(time.Second))
	if err != nil {
		return 0, fmt.Errorf("open iterator: %w", err)
	}
	defer it.Stop()
	defer context.AfterFunc(ctx, it.Stop)()
	silent := 0
	for {
		msg, err := it.Next()
		switch {
		case err == nil:
		case errors.Is(err, jetstream.ErrNoHeartbeat) && silent < 5:
			// The server is away, or the pull is lost. The iterator pulls
			// again by itself; when even that stays silent, open a new one.
			silent++
			continue
		case errors.Is(err, nats.ErrConnectionClosed):
			return n, err
		default:
			return n, err
		}
		silent = 0
		n++
		select {
		case s.c <- msg:
		case <-ctx.Done():
			return n, ctx.Err()
		}
	}
}

// label is the consumer's name in metrics: outputs share one.
func (c Consumer) label() string {
	switch c.Name {
	case EnrichConsumer, CorrelateConsumer, SinkConsumer:
		return c.Name
	}
	return "output"
}

// Batch returns the next message and those behind it that are already here, at
// most n, in order. It is empty only when C is closed.
func (s *Subscription) Batch(n int) []jetstream.Msg {
	first, ok := <-s.C
	if !ok {
		return nil
	}
	batch := append(make([]jetstream.Msg, 0, n), first)
	for len(batch) < n {
		select {
		case m, ok := <-s.C:
			if !ok {
				return batch
			}
			batch = append(batch, m)
		default:
			return batch
		}
	}
	return batch
}

// Deliveries is how often the server has given out m, from 1; 1 where the
// message does not tell.
func Deliveries(m jetstream.Msg) uint64 {
	md, err := m.Metadata()
	if err != nil {
		return 1
	}
	return md.NumDelivered
}

// Pending is how many messages a consumer has not been given yet.
func (b *Bus) Pending(ctx context.Context, c Consumer) (uint64, error) {
	cons, err := b.JS.Consumer(ctx, b.streamName(c.Stream), c.Name)
	if err != nil {
		return 0, fmt.Errorf("look at consumer %s: %w", c.Name, err)
	}
	return cons.CachedInfo().NumPending, nil
}

// EnsureConsumer makes a durable consumer, so that it keeps what comes from now
// on for a worker that starts later.
func (b *Bus) EnsureConsumer(ctx context.Context, c Consumer) error {
	_, err := b.consumer(ctx, c)
	return err
}
