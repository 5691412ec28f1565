package demo

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"
)

// item is what the tests need to know of one item of a feed.
type item struct {
	id, url, title, text string
	published            time.Time
}

// wholeItem finds the good items of the malformed feed; the broken one has no
// guid and no proper end.
var wholeItem = regexp.MustCompile(`(?s)<item>\n<title>([^<]*)</title>\n<link>([^<]*)</link>\n<guid isPermaLink="false">([^<]*)</guid>\n<pubDate>([^<]*)</pubDate>\n<description>([^<]*)</description>\n</item>`)

// read returns the items of one phase, and the format as gofeed names it.
func read(t *testing.T, f Feed, p phase) (format string, items []item) {
	t.Helper()
	if f.Name == Malformed {
		for _, m := range wholeItem.FindAllSubmatch(p.body, -1) {
			when, err := time.Parse(time.RFC1123Z, string(m[4]))
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
			items = append(items, item{string(m[3]), string(m[2]), string(m[1]), string(m[5]), when})
		}
		return "", items
	}
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(p.body))
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	if parsed.Title != f.Outlet {
		t.Errorf("%s: title %q, want the outlet's name %q", f.Name, parsed.Title, f.Outlet)
	}
	for _, i := range parsed.Items {
		it := item{id: i.GUID, url: i.Link, title: i.Title, text: i.Description + i.Content}
		if it.id == "" {
			it.id = i.Link
		}
		if u, err := url.Parse(i.Link); err == nil && u.Query().Has("utm_source") {
			u.RawQuery = ""
			it.url = u.String()
		}
		if i.PublishedParsed == nil {
			t.Errorf("%s: %q has no date", f.Name, i.Title)
			continue
		}
		it.published = i.PublishedParsed.UTC()
		items = append(items, it)
	}
	return parsed.FeedType + " " + parsed.FeedVersion, items
}

// last returns the distinct items of a feed in their last edition.
func last(t *testing.T, f Feed) map[string]item {
	t.Helper()
	all := map[string]item{}
	if f.Name == NotAFeed {
		return all
	}
	for _, p := range phases(f) {
		_, items := read(t, f, p)
		for _, i := range items {
			all[i.id] = i
		}
	}
	return all
}

