package enrich

import (
	"strconv"
	"strings"
	"time"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/enrich/text"
)

// clock is the article's own time: all that "Monday" and "last year" can be
// measured against. It is never the time of reading.
type clock struct {
	published time.Time // zero where unknown
	precision string    // "" for an instant, else day month year
}

func (c clock) known() bool { return !c.published.IsZero() }

// exact tells whether a weekday can be resolved.
func (c clock) exact() bool { return c.known() && c.precision != "month" && c.precision != "year" }

// end is the last instant that the publication may have had.
func (c clock) end() time.Time {
	switch c.precision {
	case "month":
		return c.published.AddDate(0, 1, 0)
	case "year":
		return c.published.AddDate(1, 0, 0)
	}
	return c.published
}

// dating is a time expression.
type dating struct {
	word             int // index of its word
	earliest, latest time.Time
	precision        string // day week month year unknown
	basis            string // explicit_date weekday relative
	// old is set where the text itself says that the time is not now: "last
	// year", "in 2017", "a month after".
	old bool
	wd  int // 1 + weekday, 0 for none
	// running marks a stretch of time that figures are summed over: "this
	// year", "since January".
	running bool
	// habit marks what happens again and again: "every year".
	habit bool
	// owns marks "Wednesday's blast": no other date of the sentence is the blast's.
	owns bool
}

