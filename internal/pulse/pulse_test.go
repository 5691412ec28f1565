package pulse

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestStill(t *testing.T) {
	minute := func(*Pulse) { time.Sleep(time.Minute) }
	for _, tt := range []struct {
		name string
		do   []func(*Pulse)
		want time.Duration
	}{
		{"who has nothing to do stands not still", []func(*Pulse){minute}, 0},
		{"work that only lies there does", []func(*Pulse){(*Pulse).Begin, minute, minute}, 2 * time.Minute},
		{"more of it is no sign of life", []func(*Pulse){(*Pulse).Begin, minute, (*Pulse).Begin, minute}, 2 * time.Minute},
		{"one piece done is", []func(*Pulse){(*Pulse).Begin, (*Pulse).Begin, minute, (*Pulse).End, minute}, time.Minute},
		{"a beat is", []func(*Pulse){(*Pulse).Begin, minute, (*Pulse).Beat, minute}, time.Minute},
		{"all done", []func(*Pulse){(*Pulse).Begin, minute, (*Pulse).End, minute}, 0},
		{"rest before work counts not", []func(*Pulse){(*Pulse).Begin, (*Pulse).End, minute, (*Pulse).Begin, minute}, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p Pulse
				for _, do := range tt.do {
					do(&p)
				}
				if got := p.Still(); got != tt.want {
					t.Errorf("Still() = %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func TestFrom(t *testing.T) {
	p := &Pulse{}
	ctx, cancel := context.WithCancel(With(t.Context(), p))
	defer cancel()
	if got := From(context.WithoutCancel(ctx)); got != p {
		t.Errorf("From = %p, want the %p that With was given", got, p)
	}
	none := From(t.Context())
	none.Begin()
	none.Beat()
	none.End()
	if got := none.Still(); got != 0 {
		t.Errorf("without a pulse Still() = %v, want 0", got)
	}
}
