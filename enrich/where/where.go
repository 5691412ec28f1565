// Package where reads the places that news prose names, and tells which of the
// world's places of that name each of them is.
//
// A name is a place where it is so well known that it can be nothing else, or
// where the grammar says so: "in Bria", "the village of Kaironga", "Reading,
// Pennsylvania". Which place it is, the article decides as a whole: what the text
// says holds it ("Tripoli, Lebanon", "the Iraqi city of Mosul"), the countries
// that its other places are in, what is near, how many people live there. What
// cannot be told stays unknown: a name without coordinates and without a country.
//
// It reads names, never events: that a place is where the source sits or where a
// victim comes from is for package enrich to see. A Reader serves one text at a
// time; it is pure: the same text gives the same places.
package where

import (
	"math"
	"strconv"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/text"
)

// Mention is a place as a text names it.
type Mention struct {
	Start, End int    // its bytes in the text, with "northern" before it
	Name       string // as written

	// The caller says where the mention stands: the number of its sentence, and
	// whether that is a headline or the mention is part of a dateline.
	Sentence int
	Title    bool
	Dateline bool

	// Resolve says what it is.
	ID      gazetteer.ID
	Kind    gazetteer.Kind // None where no place known fits
	Country string         // ISO 3166-1 alpha-2, "" where it is not known

	Demonym bool         // a people: "Iraqi", "two Syrians"
	Region  bool         // a part that a direction names: "northern Mali"
	Border  bool         // a border on it: "the Syrian border", "the border with Somalia"
	Office  bool         // of a people: its own police, courts or towns follow, which act at home
	Forces  bool         // of a people: its army or its rebels follow, which are at home as a rule
	Foreign bool         // what a country has abroad follows: its embassy, its jets, its nationals
	Capital bool         // the text says "the Somali capital", the place is that
	Seat    gazetteer.ID // of a town: the division of the same name around it, which may be meant
	Part    bool         // a part of the country that the text is about: "the country's east"
	Here    bool         // "this capital", "this city": what the dateline names
	Away    *Offset      // the place meant is so far from the one named

	cands   Range // in Reader.cands
	cue     gazetteer.Kind
	link    link
	open    bool // the first word of a dateline
	compass bool // nothing but a direction: "the Northwest region"
	next    int  // mention of its group, -1 for none
	group   int  // in Reader.groups, -1 for none
	weak    bool // only the grammar says that it is a place
}

// Holds tells whether the text says that the mention before is in this place:
// "Taboye, Gao".
func (m *Mention) Holds() bool { return m.link == inside || m.link == comma }

// OfVillage tells whether the text calls the place a town or village.
func (m *Mention) OfVillage() bool { return m.cue == gazetteer.Settlement && !m.open }

// Range is a stretch of a slice.
type Range struct{ from, to int }

// Offset is a way from a place: "70 kilometres north-east of Arbil".
type Offset struct {
	Metres  float64 // 0 where only the direction is given: "just north of Gao"
	Bearing float64 // degrees clockwise from north; negative where no direction is given
	Words   string  // the direction as written, "" where there is none
}

// link is how a mention hangs together with the one before it.
type link uint8

const (
	alone   link = iota
	inside       // the one before is in this one: "Spin Boldak in Kandahar"
	comma        // the same, or they stand side by side: "Spin Boldak, Kandahar"
	holds        // the one before holds this one: "Mali's Gao region", "the Iraqi city of Mosul"
	sibling      // both are named side by side: "Nili and Khadir"
)

// Reader reads the places of one text after the other.
type Reader struct {
	gaz *gazetteer.Gazetteer
	lex *lexicon.Lexicon

	cands   []candidate
	found   []gazetteer.Match
	groups  []group
	byName  map[uint64]int
	names   map[string]*known
	sounds  map[string]*known
	m       Mention // the one that At returned last
	votes   []vote
	lean    []vote
	opening int // the group of the dateline's first word, -1 for none

	unrest   [512]bool       // by country
	persons  map[string]bool // names that were a person's
	headline bool            // capital letters tell nothing where At reads

	// The mention read last, as far as the next one's link needs it.
	last struct {
		toks   *text.Token
		end    int
		people bool
		border bool
		any    bool
	}
}

// NewReader returns a reader over a gazetteer. The lexicon tells it which words
// are none of a name's.
func NewReader(g *gazetteer.Gazetteer, l *lexicon.Lexicon) *Reader {
	r := &Reader{gaz: g, lex: l, byName: map[uint64]int{}, names: map[string]*known{}, sounds: map[string]*known{}, persons: map[string]bool{}}
	for code := range strings.FieldsSeq(unrest) {
		r.unrest[g.CountryID(code)] = true
	}
	return r
}

// Reset makes ready for another text.
func (r *Reader) Reset() {
	r.cands = r.cands[:0]
	clear(r.persons)
	r.last.any = false
	r.lean = r.lean[:0]
}

// Lean tells the reader that the text speaks of a country by other words than its
// name: "the Malian Armed Forces". Resolve counts it.
func (r *Reader) Lean(country gazetteer.ID) {
	if country != 0 && len(r.lean) < 8 {
		r.lean = append(r.lean, vote{country, 0.7})
	}
}

// maxPersons caps the names that are remembered as a person's.
const maxPersons = 256

// maxName is how many words an unlisted name may have.
const maxName = 4

// maxNameBytes is longer than any place's name; what is longer was made to be.
const maxNameBytes = 96

