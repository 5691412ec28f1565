// Command train fits the relevance model of package enrich: a logistic
// regression over its features and over the words of headline and opening, with a
// ridge penalty, solved to the last digits that count, so that the
// same texts give the same weights. It reads the project's own texts
// (enrich/testdata) and, where they are there, development sets in the form of
// `tocsin tag --jsonl` with labels; the held-out texts are only measured.
//
//	go generate ./enrich                           with development sets, where they are beside the repository
//	go run ./enrich/train -root enrich             with what is in the repository
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"log"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tocsin/enrich"
	"tocsin/ingest"
)

// sample is one labelled text.
type sample struct {
	set      string
	id       string
	relevant bool
	weight   float64
	x        []count
	text     string
	variant  bool // another form of a text that is there too
}

// count is the value of a feature, by its number.
type count struct {
	i int
	v float64
}

// setWeight is what all texts of a set weigh together, in texts, so that the
// largest does not teach its own habits: the sets of the 1980s and of aid workers
// are of one kind each.
var setWeight = map[string]float64{"corpus": 600, "brief": 1500, "gold": 300, "phenomena": 300, "muc4": 600, "awsd": 220, "wikiterror": 60}

// variantWeight is what another form of a text weighs beside the text.
const variantWeight = 0.1

// ridge is the penalty on squared weights: chosen by cross-validation.
const ridge = 2.0

const folds = 5

func main() {
	log.SetFlags(0)
	root := flag.String("root", ".", "the directory of package enrich")
	eval := flag.String("eval", "", "a directory with development sets (SET.dev.jsonl), none where empty")
	misses := flag.String("misses", "", "print the texts of this set that the cross-validated model misjudges")
	out := flag.String("out", "", "where to write the model; default model.txt in root")
	flag.Parse()
	if *out == "" {
		*out = filepath.Join(*root, "model.txt")
	}
	if err := run(*root, *eval, *out, *misses); err != nil {
		log.Fatal(err)
	}
}

