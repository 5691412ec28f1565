package main

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
)

// watched is Tocsin with all that watches it: real daemons, and the Prometheus and
// Alertmanager of deploy/ whose times pass faster.
type watched struct {
	*testing.T
	hurry      int
	dir        string
	targets    string // file that names the processes to scrape
	prometheus string
	box        *mailbox
	daemons    []*daemonProc
}

// daemonProc is one process of Tocsin's.
type daemonProc struct {
	*proc
	w               *watched
	exe             string
	name, http      string
	config, dataDir string
	args            []string
	gone            bool // Prometheus is not told of it
}

// watch starts Prometheus and Alertmanager. All times of the rules are divided by hurry.
func watch(t *testing.T, hurry int) *watched {
	tools := prometheusTools(t)
	w := &watched{T: t, hurry: hurry, dir: t.TempDir(), box: newMailbox(t)}
	w.targets = filepath.Join(w.dir, "targets.json")
	w.scrape()
	alertmanager := launchAlertmanager(t, tools, w.box)
	w.prometheus = launchPrometheus(t, tools, alertmanager, func(rule map[string]any) { hasten(rule, hurry) },
		func(job map[string]any) {
			delete(job, "static_configs")
			job["file_sd_configs"] = []any{map[string]any{"files": []string{w.targets}}}
		})
	await(t, "Prometheus answers", func() bool { return ask(w.prometheus, "alerts", nil, &struct{}{}) == nil })
	t.Cleanup(func() {
		for _, d := range w.daemons {
			d.kill()
			if t.Failed() {
				t.Logf("%s says\n%s", d.name, tail(d.log.String(), 25))
			}
		}
	})
	return w
}

var (
	ruleTimes    = regexp.MustCompile(`\[(\w+)(?::(\w+))?\]|offset (\w+)`)
	ruleTime     = regexp.MustCompile(`^(\d+)(ms|[smhdw])$`)
	milliseconds = map[string]int{"ms": 1, "s": 1000, "m": 60_000, "h": 3600_000, "d": 86400_000, "w": 7 * 86400_000}
)

// hasten divides every time of a rule.
func hasten(rule map[string]any, by int) {
	short := func(s string) string {
		m := ruleTime.FindStringSubmatch(s)
		if m == nil {
			panic("no time: " + s)
		}
		n, _ := strconv.Atoi(m[1])
		return fmt.Sprintf("%dms", max(n*milliseconds[m[2]]/by, 1))
	}
	expr := ruleTimes.ReplaceAllStringFunc(rule["expr"].(string), func(s string) string {
		for _, m := range ruleTimes.FindStringSubmatch(s)[1:] {
			if m != "" {
				s = strings.Replace(s, m, short(m), 1)
			}
		}
		return s
	})
	// The canary's age is a number: canaries of these tests are sent more often as well.
	rule["expr"] = strings.ReplaceAll(expr, "15 * 60", fmt.Sprintf("15 * 60 / %d", by))
	if f, ok := rule["for"].(string); ok {
		rule["for"] = short(f)
	}
}

// scrape tells Prometheus of the processes that there are.
func (w *watched) scrape() {
	list := []string{}
	for _, d := range w.daemons {
		if !d.gone {
			list = append(list, d.http)
		}
	}
	data, err := json.Marshal([]any{map[string]any{"targets": list}})
	if err != nil {
		w.Fatal(err)
	}
	writeFile(w.T, w.targets+".new", string(data))
	if err := os.Rename(w.targets+".new", w.targets); err != nil { // Prometheus must not read half of it
		w.Fatal(err)
	}
}

// daemon starts a process, and tells Prometheus of it.
func (w *watched) daemon(name, config string, args ...string) *daemonProc {
	w.Helper()
	d := w.made(name, config, args...)
	d.run()
	w.scrape()
	return d
}

// made is a process that is yet to be started.
func (w *watched) made(name, config string, args ...string) *daemonProc {
	w.Helper()
	d := &daemonProc{w: w, exe: "tocsin", name: name, http: freePort(w.T), dataDir: filepath.Join(w.dir, name), config: filepath.Join(w.dir, name+".yaml")}
	d.configure(config)
	d.args = append([]string{"run", "--config", d.config, "--data", d.dataDir, "--http", d.http}, args...)
	w.daemons = append(w.daemons, d)
	return d
}

func (d *daemonProc) configure(config string) { writeFile(d.w.T, d.config, config) }

func (d *daemonProc) run() {
	d.w.Helper()
	d.proc = startProc(d.w.T, d.exe, d.args...)
}

// says waits until the log has words that the runbook tells to look for.
func (d *daemonProc) says(words string) {
	d.w.Helper()
	happens(d.w.T, d.name+" says: "+words, func() (bool, string) {
		log := d.log.String()
		return strings.Contains(log, words), tail(log, 20)
	})
}

// command is tocsin as an operator calls it.
func (d *daemonProc) command(args ...string) string {
	d.w.Helper()
	cmd := exec.Command("tocsin", args...)
	cmd.Env = append(ownEnvironment(), "TOCSIN_CONFIG="+d.config, "TOCSIN_DATA="+d.dataDir)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Sprintf("%s\n%v", out, err)
	}
	return string(out)
}

type prometheusAlert struct {
	Labels      map[string]string
	Annotations map[string]string
	State       string
}

func (w *watched) alerts() (list []prometheusAlert) {
	var data struct{ Alerts []prometheusAlert }
	if err := ask(w.prometheus, "alerts", nil, &data); err != nil {
		w.Logf("alerts of Prometheus: %v", err)
	}
	return data.Alerts
}

func (w *watched) firing(name string, labels ...string) (found *prometheusAlert, company []string) {
	for _, a := range w.alerts() {
		if a.State != "firing" {
			continue
		}
		ok := a.Labels["alertname"] == name
		for _, l := range labels {
			k, v, _ := strings.Cut(l, "=")
			ok = ok && a.Labels[k] == v
		}
		if ok {
			found = &a
		} else {
			company = append(company, a.Labels["alertname"])
		}
	}
	slices.Sort(company)
	return found, slices.Compact(company)
}

