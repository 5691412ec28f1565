package family

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

func BenchmarkOf(b *testing.B) {
	all := corpus(b)
	var article strings.Builder // all of it within the horizon
	for _, a := range all {
		if strings.HasSuffix(a.id, "bombing-market/wire") {
			article.WriteString(a.body)
		}
	}
	words := strings.SplitAfter(article.String(), " ")
	whole := strings.Join(words[:min(len(words), horizon)], "")
	for _, bb := range []struct{ name, text string }{
		{"teaser", "At least 31 people have died and nine are missing after days of torrential rain caused the Ressin river to burst its banks in the lowlands of Sorova, the national disaster agency said on Monday."},
		{"article", whole},
		{"accented", strings.NewReplacer("a", "á", "o", "ő").Replace(whole)},
		{"feature of 20 KB", strings.Repeat(whole+"\n\n", 13)},
		{"one word, 1 MB", strings.Repeat("bomb ", 1<<20/5)},
		{"brackets, 1 MB", strings.Repeat("(", 1<<20)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(int64(len(bb.text)))
			b.ReportAllocs()
			for b.Loop() {
				Of("https://www.example.org/world/2026/03/03/bomb-in-crowded-market", "Bomb in crowded market kills at least 19 in Tarvale", bb.text)
			}
		})
	}
}

// BenchmarkPlace adds to an index that holds 100,000 entries.
func BenchmarkPlace(b *testing.B) {
	const entries = 100_000
	for _, bb := range []struct {
		name string
		of   func(i int) Print
	}{
		// Of three articles one is a reprint of a recent one.
		{"articles", func(i int) Print {
			n := i
			if i%3 == 2 {
				n = max(0, i-1-i%40)
			}
			return Of(fmt.Sprint("https://example.org/story-", i), "", novel(uint64(n), 200+i%3))
		}},
		// All close with the same two sentences.
		{"bulletins", func(i int) Print {
			return Of("", "", novel(uint64(i), 60)+". There were no immediate reports of damage or casualties, and no tsunami warning was issued. Officials said that teams had been sent to check bridges and schools, and that residents should expect aftershocks.")
		}},
		{"hostile", crowd},
	} {
		b.Run(bb.name, func(b *testing.B) {
			prints := make([]Print, entries+20_000)
			for i := range prints {
				prints[i] = bb.of(i)
			}
			ids := make([]string, len(prints))
			for i := range ids {
				ids[i] = fmt.Sprintf("art-%026d", i)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			x := NewIndex(72*time.Hour, entries)
			for i := range entries {
				x.Place(ids[i], prints[i], start)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			i, n := entries, 0
			b.ReportAllocs()
			for b.Loop() {
				// A new id each time, or it would be the same edition again.
				if i == len(prints) {
					b.StopTimer()
					i, n = entries, n+1
					for j := entries; j < len(ids); j++ {
						ids[j] = fmt.Sprintf("art-%d-%024d", n, j)
					}
					b.StartTimer()
				}
				x.Place(ids[i], prints[i], start)
				i++
			}
			// The ids, 30 bytes in 32, are the caller's in this benchmark.
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/entries+32, "B/entry")
		})
	}
}

func TestPrintIsCompact(t *testing.T) {
	if n := unsafe.Sizeof(Print{}); n > 256 {
		t.Errorf("a print is %d bytes, want at most 256", n)
	}
	if n := unsafe.Sizeof(entry{}); n > 440 {
		t.Errorf("an entry is %d bytes, want at most 440", n)
	}
}
