package bus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/pulse"
)

// Subscription delivers the messages of one durable consumer on C until its
// context ends; then C is closed. What was delivered and not settled comes
// again, to this or another worker.
type Subscription struct {
	C <-chan jetstream.Msg

	b    *Bus
	spec Consumer
	c    chan jetstream.Msg
	hand *hand
	done sync.WaitGroup
}

// pullAhead bounds what a subscription holds that nobody has asked for yet:
// the library's 500 can outlive AckWait under slow work.
const pullAhead = 64

// Subscribe opens (and, if need be, makes) a durable consumer. The caller ends
// it by ending ctx and then reading C until it is closed, or Wait. A server that
// does not answer now is asked again and again, as it is later on; what it
// refuses is an error.
func (b *Bus) Subscribe(ctx context.Context, spec Consumer) (*Subscription, error) {
	cons, err := b.consumer(ctx, spec)
	if silent := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout); err != nil && (!silent || ctx.Err() != nil) {
		return nil, err
	}
	// Room for what a batch can have without waiting for whoever fills it.
	s := &Subscription{b: b, spec: spec, c: make(chan jetstream.Msg, min(pullAhead, spec.InFlight)), hand: newHand(spec.ackWait(), pulse.From(ctx))}
	s.C = s.c
	s.done.Go(func() { s.hand.keepAlive(ctx) })
	s.done.Go(func() {
		defer close(s.c)
		s.run(ctx, cons)
	})
	return s, nil
}

// Wait returns when the subscription has ended and C is closed. What is not settled
// by then counts as given up.
func (s *Subscription) Wait() {
	s.done.Wait()
	s.hand.open()
}

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
	// A pull does get lost now and then; its heartbeat notices in two seconds. It ends
	// well before AckWait: one whose worker stands still draws messages to it until then.
	expiry := max(time.Second, min(10*time.Second, s.spec.ackWait()/2))
	it, err := cons.Messages(
		jetstream.PullMaxMessages(min(pullAhead, s.spec.InFlight)),
		jetstream.PullExpiry(expiry), jetstream.PullHeartbeat(min(time.Second, expiry/2)))
	if err != nil {
		return 0, fmt.Errorf("open iterator: %w", err)
	}
	defer it.Stop()
	next := jetstream.NextContext(ctx)
	silent := 0
	for {
		msg, err := it.Next(next)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			giveBack(it)
			return n, ctx.Err()
		case errors.Is(err, jetstream.ErrNoHeartbeat) && silent < 5:
			// The server is away, or the pull is lost. The iterator pulls
			// again by itself; when even that stays silent, open a new one.
			silent++
			if _, err := cons.Info(ctx); errors.Is(err, jetstream.ErrConsumerNotFound) || errors.Is(err, jetstream.ErrStreamNotFound) {
				return n, err
			}
			continue
		default:
			return n, err
		}
		silent = 0
		n++
		msg, ok := s.hand.take(msg)
		if !ok {
			continue // it is in work
		}
		select {
		case s.c <- msg:
		case <-ctx.Done():
			handBack(msg)
			giveBack(it)
			return n, ctx.Err()
		}
	}
}

// giveBack returns to the server what the iterator holds and nobody was given,
// so that the next worker has it at once: the server itself would wait for
// AckWait.
func giveBack(it jetstream.MessagesContext) {
	it.Drain()
	for {
		msg, err := it.Next(jetstream.NextMaxWait(time.Second))
		if err != nil {
			return
		}
		handBack(msg)
	}
}

// handBack says that nobody works on msg. The delay is what makes the server
// store it: a plain Nak is forgotten when the embedded server ends with us. One
// that fails costs the wait of AckWait and nothing else.
func handBack(msg jetstream.Msg) { _ = msg.NakWithDelay(time.Millisecond) }

// label is the consumer's name in metrics: outputs share one.
func (c Consumer) label() string {
	switch c.Name {
	case EnrichConsumer, CorrelateConsumer, SinkConsumer:
		return c.Name
	}
	return "output"
}