// longest is how long a rule's time may be.
const longest = 4 * time.Minute

func (w *watched) eventually(what string, happened func() bool) {
	w.Helper()
	for deadline := time.Now().Add(longest); !happened(); {
		if time.Now().After(deadline) {
			for _, a := range w.alerts() {
				w.Logf("there is %s %v", a.State, a.Labels)
			}
			w.Fatalf("not within %v: %s", longest, what)
		}
		bus.Pause(w.Context(), 100*time.Millisecond) // they tell nobody
	}
}

// fires waits for an alert, and that its text is whole.
func (w *watched) fires(name string, labels ...string) {
	w.Helper()
	began := time.Now()
	var a *prometheusAlert
	var company []string
	w.eventually(name+" fires", func() bool { a, company = w.firing(name, labels...); return a != nil })
	w.Logf("%s fires after %v, beside %v\n  %s\n  %s", name, time.Since(began).Round(100*time.Millisecond), company, a.Annotations["summary"], a.Annotations["description"])
	for k, text := range a.Annotations {
		if strings.Contains(text, "NaN") || strings.Contains(text, "%!") || strings.Contains(text, "<") || strings.Contains(text, "  ") || strings.Contains(text, " :") || strings.Contains(text, ": of") {
			w.Errorf("%s: %s is %q", name, k, text)
		}
	}
}

func (w *watched) resolves(name string, labels ...string) {
	w.Helper()
	began := time.Now()
	w.eventually(name+" ends", func() bool { a, _ := w.firing(name, labels...); return a == nil })
	w.Logf("%s ends after %v", name, time.Since(began).Round(100*time.Millisecond))
}

// summary says what fired, and who was told of what.
func (w *watched) summary() {
	var v vector
	if err := ask(w.prometheus, "query", url.Values{"query": {`count by (alertname) (max_over_time(ALERTS{alertstate="firing"}[1h]))`}}, &v); err != nil {
		w.Log(err)
	}
	var fired, told []string
	for _, r := range v.Result {
		fired = append(fired, r.Metric["alertname"])
	}
	w.box.mu.Lock()
	for k := range w.box.got {
		told = append(told, strings.TrimSpace(k))
	}
	w.box.mu.Unlock()
	slices.Sort(fired)
	slices.Sort(told)
	w.Logf("all that fired: %s\ntold: %s", strings.Join(fired, " "), strings.Join(told, ", "))
}

// value is that of a query now, NaN-like -1 where there is none.
func (w *watched) value(expr string) float64 {
	var v struct{ Result []struct{ Value [2]any } }
	if err := ask(w.prometheus, "query", url.Values{"query": {expr}}, &v); err != nil || len(v.Result) == 0 {
		return -1
	}
	f, err := strconv.ParseFloat(v.Result[0].Value[1].(string), 64)
	if err != nil {
		return -1
	}
	return f
}

// press serves feeds, each from a host of its own.
type press struct {
	mu    sync.Mutex
	feeds []*pressFeed
	next  int
}

type pressFeed struct {
	p     *press
	id    string
	url   string
	host  string
	items []string // title and text are one
	code  int      // 0 is well
	delay time.Duration
	count int // polls
}

func newPress(t *testing.T, feeds int) *press {
	p := &press{}
	for k := range feeds {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.%d.%d:0", 1+k/200, 1+k%200))
		if err != nil {
			t.Fatal(err)
		}
		f := &pressFeed{p: p, id: fmt.Sprint("f", k), url: "http://" + l.Addr().String() + "/rss", host: l.Addr().String()}
		srv := httptest.NewUnstartedServer(f)
		srv.Listener.Close()
		srv.Listener = l
		srv.Start()
		t.Cleanup(srv.Close)
		p.feeds = append(p.feeds, f)
	}
	return p
}

func (f *pressFeed) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	f.p.mu.Lock()
	f.count++
	code, delay, items := f.code, f.delay, slices.Clone(f.items)
	f.p.mu.Unlock()
	if delay > 0 {
		bus.Pause(r.Context(), delay)
	}
	if code != 0 {
		http.Error(rw, "out of order", code)
		return
	}
	rw.Header().Set("Content-Type", "application/rss+xml")
	fmt.Fprintf(rw, `<?xml version="1.0"?><rss version="2.0"><channel><title>%s</title><link>https://%s.invalid/</link><description>x</description>`, f.id, f.id)
	for k, text := range items {
		title, _, _ := strings.Cut(text, ".")
		fmt.Fprintf(rw, "<item><title>%s</title><link>https://%s.invalid/%d</link><guid>%s-%d</guid><description>%s</description></item>", html.EscapeString(title), f.id, k, f.id, k, html.EscapeString(text))
	}
	fmt.Fprint(rw, "</channel></rss>")
}

// all does something to every feed.
func (p *press) all(f func(*pressFeed)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, feed := range p.feeds {
		f(feed)
	}
}

// print adds articles to the feeds, one after another.
func (p *press) print(articles ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range articles {
		f := p.feeds[p.next%len(p.feeds)]
		f.items = append(f.items, a)
		p.next++
	}
}

// inside is the configuration of a daemon with its own NATS.
const inside = "nats: {durability: relaxed}\ncanary: {every: 1s, timeout: 2s}"

// config polls them each second or so.
func (p *press) config(more, ingest string) string {
	var b strings.Builder
	hosts := []string{} // each by its name: only then may it be polled each second
	for _, f := range p.feeds {
		hosts = append(hosts, f.host)
	}
	fmt.Fprintf(&b, "%s\ningest:\n  allow_private: [%s]\n  per_host: 0\n%s  feeds:\n", more, strings.Join(hosts, ", "), ingest)
	for _, f := range p.feeds {
		fmt.Fprintf(&b, "    - {url: %q, id: %s, every: 1s}\n", f.url, f.id)
	}
	return b.String()
}

// natsServer is a process of its own, as a cluster of one.
type natsServer struct {
	*proc
	t          *testing.T
	conf, addr string
}

