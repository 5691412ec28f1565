package when

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/enrich/text"
)

// hours writes the times of day of a text.
func hours(s string) string {
	toks := text.Parse(s).Tokens
	out := ""
	for i := 0; i < len(toks); {
		h, n := HourAt(toks, i)
		if n == 0 {
			i++
			continue
		}
		if out != "" {
			out += ", "
		}
		out += fmt.Sprintf("%02d:%02d", h.Hour, h.Minute)
		if h.Whole {
			out += " whole"
		}
		if h.GMT {
			out += " GMT"
		}
		i += n
	}
	return out
}

func TestHourAt(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"behind at", "at 9:45", "09:45"},
		{"behind at about", "at around 9:45", "09:45"},
		{"behind before", "shortly before 21:30", "21:30"},
		{"behind since", "since 06:05", "06:05"},
		{"morning", "at 8:30 am", "08:30"},
		{"afternoon", "at 8:30 pm", "20:30"},
		{"joined", "at 8:30pm", "20:30"},
		{"with dots", "at 8:30 p.m.", "20:30"},
		{"with a dot between", "at 8.30 am", "08:30"},
		{"with a dot, joined", "at 8.30am", "08:30"},
		{"the hour alone", "at 7 pm", "19:00 whole"},
		{"the hour alone, joined", "at 7pm", "19:00 whole"},
		{"half past midnight", "at 12:30 am", "00:30"},
		{"half past noon", "at 12:30 pm", "12:30"},
		{"twelve at night", "12 a.m.", "00:00 whole"},
		{"twelve at noon", "12 p.m.", "12:00 whole"},
		{"no at is needed with pm", "A bomb exploded, 3 pm local time.", "15:00 whole"},
		{"Greenwich", "at 0530 GMT", "05:30 GMT"},
		{"Greenwich in brackets", "10 p.m. (1900 GMT)", "22:00 whole, 19:00 GMT"},
		{"UTC is Greenwich", "at 17:05 UTC", "17:05 GMT"},
		{"Greenwich without at", "(1630 GMT)", "16:30 GMT"},
		{"local time", "at 9:45 local time", "09:45"},
		{"local time without at", "9:45 local time", "09:45"},
		{"four digits and hours", "around 1930 hours", "19:30"},
		{"a pm too many", "at 21:30 pm", "21:30"},
		{"noon", "at noon", "12:00 whole"},
		{"midday", "around noon, since midday", "12:00 whole"},
		{"midnight", "shortly after midnight", "00:00 whole"},
		{"noon without a word before is none", "High Noon in town", ""},
		{"a score", "won 3:2", ""},
		{"a score of two digits", "won 21:15", ""},
		{"a score behind at", "at 3:2", ""},
		{"a share", "rose 9.30 per cent", ""},
		{"a share behind at", "at 9.30 per cent", ""},
		{"a number behind at", "at 9 people", ""},
		{"a fraction behind at", "at 3.5", ""},
		{"no such hour", "at 25:70", ""},
		{"no such minute", "at 9:75", ""},
		{"24 is no hour", "at 24:00", ""},
		{"no such hour of an afternoon", "at 30 pm", ""},
		{"a year", "at 1900", ""},
		{"a number of people", "at 1200 people", ""},
		{"hours that pass", "after 5 hours", ""},
		{"three digits", "at 930 GMT", ""},
		{"a verse", "John 3:16 says", ""},
		{"nothing", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hours(tt.in); got != tt.want {
				t.Errorf("HourAt(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
	if _, n := HourAt(nil, 0); n != 0 {
		t.Errorf("HourAt(nil) takes %d tokens", n)
	}
}

func TestHourOn(t *testing.T) {
	for _, tt := range []struct {
		name, day, at, zone string
		hour                Hour
		want, precision     string // "" for no
	}{
		{"on the spot", "on Monday", wednesday, "Asia/Kabul", Hour{Hour: 9, Minute: 45}, "2026-03-09T09:45:00", "minute"},
		{"Greenwich", "on Monday", wednesday, "Asia/Kabul", Hour{Hour: 5, Minute: 30, GMT: true}, "2026-03-09T10:00:00", "minute"},
		{"the hour alone is an hour long", "on Monday", wednesday, "Asia/Kabul", Hour{Hour: 7, Whole: true}, "2026-03-09T07:00:00..2026-03-09T07:59:59", "hour"},
		{"midnight begins the day", "on Monday", wednesday, "UTC", Hour{Whole: true}, "2026-03-09T00:00:00..2026-03-09T00:59:59", "hour"},
		{"today, before it was published", "today", wednesday, "UTC", Hour{Hour: 8, Minute: 59}, "2026-03-11T08:59:00", "minute"},
		{"today, when it was published", "today", wednesday, "UTC", Hour{Hour: 9}, "2026-03-11T09:00:00", "minute"},
		{"today, after it was published", "today", wednesday, "UTC", Hour{Hour: 9, Minute: 1}, "", ""},
		{"a day of publication has no hour", "today", "2026-03-11", "UTC", Hour{Hour: 23}, "2026-03-11T23:00:00", "minute"},
		{"on a day of 25 hours", "on 1 November", "2026-11-02T20:00:00Z", "America/Los_Angeles", Hour{Hour: 12}, "2026-11-01T12:00:00", "minute"},
		{"on a day of 23 hours", "on 8 March", wednesday, "America/Los_Angeles", Hour{Hour: 12}, "2026-03-08T12:00:00", "minute"},
		{"a week is no day", "last week", wednesday, "UTC", Hour{Hour: 9}, "", ""},
		{"two days are none", "on 3 to 5 March", wednesday, "UTC", Hour{Hour: 9}, "", ""},
		{"an open time is none", "two days earlier", wednesday, "UTC", Hour{Hour: 9}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, loc := at(t, tt.at), Zone(tt.zone)
			fs := Find(tt.day, c, loc)
			if len(fs) != 1 {
				t.Fatalf("Find(%q) = %+v, want one", tt.day, fs)
			}
			got, ok := tt.hour.On(fs[0].Time, c, loc)
			if !ok {
				if tt.want != "" || got != fs[0].Time {
					t.Errorf("%+v on %q: no, %s; want %q", tt.hour, tt.day, render(got, loc), tt.want)
				}
				return
			}
			if s := span(got.Earliest, got.Latest, loc); s != tt.want || got.Precision != tt.precision {
				t.Errorf("%+v on %q: %s %s; want %s %s", tt.hour, tt.day, s, got.Precision, tt.want, tt.precision)
			}
		})
	}
	t.Run("an hour that is not over when it is published", func(t *testing.T) {
		c := at(t, "2026-03-11T09:30:00Z")
		got, ok := Hour{Hour: 9, Whole: true}.On(Find("today", c, time.UTC)[0].Time, c, time.UTC)
		if ok && got.Latest.After(c.Published) {
			t.Errorf("at 9 am today, published %s: %s", c.Published, span(got.Earliest, got.Latest, time.UTC))
		}
	})
	t.Run("a day whose midnight is skipped", func(t *testing.T) {
		c, loc := at(t, "2018-11-04T15:00:00Z"), Zone("America/Sao_Paulo")
		got, ok := Hour{Hour: 9}.On(Find("today", c, loc)[0].Time, c, loc)
		if s := span(got.Earliest, got.Latest, loc); !ok || s != "2018-11-04T09:00:00" {
			t.Errorf("at 9:00 today, published %s: %s", c.Published.In(loc), s)
		}
	})
}

func TestHourProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, loc := clocks().Draw(t, "clock"), Zone(rapid.SampledFrom(steady).Draw(t, "zone"))
		h := Hour{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute"), GMT: rapid.Bool().Draw(t, "gmt")}
		if rapid.Bool().Draw(t, "whole") {
			h.Minute, h.Whole = 0, true
		}
		s := rapid.SampledFrom([]string{"today", "yesterday", "on Monday", "last night", "two days ago", "on 1 January", "on the 15th", "last week", "on 5 March 2020", "in May"}).Draw(t, "day")
		for _, f := range Find(s, c, loc) {
			got, ok := h.On(f.Time, c, loc)
			if !ok {
				if got != f.Time {
					t.Fatalf("%+v on %q: no, and changed: %s", h, s, render(got, loc))
				}
				continue
			}
			if c.Precision == "" && got.Earliest.After(c.Published) {
				t.Fatalf("%+v on %q, published %s: %s is after it", h, s, c.Published, got.Earliest)
			}
			in := loc
			if h.GMT {
				in = time.UTC
			}
			skipped := got.Earliest.In(in).Hour() != h.Hour && !h.GMT // an hour that the day does not have
			if got.Latest.Before(got.Earliest) || !skipped && (got.Earliest.In(in).Hour() != h.Hour || got.Earliest.In(in).Minute() != h.Minute) {
				t.Fatalf("%+v on %q: %s..%s", h, s, got.Earliest, got.Latest)
			}
			if off := got.Earliest.Sub(f.Earliest); off < -15*time.Hour || off > 39*time.Hour {
				t.Fatalf("%+v on %q: %s is not on %s", h, s, got.Earliest, f.Earliest)
			}
		}
	})
}
