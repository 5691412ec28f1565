package ingest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go/jetstream"
)

// FeedState is what is remembered of a feed between polls.
type FeedState struct {
	URL string `json:"url"` // as configured; with another one all the rest is void
	// Location is where the feed has moved for good: see moved.
	Location string `json:"location,omitempty"`
	Moving   *Move  `json:"moving,omitempty"`

	ETag         string `json:"etag,omitempty"`          // as sent, byte for byte
	LastModified string `json:"last_modified,omitempty"` // as sent, byte for byte
	ValidFor     string `json:"valid_for,omitempty"`     // the address that sent them
	BodyHash     string `json:"body_hash,omitempty"`     // of the last body that was read
	Partial      bool   `json:"partial,omitempty"`       // that body was damaged or cut off
	CutOff       int    `json:"cut_off,omitempty"`       // polls in a row whose body ended too early

	Polled  time.Time `json:"polled,omitzero"`
	Success time.Time `json:"success,omitzero"` // last poll that did not fail
	Due     time.Time `json:"due,omitzero"`     // so that a restart polls nothing early
	Asked   Seconds   `json:"asked,omitempty"`  // longest wait that the feed or its server asks for
	TTL     Seconds   `json:"ttl,omitempty"`    // what the feed itself asks for

	// What is new comes about once in so long; NewAt is when it came last.
	NewAt  time.Time `json:"new_at,omitzero"`
	NewGap Seconds   `json:"new_gap,omitempty"`

	Failures     int       `json:"failures,omitempty"` // polls in a row
	FailingSince time.Time `json:"failing_since,omitzero"`
	Reason       string    `json:"reason,omitempty"` // of the last failure: one of Reasons, ParseReasons
	Status       int       `json:"status,omitempty"` // of ReasonStatus
	LastError    string    `json:"last_error,omitempty"`
	Reported     bool      `json:"reported,omitempty"` // that it has failed for a day
	Gone         time.Time `json:"gone,omitzero"`      // status 410
	HostHold     time.Time `json:"host_hold,omitzero"` // nothing of the host of HoldOf before then
	HoldOf       string    `json:"hold_of,omitempty"`  // the address that asked for it

	Title string `json:"title,omitempty"`
	Items int    `json:"items,omitempty"` // in the last body that was read
	Push  bool   `json:"push,omitempty"`  // a WebSub hub tells of changes
	Hub   string `json:"hub,omitempty"`
	Topic string `json:"topic,omitempty"`

	SkipHours []int          `json:"skip_hours,omitempty"` // GMT
	SkipDays  []time.Weekday `json:"skip_days,omitempty"`
}

// Move is a permanent redirect that is not proven yet.
type Move struct {
	To    string    `json:"to"`
	Since time.Time `json:"since"`
	Polls int       `json:"polls"`
}

// Seconds is a time that is stored as whole seconds.
type Seconds int64

func seconds(d time.Duration) Seconds { return Seconds(d / time.Second) }

func (s Seconds) duration() time.Duration { return time.Duration(s) * time.Second }

// address is where the feed is asked for.
func (st *FeedState) address() string {
	if st.Location != "" {
		return st.Location
	}
	return st.URL
}

// forgetBody makes the next poll read the feed whole.
func (st *FeedState) forgetBody() {
	st.ETag, st.LastModified, st.ValidFor, st.BodyHash, st.Partial = "", "", "", "", false
}

// A permanent redirect is believed when it led to the same address for so many
// polls or so long, with a feed behind it each time: sites that close or are
// taken over redirect everything to their front page, and take it back.
const (
	movedPolls = 3
	movedAfter = 24 * time.Hour
)

// moved notes that a good poll went through permanent redirects to an address,
// "" for none, and reports whether that is where the feed is from now on.
func (st *FeedState) moved(to string, now time.Time) bool {
	if to == "" || to == st.address() {
		st.Moving = nil
		return false
	}
	if st.Moving == nil || st.Moving.To != to {
		st.Moving = &Move{To: to, Since: now.UTC()}
	}
	st.Moving.Polls++
	if st.Moving.Polls < movedPolls && now.Sub(st.Moving.Since) < movedAfter {
		return false
	}
	st.Location, st.Moving = to, nil
	if st.Location == st.URL {
		st.Location = ""
	}
	return true
}

// memory keeps feed states in two buckets, each written by compare-and-set, so
// that a second poller of the same feed is noticed and not overwritten.
type memory struct {
	feeds, seen jetstream.KeyValue
}

// loaded is a feed's memory with the revisions that it was read at.
type loaded struct {
	state            FeedState
	seen             *seen // nil until it is needed: see items
	stateRev, seenAt uint64
	damaged          error // what was stored and could not be read
}

