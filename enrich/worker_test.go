package enrich_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"tocsin/enrich"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reader is a Reader as simple as its article: it tells of one incident in
// each country that the title names.
type reader func(*ingest.Article) []enrich.Report

func (f reader) Tag(a *ingest.Article) []enrich.Report { return f(a) }

func byTitle(a *ingest.Article) []enrich.Report {
	countries := strings.Fields(a.Title)
	reports := make([]enrich.Report, len(countries))
	for k, c := range countries {
		if c == "panic" {
			panic("no such country")
		}
		src := enrich.SourceOf(a)
		reports[k] = enrich.Report{Schema: enrich.ReportSchema, ID: enrich.ReportID(src, k), Ordinal: k, Of: len(countries), Role: enrich.Main,
			Type: "bombing", Outcome: "carried_out", Source: src}
		if c != "nowhere" {
			reports[k].Place = &enrich.Place{Country: c, Precision: "country"}
		}
	}
	return reports
}

func article(id string, edition int, title string) ingest.Article {
	return ingest.Article{Schema: ingest.ArticleSchema, ID: id, Edition: edition, Feed: "wire", Title: title, ContentSHA256: ingest.ContentHash(title, "", "")}
}

func put(t *testing.T, b *bus.Bus, articles ...ingest.Article) {
	t.Helper()
	for _, a := range articles {
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		putRaw(t, b, a.MsgID(), string(data))
	}
}

func putRaw(t *testing.T, b *bus.Bus, id, data string) {
	t.Helper()
	if _, err := b.Publish(t.Context(), bus.Message{Subject: b.Subject("article", "wire"), ID: id, Data: []byte(data)}); err != nil {
		t.Fatal(err)
	}
}

// start runs a worker; stop ends it and fails the test unless it returns nil.
func start(t *testing.T, b *bus.Bus, r enrich.Reader, reg prometheus.Registerer) (stop func()) {
	t.Helper()
	cfg := enrich.DefaultConfig()
	cfg.Workers, cfg.Log, cfg.Metrics = 2, bustest.Log(t), reg
	w := enrich.NewWorker(b, r, cfg)
	return bustest.Start(t, w.Run)
}

// reports waits for n reports on the stream, and returns "subject id" of each
// in the order of their articles.
func reports(t *testing.T, b *bus.Bus, n int) []enrich.Report {
	t.Helper()
	var list []enrich.Report
	each(t, b, bus.Reports, n, func(m jetstream.Msg) {
		r, err := enrich.DecodeReport(m.Data())
		if err != nil {
			t.Fatal(err)
		}
		if got, want := m.Subject(), b.Subject("report", bus.Token(r.Country()), bus.Token(r.Type)); got != want {
			t.Errorf("report %s is on %s, want %s", r.ID, got, want)
		}
		if got := m.Headers().Get(jetstream.MsgIDHeader); got != r.ID {
			t.Errorf("message id %q, want the report's, %q", got, r.ID)
		}
		list = append(list, r)
	})
	slices.SortFunc(list, func(a, b enrich.Report) int {
		return strings.Compare(fmt.Sprint(a.Source.ID, a.Source.Edition, a.Ordinal), fmt.Sprint(b.Source.ID, b.Source.Edition, b.Ordinal))
	})
	return list
}

