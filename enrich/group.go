package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// incident is a report while it is being gathered.
type incident struct {
	role    Role
	clauses []int
	kinds   []int
	figs    []int
	places  []int // indexes of reading.places, in order of the text
	dates   []int
	rules   []string
	at      []int // the places that tell it apart
	para    int
}

// split parts a clause whose figures have places of their own: each is an
// incident.
func (r *reading) split(cs []clause) []clause {
	apart := false
	for i := range r.figs {
		apart = apart || r.figs[i].at > 0
	}
	if !apart {
		return cs
	}
	out := make([]clause, 0, len(cs)+4)
	for _, c := range cs {
		var at []int
		for _, f := range c.figs {
			if p := r.figs[f].at; p > 0 && !slices.Contains(at, p) {
				at = append(at, p)
			}
		}
		if len(at) < 2 || r.partsOfTold(&c) {
			out = append(out, c)
			continue
		}
		dead := 0
		for _, f := range c.figs {
			if r.figs[f].measure == Killed {
				dead += number(r.figs[f].q)
			}
		}
		for n, p := range at {
			x := c
			if n == 0 {
				x.lead = dead
			}
			x.figs, x.places, x.apart = nil, []int{p - 1}, n > 0
			for _, f := range c.figs {
				if q := r.figs[f].at; q == p || q == 0 && n == 0 {
					x.figs = append(x.figs, f)
				}
			}
			out = append(out, x)
		}
	}
	return out
}

// partsOfTold tells whether the numbers of a clause that have places break down a
// toll that the text gave before: "22 were killed … three died in X, two in Y".
func (r *reading) partsOfTold(c *clause) bool {
	sum := map[Measure]int{}
	for _, f := range c.figs {
		sum[r.figs[f].measure] += number(r.figs[f].q)
	}
	for i := range min(len(r.figs), compared) {
		p := &r.figs[i]
		if p.sent >= c.sent || p.scope != "current" || p.relation == "part" || p.relation == "subset" {
			continue
		}
		if n, ok := sum[p.measure]; ok && number(p.q) > n {
			return true
		}
	}
	return false
}

// scopes decides for each clause, and each figure in it, whether it tells of
// now, of something older, of a sum over many, or of what has not happened.
func (r *reading) scopes(cs []clause, a *about) {
	for i := range cs {
		c := &cs[i]
		c.scope, c.rule = r.scopeAt(c, (c.first+c.last)/2)
		if len(c.kinds) > 0 {
			c.scope, c.rule = r.scopeAt(c, c.kinds[0])
		}
		if len(c.figs) > 0 {
			c.scope, c.rule = "", ""
		}
		for _, f := range c.figs {
			x := &r.figs[f]
			if x.scope == "perpetrator" {
				continue
			}
			scope, rule := r.scopeAt(c, x.harm)
			if x.hypothesis {
				scope, rule = "hypothetical", "scope.hypothetical"
			}
			x.scope = scope
			if c.scope == "" || scope == "current" {
				c.scope, c.rule = scope, rule
			}
		}
		if c.scope == "" {
			c.scope = "current"
		}
		if a.past && c.scope == "current" {
			c.scope, c.rule = "background", a.rule
			for _, f := range c.figs {
				if r.figs[f].scope == "current" {
					r.figs[f].scope = "background"
				}
			}
		}
		c.other = c.apart || r.other(c)
	}
}

// scopeAt reads the scope of word p from the time expressions and cue words of
// its clause: the nearest one governs.
func (r *reading) scopeAt(c *clause, p int) (scope, rule string) {
	best, dist := -1, 1<<30
	if l := r.words[c.first].low; (l == "over" || l == "for" || l == "in" && r.lowAt(c.first+1) == "connection") && c.first > r.sents[c.sent].first {
		return "background", "scope.cause-of-arrest" // held over it
	}
	for _, d := range c.dates {
		x := &r.dates[d]
		n := x.word - p
		if n < 0 {
			n = -n
		}
		tail := r.tailWord(x.word)
		if tail && x.word > p { // "killed nine, a month after …": what stands before is now
			if x.old {
				continue
			}
		}
		if x.old && x.word > p && r.ofAnother(p, x.word) {
			continue
		}
		lo, hi := min(p, x.word), max(p, x.word)
		for k := lo; k < hi; k++ {
			if r.words[k].low == "," {
				n += 6
			}
			if r.words[k].is(lexicon.Sub) && !x.old {
				n += 4
			}
		}
		if n < dist {
			best, dist = d, n
		}
	}
	if best >= 0 {
		x := &r.dates[best]
		switch {
		case x.running && !r.index(c):
			return "aggregate", "scope.running-total"
		case x.old:
			return "background", "scope.old-date"
		}
	}
	for k := c.first; k < c.last; k++ {
		switch w := r.words[k].low; w {
		case "anniversary", "commemorate", "commemorated", "years later":
			return "background", "scope.anniversary"
		case "often", "frequently", "usually", "routinely", "regularly":
			if k <= p && p-k < 4 {
				return "hypothetical", "scope.habit"
			}
		case "infamous", "notorious":
			return "background", "scope.memory"
		case "previous", "previously", "earlier", "similar", "past":
			if k+1 < c.last && r.words[k+1].is(lexicon.Kind) && k <= p && p-k < 12 {
				return "background", "scope.previous"
			}
		case "war", "conflict", "insurgency", "uprising", "campaign", "crisis":
			if best < 0 && r.aggregateCue(c, p, k) {
				return "aggregate", "scope.war-total"
			}
		case "since":
			if k > p && k-p < 12 {
				for n := k + 1; n < c.last && n < k+8; n++ {
					switch r.words[n].low {
					case "began", "started", "erupted", "invasion", "start", "beginning", "outbreak", "war", "launched", "broke", "independence", "coup", "uprising", "invaded":
						return "aggregate", "scope.since"
					}
				}
			}
		case "sentenced", "convicted", "jailed", "pleaded guilty", "on trial", "trial", "extradited", "acquitted", "inquest":
			return "background", "scope.judicial"
		}
	}
	return "current", ""
}

