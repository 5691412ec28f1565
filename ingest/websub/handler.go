package websub

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ServeHTTP answers hubs, below Path only: GET asks whether we meant a request
// of ours, POST brings content. Who does not know the token of a subscription
// learns nothing, not even whether there is a feed of that name.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// For every request: before an answer goes out, the server reads what is left
	// of a short body, also of a stranger's. A writer without deadlines is a
	// test's, or a wrapper's whose server has its own time-outs.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.readTimeout))
	rest, ok := strings.CutPrefix(r.URL.Path, s.path)
	feed, token, _ := strings.Cut(rest, "/")
	if !ok || !validFeed(feed) || !validToken(token) {
		feed, token = "", "" // nobody's
	}
	switch r.Method {
	case http.MethodGet:
		s.serveIntent(w, r, feed, token)
	case http.MethodPost:
		s.serveDelivery(w, r, feed, token)
	default:
		w.Header().Set("Allow", "GET, POST")
		answer(w, http.StatusMethodNotAllowed)
	}
}

// validToken holds for all that rand.Text writes, and keeps the rest away from
// the bucket.
func validToken(t string) bool {
	return len(t) >= 26 && len(t) <= 64 && strings.Trim(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}

func answer(w http.ResponseWriter, status int) {
	if status == http.StatusOK {
		w.WriteHeader(status)
		return
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
	http.Error(w, http.StatusText(status), status)
}

// intentStatus is how each outcome of a verification is answered. To a hub all
// but 2xx mean no.
var intentStatus = map[string]int{
	"confirmed": http.StatusOK,
	"denied":    http.StatusOK,
	"refused":   http.StatusNotFound,
	"malformed": http.StatusBadRequest,
	"failed":    http.StatusServiceUnavailable,
}

func (s *Subscriber) serveIntent(w http.ResponseWriter, r *http.Request, feed, token string) {
	outcome, challenge := s.verify(r.Context(), feed, token, r.URL.RawQuery)
	s.metrics.intents.WithLabelValues(outcome).Inc()
	if outcome != "confirmed" {
		answer(w, intentStatus[outcome])
		return
	}
	// The challenge is a stranger's text: no browser may take it for a page.
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Length", strconv.Itoa(len(challenge)))
	_, _ = io.WriteString(w, challenge) // a hub that hung up will ask again
}

// Challenges that hubs send are some 20 to 200 bytes long.
const (
	maxQuery     = 16 << 10
	maxChallenge = 4 << 10
	maxReason    = 200
)

// verify decides about a hub's question. What it confirms is stored before the
// hub hears of it: a poller that dies in between has a subscription that its
// hub does not know, and polls.
func (s *Subscriber) verify(ctx context.Context, feed, token, query string) (outcome, challenge string) {
	if feed == "" {
		return "refused", ""
	}
	if len(query) > maxQuery {
		return "malformed", ""
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return "malformed", ""
	}
	challenge = q.Get("hub.challenge")
	mode, topic := q.Get("hub.mode"), q.Get("hub.topic")
	if mode != denied && (challenge == "" || len(challenge) > maxChallenge) {
		return "malformed", ""
	}
	var changed *subscription
	renewed := false
	err = s.change(ctx, feed, func(rec *record) bool {
		outcome, changed = "refused", nil
		now := s.cfg.Now().UTC()
		cur, old := rec.find(token)
		switch {
		case cur != nil && cur.Topic == topic && mode == subscribe && cur.Denied.IsZero():
			outcome, changed, renewed = "confirmed", cur, cur.active(now)
			cur.Verified, cur.Asks = now, 0
			cur.Expires = now.Add(lease(q.Get("hub.lease_seconds"), s.cfg.Lease))
		case cur != nil && cur.Topic == topic && mode == denied:
			outcome, changed = "denied", cur
			cur.Denied, cur.Expires = now, time.Time{}
			cur.Reason = strings.ToValidUTF8(cut(q.Get("hub.reason"), maxReason), "")
		case old != nil && old.Topic == topic && mode == unsubscribe:
			outcome = "confirmed" // we did ask: it is not ours any more
		}
		return changed != nil
	})
	switch {
	case err != nil:
		s.cfg.Log.Error("hub not answered, it may ask again", "feed", feed, "err", err)
		return "failed", ""
	case outcome == "denied":
		s.cfg.Log.Warn("hub denies the subscription; polling the feed, asking again in a day",
			"feed", feed, "hub", host(changed.Hub), "reason", changed.Reason)
	case changed != nil && !renewed:
		s.cfg.Log.Info("subscribed", "feed", feed, "hub", host(changed.Hub), "until", changed.Expires, "signed", changed.Secret != "")
	}
	return outcome, challenge
}

// lease is the hub's word on how long a subscription lasts. Old hubs give none.
func lease(seconds string, asked time.Duration) time.Duration {
	n, err := strconv.ParseInt(seconds, 10, 64)
	if n <= 0 || err != nil && !errors.Is(err, strconv.ErrRange) {
		return asked
	}
	n = min(n, int64(maxLease/time.Second)) // before it overflows
	return max(time.Duration(n)*time.Second, minLease)
}

func cut(s string, n int) string { return s[:min(len(s), n)] }

// deliveryStatus is how each outcome of a delivery is answered. A forged one
// looks like a success, so that nobody can try signatures; to a hub all others
// but 2xx and 410 mean that it should send again.
var deliveryStatus = map[string]int{
	"delivered":  http.StatusOK,
	"hint":       http.StatusOK,
	"forged":     http.StatusOK,
	"replayed":   http.StatusOK,
	"gone":       http.StatusGone,
	"unknown":    http.StatusNotFound,
	"too_large":  http.StatusRequestEntityTooLarge,
	"unreadable": http.StatusBadRequest,
	"slow":       http.StatusRequestTimeout,
	"busy":       http.StatusServiceUnavailable,
	"failed":     http.StatusServiceUnavailable,
}

func (s *Subscriber) serveDelivery(w http.ResponseWriter, r *http.Request, feed, token string) {
	outcome := s.take(w, r, feed, token)
	s.metrics.deliveries.WithLabelValues(outcome).Inc()
	answer(w, deliveryStatus[outcome])
}

// deliverTimeout bounds Deliver; publishing a whole feed takes seconds.
const deliverTimeout = time.Minute

// take receives one delivery. Its steps are in the order of their cost.
func (s *Subscriber) take(w http.ResponseWriter, r *http.Request, feed, token string) (outcome string) {
	if feed == "" {
		return "unknown"
	}
	rec, _, err := s.load(r.Context(), feed)
	if errors.Is(err, errDamaged) {
		return "unknown" // Ensure tells of it and asks for another
	} else if err != nil {
		s.cfg.Log.Error("delivery refused, the hub sends it again", "feed", feed, "err", err)
		return "failed"
	}
	sub, old := rec.find(token)
	switch {
	case old != nil:
		return "gone"
	case sub == nil:
		return "unknown"
	case sub.Secret == "":
		s.cfg.Nudge(feed)
		return "hint"
	case r.ContentLength > s.cfg.MaxBytes:
		return "too_large"
	case cmp.Or(r.Header.Get("Content-Encoding"), "identity") != "identity":
		return "unreadable" // what the signature would cover is not written down
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return "busy"
	}
	body, trouble := s.read(w, r)
	if trouble != "" {
		return trouble
	}
	if !signed(r.Header.Get("X-Hub-Signature"), sub.Secret, body) {
		s.warn(feed, sub)
		s.cfg.Nudge(feed)
		return "forged"
	}
	id := replayID(token, body)
	if s.replays.has(id) {
		return "replayed"
	}
	// A hub that does not wait for the answer must not undo the work: it would
	// come to the same end each time.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), deliverTimeout)
	defer cancel()
	err = s.cfg.Deliver(ctx, feed, body, r.Header.Get("Content-Type"))
	switch {
	case errors.Is(err, ErrGone):
		return "gone"
	case err != nil:
		s.cfg.Log.Warn("delivery not taken, the hub sends it again", "feed", feed, "err", err)
		return "failed"
	}
	s.replays.add(id)
	return "delivered"
}

// read returns the whole body, or the outcome of a delivery that has none.
func (s *Subscriber) read(w http.ResponseWriter, r *http.Request) (body []byte, trouble string) {
	room := r.ContentLength
	if room < 0 { // at once what it may take: a buffer that grows takes five times that
		room = s.cfg.MaxBytes
	}
	buf := bytes.NewBuffer(make([]byte, 0, room+bytes.MinRead))
	_, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, s.cfg.MaxBytes))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, "too_large"
	case errors.Is(err, os.ErrDeadlineExceeded):
		w.Header().Set("Connection", "close")
		return nil, "slow"
	case err != nil:
		return nil, "unreadable"
	}
	// Or the server would take the deadline for a hub that hung up.
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return buf.Bytes(), ""
}

