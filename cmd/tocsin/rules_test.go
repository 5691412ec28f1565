package main

import (
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const (
	prometheusDir = "../../deploy/prometheus"
	grafanaDir    = "../../deploy/grafana"
)

// rule is one of Prometheus's.
type rule struct {
	Alert       string
	Record      string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(list), err)
	}
	return list
}

// readRules reads the rules by their files.
func readRules(t *testing.T) (list []rule) {
	t.Helper()
	for _, path := range glob(t, prometheusDir+"/rules/*.yml") {
		var file struct{ Groups []struct{ Rules []rule } }
		readYAML(t, path, &file)
		for _, g := range file.Groups {
			list = append(list, g.Rules...)
		}
	}
	return list
}

// An alert without a test may never fire, and one without a section helps nobody.
func TestEveryAlertHasATestAndASection(t *testing.T) {
	alerts := map[string]bool{}
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		if alerts[r.Alert] {
			t.Errorf("%s: two alerts of this name", r.Alert)
		}
		alerts[r.Alert] = true
		if s := r.Labels["severity"]; !slices.Contains([]string{"critical", "warning", "info"}, s) {
			t.Errorf("%s: severity %q", r.Alert, s)
		}
		if a := r.Labels["about"]; a != "tocsin" && a != "world" {
			t.Errorf("%s: about %q: no route of alertmanager.yml asks for it", r.Alert, a)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("%s: summary or description is missing", r.Alert)
		}
		if got, want := r.Annotations["runbook_url"], "{{ $externalURL }}/user/runbook.md#"+strings.ToLower(r.Alert); got != want {
			t.Errorf("%s: runbook_url %q, want %q", r.Alert, got, want)
		}
	}
	names := slices.Sorted(maps.Keys(alerts))

	fires, silent := map[string]bool{}, map[string]bool{}
	for _, path := range glob(t, prometheusDir+"/*_test.yml") {
		var file struct {
			Tests []struct {
				Cases []struct {
					Alertname string
					Expected  []any `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		readYAML(t, path, &file)
		for _, test := range file.Tests {
			for _, c := range test.Cases {
				if len(c.Expected) > 0 {
					fires[c.Alertname] = true
				} else {
					silent[c.Alertname] = true
				}
			}
		}
	}
	if d := cmp.Diff(names, slices.Sorted(maps.Keys(fires))); d != "" {
		t.Errorf("alerts that a test wants to fire (-want +got)\n%s", d)
	}
	if d := cmp.Diff(names, slices.Sorted(maps.Keys(silent))); d != "" {
		t.Errorf("alerts that a test wants to be silent (-want +got)\n%s", d)
	}

	book, err := os.ReadFile(prometheusDir + "/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllSubmatch(book, -1) {
		sections[string(m[1])] = true
	}
	if d := cmp.Diff(names, slices.Sorted(maps.Keys(sections))); d != "" {
		t.Errorf("sections of runbook.md (-want +got)\n%s", d)
	}
	anchors := map[string]bool{}
	for s := range sections {
		anchors[strings.ToLower(s)] = true
	}
	for _, m := range regexp.MustCompile(`\]\(#(\w+)\)`).FindAllSubmatch(book, -1) {
		if !anchors[string(m[1])] {
			t.Errorf("runbook.md points at #%s, which is not there", m[1])
		}
	}

	routes, err := os.ReadFile(prometheusDir + "/alertmanager.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`Tocsin\w+`).FindAllString(string(routes), -1) {
		// Tocsin's own name is none.
		if !alerts[name] {
			t.Errorf("alertmanager.yml names %s, which is no alert", name)
		}
	}
}

// Whoever is woken types what the runbook says.
func TestRunbookCommands(t *testing.T) {
	book, err := os.ReadFile(prometheusDir + "/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)(?:`|^)(tocsin [a-z][^`#\n]*)").FindAllStringSubmatch(string(book), -1) {
		commands[strings.TrimSpace(m[1])] = true
	}
	if len(commands) < 10 {
		t.Errorf("%d commands found in runbook.md: %v", len(commands), commands)
	}
	flag := regexp.MustCompile(`--[a-z-]+`)
	for c := range commands {
		words := strings.Fields(c)[1:]
		// All words that are commands, and not their arguments.
		n := 1
		if len(words) > 1 && slices.Contains([]string{"dead", "feed", "incident"}, words[0]) {
			n = 2
		}
		cmd := exec.Command("tocsin", append(slices.Clone(words[:n]), "--help")...)
		cmd.Env = append(os.Environ(), "COLUMNS=100")
		help, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", c, err, help)
			continue
		}
		for _, f := range flag.FindAllString(c, -1) {
			if !regexp.MustCompile(regexp.QuoteMeta(f) + `\b`).Match(help) {
				t.Errorf("%s: there is no %s:\n%s", c, f, help)
			}
		}
	}
}

// Whoever is woken looks for what the runbook quotes.
func TestRunbookQuotesTheLog(t *testing.T) {
	book, err := os.ReadFile(prometheusDir + "/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`log\.(?:Info|Warn|Error)\("([^"]+)"`)
	var lines []string
	for _, dir := range []string{"../../cmd", "../../enrich", "../../ingest", "../../internal", "../../sink"} {
		if err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				var data []byte
				data, err = os.ReadFile(path)
				for _, m := range line.FindAllSubmatch(data, -1) {
					lines = append(lines, string(m[1]))
				}
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	quotes := regexp.MustCompile("`[^`]*`|\"([a-z][^\"]+ [^\"]+)\"").FindAllStringSubmatch(string(book), -1)
	n := 0
	for _, q := range quotes {
		if q[1] == "" {
			continue // of a command
		}
		n++
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, q[1]) }) {
			t.Errorf("runbook.md quotes %q, which the log never says", q[1])
		}
	}
	if n < 10 {
		t.Errorf("%d quotes found in runbook.md, there are more", n)
	}
}

// selector matches what an expression takes from Prometheus; strings and functions
// are matched as well, and have no first group or a third.
var (
	selector  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|([a-zA-Z_:][\w:]*)(\{[^}]*\})?(\s*\()?`)
	noMetrics = regexp.MustCompile(`\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)|\[[^\]]*\]|\boffset\s+\w+`)
	operators = []string{"and", "or", "unless", "bool"}
)

// selectors are the series that an expression asks for.
func selectors(expr string) (list []string) {
	for _, m := range selector.FindAllStringSubmatch(noMetrics.ReplaceAllString(expr, ""), -1) {
		if m[1] != "" && m[3] == "" && !slices.Contains(operators, m[1]) {
			list = append(list, m[1]+m[2])
		}
	}
	return list
}

func TestSelectors(t *testing.T) {
	for expr, want := range map[string][]string{
		`up == 0`: {"up"},
		`1 + vector(2) or time() - a:b{c="d, e", f=~"x|y"} > 3 * 86400`:                                        {`a:b{c="d, e", f=~"x|y"}`},
		`histogram_quantile(0.9, sum by (job, le) (rate(x_bucket[15m]))) unless on (job) y offset 1h > bool 0`: {"x_bucket", "y"},
		`label_replace(z{a="b"}, "name", "$1", "consumer", "output-(.*)")`:                                     {`z{a="b"}`},
	} {
		if d := cmp.Diff(want, selectors(expr)); d != "" {
			t.Errorf("%s (-want +got)\n%s", expr, d)
		}
	}
}

// What Grafana takes silently and shows wrongly.
func TestDashboards(t *testing.T) {
	uids := map[string]string{}
	for file, d := range readDashboards(t) {
		if other := uids[d.UID]; d.UID == "" || d.Title == "" || other != "" {
			t.Errorf("%s: uid %q, title %q; %s has the same", file, d.UID, d.Title, other)
		}
		uids[d.UID] = file
		ids, cells := map[int]string{}, map[[2]int]string{}
		for _, p := range d.Panels {
			if other := ids[p.ID]; other != "" {
				t.Errorf("%s: %q and %q are both panel %d", file, p.Title, other, p.ID)
			}
			ids[p.ID] = p.Title
			g := p.GridPos
			if g.W <= 0 || g.H <= 0 || g.X < 0 || g.X+g.W > 24 {
				t.Errorf("%s: %q is at %+v of 24 columns", file, p.Title, g)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other := cells[[2]int{x, y}]; other != "" {
						t.Errorf("%s: %q lies on %q", file, p.Title, other)
						return
					}
					cells[[2]int{x, y}] = p.Title
				}
			}
			if (p.Type == "row") != (len(p.Targets) == 0) {
				t.Errorf("%s: %q, a %s, has %d queries", file, p.Title, p.Type, len(p.Targets))
			}
			if p.Type != "row" && p.Description == "" {
				t.Errorf("%s: %q does not say what it shows", file, p.Title)
			}
		}
	}
	if want := []string{"tocsin-operations", "tocsin-situation"}; !slices.Equal(slices.Sorted(maps.Keys(uids)), want) {
		t.Errorf("dashboards %v, want %v", slices.Sorted(maps.Keys(uids)), want)
	}
}

// Dashboards ask for the data source by the uid that is provisioned.
func TestGrafanaProvisioning(t *testing.T) {
	var sources struct {
		Datasources []struct{ UID, Type, URL string }
	}
	for _, path := range glob(t, grafanaDir+"/provisioning/datasources/*.yml") {
		readYAML(t, path, &sources)
	}
	found := false
	for _, s := range sources.Datasources {
		found = found || s.UID == "prometheus" && s.Type == "prometheus"
	}
	if !found {
		t.Errorf("no data source prometheus in %+v", sources)
	}
	var providers struct {
		Providers []struct{ Options struct{ Path string } }
	}
	for _, path := range glob(t, grafanaDir+"/provisioning/dashboards/*.yml") {
		readYAML(t, path, &providers)
	}
	if len(providers.Providers) != 1 || providers.Providers[0].Options.Path != "/var/lib/grafana/dashboards" {
		t.Errorf("dashboards come from %+v, want one folder", providers)
	}
}
