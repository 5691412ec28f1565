package correlate

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"tocsin/enrich"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)

func n(i int) *int { return &i }

// said is a report of an article, given hours after Monday morning: a bombing
// in Mosul, unless with says otherwise.
func said(article string, hours int, with ...func(*enrich.Report)) *enrich.Report {
	at := monday.Add(time.Duration(hours) * time.Hour)
	r := &enrich.Report{
		Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out", Certainty: "reported",
		Place:    &enrich.Place{Name: "Mosul", Country: "IQ", Precision: "settlement", Basis: "sentence"},
		Occurred: &enrich.Occurred{Earliest: new(monday.Truncate(24 * time.Hour)), Latest: new(monday.Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)), Precision: "day", Basis: "weekday"},
		Source: enrich.Source{ID: "art-" + article, Edition: 1, Feed: "feed-" + article, Outlet: "Outlet " + article, URL: "https://news.example/" + article, Title: "Title of " + article,
			Published: at, FirstSeen: at.Add(time.Minute), Fetched: at.Add(time.Minute), ContentSHA256: strings.Repeat("a", 64)},
	}
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

func killed(k int) func(*enrich.Report) { return figure(enrich.Killed, "exact", "total", n(k), n(k)) }
func injured(k int) func(*enrich.Report) {
	return figure(enrich.Injured, "exact", "total", n(k), n(k))
}
func scores() func(*enrich.Report) { return figure(enrich.Killed, "vague", "total", n(20), nil) }
func atLeast(k int) func(*enrich.Report) {
	return figure(enrich.Killed, "at_least", "total", n(k), nil)
}
func corrected(k int) func(*enrich.Report) {
	return figure(enrich.Killed, "exact", "correction", n(k), n(k))
}
func none() func(*enrich.Report) { return figure(enrich.Killed, "none", "total", n(0), n(0)) }
func unknown() func(*enrich.Report) {
	return figure(enrich.Killed, "unknown", "total", nil, nil)
}
func typ(t, sub string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Type, r.Subtype = t, sub }
}
func outcome(o string) func(*enrich.Report) { return func(r *enrich.Report) { r.Outcome = o } }
func certain(c string) func(*enrich.Report) { return func(r *enrich.Report) { r.Certainty = c } }
func outletOf(a string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Source.Outlet = "Outlet " + a }
}
func familyOf(a string) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Source.Family = "art-" + a }
}
func ordinal(k, of int) func(*enrich.Report) {
	return func(r *enrich.Report) { r.Ordinal, r.Of = k, of }
}
func place(name, country, precision string) func(*enrich.Report) {
	return func(r *enrich.Report) {
		r.Place = &enrich.Place{Name: name, Country: country, Precision: precision}
	}
}
func nowhere() func(*enrich.Report) { return func(r *enrich.Report) { r.Place = nil } }
func day(d int) func(*enrich.Report) {
	return func(r *enrich.Report) {
		from := monday.Truncate(24*time.Hour).AddDate(0, 0, d)
		r.Occurred = &enrich.Occurred{Earliest: &from, Latest: new(from.Add(24*time.Hour - time.Second)), Precision: "day", Basis: "weekday"}
	}
}
func undated() func(*enrich.Report) { return func(r *enrich.Report) { r.Occurred = nil } }
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
func official() func(*enrich.Report) {
	return func(r *enrich.Report) {
		for k := range r.Figures {
			r.Figures[k].Source = &enrich.Said{Text: "police", Kind: "police"}
		}
	}
}

