package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

// TestScale measures how many articles a second one to four enrich workers read on the
// cluster of deploy/nats, all on this machine: TOCSIN_SCALE says how many articles each
// measurement has. A worker may use one processor, as on a machine of its own; compare
// the ratios, and look at whose processor time they are made of.
func TestScale(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("TOCSIN_SCALE"))
	if err != nil {
		t.Skip("TOCSIN_SCALE=N measures with N articles")
	}
	c := newCluster(t, tocsin(t))
	b := c.attach("admin")
	config := c.stageConfig(t, "enrich", "")
	t.Setenv("GOMAXPROCS", "1") // of the workers
	const rounds = 3
	rates := map[int][]float64{}
	for round := range rounds { // interleaved: the machine has other things to do at times
		for _, workers := range []int{1, 2, 3, 4} {
			rate, report := c.scale(b, config, n, workers, fmt.Sprintf("r%d-%d", round, workers))
			rates[workers] = append(rates[workers], rate)
			t.Logf("round %d, %d workers: %6.0f articles/s, %.2f of one worker; %s", round+1, workers, rate, rate/rates[1][round], report)
		}
	}
	for _, workers := range []int{1, 2, 3, 4} {
		var sum float64
		for round, r := range rates[workers] {
			sum += r / rates[1][round]
		}
		t.Logf("%d workers: %.2f of one worker (mean of %d rounds)", workers, sum/rounds, rounds)
	}
}

// scale measures one number of workers on articles that nobody has read yet.
func (c *cluster) scale(b *bus.Bus, config string, n, workers int, feed string) (rate float64, report string) {
	t := c.t
	t.Helper()
	stream, err := b.Stream(t.Context(), bus.Articles)
	if err != nil {
		t.Fatal(err)
	}
	// All is there, and everybody is ready, before the first one is read.
	if _, err := stream.PauseConsumer(t.Context(), bus.EnrichConsumer, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	articles := benchArticles(n, 4096, .1)
	for k := range articles {
		articles[k].Feed = feed
		articles[k].ID = ingest.ArticleID(feed, articles[k].URL)
	}
	if err := fill(t.Context(), b, articles); err != nil {
		t.Fatal(err)
	}
	var procs []*proc
	for range workers {
		p := startProc(t, c.exe, "run", "--config", config, "--data", t.TempDir())
		defer p.kill()
		procs = append(procs, p)
	}
	for _, p := range procs {
		happens(t, "a worker that runs", func() (bool, string) { return strings.Contains(p.log.String(), "msg=running"), p.log.String() })
	}
	used := func() (read, served time.Duration) {
		for _, p := range procs {
			read += processorTime(t, p)
		}
		for _, n := range c.nodes {
			served += processorTime(t, n.proc)
		}
		return read, served
	}
	if _, err := stream.ResumeConsumer(t.Context(), bus.EnrichConsumer); err != nil {
		t.Fatal(err)
	}
	left := func() (wait uint64, inHand int) {
		cons, err := b.JS.Consumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer)
		if err != nil {
			t.Fatal(err)
		}
		return cons.CachedInfo().NumPending, cons.CachedInfo().NumAckPending
	}
	// It may take the server a second to notice that the pause is over.
	var begin uint64
	happens(t, "articles that are read", func() (bool, string) {
		begin, _ = left()
		return begin < uint64(n), "all of them wait"
	})
	read, served := used()
	began := time.Now()
	happens(t, "articles that are all read", func() (bool, string) {
		wait, inHand := left()
		return wait == 0 && inHand == 0, fmt.Sprint(wait, " wait, ", inHand, " are in hand")
	})
	took := time.Since(began)
	read2, served2 := used()
	for _, p := range procs {
		p.end(t)
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(begin) }
	return float64(begin) / took.Seconds(), fmt.Sprintf("%.0f µs of processor an article in workers, %.0f µs in the three servers, %.2f processors busy",
		each(read2-read), each(served2-served), (read2-read+served2-served).Seconds()/took.Seconds())
}

// processorTime is what a process has used of all processors.
func processorTime(t *testing.T, p *proc) time.Duration {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Skip("needs /proc: ", err)
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest) // from the state on: user and system time are the 12th and 13th
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
