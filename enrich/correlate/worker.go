package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich"
	"tocsin/internal/bus"
)

// Worker folds the reports on the bus into incidents. Any number of them may run,
// in one process or in many: one folds, the others stand by with the same memory
// and take over when it stops or dies.
//
// One folds for the whole world and not one per country: reports without a country,
// incidents at borders or ascribed to two countries, and two incidents that turn out
// to be one, need one mind. The world publishes far less than one core folds.
//
// What is on the incident stream is the truth, and a version is stored only if
// nothing is on it that its writer does not know: see write.
type Worker struct {
	bus     *bus.Bus
	cfg     Config
	log     *slog.Logger
	metrics *metrics
	reached func(point string) // nil; a test's way to stop the world
	limits  limits

	memory
	shelf shelf
	aged  time.Time
}

// limits are constants but for tests.
type limits struct {
	kept        int           // incidents in full
	shelveEvery time.Duration // how long what is new waits to be stored for the next start
	chunkCards  int           // cards of a day in one chunk
}

// NewWorker makes a worker of a valid configuration.
func NewWorker(b *bus.Bus, cfg Config) *Worker {
	w := &Worker{bus: b, cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Metrics), limits: limits{keptInFull, shelveEvery, chunkCards}}
	w.forget()
	return w
}

const (
	// batchSize bounds how many reports are folded before their versions are
	// stored: reports in a batch share one wait for the disk.
	batchSize = 256
	// batchBytes bounds the versions that are stored at once.
	batchBytes = 8 << 20
)

// Run folds reports, or stands by to do so, until ctx ends, finishes those in hand
// and returns nil. An error means that it gave up by itself. No goroutine outlives
// Run.
func (w *Worker) Run(ctx context.Context) error {
	err := w.run(ctx)
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("correlate: %w", err)
}

func (w *Worker) run(ctx context.Context) error {
	bus.Insist(ctx, w.load, func(err error) { w.log.Error("the memory cannot be built, trying on", "err", err) })
	return w.bus.TakeTurns(ctx, bus.Turn{Name: leaseName, Drain: w.cfg.Drain, Log: w.log, StandBy: w.standBy, Lead: w.lead})
}

// leaseName is of the right to fold.
const leaseName = "correlate"

// standBy takes in what the leader has written.
func (w *Worker) standBy(ctx context.Context) error {
	err := w.catchUp(ctx)
	w.measure()
	w.reach("standing by")
	return err
}

// lead folds reports until work ends.
func (w *Worker) lead(work, late context.Context) {
	w.metrics.leader.Set(1)
	w.metrics.takeovers.Inc()
	defer w.metrics.leader.Set(0)
	defer w.metrics.behind.Set(0) // whoever leads next sees to the bucket, and says how far
	w.foldReports(work, late)
	if late.Err() == nil { // else the lease is lost, or there is no time
		w.finish(late)
	}
	w.shelf.abandon()
}

// foldReports folds reports until work ends; those in hand then it finishes while late
// lasts.
func (w *Worker) foldReports(work, late context.Context) {
	w.catchUpAll(work)
	var sub *bus.Subscription
	bus.Insist(work, func(ctx context.Context) (err error) {
		sub, err = w.bus.Subscribe(ctx, bus.CorrelateReportsFor(w.bus.LeaseTTL()))
		return err
	}, func(err error) { w.log.Error("reports cannot be had, trying on", "err", err) })
	if sub == nil {
		return
	}
	defer sub.Wait()
	w.reach("leading")
	w.log.Info("folding reports", "incidents", w.book.Len(), "sequence", w.at)
	for {
		msgs, open := sub.Batch(batchSize, w.idleFor())
		if !open {
			return
		}
		if len(msgs) > 0 {
			began := time.Now()
			w.foldAll(late, msgs)
			w.metrics.seconds.Observe(time.Since(began).Seconds())
		}
		w.tidy(late, len(msgs) > 0)
	}
}

