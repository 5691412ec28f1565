package family

import (
	"flag"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden answers anew")

// score counts pairs: of one family and found so, found wrongly, not found.
type score struct {
	right, wrong, missed int
}

func (s *score) add(want, got bool) {
	switch {
	case want && got:
		s.right++
	case got:
		s.wrong++
	case want:
		s.missed++
	}
}

func (s score) precision() float64 { return float64(s.right) / float64(max(1, s.right+s.wrong)) }
func (s score) recall() float64    { return float64(s.right) / float64(max(1, s.right+s.missed)) }
func (s score) f1() float64 {
	return 2 * float64(s.right) / float64(max(1, 2*s.right+s.wrong+s.missed))
}

func (s score) String() string {
	return fmt.Sprintf("precision %.4f  recall %.4f  (%d right, %d wrong, %d missed)", s.precision(), s.recall(), s.right, s.wrong, s.missed)
}

// place puts the articles into one index and scores all pairs.
func place(all []text, prints []Print, order []int) (s score, families []string) {
	x := NewIndex(72*time.Hour, len(all))
	families = make([]string, len(all))
	for _, i := range order {
		families[i], _ = x.Place(all[i].id, prints[i], all[i].at)
	}
	for i := range all {
		for j := range i {
			s.add(all[i].family == all[j].family, families[i] == families[j])
		}
	}
	return s, families
}

// TestScore holds precision and recall over all pairs of the evaluation.
func TestScore(t *testing.T) {
	all := corpus(t)
	prints := make([]Print, len(all))
	order := make([]int, len(all))
	members := map[string]int{}
	for i, a := range all {
		prints[i], order[i] = a.print(), i
		members[a.family]++
	}
	var families, hard int
	for _, n := range members {
		if n > 1 {
			families++
		}
	}
	var direct, near score
	var b strings.Builder
	var judged strings.Builder
	for i, a := range all {
		for j, c := range all[:i] {
			want := a.family == c.family
			_, same := resemble(&prints[i], &prints[j])
			part, _ := sameWords(bySize(&prints[i], &prints[j]))
			direct.add(want, same)
			if a.file == c.file {
				near.add(want, same)
				if !want {
					hard++
				}
			}
			if want != same {
				fmt.Fprintf(&judged, "  %.2f %v: %s | %s\n", part, same, c.id, a.id)
			}
		}
	}
	placed, got := place(all, prints, order)
	worst := placed
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		if s, _ := place(all, prints, order); s.f1() < worst.f1() {
			worst = s
		}
	}

	fmt.Fprintf(&b, "articles %d, families of two or more %d, pairs of one family %d, hard negatives %d (pairs of one file)\n",
		len(all), families, direct.right+direct.missed, hard)
	fmt.Fprintf(&b, "placed in order          %v\n", placed)
	fmt.Fprintf(&b, "placed, worst of 50      %v\n", worst)
	fmt.Fprintf(&b, "judged pair by pair      %v\n", direct)
	fmt.Fprintf(&b, "judged, pairs of a file  %v\n", near)
	b.WriteString("in the wrong family, or without the right one\n")
	for i, a := range all {
		for j, c := range all[:i] {
			if want := a.family == c.family; want != (got[i] == got[j]) {
				fmt.Fprintf(&b, "  %s | %s\n", c.id, a.id)
			}
		}
	}
	b.WriteString("judged wrongly\n" + judged.String())

	golden := filepath.Join("testdata", "score.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("the score changed (-want +got); -update writes it anew\n%s", d)
	}
	if families < 40 || hard < 60 {
		t.Errorf("%d families and %d hard negatives; want 40 and 60", families, hard)
	}
	for _, s := range []score{placed, worst} {
		if s.precision() < 0.99 || s.recall() < 0.95 {
			t.Errorf("%v; want precision 0.99 and recall 0.95", s)
		}
	}
}

