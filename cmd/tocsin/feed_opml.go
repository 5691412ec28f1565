package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/goccy/go-yaml"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

type feedImportCmd struct {
	configFlags
	File   string `arg:"" help:"OPML file, as feed readers export it; - is standard input."`
	DryRun bool   `help:"Say what would be added, and add nothing."`
}

// Help implements kong's HelpProvider.
func (feedImportCmd) Help() string {
	return `Examples:
  tocsin feed import deploy/feeds.opml --dry-run
  tocsin feed import deploy/feeds.opml
  curl -s https://example.org/feeds.opml | tocsin feed import -

Feeds are added without asking for them: 'tocsin feed ls' shows how they do once they were polled. Entries that cannot be used are told, with exit code 1; the others are added.`
}

// Run implements the command.
func (c feedImportCmd) Run(ctx context.Context, std streams) error {
	in, err := openInput(c.File, std.in)
	if err != nil {
		return err
	}
	defer in.Close()
	outlines, err := ingest.ReadOPML(in)
	if len(outlines) == 0 {
		if err == nil {
			err = errors.New("opml: it names no feeds")
		}
		return fmt.Errorf("%s: %w", c.File, err)
	}
	problems := 0
	tell := func(err error) {
		problems++
		fmt.Fprintln(std.err, plain(err.Error()))
	}
	for _, err := range parts(err) {
		tell(err)
	}
	b, l, cfg, err := c.openList(ctx, std, !c.DryRun)
	listed := map[string]ingest.Listed{}
	switch {
	case err == nil:
		defer b.Close()
		if listed, err = l.All(ctx); err != nil {
			return err
		}
	case !c.DryRun || !errors.Is(err, bus.ErrUnreachable) || cfg.NATS.URL != "" || !noStore(cfg.Data):
		return err
	}
	feeds := make([]ingest.Feed, len(outlines))
	for i, o := range outlines {
		feeds[i] = o.Feed()
	}
	plan, err := cfg.Ingest.Plan(listed, feeds)
	if err != nil {
		return err
	}
	added, there := 0, 0
	for _, p := range plan {
		switch {
		case p.Err != nil:
			tell(fmt.Errorf("%s: %w", plain(p.URL), p.Err))
			continue
		case p.There.URL != "":
			there++
			continue
		case c.DryRun:
			fmt.Fprintf(std.out, "would add %s  %s\n", p.ID, plain(p.URL))
		default:
			if err := l.Add(ctx, p); err != nil {
				if ctx.Err() != nil {
					return fmt.Errorf("stopped after %d were added: %w", added, err)
				}
				tell(err)
				continue
			}
		}
		added++
	}
	what := "added"
	if c.DryRun {
		what = "to add"
	}
	fmt.Fprintf(std.out, "%d %s, %d already there\n", added, what, there)
	if problems > 0 {
		return fmt.Errorf("%s: %s, told above", c.File, counted(problems, "problem"))
	}
	return nil
}

// parts takes a joined error apart.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		return j.Unwrap()
	}
	return []error{err}
}

type feedExportCmd struct {
	configFlags
	Format    string `default:"opml" enum:"opml,yaml" placeholder:"WORD" help:"opml, for any feed reader, or yaml, for the configuration. Default opml."`
	Passwords bool   `help:"Keep the passwords that are in addresses."`
}

// Help implements kong's HelpProvider.
func (feedExportCmd) Help() string {
	return `Examples:
  tocsin feed export > feeds.opml
  tocsin feed export --format yaml > feeds.yaml
  tocsin feed export | tocsin feed import - --data other

Both have address, outlet, language and country; YAML has ids and all else as well. Paused feeds are among them.`
}

// Run implements the command.
func (c feedExportCmd) Run(ctx context.Context, std streams) error {
	all, err := c.statuses(ctx, std)
	if err != nil {
		return err
	}
	feeds := make([]ingest.Feed, len(all))
	left := 0
	for i := range all {
		feeds[i] = all[i].Feed
		if feeds[i].Outlet == feeds[i].URL {
			feeds[i].Outlet = "" // an OPML file's, for want of a title
		}
		u, err := url.Parse(feeds[i].URL)
		if err != nil || c.Passwords {
			continue
		}
		if _, secret := u.User.Password(); secret {
			u.User = url.User(u.User.Username())
			feeds[i].URL = u.String()
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(std.err, "tocsin: %s left out; --passwords keeps them\n", counted(left, "password"))
	}
	if c.Format == "yaml" {
		return writeYAML(std.out, feeds)
	}
	outlines := make([]ingest.Outline, len(feeds))
	for i, f := range feeds {
		outlines[i] = ingest.Outline{URL: f.URL, Title: f.Outlet, Language: f.Language, Country: f.Country}
	}
	return ingest.WriteOPML(std.out, outlines)
}

// writeYAML writes feeds as a part of a configuration, without what is empty.
func writeYAML(w io.Writer, feeds []ingest.Feed) error {
	type feed struct {
		URL      string `yaml:"url"`
		ID       string `yaml:"id"`
		Outlet   string `yaml:"outlet,omitempty"`
		Language string `yaml:"language,omitempty"`
		Country  string `yaml:"country,omitempty"`
		Every    string `yaml:"every,omitempty"`
		FullText bool   `yaml:"full_text,omitempty"`
	}
	list := make([]feed, len(feeds))
	for i, f := range feeds {
		list[i] = feed{URL: f.URL, ID: f.ID, Outlet: f.Outlet, Language: f.Language, Country: f.Country, FullText: f.FullText}
		if f.Every != 0 {
			list[i].Every = f.Every.String()
		}
	}
	out, err := yaml.MarshalWithOptions(map[string]map[string][]feed{"ingest": {"feeds": list}}, yaml.IndentSequence(true))
	if err != nil {
		return fmt.Errorf("write the feeds as YAML: %w", err)
	}
	_, err = w.Write(out)
	return err
}
