package enrich

import (
	"slices"

	"tocsin/enrich/lexicon"
)

// Columns of several news: a morning's briefing, a week in review, a night of violence.
// Each sentence may be of an incident of its own, which needs no more than another town,
// or another day, to be told from the one before.

// column tells whether an article is a column: by its headline, by how it greets its readers, or
// as a list of points.
func (r *reading) column() bool {
	if r.points() > 2 {
		return true
	}
	for si := range r.opening(2) {
		s := &r.sents[si]
		if s.title && r.columnTitle(s) || !s.title && r.greets(s) {
			return true
		}
	}
	return false
}

// points is how many paragraphs begin with a bullet or a number: "• A drone hit a car …".
func (r *reading) points() (n int) {
	for si := range r.sents {
		if r.bullet(si) {
			n++
		}
	}
	return n
}

// bullet tells whether a sentence begins a paragraph with a bullet.
func (r *reading) bullet(si int) bool {
	switch r.words[r.sents[si].first].low {
	case "•", "*", "-", "–", "—", "▪", "●", "►", "·":
		return r.opensPara(si)
	}
	return false
}

// columnTitle tells whether a headline is that of a column: "Morning briefing: …", "The week
// in Sahel", "Yemen: 24 to 30 March", "Night of violence in the north".
func (r *reading) columnTitle(s *sentence) bool {
	stops := 0
	for k := s.first; k < s.last; k++ {
		before := r.lowAt(k - 1)
		switch w := &r.words[k]; w.low {
		case "briefing", "briefs", "digest", "roundup", "round-up", "roundups", "round-ups", "wrap-up", "glance", "bulletin", "newsletter", "sitrep", "blotter", "chronology", "weekly":
			return true
		case "brief", "review", "summary", "notes", "log", "wrap", "update":
			switch before {
			case "in", "morning", "evening", "daily", "weekly", "weekend", "week", "monthly", "news", "security", "incident", "humanitarian", "crime", "police":
				if w.low != "review" && w.low != "update" || before != "security" && before != "police" && before != "news" {
					return true
				}
			}
		case "also":
			if k == s.first {
				return true // "Also today: …"
			}
		case "events":
			if before == "key" {
				return true
			}
		case "days":
			if r.lowAt(k+1) == ":" || k == s.first+1 && r.lowAt(k+1) == "in" && slices.ContainsFunc(r.words[k:min(k+6, s.last)], func(w word) bool { return w.low == ":" }) {
				return true // "Libya in seven days: …", "Three days in Cauca: …"
			}
		case ";":
			stops++
		case "week", "weekend", "day", "night", "hours":
			if r.spanOf(s, k) || w.low == "week" && r.weekItself(k) {
				return true
			}
		}
		if d := r.words[k].date - 1; d >= 0 && (r.stretch(d) || k == s.first+1 && r.words[k-1].place > 0 && r.words[k].low == "this" && r.endsIn(k, "week")) {
			return true // "Rakhine this week"
		}
	}
	return stops > 1
}

// spanOf tells whether the time at word k is told of as full of violence: "a night of
// shootings", "bloody weekend".
func (r *reading) spanOf(s *sentence, k int) bool {
	switch r.lowAt(k - 1) {
	case "bloody", "black", "violent", "deadly":
		return true
	}
	if k+2 >= s.last || r.words[k+1].low != "of" {
		return false
	}
	for n := k + 2; n < min(k+6, s.last); n++ {
		switch w := &r.words[n]; {
		case w.low == "violence", w.low == "bloodshed", w.low == "blood", w.low == "fire", w.low == "unrest":
			return true
		case r.deedsAt(n), w.low == "bombs", w.low == "drones", w.low == "killings":
			return true
		case w.punct, w.is(lexicon.Verb | lexicon.Aux | lexicon.Prep):
			return false
		}
	}
	return false
}

// weekItself tells whether the week at word k is what a headline is about: "The week in the
// Northeast", never "fifth attack in a week".
func (r *reading) weekItself(k int) bool {
	switch r.lowAt(k - 1) {
	case "this", "last", "per", "next", "past", "same", "every", "each", "second", "third", "of", "one", "two":
		return false
	}
	switch r.lowAt(k - 2) {
	case "in", "of", "over", "after", "within", "for", "twice", "once", "during", "from":
		return false
	}
	return k == r.sents[r.sentenceAt(k)].first || r.lowAt(k+1) == ":" || r.lowAt(k+1) == "in" || r.lowAt(k-1) == "the"
}

// stretch tells whether a date is a stretch of some days: "11-17 April".
func (r *reading) stretch(d int) bool {
	x := &r.dates[d]
	if x.Basis != "explicit_date" || x.Precision == "month" || x.Earliest.IsZero() {
		return false
	}
	days := x.Latest.Sub(x.Earliest).Hours() / 24
	return days > 2.5 && days < 16
}

