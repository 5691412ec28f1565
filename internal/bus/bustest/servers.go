package bustest

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
)

// Servers are NATS servers in this process that buses reach over TCP, as they reach
// those of another machine: one, or a cluster.
type Servers struct {
	All   []*server.Server
	Lease time.Duration // of the buses; set it before Bus, where a test waits for one to end
}

// NewServers starts n servers, which are a cluster where they are several. They end
// with the test.
func NewServers(t testing.TB, n int) *Servers {
	t.Helper()
	s := newServers(t, n)
	for _, one := range s.All {
		one.Start()
	}
	deadline := time.Now().Add(20 * time.Second)
	for !s.ready(n) {
		if time.Now().After(deadline) {
			t.Fatal("the NATS servers did not start")
		}
		time.Sleep(5 * time.Millisecond) // they tell nobody
	}
	return s
}

// Starting is a cluster of n servers of which only the first k are there before rest.
func Starting(t testing.TB, n, k int) (s *Servers, rest func()) {
	t.Helper()
	s = newServers(t, n)
	start := func(some []*server.Server) {
		for _, one := range some {
			one.Start()
		}
	}
	start(s.All[:k])
	return s, func() { start(s.All[k:]) }
}

func newServers(t testing.TB, n int) *Servers {
	t.Helper()
	s := &Servers{}
	t.TempDir() // before what ends the servers is registered: the last one registered goes first
	var routes []string
	var ports []int
	for range n {
		port := freePort(t)
		ports = append(ports, port)
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	t.Cleanup(func() {
		for _, one := range s.All {
			one.Shutdown()
			one.WaitForShutdown()
		}
	})
	for k := range n {
		opts := &server.Options{ServerName: fmt.Sprint("n", k), Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true, MaxPayload: 1 << 20,
			JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 40} // and not a share of what is free on this disk
		if n > 1 {
			// Without the addresses of the others a client stays on the line that its test
			// has in hand.
			opts.Cluster = server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: ports[k], NoAdvertise: true}
			opts.Routes = server.RoutesFromStr(strings.Join(routes, ","))
		}
		one, err := server.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		s.All = append(s.All, one)
	}
	return s
}

func (s *Servers) ready(n int) bool {
	led := n == 1
	for _, one := range s.All {
		if !one.ReadyForConnections(time.Second) {
			return false
		}
		if n > 1 && (!one.JetStreamIsCurrent() || one.JetStreamClusterPeers() != nil && len(one.JetStreamClusterPeers()) < n) {
			return false
		}
		led = led || one.JetStreamIsLeader()
	}
	return led
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Bus opens a bus on the k-th server, over a line of its own.
func (s *Servers) Bus(t testing.TB, k int) (*bus.Bus, *Line) {
	t.Helper()
	l := newLine(t, s.All[k].Addr().String())
	cfg := bus.DefaultConfig()
	cfg.URL, cfg.Log, cfg.Metrics = "nats://"+l.Addr(), Log(t), prometheus.NewRegistry()
	cfg.Lease = s.Lease
	if len(s.All) > 1 {
		cfg.Replicas = 3
	}
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b, l
}

// Line is the way between a bus and its server, for a test to cut or to hold.
type Line struct {
	to       string
	listener net.Listener
	done     sync.WaitGroup

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
	held  chan struct{} // closed unless the line is held
}

func newLine(t testing.TB, to string) *Line {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{to: to, listener: lis, conns: map[net.Conn]bool{}, held: make(chan struct{})}
	close(l.held)
	l.done.Go(func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return
			}
			l.done.Go(func() { l.serve(c) })
		}
	})
	t.Cleanup(func() {
		lis.Close()
		l.Release()
		l.Cut()
		l.done.Wait()
	})
	return l
}

// Addr is where the bus finds its server.
func (l *Line) Addr() string { return l.listener.Addr().String() }

// Cut ends the connection at once, as the death of the bus's process does, and every
// further one.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.conns {
		c.Close()
	}
}

// Hold lets nothing through, either way, until Release: as when the process stands
// still, or its machine does. What was on its way arrives afterwards.
func (l *Line) Hold() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = make(chan struct{})
}

// Release ends a Hold.
func (l *Line) Release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.held:
	default:
		close(l.held)
	}
}

func (l *Line) serve(c net.Conn) {
	defer c.Close()
	s, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer s.Close()
	l.mu.Lock()
	if l.cut {
		l.mu.Unlock()
		return
	}
	l.conns[c], l.conns[s] = true, true
	l.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { l.copy(s, c) })
	both.Go(func() { l.copy(c, s) })
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	delete(l.conns, s)
}

func (l *Line) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		l.mu.Lock()
		held := l.held
		l.mu.Unlock()
		<-held
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
