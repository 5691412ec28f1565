package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/correlate/match"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// bombing is what an article says of a bombing in a city of Iraq.
func bombing(article, outlet, title, city string, killed, hour int) enrich.Report {
	at := time.Date(2026, 3, 9, hour, 0, 0, 0, time.UTC)
	day := time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	end := day.Add(24*time.Hour - time.Second)
	r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
		Place:    &enrich.Place{Name: city, Country: "IQ", Precision: "settlement"},
		Occurred: &enrich.Occurred{Earliest: &day, Latest: &end, Precision: "day", Basis: "weekday"},
		Totals:   map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed, Quantifier: "exact", Rule: "total.only"}},
		Source: enrich.Source{ID: "art-" + article, Edition: 1, Feed: strings.ToLower(outlet), Outlet: outlet, Title: title, URL: "https://" + strings.ToLower(outlet) + ".example/" + article,
			Published: at, FirstSeen: at.Add(5 * time.Minute), Fetched: at.Add(5 * time.Minute), ContentSHA256: "sha-" + article}}
	r.ID = enrich.ReportID(r.Source, 0)
	return r
}

// putVersions publishes versions as correlation does.
func putVersions(t *testing.T, b *bus.Bus, list ...*correlate.Incident) {
	t.Helper()
	for _, i := range list {
		data, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		m := bus.Message{Subject: b.Subject("incident", bus.Token(i.Place.Country), bus.Token(i.Type), i.ID), ID: i.MsgID(), Data: data, Header: i.Header()}
		if _, err := b.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
}

// told is a stopped data directory with a bombing in Mosul, told of twice, and one in
// Kirkuk from which it was kept apart. The scores are invented: those of matching change.
func toldTwice(t *testing.T) (dir, mosul, kirkuk string) {
	t.Helper()
	dir = t.TempDir()
	b := bustest.Open(t, dir)
	defer b.Close()
	cfg := correlate.DefaultConfig()
	first := bombing("1", "Wire", "Bomb kills three in Mosul", "Mosul", 3, 8)
	second := bombing("2", "Port", "Toll of Mosul market bombing rises to nine", "Mosul", 9, 10)
	other := bombing("3", "Delta", "Blast at Kirkuk checkpoint", "Kirkuk", 2, 9)
	k, _ := correlate.Found(&other, &cfg)
	k.Readings[0].Match = &correlate.Decision{By: "founded"}
	v1, _ := correlate.Found(&first, &cfg)
	v1.Readings[0].Match = &correlate.Decision{By: "founded"}
	v2, _ := correlate.Fold(v1, &second, &cfg)
	v2.Readings[1].Match = &correlate.Decision{By: "score", Score: 4.25,
		Reasons: []match.Reason{{Feature: "place.town", Added: 2.5}, {Feature: "bias", Added: -2}, {Feature: "type.same", Added: 1.5}, {Feature: "time.day", Added: 1.25}, {Feature: "killed.grown", Added: 0.95}, {Feature: "outlet.same", Added: 0.05}},
		Apart:   []correlate.Rival{{Incident: k.ID, Score: -1.25, Reasons: []match.Reason{{Feature: "bias", Added: -2}, {Feature: "type.same", Added: 1.5}, {Feature: "place.apart", Added: -0.75}}}}}
	v2.Related = []correlate.Link{{ID: k.ID, Kind: "same_campaign", Score: -1.25}}
	putVersions(t, b, &v1, &k, &v2)
	return dir, v1.ID, k.ID
}

func TestExplain(t *testing.T) {
	dir, mosul, _ := toldTwice(t)
	const file = "testdata/explain.txtar"
	want, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := txtar.Archive{Comment: want.Comment}
	for _, c := range []string{"explain " + mosul, "explain art-2", "incident show " + mosul, "incident show " + mosul + " --versions"} {
		code, out, errs := runHere(t, "", append(strings.Fields(c), "--data", dir)...)
		if code != exitOK || errs != "" {
			t.Errorf("tocsin %s: code %d\n%s", c, code, errs)
		}
		got.Files = append(got.Files, txtar.File{Name: c, Data: []byte(out)})
		for line := range strings.Lines(out) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 100 {
				t.Errorf("tocsin %s: a line of %d characters: %s", c, n, line)
			}
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(&got), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if d := cmp.Diff(string(txtar.Format(want)), string(txtar.Format(&got))); d != "" {
		t.Errorf("%s(-want +got); -update writes it\n%s", want.Comment, d)
	}
}

func TestExplainAsJSON(t *testing.T) {
	dir, mosul, kirkuk := toldTwice(t)
	code, out, errs := runHere(t, "", "explain", mosul, "--data", dir, "--json")
	var x explanation
	if err := json.Unmarshal([]byte(out), &x); code != exitOK || err != nil {
		t.Fatalf("code %d, %v: %s%s", code, err, out, errs)
	}
	i := x.Incident
	if x.Schema != "tocsin.explain/1" || i.ID != mosul || len(i.Versions) != 2 || len(i.Reports) != 2 || i.Versions[1].Diff == nil {
		t.Fatalf("explained as\n%s", out)
	}
	r := i.Reports[1]
	if r.Title == "" || r.Decision.Score != 4.25 || len(r.Decision.Reasons) != 6 || r.Decision.Reasons[0] != (explainedPart{"place.town", "the same town", 2.5}) || r.Decision.Apart[0].Incident != kirkuk {
		t.Errorf("the second report is explained as %+v, %+v", r, r.Decision)
	}
}

// Two beside each other are weighed as matching weighs now; the verdict says what is
// and what would be.
func TestExplainTwo(t *testing.T) {
	dir, mosul, kirkuk := toldTwice(t)
	for _, tt := range []struct {
		name, a, b string
		want       []string
	}{
		{"two incidents", mosul, kirkuk, []string{"They are kept apart", "each report against " + mosul, "Delta: Blast at Kirkuk checkpoint", "the same kind of incident +"}},
		{"the other way round", kirkuk, mosul, []string{"They are kept apart", "each report against " + mosul}},
		{"two articles of one incident", "art-1", "art-2", []string{"They are together in " + mosul, "the same town +"}},
		{"an article and its own incident: the others of it", mosul, "art-2", []string{"They are together in " + mosul, "art-2", "the same town +"}},
		{"an article and another incident", "art-3", mosul, []string{"They are kept apart", "Delta: "}},
		{"a report by its id", enrich.ReportID(bombing("3", "", "", "", 0, 0).Source, 0), "art-1", []string{"They are kept apart"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := runHere(t, "", "explain", tt.a, tt.b, "--data", dir)
			if code != exitOK || errs != "" {
				t.Fatalf("code %d: %s", code, errs)
			}
			for _, w := range tt.want {
				if !strings.Contains(out, w) {
					t.Errorf("no %q in\n%s", w, out)
				}
			}
		})
	}
}

func TestExplainWhatCannotBe(t *testing.T) {
	dir, mosul, _ := toldTwice(t)
	nobody := "inc-" + strings.Repeat("0", 26)
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"explain 7", exitUsage, `"7" is no id: those of incidents begin with inc-`},
		{"explain " + mosul + " " + mosul, exitUsage, "is named twice"},
		{"explain " + nobody, exitFailed, "there is no incident " + nobody},
		{"explain art-9", exitFailed, "there is no article art-9: the stream keeps them for 14 days"},
		{"explain rep-9", exitFailed, "there is no report rep-9"},
		{"explain art-9 " + mosul, exitFailed, "there is no article art-9"},
		{"incident show " + nobody, exitFailed, "there is no incident " + nobody},
		{"incident show art-1", exitUsage, `"art-1" is no incident id`},
	} {
		t.Run(tt.args, func(t *testing.T) {
			code, out, errs := runHere(t, "", append(strings.Fields(tt.args), "--data", dir)...)
			if code != tt.code || out != "" || !strings.Contains(errs, tt.want) {
				t.Errorf("code %d, %s%s; want %d, %s", code, out, errs, tt.code, tt.want)
			}
		})
	}
}

