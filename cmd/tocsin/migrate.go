package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
)

type migrateCmd struct {
	configFlags
	To       string `placeholder:"TARGET" help:"Where to: a server or cluster (nats://host:4222,…), or a new data directory. Default: nats.url of --to-config."`
	ToConfig string `placeholder:"FILE" help:"Configuration of those who will work there: its section nats says how to log in, and how many replicas."`
	Replicas *int   `placeholder:"N" help:"Copies of each stream on the target: 1, 3 or 5. Default nats.replicas of --to-config."`
	Ahead    bool   `help:"Copy the streams of a running daemon and end. Run it again, without this, for the rest."`
	DryRun   bool   `help:"Show what would be copied, and whether the target takes it."`
	Replace  bool   `help:"Delete first what the target has, or has of a copy that broke off."`
}

// Help implements kong's HelpProvider.
func (migrateCmd) Help() string {
	return `Copies streams, buckets and consumers of one place to another: so a system grows from the embedded server to a cluster, or goes back. Nothing is lost, and nobody is told twice.

Examples:
  tocsin migrate --data /var/lib/tocsin --to nats://n1:4222 --replicas 3
  tocsin migrate --config tocsin.yaml --to-config cluster.yaml
  tocsin migrate --nats nats://n1:4222 --to /var/lib/tocsin-new

While the daemon works, its streams are copied. Then this waits until you stop it, copies the rest, compares both sides message by message, and hands the target over: start the daemons there. The switch takes seconds. Feeds keep what they carry meanwhile.

It can be broken off at any moment and run again: it goes on where it was. Until it has finished no daemon takes the target, and afterwards none takes the old data directory. It exits with 1 where the sides differ; then nothing is handed over. A file of the past is 'tocsin backup'.`
}

// Run implements the command.
func (c migrateCmd) Run(ctx context.Context, std streams) error {
	source, err := c.load()
	if err != nil {
		return err
	}
	target, err := c.target(source)
	if err != nil {
		return err
	}
	m := &migration{source: source, std: std, ahead: c.Ahead}
	if err := m.open(ctx); err != nil {
		return err
	}
	defer func() { m.from.Close() }()
	if m.to, err = holdTarget(ctx, target, std); err != nil {
		return err
	}
	defer m.to.Close()
	if c.DryRun {
		return dryRun(ctx, m.from, m.to, std.out)
	}
	return m.run(ctx, c.Replace, targetName(target))
}

// target is the configuration of the other end.
func (c migrateCmd) target(source config) (config, error) {
	cfg := defaultConfig()
	if c.ToConfig != "" {
		var err error
		if cfg, err = loadConfig(c.ToConfig, os.Environ()); err != nil {
			return cfg, err
		}
	} else {
		cfg.NATS.Prefix = source.NATS.Prefix
	}
	switch {
	case strings.Contains(c.To, "://"):
		cfg.NATS.URL = c.To
	case c.To != "":
		cfg.NATS.URL, cfg.Data = "", c.To
	case cfg.NATS.URL == "":
		return cfg, usageError{errors.New("migrate: say where to with --to, or with nats.url in the file of --to-config")}
	}
	if c.Replicas != nil {
		cfg.NATS.Replicas = *c.Replicas
	}
	if err := cfg.validate(); err != nil {
		return cfg, usageError{err}
	}
	a, aerr := filepath.Abs(cfg.Data)
	b, berr := filepath.Abs(source.Data)
	if cfg.NATS.URL == source.NATS.URL && (cfg.NATS.URL != "" || a == b && aerr == nil && berr == nil) {
		return cfg, usageError{fmt.Errorf("migrate: %s is both ends", targetName(cfg))}
	}
	return cfg, nil
}

func targetName(c config) string { return cmp.Or(c.NATS.URL, c.Data) }

// holdTarget opens the place that is to be filled. A store of our own is synced once, in
// the end, and not with each message.
func holdTarget(ctx context.Context, cfg config, std streams) (*bus.Bus, error) {
	nc := cfg.NATS
	nc.DataDir, nc.Log, nc.Metrics, nc.Durability, nc.Listen = cfg.Data, quietLog(std.err), prometheus.NewRegistry(), bus.Relaxed, ""
	return bus.Hold(ctx, nc)
}

// migration is one run of the command.
type migration struct {
	source config
	std    streams
	ahead  bool
	from   *bus.Bus
	to     *bus.Bus
	live   bool // somebody may work on the source
}

func (m *migration) sourceConfig() bus.Config {
	nc := m.source.NATS
	nc.DataDir, nc.Log, nc.Metrics, nc.Listen = m.source.Data, quietLog(m.std.err), prometheus.NewRegistry(), ""
	return nc
}

