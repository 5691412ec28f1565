package ingest

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// shards is in how many parts pollers share the feeds.
const shards = 32

func shardOf(feed string) int {
	h := fnv.New32a()
	h.Write([]byte(feed))
	return int(h.Sum32() % shards)
}

// share divides the feeds between the pollers of a cluster. Every poller keeps a
// key alive; which poller a shard should have, the living ones agree on without a
// word (the highest of a hash over both names). A shard changes hands by a key of
// its own: its holder deletes it when nothing of it is being polled any more, or
// falls silent; only then another one takes it, by compare-and-set.
type share struct {
	name    string
	pollers jetstream.KeyValue // expires
	holders jetstream.KeyValue
	now     func() time.Time

	beat  time.Time // last sign of life that was stored
	held  [shards]bool
	rev   [shards]uint64
	alive []string
	// doubt marks shards whose key may say another thing than held: a call got no
	// answer, or we were silent for so long that others may have taken them.
	doubt [shards]bool
}

const (
	// beatEvery leaves four chances before the others take over.
	beatEvery = bus.PollerTTL / 5
	// beatLost is when we no longer believe that the others think us alive.
	beatLost = bus.PollerTTL * 2 / 3
)

func shardKey(n int) string { return fmt.Sprintf("ingest.shard.%02d", n) }

// sure tells whether the others still leave us what we hold.
func (s *share) sure() bool { return s.now().Sub(s.beat) < beatLost }

// round gives a sign of life, takes what is ours and free, and says what is to be
// given up: the caller does so with release when nothing of it is in hand.
func (s *share) round(ctx context.Context) (gained, leave []int, err error) {
	began := s.now()
	if _, err := s.pollers.PutString(ctx, s.name, "alive"); err != nil {
		if !s.sure() {
			for n := range s.held {
				if s.held[n] {
					leave = append(leave, n)
				}
			}
		}
		return nil, leave, fmt.Errorf("poller %s cannot give a sign of life: %w", s.name, err)
	}
	if !s.beat.IsZero() && !s.sure() {
		for n, held := range s.held {
			s.doubt[n] = s.doubt[n] || held
		}
	}
	alive, err := keys(ctx, s.pollers)
	if err != nil {
		return nil, nil, fmt.Errorf("list the pollers: %w", err)
	}
	s.beat, s.alive = began, alive
	if !slices.Contains(s.alive, s.name) {
		s.alive = append(s.alive, s.name)
	}
	for n := range shards {
		mine := s.winner(n) == s.name
		switch {
		case s.held[n] && (s.doubt[n] || !mine):
			leave = append(leave, n)
		case s.doubt[n] && !mine:
			if err := s.disown(ctx, n); err != nil {
				return gained, leave, err
			}
		case mine && !s.held[n]:
			ok, err := s.take(ctx, n)
			if err != nil {
				return gained, leave, err
			}
			if ok {
				gained = append(gained, n)
			}
		}
	}
	return gained, leave, nil
}

// winner is the living poller that a shard should have.
func (s *share) winner(n int) (best string) {
	most := ""
	for _, name := range s.alive {
		if h := ident.Hash(name, strconv.Itoa(n)); h > most {
			best, most = name, h
		}
	}
	return best
}

// take claims a shard that nobody alive holds.
func (s *share) take(ctx context.Context, n int) (bool, error) {
	key := shardKey(n)
	s.doubt[n] = true
	e, err := s.holders.Get(ctx, key)
	var rev uint64
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		return false, fmt.Errorf("read who polls shard %d: %w", n, err)
	case string(e.Value()) != s.name && slices.Contains(s.alive, string(e.Value())):
		s.doubt[n] = false
		return false, nil // it will leave it to us
	default: // of one that is gone, or of this name, before a restart
		rev = e.Revision()
	}
	if rev, err = put(ctx, s.holders, key, []byte(s.name), rev); err != nil {
		if bus.Conflict(err) {
			return false, nil // another poller was faster, and will see its error
		}
		return false, fmt.Errorf("take shard %d: %w", n, err)
	}
	s.held[n], s.rev[n], s.doubt[n] = true, rev, false
	return true, nil
}

// release gives up a shard.
func (s *share) release(ctx context.Context, n int) error {
	if !s.held[n] {
		return nil
	}
	s.held[n] = false
	return s.leave(ctx, n)
}

// leave deletes the key of a shard unless another poller has it by now. Nobody
// else takes a shard whose key has a living name: what fails here is done again.
func (s *share) leave(ctx context.Context, n int) error {
	s.doubt[n] = true
	err := s.holders.Delete(ctx, shardKey(n), jetstream.LastRevision(s.rev[n]))
	if err != nil && !bus.Conflict(err) {
		return fmt.Errorf("give up shard %d: %w", n, err)
	}
	s.doubt[n] = false
	return nil
}

// disown sees to it that the key of a shard which we do not hold has not our name.
func (s *share) disown(ctx context.Context, n int) error {
	e, err := s.holders.Get(ctx, shardKey(n))
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound), err == nil && string(e.Value()) != s.name:
		s.doubt[n] = false
		return nil
	case err != nil:
		return fmt.Errorf("read who polls shard %d: %w", n, err)
	}
	s.rev[n] = e.Revision()
	return s.leave(ctx, n)
}

// end gives up everything and goes.
func (s *share) end(ctx context.Context) error {
	var errs []error
	for n := range shards {
		errs = append(errs, s.release(ctx, n))
	}
	return errors.Join(append(errs, s.pollers.Delete(ctx, s.name))...)
}

func keys(ctx context.Context, kv jetstream.KeyValue) ([]string, error) {
	l, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, err
	}
	defer l.Stop()
	var out []string
	for k := range l.Keys() {
		out = append(out, k)
	}
	return out, nil
}
