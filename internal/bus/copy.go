package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Copy fills a bus with all that another one, or an archive, has: streams, buckets and
// consumers, with their sequences, times and message ids. It can be broken off at any
// moment, and another Copy of the same origin goes on. Until Finish, Open refuses what is
// filled.
//
// A stream goes this way, for no shorter one keeps all three: the origin's snapshot is
// restored beside it (a restored stream does not know the ids that it holds, on the
// server that received it); the stream is made as that one's mirror, which learns each id
// on each replica, and keeps sequences and times; it then stops being a mirror, and what
// the origin has had since is published to it, in order. Such a message bears the time of
// its copy.
type Copy struct {
	// Told, unless it is nil, hears of each stream to which messages were copied.
	Told func(stream string, messages uint64, took time.Duration)

	from      Origin
	to        *Bus
	identity  string // of the origin
	clustered bool   // the target is
	log       *slog.Logger
	copied    map[string]Digest // of buckets, as they were copied
	making    sync.Mutex        // a stream of the target: see bulk
	mine      *claim            // nil on a target that nobody else reaches
	at        struct {
		sync.Mutex
		work []work // the oldest first
	}
}

// Origin is what a copy is made of: a Bus, or an Archive.
type Origin interface {
	contents(ctx context.Context) (*contents, error)
	snapshot(ctx context.Context, stream string) (io.ReadCloser, error)
	// tail calls each for the messages of a stream that follow a sequence, in order, as
	// far as there are some now.
	tail(ctx context.Context, stream string, after uint64, each func(m jetstream.Msg, seq uint64) error) error
}

// contents is what an origin has.
type contents struct {
	Identity string `json:"identity"` // no other origin has it
	Streams  []part `json:"streams"`
	Buckets  []part `json:"buckets"`
}

// part is a stream, or the stream of a bucket.
type part struct {
	Name      string                    `json:"name"` // in topology.go
	Stream    string                    `json:"stream"`
	Config    jetstream.StreamConfig    `json:"config"`
	State     jetstream.StreamState     `json:"state"`
	Consumers []*jetstream.ConsumerInfo `json:"consumers,omitempty"` // durable ones
	Digest    *Digest                   `json:"digest,omitempty"`    // of an archive's
}

// fillingKey marks a stream that a copy fills, in its metadata; the value is the origin's
// identity.
const fillingKey = "tocsin_filling"

// partialKey marks beside it one of which a server may not know the ids yet, or not all
// messages: it is made anew.
const partialKey = "tocsin_partial"

// stagePrefix begins the names of what was restored and is mirrored.
const stagePrefix = "COPY_"

// ErrForeign is wrapped when the target of a copy has state of its own.
var ErrForeign = errors.New("the target has state of its own")

// passing are the buckets that are worth nothing to another system: who is alive, and who
// has the lead.
var passing = []string{PollersBucket, LeasesBucket}

// bucketsToCopy are the others, in the order in which a running system is read: what is
// read first never speaks of what is read later and not there yet. So feeds' validators
// go before the items that they stand for, a position before what it points into, cards
// before incidents, and all buckets before the streams.
var bucketsToCopy = []string{ListBucket, HubsBucket, FeedsBucket, SeenBucket, StateBucket, ToldBucket, CardsBucket, IncidentsBucket}

func bucketNamed(name string) bucket {
	k := slices.IndexFunc(buckets, func(b bucket) bool { return b.name == name })
	return buckets[k]
}

// contents implements Origin.
func (b *Bus) contents(ctx context.Context) (*contents, error) {
	c := &contents{}
	look := func(name, stream string) (*part, error) {
		s, err := b.JS.Stream(ctx, stream)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("look at stream %s: %w", stream, err)
		}
		info := s.CachedInfo()
		p := &part{Name: name, Stream: stream, Config: info.Config, State: info.State}
		l := s.ListConsumers(ctx)
		for i := range l.Info() {
			if i.Config.Durable != "" {
				i.AckFloor.Stream = floor(i, p.State)
				p.Consumers = append(p.Consumers, i)
			}
		}
		if err := l.Err(); err != nil {
			return nil, fmt.Errorf("list the consumers of stream %s: %w", stream, err)
		}
		slices.SortFunc(p.Consumers, func(a, b *jetstream.ConsumerInfo) int { return cmp.Compare(a.Name, b.Name) })
		if c.Identity == "" {
			c.Identity = strconv.FormatInt(info.Created.UnixNano(), 36)
		}
		return p, nil
	}
	for _, s := range streams {
		p, err := look(s.name, b.streamName(s.name))
		if err != nil {
			return nil, err
		}
		if p != nil {
			c.Streams = append(c.Streams, *p)
		}
	}
	for _, name := range bucketsToCopy {
		p, err := look(name, bucketStream+b.bucketName(name))
		if err != nil {
			return nil, err
		}
		if p != nil {
			c.Buckets = append(c.Buckets, *p)
		}
	}
	return c, nil
}

// tail implements Origin.
func (b *Bus) tail(ctx context.Context, stream string, after uint64, each func(jetstream.Msg, uint64) error) error {
	s, err := b.JS.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", stream, err)
	}
	last := s.CachedInfo().State.LastSeq
	if last <= after {
		return nil
	}
	return b.read(ctx, stream, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1}, last, each)
}

