package ingest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"tocsin/internal/bus"
)

const okHeader = "HTTP/1.1 200 OK\r\nETag: \"bad\"\r\nLast-Modified: Mon, 09 Mar 2026 10:00:00 GMT\r\n"

// hostileAnswers break off, never end, or are not what they say.
var hostileAnswers = []hostileCase{
	{"01_never_answers", func(v *victim) {
		v.good()
		v.srv.serve(raw("", hold))
		v.fetchWith(short)
		v.fails(ReasonTimeout)
		h := v.visits(v.entry(v.feed))
		if h.busy != 0 || !h.next.Equal(v.at.Add(v.cfg.PerHost)) {
			v.t.Errorf("after a time-out the host is %+v, want it free for the next feed", h)
		}
		v.recovers()
	}},
	{"02_header_byte_by_byte", failing(ReasonTimeout, raw("HTTP/1.1 200 OK\r\nX-Slow: ", drip("a")), short)},
	{"03_body_byte_by_byte", cutOff(raw(okHeader+"\r\n"+halfFeed, drip("x")), func(c *FetcherConfig) { c.Timeout = time.Second })},
	{"04_endless_body", within(maxGrowth, func(v *victim) {
		var sent atomic.Int64
		ended := make(chan struct{})
		junk := bytes.Repeat([]byte("<item><title>on and on</title></item>"), 1000)
		failing(ReasonTooLarge, raw(okHeader+"\r\n<rss><channel>", func(c net.Conn) {
			defer close(ended)
			for {
				n, err := c.Write(junk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		}))(v)
		<-ended // the connection was closed
		if over := sent.Load() - int64(v.cfg.MaxBytes); over < 0 || over > 12<<20 {
			v.t.Errorf("%d bytes sent beyond the limit: more than the buffers of a connection hold", over)
		}
	})},
	{"05_announces_10_GB", within(maxGrowth, failing(ReasonTooLarge, raw(okHeader+"Content-Length: 10000000000\r\n\r\n<rss>", nil)))},
	{"06_body_shorter_than_announced", cutOff(raw(okHeader+"Content-Length: 100000\r\n\r\n"+halfFeed, nil))},
	{"07_body_longer_than_announced", func(v *victim) {
		closed := make(chan struct{})
		poison := "HTTP/1.1 200 OK\r\nContent-Length: " + strconv.Itoa(len(rss(item("evil", "Evil", "", monday)))) + "\r\n\r\n" + rss(item("evil", "Evil", "", monday))
		h := raw(okHeader+"Content-Length: "+strconv.Itoa(len(halfFeed))+"\r\n\r\n"+halfFeed+poison, func(c net.Conn) {
			defer close(closed)
			hold(c)
		})
		v.good()
		v.srv.serve(h)
		// The answer is whole by its own words, and the feed in it is not.
		if st := v.partly(); st.CutOff != 1 || st.Due.Sub(v.at) > 2*partialAgain {
			v.t.Errorf("asked again in %v, cut off %d times; want soon, once", st.Due.Sub(v.at), st.CutOff)
		}
		<-closed // what was too much ended the connection
		v.srv.body(rss(itemA, itemB))
		v.want("the answer behind it", v.pollOnce())
		v.recovers()
	}},
	{"08_breaks_off_in_a_chunk", cutOff(raw(okHeader+"Transfer-Encoding: chunked\r\n\r\n"+fmt.Sprintf("%x\r\n%s\r\n1000\r\nabc", len(halfFeed), halfFeed), nil))},
	{"09_reset_in_the_body", func(v *victim) {
		cutOff(raw(okHeader+"Content-Length: 100000\r\n\r\n"+halfFeed, reset))(v)
		var asked atomic.Int32
		count := func(h http.HandlerFunc) {
			asked.Store(0)
			v.fetchWith() // no connection is left from before
			v.srv.serve(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); h(w, r) })
		}
		count(func(w http.ResponseWriter, r *http.Request) {
			if asked.Load() == 1 {
				raw("", reset)(w, r)
				return
			}
			fmt.Fprint(w, rss(itemA, item("d", "Strike", "", monday)))
		})
		v.want("reset before a byte came, and good when asked again", v.pollOnce(), "d/1 Strike")
		if n := asked.Load(); n != 2 {
			v.t.Errorf("asked %d times, want once more", n)
		}
		count(raw("", reset))
		v.fails(ReasonConnect)
		if n := asked.Load(); n != 2 {
			v.t.Errorf("asked %d times, want once more and no more", n)
		}
		count(raw(okHeader+"Content-Length: 100000\r\n\r\n", reset))
		v.pollOnce()
		if n := asked.Load(); n != 1 {
			v.t.Errorf("asked %d times although an answer had begun, want once", n)
		}
	}},
	{"10_bombs", func(v *victim) {
		v.good()
		for _, coding := range []string{"gzip", "br", "zstd"} {
			bomb := bombOf(v.t, coding)
			v.srv.body(string(bomb), "Content-Encoding", coding, "ETag", `"bad"`)
			v.fetchWith(func(c *FetcherConfig) {
				if coding != "gzip" { // one of them up to the real limit is enough
					c.MaxBytes /= 8
				}
			})
			within(maxGrowth, func(v *victim) { v.want(coding, v.pollOnce()) })(v)
			if st := v.state(); st.Reason != ReasonTooLarge || st.ETag != `"good"` || len(bomb) > 200<<10 {
				v.t.Errorf("%s: %d KiB that hold 100 MiB gave %+v", coding, len(bomb)>>10, st)
			}
		}
		if n, lines := v.failures(ReasonTooLarge), v.book.lines(ReasonTooLarge); n != 3 || lines != 1 {
			v.t.Errorf("three bombs are counted as %v, told of in %d lines; want 3, 1", n, lines)
		}
		v.fetchWith()
		nested := compress(v.t, "gzip", string(bombOf(v.t, "gzip")))
		v.srv.body(string(nested), "Content-Encoding", "gzip") // one layer is undone, what is in it is no feed
		within(maxGrowth, func(v *victim) { v.fails(ReasonNotAFeed) })(v)
		v.srv.body(string(nested), "Content-Encoding", "gzip, gzip")
		within(maxGrowth, func(v *victim) { v.fails(ReasonEncoding) })(v)
		wire, whole := testutil.ToFloat64(v.metrics.wire), testutil.ToFloat64(v.metrics.bytes)
		v.srv.body(string(compress(v.t, "gzip", rss(itemA, strings.Repeat(" ", 100_000)))), "Content-Encoding", "gzip")
		v.pollOnce()
		if wire, whole = testutil.ToFloat64(v.metrics.wire)-wire, testutil.ToFloat64(v.metrics.bytes)-whole; wire <= 0 || whole < 100*wire {
			v.t.Errorf("counted %v bytes off the wire and %v decompressed: the ratio cannot be told", wire, whole)
		}
		v.recovers()
	}},
	{"11_gzip_that_is_none_and_the_reverse", func(v *victim) {
		v.good()
		v.srv.body(rss(itemA, itemB), "Content-Encoding", "gzip")
		v.want("plain announced as gzip", v.pollOnce(), "b/1 Vote")
		v.srv.body(string(compress(v.t, "gzip", rss(itemA, itemB, item("d", "Strike", "", monday)))), "Content-Type", "application/rss+xml")
		v.want("gzip not announced", v.pollOnce(), "d/1 Strike")
		v.recovers()
	}},
	{"12_unknown_encoding", failing(ReasonEncoding, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "x-unknown")
		fmt.Fprint(w, rss(itemA, itemB))
	})},
}