// Batch returns the next message and those behind it that are already here, at
// most n, in order. It waits no longer than idle for the first, for ever where
// that is 0; then the batch is empty. open is false when C is closed.
func (s *Subscription) Batch(n int, idle time.Duration) (batch []jetstream.Msg, open bool) {
	var first jetstream.Msg
	if idle == 0 {
		first, open = <-s.C
	} else {
		t := time.NewTimer(idle)
		defer t.Stop()
		select {
		case first, open = <-s.C:
		case <-t.C:
			return nil, true
		}
	}
	if !open {
		return nil, false
	}
	batch = append(make([]jetstream.Msg, 0, n), first)
	for len(batch) < n {
		select {
		case m, ok := <-s.C:
			if !ok {
				return batch, true // the next call tells
			}
			batch = append(batch, m)
		default:
			return batch, true
		}
	}
	return batch, true
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

// Idle reports whether a consumer has been given all there is and has settled it.
func (b *Bus) Idle(ctx context.Context, c Consumer) (bool, error) {
	cons, err := b.JS.Consumer(ctx, b.streamName(c.Stream), c.Name)
	if err != nil {
		return false, fmt.Errorf("look at consumer %s: %w", c.Name, err)
	}
	info := cons.CachedInfo()
	return info.NumPending == 0 && info.NumAckPending == 0, nil
}

// Settled is the stream sequence up to which a consumer's messages are all settled.
func (b *Bus) Settled(ctx context.Context, c Consumer) (uint64, error) {
	cons, err := b.JS.Consumer(ctx, b.streamName(c.Stream), c.Name)
	if err != nil {
		return 0, fmt.Errorf("look at consumer %s: %w", c.Name, err)
	}
	return cons.CachedInfo().AckFloor.Stream, nil
}

// EnsureConsumer makes a durable consumer, so that it keeps what comes from now
// on for a worker that starts later.
func (b *Bus) EnsureConsumer(ctx context.Context, c Consumer) error {
	_, err := b.consumer(ctx, c)
	return err
}

// Read calls each for the messages of a stream from one sequence to another, in
// order. Its data is missing where headersOnly is set. On a cluster a copy of the
// stream may be read that is a little behind: what each has not seen by then, a
// further call has.
func (b *Bus) Read(ctx context.Context, stream string, from, to uint64, headersOnly bool, each func(jetstream.Msg, uint64) error) error {
	if from > to {
		return nil
	}
	return b.read(ctx, b.streamName(stream), jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, HeadersOnly: headersOnly,
	}, to, each)
}

// ReadSubject calls each for the messages of a stream on a subject or pattern, in
// order.
func (b *Bus) ReadSubject(ctx context.Context, stream, subject string, each func(jetstream.Msg, uint64) error) error {
	return b.read(ctx, b.streamName(stream), jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverAllPolicy, FilterSubjects: []string{subject}}, math.MaxUint64, each)
}

// ReadBucket calls each for the latest value of every key of a bucket, in the order
// in which they were written; those of deleted keys are empty, and their messages
// say so.
func (b *Bus) ReadBucket(ctx context.Context, bucket string, headersOnly bool, each func(key string, m jetstream.Msg, revision uint64) error) error {
	prefix := b.BucketSubject(bucket, "")
	return b.read(ctx, bucketStream+b.bucketName(bucket), jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, HeadersOnly: headersOnly}, math.MaxUint64,
		func(m jetstream.Msg, seq uint64) error {
			return each(strings.TrimPrefix(m.Subject(), prefix), m, seq)
		})
}

const (
	// readAhead bounds what a read has in memory that each has not seen.
	readAhead = 8 << 20
	// forgetReader is after how long the server forgets a reader of which it hears no
	// more. The library's five minutes are those of hundreds, where one reads each second.
	forgetReader = 30 * time.Second
)

// readerBeat is how often a server shows those who read that it has their pull. A cluster
// loses one now and then that comes right behind its new consumer, which is noticed after
// two of them; by default after ten seconds, in which nobody who has just been elected
// would lead.
const readerBeat = 500 * time.Millisecond

// read calls each for messages of a stream until it has seen the one of sequence
// to, or a later one, or all that there are.
func (b *Bus) read(ctx context.Context, name string, cfg jetstream.OrderedConsumerConfig, to uint64, each func(jetstream.Msg, uint64) error) error {
	cfg.InactiveThreshold = forgetReader
	c, err := b.JS.OrderedConsumer(ctx, name, cfg)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", name, err)
	}
	if c.CachedInfo().NumPending == 0 {
		return nil // what there was has aged out
	}
	it, err := c.Messages(jetstream.PullMaxBytes(readAhead), jetstream.PullHeartbeat(readerBeat))
	if err != nil {
		return fmt.Errorf("read stream %s: %w", name, err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read stream %s: %w", name, err)
		}
		md, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s: %w", name, err)
		}
		if err := each(m, md.Sequence.Stream); err != nil {
			return err
		}
		if md.Sequence.Stream >= to || md.NumPending == 0 {
			return nil
		}
	}
}

