package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"

	"tocsin/ingest/breakfeeds/broken"
)

// TestBatchesReadAlike: items that go to gofeed together are read as each of them
// is by itself, in every variant of every feed.
func TestBatchesReadAlike(t *testing.T) {
	files, err := filepath.Glob("breakfeeds/testdata/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	if folder := os.Getenv("TOCSIN_FEEDS"); folder != "" {
		real, _ := filepath.Glob(filepath.Join(folder, "real", "*.xml"))
		files = append(files, real...)
	}
	defer func() { oneByOne = false }()
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		variants, err := broken.Variants(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range variants {
			oneByOne = false
			p, err := Parse(v.Body, v.ContentType, testFeed, testLimits())
			checkParsed(t, p, err)
			oneByOne = true
			q, err2 := Parse(v.Body, v.ContentType, testFeed, testLimits())
			if a, b := renderParsed(p, err), renderParsed(q, err2); a != b {
				t.Errorf("%s %s: (-together +one by one)\n%s", strings.TrimSuffix(filepath.Base(file), ".xml"), v.Name, cmp.Diff(a, b))
			}
		}
	}
}

// TestBreakages reads what publishing systems really send. Each want is the titles
// in order, and the links where the case is about them.
func TestBreakages(t *testing.T) {
	const two = `<item><title>One</title><link>https://a.example/1</link><guid>1</guid></item><item><title>Two</title><link>https://a.example/2</link><guid>2</guid></item>`
	rss := func(s string) string {
		return `<rss version="2.0"><channel><title>C</title><link>https://a.example/</link>` + s + `</channel></rss>`
	}
	atom := func(s string) string {
		return `<feed xmlns="http://www.w3.org/2005/Atom"><title>C</title>` + s + `</feed>`
	}
	jsonItem := `{"id":"1","title":"One","url":"https://a.example/1"}`
	for _, tt := range []struct{ name, body, want string }{
		// Markup in the wrong place.
		{"a whole page in a description", rss(`<item><title>One</title><description><html><head><title>No</title><link href="x"></head><body><p>Text</p></body></html></description></item>`), "One"},
		{"an item shown in a description", rss(`<item><title>One</title><description><![CDATA[Write <item><title>No</title></item> <item><title>Nor</title></item>]]></description></item>` + two), "One|One|Two"},
		{"a channel in a section", `<rss><channel><title>C</title><![CDATA[` + two + `]]></channel></rss>`, "One|Two"},
		{"a section's end inside a section", rss(`<item><title><![CDATA[One]]> more]]></title><guid>1</guid></item>` + two), "One more]]>|One|Two"},
		{"a comment that never ends, before another", rss(`<!-- made by hand ->` + two + `<!-- cached -->`), "One|Two"},
		{"an instruction that never ends, before another", `<?xml version="1.0" >` + rss(two) + `<?php ?>`, "One|Two"},
		{"a warning in a date", rss(`<item><title>One</title><pubDate><br /><b>Warning</b></pubDate></item>`), "One"},
		{"a link behind its element", rss(`<item><title>One</title><link/>https://a.example/1<guid isPermaLink="false">1</guid></item>`), "One https://a.example/1"},
		{"a link without an end", rss(`<item><title>One</title><link>https://a.example/1<guid isPermaLink="false">1</guid></item>`), "One https://a.example/1"},
		{"a link with bare ampersands", rss(`<item><title>One</title><link>https://a.example/?a=1&b=2&copy=3</link></item>`), "One https://a.example/?a=1&b=2&copy=3"},
		{"a link escaped twice", rss(`<item><title>One</title><link>https://a.example/?a=1&amp;amp;b=2</link></item>`), "One https://a.example/?a=1&b=2"},
		{"a link in a section with line ends", rss("<item><title>One</title><link><![CDATA[\n https://a.example/1 \n]]></link></item>"), "One https://a.example/1"},
		{"a script's link", rss(`<item><title>One</title><link>javascript:alert(1)</link></item>`), "One "},
		{"end tags without an angle", rss(`<item><title>One</title<link>https://a.example/1</link><guid>1</guid></item>`), "One https://a.example/1"},
		{"end tags without a name", rss(`<item><title>One</><link>https://a.example/1</link></item>`), "One</> https://a.example/1"},
		// Names.
		{"names in capitals", `<RSS><CHANNEL><ITEM><TITLE>One</TITLE><LINK>https://a.example/1</LINK></ITEM></CHANNEL></RSS>`, "One https://a.example/1"},
		{"names in mixed case", rss(`<Item><Title>One</Title><Link>https://a.example/1</Link><pubdate>2026-02-17</pubdate></item>`), "One https://a.example/1"},
		{"an undeclared prefix", `<rss:rss><rss:channel><rss:item><rss:title>One</rss:title><rss:link>https://a.example/1</rss:link></rss:item></rss:channel></rss:rss>`, "One https://a.example/1"},
		{"prefixed items alone", rss(`<rss:item><rss:title>One</rss:title><rss:link>https://a.example/1</rss:link></rss:item>`), "One https://a.example/1"},
		{"a prefix in all of Atom", `<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>One</a:title><a:id>1</a:id><a:link href="https://a.example/1"/></a:entry></a:feed>`, "One https://a.example/1"},
		{"Atom without a namespace", `<feed><entry><title>One</title><link href="https://a.example/1"/></entry></feed>`, "One https://a.example/1"},
		{"Atom 0.3", `<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title mode="escaped" type="text/html">&lt;b&gt;One&lt;/b&gt;</title><link rel="alternate" type="text/html" href="https://a.example/1"/><issued>2026-02-17T10:00:00Z</issued></entry></feed>`, "One https://a.example/1"},
		{"Atom with the link as a text", atom(`<entry><title>One</title><id>1</id><link>https://a.example/1</link></entry>`), "One https://a.example/1"},
		{"Atom with elements of RSS", atom(`<entry><title>One</title><guid>1</guid><link href="https://a.example/1"/><pubDate>Tue, 17 Feb 2026 10:00:00 GMT</pubDate><description>D</description></entry>`), "One https://a.example/1"},
		{"Atom whose entries are items", atom(two), "One https://a.example/1|Two https://a.example/2"},
		{"RSS whose items are entries", rss(`<entry><title>One</title><id>1</id><link href="https://a.example/1"/></entry>`), "One https://a.example/1"},
		{"xhtml titles", atom(`<entry><title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">One <b>more</b></div></title><id>1</id></entry>`), "One more"},
		{"RSS 0.91 with its DTD", `<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://127.0.0.1:9/rss-0.91.dtd"><rss version="0.91"><channel><title>C</title>` + two + `</channel></rss>`, "One|Two"},
		{"RDF of RSS 0.9", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://my.netscape.com/rdf/simple/0.9/"><channel><title>C</title></channel>` + two + `</rdf:RDF>`, "One|Two"},
		{"RDF with a prefix", `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:r="http://purl.org/rss/1.0/"><r:item rdf:about="https://a.example/1"><r:title>One</r:title></r:item></rdf:RDF>`, "One https://a.example/1"},
		{"RDF without namespaces", `<RDF><channel></channel>` + two + `</RDF>`, "One|Two"},
		// Roots.
		{"items alone", two, "One|Two"},
		{"a beginning that is lost", `nnel><title>C</title>` + two + `</channel></rss>`, "One|Two"},
		{"a root in a root", `<response><data>` + rss(two) + `</data></response>`, "One|Two"},
		{"a root that ends early", `<rss><channel><title>C</title></channel></rss>` + two, "One|Two"},
		{"two feeds in one body", rss(two) + rss(`<item><title>Three</title><guid>3</guid></item>`), "One|Two|Three"},
		{"a feed escaped as text", `<pre>` + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(rss(two)) + `</pre>`, "One|Two"},
		{"a feed in a JSON string", `"<rss><channel><item><title>One<\/title><guid>1<\/guid><\/item><\/channel><\/rss>"`, "One"},
		{"a mark of UTF-16 before UTF-8", "\xff\xfe" + rss(two), "One|Two"},
		// JSON.
		{"a callback", `/**/ typeof show === 'function' && show({"items":[` + jsonItem + `]});`, "One"},
		{"a mark and a blank line", "\ufeff\n" + `{"items":[` + jsonItem + `]}`, "One"},
		{"a feed in an object", `{"feed":{"title":"C","items":[` + jsonItem + `]}}`, "One"},
		{"items before the head", `{"items":[` + jsonItem + `],"title":"C","version":"https://jsonfeed.org/version/1"}`, "One"},
		{"a number as a name", `{items:[{id:1,title:'One',url:'https://a.example/1',}],}`, "One"},
		{"an object around a title", `{"items":[{"id":1,"title":{"rendered":"One"},"link":"https://a.example/1"}]}`, "One"},
		{"lines of objects", jsonItem + "\n" + strings.ReplaceAll(strings.ReplaceAll(jsonItem, "One", "Two"), "1", "2") + "\n", "One|Two"},
		{"a half pair in an escape", `{"items":[{"id":"1","title":"One \ud83d"}]}`, "One \ufffd"},
		{"brackets in a text", `{"items":[{"id":"1","title":"One ]}[{"},` + strings.Replace(jsonItem, `"1"`, `"2"`, 1) + `]}`, "One ]}[{|One"},
		{"an apostrophe in a comment", "{\"items\":[ // it's one\n" + jsonItem + `]}`, "One"},
		{"an address in a text", `{"items":[{"id":"1","title":"One // two /* three"}]}`, "One // two /* three"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse([]byte(tt.body), "", testFeed, testLimits())
			checkParsed(t, p, err)
			if err != nil {
				t.Fatal(err)
			}
			links := strings.Contains(tt.want, " http") || strings.HasSuffix(tt.want, " ")
			var got []string
			for _, a := range p.Articles {
				s := a.Title
				if links {
					s += " " + a.URL
				}
				got = append(got, s)
			}
			if strings.Join(got, "|") != tt.want {
				t.Errorf("read %q of\n%s\nwant %q; problems %q", got, tt.body, tt.want, p.Problems)
			}
		})
	}
}