// An article that tells of nothing new is in no incident; it is read again to say why.
func TestExplainAnArticleInNoIncident(t *testing.T) {
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	put := func(title, body string) string {
		a := ingest.Article{Schema: ingest.ArticleSchema, Edition: 1, Feed: "wire", Outlet: "The Wire", Title: title, Body: body, Published: time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)}
		a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
		a.ID = ingest.ArticleID(a.Feed, title)
		data, err := json.Marshal(&a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: a.MsgID(), Data: data}); err != nil {
			t.Fatal(err)
		}
		return a.ID
	}
	quiet := put("Nurses march in Leeds", "The strike by nurses entered its third week, and 4,000 of them marched in Leeds on Monday.")
	news := put("Bomb kills twelve in Mosul", "A car bomb killed 12 people at a market in Mosul, Iraq, on Monday, police said.")
	b.Close()
	code, out, errs := runHere(t, "", "explain", quiet, "--data", dir)
	if want := quiet + " tells of no incident.\n"; code != exitOK || out != want {
		t.Errorf("code %d, %s%s; want %s", code, out, errs, want)
	}
	code, out, errs = runHere(t, "", "explain", news, "--data", dir)
	if code != exitOK || !strings.Contains(out, "in no incident") || !strings.Contains(out, "bombing: 12 killed") {
		t.Errorf("code %d, %s%s; want a bombing that is in no incident", code, out, errs)
	}
	code, out, errs = runHere(t, "", "explain", quiet, news, "--data", dir)
	if want := fmt.Sprintf("tocsin: %s tells of no incident: there is nothing to put beside the other\n", quiet); code != exitFailed || errs != want {
		t.Errorf("code %d, %s%s; want %s", code, out, errs, want)
	}
}
