package ingest

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"tocsin/ingest/breakfeeds/broken"
)

func encoded(t *testing.T, e encoding.Encoding, s string) string {
	t.Helper()
	out, err := e.NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// declares is a feed of item B under another title, with an XML declaration.
func declares(charset, title string) string {
	return strings.Replace(rss(item("b", title, "", monday)), `"1.0"`, `"1.0" encoding="`+charset+`"`, 1)
}

// large writes a body without copies of it, which would count.
func large(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
}

// hostileBodies are not what they are said to be, or more than anybody can want.
var hostileBodies = []hostileCase{
	{"48_types_and_charsets", func(v *victim) {
		const short, long = "Überfall in Čáslav", "Взрыв на центральном рынке города, погибли девять человек, сообщает полиция"
		utf16 := func(order unicode.Endianness) string {
			return encoded(v.t, unicode.UTF16(order, unicode.UseBOM), declares("utf-16", short))
		}
		latin := declares("utf-8", "Überfall")
		for _, tt := range []struct{ name, contentType, body, want string }{
			{"a feed as a page", "text/html; charset=utf-8", declares("utf-8", short), short},
			{"a feed as a picture", "image/png", declares("utf-8", short), short},
			{"a feed as bytes", "application/octet-stream", declares("utf-8", short), short},
			{"a feed as JSON", "application/json", declares("utf-8", short), short},
			{"a type that is none", ";;=", declares("utf-8", short), short},
			{"no type", "", declares("utf-8", short), short},
			{"mark over all labels", "text/xml; charset=koi8-r", "\ufeff" + declares("windows-1251", short), short},
			{"UTF-16, little end first", "text/xml; charset=utf-8", utf16(unicode.LittleEndian), short},
			{"UTF-16, big end first", "text/xml; charset=iso-8859-1", utf16(unicode.BigEndian), short},
			{"UTF-8 over all labels", "text/xml; charset=iso-8859-1", declares("windows-1251", short), short},
			{"header over declaration", "text/xml; charset=windows-1251", encoded(v.t, charmap.Windows1251, declares("koi8-r", long)), long},
			{"header, and a declaration of UTF-8", "text/xml; charset=iso-8859-1", encoded(v.t, charmap.ISO8859_1, latin), "Überfall"},
			{"declaration, and a header of UTF-8", "text/xml; charset=utf-8", encoded(v.t, charmap.KOI8R, declares("koi8-r", long)), long},
			{"declaration alone", "text/xml", encoded(v.t, charmap.KOI8R, declares("koi8-r", long)), long},
			{"a label that nobody knows", "text/xml; charset=x-none", encoded(v.t, charmap.Windows1251, declares("windows-1251", long)), long},
			{"a guess", "text/xml", encoded(v.t, charmap.Windows1251, rss(item("b", long, "", monday))), long},
		} {
			v.another(tt.name)
			v.srv.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header()["Content-Type"] = []string{tt.contentType}
				if tt.contentType == "" {
					w.Header()["Content-Type"] = nil // and none is made up
				}
				serves(tt.body, "ETag", `"1"`)(w, r)
			})
			v.want(tt.name, v.pollOnce(), "b/1 "+tt.want)
			if st := v.state(); st.Failures != 0 || st.Partial || st.ETag != `"1"` {
				v.t.Errorf("%s: %+v", tt.name, st)
			}
		}
	}},
	{"49_broken_feeds", func(v *victim) {
		whole := rss(itemA, itemB)
		itemC := itemC // whole, behind what is broken
		for _, tt := range []struct {
			name, body string
			want       []string
			partial    bool
		}{
			{"cut in a tag", whole[:strings.Index(whole, "<title>Vote")+3], []string{"a/1 Blast"}, true},
			{"cut in an item", halfFeed, []string{"a/1 Blast", "b/1 Vote"}, true},
			{"cut behind an item", strings.TrimSuffix(whole, "</channel></rss>"), []string{"a/1 Blast", "b/1 Vote"}, true},
			{"bad bytes", rss(itemA, item("b", "Vote", "It \xff\xc0passed\x80.", monday)), []string{"a/1 Blast", "b/1 Vote"}, false},
			{"control characters", rss(itemA, item("b", "Vo\x00te", "It \x1b[1mpassed\x0b.", monday)), []string{"a/1 Blast", "b/1 Vote"}, false},
			{"a wrong label", declares("utf-16", "Vote"), []string{"b/1 Vote"}, false},
			{"a warning before the root", "<br />\n<b>Warning</b>: mysql_connect() in <b>/srv/feed.php</b> on line <b>7</b><br />\n" + whole, []string{"a/1 Blast", "b/1 Vote"}, false},
			{"blank lines before the declaration", "\n\n  " + whole, []string{"a/1 Blast", "b/1 Vote"}, false},
			{"headers before the root", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + whole, []string{"a/1 Blast", "b/1 Vote"}, false},
			{"an item without an end", rss(itemA, strings.TrimSuffix(itemB, "</item>"), itemC), []string{"a/1 Blast", "b/1 Vote", "c/1 Flood"}, true},
			{"an element without an end", rss(itemA, strings.Replace(itemB, "</description>", "", 1), itemC), []string{"a/1 Blast", "b/1 Vote", "c/1 Flood"}, false},
			{"bare angle brackets and ampersands", rss(itemA, item("b", "Vote", "3 < 4 & 5 > 2, a&b;c &nosuch; <", monday), itemC), []string{"a/1 Blast", "b/1 Vote", "c/1 Flood"}, false},
			{"XML 1.1", strings.Replace(whole, `"1.0"`, `"1.1"`, 1), []string{"a/1 Blast", "b/1 Vote"}, false},
			{"a byte order mark", "\ufeff" + whole, []string{"a/1 Blast", "b/1 Vote"}, false},
			{"UTF-16", encoded(v.t, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), whole), []string{"a/1 Blast", "b/1 Vote"}, false},
			{"UTF-16 without a mark", encoded(v.t, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), whole), []string{"a/1 Blast", "b/1 Vote"}, false},
		} {
			v.another(tt.name)
			lines := v.book.says("feed is damaged")
			v.srv.body(tt.body, "ETag", `"bad"`)
			v.want(tt.name, v.pollOnce(), tt.want...)
			st := v.state()
			if st.Partial != tt.partial || (st.ETag == "") != tt.partial || st.Failures != 0 {
				v.t.Errorf("%s: partial %v, ETag %q, failures %d; want partial %v, and no validators then", tt.name, st.Partial, st.ETag, st.Failures, tt.partial)
			}
			if told := v.book.says("feed is damaged") - lines; (told == 1) != tt.partial {
				v.t.Errorf("%s: told of in %d lines", tt.name, told)
			}
			v.srv.body(rss(itemA, itemB, itemC), "ETag", `"good"`)
			v.pollOnce()
			if st := v.state(); st.ETag != `"good"` || st.Partial {
				v.t.Errorf("%s, mended: %+v", tt.name, st)
			}
		}
		for body, reason := range map[string]string{
			"Service temporarily unavailable": ReasonNotAFeed, `{"error":"no"}`: ReasonNotAFeed, "<svg xmlns='http://www.w3.org/2000/svg'/>": ReasonNotAFeed,
			"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": ReasonNotAFeed, "<!doctype html><p>Log in": ReasonHTML, " \n\ufeff": ReasonEmpty, `{"version":"x","ti`: ReasonBroken,
		} {
			v.another(body)
			v.good()
			v.srv.body(body, "ETag", `"bad"`)
			v.fails(reason)
			v.recovers()
		}
		// In all ways in which real feeds are broken.
		sound, err := os.ReadFile("breakfeeds/testdata/rss.xml")
		if err != nil {
			v.t.Fatal(err)
		}
		variants, err := broken.Variants(sound)
		if err != nil {
			v.t.Fatal(err)
		}
		polled, partial, failed := 0, 0, 0
		for k, b := range variants {
			if k%8 > 0 { // breakfeeds reads them all; this is of what the poll keeps
				continue
			}
			polled++
			v.another(fmt.Sprintf("variant %d", k))
			v.srv.body(string(b.Body), "ETag", `"bad"`, "Content-Type", b.ContentType)
			v.poll(v.t.Context(), v.feed, v.cfg, v.fetcher, false)
			st := v.state()
			switch {
			case st.Failures > 0:
				failed++
				if !slices.Contains(failureReasons, st.Reason) || st.Reason == reasonBus || st.ETag != "" {
					v.t.Errorf("%s: failed for %q, ETag %q", b.Name, st.Reason, st.ETag)
				}
			case st.Partial:
				partial++
				if st.ETag != "" {
					v.t.Errorf("%s: partial, and ETag %q is kept", b.Name, st.ETag)
				}
			}
		}
		v.t.Logf("of %d broken feeds %d are read in part and %d refused", polled, partial, failed)
		if partial == 0 || 20*failed > polled {
			v.t.Errorf("of %d broken feeds %d are read in part and %d refused; nearly all have items", polled, partial, failed)
		}
	}},
	{"50_sizes", func(v *victim) {
		const mib = 1 << 20
		feed := func(what, body string) (got []Article) {
			v.another(what)
			v.srv.serve(large(body))
			from := v.lastSeq() + 1
			within(64*mib, func(v *victim) { v.poll(v.t.Context(), v.feed, v.cfg, v.fetcher, false) })(v)
			return v.articles(from)
		}

		got := feed("deep", "<rss><channel><title>Deep</title>"+strings.Repeat("<dc:x>", mib))
		if st := v.state(); st.Reason != ReasonTooDeep || len(got) != 0 || v.failures(ReasonTooDeep) != 1 || v.book.lines(ReasonTooDeep) != 1 {
			v.t.Errorf("a million open elements: %d articles, %+v", len(got), st)
		}
		v.want("a deep item", feed("deep item", rss(itemA, "<item><guid>x</guid>"+strings.Repeat("<dc:x>", mib/8)+strings.Repeat("</dc:x>", mib/8)+"</item>", itemB)), "a/1 Blast", "b/1 Vote")
		if st := v.state(); !st.Partial || st.Failures != 0 {
			v.t.Errorf("a feed with a deep item: %+v", st)
		}

		var attributes []byte
		for k := range 200_000 {
			attributes = append(strconv.AppendInt(append(attributes, " a"...), int64(k), 10), `="1"`...)
		}
		v.want("200,000 attributes", feed("attributes", rss(itemA, strings.Replace(itemB, "<item", "<item"+string(attributes), 1))), "a/1 Blast", "b/1 Vote")
		v.want("20,000 attributes of the root", feed("root", strings.Replace(rss(itemA), "<rss", "<rss"+string(attributes[:len(attributes)/10]), 1)), "a/1 Blast")

		titled := func(words int) string {
			return strings.Replace(rss(itemA, item("t", "TITLE", "", monday)), "TITLE", strings.Repeat("Long ", words), 1)
		}
		v.want("a title of 20 MB", feed("title 20", titled(4*mib)))
		if st := v.state(); st.Reason != ReasonTooLarge {
			v.t.Errorf("a title of 20 MB: %+v", st)
		}
		got = feed("title 8", titled(8*mib/5))
		if len(got) != 2 || len(got[1].Title) > maxTitleBytes || !strings.HasPrefix(got[1].Title, "Long Long") {
			v.t.Errorf("a title of 8 MB: %d articles", len(got))
		}

		if n := DefaultConfig().MaxItems; n != 5000 {
			v.t.Errorf("%d items of a feed are read", n)
		}
		v.cfg.MaxItems = 500 // to publish 5000 takes longer than all other cases
		const items = 100_000
		var many []byte
		for k := range items { // the newest in the middle
			many = append(strconv.AppendInt(append(many, "<item><guid>"...), int64(k), 10), "</guid><title>N</title><pubDate>"...)
			many = append(noon.Add(-time.Duration((k+items/2)%items)*time.Second).AppendFormat(many, time.RFC3339), "</pubDate></item>"...)
		}
		skipped := testutil.ToFloat64(v.metrics.skipped)
		got = feed("items", rss(string(many)))
		if n := testutil.ToFloat64(v.metrics.skipped) - skipped; len(got) != v.cfg.MaxItems || n != items-float64(v.cfg.MaxItems) {
			v.t.Errorf("%d of 100,000 items, %v counted as skipped; want %d", len(got), n, v.cfg.MaxItems)
		}
		for _, a := range got {
			if age := noon.Sub(a.Published); age >= time.Duration(v.cfg.MaxItems)*time.Second {
				v.t.Fatalf("an item of %v ago is among the newest %d", age, v.cfg.MaxItems)
			}
		}
	}},
	{"51_entities", within(maxGrowth, func(v *victim) {
		secret := filepath.Join(v.t.TempDir(), "secret.txt")
		if err := os.WriteFile(secret, []byte("TOP-SECRET"), 0o600); err != nil {
			v.t.Fatal(err)
		}
		outside := newTrap(v.t)
		url := "http://" + outside.addr + "/x.dtd"
		var laughs strings.Builder
		laughs.WriteString(`<!ENTITY l0 "lol">`)
		for k := 1; k < 10; k++ {
			fmt.Fprintf(&laughs, `<!ENTITY l%d "%s">`, k, strings.Repeat(fmt.Sprintf("&l%d;", k-1), 10))
		}
		quadratic := strings.Repeat("&q;", 50_000)
		for _, tt := range []struct{ name, dtd, text string }{
			{"a billion laughs", `<!DOCTYPE rss [` + laughs.String() + `]>`, "&l9;"},
			{"quadratic", `<!DOCTYPE rss [<!ENTITY q "` + strings.Repeat("q", 50_000) + `">]>`, quadratic},
			{"a circle", `<!DOCTYPE rss [<!ENTITY a "&b;"><!ENTITY b "&a;">]>`, "&a;"},
			{"a file", `<!DOCTYPE rss [<!ENTITY x SYSTEM "file://` + secret + `">]>`, "&x;"},
			{"a path", `<!DOCTYPE rss [<!ENTITY x SYSTEM "` + secret + `">]>`, "&x;"},
			{"an address", `<!DOCTYPE rss [<!ENTITY x SYSTEM "` + url + `">]>`, "&x;"},
			{"a public name", `<!DOCTYPE rss [<!ENTITY x PUBLIC "-//X//Y" "` + url + `">]>`, "&x;"},
			{"a parameter entity", `<!DOCTYPE rss [<!ENTITY % p SYSTEM "` + url + `">%p;<!ENTITY x "%p;">]>`, "&x;"},
			{"an external DTD", `<!DOCTYPE rss SYSTEM "` + url + `">`, "&x;"},
			{"a public DTD", `<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "` + url + `">`, ""},
			{"an inclusion", "", `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://` + secret + `" parse="text"/>`},
			{"a style sheet", `<?xml-stylesheet type="text/xsl" href="` + url + `"?>`, ""},
		} {
			v.another(tt.name)
			body := strings.Replace(rss(itemA, item("x", "Entity "+tt.text, tt.text, monday), itemB), "<rss", tt.dtd+"<rss", 1)
			v.srv.serve(large(body))
			got := v.pollOnce()
			if len(got) != 3 || got[0].GUID != "a" || got[2].GUID != "b" {
				v.t.Errorf("%s: %q, want the items before and behind it as well; %+v", tt.name, told(got), v.state())
			}
			for _, a := range got {
				if s := a.Title + a.Summary + a.Body; strings.Contains(s, "SECRET") || strings.Contains(s, "lollol") || strings.Contains(s, "qqq") {
					v.t.Errorf("%s is expanded: %q", tt.name, clipText(s, 100))
				}
			}
		}
		if n := outside.conns.Load(); n != 0 {
			v.t.Errorf("%d connections were made for entities", n)
		}
	})},
}

