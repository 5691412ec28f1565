package sink

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
)

// Rule says which incidents become alerts. Every line of it must hold; an empty
// one holds for all.
type Rule struct {
	Name      string   `yaml:"name"`      // told in the alert
	Severity  string   `yaml:"severity"`  // this or graver: unknown minor moderate severe extreme
	Countries []string `yaml:"countries"` // ISO 3166-1 alpha-2; an incident without a country matches none
	Types     []string `yaml:"types"`
	NotTypes  []string `yaml:"not_types"`
	Outlets   int      `yaml:"outlets"` // told by at least so many
}

func (r *Rule) matches(i *correlate.Incident) bool {
	has := func(list []string, s string) bool {
		return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, s) })
	}
	return severityRank(i.Assessment.Severity) >= severityRank(r.Severity) &&
		(len(r.Countries) == 0 || has(r.Countries, i.Place.Country)) &&
		(len(r.Types) == 0 || has(r.Types, i.Type)) &&
		!has(r.NotTypes, i.Type) &&
		i.Sources.Outlets >= r.Outlets
}

func severityRank(s string) int {
	return slices.IndexFunc(correlate.Severities, func(x string) bool { return strings.EqualFold(x, s) })
}

// validateRules reports every mistake at once.
func validateRules(rules []Rule) error {
	var errs []error
	names := map[string]bool{}
	for k, r := range rules {
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("sink.rules[%d]: %s", k, fmt.Sprintf(format, args...)))
		}
		if r.Name == "" {
			bad("it has no name: alerts tell which rule let them pass")
		} else if names[r.Name] {
			bad("name %q is taken", r.Name)
		}
		names[r.Name] = true
		if r.Severity != "" && severityRank(r.Severity) < 0 {
			bad("severity %q: use unknown, minor, moderate, severe or extreme", r.Severity)
		}
		for _, c := range r.Countries {
			if len(c) != 2 {
				bad("country %q: use two letters of ISO 3166-1, such as iq", c)
			}
		}
		for _, t := range slices.Concat(r.Types, r.NotTypes) {
			if !slices.Contains(enrich.Types, t) {
				bad("type %q: use one of %s", t, strings.Join(enrich.Types, " "))
			}
		}
		if r.Outlets < 0 {
			bad("outlets is %d: it cannot be negative", r.Outlets)
		}
	}
	return errors.Join(errs...)
}
