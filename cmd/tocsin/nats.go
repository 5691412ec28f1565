package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
)

type natsCmd struct {
	Setup natsSetupCmd `cmd:"" help:"Make and adapt the streams, buckets and consumers on an external NATS."`
	Key   natsKeyCmd   `cmd:"" help:"Make a key with which a user logs in."`
}

type natsSetupCmd struct {
	configFlags
	Subscriber []string `placeholder:"NAME" help:"Keep the alerts for somebody outside, in a durable consumer of that name; repeatable."`
}

// Help implements kong's HelpProvider.
func (natsSetupCmd) Help() string {
	return `Where each stage logs in with the rights that it needs and no more, an administrator makes what they work on: before the first start and before a new version. Outputs have their sink make what they need. Done twice it changes nothing. deploy/nats has the users.

Examples:
  tocsin nats setup --config admin.yaml
  tocsin nats setup --config admin.yaml --subscriber desk`
}

// Run implements the command.
func (c natsSetupCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if cfg.NATS.URL == "" {
		return usageError{errors.New("nats setup: name a server with --nats or nats.url: the embedded one needs no administrator")}
	}
	consumers := []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents}
	for _, name := range c.Subscriber {
		if name != bus.Token(name) || bus.IsOutputConsumer(name) {
			return usageError{fmt.Errorf("nats setup: subscriber %q: use 1 to 48 of a-z 0-9 _ -, and no name of an output", name)}
		}
		consumers = append(consumers, bus.SubscriberConsumer(name))
	}
	nc := cfg.NATS
	nc.Log, nc.Metrics = newLogger(cfg.Log, std.err), prometheus.NewRegistry()
	b, err := bus.Open(ctx, nc)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, spec := range consumers {
		if err := b.EnsureConsumer(ctx, spec); err != nil {
			return err
		}
	}
	list, err := b.Described(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if _, err := fmt.Fprintf(std.out, "%-22s %d copies  %s\n", d.Name, d.Replicas, d.Describe); err != nil {
			return err
		}
	}
	for _, spec := range consumers {
		if _, err := fmt.Fprintf(std.out, "%-22s reads %s\n", spec.Name, spec.Stream); err != nil {
			return err
		}
	}
	return nil
}

type natsKeyCmd struct {
	File string `arg:"" help:"File for the key's secret part; it must not exist."`
}

// Help implements kong's HelpProvider.
func (natsKeyCmd) Help() string {
	return `The file is what nats.nkey_file names. The public part, which is printed, goes into the server's configuration.

Example:
  tocsin nats key sink.nk`
}

// Run implements the command.
func (c natsKeyCmd) Run(std streams) error {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	public, err := pair.PublicKey()
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	_, err = f.Write(append(seed, '\n'))
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	_, err = fmt.Fprintln(std.out, public)
	return err
}
