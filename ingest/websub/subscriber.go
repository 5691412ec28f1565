package websub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// Config says where hubs find us and what becomes of what they send.
type Config struct {
	// Callback is the public address below which ServeHTTP answers, such as
	// https://tocsin.example.org/websub/, the same for all pollers of one
	// cluster. A proxy in front must leave its path as it is.
	Callback string

	// Bucket keeps the subscriptions, secrets included, one key a feed. A feed
	// that left the configuration while nothing ran is never dropped: a bucket
	// whose values live for 40 days forgets it, and no subscription before that.
	Bucket jetstream.KeyValue

	// Post sends a form to a hub and returns the status of its answer. It guards
	// against hubs that are on our own network, follows only the redirects 307
	// and 308, and none from https to http: the form carries the secret.
	Post func(ctx context.Context, hub string, form url.Values) (status int, err error)

	// Deliver takes the body of a delivery and returns when all that is new in
	// it is durable. It may be called more than once with one body, and at the
	// same time. An error makes the hub send it again; ErrGone ends that.
	Deliver func(ctx context.Context, feed string, body []byte, contentType string) error

	// Nudge asks for an early poll of a feed, since its hub said that there is
	// something new but not in a form to be trusted. It must not block, and who
	// can read plain http can cause it: the poller keeps its shortest gap.
	Nudge func(feed string)

	Lease      time.Duration // asked for, 1h to 30d; the hub's word counts; 5 days when 0
	MaxBytes   int64         // of a delivered body; 16 MiB when 0
	Deliveries int           // at one time, so that their bodies have a bound together; 8 when 0

	Log     *slog.Logger          // required
	Metrics prometheus.Registerer // required
	Now     func() time.Time      // time.Now when nil
}

// ErrGone is for Deliver to return when the feed is not polled any more: the
// hub is told that the subscription has ended.
var ErrGone = errors.New("the feed is not polled any more")

// Subscriber keeps the subscriptions of feeds and answers their hubs. It is an
// http.Handler, safe for concurrent use, and runs nothing of its own.
type Subscriber struct {
	cfg     Config
	base    string // Config.Callback with a slash at its end
	path    string // of base
	metrics *metrics
	slots   chan struct{}
	replays replays

	mu     sync.Mutex
	warned map[string]time.Time // by feed: of a wrong signature, last

	readTimeout time.Duration // of one request's body
}

var _ http.Handler = (*Subscriber)(nil)

// readTimeout is generous for 16 MiB, and short enough that 8 slow bodies do
// not keep all others out for long.
const readTimeout = 30 * time.Second

// New makes a subscriber. An error names every mistake of cfg.
func New(cfg Config) (*Subscriber, error) {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("websub: "+format, args...)) }
	base, dir, err := Callback(cfg.Callback)
	if err != nil {
		bad("%w", err)
	}
	cfg.Lease = cmp.Or(cfg.Lease, 5*24*time.Hour)
	cfg.MaxBytes = cmp.Or(cfg.MaxBytes, 16<<20)
	cfg.Deliveries = cmp.Or(cfg.Deliveries, 8)
	if cfg.Lease < minLease || cfg.Lease > maxLease {
		bad("lease is %v: use 1h to 720h, 120h is usual", cfg.Lease)
	}
	if cfg.MaxBytes < 0 {
		bad("body limit is %d: it cannot be negative", cfg.MaxBytes)
	}
	if cfg.Deliveries < 0 {
		bad("deliveries at one time are %d: use 1 or more", cfg.Deliveries)
	}
	if cfg.Bucket == nil || cfg.Post == nil || cfg.Deliver == nil || cfg.Nudge == nil || cfg.Log == nil || cfg.Metrics == nil {
		bad("Bucket, Post, Deliver, Nudge, Log and Metrics are required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &Subscriber{
		cfg: cfg, base: base, path: dir, metrics: newMetrics(cfg.Metrics), slots: make(chan struct{}, cfg.Deliveries),
		warned: map[string]time.Time{}, readTimeout: readTimeout,
	}, nil
}

// Callback reads the public address of Config.Callback: whole, and its path; both
// end in a slash. Paths that a mux or a proxy would rewrite are refused: hubs do
// not follow redirects.
func Callback(s string) (base, dir string, err error) {
	u, err := url.Parse(s)
	if err == nil {
		u.Path = strings.TrimSuffix(u.Path, "/") + "/"
	}
	if err != nil || !web(u) || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.EscapedPath() != u.Path || u.Path != "/" && path.Clean(u.Path)+"/" != u.Path {
		return "", "", fmt.Errorf("callback %q: write the whole public address, such as https://tocsin.example.org/websub/, without query and special characters", s)
	}
	return u.String(), u.Path, nil
}

