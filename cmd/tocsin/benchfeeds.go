package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

// The feeds of the benchmark are spread over so many hosts of the loopback
// network; each host is asked for one at a time, as on the real one.
const benchHosts = 500

// benchFeedsCmd is a benchmark of the poller alone.
type benchFeedsCmd struct {
	Feeds   int           `default:"10000" help:"Feeds. Default 10000."`
	Every   time.Duration `default:"1m" help:"Interval of each feed. Default 1m; real feeds have 5m or more."`
	For     time.Duration `default:"2m" help:"Length of the measurement, one interval after every feed was polled. Default 2m."`
	Profile string        `placeholder:"FILE" help:"Write a CPU profile of the measurement, and one of the heap to FILE.heap."`
	Serve   string        `hidden:"" help:"Serve the feeds on this port, in a process of its own."`
}

// Help implements kong's HelpProvider.
func (benchFeedsCmd) Help() string {
	return `Polls feeds that another process serves on 500 loopback addresses, publishing to
an embedded server that syncs every message: of 100 feeds 55 answer 304, 20 the
same bytes under another ETag, 15 something new, 5 after two seconds, 3 with an
error, 1 with a page and 1 never.

Examples:
  tocsin bench feeds
  tocsin bench feeds --feeds 10000 --every 5m --for 10m`
}

// Run implements the command.
func (c benchFeedsCmd) Run(ctx context.Context, std streams) error {
	if c.Serve != "" {
		return serveBenchFeeds(ctx, c.Serve, std.out)
	}
	if c.Feeds < 100 || c.Feeds > 100_000 || c.Every < time.Second || c.For < time.Second {
		return usageError{errors.New("bench feeds: use 100 to 100000 feeds, an interval and a length of 1s or more")}
	}
	collectAt(gcPercentDaemon)
	port, stop, err := startBenchFeeds(ctx)
	if err != nil {
		return err
	}
	defer stop()
	b, done, err := benchBus(ctx, bus.Always)
	if err != nil {
		return err
	}
	defer done()
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	reg := prometheus.NewRegistry()
	cfg := ingest.DefaultConfig()
	cfg.Log, cfg.Metrics = slog.New(slog.DiscardHandler), reg
	cfg.QuietEvery = c.Every
	cfg.Name = "bench"
	cfg.Timeout = 10 * time.Second
	cfg.AllowPrivate = []string{"127.0.0.0/8"}
	for k := range benchHosts {
		cfg.AllowPrivate = append(cfg.AllowPrivate, benchHost(k)) // named hosts may be polled each second
	}
	for k := range c.Feeds {
		cfg.Feeds = append(cfg.Feeds, ingest.Feed{URL: fmt.Sprintf("http://%s:%s/%d.xml", benchHost(k%benchHosts), port, k), ID: fmt.Sprintf("feed-%d", k), Every: c.Every})
	}
	p, err := ingest.NewPoller(ctx, b, cfg)
	if err != nil {
		return err
	}
	run, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	var failed error
	wg.Go(func() { failed = p.Run(run) })
	defer func() { cancel(); wg.Wait() }()
	began := time.Now()
	for last := 0.0; ; {
		n, _ := benchCounts(reg)
		if n >= float64(c.Feeds) {
			break
		}
		if n-last >= float64(c.Feeds)/10 {
			last = n
			fmt.Fprintf(std.err, "first polls: %.0f of %d\n", n, c.Feeds)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
	first := time.Since(began)
	// What the start has held up catches up meanwhile.
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(c.Every):
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	fmt.Fprintf(std.out, "%d feeds on %d hosts, each every %v; durability always; %d processors\n\n", c.Feeds, benchHosts, c.Every, runtime.GOMAXPROCS(0))
	fmt.Fprintf(std.out, "start    %8.0f s    until every feed was polled once and its items were on the stream\n", first.Seconds())
	if c.Profile != "" {
		f, err := os.Create(c.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
		h, err := os.Create(c.Profile + ".heap")
		if err != nil {
			return err
		}
		defer h.Close()
		if err := pprof.WriteHeapProfile(h); err != nil {
			return err
		}
	}
	polls0, late0 := benchCounts(reg)
	cpu0, at := cpuTime(), time.Now()
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(c.For):
	}
	took, cpu := time.Since(at), cpuTime()-cpu0
	polls1, late1 := benchCounts(reg)
	n := polls1 - polls0
	each := cpu.Seconds() / n
	fmt.Fprintf(std.out, "polls    %8.1f /s   %.2f ms of processor each, %.1f %% of one core; NATS and its disk included\n", n/took.Seconds(), each*1000, 100*cpu.Seconds()/took.Seconds())
	fmt.Fprintf(std.out, "at 5m    %8.1f %%    of one core for %d feeds at a 5-minute interval\n", 100*each*float64(c.Feeds)/300, c.Feeds)
	fmt.Fprintf(std.out, "late     %8.2f s p50, %.2f s p99: after the due time\n", late1.minus(late0).quantile(.5), late1.minus(late0).quantile(.99))
	fmt.Fprintf(std.out, "feeds    %8.2f KiB  of heap each, schedule and configuration\n", float64(after.HeapAlloc-before.HeapAlloc)/1024/float64(c.Feeds))
	if peak, ok := peakMemory(); ok {
		fmt.Fprintf(std.out, "memory   %8s     most that this process held, NATS included\n", (peak >> 20 << 20).String())
	}
	outcomes, err := benchOutcomes(reg)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "outcomes %s\n", outcomes)
	cancel()
	wg.Wait()
	return failed
}

// benchHost is the k-th host: an address of the loopback network.
func benchHost(k int) string { return fmt.Sprintf("127.1.%d.%d", k/250, k%250+1) }

// startBenchFeeds runs the server in a process of its own, so that what is
// measured here is the poller.
func startBenchFeeds(ctx context.Context) (port string, stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, exe, "bench", "feeds", "--serve", "0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, fmt.Errorf("start the server of the feeds: %w", err)
	}
	stop = func() {
		_ = cmd.Process.Kill() // it has nothing to save
		_ = cmd.Wait()
	}
	s := bufio.NewScanner(out)
	if !s.Scan() {
		stop()
		return "", nil, errors.New("the server of the feeds did not start")
	}
	return s.Text(), stop, nil
}

