package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// These tests run the real Prometheus and Alertmanager on the files of deploy/. Set
// TOCSIN_PROMETHEUS to a folder that has both; deploy/prometheus/check fetches them.

func prometheusTools(t *testing.T) string {
	dir := os.Getenv("TOCSIN_PROMETHEUS")
	if dir == "" {
		t.Skip("TOCSIN_PROMETHEUS names no folder with prometheus and alertmanager")
	}
	return dir
}

// freePort is free until somebody else takes it.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// launch starts a program that is stopped when the test ends, or by what it returns.
func launch(t *testing.T, name string, args ...string) (stop func()) {
	t.Helper()
	cmd := exec.Command(name, args...)
	log := &bustest.Buffer{}
	cmd.Stdout, cmd.Stderr = io.Discard, log
	// The test's own settings are no keys of the daemon's.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(kv string) bool { return strings.HasPrefix(kv, envPrefix) })
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		if err := cmd.Wait(); err != nil && !t.Failed() {
			t.Errorf("%s: %v\n%s", filepath.Base(name), err, log)
		}
		if t.Failed() {
			t.Logf("%s says\n%s", filepath.Base(name), log)
		}
	})
	t.Cleanup(stop)
	return stop
}

// launchTocsin starts the demo with more configuration, and returns its address.
func launchTocsin(t *testing.T, config string) (address string, stop func()) {
	t.Helper()
	address = freePort(t)
	path := filepath.Join(t.TempDir(), "tocsin.yaml")
	writeFile(t, path, "nats: {durability: relaxed}\n"+config)
	return address, launch(t, cmp.Or(os.Getenv("TOCSIN"), "tocsin"), "run", "--demo", "--config", path, "--http", address)
}

// edit changes a YAML file of deploy/ and writes the copy.
func edit(t *testing.T, from, to string, change func(map[string]any)) {
	t.Helper()
	doc := map[string]any{}
	readYAML(t, from, &doc)
	change(doc)
	data, err := yaml.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, string(data))
}

func items(v any) (list []map[string]any) {
	for _, x := range v.([]any) {
		list = append(list, x.(map[string]any))
	}
	return list
}

// atOnce makes rules fire at once, and compare with what is a second old.
func atOnce(rule map[string]any) {
	rule["expr"] = strings.ReplaceAll(rule["expr"].(string), "offset 5m", "offset 1s")
	if rule["for"] != nil {
		rule["for"] = "1s"
	}
}

// scraping has a job scrape one process.
func scraping(address string) func(job map[string]any) {
	return func(job map[string]any) { job["static_configs"] = []any{map[string]any{"targets": []string{address}}} }
}

// launchPrometheus starts Prometheus with the configuration of deploy/, but for its
// addresses, and hurried: it scrapes and evaluates all the time. Rules and the job of
// Tocsin are changed by the caller.
func launchPrometheus(t *testing.T, tools, alertmanager string, rules, tocsin func(map[string]any)) (address string) {
	t.Helper()
	dir := t.TempDir()
	address = freePort(t)
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, path := range glob(t, prometheusDir+"/rules/*.yml") {
		edit(t, path, filepath.Join(dir, "rules", filepath.Base(path)), func(doc map[string]any) {
			for _, g := range items(doc["groups"]) {
				g["interval"] = "500ms"
				for _, r := range items(g["rules"]) {
					rules(r)
				}
			}
		})
	}
	edit(t, prometheusDir+"/prometheus.yml", filepath.Join(dir, "prometheus.yml"), func(doc map[string]any) {
		doc["global"] = map[string]any{"scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "500ms"}
		for _, to := range items(doc["alerting"].(map[string]any)["alertmanagers"]) {
			scraping(alertmanager)(to)
		}
		for _, job := range items(doc["scrape_configs"]) {
			if job["job_name"] == "tocsin" {
				tocsin(job)
			} else {
				scraping(address)(job)
			}
		}
	})
	book := filepath.Join(dir, "runbook")
	if err := os.CopyFS(book, os.DirFS(prometheusDir)); err != nil {
		t.Fatal(err)
	}
	launch(t, filepath.Join(tools, "prometheus"), "--config.file", filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--web.user-assets", book, "--log.level", "warn",
		"--alertmanager.notification-queue-capacity", "1000", "--rules.alert.resend-delay", "1s")
	return address
}

// ask puts a question to Prometheus.
func ask(address, path string, query url.Values, into any) error {
	resp, err := http.Get("http://" + address + "/api/v1/" + path + "?" + query.Encode())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", resp.Status, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", resp.Status, answer.Error)
	}
	return json.Unmarshal(answer.Data, into)
}

