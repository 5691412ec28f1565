package correlate

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate/match"
	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// The cards bucket keeps what the memory has of every incident, so that a start reads
// some hundred megabytes and not every incident in full. Its keys are chunks of
// incidents that were founded on one day, parted by a hash of their ids, and, under
// manifestKey, how far on the incident stream they come and which chunks there are.
//
// Order of writes, each conditional on the last sequence of the whole bucket: the
// chunks of all incidents that have changed, the manifest, then away with the chunks
// that others have replaced. All is in one stream, so that a reader sees a manifest
// only after the chunks that it speaks of; a chunk that is newer than the manifest
// does no harm, because what is read from the incident stream behind it ends in the
// same. Where the cards are missing, damaged or of another version of the program,
// the memory is built from the incidents bucket.

const (
	manifestKey = "manifest"
	// chunkCards is how many cards of a day are in one chunk before it is parted.
	chunkCards = 256
	// chunkBytes is the most that a chunk may take.
	chunkBytes = bus.MaxMessage - 16<<10
	maxLevel   = 12

	// shelveEvery is how long what is new waits before it is stored, shelveAfter how
	// many versions at most, unless reports leave no time: a start reads them from the
	// stream.
	shelveEvery = 30 * time.Second
	shelveAfter = 20_000
)

// date counts days from 1970.
type date int32

func (d date) time() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// dayOf is the day on which an incident was founded, 0 where its id does not tell.
func dayOf(id string) date {
	b, ok := ident.Bytes(strings.TrimPrefix(id, "inc-"))
	if !ok {
		return 0
	}
	ms := uint64(b[0])<<40 | uint64(b[1])<<32 | uint64(b[2])<<24 | uint64(b[3])<<16 | uint64(b[4])<<8 | uint64(b[5])
	return date(ms / 86_400_000)
}

// slot is where an incident is kept: its day, and 12 bits of a hash of its id.
type slot struct {
	day  date
	hash uint16
}

func slotOf(id string) slot {
	h := fnv.New32a()
	h.Write([]byte(id))
	s := h.Sum32()
	return slot{dayOf(id), uint16((s ^ s>>16) & (1<<maxLevel - 1))}
}

// chunk names a key: the part n of the 1<<level parts of a day.
type chunk struct {
	day   date
	level int
	n     uint16
}

func (s slot) at(level int) chunk { return chunk{s.day, level, s.hash >> (maxLevel - level)} }

func (c chunk) key() string {
	return c.day.time().Format("20060102") + "." + strconv.Itoa(c.level) + "." + strconv.FormatUint(uint64(c.n), 16)
}

func parseChunk(key string) (chunk, bool) {
	p := strings.Split(key, ".")
	if len(p) != 3 {
		return chunk{}, false
	}
	t, err := time.Parse("20060102", p[0])
	level, lerr := strconv.Atoi(p[1])
	n, nerr := strconv.ParseUint(p[2], 16, 16)
	if err != nil || lerr != nil || nerr != nil || level < 0 || level > maxLevel {
		return chunk{}, false
	}
	return chunk{date(t.Unix() / 86400), level, uint16(n)}, true
}

// manifest is the value of manifestKey.
type manifest struct {
	Stream   time.Time `json:"stream"`   // when the incident stream was made: positions in another one mean nothing
	Position uint64    `json:"position"` // every version on the incident stream up to it is in the chunks, and in the incidents bucket
	Chunks   []string  `json:"chunks"`
}

// shelf is what a worker knows of the cards bucket.
type shelf struct {
	limits limits

	dirty map[slot]uint64 // slots with versions that are not in it, and the sequence of their last
	all   bool            // everything is to be written anew
	since time.Time       // when the first of them came; zero: nothing did
	count int             // versions since

	failed time.Time // when the last pass did, zero after one that did not

	known  bool // the next fields are right: this worker has the lease and has looked
	last   uint64
	levels map[date]int
	mixed  map[date]bool // parted twice, by a pass that did not end
	chunks map[chunk]bool

	finer map[date]int // days whose chunks were too large, and the level that they need

	// The pass under way.
	todo     []chunkWork
	writing  map[slot]uint64
	position uint64
	gone     []chunk
	began    time.Time
}

type chunkWork struct {
	chunk chunk
	ids   []string
}

func newShelf(l limits) shelf {
	return shelf{limits: l, dirty: map[slot]uint64{}, finer: map[date]int{}}
}

// touch notes that an incident has changed.
func (s *shelf) touch(id string, seq uint64) {
	s.dirty[slotOf(id)] = seq
	if s.since.IsZero() {
		s.since = time.Now()
	}
	s.count++
}

