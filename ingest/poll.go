package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tocsin/internal/bus"
)

// storeTimeout bounds what a poll still stores while the daemon is stopping.
const storeTimeout = 10 * time.Second

// reportAfter is when a feed that fails is worth a warning. One is enough.
const reportAfter = 24 * time.Hour

// verdict is what has become of a poll.
type verdict struct {
	due     time.Time // when it is again
	address string    // where it is asked for from now on
	holder  string    // address whose host wants to be left alone
	hold    time.Time // until then
	err     error
}

// poll polls a feed: it fetches it, publishes what is new and stores what it
// learnt. pardoned takes back the last failure.
func (p *Poller) poll(ctx context.Context, feed Feed, cfg Config, fetcher *Fetcher, pardoned bool) verdict {
	pace := cfg.pace(feed)
	l, err := p.mem.load(ctx, feed.ID)
	if err != nil {
		if ctx.Err() == nil {
			p.log.Error("feed not polled: its state cannot be read", "feed", feed.ID, "err", err)
			p.metrics.polls.WithLabelValues("failed").Inc()
			p.metrics.failures.WithLabelValues(reasonBus).Inc()
		}
		p.setState(feed.ID, StatusFailing, nil)
		return verdict{due: pace.next(&FeedState{Failures: 1}, 0, p.now(), rand.Float64())}
	}
	if l.damaged != nil {
		p.log.Warn("feed state is lost, polling it afresh", "feed", feed.ID, "err", l.damaged)
	}
	if l.state.URL != feed.URL {
		// Another address: its validators are another's, and so is its hub.
		if p.hub != nil && l.state.Hub != "" {
			p.unsubscribe(ctx, feed.ID)
		}
		l.state = FeedState{URL: feed.URL}
	}
	st := &l.state
	if pardoned && st.Failures > 0 {
		if st.Failures--; st.Failures == 0 {
			st.FailingSince = time.Time{}
		}
	}
	outcome, err := p.fetchAndPublish(ctx, feed, cfg, fetcher, l)
	if ctx.Err() != nil && err != nil {
		return verdict{due: p.now(), err: err} // stopping: nothing learnt, nothing stored
	}
	now := p.now()
	st.Polled = now.UTC()
	v := verdict{err: err}
	retryAfter := retryAfterOf(err)
	if err != nil {
		outcome = "failed"
		if l.seen != nil {
			// What the publish did not finish must be found new again.
			l.seen.dirty = false
		}
		p.failed(feed, st, err, now)
		if st.Status == http.StatusTooManyRequests || st.Status == http.StatusServiceUnavailable {
			// Redirects may have led elsewhere: who answered is meant.
			if u := answerer(err); u != nil && retryAfter > 0 && !cfg.ownHost(u) {
				v.hold, v.holder = now.Add(min(max(retryAfter, minRetryAfter), maxRetryAfter)), u.Scheme+"://"+u.Host
				st.HostHold, st.HoldOf = v.hold.UTC(), v.holder
			}
		}
	} else {
		p.succeeded(feed, st, now)
		p.subscribe(ctx, feed, st)
		if st.Push && feed.Every == 0 {
			pace.every, pace.quiet = max(pace.every, pushEvery), max(pace.quiet, pushEvery)
		}
	}
	p.metrics.polls.WithLabelValues(outcome).Inc()
	p.setState(feed.ID, Status{State: *st}.Word(), st)
	v.address = st.address()
	v.due = pace.next(st, retryAfter, now, rand.Float64())
	if st.CutOff > 0 && st.CutOff <= 2 && err == nil {
		v.due = now.Add(min(v.due.Sub(now), max(partialAgain, cfg.PerHost)))
	}
	st.Due = v.due.UTC()
	store, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if err := p.mem.save(store, feed.ID, l); err != nil {
		// The next poll finds the same items and the stream knows their ids.
		p.log.Error("what a poll learnt is not stored", "feed", feed.ID, "err", err)
		p.metrics.failures.WithLabelValues(reasonBus).Inc()
	}
	return v
}