// linked is an item with an id, a link, a title and a text of its own.
func linked(guid, link, title, text string) string {
	if guid != "" {
		guid = `<guid isPermaLink="false">` + guid + "</guid>"
	}
	return "<item>" + guid + "<title>" + title + "</title><link>" + strings.ReplaceAll(link, "&", "&amp;") + "</link><description>" + text + "</description></item>"
}

// hostileItems are news that look new and are not, or the reverse.
var hostileItems = []hostileCase{
	{"52_ids_and_links", func(v *victim) {
		const link, title = "https://wire.example/world/blast", "Blast hits the northern market of Senn"
		step := func(what, it string, want ...string) []Article {
			v.t.Helper()
			v.srv.body(rss(it))
			got := v.pollOnce()
			v.want(what, got, want...)
			return got
		}
		v.another("reused")
		first := step("a guid", linked("g", link, title, ""), "g/1 "+title)
		second := step("the guid of another story", linked("g", "https://wire.example/sports/cup", "Harbour town wins the cup final", ""), "g/1 Harbour town wins the cup final")
		if len(first) == 1 && len(second) == 1 && first[0].ID == second[0].ID {
			v.t.Error("two stories are one article")
		}
		step("the other story again", linked("g", "https://wire.example/sports/cup", "Harbour town wins the cup final", ""))
		step("the first one again", linked("g", link, title, ""))

		v.another("changing")
		first = step("a guid", linked("0", link, title, ""), "0/1 "+title)
		for n := range 3 {
			step("another guid each time", linked(fmt.Sprint(n+1), link, title, ""))
		}
		second = step("with an edit", linked("9", link, title, "Nine died."), "9/2 "+title)
		if len(first) != 1 || len(second) != 1 || first[0].ID != second[0].ID {
			v.t.Error("one story is two articles")
		}

		for what, as := range map[string]func(link string) string{
			"links":      func(link string) string { return linked("", link, title, "") },
			"permalinks": func(link string) string { return linked(strings.ReplaceAll(link, "&", "&amp;"), link, title, "") },
		} {
			v.another(what)
			v.srv.body(rss(as(link)))
			if got := v.pollOnce(); len(got) != 1 {
				v.t.Fatalf("%s: %q", what, told(got))
			}
			for _, variant := range []string{
				"http://wire.example/world/blast", link + "?utm_source=rss&utm_medium=feed", link + "?fbclid=1", link + "#comments", "https://wire.example/world/blast?utm_campaign=x#top",
			} {
				step(what+": "+variant, as(variant))
			}
			v.srv.body(rss(as(link), as("http://wire.example/world/blast"), as(link+"?utm_source=x")))
			v.want(what+" beside one another", v.pollOnce())
		}
	}},
	{"53_edits_and_touches", func(v *victim) {
		v.good()
		for _, step := range []struct {
			what  string
			items []string
			want  []string
		}{
			{"a toll that rises", []string{item("a", "Blast", "Thirty died.", monday)}, []string{"a/2 Blast"}},
			{"a title that changes", []string{item("a", "Blast kills 30", "Thirty died.", monday)}, []string{"a/3 Blast kills 30"}},
			{"a date that is bumped", []string{item("a", "Blast kills 30", "Thirty died.", "Mon, 09 Mar 2026 11:30:00 GMT")}, nil},
			{"and bumped again, other spaces", []string{item("a", " Blast  kills\n30 ", "<p>Thirty died.</p>", "Mon, 09 Mar 2026 11:45:00 GMT")}, nil},
			{"an item that leaves", []string{itemB}, []string{"b/1 Vote"}},
			{"an item that comes back", []string{item("a", "Blast kills 30", "Thirty died.", monday), itemB}, nil},
			{"one that comes back changed", []string{itemB, item("a", "Blast kills 31", "Thirty-one died.", monday)}, []string{"a/4 Blast kills 31"}},
		} {
			v.srv.body(rss(step.items...))
			v.want(step.what, v.pollOnce(), step.want...)
		}
		v.at = v.at.Add(v.cfg.Remember - 48*time.Hour)
		v.srv.body(rss(itemC))
		v.want("four weeks later", v.pollOnce(), "c/1 Flood")
		v.srv.body(rss(itemB, itemC))
		v.want("an item that comes back after four weeks", v.pollOnce())
	}},
	{"54_other_orders", func(v *victim) {
		var items []string
		for k := range 30 {
			items = append(items, item(fmt.Sprint(k), fmt.Sprintf("Report %d", k), "It was said.", noon.Add(-time.Duration(k)*time.Minute).Format(time.RFC1123)))
		}
		orders := map[string][]string{"as written": items, "reversed": slices.Clone(items), "shuffled": slices.Clone(items)}
		slices.Reverse(orders["reversed"])
		rand.Shuffle(len(items), func(i, j int) {
			s := orders["shuffled"]
			s[i], s[j] = s[j], s[i]
		})
		var first []string
		for order, items := range orders {
			v.another(order)
			v.srv.body(rss(items...))
			got := told(v.pollOnce())
			if first == nil {
				first = got
			}
			// The same set, and on the stream in the same order: the oldest first.
			v.t.Logf("%s: %d articles", order, len(got))
			if len(got) != len(items) || !slices.Equal(got, first) {
				v.t.Errorf("%s: %q, want %q", order, got, first)
			}
			for other, items := range orders {
				v.srv.body(rss(items...) + "<!-- " + other + " -->")
				v.want(order+", then "+other, v.pollOnce())
			}
		}
	}},
	{"55_back_after_two_hours", func(v *victim) {
		v.cfg.PerHost = 0
		old := item("old", "Budget passed", "By a wide margin.", monday)
		v.srv.body(rss(itemA, old))
		v.want("before", v.pollOnce(), "a/1 Blast", "old/1 Budget passed")
		v.srv.serve(http.NotFound)
		e := v.entry(v.feed)
		for end := v.at.Add(2 * time.Hour); v.at.Before(end); {
			v.visits(e)
			if e.due.After(end) {
				break
			}
		}
		items := []string{old}
		for k := range 199 {
			items = append(items, item(fmt.Sprint(k), fmt.Sprintf("Report %d", k), "It was said.", noon.Add(time.Duration(k)*time.Minute/4).Format(time.RFC1123)))
		}
		v.srv.body(rss(items...))
		from := v.lastSeq() + 1
		v.visits(e)
		v.visits(e)
		v.srv.body(rss(append(items, itemA)...))
		v.visits(e)
		times := map[string]int{}
		for _, a := range v.articles(from) {
			times[a.GUID]++
			if a.Edition != 1 {
				v.t.Errorf("%s is edition %d", a.GUID, a.Edition)
			}
		}
		for k := range 199 {
			if n := times[fmt.Sprint(k)]; n != 1 {
				v.t.Errorf("report %d came %d times", k, n)
			}
		}
		if len(times) != 199 {
			v.t.Errorf("%d articles after the gap, want the 199 new ones", len(times))
		}
		if st := v.state(); st.Failures != 0 {
			v.t.Errorf("back again: %+v", st)
		}
	}},
}
