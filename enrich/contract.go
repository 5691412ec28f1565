package enrich

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"tocsin/ingest"
)

// contractIn is one line of `tocsin tag --jsonl`: an article without a feed.
type contractIn struct {
	ID        json.RawMessage `json:"id"`
	Title     string          `json:"title"`
	Summary   string          `json:"summary"`
	Text      string          `json:"text"`
	Lang      string          `json:"lang"`
	Country   string          `json:"country"`
	Published *string         `json:"published"`

	// For correlation.
	Edition   int     `json:"edition"`
	Outlet    string  `json:"outlet"`
	URL       string  `json:"url"`
	FirstSeen *string `json:"first_seen"`
}

// ReadContract reads an article from a line of JSON: {"id", "title", "text",
// "published", "lang", "country"}, all but the id optional. Country is that of its
// feed (ISO 3166-1 alpha-2), believed where the text names no place. Published is an RFC
// 3339 instant, with or without seconds, a date, a month, a year or null; a date in
// another form is treated as unknown, since text can be read without it.
func ReadContract(line []byte) (ingest.Article, error) {
	var in contractIn
	if err := json.Unmarshal(line, &in); err != nil {
		return ingest.Article{}, fmt.Errorf("read article line: %w", err)
	}
	var id string
	switch raw := bytes.TrimSpace(in.ID); {
	case len(raw) == 0 || string(raw) == "null":
		return ingest.Article{}, errors.New(`read article line: "id" is missing: each line needs an id, so that its answer can be found`)
	case raw[0] != '"':
		return ingest.Article{}, fmt.Errorf(`read article line: "id" is %.40s: write it as a string, in quotes`, raw)
	default:
		if err := json.Unmarshal(raw, &id); err != nil {
			return ingest.Article{}, fmt.Errorf("read article line: id: %w", err)
		}
	}
	if id == "" {
		return ingest.Article{}, errors.New(`read article line: "id" is empty`)
	}
	a := ingest.Article{Schema: ingest.ArticleSchema, ID: id, Edition: 1, Title: in.Title, Summary: in.Summary, Body: in.Text, Country: in.Country, Language: ingest.Language(in.Lang, "")}
	if in.Published != nil {
		a.Published, a.PublishedPrecision = contractTime(*in.Published)
	}
	if in.Edition > 1 {
		a.Edition = in.Edition
	}
	a.Outlet, a.URL = in.Outlet, in.URL
	if in.FirstSeen != nil {
		a.FirstSeen, _ = contractTime(*in.FirstSeen)
		a.Fetched = a.FirstSeen
	}
	a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
	return a, nil
}

// layouts are the forms of a date, each with the precision that it has.
var layouts = []struct{ layout, precision string }{
	{time.RFC3339Nano, ""}, {"2006-01-02T15:04:05", ""}, {"2006-01-02 15:04:05", ""}, {"2006-01-02T15:04Z07:00", ""}, {"2006-01-02T15:04", ""}, {"2006-01-02 15:04", ""}, {time.RFC1123Z, ""}, {time.RFC1123, ""},
	{"2006-01-02", "day"}, {"2 Jan 2006", "day"}, {"2 Jan 06", "day"}, {"January 2, 2006", "day"}, {"2006-01", "month"}, {"2006", "year"},
}

func contractTime(s string) (time.Time, string) {
	s = strings.TrimSpace(s)
	for _, l := range layouts {
		if t, err := time.Parse(l.layout, s); err == nil && t.Year() > 1 {
			return t.UTC(), l.precision
		}
	}
	return time.Time{}, ""
}

// contractOut is the answer to a line.
type contractOut struct {
	ID       string           `json:"id"`
	Lang     string           `json:"lang,omitempty"` // ISO 639-1; what is in another language than English was not read
	Relevant bool             `json:"relevant"`
	Reports  []contractReport `json:"reports"`
}

type contractReport struct {
	Role     Role              `json:"role"`
	Type     string            `json:"type"`
	Subtype  string            `json:"subtype,omitempty"`
	Outcome  string            `json:"outcome,omitempty"`
	Country  *string           `json:"country"`
	Place    string            `json:"place,omitempty"`
	Admin    string            `json:"admin,omitempty"`
	Where    *Place            `json:"where,omitempty"` // all that is known of it
	Occurred *contractOccurred `json:"occurred"`
	Actors   []Actor           `json:"actors"`
	Totals   map[Measure]Total `json:"totals"`
	Figures  []Figure          `json:"figures,omitempty"`
	Rules    []string          `json:"rules,omitempty"`
}

type contractOccurred struct {
	Earliest  *time.Time `json:"earliest"`
	Latest    *time.Time `json:"latest"`
	Precision string     `json:"precision,omitempty"`
	Basis     string     `json:"basis,omitempty"`
	Zone      string     `json:"tz,omitempty"`
}

// WriteContract writes the answer to the line that a was read from, ended by a
// line feed.
func WriteContract(a *ingest.Article, reports []Report) ([]byte, error) {
	out := contractOut{ID: a.ID, Lang: Language(a), Relevant: Relevant(reports), Reports: make([]contractReport, 0, len(reports))}
	if out.Lang == "" && len(reports) > 0 {
		out.Lang = "en" // a headline that was read
	}
	for i := range reports {
		r := &reports[i]
		c := contractReport{Role: r.Role, Type: r.Type, Subtype: r.Subtype, Outcome: r.Outcome, Actors: r.Actors, Totals: r.Totals, Figures: r.Figures, Rules: r.Rules}
		if r.Place != nil {
			c.Place, c.Admin, c.Where = r.Place.Name, r.Place.Admin, r.Place
			if r.Place.Country != "" {
				c.Country = &r.Place.Country
			}
		}
		if o := r.Occurred; o != nil && (o.Earliest != nil || o.Latest != nil) {
			c.Occurred = &contractOccurred{Earliest: o.Earliest, Latest: o.Latest, Precision: o.Precision, Basis: o.Basis, Zone: o.Zone}
		}
		if c.Actors == nil {
			c.Actors = []Actor{}
		}
		if c.Totals == nil {
			c.Totals = map[Measure]Total{}
		}
		out.Reports = append(out.Reports, c)
	}
	b, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write answer of article %q: %w", a.ID, err)
	}
	return append(b, '\n'), nil
}