func newNATS(t *testing.T) *natsServer {
	dir := t.TempDir()
	s := &natsServer{t: t, conf: filepath.Join(dir, "nats.conf"), addr: freePort(t)}
	writeFile(t, s.conf, fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\n", s.addr, dir))
	s.run()
	t.Cleanup(func() { s.kill() })
	return s
}

func (s *natsServer) run() {
	s.t.Helper()
	s.proc = startProc(s.t, "nats-server", s.conf)
	await(s.t, "the NATS server listens", func() bool {
		c, err := net.Dial("tcp", s.addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// admin is an administrator's connection.
func (s *natsServer) admin() jetstream.JetStream {
	s.t.Helper()
	nc, err := nats.Connect("nats://" + s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		s.t.Fatal(err)
	}
	return js
}

// reconfigure changes the configuration of a stream behind Tocsin's back.
func reconfigure(t *testing.T, js jetstream.JetStream, stream string, change func(*jetstream.StreamConfig)) {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	change(&cfg)
	if _, err := js.UpdateStream(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
}

// outside is the configuration of a daemon whose NATS is at an address.
func outside(addr string) string {
	return fmt.Sprintf("nats: {url: \"nats://%s\"}\ncanary: {every: 1s, timeout: 2s}", addr)
}

// TestFaults provokes what the alerts are about, with real parts, and sees each alert
// come and go. TOCSIN_FAULTS=1 has it run; TOCSIN_PROMETHEUS names the tools.
func TestFaults(t *testing.T) {
	if os.Getenv("TOCSIN_FAULTS") == "" {
		t.Skip("TOCSIN_FAULTS=1 has it run, which takes minutes")
	}
	for _, f := range []struct {
		name  string
		hurry int
		fault func(*watched)
	}{
		{"processes that end", 60, processesThatEnd},
		{"NATS away", 60, natsAway},
		{"a cluster lacks a server", 60, clusterLacksAServer},
		{"nobody reads", 60, nobodyReads},
		{"all in hand of one that stands still", 60, allInHand},
		{"leaders come and go", 60, leadersComeAndGo},
		{"two systems in one job", 60, twoSystemsInOneJob},
		{"a full disk", 60, fullDisk},
		{"poison", 60, poison},
		{"outputs", 60, outputs},
		{"feeds that fail", 60, feedsThatFail},
		{"a broken line", 60, brokenLine},
		{"too few workers", 60, tooFewWorkers},
		{"a quiet world", 720, quietWorld},
		{"writes refused", 60, writesRefused},
		{"canaries", 60, canaries},
		{"a burst", 1440, burst},
		{"silent feeds", 60, silentFeeds},
		{"wrong clocks", 60, wrongClocks},
		{"misread canaries", 60, misreadCanaries},
		{"too little memory", 60, tooLittleMemory},
		{"two of each stage", 60, twoOfEachStage},
	} {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, f.hurry)
			f.fault(w)
			w.summary()
		})
	}
}

// builtWith is Tocsin with one file of its sources, or of Go's, changed.
func builtWith(t *testing.T, path string, change ...string) (exe string) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := string(text)
	for k := 0; k < len(change); k += 2 {
		if !strings.Contains(changed, change[k]) {
			t.Fatalf("%s does not say %q", path, change[k])
		}
		changed = strings.Replace(changed, change[k], change[k+1], 1)
	}
	writeFile(t, filepath.Join(dir, "changed.go"), changed)
	path, err = filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: filepath.Join(dir, "changed.go")}})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "overlay.json"), string(overlay))
	exe = filepath.Join(dir, "tocsin")
	if out, err := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return exe
}

// withOwnClock is Tocsin whose clock is wrong by $SKEW_SECONDS.
func withOwnClock(t *testing.T) (exe string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return builtWith(t, filepath.Join(strings.TrimSpace(string(root)), "src/time/time.go"), "import (", "import (\n\t\"syscall\"", "func Now() Time {\n\tsec, nsec, mono := runtimeNow()\n", `
var skew = func() (n int64) {
	s, _ := syscall.Getenv("SKEW_SECONDS")
	for _, c := range s {
		if c != '-' {
			n = 10*n + int64(c-'0')
		}
	}
	if s != "" && s[0] == '-' {
		n = -n
	}
	return n
}()

func Now() Time {
	sec, nsec, mono := runtimeNow()
	sec += skew
`)
}

func silentFeeds(w *watched) {
	exe := withOwnClock(w.T)
	p := newPress(w.T, 3)
	p.print(story(0), story(1), story(2))
	p.feeds[0].code = http.StatusForbidden
	d := w.skewed(exe, "one", -40*24*time.Hour, p.config(inside, ""))
	d.says("running")
	w.eventually("the feed fails", func() bool { return w.value("tocsin_ingest_feeds_failing") == 1 })
	w.eventually("the others are read", func() bool { return w.value("sum(tocsin_sink_alerts_total)") >= 2 })
	d.end(w.T)
	d.args[0] = "SKEW_SECONDS=0" // forty days later
	d.run()
	d.says("running")
	w.fires("TocsinFeedSilent", "feed=f0", "why=failing")
	w.fires("TocsinFeedSilent", "feed=f1", "why=nothing_new")
	w.Log(d.command("feed", "ls"))
	w.Log(d.command("feed", "check", "f0"))
	p.all(func(f *pressFeed) { f.code = 0 })
	p.print(story(3), story(4), story(5))
	w.Log(d.command("feed", "pause", "f0"), d.command("feed", "resume", "f0"))
	w.resolves("TocsinFeedSilent", "feed=f1")
	w.resolves("TocsinFeedSilent", "feed=f0")
}