var months = map[string]time.Month{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

var weekdays = map[string]time.Weekday{
	"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
	"sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
}

// dating reads a time expression at toks[i] and makes one word of it.
func (r *reading) dating(toks []text.Token, i int) (int, bool) {
	d, n := r.date(toks, i)
	if n == 0 {
		return 0, false
	}
	a, b := &toks[i], &toks[i+n-1]
	d.word = len(r.words)
	switch low(toks, i+n) {
	case "'s", "’s":
		d.owns = true
	}
	if !r.clock.known() && i < 12 && len(r.sents) <= 1 && d.basis == "explicit_date" && d.precision == "day" && !d.earliest.IsZero() {
		// No date of publication, but a dateline has one.
		r.clock = clock{d.earliest, "day"}
		d.old = false
	}
	r.dates = append(r.dates, d)
	r.words = append(r.words, word{start: a.Start, end: b.End, low: a.Low, e: lexicon.None, date: len(r.dates)})
	return n, true
}

func low(toks []text.Token, i int) string {
	if i < 0 || i >= len(toks) {
		return ""
	}
	return toks[i].Low
}

func (r *reading) date(toks []text.Token, i int) (dating, int) {
	if i >= len(toks) {
		return dating{}, 0
	}
	t := &toks[i]
	w := t.Low
	if t.Kind == text.Word && t.Upper {
		if _, ok := weekdays[w]; ok && (len(w) > 3 || r.clock.known() && len(w) == 3 && (low(toks, i+1) == "," || low(toks, i+1) == "-" || low(toks, i+1) == ".")) {
			if n := followed(toks, i+1); n > 0 { // "Monday, July 19"
				if d, k := r.date(toks, i+n); k > 0 && d.basis == "explicit_date" && d.precision == "day" {
					return d, n + k
				}
			}
			return r.weekday(weekdays[w]), 1
		}
		if m, ok := months[w]; ok && !(w == "may" && !mayIsMonth(toks, i)) && !(w == "march" && low(toks, i+1) == "of") {
			return r.month(toks, i, m)
		}
	}
	if t.Kind == text.Number || t.Kind == text.Word && len(w) <= 4 && w[0] >= '0' && w[0] <= '9' {
		if n, ok := dayOfMonth(w); ok {
			k := i + 1
			if low(toks, k) == "of" {
				k++
			}
			if k < len(toks) && toks[k].Kind == text.Word && toks[k].Upper {
				if m, ok := months[toks[k].Low]; ok {
					return r.dayMonth(toks, i, k+1, n, m)
				}
			}
		}
		if y, ok := year(toks, i); ok && t.Kind == text.Number {
			prev := low(toks, i-1)
			switch prev {
			case "in", "since", "of", "from", "by", "until", "during", "early", "late", "mid", "between", "the", "before", "after", "a", "that", "for", "(", "and", "-", "their", "its":
				nxt := low(toks, i+1)
				if prev != "the" && prev != "a" && prev != "of" && prev != "and" && prev != "by" && prev != "for" && prev != "-" || !peopleNext(nxt) {
					n, last := 1, y
					for k := i + 1; k <= i+2; k++ { // "2016-2017", "2016/2017", "2016 2017"
						if z, ok := year(toks, k); ok && z == y+1 {
							n, last = k+1-i, z
							break
						} else if l := low(toks, k); l != "-" && l != "–" && l != "/" {
							break
						}
					}
					d := r.span2(time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(last+1, 1, 1, 0, 0, 0, 0, time.UTC), "year", "explicit_date")
					d.running = prev == "since" || prev == "from" || prev == "in" && r.clock.exact() && y == r.clock.published.Year() && n == 1
					d.old = d.old || !r.clock.known() || last < r.clock.published.Year()
					return d, n
				}
			}
		}
	}
	switch w {
	case "yesterday", "today", "tonight":
		off := 0
		if w == "yesterday" {
			off = -1
		}
		return r.day(off, "relative"), 1
	case "last", "past", "this", "previous", "next":
		u := low(toks, i+1)
		switch u {
		case "night":
			if w == "last" {
				return r.day(-1, "relative"), 2
			}
		case "week", "month", "year", "summer", "spring", "autumn", "winter", "decade", "century", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "weekend":
			if _, isMonth := months[u]; isMonth {
				d, n := r.month(toks, i+1, months[u])
				if n > 0 {
					d.old = d.old || w == "last" || w == "this" && r.clock.known() && d.latest.Before(r.clock.published.AddDate(0, 0, -20))
					return d, n + 1
				}
			}
			d := dating{precision: "unknown", basis: "relative"}
			switch {
			case u == "weekend":
			case w == "this" && u == "week":
			case w == "this":
				d.running = true
			case w == "next":
			case u == "week":
				d.old = low(toks, i-1) != "the"
			default:
				d.old = true
				d.running = low(toks, i-1) == "the" || low(toks, i-1) == "over" || low(toks, i-1) == "in" && w == "past"
			}
			return d, 2
		default:
			if n, k := smallNumber(toks, i+1); (n == 0 || k == 0) && u != "few" && u != "couple" && !isUnitOfTime(u) {
				break
			}
			for k := i + 1; k < len(toks) && k < i+4; k++ {
				if isUnitOfTime(toks[k].Low) {
					j := k + 1
					if strings.HasPrefix(toks[k].Low, "hour") || strings.HasPrefix(toks[k].Low, "day") {
						return dating{precision: "unknown", basis: "relative"}, j - i
					}
					return dating{precision: "unknown", basis: "relative", old: true, running: true}, j - i
				}
			}
		}
	}
	// "every year", "20,000 people a year": what is so often happens not now.
	switch w {
	case "every", "each", "per":
		if u := low(toks, i+1); u == "year" || u == "month" || u == "week" || u == "day" {
			return dating{precision: "unknown", basis: "relative", old: true, running: true, habit: true}, 2
		}
	case "a":
		if u := low(toks, i+1); (u == "year" || u == "month" || u == "week" || u == "day") && plural(low(toks, i-1)) && !pointsOn(low(toks, i+2)) {
			return dating{precision: "unknown", basis: "relative", old: true, running: true, habit: true}, 2
		}
	case "annually", "yearly":
		return dating{precision: "unknown", basis: "relative", old: true, running: true, habit: true}, 1
	}
	// "a month after", "two years ago", "ten years since", "three days earlier"
	if u := low(toks, i+1); isUnitOfTime(u) {
		if n, k := smallNumber(toks, i); k > 0 {
			j := i + k + 1
			d := dating{precision: "unknown", basis: "relative"}
			switch a := low(toks, j); a {
			case "ago", "earlier", "before", "after", "since", "later", "on", "previously":
				if a == "on" && !strings.HasPrefix(u, "year") {
					break
				}
				if (a == "later" || a == "on" || a == "after") && (strings.HasPrefix(u, "hour") || strings.HasPrefix(u, "minute") || strings.HasPrefix(u, "second")) {
					return d, j + 1 - i
				}
				if (a == "later") && !strings.HasPrefix(u, "year") {
					return d, j + 1 - i
				}
				switch {
				case strings.HasPrefix(u, "minute"), strings.HasPrefix(u, "hour"), strings.HasPrefix(u, "second"):
				case strings.HasPrefix(u, "day") && n <= 3 && a == "ago":
					if r.clock.exact() {
						d = r.day(-n, "relative")
					}
				default:
					d.old = true
				}
				return d, j + 1 - i
			}
		}
	}
	return dating{}, 0
}

// plural tells whether a word is the many of which there are so many "a year".
func plural(w string) bool {
	switch w {
	case "people", "women", "men", "children", "police", "lives":
		return true
	}
	return len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "'s")
}

