package correlate

import (
	"errors"
	"fmt"
	"slices"

	"tocsin/enrich"
)

// Thresholds are the counts at which an incident becomes graver. They compare
// with a total's floor: what is sure.
type Thresholds struct {
	ExtremeKilled     int `yaml:"extreme_killed"`
	ExtremeCasualties int `yaml:"extreme_casualties"` // killed and injured together
	ExtremeAbducted   int `yaml:"extreme_abducted"`   // or held hostage
	SevereKilled      int `yaml:"severe_killed"`
	SevereInjured     int `yaml:"severe_injured"`
	SevereAbducted    int `yaml:"severe_abducted"`
	ModerateKilled    int `yaml:"moderate_killed"`
	ModerateInjured   int `yaml:"moderate_injured"`
	ModerateAbducted  int `yaml:"moderate_abducted"`
}

// DefaultThresholds are ours; nobody else's scale counts these things alone.
func DefaultThresholds() Thresholds {
	return Thresholds{
		ExtremeKilled: 20, ExtremeCasualties: 100, ExtremeAbducted: 50,
		SevereKilled: 5, SevereInjured: 20, SevereAbducted: 10,
		ModerateKilled: 1, ModerateInjured: 3, ModerateAbducted: 1,
	}
}

// Validate reports every mistake at once.
func (t Thresholds) Validate() error {
	var errs []error
	for _, s := range []struct {
		what                      string
		moderate, severe, extreme int
	}{
		{"killed", t.ModerateKilled, t.SevereKilled, t.ExtremeKilled},
		{"injured", t.ModerateInjured, t.SevereInjured, t.ExtremeCasualties},
		{"abducted", t.ModerateAbducted, t.SevereAbducted, t.ExtremeAbducted},
	} {
		if s.moderate < 1 || s.severe < s.moderate || s.extreme < s.severe {
			errs = append(errs, fmt.Errorf("correlate.severity: for %s, moderate %d, severe %d and extreme %d must rise from at least 1", s.what, s.moderate, s.severe, s.extreme))
		}
	}
	return errors.Join(errs...)
}

// Severities from the least grave; alert subjects use them in lower case.
var Severities = []string{"Unknown", "Minor", "Moderate", "Severe", "Extreme"}

func rank(severity string) int { return slices.Index(Severities, severity) }

// assess applies SCHEMA's ordered rules: the first line that holds decides, and
// is named.
func assess(i *Incident, t Thresholds) Assessment {
	a := Assessment{Urgency: urgency(i.Outcome), Certainty: certainty(i)}
	a.Severity, a.Rule = severity(i, t)
	return a
}

func severity(i *Incident, t Thresholds) (severity, rule string) {
	floor := func(m enrich.Measure) int {
		if p := i.Totals[m].Min; p != nil {
			return *p
		}
		return 0
	}
	killed, injured := floor(enrich.Killed), floor(enrich.Injured)
	held := max(floor(enrich.Abducted), floor(enrich.Hostages))
	done := i.Outcome == "carried_out" || i.Outcome == "ongoing"
	for _, r := range []struct {
		holds          bool
		severity, rule string
	}{
		{killed >= t.ExtremeKilled, "Extreme", fmt.Sprintf("sev.killed>=%d", t.ExtremeKilled)},
		{killed+injured >= t.ExtremeCasualties, "Extreme", fmt.Sprintf("sev.casualties>=%d", t.ExtremeCasualties)},
		{held >= t.ExtremeAbducted, "Extreme", fmt.Sprintf("sev.abducted>=%d", t.ExtremeAbducted)},
		{i.Type == "chemical_attack" && i.Outcome == "carried_out", "Extreme", "sev.chemical"},
		{killed >= t.SevereKilled, "Severe", fmt.Sprintf("sev.killed>=%d", t.SevereKilled)},
		{injured >= t.SevereInjured, "Severe", fmt.Sprintf("sev.injured>=%d", t.SevereInjured)},
		{held >= t.SevereAbducted, "Severe", fmt.Sprintf("sev.abducted>=%d", t.SevereAbducted)},
		{i.Type == "assassination" && i.Outcome == "carried_out", "Severe", "sev.assassination"},
		{i.Subtype == "hostage_taking" && i.Outcome == "ongoing", "Severe", "sev.hostages-held"},
		{i.Complex, "Severe", "sev.complex"},
		{killed >= t.ModerateKilled, "Moderate", fmt.Sprintf("sev.killed>=%d", t.ModerateKilled)},
		{injured >= t.ModerateInjured, "Moderate", fmt.Sprintf("sev.injured>=%d", t.ModerateInjured)},
		{held >= t.ModerateAbducted, "Moderate", fmt.Sprintf("sev.abducted>=%d", t.ModerateAbducted)},
		{done && slices.Contains(gravePlaces, i.Place.SiteKind) && slices.Contains(graveTypes, i.Type), "Moderate", "sev.site"},
		{i.Outcome != "unknown" && i.Outcome != "", "Minor", "sev.outcome-known"},
	} {
		if r.holds {
			return r.severity, r.rule
		}
	}
	return "Unknown", "sev.nothing-known"
}

var (
	gravePlaces = []string{"embassy", "base", "airport", "school", "hospital", "worship", "mosque", "church"}
	graveTypes  = []string{"bombing", "explosion", "airstrike", "drone_strike", "shelling", "shooting"}
)

func urgency(outcome string) string {
	switch outcome {
	case "ongoing":
		return "Immediate"
	case "threatened", "attempted":
		return "Expected"
	case "carried_out", "foiled", "disrupted", "hoax":
		return "Past"
	}
	return "Unknown"
}

func certainty(i *Incident) string {
	if cancelled(i) {
		return "Unlikely"
	}
	best := "Possible"
	for k := range i.Readings {
		switch r := &i.Readings[k]; r.Certainty {
		case "confirmed":
			return "Observed"
		case "denied", "retracted", "possible", "claimed", "disputed":
		default:
			if r.Official {
				return "Observed"
			}
			best = "Likely"
		}
	}
	if best == "Likely" && i.Sources.Independent >= 2 {
		return "Observed"
	}
	return best
}