// At reads a place name that begins at toks[i]. covered and e are what the
// lexicon knows of the words there: the longer reading wins. headline is set
// where capital letters tell nothing. It returns the mention and how many tokens
// it takes, 0 where there is none.
func (r *Reader) At(d *text.Doc, toks []text.Token, i, covered int, e *lexicon.Entry, headline bool) (*Mention, int) {
	r.headline = headline
	t := &toks[i]
	switch t.Low {
	case "capital", "country", "city", "town":
		if m, n := r.described(d, toks, i); n > 0 {
			return r.keepMention(m), n
		}
	}
	if t.Kind != text.Word || !Capital(d, t) && t.Low != "the" {
		return nil, 0
	}
	if (t.Low == "the" || e.Is(lexicon.Function) && !states(t)) && (i+1 >= len(toks) || !Capital(d, &toks[i+1])) {
		return nil, 0 // "In", "The"
	}
	if t.Hyphen {
		if m, n := r.borders(d, toks, i); n > 0 {
			return r.keepMention(m), n
		}
	}
	var ev evidence
	known := false
	longest := r.gaz.Longest(t.Low)
	if r.abbreviates(toks, i) {
		longest = 1
	}
	if i+2 < len(toks) && toks[i+1].Kind == text.Clitic && toks[i+2].Upper {
		longest = max(longest, 3) // "Cox's Bazar"
	}
	if longest > 1 && i+1 < len(toks) && toks[i+1].Kind == text.Word && !t.Hyphen && !r.gaz.MayBegin(t.Low, toks[i+1].Low) {
		longest = 1
	}
	for k := min(longest, len(toks)-i, 8); k >= max(covered, 1); k-- {
		if k == covered && e.Class&(lexicon.Actor|lexicon.Function) != 0 && !states(t) {
			continue
		}
		last := &toks[i+k-1]
		noun := gazetteer.None // "Bagram airfield", "Kalma camp"
		if !Capital(d, last) {
			if noun = Noun(last.Low); k == 1 || t.Low == "the" || noun == gazetteer.None || noun == gazetteer.Admin1 || noun == gazetteer.Admin2 {
				continue
			}
		}
		if !joined(toks[i : i+k]) {
			continue
		}
		name := text.Phrase(d.Lower, toks[i:i+k])
		from := len(r.cands)
		if k == 1 && r.abbreviates(toks, i) {
			name = r.state(t.Low) // "Athens, Ga."
		}
		info := r.candidates(name)
		if noun != gazetteer.None && info.Total > 0 {
			if first := r.find(text.Phrase(d.Lower, toks[i:i+k-1]), false).info; first.Strong && r.gaz.Kind(r.cands[from].ID) >= gazetteer.Area && r.gaz.Kind(r.cands[from].ID) < gazetteer.Camp {
				r.cands = r.cands[:from]
				continue // "the southern French city"
			}
		}
		if info.Total == 0 || t.Low == "the" && r.longer(d, toks, i+1, k-1) {
			r.cands = r.cands[:from]
			continue
		}
		ok, weak := r.accept(d, toks, i, k, covered, e, headline, info, from, &ev)
		if !ok {
			r.cands = r.cands[:from]
			known = known || info.Strong
			continue
		}
		m := r.mention(d, toks, i, k)
		m.cands, m.weak = Range{from, len(r.cands)}, weak
		m.compass = k <= 2 && Direction(t.Low) && (k == 1 || Direction(toks[i+1].Low))
		r.demonym(d, toks, i, k, &m)
		abbreviated := k == 1 && r.abbreviates(toks, i)
		r.surroundings(d, toks, i, k, &m)
		if abbreviated {
			m.cue = gazetteer.Admin1
		}
		if r.before(toks, i, &ev); ev.open && m.cue == gazetteer.None {
			m.cue, m.open = gazetteer.Settlement, true // agencies sit in towns
		}
		return r.keepMention(m), k
	}
	if known || headline || t.Low == "the" || e.Class != 0 && (e.Class&^(lexicon.Thing|lexicon.Theme) != 0 || i+1 >= len(toks) || !Capital(d, &toks[i+1]) || low(toks, i-1) != "the") {
		return nil, 0
	}
	if m, n := r.unlisted(d, toks, i, &ev); n > 0 {
		return r.keepMention(m), n
	}
	return nil, 0
}

// keepMention gives a mention a place that needs no memory of its own.
func (r *Reader) keepMention(m Mention) *Mention {
	r.m = m
	return &r.m
}

// states tells whether a token is "US", and no pronoun.
func states(t *text.Token) bool { return t.Caps && t.Low == "us" }

// abbreviations are states of the United States and Australia and provinces of
// Canada, as AP and the post write them behind a town's name, without dots. Words
// of English among them are left out.
const abbreviations = `alabama: al ala; alaska: ak; arizona: az ariz; arkansas: ar ark; california: ca calif; colorado: co colo; connecticut: ct conn; delaware: de del;
district of columbia: dc; florida: fl fla; georgia: ga; hawaii: hi; idaho: id; illinois: il ill; indiana: ind; iowa: ia; kansas: ks kan; kentucky: ky; louisiana: la;
maine: me; maryland: md; massachusetts: ma mass; michigan: mi mich; minnesota: mn minn; mississippi: ms miss; missouri: mo; montana: mt mont; nebraska: ne neb;
nevada: nv nev; new hampshire: nh; new jersey: nj; new mexico: nm; new york: ny; north carolina: nc; north dakota: nd; ohio: oh; oklahoma: ok okla; oregon: ore;
pennsylvania: pa; rhode island: ri; south carolina: sc; south dakota: sd; tennessee: tn tenn; texas: tx tex; utah: ut; vermont: vt; virginia: va;
washington: wa wash; west virginia: wv; wisconsin: wi wis; wyoming: wy wyo; ontario: ont; quebec: qc que; british columbia: bc; alberta: ab alta; manitoba: mb man;
saskatchewan: sk sask; nova scotia: ns; new brunswick: nb; new south wales: nsw; queensland: qld; victoria: vic; tasmania: tas`

// stateOf is what an abbreviation stands for.
var stateOf = func() map[string]string {
	m := map[string]string{}
	for entry := range strings.SplitSeq(abbreviations, ";") {
		name, all, _ := strings.Cut(entry, ":")
		for a := range strings.FieldsSeq(all) {
			m[a] = strings.TrimSpace(name)
		}
	}
	return m
}()

// state is the division that a small-letter token abbreviates, "" for none.
func (r *Reader) state(w string) string {
	if len(w) > 6 {
		return ""
	}
	return stateOf[strings.ReplaceAll(w, ".", "")]
}

// abbreviates tells whether toks[i] is a state behind its town: "Athens, Ga.",
// "Manchester, N.H.".
func (r *Reader) abbreviates(toks []text.Token, i int) bool {
	return i > 1 && toks[i].Upper && low(toks, i-1) == "," && r.last.any && r.last.toks == &toks[0] && r.last.end == i-1 && !r.last.people && r.state(toks[i].Low) != ""
}

// longer tells whether a name of more than k words begins at toks[i]: "the Gulf"
// is another than "the Gulf of Aden".
func (r *Reader) longer(d *text.Doc, toks []text.Token, i, k int) bool {
	for n := min(r.gaz.Longest(low(toks, i)), len(toks)-i, 8); n > k; n-- {
		if Capital(d, &toks[i+n-1]) && joined(toks[i:i+n]) {
			if info := r.find(text.Phrase(d.Lower, toks[i:i+n]), false).info; info.Total > 0 {
				return true
			}
		}
	}
	return false
}

// mention makes a mention of toks[i:i+k].
func (r *Reader) mention(d *text.Doc, toks []text.Token, i, k int) Mention {
	if k > 1 && toks[i].Low == "the" {
		i, k = i+1, k-1 // "the Sahel"
	}
	for n := i + 1; n < i+k-1; n++ {
		if toks[n].Kind == text.Clitic && toks[n+1].Upper && k-(n+1-i) > 0 && r.gaz.Longest(toks[n+1].Low) > 0 && possessive(r, toks[i].Low) {
			i, k = n+1, k-(n+1-i) // "India's Punjab"
			break
		}
	}
	m := Mention{Start: toks[i].Start, End: toks[i+k-1].End}
	m.Name = d.Text[m.Start:m.End]
	return m
}

