package fulltext

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const story = `<html lang=en><head><title>Raid on the depot at Senn</title></head><body><article>
<p>Raiders burned the fuel depot at Senn before dawn on Friday and drove off with two of its lorries, the governor said in a statement.</p>
<p>Two watchmen were killed and a third is missing, according to the governor; the depot served the garrison and most of the farms around.</p>
</article></body></html>`

func page(body string) *Page {
	return &Page{Status: 200, ContentType: "text/html; charset=utf-8", Body: []byte(body)}
}

// site is a web site that counts what is asked of it.
type site struct {
	*httptest.Server
	mu   sync.Mutex
	hits map[string]int
}

func serve(t *testing.T, pages map[string]http.HandlerFunc) *site {
	s := &site{hits: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.hits[r.URL.Path]++
		s.mu.Unlock()
		h := pages[r.URL.Path]
		if h == nil {
			h = http.NotFound
		}
		h(w, r)
	}))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

func (s *site) asked(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hits[path]
}

func says(contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		io.WriteString(w, body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

var (
	robotsTxt = func(s string) http.HandlerFunc { return says("text/plain", s) }
	theStory  = says("text/html; charset=utf-8", story)
)

// fetcher asks loopback servers, without a pause worth waiting for.
func fetcher(t *testing.T, change ...func(*Config)) *Fetcher {
	tr := &http.Transport{DisableKeepAlives: true} // on a kept connection the client asks twice
	t.Cleanup(tr.CloseIdleConnections)
	client := &http.Client{Transport: tr}
	cfg := Config{
		UserAgent: "Tocsin/1 (test)",
		MaxBytes:  1 << 20,
		PerHost:   time.Nanosecond,
		Get: func(ctx context.Context, url, accept string, maxBytes int64) (*Page, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return nil, err
			}
			req.Header.Set("Accept", accept)
			resp, err := client.Do(req)
			if err != nil {
				return nil, err
			}
			defer resp.Body.Close()
			p := &Page{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), FinalURL: resp.Request.URL.String()}
			p.Body, err = io.ReadAll(io.LimitReader(resp.Body, maxBytes+1))
			if p.Truncated = int64(len(p.Body)) > maxBytes; p.Truncated {
				p.Body = p.Body[:maxBytes]
			}
			return p, err
		},
	}
	for _, c := range change {
		c(&cfg)
	}
	return New(cfg)
}

// reasonOf is the reason of err, or "" for none; errors of other types fail.
func reasonOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is no *Error: %v", err, err)
	}
	if !slices.Contains(Reasons, e.Reason) {
		t.Fatalf("reason %q is not on the list", e.Reason)
	}
	return e.Reason
}

