package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
	"tocsin/sink"
)

type watchCmd struct {
	configFlags
	Subject string `arg:"" optional:"" help:"Subject or pattern, such as 'tocsin.v1.alert.*.iq.>'. Default all alerts."`
	Since   since  `placeholder:"TIME" help:"Begin with the alerts since TIME: how long ago, such as 24h or 7d, or a date."`
	Count   int    `short:"n" placeholder:"N" help:"End after N alerts."`
	JSON    bool   `help:"Print the alerts as they are, CloudEvents JSON, one a line."`
}

// Help implements kong's HelpProvider.
func (watchCmd) Help() string {
	return `Examples:
  tocsin watch                                     alerts of the daemon on ./data
  tocsin watch 'tocsin.v1.alert.extreme.>'         only the gravest
  tocsin watch --since 24h --json | jq .data       the last day, for programs
  tocsin watch --nats nats://nats:4222 'tocsin.v1.alert.*.iq.>'

Subjects are tocsin.v1.alert.<severity>.<country>.<type>.<status>.`
}

// quietLog is the log of commands whose output is their result.
func quietLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// attach opens the bus of a running system for a command.
func (f configFlags) attach(ctx context.Context, std streams, offline bool) (*bus.Bus, config, error) {
	cfg, err := f.load()
	if err != nil {
		return nil, cfg, err
	}
	if cfg.NATS.URL == "" && offline {
		// Opening a store makes one: a mistyped directory must stay what it is.
		if _, err := os.Stat(filepath.Join(cfg.Data, "nats")); errors.Is(err, fs.ErrNotExist) {
			return nil, cfg, fmt.Errorf("no daemon has run on %s: name its directory with --data, or a server with --nats: %w", cfg.Data, bus.ErrUnreachable)
		}
	}
	nc := cfg.NATS
	nc.DataDir, nc.Log, nc.Metrics = cfg.Data, quietLog(std.err), prometheus.NewRegistry()
	b, err := bus.Attach(ctx, nc, offline)
	return b, cfg, err
}

// alertSubject reports whether a pattern can match the subject of an alert: one
// that cannot would wait for ever.
func alertSubject(pattern, prefix string) bool {
	want := []string{prefix, bus.Version, "alert", "", "", "", ""}
	tokens := strings.Split(pattern, ".")
	for i, t := range tokens {
		switch {
		case i == len(want), t == "", strings.ContainsAny(t, " \t\r\n"):
			return false
		case t == ">":
			return i == len(tokens)-1
		case t != "*" && want[i] != "" && t != want[i]:
			return false
		}
	}
	return len(tokens) == len(want)
}

// Run implements the command.
func (c watchCmd) Run(ctx context.Context, std streams) error {
	b, cfg, err := c.attach(ctx, std, false)
	if err != nil {
		return err
	}
	defer b.Close()
	if c.Subject != "" && !alertSubject(c.Subject, cfg.NATS.Prefix) {
		return usageError{fmt.Errorf("watch: no alert is ever on %q: subjects are %s.%s.alert.<severity>.<country>.<type>.<status>, with * for one part and > for the rest", c.Subject, cfg.NATS.Prefix, bus.Version)}
	}
	s, err := b.Stream(ctx, bus.Alerts)
	if err != nil {
		return err
	}
	oc := jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverNewPolicy}
	if c.Subject != "" {
		oc.FilterSubjects = []string{c.Subject}
	}
	if !c.Since.none() {
		from := c.Since.time(time.Now())
		oc.DeliverPolicy, oc.OptStartTime = jetstream.DeliverByStartTimePolicy, &from
	}
	cons, err := s.OrderedConsumer(ctx, oc)
	if err != nil {
		return fmt.Errorf("watch %s: %w", c.Subject, err)
	}
	it, err := cons.Messages()
	if err != nil {
		return fmt.Errorf("watch %s: %w", c.Subject, err)
	}
	defer it.Stop()
	for n := 0; c.Count == 0 || n < c.Count; n++ {
		m, err := it.Next(jetstream.NextContext(ctx))
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch: %w", err)
		}
		line := string(m.Data())
		if !c.JSON {
			a, err := sink.DecodeAlert(m.Data())
			if err != nil {
				fmt.Fprintf(std.err, "tocsin: passed over %s: %v\n", m.Subject(), err)
				continue
			}
			line = a.Line()
		}
		if _, err := fmt.Fprintln(std.out, line); err != nil {
			return err
		}
	}
	return nil
}
