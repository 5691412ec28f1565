package stories

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// two is a story of two incidents.
const two = `Two bombings.
phenomena: test
-- articles: who tells of what --
a1 A report
a2 A report
a3 B report
a4 B follow_up
a5 none
a6 A background, ?B report
-- changes --
a1 A new killed=4
a2 A update killed=9
a3 B new
?a4 B follow_up
`

// story makes a story of its first two sections; articles come in order.
func story(t *testing.T, name, head string) Story {
	t.Helper()
	var b strings.Builder
	b.WriteString(head)
	n := 0
	inTruth := false
	for line := range strings.Lines(head) {
		switch {
		case strings.HasPrefix(line, "-- "):
			inTruth = strings.Contains(line, "who tells")
		case inTruth:
			n++
			id, _, _ := strings.Cut(line, " ")
			fmt.Fprintf(&b, "-- %s --\noutlet: Outlet %d\npublished: 2026-03-09T%02d:00Z\n\nHeadline %d\n", id, n, n, n)
		}
	}
	s, err := Parse(name+".txtar", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// answered makes answers of lines such as "a1: x, (y) | x new 4": the incidents that
// an article reports, in parentheses those that it has as background, and what was
// told.
func answered(t *testing.T, s Story, lines string) Answers {
	t.Helper()
	all := Answers{}
	n := func(s string) *int {
		x := 0
		if _, err := fmt.Sscan(s, &x); err != nil {
			t.Fatal(err)
		}
		return &x
	}
	for line := range strings.Lines(lines) {
		id, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			continue
		}
		a := &Answer{}
		for i, part := range strings.Split(rest, "|") {
			f := strings.FieldsFunc(part, func(r rune) bool { return r == ' ' || r == ',' })
			if i == 0 {
				for _, id := range f {
					if id[0] == '(' {
						a.Reports = append(a.Reports, Placed{Incident: strings.Trim(id, "()"), Relation: Background})
					} else {
						a.Reports = append(a.Reports, Placed{Incident: id, Role: "main", Relation: Report, Decision: "because"})
					}
				}
				continue
			}
			told := Told{Incident: f[0], Status: Status(f[1])}
			if len(f) > 2 {
				told.Killed = &Range{n(f[2]), n(f[2])}
			}
			a.Told = append(a.Told, told)
		}
		all[Key{s.Name + "/" + id, 1}] = a
	}
	return all
}

const right = `
a1: x | x new 4
a2: x | x update 9
a3: y | y new
a4: y | y follow_up
a5:
a6: (x), y
`

func everything(string) bool { return true }

func TestScore(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		want           map[string]float64 // what differs from a perfect result
	}{
		{"perfect", "", "", nil},
		{"optional changes may be left out", " | y follow_up", "", nil},
		{"optional tellings may be left out", "a6: (x), y", "a6:", nil},
		// Four tellings, A A B B; the third is put with the first two.
		{"one report put with the other incident", "a3: y", "a3: x", map[string]float64{
			"pair_precision": 1. / 3, "pair_recall": 1. / 2, "pair_f1": 2. / 5, "pair_recall_all": 1. / 2,
			"bcubed_precision": (2./3 + 2./3 + 1./3 + 1) / 4, "bcubed_recall": (1 + 1 + .5 + .5) / 4, "bcubed_recall_all": .75,
			"bcubed_f1": 2 * (2. / 3) * .75 / (2./3 + .75),
		}},
		{"one report founds an incident of its own", "a4: y | y follow_up", "a4: z", map[string]float64{
			"pair_recall": 1. / 2, "pair_f1": 2. / 3, "pair_recall_all": 1. / 2, "bcubed_recall": .75, "bcubed_recall_all": .75, "bcubed_f1": 1.5 / 1.75,
		}},
		{"one report not found", "a4: y | y follow_up", "a4:", map[string]float64{
			"detection_recall": .75, "pair_recall_all": 1. / 2, "bcubed_recall_all": (1 + 1 + .5) / 4,
		}},
		{"a report of nothing", "a5:", "a5: z", map[string]float64{"detection_precision": 4. / 5, "false_rate": 1}},
		{"background as a report", "a6: (x), y", "a6: x, y", map[string]float64{"detection_precision": 4. / 5}},
		{"a change not told", " | x update 9", "", map[string]float64{"stories_exact": 0, "stories_order": 0, "missing_rate": 1. / 3}},
		{"a change too many", "a5:", "a5: | x update 9", map[string]float64{"stories_exact": 0, "stories_order": 0, "echo_rate": 1. / 5}},
		{"another number", "x update 9", "x update 8", map[string]float64{"stories_exact": 0, "killed_right": 1. / 2}},
		{"another status", "x update 9", "x correction 9", map[string]float64{"stories_exact": 0, "stories_order": 0, "echo_rate": 1. / 4, "missing_rate": 1. / 3}},
		{"told by a later article", "a2: x | x update 9\na3: y", "a2: x\na3: y | x update 9", map[string]float64{"stories_exact": 0, "echo_rate": 1. / 4, "missing_rate": 1. / 3, "late_rate": 1. / 3}},
		{"told of the wrong incident", "y new", "x new", map[string]float64{"stories_exact": 0, "stories_order": 0, "echo_rate": 1. / 4, "missing_rate": 1. / 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := story(t, "s", two)
			lines := strings.Replace(right, tt.old, tt.new, 1)
			if lines == right && tt.old != "" {
				t.Fatalf("%q is not in the answers", tt.old)
			}
			figures := Score([]Story{s}, answered(t, s, lines)).Figures(everything)
			for _, f := range figures.List() {
				want := 1.0
				if strings.HasSuffix(f.Name, "_rate") {
					want = 0
				}
				if w, ok := tt.want[f.Name]; ok {
					want = w
				}
				if math.Abs(f.Value-want) > 1e-12 {
					t.Errorf("%s is %.4f, want %.4f", f.Name, f.Value, want)
				}
			}
			if figures.Tellings != 4 || figures.Expected != 3 || figures.Articles != 6 {
				t.Errorf("sizes are %d tellings, %d changes, %d articles; want 4, 3, 6", figures.Tellings, figures.Expected, figures.Articles)
			}
		})
	}
}

