package enrich

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

// Reader reads one article: Tagger does. It must be pure, so that an article
// that is delivered again gives the same reports.
type Reader interface {
	Tag(*ingest.Article) []Report
}

// Worker reads articles from the bus and puts what they say on it.
type Worker struct {
	bus     *bus.Bus
	reader  Reader
	cfg     Config
	log     *slog.Logger
	metrics *metrics
}

// NewWorker makes a worker of a valid configuration.
func NewWorker(b *bus.Bus, r Reader, cfg Config) *Worker {
	return &Worker{bus: b, reader: r, cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Metrics)}
}

// Headers of a report message: they tell a reader whether it is worth decoding.
const (
	HeaderRole    = "Tocsin-Role"
	HeaderEdition = "Tocsin-Edition"
)

// retryAfter is when an article comes again whose reports could not be stored.
const retryAfter = 5 * time.Second

// read is an article whose reports are on their way.
type read struct {
	msg     jetstream.Msg
	pending []*bus.Pending
}

// Run reads articles until ctx ends, finishes those in hand and returns nil. An
// error means that it gave up by itself. No goroutine outlives Run.
//
// Reading is parallel; publishing is pipelined: an article is acknowledged when
// the stream has confirmed each of its reports, while later ones are read.
func (w *Worker) Run(ctx context.Context) error {
	sub, err := w.bus.Subscribe(ctx, bus.EnrichArticles)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return fmt.Errorf("enrich: %w", err)
	}
	late, cancel := bus.Grace(ctx, w.cfg.Drain)
	defer cancel()
	settle := make(chan read, 256)
	var readers, settler sync.WaitGroup
	for range w.cfg.workers() {
		readers.Go(func() {
			for msg := range sub.C {
				if w.bus.IsCanary(msg.Subject()) {
					// Beside the others, which must not wait until it is stored.
					readers.Go(func() { w.carry(late, msg) })
					continue
				}
				if r, ok := w.read(late, msg); ok {
					settle <- r
				}
			}
		})
	}
	settler.Go(func() {
		for r := range settle {
			w.settle(late, r)
		}
	})
	readers.Wait()
	close(settle)
	settler.Wait()
	sub.Wait()
	return nil
}

// read tags one article and begins to publish its reports; ok is false when the
// message is settled or must come again.
func (w *Worker) read(ctx context.Context, msg jetstream.Msg) (r read, ok bool) {
	if n := bus.Deliveries(msg); n > bus.MaxDeliveries {
		w.setAside(ctx, msg, bus.CrashLoop, fmt.Errorf("delivered %d times and never finished", n))
		return r, false
	}
	a, err := ingest.DecodeArticle(msg.Data())
	if err != nil {
		reason := bus.Unreadable
		if errors.Is(err, ingest.ErrSchema) {
			reason = bus.UnknownKind
		}
		w.setAside(ctx, msg, reason, err)
		return r, false
	}
	began := time.Now()
	reports, err := w.tag(&a)
	if err != nil {
		w.setAside(ctx, msg, bus.Panicked, err)
		return r, false
	}
	w.metrics.seconds.Observe(time.Since(began).Seconds())
	w.metrics.bytes.Add(float64(len(a.Title) + len(a.Summary) + len(a.Body)))
	if len(reports) == 0 && a.Edition > 1 {
		// An earlier edition may have told of an incident: the fold must know.
		reports = []Report{Nothing(&a)}
	}
	messages := make([]bus.Message, len(reports))
	for i := range reports {
		rep := &reports[i]
		data, err := json.Marshal(rep)
		if err == nil && len(data) > bus.MaxMessage {
			err = fmt.Errorf("report %d of article %s takes %d bytes, a message holds %d", i, a.ID, len(data), bus.MaxMessage)
		}
		if err != nil {
			w.setAside(ctx, msg, bus.TooLarge, err)
			return r, false
		}
		messages[i] = bus.Message{
			Subject: w.bus.Subject("report", bus.Token(rep.Country()), bus.Token(rep.Type)), ID: rep.ID, Data: data,
			Header: nats.Header{HeaderRole: {string(rep.Role)}, HeaderEdition: {strconv.Itoa(rep.Source.Edition)}},
		}
	}
	r = read{msg: msg, pending: make([]*bus.Pending, len(messages))}
	for i, m := range messages {
		r.pending[i] = w.bus.Begin(m)
	}
	w.count(&a, reports)
	return r, true
}

// tag runs the reader and turns a panic into an error: one article must not
// stop the line.
func (w *Worker) tag(a *ingest.Article) (reports []Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			reports, err = nil, fmt.Errorf("reading article %s: %v", a.ID, p)
			w.log.Error("the tagger broke; please report the article", "article", a.ID, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	return w.reader.Tag(a), nil
}

// carry reads a canary. Nothing that counts articles counts it.
func (w *Worker) carry(ctx context.Context, msg jetstream.Msg) {
	// The only error is a conflict, and it has no condition.
	_, _ = w.bus.Carry(ctx, msg, bus.Step{Stage: "enrich", Kind: "report", Work: func(_ context.Context, record []byte) (any, error) {
		a, err := ingest.DecodeArticle(record)
		if err != nil {
			return nil, err
		}
		reports, err := w.tag(&a)
		if err == nil && len(reports) != 1 {
			err = fmt.Errorf("the article gives %d reports, not one", len(reports))
		}
		if err != nil {
			return nil, err
		}
		return &reports[0], nil
	}})
}

func (w *Worker) setAside(ctx context.Context, msg jetstream.Msg, reason bus.Reason, cause error) {
	w.metrics.articles.WithLabelValues("set_aside").Inc()
	if err := w.bus.SetAside(ctx, msg, "enrich", reason, cause); err != nil {
		w.log.Error("article neither read nor set aside, NATS will send it again", "subject", msg.Subject(), "err", err)
	}
}

// settle acknowledges an article once its reports are stored.
func (w *Worker) settle(ctx context.Context, r read) {
	for _, p := range r.pending {
		if _, err := p.Wait(ctx); err != nil {
			w.log.Error("article not finished, NATS will send it again", "subject", r.msg.Subject(), "err", err)
			_ = r.msg.NakWithDelay(retryAfter) // else it would count as in work
			return
		}
	}
	if err := r.msg.Ack(); err != nil {
		w.log.Error("article not settled, NATS will send it again", "subject", r.msg.Subject(), "err", err)
	}
}

func (w *Worker) count(a *ingest.Article, reports []Report) {
	outcome := "nothing"
	for i := range reports {
		r := &reports[i]
		w.metrics.reports.WithLabelValues(r.Type, string(r.Role)).Inc()
		for j := range r.Figures {
			w.metrics.figures.WithLabelValues(string(r.Figures[j].Measure)).Inc()
		}
		if r.Role == Background && outcome == "nothing" {
			outcome = "background"
		}
	}
	switch {
	case Relevant(reports):
		outcome = "incident"
	case outcome == "nothing" && languageOf(a).foreign():
		outcome = "foreign"
	}
	w.metrics.articles.WithLabelValues(outcome).Inc()
	if outcome == "incident" {
		w.log.Debug("article read", "article", a.ID, "reports", len(reports), "title", a.Title)
	}
}
