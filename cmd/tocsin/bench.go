package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/cpu"
	"tocsin/internal/size"
	"tocsin/sink"
)

type benchCmd struct {
	Line  benchLineCmd  `cmd:"" default:"withargs" help:"Measure the route from article to alert."`
	Feeds benchFeedsCmd `cmd:"" help:"Measure the poller on thousands of feeds."`
}

type benchLineCmd struct {
	Articles   int           `short:"n" default:"10000" help:"Articles of each throughput measurement. Default 10000."`
	Size       size.Bytes    `default:"4KiB" help:"Text of one article. Default 4KiB."`
	Incidents  float64       `default:"0.1" help:"Share of articles that tell of an incident, each of one of its own; ten real feeds had 0.04. Default 0.1."`
	Durability string        `default:"balanced" help:"Of the throughput measurements: always, balanced, relaxed. Default balanced."`
	Rounds     int           `default:"3" help:"Interleaved rounds; medians are printed. Default 3."`
	Rate       int           `default:"200" help:"Articles a second of the latency measurement, every one an incident. Default 200."`
	For        time.Duration `default:"10s" help:"Length of the latency measurement. Default 10s."`
	Profile    string        `placeholder:"STEP=FILE" help:"Write a CPU profile of a step's last round, such as line=line.prof."`
}

// Help implements kong's HelpProvider.
func (benchLineCmd) Help() string {
	return `Measures on an embedded server in a temporary directory, without network:
  relay     consume, publish, acknowledge with the bare NATS client, pipelined
  null      the line with a reader that reads nothing and reports once an article
  tagger    the reader alone, on all processors, articles in memory
  line      articles through all stages: published, read, folded, told
  latency   from publish to alert at a steady rate, every message synced

Rates vary from machine to machine and hour to hour: compare the ratios.

Examples:
  tocsin bench
  tocsin bench --durability always --articles 5000`
}

