package ingest

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/ident"
)

// feedState is what is remembered of a feed between polls.
type feedState struct {
	URL          string    `json:"url"`
	ETag         string    `json:"etag,omitempty"`          // as sent, byte for byte
	LastModified string    `json:"last_modified,omitempty"` // as sent, byte for byte
	BodyHash     string    `json:"body_hash,omitempty"`     // of the last body that was read
	Partial      bool      `json:"partial,omitempty"`       // that body was damaged or cut off
	Polled       time.Time `json:"polled,omitzero"`
	Due          time.Time `json:"due,omitzero"` // so that a restart polls nothing early
	Failures     int       `json:"failures,omitempty"`
	LastError    string    `json:"last_error,omitempty"`
	Title        string    `json:"title,omitempty"`
}

// maxKnown bounds how many items of one feed are remembered: 22 bytes each must
// fit one value of the bucket.
const maxKnown = 40_000

// known is what is remembered of one item.
type known struct {
	hash      [6]byte // head of the content hash: tells an edition from a touch
	edition   uint16
	firstSeen uint32 // Unix seconds
	lastSeen  uint16 // days since 1970, of the last poll that had the item
}

// seen is the memory of one feed's items, by the head of a hash of their
// article ids (64 bits: of 40,000 items, two share one once in 20 billion feeds).
type seen struct {
	items map[uint64]known
	dirty bool
}

const (
	seenFormat  = 1
	seenEntry   = 8 + 6 + 2 + 4 + 2
	maxEditions = 1<<16 - 1
)

func seenKey(articleID string) uint64 {
	var b [8]byte
	// Article ids are hashes already; hashing again costs little and does not
	// depend on how they are written.
	if _, err := hex.Decode(b[:], []byte(ident.SHA256(articleID)[:16])); err != nil {
		panic(err) // a digest is hexadecimal
	}
	return binary.BigEndian.Uint64(b[:])
}

func hashHead(content string) (h [6]byte) {
	// A content hash is hexadecimal by construction; a foreign one still gives
	// a head that differs where it differs.
	if _, err := hex.Decode(h[:], []byte(content)[:min(12, len(content))]); err != nil {
		copy(h[:], content)
	}
	return h
}

// take records that a poll at now brought the article. It sets its edition and
// first-seen time, and reports whether it must be published.
func (s *seen) take(a *Article, now time.Time) (publish bool) {
	key, head, today := seenKey(a.ID), hashHead(a.ContentSHA256), uint16(now.Unix()/86400)
	k, ok := s.items[key]
	switch {
	case !ok:
		k = known{hash: head, edition: 1, firstSeen: uint32(now.Unix())}
		publish = true
	case k.hash != head:
		k.hash = head
		if k.edition < maxEditions {
			k.edition++
		}
		publish = true
	case k.lastSeen == today:
		return false
	}
	k.lastSeen = today
	s.items[key] = k
	s.dirty = true
	a.Edition, a.FirstSeen, a.Fetched = int(k.edition), time.Unix(int64(k.firstSeen), 0).UTC(), now.UTC()
	return publish
}

// forget drops items that left the feed longer than keep ago, and the ones
// longest gone where there are too many.
func (s *seen) forget(now time.Time, keep time.Duration) {
	oldest := int64(now.Add(-keep).Unix() / 86400)
	for k, v := range s.items {
		if int64(v.lastSeen) < oldest {
			delete(s.items, k)
			s.dirty = true
		}
	}
	if over := len(s.items) - maxKnown; over > 0 {
		keys := s.keys()
		slices.SortFunc(keys, func(a, b uint64) int {
			x, y := s.items[a], s.items[b]
			return cmp.Or(cmp.Compare(x.lastSeen, y.lastSeen), cmp.Compare(x.firstSeen, y.firstSeen), cmp.Compare(a, b))
		})
		for _, k := range keys[:over] {
			delete(s.items, k)
		}
		s.dirty = true
	}
}

func (s *seen) keys() []uint64 {
	keys := make([]uint64, 0, len(s.items))
	for k := range s.items {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (s *seen) encode() []byte {
	b := append(make([]byte, 0, 1+seenEntry*len(s.items)), seenFormat)
	for _, k := range s.keys() {
		v := s.items[k]
		b = binary.BigEndian.AppendUint64(b, k)
		b = append(b, v.hash[:]...)
		b = binary.BigEndian.AppendUint16(b, v.edition)
		b = binary.BigEndian.AppendUint32(b, v.firstSeen)
		b = binary.BigEndian.AppendUint16(b, v.lastSeen)
	}
	return b
}

func decodeSeen(b []byte) (*seen, error) {
	s := &seen{items: map[uint64]known{}}
	if len(b) == 0 {
		return s, nil
	}
	if b[0] != seenFormat || (len(b)-1)%seenEntry != 0 {
		return nil, fmt.Errorf("format %d, %d bytes: not written by this program", b[0], len(b))
	}
	for b = b[1:]; len(b) > 0; b = b[seenEntry:] {
		k := known{edition: binary.BigEndian.Uint16(b[14:]), firstSeen: binary.BigEndian.Uint32(b[16:]), lastSeen: binary.BigEndian.Uint16(b[20:])}
		copy(k.hash[:], b[8:])
		s.items[binary.BigEndian.Uint64(b)] = k
	}
	return s, nil
}

// memory keeps feed states in two buckets, each written by compare-and-set, so
// that a second poller of the same feed is noticed and not overwritten.
type memory struct {
	feeds, seen jetstream.KeyValue
}

// loaded is a feed's memory with the revisions that it was read at.
type loaded struct {
	state            feedState
	seen             *seen
	stateRev, seenAt uint64
	damaged          error // what was stored and could not be read
}

func (m *memory) loadState(ctx context.Context, id string) (st feedState, rev uint64, err error) {
	e, err := m.feeds.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return feedState{}, 0, nil
	}
	if err != nil {
		return st, 0, fmt.Errorf("read the state of feed %s: %w", id, err)
	}
	if err := json.Unmarshal(e.Value(), &st); err != nil {
		return feedState{}, e.Revision(), fmt.Errorf("read the state of feed %s: %w: %w", id, errDamaged, err)
	}
	return st, e.Revision(), nil
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
	e, err := m.seen.Get(ctx, id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		l.seen = &seen{items: map[uint64]known{}}
	case err != nil:
		return nil, fmt.Errorf("read the known items of feed %s: %w", id, err)
	default:
		if l.seen, err = decodeSeen(e.Value()); err != nil {
			l.seen = &seen{items: map[uint64]known{}}
			l.damaged = errors.Join(l.damaged, fmt.Errorf("read the known items of feed %s: %w: %w", id, errDamaged, err))
		}
		l.seenAt = e.Revision()
	}
	return l, nil
}

// save stores the known items first and the validators after them: a crash in
// between costs one more poll, never an item.
func (m *memory) save(ctx context.Context, id string, l *loaded) error {
	if l.seen.dirty {
		rev, err := put(ctx, m.seen, id, l.seen.encode(), l.seenAt)
		if err != nil {
			return fmt.Errorf("store the known items of feed %s: %w", id, err)
		}
		l.seenAt, l.seen.dirty = rev, false
	}
	data, err := json.Marshal(l.state)
	if err != nil {
		return fmt.Errorf("store the state of feed %s: %w", id, err)
	}
	if l.stateRev, err = put(ctx, m.feeds, id, data, l.stateRev); err != nil {
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
