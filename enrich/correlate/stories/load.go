package stories

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// The sections that are no articles.
const (
	tellingsSection = "articles: who tells of what"
	changesSection  = "changes"
)

// pollDelay is how long after its publication an article was seen that does not
// say when; where its neighbours came a little later, so did it, up to pollMost.
const (
	pollDelay = 4 * time.Minute
	pollMost  = 30 * time.Minute
)

// Load reads the stories in the root of a file system, every *.txtar, in the order
// of their names. The error names every mistake of every file, so that one run
// shows them all; the stories without a mistake are returned beside it.
func Load(fsys fs.FS) ([]Story, error) { return load(fsys, ".") }

func load(fsys fs.FS, dir string) ([]Story, error) {
	names, err := fs.Glob(fsys, path.Join(dir, "*.txtar"))
	if err != nil {
		return nil, fmt.Errorf("find stories: %w", err)
	}
	var list []Story
	var errs []error
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("read story: %w", err))
			continue
		}
		s, err := Parse(name, data)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		list = append(list, s)
	}
	return list, errors.Join(errs...)
}

// Parse reads one story. The error names every mistake with the line that it is
// on and says what to write instead.
func Parse(file string, data []byte) (Story, error) {
	p := &parser{file: file, story: Story{Name: strings.TrimSuffix(path.Base(file), ".txtar"), Truth: map[Key][]Telling{}}, linesOf: map[Key]int{}}
	p.parse(data)
	return p.story, errors.Join(p.errs...)
}

type parser struct {
	file    string
	story   Story
	linesOf map[Key]int // where each article begins
	errs    []error
}

func (p *parser) bad(line int, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...)))
}

// part is a section with the line of its text.
type part struct {
	name string
	text string
	line int
}

func (p *parser) parse(data []byte) {
	if i := bytes.IndexByte(data, '\r'); i >= 0 {
		p.bad(1+bytes.Count(data[:i], []byte("\n")), "the line ends with a carriage return: write the file with plain newlines")
		return
	}
	for i, l := range bytes.Split(data, []byte("\n")) {
		if string(l) == "-- --" { // txtar v1.16.0 panics at it
			p.bad(i+1, "%q names no section", l)
			return
		}
	}
	ar := txtar.Parse(data)
	line := 1 + bytes.Count(ar.Comment, []byte("\n"))
	parts := make([]part, 0, len(ar.Files))
	for _, f := range ar.Files {
		parts = append(parts, part{name: f.Name, text: string(f.Data), line: line + 1})
		line += 1 + bytes.Count(f.Data, []byte("\n"))
	}
	p.comment(string(ar.Comment))
	if len(parts) < 3 || parts[0].name != tellingsSection || parts[1].name != changesSection {
		p.bad(1, "a story begins with the sections %q and %q, then its articles: write them in this order", tellingsSection, changesSection)
		return
	}
	for _, s := range parts[2:] {
		p.article(s)
	}
	p.arrival()
	p.tellings(parts[0])
	p.changes(parts[1])
}

func (p *parser) comment(text string) {
	for i, l := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		l = strings.TrimSpace(l)
		list, isList := strings.CutPrefix(l, "phenomena:")
		switch {
		case p.story.Phenomena != nil && l != "":
			p.bad(i+1, "%.40q stands after the phenomena: nothing does but the sections", l)
		case isList:
			p.story.Phenomena = []string{}
			for ph := range strings.SplitSeq(list, ",") {
				if ph = strings.TrimSpace(ph); ph != "" {
					p.story.Phenomena = append(p.story.Phenomena, ph)
				}
			}
			if len(p.story.Phenomena) == 0 {
				p.bad(i+1, `"phenomena:" is empty: name what the story is a case of, with commas between`)
			}
		default:
			p.story.About = strings.TrimSpace(p.story.About + " " + l)
		}
	}
	if p.story.About == "" {
		p.bad(1, "the story does not say what it is: begin with one sentence")
	}
	if p.story.Phenomena == nil {
		p.bad(1, `the line "phenomena: …" is missing before the first section: name what the story is a case of`)
	}
}