// foldAll folds a batch, over any trouble, until it is settled or ctx ends.
func (w *Worker) foldAll(ctx context.Context, msgs []jetstream.Msg) {
	hand := make([]*held, len(msgs))
	for k := range msgs {
		hand[k] = &held{Msg: msgs[k], canary: w.bus.IsCanary(msgs[k].Subject())}
	}
	wait := 20 * time.Millisecond
	for err := w.fold(ctx, hand); err != nil; err = w.fold(ctx, hand) {
		w.rollback()
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, bus.ErrConflict) {
			w.metrics.conflicts.Inc()
		}
		w.log.Warn("versions not stored, taking in what others have written and folding again", "err", err)
		bus.Pause(ctx, wait) // two that write in turns do not spin
		wait = min(2*wait, time.Second)
		before := w.at
		if errors.Is(err, errBroken) {
			bus.Insist(ctx, w.load, func(err error) { w.log.Error("the memory cannot be built, trying on", "err", err) })
		} else {
			w.catchUpAll(ctx)
		}
		w.nameless = errors.Is(err, bus.ErrRepeated) && w.at == before
	}
	w.nameless = false
	for _, m := range hand {
		if !m.settled {
			// Whoever folds next has it at once, and not when AckWait is over.
			_ = m.NakWithDelay(time.Millisecond)
		}
	}
}

// held is a report in hand.
type held struct {
	jetstream.Msg
	settled bool
	canary  bool
}

// fold takes in a batch of reports, and returns when what it caused is durable
// and the reports are settled. After an error what is not stored must be rolled
// back, and what others have stored taken in, before anything else.
//
// Order of writes, and what a crash after each costs: the versions on the incident
// stream (a redelivered report finds itself in them and changes nothing; those that
// one report causes are stored together, so that there is no half of a merger), the
// acknowledgement (the report comes again and changes nothing), the incidents bucket
// and the cards (whoever leads next, or stands by, reads the stream and brings them
// up to it).
func (w *Worker) fold(ctx context.Context, hand []*held) error {
	w.ctx = ctx
	var done []*held
	open := false // something was decided that no write has confirmed since
	for _, m := range hand {
		if m.settled || m.canary {
			continue
		}
		if passing(m) {
			w.metrics.reports.WithLabelValues("unused").Inc()
			done = append(done, m)
			continue
		}
		if w.size > batchBytes || len(w.begun) > batchSize {
			if err := w.write(ctx); err != nil {
				return err
			}
			open = false
		}
		t, err := w.take(ctx, m)
		if err != nil {
			return err
		}
		if t == nil {
			m.settled = true // set aside
			continue
		}
		open = true
		if err := w.enter(t); err != nil {
			w.setAside(ctx, m, bus.Panicked, err)
			m.settled = true
			return fmt.Errorf("%w: %w", errBroken, err)
		}
		w.metrics.reports.WithLabelValues(t.became()).Inc()
		done = append(done, m)
	}
	w.reach("folded")
	if len(w.begun) > 0 {
		if err := w.write(ctx); err != nil {
			return err
		}
	} else if open {
		// Nothing follows from these reports, as far as this process knows: but does it
		// know all? One that was paused for a while finds that another has gone on.
		if err := w.current(ctx); err != nil {
			return err
		}
	}
	w.reach("stored")
	for _, m := range done {
		m.settled = true
		if err := m.Ack(); err != nil {
			w.log.Error("report not settled, NATS will send it again", "subject", m.Subject(), "err", err)
		}
	}
	w.reach("acknowledged")
	for _, m := range hand {
		if !m.canary || m.settled {
			continue
		}
		if err := w.carry(ctx, m); err != nil {
			return err
		}
		m.settled = true
	}
	return nil
}

