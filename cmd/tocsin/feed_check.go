package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tocsin/ingest"
	"tocsin/internal/bus"
)

type feedCheckCmd struct {
	configFlags
	Feed   string `arg:"" help:"Address of a feed, or id of one that is polled."`
	Header bool   `help:"Print all that was sent and received, not only what matters to the poller."`
	Full   bool   `help:"Print the text of the items."`
}

// Help implements kong's HelpProvider.
func (feedCheckCmd) Help() string {
	return `Examples:
  tocsin feed check https://example.org/feed.xml
  tocsin feed check example-org --header
  tocsin feed check example.org/feed.xml --full

Asks twice: the second time for what has changed since the first, to see whether the server can say "nothing". Nothing is stored or published. Exit code 0 for a good feed; 1 for none, or a damaged one.`
}

// Run implements the command.
func (c feedCheckCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	k := feedChecker{cfg: cfg.Ingest, out: std.out, now: time.Now(), header: c.Header, full: c.Full}
	if strings.ContainsAny(c.Feed, ".:/") { // an id has none of these
		k.feed, err = cfg.Ingest.Checked(ingest.Feed{URL: address(c.Feed)})
		if err != nil {
			return usageError{fmt.Errorf("feed check: %w", err)}
		}
		k.at = k.feed.URL
	} else if err := c.find(ctx, std, cfg, &k); err != nil {
		return err
	}
	return k.run(ctx)
}

// address is what somebody means who writes an address without a scheme.
func address(s string) string {
	if s = strings.TrimSpace(s); !strings.Contains(s, "://") {
		return "https://" + s
	}
	return s
}

// find looks up the feed of an id and where the poller asks for it, and tells
// what is known of it.
func (c feedCheckCmd) find(ctx context.Context, std streams, cfg config, k *feedChecker) error {
	b, _, _, err := c.openList(ctx, std, false)
	if errors.Is(err, bus.ErrUnreachable) {
		feeds, ferr := cfg.Ingest.FeedList()
		i := slices.IndexFunc(feeds, func(f ingest.Feed) bool { return f.ID == c.Feed })
		if i < 0 {
			return errors.Join(fmt.Errorf("no feed of the configuration has the id %q, and %w", c.Feed, err), ferr)
		}
		k.feed, k.at = feeds[i], feeds[i].URL
		return nil
	}
	if err != nil {
		return err
	}
	defer b.Close()
	all, err := ingest.Statuses(ctx, b, cfg.Ingest)
	if err != nil {
		return err
	}
	s, err := c.feedOf(c.Feed, all)
	if err != nil {
		return err
	}
	k.feed, k.at = s.Feed, cmp.Or(s.State.Location, s.URL)
	state := s.WordAt(k.now) + "; no good poll yet"
	if !s.State.Success.IsZero() {
		state = fmt.Sprintf("%s; last good poll %s, %s", s.WordAt(k.now), ago(s.State.Success, k.now), counted(s.State.Items, "item"))
	}
	if !s.Paused {
		state += "; next " + dueWord(&s, k.now)
	}
	k.say("state", "%s", state)
	if note := feedNote(&s, k.now); note != "" {
		k.say("", "%s", note)
	}
	_, err = fmt.Fprintln(k.out)
	return err
}

// feedChecker asks for one feed and tells all of it.
type feedChecker struct {
	cfg          ingest.Config
	feed         ingest.Feed
	at           string // where the poller asks for it
	out          io.Writer
	now          time.Time
	header, full bool
	hops         []ingest.Hop
}

// say prints a line of the report.
func (k *feedChecker) say(what, format string, args ...any) {
	fmt.Fprintf(k.out, "%-11s  %s\n", what, plain(fmt.Sprintf(format, args...)))
}

