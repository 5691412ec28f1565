package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// cluster is the one of deploy/nats on loopback: three servers, each a process of its
// own, with its keys and its users, and the ways between the servers to be cut.
type cluster struct {
	t     *testing.T
	exe   string // tocsin
	dir   string
	nodes []*node
	gates map[[2]int]*gate // from one server to another
}

type node struct {
	name   string
	conf   string
	client string // host:port
	health string // where it says whether it has all that the others have
	proc   *proc
}

// newCluster starts the servers and has the administrator make the streams. Whoever
// wants to have the stores somewhere else mounts that on their folders.
func newCluster(t *testing.T, exe string, mounts ...func(store string)) *cluster {
	t.Helper()
	c := &cluster{t: t, exe: exe, dir: t.TempDir(), gates: map[[2]int]*gate{}}
	keys := filepath.Join(c.dir, "keys")
	cmd := exec.Command("../../deploy/nats/make-keys", keys, "n1", "n2", "n3")
	cmd.Env = append(os.Environ(), "TOCSIN="+exe)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make-keys: %v\n%s", err, out)
	}
	ports := freePorts(t, 9)
	for k := range 3 {
		c.nodes = append(c.nodes, &node{name: fmt.Sprint("n", k+1), conf: filepath.Join(keys, fmt.Sprint("n", k+1), "nats.conf"), client: fmt.Sprint("127.0.0.1:", ports[3*k]), health: fmt.Sprintf("http://127.0.0.1:%d/healthz", ports[3*k+2])})
	}
	for k, n := range c.nodes {
		var routes []string
		for other := range c.nodes {
			if other != k {
				g := newGate(t, fmt.Sprint("127.0.0.1:", ports[3*other+1]))
				c.gates[[2]int{k, other}] = g
				routes = append(routes, fmt.Sprintf("%q", "tls://"+g.addr()))
			}
		}
		home := filepath.Dir(n.conf)
		// ADVERTISE: the servers must find one another through the gates alone.
		writeFile(t, filepath.Join(home, "here.conf"), fmt.Sprintf("NAME: %q\nCLIENTS: %q\nMONITOR: \"127.0.0.1:%d\"\nSERVERS: \"127.0.0.1:%d\"\nROUTES: [%s]\nSTORE: %q\nCA: %q\nCERT: %q\nKEY: %q\nADVERTISE: \"127.0.0.1:1\"\n",
			n.name, n.client, ports[3*k+2], ports[3*k+1], strings.Join(routes, ", "), c.store(k),
			filepath.Join(home, "ca.pem"), filepath.Join(home, "server.pem"), filepath.Join(home, "server.key")))
		for _, mount := range mounts {
			mount(c.store(k))
		}
	}
	for _, user := range clusterUsers {
		path := filepath.Join(c.home(user), "tocsin.yaml")
		rewrite(t, path, "tls://n1:4222,tls://n2:4222,tls://n3:4222", c.urls())
		rewrite(t, path, "/etc/tocsin/", c.home(user)+"/")
	}
	t.Cleanup(func() {
		for _, n := range c.nodes {
			n.proc.kill()
			if t.Failed() {
				t.Logf("server %s:\n%s", n.name, tail(withoutRoutes(n.proc.log.String()), 60))
			}
		}
	})
	for k := range c.nodes {
		c.serve(k)
	}
	c.setup()
	return c
}

// clusterUsers are those of deploy/nats who have a configuration.
var clusterUsers = []string{"admin", "ingest", "enrich", "correlate", "sink", "reader", "subscriber"}

func (c *cluster) home(user string) string { return filepath.Join(c.dir, "keys", "users", user) }

func (c *cluster) store(k int) string { return filepath.Join(c.dir, "store", c.nodes[k].name) }

func (c *cluster) urls() string {
	var list []string
	for _, n := range c.nodes {
		list = append(list, "tls://"+n.client)
	}
	return strings.Join(list, ",")
}

// serve starts a server.
func (c *cluster) serve(k int) {
	c.t.Helper()
	c.nodes[k].proc = startProc(c.t, "nats-server", c.nodes[k].conf)
}

// whole waits until a server has all that the others have.
func (c *cluster) whole(k int) { c.t.Helper(); c.healthy(k, "") }

// up waits until a server works, whatever it has: a stream that was half restored is
// wanting until it is deleted.
func (c *cluster) up(k int) { c.t.Helper(); c.healthy(k, "?js-server-only=true") }

func (c *cluster) healthy(k int, query string) {
	c.t.Helper()
	happens(c.t, "server "+c.nodes[k].name+" is healthy", func() (bool, string) {
		resp, err := http.Get(c.nodes[k].health + query)
		if err != nil {
			return false, err.Error()
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return err == nil && resp.StatusCode == http.StatusOK, fmt.Sprintf("%s %s %v", resp.Status, body, err)
	})
}

// setup is the administrator's step. It waits for the cluster.
func (c *cluster) setup() {
	c.t.Helper()
	happens(c.t, "tocsin nats setup", func() (bool, string) {
		out, err := c.command("nats", "setup", "--config", filepath.Join(c.home("admin"), "tocsin.yaml"), "--subscriber", "subscriber").CombinedOutput()
		return err == nil, fmt.Sprintf("%v\n%s", err, out)
	})
}

func (c *cluster) command(args ...string) *exec.Cmd {
	cmd := exec.Command(c.exe, args...)
	cmd.Env = ownEnvironment()
	return cmd
}

// ownEnvironment is without the test's own settings, which are no keys of the daemon's.
func ownEnvironment() []string {
	return slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, envPrefix) })
}

