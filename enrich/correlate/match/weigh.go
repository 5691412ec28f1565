package match

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tocsin/enrich"
)

// Feature is one thing that speaks for or against.
type Feature uint8

// The features. Their names are those of weights.txt; what they measure is said
// there.
const (
	fBias Feature = iota
	fPlaceSpot
	fPlaceTown
	fPlaceNear
	fPlaceHolds
	fPlaceCountry
	fPlaceOtherSpot
	fPlaceApart
	fPlaceFar
	fPlaceDistant
	fPlaceOtherCountry
	fPlaceNone
	fMetropolis
	fPlaceNamed
	fPlaceNamedNone
	fTitlePlace
	fTitleElsewhere
	fTimeDay
	fTimeHour
	fTimeOtherHour
	fTimeSpan
	fTimeClose
	fTimeNextDay
	fTimeDaysApart
	fTimeUndatedSoon
	fTimeUndatedLater
	fTimeUndatedLong
	fTimeBefore
	fTimeFollows
	fAgain
	fAnother
	fAnotherUntold
	fUnlinked
	fLater
	fElsewhere
	fTypeSame
	fTypeKin
	fTypeGeneric
	fTypeCross
	fTypeAlien
	fSubtypeSame
	fSubtypeOther
	fSiteSame
	fSiteOther
	fTargetSame
	fTargetOther
	fKilledSame
	fKilledReplaces
	fKilledGrown
	fKilledLeap
	fKilledLower
	fKilledFarLower
	fKilledNone
	fTollPair
	fInjuredSame
	fInjuredOther
	fHeldSame
	fHeldOther
	fActorSame
	fActorOther
	fTermsShared
	fTermsPart
	fTermsNone
	fTermsFew
	fTitleShared
	fTitleNovel
	fTollLate
	fTollOther
	fAerialTown
	fAerialOtherDay
	fText
	fOutlet
	fOutletLower
	fSecond
	nFeatures
)

var featureNames = [nFeatures]string{
	"bias", "place.spot", "place.town", "place.near", "place.holds", "place.country", "place.other-spot", "place.apart", "place.far", "place.distant", "place.other-country", "place.none", "place.metropolis", "place.named", "place.named-none", "title.place", "title.elsewhere",
	"time.day", "time.hour", "time.other-hour", "time.span", "time.close", "time.next-day", "time.days-apart", "time.undated-soon", "time.undated-later", "time.undated-long", "time.before", "time.follows", "cue.again", "cue.another", "cue.another-untold", "cue.apart", "cue.later", "about.elsewhere",
	"type.same", "type.kin", "type.generic", "type.cross", "type.alien", "subtype.same", "subtype.other", "site.same", "site.other", "target.same", "target.other",
	"killed.same", "killed.replaces", "killed.grown", "killed.leap", "killed.lower", "killed.far-lower", "killed.none", "toll.pair", "injured.same", "injured.other", "held.same", "held.other",
	"actor.same", "actor.other", "terms.shared", "terms.part", "terms.none", "terms.few", "title.shared", "title.novel", "toll.late", "toll.other", "aerial.place", "aerial.other-day", "text.same", "outlet.same", "outlet.lower", "report.second",
}

// String is the feature's name.
func (f Feature) String() string { return featureNames[f] }

// Values are how much of each feature holds.
type Values [nFeatures]float32

//go:embed weights.txt
var weightsText string

// weights are those of weights.txt.
var weights = sync.OnceValue(func() *Values {
	w, err := parseWeights(weightsText)
	if err != nil {
		panic(err) // embedded: every test meets it
	}
	return &w
})

func parseWeights(text string) (Values, error) {
	var w Values
	var seen [nFeatures]bool
	n := 0
	for line := range strings.Lines(text) {
		n++
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		at := slices.Index(featureNames[:], f[0])
		if at < 0 || len(f) != 2 || seen[at] {
			return w, fmt.Errorf("weights line %d: want a feature, each once, and its weight", n)
		}
		v, err := strconv.ParseFloat(f[1], 32)
		if err != nil {
			return w, fmt.Errorf("weights line %d: %w", n, err)
		}
		w[at], seen[at] = float32(v), true
	}
	if at := slices.Index(seen[:], false); at >= 0 {
		return w, fmt.Errorf("weights: %s has none", featureNames[at])
	}
	return w, nil
}

