package bus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// publishTimeout is how long the first try of a publish may take, behind all
// that was begun before it; tryTimeout how long each further one, which is
// alone: a confirmation that a restart cut off costs no more than that.
const (
	publishTimeout = 10 * time.Second
	tryTimeout     = 3 * time.Second
)

// Message is one publish.
type Message struct {
	Subject string
	ID      string // Nats-Msg-Id: the same id within the stream's window is stored once
	Data    []byte
	Header  nats.Header // further headers, may be nil

	// After makes the publish a compare-and-set: it is stored only if the last
	// message on its subject has this stream sequence; 0 says that there must be
	// none. Nil publishes without a condition.
	After *uint64
	// AfterAll is a compare-and-set on the whole stream: its last message has this
	// sequence. Several such messages must not be under way at once: where one is
	// refused because somebody else has written, the next finds the sequence that
	// it expects, and is stored without it. See PublishTogether.
	AfterAll *uint64
}

// ErrConflict is wrapped when a compare-and-set found another last message:
// somebody else has written.
var ErrConflict = errors.New("written by another")

// ErrTooLarge is wrapped when the stream does not take a message of this size.
var ErrTooLarge = errors.New("message too large")

func (m *Message) msg() *nats.Msg {
	h := nats.Header{}
	for k, v := range m.Header {
		h[k] = v
	}
	if m.ID != "" {
		h[jetstream.MsgIDHeader] = []string{m.ID}
	}
	if m.After != nil {
		h[jetstream.ExpectedLastSubjSeqHeader] = []string{strconv.FormatUint(*m.After, 10)}
	}
	if m.AfterAll != nil {
		h[jetstream.ExpectedLastSeqHeader] = []string{strconv.FormatUint(*m.AfterAll, 10)}
	}
	return &nats.Msg{Subject: m.Subject, Header: h, Data: m.Data}
}

// Pending is a publish under way.
type Pending struct {
	b      *Bus
	msg    Message
	future jetstream.PubAckFuture
	err    error
}

// Begin sends m and returns without waiting for the stream's word. Messages
// begun one after another are stored in that order.
func (b *Bus) Begin(m Message) *Pending {
	p := &Pending{b: b, msg: m}
	p.future, p.err = b.JS.PublishMsgAsync(m.msg(),
		jetstream.WithStallWait(30*time.Second), // 200 ms, the default, fails under load
		jetstream.WithRetryAttempts(0))
	return p
}

// Wait returns when the message is stored. Trouble that can pass (no server,
// no room, no answer) is waited out, the same message id sent again, until ctx
// ends; ErrConflict and ErrTooLarge are returned at once.
func (p *Pending) Wait(ctx context.Context) (*jetstream.PubAck, error) {
	if p.err == nil {
		select {
		case ack := <-p.future.Ok():
			return ack, nil
		case p.err = <-p.future.Err():
		case <-ctx.Done():
			return nil, fmt.Errorf("publish to %s: %w", p.msg.Subject, ctx.Err())
		}
	}
	if err := permanent(p.err); err != nil {
		return p.b.refused(ctx, &p.msg, err)
	}
	return p.b.retry(ctx, &p.msg, p.err)
}

// Publish stores one message: Begin and Wait.
func (b *Bus) Publish(ctx context.Context, m Message) (*jetstream.PubAck, error) {
	return b.Begin(m).Wait(ctx)
}

func (b *Bus) retry(ctx context.Context, m *Message, err error) (*jetstream.PubAck, error) {
	wait := 50 * time.Millisecond
	for {
		b.metrics.retries.Inc()
		if wait >= time.Second {
			b.log.Warn("publish does not go through, trying on", "subject", m.Subject, "err", err)
		}
		if errors.Is(err, jetstream.ErrNoStreamResponse) && b.Conn.IsConnected() {
			// The stream is gone: a wiped server, or an operator's mistake.
			if rerr := b.reconcile(ctx); rerr != nil {
				b.log.Error("streams cannot be made", "err", rerr)
			}
		}
		pause(ctx, wait)
		wait = min(2*wait, 5*time.Second)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("publish to %s: %w (last try: %w)", m.Subject, ctx.Err(), err)
		}
		try, cancel := context.WithTimeout(ctx, tryTimeout)
		ack, perr := b.JS.PublishMsg(try, m.msg(), jetstream.WithRetryAttempts(0))
		cancel()
		if perr == nil {
			return ack, nil
		}
		if final := permanent(perr); final != nil {
			return b.refused(ctx, m, final)
		}
		err = perr
	}
}

// refused is the end of a publish that the server will not take. A single
// server compares sequences before it looks for the message id, so that a
// compare-and-set that was stored, and whose confirmation got lost, looks like
// a conflict when it is sent again: with itself. The last message tells.
func (b *Bus) refused(ctx context.Context, m *Message, err error) (*jetstream.PubAck, error) {
	if errors.Is(err, ErrConflict) && m.After != nil {
		last, lerr := b.last(ctx, m)
		switch {
		case lerr != nil:
			err = fmt.Errorf("%w; who it was cannot be seen: %w", err, lerr)
		case last.Sequence > *m.After && last.Header.Get(jetstream.MsgIDHeader) == m.ID && bytes.Equal(last.Data, m.Data):
			return &jetstream.PubAck{Sequence: last.Sequence, Duplicate: true}, nil
		}
	}
	return nil, fmt.Errorf("publish to %s: %w", m.Subject, err)
}

// last reads the message that a compare-and-set compares with.
func (b *Bus) last(ctx context.Context, m *Message) (*jetstream.RawStreamMsg, error) {
	name, err := b.JS.StreamNameBySubject(ctx, b.stored(m.Subject))
	if err != nil {
		return nil, fmt.Errorf("find the stream of %s: %w", m.Subject, err)
	}
	s, err := b.JS.Stream(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", name, err)
	}
	last, err := s.GetLastMsgForSubject(ctx, b.stored(m.Subject))
	if err != nil {
		return nil, fmt.Errorf("read the last message of %s: %w", m.Subject, err)
	}
	return last, nil
}

// stored is the subject under which a stream keeps what is published to s: the
// way to another domain is dropped on arrival.
func (b *Bus) stored(s string) string { return strings.TrimPrefix(s, b.kvPrefix) }

// Conflict reports that a write by compare-and-set was refused because somebody
// else has written first. Replicated streams say so with a code of their own.
func Conflict(err error) bool {
	var api *jetstream.APIError
	return errors.Is(err, jetstream.ErrKeyExists) || errors.As(err, &api) &&
		(api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// permanent returns the error if trying again cannot help, else nil.
func permanent(err error) error {
	var api *jetstream.APIError
	switch {
	case Conflict(err):
		return fmt.Errorf("%w: %w", ErrConflict, err)
	case errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamMessageExceedsMaximum, errors.Is(err, nats.ErrMaxPayload):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	case errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrBadSubject):
		return err
	}
	return nil
}

// BucketMessage is a put of one key, for Begin: by compare-and-set, after is
// the revision that the key must have, 0 for none.
func (b *Bus) BucketMessage(bucket, key string, data []byte, after uint64) Message {
	return Message{Subject: b.kvPrefix + b.BucketSubject(bucket, key), Data: data, After: &after}
}
