package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml/parser"
	gocmp "github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"tocsin/enrich"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

const readme = "../../README.md"

func readReadme(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// readmePart holds the part of README.md between the comments of that name to
// what the program gives; -update writes it.
func readmePart(t *testing.T, name, want string) {
	t.Helper()
	text := readReadme(t)
	begin, end := "<!-- begin: "+name+" -->\n", "<!-- end: "+name+" -->"
	head, rest, ok := strings.Cut(text, begin)
	got, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("README.md has no part %q", name)
	}
	want = strings.Trim(want, "\n") + "\n"
	if got == want {
		return
	}
	if !*update {
		t.Errorf("README.md, part %s (-README +program); 'go test ./cmd/tocsin -update' writes it:\n%s", name, gocmp.Diff(got, want))
		return
	}
	if err := os.WriteFile(readme, []byte(head+begin+want+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

func fenced(kind, text string) string {
	return "```" + kind + "\n" + strings.Trim(text, "\n") + "\n```\n"
}

func TestReadmeBeginsWithCommands(t *testing.T) {
	_, rest, ok := strings.Cut(readReadme(t), "```sh\n")
	block, _, _ := strings.Cut(rest, "```")
	if want := "go run ./cmd/tocsin run --demo\ngo test ./...\n"; !ok || block != want {
		t.Errorf("the first commands of README.md are\n%s, want\n%s", block, want)
	}
}

func TestReadmeTag(t *testing.T) {
	const file = "testdata/article.txt"
	code, out, errs := runHere(t, "", "tag", "--published", "2021-07-24", file)
	if code != exitOK || errs != "" {
		t.Fatalf("code %d: %s", code, errs)
	}
	var b strings.Builder
	b.WriteString("$ go run ./cmd/tocsin tag --published 2021-07-24 cmd/tocsin/" + file + "\n")
	for line := range strings.Lines(out) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	readmePart(t, "tag", fenced("text", b.String()))
}

// The table of readings is the sentences of testdata/readings.txt as the tagger
// reads them, published on a Tuesday.
func TestReadmeReadings(t *testing.T) {
	data, err := os.ReadFile("testdata/readings.txt")
	if err != nil {
		t.Fatal(err)
	}
	tagger := enrich.NewTagger()
	var b strings.Builder
	b.WriteString("| sentence | reading |\n| --- | --- |\n")
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		a := &ingest.Article{Schema: ingest.ArticleSchema, ID: "a", Edition: 1, Body: line, Published: time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)}
		fmt.Fprintf(&b, "| %s | %s |\n", line, reading(tagger.Tag(a)))
	}
	readmePart(t, "readings", b.String())
}

func reading(reports []enrich.Report) string {
	var parts []string
	for i := range reports {
		r := &reports[i]
		what := strings.ReplaceAll(r.Type, "_", " ")
		if r.Outcome != "carried_out" && r.Outcome != "unknown" && r.Outcome != "" {
			what += ", " + r.Outcome
		}
		if r.Role == enrich.Background {
			what += " (background)"
		}
		var figures []string
		for k := range r.Figures {
			f := &r.Figures[k]
			s := string(f.Measure) + " " + interval(f.Min, f.Max)
			if f.Quantifier == "approx" {
				s = string(f.Measure) + " about " + interval(f.Min, f.Max)
			}
			var marks []string
			if f.Scope != "current" && (f.Scope != "background" || r.Role != enrich.Background) {
				marks = append(marks, f.Scope)
			}
			if f.Relation != "total" {
				marks = append(marks, f.Relation)
			}
			if len(marks) > 0 {
				s += " (" + strings.Join(marks, ", ") + ")"
			}
			figures = append(figures, s)
		}
		if len(figures) > 0 {
			what += ": " + strings.Join(figures, ", ")
		}
		parts = append(parts, what)
	}
	if len(parts) == 0 {
		return "no incident"
	}
	return strings.Join(parts, "; ")
}

func interval(low, high *int) string {
	switch {
	case low == nil && high == nil:
		return "unknown"
	case low == nil:
		return fmt.Sprintf("at most %d", *high)
	case high == nil:
		return fmt.Sprintf("at least %d", *low)
	case *low == 0 && *high == 0:
		return "none"
	case *low == *high:
		return fmt.Sprint(*low)
	}
	return fmt.Sprintf("%d to %d", *low, *high)
}

// measured names the figures of .ci/accuracy.json that the README shows.
var measured = []struct{ key, what string }{
	{"gold.relevance_f1", "87 news articles, by hand: incident or not, F1"},
	{"gold.killed_point", "… killed in the main incident, number right"},
	{"gold.injured_point", "… injured, number right"},
	{"gold.zero_right", "… a stated zero, right"},
	{"gold.incident_f1", "… all incidents of an article, F1"},
	{"gold.type_group", "… type"},
	{"gold.country", "… country"},
	{"gold.date", "… date"},
	{"gold.background_kept_apart", "… older figures kept apart"},
	{"muc4.killed_f1", "674 long articles, Latin America 1988–91: killed, F1"},
	{"muc4.injured_f1", "… injured, F1"},
	{"muc4.relevant_f1", "… incident or not, F1"},
	{"wikiterror.killed_f1", "131 encyclopaedic blurbs: killed, F1"},
	{"wikiterror.injured_f1", "… injured, F1"},
	{"awsd.killed_f1", "1,746 summaries of attacks on aid workers: killed, F1"},
	{"awsd.injured_f1", "… injured, F1"},
	{"awsd.abducted_f1", "… abducted, F1"},
	{"phenomena.figure", "133 difficult sentences: figures right"},
}

func TestReadmeAccuracy(t *testing.T) {
	data, err := os.ReadFile("../../.ci/accuracy.json")
	if errors.Is(err, fs.ErrNotExist) {
		readmePart(t, "accuracy", "Not measured yet.")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var figures map[string]float64
	if err := json.Unmarshal(data, &figures); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("A number counts when it is exactly right. On development data that is not part of this repository (F1 balances what is found and what is false). The model that tells incidents from other news learnt from these texts too: how it does on texts that it has not seen stands at the head of `enrich/model.txt` (F1 .92 on the first set, .84 on the second).\n\n| measured on | |\n| --- | --- |\n")
	for _, m := range measured {
		v, ok := figures[m.key]
		if !ok {
			t.Errorf(".ci/accuracy.json has no %s", m.key)
			continue
		}
		fmt.Fprintf(&b, "| %s | %s |\n", m.what, strings.TrimPrefix(fmt.Sprintf("%.2f", v), "0"))
	}
	b.WriteString("\n" + fenced("sh", "python3 ../shared/eval/evaluate.py --cmd './tocsin tag --jsonl' --floor .ci/accuracy.json"))
	readmePart(t, "accuracy", b.String())
}

// The abridged alert has no field that alerts do not have.
func TestReadmeAlert(t *testing.T) {
	_, rest, _ := strings.Cut(readReadme(t), "```json\n")
	block, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no alert")
	}
	d := json.NewDecoder(strings.NewReader(block))
	d.DisallowUnknownFields()
	var a sink.Alert
	if err := d.Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Data.Schema != sink.AlertSchema || a.ID != fmt.Sprintf("%s.%d", a.Data.Incident, a.Data.Version) || a.Subject != a.Data.Incident {
		t.Errorf("schema %q, id %q, subject %q do not fit", a.Data.Schema, a.ID, a.Subject)
	}
}

func TestReadmeKeys(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| (?:`(.*)` )?\\| ")
	rows := row.FindAllStringSubmatch(readReadme(t), -1)
	n := 0
	for _, m := range rows {
		if strings.HasPrefix(m[1], "tocsin") {
			continue
		}
		n++
		v := reflect.ValueOf(defaultConfig())
		for _, key := range strings.Split(m[1], ".") {
			i, ok := keysOf(v.Type())[key]
			if !ok {
				t.Fatalf("README.md: %s is no key", m[1])
			}
			v = v.Field(i)
		}
		if m[2] == "" {
			continue
		}
		f, err := parser.ParseBytes([]byte(m[2]), 0)
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(v.Type()).Elem()
		for _, err := range decodeNode("README.md", f.Docs[0].Body, got, m[1]) {
			t.Error(err)
		}
		if d := gocmp.Diff(v.Interface(), got.Interface()); d != "" {
			t.Errorf("README.md: default of %s (-program +README):\n%s", m[1], d)
		}
	}
	if n != 10 {
		t.Errorf("README.md has %d keys, want the ten most used", n)
	}
}

// Whatever a link in the documentation points to is there.
func TestDocumentationLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	files, err := filepath.Glob("../../deploy/*/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("documentation below deploy: %v, %v", files, err)
	}
	for k := range files {
		files[k] = strings.TrimPrefix(filepath.ToSlash(files[k]), "../../")
	}
	for _, file := range append(files, "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md") {
		data, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join("../..", filepath.Dir(file), m[1])); err != nil {
				t.Errorf("%s: link to %s: %v", file, m[1], err)
			}
		}
	}
}

