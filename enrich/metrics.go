package enrich

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	articles *prometheus.CounterVec
	reports  *prometheus.CounterVec
	figures  *prometheus.CounterVec
	seconds  prometheus.Histogram
	bytes    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		articles: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_enrich_articles_total",
			Help: "Articles read, by outcome: incident (it is news), background (incidents only as context), nothing, foreign (in another language, not read), set_aside."}, []string{"outcome"}),
		reports: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_enrich_reports_total",
			Help: "Reports by incident type and role in the article: main, other, background, withdrawn."}, []string{"type", "role"}),
		figures: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_enrich_figures_total", Help: "Figures read, by what they count."}, []string{"measure"}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_enrich_tag_seconds", Help: "Time to read one article.",
			Buckets: []float64{.0001, .0003, .001, .003, .01, .03, .1, 1}}),
		bytes: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_enrich_read_bytes_total", Help: "Bytes of article text read."}),
	}
	for _, o := range []string{"incident", "background", "nothing", "foreign", "set_aside"} {
		m.articles.WithLabelValues(o)
	}
	for _, t := range Types {
		m.reports.WithLabelValues(t, string(Main))
	}
	for _, x := range Measures {
		m.figures.WithLabelValues(string(x))
	}
	return m
}