// greets tells whether a sentence is how a newsletter begins: "Good morning. Here is what you
// need to know".
func (r *reading) greets(s *sentence) bool {
	if r.words[s.first].low == "good" {
		switch r.lowAt(s.first + 1) {
		case "morning", "afternoon", "evening":
			return true
		}
	}
	for k := s.first; k+2 < s.last; k++ {
		if r.words[k].low == "need" && r.words[k+1].low == "to" && r.words[k+2].low == "know" {
			return true
		}
	}
	return false
}

// item finds which incident a sentence of a column tells of: one that has its town or its toll,
// or partNew where it has another town or day than the one in hand. -1 where neither tells.
func (r *reading) item(cs []clause, i int, out []incident, cur int) int {
	c := &cs[i]
	s := &r.sents[c.sent]
	if r.opens(c.sent) || c.first != s.first+s.dateline || c.scope != "current" || cur < 0 || r.anaphor(c) {
		return -1
	}
	hurt := r.harmsSome(c)
	if !hurt && !(r.saysWhat(c) && r.violentClause(c) && r.indefinite(c) && !r.definite(c)) {
		return -1
	}
	x := &out[cur]
	day, town := r.dayTold(c), r.townOf(c)
	if town < 0 && r.words[c.first].is(lexicon.Prep) {
		town, _ = r.openingPlace(s, c.first) // "In Abyan, …"
	}
	for n := range out {
		y := &out[n]
		switch {
		case y.role == Background || y.role == merged:
		case r.sameToll(c, y) && !(town >= 0 && r.elsewhereThan(town, y)):
			return n
		case town >= 0 && !r.otherDayThan(y, day) && slices.ContainsFunc(few(y.at), func(q int) bool { return r.places[town].ID == r.places[q].ID }):
			return n
		}
	}
	if r.otherDayThan(x, day) || r.abroad(c, x) || town >= 0 && r.elsewhereThan(town, x) && !r.suburb(town, x) || r.opensPara(c.sent) && hurt && r.otherFamily(c, x) && !r.definite(c) {
		return partNew
	}
	return -1
}

// harmsSome tells whether a clause has people harmed now, some at least.
func (r *reading) harmsSome(c *clause) bool {
	return slices.ContainsFunc(c.figs, func(f int) bool {
		m := &r.figs[f]
		if m.scope != "current" || m.hypothesis || m.relation == "part" || m.relation == "subset" || m.q.Quantifier == "none" {
			return false
		}
		return m.measure == Killed || m.measure == Injured || m.measure == Abducted || m.measure == Missing || m.measure == Casualties
	})
}

// dayTold is the day that a clause gives to what it tells of, -1 where it gives none.
func (r *reading) dayTold(c *clause) int {
	for _, d := range few(c.dates) {
		if r.daysDeed(d) {
			return d
		}
	}
	return -1
}

// daysDeed tells whether a date is a day on which something was done, and not one on which
// somebody spoke or died since.
func (r *reading) daysDeed(d int) bool {
	return r.isDay(d) && !r.dates[d].Earliest.IsZero() && !r.reporting(r.dates[d].word) && !r.ofDeath(d)
}

// otherDayThan tells whether a day is none of those that an incident's sentences name, where
// they name any.
func (r *reading) otherDayThan(x *incident, day int) bool {
	if day < 0 {
		return false
	}
	other := false
	for _, d := range few(x.dates) {
		a, b := &r.dates[d], &r.dates[day]
		switch {
		case a.Earliest.IsZero() || a.dateline || r.reporting(a.word):
		case a.Earliest.Equal(b.Earliest), a.Weekday > 0 && a.Weekday == b.Weekday:
			return false
		case r.isDay(d):
			other = true
		case !a.Old && !b.Earliest.Before(a.Earliest) && !b.Latest.After(a.Latest):
			return false // a day of the stretch
		}
	}
	return other
}

// mishap tells whether the paragraph of clause i tells of an accident or a storm, and of nothing
// that people did: it is an item of the column, and none for us.
func (r *reading) mishap(cs []clause, i int) bool {
	si := r.paraOf(cs[i].sent)
	para, theme := r.sents[si].para, false
	for ; si < len(r.sents) && r.sents[si].para == para; si++ {
		for k := r.sents[si].first; k < r.sents[si].last; k++ {
			w := &r.words[k]
			theme = theme || w.is(lexicon.Theme) && (w.e.Theme == "accident" || w.e.Theme == "nature")
			if w.is(lexicon.Kind) && r.isKind(k) && w.e.Type != "unknown" {
				return false
			}
		}
	}
	return theme
}
