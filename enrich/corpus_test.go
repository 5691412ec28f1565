package enrich

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tocsin/enrich/gazetteer"
	"tocsin/ingest"
)

var misses = flag.Bool("misses", false, "log what the tagger misses in the corpus")

// truth is what a careful reader says of an article: the want section of a case.
type truth struct {
	name, why string
	relevant  bool
	incidents []wanted
}

// wanted is one incident of a truth: alternatives where the text supports more than one answer.
type wanted struct {
	role     Role
	types    []string
	optional bool
	keys     map[string][]string // country place date outcome
	figures  map[Measure][]bounds
}

// bounds is a number as the truth states it; -1 is open. unknown says that there
// are such people and no number.
type bounds struct {
	min, max int
	unknown  bool
}

var wantMeasures = []Measure{Killed, Injured, Abducted, Missing, Arrested, Displaced}

func parseBounds(s string) (bounds, error) {
	switch {
	case s == "none":
		return bounds{0, 0, false}, nil
	case s == "?":
		return bounds{-1, -1, true}, nil
	}
	if n, ok := strings.CutSuffix(s, "+"); ok {
		v, err := strconv.Atoi(n)
		return bounds{v, -1, false}, err
	}
	if a, b, ok := strings.Cut(s, ".."); ok {
		lo, hi := -1, -1
		var err error
		if a != "" {
			if lo, err = strconv.Atoi(a); err != nil {
				return bounds{}, err
			}
		}
		if b != "" {
			hi, err = strconv.Atoi(b)
		}
		return bounds{lo, hi, false}, err
	}
	v, err := strconv.Atoi(s)
	return bounds{v, v, false}, err
}

// fields cuts a line at blanks that stand outside of quotation marks.
func fields(line string) []string {
	var out []string
	var b strings.Builder
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ' ' && !quoted:
			if b.Len() > 0 {
				out = append(out, b.String())
				b.Reset()
			}
		default:
			b.WriteRune(c)
		}
	}
	if b.Len() > 0 {
		out = append(out, b.String())
	}
	return out
}

func parseTruth(name, why, want string) (truth, error) {
	t := truth{name: name, why: strings.TrimSpace(why)}
	if t.why == "" {
		return t, fmt.Errorf("%s does not say why it exists", name)
	}
	lines := strings.Split(strings.TrimSpace(want), "\n")
	switch lines[0] {
	case "relevant yes":
		t.relevant = true
	case "relevant no":
	default:
		return t, fmt.Errorf("%s: first line of want is %q", name, lines[0])
	}
	mains := 0
	for _, line := range lines[1:] {
		f := fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) < 2 {
			return t, fmt.Errorf("%s: %q has no type", name, line)
		}
		w := wanted{role: Role(f[0]), types: strings.Split(f[1], "|"), keys: map[string][]string{}, figures: map[Measure][]bounds{}}
		if w.role == Main {
			mains++
		} else if w.role != Other && w.role != Background {
			return t, fmt.Errorf("%s: role %q", name, f[0])
		}
		for _, typ := range w.types {
			if !slices.Contains(Types, typ) {
				return t, fmt.Errorf("%s: type %q", name, typ)
			}
		}
		for _, kv := range f[2:] {
			if kv == "optional" {
				w.optional = true
				continue
			}
			k, v, ok := strings.Cut(kv, "=")
			if !ok {
				return t, fmt.Errorf("%s: %q is no key=value", name, kv)
			}
			if !slices.Contains(wantMeasures, Measure(k)) {
				if !slices.Contains([]string{"country", "place", "date", "outcome"}, k) {
					return t, fmt.Errorf("%s: key %q", name, k)
				}
				w.keys[k] = strings.Split(v, "|")
				continue
			}
			for alt := range strings.SplitSeq(v, "|") {
				if alt == "absent" {
					w.figures[Measure(k)] = append(w.figures[Measure(k)], bounds{-1, -1, false})
					continue
				}
				b, err := parseBounds(alt)
				if err != nil {
					return t, fmt.Errorf("%s: %s=%s: %w", name, k, alt, err)
				}
				w.figures[Measure(k)] = append(w.figures[Measure(k)], b)
			}
		}
		t.incidents = append(t.incidents, w)
	}
	if t.relevant != (mains == 1) {
		return t, fmt.Errorf("%s: relevant %v with %d main incidents", name, t.relevant, mains)
	}
	return t, nil
}

