package enrich

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tocsin/ingest"
)

// depot is the one golden article of explanations: they name many rules, and
// every rule that is renamed has to be read again there.
func depot(t testing.TB) (*txtar.Archive, *ingest.Article) {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/explain/depot.txtar")
	if err != nil {
		t.Fatal(err)
	}
	part := map[string]string{}
	for _, f := range ar.Files {
		part[f.Name] = strings.TrimSpace(string(f.Data))
	}
	return ar, article("depot", part["title"], part["body"], part["published"])
}

func TestExplain(t *testing.T) {
	ar, a := depot(t)
	e := NewTagger().Explain(a)
	var b bytes.Buffer
	if err := e.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(b.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > explainWidth || strings.TrimRight(line, " ") != line {
			t.Errorf("line %d has %d columns or ends in blanks: %q", i+1, n, line)
		}
	}
	want := &ar.Files[len(ar.Files)-1]
	if *update {
		want.Data = b.Bytes()
		if err := os.WriteFile("testdata/explain/depot.txtar", txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if d := cmp.Diff(string(want.Data), b.String()); d != "" {
		t.Errorf("%s(-want +got)\n%s", ar.Comment, d)
	}
}

func TestExplainJSONHoldsTheSame(t *testing.T) {
	_, a := depot(t)
	e := NewTagger().Explain(a)
	var b bytes.Buffer
	if err := e.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var back Explanation
	if err := json.Unmarshal(b.Bytes(), &back, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if checkExplanation(t, a, &back) == 0 {
		t.Error("no spans")
	}
	// A second writing shows that nothing was lost on the way, nil and empty alike.
	var again bytes.Buffer
	if err := back.WriteJSON(&again); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(b.String(), again.String()); d != "" {
		t.Errorf("(-written +written again)\n%s", d)
	}
}

// An explanation explains what Tag says, and asking for it changes nothing.
func TestExplainGivesTheReportsOfTag(t *testing.T) {
	for _, a := range []*ingest.Article{
		article("x", "Harvest festival opens", "Thirty kinds of bread were sold.", "2026-03-10"),
		article("x", "", "A bomb killed seven people in Basra. Separately, gunmen killed two guards in Kano.", "2026-03-10"),
		article("x", "", "Gunmen killed two. Two years ago, 40 people were killed in a bombing there.", ""),
	} {
		tagger := NewTagger()
		e := tagger.Explain(a)
		if d := cmp.Diff(tagger.Tag(a), e.Reports); d != "" {
			t.Errorf("%s%s (-Tag +Explain)\n%s", a.Title, a.Body, d)
		}
		if d := cmp.Diff(e, tagger.Explain(a)); d != "" {
			t.Errorf("%s%s (-first +second)\n%s", a.Title, a.Body, d)
		}
		told := 0
		for _, x := range e.Incidents {
			if x.Report == nil {
				continue
			}
			told++
			if r := e.Reports[*x.Report]; r.Role != x.Role || r.Type != x.Type || r.Subtype != x.Subtype || r.Outcome != x.Outcome || !slices.Contains(r.Rules, x.TypeRule) {
				t.Errorf("%q: incident %+v is not report %+v", a.Body, x, r)
			}
		}
		if told != len(e.Reports) {
			t.Errorf("%q: %d incidents for %d reports", a.Body, told, len(e.Reports))
		}
	}
}

func TestExplainTellsWhichFigureGivesATotal(t *testing.T) {
	e := NewTagger().Explain(article("x", "", "A bomb killed scores of people in Basra on Monday. The blast killed 30 people. The bomber died too.", "2026-03-10"))
	if len(e.Incidents) != 1 || len(e.Incidents[0].Totals) != 1 {
		t.Fatalf("got %+v", e.Incidents)
	}
	var got []string
	for _, v := range e.Incidents[0].Totals[0].Rivals {
		f := e.Figures[v.Figure]
		got = append(got, value(f.Quantifier, f.Min, f.Max, f.Point)+" "+v.Part)
	}
	if d := cmp.Diff([]string{"20 or more competed", "30 gives", "1 aside"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestExplainNamesTheWordsOfTheDecision(t *testing.T) {
	e := NewTagger().Explain(article("x", "Court jails bomber", "A court on Monday sentenced the man who killed nine people in a bombing in 2016.", "2026-03-10"))
	by := map[string][]string{}
	for _, f := range e.Relevance.Features {
		for _, w := range f.Words {
			by[f.Name] = append(by[f.Name], w.Text)
		}
	}
	if !slices.Contains(by["theme.judicial.opening"], "sentenced") || !slices.Contains(by["violence.bombing.opening"], "bombing") {
		t.Errorf("the words are %v", by)
	}
	if e.Relevance.Relevant || e.Relevance.Rule == "" {
		t.Errorf("the decision is %+v", e.Relevance)
	}
}

func TestExplainKeepsControlBytesFromTheTerminal(t *testing.T) {
	a := article("x", "A \x1b[2Jbomb", "A bomb killed \x1b]0;x\x07seven people\x00 in Basra.", "")
	e := NewTagger().Explain(a)
	var b bytes.Buffer
	if err := e.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\x07\x00") {
		t.Errorf("got %q", b.String())
	}
}

// A text without an end, and one of nothing but figures, cost seconds at most.
func TestExplainOfHugeTextIsBounded(t *testing.T) {
	for _, body := range []string{
		strings.Repeat("x", maxRead+10),
		strings.Repeat("Gunmen killed two men. ", maxRead/23),
		strings.Repeat("A - ", maxRead/4),
	} {
		a := article("x", "", body, "2026-03-10")
		e := NewTagger().Explain(a)
		var b bytes.Buffer
		if err := e.WriteText(&b, false); err != nil {
			t.Fatal(err)
		}
		if b.Len() > 100*maxRead {
			t.Errorf("%.20q… is explained in %d bytes", body, b.Len())
		}
	}
}

// checkExplanation asserts that whatever is quoted stands where it is said to
// stand, and returns how many quotations there are.
func checkExplanation(t testing.TB, a *ingest.Article, e *Explanation) int {
	t.Helper()
	n := 0
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		var field, text string
		var start, end int
		switch x := v.Interface().(type) {
		case time.Time:
			return
		case Stretch:
			field, start, end, text = x.Field, x.Start, x.End, x.Text
		case Span:
			field, start, end, text = x.Field, x.Start, x.End, x.Text
		default:
			switch v.Kind() {
			case reflect.Pointer:
				if !v.IsNil() {
					walk(v.Elem())
				}
			case reflect.Struct:
				for i := range v.NumField() {
					walk(v.Field(i))
				}
			case reflect.Slice:
				for i := range v.Len() {
					walk(v.Index(i))
				}
			case reflect.Map:
				for _, k := range v.MapKeys() {
					walk(v.MapIndex(k))
				}
			}
			return
		}
		n++
		s := a.Text(field)
		if start < 0 || end > len(s) || start > end || s[start:end] != text {
			t.Fatalf("%s %d:%d is not %q", field, start, end, text)
		}
		if utf8.ValidString(s) && !utf8.ValidString(text) {
			t.Fatalf("%s %d:%d cuts a rune: %q", field, start, end, text)
		}
	}
	walk(reflect.ValueOf(*e))
	for i, x := range e.Incidents {
		for _, s := range x.Totals {
			for _, v := range s.Rivals {
				if e.Figures[v.Figure].Measure != s.Measure {
					t.Fatalf("incident %d: figure %d is no %s", i, v.Figure, s.Measure)
				}
			}
		}
	}
	return n
}

func FuzzExplain(f *testing.F) {
	_, a := depot(f)
	f.Add(a.Title, a.Body, int64(1773100800))
	for _, s := range []string{"", "Two died.", "\xff killed \x00 5 \xc3", "the toll rose from 2 to", "(((,,, and and killed", "no one else was hurt", "BAGHDAD (X) - ", "Dr. . .", "Also read: x y", "Ⅻ killed “é” 7 people in Åre"} {
		f.Add(s, s, int64(1627084800))
	}
	tagger := NewTagger()
	f.Fuzz(func(t *testing.T, title, body string, at int64) {
		a := article("a", title, body, "")
		if at > 0 && at < 1<<36 {
			a.Published = time.Unix(at, 0).UTC()
		}
		e := tagger.Explain(a)
		checkExplanation(t, a, &e)
		if d := cmp.Diff(tagger.Tag(a), e.Reports); d != "" {
			t.Fatalf("(-Tag +Explain)\n%s", d)
		}
		var text, doc bytes.Buffer
		if err := e.WriteText(&text, at%2 == 0); err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text.Bytes(), 0) >= 0 || !utf8.Valid(text.Bytes()) {
			t.Fatalf("WriteText let through %q", text.Bytes())
		}
		if err := e.WriteJSON(&doc); err != nil {
			t.Fatal(err)
		}
		var back Explanation
		if err := json.Unmarshal(doc.Bytes(), &back); err != nil || !utf8.Valid(doc.Bytes()) {
			t.Fatalf("%v in %q", err, doc.Bytes())
		}
	})
}
