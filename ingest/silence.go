package ingest

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// news is when a feed last brought something new, and in what time it usually does.
type news struct {
	at  time.Time
	gap Seconds
}

// A feed is dry when it answers and has brought nothing for dryAfter, and for
// dryTimes as long as usual; dryUnknown where there is no usual yet.
const (
	dryAfter   = 3 * 24 * time.Hour
	dryTimes   = 10
	dryUnknown = 30 * 24 * time.Hour
	maxGap     = 365 * 24 * time.Hour
)

func (n news) dry(now time.Time) bool {
	if n.at.IsZero() {
		return false
	}
	patience := dryUnknown
	if n.gap > 0 {
		// Stored seconds may be more than a Duration holds.
		patience = max(dryAfter, dryTimes*min(n.gap, seconds(maxGap)).duration())
	}
	return now.Sub(n.at) > patience
}

// Why a feed is silent.
const (
	silentFailing = "failing"
	silentNothing = "nothing_new"
)

// maxSilences bounds the series of silent feeds: those that are silent for longest
// are told of. An alert names them, 'tocsin feed ls' has them all.
const maxSilences = 100

// silences tells at each scrape which feeds are silent.
type silences struct{ p *Poller }

var (
	descDry   = prometheus.NewDesc("tocsin_ingest_feeds_dry", "Feeds of this poller that answer and have brought nothing new for three days and ten times as long as usual.", nil, nil)
	descSince = prometheus.NewDesc("tocsin_ingest_feed_silent_since_timestamp_seconds",
		"Since when a feed of this poller is silent, in Unix seconds, by why: failing (for a day or more), nothing_new (it is dry). The 100 that are silent for longest.", []string{"feed", "why"}, nil)
)

func (s *silences) Describe(ch chan<- *prometheus.Desc) { ch <- descDry; ch <- descSince }

type silence struct {
	feed, why string
	since     time.Time
}

func (s *silences) Collect(ch chan<- prometheus.Metric) {
	list, dry := s.p.silences()
	ch <- prometheus.MustNewConstMetric(descDry, prometheus.GaugeValue, float64(dry))
	for _, x := range list {
		ch <- prometheus.MustNewConstMetric(descSince, prometheus.GaugeValue, float64(x.since.Unix()), x.feed, x.why)
	}
}

// silences are the feeds that are silent for longest, and how many are dry.
func (p *Poller) silences() (list []silence, dry int) {
	p.mu.Lock()
	now := p.now()
	for id, since := range p.silent {
		list = append(list, silence{id, silentFailing, since})
	}
	for id, n := range p.news {
		// A feed that fails is not known to be dry.
		if p.states[id] == "" && n.dry(now) {
			list, dry = append(list, silence{id, silentNothing, n.at}), dry+1
		}
	}
	p.mu.Unlock()
	slices.SortFunc(list, func(a, b silence) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.feed, b.feed))
	})
	return list[:min(len(list), maxSilences)], dry
}
