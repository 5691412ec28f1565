package sink

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
)

// Config says what is told, and where. Start from DefaultConfig.
type Config struct {
	Rules   []Rule        `yaml:"rules"`   // the first that matches lets an incident pass
	Source  string        `yaml:"source"`  // CloudEvents source of the alerts, a URI reference
	Stdout  bool          `yaml:"stdout"`  // one line an alert on standard output
	File    File          `yaml:"file"`    // alerts as JSON lines
	Webhook []Webhook     `yaml:"webhook"` // alerts by HTTP POST
	GiveUp  time.Duration `yaml:"give_up"` // after so long of failing, an output sets an alert aside and goes on
	Drain   time.Duration `yaml:"drain"`   // how long a stop waits for what is in hand

	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// File is the output of alerts to a file, one CloudEvents JSON object a line.
type File struct {
	Path string `yaml:"path"` // empty is none
}

// Webhook is an output of alerts by HTTP, signed as standardwebhooks.com says.
type Webhook struct {
	Name       string        `yaml:"name"`        // of its durable consumer: keep it when the URL changes
	URL        string        `yaml:"url"`         // http or https
	SecretFile string        `yaml:"secret_file"` // file with a secret, "whsec_" and base64; empty sends unsigned
	Timeout    time.Duration `yaml:"timeout"`     // of one try; 0 is 10s
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config {
	return Config{
		Rules:  []Rule{{Name: "known-incident", Severity: "minor"}},
		Source: "/tocsin", Stdout: true, GiveUp: 24 * time.Hour, Drain: 5 * time.Second,
	}
}

// Validate reports every mistake at once.
func (c Config) Validate() error {
	errs := []error{validateRules(c.Rules)}
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Rules) == 0 {
		bad("sink.rules is empty: no incident would be told; leave it out for the default")
	}
	if _, err := url.Parse(c.Source); err != nil || c.Source == "" {
		bad("sink.source is %q: write a URI reference, such as /tocsin", c.Source)
	}
	if c.GiveUp < time.Minute {
		bad("sink.give_up is %v: a receiver may restart, use 1m or more", c.GiveUp)
	}
	if c.Drain < 0 {
		bad("sink.drain is %v: it cannot be negative", c.Drain)
	}
	names := map[string]bool{"stdout": true, "file": true}
	for k, h := range c.Webhook {
		if h.Name == "" || h.Name != bus.Token(h.Name) || names[h.Name] {
			bad("sink.webhook[%d]: name %q: use 1 to 48 of a-z 0-9 _ -, each name once, not stdout or file", k, h.Name)
		}
		names[h.Name] = true
		u, err := url.Parse(h.URL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			bad("sink.webhook[%d]: url: write a whole http or https address", k) // it may be a secret
		}
		if h.Timeout < 0 || h.Timeout > 45*time.Second {
			bad("sink.webhook[%d]: timeout is %v: use 1s to 45s", k, h.Timeout)
		}
		if h.SecretFile != "" {
			if _, err := os.Stat(h.SecretFile); err != nil {
				bad("sink.webhook[%d]: secret_file: %w", k, err)
			}
		}
	}
	return errors.Join(errs...)
}
