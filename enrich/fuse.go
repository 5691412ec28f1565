package enrich

import (
	"slices"
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
		if !slices.ContainsFunc(x.figs, func(f int) bool { return r.figs[f].measure == m }) {
			continue
		}
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
	if m == Released && t.Quantifier == "unknown" {
		// "31 of the passengers were freed … the hostages were rescued"
		if part, ok := r.totalOf(x, m, true); ok && part.Quantifier != "unknown" {
			return part, true
		}
	}
	return t, ok
}

func (r *reading) totalOf(x *incident, m Measure, subsets bool) (Total, bool) {
	want := "current"
	if x.role == Background {
		want = "background"
	}
	var best, suspect *mention
	dead := m == Injured && r.told(x, Killed, want)
	rule := "only"
	var sum mention
	excludes, perps, conflict := false, false, false
	lo, hi := 0, 0
	agreed := false        // the headline's number is that of the text
	var people [8]*mention // single people, each another
	singles := people[:0]
	r.trace.rivals = r.trace.rivals[:0]
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.measure != m {
			continue
		}
		if f.scope == "perpetrator" {
			perps = true
			if f.who == "suspect" && suspect == nil {
				suspect = f
			}
			continue
		}
		if f.scope != want && !(x.role == Background && f.scope == "current") {
			continue
		}
		if (f.relation == "subset") != subsets || f.relation == "part" || f.relation == "duplicate" || f.relation == "superseded" || f.certainty == "denied" || f.certainty == "retracted" {
			continue
		}
		if subsets && m == Abducted && r.freedAgain(x, f) {
			continue
		}
		if f.soft && (m != Injured || dead && !r.survivors(x, f, want) && !r.livedOn(x, f, want)) {
			continue
		}
		soft := f.soft && number(f.q) < 2
		if f.care && (f.lone() && r.told(x, Injured, want) && !r.onlySingles(x, f, want) || r.alsoDied(x, f, want)) {
			continue
		}
		r.trace.rivals = append(r.trace.rivals, fi)
		excludes = excludes || f.excludes
		single := r.isSingle(f) || r.isOfKind(f)
		if single && len(singles) < cap(singles) && r.otherPerson(singles, f) && (len(singles) == 0 || f.sent-singles[len(singles)-1].sent <= 3 || r.isSingle(f)) {
			singles = append(singles, f)
		}
		if best == nil {
			best = f
			continue
		}
		agreed = agreed || best != &sum && r.sents[best.sent].title && !r.sents[f.sent].title && f.relation == "total" && number(f.q) == number(best.q) && number(f.q) > 1
		switch {
		case best != &sum && r.newer(best.sent, f.sent) && best.q.Quantifier != "unknown" && !best.weak && !best.soft:
			rule = "newest-entry"
		case f.boast() && !best.boast() && best.q.Quantifier != "unknown":
		case best.boast() && !f.boast() && f.q.Quantifier != "unknown" && f.q.Quantifier != "none":
			best, rule = f, "others-beat-a-boast"
		case f.relation == "additional":
			if !agreed && best.relation != "update" && best.relation != "correction" && !best.weak && !r.sents[best.sent].title && f.sent-best.sent <= 3 {
				r.plus(&sum, best, f)
				best, rule = &sum, "those-who-died-later-add"
			}
		case f.relation == "update" || f.relation == "correction":
			best, rule, conflict = f, "update-replaces", false
		case best.relation == "update" || best.relation == "correction":
		case f.q.Quantifier == "unknown":
		case best.q.Quantifier == "unknown":
			best, rule = f, "known-beats-unknown"
		case soft:
		case best.soft && (number(best.q) < 2 || number(f.q) >= number(best.q)):
			best = f
		case slices.Contains(singles, f) && slices.Contains(singles, best) && !r.adds(best, f):
		case r.isSingle(f) && r.isSingle(best) && !r.adds(best, f): // the same person again
		case best.weak && f.weak:
		case best.weak:
			best, rule = f, "number-beats-single"
		case f.weak:
		case best.q.Quantifier == "vague" && f.q.Quantifier != "vague":
			best, rule = f, "exact-beats-vague"
		case f.q.Quantifier == "vague":
		case best.q.Quantifier == "none" && f.q.Quantifier != "none":
			best, rule = f, "number-beats-none"
		case f.q.Quantifier == "none":
		case f.attackers > 0 && best.attackers == 0 && number(best.q) == number(f.q)+f.attackers:
			best, rule = f, "less-attackers" // "Five dead": two people and three attackers
		case r.leaves(best, f):
			best, rule = f, "all-beat-some"
		case agreed && r.adds(best, f):
		case r.adds(best, f):
			r.plus(&sum, best, f)
			best, rule = &sum, "sum-of-clauses"
		case m == Killed && r.allOf(best, f):
			best, rule = f, "all-beat-some"
		case number(best.q) == number(f.q) && hedged(f.q.Quantifier) && !hedged(best.q.Quantifier):
			if f.q.Quantifier == "at_most" {
				sum = *best
				sum.q.Quantifier = "approx"
				best = &sum
			} else {
				best = f
			}
			rule = "hedge-beats-flat"
		case best.attackers > 0 && number(f.q) == number(best.q)+best.attackers: // "Two Israelis and a Palestinian who opened fire"
		case f.relation == "sum_of_parts" && number(f.q) > number(best.q) && r.holds(x, fi, best):
			best, rule = f, "sum-holds-it" // "six priests … six priests and two women"
		case r.sents[best.sent].title && !r.sents[f.sent].title && r.near(best, f) && number(f.q) >= number(best.q):
			f.others = f.others || best.others && number(f.q) == number(best.q) // "two more bodies found … a man and a boy"
			best, rule = f, "body-beats-title"
		case r.inWhole(x, best, f):
		case r.disagree(best, f):
			if !conflict {
				lo, hi = number(best.q), number(best.q)
			}
			lo, hi, conflict = min(lo, number(f.q)), max(hi, number(f.q)), true
			if sourceRank(f.said) > sourceRank(best.said) {
				best = f
			}
			rule = "sources-disagree"
		}
	}
	if best == nil && suspect != nil && !r.told(x, Injured, want) && want == "current" {
		best, rule, perps = suspect, "suspect-is-the-only-one", false // shot by police, and nobody else was hurt
	}
	if best == nil {
		return Total{}, false
	}
	q := best.q
	if len(singles) > 1 && slices.Contains(singles, best) {
		n := 0
		for _, f := range singles {
			n += f.q.Min
		}
		q, rule = quantity.Quantity{Quantifier: "exact", Min: n, Max: n, Point: n}, "each-is-another"
	}
	if m == Killed && want == "current" && (q.Quantifier == "exact" || q.Quantifier == "at_least") && perps && !excludes {
		if n := r.lessAttackers(x, best); n > 0 {
			if q.Min, excludes, rule = n, true, rule+"+less-attackers"; q.Quantifier == "exact" {
				q.Max, q.Point = n, n
			}
		}
	}
	if m == Killed && want == "current" && !excludes && q.Quantifier == "exact" && q.Min > 1 && r.withTheKiller(x, best) {
		q.Min, q.Max, q.Point, excludes, rule = q.Min-1, q.Max-1, q.Point-1, true, rule+"+less-the-killer"
	}
	t := Total{Min: bound(q.Min), Max: bound(q.Max), Point: bound(q.Point), Quantifier: q.Quantifier, Rule: rule}
	if conflict {
		t.Min, t.Max, t.Quantifier, t.Conflict = &lo, &hi, "range", true
	}
	if excludes || perps {
		yes := true
		t.ExcludesPerpetrators = &yes
	}
	return t, true
}