// corpusArticle reads a case.
func corpusArticle(t testing.TB, file string) (*ingest.Article, truth) {
	t.Helper()
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]string{}
	for _, f := range ar.Files {
		part[f.Name] = strings.TrimSpace(string(f.Data))
	}
	name := strings.TrimSuffix(filepath.Base(file), ".txtar")
	w, err := parseTruth(name, string(ar.Comment), part["want"])
	if err != nil {
		t.Fatal(err)
	}
	if part["body"] == "" && part["title"] == "" {
		t.Fatalf("%s has no text", file)
	}
	return article(name, part["title"], part["body"], part["published"]), w
}

// tally counts hits: of wanted and of given answers.
type tally struct{ right, wanted, given int }

func (c tally) String() string {
	p, r := 1.0, 1.0
	if c.given > 0 {
		p = float64(c.right) / float64(c.given)
	}
	if c.wanted > 0 {
		r = float64(c.right) / float64(c.wanted)
	}
	return fmt.Sprintf("precision %.3f  recall %.3f  (%d right, %d wanted, %d given)", p, r, c.right, c.wanted, c.given)
}

// same tells whether a total is what is wanted: the same bounds.
func (b bounds) same(t Total) bool {
	eq := func(n int, p *int) bool { return n < 0 && p == nil || p != nil && *p == n }
	if b.unknown {
		return t.Max == nil
	}
	return eq(b.min, t.Min) && eq(b.max, t.Max)
}

type scoreCard struct {
	articles  int
	relevance tally
	measure   map[Measure]*tally
	types     map[string]*tally
	typeRight [2]int // of main incidents: right, all
	country   [2]int
	place     [2]int
	date      [2]int
	zero      [2]int
	apart     [2]int // background figures that no current incident claims
	other     tally
	whole     int
	bins      [5]bin // of confidence, a fifth each
	stillNews [2]int // with context behind them: judged as without, all
	stillNot  [2]int
}

// bin holds how sure the model was of some texts and how many were relevant.
type bin struct {
	n, relevant int
	sum         float64
}

// judge notes the model's confidence of an article beside the truth.
func (s *scoreCard) judge(tagger *Tagger, a *ingest.Article, relevant bool) {
	_, r := tagger.tag(a)
	p := r.trace.about.confidence
	b := &s.bins[min(int(p*5), 4)]
	b.n++
	b.sum += p
	if relevant {
		b.relevant++
	}
}

// lengthen notes whether an article that goes on about other things is judged as
// it is without them. Only what is news on its own, and rightly so, says something.
func (s *scoreCard) lengthen(tagger *Tagger, a *ingest.Article, relevant bool, context string) {
	if Relevant(tagger.Tag(a)) != relevant {
		return
	}
	long := article(a.ID, a.Title, a.Body+"\n\n"+context, a.Published.Format("2006-01-02"))
	same := &s.stillNot
	if relevant {
		same = &s.stillNews
	}
	same[1]++
	if Relevant(tagger.Tag(long)) == relevant {
		same[0]++
	}
}

// quietContext is what long articles go on with: 3 KB of politics, business and life,
// each time others.
func quietContext(t testing.TB) func() string {
	t.Helper()
	var texts []string
	for _, name := range []string{"politics", "business", "life", "police"} {
		data, err := os.ReadFile("testdata/brief/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if col := strings.Split(strings.TrimSpace(line), "\t"); len(col) == 3 && col[0] == "no" {
				texts = append(texts, col[2])
			}
		}
	}
	n := 0
	return func() string {
		var b strings.Builder
		for b.Len() < 3000 {
			b.WriteString(texts[n%len(texts)] + "\n\n")
			n += 7
		}
		return b.String()
	}
}

