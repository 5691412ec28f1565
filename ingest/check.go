package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// This file is what commands ask of feeds that they do not poll: the poller's own
// rules, without its memory.

// NewFetcher is a fetcher as pollers have it; Close it when done.
func (c Config) NewFetcher() *Fetcher { return NewFetcher(c.fetcher()) }

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

// pace is that of a feed.
func (c Config) pace(f Feed) pace {
	p := pace{every: cmp.Or(f.Every, c.Every), quiet: c.QuietEvery, most: c.MaxEvery}
	if f.Every != 0 {
		p.quiet = 0 // the operator knows
	}
	return p
}

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

var addresses = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S+`)

// Redacted is a text without the passwords of the addresses in it.
func Redacted(text string) string {
	return addresses.ReplaceAllStringFunc(text, func(address string) string {
		scheme, rest, _ := strings.Cut(address, "://")
		host := len(rest)
		// Where an address cannot be read, its password may be the reason.
		if _, err := url.Parse(address); err == nil {
			if i := strings.IndexAny(rest, "/?#"); i >= 0 {
				host = i
			}
		}
		at := strings.LastIndex(rest[:host], "@")
		user, _, secret := strings.Cut(rest[:max(at, 0)], ":")
		if !secret {
			return address
		}
		return scheme + "://" + user + ":xxxxx" + rest[at:]
	})
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
