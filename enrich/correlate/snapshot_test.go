package correlate

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/enrich"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestChunksAreKeys(t *testing.T) {
	id := newID(&Reading{Article: "art-1", At: time.Date(2026, 3, 14, 23, 59, 59, 0, time.UTC)}, 0)
	if got := dayOf(id).time().Format(time.DateOnly); got != "2026-03-14" {
		t.Errorf("incident %s is of %s, want 2026-03-14", id, got)
	}
	if d := dayOf("inc-of-another-kind"); d != 0 {
		t.Errorf("an id that tells no day is of day %d", d)
	}
	s := slotOf(id)
	whole := s.at(0)
	if got := whole.key(); got != "20260314.0.0" {
		t.Errorf("key %q", got)
	}
	for level := range maxLevel + 1 {
		c := s.at(level)
		if back, ok := parseChunk(c.key()); !ok || back != c {
			t.Errorf("chunk %+v reads %+v, %v", c, back, ok)
		}
		if level > 0 && c.n>>1 != s.at(level-1).n {
			t.Errorf("chunk %+v is not half of %+v", c, s.at(level-1))
		}
	}
	for _, bad := range []string{"manifest", "", "20260314", "20260314.1", "2026031x.0.0", "20260314.99.0", "20260314.1.xyz", "20260314.1.0.0"} {
		if c, ok := parseChunk(bad); ok {
			t.Errorf("%q reads as chunk %+v", bad, c)
		}
	}
}

