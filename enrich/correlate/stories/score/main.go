// Command score runs a program over the stories of correlation and prints how much
// of what it says is right.
//
//	go run ./enrich/correlate/stories/score --cmd './tocsin correlate --jsonl'
//	go run ./enrich/correlate/stories/score --set hand --merged --json figures.json
//	go run ./enrich/correlate/stories/score --set hand --story m01-baghdad-saray-book-market --misses
//
// The program reads articles as lines of JSON {"id","edition","outlet","title",
// "text","published","first_seen"} and writes for each, in order, one line
// {"id","edition","reports":[{"incident","role","relation","decision"}]}, followed
// by a line for each change that the article caused: {"incident","version",
// "status","at","type","country","place","killed","injured","summary"}. It runs
// once for each story, or, with --merged, once for all of them, in the order in
// which their articles were seen.
//
// With --floor the figures are held against those that --json wrote before: exit
// status 1 says that one has become worse.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"

	"tocsin/enrich/correlate/stories"
)

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.cmd, "cmd", "./tocsin correlate --jsonl", "the program, as a shell runs it")
	flag.StringVar(&o.set, "set", "all", "collection: hand, held, fresh, blind, generated, all")
	flag.BoolVar(&o.merged, "merged", false, "all stories as one stream, not each by itself")
	flag.StringVar(&o.story, "story", "", "only the story of this name, or those whose names begin so")
	flag.BoolVar(&o.misses, "misses", false, "list the stories in which something is wrong, and what")
	flag.StringVar(&o.json, "json", "", "write the figures to this file")
	flag.StringVar(&o.floor, "floor", "", "figures of an earlier run: exit 1 where one has become worse")
	flag.Parse()
	if flag.NArg() > 0 {
		log.Fatalf("score: unexpected argument %q: everything is a flag, see -help", flag.Arg(0))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := o.run(ctx, os.Stdout)
	stop()
	if err != nil {
		log.Fatal("score: ", err)
	}
}

type options struct {
	cmd, set, story string
	merged, misses  bool
	json, floor     string
}

// collection is one set of stories, under the name that its figures have.
type collection struct {
	name string
	list []stories.Story
}

func (o *options) run(ctx context.Context, out io.Writer) error {
	if o.story != "" && (o.json != "" || o.floor != "") {
		return errors.New("figures of some stories are not those of their set: leave --story out with --json and --floor")
	}
	sets, err := o.load()
	if err != nil {
		return err
	}
	var all []stories.Story
	for _, s := range sets {
		all = append(all, s.list...)
	}
	if len(all) == 0 {
		return fmt.Errorf("no story of set %s has a name that begins with %q", o.set, o.story)
	}
	answers, err := o.ask(ctx, all)
	if err != nil {
		return err
	}
	result := stories.Score(all, answers)
	if len(sets) > 1 {
		sets = append(sets, collection{"all", all})
	}
	if o.misses {
		if err := result.Misses(out, func(string) bool { return true }); err != nil {
			return err
		}
	}
	figures := map[string]float64{}
	if err := o.table(out, sets, result, figures); err != nil {
		return err
	}
	if o.json != "" {
		data, err := json.MarshalIndent(figures, "", " ") // keys come out sorted
		if err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
		if err := os.WriteFile(o.json, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("write figures: %w", err)
		}
	}
	if o.floor != "" {
		return o.hold(out, figures)
	}
	return nil
}

// load returns the wanted stories by collection.
func (o *options) load() ([]collection, error) {
	var sets []collection
	for _, c := range []struct {
		name string
		load func() ([]stories.Story, error)
	}{{"hand", stories.Hand}, {"held", stories.Held}, {"fresh", stories.Fresh}, {"blind", stories.Blind}, {"generated", stories.Generated}} {
		if o.set != c.name && o.set != "all" {
			continue
		}
		list, err := c.load()
		if err != nil {
			return nil, fmt.Errorf("the %s stories have mistakes, mend these first:\n%w", c.name, err)
		}
		if list = slices.DeleteFunc(list, func(s stories.Story) bool { return !strings.HasPrefix(s.Name, o.story) }); len(list) > 0 {
			sets = append(sets, collection{c.name, list})
		}
	}
	if len(sets) == 0 && o.story == "" {
		return nil, fmt.Errorf("no stories in set %q: write --set hand, held, fresh, blind, generated or all", o.set)
	}
	return sets, nil
}

