package ingest

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testFeed = FeedInfo{ID: "test", URL: "https://feeds.example.org/dir/rss.xml"}

func testLimits() Limits {
	l := DefaultLimits()
	l.Now = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	return l
}

// TestParseGolden reads testdata/feeds: one file per oddity met in the wild. The
// ids are part of the files: a rule of identity that changes sends every story
// of every feed once more.
func TestParseGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/feeds/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden feeds", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in, want := &ar.Files[0], &ar.Files[1]
			p, err := Parse(in.Data, "", testFeed, testLimits())
			got := renderParsed(p, err)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(want.Data), got); d != "" {
				t.Errorf("%s(-want +got)\n%s", ar.Comment, d)
			}
			checkParsed(t, p, err)
		})
	}
}

func renderParsed(p *Parsed, err error) string {
	var b strings.Builder
	line := func(name string, v any) {
		s := fmt.Sprint(v)
		if s == "" || s == "0" || s == "false" || s == "[]" || s == "0s" {
			return
		}
		fmt.Fprintf(&b, "%s: %s\n", name, strings.NewReplacer("\n\n", " ¶ ", "\n", " ⏎ ").Replace(s))
	}
	if err != nil {
		var pe *ParseError
		errors.As(err, &pe)
		line("reason", pe.Reason)
		line("error", err)
		return b.String()
	}
	line("title", p.Title)
	line("lang", p.Language)
	line("link", p.Link)
	line("ttl", p.TTL)
	line("partial", p.Partial)
	line("skipped", p.Skipped)
	line("duplicates", p.Duplicates)
	for _, s := range p.Problems {
		line("problem", s)
	}
	for _, a := range p.Articles {
		b.WriteString("\n")
		line("id", a.ID)
		line("url", a.URL)
		line("guid", a.GUID)
		line("title", a.Title)
		line("summary", a.Summary)
		line("body", a.Body)
		line("lang", a.Language)
		line("authors", strings.Join(a.Authors, "; "))
		if !a.Published.IsZero() {
			line("published", strings.TrimSpace(a.Published.Format(time.RFC3339)+" "+a.PublishedPrecision))
		}
		line("clamped", a.PublishedAsWritten)
		if !a.Updated.IsZero() {
			line("updated", a.Updated.Format(time.RFC3339))
		}
	}
	return b.String()
}

// checkParsed asserts what holds for any body.
func checkParsed(t *testing.T, p *Parsed, err error) {
	t.Helper()
	if err != nil {
		var pe *ParseError
		if !errors.As(err, &pe) || !slices.Contains(ParseReasons, pe.Reason) || err.Error() == "" {
			t.Fatalf("error %#v is no ParseError with a known reason", err)
		}
		return
	}
	seen := map[string]bool{}
	for _, a := range p.Articles {
		if a.ID == "" || seen[a.ID] {
			t.Errorf("id %q is empty or comes twice", a.ID)
		}
		seen[a.ID] = true
		if a.URL != "" && !strings.HasPrefix(a.URL, "http://") && !strings.HasPrefix(a.URL, "https://") {
			t.Errorf("link %q is not http", a.URL)
		}
		for _, s := range append([]string{a.URL, a.GUID, a.Title, a.Outlet, a.Language, a.Summary, a.Body}, a.Authors...) {
			checkText(t, s)
		}
		if strings.Contains(a.Title, "\n") {
			t.Errorf("title %q has two lines", a.Title)
		}
		if a.ContentSHA256 != ContentHash(a.Title, a.Summary, a.Body) {
			t.Errorf("%s: the hash is not the content's", a.ID)
		}
		if a.Edition != 0 || !a.FirstSeen.IsZero() || !a.Fetched.IsZero() {
			t.Errorf("%s: edition, first seen and fetched are the poller's", a.ID)
		}
	}
	for _, s := range append(slices.Clone(p.Problems), p.Title, p.Language, p.Link) {
		checkText(t, s)
	}
}

