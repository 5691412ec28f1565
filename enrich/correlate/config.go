package correlate

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/enrich"
)

const oneDay = 24 * time.Hour

// Config says how reports become incidents. Start from DefaultConfig.
type Config struct {
	Open     time.Duration `yaml:"open"`     // how long after its last report an incident still takes others
	OpenFor  Windows       `yaml:"open_for"` // the same for families of types that are forgotten sooner or later; 0 is open
	Severity Thresholds    `yaml:"severity"` // counts at which an incident becomes graver
	Tell     Tell          `yaml:"tell"`     // which changes are worth telling
	Drain    time.Duration `yaml:"drain"`    // how long a stop waits for the reports in hand

	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// Windows are how long incidents of some families stay open.
type Windows struct {
	Aerial    time.Duration `yaml:"aerial"`    // air and drone strikes, shelling: the next one is soon there
	Abduction time.Duration `yaml:"abduction"` // captors take their time
	Unrest    time.Duration `yaml:"unrest"`    // riots and crackdowns
}

// openFor is how long an incident of a type stays open.
func (c *Config) openFor(typ string) time.Duration {
	w := time.Duration(0)
	switch enrich.Family(typ) {
	case "aerial":
		w = c.OpenFor.Aerial
	case "abduction":
		w = c.OpenFor.Abduction
	case "unrest":
		w = c.OpenFor.Unrest
	}
	return cmp.Or(w, c.Open)
}

// shortest is how long incidents of any type stay open at least.
func (c *Config) shortest() time.Duration {
	w := c.Open
	for _, o := range []time.Duration{c.OpenFor.Aerial, c.OpenFor.Abduction, c.OpenFor.Unrest} {
		if o > 0 {
			w = min(w, o)
		}
	}
	return w
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config {
	return Config{Open: 14 * oneDay, OpenFor: Windows{Aerial: 7 * oneDay, Abduction: 60 * oneDay, Unrest: 7 * oneDay}, Severity: DefaultThresholds(), Tell: DefaultTell(), Drain: 5 * time.Second}
}

// Validate reports every mistake at once.
func (c Config) Validate() error {
	var errs []error
	for _, w := range []struct {
		key   string
		v     time.Duration
		unset bool
	}{{"open", c.Open, false}, {"open_for.aerial", c.OpenFor.Aerial, true}, {"open_for.abduction", c.OpenFor.Abduction, true}, {"open_for.unrest", c.OpenFor.Unrest, true}} {
		if (w.v < oneDay || w.v > 90*oneDay) && !(w.unset && w.v == 0) {
			errs = append(errs, fmt.Errorf("correlate.%s is %v: use 24h to 2160h (90 days, what the incident stream keeps)", w.key, w.v))
		}
	}
	if c.Drain < 0 {
		errs = append(errs, fmt.Errorf("correlate.drain is %v: it cannot be negative", c.Drain))
	}
	return errors.Join(append(errs, c.Severity.Validate(), c.Tell.Validate())...)
}
