package enrich

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/quantity"
	"tocsin/ingest"
	"tocsin/internal/ident"
)

// ReportSchema names the record's version. A reader takes any
// "tocsin.report/1" and ignores fields that it does not know.
const ReportSchema = "tocsin.report/1"

// Report is what one article says about one incident.
type Report struct {
	Schema  string `json:"schema"`
	ID      string `json:"id"`      // see ReportID
	Ordinal int    `json:"ordinal"` // position among the reports of this edition, from 0
	Of      int    `json:"of"`      // how many reports this edition has: what is missing was withdrawn
	Role    Role   `json:"role"`    // how the article tells of it
	Type    string `json:"type"`    // coarse, one of Types
	Subtype string `json:"subtype,omitempty"`
	Complex bool   `json:"complex,omitempty"` // two or more tactics, one plan
	Outcome string `json:"outcome"`           // carried_out ongoing attempted disrupted foiled threatened hoax unknown

	Place    *Place    `json:"place,omitempty"`
	Occurred *Occurred `json:"occurred,omitempty"`
	Actors   []Actor   `json:"actors,omitempty"`
	Weapons  []string  `json:"weapons,omitempty"`

	Figures []Figure          `json:"figures,omitempty"`
	Totals  map[Measure]Total `json:"totals,omitempty"` // of this article, current scope, perpetrators excluded

	// Places are the towns, quarters and sites that its sentences name, folded;
	// those that hold much (provinces, great cities) begin with ~, those of the
	// headline with ! before it.
	Places []string `json:"places,omitempty"`
	Terms  []string `json:"terms,omitempty"` // words that tell it from others of its kind: names, who and what was hit
	Cues   []string `json:"cues,omitempty"`  // what the article is in the course of a story: again later arrest court freed memory accident hoax
	About  []About  `json:"about,omitempty"` // older incidents that the article names
	// Passing marks a background incident of an article whose news is another
	// one. Where there is none, the article may still be about the older one: its
	// funerals, its trial.
	Passing bool `json:"passing,omitempty"`

	Certainty string `json:"certainty,omitempty"` // of the incident: confirmed reported claimed possible disputed denied retracted
	// Confidence is the probability, from 0 to 1, that the article reports an
	// incident that is news: of the hundred articles that have .9 some ninety do.
	Confidence float64  `json:"confidence,omitempty"`
	Rules      []string `json:"rules,omitempty"`    // that decided type, role and relevance
	Evidence   []Span   `json:"evidence,omitempty"` // the words that name the incident

	Source Source `json:"article"` // the article, as later stages need it
}

// Role is the part that an incident plays in an article.
type Role string

const (
	Main       Role = "main"       // the news that the article exists for
	Other      Role = "other"      // another current incident in the same article
	Background Role = "background" // older, or mentioned only as context
	// Withdrawn says that this edition of the article tells of no incident
	// any more where an earlier edition may have: the fold takes back what the
	// earlier edition gave.
	Withdrawn Role = "withdrawn"
)

// Source is what later stages need to know of the article that a report is from.
type Source struct {
	ID            string    `json:"id"`
	Edition       int       `json:"edition"`
	Feed          string    `json:"feed,omitempty"`
	Outlet        string    `json:"outlet,omitempty"`
	URL           string    `json:"url,omitempty"`
	Title         string    `json:"title,omitempty"`
	Language      string    `json:"lang,omitempty"`
	Published     time.Time `json:"published,omitzero"`
	FirstSeen     time.Time `json:"first_seen,omitzero"`
	Fetched       time.Time `json:"fetched,omitzero"`
	Family        string    `json:"family,omitempty"` // the article whose text this one repeats, or its own id
	Credit        string    `json:"credit,omitempty"` // agency that the article names as its source: "Reuters"
	ContentSHA256 string    `json:"content_sha256"`
}

// SourceOf takes from an article what a report keeps of it.
func SourceOf(a *ingest.Article) Source {
	return Source{ID: a.ID, Edition: a.Edition, Feed: a.Feed, Outlet: a.Outlet, URL: a.URL, Title: a.Title, Language: a.Language,
		Published: a.Published, FirstSeen: a.FirstSeen, Fetched: a.Fetched, Family: a.Family, Credit: credit(cmp.Or(a.Body, a.Summary)), ContentSHA256: a.ContentSHA256}
}

// Nothing is the report of an edition that tells of no incident where an earlier
// one may have.
func Nothing(a *ingest.Article) Report {
	src := SourceOf(a)
	return Report{Schema: ReportSchema, ID: ReportID(src, 0), Role: Withdrawn, Type: "unknown", Outcome: "unknown", Source: src}
}