// The thresholds, in log-odds.
const (
	Merge   = 0.0  // and more: one event
	Related = -1.5 // and more: perhaps connected, kept apart and linked
)

// Reason is a feature that held, and what it added.
type Reason struct {
	Feature string  `json:"feature"`
	Added   float64 `json:"added"` // log-odds
}

// Weigh returns the log-odds that a report and an incident are of one event.
func Weigh(p *Probe, c *Card) float64 {
	v := Compare(p, c)
	return v.Score()
}

// Reaches is Weigh where that comes to least or more, and tells whether it does. Most
// incidents that a search comes upon are another's whatever their words are: of those that
// an index lends, these are not even unpacked.
func Reaches(p *Probe, c *Card, least float64) (score float64, does bool) {
	const rounding = 1e-3
	if c.rest.data != nil && wordsBound() {
		v := compareFront(p, c)
		if c.rest.data == nil { // it was asked for a mark
			compareTerms(&v, p.look(), c)
			score = v.Score()
			return score, score >= least
		}
		mostTerms(&v, p.look(), c)
		if v.Score() < least-rounding {
			return 0, false
		}
	}
	score = Weigh(p, c)
	return score, score >= least
}

// wordsBound tells whether what mostTerms makes of a card is never less than what
// compareTerms does: whether the words that are shared speak for it, and others against.
var wordsBound = sync.OnceValue(func() bool {
	w := weights()
	return min(w[fTermsShared], w[fTermsPart], w[fTitleShared]) >= 0 && max(w[fTermsNone], w[fTermsFew], w[fTitleNovel], w[fTitleElsewhere]) <= 0
})

// Score is what the values add up to.
func (v *Values) Score() float64 {
	w := weights()
	s := float32(0)
	for f := range v {
		s += v[f] * w[f]
	}
	return float64(s)
}

// Reasons are what Weigh adds up, the strongest first.
func Reasons(p *Probe, c *Card) []Reason {
	v := Compare(p, c)
	return v.Reasons()
}