// ofAnother tells whether the old date at word d belongs to another event than
// word p: "jets bombed the camp in reply to a rocket that killed two a day before".
func (r *reading) ofAnother(p, d int) bool {
	for k := p + 1; k+1 < d; k++ {
		w := &r.words[k]
		if (w.low == "who" || w.low == "whose" || w.low == "whom") && k > p+1 && !r.harmAhead(k, d) {
			return true // "… before the shooter, who had been dismissed in August, fled"
		}
		if !w.is(lexicon.Kind) || !r.isKind(k) {
			continue
		}
		if g := r.group(k); g < 0 || r.groups[g].det != "a" && r.groups[g].det != "an" && r.groups[g].q == nil {
			continue
		}
		for n := k + 1; n < d && n < k+4; n++ {
			if l := r.words[n].low; l == "that" || l == "which" || l == "when" {
				return true
			}
		}
	}
	return false
}

// tailWord tells whether a time expression leads into an older story: "a month
// after a blast …", not "two days after.".
func (r *reading) tailWord(k int) bool {
	w := &r.words[k]
	if k+1 >= len(r.words) || r.words[k+1].punct {
		return false
	}
	t := r.art.Text(r.sents[min(r.sentenceAt(k), len(r.sents)-1)].field)
	for _, e := range []string{"after", "since", "before"} {
		if n := len(e); w.end-w.start > n && w.end <= len(t) && t[w.end-n:w.end] == e {
			return true
		}
	}
	return false
}

func (r *reading) aggregateCue(c *clause, p, k int) bool {
	for n := max(c.first, k-2); n < min(c.last, k+6); n++ {
		switch r.words[n].low {
		case "which", "has", "have", "since", "'s":
			return p > k || r.lowAt(n) == "has" || r.lowAt(n) == "have"
		}
	}
	return false
}

// index tells whether a running date only numbers an incident: "the second this year".
func (r *reading) index(c *clause) bool {
	for k := c.first; k < c.last; k++ {
		switch r.words[k].low {
		case "second", "third", "fourth", "fifth", "sixth", "seventh", "latest", "deadliest", "first", "worst", "tenth":
			return true
		}
	}
	return false
}

// other tells whether the clause announces another incident.
func (r *reading) other(c *clause) bool {
	ws := r.words
	for k := c.first; k < c.last; k++ {
		switch ws[k].low {
		case "separate", "unrelated":
			if r.manyAt(c, k+1) {
				continue // "in three separate attacks": their sum
			}
			return true
		case "separately", "elsewhere":
			return k-c.first < 2 || k+1 < c.last && ws[k+1].low == ","
		case "meanwhile":
			return k == c.first || k+1 < c.last && ws[k+1].low == ","
		case "one":
			if k-c.first <= 1 && k+1 < c.last && ws[k+1].low == "in" && ws[c.first].low == "and" {
				return true
			}
		case "another", "second", "other":
			if k-c.first <= 1 && k+1 < c.last && (ws[k+1].low == "in" || ws[k+1].low == "at" || ws[k+1].low == "near") {
				return len(c.figs) > 0
			}
			if k+1 < c.last && (ws[k+1].is(lexicon.Kind) || k+2 < c.last && ws[k+1].noun() && ws[k+2].is(lexicon.Kind)) && !ws[k+1].is(lexicon.Person) {
				if k-c.first < 4 {
					return true
				}
				for _, f := range c.figs {
					if h := r.figs[f].harm; h > k && h-k <= 8 {
						return true
					}
				}
			}
		}
	}
	return false
}

// manyAt tells whether a plural word for incidents stands at word k or after one
// more word: "separate attacks", "separate gun attacks".
func (r *reading) manyAt(c *clause, k int) bool {
	for n := k; n < min(k+3, c.last); n++ {
		if w := &r.words[n]; (w.is(lexicon.Kind) || w.low == "incidents") && strings.HasSuffix(w.low, "s") && !w.is(lexicon.Person) {
			return true
		}
		if r.words[n].punct || r.words[n].is(lexicon.Prep|lexicon.Verb) && !r.words[n].is(lexicon.Kind) {
			return false
		}
	}
	return false
}