// pointsOn tells whether a word makes of "a year" a stretch of time before or after.
func pointsOn(w string) bool {
	switch w {
	case "ago", "earlier", "later", "before", "after", "since", "on", "of", "old", "long", "from", "apart", "ahead":
		return true
	}
	return false
}

func mayIsMonth(toks []text.Token, i int) bool {
	switch low(toks, i-1) {
	case "in", "on", "last", "since", "early", "late", "until", "by", "of", "during", "this":
		return true
	}
	_, ok := dayOfMonth(low(toks, i+1))
	_, ok2 := dayOfMonth(low(toks, i-1))
	_, ok3 := year(toks, i+1)
	return ok || ok2 || ok3
}

func peopleNext(w string) bool {
	switch w {
	case "people", "persons", "men", "troops", "soldiers", "civilians", "women", "children", "families":
		return true
	}
	return false
}

func isUnitOfTime(w string) bool {
	switch w {
	case "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month", "months", "year", "years", "decade", "decades":
		return true
	}
	return false
}

func smallNumber(toks []text.Token, i int) (n, words int) {
	switch low(toks, i) {
	case "a", "an":
		return 1, 1
	case "several", "many":
		return 5, 1
	}
	if i < len(toks) {
		if n, ok := quantity.Number(&toks[i]); ok && n > 0 && n < 200 {
			return n, 1
		}
	}
	return 0, 0
}

func followed(toks []text.Token, i int) int {
	switch low(toks, i) {
	case ",", ".":
		return 2
	case "":
		return 0
	}
	return 1
}

func dayOfMonth(s string) (int, bool) {
	for _, suf := range []string{"st", "nd", "rd", "th"} {
		if c, ok := strings.CutSuffix(s, suf); ok {
			s = c
			break
		}
	}
	if len(s) == 0 || len(s) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 31
}

// year reads "2017" or, after a month and day, "90".
func year(toks []text.Token, i int) (int, bool) {
	if i < 0 || i >= len(toks) || toks[i].Kind != text.Number || len(toks[i].Low) != 4 {
		return 0, false
	}
	n, err := strconv.Atoi(toks[i].Low)
	return n, err == nil && n >= 1900 && n <= 2100
}

// month reads "January", "January 2017", "July 19", "July 19, 2021".
func (r *reading) month(toks []text.Token, i int, m time.Month) (dating, int) {
	j := i + 1
	if low(toks, j) == "." && j < len(toks) && toks[j].Start == toks[i].End {
		j++
	}
	if n, ok := dayOfMonth(low(toks, j)); ok && !isUnitOfTime(low(toks, j+1)) {
		j++
		k := j
		if low(toks, k) == "," {
			k++
		}
		if y, ok := year(toks, k); ok {
			return r.ymd(y, m, n), k + 1 - i
		}
		return r.ymd(0, m, n), j - i
	}
	k := j
	if low(toks, k) == "," || low(toks, k) == "of" {
		k++
	}
	y, ok := year(toks, k)
	if ok {
		j = k + 1
	} else if low(toks, j) == "this" && low(toks, j+1) == "year" {
		j += 2
	} else if low(toks, j) == "last" && low(toks, j+1) == "year" {
		j += 2
		if r.clock.known() {
			y = r.clock.published.Year() - 1
		}
	}
	if y == 0 {
		if !r.clock.known() || r.clock.precision == "year" {
			return dating{precision: "month", basis: "explicit_date", running: low(toks, i-1) == "since"}, j - i
		}
		y = r.clock.published.Year()
		if time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).After(r.clock.published) {
			y--
		}
	}
	a := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
	d := r.span2(a, a.AddDate(0, 1, 0), "month", "explicit_date")
	d.running = low(toks, i-1) == "since"
	return d, j - i
}