// failed notes a failure and tells of it: the first one, and that it lasts.
func (p *Poller) failed(feed Feed, st *FeedState, err error, now time.Time) {
	reason, status := reasonOf(err), statusOf(err)
	p.metrics.failures.WithLabelValues(reason).Inc()
	again := st.Failures > 0 && st.Reason == reason && st.Status/100 == status/100
	st.Failures++
	st.Reason, st.Status, st.LastError = reason, status, clipText(err.Error(), 500)
	if st.FailingSince.IsZero() {
		st.FailingSince = now.UTC()
	}
	attrs := []any{"feed", feed.ID, "reason", reason, "failures", st.Failures, "err", err}
	switch {
	case st.Location == "" && gone(err):
		if st.Gone.IsZero() {
			p.log.Warn("feed is gone: it is asked for once a month from now on; drop it, or give its new address", attrs...)
		}
		st.Gone = now.UTC()
	case st.Location != "" && (status == http.StatusNotFound || status == http.StatusGone || st.Failures >= movedPolls && reason != reasonBus):
		p.log.Warn("feed is not where it moved to: asking at its own address again", append(attrs, "location", Redacted(st.Location))...)
		st.Location = ""
		st.forgetBody()
	case !st.Reported && now.Sub(st.FailingSince) >= reportAfter:
		st.Reported = true
		p.log.Warn("feed has failed for a day; it is tried on, and told of again when it answers", append(attrs, "since", st.FailingSince)...)
	case again:
		p.log.Debug("poll failed again", attrs...)
	default:
		p.log.Warn("poll failed", attrs...)
	}
}

func (p *Poller) succeeded(feed Feed, st *FeedState, now time.Time) {
	if st.Reported || !st.Gone.IsZero() {
		p.log.Info("feed answers again", "feed", feed.ID, "failed_since", st.FailingSince, "polls", st.Failures)
	}
	st.Success = now.UTC()
	st.Failures, st.FailingSince, st.Reason, st.Status, st.LastError = 0, time.Time{}, "", 0, ""
	st.Reported, st.Gone, st.HostHold, st.HoldOf = false, time.Time{}, time.Time{}, ""
}

// setState remembers what is counted by gauges.
func (p *Poller) setState(id, word string, st *FeedState) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(id, word, st)
}

// note takes a nil state for one that is not known, or no longer ours to count.
func (p *Poller) note(id, word string, st *FeedState) {
	switch word {
	case StatusFailing, StatusGone:
		p.states[id] = word
	default:
		delete(p.states, id)
	}
	delete(p.silent, id)
	delete(p.news, id)
	if st == nil {
		return
	}
	if st.Reported {
		p.silent[id] = st.FailingSince
	}
	p.news[id] = news{at: st.NewAt, gap: st.NewGap}
}

// fetchAndPublish does the poll itself. It changes what is remembered only after
// every new article is on the stream.
func (p *Poller) fetchAndPublish(ctx context.Context, feed Feed, cfg Config, fetcher *Fetcher, l *loaded) (outcome string, err error) {
	st := &l.state
	resp, err := fetcher.Fetch(ctx, Request{URL: st.address(), ETag: st.ETag, LastModified: st.LastModified, ValidFor: st.ValidFor})
	if err != nil {
		return "", err
	}
	p.metrics.wire.Add(float64(resp.WireBytes))
	if resp.NotModified {
		// The server's new words for the same body.
		st.ETag, st.LastModified = cmp.Or(resp.ETag, st.ETag), cmp.Or(resp.LastModified, st.LastModified)
		st.Asked = max(seconds(resp.MaxAge), st.TTL)
		p.moved(feed, st, resp.PermanentURL)
		return "not_modified", nil
	}
	p.metrics.bytes.Add(float64(len(resp.Body)))
	sum := sha256.Sum256(resp.Body)
	hash := hex.EncodeToString(sum[:])
	if hash == st.BodyHash {
		if !st.Partial {
			p.keep(feed, st, resp)
		}
		if st.CutOff > 0 {
			st.CutOff++
		}
		st.Asked = max(seconds(resp.MaxAge), st.TTL)
		return "not_modified", nil
	}
	now := p.now()
	parsed, err := p.parse(feed, cfg, resp, now)
	if err != nil {
		return "", err
	}
	if parsed.Partial {
		p.log.Warn("feed is damaged: what is whole was read", "feed", feed.ID, "items", len(parsed.Articles), "skipped", parsed.Skipped, "problems", strings.Join(parsed.Problems[:min(3, len(parsed.Problems))], "; "))
	}
	n, first, err := p.publish(ctx, feed, cfg, parsed, l, now)
	if err != nil {
		return "", err
	}
	st.Title, st.Items = parsed.Title, len(parsed.Articles)
	st.posted(first, now)
	// The same bytes give the same items. Validators are another matter: they
	// would keep the rest of a damaged body from us.
	st.BodyHash, st.Partial = hash, parsed.Partial
	st.ETag, st.LastModified, st.ValidFor = "", "", ""
	if !parsed.Partial {
		p.keep(feed, st, resp)
	}
	st.CutOff++
	if !parsed.CutOff {
		st.CutOff = 0
	}
	st.TTL, st.SkipHours, st.SkipDays = seconds(parsed.TTL), parsed.SkipHours, parsed.SkipDays
	st.Hub, st.Topic = cmp.Or(resp.Hub, parsed.Hub), cmp.Or(resp.Self, parsed.Self)
	st.Asked = max(seconds(resp.MaxAge), st.TTL)
	if n == 0 {
		return "nothing_new", nil
	}
	p.log.Info("feed polled", "feed", feed.ID, "articles", n, "items", len(parsed.Articles))
	return "new", nil
}