func wrongClocks(w *watched) {
	exe := withOwnClock(w.T)
	s := newNATS(w.T)
	for _, skew := range []time.Duration{-20 * time.Minute, 20 * time.Minute} {
		p := newPress(w.T, 3)
		p.print(story(0), story(1), story(2))
		poll := w.skewed(exe, fmt.Sprint("poll", int(skew.Minutes())), skew, p.config(outside(s.addr), ""), "--stages", "ingest")
		rest := w.daemon(fmt.Sprint("rest", int(skew.Minutes())), outside(s.addr), "--stages", "enrich,correlate,sink")
		poll.says("running")
		rest.says("running")
		for range 30 {
			bus.Pause(w.Context(), time.Second)
			p.print(story(int(time.Now().UnixNano() % 300)))
		}
		w.fires("TocsinClockWrong")
		_, company := w.firing("")
		w.Logf("%v: there are %v; canaries that are well %v, late %v; alerts of an age above 10 m %v", skew, company, w.value(`tocsin_canary_rounds_total{result="ok"}`), w.value(`tocsin_canary_rounds_total{result="late"}`),
			w.value(`sum(tocsin_sink_alert_age_seconds_count)-sum(tocsin_sink_alert_age_seconds_bucket{le="600"})`))
		w.Log(poll.command("feed", "ls"))
		for _, d := range []*daemonProc{poll, rest} {
			d.kill()
			d.gone = true
		}
		w.scrape()
	}
}

func misreadCanaries(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 2)
	p.print(story(0))
	config := p.config(outside(s.addr), "")
	w.daemon("one", config, "--stages", "ingest,enrich,correlate,sink").says("running")
	w.eventually("the canary is well", func() bool { return w.value(`tocsin_canary_rounds_total{result="ok"}`) > 3 })
	other := w.skewed(builtWith(w.T, "canary/canary.go", "killing four people", "killing five people"), "other", 0, config, "--stages", "ingest")
	other.says("running")
	w.fires("TocsinCanaryMisread")
	other.says("misread")
	other.kill()
	w.resolves("TocsinCanaryMisread")
}

// twoOfEachStage has met trouble, and every panel of the dashboards shows what there is.
func twoOfEachStage(w *watched) {
	s := newNATS(w.T)
	hook := newDesk(w.T, http.StatusInternalServerError)
	p := newPress(w.T, 12)
	p.feeds[0].code = http.StatusForbidden
	p.feeds[1].code = http.StatusBadGateway
	for k := range 40 {
		p.print(story(k))
	}
	configs := map[string]string{"ingest": p.config(outside(s.addr), ""), "sink": outside(s.addr) + "\nsink: {webhook: [{name: ops-desk, url: " + hook.URL + "}]}"}
	procs := map[string]*daemonProc{}
	for _, stage := range []string{"sink", "correlate", "enrich", "ingest"} {
		for _, n := range []string{"1", "2"} {
			config := configs[stage]
			if config == "" {
				config = outside(s.addr)
			}
			procs[stage+n] = w.daemon(stage+n, config, "--stages", stage)
		}
	}
	for _, d := range procs {
		d.says("running")
	}
	w.Log(procs["ingest1"].command("feed", "pause", "f3"))
	if _, err := s.admin().Publish(w.Context(), "tocsin.v1.article.poison", []byte("x")); err != nil {
		w.Fatal(err)
	}
	w.eventually("the output fails", func() bool { return w.value("max(tocsin_sink_output_failing)") == 1 })
	for _, stage := range []string{"correlate", "sink", "ingest", "enrich"} { // others take over
		d := procs[stage+"1"]
		d.kill()
		d.run()
		d.says("running")
	}
	for k := range 20 {
		p.print(story(k), story(k+40))
		bus.Pause(w.Context(), 500*time.Millisecond)
	}
	hook.answers(http.StatusOK, 0)
	w.eventually("the output is well", func() bool { return w.value("max(tocsin_sink_output_failing)") == 0 })
	variables := strings.NewReplacer("$__rate_interval", "5s", "$__interval", "5s", "$__range", "1h", "[1m]", "[5s]", ":5m]", ":1s]", "$job", "tocsin.*", "$country", ".+")
	empty := map[string]string{
		"Silent feeds":                      "none is for a day",
		"Room on the disk":                  "the server is outside",
		"Severe incidents within six hours": "none is severe",
		"Above the usual":                   "none is severe",
		"Hubs":                              "there are none",
	}
	for file, d := range readDashboards(w.T) {
		for _, panel := range d.Panels {
			values := 0
			for _, q := range panel.Targets {
				values += w.shown(strings.TrimSuffix(file, ".json")+": "+panel.Title, variables.Replace(q.Expr))
			}
			if len(panel.Targets) > 0 && (values > 0) == (empty[panel.Title] != "") {
				w.Errorf("%s: %s shows %d values; it may be empty because %q", file, panel.Title, values, empty[panel.Title])
			}
		}
	}
	for what, want := range map[string]float64{
		`max(tocsin_correlate_behind_versions)`:                                 0,
		`sum(tocsin_correlate_leader)`:                                          1,
		`sum(tocsin_sink_leader)`:                                               1,
		`sum(tocsin_ingest_feeds_failing)`:                                      2,
		`max(tocsin_ingest_feeds_paused)`:                                       1,
		`max(tocsin_ingest_feeds)`:                                              12,
		`max(tocsin_sink_output_failing)`:                                       0,
		`sum(tocsin_bus_dead_letters_total{stage="enrich"}) <= bool 1`:          1,
		`max(tocsin_bus_consumer_pending_messages{consumer!~"output.*"})`:       0,
		`count(count by (instance) (process_start_time_seconds{job="tocsin"}))`: 8,
	} {
		w.eventually(fmt.Sprintf("%s is %v", what, want), func() bool { return w.value(what) == want })
	}
}

// shown is how many values a query has to show; a log tells which.
func (w *watched) shown(panel, expr string) (values int) {
	now := time.Now()
	var m struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any
		}
	}
	if err := ask(w.prometheus, "query_range", url.Values{"query": {expr}, "start": {fmt.Sprint(now.Add(-2 * time.Minute).Unix())}, "end": {fmt.Sprint(now.Unix())}, "step": {"1"}}, &m); err != nil {
		w.Errorf("%s: %v", panel, err)
		return 0
	}
	var b strings.Builder
	for _, r := range m.Result {
		least, most := math.Inf(1), math.Inf(-1)
		for _, v := range r.Values {
			if f, err := strconv.ParseFloat(v[1].(string), 64); err == nil && !math.IsNaN(f) {
				values++
				least, most = min(least, f), max(most, f)
			}
		}
		if b.Len() < 500 {
			fmt.Fprintf(&b, "\n      %v %.4g … %.4g", r.Metric, least, most)
		}
	}
	w.Logf("%s: %d series, %d values%s", panel, len(m.Result), values, b.String())
	return values
}

