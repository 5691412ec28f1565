package correlate

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says how reports become incidents. Start from DefaultConfig.
type Config struct {
	Open     time.Duration `yaml:"open"`     // how long after its last report an incident still takes others
	Severity Thresholds    `yaml:"severity"` // counts at which an incident becomes graver
	Drain    time.Duration `yaml:"drain"`    // how long a stop waits for the reports in hand

	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config {
	return Config{Open: 14 * 24 * time.Hour, Severity: DefaultThresholds(), Drain: 5 * time.Second}
}

// Validate reports every mistake at once.
func (c Config) Validate() error {
	var errs []error
	if c.Open < 24*time.Hour || c.Open > 90*24*time.Hour {
		errs = append(errs, fmt.Errorf("correlate.open is %v: use 24h to 2160h (90 days, what the incident stream keeps)", c.Open))
	}
	if c.Drain < 0 {
		errs = append(errs, fmt.Errorf("correlate.drain is %v: it cannot be negative", c.Drain))
	}
	return errors.Join(append(errs, c.Severity.Validate())...)
}
