package ingest

import (
	"net/url"
	"strings"
	"testing"
)

func TestCanonicalURL(t *testing.T) {
	const base = "https://feeds.example.org/dir/rss.xml"
	for _, tt := range []struct{ name, raw, base, want string }{
		{"as it is", "https://a.example/x", "", "https://a.example/x"},
		{"case of scheme and host only", "HTTPS://A.Example/X?Q=Y", "", "https://a.example/X?Q=Y"},
		{"default ports go", "http://a.example:80/", "", "http://a.example/"},
		{"default port of https", "https://a.example:443/x", "", "https://a.example/x"},
		{"another port stays", "https://a.example:8443/x", "", "https://a.example:8443/x"},
		{"an empty path is the root", "https://a.example", "", "https://a.example/"},
		{"fragment", "https://a.example/x#top", "", "https://a.example/x"},
		{"only trackers", "https://a.example/x?utm_source=rss&utm_medium=feed&fbclid=1", "", "https://a.example/x"},
		{"trackers among others, order kept", "https://a.example/x?z=1&utm_source=rss&a=2&gclid=3&m", "", "https://a.example/x?z=1&a=2&m"},
		{"trackers in capitals", "https://a.example/x?UTM_Source=rss&CMPID=3&id=4", "", "https://a.example/x?id=4"},
		{"BBC", "https://a.example/x?at_medium=RSS&at_campaign=rss&ns_mchannel=rss", "", "https://a.example/x"},
		{"a source that is only the feed", "https://a.example/x?source=rss&id=1", "", "https://a.example/x?id=1"},
		{"a source that may choose the page", "https://a.example/x?source=afp", "", "https://a.example/x?source=afp"},
		{"escaped once too often", "https://a.example/?a=1&amp;amp;b=2&amp;c=3", "", "https://a.example/?a=1&b=2&c=3"},
		{"relative", "../2026/one", base, "https://feeds.example.org/2026/one"},
		{"of the root", "/one", base, "https://feeds.example.org/one"},
		{"without a scheme", "//b.example/one", base, "https://b.example/one"},
		{"without a scheme and base", "//b.example/one", "", "https://b.example/one"},
		{"www", "www.b.example/one", base, "https://www.b.example/one"},
		{"only a query", "?id=5", base, "https://feeds.example.org/dir/rss.xml?id=5"},
		{"dot segments", "https://a.example/x/./y/../z", "", "https://a.example/x/z"},
		{"spaces around and inside", " \n https://a.exa\nmple/a b\t", "", "https://a.example/a%20b"},
		{"not ASCII", "https://a.example/städte?q=ü", "", "https://a.example/st%C3%A4dte?q=%C3%BC"},
		{"escapes stay", "https://a.example/a%2Fb?q=%26", "", "https://a.example/a%2Fb?q=%26"},
		{"a stray percent", "https://a.example/100%", "", "https://a.example/100%25"},
		{"a name in another script", "https://bücher.example/", "", "https://xn--bcher-kva.example/"},
		{"a dot behind the name", "https://a.example./x", "", "https://a.example/x"},
		{"credentials go", "https://user:pw@a.example/x", "", "https://a.example/x"},
		{"an address", "http://[2001:DB8::1]:80/x", "", "http://[2001:db8::1]/x"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := CanonicalURL(tt.raw, tt.base)
			if err != nil || got != tt.want {
				t.Errorf("CanonicalURL(%q, %q) = %q, %v; want %q", tt.raw, tt.base, got, err, tt.want)
			}
		})
	}
	for _, raw := range []string{
		"", " ", "javascript:alert(1)", "JavaScript:alert(1)", "file:///etc/passwd", "data:text/html,x", "mailto:a@b.example", "ftp://a.example/",
		"http:", "http://", "http:///x", "http://a b/", "http://a.example:99999/", "http://a.example:x/", "http://[::1%25lo]/", "http://..../", "https:a.example",
		"one", "http://a\x00b", "https://a.example/" + strings.Repeat("x", maxURLBytes),
	} {
		if got, err := CanonicalURL(raw, ""); err == nil && !strings.HasPrefix(got, "http://ab/") {
			t.Errorf("CanonicalURL(%.40q) = %.60q, want an error", raw, got)
		}
	}
}

func FuzzCanonicalURL(f *testing.F) {
	for _, s := range []string{"https://a.example/x?utm_source=1&b=%zz#f", "//x/../y", "?a=1", "http://[::1]:80", "HTTP://É.example/%", "&amp;amp;"} {
		f.Add(s, "https://feeds.example.org/dir/")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, raw, base string) {
		got, err := CanonicalURL(raw, base)
		if err != nil {
			if got != "" || err.Error() == "" {
				t.Fatalf("%q with %v", got, err)
			}
			return
		}
		if !isASCII(got) || !strings.HasPrefix(got, "http://") && !strings.HasPrefix(got, "https://") || strings.ContainsAny(got, "# \"<>\n") {
			t.Fatalf("CanonicalURL(%q, %q) = %q is no clean link", raw, base, got)
		}
		u, err := url.Parse(got)
		if err != nil || u.Host == "" || u.User != nil {
			t.Fatalf("CanonicalURL(%q, %q) = %q: %v", raw, base, got, err)
		}
		if len(got) > maxURLBytes {
			return // escaping made it too long to be read again
		}
		if again, err := CanonicalURL(got, base); err != nil || again != got {
			t.Fatalf("CanonicalURL(%q, %q) = %q, then %q, %v", raw, base, got, again, err)
		}
	})
}
