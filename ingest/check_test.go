package ingest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// What a check foretells is what a poll does.
func TestCheckForetellsPolls(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	channel := func(elements string) string {
		return strings.Replace(rss(item("a", "Rain", "It rains.", monday)), "<link>", elements+"<link>", 1)
	}
	for i, tt := range []struct {
		name  string
		every time.Duration
		serve http.HandlerFunc
	}{
		{"a plain feed", 0, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, channel("")) }},
		{"one with a time of its own", time.Hour, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, channel("")) }},
		{"a server that asks for half an hour", 0, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", "max-age=1800")
			fmt.Fprint(w, channel(""))
		}},
		{"a feed that asks for more than it gets", 0, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, channel("<ttl>1440</ttl>")) }},
		{"not there", 0, http.NotFound},
		{"gone", 0, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }},
		{"asked too often", 0, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
		}},
		{"broken", 2 * time.Minute, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{"a page", 0, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<!doctype html><html></html>") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.serve(tt.serve)
			f := Feed{URL: srv.URL + "/feed.xml", ID: fmt.Sprint("f", i), Every: tt.every}
			fetcher := r.cfg.NewFetcher()
			defer fetcher.Close()
			var want Wait
			resp, err := fetcher.Fetch(t.Context(), Request{URL: f.URL})
			if err == nil {
				var p *Parsed
				if p, err = r.cfg.Read(f, resp, r.at); err == nil {
					want = r.cfg.Wait(f, resp.MaxAge, p.TTL)
				}
			}
			if err != nil {
				want = r.cfg.Retry(f, f.URL, err)
			}
			v := r.poll(t.Context(), f, r.cfg, r.fetcher, false)
			if got := v.due.Sub(r.at); got < want.Soonest || got > want.Latest || want.Soonest == 0 {
				t.Errorf("polled again after %v, foretold %v to %v", got, want.Soonest, want.Latest)
			}
			if got, want := fmt.Sprint(v.err), fmt.Sprint(err); got != want {
				t.Errorf("the poll's error is %s, the check's %s", got, want)
			}
		})
	}
}

