package bus

import (
	"cmp"
	"context"
	cryptorand "crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/pulse"
)

// Bus is a connection to JetStream whose streams and buckets are as this
// program wants them. Open makes one; Close ends it.
type Bus struct {
	Conn *nats.Conn
	JS   jetstream.JetStream

	prefix   string
	replicas int
	lease    time.Duration
	kvPrefix string // "" or the API prefix of a domain, for writes to buckets
	log      *slog.Logger
	metrics  *metrics
	embedded *embedded // nil on an external server
	lock     *os.File  // held while the embedded server runs
	boot     string
	denials  denials
	closed   atomic.Bool
	// refusal is why the embedded server took no message when Guard last tried, nil where it did.
	refusal atomic.Pointer[error]
}

// ErrUnreachable is wrapped by Open's error when no server answers.
var ErrUnreachable = errors.New("NATS is not reachable")

// ErrInUse is wrapped by Open's error when another process has the data directory.
var ErrInUse = errors.New("the data directory is in use")

func newBus(cfg Config) *Bus {
	return &Bus{prefix: cfg.Prefix, replicas: cfg.Replicas, lease: cmp.Or(cfg.Lease, LeaseTTL), boot: cryptorand.Text(), log: cfg.Log, metrics: newMetrics(cfg.Metrics)}
}

