package canary

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/sink"
)

// Worker sends canaries and waits for their alerts. Any number of them may run: they
// send each round at the same time of the clock and under the same id, so that the
// stream keeps one of it, and all wait for that one.
type Worker struct {
	bus     *bus.Bus
	cfg     Config
	log     *slog.Logger
	metrics *metrics

	due  time.Time       // when the next round is
	open map[int64]*wait // rounds that are waited for
}

// wait is for the end of a round.
type wait struct {
	began time.Time
	stop  context.CancelFunc // of listening
}

// NewWorker makes a worker of a valid configuration that sends canaries.
func NewWorker(b *bus.Bus, cfg Config) *Worker {
	return &Worker{bus: b, cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Metrics), open: map[int64]*wait{}}
}

// heard is the end of a round.
type heard struct {
	bus.Canary
	stored, at time.Time // by the clocks of NATS and of this process
}

// failed is a round that could not be sent.
type failed struct {
	round time.Time
	err   error
}

// Run sends canaries until ctx ends and returns nil; what is still under way then is
// not waited for. No goroutine outlives Run.
//
// The first one is sent at once, unless the round was sent before: then its alert is on
// the stream, and tells how it went.
func (w *Worker) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, cancel := context.WithCancel(ctx) // of this worker's own goroutines, whatever ends it
	defer cancel()
	ends, unsent := make(chan heard), make(chan failed)
	w.due = time.Now().Truncate(w.cfg.Every)
	t := time.NewTimer(0)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case h := <-ends:
			w.end(h)
		case f := <-unsent:
			w.unsent(f)
		case <-t.C:
			if now := time.Now(); w.isDue(now) {
				round := now.Truncate(w.cfg.Every)
				w.due = round.Add(w.cfg.Every)
				listening, stop := context.WithCancel(ctx)
				w.begin(round, now, stop)
				wg.Go(func() { w.listen(listening, round, ends) })
				wg.Go(func() {
					if err := w.send(ctx, round, now); err != nil && ctx.Err() == nil {
						tell(ctx, unsent, failed{round, err})
					}
				})
			}
			for _, round := range w.overdue(time.Now()) {
				wg.Go(func() {
					w.log.Error("a canary is lost: news may be held up", "round", round, "after", w.cfg.lostAfter(), "where", w.where(ctx, round))
				})
			}
		}
		t.Reset(time.Until(w.next()))
	}
}

func tell[T any](ctx context.Context, c chan<- T, v T) {
	select {
	case c <- v:
	case <-ctx.Done():
	}
}

// isDue tells whether it is time for a round. A clock that was set back does not put
// that off.
func (w *Worker) isDue(now time.Time) bool {
	return !now.Before(w.due) || w.due.Sub(now) > w.cfg.Every
}

// next is when something is to be done that nobody tells of.
func (w *Worker) next() time.Time {
	at := w.due
	for _, o := range w.open {
		if end := o.began.Add(w.cfg.lostAfter()); end.Before(at) {
			at = end
		}
	}
	return at
}

// send sends the canary of a round. Another process may have done so before.
func (w *Worker) send(ctx context.Context, round, now time.Time) error {
	record, err := json.Marshal(article(round, now))
	if err != nil {
		return fmt.Errorf("encode the canary's article: %w", err)
	}
	m, err := w.bus.CanaryMessage(&bus.Canary{Schema: bus.CanarySchema, Round: round.UTC(), By: w.bus.Boot(), Sent: now.UTC(),
		Until: now.Add(w.cfg.lostAfter()).UTC(), Want: want(), Record: record}, "article")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	_, err = w.bus.Publish(ctx, m)
	return err
}

// listen tells of the end of a round, also where that was before: another process has
// sent it, whose clock may be ahead, or this one before a restart. So each round listens
// anew.
func (w *Worker) listen(ctx context.Context, round time.Time, ends chan<- heard) {
	// The clock of NATS may be behind this one.
	since := round.Add(-w.cfg.Every)
	w.bus.Follow(ctx, bus.Canaries, since, math.MaxUint64, func(m jetstream.Msg) {
		h := heard{at: time.Now()}
		md, err := m.Metadata()
		if err == nil {
			h.stored = md.Timestamp
			h.Canary, err = bus.DecodeCanary(m.Data())
		}
		if err != nil {
			w.log.Error("the end of a canary cannot be read, passed over", "subject", m.Subject(), "err", err)
			return
		}
		if h.Round.Equal(round) {
			tell(ctx, ends, h)
		}
	}, nil)
}