func serveBenchFeeds(ctx context.Context, port string, out io.Writer) error {
	srv := &http.Server{Handler: newBenchFeeds(), ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	defer wg.Wait()
	for k := range benchHosts {
		lis, err := net.Listen("tcp", net.JoinHostPort(benchHost(k), port))
		if err != nil {
			srv.Close()
			return fmt.Errorf("listen on loopback address %s: %w", benchHost(k), err)
		}
		_, port, _ = net.SplitHostPort(lis.Addr().String())
		wg.Go(func() { _ = srv.Serve(lis) }) // it ends with Close
	}
	fmt.Fprintln(out, port)
	<-ctx.Done()
	return srv.Close()
}

// benchFeeds serves feeds by number, each of a kind of its own.
type benchFeeds struct {
	texts []ingest.Article

	mu    sync.Mutex
	polls map[string]int
}

func newBenchFeeds() *benchFeeds {
	return &benchFeeds{texts: benchArticles(5000, 1024, 0.1), polls: map[string]int{}}
}

const benchItems = 10

// ServeHTTP implements http.Handler.
func (f *benchFeeds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.polls[r.URL.Path]++
	poll := f.polls[r.URL.Path]
	f.mu.Unlock()
	h := fnv.New32a()
	h.Write([]byte(r.URL.Path))
	kind := int(h.Sum32() % 100)
	newest, tag := benchItems, "same"
	switch {
	case kind < 55: // 304
	case kind < 75:
		tag = strconv.Itoa(poll)
	case kind < 90:
		newest += poll - 1
		tag = strconv.Itoa(poll)
	case kind < 95:
		time.Sleep(2 * time.Second)
	case kind < 98:
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	case kind < 99:
		fmt.Fprint(w, "<!doctype html><html><body>Please log in</body></html>")
		return
	default:
		<-r.Context().Done()
		return
	}
	tag = strconv.Quote(tag)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/rss+xml")
	name := strings.TrimSuffix(r.URL.Path, ".xml")
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0"><channel><title>Feed %s</title><link>http://%s/</link>`, name, r.Host)
	for n := newest; n > newest-benchItems; n-- {
		fmt.Fprintf(&b, "<item><guid>%s-%d</guid><title>Item %d of feed %s</title><link>http://%s%s/%d</link><pubDate>%s</pubDate><description>%s</description></item>",
			name, n, n, name, r.Host, name, n, time.Unix(1_770_000_000+int64(n)*60, 0).UTC().Format(time.RFC1123Z), html.EscapeString(f.texts[(int(h.Sum32()%5000)+n)%5000].Body))
	}
	b.WriteString("</channel></rss>")
	_, _ = io.WriteString(w, b.String()) // who hangs up is no concern of a benchmark
}

// benchHistogram is a histogram's buckets: upper bounds and how many are below.
type benchHistogram struct {
	bounds []float64
	below  []float64
}

func (h benchHistogram) minus(o benchHistogram) benchHistogram {
	d := benchHistogram{bounds: h.bounds, below: make([]float64, len(h.below))}
	copy(d.below, h.below)
	for k := range o.below {
		d.below[k] -= o.below[k]
	}
	return d
}

// quantile interpolates within a bucket, as Prometheus does.
func (h benchHistogram) quantile(q float64) float64 {
	if len(h.below) == 0 {
		return 0
	}
	want := q * h.below[len(h.below)-1]
	low, had := 0.0, 0.0
	for k, n := range h.below {
		if n >= want && n > had {
			return low + (h.bounds[k]-low)*(want-had)/(n-had)
		}
		low, had = h.bounds[k], n
	}
	return low
}

// benchCounts reads how many polls ended, and how late they began.
func benchCounts(reg prometheus.Gatherer) (polls float64, late benchHistogram) {
	families, err := reg.Gather()
	if err != nil {
		return 0, late // a registry of our own: its metrics are in order
	}
	for _, f := range families {
		switch f.GetName() {
		case "tocsin_ingest_polls_total":
			for _, m := range f.GetMetric() {
				polls += m.GetCounter().GetValue()
			}
		case "tocsin_ingest_poll_lateness_seconds":
			for _, b := range f.GetMetric()[0].GetHistogram().GetBucket() {
				late.bounds = append(late.bounds, b.GetUpperBound())
				late.below = append(late.below, float64(b.GetCumulativeCount()))
			}
		}
	}
	return polls, late
}

var benchOutcomeMetrics = []string{"tocsin_ingest_polls_total", "tocsin_ingest_poll_failures_total", "tocsin_ingest_articles_total", "tocsin_ingest_families_total"}

func benchOutcomes(reg prometheus.Gatherer) (string, error) {
	families, err := reg.Gather()
	if err != nil {
		return "", err
	}
	var out []string
	for _, f := range families {
		if !slices.Contains(benchOutcomeMetrics, f.GetName()) {
			continue
		}
		for _, m := range f.GetMetric() {
			if v := m.GetCounter().GetValue(); v > 0 {
				out = append(out, fmt.Sprintf("%s %.0f", labelValue(m), v))
			}
		}
	}
	return strings.Join(out, ", "), nil
}

func labelValue(m *dto.Metric) string {
	if len(m.GetLabel()) == 0 {
		return ""
	}
	return m.GetLabel()[0].GetValue()
}