// keep remembers what the next request needs of a body that was read whole.
func (p *Poller) keep(feed Feed, st *FeedState, resp *Response) {
	st.ETag, st.LastModified, st.ValidFor = resp.ETag, resp.LastModified, resp.FinalURL
	p.moved(feed, st, resp.PermanentURL)
}

// moved follows a permanent redirect that has proven itself.
func (p *Poller) moved(feed Feed, st *FeedState, to string) {
	was := st.address()
	if st.moved(to, p.now()) {
		p.metrics.moved.Inc()
		p.log.Warn("feed has moved for good: asking there from now on; write its new address into the configuration", "feed", feed.ID, "from", Redacted(was), "to", Redacted(to))
	}
}

// Read reads the body of an answer. What broke off on the way is partial, as what
// was sent damaged is. Languages that nobody declares are left to GuessLanguage.
func (c Config) Read(f Feed, r *Response, now time.Time) (*Parsed, error) {
	p, err := Parse(r.Body, r.ContentType,
		FeedInfo{ID: f.ID, Outlet: f.Outlet, Language: f.Language, Country: f.Country, URL: r.FinalURL},
		Limits{MaxItems: c.MaxItems, MaxTextBytes: int(c.MaxText), MaxDepth: maxDepth, Now: now, Declared: true})
	switch {
	case err == nil && r.Truncated:
		p.Partial, p.CutOff = true, true
		p.Problems = append(p.Problems, fmt.Sprintf("the answer broke off, or did not end in time, after %d bytes", len(r.Body)))
	case r.Truncated:
		err = &FetchError{URL: Redacted(r.FinalURL), Reason: ReasonTruncated,
			Err: fmt.Errorf("the answer broke off, or did not end in time, after %d bytes; polling it again later", len(r.Body))}
	}
	return p, err
}

func (p *Poller) parse(feed Feed, cfg Config, r *Response, now time.Time) (*Parsed, error) {
	parsed, err := cfg.Read(feed, r, now)
	if err != nil {
		return nil, err
	}
	p.metrics.skipped.Add(float64(parsed.Skipped))
	return parsed, nil
}

// maxDepth bounds the nesting of a feed: real ones need some ten levels.
const maxDepth = 300