// Follow calls each for the messages of a stream since a time, the last most of
// them at the utmost, and for those that come, until ctx ends. Of a stream that is made
// anew it begins at the begin. caughtUp is called once, when each has seen all that there
// was at first.
func (b *Bus) Follow(ctx context.Context, stream string, since time.Time, most uint64, each func(jetstream.Msg), caughtUp func()) {
	f := follower{bus: b, name: b.streamName(stream), since: since, most: most, each: each, caughtUp: caughtUp}
	for ctx.Err() == nil {
		if err := f.follow(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("a stream cannot be followed, trying on", "stream", stream, "err", err)
			pause(ctx, time.Second)
		}
	}
}

// follower is whoever follows a stream.
type follower struct {
	bus      *Bus
	name     string // of the stream
	since    time.Time
	most     uint64
	each     func(jetstream.Msg)
	caughtUp func() // nil when it was called

	made time.Time // when the stream was
	last uint64    // sequence that each has seen
}

func (f *follower) seen(seq, left uint64) {
	f.last = max(f.last, seq)
	if left == 0 && f.caughtUp != nil {
		f.caughtUp()
		f.caughtUp = nil
	}
}

// lookForAnother is after how long without a message it is looked whether the stream is
// still the same. One that was made anew tells nothing before it is as long as the other.
const lookForAnother = 5 * time.Second

func (f *follower) follow(ctx context.Context) error {
	s, err := f.bus.JS.Stream(ctx, f.name) // before the consumer: what comes in between is then seen
	if err != nil {
		return err
	}
	info := s.CachedInfo()
	if !f.made.Equal(info.Created) {
		f.made, f.last = info.Created, 0
	}
	cfg := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &f.since, InactiveThreshold: forgetReader}
	if f.last == 0 {
		c, err := f.bus.JS.OrderedConsumer(ctx, f.name, cfg)
		if err != nil {
			return err
		}
		switch n := c.CachedInfo().NumPending; {
		case n == 0:
			f.seen(info.State.LastSeq, 0)
		case n > f.most:
			f.last = info.State.LastSeq - f.most
		}
	}
	if f.last > 0 {
		cfg.DeliverPolicy, cfg.OptStartTime, cfg.OptStartSeq = jetstream.DeliverByStartSequencePolicy, nil, f.last+1
	}
	c, err := f.bus.JS.OrderedConsumer(ctx, f.name, cfg)
	if err != nil {
		return err
	}
	it, err := c.Messages(jetstream.PullHeartbeat(readerBeat))
	if err != nil {
		return err
	}
	defer it.Stop()
	for {
		wait, cancel := context.WithTimeout(ctx, lookForAnother)
		m, err := it.Next(jetstream.NextContext(wait))
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
			if s, err := f.bus.JS.Stream(ctx, f.name); err != nil {
				return err
			} else if !f.made.Equal(s.CachedInfo().Created) {
				return errors.New("it was made anew")
			}
			continue
		}
		if err != nil {
			return err
		}
		md, err := m.Metadata()
		if err != nil {
			return err
		}
		f.each(m)
		f.seen(md.Sequence.Stream, md.NumPending)
	}
}

// Position is a stream sequence that a stage has stored, 0 where it has none.
func (b *Bus) Position(ctx context.Context, key string) (uint64, error) {
	kv, err := b.Bucket(ctx, StateBucket)
	if err != nil {
		return 0, err
	}
	e, err := kv.Get(ctx, key)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read position %s: %w", key, err)
	}
	n, err := strconv.ParseUint(string(e.Value()), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read position %s: %w", key, err)
	}
	return n, nil
}

// SavePosition stores one.
func (b *Bus) SavePosition(ctx context.Context, key string, at uint64) error {
	kv, err := b.Bucket(ctx, StateBucket)
	if err != nil {
		return err
	}
	if _, err := kv.PutString(ctx, key, strconv.FormatUint(at, 10)); err != nil {
		return fmt.Errorf("store position %s: %w", key, err)
	}
	return nil
}
