package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/sink"
)

type correlateCmd struct {
	Source   string `arg:"" optional:"" default:"-" help:"File with articles as JSON lines, or - for standard input."`
	JSONL    bool   `name:"jsonl" help:"Answer in JSON lines: one an article, one a change worth telling."`
	Versions bool   `help:"With --jsonl: tell silent versions too."`
	Config   string `short:"c" placeholder:"FILE" help:"Configuration file: its correlate section is used."`
}

// Help implements kong's HelpProvider.
func (correlateCmd) Help() string {
	return `Reads articles in the order given, folds what they say into incidents in memory, and tells the changes.

Examples:
  tocsin correlate archive.jsonl
  tocsin correlate --jsonl < archive.jsonl > changes.jsonl
  tocsin feed parse saved/*.xml | tocsin correlate

An article is {"id","edition","outlet","title","text","published","first_seen"}, or a line of 'tocsin feed parse'. Where both times are missing it follows the one before it.
Its answer is {"id","edition","reports":[{"incident","role","relation","decision"}]}; relation is report, follow_up or background.
A change is {"incident","version","status","at","type","country","place","killed","injured","summary"}, behind the article that caused it.
Needs no server.`
}

// Run implements the command.
func (c correlateCmd) Run(std streams) error {
	cfg := correlate.DefaultConfig()
	if c.Config != "" {
		all, err := loadConfig(c.Config, os.Environ())
		if err != nil {
			return err
		}
		cfg = all.Correlate
	}
	in, err := openInput(c.Source, std.in)
	if err != nil {
		return err
	}
	defer in.Close()
	w := bufio.NewWriterSize(std.out, 64<<10)
	err = c.lines(newArchive(&cfg), in, w, std.err)
	return errors.Join(err, w.Flush())
}

func (c correlateCmd) lines(a *archive, in io.Reader, w *bufio.Writer, errs io.Writer) error {
	r := bufio.NewReaderSize(in, 1<<20)
	bad := 0
	for n := 1; ; n++ {
		line, rerr := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			answers, err := a.take(line)
			if err != nil {
				bad++
				fmt.Fprintf(errs, "tocsin: line %d: %v\n", n, err)
			} else if err := c.answer(w, answers); err != nil {
				return fmt.Errorf("correlate: %w", err)
			}
			if r.Buffered() == 0 {
				if err := w.Flush(); err != nil { // who writes one article at a time gets its answer
					return fmt.Errorf("correlate: %w", err)
				}
			}
		}
		if rerr != nil {
			if !errors.Is(rerr, io.EOF) {
				return fmt.Errorf("correlate: %w", rerr)
			}
			break
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d lines were not read", bad)
	}
	return nil
}

