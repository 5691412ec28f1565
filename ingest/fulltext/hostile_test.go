package fulltext

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"
)

// hostile pages are those that made a parser or the extraction work without
// end, or might. Each took seconds to hours before there was a limit for it.
func hostile() map[string]string {
	rep := strings.Repeat
	words := rep("word, ", 50)
	return map[string]string{
		"a megabyte of open div":             rep("<div>", 200_000),
		"deep, a paragraph each level":       rep("<div><p>"+words+"</p>", 300),
		"paragraphs at the bottom":           rep("<div>", 480) + rep("<p>"+words+"</p>", 1000),
		"bare text at the bottom":            rep("<div>", 480) + rep("word, ", 200_000),
		"open formatting before paragraphs":  rep("<b x=1><i y=2>", 240) + rep("<p>a", 30_000),
		"formatting that differs":            strings.Join(numbered("<font color=", ">", 400), "") + rep("<p>a", 30_000),
		"links in cells":                     rep("<a href=1><table><td>", 100) + rep("<p>a", 30_000),
		"cells outside of tables":            rep("xxxxxxxxxxxxxxx<td>", 30_000),
		"text between rows":                  "<table>" + rep("xxxxxxxxxxxxxxx<tr>", 30_000),
		"tables in tables":                   rep("<table><tr><td>"+words, 120),
		"lists in lists":                     rep("<ul><li>"+words, 150),
		"line ends":                          rep("aaa<br><br>", 15_000),
		"headlines to compare with a title":  "<title>" + rep("word ", 200_000) + "</title>" + rep("<h2>one two three four</h2>", 12_000),
		"one headline of half a megabyte":    "<h1>" + rep("word ", 100_000) + "</h1>" + rep("<h2>one two three four</h2>", 12_000),
		"links":                              rep("<a href=x>aaaa bbbb cccc, </a>", 15_000),
		"list items":                         "<ul>" + rep("<li>aaaa bbbb cccc, ", 100_000),
		"authors in authors":                 rep("<div class=byline>", 240) + rep("<p>"+words+"</p>", 80),
		"share boxes in share boxes":         rep("<div class=share>", 240) + rep("<p>"+words+"</p>", 80),
		"long classes":                       rep("<div class="+rep("a-", 5000)+">", 200) + rep("<p>"+words, 100),
		"many attributes":                    "<p " + strings.Join(numbered("a", "=1 ", 15_000), "") + ">" + words,
		"templates in templates":             rep("<template>", 15_000) + words,
		"svg in svg":                         rep("<svg><foreignObject>", 15_000) + words,
		"forms and fieldsets":                rep("<form><fieldset>", 20_000) + words,
		"selects":                            rep("<select><option>a", 15_000),
		"frames":                             "<frameset>" + rep("<frame>", 15_000),
		"a comment without end":              words + "<!--" + rep("-->x<!--", 100_000),
		"plain text":                         "<plaintext>" + rep("<p>", 15_000),
		"siblings that all may be the story": rep(rep("<div>", 60)+words+rep("</div>", 60), 400),
		"whole paragraphs":                   rep("<p>"+words+"</p>", 3000),
		"nothing":                            "",
		"zero bytes":                         rep("\x00", 10_000),
		"not UTF-8":                          rep("<p>\xff\xfe\x80", 10_000),
	}
}

func numbered(before, after string, n int) (list []string) {
	for i := range n {
		list = append(list, before+strings.Repeat("x", i%97)+string(rune('a'+i%26))+after)
	}
	return list
}

func TestHostilePagesEnd(t *testing.T) {
	for name, page := range hostile() {
		t.Run(name, func(t *testing.T) {
			holds(t, page)
		})
	}
}

func TestDeepNestingIsTangled(t *testing.T) {
	for _, name := range []string{"a megabyte of open div", "bare text at the bottom", "list items"} {
		if _, reason, err := extract([]byte(hostile()[name]), "text/html", nil); reason != ReasonTangled {
			t.Errorf("%s: reason %q (%v), want %q", name, reason, err, ReasonTangled)
		}
	}
}

// holds is what may be said of the text of any page.
func holds(t *testing.T, page string) {
	t.Helper()
	res, reason, err := extract([]byte(page), "text/html; charset=utf-8", nil)
	if (err == nil) != (reason == "") {
		t.Fatalf("reason %q, error %v", reason, err)
	}
	if err != nil {
		if !slices.Contains(Reasons, reason) {
			t.Fatalf("reason %q is not on the list", reason)
		}
		if reason == ReasonBroken {
			t.Errorf("the library cannot take it: %v", err)
		}
		return
	}
	if !utf8.ValidString(res.text.Body) || !utf8.ValidString(res.text.Title) {
		t.Error("the text is not UTF-8")
	}
	if n := utf8.RuneCountInString(res.text.Title); n > maxTitle {
		t.Errorf("the title has %d characters", n)
	}
	// Escapes lengthen a text, at most from one byte to five ("&#34;"), and the
	// decoder makes three of one that is not UTF-8.
	if len(res.text.Body) > 5*3*len(page)+1000 {
		t.Errorf("%d bytes of page give %d of text", len(page), len(res.text.Body))
	}
	for z := html.NewTokenizer(strings.NewReader(res.text.Body)); z.Next() != html.ErrorToken; {
		if tok := z.Token(); tok.Type == html.StartTagToken && mute[tok.Data] {
			t.Errorf("the text holds <%s>", tok.Data)
		}
	}
}

func FuzzExtract(f *testing.F) {
	for _, page := range hostile() {
		f.Add(page[:min(len(page), 2000)])
	}
	f.Add(`<title>a</title><meta property="article:published_time" content="2026-01-01T00:00:00Z"><script type=application/ld+json>{"schema.org":1,"datePublished":"2026-01-01T00:00:00Z"}</script><article><h1>x</h1><p>` + strings.Repeat("word, ", 100) + `<p><a href=x>Read more</a></article>`)
	f.Fuzz(func(t *testing.T, page string) {
		if len(page) > 16<<10 {
			t.Skip()
		}
		holds(t, page)
	})
}

func BenchmarkExtract(b *testing.B) {
	// As news pages are: some 10 KB of story, ten times as much around it.
	var page strings.Builder
	page.WriteString(`<html lang=en><head><title>A story of some length - The Paper</title><script>` + strings.Repeat("var a = {b: [1, 2, 3]};\n", 3000) + `</script></head><body><nav>`)
	for range 200 {
		page.WriteString(`<div class="nav-item level-2"><a href="/section/with/a/name" class="link link--small">Section</a></div>`)
	}
	page.WriteString(`</nav><main><article><h1>A story of some length</h1>`)
	for range 40 {
		page.WriteString(`<p class="css-1x2y3z">The road to the north was cut on Monday, the third day of the fighting, and <b>the bridge</b> at the mill, which had been mended in spring, fell into the river; <a href="/x">nobody was hurt</a>.</p><div class="ad-slot" data-config="` + strings.Repeat("x", 300) + `"></div>`)
	}
	page.WriteString(`</article></main><footer>` + strings.Repeat(`<div class=teaser><a href=/story><span>Another story of that day</span></a></div>`, 200) + `</footer></body></html>`)
	body := []byte(page.String())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if res, _, err := extract(body, "text/html", nil); err != nil || res.chars < 5000 {
			b.Fatal(res.chars, err)
		}
	}
}
