package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
)

// Worker turns incident versions into alerts. Any number of them may run, in one
// process or in many: one tells, the others stand by and take over when it stops or
// dies.
//
// What is on the alert stream is the truth, and an alert is stored only if nothing is
// on it that its writer does not know: see publish.
type Worker struct {
	bus     *bus.Bus
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	reached func(point string) // nil; a test's way to stop the world

	told   jetstream.KeyValue
	tolds  jetstream.Stream   // that the bucket is kept in
	judged uint64             // every version up to this sequence of the incident stream was judged, in order
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
	// batchSize bounds how many versions are judged at a time.
	batchSize = 256
	maxMemo   = 10_000
)

// Run tells incidents, or stands by to do so, until ctx ends, finishes those in hand
// and returns nil. An error means that it gave up by itself. No goroutine outlives Run.
func (w *Worker) Run(ctx context.Context) error {
	err := w.run(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("sink: %w", err)
}

func (w *Worker) run(ctx context.Context) (err error) {
	if w.told, err = w.bus.Bucket(ctx, bus.ToldBucket); err != nil {
		return err
	}
	if w.tolds, err = w.bus.BucketStream(ctx, bus.ToldBucket); err != nil {
		return err
	}
	return w.bus.TakeTurns(ctx, bus.Turn{Name: leaseName, Drain: w.cfg.Drain, Log: w.log, StandBy: w.standBy, Lead: w.lead})
}

// leaseName is of the right to tell.
const leaseName = "sink"

// standBy has nothing to prepare: what a leader must know is read in a moment.
func (w *Worker) standBy(context.Context) error {
	w.reach("standing by")
	return nil
}

// lead tells incidents until work ends; those in hand then it finishes while late
// lasts.
func (w *Worker) lead(work, late context.Context) {
	w.metrics.leader.Set(1)
	w.metrics.takeovers.Inc()
	defer w.metrics.leader.Set(0)
	w.catchUpAll(work)
	incidents := bus.SinkIncidentsFor(w.bus.LeaseTTL())
	trouble := func(err error) { w.log.Error("incidents cannot be had, trying on", "err", err) }
	bus.Insist(work, func(ctx context.Context) error {
		if err := w.bus.EnsureConsumer(ctx, incidents); err != nil {
			return err
		}
		settled, err := w.bus.Settled(ctx, incidents)
		if err == nil {
			w.judged = settled
		}
		return err
	}, trouble)
	if work.Err() != nil {
		return // what was judged is not known, and would be judged again
	}
	var sub *bus.Subscription
	bus.Insist(work, func(ctx context.Context) (err error) {
		sub, err = w.bus.Subscribe(ctx, incidents)
		return err
	}, trouble)
	if sub == nil {
		return
	}
	defer sub.Wait()
	w.reach("leading")
	var carrying sync.WaitGroup
	defer carrying.Wait()
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
		w.tellAll(late, msgs)
		for _, msg := range msgs {
			if w.bus.IsCanary(msg.Subject()) && late.Err() == nil {
				// Beside what comes next, which must not wait until it is stored.
				carrying.Go(func() { w.carry(late, msg) })
			}
		}
	}
	if late.Err() != nil {
		return // the lease is lost, or there is no time: whoever leads next catches up
	}
	if err := w.remember(late, len(w.behind)); err != nil {
		w.log.Warn("what was told is not remembered; the next start sees to it", "err", err)
	}
}

// tellAll tells of a batch, over any trouble, until it is settled or ctx ends.
func (w *Worker) tellAll(ctx context.Context, msgs []jetstream.Msg) {
	wait := 20 * time.Millisecond
	for err := w.tell(ctx, msgs); err != nil; err = w.tell(ctx, msgs) {
		if ctx.Err() != nil {
			// Whoever tells next has them at once, and not when AckWait is over.
			for _, m := range msgs {
				_ = m.NakWithDelay(time.Millisecond)
			}
			return
		}
		if errors.Is(err, bus.ErrConflict) {
			w.metrics.conflicts.Inc()
		}
		w.log.Warn("alerts not stored, taking in what others have told and trying again", "err", err)
		bus.Pause(ctx, wait)
		wait = min(2*wait, 10*time.Second)
		w.catchUpAll(ctx)
	}
}

func (w *Worker) reach(point string) {
	if w.reached != nil {
		w.reached(point)
	}
}

// catchUpAll catches up, over any trouble, until ctx ends.
func (w *Worker) catchUpAll(ctx context.Context) {
	bus.Insist(ctx, w.catchUp, func(err error) { w.log.Error("what was told cannot be looked up, trying on", "err", err) })
}

// positionEvery is how many alerts a restart may have to look through.
const positionEvery = 1000

// positionKey is where it is kept up to which sequence alerts are remembered.
const positionKey = "sink.told"