// carry folds a canary when the real reports of its batch are settled. It founds an
// incident in a book of its own, which nothing else is ever matched with, and that is
// stored under the condition of every version: see write. The memory passes over it.
func (w *Worker) carry(ctx context.Context, msg jetstream.Msg) error {
	after := w.at
	ack, err := w.bus.Carry(ctx, msg, bus.Step{Stage: "correlate", Kind: "incident", After: &after, Work: func(_ context.Context, record []byte) (any, error) {
		r, err := enrich.DecodeReport(record)
		if err != nil {
			return nil, err
		}
		book := NewBook(&w.cfg, 1, nil)
		o, err := w.ask(func() (Outcome, error) { return book.Take(&r) })
		if err == nil && len(o.Steps) != 1 {
			err = fmt.Errorf("the report gives %d versions of incidents, not one", len(o.Steps))
		}
		if err != nil {
			return nil, err
		}
		v, err := encode(o.Steps[0].Incident)
		return jsontext.Value(v.data), err
	}})
	if ack != nil {
		w.at = ack.Sequence
	}
	return err
}

// headerPassing is what enrich sets on reports that change nothing, so that they
// need not be decoded: most articles tell of incidents only in passing.
const headerPassing = "Tocsin-Passing"

// passing reports whether a report's headers say that it changes nothing. A later
// edition is looked at all the same, for what it takes back.
func passing(msg jetstream.Msg) bool {
	h := msg.Headers()
	return h.Get(headerPassing) != "" && h.Get(enrich.HeaderEdition) == "1"
}

// taken is what follows from a report.
type taken struct {
	outcome  Outcome
	versions []version
}

// became is the outcome as metrics name it.
func (t *taken) became() string {
	switch {
	case t.outcome.Known:
		return "known"
	case len(t.versions) == 0:
		return "unused"
	case t.versions[0].incident.Version == 1:
		return "founded"
	}
	return "folded"
}

// version is one that is on its way to the stream, or to the bucket behind it.
type version struct {
	incident *Incident
	data     []byte
	seq      uint64 // on the stream, when it is there
}

// poison is what makes a report worth setting aside.
type poison struct {
	reason bus.Reason
	err    error
}

func (p *poison) Error() string { return p.err.Error() }

// take says what follows from a report or an order; nil where its message was set
// aside. An error says that it cannot be told now.
func (w *Worker) take(ctx context.Context, msg jetstream.Msg) (*taken, error) {
	t, err := w.consider(msg)
	var p *poison
	if !errors.As(err, &p) {
		return t, err
	}
	w.setAside(ctx, msg, p.reason, p.err)
	return nil, nil
}

func (w *Worker) setAside(ctx context.Context, msg jetstream.Msg, reason bus.Reason, cause error) {
	w.metrics.reports.WithLabelValues("set_aside").Inc()
	if err := w.bus.SetAside(ctx, msg, "correlate", reason, cause); err != nil {
		w.log.Error("report neither folded nor set aside, NATS will send it again", "subject", msg.Subject(), "err", err)
	}
}

// errBroken says that a report broke the book while it was entered: nobody knows what
// is in it now.
var errBroken = errors.New("the memory is broken")

func (w *Worker) consider(msg jetstream.Msg) (*taken, error) {
	var ask func() (Outcome, error)
	var err error
	if IsOrder(msg) {
		var o Order
		o, err = DecodeOrder(msg.Data())
		ask = func() (Outcome, error) { return w.book.Order(&o) }
	} else {
		var r enrich.Report
		r, err = enrich.DecodeReport(msg.Data())
		ask = func() (Outcome, error) {
			w.reach("asking", r.ID)
			return w.book.Take(&r)
		}
	}
	switch {
	case errors.Is(err, enrich.ErrSchema), errors.Is(err, ErrSchema):
		return nil, &poison{bus.UnknownKind, err}
	case err != nil:
		return nil, &poison{bus.Unreadable, err}
	case bus.Deliveries(msg) > bus.MaxDeliveries:
		return nil, &poison{bus.CrashLoop, fmt.Errorf("delivered %d times and never finished", bus.Deliveries(msg))}
	}
	o, err := w.ask(ask)
	if errors.Is(err, ErrOrder) {
		return nil, &poison{bus.Refused, err}
	}
	if err != nil {
		return nil, err
	}
	t := &taken{outcome: o}
	for _, s := range o.Steps {
		w.revive(s.Incident)
		v, err := encode(s.Incident)
		if most := int(w.bus.Conn.MaxPayload()) - headerRoom; err == nil && len(v.data) > most {
			err = tooLarge(s.Incident, len(v.data), most)
		}
		if err != nil {
			return nil, &poison{bus.TooLarge, err}
		}
		t.versions = append(t.versions, v)
	}
	return t, nil
}