type vector struct {
	Result []struct{ Metric map[string]string }
}

func (v vector) String() string { return fmt.Sprint(v.Result) }

func evaluate(address, expr string) (v vector, err error) {
	err = ask(address, "query", url.Values{"query": {expr}}, &v)
	return v, err
}

func await(t *testing.T, what string, happened func() bool) {
	t.Helper()
	if !until(happened) {
		t.Fatalf("not within %v: %s", patience, what)
	}
}

// dashboard is what a test needs to know of Grafana's.
type dashboard struct {
	UID, Title string
	Panels     []panel
	Templating struct {
		List []struct{ Name, Type, Query string }
	}
	Annotations struct {
		List []struct{ Name, Expr string }
	}
}

type panel struct {
	ID                 int
	Title, Description string
	Type               string
	GridPos            struct{ X, Y, W, H int }
	Targets            []struct{ Expr, RefID string }
}

func readDashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	all := map[string]dashboard{}
	for _, path := range glob(t, grafanaDir+"/dashboards/*.json") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboard
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[filepath.Base(path)] = d
	}
	return all
}

// grafanaVariables are what Grafana puts in before it asks.
var grafanaVariables = strings.NewReplacer("$__rate_interval", "1m", "$__interval", "1m", "$__range", "1h", "$job", ".*", "$country", ".*")

// expressions are all that rules and dashboards ask Prometheus, by where they stand.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for k, r := range readRules(t) {
		all[fmt.Sprintf("rule %d %s", k, r.Alert)] = r.Expr
	}
	for file, d := range readDashboards(t) {
		for _, p := range d.Panels {
			for _, q := range p.Targets {
				all[fmt.Sprintf("%s: %s: %s", file, p.Title, q.RefID)] = grafanaVariables.Replace(q.Expr)
			}
		}
		for _, v := range d.Templating.List {
			if metric, _, ok := strings.Cut(strings.TrimPrefix(v.Query, "label_values("), ","); ok {
				all[file+": variable "+v.Name] = metric
			}
		}
		for _, a := range d.Annotations.List {
			if a.Expr != "" {
				all[file+": annotation "+a.Name] = grafanaVariables.Replace(a.Expr)
			}
		}
	}
	return all
}

// absent are series that a daemon in good health has none of.
var absent = map[string]string{
	"tocsin_ingest_feed_silent_since_timestamp_seconds": "no feed of the demo is silent for a day",
	"job_country:tocsin_sink_severe_incidents:usual6h":  "it takes three days of records",
	"ALERTS": "nothing may be wrong",
}

// A dashboard that asks for what nobody exposes shows nothing, for ever, and a rule
// that does never fires.
func TestEveryQueryFindsItsSeries(t *testing.T) {
	tools := prometheusTools(t)
	tocsin, _ := launchTocsin(t, "ingest: {websub: {callback: \"https://tocsin.invalid/websub/\"}}\n") // so that there may be hubs
	prometheus := launchPrometheus(t, tools, "127.0.0.1:9", atOnce, scraping(tocsin))
	for _, r := range readRules(t) {
		if r.Record != "" && absent[r.Record] == "" {
			await(t, "a series "+r.Record, func() bool {
				v, err := evaluate(prometheus, r.Record)
				return err == nil && len(v.Result) > 0
			})
		}
	}
	asked := map[string][]string{}
	all := expressions(t)
	for where, expr := range all {
		if _, err := evaluate(prometheus, expr); err != nil {
			t.Errorf("%s: %v\n%s", where, err, expr)
		}
		for _, s := range selectors(expr) {
			asked[s] = append(asked[s], where)
		}
	}
	for s, where := range asked {
		v, err := evaluate(prometheus, "count("+s+")")
		if err != nil {
			t.Errorf("%s: %v", s, err)
			continue
		}
		name, _, _ := strings.Cut(s, "{")
		if len(v.Result) == 0 && absent[name] == "" {
			t.Errorf("no series is %s, for which these ask: %q", s, where)
		}
	}
	t.Logf("%d expressions ask for %d kinds of series", len(all), len(asked))
}

// notification is what Alertmanager sends to a webhook.
type notification struct {
	Receiver string
	Alerts   []struct {
		Status      string
		Labels      map[string]string
		Annotations map[string]string
	}
}