func decodeState(id string, e jetstream.KeyValueEntry) (st FeedState, err error) {
	if err := json.Unmarshal(e.Value(), &st); err != nil {
		return FeedState{}, fmt.Errorf("read the state of feed %s: %w: %w", id, errDamaged, err)
	}
	st.ETag, st.LastModified = decodeValidator(st.ETag), decodeValidator(st.LastModified)
	return st, nil
}

// JSON keeps no bytes that are not UTF-8, and a validator may have such: then it
// is stored in base 64, behind a byte that no header value has.
const inBase64 = "\x00"

func encodeValidator(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return inBase64 + base64.StdEncoding.EncodeToString([]byte(s))
}

func decodeValidator(s string) string {
	if digits, ok := strings.CutPrefix(s, inBase64); ok {
		raw, _ := base64.StdEncoding.DecodeString(digits) // a damaged one is none
		return string(raw)
	}
	return s
}

func (m *memory) loadState(ctx context.Context, id string) (st FeedState, rev uint64, err error) {
	e, err := m.feeds.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return FeedState{}, 0, nil
	}
	if err != nil {
		return st, 0, fmt.Errorf("read the state of feed %s: %w", id, err)
	}
	st, err = decodeState(id, e)
	return st, e.Revision(), err
}

// fewStates are read one by one; more of them in one go over the whole bucket.
const fewStates = 50

// states reads the states of feeds. Beside an error it returns those that it has.
func (m *memory) states(ctx context.Context, ids []string) (map[string]FeedState, error) {
	out := make(map[string]FeedState, len(ids))
	if len(ids) <= fewStates {
		for _, id := range ids {
			st, _, err := m.loadState(ctx, id)
			if err != nil && !errors.Is(err, errDamaged) {
				return out, err
			}
			out[id] = st
		}
		return out, nil
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	w, err := m.feeds.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return out, fmt.Errorf("read the states of the feeds: %w", err)
	}
	defer w.Stop() //nolint:errcheck // nothing is left to lose
	for {
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case v, ok := <-w.Updates():
			if !ok {
				return out, errors.New("read the states of the feeds: the connection was lost")
			}
			if v == nil {
				return out, nil
			}
			if wanted[v.Key()] {
				if st, err := decodeState(v.Key(), v); err == nil {
					out[v.Key()] = st
				}
			}
		}
	}
}

// errDamaged marks a stored state that is not ours any more. The next poll
// writes over it; what it publishes again has the ids that the stream knows.
var errDamaged = errors.New("damaged")

func (m *memory) load(ctx context.Context, id string) (*loaded, error) {
	st, rev, err := m.loadState(ctx, id)
	l := &loaded{state: st, stateRev: rev}
	if errors.Is(err, errDamaged) {
		l.damaged = err
	} else if err != nil {
		return nil, err
	}
	return l, nil
}

// items loads the known items of a feed. Most polls bring the same bytes and do
// without.
func (m *memory) items(ctx context.Context, id string, l *loaded) error {
	if l.seen != nil {
		return nil
	}
	e, err := m.seen.Get(ctx, id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		l.seen = &seen{items: map[itemKey]known{}}
	case err != nil:
		return fmt.Errorf("read the known items of feed %s: %w", id, err)
	default:
		if l.seen, err = decodeSeen(e.Value()); err != nil {
			l.seen = &seen{items: map[itemKey]known{}}
			l.damaged = errors.Join(l.damaged, fmt.Errorf("read the known items of feed %s: %w: %w", id, errDamaged, err))
		}
		l.seenAt = e.Revision()
	}
	return nil
}

// save stores the known items first and the validators after them: a crash in
// between costs one more poll, never an item.
func (m *memory) save(ctx context.Context, id string, l *loaded) error {
	if l.seen != nil && l.seen.dirty {
		rev, err := put(ctx, m.seen, id, l.seen.encode(), l.seenAt)
		if err != nil {
			return fmt.Errorf("store the known items of feed %s: %w", id, err)
		}
		l.seenAt, l.seen.dirty = rev, false
	}
	st := l.state
	st.ETag, st.LastModified = encodeValidator(st.ETag), encodeValidator(st.LastModified)
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false) // addresses are full of "&": six bytes for one
	if err := enc.Encode(st); err != nil {
		return fmt.Errorf("store the state of feed %s: %w", id, err)
	}
	var err error
	if l.stateRev, err = put(ctx, m.feeds, id, data.Bytes(), l.stateRev); err != nil {
		return fmt.Errorf("store the state of feed %s: %w", id, err)
	}
	return nil
}

// put writes a key that must have the given revision, 0 for none or deleted.
func put(ctx context.Context, kv jetstream.KeyValue, key string, data []byte, revision uint64) (uint64, error) {
	if revision == 0 {
		return kv.Create(ctx, key, data)
	}
	return kv.Update(ctx, key, data, revision)
}
