package main

import (
	"fmt"
	"os"
)

type checkCmd struct {
	Config string `arg:"" optional:"" env:"TOCSIN_CONFIG" help:"Configuration file to check. Without one, the defaults and the environment."`
}

// Help implements kong's HelpProvider.
func (checkCmd) Help() string {
	return `Examples:
  tocsin check deploy/tocsin.yaml
  TOCSIN_INGEST_EVERY=5m tocsin check

Prints every mistake with its line, and exits with 2 if there is one. Nothing is started or polled.`
}

// Run implements the command.
func (c checkCmd) Run(std streams) error {
	cfg, err := loadConfig(c.Config, os.Environ())
	if err != nil {
		return err
	}
	feeds, err := cfg.Ingest.FeedList()
	if err != nil {
		return usageError{err}
	}
	name := c.Config
	if name == "" {
		name = "the default configuration"
	}
	_, err = fmt.Fprintf(std.out, "%s is right: %d feeds, %d rules, stages %v\n", name, len(feeds), len(cfg.Sink.Rules), cfg.Stages)
	return err
}
