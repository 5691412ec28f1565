package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/internal/pulse"
)

// manager is the socket on which a service manager hears.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func newManager(t *testing.T, watchdog time.Duration) manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	t.Setenv("WATCHDOG_USEC", strconv.FormatInt(watchdog.Microseconds(), 10))
	return manager{t, conn}
}

// next are the lines of the next datagram.
func (m manager) next() []string {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		m.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatalf("nothing more is told: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(buf[:n])), "\n")
}

// await reads until a datagram has a line that begins so.
func (m manager) await(begin string) []string {
	m.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		lines := m.next()
		if slices.ContainsFunc(lines, func(s string) bool { return strings.HasPrefix(s, begin) }) {
			return lines
		}
	}
	m.t.Fatalf("no %s", begin)
	return nil
}

func TestServiceManagerIsTold(t *testing.T) {
	m := newManager(t, 30*time.Millisecond)
	cfg := defaultConfig()
	cfg.Data, cfg.HTTP.Listen, cfg.NATS.Durability = t.TempDir(), "", bus.Relaxed
	var bad atomic.Bool
	d := newDaemon(cfg, "", func() (config, error) {
		if bad.Load() {
			return cfg, errors.New("ingest.every is 1s:\nuse 1m or more")
		}
		return cfg, nil
	}, bustest.Log(t), io.Discard)
	stop := bustest.Start(t, d.run)

	if got := m.next(); !slices.Equal(got, []string{"READY=1"}) {
		t.Errorf("told first: %q, want READY=1 and nothing else", got)
	}
	if got := m.await("STATUS="); !slices.Equal(got, []string{"WATCHDOG=1", "STATUS=running ingest, enrich, correlate, sink"}) {
		t.Errorf("told then: %q, want a sign of life and what runs", got)
	}
	m.await("WATCHDOG=1")

	hup := func() {
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	hup()
	got := m.await("RELOADING=1")
	if len(got) != 2 || !strings.HasPrefix(got[1], "MONOTONIC_USEC=") {
		t.Errorf("told of a reload: %q, want RELOADING=1 and MONOTONIC_USEC", got)
	}
	if got := m.await("READY=1"); len(got) != 2 || got[1] != "STATUS=running ingest, enrich, correlate, sink" {
		t.Errorf("told after the reload: %q", got)
	}
	bad.Store(true)
	hup()
	want := "STATUS=running ingest, enrich, correlate, sink; the changed configuration is not taken over: ingest.every is 1s:; use 1m or more"
	if got := m.await("READY=1"); len(got) != 2 || got[1] != want {
		t.Errorf("told after a reload that failed: %q, want %q", got, want)
	}

	go stop()
	m.await("STOPPING=1")
	stop() // waits
	if err := m.conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	if n, err := m.conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("something is told after STOPPING=1: %d bytes, %v", n, err)
	}
}

// A daemon that cannot reach its server waits as well as a new one would.
func TestAnOutageIsNoReasonToRestart(t *testing.T) {
	servers := bustest.NewServers(t, 1)
	m := newManager(t, 30*time.Millisecond)
	cfg := defaultConfig()
	cfg.HTTP.Listen, cfg.NATS.URL, cfg.Stages = "", servers.All[0].ClientURL(), []string{"enrich"}
	d := newDaemon(cfg, "", func() (config, error) { return cfg, nil }, bustest.Log(t), io.Discard)
	bustest.Start(t, d.run)
	m.await("STATUS=running enrich")
	servers.All[0].Shutdown()
	if got := m.await("STATUS=not ready: "); got[0] != "WATCHDOG=1" {
		t.Errorf("told in an outage: %q, want a sign of life as well", got)
	}
	m.await("WATCHDOG=1")
}

func TestAStuckStageIsNoSignOfLife(t *testing.T) {
	m := newManager(t, 30*time.Millisecond)
	d := newDaemon(defaultConfig(), "", nil, bustest.Log(t), io.Discard)
	s := &stage{name: "enrich"}
	d.stages = []*stage{{name: "guard"}, s}
	pulse.From(pulse.With(t.Context(), &s.pulse)).Begin()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { d.reportHealth(ctx, time.Second); close(done) }()
	if got := m.next(); got[0] != "WATCHDOG=1" {
		t.Errorf("told at first: %q, want a sign of life", got)
	}
	for got := m.next(); ; got = m.next() {
		if strings.HasPrefix(got[0], "STATUS=stuck: stage enrich has work in hand") {
			break
		}
		if got[0] != "WATCHDOG=1" {
			t.Fatalf("told: %q", got)
		}
	}
	// Nothing until it goes on: the next word is the sign that it does.
	s.pulse.End()
	if got := m.next(); got[0] != "WATCHDOG=1" {
		t.Errorf("told after it went on: %q, want a sign of life", got)
	}
	cancel()
	<-done
}

func TestOperatorsLimitOfMemoryWins(t *testing.T) {
	was := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(was) })
	debug.SetMemoryLimit(123 << 20) // as the runtime does with GOMEMLIMIT
	t.Setenv("GOMEMLIMIT", "123MiB")
	keepBelowCgroup(bustest.Log(t))
	if got := debug.SetMemoryLimit(-1); got != 123<<20 {
		t.Errorf("the limit is %d, want the operator's %d", got, 123<<20)
	}
}
