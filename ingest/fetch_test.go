package ingest

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"
)

// fetchFrom starts a server and a fetcher that may reach it.
func fetchFrom(t *testing.T, h http.HandlerFunc, change ...func(*FetcherConfig)) (*Fetcher, string) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ErrorLog = quietLog()
	srv.Start()
	cfg := FetcherConfig{MaxBytes: 1 << 20, Timeout: 5 * time.Second, HeaderTimeout: 5 * time.Second, Guard: &Guard{Allow: []string{"127.0.0.1"}}}
	for _, c := range change {
		c(&cfg)
	}
	f := NewFetcher(cfg)
	t.Cleanup(func() {
		f.Close()
		srv.CloseClientConnections()
		srv.Close()
		goleak.VerifyNone(t, ignore)
	})
	return f, srv.URL
}

func wantReason(t *testing.T, err error, reason string) *FetchError {
	t.Helper()
	var fe *FetchError
	if !errors.As(err, &fe) || fe.Reason != reason || !slices.Contains(Reasons, fe.Reason) {
		t.Fatalf("error %v (%#v), want the reason %s", err, err, reason)
	}
	if !strings.HasPrefix(err.Error(), "fetch ") {
		t.Errorf("error %q does not say what was done", err)
	}
	return fe
}

func quietLog() *log.Logger { return log.New(io.Discard, "", 0) }

const smallFeed = `<?xml version="1.0"?><rss version="2.0"><channel><title>F</title></channel></rss>`

func compress(t *testing.T, coding, s string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch coding {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "br":
		w = brotli.NewWriterLevel(&b, 2)
	case "zstd":
		w, _ = zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	case "deflate":
		w = zlib.NewWriter(&b)
	default:
		return []byte(s)
	}
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFetchEncodings(t *testing.T) {
	long := smallFeed + strings.Repeat("<!-- filling -->", 5000)
	for _, tt := range []struct{ name, announced, real string }{
		{"plain", "", ""}, {"gzip", "gzip", "gzip"}, {"x-gzip", "X-GZIP", "gzip"}, {"br", "br", "br"}, {"zstd", "zstd", "zstd"}, {"deflate", "deflate", "deflate"},
		{"gzip unannounced", "", "gzip"}, {"zstd unannounced", "", "zstd"}, {"plain announced as gzip", "gzip", ""},
		{"plain announced as br", "br", ""}, {"plain announced as zstd", "zstd", ""}, {"identity", "identity", ""}, {"gzip announced as br", "br", "gzip"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, url := fetchFrom(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "gzip, br, zstd" {
					t.Errorf("Accept-Encoding %q", got)
				}
				if tt.announced != "" {
					w.Header().Set("Content-Encoding", tt.announced)
				}
				_, _ = w.Write(compress(t, tt.real, long))
			})
			res, err := f.Fetch(context.Background(), Request{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			if string(res.Body) != long || res.Truncated {
				t.Errorf("body of %d bytes, truncated %v; want %d bytes", len(res.Body), res.Truncated, len(long))
			}
		})
	}
	for _, coding := range []string{"x-unknown", "gzip, br", "gzip, gzip"} {
		t.Run("refused "+coding, func(t *testing.T) {
			f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				_, _ = w.Write(compress(t, "gzip", smallFeed))
			})
			_, err := f.Fetch(context.Background(), Request{URL: url})
			wantReason(t, err, ReasonEncoding)
		})
	}
	t.Run("broken gzip", func(t *testing.T) {
		f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			b := compress(t, "gzip", long)
			b[20] ^= 0xff
			b[len(b)/2] ^= 0xff
			_, _ = w.Write(b)
		})
		_, err := f.Fetch(context.Background(), Request{URL: url})
		wantReason(t, err, ReasonEncoding)
	})
	for _, coding := range []string{"gzip", "br", "zstd"} {
		t.Run("cut-off "+coding, func(t *testing.T) {
			f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				var noise strings.Builder // does not compress well: half the stream is half the text
				for i := range 30000 {
					fmt.Fprintf(&noise, "%x ", i*2654435761)
				}
				b := compress(t, coding, noise.String())
				_, _ = w.Write(b[:len(b)/2])
			})
			res, err := f.Fetch(context.Background(), Request{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			if !res.Truncated || len(res.Body) == 0 {
				t.Errorf("truncated %v with %d bytes", res.Truncated, len(res.Body))
			}
		})
	}
}

