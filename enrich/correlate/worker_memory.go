package correlate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate/match"
	"tocsin/internal/bus"
)

// memory is what a worker knows of the incident stream. It is all in the stream, the
// incidents bucket and the cards, and built anew from them.
type memory struct {
	book     *Book
	versions map[string]int // the version of each incident that the book has, those without reports included
	at       uint64         // stream sequence up to which that is all; what was begun follows
	made     time.Time      // when the stream was made

	begun  []entry // in the book and not yet on the stream
	size   int     // bytes that they take
	joined bool    // some of them follow from one report
	// nameless is set for one try after the stream knew the message id of a version and
	// had no such version: somebody purged it, and for a day it goes on to know the ids.
	// Then versions are published without one.
	nameless bool

	behind    []version            // on the stream, and perhaps not yet in the bucket, oldest first
	fresh     map[string]*Incident // the latest of those begun and behind
	revisions map[string]uint64    // in the bucket, of incidents that were read or put lately

	ctx    context.Context // of the fold in hand, for fetch
	lost   string          // incident that fetch could not find anywhere
	failed error           // why fetch could not look
}

// entry is a version that was entered, with what was before it.
type entry struct {
	version
	card   *match.Card // nil: none
	closed bool
	was    int
	fresh  *Incident
}

const (
	// keptInFull is how many incidents the book keeps in full; the others it fetches.
	keptInFull = 2048
	// keptRevisions bounds the revisions that are remembered; others are looked up.
	keptRevisions = 20_000
)

// forget begins anew with nothing.
func (w *Worker) forget() {
	w.memory = memory{versions: map[string]int{}, fresh: map[string]*Incident{}, revisions: map[string]uint64{}, ctx: context.Background()}
	w.book = NewBook(&w.cfg, w.limits.kept, w.fetch)
	w.shelf = newShelf(w.limits)
}

// enter puts what follows from a report into the book. After an error the memory must
// be built anew.
func (w *Worker) enter(t *taken) error {
	for _, v := range t.versions {
		id := v.incident.ID
		w.begun = append(w.begun, entry{version: v, card: w.book.card(id), closed: w.book.closed.Card(id) != nil, was: w.versions[id], fresh: w.fresh[id]})
		w.size += len(v.data)
	}
	w.joined = w.joined || len(t.versions) > 1
	if err := safely(func() error { w.book.Settle(&t.outcome); return nil }); err != nil {
		return err
	}
	for _, v := range t.versions {
		w.versions[v.incident.ID] = v.incident.Version
		w.fresh[v.incident.ID] = v.incident
	}
	return nil
}

// rollback takes back what was entered and is not stored.
func (w *Worker) rollback() {
	for k := len(w.begun) - 1; k >= 0; k-- {
		e := &w.begun[k]
		id := e.incident.ID
		w.book.revert(id, e.card, e.closed)
		if e.was == 0 {
			delete(w.versions, id)
		} else {
			w.versions[id] = e.was
		}
		if e.fresh == nil {
			delete(w.fresh, id)
		} else {
			w.fresh[id] = e.fresh
		}
	}
	w.begun, w.size, w.joined = w.begun[:0], 0, false
}

// revert gives an incident the card that it had, nil for none, and forgets it in
// full.
func (b *Book) revert(id string, c *match.Card, closed bool) {
	if e := b.recent[id]; e != nil {
		b.order.Remove(e)
		delete(b.recent, id)
	}
	b.index.Remove(id)
	b.closed.Remove(id)
	switch {
	case c == nil:
		return
	case closed:
		b.closed.Put(c)
	default:
		b.index.Put(c)
	}
	b.latest = max(b.latest, c.Last)
}

// open tells whether an incident still takes reports, by the clock of the news.
func (b *Book) open(c *match.Card) bool {
	return c.Last+int64(b.cfg.openFor(c.Kind())/time.Second) >= b.latest
}