// possessive tells whether a word before "'s" is a country.
func possessive(r *Reader, w string) bool {
	k := r.find(w, false)
	return k.info.Strong && len(k.cands) > 0 && r.gaz.Kind(k.cands[0].ID) == gazetteer.Country
}

// known is what the gazetteer has for a name, kept from one text to the next: the
// same few thousand names make up most of the news.
type known struct {
	info  gazetteer.Name
	cands []candidate
}

// maxKnown caps the names that are kept.
const maxKnown = 1 << 13

// find asks the gazetteer for a name; alike where only its sound is asked for.
func (r *Reader) find(name string, alike bool) *known {
	names := r.names
	if alike {
		names = r.sounds
	}
	if k, ok := names[name]; ok {
		return k
	}
	k := &known{}
	if alike {
		r.found = r.gaz.FindAlike(r.found[:0], name)
	} else {
		r.found, k.info = r.gaz.Find(r.found[:0], name)
	}
	if len(r.found) > 0 {
		k.cands = make([]candidate, len(r.found))
		for i, f := range r.found {
			k.cands[i] = candidate{Match: f, prior: r.prior(f)}
		}
	}
	if len(names) >= maxKnown {
		clear(names)
	}
	names[strings.Clone(name)] = k
	return k
}

// candidates appends what a name may be to r.cands.
func (r *Reader) candidates(name string) gazetteer.Name {
	k := r.find(name, false)
	r.cands = append(r.cands, k.cands...)
	return k.info
}

// Capital tells whether a token is written as a name is: "Mosul", "al-Harir".
func Capital(d *text.Doc, t *text.Token) bool {
	if t.Upper {
		return true
	}
	w := d.Text[t.Start:t.End]
	if len(w) > 4 && (w[0] == 'd' || w[0] == 'l') && (w[1] == '\'' || strings.HasPrefix(w[1:], "’")) {
		c := strings.TrimPrefix(strings.TrimPrefix(w[1:], "'"), "’")
		return c != "" && (c[0] >= 'A' && c[0] <= 'Z' || c[0] >= 0x80) // "Côte d'Ivoire"
	}
	if !t.Hyphen || len(t.Low) < 5 {
		return false
	}
	for n := 2; n <= 3 && n+1 < len(w); n++ {
		if w[n] == '-' && (w[n+1] >= 'A' && w[n+1] <= 'Z' || w[n+1] >= 0x80) {
			switch w[:n] {
			case "al", "el", "ar", "as", "ash", "at", "an", "ad", "az", "ed", "es", "ez", "er", "ul":
				return true
			}
		}
	}
	return false
}

// joined tells whether tokens may be one name: no mark but a dot or a hyphen
// stands between them.
func joined(toks []text.Token) bool {
	for n := 1; n < len(toks); n++ {
		switch t := &toks[n]; t.Kind {
		case text.Word:
		case text.Punct:
			if t.Low != "." && t.Low != "-" || t.Start-toks[n-1].End > 0 {
				return false
			}
		case text.Clitic:
			if n+1 == len(toks) {
				return false
			}
		case text.Number:
		default:
			return false
		}
	}
	return true
}

func low(toks []text.Token, i int) string {
	if i < 0 || i >= len(toks) {
		return ""
	}
	return toks[i].Low
}

// evidence is what the words around a name say of it.
type evidence struct {
	read bool
	prep bool // "in X", "near X"
	of   bool // "the town of X", "north of X"
	kind bool // "the town X"
	list bool // "in A and X"
	move bool // "from X", "to X", "through X"
	open bool // a dateline's first word
}

func (ev *evidence) any() bool { return ev.prep || ev.of || ev.kind || ev.list || ev.open }

// before reads the words before toks[i].
func (r *Reader) before(toks []text.Token, i int, ev *evidence) {
	if ev.read {
		return
	}
	ev.read = true
	j := i - 1
	for n := 0; n < 3 && (Direction(low(toks, j)) || lightly(low(toks, j))); n++ {
		j--
	}
	switch low(toks, j) {
	case "in", "near", "outside", "around", "at", "inside":
		ev.prep = true
	case "between", "from", "to", "through", "toward", "towards", "via", "into", "across", "off", "leaving", "reached", "hit", "hits", "rocked", "rocks", "struck", "attacked", "stormed", "targeted", "shelled", "bombed", "raided":
		ev.move = true
		if low(toks, j) == "between" {
			ev.prep = true
		}
	case "of":
		w := low(toks, j-1)
		ev.of = Noun(w) != gazetteer.None || w == "outskirts" || w == "suburbs" || w == "centre" || w == "center" || w == "heart" || w == "north" || w == "south" || w == "east" || w == "west" ||
			strings.HasSuffix(w, "north") || strings.HasSuffix(w, "east") || strings.HasSuffix(w, "south") || strings.HasSuffix(w, "west")
	case "capital":
		ev.kind = j > 0 && (low(toks, j-1) == "provincial" || low(toks, j-1) == "regional" || low(toks, j-1) == "state" || low(toks, j-1) == "district")
	default:
		if Noun(low(toks, i-1)) != gazetteer.None && !toks[i-1].Upper {
			ev.kind = true
		}
	}
	if r.last.any && !r.last.people && len(toks) > 0 && r.last.toks == &toks[0] && !ev.prep {
		switch w := low(toks, i-1); {
		case r.last.end == i-1 && (w == "and" || w == "," || w == "or" || w == "-" || w == "to"):
			ev.list = true
		case r.last.end == i-2 && w == "and" && low(toks, i-2) == ",":
			ev.list = true
		}
	}
	if i == 0 && len(toks) > 2 {
		for n := 1; n < min(len(toks), 14); n++ {
			switch low(toks, n) {
			case "-", "--", "–", "—":
				ev.open = toks[n].Start > toks[n-1].End
			case ",", "(", ")", ".":
				continue
			}
			if ev.open || !toks[n].Upper && toks[n].Kind == text.Word {
				break
			}
		}
	}
}

// lightly tells whether a word may stand between "in" and a name.
func lightly(w string) bool {
	switch w {
	case "the", "central", "downtown", "strife-torn", "flashpoint", "disputed", "northernmost", "southernmost", "lawless", "jihadist-held", "nearby", "neighbouring", "neighboring", "rural", "restive", "volatile", "remote", "greater", "mainland", "coastal", "troubled", "besieged", "rebel-held", "government-held", "occupied", "war-torn":
		return true
	}
	return false
}

