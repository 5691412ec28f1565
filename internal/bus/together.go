package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// MaxTogether is how many messages PublishTogether takes. The server takes 1,000.
const MaxTogether = 500

// The headers of what is published together.
const (
	headerBatch         = "Nats-Batch-Id"
	headerBatchSequence = "Nats-Batch-Sequence"
	headerBatchCommit   = "Nats-Batch-Commit"
)

// ErrRepeated is wrapped, beside ErrConflict, when the stream knows the id of a
// message that is published together with others: none of them was stored.
var ErrRepeated = errors.New("message id is known")

// PublishTogether stores messages in one stream, in their order, all of them or
// none, and only if the last message of the whole stream has the sequence after.
// It returns the sequence of the last one. A crash of the server in between leaves
// all of them or none, too.
//
// It tries once. ErrConflict says that none is stored; any other error leaves that
// open, and the same call again is safe: their sequence, if nothing else, tells.
//
// Messages that are published one behind the other, each with the sequence that it
// predicts (Message.AfterAll), are no chain: where the first is refused because
// somebody else has taken its place, the second finds its own prediction right.
func (b *Bus) PublishTogether(ctx context.Context, after uint64, messages []Message) (last uint64, err error) {
	if len(messages) == 0 || len(messages) > MaxTogether {
		return 0, fmt.Errorf("publish %d messages together: 1 to %d are possible", len(messages), MaxTogether)
	}
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("publish %d messages together: %w", len(messages), err)
	}
	try, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	batch := rand.Text()
	for k := range messages {
		m := messages[k]
		if k == 0 {
			m.AfterAll = &after
		}
		msg := m.msg()
		msg.Header.Set(headerBatch, batch)
		msg.Header.Set(headerBatchSequence, strconv.Itoa(k+1))
		if k < len(messages)-1 {
			// Without an answer: what is wrong with it, the last one's answer says.
			if err := b.Conn.PublishMsg(msg); err != nil {
				return 0, fmt.Errorf("publish to %s: %w", m.Subject, tooLarge(err))
			}
			continue
		}
		msg.Header.Set(headerBatchCommit, "1")
		answer, err := b.Conn.RequestMsgWithContext(try, msg)
		if err != nil {
			return 0, fmt.Errorf("publish %d messages together, the last to %s: %w", len(messages), m.Subject, tooLarge(err))
		}
		if last, err = storedAs(answer.Data); err != nil {
			return 0, fmt.Errorf("publish %d messages together, the last to %s: %w", len(messages), m.Subject, err)
		}
	}
	return last, nil
}

func tooLarge(err error) error {
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}

// Codes of the server that the library has no names for.
const (
	codeRepeatedTogether jetstream.ErrorCode = 10201 // an id in a batch is known
	codeRepeatedNow      jetstream.ErrorCode = 10158 // … of a message that is not yet stored
)

// storedAs reads the server's answer to a batch.
func storedAs(data []byte) (uint64, error) {
	var a struct {
		Sequence uint64              `json:"seq"`
		Error    *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(data, &a); err != nil {
		return 0, fmt.Errorf("read the server's answer: %w", err)
	}
	switch {
	case a.Error == nil && a.Sequence == 0:
		return 0, errors.New("the server's answer has no sequence")
	case a.Error == nil:
		return a.Sequence, nil
	case a.Error.ErrorCode == codeRepeatedTogether:
		return 0, fmt.Errorf("%w: %w: %w", ErrConflict, ErrRepeated, a.Error)
	case a.Error.ErrorCode == codeRepeatedNow, Conflict(a.Error):
		return 0, fmt.Errorf("%w: %w", ErrConflict, a.Error)
	}
	return 0, a.Error
}
