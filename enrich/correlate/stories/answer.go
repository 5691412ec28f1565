package stories

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// question is one article as a program reads it.
type question struct {
	ID        string    `json:"id"`
	Edition   int       `json:"edition"`
	Outlet    string    `json:"outlet"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	Published time.Time `json:"published"`
	FirstSeen time.Time `json:"first_seen"`
}

// WriteLines writes articles as the lines of JSON that a program is asked with.
func WriteLines(w io.Writer, articles []Article) error {
	b := bufio.NewWriter(w)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i := range articles {
		if err := enc.Encode(question(articles[i])); err != nil {
			return fmt.Errorf("write article %s: %w", articles[i].Key(), err)
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write articles: %w", err)
	}
	return nil
}

// Answer is what a program made of one article.
type Answer struct {
	Reports []Placed
	Told    []Told // changes that the article caused, in order
}

// Placed is one report of an article, and the incident that it was found to be of.
type Placed struct {
	Incident string   `json:"incident"` // empty: of none
	Role     string   `json:"role"`
	Relation Relation `json:"relation"`
	Decision string   `json:"decision"` // why, for people
}

// Told is a change as a program tells it.
type Told struct {
	Incident string `json:"incident"`
	Version  int    `json:"version"`
	Status   Status `json:"status"`
	At       string `json:"at"`
	Type     string `json:"type"`
	Country  string `json:"country"`
	Place    string `json:"place"`
	Killed   *Range `json:"killed"`
	Injured  *Range `json:"injured"`
	Summary  string `json:"summary"`
}

// Answers are a program's, by article.
type Answers map[Key]*Answer

// Read adds a program's lines on the articles that it was asked about. Each
// article has one line, in the order of the question; the changes that it caused
// follow it, told by their "status". Incidents of one run are not those of another:
// run stands before their ids, empty where one run is all.
func (all Answers) Read(r io.Reader, run string, asked []Article) error {
	in := bufio.NewReaderSize(r, 1<<20)
	var last *Answer
	next := 0
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			if err := all.line(line, run, asked, &next, &last); err != nil {
				return fmt.Errorf("answer line %d: %w", n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read answers: %w", err)
		}
	}
	if next < len(asked) {
		return fmt.Errorf("answers end before article %s: %d of %d articles have one", asked[next].Key(), next, len(asked))
	}
	return nil
}

func (all Answers) line(line []byte, run string, asked []Article, next *int, last **Answer) error {
	var v struct {
		ID      string   `json:"id"`
		Edition int      `json:"edition"`
		Reports []Placed `json:"reports"`
		Told
	}
	if err := json.Unmarshal(line, &v); err != nil {
		return fmt.Errorf("not the JSON that is asked for: %w", err)
	}
	if v.Status != "" {
		switch {
		case *last == nil:
			return errors.New("a change stands before the first article: it follows the article that caused it")
		case !slices.Contains(Statuses, v.Status):
			return fmt.Errorf("status %q is none of %v", v.Status, Statuses)
		case v.Incident == "":
			return errors.New(`a change has no "incident"`)
		}
		v.Incident = run + v.Incident
		(*last).Told = append((*last).Told, v.Told)
		return nil
	}
	k := Key{v.ID, v.Edition}
	if *next == len(asked) {
		return fmt.Errorf("article %s follows the last one that was asked about", k)
	}
	if want := asked[*next].Key(); k != want {
		return fmt.Errorf("article %s, edition %d, stands where %s, edition %d, is due: answer every article, in order", k.ID, k.Edition, want.ID, want.Edition)
	}
	for i := range v.Reports {
		p := &v.Reports[i]
		if !slices.Contains(Relations, p.Relation) {
			return fmt.Errorf("relation %q of article %s is none of %v", p.Relation, k, Relations)
		}
		if p.Incident != "" {
			p.Incident = run + p.Incident
		}
	}
	*next++
	*last = &Answer{Reports: v.Reports}
	all[k] = *last
	return nil
}

// incidents are those that the article reports or follows up, each once.
func (a *Answer) incidents() []string {
	var ids []string
	for _, p := range a.Reports {
		if p.Incident != "" && p.Relation != Background && !slices.Contains(ids, p.Incident) {
			ids = append(ids, p.Incident)
		}
	}
	return ids
}
