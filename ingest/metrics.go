package ingest

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	polls    *prometheus.CounterVec
	failures *prometheus.CounterVec
	articles *prometheus.CounterVec
	skipped  prometheus.Counter
	bytes    prometheus.Counter
	seconds  prometheus.Histogram
	feeds    prometheus.Gauge
	failing  prometheus.Gauge
	paused   prometheus.Gauge
	last     prometheus.Gauge
	late     prometheus.Histogram
}

// pollOutcomes are what a poll can come to.
var pollOutcomes = []string{"new", "nothing_new", "not_modified", "failed"}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		polls: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_polls_total",
			Help: "Polls by outcome: new (articles published), nothing_new, not_modified (the server said so, or the same bytes), failed."}, []string{"outcome"}),
		failures: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_poll_failures_total",
			Help: "Failed polls by reason; the log names the feed and what to do."}, []string{"reason"}),
		articles: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_articles_total",
			Help: "Articles published: first (edition 1) or edition (changed title or text)."}, []string{"kind"}),
		skipped: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_items_skipped_total", Help: "Feed items that could not be read."}),
		bytes:   f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_fetched_bytes_total", Help: "Bytes of feeds fetched, decompressed."}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_ingest_poll_seconds", Help: "Time of one poll, publishing included.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30}}),
		feeds:   f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds", Help: "Feeds that are polled."}),
		failing: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds_failing", Help: "Feeds whose last poll failed."}),
		paused:  f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_paused", Help: "1 while polling waits for the backlog of unread articles to shrink."}),
		last:    f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_last_article_timestamp_seconds", Help: "When an article was last published, in Unix seconds."}),
		late: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_ingest_poll_lateness_seconds", Help: "How long after its due time a poll began.",
			Buckets: []float64{.1, 1, 10, 60, 600}}),
	}
	for _, o := range pollOutcomes {
		m.polls.WithLabelValues(o)
	}
	for _, r := range failureReasons {
		m.failures.WithLabelValues(r)
	}
	m.articles.WithLabelValues("first")
	m.articles.WithLabelValues("edition")
	return m
}