// open connects to the source: to a server, to a daemon, or to what a daemon has left.
func (m *migration) open(ctx context.Context) (err error) {
	if m.source.NATS.URL != "" {
		m.live = true
		m.from, err = bus.Hold(ctx, m.sourceConfig())
		return err
	}
	// Opening a store makes one: a mistyped directory must stay what it is.
	if _, err := os.Stat(filepath.Join(m.source.Data, "nats")); err != nil {
		return fmt.Errorf("no daemon has run on %s: name its directory with --data, or a server with --nats: %w", m.source.Data, bus.ErrUnreachable)
	}
	// The lock first: a socket that nobody listens to says less.
	m.from, err = bus.Hold(ctx, m.sourceConfig())
	if errors.Is(err, bus.ErrInUse) {
		m.live = true
		m.from, err = bus.Attach(ctx, m.sourceConfig(), false)
	}
	return err
}

func (m *migration) say(format string, args ...any) { fmt.Fprintf(m.std.out, format+"\n", args...) }

// shownFrom is how many messages are worth a line.
const shownFrom = 1000

func (m *migration) copied(stream string, messages uint64, took time.Duration) {
	if messages >= shownFrom {
		m.say("%s: %d messages in %v", stream, messages, took.Round(time.Millisecond))
	}
}

func (m *migration) run(ctx context.Context, replace bool, name string) error {
	began := time.Now()
	words := speak(m.std.err)
	defer words.end()
	c, done, err := bus.NewCopy(ctx, m.from, m.to, replace)
	if errors.Is(err, bus.ErrForeign) {
		return fmt.Errorf("%w: use another nats.prefix or data directory, or delete what is there with --replace", err)
	}
	if err != nil {
		return again(err)
	}
	if done {
		m.say("the target has all of it: it was copied before")
		return nil
	}
	defer func() { c.Close(ctx) }()
	c.Told = m.copied
	words.of(c)
	stopped := time.Now()
	if m.live {
		before, err := bus.Moved(m.source.Data)
		if err != nil {
			return err
		}
		if stopped, err = m.follow(ctx, c); err != nil || m.ahead {
			return err
		}
		if now, err := bus.Moved(m.source.Data); err != nil || now != before && m.source.NATS.URL == "" {
			return errors.Join(err, fmt.Errorf("another run has moved the state in %s meanwhile, to %s: this one hands nothing over", m.source.Data, now))
		}
		// The same end, through another door.
		next, done, err := bus.NewCopy(ctx, m.from, m.to, false)
		if err != nil {
			return fmt.Errorf("%w; nothing is handed over: run this again", err)
		}
		if done {
			m.say("the target has all of it: it was copied before")
			return nil
		}
		c = next
		c.Told = m.copied
		words.of(c)
	}
	if err := c.Rest(ctx); err != nil {
		return fmt.Errorf("%w; nothing is handed over: run this again", err)
	}
	if err := m.handOver(ctx, c, name); err != nil {
		return err
	}
	m.say("done in %v; the switch took %v. Start the daemons on %s.", time.Since(began).Round(time.Millisecond), time.Since(stopped).Round(time.Millisecond), name)
	return nil
}

// handOver compares both sides, and makes the target one that daemons take.
func (m *migration) handOver(ctx context.Context, c *bus.Copy, name string) error {
	r, err := c.Verify(ctx)
	if err != nil {
		return fmt.Errorf("%w; nothing is handed over: run this again", err)
	}
	if err := writeReport(m.std.out, r); err != nil {
		return err
	}
	if !r.Same() {
		return errors.New("the sides differ; nothing is handed over: run this again, with --replace if it stays so")
	}
	if m.source.NATS.URL == "" {
		// Before the target is open to anybody: a supervisor may start the old daemon
		// as soon as this process ends.
		if err := bus.MarkMoved(m.source.Data, name); err != nil {
			return err
		}
	} else if users, err := m.from.Users(ctx); err != nil || len(users) > 0 {
		return errors.Join(err, fmt.Errorf("somebody works on the source again (%s); nothing is handed over: stop it, then run this again", strings.Join(users, ", ")))
	}
	if err := c.Finish(ctx); err != nil {
		return fmt.Errorf("%w; the target is not handed over: run this again", err)
	}
	return nil
}

// again adds to an error what helps where servers do not do their part.
func again(err error) error {
	var refused *jetstream.APIError
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrTimeout) || errors.Is(err, nats.ErrNoResponders) || errors.Is(err, nats.ErrConnectionClosed) || errors.As(err, &refused) {
		return fmt.Errorf("%w; nothing is handed over: look at the servers, then run this again", err)
	}
	return err
}