func checkText(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", clipText(s, 200))
	}
	for _, r := range s {
		if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 {
			t.Errorf("%q has the control character %U", clipText(s, 200), r)
			return
		}
	}
}

func parseOne(t *testing.T, body []byte, contentType string) *Parsed {
	t.Helper()
	p, err := Parse(body, contentType, testFeed, testLimits())
	if err != nil {
		t.Fatalf("Parse(%.60q): %v", body, err)
	}
	checkParsed(t, p, err)
	return p
}

func oneItem(title string) string {
	return `<rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>` + title + `</title></item></channel></rss>`
}

func TestParseEncoding(t *testing.T) {
	must := func(b []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	cp1252, sjis := charmap.Windows1252.NewEncoder(), japanese.ShiftJIS.NewEncoder()
	latin := must(cp1252.Bytes([]byte(oneItem("Café “noir”"))))
	for _, tt := range []struct {
		name, contentType string
		body              []byte
		want              string
	}{
		{"UTF-8 labelled ISO-8859-1 by the server", "text/xml; charset=ISO-8859-1", []byte(oneItem("Café")), "Café"},
		{"UTF-8 with a byte order mark", "", []byte("\xef\xbb\xbf" + oneItem("Café")), "Café"},
		{"UTF-16 with a byte order mark", "", must(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(oneItem("Café")))), "Café"},
		{"UTF-16 without one", "", must(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(oneItem("Café")))), "Café"},
		{"the server's charset", "application/rss+xml; charset=Shift_JIS", must(sjis.Bytes([]byte(oneItem("東京で爆発")))), "東京で爆発"},
		{"the document's declaration", "", append([]byte(`<?xml version="1.0" encoding="windows-1251"?>`),
			must(charmap.Windows1251.NewEncoder().Bytes([]byte(oneItem("Взрыв"))))...), "Взрыв"},
		{"a label that the bytes belie", "text/xml; charset=utf-8", append([]byte(`<?xml version="1.0" encoding="windows-1251"?>`),
			must(charmap.Windows1251.NewEncoder().Bytes([]byte(oneItem("Взрыв"))))...), "Взрыв"},
		{"no label at all", "", latin, "Café “noir”"},
		{"windows quotes pasted into UTF-8", "", []byte(oneItem("Café \x93noir\x94 à côté")), "Café “noir” à côté"},
		{"a broken byte in long UTF-8 with the server's default label", "text/xml; charset=ISO-8859-1", []byte(oneItem("éééééééééé \x93")), "éééééééééé “"},
		{"broken bytes in what is declared UTF-8", "", []byte(`<?xml version="1.0" encoding="UTF-8"?>` + oneItem("é\xff \u2019\xfe")), "éÿ ’þ"},
		{"UTF-8 declared as UTF-16", "", []byte(`<?xml version="1.0" encoding="UTF-16"?>` + oneItem("Café")), "Café"},
		{"a label that nobody knows", "text/xml; charset=klingon", []byte(oneItem("Café")), "Café"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := parseOne(t, tt.body, tt.contentType)
			if len(p.Articles) != 1 || p.Articles[0].Title != tt.want {
				t.Errorf("got %+v, want the title %q", p.Articles, tt.want)
			}
		})
	}
}

