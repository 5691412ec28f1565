package when

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/enrich/text"
)

// at is the clock of a table: an instant, or a day, month or year; "" is unknown.
func at(t testing.TB, s string) Clock {
	t.Helper()
	if s == "" {
		return Clock{}
	}
	layout, precision := time.RFC3339, ""
	switch len(s) {
	case 4, 7, 10:
		layout, precision = "2006-01-02"[:len(s)], map[int]string{4: "year", 7: "month", 10: "day"}[len(s)]
	}
	p, err := time.Parse(layout, s)
	if err != nil {
		t.Fatal(err)
	}
	return Clock{Published: p, Precision: precision}
}

// span writes an interval in a zone: its days where it has whole ones.
func span(a, b time.Time, loc *time.Location) string {
	if a.IsZero() {
		return "-"
	}
	a, b = a.In(loc), b.In(loc)
	layout := "2006-01-02"
	if a.Format("15:04:05") != "00:00:00" || b.Format("15:04:05") != "23:59:59" {
		layout = "2006-01-02T15:04:05"
	}
	x, y := a.Format(layout), b.Format(layout)
	if x == y {
		return x
	}
	return x + ".." + y
}

// render writes an expression as the tables have it.
func render(t Time, loc *time.Location) string {
	s := span(t.Earliest, t.Latest, loc) + " " + t.Precision + " " + t.Basis
	for _, f := range []struct {
		name string
		set  bool
	}{{"old", t.Old}, {"running", t.Running}, {"habit", t.Habit}} {
		if f.set {
			s += " +" + f.name
		}
	}
	if t.Back != 0 {
		s += fmt.Sprintf(" back %d", t.Back)
	}
	if t.Refused != "" {
		s += ": " + t.Refused
	}
	return s
}

func all(s string, c Clock, loc *time.Location) string {
	var out []string
	for _, f := range Find(s, c, loc) {
		out = append(out, s[f.Start:f.End]+" = "+render(f.Time, loc))
	}
	return strings.Join(out, "; ")
}

const wednesday = "2026-03-11T09:00:00Z"