// wordEvery is how long a copy is silent at most while it waits for something.
const wordEvery = 10 * time.Second

// words are what a command says while it waits.
type words struct {
	copy atomic.Pointer[bus.Copy]
	done chan struct{}
	over sync.WaitGroup
}

// speak says now and then what a copy is at, where that takes long, until end is called.
func speak(out io.Writer) *words {
	w := &words{done: make(chan struct{})}
	w.over.Go(func() {
		began := time.Now()
		t := time.NewTicker(wordEvery)
		defer t.Stop()
		for {
			select {
			case <-w.done:
				return
			case <-t.C:
			}
			at := "the ends are looked at"
			if c := w.copy.Load(); c != nil {
				at = c.Doing()
			}
			if at != "" {
				fmt.Fprintf(out, "%v: %s\n", time.Since(began).Round(time.Second), at)
			}
		}
	})
	return w
}

func (w *words) of(c *bus.Copy) { w.copy.Store(c) }

func (w *words) end() {
	close(w.done)
	w.over.Wait()
}

// followEvery is how often a running daemon's streams are looked at.
const followEvery = 200 * time.Millisecond

// follow copies what a running daemon stores until nobody uses the source; it returns
// since when that is so, at the latest.
func (m *migration) follow(ctx context.Context, c *bus.Copy) (stopped time.Time, err error) {
	total, told := uint64(0), false
	for ; ; bus.Pause(ctx, followEvery) {
		if ctx.Err() != nil {
			return stopped, errors.New("broken off; run this again: it goes on where it was")
		}
		// A daemon takes its server along, in the midst of a round, too.
		round, end := m.from.WhileConnected(ctx)
		n, err := c.Streams(round)
		gone := round.Err() != nil
		end()
		stopped = time.Now()
		total += n
		if !gone && err != nil {
			return stopped, fmt.Errorf("%w; run this again: it goes on where it was", err)
		}
		if !gone && !told {
			m.say("%s copied ahead.", counted(int(total), "message"))
			if m.ahead {
				return stopped, nil
			}
		}
		free, err := m.free(ctx)
		if err != nil || free {
			return stopped, again(err)
		}
		if gone || told {
			continue
		}
		told = true
		if m.source.NATS.URL != "" {
			m.say("Now stop the daemons that work on %s: the rest follows by itself.", m.source.NATS.URL)
		} else {
			m.say("Now stop the daemon (systemctl stop tocsin): the rest follows by itself.")
		}
	}
}

// free tells whether nobody uses the source any more. A data directory is ours then.
func (m *migration) free(ctx context.Context) (bool, error) {
	if m.source.NATS.URL != "" {
		users, err := m.from.Users(ctx)
		return len(users) == 0, err
	}
	held, err := bus.Hold(ctx, m.sourceConfig())
	if errors.Is(err, bus.ErrInUse) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m.from.Close()
	m.from = held
	return true, nil
}

func dryRun(ctx context.Context, from bus.Origin, to *bus.Bus, out io.Writer) error {
	r, err := bus.Plan(ctx, from, to)
	if r != nil {
		if werr := writeReport(out, r); werr != nil {
			return werr
		}
	}
	if errors.Is(err, bus.ErrForeign) {
		return fmt.Errorf("%w: use another nats.prefix or data directory, or delete what is there with --replace", err)
	}
	if err == nil {
		_, err = fmt.Fprintln(out, "nothing was copied: this was a dry run")
	}
	return err
}

// writeReport shows both sides of a copy.
func writeReport(out io.Writer, r bus.Report) error {
	w := tabwriter.NewWriter(out, 2, 8, 2, ' ', 0)
	fmt.Fprintln(w, "WHAT\tMESSAGES\tFIRST\tLAST\tBYTES\tRESULT")
	for _, c := range r {
		result := c.Difference
		if result == "" {
			result = "same"
			if c.Kind == "stream" && c.Copy.Content != "" && c.Restamped() {
				result = "same; the last ones bear the time of their copy"
			}
		}
		if c.Kind == "consumer" {
			if c.Difference == "" {
				result = fmt.Sprintf("goes on behind %d, %d wait", c.Floor, c.Behind)
			}
			fmt.Fprintf(w, "%s\t\t\t\t\t%s\n", c.Name, result)
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\n", c.Name, c.Source.Messages, c.Source.First, c.Source.Last, c.Source.Bytes, result)
	}
	return w.Flush()
}
