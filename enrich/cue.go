package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
)

// What an article says of its own place in the course of a story; the words are in
// cuewords.go.

// leadSentences is how many sentences behind the title say what the article is.
const leadSentences = 3

// opening is the headline and the first n sentences behind it.
func (r *reading) opening(n int) []sentence {
	for si := range r.sents {
		if r.sents[si].title || r.placeLine(si) {
			continue
		}
		if n == 0 {
			return r.sents[:si]
		}
		n--
	}
	return r.sents
}

// lead is the title and the first sentences, in small letters, each between
// line feeds, its words parted by blanks.
func (r *reading) lead() string { return r.low(leadSentences) }

// low is the title and the first sentences, as lead has them.
func (r *reading) low(sentences int) string {
	var b strings.Builder
	for si := range r.opening(sentences) {
		s := &r.sents[si]
		b.WriteString("\n ")
		for k := s.first + s.dateline; k < s.last; k++ {
			if r.words[k].date > 0 && r.tailWord(k) && r.endsIn(k, "after") && r.days(k) {
				b.WriteString(tailMark[1:])
				continue
			}
			if r.published(s, k) || r.unmade(s, k) {
				continue
			}
			b.WriteString(r.words[k].low)
			b.WriteByte(' ')
		}
	}
	b.WriteByte('\n')
	return b.String()
}

// published tells whether what was released at word k is a video or a statement: nobody
// came free.
func (r *reading) published(s *sentence, k int) bool {
	switch r.words[k].low {
	case "released", "release", "releases", "releasing", "release of":
	default:
		return false
	}
	for n := k + 1; n < min(k+6, s.last); n++ {
		w := &r.words[n]
		if given(w.low) {
			return true
		}
		if w.punct || w.is(lexicon.Prep|lexicon.Sub|lexicon.Verb|lexicon.Aux|lexicon.Harm) || w.date > 0 || w.low == "after" {
			break
		}
	}
	for n := k - 1; n >= max(s.first, k-3); n-- {
		w := &r.words[n]
		if given(w.low) {
			return true
		}
		if !w.is(lexicon.Aux|lexicon.Adv|lexicon.Prep) && w.place == 0 {
			break
		}
	}
	return false
}

// unmade tells whether the arrest, the charge or the release that word k names is none that
// was made over an incident: it is planned, asked for, denied or old, the court is a place, or
// those who came free had sat in prison.
func (r *reading) unmade(s *sentence, k int) bool {
	w := &r.words[k]
	if (tries(w.low) || seizes(w.low) || frees(w.low) || w.low == "reunited") && (r.longAgo(s, k) || r.undone(s, k)) {
		return true // "prosecutors charged him in absentia in 2023", "nobody was charged"
	}
	if frees(w.low) && !s.title && k >= s.first+2 && isWas(r.words[k-1].low) && r.words[k-2].low == "who" {
		return true // "a passenger who was let go said": so one is called who tells of it
	}
	switch w.low {
	case "arrest", "arrests", "apprehend", "nab", "capture", "charge", "release", "release of":
		return r.aimedAt(s, k)
	case "jailed", "convicted", "imprisoned":
		return r.calledTaken(s, k) || k > s.first && r.words[k-1].is(lexicon.Det) // "the jailed leader"
	case "detain", "detains", "detained", "detaining":
		return r.aimedAt(s, k) || r.gunmenDid(s, k) || r.byArmed(s, k)
	case "arrested", "arresting":
		return r.gunmenDid(s, k) || r.quotedAlone(s, k) // rebels "arrested" five workers
	case "caught fire", "caught in", "caught up", "caught on", "caught between":
		return true
	case "caught":
		switch r.lowAt(k + 1) {
		case "fire", "fire on", "up", "on", "between", "off", "unawares":
			return true
		case "in":
			return k+2 < s.last && r.words[k+2].place == 0 && !r.words[k+2].upper
		}
	case "trial":
		return r.lowAt(k-1) == "without"
	case "court":
		return r.courtAsPlace(s, k)
	case "free":
		return !r.comesFree(s, k) || r.ofJailed(s, k)
	case "freed", "frees", "freeing", "released", "releases", "releasing", "let go", "lets go", "set free", "sets free":
		return r.ofJailed(s, k)
	case "rescue", "rescues", "rescued":
		return r.aimedAt(s, k) || r.ofRescuers(s, k)
	}
	return false
}

// quotedAlone tells whether word k stands in quotation marks by itself: whoever says it
// would not say so.
func (r *reading) quotedAlone(s *sentence, k int) bool {
	return k > s.first && k+1 < s.last && isQuote(r.words[k-1].low) && isQuote(r.words[k+1].low)
}

func isQuote(w string) bool {
	switch w {
	case "\"", "“", "”", "‘", "’", "'", "«", "»":
		return true
	}
	return false
}