// many tells whether the clause sums over several incidents: "killed in three
// separate attacks", "in multiple shootings".
func (r *reading) many(c *clause) bool {
	for k := c.first; k+1 < c.last; k++ {
		switch r.words[k].low {
		case "separate", "multiple", "different", "several", "various":
			if r.manyAt(c, k+1) {
				return true
			}
		}
	}
	return false
}

// headlineSum tells whether an incident has so far no more than the sum of those
// that are now told apart, and sets the sum aside.
func (r *reading) headlineSum(x *incident, dead int) bool {
	sum := false
	for _, f := range x.figs {
		m := &r.figs[f]
		if m.measure == Killed && m.scope == "current" {
			if number(m.q) != dead {
				return false
			}
			sum = true
		}
	}
	for _, f := range x.figs {
		if m := &r.figs[f]; sum && m.measure == Killed && m.scope == "current" {
			m.scope = "aggregate"
		}
	}
	return sum
}

// begin adds an incident in the memory of one of an earlier article, if there is.
func begin(out []incident, role Role, rules ...string) []incident {
	n := len(out)
	if n == cap(out) {
		return append(out, incident{role: role, rules: rules})
	}
	out = out[:n+1]
	x := &out[n]
	*x = incident{role: role, rules: append(x.rules[:0], rules...), clauses: x.clauses[:0], kinds: x.kinds[:0], figs: x.figs[:0], places: x.places[:0], dates: x.dates[:0], at: x.at[:0]}
	return out
}

// gather gives clauses to incidents.
func (r *reading) gather(cs []clause) []incident {
	out := r.found[:0]
	defer func() { r.found = out }()
	main, cur := -1, -1
	lastBack := -1
	var pending []int // sums over many incidents, told before any one of them
	for i := range cs {
		c := &cs[i]
		s := &r.sents[c.sent]
		if len(c.kinds) == 0 && len(c.figs) == 0 {
			// Time, place and party may still be told of the incident in hand.
			if cur >= 0 && c.scope == "current" && s.para <= out[cur].para+1 {
				x := &out[cur]
				if cur == main {
					x.clauses = append(x.clauses, i)
				}
			}
			continue
		}
		switch c.scope {
		case "background":
			if lastBack >= 0 && r.sameBack(&cs[out[lastBack].clauses[len(out[lastBack].clauses)-1]], c) {
				r.join(&out[lastBack], c, i, s)
				continue
			}
			out = begin(out, Background, c.rule)
			lastBack = len(out) - 1
			r.join(&out[lastBack], c, i, s)
			continue
		case "aggregate":
			if main >= 0 {
				out[main].figs = append(out[main].figs, c.figs...)
			} else {
				pending = append(pending, i)
			}
			continue
		case "hypothetical":
			if main >= 0 {
				out[main].figs = append(out[main].figs, c.figs...)
				continue
			}
			if !r.threat(c) {
				pending = append(pending, i) // "bandits often kidnap", "if the dam is hit"
				continue
			}
		}
		switch {
		case main < 0:
			out = begin(out, Main, "role.first-current")
			main, cur = len(out)-1, len(out)-1
		case s.title:
			cur = main
		case c.lead > 0 && r.headlineSum(&out[main], c.lead):
			cur = main
		default:
			was := cur
			if r.framed(cs, i, &out[main]) {
				out = begin(out, Other, "role.other-place")
				cur = len(out) - 1
				if !r.saysWhat(c) && len(out[main].kinds) > 0 {
					out[cur].kinds = append(out[cur].kinds, out[main].kinds[0])
				}
				r.join(&out[cur], c, i, s)
				continue
			}
			cur = r.which(out, cs, c, main, cur)
			day := 0
			if cur == main || cur < 0 || out[was].role == Background {
				day = r.otherDay(&out[main], c)
			}
			if day > 0 {
				cur = -1
			}
			if day < 0 {
				out = begin(out, Background, "role.earlier-day")
				cur, lastBack = len(out)-1, len(out)-1
			} else if cur < 0 {
				out = begin(out, Other)
				cur = len(out) - 1
				if c.other {
					out[cur].rules = append(out[cur].rules, "role.another")
					if main >= 0 && !r.saysWhat(c) && len(out[main].kinds) > 0 {
						out[cur].kinds = append(out[cur].kinds, out[main].kinds[0]) // "… and another in Mosul"
					}
				} else {
					out[cur].rules = append(out[cur].rules, "role.other-place")
				}
			}
		}
		r.join(&out[cur], c, i, s)
	}
	if main < 0 {
		main = r.theOnly(out, cs)
	}
	r.promote(out, cs, main)
	if len(pending) > 0 {
		if main < 0 {
			out = begin(out, Background, "scope.running-total")
			main = len(out) - 1
			for _, i := range pending {
				r.join(&out[main], &cs[i], i, &r.sents[cs[i].sent])
			}
		} else {
			for _, i := range pending {
				out[main].figs = append(out[main].figs, cs[i].figs...)
			}
		}
	}
	return out
}