func TestReasons(t *testing.T) {
	forbidsAll := robotsTxt("User-agent: *\nDisallow: /")
	elsewhere := serve(t, map[string]http.HandlerFunc{"/robots.txt": robotsTxt("User-agent: *\nDisallow: /private"), "/private": theStory, "/": theStory, "/open": theStory})
	redirect := func(to string) http.HandlerFunc { return http.RedirectHandler(to, http.StatusFound).ServeHTTP }
	for _, tt := range []struct {
		name        string
		robots, art http.HandlerFunc
		want        string
		requests    int // of the page
	}{
		{"a story", robotsTxt("User-agent: *\nDisallow: /private"), theStory, "", 1},
		{"robots.txt forbids everything", forbidsAll, theStory, ReasonRobots, 0},
		{"robots.txt forbids it to us alone", robotsTxt("User-agent: tocsin\nDisallow: /a\n\nUser-agent: *\nAllow: /"), theStory, ReasonRobots, 0},
		{"robots.txt forbids it to all but us", robotsTxt("User-agent: *\nDisallow: /\n\nUser-agent: TOCSIN\nDisallow:"), theStory, "", 1},
		{"robots.txt has an error", status(500), theStory, ReasonRobotsDown, 0},
		{"robots.txt asks for a rest", status(429), theStory, ReasonRobotsDown, 0},
		{"robots.txt breaks off", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, theStory, ReasonRobotsDown, 0},
		{"no robots.txt", status(404), theStory, "", 1},
		{"robots.txt is not for us", status(403), theStory, "", 1},
		{"the page is gone", nil, status(404), ReasonStatus, 1},
		{"the page has an error", nil, status(500), ReasonStatus, 1},
		{"the page breaks off", nil, func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, ReasonFetch, 1},
		{"a PDF file", nil, says("application/pdf", "%PDF-1.7 "+story), ReasonNotHTML, 1},
		{"a PDF file that calls itself HTML", nil, says("text/html", "%PDF-1.7 "+story), ReasonNotHTML, 1},
		{"XHTML", nil, says("application/xhtml+xml", `<?xml version="1.0"?>`+story), "", 1},
		{"a captcha", nil, says("text/html", "<title>Just a moment</title><h1>Are you human?</h1><p>Press and hold the button, please.</p>"), ReasonTooShort, 1},
		{"a paywall", nil, says("text/html", `<script type="application/ld+json">{"@context":"https://schema.org","isAccessibleForFree":"False"}</script><p>Subscribe to go on reading this story.</p>`), ReasonPaywall, 1},
		{"deep nesting", nil, says("text/html", strings.Repeat("<div>", 200_000)), ReasonTangled, 1},
		{"two megabytes", nil, says("text/html", strings.Repeat(" ", 2<<20)+story), ReasonTooLarge, 1},
		{"moved to where it may be read", nil, redirect(elsewhere.URL + "/open"), "", 1},
		{"moved to where it may not", nil, redirect(elsewhere.URL + "/private"), ReasonRobots, 1},
		{"moved to where it may not, at home", robotsTxt("User-agent: *\nDisallow: /private"), redirect("/private"), ReasonRobots, 1},
		{"moved to the front page", nil, redirect(elsewhere.URL), ReasonElsewhere, 1},
		{"moved in a circle", nil, redirect("/a"), ReasonFetch, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, map[string]http.HandlerFunc{"/robots.txt": tt.robots, "/a": tt.art, "/private": theStory})
			f := fetcher(t)
			text, err := f.Text(t.Context(), s.URL+"/a#top", 0)
			if got := reasonOf(t, err); got != tt.want {
				t.Fatalf("reason %q (%v), want %q", got, err, tt.want)
			}
			if got := s.asked("/a"); got != tt.requests {
				t.Errorf("the page was asked for %d times, want %d", got, tt.requests)
			}
			if got := s.asked("/robots.txt"); got != 1 {
				t.Errorf("robots.txt was asked for %d times, want once", got)
			}
			if err != nil {
				if s := err.Error(); strings.Contains(s, "  ") || strings.Contains(s, ";;") || len(s) < 40 {
					t.Errorf("the message is %q", s)
				}
				return
			}
			if text.Title != "Raid on the depot at Senn" || text.Language != "en" || !strings.Contains(text.Body, "Two watchmen were killed") {
				t.Errorf("got %+v", text)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	f := New(Config{Get: func(context.Context, string, string, int64) (*Page, error) {
		t.Error("asked")
		return nil, nil
	}})
	for _, u := range []string{"", "a", "file:///etc/passwd", "javascript:alert(1)", "http://", "http://[::1", "ftp://h/a", "//h/a"} {
		_, err := f.Text(t.Context(), u, 0)
		if got := reasonOf(t, err); got != ReasonAddress {
			t.Errorf("%q: reason %q, want %q", u, got, ReasonAddress)
		}
	}
}

func TestShorterThanTheTeaser(t *testing.T) {
	s := serve(t, map[string]http.HandlerFunc{"/a": theStory})
	f := fetcher(t)
	if _, err := f.Text(t.Context(), s.URL+"/a", 200); err != nil {
		t.Fatal(err)
	}
	_, err := f.Text(t.Context(), s.URL+"/a", 2000)
	if got := reasonOf(t, err); got != ReasonTooShort {
		t.Errorf("reason %q, want %q", got, ReasonTooShort)
	}
	if n := s.asked("/a"); n != 1 {
		t.Errorf("asked %d times, want once", n)
	}
}

func TestEncodings(t *testing.T) {
	const word = "Über die Straße"
	latin1 := strings.NewReplacer("Ü", "\xdc", "ß", "\xdf").Replace(word)
	for name, s := range map[string]http.HandlerFunc{
		"of the header": says("text/html; charset=iso-8859-1", strings.Replace(story, "Raiders", latin1, 1)),
		"of the page":   says("text/html", `<meta charset="windows-1252">`+strings.Replace(story, "Raiders", latin1, 1)),
		"of nobody":     says("text/html", strings.Replace(story, "Raiders", word, 1)),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := fetcher(t).Text(t.Context(), serve(t, map[string]http.HandlerFunc{"/a": s}).URL+"/a", 0)
			if err != nil || !strings.Contains(text.Body, word) {
				t.Errorf("%v, %q", err, text.Body)
			}
		})
	}
}

