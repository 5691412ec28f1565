package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
)

// Worker turns incident versions into alerts.
type Worker struct {
	bus     *bus.Bus
	cfg     Config
	log     *slog.Logger
	metrics *metrics

	told   jetstream.KeyValue
	tolds  jetstream.Stream   // that the bucket is kept in
	at     uint64             // every alert up to this stream sequence is remembered
	kept   uint64             // that sequence as it was last stored
	last   uint64             // of the alerts that this worker knows of
	behind []remembering      // told and not yet in the bucket, oldest first
	memo   map[string]*toldAt // what was told lately, so that a busy incident costs no look-up
}

type toldAt struct {
	told     *told // nil: never told
	revision uint64
}

// NewWorker makes a worker of a valid configuration.
func NewWorker(b *bus.Bus, cfg Config) *Worker {
	return &Worker{bus: b, cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Metrics), memo: map[string]*toldAt{}}
}

const (
	// batchSize bounds how many versions are judged before their alerts are
	// confirmed: those of one batch share one wait for the disk.
	batchSize = 256
	maxMemo   = 10_000
)

// Run tells incidents until ctx ends, finishes those in hand and returns nil. An
// error means that it gave up by itself. No goroutine outlives Run.
func (w *Worker) Run(ctx context.Context) (err error) {
	if w.told, err = w.bus.Bucket(ctx, bus.ToldBucket); err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	if w.tolds, err = w.bus.JS.Stream(ctx, "KV_"+w.told.Bucket()); err != nil {
		return fmt.Errorf("sink: open bucket %s: %w", w.told.Bucket(), err)
	}
	if err := w.catchUp(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("sink: %w", err)
	}
	sub, err := w.bus.Subscribe(ctx, bus.SinkIncidents)
	if err != nil {
		return fmt.Errorf("sink: %w", err)
	}
	late, cancel := bus.Grace(ctx, w.cfg.Drain)
	defer cancel()
	for {
		idle := time.Duration(0)
		if len(w.behind) > 0 {
			idle = rememberAfter
		}
		msgs, open := sub.Batch(batchSize, idle)
		if !open {
			break
		}
		if len(msgs) == 0 {
			w.rememberSome(late, 1)
			continue
		}
		wait := 20 * time.Millisecond
		for err := w.tell(late, msgs); err != nil && late.Err() == nil; err = w.tell(late, msgs) {
			w.log.Warn("alerts not stored, trying again", "err", err)
			bus.Pause(late, wait)
			wait = min(2*wait, 10*time.Second)
			w.catchUpAll(late)
		}
	}
	if err := w.remember(late, len(w.behind)); err != nil {
		w.log.Warn("what was told is not remembered; the next start sees to it", "err", err)
	}
	sub.Wait()
	return nil
}

// catchUpAll catches up, over any trouble, until ctx ends.
func (w *Worker) catchUpAll(ctx context.Context) {
	bus.Insist(ctx, w.catchUp, func(err error) { w.log.Error("what was told cannot be looked up, trying on", "err", err) })
}

// telling is an alert on its way.
type telling struct {
	incident *correlate.Incident
	alert    *Alert
	before   *toldAt
	after    *told
	pending  *bus.Pending
}

// positionEvery is how many alerts a restart may have to look through.
const positionEvery = 1000

// positionKey is where it is kept up to which sequence alerts are remembered.
const positionKey = "sink.told"

