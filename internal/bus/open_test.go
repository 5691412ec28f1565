package bus_test

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestReconciledTwiceNothingChanges(t *testing.T) {
	dir := t.TempDir()
	bustest.Open(t, dir).Close()
	var said bustest.Buffer
	cfg := bustest.Config(t, dir)
	cfg.Log = slog.New(slog.NewTextHandler(io.MultiWriter(&said, t.Output()), nil))
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	for _, word := range []string{"created", "updated"} {
		if strings.Contains(said.String(), word) {
			t.Errorf("the second start says that something was %s:\n%s", word, said.String())
		}
	}
}

func TestStreamsOfOthersAreBroughtIntoLineOrRefused(t *testing.T) {
	for _, tt := range []struct {
		name    string
		make    jetstream.StreamConfig
		refused string
	}{
		{"other limits are updated", jetstream.StreamConfig{MaxAge: time.Hour, MaxMsgsPerSubject: 1, Duplicates: time.Minute, Discard: jetstream.DiscardNew}, ""},
		{"a work queue is refused", jetstream.StreamConfig{Retention: jetstream.WorkQueuePolicy}, "retention"},
		{"memory is refused", jetstream.StreamConfig{Storage: jetstream.MemoryStorage}, "storage"},
		{"denial of deletes is refused", jetstream.StreamConfig{DenyDelete: true}, "deny_delete"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := natsServer(t, nil)
			js := client(t, s.ClientURL())
			tt.make.Name, tt.make.Subjects = "TOCSIN_ARTICLES", []string{"tocsin.v1.article.*"}
			if _, err := js.CreateStream(t.Context(), tt.make); err != nil {
				t.Fatal(err)
			}
			if _, err := js.Publish(t.Context(), "tocsin.v1.article.x", []byte("kept")); err != nil {
				t.Fatal(err)
			}
			b, err := bus.Open(t.Context(), external(t, s.ClientURL()))
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("Open = %v, want a refusal because of %s", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(b.Close)
			stream, err := b.Stream(t.Context(), bus.Articles)
			if err != nil {
				t.Fatal(err)
			}
			got := stream.CachedInfo().Config
			if got.MaxAge != 14*24*time.Hour || got.MaxMsgsPerSubject > 0 || got.Duplicates != 24*time.Hour || got.Discard != jetstream.DiscardOld {
				t.Errorf("the stream is %+v, want it as the route needs it", got)
			}
			if n := stored(t, b, bus.Articles); n != 1 {
				t.Errorf("%d messages are left, want the 1 that was there", n)
			}
		})
	}
}

// A user who may hear nothing would wait for the answer to each question in vain.
func TestAnswersMustBeHeard(t *testing.T) {
	s := natsServer(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "me", Password: "me", Permissions: &server.Permissions{Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX_me.>"}}}}}
	})
	as := func(inbox string) bus.Config {
		cfg := external(t, strings.Replace(s.ClientURL(), "nats://", "nats://me:me@", 1))
		cfg.Inbox = inbox
		return cfg
	}
	for _, inbox := range []string{"", "_INBOX_you"} {
		if _, err := bus.Open(t.Context(), as(inbox)); !errors.Is(err, bus.ErrDenied) || !strings.Contains(err.Error(), "nats.inbox") || !strings.Contains(err.Error(), " "+cmp.Or(inbox, "_INBOX")+":") {
			t.Errorf("Open with the inbox %q = %v, want it to say what to set", inbox, err)
		}
	}
	openExternal(t, as("_INBOX_me"))
}

func TestWhatIsNoDirectoryOfOurs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := bustest.Config(t, file)
	if _, err := bus.Open(t.Context(), cfg); err == nil || !strings.HasPrefix(err.Error(), "the data directory "+file+" cannot be used: ") {
		t.Errorf("Open of a file = %v, want it to name the directory", err)
	}
	key := bus.Config{URL: "nats://127.0.0.1:1", NKey: file, Log: cfg.Log, Metrics: prometheus.NewRegistry()}
	if _, err := bus.Open(t.Context(), key); err == nil || !strings.Contains(err.Error(), "nats.nkey_file: "+file+" holds no key") {
		t.Errorf("Open with an empty key = %v, want it to name the file", err)
	}
}