// undone tells whether what the participle at word k says has not been done, or nobody says
// that it has: "no one has been charged", "are yet to be freed", "until they are released".
func (r *reading) undone(s *sentence, k int) bool {
	is := false
	for n := k - 1; n >= max(s.first, k-7); n-- {
		w := &r.words[n]
		switch w.low {
		case "be", "not", "n't", "never", "no", "nobody", "none", "without", "yet", "unless", "if", "neither", "nor", "whether":
			return true
		case "is", "are":
			is = true
		}
		if w.low == "and" || w.low == "but" || w.low == "after" || w.low == "when" || w.low == "who" || w.punct && !w.clitic {
			break
		}
	}
	return is && (r.lowBetween(s.first, k, "until") || r.lowBetween(s.first, k, "till"))
}

// comesFree tells whether "free" at word k is that of captives: "are free", "free two
// hostages", and no price, trade or will.
func (r *reading) comesFree(s *sentence, k int) bool {
	switch prev := r.lowAt(k - 1); prev {
	case "is", "are", "was", "were", "now", "walk", "walks", "walked", "walking", "set", "sets", "go", "goes", "went", "finally", "all", "home", "still":
		next := r.lowAt(k + 1)
		return next != "to" && next != "of" && next != "from" && prev != "still" && !r.undone(s, k)
	case "to", "will", "would", "should", "must", "for":
		return false
	}
	if s.title && r.whoBefore(k) && (k+1 >= s.last || r.words[k+1].punct || r.words[k+1].is(lexicon.Prep|lexicon.Sub)) {
		return true // "siege ends, hostages free"
	}
	g := r.group(k + 1)
	return g >= 0 && r.groups[g].first == k+1 && (r.groups[g].person || r.groups[g].q != nil && r.groups[g].thing == "") && !(k > s.first && r.words[k-1].is(lexicon.Det|lexicon.Prep))
}

// ofJailed tells whether those who come free at word k are in prison, or suspects.
func (r *reading) ofJailed(s *sentence, k int) bool {
	for n := k + 1; n < min(k+6, s.last) && !r.words[n].punct; n++ {
		if jailed(r.words[n].low) {
			return true
		}
	}
	for n := k - 1; n >= max(s.first, k-5) && !r.words[n].punct; n-- {
		if jailed(r.words[n].low) {
			return true
		}
	}
	return false
}

// ofRescuers tells whether a rescue at word k is that of people from fire, rubble or water,
// or the work of those who look for them.
func (r *reading) ofRescuers(s *sentence, k int) bool {
	switch r.lowAt(k + 1) {
	case "workers", "worker", "team", "teams", "operation", "operations", "effort", "efforts", "services", "service", "crew", "crews", "boat", "boats", "helicopter", "mission", "vessel", "volunteers", "squad", "official", "officials", "and", "centre", "center", "units":
		return true
	}
	for n := k + 1; n < min(k+9, s.last); n++ {
		switch r.words[n].low {
		case "rubble", "debris", "wreckage", "ruins", "building", "water", "river", "sea", "lake", "fire", "flames", "blaze", "floods", "flood", "roof", "collapsed", "burning", "sinking":
			return true
		}
	}
	return false
}

// longAgo tells whether a date of another season stands beside word k, and is nobody's
// birth.
func (r *reading) longAgo(s *sentence, k int) bool {
	for n := max(s.first, k-6); n < min(k+12, s.last); n++ {
		d := r.words[n].date - 1
		if d < 0 || r.dates[d].Earliest.IsZero() || r.lowAt(n-1) == "born" || r.lowAt(n-2) == "born" {
			continue
		}
		if r.clock.Known() && !r.thisSeason(d) && r.dates[d].Earliest.Before(r.clock.End()) {
			return true
		}
	}
	return false
}

// cleared tells whether the first sentences, or the headline, say that suspects came free:
// "Court frees three of five suspects", "two of those held were let go".
func (r *reading) cleared() (lead, title bool) {
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k < s.last; k++ {
			if frees(r.words[k].low) && !r.undone(s, k) && !r.longAgo(s, k) && !r.published(s, k) && r.ofSuspects(s, k) {
				lead, title = true, title || s.title
			}
		}
	}
	return lead, title
}

// ofSuspects tells whether those who come free at word k had been held over a deed.
func (r *reading) ofSuspects(s *sentence, k int) bool {
	for n := max(s.first, k-8); n < min(k+8, s.last); n++ {
		switch r.words[n].low {
		case "suspect", "suspects", "accused", "detainee", "detainees", "defendant", "defendants", "court", "judge", "magistrate", "bail", "arrested", "detained":
			return true
		case "inmates", "inmate", "prisoners", "prisoner", "convicts", "hostage", "hostages", "captive", "captives", "captors", "kidnapped", "abducted", "kidnappers":
			return false
		}
	}
	return false
}

// jailed tells whether a word is for people who sit in prison.
func jailed(w string) bool {
	switch w {
	case "inmates", "inmate", "prisoners", "prisoner", "detainees", "detainee", "convicts", "convict", "suspects", "suspect", "bail", "trafficker", "traffickers", "fugitive", "mobster", "gangster", "gangsters":
		return true
	}
	return false
}