// Hold opens a bus without making anything on it, and without asking for it at a daemon:
// a data directory is this process's until Close.
func Hold(ctx context.Context, cfg Config) (*Bus, error) {
	b := newBus(cfg)
	if err := b.open(ctx, cfg); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// NewCopy looks at both ends. It refuses a target that has state of its own, which it
// deletes first where replace is set. Of two copies to the same server, the one that began
// first ends. A copy is to be closed, unless it is done.
func NewCopy(ctx context.Context, from Origin, to *Bus, replace bool) (c *Copy, done bool, err error) {
	have, err := from.contents(ctx)
	if err != nil {
		return nil, false, err
	}
	if len(have.Streams) == 0 {
		return nil, false, errors.New("the source has no streams: is it the right place, and the right nats.prefix?")
	}
	for _, p := range have.Streams {
		if p.Config.Metadata[fillingKey] != "" {
			return nil, false, fmt.Errorf("stream %s of the source is itself an unfinished copy: finish that first", p.Stream)
		}
		if want := to.streamName(p.Name); p.Stream != want {
			return nil, false, fmt.Errorf("the source has stream %s, the target's name for it is %s: use the same nats.prefix", p.Stream, want)
		}
	}
	c = &Copy{from: from, to: to, identity: have.Identity, log: to.log, copied: map[string]Digest{}}
	c.clustered = to.Conn.ConnectedClusterName() != ""
	if to.embedded == nil {
		if err := c.patiently(ctx, to.claimName(), func() (err error) { c.mine, err = to.claim(ctx); return err }); err != nil {
			return nil, false, err
		}
		c.doing(to.claimName(), "")
	}
	if done, err = c.prepare(ctx, replace); err != nil || done {
		c.Close(ctx)
		return nil, done, err
	}
	return c, false, nil
}

// held returns an error where another copy has begun on the target, or where an embedded
// one takes nothing more: it would let each request wait for its end.
func (c *Copy) held(ctx context.Context) error {
	if c.mine != nil {
		return c.mine.held(ctx)
	}
	if err := c.to.embedded.stores(); err != nil {
		return err
	}
	if !c.to.embedded.now.Load().JetStreamEnabled() {
		return fmt.Errorf("NATS takes nothing more: is there room below %s?", c.to.embedded.store)
	}
	return nil
}

// Close ends a copy, finished or not.
func (c *Copy) Close(ctx context.Context) {
	if c.mine == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	if err := c.mine.release(ctx); err != nil {
		// It hinders nobody, and the next run deletes it.
		c.log.Warn("a stream is left that says who fills the target", "stream", c.to.claimName(), "err", err)
	}
}

// drop deletes a stream of the target, unless another copy works there.
func (c *Copy) drop(ctx context.Context, stream string) error {
	if err := c.held(ctx); err != nil {
		return err
	}
	return c.patiently(ctx, stream, func() error { return c.to.drop(ctx, stream) })
}

// work is what a copy does with a stream.
type work struct{ stream, what string }

// patiently tries what a cluster refuses, or does not answer, while one of its servers is
// away, until that one is back.
func (c *Copy) patiently(ctx context.Context, stream string, try func() error) error {
	err := try()
	if c.to.embedded != nil {
		return err // there is no other server to wait for
	}
	// Where it is room that is missing, no server that comes back helps.
	for began := time.Now(); ctx.Err() == nil && incomplete(err) && !strings.Contains(err.Error(), "insufficient") && time.Since(began) < mirrorPatience; {
		c.doing(stream, "waits for the servers: %v", err)
		Pause(ctx, time.Second)
		err = try()
	}
	return err
}

// create makes a stream of the target.
func (c *Copy) create(ctx context.Context, cfg jetstream.StreamConfig) error {
	return c.patiently(ctx, cfg.Name, func() error {
		_, err := c.to.JS.CreateStream(ctx, cfg)
		return err
	})
}

// update changes a stream of the target.
func (c *Copy) update(ctx context.Context, cfg jetstream.StreamConfig) error {
	return c.patiently(ctx, cfg.Name, func() error {
		_, err := c.to.JS.UpdateStream(ctx, cfg)
		return err
	})
}

// doing notes what the copy does with a stream, for whoever waits; "" that it is done.
func (c *Copy) doing(stream, format string, args ...any) {
	c.at.Lock()
	defer c.at.Unlock()
	c.at.work = slices.DeleteFunc(c.at.work, func(w work) bool { return w.stream == stream })
	if format != "" {
		c.at.work = append(c.at.work, work{stream, fmt.Sprintf(format, args...)})
	}
}

// Doing is what the copy is at.
func (c *Copy) Doing() string {
	if !c.to.Conn.IsConnected() {
		return "there is no connection to the target"
	}
	if b, ok := c.from.(*Bus); ok && !b.Conn.IsConnected() {
		return "there is no connection to the source"
	}
	c.at.Lock()
	defer c.at.Unlock()
	if len(c.at.work) == 0 {
		return ""
	}
	return c.at.work[0].stream + " " + c.at.work[0].what
}

// Plan says what a copy would have to do, and whether the target takes it.
func Plan(ctx context.Context, from Origin, to *Bus) (Report, error) {
	have, err := from.contents(ctx)
	if err != nil {
		return nil, err
	}
	is, err := to.contents(ctx)
	if err != nil {
		return nil, err
	}
	var r Report
	add := func(kind string, parts []part) {
		for _, p := range parts {
			d := Digest{Messages: p.State.Msgs, Bytes: p.State.Bytes, First: p.State.FirstSeq, Last: p.State.LastSeq}
			r = append(r, Compared{Name: p.Stream, Kind: kind, Source: d, Difference: "to be copied"})
			for _, i := range p.Consumers {
				r = append(r, Compared{Name: p.Stream + " > " + i.Name, Kind: "consumer", Floor: i.AckFloor.Stream, Behind: i.NumPending})
			}
		}
	}
	add("stream", have.Streams)
	add("bucket", have.Buckets)
	for _, p := range is.Streams {
		if p.Config.Metadata[fillingKey] == have.Identity {
			return r, nil // some of it is there
		}
	}
	if !is.unused() {
		return r, ErrForeign
	}
	return r, nil
}

// unused tells of a bus that was made, and on which nothing has ever been stored.
func (c *contents) unused() bool {
	return !slices.ContainsFunc(slices.Concat(c.Streams, c.Buckets), func(p part) bool { return p.State.LastSeq > 0 })
}

// prepare brings the target to nothing, or to where an unfinished copy of this origin
// stopped; done says that it is a finished one.
func (c *Copy) prepare(ctx context.Context, replace bool) (done bool, err error) {
	if replace {
		if err := c.to.clear(ctx); err != nil {
			return false, err
		}
	}
	have, err := c.to.contents(ctx)
	if err != nil {
		return false, err
	}
	var final []part
	filling := false
	for _, p := range have.Streams {
		switch p.Config.Metadata[fillingKey] {
		case "":
			final = append(final, p)
		case c.identity:
			filling = true
		default:
			return false, fmt.Errorf("%w: an unfinished copy of another source", ErrForeign)
		}
	}
	switch {
	case len(have.Streams)+len(have.Buckets) == 0:
		return false, c.room(ctx)
	case !filling && have.unused():
		if err := c.to.clear(ctx); err != nil {
			return false, err
		}
		return false, c.room(ctx)
	case !filling:
		// It may be this very copy, finished by a run that could not say so any more.
		if len(final) == len(streams) {
			if r, verr := c.Verify(ctx); verr == nil && r.Same() {
				return true, nil
			}
		}
		return false, ErrForeign
	}
	// A run stopped while it handed the streams over. No daemon has used them, for some
	// are not yet, and the source may have gone on since.
	for _, p := range final {
		if err := c.update(ctx, c.to.fillingConfig(streamNamed(p.Name), c.identity, p.Config)); err != nil {
			return false, fmt.Errorf("take stream %s back: %w", p.Stream, err)
		}
	}
	return false, nil
}

// room returns an error where the target has none for what its streams may grow to, or
// for the copy itself: not when all is copied, and is to be handed over.
func (c *Copy) room(ctx context.Context) error {
	if c.to.embedded != nil {
		have, err := c.from.contents(ctx)
		if err != nil {
			return err
		}
		sum, largest := uint64(minFree), uint64(0)
		for _, p := range slices.Concat(have.Streams, have.Buckets) {
			sum += p.State.Bytes
			largest = max(largest, p.State.Bytes) // is there twice for a while
		}
		free, err := FreeBytes(c.to.embedded.store)
		if err == nil && free < sum+largest {
			err = fmt.Errorf("the copy needs %d MiB below %s, where %d are free", (sum+largest)>>20, c.to.embedded.store, free>>20)
		}
		return err
	}
	var err error
	var made []string
	for _, s := range streams {
		name := c.to.stageName(s.name)
		cfg := jetstream.StreamConfig{Name: name, Description: "asks for room: 'tocsin migrate' deletes it", Subjects: []string{name}, Storage: jetstream.FileStorage, Replicas: c.to.replicas, MaxBytes: s.bytes,
			Metadata: map[string]string{fillingKey: c.identity}}
		made = append(made, name)
		if err = c.drop(ctx, name); err != nil { // it may be left of a run that broke off
			break
		}
		if err = c.create(ctx, cfg); err != nil {
			err = fmt.Errorf("the target does not take stream %s, which may grow to %d MiB on each of %d servers: %w", c.to.streamName(s.name), s.bytes>>20, max(1, c.to.replicas), err)
			break
		}
	}
	for _, name := range made {
		err = errors.Join(err, c.drop(ctx, name))
		c.doing(name, "")
	}
	return err
}

// clear deletes every stream and bucket of the route.
func (b *Bus) clear(ctx context.Context) error {
	var names []string
	for _, s := range streams {
		names = append(names, b.streamName(s.name), b.stageName(s.name))
	}
	for _, k := range buckets {
		names = append(names, bucketStream+b.bucketName(k.name))
	}
	for _, name := range names {
		if err := b.drop(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) drop(ctx context.Context, stream string) error {
	if err := b.JS.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		return fmt.Errorf("delete stream %s: %w", stream, err)
	}
	return nil
}

func streamNamed(name string) stream {
	k := slices.IndexFunc(streams, func(s stream) bool { return s.name == name })
	return streams[k]
}

func (b *Bus) stageName(name string) string { return b.streamName(stagePrefix + name) }

// fillingSubject is the pattern on which a copy publishes to a stream; what stands for >
// is the message's own subject.
func (b *Bus) fillingSubject(name string) string {
	return pattern(b.prefix, "copy", strings.ToLower(name), ">")
}

// mirrorConfig is a stream as the mirror of what was restored. It has no limits: what
// ages out meanwhile must not look like a loss.
func (b *Bus) mirrorConfig(s stream, identity string) jetstream.StreamConfig {
	cfg := b.streamConfig(s)
	return jetstream.StreamConfig{
		Name: cfg.Name, Description: cfg.Description, Retention: cfg.Retention, Storage: cfg.Storage, Discard: cfg.Discard, Replicas: cfg.Replicas,
		MaxMsgSize: cfg.MaxMsgSize, Duplicates: cfg.Duplicates, Metadata: map[string]string{fillingKey: identity},
		Mirror: &jetstream.StreamSource{Name: b.stageName(s.name)},
	}
}

// fillingConfig is a stream that takes messages from a copy, and from nobody else.
func (b *Bus) fillingConfig(s stream, identity string, have jetstream.StreamConfig) jetstream.StreamConfig {
	cfg := b.mirrorConfig(s, identity)
	in := b.fillingSubject(s.name)
	cfg.Mirror, cfg.Subjects, cfg.SubjectTransform = nil, []string{in}, &jetstream.SubjectTransformConfig{Source: in, Destination: ">"}
	cfg.FirstSeq, cfg.AllowDirect, cfg.AllowAtomicPublish = have.FirstSeq, have.AllowDirect, have.AllowAtomicPublish
	cfg.DenyDelete, cfg.DenyPurge = have.DenyDelete, have.DenyPurge // they cannot be taken back
	return cfg
}

// Streams copies what the streams of the target do not have yet, and returns how many
// messages that were. The origin may be in use.
func (c *Copy) Streams(ctx context.Context) (total uint64, err error) {
	if err := c.held(ctx); err != nil {
		return 0, err
	}
	have, err := c.from.contents(ctx)
	if err != nil {
		return 0, err
	}
	// What follows together: a cluster lets each wait for what costs it little.
	type copied struct {
		stream string
		n      uint64
		err    error
	}
	done := make(chan copied)
	began := time.Now()
	for _, p := range have.Streams {
		go func() {
			n, err := c.stream(ctx, p)
			done <- copied{p.Stream, n, err}
		}()
	}
	var errs []error
	for range have.Streams {
		d := <-done
		total += d.n
		errs = append(errs, d.err)
		if d.err == nil && d.n > 0 && c.Told != nil {
			c.Told(d.stream, d.n, time.Since(began))
		}
	}
	return total, errors.Join(errs...)
}

func (c *Copy) stream(ctx context.Context, p part) (copied uint64, err error) {
	s := streamNamed(p.Name)
	defer c.doing(p.Stream, "")
	target, err := c.to.JS.Stream(ctx, p.Stream)
	if err == nil && target.CachedInfo().Config.Metadata[partialKey] != "" {
		if err := c.drop(ctx, p.Stream); err != nil {
			return 0, err
		}
		err = jetstream.ErrStreamNotFound
	}
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		if err := c.bulk(ctx, s, p); err != nil {
			return 0, err
		}
		copied = p.State.Msgs
	case err != nil:
		return 0, fmt.Errorf("look at stream %s of the target: %w", p.Stream, err)
	case target.CachedInfo().Config.Mirror != nil:
		c.doing(p.Stream, "is copied on the target")
		// A run stopped while it was mirrored.
		if err := c.promote(ctx, s); err != nil {
			return 0, err
		}
	}
	if err := c.drop(ctx, c.to.stageName(s.name)); err != nil {
		return copied, err
	}
	n, err := c.append(ctx, s, p)
	if errors.Is(err, errOutOfStep) {
		if err := c.held(ctx); err != nil {
			return copied + n, err // its messages, perhaps
		}
		// What only a copy from the begin can mend.
		c.log.Warn("a stream cannot be continued, copying it anew", "stream", p.Stream, "err", err)
		if err := c.drop(ctx, p.Stream); err != nil {
			return copied, err
		}
		return p.State.Msgs, c.bulk(ctx, s, p)
	}
	return copied + n, err
}

// bulk makes a stream of all that the origin has of it. One after another: a server that
// begins to restore one reads the list of its streams without a lock (nats-server 2.15),
// and ends where another is made meanwhile.
func (c *Copy) bulk(ctx context.Context, s stream, p part) error {
	c.making.Lock()
	defer c.making.Unlock()
	c.doing(p.Stream, "is sent to the target")
	stage := c.to.stageName(s.name)
	// One that is left has no mirror: a run stopped while it was restored.
	if err := c.drop(ctx, stage); err != nil {
		return err
	}
	if p.State.Msgs == 0 {
		cfg := c.to.fillingConfig(s, c.identity, jetstream.StreamConfig{FirstSeq: p.State.LastSeq + 1})
		if err := c.create(ctx, cfg); err != nil {
			return fmt.Errorf("create stream %s: %w", p.Stream, err)
		}
		return nil
	}
	snap, err := c.from.snapshot(ctx, p.Stream)
	if err != nil {
		return err
	}
	defer snap.Close()
	learn := c.mirror
	if c.clustered {
		learn = c.replicate
	}
	return learn(ctx, s, p, snap)
}

// mirror makes a stream of a snapshot on a server that is alone: what was restored beside
// it, it mirrors.
func (c *Copy) mirror(ctx context.Context, s stream, p part, snap io.Reader) error {
	stage := c.to.stageName(s.name)
	cfg := jetstream.StreamConfig{Name: stage, Description: "what 'tocsin migrate' copies: it deletes it", Subjects: []string{stage}, Storage: jetstream.FileStorage, Replicas: 1, MaxMsgSize: -1,
		Metadata: map[string]string{fillingKey: c.identity}}
	if err := c.to.restore(ctx, cfg, p.State, snap); err != nil {
		return err
	}
	if err := c.create(ctx, c.to.mirrorConfig(s, c.identity)); err != nil {
		return fmt.Errorf("create stream %s: %w", p.Stream, err)
	}
	if err := c.promote(ctx, s); err != nil {
		return err
	}
	return c.drop(ctx, stage)
}

// replicate makes a stream of a snapshot on a cluster, where mirrors learn no ids, and
// servers that get a replica do: from the one that took the snapshot it goes to others,
// and from one of these to those that it has in the end.
func (c *Copy) replicate(ctx context.Context, s stream, p part, snap io.Reader) error {
	cfg := c.to.fillingConfig(s, c.identity, jetstream.StreamConfig{})
	cfg.Metadata[partialKey] = "yes"
	scale := func(n int) error {
		cfg.Replicas = n
		if err := c.update(ctx, cfg); err != nil {
			return fmt.Errorf("give stream %s %d replicas: %w", p.Stream, n, err)
		}
		return c.complete(ctx, p.Stream, n)
	}
	cfg.Replicas = 1
	if err := c.to.restore(ctx, cfg, p.State, snap); err != nil {
		return err
	}
	if err := scale(3); err != nil {
		return err
	}
	c.doing(p.Stream, "gets another leader")
	if err := c.to.stepDown(ctx, p.Stream); err != nil {
		return err
	}
	if err := scale(1); err != nil {
		return err
	}
	delete(cfg.Metadata, partialKey)
	return scale(c.to.replicas)
}

// stepDown has another server lead a stream.
func (b *Bus) stepDown(ctx context.Context, stream string) error {
	s, err := b.JS.Stream(ctx, stream)
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", stream, err)
	}
	was := s.CachedInfo().Cluster.Leader
	for began := time.Now(); time.Since(began) < mirrorPatience && ctx.Err() == nil; Pause(ctx, 50*time.Millisecond) {
		// Between two leaders nobody answers; who asks again then unseats the next one.
		try, cancel := context.WithTimeout(ctx, time.Second)
		i, err := s.Info(try)
		switch {
		case err == nil && i.Cluster.Leader == was:
			err = b.api(try, "STREAM.LEADER.STEPDOWN."+stream, struct{}{}, &struct{}{})
		case err == nil && i.Cluster.Leader != "":
			cancel()
			return nil
		}
		cancel()
		if err != nil && !incomplete(err) {
			return fmt.Errorf("have another server lead stream %s: %w", stream, err)
		}
	}
	return fmt.Errorf("no other server than %s will lead stream %s", was, stream)
}

