package sink

import (
	"tocsin/enrich"
	"tocsin/enrich/correlate"
)

// told is what is remembered of an incident's last alert.
type told struct {
	Version  int                    `json:"version"`
	Alert    string                 `json:"alert"`
	Severity string                 `json:"severity,omitempty"` // absent in what older programs remembered
	Totals   map[enrich.Measure]int `json:"totals,omitempty"`
}

func (t *told) number(m enrich.Measure) (int, bool) {
	if t == nil {
		return 0, false
	}
	n, ok := t.Totals[m]
	return n, ok
}

// judge is what the stage decides, without a bus: the alert that a version causes, nil
// for none, and what became of the version. Before is what was told last of the
// incident, nil for nothing.
func (c *Config) judge(i *correlate.Incident, before *told) (a *Alert, outcome string) {
	if before != nil && i.Version <= before.Version {
		return nil, "known"
	}
	status, rule := i.Status, ""
	for k := range c.Rules {
		if c.Rules[k].matches(i) {
			rule = c.Rules[k].Name
			break
		}
	}
	switch {
	case before == nil && (status == correlate.Cancel || len(i.Readings) == 0):
		return nil, "silent" // nobody was told of it
	case before == nil && rule == "":
		return nil, "no_rule"
	case before == nil:
		status = correlate.New
	case status == correlate.Silent:
		return nil, "silent"
	case rule == "":
		rule = "told-before" // who was told of an incident is told that it was less
	}
	return newAlert(i, status, rule, c.Source, before), "told"
}

// toldOf is what is remembered of an alert.
func toldOf(a *Alert) *told {
	t := &told{Version: a.Data.Version, Alert: a.ID, Severity: a.Data.Severity, Totals: map[enrich.Measure]int{}}
	for m, total := range a.Data.Totals {
		if n, ok := total.Number(); ok {
			t.Totals[m] = n
		}
	}
	return t
}

// Teller judges versions in memory, as the worker does on the bus: for those who ask
// what would be told.
type Teller struct {
	cfg  Config
	told map[string]*told
}

// NewTeller has told nobody of anything.
func NewTeller(cfg Config) *Teller { return &Teller{cfg: cfg, told: map[string]*told{}} }

// Tell returns the alert that a version causes, nil for none, and remembers it.
// Versions of one incident come in their order.
func (t *Teller) Tell(i *correlate.Incident) *Alert {
	a, _ := t.cfg.judge(i, t.told[i.ID])
	if a != nil {
		t.Remember(a)
	}
	return a
}

// Remember takes an alert for told.
func (t *Teller) Remember(a *Alert) {
	if was := t.told[a.Data.Incident]; was == nil || was.Version < a.Data.Version {
		t.told[a.Data.Incident] = toldOf(a)
	}
}
