// Package when reads the time expressions of news prose and tells which days they
// mean: "on Monday", "late Sunday", "overnight", "two days earlier", "in January
// this year", "19 July", "at 9:45 local time".
//
// They are resolved against the time of publication in the zone of the place: a
// bare weekday is the last such day on or before publication there. What cannot be
// told stays open, the time of publication is never passed off as the time of
// anything, and a day that does not exist or has not come yet is refused with a
// reason. The package is pure: zone data is compiled in, so that every machine
// gives the same answer.
//
// It answers when a phrase means, never what happened then: package enrich
// decides which of an article's dates is its incident's.
package when

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones must not depend on the machine

	"tocsin/enrich/quantity"
	"tocsin/enrich/text"
)

// Clock is a text's own time: all that "Monday" and "last year" can be measured
// against. It is never the time of reading.
type Clock struct {
	Published time.Time // zero where unknown
	Precision string    // "" for an instant, else day month year
}

// Known tells whether anything is known of the time of publication.
func (c Clock) Known() bool { return !c.Published.IsZero() }

// Exact tells whether the day of publication is known, so that weekdays can be
// resolved.
func (c Clock) Exact() bool { return c.Known() && c.Precision != "month" && c.Precision != "year" }

// End is the last instant that the publication may have had.
func (c Clock) End() time.Time {
	switch c.Precision {
	case "month":
		return c.Published.AddDate(0, 1, 0)
	case "year":
		return c.Published.AddDate(1, 0, 0)
	}
	return c.Published
}

// day is the day of publication in a zone, as a midnight in UTC. A publication
// that is only a date is that date everywhere.
func (c Clock) day(loc *time.Location) time.Time {
	p := c.Published
	if c.Precision == "" {
		p = p.In(loc)
	}
	return time.Date(p.Year(), p.Month(), p.Day(), 0, 0, 0, 0, time.UTC)
}

// begins is when a day begins in a zone: where the clocks are put forward at
// midnight, an hour later.
func begins(day time.Time, loc *time.Location) time.Time {
	y, m, d := day.Date()
	for h := range 4 {
		if t := time.Date(y, m, d, h, 0, 0, 0, loc); t.Day() == d {
			return t
		}
	}
	return time.Date(y, m, d, 0, 0, 0, 0, loc) // a day that its zone left out
}

// Time is a time expression and what it means.
type Time struct {
	// Earliest and Latest bound it, both included; zero where it cannot be told.
	Earliest, Latest time.Time
	Precision        string // minute hour day week month year unknown
	Basis            string // explicit_date weekday relative

	// Old is set where the text itself says that the time is not now: "last year",
	// "in 2017", "a month after".
	Old bool
	// Running marks a stretch of time that figures are summed over: "this year",
	// "since January".
	Running bool
	// Habit marks what happens again and again: "every year".
	Habit   bool
	Weekday int // 1 + the weekday that is named, 0 for none
	// Refused says why the expression is no date: "there is no 31 February".
	Refused string
	// Back is how many days before another time of its sentence it is: "two days
	// earlier", "the previous day", "a day after" what is told next. 0 for none.
	Back int

	spec spec
}

// form is the sort of a time expression.
type form uint8

const (
	open    form = iota // cannot be resolved
	days                // so many days from publication
	weekday             // the last such day
	date                // a day of a month, perhaps without its year
	ofMonth             // "the 19th"
	month               // with or without its year
	years               // one or more
	week                // so many weeks from that of publication
	weekend
	months // so many months from that of publication
	ayear  // so many years from that of publication
)

// spec is what an expression says before it is measured against a clock.
type spec struct {
	form  form
	from  int // days, weeks, months, years from publication; or from the day named
	to    int // days only
	wd    time.Weekday
	y     int // 0 where the text gives none
	m     time.Month
	d, d2 int        // d2 is the last day of a range, else 0
	m2    time.Month // of d2, where it is another month
	y2    int
	shift int  // days from what it is counted from
	last  bool // never the day of publication itself: "last Monday"
	since bool // until the day of publication: "since Friday"
}

var zones sync.Map

// Zone is the zone of an IANA name, UTC where there is none.
func Zone(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if z, ok := zones.Load(name); ok {
		return z.(*time.Location)
	}
	z, err := time.LoadLocation(name)
	if err != nil {
		z = time.UTC // the gazetteer is newer than the zone data: a day is off by hours at most
	}
	zones.Store(name, z)
	return z
}

// In is the expression measured against a clock in a zone. Old, which other
// decisions rest on, stays as it was read.
func (t Time) In(c Clock, loc *time.Location) Time {
	t.Earliest, t.Latest = time.Time{}, time.Time{}
	if t.spec.form == open {
		return t // it was refused as it was read, if it was
	}
	a, b, refused := t.spec.resolve(c, loc)
	if t.Refused = refused; refused == "" && !a.IsZero() {
		if t.spec.shift != 0 {
			a, b = a.AddDate(0, 0, t.spec.shift), b.AddDate(0, 0, t.spec.shift)
		}
		t.Earliest, t.Latest = begins(a, loc), begins(b, loc).Add(-time.Second)
	}
	return t
}

// From is a time that is so many days from another one of the text, which it has
// to itself: "on Friday … two days earlier".
func (t Time) From(other Time) Time {
	t.spec = other.spec
	t.spec.shift -= t.Back
	t.Precision = other.Precision
	return t
}