// catchUp remembers the alerts that a crash left unremembered: the alert stream
// is the truth. Without it they would be published again, and although the
// stream knows their ids and keeps one of each, who listens live would hear
// them twice.
func (w *Worker) catchUp(ctx context.Context) error {
	clear(w.memo)
	w.behind = nil
	from, err := w.bus.Position(ctx, positionKey)
	if err != nil {
		return err
	}
	stream, err := w.bus.Stream(ctx, bus.Alerts)
	if err != nil {
		return err
	}
	last := stream.CachedInfo().State.LastSeq
	if from > last {
		from = 0 // the stream was made anew
	}
	err = w.bus.Read(ctx, bus.Alerts, from+1, last, false, func(m jetstream.Msg, _ uint64) error {
		a, err := DecodeAlert(m.Data())
		if err != nil {
			w.log.Warn("an alert on the stream cannot be read, passed over", "subject", m.Subject(), "err", err)
			return nil
		}
		before, err := w.recall(ctx, a.Data.Incident)
		if err != nil || (before.told != nil && before.told.Version >= a.Data.Version) {
			return err
		}
		data, err := json.Marshal(toldOf(a))
		if err != nil {
			return fmt.Errorf("remember alert %s: %w", a.ID, err)
		}
		delete(w.memo, a.Data.Incident)
		if _, err := w.told.Update(ctx, a.Data.Incident, data, before.revision); err != nil {
			return fmt.Errorf("remember alert %s: %w", a.ID, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.at, w.last = last, last
	return w.keepPosition(ctx)
}

func (w *Worker) keepPosition(ctx context.Context) error {
	if err := w.bus.SavePosition(ctx, positionKey, w.at); err != nil {
		return err
	}
	w.kept = w.at
	return nil
}

// tell judges a batch of versions, and returns when the alerts that follow are
// durable, remembered, and the versions settled. After an error nothing is
// settled: catch up, then do it again.
func (w *Worker) tell(ctx context.Context, msgs []jetstream.Msg) error {
	var begun []telling
	inFlight := map[string]bool{}
	flush := func() error {
		if err := w.finish(ctx, begun); err != nil {
			return err
		}
		begun = begun[:0]
		clear(inFlight)
		return nil
	}
	settle := make([]jetstream.Msg, 0, len(msgs))
	for _, msg := range msgs {
		i, ok := w.decode(ctx, msg)
		if !ok {
			continue
		}
		settle = append(settle, msg)
		if inFlight[i.ID] {
			if err := flush(); err != nil {
				return err
			}
		}
		before, err := w.recall(ctx, i.ID)
		if err != nil {
			return err
		}
		a, outcome := w.cfg.judge(i, before.told)
		w.metrics.versions.WithLabelValues(outcome).Inc()
		if a == nil {
			continue
		}
		data, err := json.Marshal(a)
		if err != nil {
			return fmt.Errorf("encode alert %s: %w", a.ID, err)
		}
		begun = append(begun, telling{incident: i, alert: a, before: before, after: toldOf(a),
			pending: w.bus.Begin(bus.Message{Subject: a.subject(w.bus), ID: a.ID, Data: data})})
		inFlight[i.ID] = true
	}
	if err := flush(); err != nil {
		return err
	}
	for _, msg := range settle {
		if err := msg.Ack(); err != nil {
			w.log.Error("incident not settled, NATS will send it again", "subject", msg.Subject(), "err", err)
		}
	}
	return nil
}

func (w *Worker) decode(ctx context.Context, msg jetstream.Msg) (*correlate.Incident, bool) {
	i, err := correlate.Decode(msg.Data())
	reason := bus.Unreadable
	switch {
	case errors.Is(err, correlate.ErrSchema):
		reason = bus.UnknownKind
	case err == nil && bus.Deliveries(msg) > bus.MaxDeliveries:
		reason, err = bus.CrashLoop, fmt.Errorf("delivered %d times and never finished", bus.Deliveries(msg))
	}
	if err == nil {
		return &i, true
	}
	w.metrics.versions.WithLabelValues("set_aside").Inc()
	if err := w.bus.SetAside(ctx, msg, "sink", reason, err); err != nil {
		w.log.Error("incident neither told nor set aside, NATS will send it again", "subject", msg.Subject(), "err", err)
	}
	return nil, false
}

// recall looks up what was last told of an incident.
func (w *Worker) recall(ctx context.Context, id string) (*toldAt, error) {
	if t, ok := w.memo[id]; ok {
		return t, nil
	}
	if len(w.memo) >= maxMemo && len(w.behind) == 0 {
		clear(w.memo)
	}
	t := &toldAt{}
	e, err := w.told.Get(ctx, id)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		if t.revision, err = w.deleted(ctx, id); err != nil {
			return nil, fmt.Errorf("look up what was told of incident %s: %w", id, err)
		}
	case err != nil:
		return nil, fmt.Errorf("look up what was told of incident %s: %w", id, err)
	default:
		t.told, t.revision = &told{}, e.Revision()
		if err := json.Unmarshal(e.Value(), t.told); err != nil {
			return nil, fmt.Errorf("look up what was told of incident %s: %w", id, err)
		}
	}
	w.memo[id] = t
	return t, nil
}

// deleted is the revision at which an operator deleted what was told of an
// incident, 0 where nothing ever was: the next put must name it.
func (w *Worker) deleted(ctx context.Context, id string) (uint64, error) {
	m, err := w.tolds.GetLastMsgForSubject(ctx, "$KV."+w.told.Bucket()+"."+id)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return m.Sequence, nil
}

// finish waits for the alerts and then remembers them, in that order: after a
// crash in between, catchUp does.
func (w *Worker) finish(ctx context.Context, begun []telling) error {
	last := w.last
	for k := range begun {
		t := &begun[k]
		ack, err := t.pending.Wait(ctx)
		if err != nil {
			return fmt.Errorf("alert %s: %w", t.alert.ID, err)
		}
		last = max(last, ack.Sequence)
		if !ack.Duplicate {
			w.count(t)
		}
	}
	for k := range begun {
		t := &begun[k]
		// The revision stays that of what the bucket has: rememberSome knows.
		t.before.told = t.after
		w.behind = append(w.behind, remembering{id: t.incident.ID, told: t.after, at: t.before})
	}
	w.last = last
	if len(w.behind) > maxBehind {
		return w.remember(ctx, len(w.behind))
	}
	return nil
}

// The bucket of what was told follows the alert stream when there is nothing
// better to do: the next alert must not wait for the disk because of it, and
// catchUp makes up for a crash.
const (
	rememberAfter = 2 * time.Millisecond // without a version
	maxBehind     = batchSize            // of alerts; more go at once, whatever waits
)

// remembering is an alert that the bucket does not know of yet.
type remembering struct {
	id   string
	told *told
	at   *toldAt
}

// remember brings the n oldest alerts that the bucket lacks into it.
func (w *Worker) remember(ctx context.Context, n int) error {
	for _, r := range w.behind[:n] {
		data, err := json.Marshal(r.told)
		if err != nil {
			return fmt.Errorf("remember alert %s: %w", r.told.Alert, err)
		}
		ack, err := w.bus.Publish(ctx, w.bus.BucketMessage(bus.ToldBucket, r.id, data, r.at.revision))
		if err != nil {
			return fmt.Errorf("remember alert %s: %w", r.told.Alert, err)
		}
		r.at.revision = ack.Sequence
	}
	if w.behind = w.behind[n:]; len(w.behind) > 0 {
		return nil
	}
	if w.at = w.last; w.at-w.kept >= positionEvery {
		return w.keepPosition(ctx)
	}
	return nil
}

// rememberSome is remember over any trouble: catching up is the way out.
func (w *Worker) rememberSome(ctx context.Context, n int) {
	if err := w.remember(ctx, n); err != nil && ctx.Err() == nil {
		w.log.Warn("what was told is not remembered, looking it up", "err", err)
		w.catchUpAll(ctx)
	}
}

func severe(s string) bool { return s == "severe" || s == "extreme" }

func (w *Worker) count(t *telling) {
	d := &t.alert.Data
	country := countryToken(d.Place.Country)
	w.metrics.alerts.WithLabelValues(d.Severity, d.Status).Inc()
	if d.Status == string(correlate.New) {
		w.metrics.incidents.WithLabelValues(country, d.IncType).Inc()
	}
	if severe(d.Severity) && (t.before.told == nil || t.before.told.Severity != "" && !severe(t.before.told.Severity)) {
		w.metrics.severe.WithLabelValues(country).Inc()
	}
	for _, m := range countedMeasures {
		was, _ := t.before.told.number(m)
		if is := t.after.Totals[m]; is > was {
			w.metrics.people.WithLabelValues(country, d.IncType, string(m)).Add(float64(is - was))
		}
	}
	if !t.alert.Time.IsZero() {
		w.metrics.age.Observe(time.Since(t.alert.Time).Seconds())
	}
	w.log.Info("alert", "incident", d.Incident, "version", d.Version, "status", d.Status, "severity", d.Severity, "rule", d.Rule, "summary", d.Summary)
}
