package fulltext

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRobotsRules(t *testing.T) {
	for _, tt := range []struct {
		name, robots, path string
		want               bool
	}{
		{"an empty file forbids nothing", "", "/a", true},
		{"a group for everybody", "User-agent: *\nDisallow: /a", "/a/b", false},
		{"a group for us goes before it", "User-agent: *\nDisallow: /\n\nUser-agent: tocsin\nDisallow: /x", "/a", true},
		{"its order does not count", "User-agent: TOCSIN\nDisallow: /a\n\nUser-agent: *\nAllow: /a", "/a", false},
		{"a name with a version is ours", "User-agent: Tocsin/2.0\nDisallow: /a", "/a", false},
		{"half of our name is somebody else", "User-agent: toc\nDisallow: /a", "/a", true},
		{"a longer name is somebody else", "User-agent: tocsinbot\nDisallow: /a", "/a", true},
		{"two names share a group", "User-agent: other\nUser-agent: tocsin\nDisallow: /a", "/a", false},
		{"two groups of ours are one", "User-agent: tocsin\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: tocsin\nDisallow: /b", "/b", false},
		{"a sitemap does not end a list of names", "User-agent: tocsin\nSitemap: http://x/s.xml\nUser-agent: x\nDisallow: /a", "/a", false},
		{"a delay does", "User-agent: x\nCrawl-delay: 9\nUser-agent: tocsin\nDisallow: /b", "/a", true},
		{"an empty Disallow forbids nothing", "User-agent: *\nDisallow:", "/a", true},
		{"a stray line opens nothing", "Disallow: /x\nwhat?\nUser-agent: *\nCrawl-delay: ten\nDisallow: /a", "/a", false},
		{"the longest rule decides", "User-agent: *\nDisallow: /a\nAllow: /a/b", "/a/b/c", true},
		{"of two as long the one that allows", "User-agent: *\nDisallow: /a\nAllow: /a", "/a", true},
		{"everything, as a star", "User-agent: *\nDisallow: *", "/a", false},
		{"a star within", "User-agent: *\nDisallow: /*/print", "/2026/x/print/1", false},
		{"a pattern begins at the beginning", "User-agent: *\nDisallow: /a*b", "/x/a1b", true},
		{"a dollar is the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf?x", true},
		{"at the end", "User-agent: *\nDisallow: /*.pdf$", "/a.pdf.pdf", false},
		{"a dollar without a star", "User-agent: *\nDisallow: /a$", "/ab", true},
		{"pieces do not overlap", "User-agent: *\nDisallow: /ab*ba$", "/aba", true},
		{"the query counts", "User-agent: *\nDisallow: /*?print=", "/a?print=1", false},
		{"an escape that need not be", "User-agent: *\nDisallow: /%61", "/a", false},
		{"an escape in small letters", "User-agent: *\nDisallow: /a%2fb", "/a%2Fb", false},
		{"a slash is no escaped slash", "User-agent: *\nDisallow: /a%2Fb", "/a/b", true},
		{"a percent sign that begins no escape", "User-agent: *\nDisallow: /100%", "/100%25/x", false},
		{"letters beyond ASCII", "User-agent: *\nDisallow: /ü", "/%c3%bc", false},
		{"a path without a slash", "User-agent: *\nDisallow: a", "/a", false},
		{"comments and odd spacing", "\xef\xbb\xbf user-AGENT :\t* # all\r\rDISALLOW:/a#x", "/a", false},
		{"a page of HTML", "<!DOCTYPE html><p style=\"color: red\">Not found", "/a", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			u, err := url.Parse("http://h" + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			r := answer(&Page{Status: 200, Body: []byte(tt.robots)}, nil, "Tocsin", 0)
			if got := r.allows(u); got != tt.want {
				t.Errorf("%q allows %q: %v, want %v (rules %+v)", tt.robots, tt.path, got, tt.want, r.rules)
			}
		})
	}
}

func TestRobotsAnswers(t *testing.T) {
	all := "User-agent: *\nDisallow: /"
	for _, tt := range []struct {
		name string
		page *Page
		err  error
		want string
	}{
		{"200 counts", &Page{Status: 200, Body: []byte(all)}, nil, "forbidden"},
		{"404 allows", &Page{Status: 404, Body: []byte(all)}, nil, "allowed"},
		{"401 allows", &Page{Status: 401}, nil, "allowed"},
		{"403 allows", &Page{Status: 403}, nil, "allowed"},
		{"redirects without end allow", &Page{Status: 302}, nil, "allowed"},
		{"429 is a plea to wait", &Page{Status: 429}, nil, "down"},
		{"503 forbids for now", &Page{Status: 503}, nil, "down"},
		{"so does silence", nil, errors.New("refused"), "down"},
		{"half a line at the limit is dropped", &Page{Status: 200, Truncated: true, Body: []byte("User-agent: *\nDisallow: /x\nDisallow: /")}, nil, "allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := answer(tt.page, tt.err, "Tocsin", 0)
			got := "allowed"
			if r.err != nil {
				got = "down"
			} else if !r.allows(&url.URL{Path: "/a"}) {
				got = "forbidden"
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestRobotsCrawlDelay(t *testing.T) {
	for in, want := range map[string]time.Duration{"5": 5 * time.Second, "0.5": 500 * time.Millisecond, "86400": maxCrawlDelay, "1e300": maxCrawlDelay, "Inf": maxCrawlDelay, "-1": 0, "NaN": 0, "5s": 0} {
		if _, got := parseRobots([]byte("User-agent: *\nCrawl-delay: "+in), "Tocsin"); got != want {
			t.Errorf("Crawl-delay %s is %v, want %v", in, got, want)
		}
	}
}

// A file of as many names as rules makes a parser that keeps every group hold
// their product: gigabytes of half a megabyte.
func TestRobotsManyGroups(t *testing.T) {
	var b bytes.Buffer
	for i := 0; b.Len() < robotsBytes/2; i++ {
		fmt.Fprintf(&b, "User-agent:%d\n", i)
	}
	b.WriteString("User-agent:*\n")
	for b.Len() < robotsBytes {
		b.WriteString("Allow:/\n")
	}
	n := testing.AllocsPerRun(1, func() { parseRobots(b.Bytes(), "Tocsin") })
	if limit := float64(b.Len()); n > limit {
		t.Errorf("%v allocations for %d bytes", n, b.Len())
	}
}

func FuzzRobots(f *testing.F) {
	f.Add("User-agent: *\nDisallow: /*a*b$\nAllow: /%61\nCrawl-delay: 3", "/a%2fb?c")
	f.Add("", "/a%a%44ffCc")
	f.Fuzz(func(t *testing.T, file, path string) {
		r := answer(&Page{Status: 200, Body: []byte(file)}, nil, "Tocsin", 0)
		if r.delay < 0 || r.delay > maxCrawlDelay {
			t.Errorf("delay %v", r.delay)
		}
		r.allows(&url.URL{Path: path, RawQuery: path})
		once := normalPath(path)
		if twice := normalPath(once); twice != once {
			t.Errorf("normalPath(%q) = %q, and of that %q", path, once, twice)
		}
		// A path matches itself, its beginning, and "*".
		if !strings.ContainsAny(once, "*$") && (!matches(once, once) || !matches(once[:len(once)/2], once) || !matches(once+"$", once)) {
			t.Errorf("%q does not match itself", once)
		}
		if !matches("*", once) || !matches("", once) {
			t.Errorf("%q does not match everything", once)
		}
	})
}