// mailbox is the far end of the receivers of alertmanager.yml.
type mailbox struct {
	*httptest.Server
	mu  sync.Mutex
	got map[string]map[string]string // "receiver status alertname name" → annotations
}

func newMailbox(t *testing.T) *mailbox {
	m := &mailbox{got: map[string]map[string]string{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var n notification
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range n.Alerts {
		m.got[strings.Join([]string{strings.TrimPrefix(r.URL.Path, "/"), a.Status, a.Labels["alertname"], a.Labels["name"]}, " ")] = a.Annotations
	}
}

func (m *mailbox) has(what string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.got[what]
}

// launchAlertmanager starts Alertmanager with the routes of deploy/, but for the
// addresses of its receivers and its waits.
func launchAlertmanager(t *testing.T, tools string, box *mailbox) (address string) {
	t.Helper()
	dir := t.TempDir()
	address = freePort(t)
	edit(t, prometheusDir+"/alertmanager.yml", filepath.Join(dir, "alertmanager.yml"), func(doc map[string]any) {
		hurry := func(route map[string]any) {
			route["group_wait"], route["group_interval"] = "1s", "1s"
		}
		route := doc["route"].(map[string]any)
		hurry(route)
		for _, r := range items(route["routes"]) {
			hurry(r)
		}
		for _, r := range items(doc["receivers"]) {
			for _, hook := range items(r["webhook_configs"]) {
				u, err := url.Parse(hook["url"].(string))
				if err != nil {
					t.Fatal(err)
				}
				hook["url"] = box.URL + u.Path
			}
		}
	})
	launch(t, filepath.Join(tools, "alertmanager"), "--config.file", filepath.Join(dir, "alertmanager.yml"), "--storage.path", filepath.Join(dir, "data"),
		"--web.listen-address", address, "--cluster.listen-address", "", "--log.level", "warn")
	return address
}

// desk is a webhook that answers as it is told to.
type desk struct {
	URL string

	mu    sync.Mutex
	code  int
	after time.Duration
}

// newDesk answers at once, with a status.
func newDesk(t testing.TB, code int) *desk {
	d := &desk{code: code}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		code, after := d.code, d.after
		d.mu.Unlock()
		bus.Pause(r.Context(), after)
		w.WriteHeader(code)
	}))
	t.Cleanup(srv.Close)
	d.URL = srv.URL
	return d
}

// answers has it answer so from now on.
func (d *desk) answers(code int, after time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.code, d.after = code, after
}

// From a webhook that is down to whoever is woken, and back; and one message, not
// thirty, when all of it is down.
func TestAnAlertIsRouted(t *testing.T) {
	tools := prometheusTools(t)
	desk := newDesk(t, http.StatusInternalServerError)
	box := newMailbox(t)
	tocsin, stop := launchTocsin(t, "sink: {webhook: [{name: desk, url: "+desk.URL+"}]}\n")
	alertmanager := launchAlertmanager(t, tools, box)
	launchPrometheus(t, tools, alertmanager, atOnce, scraping(tocsin))

	const failing = "TocsinOutputFailing desk"
	await(t, "the pager is told that the output fails", func() bool { return box.has("pager firing "+failing) != nil })
	told := box.has("pager firing " + failing)
	if want := "Output desk takes no alerts"; told["summary"] != want {
		t.Errorf("summary %q, want %q", told["summary"], want)
	}
	if !strings.Contains(told["description"], "Output desk of tocsin has not taken the alert in hand") {
		t.Errorf("description %q", told["description"])
	}
	resp, err := http.Get(told["runbook_url"])
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	book, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !bytes.Contains(book, []byte("\n## TocsinOutputFailing\n")) {
		t.Errorf("%s: %s, %v; want the runbook", told["runbook_url"], resp.Status, err)
	}

	desk.answers(http.StatusOK, 0)
	// The longer it took until here, the longer the output waits before it tries again.
	well := func() bool { return box.has("pager resolved "+failing) != nil }
	if !until(well) {
		await(t, "twice as long, the pager is told that the output is well", well)
	}

	stop()
	await(t, "the pager is told that all is down", func() bool { return box.has("pager firing TocsinAllDown ") != nil })
	suppressed := func() bool {
		resp, err := http.Get("http://" + alertmanager + "/api/v2/alerts?filter=alertname%3DTocsinDown")
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		var list []struct{ Status struct{ State string } }
		err = json.NewDecoder(resp.Body).Decode(&list)
		return err == nil && len(list) == 1 && list[0].Status.State == "suppressed"
	}
	await(t, "that one process is down is no news any more", suppressed)
}