func client(t *testing.T, url string, opts ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestBucketOfOthers(t *testing.T) {
	s := natsServer(t, nil)
	js := client(t, s.ClientURL())
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "tocsin_told", History: 5, MaxValueSize: 10}); err != nil {
		t.Fatal(err)
	}
	b := openExternal(t, external(t, s.ClientURL()))
	kv, err := b.Bucket(t.Context(), bus.ToldBucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), "k", "longer than ten bytes"); err != nil {
		t.Errorf("the bucket was not brought into line: %v", err)
	}
	if _, err := js.CreateKeyValue(t.Context(), jetstream.KeyValueConfig{Bucket: "other_feeds", Storage: jetstream.MemoryStorage}); err != nil {
		t.Fatal(err)
	}
	cfg := external(t, s.ClientURL())
	cfg.Prefix = "other"
	if _, err := bus.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "other_feeds is kept in memory") {
		t.Errorf("Open = %v, want a refusal of the bucket in memory", err)
	}
}

func TestEverythingPersists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	first := publish(t, b, "art-1.1", "one")
	kv, err := b.Bucket(t.Context(), bus.StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kv.PutString(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	sub, stop := subscribe(t, b, bus.EnrichArticles)
	ack(t, next(t, sub))
	stop()
	publish(t, b, "art-2.1", "two")
	b.Close()

	b = bustest.Open(t, dir)
	again := publish(t, b, "art-1.1", "one")
	if !again.Duplicate || again.Sequence != first.Sequence {
		t.Errorf("after a restart the same id gives %+v, want a duplicate of sequence %d", again, first.Sequence)
	}
	if n := stored(t, b, bus.Articles); n != 2 {
		t.Errorf("%d messages are stored, want 2", n)
	}
	kv, err = b.Bucket(t.Context(), bus.StateBucket)
	if err != nil {
		t.Fatal(err)
	}
	if e, err := kv.Get(t.Context(), "k"); err != nil || string(e.Value()) != "v" {
		t.Errorf("the bucket's value is %v (%v), want v", e, err)
	}
	sub, _ = subscribe(t, b, bus.EnrichArticles)
	if m := next(t, sub); string(m.Data()) != "two" {
		t.Errorf("the consumer goes on with %q, want %q", m.Data(), "two")
	}
}

func TestADirectoryHasOneOwner(t *testing.T) {
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	_, err := bus.Open(t.Context(), bustest.Config(t, dir))
	if !errors.Is(err, bus.ErrInUse) || !strings.Contains(err.Error(), "stop it, or use another --data") {
		t.Errorf("a second Open = %v, want ErrInUse and what to do", err)
	}
	publish(t, b, "1", "the first goes on")
	b.Close()
	b.Close() // a second one has nothing to do
	bustest.Open(t, dir)
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	guarded := natsServer(t, func(o *server.Options) { o.Authorization = "right" })
	for _, tt := range []struct{ name, url, token, want string }{
		{"nobody listens", "nats://" + free, "", "check the address"},
		{"a token is needed", guarded.ClientURL(), "", "lets this user in"},
		{"a wrong token", guarded.ClientURL(), "wrong", "Authorization Violation"},
		{"a password is not told", "nats://me:hush@" + free, "", "nats://…@" + free},
		{"nor one that no URL can hold as it is", "nats://me:hush%zz@" + free, "", "invalid URL escape"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := external(t, tt.url)
			if tt.token != "" {
				cfg.TokenFile = secretFile(t, tt.token)
			}
			began := time.Now()
			_, err := bus.Open(t.Context(), cfg)
			if !errors.Is(err, bus.ErrUnreachable) {
				t.Fatalf("Open = %v, want ErrUnreachable", err)
			}
			if !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hush") {
				t.Errorf("Open says %q, want it to say %q and no password", err, tt.want)
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it took %v to tell", took)
			}
		})
	}
}

