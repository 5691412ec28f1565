package enrich

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// explainWidth is the column at which WriteText breaks lines, quoteWidth what it
// shows of quoted words: their bytes are beside them.
const (
	explainWidth = 100
	quoteWidth   = 28
)

// WriteText writes the explanation for a person: each sentence with what was
// found in it, then what was made of it. Numbers in brackets are figures, in
// the order of the text, and lead from one part to another.
func (e *Explanation) WriteText(w io.Writer, color bool) error {
	p := &explainPrinter{printer{Writer: bufio.NewWriter(w), color: color}, e}
	switch c := e.Clock; {
	case c == nil:
		p.wrap("", "no date of publication: weekdays are no dates")
	case c.Precision != "":
		p.wrap("", "times are measured from "+c.At.Format("Monday 2 January 2006")+", known to the "+c.Precision)
	default:
		p.wrap("", "times are measured from "+c.At.Format("Monday 2 January 2006 15:04 MST"))
	}
	for i := range e.Sentences {
		p.sentence(i)
	}
	for i := range e.Incidents {
		p.incident(i)
	}
	p.relevance()
	return p.Flush()
}

type explainPrinter struct {
	printer
	e *Explanation
}

func (p *explainPrinter) heading(s string) { p.f("\n%s\n", p.paint(bold, clean(s))) }

// wrap writes words after lead, and what does not fit in line under the first.
func (p *explainPrinter) wrap(lead, s string) {
	indent := utf8.RuneCountInString(lead)
	col := indent
	line := lead
	for _, w := range strings.Fields(clean(s)) {
		n := utf8.RuneCountInString(w)
		if col > indent && col+1+n > explainWidth {
			p.f("%s\n", line)
			line, col = strings.Repeat(" ", indent), indent
		}
		if col > indent {
			line += " "
			col++
		}
		// A word longer than a line is cut: addresses, and texts without blanks.
		if room := max(explainWidth-indent, 8); n > room {
			rest := []rune(w)
			for len(rest) > room {
				p.f("%s%s\n", line, string(rest[:room]))
				rest, line = rest[room:], strings.Repeat(" ", indent)
			}
			w, n = string(rest), len(rest)
		}
		line += w
		col += n
	}
	p.f("%s\n", strings.TrimRight(line, " "))
}

// row writes one thing that was read: what it is, its bytes, its words, and
// what they were taken for.
func (p *explainPrinter) row(label string, at Stretch, what string) {
	p.wrap(fmt.Sprintf("  %-8s %9s  %s ", label, strconv.Itoa(at.Start)+":"+strconv.Itoa(at.End), padded("“"+shortened(at.Text, quoteWidth)+"”", quoteWidth+2)), what)
}

// line writes a row that quotes nothing.
func (p *explainPrinter) line(label, what string) { p.wrap(fmt.Sprintf("  %-8s ", label), what) }

func padded(s string, n int) string {
	return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
}

func shortened(s string, n int) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if utf8.RuneCountInString(s) > n {
		return string([]rune(s)[:n-1]) + "…"
	}
	return s
}

// joined puts together what there is to say.
func joined(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}

func ifSo(yes bool, s string) string {
	if yes {
		return s
	}
	return ""
}

// led writes a part with the words that lead to it, nothing where it is empty.
func led(lead, s string) string {
	if s == "" {
		return ""
	}
	return lead + s
}

func inBrackets(lead, s string) string {
	if s == "" {
		return ""
	}
	return lead + "(" + s + ")"
}

func (p *explainPrinter) sentence(i int) {
	s := &p.e.Sentences[i]
	p.heading(fmt.Sprintf("sentence %d  %s, paragraph %d, bytes %d:%d%s", i+1, s.Field, s.Paragraph+1, s.Start, s.End, ifSo(s.Headline, ", capitals as in a headline")))
	p.wrap("  ", "“"+s.Text+"”")
	if s.Dateline != nil {
		p.row("dateline", *s.Dateline, "passed over")
	}
	for k := range s.Words {
		p.word(&s.Words[k])
	}
	for k := range s.Groups {
		p.group(&s.Groups[k])
	}
	for k := range s.Clauses {
		c := &s.Clauses[k]
		var kinds []string
		for _, x := range c.Kinds {
			kinds = append(kinds, "“"+shortened(x.Text, quoteWidth)+"”")
		}
		in := ""
		if c.Incident != nil {
			in = fmt.Sprintf("incident %d", *c.Incident+1)
		}
		p.row("clause", c.Stretch, joined("; ", cmp.Or(c.Scope, "not asked")+led(" by ", c.Rule), led("names ", strings.Join(kinds, ", ")), ifSo(c.Other, "announces another incident"), in))
	}
	for k := range s.Harms {
		h := &s.Harms[k]
		if len(h.Figures) == 0 {
			p.row("harm", h.Stretch, "no figure")
		}
		for _, f := range h.Figures {
			p.row("harm", h.Stretch, p.figure(f))
		}
	}
}

