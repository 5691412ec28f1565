package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin/ingest"
)

// Any list that is imported comes out as it went in, as OPML and as YAML.
func TestFeedRoundTrip(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			one := func(of ...string) string { return of[r.IntN(len(of))] }
			var feeds []ingest.Outline
			for i := range 40 {
				feeds = append(feeds, ingest.Outline{
					URL: one("http://", "https://", "https://me@", "https://me:s%40cret&@") + one("news.example", "müller.example", "[2001:db8::1]:8080") +
						one("/rss.xml", "/a%20b/é?x=1&y='\"", "/"+strings.Repeat("long", 30)+"/") + fmt.Sprint("?n=", i),
					Title:    one("", "The Wire", `"Quoted" & <Co>`, "Ежедневник", "- dash: colon # hash", "'", "{x}", "null", "1.0", "a\u00a0b"),
					Language: one("", "en", "pt-BR"),
					Country:  one("", "KE", "NO"), // YAML takes a bare NO for false
				})
			}
			var opml strings.Builder
			if err := ingest.WriteOPML(&opml, feeds); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			must := func(stdin string, args ...string) string {
				t.Helper()
				code, out, errs := runHere(t, stdin, append([]string{"feed"}, args...)...)
				if code != exitOK {
					t.Fatalf("feed %v: code %d\n%s%s", args, code, out, errs)
				}
				return out
			}
			a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
			must(opml.String(), "import", "-", "--data", a)
			out := must("", "export", "--data", a, "--passwords")
			must(out, "import", "-", "--data", b)
			// In another order: of two feeds that would have one id, the first has it.
			lines := func(s string) []string { return slices.Sorted(strings.SplitSeq(s, "\n")) }
			if d := gocmp.Diff(lines(out), lines(must("", "export", "--data", b, "--passwords"))); d != "" {
				t.Errorf("OPML in and out again (-want +got)\n%s", d)
			}
			if again := must(out, "import", "-", "--data", b); !strings.HasPrefix(again, "0 added, 40 already there") {
				t.Errorf("imported again: %s", again)
			}
			if open := must("", "export", "--data", a); strings.Contains(open, "cret") {
				t.Errorf("an export shows a password:\n%s", open)
			}

			outlines, err := ingest.ReadOPML(strings.NewReader(out))
			if err != nil || len(outlines) != len(feeds) {
				t.Fatalf("%d outlines of %d, %v", len(outlines), len(feeds), err)
			}
			file := filepath.Join(dir, "feeds.yaml")
			if err := os.WriteFile(file, []byte(must("", "export", "--data", a, "--passwords", "--format", "yaml")), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := loadConfig(file, nil)
			if err != nil {
				t.Fatal(err)
			}
			var fromYAML []ingest.Outline
			for _, f := range cfg.Ingest.Feeds {
				o := ingest.Outline{URL: f.URL, Title: f.Outlet, Language: f.Language, Country: f.Country}
				if o.Title == "" {
					o.Title = f.URL // as OPML has it
				}
				fromYAML = append(fromYAML, o)
			}
			if d := gocmp.Diff(outlines, fromYAML); d != "" {
				t.Errorf("YAML differs from OPML (-opml +yaml)\n%s", d)
			}
		})
	}
}

// The starter list goes in whole, and says of every feed that nobody has asked
// for it yet.
func TestFeedImportStarter(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	code, out, errs := runHere(t, "", "feed", "import", "../../deploy/feeds.opml", "--data", dir)
	if code != exitOK {
		t.Fatalf("code %d\n%s%s", code, out, errs)
	}
	var n int
	if _, err := fmt.Sscanf(out, "%d added, 0 already there\n", &n); err != nil || n < 150 {
		t.Errorf("import: %s", out)
	}
	_, out, _ = runHere(t, "", "feed", "ls", "--data", dir)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if got := len(slices.DeleteFunc(lines, func(l string) bool { return !strings.HasSuffix(l, "unverified: not polled yet") })); got != n {
		t.Errorf("%d feeds are marked as unverified, want %d", got, n)
	}
}