// due is how long what is new may still wait.
func (s *shelf) due(now time.Time) time.Duration {
	switch {
	case s.since.IsZero():
		return time.Hour
	case !s.failed.IsZero(): // not at once again, however much there is
		return max(0, s.failed.Add(s.limits.shelveEvery).Sub(now))
	case s.all, s.count > shelveAfter:
		return 0
	}
	return max(0, s.since.Add(s.limits.shelveEvery).Sub(now))
}

// waits is for how long what is new has waited.
func (s *shelf) waits(now time.Time) time.Duration {
	if s.since.IsZero() && s.writing == nil {
		return 0
	}
	return now.Sub(cmp.Or(s.since, s.began))
}

// abandon ends a pass that is under way; what it was to write waits for the next. The
// lease may be another's by now: the bucket has to be looked at again.
func (s *shelf) abandon() {
	for k, seq := range s.writing {
		s.dirty[k] = max(s.dirty[k], seq)
	}
	if s.writing != nil && s.since.IsZero() {
		s.since = time.Now()
	}
	s.todo, s.writing, s.gone, s.known = nil, nil, nil, false
}

const (
	// shelveFor is for how long reports may wait for chunks to be stored.
	shelveFor = 5 * time.Millisecond
	// forEver stores all that is new, due or not.
	forEver = time.Duration(math.MaxInt64)
)

// shelve stores, for a while, what is new, if it is time for it.
func (w *Worker) shelve(ctx context.Context, d time.Duration) {
	if w.shelf.writing == nil && (w.shelf.since.IsZero() || d < forEver && w.shelf.due(time.Now()) > 0) {
		return
	}
	if err := w.shelveSome(ctx, d); err != nil {
		w.shelf.abandon()
		w.shelf.since = time.Now()
		w.shelf.failed = w.shelf.since
		if ctx.Err() == nil {
			w.metrics.snapshots.WithLabelValues("failed").Inc()
			w.log.Warn("what is new in memory is not stored for the next start; trying again later", "err", err)
		}
	}
}

func (w *Worker) shelveSome(ctx context.Context, d time.Duration) error {
	began := time.Now()
	s := &w.shelf
	if s.writing == nil {
		if !s.known {
			if err := w.lookAtShelf(ctx); err != nil {
				return err
			}
		}
		w.planShelf()
	}
	for first := true; len(s.todo) > 0 && (first || time.Since(began) < d); first = false {
		if err := w.putChunk(ctx, s.todo[0]); err != nil {
			return err
		}
		s.todo = s.todo[1:]
		w.reach("chunk")
	}
	if len(s.todo) > 0 {
		return nil
	}
	m := manifest{Stream: w.made, Position: s.position, Chunks: make([]string, 0, len(s.chunks))}
	for c := range s.chunks {
		m.Chunks = append(m.Chunks, c.key())
	}
	slices.Sort(m.Chunks)
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("encode the manifest of cards: %w", err)
	}
	if err := w.putCards(ctx, manifestKey, data); err != nil {
		return err
	}
	w.reach("manifest")
	bucket, err := w.cardsStream(ctx)
	if err != nil {
		return err
	}
	for _, c := range s.gone {
		// Up to the manifest: whoever leads by now may have put it again.
		if err := bucket.Purge(ctx, jetstream.WithPurgeSubject(w.cardsSubject(c.key())), jetstream.WithPurgeSequence(s.last)); err != nil {
			return fmt.Errorf("remove chunk %s of cards: %w", c.key(), err)
		}
	}
	s.writing, s.gone, s.all, s.mixed, s.failed = nil, nil, false, nil, time.Time{}
	w.metrics.snapshots.WithLabelValues("ok").Inc()
	return nil
}

// lookAtShelf finds out which chunks there are and where the bucket ends.
func (w *Worker) lookAtShelf(ctx context.Context) error {
	bucket, err := w.cardsStream(ctx)
	if err != nil {
		return err
	}
	prefix := w.cardsSubject("")
	info, err := bucket.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return fmt.Errorf("look at the cards: %w", err)
	}
	s := &w.shelf
	s.last, s.levels, s.mixed, s.chunks = info.State.LastSeq, map[date]int{}, map[date]bool{}, map[chunk]bool{}
	for subject := range info.State.Subjects {
		if c, ok := parseChunk(strings.TrimPrefix(subject, prefix)); ok {
			s.chunks[c] = true
			if was, had := s.levels[c.day]; had && was != c.level {
				s.mixed[c.day] = true
			}
			s.levels[c.day] = max(s.levels[c.day], c.level)
		}
	}
	if m, err := w.readManifest(ctx); err == nil {
		// While it stood by, another one has stored most of what came.
		for k, seq := range s.dirty {
			if seq <= m.Position {
				delete(s.dirty, k)
			}
		}
	}
	// Only now: whoever has written to the bucket before has written versions that this
	// process must have, or the chunks would lose them again. Whoever does so later makes
	// the next put fail.
	if err := w.current(ctx); err != nil {
		return err
	}
	s.known = true
	return nil
}