// told folds reports one after another; the statuses are those of each.
func told(t *testing.T, reports ...*enrich.Report) (Incident, []string) {
	t.Helper()
	i, c := Found(reports[0], DefaultThresholds())
	statuses := []string{string(c.Status)}
	for _, r := range reports[1:] {
		next, c := Fold(i, r, DefaultThresholds())
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

func TestFold(t *testing.T) {
	for _, tt := range []struct {
		name     string
		reports  []*enrich.Report
		statuses string // of the versions, "-" for none
		killed   string // min..max and the rule
		severity string
	}{
		{"one report is a new incident", []*enrich.Report{said("a", 0, killed(3))}, "new", "3..3 fuse.first", "Moderate"},
		{"what no text mentions is absent", []*enrich.Report{said("a", 0)}, "new", "", "Minor"},
		{"a spoken none is no absence", []*enrich.Report{said("a", 0, none())}, "new", "0..0 fuse.first", "Minor"},
		{"another outlet says the same", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(3))}, "new silent", "3..3 fuse.newest", "Moderate"},
		{"a rising toll is told", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, killed(5))}, "new update", "5..5 fuse.newest", "Severe"},
		{"a first toll is told", []*enrich.Report{said("a", 0), said("b", 1, killed(1))}, "new update", "1..1 fuse.first", "Moderate"},
		{"a number beats not known", []*enrich.Report{said("a", 0, unknown()), said("b", 1, killed(1))}, "new update", "1..1 fuse.number-beats-unknown", "Moderate"},
		{"not known does not beat a number", []*enrich.Report{said("a", 0, killed(1)), said("b", 1, unknown())}, "new silent", "1..1 fuse.first", "Moderate"},
		{"a lower toll of one outlet waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6))}, "new silent", "8..8 fuse.lower-waits", "Severe"},
		{"a lower toll that two outlets have from one agency waits", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6), familyOf("b")), said("c", 2, killed(6), familyOf("b"))}, "new silent silent", "8..8 fuse.lower-waits", "Severe"},
		{"a lower toll of two outlets stands", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6)), said("c", 2, killed(6))}, "new silent correction", "6..6 fuse.lower-from-two-outlets", "Severe"},
		{"twice one outlet is one outlet", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(6)), said("c", 2, killed(6), outletOf("b"))}, "new silent silent", "8..8 fuse.lower-waits", "Severe"},
		{"two outlets against two wait", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, killed(8)), said("c", 2, killed(6)), said("d", 3, killed(6))},
			"new silent silent silent", "8..8 fuse.lower-waits", "Severe"},
		{"a corrected toll is believed at once", []*enrich.Report{said("a", 0, killed(8)), said("b", 1, corrected(6))}, "new correction", "6..6 fuse.corrected", "Severe"},
		{"an exact toll beats a vague one that it satisfies", []*enrich.Report{said("a", 0, scores()), said("b", 1, killed(30))}, "new update", "30..30 fuse.newest", "Extreme"},
		{"a vague toll leaves an exact one that satisfies it", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, scores())}, "new silent", "30..30 fuse.exact-beats-vague", "Extreme"},
		{"a floor leaves an exact toll that satisfies it", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, atLeast(28))}, "new silent", "30..30 fuse.exact-beats-vague", "Extreme"},
		{"a higher floor is news", []*enrich.Report{said("a", 0, killed(30)), said("b", 1, atLeast(35))}, "new update", "35.. fuse.newest", "Extreme"},
		{"an exact toll below a vague one stands", []*enrich.Report{said("a", 0, scores()), said("b", 1, killed(17))}, "new correction", "17..17 fuse.exact-beats-vague", "Severe"},
		{"the order of arrival does not matter, that of speech does", []*enrich.Report{said("b", 5, killed(5)), said("a", 0, killed(3))}, "new silent", "5..5 fuse.newest", "Severe"},
		{"the same report again changes nothing", []*enrich.Report{said("a", 0, killed(3)), said("a", 0, killed(3))}, "new -", "3..3 fuse.first", "Moderate"},
		{"a later edition takes the place of an earlier one", []*enrich.Report{said("a", 0, killed(3)), said("a", 1, killed(2), edition(2))}, "new correction", "2..2 fuse.first", "Moderate"},
		{"an earlier edition comes too late", []*enrich.Report{said("a", 0, killed(2), edition(2)), said("a", 0, killed(3))}, "new -", "2..2 fuse.first", "Moderate"},
		{"injured people are news", []*enrich.Report{said("a", 0), said("b", 1, injured(4))}, "new update", "", "Moderate"},
		{"a claim is news", []*enrich.Report{said("a", 0), said("b", 1, actor("Islamic State", "claimed"))}, "new update", "", "Minor"},
		{"a second claim is none", []*enrich.Report{said("a", 0, actor("Islamic State", "claimed")), said("b", 1, actor("ISIL", "claimed"))}, "new silent", "", "Minor"},
		{"blame is no claim", []*enrich.Report{said("a", 0), said("b", 1, actor("Islamic State", "blamed"))}, "new silent", "", "Minor"},
		{"a clearer means within one family is none", []*enrich.Report{said("a", 0, typ("explosion", "")), said("b", 1)}, "new silent", "", "Minor"},
		{"another family is news", []*enrich.Report{said("a", 0, typ("unknown", "")), said("b", 1, typ("shooting", ""))}, "new update", "", "Minor"},
		{"a country that becomes known is news", []*enrich.Report{said("a", 0, nowhere()), said("b", 1)}, "new update", "", "Minor"},
		{"a hoax cancels", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, outcome("hoax"))}, "new cancel", "3..3 fuse.first", "Moderate"},
		{"a retraction cancels", []*enrich.Report{said("a", 0, killed(3)), said("b", 1, certain("retracted"))}, "new cancel", "3..3 fuse.first", "Moderate"},
		{"a second denial is silent", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, outcome("hoax"))}, "new cancel silent", "", "Minor"},
		{"a denial of before does not cancel", []*enrich.Report{said("b", 5), said("a", 0, outcome("hoax"))}, "new silent", "", "Minor"},
		{"a cancelled incident can come back", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax")), said("c", 2, killed(2))}, "new cancel update", "2..2 fuse.first", "Moderate"},
		{"an edition that takes its hoax back", []*enrich.Report{said("a", 0, outcome("unknown")), said("b", 1, outcome("hoax")), said("b", 2, outcome("unknown"), edition(2))}, "new cancel update", "", "Unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, statuses := told(t, tt.reports...)
			if got := strings.Join(statuses, " "); got != tt.statuses {
				t.Errorf("statuses %q, want %q; %v", got, tt.statuses, i.Explain)
			}
			if got := totalText(i.Totals, enrich.Killed); got != tt.killed {
				t.Errorf("killed %q, want %q", got, tt.killed)
			}
			if i.Assessment.Severity != tt.severity {
				t.Errorf("severity %s by %s, want %s", i.Assessment.Severity, i.Assessment.Rule, tt.severity)
			}
			checkSchema(t, &i)
		})
	}
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
	return bound(t.Min) + ".." + bound(t.Max) + " " + t.Rule
}

