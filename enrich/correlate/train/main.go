// Command train fits the weights of package match to the development stories.
//
//	go run ./enrich/correlate/train [-write]
//
// Every report of every story that tells of one incident is put beside the incidents
// that were there when it came, of its own story and of all others, with the truth
// as the answer: the readings before it are where they belong. Which of them it is
// of, or that it is of none, is one choice: multinomial logistic regression, held to
// the weights as they stand, gives the new ones.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/correlate/match"
	"tocsin/enrich/correlate/stories"
	"tocsin/ingest"
)

const (
	dir     = "enrich/correlate/stories"
	weights = "enrich/correlate/match/weights.txt"
)

func main() {
	l2 := flag.Float64("l2", 1, "how strongly the weights are held where they stand")
	falseMerge := flag.Float64("false", 2.5, "how much more a false merge counts than a missed one")
	write := flag.Bool("write", false, "write the weights back")
	sets := flag.String("sets", "hand,blind,generated", "collections to learn from")
	list := flag.Bool("list", false, "list the pairs that are told wrongly")
	flag.Parse()
	if err := run(*l2, *falseMerge, *write, strings.Split(*sets, ","), *list); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// composed is how much a pair of a composed story counts beside one of a written one.
const composed = 0.25

// sample is a report beside an incident.
type sample struct {
	v      match.Values
	same   bool
	what   string
	weight float64 // composed stories are many and much alike
	report int     // samples of one report stand together
}

func run(l2, falseMerge float64, write bool, sets []string, list bool) error {
	var all []stories.Story
	for _, set := range sets {
		files, err := filepath.Glob(filepath.Join(dir, set, "*.txtar"))
		if err != nil {
			return err
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			s, err := stories.Parse(f, data)
			if err != nil {
				fmt.Fprintln(os.Stderr, "passed over:", err)
				continue
			}
			all = append(all, s)
		}
	}
	samples := collect(all)
	same := 0
	for _, s := range samples {
		if s.same {
			same++
		}
	}
	before := match.Weights()
	fmt.Printf("%d stories, %d pairs, %d of them one event\n", len(all), len(samples), same)
	report("before", samples, &before)
	after := fit(samples, before, l2, falseMerge)
	report("after", samples, &after)
	if list {
		for _, s := range samples {
			if z := dot(&s.v, &after); z >= match.Merge != s.same {
				fmt.Printf("%5.1f %v %s\n", z, s.same, s.what)
			}
		}
	}
	for f, n := range match.Names() {
		fmt.Printf("%-20s %6.2f %6.2f\n", n, before[f], after[f])
	}
	if !write {
		return nil
	}
	return rewrite(after)
}

func dot(v, w *match.Values) float64 {
	z := 0.0
	for f := range v {
		z += float64(v[f]) * float64(w[f])
	}
	return z
}

func report(name string, samples []sample, w *match.Values) {
	var tp, fp, fn int
	loss := 0.0
	for _, s := range samples {
		z := dot(&s.v, w)
		switch {
		case z >= match.Merge && s.same:
			tp++
		case z >= match.Merge:
			fp++
		case s.same:
			fn++
		}
		if !s.same {
			z = -z
		}
		loss += math.Log1p(math.Exp(-z))
	}
	p, r := float64(tp)/float64(max(1, tp+fp)), float64(tp)/float64(max(1, tp+fn))
	fmt.Printf("%-7s precision %.3f recall %.3f loss %.4f\n", name, p, r, loss/float64(len(samples)))
}

// limits keep what a desk knows better than a few hundred stories: how seldom two things of
// one kind happen in one town on one day they do not show, since their writers chose such.
var limits = map[string][2]float32{
	"bias": {-4, -0.9}, "place.none": {-6, -3}, "place.other-country": {-6, -4}, "place.far": {-9, -1.6}, "place.other-spot": {-4, -1}, "place.metropolis": {-1, 0}, "place.named-none": {-2, -0.85}, "place.country": {0, 0.45}, "title.elsewhere": {-4, 0},
	"time.before": {-9, -4}, "time.undated-long": {-6, -3}, "about.elsewhere": {-6, -2.5}, "time.day": {0.5, 1.25}, "type.same": {0.5, 1.65}, "toll.late": {-2, 0}, "cue.again": {-4, -1.4}, "cue.another": {-5, -2}, "cue.another-untold": {-3, -1.4}, "type.cross": {-4, -1.1},
	"killed.grown": {-1, 0.2}, "killed.lower": {-2, -0.1}, "killed.far-lower": {-4, -1.7}, "killed.leap": {-4, -1}, "terms.none": {-2, 0}, "terms.few": {-5, -3.5}, "title.novel": {-2, 0}, "actor.same": {0, 2}, "injured.same": {0, 2}, "held.same": {0, 2}, "target.same": {0, 2},
}

// order lists features of which the first must weigh no less than the second.
var order = [][2]string{
	{"place.spot", "place.town"}, {"place.town", "place.near"}, {"place.near", "place.holds"}, {"place.holds", "place.country"}, {"place.country", "place.apart"}, {"place.apart", "place.far"}, {"place.far", "place.distant"},
	{"cue.again", "cue.another"}, {"cue.another-untold", "cue.another"}, {"time.hour", "time.other-hour"}, {"time.day", "time.undated-soon"}, {"time.day", "time.span"}, {"time.undated-soon", "time.undated-later"}, {"time.undated-later", "time.undated-long"}, {"time.close", "time.next-day"}, {"time.next-day", "time.days-apart"},
	{"type.same", "type.kin"}, {"type.kin", "type.generic"}, {"type.generic", "type.cross"}, {"type.cross", "type.alien"}, {"killed.same", "killed.grown"}, {"killed.grown", "killed.lower"}, {"killed.lower", "killed.far-lower"},
}

// bind brings weights back within limits and order.
func bind(w *match.Values) {
	at := func(name string) int { return slices.Index(match.Names(), name) }
	for name, l := range limits {
		f := at(name)
		w[f] = max(l[0], min(l[1], w[f]))
	}
	for _, o := range order {
		if a, b := at(o[0]), at(o[1]); w[a] < w[b] {
			mid := (w[a] + w[b]) / 2
			w[a], w[b] = mid, mid
		}
	}
}

// fit is gradient descent with momentum; mistakes of merging weigh more.
func fit(samples []sample, prior match.Values, l2, falseMerge float64) match.Values {
	w := prior
	var speed [len(prior)]float64
	const steps, rate, inertia = 4000, 0.5, 0.9
	n := float64(len(samples))
	for range steps {
		var grad [len(prior)]float64
		for i := 0; i < len(samples); {
			// The samples of one report, and that it is of none of them: score 0.
			k, sum, any := i, 1.0, false
			for ; k < len(samples) && samples[k].report == samples[i].report; k++ {
				sum += math.Exp(dot(&samples[k].v, &w))
				any = any || samples[k].same
			}
			weight := samples[i].weight
			if !any {
				weight *= falseMerge
			}
			for ; i < k; i++ {
				s := &samples[i]
				e := math.Exp(dot(&s.v, &w)) / sum
				if s.same {
					e--
				}
				for f := range s.v {
					if s.v[f] != 0 {
						grad[f] += weight * e * float64(s.v[f])
					}
				}
			}
		}
		for f := range w {
			g := (grad[f] + l2*float64(w[f]-prior[f])) / n
			speed[f] = inertia*speed[f] - rate*g
			w[f] += float32(speed[f])
		}
		bind(&w)
	}
	return w
}

func collect(all []stories.Story) []sample {
	var out []sample
	tagger, families := enrich.NewTagger(), ingest.NewFamilies()
	labels := map[stories.Key][]stories.Telling{}
	for _, s := range all {
		for k, t := range s.Truth {
			labels[k] = t
		}
	}
	report := 0
	index := match.NewIndex()
	probes := map[string][]*match.Probe{}
	for _, a := range stories.Stream(all) {
		art := ingest.Article{Schema: ingest.ArticleSchema, ID: a.ID, Edition: a.Edition, Outlet: a.Outlet, Title: a.Title, Body: a.Text, Published: a.Published, FirstSeen: a.FirstSeen, Fetched: a.FirstSeen}
		art.ContentSHA256 = ingest.ContentHash(art.Title, "", art.Body)
		families.Place(&art)
		reports := tagger.Tag(&art)
		story, _, _ := strings.Cut(a.ID, "/")
		var names []string
		for _, t := range labels[stories.Key{ID: a.ID, Edition: a.Edition}] {
			if !t.Optional && t.Relation != "background" {
				names = append(names, story+"/"+t.Label)
			}
		}
		for i := range reports {
			r := &reports[i]
			if r.Role == enrich.Background && (r.Passing || r.Ordinal > 0) || r.Role == enrich.Withdrawn || len(names) != 1 || a.Edition > 1 {
				continue
			}
			p := correlate.ProbeOf(r)
			mine := assign(p, names, index, len(reports))
			if mine == "" {
				continue
			}
			report++
			index.Near(p, func(c *match.Card) {
				if c.Says(p.Article) {
					return
				}
				v := match.Compare(p, c)
				weight := 1.0
				if strings.HasPrefix(a.ID, "g") {
					weight = composed
				}
				s := sample{v, c.ID == mine, fmt.Sprintf("%s.%d of %s beside %s: %s %s", a.ID, r.Ordinal, mine, c.ID, a.Title, reasons(p, c)), weight, report}
				if w := match.Weights(); s.same || dot(&v, &w) > -6 {
					out = append(out, s)
				}
			})
			probes[mine] = append(probes[mine], p)
			slices.SortFunc(probes[mine], func(a, b *match.Probe) int { return a.At.Compare(b.At) })
			c := match.NewCard(mine)
			for _, q := range probes[mine] {
				c.Add(q)
			}
			index.Put(c)
			names = slices.DeleteFunc(names, func(n string) bool { return n == mine })
		}
	}
	return out
}

func reasons(p *match.Probe, c *match.Card) string {
	var b strings.Builder
	for _, r := range match.Reasons(p, c) {
		fmt.Fprintf(&b, " %s %+.1f", r.Feature, r.Added)
	}
	return b.String()
}

// assign finds which of an article's incidents a report is of: the only one, or
// the one that it is likeliest of, or one that nobody has told of.
func assign(p *match.Probe, names []string, index *match.Index, reports int) string {
	if len(names) == 0 {
		return ""
	}
	best, most := "", math.Inf(-1)
	fresh := ""
	for _, n := range names {
		c := index.Card(n)
		if c == nil {
			fresh = n
			continue
		}
		if z := match.Weigh(p, c); z > most {
			best, most = n, z
		}
	}
	switch {
	case best != "" && (most >= match.Related || len(names) == 1 && fresh == ""):
		return best
	case fresh != "":
		return fresh
	}
	return ""
}

// rewrite puts the weights into their file and leaves its remarks as they are.
func rewrite(w match.Values) error {
	data, err := os.ReadFile(weights)
	if err != nil {
		return err
	}
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		at := -1
		if len(f) > 1 && !strings.HasPrefix(f[0], "#") {
			at = slices.Index(match.Names(), f[0])
		}
		if at < 0 {
			b.WriteString(line)
			continue
		}
		fmt.Fprintf(&b, "%-19s %6s\n", f[0], strconv.FormatFloat(float64(w[at]), 'f', 2, 64))
	}
	return os.WriteFile(weights, []byte(b.String()), 0o644)
}
