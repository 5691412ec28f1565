package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tocsin/cmd/tocsin/canary"
	"tocsin/cmd/tocsin/demo"
	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/pulse"
	"tocsin/sink"
)

type runCmd struct {
	configFlags
	Demo       bool    `help:"Poll a bundled week of invented news from loopback, in a temporary data directory unless --data is given."`
	Stages     *string `placeholder:"LIST" help:"Stages that this process runs, parted by commas: ingest,enrich,correlate,sink. Default all."`
	NATSListen *string `name:"nats-listen" placeholder:"ADDR" help:"Let other programs reach the embedded NATS server, such as 127.0.0.1:4222."`
	HTTP       *string `name:"http" placeholder:"ADDR" help:"Address of /metrics, /healthz, /readyz, /version; empty for none. Default 127.0.0.1:9465."`
	Durability *string `placeholder:"WORD" help:"What a power cut may cost: always (nothing; the default), balanced (1 s), relaxed (2 min)."`
	LogLevel   *string `placeholder:"WORD" help:"debug, info, warn or error."`
	LogFormat  *string `placeholder:"WORD" help:"text or json."`
}

// configFlags name the configuration and what every command needs of it.
type configFlags struct {
	Config string  `short:"c" env:"TOCSIN_CONFIG" placeholder:"FILE" help:"Configuration; every key is in deploy/tocsin.yaml. None is needed."`
	Data   *string `short:"d" placeholder:"DIR" help:"Directory of all state. Default ./data."`
	NATS   *string `name:"nats" placeholder:"URL" help:"External NATS server or cluster instead of the embedded one."`
}

func (f configFlags) load() (config, error) {
	c, err := loadConfig(f.Config, os.Environ())
	if f.Data != nil {
		c.Data = *f.Data
	}
	if f.NATS != nil {
		c.NATS.URL = *f.NATS
	}
	return c, err
}

// Help implements kong's HelpProvider.
func (runCmd) Help() string {
	return `Examples:
  tocsin run --demo                                  see alerts within seconds
  tocsin run --config tocsin.yaml                    the daemon, all stages, NATS inside
  tocsin run --nats nats://nats:4222 --stages enrich one more reader on a cluster

Alerts go to standard output, one line each; logs to standard error. SIGTERM stops cleanly, a second one at once; SIGHUP reads the configuration again.`
}

func (c runCmd) load() (config, error) {
	cfg, err := c.configFlags.load()
	if err != nil {
		return cfg, err
	}
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	if c.Stages != nil {
		cfg.Stages = nil
		for _, s := range strings.Split(*c.Stages, ",") {
			if s = strings.TrimSpace(s); s != "" {
				cfg.Stages = append(cfg.Stages, s)
			}
		}
	}
	set(&cfg.NATS.Listen, c.NATSListen)
	set(&cfg.HTTP.Listen, c.HTTP)
	set((*string)(&cfg.NATS.Durability), c.Durability)
	set(&cfg.Log.Level, c.LogLevel)
	set(&cfg.Log.Format, c.LogFormat)
	if err := cfg.validate(); err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

// Run implements the command.
func (c runCmd) Run(ctx context.Context, std streams) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if c.Demo && c.LogLevel == nil {
		cfg.Log.Level = "warn" // a newcomer has come for the alerts
	}
	log := newLogger(cfg.Log, std.err)
	collectAt(gcPercentDaemon)
	keepBelowCgroup(log)
	reload := c.load
	if c.Demo {
		d, err := startDemo(log)
		if err != nil {
			return err
		}
		defer d.close()
		if c.Data == nil {
			if cfg.Data, err = os.MkdirTemp("", "tocsin-demo-"); err != nil {
				return fmt.Errorf("make the demo's data directory: %w", err)
			}
			defer os.RemoveAll(cfg.Data)
		}
		data := cfg.Data
		d.apply(&cfg)
		reload = func() (config, error) {
			again, err := c.load()
			again.Data = data
			d.apply(&again)
			return again, err
		}
	}
	return newDaemon(cfg, c.Config, reload, log, std.out).run(ctx)
}

func newLogger(cfg logConfig, w io.Writer) *slog.Logger {
	level, err := cfg.level()
	if err != nil {
		level = slog.LevelInfo // the configuration is validated: a test's own
	}
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// demoServer serves the bundled feeds from loopback.
type demoServer struct {
	srv *http.Server
	lis net.Listener
}

func startDemo(log *slog.Logger) (*demoServer, error) {
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the demo's feeds: %w", err)
	}
	d := &demoServer{lis: lis, srv: &http.Server{Handler: demo.Handler(), ReadHeaderTimeout: 5 * time.Second}}
	go func() {
		if err := d.srv.Serve(lis); err != nil && !errors.Is(err, http.ErrServerClosed) {
			log.Error("demo", "err", err)
		}
	}()
	log.Info("demo: a week of invented news", "feeds", len(demo.Feeds()), "items", demo.Items(), "address", "http://"+lis.Addr().String())
	return d, nil
}