const (
	// mirrorPatience is how long a mirror may stand still, and a stream have no leader.
	mirrorPatience = time.Minute
	// replicaPatience is how long a server may take to get a replica: it does not say how
	// far it has come.
	replicaPatience = 15 * time.Minute
)

// promote waits until a mirror has all of what was restored, and makes it a stream of its
// own.
func (c *Copy) promote(ctx context.Context, s stream) error {
	stage, err := c.to.JS.Stream(ctx, c.to.stageName(s.name))
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", c.to.stageName(s.name), err)
	}
	want := stage.CachedInfo().State
	mirror, err := c.to.Stream(ctx, s.name)
	if err != nil {
		return err
	}
	for last, moved := uint64(0), time.Now(); ; Pause(ctx, 10*time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		i, err := mirror.Info(ctx)
		if err == nil && i.State.Msgs == want.Msgs {
			break
		}
		if c.mine == nil {
			if err := c.held(ctx); err != nil {
				return err
			}
		}
		if err == nil && i.State.LastSeq > last {
			last, moved = i.State.LastSeq, time.Now()
		}
		if time.Since(moved) > mirrorPatience {
			return errors.Join(fmt.Errorf("stream %s of the target stands still at %d of %d: look at its servers, then run this again", c.to.streamName(s.name), last, want.LastSeq), err)
		}
	}
	if err := c.update(ctx, c.to.fillingConfig(s, c.identity, jetstream.StreamConfig{})); err != nil {
		return fmt.Errorf("make stream %s one of its own: %w", c.to.streamName(s.name), err)
	}
	return nil
}