func (s *scoreCard) score(t *testing.T, w truth, reps []Report) {
	s.articles++
	var bad []string
	miss := func(format string, args ...any) { bad = append(bad, fmt.Sprintf(format, args...)) }
	got := Relevant(reps)
	if w.relevant {
		s.relevance.wanted++
	}
	if got {
		s.relevance.given++
	}
	if got && w.relevant {
		s.relevance.right++
	}
	if got != w.relevant {
		miss("relevant %v", got)
	}
	var main *Report
	if got {
		main = &reps[0]
	}
	if w.relevant {
		i := slices.IndexFunc(w.incidents, func(x wanted) bool { return x.role == Main })
		s.main(w.incidents[i], main, miss)
	}
	// What was long ago is never now's.
	for _, x := range w.incidents {
		if x.role != Background {
			continue
		}
		for _, m := range []Measure{Killed, Injured} {
			for _, b := range x.figures[m] {
				if b.min < 3 {
					continue
				}
				s.apart[1]++
				claimed := false
				for i := range reps {
					if r := &reps[i]; got && r.Role != Background {
						if n, ok := r.Totals[m].Number(); ok && n == b.min {
							claimed = true
						}
					}
				}
				if !claimed {
					s.apart[0]++
				} else {
					miss("%s %d of the past is told as news", m, b.min)
				}
				break
			}
		}
	}
	used := make([]bool, len(reps))
	for _, x := range w.incidents {
		if x.role != Other {
			continue
		}
		hit := false
		for i := range reps {
			if r := &reps[i]; r.Role == Other && !used[i] && s.alike(x, r) {
				used[i], hit = true, true
				break
			}
		}
		if !x.optional || hit {
			s.other.wanted++
		}
		if hit {
			s.other.right++
		} else if !x.optional {
			miss("other %s %v missed", x.types, x.figures)
		}
	}
	if got {
		for i := range reps {
			if reps[i].Role == Other {
				s.other.given++
				if !used[i] {
					miss("other %s told, not wanted", reps[i].Type)
				}
			}
		}
	}
	if len(bad) == 0 {
		s.whole++
	} else if *misses {
		t.Logf("%s: %s", w.name, strings.Join(bad, "; "))
	}
}

// alike tells whether a report is about a wanted incident: same family and no
// death toll against it.
func (s *scoreCard) alike(x wanted, r *Report) bool {
	fam := slices.ContainsFunc(x.types, func(t string) bool { return Family(t) == Family(r.Type) || t == "unknown" || r.Type == "unknown" })
	if bs, ok := x.figures[Killed]; ok {
		if t, ok := r.Totals[Killed]; ok {
			return slices.ContainsFunc(bs, func(b bounds) bool { return b.same(t) })
		}
	}
	return fam
}

func (s *scoreCard) main(x wanted, main *Report, miss func(string, ...any)) {
	for _, m := range wantMeasures {
		c := s.measure[m]
		bs := x.figures[m]
		var total Total
		given := false
		if main != nil {
			total, given = main.Totals[m]
			given = given && (total.Min != nil || total.Max != nil || total.Quantifier == "none")
		}
		absent := len(bs) == 0 || slices.ContainsFunc(bs, func(b bounds) bool { return b == bounds{-1, -1, false} })
		vagueOnly := len(bs) > 0 && bs[0].unknown
		right := given && slices.ContainsFunc(bs, func(b bounds) bool { return b.same(total) }) || !given && vagueOnly
		if !absent {
			c.wanted++
		}
		if given {
			c.given++
		}
		switch {
		case right && (!absent || given):
			c.right++
			if !given {
				c.given++ // "unknown" and nothing said are the same answer
			}
			if absent {
				c.wanted++
			}
		case !given && absent:
		default:
			miss("%s %s, want %v", m, value(total.Quantifier, total.Min, total.Max, total.Point), bs)
		}
		if !absent && bs[0] == (bounds{0, 0, false}) {
			s.zero[1]++
			if right {
				s.zero[0]++
			}
		}
	}
	typ := "nothing"
	if main != nil {
		typ = main.Type
	}
	s.typeRight[1]++
	for _, w := range x.types[:1] {
		s.tallyOf(w).wanted++
	}
	if slices.Contains(x.types, typ) {
		s.typeRight[0]++
		s.tallyOf(x.types[0]).right++
		s.tallyOf(x.types[0]).given++
	} else {
		s.tallyOf(typ).given++
		miss("type %s, want %v", typ, x.types)
	}
	check := func(key string, c *[2]int, got string, same func(a, b string) bool) {
		want, ok := x.keys[key]
		if !ok {
			return
		}
		c[1]++
		if slices.ContainsFunc(want, func(w string) bool { return same(w, got) }) {
			c[0]++
		} else {
			miss("%s %q, want %v", key, got, want)
		}
	}
	if main == nil {
		main = &Report{}
	}
	check("country", &s.country, main.Country(), strings.EqualFold)
	place, admin := "", ""
	if main.Place != nil {
		place, admin = main.Place.Name, main.Place.Admin
	}
	has := func(a, b string) bool {
		return b != "" && (strings.Contains(gazetteer.Fold(a), gazetteer.Fold(b)) || strings.Contains(gazetteer.Fold(b), gazetteer.Fold(a)))
	}
	check("place", &s.place, place, func(a, b string) bool { return has(a, b) || has(a, admin) })
	date := ""
	if o := main.Occurred; o != nil && o.Earliest != nil {
		date = o.Earliest.Format("2006-01-02")
	}
	check("date", &s.date, date, func(a, b string) bool { return a == b })
}