func TestWithdraw(t *testing.T) {
	i, _ := told(t, said("a", 0, killed(3)), said("b", 1, killed(5)))
	later := said("b", 2, edition(2)).Source
	less, c := Withdraw(i, &later, DefaultThresholds())
	if got := totalText(less.Totals, enrich.Killed); c.Status != Correction || got != "3..3 fuse.first" || len(less.Figures) != 1 || less.Sources.Articles != 1 {
		t.Errorf("without b: %s, killed %q, %d figures, %+v; want a correction to 3 by one article", c.Status, got, len(less.Figures), less.Sources)
	}
	if _, c := Withdraw(less, &later, DefaultThresholds()); !c.None {
		t.Errorf("the same again = %+v, want nothing", c)
	}
	if stranger := said("c", 2, edition(2)).Source; true {
		if _, c := Withdraw(i, &stranger, DefaultThresholds()); !c.None {
			t.Errorf("an article that never told of it = %+v, want nothing", c)
		}
	}
	last := said("a", 3, edition(2)).Source
	gone, c := Withdraw(less, &last, DefaultThresholds())
	if c.Status != Cancel || gone.Assessment.Certainty != "Unlikely" {
		t.Errorf("without any article: %s, %+v; want a cancellation", c.Status, gone.Assessment)
	}
	checkSchema(t, &gone)
}

