package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Headers of a dead letter: where the message came from and why it was set aside.
const (
	HeaderSubject    = "Tocsin-Origin-Subject"
	HeaderSequence   = "Tocsin-Origin-Sequence"
	HeaderStream     = "Tocsin-Origin-Stream"
	HeaderDeliveries = "Tocsin-Deliveries"
	HeaderError      = "Tocsin-Error"
	HeaderOutput     = "Tocsin-Output" // the output that could not send it
)

// Reason is why a message was set aside: a subject token and a metric label.
type Reason string

const (
	Unreadable   Reason = "unreadable"     // no JSON, or not this record
	UnknownKind  Reason = "unknown_schema" // a schema version of another program
	Panicked     Reason = "panic"          // reading it broke the reader
	CrashLoop    Reason = "crash_loop"     // delivered again and again, never settled
	TooLarge     Reason = "too_large"      // what it causes exceeds a message
	Refused      Reason = "refused"        // the output's far end will not have it
	GaveUp       Reason = "gave_up"        // the output's far end was down for too long
	maxErrHeader        = 1 << 10
)

// Reasons lists every reason.
var Reasons = []Reason{Unreadable, UnknownKind, Panicked, CrashLoop, TooLarge, Refused, GaveUp}

// MaxDeliveries is after how many deliveries a message counts as the cause of
// the crashes that it was in. A restart by itself redelivers what was in
// flight, so that it must be well above the restarts of a bad day.
const MaxDeliveries = 20

// retryAfter is when a message comes again that could not be set aside.
const retryAfter = 5 * time.Second

// SetAside moves a message to the dead letters: it is stored there, with the
// error, before it is settled. An error says that it is neither stored nor
// settled, and so comes again.
func (b *Bus) SetAside(ctx context.Context, msg jetstream.Msg, stage string, reason Reason, cause error, extra ...string) error {
	h := nats.Header{}
	for k, v := range msg.Headers() {
		h[k] = v
	}
	maps.DeleteFunc(h, func(name string, _ []string) bool { return condition(name) })
	text := cause.Error()
	if len(text) > maxErrHeader {
		text = text[:maxErrHeader]
	}
	h.Set(HeaderError, oneLine(text))
	h.Set(HeaderSubject, msg.Subject())
	seq, stored := "0", int64(0)
	if md, err := msg.Metadata(); err == nil {
		seq, stored = strconv.FormatUint(md.Sequence.Stream, 10), md.Timestamp.UnixNano()
		h.Set(HeaderStream, md.Stream)
		h.Set(HeaderSequence, seq)
		h.Set(HeaderDeliveries, strconv.FormatUint(md.NumDelivered, 10))
	}
	for i := 0; i+1 < len(extra); i += 2 {
		h.Set(extra[i], extra[i+1])
	}
	ack, err := b.Publish(ctx, Message{
		Subject: b.Subject("dead", Token(stage), string(reason)),
		// A stream that was made anew has the same sequences again, at other times.
		ID:   fmt.Sprintf("%s.%s.%s.%s.%d", stage, h.Get(HeaderOutput), msg.Subject(), seq, stored),
		Data: msg.Data(), Header: h,
	})
	if err != nil {
		_ = msg.NakWithDelay(retryAfter) // else it would count as in work; see hand
		return fmt.Errorf("set aside a message of %s: %w", msg.Subject(), err)
	}
	if !ack.Duplicate { // else it was stored before, and only its settling got lost
		b.metrics.dead.WithLabelValues(stage, string(reason)).Inc()
		b.log.Error("message set aside; see 'tocsin dead'", "stage", stage, "reason", string(reason), "subject", msg.Subject(), "sequence", seq, "err", cause)
	}
	if err := msg.TermWithReason(string(reason)); err != nil && !errors.Is(err, jetstream.ErrMsgAlreadyAckd) {
		return fmt.Errorf("settle a message of %s: %w", msg.Subject(), err)
	}
	return nil
}

// oneLine keeps a header a header.
func oneLine(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c == 0x7f {
			b[i] = ' '
		}
	}
	return string(b)
}

