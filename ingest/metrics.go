package ingest

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tocsin/ingest/family"
	"tocsin/ingest/fulltext"
)

type metrics struct {
	polls    *prometheus.CounterVec
	failures *prometheus.CounterVec
	articles *prometheus.CounterVec
	families *prometheus.CounterVec
	pages    *prometheus.CounterVec
	skipped  prometheus.Counter
	bytes    prometheus.Counter
	seconds  prometheus.Histogram
	feeds    prometheus.Gauge
	failing  prometheus.Gauge
	silent   prometheus.Gauge
	gone     prometheus.Gauge
	share    prometheus.Gauge
	breaker  prometheus.Gauge
	trips    prometheus.Counter
	moved    prometheus.Counter
	wire     prometheus.Counter
	paused   prometheus.Gauge

	pausedFeeds prometheus.Gauge
	last        prometheus.Gauge
	late        prometheus.Histogram
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
		families: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_families_total",
			Help: "Articles published by how they came into their family: first (a text of its own), edition (of an article known), url (an address known), text (most of it is in another outlet's)."}, []string{"rule"}),
		pages: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_pages_total",
			Help: "Pages of items whose feed has only their beginning: read, or why the beginning stands."}, []string{"outcome"}),
		skipped: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_items_skipped_total", Help: "Feed items that could not be read."}),
		bytes:   f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_fetched_bytes_total", Help: "Bytes of feeds fetched, decompressed."}),
		seconds: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_ingest_poll_seconds", Help: "Time of one poll, publishing included.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30}}),
		feeds:       f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds", Help: "Feeds of the configuration and the list, those of other pollers included."}),
		failing:     f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds_failing", Help: "Feeds of this poller whose last poll failed."}),
		silent:      f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds_silent", Help: "Feeds of this poller that have failed for a day or more."}),
		gone:        f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds_gone", Help: "Feeds of this poller that answered 410: asked for once a month."}),
		pausedFeeds: f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_feeds_paused", Help: "Feeds that are paused by command."}),
		share:       f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_share_ratio", Help: "Part of all feeds that this poller has: 1 where it is alone."}),
		breaker:     f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_breaker_open", Help: "1 while polling pauses because most hosts fail in one way."}),
		trips:       f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_breaker_trips_total", Help: "Pauses because most hosts failed in one way."}),
		moved:       f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_feeds_moved_total", Help: "Feeds whose permanent redirect was proven and is followed from then on."}),
		wire:        f.NewCounter(prometheus.CounterOpts{Name: "tocsin_ingest_wire_bytes_total", Help: "Bytes of feeds off the wire, before decompression."}),
		paused:      f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_paused", Help: "1 while polling waits for the backlog of unread articles to shrink."}),
		last:        f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_ingest_last_article_timestamp_seconds", Help: "When an article was last published, in Unix seconds."}),
		late: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_ingest_poll_lateness_seconds", Help: "How long after its due time a poll began.",
			Buckets: []float64{.01, .03, .1, .3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600}}),
	}
	for _, o := range pollOutcomes {
		m.polls.WithLabelValues(o)
	}
	for _, r := range failureReasons {
		m.failures.WithLabelValues(r)
	}
	for _, r := range []string{"first", family.RuleEdition, family.RuleURL, family.RuleText} {
		m.families.WithLabelValues(r)
	}
	for _, r := range fulltext.Reasons {
		m.pages.WithLabelValues(r)
	}
	m.pages.WithLabelValues("read")
	m.articles.WithLabelValues("first")
	m.articles.WithLabelValues("edition")
	return m
}
