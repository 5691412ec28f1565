package ingest

import (
	"runtime"
	runtimemetrics "runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxPeak is what reading one hostile body may hold at a time, the body itself
// and garbage not yet collected included.
const maxPeak = 64 << 20

// TestParseMemory reads what takes other readers gigabytes: the limits must work
// before memory is spent, not behind.
func TestParseMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 100 MB")
	}
	const ok = `<item><guid>ok</guid><title>ok</title></item>`
	rss := func(s string) string {
		return `<rss version="2.0"><channel><title>H</title>` + ok + s + `</channel></rss>`
	}
	many := func(n int, item func(i int) string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(item(i))
		}
		return b.String()
	}
	number := func(pattern string) func(int) string {
		return func(i int) string { return strings.ReplaceAll(pattern, "#", strconv.Itoa(i)) }
	}
	fill := func(size int, s string) string { return strings.Repeat(s, size/len(s)) }
	for _, tt := range []struct {
		name, body string
		least      int // articles
	}{
		{"6 MB of nested elements", rss(fill(6<<20, "<dc:x>")), 0},
		{"6 MB of nested elements in an item", rss("<item><title>no</title>" + fill(6<<20, "<dc:x>") + "</item>"), 1},
		{"6 MB of nested elements in a title", rss("<item><title>" + fill(6<<20, "<b>")), 1},
		{"6 MB of nested markup in a text", rss("<item><guid>1</guid><description>" + fill(6<<20, "&lt;div&gt;") + "</description></item>"), 2},
		{"6 MB of nested JSON", `{"items":[{"id":"1","title":"ok"},` + fill(6<<20, "["), 0},
		{"200,000 attributes", rss("<item><guid>1</guid><title" + many(200_000, number(` a#="1"`)) + ">x</title></item>"), 2},
		{"200,000 attributes of the root", "<rss" + many(200_000, number(` xmlns:a#="urn:#"`)) + "><channel>" + ok + "</channel></rss>", 1},
		{"200,000 children of an item", rss("<item><title>x</title>" + many(200_000, number("<a#>1</a#>")) + "</item>"), 2},
		{"200,000 children of the head", rss(many(200_000, number("<a#>1</a#>"))), 1},
		{"a title of 20 MB", rss("<item><guid>1</guid><title>" + fill(20<<20, "word ") + "</title></item>"), 2},
		{"a title of 20 MB in JSON", `{"items":[{"id":"1","title":"` + fill(20<<20, "word ") + `"}]}`, 1},
		{"a text of 20 MB of entities", rss("<item><guid>1</guid><description>" + fill(20<<20, "&amp;#233; ") + "</description></item>"), 2},
		{"100,000 items", rss(many(100_000, number("<item><guid>#</guid><title>Item #</title><link>https://a.example/#</link><description>Some words</description></item>"))), 5000},
		{"100,000 entries", `<feed xmlns="http://www.w3.org/2005/Atom">` + many(100_000, number(`<entry><id>#</id><title>Item #</title><link href="https://a.example/#"/></entry>`)) + `</feed>`, 5000},
		{"100,000 items of JSON", `{"items":[` + many(100_000, number(`{"id":"#","title":"Item #","url":"https://a.example/#"},`)) + `]}`, 5000},
		{"a million empty items", rss(many(1_000_000, number("<item/>"))), 1},
		{"200,000 open items", rss(many(200_000, number("<item><title>x"))), 1},
		{"6 MB of sections that never end", rss(fill(6<<20, "<![CDATA[")), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body := []byte(tt.body)
			start := time.Now()
			var p *Parsed
			var err error
			peak := peakHeap(func() { p, err = Parse(body, "", testFeed, testLimits()) })
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			if peak > maxPeak {
				t.Errorf("%d MB held for a body of %d MB, %d are the most", peak>>20, len(body)>>20, maxPeak>>20)
			}
			n := 0
			if p != nil {
				n = len(p.Articles)
			}
			if n < tt.least {
				t.Errorf("%d articles, want %d (%v)", n, tt.least, err)
			}
			t.Logf("%d kB, %d MB at the most, %d articles, %v", len(body)>>10, peak>>20, n, time.Since(start).Round(time.Millisecond))
		})
	}
}

// peakHeap returns by how much the heap's objects grew while f ran, at the most.
func peakHeap(f func()) uint64 {
	heap := func() uint64 {
		s := []runtimemetrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		runtimemetrics.Read(s)
		return s[0].Value.Uint64()
	}
	runtime.GC()
	before := heap()
	most := before
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
				most = max(most, heap())
			}
		}
	}()
	f()
	close(stop)
	<-done
	return max(most, heap()) - before
}
