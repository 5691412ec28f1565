package correlate

import (
	"testing"
	"time"

	"tocsin/enrich"
)

// NewWorld returns a source of reports: see world.
func NewWorld(seed uint64, now time.Time, step time.Duration) func() enrich.Report {
	w := newWorld(seed, now, step)
	return func() enrich.Report {
		r, _ := w.report()
		return r
	}
}

// WorldIncidents are n incidents of the 90 days before a time.
func WorldIncidents(n int, until time.Time, each func(*Incident)) {
	newWorld(1, until.Add(-89*oneDay), 89*oneDay/time.Duration(perEvent*n)).incidents(n, each)
}

// CPUTime is what this process has used.
func CPUTime(tb testing.TB) time.Duration { return cpuTime(tb) }

// Heap is what is in use after a collection.
func Heap() uint64 { return heap() }

// Reached has f called whenever the worker comes to a point between two steps.
func (w *Worker) Reached(f func(point string)) { w.reached = f }

// Keep sets how many incidents the worker keeps in full.
func (w *Worker) Keep(n int) { w.limits.kept = n; w.forget() }

// ShelveEvery sets how long what is new in memory waits to be stored for the next start.
func (w *Worker) ShelveEvery(d time.Duration) { w.limits.shelveEvery = d; w.forget() }
