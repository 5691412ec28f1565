package bus

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// embeddedConfig is that of a bus with its server inside, for tests of what is not exported.
func embeddedConfig(t *testing.T) Config {
	cfg := DefaultConfig()
	cfg.DataDir, cfg.Durability, cfg.Metrics = t.TempDir(), Relaxed, prometheus.NewRegistry()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	return cfg
}

func opened(t *testing.T, cfg Config) *Bus {
	t.Helper()
	b, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestGuardRestartsAServerThatTakesNothing(t *testing.T) {
	t.Parallel()
	b := opened(t, embeddedConfig(t))
	if _, err := b.Publish(t.Context(), Message{Subject: b.Subject("article", "wire"), ID: "1"}); err != nil {
		t.Fatal(err)
	}
	s := b.embedded.now.Load()
	s.Shutdown()
	s.WaitForShutdown()

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.guard(ctx, time.Millisecond, 20*time.Millisecond) }()
	// Publish waits until the guard has brought the server back.
	if _, err := b.Publish(t.Context(), Message{Subject: b.Subject("article", "wire"), ID: "2"}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("guard = %v, want nil", err)
	}
	if n := testutil.ToFloat64(b.metrics.restarts); n < 1 {
		t.Errorf("restarts counted: %v, want 1 or more", n)
	}
	// On a busy machine 20 ms pass without an answer, so that the last restart may only
	// just be over: what is asked meanwhile gets lost, as with any server that goes.
	var stream jetstream.Stream
	Insist(t.Context(), func(ctx context.Context) (err error) {
		stream, err = b.Stream(ctx, Articles)
		return err
	}, func(err error) { t.Log(err) })
	if n := stream.CachedInfo().State.Msgs; n != 2 {
		t.Errorf("%d messages are stored, want 2", n)
	}
}

func TestGuardLeavesAServerAloneThatWorks(t *testing.T) {
	b := opened(t, embeddedConfig(t))
	kv, err := b.Bucket(t.Context(), FeedsBucket)
	if err != nil {
		t.Fatal(err)
	}
	w, err := kv.Watch(t.Context(), "_probe")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Stop() }()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.guard(ctx, time.Millisecond, 10*time.Second) }()
	for probes := 0; probes < 3; {
		if e := <-w.Updates(); e != nil {
			probes++
		}
	}
	cancel()
	<-done
	if n := testutil.ToFloat64(b.metrics.restarts); n != 0 {
		t.Errorf("restarts counted: %v, want none", n)
	}
}

// Streams answer though nothing can be written: whoever asks whether all is well must
// hear of it.
func TestAServerThatTakesNothingIsNotReady(t *testing.T) {
	b := opened(t, embeddedConfig(t))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.guard(ctx, 2*time.Second, 10*time.Second) }()
	for _, tt := range []struct {
		size int32
		want string
	}{{-1, ""}, {1, "takes no message"}, {-1, ""}} {
		for deadline := time.Now().Add(30 * time.Second); ; pause(ctx, 10*time.Millisecond) {
			s, err := b.JS.Stream(ctx, bucketStream+b.bucketName(FeedsBucket))
			if err == nil && s.CachedInfo().Config.MaxMsgSize != tt.size {
				own := s.CachedInfo().Config
				own.MaxMsgSize = tt.size
				_, err = b.JS.UpdateStream(ctx, own) // the server may restart meanwhile
			}
			if err == nil {
				err = b.Ready(ctx)
			}
			if err == nil && tt.want == "" || err != nil && tt.want != "" && strings.Contains(err.Error(), tt.want) {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("with messages of at most %d bytes it is ready: %v, want %q", tt.size, err, tt.want)
			}
		}
	}
	cancel()
	<-done
}

// That a stream is missing is an answer: no other server has it.
func TestAMissingStreamIsNoReasonToLookForAnotherServer(t *testing.T) {
	// Alone: an answer that is late looks like none.
	cfg := embeddedConfig(t)
	cfg.Listen = "127.0.0.1:0"
	server := opened(t, cfg)
	cfg.URL, cfg.Metrics = server.ClientURL(), prometheus.NewRegistry()
	b := opened(t, cfg)
	if err := b.JS.DeleteStream(t.Context(), b.streamName(Dead)); err != nil {
		t.Fatal(err)
	}
	looked, err := server.Conn.SubscribeSync("$JS.API.STREAM.INFO." + b.streamName(Dead))
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Conn.Flush(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.guardConnection(ctx, 250*time.Millisecond) }()
	for range 3 * looks {
		if _, err := looked.NextMsg(10 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-done
	if n := testutil.ToFloat64(b.metrics.reconnects); n != 0 {
		t.Errorf("another server was looked for %v times", n)
	}
}