// Direction tells whether a small-letter word names a direction or what lies in it:
// "north", "south-eastern", "central".
func Direction(w string) bool {
	_, ok := Bearing(w)
	if ok {
		return true
	}
	switch w {
	case "central", "upper", "lower":
		return true
	}
	return false
}

// Bearing reads a word for a direction, in degrees clockwise from north.
func Bearing(w string) (float64, bool) {
	w = strings.TrimSuffix(strings.TrimSuffix(w, "wards"), "ward")
	if len(w) > 12 { // "south-southeast"
		if first, rest, ok := strings.Cut(w, "-"); ok {
			a, ok1 := Bearing(first)
			b, ok2 := Bearing(rest)
			if ok1 && ok2 && math.Abs(a-b) < 180 {
				return (a + b) / 2, true
			}
			if ok1 && ok2 && a == 0 {
				return (360 + b) / 2, true
			}
		}
		return 0, false
	}
	switch strings.TrimSuffix(w, "ern") {
	case "north":
		return 0, true
	case "northeast", "north-east":
		return 45, true
	case "east":
		return 90, true
	case "southeast", "south-east":
		return 135, true
	case "south":
		return 180, true
	case "southwest", "south-west":
		return 225, true
	case "west":
		return 270, true
	case "northwest", "north-west":
		return 315, true
	}
	return 0, false
}

func points(w string) bool {
	_, ok := Bearing(w)
	return ok && !strings.HasSuffix(w, "ern")
}

// Noun is the kind of place that a small-letter common noun names: "province",
// "village"; None where it names none.
func Noun(w string) gazetteer.Kind {
	switch w {
	case "province", "governorate", "state", "oblast", "region", "prefecture", "department", "provinces", "states", "regions", "governorates":
		return gazetteer.Admin1
	case "district", "county", "cercle", "zone", "locality", "woreda", "territory", "tehsil", "raion", "township", "municipality", "commune", "subdistrict", "sub-district", "sub-county", "districts", "counties", "payam", "division", "parish", "taluka", "lga", "agency", "barangay":
		return gazetteer.Admin2
	case "city", "town", "village", "port", "settlement", "hamlet", "hamlets", "villages", "towns", "cities", "kibbutz", "stronghold", "resort", "outpost":
		return gazetteer.Settlement
	case "neighborhood", "neighbourhood", "suburb", "quarter", "suburbs", "neighborhoods", "neighbourhoods", "borough", "slum", "favela", "enclave":
		return gazetteer.District
	case "camp", "camps":
		return gazetteer.Camp
	case "airport", "airfield", "prison", "forest", "base", "airbase":
		return gazetteer.Site
	case "sea", "gulf", "strait":
		return gazetteer.Sea
	case "river":
		return gazetteer.River
	case "valley", "peninsula", "island", "islands", "area", "areas", "mountains", "desert":
		return gazetteer.Area
	}
	return gazetteer.None
}

// accept decides whether a name that the gazetteer knows is a place here, and
// whether only the grammar says so.
func (r *Reader) accept(d *text.Doc, toks []text.Token, i, k, covered int, e *lexicon.Entry, headline bool, info gazetteer.Name, from int, ev *evidence) (ok, weak bool) {
	t := &toks[i]
	if k == 1 && t.Low == "us" && !t.Caps {
		return false, false
	}
	if k == 1 && t.Caps && len(t.Low) <= 5 && !info.Strong {
		return false, false // "IDP", "INGO"
	}
	if k == 1 && (len(t.Low) < 2 || calendar(t.Low) || Noun(t.Low) != gazetteer.None) {
		return false, false
	}
	if k == 1 && r.abbreviates(toks, i) {
		return true, false
	}
	if states(t) && k == 1 {
		// Capitals are put on many a pronoun.
		switch low(toks, i-1) {
		case "the", "in", "from", "across":
			return true, false
		}
		return false, false
	}
	c := &r.cands[from]
	people := c.How == gazetteer.Demonym
	state := r.gaz.Kind(c.ID) == gazetteer.Country
	if !people && !state && i > 0 && toks[i-1].Kind == text.Word && title(toks[i-1].Low) {
		if len(r.persons) < maxPersons {
			r.persons[strings.Clone(t.Low)] = true
		}
		return false, false
	}
	if k == 1 && !people && !state && len(r.persons) > 0 && r.persons[t.Low] {
		if r.before(toks, i, ev); !ev.any() || info.Person {
			return false, false // who has been introduced with a title or a given name
		}
	}
	next := i + k
	if !people && !state && k == 1 && i > 1 && r.surname(d, toks, i) || info.Person && r.person(d, toks, i, k, ev) {
		if len(r.persons) < maxPersons && !institution(low(toks, next+1)) { // "at Lyon Part-Dieu station" introduces nobody
			r.persons[strings.Clone(t.Low)] = true
		}
		return false, false // "Ana Guerrero"
	}
	if !people && !state && r.family(d, toks, next) {
		if k == 1 && len(r.persons) < maxPersons {
			r.persons[strings.Clone(t.Low)] = true
		}
		return false, false // "Salem al-Zarrouq"
	}
	if k == 2 && Direction(t.Low) && side(toks[i+1].Low) || k == 1 && sided(t.Low) {
		return r.held(d, toks, next), false // of what town, the text says elsewhere
	}
	if i == 0 && !r.headline && low(toks, next) == ":" && r.gaz.Kind(c.ID) >= gazetteer.Admin1 && !people && !info.Word && !info.Person && e.Class == 0 {
		return true, true // "Nabatiyeh: a drone hit a car", in a round-up
	}
	if i > 1 && t.Low == "republic" && (low(toks, i-1) == "'s" || low(toks, i-1) == "’s") && strings.HasPrefix(low(toks, i-2), "people") {
		return false, false // "the People's Republic of China" is not the Republic of China
	}
	if street(d, toks, next) || next < len(toks) && toks[next].Upper && named(toks[next].Low) || info.Person && low(toks, next) == "station" {
		return false, false // named after it
	}
	if k > 1 && !info.Strong && !people && next < len(toks) && toks[next].Upper && institution(toks[next].Low) {
		return false, false // "the Queen Elizabeth Hospital"
	}
	if info.Strong && k == 1 && low(toks, i-1) == "of" && Noun(low(toks, i-2)) == gazetteer.Settlement && r.goesOn(d, toks, next) {
		return false, false // "the town of Thar Yat"
	}
	compass := k <= 2 && Direction(t.Low) && (k == 1 || Direction(toks[i+1].Low))
	if info.Strong && !info.Word && !compass {
		return true, false
	}
	info.Word = info.Word || compass
	held := r.held(d, toks, next)
	r.before(toks, i, ev)
	after := !Capital(d, &toks[next-1]) || Noun(low(toks, next)) != gazetteer.None && next < len(toks) && toks[next].Start-toks[next-1].End == 1
	if headline {
		return (ev.prep || held) && !info.Word && e.Class == 0 && (r.gaz.Population(c.ID) >= 1000 || r.gaz.Kind(c.ID) < gazetteer.Settlement), true
	}
	if !after && !held && r.goesOn(d, toks, next) {
		return false, false // part of a longer name: "Maiwand Square"
	}
	if info.Word || k == covered && e.Class != 0 {
		return held || ev.of || ev.prep && (info.Strong || after), true
	}
	if ev.any() || held || after {
		if n := low(toks, next); k == 1 && !held && !after && !ev.of && (n == "said" || n == "told" || (n == "'s" || n == "’s") && r.gaz.Population(c.ID) < 50_000) {
			return false, false
		}
		return true, true
	}
	return ev.move && r.gaz.Population(c.ID) >= 5000, true
}