func (d *demoServer) close() { d.srv.Close() }

// apply makes cfg poll the demo's feeds, and often: each poll brings the next
// part of the week.
func (d *demoServer) apply(cfg *config) {
	host := d.lis.Addr().String()
	cfg.Ingest.OPML, cfg.Ingest.Feeds = nil, nil
	for _, f := range demo.Feeds() {
		cfg.Ingest.Feeds = append(cfg.Ingest.Feeds, ingest.Feed{URL: "http://" + host + f.Path, ID: f.Name, Outlet: f.Outlet, Language: f.Language, Every: 2 * time.Second})
	}
	cfg.Ingest.AllowPrivate = append(cfg.Ingest.AllowPrivate, host)
	cfg.Ingest.PerHost = 0
}

// daemon is one running process.
type daemon struct {
	cfg    config
	path   string // of the configuration file, "" for none
	reload func() (config, error)
	log    *slog.Logger
	stdout io.Writer

	reg     *prometheus.Registry
	bus     *bus.Bus
	poller  *ingest.Poller
	running atomic.Bool           // every stage is up, and no stop was asked for
	failed  chan error            // a stage gave up by itself
	stages  []*stage              // in the order of the route
	refused atomic.Pointer[error] // why the last reload was not taken over, nil when it was

	reloads  *prometheus.CounterVec
	reloaded prometheus.Gauge
}

// stage is one worker with a context of its own, so that a stop can go along
// the route.
type stage struct {
	name string
	run  func(context.Context) error
	stop context.CancelFunc
	done chan struct{}

	pulse pulse.Pulse
}

// outputPrefix begins the names of outputs among the stages.
const outputPrefix = "output "

func newDaemon(cfg config, path string, reload func() (config, error), log *slog.Logger, stdout io.Writer) *daemon {
	return &daemon{cfg: cfg, path: path, reload: reload, log: log, stdout: stdout, reg: prometheus.NewRegistry(), failed: make(chan error, 16)}
}

// run starts everything, waits for ctx or a failure, and stops everything in
// the order of the route.
func (d *daemon) run(ctx context.Context) error {
	d.ownMetrics()
	hup := make(chan os.Signal, 1) // from the begin: one that comes early must not end us
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	if d.cfg.HTTP.Listen != "" {
		hubPath := ""
		if d.has("ingest") {
			hubPath = d.cfg.Ingest.WebSub.Path()
		}
		a, err := serveHTTP(d.cfg.HTTP, d.reg, func() error { return d.alive(stuckAfter) }, d.ready, hubPath, d.answerHub, d.log)
		if err != nil {
			return err
		}
		defer func() {
			end, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			a.close(end)
		}()
	}
	began := time.Now()
	interrupted := func(err error) error {
		if ctx.Err() == nil {
			return err
		}
		d.log.Info("stopped while starting", "err", err)
		return nil
	}
	if err := d.open(ctx); err != nil {
		return interrupted(err)
	}
	defer d.bus.Close()
	if err := d.build(ctx); err != nil {
		return interrupted(err)
	}
	// From the end of the route to its begin: whoever reads is there before
	// anybody writes.
	for _, s := range slices.Backward(d.stages) {
		d.start(s)
	}
	d.running.Store(true)
	d.log.Info("running", "stages", d.cfg.Stages, "data", d.cfg.Data, "nats", natsName(d.cfg.NATS, d.bus), "durability", d.cfg.NATS.Durability, "took", time.Since(began).Round(time.Millisecond))

	beside, stopBeside := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { d.watchConfig(beside, hup) })
	d.notify(sd.SdNotifyReady)
	wg.Go(func() { d.reportHealth(beside, stuckAfter) })
	var err error
	select {
	case <-ctx.Done():
		d.log.Info("stopping", "deadline", d.cfg.Stop)
	case err = <-d.failed:
		d.log.Error("stopping: a stage gave up", "err", err)
	}
	d.running.Store(false)
	stopBeside()
	wg.Wait()
	d.notify(sd.SdNotifyStopping, "STATUS=stopping")
	return errors.Join(err, d.stop())
}

func natsName(cfg bus.Config, b *bus.Bus) string {
	switch {
	case cfg.URL != "":
		return "external"
	case b.ClientURL() != "":
		return b.ClientURL()
	}
	return "embedded"
}

