package ingest

import (
	"cmp"
	"container/heap"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Bounds of what others may make of our schedule.
const (
	// maxAsked bounds how long a feed's own headers can keep us away: some say
	// a year for a page that changes hourly.
	maxAsked      = 6 * time.Hour
	minRetryAfter = time.Minute
	maxRetryAfter = 24 * time.Hour
	// A feed that is not there is asked for every hour, then ever more seldom.
	missingFirst = time.Hour
	missingMost  = 24 * time.Hour
	// What is gone for good may come back with a new owner.
	goneAgain = 30 * 24 * time.Hour
	// A body that was cut off is asked for again soon, but not for ever.
	partialAgain = 2 * time.Minute
)

// pace is how often a feed may and should be polled.
type pace struct {
	every time.Duration // shortest gap
	quiet time.Duration // longest gap that a feed which seldom posts is given
	most  time.Duration // longest gap of all but a feed that is gone
}

// pace is that of a feed.
func (c Config) pace(f Feed) pace {
	p := pace{every: cmp.Or(f.Every, c.Every), quiet: c.QuietEvery, most: c.MaxEvery}
	if f.Every != 0 {
		p.quiet = 0 // the operator knows
	}
	return p
}

// next is when a feed is due after a poll at now. chance is in [0,1).
//
// A success waits for half of the time in which something new is to be expected,
// no less than every and than the feed itself asks for, spread by a tenth either
// way, so that feeds that started together drift apart; hours and days that the
// feed wants to be left alone in are left out. A failure doubles the wait, up to
// most, and spreads it over all of that ("full jitter") above every: nothing ever
// stops for good.
func (p pace) next(st *FeedState, retryAfter time.Duration, now time.Time, chance float64) time.Time {
	most := max(p.most, p.every)
	spread := func(low, high time.Duration) time.Duration {
		return low + time.Duration(chance*float64(max(high-low, 0)))
	}
	switch {
	case !st.Gone.IsZero():
		return now.Add(spread(goneAgain, goneAgain+goneAgain/10))
	case st.Failures == 0:
		d := p.every
		if p.quiet > p.every {
			d = min(max(expected(st, now)/2, p.every), p.quiet)
		}
		asked := min(st.Asked.duration(), maxAsked)
		d = max(d, asked)
		d = min(spread(max(d-d/10, asked), d+d/10), most)
		return skip(now.Add(d), st.SkipHours, st.SkipDays, now.Add(most))
	}
	first, limit := p.every, most
	if st.Status == http.StatusNotFound {
		first, limit = max(missingFirst/2, p.every), max(missingMost, p.every)
	}
	high := first
	for range st.Failures {
		if high *= 2; high >= limit {
			high = limit
			break
		}
	}
	d := spread(min(first, high), high)
	if retryAfter > 0 {
		d = max(d, min(max(retryAfter, minRetryAfter), maxRetryAfter))
	}
	return now.Add(d)
}

// farthest is more than next puts between the polls of a feed that is not gone.
func (p pace) farthest() time.Duration {
	d := max(p.most, p.every, missingMost, maxRetryAfter)
	return d + d/5
}

// expected is how long after the last new item the next one is likely: the
// average of the feed, or the present silence if that is longer.
func expected(st *FeedState, now time.Time) time.Duration {
	if st.NewAt.IsZero() {
		return 0
	}
	return max(st.NewGap.duration(), now.Sub(st.NewAt))
}

// posted notes that a poll brought so many new items.
func (st *FeedState) posted(n int, now time.Time) {
	if n == 0 {
		return
	}
	if !st.NewAt.IsZero() {
		gap := now.Sub(st.NewAt) / time.Duration(n)
		if st.NewGap > 0 {
			gap = (7*st.NewGap.duration() + 3*gap) / 10
		}
		st.NewGap = seconds(max(gap, time.Second))
	}
	st.NewAt = now.UTC()
}

// skip moves a time out of the hours and days (GMT) that a feed wants to be left
// alone in, to latest at most.
func skip(at time.Time, hours []int, days []time.Weekday, latest time.Time) time.Time {
	for range 24 * 8 {
		u := at.UTC()
		if !slices.Contains(hours, u.Hour()) && !slices.Contains(days, u.Weekday()) {
			return at
		}
		// The minute and second stay: feeds must not all come back on the hour.
		if at = at.Add(time.Hour); at.After(latest) {
			return latest
		}
	}
	return at
}

// entry is a feed in the schedule.
type entry struct {
	feed     Feed
	paused   bool
	due      time.Time // when it should be polled
	at       time.Time // when it is looked at: not before due and its host allows
	index    int       // in the heap, or one of the marks below
	removed  bool      // from the list; while it is being polled it stays among the entries
	again    bool      // wanted again, while it was being polled
	pardoned bool      // its last failure was not its own
	hinted   bool      // a hub told of something while it was being polled
	polled   time.Time // when its last poll ended
	host     *host     // where it is asked for
	polling  sync.Mutex
}

// Where an entry is that is not in the heap.
const (
	outside = -1 // not ours, paused, or removed
	waiting = -2 // in the queue of its host
	visited = -3 // being polled
	unread  = -4 // it is not known yet when it is due
)

// schedule is a heap of feeds, the one that is to be looked at first on top.
type schedule []*entry

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].at.Before(s[j].at) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i]; s[i].index, s[j].index = i, j }
func (s *schedule) Push(x any)        { e := x.(*entry); e.index = len(*s); *s = append(*s, e) }
func (s *schedule) Pop() any {
	old := *s
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	e.index = outside
	return e
}

var _ heap.Interface = (*schedule)(nil)

// host keeps requests to one host apart: a gap between their starts, and one after
// the other unless the first one takes long, then two at one time. Of the feeds that
// are due there only the one whose turn it is stands in the heap, at the time that
// the host is free; where nobody has the turn, the end of a visit passes it on.
type host struct {
	name  string
	busy  int       // requests under way
	began time.Time // when the last of them began
	next  time.Time // no request before
	turn  *entry    // who is next, in the heap until then
	queue []*entry  // due feeds behind it
}

const (
	// slowAnswer is when a host is asked for another feed although the answer for
	// one is not there yet: one that hangs must not hold up its neighbours.
	slowAnswer = 3 * time.Second
	hostConns  = 2
)

// free is when the next request to the host may start; ok is false where one of
// those under way must end before.
func (h *host) free() (at time.Time, ok bool) {
	switch {
	case h.busy >= hostConns:
		return at, false
	case h.busy > 0 && h.began.Add(slowAnswer).After(h.next):
		return h.began.Add(slowAnswer), true
	}
	return h.next, true
}

// drop takes an entry out of the line.
func (h *host) drop(e *entry) {
	h.queue = slices.DeleteFunc(h.queue, func(o *entry) bool { return o == e })
	if h.turn == e {
		h.turn = nil
	}
}
