package enrich

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

	"tocsin/ingest"
)

// BenchmarkTexts reads many texts one after the other: those of the corpus, or
// of the file in the form of `tocsin tag --jsonl` that TOCSIN_TEXTS names.
func BenchmarkTexts(b *testing.B) {
	var texts []*ingest.Article
	size := 0
	if name := os.Getenv("TOCSIN_TEXTS"); name != "" {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			a, err := ReadContract(sc.Bytes())
			if err != nil {
				b.Fatal(err)
			}
			texts = append(texts, &a)
		}
		if err := sc.Err(); err != nil {
			b.Fatal(err)
		}
	} else {
		files, err := filepath.Glob("testdata/corpus/*.txtar")
		if err != nil || len(files) == 0 {
			b.Fatal("no texts", err)
		}
		for _, f := range files {
			a, _ := corpusArticle(b, f)
			texts = append(texts, a)
		}
	}
	for _, a := range texts {
		size += len(a.Title) + len(a.Body)
	}
	tagger := NewTagger()
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, a := range texts {
			tagger.Tag(a)
		}
	}
	b.ReportMetric(float64(len(texts)*b.N)/b.Elapsed().Seconds(), "articles/s")
}
