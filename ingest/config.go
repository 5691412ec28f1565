package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest/websub"
	"tocsin/internal/bus"
	"tocsin/internal/size"
)

// Config says what to poll and how politely. Start from DefaultConfig.
type Config struct {
	Feeds        []Feed        `yaml:"feeds"`         // feeds to poll
	OPML         []string      `yaml:"opml"`          // OPML files whose feeds are polled as well
	Every        time.Duration `yaml:"every"`         // shortest gap between two polls of one feed; each is jittered by a tenth
	QuietEvery   time.Duration `yaml:"quiet_every"`   // longest gap that a feed which seldom brings something new is given; every for none
	MaxEvery     time.Duration `yaml:"max_every"`     // longest gap, whatever a feed asks for or however often it failed
	Timeout      time.Duration `yaml:"timeout"`       // of one poll, redirects and body included
	MaxBytes     size.Bytes    `yaml:"max_bytes"`     // a larger feed, decompressed, is refused
	MaxItems     int           `yaml:"max_items"`     // of one poll; the newest are kept
	MaxText      size.Bytes    `yaml:"max_text"`      // of one article; the rest is cut off
	Workers      int           `yaml:"workers"`       // polls at one time
	PerHost      time.Duration `yaml:"per_host"`      // shortest gap between the starts of two requests to one host
	Remember     time.Duration `yaml:"remember"`      // how long an item that left its feed is still known
	MaxBacklog   int           `yaml:"max_backlog"`   // polling pauses while more articles than this wait to be read
	UserAgent    string        `yaml:"user_agent"`    // name, and a contact that publishers can reach
	AllowPrivate []string      `yaml:"allow_private"` // private or loopback hosts, addresses or networks that feeds may be on
	// AllowDowngrade follows redirects from https to http, where anybody on the way
	// may write the feed.
	AllowDowngrade bool         `yaml:"allow_downgrade"`
	WebSub         WebSubConfig `yaml:"websub"`

	// Name tells pollers of one cluster apart. A poller that comes back by the
	// name that it had takes up its feeds at once; empty makes one up.
	Name    string                `yaml:"-"`
	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// WebSubConfig lets hubs tell of changes, which saves polls and brings news sooner.
// Feeds are polled all the same, hourly: hubs forget.
type WebSubConfig struct {
	Callback string `yaml:"callback"` // address at which hubs reach this daemon's HTTP server, such as https://tocsin.example.org/websub/; empty for no WebSub
}

// Path is where hubs reach the daemon's HTTP server, "" where they do not.
func (c WebSubConfig) Path() string {
	if c.Callback == "" {
		return ""
	}
	_, dir, err := websub.Callback(c.Callback)
	if err != nil {
		return "" // Validate tells
	}
	return dir
}

// Feed is one feed to poll.
type Feed struct {
	URL      string        `yaml:"url" json:"url,omitempty"`
	ID       string        `yaml:"id" json:"id,omitempty"`               // subject token and name in articles; made from the URL where empty
	Outlet   string        `yaml:"outlet" json:"outlet,omitempty"`       // who publishes; the feed's own title where empty
	Language string        `yaml:"language" json:"language,omitempty"`   // BCP 47; the feed's own word where empty
	Country  string        `yaml:"country" json:"country,omitempty"`     // ISO 3166-1 alpha-2, where it reports on one country alone
	Every    time.Duration `yaml:"every" json:"every,omitempty"`         // instead of ingest.every and quiet_every
	FullText bool          `yaml:"full_text" json:"full_text,omitempty"` // read the pages of its items where it carries only their beginnings
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config {
	return Config{
		Every: 10 * time.Minute, QuietEvery: time.Hour, MaxEvery: 24 * time.Hour, Timeout: 30 * time.Second,
		MaxBytes: 16 << 20, MaxItems: 5000, MaxText: 256 << 10,
		Workers: 64, PerHost: time.Second, Remember: 30 * 24 * time.Hour, MaxBacklog: 100_000,
		UserAgent: "Tocsin/1 (+https://tocsin.invalid; set ingest.user_agent to name yourself)",
	}
}

// minEvery keeps a poller from being blocked. A server that the operator named
// in allow_private is his own, and may be polled each second.
const minEvery = time.Minute

// Validate reports every mistake at once, so that one restart fixes them all.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Every < minEvery {
		bad("ingest.every is %v: publishers block faster pollers, use 1m or more", c.Every)
	}
	if c.QuietEvery < c.Every {
		bad("ingest.quiet_every is %v, less than ingest.every %v", c.QuietEvery, c.Every)
	}
	if c.MaxEvery < c.Every {
		bad("ingest.max_every is %v, less than ingest.every %v", c.MaxEvery, c.Every)
	}
	if c.Timeout < time.Second {
		bad("ingest.timeout is %v: use 1s or more, 30s is usual", c.Timeout)
	}
	if c.MaxBytes < 64<<10 {
		bad("ingest.max_bytes is %v: feeds are often larger than 64KiB", c.MaxBytes)
	}
	if c.MaxText < 1<<10 || c.MaxText > 400<<10 {
		bad("ingest.max_text is %v: use 1KiB to 400KiB, an article must fit a message of the bus", c.MaxText)
	}
	if c.MaxItems < 1 || c.MaxItems > maxKnown {
		bad("ingest.max_items is %d: use 1 to %d", c.MaxItems, maxKnown)
	}
	if c.Workers < 1 || c.Workers > 1024 {
		bad("ingest.workers is %d: use 1 to 1024", c.Workers)
	}
	if c.PerHost < 0 {
		bad("ingest.per_host is %v: it cannot be negative", c.PerHost)
	}
	if c.Remember < 24*time.Hour {
		bad("ingest.remember is %v: items do come back after hours, use 24h or more", c.Remember)
	}
	if c.MaxBacklog < 1 {
		bad("ingest.max_backlog is %d: use 1 or more", c.MaxBacklog)
	}
	if strings.TrimSpace(c.UserAgent) == "" || strings.ContainsAny(c.UserAgent, "\r\n") {
		bad("ingest.user_agent is %q: name the poller and a contact on one line", c.UserAgent)
	}
	if c.WebSub.Callback != "" {
		if _, _, err := websub.Callback(c.WebSub.Callback); err != nil {
			bad("ingest.websub: %w", err)
		}
	}
	guard := &Guard{Allow: c.AllowPrivate}
	if err := guard.Validate(); err != nil {
		bad("ingest.allow_private: %w", err)
	}
	if _, err := c.FeedList(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// FeedList is every feed to poll, those of the OPML files included, each with
// its id. A feed that is listed twice is polled once; the first entry counts.
// An error names every entry that cannot be polled; the others are returned
// all the same.
func (c Config) FeedList() ([]Feed, error) {
	var errs []error
	list := slices.Clone(c.Feeds)
	where := make([]string, len(list))
	for i := range list {
		where[i] = fmt.Sprintf("ingest.feeds[%d]", i)
	}
	for _, file := range c.OPML {
		feeds, err := opmlFeeds(file)
		if err != nil {
			errs = append(errs, err)
		}
		for _, f := range feeds {
			list, where = append(list, f), append(where, file)
		}
	}
	byURL, byID := map[string]bool{}, map[string]string{}
	var out []Feed
	for i, f := range list {
		named := f.ID != ""
		f, err := f.checked(c.ownHost)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", where[i], err))
			continue
		}
		if byURL[f.URL] {
			continue
		}
		byURL[f.URL] = true
		if !named && byID[f.ID] != "" { // two long addresses with one head
			f.ID = f.otherID()
		}
		if other := byID[f.ID]; other != "" {
			errs = append(errs, fmt.Errorf("%s: id %q is also that of %s: articles would mix, give one another id", where[i], f.ID, Redacted(other)))
			continue
		}
		byID[f.ID] = f.URL
		out = append(out, f)
	}
	return out, errors.Join(errs...)
}

func (c Config) ownHost(u *url.URL) bool {
	return slices.Contains(c.AllowPrivate, u.Host) || slices.Contains(c.AllowPrivate, u.Hostname())
}

// feedID makes a readable token of an address: "example.org/world/rss.xml"
// becomes "example-org-world".
func feedID(u *url.URL) string {
	host := strings.TrimPrefix(strings.ToLower(u.Host), "www.")
	p := u.Path
	switch base := path.Base(p); strings.ToLower(base) {
	case "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed", "atom", "feed.json", "index.rdf":
		p = strings.TrimSuffix(p, base)
	}
	p = strings.TrimSuffix(p, path.Ext(p))
	return bus.Token(host + "/" + p + "?" + u.RawQuery)
}

func opmlFeeds(file string) ([]Feed, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("ingest.opml: %w", err)
	}
	defer f.Close()
	outlines, err := ReadOPML(f)
	feeds := make([]Feed, len(outlines))
	for i, o := range outlines {
		feeds[i] = o.Feed()
	}
	if err != nil {
		return feeds, fmt.Errorf("ingest.opml: %s: %w", file, err)
	}
	return feeds, nil
}