// The README's list of metrics is what a daemon at work exposes.
func TestReadmeMetrics(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	served, err := startDemo(log)
	if err != nil {
		t.Fatal(err)
	}
	defer served.close()
	cfg := defaultConfig()
	cfg.Data, cfg.HTTP.Listen, cfg.NATS.Durability = t.TempDir(), "", bus.Relaxed
	cfg.Ingest.WebSub.Callback = "https://tocsin.invalid/websub/"
	served.apply(&cfg)
	var out bustest.Buffer
	d := newDaemon(cfg, "", func() (config, error) { return cfg, nil }, log, &out)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	if !until(func() bool { return strings.Count(out.String(), "\n") >= 5 }) {
		t.Error("no alerts")
	}
	families, err := d.reg.Gather()
	if err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	types := map[string]string{}
	for _, f := range families {
		types[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Error(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "tocsin_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, name := range []string{"tocsin_ingest_feed_silent_since_timestamp_seconds"} { // of what the demo has none
		types[name] = "gauge"
	}
	descs := make(chan *prometheus.Desc)
	go func() { d.reg.Describe(descs); close(descs) }()
	part := regexp.MustCompile(`fqName: "(tocsin_\w+)", help: "(.*?)", (?:unit: ".*?", )?constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)
	var rows []string
	for desc := range descs {
		m := part.FindStringSubmatch(desc.String())
		if m == nil {
			continue // Go's and the process's own
		}
		typ := cmp.Or(types[m[1]], "counter") // a vector that nothing has counted in yet
		if types[m[1]] == "" && !strings.HasSuffix(m[1], "_total") {
			t.Errorf("%s is described and not exposed", m[1])
		}
		var labels []string
		for _, l := range strings.Split(m[3]+","+m[4], ",") {
			if l, _, _ = strings.Cut(l, "="); l != "" {
				labels = append(labels, l)
			}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", m[1], typ, strings.Join(labels, ", "), strings.ReplaceAll(m[2], "|", "\\|")))
	}
	slices.Sort(rows)
	readmePart(t, "metrics", "| name | type | labels | what |\n| --- | --- | --- | --- |\n"+strings.Join(slices.Compact(rows), ""))
}

// subscribe is the README's example of a subscriber that misses nothing.
func subscribe(ctx context.Context, url string, each func(subject string, alert []byte)) error {
	nc, err := nats.Connect(url)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	desk, err := js.CreateOrUpdateConsumer(ctx, "TOCSIN_ALERTS", jetstream.ConsumerConfig{
		Durable: "desk", FilterSubject: "tocsin.v1.alert.*.iq.>", AckPolicy: jetstream.AckExplicitPolicy,
	})
	if err != nil {
		return err
	}
	alerts, err := desk.Consume(func(m jetstream.Msg) {
		each(m.Subject(), m.Data())
		m.Ack() // what is not acknowledged comes again
	})
	if err != nil {
		return err
	}
	defer alerts.Stop()
	<-ctx.Done()
	return nil
}

func TestReadmeSubscribe(t *testing.T) {
	src, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(src, []byte("func subscribe("))
	body, _, _ := strings.Cut(string(src[i:]), "\n}\n")
	readmePart(t, "subscribe", fenced("go", body+"\n}"))

	cfg := bustest.Config(t, t.TempDir())
	cfg.Listen = "127.0.0.1:0"
	b, err := bus.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, country := range []string{"pk", "iq"} {
		s := b.Inbound("alert", "severe", country, "bombing", "new")
		if _, err := b.Publish(t.Context(), bus.Message{Subject: s, ID: s, Data: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var got []string
	if err := subscribe(ctx, b.ClientURL(), func(subject string, _ []byte) { got = append(got, subject); cancel() }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"tocsin.v1.alert.severe.iq.bombing.new"}; !slices.Equal(got, want) {
		t.Errorf("the subscriber got %v, want %v", got, want)
	}
}
