package sink

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/go-json-experiment/json"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
)

// Alert is a CloudEvents 1.0 event in structured JSON: what subscribers get.
type Alert struct {
	SpecVersion     string    `json:"specversion"`     // 1.0
	ID              string    `json:"id"`              // incident id and version: tells a repetition
	Source          string    `json:"source"`          // /tocsin, or what the configuration says
	Type            string    `json:"type"`            // net.tocsin.incident.<status>.v1
	Subject         string    `json:"subject"`         // incident id
	Time            time.Time `json:"time"`            // poll that brought the news
	DataContentType string    `json:"datacontenttype"` // application/json
	Data            Data      `json:"data"`
}

// Data is what an alert says.
type Data struct {
	Schema   string `json:"schema"`  // tocsin.alert/1
	Summary  string `json:"summary"` // one line for people
	Status   string `json:"status"`  // new update correction cancel
	Severity string `json:"severity"`
	Rule     string `json:"rule"`               // of the configuration, that let it pass
	Why      string `json:"why,omitempty"`      // what changed, against the alert before
	Previous string `json:"previous,omitempty"` // id of the alert before

	// Other incidents that this one was found to be, or to be made of, or was part of.
	MergedInto string   `json:"merged_into,omitempty"`
	MergedFrom []string `json:"merged_from,omitempty"`
	SplitFrom  string   `json:"split_from,omitempty"`

	Incident   string                          `json:"incident"`
	Version    int                             `json:"version"`
	IncType    string                          `json:"type"`
	Subtype    string                          `json:"subtype,omitempty"`
	Outcome    string                          `json:"outcome"`
	Place      enrich.Place                    `json:"place"`
	Occurred   enrich.Occurred                 `json:"occurred"`
	Totals     map[enrich.Measure]enrich.Total `json:"totals,omitempty"`
	Actors     []enrich.Actor                  `json:"actors,omitempty"`
	Weapons    []string                        `json:"weapons,omitempty"`
	Assessment correlate.Assessment            `json:"assessment"`
	Evidence   []Quote                         `json:"evidence"`
	Counts     correlate.Sources               `json:"counts"`
	Sources    []Source                        `json:"sources"`
}

// Quote is one figure with the words that give it.
type Quote struct {
	Measure    enrich.Measure `json:"measure"`
	Quantifier string         `json:"quantifier"`
	Min        *int           `json:"min"`
	Max        *int           `json:"max"`
	Scope      string         `json:"scope"`
	Relation   string         `json:"relation"`
	Who        string         `json:"who,omitempty"`
	Said       string         `json:"said_by,omitempty"`
	Quote      string         `json:"quote"`
	Article    string         `json:"article"`
	Field      string         `json:"field"`
	Start      int            `json:"start"` // bytes [start,end) of that field
	End        int            `json:"end"`
	Rule       string         `json:"rule"`
}

// Source is one article that the alert rests on.
type Source struct {
	Article   string    `json:"article"`
	Outlet    string    `json:"outlet,omitempty"`
	Title     string    `json:"title,omitempty"`
	URL       string    `json:"url,omitempty"`
	Published time.Time `json:"published,omitzero"`
}

// AlertSchema names the version of Data.
const AlertSchema = "tocsin.alert/1"

// Bounds of one alert; the incident itself has all.
const (
	maxQuotes  = 40
	maxSources = 40
)