var keyForm = regexp.MustCompile(`^(a[1-9][0-9]*)(?:\.([1-9][0-9]*))?$`)

// key reads "a1" and "a1.2".
func (p *parser) key(s string) (Key, bool) {
	m := keyForm.FindStringSubmatch(s)
	if m == nil || m[2] == "1" {
		return Key{}, false
	}
	k := Key{ID: p.story.Name + "/" + m[1], Edition: 1}
	if m[2] != "" {
		k.Edition, _ = strconv.Atoi(m[2]) // digits, by keyForm
	}
	return k, true
}

// timeForms are how times are written, to the minute or the second.
var timeForms = []string{"2006-01-02T15:04Z07:00", time.RFC3339}

func parseTime(s string) (t time.Time, ok bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC(), true
		}
	}
	return t, false
}

// article reads one section: headers, an empty line, the headline, an empty line,
// the text.
func (p *parser) article(s part) {
	key, ok := p.key(s.name)
	if !ok {
		p.bad(s.line-1, "section %q is no article: articles are a1, a2 …, a later edition of one a1.2", s.name)
		return
	}
	if _, twice := p.linesOf[key]; twice {
		p.bad(s.line-1, "article %s is there twice: number it anew", key.Short())
		return
	}
	p.linesOf[key] = s.line - 1
	a := Article{ID: key.ID, Edition: key.Edition}
	head, rest, _ := strings.Cut(s.text, "\n\n")
	seen := map[string]bool{}
	for i, l := range strings.Split(head, "\n") {
		name, value, found := strings.Cut(l, ":")
		value = strings.TrimSpace(value)
		switch {
		case !found || strings.ContainsAny(name, " \t"):
			p.bad(s.line+i, "%.40q is no header: write outlet, published and perhaps seen, then an empty line, then the headline", l)
			continue
		case seen[name]:
			p.bad(s.line+i, "header %q is there twice", name)
			continue
		case value == "":
			p.bad(s.line+i, "header %q is empty", name)
		}
		seen[name] = true
		switch name {
		case "outlet":
			a.Outlet = value
		case "published", "seen":
			t, ok := parseTime(value)
			if !ok && value != "" {
				p.bad(s.line+i, "%s %q is no time: write it as 2026-03-09T07:40Z", name, value)
			}
			if name == "seen" {
				a.FirstSeen = t
			} else {
				a.Published = t
			}
		default:
			p.bad(s.line+i, "unknown header %q: an article has outlet, published and perhaps seen", name)
		}
	}
	for _, name := range []string{"outlet", "published"} {
		if !seen[name] {
			p.bad(s.line, "article %s has no header %q", key.Short(), name)
		}
	}
	title, text, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	switch {
	case title == "":
		p.bad(s.line, "article %s has no headline: write it after the headers, between empty lines", key.Short())
	case text != "" && text[0] != '\n':
		p.bad(s.line+strings.Count(head, "\n")+3, "the text of article %s begins right under its headline: leave a line empty between them", key.Short())
	}
	a.Title, a.Text = strings.TrimSpace(title), strings.TrimSpace(text)
	p.story.Articles = append(p.story.Articles, a)
}

