package correlate

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)

func n(i int) *int { return &i }

func defaults() *Config {
	cfg := DefaultConfig()
	return &cfg
}

// said is a report of an article, given hours after Monday morning: a bombing
// in Mosul, unless with says otherwise.
func said(article string, hours float64, with ...func(*enrich.Report)) *enrich.Report {
	at := monday.Add(time.Duration(hours * float64(time.Hour)))
	r := &enrich.Report{
		Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out", Certainty: "reported",
		Source: enrich.Source{ID: "art-" + article, Edition: 1, Feed: "feed-" + article, Outlet: "Outlet " + article, URL: "https://news.example/" + article, Title: "Title of " + article,
			Published: at, FirstSeen: at.Add(time.Minute), Fetched: at.Add(time.Minute), ContentSHA256: strings.Repeat("a", 64)},
	}
	place("Mosul")(r)
	day(0)(r)
	for _, f := range with {
		f(r)
	}
	for k := range r.Figures {
		r.Figures[k].Evidence[0].Article = r.Source.ID
	}
	r.ID = enrich.ReportID(r.Source, r.Ordinal)
	return r
}

func figure(m enrich.Measure, quantifier, relation string, low, high *int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		f := enrich.Figure{Measure: m, Quantifier: quantifier, Min: low, Max: high, Scope: "current", Relation: relation, Certainty: "reported", Rule: "fig.test",
			Evidence: []enrich.Span{{Field: "body", Start: 10 * len(r.Figures), End: 10*len(r.Figures) + 5, Text: "words"}}}
		t := enrich.Total{Min: low, Max: high, Quantifier: quantifier, Rule: "total.test"}
		if low != nil && high != nil && *low == *high {
			f.Point, t.Point = low, low
		}
		r.Figures = append(r.Figures, f)
		if r.Totals == nil {
			r.Totals = map[enrich.Measure]enrich.Total{}
		}
		r.Totals[m] = t
	}
}

func exactly(m enrich.Measure, k int) func(*enrich.Report) {
	return figure(m, "exact", "total", n(k), n(k))
}

// disputed is a total on which the sources of one article disagree.
func disputed(m enrich.Measure, low, high int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		figure(m, "exact", "total", n(low), n(low))(r)
		figure(m, "exact", "total", n(high), n(high))(r)
		r.Totals[m] = enrich.Total{Min: n(low), Max: n(high), Point: n(high), Quantifier: "range", Conflict: true, Rule: "total.test"}
	}
}
func killed(k int) func(*enrich.Report)  { return exactly(enrich.Killed, k) }
func injured(k int) func(*enrich.Report) { return exactly(enrich.Injured, k) }
func scores() func(*enrich.Report)       { return figure(enrich.Killed, "vague", "total", n(20), nil) }
func atLeast(k int) func(*enrich.Report) {
	return figure(enrich.Killed, "at_least", "total", n(k), nil)
}
func about(k int) func(*enrich.Report) {
	return figure(enrich.Killed, "approx", "total", n(k), n(k))
}
func revised(k int) func(*enrich.Report) {
	return figure(enrich.Killed, "exact", "correction", n(k), n(k))
}
func none() func(*enrich.Report) { return figure(enrich.Killed, "none", "total", n(0), n(0)) }
func unknown() func(*enrich.Report) {
	return figure(enrich.Killed, "unknown", "total", nil, nil)
}

// from says who gives the figures, and what they say of whom they count.
func from(kind, who string) func(*enrich.Report) {
	return func(r *enrich.Report) {
		for k := range r.Figures {
			r.Figures[k].Source, r.Figures[k].Who = &enrich.Said{Text: kind, Kind: kind}, who
			if kind == "belligerent" && who == "security" {
				r.Figures[k].Certainty = "claimed" // that it killed them
			}
		}
	}
}

func official() func(*enrich.Report) { return from("police", "") }

// before says which number the figures take the place of.
func before(k int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		for i := range r.Figures {
			r.Figures[i].Previous = n(k)
		}
	}
}

func typ(t, sub string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Type, r.Subtype = t, sub }
}
func outcome(o string) func(*enrich.Report) { return func(r *enrich.Report) { r.Outcome = o } }
func certain(c string) func(*enrich.Report) { return func(r *enrich.Report) { r.Certainty = c } }
func role(x enrich.Role) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Role = x }
}
func inPassing(r *enrich.Report) { r.Role, r.Passing = enrich.Background, true }
func outletOf(a string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Source.Outlet = "Outlet " + a }
}
func familyOf(a string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Source.Family = "art-" + a }
}
func credit(agency string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Source.Credit = agency }
}
func ordinal(k, of int) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Ordinal, r.Of = k, of }
}
func words(list string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Terms = append(r.Terms, strings.Fields(list)...) }
}
func cues(list ...string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Cues = append(r.Cues, list...) }
}