// family tells whether the name before toks[i] goes on with a family's that has an Arabic
// article: no town is called so that the gazetteer does not have.
func (r *Reader) family(d *text.Doc, toks []text.Token, i int) bool {
	if r.headline || i >= len(toks) || !toks[i].Hyphen || toks[i].Start-toks[i-1].End != 1 || !Capital(d, &toks[i]) {
		return false
	}
	switch article, rest, _ := strings.Cut(toks[i].Low, "-"); article {
	case "al", "el", "ul", "ibn", "bin", "ben", "abu":
		return len(rest) > 2
	}
	return false
}

// side tells whether a word behind a direction makes it a part of any town: "South Side".
func side(w string) bool { return w == "side" || w == "end" || w == "shore" }

// sided is side in one word.
func sided(w string) bool {
	switch w {
	case "northside", "southside", "eastside", "westside", "downtown", "midtown", "uptown":
		return true
	}
	return false
}

// named tells whether a word with a capital letter is what is often named after a
// town elsewhere: "Damascus Gate", "Victoria Station".
func named(w string) bool {
	switch w {
	case "gate", "station", "square", "bridge", "crossing", "tower", "hotel":
		return true
	}
	return false
}

// institution tells whether a word is of a house that bears somebody's name, or that of
// a quarter: "Queen Elizabeth Hospital", "Part-Dieu station".
func institution(w string) bool {
	switch w {
	case "station", "hospital", "infirmary", "clinic", "school", "university", "college", "academy", "stadium", "barracks":
		return true
	}
	return false
}

// goesOn tells whether a name has another word that the gazetteer does not have.
func (r *Reader) goesOn(d *text.Doc, toks []text.Token, next int) bool {
	if next >= len(toks) || toks[next].Kind != text.Word || !Capital(d, &toks[next]) || toks[next].Start-toks[next-1].End != 1 || Noun(toks[next].Low) != gazetteer.None {
		return false
	}
	e, _ := r.lex.At(d.Lower, toks, next)
	return e.Class&(lexicon.Function|lexicon.Person|lexicon.Kind|lexicon.Harm|lexicon.Source|lexicon.Actor) == 0
}

// street tells whether a name goes on to be that of a street: "San Antonio Abad
// Boulevard", "between San Diego and Arturo Prat streets".
func street(d *text.Doc, toks []text.Token, i int) bool {
	for n := i; n < min(i+5, len(toks)); n++ {
		switch w := toks[n].Low; w {
		case "street", "streets", "avenue", "avenues", "boulevard":
			return true
		case "road", "highway", "bypass":
			return toks[n].Upper // the Jalalabad Road is in Kabul; the road to Jalalabad is not called so
		case "and":
			continue
		}
		if !Capital(d, &toks[n]) {
			return false
		}
	}
	return false
}

// held tells whether a well-known country or division follows behind a comma:
// "Reading, Pennsylvania".
func (r *Reader) held(d *text.Doc, toks []text.Token, i int) bool {
	if low(toks, i) != "," || i+1 >= len(toks) || !toks[i+1].Upper {
		return false
	}
	if r.state(toks[i+1].Low) != "" {
		return true
	}
	for k := min(r.gaz.Longest(toks[i+1].Low), len(toks)-i-1, 5); k >= 1; k-- {
		if !toks[i+k].Upper {
			continue
		}
		m := r.find(text.Phrase(d.Lower, toks[i+1:i+1+k]), false)
		if m.info.Strong && m.cands[0].How != gazetteer.Demonym && !m.info.Word {
			for _, c := range m.cands {
				switch r.gaz.Kind(c.ID) {
				case gazetteer.Country, gazetteer.Admin1:
					return true
				}
			}
		}
	}
	return false
}

// person tells whether a name that people have too is a person's here.
func (r *Reader) person(d *text.Doc, toks []text.Token, i, k int, ev *evidence) bool {
	next := i + k
	if next < len(toks) && toks[next].Kind == text.Word && toks[next].Upper && !toks[next].Caps && toks[next].Start-toks[next-1].End == 1 && Noun(toks[next].Low) == gazetteer.None {
		if e, _ := r.lex.At(d.Lower, toks, next); e.Class&^(lexicon.Thing|lexicon.Theme) == 0 {
			if info := r.find(toks[next].Low, false).info; !info.Strong || info.Person {
				return true // "Jordan Smith"
			}
		}
	}
	if i > 0 && (title(toks[i-1].Low) || r.surname(d, toks, i)) {
		return true
	}
	r.before(toks, i, ev)
	if ev.any() {
		return false
	}
	switch low(toks, next) {
	case "said", "says", "told", "who", "whose", "added", "himself", "herself":
		return true
	case ",":
		if next+2 < len(toks) && toks[next+1].Kind == text.Number && len(toks[next+1].Low) <= 2 && low(toks, next+2) == "," {
			return true // "Jackson, 34,"
		}
		return low(toks, next+1) == "who"
	}
	return false
}

// surname tells whether the name at toks[i] ends a person's: a given name that no
// lexicon has stands before it, and nothing says that it is a place.
func (r *Reader) surname(d *text.Doc, toks []text.Token, i int) bool {
	if i == 0 {
		return false
	}
	t := &toks[i-1]
	if t.Kind != text.Word || !t.Upper || t.Caps || t.Hyphen || toks[i].Start-t.End != 1 || len(t.Low) < 3 {
		return false
	}
	if e, _ := r.lex.At(d.Lower, toks, i-1); e.Class != 0 || Noun(t.Low) != gazetteer.None {
		return false
	}
	if Direction(t.Low) {
		return false
	}
	if info := r.find(t.Low, false).info; info.Strong && !info.Person {
		return false
	}
	if Noun(low(toks, i+1)) != gazetteer.None {
		return false
	}
	switch low(toks, i-2) {
	case "in", "at", "near", "from", "of", "to", "outside", "the":
		return false
	}
	return true
}

