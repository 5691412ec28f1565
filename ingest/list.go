package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// List is the feeds that were added by command, beside those of the
// configuration. All pollers of a cluster see a change within a moment.
type List struct {
	kv jetstream.KeyValue
}

// Listed is an entry of the list, by feed id.
type Listed struct {
	Feed             // without a URL: one that the configuration has
	Paused bool      `json:"paused,omitempty"`
	Added  time.Time `json:"added,omitzero"`
	Broken bool      `json:"-"` // the entry cannot be read: it has an id and nothing else
}

// Errors of a List.
var (
	ErrListed    = errors.New("already in the list")
	ErrNotListed = errors.New("not in the list")
)

// OpenList returns the list of a bus.
func OpenList(ctx context.Context, b *bus.Bus) (*List, error) {
	kv, err := b.Bucket(ctx, bus.ListBucket)
	if err != nil {
		return nil, fmt.Errorf("open the feed list: %w", err)
	}
	return &List{kv}, nil
}

// Add puts a feed on the list that Plan has found nothing against.
func (l *List) Add(ctx context.Context, p Planned) error {
	if p.Err != nil {
		return p.Err
	}
	data, err := json.Marshal(Listed{Feed: p.Feed, Added: time.Now().UTC()})
	if err == nil {
		_, err = l.kv.Create(ctx, p.ID, data)
	}
	switch {
	case bus.Conflict(err): // by another command, meanwhile
		return fmt.Errorf("feed id %s is %w", p.ID, ErrListed)
	case err != nil:
		return fmt.Errorf("add feed %s: %w", p.ID, err)
	}
	return nil
}

// Remove takes a feed off the list. What is known of its items stays for as long
// as they are remembered, so that adding it again tells nothing twice.
func (l *List) Remove(ctx context.Context, id string) error {
	e, rev, err := l.get(ctx, id)
	if err != nil && rev == 0 {
		return err
	}
	if rev == 0 || err == nil && e.URL == "" {
		return fmt.Errorf("feed %s is %w", id, ErrNotListed)
	}
	if err := l.kv.Delete(ctx, id, jetstream.LastRevision(rev)); err != nil {
		return fmt.Errorf("remove feed %s: %w", id, err)
	}
	return nil
}

// Pause stops or resumes the polling of a feed, also of one that the
// configuration has.
func (l *List) Pause(ctx context.Context, id string, paused bool) error {
	if id != bus.Token(id) || id == bus.Unknown {
		return fmt.Errorf("%q is no feed id", id)
	}
	e, rev, err := l.get(ctx, id)
	if err != nil {
		return err
	}
	if e.Paused == paused {
		return nil
	}
	e.Paused = paused
	if e.URL == "" && !paused {
		err = l.kv.Delete(ctx, id, jetstream.LastRevision(rev))
	} else {
		var data []byte
		if data, err = json.Marshal(e); err == nil {
			_, err = put(ctx, l.kv, id, data, rev)
		}
	}
	if err != nil {
		return fmt.Errorf("pause feed %s: %w", id, err)
	}
	return nil
}

func (l *List) get(ctx context.Context, id string) (e Listed, rev uint64, err error) {
	v, err := l.kv.Get(ctx, id)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return e, 0, nil
	}
	if err != nil {
		return e, 0, fmt.Errorf("read the feed list: %w", err)
	}
	if err := json.Unmarshal(v.Value(), &e); err != nil {
		return e, v.Revision(), fmt.Errorf("read feed %s of the list: %w", id, err)
	}
	return e, v.Revision(), nil
}

// All returns the list by feed id.
func (l *List) All(ctx context.Context) (map[string]Listed, error) {
	w, err := l.kv.WatchAll(ctx, jetstream.IgnoreDeletes())
	if err != nil {
		return nil, fmt.Errorf("read the feed list: %w", err)
	}
	defer w.Stop() //nolint:errcheck // nothing is left to lose
	all := map[string]Listed{}
	for {
		select {
		case <-ctx.Done():
			return all, ctx.Err()
		case v, ok := <-w.Updates():
			if !ok {
				return all, errors.New("read the feed list: the connection was lost")
			}
			if v == nil {
				return all, nil
			}
			var e Listed
			if json.Unmarshal(v.Value(), &e) != nil {
				e = Listed{Broken: true}
			}
			e.ID = v.Key()
			all[e.ID] = e
		}
	}
}