// revive makes of a new incident, whose id one had before that lost all its reports
// to others, the next version of that one: an incident has each version once.
func (w *Worker) revive(i *Incident) {
	if was := w.versions[i.ID]; i.Version == 1 && was > 0 {
		i.Version, i.Supersedes = was+1, &was
		if i.Told != nil && i.Told.Version > 0 {
			i.Told.Version = i.Version
		}
	}
}

// stored notes that a version is on the stream.
func (w *Worker) stored(v version) {
	w.behind = append(w.behind, v)
	w.shelf.touch(v.incident.ID, v.seq)
}

// takeIn takes in a version from the stream that another process wrote, or this one
// before its memory was built anew.
func (w *Worker) takeIn(m jetstream.Msg, seq uint64) {
	if w.bus.IsCanary(m.Subject()) {
		return
	}
	i, err := Decode(m.Data())
	if err == nil && i.ID != lastToken(m.Subject()) {
		err = fmt.Errorf("incident %s is on another's subject", i.ID)
	}
	if err == nil && i.Version < w.versions[i.ID] {
		return // replayed, or overtaken in the cards
	}
	if err == nil && i.Version > w.versions[i.ID] {
		err = safely(func() error { w.book.Put(&i); return nil })
	}
	if err != nil {
		w.log.Error("an incident version cannot be read, passed over", "subject", m.Subject(), "sequence", seq, "err", err)
		return
	}
	// The cards may have had it already; whether the bucket has, nobody knows.
	w.versions[i.ID] = i.Version
	w.fresh[i.ID] = &i
	w.stored(version{incident: &i, data: m.Data(), seq: seq})
}

// catchUpAll catches up, over any trouble, until ctx ends.
func (w *Worker) catchUpAll(ctx context.Context) {
	bus.Insist(ctx, w.catchUp, func(err error) { w.log.Error("the incident stream cannot be read, trying on", "err", err) })
}

// catchUp takes in what is on the incident stream behind w.at.
func (w *Worker) catchUp(ctx context.Context) error {
	w.ctx = ctx
	for tries := 0; ; tries++ {
		last, err := w.lastSequence(ctx)
		if err != nil {
			return err
		}
		switch {
		case last == w.at:
			return nil
		case last < w.at:
			w.log.Warn("the incident stream ends before what is known of it: it was made anew, or restored; building the memory anew", "last", last, "known", w.at)
			return w.load(ctx)
		}
		before := w.at
		if err := w.bus.Read(ctx, bus.Incidents, w.at+1, last, false, func(m jetstream.Msg, seq uint64) error {
			w.takeIn(m, seq)
			w.at = seq
			if len(w.behind) > maxBehind {
				return w.project(ctx, len(w.behind))
			}
			return nil
		}); err != nil {
			return err
		}
		if w.at > before {
			tries = 0
			continue
		}
		// Nothing came. Either a copy of the stream was read that is a little behind, or
		// nothing is there any more: aged out, or deleted.
		if tries < 10 {
			bus.Pause(ctx, 20*time.Millisecond)
			continue
		}
		s, err := w.bus.Stream(ctx, bus.Incidents)
		if err != nil {
			return err
		}
		if _, err := s.GetMsg(ctx, last); errors.Is(err, jetstream.ErrMsgNotFound) {
			w.at = last
		} else if err != nil {
			return fmt.Errorf("read the incident stream at %d: %w", last, err)
		} else if tries > 100 {
			return fmt.Errorf("the incident stream has sequence %d and does not deliver it", last)
		}
	}
}

// fetch reads an incident in full for the book.
func (w *Worker) fetch(id string) (*Incident, error) {
	if i := w.fresh[id]; i != nil {
		return i, nil
	}
	i, err := w.find(id)
	if err != nil && !errors.Is(err, ErrNoIncident) {
		w.failed = err
	}
	return i, err
}

