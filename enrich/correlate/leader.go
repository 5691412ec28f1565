package correlate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
)

// lease is the right to fold: a key that ends by itself when its holder does not
// renew it. It keeps two correlators from doing the same work; that they do not
// undo each other's, the order of writes sees to, whatever a lease says: see write.
type lease struct {
	kv    jetstream.KeyValue
	log   *slog.Logger
	ttl   time.Duration // how long it stands unless it is renewed
	me    holder
	value []byte

	revision uint64
}

const leaseKey = "correlate"

// renewEvery leaves two more chances before the holder stops.
func (l *lease) renewEvery() time.Duration { return l.ttl / 4 }

// holdFor is how long after the begin of its last renewal a holder goes on: it stops
// before anybody else can begin. The clock is the process's own.
func (l *lease) holdFor() time.Duration { return l.ttl * 3 / 4 }

// tryEvery is how often those who stand by try to take it.
func (l *lease) tryEvery() time.Duration { return l.ttl / 8 }

// holder is the value of a lease's key.
type holder struct {
	Name     string `json:"name"` // for whoever looks who folds
	Process  int    `json:"process"`
	Boot     string `json:"boot"`     // see bus.Boot
	Embedded bool   `json:"embedded"` // its server was in its process
	Worker   int64  `json:"worker"`   // when it began, in nanoseconds: two of one process differ
}

func newLease(ctx context.Context, b *bus.Bus, log *slog.Logger) (*lease, error) {
	kv, err := b.Bucket(ctx, bus.LeasesBucket)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // only for show
	}
	l := &lease{kv: kv, log: log, ttl: b.LeaseTTL(), me: holder{Name: host, Process: os.Getpid(), Boot: b.Boot(), Embedded: b.Embedded(), Worker: time.Now().UnixNano()}}
	l.value, err = json.Marshal(l.me)
	return l, err
}

// take tries to get the lease; until is when it ends unless it is kept.
func (l *lease) take(ctx context.Context) (until time.Time, ok bool, err error) {
	began := time.Now()
	rev, err := l.kv.Create(ctx, leaseKey, l.value)
	if bus.Conflict(err) {
		var mine bool
		if rev, mine, err = l.inherit(ctx); !mine {
			return until, false, err
		}
	}
	if err != nil {
		return until, false, fmt.Errorf("take the correlator's lease: %w", err)
	}
	l.revision = rev
	return began.Add(l.holdFor()), true, nil
}

// inherit takes the lease over from a holder that cannot be alive, or that is this
// one: an answer got lost.
func (l *lease) inherit(ctx context.Context) (rev uint64, ok bool, err error) {
	e, err := l.kv.Get(ctx, leaseKey)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, false, nil // it ended this moment: the next try has it
	}
	if err != nil {
		return 0, false, fmt.Errorf("read who has the correlator's lease: %w", err)
	}
	var h holder
	if err := json.Unmarshal(e.Value(), &h); err != nil {
		return 0, false, nil // of another program: it ends like any other
	}
	// The server of an embedded one ends with it: that this one has it shows that
	// the other is gone. So a daemon that was killed folds again at once.
	dead := h.Embedded && l.me.Embedded && h.Boot != l.me.Boot
	if h != l.me && !dead {
		return 0, false, nil
	}
	rev, err = l.kv.Update(ctx, leaseKey, l.value, e.Revision())
	if bus.Conflict(err) {
		return 0, false, nil
	}
	return rev, err == nil, err
}

// keep renews the lease until ctx ends or it is lost; then it calls lost.
func (l *lease) keep(ctx context.Context, until time.Time, lost func()) {
	defer lost()
	end := time.AfterFunc(time.Until(until), lost)
	defer end.Stop()
	t := time.NewTicker(l.renewEvery())
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		began := time.Now()
		held, err := l.renew(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			l.log.Warn("the correlator's lease is not renewed", "err", err)
		case !held:
			l.log.Warn("another correlator has the lease")
			return
		default:
			end.Reset(time.Until(began.Add(l.holdFor())))
		}
	}
}

func (l *lease) renew(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.renewEvery())
	defer cancel()
	rev, err := l.kv.Update(ctx, leaseKey, l.value, l.revision)
	if err == nil {
		l.revision = rev
		return true, nil
	}
	if !bus.Conflict(err) {
		return false, err
	}
	// It ended and nobody has taken it, or an earlier answer got lost.
	_, held, err = l.take(ctx)
	return held, err
}

// release gives the lease up, so that another one has it at once.
func (l *lease) release() {
	ctx, cancel := context.WithTimeout(context.Background(), l.renewEvery())
	defer cancel()
	if err := l.kv.Delete(ctx, leaseKey, jetstream.LastRevision(l.revision)); err != nil && !bus.Conflict(err) {
		l.log.Warn("the correlator's lease is not given up; it ends by itself", "after", l.ttl, "err", err)
	}
}

// changes delivers a word whenever the lease is given up, until stop is called. That
// its holder died, only the next try shows.
func (l *lease) changes(ctx context.Context) (freed <-chan jetstream.KeyValueEntry, stop func()) {
	w, err := l.kv.Watch(ctx, leaseKey, jetstream.UpdatesOnly(), jetstream.MetaOnly())
	if err != nil {
		if ctx.Err() != nil {
			return nil, func() {}
		}
		l.log.Warn("the correlator's lease cannot be watched; it is tried now and then", "err", err)
		return nil, func() {}
	}
	return w.Updates(), func() { _ = w.Stop() }
}