// newAlert tells of version i; before is what was told last, nil for nothing.
func newAlert(i *correlate.Incident, status correlate.Status, rule, source string, before *told) *Alert {
	a := &Alert{
		SpecVersion: "1.0", ID: i.MsgID(), Source: source, Type: "net.tocsin.incident." + string(status) + ".v1", Subject: i.ID,
		Time: i.Updated, DataContentType: "application/json",
		Data: Data{
			Schema: AlertSchema, Status: string(status), Severity: strings.ToLower(i.Assessment.Severity), Rule: rule,
			Incident: i.ID, Version: i.Version, IncType: i.Type, Subtype: i.Subtype, Outcome: i.Outcome, Place: i.Place, Occurred: i.Occurred,
			Totals: i.Totals, Actors: i.Actors, Weapons: i.Weapons, Assessment: i.Assessment, Counts: i.Sources,
			Evidence: []Quote{}, Sources: []Source{}, MergedInto: i.MergedInto, MergedFrom: i.MergedFrom, SplitFrom: i.SplitFrom,
		},
	}
	if before != nil {
		a.Data.Previous = before.Alert
		a.Data.Why = Changes(i.Explain.Diff)
	}
	for k := range i.Figures {
		f := &i.Figures[k]
		if len(a.Data.Evidence) == maxQuotes {
			break
		}
		q := Quote{Measure: f.Measure, Quantifier: f.Quantifier, Min: f.Min, Max: f.Max, Scope: f.Scope, Relation: f.Relation, Who: f.Who, Rule: f.Rule}
		if f.Source != nil {
			q.Said = f.Source.Text
		}
		if len(f.Evidence) > 0 {
			e := &f.Evidence[0]
			q.Quote, q.Article, q.Field, q.Start, q.End = e.Text, e.Article, e.Field, e.Start, e.End
		}
		a.Data.Evidence = append(a.Data.Evidence, q)
	}
	// The newest sources last; a long list loses its middle, not its founder.
	origins := i.Provenance
	if n := len(origins) - maxSources; n > 0 {
		origins = slices.Concat(origins[:1], origins[1+n:])
	}
	for _, o := range origins {
		a.Data.Sources = append(a.Data.Sources, Source{Article: o.Article, Outlet: o.Outlet, Title: o.Title, URL: o.URL, Published: o.Published})
	}
	a.Data.Summary = summary(i, status, before)
	return a
}

// subject is where an alert is published; subscribers hear it without "in".
func (a *Alert) subject(b *bus.Bus) string {
	return b.Inbound("alert", bus.Token(a.Data.Severity), countryToken(a.Data.Place.Country), bus.Token(a.Data.IncType), bus.Token(a.Data.Status))
}

func countryToken(c string) string {
	if t := bus.Token(c); len(t) == 2 {
		return t
	}
	return bus.Unknown
}

// DecodeAlert reads an alert from the bus.
func DecodeAlert(data []byte) (*Alert, error) {
	var a Alert
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("decode alert: %w", err)
	}
	if a.Data.Schema != AlertSchema {
		return nil, fmt.Errorf("decode alert: schema %q, this program reads %q: %w", a.Data.Schema, AlertSchema, errSchema)
	}
	return &a, nil
}

var errSchema = errors.New("unknown schema version")

// Line is an alert as one line of text for people: what `tocsin run` and
// `tocsin watch` print.
func (a *Alert) Line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-8s  %-10s  %s", a.Time.UTC().Format("2006-01-02 15:04"), a.Data.Severity, a.Data.Status, a.Data.Summary)
	names := make([]string, 0, 3)
	for k := len(a.Data.Sources) - 1; k >= 0 && len(names) < 3; k-- {
		if o := a.Data.Sources[k].Outlet; o != "" && !slices.Contains(names, o) {
			names = append(names, o)
		}
	}
	if len(names) > 0 {
		more := ""
		if n := a.Data.Counts.Outlets - len(names); n > 0 {
			more = " and " + strconv.Itoa(n) + " more"
		}
		b.WriteString("  [" + strings.Join(names, ", ") + more + "]")
	}
	return strings.Map(printable, b.String())
}

// printable keeps names that strangers chose from breaking the line or talking
// to the terminal: control characters and those that turn the writing around.
func printable(r rune) rune {
	switch {
	case unicode.IsControl(r), r == '\u2028', r == '\u2029':
		return ' '
	case unicode.Is(unicode.Bidi_Control, r):
		return -1
	}
	return r
}

var typeNames = map[string]string{
	"airstrike": "Air strike", "drone_strike": "Drone strike", "armed_attack": "Armed attack", "security_operation": "Security operation",
	"bodies_found": "Bodies found", "chemical_attack": "Chemical attack", "vehicle_ramming": "Vehicle ramming", "sexual_violence": "Sexual violence",
	"unknown": "Attack",
}

var subtypeNames = map[string]string{
	"bombing/suicide": "Suicide bombing", "bombing/vehicle": "Car bombing", "bombing/grenade": "Grenade attack", "shelling/missile": "Missile strike",
	"shelling/rocket": "Rocket attack", "kidnapping/hostage_taking": "Hostage taking", "hijacking/piracy": "Piracy", "riot/mob_violence": "Mob violence",
}

func typeName(typ, subtype string) string {
	if n, ok := subtypeNames[typ+"/"+subtype]; ok {
		return n
	}
	if n, ok := typeNames[typ]; ok {
		return n
	}
	return strings.ToUpper(typ[:min(1, len(typ))]) + strings.ReplaceAll(typ[min(1, len(typ)):], "_", " ")
}