func TestExternalServerIsTheSame(t *testing.T) {
	const token = "s3cret"
	s := natsServer(t, func(o *server.Options) { o.Authorization = token })
	cfg := external(t, s.ClientURL())
	cfg.TokenFile = secretFile(t, token)
	b := openExternal(t, cfg)
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("Ready = %v", err)
	}
	if err := b.Writable(t.Context()); err != nil {
		t.Errorf("Writable = %v", err)
	}
	publish(t, b, "1", "one")
	if !publish(t, b, "1", "one").Duplicate {
		t.Error("the same id was stored twice")
	}
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	ack(t, next(t, sub))
	if b.ClientURL() != "" {
		t.Errorf("ClientURL = %q, want none: the server is not ours", b.ClientURL())
	}
	if err := b.RestartServer(); err != nil {
		t.Errorf("RestartServer = %v, want nothing to happen", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Guard(ctx); err != nil {
		t.Errorf("Guard = %v, want nil when its context ends", err)
	}
}

func TestExternalServerThatRestarts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := natsServer(t, func(o *server.Options) { o.StoreDir = dir })
	port := s.Addr().(*net.TCPAddr).Port
	b := openExternal(t, external(t, s.ClientURL()))
	sub, _ := subscribe(t, b, bus.EnrichArticles)
	publish(t, b, "1", "before")
	ack(t, next(t, sub))
	s.Shutdown()
	s.WaitForShutdown()
	soon, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := b.Ready(soon); err == nil {
		t.Error("Ready = nil while the server is away")
	}
	p := b.Begin(bus.Message{Subject: b.Subject("article", "wire"), ID: "2", Data: []byte("while it was away")})
	natsServer(t, func(o *server.Options) { o.StoreDir, o.Port = dir, port })
	if _, err := p.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := next(t, sub); string(m.Data()) != "while it was away" {
		t.Errorf("the next message is %q", m.Data())
	}
}

// A cluster that starts at the same time as the program is not whole at first.
func TestAClusterThatIsOnlyStarting(t *testing.T) {
	t.Parallel()
	servers, rest := bustest.Starting(t, 3, 2)
	waits := make(chan struct{})
	cfg := bus.DefaultConfig()
	cfg.URL, cfg.Replicas, cfg.Metrics = "nats://"+servers.All[0].Addr().String(), 3, prometheus.NewRegistry()
	cfg.Log = slog.New(slog.NewTextHandler(&onLine{of: "not complete", then: sync.OnceFunc(func() { close(waits) })}, nil))
	done := make(chan error, 1)
	go func() {
		b, err := bus.Open(t.Context(), cfg)
		if err == nil {
			b.Close()
		}
		done <- err
	}()
	select {
	case <-waits:
	case err := <-done:
		t.Fatalf("Open = %v before the third server was there", err)
	}
	rest()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// onLine is a log that says when a line has come.
type onLine struct {
	of   string
	then func()
}

func (l *onLine) Write(p []byte) (int, error) {
	if strings.Contains(string(p), l.of) {
		l.then()
	}
	return len(p), nil
}

// A write to a bucket in another domain has another subject than in this one.
func TestDomain(t *testing.T) {
	s := natsServer(t, func(o *server.Options) { o.JetStreamDomain = "hub" })
	cfg := external(t, s.ClientURL())
	cfg.Domain = "hub"
	b := openExternal(t, cfg)
	publish(t, b, "1", "one")
	m := b.BucketMessage(bus.ToldBucket, "inc-1", []byte("v1"), 0)
	first, err := b.Publish(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	kv, err := b.Bucket(t.Context(), bus.ToldBucket)
	if err != nil {
		t.Fatal(err)
	}
	e, err := kv.Get(t.Context(), "inc-1")
	if err != nil || string(e.Value()) != "v1" || e.Revision() != first.Sequence {
		t.Fatalf("Get = %v (%v), want v1 at revision %d", e, err, first.Sequence)
	}
	if again, err := b.Publish(t.Context(), m); err != nil || again.Sequence != first.Sequence {
		t.Errorf("the same put again = %+v (%v), want the first one's revision %d", again, err, first.Sequence)
	}
	if _, err := b.Publish(t.Context(), b.BucketMessage(bus.ToldBucket, "inc-1", []byte("v2"), 0)); !errors.Is(err, bus.ErrConflict) {
		t.Errorf("a put that others were before = %v, want ErrConflict", err)
	}
}

// Commands work where there is no network: that is when they are needed.
func TestAttachAsksNoResolver(t *testing.T) {
	dir := t.TempDir()
	bustest.Open(t, dir)
	resolver := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("the way to the daemon's socket is asked of a resolver")
		return nil, errors.New("no network")
	}}
	defer func() { net.DefaultResolver = resolver }()
	b, err := bus.Attach(t.Context(), bustest.Config(t, dir), false)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
}