// errOutOfStep says that a message would not have the sequence on the target that it has
// at the origin.
var errOutOfStep = errors.New("the sequences do not meet")

const (
	appendAhead = 512 // publishes under way
	firstTries  = 20  // of the first, four a second
)

// append publishes what the origin has beyond the target, and deletes what it has deleted.
func (c *Copy) append(ctx context.Context, s stream, p part) (copied uint64, err error) {
	target, err := c.to.Stream(ctx, s.name)
	if err != nil {
		return 0, err
	}
	last := target.CachedInfo().State.LastSeq
	if last < p.State.LastSeq {
		c.doing(p.Stream, "gets its last messages")
	}
	prefix := strings.TrimSuffix(c.to.fillingSubject(s.name), ">")
	type sent struct {
		ack jetstream.PubAckFuture
		seq uint64
	}
	var under []sent
	var fillers []uint64
	begun := false
	settle := func(most int) error {
		for len(under) > most {
			o := under[0]
			under = under[1:]
			select {
			case a := <-o.ack.Ok():
				if a.Sequence != o.seq {
					return fmt.Errorf("message %d became %d: %w", o.seq, a.Sequence, errOutOfStep)
				}
			case err := <-o.ack.Err():
				if Conflict(err) {
					err = fmt.Errorf("%w: %w", errOutOfStep, err)
				}
				return fmt.Errorf("copy message %d of stream %s: %w", o.seq, p.Stream, err)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	}
	send := func(m *nats.Msg, seq uint64) error {
		f, err := c.to.JS.PublishMsgAsync(m, jetstream.WithStallWait(publishTimeout), jetstream.WithRetryAttempts(firstTries), jetstream.WithExpectLastSequence(seq-1))
		if err != nil {
			return fmt.Errorf("copy message %d of stream %s: %w", seq, p.Stream, err)
		}
		under = append(under, sent{f, seq})
		last = seq
		// The first alone: a cluster may not have heard yet who listens, and one that is
		// sent again must not come behind the next.
		most := 0
		if begun {
			most = appendAhead
		}
		begun = true
		return settle(most)
	}
	// Where the origin has deleted a message, another one takes its sequence.
	fill := func(to uint64) error {
		for last < to {
			fillers = append(fillers, last+1)
			if err := send(&nats.Msg{Subject: prefix + "filler"}, last+1); err != nil {
				return err
			}
		}
		return nil
	}
	if last < p.State.FirstSeq-1 && p.State.FirstSeq > 0 && p.State.Msgs > 0 && p.State.FirstSeq-1-last > 10*appendAhead {
		return 0, fmt.Errorf("the source has dropped %d messages since: %w", p.State.FirstSeq-1-last, errOutOfStep)
	}
	err = c.from.tail(ctx, p.Stream, last, func(m jetstream.Msg, seq uint64) error {
		if err := fill(seq - 1); err != nil {
			return err
		}
		h := maps.Clone(m.Headers())
		maps.DeleteFunc(h, func(name string, _ []string) bool { return condition(name) })
		copied++
		return send(&nats.Msg{Subject: prefix + m.Subject(), Header: h, Data: m.Data()}, seq)
	})
	if err == nil {
		err = fill(p.State.LastSeq)
	}
	if err = errors.Join(err, settle(0)); err != nil {
		return copied, err
	}
	for _, seq := range fillers {
		if err := target.DeleteMsg(ctx, seq); err != nil {
			return copied, fmt.Errorf("delete message %d of stream %s: %w", seq, p.Stream, err)
		}
	}
	return copied, nil
}

// Rest copies what Streams leaves: the last messages, what was deleted, the buckets and
// the consumers. From here on nobody may use the origin.
func (c *Copy) Rest(ctx context.Context) error {
	if _, err := c.Streams(ctx); err != nil {
		return err
	}
	have, err := c.from.contents(ctx)
	if err != nil {
		return err
	}
	for _, p := range have.Streams {
		if err := c.deletions(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range have.Buckets {
		if err := c.bucket(ctx, p); err != nil {
			return err
		}
	}
	for _, p := range have.Streams {
		if err := c.consumers(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

// deletions deletes the messages that the origin has no more, but for those before its
// first: the limits see to them.
func (c *Copy) deletions(ctx context.Context, p part) error {
	c.doing(p.Stream, "is compared with what the source has deleted")
	defer c.doing(p.Stream, "")
	target, err := c.to.JS.Stream(ctx, p.Stream)
	if err != nil {
		return fmt.Errorf("look at stream %s of the target: %w", p.Stream, err)
	}
	is := target.CachedInfo().State
	if is.Msgs == p.State.Msgs && is.FirstSeq == p.State.FirstSeq {
		return nil
	}
	keep := map[uint64]bool{}
	if p.State.Msgs > 0 {
		if err := c.each(ctx, c.from, p.Stream, func(r *record) { keep[r.seq] = true }); err != nil {
			return err
		}
	}
	var gone []uint64
	if err := c.each(ctx, c.to, p.Stream, func(r *record) {
		if !keep[r.seq] && (r.seq >= p.State.FirstSeq || p.State.Msgs == 0) {
			gone = append(gone, r.seq)
		}
	}); err != nil {
		return err
	}
	for _, seq := range gone {
		if err := target.DeleteMsg(ctx, seq); err != nil {
			return fmt.Errorf("delete message %d of stream %s: %w", seq, p.Stream, err)
		}
	}
	return nil
}

func (c *Copy) each(ctx context.Context, o Origin, stream string, f func(*record)) error {
	r, err := o.snapshot(ctx, stream)
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = readSnapshot(r, f)
	return err
}

// bucket makes a bucket anew, for now without a limit of age.
func (c *Copy) bucket(ctx context.Context, p part) error {
	c.doing(p.Stream, "is sent to the target")
	defer c.doing(p.Stream, "")
	if err := c.drop(ctx, p.Stream); err != nil {
		return err
	}
	snap, err := c.from.snapshot(ctx, p.Stream)
	if err != nil {
		return err
	}
	defer snap.Close()
	cfg := c.to.keptBucket(p.Config)
	cfg.MaxAge = 0
	// The digest is of what was copied: the origin's own limit of age goes on.
	r, wait := listened(snap)
	c.copied[p.Stream], _, err = wait(c.to.restore(ctx, cfg, p.State, r))
	return err
}

// keptBucket is the stream of a bucket as an origin has it, on this bus.
func (b *Bus) keptBucket(cfg jetstream.StreamConfig) jetstream.StreamConfig {
	cfg.Replicas, cfg.Placement, cfg.Mirror, cfg.Sources, cfg.FirstSeq = b.replicas, nil, nil, nil, 0
	return cfg
}

// consumers makes the durable consumers anew, each behind what it has settled without a
// gap. What it has settled beyond comes again, and is recognised.
func (c *Copy) consumers(ctx context.Context, p part) error {
	c.doing(p.Stream, "gets its consumers")
	defer c.doing(p.Stream, "")
	for _, i := range p.Consumers {
		if err := c.to.JS.DeleteConsumer(ctx, p.Stream, i.Name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("delete consumer %s of stream %s: %w", i.Name, p.Stream, err)
		}
		cfg := i.Config
		cfg.DeliverPolicy, cfg.OptStartSeq, cfg.OptStartTime, cfg.Replicas = jetstream.DeliverByStartSequencePolicy, i.AckFloor.Stream+1, nil, 0
		call := "CONSUMER.CREATE." + p.Stream + "." + i.Name
		if cfg.FilterSubject != "" {
			call += "." + cfg.FilterSubject
		}
		// Not by the library: a subscriber's own may be one that it takes for obsolete.
		if err := c.to.api(ctx, call, map[string]any{"stream_name": p.Stream, "config": cfg}, &struct{}{}); err != nil {
			return fmt.Errorf("create consumer %s of stream %s: %w", i.Name, p.Stream, err)
		}
	}
	return nil
}

// floor is the last sequence up to which a consumer is done with all.
func floor(i *jetstream.ConsumerInfo, s jetstream.StreamState) uint64 {
	if i.AckFloor.Stream == 0 && i.Config.DeliverPolicy == jetstream.DeliverNewPolicy && i.Config.FilterSubject == "" {
		// A cluster does not say where one began that has settled nothing.
		return s.LastSeq - min(s.LastSeq, i.NumPending+uint64(i.NumAckPending))
	}
	if i.Config.OptStartSeq > 0 {
		return max(i.AckFloor.Stream, i.Config.OptStartSeq-1)
	}
	return i.AckFloor.Stream
}

// Report compares the ends of a copy.
type Report []Compared

// Compared is one line of a Report: a stream, a bucket or a consumer.
type Compared struct {
	Name          string
	Kind          string // stream, bucket, consumer
	Source, Copy  Digest // of streams and buckets
	Floor, Behind uint64 // of a consumer: the last sequence that it is done with; how many messages follow
	Difference    string // "" where there is none
}

// Same reports whether there is no difference.
func (r Report) Same() bool {
	return !slices.ContainsFunc(r, func(c Compared) bool { return c.Difference != "" })
}

// Restamped is how the times of a stream's messages compare.
func (c *Compared) Restamped() bool { return c.Source.Times != c.Copy.Times }

// Verify reads both ends and compares them.
func (c *Copy) Verify(ctx context.Context) (Report, error) {
	have, err := c.from.contents(ctx)
	if err != nil {
		return nil, err
	}
	is, err := c.to.contents(ctx)
	if err != nil {
		return nil, err
	}
	var r Report
	for _, side := range []struct {
		kind     string
		from, to []part
	}{{"stream", have.Streams, is.Streams}, {"bucket", have.Buckets, is.Buckets}} {
		if err := c.held(ctx); err != nil {
			return nil, err
		}
		for _, p := range side.from {
			row, err := c.compare(ctx, side.kind, p, side.to)
			if err != nil {
				return nil, err
			}
			r = append(r, row)
		}
	}
	for _, p := range have.Streams {
		for _, i := range p.Consumers {
			r = append(r, compareConsumer(p, i, is.Streams))
		}
	}
	return r, nil
}

func (c *Copy) compare(ctx context.Context, kind string, p part, to []part) (row Compared, err error) {
	c.doing(p.Stream, "is read on both sides")
	defer c.doing(p.Stream, "")
	row = Compared{Name: p.Stream, Kind: kind}
	k := slices.IndexFunc(to, func(q part) bool { return q.Stream == p.Stream })
	if k < 0 {
		row.Difference = "missing"
		return row, nil
	}
	sum := func(o Origin, from uint64) (Digest, error) {
		g := newDigester()
		err := c.each(ctx, o, p.Stream, func(r *record) {
			if r.seq >= from {
				g.add(r)
			}
		})
		return g.sum(), err
	}
	var ok bool
	if row.Source, ok = c.copied[p.Stream]; !ok {
		if row.Source, err = sum(c.from, 0); err != nil {
			return row, err
		}
	}
	// What the origin has dropped at its begin, the copy may still have: its limits see
	// to that when they apply again.
	if row.Copy, err = sum(c.to, row.Source.First); err != nil {
		return row, err
	}
	switch a, b := row.Source, row.Copy; {
	case a.Messages != b.Messages || a.First != b.First || a.Last != b.Last:
		row.Difference = "other messages"
	case a.Content != b.Content:
		row.Difference = "other content"
	case kind == "bucket" && a.Times != b.Times:
		row.Difference = "other times"
	case to[k].State.LastSeq != p.State.LastSeq:
		row.Difference = "another end"
	}
	return row, nil
}

func compareConsumer(p part, i *jetstream.ConsumerInfo, to []part) Compared {
	row := Compared{Name: p.Stream + " > " + i.Name, Kind: "consumer", Floor: i.AckFloor.Stream, Difference: "missing"}
	for _, q := range to {
		for _, j := range q.Consumers {
			if q.Stream != p.Stream || j.Name != i.Name {
				continue
			}
			row.Behind, row.Difference = j.NumPending, ""
			if is := j.AckFloor.Stream; is != row.Floor {
				row.Difference = fmt.Sprintf("done up to %d, not %d", is, row.Floor)
			} else if j.NumPending < i.NumPending {
				row.Difference = fmt.Sprintf("%d messages wait, not %d", j.NumPending, i.NumPending)
			}
		}
	}
	return row
}

// Finish makes the target a bus that Open takes. Only what Verify has found the same may
// be finished.
func (c *Copy) Finish(ctx context.Context) error {
	if err := c.held(ctx); err != nil {
		return err
	}
	have, err := c.to.contents(ctx)
	if err != nil {
		return err
	}
	if err := c.to.sync(); err != nil {
		return err
	}
	for _, p := range slices.Concat(have.Streams, have.Buckets) {
		err := c.complete(ctx, p.Stream, c.to.replicas)
		c.doing(p.Stream, "")
		if err != nil {
			return err
		}
	}
	for _, p := range have.Buckets {
		cfg := p.Config
		cfg.MaxAge = c.to.bucketConfig(bucketNamed(p.Name)).TTL
		if err := c.update(ctx, cfg); err != nil {
			return fmt.Errorf("set the age of bucket %s: %w", p.Name, err)
		}
	}
	if c.to.embedded != nil {
		// It may be a place that was left once: now it is the right one again.
		if err := os.Remove(filepath.Join(filepath.Dir(c.to.embedded.store), movedFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("open the data directory again: %w", err)
		}
	}
	// The first stream is the last: as long as one is marked, no daemon takes any.
	for _, p := range slices.Backward(have.Streams) {
		cfg := c.to.streamConfig(streamNamed(p.Name))
		cfg.FirstSeq = p.Config.FirstSeq
		if err := c.update(ctx, cfg); err != nil {
			return fmt.Errorf("hand over stream %s: %w", p.Stream, err)
		}
	}
	return c.to.sync()
}

// sync is for an embedded server, which a copy lets write without.
func (b *Bus) sync() error {
	if b.embedded == nil {
		return nil
	}
	return syncTree(b.embedded.store)
}

// complete waits until a stream has n replicas, each of them has all of it, and none is
// on its way to another server.
func (c *Copy) complete(ctx context.Context, stream string, n int) error {
	behind := "none leads"
	for began := time.Now(); time.Since(began) < replicaPatience && ctx.Err() == nil; Pause(ctx, 20*time.Millisecond) {
		// The library does not know of replicas on their way.
		var info struct {
			Cluster *struct {
				Leader   string                `json:"leader"`
				Replicas []*jetstream.PeerInfo `json:"replicas"`
				Desired  *struct{}             `json:"desired"`
			} `json:"cluster"`
		}
		try, cancel := context.WithTimeout(ctx, time.Second)
		err := c.to.api(try, "STREAM.INFO."+stream, struct{}{}, &info)
		cancel()
		c.doing(stream, "waits for its %d replicas: %s", n, behind)
		if incomplete(err) {
			behind = "no server answers for it"
			continue // between two leaders nobody answers
		}
		if err != nil {
			return fmt.Errorf("look at stream %s: %w", stream, err)
		}
		cl := info.Cluster
		if cl == nil {
			return nil
		}
		k := slices.IndexFunc(cl.Replicas, func(p *jetstream.PeerInfo) bool { return !p.Current || p.Offline || p.Lag > 0 })
		if k < 0 && len(cl.Replicas)+1 == n && cl.Leader != "" && cl.Desired == nil {
			return nil
		}
		behind = fmt.Sprintf("%d are there", len(cl.Replicas)+1)
		if k >= 0 {
			behind = cl.Replicas[k].Name + " is behind"
		}
	}
	return fmt.Errorf("stream %s has not all of its %d replicas: %s; mend the cluster, then run this again", stream, n, behind)
}

// filled returns an error where a copy has not finished to fill this bus.
func (b *Bus) filled(ctx context.Context) error {
	for _, s := range streams {
		have, err := b.JS.Stream(ctx, b.streamName(s.name))
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("look up stream %s: %w", b.streamName(s.name), err)
		}
		if have.CachedInfo().Config.Metadata[fillingKey] != "" {
			return fmt.Errorf("stream %s is being filled by 'tocsin migrate' or 'tocsin restore', which has not finished: run it again to its end", b.streamName(s.name))
		}
	}
	return nil
}

// Users are those who work on this bus: pollers, holders of leases, and our consumers
// where somebody waits for messages.
func (b *Bus) Users(ctx context.Context) (users []string, err error) {
	for _, name := range passing {
		kv, err := b.Bucket(ctx, name)
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		keys, err := kv.ListKeys(ctx)
		if err != nil {
			return nil, fmt.Errorf("list bucket %s: %w", name, err)
		}
		for k := range keys.Keys() {
			users = append(users, name+" "+k)
		}
	}
	c, err := b.contents(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Streams {
		for _, i := range p.Consumers {
			// A subscriber's own may wait: it changes nothing that others go on from.
			ours := i.Name == EnrichConsumer || i.Name == CorrelateConsumer || i.Name == SinkConsumer || strings.HasPrefix(i.Name, outputConsumerPrefix)
			if ours && i.NumWaiting > 0 {
				users = append(users, "consumer "+i.Name)
			}
		}
	}
	return users, nil
}

// WhileConnected returns a context that ends with the connection, too.
func (b *Bus) WhileConnected(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	lost := b.Conn.StatusChanged(nats.RECONNECTING, nats.DISCONNECTED, nats.CLOSED)
	if !b.Conn.IsConnected() {
		cancel()
	}
	go func() {
		select {
		case <-lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); b.Conn.RemoveStatusListener(lost) }
}

// movedFile in a data directory says where its state went: whoever starts a daemon on it
// again would tell everything from there on twice.
const movedFile = "moved"

// MarkMoved says in a data directory that its state has gone elsewhere.
func MarkMoved(dir, to string) error {
	path := filepath.Join(dir, movedFile)
	text := fmt.Sprintf("%s at %s\n", redact(to), time.Now().UTC().Format(time.RFC3339))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("mark the data directory as moved: %w", err)
	}
	return syncTree(path)
}

// Moved is where a data directory's state has gone, and when; "" if it has not.
func Moved(dir string) (string, error) {
	text, err := os.ReadFile(filepath.Join(dir, movedFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", ofDirectory(dir, err)
	}
	return strings.TrimSpace(string(text)), nil
}

func notMoved(dir string) error {
	to, err := Moved(dir)
	if err != nil || to == "" {
		return err
	}
	return fmt.Errorf("the state in %s was moved to %s: run the daemon there, with --nats or --data; to go on here instead, delete %s: what was told there since is then told again",
		dir, to, filepath.Join(dir, movedFile))
}