// arrival fills in when articles were seen and checks that they are in that order.
func (p *parser) arrival() {
	byKey := map[Key]*Article{}
	var last time.Time
	for i := range p.story.Articles {
		a := &p.story.Articles[i]
		line := p.linesOf[a.Key()]
		prev := byKey[Key{a.ID, a.Edition - 1}]
		switch byKey[a.Key()] = a; {
		case a.Published.IsZero():
			continue // it was told already
		case a.Edition > 1 && prev == nil:
			p.bad(line, "article %s stands before edition %d of it: put editions in the order in which they were polled", a.Key().Short(), a.Edition-1)
		case a.Edition > 1 && a.FirstSeen.IsZero():
			p.bad(line, "article %s has no header %q: of a later edition it says when the new text was polled", a.Key().Short(), "seen")
		case a.Edition > 1 && (a.Outlet != prev.Outlet || !a.Published.Equal(prev.Published)):
			p.bad(line, "article %s has another outlet or time of publication than edition %d of it: an edition changes neither", a.Key().Short(), a.Edition-1)
		}
		if said := !a.FirstSeen.IsZero(); !said {
			a.FirstSeen = a.Published.Add(pollDelay)
			if a.FirstSeen.Before(last) && !a.Published.Add(pollMost).Before(last) {
				a.FirstSeen = last
			}
		}
		if a.FirstSeen.Before(a.Published) {
			p.bad(line, "article %s was seen at %s, before it was published", a.Key().Short(), a.FirstSeen.Format(timeForms[0]))
		}
		if a.FirstSeen.Before(last) {
			p.bad(line, "article %s was seen at %s, before the one above it (%s): sections are in order of arrival; move it, or say with %q when it was polled", a.Key().Short(), a.FirstSeen.Format(timeForms[0]), last.Format(timeForms[0]), "seen:")
		}
		last = a.FirstSeen
	}
}

// lines yields the lines of a section that are not empty.
func (s part) lines(yield func(line int, text string) bool) {
	for i, l := range strings.Split(s.text, "\n") {
		if l = strings.TrimSpace(l); l != "" && !yield(s.line+i, l) {
			return
		}
	}
}

var labelForm = regexp.MustCompile(`^[A-Z][A-Z0-9]?$`)

func (p *parser) tellings(s part) {
	for line, l := range s.lines {
		name, list, _ := strings.Cut(l, " ")
		key, ok := p.key(name)
		if _, there := p.linesOf[key]; !ok || !there {
			p.bad(line, "%q is no article of this story", name)
			continue
		}
		if _, twice := p.story.Truth[key]; twice {
			p.bad(line, "article %s is listed twice: write all that it tells of on one line", name)
			continue
		}
		told := []Telling{}
		if strings.TrimSpace(list) != "none" {
			for item := range strings.SplitSeq(list, ",") {
				if t, ok := p.telling(line, name, strings.TrimSpace(item)); ok {
					told = append(told, t)
				}
			}
		}
		for i, t := range told {
			if slices.ContainsFunc(told[:i], func(u Telling) bool { return u.Label == t.Label }) {
				p.bad(line, "article %s tells of %s twice: keep the one relation that says most", name, t.Label)
			}
		}
		p.story.Truth[key] = told
	}
	for i := range p.story.Articles {
		if k := p.story.Articles[i].Key(); p.story.Truth[k] == nil {
			p.bad(p.linesOf[k], "article %s is not listed in section %q: say what it tells of, or none", k.Short(), s.name)
		}
	}
}

func (p *parser) telling(line int, article, item string) (t Telling, ok bool) {
	words := strings.Fields(item)
	if len(words) != 2 {
		p.bad(line, "article %s: %q is not a label and a relation: write %q, or %q alone", article, item, "A report", "none")
		return t, false
	}
	t.Label, t.Optional = strings.CutPrefix(words[0], "?")
	t.Relation = Relation(words[1])
	if !labelForm.MatchString(t.Label) {
		p.bad(line, "article %s: label %q is not A, B, C …", article, t.Label)
	}
	if !slices.Contains(Relations, t.Relation) {
		p.bad(line, "article %s: unknown relation %q: write one of %v", article, t.Relation, Relations)
	}
	return t, true
}

