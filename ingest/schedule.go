package ingest

import (
	"container/heap"
	"time"
)

// gap is the time to the next poll of a feed. asked is the longest wait that
// the server asked for (Cache-Control, ttl); failures counts the polls that
// failed in a row; retryAfter is the server's own word after a refusal. chance
// is in [0,1).
//
// A success waits for every, spread by a tenth either way, so that feeds that
// started together drift apart. A failure doubles the wait, up to most, and
// spreads it over its upper half: nothing ever stops for good.
func gap(every, most, asked time.Duration, failures int, retryAfter time.Duration, chance float64) time.Duration {
	if failures == 0 {
		d := max(every, min(asked, maxAsked))
		return min(d-d/10+time.Duration(chance*float64(d/5)), max(most, every))
	}
	d := every
	for range failures {
		if d *= 2; d >= most {
			d = most
			break
		}
	}
	d = d/2 + time.Duration(chance*float64(d/2))
	if retryAfter > 0 {
		d = max(d, min(max(retryAfter, minRetryAfter), maxRetryAfter))
	}
	return max(d, min(every, minRetryAfter))
}

const (
	// maxAsked bounds how long a feed's own headers can keep us away: some say
	// a year for a page that changes hourly.
	maxAsked      = 6 * time.Hour
	minRetryAfter = time.Minute
	maxRetryAfter = 24 * time.Hour
)

// entry is a feed in the schedule.
type entry struct {
	feed    Feed
	due     time.Time
	index   int  // in the heap; -1 while it is being polled
	removed bool // from the list, while it was being polled
	host    *hostGate
}

// schedule is a heap of feeds, the one that is due first on top.
type schedule []*entry

func (s schedule) Len() int           { return len(s) }
func (s schedule) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s schedule) Swap(i, j int)      { s[i], s[j] = s[j], s[i]; s[i].index, s[j].index = i, j }
func (s *schedule) Push(x any)        { e := x.(*entry); e.index = len(*s); *s = append(*s, e) }
func (s *schedule) Pop() any {
	old := *s
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	e.index = -1
	return e
}

var _ heap.Interface = (*schedule)(nil)
