package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// This file is what commands ask of feeds that they do not poll: the poller's own
// rules, without its memory.

// NewFetcher is a fetcher as pollers have it; Close it when done.
func (c Config) NewFetcher() *Fetcher { return NewFetcher(c.fetcher()) }

// Checked is a feed with its id, or what is wrong with it.
func (c Config) Checked(f Feed) (Feed, error) {
	f, err := f.checked(c.ownHost)
	if err != nil {
		err = errors.New(Redacted(err.Error()))
	}
	return f, err
}

// A permanent redirect is followed at once after so many polls or so long.
const (
	ProvenPolls = movedPolls
	ProvenAfter = movedAfter
)

// Wait is how long a feed is left alone after a poll: chance decides between
// Soonest and Latest.
type Wait struct {
	Soonest, Latest time.Duration
	Quiet           time.Duration // instead of Latest, after a long silence
}

// Wait is that after a good poll, where the server gives the body so long a life
// and the feed itself asks for ttl. Hours and days that it names come on top.
func (c Config) Wait(f Feed, maxAge, ttl time.Duration) Wait {
	now := time.Now()
	st := FeedState{Asked: seconds(max(maxAge, ttl)), NewAt: now}
	w := c.pace(f).wait(&st, 0, now)
	st.NewAt = now.AddDate(-10, 0, 0)
	w.Quiet = c.pace(f).wait(&st, 0, now).Latest
	return w
}

// Retry is the wait after a first failure at an address.
func (c Config) Retry(f Feed, address string, err error) Wait {
	now := time.Now()
	st := FeedState{Failures: 1, Status: statusOf(err)}
	if address == f.URL && gone(err) {
		st.Gone = now
	}
	return c.pace(f).wait(&st, retryAfterOf(err), now)
}

func (p pace) wait(st *FeedState, retryAfter time.Duration, now time.Time) Wait {
	return Wait{Soonest: p.next(st, retryAfter, now, 0).Sub(now), Latest: p.next(st, retryAfter, now, 1).Sub(now)}
}

// Planned is what adding a feed would do.
type Planned struct {
	Feed        // with the id that it would have
	There Feed  // what is polled already, with this address
	Err   error // why it cannot be added
}

// Plan says what adding feeds to a list would do: each gets an id that nothing
// else has. What is there already, in the configuration or the list, stays.
func (c Config) Plan(listed map[string]Listed, feeds []Feed) ([]Planned, error) {
	configured, err := c.FeedList()
	if err != nil {
		return nil, err
	}
	byURL, byID := map[string]Feed{}, map[string]string{}
	for id, e := range listed {
		byID[id] = cmp.Or(e.URL, "a paused feed of a configuration, until 'tocsin feed resume "+id+"'")
		if e.URL != "" {
			byURL[e.URL] = e.Feed
		}
	}
	for _, f := range configured {
		byURL[f.URL], byID[f.ID] = f, f.URL
	}
	out := make([]Planned, len(feeds))
	for i, f := range feeds {
		p := &out[i]
		named := f.ID != ""
		if p.Feed, p.Err = c.Checked(f); p.Err != nil {
			continue
		}
		if p.There = byURL[p.URL]; p.There.URL != "" {
			continue
		}
		if !named && byID[p.ID] != "" {
			p.ID = p.otherID()
		}
		if other := byID[p.ID]; other != "" {
			p.Err = fmt.Errorf("id %s is that of %s: give another", p.ID, Redacted(other))
			continue
		}
		byURL[p.URL], byID[p.ID] = p.Feed, p.URL
	}
	return out, nil
}
