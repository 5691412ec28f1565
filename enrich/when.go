package enrich

import (
	"slices"
	"strings"
	"time"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/text"
	"tocsin/enrich/when"
)

// dating is a time expression in the text.
type dating struct {
	when.Time
	word int // index of its word
	// owns marks "Wednesday's blast": no other date of the sentence is the blast's.
	owns bool
	// dateline marks a date that says when the report was written.
	dateline bool
}

// hour is a time of day in the text.
type hour struct {
	when.Hour
	word int // index of the word that it begins at, or of the one behind
}

// dating reads a time expression at toks[i] and makes one word of it.
func (r *reading) dating(toks []text.Token, i int) (int, bool) {
	if !when.Begins(toks, i) {
		return 0, false
	}
	t, n := when.At(toks, i, r.clock)
	if n == 0 {
		return 0, false
	}
	a, b := &toks[i], &toks[i+n-1]
	if ofBirth(toks, i) {
		t = when.Time{Precision: "unknown", Basis: "relative"}
	}
	d := dating{Time: t, word: len(r.words)}
	switch next := low(toks, i+n); next {
	case "'s", "’s":
		d.owns = true
	case "night", "morning", "afternoon", "evening":
		next = low(toks, i+n+1)
		d.owns = next == "'s" || next == "’s"
	}
	if !r.clock.Known() && i < 12 && len(r.sents) <= 1 && d.Basis == "explicit_date" && d.Precision == "day" && !d.Earliest.IsZero() {
		// No date of publication, but a dateline has one.
		r.clock = when.Clock{Published: d.Earliest, Precision: "day"}
		d.Old = false
	}
	first := a.Low
	if first == "may" {
		first = "month of may" // and no doubt: "on May 15 a sniper shot two"
	}
	r.dates = append(r.dates, d)
	r.words = append(r.words, word{start: a.Start, end: b.End, low: first, e: lexicon.None, date: len(r.dates)})
	return n, true
}

// ofBirth tells whether the date at toks[i] is that of somebody's birth, or of the making
// of something: it says who or what is meant, and when nothing happened.
func ofBirth(toks []text.Token, i int) bool {
	for k := i - 1; k >= 0 && k > i-6; k-- {
		switch toks[k].Low {
		case "born", "built", "founded", "established", "erected", "inaugurated", "rebuilt", "consecrated", "b":
			return true
		case "in", "on", "since", ",", ".", "early", "late":
		default:
			if !toks[k].Upper {
				return false
			}
		}
	}
	return false
}

func low(toks []text.Token, i int) string {
	if i < 0 || i >= len(toks) {
		return ""
	}
	return toks[i].Low
}

// hour remembers a time of day at toks[i]; its words stay what they are.
func (r *reading) hour(toks []text.Token, i int) {
	if c := toks[i].Low[0]; (c < '0' || c > '9') && c != 'n' && c != 'm' {
		return
	}
	if h, n := when.HourAt(toks, i); n > 0 && len(r.hours) < maxHours {
		r.hours = append(r.hours, hour{h, len(r.words)})
	}
}

// maxHours is more than any article has; a timetable has more.
const maxHours = 64

// datelineDay takes the day that a dateline names for the article's own: agencies
// write one day and are published the next.
func (r *reading) datelineDay(s *sentence) {
	for k := s.first; k < s.first+s.dateline; k++ {
		n := r.words[k].date - 1
		if n < 0 {
			continue
		}
		d := &r.dates[n]
		d.dateline = true
		if d.Precision != "day" || d.Earliest.IsZero() || d.Basis != "explicit_date" || !r.clock.Known() {
			continue
		}
		days := r.clock.End().Sub(d.Earliest).Hours() / 24
		if !r.clock.Exact() && days >= 0 && !d.Earliest.Before(r.clock.Published) || days >= 0 && days < 4 && r.clock.Precision == "" {
			r.clock = when.Clock{Published: d.Earliest, Precision: "day"}
		}
	}
}

// counted resolves what a sentence counts from another of its days: "buried on
// Friday a boy who was shot two days earlier".
func (r *reading) counted(s *sentence) {
	for i := range r.dates {
		n := len(r.dates) - 1 - i
		d := &r.dates[n]
		if d.word < s.first {
			return
		}
		if d.Back == 0 {
			continue
		}
		if from := r.countedFrom(s, n); from >= 0 {
			d.Time = d.From(r.dates[from].Time)
		} else if r.endsIn(d.word, "after") && r.opensWith(s, d.word) {
			d.Time = d.FromNow() // "Eleven days after 36 pupils were abducted, …"
		} else {
			continue
		}
		d.Time = d.In(r.clock, when.Zone(""))
	}
}

// countedFrom is the day of a sentence from which its nth date is counted, -1 where it
// names none.
func (r *reading) countedFrom(s *sentence, n int) int {
	d := r.dates[n].word
	from := -1
	for k := range r.dates {
		m := len(r.dates) - 1 - k
		o := &r.dates[m]
		if o.word < s.first {
			break
		}
		if m == n || o.Back != 0 || o.Precision != "day" || o.Earliest.IsZero() || o.dateline {
			continue
		}
		if o.word < d || !r.endsIn(d, "after") {
			return m
		}
		// Not "two days after gunmen killed five on Friday", but "two days after gunmen
		// killed five, the army said on Friday".
		if r.opensWith(s, d) && r.lowBetween(d, o.word, ",") && (from < 0 || r.reporting(r.dates[from].word)) {
			from = m
		}
	}
	return from
}

