package correlate

import (
	"errors"
	"fmt"
	"slices"
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

	Assessment Assessment `json:"assessment"`
	Sources    Sources    `json:"sources"`
	Provenance []Origin   `json:"provenance"`
	Readings   []Reading  `json:"readings"` // what each article said: the fold's memory
	Explain    Explain    `json:"explain"`
}

// Status is what a version changed.
type Status string

const (
	New        Status = "new"
	Update     Status = "update"
	Correction Status = "correction"
	Cancel     Status = "cancel"
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
	ContentSHA256 string    `json:"content_sha256"`
}

// Reading is what the fold keeps of one report.
type Reading struct {
	Report    string                          `json:"report"`
	Article   string                          `json:"article"`
	Edition   int                             `json:"edition"`
	Ordinal   int                             `json:"ordinal"`
	Outlet    string                          `json:"outlet,omitempty"`
	Family    string                          `json:"family,omitempty"`
	At        time.Time                       `json:"at"` // published, else first seen: orders readings
	Type      string                          `json:"type"`
	Subtype   string                          `json:"subtype,omitempty"`
	Complex   bool                            `json:"complex,omitempty"`
	Outcome   string                          `json:"outcome"`
	Certainty string                          `json:"certainty,omitempty"`
	Place     *enrich.Place                   `json:"place,omitempty"`
	Occurred  *enrich.Occurred                `json:"occurred,omitempty"`
	Totals    map[enrich.Measure]enrich.Total `json:"totals,omitempty"`
	Corrects  []enrich.Measure                `json:"corrects,omitempty"` // of what it gives a corrected number
	Official  bool                            `json:"official,omitempty"` // government, police, military or medical source
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
func newID(r *enrich.Report) string {
	return "inc-" + ident.ULID(at(r), "incident", r.Source.ID, fmt.Sprint(r.Ordinal))
}

// newIDOfEdition is newID for what only a later edition of an article tells of,
// where an earlier one has founded another incident at that ordinal.
func newIDOfEdition(r *enrich.Report) string {
	return "inc-" + ident.ULID(at(r), "incident", r.Source.ID, fmt.Sprint(r.Ordinal), fmt.Sprint(r.Source.Edition))
}

// at is when a report counts as said.
func at(r *enrich.Report) time.Time {
	if !r.Source.Published.IsZero() {
		return r.Source.Published.UTC()
	}
	return r.Source.FirstSeen.UTC()
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
	if !slices.Contains(enrich.Types, i.Type) || rank(i.Assessment.Severity) < 0 {
		return Incident{}, fmt.Errorf("decode incident: type %q, severity %q: not known", i.Type, i.Assessment.Severity)
	}
	return i, nil
}