// algorithms are the recognised names of the recommendation. See the package
// comment on SHA-1.
var algorithms = map[string]func() hash.Hash{"sha1": sha1.New, "sha256": sha256.New, "sha384": sha512.New384, "sha512": sha512.New}

// signed reports whether an X-Hub-Signature, "sha256=" and hexadecimal digits,
// is that of the body.
func signed(header, secret string, body []byte) bool {
	name, digits, _ := strings.Cut(header, "=")
	algorithm := algorithms[strings.ToLower(strings.TrimSpace(name))]
	got, err := hex.DecodeString(strings.TrimSpace(digits))
	if algorithm == nil || err != nil {
		return false
	}
	mac := hmac.New(algorithm, []byte(secret))
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}

// warnEvery keeps one bad hub from filling the log.
const warnEvery = time.Hour

func (s *Subscriber) warn(feed string, sub *subscription) {
	now := s.cfg.Now()
	s.mu.Lock()
	last, ok := s.warned[feed]
	told := ok && !elapsed(last, warnEvery, now)
	if !told {
		s.warned[feed] = now // only of feeds that are subscribed: it has a bound
	}
	s.mu.Unlock()
	if !told {
		s.cfg.Log.Warn("delivery with a wrong signature or none discarded, polling the feed instead; more of it is only counted for an hour",
			"feed", feed, "hub", host(sub.Hub))
	}
}

// maxReplays is how many deliveries are remembered, of all feeds together: 200
// KiB, and a feed each second for an hour.
const maxReplays = 4096

// replays remembers deliveries that were taken, so that another one of the
// same bytes costs a hash. Forgetting one costs a Deliver that finds nothing
// new. A feed that goes back to what it said a short while ago word for word is
// taken for a replay; the next poll reads it.
type replays struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]bool
	ring  [][sha256.Size]byte
	next  int
}

func replayID(token string, body []byte) (id [sha256.Size]byte) {
	h := sha256.New()
	_, _ = io.WriteString(h, token)
	_, _ = h.Write(body)
	h.Sum(id[:0])
	return id
}

func (r *replays) has(id [sha256.Size]byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known[id]
}

func (r *replays) add(id [sha256.Size]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[id] {
		return // two at one time
	}
	if r.known == nil {
		r.known = map[[sha256.Size]byte]bool{}
	}
	if len(r.ring) < maxReplays {
		r.ring = append(r.ring, id)
	} else {
		delete(r.known, r.ring[r.next])
		r.ring[r.next] = id
		r.next = (r.next + 1) % maxReplays
	}
	r.known[id] = true
}