// towns are places as the reader of articles gives them.
var towns = map[string]enrich.Place{
	"Mosul":      town("Mosul", "IQ", 99072, 36.335, 43.119, 10_400),
	"Basra":      town("Basra", "IQ", 99532, 30.508, 47.783, 12_000),
	"Tal Afar":   town("Tal Afar", "IQ", 98463, 36.376, 42.449, 3_000),
	"Aleppo":     town("Aleppo", "SY", 170063, 36.201, 37.161, 12_000),
	"Quetta":     town("Quetta", "PK", 1167528, 30.184, 67.001, 6_900),
	"Maiduguri":  town("Maiduguri", "NG", 2331447, 11.847, 13.157, 7_000),
	"Beni":       town("Beni", "CD", 219057, 0.491, 29.473, 3_900),
	"Culiacán":   town("Culiacán", "MX", 4012176, 24.799, -107.39, 8_000),
	"Kharkiv":    town("Kharkiv", "UA", 706483, 49.981, 36.253, 9_600),
	"Mindanao":   town("Cotabato", "PH", 1717053, 7.224, 124.247, 5_000),
	"Iraq":       {Country: "IQ", Precision: "country"},
	"the market": {Name: "Saray market", Admin: "Mosul", Country: "IQ", GeoNames: 99072, Lat: new(36.335), Lon: new(43.119), Radius: 10_400, Precision: "settlement", SiteKind: "market", Gazetteer: "geonames"},
	"Nineveh":    {Name: "Nineveh", Country: "IQ", Lat: new(36.2), Lon: new(42.5), Radius: 120_000, Precision: "admin1", Gazetteer: "tocsin"},
}

func town(name, country string, id int, lat, lon float64, radius int) enrich.Place {
	return enrich.Place{Name: name, Country: country, GeoNames: id, Lat: &lat, Lon: &lon, Radius: radius, Precision: "settlement", Basis: "sentence", Gazetteer: "geonames"}
}

func place(name string) func(*enrich.Report) {
	p, ok := towns[name]
	if !ok {
		panic("no town " + name)
	}
	return func(r *enrich.Report) {
		r.Place, r.Places = &p, nil
		for _, name := range []string{p.Name, p.Admin} {
			if name != "" {
				r.Places = append(r.Places, strings.ToLower(name))
			}
		}
	}
}

func siteOf(site string) func(*enrich.Report) {
	return func(r *enrich.Report) {
		p := *r.Place
		p.SiteKind = site
		r.Place = &p
	}
}

func nowhere(r *enrich.Report) { r.Place, r.Places = nil, nil }
func undated(r *enrich.Report) { r.Occurred = nil }

// day is a day counted from Monday.
func day(d int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		from := monday.Truncate(24*time.Hour).AddDate(0, 0, d)
		r.Occurred = &enrich.Occurred{Earliest: &from, Latest: new(from.Add(24*time.Hour - time.Second)), Precision: "day", Basis: "weekday"}
	}
}

// hour is an hour of Monday.
func hour(h int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		from := monday.Truncate(24 * time.Hour).Add(time.Duration(h) * time.Hour)
		r.Occurred = &enrich.Occurred{Earliest: &from, Latest: new(from.Add(time.Hour - time.Second)), Precision: "hour", Basis: "relative"}
	}
}

func edition(e int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		r.Source.Edition, r.Source.ContentSHA256 = e, strings.Repeat(fmt.Sprint(e), 64)
	}
}

func actor(name, role string) func(*enrich.Report) {
	return func(r *enrich.Report) {
		r.Actors = append(r.Actors, enrich.Actor{Name: name, Role: role, Evidence: []enrich.Span{{Article: r.Source.ID, Field: "body", Start: 1, End: 2, Text: "x"}}})
	}
}

// recalls has the article name an older incident.
func recalls(t, town string, d, dead int) func(*enrich.Report) {
	old := &enrich.Report{}
	place(town)(old)
	day(d)(old)
	killed(dead)(old)
	return func(r *enrich.Report) {
		r.About = append(r.About, enrich.About{Type: t, Place: old.Place, Occurred: old.Occurred, Totals: old.Totals})
	}
}

