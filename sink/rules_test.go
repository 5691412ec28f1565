package sink

import (
	"strings"
	"testing"

	"tocsin/enrich/correlate"
)

func TestRules(t *testing.T) {
	for _, tt := range []struct {
		name string
		rule Rule
		inc  *correlate.Incident
		want bool
	}{
		{"an empty rule matches all", Rule{}, incident("inc-1", severity("Unknown")), true},
		{"as grave", Rule{Severity: "moderate"}, incident("inc-1"), true},
		{"graver", Rule{Severity: "moderate"}, incident("inc-1", severity("Extreme")), true},
		{"less grave", Rule{Severity: "severe"}, incident("inc-1"), false},
		{"its country, in any case", Rule{Countries: []string{"sy", "iq"}}, incident("inc-1"), true},
		{"another country", Rule{Countries: []string{"sy"}}, incident("inc-1"), false},
		{"no country matches none", Rule{Countries: []string{"iq"}}, incident("inc-1", func(i *correlate.Incident) { i.Place.Country = "" }), false},
		{"its type", Rule{Types: []string{"shooting", "bombing"}}, incident("inc-1"), true},
		{"another type", Rule{Types: []string{"shooting"}}, incident("inc-1"), false},
		{"a type that is left out", Rule{NotTypes: []string{"bombing"}}, incident("inc-1"), false},
		{"too few outlets", Rule{Outlets: 2}, incident("inc-1"), false},
		{"every line must hold", Rule{Severity: "minor", Countries: []string{"iq"}, Types: []string{"bombing"}, Outlets: 1}, incident("inc-1"), true},
		{"one that does not is enough", Rule{Severity: "minor", Countries: []string{"iq"}, Types: []string{"bombing"}, Outlets: 9}, incident("inc-1"), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.rule.matches(tt.inc); got != tt.want {
				t.Errorf("%+v matches: %v, want %v", tt.rule, got, tt.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	before := &told{Version: 2, Alert: "inc-1.2"}
	for _, tt := range []struct {
		name   string
		inc    *correlate.Incident
		before *told
		want   string // status, rule and outcome
	}{
		{"a new incident", incident("inc-1"), nil, "new grave told"},
		{"a later version of one that nobody was told of is new to them", incident("inc-1", version(3, correlate.Silent)), nil, "new grave told"},
		{"an update", incident("inc-1", version(3, correlate.Update)), before, "update grave told"},
		{"a correction", incident("inc-1", version(3, correlate.Correction)), before, "correction grave told"},
		{"a silent version", incident("inc-1", version(3, correlate.Silent)), before, "  silent"},
		{"a version that was told", incident("inc-1", version(2, correlate.Update)), before, "  known"},
		{"a version before that", incident("inc-1", version(1, correlate.New)), before, "  known"},
		{"no rule matches", incident("inc-1", severity("Minor")), nil, "  no_rule"},
		{"no rule matches any more", incident("inc-1", version(3, correlate.Correction), severity("Minor")), before, "correction told-before told"},
		{"a cancellation", incident("inc-1", version(3, correlate.Cancel), severity("Unknown")), before, "cancel told-before told"},
		{"a cancellation of what nobody was told of", incident("inc-1", version(3, correlate.Cancel)), nil, "  silent"},
		{"nothing is left of what nobody was told of", incident("inc-1", version(3, correlate.Silent), func(i *correlate.Incident) { i.Readings = nil }), nil, "  silent"},
		{"the first rule that matches is named", incident("inc-1", severity("Extreme")), nil, "new gravest told"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Config{Rules: []Rule{{Name: "gravest", Severity: "extreme"}, {Name: "grave", Severity: "moderate"}}}
			a, outcome := cfg.judge(tt.inc, tt.before)
			got := "  " + outcome
			if a != nil {
				got = a.Data.Status + " " + a.Data.Rule + " " + outcome
			}
			if got != tt.want {
				t.Errorf("judge = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	hook := Webhook{Name: "desk", URL: "https://desk.example/hook"}
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"the default is valid", func(*Config) {}, nil},
		{"a webhook is valid", func(c *Config) { c.Webhook = []Webhook{hook} }, nil},
		{"no rules tell nothing", func(c *Config) { c.Rules = nil }, []string{"no incident would be told"}},
		{"a rule has a name", func(c *Config) { c.Rules = []Rule{{}} }, []string{"sink.rules[0]: it has no name"}},
		{"a name is taken once", func(c *Config) { c.Rules = []Rule{{Name: "a"}, {Name: "a"}} }, []string{`sink.rules[1]: name "a" is taken`}},
		{"a severity is one of five words", func(c *Config) { c.Rules = []Rule{{Name: "a", Severity: "bad"}} }, []string{`severity "bad"`}},
		{"a country has two letters", func(c *Config) { c.Rules = []Rule{{Name: "a", Countries: []string{"Iraq"}}} }, []string{`country "Iraq"`}},
		{"a type is one of ours", func(c *Config) { c.Rules = []Rule{{Name: "a", NotTypes: []string{"bomb"}}} }, []string{`type "bomb"`}},
		{"outlets are counted from 0", func(c *Config) { c.Rules = []Rule{{Name: "a", Outlets: -1}} }, []string{"outlets is -1"}},
		{"a source is a reference", func(c *Config) { c.Source = "" }, []string{"sink.source"}},
		{"giving up takes a minute", func(c *Config) { c.GiveUp = 1 }, []string{"sink.give_up"}},
		{"a webhook is not called file", func(c *Config) { c.Webhook = []Webhook{{Name: "file", URL: hook.URL}} }, []string{`name "file"`}},
		{"two webhooks have two names", func(c *Config) { c.Webhook = []Webhook{hook, hook} }, []string{`sink.webhook[1]: name "desk"`}},
		{"a URL is whole", func(c *Config) { c.Webhook = []Webhook{{Name: "a", URL: "desk.example/hook"}} }, []string{"write a whole http or https address"}},
		{"a try ends before AckWait", func(c *Config) { c.Webhook = []Webhook{{Name: "a", URL: hook.URL, Timeout: 1e12}} }, []string{"timeout is 16m40s"}},
		{"a secret is there", func(c *Config) { c.Webhook = []Webhook{{Name: "a", URL: hook.URL, SecretFile: "/none"}} }, []string{"secret_file", "no such file"}},
		{"every mistake is told at once", func(c *Config) {
			c.Rules, c.GiveUp, c.Drain = []Rule{{Severity: "x", Countries: []string{"x"}}}, 0, -1
		}, []string{"it has no name", `severity "x"`, `country "x"`, "sink.give_up", "sink.drain"}},
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