// Run implements the command.
func (c benchLineCmd) Run(ctx context.Context, std streams) error {
	switch bus.Durability(c.Durability) {
	case bus.Always, bus.Balanced, bus.Relaxed:
	default:
		return usageError{fmt.Errorf("--durability %q: use always, balanced or relaxed", c.Durability)}
	}
	if c.Articles < 100 || c.Rounds < 1 || c.Rate < 1 || c.Size < 512 || c.Size > 256<<10 || c.Incidents < 0 || c.Incidents > 1 {
		return usageError{errors.New("bench: use at least 100 articles, 1 round, a rate of 1, a size of 512 bytes to 256KiB, and a share of incidents from 0 to 1")}
	}
	if n := c.For.Seconds() * float64(c.Rate); n > benchDays {
		return usageError{fmt.Errorf("bench: --for %v at --rate %d is %.0f incidents; there are days for %d", c.For, c.Rate, n, benchDays)}
	}
	fmt.Fprintf(std.out, "%d articles of %v, %.0f %% of them incidents; durability %s; %d processors; medians of %d rounds\n\n",
		c.Articles, c.Size, 100*c.Incidents, c.Durability, runtime.GOMAXPROCS(0), c.Rounds)
	articles := benchArticles(c.Articles, int(c.Size), c.Incidents)
	tagger := enrich.NewTagger()
	steps := []struct {
		name string
		run  func() (time.Duration, error)
		took []time.Duration
		cpu  []time.Duration
	}{
		{name: "relay", run: func() (time.Duration, error) { return c.relay(ctx, articles) }},
		{name: "null", run: func() (time.Duration, error) { return c.prefilled(ctx, articles, nullReader{}) }},
		{name: "tagger", run: func() (time.Duration, error) { return tagAll(tagger, articles), nil }},
		{name: "line", run: func() (time.Duration, error) { return c.line(ctx, articles, tagger) }},
	}
	for round := range c.Rounds {
		for k := range steps {
			if ctx.Err() != nil {
				return nil
			}
			stop, err := c.profile(steps[k].name, round)
			if err != nil {
				return err
			}
			before := cpuTime()
			d, err := steps[k].run()
			used := cpuTime() - before
			stop()
			if err != nil {
				return fmt.Errorf("bench %s: %w", steps[k].name, err)
			}
			steps[k].took = append(steps[k].took, d)
			steps[k].cpu = append(steps[k].cpu, used)
		}
	}
	rate, cpu := map[string]float64{}, map[string]float64{}
	for _, s := range steps {
		slices.Sort(s.took)
		slices.Sort(s.cpu)
		rate[s.name] = float64(c.Articles) / s.took[len(s.took)/2].Seconds()
		cpu[s.name] = 1e6 * s.cpu[len(s.cpu)/2].Seconds() / float64(c.Articles)
	}
	fmt.Fprintf(std.out, "relay    %8.0f /s  %5.0f µs of processor each   bare NATS client, one hop\n", rate["relay"], cpu["relay"])
	fmt.Fprintf(std.out, "null     %8.0f /s  %5.0f µs   %.2f of the relay a hop: article to report, report to correlation; nothing read\n", rate["null"], cpu["null"], nullHops*rate["null"]/rate["relay"])
	fmt.Fprintf(std.out, "tagger   %8.0f /s  %5.0f µs   the reader alone\n", rate["tagger"], cpu["tagger"])
	fmt.Fprintf(std.out, "line     %8.0f /s  %5.0f µs   %.2f of the tagger alone: published, read, folded, told\n", rate["line"], cpu["line"], rate["line"]/rate["tagger"])
	if peak, ok := peakMemory(); ok {
		fmt.Fprintf(std.out, "memory   %8s      most that this process held, the benchmark's own articles and server included\n", (peak >> 20 << 20).String())
	}
	stop, err := c.profile("latency", c.Rounds-1)
	if err != nil {
		return err
	}
	lat, err := c.latency(ctx, tagger)
	stop()
	if err != nil {
		return fmt.Errorf("bench latency: %w", err)
	}
	if len(lat) == 0 {
		return nil
	}
	at := func(q float64) float64 { return lat[min(len(lat)-1, int(q*float64(len(lat))))].Seconds() * 1000 }
	fmt.Fprintf(std.out, "latency  %6.2f ms p50, %.2f ms p90, %.2f ms p99, %.2f ms most: publish to alert, %d alerts at %d/s, durability always\n",
		at(.5), at(.9), at(.99), at(1), len(lat), c.Rate)
	return nil
}

// profile records a step's last round where --profile asks for it.
func (c benchLineCmd) profile(step string, round int) (stop func(), err error) {
	want, file, _ := strings.Cut(c.Profile, "=")
	if step != want || round != c.Rounds-1 {
		return func() {}, nil
	}
	f, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		f.Close()
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// benchBus is a bus in a temporary directory.
func benchBus(ctx context.Context, durability bus.Durability) (*bus.Bus, func(), error) {
	dir, err := os.MkdirTemp("", "tocsin-bench-")
	if err != nil {
		return nil, nil, err
	}
	cfg := bus.DefaultConfig()
	cfg.DataDir, cfg.Durability, cfg.Log, cfg.Metrics = dir, durability, slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	b, err := bus.Open(ctx, cfg)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	return b, func() { b.Close(); os.RemoveAll(dir) }, nil
}

// fill publishes articles pipelined, as the poller does.
func fill(ctx context.Context, b *bus.Bus, articles []ingest.Article) error {
	window := make(chan *bus.Pending, 1000)
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() {
		for p := range window {
			if _, err := p.Wait(ctx); err != nil && failed == nil {
				failed = err
			}
		}
	})
	for k := range articles {
		m, err := ingest.Message(b, &articles[k])
		if err != nil {
			close(window)
			return err
		}
		window <- b.Begin(m)
	}
	close(window)
	wg.Wait()
	return failed
}