// open connects the bus.
func (d *daemon) open(ctx context.Context) (err error) {
	cfg := d.cfg.NATS
	cfg.DataDir, cfg.Log, cfg.Metrics = d.cfg.Data, d.log, d.reg
	if d.bus, err = bus.Open(ctx, cfg); err != nil {
		return err
	}
	d.reg.MustRegister(d.bus.Collector())
	return nil
}

func (d *daemon) has(stage string) bool { return slices.Contains(d.cfg.Stages, stage) }

// build makes the workers of the stages that this process runs.
func (d *daemon) build(ctx context.Context) error {
	add := func(name string, run func(context.Context) error) {
		d.stages = append(d.stages, &stage{name: name, run: run, done: make(chan struct{})})
	}
	add("guard", d.bus.Guard)
	if d.has("ingest") {
		cfg := d.ingestConfig(d.cfg)
		var err error
		if d.poller, err = ingest.NewPoller(ctx, d.bus, cfg); err != nil {
			return err
		}
		if len(cfg.Feeds)+len(cfg.OPML) == 0 {
			d.log.Warn("the configuration names no feeds: write some under ingest.feeds or ingest.opml, use 'tocsin feed add', or try --demo")
		}
		add("ingest", d.poller.Run)
		if cfg := d.cfg.Canary; cfg.Every > 0 {
			cfg.Log, cfg.Metrics = d.log, d.reg
			add("canary", canary.NewWorker(d.bus, cfg).Run)
		}
	}
	if d.has("enrich") {
		cfg := d.cfg.Enrich
		cfg.Log, cfg.Metrics = d.log, d.reg
		add("enrich", enrich.NewWorker(d.bus, enrich.NewTagger(), cfg).Run)
	}
	if d.has("correlate") {
		cfg := d.cfg.Correlate
		cfg.Log, cfg.Metrics = d.log, d.reg
		add("correlate", correlate.NewWorker(d.bus, cfg).Run)
	}
	if !d.has("sink") {
		return nil
	}
	cfg := d.cfg.Sink
	cfg.Log, cfg.Metrics = d.log, d.reg
	w := sink.NewWorker(d.bus, cfg)
	add("sink", w.Run)
	outs, err := sink.Outputs(cfg, d.stdout)
	if err != nil {
		return err
	}
	for _, o := range w.Outlets(outs) {
		// Made before anything is told: an output misses nothing of this run.
		if err := o.Prepare(ctx); err != nil {
			return err
		}
		add(outputPrefix+o.Name(), o.Run)
	}
	return nil
}

func (d *daemon) ingestConfig(c config) ingest.Config {
	cfg := c.Ingest
	cfg.Log, cfg.Metrics = d.log, d.reg
	if c.NATS.URL == "" {
		cfg.Name = "embedded" // after a crash it takes up its feeds at once
	}
	return cfg
}

func (d *daemon) start(s *stage) {
	// Stages outlive the signal: stop ends them one after another.
	ctx, cancel := context.WithCancel(pulse.With(context.Background(), &s.pulse))
	s.stop = cancel
	go func() {
		defer close(s.done)
		if err := s.run(ctx); err != nil {
			d.failed <- fmt.Errorf("stage %s: %w", s.name, err)
		}
	}()
}

// stop ends the stages along the route within the configured deadline. What
// is still in hand then stays on the bus.
func (d *daemon) stop() error {
	began := time.Now()
	deadline := time.NewTimer(d.cfg.Stop)
	defer deadline.Stop()
	for k, s := range d.stages {
		s.stop()
		if strings.HasPrefix(s.name, outputPrefix) {
			// Outputs wait for nobody but themselves: they end together.
			for _, o := range d.stages[k:] {
				o.stop()
			}
		}
		select {
		case <-s.done:
			d.log.Debug("stopped", "stage", s.name)
		case <-deadline.C:
			return fmt.Errorf("stage %s did not end within %v; what it had in hand is on the bus and comes again", s.name, d.cfg.Stop)
		}
	}
	d.log.Info("stopped", "took", time.Since(began).Round(time.Millisecond))
	var errs []error
	for len(d.failed) > 0 { // at the stop, or beside the one that caused it
		errs = append(errs, <-d.failed)
	}
	return errors.Join(errs...)
}

// alive says why a new process would do better, nil while this one may go on.
func (d *daemon) alive(patience time.Duration) error {
	if !d.running.Load() {
		return nil // it takes its time; a stop has a deadline of its own
	}
	return d.stuck(patience)
}