func TestFind(t *testing.T) {
	for _, tt := range []struct{ name, in, at, zone, want string }{
		// Weekdays.
		{"the last such day", "on Monday", wednesday, "UTC", "Monday = 2026-03-09 day weekday"},
		{"the day of publication itself", "on Wednesday", wednesday, "UTC", "Wednesday = 2026-03-11 day weekday"},
		{"the day after it is six days back", "on Thursday", wednesday, "UTC", "Thursday = 2026-03-05 day weekday"},
		{"last never means today", "last Wednesday", wednesday, "UTC", "Wednesday = 2026-03-04 day weekday"},
		{"late of a day is the day", "late Sunday", wednesday, "UTC", "Sunday = 2026-03-08 day weekday"},
		{"short with its mark", "(Mon, 9:00)", wednesday, "UTC", "Mon = 2026-03-09 day weekday"},
		{"small letters are no weekday", "a sun hat and a mon key", wednesday, "UTC", ""},
		{"already Thursday in Kabul", "on Thursday", "2026-03-11T19:30:00Z", "Asia/Kabul", "Thursday = 2026-03-12 day weekday"},
		{"not yet Thursday there", "on Thursday", "2026-03-11T19:29:59Z", "Asia/Kabul", "Thursday = 2026-03-05 day weekday"},
		{"still Tuesday in Los Angeles", "on Wednesday", "2026-03-11T06:59:59Z", "America/Los_Angeles", "Wednesday = 2026-03-04 day weekday"},
		{"already Thursday in Kiritimati", "on Thursday", "2026-03-11T10:00:00Z", "Pacific/Kiritimati", "Thursday = 2026-03-12 day weekday"},
		{"a date is that date everywhere", "on Wednesday", "2026-03-11", "Pacific/Kiritimati", "Wednesday = 2026-03-11 day weekday"},
		{"the night has two days", "in the night from Saturday to Sunday", wednesday, "UTC", "Saturday to Sunday = 2026-03-07..2026-03-08 day weekday"},
		{"overnight into", "overnight into Monday", wednesday, "UTC", "overnight into Monday = 2026-03-08..2026-03-09 day weekday"},
		{"a date beside it says more", "on Monday, March 9", wednesday, "UTC", "Monday, March 9 = 2026-03-09 day explicit_date"},
		{"only the month is known", "on Monday", "2026-03", "UTC", "Monday = - day weekday"},
		{"a stretch of weekdays", "between Friday and Sunday", wednesday, "UTC", "Friday and Sunday = 2026-03-06..2026-03-08 day weekday"},
		{"until one", "from Sunday until Tuesday", wednesday, "UTC", "Sunday until Tuesday = 2026-03-08..2026-03-10 day weekday"},
		{"through one", "Friday through Monday", wednesday, "UTC", "Friday through Monday = 2026-03-06..2026-03-09 day weekday"},
		{"two weekdays are no stretch", "on Friday and Sunday", wednesday, "UTC", "Friday = 2026-03-06 day weekday; Sunday = 2026-03-08 day weekday"},
		{"since a weekday until today", "since Friday", wednesday, "UTC", "Friday = 2026-03-06..2026-03-11 day weekday"},

		// Dates in figures, and days with a name.
		{"the month has no more than twelve", "on 19/07/2021", wednesday, "UTC", "19/07/2021 = 2021-07-19 day explicit_date +old"},
		{"the month first", "on 07-19-2021", wednesday, "UTC", "07-19-2021 = 2021-07-19 day explicit_date +old"},
		{"points have the day first", "on 7.3.2026", wednesday, "UTC", "7.3.2026 = 2026-03-07 day explicit_date"},
		{"the other order is to come", "on 07/03/2026", wednesday, "UTC", "07/03/2026 = 2026-03-07 day explicit_date"},
		{"nor has the other come here", "on 03/07/2026", wednesday, "UTC", "03/07/2026 = 2026-03-07 day explicit_date"},
		{"either order is possible", "on 02/03/2026", wednesday, "UTC", "02/03/2026 = - unknown explicit_date: it may be 2 March or 3 February"},
		{"no month in figures", "on 31.13.2025", wednesday, "UTC", "31.13.2025 = - unknown explicit_date: there is no month 13"},
		{"no day in figures", "on 31/02/2026", wednesday, "UTC", "31/02/2026 = - unknown explicit_date: there is no 31 February"},
		{"a night of two dates", "on 9/10 March", wednesday, "UTC", "9/10 March = 2026-03-09..2026-03-10 day explicit_date"},
		{"a version is no date", "release 1.2.3 and 10.0.0.1", wednesday, "UTC", ""},
		{"Christmas", "on Christmas Day", "2025-12-27T09:00:00Z", "UTC", "Christmas Day = 2025-12-25 day explicit_date"},
		{"with its year", "on Christmas Eve 2021", wednesday, "UTC", "Christmas Eve 2021 = 2021-12-24 day explicit_date +old"},
		{"New Year", "on New Year's Eve", "2026-01-02T09:00:00Z", "UTC", "New Year's Eve = 2025-12-31 day explicit_date"},
		{"no day of the year", "in New York", wednesday, "UTC", ""},
		{"a fortnight", "a fortnight ago", wednesday, "UTC", "a fortnight ago = 2026-02-23..2026-03-01 week relative +old"},

		// Days counted from publication.
		{"today", "today", wednesday, "UTC", "today = 2026-03-11 day relative"},
		{"today is tomorrow in Kiritimati", "today", "2026-03-11T11:00:00Z", "Pacific/Kiritimati", "today = 2026-03-12 day relative"},
		{"yesterday", "yesterday", wednesday, "UTC", "yesterday = 2026-03-10 day relative"},
		{"yesterday over a year's end", "yesterday", "2026-01-01T09:00:00Z", "UTC", "yesterday = 2025-12-31 day relative"},
		{"yesterday was a leap day", "yesterday", "2024-03-01T09:00:00Z", "UTC", "yesterday = 2024-02-29 day relative"},
		{"the day before it", "the day before yesterday", wednesday, "UTC", "the day before yesterday = 2026-03-09 day relative"},
		{"last night began the day before", "last night", wednesday, "UTC", "last night = 2026-03-10 day relative"},
		{"overnight is of the day", "overnight", wednesday, "UTC", "overnight = 2026-03-11 day relative"},
		{"this morning", "this morning", wednesday, "UTC", "this morning = 2026-03-11 day relative"},
		{"two days ago", "two days ago", wednesday, "UTC", "two days ago = 2026-03-09 day relative"},
		{"a couple of days ago", "a couple of days ago", wednesday, "UTC", "a couple of days ago = 2026-03-09 day relative"},
		{"many days ago is old", "12 days ago", wednesday, "UTC", "12 days ago = 2026-02-27 day relative +old"},
		{"several are not counted", "several days ago", wednesday, "UTC", "several days ago = - unknown relative +old"},
		{"hours ago are open", "three hours ago", wednesday, "UTC", "three hours ago = - unknown relative"},
		{"the weekend", "over the weekend", wednesday, "UTC", "the weekend = 2026-03-07..2026-03-08 day relative"},
		{"the weekend at hand", "over the weekend", "2026-03-15T09:00:00Z", "UTC", "the weekend = 2026-03-14..2026-03-15 day relative"},
		{"nothing is known of the clock", "yesterday", "", "UTC", "yesterday = - day relative"},

		// Longer stretches.
		{"this week ends today", "this week", wednesday, "UTC", "this week = 2026-03-09..2026-03-11 week relative"},
		{"last week is whole", "last week", wednesday, "UTC", "last week = 2026-03-02..2026-03-08 week relative +old"},
		{"on a Sunday the week is over", "this week", "2026-03-15T09:00:00Z", "UTC", "this week = 2026-03-09..2026-03-15 week relative"},
		{"weeks ago", "two weeks ago", wednesday, "UTC", "two weeks ago = 2026-02-23..2026-03-01 week relative +old"},
		{"last month", "last month", "2026-03-31T09:00:00Z", "UTC", "last month = 2026-02-01..2026-02-28 month relative +old"},
		{"last month over a year's end", "last month", "2026-01-31T09:00:00Z", "UTC", "last month = 2025-12-01..2025-12-31 month relative +old"},
		{"a month ago", "a month ago", "2024-03-31T09:00:00Z", "UTC", "a month ago = 2024-02-01..2024-02-29 month relative +old"},
		{"last year", "last year", wednesday, "UTC", "last year = 2025-01-01..2025-12-31 year relative +old"},
		{"last year where only the year is known", "last year", "2026", "UTC", "last year = 2025-01-01..2025-12-31 year relative +old"},
		{"two years ago", "two years ago", wednesday, "UTC", "two years ago = 2024-01-01..2024-12-31 year relative +old"},
		{"this year runs", "this year", wednesday, "UTC", "this year = - unknown relative +running"},
		{"the past year runs and is old", "in the past year", wednesday, "UTC", "past year = - unknown relative +old +running"},
		{"every year is a habit", "every year", wednesday, "UTC", "every year = - unknown relative +old +running +habit"},
		{"so many a year are one", "20,000 people a year", wednesday, "UTC", "a year = - unknown relative +old +running +habit"},
		{"annually", "It happens annually.", wednesday, "UTC", "annually = - unknown relative +old +running +habit"},

		// Counted from another day of the text.
		{"days earlier", "two days earlier", wednesday, "UTC", "two days earlier = - unknown relative +old back 2"},
		{"the previous day", "the previous day", wednesday, "UTC", "the previous day = - unknown relative back 1"},
		{"the day before", "the day before", wednesday, "UTC", "the day before = - unknown relative +old back 1"},
		{"a month after", "a month after", wednesday, "UTC", "a month after = - unknown relative +old"},

		// Dates.
		{"day and month", "on 5 March", wednesday, "UTC", "5 March = 2026-03-05 day explicit_date"},
		{"month and day", "on March 5", wednesday, "UTC", "March 5 = 2026-03-05 day explicit_date"},
		{"a short month with its dot", "on Jan. 5, 2026", "2026-01-07T09:00:00Z", "UTC", "Jan. 5, 2026 = 2026-01-05 day explicit_date"},
		{"an ordinal", "the 5th of March", wednesday, "UTC", "5th of March = 2026-03-05 day explicit_date"},
		{"a day that is to come was last year's", "on 5 September", wednesday, "UTC", "5 September = 2025-09-05 day explicit_date +old"},
		{"two days ahead have not come in any zone", "on 13 March", wednesday, "UTC", "13 March = - unknown explicit_date: 13 March 2026 is after the publication"},
		{"with its year", "on 19 July 2021", wednesday, "UTC", "19 July 2021 = 2021-07-19 day explicit_date +old"},
		{"with last year", "on 19 July last year", wednesday, "UTC", "19 July last year = 2025-07-19 day explicit_date +old"},
		{"with this year", "on 2 March this year", wednesday, "UTC", "2 March this year = 2026-03-02 day explicit_date"},
		{"in one piece", "2026-03-05", wednesday, "UTC", "2026-03-05 = 2026-03-05 day explicit_date"},
		{"the day alone", "on the 9th", wednesday, "UTC", "9th = 2026-03-09 day explicit_date"},
		{"the day alone was last month's", "on the 19th", wednesday, "UTC", "19th = 2026-02-19 day explicit_date"},
		{"a leap day", "on 29 February 2024", wednesday, "UTC", "29 February 2024 = 2024-02-29 day explicit_date +old"},
		{"the last leap day", "on 29 February", "2025-01-10T09:00:00Z", "UTC", "29 February = 2024-02-29 day explicit_date +old"},
		{"the year's last day, told on its first", "on 31 December", "2026-01-01T09:00:00Z", "UTC", "31 December = 2025-12-31 day explicit_date"},
		{"a year without a clock", "on 5 March 2020", "", "UTC", "5 March 2020 = 2020-03-05 day explicit_date"},
		{"no year without a clock", "on 5 March", "", "UTC", "5 March = - day explicit_date"},
		{"a name is no date", "the 26 July movement", wednesday, "UTC", "26 July = - unknown explicit_date"},

		// Months and years.
		{"a month", "in January", wednesday, "UTC", "January = 2026-01-01..2026-01-31 month explicit_date +old"},
		{"a month that is to come was last year's", "in October", wednesday, "UTC", "October = 2025-10-01..2025-10-31 month explicit_date +old"},
		{"a month of a year", "in February 2024", wednesday, "UTC", "February 2024 = 2024-02-01..2024-02-29 month explicit_date +old"},
		{"a month of last year", "in January last year", wednesday, "UTC", "January last year = 2025-01-01..2025-01-31 month explicit_date +old"},
		{"since a month", "since January", wednesday, "UTC", "January = 2026-01-01..2026-01-31 month explicit_date +old +running"},
		{"a year", "in 2017", wednesday, "UTC", "2017 = 2017-01-01..2017-12-31 year explicit_date +old"},
		{"the year at hand runs", "in 2026", wednesday, "UTC", "2026 = 2026-01-01..2026-12-31 year explicit_date +running"},
		{"since a year", "since 2017", wednesday, "UTC", "2017 = 2017-01-01..2017-12-31 year explicit_date +old +running"},
		{"two years", "in 2016-2017", wednesday, "UTC", "2016-2017 = 2016-01-01..2017-12-31 year explicit_date +old"},
		{"of a trial's deed", "over 2017 school bombing", wednesday, "UTC", "2017 = 2017-01-01..2017-12-31 year explicit_date +old"},
		{"over so many people", "over 2017 pupils", wednesday, "UTC", ""},
		{"so many people are no year", "of 2017 people", wednesday, "UTC", ""},
		{"the verb", "He may go.", wednesday, "UTC", ""},
		{"the march of protesters", "The March of protesters", wednesday, "UTC", ""},

		// Stretches.
		{"two days of a month", "on 3 to 5 March", wednesday, "UTC", "3 to 5 March = 2026-03-03..2026-03-05 day explicit_date"},
		{"12 to 13 March", "12 to 13 March", "2026-03-21T09:00:00Z", "UTC", "12 to 13 March = 2026-03-12..2026-03-13 day explicit_date"},
		{"with a dash", "on March 3–5", wednesday, "UTC", "March 3–5 = 2026-03-03..2026-03-05 day explicit_date"},
		{"between two days of a year", "between March 2 and March 22, 2018", wednesday, "UTC", "March 2 and March 22, 2018 = 2018-03-02..2018-03-22 day explicit_date +old"},
		{"over a year's end", "between December 20 and January 5, 2018", wednesday, "UTC", "December 20 and January 5, 2018 = 2017-12-20..2018-01-05 day explicit_date +old"},
		{"between days of two years are two dates", "between December 20, 2017 and January 5, 2018", wednesday, "UTC",
			"December 20, 2017 = 2017-12-20 day explicit_date +old; January 5, 2018 = 2018-01-05 day explicit_date +old"},
		{"from one to another", "from 2 March to 4 March", wednesday, "UTC", "2 March to 4 March = 2026-03-02..2026-03-04 day explicit_date"},

		// Refused.
		{"no such day", "on 31 February", wednesday, "UTC", "31 February = - unknown explicit_date: there is no 31 February"},
		{"no such day of the year", "on 29 February 2023", wednesday, "UTC", "29 February 2023 = - unknown explicit_date: there is no 29 February 2023"},
		{"no such day this year", "on 29 February", wednesday, "UTC", "29 February = - unknown explicit_date: there is no 29 February 2026"},
		{"no such day in one piece", "2026-02-31", wednesday, "UTC", "2026-02-31 = - unknown explicit_date: there is no 31 February"},
		{"no such day last month", "on the 31st", wednesday, "UTC", "31st = - unknown explicit_date: February 2026 has no 31"},
		{"a year of no text", "on 19 July 9999", wednesday, "UTC", "19 July 9999 = - unknown explicit_date: 19 July 9999 is after the publication"},
		{"a day to come", "on 19 July 2030", wednesday, "UTC", "19 July 2030 = - unknown explicit_date: 19 July 2030 is after the publication"},
		{"a month to come", "in July 2030", wednesday, "UTC", "July 2030 = - unknown explicit_date: 1 July 2030 is after the publication"},
		{"a year to come", "in 2030", wednesday, "UTC", "2030 = - unknown explicit_date: 1 January 2030 is after the publication"},
		{"three days ahead with a year", "on 14 March 2026", wednesday, "UTC", "14 March 2026 = - unknown explicit_date: 14 March 2026 is after the publication"},

		{"nothing", "", wednesday, "UTC", ""},
		{"an hour of Greenwich is no year", "at 1900 GMT", wednesday, "UTC", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, all(tt.in, at(t, tt.at), Zone(tt.zone))); d != "" {
				t.Errorf("Find(%q) at %s in %s (-want +got)\n%s", tt.in, tt.at, tt.zone, d)
			}
		})
	}
}