// promote makes the deadliest of several incidents the main one where the article
// opens with their sum; the sum is kept as an aggregate.
func (r *reading) promote(out []incident, cs []clause, main int) {
	if main < 0 {
		return
	}
	summed, others := false, 0
	for _, ci := range out[main].clauses {
		c := &cs[ci]
		if len(c.figs) == 0 || r.sents[c.sent].title {
			continue
		}
		if !r.many(c) {
			break // later ones may be of any of them
		}
		summed = true
	}
	best, most := -1, 0
	for i := range out {
		if out[i].role != Other {
			continue
		}
		others++
		t, _ := r.total(&out[i], Killed)
		n, _ := t.Number()
		if n > most || best < 0 {
			best, most = i, n
		}
	}
	if !summed || others < 2 {
		return
	}
	for _, f := range out[main].figs {
		if x := &r.figs[f]; x.scope == "current" {
			x.scope = "aggregate" // the sum, and what no incident of its own is told of
		}
	}
	b := &out[best]
	b.figs = append(b.figs, out[main].figs...)
	b.role = Main
	b.rules = append(b.rules, "role.deadliest")
	out[main].role, out[main].figs = merged, nil
}

// theOnly makes the incident that an article opens with the main one where it tells
// of no other and only a full date says that it is past: such are chronicles,
// which are written months after. A text without a date of publication may name
// any time.
func (r *reading) theOnly(out []incident, cs []clause) int {
	for i := range out {
		x := &out[i]
		if x.role != Background || len(x.clauses) == 0 || x.rules[0] != "scope.old-date" {
			continue
		}
		c := &cs[x.clauses[0]]
		if c.sent > 1 || len(x.figs) == 0 {
			return -1
		}
		full := false
		for _, d := range c.dates {
			dt := &r.dates[d]
			full = full || dt.basis == "explicit_date" && (dt.precision == "day" || !r.clock.known())
			if dt.running || dt.basis == "relative" && dt.old {
				return -1
			}
		}
		if !full {
			return -1
		}
		x.role = Main
		x.rules = append(x.rules, "role.only-incident")
		for _, f := range x.figs {
			if r.figs[f].scope == "background" {
				r.figs[f].scope = "current"
			}
		}
		return i
	}
	return -1
}

// summed tells whether all that an incident has so far sums over several.
func (r *reading) summed(x *incident, cs []clause) bool {
	n := false
	for _, ci := range x.clauses {
		c := &cs[ci]
		if len(c.figs) == 0 || r.sents[c.sent].title {
			continue
		}
		if !r.many(c) {
			return false
		}
		n = true
	}
	return n
}

// merged is the role of an incident that went into another: it makes no report.
const merged Role = ""

// saysWhat tells whether a clause has a word of its own for what happened.
func (r *reading) saysWhat(c *clause) bool {
	for _, k := range c.kinds {
		if r.words[k].e.Type != "unknown" {
			return true
		}
	}
	return false
}

// threat tells whether somebody threatens or plots: that is news by itself.
func (r *reading) threat(c *clause) bool {
	for k := c.first; k < c.last; k++ {
		switch r.words[k].low {
		case "threatened", "threatens", "threatening", "threat", "plot", "plotted", "plotting", "tried", "attempted", "planned", "planning", "conspiring", "conspired", "foiled", "thwarted", "attempt", "failed":
			return true
		}
	}
	return false
}

// otherDay compares the day that a clause with a toll of its own names with the
// main incident's: -1 earlier, 1 later, 0 the same or not known. "On Monday, two
// bombers killed 10" is another incident than Wednesday's.
func (r *reading) otherDay(x *incident, c *clause) int {
	if len(c.figs) == 0 || len(c.dates) == 0 || !r.indefinite(c) || r.definite(c) || !r.hurtsAny(x) {
		return 0
	}
	own := false
	for _, f := range c.figs {
		if m := r.figs[f].measure; m != Killed && m != Injured && m != Abducted {
			continue
		}
		own = own || r.figs[f].scope == "current" && (r.figs[f].relation == "total" || r.figs[f].relation == "sum_of_parts") && !r.figs[f].weak
	}
	if !own {
		return 0
	}
	mine, theirs := -1, -1
	for _, d := range c.dates {
		if r.isDay(d) && !r.reporting(r.dates[d].word) {
			mine = d
		}
	}
	if mine < 0 {
		return 0
	}
	for _, d := range x.dates {
		if r.dates[mine].wd > 0 && r.dates[d].wd == r.dates[mine].wd || !r.dates[d].earliest.IsZero() && r.dates[d].earliest.Equal(r.dates[mine].earliest) {
			return 0
		}
		if r.isDay(d) && theirs < 0 && !r.reporting(r.dates[d].word) {
			theirs = d
		}
	}
	if theirs < 0 || (r.dates[mine].wd == 0 || r.dates[theirs].wd == 0) && (r.dates[mine].earliest.IsZero() || r.dates[theirs].earliest.IsZero()) {
		return 0
	}
	back := (r.dates[theirs].wd - r.dates[mine].wd + 7) % 7
	if a, b := r.dates[mine].earliest, r.dates[theirs].earliest; !a.IsZero() && !b.IsZero() {
		back = int(b.Sub(a).Hours() / 24)
	}
	if back == 1 && r.saysWhat(c) {
		return 1 // the day before is news too
	}
	if back >= 1 && back <= 4 || back > 6 {
		return -1
	}
	if !r.saysWhat(c) {
		return 0 // "31 wounded remained in his care on Tuesday"
	}
	return 1
}

