package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// Scope: whether a clause, and each figure in it, tells of now, of something older,
// of a sum over many, or of what has not happened.

// scopes decides for each clause, and each figure in it, whether it tells of
// now, of something older, of a sum over many, or of what has not happened.
func (r *reading) scopes(cs []clause, a *about) {
	for i := range cs {
		c := &cs[i]
		switch {
		case len(c.figs) > 0: // each has its own
			c.scope, c.rule = "", ""
		case len(c.kinds) > 0:
			c.scope, c.rule = r.scopeAt(c, c.kinds[0])
		default:
			c.scope, c.rule = r.scopeAt(c, (c.first+c.last)/2)
		}
		for _, f := range c.figs {
			x := &r.figs[f]
			if x.scope == "perpetrator" {
				continue
			}
			scope, rule := r.scopeAt(c, x.harm)
			if scope == "current" && x.rule == "fig.toll-before" && r.sinceDay(&r.sents[x.sent], x.harm) {
				scope, rule = "aggregate", "scope.running-total" // "brings to four the number killed in the city since Friday"
			}
			if scope == "current" && r.countedOff(c, x.harm) {
				scope, rule = "background", "scope.counted-off"
			}
			if scope == "current" && r.overYears(c, x.harm) {
				scope, rule = "aggregate", "scope.years"
			}
			if scope == "current" && ((x.measure == Killed || x.measure == Injured) && number(x.q) >= warDead || r.broughtIn(c, x)) {
				scope, rule = "aggregate", "scope.war-total"
			}
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
		if c.scope == "current" && !r.opens(c.sent) && r.leftOut(c) {
			r.setBack(c, "scope.left-out")
		}
		if c.earlier && c.scope == "current" {
			r.setBack(c, "scope.earlier-one")
		}
		if c.cause && c.scope == "current" {
			r.setBack(c, "scope.cause")
		}
		if i > 0 && c.scope == "current" && cs[i-1].sent == c.sent && cs[i-1].scope == "background" && r.goesOn(c) {
			r.setBack(c, "scope.goes-on")
		}
		if i > 0 && c.scope == "current" && cs[i-1].scope == "background" && cs[i-1].sent < c.sent && cs[i-1].sent >= c.sent-1 {
			switch {
			case r.inThatCase(c):
				r.setBack(c, "scope.that-case")
			case cs[i-1].rule == "scope.old-date" && r.ofThem(c):
				r.setBack(c, "scope.of-them")
			}
		}
		if a.past && c.scope == "current" {
			r.setBack(c, a.rule)
		}
		c.other = c.apart || r.other(c)
	}
}

// countedOff tells whether the harm at word p of a clause is of an incident that the
// text counts before its own: "It was the second deadly attack on the town in a day. At
// night a baker was killed", "It is the third day in a row; a woman was killed
// yesterday". Such a clause has a time of its own.
func (r *reading) countedOff(c *clause, p int) bool {
	if c.sent == 0 || len(c.dates) == 0 && !(r.words[c.first].low == "at" && r.lowAt(c.first+1) == "night") {
		return false
	}
	for n := c.sent; n >= c.sent-1; n-- {
		s := &r.sents[n]
		if s.title || s.para != r.sents[c.sent].para {
			return false
		}
		if k := r.countsIt(s); k >= 0 && k < c.first {
			return true
		}
	}
	return false
}

// countsIt is the word by which a sentence counts the incident among others: "It was
// the second …", "This is the third night …"; -1 where it does not.
func (r *reading) countsIt(s *sentence) int {
	k := s.first + s.dateline
	if k+4 >= s.last {
		return -1
	}
	switch r.words[k].low {
	case "it", "this", "that":
	default:
		return -1
	}
	if !isBe(r.words[k+1].low) || r.words[k+2].low != "the" || ordinalOf(r.words[k+3].low) == 0 {
		return -1
	}
	for n := k + 4; n < min(k+8, s.last); n++ {
		w := &r.words[n]
		if w.punct {
			break
		}
		switch w.low {
		case "day", "night", "time", "week", "morning", "evening":
			return k + 3
		}
		if w.is(lexicon.Kind) && !w.is(lexicon.Person) {
			return k + 3
		}
	}
	return -1
}

func (r *reading) setBack(c *clause, rule string) {
	c.scope, c.rule = "background", rule
	for _, f := range c.figs {
		if r.figs[f].scope == "current" {
			r.figs[f].scope = "background"
		}
	}
}

// goesOn tells whether a clause counts its time from the one before it: "58 were
// killed on March 15; six days later 137 died".
func (r *reading) goesOn(c *clause) bool {
	for k := c.first; k < min(c.first+3, c.last); k++ {
		if r.words[k].date > 0 && r.endsIn(k, "later") {
			return true
		}
	}
	return false
}

// inThatCase tells whether a clause goes on about what the one before it told of:
// "… a man held in that case".
func (r *reading) inThatCase(c *clause) bool {
	for k := c.first; k+2 < c.last; k++ {
		switch r.words[k].low {
		case "in", "over", "for", "after":
			if r.words[k+1].low == "that" && (r.words[k+2].low == "case" || r.words[k+2].is(lexicon.Kind) && !r.words[k+2].is(lexicon.Person)) {
				return true
			}
		}
	}
	return false
}

// ofThem tells whether a clause only says how it ended for those of whom the sentence before
// it told: "In November hundreds of pupils were taken. They were freed before Christmas."
func (r *reading) ofThem(c *clause) bool {
	switch r.words[c.first].low {
	case "they", "all", "he", "she", "both", "most", "some":
	default:
		return false
	}
	return !r.opens(c.sent) && r.sents[c.sent].para == r.sents[c.sent-1].para && !slices.ContainsFunc(c.dates, func(d int) bool { return r.isDay(d) && !r.dates[d].Old }) &&
		slices.ContainsFunc(c.figs, func(f int) bool { m := r.figs[f].measure; return m == Released || m == Escaped || m == Arrested })
}

// accused tells whether word p is only what somebody is held for: "arrested a man
// suspected of having shot a driver dead".
func (r *reading) accused(c *clause, p int) bool {
	held := false
	for k := c.first; k < p; k++ {
		w := &r.words[k]
		if w.is(lexicon.Harm) && w.e.Measure == string(Arrested) || w.low == "captures" || w.low == "captured" {
			held = true
		}
		if held && p-k <= 7 && (w.low == "suspected" || w.low == "accused") && r.lowAt(k+1) == "of" && r.lowAt(k+2) == "having" {
			return true
		}
	}
	return false
}

// unlinked tells whether word p is of an incident with which the news has nothing to
// do: "there was no link to the bombing that killed two officers". Nor is that of another
// day its own to which it may have one: "linked to Tuesday's raid, in which six died".
func (r *reading) unlinked(c *clause, p int) bool {
	for k := c.first; k < p; k++ {
		no, to := false, false
		switch r.words[k].low {
		case "link", "connection", "proof", "evidence", "sign":
			no = r.lowAt(k-1) == "no" || r.lowAt(k-2) == "no"
		case "linked", "connected", "related":
			no = r.lowAt(k-1) == "not" || r.lowAt(k-2) == "not"
			to = !no && r.words[k].low != "related" && !r.opens(c.sent) && (r.lowAt(k+1) == "to" || r.lowAt(k+1) == "with")
		}
		if !no && !to {
			continue
		}
		for _, n := range c.kinds {
			if n <= k || n > p || r.words[n].is(lexicon.Person) || !r.isKind(n) {
				continue
			}
			if to {
				return slices.ContainsFunc(c.dates, func(d int) bool {
					return r.dates[d].word > k && r.dates[d].word < n && r.dates[d].owns && r.isDay(d)
				})
			}
			if g := r.group(n); g >= 0 && (r.groups[g].det == "the" || r.dayIn(max(k, n-4), n)) || r.lowAt(n-1) == "the" {
				return true
			}
		}
	}
	return false
}

// ofVote tells whether a date names an election: "the March 30 parliamentary election".
func (r *reading) ofVote(d int) bool {
	for k := d + 1; k < min(d+6, len(r.words)); k++ {
		switch w := &r.words[k]; w.low {
		case "election", "elections", "vote", "poll", "polls", "referendum":
			return true
		default:
			if w.punct || w.is(lexicon.Prep|lexicon.Aux|lexicon.Harm|lexicon.Kind) {
				return false
			}
		}
	}
	return false
}

// scopeAt reads the scope of word p from the time expressions and cue words of
// its clause: the nearest one governs.
func (r *reading) scopeAt(c *clause, p int) (scope, rule string) {
	best, dist := -1, 1<<30
	if l := r.words[c.first].low; (l == "over" || l == "for" || l == "in" && r.lowAt(c.first+1) == "connection") && c.first > r.sents[c.sent].first+r.sents[c.sent].dateline {
		return "background", "scope.cause-of-arrest" // held over it
	}
	if r.accused(c, p) {
		return "background", "scope.accused-of"
	}
	if r.unlinked(c, p) {
		return "background", "scope.no-link"
	}
	for _, d := range c.dates {
		x := &r.dates[d]
		if x.Refused != "" && x.Basis == "explicit_date" {
			continue // "a candidate in the March 30 election": still to come
		}
		if x.Basis == "explicit_date" && r.ofVote(x.word) {
			continue
		}
		n := x.word - p
		if n < 0 {
			n = -n
		}
		tail := r.tailWord(x.word)
		if tail && x.word > p { // "killed nine, a month after …": what stands before is now
			if x.Old {
				continue
			}
		}
		if x.word > p && r.endsIn(x.word, "later") && slices.ContainsFunc(c.dates, func(e int) bool { return r.dates[e].Old && r.dates[e].word < p }) {
			continue // "in May, when six died, and two days later": counted from what is old
		}
		if x.Old && (x.word > p && (r.ofAnother(p, x.word) || r.ofThoseTaken(p, x.word)) || r.freedNow(c, x.word)) {
			continue
		}
		lo, hi := min(p, x.word), max(p, x.word)
		for k := lo; k < hi; k++ {
			if r.words[k].low == "," {
				n += 6
			}
			if r.words[k].is(lexicon.Sub) && !x.Old {
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
		case x.Old && x.Back > 0 && x.Back <= 7 && r.claimed(c):
			// "claimed an attack in which an officer was killed a day earlier": that is its news
		case x.Running && !r.index(c):
			return "aggregate", "scope.running-total"
		case x.Old:
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
		case "responsible":
			if k < p && p-k < 8 && r.lowAt(k+1) == "for" && r.longRunning(c, p) {
				return "aggregate", "scope.war-total"
			}
		case "period":
			if l := r.lowAt(k - 1); l == "same" || l == "that" {
				return "aggregate", "scope.period"
			}
		case "recorded", "documented", "counted", "registered", "logged", "tallied":
			if r.countOf(c, k) {
				return "aggregate", "scope.count"
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
			if k > p && k-p < 12 && !r.sinceUnrest(c, k) {
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

// overYears tells whether a clause counts from one year to another, or the harm at word p
// over years: "between 1985 and 2023", "lost 40 workers in four years".
func (r *reading) overYears(c *clause, p int) bool {
	for k := c.first; k < c.last; k++ {
		if l := r.words[k].low; k > p && (l == "years" || l == "decades") {
			switch r.lowAt(k - 1) {
			case "the", "recent", "past", "last", "previous", "those", "these":
				if l := r.lowAt(k - 2); l == "in" || l == "over" || l == "during" || l == "the" {
					return true // "in the years when factions held the town"
				}
			}
		}
		q := r.words[k].q
		if q == nil {
			continue
		}
		if q.Shape == quantity.Year && q.Quantifier == "range" {
			return true
		}
		if l := r.lowAt(k + 1); k > p && (l == "years" || l == "months" || l == "decades") && (r.lowAt(k-1) == "in" || r.lowAt(k-1) == "over" || r.lowAt(k-1) == "within") {
			if n := r.lowAt(k + 2); n != "later" && n != "ago" && n != "before" && n != "earlier" && n != "after" {
				return true
			}
		}
	}
	return false
}

// warDead is how many dead or hurt are a war's, or a quake's, and no attack's.
const warDead = 10_000

// broughtIn tells whether a figure counts the bodies that came to the hospitals of a land
// in some hours: "Nine bodies were brought to hospitals in the past 48 hours".
func (r *reading) broughtIn(c *clause, f *mention) bool {
	if f.rule != "fig.bodies" {
		return false
	}
	in := false
	for k := f.harm; k < c.last; k++ {
		w := &r.words[k]
		in = in || w.low == "hospitals"
		if in && w.date > 0 && (r.endsIn(k, "hours") || r.endsIn(k, "day")) {
			return true
		}
	}
	return false
}

// sinceUnrest tells whether what a sum is counted from is unrest of these days: "the
// number killed since the protests began". It is one story, and that its toll.
func (r *reading) sinceUnrest(c *clause, k int) bool {
	for n := k + 1; n < min(k+6, c.last); n++ {
		switch r.words[n].low {
		case "protests", "protest", "demonstrations", "demonstration", "unrest", "riots", "rioting", "riot":
			return true
		}
	}
	return false
}

// claimed tells whether a clause claims an attack for somebody.
func (r *reading) claimed(c *clause) bool {
	for k := c.first; k < c.last; k++ {
		switch r.words[k].low {
		case "claimed responsibility", "claims responsibility", "responsibility":
			return true
		case "claimed", "claims":
			if g := r.group(k + 1); g >= 0 && r.groups[g].head >= 0 && r.words[r.groups[g].head].is(lexicon.Kind) {
				return true
			}
		}
	}
	return false
}

// countOf tells whether word k counts incidents by the dozen: "recorded 190 attacks".
func (r *reading) countOf(c *clause, k int) bool {
	for n := k + 1; n < min(k+4, c.last); n++ {
		if g := r.group(n); g >= 0 && r.groups[g].q != nil && r.groups[g].thing == "incident" {
			return r.groups[g].q.Point >= 10 || r.groups[g].q.Min >= 10
		}
	}
	return false
}

// ofAnother tells whether the old date at word d belongs to another event than
// word p: "jets bombed the camp in reply to a rocket that killed two a day before".
func (r *reading) ofAnother(p, d int) bool {
	for k := p + 1; k+1 < d; k++ {
		w := &r.words[k]
		if (w.low == "who" || w.low == "whose" || w.low == "whom") && k > p+1 && !r.hurtAhead(k, d) {
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

// ofThoseTaken tells whether the old date at word d only tells when those were taken or
// hurt of whom word p then tells something new: "the body of one of 14 kidnapped a week
// ago has been found".
func (r *reading) ofThoseTaken(p, d int) bool {
	n := d + 1
	if n < len(r.words) && r.words[n].low == "," {
		n++
	}
	if n >= len(r.words) || !r.words[n].is(lexicon.Aux) {
		return false
	}
	for k := d - 1; k > p+1; k-- {
		if w := &r.words[k]; w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 {
			return true
		}
	}
	return false
}

// freedNow tells whether the old date at word d only tells when those were taken who now
// are free: "89 of those who were seized on March 8 have been released".
func (r *reading) freedNow(c *clause, d int) bool {
	n := d + 1
	if n < c.last && r.words[n].low == "," {
		n++
	}
	for end := min(n+4, c.last); n < end && r.words[n].is(lexicon.Aux|lexicon.Adv); n++ {
	}
	if n == d+1 || n >= c.last || !r.words[n].is(lexicon.Aux) && !r.words[n-1].is(lexicon.Aux) {
		return false
	}
	if w := &r.words[n]; w.is(lexicon.Harm) && (w.e.Measure == string(Released) || w.e.Measure == string(Escaped)) || strings.HasPrefix(w.low, "regain") || strings.HasPrefix(w.low, "reunite") {
		for k := d - 1; k > c.first; k-- {
			switch r.words[k].low {
			case "who", "that", "whom":
				return true
			}
			if w := &r.words[k]; w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 && w.e.Measure == string(Abducted) {
				return true
			}
		}
	}
	return false
}

// tailWord tells whether a time expression leads into an older story: "a month
// after a blast …", not "two days after.".
func (r *reading) tailWord(k int) bool {
	if k+1 >= len(r.words) || r.words[k+1].punct {
		return false
	}
	return r.endsIn(k, "after") || r.endsIn(k, "since") || r.endsIn(k, "before")
}

// endsIn tells whether a time expression ends in a word.
func (r *reading) endsIn(k int, last string) bool {
	w := &r.words[k]
	t := r.art.Text(r.sents[min(r.sentenceAt(k), len(r.sents)-1)].field)
	n := len(last)
	return w.end-w.start > n && w.end <= len(t) && t[w.end-n:w.end] == last
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

// longRunning tells whether what somebody is responsible for took years: "which
// began its fight in 1980, is responsible for the death of 12,000 people".
func (r *reading) longRunning(c *clause, p int) bool {
	for k := c.first; k < c.last; k++ {
		switch r.words[k].low {
		case "began", "since", "years", "activities", "campaign", "insurgency", "rebellion", "thousands", "decade", "decades":
			return true
		}
		if w := &r.words[k]; k > p && w.q != nil && w.q.Min >= 1000 {
			return true
		}
	}
	return false
}

// leftOut tells whether a clause only says of another incident that somebody did not
// speak of it: "The statement did not refer to a blast in the port".
func (r *reading) leftOut(c *clause) bool {
	denied := false
	for k := c.first; k < c.last-1; k++ {
		switch r.words[k].low {
		case "not", "no", "nothing", "without", "didn't", "neither":
			denied = true
			continue
		case "mention", "mentioned", "mentioning", "refer", "referring", "reference", "of", "about", "to":
			if !denied {
				continue
			}
			switch r.words[k+1].low {
			case "a", "an", "another", "any":
				return true
			}
			continue
		case "did", "made", "it", "said", "say":
			continue
		}
		if denied {
			return false
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

// reporting tells whether a date is when somebody spoke: "said Saturday that",
// "on Thursday revised".
func (r *reading) reporting(k int) bool {
	if d := r.words[k].date; d > 0 && r.dates[d-1].owns {
		for n := k - 1; n >= 0 && n >= k-3; n-- {
			if r.words[n].low == "link" || r.words[n].low == "linked" || r.words[n].low == "connection" && r.lowAt(n-1) != "in" || r.words[n].low == "connected" || r.words[n].low == "part" && r.lowAt(n-1) == "as" || r.words[n].low == "mention" {
				return true // "no link to Friday's explosion"
			}
		}
		return false // "claimed Thursday's attack"
	}
	for n := k - 1; n > 0 && n >= k-3; n-- {
		if l := r.words[n].low; (l == "of" || l == "at") && r.words[n-1].low == "as" {
			return true // "as at midday today"
		}
	}
	for n := k - 1; n >= 0 && n >= k-6; n-- {
		w := &r.words[n]
		if n < k-3 && w.low != "told" {
			if w.upper && !w.punct && w.e.Class == 0 {
				continue
			}
			break
		}
		if w.low == "reported" && n > 0 && isWas(r.words[n-1].low) {
			break // "gunfire was reported on Thursday night"
		}
		switch w.low {
		case "said", "says", "told", "announced", "confirmed", "reported", "tweeted", "condemned", "claimed", "deplored", "denounced", "visiting", "visited", "speaking", "addressing", "touring", "attending", "charged", "arrested", "detained", "released", "freed", "identified", "named", "appeared", "vowed":
			return true
		case "on", "late", "early":
			continue
		}
		if w.place > 0 || w.upper && !w.punct && w.e.Class == 0 {
			continue // "visiting Juba on Wednesday", "told Naija Brief on Friday"
		}
		break
	}
	if k+1 < len(r.words) {
		switch r.words[k+1].low {
		case "said", "revised", "raised", "lowered", "corrected", "clarified", "stated", "announced", "confirmed", "acknowledged", "admitted", "declared", "reported", "told", "condemned", "ordered", "urged", "appealed", "pledged", "vowed", "put", "charged", "indicted", "sentenced", "convicted":
			return true // "the ministry on Thursday revised", "prosecutors on Friday charged"
		}
	}
	return false
}
