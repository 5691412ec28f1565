package enrich

import (
	"iter"
	"math"
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/ingest"
)

// The features of an article say what it may be about: how many words of each
// theme and of each kind of violence stand in its headline, its opening and the
// rest, what its figures are, when and where, and how it speaks. Each is a count
// that grows slower the higher it is: ln(1+n). Beside them each word of the headline
// and the opening counts for itself, once, where the model knows it.

// zone is a part of an article.
type zone int

const (
	inTitle   zone = iota // the headline; the first sentence where there is none
	inOpening             // the first words after it
	inRest
	zones
)

const (
	opening  = 80  // words of the opening
	weighted = 800 // words that are weighed at all
)

var zoneName = [zones]string{"title", "opening", "rest"}

// themes are what an article can be about instead of an incident.
var themes = []string{"accident", "nature", "sport", "fiction", "judicial", "anniversary", "exercise", "statistics", "business", "policy", "hoax", "history", "cyber", "suicide", "health", "cleared",
	"fire", "crime", "science", "travel", "life", "device", "aftermath"}

// violence lists the kinds of words for incidents.
var violence = append([]string{"means", "generic"}, Types...)

// singles are the features that have no theme or kind; those in zoned are counted by zone.
// The zoned features by number: most words add to one of them.
const (
	zKilledNow = iota
	zInjuredNow
	zTakenNow
	zHeldNow
	zFreedNow
	zDisplacedNow
	zNoneNow
	zUnknownNow
	zAttackerHurt
	zPastFigure
	zSummedFigure
	zUnrealFigure
	zEventWithToll
	zEventWithDay
	zEventWithPlace
	zEventWithAttacker
	zAttacker
	zSecurity
	zMilitant
	zOfficial
	zVictim
	zSuspect
	zProtester
	zParty
	zDay
	zOldDate
	zRunningDate
	zTown
	zCountry
	zSourceSpeaks
	zIOrWe
	zYou
	zUnreal
	zScore
	zMoney
	zShare
	zNumber
	zPassiveHarm
	zLands
	zQuestion
	zExclamation
	zClaim
	zCondemned
	zDeviceFound
	zCount
)

var zoned = [zCount]string{
	zKilledNow:         "killed-now",
	zInjuredNow:        "injured-now",
	zTakenNow:          "taken-now",
	zHeldNow:           "held-now",
	zFreedNow:          "freed-now",
	zDisplacedNow:      "displaced-now",
	zNoneNow:           "none-now",
	zUnknownNow:        "unknown-now",
	zAttackerHurt:      "attacker-hurt",
	zPastFigure:        "past-figure",
	zSummedFigure:      "summed-figure",
	zUnrealFigure:      "unreal-figure",
	zEventWithToll:     "event-with-toll",
	zEventWithDay:      "event-with-day",
	zEventWithPlace:    "event-with-place",
	zEventWithAttacker: "event-with-attacker",
	zAttacker:          "attacker",
	zSecurity:          "security",
	zMilitant:          "militant",
	zOfficial:          "official",
	zVictim:            "victim",
	zSuspect:           "suspect",
	zProtester:         "protester",
	zParty:             "party",
	zDay:               "day",
	zOldDate:           "old-date",
	zRunningDate:       "running-date",
	zTown:              "town",
	zCountry:           "country",
	zSourceSpeaks:      "source-speaks",
	zIOrWe:             "i-or-we",
	zYou:               "you",
	zUnreal:            "unreal",
	zScore:             "score",
	zMoney:             "money",
	zShare:             "share",
	zNumber:            "number",
	zPassiveHarm:       "passive-harm",
	zLands:             "lands",
	zQuestion:          "question",
	zExclamation:       "exclamation",
	zClaim:             "claim",
	zCondemned:         "condemned",
	zDeviceFound:       "device-found",
}

var plain0 = []string{"bias", "no-headline", "length", "short", "hashtag", "headline-violent", "headline-violent-no-harm", "theme-without-harm", "court-without-day", "court-and-arrest", "accident-and-attack", "accident-alone", "calm-blast", "obituary", "asks", "deed", "framed", "killed-without-event", "old-without-day", "arrest-for-crime", "report-of-period"}

// The features, in order: themes by zone, kinds by zone, zoned singles, others.
var featureNames = func() []string {
	var out []string
	for _, list := range [][]string{prefixed("theme.", themes), prefixed("violence.", violence), zoned[:]} {
		for _, f := range list {
			for z := range zones {
				out = append(out, f+"."+zoneName[z])
			}
		}
	}
	return append(out, plain0...)
}()