// TestScoreTwoInOneArticle: where one article tells of two incidents, each report
// is taken for the incident that the other articles say it is.
func TestScoreTwoInOneArticle(t *testing.T) {
	s := story(t, "s", `Two.
phenomena: test
-- articles: who tells of what --
a1 A report, B report
a2 B report
a3 A report
-- changes --
a1 A new
a1 B new
`)
	f := Score([]Story{s}, answered(t, s, "a1: y, x | y new | x new\na2: y\na3: x")).Figures(everything)
	if f.PairF1 != 1 || f.BCubedF1 != 1 || f.StoriesExact != 1 {
		t.Errorf("pairs %v, B-cubed %v, exact %v; want 1 for each", f.PairF1, f.BCubedF1, f.StoriesExact)
	}
	f = Score([]Story{s}, answered(t, s, "a1: y | y new\na2: y\na3: x | x new")).Figures(everything)
	if f.DetectionRecall != .75 || f.PairPrecision != 1 || f.PairRecallAll != .5 || f.LateRate != .5 {
		t.Errorf("found %v, pairs %v and %v, late %v; want .75, 1, .5, .5", f.DetectionRecall, f.PairPrecision, f.PairRecallAll, f.LateRate)
	}
}

// TestScoreStream: run as one stream, a program can mistake an incident of one
// story for that of another.
func TestScoreStream(t *testing.T) {
	a, b := story(t, "s", two), story(t, "other", two)
	answers := answered(t, a, right)
	for k, v := range answered(t, b, strings.NewReplacer("x", "y", "y", "z").Replace(right)) {
		answers[k] = v // B of s and A of other are one for the program
	}
	f := Score([]Story{a, b}, answers).Figures(everything)
	// Eight tellings, A A B B of each; same label: 4 pairs, all found; same
	// incident: 1 + 6 + 1.
	if f.PairPrecision != 4./8 || f.PairRecall != 1 || f.StoriesExact != .5 {
		t.Errorf("pairs %v and %v, exact %v; want .5, 1, .5", f.PairPrecision, f.PairRecall, f.StoriesExact)
	}
	f = Score([]Story{a, b}, answers).Figures(func(name string) bool { return name == "s" })
	if f.Stories != 1 || f.PairPrecision != 1 || f.StoriesExact != 1 {
		t.Errorf("of one story alone: %d stories, pairs %v, exact %v; want 1, 1, 1", f.Stories, f.PairPrecision, f.StoriesExact)
	}
}

