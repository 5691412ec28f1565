package ingest

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestReadOPML(t *testing.T) {
	const in = `<?xml version="1.0" encoding="ISO-8859-1"?>
<opml version="1.0"><head><title>Feeds</title></head><body>
<outline text="Folder"><outline text="Inner">
  <outline type="rss" text="One &amp; only" xmlUrl="https://one.example/feed" language="en-GB"/>
</outline></outline>
<outline text="Two" xmlurl=" feed://two.example/rss " country="ke"/>
<outline title="Caf` + "\xe9" + `" text="x" XMLURL="http://three.example/"/>
<outline text="Twice" xmlUrl="https://one.example/feed"/>
<outline type="link" text="Bookmark" url="https://b.example/"/>
</body></opml>`
	want := []Outline{
		{URL: "https://one.example/feed", Title: "One & only", Language: "en-gb"},
		{URL: "http://two.example/rss", Title: "Two", Country: "KE"},
		{URL: "http://three.example/", Title: "Café"},
	}
	got, err := ReadOPML(strings.NewReader(in))
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, d)
	}
}

func TestReadOPMLReportsAllAtOnce(t *testing.T) {
	const in = `<opml><body>
<outline text="Good" xmlUrl="https://good.example/feed"/>
<outline text="File" xmlUrl="file:///etc/passwd"/>
<outline type="rss" text="Forgotten"/>
<outline text="Good too" xmlUrl="https://good.example/too"/>
<outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>`
	got, err := ReadOPML(strings.NewReader(in))
	if len(got) != 2 {
		t.Errorf("got %+v, want the two good ones", got)
	}
	for _, want := range []string{`line 3, "File"`, `line 4, "Forgotten"`, `line 6, "Script"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

func TestReadOPMLRefuses(t *testing.T) {
	for _, tt := range []struct{ name, in, say string }{
		{"another root", "<rss/>", "export the feed list as OPML"},
		{"empty", "", "nothing in it"},
		{"not XML", "feeds: none", "nothing in it"},
		{"cut off", `<opml><body><outline text="x" xmlUrl="https://x.example/"`, "cannot be read further"},
		{"too deep", "<opml>" + strings.Repeat("<outline>", 1000), "nested deeper"},
		{"too large", "<opml>" + strings.Repeat(" ", maxOPMLBytes), "larger than"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ReadOPML(strings.NewReader(tt.in)); err == nil || !strings.Contains(err.Error(), tt.say) {
				t.Errorf("error %v, want one that says %q", err, tt.say)
			}
		})
	}
}

func TestOPMLRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Outline
		for i := range rapid.IntRange(0, 5).Draw(t, "n") {
			want = append(want, Outline{
				URL:      "https://x.example/" + string(rune('a'+i)) + "?q=<&\">",
				Title:    rapid.StringMatching(`[A-Za-z"'<&é][A-Za-z é]{0,10}[a-z]`).Draw(t, "title"),
				Language: rapid.SampledFrom([]string{"", "en", "pt-br"}).Draw(t, "language"),
				Country:  rapid.SampledFrom([]string{"", "KE", "BR"}).Draw(t, "country"),
			})
		}
		var b bytes.Buffer
		if err := WriteOPML(&b, want); err != nil {
			t.Fatal(err)
		}
		got, err := ReadOPML(&b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i].Title = titleText(want[i].Title)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got)\n%s", d)
		}
	})
	if err := WriteOPML(brokenWriter{}, nil); err == nil {
		t.Error("a failed write is not reported")
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func FuzzReadOPML(f *testing.F) {
	f.Add([]byte(`<opml><body><outline text="a" xmlUrl="https://a.example/"/></body></opml>`))
	f.Add([]byte(`<opml><outline xmlUrl="feed:x"><outline type=rss></opml>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ReadOPML(bytes.NewReader(b))
		seen := map[string]bool{}
		for _, o := range got {
			if !strings.HasPrefix(strings.ToLower(o.URL), "http") || seen[o.URL] {
				t.Errorf("address %q is not http or comes twice", o.URL)
			}
			seen[o.URL] = true
			checkText(t, o.URL)
			checkText(t, o.Title)
			checkText(t, o.Language)
		}
		if again, err2 := ReadOPML(bytes.NewReader(b)); cmp.Diff(got, again) != "" || (err == nil) != (err2 == nil) {
			t.Error("two readings differ")
		}
	})
}

// TestReadOPMLControls: what XML forbids in a title costs nothing but itself.
func TestReadOPMLControls(t *testing.T) {
	got, err := ReadOPML(strings.NewReader("<opml><body><outline text=\"A\x08\x00B\" xmlUrl=\"https://a.example/\"/><outline text=\"C\" xmlUrl=\"https://c.example/\"/></body></opml>"))
	if err != nil || len(got) != 2 || got[0].Title != "A B" {
		t.Errorf("read %+v, %v; want both", got, err)
	}
}