func prefixed(p string, list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = p + s
	}
	return out
}

var featureIndex = func() map[string]int {
	m := make(map[string]int, len(featureNames))
	for i, n := range featureNames {
		m[n] = i
	}
	return m
}()

var (
	themeIndex    = indexOf(themes)
	violenceIndex = indexOf(violence)
	plainIndex    = indexOf(plain0)
)

func indexOf(list []string) map[string]int {
	m := make(map[string]int, len(list))
	for i, s := range list {
		m[s] = i
	}
	return m
}

// features are the counts of one article, and, where they are asked for, the
// words that each was counted from.
type features struct {
	leadTells  bool // the headline or the first sentence tells of an attack with people harmed
	titleTells bool // the headline does
	n          []int
	words      [][]int // nil unless it is to be explained
	own        []int   // words of headline and opening that the model knows: its numbers for them
	ownAt      []int   // where each of them stands first
	seen       []bool  // by the model's number
}

func (f *features) add(i, word int) {
	f.n[i]++
	if f.words != nil && word >= 0 {
		f.words[i] = append(f.words[i], word)
	}
}

func (f *features) theme(t string, z zone, word int) {
	if i, ok := themeIndex[t]; ok {
		f.add(i*int(zones)+int(z), word)
	}
}

func (f *features) kind(v string, z zone, word int) {
	f.add((len(themes)+violenceIndex[v])*int(zones)+int(z), word)
}

func (f *features) zoned(s int, z zone, word int) {
	f.add((len(themes)+len(violence)+s)*int(zones)+int(z), word)
}

func (f *features) set(s string, n, word int) {
	i := (len(themes)+len(violence)+len(zoned))*int(zones) + plainIndex[s]
	f.n[i] = n
	if f.words != nil && word >= 0 {
		f.words[i] = append(f.words[i], word)
	}
}

func (f *features) theme3(t string) int {
	n := 0
	for z := range zones {
		n += f.n[themeIndex[t]*int(zones)+int(z)]
	}
	return n
}

func (f *features) at(s int, zs ...zone) int {
	n := 0
	for _, z := range zs {
		n += f.n[(len(themes)+len(violence)+s)*int(zones)+int(z)]
	}
	return n
}

// damped is ln(1+n), from a table for the counts that occur.
func damped(n int) float64 {
	if n < len(logs) {
		return logs[n]
	}
	return math.Log1p(float64(n))
}

var logs = func() (t [64]float64) {
	for i := range t {
		t[i] = math.Log1p(float64(i))
	}
	return t
}()

// violenceOf is the kind of a word for an incident; "" where it is none.
func (r *reading) violenceOf(k int) string {
	w := &r.words[k]
	if r.meansOnly(w.low) {
		return "means"
	}
	if generic(w.low) {
		return "generic"
	}
	return w.e.Type
}

// noFeatures is what every count begins with.
var noFeatures = make([]int, len(featureNames))

// weigh counts the features of the article. cs are its clauses, with figures but
// without scopes.
func (r *reading) weigh(cs []clause, explain bool) *features {
	f := &r.feature
	f.n, f.words, f.leadTells, f.titleTells = append(f.n[:0], noFeatures...), nil, false, false
	if explain {
		f.words = make([][]int, len(featureNames))
	}
	f.set("bias", 1, -1)
	zoneAt := func(si, words int) zone {
		switch {
		case r.sents[si].title || si == 0:
			return inTitle
		case words < opening:
			return inOpening
		}
		return inRest
	}
	words, ci := 0, 0
	for si := range r.sents {
		s := &r.sents[si]
		if words > weighted {
			break
		}
		z := zoneAt(si, words)
		for k := s.first + s.dateline; k < s.last; k++ {
			words++
			r.weighWord(f, s, k, z)
		}
		for ; ci < len(cs) && cs[ci].sent <= si; ci++ {
			r.weighClause(f, &cs[ci], z)
		}
	}
	if len(r.sents) > 0 && !r.sents[0].title {
		f.set("no-headline", 1, -1)
	}
	f.set("length", words/40, -1)
	if words < 30 {
		f.set("short", 1, -1)
	}
	r.weighTogether(f)
	r.weighOwn(f)
	return f
}

// wordWorth is the value of a word's feature where the word occurs. It is less than
// one so that the penalty holds words back behind themes: chosen by cross-validation.
const wordWorth = 0.5

// wordPrefix begins the name of the feature that is a word.
const wordPrefix = "word."

