package fulltext

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/net/html"
)

// paragraphs is the text of HTML, a line for each block of it.
func paragraphs(t testing.TB, body string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.ReplaceAll(n.Data, "\n", " "))
		case lines[n.Data] || n.Data == "br" || n.Data == "td":
			b.WriteByte('\n')
		}
		if n.NextSibling == nil && n.Parent != nil && lines[n.Parent.Data] && n.FirstChild == nil {
			b.WriteByte('\n')
		}
	}
	var out strings.Builder
	for line := range strings.Lines(b.String()) {
		if line = oneLine(line); line != "" {
			out.WriteString(line + "\n")
		}
	}
	return out.String()
}

func TestPages(t *testing.T) {
	files, _ := filepath.Glob("testdata/pages/*.txtar")
	if len(files) < 3 {
		t.Fatal("the pages are missing")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			for _, f := range ar.Files {
				part[f.Name] = string(f.Data)
			}
			res, reason, err := extract([]byte(part["page"]), "text/html", &url.URL{Scheme: "https", Host: "paper.example", Path: "/story"})
			if err != nil {
				t.Fatal(reason, err)
			}
			published := ""
			if !res.text.Published.IsZero() {
				published = res.text.Published.Format(time.RFC3339)
			}
			for name, got := range map[string]string{"title": res.text.Title, "language": res.text.Language, "published": published} {
				if want := strings.TrimSpace(part[name]); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if d := cmp.Diff(part["want"], paragraphs(t, res.text.Body)); d != "" {
				t.Errorf("%s(-want +got)\n%s", ar.Comment, d)
			}
			if n := utf8.RuneCountInString(part["want"]); res.chars < n-30 || res.chars > n+30 {
				t.Errorf("counted %d characters, the text has %d", res.chars, n)
			}
		})
	}
}

func TestAStoryIsNoFurniture(t *testing.T) {
	for _, class := range []string{"social-share-enabled", "has-caption related", "x newsletter-on"} {
		page := strings.Replace(story, "<article>", `<div class="`+class+`">`+strings.Repeat("<p>The road to the depot stayed closed, and nobody could say for how long.</p>", 5), 1)
		res, _, err := extract([]byte(page), "text/html", nil)
		if err != nil || !strings.Contains(res.text.Body, "Two watchmen were killed") {
			t.Errorf("class %q: %v, %q", class, err, res.text.Body)
		}
	}
}

func TestAPanicIsAReason(t *testing.T) {
	_, reason, err := unbroken(func() (result, string, error) { panic("index out of range") })
	if reason != ReasonBroken || err == nil {
		t.Errorf("reason %q, error %v", reason, err)
	}
}

func TestPublished(t *testing.T) {
	for in, want := range map[string]string{
		"2026-03-04T09:15:00+02:00":         "2026-03-04T07:15:00Z",
		"2026-03-04T09:15:00.123Z":          "2026-03-04T09:15:00Z",
		"2026-03-04T09:15:00+0200":          "2026-03-04T07:15:00Z",
		"2026-03-04T09:15Z":                 "2026-03-04T09:15:00Z",
		"2026-03-04":                        "", // may be the day before
		"2026-03-04T09:15:00":               "", // nor does this say where
		"1970-01-01T00:00:00Z":              "", // an empty field
		"2999-01-01T00:00:00Z":              "",
		"Wed, 4 Mar 2026 09:15:00 whenever": "",
	} {
		var s said
		s.meta([]html.Attribute{{Key: "property", Val: "article:published_time"}, {Key: "content", Val: in}})
		got := ""
		if !s.published.IsZero() {
			got = s.published.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