func TestSeverity(t *testing.T) {
	for _, tt := range []struct {
		name           string
		report         *enrich.Report
		severity, rule string
	}{
		{"20 killed", said("a", 0, killed(20)), "Extreme", "sev.killed>=20"},
		{"19 killed", said("a", 0, killed(19)), "Severe", "sev.killed>=5"},
		{"killed and injured together", said("a", 0, killed(4), injured(96)), "Extreme", "sev.casualties>=100"},
		{"a ceiling is not sure", said("a", 0, figure(enrich.Killed, "at_most", "total", nil, n(30))), "Minor", "sev.outcome-known"},
		{"50 abducted", said("a", 0, typ("kidnapping", ""), figure(enrich.Abducted, "exact", "total", n(50), n(50))), "Extreme", "sev.abducted>=50"},
		{"10 hostages", said("a", 0, typ("kidnapping", "hostage_taking"), figure(enrich.Hostages, "exact", "total", n(10), n(10))), "Severe", "sev.abducted>=10"},
		{"a chemical attack", said("a", 0, typ("chemical_attack", "")), "Extreme", "sev.chemical"},
		{"one that was foiled", said("a", 0, typ("chemical_attack", ""), outcome("foiled")), "Minor", "sev.outcome-known"},
		{"20 injured", said("a", 0, injured(20)), "Severe", "sev.injured>=20"},
		{"an assassination", said("a", 0, typ("assassination", "")), "Severe", "sev.assassination"},
		{"hostages are held", said("a", 0, typ("kidnapping", "hostage_taking"), outcome("ongoing")), "Severe", "sev.hostages-held"},
		{"two tactics, one plan", said("a", 0, func(r *enrich.Report) { r.Complex = true }), "Severe", "sev.complex"},
		{"one killed", said("a", 0, killed(1)), "Moderate", "sev.killed>=1"},
		{"two injured", said("a", 0, injured(2)), "Minor", "sev.outcome-known"},
		{"a bomb at a school", said("a", 0, none(), func(r *enrich.Report) { r.Place.SiteKind = "school" }), "Moderate", "sev.site"},
		{"a stabbing at a school", said("a", 0, typ("stabbing", ""), func(r *enrich.Report) { r.Place.SiteKind = "school" }), "Minor", "sev.outcome-known"},
		{"nothing is known", said("a", 0, outcome("unknown")), "Unknown", "sev.nothing-known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := Found(tt.report, DefaultThresholds())
			if i.Assessment.Severity != tt.severity || i.Assessment.Rule != tt.rule {
				t.Errorf("severity %s by %s, want %s by %s", i.Assessment.Severity, i.Assessment.Rule, tt.severity, tt.rule)
			}
		})
	}
}

func TestCertainty(t *testing.T) {
	for _, tt := range []struct {
		name    string
		reports []*enrich.Report
		want    string
	}{
		{"one outlet", []*enrich.Report{said("a", 0)}, "Likely"},
		{"two outlets", []*enrich.Report{said("a", 0), said("b", 1)}, "Observed"},
		{"two articles of one outlet", []*enrich.Report{said("a", 0), said("b", 1, outletOf("a"))}, "Likely"},
		{"police count the dead", []*enrich.Report{said("a", 0, killed(2), official())}, "Observed"},
		{"confirmed", []*enrich.Report{said("a", 0, certain("confirmed"))}, "Observed"},
		{"only claimed", []*enrich.Report{said("a", 0, certain("claimed")), said("b", 1, certain("possible"))}, "Possible"},
		{"the last word is a denial", []*enrich.Report{said("a", 0), said("b", 1, outcome("hoax"))}, "Unlikely"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if i, _ := told(t, tt.reports...); i.Assessment.Certainty != tt.want {
				t.Errorf("certainty %s, want %s", i.Assessment.Certainty, tt.want)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"the default is valid", func(*Config) {}, nil},
		{"an hour is too short", func(c *Config) { c.Open = time.Hour }, []string{"correlate.open"}},
		{"longer than the stream keeps", func(c *Config) { c.Open = 100 * 24 * time.Hour }, []string{"correlate.open"}},
		{"thresholds rise", func(c *Config) { c.Severity.SevereKilled = 100 }, []string{"for killed"}},
		{"thresholds are above zero", func(c *Config) { c.Severity.ModerateAbducted = 0 }, []string{"for abducted"}},
		{"every mistake is told at once", func(c *Config) { c.Open, c.Drain, c.Severity.SevereInjured = 0, -1, 0 }, []string{"correlate.open", "correlate.drain", "for injured"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			tt.change(&cfg)
			err := cfg.Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("Validate = %v, want %q", err, tt.want)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("Validate = %v, want it to say %q", err, w)
				}
			}
		})
	}
}

