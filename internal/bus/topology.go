package bus

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The streams of the route, in its order. A stage publishes to one and reads
// from the one before.
const (
	Articles  = "ARTICLES"
	Reports   = "REPORTS"
	Incidents = "INCIDENTS"
	Alerts    = "ALERTS"
	Dead      = "DEAD"
	// Canaries is beside the route: the alerts of canaries end there.
	Canaries = "CANARY"
)

// The durable consumers of the route. Outputs have one each: OutputConsumer.
const (
	EnrichConsumer    = "enrich"
	CorrelateConsumer = "correlate"
	SinkConsumer      = "sink"
)

// The key-value buckets.
const (
	FeedsBucket     = "feeds"     // poll state of each feed
	SeenBucket      = "seen"      // which items of each feed are known, in which edition
	ListBucket      = "list"      // feeds that were added or paused by command
	PollersBucket   = "pollers"   // pollers that are alive: a key ends with its poller
	HubsBucket      = "hubs"      // subscriptions at WebSub hubs, secrets included
	IncidentsBucket = "incidents" // the latest version of each incident
	ToldBucket      = "told"      // what was last alerted of each incident
	StateBucket     = "state"     // how far stages have come
	LeasesBucket    = "leases"    // who alone may do what only one may do: a key ends with its holder
	CardsBucket     = "cards"     // what correlation knows of incidents, so that it starts fast
)

// MaxMessage bounds every record on the bus, in bytes.
const MaxMessage = 512 << 10

const day = 24 * time.Hour

// stream is what this program wants of one stream.
type stream struct {
	name, describe string
	subjects       []string // below the prefix and version
	age            time.Duration
	bytes          int64
	dedup          time.Duration
	keep           bool // deny delete and purge: subscribers replay it
	// storedFirst makes the public subjects carry only what is stored. A plain
	// publish reaches live subscribers before the stream has it, and again when
	// a crash in between makes it come again; so the stages publish below
	// inbound, and the server itself sends on what it has stored and is no
	// repetition.
	storedFirst bool
	// together lets several messages be stored at once or not at all: see
	// PublishTogether.
	together bool
}

// inbound is the token before the subjects of a storedFirst stream on which
// stages publish.
const inbound = "in"

// streams are the route's streams. All keep by limits: work-queue and interest
// streams forget their dedup window at a restart and relay at two thirds of
// the rate.
var streams = []stream{
	{name: Articles, describe: "articles of all feeds, every edition", subjects: []string{"article.*", canaries + ".article"}, age: 14 * day, bytes: 4 << 30, dedup: day},
	{name: Reports, describe: "what each article says about each incident", subjects: []string{"report.*.*", canaries + ".report"}, age: 14 * day, bytes: 2 << 30, dedup: day},
	// One message a version. The last one of an incident is its truth:
	// correlation writes it by compare-and-set and rebuilds the buckets from it.
	{name: Incidents, describe: "incidents, every version", subjects: []string{"incident.*.*.*", canaries + ".incident"}, age: IncidentsAge, bytes: 2 << 30, dedup: day, together: true},
	// A week of message ids: an alert must not be told twice even by a daemon
	// that was down over a long weekend between the alert and its bookkeeping.
	{name: Alerts, describe: "alerts, for subscribers to replay", subjects: []string{"alert.*.*.*.*"}, age: 90 * day, bytes: 2 << 30, dedup: 7 * day, keep: true, storedFirst: true},
	{name: Dead, describe: "messages set aside, with the reason in their headers", subjects: []string{"dead.*.*"}, age: 30 * day, bytes: 256 << 20, dedup: day},
	{name: Canaries, describe: "alerts of canaries: how each round went", subjects: []string{canaries + ".alert"}, age: day, bytes: 16 << 20, dedup: day},
}

// IncidentsAge is how long versions of incidents are kept.
const IncidentsAge = 90 * day