// answer writes what an article gave.
func (c correlateCmd) answer(w io.Writer, t taken) error {
	if !c.JSONL {
		for i := range t.changes {
			if ch := &t.changes[i]; ch.Status != string(correlate.Silent) {
				if _, err := fmt.Fprintf(w, "%s  %-8s  %-10s  %s  %s\n", ch.At.UTC().Format("2006-01-02 15:04"), ch.severity, ch.Status, ch.Summary, ch.Incident); err != nil {
					return err
				}
			}
		}
		return nil
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if err := e.Encode(&t.article); err != nil {
		return err
	}
	for i := range t.changes {
		if ch := &t.changes[i]; c.Versions || ch.Status != string(correlate.Silent) {
			if err := e.Encode(ch); err != nil {
				return err
			}
		}
	}
	return nil
}

// archive folds articles in memory, the way the daemon does on the bus.
type archive struct {
	tagger   *enrich.Tagger
	families *ingest.Families
	book     *correlate.Book
	told     map[string]*correlate.Told
	versions map[string]int // of each incident, the latest
	at       time.Time      // when the last article was seen
}

func newArchive(cfg *correlate.Config) *archive {
	return &archive{tagger: enrich.NewTagger(), families: ingest.NewFamilies(), book: correlate.NewBook(cfg, 0, nil), told: map[string]*correlate.Told{}, versions: map[string]int{}, at: time.Unix(0, 0).UTC()}
}

// taken is what an article gave.
type taken struct {
	article articleAnswer
	changes []changeAnswer
}

type articleAnswer struct {
	ID      string         `json:"id"`
	Edition int            `json:"edition"`
	Reports []reportAnswer `json:"reports"`
}

type reportAnswer struct {
	Incident *string            `json:"incident"`
	Role     enrich.Role        `json:"role"`
	Relation correlate.Relation `json:"relation"`
	Decision string             `json:"decision"`
}

type changeAnswer struct {
	Incident string    `json:"incident"`
	Version  int       `json:"version"`
	Status   string    `json:"status"`
	At       time.Time `json:"at"`
	Type     string    `json:"type"`
	Country  string    `json:"country"`
	Place    string    `json:"place"`
	Killed   *bounds   `json:"killed,omitempty"`
	Injured  *bounds   `json:"injured,omitempty"`
	Why      []string  `json:"why,omitempty"`
	Summary  string    `json:"summary"`

	severity string
}

type bounds struct {
	Min *int `json:"min"`
	Max *int `json:"max"`
}

// read is what an article says, as the enrich stage puts it on the bus.
func (a *archive) read(art *ingest.Article) []enrich.Report {
	reports := a.tagger.Tag(art)
	if len(reports) == 0 && art.Edition > 1 {
		reports = []enrich.Report{enrich.Nothing(art)}
	}
	return reports
}

// fold takes a report in.
func (a *archive) fold(r *enrich.Report) (correlate.Outcome, error) {
	o, err := a.book.Take(r)
	return a.settle(o, err)
}

// settle takes in what follows from a report or an order.
func (a *archive) settle(o correlate.Outcome, err error) (correlate.Outcome, error) {
	if err != nil {
		return o, err
	}
	for _, s := range o.Steps {
		i := s.Incident
		if was := a.versions[i.ID]; i.Version == 1 && was > 0 { // as the worker does: see its revive
			i.Version, i.Supersedes = was+1, &was
			if i.Told != nil && i.Told.Version > 0 {
				i.Told.Version = i.Version
			}
		}
		a.versions[i.ID] = i.Version
	}
	a.book.Settle(&o)
	return o, nil
}

func (a *archive) take(line []byte) (taken, error) {
	art, err := enrich.ReadContract(line)
	if err != nil {
		return taken{}, err
	}
	// What does not say when it was seen was seen right after what stands before it: the
	// order given is the order of the news.
	if art.FirstSeen.IsZero() && art.Published.IsZero() {
		art.FirstSeen = a.at.Add(time.Second)
		art.Fetched = art.FirstSeen
	}
	if seen := cmp.Or(art.FirstSeen, art.Published); seen.After(a.at) {
		a.at = seen
	}
	a.families.Place(&art)
	reports := a.read(&art)
	t := taken{article: articleAnswer{ID: art.ID, Edition: art.Edition, Reports: []reportAnswer{}}}
	for i := range reports {
		o, err := a.fold(&reports[i])
		if err != nil {
			return taken{}, err
		}
		if reports[i].Role != enrich.Withdrawn {
			ra := reportAnswer{Role: reports[i].Role, Relation: o.Relation, Decision: o.Decision.String()}
			if o.Incident != "" {
				ra.Incident = &o.Incident
			}
			t.article.Reports = append(t.article.Reports, ra)
		}
		for _, s := range o.Steps {
			t.changes = append(t.changes, a.change(s))
		}
	}
	return t, nil
}

func (a *archive) change(s correlate.Step) changeAnswer {
	i := s.Incident
	c := changeAnswer{Incident: i.ID, Version: i.Version, Status: string(i.Status), At: i.Updated, Type: i.Type, Country: i.Place.Country, Place: i.Place.Name, Why: s.Change.Why,
		Summary: sink.Summary(i, a.told[i.ID]), severity: i.Assessment.Severity}
	if t, ok := i.Totals[enrich.Killed]; ok {
		c.Killed = &bounds{t.Min, t.Max}
	}
	if t, ok := i.Totals[enrich.Injured]; ok {
		c.Injured = &bounds{t.Min, t.Max}
	}
	if i.Status != correlate.Silent {
		a.told[i.ID] = i.Told
	}
	return c
}