// config is what a user's configuration says of NATS.
func (c *cluster) config(user string) bus.Config {
	c.t.Helper()
	data, err := os.ReadFile(filepath.Join(c.home(user), "tocsin.yaml"))
	if err != nil {
		c.t.Fatal(err)
	}
	cfg := defaultConfig()
	if err := yaml.Unmarshal(data, &cfg); err != nil {
		c.t.Fatal(err)
	}
	cfg.NATS.Log, cfg.NATS.Metrics = bustest.Log(c.t), prometheus.NewRegistry()
	return cfg.NATS
}

// attach opens the bus as a user who looks into it.
func (c *cluster) attach(user string) *bus.Bus {
	c.t.Helper()
	b, err := bus.Attach(c.t.Context(), c.config(user), false)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(b.Close)
	return b
}

// connect is a client of a user's that is no part of Tocsin.
func (c *cluster) connect(user string, opts ...nats.Option) *nats.Conn {
	c.t.Helper()
	cfg := c.config(user)
	key, err := nats.NkeyOptionFromSeed(cfg.NKey)
	if err != nil {
		c.t.Fatal(err)
	}
	nc, err := nats.Connect(cfg.URL, append(opts, key, nats.RootCAs(cfg.TLS.CA), nats.CustomInboxPrefix(cfg.Inbox), nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond))...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(nc.Close)
	return nc
}

// isolate cuts a server off from the others, or lets it back to them.
func (c *cluster) isolate(k int, cut bool) {
	for pair, g := range c.gates {
		if pair[0] == k || pair[1] == k {
			g.shut(cut)
		}
	}
}

// proc is a process that is killed and waited for.
type proc struct {
	cmd  *exec.Cmd
	log  *bustest.Buffer
	once sync.Once
}

func startProc(t *testing.T, name string, args ...string) *proc {
	t.Helper()
	p := &proc{cmd: exec.Command(name, args...), log: &bustest.Buffer{}}
	p.cmd.Env = ownEnvironment()
	p.cmd.Stderr = p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *proc) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Errorf("signal to a process that has ended by itself: %v\n%s", err, tail(p.log.String(), 30))
	}
}

func (p *proc) kill() {
	p.once.Do(func() {
		_ = p.cmd.Process.Kill() // it may have ended by itself: its log tells
		_ = p.cmd.Wait()
	})
}

// end stops it as an operator does.
func (p *proc) end(t *testing.T) {
	t.Helper()
	p.signal(t, syscall.SIGTERM)
	p.once.Do(func() {
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("after SIGTERM it ended with %v\n%s", err, tail(p.log.String(), 20))
		}
	})
}

// withoutRoutes is a server's log without its tries to reach one that was cut off.
func withoutRoutes(log string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(log, "\n"), func(line string) bool {
		return strings.Contains(line, "Route") || strings.Contains(line, "route")
	}), "\n")
}

func tail(s string, n int) string {
	lines := strings.Split(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func rewrite(t *testing.T, path, old, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), old) {
		t.Fatalf("%s does not say %q", path, old)
	}
	writeFile(t, path, strings.ReplaceAll(string(data), old, to))
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // all of them are open until the last one is chosen
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// gate passes connections on to an address, unless it is shut.
type gate struct {
	to  string
	lis net.Listener

	mu     sync.Mutex
	closed bool
	still  chan struct{} // closed unless nothing gets through, and nobody is told
	conns  map[net.Conn]bool
	wg     sync.WaitGroup
}

func newGate(t *testing.T, to string) *gate {
	t.Helper()
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{to: to, lis: lis, still: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(g.still)
	g.wg.Go(func() {
		for {
			c, err := lis.Accept()
			if err != nil {
				return
			}
			g.wg.Go(func() { g.pass(c) })
		}
	})
	t.Cleanup(func() {
		lis.Close()
		g.shut(true)
		g.stall(false)
		g.wg.Wait()
	})
	return g
}

func (g *gate) addr() string { return g.lis.Addr().String() }

func (g *gate) shut(closed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = closed
	if closed {
		for c := range g.conns {
			c.Close()
		}
	}
}

// stall has connections stand still as they do where a cable is cut: they stay open.
func (g *gate) stall(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-g.still:
		if on {
			g.still = make(chan struct{})
		}
	default:
		if !on {
			close(g.still)
		}
	}
}

// passing is one direction of a connection.
type passing struct {
	g  *gate
	to net.Conn
}

func (p passing) Write(b []byte) (int, error) {
	p.g.mu.Lock()
	still := p.g.still
	p.g.mu.Unlock()
	<-still
	return p.to.Write(b)
}

// hold notes two ends of a connection; false says that the gate is shut.
func (g *gate) hold(ends ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	for _, c := range ends {
		g.conns[c] = true
	}
	return true
}

func (g *gate) pass(from net.Conn) {
	defer from.Close()
	to, err := net.DialTimeout("tcp", g.to, time.Second)
	if err != nil {
		return // the server is down
	}
	defer to.Close()
	if !g.hold(from, to) {
		return
	}
	var both sync.WaitGroup
	for _, p := range [2][2]net.Conn{{from, to}, {to, from}} {
		both.Go(func() {
			_, _ = io.Copy(passing{g, p[0]}, p[1]) // either end may go at any time
			p[0].Close()
			p[1].Close()
		})
	}
	both.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, from)
	delete(g.conns, to)
}