// LeaseTTL is how long a lease stands that its holder does not renew, by default.
const LeaseTTL = 4 * time.Second

// PollerTTL is how long a poller may be silent before the others take its feeds.
const PollerTTL = 15 * time.Second

// bucket is what this program wants of one key-value bucket.
type bucket struct {
	name, describe string
	age            time.Duration // 0 keeps for ever
	valueBytes     int32
}

var buckets = []bucket{
	{name: FeedsBucket, describe: "poll state of each feed", valueBytes: 64 << 10},
	{name: SeenBucket, describe: "known items of each feed", valueBytes: 1<<20 - 4<<10},
	{name: ListBucket, describe: "feeds added or paused by command", valueBytes: 64 << 10},
	{name: PollersBucket, describe: "pollers that are alive", age: PollerTTL, valueBytes: 4 << 10},
	// Longer than any lease, so that a feed dropped while nothing ran is forgotten at last.
	{name: HubsBucket, describe: "subscriptions at WebSub hubs", age: 40 * day, valueBytes: 64 << 10},
	{name: IncidentsBucket, describe: "latest version of each incident", age: IncidentsAge, valueBytes: MaxMessage},
	{name: ToldBucket, describe: "what was last alerted of each incident", age: 90 * day, valueBytes: 64 << 10},
	{name: StateBucket, describe: "how far stages have come", valueBytes: 64 << 10},
	{name: LeasesBucket, describe: "who alone may do what only one may do", age: LeaseTTL, valueBytes: 4 << 10},
	// A chunk is written anew with each version of an incident in it: what is older
	// than all versions are kept is of incidents that are forgotten.
	{name: CardsBucket, describe: "what correlation knows of incidents", age: IncidentsAge + 10*day, valueBytes: MaxMessage},
}

// Consumer is what a worker wants of a durable pull consumer.
type Consumer struct {
	Stream string // one of the streams above
	Name   string // durable name
	// InFlight bounds what is delivered and not yet settled; 1 keeps order
	// over redeliveries.
	InFlight int
	// New starts at the present instead of at the oldest message, the first
	// time that the consumer is made.
	New bool
	// AckWait is how long what a dead worker had in hand waits for another one;
	// 0 is the package's AckWait.
	AckWait time.Duration
}

func (c Consumer) ackWait() time.Duration { return cmp.Or(c.AckWait, AckWait) }

// The consumers of the stages. MaxDeliver is left open in all of them: a
// message that reaches the limit would stay in the stream, unsettled and
// unseen. Workers count deliveries themselves and set such a message aside.
var (
	EnrichArticles = Consumer{Stream: Articles, Name: EnrichConsumer, InFlight: 512}
	// Another correlator or sink takes over when the lease of a dead one ends: what that
	// one had in hand is there by then.
	CorrelateReports = CorrelateReportsFor(LeaseTTL)
	SinkIncidents    = SinkIncidentsFor(LeaseTTL)
)

// CorrelateReportsFor is CorrelateReports where leases stand for another time.
func CorrelateReportsFor(ttl time.Duration) Consumer {
	return Consumer{Stream: Reports, Name: CorrelateConsumer, InFlight: 512, AckWait: ttl * 3 / 4}
}

// SinkIncidentsFor is SinkIncidents where leases stand for another time.
func SinkIncidentsFor(ttl time.Duration) Consumer {
	return Consumer{Stream: Incidents, Name: SinkConsumer, InFlight: 512, AckWait: ttl * 3 / 4}
}

const outputConsumerPrefix = "output-"

// IsOutputConsumer tells whether a consumer's name is one of OutputConsumer's.
func IsOutputConsumer(name string) bool { return strings.HasPrefix(name, outputConsumerPrefix) }

// OutputConsumer is the durable consumer of one alert output, which processes share
// that have the output. What one of them had in hand when it died another has in less
// than ten seconds.
func OutputConsumer(output string) Consumer {
	return Consumer{Stream: Alerts, Name: outputConsumerPrefix + Token(output), InFlight: 1, New: true, AckWait: AckWait * 6 / 10}
}