// shelfWorker folds what a test gives it, without a lease.
func shelfWorker(t *testing.T, b *bus.Bus) *Worker {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Log, cfg.Metrics = bustest.Log(t), prometheus.NewRegistry()
	w := NewWorker(b, cfg)
	w.limits = limits{kept: 3, shelveEvery: 0, chunkCards: 4}
	if err := w.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// told has the worker fold a report of an article about a town of its own, of an hour
// of March.
func tellOf(t *testing.T, w *Worker, town, hour, edition int) {
	t.Helper()
	at := time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC)
	lat, lon := float64(town%17)*10-80, float64(town/17)*9-170
	r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
		Place:  &enrich.Place{Name: "B" + strings.Repeat("a", 1+town%2) + string("bdfgklmnprst"[town%12]) + string("aiu"[town%3]) + string("bdfgklmnprst"[town/12]), Country: "IQ", Precision: "settlement", Lat: &lat, Lon: &lon, Radius: 100},
		Source: enrich.Source{ID: fmt.Sprint("art-", town), Edition: edition, Outlet: "wire", Published: at, FirstSeen: at, Fetched: at.Add(time.Duration(edition) * time.Minute), ContentSHA256: fmt.Sprint(edition)}}
	r.ID = enrich.ReportID(r.Source, 0)
	w.ctx = t.Context()
	o, err := w.book.Take(&r)
	if err != nil {
		t.Fatal(err)
	}
	x := &taken{outcome: o}
	for _, s := range o.Steps {
		v, err := encode(s.Incident)
		if err != nil {
			t.Fatal(err)
		}
		x.versions = append(x.versions, v)
	}
	if err := w.enter(x); err != nil {
		t.Fatal(err)
	}
	if err := w.write(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// same compares the memories of two workers.
func same(t *testing.T, got, want *Worker) {
	t.Helper()
	if got.at != want.at {
		t.Errorf("the memory comes to sequence %d, want %d", got.at, want.at)
	}
	if d := cmp.Diff(want.versions, got.versions); d != "" {
		t.Errorf("versions (-want +got)\n%s", d)
	}
	for id := range want.versions {
		a, b := got.book.card(id), want.book.card(id)
		if !sameCards(a, b) {
			t.Errorf("card of %s is\n%+v, want\n%+v", id, a, b)
		}
		if a, b := got.book.closed.Card(id) != nil, want.book.closed.Card(id) != nil; a != b {
			t.Errorf("incident %s is closed: %v, want %v", id, a, b)
		}
	}
}

func chunksOf(t *testing.T, b *bus.Bus) []string {
	t.Helper()
	var keys []string
	if err := b.ReadBucket(t.Context(), bus.CardsBucket, true, func(key string, _ jetstream.Msg, _ uint64) error {
		keys = append(keys, key)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func TestCardsAreStoredInChunks(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	w := shelfWorker(t, b)
	for town := range 4 {
		tellOf(t, w, town, 1, 1)
	}
	tellOf(t, w, 4, 30, 1)
	w.shelve(t.Context(), forEver)
	if d := cmp.Diff([]string{"20260301.0.0", "20260302.0.0", "manifest"}, chunksOf(t, b)); d != "" {
		t.Errorf("keys (-want +got)\n%s", d)
	}
	same(t, shelfWorker(t, b), w)

	// A day with more incidents is parted, and its old chunk goes.
	for town := 5; town < 11; town++ {
		tellOf(t, w, town, 2, 1)
	}
	w.shelve(t.Context(), forEver)
	keys := chunksOf(t, b)
	if slices.Contains(keys, "20260301.0.0") || !slices.Contains(keys, "20260302.0.0") || len(keys) < 4 {
		t.Errorf("keys %q, want the first day in parts", keys)
	}
	same(t, shelfWorker(t, b), w)

	// What the bucket has, too, no start reads from the stream.
	w.projectSome(t.Context(), len(w.behind))
	tellOf(t, w, 4, 30, 2)
	w.projectSome(t.Context(), 1)
	w.shelve(t.Context(), forEver)
	next := shelfWorker(t, b)
	same(t, next, w)
	if len(next.behind) > 0 {
		t.Errorf("%d versions were read from the stream", len(next.behind))
	}

	// Nothing new, nothing written; something new, its chunk and no other.
	before := revisions(t, b)
	w.shelve(t.Context(), forEver)
	if d := cmp.Diff(before, revisions(t, b)); d != "" {
		t.Errorf("written without need (-before +after)\n%s", d)
	}
	tellOf(t, w, 4, 30, 3)
	w.shelve(t.Context(), forEver)
	after := revisions(t, b)
	for k, rev := range after {
		if changed := rev != before[k]; changed != (k == "manifest" || strings.HasPrefix(k, "20260302.")) {
			t.Errorf("%s was written: %v", k, changed)
		}
	}
	same(t, shelfWorker(t, b), w)
}

func revisions(t *testing.T, b *bus.Bus) map[string]uint64 {
	t.Helper()
	revs := map[string]uint64{}
	if err := b.ReadBucket(t.Context(), bus.CardsBucket, true, func(key string, _ jetstream.Msg, rev uint64) error {
		revs[key] = rev
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return revs
}

// Whoever writes cards dies between any two writes, again and again, while days are
// parted: the next one's memory is what it would have been.
func TestCardsSurviveAnyStop(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	r := rand.New(rand.NewPCG(7, 7))
	w := shelfWorker(t, b)
	for round := range 30 {
		for range r.IntN(12) {
			tellOf(t, w, r.IntN(60), r.IntN(72), 1+round)
		}
		if r.IntN(2) == 0 {
			w.projectSome(t.Context(), r.IntN(1+len(w.behind)))
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop := r.IntN(8)
		w.reached = func(point string) {
			if point == "chunk" || point == "manifest" {
				if stop--; stop == 0 {
					cancel()
				}
			}
		}
		w.shelve(ctx, forEver)
		cancel()
		next := shelfWorker(t, b)
		same(t, next, w)
		if t.Failed() {
			t.Fatalf("in round %d", round)
		}
		if r.IntN(2) == 0 {
			w = next // else the same one goes on after a failure
			w.reached = nil
		}
	}
	if keys := chunksOf(t, b); len(keys) < 6 {
		t.Errorf("keys %q: no day was parted", keys)
	}
}

// One that was paused in the midst of storing cards must not put its older ones over
// those of the one that leads now, and that one must get over what it did put.
func TestCardsOfAPausedLeader(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	old := shelfWorker(t, b)
	for town := range 12 {
		tellOf(t, old, town, 1, 1)
	}
	if err := old.shelveSome(t.Context(), 0); err != nil { // and is paused
		t.Fatal(err)
	}
	lead := shelfWorker(t, b)
	for town := range 12 {
		tellOf(t, lead, town, 1, 2)
	}
	if err := lead.shelveSome(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := old.shelveSome(t.Context(), forEver); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("the one that was paused stores its cards: %v, want a conflict", err)
	}
	lead.shelve(t.Context(), forEver)
	same(t, shelfWorker(t, b), lead)
	// It looks at the bucket anew, and at the stream.
	old.shelf.abandon()
	if err := old.shelveSome(t.Context(), forEver); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("the one that was paused begins anew: %v, want a conflict", err)
	}
	same(t, shelfWorker(t, b), lead)
}

// A bucket that refuses is not asked again and again, though everything is yet to be
// stored; when it takes them, they are there.
func TestCardsThatAreRefusedWait(t *testing.T) {
	b := bustest.New(t)
	w := shelfWorker(t, b)
	w.limits.shelveEvery, w.shelf.limits.shelveEvery, w.shelf.all = time.Hour, time.Hour, true
	limit := func(size int32) {
		t.Helper()
		s, err := b.BucketStream(t.Context(), bus.CardsBucket)
		if err != nil {
			t.Fatal(err)
		}
		cfg := s.CachedInfo().Config
		cfg.MaxMsgSize = size
		if _, err := b.JS.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	limit(1)
	for town := range 3 {
		tellOf(t, w, town, 1, 1)
		w.shelve(t.Context(), shelveFor)
	}
	if n := testutil.ToFloat64(w.metrics.snapshots.WithLabelValues("failed")); n != 1 {
		t.Errorf("%v tries failed, want one an hour", n)
	}
	limit(-1)
	w.shelf.failed = w.shelf.failed.Add(-time.Hour)
	for w.shelf.all && !t.Failed() {
		w.shelve(t.Context(), shelveFor)
		if n := testutil.ToFloat64(w.metrics.snapshots.WithLabelValues("failed")); n != 1 {
			t.Errorf("%v tries failed, want no more", n)
		}
	}
	same(t, shelfWorker(t, b), w)
}

func TestForgottenIncidentsLeaveTheCards(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	w := shelfWorker(t, b)
	for town := range 6 {
		tellOf(t, w, town, 1+24*(town%2), 1)
	}
	w.projectSome(t.Context(), len(w.behind))
	w.shelve(t.Context(), forEver)
	kv, err := b.Bucket(t.Context(), bus.IncidentsBucket)
	if err != nil {
		t.Fatal(err)
	}
	ids := slices.Sorted(maps.Keys(w.versions))
	for _, id := range ids[:3] { // of the first day
		if err := kv.Purge(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	w.expire(t.Context(), time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC))
	if len(w.versions) != 6 {
		t.Errorf("within their time %d of 6 incidents are known", len(w.versions))
	}
	w.expire(t.Context(), time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC).Add(bus.IncidentsAge))
	if d := cmp.Diff(ids[3:], slices.Sorted(maps.Keys(w.versions))); d != "" {
		t.Errorf("after their time those that are stored no more are known (-want +got)\n%s", d)
	}
	w.shelve(t.Context(), forEver)
	for _, k := range chunksOf(t, b) {
		if strings.HasPrefix(k, "20260301") {
			t.Errorf("the cards of a forgotten day are still there: %s", k)
		}
	}
}

// An incident whose id one had before that is gone goes on with its versions.
func TestAnIncidentHasEachVersionOnce(t *testing.T) {
	b := bustest.New(t)
	w := shelfWorker(t, b)
	w.versions["inc-1"] = 3
	i := &Incident{ID: "inc-1", Version: 1, Told: &Told{Version: 1}}
	w.revive(i)
	if i.Version != 4 || *i.Supersedes != 3 || i.Told.Version != 4 || i.MsgID() != "inc-1.4" {
		t.Errorf("version %d after %v", i.Version, i.Supersedes)
	}
	fresh := &Incident{ID: "inc-2", Version: 1}
	w.revive(fresh)
	if fresh.Version != 1 || fresh.Supersedes != nil {
		t.Errorf("a new one has version %d", fresh.Version)
	}
}
