package when

import (
	"strconv"
	"strings"
	"time"

	"tocsin/enrich/text"
)

// Hour is a time of day as a text gives it: "at 9:45", "around 8.30 am", "0530
// GMT", "at noon".
type Hour struct {
	Hour, Minute int
	Whole        bool // only the hour is given
	GMT          bool // measured in Greenwich, else on the spot
}

// HourAt reads a time of day at toks[i]. It returns how many tokens it takes, 0
// where there is none. Bare digits are one only behind "at" or with what says so.
func HourAt(toks []text.Token, i int) (Hour, int) {
	if i >= len(toks) {
		return Hour{}, 0
	}
	w := toks[i].Low
	switch w {
	case "noon", "midday":
		if led(toks, i) {
			return Hour{Hour: 12, Whole: true}, 1
		}
		return Hour{}, 0
	case "midnight":
		if led(toks, i) {
			return Hour{Hour: 0, Whole: true}, 1
		}
		return Hour{}, 0
	}
	if w == "" || w[0] < '0' || w[0] > '9' {
		return Hour{}, 0
	}
	h, n := Hour{}, 1
	digits, half := w, ""
	for _, s := range [...]string{"am", "pm"} {
		if c, ok := strings.CutSuffix(digits, s); ok {
			digits, half = c, s
		}
	}
	// "8.30" may be two tokens with a dot between, "9:45" is one.
	hour, minute, parted := cut(digits)
	if !parted && i+2 < len(toks) && (low(toks, i+1) == ":" || low(toks, i+1) == ".") && toks[i+1].Start == toks[i].End && toks[i+2].Start == toks[i+1].End && len(toks[i+2].Low) >= 2 {
		minute, parted = toks[i+2].Low, true
		n = 3
		for _, s := range [...]string{"am", "pm"} {
			if c, ok := strings.CutSuffix(minute, s); ok {
				minute, half = c, s
			}
		}
	}
	military := !parted && len(digits) == 4
	if military {
		hour, minute = digits[:2], digits[2:]
	}
	var err error
	if h.Hour, err = strconv.Atoi(hour); err != nil || len(hour) > 2 {
		return Hour{}, 0
	}
	if parted || military {
		if h.Minute, err = strconv.Atoi(minute); err != nil || len(minute) != 2 {
			return Hour{}, 0
		}
	}
	h.Whole = !parted && !military
	if half == "" {
		half, n = halfAt(toks, i, n)
	}
	zoned := false
	switch low(toks, i+n) {
	case "gmt", "utc":
		h.GMT, zoned = true, true
		n++
	case "local":
		if low(toks, i+n+1) == "time" {
			zoned = true
			n += 2
		}
	case "hours", "hrs", "h":
		zoned = military
	}
	switch half {
	case "pm":
		if h.Hour < 12 {
			h.Hour += 12
		}
	case "am":
		if h.Hour == 12 {
			h.Hour = 0
		}
	}
	if h.Hour > 23 || h.Minute > 59 {
		return Hour{}, 0
	}
	switch {
	case half != "", zoned:
	case h.Whole, military, !strings.Contains(w, ":") && n != 3:
		return Hour{}, 0 // "at 9 people", "3.5"
	case !led(toks, i):
		return Hour{}, 0 // a score, a share
	}
	return h, n
}

// cut parts "9:45" and "8.30".
func cut(s string) (hour, minute string, ok bool) {
	if a, b, ok := strings.Cut(s, ":"); ok {
		return a, b, true
	}
	if a, b, ok := strings.Cut(s, "."); ok && len(b) == 2 {
		return a, b, true
	}
	return s, "", false
}

// halfAt reads "am", "p.m." behind the digits.
func halfAt(toks []text.Token, i, n int) (string, int) {
	switch low(toks, i+n) {
	case "am", "a.m", "a.m.":
		return "am", n + 1
	case "pm", "p.m", "p.m.":
		return "pm", n + 1
	case "a", "p":
		// "p.m." in pieces
		if low(toks, i+n+1) == "." && low(toks, i+n+2) == "m" {
			k := n + 3
			if low(toks, i+k) == "." {
				k++
			}
			return low(toks, i+n) + "m", k
		}
	}
	return "", n
}

// led tells whether a word before says that a time of day follows.
func led(toks []text.Token, i int) bool {
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		switch toks[k].Low {
		case "at", "since", "by", "before", "after", "until", "from":
			return true
		case "around", "about", "approximately", "roughly", "nearly", "just", "exactly", "shortly", "(":
			continue
		}
		return false
	}
	return false
}

// On is the time of day on a day of a zone: t has to be one day, which the hour
// makes exact. ok is false where it is not, or where that would be after the
// publication.
func (h Hour) On(t Time, c Clock, loc *time.Location) (Time, bool) {
	if t.Earliest.IsZero() || t.Latest.Sub(t.Earliest) > 26*time.Hour {
		return t, false
	}
	in := loc
	if h.GMT {
		in = time.UTC
	}
	y, m, d := t.Earliest.Date()
	at := time.Date(y, m, d, h.Hour, h.Minute, 0, 0, in).In(loc)
	if c.Precision == "" && c.Known() && at.After(c.Published) {
		return t, false
	}
	t.Earliest, t.Latest, t.Precision = at, at, "minute"
	if h.Whole {
		t.Latest, t.Precision = at.Add(time.Hour-time.Second), "hour"
		if c.Precision == "" && c.Known() && t.Latest.After(c.Published) {
			t.Latest = c.Published.In(loc)
		}
	}
	return t, true
}