// TestFindOnceWrong holds what was read wrongly once, and why.
func TestFindOnceWrong(t *testing.T) {
	for _, tt := range []struct{ name, in, at, zone, want, why string }{
		{"a stretch that ends on no day", "between 2 January and 31 February 2018", wednesday, "UTC", "2 January and 31 February 2018 = - unknown explicit_date: there is no 31 February",
			"through takes the second day's spec though it was refused, and date checks the first only"},
		{"a stretch over the last year's end", "between December 20 and January 5", "2026-01-10T09:00:00Z", "UTC", "December 20 and January 5 = 2025-12-20..2026-01-05 day explicit_date",
			"the year is chosen so that the first day is past, then taken back once more because the second is before it"},
		{"a stretch that ends after publication", "from March 2 to March 22", wednesday, "UTC", "March 2 to March 22 = - unknown explicit_date: 22 March 2026 is after the publication",
			"only the first day is asked whether it has come"},
		{"so do days with a dash", "on March 2-22", wednesday, "UTC", "March 2-22 = - unknown explicit_date: 22 March 2026 is after the publication",
			"only the first day is asked whether it has come"},
		{"New Year's Day, told on it in the zone", "on 1 January", "2025-12-31T12:00:00Z", "Pacific/Kiritimati", "1 January = 2026-01-01 day explicit_date +old",
			"the year is that of publication in UTC, not in the zone: a year off"},
		{"the same in Kabul", "on Thursday, 1 January", "2025-12-31T20:00:00Z", "Asia/Kabul", "Thursday, 1 January = 2026-01-01 day explicit_date +old",
			"the year is that of publication in UTC, not in the zone: a year off"},
		{"why a day is none", "on 45 July", wednesday, "UTC", "July = - unknown explicit_date: there is no 45 July",
			"In forgets what was refused while reading, and so do Find and enrich"},
		{"why an ordinal is none", "the 32nd of May", wednesday, "UTC", "May = - unknown explicit_date: there is no 32 May",
			"In forgets what was refused while reading"},
		{"why a weekday is none", "next Monday", wednesday, "UTC", "Monday = - unknown weekday: it is to come",
			"In forgets what was refused while reading"},
		{"why an appointment is none", "until 20 March", wednesday, "UTC", "20 March = - unknown explicit_date: it is to come",
			"In forgets what was refused while reading"},
		{"the day behind the month", "on July 45", wednesday, "UTC", "July 45 = - unknown explicit_date: there is no 45 July",
			"it is refused before the month only, and behind it becomes the month"},
		{"a day whose midnight is skipped", "on Sunday", "2018-11-04T15:00:00Z", "America/Sao_Paulo", "Sunday = 2018-11-04T01:00:00..2018-11-04T23:59:59 day weekday",
			"time.Date puts the missing midnight on the day before, and the weekday is asked there: a week and an hour off"},
		{"today where midnight is skipped", "today", "2024-04-26T12:00:00Z", "Africa/Cairo", "today = 2024-04-26T01:00:00..2024-04-26T23:59:59 day relative",
			"the day after is counted from 01:00, so that the day ends at 00:59:59 of the next"},
		{"a weekday counted back from there", "on Thursday", "2024-04-26T12:00:00Z", "Africa/Cairo", "Thursday = 2024-04-25 day weekday",
			"all days are counted from 01:00"},
		{"yesterday's, told the day after", "on Sunday", "2024-03-31T12:00:00Z", "Asia/Beirut", "Sunday = 2024-03-31T01:00:00..2024-03-31T23:59:59 day weekday",
			"the day after is counted from 01:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := all(tt.in, at(t, tt.at), Zone(tt.zone)); got != tt.want {
				t.Errorf("Find(%q) at %s in %s: got %s, want %s (%s)", tt.in, tt.at, tt.zone, got, tt.want, tt.why)
			}
		})
	}
}