func TestFormats(t *testing.T) {
	want := map[string]string{
		"harbour-wire":         "rss 2.0",
		"meridian-post":        "rss 2.0",
		"north-star-dispatch":  "atom 1.0",
		"desk-nine":            "json https://jsonfeed.org/version/1.1",
		"highveld-monitor":     "atom 1.0",
		"caravan-herald":       "rss 1.0",
		"quayside-gazette":     "rss 2.0",
		"lantern-daily":        "rss 2.0",
		"bay-and-delta-review": "json https://jsonfeed.org/version/1.1",
		"coastline-radio":      "rss 2.0",
		"capital-ledger":       "rss 2.0",
		"el-mirador":           "rss 2.0",
	}
	got := map[string]string{}
	for _, f := range Feeds() {
		if f.Name == Malformed || f.Name == NotAFeed {
			continue
		}
		for _, p := range phases(f) {
			got[f.Name], _ = read(t, f, p)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
}

func TestMalformed(t *testing.T) {
	for _, f := range Feeds() {
		if f.Name != Malformed {
			continue
		}
		p := phases(f)[0]
		if err := xml.Unmarshal(p.body, new(struct{})); err == nil {
			t.Error("the malformed feed is well-formed")
		}
		if bytes.Contains(p.body, []byte("</channel>")) {
			t.Error("the malformed feed is not cut off")
		}
		// Leniency is not enough: gofeed gives up at the broken item without an
		// error, and what comes after it would be lost in silence.
		_, whole := read(t, f, p)
		parsed, err := gofeed.NewParser().Parse(bytes.NewReader(p.body))
		if err == nil && len(parsed.Items) >= len(whole) {
			t.Errorf("gofeed finds %d items unaided, there are %d whole ones", len(parsed.Items), len(whole))
		}
	}
}

func TestNotAFeed(t *testing.T) {
	for _, f := range Feeds() {
		if f.Name != NotAFeed {
			continue
		}
		p := phases(f)[0]
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(p.body)); err == nil {
			t.Error("the web page parses as a feed")
		}
		if bytes.Contains(p.body, []byte(`rel="alternate"`)) {
			t.Error("the web page points to a feed")
		}
	}
}

func TestEncodings(t *testing.T) {
	want := map[string]string{"quayside-gazette": "windows-1252", "el-mirador": "ISO-8859-1"}
	for _, f := range Feeds() {
		for _, p := range phases(f) {
			if enc, legacy := want[f.Name]; !legacy {
				if !utf8.Valid(p.body) {
					t.Errorf("%s is not UTF-8", f.Name)
				}
			} else if !bytes.HasPrefix(p.body, []byte(`<?xml version="1.0" encoding="`+enc+`"?>`)) || utf8.Valid(p.body) {
				t.Errorf("%s: want bytes that are %s and cannot be UTF-8", f.Name, enc)
			}
		}
	}
}

func TestItems(t *testing.T) {
	monday := time.Date(2026, time.March, 9, 0, 0, 0, 0, time.UTC)
	count, outlets, old, bodiless, longest := 0, 0, 0, 0, 0
	urls := map[string]bool{}
	for _, f := range Feeds() {
		items := last(t, f)
		if len(items) > 0 {
			outlets++
		}
		count += len(items)
		for _, i := range items {
			if i.published.Before(monday) {
				old++
			} else if !i.published.Before(monday.AddDate(0, 0, 7)) {
				t.Errorf("%s: %q is dated %v, after the week", f.Name, i.title, i.published)
			}
			if i.text == "" {
				bodiless++
			}
			longest = max(longest, len(i.text))
			u, err := url.Parse(i.url)
			if err != nil {
				t.Errorf("%s: %v", f.Name, err)
				continue
			}
			if h := "." + u.Hostname(); !strings.HasSuffix(h, ".example.org") && !strings.HasSuffix(h, ".example.com") && !strings.HasSuffix(h, ".example.net") {
				t.Errorf("%s: %s is not on a host reserved for examples", f.Name, i.url)
			}
			if urls[i.url] {
				t.Errorf("%s is there twice", i.url)
			}
			urls[i.url] = true
		}
	}
	if count != Items() || count < 70 {
		t.Errorf("%d items, Items says %d, want at least 70", count, Items())
	}
	if outlets < 9 {
		t.Errorf("%d outlets, want at least 9", outlets)
	}
	if old != 1 {
		t.Errorf("%d items from before the week, want the one from the archive", old)
	}
	if bodiless != 1 {
		t.Errorf("%d items without a body, want 1", bodiless)
	}
	if longest < 11_000 {
		t.Errorf("the longest item has %d bytes, want about 12 KB", longest)
	}
}

// A phase adds, edits or touches items; it never takes one away, so that a
// reader who misses a phase misses only editions.
func TestPhasesGrow(t *testing.T) {
	edits := map[string]int{}
	for _, f := range Feeds() {
		ps := phases(f)
		if len(ps) == 0 {
			t.Fatalf("%s has no document", f.Name)
		}
		if f.Name == NotAFeed {
			continue
		}
		var before map[string]item
		for n, p := range ps {
			now := map[string]item{}
			_, items := read(t, f, p)
			for _, i := range items {
				now[i.id] = i
			}
			for id, was := range before {
				is, ok := now[id]
				if !ok {
					t.Errorf("%s phase %d: %q is gone", f.Name, n+1, was.title)
				}
				if is.title != was.title || is.text != was.text {
					edits[f.Name]++
				}
			}
			if n > 0 && bytes.Equal(ps[n-1].body, p.body) {
				t.Errorf("%s phase %d is the phase before", f.Name, n+1)
			}
			before = now
		}
	}
	want := map[string]int{"harbour-wire": 1, "highveld-monitor": 1, "lantern-daily": 1}
	if diff := cmp.Diff(want, edits); diff != "" {
		t.Errorf("edited items (-want +got):\n%s", diff)
	}
}

// bounds is a number of people in expect.json.
type bounds struct {
	Min *int `json:"min"`
	Max *int `json:"max"`
}

type expectation struct {
	About     []string `json:"about"`
	Incidents []struct {
		Key      string   `json:"key"`
		Type     string   `json:"type"`
		Outcome  string   `json:"outcome"`
		Country  string   `json:"country"`
		Place    string   `json:"place"`
		Date     string   `json:"date"`
		Killed   *bounds  `json:"killed"`
		Injured  *bounds  `json:"injured"`
		Abducted *bounds  `json:"abducted"`
		Outlets  []string `json:"outlets"`
		Items    []string `json:"items"`
		Alerts   bool     `json:"alerts"`
		Note     string   `json:"note"`
	} `json:"incidents"`
	Nothing []struct {
		Outlet string `json:"outlet"`
		Item   string `json:"item"`
		Title  string `json:"title"`
		Why    string `json:"why"`
	} `json:"nothing"`
}

func TestExpectation(t *testing.T) {
	data, err := os.ReadFile("expect.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expectation
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		t.Fatal(err)
	}

	type origin struct{ outlet, title string }
	from := map[string]origin{} // by URL
	for _, f := range Feeds() {
		for _, i := range last(t, f) {
			from[i.url] = origin{f.Outlet, i.title}
		}
	}
	spoken := map[string]bool{}
	keys := map[string]bool{}
	for _, i := range e.Incidents {
		if keys[i.Key] || i.Key == "" {
			t.Errorf("key %q is there twice or empty", i.Key)
		}
		keys[i.Key] = true
		if i.Type == "" || i.Outcome == "" || len(i.Country) != 2 || i.Place == "" || i.Note == "" || !i.Alerts {
			t.Errorf("%s: a field is missing", i.Key)
		}
		if d, err := time.Parse(time.DateOnly, i.Date); err != nil || d.Year() != 2026 || d.Month() != time.March || d.Day() < 9 || d.Day() > 15 {
			t.Errorf("%s: date %q is not in the week", i.Key, i.Date)
		}
		for _, b := range []*bounds{i.Killed, i.Injured, i.Abducted} {
			if b != nil && (b.Min == nil || b.Max != nil && *b.Max < *b.Min) {
				t.Errorf("%s: bad bounds", i.Key)
			}
		}
		outlets := map[string]bool{}
		for _, u := range i.Items {
			if _, ok := from[u]; !ok {
				t.Errorf("%s: no item %s", i.Key, u)
			}
			outlets[from[u].outlet] = true
			spoken[u] = true
		}
		want := map[string]bool{}
		for _, o := range i.Outlets {
			want[o] = true
		}
		if diff := cmp.Diff(want, outlets); diff != "" {
			t.Errorf("%s: outlets and those of the items differ:\n%s", i.Key, diff)
		}
	}
	for _, n := range e.Nothing {
		if spoken[n.Item] {
			t.Errorf("%s is both something and nothing", n.Item)
		}
		spoken[n.Item] = true
		if got, want := from[n.Item], (origin{n.Outlet, n.Title}); got != want {
			t.Errorf("%s is %v, want %v", n.Item, got, want)
		}
	}
	for u := range from {
		if !spoken[u] {
			t.Errorf("expect.json does not speak of %s", u)
		}
	}
}

func get(t *testing.T, h http.Handler, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A polite poller sends back both validators each time: it must walk through
// all phases and then rest on 304.
func TestHandlerPhases(t *testing.T) {
	h := Handler()
	for _, f := range Feeds() {
		var header []string
		for n, p := range phases(f) {
			head := get(t, h, http.MethodHead, f.Path, header...)
			if head.StatusCode != 200 || body(t, head) != "" {
				t.Errorf("%s: HEAD before phase %d: %s", f.Name, n+1, head.Status)
			}
			r := get(t, h, http.MethodGet, f.Path, header...)
			if r.StatusCode != 200 {
				t.Fatalf("%s phase %d: %s", f.Name, n+1, r.Status)
			}
			if got := body(t, r); got != string(p.body) {
				t.Errorf("%s phase %d: another document", f.Name, n+1)
			}
			if got, want := r.Header.Get("Content-Type"), contentTypes[path.Ext(f.Path)]; got != want || want == "" {
				t.Errorf("%s: Content-Type %q, want %q", f.Name, got, want)
			}
			tag, mod := r.Header.Get("ETag"), r.Header.Get("Last-Modified")
			if !strings.HasPrefix(tag, `"`) || mod == "" || tag != head.Header.Get("ETag") {
				t.Errorf("%s: ETag %q, Last-Modified %q", f.Name, tag, mod)
			}
			header = []string{"If-None-Match", tag, "If-Modified-Since", mod}
		}
		r := get(t, h, http.MethodGet, f.Path, header...)
		if r.StatusCode != 304 || body(t, r) != "" || r.Header.Get("ETag") != header[1] {
			t.Errorf("%s after the last phase: %s", f.Name, r.Status)
		}
	}
}

func TestHandlerConditions(t *testing.T) {
	f := Feeds()[0]
	h := Handler()
	ps := phases(f)
	for range ps {
		get(t, h, http.MethodGet, f.Path)
	}
	p := ps[len(ps)-1]
	mod := p.modified.Format(http.TimeFormat)
	for _, test := range []struct {
		name   string
		header []string
		want   int
	}{
		{"none", nil, 200},
		{"same tag", []string{"If-None-Match", p.etag}, 304},
		{"weak tag in a list", []string{"If-None-Match", `"x", W/` + p.etag}, 304},
		{"any tag", []string{"If-None-Match", "*"}, 304},
		{"tag of the first phase", []string{"If-None-Match", ps[0].etag}, 200},
		{"other tag, same time", []string{"If-None-Match", `"x"`, "If-Modified-Since", mod}, 200},
		{"same time", []string{"If-Modified-Since", mod}, 304},
		{"older time", []string{"If-Modified-Since", ps[0].modified.Format(http.TimeFormat)}, 200},
		{"no time at all", []string{"If-Modified-Since", "yesterday"}, 200},
	} {
		if r := get(t, h, http.MethodGet, f.Path, test.header...); r.StatusCode != test.want {
			t.Errorf("%s: %s, want %d", test.name, r.Status, test.want)
		}
	}
}

func TestHandlerOther(t *testing.T) {
	h := Handler()
	if r := get(t, h, http.MethodPost, Feeds()[0].Path); r.StatusCode != 405 || r.Header.Get("Allow") == "" {
		t.Errorf("POST: %s", r.Status)
	}
	if r := get(t, h, http.MethodGet, "/feeds/harbour-wire.rss"); r.StatusCode != 404 {
		t.Errorf("unknown path: %s", r.Status)
	}
	index := body(t, get(t, h, http.MethodGet, "/"))
	for _, f := range Feeds() {
		if !strings.Contains(index, f.Path+"\t") {
			t.Errorf("%s is not listed", f.Path)
		}
	}
	// Handlers do not share state, and a caller cannot spoil the list.
	Feeds()[0].Path = "/spoilt"
	if got := Feeds()[0].Path; got != feeds[0].Path || got == "/spoilt" {
		t.Errorf("the list of feeds can be changed: %q", got)
	}
	if r := get(t, Handler(), http.MethodGet, feeds[0].Path); r.Header.Get("ETag") != phases(feeds[0])[0].etag {
		t.Error("a new Handler does not begin with the first phase")
	}
}

// A client that never got the whole document gets the same phase again.
func TestHandlerBrokenDelivery(t *testing.T) {
	f := Feeds()[0]
	h := Handler()
	h.ServeHTTP(&broken{header: http.Header{}}, httptest.NewRequest(http.MethodGet, f.Path, nil))
	if r := get(t, h, http.MethodGet, f.Path); r.Header.Get("ETag") != phases(f)[0].etag {
		t.Error("a phase that was not delivered is lost")
	}
}

type broken struct{ header http.Header }

func (b *broken) Header() http.Header       { return b.header }
func (b *broken) WriteHeader(int)           {}
func (b *broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestHandlerConcurrent(t *testing.T) {
	h := Handler()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, f := range Feeds() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, f.Path, nil))
				if w.Code != 200 {
					t.Errorf("%s: %d", f.Name, w.Code)
				}
			}
		})
	}
	wg.Wait()
	for _, f := range Feeds() {
		ps := phases(f)
		for range ps {
			get(t, h, http.MethodGet, f.Path)
		}
		tag := ps[len(ps)-1].etag
		if r := get(t, h, http.MethodGet, f.Path, "If-None-Match", tag); r.StatusCode != 304 {
			t.Errorf("%s does not come to rest: %s", f.Name, r.Status)
		}
	}
}