// Reasons are what Score adds up, the strongest first.
func (v *Values) Reasons() []Reason {
	w := weights()
	out := make([]Reason, 0, 16)
	for f := range v {
		if add := float64(v[f] * w[f]); v[f] != 0 && math.Abs(add) >= 0.005 {
			out = append(out, Reason{featureNames[f], math.Round(add*100) / 100})
		}
	}
	slices.SortStableFunc(out, func(a, b Reason) int {
		switch x, y := math.Abs(a.Added), math.Abs(b.Added); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return out
}

// Compare measures the features of a report beside an incident.
func Compare(p *Probe, c *Card) Values {
	c.whole()
	v := compareFront(p, c)
	compareTerms(&v, p.look(), c)
	return v
}

// compareFront measures all features but those of compareTerms. What is not unpacked of a
// card may make less of title.elsewhere.
func compareFront(p *Probe, c *Card) Values {
	s := p.look()
	var v Values
	v[fBias] = 1
	comparePlaces(&v, s, c)
	compareTimes(&v, s, c, p.At)
	compareTypes(&v, s, c)
	compareTargets(&v, s, c)
	compareAbouts(&v, s, p, c)
	compareTolls(&v, s, c, p.At)
	compareActors(&v, s, c)
	if s.aerial {
		// In a war the same town is hit day after day.
		v[fAerialTown] = v[fPlaceTown] + v[fPlaceNear] + v[fPlaceHolds]
		v[fAerialOtherDay] = v[fTimeNextDay] + v[fTimeUndatedLater]
	}
	if s.text != 0 && slices.Contains(c.texts, s.text) {
		v[fText] = 1
	}
	if slices.Contains(c.outlets, s.outlet) {
		v[fOutlet] = 1
		if v[fKilledLower]+v[fKilledFarLower] > 0 && s.cue&follows == 0 {
			v[fOutletLower] = 1 // who lowers a toll says so
		}
	}
	if p.Second {
		v[fSecond] = 1
	}
	return v
}

var placeFeature = [...]Feature{placeOtherCountry: fPlaceOtherCountry, placeDistant: fPlaceDistant, placeFar: fPlaceFar, placeApart: fPlaceApart, placeOtherSpot: fPlaceOtherSpot,
	placeUnknown: nFeatures, placeCountry: fPlaceCountry, placeHolds: fPlaceHolds, placeNear: fPlaceNear, placeTown: fPlaceTown, placeSpot: fPlaceSpot}

func comparePlaces(v *Values, s *seen, c *Card) {
	best, town, other := placeUnknown, placeUnknown, false
	any, towns, strangers, border := false, false, true, false
	for i := range c.spots {
		r := between(&s.spot, &c.spots[i].v)
		other = other || r == placeOtherSpot
		border = border || r == placeNear && s.spot.country != c.spots[i].v.country
		strangers = strangers && (r != placeHolds || s.spot.stranger(&c.spots[i].v))
		if s.spot.small() && c.spots[i].v.small() && (!towns || r > town) {
			town, towns = r, true
		}
		if !any || r > best {
			best, any = r, true
		}
	}
	if best == placeHolds && strangers && !c.speaksOf(s) {
		best = placeCountry
	}
	if best == placeTown && other {
		best = placeOtherSpot
	}
	shared, _ := s.named.shared(c.places)
	if best == placeUnknown && !meet(s, c) && (s.text == 0 || !slices.Contains(c.texts, s.text)) {
		v[fPlaceNone] = 1 // of the whole world's incidents of those days it may be any
	}
	for _, t := range s.headline {
		if slices.ContainsFunc(c.places, func(x counted[term]) bool { return x.v.word == t.word }) {
			v[fTitlePlace], v[fTitleElsewhere] = t.weight, 0
			break
		}
		if t.weight == 1 && len(c.places) > 0 && !c.says(t.word) && !(s.spot.level == nowhere && t.word == s.called) {
			v[fTitleElsewhere] = 1 // nor is it a word of theirs, as a village that no map has, and the report knows where it is
		}
	}
	if border && best == placeNear {
		v[fTitleElsewhere] = 0 // each side of a border calls it by its own town
	}
	if best < placeNear { // else it says nothing new
		v[fPlaceNamed] = min(shared, 2)
	}
	if best <= placeNear && shared == 0 && len(s.places) > 0 && len(c.places) > 0 {
		v[fPlaceNamedNone] = 1
	}
	if shared >= 1 && !c.namesake(s) { // one of the two was taken for another place of its name, or for one that is only mentioned
		if best == placeOtherCountry || best == placeDistant || best == placeFar {
			best = placeUnknown
		}
		if c.calledAs(s) {
			towns = false
		}
	}
	if towns && town <= placeOtherSpot && (best == placeHolds || best == placeCountry) {
		best = town // who names one is held against those who do, and not against who knows only its region
	}
	if f := placeFeature[best]; f < nFeatures {
		v[f] = 1
	}
	if best == placeTown && s.spot.radius > 8_000 {
		v[fMetropolis] = 1 // much happens there
	}
	if s.spot.site != "" && len(c.sites) > 0 {
		if slices.ContainsFunc(c.sites, func(x counted[string]) bool { return x.v == s.spot.site }) {
			v[fSiteSame] = 1
		} else {
			v[fSiteOther] = 1
		}
	}
}

// speaksOf tells whether an incident's reports name a report's place: one of them, where no map has
// it, else most of them, for towns are mentioned beside the news.
func (c *Card) speaksOf(s *seen) bool {
	return slices.ContainsFunc(c.places, func(x counted[term]) bool { return x.v.word == s.called && (s.spot.vague() || int(x.n)*2 > c.N) })
}

// namesake tells whether a report's place has the name of one of the incident's, and
// is another: who says no more than the name, in a country that has two, may mean either.
func (c *Card) namesake(s *seen) bool {
	return s.spot.id != 0 && s.spot.own() != 0 && slices.ContainsFunc(c.spots, func(x counted[spot]) bool {
		return x.v.own() == s.spot.own() && x.v.id != 0 && x.v.id != s.spot.id && (x.v.country != s.spot.country || x.v.town() != 0 && s.spot.town() != 0)
	})
}

// calledAs tells whether one of an incident's places has the name of a report's.
func (c *Card) calledAs(s *seen) bool {
	return s.spot.own() != 0 && slices.ContainsFunc(c.spots, func(x counted[spot]) bool { return x.v.own() == s.spot.own() })
}

// compareTargets compares what was hit.
func compareTargets(v *Values, s *seen, c *Card) {
	var often, all target
	for i := range c.targets {
		all |= c.targets[i].v
		if int(c.targets[i].n)*3 >= c.N {
			often |= c.targets[i].v
		}
	}
	switch {
	case s.target&often != 0:
		v[fTargetSame] = 1
	case s.target != 0 && often != 0 && s.target&all == 0:
		v[fTargetOther] = 1
	}
}

const hour = 3600

// reach is how many hours after an incident what follows it may be told without
// its date: courts and captors take longer than mourners.
func (s *seen) reach() float64 {
	if s.cue&(court|freed|taken) != 0 {
		return followDays * 24
	}
	return 21 * 24
}

func compareTimes(v *Values, s *seen, c *Card, at time.Time) {
	w := c.window().until(c.First)
	said := at.Unix()
	mine := s.window.until(said)
	follows := s.cue&follows != 0
	switch {
	case said < w.from-12*hour && w.dated:
		v[fTimeBefore] = 1
	case s.window.dated && w.dated:
		gap := mine.gap(w)
		for i := range c.windows {
			if v := c.windows[i].v; v == s.window || mine.gap(v.until(c.First)) == 0 && int(c.windows[i].n)*3 >= c.N {
				gap = 0 // a good part of the reports say so, or one the very same
			}
		}
		switch {
		case gap == 0 && mine.hour && w.hour:
			v[fTimeDay], v[fTimeHour] = 1, 1
		case gap == 0 && mine.length() <= 40*hour && w.length() <= 40*hour:
			v[fTimeDay] = 1
		case gap == 0:
			v[fTimeSpan] = 1
		case math.Abs(gap) <= 12 && mine.hour && w.hour:
			v[fTimeDay], v[fTimeOtherHour] = 1, 1
		case math.Abs(gap) <= 10 && mine.orLater(w).length() < 14*hour:
			v[fTimeClose] = 1 // of one night: who speaks in the evening does not mean the last one
		case gap > 0 && follows && gap <= s.reach():
			v[fTimeFollows] = 1 // its date may be that of what follows
			switch {
			case gap > 36 && s.cue&(arrest|court|freed) != 0:
				v[fTimeFollows] = 1.5 // police, courts and captors take longer than mourners
			case gap > 36:
				v[fTimeFollows] = 2
			}
		case math.Abs(gap) <= 36:
			v[fTimeNextDay] = 1
		default:
			v[fTimeDaysApart] = 1
		}
	default:
		// Hours between what is known of the one and of the other.
		var h float64
		switch {
		case s.window.dated: // the incident has no date: it is of the time before its reports
			h = float64(c.First-s.window.from) / hour
			if s.window.from > c.Last {
				h = float64(s.window.from-c.Last)/hour + 72
			}
		default:
			h = float64(said-w.to) / hour
			if !w.dated {
				h = min(math.Abs(float64(said-c.First)), math.Abs(float64(said-c.Last))) / hour
			}
		}
		switch {
		case h <= 30:
			v[fTimeUndatedSoon] = 1
		case h <= 72:
			v[fTimeUndatedLater] = 1
		case follows && h <= s.reach():
			v[fTimeFollows] = 1
		default:
			v[fTimeUndatedLong] = 1
		}
	}
	if follows && c.First < said-hour {
		v[fLater] = 1 // it is of some incident that was told of before
	}
	if s.cue&unlinked != 0 && c.First < said-2*hour {
		v[fUnlinked] = 1
	}
	if int(c.again)*3 < c.N { // else it is the other one itself
		switch {
		case s.cue&another != 0 && c.First < said && !slices.Contains(c.outlets, s.outlet):
			v[fAnotherUntold] = 1 // another than its outlet has told of: this may be the one
		case s.cue&another != 0 && c.First < said:
			v[fAnother] = 1 // "another bombing" is none that was told of before
		case s.cue&again != 0 && c.First < said-2*hour:
			v[fAgain] = 1
		}
	}
}

// compareAbouts finds whether the incident is one that the report's article names
// beside its news: then its news is another.
func compareAbouts(v *Values, s *seen, p *Probe, c *Card) {
	if c.setOff(p) {
		v[fElsewhere] = 2 // it says so in as many words
		return
	}
	if s.about || len(p.About) == 0 || s.tolls[killed] < 0 && s.tolls[injured] < 0 && s.tolls[held] < 0 && s.cue&(again|unlinked) == 0 {
		return
	}
	cw := c.window()
	for i := range p.About {
		a := &p.About[i]
		if a.Beside || !kin(p.Type, a.Type) && !kin(a.Type, c.mainKind()) {
			continue
		}
		if n := numberOf(a.Totals); a.Occurred == nil || a.Occurred.Earliest == nil {
			// "It comes days after a bomb that killed five": its toll tells which.
			if n >= 2 && s.tolls[killed] >= 0 && n != s.tolls[killed] && n != s.replaces[killed] && s.cue&sequel == 0 && c.said(killed, n) && !c.said(killed, s.tolls[killed]) {
				v[fElsewhere] = 1
				return
			}
			continue
		}
		w := windowOf(a.Occurred, p.At)
		if w.to-w.from > 8*24*hour || w.gap(cw) != 0 {
			continue
		}
		if s.window.dated && s.window.gap(w) == 0 {
			continue // of the same day as the news
		}
		n := numberOf(a.Totals)
		if n >= 0 && n == s.tolls[killed] {
			continue // the news again, told as of the past
		}
		q := spotOf(a.Place)
		fits := false
		for k := range c.spots {
			fits = fits || between(&q, &c.spots[k].v) >= placeUnknown
		}
		if fits || n > 0 && c.said(killed, n) {
			v[fElsewhere] = 1
			return
		}
	}
}

// setOff tells whether the incident is what set off a report's news, as its article says:
// clashes "triggered by the killing of a commander"; or what its article tells besides,
// of the same kind and with the same toll.
func (c *Card) setOff(p *Probe) bool {
	for i := range p.About {
		a := &p.About[i]
		if !a.Cause && !a.Beside {
			continue
		}
		if slices.ContainsFunc(c.kinds, func(k counted[kind]) bool { return k.v.typ == p.Type }) {
			return false
		}
		n := numberOf(a.Totals)
		kind, toll := a.Type == c.mainKind(), n > 0 && c.said(killed, n)
		if kind && toll || a.Cause && (kind || toll) {
			return true
		}
	}
	return false
}

// mainKind is the type that most reports give.
func (c *Card) mainKind() string {
	best, most := "", uint16(0)
	for i := range c.kinds {
		if c.kinds[i].n > most {
			best, most = c.kinds[i].v.typ, c.kinds[i].n
		}
	}
	return best
}

// specific tells whether a type names what was done, and not only that it was.
func specific(t string) bool {
	switch t {
	case "unknown", "armed_attack", "bodies_found", "explosion", "assassination", "execution":
		return false
	}
	return true
}

// anyMeans tells whether a type leaves open by what means.
func anyMeans(t string) bool { return t == "unknown" || t == "armed_attack" || t == "assassination" }

// unexplained tells whether a type is what is seen of a deed of another family: the blast, or
// the bombs, of what turns out a strike, bodies under its ruins, the troops in a fight, and
// who is held.
func unexplained(t, family string) bool {
	switch t {
	case "bombing":
		return family == "aerial"
	case "explosion":
		return family == "aerial" || family == "fire"
	case "bodies_found":
		return family == "aerial" || family == "explosive"
	case "security_operation":
		return family == "armed"
	case "arrest":
		return family != "law"
	}
	return false
}

// method groups the armed types by what cannot be mixed up.
func method(t string) string {
	switch t {
	case "stabbing", "vehicle_ramming", "assault", "sexual_violence":
		return t
	}
	return enrich.Family(t)
}

func kin(a, b string) bool {
	return method(a) == method(b) || enrich.Family(a) == enrich.Family(b) && (!specific(a) || !specific(b))
}

// crossed are pairs of families that outlets mix up, or that one event has both of.
var crossed = map[[2]string]bool{
	{"explosive", "aerial"}: true, {"explosive", "armed"}: true, {"explosive", "fire"}: true, {"aerial", "armed"}: true, {"armed", "law"}: true,
	{"abduction", "armed"}: true, {"armed", "unrest"}: true, {"law", "unrest"}: true, {"fire", "unrest"}: true, {"armed", "fire"}: true, {"explosive", "law"}: true, {"abduction", "law"}: true,
}

// How two types lie to one another, from those that nobody mixes up.
const (
	alien = iota
	cross
	generic
	kinship
	same
)

// relations are how two types lie to one another, by their places in enrich.Types.
var relations = sync.OnceValue(func() *[maxTypes][maxTypes]uint8 {
	var m [maxTypes][maxTypes]uint8
	for i := range maxTypes {
		for k := range maxTypes {
			m[i][k] = relate(typeAt(i), typeAt(k))
		}
	}
	return &m
})

// maxTypes is more than there are types; the last place is that of all that are none.
const maxTypes = 48

func typeAt(k int) string {
	if k < len(enrich.Types) {
		return enrich.Types[k]
	}
	return ""
}

func typeID(typ string) uint8 {
	if k, is := typeIDs()[typ]; is {
		return k
	}
	return maxTypes - 1
}

var typeIDs = sync.OnceValue(func() map[string]uint8 {
	m := map[string]uint8{}
	for k, typ := range enrich.Types {
		m[typ] = uint8(k)
	}
	return m
})

func relate(a, b string) uint8 {
	fa, fb := enrich.Family(a), enrich.Family(b)
	switch {
	case a == b:
		return same
	case kin(a, b):
		return kinship
	case anyMeans(a) || anyMeans(b), unexplained(a, fb) || unexplained(b, fa):
		return generic
	case crossed[[2]string{min(fa, fb), max(fa, fb)}] || crossed[[2]string{max(fa, fb), min(fa, fb)}]:
		return cross
	}
	return alien
}

func compareTypes(v *Values, s *seen, c *Card) {
	best := -1
	sub, otherSub := false, false
	for i := range c.kinds {
		k := &c.kinds[i]
		if int(k.n)*8 < c.N {
			continue
		}
		best = max(best, int(relations()[s.kind.id][k.v.id]))
		if s.kind.sub != "" && k.v.sub != "" && s.kind.id == k.v.id {
			sub, otherSub = sub || s.kind.sub == k.v.sub, otherSub || s.kind.sub != k.v.sub
		}
	}
	if s.cue&taken != 0 && c.Taken() {
		best = max(best, kinship) // whatever became of them
	}
	switch best {
	case same:
		v[fTypeSame] = 1
	case kinship:
		v[fTypeKin] = 1
	case generic:
		v[fTypeGeneric] = 1
	case cross:
		v[fTypeCross] = 1
	case alien:
		v[fTypeAlien] = 1
	}
	if sub {
		v[fSubtypeSame] = 1
	} else if otherSub {
		v[fSubtypeOther] = 1
	}
}

// says tells whether a word is among those of a card's reports; of one that is still
// packed, whether it may be.
func (c *Card) says(word uint32) bool {
	if c.rest.data != nil {
		return c.rest.filter.has(word)
	}
	return slices.ContainsFunc(c.terms, func(x counted[term]) bool { return x.v.word == word })
}

// said tells whether a report of the card gives a toll.
func (c *Card) said(m, n int) bool {
	return slices.ContainsFunc(c.tolls[m], func(t counted[int32]) bool { return int(t.v) == n })
}

// settled is how long after its first report outlets have much the same toll of an
// incident, and say so where theirs is another.
const settled = 12 * hour

func compareTolls(v *Values, s *seen, c *Card, at time.Time) {
	if n, top := s.tolls[killed], int(c.top[killed]); n >= 0 && top >= 0 {
		switch {
		case n == 0 && top == 0:
			v[fKilledSame] = 0.5
		case c.said(killed, n):
			v[fKilledSame] = bits(n)
		case s.replaces[killed] >= 0 && c.said(killed, s.replaces[killed]):
			v[fKilledReplaces] = 1 + bits(s.replaces[killed])/2
		case n == 2 && n < top && s.open[killed]:
			// "Civilians were killed" says no less
		case n == 0 || top == 0:
			v[fKilledNone] = 1
		case n > top && n <= 4*top+10:
			v[fKilledGrown] = 1
		case n > top:
			v[fKilledLeap] = 1
		case s.cue&follows != 0 && n <= 3:
			// "Two more of the wounded died"
		case 2*n >= top:
			v[fKilledLower] = 1
		default:
			v[fKilledFarLower] = 1
		}
	}
	if n := s.tolls[killed]; n > 0 && v[fTimeFollows] > 0 && v[fTypeSame] == 0 && s.window.dated && s.cue&arrest != 0 && !c.said(killed, n) && s.replaces[killed] < 0 {
		v[fElsewhere] = 1 // a raid for those who did it has dead of its own
	}
	if n, top := s.tolls[injured], int(c.top[injured]); n > 0 && top > 0 {
		switch {
		case c.said(injured, n):
			v[fInjuredSame] = bits(n)
		case n > 3*top || top > 3*n:
			v[fInjuredOther] = 1
		}
	}
	otherToll := v[fKilledGrown]+v[fKilledLeap]+v[fKilledLower]+v[fKilledFarLower]+v[fKilledNone] > 0
	if otherToll && s.cue&sequel == 0 && at.Unix()-c.First > settled {
		v[fTollLate] = 1
	}
	if otherToll && s.tolls[injured] > 0 && len(c.tolls[injured]) > 0 && !c.said(injured, s.tolls[injured]) {
		v[fTollOther] = 1
	}
	if v[fKilledSame] > 0 && v[fInjuredSame] > 0 && s.tolls[injured] > 1 {
		v[fTollPair] = 1 // both by chance is rare
	}
	if n, top := s.tolls[held], int(c.top[held]); n > 0 && top > 0 {
		switch {
		case c.said(held, n):
			v[fHeldSame] = bits(n)
		case n > 2*top || top > 2*n:
			v[fHeldOther] = 1
		}
	}
}

func compareActors(v *Values, s *seen, c *Card) {
	same, other := false, false
	for _, a := range s.actors {
		for _, b := range c.actors {
			switch {
			case a.name == b.name:
				same = true
			case a.did && b.did:
				other = true
			}
		}
	}
	if same {
		v[fActorSame] = 1
	} else if other {
		v[fActorOther] = 1
	}
}

// telling is the weight of words that must be shared with an incident by a report that says
// neither what happened nor whom it hurt: each town has its funerals, fires and thieves.
const telling = 1

// enough is the weight of words from which on a text says something of its own.
const enough = 4

func compareTerms(v *Values, s *seen, c *Card) {
	shared, theirs := s.bag.shared(c.terms)
	// What a headline names is what the story is called by.
	var known, novel float32
	for _, t := range s.heads {
		switch {
		case slices.Contains(c.heads, t.word):
			known += t.weight
		case !c.says(t.word):
			novel += t.weight
		}
	}
	v.words(s, shared, min(s.bag.sum, theirs), known, novel)
}

// words sets what is said of words that both have, out of the least that one of them has,
// and of those of the headline that the incident is known by, or that are new to it.
func (v *Values) words(s *seen, shared, least, known, novel float32) {
	v[fTermsShared] = min(shared, 8)
	if s.mute && v[fText] == 0 {
		v[fTermsFew] = max(0, 1-shared/telling)
	}
	if least >= enough {
		v[fTermsPart] = shared / least
		if shared < 0.1*least {
			v[fTermsNone] = 1
		}
	}
	v[fTitleShared] = min(known, 3)
	v[fTitleNovel] = min(novel, 3)
}

// mostTerms is what compareTerms makes of a card whose words are still packed, at most.
func mostTerms(v *Values, s *seen, c *Card) {
	var shared, known, novel float32
	for i := range s.terms {
		if c.rest.filter.has(s.terms[i].word) {
			shared += s.terms[i].weight
		}
	}
	for _, t := range s.heads {
		if c.rest.filter.has(t.word) {
			known += t.weight
		} else {
			novel += t.weight
		}
	}
	v.words(s, shared, min(s.bag.sum, c.rest.weight), known, novel)
}

// Names are the features, in the order of Values.
func Names() []string { return featureNames[:] }

// Weights are those of weights.txt.
func Weights() Values { return *weights() }