// ready says why the daemon is not ready, nil when it is.
func (d *daemon) ready(ctx context.Context) error {
	if !d.running.Load() {
		return errors.New("starting or stopping")
	}
	for _, s := range d.stages {
		select {
		case <-s.done:
			return fmt.Errorf("stage %s has ended", s.name)
		default:
		}
	}
	return d.bus.Ready(ctx)
}

// answerHub lets hubs wait until there is a poller.
func (d *daemon) answerHub(w http.ResponseWriter, r *http.Request) {
	if !d.running.Load() {
		w.Header().Set("Retry-After", "10")
		http.Error(w, "starting or stopping", http.StatusServiceUnavailable)
		return
	}
	d.poller.ServeHTTP(w, r)
}

// watchEvery is how often the configuration is looked at for a change.
const watchEvery = time.Second

// watchConfig reloads on SIGHUP, and when the configuration file or an OPML file has
// changed.
func (d *daemon) watchConfig(ctx context.Context, hup <-chan os.Signal) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	files := watchedFiles{taken: d.fingerprint()}
	for {
		select {
		case <-ctx.Done():
			return
		case <-hup:
			d.log.Info("SIGHUP: reading the configuration again")
			files.taken = d.fingerprint()
		case <-t.C:
			if !files.changed(d.fingerprint()) {
				continue
			}
			d.log.Info("the configuration or feed list has changed: reading it again")
		}
		d.notify(sd.SdNotifyReloading, sd.SdNotifyMonotonicUsec())
		if err := d.apply(ctx); err != nil {
			d.reloads.WithLabelValues("failed").Inc()
			d.reloaded.Set(0)
			d.refused.Store(&err)
			d.log.Error("configuration not taken over, the old one stays", "err", err)
		} else {
			d.reloads.WithLabelValues("ok").Inc()
			d.reloaded.Set(1)
			d.refused.Store(nil)
		}
		d.notify(sd.SdNotifyReady, "STATUS="+d.status(ctx))
	}
}

// watchedFiles are files that somebody may be writing.
type watchedFiles struct {
	taken string // fingerprint of what was read
	seen  string // at the last look
}

// changed tells whether they are others than were read, and stay so from one look to the
// next: whoever writes them may not be done, and half of a file may be a valid one.
func (w *watchedFiles) changed(is string) bool {
	settled := is == w.seen
	w.seen = is
	if !settled || is == w.taken {
		return false
	}
	w.taken = is
	return true
}

// fingerprint changes when a file of the configuration does.
func (d *daemon) fingerprint() string {
	var b strings.Builder
	for _, f := range append([]string{d.path}, d.cfg.Ingest.OPML...) {
		if f == "" {
			continue
		}
		if st, err := os.Stat(f); err != nil {
			fmt.Fprintf(&b, "%s gone;", f)
		} else {
			fmt.Fprintf(&b, "%s %d %d;", f, st.Size(), st.ModTime().UnixNano())
		}
	}
	return b.String()
}

// apply takes over what can be taken over in flight: all of ingest.
func (d *daemon) apply(ctx context.Context) error {
	next, err := d.reload()
	if err != nil {
		return err
	}
	if d.poller != nil {
		if err := d.poller.Reload(ctx, d.ingestConfig(next)); err != nil {
			return err
		}
	}
	d.cfg.Ingest = next.Ingest
	var restart []string
	was, is := reflect.ValueOf(d.cfg), reflect.ValueOf(next)
	for key, i := range keysOf(was.Type()) {
		if !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			restart = append(restart, key)
		}
	}
	if len(restart) > 0 {
		slices.Sort(restart)
		d.log.Warn("these changes wait for a restart", "sections", restart)
	}
	feeds, err := next.Ingest.FeedList()
	if err != nil {
		return err // it was valid a moment ago: a file has changed again
	}
	d.log.Info("configuration taken over", "feeds", len(feeds))
	return nil
}

// ownMetrics registers what belongs to the process.
func (d *daemon) ownMetrics() {
	d.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	b := buildInfo()
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "tocsin_build_info", Help: "1; the labels tell version, revision and Go.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go}})
	info.Set(1)
	d.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_config_reloads_total", Help: "Reloads of the configuration: ok, failed."}, []string{"outcome"})
	d.reloads.WithLabelValues("ok")
	d.reloads.WithLabelValues("failed")
	d.reloaded = prometheus.NewGauge(prometheus.GaugeOpts{Name: "tocsin_config_last_reload_success", Help: "1 if the last reload was taken over, or none was needed."})
	d.reloaded.Set(1)
	clock := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "tocsin_time_seconds", Help: "The clock of this process, in Unix seconds, for whoever compares it with his own."},
		func() float64 { return float64(time.Now().UnixMilli()) / 1000 })
	d.reg.MustRegister(info, d.reloads, d.reloaded, clock)
}
