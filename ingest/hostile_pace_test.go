package ingest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// noon is a Monday's, in GMT: for feeds that want to be left alone at times.
var noon = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)

func fails(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// busy is a case of a status with which a server asks for time: the feed waits,
// and where the host is a public one, so do all others of it.
func busy(status int) func(*victim) {
	return func(v *victim) {
		serverTime := time.Now().Truncate(time.Second).UTC()
		date := func(d time.Duration) string { return serverTime.Add(d).Format(http.TimeFormat) }
		const day = 24 * time.Hour
		for k, tt := range []struct {
			value string
			hold  time.Duration // of the host; 0 for none
		}{
			{"120", 2 * time.Minute}, {"1", time.Minute}, {"7200", 2 * time.Hour}, {date(2 * time.Hour), 2 * time.Hour}, {date(9999 * day), day}, {"9999999999", day},
			{strings.Repeat("9", 40), day}, {"0", 0}, {"-5", 0}, {date(-time.Hour), 0}, {"soon", 0}, {"1.5", 0}, {"", 0},
		} {
			for network, public := range map[string]bool{"127.0.0.0/8": true, "127.0.0.1": false} { // the operator's own by name
				v.another(fmt.Sprint(k, network))
				v.cfg.AllowPrivate = []string{network}
				v.fetchWith()
				v.unscheduled()
				v.srv.serve(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Date", date(0))
					if tt.value != "" {
						w.Header().Set("Retry-After", tt.value)
					}
					w.WriteHeader(status)
				})
				counted, lines := v.failures(ReasonStatus), v.book.lines(ReasonStatus)
				e := v.entry(v.feed)
				v.visits(e)
				wait, least, most := e.due.Sub(v.at), max(v.cfg.Every, tt.hold), max(2*v.cfg.Every, tt.hold)
				if st := v.state(); wait < least || wait > most || st.Status != status || !st.Due.Equal(e.due) {
					v.t.Errorf("Retry-After %q: again in %v, want %v to %v; %+v", tt.value, wait, least, most, st)
				}
				if v.failures(ReasonStatus) != counted+1 || v.book.lines(ReasonStatus) != lines+1 {
					v.t.Errorf("Retry-After %q is not counted and told of once", tt.value)
				}
				hold := v.cfg.PerHost
				if public {
					hold = max(hold, tt.hold)
				}
				if want := v.at.Add(tt.hold); public && tt.hold > 0 && !v.state().HostHold.Equal(want) {
					v.t.Errorf("Retry-After %q: after a restart the host is held until %v, want %v", tt.value, v.state().HostHold, want)
				}
				other := v.entry(Feed{URL: v.srv.URL + "/other.xml", ID: "other"})
				v.enters(other)
				v.at = v.at.Add(hold - time.Millisecond)
				if n := len(v.begins()); n != 0 {
					v.t.Errorf("Retry-After %q at %s: another feed of the host is polled within %v", tt.value, network, hold)
				}
				v.at = v.at.Add(time.Millisecond)
				if start := v.begins(); !slices.Contains(start, other) {
					v.t.Errorf("Retry-After %q at %s: no other feed of the host is polled after %v", tt.value, network, hold)
				}
			}
		}
	}
}

// wish is what a feed or its server say of when to come again, and within which
// bounds that is done.
type wish struct {
	name, channel string
	header        []string
	low, high     time.Duration
}

// usual is the wait of a feed that says nothing of use.
const usualLow, usualHigh = 9 * time.Minute, 11 * time.Minute

// wishes is a case of feeds that say when to come again. A 304 says it as well.
func wishes(list ...wish) func(*victim) {
	return func(v *victim) {
		for _, w := range list {
			v.another(w.name)
			v.at = noon
			headers := slices.Concat(w.header, []string{"ETag", `"1"`})
			v.srv.body(rss(w.channel, itemA), headers...)
			v.want(w.name, v.pollOnce(), "a/1 Blast")
			first := v.state().Due.Sub(v.at)
			v.srv.serve(func(rw http.ResponseWriter, _ *http.Request) {
				for k := 0; k < len(headers); k += 2 {
					rw.Header().Set(headers[k], headers[k+1])
				}
				rw.WriteHeader(http.StatusNotModified)
			})
			v.want(w.name, v.pollOnce())
			if second := v.state().Due.Sub(v.at); min(first, second) < w.low || max(first, second) > w.high || v.state().Failures != 0 {
				v.t.Errorf("%s: polled again in %v, and in %v after a 304; want %v to %v", w.name, first, second, w.low, w.high)
			}
		}
	}
}

