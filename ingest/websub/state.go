package websub

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
)

const (
	minLease = time.Hour
	maxLease = 30 * 24 * time.Hour

	firstGap  = time.Hour      // between two requests that the hub did not verify; it doubles
	maxGap    = 24 * time.Hour // up to this
	denialGap = 24 * time.Hour // before a hub that said no is asked again

	// maxFormer subscriptions of one feed are remembered, so that a feed which
	// names another hub each hour does not fill the bucket.
	maxFormer = 4
)

// record is all that is stored of one feed. One key holds it, so that no crash
// can leave half of it: the callback's path names the feed and needs no index.
type record struct {
	Current *subscription `json:"current,omitempty"`
	Former  []former      `json:"former,omitempty"` // oldest first
}

// subscription is one callback address at one hub.
type subscription struct {
	Token    string `json:"token"`    // in the callback's path: who does not know it is nobody
	Callback string `json:"callback"` // whole, as the hub knows it
	Topic    string `json:"topic"`
	Hub      string `json:"hub"`
	Secret   string `json:"secret,omitempty"` // none for a hub on plain http

	Asked    time.Time `json:"asked,omitzero"`    // the hub, last
	Asks     int       `json:"asks,omitempty"`    // since it last verified one
	Verified time.Time `json:"verified,omitzero"` // by the hub, last
	Expires  time.Time `json:"expires,omitzero"`  // the lease; zero before the first verification
	Denied   time.Time `json:"denied,omitzero"`   // by the hub, after Asked
	Reason   string    `json:"reason,omitempty"`  // why it denied, in its words
}

// former is a subscription that has been given up: its unsubscription may still
// have to be confirmed, and a hub that goes on is told that it is gone.
type former struct {
	Token string    `json:"token"`
	Topic string    `json:"topic"`
	Left  time.Time `json:"left"`
}

func newSubscription(feed, topic, hub, base string) *subscription {
	token := rand.Text() // 128 bits or more
	s := &subscription{Token: token, Callback: base + feed + "/" + token, Topic: topic, Hub: hub}
	if u, err := url.Parse(hub); err == nil && u.Scheme == "https" {
		s.Secret = rand.Text() + rand.Text()
	}
	return s
}

// active reports whether the hub has promised to deliver. A lease that is a
// day longer than any we take was written by a wrong clock.
func (s *subscription) active(now time.Time) bool {
	left := s.Expires.Sub(now)
	return left > 0 && left < maxLease+24*time.Hour
}

// due reports whether the hub is to be asked (again).
func (s *subscription) due(now time.Time) bool {
	switch {
	case !s.Denied.IsZero():
		return elapsed(s.Denied, denialGap, now)
	case s.active(now) && s.Expires.Sub(now) >= s.Expires.Sub(s.Verified)/3:
		return false
	case s.Asks == 0:
		return true
	}
	return elapsed(s.Asked, min(firstGap<<min(s.Asks-1, 8), maxGap), now)
}

// elapsed reports whether gap has gone by since t. The clocks of two pollers
// differ a little; a t that is as far ahead as gap was written by a wrong one,
// and must not stop a subscription until then.
func elapsed(t time.Time, gap time.Duration, now time.Time) bool {
	return now.Sub(t).Abs() >= gap
}

// leave gives the current subscription up and returns it when the hub has to
// be told: one that it never verified it does not have.
func (r *record) leave(now time.Time) *subscription {
	left := r.Current
	r.Current = nil
	if left == nil || !left.active(now) {
		return nil
	}
	r.Former = append(r.Former, former{Token: left.Token, Topic: left.Topic, Left: now})
	return left
}

// find returns whose callback it was that a token names.
func (r *record) find(token string) (*subscription, *former) {
	same := func(t string) bool { return subtle.ConstantTimeCompare([]byte(t), []byte(token)) == 1 }
	if r.Current != nil && same(r.Current.Token) {
		return r.Current, nil
	}
	for i := range r.Former {
		if same(r.Former[i].Token) {
			return nil, &r.Former[i]
		}
	}
	return nil, nil
}

// tidy forgets former subscriptions: hubs have forgotten them, too.
func (r *record) tidy(now time.Time) {
	r.Former = slices.DeleteFunc(r.Former, func(f former) bool { return elapsed(f.Left, maxLease, now) })
	r.Former = r.Former[max(0, len(r.Former)-maxFormer):]
}

func (r *record) valid() bool {
	c := r.Current
	return c == nil || c.Token != "" && c.Callback != "" && c.Topic != "" && c.Hub != "" && c.Asks >= 0
}

// key keeps clear of the plain feed ids that are the keys of other buckets, so
// that one bucket could hold both.
func key(feed string) string { return "websub." + feed }

// errDamaged marks a stored record that is not ours any more. It counts as
// none: the feed is subscribed anew under another token.
var errDamaged = errors.New("damaged")

// load reads the record of a feed; there is always one to go on with unless
// the bucket itself fails.
func (s *Subscriber) load(ctx context.Context, feed string) (*record, uint64, error) {
	e, err := s.cfg.Bucket.Get(ctx, key(feed))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return &record{}, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read the subscription of feed %s: %w", feed, err)
	}
	rec := &record{}
	err = json.Unmarshal(e.Value(), rec)
	if err == nil && !rec.valid() {
		err = errors.New("fields are missing")
	}
	if err != nil {
		return &record{}, e.Revision(), fmt.Errorf("read the subscription of feed %s: %w: %w", feed, errDamaged, err)
	}
	return rec, e.Revision(), nil
}

// maxTries of one change: each lost race means that another one was won, and
// nobody has that many pollers.
const maxTries = 10

// change lets f change the record of a feed and stores it; f runs again on the
// new record when somebody else was faster. f reports whether it changed it.
func (s *Subscriber) change(ctx context.Context, feed string, f func(*record) bool) error {
	var err error
	for range maxTries {
		rec, revision, lerr := s.load(ctx, feed)
		damaged := errors.Is(lerr, errDamaged)
		if damaged {
			s.cfg.Log.Warn("stored subscription is lost, asking for another one", "feed", feed, "err", lerr)
		} else if lerr != nil {
			return lerr
		}
		if !f(rec) && !damaged {
			return nil
		}
		if err = s.store(ctx, feed, rec, revision); !bus.Conflict(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("store the subscription of feed %s: %w", feed, err)
	}
	return nil
}

// store writes a record over the given revision, 0 for none. An empty record
// leaves no key behind.
func (s *Subscriber) store(ctx context.Context, feed string, rec *record, revision uint64) error {
	rec.tidy(s.cfg.Now())
	if rec.Current == nil && len(rec.Former) == 0 {
		if revision == 0 {
			return nil
		}
		return s.cfg.Bucket.Delete(ctx, key(feed), jetstream.LastRevision(revision))
	}
	data, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	if revision == 0 {
		_, err = s.cfg.Bucket.Create(ctx, key(feed), data)
	} else {
		_, err = s.cfg.Bucket.Update(ctx, key(feed), data, revision)
	}
	return err
}
