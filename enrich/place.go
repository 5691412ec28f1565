package enrich

import (
	"strings"
	"sync"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/text"
)

// Named is what a gazetteer knows of a name.
type Named struct {
	Kind    string // country admin1 settlement demonym
	Country string // ISO 3166-1 alpha-2
	Admin   string // the next larger place, "" where the gazetteer has none
}

// Gazetteer answers what a name may be. Find is asked with lower-case names,
// words joined by one blank, the longest candidate first; it must be safe for
// concurrent use and always answer the same.
type Gazetteer interface {
	Find(name string) (Named, bool)
	// Longest is the greatest number of words of a name that begins with a word, 0
	// where none does.
	Longest(first string) int
}

// heart is the small gazetteer that is compiled in.
type heart struct {
	m     map[string]Named
	first map[string]int // the longest name that begins with a word
}

func (h *heart) Find(name string) (Named, bool) { n, ok := h.m[name]; return n, ok }
func (h *heart) Longest(first string) int       { return h.first[first] }

var byHeart = sync.OnceValue(func() *heart {
	h := &heart{m: make(map[string]Named, 2048), first: make(map[string]int, 2048)}
	for line := range strings.SplitSeq(lexicon.Places(), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		n := Named{Kind: f[1], Country: f[2]}
		if len(f) > 3 {
			n.Admin = f[3]
		}
		h.m[f[0]] = n
		w, _, _ := strings.Cut(f[0], " ")
		w = strings.TrimSuffix(w, "'s")
		h.first[w] = max(h.first[w], strings.Count(f[0], " ")+1+strings.Count(f[0], "'s"))
	}
	return h
})

// placing is a place name in the text.
type placing struct {
	word int
	name string // as written
	Named
	region bool // "northern Mali": a part of the country
	start  int  // where the words begin
	// known is false where the grammar says that it is a place ("in X") and the gazetteer knows no such name.
	known bool
}

// placing reads a place name at toks[i] and makes one word of it. n is how many
// tokens the lexicon's own reading, e, covers: the longer one wins.
func (r *reading) placing(d *text.Doc, toks []text.Token, i, n int, e *lexicon.Entry) (int, bool) {
	longest := r.gaz.Longest(toks[i].Low)
	if w := toks[i].Low; longest == 0 && (strings.IndexByte(w, '.') >= 0 || !isASCII(w)) {
		longest = 1 // "Bogotá" may be known without its accent
	}
	for k := min(longest, len(toks)-i); k >= max(n, 1); k-- {
		last := &toks[i+k-1]
		if !last.Upper {
			continue
		}
		name := text.Phrase(d.Lower, toks[i:i+k])
		at, ok := r.gaz.Find(name)
		if !ok && k == 1 && (strings.IndexByte(name, '.') >= 0 || !isASCII(name)) {
			at, ok = r.gaz.Find(fold(name))
		}
		if !ok || k == n && e.Class&(lexicon.Actor|lexicon.Function) != 0 {
			continue
		}
		if toks[i].Low == "us" && !toks[i].Caps {
			return 0, false
		}
		// "Khan Mosul" is no city: part of a longer name.
		p := placing{word: len(r.words), start: toks[i].Start, Named: at, known: true}
		if k := len(r.words) - 1; k >= 0 && (at.Kind == "country" || at.Kind == "admin1") && i > 0 && r.words[k].end == toks[i-1].End && direction(r.words[k].low) {
			p.region, p.start = true, r.words[k].start
		}
		p.name = d.Text[p.start:last.End]
		if at.Kind != "demonym" && at.Kind != "country" && i > 0 && toks[i-1].Kind == text.Word && toks[i-1].Upper && title(toks[i-1].Low) {
			return 0, false
		}
		if k == 1 && at.Kind != "demonym" && at.Kind != "country" && i > 1 && r.surname(d, toks, i) {
			return 0, false // "Ana Guerrero"
		}
		r.places = append(r.places, p)
		r.words = append(r.words, word{start: toks[i].Start, end: last.End, low: name, e: person(at, e, k == n), place: len(r.places), upper: true, caps: toks[i].Caps})
		return k, true
	}
	return 0, false
}

// surname tells whether the name at toks[i] ends a person's: a given name that no
// lexicon has stands before it, and nothing says that it is a place.
func (r *reading) surname(d *text.Doc, toks []text.Token, i int) bool {
	t := &toks[i-1]
	if t.Kind != text.Word || !t.Upper || t.Caps || t.Hyphen || toks[i].Start-t.End != 1 || len(t.Low) < 3 {
		return false
	}
	if e, _ := r.lex.At(d.Lower, toks, i-1); e.Class != 0 {
		return false
	}
	if _, ok := r.gaz.Find(t.Low); ok || direction(t.Low) {
		return false
	}
	switch low(toks, i+1) {
	case "province", "state", "city", "district", "airport", "region", "governorate":
		return false
	}
	switch low(toks, i-2) {
	case "in", "at", "near", "from", "of", "to", "outside", "the":
		return false
	}
	return true
}