// told folds reports one after another; the statuses are those of each.
func told(t testing.TB, reports ...*enrich.Report) (Incident, []string) {
	t.Helper()
	i, c := Found(reports[0], defaults())
	statuses := []string{string(c.Status)}
	for _, r := range reports[1:] {
		next, c := Fold(i, r, defaults())
		if c.None {
			statuses = append(statuses, "-")
			continue
		}
		if next.Version != i.Version+1 || next.Supersedes == nil || *next.Supersedes != i.Version || next.Status != c.Status {
			t.Errorf("version %d, supersedes %v, status %s after version %d with change %s", next.Version, next.Supersedes, next.Status, i.Version, c.Status)
		}
		i = next
		statuses = append(statuses, string(c.Status))
	}
	return i, statuses
}

func totalText(totals map[enrich.Measure]enrich.Total, m enrich.Measure) string {
	t, ok := totals[m]
	if !ok {
		return ""
	}
	bound := func(p *int) string {
		if p == nil {
			return ""
		}
		return fmt.Sprint(*p)
	}
	s := bound(t.Min) + ".." + bound(t.Max) + " " + t.Rule
	if t.Conflict {
		s += " conflict"
	}
	return s
}

// tester is a test, or a property of one.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// reader is a book, what it has told, and its incidents as they are.
type reader struct {
	t     tester
	book  *Book
	last  map[string]*Incident
	steps []Step
}

func newReader(t tester) *reader {
	return &reader{t: t, book: NewBook(defaults(), 0, nil), last: map[string]*Incident{}}
}

// read takes in reports; it returns what became of the last one.
func (x *reader) read(reports ...*enrich.Report) (o Outcome) {
	x.t.Helper()
	for _, r := range reports {
		var err error
		if o, err = x.book.Take(r); err != nil {
			x.t.Fatal(err)
		}
		for _, s := range o.Steps {
			i := s.Incident
			switch was := x.last[i.ID]; {
			case was == nil && (i.Version != 1 || i.Supersedes != nil):
				x.t.Errorf("the first version of %s is %d", i.ID, i.Version)
			case was != nil && (i.Version != was.Version+1 || i.Supersedes == nil || *i.Supersedes != was.Version):
				x.t.Errorf("after version %d of %s comes %d, which supersedes %v", was.Version, i.ID, i.Version, i.Supersedes)
			}
			if i.Status != s.Change.Status {
				x.t.Errorf("a version with status %s is told as %s", i.Status, s.Change.Status)
			}
			x.last[i.ID] = i
		}
		x.steps = append(x.steps, o.Steps...)
		x.book.Settle(&o)
		for _, s := range o.Steps {
			id := s.Incident.ID
			if i := x.book.full(id); len(i.Readings) > 0 && !sameCards(CardOf(i), x.book.index.Card(id)) {
				x.t.Errorf("the card of %s is not that of its readings", id)
			}
		}
	}
	return o
}

// sameCards tells whether two cards know the same.
func sameCards(a, b *match.Card) bool {
	stored := func(c *match.Card) []byte { return match.EncodeStored([]match.Stored{{ID: c.ID, Card: c}}) }
	return bytes.Equal(stored(a), stored(b))
}

// incidents are those that have readings, each as its articles, in the order in which
// they were said: "a b c". An article's second report is "a.1".
func (x *reader) incidents() []string {
	var out []string
	for _, i := range x.last {
		if len(i.Readings) > 0 {
			out = append(out, articles(i))
		}
	}
	slices.Sort(out)
	return out
}

func articles(i *Incident) string {
	var list []string
	for _, y := range i.Readings {
		a := strings.TrimPrefix(y.Article, "art-")
		if y.Ordinal > 0 {
			a += fmt.Sprint(".", y.Ordinal)
		}
		list = append(list, a)
	}
	return strings.Join(list, " ")
}

// statuses are those of the versions, in order, those of merged incidents too.
func (x *reader) statuses() string {
	var out []string
	for _, s := range x.steps {
		out = append(out, string(s.Change.Status))
	}
	return strings.Join(out, " ")
}

// of is the incident that has an article's reading; nil where none has it.
func (x *reader) of(article string) *Incident {
	for _, i := range x.last {
		if slices.ContainsFunc(i.Readings, func(y Reading) bool { return y.Article == "art-"+article }) {
			return i
		}
	}
	return nil
}
