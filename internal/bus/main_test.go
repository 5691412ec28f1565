package bus_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestMain(m *testing.M) {
	bustest.WaitTogether()
	goleak.VerifyTestMain(m)
}

// natsServer is a server of another process' kind: reached over TCP, and not
// ended by the bus.
func natsServer(t *testing.T, change func(*server.Options)) *server.Server {
	t.Helper()
	opts := &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, MaxPayload: 1 << 20,
		JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 40} // and not a share of what is free on this disk
	if change != nil {
		change(opts)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server did not start")
	}
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

func external(t *testing.T, url string) bus.Config {
	cfg := bus.DefaultConfig()
	cfg.URL, cfg.Log, cfg.Metrics = url, bustest.Log(t), prometheus.NewRegistry()
	return cfg
}

func openExternal(t *testing.T, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func secretFile(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// publish stores one article-like message.
func publish(t *testing.T, b *bus.Bus, id, data string) *jetstream.PubAck {
	t.Helper()
	ack, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: id, Data: []byte(data)})
	if err != nil {
		t.Fatal(err)
	}
	return ack
}

// stored is how many messages a stream has.
func stored(t *testing.T, b *bus.Bus, stream string) uint64 {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Msgs
}

// patience is for what cannot take long unless it is broken.
const patience = 20 * time.Second

// subscribe ends with the test, or when stop is called.
func subscribe(t *testing.T, b *bus.Bus, c bus.Consumer) (sub *bus.Subscription, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	sub, err := b.Subscribe(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	stop = func() {
		cancel()
		for m := range sub.C {
			_ = m.NakWithDelay(time.Millisecond) // as a worker would that has no time left
		}
		sub.Wait()
	}
	t.Cleanup(stop)
	return sub, stop
}

func next(t *testing.T, sub *bus.Subscription) jetstream.Msg {
	t.Helper()
	select {
	case m, ok := <-sub.C:
		if !ok {
			t.Fatal("the subscription ended")
		}
		return m
	case <-time.After(patience):
		t.Fatalf("no message within %v", patience)
	}
	return nil
}

func ack(t *testing.T, m jetstream.Msg) {
	t.Helper()
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func number(n int) string { return fmt.Sprintf("%04d", n) }