// isDay tells whether a time expression names one day.
func (r *reading) isDay(d int) bool {
	x := &r.dates[d]
	return x.wd > 0 || x.basis == "explicit_date" && x.precision == "day" && !x.earliest.IsZero()
}

// framed tells whether a clause opens with a place of its own, and there people
// are harmed: "In Poltava, 150 km to the south, a couple died." Another place of
// the incident in hand is another incident where it has its own toll.
func (r *reading) framed(cs []clause, i int, x *incident) bool {
	c := &cs[i]
	s := &r.sents[c.sent]
	k := s.first + s.dateline
	if c.first != k || k+1 >= s.last || len(x.at) == 0 {
		return false
	}
	switch r.words[k].low {
	case "in", "at", "near", "outside":
	default:
		return false
	}
	p := r.words[k+1].place - 1
	if p < 0 || r.places[p].rank() < 6 || !r.located(p) {
		return false
	}
	home := x.at[0]
	if r.places[home].rank() < 6 || r.samePlace(p, home) || r.places[p].Admin == r.places[home].Admin && r.places[p].Admin != "" && r.places[p].Kind != r.places[home].Kind {
		return false
	}
	for n := i; n < len(cs) && r.sents[cs[n].sent].para == s.para && n < i+3; n++ {
		for _, f := range cs[n].figs {
			m := &r.figs[f]
			if m.scope == "current" && (m.measure == Killed || m.measure == Injured || m.measure == Abducted) && (m.relation == "total" || m.relation == "sum_of_parts") && !r.sameToll(&cs[n], x) {
				return true
			}
		}
	}
	return false
}

// hurtsAny tells whether an incident has a number of people harmed: what freed or
// arrested people is the sequel of another day.
func (r *reading) hurtsAny(x *incident) bool {
	for _, f := range x.figs {
		if m := r.figs[f].measure; (m == Killed || m == Injured || m == Abducted) && r.figs[f].scope == "current" && r.figs[f].q.Quantifier != "unknown" && r.figs[f].relation != "subset" {
			return true
		}
	}
	return false
}

func (r *reading) sameBack(a, b *clause) bool {
	return a.sent == b.sent || b.sent == a.sent+1 && len(b.dates) == 0
}

func (r *reading) join(x *incident, c *clause, i int, s *sentence) {
	x.clauses = append(x.clauses, i)
	for _, k := range c.kinds {
		// "… to rescue a pilot taken hostage in February": told of, not what happened now.
		if x.role == Main || x.role == Other {
			if scope, _ := r.scopeAt(c, k); scope == "background" && len(c.kinds) > 1 {
				continue
			}
		}
		x.kinds = append(x.kinds, k)
	}
	x.figs = append(x.figs, c.figs...)
	for _, p := range c.places {
		x.places = append(x.places, p)
		if len(x.at) < 16 && r.places[p].rank() >= 2 && r.located(p) {
			x.at = append(x.at, p)
		}
	}
	x.dates = append(x.dates, c.dates...)
	x.para = s.para
}

// located tells whether a place name says where: "in X", "at X", "near X", or a headline's "X".
func (r *reading) located(p int) bool {
	k := r.places[p].word
	for n := k + 1; n < len(r.words) && n < k+5; n++ {
		switch w := &r.words[n]; w.low {
		case "hospital", "hospitals", "medical", "university", "clinic":
			return false // where the wounded lie
		default:
			if w.upper && !w.punct && w.q == nil {
				continue
			}
		}
		break
	}
	for n := k - 1; n >= 0 && n >= k-5; n-- {
		w := &r.words[n]
		if w.low == "in" && n > 0 && r.words[n-1].is(lexicon.Person) && (r.words[n-1].e.Who == "official" || r.words[n-1].low == "reporters") {
			return false // where a source sits
		}
		switch w.low {
		case "in", "at", "near", "outside", "on", "inside", "around", "across", "of", "into", "northeast", "northwest", "southeast", "southwest", "north", "south", "east", "west", "town", "city", "village", "district", "province", "region":
			return true
		}
		if w.punct && w.low != "," || w.is(lexicon.Verb) {
			break
		}
	}
	return r.sents[r.sentenceAt(k)].title
}