// aimedAt tells whether what word k names is only meant, or wanted: "vowed to arrest
// them", "a reward for information leading to the arrest", "arrests would follow".
func (r *reading) aimedAt(s *sentence, k int) bool {
	switch r.lowAt(k + 1) {
	case "warrant", "warrants", "will", "would", "should", "must", "to":
		return true
	}
	if r.lowAt(k-1) == "to" {
		switch r.lowAt(k - 2) {
		case "able", "managed", "succeeded":
			return false
		}
		return true
	}
	for n := k - 1; n >= max(s.first, k-6); n-- {
		switch w := &r.words[n]; w.low {
		case "leading", "leads", "lead", "reward", "demand", "demands", "demanded", "demanding", "call", "calls", "called", "calling", "orders", "order", "ordered", "directs", "directed", "urge", "urges", "urged",
			"seek", "seeks", "seeking", "sought", "vow", "vows", "vowed", "promise", "promises", "promised", "evade", "evaded", "evading", "avoid", "avoided", "warrant", "warrants", "will", "would", "should", "must":
			return true
		default:
			if w.punct {
				return false
			}
		}
	}
	return false
}

// courtAsPlace tells whether the court at word k is where something happened, or whose
// people it befell: "outside the court", "stormed a court", "head of the Bari court".
func (r *reading) courtAsPlace(s *sentence, k int) bool {
	switch r.lowAt(k + 1) {
	case "building", "buildings", "complex", "premises", "compound", "gate", "gates", "house", "official", "officials", "clerk", "clerks", "staff", "bailiff", "bailiffs", "road", "area", "square", "judge", "reporter":
		return true
	}
	for n := k - 1; n >= max(s.first, k-5) && !r.words[n].punct; n-- {
		switch w := &r.words[n]; w.low {
		case "outside", "near", "inside", "head", "chief", "chairman", "president", "in front of", "front", "storm", "storms", "stormed", "hit", "hits", "rocked", "rocks", "targeted", "targeting":
			return true
		default:
			if w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.lowAt(n+1) != "suspect" && Family(w.e.Type) != "law" && n >= k-2 {
				return true // "gunmen attack court"
			}
		}
	}
	return false
}

// given tells whether a word is of what is given out to be seen, heard or read.
func given(w string) bool {
	switch w {
	case "video", "videos", "footage", "film", "clip", "clips", "recording", "recordings", "audio", "image", "images", "picture", "pictures", "photo", "photos", "photograph", "photographs", "sketch",
		"statement", "statements", "communique", "report", "reports", "figures", "data", "statistics", "names", "name", "list", "details", "identities", "identity", "findings", "results", "cctv", "message", "letter", "transcript", "documents":
		return true
	}
	return false
}

// cues reads the lead. Those that the headline gives begin with !: they are what
// the article is about.
func (r *reading) cues(lead string) []string {
	var out []string
	title := sentenceOf(lead, 1)
	if len(r.sents) == 0 || !r.sents[0].title {
		title = ""
	}
	all, head, first := pageOf(lead), pageOf(title+"\n"), pageOf("\n"+sentenceOf(lead, min(len(title)+2, len(lead)))+"\n")
	ofCulprit := head.hasAny(culprits, nil)
	for _, c := range cueWords {
		if !all.hasAny(c.words, doubts[c.cue]) || c.cue == CueArrest+" of" && !ofCulprit && !r.captures() || c.cue == CueAccident+" by" && head.hasAny(planted, nil) || c.cue == CueAccident+" without" && all.hasAny(fired, nil) {
			continue
		}
		cue, _, _ := strings.Cut(c.cue, " ")
		if !slices.Contains(out, cue) {
			out = append(out, cue)
		}
		if title != "" && !slices.Contains(out, "!"+cue) && (head.hasAny(c.words, doubts[c.cue]) || ofCulprit && (cue == CueArrest || cue == CueCharged || cue == CueCourt) && first.hasAny(c.words, doubts[c.cue])) {
			out = append(out, "!"+cue)
		}
	}
	if lead, title := r.countsUpFront(Arrested); lead || r.titleHolds() {
		out = put(out, CueArrest)
		if title || r.titleHolds() {
			out = put(out, "!"+CueArrest)
		}
	}
	if r.wasNone() {
		out = put(put(out, CueHoax), "!"+CueHoax)
	}
	if lead, title := r.lettingGo(); lead {
		out = put(out, CueFreed)
		if title {
			out = put(out, "!"+CueFreed)
		}
	}
	if lead, title := r.again(); title {
		out = append(out, CueAgain, "!"+CueAgain)
	} else if lead {
		out = append(out, CueAgain)
	}
	if lead, title := r.cleared(); lead {
		out = put(out, CueCleared)
		if title {
			out = put(out, "!"+CueCleared)
		}
	}
	if slices.Contains(out, "!"+CueCleared) && !head.hasAny(charged[rooms:], nil) {
		out = slices.DeleteFunc(out, func(c string) bool { return c == "!"+CueCharged })
	}
	if r.claim() {
		out = append(out, CueClaim)
	}
	if r.manyAtOnce {
		out = append(out, CueJoint)
	}
	if r.taken() {
		out = append(out, CueTaken)
	}
	if !slices.Contains(out, CueMeant) && doubtful(r.low(2*leadSentences)) { // it comes behind what is known
		out = append(out, CueDoubt)
	}
	out = append(out, r.refuted()...)
	if !slices.Contains(out, CueLater) && r.knownOne() {
		out = append(out, CueLater)
	}
	if !slices.Contains(out, "!"+CueLater) && r.disowns() {
		if !slices.Contains(out, CueLater) {
			out = append(out, CueLater)
		}
		out = append(out, "!"+CueLater)
	}
	if !slices.Contains(out, CueLater) && r.rebuts() {
		out = append(out, CueLater)
	}
	return out
}

