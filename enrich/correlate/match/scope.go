package match

import (
	"math"
	"time"
)

// scope is on which days, and with which texts, a report and an incident may meet: what a
// card need not be looked at for. It is wider than what Meets goes by, since it is also
// that of what the incident was when it had fewer reports.
type scope struct {
	from, to         int32  // days on which its reports look for what they are of
	earliest, latest int32  // days that may be its own
	texts            uint64 // a bit for each of its texts; others may have the same
}

var noScope = scope{from: math.MaxInt32, to: math.MinInt32, earliest: math.MaxInt32, latest: math.MinInt32}

// add takes in a report that was said at a time.
func (c *scope) add(s *seen, at int64) {
	first, last := s.days()
	c.from, c.to = min(c.from, first), max(c.to, last)
	if s.text != 0 {
		c.texts |= 1 << (s.text & 63)
	}
	from, to := at-int64(undated/time.Second), at
	if s.window.dated && s.cue&memory == 0 {
		from, to = min(from, s.window.from), max(to, s.window.to)
	}
	c.earliest, c.latest = min(c.earliest, int32(from/86400)), max(c.latest, int32(to/86400))
}

// meets tells whether a report of one may be of the other: false is sure.
func (c *scope) meets(o *scope) bool {
	return c.texts&o.texts != 0 || c.from <= o.latest && c.to >= o.earliest || o.from <= c.latest && o.to >= c.earliest
}