// TestNewestWin: above the limit it is not the place in the feed that decides.
func TestNewestWin(t *testing.T) {
	limits := testLimits()
	limits.MaxItems = 10
	xml, list := "", []string{}
	for day := range 25 {
		xml += fmt.Sprintf("<item><guid>%d</guid><title>Day %d</title><pubDate>2026-01-%02d</pubDate></item>", day, day+1, day+1)
		list = append(list, fmt.Sprintf(`{"id":"%d","title":"Day %d","date_published":"2026-01-%02d"}`, day, day+1, day+1))
	}
	for _, body := range []string{`<rss><channel>` + xml + `</channel></rss>`, `{"items":[` + strings.Join(list, ",") + `]}`} {
		p, err := Parse([]byte(body), "", testFeed, limits)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Articles) != 10 || p.Articles[0].Title != "Day 16" || p.Articles[9].Title != "Day 25" || p.Skipped != 15 {
			t.Errorf("%d articles from %q, %d skipped; want the last ten of 25", len(p.Articles), p.Articles[0].Title, p.Skipped)
		}
	}
}

// TestPolling: what the feed asks of whoever polls it.
func TestPolling(t *testing.T) {
	const item = "<item><guid>1</guid><title>x</title></item>"
	hours := func(from, to int) string {
		s := "<skipHours>"
		for h := from; h <= to; h++ {
			s += fmt.Sprintf("<hour>%d</hour>", h)
		}
		return s + "</skipHours>"
	}
	type asks struct {
		Hours     []int
		Days      []time.Weekday
		Hub, Self string
		TTL       time.Duration
	}
	for _, tt := range []struct {
		name, body string
		want       asks
	}{
		{"hours", `<rss><channel>` + hours(0, 2) + item + `</channel></rss>`, asks{Hours: []int{0, 1, 2}}},
		{"24 is midnight", `<rss><channel><skipHours><hour>24</hour><hour> 5 </hour><hour>25</hour><hour>x</hour></skipHours>` + item + `</channel></rss>`, asks{Hours: []int{0, 5}}},
		{"never is not meant", `<rss><channel>` + hours(1, 24) + item + `</channel></rss>`, asks{}},
		{"days in any case", `<rss><channel><skipDays><day>SUNDAY</day><day>saturday</day><day>Someday</day></skipDays>` + item + `</channel></rss>`, asks{Days: []time.Weekday{time.Sunday, time.Saturday}}},
		{"all days", `<rss><channel><skipDays><day>Monday</day><day>Tuesday</day><day>Wednesday</day><day>Thursday</day><day>Friday</day><day>Saturday</day><day>Sunday</day></skipDays>` + item + `</channel></rss>`, asks{}},
		{"a hub", `<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><atom:link rel="hub" href="https://hub.example/"/><atom:link rel="self" href="HTTPS://A.example/rss?utm_source=x&amp;b=%7e"/>` + item + `</channel></rss>`,
			asks{Hub: "https://hub.example/", Self: "HTTPS://A.example/rss?utm_source=x&b=%7e"}},
		{"an undeclared prefix", `<rss><channel><atom10:link rel="self" href="/rss"/><atom10:link rel="HUB" href="https://hub.example/"/>` + item + `</channel></rss>`, asks{Hub: "https://hub.example/", Self: "https://feeds.example.org/rss"}},
		{"a hub of another kind", `<rss xmlns:atom="http://www.w3.org/2005/Atom"><channel><atom:link rel="hub" href="file:///hub"/>` + item + `</channel></rss>`, asks{}},
		{"Atom", `<feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="https://a.example/f"/><link rel="hub" href="https://hub.example/"/><link rel="hub" href="https://second.example/"/><entry><id>1</id><title>x</title></entry></feed>`,
			asks{Hub: "https://hub.example/", Self: "https://a.example/f"}},
		{"JSON", `{"feed_url":"https://a.example/f","hubs":[{"type":"rssCloud","url":"https://no.example/"},{"type":"WebSub","url":"https://hub.example/"}],"items":[{"id":"1","title":"x"}]}`,
			asks{Hub: "https://hub.example/", Self: "https://a.example/f"}},
		{"minutes to live", `<rss><channel><ttl>90</ttl>` + item + `</channel></rss>`, asks{TTL: 90 * time.Minute}},
		{"a period", `<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel><sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>` + item + `</channel></rss>`, asks{TTL: 6 * time.Hour}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parseOne(t, []byte(tt.body), "")
			if d := cmp.Diff(tt.want, asks{p.SkipHours, p.SkipDays, p.Hub, p.Self, p.TTL}); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestDiscoverFeeds(t *testing.T) {
	page := `<!doctype html><html><head><base href="/sub/"><title>x</title>
<link rel="stylesheet" href="a.css"><link rel="alternate" hreflang="fr" href="/fr/">
<link rel="alternate" type="application/rss+xml" title="Comments" href="comments.xml">
<link rel="alternate" type="application/rss+xml; charset=utf-8" title="News &amp; more" href="news.xml?utm_source=page">
<LINK REL='Alternate Home' TYPE='APPLICATION/ATOM+XML' HREF='https://b.example/atom'>
<link rel=alternate type=application/feed+json href=feed.json>
<link rel="alternate" type="application/rss+xml" href="news.xml">
<link rel="alternate" type="application/json" href="/wp-json/posts/1">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
</head><body><p>Text</p><link rel="alternate" type="application/rss+xml" href="feed://c.example/rss"><a rel="feed" href="/late">Feed</a></body></html>`
	want := []Discovered{
		{"https://a.example/sub/news.xml", "News & more", "application/rss+xml"},
		{"https://b.example/atom", "", "application/atom+xml"},
		{"https://a.example/sub/feed.json", "", "application/feed+json"},
		{"https://c.example/rss", "", "application/rss+xml"},
		{"https://a.example/late", "", ""},
		{"https://a.example/sub/comments.xml", "Comments", "application/rss+xml"},
	}
	if d := cmp.Diff(want, DiscoverFeeds([]byte(page), "https://a.example/page")); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	many := ""
	for i := range 50 {
		many += fmt.Sprintf(`<link rel="alternate" type="application/rss+xml" href="/%d">`, i)
	}
	if n := len(DiscoverFeeds([]byte(many), "https://a.example/")); n != maxDiscovered {
		t.Errorf("%d feeds, want %d", n, maxDiscovered)
	}
}

// TestEncodingGuess: what nothing declares and UTF-8 is not.
func TestEncodingGuess(t *testing.T) {
	for _, tt := range []struct {
		name string
		enc  *charmap.Charmap
		text string
	}{
		{"Cyrillic", charmap.Windows1251, "На рынке произошёл взрыв, погибли четыре человека, сообщает полиция"},
		{"Cyrillic of Unix", charmap.KOI8R, "На рынке произошёл взрыв, погибли четыре человека, сообщает полиция"},
		{"Arabic", charmap.Windows1256, "قتل أربعة أشخاص في انفجار وقع في السوق يوم الثلاثاء بحسب الشرطة"},
		{"Greek", charmap.Windows1253, "Τέσσερις άνθρωποι σκοτώθηκαν σε έκρηξη στην αγορά την Τρίτη"},
		{"Hebrew", charmap.Windows1255, "ארבעה בני אדם נהרגו בפיצוץ בשוק ביום שלישי לפי המשטרה"},
		{"French", charmap.Windows1252, "Quatre morts à la gare d’Évry après l’incendie, selon la préfecture"},
	} {
		b, err := tt.enc.NewEncoder().Bytes([]byte(oneItem(tt.text)))
		if err != nil {
			t.Fatal(tt.name, err)
		}
		for _, contentType := range []string{"", "text/xml; charset=utf-8"} {
			p := parseOne(t, b, contentType)
			if len(p.Articles) != 1 || p.Articles[0].Title != tt.text {
				t.Errorf("%s, %q: read %q", tt.name, contentType, p.Articles[0].Title)
			}
		}
	}
}