// ask asks the book. An incident that it needs and that nowhere can be read is
// dropped: it takes no more reports. A report that breaks the book is poison.
func (w *Worker) ask(f func() (Outcome, error)) (o Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.log.Error("a report breaks the book", "panic", p, "stack", string(debug.Stack()))
			err = &poison{bus.Panicked, fmt.Errorf("folding it panicked: %v", p)}
		}
	}()
	for {
		w.lost, w.failed = "", nil
		o, err = f()
		switch id := w.lost; {
		case w.failed != nil:
			return o, w.failed // whatever was made of it
		case id == "" || w.book.card(id) == nil:
			return o, err
		default:
			w.log.Error("an incident cannot be read and takes no more reports", "incident", id)
			w.book.revert(id, nil, false)
		}
	}
}

func encode(i *Incident) (version, error) {
	data, err := json.Marshal(i)
	if err != nil {
		return version{}, fmt.Errorf("incident %s version %d: %w", i.ID, i.Version, err)
	}
	if len(data) > bus.MaxMessage {
		return version{}, tooLarge(i, len(data), bus.MaxMessage)
	}
	return version{incident: i, data: data}, nil
}

func tooLarge(i *Incident, size, most int) error {
	return fmt.Errorf("incident %s version %d takes %d bytes, a message holds %d", i.ID, i.Version, size, most)
}

// headerRoom is what the headers of a version may take.
const headerRoom = 4 << 10

func (w *Worker) message(v *version) bus.Message {
	i := v.incident
	m := bus.Message{Subject: w.bus.Subject("incident", bus.Token(i.Place.Country), bus.Token(i.Type), i.ID), ID: i.MsgID(), Data: v.data, Header: i.Header()}
	if w.nameless {
		m.ID = ""
	}
	return m
}

// write stores the versions that were entered, all that one report causes at once.
//
// Each write is conditional on the last sequence of the whole stream being the one
// that this process knows: whatever it writes follows from all that is there. So no
// lease needs to be right: a correlator that was stopped for an hour, and then goes
// on where it was, writes nothing once another has written. A foreign message (a
// replayed dead letter) costs a look at it.
//
// The condition holds for one write at a time. Writes that are under way together,
// each conditional on the sequence that the one before should get, would not be safe:
// see bus.PublishTogether.
func (w *Worker) write(ctx context.Context) error {
	w.reach("writing")
	if !w.together() {
		for len(w.begun) > 0 {
			m := w.message(&w.begun[0].version)
			after := w.at
			m.AfterAll = &after
			ack, err := w.bus.Publish(ctx, m)
			if err != nil {
				return err
			}
			if ack.Duplicate && ack.Sequence <= after {
				return fmt.Errorf("publish version %s: %w: %w", m.ID, bus.ErrConflict, bus.ErrRepeated)
			}
			w.confirm(1, ack.Sequence)
			w.reach("stored one")
		}
		return nil
	}
	messages := make([]bus.Message, len(w.begun))
	for k := range w.begun {
		messages[k] = w.message(&w.begun[k].version)
	}
	last, err := w.bus.PublishTogether(ctx, w.at, messages)
	if err != nil {
		return err
	}
	w.confirm(len(messages), last)
	return nil
}

// fewApart is how many versions a server without copies stores faster one by one
// than together, for which it makes and removes a folder: 0.5 ms each against 9 ms.
const fewApart = 16

// together tells whether what was begun is stored together: because some of it
// belongs together, or because it is faster.
func (w *Worker) together() bool {
	n := len(w.begun)
	return n > 1 && (w.joined || n > fewApart || w.bus.Replicated())
}