// put adds a cue that is not there.
func put(cues []string, c string) []string {
	if slices.Contains(cues, c) {
		return cues
	}
	return append(cues, c)
}

// titleHolds tells whether the headline has suspects held, counted or not.
func (r *reading) titleHolds() bool {
	for si := range r.opening(0) {
		s := &r.sents[si]
		for k := s.first; k < s.last; k++ {
			switch r.words[k].low {
			case "held":
				if r.holdsSuspects(si, k) {
					return true
				}
			case "hold", "holds":
				if g := r.group(k + 1); g >= 0 && r.groups[g].first == k+1 && (r.groups[g].person || r.groups[g].head < 0 && r.groups[g].q != nil) && r.groups[g].last < s.last && !r.besieged(si) {
					switch r.words[r.groups[g].last].low {
					case "over", "for", "in connection with", "after":
						return true
					}
				}
			}
		}
	}
	return false
}

// wasNone tells whether the headline says that a deed was none: "There was no riot in
// Engels", "'Gunshots' were firecrackers, say police".
func (r *reading) wasNone() bool {
	for si := range r.opening(0) {
		s := &r.sents[si]
		for k := s.first + 1; k < s.last; k++ {
			w := &r.words[k]
			if !w.is(lexicon.Kind) && !scares(w.low) || Family(w.e.Type) == "law" {
				continue
			}
			if r.words[k-1].low == "no" && k >= s.first+3 && isWas(r.words[k-2].low) && r.words[k-3].low == "there" {
				return !r.hurtAhead(s.first, k)
			}
			if isQuote(r.words[k-1].low) && k+1 < s.last && isQuote(r.words[k+1].low) && r.provedHarmless(s, k+2) {
				return true
			}
		}
	}
	return false
}

// scares tells whether a word is of what frightens people, and need be no deed.
func scares(w string) bool {
	switch w {
	case "bomb", "bombs", "device", "grenade", "explosion", "blast", "gunman", "gunmen", "shooter", "shooting", "gunshots", "shots", "gunfire", "attack", "explosives", "package", "gun", "rifle", "kidnapping", "abduction":
		return true
	}
	return false
}

// provedHarmless tells whether a headline goes on at word k to say what a thing was, and that
// is no deed.
func (r *reading) provedHarmless(s *sentence, k int) bool {
	was := -1
	for n := k; n < s.last; n++ {
		switch w := &r.words[n]; {
		case was < 0 && (isWas(w.low) || w.low == "turns out" || w.low == "turned out" || w.low == "proves" || w.low == "proved" || w.low == "just"):
			was = n
		case was < 0 && (w.punct || w.is(lexicon.Harm)):
			return false
		case was >= 0 && (w.is(lexicon.Harm) || scares(w.low)):
			return false
		}
	}
	return was >= 0 && was+1 < s.last
}

// lettingGo tells whether captors let people go in the first sentences, or in the headline:
// "Bandits let two of five girls go".
func (r *reading) lettingGo() (lead, title bool) {
	n := len(r.opening(leadSentences))
	for k := range r.figs {
		if f := &r.figs[k]; f.rule == "fig.let-go" && f.sent < n && !f.hypothesis {
			lead, title = true, title || r.sents[f.sent].title
		}
	}
	return lead, title
}

// countsUpFront tells whether the first sentences count people of a measure, and the headline.
func (r *reading) countsUpFront(m Measure) (lead, title bool) {
	n := len(r.opening(leadSentences))
	for k := range r.figs {
		if f := &r.figs[k]; f.measure == m && f.sent < n && !f.hypothesis && f.q.Quantifier != "none" {
			lead, title = true, title || r.sents[f.sent].title
		}
	}
	return lead, title
}

// captures tells whether somebody who was captured is a suspect, and no post, town or
// prisoner of war.
func (r *reading) captures() bool {
	return slices.ContainsFunc(r.figs, func(f mention) bool {
		w := r.words[f.harm].low
		return f.measure == Arrested && (strings.HasPrefix(w, "captur") || strings.HasPrefix(w, "seiz"))
	})
}

// doubtful tells whether a text takes an accident for one of several causes, or the
// likely one: "assuming a traffic accident, but ruling nothing out".
func doubtful(text string) bool {
	for from := 0; ; {
		at := find(text[from:], "accident")
		if at < 0 {
			return false
		}
		at += from
		if hasAny(sentenceOf(text, at), causes, nil) {
			return true
		}
		from = at + 1
	}
}

// page is a text in which words are looked for.
type page struct {
	text string
	may  [16]uint64 // by their first letters, the words that it may have
}

func pageOf(text string) *page {
	p := &page{text: text}
	for k := range len(text) - 3 {
		if text[k] == ' ' {
			n := begins(text[k+1:])
			p.may[n>>6] |= 1 << (n & 63)
		}
	}
	return p
}