// Open connects to the server that cfg names, or starts the embedded one, and
// reconciles streams and buckets. It waits up to half a minute for a cluster that is
// only starting.
func Open(ctx context.Context, cfg Config) (*Bus, error) {
	if cfg.URL == "" {
		if err := notMoved(cfg.DataDir); err != nil {
			return nil, err
		}
	}
	b := newBus(cfg)
	if err := b.open(ctx, cfg); err != nil {
		b.Close()
		return nil, err
	}
	if err := b.settle(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Attach is Open for a command that looks into a running system: it declares
// nothing. Without a URL it speaks to the daemon on cfg.DataDir through its
// socket; where none runs and offline is true, it opens the store itself.
func Attach(ctx context.Context, cfg Config, offline bool) (*Bus, error) {
	b := newBus(cfg)
	if cfg.URL == "" {
		path := filepath.Join(cfg.DataDir, SocketName)
		token, err := readToken(cfg.TokenFile)
		if err != nil {
			return nil, err
		}
		// The address is a word for us alone: a look-up would wait for a resolver that is away.
		err = b.connect(cfg, "nats://daemon", nats.SetCustomDialer(socketDialer(path)), nats.SkipHostLookup(), nats.Token(token))
		if err == nil {
			return b, nil
		}
		if !offline {
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
				err = ErrUnreachable // nobody listens: the rest of it would say no more
			}
			return nil, fmt.Errorf("no daemon answers on %s: start 'tocsin run' there, or name a server with --nats: %w", path, err)
		}
	}
	if err := b.open(ctx, cfg); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// socketDialer reaches a daemon's socket whatever address is asked for.
type socketDialer string

func (d socketDialer) Dial(_, _ string) (net.Conn, error) {
	return net.DialTimeout("unix", string(d), connectTimeout)
}

func readToken(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read nats.token_file: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

func (b *Bus) open(ctx context.Context, cfg Config) error {
	token, err := readToken(cfg.TokenFile)
	if err != nil {
		return err
	}
	if cfg.URL != "" {
		opts, err := externalOptions(cfg)
		if err != nil {
			return err
		}
		if token != "" {
			opts = append(opts, nats.Token(token))
		}
		return b.connect(cfg, cfg.URL, opts...)
	}
	if err := os.MkdirAll(cfg.DataDir, 0o755); err != nil {
		return ofDirectory(cfg.DataDir, err)
	}
	if b.lock, err = lockDir(cfg.DataDir); err != nil {
		return err
	}
	if b.embedded, err = startEmbedded(cfg, token); err != nil {
		return err
	}
	if err := b.embedded.listenSocket(filepath.Join(cfg.DataDir, SocketName)); err != nil {
		return err
	}
	return b.connect(cfg, "", nats.InProcessServer(b.embedded), nats.Token(token))
}

func externalOptions(cfg Config) ([]nats.Option, error) {
	var opts []nats.Option
	if cfg.Credentials != "" {
		opts = append(opts, nats.UserCredentials(cfg.Credentials))
	}
	if cfg.NKey != "" {
		o, err := nats.NkeyOptionFromSeed(cfg.NKey)
		if err != nil {
			return nil, fmt.Errorf("nats.nkey_file: %s holds no key that 'tocsin nats key' has made: %w", cfg.NKey, err)
		}
		opts = append(opts, o)
	}
	if cfg.Inbox != "" {
		opts = append(opts, nats.CustomInboxPrefix(cfg.Inbox))
	}
	if cfg.TLS.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.TLS.CA))
	}
	if cfg.TLS.Cert != "" {
		opts = append(opts, nats.ClientCert(cfg.TLS.Cert, cfg.TLS.Key))
	}
	if cfg.TLS.CA != "" || cfg.TLS.Cert != "" {
		opts = append(opts, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	return opts, nil
}

func (b *Bus) connect(cfg Config, address string, opts ...nats.Option) error {
	opts = append([]nats.Option{
		nats.Name("tocsin"),
		nats.Timeout(connectTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.PingInterval(20 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			b.metrics.connected.Set(0)
			if !b.closed.Load() {
				b.log.Warn("NATS connection lost, reconnecting", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) {
			b.metrics.connected.Set(1)
			b.metrics.reconnects.Inc()
			b.log.Info("NATS connection is back")
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) {
			subject := ""
			if s != nil {
				subject = s.Subject
			}
			b.log.Warn("NATS", "subject", subject, "err", err)
			b.denials.note(err)
		}),
	}, opts...)
	nc, err := nats.Connect(address, opts...)
	if err != nil {
		if address == "" {
			return fmt.Errorf("connect to the embedded NATS server: %w", err)
		}
		if unread := (*url.Error)(nil); errors.As(err, &unread) {
			err = unread.Err // without the address, which may hold a password
		}
		return fmt.Errorf("%w at %s: %w; check the address and that it lets this user in", ErrUnreachable, redact(address), err)
	}
	b.Conn = nc
	b.metrics.connected.Set(1)
	if cfg.URL != "" {
		if err := hears(nc, cfg.Inbox); err != nil {
			return err
		}
	}
	jsOpts := []jetstream.JetStreamOpt{
		jetstream.WithPublishAsyncMaxPending(1024),
		// Without a time-out a future hangs for ever when the server is gone.
		jetstream.WithPublishAsyncTimeout(publishTimeout),
		// A request that went to a server that died is not answered by anybody else.
		jetstream.WithDefaultTimeout(requestTimeout),
	}
	if cfg.Domain != "" {
		b.JS, err = jetstream.NewWithDomain(nc, cfg.Domain, jsOpts...)
		b.kvPrefix = "$JS." + cfg.Domain + ".API."
	} else {
		b.JS, err = jetstream.New(nc, jsOpts...)
	}
	if err != nil {
		return fmt.Errorf("open JetStream: %w", err)
	}
	return nil
}

// hears makes sure that this user hears what it is answered: where it may not, every
// question would wait for an answer in vain.
func hears(nc *nats.Conn, inbox string) error {
	s, err := nc.SubscribeSync(nc.NewRespInbox())
	if err != nil {
		return fmt.Errorf("listen for answers: %w", err)
	}
	// The server says no before it answers the flush. It may go away meanwhile, which
	// the connection gets over.
	_ = nc.FlushTimeout(connectTimeout)
	_ = s.Unsubscribe()
	if err := nc.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("%w to hear answers below %s: set nats.inbox to the word that its permissions name (_INBOX_enrich for the user enrich of deploy/nats)", ErrDenied, cmp.Or(inbox, nats.InboxPrefix[:len(nats.InboxPrefix)-1]))
	}
	return nil
}

// redact drops the passwords that an operator wrote into URLs.
func redact(urls string) string {
	list := strings.Split(urls, ",")
	for k, u := range list {
		scheme, rest, ok := strings.Cut(u, "://")
		if !ok {
			scheme, rest = "", u
		} else {
			scheme += "://"
		}
		// A password may hold an @ itself; a host cannot.
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			list[k] = scheme + "…" + rest[at:]
		}
	}
	return strings.Join(list, ",")
}

// ofDirectory says what is wrong with a data directory, and what to do.
func ofDirectory(dir string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, fs.ErrPermission):
		advice = "; it and all in it must belong to the user that runs this"
	case errors.Is(err, syscall.EROFS):
		advice = "; under systemd the daemon may write to the unit's StateDirectory alone, which is /var/lib/tocsin"
	}
	return fmt.Errorf("the data directory %s cannot be used: %w%s", dir, err, advice)
}