// catchUp remembers the alerts that a crash left unremembered, or that another process
// has told: the alert stream is the truth.
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
	state := stream.CachedInfo().State
	last := state.LastSeq
	if from > last {
		from = 0 // the stream was made anew
	}
	seen := from
	err = w.bus.Read(ctx, bus.Alerts, from+1, last, false, func(m jetstream.Msg, seq uint64) error {
		seen = seq
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
	if seen < last && state.Msgs > 0 {
		return fmt.Errorf("the copy of the alert stream that was read ends at %d, the stream at %d", seen, last)
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
// durable and the versions settled. After an error catch up, then do it again: what
// was judged twice is told once.
func (w *Worker) tell(ctx context.Context, msgs []jetstream.Msg) error {
	settle := make([]jetstream.Msg, 0, len(msgs))
	open := false // something was judged that no alert has confirmed since
	for _, msg := range msgs {
		md, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("version on %s: %w", msg.Subject(), err)
		}
		seq := md.Sequence.Stream
		if w.bus.IsCanary(msg.Subject()) {
			open = true // it is carried on when all that was told is known
			if seq == w.judged+1 {
				w.judged = seq
			}
			continue
		}
		if seq > w.judged+1 {
			if err := w.tellBefore(ctx, seq); err != nil {
				return err
			}
		}
		i, ok := w.decode(ctx, msg)
		if !ok {
			w.judged = max(w.judged, seq) // or it would be told as one before the next
			continue
		}
		settle = append(settle, msg)
		told, err := w.tellOf(ctx, i)
		if err != nil {
			return err
		}
		open = !told
		w.judged = max(w.judged, seq)
	}
	if open {
		// Nothing is to be told, as far as this process knows: but does it know all? One
		// that was paused for a while finds that another has gone on.
		if err := w.current(ctx); err != nil {
			return err
		}
	}
	w.reach("stored")
	for _, msg := range settle {
		if err := msg.Ack(); err != nil {
			w.log.Error("incident not settled, NATS will send it again", "subject", msg.Subject(), "err", err)
		}
	}
	w.reach("acknowledged")
	return nil
}

// tellBefore judges the versions before one that came out of turn. Somebody who died
// has them in hand, or stands still: they come again when this one is told, and a
// cancellation would be told before what it cancels.
func (w *Worker) tellBefore(ctx context.Context, seq uint64) error {
	seen := w.judged
	err := w.bus.Read(ctx, bus.Incidents, w.judged+1, seq, false, func(m jetstream.Msg, at uint64) error {
		seen = at
		if at >= seq {
			return nil
		}
		i, err := correlate.Decode(m.Data())
		if err != nil {
			return nil // it is set aside when it comes
		}
		if _, err := w.tellOf(ctx, &i); err != nil {
			return err
		}
		w.judged = at
		return nil
	})
	if err == nil && seen < seq {
		err = w.gone(ctx, seq, seen)
	}
	if err != nil {
		return fmt.Errorf("read the versions before one that came out of turn: %w", err)
	}
	return nil
}

// gone returns nil where a version that has come is on the stream no more, and so are
// those before it that were not seen; an error where a copy was read that is a little
// behind.
func (w *Worker) gone(ctx context.Context, seq, seen uint64) error {
	s, err := w.bus.Stream(ctx, bus.Incidents)
	if err != nil {
		return err
	}
	info, err := s.Info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return err
	}
	if info.State.FirstSeq > seq || slices.Contains(info.State.Deleted, seq) {
		return nil
	}
	return fmt.Errorf("the copy that was read ends at %d, and %d has come", seen, seq)
}

// tellOf judges a version and returns when the alert that follows, if one does, is
// stored.
func (w *Worker) tellOf(ctx context.Context, i *correlate.Incident) (told bool, err error) {
	before, err := w.recall(ctx, i.ID)
	if err != nil {
		return false, err
	}
	a, outcome := w.cfg.judge(i, before.told)
	if a != nil {
		if err := w.publish(ctx, a, before); err != nil {
			return false, err
		}
	}
	w.metrics.versions.WithLabelValues(outcome).Inc()
	return a != nil, nil
}

// current returns nil when this process knows all that was told.
func (w *Worker) current(ctx context.Context) error {
	stream, err := w.bus.Stream(ctx, bus.Alerts)
	if err != nil {
		return err
	}
	if last := stream.CachedInfo().State.LastSeq; last != w.last {
		return fmt.Errorf("the alert stream ends at %d, this process knows it to %d: %w", last, w.last, bus.ErrConflict)
	}
	return nil
}

// publish stores an alert on the condition that the alert stream ends where this
// process believes: what it tells follows from all that was told. So no lease needs to
// be right: a sink that was stopped for an hour, and then goes on where it was, tells
// nothing once another has told something. The bucket follows: see remember.
func (w *Worker) publish(ctx context.Context, a *Alert, before *toldAt) error {
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode alert %s: %w", a.ID, err)
	}
	w.reach("publishing")
	after := w.last
	ack, err := w.bus.Publish(ctx, bus.Message{Subject: a.subject(w.bus), ID: a.ID, Data: data, AfterAll: &after})
	if err != nil {
		return fmt.Errorf("alert %s: %w", a.ID, err)
	}
	w.reach("stored one")
	w.last = max(w.last, ack.Sequence)
	now := toldOf(a)
	if !ack.Duplicate {
		w.count(a, before.told, now)
	}
	// The revision stays that of what the bucket has: rememberSome knows.
	before.told = now
	w.behind = append(w.behind, remembering{id: a.Data.Incident, told: now, at: before, seq: ack.Sequence})
	return w.remember(ctx, len(w.behind)-maxBehind)
}

