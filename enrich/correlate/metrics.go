package correlate

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	reports   *prometheus.CounterVec
	versions  *prometheus.CounterVec
	open      prometheus.Gauge
	seconds   prometheus.Histogram
	conflicts prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		reports: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_reports_total",
			Help: "Reports by what became of them: founded (a new incident), folded (into one), known (nothing new), unused (background, withdrawn, court), set_aside."}, []string{"outcome"}),
		versions: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_correlate_versions_total",
			Help: "Incident versions by status: new, update, correction, cancel, silent."}, []string{"status"}),
		open: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_correlate_open_incidents", Help: "Incidents that still take reports."}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_correlate_batch_seconds", Help: "Time to fold and store one batch of reports.",
			Buckets: []float64{.0003, .001, .003, .01, .03, .1, 1, 10}}),
		conflicts: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_correlate_conflicts_total", Help: "Times that another process had written an incident; the memory was rebuilt."}),
	}
	for _, o := range []string{"founded", "folded", "known", "unused", "set_aside"} {
		m.reports.WithLabelValues(o)
	}
	for _, s := range []Status{New, Update, Correction, Cancel, Silent} {
		m.versions.WithLabelValues(string(s))
	}
	return m
}
