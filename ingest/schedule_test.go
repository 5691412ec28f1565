package ingest

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNext(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 30, 0, 0, time.UTC) // a Monday
	const every, quiet, most, year = 10 * time.Minute, time.Hour, 24 * time.Hour, 365 * 24 * time.Hour
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, tt := range []struct {
		name       string
		st         FeedState
		retryAfter time.Duration
		chance     float64
		low, high  time.Duration
	}{
		{"a success waits its interval, less a tenth", FeedState{}, 0, 0, 9 * time.Minute, 9 * time.Minute},
		{"or more a tenth", FeedState{}, 0, 0.999, 10 * time.Minute, 11 * time.Minute},
		{"longer where the feed asks, and never less", FeedState{Asked: 3600}, 0, 0, time.Hour, time.Hour},
		{"but not for a year", FeedState{Asked: seconds(year)}, 0, 0.5, 6 * time.Hour, 7 * time.Hour},
		{"max-age=0 is no wish to be polled at once", FeedState{Asked: 0}, 0, 0.5, 9 * time.Minute, 11 * time.Minute},
		{"a feed that posts each hour is polled twice as often", FeedState{NewAt: ago(0), NewGap: 3600}, 0, 0.5, 29 * time.Minute, 31 * time.Minute},
		{"one that posts each minute no more than allowed", FeedState{NewAt: ago(0), NewGap: 60}, 0, 0.5, 9 * time.Minute, 11 * time.Minute},
		{"a long silence slows down", FeedState{NewAt: ago(90 * time.Minute), NewGap: 60}, 0, 0.5, 44 * time.Minute, 46 * time.Minute},
		{"but never below the quiet interval", FeedState{NewAt: ago(year), NewGap: 60}, 0, 0.999, time.Hour, 66 * time.Minute},

		{"the first failure waits between once and twice", FeedState{Failures: 1}, 0, 0, every, every},
		{"anywhere there", FeedState{Failures: 1}, 0, 0.999, 19 * time.Minute, 2 * every},
		{"the fifth anywhere up to 32 times", FeedState{Failures: 5}, 0, 0.999, 5 * time.Hour, 32 * every},
		{"many failures wait the longest gap and no more", FeedState{Failures: 50}, 0, 0.999, 23 * time.Hour, most},
		{"nothing ever stops for good", FeedState{Failures: 1 << 20}, 0, 0, every, most},
		{"Retry-After lengthens", FeedState{Failures: 1, Status: 429}, 5 * time.Hour, 0, 5 * time.Hour, 5 * time.Hour},
		{"within reason", FeedState{Failures: 1, Status: 503}, 9999 * time.Hour, 0, most, most},
		{"and never shortens", FeedState{Failures: 5, Status: 503}, time.Second, 0.5, time.Hour, 6 * time.Hour},

		{"404 is asked again in an hour", FeedState{Failures: 1, Status: 404}, 0, 0.999, 55 * time.Minute, time.Hour},
		{"then later", FeedState{Failures: 3, Status: 404}, 0, 0.999, 3 * time.Hour, 4 * time.Hour},
		{"but daily for ever", FeedState{Failures: 9999, Status: 404}, 0, 0.999, 23 * time.Hour, most},
		{"410 is asked again in a month", FeedState{Failures: 1, Status: 410, Gone: now}, 0, 0, 30 * 24 * time.Hour, 33 * 24 * time.Hour},

		{"hours to be skipped", FeedState{SkipHours: []int{12, 13}}, 0, 0.5, 90 * time.Minute, 135 * time.Minute},
		{"a day to be skipped", FeedState{SkipDays: []time.Weekday{time.Monday}}, 0, 0.5, 11*time.Hour + 30*time.Minute, 13 * time.Hour},
		{"days for ever are not", FeedState{SkipDays: []time.Weekday{0, 1, 2, 3, 4, 5, 6}}, 0, 0.5, most, most},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pace{every: every, quiet: quiet, most: most}
			if got := p.next(&tt.st, tt.retryAfter, now, tt.chance).Sub(now); got < tt.low || got > tt.high {
				t.Errorf("next(%+v, Retry-After %v, chance %v) is in %v; want %v..%v", tt.st, tt.retryAfter, tt.chance, got, tt.low, tt.high)
			}
		})
	}
}

// TestNextIsBounded holds for whatever a feed says: never at once, never without end.
func TestNextIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "now"), 0)
		every := time.Duration(rapid.Int64Range(1, 3600).Draw(t, "every")) * time.Second
		p := pace{every: every, quiet: every + time.Hour, most: every + 23*time.Hour}
		st := FeedState{
			Asked: Seconds(rapid.Int64Range(-10, 1e12).Draw(t, "asked")), NewGap: Seconds(rapid.Int64Range(0, 1e9).Draw(t, "gap")),
			NewAt: now.Add(-time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "new")) * time.Second), Failures: rapid.IntRange(0, 1e6).Draw(t, "failures"),
			Status: rapid.SampledFrom([]int{0, 404, 429, 500}).Draw(t, "status"), SkipHours: rapid.SliceOf(rapid.IntRange(0, 23)).Draw(t, "hours"),
		}
		retry := time.Duration(rapid.Int64Range(-100, 1e9).Draw(t, "retry")) * time.Second
		d := p.next(&st, retry, now, rapid.Float64Range(0, 0.999).Draw(t, "chance")).Sub(now)
		if d < every-every/10 || d > every+24*time.Hour {
			t.Fatalf("in %v, every is %v", d, every)
		}
	})
}

func TestPosted(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	var st FeedState
	st.posted(30, now)
	if st.NewGap != 0 {
		t.Errorf("the first poll tells of no rate, have %d s", st.NewGap)
	}
	for range 40 {
		now = now.Add(10 * time.Minute)
		st.posted(0, now)
		now = now.Add(10 * time.Minute)
		st.posted(2, now)
	}
	if st.NewGap < 570 || st.NewGap > 630 {
		t.Errorf("two items each 20 minutes come each %d s, want about 600", st.NewGap)
	}
}

func TestMoved(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	st := FeedState{URL: "https://a.example/feed"}
	for range movedPolls - 1 {
		if st.moved("https://b.example/feed", now) {
			t.Fatal("a move is believed before it is proven")
		}
	}
	st.moved("", now) // the redirect was taken back
	if st.moved("https://b.example/feed", now) || st.moved("https://c.example/feed", now) || st.moved("https://b.example/feed", now) {
		t.Fatal("a move that changes is believed")
	}
	if st.moved("https://b.example/feed", now.Add(time.Hour)); st.address() != "https://a.example/feed" {
		t.Fatal("two polls are enough")
	}
	if !st.moved("https://b.example/feed", now.Add(2*time.Hour)) || st.address() != "https://b.example/feed" {
		t.Errorf("three polls that led to one address are not enough: %+v", st)
	}
	if st.moved("https://c.example/feed", now); !st.moved("https://c.example/feed", now.Add(25*time.Hour)) {
		t.Error("a day is not enough")
	}
}