// person keeps what the lexicon knows of a name that is also a people's:
// "two Iraqis", "a Syrian".
func person(at Named, e *lexicon.Entry, same bool) *lexicon.Entry {
	if same && at.Kind == "demonym" && e.Is(lexicon.Person) {
		return e
	}
	return lexicon.None
}

func direction(w string) bool {
	switch w {
	case "northern", "southern", "eastern", "western", "central", "north", "south", "east", "west", "northeast", "northwest", "southeast", "southwest",
		"northeastern", "northwestern", "southeastern", "southwestern", "north-eastern", "north-western", "south-eastern", "south-western", "north-east", "north-west", "south-east", "south-west", "upper", "lower":
		return true
	}
	return false
}

// unknownPlace reads a name that no gazetteer has, where the grammar says that
// it is a place: "in Womey", "the town of Eringeti", "near Kasur".
func (r *reading) unknownPlace(d *text.Doc, toks []text.Token, i int) (int, bool) {
	switch low(toks, i-1) {
	case "in", "near", "outside", "around":
	case "at":
	case "of":
		switch low(toks, i-2) {
		case "town", "city", "village", "district", "province", "region", "area", "suburb", "neighborhood", "neighbourhood", "state", "outskirts", "municipality", "county", "port", "department", "governorate", "settlement", "hamlet", "township":
		default:
			return 0, false
		}
	case "town", "city", "village", "district", "province":
		if low(toks, i-2) == "the" || !toks[i].Upper {
			break
		}
		return 0, false
	default:
		return 0, false
	}
	n := 0
	for i+n < len(toks) && n < 4 {
		t := &toks[i+n]
		if t.Kind != text.Word || !t.Upper || t.Caps && len(t.Low) <= 5 || calendar(t.Low) {
			break
		}
		if n > 0 {
			if e, _ := r.lex.At(d.Lower, toks, i+n); e.Class&^lexicon.Theme != 0 {
				break
			}
		}
		n++
	}
	if n == 0 || len(toks[i].Low) < 3 {
		return 0, false
	}
	if nxt := low(toks, i+n); n == 1 && (nxt == "said" || nxt == "'s" || nxt == "’s") {
		return 0, false
	}
	last := &toks[i+n-1]
	p := placing{word: len(r.words), start: toks[i].Start, name: d.Text[toks[i].Start:last.End], Named: Named{Kind: "name"}}
	r.places = append(r.places, p)
	r.words = append(r.words, word{start: p.start, end: last.End, low: text.Phrase(d.Lower, toks[i:i+n]), e: lexicon.None, place: len(r.places), upper: true})
	return n, true
}

func calendar(w string) bool {
	if _, ok := months[w]; ok {
		return true
	}
	if _, ok := weekdays[w]; ok {
		return true
	}
	switch w {
	case "ramadan", "christmas", "easter", "parliament", "congress", "god", "islam", "english", "arabic", "spanish", "facebook", "twitter", "eid", "islamic", "allah", "house", "senate", "telegram", "internet":
		return true
	}
	return false
}

