package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// correlated runs the command on an archive.
func correlated(t *testing.T, archive string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), append([]string{"correlate"}, args...), streams{strings.NewReader(archive), &o, &e})
	return o.String(), e.String(), code
}

// why finds the decisions in an answer: their numbers move with each new weight.
var why = regexp.MustCompile(`("decision":"[a-z]+)[^"]*"`)

func TestCorrelateGolden(t *testing.T) {
	const file = "testdata/correlate.txtar"
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for k := range ar.Files[1:] {
		want := &ar.Files[1+k]
		args := strings.Fields(want.Name)[1:]
		out, errs, code := correlated(t, string(ar.Files[0].Data), args...)
		if errs != "" || code != exitOK {
			t.Errorf("%s: exit code %d, %s", want.Name, code, errs)
		}
		got := why.ReplaceAllString(out, `$1"`)
		if *update {
			want.Data = []byte(got)
		} else if d := cmp.Diff(string(want.Data), got); d != "" {
			t.Errorf("%s %s(-want +got)\n%s", want.Name, ar.Comment, d)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Each line in has one answer, in order; each change stands behind its article; versions
// count from 1 without a gap, and a silent one is only told where that is asked for.
func TestCorrelateAnswersEveryArticle(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/correlate.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive := string(ar.Files[0].Data)
	var ids []string
	for line := range strings.Lines(archive) {
		var a struct {
			ID      string
			Edition int
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, fmt.Sprint(a.ID, " ", max(a.Edition, 1)))
	}
	for _, versions := range []bool{false, true} {
		args := []string{"--jsonl"}
		if versions {
			args = append(args, "--versions")
		}
		out, _, _ := correlated(t, archive, args...)
		var got []string
		last := map[string]int{}
		known := map[string]bool{} // incidents that a change has told of
		silent := 0
		for line := range strings.Lines(out) {
			var l struct {
				ID       string
				Edition  int
				Reports  *[]reportAnswer
				Incident string
				Version  int
				Status   string
				Summary  string
			}
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if l.Reports != nil {
				got = append(got, fmt.Sprint(l.ID, " ", l.Edition))
				for _, r := range *l.Reports {
					if r.Decision == "" || r.Role == "" || r.Relation == "" {
						t.Errorf("an answer without its reason: %s", line)
					}
				}
				continue
			}
			known[l.Incident] = true
			if l.Version <= last[l.Incident] || versions && l.Version != last[l.Incident]+1 || l.Summary == "" || len(got) == 0 {
				t.Errorf("after version %d: %s", last[l.Incident], line)
			}
			last[l.Incident] = l.Version
			if l.Status == "silent" {
				silent++
			}
		}
		if d := cmp.Diff(ids, got); d != "" {
			t.Errorf("answers (-articles +answers)\n%s", d)
		}
		if versions != (silent > 0) {
			t.Errorf("with --versions %v, %d silent versions are told", versions, silent)
		}
	}
}

func TestCorrelateBadLines(t *testing.T) {
	const good = `{"id":"%s","title":"Bomb kills four in Quetta","text":"A bomb killed four people in Quetta, Pakistan, on Monday, police said.","published":"2026-03-09T10:00:00Z"}`
	for _, tt := range []struct {
		name, archive string
		answers, code int
		errs          []string
	}{
		{"nothing", "", 0, exitOK, nil},
		{"empty lines are none", "\n\n  \n" + fmt.Sprintf(good, "a") + "\n\n", 1, exitOK, nil},
		{"a last line without its end", fmt.Sprintf(good, "a"), 1, exitOK, nil},
		{"no JSON costs only itself", fmt.Sprintf(good, "a") + "\n{\n" + fmt.Sprintf(good, "b") + "\n", 2, exitFailed, []string{"tocsin: line 2: read article line", "tocsin: 1 lines were not read"}},
		{"no id", `{"title":"x"}`, 0, exitFailed, []string{`line 1: read article line: "id" is missing`}},
		{"an id that is a number", `{"id":7}`, 0, exitFailed, []string{"write it as a string"}},
		{"every bad line is told", "x\n" + fmt.Sprintf(good, "a") + "\ny\n", 1, exitFailed, []string{"line 1:", "line 3:", "2 lines were not read"}},
		{"text that is no news", `{"id":"a","title":"Harvest","text":"The harvest was good."}`, 1, exitOK, nil},
		{"an article again", fmt.Sprintf(good, "a") + "\n" + fmt.Sprintf(good, "a") + "\n", 2, exitOK, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := correlated(t, tt.archive, "--jsonl")
			if n := strings.Count(out, `"reports":`); n != tt.answers || code != tt.code {
				t.Errorf("%d answers, exit code %d; want %d and %d", n, code, tt.answers, tt.code)
			}
			for _, want := range tt.errs {
				if !strings.Contains(errs, want) {
					t.Errorf("standard error says %q, want %q", errs, want)
				}
			}
			if len(tt.errs) == 0 && errs != "" {
				t.Errorf("standard error says %q", errs)
			}
			if strings.Count(out, `"status":"new"`) > 1 {
				t.Errorf("told twice:\n%s", out)
			}
		})
	}
}

func TestCorrelateSources(t *testing.T) {
	ar, err := txtar.ParseFile("testdata/correlate.txtar")
	if err != nil {
		t.Fatal(err)
	}
	archive := string(ar.Files[0].Data)
	file := filepath.Join(t.TempDir(), "archive.jsonl")
	if err := os.WriteFile(file, ar.Files[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	want, _, _ := correlated(t, archive)
	if got, errs, code := correlated(t, "", file); got != want || code != exitOK {
		t.Errorf("of a file: exit code %d, %s%s", code, errs, cmp.Diff(want, got))
	}
	if _, errs, code := correlated(t, "", filepath.Join(t.TempDir(), "missing")); code != exitFailed || !strings.Contains(errs, "missing") {
		t.Errorf("of a file that is not there: exit code %d, %s", code, errs)
	}
	config := filepath.Join(t.TempDir(), "tocsin.yaml")
	write := func(text string) {
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("correlate:\n  tell:\n    killed_step: 10\n")
	if got, errs, code := correlated(t, archive, "-c", config); code != exitOK || strings.Count(got, "\n") >= strings.Count(want, "\n") {
		t.Errorf("with a step that no toll takes: exit code %d, %s\n%s", code, errs, got)
	}
	write("correlate:\n  tell:\n    killed_step: 99\n")
	if _, errs, code := correlated(t, archive, "-c", config); code != exitUsage || !strings.Contains(errs, "correlate.tell.killed_step is 99") {
		t.Errorf("with a configuration that is wrong: exit code %d, %s", code, errs)
	}
}

// An archive without times is read in the order given: a toll that rises is an update.
func TestCorrelateWithoutTimes(t *testing.T) {
	const archive = `{"id":"a1","outlet":"One","title":"Car bomb kills 4 in Mogadishu","text":"A car bomb killed four people at a market in Mogadishu, police said.","first_seen":"not a time"}
{"id":"a2","outlet":"Two","title":"Mogadishu market car bombing kills 9","text":"Nine people were killed when a car bomb exploded at a market in Mogadishu, police said."}
{"id":"a3","outlet":"Three","title":"Mogadishu market car bomb toll rises to 15","text":"The death toll from a car bomb at a market in Mogadishu has risen to 15, police said."}
`
	out, errs, code := correlated(t, archive, "--jsonl")
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d, %s", code, errs)
	}
	var got []string
	for line := range strings.Lines(out) {
		var c changeAnswer
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		if c.Status != "" {
			got = append(got, fmt.Sprintf("%s %d %s", c.Status, *c.Killed.Min, c.At.Format("05")))
		}
	}
	if d := cmp.Diff([]string{"new 4 01", "update 9 02", "update 15 03"}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