// TestAt holds that what At itself refuses has its reason.
func TestAt(t *testing.T) {
	c := at(t, wednesday)
	for _, tt := range []struct {
		name, in string
		i, n     int
		refused  string
	}{
		{"a day too many", "45 July", 1, 1, "there is no 45 July"},
		{"an ordinal too many", "the 32nd of May", 3, 1, "there is no 32 May"},
		{"a weekday to come", "next Monday", 1, 1, "it is to come"},
		{"an appointment", "until 20 March", 1, 2, "it is to come"},
		{"a case put off", "postponed to 20 March", 2, 2, "it is to come"},
		{"a price to rise", "will rise on 20 March", 3, 2, "it is to come"},
		{"a good day", "on 5 March", 1, 2, ""},
		{"no time", "the bomb", 0, 0, ""},
		{"behind the end", "the bomb", 2, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, n := At(text.Parse(tt.in).Tokens, tt.i, c)
			if n != tt.n || got.Refused != tt.refused {
				t.Errorf("At(%q, %d) = %d tokens, refused %q; want %d, %q", tt.in, tt.i, n, got.Refused, tt.n, tt.refused)
			}
		})
	}
}

func TestWeekday(t *testing.T) {
	got := Find("on Sunday", at(t, wednesday), time.UTC)
	if len(got) != 1 || got[0].Weekday != 1 {
		t.Errorf("Find(on Sunday) = %+v; want Weekday 1", got)
	}
}

