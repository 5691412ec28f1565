package enrich

import (
	"strings"

	"tocsin/enrich/quantity"
)

// fuse makes one total of the figures of each measure. Subsets, parts,
// duplicates, attackers and what has not happened count towards nothing; sums
// compete with totals; a number beats a single person without one; an exact
// number beats a vague one that it satisfies; an update replaces.
func (r *reading) fuse(x *incident) map[Measure]Total {
	var out map[Measure]Total
	for _, m := range []Measure{Killed, Injured, Missing, Abducted, Released, Escaped, Arrested, Surrender, Displaced, Casualties} {
		t, ok := r.total(x, m)
		if ok && (m == Injured || m == Abducted || m == Missing) {
			t, ok = r.lessDead(x, m, t)
		}
		if !ok {
			continue
		}
		if out == nil {
			out = make(map[Measure]Total, 4)
		}
		out[m] = t
	}
	return out
}

func (r *reading) total(x *incident, m Measure) (Total, bool) {
	t, ok := r.totalOf(x, m, false)
	if !ok {
		// Nothing but parts of a whole that the text does not number.
		return r.totalOf(x, m, true)
	}
	return t, ok
}

func (r *reading) totalOf(x *incident, m Measure, subsets bool) (Total, bool) {
	want := "current"
	if x.role == Background {
		want = "background"
	}
	var best *mention
	dead := m == Injured && r.told(x, Killed, want)
	rule := "only"
	var sum mention
	excludes, perps := false, false
	r.trace.rivals = r.trace.rivals[:0]
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.measure != m {
			continue
		}
		if f.scope == "perpetrator" {
			perps = true
			continue
		}
		if f.scope != want && !(x.role == Background && f.scope == "current") {
			continue
		}
		if (f.relation == "subset") != subsets || f.relation == "part" || f.relation == "duplicate" || f.certainty == "denied" || f.certainty == "retracted" {
			continue
		}
		if f.soft && (m != Injured || dead) {
			continue
		}
		r.trace.rivals = append(r.trace.rivals, fi)
		excludes = excludes || f.excludes
		if best == nil {
			best = f
			continue
		}
		switch {
		case f.relation == "update" || f.relation == "correction":
			best, rule = f, "update-replaces"
		case best.relation == "update" || best.relation == "correction":
		case f.q.Quantifier == "unknown":
		case best.q.Quantifier == "unknown":
			best, rule = f, "known-beats-unknown"
		case f.soft:
		case best.soft:
			best = f
		case best.weak && !f.weak:
			best, rule = f, "number-beats-single"
		case f.weak:
		case best.q.Quantifier == "vague" && f.q.Quantifier != "vague":
			best, rule = f, "exact-beats-vague"
		case f.q.Quantifier == "vague":
		case best.q.Quantifier == "none" && f.q.Quantifier != "none":
			best, rule = f, "number-beats-none"
		case f.q.Quantifier == "none":
		case r.adds(best, f):
			sum.q = add(best.q, f.q)
			sum.sent, sum.harm = f.sent, f.harm
			sum.measure, sum.scope, sum.relation, sum.group = best.measure, best.scope, "sum_of_parts", f.group
			best, rule = &sum, "sum-of-clauses"
		case r.sents[best.sent].title && !r.sents[f.sent].title && r.near(best, f):
			best, rule = f, "body-beats-title"
		}
	}
	if best == nil {
		if perps && m == Killed {
			return Total{}, false
		}
		return Total{}, false
	}
	t := Total{Min: bound(best.q.Min), Max: bound(best.q.Max), Point: bound(best.q.Point), Quantifier: best.q.Quantifier, Rule: rule}
	if excludes || perps {
		yes := true
		t.ExcludesPerpetrators = &yes
	}
	return t, true
}

// told tells whether the incident has a figure of a measure above none.
func (r *reading) told(x *incident, m Measure, scope string) bool {
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.measure == m && f.scope == scope && f.q.Quantifier != "none" && f.q.Quantifier != "unknown" {
			return true
		}
	}
	return false
}

// adds tells whether f counts people besides those of best: "a soldier was
// killed … three others died".
func (r *reading) adds(best, f *mention) bool {
	if best.group < 0 || f.group < 0 || best.group == f.group || best.q.Quantifier == "vague" || f.q.Quantifier == "vague" || f.weak || best.soft {
		return false
	}
	if !clausal(best.rule) || !clausal(f.rule) {
		return false
	}
	if best.sent != f.sent {
		return f.others && f.sent-best.sent <= 2 && !r.sents[best.sent].title
	}
	if x, y := number(best.q), number(f.q); x == y && x > 1 || x >= 10 && r.near(best, f) {
		return false // the same count again: feeds join headline and text without a stop
	}
	if r.groups[f.group].q == nil && !strings.HasSuffix(f.rule, "+article") || f.harm == best.harm {
		return false
	}
	// One sentence with two subjects: "a nurse was killed and two guards died". A
	// source between them makes the second a figure of its own.
	lo, hi := min(best.harm, f.first), max(best.harm, f.first)
	for k := lo; k < hi && k < len(r.words); k++ {
		switch r.words[k].low {
		case "said", "says", "put", "according", "reported", "claimed", "earlier", "now", "toll", "total":
			return false
		}
	}
	return true
}

// clausal tells whether a figure is the subject or object of a verb of its own.
func clausal(rule string) bool {
	for _, p := range []string{"fig.passive-subject", "fig.participle-subject", "fig.intransitive", "fig.verb-object", "fig.gerund-object", "fig.predicate"} {
		if strings.HasPrefix(rule, p) {
			return true
		}
	}
	return rule == ""
}

// near tells whether two figures may be the same count: within a fifth.
func (r *reading) near(a, b *mention) bool {
	x, y := number(a.q), number(b.q)
	return x > 0 && y > 0 && (x-y)*(x-y) <= 4+x*x/16
}

func number(q quantity.Quantity) int {
	switch {
	case q.Point != quantity.Open:
		return q.Point
	case q.Min != quantity.Open:
		return q.Min
	}
	return max(q.Max, 0)
}