// opensWith tells whether a sentence opens with word k: "Two days after …", "Only two
// days after …".
func (r *reading) opensWith(s *sentence, k int) bool { return k <= s.first+s.dateline+1 }

// lowBetween tells whether a word stands between two others.
func (r *reading) lowBetween(a, b int, low string) bool {
	for k := a + 1; k < b; k++ {
		if r.words[k].low == low {
			return true
		}
	}
	return false
}

// occurred makes a report's time of a dating, in the zone of its place.
func (r *reading) occurred(d *dating, zone string) *Occurred {
	w := &r.words[d.word]
	s := &r.sents[r.sentenceAt(d.word)]
	loc := when.Zone(zone)
	t := d.In(r.clock, loc)
	if h := r.hourOf(d); h != nil {
		t, _ = h.On(t, r.clock, loc)
	}
	o := &Occurred{Precision: t.Precision, Basis: d.Basis, Text: r.art.Text(s.field)[w.start:w.end], Refused: t.Refused}
	if o.Precision == "" || t.Earliest.IsZero() {
		o.Precision = "unknown"
	}
	if !t.Earliest.IsZero() {
		a, b := t.Earliest, t.Latest
		o.Earliest, o.Latest = &a, &b
		o.Zone = zone
		if t.Precision == "day" {
			o.Part = r.partOf(d, b.Sub(a) > 26*time.Hour)
		}
	}
	o.Evidence = []Span{r.span(s.field, w.start, w.end)}
	return o
}

// partOf is the part of the day that is told with a date, "" for none; of two days that
// is the night between them.
func (r *reading) partOf(d *dating, two bool) string {
	s := &r.sents[r.sentenceAt(d.word)]
	w := &r.words[d.word]
	switch t := strings.ToLower(r.art.Text(s.field)[w.start:w.end]); {
	case two && (strings.Contains(t, "night") || r.lowBefore(s, d.word, 3, "night", "overnight")):
		return "night"
	case two:
		return ""
	case strings.HasSuffix(t, "morning"):
		return "morning"
	case strings.HasPrefix(t, "overnight"):
		return "overnight"
	case t == "last night":
		return "night"
	}
	for k := d.word + 1; k < s.last && k <= d.word+3 && !r.words[k].punct; k++ { // "Friday night", "Friday at dawn"
		switch r.words[k].low {
		case "morning":
			return "morning"
		case "afternoon":
			return "afternoon"
		case "evening":
			return "evening"
		case "night":
			return "night"
		case "dawn":
			return "early"
		case "overnight":
			return "overnight"
		case "'s", "’s", "at", "in", "the", "before", "early", "late":
			continue
		}
		break
	}
	switch k := d.word; {
	case r.lowBefore(s, k, 2, "overnight"), r.lowBefore(s, k, 1, "to", "into") && r.lowBefore(s, k, 2, "night"):
		return "overnight"
	case r.lowBefore(s, k, 2, "dawn", "pre-dawn", "predawn", "early"), r.lowBefore(s, k, 2, "hours") && r.lowBefore(s, k, 4, "early", "small", "wee"):
		return "early"
	case r.lowBefore(s, k, 2, "late"):
		return "night"
	}
	for _, part := range []string{"morning", "afternoon", "evening"} {
		if r.lowBefore(s, d.word, 2, part) {
			return part
		}
	}
	return ""
}

// lowBefore tells whether one of some words is among the few before a word.
func (r *reading) lowBefore(s *sentence, k, n int, words ...string) bool {
	for i := k - 1; i >= max(s.first, k-n) && !r.words[i].punct; i-- {
		if slices.Contains(words, r.words[i].low) {
			return true
		}
	}
	return false
}

// hourOf finds the time of day of a date: in its sentence, and not of a speech.
func (r *reading) hourOf(d *dating) *hour {
	if d.Precision != "day" {
		return nil
	}
	var best *hour
	s := &r.sents[r.sentenceAt(d.word)]
	for i := range r.hours {
		h := &r.hours[i]
		if h.word < s.first || h.word >= s.last {
			continue
		}
		if r.otherDayBetween(d.word, h.word) || r.saidAt(h.word) {
			continue
		}
		switch {
		case best == nil:
			best = h
		case best.Whole && !best.GMT && h.GMT && h.word < best.word+5:
			exact := *best // "10 p.m. (1900 GMT)": on the minute
			exact.Whole = false
			best = &exact
		}
	}
	return best
}

// saidAt tells whether a time of day is only that of a report: "the mayor reported at
// 17:00".
func (r *reading) saidAt(k int) bool {
	if k > 0 && r.words[k-1].low == "at" {
		k--
	}
	if k < 1 {
		return false
	}
	switch r.words[k-1].low {
	case "said", "reported", "wrote", "posted", "announced", "added", "tweeted", "published":
		return k < 2 || !isWas(r.words[k-2].low) // but "a shooting was reported at 5 p.m."
	}
	return false
}

// otherDayBetween tells whether a time of day belongs to another date than the one
// at word d: that stands between, or next to it.
func (r *reading) otherDayBetween(d, h int) bool {
	mine := max(d-h, h-d)
	for i := range r.dates {
		o := &r.dates[i]
		if o.word == d || o.Earliest.IsZero() || r.sentenceAt(o.word) != r.sentenceAt(h) {
			continue
		}
		if max(o.word-h, h-o.word) < mine {
			return true
		}
	}
	return false
}