// skewed starts a daemon of another build, whose clock may be wrong.
func (w *watched) skewed(exe, name string, by time.Duration, config string, args ...string) *daemonProc {
	w.Helper()
	return w.with(fmt.Sprint("SKEW_SECONDS=", int(by.Seconds())), exe, name, config, args...)
}

// with starts a daemon with a variable of the environment.
func (w *watched) with(variable, exe, name, config string, args ...string) *daemonProc {
	w.Helper()
	d := w.made(name, config, args...)
	d.args = append([]string{variable, exe}, d.args...)
	d.exe = "env"
	d.run()
	w.scrape()
	return d
}

func tooLittleMemory(w *watched) {
	p := newPress(w.T, 6)
	for k := range 60 {
		p.print(story(k))
	}
	d := w.with("GOMEMLIMIT=45MiB", "tocsin", "one", p.config(inside, ""))
	d.says("running")
	w.fires("TocsinMemoryNearlyFull")
	d.end(w.T)
	d.args[0] = "GOMEMLIMIT=1GiB"
	d.run()
	w.resolves("TocsinMemoryNearlyFull")
}

func processesThatEnd(w *watched) {
	w.fires("TocsinAbsent")
	p := newPress(w.T, 3)
	p.print(story(0))
	d := w.daemon("one", p.config(inside, ""))
	w.resolves("TocsinAbsent")
	for range 4 {
		d.says("running")
		const start = `process_start_time_seconds{job="tocsin"}`
		seen := w.value(start)
		d.kill()
		d.run()
		w.eventually("Prometheus sees the start", func() bool { v := w.value(start); return v > 0 && v != seen })
	}
	w.fires("TocsinRestarts")
	d.says("running")
	d.configure("nonsense: 1\n")
	w.fires("TocsinReloadFailed")
	d.says("configuration not taken over")
	d.configure(p.config(inside, ""))
	w.resolves("TocsinReloadFailed")
	w.resolves("TocsinRestarts")
	d.kill()
	w.fires("TocsinAllDown")
	w.fires("TocsinDown")
	d.run()
	w.resolves("TocsinAllDown")
	w.resolves("TocsinDown")
}

func natsAway(w *watched) {
	s := newNATS(w.T)
	g := newGate(w.T, s.addr)
	p := newPress(w.T, 60)
	p.print(story(0))
	d := w.daemon("one", p.config(outside(g.addr()), ""))
	d.says("running")
	w.eventually("the first polls", func() bool { return w.value("sum(tocsin_ingest_polls_total)") > 60 })
	g.shut(true)
	w.fires("TocsinDisconnected")
	w.Log(d.command("ready", "--http", d.http))
	w.fires("TocsinPublishRetries")
	w.fires("TocsinIngestStalled")
	g.shut(false)
	w.resolves("TocsinDisconnected")
	w.resolves("TocsinPublishRetries")
	w.resolves("TocsinIngestStalled")
	for n := range 7 {
		g.shut(true)
		w.eventually("it is seen", func() bool { return w.value("tocsin_bus_connected") == 0 })
		g.shut(false)
		w.eventually("it is back", func() bool { return w.value("tocsin_bus_connected") == 1 })
		w.Logf("reconnect %d", n)
	}
	w.fires("TocsinReconnects")
	w.resolves("TocsinReconnects")
}

// clusterLacksAServer has nothing that asks the servers themselves: the workers tell.
func clusterLacksAServer(w *watched) {
	mounted := true
	c := newCluster(w.T, tocsin(w.T), func(store string) { mounted = mountFor(w.T, store) && mounted })
	p := newPress(w.T, 12)
	for _, stage := range []string{"sink", "correlate", "enrich", "ingest"} {
		data, err := os.ReadFile(c.stageConfig(w.T, stage, ""))
		if err != nil {
			w.Fatal(err)
		}
		config := string(data)
		if stage == "ingest" {
			config = p.config(config, "")
		}
		w.daemon(stage, config).says("running")
	}
	p.print(story(0), story(1))
	w.eventually("news", func() bool { return w.value("sum(tocsin_sink_alerts_total)") > 0 })
	w.eventually("all servers have all", func() bool { return w.value("sum(max by (server, stream) (tocsin_bus_replica_current))") == 18 })
	c.nodes[1].proc.kill()
	w.fires("TocsinReplicaMissing", "server=n2")
	c.serve(1)
	w.resolves("TocsinReplicaMissing")
	c.isolate(0, true)
	w.fires("TocsinReplicaMissing", "server=n1")
	c.isolate(0, false)
	w.resolves("TocsinReplicaMissing")
	if !mounted {
		w.Log("no file system can be mounted here: a full disk is left out")
		return
	}
	fillDisk(w.T, c.store(2))
	for k := range 20 {
		p.print(story(k + 2))
	}
	w.fires("TocsinReplicaMissing", "server=n3")
	if err := os.Remove(filepath.Join(c.store(2), "filler")); err != nil {
		w.Fatal(err)
	}
	c.nodes[2].proc.kill()
	c.serve(2)
	w.resolves("TocsinReplicaMissing")
}

func nobodyReads(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 20)
	poll := w.daemon("poll", p.config(outside(s.addr), "  max_backlog: 900\n"), "--stages", "ingest")
	read := w.daemon("read", outside(s.addr), "--stages", "enrich")
	w.daemon("fold", outside(s.addr), "--stages", "correlate,sink").says("running")
	poll.says("running")
	read.says("running")
	w.eventually("the canary is well", func() bool { return w.value(`tocsin_canary_rounds_total{result="ok"}`) > 0 })
	read.kill()
	read.gone = true
	w.scrape()
	began := time.Now()
	for k := 0; time.Since(began) < 70*time.Second; k++ {
		p.print(story(2*k), story(2*k+1), story(2*k), story(2*k+1))
		bus.Pause(w.Context(), 200*time.Millisecond)
		if a, _ := w.firing("TocsinLagGrows"); a != nil && time.Since(began) > 65*time.Second {
			break
		}
	}
	w.fires("TocsinStageStuck", "consumer=enrich")
	w.fires("TocsinIngestPaused")
	w.fires("TocsinCanaryFailing")
	w.Log(poll.command("ready", "--http", poll.http))
	read.gone = false
	read.run()
	w.scrape()
	w.fires("TocsinAlertsLate")
	for _, a := range []string{"TocsinStageStuck", "TocsinIngestPaused", "TocsinCanaryFailing", "TocsinLagGrows", "TocsinAlertsLate", "TocsinCanarySlow"} {
		w.resolves(a)
	}
}