// An endless robots.txt is read to its limit and no further.
func TestEndlessRobots(t *testing.T) {
	line := []byte(strings.Repeat("Disallow: /x\n", 1000))
	var sent int64
	s := serve(t, map[string]http.HandlerFunc{"/a": theStory, "/robots.txt": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "User-agent: *\nDisallow: /x\n")
		for sent < 1<<30 && r.Context().Err() == nil {
			n, err := w.Write(line)
			if err != nil {
				return
			}
			sent += int64(n)
		}
	}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := fetcher(t).Text(t.Context(), s.URL+"/a", 0); err != nil {
		t.Error(err)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 64 {
		t.Errorf("%d MB were allocated for it", got)
	}
	s.CloseClientConnections()
	s.Close() // waits for the handler
	if sent > 256<<20 {
		t.Errorf("%d MB were sent", sent>>20)
	}
}

func TestTwoCallsOneRequest(t *testing.T) {
	asked, answer := make(chan bool), make(chan bool)
	s := serve(t, map[string]http.HandlerFunc{"/a": func(w http.ResponseWriter, r *http.Request) {
		close(asked) // panics if it comes twice
		<-answer
		theStory(w, r)
	}})
	f := fetcher(t)
	var wg sync.WaitGroup
	get := func() {
		if _, err := f.Text(t.Context(), s.URL+"/a", 0); err != nil {
			t.Error(err)
		}
	}
	wg.Go(get)
	<-asked
	for range 5 {
		wg.Go(get)
	}
	close(answer)
	wg.Wait()
	get() // from memory
	if a, r := s.asked("/a"), s.asked("/robots.txt"); a != 1 || r != 1 {
		t.Errorf("%d requests for the page, %d for robots.txt, want one each", a, r)
	}
}

// pretend is a Get without a network, for tests by a clock that does not run.
type pretend struct {
	mu     sync.Mutex
	robots func() (*Page, error)
	page   func(ctx context.Context, url string) (*Page, error)
	log    []string // when and what
	start  time.Time
}

func (p *pretend) get(ctx context.Context, url, _ string, _ int64) (*Page, error) {
	p.mu.Lock()
	p.log = append(p.log, fmt.Sprintf("%v %s", time.Since(p.start), strings.TrimPrefix(url, "http://h")))
	p.mu.Unlock()
	if strings.HasSuffix(url, "/robots.txt") {
		return p.robots()
	}
	if p.page != nil {
		return p.page(ctx, url)
	}
	return page(story), nil
}

func bubble(t *testing.T, robots func() (*Page, error), test func(t *testing.T, p *pretend, f *Fetcher)) {
	synctest.Test(t, func(t *testing.T) {
		p := &pretend{robots: robots, start: time.Now()}
		test(t, p, New(Config{Get: p.get, PerHost: 3 * time.Second}))
	})
}

func text(s string) func() (*Page, error) {
	return func() (*Page, error) { return &Page{Status: 200, Body: []byte(s)}, nil }
}

func (p *pretend) want(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(p.log, want) {
		t.Errorf("requests\n got %q\nwant %q", p.log, want)
	}
}

func TestPauses(t *testing.T) {
	t.Run("ours, where the host names none", func(t *testing.T) {
		bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
			var wg sync.WaitGroup
			for i := range 3 { // at once, one after another
				wg.Go(func() { f.Text(t.Context(), fmt.Sprintf("http://h/%d", i), 0) })
				synctest.Wait()
			}
			wg.Wait()
			p.want(t, "0s /robots.txt", "3s /0", "6s /1", "9s /2")
		})
	})
	t.Run("the host's", func(t *testing.T) {
		bubble(t, text("User-agent: tocsin\nCrawl-delay: 20"), func(t *testing.T, p *pretend, f *Fetcher) {
			f.Text(t.Context(), "http://h/0", 0)
			f.Text(t.Context(), "http://h/1", 0)
			f.Text(t.Context(), "http://other/1", 0) // does not wait for h
			p.want(t, "0s /robots.txt", "20s /0", "40s /1", "40s http://other/robots.txt", "1m0s http://other/1")
		})
	})
	t.Run("but not for days", func(t *testing.T) {
		bubble(t, text("User-agent: *\nCrawl-delay: 86400"), func(t *testing.T, p *pretend, f *Fetcher) {
			f.Text(t.Context(), "http://h/0", 0)
			p.want(t, "0s /robots.txt", "30s /0")
		})
	})
	t.Run("a minute after too many requests", func(t *testing.T) {
		bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
			p.page = func(context.Context, string) (*Page, error) { return &Page{Status: 429}, nil }
			f.Text(t.Context(), "http://h/0", 0)
			f.Text(t.Context(), "http://h/0", 0)
			p.want(t, "0s /robots.txt", "3s /0", "1m3s /0")
		})
	})
	t.Run("none that the caller's time does not allow", func(t *testing.T) {
		bubble(t, text("User-agent: *\nCrawl-delay: 20"), func(t *testing.T, p *pretend, f *Fetcher) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := f.Text(ctx, "http://h/0", 0)
			if got := reasonOf(t, err); got != ReasonTimeout || time.Since(p.start) != 0 {
				t.Errorf("reason %q after %v, want %q at once", got, time.Since(p.start), ReasonTimeout)
			}
		})
	})
}