// weighOwn notes, once each, the words that the model knows.
func (r *reading) weighOwn(f *features) {
	for _, v := range f.own {
		f.seen[v] = false
	}
	f.own, f.ownAt = f.own[:0], f.ownAt[:0]
	if r.model == nil {
		return
	}
	if len(f.seen) < len(r.model.words) {
		f.seen = make([]bool, len(r.model.words))
	}
	for k := range r.ownWords() {
		if v, ok := r.model.number[r.words[k].low]; ok && !f.seen[v] {
			f.seen[v] = true
			f.own, f.ownAt = append(f.own, v), append(f.ownAt, k)
		}
	}
}

// ownWords are the words of headline and opening that may speak for themselves: no
// number, no date, no place and no name.
func (r *reading) ownWords() iter.Seq[int] {
	return func(yield func(int) bool) {
		for n, si := 0, 0; si < len(r.sents) && (n < opening || r.sents[si].title); si++ {
			s := &r.sents[si]
			for k := s.first + s.dateline; k < s.last; k, n = k+1, n+1 {
				w := &r.words[k]
				if w.punct || w.clitic || w.number || w.q != nil || w.date > 0 || w.place > 0 || len(w.low) > maxOwn {
					continue
				}
				if w.upper && w.e.Class == 0 && !s.headline && k > s.first+s.dateline {
					continue
				}
				if !yield(k) {
					return
				}
			}
		}
	}
}

// maxOwn is the length of the longest word that speaks for itself, in bytes.
const maxOwn = 24

func (r *reading) weighWord(f *features, s *sentence, k int, z zone) {
	w := &r.words[k]
	switch {
	case w.date > 0:
		switch d := &r.dates[w.date-1]; {
		case d.Habit: // in statistics and in stories of everyday life alike
		case d.Running:
			f.zoned(zRunningDate, z, k)
		case d.Old:
			if !r.tailWord(k) {
				f.zoned(zOldDate, z, k)
			}
		case d.Precision == "day":
			f.zoned(zDay, z, k)
		}
		return
	case w.place > 0:
		p := &r.places[w.place-1]
		// "In the capital" is no name.
		if p.rank() >= 4 && !(p.Capital && p.Here) && r.located(w.place-1) {
			f.zoned(zTown, z, k)
		} else if p.country() {
			f.zoned(zCountry, z, k)
		}
	case w.q != nil:
		switch w.q.Shape {
		case quantity.Score:
			f.zoned(zScore, z, k)
		case quantity.Money:
			f.zoned(zMoney, z, k)
		case quantity.Share:
			f.zoned(zShare, z, k)
		case quantity.Count:
			f.zoned(zNumber, z, k)
		}
		return
	}
	if w.punct {
		switch w.low {
		case "?":
			f.zoned(zQuestion, z, k)
		case "!":
			f.zoned(zExclamation, z, k)
		case "#":
			f.set("hashtag", 1, k)
		}
		return
	}
	switch w.low {
	case "i", "we", "my", "our", "me", "us", "i'm", "i've", "we're", "we've":
		if w.low != "us" || !w.caps {
			f.zoned(zIOrWe, z, k)
		}
	case "you", "your", "you're":
		f.zoned(zYou, z, k)
	case "would", "could", "if", "should", "can", "may", "might", "will":
		f.zoned(zUnreal, z, k)
	case "responsibility":
		f.zoned(zClaim, z, k)
	case "condemn", "condemns", "condemned", "condemning", "condemnation", "indignation", "repudiated", "repudiate", "outrage", "denounced", "denounces":
		f.zoned(zCondemned, z, k)
	}
	switch {
	case w.theme != "":
		f.theme(w.theme, z, k)
	case w.low == "exercise" && r.lowAt(k-1) == "to": // caution, or a right
	case w.low == "final" && lastOf(r.lowAt(k+1)): // and no match
	case w.is(lexicon.Theme):
		f.theme(w.e.Theme, z, k)
	}
	if w.is(lexicon.Kind) && Family(w.e.Type) == "explosive" && r.isFound(s, k) {
		f.zoned(zDeviceFound, z, k)
	}
	if w.is(lexicon.Kind) && r.isKind(k) {
		f.kind(r.violenceOf(k), z, k)
		if r.meansOnly(w.low) && r.lands(s, k) {
			f.zoned(zLands, z, k)
		}
	}
	if w.is(lexicon.Harm) && w.e.Form&lexicon.Past != 0 && k > s.first && r.words[k-1].is(lexicon.Aux|lexicon.Adv) {
		f.zoned(zPassiveHarm, z, k)
	}
	if w.is(lexicon.Actor) {
		f.zoned(zParty, z, k)
	}
	if w.is(lexicon.Source) && k+1 < s.last && (speaks(r.words[k+1].low) || k > s.first && speaks(r.words[k-1].low)) {
		f.zoned(zSourceSpeaks, z, k)
	}
	if w.is(lexicon.Person) {
		switch w.e.Who {
		case "perpetrator":
			f.zoned(zAttacker, z, k)
		case "militant":
			f.zoned(zMilitant, z, k)
		case "security", "peacekeeper":
			f.zoned(zSecurity, z, k)
		case "official":
			f.zoned(zOfficial, z, k)
		case "suspect":
			f.zoned(zSuspect, z, k)
		case "protester":
			f.zoned(zProtester, z, k)
		case "civilian", "child", "woman", "journalist", "aid_worker", "medic":
			f.zoned(zVictim, z, k)
		}
	}
}

