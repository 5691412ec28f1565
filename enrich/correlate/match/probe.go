package match

import (
	"math"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/gazetteer"
)

// Probe is what matching knows of one report.
type Probe struct {
	Key     string // report id; decides between equals
	Article string // article id
	Outlet  string
	Text    string // family of the article's text
	At      time.Time

	Type, Subtype string
	Place         *enrich.Place
	Occurred      *enrich.Occurred
	Totals        map[enrich.Measure]enrich.Total
	Replaces      map[enrich.Measure]int // tolls that the report names as those that stood before
	Actors        []enrich.Actor
	Terms, Cues   []string
	Places        []string       // that its sentences name; those that hold much begin with ~
	About         []enrich.About // older incidents that its article names
	Second        bool           // not the news that the article exists for

	seen *seen // what is derived from all this, once
}

// seen is a probe as it is compared.
type seen struct {
	kind     kind
	window   window
	spot     spot
	tolls    [measures]int // -1 for none
	exact    [measures]bool
	open     [measures]bool // "at least": more may be meant
	replaces [measures]int
	actors   []actor
	terms    []term
	heads    []term // those of the headline
	places   []term
	headline []term // places that the headline names
	marks    []mark
	bag      bag // of terms
	named    bag // of places
	outlet   uint32
	called   uint32 // its place's name
	text     uint32
	article  uint32
	target   target
	cue      cue
	aerial   bool // a strike from the air, or shelling
	mute     bool // it says neither what happened nor to how many
	about    bool // its time is that of an older incident that the article names
}

type kind struct {
	typ, sub string
	id       uint8 // the type's place in relations
}

func newKind(typ, sub string) kind { return kind{typ, sub, typeID(typ)} }

// cue is a set of them.
type cue uint16

const (
	again cue = 1 << iota
	later
	arrest
	court
	freed
	memory
	accident
	hoax
	another // again, in the headline
	taken
	goesOn // later, in the headline
	unlinked
	follows = later | arrest | court | freed | taken
	sequel  = goesOn | arrest | court | freed | taken // its news is what follows
)

var cueOf = map[string]cue{"!" + enrich.CueAgain: another, "!" + enrich.CueLater: goesOn, enrich.CueAgain: again, enrich.CueLater: later, enrich.CueArrest: arrest, enrich.CueCourt: court,
	enrich.CueCleared: court, enrich.CueFreed: freed, enrich.CueMemory: memory, enrich.CueAccident: accident, enrich.CueHoax: hoax, enrich.CueTaken: taken, enrich.CueApart: unlinked, enrich.CueClaim: later}

// The measures that tell incidents apart.
const (
	killed = iota
	injured
	held // abducted or held hostage
	measures
)

var measureOf = [measures][]enrich.Measure{{enrich.Killed}, {enrich.Injured}, {enrich.Abducted, enrich.Hostages}}

// actor is a named party.
type actor struct {
	name uint32
	did  bool // claims it, or is blamed or suspected; else it was hit, or denies
}

// term is a word with its weight: how seldom the news has it.
type term struct {
	word   uint32
	weight float32
}

// window is when something may have happened.
type window struct {
	from, to int64 // Unix seconds
	dated    bool  // a text says so; else it follows from the time of publication
	hour     bool  // known to the hour
}

// undated is how long before its publication a report without a date may speak of.
const undated = 48 * time.Hour

// parts are the hours of a day's parts, from its midnight: people do not agree where
// one ends.
var parts = map[string]struct{ from, to int64 }{
	"overnight": {-6, 7}, "early": {0, 8}, "morning": {2, 13}, "afternoon": {11, 20}, "evening": {15, 23}, "night": {17, 31},
}