func (k *feedChecker) run(ctx context.Context) error {
	f := k.cfg.NewFetcher()
	defer f.Close()
	resp, err := f.Fetch(ctx, ingest.Request{URL: k.at, Trace: k.hop})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if len(k.hops) == 0 {
		fmt.Fprintf(k.out, "GET %s\n  no answer\n", plain(k.at))
	}
	fmt.Fprintln(k.out)
	if err != nil {
		if len(k.hops) > 1 {
			k.say("redirect", "to no feed: never followed for good")
		}
		w := k.cfg.Retry(k.feed, k.at, err)
		k.say("polled", "again in %s, if this were a poll", between(w))
		return fmt.Errorf("no feed: %w", err)
	}
	last := k.hops[len(k.hops)-1].Header
	k.redirects(resp)
	k.say("body", "%d bytes, %d on the wire (%s), %s", len(resp.Body), resp.WireBytes, cmp.Or(last.Get("Content-Encoding"), "not compressed"), cmp.Or(resp.ContentType, "no Content-Type"))
	parsed, err := k.cfg.Read(k.feed, resp, k.now)
	if err != nil {
		for _, d := range pageFeeds(err, resp) {
			k.say("names", "%s", discovered(d))
		}
		return fmt.Errorf("no feed: %s: %w", plain(resp.FinalURL), err)
	}
	k.say("title", "%s", cmp.Or(clipLine(parsed.Title, 200), "none"))
	if lang := cmp.Or(k.feed.Language, parsed.Language); lang != "" {
		k.say("language", "%s", lang)
	}
	k.pace(resp, parsed)
	k.hub(resp, parsed)
	k.validators(ctx, f, resp, parsed, last)
	s := itemsWord(parsed.Articles)
	if parsed.Duplicates > 0 {
		s += fmt.Sprintf("; %d more repeat others", parsed.Duplicates)
	}
	if parsed.Skipped > 0 {
		s += fmt.Sprintf("; %d more cannot be read", parsed.Skipped)
	}
	k.say("items", "%s", s)
	for _, p := range parsed.Problems {
		k.say("problem", "%s", p)
	}
	k.list(parsed.Articles)
	if parsed.Partial {
		return fmt.Errorf("%s is damaged: the poller reads what is whole, and the rest when it comes; see the problems above", plain(resp.FinalURL))
	}
	_, err = fmt.Fprintf(k.out, "\na good feed: %s\n", plain(resp.FinalURL))
	return err
}