func TestAttach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := bustest.Config(t, dir)
	cfg.TokenFile = secretFile(t, "s3cret")
	fresh := func() bus.Config { c := cfg; c.Metrics = prometheus.NewRegistry(); return c }

	_, err := bus.Attach(t.Context(), fresh(), false)
	if !errors.Is(err, bus.ErrUnreachable) || !strings.Contains(err.Error(), "start 'tocsin run' there") {
		t.Errorf("Attach without a daemon = %v, want ErrUnreachable and what to do", err)
	}

	b, err := bus.Open(t.Context(), fresh())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	publish(t, b, "1", "one")

	a, err := bus.Attach(t.Context(), fresh(), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	if n := stored(t, a, bus.Articles); n != 1 {
		t.Errorf("through the socket, %d messages are seen, want 1", n)
	}
	if info, err := os.Stat(filepath.Join(dir, bus.SocketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v (%v), want it for its owner alone", info, err)
	}
	stranger := fresh()
	stranger.TokenFile = secretFile(t, "wrong")
	if _, err := bus.Attach(t.Context(), stranger, false); !errors.Is(err, bus.ErrUnreachable) || !strings.Contains(err.Error(), "lets this user in") {
		t.Errorf("Attach with a wrong token = %v, want it to say so", err)
	}
	// The socket outlives a restart of the server, and so does who came through it.
	if err := b.RestartServer(); err != nil {
		t.Fatal(err)
	}
	publish(t, a, "2", "two")
	a.Close()
	b.Close()

	off, err := bus.Attach(t.Context(), fresh(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(off.Close)
	if n := stored(t, off, bus.Articles); n != 2 {
		t.Errorf("in the store of a daemon that is down, %d messages are seen, want 2", n)
	}
	if _, err := bus.Open(t.Context(), fresh()); !errors.Is(err, bus.ErrInUse) {
		t.Errorf("Open while a command looks into the store = %v, want ErrInUse", err)
	}
}

func TestASocketLeftBehindIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, bus.SocketName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	bustest.Open(t, dir)
	c, err := net.Dial("unix", filepath.Join(dir, bus.SocketName))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}

func TestAPathTooLongForASocketCostsOnlyTheSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	publish(t, bustest.Open(t, dir), "1", "one")
}

func TestListen(t *testing.T) {
	cfg := bustest.Config(t, t.TempDir())
	cfg.Listen, cfg.TokenFile = "127.0.0.1:0", secretFile(t, "s3cret")
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	url := b.ClientURL()
	if _, err := nats.Connect(url); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a stranger gets %v, want an authorization error", err)
	}
	js := client(t, url, nats.Token("s3cret"))
	if _, err := js.Stream(t.Context(), "TOCSIN_ALERTS"); err != nil {
		t.Errorf("another program does not see the alerts: %v", err)
	}
	if err := b.RestartServer(); err != nil {
		t.Fatal(err)
	}
	if got := b.ClientURL(); got != url {
		t.Errorf("after a restart the address is %s, want %s as before", got, url)
	}
}

func TestAPortInUseIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	cfg := bustest.Config(t, t.TempDir())
	cfg.Listen = l.Addr().String()
	began := time.Now()
	_, err = bus.Open(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Open = %v, want it to say that the address is in use", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to tell", took)
	}
}

func TestDurabilityIsWhatItSays(t *testing.T) {
	t.Parallel()
	for _, d := range []bus.Durability{bus.Always, bus.Balanced, bus.Relaxed} {
		cfg := bustest.Config(t, t.TempDir())
		cfg.Durability = d
		b, err := bus.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		publish(t, b, "1", "one")
		b.Close()
	}
}

// A server that has lost the others goes on to answer for its copies: whoever asks it is
// not ready, and the guard looks for another server.
func TestAServerWithoutTheOthersIsNotReady(t *testing.T) {
	t.Parallel() // it waits for the servers
	s := bustest.NewServers(t, 3)
	b, _ := s.Bus(t, 0)
	if err := b.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, other := range s.All[1:] {
		other.Shutdown()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for {
		look, end := context.WithTimeout(ctx, time.Second)
		err := b.Ready(look)
		end()
		if err != nil && strings.Contains(err.Error(), "no server of the cluster leads it") {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("Ready = %v; want it to say that nobody leads a stream", err)
		}
		bus.Pause(ctx, 50*time.Millisecond) // servers tell nobody when they give up a lead
	}
}
