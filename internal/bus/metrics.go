package bus

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	connected    prometheus.Gauge
	reconnects   prometheus.Counter
	restarts     prometheus.Counter
	retries      prometheus.Counter
	resubscribed *prometheus.CounterVec
	dead         *prometheus.CounterVec
}

// Stages that set messages aside.
var deadStages = []string{"enrich", "correlate", "sink", "output"}

func newMetrics(reg prometheus.Registerer) *metrics {
	f := promauto.With(reg)
	m := &metrics{
		connected:  f.NewGauge(prometheus.GaugeOpts{Name: "tocsin_bus_connected", Help: "1 while the connection to NATS is up."}),
		reconnects: f.NewCounter(prometheus.CounterOpts{Name: "tocsin_bus_reconnects_total", Help: "Times that the connection to NATS was lost and came back."}),
		restarts:   f.NewCounter(prometheus.CounterOpts{Name: "tocsin_bus_server_restarts_total", Help: "Restarts of the embedded NATS server because it took no messages any more."}),
		retries:    f.NewCounter(prometheus.CounterOpts{Name: "tocsin_bus_publish_retries_total", Help: "Publishes sent again because NATS did not confirm them."}),
		resubscribed: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_bus_resubscribes_total",
			Help: "Subscriptions opened again after an interruption, by consumer: enrich, correlate, sink, output."}, []string{"consumer"}),
		dead: f.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_bus_dead_letters_total",
			Help: "Messages set aside, by stage and reason; 'tocsin dead ls' lists them."}, []string{"stage", "reason"}),
	}
	for _, c := range []string{EnrichConsumer, CorrelateConsumer, SinkConsumer, "output"} {
		m.resubscribed.WithLabelValues(c)
	}
	for _, s := range deadStages {
		for _, r := range Reasons {
			m.dead.WithLabelValues(s, string(r))
		}
	}
	return m
}

// Collector tells, at each scrape, how far each stage is behind and how full
// each stream is.
func (b *Bus) Collector() prometheus.Collector { return &collector{b: b} }

type collector struct{ b *Bus }

var (
	descPending = prometheus.NewDesc("tocsin_bus_consumer_pending_messages", "Messages that a stage has not been given yet.", []string{"consumer"}, nil)
	descUnacked = prometheus.NewDesc("tocsin_bus_consumer_unacked_messages", "Messages that a stage has been given and has not settled.", []string{"consumer"}, nil)
	descAgain   = prometheus.NewDesc("tocsin_bus_consumer_redelivered_messages", "Messages that a stage has been given more than once and has not settled.", []string{"consumer"}, nil)
	descMsgs    = prometheus.NewDesc("tocsin_bus_stream_messages", "Messages that a stream holds.", []string{"stream"}, nil)
	descBytes   = prometheus.NewDesc("tocsin_bus_stream_bytes", "Bytes that a stream holds.", []string{"stream"}, nil)
	descLimit   = prometheus.NewDesc("tocsin_bus_stream_limit_bytes", "Bytes at which a stream drops its oldest messages.", []string{"stream"}, nil)
	descReplica = prometheus.NewDesc("tocsin_bus_replica_current", "1 while a server of a cluster has all of a stream that its leader has.", []string{"stream", "server"}, nil)
	descFree    = prometheus.NewDesc("tocsin_bus_disk_free_bytes", "Room on the file system of the embedded NATS server's store.", nil, nil)
	descDisk    = prometheus.NewDesc("tocsin_bus_disk_size_bytes", "Size of the file system of the embedded NATS server's store.", nil, nil)
)

func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descPending, descUnacked, descAgain, descMsgs, descBytes, descLimit, descReplica, descFree, descDisk} {
		ch <- d
	}
}

// scrapeTimeout keeps a scrape short when NATS is away; what could not be had
// is left out of it.
const scrapeTimeout = 2 * time.Second

func (c *collector) Collect(ch chan<- prometheus.Metric) {
	if c.b.embedded != nil {
		if free, size, err := diskBytes(c.b.embedded.store); err == nil { // else Guard says so
			ch <- prometheus.MustNewConstMetric(descFree, prometheus.GaugeValue, float64(free))
			ch <- prometheus.MustNewConstMetric(descDisk, prometheus.GaugeValue, float64(size))
		}
	}
	if !c.b.Conn.IsConnected() {
		return // nobody would answer
	}
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	for _, spec := range []Consumer{EnrichArticles, CorrelateReports, SinkIncidents} {
		cons, err := c.b.JS.Consumer(ctx, c.b.streamName(spec.Stream), spec.Name)
		if err != nil {
			continue // this process may not run that stage, and the connection has its own gauge
		}
		consumed(ch, cons.CachedInfo())
	}
	if alerts, err := c.b.JS.Stream(ctx, c.b.streamName(Alerts)); err == nil {
		// Outputs are as many as the configuration names.
		for list := alerts.ListConsumers(ctx); ; {
			info, ok := <-list.Info()
			if !ok {
				break
			}
			if IsOutputConsumer(info.Name) {
				consumed(ch, info)
			}
		}
	}
	for _, s := range streams {
		st, err := c.b.JS.Stream(ctx, c.b.streamName(s.name))
		if err != nil {
			continue
		}
		state, limit := st.CachedInfo().State, s.bytes
		if own := st.CachedInfo().Config.MaxBytes; own > 0 {
			limit = own // an administrator's, where this user may not change it
		}
		ch <- prometheus.MustNewConstMetric(descMsgs, prometheus.GaugeValue, float64(state.Msgs), Token(s.name))
		ch <- prometheus.MustNewConstMetric(descBytes, prometheus.GaugeValue, float64(state.Bytes), Token(s.name))
		ch <- prometheus.MustNewConstMetric(descLimit, prometheus.GaugeValue, float64(limit), Token(s.name))
		replicated(ch, Token(s.name), st.CachedInfo().Cluster)
	}
}

// replicated tells which servers have all of a stream. Only its leader knows: the last
// word of a server that is cut off is nobody's.
func replicated(ch chan<- prometheus.Metric, stream string, c *jetstream.ClusterInfo) {
	if c == nil || c.Leader == "" {
		return
	}
	ch <- prometheus.MustNewConstMetric(descReplica, prometheus.GaugeValue, 1, stream, c.Leader)
	for _, r := range c.Replicas {
		if r.Name == c.Leader {
			continue // who has just lost the lead lists the new one, and not itself: one series twice fails a scrape
		}
		current := 0.0
		if r.Current && !r.Offline {
			current = 1
		}
		ch <- prometheus.MustNewConstMetric(descReplica, prometheus.GaugeValue, current, stream, r.Name)
	}
}

func consumed(ch chan<- prometheus.Metric, info *jetstream.ConsumerInfo) {
	ch <- prometheus.MustNewConstMetric(descPending, prometheus.GaugeValue, float64(info.NumPending), info.Name)
	ch <- prometheus.MustNewConstMetric(descUnacked, prometheus.GaugeValue, float64(info.NumAckPending), info.Name)
	ch <- prometheus.MustNewConstMetric(descAgain, prometheus.GaugeValue, float64(info.NumRedelivered), info.Name)
}