// bombOf is 100 MiB of nothing, compressed: one MiB of it a hundred times, since
// to compress them takes longer than all other cases together.
func bombOf(t *testing.T, coding string) []byte {
	const mib = 1 << 20
	if coding != "br" { // frames and members may follow one another
		return bytes.Repeat(compress(t, coding, string(make([]byte, mib))), 100)
	}
	var out bytes.Buffer
	w := brotli.NewWriterLevel(&out, 2)
	var parts [3][]byte // the first with the head, one like all others, the end
	for k := range parts {
		at := out.Len()
		if k == len(parts)-1 {
			w.Close()
		} else if _, err := w.Write(make([]byte, mib)); err != nil || w.Flush() != nil {
			t.Fatal(err)
		}
		parts[k] = bytes.Clone(out.Bytes()[at:])
	}
	return slices.Concat(parts[0], bytes.Repeat(parts[1], 99), parts[2])
}

// redirect answers paths with a status and where to go, all others with a feed.
func redirect(status int, to map[string]string, feed http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if loc, ok := to[r.URL.Path]; ok {
			w.Header().Set("Location", loc)
			w.WriteHeader(status)
			return
		}
		feed(w, r)
	}
}

func serves(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k := 0; k < len(headers); k += 2 {
			w.Header().Set(headers[k], headers[k+1])
		}
		fmt.Fprint(w, body)
	}
}

