package sink

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
)

// Output takes alerts to somewhere. Send is called for one alert at a time, in
// order, and again after an error.
type Output interface {
	Name() string // of its durable consumer
	Kind() string // one of stdout, file, webhook
	// Send returns nil when the far end has the alert. An error that wraps
	// ErrRefused says that trying again cannot help.
	Send(ctx context.Context, a *Alert, raw []byte) error
	Close() error
}

// ErrRefused is wrapped when the far end will never take the alert.
var ErrRefused = errors.New("refused")

// Outlet runs one output on the alerts of the bus.
type Outlet struct {
	bus     *bus.Bus
	out     Output
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	first   time.Duration // wait before the second try
}

// Outlets are the workers of all outputs that the configuration names. Their
// metrics are those of w.
func (w *Worker) Outlets(outs []Output) []*Outlet {
	list := make([]*Outlet, len(outs))
	for k, o := range outs {
		w.metrics.failing.WithLabelValues(o.Name()).Set(0)
		list[k] = &Outlet{bus: w.bus, out: o, cfg: w.cfg, log: w.log, metrics: w.metrics, first: firstRetry}
	}
	return list
}

// Name is the output's.
func (o *Outlet) Name() string { return o.out.Name() }

// Prepare makes the output's durable consumer, which keeps for it what is told
// from now on.
func (o *Outlet) Prepare(ctx context.Context) error {
	return o.bus.EnsureConsumer(ctx, bus.OutputConsumer(o.out.Name()))
}

// How long an output waits between two tries, from the first to the last.
const (
	firstRetry = time.Second
	lastRetry  = 5 * time.Minute
)

// Run delivers alerts until ctx ends, finishes the one in hand and returns nil.
// A delivery that fails holds up this output alone: it is tried again with
// growing, jittered waits, until Config.GiveUp.
func (o *Outlet) Run(ctx context.Context) error {
	sub, err := o.bus.Subscribe(ctx, bus.OutputConsumer(o.out.Name()))
	if err != nil {
		return fmt.Errorf("output %s: %w", o.out.Name(), err)
	}
	late, cancel := bus.Grace(ctx, o.cfg.Drain)
	defer cancel()
	for msg := range sub.C {
		o.deliver(ctx, late, msg)
	}
	sub.Wait()
	if err := o.out.Close(); err != nil {
		return fmt.Errorf("output %s: %w", o.out.Name(), err)
	}
	return nil
}

// deliver settles msg, or leaves it to come again when ctx ends.
func (o *Outlet) deliver(ctx, late context.Context, msg jetstream.Msg) {
	a, err := DecodeAlert(msg.Data())
	if err != nil {
		reason := bus.Unreadable
		if errors.Is(err, errSchema) {
			reason = bus.UnknownKind
		}
		o.setAside(late, msg, reason, err)
		return
	}
	began := time.Now()
	for wait := o.first; ; wait = min(2*wait, lastRetry) {
		tried := time.Now()
		err := o.out.Send(late, a, msg.Data())
		switch {
		case err == nil:
			o.metrics.failing.WithLabelValues(o.out.Name()).Set(0)
			o.metrics.deliveries.WithLabelValues(o.out.Kind(), "sent").Inc()
			o.metrics.seconds.WithLabelValues(o.out.Kind()).Observe(time.Since(tried).Seconds())
			if err := msg.Ack(); err != nil {
				o.log.Error("delivery not settled, the alert will be sent again", "output", o.out.Name(), "alert", a.ID, "err", err)
			}
			return
		case errors.Is(err, ErrRefused):
			o.metrics.failing.WithLabelValues(o.out.Name()).Set(0) // the far end answers; the alert is among the dead
			o.metrics.deliveries.WithLabelValues(o.out.Kind(), "refused").Inc()
			o.setAside(late, msg, bus.Refused, err)
			return
		case time.Since(began) >= o.cfg.GiveUp:
			o.metrics.failing.WithLabelValues(o.out.Name()).Set(0) // it is no longer in hand; the next one shows how it is
			o.metrics.deliveries.WithLabelValues(o.out.Kind(), "gave_up").Inc()
			o.setAside(late, msg, bus.GaveUp, fmt.Errorf("failing for %v: %w", time.Since(began).Round(time.Second), err))
			return
		}
		o.metrics.failing.WithLabelValues(o.out.Name()).Set(1)
		o.metrics.deliveries.WithLabelValues(o.out.Kind(), "retried").Inc()
		delay := wait/2 + rand.N(wait/2)
		o.log.Warn("alert not delivered, trying again", "output", o.out.Name(), "alert", a.ID, "in", delay.Round(time.Millisecond), "err", err)
		if bus.Pause(ctx, delay); ctx.Err() != nil {
			_ = msg.NakWithDelay(time.Millisecond) // so that the next start has it at once
			return
		}
	}
}

func (o *Outlet) setAside(ctx context.Context, msg jetstream.Msg, reason bus.Reason, cause error) {
	if err := o.bus.SetAside(ctx, msg, "output", reason, cause, bus.HeaderOutput, o.out.Name()); err != nil {
		o.log.Error("alert neither delivered nor set aside, NATS will send it again", "output", o.out.Name(), "err", err)
	}
}

// Outputs makes the outputs that the configuration names. Their destinations
// need not be there yet; a file that cannot be opened is an error.
func Outputs(cfg Config, stdout interface{ Write([]byte) (int, error) }) ([]Output, error) {
	var outs []Output
	if cfg.Stdout {
		outs = append(outs, NewLines(stdout))
	}
	if cfg.File.Path != "" {
		f, err := NewFile(cfg.File)
		if err != nil {
			return nil, err
		}
		outs = append(outs, f)
	}
	for _, h := range cfg.Webhook {
		o, err := NewWebhook(h)
		if err != nil {
			return nil, err
		}
		outs = append(outs, o)
	}
	return outs, nil
}