// each waits for the first n messages of a stream.
func each(t *testing.T, b *bus.Bus, stream string, n int, f func(jetstream.Msg)) {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.OrderedConsumer(t.Context(), jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	it, err := c.Messages()
	if err != nil {
		t.Fatal(err)
	}
	defer it.Stop()
	for k := range n {
		m, err := it.Next(jetstream.NextMaxWait(20 * time.Second))
		if err != nil {
			t.Fatalf("message %d of %d on %s: %v", k+1, n, stream, err)
		}
		f(m)
	}
}

func stored(t *testing.T, b *bus.Bus, stream string) uint64 {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

func TestArticlesInReportsOut(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	reg := prometheus.NewPedanticRegistry()
	put(t, b, article("art-1", 1, "IQ SY"), article("art-2", 1, "nowhere"), article("art-3", 1, ""))
	putRaw(t, b, "from-a-newer-program", `{"schema":"tocsin.article/1","id":"art-4","edition":1,"title":"LB","mood":{"new":["field"]}}`)
	stop := start(t, b, reader(byTitle), reg)
	var got []string
	for _, r := range reports(t, b, 4) {
		got = append(got, fmt.Sprintf("%s %d/%d %q", r.Source.ID, r.Ordinal, r.Of, r.Country()))
	}
	want := []string{`art-1 0/2 "IQ"`, `art-1 1/2 "SY"`, `art-2 0/1 ""`, `art-4 0/1 "LB"`}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("reports (-want +got)\n%s", d)
	}
	settled(t, b)
	stop()
	if err := testutil.GatherAndCompare(reg, strings.NewReader(`
# HELP tocsin_enrich_articles_total Articles read, by outcome: incident (it is news), background (incidents only as context), nothing, foreign (in another language, not read), set_aside.
# TYPE tocsin_enrich_articles_total counter
tocsin_enrich_articles_total{outcome="background"} 0
tocsin_enrich_articles_total{outcome="foreign"} 0
tocsin_enrich_articles_total{outcome="incident"} 3
tocsin_enrich_articles_total{outcome="nothing"} 1
tocsin_enrich_articles_total{outcome="set_aside"} 0
`), "tocsin_enrich_articles_total"); err != nil {
		t.Error(err)
	}
	problems, err := testutil.GatherAndLint(reg)
	if err != nil || len(problems) > 0 {
		t.Errorf("metrics: %v %v", problems, err)
	}
}

// settled waits until no article is left to read or in work.
func settled(t *testing.T, b *bus.Bus) { t.Helper(); bustest.Settled(t, b, bus.EnrichArticles) }

func TestAPoisonousArticleCostsOnlyItself(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		reason     bus.Reason
	}{
		{"no JSON", "<html>", bus.Unreadable},
		{"nothing at all", "", bus.Unreadable},
		{"another record", `{"schema":"tocsin.article/1","edition":1}`, bus.Unreadable},
		{"another major version", `{"schema":"tocsin.article/2","id":"art-1","edition":1}`, bus.UnknownKind},
		{"it breaks the reader", `{"schema":"tocsin.article/1","id":"art-1","edition":1,"title":"panic"}`, bus.Panicked},
		{"its report exceeds a message", `{"schema":"tocsin.article/1","id":"art-1","edition":1,"title":"huge"}`, bus.TooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := bustest.New(t)
			reg := prometheus.NewRegistry()
			putRaw(t, b, "bad", tt.data)
			put(t, b, article("art-good", 1, "IQ"))
			stop := start(t, b, reader(func(a *ingest.Article) []enrich.Report {
				r := byTitle(a)
				if a.Title == "huge" {
					r[0].Weapons = []string{strings.Repeat("x", bus.MaxMessage)}
				}
				return r
			}), reg)
			if got := reports(t, b, 1); got[0].Source.ID != "art-good" {
				t.Errorf("the report is of %s, want the next article's", got[0].Source.ID)
			}
			each(t, b, bus.Dead, 1, func(m jetstream.Msg) {
				if got, want := m.Subject(), b.Subject("dead", "enrich", string(tt.reason)); got != want || string(m.Data()) != tt.data {
					t.Errorf("dead letter %q on %s, want %q on %s", m.Data(), got, tt.data, want)
				}
				if m.Headers().Get(bus.HeaderError) == "" {
					t.Error("the dead letter does not say why")
				}
			})
			settled(t, b)
			stop()
			if n := metric(t, reg, "tocsin_enrich_articles_total", "set_aside"); n != 1 {
				t.Errorf("%v articles are counted as set aside, want 1", n)
			}
		})
	}
}

// metric is the value of one series, by a label's value.
func metric(t *testing.T, reg *prometheus.Registry, name, label string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if f.GetName() == name && l.GetValue() == label {
					return m.GetCounter().GetValue()
				}
			}
		}
	}
	t.Fatalf("no series %s with %s", name, label)
	return 0
}

