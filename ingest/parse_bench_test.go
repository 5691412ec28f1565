package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"
)

// BenchmarkParseReal reads whole feeds, HTML to text included, and bare gofeed
// the same bytes right behind: "of-gofeed" is our speed over its, by the median of
// each feed's rounds, because whatever else runs on the machine disturbs both.
// TOCSIN_FEEDS names the folder with the feeds; without it, the ones in breakfeeds
// are read, which are small.
func BenchmarkParseReal(b *testing.B) {
	files, _ := filepath.Glob(filepath.Join(os.Getenv("TOCSIN_FEEDS"), "real", "*.xml"))
	if os.Getenv("TOCSIN_FEEDS") == "" || len(files) == 0 {
		files, _ = filepath.Glob("breakfeeds/testdata/*.xml")
	}
	var bodies [][]byte
	size, items := 0, 0
	for _, f := range files {
		body, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		p, err := Parse(body, "", testFeed, Limits{})
		if err != nil {
			b.Fatal(err)
		}
		bodies = append(bodies, body)
		size += len(body)
		items += len(p.Articles)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	ours, theirs := make([][]time.Duration, len(bodies)), make([][]time.Duration, len(bodies))
	for b.Loop() {
		for i, body := range bodies {
			start := time.Now()
			if _, err := Parse(body, "", testFeed, Limits{}); err != nil {
				b.Fatal(err)
			}
			ours[i] = append(ours[i], time.Since(start))
			b.StopTimer()
			start = time.Now()
			if _, err := gofeed.NewParser().Parse(bytes.NewReader(body)); err != nil {
				b.Fatal(err)
			}
			theirs[i] = append(theirs[i], time.Since(start))
			b.StartTimer()
		}
	}
	typical := func(rounds [][]time.Duration) (sum time.Duration) {
		for _, r := range rounds {
			slices.Sort(r)
			sum += r[len(r)/2]
		}
		return sum
	}
	b.ReportMetric(float64(typical(theirs))/float64(typical(ours)), "of-gofeed")
	b.ReportMetric(float64(items)/typical(ours).Seconds(), "items/s")
}