var loginPage = serves("<!doctype html><html><head><title>Sign in</title></head><body><p>Please log in.</p></body></html>", "Content-Type", "text/html")

// moves is a case of a permanent redirect: the feed is read where it went, and
// asked for there when the move has been the same three times or for a day.
func moves(status int) func(*victim) {
	return func(v *victim) {
		for _, late := range []bool{false, true} {
			v.good()
			moved, lines := testutil.ToFloat64(v.metrics.moved), v.book.says("moved for good")
			v.srv.serve(redirect(status, map[string]string{"/feed.xml": "/new.xml"}, serves(rss(itemA, itemB))))
			v.want("behind the redirect", v.pollOnce(), "b/1 Vote")
			for n := 2; v.state().Location == "" && n < 10; n++ {
				if late {
					v.at = v.at.Add(24 * time.Hour)
				}
				v.want("the same", v.pollOnce())
				if st := v.state(); (st.Location != "") != (n == movedPolls || late) {
					v.t.Errorf("poll %d (a day later: %v): location %q", n, late, st.Location)
				}
			}
			if st := v.state(); st.address() != v.srv.URL+"/new.xml" || st.URL != v.feed.URL {
				v.t.Errorf("asked for at %q from now on, configured %q", st.address(), st.URL)
			}
			if n, lines := testutil.ToFloat64(v.metrics.moved)-moved, v.book.says("moved for good")-lines; n != 1 || lines != 1 {
				v.t.Errorf("counted %v moves, told of in %d lines; want one each", n, lines)
			}
			v.srv.body(rss(itemA, itemB, itemC))
			v.want("the new address", v.pollOnce(), "c/1 Flood")
			if got := v.srv.last.URL.Path; got != "/new.xml" {
				v.t.Errorf("asked for %s", got)
			}
			v.feed.ID += "-late" // once more, as another feed
		}
	}
}