func (w *Worker) find(id string) (*Incident, error) {
	want := w.versions[id] // 0 where an operator names one that the book has forgotten
	var i *Incident
	for tries := 0; ; tries++ {
		var err error
		if i, err = w.fetchOnce(id, want); err != nil {
			return nil, err
		}
		if i != nil && (i.Version == want || want == 0) {
			return i, nil
		}
		if i != nil && i.Version > want {
			// Only what is on the stream comes into the bucket.
			if err := w.current(w.ctx); err != nil {
				return nil, err
			}
		}
		// On a cluster a copy may be read that is a little behind.
		if want == 0 || tries > 100 || i != nil && i.Version > want {
			break
		}
		bus.Pause(w.ctx, 50*time.Millisecond)
		if err := w.ctx.Err(); err != nil {
			return nil, fmt.Errorf("read incident %s: %w", id, err)
		}
	}
	if i == nil {
		w.metrics.fetches.WithLabelValues("nowhere").Inc()
		if want > 0 {
			w.lost = id
		}
		return nil, fmt.Errorf("read incident %s: %w", id, ErrNoIncident)
	}
	w.log.Warn("an incident has another version than is known of it: the incident stream, or the bucket, was restored; going on from what is there", "incident", id, "version", i.Version, "known", want)
	w.versions[id] = i.Version
	return i, nil
}

// fetchOnce reads the latest version of an incident from the bucket; where that is
// older than want, or cannot be read, from the stream. It returns nil where neither
// has it.
func (w *Worker) fetchOnce(id string, want int) (*Incident, error) {
	kv, err := w.bus.Bucket(w.ctx, bus.IncidentsBucket)
	if err != nil {
		return nil, err
	}
	e, err := kv.Get(w.ctx, id)
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, fmt.Errorf("read incident %s: %w", id, err)
	}
	if err == nil {
		i, err := Decode(e.Value())
		if err == nil && i.Version >= want {
			w.note(id, e.Revision())
			w.metrics.fetches.WithLabelValues("bucket").Inc()
			return &i, nil
		}
		if err != nil {
			w.log.Error("an incident cannot be read from the bucket, trying the stream", "incident", id, "err", err)
		}
	}
	var best *version
	err = w.bus.ReadSubject(w.ctx, bus.Incidents, w.bus.Pattern("incident", "*", "*", id), func(m jetstream.Msg, _ uint64) error {
		if i, err := Decode(m.Data()); err == nil && i.ID == id && (best == nil || i.Version > best.incident.Version) {
			best = &version{incident: &i, data: m.Data()}
		}
		return nil
	})
	if err != nil || best == nil {
		return nil, err
	}
	w.metrics.fetches.WithLabelValues("stream").Inc()
	w.behind = append(w.behind, *best) // the bucket gets it back
	return best.incident, nil
}

func (w *Worker) note(id string, revision uint64) {
	if len(w.revisions) > keptRevisions {
		clear(w.revisions)
	}
	w.revisions[id] = revision
}

// projectSome brings the oldest n versions that the bucket lacks into it.
func (w *Worker) projectSome(ctx context.Context, n int) {
	if err := w.project(ctx, n); err != nil && ctx.Err() == nil {
		w.log.Warn("the incidents bucket does not follow the stream, trying on", "err", err)
		bus.Pause(ctx, time.Second)
	}
}