func (r *reading) dayMonth(toks []text.Token, i, j, n int, m time.Month) (dating, int) {
	k := j
	if low(toks, k) == "," || low(toks, k) == "." {
		k++
	}
	if y, ok := year(toks, k); ok {
		return r.ymd(y, m, n), k + 1 - i
	}
	if k < len(toks) && toks[k].Kind == text.Number && len(toks[k].Low) == 2 && k == j {
		if y, err := strconv.Atoi(toks[k].Low); err == nil && y >= 50 {
			return r.ymd(1900+y, m, n), k + 1 - i
		}
	}
	return r.ymd(0, m, n), j - i
}

func (r *reading) ymd(y int, m time.Month, n int) dating {
	if y == 0 {
		if !r.clock.known() || r.clock.precision == "year" {
			return dating{precision: "day", basis: "explicit_date"}
		}
		y = r.clock.published.Year()
		if time.Date(y, m, n, 0, 0, 0, 0, time.UTC).After(r.clock.end().AddDate(0, 0, 2)) {
			y--
		}
	}
	a := time.Date(y, m, n, 0, 0, 0, 0, time.UTC)
	return r.span2(a, a.AddDate(0, 0, 1), "day", "explicit_date")
}

// stale is how old an incident may be and still be this article's news, where
// nothing else in the text tells.
const stale = 10 * 24 * time.Hour

func (r *reading) span2(a, b time.Time, precision, basis string) dating {
	d := dating{earliest: a, latest: b.Add(-time.Second), precision: precision, basis: basis, old: !r.clock.known() && precision != "day"}
	if r.clock.known() {
		limit := stale
		switch r.clock.precision {
		case "month":
			limit = 45 * 24 * time.Hour
		case "year":
			limit = 366 * 24 * time.Hour
		}
		d.old = b.Before(r.clock.published.Add(-limit))
	}
	return d
}

func (r *reading) day(offset int, basis string) dating {
	if !r.clock.exact() {
		return dating{precision: "day", basis: basis}
	}
	p := r.clock.published
	a := time.Date(p.Year(), p.Month(), p.Day()+offset, 0, 0, 0, 0, time.UTC)
	return dating{earliest: a, latest: a.AddDate(0, 0, 1).Add(-time.Second), precision: "day", basis: basis}
}

// weekday is the last such day that is not after publication.
func (r *reading) weekday(d time.Weekday) dating {
	if !r.clock.exact() {
		return dating{precision: "day", basis: "weekday", wd: 1 + int(d)}
	}
	back := (int(r.clock.published.Weekday()) - int(d) + 7) % 7
	x := r.day(-back, "weekday")
	x.wd = 1 + int(d)
	return x
}

// occurred makes a report's time of a dating.
func (r *reading) occurred(d *dating) *Occurred {
	w := &r.words[d.word]
	s := &r.sents[r.sentenceAt(d.word)]
	o := &Occurred{Precision: d.precision, Basis: d.basis, Text: r.art.Text(s.field)[w.start:w.end]}
	if o.Precision == "" {
		o.Precision = "unknown"
	}
	if !d.earliest.IsZero() {
		a, b := d.earliest, d.latest
		o.Earliest, o.Latest = &a, &b
	}
	o.Evidence = []Span{r.span(s.field, w.start, w.end)}
	return o
}