// FromNow is a time that is so many days from publication, where the text names no
// other: "Eleven days after …".
func (t Time) FromNow() Time {
	return t.From(Time{Precision: "day", spec: spec{form: days}})
}

// resolve gives the first day of an expression and the one after its last, as
// midnights in UTC, where no day is without one; zero where the clock does not
// tell. Which day it is, the zone decides.
func (s spec) resolve(c Clock, loc *time.Location) (a, b time.Time, refused string) {
	switch s.form {
	case days, weekday, ofMonth, week, weekend:
		if !c.Exact() {
			return a, b, ""
		}
	case months:
		if !c.Known() || c.Precision == "year" {
			return a, b, ""
		}
	case ayear:
		if !c.Known() {
			return a, b, ""
		}
	}
	today := c.day(loc)
	switch s.form {
	case days:
		return today.AddDate(0, 0, s.from), today.AddDate(0, 0, s.to+1), ""
	case weekday:
		back := (int(today.Weekday()) - int(s.wd) + 7) % 7
		if back == 0 && s.last {
			back = 7
		}
		if s.since {
			return today.AddDate(0, 0, s.from-back), today.AddDate(0, 0, 1), ""
		}
		return today.AddDate(0, 0, s.from-back), today.AddDate(0, 0, s.to-back+1), ""
	case ofMonth:
		y, m := today.Year(), today.Month()
		if s.d > today.Day() {
			y, m = before(y, m)
		}
		if s.d > daysIn(y, m) {
			return a, b, fmt.Sprintf("%s %d has no %d", m, y, s.d)
		}
		a = time.Date(y, m, s.d, 0, 0, 0, 0, time.UTC)
		return a, a.AddDate(0, 0, 1), ""
	case week:
		monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7+7*s.from)
		b = monday.AddDate(0, 0, 7)
		if s.d > 0 { // a day of it
			monday = monday.AddDate(0, 0, s.d-1)
			return monday, monday.AddDate(0, 0, 1), ""
		}
		if s.from == 0 {
			b = today.AddDate(0, 0, 1)
		}
		return monday, b, ""
	case weekend:
		back := (int(today.Weekday()) + 1) % 7
		if s.last && back < 2 {
			back += 7
		}
		saturday := today.AddDate(0, 0, -back)
		b = saturday.AddDate(0, 0, 2)
		if tomorrow := today.AddDate(0, 0, 1); b.After(tomorrow) {
			b = tomorrow
		}
		return saturday, b, ""
	case months:
		a = time.Date(today.Year(), today.Month()+time.Month(s.from), 1, 0, 0, 0, 0, time.UTC)
		return a, a.AddDate(0, 1, 0), ""
	case ayear:
		a = time.Date(today.Year()+s.from, 1, 1, 0, 0, 0, 0, time.UTC)
		return a, a.AddDate(1, 0, 0), ""
	case date:
		return s.date(c, today)
	case month:
		y := s.y
		if y == 0 {
			if !c.Known() || c.Precision == "year" {
				return a, b, ""
			}
			y = today.Year()
			if time.Date(y, s.m, 1, 0, 0, 0, 0, time.UTC).After(today) {
				y--
			}
		}
		a = time.Date(y, s.m, 1, 0, 0, 0, 0, time.UTC)
		return a, a.AddDate(0, 1, 0), ahead(a, c)
	case years:
		a = time.Date(s.y, 1, 1, 0, 0, 0, 0, time.UTC)
		return a, time.Date(s.y2+1, 1, 1, 0, 0, 0, 0, time.UTC), ahead(a, c)
	}
	return a, b, ""
}

func (s spec) date(c Clock, today time.Time) (a, b time.Time, refused string) {
	last := max(s.d, s.d2)
	if s.m2 != 0 {
		last = s.d
	}
	if s.d < 1 || last > daysIn(2024, s.m) {
		return a, b, fmt.Sprintf("there is no %d %s", last, s.m)
	}
	y := s.y
	if y == 0 {
		if !c.Known() {
			return a, b, ""
		}
		y = today.Year()
		switch {
		case time.Date(y, s.m, s.d, 0, 0, 0, 0, time.UTC).After(c.End().AddDate(0, 0, 2)):
			y--
		case c.Exact() && !time.Date(y+1, s.m, s.d, 0, 0, 0, 0, time.UTC).After(today):
			y++ // New Year's Day, where it has begun
		}
	}
	if last > daysIn(y, s.m) {
		return a, b, fmt.Sprintf("there is no %d %s %d", last, s.m, y)
	}
	a = time.Date(y, s.m, s.d, 0, 0, 0, 0, time.UTC)
	b = time.Date(y, s.m, last+1, 0, 0, 0, 0, time.UTC)
	if s.m2 != 0 {
		if b = time.Date(y, s.m2, s.d2+1, 0, 0, 0, 0, time.UTC); b.Before(a) {
			if s.y != 0 { // that of the end
				a = a.AddDate(-1, 0, 0)
			} else {
				b = b.AddDate(1, 0, 0)
			}
		}
	}
	return a, b, later(b.AddDate(0, 0, -1), c, today)
}

// ahead refuses what is to come: two days are left to zones and misdated items.
func ahead(a time.Time, c Clock) string {
	if c.Known() && a.After(c.End().AddDate(0, 0, 2)) || a.Year() > 9000 {
		return a.Format("2 January 2006") + " is after the publication"
	}
	return ""
}