// begins mixes the first three letters of a word; behind one of two stands a blank.
func begins(w string) uint {
	third := byte(' ')
	if len(w) > 2 {
		third = w[2]
	}
	return (uint(w[0])*521 + uint(w[1])*31 + uint(third)) & 1023
}

// hasAny tells whether one of the words stands in the text, in a sentence that has none of
// those that take it back.
func hasAny(text string, words, back []string) bool { return pageOf(text).hasAny(words, back) }

func (p *page) hasAny(words, back []string) bool {
	text := p.text
	for _, w := range words {
		if n := begins(w); p.may[n>>6]&(1<<(n&63)) == 0 {
			continue
		}
		for from := 0; ; {
			at := find(text[from:], w)
			if at < 0 {
				break
			}
			at += from
			if len(back) == 0 || !hasAny(sentenceOf(text, at), back, nil) && !daysAfter(text, at) && !unlinkedTo(text, at) {
				return true
			}
			from = at + 1
		}
	}
	return false
}

// tailMark stands in the lead for a time that leads into an older story.
const tailMark = " a-day-after "

// daysAfter tells whether what stands at a place of the lead is only told of to date
// the news: "a day after a gas explosion in Mezzeh".
func daysAfter(text string, at int) bool {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	n := strings.LastIndex(text[from:at+1], tailMark)
	return n >= 0 && at-from-n < 70
}

// unlinkedTo tells whether what stands at a place of the lead is another incident, of
// which the news is no part: "there was no link to Friday's gas explosion".
func unlinkedTo(text string, at int) bool {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	before := text[max(from, at-60) : at+1]
	for _, c := range cueWords {
		if c.cue != CueApart {
			continue
		}
		for _, w := range c.words {
			if n := strings.LastIndex(before, " "+w+" "); n >= 0 && !strings.ContainsAny(before[n:], ",;:") && !strings.Contains(before[n:], "terror") {
				return true
			}
		}
	}
	return false
}

func find(text, w string) int {
	if begins, ok := strings.CutSuffix(w, "*"); ok {
		return strings.Index(text, " "+begins)
	}
	return strings.Index(text, " "+w+" ")
}

func sentenceOf(text string, at int) string {
	from := strings.LastIndexByte(text[:at], '\n') + 1
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return text[from : at+n]
	}
	return text[from:]
}

// again tells whether the lead counts the incident: "another bombing", "the second
// attack in two days", in its headline too: "attacked again", "for a second night".
func (r *reading) again() (lead, title bool) {
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		if r.anotherOne(s) {
			if s.title {
				return true, true
			}
			lead = true
		}
	}
	return lead, false
}

// anotherOne tells whether a sentence counts an incident among others.
func (r *reading) anotherOne(s *sentence) bool {
	for k := s.first + s.dateline; k < s.last; k++ {
		switch r.words[k].low {
		case "again":
			if s.title {
				return true
			}
		case "new":
			if !s.title {
				continue
			}
			fallthrough
		case "another", "second", "third", "fourth", "fifth", "fresh", "latest", "separate", "copycat":
			if r.words[k].low == "latest" && !s.title && r.lowAt(k-1) == "the" {
				continue // "in the latest attack on …": so any first report puts it
			}
			for m := k + 1; m < min(k+4, s.last); m++ {
				w := &r.words[m]
				if w.punct {
					break
				}
				if w.e.Type == "bodies_found" {
					break // one more of the dead
				}
				if w.is(lexicon.Kind) && !w.is(lexicon.Person) || s.title && m == k+1 && (w.low == "night" || w.low == "day") {
					return true
				}
			}
		}
	}
	return false
}

// taken tells whether the headline or the first sentence speaks of people as of those
// who were taken before: "kidnapped engineer found dead", "the captors want a ransom".
func (r *reading) taken() bool {
	for si := range r.opening(1) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k < s.last; k++ {
			switch r.words[k].low {
			case "ransom", "captors", "kidnappers", "abductors", "captive", "captives", "captivity":
				return true
			case "kidnapped", "abducted":
				if r.calledTaken(s, k) {
					return true
				}
			}
		}
	}
	return false
}

// calledTaken tells whether a participle calls people by what was done to them, and
// does not tell of it.
func (r *reading) calledTaken(s *sentence, k int) bool {
	if k+1 >= s.last {
		return false
	}
	next := &r.words[k+1]
	if next.punct || next.number || next.q != nil || next.date > 0 || next.is(lexicon.Function|lexicon.Prep) {
		return false
	}
	if k == s.first+s.dateline {
		return true
	}
	prev := &r.words[k-1]
	return prev.number || prev.q != nil || prev.is(lexicon.Prep) || prev.low == "the" || prev.low == "of" || prev.punct && prev.low != ","
}

