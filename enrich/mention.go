package enrich

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/enrich/text"
	"tocsin/enrich/when"
	"tocsin/enrich/where"
	"tocsin/ingest"
)

// maxRead caps how many bytes of each field are read. News articles are some
// 4 KiB; what lies beyond is an archive or an attack.
const maxRead = 256 << 10

// maxSentence caps the words of a sentence, so that a page without full stops
// costs no more than one with them.
const maxSentence = 400

// word is a unit of grammar: a token, a phrase that the lexicon knows, a
// quantity or a date.
type word struct {
	start, end int
	low        string
	e          *lexicon.Entry
	q          *quantity.Quantity // set where the word is a quantity
	date       int                // 1 + index in reading.dates, 0 for none
	place      int                // 1 + index in reading.places, 0 for none
	group      int                // 1 + index in reading.groups, 0 for none
	punct      bool
	clitic     bool
	upper      bool
	caps       bool
	theme      string // of a phrase that begins here
	number     bool   // digits that are no quantity: ordinals, clocks
}

func (w *word) is(c lexicon.Class) bool { return w.e.Class&c != 0 }

// noun tells whether the word may stand inside a noun group.
func (w *word) noun() bool {
	return !w.punct && w.q == nil && w.date == 0 && !w.is(lexicon.Function)
}

// armed tells whether a word is of people who bear arms and are no state's.
func (w *word) armed() bool {
	return w.is(lexicon.Person) && (w.e.Who == "militant" || w.e.Who == "perpetrator")
}

// captor tells whether it is of those, or names a group of them.
func (w *word) captor() bool { return w.is(lexicon.Actor) && w.e.Party != "state" || w.armed() }

// sentence is a run of words, [first, last) in reading.words.
type sentence struct {
	field       string
	first, last int
	para        int
	title       bool
	headline    bool // capital letters tell nothing here
	dateline    int  // words of "BAGHDAD (Reuters) -" before the sentence begins
	entry       int  // 1 + the minute of the day of the live blog's entry that it is in, 0 where it is in none
}

// reading is all that was read from one article.
type reading struct {
	lex      *lexicon.Lexicon
	gaz      *gazetteer.Gazetteer
	atlas    *where.Reader
	model    *model
	art      *ingest.Article
	clock    when.Clock
	words    []word
	sents    []sentence
	groups   []group
	dates    []dating
	hours    []hour
	places   []placing
	mentions []where.Mention // of places, before they are resolved
	figs     []mention
	retold   []denial
	trace    trace
	// manyAtOnce: the opening tells of several places at once, see spread.
	manyAtOnce bool
	columned   bool  // it is a column of several news, see column
	struck     []int // the places that the opening lists, see listed
	entries    int   // of a live blog

	// Scratch memory: a reading is used again for the next article.
	docs    [3]text.Doc
	fields  int
	quants  []quantity.Quantity
	ints    []int // what clauses hold, one after the other
	cs      []clause
	found   []incident
	feature features
	parts   [3][]int
}

// maxKept is how many words a reading may have had to be used again: one huge page
// shall not hold its memory for ever.
const maxKept = 1 << 15

// reset makes a used reading ready for another article.
func (r *reading) reset() {
	r.words, r.sents, r.groups, r.dates, r.places, r.figs = r.words[:0], r.sents[:0], r.groups[:0], r.dates[:0], r.places[:0], r.figs[:0]
	r.mentions, r.hours, r.retold = r.mentions[:0], r.hours[:0], r.retold[:0]
	r.atlas.Reset()
	r.quants, r.ints, r.cs = r.quants[:0], r.ints[:0], r.cs[:0]
	r.fields, r.entries = 0, 0
	r.trace = trace{rivals: r.trace.rivals[:0], told: r.trace.told[:0]}
}

