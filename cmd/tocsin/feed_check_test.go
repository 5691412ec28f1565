package main

import (
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

const checkedFeed = `<?xml version="1.0"?><rss version="2.0"><channel><title>The Wire</title><language>en</language>%s
<item><title>Rain ends drought</title><guid>1</guid><link>/news/1</link><pubDate>Mon, 09 Mar 2026 10:00:00 GMT</pubDate></item></channel></rss>`

// checkServer is a site with a feed in every state that a check tells of.
func checkServer(t *testing.T) *httptest.Server {
	feed := func(w http.ResponseWriter, elements string) {
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprintf(w, checkedFeed, elements)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/feed", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Last-Modified", "Mon, 09 Mar 2026 10:00:00 GMT")
		if r.Header.Get("If-None-Match") == `"v1"` && r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/rss+xml")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, checkedFeed, "")
		z.Close()
	})
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://me:secret@"+r.Host+"/feed", http.StatusMovedPermanently)
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/plain", http.StatusFound) })
	mux.HandleFunc("/lost", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/nowhere", http.StatusPermanentRedirect)
	})
	mux.HandleFunc("/circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) })
	mux.HandleFunc("/plain", func(w http.ResponseWriter, _ *http.Request) { feed(w, "") })
	mux.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		feed(w, "<ttl>1440</ttl><skipHours><hour>1</hour><hour>2</hour></skipHours><skipDays><day>Sunday</day></skipDays>")
	})
	mux.HandleFunc("/cached", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "max-age=1800")
		w.Header().Set("ETag", `"never the same"`)
		feed(w, "")
	})
	mux.HandleFunc("/hub", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", `<https://hub.example/>; rel="hub"`)
		feed(w, "")
	})
	mux.HandleFunc("/just", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", "Mon, 09 Mar 2026 10:00:00 GMT")
		w.Header().Set("Last-Modified", "Mon, 09 Mar 2026 10:00:00 GMT")
		feed(w, "")
	})
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(checkedFeed)+100))
		feed(w, "")
	})
	mux.HandleFunc("/escapes", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "x=\"\u202e\u009b31m\"")
		feed(w, "")
	})
	mux.HandleFunc("/often", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	mux.HandleFunc("/gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

// feedConfig writes a configuration that lets feeds be on loopback.
func feedConfig(t *testing.T, lines string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte("ingest:\n  allow_private: [127.0.0.1]\n"+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The whole report of a feed that has moved, with a password on the way.
func TestFeedCheckReport(t *testing.T) {
	srv := checkServer(t)
	code, out, errs := runHere(t, "", "feed", "check", srv.URL+"/moved", "--config", feedConfig(t, ""))
	if code != exitOK || errs != "" {
		t.Errorf("code %d: %s", code, errs)
	}
	const want = `GET http://SITE/moved
  301 Moved Permanently (HTTP/1.1)
  Location: http://me:xxxxx@SITE/feed
  Content-Type: text/html; charset=utf-8
GET http://me:xxxxx@SITE/feed
  200 OK (HTTP/1.1)
  Content-Type: application/rss+xml
  Content-Encoding: gzip
  ETag: "v1"
  Last-Modified: Mon, 09 Mar 2026 10:00:00 GMT

redirect     permanent, to http://me:xxxxx@SITE/feed: the poller asks there at once when it has led there in 3 polls or for 24h
body         239 bytes, N on the wire (gzip), application/rss+xml
title        The Wire
language     en
polled       every 9m to 11m: ingest.every is 10m; up to 1h6m while nothing new comes
websub       no hub
validators   ETag "v1", Last-Modified Mon, 09 Mar 2026 10:00:00 GMT: they work, asked again with them the server says 304
items        1 item, the newest of 2026-03-09 10:00 UTC

2026-03-09 10:00  Rain ends drought
                  http://SITE/news/1

a good feed: http://me:xxxxx@SITE/feed
`
	out = strings.ReplaceAll(out, strings.TrimPrefix(srv.URL, "http://"), "SITE")
	// What gzip makes of it changes with Go.
	out = regexp.MustCompile(`\d+ on the wire`).ReplaceAllString(out, "N on the wire")
	if d := gocmp.Diff(want, out); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestFeedCheckDecisions(t *testing.T) {
	srv := checkServer(t)
	config := feedConfig(t, "  feeds:\n    - {url: "+srv.URL+"/plain, id: own, every: 5m, language: fr}\n")
	hubs := feedConfig(t, "  websub: {callback: https://me.example/websub/}\n")
	for _, tt := range []struct {
		name, feed, config string
		code               int
		want               []string // lines of both outputs, without the site
	}{
		{"a temporary redirect", "/away", config, exitOK, []string{
			"  302 Found (HTTP/1.1)", "redirect     temporary, to /plain: the poller goes on asking at /away", "validators   none: the whole body comes with each poll", "a good feed: /plain"}},
		{"a permanent redirect to nothing", "/lost", config, exitFailed, []string{
			"  308 Permanent Redirect (HTTP/1.1)", "  404 Not Found (HTTP/1.1)", "redirect     to no feed: never followed for good", "polled       again in 30m to 1h, if this were a poll",
			"tocsin: no feed: fetch /nowhere: status 404, *"}},
		{"a circle", "/circle", config, exitFailed, []string{
			"polled       again in 10m to 20m, if this were a poll", "tocsin: no feed: fetch /circle: more than 10 redirects; correct the feed's address"}},
		{"a feed that wants to be left alone", "/slow", config, exitOK, []string{
			"polled       every 6h to 6h36m: ingest.every is 10m, the feed asks for 24h, which is more than is heeded",
			"             not in the hours 1 2 GMT (skipHours)", "             not on Sunday GMT (skipDays)"}},
		{"a server that asks for a pause, and forgets its ETag", "/cached", config, exitOK, []string{
			"polled       every 30m to 33m: ingest.every is 10m, the server asks for 30m; up to 1h6m while nothing new comes",
			"  Cache-Control: max-age=1800", `validators   ETag "never the same": they do not work, the server sends the same body again`}},
		{"by id, with a time and a language of its own", "own", config, exitOK, []string{
			"language     fr", "polled       every 4m30s to 5m30s: its own every is 5m"}},
		{"a hub that nobody may call", "/hub", config, exitOK, []string{
			`  Link: <https://hub.example/>; rel="hub"`, "websub       https://hub.example/ would tell of changes; only polled, since ingest.websub.callback is not set"}},
		{"a hub", "/hub", hubs, exitOK, []string{"websub       https://hub.example/ tells of changes, and the poller asks it to"}},
		{"changed this very second", "/just", config, exitOK, []string{"validators   not kept: changed within the second that Last-Modified names, and may do so again"}},
		{"a broken connection", "/cut", config, exitFailed, []string{
			"problem      the answer broke off, or did not end in time, after 239 bytes", "validators   not kept, since the body is damaged: *", "tocsin: /cut is damaged: *"}},
		{"escapes of a terminal", "/escapes", config, exitOK, []string{`  Cache-Control: x="` + "\ufffd" + `31m"`}},
		{"asked too often", "/often", config, exitFailed, []string{
			"  Retry-After: 7200", "polled       again in 2h, if this were a poll", "tocsin: no feed: fetch /often: status 429, asked too often; raise ingest.every for this feed"}},
		{"gone", "/gone", config, exitFailed, []string{"polled       again in 30d to 33d, if this were a poll"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			feed := tt.feed
			if strings.HasPrefix(feed, "/") {
				feed = srv.URL + feed
			}
			code, out, errs := runHere(t, "", "feed", "check", feed, "--config", tt.config, "--data", t.TempDir())
			all := strings.ReplaceAll(out+errs, srv.URL, "")
			if code != tt.code {
				t.Errorf("code %d, want %d\n%s", code, tt.code, all)
			}
			for _, want := range tt.want {
				head, open := strings.CutSuffix(want, "*")
				if open && !strings.Contains("\n"+all, "\n"+head) || !open && !strings.Contains("\n"+all, "\n"+want+"\n") {
					t.Errorf("no line %q in\n%s", want, all)
				}
			}
		})
	}
}

// Every command explains itself, and its examples are commands.
func TestFeedHelp(t *testing.T) {
	n := 0
	for _, c := range []string{"", " ls", " check", " add", " rm", " pause", " resume", " import", " export", " parse"} {
		code, out, errs := runHere(t, "", strings.Fields("feed"+c+" --help")...)
		if code != exitOK || errs != "" || !strings.HasPrefix(out, "Usage: tocsin feed"+c) {
			t.Errorf("tocsin feed%s --help: code %d\n%s%s", c, code, out, errs)
		}
		for line := range strings.Lines(out) {
			if len([]rune(line)) > 101 {
				t.Errorf("tocsin feed%s --help: a line of %d characters: %s", c, len([]rune(line)), line)
			}
			_, example, ok := strings.Cut(line, "    tocsin ")
			if !ok {
				continue
			}
			for part := range strings.SplitSeq(strings.ReplaceAll("tocsin "+example, "xargs ", ""), "|") {
				part, _, _ = strings.Cut(part, ">")
				args := strings.Fields(part)
				if len(args) == 0 || args[0] != "tocsin" {
					continue
				}
				n++
				if strings.Contains(example, "xargs") {
					args = append(args, "some-id")
				}
				// With --help after it, a command line is parsed and not run.
				if code, _, errs := runHere(t, "", append(args[1:], "--help")...); code != exitOK {
					t.Errorf("%s: code %d\n%s", part, code, errs)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("%d examples found, there are more", n)
	}
}