// confirm notes that the first n versions that were begun are on the stream, the
// last of them at seq.
func (w *Worker) confirm(n int, seq uint64) {
	for k := range w.begun[:n] {
		v := w.begun[k].version
		v.seq = seq - uint64(n-1-k)
		w.stored(v)
		i := v.incident
		w.metrics.versions.WithLabelValues(string(i.Status)).Inc()
		w.log.Info("incident", "incident", i.ID, "version", i.Version, "status", i.Status, "type", i.Type,
			"country", i.Place.Country, "severity", i.Assessment.Severity, "outlets", i.Sources.Outlets)
	}
	w.begun = append(w.begun[:0], w.begun[n:]...)
	if len(w.begun) == 0 {
		w.size, w.joined = 0, false
	}
	w.at = seq
}

// lastSequence is that of the incident stream's last message. A stream that was made
// anew counts as empty until the memory is, too.
func (w *Worker) lastSequence(ctx context.Context) (uint64, error) {
	s, err := w.bus.Stream(ctx, bus.Incidents)
	if err != nil {
		return 0, err
	}
	info := s.CachedInfo()
	if w.at == 0 {
		w.made = info.Created
	}
	if !w.made.Equal(info.Created) {
		return 0, nil
	}
	return info.State.LastSeq, nil
}

// current returns nil when the book has all that is on the incident stream.
func (w *Worker) current(ctx context.Context) error {
	last, err := w.lastSequence(ctx)
	if err == nil && last != w.at {
		err = fmt.Errorf("the incident stream ends at %d, this process knows it to %d: %w", last, w.at, bus.ErrConflict)
	}
	return err
}

func (w *Worker) reach(point ...string) {
	if w.reached != nil {
		w.reached(strings.Join(point, " "))
	}
}

// What is done between reports: the bucket follows the stream when there is nothing
// better to do, because an alert must not wait for the disk because of it.
const (
	projectAfter = 2 * time.Millisecond // without a report
	// maxBehind is how many versions the bucket may lag; more go at once, whatever waits.
	maxBehind = batchSize
	// shelveLate is how long what is new waits to be stored for the next start while
	// reports come without a pause; then each batch waits for a chunk of it.
	shelveLate = 2 * shelveEvery
)

// idleFor is how long to wait for reports before something else is done.
func (w *Worker) idleFor() time.Duration {
	if len(w.behind) > 0 || len(w.shelf.todo) > 0 {
		return projectAfter
	}
	return max(projectAfter, w.shelf.due(time.Now()))
}

// tidy does one piece of what waits; while reports come, only what has waited for
// long.
func (w *Worker) tidy(ctx context.Context, busy bool) {
	w.ctx = ctx
	switch {
	case len(w.behind) > maxBehind:
		w.projectSome(ctx, len(w.behind))
	case len(w.behind) > 0 && !busy:
		w.projectSome(ctx, 1)
	case !busy || w.shelf.waits(time.Now()) > shelveLate:
		w.shelve(ctx, shelveFor)
	}
	w.age(ctx)
	w.metrics.behind.Set(float64(len(w.behind))) // of a leader: the others leave the bucket to it
}

// finish does all that waits, before a stop.
func (w *Worker) finish(ctx context.Context) {
	w.ctx = ctx
	w.projectSome(ctx, len(w.behind))
	// What is not stored now the next start reads from the stream.
	ctx, cancel := context.WithTimeout(ctx, shelveAtStop)
	defer cancel()
	w.shelve(ctx, forEver)
}

// shelveAtStop bounds the time for which others wait for the lease at a stop.
const shelveAtStop = time.Second

// ageEvery is how often incidents are looked at that nobody has spoken of.
const ageEvery = time.Hour

// age forgets incidents of which neither the stream nor the bucket has a version any
// more.
func (w *Worker) age(ctx context.Context) {
	now := time.Now()
	if now.Sub(w.aged) > ageEvery {
		w.aged = now
		w.expire(ctx, now)
	}
	w.measure()
}

// measure tells how large the memory is.
func (w *Worker) measure() {
	w.metrics.known.Set(float64(len(w.versions)))
	w.metrics.open.Set(float64(w.book.Len()))
}