// begin waits for a round from now on; stop ends the listening for it.
func (w *Worker) begin(round, now time.Time, stop context.CancelFunc) {
	w.close(round) // the clock was set back: the round comes again
	w.open[round.UnixNano()] = &wait{now, stop}
}

// close waits for a round no longer. It returns when that was begun; ok is false where
// it was not waited for.
func (w *Worker) close(round time.Time) (began time.Time, ok bool) {
	o := w.open[round.UnixNano()]
	if o == nil {
		return began, false
	}
	delete(w.open, round.UnixNano())
	o.stop()
	return o.began, true
}

// end notes how a round ended.
func (w *Worker) end(h heard) {
	began, waited := w.close(h.Round)
	if !waited {
		return // it is one of the past
	}
	took := h.stored.Sub(h.Sent)
	own := h.By == w.bus.Boot()
	if own { // one clock, that nobody sets
		took = h.at.Sub(began)
		w.metrics.latency.Observe(took.Seconds())
		for k, p := range h.Trail {
			until := h.stored
			if k+1 < len(h.Trail) {
				until = h.Trail[k+1].Given
			}
			w.metrics.stages.WithLabelValues(p.Stage).Observe(max(0, until.Sub(p.Given)).Seconds())
		}
	}
	result, why := w.judge(&h.Canary, took)
	w.metrics.rounds.WithLabelValues(result).Inc()
	switch result {
	case ok:
		w.metrics.last.Set(float64(h.stored.UnixMilli()) / 1000)
		w.log.Debug("canary", "round", h.Round, "took", took)
	case late:
		w.log.Warn("a canary is late: news is, too", "round", h.Round, "took", took.Round(time.Millisecond), "timeout", w.cfg.Timeout)
	default:
		w.log.Error("a canary is misread: do all processes run the same version?", "round", h.Round, "why", why)
	}
}

// judge says how a round ended whose alert came after so long.
func (w *Worker) judge(c *bus.Canary, took time.Duration) (result, why string) {
	why = c.Trouble
	if why == "" {
		a, err := sink.DecodeAlert(c.Record)
		if err != nil {
			why = err.Error()
		} else {
			why = misread(reading(a), c.Want)
		}
	}
	switch {
	case why != "":
		return wrong, why
	case took > w.cfg.Timeout:
		return late, ""
	}
	return ok, ""
}

func (w *Worker) unsent(f failed) {
	if _, waited := w.close(f.round); !waited {
		return // another process has sent it
	}
	w.metrics.rounds.WithLabelValues(unsent).Inc()
	w.log.Error("a canary cannot be sent: NATS takes no articles, or not from this user", "round", f.round, "err", f.err)
}

// overdue gives up the rounds that nobody need wait for any longer.
func (w *Worker) overdue(now time.Time) (rounds []time.Time) {
	for key, o := range w.open {
		if now.Sub(o.began) >= w.cfg.lostAfter() {
			round := time.Unix(0, key).UTC()
			w.close(round)
			w.metrics.rounds.WithLabelValues(lost).Inc()
			rounds = append(rounds, round)
		}
	}
	return rounds
}

// where says how far a round that is lost came.
func (w *Worker) where(ctx context.Context, round time.Time) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for _, r := range []struct{ stream, kind, stage string }{{bus.Incidents, "incident", "sink"}, {bus.Reports, "report", "correlate"}, {bus.Articles, "article", "enrich"}} {
		last, err := w.bus.LastCanary(ctx, r.stream, r.kind)
		if err != nil {
			return "not known: " + err.Error()
		}
		if !last.Before(round) {
			return "the " + r.kind + " of this round, or of a later one, is stored, and not what follows from it: look at stage " + r.stage
		}
	}
	return "nothing of it is stored"
}