func (p *parser) changes(s part) {
	place := map[Key]int{}
	for i := range p.story.Articles {
		place[p.story.Articles[i].Key()] = i
	}
	isNew := map[string]bool{} // labels that may be known from here on
	required := map[string]bool{}
	last := -1
	for line, l := range s.lines {
		c, ok := p.change(line, l)
		if !ok {
			continue
		}
		at, there := place[c.Article]
		told := slices.IndexFunc(p.story.Truth[c.Article], func(t Telling) bool { return t.Label == c.Label })
		switch {
		case !there:
			p.bad(line, "change by %s: no such article in this story", c.Article.Short())
			continue
		case told < 0:
			p.bad(line, "change of %s by %s: that article does not tell of %s, by section %q; mend one of them", c.Label, c.Article.Short(), c.Label, tellingsSection)
			continue
		case at < last:
			p.bad(line, "change by %s stands after one by %s, which arrived later: put changes in order of arrival", c.Article.Short(), p.story.Articles[last].Key().Short())
		}
		last = max(last, at)
		relation := p.story.Truth[c.Article][told].Relation
		if relation == Background && !c.Optional {
			p.bad(line, "change of %s by %s: that article has %s as background, which changes nothing", c.Label, c.Article.Short(), c.Label)
		}
		switch {
		case c.Status != New && !isNew[c.Label]:
			p.bad(line, "%s of %s stands before any new of it", c.Status, c.Label)
		case c.Status == New && !c.Optional && required[c.Label]:
			p.bad(line, "%s is new a second time", c.Label)
		case c.Status == New:
			required[c.Label] = required[c.Label] || !c.Optional
		}
		isNew[c.Label] = true
		if slices.ContainsFunc(p.story.Changes, func(d Change) bool { return d.Article == c.Article && d.Label == c.Label && d.Status == c.Status }) {
			p.bad(line, "this change is there twice")
		}
		p.story.Changes = append(p.story.Changes, c)
	}
	for i := range p.story.Articles {
		key := p.story.Articles[i].Key()
		for _, t := range p.story.Truth[key] {
			if t.Relation == Report && !t.Optional && !isNew[t.Label] {
				p.bad(p.linesOf[key], "article %s reports %s, which no change says is new: add %q to section %q", key.Short(), t.Label, key.Short()+" "+t.Label+" new", changesSection)
				isNew[t.Label] = true // once is enough
			}
		}
	}
}

func (p *parser) change(line int, l string) (c Change, ok bool) {
	l, c.Optional = strings.CutPrefix(l, "?")
	words := strings.Fields(l)
	if len(words) < 3 {
		p.bad(line, "%q is no change: write article, label, status, as in %q", l, "a1 A new killed=4")
		return c, false
	}
	if c.Article, ok = p.key(words[0]); !ok {
		p.bad(line, "%q is no article: they are a1, a2 …, a later edition of one a1.2", words[0])
		return c, false
	}
	c.Label, c.Status = words[1], Status(words[2])
	if !slices.Contains(Statuses, c.Status) {
		p.bad(line, "unknown status %q: write one of %v", c.Status, Statuses)
		return c, false
	}
	for _, w := range words[3:] {
		number, isKilled := strings.CutPrefix(w, "killed=")
		r, ok := parseRange(number)
		if !isKilled || !ok || c.Killed != nil {
			p.bad(line, "%q is not what may follow a status: write one of killed=9, killed=9+, killed=9-12", w)
			continue
		}
		c.Killed = &r
	}
	return c, true
}

// parseRange reads "9", "9+" and "9-12".
func parseRange(s string) (r Range, ok bool) {
	low, high, isRange := strings.Cut(s, "-")
	low, open := strings.CutSuffix(low, "+")
	n, err := strconv.Atoi(low)
	if err != nil || n < 0 || isRange && open {
		return r, false
	}
	r.Min = &n
	if open {
		return r, true
	}
	m := n
	if isRange {
		if m, err = strconv.Atoi(high); err != nil || m <= n {
			return r, false
		}
	}
	r.Max = &m
	return r, true
}