func TestMisses(t *testing.T) {
	s := story(t, "s", two)
	var b bytes.Buffer
	if err := Score([]Story{s}, answered(t, s, right)).Misses(&b, everything); err != nil || b.Len() > 0 {
		t.Errorf("of a perfect result: error %v, %q", err, b.String())
	}
	wrong := strings.NewReplacer("a2: x | x update 9", "a2: z | z new 8", "a5:", "a5: x | x update 9").Replace(right)
	if err := Score([]Story{s}, answered(t, s, wrong)).Misses(&b, everything); err != nil {
		t.Fatal(err)
	}
	want := `s: Two bombings.
  1 of 3 changes missing, 2 of 5 told are echoes; 2 faults in articles
  changes
    a1 A new killed=4              |                  | a1 #1=A new killed=4
  ! a2 A update killed=9           | missing: told late, by a5 | 
  !                                | echo             | a2 #2=A new killed=8
    a3 B new                       |                  | a3 #3=B new
    ?a4 B follow_up                |                  | a4 #3=B follow_up
  !                                | echo: late       | a5 #1=A update killed=9
  articles
    a1     A report: Outlet 1: Headline 1
           #1=A main report: because
  ! a2     A report: Outlet 2: Headline 2
           ! A split off as #2=A
           #2=A main report: because
    a3     B report: Outlet 3: Headline 3
           #3=B main report: because
    a4     B follow_up: Outlet 4: Headline 4
           #3=B main report: because
  ! a5     none: Outlet 5: Headline 5
           ! #1=A reported, but nothing of the kind is told
           #1=A main report: because
    a6     A background, ?B report: Outlet 6: Headline 6
           #1=A  background: 
           #3=B main report: because

`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestAgrees(t *testing.T) {
	n := func(n int) *int { return &n }
	for _, tt := range []struct {
		want, told Range
		agrees     bool
	}{
		{Range{n(9), n(9)}, Range{n(9), n(9)}, true},
		{Range{n(9), n(9)}, Range{n(9), nil}, true},
		{Range{n(9), nil}, Range{n(9), n(9)}, true},
		{Range{n(9), n(9)}, Range{n(8), n(9)}, false},
		{Range{n(9), n(9)}, Range{n(9), n(12)}, false},
		{Range{n(9), n(12)}, Range{n(9), n(12)}, true},
		{Range{n(9), n(12)}, Range{n(9), n(9)}, false},
		{Range{n(9), nil}, Range{n(10), nil}, false},
		{Range{n(0), n(0)}, Range{nil, nil}, true},
		{Range{n(9), n(9)}, Range{nil, n(9)}, false},
	} {
		if got := tt.want.Agrees(&tt.told); got != tt.agrees {
			t.Errorf("%s and %s agree: %v, want %v", tt.want, tt.told, got, tt.agrees)
		}
	}
	if (Range{n(9), n(9)}).Agrees(nil) || !(Range{n(0), n(0)}).Agrees(nil) {
		t.Error("nothing told agrees with 0 and with nothing else")
	}
}

// TestAssign compares with all ways to assign.
func TestAssign(t *testing.T) {
	seed := uint32(1)
	next := func(n uint32) int { seed = seed*1664525 + 1013904223; return int(seed >> 16 % n) }
	for range 300 {
		rows, cols := 1+next(5), 1+next(5)
		w := make([][]float64, rows)
		for i := range w {
			w[i] = make([]float64, cols)
			for j := range w[i] {
				w[i][j] = float64(next(6))
			}
		}
		best := 0.0
		var try func(i int, used uint, sum float64)
		try = func(i int, used uint, sum float64) {
			if i == rows {
				best = max(best, sum)
				return
			}
			try(i+1, used, sum)
			for j := range cols {
				if used>>j&1 == 0 {
					try(i+1, used|1<<j, sum+w[i][j])
				}
			}
		}
		try(0, 0, 0)
		sum, used := 0.0, map[int]bool{}
		for i, j := range assign(w) {
			if j >= 0 {
				if used[j] {
					t.Fatalf("column %d is given twice: %v", j, w)
				}
				used[j] = true
				sum += w[i][j]
			}
		}
		if sum != best {
			t.Fatalf("assign(%v) sums up to %v, want %v", w, sum, best)
		}
	}
}

func TestRead(t *testing.T) {
	s := story(t, "s", two)
	var b bytes.Buffer
	if err := WriteLines(&b, s.Articles[:2]); err != nil {
		t.Fatal(err)
	}
	const question = `{"id":"s/a1","edition":1,"outlet":"Outlet 1","title":"Headline 1","text":"","published":"2026-03-09T01:00:00Z","first_seen":"2026-03-09T01:04:00Z"}
{"id":"s/a2","edition":1,"outlet":"Outlet 2","title":"Headline 2","text":"","published":"2026-03-09T02:00:00Z","first_seen":"2026-03-09T02:04:00Z"}
`
	if d := cmp.Diff(question, b.String()); d != "" {
		t.Errorf("question (-want +got)\n%s", d)
	}
	const first, change, second = `{"id":"s/a1","edition":1,"reports":[{"incident":"i","role":"main","relation":"report","decision":"d"},{"incident":null,"role":"background","relation":"background","decision":"e"}]}
`, `{"incident":"i","version":1,"status":"new","at":"2026-03-09T01:04:00Z","type":"bombing","country":"IQ","place":"Baghdad","killed":{"min":4,"max":null},"injured":null,"summary":"A bombing"}
`, `{"id":"s/a2","edition":1,"reports":[]}
`
	n := 4
	got := Answers{}
	if err := got.Read(strings.NewReader(first+change+second), "run ", s.Articles[:2]); err != nil {
		t.Fatal(err)
	}
	want := Answers{
		{"s/a1", 1}: {
			Reports: []Placed{{"run i", "main", Report, "d"}, {"", "background", Background, "e"}},
			Told: []Told{{Incident: "run i", Version: 1, Status: New, At: "2026-03-09T01:04:00Z", Type: "bombing", Country: "IQ", Place: "Baghdad",
				Killed: &Range{Min: &n}, Summary: "A bombing"}},
		},
		{"s/a2", 1}: {Reports: []Placed{}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, tt := range []struct{ name, lines, want string }{
		{"a change before the first article", change, "answer line 1: a change stands before the first article: it follows the article that caused it"},
		{"no JSON", first + "panic\n", "answer line 2: not the JSON that is asked for: invalid character 'p' looking for beginning of value"},
		{"a silent version", first + strings.Replace(change, `"new"`, `"silent"`, 1), `answer line 2: status "silent" is none of [new update correction cancel follow_up]`},
		{"a change of nothing", first + strings.Replace(change, `"i"`, `""`, 1), `answer line 2: a change has no "incident"`},
		{"an unknown relation", strings.Replace(first, `"report"`, `"main"`, 1), `answer line 1: relation "main" of article s/a1 is none of [report follow_up background]`},
		{"another order", second, "answer line 1: article s/a2, edition 1, stands where s/a1, edition 1, is due: answer every article, in order"},
		{"the end is missing", first, "answers end before article s/a2: 1 of 2 articles have one"},
		{"an article too many", first + second + second, "answer line 3: article s/a2 follows the last one that was asked about"},
	} {
		err := Answers{}.Read(strings.NewReader(tt.lines), "", s.Articles[:2])
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.want)
		}
	}
}