// claim tells whether the headline or one of the first sentences says that
// somebody claims the deed.
func (r *reading) claim() bool {
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		for k := s.first + s.dateline; k < s.last; k++ {
			switch r.words[k].low {
			case "claims", "claimed", "claim", "claiming", "claimed responsibility", "claims responsibility", "claim responsibility":
				if r.claims(s, k) {
					return true
				}
			case "responsibility":
				switch r.lowAt(k - 1) {
				case "took", "taken", "takes", "taking", "accepted", "accepts", "assumed", "assumes", "assuming", "claimed", "claims", "claiming", "claim":
					if !r.negated(s, k) {
						return true
					}
				}
			case "owns", "owned", "own", "owning":
				if r.lowAt(k+1) == "up" && slices.ContainsFunc(r.words[k+2:s.last], func(w word) bool { return w.is(lexicon.Kind) && Family(w.e.Type) != "law" }) {
					return true // "Tigers own up Batala blast"
				}
			case "credit":
				switch r.lowAt(k - 1) {
				case "took", "taken", "takes", "taking", "claimed", "claims", "claiming":
					if r.lowAt(k+1) == "for" && !r.negated(s, k) {
						return true
					}
				}
			case "says", "said", "announced", "announces", "declared", "boasted", "admitted", "admits", "acknowledged":
				if r.saysItsDeed(s, k) {
					return true
				}
			}
		}
	}
	return false
}

// refuted are the types and the towns that the lead takes back in favour of others:
// "killed by gunfire and not by a car bomb", "it happened in Sibi, and not in Quetta".
func (r *reading) refuted() []string {
	var out []string
	put := func(cue string) {
		if !slices.Contains(out, cue) && len(out) < 4 {
			out = append(out, cue)
		}
	}
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		for k := s.first + s.dateline + 1; k+1 < s.last; k++ {
			if l := r.words[k].low; l != "not" && l != "no" {
				continue
			}
			if p := r.notThere(s, k); p >= 0 {
				put(CueNotIn + gazetteer.Fold(r.places[p].name()))
			} else if t := r.notSo(s, k); t != "" {
				put(CueNot + t)
			}
		}
	}
	return out
}

// notThere is the town that "not" at word k takes back in favour of one that the
// sentence names before; -1 where it does not.
func (r *reading) notThere(s *sentence, k int) int {
	m := k + 1
	switch r.words[m].low {
	case "in", "at", "near", "from", "outside", "around":
		m++
	}
	if r.words[k].low != "not" || m >= s.last || r.words[m].place == 0 {
		return -1
	}
	if b := r.words[k-1]; b.low != "and" && !b.punct {
		return -1 // "did not in Quetta …"
	}
	p := r.words[m].place - 1
	if !r.places[p].town() {
		return -1
	}
	for q := range r.places {
		if w := r.places[q].word; w >= s.first+s.dateline && w < k && r.places[q].town() && r.otherTown(p, q) {
			return p
		}
	}
	return -1
}

// notSo is the type that "not", or "no", at word k takes back where the sentence says
// of what type it was instead; "" where it does not.
func (r *reading) notSo(s *sentence, k int) string {
	typ := ""
	for m := k + 1; m < min(k+6, s.last) && typ == ""; m++ {
		switch w := &r.words[m]; {
		case w.is(lexicon.Kind) && !w.is(lexicon.Person) && w.e.Type != "unknown" && w.low != "attacked" && w.low != "attack" && w.low != "struck" && w.low != "hit":
			typ = w.e.Type
		case w.is(lexicon.Det | lexicon.Prep | lexicon.Adj), w.low == "attacked", w.low == "hit", w.low == "attack", w.low == "struck", w.low == "caused", w.low == "been", w.low == "killed", w.low == "set", w.low == "off", w.low == "hand", w.low == "due":
		default:
			return ""
		}
	}
	if typ == "" || typ == "explosion" || r.words[k].low == "no" && Family(typ) != "explosive" {
		return ""
	}
	for m := s.first + s.dateline; m < s.last; m++ {
		switch w := &r.words[m]; w.low {
		case "yet", "whether", "claimed", "investigating", "possible", "if":
			return ""
		case "gunfire", "gunshots", "bullets", "rifle", "knife", "gunmen":
			if m < k || r.lowAt(m-1) != "not" {
				if Family(typ) == "explosive" || Family(typ) == "aerial" {
					return typ
				}
			}
		default:
			if (m < k || m > k+6) && w.is(lexicon.Kind) && !w.is(lexicon.Person) && w.e.Type != "explosion" && w.e.Type != "unknown" && w.e.Type != "armed_attack" && Family(w.e.Type) != Family(typ) {
				return typ
			}
		}
	}
	return ""
}

// claims tells whether a claim at word k is of a deed, and by who may have done it.
func (r *reading) claims(s *sentence, k int) bool {
	if r.negated(s, k) {
		return false
	}
	for m := max(s.first, k-4); m < k; m++ {
		w := &r.words[m]
		if w.is(lexicon.Source) && w.e.Says != "belligerent" || w.low == "police" || w.low == "army" || w.low == "officials" || w.low == "ministry" || w.low == "military" {
			return false // "police claim to have held three"
		}
	}
	for m := k; m < min(k+7, s.last); m++ {
		w := &r.words[m]
		switch w.low {
		case "similar", "previous", "past", "earlier", "other", "several", "many", "dozens":
			return false // "who have claimed similar attacks"
		}
		if strings.HasSuffix(w.low, "responsibility") || m > k && w.is(lexicon.Kind) && !w.is(lexicon.Person) && !r.meansOnly(w.low) {
			return r.lowAt(k+1) != "that"
		}
		if m > k && (w.low == "lives" || w.low == "life") {
			return false // "the attack claimed nine lives"
		}
	}
	return false
}