func TestReadAsPolled(t *testing.T) {
	t.Parallel()
	srv := newFeedServer(t)
	r := newRig(t, bustest.New(t), srv.URL+"/feed.xml")
	fetcher := r.cfg.NewFetcher()
	defer fetcher.Close()
	whole := rss(item("a", "Rain", "It rains.", monday), item("b", "Sun", "It shines.", monday))
	for _, tt := range []struct {
		name, body string
		cut        bool
		partial    bool
	}{
		{"whole", whole, false, false},
		{"damaged", whole[:len(whole)-150], false, true},
		{"cut off on the way", whole, true, true},
		{"cut off before it says anything", "<?xml", true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv.serve(func(w http.ResponseWriter, _ *http.Request) {
				if tt.cut {
					w.Header().Set("Content-Length", fmt.Sprint(len(tt.body)+10))
				}
				fmt.Fprint(w, tt.body)
			})
			r.feed.ID = bus.Token(tt.name)
			resp, err := fetcher.Fetch(t.Context(), Request{URL: r.feed.URL})
			if err != nil {
				t.Fatal(err)
			}
			var want []Article
			p, err := r.cfg.Read(r.feed, resp, r.at)
			if err == nil {
				want = p.Articles
			}
			if d := cmp.Diff(len(want), len(r.pollOnce())); d != "" {
				t.Errorf("items (-read +polled)\n%s", d)
			}
			st := r.state()
			if st.Partial != tt.partial || err == nil && p.Partial != tt.partial {
				t.Errorf("partial: polled %v, read %+v; want %v", st.Partial, p, tt.partial)
			}
			if err != nil && (st.Reason != ReasonTruncated || st.LastError != err.Error()) {
				t.Errorf("polled %s %q, read %v", st.Reason, st.LastError, err)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Feeds = []Feed{{URL: "https://conf.example/feed", ID: "conf"}}
	listed := map[string]Listed{
		"list":   {Feed: Feed{URL: "https://me:secret@list.example/feed", ID: "list"}},
		"paused": {Feed: Feed{ID: "paused"}, Paused: true},
	}
	long := "https://long.example/" + strings.Repeat("a", 80)
	plan, err := cfg.Plan(listed, []Feed{
		{URL: "https://new.example/rss.xml"},
		{URL: "https://conf.example/feed", ID: "other"},
		{URL: "https://me:secret@list.example/feed"},
		{URL: "https://new.example/rss.xml", ID: "again"},
		{URL: "https://other.example/", ID: "list"},
		{URL: "https://other.example/", ID: "paused"},
		{URL: "ftp://me:secret@other.example/"},
		{URL: long + "1"}, {URL: long + "2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range plan {
		switch {
		case p.Err != nil:
			got = append(got, p.Err.Error())
		case p.There.URL != "":
			got = append(got, "there as "+p.There.ID)
		default:
			got = append(got, p.ID)
		}
	}
	if d := cmp.Diff([]string{
		"new-example", "there as conf", "there as list", "there as new-example",
		"id list is that of https://me:xxxxx@list.example/feed: give another",
		"id paused is that of a paused feed of a configuration, until 'tocsin feed resume paused': give another",
		`url "ftp://me:xxxxx@other.example/": write a whole http or https address`,
		plan[7].ID, plan[8].ID,
	}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if plan[7].ID == plan[8].ID {
		t.Errorf("two feeds have the id %s", plan[7].ID)
	}
}

// Two commands at one time: what was planned is not there any more.
func TestAddOnce(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	l, err := OpenList(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := DefaultConfig().Plan(nil, []Feed{{URL: "https://new.example/rss.xml"}, {URL: "nonsense"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Add(t.Context(), plan[0]); err != nil {
		t.Fatal(err)
	}
	if err := l.Add(t.Context(), plan[0]); !errors.Is(err, ErrListed) || errors.Is(err, jetstream.ErrKeyExists) {
		t.Errorf("added twice: %v", err)
	}
	if err := l.Add(t.Context(), plan[1]); err == nil {
		t.Error("what cannot be added was")
	}
	all, err := l.All(t.Context())
	if err != nil || len(all) != 1 || all["new-example"].URL != plan[0].URL {
		t.Errorf("the list is %v, %v", all, err)
	}
}

func TestRedacted(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"https://example.org:8443/@me/feed.xml?a=b:c@d", "https://example.org:8443/@me/feed.xml?a=b:c@d"},
		{"https://me@example.org/", "https://me@example.org/"},
		{"https://me:secret@example.org/feed", "https://me:xxxxx@example.org/feed"},
		{`url "ftp://me:secret@example.org/": write`, `url "ftp://me:xxxxx@example.org/": write`},
		{"http://me:sec/ret@example.org/x: no", "http://me:xxxxx@example.org/x: no"},
		{"http://me:se@cret@example.org/", "http://me:xxxxx@example.org/"},
		{"a http://a:secret@x/ and\thttp://:secret@y/", "a http://a:xxxxx@x/ and\thttp://:xxxxx@y/"},
		{"no address: secret@all, not even ://", "no address: secret@all, not even ://"},
		{"", ""},
	} {
		if got := Redacted(tt.in); got != tt.want {
			t.Errorf("Redacted(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := Redacted(Redacted(tt.in)); again != tt.want {
			t.Errorf("Redacted twice (%q) = %q, want %q", tt.in, again, tt.want)
		}
	}
}

// A password is hidden whatever is in it.
func TestRedactedAnyPassword(t *testing.T) {
	const chars = "ab1:/?#@%&=[]\"'<>|\\^"
	for range 2000 {
		secret := "s3cret"
		for range 1 + rand.N(6) {
			secret += string(chars[rand.N(len(chars))])
		}
		in := "https://me:" + secret + "@example.org/feed"
		if got := Redacted(in); strings.Contains(got, "s3cret") {
			t.Errorf("Redacted(%q) = %q", in, got)
		}
	}
}
