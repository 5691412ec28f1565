package correlate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich"
	"tocsin/internal/bus"
)

// Worker folds the reports on the bus into incidents. One worker at a time does
// so; a second one would find its first write refused.
type Worker struct {
	bus     *bus.Bus
	cfg     Config
	log     *slog.Logger
	metrics *metrics

	open   *index
	last   map[string]stored // incident → its latest version on the stream
	kv     map[string]uint64 // incident → revision in the bucket
	behind []version         // on the stream and not yet in the bucket, oldest first
	at     uint64            // every version up to this stream sequence was in the bucket when it was loaded
	aged   time.Time
}

// NewWorker makes a worker of a valid configuration.
func NewWorker(b *bus.Bus, cfg Config) *Worker {
	return &Worker{bus: b, cfg: cfg, log: cfg.Log, metrics: newMetrics(cfg.Metrics)}
}

// batchSize bounds how many reports are folded before their versions are
// confirmed: reports in a batch share one wait for the disk.
const batchSize = 256

// Run folds reports until ctx ends, finishes those in hand and returns nil.
// An error means that it gave up by itself. No goroutine outlives Run.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.load(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("correlate: %w", err)
	}
	sub, err := w.bus.Subscribe(ctx, bus.CorrelateReports)
	if err != nil {
		return fmt.Errorf("correlate: %w", err)
	}
	late, cancel := bus.Grace(ctx, w.cfg.Drain)
	defer cancel()
	for {
		idle := time.Duration(0)
		if len(w.behind) > 0 {
			idle = projectAfter
		}
		msgs, open := sub.Batch(batchSize, idle)
		if !open {
			break
		}
		if len(msgs) == 0 {
			w.projectOne(late)
			continue
		}
		began := time.Now()
		wait := 20 * time.Millisecond
		for err := w.fold(late, msgs); err != nil; err = w.fold(late, msgs) {
			if late.Err() != nil {
				break // not acknowledged: it comes again after the restart
			}
			w.log.Warn("versions not stored, rebuilding the memory", "err", err)
			if errors.Is(err, bus.ErrConflict) {
				w.metrics.conflicts.Inc()
			}
			bus.Pause(late, wait) // two workers that write in turns do not spin
			wait = min(2*wait, 10*time.Second)
			w.reload(late)
		}
		w.metrics.seconds.Observe(time.Since(began).Seconds())
	}
	w.projectAll(late)
	sub.Wait()
	return nil
}

// reload rebuilds the memory, over any trouble, until ctx ends.
func (w *Worker) reload(ctx context.Context) {
	bus.Insist(ctx, w.load, func(err error) { w.log.Error("the memory cannot be rebuilt, trying on", "err", err) })
}

// stored is where a version is on the stream.
type stored struct {
	seq     uint64
	subject string
}

// version is one that is on its way to the stream.
type version struct {
	subject  string
	incident *Incident
	data     []byte
	pending  *bus.Pending
}

// fold takes in a batch of reports, and returns when what it caused is durable
// and the reports are settled. After an error nothing is settled and the memory
// is stale: load it before anything else.
//
// Order of writes, and what a crash after each costs: the version on the
// incident stream (a redelivered report finds itself in it and changes
// nothing), the bucket (load brings it up to date from the stream), the
// acknowledgement (the report comes again and changes nothing).
func (w *Worker) fold(ctx context.Context, msgs []jetstream.Msg) error {
	var begun []version
	inFlight := map[string]bool{}
	flush := func() error {
		for k := range begun {
			if err := w.confirm(ctx, &begun[k]); err != nil {
				return err
			}
		}
		w.behind = append(w.behind, begun...)
		if len(w.behind) > maxBehind {
			if err := w.project(ctx, w.behind); err != nil {
				return err
			}
			w.behind = w.behind[:0]
		}
		begun = begun[:0]
		clear(inFlight)
		return nil
	}
	settle := make([]jetstream.Msg, 0, len(msgs))
	for _, msg := range msgs {
		if passing(msg) {
			w.metrics.reports.WithLabelValues("unused").Inc()
			settle = append(settle, msg)
			continue
		}
		r, ok := w.decode(ctx, msg)
		if !ok {
			continue
		}
		versions, err := w.take(r)
		if err != nil {
			w.setAside(ctx, msg, bus.TooLarge, err)
			continue
		}
		settle = append(settle, msg)
		for _, v := range versions {
			if inFlight[v.incident.ID] {
				// Its next write is conditional on a sequence that is not known yet.
				if err := flush(); err != nil {
					return err
				}
			}
			w.begin(&v)
			inFlight[v.incident.ID] = true
			begun = append(begun, v)
		}
	}
	if err := flush(); err != nil {
		return err
	}
	for _, msg := range settle {
		if err := msg.Ack(); err != nil {
			w.log.Error("report not settled, NATS will send it again", "subject", msg.Subject(), "err", err)
		}
	}
	w.age()
	return nil
}