// project brings the oldest n versions into the bucket, unless it has later ones. It
// may be done by any process, and twice.
func (w *Worker) project(ctx context.Context, n int) error {
	list := w.behind[:min(n, len(w.behind))]
	latest := make(map[string]int, len(list))
	for k := range w.behind {
		if id := w.behind[k].incident.ID; k < len(list) || latest[id] > 0 {
			latest[id] = max(latest[id], w.behind[k].incident.Version)
		}
	}
	type put struct {
		v       *version
		pending *bus.Pending
	}
	var puts []put
	var over []*version // whose revision in the bucket is not known
	for k := range list {
		v := &list[k]
		id := v.incident.ID
		if v.incident.Version < latest[id] {
			continue // a later one is on its way
		}
		rev, known := w.revisions[id]
		if !known && v.incident.Version > 1 {
			over = append(over, v)
			continue
		}
		puts = append(puts, put{v, w.bus.Begin(w.bus.BucketMessage(bus.IncidentsBucket, id, v.data, rev))})
	}
	for _, p := range puts {
		id := p.v.incident.ID
		ack, err := p.pending.Wait(ctx)
		switch {
		case errors.Is(err, bus.ErrConflict):
			over = append(over, p.v)
		case err != nil:
			return fmt.Errorf("latest version of incident %s: %w", id, err)
		default:
			w.note(id, ack.Sequence)
		}
	}
	if err := w.putAllLatest(ctx, over); err != nil {
		return err
	}
	for k := range list {
		if id := list[k].incident.ID; w.fresh[id] == list[k].incident {
			delete(w.fresh, id)
		}
	}
	w.behind = append(w.behind[:0:0], w.behind[len(list):]...)
	w.reach("projected")
	return nil
}

// putAllLatest puts versions over older ones in the bucket, many at a time: a process
// that has just begun knows no revision, and on a cluster each look takes a while.
func (w *Worker) putAllLatest(ctx context.Context, list []*version) error {
	if len(list) == 0 {
		return nil
	}
	kv, err := w.bus.Bucket(ctx, bus.IncidentsBucket)
	if err != nil {
		return err
	}
	revisions, errs := make([]uint64, len(list)), make([]error, len(list))
	slots := make(chan struct{}, 16)
	var wg sync.WaitGroup
	for k, v := range list {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			revisions[k], errs[k] = putLatest(ctx, kv, v)
		})
	}
	wg.Wait()
	for k, v := range list {
		if errs[k] == nil {
			w.note(v.incident.ID, revisions[k])
		}
	}
	return errors.Join(errs...)
}

// putLatest puts a version over an older one in the bucket, whatever its revision.
func putLatest(ctx context.Context, kv jetstream.KeyValue, v *version) (rev uint64, err error) {
	id := v.incident.ID
	for {
		e, err := kv.Get(ctx, id)
		switch {
		case errors.Is(err, jetstream.ErrKeyNotFound):
			rev, err = kv.Create(ctx, id, v.data)
		case err == nil:
			if i, derr := Decode(e.Value()); derr == nil && i.Version >= v.incident.Version {
				return e.Revision(), nil
			}
			rev, err = kv.Update(ctx, id, v.data, e.Revision())
		}
		switch {
		case err == nil:
			return rev, nil
		case !bus.Conflict(err):
			return 0, fmt.Errorf("latest version of incident %s: %w", id, err)
		}
		bus.Pause(ctx, 10*time.Millisecond) // another puts it too, or a copy is behind
		if ctx.Err() != nil {
			return 0, fmt.Errorf("latest version of incident %s: %w", id, ctx.Err())
		}
	}
}

// expire forgets incidents of which no version is kept any more.
func (w *Worker) expire(ctx context.Context, now time.Time) {
	kv, err := w.bus.Bucket(ctx, bus.IncidentsBucket)
	if err != nil {
		return // the next time
	}
	old := now.Add(-bus.IncidentsAge - 24*time.Hour)
	for id := range w.versions {
		said := dayOf(id).time()
		if c := w.book.card(id); c != nil {
			said = c.Heard()
		}
		if said.After(old) || w.fresh[id] != nil {
			continue
		}
		// What was said long ago may have come yesterday.
		if _, err := kv.Get(ctx, id); errors.Is(err, jetstream.ErrKeyNotFound) {
			w.book.revert(id, nil, false)
			delete(w.versions, id)
			w.shelf.touch(id, w.at)
		} else if err != nil {
			return
		}
	}
}
