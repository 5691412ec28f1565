package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/ingest"
)

type feedAddCmd struct {
	configFlags
	URL      string        `arg:"" help:"Address of a feed, or of a page that names one."`
	ID       string        `name:"id" placeholder:"ID" help:"Name in subjects and articles, up to 48 of a-z 0-9 _ -. Default made of the address."`
	Outlet   string        `placeholder:"NAME" help:"Who publishes. Default the feed's own title."`
	Language string        `placeholder:"TAG" help:"BCP 47, such as en. Default the feed's own word."`
	Country  string        `placeholder:"CODE" help:"ISO 3166-1 alpha-2, where it reports on one country alone."`
	Every    time.Duration `placeholder:"TIME" help:"Poll it so often, instead of ingest.every."`
	FullText bool          `help:"Read the pages of its items where it carries only their beginnings."`
	NoCheck  bool          `help:"Add it without asking for it."`
}

// Help implements kong's HelpProvider.
func (feedAddCmd) Help() string {
	return `Examples:
  tocsin feed add https://example.org/feed.xml
  tocsin feed add example.org --id example --country KE
  tocsin feed add https://example.org/feed.xml --every 30m --no-check

It is asked for first, as 'tocsin feed check' does, and added only if it is a feed. A page that names one feed gives that one; of several you choose.`
}

// Run implements the command.
func (c feedAddCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	feed := ingest.Feed{URL: address(c.URL), ID: c.ID, Outlet: c.Outlet, Language: c.Language, Country: c.Country, Every: c.Every, FullText: c.FullText}
	if _, err := cfg.Ingest.Checked(feed); err != nil {
		return usageError{fmt.Errorf("feed add: %w", err)}
	}
	b, l, cfg, err := c.openList(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	p, err := c.plan(ctx, l, cfg, feed)
	if err != nil {
		return err
	}
	told := "not asked for yet"
	if !c.NoCheck {
		found, err := c.find(ctx, std, cfg.Ingest, p.Feed)
		if err != nil {
			return err
		}
		// What is polled already may have been named otherwise.
		for _, u := range []string{found.final, found.url} {
			feed.URL = u
			if p, err = c.plan(ctx, l, cfg, feed); err != nil {
				return fmt.Errorf("%s leads there: %w", plain(c.URL), err)
			}
		}
		told = cmp.Or(clipLine(plain(found.Title), 200), "no title") + ", " + itemsWord(found.Articles)
		if found.Partial {
			told += ", damaged: 'tocsin feed check " + p.ID + "' tells more"
		}
	}
	if err := l.Add(ctx, p); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "added %s: %s\n", p.ID, told)
	return nil
}

// plan is what adding a feed would do, or why it cannot be done.
func (c feedAddCmd) plan(ctx context.Context, l *ingest.List, cfg config, feed ingest.Feed) (ingest.Planned, error) {
	listed, err := l.All(ctx)
	if err != nil {
		return ingest.Planned{}, err
	}
	plan, err := cfg.Ingest.Plan(listed, []ingest.Feed{feed})
	if err != nil {
		return ingest.Planned{}, err
	}
	p := plan[0]
	switch there := p.There; {
	case p.Err != nil:
		return p, fmt.Errorf("feed add: %w", p.Err)
	case there.URL == "":
		return p, nil
	case listed[there.ID].URL == there.URL:
		return p, fmt.Errorf("%s is there already, as %s", plain(p.URL), there.ID)
	default:
		return p, fmt.Errorf("%s is in the configuration already, as %s (%s)", plain(p.URL), there.ID, c.configuredWhere(cfg, there))
	}
}

// found is a feed that was asked for.
type found struct {
	*ingest.Parsed
	url, final string // what is to be polled, and where that led
}

// find asks for a feed, and where that is a page that names one, for that one.
func (c feedAddCmd) find(ctx context.Context, std streams, cfg ingest.Config, feed ingest.Feed) (*found, error) {
	f := cfg.NewFetcher()
	defer f.Close()
	for named := false; ; named = true {
		resp, err := f.Fetch(ctx, ingest.Request{URL: feed.URL})
		if err != nil {
			return nil, fmt.Errorf("%w; not added, --no-check adds it all the same", err)
		}
		parsed, err := cfg.Read(feed, resp, time.Now())
		if err == nil {
			if resp.PermanentURL != "" && resp.PermanentURL != feed.URL {
				fmt.Fprintf(std.out, "%s has moved to %s: the poller asks there when that has proven itself\n", plain(feed.URL), plain(resp.PermanentURL))
			}
			return &found{Parsed: parsed, url: feed.URL, final: resp.FinalURL}, nil
		}
		feeds := pageFeeds(err, resp)
		if main := mainFeeds(feeds); len(main) == 1 {
			feeds = main
		}
		if named || len(feeds) == 0 {
			return nil, fmt.Errorf("%s: %w; not added, --no-check adds it all the same", plain(resp.FinalURL), err)
		}
		if len(feeds) > 1 {
			s := fmt.Sprintf("%s is a page that names %d feeds: choose one, and add that", plain(resp.FinalURL), len(feeds))
			for _, d := range feeds {
				s += "\n  " + quoted(d.URL) + "  " + plain(d.Title)
			}
			return nil, usageError{errors.New(s)}
		}
		fmt.Fprintf(std.out, "%s is a page; its feed is %s\n", plain(resp.FinalURL), discovered(feeds[0]))
		feed.URL = feeds[0].URL
	}
}