func TestFetchBomb(t *testing.T) {
	bomb := strings.Repeat("\x00", 2<<20)
	for _, coding := range []string{"", "gzip", "br", "zstd"} {
		t.Run("coding "+coding, func(t *testing.T) {
			body := compress(t, coding, bomb)
			f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", coding)
				w.(http.Flusher).Flush() // no Content-Length
				_, _ = w.Write(body)
			}, func(c *FetcherConfig) { c.MaxBytes = 100 << 10 })
			_, err := f.Fetch(context.Background(), Request{URL: url})
			if fe := wantReason(t, err, ReasonTooLarge); fe.Temporary() {
				t.Error("too large is not temporary")
			}
		})
	}
	t.Run("exactly the limit", func(t *testing.T) {
		f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 1000)) },
			func(c *FetcherConfig) { c.MaxBytes = 1000 })
		if res, err := f.Fetch(context.Background(), Request{URL: url}); err != nil || len(res.Body) != 1000 || res.Truncated {
			t.Errorf("%+v, %v", res, err)
		}
	})
	t.Run("announced", func(t *testing.T) {
		f, url := rawServer(t, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n<rss>")
		_, err := f.Fetch(context.Background(), Request{URL: url})
		wantReason(t, err, ReasonTooLarge)
	})
}

// rawServer answers every connection with the same bytes and closes it.
func rawServer(t *testing.T, answer string, change ...func(*FetcherConfig)) (*Fetcher, string) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			_, _ = c.Read(buf)
			_, _ = io.WriteString(c, answer)
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	cfg := FetcherConfig{MaxBytes: 1 << 20, Timeout: 5 * time.Second, HeaderTimeout: 5 * time.Second, Guard: &Guard{Allow: []string{"127.0.0.1"}}}
	for _, c := range change {
		c(&cfg)
	}
	f := NewFetcher(cfg)
	t.Cleanup(func() { f.Close(); l.Close(); <-done; goleak.VerifyNone(t, ignore) })
	return f, "http://" + l.Addr().String() + "/feed"
}