// title tells whether a word before a name makes it a person's.
func title(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "dr", "gen", "general", "colonel", "col", "captain", "president", "minister", "senator", "judge", "sheikh", "father", "monsignor", "saint",
		"ambassador", "bishop", "archbishop", "lieutenant", "lt", "sergeant", "sgt", "commander", "inspector", "mayor", "professor", "prof", "reverend", "rev", "king", "queen", "prince", "princess", "deputy", "congressman", "spokesman", "spokeswoman", "justice":
		return true
	}
	return false
}

func calendar(w string) bool {
	switch w {
	case "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
		"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun",
		"ramadan", "christmas", "easter", "parliament", "congress", "god", "islam", "english", "arabic", "spanish", "facebook", "twitter", "eid", "islamic", "allah", "house", "senate", "telegram", "internet":
		return true
	}
	return false
}

// demonym marks a mention that can only be a people.
func (r *Reader) demonym(d *text.Doc, toks []text.Token, i, k int, m *Mention) {
	c := r.cands[m.cands.from]
	m.Demonym = c.How == gazetteer.Demonym
	// "German, UK, South Korean staff"
	if k == 1 && short(toks[i].Low) && r.last.any && r.last.people && r.last.toks == &toks[0] && r.last.end == i-1 && low(toks, i-1) == "," {
		m.Demonym = true
	}
	// "US soldiers" are Americans.
	if k == 1 && !r.headline && r.gaz.Kind(c.ID) == gazetteer.Country && short(toks[i].Low) && i+1 < len(toks) && toks[i+1].Kind == text.Word && !toks[i+1].Upper {
		if e, _ := r.lex.At(d.Lower, toks, i+1); !e.Is(lexicon.Function) || e.Is(lexicon.Person|lexicon.Thing|lexicon.Kind) {
			m.Demonym = true
		}
	}
}

// short tells whether a name is an abbreviation that serves as an adjective too.
func short(w string) bool {
	switch w {
	case "us", "u.s", "u.s.", "uk", "u.k", "u.k.", "uae":
		return true
	}
	return false
}

// unlisted reads a name that no gazetteer has, where the grammar says that it is
// a place: "in Womey", "the town of Eringeti", "near Kasur".
func (r *Reader) unlisted(d *text.Doc, toks []text.Token, i int, ev *evidence) (Mention, int) {
	r.before(toks, i, ev)
	if Direction(toks[i].Low) && i+1 < len(toks) && Capital(d, &toks[i+1]) && r.gaz.Longest(toks[i+1].Low) > 0 {
		return Mention{}, 0 // "Northwest Cameroon"
	}
	named := false // only with the word for what it is
	switch w := low(toks, i-1); w {
	case "in", "near", "outside", "around", "at":
	case "of":
		if !ev.of {
			return Mention{}, 0
		}
	case "from", "to", "the", "'s", "’s":
		if w == "the" && !ev.prep || (w == "'s" || w == "’s") && !(r.last.any && r.last.end == i-1 && r.last.toks == &toks[0]) {
			return Mention{}, 0
		}
		named = true
	case "town", "city", "village", "district", "province":
		if low(toks, i-2) != "the" {
			return Mention{}, 0
		}
	default:
		return Mention{}, 0
	}
	n := 0
	for i+n < len(toks) && n < maxName {
		t := &toks[i+n]
		if t.Kind != text.Word || !Capital(d, t) || t.Caps && len(t.Low) <= 5 || calendar(t.Low) {
			break
		}
		if n > 0 {
			if e, _ := r.lex.At(d.Lower, toks, i+n); e.Class&^lexicon.Theme != 0 {
				break
			}
			if Noun(t.Low) != gazetteer.None {
				break
			}
		}
		n++
	}
	if n == 0 || len(toks[i].Low) < 3 || toks[i+n-1].End-toks[i].Start > maxNameBytes {
		return Mention{}, 0
	}
	if named {
		switch Noun(low(toks, i+n)) {
		case gazetteer.Admin1, gazetteer.Admin2, gazetteer.Settlement, gazetteer.District, gazetteer.Camp:
		default:
			return Mention{}, 0
		}
	}
	if nxt := low(toks, i+n); n == 1 && (nxt == "said" || nxt == "'s" || nxt == "’s") {
		return Mention{}, 0
	}
	m := r.mention(d, toks, i, n)
	m.weak = true
	from := len(r.cands)
	r.cands = append(r.cands, r.find(text.Phrase(d.Lower, toks[i:i+n]), true).cands...)
	m.cands = Range{from, len(r.cands)}
	r.surroundings(d, toks, i, n, &m)
	return m, n
}

// surroundings reads what the words around a mention say of it, and remembers it
// for the next one.
func (r *Reader) surroundings(d *text.Doc, toks []text.Token, i, k int, m *Mention) {
	next := i + k
	if kind := Noun(low(toks, next)); kind != gazetteer.None {
		m.cue = kind
	} else if low(toks, i-1) == "of" {
		m.cue = Noun(low(toks, i-2))
	} else if !m.Demonym {
		m.cue = Noun(low(toks, i-1))
	}
	if m.Demonym {
		for n := next; n < min(next+3, len(toks)); n++ {
			if office(toks[n].Low) {
				m.Office = true
				break
			}
			if abroad(toks[n].Low) {
				m.Foreign = true
				break
			}
			if forces(toks[n].Low) {
				m.Forces = true
				break
			}
			if toks[n].Kind != text.Word {
				break
			}
		}
	} else if abroad(low(toks, next)) || !r.headline && next < len(toks) && toks[next].Kind == text.Word && toks[next].Upper && !toks[next].Caps && !toks[i].Caps && toks[next].Start-toks[next-1].End == 1 && r.gaz.Kind(r.first(m)) == gazetteer.Country && !nameless(toks[next].Low) {
		m.Foreign = true // "Sudan People's Liberation Army"
	}
	if i > 0 && Direction(toks[i-1].Low) && toks[i].Start-toks[i-1].End == 1 && !m.Demonym {
		m.Region = true
		m.Start = toks[i-1].Start
		m.Name = d.Text[m.Start:m.End]
		// "lower Juba" and "southern Lebanon" are known by these names.
		from := len(r.cands)
		if k := r.gaz.Kind(r.first(m)); k == gazetteer.Sea || k == gazetteer.River {
			m.Region = false // "the southern Red Sea" is no province of the north
		} else if info := r.candidates(m.Name); info.Total > 0 {
			m.Region, m.cands = false, Range{from, len(r.cands)}
		}
	}
	switch low(toks, next) {
	case "border", "borders", "frontier":
		// "a Lebanese border town" is in Lebanon
		m.Border = !m.Demonym || Noun(low(toks, next+1)) == gazetteer.None
	}
	for n := i - 1; n >= i-4 && n >= 0; n-- {
		w := toks[n].Low
		if w == "border" || w == "borders" || w == "frontier" {
			m.Border = low(toks, n+1) == "with" || low(toks, n+1) == "between" || low(toks, n+1) == "of"
			break
		}
		if w != "with" && w != "the" && w != "of" && w != "between" && !Direction(w) {
			break
		}
	}
	// "the border between Kenya and Somalia"
	m.Border = m.Border || r.last.any && r.last.border && r.last.toks == &toks[0] && r.last.end == i-1 && low(toks, i-1) == "and"
	if m.Border {
		m.Region = false
	}
	r.offset(d, toks, i, m)
	if m.link = r.linkTo(toks, i, next, m); m.Away != nil && r.last.any && r.last.toks == &toks[0] && low(toks, r.last.end) == "," && i-r.last.end < 16 {
		m.link = inside // "Al-Harir, 70 kilometers (45 miles) from Arbil"
	}
	r.remember(toks, next, m)
}

