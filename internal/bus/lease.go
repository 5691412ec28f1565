package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Turn is work that one process does at a time, of all that take turns at it.
type Turn struct {
	Name  string        // of the lease
	Drain time.Duration // how long a stop waits for what is in hand
	Log   *slog.Logger

	// StandBy is called between tries while another process has the lease: what it
	// prepares makes the next take-over short. While it fails the lease is not tried.
	StandBy func(ctx context.Context) error
	// Lead does the work until work ends, because a stop was asked for or because the
	// lease is lost; what it has in hand then it finishes while late lasts, which ends
	// with the lease.
	Lead func(work, late context.Context)
}

// TakeTurns leads whenever this process has the lease of that name, until ctx ends.
// Of those who wait one leads at once where the holder stops, and within the time of
// a lease where it dies or stands still.
//
// A lease only saves work. Whoever was paused, and goes on where it was, believes for
// a moment that it still leads: what it writes must be conditional on what is there
// (Message.AfterAll, PublishTogether), so that it finds itself refused.
func (b *Bus) TakeTurns(ctx context.Context, t Turn) error {
	l, err := newLease(ctx, b, t.Name, t.Log)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if until := l.wait(ctx, t.StandBy); !until.IsZero() {
			l.hold(ctx, until, t)
		}
	}
	return nil
}

// lease is a key that ends by itself when its holder does not renew it.
type lease struct {
	kv    jetstream.KeyValue
	name  string // the key
	log   *slog.Logger
	ttl   time.Duration // how long it stands unless it is renewed
	me    holder
	value []byte

	revision uint64
}

// renewEvery leaves two more chances before the holder stops.
func (l *lease) renewEvery() time.Duration { return l.ttl / 4 }

// holdFor is how long after the begin of its last renewal a holder goes on: it stops
// before anybody else can begin. The clock is the process's own.
func (l *lease) holdFor() time.Duration { return l.ttl * 3 / 4 }

// tryEvery is how often those who stand by try to take it.
func (l *lease) tryEvery() time.Duration { return l.ttl / 8 }

// holder is the value of a lease's key.
type holder struct {
	Name     string `json:"name"` // for whoever looks who leads
	Process  int    `json:"process"`
	Boot     string `json:"boot"`     // see Bus.Boot
	Embedded bool   `json:"embedded"` // its server was in its process
	Worker   int64  `json:"worker"`   // when it began, in nanoseconds: two of one process differ
}

func newLease(ctx context.Context, b *Bus, name string, log *slog.Logger) (*lease, error) {
	kv, err := b.Bucket(ctx, LeasesBucket)
	if err != nil {
		return nil, err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown" // only for show
	}
	l := &lease{kv: kv, name: name, log: log.With("lease", name), ttl: b.LeaseTTL(), me: holder{Name: host, Process: os.Getpid(), Boot: b.Boot(), Embedded: b.Embedded(), Worker: time.Now().UnixNano()}}
	l.value, err = json.Marshal(l.me)
	return l, err
}

// wait stands by until it has the lease, and returns until when; zero says that ctx
// ended.
func (l *lease) wait(ctx context.Context, standBy func(context.Context) error) (until time.Time) {
	freed, stop := l.changes(ctx)
	defer stop()
	t := time.NewTicker(l.tryEvery())
	defer t.Stop()
	stood, prepared := false, true
	for ctx.Err() == nil {
		if prepared {
			until, ok, err := l.take(ctx)
			switch {
			case ctx.Err() != nil:
				if ok {
					l.release()
				}
				return time.Time{}
			case ok:
				return until
			case err != nil:
				l.log.Warn("the lease cannot be had, trying on", "err", err)
			case !stood:
				stood = true
				l.log.Info("another process leads, standing by")
			}
		}
		err := standBy(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.Warn("standing by without knowing what the leader does, trying on", "err", err)
		}
		prepared = err == nil
		select {
		case <-ctx.Done():
		case <-t.C:
		case _, open := <-freed:
			if !open {
				freed = nil // the connection is closed: the tries go on to say so
			}
		}
	}
	return time.Time{}
}