func windowOf(o *enrich.Occurred, said time.Time) window {
	if o != nil && o.Earliest != nil {
		w := window{from: o.Earliest.Unix(), to: o.Earliest.Unix(), dated: true, hour: o.Precision == "hour" || o.Precision == "minute"}
		if o.Latest != nil {
			w.to = max(w.to, o.Latest.Unix())
		}
		p, is := parts[o.Part]
		if o.Part == "night" && w.length() <= 26*hour {
			p.from = 0 // of one day it may be the night that ended on it
		}
		if is && !w.hour {
			w.to = max(w.from, min(w.from+p.to*hour, said.Unix()))
			w.from += p.from * hour
		}
		if o.NotAfter { // the deed has no day of its own, but it was not later
			w.from -= int64(undated / time.Second)
			w.dated, w.hour = false, false
		}
		return w
	}
	return window{from: said.Add(-undated).Unix(), to: said.Unix()}
}

// until is the window as somebody sees it who speaks at a time: of what is yet to come
// nobody tells.
func (w window) until(said int64) window {
	w.to = max(w.from, min(w.to, said))
	return w
}

// orLater is the later one of two windows.
func (w window) orLater(v window) window {
	if v.from > w.from {
		return v
	}
	return w
}

func (w window) length() int64 { return w.to - w.from }

// gap is how many hours lie between two windows, 0 where they overlap; more than
// 0 where w is the later one.
func (w window) gap(v window) float64 {
	switch {
	case w.from > v.to:
		return float64(w.from-v.to) / 3600
	case v.from > w.to:
		return -float64(v.from-w.to) / 3600
	}
	return 0
}

// spot is a place as it is compared.
type spot struct {
	country string
	level   level
	id      int    // of the gazetteer; of what holds it where it has none itself
	names   uint64 // two folded names, 32 bits each: its own and that of the town that holds it
	words   []uint32
	lat     float32
	lon     float32
	radius  float32 // metres
	located bool
	moved   bool // "70 km north-east of": not the place of that id itself
	site    string
}

type level uint8

const (
	nowhere level = iota
	inCountry
	inProvince
	inTown
)

func levelOf(precision string) level {
	switch precision {
	case "country", "sea_or_border":
		return inCountry
	case "admin1", "admin2":
		return inProvince
	case "near", "settlement", "exact":
		return inTown
	}
	return nowhere
}

func spotOf(p *enrich.Place) spot {
	if p == nil {
		return spot{}
	}
	s := spot{country: p.Country, level: levelOf(p.Precision), id: p.GeoNames, moved: p.Offset != nil, site: siteKind(p.SiteKind)}
	if s.level == nowhere && p.Country != "" {
		s.level = inCountry
	}
	name, admin := gazetteer.Fold(p.Name), gazetteer.Fold(p.Admin)
	if name != "" {
		s.names = uint64(hash(name))
	}
	if admin != "" {
		s.names |= uint64(hash(admin)) << 32
	}
	// The words of a name tell one spot of a town from another: of a town alone
	// they are the town's. What lies in a province and has another name is on no map.
	vague := s.level == inProvince && p.GeoNames == 0 && p.Admin1 != "" && name != gazetteer.Fold(p.Admin1)
	if vague || s.level != inProvince && (admin != "" && admin != name || s.level == inCountry || p.GeoNames == 0) {
		s.words = siteWords(name)
	}
	if p.Lat != nil && p.Lon != nil && math.Abs(*p.Lat) <= 90 && math.Abs(*p.Lon) <= 180 { // nor NaN
		s.lat, s.lon, s.radius, s.located = float32(*p.Lat), float32(*p.Lon), float32(p.Radius), true
	}
	return s
}

// siteKind takes kinds of place together that outlets mix.
func siteKind(k string) string {
	switch k {
	case "mosque", "church", "worship", "temple", "shrine":
		return "worship"
	case "university", "college", "school":
		return "school"
	case "clinic":
		return "hospital"
	}
	return k
}