// read cuts one field into words and sentences.
func (r *reading) read(field, s string) {
	if s = firstPart(s); s == "" {
		return
	}
	d := &r.docs[r.fields%len(r.docs)] // each field has its own: words point into it
	r.fields++
	d.Parse(s)
	entry := 0
	for _, sen := range d.Sentences {
		if sen.Stamp > 0 {
			entry = 1 + entryTime(d.Tokens, sen.First)
			r.entries++
		}
		n := len(r.sents)
		for first := sen.First + sen.Stamp; first < sen.Last; first += maxSentence {
			last := min(first+maxSentence, sen.Last)
			r.sentence(field, d, first, last, sen.Para, sen.Caps)
		}
		for ; n < len(r.sents); n++ {
			r.sents[n].entry = entry
		}
	}
}

// entryTime is the minute of the day of an entry of a live blog whose stamp begins at
// toks[i].
func entryTime(toks []text.Token, i int) int {
	if h, n := when.HourAt(toks, i); n > 0 {
		return 60*h.Hour + h.Minute
	}
	h, m, _ := strings.Cut(strings.Replace(toks[i].Low, ".", ":", 1), ":") // a bare one: "16:40", "16.40"
	hour, _ := strconv.Atoi(h)
	minute, _ := strconv.Atoi(m)
	return 60*hour + minute
}

