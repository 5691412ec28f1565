package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"tocsin/cmd/tocsin/canary"
	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/sink"
)

// config is the whole configuration: a file, then the environment over it, then
// the command line. deploy/tocsin.yaml documents every key and is tested to
// equal defaultConfig.
type config struct {
	Data   string        `yaml:"data"`   // directory of all state
	Stages []string      `yaml:"stages"` // of ingest, enrich, correlate, sink: which this process runs
	Stop   time.Duration `yaml:"stop"`   // deadline of a stop
	HTTP   httpConfig    `yaml:"http"`
	Log    logConfig     `yaml:"log"`

	NATS      bus.Config       `yaml:"nats"`
	Ingest    ingest.Config    `yaml:"ingest"`
	Enrich    enrich.Config    `yaml:"enrich"`
	Correlate correlate.Config `yaml:"correlate"`
	Sink      sink.Config      `yaml:"sink"`
	Canary    canary.Config    `yaml:"canary"`
}

type httpConfig struct {
	Listen string `yaml:"listen"` // host:port of metrics, health and version; empty opens none
	Pprof  bool   `yaml:"pprof"`  // serve /debug/pprof as well
}

type logConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn, error
	Format string `yaml:"format"` // text or json
}

// allStages are the stages of the route, in its order.
var allStages = []string{"ingest", "enrich", "correlate", "sink"}

func defaultConfig() config {
	return config{
		Data: "data", Stages: slices.Clone(allStages), Stop: 10 * time.Second,
		HTTP: httpConfig{Listen: "127.0.0.1:9465"}, Log: logConfig{Level: "info", Format: "text"},
		NATS: bus.DefaultConfig(), Ingest: ingest.DefaultConfig(), Enrich: enrich.DefaultConfig(), Correlate: correlate.DefaultConfig(), Sink: sink.DefaultConfig(), Canary: canary.DefaultConfig(),
	}
}

// validate reports every mistake at once.
func (c *config) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Data == "" {
		bad("data is empty: name a directory for the daemon's state")
	}
	if len(c.Stages) == 0 {
		bad("stages is empty: use one or more of %s", strings.Join(allStages, ", "))
	}
	for _, s := range c.Stages {
		if !slices.Contains(allStages, s) {
			bad("stages: %q is none of %s", s, strings.Join(allStages, ", "))
		}
	}
	if c.Stop < time.Second {
		bad("stop is %v: a clean stop takes a moment, use 1s or more", c.Stop)
	}
	if c.HTTP.Listen == "" && c.Ingest.WebSub.Callback != "" {
		bad("ingest.websub.callback is set and http.listen is empty: hubs could reach nothing")
	}
	if c.HTTP.Listen != "" {
		if _, _, err := net.SplitHostPort(c.HTTP.Listen); err != nil {
			bad("http.listen is %q: write host:port, such as 127.0.0.1:9465", c.HTTP.Listen)
		}
	}
	if _, err := c.Log.level(); err != nil {
		bad("log.level is %q: use debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format is %q: use text or json", c.Log.Format)
	}
	errs = append(errs, c.NATS.Validate(), c.Ingest.Validate(), c.Enrich.Validate(), c.Correlate.Validate(), c.Sink.Validate(), c.Canary.Validate())
	return errors.Join(errs...)
}

func (l logConfig) level() (slog.Level, error) {
	var v slog.Level
	err := v.UnmarshalText([]byte(l.Level))
	return v, err
}

// loadConfig reads the file, if one is named, and the environment. Its error
// holds every mistake that it found.
func loadConfig(path string, environ []string) (config, error) {
	c := defaultConfig()
	var errs []error
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return c, usageError{fmt.Errorf("read the configuration: %w", err)}
		}
		errs = append(errs, decodeConfig(path, data, &c)...)
	}
	errs = append(errs, applyEnvironment(environ, &c)...)
	if err := c.validate(); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// decodeConfig reads YAML over c, section by section, so that a mistake in one
// does not hide those in the others.
func decodeConfig(path string, data []byte, c *config) (errs []error) {
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at *yaml.SyntaxError
		if errors.As(err, &at) {
			return []error{fmt.Errorf("%s:%d: %s", path, at.Token.Position.Line, at.Message)}
		}
		return []error{fmt.Errorf("%s: %s", path, firstLine(err))}
	}
	for _, doc := range f.Docs {
		if doc.Body == nil {
			continue // an empty file is no mistake
		}
		if doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.CommentGroupType {
			continue
		}
		errs = append(errs, decodeNode(path, doc.Body, reflect.ValueOf(c).Elem(), "")...)
	}
	return errs
}

// decodeNode sets v from n: keys of structs one by one, all else by the library.
func decodeNode(path string, n ast.Node, v reflect.Value, at string) (errs []error) {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		return decodeList(path, n, v, at)
	case v.Kind() != reflect.Struct:
		if err := decodeLeaf(n.String(), n, v); err != nil {
			return []error{fmt.Errorf("%s:%d: %s: %w", path, n.GetToken().Position.Line, at, err)}
		}
		return nil
	}
	pairs, err := mapping(n)
	if err != nil {
		return []error{fmt.Errorf("%s:%d: %s: %w", path, n.GetToken().Position.Line, orRoot(at), err)}
	}
	fields := keysOf(v.Type())
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		i, ok := fields[key]
		if !ok {
			errs = append(errs, unknownKey(path, p, at, key, fields))
			continue
		}
		if p.Value.Type() == ast.NullType {
			continue // "feeds:" with nothing behind it keeps the default
		}
		errs = append(errs, decodeNode(path, p.Value, v.Field(i), join(at, key))...)
	}
	return errs
}

