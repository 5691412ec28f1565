package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"
)

func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(new(cli), kong.Name("tocsin"), kong.Description(description))
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

// Whoever adds a command or a flag finds it in the manual and in completion.
func TestManualAndCompletionKnowEveryCommand(t *testing.T) {
	app := model(t)
	text := manual(app, time.Unix(0, 0).UTC())
	commands, flags := 0, 0
	_ = kong.Visit(app, func(v kong.Visitable, next kong.Next) error {
		n, ok := v.(*kong.Node)
		if !ok {
			return next(nil)
		}
		offered := complete(app.Node, append(strings.Fields(n.FullPath())[1:], "--"))
		for _, f := range n.Flags {
			flags++
			if f.Name == "help" || f.Hidden {
				continue
			}
			if !n.Hidden && !strings.Contains(text, roff("--"+f.Name)) {
				t.Errorf("the manual lacks %s --%s", n.FullPath(), f.Name)
			}
			if !slices.ContainsFunc(offered, func(s string) bool { return strings.HasPrefix(s+"\t", "--"+f.Name+"\t") }) {
				t.Errorf("completion of %q lacks --%s: %q", n.FullPath()+" --", f.Name, offered)
			}
		}
		if n.Type == kong.CommandNode {
			commands++
			if in := strings.Contains(text, ".SS "+roff(n.FullPath())+"\n"); in == n.Hidden {
				t.Errorf("%s in the manual: %v; hidden: %v", n.FullPath(), in, n.Hidden)
			}
			above := append(strings.Fields(n.Parent.FullPath())[1:], n.Name)
			if in := slices.Contains(complete(app.Node, above), n.Name+"\t"+n.Help); in == n.Hidden {
				t.Errorf("%s in completion: %v; hidden: %v", n.FullPath(), in, n.Hidden)
			}
		}
		return next(nil)
	})
	if commands < 30 || flags < 60 {
		t.Fatalf("%d commands and %d flags were looked at, there are more", commands, flags)
	}
}

func TestComplete(t *testing.T) {
	root := model(t).Node
	for _, tt := range []struct {
		name  string
		words []string
		want  []string
	}{
		{"a command by its beginning", []string{"ver"}, []string{"version\tPrint version and build."}},
		{"one below another", []string{"dead", "re"}, []string{"replay\tSend one again, several, or --all, and forget them."}},
		{"no command behind an argument", []string{"watch", "subject", "fe"}, nil},
		{"words of a flag", []string{"feed", "ls", "--sort", ""}, []string{"id", "due", "state"}},
		{"and behind =, as zsh and fish have it", []string{"feed", "ls", "--sort=d"}, []string{"--sort=due"}},
		{"and as bash has it", []string{"feed", "ls", "--sort", "=", "d"}, []string{"due"}},
		{"the value of a flag is no argument", []string{"tag", "--title", "x", ""}, []string{":files"}},
		{"words of an argument", []string{"completion", "f"}, []string{"fish"}},
		{"files of a flag", []string{"run", "--config", ""}, []string{":files"}},
		{"files of a short flag", []string{"run", "-c", "deploy/"}, []string{":files"}},
		{"files of an argument", []string{"tag", ""}, []string{":files"}},
		{"and of the next of several", []string{"feed", "parse", "a.xml", ""}, []string{":files"}},
		{"no files where ids are asked for", []string{"feed", "rm", ""}, nil},
		{"nothing behind a number", []string{"dead", "show", "3", ""}, nil},
		{"flags of what is meant where nothing is named", []string{"bench", "--ra"}, []string{"--rate\tArticles a second of the latency measurement, every one an incident. Default 200."}},
		{"no flags behind --", []string{"tag", "--", "--ti"}, []string{":files"}},
		{"an unknown command", []string{"nosuch", ""}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, complete(root, tt.words)); d != "" {
				t.Errorf("complete(%q) (-want +got)\n%s", tt.words, d)
			}
		})
	}
}

func TestManualText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"lines are filled", "One two\nthree", ".PP\nOne two\n.br\nthree\n"},
		{"an empty line parts paragraphs", "One.\n\nTwo.", ".PP\nOne.\n.PP\nTwo.\n"},
		{"examples stand as they are", "Examples:\n  a  b\n  c", ".PP\nExamples:\n.PP\n.RS 4\n.nf\na  b\nc\n.fi\n.RE\n"},
		{"a dot is no macro", ".TH x\n  .so /etc/passwd", ".PP\n\\&.TH x\n.PP\n.RS 4\n.nf\n\\&.so /etc/passwd\n.fi\n.RE\n"},
		{"a backslash is no escape, a hyphen can be copied", `\fB --all`, ".PP\n\\efB \\-\\-all\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var p page
			p.text(tt.in)
			if d := cmp.Diff(tt.want, p.String()); d != "" {
				t.Errorf("text(%q) (-want +got)\n%s", tt.in, d)
			}
		})
	}
}