// TestDayLength holds that a day of a zone is as long as it was there.
func TestDayLength(t *testing.T) {
	for _, tt := range []struct {
		name, in, at, zone string
		hours              int
	}{
		{"clocks go forward", "today", "2026-03-08T20:00:00Z", "America/Los_Angeles", 23},
		{"clocks go back", "yesterday", "2026-11-02T20:00:00Z", "America/Los_Angeles", 25},
		{"forward in Europe, by its weekday", "on Sunday", "2026-03-30T09:00:00Z", "Europe/Kyiv", 23},
		{"back in Europe, by its date", "on 25 October", "2026-10-26T09:00:00Z", "Europe/Kyiv", 25},
		{"a day without a change", "today", "2026-03-09T20:00:00Z", "America/Los_Angeles", 24},
		{"the same day elsewhere", "today", "2026-03-08T20:00:00Z", "Asia/Kabul", 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Find(tt.in, at(t, tt.at), Zone(tt.zone))
			if len(got) != 1 {
				t.Fatalf("Find(%q) = %+v, want one", tt.in, got)
			}
			if long := got[0].Latest.Sub(got[0].Earliest) + time.Second; long != time.Duration(tt.hours)*time.Hour {
				t.Errorf("Find(%q) at %s in %s: %s, %v; want %d hours", tt.in, tt.at, tt.zone, span(got[0].Earliest, got[0].Latest, Zone(tt.zone)), long, tt.hours)
			}
		})
	}
}