// Measure is what a figure counts.
type Measure string

const (
	Killed     Measure = "killed"
	Injured    Measure = "injured"
	Missing    Measure = "missing"
	Abducted   Measure = "abducted"
	Hostages   Measure = "hostages"
	Released   Measure = "released"
	Escaped    Measure = "escaped"
	Arrested   Measure = "arrested"
	Surrender  Measure = "surrendered"
	Displaced  Measure = "displaced"
	Casualties Measure = "casualties" // killed or injured, undivided
	Incidents  Measure = "incidents"  // attacks, not people
	Property   Measure = "property"
)

// Measures lists every measure.
var Measures = []Measure{Killed, Injured, Missing, Abducted, Hostages, Released, Escaped, Arrested, Surrender, Displaced, Casualties, Incidents, Property}

// Figure is one number that the text gives, with the words that give it. Every
// figure is kept, also those that count towards nothing (background, subset,
// hypothetical, denied): Scope, Relation and Certainty say which they are.
type Figure struct {
	Measure    Measure `json:"measure"`
	Quantifier string  `json:"quantifier"`         // exact at_least at_most range approx vague none unknown
	Min        *int    `json:"min"`                // persons, or what Unit says; null where the text sets no floor
	Max        *int    `json:"max"`                // null where the text sets no ceiling
	Point      *int    `json:"point"`              // the one number to show, null where there is none; "more than 20" is min 21, point 20
	Unit       string  `json:"unit,omitempty"`     // person (the default), family, household, incident, building, vehicle
	Who        string  `json:"who,omitempty"`      // any civilian child woman journalist aid_worker medic official security peacekeeper militant protester suspect perpetrator foreigner
	Grade      string  `json:"grade,omitempty"`    // of injuries: minor serious critical
	Scope      string  `json:"scope"`              // current background aggregate perpetrator hypothetical
	Relation   string  `json:"relation"`           // total subset part sum_of_parts additional update correction derived duplicate superseded
	Previous   *int    `json:"previous,omitempty"` // the figure that this one replaces, where the text says so
	Excludes   string  `json:"excludes,omitempty"` // "perpetrator" where the text says that it is not counted
	Source     *Said   `json:"source,omitempty"`
	Certainty  string  `json:"certainty"` // confirmed reported claimed possible disputed denied retracted
	Rule       string  `json:"rule"`      // the rule that read it
	Evidence   []Span  `json:"evidence"`  // never empty
}

// Said is who gives a figure.
type Said struct {
	Text string `json:"text,omitempty"`
	Kind string `json:"kind"` // government police military medical un_ngo witness belligerent media anonymous_official none
}

// Total is what an article, or an incident, makes of its figures of one measure.
type Total struct {
	Min        *int   `json:"min"`
	Max        *int   `json:"max"`
	Point      *int   `json:"point"`
	Quantifier string `json:"quantifier"`
	Rule       string `json:"rule"` // the fusion rule that chose it
	Conflict   bool   `json:"conflict,omitempty"`
	// ExcludesPerpetrators is set where the text tells whether the total
	// counts attackers; nil where it does not tell.
	ExcludesPerpetrators *bool `json:"excludes_perpetrators,omitempty"`
}

// Number is the one number to show or compare: the point, else the floor, else
// the ceiling; ok is false where the total has none of them.
func (t Total) Number() (n int, ok bool) {
	for _, p := range []*int{t.Point, t.Min, t.Max} {
		if p != nil {
			return *p, true
		}
	}
	return 0, false
}

// Place is where an incident happened.
type Place struct {
	// Name is the most specific name that the text gives, as written; of "the Somali
	// capital", the capital's. Empty where there is only a country.
	Name    string `json:"name,omitempty"`
	Admin   string `json:"admin,omitempty"`   // the next larger place that the text names, or the town of a quarter
	Admin1  string `json:"admin1,omitempty"`  // first-level division that holds it, as the gazetteer calls it
	Country string `json:"country,omitempty"` // ISO 3166-1 alpha-2; empty is unknown

	// Lat and Lon are WGS 84 degrees, nil where they are not known. The incident was
	// within Radius of them: of a town, its size; of a name that no gazetteer has, of
	// what holds it.
	Lat    *float64 `json:"lat,omitempty"`
	Lon    *float64 `json:"lon,omitempty"`
	Radius int      `json:"radius_m,omitempty"` // metres
	// Precision is how closely Lat and Lon are known: exact is a site, camp or
	// base with a name of its own; near an offset from a named place; settlement
	// a town, village or quarter; admin2 a district of a province; admin1 a province
	// or an area such as Kashmir or northern Mali.
	Precision string  `json:"precision"`           // exact near settlement admin2 admin1 country sea_or_border unknown
	Offset    *Offset `json:"offset,omitempty"`    // where Precision is near
	Gazetteer string  `json:"gazetteer,omitempty"` // geonames, or tocsin for rows of our own
	GeoNames  int     `json:"geonames_id,omitempty"`

	Basis    string `json:"basis,omitempty"` // sentence lead title dateline feed_default
	SiteKind string `json:"site_kind,omitempty"`
	Evidence []Span `json:"evidence,omitempty"`
}