// publish puts the articles that are new or changed on the stream, oldest
// first, and returns when all are stored. first of them were not known before.
func (p *Poller) publish(ctx context.Context, feed Feed, cfg Config, parsed *Parsed, l *loaded, now time.Time) (n, first int, err error) {
	if err := p.mem.items(ctx, feed.ID, l); err != nil {
		return 0, 0, err
	}
	s, articles := l.seen, parsed.Articles
	s.settle(feed.ID, articles, now)
	slices.SortStableFunc(articles, func(a, b Article) int { return a.Published.Compare(b.Published) })
	var fresh []*Article
	editions := 0
	for i := range articles {
		a := &articles[i]
		if !fit(a) {
			p.metrics.skipped.Inc()
			p.log.Warn("item skipped: too large for a message even without its text", "feed", feed.ID, "article", a.ID)
			continue
		}
		if !s.take(a, now) {
			continue
		}
		if a.Edition == 1 {
			first++
		} else {
			editions++
		}
		fresh = append(fresh, a)
	}
	var pending []*bus.Pending
	texts, end := p.fullText(ctx, feed, cfg)
	defer end()
	texts.choose(fresh)
	for _, a := range fresh {
		texts.read(a)
		parsed.GuessLanguage(a) // of the few that are new: it is the dearest part of a poll
		p.metrics.families.WithLabelValues(cmp.Or(p.families.Place(a), "first")).Inc()
		m, err := Message(p.bus, a)
		if err != nil {
			return 0, 0, err
		}
		pending = append(pending, p.bus.Begin(m))
	}
	for _, w := range pending {
		if _, err := w.Wait(ctx); err != nil {
			return 0, 0, fmt.Errorf("publish articles of feed %s: %w", feed.ID, err)
		}
	}
	if len(pending) > 0 {
		p.metrics.articles.WithLabelValues("first").Add(float64(first))
		p.metrics.articles.WithLabelValues("edition").Add(float64(editions))
		p.metrics.last.Set(float64(now.Unix()))
	}
	s.forget(now, cfg.Remember)
	return len(pending), first, nil
}

// Message is the publish of an article.
func Message(b *bus.Bus, a *Article) (bus.Message, error) {
	data, err := encode(a)
	if err != nil {
		return bus.Message{}, fmt.Errorf("encode article %s: %w", a.ID, err)
	}
	return bus.Message{Subject: b.Subject("article", a.Feed), ID: a.MsgID(), Data: data}, nil
}

// encode writes an article for the bus. Its text keeps "<" and "&" as they are.
func encode(a *Article) ([]byte, error) { return json.Marshal(a, jsontext.AllowInvalidUTF8(true)) }

// messageRoom leaves space for what the poller still adds to an article, and
// surelyFits for text whose every byte takes six in JSON.
const (
	messageRoom = bus.MaxMessage - 1<<10
	surelyFits  = messageRoom / 6
)

// fit cuts the text of an article until it fits a message of the bus; false
// where even an empty text does not.
func fit(a *Article) bool {
	for len(a.Title)+len(a.Summary)+len(a.Body)+len(a.URL)+len(a.GUID) > surelyFits {
		if data, err := encode(a); err == nil && len(data) <= messageRoom {
			return true
		}
		switch {
		case len(a.Body) > 0:
			a.Body = cut(a.Body)
		case len(a.Summary) > 0:
			a.Summary = cut(a.Summary)
		default:
			return false
		}
		a.ContentSHA256 = ContentHash(a.Title, a.Summary, a.Body)
	}
	return true
}

// cut halves a text at a paragraph or, failing that, between two runes.
func cut(s string) string {
	s = s[:len(s)/2]
	if i := strings.LastIndex(s, "\n\n"); i > len(s)/2 {
		return s[:i]
	}
	for len(s) > 0 {
		if r, n := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || n != 1 {
			break
		}
		s = s[:len(s)-1]
	}
	return s
}

// reasonBus labels polls that failed on our side.
const reasonBus = "bus"

// failureReasons is the closed list of labels.
var failureReasons = slices.Compact(slices.Sorted(slices.Values(slices.Concat(Reasons, ParseReasons, []string{reasonBus}))))

func reasonOf(err error) string {
	var f *FetchError
	var x *ParseError
	switch {
	case errors.As(err, &f):
		return f.Reason
	case errors.As(err, &x):
		return x.Reason
	}
	return reasonBus
}

// answerer is the address that answered with an error, nil where none did.
func answerer(err error) *url.URL {
	var f *FetchError
	if !errors.As(err, &f) || f.Status == 0 {
		return nil
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "" {
		return nil
	}
	return u
}

func statusOf(err error) int {
	var f *FetchError
	if errors.As(err, &f) {
		return f.Status
	}
	return 0
}

// retryAfterOf is how long the server wants to be left alone, 0 where it does not say.
func retryAfterOf(err error) time.Duration {
	var f *FetchError
	if errors.As(err, &f) {
		return f.RetryAfter
	}
	return 0
}

// gone tells whether a server says of the address that was asked for that nothing
// will be there again.
func gone(err error) bool {
	var f *FetchError
	return errors.As(err, &f) && f.Status == http.StatusGone && !f.Redirected
}