// which finds the incident that a current clause tells of, -1 for a new one.
func (r *reading) which(out []incident, cs []clause, c *clause, main, cur int) int {
	own := false
	for _, f := range c.figs {
		x := &r.figs[f]
		if x.scope == "current" && (x.relation == "total" || x.relation == "sum_of_parts") && (x.measure == Killed || x.measure == Injured || x.measure == Abducted) {
			own = true
		}
	}
	var at []int
	for _, p := range c.places {
		if r.places[p].rank() >= 2 && r.located(p) {
			at = append(at, p)
		}
	}
	if own && cur == main && len(at) > 0 && !r.many(c) && r.summed(&out[main], cs) {
		return -1 // the first that is told of many
	}
	// A place that an incident already has, or that holds it, names that incident again.
	if len(at) > 0 {
		for n := range out {
			x := &out[n]
			if x.role == Background {
				continue
			}
			for _, p := range at {
				for _, q := range x.at {
					if r.samePlace(p, q) {
						if n != cur && r.places[p].Kind == "country" && !r.places[p].region {
							continue // the country alone does not lead back to another incident
						}
						if c.other && n == main && own {
							continue
						}
						return n
					}
				}
			}
		}
	}
	if c.other && own {
		return -1
	}
	// A place of its own makes an incident where the clause also says what
	// happened there, and not the same toll over again.
	if own && r.saysWhat(c) && r.indefinite(c) && !r.sameToll(c, &out[cur]) {
		if len(at) > 0 && len(out[cur].at) > 0 && (r.apart(at, out[cur].at) || r.otherMeans(c, &out[cur])) {
			return -1
		}
		if r.abroad(c, &out[cur]) {
			return -1
		}
	}
	s := &r.sents[c.sent]
	if cur != main && (s.para > out[cur].para+2 || s.para > out[cur].para && !r.definite(c) && !r.anaphor(c)) {
		return main
	}
	return cur
}

// sameToll tells whether a clause repeats a number of the incident.
func (r *reading) sameToll(c *clause, x *incident) bool {
	for _, f := range c.figs {
		a := &r.figs[f]
		if a.scope != "current" || a.weak || a.relation != "total" && a.relation != "sum_of_parts" || number(a.q) < 2 {
			continue
		}
		for _, g := range x.figs {
			if b := &r.figs[g]; b.measure == a.measure && b.scope == "current" && number(b.q) == number(a.q) {
				return true
			}
		}
	}
	return false
}

// anaphor tells whether the clause begins with a word that points back.
func (r *reading) anaphor(c *clause) bool {
	switch r.lowAt(c.first) {
	case "it", "this", "that", "they", "he", "she":
		return true
	}
	return false
}

// otherMeans tells whether a clause names a method of another family than the
// incident's: a drone is not the market's bomb.
func (r *reading) otherMeans(c *clause, x *incident) bool {
	t, _, _ := r.typed(x.kinds, r.hurts(x), false, nil)
	have := Family(t)
	if have == "unknown" || have == "armed" || have == "law" {
		return false
	}
	for _, k := range c.kinds {
		switch f := Family(r.words[k].e.Type); f {
		case have:
			return false
		case "aerial", "explosive", "abduction":
			return true
		}
	}
	return false
}

// apart tells whether two sets of places are known to be different ones: a name
// that no gazetteer has may be a part of the other.
func (r *reading) apart(a, b []int) bool {
	for _, p := range a {
		for _, q := range b {
			x, y := &r.places[p], &r.places[q]
			if x.Country != "" && x.Country == y.Country && (x.Kind == "admin1") != (y.Kind == "admin1") {
				return false // a region may hold the town
			}
			if x.Kind == "name" || y.Kind == "name" || x.Kind == "country" || y.Kind == "country" {
				if x.Country == y.Country || x.Country == "" || y.Country == "" {
					return false
				}
			}
		}
	}
	return true
}

func (r *reading) samePlace(p, q int) bool {
	a, b := &r.places[p], &r.places[q]
	if a.name == b.name || strings.HasPrefix(a.name, b.name+" ") || strings.HasPrefix(b.name, a.name+" ") {
		return true
	}
	if a.Country != b.Country {
		return false
	}
	if a.Admin == b.name || b.Admin == a.name {
		return true
	}
	return false
}

func (r *reading) abroad(c *clause, x *incident) bool {
	home := ""
	for _, p := range x.at {
		home = r.places[p].Country
		break
	}
	if home == "" {
		return false
	}
	away := false
	for _, p := range c.places {
		pl := &r.places[p]
		if pl.Kind == "demonym" || !r.located(p) {
			continue
		}
		if pl.Country == home {
			return false
		}
		away = true
	}
	return away
}

// indefinite tells whether the clause brings its incident as new: "an armed
// drone struck", "gunmen killed", never "the attack".
func (r *reading) indefinite(c *clause) bool {
	for _, k := range c.kinds {
		g := r.group(k)
		if g < 0 {
			return true
		}
		d := r.groups[g].det
		if d == "the" || d == "this" || d == "that" || d == "his" || d == "its" || d == "their" {
			continue
		}
		return true
	}
	return len(c.kinds) == 0 && len(c.figs) > 0
}