func (p *explainPrinter) word(w *SeenWord) {
	switch {
	case w.Quantity != nil:
		q := w.Quantity
		p.row("number", w.Stretch, joined(", ", value(q.Quantifier, q.Min, q.Max, q.Point), q.Quantifier, ifSo(q.Shape != "count", q.Shape), led("by ", q.Rule), ifSo(q.OCR, "a letter read as a digit")))
		return
	case w.Date != nil:
		d := w.Date
		p.row("date", w.Stretch, joined(", ", fromTo(d.Earliest, d.Latest), d.Precision+" by "+d.Basis, ifSo(d.Old, "old"), ifSo(d.Running, "summed over"), ifSo(d.Reporting, "when somebody spoke")))
		return
	case w.Place != nil:
		l := w.Place
		p.row("place", w.Stretch, joined(", ", l.Kind, ifSo(l.Place != l.Name, l.Place), l.Within, l.Country, ifSo(!l.Known, "by grammar alone"), ifSo(l.Located, "says where")))
	}
	var all []string
	for _, s := range w.Senses {
		if s.Is != "" { // words of grammar are in the JSON form
			all = append(all, s.Class+" "+s.Is+inBrackets(" ", s.How))
		}
	}
	if len(all) > 0 {
		p.row("word", w.Stretch, strings.Join(all, "; "))
	}
}

// fromTo writes from when to when.
func fromTo(from, to *time.Time) string {
	const day = "2 January 2006"
	switch {
	case from == nil || to == nil:
		return "not fixed"
	case from.Format(day) == to.Format(day):
		return from.Format("Monday " + day)
	}
	return from.Format(day) + " to " + to.Format(day)
}

func (p *explainPrinter) group(g *SeenGroup) {
	head := ""
	if g.Head != nil && g.Head.Text != g.Text {
		head = "head “" + shortened(g.Head.Text, quoteWidth) + "”"
	}
	if g.Size == nil {
		p.row("group", g.Stretch, joined(", ", "nobody: "+g.Nobody, head))
		return
	}
	q := g.Size
	p.row("group", g.Stretch, joined(", ", value(q.Quantifier, q.Min, q.Max, q.Point)+" by "+cmp.Or(g.SizeRule, "number"), led("who ", g.Who), head, ifSo(!g.Used, "in no figure")))
}

// figure tells all of a figure in one line.
func (p *explainPrinter) figure(n int) string {
	f := &p.e.Figures[n]
	said := ""
	if f.Source != nil {
		said = joined(" ", "says", f.Source.Text, inBrackets("", f.Source.Kind))
	}
	part := ""
	if f.PartOf != nil {
		part = fmt.Sprintf("of [%d]", *f.PartOf+1)
	}
	quote := ""
	if len(f.Evidence) > 0 {
		v := f.Evidence[0]
		quote = fmt.Sprintf("quotes %d:%d “%s”", v.Start, v.End, shortened(v.Text, 2*quoteWidth))
	}
	return fmt.Sprintf("[%d] ", n+1) + joined("; ", string(f.Measure)+" "+value(f.Quantifier, f.Min, f.Max, f.Point), f.Quantifier, led("who ", f.Who), f.Grade,
		f.Scope, joined(" ", f.Relation, part), ifSo(f.Hypothetical, "has not happened"), ifSo(f.Soft, "hurt only where no death is told"), ifSo(f.Weak, "any number beats it"),
		ifSo(f.Excludes != "", "attackers not counted"), led("was ", digits(f.Previous)), f.Certainty, said, "by "+f.Rule, quote)
}

