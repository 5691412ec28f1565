package enrich

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/ingest"
)

// width is the column at which Render breaks lines.
const width = 80

// The colours of Render.
const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	red   = "\x1b[31m"
	green = "\x1b[32m"
	plain = "\x1b[0m"
)

// Render writes an article for a reader: its text with the figures marked where
// they stand, then one block for each incident, then the numbers that count
// nobody. Without colour a figure is in «quotation marks»; either way a number
// in brackets leads to its line below.
func Render(w io.Writer, a *ingest.Article, reports []Report, color bool) error {
	p := &printer{Writer: bufio.NewWriter(w), color: color}
	p.text(a, reports)
	p.verdict(a, reports)
	n := 0
	for i := range reports {
		p.incident(&reports[i], &n)
	}
	p.asides(a)
	return p.Flush()
}

type printer struct {
	*bufio.Writer
	color bool
}

func (p *printer) f(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *printer) paint(c, s string) string {
	if !p.color || s == "" {
		return s
	}
	return c + s + plain
}

// mark is a stretch of text that a figure was read from.
type mark struct {
	start, end, number int
}

func marks(reports []Report, field string) []mark {
	var out []mark
	n := 0
	for i := range reports {
		for _, f := range reports[i].Figures {
			n++
			for _, e := range f.Evidence {
				if e.Field == field {
					out = append(out, mark{e.Start, e.End, n})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b mark) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.end - a.end
	})
	// Marks never cross: one that begins inside another only adds its number.
	var flat []mark
	for _, m := range out {
		if k := len(flat) - 1; k >= 0 && m.start < flat[k].end {
			m.start, m.end = flat[k].end, flat[k].end
		}
		flat = append(flat, m)
	}
	return flat
}

func (p *printer) text(a *ingest.Article, reports []Report) {
	if t := strings.TrimSpace(a.Title); t != "" {
		p.field(a.Title, marks(reports, "title"), bold)
		p.f("\n")
	}
	if a.Summary != "" && !covered(a.Summary, a.Body) {
		p.field(a.Summary, marks(reports, "summary"), "")
		p.f("\n")
	}
	if a.Body != "" {
		p.field(a.Body, marks(reports, "body"), "")
		p.f("\n")
	}
}

// field wraps one text and marks its figures.
func (p *printer) field(s string, ms []mark, style string) {
	col, inside := 0, false
	open, shut := "«", "»"
	if p.color {
		open, shut = bold+red, plain+style
	}
	start := func(lead bool) {
		if col > 0 && lead {
			p.f(" ")
			col++
		}
	}
	if p.color {
		p.f("%s", style)
	}
	var word strings.Builder
	size := 0
	flush := func() {
		if size == 0 && word.Len() == 0 {
			return
		}
		if col > 0 && col+1+size > width {
			p.f("\n")
			col = 0
		}
		start(true)
		p.f("%s", word.String())
		col += size
		word.Reset()
		size = 0
	}
	put := func(t string, n int) { word.WriteString(t); size += n }
	breaks, next := 0, 0
	for i := 0; i <= len(s); {
		for next < len(ms) && ms[next].end <= i && (ms[next].start < i || ms[next].start == ms[next].end) {
			if inside {
				put(shut, boolInt(!p.color))
				inside = false
			}
			foot := fmt.Sprintf("[%d]", ms[next].number)
			put(p.paint(dim, foot)+p.restyle(style), len(foot))
			next++
		}
		if next < len(ms) && ms[next].start == i && ms[next].end > i {
			put(open, boolInt(!p.color))
			inside = true
		}
		if i == len(s) {
			break
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\n':
			breaks++
			flush()
			if breaks == 2 {
				p.f("\n\n")
				col = 0
			}
		case r == ' ' || r == '\t' || r == '\r' || r == 0xa0:
			flush()
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r >= 0x80 && r < 0xa0:
			put("·", 1) // control bytes of a stranger's text do not reach the terminal
			breaks = 0
		default:
			breaks = 0
			put(s[i:i+n], 1)
		}
		i += n
	}
	flush()
	if p.color {
		p.f("%s", plain)
	}
	p.f("\n")
}

func (p *printer) restyle(style string) string {
	if !p.color {
		return ""
	}
	return style
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *printer) verdict(a *ingest.Article, reports []Report) {
	line := strings.Repeat("─", width)
	p.f("%s\n", p.paint(dim, line))
	switch {
	case languageOf(a).foreign():
		p.f("%s\n", "not read: written in "+LanguageName(languageOf(a).code))
	case len(reports) == 0:
		p.f("%s\n", p.paint(green, "no security incident"))
	case !Relevant(reports):
		p.f("%s\n", p.paint(green, "no security incident that is news; it tells of older ones"))
	default:
		p.f("news, with a confidence of %.2f\n", reports[0].Confidence)
	}
}

func (p *printer) incident(r *Report, n *int) {
	head := strings.ToUpper(string(r.Role)) + "  " + strings.ReplaceAll(r.Type, "_", " ")
	if r.Subtype != "" {
		head += " (" + strings.ReplaceAll(r.Subtype, "_", " ") + ")"
	}
	if r.Outcome != "" && r.Outcome != "carried_out" {
		head += ", " + strings.ReplaceAll(r.Outcome, "_", " ")
	}
	p.f("\n%s\n", p.paint(bold, head))
	if pl := r.Place; pl != nil {
		where := pl.Names()
		if pl.Country != "" {
			where = append(where, pl.Country)
		}
		p.f("  %-6s %s  %s\n", "where", strings.Join(where, ", "), p.paint(dim, joined(", ", strings.TrimSpace(pl.Precision+" "+pl.SiteKind), pl.Point())))
	}
	if o := r.Occurred; o != nil {
		s := ""
		if o.Earliest != nil || o.Text != "" {
			s = joined(", ", o.String(), o.Zone, o.Refused)
		}
		if o.Text != "" {
			s += "  " + p.paint(dim, fmt.Sprintf("“%s”", clean(o.Text)))
		}
		if s != "" {
			p.f("  %-6s %s\n", "when", s)
		}
	}
	for _, a := range r.Actors {
		p.f("  %-6s %s  %s\n", "who", clean(a.Name), p.paint(dim, a.Role))
	}
	for _, f := range r.Figures {
		*n++
		p.figure(&f, *n)
	}
	for _, m := range []Measure{Killed, Injured, Missing, Abducted, Arrested, Displaced, Released, Escaped, Casualties} {
		if t, ok := r.Totals[m]; ok {
			s := value(t.Quantifier, t.Min, t.Max, t.Point)
			if t.ExcludesPerpetrators != nil && *t.ExcludesPerpetrators {
				s += ", attackers not counted"
			}
			p.f("  %-6s %s %s  %s\n", "total", p.paint(bold, string(m)), p.paint(bold, s), p.paint(dim, t.Rule))
		}
	}
	p.f("  %s\n", p.paint(dim, "rules  "+strings.Join(r.Rules, " ")))
}

func (p *printer) figure(f *Figure, n int) {
	var about []string
	if f.Who != "" && f.Who != "any" {
		about = append(about, f.Who)
	}
	if f.Scope != "current" {
		about = append(about, f.Scope)
	}
	if f.Relation != "total" {
		about = append(about, strings.ReplaceAll(f.Relation, "_", " "))
	}
	if f.Excludes != "" {
		about = append(about, "attackers not counted")
	}
	if f.Grade != "" {
		about = append(about, f.Grade)
	}
	if f.Previous != nil {
		about = append(about, fmt.Sprintf("was %d", *f.Previous))
	}
	quote := ""
	if len(f.Evidence) > 0 {
		quote = clean(f.Evidence[0].Text)
	}
	if utf8.RuneCountInString(quote) > 72 {
		quote = string([]rune(quote)[:71]) + "…"
	}
	label := fmt.Sprintf("[%d]", n)
	if f.Certainty != "" && f.Certainty != "reported" {
		about = append(about, f.Certainty)
	}
	if f.Source != nil {
		about = append(about, "says "+clean(f.Source.Text))
	}
	line := fmt.Sprintf("  %-6s %-10s %-12s %s", label, f.Measure, value(f.Quantifier, f.Min, f.Max, f.Point), strings.Join(about, ", "))
	p.f("%s\n", strings.TrimRight(line, " "))
	p.f("         %s  %s\n", "“"+quote+"”", p.paint(dim, f.Rule))
}

// value writes bounds as a reader would.
func value(quantifier string, lo, hi, point *int) string {
	switch {
	case quantifier == "none":
		return "none"
	case quantifier == "unknown" && lo == nil:
		return "not known"
	case quantifier == "approx" && point != nil:
		return fmt.Sprintf("about %d", *point)
	case lo != nil && hi != nil && *lo == *hi:
		return fmt.Sprint(*lo)
	case lo != nil && hi != nil:
		return fmt.Sprintf("%d to %d", *lo, *hi)
	case lo != nil && point != nil && *point < *lo:
		return fmt.Sprintf("more than %d", *point)
	case lo != nil:
		return fmt.Sprintf("%d or more", *lo)
	case hi != nil && point != nil && *point > *hi:
		return fmt.Sprintf("fewer than %d", *point)
	case hi != nil:
		return fmt.Sprintf("up to %d", *hi)
	}
	return "not known"
}

// clean keeps a stranger's control characters from the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r == '\r' {
			return ' '
		}
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == utf8.RuneError {
			return '·'
		}
		return r
	}, s)
}

func (p *printer) asides(a *ingest.Article) {
	list := reader().Asides(a)
	if len(list) == 0 {
		return
	}
	p.f("\n%s\n", p.paint(bold, "not people"))
	for i, x := range list {
		if i == 20 {
			p.f("  … and %d more\n", len(list)-i)
			break
		}
		p.f("  %-40s %s\n", clean(x.Text), p.paint(dim, x.Why))
	}
}