func TestRedeliveryPublishesNothingTwice(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	put(t, b, article("art-1", 1, "IQ SY"))
	stop := start(t, b, reader(byTitle), prometheus.NewRegistry())
	reports(t, b, 2)
	settled(t, b)
	stop()
	// A consumer that starts anew gives out everything again.
	if err := b.JS.DeleteConsumer(t.Context(), "TOCSIN_ARTICLES", bus.EnrichConsumer); err != nil {
		t.Fatal(err)
	}
	put(t, b, article("art-2", 1, "LB"))
	stop = start(t, b, reader(byTitle), prometheus.NewRegistry())
	reports(t, b, 3)
	settled(t, b)
	stop()
	if n := stored(t, b, bus.Reports); n != 3 {
		t.Errorf("%d reports are stored, want 3", n)
	}
}

func TestAnEditionWithoutIncidentsTakesBack(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	put(t, b, article("art-1", 1, ""), article("art-1", 2, ""))
	start(t, b, reader(byTitle), prometheus.NewRegistry())
	got := reports(t, b, 1)[0]
	if got.Role != enrich.Withdrawn || got.Source.Edition != 2 || got.Of != 0 {
		t.Errorf("the report is %+v, want a withdrawn one of edition 2", got)
	}
	settled(t, b)
	if n := stored(t, b, bus.Reports); n != 1 {
		t.Errorf("%d reports are stored, want none for a first edition without incidents", n)
	}
}

func TestAStopFinishesWhatIsInHand(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	put(t, b, article("art-1", 1, "IQ"))
	reading, goOn := make(chan bool), make(chan bool)
	slow := reader(func(a *ingest.Article) []enrich.Report {
		reading <- true
		<-goOn
		return byTitle(a)
	})
	stop := start(t, b, slow, prometheus.NewRegistry())
	<-reading
	stopped := make(chan bool)
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
		t.Error("Run returned with an article in hand")
	case goOn <- true:
	}
	<-stopped
	reports(t, b, 1)
	settled(t, b)
}

func TestWorkGoesOnOverRestarts(t *testing.T) {
	t.Parallel()
	b := bustest.New(t)
	const n = 60
	start(t, b, reader(byTitle), prometheus.NewRegistry())
	for k := range n {
		put(t, b, article(fmt.Sprintf("art-%02d", k), 1, "IQ"))
		if k == n/3 || k == n/2 {
			if err := b.RestartServer(); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(t, b, article("art-last", 1, "SY"))
	// What the restart cut off comes again when AckWait is over; the last one now.
	each(t, b, bus.Reports, 1, func(jetstream.Msg) {})
	for last := false; !last; {
		s, err := b.Stream(t.Context(), bus.Reports)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.GetLastMsgForSubject(t.Context(), b.Subject("report", "sy", "bombing"))
		last = err == nil
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  enrich.Config
		want string
	}{
		{"the default is valid", enrich.DefaultConfig(), ""},
		{"no negative workers", enrich.Config{Workers: -1}, "enrich.workers"},
		{"no thousand workers", enrich.Config{Workers: 1000}, "enrich.workers"},
		{"no negative drain", enrich.Config{Drain: -1}, "enrich.drain"},
		{"every mistake is told at once", enrich.Config{Workers: -1, Drain: -1}, "enrich.drain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if (err == nil) != (tt.want == "") || (err != nil && !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("Validate(%+v) = %v, want %q", tt.cfg, err, tt.want)
			}
		})
	}
}

func TestDecodeReportRefusesNonsense(t *testing.T) {
	good := `{"schema":"tocsin.report/1","id":"rep-1","role":"main","type":"bombing","place":{"country":"IQ"},"totals":{"killed":{"min":1,"max":3}},"article":{"id":"art-1","edition":1},"later":{}}`
	if _, err := enrich.DecodeReport([]byte(good)); err != nil {
		t.Errorf("a good report with an unknown field gives %v", err)
	}
	for name, change := range map[string][2]string{
		"an unknown type":        {`"bombing"`, `"Foo Bar.*"`},
		"an unknown role":        {`"main"`, `"lead"`},
		"a country that is none": {`"IQ"`, `"ZZZZ"`},
		"a toll upside down":     {`"min":1`, `"min":9`},
		"no article":             {`"art-1"`, `""`},
		"another major version":  {"report/1", "report/2"},
	} {
		if _, err := enrich.DecodeReport([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