// hostileRedirects lead astray.
var hostileRedirects = []hostileCase{
	{"13_circles_and_chains", func(v *victim) {
		v.good()
		for name, next := range map[string]func(path string) string{
			"circle": func(p string) string { return map[string]string{"/feed.xml": "/b", "/b": "/feed.xml"}[p] },
			"chain": func(p string) string {
				n, _ := strconv.Atoi(strings.TrimPrefix(p, "/chain/"))
				if n >= 30 {
					return ""
				}
				return fmt.Sprintf("/chain/%d", n+1)
			},
		} {
			var asked atomic.Int32
			v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if to := next(r.URL.Path); to != "" {
					http.Redirect(w, r, to, http.StatusFound)
					return
				}
				fmt.Fprint(w, rss(itemA, itemB))
			})
			v.want(name, v.pollOnce())
			if st := v.state(); st.Reason != ReasonRedirect || asked.Load() != 11 {
				v.t.Errorf("%s: asked %d times, %+v; want 10 redirects followed", name, asked.Load(), st)
			}
		}
		if n, lines := v.failures(ReasonRedirect), v.book.lines(ReasonRedirect); n != 2 || lines != 1 {
			v.t.Errorf("counted %v, told of in %d lines; want 2, 1", n, lines)
		}
		v.recovers()
	}},
	{"14_moved_for_good", moves(http.StatusMovedPermanently)},
	{"15_moved_to_a_login_page", func(v *victim) {
		v.good()
		v.srv.serve(redirect(http.StatusMovedPermanently, map[string]string{"/feed.xml": "/login"}, loginPage))
		v.fails(ReasonHTML)
		for range movedPolls {
			v.pollOnce()
		}
		if st := v.state(); st.Location != "" || st.Moving != nil || st.ETag != `"good"` {
			v.t.Errorf("a web page is where the feed is now: %+v", st)
		}
		v.recovers()
	}},
	{"16_a_mirror_for_the_moment", func(v *victim) {
		v.good()
		mirror := newFeedServer(v.t)
		for _, status := range []int{302, 303, 307} {
			fresh := item(strconv.Itoa(status), "Mirrored", "", monday)
			mirror.body(rss(itemA, fresh), "ETag", `"mirror"`)
			v.srv.serve(redirect(status, map[string]string{"/feed.xml": mirror.URL + "/m.xml"}, loginPage))
			v.want("the mirror", v.pollOnce(), strconv.Itoa(status)+"/1 Mirrored")
			for range movedPolls {
				mirror.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
				v.want("the mirror again", v.pollOnce())
				if here, there := v.srv.asked().Get("If-None-Match"), mirror.asked().Get("If-None-Match"); here != "" || there != `"mirror"` {
					v.t.Errorf("%d: the mirror's validators went to us as %q, to it as %q", status, here, there)
				}
			}
			if st := v.state(); st.Location != "" || st.Moving != nil {
				v.t.Errorf("%d moved the feed: %+v", status, st)
			}
			v.srv.body(rss(itemA, fresh), "ETag", `"good"`)
			v.pollOnce()
			if got := v.srv.asked().Get("If-None-Match"); got != "" {
				v.t.Errorf("the mirror's validator %q went to the origin", got)
			}
		}
		v.recovers()
	}},
	{"17_moved_for_good_308", moves(http.StatusPermanentRedirect)},
	{"18_redirects_to_the_inside", func(v *victim) {
		v.good()
		tr := newTrap(v.t)
		if l, err := net.Listen("tcp6", "[::1]:"+tr.port()); err == nil {
			go tr.count(l)
			defer l.Close()
		}
		// The feed's own server is allowed by address and port alone.
		v.fetchWith(func(c *FetcherConfig) { c.Guard = &Guard{Allow: []string{strings.TrimPrefix(v.srv.URL, "http://")}} })
		hosts := []string{"127.0.0.1", "localhost", "localhost.", "feeds.localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0.0.0.0", "127.8.8.8",
			"[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[fe80::1]", "[fd00::1]", "user:pw@127.0.0.1",
			"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[2002:7f00:1::]"}
		for _, host := range hosts {
			target := "http://" + host + ":" + tr.port() + "/latest/meta-data/"
			v.srv.serve(redirect(http.StatusFound, map[string]string{"/feed.xml": "/hop", "/hop": target}, loginPage))
			v.want(target, v.pollOnce())
			if st := v.state(); st.Reason != ReasonSSRF || strings.Contains(st.LastError, "pw") {
				v.t.Errorf("%s: %s %s", target, st.Reason, st.LastError)
			}
		}
		if n := tr.conns.Load(); n != 0 {
			v.t.Errorf("%d connections reached the inside", n)
		}
		if n, lines := v.failures(ReasonSSRF), v.book.lines(ReasonSSRF); int(n) != len(hosts) || lines != 1 {
			v.t.Errorf("counted %v of %d, told of in %d lines", n, len(hosts), lines)
		}
		v.recovers()
	}},
	{"19_name_that_turns_to_the_inside", func(v *victim) {
		l, err := net.Listen("tcp", "127.0.0.2:0")
		if err != nil {
			v.t.Skip("no second loopback address:", err)
		}
		_, port, _ := net.SplitHostPort(l.Addr().String())
		inside, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			l.Close()
			v.t.Skip("its port is taken on the first:", err)
		}
		var reached atomic.Int32
		inner := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
		inner.Config.ConnState = func(net.Conn, http.ConnState) { reached.Add(1) }
		outer := httptest.NewUnstartedServer(serves(rss(itemA), "ETag", `"good"`, "Connection", "close"))
		for srv, l := range map[*httptest.Server]net.Listener{inner: inside, outer: l} {
			srv.Listener.Close()
			srv.Listener = l
			srv.Start()
			v.t.Cleanup(srv.Close)
		}
		var turned atomic.Bool
		before, after := fakeDNS(v.t, [4]byte{127, 0, 0, 2}), fakeDNS(v.t, [4]byte{127, 0, 0, 1})
		dns := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if turned.Load() {
				return after.Dial(ctx, network, address)
			}
			return before.Dial(ctx, network, address)
		}}
		v.feed.URL = "http://news.example.org:" + port + "/feed.xml"
		v.fetchWith(func(c *FetcherConfig) { c.Guard = &Guard{Allow: []string{"127.0.0.2:" + port}, resolver: dns} })
		v.want("before it turns", v.pollOnce(), "a/1 Blast")
		turned.Store(true)
		v.fails(ReasonSSRF)
		if reached.Load() != 0 {
			v.t.Error("the inside was reached")
		}
		turned.Store(false)
		v.want("when it has turned back", v.pollOnce())
		if st := v.state(); st.Failures != 0 {
			v.t.Errorf("not polled any more: %+v", st)
		}
	}},
	{"20_redirects_to_other_schemes", func(v *victim) {
		v.good()
		targets := []string{"file:///etc/passwd", "gopher://127.0.0.1:70/_x", "ftp://127.0.0.1/feed", "data:text/xml,%3Crss/%3E", "javascript:alert(1)", "unix:/run/x.sock"}
		for _, to := range targets {
			v.srv.serve(redirect(http.StatusFound, map[string]string{"/feed.xml": to}, loginPage))
			v.want(to, v.pollOnce())
			if st := v.state(); st.Reason != ReasonScheme {
				v.t.Errorf("%s: %s %s", to, st.Reason, st.LastError)
			}
		}
		if n, lines := v.failures(ReasonScheme), v.book.lines(ReasonScheme); int(n) != len(targets) || lines != 1 {
			v.t.Errorf("counted %v of %d, told of in %d lines", n, len(targets), lines)
		}
		v.recovers()
	}},
	{"21_from_https_to_http", func(v *victim) {
		secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, _, _ := r.BasicAuth(); user != "user" {
				v.t.Error("the credentials did not reach their own server")
			}
			w.Header().Set("Set-Cookie", "session=secret")
			http.Redirect(w, r, v.srv.URL+"/plain.xml", http.StatusFound)
		}))
		v.t.Cleanup(secure.Close)
		trust := func(c *FetcherConfig) { c.tls = secure.Client().Transport.(*http.Transport).TLSClientConfig.Clone() }
		v.srv.body(rss(itemA))
		v.feed.URL = strings.Replace(secure.URL, "https://", "https://user:pw@", 1) + "/feed.xml"
		v.fetchWith(trust)
		v.fails(ReasonRedirect)
		if v.srv.last != nil {
			v.t.Error("the plain server was asked against the policy")
		}
		v.fetchWith(trust, func(c *FetcherConfig) { c.Downgrade = true })
		v.want("allowed", v.pollOnce(), "a/1 Blast")
		if h := v.srv.asked(); h.Get("Authorization") != "" || h.Get("Cookie") != "" || h.Get("Referer") != "" {
			v.t.Errorf("over plain http went %v", h)
		}
	}},
	{"22_credentials_and_another_host", func(v *victim) {
		other := newFeedServer(v.t)
		other.body(rss(itemA))
		v.feed.URL = strings.Replace(v.feed.URL, "http://", "http://user:pw@", 1)
		v.srv.serve(redirect(http.StatusFound, map[string]string{"/feed.xml": "/here.xml", "/here.xml": other.URL + "/there.xml"}, loginPage))
		v.want("another host", v.pollOnce(), "a/1 Blast")
		if got := v.srv.asked().Get("Authorization"); got == "" {
			v.t.Error("the credentials did not reach their own host")
		}
		if got := other.asked().Get("Authorization"); got != "" {
			v.t.Errorf("another host got %q", got)
		}
		if st := v.state(); strings.Contains(st.LastError, "pw") || v.book.says("user:pw") != 0 {
			v.t.Error("the password is in the log")
		}
	}},
}