// TestFrom counts from another day of the text.
func TestFrom(t *testing.T) {
	c, loc := at(t, wednesday), Zone("Asia/Kabul")
	for _, tt := range []struct{ name, in, want string }{
		{"days before a weekday", "on Monday … two days earlier", "2026-03-07"},
		{"the previous day", "on Monday … the previous day", "2026-03-08"},
		{"days before a date", "on 1 March 2024 … two days before", "2024-02-28"},
		{"three days before a leap day's morrow", "on 1 March … two days earlier", "2026-02-27"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fs := Find(tt.in, c, loc)
			if len(fs) != 2 || fs[1].Back == 0 {
				t.Fatalf("Find(%q) = %s; want two, the second counted from the first", tt.in, all(tt.in, c, loc))
			}
			got := fs[1].From(fs[0].Time).In(c, loc)
			if s := span(got.Earliest, got.Latest, loc); s != tt.want || got.Precision != "day" {
				t.Errorf("%q = %s %s, want %s day", tt.in, s, got.Precision, tt.want)
			}
		})
	}
}

func TestClock(t *testing.T) {
	for _, tt := range []struct {
		at           string
		known, exact bool
		end          string
	}{
		{"", false, false, "0001-01-01T00:00:00Z"},
		{wednesday, true, true, "2026-03-11T09:00:00Z"},
		{"2026-03-11", true, true, "2026-03-11T00:00:00Z"},
		{"2026-03", true, false, "2026-04-01T00:00:00Z"},
		{"2026", true, false, "2027-01-01T00:00:00Z"},
	} {
		c := at(t, tt.at)
		if c.Known() != tt.known || c.Exact() != tt.exact || c.End().Format(time.RFC3339) != tt.end {
			t.Errorf("clock %q: known %v, exact %v, end %s; want %v, %v, %s", tt.at, c.Known(), c.Exact(), c.End().Format(time.RFC3339), tt.known, tt.exact, tt.end)
		}
	}
}