// TestSketches compares the ways to judge a pair: why this package keeps the
// lowest hashes and asks for containment. Each has its best threshold.
func TestSketches(t *testing.T) {
	all := corpus(t)
	prints := make([]Print, len(all))
	sims := make([]uint64, len(all))
	sets := make([]map[uint64]bool, len(all))
	for i, a := range all {
		prints[i] = a.print()
		sims[i], sets[i] = simhash(a.body)
	}
	exact := func(i, j int) float64 {
		both := 0
		for g := range sets[i] {
			if sets[j][g] {
				both++
			}
		}
		return float64(both) / float64(max(1, min(len(sets[i]), len(sets[j]))))
	}
	jaccard := func(i, j int) float64 {
		s := shareGrams(&prints[i], &prints[j])
		return float64(s.both) / float64(max(1, s.a+s.b-s.both))
	}
	facts := func(i, j int) bool {
		return sameFacts(bySize(&prints[i], &prints[j]))
	}
	best := map[string]float64{}
	for _, way := range []struct {
		name string
		of   func(i, j int) float64
	}{
		{"simhash of 64 bits", func(i, j int) float64 { return 1 - float64(bits.OnesCount64(sims[i]^sims[j]))/64 }},
		{"lowest 64, Jaccard", jaccard},
		{"lowest 64, containment", func(i, j int) float64 { p, _ := sameWords(bySize(&prints[i], &prints[j])); return p }},
		{"all runs, containment", exact},
	} {
		var tops [2]score // without facts, with facts
		var at [2]float64
		var same, other [2][100]int // pairs by their value in hundredths
		for i := range all {
			for j := range i {
				v := min(99, int(100*way.of(i, j)))
				counts := &other
				if all[i].family == all[j].family {
					counts = &same
				}
				counts[0][v]++
				if facts(i, j) {
					counts[1][v]++
				} else {
					counts[1][0]++
				}
			}
		}
		for k := range tops {
			var s score
			for _, n := range same[k] {
				s.missed += n
			}
			for limit := 99; limit > 0; limit-- {
				s.right += same[k][limit]
				s.missed -= same[k][limit]
				s.wrong += other[k][limit]
				if s.f1() > tops[k].f1() {
					tops[k], at[k] = s, float64(limit)/100
				}
			}
			name := way.name + []string{"", " and facts"}[k]
			best[name] = tops[k].f1()
			t.Logf("%-34s at %.2f: F1 %.4f, %v", name, at[k], tops[k].f1(), tops[k])
		}
	}
	if s, c := best["simhash of 64 bits and facts"], best["lowest 64, containment and facts"]; s >= c {
		t.Errorf("simhash F1 %.4f, containment %.4f: the documented choice is no longer the better one", s, c)
	}
}

// simhash, and the set of runs that it is made of.
func simhash(s string) (uint64, map[uint64]bool) {
	var votes [64]int
	set := map[uint64]bool{}
	var last []uint64
	r := scanner{s: clip(s), line: true, sentence: true}
	for range horizon {
		w, ok := r.next()
		if !ok {
			break
		}
		last = append(last, w.hash)
		if len(last) < gramWords {
			continue
		}
		last = last[len(last)-gramWords:]
		g := run(last)
		set[g] = true
		for b := range votes {
			votes[b] += int(g>>b&1)*2 - 1
		}
	}
	var h uint64
	for b, v := range votes {
		if v > 0 {
			h |= 1 << b
		}
	}
	return h, set
}

// TestCorpusIsSane guards the evaluation itself.
func TestCorpusIsSane(t *testing.T) {
	all := corpus(t)
	seen := map[string]string{}
	for _, a := range all {
		if strings.Contains(a.body, "<<") || strings.Contains(a.body, "{") || a.title == "" {
			t.Errorf("%s: something was not filled in:\n%s\n%s", a.id, a.title, a.body)
		}
		if a.body != "" && len(strings.Fields(a.body)) > 40 {
			if id, ok := seen[a.title+a.body]; ok {
				t.Errorf("%s is the same as %s", a.id, id)
			}
			seen[a.title+a.body] = a.id
		}
	}
	if !slices.IsSortedFunc(all, func(a, b text) int { return a.at.Compare(b.at) }) {
		t.Error("the articles are not in order of time")
	}
}
