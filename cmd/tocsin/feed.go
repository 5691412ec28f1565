package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

type feedCmd struct {
	Ls     feedLsCmd     `cmd:"" help:"List the feeds: how each does, when it is polled next, what is wrong."`
	Check  feedCheckCmd  `cmd:"" help:"Ask for one feed as the poller would, and show all of it; nothing is stored."`
	Add    feedAddCmd    `cmd:"" help:"Check a feed and add it; a page that names one will do."`
	Rm     feedRmCmd     `cmd:"" help:"Remove feeds that were added."`
	Pause  feedPauseCmd  `cmd:"" help:"Stop the polling of feeds, also of those of the configuration."`
	Resume feedResumeCmd `cmd:"" help:"Go on polling them."`
	Import feedImportCmd `cmd:"" help:"Add all feeds of an OPML file."`
	Export feedExportCmd `cmd:"" help:"Print all feeds as OPML or YAML."`
	Parse  feedParseCmd  `cmd:"" help:"Read feed files and print their articles as JSON lines."`
}

// Help implements kong's HelpProvider.
func (feedCmd) Help() string {
	return `Feeds are those of the configuration and those added here. A running daemon takes up a change at once, without a restart.

Examples:
  tocsin feed add https://example.org/news
  tocsin feed ls --state failing,gone
  tocsin feed check example-org-news
  tocsin feed import deploy/feeds.opml

They speak to the daemon on ./data, or open its files where none runs; --nats names an external server. Give the --config of the daemon: without it, only the feeds added here are known. Passwords in addresses are never shown.`
}

// openList opens the list of feeds of a running system, or its files. Where no
// daemon has run yet, fresh makes them.
func (f configFlags) openList(ctx context.Context, std streams, fresh bool) (*bus.Bus, *ingest.List, config, error) {
	b, cfg, err := f.attach(ctx, std, true)
	if fresh && errors.Is(err, bus.ErrUnreachable) && cfg.NATS.URL == "" && noStore(cfg.Data) {
		nc := cfg.NATS
		nc.DataDir, nc.Log, nc.Metrics = cfg.Data, quietLog(std.err), prometheus.NewRegistry()
		if b, err = bus.Open(ctx, nc); err == nil {
			fmt.Fprintf(std.err, "tocsin: no daemon has run on %s yet: made it; 'tocsin run' polls what is added\n", cfg.Data)
		}
	}
	if err != nil {
		return nil, nil, cfg, err
	}
	l, err := ingest.OpenList(ctx, b)
	if err != nil {
		b.Close()
		if errors.Is(err, jetstream.ErrBucketNotFound) {
			err = fmt.Errorf("%w: start 'tocsin run' on it once, which makes what is missing", err)
		}
		return nil, nil, cfg, err
	}
	return b, l, cfg, nil
}

// statuses are those of all feeds of a running system, or of its files.
func (f configFlags) statuses(ctx context.Context, std streams) ([]ingest.Status, error) {
	b, _, cfg, err := f.openList(ctx, std, false)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	return ingest.Statuses(ctx, b, cfg.Ingest)
}

// noStore reports whether a directory has never been a daemon's.
func noStore(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "nats"))
	return errors.Is(err, fs.ErrNotExist)
}

// feedOf returns the feed of an id, or an error that says what may have been meant.
func (f configFlags) feedOf(id string, all []ingest.Status) (ingest.Status, error) {
	ids := make([]string, len(all))
	for i := range all {
		if ids[i] = all[i].ID; ids[i] == id {
			return all[i], nil
		}
	}
	s := fmt.Sprintf("no feed has the id %q: ", id)
	if n := nearest(id, ids); n != "" {
		s += fmt.Sprintf("did you mean %q? ", n)
	}
	s += "'tocsin feed ls' lists them"
	if f.Config == "" {
		s += "; where the daemon has a configuration, name it with --config"
	}
	return ingest.Status{}, errors.New(s)
}

