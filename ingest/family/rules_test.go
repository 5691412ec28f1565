package family

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// FuzzOf holds what is true of any text.
func FuzzOf(f *testing.F) {
	f.Add("https://example.org/a", "A title", sampleText, "")
	f.Add("", "", "LONDON, March 3 (Reuters) - Police said so.\n\nReporting by X", "(AFP) - Police [Jane Roe/AP] U.S. 1,200")
	f.Add("://?amp", "\xff", "Read more", "(")
	f.Fuzz(func(t *testing.T, url, title, a, b string) {
		p, q := Of(url, title, a), Of(url, title, b)
		if p != Of(url, title, a) {
			t.Fatal("two prints of one text differ")
		}
		for _, p := range []Print{p, q} {
			if !sane(&p) {
				t.Fatalf("print of %q, %q is not in order: %+v", a, b, p)
			}
		}
		pq, same := resemble(&p, &q)
		qp, also := resemble(&q, &p)
		if pq != qp || same != also || pq < 0 || pq > 1 {
			t.Fatalf("%q and %q: %v %v, the other way %v %v", a, b, pq, same, qp, also)
		}
		if part, _ := resemble(&p, &p); p.nGrams >= mute && part != 1 {
			t.Fatalf("%q resembles itself by %v", a, part)
		}
		x := NewIndex(time.Hour, 2)
		x.Place("a", p, start)
		family, why := x.Place("b", q, start)
		if (family == "b") != (why == Why{}) || family == "a" && why.Near != "a" {
			t.Fatalf("b is of %s by %+v", family, why)
		}
	})
}

func sane(p *Print) bool {
	up := func(s []uint16) bool {
		return slices.IsSorted(s) && len(slices.Compact(slices.Clone(s))) == len(s)
	}
	return up(p.grams[:p.nGrams]) && up(p.numbers[:p.nNumbers]) && up(p.names[:p.nNames]) &&
		slices.IsSorted(p.anchors[:p.nOpening]) && slices.IsSorted(p.anchors[anchorsKept:anchorsKept+p.nRest]) &&
		(p.nGrams == gramsKept || p.open>>p.nGrams == 0)
}

// TestIndexRules places random streams of a small world of texts, in which ids,
// addresses and words come back all the time.
func TestIndexRules(t *testing.T) {
	all := corpus(t)
	prints := make([]Print, len(all))
	for i, a := range all {
		prints[i] = a.print()
	}
	type call struct {
		id string
		p  Print
		at time.Time
	}
	type answer struct {
		family string
		why    Why
	}
	rapid.Check(t, func(t *rapid.T) {
		const keep = 48 * time.Hour
		limit := rapid.IntRange(1, 60).Draw(t, "max")
		calls := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) call {
			c := call{
				id: fmt.Sprint("art-", rapid.IntRange(0, 60).Draw(t, "id")),
				p:  prints[rapid.IntRange(0, 40).Draw(t, "text")],
				at: start.Add(time.Duration(rapid.IntRange(0, 80).Draw(t, "hour")) * time.Hour),
			}
			c.p.url = uint64(rapid.IntRange(0, 90).Draw(t, "url"))
			if c.p.url > 30 {
				c.p.url = 0
			}
			return c
		}), 0, 120).Draw(t, "calls")

		x, again := NewIndex(keep, limit), NewIndex(keep, limit)
		families := map[string][]string{} // of an id, all that it ever had
		for i, c := range calls {
			var a answer
			a.family, a.why = x.Place(c.id, c.p, c.at)
			if f, why := again.Place(c.id, c.p, c.at); (answer{f, why}) != a {
				t.Fatalf("call %d: %+v, and in a second index %s %+v", i, a, f, why)
			}
			if f, why := x.Place(c.id, c.p, c.at); (answer{f, why}) != a {
				t.Fatalf("call %d: %+v, and when repeated %s %+v", i, a, f, why)
			}
			switch a.why.Rule {
			case "":
				if a.family != c.id || a.why != (Why{}) {
					t.Fatalf("call %d: %s founds %s, %+v", i, c.id, a.family, a.why)
				}
			case RuleEdition, RuleURL, RuleText:
				if !slices.Contains(families[a.why.Near], a.family) {
					t.Fatalf("call %d: %s is of %s near %s, which was only of %v", i, c.id, a.family, a.why.Near, families[a.why.Near])
				}
				if a.why.Similarity <= 0 || a.why.Similarity > 1 {
					t.Fatalf("call %d: %+v", i, a)
				}
			default:
				t.Fatalf("call %d: rule %q", i, a.why.Rule)
			}
			if x.Len() > limit {
				t.Fatalf("call %d: %d entries, the limit is %d", i, x.Len(), limit)
			}
			families[c.id] = append(families[c.id], a.family)
		}
		checkChains(t, x)
	})
}