// relay is the yardstick: what the bare client and server do for one hop.
func (c benchLineCmd) relay(ctx context.Context, articles []ingest.Article) (time.Duration, error) {
	b, done, err := benchBus(ctx, bus.Durability(c.Durability))
	if err != nil {
		return 0, err
	}
	defer done()
	for _, s := range []string{"IN", "OUT"} {
		if _, err := b.JS.CreateStream(ctx, jetstream.StreamConfig{Name: s, Subjects: []string{"bench." + s}, Duplicates: 24 * time.Hour}); err != nil {
			return 0, err
		}
	}
	payload := make([][]byte, len(articles))
	for k := range articles {
		if payload[k], err = json.Marshal(&articles[k]); err != nil {
			return 0, err
		}
	}
	for k, p := range payload {
		if _, err := b.JS.PublishAsync("bench.IN", p, jetstream.WithMsgID(strconv.Itoa(k)), jetstream.WithStallWait(30*time.Second)); err != nil {
			return 0, err
		}
	}
	select {
	case <-b.JS.PublishAsyncComplete():
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	cons, err := b.JS.CreateConsumer(ctx, "IN", jetstream.ConsumerConfig{Durable: "relay", AckPolicy: jetstream.AckExplicitPolicy, MaxAckPending: 512})
	if err != nil {
		return 0, err
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(256))
	if err != nil {
		return 0, err
	}
	defer it.Stop()
	type hop struct {
		msg jetstream.Msg
		ack jetstream.PubAckFuture
	}
	hops := make(chan hop, 512)
	errs := make(chan error, 1)
	go func() {
		for h := range hops {
			select {
			case <-h.ack.Ok():
				if err := h.msg.Ack(); err != nil {
					errs <- err
					return
				}
			case err := <-h.ack.Err():
				errs <- err
				return
			}
		}
		errs <- nil
	}()
	began := time.Now()
	for k := range payload {
		m, err := it.Next()
		for errors.Is(err, jetstream.ErrNoHeartbeat) { // a disk that syncs each message keeps the server busy
			m, err = it.Next()
		}
		if err != nil {
			return 0, err
		}
		f, err := b.JS.PublishAsync("bench.OUT", m.Data(), jetstream.WithMsgID("r"+strconv.Itoa(k)), jetstream.WithStallWait(30*time.Second))
		if err != nil {
			return 0, err
		}
		hops <- hop{m, f}
	}
	close(hops)
	err = <-errs
	return time.Since(began), err
}

// nullHops are the messages that the line handles for an article with a null
// reader: the article, read and answered by one report, and that report, which
// correlation takes in and finds of no use.
const nullHops = 2

// cpuTime is what this process has used of all processors.
func cpuTime() time.Duration {
	used, err := cpu.Used()
	if err != nil {
		return 0 // the column then shows 0
	}
	return used
}

// nullReader gives one report an article and reads nothing.
type nullReader struct{}

// Tag implements enrich.Reader.
func (nullReader) Tag(a *ingest.Article) []enrich.Report {
	src := enrich.SourceOf(a)
	return []enrich.Report{{Schema: enrich.ReportSchema, ID: enrich.ReportID(src, 0), Of: 1, Role: enrich.Background, Passing: true, Type: "unknown", Outcome: "unknown", Source: src}}
}

// stagesOn starts enrich, correlate and sink on b; stop ends them.
func stagesOn(b *bus.Bus, r enrich.Reader) (stop func() error) {
	reg, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	ec, cc, sc := enrich.DefaultConfig(), correlate.DefaultConfig(), sink.DefaultConfig()
	ec.Log, ec.Metrics, cc.Log, cc.Metrics, sc.Log, sc.Metrics = log, reg, log, reg, log, reg
	ctx, cancel := context.WithCancel(context.Background())
	errs := make(chan error, 3)
	for _, run := range []func(context.Context) error{enrich.NewWorker(b, r, ec).Run, correlate.NewWorker(b, cc).Run, sink.NewWorker(b, sc).Run} {
		go func() { errs <- run(ctx) }()
	}
	return func() error {
		cancel()
		return errors.Join(<-errs, <-errs, <-errs)
	}
}

// settled waits until every stage has settled all that it was given.
func settled(ctx context.Context, b *bus.Bus) error {
	t := time.NewTicker(20 * time.Millisecond)
	defer t.Stop()
	for {
		idle := true
		for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents} {
			ok, err := b.Idle(ctx, c)
			if err != nil && ctx.Err() != nil {
				return err
			}
			if idle = idle && ok && err == nil; !idle {
				break
			}
		}
		if idle {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

// prefilled times the stages on articles that are on the stream already.
func (c benchLineCmd) prefilled(ctx context.Context, articles []ingest.Article, r enrich.Reader) (time.Duration, error) {
	b, done, err := benchBus(ctx, bus.Durability(c.Durability))
	if err != nil {
		return 0, err
	}
	defer done()
	if err := fill(ctx, b, articles); err != nil {
		return 0, err
	}
	began := time.Now()
	stop := stagesOn(b, r)
	err = settled(ctx, b)
	took := time.Since(began)
	return took, errors.Join(err, stop())
}

// tagAll times the reader alone.
func tagAll(t *enrich.Tagger, articles []ingest.Article) time.Duration {
	var wg sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	began := time.Now()
	for w := range n {
		wg.Go(func() {
			for k := w; k < len(articles); k += n {
				t.Tag(&articles[k])
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// line times articles through all stages, publishing included.
func (c benchLineCmd) line(ctx context.Context, articles []ingest.Article, t *enrich.Tagger) (time.Duration, error) {
	b, done, err := benchBus(ctx, bus.Durability(c.Durability))
	if err != nil {
		return 0, err
	}
	defer done()
	stop := stagesOn(b, t)
	began := time.Now()
	err = fill(ctx, b, articles)
	if err == nil {
		err = settled(ctx, b)
	}
	took := time.Since(began)
	return took, errors.Join(err, stop())
}

// latency publishes articles at a steady rate, every one a new incident, and
// returns the times from publish to alert, sorted.
func (c benchLineCmd) latency(ctx context.Context, t *enrich.Tagger) ([]time.Duration, error) {
	b, done, err := benchBus(ctx, bus.Always)
	if err != nil {
		return nil, err
	}
	defer done()
	stop := stagesOn(b, t)
	defer stop()
	n := int(c.For.Seconds() * float64(c.Rate))
	articles := benchArticles(n, int(c.Size), 1)
	var mu sync.Mutex
	sent := make(map[string]time.Time, n)
	var lat []time.Duration
	all := make(chan struct{})
	sub, err := b.Conn.Subscribe(b.Pattern("alert", ">"), func(m *nats.Msg) {
		now := time.Now()
		a, err := sink.DecodeAlert(m.Data)
		if err != nil || a.Data.Status != "new" || len(a.Data.Sources) == 0 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if at, ok := sent[a.Data.Sources[0].Article]; ok {
			lat = append(lat, now.Sub(at))
			if len(lat) == n {
				close(all)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection ends with the benchmark
	tick := time.NewTicker(time.Second / time.Duration(c.Rate))
	defer tick.Stop()
	for k := range articles {
		select {
		case <-ctx.Done():
			return nil, nil
		case <-tick.C:
		}
		m, err := ingest.Message(b, &articles[k])
		if err != nil {
			return nil, err
		}
		mu.Lock()
		sent[articles[k].ID] = time.Now()
		mu.Unlock()
		if _, err := b.Publish(ctx, m); err != nil {
			return nil, err
		}
	}
	select {
	case <-all:
	case <-ctx.Done():
	case <-time.After(5 * time.Second): // articles that the tagger did not take for news
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(lat)
	return slices.Clone(lat), nil
}

// peakMemory is the most resident memory that this process had, where the
// system tells.
func peakMemory() (size.Bytes, bool) {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	return scanPeak(f)
}

func scanPeak(r io.Reader) (size.Bytes, bool) {
	for s := bufio.NewScanner(r); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return size.Bytes(kb << 10), err == nil
		}
	}
	return 0, false
}