func TestFetchBrokenServers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	for _, tt := range []struct {
		name, answer, reason string
		truncated            bool
	}{
		{"body shorter than announced", ok + "Content-Length: 1000\r\n\r\n" + smallFeed, "", true},
		{"chunks that break off", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n<rss>\r\n1000\r\nabc", "", true},
		{"announced and nothing came", ok + "Content-Length: 1000\r\n\r\n", ReasonTruncated, false},
		{"a body longer than announced", ok + "Content-Length: 5\r\n\r\n<rss>and more", "", false},
		{"nothing announced", ok + "\r\n" + smallFeed, "", false},
		{"empty", ok + "Content-Length: 0\r\n\r\n", ReasonEmpty, false},
		{"only space", ok + "Content-Length: 3\r\n\r\n \r\n", ReasonEmpty, false},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", ReasonEmpty, false},
		{"not HTTP", "SSH-2.0-OpenSSH\r\n", ReasonProtocol, false},
		{"closed at once", "", ReasonConnect, false},
		{"a megabyte of header", ok + strings.Repeat("Set-Cookie: a=b; path=/\r\n", 40000) + "\r\n", ReasonProtocol, false},
		{"redirect to nowhere", "HTTP/1.1 302 Found\r\n\r\n", ReasonProtocol, false},
		{"304 that nobody asked for", "HTTP/1.1 304 Not Modified\r\n\r\n", ReasonProtocol, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, url := rawServer(t, tt.answer)
			res, err := f.Fetch(context.Background(), Request{URL: url})
			if tt.reason != "" {
				wantReason(t, err, tt.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if res.Truncated != tt.truncated || !strings.HasPrefix(string(res.Body), "<") {
				t.Errorf("body %q, truncated %v", res.Body, res.Truncated)
			}
		})
	}
}

func TestFetchTimeouts(t *testing.T) {
	hold := make(chan struct{})
	defer close(hold)
	short := func(c *FetcherConfig) { c.HeaderTimeout, c.Timeout = 50*time.Millisecond, 2*time.Second }
	t.Run("no header", func(t *testing.T) {
		f, url := fetchFrom(t, func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-hold:
			case <-r.Context().Done():
			}
		}, short)
		_, err := f.Fetch(context.Background(), Request{URL: url})
		if fe := wantReason(t, err, ReasonTimeout); !fe.Temporary() {
			t.Error("a time-out is temporary")
		}
	})
	t.Run("endless header", func(t *testing.T) {
		f, url := fetchFrom(t, func(w http.ResponseWriter, r *http.Request) {
			c, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_, _ = buf.WriteString("HTTP/1.1 200 OK\r\nX-Slow: a")
			_ = buf.Flush()
			_, _ = io.Copy(io.Discard, c) // until the fetcher gives up
		}, short)
		_, err := f.Fetch(context.Background(), Request{URL: url})
		wantReason(t, err, ReasonTimeout)
	})
	stalled := func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<rss><channel>")
		w.(http.Flusher).Flush()
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	t.Run("stalled body", func(t *testing.T) {
		f, url := fetchFrom(t, stalled, func(c *FetcherConfig) { c.Timeout = time.Second })
		res, err := f.Fetch(context.Background(), Request{URL: url})
		if err != nil || !res.Truncated || string(res.Body) != "<rss><channel>" {
			t.Errorf("got %+v, %v; want what came, truncated", res, err)
		}
	})
	t.Run("the caller stops", func(t *testing.T) {
		f, url := fetchFrom(t, stalled)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := f.Fetch(ctx, Request{URL: url})
		wantReason(t, err, ReasonCanceled)
	})
	t.Run("nobody listens", func(t *testing.T) {
		f, _ := fetchFrom(t, stalled)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		url := "http://" + l.Addr().String()
		l.Close()
		_, err = f.Fetch(context.Background(), Request{URL: url})
		wantReason(t, err, ReasonConnect)
	})
}

func TestFetchConditional(t *testing.T) {
	for _, tt := range []struct{ name, etag, modified, wantETag string }{
		{"strong", `"abc"`, "Tue, 17 Feb 2026 10:00:00 GMT", `"abc"`},
		{"weak", `W/"abc"`, "", `W/"abc"`},
		{"without quotes", `abc`, "not a date", `abc`},
		{"with spaces inside", `"a b  c"`, "tue, 17 feb 2026 10:00:00 gmt", `"a b  c"`},
		{"not ASCII", "\"\xc3\xa9\"", "", "\"\xc3\xa9\""},
		{"too long", `"` + strings.Repeat("x", 1100) + `"`, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, url := fetchFrom(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("User-Agent") != "Tocsin test" || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" ||
					!strings.Contains(r.Header.Get("Accept"), "application/rss+xml") {
					t.Errorf("headers %v", r.Header)
				}
				if m := r.Header.Get("If-None-Match"); m != "" && m == tt.etag {
					w.Header().Set("ETag", tt.etag)
					w.WriteHeader(304)
					return
				}
				if m := r.Header.Get("If-Modified-Since"); m != tt.modified && m != "" {
					t.Errorf("If-Modified-Since %q, want %q", m, tt.modified)
				}
				w.Header().Set("ETag", tt.etag)
				w.Header().Set("Last-Modified", tt.modified)
				w.Header().Set("Set-Cookie", "a=b")
				_, _ = io.WriteString(w, smallFeed)
			}, func(c *FetcherConfig) { c.UserAgent = "Tocsin test" })
			res, err := f.Fetch(context.Background(), Request{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			if res.ETag != tt.wantETag || res.LastModified != tt.modified || res.NotModified {
				t.Errorf("validators %q, %q; want %q, %q", res.ETag, res.LastModified, tt.wantETag, tt.modified)
			}
			again, err := f.Fetch(context.Background(), Request{URL: url, ETag: res.ETag, LastModified: res.LastModified})
			if err != nil {
				t.Fatal(err)
			}
			if again.NotModified != (tt.wantETag != "") {
				t.Errorf("not modified %v", again.NotModified)
			}
		})
	}
}