var incidentSchema = func() *jsonschema.Schema {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/incident.schema.json")
	if err != nil {
		panic(err)
	}
	return s
}()

// checkSchema fails where the incident's JSON is not what the schema promises.
func checkSchema(t interface {
	Helper()
	Errorf(string, ...any)
}, i *Incident) {
	t.Helper()
	data, err := json.Marshal(i)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err == nil {
		err = incidentSchema.Validate(v)
	}
	if err != nil {
		t.Errorf("%v in\n%s", err, data)
	}
	back, err := Decode(data)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if again, err := json.Marshal(back); err != nil || string(again) != string(data) {
		t.Errorf("decoded and encoded again (%v), it is\n%s\nnot\n%s", err, again, data)
	}
}

// The schema speaks of the same words as the code.
func TestSchemaKnowsEveryType(t *testing.T) {
	data, err := os.ReadFile("testdata/incident.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Defs struct {
			Type   struct{ Enum []string }
			Figure struct {
				Properties struct {
					Measure struct{ Enum []enrich.Measure }
				}
			}
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(enrich.Types, doc.Defs.Type.Enum); d != "" {
		t.Errorf("types (-code +schema)\n%s", d)
	}
	if d := cmp.Diff(enrich.Measures, doc.Defs.Figure.Properties.Measure.Enum); d != "" {
		t.Errorf("measures (-code +schema)\n%s", d)
	}
}

// anyReport draws a report of one article.
func anyReport(t *rapid.T, article string) *enrich.Report {
	with := []func(*enrich.Report){
		typ(rapid.SampledFrom([]string{"bombing", "explosion", "unknown", "shooting", "armed_attack"}).Draw(t, "type"), rapid.SampledFrom([]string{"", "suicide"}).Draw(t, "subtype")),
		outcome(rapid.SampledFrom([]string{"carried_out", "unknown", "ongoing", "hoax"}).Draw(t, "outcome")),
		certain(rapid.SampledFrom([]string{"", "reported", "confirmed", "retracted", "claimed"}).Draw(t, "certainty")),
		rapid.SampledFrom([]func(*enrich.Report){nowhere(), place("Mosul", "IQ", "settlement"), place("Iraq", "IQ", "country"), place("a market in Mosul", "IQ", "exact")}).Draw(t, "place"),
		rapid.SampledFrom([]func(*enrich.Report){undated(), day(0), day(1)}).Draw(t, "day"),
		outletOf(rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "outlet")),
	}
	k := rapid.IntRange(0, 40).Draw(t, "number")
	with = append(with, rapid.SampledFrom([]func(*enrich.Report){func(*enrich.Report) {}, killed(k), atLeast(k), scores(), corrected(k), none(), unknown(), injured(k)}).Draw(t, "killed"))
	if rapid.Bool().Draw(t, "claimed") {
		with = append(with, actor("Group "+article, "claimed"))
	}
	return said(article, rapid.IntRange(0, 5).Draw(t, "hours"), with...)
}

// What an incident says follows from the set of its reports: not from the order
// in which they came, nor from how often.
func TestTheOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		founder := anyReport(t, "a")
		var others []*enrich.Report
		for k := range rapid.IntRange(1, 6).Draw(t, "others") {
			others = append(others, anyReport(t, string(rune('b'+k))))
		}
		again := rapid.Permutation(others).Draw(t, "order")
		again = append(again, rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(others), founder)), 0, 5).Draw(t, "again")...)
		fold := func(reports []*enrich.Report) Incident {
			i, _ := Found(founder, DefaultThresholds())
			for _, r := range reports {
				i, _ = Fold(i, r, DefaultThresholds())
			}
			return i
		}
		one, two := fold(others), fold(again)
		if one.Version != two.Version {
			t.Fatalf("versions %d and %d", one.Version, two.Version)
		}
		// How it came to be may differ; what it is may not.
		for _, i := range []*Incident{&one, &two} {
			i.Status, i.Updated, i.Explain.Diff, i.Explain.Rules = "", time.Time{}, nil, nil
		}
		if d := cmp.Diff(one, two); d != "" {
			t.Fatalf("in another order (-one +two)\n%s", d)
		}
	})
}

func TestFoldLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, _ := Found(anyReport(t, "a"), DefaultThresholds())
		for k := range rapid.IntRange(1, 6).Draw(t, "others") {
			r := anyReport(t, string(rune('a'+k)))
			if rapid.Bool().Draw(t, "edition") {
				edition(2)(r)
				r.ID = enrich.ReportID(r.Source, r.Ordinal)
			}
			before, err := json.Marshal(i)
			if err != nil {
				t.Fatal(err)
			}
			reportBefore, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			next, _ := Fold(i, r, DefaultThresholds())
			checkSchema(t, &next)
			withdrawn, _ := Withdraw(i, &r.Source, DefaultThresholds())
			checkSchema(t, &withdrawn)
			if after, err := json.Marshal(i); err != nil || string(after) != string(before) {
				t.Fatalf("the incident was changed (%v): %s", err, cmp.Diff(string(before), string(after)))
			}
			if after, err := json.Marshal(r); err != nil || string(after) != string(reportBefore) {
				t.Fatalf("the report was changed (%v): %s", err, cmp.Diff(string(reportBefore), string(after)))
			}
			i = next
		}
	})
}

// A huge story still fits a message, keeps its founder, and ends with the news.
func TestLimitsHold(t *testing.T) {
	founder := said("0000", 0, killed(1))
	i, _ := Found(founder, DefaultThresholds())
	const articles = 2*maxReadings + 10
	var last *enrich.Report
	for k := 1; k < articles; k++ {
		with := []func(*enrich.Report){killed(k), injured(k), figure(enrich.Missing, "exact", "total", n(k), n(k)), actor(fmt.Sprintf("Group %d", k), "blamed")}
		// Ids are hashes: they tell nothing of the order.
		last = said(fmt.Sprintf("%04d", k*7919%10000), k, with...)
		var c Change
		if i, c = Fold(i, last, DefaultThresholds()); c.None {
			t.Fatalf("report %d changed nothing", k)
		}
	}
	if len(i.Readings) > maxReadings || len(i.Provenance) > maxReadings || len(i.Figures) > maxFigures || len(i.Actors) > maxActors {
		t.Errorf("%d readings, %d articles, %d figures, %d actors", len(i.Readings), len(i.Provenance), len(i.Figures), len(i.Actors))
	}
	if i.Readings[0].Report != founder.ID || i.Readings[len(i.Readings)-1].Report != last.ID {
		t.Error("the first or the last reading is gone")
	}
	if got := totalText(i.Totals, enrich.Killed); got != fmt.Sprintf("%d..%d fuse.newest", articles-1, articles-1) {
		t.Errorf("killed %q, want the newest", got)
	}
	if !slices.ContainsFunc(i.Figures, func(f enrich.Figure) bool { return f.Evidence[0].Article == last.Source.ID }) {
		t.Error("the newest article's figures are gone")
	}
	data, err := json.Marshal(i)
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 512<<10 {
		t.Errorf("it takes %d bytes, more than a message", len(data))
	}
	if next, c := Fold(i, said("7919", 1, killed(1)), DefaultThresholds()); !c.None {
		t.Errorf("a report that is too old for it made version %d", next.Version)
	}
	checkSchema(t, &i)
}

// Long titles and quotes make a story outgrow a message before it has many reports.
func TestAWordyStoryFitsAMessage(t *testing.T) {
	i, _ := Found(said("0000", 0, killed(1)), DefaultThresholds())
	for k := 1; k < 80; k++ {
		r := said(fmt.Sprintf("%04d", k), k, killed(k))
		r.Source.Title = strings.Repeat("long ", 100)
		r.Figures[0].Evidence[0].Text = strings.Repeat("word ", 2000)
		i, _ = Fold(i, r, DefaultThresholds())
		if s := size(&i); s > maxBytes {
			t.Fatalf("with %d reports it takes %d bytes", k+1, s)
		}
	}
	if got := totalText(i.Totals, enrich.Killed); got != "79..79 fuse.newest" {
		t.Errorf("killed %q, want the newest", got)
	}
}

