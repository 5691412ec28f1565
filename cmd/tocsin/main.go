// Command tocsin turns news feeds into security alerts: one binary for the
// daemon and for its tools. main.go parses the command line; each command is in
// the file of its name.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"tocsin/internal/bus"
)

// Exit codes, documented in the help text.
const (
	exitOK          = 0
	exitFailed      = 1 // the work could not be done, or part of it
	exitUsage       = 2 // the command line or the configuration is wrong
	exitUnreachable = 3 // no NATS server, or no daemon, answers
	exitInUse       = 4 // another process has the data directory
)

type cli struct {
	Run       runCmd       `cmd:"" help:"Run the daemon: poll feeds, read articles, tell alerts."`
	Tag       tagCmd       `cmd:"" help:"Read one article and show what it says."`
	Correlate correlateCmd `cmd:"" help:"Fold an archive of articles into incidents, in memory."`
	Watch     watchCmd     `cmd:"" help:"Print alerts as they come."`
	Incident  incidentCmd  `cmd:"" help:"Show incidents, merge and split them."`
	Explain   explainCmd   `cmd:"" help:"Show why reports are one incident, or are not."`
	Replay    replayCmd    `cmd:"" help:"Show what another configuration would have told."`
	Feed      feedCmd      `cmd:"" help:"Work with feeds."`
	Check     checkCmd     `cmd:"" help:"Check a configuration; all mistakes at once."`
	Ready     readyCmd     `cmd:"" help:"Ask a running daemon whether it is ready."`
	Dead      deadCmd      `cmd:"" help:"List, show and replay messages that were set aside."`
	Migrate   migrateCmd   `cmd:"" help:"Copy everything to another server, cluster or data directory."`
	Backup    backupCmd    `cmd:"" help:"Write everything to one file, while the daemon works."`
	Restore   restoreCmd   `cmd:"" help:"Bring back what a backup has."`
	NATS      natsCmd      `cmd:"" name:"nats" help:"Prepare an external NATS: streams, keys of users."`
	Bench     benchCmd     `cmd:"" help:"Measure the whole line on this machine."`
	Version   versionCmd   `cmd:"" help:"Print version and build."`

	Completion completionCmd `cmd:"" help:"Print what makes a shell complete this program's commands."`
	Complete   completeCmd   `cmd:"" hidden:"" help:"Complete a command line: shells ask this."`
	Man        manCmd        `cmd:"" hidden:"" help:"Print the manual page."`
}

const description = `Tocsin turns the world's news feeds into trustworthy security alerts.

Begin with:
  tocsin run --demo                 see it work, without a network
  tocsin tag article.txt            what does this article say?
  tocsin run --config tocsin.yaml   the daemon; alerts on standard output

Exit codes: 0 done, 1 failed, 2 wrong command line or configuration, 3 NATS or daemon not reachable, 4 data directory in use.`

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Commands that read articles and end have little that is live, and each article
// makes its own garbage: the default collects every few milliseconds. A daemon has
// more, and must not hold three times that.
const (
	gcPercent       = 200
	gcPercentDaemon = 100
)

// collectAt sets how much garbage there may be, unless the operator has.
func collectAt(percent int) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

// parseMemory is where 'feed parse' begins to collect eagerly: bodies are strangers',
// and some grow.
const parseMemory = 40 << 20

func keepBelow(bytes int64) (end func()) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	was := debug.SetMemoryLimit(bytes)
	return func() { debug.SetMemoryLimit(was) }
}

func main() {
	collectAt(gcPercent)
	ctx, stop := signals()
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// signals returns a context that the first SIGINT or SIGTERM ends; the second
// one ends the process at once.
func signals() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-c
		cancel()
		s := <-c
		code := 1
		if n, ok := s.(syscall.Signal); ok {
			code = 128 + int(n)
		}
		os.Exit(code)
	}()
	return ctx, func() { signal.Stop(c); cancel() }
}

// run is main without the process around it.
func run(ctx context.Context, args []string, std streams) (code int) {
	var c cli
	exited := -1
	p, err := kong.New(&c,
		kong.Name("tocsin"), kong.Description(description), kong.UsageOnError(),
		kong.Writers(std.out, std.err),
		kong.Exit(func(n int) { exited = n; panic(exitPanic{}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(std),
	)
	if err != nil {
		panic(err) // a mistake in the struct tags: every test meets it
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(exitPanic); !ok {
				panic(r)
			}
			if code = exited; code != exitOK {
				code = exitUsage
			}
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := p.Parse(args)
	if err != nil {
		fmt.Fprintf(std.err, "tocsin: %v\nSee 'tocsin --help'.\n", err)
		return exitUsage
	}
	if err := k.Run(); err != nil {
		fmt.Fprintf(std.err, "tocsin: %v\n", err)
		return exitCode(err)
	}
	return exitOK
}

// exitPanic unwinds from kong's wish to exit, so that run returns.
type exitPanic struct{}

// errUsage marks mistakes in the command line or the configuration.
var errUsage = errors.New("wrong usage")

type usageError struct{ error }

func (usageError) Is(target error) bool { return target == errUsage }
func (e usageError) Unwrap() error      { return e.error }

func exitCode(err error) int {
	switch {
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, bus.ErrUnreachable):
		return exitUnreachable
	case errors.Is(err, bus.ErrInUse):
		return exitInUse
	}
	return exitFailed
}
