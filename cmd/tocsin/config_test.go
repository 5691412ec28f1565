package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/sink"
)

const documented = "../../deploy/tocsin.yaml"

func readDocumented(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(documented)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// decode decodes a configuration over the defaults.
func decode(t *testing.T, text string) config {
	t.Helper()
	c := defaultConfig()
	for _, err := range decodeConfig("tocsin.yaml", []byte(text), &c) {
		t.Error(err)
	}
	return c
}

func TestDocumentedConfigIsTheDefault(t *testing.T) {
	// Decoded over nothing: a key that the file leaves out is then zero.
	var got config
	for _, err := range decodeConfig(documented, []byte(readDocumented(t)), &got) {
		t.Error(err)
	}
	if d := cmp.Diff(defaultConfig(), got); d != "" {
		t.Errorf("deploy/tocsin.yaml differs from the defaults (-default +file):\n%s", d)
	}
	if err := got.validate(); err != nil {
		t.Error(err)
	}
}

// example finds lines that are to be uncommented: "#" and no space, or "#" and
// the indent of a list's section.
var example = regexp.MustCompile(`(?m)^( +)#(- |  )(\S)`)

func TestDocumentedConfigNamesEveryKey(t *testing.T) {
	// With its examples uncommented, the file sets every key there is.
	text := example.ReplaceAllString(readDocumented(t), "$1$2$3")
	c := decode(t, text)
	set := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, " #")
		if key, _, ok := strings.Cut(strings.TrimLeft(line, " -"), ":"); ok && !strings.HasPrefix(key, "#") {
			set[key] = true
		}
	}
	// Keys stand once each but for those that sections share; the paths are
	// checked by setting each, below.
	var walk func(typ reflect.Type, at string)
	walk = func(typ reflect.Type, at string) {
		for key, i := range keysOf(typ) {
			f := typ.Field(i).Type
			if f.Kind() == reflect.Slice && f.Elem().Kind() == reflect.Struct {
				f = f.Elem()
			}
			if f.Kind() == reflect.Struct {
				walk(f, join(at, key))
			}
			if !set[key] {
				t.Errorf("deploy/tocsin.yaml does not have %s", join(at, key))
			}
		}
	}
	walk(reflect.TypeOf(c), "")
	for path, v := range map[string]any{"ingest.feeds": c.Ingest.Feeds, "sink.webhook": c.Sink.Webhook, "sink.rules": c.Sink.Rules} {
		list := reflect.ValueOf(v)
		if list.Len() == 0 {
			t.Errorf("deploy/tocsin.yaml has no example of %s", path)
			continue
		}
		last := list.Index(list.Len() - 1)
		for i := range last.NumField() {
			if last.Field(i).IsZero() {
				t.Errorf("the example of %s in deploy/tocsin.yaml does not have %s", path, last.Type().Field(i).Name)
			}
		}
	}
	if len(c.Ingest.OPML) == 0 || len(c.Ingest.AllowPrivate) == 0 {
		t.Errorf("deploy/tocsin.yaml has no example of ingest.opml or ingest.allow_private")
	}
}

// A key whose path is wrong in the file would be a mistake of decodeConfig; one
// that stands only in a comment would not. Each leaf is taken out in turn.
func TestDocumentedConfigSetsEveryLeaf(t *testing.T) {
	text := readDocumented(t)
	var seen []string
	for key := range pathsIn(text) {
		seen = append(seen, key)
	}
	var walk func(typ reflect.Type, at string)
	walk = func(typ reflect.Type, at string) {
		for key, i := range keysOf(typ) {
			if f := typ.Field(i).Type; f.Kind() == reflect.Struct {
				walk(f, join(at, key))
			} else if !pathsIn(text)[join(at, key)] {
				t.Errorf("deploy/tocsin.yaml does not set %s; it sets %v", join(at, key), seen)
			}
		}
	}
	walk(reflect.TypeFor[config](), "")
}

// pathsIn are the paths of the keys of a file that is indented by two.
func pathsIn(text string) map[string]bool {
	paths := map[string]bool{}
	var at []string
	for _, line := range strings.Split(text, "\n") {
		key, _, ok := strings.Cut(line, ":")
		name := strings.TrimLeft(key, " ")
		if !ok || strings.HasPrefix(name, "#") || strings.HasPrefix(name, "-") {
			continue
		}
		at = append(at[:min(len(at), (len(key)-len(name))/2)], name)
		paths[strings.Join(at, ".")] = true
	}
	return paths
}