func TestFetchRedirects(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch p := r.URL.Path; {
		case strings.HasPrefix(p, "/chain/"):
			n, _ := strconv.Atoi(strings.TrimPrefix(p, "/chain/"))
			if n > 0 {
				http.Redirect(w, r, fmt.Sprintf("/chain/%d", n-1), http.StatusMovedPermanently)
				return
			}
		case p == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		case strings.HasPrefix(p, "/to/"):
			var code int
			var to string
			_, _ = fmt.Sscanf(p, "/to/%d", &code)
			to = r.URL.Query().Get("u")
			w.Header().Set("Location", to)
			w.WriteHeader(code)
			return
		}
		_, _ = io.WriteString(w, smallFeed)
	}
	f, url := fetchFrom(t, handler)
	for _, tt := range []struct{ path, final, permanent, reason string }{
		{"/feed", "/feed", "", ""},
		{"/chain/10", "/chain/0", "/chain/0", ""},
		{"/chain/11", "", "", ReasonRedirect},
		{"/loop", "", "", ReasonRedirect},
		{"/to/301?u=/feed%23part", "/feed", "/feed", ""},
		{"/to/308?u=/feed", "/feed", "/feed", ""},
		{"/to/302?u=/feed", "/feed", "", ""},
		{"/to/303?u=/feed", "/feed", "", ""},
		{"/to/307?u=/chain/1", "/chain/0", "", ""},
		{"/to/301?u=/to/302%3Fu=/feed", "/feed", "", ""},
		{"/to/301?u=file:///etc/passwd", "", "", ReasonScheme},
		{"/to/301?u=gopher://127.0.0.1:70/", "", "", ReasonScheme},
		{"/to/301?u=data:text/xml,%253Crss/%253E", "", "", ReasonScheme},
	} {
		t.Run(tt.path, func(t *testing.T) {
			res, err := f.Fetch(context.Background(), Request{URL: url + tt.path})
			if tt.reason != "" {
				wantReason(t, err, tt.reason)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if tt.permanent != "" {
				tt.permanent = url + tt.permanent
			}
			if res.FinalURL != url+tt.final || res.PermanentURL != tt.permanent {
				t.Errorf("final %q, permanent %q; want %q, %q", res.FinalURL, res.PermanentURL, url+tt.final, tt.permanent)
			}
		})
	}
}

// TestFetchRedirectInside sends the fetcher to the inside: no byte may reach it.
func TestFetchRedirectInside(t *testing.T) {
	tr := newTrap(t)
	f, url := fetchFrom(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("u"))
		w.WriteHeader(http.StatusFound)
	})
	// The server itself is allowed by address and port only.
	f.cfg.Guard.Allow = []string{strings.TrimPrefix(url, "http://")}
	for _, target := range []string{
		"http://127.0.0.1:" + tr.port() + "/", "http://localhost:" + tr.port() + "/", "http://localhost.:" + tr.port() + "/",
		"http://2130706433:" + tr.port() + "/", "http://0x7f.1:" + tr.port() + "/", "http://[::ffff:127.0.0.1]:" + tr.port() + "/",
		"http://[::1]:" + tr.port() + "/", "http://0.0.0.0:" + tr.port() + "/", "http://169.254.169.254/latest/meta-data/",
		"https://10.0.0.1/", "http://100.64.0.1/", "http://[fd00::1]/", "http://[64:ff9b::7f00:1]/", "http://user:pw@127.0.0.1:" + tr.port() + "/",
	} {
		_, err := f.Fetch(context.Background(), Request{URL: url + "/?u=" + strings.ReplaceAll(target, "&", "%26")})
		fe := wantReason(t, err, ReasonSSRF)
		if fe.Temporary() || strings.Contains(err.Error(), "pw@") || !strings.Contains(err.Error(), "ingest.allow_private") {
			t.Errorf("%s: %v", target, err)
		}
	}
	if n := tr.conns.Load(); n != 0 {
		t.Errorf("%d connections reached the inside", n)
	}
}