func TestIDs(t *testing.T) {
	a, _ := Found(said("a", 0), DefaultThresholds())
	again, _ := Found(said("a", 0), DefaultThresholds())
	second, _ := Found(said("a", 0, ordinal(1, 2)), DefaultThresholds())
	later, _ := Found(said("b", 1), DefaultThresholds())
	if a.ID != again.ID {
		t.Errorf("the same report founds %s and %s", a.ID, again.ID)
	}
	if a.ID == second.ID || a.ID == later.ID {
		t.Error("two incidents have one id")
	}
	if a.ID >= later.ID {
		t.Errorf("ids do not sort by time: %s is before %s", later.ID, a.ID)
	}
	if got := a.MsgID(); got != a.ID+".1" {
		t.Errorf("MsgID = %q", got)
	}
}

func TestDecode(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"no JSON", "x", "decode incident"},
		{"another version", `{"schema":"tocsin.incident/2"}`, "unknown schema version"},
		{"no id", `{"schema":"tocsin.incident/1","version":1}`, "both are needed"},
		{"unknown fields are ignored", `{"schema":"tocsin.incident/1","id":"inc-1","version":1,"type":"bombing","assessment":{"severity":"Minor"},"mood":[1]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode([]byte(tt.in))
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Decode(%s) = %v, want %q", tt.in, err, tt.want)
			}
		})
	}
}

func TestDecodeRefusesWhatIsNotOurs(t *testing.T) {
	good := `{"schema":"tocsin.incident/1","id":"inc-01kkdszag074rawa9e0m0artb0","version":1,"type":"bombing","assessment":{"severity":"Minor"},"later":1}`
	if _, err := Decode([]byte(good)); err != nil {
		t.Errorf("a good incident with an unknown field gives %v", err)
	}
	for name, change := range map[string][2]string{
		"an id that is no subject token": {"inc-01kkdszag074rawa9e0m0artb0", "inc x"},
		"an id that is a wildcard":       {"inc-01kkdszag074rawa9e0m0artb0", "inc->"},
		"another's id":                   {"inc-01kkdszag074rawa9e0m0artb0", "art-1"},
		"an unknown type":                {`"bombing"`, `"Foo Bar.*"`},
		"an unknown severity":            {`"Minor"`, `"huge"`},
		"no version":                     {`"version":1`, `"version":0`},
		"another major version":          {"incident/1", "incident/2"},
	} {
		if _, err := Decode([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// TestIndependentOutlets: whoever repeats one text is one voice.
func TestIndependentOutlets(t *testing.T) {
	for _, tt := range []struct {
		name, readings string // outlet/family, parted by spaces
		want           int
	}{
		{"nobody", "", 0},
		{"one outlet", "A/1 A/2 A/3", 1},
		{"one letter case", "Daily/1 DAILY/2", 1},
		{"two outlets, two texts", "A/1 B/2", 2},
		{"two outlets, one text", "A/1 B/1", 1},
		{"thirty prints and one account", "A/1 B/1 C/1 D/1 E/1 F/2", 2},
		{"an account beside the print", "A/1 B/1 B/2", 2},
		{"an outlet that has both keeps its own", "B/1 B/2 A/1", 2},
		{"a chain", "A/1 A/2 B/2 B/3 C/3 C/1", 3},
		{"texts without family are their own", "A/ B/", 2},
		{"two stories in two outlets", "A/1 A/2 B/1 B/2 C/1", 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var readings []Reading
			for k, r := range strings.Fields(tt.readings) {
				outlet, family, _ := strings.Cut(r, "/")
				readings = append(readings, Reading{Outlet: outlet, Family: family, Article: fmt.Sprint("art-", k)})
			}
			for range 3 {
				if got := countSources(readings).Independent; got != tt.want {
					t.Fatalf("%d independent outlets in %s, want %d", got, tt.readings, tt.want)
				}
				slices.Reverse(readings)
			}
		})
	}
}