func allInHand(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 5)
	poll := w.daemon("poll", p.config(outside(s.addr), ""), "--stages", "ingest,enrich,sink")
	fold := w.daemon("fold", outside(s.addr), "--stages", "correlate")
	poll.says("running")
	fold.says("running")
	w.eventually("the canary is well", func() bool { return w.value(`tocsin_canary_rounds_total{result="ok"}`) > 0 })
	fold.signal(w.T, syscall.SIGSTOP)
	for k := range 50 {
		p.print(story(k))
	}
	w.fires("TocsinStageStuck", "consumer=correlate")
	w.Logf("waiting %v, in hand %v", w.value(`tocsin_bus_consumer_pending_messages{consumer="correlate"}`), w.value(`tocsin_bus_consumer_unacked_messages{consumer="correlate"}`))
	w.fires("TocsinDown")
	fold.signal(w.T, syscall.SIGCONT)
	w.resolves("TocsinStageStuck")
}

func leadersComeAndGo(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 5)
	poll := w.daemon("poll", p.config(outside(s.addr), ""), "--stages", "ingest,enrich")
	var gates []*gate
	var folds []*daemonProc
	for k := range 2 {
		gates = append(gates, newGate(w.T, s.addr))
		folds = append(folds, w.daemon(fmt.Sprint("fold", k), outside(gates[k].addr()), "--stages", "correlate,sink"))
	}
	poll.says("running")
	leads := func() int {
		for k, f := range folds {
			if w.value(fmt.Sprintf(`tocsin_correlate_leader{instance=%q}`, f.http)) == 1 {
				return k
			}
		}
		return -1
	}
	w.eventually("one leads", func() bool { return leads() >= 0 })
	most := 0.0
	k := 0
	w.eventually("TocsinTakeovers fires", func() bool {
		was := leads()
		if was < 0 {
			return false
		}
		gates[was].shut(true)
		w.eventually("the other leads", func() bool {
			most = max(most, w.value("sum(tocsin_correlate_leader)"))
			return w.value(fmt.Sprintf(`tocsin_correlate_leader{instance=%q}`, folds[1-was].http)) == 1
		})
		gates[was].shut(false)
		k++
		a, _ := w.firing("TocsinTakeovers")
		return a != nil
	})
	w.Logf("%d leaders were cut off from NATS; at most %v led at one time", k, most)
	w.fires("TocsinTakeovers")
	w.resolves("TocsinTakeovers")

	if err := s.admin().DeleteStream(w.Context(), "KV_tocsin_leases"); err != nil {
		w.Fatal(err)
	}
	w.fires("TocsinNoLeader", "stage=correlate")
	w.fires("TocsinNoLeader", "stage=sink")
	w.Log(folds[0].command("ready", "--http", folds[0].http))
	folds[0].kill()
	folds[0].run()
	w.resolves("TocsinNoLeader")
}

func twoSystemsInOneJob(w *watched) {
	p := newPress(w.T, 3)
	one := w.daemon("one", p.config(inside, ""))
	two := w.daemon("two", p.config(inside, ""))
	one.says("running")
	two.says("running")
	w.fires("TocsinTwoLeaders")
	two.gone = true
	w.scrape()
	w.resolves("TocsinTwoLeaders")
}

func fullDisk(w *watched) {
	if os.Getuid() != 0 {
		w.Skip("only root mounts a file system")
	}
	dir := filepath.Join(w.dir, "full")
	if err := os.Mkdir(dir, 0o700); err != nil {
		w.Fatal(err)
	}
	const size = 3 << 30
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		w.Skipf("mount a file system: %v", err)
	}
	w.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		w.Fatal(err)
	}
	leave := func(free int64) {
		w.Helper()
		var st syscall.Statfs_t
		if err := syscall.Statfs(dir, &st); err != nil {
			w.Fatal(err)
		}
		at, err := fill.Seek(0, io.SeekEnd)
		if err != nil {
			w.Fatal(err)
		}
		// The daemon takes room as well: what is left is taken in ever smaller pieces.
		for more := int64(st.Bavail)*st.Bsize - free; more >= 4096; {
			switch err := syscall.Fallocate(int(fill.Fd()), 0, at, more); err {
			case nil:
				if at += more; free > 0 {
					return
				}
			case syscall.ENOSPC:
				more /= 2
			default:
				w.Fatal(err)
			}
		}
	}
	p := newPress(w.T, 60)
	if err := os.Symlink(dir, filepath.Join(w.dir, "one")); err != nil {
		w.Fatal(err)
	}
	d := w.daemon("one", p.config(inside, ""))
	d.says("running")
	stop := make(chan struct{})
	var printing sync.WaitGroup
	printing.Go(func() {
		for k := 0; ; k++ {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Millisecond):
				p.print(story(k))
			}
		}
	})
	defer printing.Wait()
	defer close(stop)
	w.eventually("news", func() bool { return w.value("sum(tocsin_sink_alerts_total)") > 3 })
	leave(280 << 20)
	w.fires("TocsinDiskNearlyFull")
	leave(200 << 20)
	w.fires("TocsinDiskFull")
	leave(0)
	w.fires("TocsinCanaryFailing")
	d.says("the disk is full")
	w.Log(d.command("ready", "--http", d.http))
	w.fires("TocsinNoLeader")
	w.summary()
	if err := fill.Truncate(0); err != nil {
		w.Fatal(err)
	}
	for _, a := range []string{"TocsinDiskFull", "TocsinDiskNearlyFull", "TocsinCanaryFailing", "TocsinNoLeader", "TocsinStageStuck", "TocsinIngestStalled"} {
		w.resolves(a)
	}
	w.fires("TocsinNATSRestarted")
	w.resolves("TocsinNATSRestarted")
	w.resolves("TocsinPublishRetries")
}