// configuredWhere says where the configuration has a feed.
func (f configFlags) configuredWhere(cfg config, feed ingest.Feed) string {
	name := f.Config
	if name == "" {
		name = "the environment"
	}
	for _, c := range cfg.Ingest.Feeds {
		if c, err := cfg.Ingest.Checked(c); err == nil && c.URL == feed.URL {
			return name + ", under ingest.feeds"
		}
	}
	for _, file := range cfg.Ingest.OPML {
		data, err := os.Open(file)
		if err != nil {
			continue
		}
		outlines, _ := ingest.ReadOPML(data) // what it has, whatever else is wrong
		data.Close()
		for _, o := range outlines {
			if c, err := cfg.Ingest.Checked(ingest.Feed{URL: o.URL}); err == nil && c.URL == feed.URL {
				return file + ", which ingest.opml of " + name + " names"
			}
		}
	}
	return "not known here: name it with --config"
}

// plain is a stranger's text as one line that a terminal may show, without the
// passwords of addresses in it.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsPrint(r), r == '\u200c', r == '\u200d': // Persian and emoji need the joiners
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // soft hyphens, and what turns the order of letters
			return -1
		}
		return unicode.ReplacementChar
	}, ingest.Redacted(s))
}

// ago is how long ago a time was.
func ago(t, now time.Time) string { return span(now.Sub(t)) + " ago" }

// span is a time in one unit: 45s, 4m, 3h, 2d.
func span(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// exact is a time without its zeros: 15m, 1h30m, 24h, 30d.
func exact(d time.Duration) string {
	if days := d / (24 * time.Hour); days > 1 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", days)
	}
	s := d.Round(time.Second).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// counted is a number of things: "1 feed", "2 feeds".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

type feedParseCmd struct {
	Files       []string `arg:"" help:"Feed files: RSS, Atom, RDF or JSON Feed; - is standard input."`
	URL         string   `name:"url" default:"http://feed.invalid/" placeholder:"URL" help:"Where the feed is from: the base of relative links."`
	ID          string   `name:"id" default:"feed" placeholder:"ID" help:"Feed id in the articles, and part of their ids."`
	ContentType string   `placeholder:"TYPE" help:"Content-Type that the server sent, for its charset."`
}

// Help implements kong's HelpProvider.
func (feedParseCmd) Help() string {
	return `Examples:
  tocsin feed parse feed.xml --url https://example.org/feed.xml | jq .title
  curl -s https://example.org/feed.xml | tocsin feed parse -

What was damaged is told on standard error; whole items are read all the same.`
}

// Run implements the command.
func (c feedParseCmd) Run(ctx context.Context, std streams) error {
	defer keepBelow(parseMemory)()
	var errs []error
	enc := json.NewEncoder(std.out)
	enc.SetEscapeHTML(false)
	for _, name := range c.Files {
		data, err := readInput(name, std.in, int64(ingest.DefaultConfig().MaxBytes))
		if err != nil {
			errs = append(errs, err)
			continue
		}
		limits := ingest.DefaultLimits()
		limits.Now = time.Now()
		p, err := ingest.Parse(data, c.ContentType, ingest.FeedInfo{ID: c.ID, URL: c.URL}, limits)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, problem := range p.Problems {
			fmt.Fprintf(std.err, "%s: %s\n", name, problem)
		}
		for i := range p.Articles {
			p.Articles[i].Edition = 1
			if err := enc.Encode(&p.Articles[i]); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// openInput opens a file, or standard input for "-".
func openInput(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}

// readInput reads a file, or standard input for "-", up to a limit.
func readInput(name string, stdin io.Reader, limit int64) ([]byte, error) {
	in, err := openInput(name, stdin)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	return data, nil
}

// looksLikeHTML reports whether a text is a page and not prose.
func looksLikeHTML(data []byte) bool {
	head := strings.ToLower(string(bytes.TrimSpace(data[:min(len(data), 1024)])))
	return strings.HasPrefix(head, "<!doctype html") || strings.HasPrefix(head, "<html") || (strings.HasPrefix(head, "<") && strings.Contains(head, "<p"))
}