func TestZone(t *testing.T) {
	for in, want := range map[string]string{"": "UTC", "UTC": "UTC", "Asia/Kabul": "Asia/Kabul", "Mars/Olympus": "UTC", "../etc/passwd": "UTC", "\x00": "UTC"} {
		if got := Zone(in).String(); got != want {
			t.Errorf("Zone(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestCalendar(t *testing.T) {
	for in, want := range map[string]bool{"monday": true, "sept": true, "may": true, "thurs": true, "monda": false, "Monday": false, "": false} {
		if got := Calendar(in); got != want {
			t.Errorf("Calendar(%q) = %v, want %v", in, got, want)
		}
	}
}

// steady lists zones whose clocks do not change at midnight; see TestFindWrong
// for those that do.
var steady = []string{"UTC", "Asia/Kabul", "America/Los_Angeles", "Pacific/Kiritimati", "Europe/Kyiv", "Asia/Kathmandu", "Africa/Bamako", "Pacific/Pago_Pago", "Australia/Lord_Howe", "America/Caracas"}

// clocks draws times of publication between 2000 and 2030.
func clocks() *rapid.Generator[Clock] {
	return rapid.Custom(func(t *rapid.T) Clock {
		c := Clock{Published: time.Unix(rapid.Int64Range(946_684_800, 1_893_456_000).Draw(t, "published"), 0).UTC(), Precision: rapid.SampledFrom([]string{"", "", "", "day", "month", "year"}).Draw(t, "precision")}
		y, m, d := c.Published.Date()
		switch c.Precision {
		case "year":
			m, d = 1, 1
		case "month":
			d = 1
		case "":
			return c
		}
		c.Published = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return c
	})
}

// today is the day of publication in a zone.
func today(c Clock, loc *time.Location) time.Time {
	p := c.Published
	if c.Precision == "" {
		p = p.In(loc)
	}
	return time.Date(p.Year(), p.Month(), p.Day(), 12, 0, 0, 0, time.UTC)
}

func TestWeekdayProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, loc := clocks().Draw(t, "clock"), Zone(rapid.SampledFrom(steady).Draw(t, "zone"))
		wd := time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday"))
		got := Find("on "+wd.String(), c, loc)
		if len(got) != 1 {
			t.Fatalf("Find(on %s) = %+v, want one", wd, got)
		}
		a := got[0].Earliest
		if !c.Exact() {
			if !a.IsZero() {
				t.Fatalf("on %s: %s of a clock whose day is not known", wd, a)
			}
			return
		}
		y, m, d := a.In(loc).Date()
		day := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
		if back := today(c, loc).Sub(day).Hours() / 24; day.Weekday() != wd || back < 0 || back > 6 {
			t.Fatalf("on %s, published %s: %s, which is a %s, %v days back; want one of the last seven days", wd, c.Published, a, day.Weekday(), back)
		}
		if end := got[0].Latest.In(loc); end.Day() != d || end.Format("15:04:05") != "23:59:59" {
			t.Fatalf("on %s: it ends %s, want the end of that day", wd, end)
		}
	})
}

// phrases are what texts about times are made of.
var phrases = []string{
	"on Monday", "on Sunday", "last Friday", "yesterday", "today", "overnight", "last night", "the day before yesterday", "this week", "last week", "this weekend", "over the weekend", "last month", "last year", "this year", "every year",
	"two days ago", "three weeks ago", "a month ago", "ten years ago", "two days earlier", "the previous day", "on the 31st", "on the 1st", "on 29 February", "on 31 December", "on January 1", "12 March", "March 3-5", "12 to 13 March",
	"on 5 March 2020", "in January", "in May", "in December 2019", "in 2017", "in 2016-2017", "since 2020", "between March 2 and March 22, 2018", "from 2 March to 4 April", "2020-02-29", "on 45 July", "31 April", "in 2099", "19 July 9999",
}

// relative are those that nothing but the clock tells.
var relative = []string{"on Monday", "last Friday", "yesterday", "today", "tonight", "overnight", "last night", "the day before yesterday", "this week", "last week", "over the weekend", "last month", "last year", "this year", "two days ago", "three weeks ago", "a month ago", "ten years ago", "two days earlier", "on the 31st", "on 5 March", "in January", "from 2 March to 4 April"}

func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, loc := clocks().Draw(t, "clock"), Zone(rapid.SampledFrom(steady).Draw(t, "zone"))
		s := rapid.SampledFrom(phrases).Draw(t, "phrase")
		toks := text.Parse(s).Tokens
		for i := range toks {
			x, n := At(toks, i, c)
			if n == 0 {
				continue
			}
			a, b := x.In(c, loc), x.In(c, loc)
			if a != b {
				t.Fatalf("%q: %s, and measured again %s", s, render(a, loc), render(b, loc))
			}
			if c := a.In(c, loc); c != a {
				t.Fatalf("%q: %s, and measured from the result %s", s, render(a, loc), render(c, loc))
			}
			if a.Earliest.IsZero() != a.Latest.IsZero() || a.Latest.Before(a.Earliest) {
				t.Fatalf("%q: %s..%s", s, a.Earliest, a.Latest)
			}
			if a.Refused != "" && !a.Earliest.IsZero() {
				t.Fatalf("%q: refused and resolved: %s", s, render(a, loc))
			}
			// Two days are left to zones and misdated items.
			if latest := c.End().Add(48 * time.Hour); a.Earliest.After(latest) {
				t.Fatalf("%q, published %s: %s is more than two days later", s, c.Published, a.Earliest)
			}
		}
	})
}