// DeadLetter is one message that was set aside.
type DeadLetter struct {
	Sequence   uint64    `json:"sequence"` // in the dead stream: its name in commands
	Time       time.Time `json:"time"`
	Stage      string    `json:"stage"`
	Reason     string    `json:"reason"`
	Error      string    `json:"error"`
	Subject    string    `json:"subject"` // where it came from
	Deliveries string    `json:"deliveries,omitempty"`
	Output     string    `json:"output,omitempty"`
	Data       []byte    `json:"-"`

	header nats.Header
}

// DeadLetters calls each for every dead letter, oldest first, until it returns false.
func (b *Bus) DeadLetters(ctx context.Context, each func(DeadLetter) bool) error {
	s, err := b.Stream(ctx, Dead)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx)
	if err != nil {
		return fmt.Errorf("look at the dead letters: %w", err)
	}
	for seq := info.State.FirstSeq; info.State.Msgs > 0 && seq <= info.State.LastSeq; seq++ {
		d, err := b.deadLetter(ctx, s, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue // replayed
		}
		if err != nil {
			return err
		}
		if !each(d) {
			return nil
		}
	}
	return nil
}

// DeadLetter returns the one of that sequence.
func (b *Bus) DeadLetter(ctx context.Context, seq uint64) (DeadLetter, error) {
	s, err := b.Stream(ctx, Dead)
	if err != nil {
		return DeadLetter{}, err
	}
	return b.deadLetter(ctx, s, seq)
}

func (b *Bus) deadLetter(ctx context.Context, s jetstream.Stream, seq uint64) (DeadLetter, error) {
	m, err := s.GetMsg(ctx, seq)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return DeadLetter{}, fmt.Errorf("there is no dead letter %d; see 'tocsin dead ls': %w", seq, jetstream.ErrMsgNotFound)
	}
	if err != nil {
		return DeadLetter{}, fmt.Errorf("read dead letter %d: %w", seq, err)
	}
	d := DeadLetter{Sequence: seq, Time: m.Time, Data: m.Data, header: m.Header,
		Error: m.Header.Get(HeaderError), Subject: m.Header.Get(HeaderSubject), Deliveries: m.Header.Get(HeaderDeliveries), Output: m.Header.Get(HeaderOutput)}
	d.Stage, d.Reason = stageAndReason(m.Subject)
	return d, nil
}

// Replay puts a dead letter back on the subject that it came from, and forgets
// it. Done twice, it is stored once.
func (b *Bus) Replay(ctx context.Context, d DeadLetter) error {
	h := nats.Header{}
	for k, v := range d.header {
		switch k {
		case HeaderError, HeaderSubject, HeaderStream, HeaderSequence, HeaderDeliveries, HeaderOutput, jetstream.MsgIDHeader:
		default:
			h[k] = v
		}
	}
	// The first message id is within the stream's window: it needs another.
	id := fmt.Sprintf("replay.%d.%s", d.Sequence, d.header.Get(jetstream.MsgIDHeader))
	if _, err := b.Publish(ctx, Message{Subject: d.Subject, ID: id, Data: d.Data, Header: h}); err != nil {
		return fmt.Errorf("replay dead letter %d: %w", d.Sequence, err)
	}
	return b.Forget(ctx, d.Sequence)
}

// Forget deletes a dead letter.
func (b *Bus) Forget(ctx context.Context, seq uint64) error {
	s, err := b.Stream(ctx, Dead)
	if err != nil {
		return err
	}
	if err := s.DeleteMsg(ctx, seq); err != nil {
		// The server has one code for all failed deletes; gone already is none.
		if _, gerr := s.GetMsg(ctx, seq); errors.Is(gerr, jetstream.ErrMsgNotFound) {
			return nil
		}
		return fmt.Errorf("delete dead letter %d: %w", seq, err)
	}
	return nil
}

// stageAndReason reads the last two tokens of a dead letter's subject.
func stageAndReason(subject string) (stage, reason string) {
	t := strings.Split(subject, ".")
	if len(t) < 2 {
		return "", subject
	}
	return t[len(t)-2], t[len(t)-1]
}