// passing reports whether a report's headers say that it changes nothing: most
// articles tell of incidents only as background. A later edition is looked at
// all the same, for what it takes back.
func passing(msg jetstream.Msg) bool {
	h := msg.Headers()
	return h.Get(enrich.HeaderRole) == string(enrich.Background) && h.Get(enrich.HeaderEdition) == "1"
}

// decode reads a report, or sets its message aside.
func (w *Worker) decode(ctx context.Context, msg jetstream.Msg) (*enrich.Report, bool) {
	r, err := enrich.DecodeReport(msg.Data())
	reason := bus.Unreadable
	switch {
	case errors.Is(err, enrich.ErrSchema):
		reason = bus.UnknownKind
	case err == nil && bus.Deliveries(msg) > bus.MaxDeliveries:
		reason, err = bus.CrashLoop, fmt.Errorf("delivered %d times and never finished", bus.Deliveries(msg))
	}
	if err == nil {
		return &r, true
	}
	w.setAside(ctx, msg, reason, err)
	return nil, false
}

func (w *Worker) setAside(ctx context.Context, msg jetstream.Msg, reason bus.Reason, cause error) {
	w.metrics.reports.WithLabelValues("set_aside").Inc()
	if err := w.bus.SetAside(ctx, msg, "correlate", reason, cause); err != nil {
		w.log.Error("report neither folded nor set aside, NATS will send it again", "subject", msg.Subject(), "err", err)
	}
}

// take folds one report into the memory and returns the versions that follow.
// An error says that no message holds the version, and the memory is as it was.
func (w *Worker) take(r *enrich.Report) (versions []version, err error) {
	outcome := "unused"
	if counts(r) {
		i, c := w.place(r)
		switch {
		case i == nil:
		case c.None:
			outcome = "known"
		default:
			outcome = "folded"
			if i.Version == 1 {
				outcome = "founded"
			}
			v, err := encode(i)
			if err != nil {
				return nil, err
			}
			w.open.put(i)
			versions = append(versions, v)
		}
	}
	w.metrics.reports.WithLabelValues(outcome).Inc()
	if r.Source.Edition > 1 && r.Ordinal >= r.Of-1 {
		// The edition is told to its end: what only an earlier one said is gone.
		for _, id := range w.open.having(r.Source.ID) {
			next, c := Withdraw(*w.open.byID[id], &r.Source, w.cfg.Severity)
			if c.None {
				continue
			}
			v, err := encode(&next)
			if err != nil {
				w.log.Error("an edition that takes back what it said cannot be folded", "incident", id, "article", r.Source.ID, "err", err)
				continue
			}
			w.open.put(&next)
			versions = append(versions, v)
		}
	}
	return versions, nil
}

func encode(i *Incident) (version, error) {
	data, err := json.Marshal(i)
	if err == nil && len(data) > bus.MaxMessage {
		err = fmt.Errorf("it takes %d bytes, a message holds %d", len(data), bus.MaxMessage)
	}
	if err != nil {
		return version{}, fmt.Errorf("incident %s version %d: %w", i.ID, i.Version, err)
	}
	return version{incident: i, data: data}, nil
}

// counts reports whether a report speaks of an incident that is news.
func counts(r *enrich.Report) bool {
	return (r.Role == enrich.Main || r.Role == enrich.Other) && r.Type != "judicial"
}

// place finds the incident of a report, or founds it; nil where the report
// denies one that nobody has told of.
func (w *Worker) place(r *enrich.Report) (*Incident, Change) {
	if i := w.open.match(r); i != nil {
		next, c := Fold(*i, r, w.cfg.Severity)
		return &next, c
	}
	if denies(r.Outcome, r.Certainty) {
		return nil, Change{None: true}
	}
	next, c := Found(r, w.cfg.Severity)
	if w.open.byID[next.ID] != nil && r.Source.Edition > 1 {
		next.ID = newIDOfEdition(r)
	}
	if w.last[next.ID].seq != 0 || w.open.byID[next.ID] != nil {
		// Its article founded it before, and it has aged out since.
		return nil, Change{None: true}
	}
	return &next, c
}

