package ingest

import (
	"container/heap"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	rtmetrics "runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// hostileCase is one thing that a server may do to us, and what must become of
// it. Cases that other tests have as well are here for the whole to be seen.
type hostileCase struct {
	name string
	run  func(*victim)
}

// TestHostile polls servers that are broken, hostile or odd, one after another,
// so that what each of them costs can be told.
func TestHostile(t *testing.T) {
	cases := slices.Concat(hostileAnswers, hostileRedirects, hostileProtocols, hostileValidators, hostilePaces, hostileBodies, hostileItems, hostileSurroundings)
	run := func(b *bus.Bus, c hostileCase) {
		t.Run(c.name, func(t *testing.T) {
			watchCosts(t)
			c.run(newVictim(t, b))
		})
	}
	// First those whose memory is measured from end to end, on a bus that has stored
	// nothing: the server is in this process, and what it reads again and packs, when it
	// likes, of all that other cases have stored is more than one of these may take.
	t.Run("memory", func(t *testing.T) {
		b := bustest.New(t)
		warm(t, b)
		for _, c := range cases {
			if slices.Contains(hostileMeasured, c.name) {
				run(b, c)
			}
		}
	})
	b := bustest.New(t)
	warm(t, b)
	for _, c := range cases {
		if !slices.Contains(hostileMeasured, c.name) {
			run(b, c)
		}
	}
}

var hostileMeasured = []string{"04_endless_body", "05_announces_10_GB", "51_entities"}

// victim is a rig whose log is read, on a feed of its own.
type victim struct {
	*rig
	srv  *feedServer
	book *logbook
}

func newVictim(t *testing.T, b *bus.Bus, change ...func(*Config)) *victim {
	t.Helper()
	srv := newFeedServer(t)
	srv.Config.ErrorLog = quietLog()
	v := &victim{rig: newRig(t, b, srv.URL+"/feed.xml"), srv: srv, book: &logbook{out: t.Output()}}
	v.feed.ID = bus.Token(t.Name()[strings.LastIndexByte(t.Name(), '/')+1:])
	v.Poller.log = slog.New(v.book)
	for _, c := range change {
		c(&v.cfg)
	}
	v.fetchWith()
	t.Cleanup(func() { v.fetcher.Close() })
	return v
}

// warm makes a first poll, so that what the bus starts once is not counted
// against the first case.
func warm(t *testing.T, b *bus.Bus) {
	t.Run("00_good", func(t *testing.T) { newVictim(t, b).good() })
}

// fetchWith gives the poller a fetcher of its configuration with changes.
func (v *victim) fetchWith(change ...func(*FetcherConfig)) {
	cfg := v.cfg.fetcher()
	for _, c := range change {
		c(&cfg)
	}
	v.fetcher.Close()
	v.fetcher = NewFetcher(cfg)
}

// short is for servers that do not answer.
func short(c *FetcherConfig) { c.HeaderTimeout, c.Timeout = 300*time.Millisecond, 3*time.Second }

var (
	itemA = item("a", "Blast", "Four died.", monday)
	itemB = item("b", "Vote", "It passed.", monday)
	itemC = item("c", "Flood", "The bridge is out.", monday)
)

// good polls a sound feed of one item with validators.
func (v *victim) good() {
	v.t.Helper()
	v.srv.body(rss(itemA), "ETag", `"good"`, "Last-Modified", "Mon, 09 Mar 2026 09:00:00 GMT")
	v.want("a sound feed", v.pollOnce(), "a/1 Blast")
	if st := v.state(); st.ETag != `"good"` || st.Failures != 0 {
		v.t.Fatalf("after a sound feed: %+v", st)
	}
}

func (v *victim) want(what string, got []Article, want ...string) {
	v.t.Helper()
	if told := told(got); !slices.Equal(told, want) {
		v.t.Errorf("%s: published %q, want %q", what, told, want)
	}
}

func (v *victim) failures(reason string) float64 {
	return testutil.ToFloat64(v.metrics.failures.WithLabelValues(reason))
}

func (v *victim) polls(outcome string) float64 {
	return testutil.ToFloat64(v.metrics.polls.WithLabelValues(outcome))
}

// fails polls once, and wants of it one failure for a reason and nothing else.
func (v *victim) fails(reason string) FeedState {
	v.t.Helper()
	was, counted, lines := v.state(), v.failures(reason), v.book.lines(reason)
	v.want("a failure", v.pollOnce())
	st := v.state()
	if st.Reason != reason || st.Failures != was.Failures+1 {
		v.t.Errorf("reason %q, failures %d, error %q; want %s, %d", st.Reason, st.Failures, st.LastError, reason, was.Failures+1)
	}
	if n := v.failures(reason) - counted; n != 1 {
		v.t.Errorf("failures{reason=%q} moved by %v, want 1", reason, n)
	}
	if n := v.book.lines(reason) - lines; n != 1 {
		v.t.Errorf("%d lines of the log tell of %s, want 1", n, reason)
	}
	if st.ETag != was.ETag || st.LastModified != was.LastModified || st.ValidFor != was.ValidFor || st.BodyHash != was.BodyHash || st.Items != was.Items {
		v.t.Errorf("a failure made of\n%+v\n%+v\nwant what the last good poll left", was, st)
	}
	if wait := st.Due.Sub(v.at); wait < v.cfg.Every || wait > maxRetryAfter+maxRetryAfter/10 && st.Gone.IsZero() {
		v.t.Errorf("due again in %v, want between %v and a day", wait, v.cfg.Every)
	}
	return st
}

// another makes the feed another one, of which nothing is known.
func (v *victim) another(what string) {
	v.feed.ID = bus.Token(v.t.Name()[len("TestHostile/"):][:2] + " " + what)
}

// entry is a feed that is not in the schedule yet.
func (v *victim) entry(f Feed) *entry { return &entry{feed: f, index: outside} }

// enters makes feeds due now, in a poller that has all of them.
func (v *victim) enters(es ...*entry) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for n := range v.share.held {
		v.share.held[n] = true
	}
	for _, e := range es {
		e.due, e.at = v.at, v.at
		heap.Push(&v.sched, e)
	}
}