// sitewords are the words of names that say what a place is, not which.
var sitewords = wordset(`market bazaar souk mall shop store restaurant cafe hotel mosque church temple shrine cathedral school college university academy hospital clinic
	station airport port harbour harbor bridge road street avenue square roundabout highway junction checkpoint base camp barracks prison jail court ministry embassy consulate
	building house home compound village town city district area region province county state neighbourhood neighborhood suburb quarter sector centre center central downtown
	north northern south southern east eastern west western old new great upper lower main of the in near at al el park stadium field beach island river valley border gate
	terminal bus train metro railway rail police army military mall plaza tower refinery plant factory depot warehouse office headquarters`)

func wordset(s string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

// siteWords are the words of a name that say which place it is.
func siteWords(name string) []uint32 {
	var out []uint32
	for w := range strings.FieldsSeq(name) {
		if !sitewords[w] && len(out) < 4 {
			out = append(out, hash(loose(w)))
		}
	}
	return out
}

// loose is a name without what transliterations differ in: "Sarai" and "Saray".
func loose(w string) string {
	var b strings.Builder
	b.Grow(len(w))
	var last rune
	for i, r := range w {
		switch r {
		case 'y', 'j', 'e':
			r = 'i'
		case 'o', 'w':
			r = 'u'
		case 'q', 'c':
			r = 'k'
		case 'v':
			r = 'f'
		case 'z':
			r = 's'
		case 'h', '-', '\'':
			if i > 0 {
				continue
			}
		}
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}

func hash(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// look derives what is compared.
func (p *Probe) look() *seen {
	if p.seen != nil {
		return p.seen
	}
	s := &seen{kind: newKind(p.Type, p.Subtype), window: windowOf(p.Occurred, p.At), spot: spotOf(p.Place),
		outlet: hash(strings.ToLower(p.Outlet)), article: hash(p.Article)}
	if p.Text != "" {
		s.text = hash(p.Text)
	}
	for _, c := range p.Cues {
		s.cue |= cueOf[c] // those of the headline stand there without ! too
	}
	for m, names := range measureOf {
		s.tolls[m], s.replaces[m] = -1, -1
		for _, n := range names {
			if t, ok := p.Totals[n]; ok {
				if v, has := t.Number(); has {
					s.tolls[m] = v
					s.open[m] = t.Max == nil
					s.exact[m] = t.Min != nil && t.Max != nil && *t.Min == *t.Max && t.Quantifier != "approx"
				}
			}
			if v, ok := p.Replaces[n]; ok {
				s.replaces[m] = v
			}
		}
	}
	s.fromAbout(p)
	s.fromDeed(p)
	s.mute = p.Type == "unknown" && max(s.tolls[killed], s.tolls[injured], s.tolls[held]) <= 1
	for _, a := range p.Actors {
		x := actor{name: hash(gazetteer.Fold(a.Name)), did: a.Role == "claimed" || a.Role == "blamed" || a.Role == "suspected"}
		if !slices.Contains(s.actors, x) {
			s.actors = append(s.actors, x)
		}
	}
	s.terms = make([]term, 0, len(p.Terms))
	for _, t := range p.Terms {
		word, title := strings.CutPrefix(strings.TrimPrefix(t, "^"), "!")
		w := worthOf(word)
		s.target |= w.target
		if w.weight == 0 {
			continue
		}
		if !slices.ContainsFunc(s.terms, func(t term) bool { return t.word == w.hash }) {
			s.terms = append(s.terms, term{w.hash, w.weight})
			if title {
				s.heads = append(s.heads, term{w.hash, w.weight})
			}
		}
	}
	if w := siteTargets[s.spot.site]; w != "" {
		s.target |= targetOf[w]
	}
	for _, n := range p.Places {
		name, title := strings.CutPrefix(n, "!")
		weight := float32(1)
		if rest, wide := strings.CutPrefix(name, "~"); wide {
			name, weight = rest, ofWide
		}
		if title {
			s.headline = append(s.headline, term{hash(loose(name)), weight})
		}
		if h := hash(loose(name)); !slices.ContainsFunc(s.places, func(t term) bool { return t.word == h }) {
			s.places = append(s.places, term{h, weight})
		}
	}
	if p.Place != nil && p.Place.Name != "" {
		s.called = hash(loose(gazetteer.Fold(p.Place.Name)))
	}
	if s.called != 0 && s.spot.level != inProvince && !s.spot.moved {
		if h := s.called; !slices.ContainsFunc(s.places, func(t term) bool { return t.word == h }) {
			s.places = append(s.places, term{h, 1})
		}
	}
	s.aerial = enrich.Family(s.kind.typ) == "aerial"
	s.bag, s.named, s.marks = bagOf(s.terms), bagOf(s.places), s.markers()
	p.seen = s
	return s
}

// fromAbout fills what an article's news lacks from the one older incident that
// it names and that its news may follow from: "three held over last week's mosque
// bombing that killed 21".
func (s *seen) fromAbout(p *Probe) {
	law := enrich.Family(p.Type) == "law"
	// "Three held on Wednesday over Monday's bombing": the day is that of what follows.
	sequel := s.cue&(arrest|court|freed) != 0 && s.tolls == [measures]int{-1, -1, -1}
	if s.window.dated && !law && !sequel || s.cue&unlinked != 0 {
		return
	}
	var best *enrich.About
	for i := range p.About {
		a := &p.About[i]
		if a.Beside {
			continue
		}
		if !law && !kin(p.Type, a.Type) && !(s.cue&taken != 0 && heldOf(a.Totals) > 0) || a.Occurred == nil || a.Occurred.Earliest == nil {
			continue
		}
		if w := windowOf(a.Occurred, p.At); float64(p.At.Unix()-w.to) > 200*24*3600 {
			continue // a memory, and no cause
		}
		if q := spotOf(a.Place); s.spot.level >= inProvince && q.level >= inProvince && between(&s.spot, &q) < placeHolds {
			continue
		}
		if s.tolls[killed] >= 0 && s.tolls[killed] != numberOf(a.Totals) && !law {
			continue // its own toll: its own incident
		}
		if best != nil {
			return // which of them, nobody says
		}
		best = a
	}
	if best == nil || !law && s.cue&follows == 0 {
		return
	}
	s.window = windowOf(best.Occurred, p.At)
	if law {
		s.kind = newKind(best.Type, best.Subtype)
	}
	if q := spotOf(best.Place); q.level > s.spot.level {
		q.site = max(q.site, s.spot.site)
		s.spot = q
	}
	if s.tolls[killed] < 0 || law {
		s.tolls[killed] = numberOf(best.Totals)
	}
	if s.tolls[held] < 0 && s.cue&taken != 0 {
		s.tolls[held] = heldOf(best.Totals)
	}
	s.cue |= later
	s.about = true
}

// fromDeed fills the toll of what people are held or tried over, where no day tells of it:
// "three were arrested over the attack on a car wash that killed seven".
func (s *seen) fromDeed(p *Probe) {
	if s.about || s.cue&(arrest|court) == 0 || s.tolls != [measures]int{-1, -1, -1} {
		return
	}
	n := -1
	for i := range p.About {
		if a := &p.About[i]; a.Over && (a.Occurred == nil || a.Occurred.Earliest == nil) {
			if k := numberOf(a.Totals); n >= 0 && k != n {
				return // over which of them, nobody says
			} else if k >= 0 {
				n = k
			}
		}
	}
	s.tolls[killed] = n
}

func numberOf(totals map[enrich.Measure]enrich.Total) int {
	if n, ok := totals[enrich.Killed].Number(); ok {
		return n
	}
	return -1
}

// heldOf is how many people were taken, -1 where that is not told.
func heldOf(totals map[enrich.Measure]enrich.Total) int {
	for _, m := range measureOf[held] {
		if n, ok := totals[m].Number(); ok {
			return n
		}
	}
	return -1
}

// log2 of a count, so that an equal toll of 27 says more than one of 2.
func bits(n int) float32 { return float32(math.Log2(float64(1 + n))) }