// firstPart is the part of a field that is read. It ends between two words, so
// that no number is cut in half, or at least between two runes.
func firstPart(s string) string {
	if len(s) <= maxRead {
		return s
	}
	for k := maxRead; k > maxRead-maxWord; k-- {
		if s[k] <= ' ' {
			return s[:k]
		}
	}
	end := maxRead
	for end > maxRead-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// maxWord is longer than any word; what has no blank for so long is no prose.
const maxWord = 256

func (r *reading) sentence(field string, d *text.Doc, first, last, para int, capitals bool) {
	toks := d.Tokens[first:last]
	s := sentence{field: field, first: len(r.words), para: para, title: field == "title"}
	up, all := 0, 0
	for i := range toks {
		if t := &toks[i]; t.Kind == text.Word && len(t.Low) > 3 {
			all++
			if t.Upper {
				up++
			}
		}
	}
	s.headline = capitals || all >= 3 && up*10 >= all*7
	for i := 0; i < len(toks); {
		t := &toks[i]
		if t.Kind == text.Link {
			i++
			continue
		}
		if t.Kind == text.Punct || t.Kind == text.Clitic {
			if t.Low == "." && i > 0 && toks[i-1].End == t.Start && title(toks[i-1].Low) {
				i++ // "Dr. Guerra" is one name
				continue
			}
			if t.Low == "&" {
				e, _ := r.lex.At(d.Lower, toks, i)
				r.words = append(r.words, word{start: t.Start, end: t.End, low: t.Low, e: e})
			} else if t.Low == "~" {
				if n, ok := r.quantity(toks, i); ok {
					i += n
					continue
				}
			} else {
				r.words = append(r.words, word{start: t.Start, end: t.End, low: t.Low, e: lexicon.None, punct: t.Kind == text.Punct, clitic: t.Kind == text.Clitic})
			}
			i++
			continue
		}
		if r.monthTown(d, toks, i) {
			if n, ok := r.placing(d, toks, i, 1, lexicon.None, s.headline); ok {
				i += n
				continue
			}
		}
		if n, ok := r.dating(toks, i); ok {
			i += n
			continue
		}
		r.hour(toks, i)
		e, n := r.lex.At(d.Lower, toks, i)
		theme := ""
		if n > 1 && e.Class == lexicon.Theme && e.Theme != "life" {
			// Its words go on to mean what they mean: "claimed responsibility". Only
			// figures of speech hide theirs: "killing me".
			theme = e.Theme
			e, n = r.lex.Under(d.Lower, toks, i, n)
		}
		r.atlas.Home(toks, i)
		if t.Caps && t.Low == "is" && up*2 < all {
			// "IS" among words that are not all capitals is the group, not the verb.
			e, n = r.lex.Word("islamic state"), 1
		}
		if n > 1 && e.Class&lexicon.Actor != 0 && !t.Upper {
			n, e = 1, lexicon.None
		}
		if n == 1 || e.Class&(lexicon.Function|lexicon.Thing) != 0 {
			if k, ok := r.quantity(toks, i); ok {
				i += k
				continue
			}
		}
		if t.Upper || t.Hyphen || t.Low == "the" || t.Low == "capital" || t.Low == "country" || t.Low == "city" || t.Low == "town" {
			if k, ok := r.placing(d, toks, i, n, e, s.headline); ok {
				i += k
				continue
			}
		}
		end := &toks[i+n-1]
		w := word{theme: theme, start: t.Start, end: end.End, low: text.Phrase(d.Lower, toks[i:i+n]), e: e, upper: where.Capital(d, t), caps: t.Caps, number: t.Kind == text.Number || t.Low[0] >= '0' && t.Low[0] <= '9'}
		if n == 1 {
			w.low = t.Low
		}
		if w.low == "counting" && i > 0 && toks[i-1].Low == "," {
			w.low = "including" // "seven, counting two who died later"
		}
		if e.Class == lexicon.Actor && !t.Upper || r.adjectiveRank(d, toks, i) {
			w.e = lexicon.None
		}
		r.words = append(r.words, w)
		if e.Class&lexicon.Actor != 0 && e.Party == "state" && n > 1 {
			if m, _ := r.gaz.Find(nil, e.Name); len(m) > 0 && r.gaz.Kind(m[0].ID) == gazetteer.Country {
				r.atlas.Lean(m[0].ID) // "Malian armed forces"
			}
		}
		i += n
	}
	s.last = len(r.words)
	if s.last == s.first {
		return // nothing but links
	}
	if r.teaser(&s) {
		r.forget(s.first)
		return
	}
	r.setsOnFire(&s)
	s.dateline = r.dateline(&s)
	r.datelineDay(&s)
	r.sents = append(r.sents, s)
	r.counted(&s)
}

// monthTown tells whether a month or weekday and the word behind it are the name of a place:
// "May Pen", "Sun City", "Mon State".
func (r *reading) monthTown(d *text.Doc, toks []text.Token, i int) bool {
	if !when.Calendar(toks[i].Low) || i+1 >= len(toks) || !toks[i].Upper || !toks[i+1].Upper || when.Begins(toks, i+1) {
		return false
	}
	m, _ := r.gaz.Find(nil, text.Phrase(d.Lower, toks[i:i+2]))
	return len(m) > 0
}

// adjectiveRank tells whether a rank is an adjective: "a major drag", "the general
// election", "a private home".
func (r *reading) adjectiveRank(d *text.Doc, toks []text.Token, i int) bool {
	switch t := &toks[i]; {
	case t.Upper || i+1 >= len(toks):
		return false
	case t.Low != "major" && t.Low != "general" && t.Low != "private":
		return false
	}
	next := &toks[i+1]
	if next.Kind != text.Word || next.Upper || strings.HasSuffix(next.Low, "ed") {
		return false
	}
	e, _ := r.lex.At(d.Lower, toks, i+1)
	return e.Class&(lexicon.Function|lexicon.Harm) == 0 && next.Low != "said" && next.Low != "told"
}

// setsOnFire gives "set" its meaning where what was lit stands before the fire:
// "settlers set his house on fire", "set two buses ablaze".
func (r *reading) setsOnFire(s *sentence) {
	for k := s.first + 2; k < s.last; k++ {
		switch l := r.words[k].low; {
		case l == "ablaze", l == "alight", l == "on fire":
		case l == "fire" && r.words[k-1].low == "on":
		default:
			continue
		}
		for n := k - 1; n >= s.first && n >= k-8; n-- {
			w := &r.words[n]
			switch w.low {
			case "himself", "herself", "themselves", "itself", "alarm":
			case "set", "sets", "setting":
				w.e = r.lex.Word("set ablaze")
			default:
				if !w.punct {
					continue
				}
			}
			break
		}
	}
}

// teaser tells whether the sentence points to another story: "Also read: …".
func (r *reading) teaser(s *sentence) bool {
	if s.title || s.last-s.first < 3 {
		return false
	}
	a, b, c := r.words[s.first].low, r.words[s.first+1].low, r.words[s.first+2].low
	switch a {
	case "also":
		return b == "read" || b == "see" || b == "on" && c == "al"
	case "read":
		return b == "more" || b == "also" || b == ":"
	case "related", "watch", "listen":
		return b == ":" || b == "stories" || b == "coverage"
	case "see":
		return b == "also"
	}
	return false
}

// forget drops the words from first on, with the dates and places among them.
func (r *reading) forget(first int) {
	r.words = r.words[:first]
	for len(r.dates) > 0 && r.dates[len(r.dates)-1].word >= first {
		r.dates = r.dates[:len(r.dates)-1]
	}
	for len(r.places) > 0 && r.places[len(r.places)-1].word >= first {
		r.places = r.places[:len(r.places)-1]
		r.mentions = r.mentions[:len(r.places)]
	}
}

func (r *reading) quantity(toks []text.Token, i int) (int, bool) {
	q, ok := quantity.At(toks, i)
	if !ok {
		return 0, false
	}
	a, b := &toks[q.First], &toks[q.Last-1]
	// Pointers into an array that has grown since stay good: quantities never change.
	r.quants = append(r.quants, q)
	r.words = append(r.words, word{start: a.Start, end: b.End, low: a.Low, e: lexicon.None, q: &r.quants[len(r.quants)-1]})
	return q.Last - i, true
}

// dateline counts the words of an opening such as "MOSUL, Iraq, Dec 9 (AFP) -".
func (r *reading) dateline(s *sentence) int {
	if s.title {
		return 0
	}
	n := min(s.last-s.first, 24)
	caps, aside := false, false
	for i := range n {
		w := &r.words[s.first+i]
		switch w.low {
		case "(":
			aside = true
		case ")":
			aside = false
		}
		if i == 0 && !w.upper && w.date == 0 {
			return 0
		}
		caps = caps || w.caps && i < 2
		switch w.low {
		case ":":
			if caps && i > 0 && i < 6 || r.opensBody(s) && r.townDated(s, i) {
				return i + 1 // "RAIPUR: Ten …", "Guwahati: Two …", "Jammu, Apr 9 (PTI): A …"
			}
			return 0
		case ")":
			// "Patna, May 14 (PTI) Two persons …"
			if i > 2 && r.words[s.first+i-1].caps && r.words[s.first+i-2].low == "(" && i+1 < n && (r.words[s.first+i+1].upper || r.words[s.first+i+1].q != nil) && !r.words[s.first+i+1].punct {
				return i + 1
			}
		case "-", "--", "–", "—":
			if i > 0 && (r.words[s.first+i-1].end < w.start) {
				return i + 1
			}
			return 0
		}
		if w.q == nil && !w.punct && !w.upper && w.date == 0 && !w.number && !caps && !aside && w.low != "city" && i > 0 {
			return 0
		}
		if w.is(lexicon.Verb|lexicon.Aux) && !w.upper || w.is(lexicon.Harm|lexicon.Kind) {
			return 0
		}
	}
	return 0
}

// opensBody tells whether a sentence that is being read is the first below the headline.
func (r *reading) opensBody(s *sentence) bool {
	return len(r.sents) == 0 || r.sents[len(r.sents)-1].title
}

// townDated tells whether the n words that a sentence opens with are a place, and at most its
// country, a day and an agency in brackets.
func (r *reading) townDated(s *sentence, n int) bool {
	if r.words[s.first].place == 0 {
		return false
	}
	for k := s.first; k < s.first+n; k++ {
		if w := &r.words[k]; !w.punct && w.place == 0 && w.date == 0 && !w.caps {
			return false
		}
	}
	return true
}

// span quotes words [a, b) of a sentence.
func (r *reading) span(field string, start, end int) Span {
	return Span{Article: r.art.ID, Field: field, Start: start, End: end, Text: r.art.Text(field)[start:end]}
}

func (r *reading) sentenceAt(w int) int {
	lo, hi := 0, len(r.sents)
	for lo < hi {
		m := (lo + hi) / 2
		if r.sents[m].last <= w {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}