// TestParseCutAnywhere cuts a feed at every byte: whole items are read, a cut
// feed is partial, and nothing but whole items comes out.
func TestParseCutAnywhere(t *testing.T) {
	const n = 5
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><rss version="2.0"><channel><title>Cut</title>`)
	for i := range n {
		fmt.Fprintf(&b, `<item><guid>g%d</guid><title><![CDATA[Schüsse %d]]></title><description>Text &amp;amp; %d</description></item>`, i, i, i)
	}
	b.WriteString("</channel></rss>")
	full := b.String()
	whole := parseOne(t, []byte(full), "").Articles
	for cut := range len(full) {
		p, err := Parse([]byte(full[:cut]), "", testFeed, testLimits())
		checkParsed(t, p, err)
		if err != nil {
			continue
		}
		if want := strings.Count(full[:cut], "</item>"); len(p.Articles) != want || !p.Partial {
			t.Fatalf("cut at %d: %d articles, partial %v; want %d, true", cut, len(p.Articles), p.Partial, want)
		}
		if d := cmp.Diff(whole[:len(p.Articles)], p.Articles, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("cut at %d (-whole +cut)\n%s", cut, d)
		}
	}
}

func TestParseLimits(t *testing.T) {
	item := func(s string) string {
		return `<rss version="2.0"><channel><title>L</title>` + s + `<item><guid>ok</guid><title>ok</title></item></channel></rss>`
	}
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "<item><guid>%d</guid><title>%d</title></item>", i, i)
	}
	small := testLimits()
	small.MaxItems, small.MaxTextBytes = 10, 100
	for _, tt := range []struct {
		name, body string
		articles   int
		skipped    int
		problem    string
	}{
		{"items beyond the limit are counted", item(many.String()), 10, 21, "21 items beyond the newest 10"},
		{"long text ends with a paragraph", item("<item><guid>l</guid><description>" + strings.Repeat("&lt;p&gt;Word word word.&lt;/p&gt;", 20) + "</description></item>"), 2, 0, "summary of"},
		{"a very long title is cut", item("<item><guid>l</guid><title>" + strings.Repeat("wörd ", 2000) + "</title></item>"), 2, 0, "title cut"},
		{"an item nested too deep costs itself", item("<item>" + strings.Repeat("<x>", 400) + strings.Repeat("</x>", 400) + "</item>"), 1, 1, "nested deeper than 300"},
		{"unclosed line breaks are not depth", item("<item><guid>b</guid><description>" + strings.Repeat("line<br>", 400) + "</description></item>"), 2, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse([]byte(tt.body), "", testFeed, small)
			if err != nil {
				t.Fatal(err)
			}
			checkParsed(t, p, err)
			if len(p.Articles) != tt.articles || p.Skipped != tt.skipped || !strings.Contains(strings.Join(p.Problems, "\n"), tt.problem) {
				t.Errorf("got %d articles, %d skipped, %q; want %d, %d, %q", len(p.Articles), p.Skipped, p.Problems, tt.articles, tt.skipped, tt.problem)
			}
			for _, a := range p.Articles {
				if len(a.Summary) > small.MaxTextBytes || len(a.Title) > maxTitleBytes {
					t.Errorf("summary of %d, title of %d bytes", len(a.Summary), len(a.Title))
				}
			}
		})
	}
}

// TestParseHostileSize feeds what costs other readers a thousand times its size.
// The bound on time is what a quadratic reader misses by far.
func TestParseHostileSize(t *testing.T) {
	const size = 256 << 10
	head := `<rss version="2.0"><channel><title>H</title><item><guid>ok</guid><title>ok</title></item>`
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	for _, tt := range []struct{ name, body, reason string }{
		{"nested elements", head + fill("<dc:x>"), ReasonTooDeep},
		{"nested elements in an item", `<rss><channel><item>` + fill("<dc:x>"), ReasonTooDeep},
		{"nested JSON", `{"items":` + fill("["), ReasonTooDeep},
		{"comments that never end", head + fill("<!--"), ""},
		{"sections that never end", head + fill("<![CDATA["), ""},
		{"quotes that never end", head + fill(`<a "`), ""},
		{"instructions that never end", head + fill(`<?x `), ""},
		{"document types that never end", head + fill("<!DOCTYPE ["), ""},
		{"document types that end in each other", head + fill("<!DOCTYPE []>"), ""},
		{"sections with ends of entries", head + fill("<![CDATA[</entry>"), ""},
		{"sections in sections", head + fill("<![CDATA[<item>"), ""},
		{"elements without end", head + "<item><guid>a</guid>" + fill("<a:b/>") + "</item></channel></rss>", ""},
		{"end tags of nothing", head + "<item><guid>a</guid>" + strings.Repeat("<x>", 290) + fill("</y>") + "</item></channel></rss>", ""},
		{"tags that never end", head + fill("<a<"), ""},
		{"attributes", head + "<x " + fill(`a="1" `) + "/>", ""},
		{"ampersands in a title", head + "<item><guid>a</guid><title>" + fill("&") + "</title></item></channel></rss>", ""},
		{"entities in a text", head + "<item><guid>a</guid><description>" + fill("&amp;lt;") + "</description></item></channel></rss>", ""},
		{"nested formatting in Atom", `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>ok</id><title>ok</title><content type="html">` +
			fill("&lt;b&gt;&lt;p&gt;&lt;table&gt;") + `</content></entry></feed>`, ""},
		{"open angle brackets", head + "<item><guid>a</guid><description>" + fill("<") + "</description></item></channel></rss>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			p, err := Parse([]byte(tt.body), "", testFeed, testLimits())
			if d := time.Since(start); d > 10*time.Second {
				t.Errorf("took %v", d)
			}
			checkParsed(t, p, err)
			var pe *ParseError
			switch {
			case tt.reason != "" && (!errors.As(err, &pe) || pe.Reason != tt.reason):
				t.Errorf("error %v, want the reason %s", err, tt.reason)
			case tt.reason == "" && err != nil:
				t.Error(err)
			case tt.reason == "" && (len(p.Articles) == 0 || p.Articles[0].Title != "ok"):
				t.Errorf("the good item is lost: %q", p.Problems)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ name, body, contentType, reason string }{
		{"nothing", "", "", ReasonEmpty},
		{"only space", " \n\t", "", ReasonEmpty},
		{"a mark and nothing", "\xef\xbb\xbf", "", ReasonEmpty},
		{"plain words", "Service temporarily unavailable", "text/plain", ReasonNotAFeed},
		{"plain words sent as a page", "Service temporarily unavailable", "text/html", ReasonHTML},
		{"a page without a doctype", "<html><body>Forbidden</body></html>", "application/rss+xml", ReasonHTML},
		{"a site map", `<?xml version="1.0"?><urlset></urlset>`, "", ReasonNotAFeed},
		{"JSON of another kind", `{"error":"no"}`, "", ReasonNotAFeed},
		{"a JSON list", `[1,2]`, "", ReasonNotAFeed},
		{"JSON that breaks off", `{"version":"x","ti`, "", ReasonBroken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Parse([]byte(tt.body), tt.contentType, testFeed, testLimits())
			var pe *ParseError
			if !errors.As(err, &pe) || pe.Reason != tt.reason {
				t.Errorf("got %+v, %v; want the reason %s", p, err, tt.reason)
			}
		})
	}
}

// TestIdentity says which changes of an item make it another article and which
// a new edition.
func TestIdentity(t *testing.T) {
	feed := func(item string) Article {
		t.Helper()
		p := parseOne(t, []byte(`<rss version="2.0"><channel><title>I</title><item>`+item+`</item></channel></rss>`), "")
		if len(p.Articles) != 1 {
			t.Fatalf("%s: %d articles", item, len(p.Articles))
		}
		return p.Articles[0]
	}
	const date = "<pubDate>Tue, 17 Feb 2026 10:00:00 GMT</pubDate>"
	const later = "<pubDate>Tue, 17 Feb 2026 11:00:00 GMT</pubDate>"
	for _, tt := range []struct {
		name, a, b         string
		sameID, sameEditon bool
	}{
		{"only the date moved", "<guid>1</guid><title>x</title>" + date, "<guid>1</guid><title>x</title>" + later, true, true},
		{"the title changed", "<guid>1</guid><title>x</title>", "<guid>1</guid><title>y</title>", true, false},
		{"the text changed", "<guid>1</guid><description>3 dead</description>", "<guid>1</guid><description>30 dead</description>", true, false},
		{"the link was renamed", "<guid>1</guid><title>x</title><link>http://a.example/old</link>", "<guid>1</guid><title>x</title><link>http://a.example/new</link>", true, true},
		{"the guid was wrapped", "<guid>tag:a 1</guid><title>x</title>", "<guid>\n  tag:a\n  1\n</guid><title>x</title>", true, true},
		{"http became https", "<link>http://a.example/1</link><title>x</title>", "<link>https://a.example/1</link><title>x</title>", true, true},
		{"a tracking parameter came", "<link>https://a.example/1</link><title>x</title>", "<link>https://a.example/1?utm_source=rss</link><title>x</title>", true, true},
		{"the guid's counter moved", "<guid>https://a.example/1#0</guid><link>https://a.example/1</link><title>x</title>", "<guid>https://a.example/1#12</guid><link>https://a.example/1</link><title>x</title>", true, true},
		{"another entry of a live page", "<guid>https://a.example/1#e77</guid><link>https://a.example/1</link><title>x</title>", "<guid>https://a.example/1#e78</guid><link>https://a.example/1</link><title>x</title>", false, true},
		{"the guid that is the link was dropped", "<guid>https://a.example/1</guid><link>https://a.example/1</link><title>x</title>", "<link>https://a.example/1</link><title>x</title>", true, true},
		{"another guid", "<guid>1</guid><title>x</title>", "<guid>2</guid><title>x</title>", false, true},
		{"a second copy of the text came", "<guid>1</guid><description>One dead.</description>", "<guid>1</guid><description>One dead.</description><content:encoded>&lt;p&gt;One dead.&lt;/p&gt;</content:encoded>", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, b := feed(tt.a), feed(tt.b)
			if (a.ID == b.ID) != tt.sameID || (a.ContentSHA256 == b.ContentSHA256) != tt.sameEditon {
				t.Errorf("same id %v, same content %v; want %v, %v", a.ID == b.ID, a.ContentSHA256 == b.ContentSHA256, tt.sameID, tt.sameEditon)
			}
		})
	}
}