// carry judges a canary. Its alert is none of the alert stream's, which subscribers read
// and from which nothing is taken away; that this stream answers, tell has seen.
func (w *Worker) carry(ctx context.Context, msg jetstream.Msg) {
	// The only error is a conflict, and it has no condition.
	_, _ = w.bus.Carry(ctx, msg, bus.Step{Stage: "sink", Kind: "alert", Work: func(ctx context.Context, record []byte) (any, error) {
		i, err := correlate.Decode(record)
		if err != nil {
			return nil, err
		}
		before, err := w.lookUp(ctx, i.ID)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", bus.ErrNotNow, err)
		}
		a, outcome := w.cfg.judge(&i, before.told)
		if outcome == "no_rule" { // which is the operator's to say, and no fault
			a = newAlert(&i, i.Status, "canary", w.cfg.Source, nil)
		}
		if a == nil {
			return nil, fmt.Errorf("the incident is %s, not told", outcome)
		}
		return a, nil
	}})
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
	if len(w.memo) >= maxMemo {
		clear(w.memo)
		for _, r := range w.behind { // of which the bucket tells what was told before
			w.memo[r.id] = r.at
		}
	}
	t, err := w.lookUp(ctx, id)
	if err != nil {
		return nil, err
	}
	w.memo[id] = t
	return t, nil
}

func (w *Worker) lookUp(ctx context.Context, id string) (*toldAt, error) {
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

// The bucket of what was told follows the alert stream when there is nothing
// better to do: the next alert must not wait for the disk because of it, and
// catchUp makes up for a crash.
const (
	rememberAfter = 2 * time.Millisecond // without a version
	maxBehind     = batchSize            // of alerts; of more, one goes with each alert, whatever waits
)

// remembering is an alert that the bucket does not know of yet.
type remembering struct {
	id   string
	told *told
	at   *toldAt
	seq  uint64 // of the alert stream
}

// remember brings the n oldest alerts that the bucket lacks into it.
func (w *Worker) remember(ctx context.Context, n int) error {
	for ; n > 0; n-- {
		r := w.behind[0]
		data, err := json.Marshal(r.told)
		if err != nil {
			return fmt.Errorf("remember alert %s: %w", r.told.Alert, err)
		}
		ack, err := w.bus.Publish(ctx, w.bus.BucketMessage(bus.ToldBucket, r.id, data, r.at.revision))
		if err != nil {
			return fmt.Errorf("remember alert %s: %w", r.told.Alert, err)
		}
		r.at.revision = ack.Sequence
		w.behind = w.behind[1:]
	}
	if w.at = w.last; len(w.behind) > 0 {
		w.at = w.behind[0].seq - 1
	}
	if w.at >= w.kept+positionEvery {
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

func (w *Worker) count(a *Alert, before, now *told) {
	d := &a.Data
	country := countryToken(d.Place.Country)
	w.metrics.alerts.WithLabelValues(d.Severity, d.Status).Inc()
	if d.Status == string(correlate.New) {
		w.metrics.incidents.WithLabelValues(country, d.IncType).Inc()
	}
	if severe(d.Severity) && (before == nil || before.Severity != "" && !severe(before.Severity)) {
		w.metrics.severe.WithLabelValues(country).Inc()
	}
	for _, m := range countedMeasures {
		was, _ := before.number(m)
		if is := now.Totals[m]; is > was {
			w.metrics.people.WithLabelValues(country, d.IncType, string(m)).Add(float64(is - was))
		}
	}
	if !a.Time.IsZero() {
		w.metrics.age.Observe(time.Since(a.Time).Seconds())
	}
	w.log.Info("alert", "incident", d.Incident, "version", d.Version, "status", d.Status, "severity", d.Severity, "rule", d.Rule, "summary", d.Summary)
}