// tlsServer serves a feed with a certificate, and records how connections begin.
type tlsServer struct {
	*httptest.Server
	pool *x509.CertPool
	mu   sync.Mutex
	seen []byte // the first byte of each connection: 0x16 begins a handshake
}

func newTLSServer(t *testing.T, change func(*x509.Certificate, *tls.Config)) *tlsServer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cfg := &tls.Config{}
	change(cert, cfg)
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	s := &tlsServer{pool: x509.NewCertPool()}
	if cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	s.pool.AddCert(cert)
	s.Server = httptest.NewUnstartedServer(serves(rss(itemA)))
	s.Config.ErrorLog = quietLog()
	s.Listener = &recordingListener{s.Listener, s}
	s.TLS = cfg
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

type recordingListener struct {
	net.Listener
	s *tlsServer
}

func (l *recordingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &recordedConn{Conn: c, s: l.s}, nil
}

type recordedConn struct {
	net.Conn
	s    *tlsServer
	once sync.Once
}

func (c *recordedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.once.Do(func() {
			c.s.mu.Lock()
			defer c.s.mu.Unlock()
			c.s.seen = append(c.s.seen, p[0])
		})
	}
	return n, err
}

// http2Server speaks HTTP/2 as misbehave does, and HTTP/1.1 by the book.
type http2Server struct {
	url    string
	plain  atomic.Int32 // requests by HTTP/1.1
	second atomic.Int32 // connections by HTTP/2
}