func TestDecodeConfig(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     func(*config)
	}{
		{"an empty file is the default", "", func(*config) {}},
		{"so is one of comments", "# nothing\n\n# at all\n", func(*config) {}},
		{"so is a section without keys", "ingest:\nsink:\n", func(*config) {}},
		{"and a key without a value", "ingest:\n  feeds:\n  every:\n", func(*config) {}},
		{"a time with its unit", "ingest: {every: 90m}", func(c *config) { c.Ingest.Every = 90 * time.Minute }},
		{"no time needs no unit", "ingest: {per_host: 0}", func(c *config) { c.Ingest.PerHost = 0 }},
		{"a size with its unit", "ingest: {max_bytes: 2MiB}", func(c *config) { c.Ingest.MaxBytes = 2 << 20 }},
		{"a size as a number", "ingest: {max_bytes: 1048576}", func(c *config) { c.Ingest.MaxBytes = 1 << 20 }},
		{"a size in quotes", `ingest: {max_text: "64 KiB"}`, func(c *config) { c.Ingest.MaxText = 64 << 10 }},
		{"MB means MiB", "ingest: {max_bytes: 8MB}", func(c *config) { c.Ingest.MaxBytes = 8 << 20 }},
		{"a truth", "http: {pprof: true}\nsink: {stdout: false}", func(c *config) { c.HTTP.Pprof, c.Sink.Stdout = true, false }},
		{"an empty text is a value", "http:\n  listen: \"\"\n", func(c *config) { c.HTTP.Listen = "" }},
		{"a list of words", "stages: [enrich]", func(c *config) { c.Stages = []string{"enrich"} }},
		{"an empty list is a value", "sink:\n  rules: []\n", func(c *config) { c.Sink.Rules = []sink.Rule{} }},
		{"a feed", "ingest:\n  feeds:\n    - url: https://a.example/feed\n      every: 5m\n", func(c *config) {
			c.Ingest.Feeds = []ingest.Feed{{URL: "https://a.example/feed", Every: 5 * time.Minute}}
		}},
		{"a section in a section", "nats:\n  tls:\n    ca_file: ca.pem\n", func(c *config) { c.NATS.TLS.CA = "ca.pem" }},
		{"a word of our own type", "nats: {durability: relaxed}", func(c *config) { c.NATS.Durability = bus.Relaxed }},
		{"an anchor", "ingest: {timeout: &t 20s}\nsink: {give_up: *t}", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := defaultConfig()
			errs := decodeConfig("tocsin.yaml", []byte(tt.in), &got)
			if tt.want == nil { // not promised; it must only not panic
				return
			}
			for _, err := range errs {
				t.Error(err)
			}
			want := defaultConfig()
			tt.want(&want)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%q (-want +got):\n%s", tt.in, d)
			}
		})
	}
}