// checkChains walks every chain: it must end, lead back in time, and stay in
// its bucket.
func checkChains(t *rapid.T, x *Index) {
	for b := range x.heads {
		r := x.heads[b]
		if r == 0 {
			continue
		}
		e, slot := x.at(r)
		if key, ok := e.key(slot); !ok || x.bucket(key) != b {
			continue // forgotten
		}
		for steps := 0; r != 0; r = x.next(r) {
			e, slot := x.at(r)
			if key, ok := e.key(slot); !ok || x.bucket(key) != b {
				t.Fatalf("the chain of bucket %d leads to entry %d, slot %d, which is not of it", b, e.seq, slot)
			}
			if steps++; steps > len(x.ring)*slots {
				t.Fatalf("the chain of bucket %d does not end", b)
			}
		}
	}
}

// TestOrderDoesNotMatter: where each two members of a family find each other,
// any order of arrival makes the same groups. Which id names them may differ.
func TestOrderDoesNotMatter(t *testing.T) {
	all := corpus(t)
	groups := map[string][]int{}
	prints := make([]Print, len(all))
	for i, a := range all {
		prints[i] = a.print()
		groups[a.family] = append(groups[a.family], i)
	}
	var tight []int
	families := 0
	for _, members := range groups {
		if !slices.ContainsFunc(members, func(i int) bool {
			return slices.ContainsFunc(members, func(j int) bool {
				x := NewIndex(72*time.Hour, 2)
				x.Place("i", prints[i], start)
				family, _ := x.Place("j", prints[j], start)
				return i != j && family != "i"
			})
		}) {
			tight = append(tight, members...)
			families++
		}
	}
	if families < len(groups)*3/4 {
		t.Errorf("in %d of %d families all members find each other, want most", families, len(groups))
	}
	slices.Sort(tight)
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(tight).Draw(t, "order")
		x := NewIndex(72*time.Hour, len(order))
		of := map[string]string{} // family as the index names it, to the careful reader's
		for _, i := range order {
			got, _ := x.Place(all[i].id, prints[i], all[i].at)
			if want, ok := of[got]; ok && want != all[i].family {
				t.Fatalf("%s is in one family with %s", all[i].id, want)
			}
			of[got] = all[i].family
		}
		names := map[string]bool{}
		for got, want := range of {
			if names[want] {
				t.Fatalf("%s was parted, one part is %s", want, got)
			}
			names[want] = true
		}
	})
}

// TestFurnitureChangesNothing: what agencies put around a text is not in its print.
func TestFurnitureChangesNothing(t *testing.T) {
	all := corpus(t)
	rapid.Check(t, func(t *rapid.T) {
		a := all[rapid.IntRange(0, len(all)-1).Draw(t, "article")]
		n := rapid.IntRange(0, 20).Draw(t, "furniture")
		if strings.TrimSpace(a.body) == "" {
			return
		}
		p, q := Of("", a.title, a.body), Of("", a.title, credited(n, a.body))
		if part, _ := resemble(&p, &q); p.nGrams >= fewest+2 && part < 0.95 {
			t.Fatalf("%s with furniture %d has only %.2f of itself", a.id, n, part)
		}
	})
}