// hold leads until ctx ends or the lease is lost.
func (l *lease) hold(ctx context.Context, until time.Time, t Turn) {
	// holding ends when the lease is lost; work then, or when a stop was asked for; late
	// when it is lost, or a while after a stop.
	holding, lose := context.WithCancel(context.WithoutCancel(ctx))
	var keeping sync.WaitGroup
	keeping.Go(func() { l.keep(holding, until, lose) })
	work, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(holding, stop)()
	late, cancel := Grace(ctx, t.Drain)
	defer cancel()
	defer context.AfterFunc(holding, cancel)()

	t.Lead(work, late)

	lost := holding.Err() != nil
	lose()
	keeping.Wait()
	if lost {
		l.log.Warn("the lease is lost, standing by")
	} else {
		l.release()
	}
}

// take tries to get the lease; until is when it ends unless it is kept. A try is short:
// the answer may have been lost with the server that gave it.
func (l *lease) take(ctx context.Context) (until time.Time, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.renewEvery())
	defer cancel()
	began := time.Now()
	rev, err := l.kv.Create(ctx, l.name, l.value)
	if Conflict(err) {
		var mine bool
		if rev, mine, err = l.inherit(ctx); !mine {
			return until, false, err
		}
	}
	if err != nil {
		return until, false, fmt.Errorf("take lease %s: %w", l.name, err)
	}
	l.revision = rev
	return began.Add(l.holdFor()), true, nil
}

// inherit takes the lease over from a holder that cannot be alive, or that is this
// one: an answer got lost.
func (l *lease) inherit(ctx context.Context) (rev uint64, ok bool, err error) {
	e, err := l.kv.Get(ctx, l.name)
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, false, nil // it ended this moment: the next try has it
	}
	if err != nil {
		return 0, false, fmt.Errorf("read who has lease %s: %w", l.name, err)
	}
	var h holder
	if err := json.Unmarshal(e.Value(), &h); err != nil {
		return 0, false, nil // of another program: it ends like any other
	}
	// The server of an embedded one ends with it: that this one has it shows that
	// the other is gone. So a daemon that was killed leads again at once.
	dead := h.Embedded && l.me.Embedded && h.Boot != l.me.Boot
	if h != l.me && !dead {
		return 0, false, nil
	}
	rev, err = l.kv.Update(ctx, l.name, l.value, e.Revision())
	if Conflict(err) {
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
			l.log.Warn("the lease is not renewed", "err", err)
		case !held:
			l.log.Warn("another process has the lease")
			return
		default:
			end.Reset(time.Until(began.Add(l.holdFor())))
		}
	}
}

func (l *lease) renew(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.renewEvery())
	defer cancel()
	rev, err := l.kv.Update(ctx, l.name, l.value, l.revision)
	if err == nil {
		l.revision = rev
		return true, nil
	}
	if !Conflict(err) {
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
	err := l.kv.Delete(ctx, l.name, jetstream.LastRevision(l.revision))
	if Conflict(err) {
		// Another one has it, or the answer to a renewal did not arrive before the stop.
		var rev uint64
		var mine bool
		if rev, mine, err = l.inherit(ctx); mine {
			err = l.kv.Delete(ctx, l.name, jetstream.LastRevision(rev))
		}
	}
	if err != nil && !Conflict(err) {
		l.log.Warn("the lease is not given up; it ends by itself", "after", l.ttl, "err", err)
	}
}

// changes delivers a word whenever the lease is given up, until stop is called. That
// its holder died, only the next try shows.
func (l *lease) changes(ctx context.Context) (freed <-chan jetstream.KeyValueEntry, stop func()) {
	w, err := l.kv.Watch(ctx, l.name, jetstream.UpdatesOnly(), jetstream.MetaOnly())
	if err != nil {
		if ctx.Err() != nil {
			return nil, func() {}
		}
		l.log.Warn("the lease cannot be watched; it is tried now and then", "err", err)
		return nil, func() {}
	}
	return w.Updates(), func() { _ = w.Stop() }
}
