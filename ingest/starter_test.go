package ingest

import (
	"bytes"
	"encoding/xml"
	"net/url"
	"os"
	"strings"
	"testing"

	"tocsin/internal/bus"
)

const starter = "../deploy/feeds.opml"

// What an operator imports first must load whole, poll no feed twice and carry
// no address that somebody else is counted by.
func TestStarterFeeds(t *testing.T) {
	file, err := os.ReadFile(starter)
	if err != nil {
		t.Fatal(err)
	}
	outlines, err := ReadOPML(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if len(outlines) < 150 {
		t.Errorf("%d feeds, want 150 or more", len(outlines))
	}
	seen := map[string]string{}
	for _, o := range outlines {
		if o.Title == "" || o.Language == "" {
			t.Errorf("%s: title %q, language %q, want both", o.URL, o.Title, o.Language)
		}
		u, err := url.Parse(o.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			t.Errorf("%s: not an http or https address: %v", o.URL, err)
			continue
		}
		if u.User != nil || u.Fragment != "" {
			t.Errorf("%s: has credentials or a fragment", o.URL)
		}
		for name, values := range u.Query() {
			if trackers.has(name) || channelParams.has(name) && feedWords.has(strings.Join(values, "")) {
				t.Errorf("%s: parameter %q tracks", o.URL, name)
			}
		}
		key := strings.TrimPrefix(strings.ToLower(u.Host), "www.") + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
		if other := seen[key]; other != "" {
			t.Errorf("%s is also there as %s", o.URL, other)
		}
		seen[key] = o.URL
	}
}

// Two feeds of one id are an error of FeedList.
func TestStarterFeedIDs(t *testing.T) {
	c := DefaultConfig()
	c.OPML = []string{starter}
	feeds, err := c.FeedList()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range feeds {
		u, err := url.Parse(f.URL)
		if err != nil {
			t.Fatal(err)
		}
		if host := bus.Token(strings.TrimPrefix(u.Hostname(), "www.")); f.ID == bus.Unknown || !strings.HasPrefix(f.ID, host) {
			t.Errorf("%s: id %q, want one that begins with its host, %s", f.URL, f.ID, host)
		}
	}
}

// ReadOPML passes over folders and over attributes that are for the reader of
// the file: they are looked at as XML.
func TestStarterAttributes(t *testing.T) {
	type outline struct {
		Text          string    `xml:"text,attr"`
		Type          string    `xml:"type,attr"`
		Title         string    `xml:"title,attr"`
		URL           string    `xml:"xmlUrl,attr"`
		Country       *string   `xml:"country,attr"`
		OutletCountry string    `xml:"outletCountry,attr"`
		Category      string    `xml:"category,attr"`
		Outlines      []outline `xml:"outline"`
	}
	var doc struct {
		XMLName xml.Name  `xml:"opml"`
		Version string    `xml:"version,attr"`
		Regions []outline `xml:"body>outline"`
	}
	file, err := os.ReadFile(starter)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(file, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Version != "2.0" {
		t.Errorf("OPML version %q, want 2.0", doc.Version)
	}
	if len(doc.Regions) < 12 {
		t.Errorf("%d regions, want 12 or more", len(doc.Regions))
	}
	regions, n := map[string]bool{}, 0
	for _, r := range doc.Regions {
		if r.Text == "" || r.URL != "" || len(r.Outlines) == 0 || regions[r.Text] {
			t.Errorf("region %q: want a name of its own, no address, and feeds", r.Text)
		}
		regions[r.Text] = true
		for _, f := range r.Outlines {
			n++
			if f.Type != "rss" || f.URL == "" || len(f.Outlines) > 0 {
				t.Errorf("%s, %q: not a feed", r.Text, f.Text)
			}
			if !strings.HasPrefix(f.Text, f.Title+" – ") {
				t.Errorf("%s: text %q, want the outlet %q and the section", f.URL, f.Text, f.Title)
			}
			if !isCountry(f.OutletCountry) {
				t.Errorf("%s: outletCountry %q, want two capitals", f.URL, f.OutletCountry)
			}
			if f.Country != nil && !isCountry(*f.Country) {
				t.Errorf("%s: country %q, want two capitals or none", f.URL, *f.Country)
			}
			if f.Category != "/unverified" {
				t.Errorf("%s: category %q, want /unverified", f.URL, f.Category)
			}
		}
	}
	outlines, err := ReadOPML(bytes.NewReader(file))
	if err != nil || len(outlines) != n {
		t.Errorf("ReadOPML gives %d feeds, the file has %d: %v", len(outlines), n, err)
	}
}