func TestWhoWaitsCanLeave(t *testing.T) {
	bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
		p.page = func(ctx context.Context, _ string) (*Page, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		hung, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() { f.Text(hung, "http://h/hung", 0) })
		synctest.Wait()
		for _, url := range []string{"http://h/hung", "http://h/other"} { // waits for the flight, for the turn
			ctx, cancel := context.WithCancel(t.Context())
			wg.Go(func() {
				_, err := f.Text(ctx, url, 0)
				if got := reasonOf(t, err); got != ReasonCanceled {
					t.Errorf("%s: reason %q, want %q", url, got, ReasonCanceled)
				}
			})
			synctest.Wait()
			cancel()
			synctest.Wait()
		}
		stop()
		wg.Wait()
		if len(f.flying) != 0 || f.hosts["h"].users != 0 || len(f.hosts["h"].turn) != 0 {
			t.Errorf("left behind: %d flights, %d users", len(f.flying), f.hosts["h"].users)
		}
	})
}

// A call that gives up does not take down those that joined it.
func TestNextCallTakesOver(t *testing.T) {
	bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
		first := true
		p.page = func(ctx context.Context, _ string) (*Page, error) {
			if first {
				first = false
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return page(story), nil
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() { f.Text(ctx, "http://h/a", 0) })
		synctest.Wait()
		_, err := f.Text(t.Context(), "http://h/a", 0)
		wg.Wait()
		if err != nil {
			t.Error(err)
		}
		p.want(t, "0s /robots.txt", "3s /a", "1m3s /a")
	})
}