// title tells whether a word before a name makes it a person's.
func title(w string) bool {
	switch w {
	case "mr", "mrs", "ms", "dr", "gen", "general", "colonel", "col", "captain", "president", "minister", "senator", "judge", "sheikh", "father", "monsignor", "saint":
		return true
	}
	return false
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

var folder = strings.NewReplacer(".", "", "’", "'", "á", "a", "à", "a", "ã", "a", "â", "a", "ä", "a", "é", "e", "è", "e", "ê", "e", "í", "i", "ï", "i",
	"ó", "o", "ô", "o", "ö", "o", "õ", "o", "ú", "u", "ü", "u", "ñ", "n", "ç", "c", "ş", "s", "ğ", "g", "ı", "i", "ø", "o", "å", "a")

// fold drops the dots and accents that writers drop too.
func fold(s string) string { return folder.Replace(s) }

// rank orders places: an incident's is the most specific that is named.
func (p *placing) rank() int {
	switch p.Kind {
	case "settlement":
		return 6
	case "name":
		return 5
	case "admin1":
		return 4
	case "country":
		if p.region {
			return 3
		}
		return 2
	}
	return 0
}

// where makes a report's place of the names that its sentences gave, best
// first; nil where there were none.
func (r *reading) where(names []int) *Place {
	best, country := -1, ""
	for _, n := range names {
		p := &r.places[n]
		if best < 0 || p.rank() > r.places[best].rank() {
			best = n
		}
		if country == "" {
			country = p.Country
		}
	}
	if best < 0 {
		return nil
	}
	for _, n := range names { // a part of the town says more than the town
		if p := &r.places[n]; p.Admin != "" && p.Admin == r.places[best].name {
			best = n
			break
		}
	}
	b := &r.places[best]
	w := &r.words[b.word]
	s := &r.sents[r.sentenceAt(b.word)]
	pl := &Place{Country: b.Country, Basis: "sentence", Evidence: []Span{r.span(s.field, b.start, w.end)}}
	if s.title {
		pl.Basis = "title"
	}
	switch b.Kind {
	case "settlement":
		pl.Name, pl.Precision = b.name, "settlement"
	case "admin1":
		pl.Name, pl.Precision = b.name, "admin1"
	case "name":
		pl.Name, pl.Precision = b.name, "unknown"
	default:
		pl.Precision = "country"
		if b.region {
			pl.Name, pl.Precision = b.name, "admin1"
		}
	}
	if pl.Country == "" {
		for _, n := range names {
			if c := r.places[n].Country; c != "" {
				pl.Country = c
				break
			}
		}
	}
	pl.Admin = b.Admin
	// "X, Country": the country that follows the name beats the gazetteer's.
	for _, n := range names {
		p := &r.places[n]
		if n == best || p.Kind == "demonym" {
			continue
		}
		if p.word == b.word+2 && r.words[b.word+1].low == "," {
			if p.Kind == "country" {
				pl.Country = p.Country
			} else if pl.Admin == "" && p.Country == b.Country {
				pl.Admin = p.name
			}
		}
	}
	if pl.Admin == "" {
		for _, n := range names {
			p := &r.places[n]
			if n != best && p.Country == pl.Country && p.Kind != "demonym" && p.Kind != "country" && p.name != pl.Name {
				pl.Admin = p.name
				break
			}
		}
	}
	return pl
}

// home is the country that an article is set in: the one that its opening names
// most, and the dateline's where it names none. Only incidents without a
// country of their own take it.
func (r *reading) home() string {
	count := map[string]int{}
	best := ""
	for pass := 0; pass < 2 && best == ""; pass++ {
		for i := range r.places {
			p := &r.places[i]
			if p.Country == "" {
				continue
			}
			si := r.sentenceAt(p.word)
			s := &r.sents[si]
			inDateline := p.word < s.first+s.dateline
			if pass == 0 && inDateline || si > 8 && best != "" {
				continue
			}
			n := 1
			if s.title || si < 2 {
				n = 3
			}
			if p.Kind == "demonym" {
				n = 1
			}
			count[p.Country] += n
			if best == "" || count[p.Country] > count[best] {
				best = p.Country
			}
		}
	}
	return best
}

// site is the kind of site that an incident hit: the first that its clauses
// name after a preposition of place.
func (r *reading) site(x *incident, cs []clause) string {
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first + 1; k < c.last; k++ {
			kind := siteKind(r.words[k].low)
			if kind == "" {
				continue
			}
			from := k
			if g := r.group(k); g >= 0 {
				from = r.groups[g].first
			}
			for n := k - 1; n >= c.first && n >= from-1; n-- {
				switch r.words[n].low {
				case "in", "at", "near", "outside", "inside", "on", "into", "hit", "struck", "attacked", "stormed", "targeting", "targeted", "through", "of":
					return kind
				}
			}
		}
	}
	return ""
}

func siteKind(w string) string {
	switch w {
	case "market", "bazaar", "marketplace":
		return "market"
	case "mosque", "church", "temple", "shrine", "synagogue", "cathedral", "seminary":
		return "worship"
	case "school", "university", "college", "kindergarten", "schools":
		return "school"
	case "hospital", "clinic", "hospitals":
		return "hospital"
	case "airport":
		return "airport"
	case "embassy", "consulate":
		return "embassy"
	case "base", "barracks", "camp", "outpost", "garrison":
		return "base"
	case "checkpoint", "checkpoints":
		return "checkpoint"
	case "hotel", "restaurant", "cafe", "nightclub", "bar", "resort":
		return "hospitality"
	case "bus", "train", "metro", "railway":
		return "transport"
	case "prison", "jail":
		return "prison"
	case "headquarters", "ministry", "parliament", "courthouse", "palace":
		return "government"
	case "stadium", "concert":
		return "crowd"
	}
	return ""
}