func TestUnknownClock(t *testing.T) {
	for _, s := range relative {
		for _, f := range Find(s, Clock{}, Zone("Asia/Kabul")) {
			if !f.Earliest.IsZero() || !f.Latest.IsZero() || f.Refused != "" {
				t.Errorf("Find(%q) without a clock: %s; want it open", s, render(f.Time, time.UTC))
			}
		}
	}
}

// TestDaysAreNotAhead holds that what is no explicit date never ends after the
// day of publication, but for the weekend at hand.
func TestDaysAreNotAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, loc := clocks().Draw(t, "clock"), Zone(rapid.SampledFrom(steady).Draw(t, "zone"))
		s := rapid.SampledFrom(relative[:len(relative)-3]).Draw(t, "phrase")
		for _, f := range Find(s, c, loc) {
			if f.Earliest.IsZero() {
				continue
			}
			y, m, d := f.Latest.In(loc).Date()
			ahead := time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Sub(today(c, loc)).Hours() / 24
			if ahead > 0 && !(strings.Contains(s, "weekend") && ahead <= 1) {
				t.Fatalf("%q, published %s: %s is %v days ahead", s, c.Published, f.Latest, ahead)
			}
		}
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range append(phrases, "", "Mon, 9 Mar 2026", "at 9:45 on Monday", "May May May 1 1 1", "1-1-1", "2026-13-45", "0 January", "31st 31st of of", "\xff Monday", "Jan. . 5", "the the day before", "a couple of", "last last last", "between March 2 and and", "99999999999999999999 days ago", "in the night from Saturday to", "２０２６-０３-０５") {
		f.Add(s, int64(1_773_219_600), byte(0))
	}
	precisions := []string{"", "day", "month", "year"}
	f.Fuzz(func(t *testing.T, s string, unix int64, which byte) {
		c := Clock{Published: time.Unix(unix%4_000_000_000, 0).UTC(), Precision: precisions[which&3]}
		if which&4 != 0 {
			c = Clock{}
		}
		loc := Zone(steady[int(which>>3)%len(steady)])
		end := 0
		for _, x := range Find(s, c, loc) {
			if x.Start < end || x.End <= x.Start || x.End > len(s) {
				t.Fatalf("Find(%q): [%d:%d] is behind [:%d] or leaves the text of %d bytes", s, x.Start, x.End, end, len(s))
			}
			end = x.End
			if x.Earliest.IsZero() != x.Latest.IsZero() || x.Latest.Before(x.Earliest) {
				t.Fatalf("Find(%q): %s..%s", s, x.Earliest, x.Latest)
			}
			if x.Refused != "" && !x.Earliest.IsZero() {
				t.Fatalf("Find(%q): refused and resolved: %s", s, render(x.Time, loc))
			}
			if x.Weekday < 0 || x.Weekday > 7 || x.Back < 0 {
				t.Fatalf("Find(%q): weekday %d, back %d", s, x.Weekday, x.Back)
			}
			switch x.Precision {
			case "day", "week", "month", "year", "unknown":
			default:
				t.Fatalf("Find(%q): precision %q", s, x.Precision)
			}
			if c.Known() && x.Earliest.After(c.End().Add(62*time.Hour)) {
				t.Fatalf("Find(%q), published %s: %s is more than two days later", s, c.Published, x.Earliest)
			}
		}
		toks := text.Parse(s).Tokens
		for i := range toks {
			if _, n := At(toks, i, c); n < 0 || i+n > len(toks) || n > 0 && !Begins(toks, i) {
				t.Fatalf("At(%q, %d) takes %d of %d tokens", s, i, n, len(toks))
			}
			if h, n := HourAt(toks, i); n < 0 || i+n > len(toks) || n > 0 && (h.Hour < 0 || h.Hour > 23 || h.Minute < 0 || h.Minute > 59) {
				t.Fatalf("HourAt(%q, %d) = %+v, %d of %d tokens", s, i, h, n, len(toks))
			}
		}
	})
}

func BenchmarkFind(b *testing.B) {
	const s = "The attack on Monday, March 9, was the third since January; last year 45 people died, and two days earlier a bomb had killed six. At 9:45 local time police came."
	c, loc := at(b, wednesday), Zone("Asia/Kabul")
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Find(s, c, loc)
	}
}