func newHTTP2Server(t *testing.T, misbehave func(*http2.Framer, uint32)) *http2Server {
	template := httptest.NewTLSServer(nil) // for its certificate
	template.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: template.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	s := &http2Server{url: "https://" + l.Addr().String()}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				if c.(*tls.Conn).Handshake() != nil {
					return
				}
				if c.(*tls.Conn).ConnectionState().NegotiatedProtocol != "h2" {
					s.plain.Add(1)
					if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
						fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n%s", rss(itemA))
					}
					return
				}
				s.second.Add(1)
				if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				f := http2.NewFramer(c, c)
				_ = f.WriteSettings()
				for {
					frame, err := f.ReadFrame()
					if err != nil {
						return
					}
					if h, ok := frame.(*http2.HeadersFrame); ok {
						wg.Go(func() { _, _ = io.Copy(io.Discard, c) }) // acknowledgements must not fill the pipe
						misbehave(f, h.StreamID)
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return s
}

// hostileProtocols break what lies below a body.
var hostileProtocols = []hostileCase{
	{"23_certificates_and_handshakes", func(v *victim) {
		sound := func(*x509.Certificate, *tls.Config) {}
		for _, tt := range []struct {
			name    string
			trusted bool
			change  func(*x509.Certificate, *tls.Config)
		}{
			{"expired", true, func(c *x509.Certificate, _ *tls.Config) { c.NotAfter = time.Now().Add(-time.Minute) }},
			{"another host's", true, func(c *x509.Certificate, _ *tls.Config) {
				c.IPAddresses, c.DNSNames = nil, []string{"other.example.org"}
			}},
			{"self-signed", false, sound},
			{"TLS 1.0 alone", true, func(_ *x509.Certificate, c *tls.Config) {
				c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
			}},
		} {
			srv := newTLSServer(v.t, tt.change)
			v.feed = Feed{URL: srv.URL + "/feed.xml", ID: bus.Token("23 " + tt.name), Outlet: "Wire"}
			trust := &tls.Config{}
			if tt.trusted {
				trust.RootCAs = srv.pool
			}
			v.fetchWith(func(c *FetcherConfig) { c.tls = trust })
			st := v.fails(ReasonTLS)
			srv.mu.Lock()
			if len(srv.seen) != 1 || srv.seen[0] != 0x16 {
				v.t.Errorf("%s: connections began with % x, want one handshake and nothing in the clear", tt.name, srv.seen)
			}
			srv.mu.Unlock()
			if !(&FetchError{Reason: st.Reason}).Temporary() {
				v.t.Errorf("%s is for ever", tt.name)
			}
			v.fetchWith(func(c *FetcherConfig) {
				c.tls = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
			})
			v.want(tt.name+", mended", v.pollOnce(), "a/1 Blast")
		}
		silent, err := net.Listen("tcp", "127.0.0.1:0") // the kernel accepts, nobody speaks
		if err != nil {
			v.t.Fatal(err)
		}
		defer silent.Close()
		v.feed = Feed{URL: "https://" + silent.Addr().String() + "/feed.xml", ID: "stalls", Outlet: "Wire"}
		v.fetchWith(short)
		v.fails(ReasonTLS)
	}},
	{"24_broken_HTTP2", func(v *victim) {
		headers := func(fields ...string) []byte {
			var b bytes.Buffer
			e := hpack.NewEncoder(&b)
			for k := 0; k < len(fields); k += 2 {
				_ = e.WriteField(hpack.HeaderField{Name: fields[k], Value: fields[k+1]})
			}
			return b.Bytes()
		}
		for name, misbehave := range map[string]func(*http2.Framer, uint32){
			"GOAWAY":     func(f *http2.Framer, id uint32) { _ = f.WriteGoAway(id, http2.ErrCodeInternal, nil) },
			"RST_STREAM": func(f *http2.Framer, id uint32) { _ = f.WriteRSTStream(id, http2.ErrCodeInternal) },
			"endless CONTINUATION": func(f *http2.Framer, id uint32) {
				err := f.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: headers(":status", "200")})
				for n := 0; err == nil; n++ {
					err = f.WriteContinuation(id, false, headers("x-"+strconv.Itoa(n), strings.Repeat("y", 1000)))
				}
			},
			"endless SETTINGS": func(f *http2.Framer, id uint32) {
				for f.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 65535}) == nil {
					time.Sleep(time.Millisecond)
				}
			},
			"endless PING": func(f *http2.Framer, id uint32) {
				for f.WritePing(false, [8]byte{}) == nil {
					time.Sleep(time.Millisecond)
				}
			},
		} {
			srv := newHTTP2Server(v.t, misbehave)
			v.feed = Feed{URL: srv.url + "/feed.xml", ID: bus.Token("24 " + name), Outlet: "Wire"}
			v.fetchWith(func(c *FetcherConfig) {
				c.HeaderTimeout, c.Timeout, c.tls = 500*time.Millisecond, 5*time.Second, &tls.Config{InsecureSkipVerify: true}
			})
			began := time.Now()
			v.want(name+", and HTTP/1.1 after it", v.pollOnce(), "a/1 Blast")
			if took := time.Since(began); took > 5*time.Second || srv.plain.Load() != 1 || srv.second.Load() != 1 {
				v.t.Errorf("%s: asked %d times by HTTP/2 and %d times by HTTP/1.1, in %v; want once each", name, srv.second.Load(), srv.plain.Load(), took)
			}
		}
		v.fetcher.Close() // the last server waits for it
	}},
	{"25_a_megabyte_of_header", func(v *victim) {
		v.good()
		v.srv.serve(raw("HTTP/1.1 200 OK\r\nX-Large: "+strings.Repeat("x", 1<<20)+"\r\n\r\n"+rss(itemA, itemB), nil))
		within(maxGrowth, func(v *victim) { v.fails(ReasonProtocol) })(v)
		v.srv.serve(raw("HTTP/1.1 200 OK\r\n"+strings.Repeat("Set-Cookie: a=b; path=/\r\n", 10_000)+"\r\n"+rss(itemA, itemB), nil))
		v.want("10,000 cookies", v.pollOnce())
		if n, lines := v.failures(ReasonProtocol), v.book.lines(ReasonProtocol); n != 2 || lines != 1 {
			v.t.Errorf("counted %v, told of in %d lines; want 2, 1", n, lines)
		}
		v.recovers()
	}},
}