// begins is what the schedule starts now.
func (v *victim) begins() []*entry {
	v.mu.Lock()
	v.share.beat = v.at
	v.mu.Unlock()
	start, _ := v.next()
	return start
}

// visits polls a feed as Run would, at once or when it is due, and returns the
// host as it is afterwards.
func (v *victim) visits(e *entry) *host {
	v.t.Helper()
	if e.index == outside {
		v.enters(e)
	} else if e.at.After(v.at) {
		v.at = e.at
	}
	if start := v.begins(); len(start) != 1 || start[0] != e {
		v.t.Fatalf("%s is due, the schedule starts %d others", e.feed.ID, len(start))
	}
	h := e.host
	v.visit(v.t.Context(), e)
	return h
}

// unscheduled empties the schedule and forgets its hosts.
func (v *victim) unscheduled() {
	v.sched, v.hosts, v.Poller.polls = nil, map[string]*host{}, 0
}

// recovers polls a sound feed at last: what it has that is new comes, nothing else.
func (v *victim) recovers() {
	v.t.Helper()
	v.fetchWith()
	v.srv.body(rss(itemA, itemC), "ETag", `"again"`)
	v.want("a sound feed afterwards", v.pollOnce(), "c/1 Flood")
	if st := v.state(); st.Failures != 0 || st.Reason != "" || st.ETag != `"again"` {
		v.t.Errorf("a success left %+v", st)
	}
}

// failing is a case in which a handler makes a feed that was good fail.
func failing(reason string, h http.HandlerFunc, change ...func(*FetcherConfig)) func(*victim) {
	return func(v *victim) {
		v.t.Helper()
		v.good()
		v.srv.serve(h)
		v.fetchWith(change...)
		v.fails(reason)
		v.recovers()
	}
}

// partly polls a damaged body that has item B whole: it comes, and the poll is a
// success that keeps nothing that would hide the rest.
func (v *victim) partly() FeedState {
	v.t.Helper()
	lines := v.book.lines("")
	v.want("a damaged feed", v.pollOnce(), "b/1 Vote")
	st := v.state()
	if !st.Partial || st.ETag != "" || st.LastModified != "" || st.Failures != 0 {
		v.t.Errorf("after a damaged feed: %+v\nwant it partial, without validators and no failure", st)
	}
	if n := v.book.lines("") - lines; n != 1 {
		v.t.Errorf("%d lines of the log tell of the damage, want 1", n)
	}
	return st
}

// cutOff is a case in which a handler ends a body inside of its third item.
func cutOff(h http.HandlerFunc, change ...func(*FetcherConfig)) func(*victim) {
	return func(v *victim) {
		v.t.Helper()
		v.good()
		v.srv.serve(h)
		v.fetchWith(change...)
		st := v.partly()
		if wait := st.Due.Sub(v.at); wait > 2*partialAgain {
			v.t.Errorf("asked again in %v, want soon", wait)
		}
		v.recovers()
	}
}

// halfFeed has items A and B, and half of C.
var halfFeed = strings.TrimSuffix(rss(itemA, itemB, itemC), "The bridge is out."+rss(itemC)[strings.Index(rss(itemC), "The bridge is out.")+18:])

// raw answers with bytes of its own, and then does something to the connection.
func raw(answer string, then func(net.Conn)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, answer)
		if then != nil {
			then(c)
		}
	}
}