// lessAttackers is how many of a number of dead are no attackers, where the text says
// how many these are: "five dead … two policemen and three attackers". 0 where it does
// not tell.
func (r *reading) lessAttackers(x *incident, best *mention) int {
	all, n := number(best.q), 0
	if all < 2 {
		return 0
	}
	for _, fi := range few(x.figs) {
		p := &r.figs[fi]
		if p.measure != Killed || p.scope != "perpetrator" || p.q.Quantifier != "exact" || p == best {
			continue
		}
		if n = number(p.q); n >= all {
			continue
		}
		if p.relation == "subset" && p.sent >= best.sent && p.sent-best.sent <= 4 {
			return all - n
		}
		if p.relation == "subset" && slices.ContainsFunc(few(x.figs), func(i int) bool {
			v := &r.figs[i]
			return v.measure == Killed && v.scope == "current" && v.relation == "total" && number(v.q) == all-n
		}) {
			return all - n // who are counted by themselves, too
		}
		for _, vi := range few(x.figs) {
			if v := &r.figs[vi]; v != best && v.measure == Killed && v.scope == "current" && v.sent == p.sent && v.harm == p.harm && (v.relation == "total" || v.relation == "sum_of_parts") && number(v.q)+n == all {
				return all - n
			}
		}
	}
	return 0
}

// freedAgain tells whether some of those who were taken are told of only because they
// came free: "ten of the passengers abducted on Monday were released".
func (r *reading) freedAgain(x *incident, f *mention) bool {
	return f.lead > 0 && slices.ContainsFunc(few(x.figs), func(i int) bool {
		p := &r.figs[i]
		return (p.measure == Released || p.measure == Escaped) && p.lead == f.lead && p.relation == "subset"
	})
}

// lone tells whether a figure is one person, or nobody knows how many.
func (f *mention) lone() bool { return number(f.q) <= 1 || f.q.Quantifier == "unknown" }

