package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tocsin/ingest"
)

type feedCmd struct {
	Parse feedParseCmd `cmd:"" help:"Read feed files and print their articles as JSON lines."`
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

// readInput reads a file, or standard input for "-", up to a limit.
func readInput(name string, stdin io.Reader, limit int64) ([]byte, error) {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
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
