package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Canary is a made-up article whose reading is known, on its way down the route. It
// lies in the streams of the real ones and comes by the same consumers, so that
// whatever holds those up holds it up too. But its subjects are its own, and so is its
// schema: nobody who listens for articles, reports, incidents or alerts hears it, and
// who reads a whole stream, an older version of this program for one, does not take it
// for news. Its alert is never on the stream of alerts: it ends on Canaries.
type Canary struct {
	Schema  string            `json:"schema"`            // tocsin.canary/1
	Round   time.Time         `json:"round"`             // its name: when it was due
	By      string            `json:"by"`                // Boot of the bus that it was sent on
	Sent    time.Time         `json:"sent"`              // by the clock of who sent it
	Until   time.Time         `json:"until"`             // nobody waits for it after that
	Want    map[string]string `json:"want"`              // what its alert must say
	Trail   []Passed          `json:"trail,omitempty"`   // stages that it has passed
	Trouble string            `json:"trouble,omitempty"` // why a stage could make no record of the one before
	Record  json.RawMessage   `json:"record,omitempty"`  // article, report, incident or alert
}

// Passed is a stage that a canary has passed.
type Passed struct {
	Stage string    `json:"stage"`
	Given time.Time `json:"given"` // when NATS had stored what the stage was given
}

// CanarySchema names the version of Canary.
const CanarySchema = "tocsin.canary/1"

// canaries is the token before the subjects of canaries; a record's kind follows.
const canaries = "canary"

// IsCanary tells whether it is a canary that lies on a subject of the route.
func (b *Bus) IsCanary(subject string) bool {
	return strings.HasPrefix(subject, b.Pattern(canaries)+".")
}

// DecodeCanary reads a canary from the bus.
func DecodeCanary(data []byte) (Canary, error) {
	var c Canary
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("decode canary: %w", err)
	}
	if c.Schema != CanarySchema {
		return c, fmt.Errorf("decode canary: schema %q, this program reads %q", c.Schema, CanarySchema)
	}
	return c, nil
}

// CanaryMessage is the publish of a canary with a record of a kind: article, report,
// incident or alert. One round has one of each kind, whoever makes it and how often.
func (b *Bus) CanaryMessage(c *Canary, kind string) (Message, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return Message{}, fmt.Errorf("encode canary: %w", err)
	}
	return Message{Subject: b.Subject(canaries, kind), ID: canaries + "." + kind + "." + c.Round.UTC().Format(time.RFC3339Nano), Data: data}, nil
}

// LastCanary is the round of the last canary with a record of a kind; zero where there
// is none.
func (b *Bus) LastCanary(ctx context.Context, stream, kind string) (time.Time, error) {
	s, err := b.Stream(ctx, stream)
	if err != nil {
		return time.Time{}, err
	}
	m, err := s.GetLastMsgForSubject(ctx, b.Subject(canaries, kind))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read the last canary of stream %s: %w", stream, err)
	}
	c, err := DecodeCanary(m.Data)
	return c.Round, err
}

// Step is a stage's part of the way of a canary.
type Step struct {
	Stage string
	Kind  string // of the record that it makes
	// Work makes that record of the one before. An error is what is wrong with the
	// reading, and is carried on instead of a record; one that wraps ErrNotNow has the
	// canary come again.
	Work func(ctx context.Context, record []byte) (any, error)
	// After makes the publish conditional on the last sequence of its stream.
	After *uint64
}

// ErrNotNow is wrapped by the error of a Step that may go better a little later.
var ErrNotNow = errors.New("not now")

// canaryPatience bounds how long a canary may hold up its stage: what is real would wait
// for ever, and must not wait for this.
const canaryPatience = 2 * time.Second

// Carry takes a canary over one stage and settles its message. It never sets one aside
// and never insists: what does not go through comes again later, until nobody waits for
// it. So who lacks the right to publish canaries loses rounds, and no news.
//
// The one error that it returns, with the message unsettled, wraps ErrConflict: Step.After
// was not the last sequence. The answer is nil where nothing was published.
func (b *Bus) Carry(ctx context.Context, msg jetstream.Msg, s Step) (*jetstream.PubAck, error) {
	c, err := DecodeCanary(msg.Data())
	if err != nil {
		b.log.Error("a canary cannot be read, dropped", "stage", s.Stage, "subject", msg.Subject(), "err", err)
		_ = msg.Term() // else it comes again, and is dropped then
		return nil, nil
	}
	if time.Now().After(c.Until) {
		_ = msg.Ack()
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, canaryPatience)
	defer cancel()
	ack, err := b.carry(ctx, msg, c, s)
	switch {
	case errors.Is(err, ErrConflict) && s.After != nil:
		return nil, err
	case err != nil:
		b.log.Warn("a canary is held up, trying on; news is not", "stage", s.Stage, "round", c.Round, "err", err)
		_ = msg.NakWithDelay(min(retryAfter<<min(Deliveries(msg)-1, 8), time.Minute))
		return nil, nil
	}
	if err := msg.Ack(); err != nil {
		b.log.Warn("canary not settled, NATS will send it again", "stage", s.Stage, "err", err)
	}
	return ack, nil
}

func (b *Bus) carry(ctx context.Context, msg jetstream.Msg, c Canary, s Step) (*jetstream.PubAck, error) {
	md, err := msg.Metadata()
	if err != nil {
		return nil, err
	}
	c.Trail = append(c.Trail, Passed{Stage: s.Stage, Given: md.Timestamp.UTC()})
	if c.Trouble == "" {
		made, err := s.Work(ctx, c.Record)
		if errors.Is(err, ErrNotNow) {
			return nil, err
		}
		if err == nil {
			c.Record, err = json.Marshal(made)
		}
		if err != nil {
			c.Record, c.Trouble = nil, s.Stage+": "+err.Error()
		}
	}
	m, err := b.CanaryMessage(&c, s.Kind)
	if err != nil {
		return nil, err
	}
	if s.After != nil {
		// An id that the stream knows would be answered with an older sequence, as if it
		// were this one's. Two of a round do no harm: the next stage makes one of them.
		m.ID, m.AfterAll = "", s.After
	}
	return b.Publish(ctx, m)
}