// each writes elements of one name.
func each(name string, values ...any) (s string) {
	for _, value := range values {
		s += fmt.Sprintf("<%s>%v</%[1]s>", name, value)
	}
	return s
}

var (
	allHours = []any{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}
	allDays  = []any{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

// hostilePaces want to be polled never, always, or all at once.
var hostilePaces = []hostileCase{
	{"36_not_found", func(v *victim) {
		v.good()
		v.srv.serve(http.NotFound)
		e := v.entry(v.feed)
		slowest := time.Duration(0)
		for n := 1; n <= 40; n++ {
			v.visits(e)
			wait, most := e.due.Sub(v.at), min(time.Hour<<min(n-1, 6), 24*time.Hour)
			if wait < 30*time.Minute || wait > most || v.state().Failures != n {
				v.t.Errorf("not found for the %dth time: asked again in %v, want up to %v; %+v", n, wait, most, v.state())
			}
			slowest = max(slowest, wait)
		}
		if slowest < 12*time.Hour { // 1 in 10¹⁰ where waits are spread over a day
			v.t.Errorf("after 40 times asked again in %v at most, want up to a day", slowest)
		}
		if failing, silent := testutil.ToFloat64(v.metrics.failing), testutil.ToFloat64(v.metrics.silent); failing != 1 || silent != 1 || v.failures(ReasonStatus) != 40 {
			v.t.Errorf("counted %v failures, %v feeds failing, %v for a day; want 40, 1, 1", v.failures(ReasonStatus), failing, silent)
		}
		if list, _ := v.silences(); len(list) != 1 || list[0] != (silence{v.feed.ID, silentFailing, v.state().FailingSince}) {
			v.t.Errorf("silent feeds: %v, want this one since %v", list, v.state().FailingSince)
		}
		if first, day, lines := v.book.says("poll failed"), v.book.says("failed for a day"), v.book.lines(ReasonStatus); first != 1 || day != 1 || lines != 2 {
			v.t.Errorf("%d lines of the log tell of it, want the first failure and that it lasts", lines)
		}
		v.srv.body(rss(itemA))
		v.visits(e)
		if failing, silent := testutil.ToFloat64(v.metrics.failing), testutil.ToFloat64(v.metrics.silent); failing != 0 || silent != 0 {
			v.t.Errorf("when it is back %v feeds fail, %v for a day", failing, silent)
		}
		if list, dry := v.silences(); len(list) != 0 || dry != 0 {
			v.t.Errorf("when it is back, silent feeds: %v, %d of them dry", list, dry)
		}
		v.recovers()
	}},
	{"37_gone", func(v *victim) {
		v.good()
		v.srv.serve(fails(http.StatusGone))
		e := v.entry(v.feed)
		for n := 1; n <= 3; n++ {
			v.visits(e)
			if wait := e.due.Sub(v.at); wait < goneAgain || wait > goneAgain+goneAgain/10 {
				v.t.Errorf("gone for the %dth time: asked again in %v, want a month", n, wait)
			}
		}
		if gone, lines := testutil.ToFloat64(v.metrics.gone), v.book.says("feed is gone"); gone != 1 || lines != 1 || v.failures(ReasonStatus) != 3 {
			v.t.Errorf("%v feeds are gone, told in %d lines, counted %v; want 1, 1, 3", gone, lines, v.failures(ReasonStatus))
		}
		if st := v.state(); st.ETag != `"good"` || (Status{State: st}).Word() != StatusGone {
			v.t.Errorf("what is gone left %+v", st)
		}
		v.srv.body(rss(itemA))
		v.visits(e)
		if st := v.state(); !st.Gone.IsZero() || testutil.ToFloat64(v.metrics.gone) != 0 {
			v.t.Errorf("what is back is gone: %+v", st)
		}
		v.recovers()
	}},
	{"38_too_many_requests", busy(http.StatusTooManyRequests)},
	{"39_unavailable", busy(http.StatusServiceUnavailable)},
	{"40_flapping", func(v *victim) {
		v.cfg.QuietEvery = 0 // a feed that posts seldom is another matter
		var third []time.Duration
		for k := range 20 {
			v.another(fmt.Sprint(k))
			v.srv.body(rss(itemA))
			v.pollOnce()
			lines := v.book.lines(ReasonStatus)
			for n, status := range []int{500, 502, 502, 504} {
				v.srv.serve(fails(status))
				v.want("a broken server", v.pollOnce())
				wait := v.state().Due.Sub(v.at)
				if most := min(v.cfg.Every<<(n+1), v.cfg.MaxEvery); wait < v.cfg.Every || wait > most || v.state().Failures != n+1 {
					v.t.Errorf("failure %d: again in %v, want %v to %v", n+1, wait, v.cfg.Every, most)
				}
				if n == 2 {
					third = append(third, wait)
				}
			}
			if n := v.book.lines(ReasonStatus) - lines; n != 1 {
				v.t.Errorf("trouble of one class is told of in %d lines, want 1", n)
			}
			v.srv.body(rss(itemA, itemB))
			v.want("not dead", v.pollOnce(), "b/1 Vote")
			if wait := v.state().Due.Sub(v.at); wait > usualHigh || v.state().Failures != 0 {
				v.t.Errorf("after a success again in %v, want the usual; %+v", wait, v.state())
			}
			v.srv.serve(fails(500))
			v.pollOnce()
			if wait := v.state().Due.Sub(v.at); wait > 2*v.cfg.Every {
				v.t.Errorf("the first failure after it: again in %v, want to begin anew", wait)
			}
		}
		// Spread over 10 to 80 minutes: 1 in 10⁷ that none of 20 is in one of the halves.
		if slices.Min(third) > 45*time.Minute || slices.Max(third) < 45*time.Minute {
			v.t.Errorf("the third failure waits %v to %v: no jitter", slices.Min(third), slices.Max(third))
		}
		v.srv.body(rss(itemA, itemB))
		v.pollOnce()
		v.recovers()
	}},
	{"41_headers_on_freshness", wishes(
		wish{"a year", "", []string{"Cache-Control", "public, max-age=31536000, immutable"}, maxAsked, maxAsked * 11 / 10},
		wish{"two hours", "", []string{"Cache-Control", "max-age=7200"}, 2 * time.Hour, 2 * time.Hour * 11 / 10},
		wish{"less their age", "", []string{"Cache-Control", `max-age="7200"`, "Age", "3600"}, time.Hour, time.Hour * 11 / 10},
		wish{"older than that", "", []string{"Cache-Control", "max-age=7200", "Age", "7201"}, usualLow, usualHigh},
		wish{"no-store", "", []string{"Cache-Control", "no-store, max-age=7200"}, usualLow, usualHigh},
		wish{"at once", "", []string{"Cache-Control", "max-age=0"}, usualLow, usualHigh},
		wish{"below zero", "", []string{"Cache-Control", "max-age=-3600"}, usualLow, usualHigh},
		wish{"beyond numbers", "", []string{"Cache-Control", "max-age=" + strings.Repeat("9", 40)}, maxAsked, maxAsked * 11 / 10},
		wish{"garbage", "", []string{"Cache-Control", "max-age=soon, ,=,;"}, usualLow, usualHigh},
		wish{"expired at zero", "", []string{"Expires", "0"}, usualLow, usualHigh},
		wish{"expired at minus one", "", []string{"Expires", "-1"}, usualLow, usualHigh},
		wish{"max-age over Expires", "", []string{"Cache-Control", "max-age=0", "Expires", "Fri, 31 Dec 2099 23:59:59 GMT"}, usualLow, usualHigh},
	)},
	{"42_wishes_in_the_feed", wishes(
		wish{"ttl 1", each("ttl", 1), nil, usualLow, usualHigh},
		wish{"ttl 0", each("ttl", 0), nil, usualLow, usualHigh},
		wish{"ttl below 0", each("ttl", -60), nil, usualLow, usualHigh},
		wish{"ttl 60", each("ttl", 60), nil, time.Hour, time.Hour * 11 / 10},
		wish{"ttl 999999", each("ttl", 999999), nil, maxAsked, maxAsked * 11 / 10},
		wish{"ttl beyond numbers", each("ttl", strings.Repeat("9", 40)), nil, usualLow, maxAsked * 11 / 10},
		wish{"yearly", each("sy:updatePeriod", "yearly"), nil, maxAsked, maxAsked * 11 / 10},
		wish{"a million a day", each("sy:updatePeriod", "daily") + each("sy:updateFrequency", 1_000_000), nil, usualLow, usualHigh},
		wish{"no times a day", each("sy:updatePeriod", "daily") + each("sy:updateFrequency", 0), nil, usualLow, maxAsked * 11 / 10},
		wish{"not at noon nor at one", each("skipHours", each("hour", 12, 13)), nil, 2*time.Hour + usualLow, 2*time.Hour + usualHigh},
		wish{"not at any hour", each("skipHours", each("hour", allHours...)), nil, usualLow, usualHigh},
		wish{"not on Mondays", each("skipDays", each("day", "Monday")), nil, 12 * time.Hour, 12*time.Hour + usualHigh},
		wish{"not on any day", each("skipDays", each("day", allDays...)), nil, usualLow, usualHigh},
		wish{"only at noon on days that are none", each("skipHours", each("hour", append(slices.Clone(allHours[:12]), allHours[13:]...)...)) + each("skipDays", each("day", allDays[1:]...)), nil, usualLow, usualHigh},
	)},
	{"43_another_time_at_the_server", func(v *victim) {
		for name, skew := range map[string]time.Duration{"behind": -87600 * time.Hour, "ahead": 87600 * time.Hour} {
			there := time.Now().Add(skew).UTC()
			at := func(d time.Duration) string { return there.Add(d).Format(http.TimeFormat) }
			wishes(
				wish{name + ", in two hours", "", []string{"Date", at(0), "Expires", at(2 * time.Hour)}, 2 * time.Hour, 2 * time.Hour * 11 / 10},
				wish{name + ", an hour ago", "", []string{"Date", at(0), "Expires", at(-time.Hour)}, usualLow, usualHigh},
			)(v)
			v.another(name + ", busy")
			v.srv.serve(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", at(0))
				w.Header().Set("Retry-After", at(3*time.Hour))
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			v.pollOnce()
			if wait := v.state().Due.Sub(v.at); wait != 3*time.Hour {
				v.t.Errorf("server %v off: Retry-After in three hours is taken for %v", skew, wait)
			}
		}
	}},
	{"44_dates_of_items", func(v *victim) {
		now := v.at.Add(10 * time.Minute) // of the poll
		moment := time.Date(2026, 2, 17, 14, 12, 6, 0, time.UTC)
		type date struct {
			written string
			want    time.Time
			clamped bool
		}
		const rfc = "Mon, 02 Jan 2006 15:04:05 GMT"
		dates := []date{
			{now.Add(24 * time.Hour).Format(rfc), now, true}, {now.Add(61 * time.Minute).Format(rfc), now, true}, {"Sun, 09 Mar 2036 12:10:00 GMT", now, true},
			{now.Add(time.Hour).Format(rfc), now.Add(time.Hour), false}, // clocks differ
			{"Thu, 01 Jan 1970 00:00:00 GMT", time.Time{}, false}, {"0", time.Time{}, false}, {"yesterday", time.Time{}, false}, {"", time.Time{}, false},
		}
		for _, s := range []string{ // 29 of one moment
			"Tue, 17 Feb 2026 14:12:06 GMT", "Tue, 17 Feb 2026 14:12:06 UT", "Tue, 17 Feb 2026 14:12:06 Z", "Tue, 17 Feb 2026 14:12:06 +0000", "Tue, 17 Feb 2026 14:12:06 -0000",
			"Tue, 17 Feb 2026 19:12:06 +0500", "Tue, 17 Feb 2026 19:42:06 +05:30", "Tue, 17 Feb 2026 09:12:06 EST", "Tue, 17 Feb 2026 15:12:06 GMT+1", "Tue, 17 Feb 2026 14:12:06",
			"Tue,17 Feb 2026 14:12:06 GMT", "Tue 17 Feb 2026 14:12:06 GMT", "17 Feb 2026 14:12:06 GMT", "Mon, 17 Feb 2026 14:12:06 GMT", "Tuesday, 17 February 2026 14:12:06 GMT",
			"Tuesday, 17-Feb-26 14:12:06 GMT", "Tue Feb 17 14:12:06 2026", "Tue Feb 17 14:12:06 GMT 2026", "tue, 17 feb 2026 14:12:06 gmt", "Tue,  17  Feb 2026\n14:12:06 GMT",
			"2026-02-17T14:12:06Z", "2026-02-17t14:12:06z", "2026-02-17T16:12:06+02:00", "2026-02-17T09:12:06-0500", "2026-02-17T14:12:06.000Z",
			"2026-02-17 14:12:06", "20260217T141206Z", "1771337526", "mar., 17 févr. 2026 15:12:06 +0100",
		} {
			dates = append(dates, date{s, moment, false})
		}
		var items []string
		for k, d := range dates {
			items = append(items, item(fmt.Sprint(k), d.written, "", d.written))
		}
		v.srv.body(rss(items...))
		got := v.pollOnce()
		if len(got) != len(dates) {
			v.t.Fatalf("%d of %d items", len(got), len(dates))
		}
		for _, a := range got {
			var k int
			fmt.Sscan(a.GUID, &k)
			d := dates[k]
			if !a.Published.Equal(d.want) || a.PublishedClamped != d.clamped || d.clamped && a.PublishedAsWritten != d.written || !a.FirstSeen.Equal(now) {
				v.t.Errorf("%q is read as %v (%s), clamped %v (%q), first seen %v; want %v, clamped %v, first seen %v",
					d.written, a.Published, a.PublishedPrecision, a.PublishedClamped, a.PublishedAsWritten, a.FirstSeen, d.want, d.clamped, now)
			}
		}
		v.want("the same dates, later", v.pollOnce()) // a date that is clamped is no edition each time
	}},
	{"45_our_clock_jumps", func(v *victim) {
		// On a clock that is set, an hour makes all feeds due: they do not start at once.
		v.cfg.Workers, v.cfg.PerHost = 1024, 0
		for k := range 1000 {
			v.enters(v.entry(Feed{ID: fmt.Sprint(k), URL: fmt.Sprintf("http://host-%d.example/", k)}))
		}
		v.at = v.at.Add(-time.Hour)
		if n := len(v.begins()); n != 0 {
			v.t.Errorf("an hour back: %d polls begin", n)
		}
		v.at = v.at.Add(2 * time.Hour)
		begun := 0
		for range 5 {
			n := len(v.begins()) + len(v.begins()) + len(v.begins())
			if n > maxStarts {
				v.t.Errorf("an hour ahead: %d polls begin in one second, want no more than %d", n, maxStarts)
			}
			begun += n
			v.at = v.at.Add(time.Second)
		}
		if begun != 1000 {
			v.t.Errorf("an hour ahead: %d of 1000 polls begin within five seconds", begun)
		}
		// And the schedule is on one that nobody sets.
		v.unscheduled()
		v.Poller.now = time.Now
		v.at = time.Now()
		e := v.entry(v.feed)
		v.srv.body(rss(itemA))
		h := v.visits(e)
		restarted := v.entry(v.feed)
		v.reads(restarted)
		for what, at := range map[string]time.Time{"a poll": e.due, "the gap of a host": h.next, "a restart": restarted.due} {
			if !strings.Contains(at.String(), " m=") {
				v.t.Errorf("after %s the next one is at %v, by the clock on the wall", what, at)
			}
		}
		if off := restarted.due.Sub(e.due).Abs(); off > time.Second {
			v.t.Errorf("a restart moves the next poll by %v", off)
		}
		// A clock that was wrong and has been put right must not silence a feed.
		for _, off := range []time.Duration{-30 * 24 * time.Hour, 30 * 24 * time.Hour} {
			v.stores(v.feed, FeedState{URL: v.feed.URL, Due: time.Now().Add(off)})
			e := v.entry(v.feed)
			v.reads(e)
			if wait := time.Until(e.due); wait > v.cfg.Every {
				v.t.Errorf("due by a clock that was %v off: polled in %v", off, wait)
			}
		}
	}},
	{"46_a_thousand_feeds_on_one_host", func(v *victim) {
		var mu sync.Mutex
		under, most, conns := 0, 0, map[string]bool{}
		v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			under++
			most = max(most, under)
			conns[r.RemoteAddr] = true
			mu.Unlock()
			fmt.Fprint(w, rss(item(r.URL.Path, "Blast", "", monday)))
			mu.Lock()
			under--
			mu.Unlock()
		})
		crowd, others := map[*entry]bool{}, map[*entry]bool{}
		for k := range 1000 {
			e := v.entry(Feed{URL: fmt.Sprintf("%s/%d", v.srv.URL, k), ID: fmt.Sprintf("46-crowd-%d", k)})
			crowd[e] = true
			v.enters(e)
		}
		for k := range 20 {
			e := v.entry(Feed{URL: fmt.Sprintf("http://other-%d.example/", k), ID: fmt.Sprintf("46-other-%d", k)})
			others[e] = true
			v.enters(e)
		}
		var began []time.Time
		for len(began) < 30 && v.at.Before(noon.Add(time.Hour)) {
			for _, e := range v.begins() {
				if others[e] {
					if late := v.at.Sub(e.due); late >= time.Second {
						v.t.Errorf("another host waits %v for its turn", late)
					}
					delete(others, e)
					continue
				}
				if n := len(began); n > 0 && (v.at.Sub(began[n-1]) < v.cfg.PerHost || v.at.Sub(began[n-1]) > 2*v.cfg.PerHost) {
					v.t.Errorf("two polls of the host begin %v after one another, want %v", v.at.Sub(began[n-1]), v.cfg.PerHost)
				}
				began = append(began, v.at)
				delete(crowd, e)
				v.visit(v.t.Context(), e)
			}
			v.at = v.at.Add(100 * time.Millisecond)
		}
		if len(began) != 30 || len(crowd) != 970 || len(others) != 0 {
			v.t.Errorf("%d polls of the host, %d feeds of other hosts wait; want 30, 0", len(began), len(others))
		}
		if most != 1 || len(conns) > 2 {
			v.t.Errorf("%d requests at one time, %d connections; want one after another on one or two", most, len(conns))
		}
		// One that hangs holds up its neighbours a little, and takes no more than one of two places.
		v.unscheduled()
		var es []*entry
		for k := range 4 {
			es = append(es, v.entry(Feed{URL: fmt.Sprintf("%s/%d", v.srv.URL, k), ID: fmt.Sprintf("46-crowd-%d", k)}))
		}
		v.enters(es...)
		step := func(what string, after time.Duration, want int) (start []*entry) {
			v.at = v.at.Add(after)
			if start = v.begins(); len(start) != want {
				v.t.Fatalf("%s: %d polls begin, want %d", what, len(start), want)
			}
			return start
		}
		first := step("at first", 0, 1)[0]
		step("the first hangs", slowAnswer-time.Millisecond, 0)
		step("and hangs", time.Millisecond, 1)
		step("two hang", time.Minute, 0)
		v.visit(v.t.Context(), first)
		step("one of them has answered", v.cfg.PerHost-time.Millisecond, 0)
		step("and the gap is over", time.Millisecond, 1)
	}},
	{"47_ten_thousand_feeds_at_once", func(v *victim) {
		const feeds, known = 10_000, 200
		cfg := v.cfg
		cfg.Workers, cfg.Feeds = 1024, nil
		due := map[string]time.Time{}
		for k := range feeds {
			f := Feed{URL: fmt.Sprintf("http://host-%d.example/feed.xml", k), ID: fmt.Sprintf("47-%d", k)}
			cfg.Feeds = append(cfg.Feeds, f)
			if k < known { // polled before the restart, a few minutes ago
				due[f.ID] = v.at.Add(time.Duration(k) * 3 * time.Second)
				v.stores(f, FeedState{URL: f.URL, Due: due[f.ID]})
			}
		}
		v.enters() // it has them all
		if err := v.Reload(v.t.Context(), cfg); err != nil {
			v.t.Fatal(err)
		}
		v.reads()
		perSecond := map[time.Time]int{}
		begun := 0
		for range 600 {
			for _, e := range slices.Concat(v.begins(), v.begins()) {
				if v.at.Before(e.due) || v.at.Before(due[e.feed.ID]) {
					v.t.Errorf("%s begins %v before it is due", e.feed.ID, due[e.feed.ID].Sub(v.at))
				}
				if late := v.at.Sub(e.due); late > time.Second {
					v.t.Errorf("%s begins %v late", e.feed.ID, late)
				}
				perSecond[v.at]++
				begun++
			}
			v.Poller.polls = 0 // they are done
			v.at = v.at.Add(time.Second)
		}
		worst := 0
		for _, n := range perSecond {
			worst = max(worst, n)
		}
		if begun != feeds || worst > maxStarts/2 {
			v.t.Errorf("%d of %d polls have begun, up to %d in a second; want them spread over five minutes", begun, feeds, worst)
		}
	}},
}

// stores is what a poller before this one has left behind.
func (v *victim) stores(f Feed, st FeedState) {
	v.t.Helper()
	data, err := json.Marshal(st)
	if err == nil {
		_, err = v.mem.feeds.Put(v.t.Context(), f.ID, data)
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

// reads has the poller read when feeds are due: these, and others that wait for it.
func (v *victim) reads(es ...*entry) {
	v.t.Helper()
	ctx, cancel := context.WithCancel(v.t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	v.mu.Lock()
	v.enter(es)
	v.mu.Unlock()
	wg.Go(func() { v.readDue(ctx) })
	<-v.wake
}
