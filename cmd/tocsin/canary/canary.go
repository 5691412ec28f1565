// Package canary sends an article with a known reading down the whole line, again and
// again, and tells whether its alert comes, how fast, and whether it says what it must.
//
// The canary waits in the streams of the real articles, reports and incidents, and the
// same workers read, fold and judge it: see bus.Canary, which also says what keeps it
// from everybody else. Not proven by it are that the alert stream takes an alert, of
// which the canary only sees that it answers, and that an output delivers.
package canary

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tocsin/enrich"
	"tocsin/ingest"
	"tocsin/sink"
)

// Config says how often a canary is sent. Start from DefaultConfig.
type Config struct {
	Every   time.Duration `yaml:"every"`   // from one canary to the next; 0 sends none
	Timeout time.Duration `yaml:"timeout"` // an alert that takes longer is late; after five times as long it is lost

	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config { return Config{Every: 5 * time.Minute, Timeout: time.Minute} }

// Validate reports every mistake at once.
func (c Config) Validate() error {
	var errs []error
	if c.Every != 0 && c.Every < time.Second {
		errs = append(errs, fmt.Errorf("canary.every is %v: use 1s or more, or 0 for none", c.Every))
	}
	if c.Timeout < time.Second {
		errs = append(errs, fmt.Errorf("canary.timeout is %v: a line that is only busy takes a moment, use 1s or more", c.Timeout))
	}
	return errors.Join(errs...)
}

// lostAfter is after how long nobody waits for a canary any more.
func (c Config) lostAfter() time.Duration { return 5 * c.Timeout }

// The canary's feed is none that anybody can configure: ids of feeds do not begin so.
const (
	feed = "_canary"
	link = "https://tocsin.invalid/canary"
)

// article is the canary of a round. Nobody lives where it happens, so that people who
// should ever see it see at once what it is.
func article(round, now time.Time) *ingest.Article {
	a := &ingest.Article{
		Schema: ingest.ArticleSchema, ID: ingest.ArticleID(feed, round.UTC().Format(time.RFC3339Nano)), Edition: 1,
		Feed: feed, Outlet: "Tocsin canary", URL: link, Language: "en",
		Title:     "Bomb kills four at market in Antarctica",
		Body:      "A bomb exploded at a market at McMurdo Station, Antarctica, killing four people and injuring eleven others, police said.",
		Published: round.UTC(), FirstSeen: now.UTC(), Fetched: now.UTC(),
	}
	a.Family = a.ID
	a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
	return a
}

// want is what the alert of article says.
func want() map[string]string {
	return map[string]string{"status": "new", "type": "bombing", "place": "McMurdo Station", "country": "AQ", "killed": "4", "injured": "11"}
}

// reading is what an alert says, of what a canary is judged by.
func reading(a *sink.Alert) map[string]string {
	d := &a.Data
	r := map[string]string{"status": d.Status, "type": d.IncType, "place": d.Place.Name, "country": d.Place.Country}
	for _, m := range []enrich.Measure{enrich.Killed, enrich.Injured} {
		if n, ok := d.Totals[m].Number(); ok {
			r[string(m)] = strconv.Itoa(n)
		}
	}
	return r
}

// misread says in what a reading is not as it must be, "" where it is.
func misread(got, want map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if got[k] != want[k] {
			parts = append(parts, fmt.Sprintf("%s is %q, not %q", k, got[k], want[k]))
		}
	}
	return strings.Join(parts, ", ")
}

// Results of a round.
const (
	ok     = "ok"
	late   = "late"
	lost   = "lost"
	wrong  = "misread"
	unsent = "unsent"
)

type metrics struct {
	rounds  *prometheus.CounterVec
	latency prometheus.Histogram
	stages  *prometheus.HistogramVec
	last    prometheus.Gauge
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	buckets := []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 20, 30, 60, 120, 300}
	m := &metrics{
		rounds: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_canary_rounds_total",
			Help: "Canaries by how they ended: ok, late (after canary.timeout), lost (not after five times as long), misread (the alert says something else), unsent (NATS did not take it). Each process that sends canaries counts every one."}, []string{"result"}),
		latency: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_canary_latency_seconds",
			Help: "From the sending of a canary to its alert, through the whole line; of those that this process sent.", Buckets: buckets}),
		stages: f.NewHistogramVec(prometheus.HistogramOpts{Name: "tocsin_canary_stage_seconds",
			Help: "Time of a canary in one stage and in the queue before it: enrich, correlate, sink; of those that this process sent.", Buckets: buckets}, []string{"stage"}),
		last: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_canary_last_success_timestamp_seconds", Help: "When the alert of a canary last came in time and was right, in Unix seconds; 0 before the first."}),
	}
	for _, r := range []string{ok, late, lost, wrong, unsent} {
		m.rounds.WithLabelValues(r)
	}
	for _, s := range []string{"enrich", "correlate", "sink"} {
		m.stages.WithLabelValues(s)
	}
	return m
}