func TestFetchStatus(t *testing.T) {
	for _, tt := range []struct {
		status     int
		retryAfter string
		wait       time.Duration
		temporary  bool
		say        string
	}{
		{403, "", 0, false, "ingest.user_agent"},
		{404, "", 0, false, "new address"},
		{410, "", 0, false, "drop the feed"},
		{429, "120", 2 * time.Minute, true, "ingest.every"},
		{429, "-5", 0, true, ""},
		{429, "99999999999999999999", maxHeaderDelay, true, ""},
		{503, "Tue, 17 Feb 2026 10:10:00 GMT", 10 * time.Minute, true, "later"},
		{503, "soon", 0, true, ""},
		{500, "", 0, true, "later"},
		{206, "", 0, false, ""},
	} {
		t.Run(fmt.Sprint(tt.status, " ", tt.retryAfter), func(t *testing.T) {
			f, url := fetchFrom(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", "Tue, 17 Feb 2026 10:00:00 GMT")
				w.Header().Set("Retry-After", tt.retryAfter)
				w.WriteHeader(tt.status)
			})
			_, err := f.Fetch(context.Background(), Request{URL: url})
			fe := wantReason(t, err, ReasonStatus)
			if fe.Status != tt.status || fe.RetryAfter != tt.wait || fe.Temporary() != tt.temporary || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("got %v, retry after %v, temporary %v", err, fe.RetryAfter, fe.Temporary())
			}
		})
	}
}

func TestMaxAge(t *testing.T) {
	const date = "Tue, 17 Feb 2026 10:00:00 GMT"
	for _, tt := range []struct {
		name, cacheControl, age, expires string
		want                             time.Duration
	}{
		{"max-age", "public, max-age=900", "", "", 15 * time.Minute},
		{"less its age", "max-age=900", "300", "", 10 * time.Minute},
		{"older than its age", "max-age=900", "1000", "", 0},
		{"no-store wins", "max-age=900, no-store", "", "", 0},
		{"expires by the server's clock", "", "", "Tue, 17 Feb 2026 10:05:00 GMT", 5 * time.Minute},
		{"expires zero", "", "", "0", 0},
		{"max-age over expires", "max-age=60", "", "Tue, 17 Feb 2026 11:00:00 GMT", time.Minute},
		{"a quoted number", `max-age="60"`, "", "", time.Minute},
		{"overflow", "max-age=99999999999999999999", "", "", maxHeaderDelay},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := http.Header{"Date": {date}, "Cache-Control": {tt.cacheControl}, "Age": {tt.age}, "Expires": {tt.expires}}
			if got := maxAge(h); got != tt.want {
				t.Errorf("maxAge = %v, want %v", got, tt.want)
			}
		})
	}
}

func TestFetchTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked by %s, want HTTP/2", r.Proto)
		}
		_, _ = io.WriteString(w, smallFeed)
	}))
	srv.Config.ErrorLog = quietLog()
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	f := NewFetcher(FetcherConfig{Guard: &Guard{Allow: []string{"127.0.0.1"}}})
	defer f.Close()
	_, err := f.Fetch(context.Background(), Request{URL: srv.URL})
	wantReason(t, err, ReasonTLS)
	trusting := NewFetcher(FetcherConfig{Guard: &Guard{Allow: []string{"127.0.0.1"}},
		tls: &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}})
	defer trusting.Close()
	if res, err := trusting.Fetch(context.Background(), Request{URL: srv.URL}); err != nil || string(res.Body) != smallFeed {
		t.Errorf("a certificate that is trusted: %+v, %v", res, err)
	}
	_, err = f.Fetch(context.Background(), Request{URL: strings.Replace(srv.URL, "https:", "ftp:", 1)})
	wantReason(t, err, ReasonScheme)
	_, err = f.Fetch(context.Background(), Request{URL: "http://%zz"})
	wantReason(t, err, ReasonScheme)
}

// TestFetchIPv6: an address of the new kind is asked for as any other.
func TestFetchIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here:", err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, rss()) }))
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	defer srv.Close()
	f := NewFetcher(FetcherConfig{Guard: &Guard{Allow: []string{"::1"}}})
	defer f.Close()
	resp, err := f.Fetch(t.Context(), Request{URL: srv.URL})
	if err != nil || string(resp.Body) != rss() {
		t.Errorf("fetched %v, %v", resp, err)
	}
}