func TestConfigMistakes(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		env      []string
		want     []string // each in one line of its own, in any order
	}{
		{"an unknown key gets the nearest", "ingest:\n  timeout: 10s\n  evry: 5m\n", nil,
			[]string{`c.yaml:3: unknown key "ingest.evry"; did you mean "every"?`}},
		{"an unknown section too", "ingset:\n  every: 5m\n", nil,
			[]string{`c.yaml:1: unknown key "ingset"; did you mean "ingest"?`}},
		{"far from all, it gets the list", "log:\n  colour_of_warnings: red\n", nil,
			[]string{`c.yaml:2: unknown key "log.colour_of_warnings"; known here are format, level`}},
		{"unknown in a list", "ingest:\n  feeds:\n    - url: https://a.example/\n      outlit: A\n", nil,
			[]string{`c.yaml:4: unknown key "ingest.feeds[0].outlit"; did you mean "outlet"?`}},
		{"a wrong time", "ingest:\n  every: soon\n", nil, []string{`c.yaml:2: ingest.every: want a time such as 90s, 10m or 24h, have "soon"`}},
		{"a time without unit", "ingest:\n  every: 10\n", nil, []string{`c.yaml:2: ingest.every: 10 has no unit: write 10s, 10m or 10h`}},
		{"nor does a feed's", "ingest:\n  feeds:\n    - url: https://a.example/\n      every: 10\n", nil, []string{`c.yaml:4: ingest.feeds[0].every: 10 has no unit`}},
		{"a wrong size", "# first\n\ningest:\n  max_bytes: huge\n", nil,
			[]string{`c.yaml:4: ingest.max_bytes: "huge" is no size: write a number with KiB, MiB or GiB, such as 16MiB`}},
		{"a number where words are wanted", "ingest:\n  workers: many\n", nil, []string{`c.yaml:2: ingest.workers: want a whole number, have "many"`}},
		{"a number where a truth is wanted", "http:\n  pprof: 3\n", nil, []string{`c.yaml:2: http.pprof: want true or false, have "3"`}},
		{"a section where a list is wanted", "ingest:\n  opml:\n    a: b\n", nil, []string{`c.yaml:3: ingest.opml: want a list of words`}},
		{"a section where a list of sections is wanted", "ingest:\n  feeds:\n    url: b\n", nil, []string{`c.yaml:3: ingest.feeds: want a list, have mapping`}},
		{"a list where a section is wanted", "ingest:\n  - every\n", nil, []string{`c.yaml:2: ingest: want keys and values, have sequence`}},
		{"a text where the file is wanted", "hello\n", nil, []string{`c.yaml:1: the file: want keys and values, have string`}},
		{"broken YAML", "ingest: [\n", nil, []string{`c.yaml:1: `}},
		{"a wrong value in a list", "sink:\n  rules:\n    - name: a\n      outlets: some\n", nil, []string{`c.yaml:4: sink.rules[0].outlets: want a whole number, have "some"`}},
		{"all at once, over all sections", "data: \"\"\nstages: [ingest, foo]\nhttp:\n  listen: 9465\nnats:\n  replicas: 2\n  listne: x\ningest:\n  every: 1s\n  workers: 0\nsink:\n  rules:\n    - severity: bad\n  webhook:\n    - name: X\n      url: ftp://a\ncorrelate:\n  open: 1h\nenrich:\n  workers: -1\n",
			[]string{"TOCSIN_LOG_LEVEL=loud", "TOCSIN_SINK_DRIAN=1s"}, []string{
				`data is empty`, `stages: "foo" is none of ingest, enrich, correlate, sink`, `http.listen is "9465"`, `nats.replicas is 2: use 1, 3 or 5`, `nats.replicas is 2, but the embedded server is alone`,
				`c.yaml:7: unknown key "nats.listne"; did you mean "listen"?`, `ingest.every is 1s`, `ingest.workers is 0`, `sink.rules[0]: it has no name`,
				`sink.rules[0]: severity "bad"`, `sink.webhook[0]: name "X"`, `sink.webhook[0]: url: write a whole`, `correlate.open is 1h`, `enrich.workers is -1`,
				`log.level is "loud"`, `environment: unknown TOCSIN_SINK_DRIAN; did you mean TOCSIN_SINK_DRAIN?`,
			}},
		{"the environment alone", "", []string{"TOCSIN_INGEST_EVERY=often", "TOCSIN_HTTP_PPROF=perhaps", "TOCSIN_INGEST_MAX_BYTES=x", "TOCSIN_SINK_DRAIN=5", "TOCSIN_INGEST_WORKERS=", "TOCSIN_SINK_RULES=a", "TOCSIN_WHATEVER_IT_IS_THAT_YOU_MEAN=1"}, []string{
			`environment: TOCSIN_INGEST_EVERY: want a time such as 90s, 10m or 24h, have "often"`, `environment: TOCSIN_HTTP_PPROF: want true or false, have "perhaps"`,
			`environment: TOCSIN_SINK_DRAIN: 5 has no unit: write 5s, 5m or 5h`, `environment: TOCSIN_INGEST_WORKERS: "" cannot be read`,
			`environment: TOCSIN_INGEST_MAX_BYTES: "x"`,
			`environment: TOCSIN_SINK_RULES: this list has sections: set it in the file`,
			`environment: unknown TOCSIN_WHATEVER_IT_IS_THAT_YOU_MEAN; see deploy/tocsin.yaml for the keys`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.WriteFile("c.yaml", []byte(tt.in), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := loadConfig("c.yaml", tt.env)
			if err == nil {
				t.Fatalf("no mistake found in\n%s", tt.in)
			}
			if exitCode(err) != exitUsage {
				t.Errorf("exit code %d, want %d", exitCode(err), exitUsage)
			}
			lines := strings.Split(err.Error(), "\n")
			for _, want := range tt.want {
				found := false
				for i, line := range lines {
					if strings.Contains(line, want) {
						lines, found = append(lines[:i:i], lines[i+1:]...), true
						break
					}
				}
				if !found {
					t.Errorf("no line with %q in\n%v", want, err)
				}
			}
			if len(lines) > 0 {
				t.Errorf("unexpected lines:\n%s", strings.Join(lines, "\n"))
			}
		})
	}
}