func (r *reading) weighClause(f *features, c *clause, z zone) {
	event := -1
	for _, k := range c.kinds {
		if w := &r.words[k]; !r.meansOnly(w.low) && w.e.Type != "unknown" && Family(w.e.Type) != "law" {
			event = k
			break
		}
	}
	toll := false
	for _, i := range c.figs {
		x := &r.figs[i]
		scope, _ := r.scopeAt(c, x.harm)
		switch {
		case x.scope == "perpetrator":
			f.zoned(zAttackerHurt, z, x.harm)
		case x.hypothesis:
			f.zoned(zUnrealFigure, z, x.harm)
		case scope == "background":
			f.zoned(zPastFigure, z, x.harm)
		case scope == "aggregate":
			f.zoned(zSummedFigure, z, x.harm)
		case scope != "current":
			f.zoned(zUnrealFigure, z, x.harm)
		case x.q.Quantifier == "none":
			f.zoned(zNoneNow, z, x.harm)
		case x.q.Quantifier == "unknown":
			f.zoned(zUnknownNow, z, x.harm)
		case x.measure == Killed:
			f.zoned(zKilledNow, z, x.harm)
			toll = true
		case x.measure == Injured || x.measure == Casualties:
			f.zoned(zInjuredNow, z, x.harm)
			toll = true
		case x.measure == Abducted:
			f.zoned(zTakenNow, z, x.harm)
			toll = true
		case x.measure == Arrested:
			f.zoned(zHeldNow, z, x.harm)
		case x.measure == Released || x.measure == Escaped:
			f.zoned(zFreedNow, z, x.harm)
		case x.measure == Displaced || x.measure == Missing:
			f.zoned(zDisplacedNow, z, x.harm)
		}
	}
	if event < 0 && toll {
		// "Gunmen killed two people": who did it says what it was.
		for k := c.first; k < c.last && event < 0; k++ {
			if w := &r.words[k]; w.armed() {
				event = k
			}
		}
	}
	if event < 0 {
		return
	}
	if toll {
		f.zoned(zEventWithToll, z, event)
		// An explosion alone may be gas: what comes after says.
		if r.opens(c.sent) && r.violenceOf(event) != "explosion" {
			f.leadTells = true
			f.titleTells = f.titleTells || r.sents[c.sent].title
		}
	}
	for _, d := range c.dates {
		if x := &r.dates[d]; !x.Old && !x.Running && x.Precision == "day" {
			f.zoned(zEventWithDay, z, event)
			break
		}
	}
	for _, p := range c.places {
		if r.places[p].rank() >= 4 && r.located(p) {
			f.zoned(zEventWithPlace, z, event)
			break
		}
	}
	for k := c.first; k < c.last; k++ {
		if w := &r.words[k]; w.armed() || w.is(lexicon.Actor) {
			f.zoned(zEventWithAttacker, z, event)
			break
		}
	}
}

// opens tells whether a sentence is of the headline or the first below it.
func (r *reading) opens(si int) bool {
	return r.sents[si].title || si == 0 || r.sents[si-1].title || r.placeLine(si-1)
}

// placeLine tells whether a sentence is a dateline that stands alone above the text: "GAZA
// CITY, Palestine".
func (r *reading) placeLine(si int) bool {
	s := &r.sents[si]
	if s.title || s.last-s.first > 8 || si+1 >= len(r.sents) || r.sents[si+1].para == s.para || si > 0 && !r.sents[si-1].title {
		return false
	}
	named := false
	for k := s.first; k < s.last; k++ {
		w := &r.words[k]
		named = named || w.place > 0
		if w.place == 0 && w.date == 0 && !w.punct && w.q == nil {
			return false
		}
	}
	return named
}