func (r *reading) negated(s *sentence, k int) bool {
	for m := max(s.first, k-7); m < k; m++ {
		switch r.words[m].low {
		case "no", "not", "nobody", "none", "yet", "without", "n't", "neither", "never", "denied":
			return true
		}
	}
	return false
}

// saysItsDeed tells whether somebody speaks of a deed as his: "says it bombed", "said
// that its fighters had attacked", "said it was behind".
func (r *reading) saysItsDeed(s *sentence, k int) bool {
	m := k + 1
	if strings.HasSuffix(r.lowAt(m), "day") {
		m++ // "said Tuesday that it was behind …"
	}
	if l := r.lowAt(m); l == "in" || l == "on" || l == "through" {
		// "said in a video released on Tuesday that it was behind …"
		n := m
		for n < min(k+12, s.last-1) && r.words[n].low != "that" && !r.words[n].punct {
			n++
		}
		if r.words[n].low == "that" {
			m = n
		}
	}
	if r.lowAt(m) == "that" {
		m++
	}
	switch l, next := r.lowAt(m), r.lowAt(m+1); {
	case r.negated(s, k):
		return false
	case l == "it", l == "its", l == "they", l == "his":
	case (l == "a" || l == "one") && (next == "fighter" || next == "soldier" || next == "member" || next == "of"):
	default:
		return false
	}
	for n := m + 1; n < min(m+6, s.last); n++ {
		w := &r.words[n]
		switch w.low {
		case "holding", "held":
			if r.lowAt(n+1) == "talks" {
				return false
			}
			return r.armed(s, k)
		case "behind":
			return r.lowAt(n+1) != "schedule" // states own up in these words, too
		case "carried", "bombed", "threw", "planted", "detonated", "executed", "ambushed", "blew",
			"targeted", "attacked", "struck", "stormed", "raided", "assassinated", "shelled", "fired", "downed":
			return r.armed(s, k)
		}
		if w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 && w.e.Measure != string(Arrested) && w.e.Measure != string(Released) {
			return r.armed(s, k)
		}
		if w.punct && !isQuote(w.low) {
			break
		}
	}
	return false
}

// armed tells whether who speaks before word k is a group under arms that is no
// state: those tell of their operations, and claim nothing.
func (r *reading) armed(s *sentence, k int) bool {
	for m := s.first; m < k; m++ {
		w := &r.words[m]
		if w.is(lexicon.Actor) {
			return w.e.Party != "state"
		}
		switch w.low {
		case "group", "the group", "armed group", "militants", "militant", "faction", "front", "rebels", "guerrillas", "jihadists", "separatists", "insurgents", "movement", "brigade", "brigades", "army", "state", "group's":
			if w.low != "army" && w.low != "state" || m > s.first && r.words[m-1].upper && w.upper {
				return true
			}
		}
	}
	return false
}

// several are words that make one sentence tell of more than one incident.
var several = []string{"in two days", "in three days", "in four days", "in 24 hours", "in 48 hours", "in a week", "this week", "over the weekend", "two nights of", "three nights of", "night of drones", "night of violence", "night of gun violence", "day of violence", "in separate", "separate incidents", "separate attacks",
	"across the country", "several cities", "several regions", "five regions", "four regions", "three regions", "two regions", "three cities", "four cities", "five cities", "two cities", "two districts", "two provinces", "three provinces", "wave of", "series of", "string of", "spate of", "twin"}

// jails are the words for a place in which what lasts is one incident.
var jails = []string{"prison", "jail", "penitentiary", "detention centre", "detention center"}

// joint tells whether the headline, or the first sentence, counts several
// incidents together: "nine dead as two blasts jolt Kabul".
func (r *reading) joint() bool {
	for si := range r.opening(1) {
		s := &r.sents[si]
		var b strings.Builder
		b.WriteByte(' ')
		for k := s.first + s.dateline; k < s.last; k++ {
			w := &r.words[k]
			b.WriteString(w.low)
			b.WriteByte(' ')
			if w.date > 0 && r.spans(s, k) {
				return true
			}
			if !w.is(lexicon.Kind) || w.is(lexicon.Person) || len(w.low) < 5 || w.low[len(w.low)-1] != 's' || r.meansOnly(w.low) {
				continue
			}
			for m := k - 1; m >= max(s.first+s.dateline, k-3); m-- {
				p := &r.words[m]
				if p.q != nil && p.q.Point >= 2 && p.q.Point <= 20 {
					return true
				}
				// "13 dead, 19 hurt as missile strikes plant": it strikes
				// "nine killed in three days of protests": the days are counted
				if p.punct || p.low == "of" || p.is(lexicon.Harm|lexicon.Person|lexicon.Thing|lexicon.Verb|lexicon.Aux|lexicon.Sub|lexicon.Prep|lexicon.Conj) {
					break
				}
			}
		}
		// Three days of protests are one story, and so is a day of violence in one prison.
		text := strings.ReplaceAll(b.String(), " days of ", " days-of ")
		if hasAny(text, jails, nil) {
			text = strings.ReplaceAll(text, " of violence ", " of-violence ")
		}
		if hasAny(text, several, nil) {
			return true
		}
	}
	return false
}