// lockDir makes sure that one process at a time serves a data directory: two
// servers on one store would destroy it. The lock ends with the process.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, ofDirectory(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%w: another tocsin serves %s; stop it, or use another --data", ErrInUse, dir)
	}
	return f, nil
}

// Boot is a word that no other opening of a bus has.
func (b *Bus) Boot() string { return b.boot }

// Embedded reports whether the server runs in this process. No other process has
// one on this data, and whoever had is dead.
func (b *Bus) Embedded() bool { return b.embedded != nil }

// Replicated reports whether streams have copies on several servers.
func (b *Bus) Replicated() bool { return b.replicas > 1 }

// Close ends the connection and the embedded server. Publishes that are still
// under way fail.
func (b *Bus) Close() {
	if b.closed.Swap(true) {
		return
	}
	if b.Conn != nil {
		// Acknowledgements are sent without an answer: let the last ones arrive.
		if b.Conn.IsConnected() {
			_ = b.Conn.FlushTimeout(time.Second)
		}
		b.Conn.Close()
	}
	if b.embedded != nil {
		b.embedded.stop()
	}
	if b.lock != nil {
		b.lock.Close()
	}
}

// ClientURL is where other programs reach the embedded server, "" where it
// opened no port.
func (b *Bus) ClientURL() string {
	if b.embedded == nil {
		return ""
	}
	return b.embedded.clientURL()
}

// RestartServer ends and starts the embedded server; the connection comes back
// by itself. On an external server it does nothing.
func (b *Bus) RestartServer() error {
	if b.embedded == nil {
		return nil
	}
	b.metrics.restarts.Inc()
	return b.embedded.restart()
}

// Ready returns nil when the connection is up, every stream of the route answers, and the
// embedded server took a message when Guard last tried; its error names what is not.
func (b *Bus) Ready(ctx context.Context) error {
	if !b.Conn.IsConnected() {
		return fmt.Errorf("not connected to NATS: %s", b.Conn.Status())
	}
	if b.embedded != nil {
		if err := b.embedded.stores(); err != nil {
			return err
		}
	}
	for _, s := range streams {
		if s.name == Canaries {
			continue // news does not need it
		}
		st, err := b.JS.Stream(ctx, b.streamName(s.name))
		if err == nil {
			// A server that is cut off from the others goes on to tell of its copy.
			if c := st.CachedInfo().Cluster; c != nil && c.Leader == "" {
				err = errors.New("no server of the cluster leads it")
			}
		}
		if err != nil {
			return fmt.Errorf("stream %s: %w", b.streamName(s.name), err)
		}
	}
	if why := b.refusal.Load(); why != nil {
		return *why
	}
	return nil
}

// Writable returns nil when the bus takes and keeps a message. JetStream goes
// on to answer when its disk is full; only a write tells.
func (b *Bus) Writable(ctx context.Context) error {
	kv, err := b.Bucket(ctx, FeedsBucket)
	if err == nil {
		_, err = kv.PutString(ctx, "_probe", time.Now().UTC().Format(time.RFC3339))
	}
	if err != nil {
		return fmt.Errorf("NATS takes no message: %w", err)
	}
	return nil
}

// Guard watches the embedded server until ctx ends: when it takes no message
// any more although the disk has room, it is restarted, because nothing else
// brings it back.
//
// On an external server it is the connection that it watches. An outage is waited
// for; an error means that the connection has ended for good, as it does when the
// server refuses this user twice: a new start reads new credentials. A server that is
// cut off from its cluster keeps its clients and answers nothing that matters: where
// that goes on, another server is looked for.
func (b *Bus) Guard(ctx context.Context) error {
	if b.embedded != nil {
		return b.guard(ctx, guardEvery, publishTimeout)
	}
	return b.guardConnection(ctx, lookEvery)
}

func (b *Bus) guardConnection(ctx context.Context, every time.Duration) error {
	ended := b.Conn.StatusChanged(nats.CLOSED)
	defer b.Conn.RemoveStatusListener(ended)
	t := time.NewTicker(every)
	defer t.Stop()
	for silent := 0; !b.Conn.IsClosed(); {
		select {
		case <-ctx.Done():
			return nil
		case <-ended:
			continue
		case <-t.C:
		}
		look, cancel := context.WithTimeout(ctx, every)
		err := b.Ready(look)
		cancel()
		if err == nil || !b.Conn.IsConnected() || errors.Is(err, jetstream.ErrStreamNotFound) {
			silent = 0 // the library looks for a server itself, or no other one would have the stream
			continue
		}
		if silent++; silent < looks || ctx.Err() != nil {
			continue
		}
		silent = 0
		b.log.Warn("the NATS server does not answer for its cluster, looking for another one", "server", b.Conn.ConnectedAddr(), "err", err)
		if err := b.Conn.ForceReconnect(); err != nil {
			b.log.Warn("another NATS server cannot be looked for", "err", err)
		}
	}
	return fmt.Errorf("the connection to NATS has ended for good: %w; check that the server lets this user in", cmp.Or(b.Conn.LastError(), nats.ErrConnectionClosed))
}