func poison(w *watched) {
	p := newPress(w.T, 3)
	p.print(story(0), story(1))
	d := w.daemon("one", p.config(inside, ""))
	d.says("running")
	cfg := bus.DefaultConfig()
	cfg.DataDir, cfg.Log, cfg.Metrics = d.dataDir, bustest.Log(w.T), prometheus.NewRegistry()
	b, err := bus.Attach(w.Context(), cfg, false)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(b.Close)
	w.eventually("a scrape before", func() bool { return w.value("tocsin_bus_dead_letters_total") == 0 })
	publish := func(n, size int) {
		w.Helper()
		for k := range n {
			if _, err := b.JS.Publish(w.Context(), "tocsin.v1.article.poison", fmt.Appendf(nil, "%d%s", k, strings.Repeat("x", size))); err != nil {
				w.Fatal(err)
			}
		}
	}
	publish(1, 1)
	w.fires("TocsinDeadLetters", "stage=enrich", "reason=unreadable")
	w.Log(d.command("dead", "ls"))
	w.Log(d.command("dead", "show", "1"))
	publish(120, 1)
	w.fires("TocsinDeadLettersMany", "stage=enrich")
	w.resolves("TocsinDeadLettersMany")
	publish(450, 500_000)
	w.fires("TocsinStreamNearLimit", "stream=dead")
	w.Log(d.command("dead", "replay", "1"))
	w.Log(d.command("dead", "--help"))
	if err := b.JS.DeleteStream(w.Context(), "TOCSIN_DEAD"); err != nil {
		w.Log(err)
	}
	d.end(w.T)
	d.run()
	w.resolves("TocsinStreamNearLimit")
	w.resolves("TocsinDeadLetters")
}

func outputs(w *watched) {
	hook := newDesk(w.T, http.StatusInternalServerError)
	p := newPress(w.T, 6)
	p.print(story(0))
	d := w.daemon("one", p.config(inside+"\nsink: {give_up: 1m, webhook: [{name: ops-desk, url: "+hook.URL+"}]}", ""))
	w.fires("TocsinOutputFailing", "name=ops-desk")
	d.says("alert not delivered")
	w.fires("TocsinDeadLetters", "stage=output", "reason=gave_up") // after give_up
	w.resolves("TocsinOutputFailing")
	w.Log(d.command("dead", "ls"))
	hook.answers(http.StatusGone, 0)
	p.print(story(1))
	w.fires("TocsinDeadLetters", "stage=output", "reason=refused")
	hook.answers(http.StatusOK, time.Second)
	for k := 2; k < 330; k++ {
		p.print(story(k))
	}
	w.fires("TocsinOutputLag", "name=ops-desk")
	hook.answers(http.StatusOK, 0)
	w.resolves("TocsinOutputLag")
}

func feedsThatFail(w *watched) {
	p := newPress(w.T, 8)
	p.print(story(0))
	d := w.daemon("one", p.config(inside, "  every: 1m\n  quiet_every: 1m\n  max_every: 1m\n"))
	d.says("running")
	w.eventually("polls", func() bool { return w.value(`sum(tocsin_ingest_polls_total)`) > 8 })
	p.all(func(f *pressFeed) { f.code = http.StatusForbidden })
	w.fires("TocsinFeedsFailing")
	w.Log(d.command("feed", "ls", "--state", "failing"))
	p.all(func(f *pressFeed) { f.code = 0 })
	w.resolves("TocsinFeedsFailing")
}

func brokenLine(w *watched) {
	p := newPress(w.T, 14)
	p.print(story(0))
	d := w.daemon("one", p.config(inside, "  every: 1m\n  quiet_every: 1m\n  max_every: 1m\n"))
	d.says("running")
	w.eventually("polls", func() bool { return w.value(`sum(tocsin_ingest_polls_total)`) > 8 })
	p.all(func(f *pressFeed) { f.code, f.delay = http.StatusBadGateway, 5*time.Second })
	w.fires("TocsinBreakerOpen")
	began, shut := time.Now(), 0
	for time.Since(began) < 100*time.Second {
		if w.value("tocsin_ingest_breaker_open") == 0 {
			shut++
		}
		bus.Pause(w.Context(), 200*time.Millisecond)
	}
	w.Logf("in %v of a line that is broken all the time the breaker was said to be shut %d times in 500", time.Since(began).Round(time.Second), shut)
	p.all(func(f *pressFeed) { f.code, f.delay = 0, 0 })
	w.resolves("TocsinBreakerOpen")
}

func tooFewWorkers(w *watched) {
	p := newPress(w.T, 10)
	p.print(story(0))
	p.all(func(f *pressFeed) { f.delay = 8 * time.Second })
	d := w.daemon("one", p.config(inside, "  workers: 1\n"))
	d.says("running")
	w.fires("TocsinPollsLate")
	p.all(func(f *pressFeed) { f.delay = 0 })
	w.resolves("TocsinPollsLate")
}

func quietWorld(w *watched) {
	p := newPress(w.T, 6)
	p.print(story(0))
	d := w.daemon("one", p.config(inside, ""))
	d.says("running")
	w.fires("TocsinNoArticle")
	for k := range 260 {
		p.print(fmt.Sprintf("Baker number %d wins a prize for bread. The baker was praised by the jury of the fair number %d for his rye bread, and thanked his family.", k, k))
	}
	w.resolves("TocsinNoArticle")
	w.fires("TocsinNoIncident")
	p.print(story(7))
	w.resolves("TocsinNoIncident")
}

