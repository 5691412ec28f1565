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
	"pgregory.net/rapid"

	"tocsin/enrich"
	"tocsin/internal/bus"
)

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
		{"the order of arrival does not matter, that of speech does", []*enrich.Report{said("b", 5, killed(5)), said("a", 0, killed(3))}, "new silent", "5..5 fuse.newest", "Severe"},
		{"the same report again changes nothing", []*enrich.Report{said("a", 0, killed(3)), said("a", 0, killed(3))}, "new -", "3..3 fuse.first", "Moderate"},
		{"a later edition takes the place of an earlier one", []*enrich.Report{said("a", 0, killed(3)), said("a", 1, killed(2), edition(2))}, "new correction", "2..2 fuse.first", "Moderate"},
		{"an earlier edition comes too late", []*enrich.Report{said("a", 0, killed(2), edition(2)), said("a", 0, killed(3))}, "new -", "2..2 fuse.first", "Moderate"},
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

func TestWithdraw(t *testing.T) {
	i, _ := told(t, said("a", 0, killed(3)), said("b", 1, killed(5)))
	later := said("b", 2, edition(2)).Source
	less, c := Withdraw(i, &later, defaults())
	if got := totalText(less.Totals, enrich.Killed); c.Status != Correction || got != "3..3 fuse.first" || len(less.Figures) != 1 || less.Sources.Articles != 1 {
		t.Errorf("without b: %s, killed %q, %d figures, %+v; want a correction to 3 by one article", c.Status, got, len(less.Figures), less.Sources)
	}
	if _, c := Withdraw(less, &later, defaults()); !c.None {
		t.Errorf("the same again = %+v, want nothing", c)
	}
	stranger := said("c", 2, edition(2)).Source
	if _, c := Withdraw(i, &stranger, defaults()); !c.None {
		t.Errorf("an article that never told of it = %+v, want nothing", c)
	}
	last := said("a", 3, edition(2)).Source
	gone, c := Withdraw(less, &last, defaults())
	if c.Status != Cancel || gone.Assessment.Certainty != "Unlikely" {
		t.Errorf("without any article: %s, %+v; want a cancellation", c.Status, gone.Assessment)
	}
	checkSchema(t, &gone)
}

func TestProvenanceIsNeverNull(t *testing.T) {
	t.Skip("gather leaves Provenance nil where no reading is left: the schema, and readers of version 1, want an empty list")
	i, _ := told(t, said("a", 0, killed(3)))
	later := said("a", 2, edition(2)).Source
	gone, _ := Withdraw(i, &later, defaults())
	data, err := json.Marshal(gone)
	if err != nil || !strings.Contains(string(data), `"provenance":[]`) {
		t.Errorf("an incident without articles is %s (%v)", data, err)
	}
}

