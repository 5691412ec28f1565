package correlate

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	reports   *prometheus.CounterVec
	versions  *prometheus.CounterVec
	open      prometheus.Gauge
	known     prometheus.Gauge
	behind    prometheus.Gauge
	seconds   prometheus.Histogram
	conflicts prometheus.Counter
	fetches   *prometheus.CounterVec
	leader    prometheus.Gauge
	takeovers prometheus.Counter
	loads     *prometheus.CounterVec
	loading   prometheus.Gauge
	snapshots *prometheus.CounterVec
}

// Ways in which the memory comes to be.
const (
	fromCards     = "cards"
	fromIncidents = "incidents"
)

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		reports: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_reports_total",
			Help: "Reports by what became of them: founded (a new incident), folded (into one), known (nothing new), unused (background, withdrawn, court), set_aside."}, []string{"outcome"}),
		versions: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_versions_total",
			Help: "Incident versions by status: new, update, correction, cancel, follow_up, silent."}, []string{"status"}),
		open:  f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_open_incidents", Help: "Incidents that still take reports."}),
		known: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_known_incidents", Help: "Incidents in memory, those that take no more reports included."}),
		behind: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_behind_versions",
			Help: "Versions on the incident stream that the incidents bucket may still lack."}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_correlate_batch_seconds", Help: "Time to fold and store one batch of reports.",
			Buckets: []float64{.0003, .001, .003, .01, .03, .1, 1, 10}}),
		conflicts: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_correlate_conflicts_total", Help: "Times that another had written to the incident stream; what followed from the reports in hand was undone and done again."}),
		fetches: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_fetches_total",
			Help: "Incidents read in full, by where they were: bucket, stream (the bucket had none, or an older version), nowhere."}, []string{"from"}),
		leader:    f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_leader", Help: "1 while this process folds reports, 0 while it stands by."}),
		takeovers: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_correlate_takeovers_total", Help: "Times that this process began to fold."}),
		loads: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_loads_total",
			Help: "Times that the memory was built, by what from: cards (at once), incidents (the cards were missing, damaged or of another version of the program)."}, []string{"from"}),
		loading: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_load_seconds", Help: "Time that the memory took to build, the last time."}),
		snapshots: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_snapshots_total",
			Help: "Times that what is new in memory was stored for the next start: ok, failed."}, []string{"outcome"}),
	}
	for _, o := range []string{"founded", "folded", "known", "unused", "set_aside"} {
		m.reports.WithLabelValues(o)
	}
	for _, s := range []Status{New, Update, Correction, Cancel, FollowUp, Silent} {
		m.versions.WithLabelValues(string(s))
	}
	for _, s := range []string{"bucket", "stream", "nowhere"} {
		m.fetches.WithLabelValues(s)
	}
	for _, s := range []string{fromCards, fromIncidents} {
		m.loads.WithLabelValues(s)
	}
	for _, s := range []string{"ok", "failed"} {
		m.snapshots.WithLabelValues(s)
	}
	return m
}