// SubscriberConsumer is the durable consumer of somebody outside who must miss no
// alert: it has what is told from now on, and settles it one by one.
func SubscriberConsumer(name string) Consumer {
	return Consumer{Stream: Alerts, Name: Token(name), InFlight: 64, New: true, AckWait: 3 * AckWait}
}

// AckWait is how long a worker may be silent before the server gives what it
// holds to somebody else, and so what the messages in hand wait for after a
// crash. Longer work is said to be in progress by the subscription: see hand.
const AckWait = 10 * time.Second

func (b *Bus) streamName(name string) string { return strings.ToUpper(b.prefix) + "_" + name }

func (b *Bus) bucketName(name string) string { return b.prefix + "_" + name }

// bucketStream is what the names of the streams that hold buckets begin with.
const bucketStream = "KV_"

func (b *Bus) streamConfig(s stream) jetstream.StreamConfig {
	subjects := make([]string, len(s.subjects))
	for i, t := range s.subjects {
		subjects[i] = pattern(b.prefix, t)
	}
	cfg := jetstream.StreamConfig{
		Name:        b.streamName(s.name),
		Description: s.describe,
		Subjects:    subjects,
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Discard:     jetstream.DiscardOld,
		MaxAge:      s.age,
		MaxBytes:    s.bytes,
		MaxMsgSize:  MaxMessage + 16<<10, // room for headers
		Duplicates:  s.dedup,
		Replicas:    b.replicas,
		AllowDirect: true,
		DenyDelete:  s.keep,
		DenyPurge:   s.keep,

		AllowAtomicPublish: s.together,
	}
	if s.storedFirst {
		public := subjects[0]
		cfg.Subjects = []string{pattern(b.prefix, inbound, s.subjects[0])}
		cfg.SubjectTransform = &jetstream.SubjectTransformConfig{Source: cfg.Subjects[0], Destination: numberWildcards(public)}
		cfg.RePublish = &jetstream.RePublish{Source: public, Destination: numberWildcards(public)}
	}
	return cfg
}

// numberWildcards makes the destination of a subject mapping from its pattern:
// "a.*.*" becomes "a.{{wildcard(1)}}.{{wildcard(2)}}".
func numberWildcards(p string) string {
	tokens, n := strings.Split(p, "."), 0
	for i, t := range tokens {
		if t == "*" {
			n++
			tokens[i] = fmt.Sprintf("{{wildcard(%d)}}", n)
		}
	}
	return strings.Join(tokens, ".")
}

// Inbound is the subject on which a message for a public subject of the alert
// stream is published.
func (b *Bus) Inbound(tokens ...string) string {
	return b.Subject(append([]string{inbound}, tokens...)...)
}

// LeaseTTL is how long a lease stands that its holder does not renew.
func (b *Bus) LeaseTTL() time.Duration { return b.lease }

func (b *Bus) bucketConfig(k bucket) jetstream.KeyValueConfig {
	age := k.age
	if k.name == LeasesBucket {
		age = b.lease
	}
	return jetstream.KeyValueConfig{
		Bucket: b.bucketName(k.name), Description: k.describe, History: 1, TTL: age,
		MaxValueSize: k.valueBytes, Storage: jetstream.FileStorage, Replicas: b.replicas,
	}
}

func (b *Bus) consumerConfig(c Consumer) jetstream.ConsumerConfig {
	policy := jetstream.DeliverAllPolicy
	if c.New {
		policy = jetstream.DeliverNewPolicy
	}
	return jetstream.ConsumerConfig{
		Durable:       c.Name,
		DeliverPolicy: policy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       c.ackWait(),
		MaxDeliver:    -1,
		MaxAckPending: c.InFlight,
		ReplayPolicy:  jetstream.ReplayInstantPolicy,
	}
}
