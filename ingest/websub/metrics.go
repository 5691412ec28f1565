package websub

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	asks       *prometheus.CounterVec
	intents    *prometheus.CounterVec
	deliveries *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		asks: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_websub_requests_total",
			Help: "Requests to hubs by mode (subscribe, unsubscribe) and outcome: accepted, failed."}, []string{"mode", "outcome"}),
		intents: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_websub_verifications_total",
			Help: "Questions of hubs whether we meant it: confirmed, denied (the hub refuses us), refused (we never asked), malformed, failed (state out of reach)."}, []string{"outcome"}),
		deliveries: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_ingest_websub_deliveries_total",
			Help: "Deliveries by outcome: delivered, hint (unsigned by agreement: the feed is polled), forged (signature wrong or missing: discarded, the feed is polled), " +
				"replayed, gone (unsubscribed), unknown, too_large, unreadable, slow, busy, failed."}, []string{"outcome"}),
	}
	for _, mode := range []string{subscribe, unsubscribe} {
		m.asks.WithLabelValues(mode, "accepted")
		m.asks.WithLabelValues(mode, "failed")
	}
	for o := range intentStatus {
		m.intents.WithLabelValues(o)
	}
	for o := range deliveryStatus {
		m.deliveries.WithLabelValues(o)
	}
	return m
}