// holds tells whether one of the parts of sum fi is the number of best.
func (r *reading) holds(x *incident, fi int, best *mention) bool {
	for i := fi + 1; i < len(r.figs) && r.figs[i].parts == fi; i++ {
		if p := &r.figs[i]; p.relation == "part" && p.q.Quantifier == best.q.Quantifier && number(p.q) == number(best.q) && number(p.q) > 1 {
			return true
		}
	}
	return false
}

// plus makes a sum of two mentions.
func (r *reading) plus(sum, a, b *mention) {
	x := *a
	x.q = add(a.q, b.q)
	x.sent, x.harm, x.group, x.relation, x.said = b.sent, b.harm, b.group, "sum_of_parts", nil
	*sum = x
}

// boast tells whether a figure is what a party says that it did to others.
func (f *mention) boast() bool {
	return f.certainty == "claimed" && f.said != nil && f.said.Kind == "belligerent"
}

func hedged(quantifier string) bool {
	return quantifier == "at_least" || quantifier == "at_most" || quantifier == "approx"
}

// survivors tells whether some of those who were shot did not die: the dead are
// told to be a part of them.
func (r *reading) survivors(x *incident, f *mention, want string) bool {
	for _, ki := range few(x.figs) {
		k := &r.figs[ki]
		if k.measure == Killed && k.scope == want && k.later && k.of == Injured && number(k.q) < number(f.q) {
			return true
		}
	}
	return false
}

// livedOn tells whether who was shot and brought to hospital is nobody of the dead:
// all of these were told of before, or are known to be others.
func (r *reading) livedOn(x *incident, f *mention, want string) bool {
	if !f.alive {
		return false
	}
	for _, ki := range few(x.figs) {
		k := &r.figs[ki]
		if k.measure != Killed || k.scope != want || k.q.Quantifier == "none" {
			continue
		}
		known := r.isSingle(k) && r.isSingle(f) && r.others(k, f)
		if !known && (k.harm > f.harm || k.lead > 0 && k.lead == f.lead || r.sents[k.sent].title && number(k.q) == 1) {
			return false
		}
	}
	return true
}

// alsoDied tells whether who got care is told to have died.
func (r *reading) alsoDied(x *incident, f *mention, want string) bool {
	for _, ki := range few(x.figs) {
		k := &r.figs[ki]
		if k.measure == Killed && k.scope == want && (f.lead > 0 && k.lead == f.lead || k.sent == f.sent && k.weak && k.harm > f.harm || strings.HasSuffix(f.rule, "+pronoun") && number(k.q) == 1 && f.sent-k.sent >= 0 && f.sent-k.sent <= 2) {
			return true
		}
	}
	return false
}

// onlySingles tells whether all that is told of a measure besides care are single
// people of f's own sentence.
func (r *reading) onlySingles(x *incident, f *mention, want string) bool {
	for _, pi := range few(x.figs) {
		p := &r.figs[pi]
		if p != f && p.measure == f.measure && p.scope == want && !p.care && !p.soft && p.q.Quantifier != "none" && (!p.weak || p.sent != f.sent) {
			return false
		}
	}
	return true
}

func (r *reading) byName(f *mention) bool {
	if f.group < 0 {
		return false
	}
	return r.names(f.group) >= 2
}

// names counts the words of a group that are written as names.
func (r *reading) names(g int) int {
	if r.sents[r.sentenceAt(r.groups[g].first)].headline {
		return 0
	}
	n := 0
	for k := r.groups[g].first; k < r.groups[g].last; k++ {
		if w := &r.words[k]; w.upper && w.e.Class == 0 && w.q == nil && !w.punct {
			n++
		}
	}
	return n
}

// sameName tells whether two groups name one person: they share a name, and not only the
// last of both, which a family shares.
func (r *reading) sameName(a, b int) bool {
	x, y := &r.groups[a], &r.groups[b]
	for i := x.first; i < x.last; i++ {
		w := &r.words[i]
		if !w.upper || w.e.Class != 0 {
			continue
		}
		for j := y.first; j < y.last; j++ {
			if r.words[j].low == w.low && (i < x.last-1 || j < y.last-1 || r.names(a) < 2 || r.names(b) < 2) {
				return true
			}
		}
	}
	return false
}

// disagree tells whether two sources give two numbers, neither as news of the
// other.
func (r *reading) disagree(a, b *mention) bool {
	if a.said == nil || b.said == nil || a.said.Text == b.said.Text || a.q.Quantifier == "range" || b.q.Quantifier == "range" || a.relation != "total" || b.relation != "total" {
		return false
	}
	x, y := number(a.q), number(b.q)
	return x != y && b.sent-a.sent <= 2 && y*4 >= x && x*4 >= y
}

