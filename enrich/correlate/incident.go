package correlate

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tocsin/enrich"
	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// Schema names the record's version. A reader takes any "tocsin.incident/1" and
// ignores fields that it does not know.
const Schema = "tocsin.incident/1"

// Engine names the program in explain.engine.
const Engine = "tocsin/1"

// Incident is one version of one event in the world. testdata/incident.schema.json
// describes its JSON.
type Incident struct {
	Schema     string `json:"schema"`
	ID         string `json:"id"`         // see newID
	Version    int    `json:"version"`    // 1, 2, 3 …
	Supersedes *int   `json:"supersedes"` // the version before; null for the first
	Status     Status `json:"status"`     // what this version changed
	Scope      string `json:"scope"`      // current

	Type    string   `json:"type"`
	Subtype string   `json:"subtype,omitempty"`
	Complex bool     `json:"complex,omitempty"`
	Also    []string `json:"also,omitempty"` // other types that articles gave it
	Outcome string   `json:"outcome"`

	Published time.Time `json:"published,omitzero"`  // of the founding article
	FirstSeen time.Time `json:"first_seen,omitzero"` // earliest poll that brought a report of it
	Updated   time.Time `json:"updated,omitzero"`    // poll that brought the report which made this version

	Occurred enrich.Occurred `json:"occurred"`
	Place    enrich.Place    `json:"place"`
	Actors   []enrich.Actor  `json:"actors,omitempty"`
	Weapons  []string        `json:"weapons,omitempty"`

	Figures []enrich.Figure                 `json:"figures"`          // all of them, of all articles
	Totals  map[enrich.Measure]enrich.Total `json:"totals,omitempty"` // fused; current scope, perpetrators excluded

	Related    []Link       `json:"related,omitempty"`     // other incidents that it has to do with
	MergedInto string       `json:"merged_into,omitempty"` // it was found to be another one, which has its readings now
	MergedFrom []string     `json:"merged_from,omitempty"` // incidents that were found to be this one
	SplitFrom  string       `json:"split_from,omitempty"`  // incident that had its readings before
	Bridged    time.Time    `json:"bridged,omitzero"`      // when what was told as two last proved to be it
	Withdrawn  []Withdrawal `json:"withdrawn,omitempty"`   // articles that tell of it no more

	Orders []OrderMark `json:"orders,omitempty"` // of operators, that it was changed by; the oldest are forgotten

	Assessment Assessment `json:"assessment"`
	Sources    Sources    `json:"sources"`
	Provenance []Origin   `json:"provenance"`
	Readings   []Reading  `json:"readings"` // what each article said: the fold's memory
	Explain    Explain    `json:"explain"`
	Told       *Told      `json:"told,omitempty"` // as it stood in the last version that was not silent
}

// Withdrawal is an article that has taken back what it said: what editions before
// this one said comes too late.
type Withdrawal struct {
	Article string `json:"article"`
	Edition int    `json:"edition"`
}

// Link is another incident that one has to do with.
type Link struct {
	ID    string  `json:"id"`
	Kind  string  `json:"kind"`            // follows retaliates part_of same_campaign arrest_for trial_for
	Score float64 `json:"score,omitempty"` // log-odds that the two are one
}

// Status is what a version changed.
type Status string

const (
	New        Status = "new"
	Update     Status = "update"
	Correction Status = "correction"
	Cancel     Status = "cancel"
	FollowUp   Status = "follow_up" // what came after it: an arrest, a trial, a release
	// Silent versions are kept and not told: another outlet says the same.
	Silent Status = "silent"
)

// Assessment is how grave, urgent and sure an incident is, in the words of CAP 1.2.
type Assessment struct {
	Severity  string `json:"severity"`  // Extreme Severe Moderate Minor Unknown
	Urgency   string `json:"urgency"`   // Immediate Expected Past Unknown
	Certainty string `json:"certainty"` // Observed Likely Possible Unlikely Unknown
	Rule      string `json:"rule"`      // the one that set the severity
}

// Sources counts who tells of an incident.
type Sources struct {
	Articles    int `json:"articles"`
	Outlets     int `json:"outlets"`
	Independent int `json:"independent"` // outlets with a text of their own: see independent
}

// Origin is one article that tells of an incident.
type Origin struct {
	Article       string    `json:"article"`
	URL           string    `json:"url"`
	Feed          string    `json:"feed"`
	Outlet        string    `json:"outlet,omitempty"`
	Language      string    `json:"lang,omitempty"`
	Title         string    `json:"title,omitempty"`
	Published     time.Time `json:"published,omitzero"`
	Fetched       time.Time `json:"fetched"`
	Family        string    `json:"family,omitempty"` // articles with one text have one
	Credit        string    `json:"credit,omitempty"` // agency that the article names as its source
	ContentSHA256 string    `json:"content_sha256"`
}

// Explain is how a version came to be.
type Explain struct {
	Engine string   `json:"engine"`
	Rules  []string `json:"rules"`
	Diff   []Diff   `json:"diff,omitempty"` // against the version before
}

// Diff is one change between two versions.
type Diff struct {
	Field string `json:"field"`
	From  any    `json:"from"`
	To    any    `json:"to"`
}

// newID names an incident after the article that founded it: "inc-" and a ULID
// of that article's time and a hash of its id and the report's ordinal, so that
// a replay of the same articles gives the same incidents. The article's id and
// not its URL: an item without a link founds incidents too.
//
// Where that id is taken, again counts from 1: an article may found another
// incident by a later edition, or when what it founded was split.
func newID(x *Reading, again int) string {
	parts := []string{"incident", x.Article, strconv.Itoa(x.Ordinal)}
	if again > 0 {
		parts = append(parts, strconv.Itoa(again))
	}
	return "inc-" + ident.ULID(x.At, parts...)
}

// MsgID is the Nats-Msg-Id of a version, and the id of the alert that it causes.
func (i *Incident) MsgID() string { return fmt.Sprintf("%s.%d", i.ID, i.Version) }

// ErrSchema is wrapped by Decode's error when the record is of a version that
// this program does not know.
var ErrSchema = errors.New("unknown schema version")

// Decode reads an incident from the bus.
func Decode(data []byte) (Incident, error) {
	var i Incident
	if err := json.Unmarshal(data, &i); err != nil {
		return Incident{}, fmt.Errorf("decode incident: %w", err)
	}
	if i.Schema != Schema {
		return Incident{}, fmt.Errorf("decode incident: schema %q, this program reads %q: %w", i.Schema, Schema, ErrSchema)
	}
	if i.ID == "" || i.Version < 1 {
		return Incident{}, fmt.Errorf("decode incident: id %q, version %d: both are needed", i.ID, i.Version)
	}
	// The id is a subject token and a key of buckets, the type a metric label.
	if !strings.HasPrefix(i.ID, "inc-") || i.ID != bus.Token(i.ID) {
		return Incident{}, fmt.Errorf("decode incident: id %q is not one of ours", i.ID)
	}
	i.deal()
	if !slices.Contains(enrich.Types, i.Type) || rank(i.Assessment.Severity) < 0 {
		return Incident{}, fmt.Errorf("decode incident: type %q, severity %q: not known", i.Type, i.Assessment.Severity)
	}
	return i, nil
}
