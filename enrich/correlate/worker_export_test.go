package correlate

import "time"

// Reached has f called whenever the worker comes to a point between two steps.
func (w *Worker) Reached(f func(point string)) { w.reached = f }

// Keep sets how many incidents the worker keeps in full.
func (w *Worker) Keep(n int) { w.kept = n; w.forget() }

// ShelveEvery sets how long what is new in memory waits to be stored for the next start.
func (w *Worker) ShelveEvery(d time.Duration) { w.shelveEvery = d; w.forget() }