func (r *Reader) first(m *Mention) gazetteer.ID {
	if m.cands.from == m.cands.to {
		return 0
	}
	return r.cands[m.cands.from].ID
}

func nameless(w string) bool { return Noun(w) != gazetteer.None || calendar(w) || Direction(w) }

// forces tells whether a word names those who bear a country's arms, at home as a
// rule.
func forces(w string) bool {
	switch w {
	case "army", "soldier", "soldiers", "troops", "forces", "military", "navy", "marines", "rebels", "guerrillas", "insurgents", "militants", "president", "minister", "interior", "armed":
		return true
	}
	return false
}

// office tells whether a word names what a country has within its own borders.
func office(w string) bool {
	switch w {
	case "police", "authorities", "government", "officials", "official", "ministry", "capital", "city", "town", "village", "province", "provincial", "court", "prosecutors", "prosecutor", "parliament", "state", "media", "television", "radio", "coast", "hospital", "gendarmerie", "gendarmes", "security", "region", "district", "island", "port", "soil", "territory", "town's", "countryside", "congress", "judge", "judicial", "customs", "presidential", "federal", "national":
		return true
	}
	return false
}

// abroad tells whether a word names what a country has outside its borders.
func abroad(w string) bool {
	switch w {
	case "embassy", "embassies", "consulate", "ambassador", "diplomat", "diplomats", "mission", "national", "nationals", "citizen", "citizens", "tourist", "tourists", "journalist", "journalists", "contractor", "contractors", "jets",
		"warplanes", "aircraft", "airstrike", "airstrikes", "drone", "drones", "missile", "missiles", "strike", "strikes", "aid", "man", "woman", "couple", "peacekeeper", "peacekeepers", "engineer", "engineers", "refugees", "migrants", "asylum", "origin", "descent", "pilots", "nuns", "priest":
		return true
	}
	return false
}

func (r *Reader) remember(toks []text.Token, next int, m *Mention) {
	r.last.toks, r.last.end, r.last.people, r.last.border, r.last.any = &toks[0], next, m.Demonym, m.Border, true
}

// linkTo reads how a mention hangs together with the one before it in the same
// sentence.
func (r *Reader) linkTo(toks []text.Token, i, next int, m *Mention) link {
	if !r.last.any || r.last.toks != &toks[0] || r.last.end > i || i-r.last.end > 9 {
		return alone
	}
	l := alone
	for n := r.last.end; n < i; n++ {
		switch w := toks[n].Low; {
		case w == ",":
			if l == alone {
				l = comma
			}
			if i-r.last.end > 1 && n+1 < i && toks[n+1].Low != "in" && toks[n+1].Low != "the" && toks[n+1].Low != "a" && Noun(toks[n+1].Low) == gazetteer.None && !Direction(toks[n+1].Low) {
				if toks[n+1].Low == "and" {
					return sibling
				}
				return alone
			}
		case w == "'s", w == "’s":
			l = holds
		case w == "(":
			l = inside
		case w == "in":
			if l != holds {
				l = inside
			}
		case w == "and", w == "or", w == "to", w == "-":
			if n == r.last.end && i-r.last.end <= 2 {
				return sibling
			}
			return alone
		case w == "of", w == "the", w == "a", w == "an", w == "on", w == "outskirts", w == "side", w == "capital", w == "southern", lightly(w), Direction(w), Noun(w) != gazetteer.None, w == ".":
			if l == alone && r.last.people {
				l = holds
			} else if l == alone && w == "of" {
				l = inside
				switch low(toks, n-1) {
				case "suburb", "suburbs", "neighbourhood", "neighborhood":
					if n-1 == r.last.end {
						l = holds // "the Nairobi suburb of Karen"
					}
				}
			}
		default:
			if r.last.people && toks[n].Kind == text.Word && !toks[n].Upper && i-r.last.end <= 5 && strings.HasSuffix(w, "held") {
				continue
			}
			return alone
		}
	}
	if l == alone && i == r.last.end && r.last.people {
		l = holds // "the Afghan Kabul"
	}
	if m.Demonym {
		return alone
	}
	if l == comma && r.listed(toks, next) {
		return sibling
	}
	return l
}

// listed tells whether a list of names goes on: "Erbil, Mosul and Basra".
func (r *Reader) listed(toks []text.Token, next int) bool {
	if low(toks, next) == "," {
		next++
	}
	if w := low(toks, next); w != "and" && w != "or" || next+1 >= len(toks) {
		return false
	}
	return toks[next+1].Upper || toks[next+1].Hyphen
}

