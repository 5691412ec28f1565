package enrich

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config says how articles are read. Start from DefaultConfig.
type Config struct {
	Workers int           `yaml:"workers"` // articles read at one time; 0 is one for each processor
	Drain   time.Duration `yaml:"drain"`   // how long a stop waits for the articles in hand

	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config { return Config{Drain: 5 * time.Second} }

// Validate reports every mistake at once.
func (c Config) Validate() error {
	var errs []error
	if c.Workers < 0 || c.Workers > 256 {
		errs = append(errs, fmt.Errorf("enrich.workers is %d: use 0 (one for each processor) to 256", c.Workers))
	}
	if c.Drain < 0 {
		errs = append(errs, fmt.Errorf("enrich.drain is %v: it cannot be negative", c.Drain))
	}
	return errors.Join(errs...)
}

func (c Config) workers() int {
	if c.Workers > 0 {
		return c.Workers
	}
	return runtime.GOMAXPROCS(0)
}