// Names lists what holds a place, from its own name outwards to the first-level
// division: each that says more than the one before. The country is left out.
func (p *Place) Names() []string {
	var out []string
	all := []string{p.Name, "", p.Admin, p.Admin1}
	if p.Offset != nil {
		if all[1] = p.Offset.String(); p.Name == p.Offset.Of {
			all[0] = ""
		}
	}
	if c := gazetteer.Load(); p.Country != "" && strings.HasSuffix(gazetteer.Fold(p.Admin), " "+gazetteer.Fold(c.Name(c.CountryID(p.Country)))) {
		all[2] = "" // "southern Ukraine"
	}
	for _, n := range all {
		says := n != ""
		for _, had := range out {
			says = says && !strings.Contains(gazetteer.Fold(had), gazetteer.Fold(n))
		}
		if says {
			out = append(out, n)
		}
	}
	return out
}

// Offset is the way from a named place to where an incident was.
type Offset struct {
	Km      float64 `json:"km,omitempty"`      // 0 where the text gives none
	Bearing string  `json:"bearing,omitempty"` // as written: "north-east"; empty where the text gives none
	Of      string  `json:"of"`
}

// String is the way in words: "70 km north-east of Arbil".
func (o *Offset) String() string {
	s := o.Bearing + " of "
	if o.Bearing == "" {
		s = "from "
	}
	if o.Km > 0 {
		s = strconv.FormatFloat(o.Km, 'f', -1, 64) + " km " + s
	}
	return s + o.Of
}

// Point is where on Earth a place is, in words: "33.38 N 44.46 E within 4 km";
// empty where it is not known.
func (p *Place) Point() string {
	if p.Lat == nil || p.Lon == nil {
		return ""
	}
	ns, ew := "N", "E"
	if *p.Lat < 0 {
		ns = "S"
	}
	if *p.Lon < 0 {
		ew = "W"
	}
	return fmt.Sprintf("%.2f %s %.2f %s within %d km", math.Abs(*p.Lat), ns, math.Abs(*p.Lon), ew, (p.Radius+999)/1000)
}

// Occurred is when an incident happened: an interval, never the time of publication.
type Occurred struct {
	Earliest  *time.Time `json:"earliest"`
	Latest    *time.Time `json:"latest"`
	Precision string     `json:"precision"` // minute hour day week month year unknown
	Basis     string     `json:"basis"`     // explicit_date weekday relative publication none
	Text      string     `json:"text,omitempty"`
	Zone      string     `json:"tz,omitempty"` // IANA zone of the place, in which the days are counted; empty is UTC
	// Part is the part of the day that the text names: early morning afternoon evening
	// night, which ends on the next day, or overnight, which is the night that ended on it.
	Part string `json:"part,omitempty"`
	// NotAfter marks a day on which something else was done that followed: the
	// incident happened on it or before.
	NotAfter bool `json:"not_after,omitempty"`
	// Refused says why the text's date is none: "there is no 31 February".
	Refused  string `json:"refused,omitempty"`
	Evidence []Span `json:"evidence,omitempty"`
}

// String is the time in words, in its zone: "Monday 9 March 2026, 09:45", "not
// fixed" where it is open.
func (o *Occurred) String() string {
	const day, named = "2 January 2006", "Monday 2 January 2006"
	switch {
	case o.Earliest == nil || o.Latest == nil:
		return "not fixed"
	case o.Precision == "minute", o.Precision == "hour":
		return o.Earliest.Format(named + ", 15:04")
	case o.Latest.Sub(*o.Earliest) <= 26*time.Hour:
		return o.Earliest.Format(named)
	}
	return o.Earliest.Format(day) + " to " + o.Latest.Format(day)
}