// offset reads a way from the place: "70 kilometres (45 miles) north-east of".
func (r *Reader) offset(d *text.Doc, toks []text.Token, i int, m *Mention) {
	if m.Demonym || m.Border {
		return
	}
	j := i - 1
	for n := 0; n < 6 && (low(toks, j) == "the" || Noun(low(toks, j)) != gazetteer.None || low(toks, j) == "of" && Noun(low(toks, j-1)) != gazetteer.None || low(toks, j) == "capital"); n++ {
		j-- // "30 km from the town of X"
	}
	prep := low(toks, j)
	if prep != "of" && prep != "from" && prep != "outside" {
		return
	}
	j--
	o := Offset{Bearing: -1}
	if prep == "of" || prep == "from" {
		if w := low(toks, j); w == "away" {
			j--
		}
		if b, ok := Bearing(low(toks, j)); ok && !strings.HasSuffix(low(toks, j), "ern") {
			o.Bearing, o.Words = b, low(toks, j)
			j--
			// "north east of"
			if c, ok := Bearing(low(toks, j)); ok && (c == 0 || c == 180) && (b == 90 || b == 270) {
				o.Words = low(toks, j) + " " + o.Words
				o.Bearing = map[float64]map[float64]float64{0: {90: 45, 270: 315}, 180: {90: 135, 270: 225}}[c][b]
				j--
			}
		}
		if low(toks, j) == "the" && low(toks, j-1) == "to" {
			j -= 2
		}
	}
	if low(toks, j) == ")" {
		for n := 0; n < 8 && j > 0 && low(toks, j) != "("; n++ {
			j--
		}
		j--
	}
	if low(toks, j) == "." && j > 0 && toks[j].Start == toks[j-1].End {
		j--
	}
	per := 0.0
	switch low(toks, j) {
	case "km", "kms", "kilometre", "kilometres", "kilometer", "kilometers":
		per = 1000
	case "mile", "miles", "mi":
		per = 1609.344
	case "metre", "metres", "meter", "meters", "m":
		per = 1
	}
	if per > 1000 && low(toks, j-1) == "nautical" {
		per = 1852
		j--
	}
	if per > 0 && j > 0 {
		v, ok := number(toks, j-1)
		switch w := low(toks, j-1); {
		case ok && v*per <= 2e6:
			o.Metres = v * per
		case o.Bearing >= 0 && (w == "few" || w == "several" || w == "some"):
		default:
			return
		}
	} else if w, n := low(toks, j), number1(low(toks, j)); n > 0 {
		o.Metres = n // "30km south of"
	} else if o.Bearing < 0 || prep == "from" || w == "in" && o.Metres == 0 {
		return
	}
	if o.Metres == 0 && o.Bearing < 0 {
		return
	}
	if r.gaz.Kind(r.first(m)) == gazetteer.Country && o.Metres == 0 {
		m.Region = true // "in the south of Chad" is in Chad
		m.Start = toks[j+1].Start
		m.Name = d.Text[m.Start:m.End]
		return
	}
	o.Words = strings.Clone(o.Words) // the tokens' memory is used again
	m.Away = &o
}

// number1 reads "30km" in metres, 0 where it is none.
func number1(w string) float64 {
	for suffix, per := range map[string]float64{"km": 1000, "mi": 1609.344} {
		if s, ok := strings.CutSuffix(w, suffix); ok {
			if v, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64); err == nil && v >= 0 && v*per <= 2e6 {
				return v * per
			}
		}
	}
	return 0
}

var spelt = map[string]float64{"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}

func number(toks []text.Token, i int) (float64, bool) {
	w := low(toks, i)
	if v, ok := spelt[w]; ok {
		return v, true
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(w, ",", ""), 64)
	return v, err == nil && v >= 0 && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// borders reads "the Syrian-Turkish border" and the two ends of a road: one word
// of two names.
func (r *Reader) borders(d *text.Doc, toks []text.Token, i int) (Mention, int) {
	t := &toks[i]
	if !t.Hyphen || i+1 >= len(toks) {
		return Mention{}, 0
	}
	switch low(toks, i+1) {
	case "border", "borders", "frontier", "road", "highway", "axis", "motorway", "line":
	default:
		return Mention{}, 0
	}
	a, b, ok := strings.Cut(t.Low, "-")
	if !ok || strings.Contains(b, "-") || len(a) < 3 || len(b) < 3 {
		return Mention{}, 0
	}
	m := r.mention(d, toks, i, 1)
	from := len(r.cands)
	one, two := r.candidates(a), gazetteer.Name{}
	m.Border = strings.HasPrefix(low(toks, i+1), "border") || low(toks, i+1) == "frontier"
	if m.Border {
		if two = r.find(b, false).info; !one.Strong || !two.Strong {
			r.cands = r.cands[:from]
			return Mention{}, 0
		}
		r.cands = r.cands[:from] // it is in neither for sure
		m.End = toks[i+1].End
		m.Name = d.Text[m.Start:m.End]
		r.remember(toks, i+2, &m)
		return m, 2
	}
	if r.find(t.Low, false).info.Total > 0 {
		r.cands = r.cands[:from] // the road of Kaga-Bandoro
		return Mention{}, 0
	}
	if one.Total == 0 {
		two = r.candidates(b)
	}
	if one.Total == 0 && two.Total == 0 {
		r.cands = r.cands[:from]
		return Mention{}, 0
	}
	m.cands, m.weak = Range{from, len(r.cands)}, true
	r.remember(toks, i+1, &m)
	return m, 1
}

// described reads a place that is told without its name: "the Somali capital",
// "in this city".
func (r *Reader) described(d *text.Doc, toks []text.Token, i int) (Mention, int) {
	w := toks[i].Low
	switch {
	case w == "capital" && i > 0:
		next := low(toks, i+1)
		if i+1 < len(toks) && (toks[i+1].Upper && toks[i+1].Kind == text.Word || next == "city" || next == "of" || next == "'s" || next == "’s" || next == "," && i+2 < len(toks) && toks[i+2].Upper) || next == "punishment" {
			return Mention{}, 0 // the name follows, or it is another capital
		}
		if r.last.any && r.last.toks == &toks[0] && (r.last.end == i || r.last.end == i-1 && (low(toks, i-1) == "'s" || low(toks, i-1) == "’s")) {
			m := r.mention(d, toks, i, 1)
			m.Capital = true
			m.link = holds
			r.last.end = i + 1
			r.last.people = false
			return m, 1
		}
		if p := low(toks, i-1); p == "this" {
			m := r.mention(d, toks, i, 1)
			m.Here = true
			return m, 1
		} else if p == "the" && (low(toks, i-2) == "in" || low(toks, i-2) == "across") {
			m := r.mention(d, toks, i, 1)
			m.Capital, m.Here = true, true
			return m, 1
		}
	case w == "country" && low(toks, i-1) == "the":
		// "in the west of the country", "in the country's east"
		a, b := i, i+1
		if points(low(toks, i-3)) && low(toks, i-2) == "of" {
			a = i - 3
		} else if c := low(toks, i+1); (c == "'s" || c == "’s") && points(low(toks, i+2)) {
			b = i + 3
		} else {
			return Mention{}, 0
		}
		m := r.mention(d, toks, i, b-i)
		m.Part, m.Region = true, true
		m.Start = toks[a].Start
		m.Name = d.Text[m.Start:m.End]
		return m, b - i
	case (w == "city" || w == "town") && low(toks, i-1) == "this" && (low(toks, i-2) == "in" || low(toks, i-2) == "of"):
		m := r.mention(d, toks, i, 1)
		m.Here = true
		return m, 1
	}
	return Mention{}, 0
}
