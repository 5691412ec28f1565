package ingest

import (
	"fmt"
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	feed := func(hosts, bad int, gap time.Duration) (*breaker, []*entry) {
		b := &breaker{}
		var pardon []*entry
		for k := range hosts {
			at := now.Add(time.Duration(k) * gap)
			pardon = append(pardon, b.note(fmt.Sprint("host-", k), k < bad, &entry{}, at)...)
			pardon = append(pardon, b.note(fmt.Sprint("host-", k), k < bad, &entry{}, at)...)
		}
		return b, pardon
	}
	for _, tt := range []struct {
		name       string
		hosts, bad int
		gap        time.Duration
		opens      bool
	}{
		{"every host answers with a page", 12, 12, time.Second, true},
		{"one host does, however often", 1, 1, 0, false},
		{"a handful do", 9, 9, time.Second, false},
		{"half of many do", 100, 50, time.Millisecond, true}, // the first ten, all bad, are the world as it looks then
		{"over an hour", 30, 30, 2 * time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, pardon := feed(tt.hosts, tt.bad, tt.gap)
			if opens := !b.open.IsZero(); opens != tt.opens || opens != (len(pardon) > 0) {
				t.Errorf("open %v with %d pardoned, want %v", b.open, len(pardon), tt.opens)
			}
		})
	}
	b, _ := feed(12, 12, time.Second)
	first := b.open.Sub(now)
	for k := range 12 {
		b.note(fmt.Sprint("host-", k), true, &entry{}, b.open.Add(time.Second))
	}
	if b.pause != 2*breakerPause {
		t.Errorf("pauses %v, then %v; want the second twice as long", first, b.pause)
	}
	at := b.open
	for k := range 12 {
		b.note(fmt.Sprint("host-", k), false, &entry{}, at.Add(time.Second))
	}
	if b.pause != 0 {
		t.Errorf("the pause is still %v when all is well", b.pause)
	}
}