// mainFeeds leaves out the feeds of comments: most blogs name one beside their own.
func mainFeeds(feeds []ingest.Discovered) []ingest.Discovered {
	return slices.DeleteFunc(slices.Clone(feeds), func(d ingest.Discovered) bool {
		return strings.Contains(strings.ToLower(d.Title+" "+d.URL), "comments")
	})
}

// quoted is an address that a shell takes for nothing else.
func quoted(address string) string {
	return "'" + strings.ReplaceAll(plain(address), "'", "%27") + "'"
}

type feedRmCmd struct {
	configFlags
	IDs []string `arg:"" name:"id" help:"Feeds, as 'tocsin feed ls' names them."`
}

// Help implements kong's HelpProvider.
func (feedRmCmd) Help() string {
	return `Examples:
  tocsin feed rm example-org

What is known of its items stays for a month: if it is added again, nothing is told twice. Feeds of the configuration are removed there; 'tocsin feed pause' stops them meanwhile.`
}

// Run implements the command.
func (c feedRmCmd) Run(ctx context.Context, std streams) error {
	return c.each(ctx, std, c.IDs, func(l *ingest.List, cfg config, f ingest.Status) (string, error) {
		if !f.Listed {
			return "", fmt.Errorf("feed %s is in the configuration (%s): remove it there; 'tocsin feed pause %[1]s' stops it meanwhile", f.ID, c.configuredWhere(cfg, f.Feed))
		}
		return "removed " + f.ID, l.Remove(ctx, f.ID)
	})
}

type feedPauseCmd struct {
	configFlags
	IDs []string `arg:"" name:"id" help:"Feeds, as 'tocsin feed ls' names them."`
}

// Help implements kong's HelpProvider.
func (feedPauseCmd) Help() string {
	return `Examples:
  tocsin feed pause example-org
  tocsin feed ls --state failing --json | jq -r .id | xargs tocsin feed pause

It stays paused over restarts, until 'tocsin feed resume'.`
}

// Run implements the command.
func (c feedPauseCmd) Run(ctx context.Context, std streams) error {
	return c.each(ctx, std, c.IDs, func(l *ingest.List, _ config, f ingest.Status) (string, error) {
		if f.Paused {
			return f.ID + " was paused already", nil
		}
		return "paused " + f.ID, l.Pause(ctx, f.ID, true)
	})
}

type feedResumeCmd struct {
	configFlags
	IDs []string `arg:"" name:"id" help:"Feeds, as 'tocsin feed ls' names them."`
}

// Help implements kong's HelpProvider.
func (feedResumeCmd) Help() string {
	return `Examples:
  tocsin feed resume example-org
  tocsin feed ls --state paused --json | jq -r .id | xargs tocsin feed resume`
}

// Run implements the command.
func (c feedResumeCmd) Run(ctx context.Context, std streams) error {
	return c.each(ctx, std, c.IDs, func(l *ingest.List, _ config, f ingest.Status) (string, error) {
		if !f.Paused {
			return f.ID + " was not paused", nil
		}
		return "resumed " + f.ID, l.Pause(ctx, f.ID, false)
	})
}

// each does something with each feed of a list of ids, whatever becomes of the
// others.
func (f configFlags) each(ctx context.Context, std streams, ids []string, do func(*ingest.List, config, ingest.Status) (string, error)) error {
	b, l, cfg, err := f.openList(ctx, std, false)
	if err != nil {
		return err
	}
	defer b.Close()
	all, err := ingest.Statuses(ctx, b, cfg.Ingest)
	if err != nil {
		return err
	}
	listed, err := l.All(ctx)
	if err != nil {
		return err
	}
	for id, e := range listed {
		if e.URL == "" && !e.Broken && !slices.ContainsFunc(all, func(s ingest.Status) bool { return s.ID == id }) {
			// One of a configuration that is not known here, or no longer has it.
			all = append(all, ingest.Status{Polled: ingest.Polled{Feed: e.Feed, Paused: e.Paused}})
		}
	}
	var errs []error
	for _, id := range ids {
		feed, err := f.feedOf(id, all)
		done := ""
		if err == nil {
			done, err = do(l, cfg, feed)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintln(std.out, done)
	}
	return errors.Join(errs...)
}
