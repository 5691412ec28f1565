package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"tocsin/enrich"
	"tocsin/ingest"
)

type tagCmd struct {
	Source    string `arg:"" optional:"" default:"-" help:"File, http(s) URL, or - for standard input."`
	Title     string `placeholder:"TEXT" help:"The article's headline, where the text does not begin with it."`
	Published string `placeholder:"DATE" help:"When it was published, such as 2026-03-09: weekdays in it are told from that."`
	Country   string `placeholder:"XX" help:"Country that its feed reports on (ISO 3166-1): believed where the text names no place."`
	JSONL     bool   `name:"jsonl" help:"Read articles as JSON lines {id,title,text,published}; write one line each with its reports."`
	Explain   bool   `help:"Show step by step how the article was read, and the rules that decided."`
	JSON      bool   `name:"json" help:"With --explain: as one JSON document."`
	Color     string `enum:"auto,always,never" default:"auto" help:"Colour figures in the text: auto, always, never."`
}

// Help implements kong's HelpProvider.
func (tagCmd) Help() string {
	return `Examples:
  tocsin tag article.txt
  tocsin tag --published 2026-03-09 https://example.org/news/1234
  pbpaste | tocsin tag
  tocsin tag --explain article.txt | less
  tocsin tag --explain --json article.txt > explanation.json
  tocsin tag --jsonl < articles.jsonl > readings.jsonl

Shows the text with its figures marked, and the reading under it. Needs no server.`
}

// maxArticle bounds what is read of one article; more is no article.
const maxArticle = 16 << 20

// Run implements the command.
func (c tagCmd) Run(ctx context.Context, std streams) error {
	switch {
	case c.JSON && !c.Explain:
		return usageError{errors.New("--json is a form of --explain: write both, or --jsonl for many articles")}
	case c.JSONL && c.Explain:
		return usageError{errors.New("--explain takes one article: leave --jsonl out")}
	}
	t := enrich.NewTagger()
	if c.JSONL {
		in, err := openInput(c.Source, std.in)
		if err != nil {
			return err
		}
		defer in.Close()
		return tagLines(t, in, std)
	}
	a, err := c.article(ctx, std)
	if err != nil {
		return err
	}
	if c.Explain {
		e := t.Explain(a)
		if c.JSON {
			return e.WriteJSON(std.out)
		}
		return e.WriteText(std.out, c.colored(std.out))
	}
	return enrich.Render(std.out, a, t.Tag(a), c.colored(std.out))
}

func (c tagCmd) colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	return c.Color == "always" || (c.Color == "auto" && ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "")
}

// article makes an article of a file, a page or a text.
func (c tagCmd) article(ctx context.Context, std streams) (*ingest.Article, error) {
	var data []byte
	var err error
	a := &ingest.Article{Schema: ingest.ArticleSchema, Edition: 1, Feed: "tag", Title: c.Title}
	if u, perr := url.Parse(c.Source); perr == nil && (u.Scheme == "http" || u.Scheme == "https") {
		a.URL = c.Source
		data, err = fetchPage(ctx, u)
	} else {
		data, err = readInput(c.Source, std.in, maxArticle)
	}
	if err != nil {
		return nil, err
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // editors of some systems begin a file so
	text := string(data)
	if looksLikeHTML(data) {
		text = ingest.PlainText(text)
	}
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	if text == "" && a.Title == "" {
		return nil, fmt.Errorf("%s has no text to read", c.Source)
	}
	if a.Title == "" {
		a.Title, text = splitTitle(text)
	}
	a.Body = text
	a.Country = strings.ToUpper(c.Country)
	published := c.Published
	if published == "" {
		published = isoDate.FindString(a.Title)
	}
	if published != "" {
		at, ok := ingest.ParseDate(published)
		if !ok && c.Published != "" {
			return nil, usageError{fmt.Errorf("--published %q is no date: write it as 2026-03-09 or 2026-03-09T14:00:00Z", published)}
		}
		a.Published = at
		if ok && len(published) == len(time.DateOnly) {
			a.PublishedPrecision = "day"
		}
	}
	a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
	a.ID = ingest.ArticleID(a.Feed, a.ContentSHA256)
	return a, nil
}

// isoDate finds a date that the first line of a saved article carries.
var isoDate = regexp.MustCompile(`\b(19|20)\d\d-[01]\d-[0-3]\d\b`)

// splitTitle takes a short first line that stands alone for the headline.
func splitTitle(text string) (title, body string) {
	first, rest, ok := strings.Cut(text, "\n")
	first, rest = strings.TrimSpace(first), strings.TrimLeft(rest, "\r\n")
	if !ok || len(first) > 200 || rest == "" {
		return "", text
	}
	return first, rest
}

// fetchPage fetches what the user asked for; only redirects to other private
// addresses are refused.
func fetchPage(ctx context.Context, u *url.URL) ([]byte, error) {
	cfg := ingest.DefaultFetcherConfig()
	cfg.Guard = &ingest.Guard{Allow: []string{u.Hostname()}}
	f := ingest.NewFetcher(cfg)
	defer f.Close()
	resp, err := f.Fetch(ctx, ingest.Request{URL: u.String()})
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

// tagLines reads articles in parallel and answers in the order of the input. A
// line that cannot be read is told on standard error and passed over.
func tagLines(t *enrich.Tagger, in io.Reader, std streams) error {
	type job struct {
		n    int
		line []byte
		out  chan []byte
		err  error
	}
	n := runtime.GOMAXPROCS(0)
	jobs, order := make(chan *job), make(chan *job, 8*n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range jobs {
				a, err := enrich.ReadContract(j.line)
				var out []byte
				if err == nil {
					out, err = enrich.WriteContract(&a, t.Tag(&a))
				}
				j.err = err
				j.out <- out
			}
		})
	}
	var readErr error
	go func() {
		defer close(order)
		defer close(jobs)
		r := bufio.NewReaderSize(in, 1<<20)
		for k := 1; ; k++ {
			line, err := r.ReadBytes('\n')
			if line = bytes.TrimSpace(line); len(line) > 0 {
				j := &job{n: k, line: line, out: make(chan []byte, 1)}
				order <- j
				jobs <- j
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					readErr = err
				}
				return
			}
		}
	}()
	w := bufio.NewWriterSize(std.out, 64<<10)
	bad := 0
	var werr error
	for j := range order {
		out := <-j.out
		switch {
		case j.err != nil:
			bad++
			fmt.Fprintf(std.err, "tocsin: line %d: %v\n", j.n, j.err)
		case werr == nil:
			if _, werr = w.Write(out); werr == nil && len(order) == 0 {
				werr = w.Flush() // who writes one article at a time gets its answer
			}
		}
	}
	wg.Wait()
	if err := errors.Join(readErr, werr, w.Flush()); err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	if bad > 0 {
		return fmt.Errorf("%d lines were not read", bad)
	}
	return nil
}
