package ingest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRefusedAddr(t *testing.T) {
	for _, tt := range []struct{ addr, why string }{
		{"127.0.0.1", "loopback"}, {"127.255.0.9", "loopback"}, {"::1", "loopback"},
		{"0.0.0.0", "unspecified"}, {"::", "unspecified"}, {"0.1.2.3", "unspecified"},
		{"10.1.2.3", "private"}, {"172.16.0.1", "private"}, {"172.31.255.255", "private"}, {"192.168.1.1", "private"},
		{"169.254.169.254", "link-local"}, {"fe80::1", "link-local"}, {"fe80::1%eth0", "link-local"},
		{"100.64.0.1", "carrier-grade"}, {"100.127.255.255", "carrier-grade"},
		{"192.0.0.8", "protocol"}, {"198.18.0.1", "benchmarking"}, {"198.19.255.255", "benchmarking"}, {"2001:2::1", "benchmarking"},
		{"192.0.2.1", "documentation"}, {"198.51.100.1", "documentation"}, {"203.0.113.1", "documentation"}, {"2001:db8::1", "documentation"}, {"3fff::1", "documentation"},
		{"224.0.0.1", "multicast"}, {"ff02::1", "multicast"}, {"240.0.0.1", "reserved"}, {"255.255.255.255", "reserved"},
		{"fd00::1", "unique local"}, {"fc00::1", "unique local"}, {"fec0::1", "site-local"},
		{"::ffff:127.0.0.1", "loopback"}, {"::ffff:10.0.0.1", "private"}, {"::127.0.0.1", "unspecified or IPv4-compatible"},
		{"64:ff9b::7f00:1", "loopback address behind NAT64"}, {"64:ff9b::a9fe:a9fe", "link-local address behind NAT64"}, {"64:ff9b:1::1", "NAT64"},
		{"2002:7f00:1::", "loopback address behind 6to4"}, {"2002:c0a8:101::1", "private network behind 6to4"},
		{"2001:0:808:808:0:0:80ff:fffe", "loopback address behind Teredo"}, {"2001:0:a00:1::", "private network behind Teredo"},

		{"8.8.8.8", ""}, {"172.32.0.1", ""}, {"100.128.0.1", ""}, {"192.0.1.1", ""}, {"2606:4700::1111", ""},
		{"::ffff:8.8.8.8", ""}, {"64:ff9b::808:808", ""}, {"2002:808:808::1", ""},
	} {
		got := refusedAddr(netip.MustParseAddr(tt.addr))
		if (got == "") != (tt.why == "") || !strings.Contains(got, tt.why) {
			t.Errorf("refusedAddr(%s) = %q, want %q", tt.addr, got, tt.why)
		}
	}
}

// trap listens and counts what reaches it.
type trap struct {
	addr  string
	conns atomic.Int64
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trap{addr: l.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tr.count(l)
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return tr
}

// count counts whoever comes, until l is closed.
func (tr *trap) count(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		tr.conns.Add(1)
		c.Close()
	}
}

func (tr *trap) port() string { _, p, _ := net.SplitHostPort(tr.addr); return p }

func TestGuardDial(t *testing.T) {
	tr := newTrap(t)
	port := tr.port()
	for _, tt := range []struct {
		name, host string
		allow      []string
		reach      bool
	}{
		{"loopback", "127.0.0.1", nil, false},
		{"loopback name", "localhost", nil, false},
		{"loopback name with a dot", "localhost.", nil, false},
		{"below the loopback name", "feeds.localhost", nil, false},
		{"decimal", "2130706433", nil, false},
		{"hexadecimal", "0x7f000001", nil, false},
		{"short", "127.1", nil, false},
		{"octal", "0177.0.0.1", nil, false},
		{"mapped", "::ffff:127.0.0.1", nil, false},
		{"metadata", "169.254.169.254", nil, false},
		{"another allowed", "127.0.0.1", []string{"127.0.0.2", "10.0.0.0/8", "feeds.internal"}, false},
		{"another port allowed", "127.0.0.1", []string{"127.0.0.1:1"}, false},
		{"allowed name does not allow its address", "127.0.0.1", []string{"localhost"}, false},
		{"allowed address", "127.0.0.1", []string{"127.0.0.1"}, true},
		{"allowed address and port", "127.0.0.1", []string{"127.0.0.1:" + port}, true},
		{"allowed prefix", "127.0.0.1", []string{"127.0.0.0/8"}, true},
		{"allowed name", "localhost", []string{"LocalHost."}, true},
		{"allowed name and port", "localhost", []string{"localhost:" + port}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := &Guard{Allow: tt.allow}
			if err := g.Validate(); err != nil {
				t.Fatal(err)
			}
			before := tr.conns.Load()
			c, err := g.DialContext(context.Background(), "tcp4", net.JoinHostPort(tt.host, port))
			if c != nil {
				c.Close()
			}
			if tt.reach {
				if err != nil {
					t.Fatalf("dial %s: %v", tt.host, err)
				}
				return
			}
			var refused *RefusedError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), "ingest.allow_private") {
				t.Errorf("dial %s: %v, want a RefusedError that says what to do", tt.host, err)
			}
			if tr.conns.Load() != before {
				t.Errorf("dial %s reached the listener", tt.host)
			}
		})
	}
}

// TestGuardRebinding lets a name resolve to a private address: the check must
// come after DNS.
func TestGuardRebinding(t *testing.T) {
	tr := newTrap(t)
	dns := fakeDNS(t, [4]byte{127, 0, 0, 1})
	g := &Guard{resolver: dns}
	_, err := g.DialContext(context.Background(), "tcp4", "news.example.org:"+tr.port())
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Host != "news.example.org" || refused.Addr != "127.0.0.1" {
		t.Errorf("dial = %v, want news.example.org refused as 127.0.0.1", err)
	}
	if tr.conns.Load() != 0 {
		t.Error("the listener was reached")
	}
	g.Allow = []string{"news.example.org"}
	c, err := g.DialContext(context.Background(), "tcp4", "news.example.org:"+tr.port())
	if err != nil {
		t.Fatalf("allowed by name: %v", err)
	}
	c.Close()
}

// fakeDNS answers every A question with ip.
func fakeDNS(t *testing.T, ip [4]byte) *net.Resolver {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q := buf[:n]
			end := 12
			for end < n && q[end] != 0 {
				end += int(q[end]) + 1
			}
			end += 5
			if end > n {
				continue
			}
			resp := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, q[12:end]...)
			if q[end-3] == 1 { // an A question
				resp[7] = 1
				resp = append(resp, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ip[0], ip[1], ip[2], ip[3])
			}
			_, _ = pc.WriteTo(resp, from)
		}
	}()
	t.Cleanup(func() { pc.Close(); <-done })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", pc.LocalAddr().String())
	}}
}

func TestGuardValidate(t *testing.T) {
	good := &Guard{Allow: []string{"intranet", "feeds.intranet:8080", "10.0.0.1", "[::1]:80", "fd00::/8", "::1", "192.168.0.0/16"}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := &Guard{Allow: []string{"10.0.0.0/99", "", "http://intranet/", "host:port", "127.1", "a b"}}
	err := bad.Validate()
	if err == nil {
		t.Fatal("nothing reported")
	}
	for _, e := range bad.Allow {
		if !strings.Contains(err.Error(), `"`+e+`"`) {
			t.Errorf("entry %q is not reported:\n%v", e, err)
		}
	}
}