// checked is a feed with its id, or what is wrong with it.
func (f Feed) checked(own func(*url.URL) bool) (Feed, error) {
	u, err := url.Parse(strings.TrimSpace(f.URL))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return f, fmt.Errorf("url %q: write a whole http or https address", Redacted(f.URL))
	}
	f.URL = u.String()
	if f.ID == "" {
		f.ID = feedID(u)
	} else if f.ID != bus.Token(f.ID) || f.ID == bus.Unknown {
		return f, fmt.Errorf("id %q: use up to 48 of a-z 0-9 _ -, such as %q", f.ID, bus.Token(f.ID))
	}
	if f.Country != "" && !isCountry(f.Country) {
		return f, fmt.Errorf("country %q: write the two capital letters of ISO 3166-1, such as KE, or leave it out", f.Country)
	}
	if f.Every != 0 && f.Every < minEvery && (f.Every < time.Second || own == nil || !own(u)) {
		return f, fmt.Errorf("every is %v: publishers block faster pollers, use 1m or more", f.Every)
	}
	return f, nil
}

// otherID is the id of a feed whose usual one is taken.
func (f Feed) otherID() string {
	return bus.Token(f.ID[:min(len(f.ID), 40)] + "-" + ident.Hash(f.URL)[20:])
}

// Polled is a feed that pollers know.
type Polled struct {
	Feed
	Paused bool
	Listed bool // by command; else by the configuration
}

// merge puts the list beside the configuration, which wins where both have a feed.
func merge(configured []Feed, listed map[string]Listed) []Polled {
	out := make([]Polled, 0, len(configured)+len(listed))
	ids, urls := map[string]bool{}, map[string]bool{}
	for _, f := range configured {
		ids[f.ID], urls[f.URL] = true, true
		out = append(out, Polled{Feed: f, Paused: listed[f.ID].Paused})
	}
	for _, id := range slices.Sorted(maps.Keys(listed)) {
		if e := listed[id]; e.URL != "" && !ids[id] && !urls[e.URL] {
			out = append(out, Polled{Feed: e.Feed, Paused: e.Paused, Listed: true})
		}
	}
	return out
}

// Status is a feed and what has become of it.
type Status struct {
	Polled
	State FeedState
}

// The words of Status.Word and WordAt.
const (
	StatusNew     = "new"     // never polled
	StatusOK      = "ok"      // the last poll was good
	StatusDry     = "dry"     // and it has brought nothing new for long
	StatusPartial = "partial" // and what it brought was damaged
	StatusFailing = "failing" // the last polls failed
	StatusGone    = "gone"    // its server says that it will not come back
	StatusPaused  = "paused"  // by command
)

// Word says in one how a feed does.
func (s Status) Word() string {
	switch st := &s.State; {
	case s.Paused:
		return StatusPaused
	case !st.Gone.IsZero():
		return StatusGone
	case st.Failures > 0:
		return StatusFailing
	case st.Success.IsZero():
		return StatusNew
	case st.Partial:
		return StatusPartial
	}
	return StatusOK
}

// WordAt is the word at a time: a feed that is well is dry when it has brought nothing
// new for three days and ten times as long as usual.
func (s Status) WordAt(now time.Time) string {
	w := s.Word()
	if w == StatusOK && (news{at: s.State.NewAt, gap: s.State.NewGap}).dry(now) {
		return StatusDry
	}
	return w
}

// Statuses tells of every feed of a configuration and of the list, by feed id.
func Statuses(ctx context.Context, b *bus.Bus, cfg Config) ([]Status, error) {
	configured, err := cfg.FeedList()
	if err != nil {
		return nil, err
	}
	l, err := OpenList(ctx, b)
	if err != nil {
		return nil, err
	}
	listed, err := l.All(ctx)
	if err != nil {
		return nil, err
	}
	kv, err := b.Bucket(ctx, bus.FeedsBucket)
	if err != nil {
		return nil, err
	}
	feeds := merge(configured, listed)
	ids := make([]string, len(feeds))
	for i := range feeds {
		ids[i] = feeds[i].ID
	}
	states, err := (&memory{feeds: kv}).states(ctx, ids)
	if err != nil {
		return nil, err
	}
	var out []Status
	for _, f := range feeds {
		st := states[f.ID]
		if st.URL != f.URL {
			st = FeedState{URL: f.URL}
		}
		out = append(out, Status{Polled: f, State: st})
	}
	for id, e := range listed {
		if e.Broken {
			out = append(out, Status{Polled: Polled{Feed: Feed{ID: id}, Listed: true},
				State: FeedState{Failures: 1, LastError: "its entry in the list is damaged: remove it and add it again"}})
		}
	}
	slices.SortFunc(out, func(a, b Status) int { return cmp.Compare(a.ID, b.ID) })
	return out, nil
}