// rawFeed answers each request with what answer makes of its bytes, over one
// connection after another, and keeps the last request as it came.
type rawFeed struct {
	url string

	mu     sync.Mutex
	answer string
	got    string
}

func newRawFeed(t *testing.T) *rawFeed {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawFeed{url: "http://" + l.Addr().String() + "/feed.xml"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 32<<10)
			n := 0
			for !bytes.Contains(buf[:n], []byte("\r\n\r\n")) {
				m, err := c.Read(buf[n:])
				if err != nil {
					break
				}
				n += m
			}
			s.mu.Lock()
			s.got = string(buf[:n])
			_, _ = io.WriteString(c, s.answer)
			s.mu.Unlock()
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return s
}

func (s *rawFeed) serve(answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// header is the value of a field of the last request, byte for byte.
func (s *rawFeed) header(name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, rest, ok := strings.Cut(s.got, "\r\n"+name+": ")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value, ok
}

// echoes is a case in which validators come back byte for byte, or not at all.
func echoes(field, back string, values map[string]bool) func(*victim) {
	return func(v *victim) {
		srv := newRawFeed(v.t)
		v.feed.URL = srv.url
		for value, kept := range values {
			v.feed.ID = bus.Token(v.t.Name() + fmt.Sprintf(" %x", crc32.ChecksumIEEE([]byte(value))))
			srv.serve("HTTP/1.1 200 OK\r\nConnection: close\r\n" + field + ": " + value + "\r\n\r\n" + rss(item(strconv.Itoa(v.at.Minute()), "Blast", value, monday)))
			v.pollOnce()
			srv.serve("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n")
			unconditional := v.failures(ReasonProtocol)
			v.want("304", v.pollOnce())
			got, sent := srv.header(back)
			if sent != kept || kept && got != value {
				v.t.Errorf("%s %q came back as %q (%v); want it byte for byte: %v", field, clipText(value, 60), clipText(got, 60), sent, kept)
			}
			if bad := v.failures(ReasonProtocol) > unconditional; bad != !kept {
				v.t.Errorf("%s %q: a 304 is a failure: %v", field, clipText(value, 60), bad)
			}
		}
	}
}

// hostileValidators are conditional requests with an odd other side.
var hostileValidators = []hostileCase{
	{"26_odd_etags", echoes("ETag", "If-None-Match", map[string]bool{
		`"abc"`: true, `W/"abc"`: true, `abc`: true, `""`: true, `"a b  c"`: true, `w/"abc"-gzip`: true, "\"\xc3\xa9\"": true, "\"\xe9\xff\"": true, `"` + strings.Repeat("x", 1000) + `"`: true,
		``: false, `"` + strings.Repeat("x", 1100) + `"`: false, `"` + strings.Repeat("x", 8<<10) + `"`: false,
	})},
	{"27_odd_last_modified", echoes("Last-Modified", "If-Modified-Since", map[string]bool{
		"yesterday, about noon": true, "0": true, "Fri, 31 Dec 2099 23:59:59 GMT": true, "tue, 17 feb 2026 10:00:00 gmt": true, "Tue, 17 Feb 2026 10:00:00 +0100": true, "2026-02-17T10:00:00Z": true,
		"": false,
	})},
	{"28_both_validators", func(v *victim) {
		v.good()
		const modified = "Mon, 09 Mar 2026 09:00:00 GMT"
		for _, heeds := range []string{"If-None-Match", "If-Modified-Since"} {
			v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
				if h := r.Header.Get(heeds); h == `"good"` || h == modified {
					w.WriteHeader(http.StatusNotModified)
				}
			})
			was := v.polls("not_modified")
			v.want(heeds, v.pollOnce())
			h := v.srv.asked()
			if h.Get("If-None-Match") != `"good"` || h.Get("If-Modified-Since") != modified || v.polls("not_modified") != was+1 {
				v.t.Errorf("sent %v; want both validators, and 304 taken", h)
			}
		}
		v.recovers()
	}},
	{"29_new_etag_same_body", func(v *victim) {
		v.good()
		for n := range 3 {
			v.srv.body(rss(itemA), "ETag", fmt.Sprintf(`"server %d"`, n))
			was := v.polls("not_modified")
			v.want("the same body", v.pollOnce())
			if v.polls("not_modified") != was+1 {
				v.t.Error("the same body is not counted as unchanged")
			}
		}
		v.recovers()
	}},
	{"30_same_etag_new_body", func(v *victim) {
		v.good()
		v.srv.body(rss(itemA, itemB), "ETag", `"good"`)
		v.want("a new body", v.pollOnce(), "b/1 Vote")
		v.recovers()
	}},
	{"31_304_to_no_condition", func(v *victim) {
		var asked []string
		v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Header.Get("Cache-Control"))
			w.WriteHeader(http.StatusNotModified)
		})
		v.fails(ReasonProtocol)
		if !slices.Equal(asked, []string{"", "no-cache"}) {
			v.t.Errorf("asked with Cache-Control %q; want once more, past caches", asked)
		}
		v.good()
		v.recovers()
	}},
	{"32_304_with_a_body", func(v *victim) {
		v.good()
		closed := make(chan struct{})
		v.srv.serve(raw("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"good\"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", func(c net.Conn) {
			defer close(closed)
			hold(c)
		}))
		was := v.polls("not_modified")
		v.want("304", v.pollOnce())
		<-closed
		if v.polls("not_modified") != was+1 || v.state().ETag != `"good"` {
			v.t.Errorf("a 304 with a body is not taken for one: %+v", v.state())
		}
		v.srv.body(rss(itemA, itemB))
		v.want("the answer behind it", v.pollOnce(), "b/1 Vote")
		v.recovers()
	}},
	{"33_empty_body", failing(ReasonEmpty, serves("", "ETag", `"bad"`))},
	{"34_a_web_page", failing(ReasonHTML, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"bad"`)
		loginPage(w, r)
	})},
	{"35_no_items", func(v *victim) {
		v.good()
		v.srv.body(rss(), "ETag", `"none"`)
		v.want("no items", v.pollOnce())
		if st := v.state(); st.Failures != 0 || st.ETag != `"none"` {
			v.t.Errorf("a feed without items is a failure: %+v", st)
		}
		v.recovers() // item A is still known
	}},
}