func TestConfigFileNotThere(t *testing.T) {
	_, err := loadConfig(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if err == nil || exitCode(err) != exitUsage || !strings.Contains(err.Error(), "none.yaml") {
		t.Errorf("got %v, code %d", err, exitCode(err))
	}
	if _, err := loadConfig(t.TempDir(), nil); err == nil {
		t.Error("a directory was read as a configuration")
	}
}

func TestEnvironment(t *testing.T) {
	for _, tt := range []struct {
		env  string
		want func(*config)
	}{
		{"TOCSIN_INGEST_EVERY=5m", func(c *config) { c.Ingest.Every = 5 * time.Minute }},
		{"TOCSIN_INGEST_MAX_BYTES=32MiB", func(c *config) { c.Ingest.MaxBytes = 32 << 20 }},
		{"TOCSIN_INGEST_MAX_BYTES=65536", func(c *config) { c.Ingest.MaxBytes = 64 << 10 }},
		{"TOCSIN_INGEST_WORKERS=8", func(c *config) { c.Ingest.Workers = 8 }},
		{"TOCSIN_STAGES=ingest, enrich,", func(c *config) { c.Stages = []string{"ingest", "enrich"} }},
		{"TOCSIN_INGEST_ALLOW_PRIVATE=10.0.0.0/8,feeds.internal", func(c *config) { c.Ingest.AllowPrivate = []string{"10.0.0.0/8", "feeds.internal"} }},
		{"TOCSIN_HTTP_PPROF=true", func(c *config) { c.HTTP.Pprof = true }},
		{"TOCSIN_SINK_STDOUT=false", func(c *config) { c.Sink.Stdout = false }},
		{"TOCSIN_HTTP_LISTEN=", func(c *config) { c.HTTP.Listen = "" }},
		{"TOCSIN_NATS_DURABILITY=balanced", func(c *config) { c.NATS.Durability = bus.Balanced }},
		{"TOCSIN_NATS_URL=nats://a:4222,nats://b:4222", func(c *config) { c.NATS.URL = "nats://a:4222,nats://b:4222" }},
		{"TOCSIN_INGEST_USER_AGENT=Desk: we poll #1", func(c *config) { c.Ingest.UserAgent = "Desk: we poll #1" }},
		{"TOCSIN_CORRELATE_SEVERITY_EXTREME_KILLED=50", func(c *config) { c.Correlate.Severity.ExtremeKilled = 50 }},
		{"TOCSIN_SINK_FILE_PATH=alerts.jsonl", func(c *config) { c.Sink.File.Path = "alerts.jsonl" }},
		// Not ours, though they look so.
		{"TOCSIN_CONFIG=other.yaml", func(*config) {}},
		{"TOCSIN_SERVICE_HOST=10.0.0.1", func(*config) {}},
		{"TOCSIN_PORT_9465_TCP=tcp://10.0.0.1:9465", func(*config) {}},
		{"TOCSINX=1", func(*config) {}},
	} {
		t.Run(tt.env, func(t *testing.T) {
			got, err := loadConfig("", []string{"HOME=/", tt.env})
			if err != nil {
				t.Fatal(err)
			}
			want := defaultConfig()
			tt.want(&want)
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", tt.env, d)
			}
		})
	}
}

func TestEnvironmentWinsOverTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte("ingest: {every: 20m, timeout: 5s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(file, []string{"TOCSIN_INGEST_EVERY=5m"})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(c.Ingest.Every, c.Ingest.Timeout); got != "5m0s 5s" {
		t.Errorf("every and timeout are %s", got)
	}
}

func TestStarterFeeds(t *testing.T) {
	c := defaultConfig()
	c.Ingest.OPML = []string{"../../deploy/feeds.opml"}
	feeds, err := c.Ingest.FeedList()
	if err != nil {
		t.Fatal(err)
	}
	if len(feeds) < 10 {
		t.Errorf("%d feeds in deploy/feeds.opml", len(feeds))
	}
	for _, f := range feeds {
		if !strings.HasPrefix(f.URL, "https://") || f.Outlet == "" || f.Language == "" {
			t.Errorf("feed %+v: want https, an outlet and a language", f)
		}
	}
}

// Nothing that a file holds may break the program that reads it.
func FuzzDecodeConfig(f *testing.F) {
	data, err := os.ReadFile(documented)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{string(data), "ingest: {every: &a 1m}\nsink: {drain: *a}", "a: b: c", "- 1", "ingest: *x", "---\n---\n", "? x\n: y", "<<: {a: b}"} {
		f.Add(s)
	}
	f.Fuzz(func(_ *testing.T, s string) {
		c := defaultConfig()
		decodeConfig("c.yaml", []byte(s), &c)
		_ = c.validate()
	})
}