func (s *scoreCard) tallyOf(typ string) *tally {
	c := s.types[typ]
	if c == nil {
		c = &tally{}
		s.types[typ] = c
	}
	return c
}

func (s *scoreCard) String() string {
	var b strings.Builder
	share := func(name string, c [2]int) {
		if c[1] > 0 {
			fmt.Fprintf(&b, "%-22s %.3f  (%d of %d)\n", name, float64(c[0])/float64(c[1]), c[0], c[1])
		}
	}
	fmt.Fprintf(&b, "articles %d, wholly right %d\n\n", s.articles, s.whole)
	fmt.Fprintf(&b, "relevant               %v\n", s.relevance)
	fmt.Fprintf(&b, "other incidents        %v\n", s.other)
	share("past kept apart", s.apart)
	share("news in a long page", s.stillNews)
	share("quiet in a long page", s.stillNot)
	b.WriteString("\nconfidence             said   true\n")
	for i, x := range s.bins {
		if x.n > 0 {
			fmt.Fprintf(&b, "%.1f to %.1f             %.2f   %.2f   (%d articles)\n", float64(i)/5, float64(i+1)/5, x.sum/float64(x.n), float64(x.relevant)/float64(x.n), x.n)
		}
	}
	b.WriteString("\nof main incidents\n")
	for _, m := range wantMeasures {
		fmt.Fprintf(&b, "%-22s %v\n", m, s.measure[m])
	}
	share("zero right", s.zero)
	share("country", s.country)
	share("place", s.place)
	share("date", s.date)
	share("type", s.typeRight)
	b.WriteString("\ntype of the main incident\n")
	for _, t := range append(slices.Clone(Types), "nothing") {
		if c := s.types[t]; c != nil {
			fmt.Fprintf(&b, "%-22s %v\n", t, c)
		}
	}
	return b.String()
}

// The corpus is ours, with answers by hand; the score of the tagger on it is a
// golden file, so that each change shows what it won and lost. The held-out part
// is never tuned on: it says how well the rules carry over.
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"corpus", "holdout"} {
		t.Run(part, func(t *testing.T) {
			files, err := filepath.Glob("testdata/" + part + "/*.txtar")
			if err != nil || len(files) == 0 {
				t.Fatal("no articles", err)
			}
			card := &scoreCard{measure: map[Measure]*tally{}, types: map[string]*tally{}}
			for _, m := range wantMeasures {
				card.measure[m] = &tally{}
			}
			tagger := NewTagger()
			context := quietContext(t)
			for _, file := range files {
				a, w := corpusArticle(t, file)
				reps := tagger.Tag(a)
				checkReports(t, a, reps)
				card.lengthen(tagger, a, w.relevant, context())
				card.score(t, w, reps)
				card.judge(tagger, a, w.relevant)
			}
			golden := "testdata/score." + part + ".golden"
			got := card.String()
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), got); d != "" {
				t.Errorf("%s differs; if the change is for the better, run with -update (-want +got)\n%s", golden, d)
			}
		})
	}
}

// The memory of a reading serves the next article: nothing that was reported may
// rest on it.
func TestReportsOutliveTheReading(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/corpus/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no articles", err)
	}
	tagger := NewTagger()
	said := func(reps []Report) string {
		b, err := json.Marshal(reps)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var all [][]Report
	var once []string
	for _, f := range files {
		a, _ := corpusArticle(t, f)
		reps := tagger.Tag(a)
		all, once = append(all, reps), append(once, said(reps))
	}
	for i, f := range files {
		if got := said(all[i]); got != once[i] {
			t.Errorf("%s changed after it was read:\n%s", f, cmp.Diff(once[i], got))
		}
		a, _ := corpusArticle(t, f)
		if got := said(NewTagger().Tag(a)); got != once[i] {
			t.Errorf("%s is read in another way after other articles:\n%s", f, cmp.Diff(got, once[i]))
		}
	}
}

func TestModel(t *testing.T) {
	m, err := parseModel(modelText)
	if err != nil {
		t.Fatal(err)
	}
	if m.weight[featureIndex["bias"]] == 0 {
		t.Error("the model has no bias: is it trained?")
	}
	for name, sign := range map[string]float64{"theme.sport.title": -1, "theme.fiction.title": -1, "theme.judicial.title": -1, "killed-now.opening": 1, "event-with-attacker.opening": 1, "violence.bombing.title": 1} {
		if w := m.weight[featureIndex[name]]; w*sign <= 0 {
			t.Errorf("%s has weight %.3f, against what it means", name, w)
		}
	}
	if _, err := parseModel("no-such-feature\t1"); err == nil {
		t.Error("a weight of no feature is taken")
	}
}