// sourceRank orders sources: those who count, then those who tell, then a party
// to the fight, which never sets the number of its enemy's dead.
func sourceRank(s *Said) int {
	if s == nil {
		return 3
	}
	switch s.Kind {
	case "government", "medical", "police", "military":
		return 5
	case "un_ngo":
		return 4
	case "media":
		return 3
	case "witness":
		return 2
	case "belligerent":
		return 0
	}
	return 1
}

// told tells whether the incident has a figure of a measure above none.
func (r *reading) told(x *incident, m Measure, scope string) bool {
	for _, fi := range x.figs {
		f := &r.figs[fi]
		if f.measure == m && f.scope == scope && !(f.care && f.lone()) && !f.soft && f.relation != "subset" && f.q.Quantifier != "none" && f.q.Quantifier != "unknown" {
			return true
		}
	}
	return false
}

// allOf tells whether f counts all the dead, and best only some of them, who were found or
// died since: "the bodies of two more … five people have therefore died".
func (r *reading) allOf(best, f *mention) bool {
	s := &r.sents[f.sent]
	return (f.sent > best.sent || f.sent == best.sent && f.first > best.harm) && (best.others || r.isSingle(best) && strings.HasPrefix(best.rule, "fig.intransitive")) &&
		!f.others && f.relation == "total" && f.q.Quantifier == "exact" && number(f.q) > number(best.q) && !r.perpetratorNear(s, s.first, s.last)
}

// leaves tells whether the deed of which f is the toll is that of whose victims best counts
// some: "Three beheaded as raid leaves seven dead".
func (r *reading) leaves(best, f *mention) bool {
	if !r.sents[f.sent].title || best.sent != f.sent || number(f.q) <= number(best.q) {
		return false
	}
	for k := best.harm + 1; k < f.first; k++ {
		switch r.words[k].low {
		case "as", "after", "in", "when":
			return true
		case "and", ";", ",":
			return false
		}
	}
	return false
}

// inWhole tells whether f counts some of those of best, and a figure beside it the others:
// "killed 28 people … twenty-one were dead when they came. Seven died here".
func (r *reading) inWhole(x *incident, best, f *mention) bool {
	return slices.ContainsFunc(few(x.figs), func(i int) bool {
		p := &r.figs[i]
		return p != f && p != best && p.measure == f.measure && p.scope == f.scope && max(p.sent-f.sent, f.sent-p.sent) <= 1 && number(p.q) > 0 && number(p.q)+number(f.q) == number(best.q)
	})
}

// adds tells whether f counts people besides those of best: "a soldier was
// killed … three others died".
func (r *reading) adds(best, f *mention) bool {
	if strings.HasSuffix(f.rule, "+ordinal") && best.group >= 0 && !best.weak && f.sent-best.sent <= 1 {
		return true // "the fifth was martyred"
	}
	if r.onSpree(f) && f.q.Quantifier == "exact" && best.q.Quantifier != "vague" && !best.weak && clausal(f.rule) {
		return !r.sents[best.sent].title && !r.othersThan(f)
	}
	if best.group < 0 || f.group < 0 || best.group == f.group || best.q.Quantifier == "vague" || f.q.Quantifier == "vague" || f.weak || best.soft {
		return false
	}
	if !clausal(best.rule) || !clausal(f.rule) {
		return false
	}
	if best.sent != f.sent {
		return f.others && f.sent-best.sent <= 2 && !r.sents[best.sent].title && !r.othersThan(f)
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
		case ":":
			return false // "two people died: the driver and a student who …"
		}
	}
	return true
}

// figsFrom is the first figure of sentence si or a later one.
func (r *reading) figsFrom(si int) int {
	told := r.figs
	for len(told) > 0 && told[len(told)-1].measure == Incidents {
		told = told[:len(told)-1] // counts come after the sentences
	}
	n, _ := slices.BinarySearchFunc(told, si, func(f mention, si int) int { return f.sent - si })
	return n
}

// compared caps how many figures, places or dates of an incident are compared with
// each other: a story has dozens, only an attack on the reader has thousands.
const compared = 256

func few(list []int) []int { return list[:min(len(list), compared)] }

// othersThan tells whether "others" are others than those of another measure in
// the same sentence: "one person was killed and 22 others hurt".
func (r *reading) othersThan(f *mention) bool {
	for i := r.figsFrom(f.sent); i < len(r.figs) && r.figs[i].sent == f.sent; i++ {
		if p := &r.figs[i]; p.measure != f.measure && p.harm < f.harm && p.q.Quantifier != "none" {
			return true
		}
	}
	return false
}

// clausal tells whether a figure is the subject or object of a verb of its own.
func clausal(rule string) bool {
	for _, p := range []string{"fig.passive-subject", "fig.participle-subject", "fig.intransitive", "fig.verb-object", "fig.gerund-object", "fig.predicate", "fig.modifier", "fig.care", "fig.suffered", "fig.lost", "fig.fell"} {
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