// matters are the headers that the poller heeds.
var matters = []string{"Location", "Content-Type", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control", "Age", "Expires", "Retry-After", "Link"}

func (k *feedChecker) hop(h ingest.Hop) {
	k.hops = append(k.hops, h)
	fmt.Fprintf(k.out, "GET %s\n", plain(h.URL))
	in, names := "  ", matters
	if k.header {
		k.headers("  > ", h.Sent, slices.Sorted(maps.Keys(h.Sent)))
		in, names = "  < ", slices.Sorted(maps.Keys(h.Header))
	}
	fmt.Fprintf(k.out, "%s%s (%s)\n", in, strings.TrimSpace(fmt.Sprint(h.Status, " ", http.StatusText(h.Status))), plain(h.Protocol))
	k.headers(in, h.Header, names)
}

func (k *feedChecker) headers(in string, h http.Header, names []string) {
	for _, name := range names {
		for _, v := range h.Values(name) {
			fmt.Fprintf(k.out, "%s%s: %s\n", in, strings.Replace(plain(name), "Etag", "ETag", 1), clipLine(plain(v), 1000))
		}
	}
}

// redirects says what the poller makes of them.
func (k *feedChecker) redirects(resp *ingest.Response) {
	switch {
	case len(k.hops) == 1 || resp.FinalURL == k.at:
	case resp.PermanentURL != "":
		k.say("redirect", "permanent, to %s: the poller asks there at once when it has led there in %d polls or for %s", resp.PermanentURL, ingest.ProvenPolls, exact(ingest.ProvenAfter))
	default:
		k.say("redirect", "temporary, to %s: the poller goes on asking at %s", resp.FinalURL, k.at)
	}
}

// between are the ends of a wait.
func between(w ingest.Wait) string {
	if w.Soonest == w.Latest {
		return exact(w.Latest)
	}
	return exact(w.Soonest) + " to " + exact(w.Latest)
}

// pace says how often the feed would be polled, and why.
func (k *feedChecker) pace(resp *ingest.Response, p *ingest.Parsed) {
	w := k.cfg.Wait(k.feed, resp.MaxAge, p.TTL)
	s := "every " + between(w)
	if k.feed.Every != 0 {
		s += ": its own every is " + exact(k.feed.Every)
	} else {
		s += ": ingest.every is " + exact(k.cfg.Every)
	}
	asked, who := resp.MaxAge, "the server"
	if p.TTL > asked {
		asked, who = p.TTL, "the feed"
	}
	if asked > 0 {
		s += fmt.Sprintf(", %s asks for %s", who, exact(asked))
	}
	if asked > w.Latest {
		s += ", which is more than is heeded"
	}
	if w.Quiet > w.Latest {
		s += fmt.Sprintf("; up to %s while nothing new comes", exact(w.Quiet))
	}
	k.say("polled", "%s", s)
	if len(p.SkipHours) > 0 {
		k.say("", "not in the hours %s GMT (skipHours)", strings.Trim(fmt.Sprint(p.SkipHours), "[]"))
	}
	if len(p.SkipDays) > 0 {
		k.say("", "not on %s GMT (skipDays)", strings.Trim(fmt.Sprint(p.SkipDays), "[]"))
	}
}

func (k *feedChecker) hub(resp *ingest.Response, p *ingest.Parsed) {
	switch hub := cmp.Or(resp.Hub, p.Hub); {
	case hub == "":
		k.say("websub", "no hub")
	case k.cfg.WebSub.Callback == "":
		k.say("websub", "%s would tell of changes; only polled, since ingest.websub.callback is not set", hub)
	default:
		k.say("websub", "%s tells of changes, and the poller asks it to", hub)
	}
}

// validators says what would be kept to ask for changes alone, and tries it.
func (k *feedChecker) validators(ctx context.Context, f *ingest.Fetcher, resp *ingest.Response, p *ingest.Parsed, h http.Header) {
	var kept []string
	if resp.ETag != "" {
		kept = append(kept, "ETag "+resp.ETag)
	}
	if resp.LastModified != "" {
		kept = append(kept, "Last-Modified "+resp.LastModified)
	}
	names := strings.Join(kept, ", ")
	switch {
	case p.Partial:
		k.say("validators", "not kept, since the body is damaged: the rest of it would be kept from us")
		return
	case names == "" && h.Get("Etag") != "":
		k.say("validators", "not kept: too long, or with characters that must not be sent back")
		return
	case names == "" && h.Get("Last-Modified") != "":
		k.say("validators", "not kept: changed within the second that Last-Modified names, and may do so again")
		return
	case names == "":
		k.say("validators", "none: the whole body comes with each poll")
		return
	}
	again, err := f.Fetch(ctx, ingest.Request{URL: k.at, ETag: resp.ETag, LastModified: resp.LastModified, ValidFor: resp.FinalURL})
	switch {
	case err != nil:
		k.say("validators", "%s: asked again with them, and failed: %s", names, err)
	case again.NotModified:
		k.say("validators", "%s: they work, asked again with them the server says 304", names)
	case bytes.Equal(again.Body, resp.Body):
		k.say("validators", "%s: they do not work, the server sends the same body again", names)
	default:
		k.say("validators", "%s: the server sends another body, changed meanwhile or different each time", names)
	}
}

func (k *feedChecker) list(articles []ingest.Article) {
	if len(articles) > 0 {
		fmt.Fprintln(k.out)
	}
	const indent = "                  "
	for i := range articles {
		a := &articles[i]
		date := "no date"
		if !a.Published.IsZero() {
			layout := map[string]string{"": minutes, "day": "2006-01-02", "month": "2006-01", "year": "2006"}[a.PublishedPrecision]
			date = a.Published.UTC().Format(layout)
		}
		fmt.Fprintf(k.out, "%-16s  %s\n", date, cmp.Or(clipLine(plain(a.Title), 200), "(no title)"))
		if a.URL != "" {
			fmt.Fprintln(k.out, indent+plain(a.URL))
		}
		if !k.full {
			continue
		}
		for line := range strings.Lines(a.Summary + "\n" + a.Body) {
			if line = strings.TrimSpace(plain(line)); line != "" {
				fmt.Fprintln(k.out, indent+"  "+line)
			}
		}
	}
}

// minutes is how times are shown.
const minutes = "2006-01-02 15:04"

// itemsWord says how many items there are, and how new.
func itemsWord(articles []ingest.Article) string {
	s := counted(len(articles), "item")
	var newest time.Time
	for i := range articles {
		if p := articles[i].Published; p.After(newest) {
			newest = p
		}
	}
	switch {
	case !newest.IsZero():
		s += ", the newest of " + newest.UTC().Format(minutes) + " UTC"
	case len(articles) > 0:
		s += ", none with a date that can be believed"
	}
	return s
}

// pageFeeds are the feeds that an answer names which is a page, not a feed.
func pageFeeds(err error, resp *ingest.Response) []ingest.Discovered {
	var pe *ingest.ParseError
	if !errors.As(err, &pe) || pe.Reason != ingest.ReasonHTML {
		return nil
	}
	return ingest.DiscoverFeeds(resp.Body, resp.FinalURL)
}

func discovered(d ingest.Discovered) string {
	s := plain(d.URL)
	if d.Title != "" {
		s += "  " + plain(d.Title)
	}
	return s
}
