package bus

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/pulse"
)

// hand holds the messages that a subscription has given out and nobody has
// settled yet. It tells the server that they are in work, so that AckWait can
// be short: it is what an article waits for after a crash, and not how long
// work may take. A copy of a message that is still in hand is dropped.
type hand struct {
	every time.Duration // how often the server is told
	pulse *pulse.Pulse  // of the stage that works on them

	mu   sync.Mutex
	held map[uint64]*heldMsg // by stream sequence
}

// heldMsg is a message that leaves the hand when it is settled.
type heldMsg struct {
	jetstream.Msg
	hand  *hand
	seq   uint64
	since time.Time
}

func newHand(ackWait time.Duration, p *pulse.Pulse) *hand {
	return &hand{every: ackWait / 4, pulse: p, held: map[uint64]*heldMsg{}}
}

// take wraps a message; ok is false where it is in hand already.
func (h *hand) take(m jetstream.Msg) (msg jetstream.Msg, ok bool) {
	md, err := m.Metadata()
	if err != nil {
		return m, true // not from a stream: nothing to keep alive
	}
	held := &heldMsg{Msg: m, hand: h, seq: md.Sequence.Stream, since: time.Now()}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held[held.seq] != nil {
		return nil, false
	}
	h.held[held.seq] = held
	h.pulse.Begin()
	return held, true
}

func (h *hand) release(seq uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(seq)
}

func (h *hand) drop(seq uint64) {
	if h.held[seq] != nil {
		delete(h.held, seq)
		h.pulse.End()
	}
}

// open lets go of what nobody will settle any more.
func (h *hand) open() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for seq := range h.held {
		h.drop(seq)
	}
}

// keepAlive says InProgress for what has been in hand for a while, until ctx
// ends.
func (h *hand) keepAlive(ctx context.Context) {
	t := time.NewTicker(h.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		for _, m := range h.olderThan(h.every) {
			// One that fails, with the server away, is said again next time.
			_ = m.InProgress()
		}
	}
}

func (h *hand) olderThan(d time.Duration) (old []jetstream.Msg) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range h.held {
		if time.Since(m.since) >= d {
			old = append(old, m.Msg)
		}
	}
	return old
}

// The ways to settle a message.

func (m *heldMsg) Ack() error { m.hand.release(m.seq); return m.Msg.Ack() }

func (m *heldMsg) DoubleAck(ctx context.Context) error {
	m.hand.release(m.seq)
	return m.Msg.DoubleAck(ctx)
}

func (m *heldMsg) Nak() error { m.hand.release(m.seq); return m.Msg.Nak() }

func (m *heldMsg) NakWithDelay(d time.Duration) error {
	m.hand.release(m.seq)
	return m.Msg.NakWithDelay(d)
}

func (m *heldMsg) Term() error { m.hand.release(m.seq); return m.Msg.Term() }

func (m *heldMsg) TermWithReason(reason string) error {
	m.hand.release(m.seq)
	return m.Msg.TermWithReason(reason)
}
