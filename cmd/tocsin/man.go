package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// manCmd prints the manual page, made of the same words as the help.
type manCmd struct{}

// Run implements the command.
func (manCmd) Run(k *kong.Context, std streams) error {
	day, err := buildDay()
	if err != nil {
		return err
	}
	_, err = io.WriteString(std.out, manual(k.Model, day))
	return err
}

// buildDay is that of SOURCE_DATE_EPOCH, so that one source makes one page; today
// without it.
func buildDay() (time.Time, error) {
	epoch := os.Getenv("SOURCE_DATE_EPOCH")
	if epoch == "" {
		return time.Now(), nil
	}
	n, err := strconv.ParseInt(epoch, 10, 64)
	if err != nil {
		return time.Time{}, usageError{fmt.Errorf("SOURCE_DATE_EPOCH is %q: write seconds since 1970", epoch)}
	}
	return time.Unix(n, 0).UTC(), nil
}

// page is a manual page in the language of man(7).
type page struct{ strings.Builder }

// line writes one as it is; the caller has escaped what strangers may have written.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// roff makes text of s: no macro, no escape, and a hyphen that can be copied.
var roff = strings.NewReplacer(`\`, `\e`, `-`, `\-`, "\u2019", `\(cq`).Replace

// literal is a line of text, which must not begin as a macro does.
func literal(s string) string {
	if s = roff(s); strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}

// said is text that the page's reader fills, in lines for whoever reads the source.
func said(s string) string {
	var b strings.Builder
	length := 0
	for _, word := range strings.Fields(s) {
		if n := len(word); length > 0 && length+n < 70 {
			b.WriteString(" " + roff(word))
			length += 1 + n
			continue
		}
		if length > 0 {
			b.WriteString("\n")
		}
		b.WriteString(literal(word))
		length = len(word)
	}
	return b.String()
}

// text writes paragraphs as the help has them: lines that begin with blanks stand as
// they are, and a heading such as "Examples:" stays with them.
func (p *page) text(s string) {
	set, begun := false, false
	as := func(it bool) {
		if it != set {
			set = it
			p.line("%s", map[bool]string{true: ".PP\n.RS 4\n.nf", false: ".fi\n.RE"}[it])
			begun = false
		}
	}
	for _, l := range strings.Split(strings.TrimSpace(s), "\n") {
		switch {
		case strings.HasPrefix(l, "  "):
			as(true)
			p.line("%s", literal(strings.TrimPrefix(l, "  ")))
		case strings.TrimSpace(l) == "":
			as(false)
			begun = false
		default:
			as(false)
			if !begun {
				p.line(".PP")
				begun = true
			} else {
				p.line(".br")
			}
			p.line("%s", said(l))
		}
	}
	as(false)
}

// item is a term and what it means.
func (p *page) item(term, help string) {
	p.line(".TP\n%s\n%s", term, said(help))
}

func manual(app *kong.Application, day time.Time) string {
	var p page
	p.line(".TH %s 1 %s %q", strings.ToUpper(app.Name), day.Format(time.DateOnly), app.Name+" "+version)
	p.line(".SH NAME\n%s \\- turns news feeds into security alerts", app.Name)
	p.line(".SH SYNOPSIS\n.B %s\n.I command\n[\\fIflags\\fR] [\\fIarguments\\fR]", app.Name)
	p.line(".SH DESCRIPTION")
	about, codes, _ := strings.Cut(app.Help, "Exit codes: ")
	what, more, _ := strings.Cut(about, "\n")
	p.line("%s", said(what))
	p.text(more)
	p.line(".SH COMMANDS")
	for _, n := range app.Leaves(true) {
		p.command(n)
	}
	p.line(".SH EXIT STATUS")
	for _, c := range strings.Split(strings.TrimSuffix(codes, "."), ", ") {
		code, what, _ := strings.Cut(c, " ")
		p.item(".B "+code, upper(what)+".")
	}
	p.line(".SH ENVIRONMENT")
	p.item(".B TOCSIN_CONFIG", "The configuration file.")
	p.item(".B TOCSIN_*", "Each key of the configuration, such as TOCSIN_INGEST_EVERY for ingest.every; it wins over the file.")
	p.item(".B GOMEMLIMIT", "Memory that the collector keeps to. Without it, nine tenths of what the control group has.")
	p.item(".B NOTIFY_SOCKET, WATCHDOG_USEC", "Set by a service manager that wants to be told how the daemon does.")
	p.line(".SH FILES")
	p.item(".I /etc/tocsin/tocsin.yaml", "Configuration of the packaged daemon; every key, with its default.")
	p.item(".I /etc/tocsin/feeds.opml", "Its feeds.")
	p.item(".I /var/lib/tocsin", "Its state.")
	p.line(".SH SEE ALSO\n.BR systemctl (1),\n.BR journalctl (1)")
	return p.String()
}

// command writes what there is to say of one that can be run, and of those that
// only hold it together with others, before the first of them.
func (p *page) command(n *kong.Node) {
	if up := n.Parent; up.Type == kong.CommandNode && up.Children[0] == n {
		p.line(".SS %s", roff(up.FullPath()))
		p.line("%s", said(up.Help))
		p.text(up.Detail)
	}
	p.line(".SS %s", roff(n.FullPath()))
	p.line("%s", said(n.Help))
	p.line(".PP\n.B %s\n%s", roff(n.FullPath()), arguments(n))
	p.text(n.Detail)
	for _, v := range n.Positional {
		p.item(".I "+roff(v.Name), v.Help)
	}
	for at := n; at != nil; at = at.Parent {
		for _, f := range at.Flags {
			if !f.Hidden && f.Name != "help" {
				p.item(option(f), f.Help)
			}
		}
	}
}

// arguments shows what follows the command's name.
func arguments(n *kong.Node) string {
	s := `[\fIflags\fR]`
	for _, v := range n.Positional {
		one := `\fI` + roff(v.Name) + `\fR`
		if v.IsCumulative() {
			one += " ..."
		}
		if !v.Required {
			one = "[" + one + "]"
		}
		s += " " + one
	}
	return s
}

func option(f *kong.Flag) string {
	s := `.BR \-\-` + roff(f.Name)
	if f.Short != 0 {
		s = `.BR \-` + string(f.Short) + ` ", " \-\-` + roff(f.Name)
	}
	if !f.IsBool() {
		s += ` =\fI` + roff(cmp.Or(f.PlaceHolder, strings.ToUpper(f.Name))) + `\fR`
	}
	return s
}

func upper(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[n:]
}