func digits(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func (p *explainPrinter) incident(i int) {
	x := &p.e.Incidents[i]
	p.heading(fmt.Sprintf("incident %d  %s %s", i+1, x.Role, strings.ReplaceAll(x.Type, "_", " ")) + inBrackets(" ", x.Subtype))
	if x.Report == nil {
		p.line("report", "none: it says too little, or there are too many")
	}
	p.line("role", string(x.Role)+" by "+strings.Join(x.RoleRules, ", "))
	p.line("told in", "sentence "+numbers(x.Sentences))
	p.line("type", x.Type+led("/", x.Subtype)+" by "+x.TypeRule)
	for k := range x.Votes {
		v := &x.Votes[k]
		p.row("  vote", v.Stretch, fmt.Sprintf("%s %+d, %s", v.Type, v.Weight, v.Field))
	}
	var scores []string
	for _, s := range x.Scores {
		scores = append(scores, fmt.Sprintf("%s %d", s.Type, s.Weight))
	}
	if len(scores) > 0 {
		p.line("  in all", strings.Join(scores, ", "))
	}
	p.line("outcome", x.Outcome)
	if x.Report != nil {
		p.report(&p.e.Reports[*x.Report])
	}
	for k := range x.Totals {
		t := &x.Totals[k]
		if t.Total == nil {
			p.line("total", "no total of "+string(t.Measure))
		} else {
			v := t.Total
			p.line("total", fmt.Sprintf("%s %s by %s%s", t.Measure, value(v.Quantifier, v.Min, v.Max, v.Point), v.Rule, ifSo(v.ExcludesPerpetrators != nil && *v.ExcludesPerpetrators, ", attackers not counted")))
		}
		for _, c := range t.Rivals {
			f := &p.e.Figures[c.Figure]
			p.wrap(fmt.Sprintf("           %-8s %5s ", c.Part, fmt.Sprintf("[%d]", c.Figure+1)), joined(", ", value(f.Quantifier, f.Min, f.Max, f.Point), c.Why))
		}
	}
}

// numbers writes numbers that count from 0 as a person counts.
func numbers(ns []int) string {
	var out []string
	for _, n := range ns {
		out = append(out, strconv.Itoa(n+1))
	}
	return strings.Join(out, ", ")
}

// report writes the place, time and parties of an incident.
func (p *explainPrinter) report(r *Report) {
	quote := func(label string, evidence []Span, what string) {
		if len(evidence) == 0 {
			p.line(label, what)
			return
		}
		v := evidence[0]
		p.row(label, Stretch{v.Field, v.Start, v.End, v.Text}, what+", "+v.Field)
	}
	if l := r.Place; l != nil {
		quote("where", l.Evidence, joined(", ", strings.Join(l.Names(), ", "), l.Country, l.Point(), l.Precision+led(" by ", l.Basis), led("site ", l.SiteKind)))
	}
	if o := r.Occurred; o != nil {
		quote("when", o.Evidence, joined(", ", o.String(), o.Zone, o.Precision+" by "+o.Basis, o.Refused))
	}
	for _, a := range r.Actors {
		quote("who", a.Evidence, joined(", ", a.Name, a.Role, a.Kind))
	}
}

func (p *explainPrinter) relevance() {
	v := &p.e.Relevance
	said := map[string]string{"news": "tells of incidents that are news", "older": "tells of older incidents only", "none": "tells of no incident: nothing after the clauses was read"}
	p.heading("relevance  " + map[bool]string{true: "relevant", false: "not relevant"}[v.Relevant])
	p.line("decision", fmt.Sprintf("%s, by %s, confidence %.3f", cmp.Or(said[v.Decision], v.Decision), v.Rule, v.Confidence))
	for n, f := range v.Features {
		if n == maxFeatures {
			p.line("", fmt.Sprintf("and %d that weigh less", len(v.Features)-n))
			break
		}
		var by []string
		for _, w := range f.Words {
			by = append(by, "“"+shortened(w.Text, quoteWidth)+"”")
		}
		p.wrap(fmt.Sprintf("  %-32s %+6.2f  ", shortened(f.Name, 32), f.By), strings.Join(by, ", "))
	}
}

// maxFeatures is how many features the text form shows.
const maxFeatures = 24