// begin sends a version on its way to the stream.
func (w *Worker) begin(v *version) {
	i, last := v.incident, w.last[v.incident.ID]
	v.subject = w.bus.Subject("incident", bus.Token(i.Place.Country), bus.Token(i.Type), i.ID)
	// The version before may be on another subject, of another type or country.
	// Its very subject is compared, no pattern: the server finds that at once.
	v.pending = w.bus.Begin(bus.Message{Subject: v.subject, ID: i.MsgID(), Data: v.data, After: &last.seq, AfterSubject: cmp.Or(last.subject, v.subject)})
}

func (w *Worker) confirm(ctx context.Context, v *version) error {
	ack, err := v.pending.Wait(ctx)
	if err != nil {
		return fmt.Errorf("incident %s version %d: %w", v.incident.ID, v.incident.Version, err)
	}
	if ack.Duplicate && ack.Sequence <= w.last[v.incident.ID].seq {
		return fmt.Errorf("incident %s version %d is on the stream already: %w", v.incident.ID, v.incident.Version, bus.ErrConflict)
	}
	w.last[v.incident.ID] = stored{ack.Sequence, v.subject}
	w.metrics.versions.WithLabelValues(string(v.incident.Status)).Inc()
	w.log.Info("incident", "incident", v.incident.ID, "version", v.incident.Version, "status", v.incident.Status, "type", v.incident.Type,
		"country", v.incident.Place.Country, "severity", v.incident.Assessment.Severity, "outlets", v.incident.Sources.Outlets)
	return nil
}

// The bucket follows the stream when there is nothing better to do: an alert
// must not wait for the disk because of it, and load makes up for a crash.
const (
	projectAfter = 2 * time.Millisecond // without a report
	maxBehind    = batchSize            // of versions; more go at once, whatever waits
)

// projectOne brings the oldest version that the bucket lacks into it.
func (w *Worker) projectOne(ctx context.Context) {
	first := w.behind[0].incident.ID
	if slices.ContainsFunc(w.behind[1:], func(v version) bool { return v.incident.ID == first }) {
		w.behind = w.behind[1:] // a later one is on its way
		return
	}
	if err := w.project(ctx, w.behind[:1]); err != nil {
		w.log.Warn("the incidents bucket does not follow the stream", "err", err)
		w.reload(ctx)
		return
	}
	w.behind = w.behind[1:]
}

// projectAll is the last thing that a worker does.
func (w *Worker) projectAll(ctx context.Context) {
	if err := w.project(ctx, w.behind); err != nil {
		w.log.Warn("the incidents bucket does not follow the stream; the next start sees to it", "err", err)
	}
	w.behind = nil
}

// project brings the latest of these versions of each incident into the bucket.
func (w *Worker) project(ctx context.Context, versions []version) error {
	latest := make(map[string]*Incident, len(versions))
	for _, v := range versions {
		latest[v.incident.ID] = v.incident
	}
	pending := make(map[string]*bus.Pending, len(latest))
	for _, v := range versions {
		if id := v.incident.ID; latest[id] == v.incident {
			pending[id] = w.bus.Begin(w.bus.BucketMessage(bus.IncidentsBucket, id, v.data, w.kv[id]))
		}
	}
	for id, p := range pending {
		ack, err := p.Wait(ctx)
		if err != nil {
			return fmt.Errorf("latest version of incident %s: %w", id, err)
		}
		w.kv[id] = ack.Sequence
	}
	return nil
}

// positionKey is where the projection's position is kept: every version on the
// incident stream up to it is in the bucket. It is stored at each load; an older
// position costs a longer one.
const positionKey = "correlate.projected"

// ageEvery is how often incidents are looked at that nobody has spoken of.
const ageEvery = time.Hour

func (w *Worker) age() {
	w.metrics.open.Set(float64(len(w.open.byID)))
	if now := time.Now(); now.Sub(w.aged) > ageEvery {
		w.aged = now
		w.open.age(now.Add(-w.cfg.Open))
		w.metrics.open.Set(float64(len(w.open.byID)))
	}
}