// restEnd is where the features end that have zones.
var restEnd = (len(themes) + len(violence) + zCount) * int(zones)

// lastOf tells whether what is final is a count of the dead, or what they had last.
func lastOf(w string) bool {
	switch w {
	case "toll", "count", "tally", "number", "figure", "figures", "death", "casualty", "moments", "minutes", "hours", "journey", "farewell", "respects", "resting", "rites", "prayer", "prayers", "goodbye":
		return true
	}
	return false
}

// ofContext tells whether a feature counts what stands behind the opening, or how
// long that is.
func ofContext(i int) bool {
	return i < restEnd && i%int(zones) == int(inRest) || i == lengthFeature
}

var lengthFeature = featureIndex["length"]

// sumsUp are the features of an opening that goes on with the toll of a whole war
// or year: below a headline with a toll of its own that is context too.
var sumsUp = func() []bool {
	out := make([]bool, len(featureNames))
	for _, name := range []string{"old-date.opening", "running-date.opening", "summed-figure.opening", "past-figure.opening", "theme.statistics.opening", "theme.history.opening", "report-of-period", "old-without-day"} {
		out[featureIndex[name]] = true
	}
	return out
}()

// calm lists countries where a blast that nobody calls an attack is gas or a boiler.
const calm = "AT AU BE CA CH DE DK ES FI FR GB IE IS IT JP KR LU NL NO NZ PT SE US"

// weighTogether sets what no word shows alone.
func (r *reading) weighTogether(f *features) {
	kind := func(v string, zs ...zone) int {
		n := 0
		for _, z := range zs {
			n += f.n[(len(themes)+violenceIndex[v])*int(zones)+int(z)]
		}
		return n
	}
	flag := func(s string, on bool) {
		if on {
			f.set(s, 1, -1)
		}
	}
	violentTitle, event := 0, 0
	for _, v := range violence {
		if v != "means" {
			violentTitle += kind(v, inTitle)
			event += kind(v, inTitle, inOpening)
		}
	}
	harmed := f.at(zKilledNow, inTitle, inOpening) + f.at(zInjuredNow, inTitle, inOpening) + f.at(zTakenNow, inTitle, inOpening)
	day := f.at(zDay, inTitle, inOpening)
	flag("headline-violent", violentTitle > 0)
	flag("headline-violent-no-harm", violentTitle > 0 && harmed == 0)
	aside := 0
	for _, t := range []string{"sport", "fiction", "business", "policy", "health", "history"} {
		aside += f.theme3(t)
	}
	flag("theme-without-harm", aside > 0 && harmed == 0)
	court := f.theme3("judicial")
	flag("court-without-day", court > 0 && day == 0)
	flag("court-and-arrest", court > 0 && f.at(zHeldNow, inTitle, inOpening) > 0)
	attack := kind("generic", inTitle, inOpening) + kind("armed_attack", inTitle, inOpening) + kind("shooting", inTitle, inOpening) + kind("stabbing", inTitle, inOpening) + kind("bombing", inTitle, inOpening) + f.at(zParty, inTitle, inOpening) + f.at(zAttacker, inTitle, inOpening)
	flag("deed", f.at(zParty, inTitle, inOpening)+f.at(zAttacker, inTitle, inOpening)+kind("shooting", inTitle, inOpening)+kind("stabbing", inTitle, inOpening)+kind("kidnapping", inTitle, inOpening) > 0)
	flag("accident-and-attack", f.theme3("accident")+f.theme3("nature") > 0 && attack > 0)
	named := 0
	for _, v := range violence {
		if v != "unknown" && v != "bodies_found" && v != "means" && Family(v) != "law" && Family(v) != "fire" {
			named += kind(v, inTitle, inOpening)
		}
	}
	flag("accident-alone", f.theme3("accident")+f.theme3("nature")+f.theme3("health") > 0 && named == 0)
	if kind("explosion", inTitle, inOpening) > 0 && attack == 0 {
		home := r.home()
		flag("calm-blast", home != "" && strings.Contains(calm, home))
	}
	flag("killed-without-event", harmed > 0 && event == 0)
	law := kind("arrest", inTitle, inOpening) + kind("seizure", inTitle, inOpening) + f.at(zHeldNow, inTitle, inOpening)
	flag("arrest-for-crime", law > 0 && named == 0 && f.theme3("crime") > 0)
	flag("report-of-period", f.at(zRunningDate, inTitle, inOpening)+f.at(zSummedFigure, inTitle, inOpening) > 1 && day == 0)
	flag("old-without-day", f.at(zOldDate, inTitle, inOpening) > 0 && day == 0)
	flag("asks", r.asks())
	for si := 0; si < min(3, len(r.sents)); si++ {
		s := &r.sents[si]
		for k := s.first; k < min(s.first+6, s.last); k++ {
			if w := &r.words[k]; w.is(lexicon.Theme) && (w.e.Theme == "fiction" || w.e.Theme == "exercise") && k > s.first && r.frames(s, k) {
				f.set("framed", 1, k)
			}
		}
		for k := s.first + 2; k < s.last; k++ {
			if w := &r.words[k]; w.is(lexicon.Theme) && w.e.Theme == "exercise" && r.words[k-1].is(lexicon.Det) && r.isNoun(k) && (r.words[k-2].low == "was" || r.words[k-2].low == "were" || r.words[k-2].low == "is") {
				f.set("framed", 2, k) // "the explosion was a drill"
			}
		}
		for k := s.first; k+2 < s.last; k++ {
			if w := &r.words[k]; (w.low == "dies" || w.low == "died" || w.low == "dead" && s.title) && (r.words[k+1].low == "at" || r.words[k+1].low == "aged") && r.words[k+2].q != nil && r.words[k+2].q.Min > 40 {
				f.set("obituary", 1, k)
			}
		}
	}
}