// spans tells whether the time at word k is one over which people are counted: "Five
// killed this week in one small city", "nine dead in two days".
func (r *reading) spans(s *sentence, k int) bool {
	w := &r.words[k]
	text := strings.ToLower(r.art.Text(s.field)[w.start:w.end])
	switch text {
	case "this week", "over the weekend", "in a week", "in 24 hours", "in 48 hours", "in two days", "in three days", "in four days", "in five days":
	default:
		return false
	}
	j := k - 1
	if j > s.first && r.words[j].low == "people" {
		j--
	}
	if j <= s.first || !r.words[j].is(lexicon.Harm) {
		return false
	}
	q := r.words[j-1].q
	return q != nil && q.Min >= 2
}

// knownOne tells whether the first sentences speak of the incident as of one
// that the reader knows: "Monday's bombing", "the attack on the hotel".
func (r *reading) knownOne() bool {
	for si := range r.opening(1) {
		s := &r.sents[si]
		for k := s.first + s.dateline + 1; k < s.last; k++ {
			w := &r.words[k]
			if !w.is(lexicon.Kind) || w.is(lexicon.Person) || w.is(lexicon.Harm) || !r.isKind(k) {
				continue
			}
			for m := k - 1; m >= max(s.first+s.dateline, k-3); m-- {
				p := &r.words[m]
				if p.clitic && m > s.first && r.words[m-1].date > 0 {
					return true
				}
				if p.low == "the" && !s.title {
					return true
				}
				if p.punct || p.is(lexicon.Prep|lexicon.Verb|lexicon.Aux) {
					break
				}
			}
		}
	}
	return false
}

// disowns tells whether the headline has somebody deny a deed, or his part in it, that
// others have told of: "Army denies bombing monastery", "Group rejects blame for killing".
func (r *reading) disowns() bool {
	for si := range r.opening(0) {
		s := &r.sents[si]
		for k := s.first; k < s.last; k++ {
			switch r.words[k].low {
			case "denies", "deny", "denied", "rejects", "reject", "rejected", "dismisses", "dismiss", "dismissed", "disowns", "refutes", "disputes":
			default:
				continue
			}
			for n := k + 1; n < min(k+9, s.last); n++ {
				switch w := &r.words[n]; {
				case w.is(lexicon.Kind) && w.e.Type != "arrest" && w.e.Type != "judicial", w.is(lexicon.Harm) && w.e.Measure != string(Released) && w.e.Measure != string(Arrested):
					return true
				case w.low == "targeting", w.low == "blame", w.low == "involvement", w.low == "responsibility":
					return true
				case w.low == "bail", w.low == "charges", w.low == "charge", w.low == "guilt", w.low == "court", w.low == "appeal", w.low == "claim", w.low == "claims" && r.lowAt(n+1) == "of":
					return false
				}
			}
		}
	}
	return false
}

// rebuts tells whether the headline or the first sentence has somebody deny, or call untrue,
// what others have told of people harmed, taken or fired at: "dismissed as a fabrication the
// claim that civilians were hit", "rejected accusations over the burnt plant".
func (r *reading) rebuts() bool {
	denied := false
	for si := range r.opening(1) {
		s := &r.sents[si]
		for k := s.first; k < s.last && !denied; k++ {
			denied = denies(r.words[k].low)
		}
	}
	if !denied {
		return false
	}
	for si := range r.opening(leadSentences) {
		s := &r.sents[si]
		for k := s.first; k < s.last; k++ {
			if w := &r.words[k]; w.is(lexicon.Kind) && !w.is(lexicon.Person) && r.isKind(k) && Family(w.e.Type) != "law" || alleged(w.low) {
				return true
			}
		}
	}
	return false
}

// denies tells whether a word says that something is untrue.
func denies(w string) bool {
	switch w {
	case "denies", "deny", "denied", "denying", "denial", "rejects", "reject", "rejected", "rejecting", "dismisses", "dismiss", "dismissed", "dismissing", "refutes", "refute", "refuted", "rebuts", "rebutted", "disowns", "disputes", "disputed",
		"baseless", "unfounded", "groundless", "fabricated", "fabrication", "fabrications", "falsehood", "falsehoods", "lies", "untrue", "disinformation", "misinformation", "slander", "smear", "propaganda":
		return true
	}
	return false
}

// alleged tells whether a word is what denials of a deed are about, where they do not name it.
func alleged(w string) bool {
	switch w {
	case "civilians", "incident", "incidents", "harmed", "targeted", "targeting", "combatants", "captivity", "captive", "captives", "hostage", "hostages", "sabotage", "burning", "burnt", "burned", "shelled", "bombed", "fired on", "ambush", "killing", "killings", "massacre", "provocation":
		return true
	}
	return false
}