// load rebuilds the memory: the bucket, then what the incident stream has
// beyond it, which it also brings into the bucket.
func (w *Worker) load(ctx context.Context) error {
	began := time.Now()
	w.open, w.last, w.kv, w.at, w.behind = newIndex(), map[string]stored{}, map[string]uint64{}, 0, nil
	if err := w.loadBucket(ctx); err != nil {
		return err
	}
	n, err := w.loadTail(ctx)
	if err != nil {
		return err
	}
	if err := w.bus.SavePosition(ctx, positionKey, w.at); err != nil {
		return err
	}
	w.aged = time.Time{}
	w.age()
	w.log.Info("incidents loaded", "open", len(w.open.byID), "from_stream", n, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

func (w *Worker) loadBucket(ctx context.Context) error {
	var err error
	if w.at, err = w.bus.Position(ctx, positionKey); err != nil {
		return err
	}
	kv, err := w.bus.Bucket(ctx, bus.IncidentsBucket)
	if err != nil {
		return err
	}
	all, err := kv.WatchAll(ctx)
	if err != nil {
		return fmt.Errorf("read the incidents bucket: %w", err)
	}
	defer func() { _ = all.Stop() }() // the watch has told all; its end has no news
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case e, ok := <-all.Updates():
			if !ok {
				return errors.New("read the incidents bucket: interrupted")
			}
			if e == nil {
				return nil
			}
			if e.Operation() != jetstream.KeyValuePut {
				w.kv[e.Key()] = e.Revision() // somebody deleted it: the stream still has it
				continue
			}
			i, err := Decode(e.Value())
			if err != nil {
				w.log.Error("an incident cannot be read and takes no more reports", "incident", e.Key(), "err", err)
				continue
			}
			w.kv[i.ID] = e.Revision()
			w.open.put(&i)
		}
	}
}

// loadTail reads the versions behind w.at, and the sequence of the last version
// of every open incident.
func (w *Worker) loadTail(ctx context.Context) (n int, err error) {
	stream, err := w.bus.Stream(ctx, bus.Incidents)
	if err != nil {
		return 0, err
	}
	info, err := stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the incident stream: %w", err)
	}
	if w.at > info.State.LastSeq {
		w.at = 0 // the stream was made anew: the position is another's
	}
	// The bucket's versions and those behind it, without their bodies: which
	// sequence is the last of each incident. Where the bucket lacks one that the
	// position says it has (a deleted key, a backup), the position goes back.
	versions := map[string]int{}
	if err := w.bus.Read(ctx, bus.Incidents, 1, info.State.LastSeq, true, func(m jetstream.Msg, seq uint64) error {
		id := lastToken(m.Subject())
		w.last[id] = stored{seq, m.Subject()}
		if n, ok := versionOf(m.Headers().Get(jetstream.MsgIDHeader), id); ok {
			versions[id] = n
		}
		return nil
	}); err != nil {
		return 0, err
	}
	for id, n := range versions {
		if have := w.open.byID[id]; have == nil || have.Version < n {
			w.at = min(w.at, w.last[id].seq-1)
		}
	}
	var behind []version
	err = w.bus.Read(ctx, bus.Incidents, w.at+1, info.State.LastSeq, false, func(m jetstream.Msg, seq uint64) error {
		i, err := Decode(m.Data())
		if err != nil {
			w.log.Error("an incident version cannot be read, passed over", "subject", m.Subject(), "sequence", seq, "err", err)
			return nil
		}
		if lastToken(m.Subject()) != i.ID {
			w.log.Error("an incident version is on another's subject, passed over", "subject", m.Subject(), "sequence", seq, "incident", i.ID)
			return nil
		}
		if old := w.open.byID[i.ID]; old == nil || old.Version < i.Version {
			w.open.put(&i)
			behind = append(behind, version{incident: &i, data: m.Data()})
			n++
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	latest := map[string]version{}
	for _, v := range behind {
		latest[v.incident.ID] = v
	}
	todo := make([]version, 0, len(latest))
	for _, v := range behind {
		if l := latest[v.incident.ID]; l.incident == v.incident {
			todo = append(todo, v)
		}
	}
	if err := w.project(ctx, todo); err != nil {
		return 0, err
	}
	w.at = info.State.LastSeq
	return n, nil
}

// versionOf reads the version from the message id that MsgID made.
func versionOf(msgID, incident string) (n int, ok bool) {
	number, ok := strings.CutPrefix(msgID, incident+".")
	if !ok {
		return 0, false // a replayed message has another id
	}
	n, err := strconv.Atoi(number)
	return n, err == nil
}

func lastToken(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }
