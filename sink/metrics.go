package sink

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/gazetteer"
	"tocsin/internal/bus"
)

type metrics struct {
	versions   *prometheus.CounterVec
	alerts     *prometheus.CounterVec
	incidents  *prometheus.CounterVec
	severe     *prometheus.CounterVec
	people     *prometheus.CounterVec
	age        prometheus.Histogram
	deliveries *prometheus.CounterVec
	seconds    *prometheus.HistogramVec
	failing    *prometheus.GaugeVec
	leader     prometheus.Gauge
	takeovers  prometheus.Counter
	conflicts  prometheus.Counter
}

// outputKinds are the labels of outputs: several webhooks share one.
var outputKinds = []string{"stdout", "file", "webhook"}

// countedMeasures are the people that a situation dashboard counts.
var countedMeasures = []enrich.Measure{enrich.Killed, enrich.Injured, enrich.Abducted}

// countryTokens are all that a reading may say of a country.
func countryTokens() []string {
	g, list := gazetteer.Load(), []string{bus.Unknown}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			if code := string([]rune{a, b}); g.CountryID(code) != 0 {
				list = append(list, countryToken(code))
			}
		}
	}
	return list
}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		versions: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_versions_total",
			Help: "Incident versions by what became of them: told, silent (nothing worth telling), no_rule, known (told before), set_aside."}, []string{"outcome"}),
		alerts:    f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_alerts_total", Help: "Alerts by severity and status: new, update, correction, cancel, follow_up."}, []string{"severity", "status"}),
		incidents: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_incidents_total", Help: "Incidents told for the first time, by country (ISO 3166-1 alpha-2, _ unknown) and type."}, []string{"country", "type"}),
		severe: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_severe_incidents_total",
			Help: "Incidents told as severe or extreme for the first time, by country (ISO 3166-1 alpha-2, _ unknown)."}, []string{"country"}),
		people: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_people_total",
			Help: "People by whom the totals told of have grown, by country, type of the incident and measure; corrections do not take away."}, []string{"country", "type", "measure"}),
		age: f.NewHistogram(prometheus.HistogramOpts{Name: "tocsin_sink_alert_age_seconds", Help: "From the poll that brought the news to its alert.",
			Buckets: []float64{.001, .003, .01, .03, .1, .3, 1, 3, 10, 30, 60, 120, 300, 600, 1800, 3600}}),
		deliveries: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_sink_deliveries_total",
			Help: "Alerts handed to outputs: sent, retried, refused (set aside), gave_up (set aside)."}, []string{"output", "outcome"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{Name: "tocsin_sink_delivery_seconds", Help: "Time of one successful delivery.",
			Buckets: []float64{.0003, .001, .01, .1, 1, 10}}, []string{"output"}),
		failing: f.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_sink_output_failing",
			Help: "1 while an output has an alert in hand whose last delivery failed, by the output's name."}, []string{"name"}),
		leader:    f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_sink_leader", Help: "1 in the process that tells, 0 in those that stand by."}),
		takeovers: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_sink_takeovers_total", Help: "Times that this process began to tell."}),
		conflicts: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_sink_conflicts_total", Help: "Alerts refused because another process had told something meanwhile; what it told was taken in, and the versions judged again."}),
	}
	for _, o := range []string{"told", "silent", "no_rule", "known", "set_aside"} {
		m.versions.WithLabelValues(o)
	}
	for _, sev := range []string{"unknown", "minor", "moderate", "severe", "extreme"} {
		for _, st := range []correlate.Status{correlate.New, correlate.Update, correlate.Correction, correlate.Cancel, correlate.FollowUp} {
			m.alerts.WithLabelValues(sev, string(st))
		}
	}
	// A burst in a country that was quiet until now needs the zero before it.
	for _, c := range countryTokens() {
		m.severe.WithLabelValues(c)
	}
	for _, k := range outputKinds {
		m.seconds.WithLabelValues(k)
		for _, o := range []string{"sent", "retried", "refused", "gave_up"} {
			m.deliveries.WithLabelValues(k, o)
		}
	}
	return m
}