// Actor is a named party to an incident.
type Actor struct {
	Name     string `json:"name"`
	Role     string `json:"role"` // claimed blamed suspected denied target party_a party_b
	Kind     string `json:"kind,omitempty"`
	By       string `json:"by,omitempty"` // who blames or suspects
	Evidence []Span `json:"evidence,omitempty"`
}

// Span is evidence: bytes [Start, End) of one text field of one article.
type Span struct {
	Article string `json:"article"`
	Field   string `json:"field"` // title summary body
	Start   int    `json:"start"`
	End     int    `json:"end"`
	Text    string `json:"text"`
}

// ReportID names a report: the same edition of the same article gives the same
// ids, however often it is read. The content hash is part of it for the reason
// given at Article.MsgID.
func ReportID(src Source, ordinal int) string {
	return "rep-" + ident.Hash("report", src.ID, strconv.Itoa(src.Edition), src.ContentSHA256, strconv.Itoa(ordinal))
}

// Country returns the place's country, "" where it is unknown.
func (r *Report) Country() string {
	if r.Place == nil {
		return ""
	}
	return r.Place.Country
}

// Relevant reports whether an article with these reports tells of a concrete
// security incident that is news: it has a main one, and that is no hoax, no
// court case, and not withdrawn.
func Relevant(reports []Report) bool {
	for i := range reports {
		r := &reports[i]
		if r.Role == Main && r.Outcome != "hoax" && r.Type != "judicial" && r.Certainty != "retracted" {
			return true
		}
	}
	return false
}

// ErrSchema is wrapped by DecodeReport's error when the record is of a version
// that this program does not know.
var ErrSchema = errors.New("unknown schema version")

// DecodeReport reads a report from the bus.
func DecodeReport(data []byte) (Report, error) {
	var r Report
	if err := json.Unmarshal(data, &r); err != nil {
		return Report{}, fmt.Errorf("decode report: %w", err)
	}
	if r.Schema != ReportSchema {
		return Report{}, fmt.Errorf("decode report: schema %q, this program reads %q: %w", r.Schema, ReportSchema, ErrSchema)
	}
	if r.ID == "" || r.Source.ID == "" || r.Source.Edition < 1 {
		return Report{}, fmt.Errorf("decode report: id %q of article %q edition %d: all three are needed", r.ID, r.Source.ID, r.Source.Edition)
	}
	if err := r.check(); err != nil {
		return Report{}, fmt.Errorf("decode report %s: %w", r.ID, err)
	}
	return r, nil
}

// check refuses what no reader of ours says: subjects, metrics and rules rest
// on these words.
func (r *Report) check() error {
	switch r.Role {
	case Main, Other, Background, Withdrawn:
	default:
		return fmt.Errorf("role %q is none of main, other, background, withdrawn", r.Role)
	}
	if !slices.Contains(Types, r.Type) {
		return fmt.Errorf("type %q is not known", r.Type)
	}
	if c := r.Country(); c != "" && len(c) != 2 {
		return fmt.Errorf("country %q is no ISO 3166-1 code of two letters", c)
	}
	for m, t := range r.Totals {
		if t.Min != nil && t.Max != nil && *t.Min > *t.Max {
			return fmt.Errorf("%s from %d to %d", m, *t.Min, *t.Max)
		}
		if t.Point != nil && !quantity.Holds(t.Quantifier, t.Min, t.Max, *t.Point) {
			return fmt.Errorf("%s is %d, which is out of its own bounds", m, *t.Point)
		}
	}
	return nil
}

// Types lists the coarse types: they are subject tokens, metric labels and the
// words of rules.
var Types = []string{
	"bombing", "explosion", "landmine", "chemical_attack", "airstrike", "drone_strike", "shelling", "shooting", "armed_attack", "clash",
	"assassination", "execution", "stabbing", "vehicle_ramming", "assault", "arson", "sabotage", "sexual_violence", "kidnapping", "hijacking",
	"riot", "crackdown", "security_operation", "arrest", "seizure", "bodies_found", "coup", "judicial", "unknown",
}

// Family groups the types that two outlets may give to one incident.
func Family(typ string) string {
	switch typ {
	case "bombing", "explosion", "landmine", "chemical_attack":
		return "explosive"
	case "airstrike", "drone_strike", "shelling":
		return "aerial"
	case "kidnapping", "hijacking":
		return "abduction"
	case "riot", "crackdown":
		return "unrest"
	case "security_operation", "arrest", "seizure", "judicial":
		return "law"
	case "arson", "sabotage":
		return "fire"
	case "unknown":
		return "unknown"
	}
	return "armed"
}