// hold keeps a connection until the other side gives up.
func hold(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// reset ends a connection with RST.
func reset(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }

// drip writes something again and again until the other side gives up.
func drip(s string) func(net.Conn) {
	return func(c net.Conn) {
		for range time.Tick(20 * time.Millisecond) {
			if _, err := io.WriteString(c, s); err != nil {
				return
			}
		}
	}
}

// logbook keeps the lines of a log from warnings up.
type logbook struct {
	out   io.Writer
	heard func(feed string) // of each warning; nil for nobody

	mu      sync.Mutex
	reasons []string // "" where the line has none
	text    []string
}

func (b *logbook) Enabled(context.Context, slog.Level) bool { return true }
func (b *logbook) WithAttrs([]slog.Attr) slog.Handler       { return b }
func (b *logbook) WithGroup(string) slog.Handler            { return b }

func (b *logbook) Handle(_ context.Context, r slog.Record) error {
	line, reason, feed := r.Level.String()+" "+r.Message, "", ""
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		switch a.Key {
		case "reason":
			reason = a.Value.String()
		case "feed":
			feed = a.Value.String()
		}
		return true
	})
	fmt.Fprintln(b.out, line)
	if r.Level < slog.LevelWarn {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reasons, b.text = append(b.reasons, reason), append(b.text, line)
	if b.heard != nil {
		b.heard(feed)
	}
	return nil
}

// lines counts the warnings with a reason.
func (b *logbook) lines(reason string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.reasons {
		if r == reason {
			n++
		}
	}
	return n
}

// says counts the warnings with some words.
func (b *logbook) says(words string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.text {
		if strings.Contains(s, words) {
			n++
		}
	}
	return n
}

const maxGrowth = 32 << 20 // of the heap, by one hostile server

// watchCosts lets a case fail that leaves behind goroutines, sockets or memory.
func watchCosts(t *testing.T) {
	routines, sockets, heap := goroutines(), openSockets(), heapInUse()
	t.Cleanup(func() { // after all others: they were registered later
		var left []string
		open := 0
		for wait := time.Millisecond; wait < 5*time.Second; wait *= 2 {
			left = nil
			for id, stack := range goroutines() {
				if _, old := routines[id]; !old {
					left = append(left, stack)
				}
			}
			if open = openSockets(); len(left) == 0 && open <= sockets {
				break
			}
			time.Sleep(wait)
		}
		if len(left) > 0 {
			t.Errorf("%d goroutines more than before:\n%s", len(left), strings.Join(left, "\n\n"))
		}
		if open > sockets {
			t.Errorf("%d open sockets, %d before", open, sockets)
		}
		grown := heapInUse() - heap
		// What a collection has found only to finalize the next ones free, and the server
		// in this process gives back ten seconds later what it has read again of its store.
		for wait := time.Millisecond; grown > maxGrowth && wait < 20*time.Second; wait *= 2 {
			time.Sleep(wait)
			grown = heapInUse() - heap
		}
		if grown > maxGrowth {
			t.Errorf("%d KiB of memory are in use that were not before", grown>>10)
		}
	})
}

var goroutineID = regexp.MustCompile(`^goroutine (\d+) `)

// goroutines are those of this process by id, without the bus's own, which come
// and go with its streams.
func goroutines() map[string]string {
	buf := make([]byte, 4<<20)
	out := map[string]string{}
	for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if m := goroutineID.FindStringSubmatch(stack); m != nil && !strings.Contains(stack, "nats-io/") {
			out[m[1]] = stack
		}
	}
	return out
}

// openSockets counts the sockets of this process where the system tells.
func openSockets() (n int) {
	files, _ := filepath.Glob("/proc/self/fd/*")
	for _, f := range files {
		if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// heapInUse is what lives: without garbage, of which a busy machine has more.
func heapInUse() int64 {
	runtime.GC()
	sample := []rtmetrics.Sample{{Name: "/gc/heap/live:bytes"}}
	rtmetrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// peak runs f and tells by how much the heap was larger at any time of it: by what two
// collections in a row find alive, one after the other for as long as f runs. What is
// allocated while a collection runs counts for alive, garbage or not, and on a busy machine
// it runs long: the next one knows better. What the heap holds beside that depends on when
// the collector has come to it.
func peak(f func()) (grown int64) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	base := heapInUse()
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for last := base; ; {
			now := heapInUse()
			grown, last = max(grown, min(last, now)-base), now
			select {
			case <-done:
				return
			default:
			}
		}
	}()
	f()
	close(done)
	<-ended
	return grown
}

// within is a case whose heap may grow no more than limit at any time of it.
func within(limit int64, run func(*victim)) func(*victim) {
	return func(v *victim) {
		v.t.Helper()
		if grown := peak(func() { run(v) }); grown > limit {
			v.t.Errorf("the heap grew by %d KiB, want no more than %d", grown>>10, limit>>10)
		} else {
			v.t.Logf("the heap grew by %d KiB", grown>>10)
		}
	}
}