// planShelf decides which chunks are to be written.
func (w *Worker) planShelf() {
	s := &w.shelf
	s.position, s.writing, s.dirty = w.at, s.dirty, map[slot]uint64{}
	for k := range w.behind {
		if seq := w.behind[k].seq; seq > 0 {
			s.position = min(s.position, seq-1)
		}
	}
	s.began, s.since, s.count = s.since, time.Time{}, 0
	days := map[date]int{}
	for k := range s.writing {
		days[k.day] = 0
	}
	for d := range s.mixed {
		days[d] = 0
	}
	members := map[date][]string{}
	for id := range w.versions {
		d := dayOf(id)
		if _, dirty := days[d]; dirty || s.all {
			days[d]++
			members[d] = append(members[d], id)
		}
	}
	work := map[chunk][]string{}
	for d, n := range days {
		was, had := s.levels[d]
		level := max(was, s.finer[d])
		for level < maxLevel && n > s.limits.chunkCards<<level {
			level++
		}
		s.levels[d] = level
		whole := s.all || s.mixed[d] || had && level != was
		for k := range s.writing {
			if k.day == d {
				work[k.at(level)] = nil
			}
		}
		for _, id := range members[d] {
			c := slotOf(id).at(level)
			if _, dirty := work[c]; dirty || whole {
				work[c] = append(work[c], id)
			}
		}
	}
	s.todo, s.gone = make([]chunkWork, 0, len(work)), nil
	for c, ids := range work {
		if len(ids) > 0 {
			slices.Sort(ids)
			s.todo = append(s.todo, chunkWork{c, ids})
			s.chunks[c] = true
		} else if s.chunks[c] {
			s.gone = append(s.gone, c)
		}
	}
	for c := range s.chunks {
		if c.level < s.levels[c.day] || s.all && work[c] == nil {
			s.gone = append(s.gone, c)
		}
	}
	for _, c := range s.gone {
		delete(s.chunks, c)
	}
	slices.SortFunc(s.todo, func(a, b chunkWork) int { return strings.Compare(a.chunk.key(), b.chunk.key()) })
}

func (w *Worker) putChunk(ctx context.Context, c chunkWork) error {
	list := make([]match.Stored, 0, len(c.ids))
	for _, id := range c.ids {
		if v := w.versions[id]; v > 0 {
			list = append(list, match.Stored{ID: id, Version: v, Card: w.book.card(id), Closed: w.book.closed.Card(id) != nil})
		}
	}
	data := match.EncodeStored(list)
	if len(data) > chunkBytes {
		if c.chunk.level == maxLevel {
			return fmt.Errorf("chunk %s of cards takes %d bytes, a message holds %d", c.chunk.key(), len(data), chunkBytes)
		}
		w.shelf.finer[c.chunk.day] = c.chunk.level + 1
		return fmt.Errorf("chunk %s of cards takes %d bytes: its day is to be parted further", c.chunk.key(), len(data))
	}
	return w.putCards(ctx, c.chunk.key(), data)
}

func (w *Worker) putCards(ctx context.Context, key string, data []byte) error {
	m := w.bus.BucketMessage(bus.CardsBucket, key, data, 0)
	after := w.shelf.last
	m.After, m.AfterAll = nil, &after
	ack, err := w.bus.Publish(ctx, m)
	if err != nil {
		return fmt.Errorf("store %s of cards: %w", key, err)
	}
	w.shelf.last = ack.Sequence
	return nil
}

func (w *Worker) cardsStream(ctx context.Context) (jetstream.Stream, error) {
	return w.bus.BucketStream(ctx, bus.CardsBucket)
}

// cardsSubject is the subject of a key.
func (w *Worker) cardsSubject(key string) string {
	return w.bus.BucketSubject(bus.CardsBucket, key)
}

func (w *Worker) readManifest(ctx context.Context) (m manifest, err error) {
	kv, err := w.bus.Bucket(ctx, bus.CardsBucket)
	if err != nil {
		return m, err
	}
	e, err := kv.Get(ctx, manifestKey)
	if err != nil {
		return m, fmt.Errorf("read the manifest of cards: %w", err)
	}
	if err := json.Unmarshal(e.Value(), &m); err != nil {
		return m, fmt.Errorf("read the manifest of cards: %w", err)
	}
	return m, nil
}