// isFound tells whether a device is told to have been found: "the discovery of ten
// letter bombs", "a bomb was defused".
func (r *reading) isFound(s *sentence, k int) bool {
	for n := max(s.first, k-5); n < min(s.last, k+5); n++ {
		switch r.words[n].low {
		case "discovery", "discovered", "found", "finds", "defused", "defuse", "intercepted", "recovered", "planted", "placed", "neutralised", "neutralized", "seized":
			return true
		}
	}
	return false
}

// isNoun tells whether word k ends a noun group: "a drill", not "a mock execution".
func (r *reading) isNoun(k int) bool {
	return k+1 >= len(r.words) || r.words[k+1].punct || !r.words[k+1].noun()
}

// frames tells whether what follows is told in a work or a drill: "The novel opens
// with …", "In the drill …".
func (r *reading) frames(s *sentence, k int) bool {
	if s.title {
		return false // a headline has no such sentence
	}
	if k-2 >= s.first && r.words[k-1].is(lexicon.Det) && (r.words[k-2].low == "in" || r.words[k-2].low == "during") {
		return true
	}
	switch r.lowAt(k + 1) {
	case "opens", "tells", "follows", "depicts", "stars", "begins", "recounts", "shows", "imagines", "chronicles", "portrays", "features", "explores", "reads", "starts", "simulated", "involved", "tested":
		return true
	}
	return false
}

// lands tells whether a weapon did something: "rockets hit".
func (r *reading) lands(s *sentence, k int) bool {
	for n := k + 1; n < s.last && n < k+4; n++ {
		switch r.words[n].low {
		case "hit", "hits", "land", "lands", "landed", "struck", "strike", "strikes", "fired", "target", "targets", "targeted", "explode", "explodes", "wound", "rain", "slam", "slammed", "killed":
			return true
		}
	}
	return k > s.first && (r.words[k-1].low == "fires" || r.words[k-1].low == "fire" || r.words[k-1].low == "fired")
}

// asks tells whether the news is only a question: "Was a drone behind the fire?"
func (r *reading) asks() bool {
	if len(r.sents) == 0 {
		return false
	}
	s := &r.sents[0]
	return r.words[s.last-1].low == "?" && r.words[s.first].is(lexicon.Aux)
}

// Features counts what the relevance model weighs, by name: for the program that
// trains it. Features that do not occur are left out; those of words begin with
// "word." and are more than FeatureNames lists.
func (t *Tagger) Features(a *ingest.Article) map[string]float64 {
	r, cs := t.parse(a)
	defer t.release(r)
	f := r.weigh(cs, false)
	out := map[string]float64{}
	for k := range r.ownWords() {
		out[wordPrefix+r.words[k].low] = wordWorth
	}
	for i, n := range f.n {
		if n != 0 {
			out[featureNames[i]] = damped(n)
		}
	}
	return out
}

// FeatureNames lists every feature but the words, in the model's order.
func FeatureNames() []string { return slices.Clone(featureNames) }
