package correlate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate/match"
	"tocsin/internal/bus"
)

// load builds the memory: from the cards or, where they cannot be used, from the
// incidents bucket; then from what the incident stream has behind that.
func (w *Worker) load(ctx context.Context) error {
	began := time.Now()
	from, err := fromCards, error(nil)
	for range 3 {
		w.forget()
		if err = w.loadCards(ctx); !errors.Is(err, errIncomplete) {
			break // else another process may just have written them
		}
	}
	switch {
	case errors.Is(err, errNoCards):
	case errors.Is(err, errIncomplete), errors.Is(err, match.ErrStored):
		w.log.Warn("the memory is built from all incidents, which takes longer", "why", err)
	case err != nil:
		return err
	}
	if err != nil {
		from = fromIncidents
		w.forget()
		if err := w.loadIncidents(ctx); err != nil {
			return err
		}
	}
	before := w.at
	if err := w.catchUp(ctx); err != nil {
		return err
	}
	took := time.Since(began)
	w.metrics.loads.WithLabelValues(from).Inc()
	w.metrics.loading.Set(took.Seconds())
	w.aged = time.Time{}
	w.age(ctx)
	w.log.Info("incidents loaded", "incidents", w.book.Len(), "from", from, "behind", w.at-before, "took", took.Round(time.Millisecond))
	return nil
}

var (
	errNoCards    = errors.New("no cards are stored")
	errIncomplete = errors.New("the stored cards are incomplete")
)

// loadCards fills the memory from the cards bucket.
func (w *Worker) loadCards(ctx context.Context) error {
	last, err := w.lastSequence(ctx)
	if err != nil {
		return err
	}
	var m manifest
	has := false
	seen := map[string]bool{}
	err = pipeline(func(emit func([]byte)) error {
		return w.bus.ReadBucket(ctx, bus.CardsBucket, false, func(key string, msg jetstream.Msg, _ uint64) error {
			if len(msg.Data()) == 0 {
				return nil // deleted
			}
			if key == manifestKey {
				has = true
				if err := json.Unmarshal(msg.Data(), &m); err != nil {
					return fmt.Errorf("%w: read their manifest: %w", errIncomplete, err)
				}
				return nil
			}
			seen[key] = true
			emit(msg.Data())
			return nil
		})
	}, match.DecodeStored, func(list []match.Stored) {
		for _, s := range list {
			// A day may be there twice, parted in two ways.
			if s.Version > w.versions[s.ID] {
				w.versions[s.ID] = s.Version
				w.book.revert(s.ID, s.Card, s.Closed)
			}
		}
	})
	switch {
	case err != nil:
		return err
	case !has:
		return errNoCards
	}
	if !m.Stream.Equal(w.made) || m.Position > last {
		// What was on the other one, only the bucket has.
		return fmt.Errorf("%w: they come to %d of an incident stream that was made at %v; this one was made at %v and ends at %d", errIncomplete, m.Position, m.Stream, w.made, last)
	}
	for _, key := range m.Chunks {
		if !seen[key] {
			return fmt.Errorf("%w: %s is missing", errIncomplete, key)
		}
	}
	w.at = m.Position
	return nil
}

// summary is what the memory keeps of an incident in full.
type summary struct {
	id      string
	version int
	card    *match.Card
}

// loadIncidents fills the memory from the incidents bucket, and finds out from where
// on the incident stream has what it lacks: whether a key was deleted, or the bucket
// is of an older day.
func (w *Worker) loadIncidents(ctx context.Context) error {
	w.shelf.all, w.shelf.since = true, time.Now()
	var cards []*match.Card
	type value struct {
		key  string
		data []byte
	}
	if err := pipeline(func(emit func(value)) error {
		return w.bus.ReadBucket(ctx, bus.IncidentsBucket, false, func(key string, msg jetstream.Msg, _ uint64) error {
			if len(msg.Data()) > 0 { // else it was deleted: the stream still has it
				emit(value{key, msg.Data()})
			}
			return nil
		})
	}, func(v value) (s summary, err error) {
		err = safely(func() error {
			i, err := Decode(v.data)
			if err != nil {
				return err
			}
			s.id, s.version = i.ID, i.Version
			if len(i.Readings) > 0 {
				s.card = CardOf(&i)
			}
			return nil
		})
		if err != nil {
			w.log.Error("an incident cannot be read and takes no more reports", "incident", v.key, "err", err)
			return summary{}, nil
		}
		return s, nil
	}, func(s summary) {
		if s.id != "" {
			w.versions[s.id] = s.version
		}
		if s.card != nil {
			cards = append(cards, s.card)
			w.book.latest = max(w.book.latest, s.card.Last)
		}
	}); err != nil {
		return err
	}
	for _, c := range cards {
		open := w.book.open(c)
		if !open {
			c.Close()
		}
		w.book.revert(c.ID, c, !open)
	}
	last, err := w.lastSequence(ctx)
	if err != nil {
		return err
	}
	from := last + 1
	if err := w.bus.Read(ctx, bus.Incidents, 1, last, true, func(m jetstream.Msg, seq uint64) error {
		id := lastToken(m.Subject())
		if n, ok := versionOf(m.Headers().Get(jetstream.MsgIDHeader), id); ok && n > w.versions[id] {
			from = min(from, seq)
		}
		return nil
	}); err != nil {
		return err
	}
	w.at = from - 1
	return nil
}

// versionOf reads the version from the message id that MsgID made.
func versionOf(msgID, incident string) (n int, ok bool) {
	number, ok := strings.CutPrefix(msgID, incident+".")
	if !ok {
		return 0, false // a replayed message has another id, and is of an older version
	}
	n, err := strconv.Atoi(number)
	return n, err == nil
}

func lastToken(subject string) string { return subject[strings.LastIndexByte(subject, '.')+1:] }

// safely runs f; a panic is an error.
func safely(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// pipeline reads, works and takes at the same time: work on all processors, take in
// the caller's goroutine, in any order. It returns the first error.
func pipeline[In, Out any](read func(emit func(In)) error, work func(In) (Out, error), take func(Out)) error {
	workers := runtime.GOMAXPROCS(0)
	in, out := make(chan In, 2*workers), make(chan Out, 2*workers)
	var mu sync.Mutex
	var failed error
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = err
		}
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for x := range in {
				y, err := work(x)
				if err != nil {
					fail(err)
					continue
				}
				out <- y
			}
		})
	}
	go func() {
		if err := read(func(x In) { in <- x }); err != nil {
			fail(err)
		}
		close(in)
		wg.Wait()
		close(out)
	}()
	for y := range out {
		take(y)
	}
	return failed
}
