package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tocsin/enrich/correlate/stories"
)

// TestMain lets the test be the program that is scored: it knows the truth, and
// tells it, or with SCORE_TEST=echo says everything twice.
func TestMain(m *testing.M) {
	if mode := os.Getenv("SCORE_TEST"); mode != "" {
		if err := answer(mode); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func answer(mode string) error {
	list, err := stories.Generated()
	if err != nil {
		return err
	}
	truth := map[stories.Key][]stories.Telling{}
	changes := map[stories.Key][]stories.Change{}
	for _, s := range list {
		for k, told := range s.Truth {
			truth[k] = told
		}
		for _, c := range s.Changes {
			changes[c.Article] = append(changes[c.Article], c)
		}
	}
	out := json.NewEncoder(os.Stdout)
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var q struct {
			ID      string `json:"id"`
			Edition int    `json:"edition"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		k := stories.Key{ID: q.ID, Edition: q.Edition}
		of := func(label string) string { return strings.SplitN(q.ID, "/", 2)[0] + label }
		reports := []stories.Placed{}
		for _, t := range truth[k] {
			reports = append(reports, stories.Placed{Incident: of(t.Label), Role: "main", Relation: t.Relation})
		}
		if err := out.Encode(map[string]any{"id": q.ID, "edition": q.Edition, "reports": reports}); err != nil {
			return err
		}
		for _, c := range changes[k] {
			told := stories.Told{Incident: of(c.Label), Status: c.Status, Killed: c.Killed}
			for range map[string]int{"right": 1, "echo": 2}[mode] {
				if err := out.Encode(told); err != nil {
					return err
				}
			}
		}
	}
	return in.Err()
}

func TestRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "figures.json")
	right := options{cmd: "SCORE_TEST=right " + self, set: "generated", merged: true, json: file}
	var b bytes.Buffer
	if err := right.run(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var figures map[string]float64
	if err := json.Unmarshal(data, &figures); err != nil {
		t.Fatal(err)
	}
	if len(figures) < 15 {
		t.Errorf("%d figures, there are more", len(figures))
	}
	for name, v := range figures {
		want := 1.0
		if strings.HasSuffix(name, "_rate") {
			want = 0
		}
		if v != want || !strings.HasPrefix(name, "generated.merged.") {
			t.Errorf("%s is %v for a program that knows the truth", name, v)
		}
	}

	right.json, right.floor = "", file
	if err := right.run(context.Background(), &b); err != nil {
		t.Errorf("held against its own figures: %v", err)
	}
	b.Reset()
	echo := options{cmd: "SCORE_TEST=echo " + self, set: "generated", merged: true, floor: file, misses: true}
	if err := echo.run(context.Background(), &b); err == nil || !strings.Contains(b.String(), "worse: generated.merged.echo_rate 0.5000, was 0.0000\n") {
		t.Errorf("a program that says everything twice passes: error %v\n%.2000s", err, b.String())
	}

	one := options{cmd: "SCORE_TEST=right " + self, set: "all", story: "g01-"}
	b.Reset()
	if err := one.run(context.Background(), &b); err != nil || !strings.Contains(b.String(), "1.000") {
		t.Errorf("one story by itself: error %v\n%s", err, b.String())
	}
	for _, tt := range []struct {
		o    options
		want string
	}{
		{options{cmd: "exit 3", set: "generated", merged: true}, "run exit 3: exit status 3"},
		{options{cmd: "true", set: "generated", story: "g01-"}, "answers end before article"},
		{options{set: "both"}, "write --set hand, held, fresh, blind, generated or all"},
		{options{set: "all", story: "no such"}, `no story of set all has a name that begins with "no such"`},
		{options{set: "all", story: "g01-", json: file}, "leave --story out with --json"},
		{options{cmd: right.cmd, set: "generated", floor: file}, "has no figure of this run"},
	} {
		if err := tt.o.run(context.Background(), &b); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: error %v, want %q in it", tt.o, err, tt.want)
		}
	}
}