func run(root, eval, out, misses string) error {
	t := &trainer{tagger: enrich.NewTagger(), index: map[string]int{}}
	for _, n := range enrich.FeatureNames() {
		t.number(n)
	}
	train, err := t.own(filepath.Join(root, "testdata"), "corpus", "brief")
	if err != nil {
		return err
	}
	held, err := t.own(filepath.Join(root, "testdata"), "holdout")
	if err != nil {
		return err
	}
	if _, err := os.Stat(eval); eval != "" && err != nil {
		log.Printf("no development sets in %s: the model is trained without them", eval)
	} else if eval != "" {
		more, err := t.sets(eval)
		if err != nil {
			return err
		}
		train = append(train, more...)
	}
	words := t.vocabulary(train)
	count := map[string]float64{}
	for _, s := range train {
		if !s.variant {
			count[s.set]++
		}
	}
	for i := range train {
		train[i].weight = setWeight[train[i].set] / count[train[i].set]
		if train[i].variant {
			train[i].weight *= variantWeight
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Relevance model: feature, weight. Written by enrich/train; not to be edited.\n# Logistic regression, ridge %g, on %d texts, with %d words:", ridge, len(train), words)
	for _, set := range []string{"corpus", "brief", "gold", "phenomena", "muc4", "awsd", "wikiterror"} {
		if n := count[set]; n > 0 {
			fmt.Fprintf(&b, " %s %.0f", set, n)
		}
	}
	b.WriteString(".\n#\n# Cross-validated, each text judged by a model that has not seen it:\n")
	guess := make([]float64, len(train))
	for f := range folds {
		var rest []sample
		for _, s := range train {
			if s.fold() != f {
				rest = append(rest, s)
			}
		}
		w := fit(rest, len(t.names))
		for i, s := range train {
			if s.fold() == f {
				guess[i] = squeeze(dot(w, s.x))
			}
		}
	}
	for _, set := range []string{"corpus", "brief", "gold", "phenomena", "muc4", "awsd", "wikiterror"} {
		if count[set] > 0 {
			fmt.Fprintf(&b, "#   %-12s %s\n", set, quality(train, guess, func(s *sample) bool { return s.set == set }))
		}
	}
	for i, s := range train {
		if s.set == misses && !s.variant && (guess[i] >= 0.5) != s.relevant {
			fmt.Printf("%s relevant %v, judged %.2f: %s\n", s.id, s.relevant, guess[i], s.text)
		}
	}
	w := fit(train, len(t.names))
	b.WriteString("# Held out, never trained or tuned on:\n")
	hg := make([]float64, len(held))
	for i, s := range held {
		hg[i] = squeeze(dot(w, s.x))
	}
	fmt.Fprintf(&b, "#   %-12s %s\n", "holdout", quality(held, hg, func(*sample) bool { return true }))
	b.WriteString("#\n# Reliability: of the texts with a confidence in a bin, the mean confidence and the share that is relevant.\n")
	own := func(s *sample) bool {
		return s.set == "corpus" || s.set == "brief" || s.set == "gold" || s.set == "phenomena"
	}
	b.WriteString("#   bin        cross-validated (own texts, gold, phenomena)   held out\n")
	for bin := range 5 {
		fmt.Fprintf(&b, "#   %.1f to %.1f  %-46s %s\n", float64(bin)/5, float64(bin+1)/5, reliability(train, guess, own, bin), reliability(held, hg, func(*sample) bool { return true }, bin))
	}
	for i, n := range t.names {
		if w := w[i]; math.Abs(w) >= 0.005 {
			fmt.Fprintf(&b, "%s\t%.3f\n", n, w)
		}
	}
	os.Stdout.WriteString(head(b.String()))
	return os.WriteFile(out, []byte(b.String()), 0o644)
}

func head(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

type trainer struct {
	tagger *enrich.Tagger
	names  []string
	index  map[string]int
}

func (t *trainer) sample(set, id string, relevant bool, a *ingest.Article) sample {
	s := sample{set: set, id: id, relevant: relevant, weight: 1, text: a.Title + " || " + a.Body}
	for n, v := range t.tagger.Features(a) {
		s.x = append(s.x, count{t.number(n), v})
	}
	slices.SortFunc(s.x, func(a, b count) int { return a.i - b.i })
	return s
}

// number of a feature, a new one where it has none.
func (t *trainer) number(name string) int {
	i, ok := t.index[name]
	if !ok {
		i = len(t.names)
		t.index[name] = i
		t.names = append(t.names, name)
	}
	return i
}

// A word is weighed where at least minTexts texts have it, minOwn of them the
// project's: the words of one collection teach that collection.
const minTexts, minOwn = 4, 2

// vocabulary takes the words that are too rare out of the samples and tells how
// many stay. The samples of the held-out texts may keep theirs: they weigh nothing.
func (t *trainer) vocabulary(train []sample) int {
	all, own := make([]int, len(t.names)), make([]int, len(t.names))
	for _, s := range train {
		if s.variant {
			continue
		}
		for _, c := range s.x {
			all[c.i]++
			if s.set == "corpus" || s.set == "brief" {
				own[c.i]++
			}
		}
	}
	grammar := len(enrich.FeatureNames())
	n := 0
	for i := grammar; i < len(all); i++ {
		if all[i] >= minTexts && own[i] >= minOwn {
			n++
		}
	}
	for k := range train {
		train[k].x = slices.DeleteFunc(train[k].x, func(c count) bool {
			return c.i >= grammar && (all[c.i] < minTexts || own[c.i] < minOwn)
		})
	}
	return n
}

// article makes an article as `tocsin tag --jsonl` does.
func article(id, title, text, published string) (*ingest.Article, error) {
	line, err := json.Marshal(map[string]any{"id": id, "title": title, "text": text, "published": published})
	if err != nil {
		return nil, err
	}
	a, err := enrich.ReadContract(line)
	return &a, err
}

// own reads the project's texts.
func (t *trainer) own(dir string, sets ...string) ([]sample, error) {
	var out []sample
	for _, set := range sets {
		files, err := filepath.Glob(filepath.Join(dir, set, "*"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("no texts in %s: set -root to the directory of package enrich", filepath.Join(dir, set))
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			id := filepath.Base(f)
			if strings.HasSuffix(f, ".txt") {
				for n, line := range strings.Split(string(data), "\n") {
					col := strings.Split(line, "\t")
					if line == "" || line[0] == '#' {
						continue
					}
					if len(col) != 3 || col[0] != "yes" && col[0] != "no" {
						return nil, fmt.Errorf("%s:%d: want yes or no, title, text", f, n+1)
					}
					more, err := t.variants(set, fmt.Sprint(id, n), col[0] == "yes", col[1], col[2], "")
					if err != nil {
						return nil, err
					}
					out = append(out, more...)
				}
				continue
			}
			part := map[string]string{}
			for _, p := range txtar.Parse(data).Files {
				part[p.Name] = strings.TrimSpace(string(p.Data))
			}
			more, err := t.variants(set, id, strings.HasPrefix(part["want"], "relevant yes"), part["title"], part["body"], part["published"])
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	return out, nil
}

// variants are a text as it stands and the forms in which a feed may carry it:
// without its headline, its headline alone, its first sentence alone. All are
// about the same thing, and no length or form shall speak for an incident by
// itself.
func (t *trainer) variants(set, id string, relevant bool, title, body, published string) ([]sample, error) {
	first, _, _ := strings.Cut(body, "\n\n")
	if i := strings.Index(first, ". "); i > 40 {
		first = first[:i+1]
	}
	forms := [][2]string{{title, body}}
	if set != "holdout" && title != "" && body != "" {
		forms = append(forms, [2]string{"", body}, [2]string{title, ""}, [2]string{"", first})
	}
	var out []sample
	for n, f := range forms {
		a, err := article(id, f[0], f[1], published)
		if err != nil {
			return nil, err
		}
		s := t.sample(set, id, relevant, a)
		if s.variant = n > 0; s.variant && relevant && !t.found(&s) {
			continue // this part says nothing of it
		}
		out = append(out, s)
	}
	return out, nil
}

// found tells whether a sample has words of violence or harm.
func (t *trainer) found(s *sample) bool {
	return slices.ContainsFunc(s.x, func(c count) bool {
		n := t.names[c.i]
		return strings.HasPrefix(n, "violence.") || strings.Contains(n, "-now.")
	})
}

// sets reads development sets: a label is "alert", "relevant" or gold.is_incident.
func (t *trainer) sets(dir string) ([]sample, error) {
	var out []sample
	for _, set := range []string{"gold", "phenomena", "muc4", "awsd", "wikiterror"} {
		f, err := os.Open(filepath.Join(dir, set+".dev.jsonl"))
		if err != nil {
			return nil, err
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			var v struct {
				ID, Title, Text, Published, Date string
				Alert, Relevant                  *bool
				Ambiguous                        bool `json:"ambiguous_relevance"`
				Gold                             struct {
					Incident *bool `json:"is_incident"`
				}
			}
			if err := json.Unmarshal(sc.Bytes(), &v); err != nil {
				return nil, fmt.Errorf("%s: %w", set, err)
			}
			label := v.Alert
			for _, l := range []*bool{v.Relevant, v.Gold.Incident} {
				if label == nil {
					label = l
				}
			}
			if label == nil || v.Ambiguous {
				continue
			}
			if v.Published == "" {
				v.Published = v.Date
			}
			a, err := article(v.ID, v.Title, v.Text, v.Published)
			if err != nil {
				return nil, err
			}
			out = append(out, t.sample(set, v.ID, *label, a))
		}
		f.Close()
		if err := sc.Err(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *sample) fold() int {
	h := fnv.New32a()
	h.Write([]byte(s.id))
	return int(h.Sum32() % folds)
}

func squeeze(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

func dot(w []float64, x []count) float64 {
	s := 0.0
	for _, c := range x {
		s += w[c.i] * c.v
	}
	return s
}

// fit solves the penalized regression by Newton's method: some ten steps, each a
// linear system that conjugate gradients solve, always in the same order.
func fit(data []sample, n int) []float64 {
	w := make([]float64, n)
	penalty := make([]float64, n)
	for i := range penalty {
		penalty[i] = ridge
	}
	penalty[biasAt] = 1e-6
	curve := make([]float64, len(data))
	for range 50 {
		g := make([]float64, n)
		for i := range g {
			g[i] = -penalty[i] * w[i]
		}
		for k := range data {
			s := &data[k]
			p := squeeze(dot(w, s.x))
			y := 0.0
			if s.relevant {
				y = 1
			}
			curve[k] = s.weight * p * (1 - p)
			for _, c := range s.x {
				g[c.i] += s.weight * (y - p) * c.v
			}
		}
		d := solve(func(v []float64) []float64 {
			out := make([]float64, n)
			for i := range out {
				out[i] = penalty[i] * v[i]
			}
			for k := range data {
				a := curve[k] * dot(v, data[k].x)
				for _, c := range data[k].x {
					out[c.i] += a * c.v
				}
			}
			return out
		}, g)
		step := 0.0
		for i := range w {
			w[i] += d[i]
			step = math.Max(step, math.Abs(d[i]))
		}
		if step < 1e-6 {
			break
		}
	}
	return w
}

// biasAt is the feature that every text has: it bears no penalty.
var biasAt = slices.Index(enrich.FeatureNames(), "bias")

// solve solves h·d = g by conjugate gradients, for a symmetric positive h.
func solve(h func([]float64) []float64, g []float64) []float64 {
	d := make([]float64, len(g))
	rest := slices.Clone(g)
	dir := slices.Clone(g)
	of := square(rest)
	for first := of; of > 1e-16*first && of > 0; {
		hd := h(dir)
		bend := 0.0
		for i := range dir {
			bend += dir[i] * hd[i]
		}
		a := of / bend
		for i := range d {
			d[i] += a * dir[i]
			rest[i] -= a * hd[i]
		}
		next := square(rest)
		for i := range dir {
			dir[i] = rest[i] + next/of*dir[i]
		}
		of = next
	}
	return d
}

func square(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x * x
	}
	return s
}

func quality(data []sample, guess []float64, of func(*sample) bool) string {
	var tp, fp, fn, tn float64
	for i := range data {
		if !of(&data[i]) || data[i].variant {
			continue
		}
		switch yes := guess[i] >= 0.5; {
		case yes && data[i].relevant:
			tp++
		case yes:
			fp++
		case data[i].relevant:
			fn++
		default:
			tn++
		}
	}
	ratio := func(a, b float64) float64 {
		if b == 0 {
			return 1
		}
		return a / b
	}
	p, r := ratio(tp, tp+fp), ratio(tp, tp+fn)
	return fmt.Sprintf("precision %.3f  recall %.3f  F1 %.3f  quiet %.3f  (%.0f texts)", p, r, ratio(2*p*r, p+r), ratio(tn, tn+fp), tp+fp+fn+tn)
}

func reliability(data []sample, guess []float64, of func(*sample) bool, bin int) string {
	n, sum, yes := 0, 0.0, 0
	for i := range data {
		if !of(&data[i]) || data[i].variant || min(int(guess[i]*5), 4) != bin {
			continue
		}
		n++
		sum += guess[i]
		if data[i].relevant {
			yes++
		}
	}
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%.2f said, %.2f true (%d)", sum/float64(n), float64(yes)/float64(n), n)
}
