package ingest

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"tocsin/internal/ident"
)

// ArticleSchema names the record's version. A reader takes any
// "tocsin.article/1" and ignores fields that it does not know; another major
// version is refused.
const ArticleSchema = "tocsin.article/1"

// Article is one item of a feed, normalised: what the enrich stage reads.
//
// Title, Summary and Body are plain UTF-8 text; a blank line ("\n\n") parts
// paragraphs. Evidence further down the route points into these three fields
// by byte offset, so that they never change after publication: an edited item
// is a new edition.
type Article struct {
	Schema  string `json:"schema"`
	ID      string `json:"id"`      // see ArticleID
	Edition int    `json:"edition"` // 1 is the first; counts changes of title or text

	Feed   string `json:"feed"`             // feed id: a subject token
	Outlet string `json:"outlet,omitempty"` // who publishes, as the configuration or the feed says
	URL    string `json:"url,omitempty"`    // canonical: no tracking parameters, no fragment
	GUID   string `json:"guid,omitempty"`   // the item's own id, as written

	// Country is what the feed reports on, ISO 3166-1 alpha-2, where its
	// configuration names one country: of last resort for items that name no place.
	Country string `json:"country,omitempty"`

	Title    string   `json:"title,omitempty"`
	Summary  string   `json:"summary,omitempty"`
	Body     string   `json:"body,omitempty"`
	Language string   `json:"lang,omitempty"` // BCP 47, lower case: "en", "pt-br"; empty is unknown
	Authors  []string `json:"authors,omitempty"`

	// Published is the item's own date in UTC; zero where it has none that can
	// be believed. It is never replaced by the time of the poll.
	Published time.Time `json:"published,omitzero"`
	// PublishedPrecision is "" for an instant, else "day", "month" or "year".
	PublishedPrecision string `json:"published_precision,omitempty"`
	// PublishedClamped marks a date from the future, for which Published is the
	// time of the poll; PublishedAsWritten is what the item says, of such a date alone.
	PublishedClamped   bool      `json:"published_clamped,omitempty"`
	PublishedAsWritten string    `json:"published_as_written,omitempty"`
	Updated            time.Time `json:"updated,omitzero"`
	FirstSeen          time.Time `json:"first_seen,omitzero"` // poll that first brought the article (edition 1)
	Fetched            time.Time `json:"fetched,omitzero"`    // poll that brought this edition

	// Family is the id of the first article with this text, the article's own where
	// it is that or where nothing is known: reprints of one agency's story are one
	// family, whoever prints them.
	Family string `json:"family,omitempty"`

	ContentSHA256 string `json:"content_sha256"` // over title, summary and body: see ContentHash
	// FullText marks a body that was read from the item's page because the feed has
	// only its beginning; ItemSHA256 is then the ContentHash of what the feed has,
	// by which editions are told: pages change for many reasons.
	FullText   bool   `json:"full_text,omitempty"`
	ItemSHA256 string `json:"item_sha256,omitempty"`
}

// ArticleID names an article for ever: "art-" and 26 base-32 digits of a hash
// over the feed and the item's identity (guid, else rdf:about, else link, else
// the text itself).
func ArticleID(feed, identity string) string { return "art-" + ident.Hash("article", feed, identity) }

// ContentHash is the SHA-256 over title, summary and body that tells an edition
// from a mere touch of the item's dates.
func ContentHash(title, summary, body string) string { return ident.SHA256(title, summary, body) }

// MsgID is the Nats-Msg-Id of an article: id, edition and the head of the hash
// of what the feed has. The hash is part of it because a crash between publish and
// bookkeeping, followed by another edit of the item, gives two contents with
// one edition number, and neither may be lost.
func (a *Article) MsgID() string {
	h := cmp.Or(a.ItemSHA256, a.ContentSHA256)
	if len(h) > 16 {
		h = h[:16]
	}
	return a.ID + "." + strconv.Itoa(a.Edition) + "." + h
}

// Text returns one of the three evidence fields by its name.
func (a *Article) Text(field string) string {
	switch field {
	case "title":
		return a.Title
	case "summary":
		return a.Summary
	case "body":
		return a.Body
	}
	return ""
}

// ErrSchema is wrapped by DecodeArticle's error when the record is of a
// version that this program does not know.
var ErrSchema = errors.New("unknown schema version")

// DecodeArticle reads an article from the bus. It refuses what is not JSON, not
// an article of this major version, or has no id.
func DecodeArticle(data []byte) (Article, error) {
	var a Article
	if err := json.Unmarshal(data, &a); err != nil {
		return Article{}, fmt.Errorf("decode article: %w", err)
	}
	if a.Schema != ArticleSchema {
		return Article{}, fmt.Errorf("decode article: schema %q, this program reads %q: %w", a.Schema, ArticleSchema, ErrSchema)
	}
	if a.ID == "" || a.Edition < 1 {
		return Article{}, fmt.Errorf("decode article: id %q, edition %d: both are needed", a.ID, a.Edition)
	}
	return a, nil
}
