// Command train fits the relevance model of package enrich: a logistic
// regression over its features, with a ridge penalty, solved exactly, so that the
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
	x        []float64
	text     string
	variant  bool // another form of a text that is there too
}

// setWeight is what all texts of a set weigh together, in texts, so that the
// largest does not teach its own habits: the sets of the 1980s and of aid workers
// are of one kind each.
var setWeight = map[string]float64{"corpus": 400, "brief": 700, "gold": 250, "phenomena": 300, "muc4": 500, "awsd": 160, "wikiterror": 60}

// variantWeight is what another form of a text weighs beside the text.
const variantWeight = 0.1

// ridge is the penalty on squared weights: chosen by cross-validation.
const ridge = 3.0

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
	t := &trainer{tagger: enrich.NewTagger(), names: enrich.FeatureNames()}
	t.index = make(map[string]int, len(t.names))
	for i, n := range t.names {
		t.index[n] = i
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
	fmt.Fprintf(&b, "# Relevance model: feature, weight. Written by enrich/train; not to be edited.\n# Logistic regression, ridge %g, on %d texts:", ridge, len(train))
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
		w := fit(rest)
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
	w := fit(train)
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
		if math.Abs(w[i]) >= 0.005 {
			fmt.Fprintf(&b, "%s\t%.3f\n", n, w[i])
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
	s := sample{set: set, id: id, relevant: relevant, weight: 1, x: make([]float64, len(t.names)), text: a.Title + " || " + a.Body}
	for n, v := range t.tagger.Features(a) {
		s.x[t.index[n]] = v
	}
	return s
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
		if s.variant = n > 0; s.variant && relevant && len(s.found()) == 0 {
			continue // this part says nothing of it
		}
		out = append(out, s)
	}
	return out, nil
}

// found lists the features of a sample that are words of violence or harm.
func (s *sample) found() []int {
	var out []int
	for i, n := range enrich.FeatureNames() {
		if s.x[i] != 0 && (strings.HasPrefix(n, "violence.") || strings.Contains(n, "-now.")) {
			out = append(out, i)
		}
	}
	return out
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

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// fit solves the penalized regression by Newton's method: some ten steps, each a
// linear system of the size of the features.
func fit(data []sample) []float64 {
	n := len(data[0].x)
	w := make([]float64, n)
	for range 25 {
		g := make([]float64, n)
		h := make([][]float64, n)
		for i := range h {
			h[i] = make([]float64, n)
			p := ridge
			if i == biasAt {
				p = 1e-6
			}
			h[i][i] = p
			g[i] = -p * w[i]
		}
		for k := range data {
			s := &data[k]
			p := squeeze(dot(w, s.x))
			y := 0.0
			if s.relevant {
				y = 1
			}
			v := s.weight * p * (1 - p)
			for i, xi := range s.x {
				if xi == 0 {
					continue
				}
				g[i] += s.weight * (y - p) * xi
				for j := 0; j <= i; j++ {
					h[i][j] += v * xi * s.x[j]
				}
			}
		}
		d := solve(h, g)
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
var biasAt = func() int {
	for i, n := range enrich.FeatureNames() {
		if n == "bias" {
			return i
		}
	}
	return -1
}()

// solve solves h·d = g for a symmetric positive matrix of which the lower half is
// given, by Cholesky's decomposition.
func solve(h [][]float64, g []float64) []float64 {
	n := len(g)
	for i := range n {
		for j := 0; j <= i; j++ {
			s := h[i][j]
			for k := range j {
				s -= h[i][k] * h[j][k]
			}
			if i == j {
				h[i][i] = math.Sqrt(math.Max(s, 1e-12))
			} else {
				h[i][j] = s / h[j][j]
			}
		}
	}
	d := make([]float64, n)
	for i := range n {
		s := g[i]
		for k := range i {
			s -= h[i][k] * d[k]
		}
		d[i] = s / h[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		s := d[i]
		for k := i + 1; k < n; k++ {
			s -= h[k][i] * d[k]
		}
		d[i] = s / h[i][i]
	}
	return d
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