func TestRobotsAreAskedAgain(t *testing.T) {
	t.Run("a day after an answer", func(t *testing.T) {
		bubble(t, text("User-agent: *\nDisallow: /"), func(t *testing.T, p *pretend, f *Fetcher) {
			for range 5 {
				f.Text(t.Context(), fmt.Sprintf("http://h/%d", len(p.log)), 0)
				time.Sleep(10 * time.Hour)
			}
			p.want(t, "0s /robots.txt", "30h0m0s /robots.txt")
		})
	})
	t.Run("ever later without one", func(t *testing.T) {
		bubble(t, func() (*Page, error) { return nil, errors.New("refused") }, func(t *testing.T, p *pretend, f *Fetcher) {
			for time.Since(p.start) < 4*time.Hour {
				_, err := f.Text(t.Context(), "http://h/a", 0)
				if got := reasonOf(t, err); got != ReasonRobotsDown {
					t.Fatalf("reason %q, want %q", got, ReasonRobotsDown)
				}
				time.Sleep(time.Minute)
			}
			p.want(t, "0s /robots.txt", "10m0s /robots.txt", "30m0s /robots.txt", "1h10m0s /robots.txt", "2h10m0s /robots.txt", "3h10m0s /robots.txt")
		})
	})
}

func TestResultsAreKept(t *testing.T) {
	bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
		gone := true
		p.page = func(_ context.Context, url string) (*Page, error) {
			if gone {
				return &Page{Status: 404}, nil
			}
			return page(story), nil
		}
		f.Text(t.Context(), "http://h/a", 0)
		f.Text(t.Context(), "HTTP://u:p@H:80/a#x", 0) // the same page
		gone = false
		time.Sleep(textsFor)
		if _, err := f.Text(t.Context(), "http://h/a", 0); err != nil {
			t.Error(err)
		}
		f.Text(t.Context(), "http://h/a", 0)
		p.want(t, "0s /robots.txt", "3s /a", "1h0m3s /a")
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{Pages: 10, Get: func(context.Context, string, string, int64) (*Page, error) { return page(story), nil }})
		for i := range 1200 {
			f.Text(t.Context(), fmt.Sprintf("http://h%d/a", i), 0)
		}
		if n := len(f.texts.byKey); n != 10 {
			t.Errorf("%d results are kept, want 10", n)
		}
		if n := len(f.hosts); n > 1000 {
			t.Errorf("%d hosts are remembered", n)
		}
	})
	c := newCache[int](3, 100)
	c.put("a", 1, 40)
	c.put("b", 2, 40)
	c.get("a")
	c.put("c", 3, 40)
	if _, ok := c.get("b"); ok || c.size != 80 || c.order.Len() != 2 {
		t.Errorf("the one not used last stayed: %v", c.byKey)
	}
	c.put("d", 4, 1000)
	if c.size != 0 || len(c.byKey) != 0 {
		t.Errorf("what is larger than everything stayed: %v", c.byKey)
	}
}

// A panic of Get is the caller's, but it must not hold up the next call.
func TestGetMayPanic(t *testing.T) {
	bubble(t, text(""), func(t *testing.T, p *pretend, f *Fetcher) {
		p.page = func(context.Context, string) (*Page, error) { panic("boom") }
		func() {
			defer func() { recover() }()
			f.Text(t.Context(), "http://h/a", 0)
		}()
		p.page = nil
		if _, err := f.Text(t.Context(), "http://h/a", 0); err != nil {
			t.Error(err)
		}
	})
}