func (r *reading) definite(c *clause) bool {
	for _, k := range c.kinds {
		if g := r.group(k); g >= 0 && (r.groups[g].det == "the" || r.groups[g].det == "this") {
			return true
		}
	}
	return false
}

// finish makes a report of a gathered incident.
func (r *reading) finish(x *incident, cs []clause) Report {
	rep := Report{Role: x.role, Certainty: "reported"}
	var rule string
	rep.Type, rep.Subtype, rule = r.typed(x.kinds, r.hurts(x), r.agent(x, cs), x.figs)
	r.bothSides(x, rep.Type)
	rep.Rules = append(rep.Rules, x.rules...)
	rep.Rules = append(rep.Rules, rule)
	rep.Outcome = r.outcome(cs, x.clauses)
	if r.withdrawn(x, cs) {
		rep.Certainty = "retracted"
		for _, f := range x.figs {
			r.figs[f].certainty = "retracted"
		}
	}
	rep.Place = r.where(r.orderPlaces(x, cs))
	if rep.Place == nil && x.role == Main || rep.Place != nil && rep.Place.Country == "" && x.role != Background {
		if c := r.home(); c != "" {
			if rep.Place == nil {
				rep.Place = &Place{Precision: "country", Basis: "lead"}
			}
			rep.Place.Country = c
		}
	}
	if rep.Place != nil {
		rep.Place.SiteKind = r.site(x, cs)
	}
	if d := r.chooseDate(x, cs); d >= 0 {
		rep.Occurred = r.occurred(&r.dates[d])
	} else if x.role != Background && r.clock.known() {
		rep.Occurred = &Occurred{Precision: "unknown", Basis: "publication"}
	}
	for _, ci := range x.clauses {
		for _, p := range r.parties(&cs[ci]) {
			w := &r.words[p.word]
			s := &r.sents[r.sentenceAt(p.word)]
			if at := slices.IndexFunc(rep.Actors, func(a Actor) bool { return a.Name == p.name }); at >= 0 {
				if rolesRank(p.role) > rolesRank(rep.Actors[at].Role) {
					rep.Actors[at].Role = p.role
					rep.Actors[at].Evidence = []Span{r.span(s.field, w.start, w.end)}
				}
				continue
			}
			if len(rep.Actors) >= 8 {
				continue
			}
			rep.Actors = append(rep.Actors, Actor{Name: p.name, Role: p.role, Kind: p.kind, Evidence: []Span{r.span(s.field, w.start, w.end)}})
		}
	}
	slices.SortStableFunc(rep.Actors, func(a, b Actor) int { return rolesRank(b.Role) - rolesRank(a.Role) })
	for n, k := range x.kinds {
		if n >= 4 {
			break
		}
		w := &r.words[k]
		rep.Evidence = append(rep.Evidence, r.span(r.sents[r.sentenceAt(k)].field, w.start, w.end))
		if r.meansOnly(w.low) && !slices.Contains(rep.Weapons, w.low) {
			rep.Weapons = append(rep.Weapons, strings.Clone(w.low)) // the reading's memory is used again
		}
	}
	if len(rep.Evidence) == 0 && len(x.figs) > 0 {
		f := &r.figs[x.figs[0]]
		rep.Evidence = append(rep.Evidence, r.quote(f)...)
	}
	if len(x.figs) > 0 {
		rep.Figures = make([]Figure, 0, len(x.figs))
	}
	for _, f := range x.figs {
		rep.Figures = append(rep.Figures, r.export(&r.figs[f], x.role))
	}
	rep.Totals = r.fuse(x)
	return rep
}

// bothSides counts militants who were killed where there is no attack of theirs:
// in clashes, raids and strikes from the air all the dead count.
func (r *reading) bothSides(x *incident, typ string) {
	switch typ {
	case "clash", "security_operation", "airstrike", "drone_strike", "shelling":
	default:
		return
	}
	for _, i := range x.figs {
		f := &r.figs[i]
		if f.scope == "perpetrator" && f.who == "perpetrator" && f.group >= 0 && !strings.HasPrefix(f.rule, "fig.reflexive") && !r.isBomber(f.group) {
			f.scope, f.who, f.rule = "current", "militant", f.rule+"+both-sides"
			if x.role == Background {
				f.scope = "background"
			}
		}
	}
}

func (r *reading) isBomber(g int) bool {
	for k := r.groups[g].first; k < r.groups[g].last; k++ {
		if l := r.words[k].low; strings.HasPrefix(l, "bomber") || strings.Contains(l, "suicide") {
			return true
		}
	}
	return false
}

// withdrawn tells whether a report of the incident was taken back.
func (r *reading) withdrawn(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last; k++ {
			switch r.words[k].low {
			case "withdrew", "retracted", "retracts", "withdraws", "withdrawn":
				for n := k + 1; n < min(k+4, c.last); n++ {
					if l := r.words[n].low; l == "report" || l == "reports" || l == "story" || l == "claim" {
						return true
					}
				}
			}
		}
	}
	return false
}

