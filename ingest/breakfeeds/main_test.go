package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
	"tocsin/ingest/breakfeeds/broken"
)

// variants breaks each of our own feeds, and recorded ones where TOCSIN_FEEDS
// names the folder that has them. The result is by the feeds' files.
func variants(t *testing.T) (files []string, lists [][]broken.Variant) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d feeds: %v", len(files), err)
	}
	if folder := os.Getenv("TOCSIN_FEEDS"); folder != "" {
		real, err := filepath.Glob(filepath.Join(folder, "real", "*"))
		if err != nil || len(real) == 0 {
			t.Fatalf("no feeds in %s: %v", folder, err)
		}
		files = append(files, real...)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := broken.Variants(body)
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, list)
	}
	return files, lists
}

// most is what reading one body may take from the heap, the total of all that it
// asks for. The feeds have up to 300 kB, the bound is on what does not scale.
const most = 64 << 20

// TestSalvage reads every variant of every feed: all whole items are there with
// their titles, none is invented, and neither memory nor time runs away.
func TestSalvage(t *testing.T) {
	n, whole, read := 0, 0, 0
	files, lists := variants(t)
	for i, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			list := lists[i]
			if len(list) < 80 {
				t.Errorf("%d variants, 80 are the least", len(list))
			}
			for _, v := range list {
				n++
				if v.Encoding != "" {
					continue // the fetcher's to undo
				}
				w, r := salvage(t, v)
				whole, read = whole+w, read+r
			}
		})
	}
	t.Logf("%d variants, %d of %d items that must be read", n, read, whole)
}

func salvage(t *testing.T, v broken.Variant) (must, found int) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	p, err := ingest.Parse(v.Body, v.ContentType, ingest.FeedInfo{ID: "f", URL: "https://feeds.example/f"}, ingest.Limits{Now: time.Now()})
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if cost := after.TotalAlloc - before.TotalAlloc; cost > uint64(most) {
		t.Errorf("%s: takes %d MB", v.Name, cost>>20)
	}
	if took > 5*time.Second {
		t.Errorf("%s: takes %v", v.Name, took)
	}
	if err != nil {
		return judge(t, v, nil, err)
	}
	if strings.HasPrefix(v.Name, "cut-") && !p.Partial {
		t.Errorf("%s: a feed that is cut off is not called partial", v.Name)
	}
	return judge(t, v, p.Articles, nil)
}

// judge compares what was read with what had to be: every whole item by its
// title, every hurt one by its title or id, and nothing else.
func judge(t *testing.T, v broken.Variant, articles []ingest.Article, err error) (must, found int) {
	titles, ids := map[string]int{}, map[string]bool{}
	var links []string
	for _, a := range articles {
		titles[broken.Text(a.Title)]++
		ids[broken.Text(a.GUID)] = true
		if a.GUID == "" && a.URL != "" { // rdf:about is a link, with parameters that go
			links = append(links, broken.Text(a.URL))
		}
	}
	known, hurt, lost := map[string]bool{}, 0, 0
	var missing []string
	for _, it := range v.Items {
		title := broken.Text(it.Title)
		known[title] = true
		switch it.State {
		case broken.Whole:
			must++
			if titles[title] > 0 {
				found++
			} else {
				missing = append(missing, it.Title)
			}
		case broken.Hurt:
			hurt++
			must++
			if titles[title] > 0 || ids[broken.Text(it.GUID)] || slices.ContainsFunc(links, func(l string) bool { return strings.HasPrefix(broken.Text(it.GUID), l) }) {
				found++
			} else {
				missing = append(missing, it.Title)
			}
		case broken.Lost:
			lost++
		}
	}
	if len(missing) > 0 {
		t.Errorf("%s: %d of %d items missing, the first is %q (%v)", v.Name, len(missing), must, missing[0], err)
	}
	if len(articles) > len(v.Items) {
		t.Errorf("%s: %d articles of %d items", v.Name, len(articles), len(v.Items))
	}
	strange := 0
	for _, a := range articles {
		if !known[broken.Text(a.Title)] {
			if strange++; strange > hurt+lost {
				t.Errorf("%s: no item is called %.200q", v.Name, a.Title)
			}
		}
	}
	return must, found
}

// TestFeedParse reads the variants with the program, one process each: every
// kind of variant once, of one feed after the other.
func TestFeedParse(t *testing.T) {
	if os.Getenv("TOCSIN_FEEDS") == "" {
		t.Skip("TOCSIN_FEEDS names no folder with recorded feeds")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "tocsin")
	if out, err := exec.Command("go", "build", "-o", program, "tocsin/cmd/tocsin").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, feeds := variants(t)
	turns := map[string]int{} // how many feeds have the variant
	for _, list := range feeds {
		for _, v := range list {
			turns[v.Name]++
		}
	}
	n, whole, read := 0, 0, 0
	names := slices.Sorted(maps.Keys(turns))
	for i, name := range names {
		turn := i % turns[name]
		for _, list := range feeds {
			at := slices.IndexFunc(list, func(v broken.Variant) bool { return v.Name == name })
			if at < 0 {
				continue
			}
			if turn--; turn != -1 || list[at].Encoding != "" {
				continue
			}
			v := list[at]
			file := filepath.Join(dir, v.Name)
			if err := os.WriteFile(file, v.Body, 0o644); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(program, "feed", "parse", "--content-type", v.ContentType, file).Output()
			var articles []ingest.Article
			for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
				var a ingest.Article
				if err := d.Decode(&a); err != nil {
					t.Fatalf("%s: %v", v.Name, err)
				}
				articles = append(articles, a)
			}
			w, r := judge(t, v, articles, err)
			n, whole, read = n+1, whole+w, read+r
		}
	}
	t.Logf("%d variants of %d feeds, %d of %d items that must be read", n, len(feeds), read, whole)
}

// TestDeterministic: a manifest would be worth nothing otherwise.
func TestDeterministic(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if _, err := write(dir, "testdata/rss.xml"); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(a, "rss", "*"))
	if err != nil || len(files) < 80 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		x, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, "rss", filepath.Base(file)))
		if err != nil || string(x) != string(y) {
			t.Errorf("%s differs: %v", filepath.Base(file), err)
		}
	}
}