func TestParseConfigWins(t *testing.T) {
	body := []byte(`<rss version="2.0"><channel><title>Feed's own</title><language>en</language><item><guid>1</guid><title>x</title></item></channel></rss>`)
	p, err := Parse(body, "", FeedInfo{ID: "f", Outlet: "The Desk", Language: "pt_BR", Country: "BR"}, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.Articles[0]; a.Outlet != "The Desk" || a.Language != "pt-br" || a.Country != "BR" || a.Feed != "f" {
		t.Errorf("outlet %q, language %q, feed %q: the configuration must win", a.Outlet, a.Language, a.Feed)
	}
	p, _ = Parse(body, "", FeedInfo{ID: "f"}, Limits{})
	if a := p.Articles[0]; a.Outlet != "Feed's own" || a.Language != "en" {
		t.Errorf("outlet %q, language %q: empty fields are the feed's", a.Outlet, a.Language)
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/feeds/*.txtar")
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(ar.Files[0].Data, "")
	}
	f.Add([]byte("\xff\xfe<\x00"), "text/xml; charset=utf-16")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		p, err := Parse(body, contentType, testFeed, testLimits())
		checkParsed(t, p, err)
		q, err2 := Parse(body, contentType, testFeed, testLimits())
		if d := cmp.Diff(renderParsed(p, err), renderParsed(q, err2)); d != "" {
			t.Errorf("two readings differ\n%s", d)
		}
		var pe *ParseError
		if errors.As(err, &pe) && strings.Contains(err.Error(), "the reader failed") {
			t.Errorf("panic: %v", err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	var s strings.Builder
	s.WriteString(`<rss version="2.0"><channel><title>B</title>`)
	for i := range 50 {
		fmt.Fprintf(&s, `<item><guid>%d</guid><title>Item %d</title><link>https://b.example/%d?utm_source=x</link><pubDate>Tue, 17 Feb 2026 10:00:00 GMT</pubDate><description>%s</description></item>`,
			i, i, i, strings.Repeat("&lt;p&gt;At least four people were killed on Monday.&lt;/p&gt;", 10))
	}
	s.WriteString(`</channel></rss>`)
	body := []byte(s.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(body, "", testFeed, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