func writesRefused(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 20)
	d := w.daemon("one", p.config(outside(s.addr), ""))
	d.says("running")
	js := s.admin()
	reconfigure(w.T, js, "KV_tocsin_cards", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 })
	reconfigure(w.T, js, "TOCSIN_DEAD", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 })
	if _, err := js.Publish(w.Context(), "tocsin.v1.article.poison", []byte("x")); err != nil {
		w.Fatal(err)
	}
	for k := range 5 {
		p.print(story(k))
	}
	w.fires("TocsinRedeliveries", "consumer=enrich")
	w.fires("TocsinSnapshotsFail")
	reconfigure(w.T, js, "KV_tocsin_incidents", func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 })
	for k := range 1500 {
		p.print(story(k))
	}
	w.fires("TocsinIncidentsBehind")
	w.Log(d.command("ready", "--http", d.http))
	d.end(w.T)
	d.run() // it makes the streams as they must be
	w.resolves("TocsinIncidentsBehind")
	w.resolves("TocsinSnapshotsFail")
	w.resolves("TocsinRedeliveries")
}

func canaries(w *watched) {
	s := newNATS(w.T)
	p := newPress(w.T, 3)
	// One canary a second and a long patience: they come late, and are not lost.
	config := p.config(strings.Replace(outside(s.addr), "timeout: 2s", "timeout: 30s", 1), "")
	poll := w.daemon("poll", config, "--stages", "ingest,correlate,sink")
	second := w.daemon("second", config, "--stages", "ingest,correlate,sink")
	read := w.daemon("read", outside(s.addr), "--stages", "enrich")
	poll.says("running")
	second.says("running")
	read.says("running")
	w.eventually("the canary is well", func() bool { return w.value(`tocsin_canary_rounds_total{result="ok"}`) > 3 })
	w.eventually("TocsinCanarySlow fires", func() bool {
		read.signal(w.T, syscall.SIGSTOP)
		bus.Pause(w.Context(), 14*time.Second)
		read.signal(w.T, syscall.SIGCONT)
		bus.Pause(w.Context(), time.Second)
		a, _ := w.firing("TocsinCanarySlow")
		return a != nil
	})
	w.fires("TocsinCanarySlow")
	w.resolves("TocsinCanarySlow")
	s.kill()
	w.fires("TocsinCanaryFailing")
	s.run()
	w.resolves("TocsinCanaryFailing")
	w.Logf("unsent %v, late %v, lost %v", w.value(`max(tocsin_canary_rounds_total{result="unsent"})`), w.value(`max(tocsin_canary_rounds_total{result="late"})`), w.value(`max(tocsin_canary_rounds_total{result="lost"})`))
}

func burst(w *watched) {
	p := newPress(w.T, 6)
	for k := range 10 {
		p.print(story(k))
	}
	d := w.daemon("one", p.config(inside, ""))
	d.says("running")
	w.eventually("a usual", func() bool { return w.value("count(job_country:tocsin_sink_severe_incidents:usual6h)") > 0 })
	for k, place := range []string{"Mogadishu, Somalia", "Kismayo, Somalia", "Baidoa, Somalia", "Bosaso, Somalia", "Galkayo, Somalia"} {
		p.print(aBombing(place, 21+k))
	}
	w.fires("TocsinSevereBurst", "country=so")
	w.resolves("TocsinSevereBurst")
}

// aBombing is an article that founds an incident.
func aBombing(place string, killed int) string {
	return fmt.Sprintf("Car bomb kills %d at market in %s. A car bomb exploded at a market in %s on Monday, killing %d people and wounding %d others, police said.", killed, place, place, killed, 2*killed)
}

// storyPlaces and storyDeeds make stories that found incidents, hundreds of them.
var (
	storyPlaces = []string{"Mosul, Iraq", "Baghdad, Iraq", "Kirkuk, Iraq", "Kabul, Afghanistan", "Kandahar, Afghanistan", "Herat, Afghanistan", "Peshawar, Pakistan", "Quetta, Pakistan", "Karachi, Pakistan", "Kaduna, Nigeria", "Maiduguri, Nigeria", "Jos, Nigeria", "Bamako, Mali", "Gao, Mali", "Mopti, Mali", "Bangui, Central African Republic", "Goma, Democratic Republic of the Congo", "Bunia, Democratic Republic of the Congo", "Kharkiv, Ukraine", "Odesa, Ukraine", "Kyiv, Ukraine", "Dnipro, Ukraine", "Aleppo, Syria", "Damascus, Syria", "Idlib, Syria", "Sanaa, Yemen", "Aden, Yemen", "Taiz, Yemen", "Tripoli, Libya", "Benghazi, Libya", "Khartoum, Sudan", "El Fasher, Sudan", "Juba, South Sudan", "Manila, Philippines", "Davao, Philippines", "Bogota, Colombia", "Cali, Colombia", "Tijuana, Mexico", "Culiacan, Mexico", "Port-au-Prince, Haiti", "Nairobi, Kenya", "Mombasa, Kenya", "Ouagadougou, Burkina Faso", "Niamey, Niger", "Diffa, Niger", "Yangon, Myanmar", "Mandalay, Myanmar", "Srinagar, India", "Imphal, India", "Pattani, Thailand"}
	storyDeeds  = []string{
		"Car bomb kills %d in %s. A car bomb exploded in %[2]s on Monday, killing %[1]d people, police said.",
		"Gunmen abduct %d in %s. Gunmen abducted %[1]d people in %[2]s on Monday, police said.",
		"Gunmen kill %d in %s. Gunmen shot dead %[1]d people in %[2]s on Monday, police said.",
		"Drone strike kills %d in %s. A drone strike killed %[1]d people in %[2]s on Monday, police said.",
		"Riot in %[2]s leaves %[1]d dead. Rioters clashed with police in %[2]s on Monday and %[1]d people were killed, police said.",
		"Stabbing in %[2]s leaves %[1]d dead. A man with a knife killed %[1]d people in %[2]s on Monday, police said.",
		"Shelling kills %d in %s. Shelling killed %[1]d people in %[2]s on Monday, police said.",
	}
)

func story(k int) string {
	return fmt.Sprintf(storyDeeds[k/len(storyPlaces)%len(storyDeeds)], 2+k%3+k/350, storyPlaces[k%len(storyPlaces)])
}