// later is ahead for a day: where it is known which day it is in the zone, none
// after it has come; in UTC it may be tomorrow already elsewhere.
func later(day time.Time, c Clock, today time.Time) string {
	if c.Exact() && day.After(today.AddDate(0, 0, 1)) && !day.After(c.End().AddDate(0, 0, 2)) {
		return day.Format("2 January 2006") + " is after the publication"
	}
	return ahead(day, c)
}

func before(y int, m time.Month) (int, time.Month) {
	if m == time.January {
		return y - 1, time.December
	}
	return y, m - 1
}

func daysIn(y int, m time.Month) int { return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day() }

var monthOf = map[string]time.Month{
	"january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

var weekdayOf = map[string]time.Weekday{
	"sunday": 0, "monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6,
	"sun": 0, "mon": 1, "tue": 2, "tues": 2, "wed": 3, "thu": 4, "thur": 4, "thurs": 4, "fri": 5, "sat": 6,
}

// mayName tells whether a word may be that of a month or weekday, from its first
// letters.
func mayName(w string) bool {
	if len(w) < 3 || len(w) > len("september") {
		return false
	}
	switch w[:3] {
	case "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun":
		return true
	}
	return false
}

// Calendar tells whether a small-letter word is the name of a month or weekday.
func Calendar(w string) bool {
	if _, ok := monthOf[w]; ok {
		return true
	}
	_, ok := weekdayOf[w]
	return ok
}

func low(toks []text.Token, i int) string {
	if i < 0 || i >= len(toks) {
		return ""
	}
	return toks[i].Low
}

// Begins tells whether a time expression may begin at toks[i]: most words of a text
// it tells apart at little cost.
func Begins(toks []text.Token, i int) bool {
	t := &toks[i]
	w := t.Low
	switch t.Kind {
	case text.Number:
		return true
	case text.Word:
	default:
		return false
	}
	if w == "" || w[0] >= '0' && w[0] <= '9' || t.Upper && mayName(w) {
		return w != ""
	}
	switch w {
	case "christmas", "boxing", "new":
		return t.Upper
	case "yesterday", "today", "tonight", "overnight", "the", "last", "past", "this", "previous", "next", "every", "each", "per", "a", "annually", "yearly":
		return true
	}
	return isUnit(low(toks, i+1))
}

// At reads a time expression at toks[i], measured in UTC. It returns how many
// tokens it takes, 0 where there is none.
func At(toks []text.Token, i int, c Clock) (Time, int) {
	if i >= len(toks) || !Begins(toks, i) {
		return Time{}, 0
	}
	r := &reader{toks, c}
	t, n := r.at(i)
	if n == 0 {
		return t, 0
	}
	switch w := low(toks, i-1); {
	case t.spec.form == date && (w == "between" || w == "from"):
		return r.through(t, i, n)
	case t.spec.form == weekday && n == 1:
		return r.weekdays(t, i), n + r.until(i)
	}
	return t, n
}

// weekdays is the stretch that a weekday opens: "between Friday and Sunday",
// "Friday through Sunday", "since Friday".
func (r *reader) weekdays(t Time, i int) Time {
	if r.until(i) > 0 {
		wd := weekdayOf[low(r.toks, i+2)]
		return r.weekday(wd, -(int(wd)-int(t.spec.wd)+7)%7, 0, false)
	}
	if l := low(r.toks, i+1); low(r.toks, i-1) == "since" && l != "'s" && l != "’s" { // not "since Friday's blast"
		t.spec.since = true
		return r.make(t)
	}
	return t
}

// until is how many tokens after the weekday at toks[i] name the last one of a
// stretch.
func (r *reader) until(i int) int {
	from := low(r.toks, i-1)
	switch low(r.toks, i+1) {
	case "and":
		if from != "between" {
			return 0
		}
	case "to", "until", "till", "-", "–":
		if from != "from" {
			return 0
		}
	case "through":
	default:
		return 0
	}
	if wd, ok := weekdayOf[low(r.toks, i+2)]; !ok || !r.toks[i+2].Upper || weekdayOf[low(r.toks, i)] == wd {
		return 0
	}
	return 2
}

// through reads on where a day opens a stretch: "between March 2 and March 22, 2018".
func (r *reader) through(t Time, i, n int) (Time, int) {
	switch low(r.toks, i+n) {
	case "and", "to", "until", "through":
	default:
		return t, n
	}
	if i+n+1 >= len(r.toks) {
		return t, n
	}
	o, k := r.at(i + n + 1)
	if k > 0 && o.Refused != "" && o.spec.form == date {
		return Time{Precision: "unknown", Basis: t.Basis, Refused: o.Refused}, n + 1 + k
	}
	if k == 0 || o.Refused != "" || o.spec.form != date || o.spec.d2 != 0 || t.spec.d2 != 0 || o.spec.y != 0 && t.spec.y != 0 && t.spec.y != o.spec.y {
		return t, n
	}
	t.spec.y, t.spec.m2, t.spec.d2 = max(t.spec.y, o.spec.y), o.spec.m, o.spec.d
	t.Old = false
	return r.make(t), n + 1 + k
}

type reader struct {
	toks  []text.Token
	clock Clock
}

// stale is how old an incident may be and still be this article's news, where
// nothing else in the text tells.
const stale = 10 * 24 * time.Hour

// make measures an expression against the clock, in UTC.
func (r *reader) make(t Time) Time {
	t = t.In(r.clock, time.UTC)
	switch t.spec.form {
	case date, month, years:
		t.Old = t.Old || !r.clock.Known() && t.Precision != "day"
		if r.clock.Known() && !t.Earliest.IsZero() {
			limit := stale
			switch r.clock.Precision {
			case "month":
				limit = 45 * 24 * time.Hour
			case "year":
				limit = 366 * 24 * time.Hour
			}
			t.Old = t.Old || t.Latest.Add(time.Second).Before(r.clock.Published.Add(-limit))
		}
	}
	if t.Refused != "" {
		t.Precision, t.Old, t.Running = "unknown", false, false
	}
	return t
}

func (r *reader) day(from, to int) Time {
	return r.make(Time{Precision: "day", Basis: "relative", spec: spec{form: days, from: from, to: to}})
}

func (r *reader) weekday(wd time.Weekday, from, to int, last bool) Time {
	return r.make(Time{Precision: "day", Basis: "weekday", Weekday: 1 + int(wd), spec: spec{form: weekday, wd: wd, from: from, to: to, last: last}})
}

func (r *reader) ymd(y int, m time.Month, d, d2 int) Time {
	return r.make(Time{Precision: "day", Basis: "explicit_date", spec: spec{form: date, y: y, m: m, d: d, d2: d2}})
}

func (r *reader) at(i int) (Time, int) {
	toks := r.toks
	t := &toks[i]
	w := t.Low
	switch w {
	case "christmas", "boxing", "new", "may":
		if t.Upper {
			if d, n := r.feast(i); n > 0 {
				return d, n
			}
		}
	}
	if t.Kind == text.Word && t.Upper && mayName(w) {
		if wd, ok := weekdayOf[w]; ok && (len(w) > 3 || r.clock.Known() && len(w) == 3 && (low(toks, i+1) == "," || low(toks, i+1) == "-" || low(toks, i+1) == ".")) {
			if n := followed(toks, i+1); n > 0 { // "Monday, July 19"
				if d, k := At(toks, i+n, r.clock); k > 0 && d.Basis == "explicit_date" && d.Precision == "day" {
					return d, n + k
				}
			}
			switch low(toks, i-1) {
			case "next", "coming":
				return Time{Precision: "unknown", Basis: "weekday", Refused: "it is to come"}, 1
			case "ash", "good", "black", "bloody", "palm", "easter", "super", "cyber", "maundy", "holy":
				return Time{Precision: "unknown", Basis: "weekday"}, 1 // a day of the year
			}
			if saysWhich(toks, i) {
				return Time{Precision: "unknown", Basis: "weekday"}, 1
			}
			n := 1
			if low(toks, i+1) == "of" {
				n = 2
			}
			if low(toks, i+n) == "last" && low(toks, i+n+1) == "week" {
				return r.make(Time{Precision: "day", Basis: "weekday", Weekday: 1 + int(wd), spec: spec{form: week, from: -1, d: 1 + (int(wd)+6)%7}}), n + 2
			}
			if (low(toks, i+1) == "to" || low(toks, i+1) == "into") && r.nightly(i) { // "in the night from Saturday to Sunday"
				if to, ok := weekdayOf[low(toks, i+2)]; ok && toks[i+2].Upper && (int(to)-int(wd)+7)%7 == 1 {
					return r.weekday(to, -1, 0, false), 3
				}
			}
			return r.weekday(wd, 0, 0, low(toks, i-1) == "last" && !ofWorship(low(toks, i+1))), 1
		}
		if m, ok := monthOf[w]; ok && !(w == "may" && !mayIsMonth(toks, i)) && !(w == "march" && low(toks, i+1) == "of") {
			return r.month(i, m)
		}
	}
	if t.Kind == text.Number || t.Kind == text.Word && len(w) <= 4 && w[0] >= '0' && w[0] <= '9' {
		if h, n := HourAt(toks, i); n > 0 && h.GMT {
			return Time{}, 0 // "1900 GMT" is no year
		}
		if d, n := r.digits(i); n > 0 {
			return d, n
		}
	}
	switch w {
	case "yesterday":
		return r.day(-1, -1), 1
	case "today", "tonight":
		return r.day(0, 0), 1
	case "overnight":
		if low(toks, i+1) == "into" || low(toks, i+1) == "to" {
			if wd, ok := weekdayOf[low(toks, i+2)]; ok && toks[i+2].Upper {
				return r.weekday(wd, -1, 0, false), 3
			}
		}
		switch next := low(toks, i+1); next {
		case "from", "on":
			if _, ok := weekdayOf[low(toks, i+2)]; ok {
				return Time{Precision: "unknown", Basis: "relative"}, 1 // its days follow
			}
		default:
			if _, ok := weekdayOf[next]; ok {
				return Time{Precision: "unknown", Basis: "relative"}, 1
			}
		}
		// The night that ended on the day: most of it is of that date, and newsrooms
		// count it so.
		return r.day(0, 0), 1
	case "the":
		switch low(toks, i+1) {
		case "day":
			if low(toks, i+2) == "before" {
				if low(toks, i+3) == "yesterday" {
					return r.day(-2, -2), 4
				}
				return Time{Precision: "unknown", Basis: "relative", Old: true, Back: 1}, 3
			}
		case "previous":
			if low(toks, i+2) == "day" || low(toks, i+2) == "night" || low(toks, i+2) == "evening" {
				return Time{Precision: "unknown", Basis: "relative", Back: 1}, 3
			}
		case "weekend":
			switch low(toks, i-1) {
			case "over", "at", "during", "on":
				return r.make(Time{Precision: "day", Basis: "relative", spec: spec{form: weekend}}), 2
			}
		}
	case "last", "past", "this", "previous", "next":
		if d, n := r.period(i); n > 0 {
			return d, n
		}
	}
	// "every year", "20,000 people a year": what is so often happens not now.
	switch w {
	case "every", "each", "per":
		if u := low(toks, i+1); u == "year" || u == "month" || u == "week" || u == "day" {
			return Time{Precision: "unknown", Basis: "relative", Old: true, Running: true, Habit: true}, 2
		}
	case "a":
		if u := low(toks, i+1); (u == "year" || u == "month" || u == "week" || u == "day") && plural(low(toks, i-1)) && !pointsOn(low(toks, i+2)) {
			return Time{Precision: "unknown", Basis: "relative", Old: true, Running: true, Habit: true}, 2
		}
	case "annually", "yearly":
		return Time{Precision: "unknown", Basis: "relative", Old: true, Running: true, Habit: true}, 1
	}
	return r.span(i)
}

// nightly tells whether a weekday is the first of the two that a night has.
func (r *reader) nightly(i int) bool {
	for k := i - 1; k >= 0 && k >= i-3; k-- {
		if w := r.toks[k].Low; w == "night" || w == "overnight" {
			return true
		}
	}
	return false
}

// digits reads "19 July", "12 to 13 March", "the 19th" and "in 2017".
func (r *reader) digits(i int) (Time, int) {
	toks := r.toks
	t := &toks[i]
	if n, ok := dayOfMonth(t.Low); ok {
		k, d2 := i+1, 0
		switch low(toks, k) {
		case "to", "-", "–", "and", "/":
			if m, ok := dayOfMonth(low(toks, k+1)); ok && m > n && (low(toks, k) != "/" || m == n+1) {
				k, d2 = k+2, m
			}
		}
		if low(toks, k) == "of" {
			k++
		}
		if k < len(toks) && toks[k].Kind == text.Word && toks[k].Upper {
			if m, ok := monthOf[toks[k].Low]; ok {
				return r.dayMonth(i, k+1, n, d2, m)
			}
		}
		if l := t.Low; l[len(l)-1] > '9' && low(toks, i-1) == "the" && low(toks, i-2) == "on" && (i+1 == len(toks) || toks[i+1].Kind == text.Punct || low(toks, i+1) == "a" || low(toks, i+1) == "an" || low(toks, i+1) == "the") {
			return r.make(Time{Precision: "day", Basis: "explicit_date", spec: spec{form: ofMonth, d: n}}), 1
		}
	}
	if d, n := r.figures(i); n > 0 {
		return d, n
	}
	y, ok := year(toks, i)
	if !ok || t.Kind != text.Number {
		return Time{}, 0
	}
	if i+4 < len(toks) && low(toks, i+1) == "-" && low(toks, i+3) == "-" && toks[i+4].End-t.Start == len("2006-01-02") { // all in one piece
		m, err1 := strconv.Atoi(low(toks, i+2))
		d, err2 := strconv.Atoi(low(toks, i+4))
		if err1 == nil && err2 == nil && m >= 1 && m <= 12 && d >= 1 {
			return r.ymd(y, time.Month(m), d, 0), 5
		}
	}
	prev := low(toks, i-1)
	switch prev {
	case "over": // "jailed over 2019 bombing", never "over 2019 pupils"
		if c := r.clock; !c.Known() || y >= c.Published.Year() || i+1 >= len(toks) || toks[i+1].Kind != text.Word || strings.HasSuffix(toks[i+1].Low, "s") || peopleNext(toks[i+1].Low) {
			return Time{}, 0
		}
	case "in", "since", "of", "from", "by", "until", "during", "early", "late", "mid", "between", "the", "before", "after", "a", "that", "for", "(", "and", "-", "their", "its":
	default:
		return Time{}, 0
	}
	if (prev == "the" || prev == "a" || prev == "of" || prev == "and" || prev == "by" || prev == "for" || prev == "-") && peopleNext(low(toks, i+1)) {
		return Time{}, 0
	}
	n, last := 1, y
	for k := i + 1; k <= i+2; k++ { // "2016-2017", "2016/2017", "2016 2017"
		if z, ok := year(toks, k); ok && z == y+1 {
			n, last = k+1-i, z
			break
		} else if l := low(toks, k); l != "-" && l != "–" && l != "/" {
			break
		}
	}
	d := r.make(Time{Precision: "year", Basis: "explicit_date", spec: spec{form: years, y: y, y2: last}})
	if d.Refused == "" {
		c := r.clock
		d.Running = prev == "since" || prev == "from" || prev == "in" && c.Exact() && y == c.Published.Year() && n == 1
		d.Old = d.Old || !c.Known() || last < c.Published.Year()
	}
	return d, n
}

// figures reads "19/07/2021", "19.7.2021" and "07-19-2021". Which of the first two
// numbers is the month, the text does not say: points are written in countries
// where it is the second, and a month past the twelfth or a day after publication
// rules one order out. Where both remain the date is refused.
func (r *reader) figures(i int) (Time, int) {
	toks := r.toks
	var parts [3]string
	n, points := 1, false
	if a, rest, ok := strings.Cut(toks[i].Low, "."); ok {
		b, c, ok := strings.Cut(rest, ".")
		if !ok {
			return Time{}, 0
		}
		parts, points = [3]string{a, b, c}, true
	} else {
		sep := low(toks, i+1)
		if sep != "/" && sep != "-" || low(toks, i+3) != sep || i+4 >= len(toks) || toks[i+4].End-toks[i].Start != len(toks[i].Low)+len(low(toks, i+2))+len(toks[i+4].Low)+2 {
			return Time{}, 0
		}
		parts, n = [3]string{toks[i].Low, toks[i+2].Low, toks[i+4].Low}, 5
	}
	var v [3]int
	for k, p := range parts {
		x, err := strconv.Atoi(p)
		if err != nil || x < 1 || k < 2 && len(p) > 2 || k == 2 && len(p) != 4 {
			return Time{}, 0
		}
		v[k] = x
	}
	d, m, y := v[0], v[1], v[2]
	if y < 1900 {
		return Time{}, 0
	}
	first, second := r.ymd(y, time.Month(m), d, 0), r.ymd(y, time.Month(d), m, 0)
	if m > 12 {
		first.Refused = fmt.Sprintf("there is no month %d", m)
	}
	if d > 12 {
		second.Refused = fmt.Sprintf("there is no month %d", d)
	}
	switch {
	case points || d == m || second.Refused != "":
		if m > 12 { // whichever is the month
			return Time{Precision: "unknown", Basis: first.Basis, Refused: first.Refused}, n
		}
		return first, n
	case first.Refused != "":
		return second, n
	}
	return Time{Precision: "unknown", Basis: first.Basis, Refused: fmt.Sprintf("it may be %d %s or %d %s", d, time.Month(m), m, time.Month(d))}, n
}

// feasts are the days of the year that have a name and a date.
var feasts = []struct {
	words []string
	day   int
	month time.Month
}{
	{[]string{"christmas", "day"}, 25, time.December},
	{[]string{"christmas", "eve"}, 24, time.December},
	{[]string{"boxing", "day"}, 26, time.December},
	{[]string{"new", "year", "'s", "day"}, 1, time.January},
	{[]string{"new", "year", "'s", "eve"}, 31, time.December},
	{[]string{"may", "day"}, 1, time.May},
}

// feast reads "Christmas Day" and "New Year's Eve 2025".
func (r *reader) feast(i int) (Time, int) {
	for _, f := range feasts {
		n := 0
		for n < len(f.words) && low(r.toks, i+n) == f.words[n] && (n == 2 || r.toks[i+n].Upper) {
			n++
		}
		if n == len(f.words) {
			return r.dayMonth(i, i+n, f.day, 0, f.month)
		}
	}
	return Time{}, 0
}

// period reads "last night", "this week", "the previous month", "the past ten days".
func (r *reader) period(i int) (Time, int) {
	toks := r.toks
	w, u := low(toks, i), low(toks, i+1)
	switch u {
	case "night":
		if w == "last" {
			return r.day(-1, -1), 2
		}
	case "morning", "afternoon", "evening":
		switch w {
		case "this":
			return r.day(0, 0), 2
		case "last":
			return r.day(-1, -1), 2
		}
	case "weekend":
		if w == "last" || w == "this" || w == "past" {
			return r.make(Time{Precision: "day", Basis: "relative", spec: spec{form: weekend, last: w == "last"}}), 2
		}
		return Time{Precision: "unknown", Basis: "relative"}, 2
	case "week", "month", "year", "summer", "spring", "autumn", "winter", "decade", "century", "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december":
		if m, ok := monthOf[u]; ok {
			d, n := r.month(i+1, m)
			if n == 0 {
				return d, 0
			}
			if d.Refused == "" {
				d.Old = d.Old || w == "last" || w == "this" && r.clock.Known() && d.Latest.Before(r.clock.Published.AddDate(0, 0, -20))
			}
			return d, n + 1
		}
		d := Time{Precision: "unknown", Basis: "relative"}
		switch {
		case w == "this" && u == "week":
			d.Precision, d.spec = "week", spec{form: week}
		case w == "this":
			d.Running = true
		case w == "next":
		case u == "week":
			d.Old = low(toks, i-1) != "the"
			if w != "past" {
				d.Precision, d.spec = "week", spec{form: week, from: -1}
			}
		default:
			d.Old = true
			d.Running = low(toks, i-1) == "the" || low(toks, i-1) == "over" || low(toks, i-1) == "in" && w == "past"
			if !d.Running && w != "past" {
				switch u {
				case "month":
					d.Precision, d.spec = "month", spec{form: months, from: -1}
				case "year":
					d.Precision, d.spec = "year", spec{form: ayear, from: -1}
				}
			}
		}
		return r.make(d), 2
	}
	if n, k := smallNumber(toks, i+1); (n == 0 || k == 0) && u != "few" && u != "couple" && !isUnit(u) {
		return Time{}, 0
	}
	for k := i + 1; k < len(toks) && k < i+4; k++ {
		if isUnit(toks[k].Low) {
			if strings.HasPrefix(toks[k].Low, "hour") || strings.HasPrefix(toks[k].Low, "day") {
				return Time{Precision: "unknown", Basis: "relative"}, k + 1 - i
			}
			return Time{Precision: "unknown", Basis: "relative", Old: true, Running: true}, k + 1 - i
		}
	}
	return Time{}, 0
}

// span reads "a month after", "two years ago", "ten years since", "three days earlier".
func (r *reader) span(i int) (Time, int) {
	toks := r.toks
	// Most words are none: the cheap question first.
	couple := low(toks, i+1) == "couple" && low(toks, i) == "a" && low(toks, i+2) == "of"
	if !couple && !isUnit(low(toks, i+1)) {
		return Time{}, 0
	}
	n, k := smallNumber(toks, i)
	if k == 0 {
		return Time{}, 0
	}
	if couple {
		n, k = 2, 3
	}
	u := low(toks, i+k)
	if !isUnit(u) {
		return Time{}, 0
	}
	j := i + k + 1
	d := Time{Precision: "unknown", Basis: "relative"}
	a := low(toks, j)
	switch a {
	case "ago", "earlier", "before", "after", "since", "later", "on", "previously":
	default:
		return Time{}, 0
	}
	if a == "after" && low(toks, i-1) == "for" {
		return Time{}, 0 // "cut off for two days after the riots"
	}
	short := strings.HasPrefix(u, "hour") || strings.HasPrefix(u, "minute") || strings.HasPrefix(u, "second")
	switch {
	case a == "on" && !strings.HasPrefix(u, "year"):
	case short:
	case a == "later" && !strings.HasPrefix(u, "year"):
	case strings.HasPrefix(u, "day") && a == "ago" && !vague(toks, i):
		if d = r.day(-n, -n); d.Earliest.IsZero() {
			d.Precision = "unknown"
		}
		d.Old = n > 3
	default:
		d.Old = true
		if strings.HasPrefix(u, "day") && (a == "earlier" || a == "before" || a == "after" || a == "previously") && !vague(toks, i) {
			d.Back = n
		}
		if a == "ago" && !vague(toks, i) {
			switch {
			case strings.HasPrefix(u, "week"):
				d.Precision, d.spec = "week", spec{form: week, from: -n}
			case strings.HasPrefix(u, "fortnight"):
				d.Precision, d.spec = "week", spec{form: week, from: -2 * n}
			case strings.HasPrefix(u, "month"):
				d.Precision, d.spec = "month", spec{form: months, from: -n}
			case strings.HasPrefix(u, "year"):
				d.Precision, d.spec = "year", spec{form: ayear, from: -n}
			}
			d = r.make(d)
		}
	}
	return d, j + 1 - i
}

// vague tells whether a number is none: "several days ago".
func vague(toks []text.Token, i int) bool {
	w := low(toks, i)
	return w == "several" || w == "many"
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

// ofWorship tells whether a weekday is that of a service: "the last Friday prayers of
// the fast" may be today's.
func ofWorship(w string) bool {
	switch w {
	case "prayer", "prayers", "sermon", "sermons", "mass", "service", "worship":
		return true
	}
	return false
}

// saysWhich tells whether a weekday only says what is meant, and of what day the text does not tell:
// "the Friday prayer leader", "who led Friday prayers", "the Friday mosque", "a Sunday paper".
func saysWhich(toks []text.Token, i int) bool {
	switch low(toks, i+1) {
	case "prayer":
		switch low(toks, i+2) {
		case "leader", "leaders", "imam", "imams", "preacher", "preachers", "cleric", "congregation":
			return true
		}
	case "prayers", "sermon", "sermons":
		switch low(toks, i-1) {
		case "led", "lead", "leads", "leading", "his", "the", "a", "their", "weekly":
			return true
		}
	case "mosque", "school", "paper", "newspaper", "league", "edition", "supplement":
		return toks[i+1].Start-toks[i].End == 1
	}
	return false
}

func peopleNext(w string) bool {
	switch w {
	case "people", "persons", "men", "troops", "soldiers", "civilians", "women", "children", "families":
		return true
	}
	return false
}

func isUnit(w string) bool {
	switch w {
	case "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "fortnight", "fortnights", "month", "months", "year", "years", "decade", "decades":
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

// ordinal cuts the ending of "19th".
func ordinal(s string) string {
	for _, suf := range [...]string{"st", "nd", "rd", "th"} {
		if c, ok := strings.CutSuffix(s, suf); ok {
			return c
		}
	}
	return s
}

func dayOfMonth(s string) (int, bool) {
	s = ordinal(s)
	if len(s) == 0 || len(s) > 2 {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 31
}

// year reads "2017".
func year(toks []text.Token, i int) (int, bool) {
	if i < 0 || i >= len(toks) || toks[i].Kind != text.Number || len(toks[i].Low) != 4 {
		return 0, false
	}
	n, err := strconv.Atoi(toks[i].Low)
	return n, err == nil && n >= 1900 && n <= 2100
}

// anyYear also reads years that no text means, so that the date is refused as a
// whole.
func anyYear(toks []text.Token, i int) (int, bool) {
	if y, ok := year(toks, i); ok {
		return y, true
	}
	if i < len(toks) && toks[i].Kind == text.Number && len(toks[i].Low) == 4 {
		n, err := strconv.Atoi(toks[i].Low)
		return n, err == nil && n > 2100
	}
	return 0, false
}

// month reads "January", "January 2017", "July 19", "July 19, 2021".
func (r *reader) month(i int, m time.Month) (Time, int) {
	toks := r.toks
	j := i + 1
	if low(toks, j) == "." && j < len(toks) && toks[j].Start == toks[i].End {
		j++
	}
	if n, ok := dayOfMonth(low(toks, j)); ok && !isUnit(low(toks, j+1)) {
		j++
		d2 := 0
		switch low(toks, j) {
		case "-", "–", "to":
			if e, ok := dayOfMonth(low(toks, j+1)); ok && e > n && !isUnit(low(toks, j+2)) {
				j, d2 = j+2, e
			}
		}
		k := j
		if low(toks, k) == "," {
			k++
		}
		if y, ok := anyYear(toks, k); ok {
			return r.ymd(y, m, n, d2), k + 1 - i
		}
		return r.ofYear(i, j, m, n, d2)
	}
	// "45 July", "the 32nd of May"
	p := i - 1
	if low(toks, p) == "of" {
		p--
	}
	if n, err := strconv.Atoi(ordinal(low(toks, p))); err == nil && n > 31 && n < 100 && p >= 0 {
		return Time{Precision: "unknown", Basis: "explicit_date", Refused: fmt.Sprintf("there is no %d %s", n, m)}, j - i
	}
	if w := low(toks, j); low(toks, i-1) == "on" && len(w) == 2 && w[0] >= '0' && w[0] <= '9' {
		if n, err := strconv.Atoi(w); err == nil && n > 31 && !peopleNext(low(toks, j+1)) { // "on July 45"
			return Time{Precision: "unknown", Basis: "explicit_date", Refused: fmt.Sprintf("there is no %d %s", n, m)}, j + 1 - i
		}
	}
	if r.called(i, j) {
		return Time{}, 0 // "April Jones", "Black September"
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
		if r.clock.Known() {
			y = r.clock.Published.Year() - 1
		}
	}
	d := r.make(Time{Precision: "month", Basis: "explicit_date", spec: spec{form: month, y: y, m: m}})
	if y == 0 && d.Earliest.IsZero() {
		d.Old = false
	}
	d.Running = low(toks, i-1) == "since"
	return d, j - i
}

// called tells whether a month without a day is part of a name: a word with a
// capital letter stands beside it, and none before that leads to a time.
func (r *reader) called(i, j int) bool {
	switch low(r.toks, i-1) {
	case "in", "last", "this", "since", "until", "by", "of", "during", "early", "late", "mid", "from", "through", "to", "next", "on", "before", "after", "between":
		return false
	}
	if _, ok := year(r.toks, j); ok {
		return false
	}
	beside := func(k int) bool {
		return k >= 0 && k < len(r.toks) && r.toks[k].Kind == text.Word && r.toks[k].Upper && !Calendar(r.toks[k].Low)
	}
	return i > 0 && beside(i-1) || beside(j)
}

func (r *reader) dayMonth(i, j, n, d2 int, m time.Month) (Time, int) {
	toks := r.toks
	k := j
	if low(toks, k) == "," || low(toks, k) == "." {
		k++
	}
	if y, ok := anyYear(toks, k); ok {
		return r.ymd(y, m, n, d2), k + 1 - i
	}
	if k < len(toks) && toks[k].Kind == text.Number && len(toks[k].Low) == 2 && k == j && (k+1 == len(toks) || toks[k+1].Kind == text.Punct) {
		if y, err := strconv.Atoi(toks[k].Low); err == nil && y >= 50 {
			return r.ymd(1900+y, m, n, d2), k + 1 - i
		}
	}
	return r.ofYear(i, j, m, n, d2)
}

// ofYear is the day of toks[i:j], which gives no year: the last such day, if it is
// a day at all and not a name or an appointment.
func (r *reader) ofYear(i, j int, m time.Month, n, d2 int) (Time, int) {
	switch low(r.toks, j) {
	case "cell", "movement", "group", "organisation", "organization", "brigade", "brigades", "front", "revolution", "avenue", "street", "square", "bridge", "road", "stadium", "hospital", "university":
		return Time{Precision: "unknown", Basis: "explicit_date"}, j - i // called after a day
	}
	if r.clock.Known() && low(r.toks, j+1) == "year" {
		switch low(r.toks, j) {
		case "last":
			return r.ymd(r.clock.Published.Year()-1, m, n, d2), j + 2 - i
		case "this":
			return r.ymd(r.clock.Published.Year(), m, n, d2), j + 2 - i
		}
	}
	t := r.ymd(0, m, n, d2)
	if r.clock.Exact() && r.appointed(i) {
		if in := time.Date(r.clock.Published.Year(), m, n, 0, 0, 0, 0, time.UTC).Sub(r.clock.Published); in > 0 && in < 60*24*time.Hour {
			return Time{Precision: "unknown", Basis: t.Basis, Refused: "it is to come"}, j - i
		}
	}
	return t, j - i
}

// appointed tells whether the words before a day at toks[i] may set it for something:
// "by 4 May", "adjourned to 4 May", "will rise from 1 April".
func (r *reader) appointed(i int) bool {
	switch low(r.toks, i-1) {
	case "of", "for", "until", "before", "by":
		return true
	}
	for k := i - 1; k >= 0 && k > i-12 && r.toks[k].Kind != text.Punct; k-- {
		switch r.toks[k].Low {
		case "will", "shall", "adjourned", "postponed", "deferred", "remanded", "scheduled", "rescheduled", "slated", "due", "resume", "resumes", "expected", "returns", "hearing", "deadline":
			return true
		}
	}
	return false
}