func web(u *url.URL) bool { return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" }

// Path is the path below which ServeHTTP answers, for an http.ServeMux. It
// ends in a slash.
func (s *Subscriber) Path() string { return s.path }

// The modes of a request, here and at the hub.
const (
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	denied      = "denied"
)

// Ensure sees to it that a feed is subscribed to a topic at a hub, and reports
// whether it is: active means that the hub has verified the subscription and
// its lease runs, so that the feed may be polled seldom. It is called after
// every poll and usually costs one read of the bucket.
//
// The hub is asked when there is no subscription, when less than a third of the
// lease is left, and again with growing gaps (an hour to a day) while it does
// not verify; a day after it has denied. Another topic, hub or callback is
// another subscription, and the old one is ended as well as may be; that, too,
// happens once an hour at most, since a feed may name another hub at each poll.
//
// An error means that the hub could not be asked this time or that the bucket
// failed; active is right all the same, and the next call goes on from there.
func (s *Subscriber) Ensure(ctx context.Context, feed, topic, hub string) (active bool, err error) {
	if !validFeed(feed) {
		return false, fmt.Errorf("subscribe feed %q: not a feed id", feed)
	}
	for _, address := range []string{topic, hub} {
		if u, err := url.Parse(address); err != nil || !web(u) || len(address) > maxAddress {
			return false, fmt.Errorf("subscribe feed %s: it names %.100q, not a whole http or https address of usual length", feed, address)
		}
	}
	var ask, left *subscription
	err = s.change(ctx, feed, func(rec *record) bool {
		ask, left, active = nil, nil, false
		now := s.cfg.Now().UTC()
		cur := rec.Current
		if cur != nil && (cur.Topic != topic || cur.Hub != hub || cur.Callback != s.base+feed+"/"+cur.Token) {
			if !elapsed(cur.Asked, firstGap, now) {
				return false
			}
			left = rec.leave(now)
			cur = nil
		}
		if cur == nil {
			cur = newSubscription(feed, topic, hub, s.base)
			rec.Current = cur
		}
		active = cur.active(now)
		if !cur.due(now) {
			return false
		}
		// Stored before the hub is asked: the hub may call back at once, and
		// only one of several pollers gets to ask.
		cur.Asked, cur.Denied, cur.Reason = now, time.Time{}, ""
		cur.Asks++
		ask = cur
		return true
	})
	if err != nil {
		return active, err
	}
	if ask != nil {
		err = s.ask(ctx, feed, subscribe, ask)
	}
	s.bidFarewell(ctx, feed, left)
	return active, err
}

// maxAddress bounds what a feed can put into the bucket.
const maxAddress = 2048

// Drop ends the subscription of a feed, if there is one: it is forgotten, and
// the hub is told as well as may be. An error means that it is not forgotten.
func (s *Subscriber) Drop(ctx context.Context, feed string) error {
	if !validFeed(feed) {
		return fmt.Errorf("unsubscribe feed %q: not a feed id", feed)
	}
	var left *subscription
	err := s.change(ctx, feed, func(rec *record) bool {
		had := rec.Current != nil
		left = rec.leave(s.cfg.Now().UTC())
		return had
	})
	if err != nil {
		return err
	}
	s.bidFarewell(ctx, feed, left)
	return nil
}

// bidFarewell tells a hub that a subscription has been given up. One that does
// not hear it learns the same from our answer to its next delivery.
func (s *Subscriber) bidFarewell(ctx context.Context, feed string, left *subscription) {
	if left == nil {
		return
	}
	if err := s.ask(ctx, feed, unsubscribe, left); err != nil {
		s.cfg.Log.Info("hub not told that a subscription has ended; its deliveries are refused", "feed", feed, "err", err)
	}
}

// askTimeout is for hubs that verify before they answer.
const askTimeout = 30 * time.Second

// ask sends one request to a hub. What it accepts, it verifies later.
func (s *Subscriber) ask(ctx context.Context, feed, mode string, sub *subscription) error {
	form := url.Values{"hub.mode": {mode}, "hub.topic": {sub.Topic}, "hub.callback": {sub.Callback}}
	if mode == subscribe {
		form.Set("hub.lease_seconds", strconv.FormatInt(int64(s.cfg.Lease/time.Second), 10))
		if sub.Secret != "" {
			form.Set("hub.secret", sub.Secret)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	status, err := s.cfg.Post(ctx, sub.Hub, form)
	if err == nil && status/100 != 2 { // 202 by the book; older hubs say 204
		err = fmt.Errorf("status %d", status)
	}
	if err != nil {
		s.metrics.asks.WithLabelValues(mode, "failed").Inc()
		return fmt.Errorf("%s feed %s at hub %s: %w", mode, feed, host(sub.Hub), err)
	}
	s.metrics.asks.WithLabelValues(mode, "accepted").Inc()
	return nil
}

// host is what of a hub's address goes into the log.
func host(hub string) string {
	u, err := url.Parse(hub)
	if err != nil {
		return "?"
	}
	return u.Host
}

// validFeed holds for the ids that ingest gives to feeds; they are safe in a
// path and in a key.
func validFeed(id string) bool {
	return id != "" && len(id) <= 48 && strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}