// decodeList sets a list of structs.
func decodeList(path string, n ast.Node, v reflect.Value, at string) (errs []error) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		return []error{fmt.Errorf("%s:%d: %s: want a list, have %s", path, n.GetToken().Position.Line, at, strings.ToLower(n.Type().String()))}
	}
	list := reflect.MakeSlice(v.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		errs = append(errs, decodeNode(path, item, list.Index(i), fmt.Sprintf("%s[%d]", at, i))...)
	}
	v.Set(list)
	return errs
}

// wants says what may stand for a value, where the library speaks of Go.
var wants = map[reflect.Kind]string{
	reflect.Bool: "want true or false", reflect.Int: "want a whole number", reflect.String: "want a text", reflect.Slice: "want a list of words",
}

// decodeLeaf sets v from n, whose text tells the reader of an error what it was.
func decodeLeaf(text string, n ast.Node, v reflect.Value) error {
	if v.Type() == reflect.TypeFor[time.Duration]() && n.Type() == ast.IntegerType {
		if text != "0" {
			return fmt.Errorf("%s has no unit: write %[1]ss, %[1]sm or %[1]sh", text)
		}
		v.SetInt(0)
		return nil
	}
	fresh := reflect.New(v.Type())
	if err := yaml.NodeToValue(n, fresh.Interface()); err != nil {
		if want, ok := wants[v.Kind()]; ok {
			return fmt.Errorf("%s, have %q", want, text)
		}
		if v.Type() == reflect.TypeFor[time.Duration]() {
			return fmt.Errorf("want a time such as 90s, 10m or 24h, have %q", text)
		}
		return errors.New(firstLine(err))
	}
	v.Set(fresh.Elem())
	return nil
}

func mapping(n ast.Node) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	case *ast.AnchorNode:
		return mapping(n.Value)
	}
	return nil, fmt.Errorf("want keys and values, have %s", strings.ToLower(n.Type().String()))
}

func unknownKey(path string, p *ast.MappingValueNode, at, key string, fields map[string]int) error {
	names := make([]string, 0, len(fields))
	for k := range fields {
		names = append(names, k)
	}
	slices.Sort(names)
	hint := "known here are " + strings.Join(names, ", ")
	if n := nearest(key, names); n != "" {
		hint = "did you mean " + strconv.Quote(n) + "?"
	}
	return fmt.Errorf("%s:%d: unknown key %q; %s", path, p.Key.GetToken().Position.Line, join(at, key), hint)
}

func firstLine(err error) string {
	s := strings.TrimSpace(err.Error())
	// The library's own position comes first: "[3:4] message".
	if i := strings.Index(s, "] "); strings.HasPrefix(s, "[") && i > 0 {
		s = s[i+2:]
	}
	s, _, _ = strings.Cut(s, "\n")
	return s
}

func orRoot(at string) string {
	if at == "" {
		return "the file"
	}
	return at
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// keysOf maps the YAML keys of a struct to its fields.
func keysOf(t reflect.Type) map[string]int {
	m := map[string]int{}
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
			m[tag] = i
		}
	}
	return m
}

// nearest is the name that differs from key by the fewest edits, if by few.
func nearest(key string, names []string) string {
	best, bestAt := "", len(key)/2+1
	for _, n := range names {
		if d := edits(strings.ToLower(key), n); d < bestAt {
			best, bestAt = n, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// envPrefix begins the environment's names: TOCSIN_INGEST_EVERY is ingest.every.
const envPrefix = "TOCSIN_"

// applyEnvironment sets single values and lists of words (parted by commas).
// Lists of sections, such as feeds, are for the file.
func applyEnvironment(environ []string, c *config) (errs []error) {
	known := map[string]reflect.Value{}
	var walk func(v reflect.Value, name string)
	walk = func(v reflect.Value, name string) {
		for key, i := range keysOf(v.Type()) {
			n := name + strings.ToUpper(key)
			if f := v.Field(i); f.Kind() == reflect.Struct {
				walk(f, n+"_")
			} else {
				known[n] = f
			}
		}
	}
	walk(reflect.ValueOf(c).Elem(), envPrefix)
	names := make([]string, 0, len(known))
	for n := range known {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, kv := range environ {
		name, value, _ := strings.Cut(kv, "=")
		// Kubernetes gives every pod addresses of a service named tocsin.
		if !strings.HasPrefix(name, envPrefix) || name == "TOCSIN_CONFIG" || strings.HasPrefix(name, "TOCSIN_PORT") || strings.HasPrefix(name, "TOCSIN_SERVICE_") {
			continue
		}
		f, ok := known[name]
		if !ok {
			hint := "see deploy/tocsin.yaml for the keys"
			if n := nearest(strings.ToLower(name), lower(names)); n != "" {
				hint = "did you mean " + strings.ToUpper(n) + "?"
			}
			errs = append(errs, fmt.Errorf("environment: unknown %s; %s", name, hint))
			continue
		}
		if err := setText(f, value); err != nil {
			errs = append(errs, fmt.Errorf("environment: %s: %w", name, err))
		}
	}
	return errs
}

func lower(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strings.ToLower(s)
	}
	return out
}

func setText(f reflect.Value, value string) error {
	if f.Kind() == reflect.Slice {
		if f.Type().Elem().Kind() != reflect.String {
			return errors.New("this list has sections: set it in the file")
		}
		list := []string{}
		for _, s := range strings.Split(value, ",") {
			if s = strings.TrimSpace(s); s != "" {
				list = append(list, s)
			}
		}
		f.Set(reflect.ValueOf(list))
		return nil
	}
	if f.Kind() == reflect.String {
		f.SetString(value)
		return nil
	}
	file, err := parser.ParseBytes([]byte(value), 0)
	if err != nil || len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return fmt.Errorf("%q cannot be read", value)
	}
	return decodeLeaf(value, file.Docs[0].Body, f)
}