// agent tells whether armed people act in the incident's clauses.
func (r *reading) agent(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		for k := cs[ci].first; k < cs[ci].last; k++ {
			w := &r.words[k]
			if w.is(lexicon.Person) && (w.e.Who == "militant" || w.e.Who == "perpetrator") || w.is(lexicon.Actor) || w.low == "militia" || w.low == "army" {
				return true
			}
		}
	}
	return false
}

// hurts tells whether the incident has people killed or hurt.
func (r *reading) hurts(x *incident) bool {
	for _, f := range x.figs {
		if m := r.figs[f].measure; (m == Killed || m == Injured) && r.figs[f].scope != "hypothetical" && r.figs[f].scope != "aggregate" {
			return true
		}
	}
	return false
}

func rolesRank(role string) int {
	switch role {
	case "claimed":
		return 5
	case "blamed":
		return 4
	case "suspected":
		return 3
	case "denied":
		return 2
	}
	return 1
}

// orderPlaces puts the places of an incident in the order in which they are
// believed: those that say where, from the sentences that tell of it, first.
func (r *reading) orderPlaces(x *incident, cs []clause) []int {
	var near, far []int
	for _, p := range x.places {
		if r.located(p) && r.places[p].Kind != "demonym" {
			near = append(near, p)
		} else {
			far = append(far, p)
		}
	}
	if len(near) > 3 {
		near, far = near[:3], append(near[3:len(near):len(near)], far...)
	}
	if len(near) > 0 {
		return near
	}
	return far
}

// chooseDate finds when: the first date that is not old, in a clause with the incident's words.
func (r *reading) chooseDate(x *incident, cs []clause) int {
	best := -1
	if x.role == Background {
		// The date nearest to the toll, else to the words that name it.
		p := -1
		if len(x.kinds) > 0 {
			p = x.kinds[0]
		}
		if len(x.figs) > 0 {
			p = r.figs[x.figs[0]].harm
		}
		dist := 60
		for _, d := range x.dates {
			n := r.dates[d].word - p
			if n < 0 {
				n = -n
			}
			if n < dist && !r.reporting(r.dates[d].word) && r.dates[d].precision != "unknown" {
				best, dist = d, n
			}
		}
		return best
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for _, d := range c.dates {
			dt := &r.dates[d]
			if dt.old || dt.running {
				continue
			}
			if r.reporting(dt.word) {
				continue
			}
			if dt.precision == "unknown" {
				continue
			}
			if best < 0 || r.dates[best].precision != "day" && dt.precision == "day" || dt.owns && !r.dates[best].owns {
				best = d
			}
		}
		if best >= 0 && r.dates[best].precision == "day" {
			break
		}
	}
	return best
}

// reporting tells whether a date is when somebody spoke: "said Saturday that",
// "on Thursday revised".
func (r *reading) reporting(k int) bool {
	for n := k - 1; n >= 0 && n >= k-3; n-- {
		switch r.words[n].low {
		case "said", "says", "told", "announced", "confirmed", "reported", "tweeted", "condemned", "charged", "arrested", "detained", "released", "freed", "identified", "named", "appeared", "vowed":
			return true
		case "on", "late", "early":
			continue
		}
		break
	}
	if k+1 < len(r.words) {
		switch r.words[k+1].low {
		case "said", "revised", "raised", "lowered", "corrected", "announced", "confirmed", "put":
			return true // "the ministry on Thursday revised"
		}
	}
	return false
}

// quote gives the words of a figure as evidence.
func (r *reading) quote(f *mention) []Span {
	s := &r.sents[f.sent]
	a, b := max(f.first, s.first), min(f.last, s.last)
	if a >= b {
		a, b = f.harm, f.harm+1
	}
	start, end := r.words[a].start, r.words[b-1].end
	if end-start <= 200 || f.group < 0 {
		return []Span{r.span(s.field, start, end)}
	}
	g := &r.groups[f.group]
	return []Span{
		r.span(s.field, r.words[g.first].start, r.words[g.last-1].end),
		r.span(s.field, r.words[f.harm].start, r.words[f.harm].end),
	}
}

func bound(n int) *int {
	if n == quantity.Open {
		return nil
	}
	return &n
}

// export makes the record's figure of a mention.
func (r *reading) export(f *mention, role Role) Figure {
	out := Figure{
		Measure: f.measure, Quantifier: f.q.Quantifier, Min: bound(f.q.Min), Max: bound(f.q.Max), Point: bound(f.q.Point), Unit: f.unit,
		Who: f.who, Grade: f.grade, Scope: f.scope, Relation: f.relation, Source: f.said, Certainty: f.certainty, Rule: f.rule, Evidence: r.quote(f),
	}
	if f.previous > 0 {
		p := f.previous
		out.Previous = &p
	}
	if f.excludes {
		out.Excludes = "perpetrator"
	}
	if role == Background && out.Scope == "current" {
		out.Scope = "background"
	}
	return out
}