// How often it is looked whether the cluster answers, and how often in vain before
// another server is looked for: streams whose leader has died have another one by then.
const (
	lookEvery = 3 * time.Second
	looks     = 3
)

func (b *Bus) guard(ctx context.Context, every, patience time.Duration) error {
	t := time.NewTicker(every)
	defer t.Stop()
	p := pulse.From(ctx)
	p.Begin()
	defer p.End()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
		probe, cancel := context.WithTimeout(ctx, patience)
		err := b.Writable(probe)
		cancel()
		if err == nil {
			err = b.embedded.stores()
		}
		if err == nil || ctx.Err() != nil {
			b.refusal.Store(nil)
			p.Beat()
			continue
		}
		b.refusal.Store(&err)
		free, ferr := FreeBytes(b.embedded.store)
		switch {
		case ferr != nil:
			p.Beat()
			b.log.Error("the store cannot be looked at", "dir", b.embedded.store, "err", ferr)
		case free < minFree:
			p.Beat()
			full := fmt.Errorf("the disk of %s is full: %w", b.embedded.store, err)
			b.refusal.Store(&full)
			b.log.Error("the disk is full: nothing is lost, and work goes on when there is room; free some", "dir", b.embedded.store, "free_bytes", free, "err", err)
		default: // no beat: where restarts do not help for long, a new process may
			b.log.Warn("the embedded NATS server takes no messages, restarting it", "err", err)
			if err := b.RestartServer(); err != nil {
				b.log.Error("restart of the embedded NATS server", "err", err)
			}
		}
	}
}

// requestTimeout bounds a request to JetStream that has no deadline of its own.
const requestTimeout = 5 * time.Second

const (
	guardEvery = 30 * time.Second
	minFree    = 64 << 20
)

// FreeBytes is the room that the file system below dir has for this user.
func FreeBytes(dir string) (uint64, error) {
	free, _, err := diskBytes(dir)
	return free, err
}

// diskBytes is the room that the file system below dir has for this user, and its
// size.
func diskBytes(dir string) (free, size uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("look at the file system of %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// Bucket returns one of the buckets in topology.go.
func (b *Bus) Bucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	kv, err := b.JS.KeyValue(ctx, b.bucketName(name))
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", b.bucketName(name), err)
	}
	return kv, nil
}

// BucketStream returns the stream that a bucket is kept in.
func (b *Bus) BucketStream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := b.JS.Stream(ctx, bucketStream+b.bucketName(name))
	if err != nil {
		return nil, fmt.Errorf("open bucket %s: %w", b.bucketName(name), err)
	}
	return s, nil
}

// BucketSubject is the subject in that stream on which a key is kept.
func (b *Bus) BucketSubject(name, key string) string { return "$KV." + b.bucketName(name) + "." + key }

// Stream returns one of the streams in topology.go.
func (b *Bus) Stream(ctx context.Context, name string) (jetstream.Stream, error) {
	s, err := b.JS.Stream(ctx, b.streamName(name))
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", b.streamName(name), err)
	}
	return s, nil
}

// Grace returns a context that outlives ctx by d: for work in hand that a stop
// must not cut in half.
func Grace(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(d, cancel)
		context.AfterFunc(late, func() { t.Stop() })
	})
	return late, func() { stop(); cancel() }
}

// Pause waits for d, or until ctx ends. Whoever waits to try again is alive.
func Pause(ctx context.Context, d time.Duration) {
	p := pulse.From(ctx)
	p.Beat()
	defer p.Beat()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// pause waits for about d, between half and one and a half of it, so that those
// who wait for the same server do not come back together.
func pause(ctx context.Context, d time.Duration) { Pause(ctx, d/2+rand.N(d)) }

// Insist calls f, once a second, until it succeeds or ctx ends; each failure is
// told to failed.
func Insist(ctx context.Context, f func(context.Context) error, failed func(error)) {
	for err := f(ctx); err != nil && ctx.Err() == nil; err = f(ctx) {
		failed(err)
		Pause(ctx, time.Second)
	}
}