// CountryName is the English name of an ISO 3166-1 code, by CLDR; the code
// itself where CLDR has none.
func CountryName(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	if n := display.English.Regions().Name(r); n != "" {
		return n
	}
	return code
}

// Summary is one line: what, where, how many, and what is new against what was
// told before, nil for nothing.
func Summary(i *correlate.Incident, before *correlate.Told) string {
	if before == nil {
		return summary(i, i.Status, nil)
	}
	return summary(i, i.Status, &told{Totals: before.Totals})
}

// summary is one line: what, where, how many, and what is new about it.
func summary(i *correlate.Incident, status correlate.Status, before *told) string {
	var b strings.Builder
	b.WriteString(typeName(i.Type, i.Subtype))
	switch i.Outcome {
	case "foiled", "disrupted", "attempted", "threatened", "ongoing", "hoax":
		b.WriteString(" (" + i.Outcome + ")")
	}
	where := i.Place.Names()
	if c := i.Place.Country; c != "" {
		if n := CountryName(c); len(where) == 0 || !strings.EqualFold(where[len(where)-1], n) {
			where = append(where, n)
		}
	}
	if len(where) > 0 {
		in := " in "
		if o := i.Place.Offset; o != nil && o.Of == i.Place.Name {
			in = " " // "70 km north-east of Arbil"
		}
		b.WriteString(in + strings.Join(where, ", "))
	}
	if status == correlate.New {
		before = nil
	}
	if status == correlate.Cancel && i.MergedInto != "" {
		return b.String() + ": one with incident " + i.MergedInto
	}
	if status == correlate.Cancel {
		return b.String() + ": cancelled, no report stands by it"
	}
	if parts := tolls(i.Totals, before); len(parts) > 0 {
		b.WriteString(": " + strings.Join(parts, ", "))
	}
	return b.String()
}

// Tolls are totals in words: "at least 4 killed, 12 injured"; empty for none.
func Tolls(totals map[enrich.Measure]enrich.Total) string {
	return strings.Join(tolls(totals, nil), ", ")
}

func tolls(totals map[enrich.Measure]enrich.Total, before *told) (parts []string) {
	for _, m := range []enrich.Measure{enrich.Killed, enrich.Injured, enrich.Abducted, enrich.Hostages, enrich.Missing, enrich.Arrested} {
		t, ok := totals[m]
		if !ok {
			continue
		}
		s := totalText(t, m)
		if s == "" {
			continue
		}
		if n, had := before.number(m); had {
			if is, ok := t.Number(); ok && is != n {
				s += " (was " + strconv.Itoa(n) + ")"
			}
		}
		parts = append(parts, s)
	}
	return parts
}

var measureNames = map[enrich.Measure]string{enrich.Hostages: "held hostage"}

func totalText(t enrich.Total, m enrich.Measure) string {
	name := string(m)
	if n, ok := measureNames[m]; ok {
		name = n
	}
	switch {
	case t.Quantifier == "none":
		return "none " + name
	case t.Min != nil && t.Max != nil && *t.Min == *t.Max && t.Quantifier == "approx":
		return "about " + strconv.Itoa(*t.Min) + " " + name
	case t.Min != nil && t.Max != nil && *t.Min == *t.Max:
		return strconv.Itoa(*t.Min) + " " + name
	case t.Min != nil && t.Max != nil:
		return strconv.Itoa(*t.Min) + " to " + strconv.Itoa(*t.Max) + " " + name
	case t.Min != nil && t.Point != nil && *t.Point < *t.Min:
		return "more than " + strconv.Itoa(*t.Point) + " " + name
	case t.Min != nil:
		return "at least " + strconv.Itoa(*t.Min) + " " + name
	case t.Max != nil && t.Point != nil && *t.Point > *t.Max:
		return "fewer than " + strconv.Itoa(*t.Point) + " " + name
	case t.Max != nil:
		return "up to " + strconv.Itoa(*t.Max) + " " + name
	}
	return ""
}

// Changes tells a version's differences in one line.
func Changes(diff []correlate.Diff) string {
	parts := make([]string, 0, len(diff))
	for _, d := range diff {
		parts = append(parts, fmt.Sprintf("%s: %v → %v", d.Field, orNone(d.From), orNone(d.To)))
	}
	return strings.Join(parts, "; ")
}

func orNone(v any) any {
	if v == nil || v == "" {
		return "none"
	}
	return v
}