// What attackers lost is kept, and counted by nobody.
func TestPerpetratorsAreNeverCounted(t *testing.T) {
	attackers := func(k int) func(*enrich.Report) {
		return func(r *enrich.Report) {
			r.Figures = append(r.Figures, enrich.Figure{Measure: enrich.Killed, Quantifier: "exact", Min: n(k), Max: n(k), Point: n(k), Who: "perpetrator", Scope: "perpetrator", Relation: "total", Certainty: "reported", Rule: "fig.test",
				Evidence: []enrich.Span{{Article: r.Source.ID, Field: "body", Start: 100, End: 110, Text: "four gunmen"}}})
		}
	}
	i, _ := told(t, said("a", 0, killed(3), attackers(4)), said("b", 1, attackers(40)), said("c", 2, killed(3), attackers(90)))
	if got := totalText(i.Totals, enrich.Killed); got != "3..3 fuse.newest" {
		t.Errorf("killed %q, want the three victims", got)
	}
	kept := 0
	for _, f := range i.Figures {
		if f.Scope == "perpetrator" && f.Evidence[0].Text == "four gunmen" {
			kept++
		}
	}
	if kept != 3 || i.Assessment.Severity != "Moderate" {
		t.Errorf("%d figures of attackers are kept, severity %s; want 3 and Moderate", kept, i.Assessment.Severity)
	}
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
		{"50 abducted", said("a", 0, typ("kidnapping", ""), exactly(enrich.Abducted, 50)), "Extreme", "sev.abducted>=50"},
		{"10 hostages", said("a", 0, typ("kidnapping", "hostage_taking"), exactly(enrich.Hostages, 10)), "Severe", "sev.abducted>=10"},
		{"a chemical attack", said("a", 0, typ("chemical_attack", "")), "Extreme", "sev.chemical"},
		{"one that was foiled", said("a", 0, typ("chemical_attack", ""), outcome("foiled")), "Minor", "sev.outcome-known"},
		{"20 injured", said("a", 0, injured(20)), "Severe", "sev.injured>=20"},
		{"an assassination", said("a", 0, typ("assassination", "")), "Severe", "sev.assassination"},
		{"hostages are held", said("a", 0, typ("kidnapping", "hostage_taking"), outcome("ongoing")), "Severe", "sev.hostages-held"},
		{"two tactics, one plan", said("a", 0, func(r *enrich.Report) { r.Complex = true }), "Severe", "sev.complex"},
		{"one killed", said("a", 0, killed(1)), "Moderate", "sev.killed>=1"},
		{"two injured", said("a", 0, injured(2)), "Minor", "sev.outcome-known"},
		{"a bomb at a school", said("a", 0, none(), siteOf("school")), "Moderate", "sev.site"},
		{"a stabbing at a school", said("a", 0, typ("stabbing", ""), siteOf("school")), "Minor", "sev.outcome-known"},
		{"nothing is known", said("a", 0, outcome("unknown")), "Unknown", "sev.nothing-known"},
		{"a toll that no incident has had", said("a", 0, killed(1_000_000_000)), "Minor", "sev.outcome-known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, _ := Found(tt.report, defaults())
			if i.Assessment.Severity != tt.severity || i.Assessment.Rule != tt.rule {
				t.Errorf("severity %s by %s, want %s by %s", i.Assessment.Severity, i.Assessment.Rule, tt.severity, tt.rule)
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
		{"one family is forgotten too soon", func(c *Config) { c.OpenFor.Aerial = time.Hour }, []string{"correlate.open_for.aerial is 1h0m0s"}},
		{"one family as all others", func(c *Config) { c.OpenFor = Windows{} }, nil},
		{"longer than the stream keeps", func(c *Config) { c.Open = 100 * 24 * time.Hour }, []string{"correlate.open"}},
		{"thresholds rise", func(c *Config) { c.Severity.SevereKilled = 100 }, []string{"for killed"}},
		{"thresholds are above zero", func(c *Config) { c.Severity.ModerateAbducted = 0 }, []string{"for abducted"}},
		{"every rise is told", func(c *Config) { c.Tell = Tell{InjuredMin: 1} }, nil},
		{"a step that no toll takes", func(c *Config) { c.Tell.KilledStep = 11 }, []string{"correlate.tell.killed_step is 11"}},
		{"a step down", func(c *Config) { c.Tell.InjuredStep = -.5 }, []string{"correlate.tell.injured_step is -0.5"}},
		{"no one more injured", func(c *Config) { c.Tell.InjuredMin = 0 }, []string{"correlate.tell.injured_min is 0"}},
		{"farther than the Earth is round", func(c *Config) { c.Tell.MovedKm = 30_000 }, []string{"correlate.tell.moved_km is 30000"}},
		{"every mistake is told at once", func(c *Config) {
			c.Open, c.Drain, c.Severity.SevereInjured, c.Tell = 0, -1, 0, Tell{-1, 99, -1, -1}
		},
			[]string{"correlate.open", "correlate.drain", "for injured", "killed_step", "injured_step", "injured_min", "moved_km"}},
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
	if i.Provenance == nil { // see TestProvenanceIsNeverNull
		c := *i
		c.Provenance = []Origin{}
		i = &c
	}
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
	for _, f := range i.Figures {
		if len(f.Evidence) == 0 {
			t.Errorf("a figure without evidence: %+v", f)
		}
	}
}

// The schema speaks of the same words as the code.
func TestSchemaKnowsEveryWord(t *testing.T) {
	data, err := os.ReadFile("testdata/incident.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Properties struct {
			Status struct{ Enum []Status }
		}
		Defs struct {
			Type    struct{ Enum []string }
			Measure struct{ Enum []enrich.Measure }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(enrich.Types, doc.Defs.Type.Enum); d != "" {
		t.Errorf("types (-code +schema)\n%s", d)
	}
	if d := cmp.Diff(enrich.Measures, doc.Defs.Measure.Enum); d != "" {
		t.Errorf("measures (-code +schema)\n%s", d)
	}
	if d := cmp.Diff([]Status{New, Update, Correction, Cancel, FollowUp, Silent}, doc.Properties.Status.Enum); d != "" {
		t.Errorf("statuses (-code +schema)\n%s", d)
	}
}

// anyReport draws a report of one article.
func anyReport(t *rapid.T, article string) *enrich.Report {
	pick := func(what string, list ...func(*enrich.Report)) func(*enrich.Report) {
		return rapid.SampledFrom(list).Draw(t, what)
	}
	as := func(*enrich.Report) {}
	k := rapid.IntRange(0, 40).Draw(t, "number")
	return said(article, float64(rapid.IntRange(0, 5).Draw(t, "hours")),
		pick("type", typ("bombing", ""), typ("bombing", "suicide"), typ("explosion", ""), typ("unknown", ""), typ("shooting", ""), typ("armed_attack", ""), typ("arrest", ""), typ("judicial", "")),
		outcome(rapid.SampledFrom([]string{"carried_out", "carried_out", "unknown", "ongoing", "hoax"}).Draw(t, "outcome")),
		certain(rapid.SampledFrom([]string{"", "reported", "confirmed", "retracted", "claimed"}).Draw(t, "certainty")),
		pick("place", nowhere, place("Mosul"), place("Iraq"), place("the market"), place("Nineveh"), place("Basra")),
		pick("day", undated, day(0), day(0), hour(6), day(-1)),
		outletOf(rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "outlet")),
		pick("credit", as, as, credit("Reuters")),
		pick("role", as, as, role(enrich.Other), role(enrich.Background)),
		pick("killed", as, killed(k), killed(k), atLeast(k), about(k), scores(), revised(k), none(), unknown()),
		pick("injured", as, injured(2*k)),
		pick("source", as, as, official(), from("witness", ""), from("belligerent", "security"), from("military", "militant")),
		pick("previous", as, as, before(k/2)),
		pick("cue", as, as, cues(enrich.CueJoint), cues(enrich.CueClaim), cues(enrich.CueArrest), cues(enrich.CueCourt, "!"+enrich.CueCourt), cues(enrich.CueAccident), cues(enrich.CueLater)),
		pick("actor", as, actor("Group "+article, "claimed"), actor("Group "+article, "blamed")),
	)
}

// What an incident says follows from the set of its reports: not from the order
// in which they came, nor from how often.
func TestTheOrderOfReportsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		founder := anyReport(t, "a")
		var others []*enrich.Report
		for k := range rapid.IntRange(1, 6).Draw(t, "others") {
			others = append(others, anyReport(t, string(rune('b'+k))))
		}
		again := rapid.Permutation(others).Draw(t, "order")
		again = append(again, rapid.SliceOfN(rapid.SampledFrom(append(slices.Clone(others), founder)), 0, 5).Draw(t, "again")...)
		fold := func(reports []*enrich.Report) Incident {
			i, _ := Found(founder, defaults())
			for _, r := range reports {
				i, _ = Fold(i, r, defaults())
			}
			return i
		}
		one, two := fold(others), fold(again)
		if one.Version != two.Version {
			t.Fatalf("versions %d and %d", one.Version, two.Version)
		}
		// How it came to be may differ; what it is may not.
		for _, i := range []*Incident{&one, &two} {
			i.Status, i.Updated, i.Explain, i.Told = "", time.Time{}, Explain{}, nil
		}
		a, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(two)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(a), string(b)); d != "" {
			t.Fatalf("in another order (-one +two)\n%s", d)
		}
	})
}

func TestFoldLeavesItsInputAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i, _ := Found(anyReport(t, "a"), defaults())
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
			next, _ := Fold(i, r, defaults())
			withdrawn, _ := Withdraw(i, &r.Source, defaults())
			if k == 0 || len(next.Readings) == 4 { // it takes milliseconds
				checkSchema(t, &next)
				checkSchema(t, &withdrawn)
			}
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
	t.Parallel()
	founder := said("0000", 0, killed(1))
	i, _ := Found(founder, defaults())
	const articles = maxReadings + 15
	var last *enrich.Report
	for k := 1; k < articles; k++ {
		with := []func(*enrich.Report){killed(k), injured(k), exactly(enrich.Missing, k), actor(fmt.Sprintf("Group %d", k), "blamed")}
		// Ids are hashes: they tell nothing of the order.
		last = said(fmt.Sprintf("%04d", k*7919%10000), float64(k), with...)
		var c Change
		if i, c = Fold(i, last, defaults()); c.None {
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
	if s := i.size(); s > bus.MaxMessage {
		t.Errorf("it takes %d bytes, more than a message", s)
	}
	if next, c := Fold(i, said("7919", 1, killed(1)), defaults()); !c.None {
		t.Errorf("a report that is too old for it made version %d", next.Version)
	}
	checkSchema(t, &i)
}

// Long titles, quotes and decisions make a story outgrow a message before it has many
// reports.
func TestAWordyStoryFitsAMessage(t *testing.T) {
	i, _ := Found(said("0000", 0, killed(1)), defaults())
	for k := 1; k < 80; k++ {
		r := said(fmt.Sprintf("%04d", k), float64(k), killed(k))
		r.Source.Title = strings.Repeat("long ", 100)
		r.Figures[0].Evidence[0].Text = strings.Repeat("word ", 2000)
		i, _ = Fold(i, r, defaults())
		if s := i.size(); s > maxBytes {
			t.Fatalf("with %d reports it takes %d bytes", k+1, s)
		}
	}
	if got := totalText(i.Totals, enrich.Killed); got != "79..79 fuse.newest" {
		t.Errorf("killed %q, want the newest", got)
	}
}

// One report may be as large as a message: its incident is larger by what a version
// adds.
func TestOneHugeReportFitsAMessage(t *testing.T) {
	r := said("a", 0, killed(3))
	for k := range 300 {
		figure(enrich.Injured, "exact", "part", n(k), n(k))(r)
		r.Figures[len(r.Figures)-1].Evidence[0].Text = strings.Repeat("word ", 300)
	}
	i, _ := Found(r, defaults())
	if s := i.size(); s > bus.MaxMessage {
		t.Errorf("it takes %d bytes, more than a message", s)
	}
	checkSchema(t, &i)
}

func TestIDs(t *testing.T) {
	a, _ := Found(said("a", 0), defaults())
	again, _ := Found(said("a", 0), defaults())
	second, _ := Found(said("a", 0, ordinal(1, 2)), defaults())
	later, _ := Found(said("b", 1), defaults())
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
	x := readingOf(said("a", 0))
	if newID(&x, 0) != a.ID || newID(&x, 1) == a.ID || newID(&x, 1) == newID(&x, 2) {
		t.Error("an article founds a second incident by another id, and each by its own")
	}
}

func TestDecode(t *testing.T) {
	good := `{"schema":"tocsin.incident/1","id":"inc-01kkdszag074rawa9e0m0artb0","version":1,"type":"bombing","assessment":{"severity":"Minor"},"later":[1]}`
	if _, err := Decode([]byte(good)); err != nil {
		t.Errorf("a good incident with an unknown field gives %v", err)
	}
	for _, tt := range []struct{ name, from, to, want string }{
		{"no JSON", good, "x", "decode incident"},
		{"an id that is no subject token", "inc-01kkdszag074rawa9e0m0artb0", "inc x", "not one of ours"},
		{"an id that is a wildcard", "inc-01kkdszag074rawa9e0m0artb0", "inc->", "not one of ours"},
		{"another's id", "inc-01kkdszag074rawa9e0m0artb0", "art-1", "not one of ours"},
		{"no id", "inc-01kkdszag074rawa9e0m0artb0", "", "both are needed"},
		{"an unknown type", `"bombing"`, `"Foo Bar.*"`, "not known"},
		{"an unknown severity", `"Minor"`, `"huge"`, "not known"},
		{"no version", `"version":1`, `"version":0`, "both are needed"},
		{"another major version", "incident/1", "incident/2", "unknown schema version"},
	} {
		if _, err := Decode([]byte(strings.Replace(good, tt.from, tt.to, 1))); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to say %q", tt.name, err, tt.want)
		}
	}
}