// ask runs the program.
func (o *options) ask(ctx context.Context, list []stories.Story) (stories.Answers, error) {
	answers := stories.Answers{}
	if o.merged {
		return answers, o.once(ctx, answers, "", stories.Stream(list))
	}
	for i := range list {
		if err := o.once(ctx, answers, list[i].Name+" ", list[i].Articles); err != nil {
			return nil, fmt.Errorf("story %s: %w", list[i].Name, err)
		}
	}
	return answers, nil
}

func (o *options) once(ctx context.Context, answers stories.Answers, run string, articles []stories.Article) error {
	var in, out bytes.Buffer
	if err := stories.WriteLines(&in, articles); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", o.cmd)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %s: %w", o.cmd, err)
	}
	return answers.Read(&out, run, articles)
}

// prefix stands before the figures of a set. One stream of all stories is another
// task than each story alone, and than one stream of the stories of a set.
func (o *options) prefix(set string) string {
	switch {
	case !o.merged:
		return set + "."
	case o.set == "all" && set != "all":
		return set + ".in_all."
	}
	return set + ".merged."
}

// table prints the figures and collects them under their names.
func (o *options) table(out io.Writer, sets []collection, result *stories.Result, figures map[string]float64) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tstories\tarticles\tfound R\tP\tfalse\tpairs P\tR\tF1\tR all\tB3 P\tR\tF1\texact\torder\techo\tmissing\tlate\tkilled\t")
	var notes strings.Builder
	for _, set := range sets {
		in := map[string]bool{}
		for _, s := range set.list {
			in[s.Name] = true
		}
		wanted := func(name string) bool { return in[name] }
		f := result.Figures(wanted)
		fmt.Fprintf(w, "%s\t%d\t%d\t", set.name, f.Stories, f.Articles)
		for _, v := range []float64{f.DetectionRecall, f.DetectionPrecision, f.FalseRate, f.PairPrecision, f.PairRecall, f.PairF1, f.PairRecallAll,
			f.BCubedPrecision, f.BCubedRecall, f.BCubedF1, f.StoriesExact, f.StoriesOrder, f.EchoRate, f.MissingRate, f.LateRate, f.KilledRight} {
			fmt.Fprintf(w, "%.3f\t", v)
		}
		fmt.Fprintln(w)
		prefix := o.prefix(set.name)
		for _, x := range f.List() {
			figures[prefix+x.Name] = math.Round(x.Value*1e4) / 1e4
		}
		echoes, missing := result.Sums(wanted)
		fmt.Fprintf(&notes, "%s: %d tellings; %d changes expected, %d told; echoes%s; missing%s\n",
			set.name, f.Tellings, f.Expected, f.Told, counts(echoes), counts(missing))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	_, err := io.WriteString(out, notes.String())
	return err
}

func counts(of map[stories.Status]int) string {
	if len(of) == 0 {
		return " none"
	}
	var b strings.Builder
	for _, s := range stories.Statuses {
		if n := of[s]; n > 0 {
			fmt.Fprintf(&b, " %s %d", s, n)
		}
	}
	return b.String()
}

// hold compares with an earlier run. Figures of sets that did not run are passed
// over, so that one file can hold those of all.
func (o *options) hold(out io.Writer, figures map[string]float64) error {
	data, err := os.ReadFile(o.floor)
	if err != nil {
		return fmt.Errorf("read floor: %w", err)
	}
	var floor map[string]float64
	if err := json.Unmarshal(data, &floor); err != nil {
		return fmt.Errorf("read floor %s: %w; write it anew with --json", o.floor, err)
	}
	held, fell := 0, 0
	for _, name := range slices.Sorted(maps.Keys(floor)) {
		is, ok := figures[name]
		if !ok {
			continue
		}
		held++
		f := stories.Figure{Name: name[strings.LastIndexByte(name, '.')+1:], Value: is}
		if was := floor[name]; f.Falls(was) {
			fell++
			fmt.Fprintf(out, "worse: %s %.4f, was %.4f\n", name, is, was)
		}
	}
	switch {
	case held == 0:
		return fmt.Errorf("floor %s has no figure of this run: write one with the same --set and --merged", o.floor)
	case fell > 0:
		return errors.New("figures have become worse than the floor: mend it, or write the floor anew and say why")
	}
	return nil
}
