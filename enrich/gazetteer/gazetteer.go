// Package gazetteer knows the world's places by their names: countries, areas,
// seas, first and second level divisions, cities, towns, villages, quarters,
// camps and sites, each with its coordinates, its country and what holds it.
//
// It answers what a name may be, never what it is in a text: "Tripoli" is eleven
// places here, and package where decides. Names are found however they are
// written: accents, apostrophes, hyphens, the Arabic article and the choices of
// whoever brought the name into Latin letters do not matter.
//
// The data is one table that go generate builds (see build) from GeoNames, under
// CC BY 4.0, and the lists under data. It is part of the program and is looked up
// where it lies: nothing is unpacked, so that it is ready at once and only the
// pages that are used take memory. A Gazetteer never changes and is safe for
// concurrent use.
package gazetteer

import (
	_ "embed"
	"iter"
	"math"
	"strings"
	"sync"

	"tocsin/enrich/gazetteer/internal/table"
)

//go:generate go run ./build

// Attribution is what the licence of the data asks every copy to say.
const Attribution = "Place names and coordinates: GeoNames (https://www.geonames.org), CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/), changed: selected, merged and added to."

// ID names a place in this build of the table; 0 is none. It is not stable: keep
// Place.GeoNames.
type ID uint32

// Kind is what sort of place one is.
type Kind uint8

// The kinds, from the largest to the smallest.
const (
	None       Kind = iota
	Sea             // a sea, gulf, strait or large lake
	River           // and its valley
	Area            // known by name, and no official division or in several: Sahel, Kashmir, Sinai
	Country         // ISO 3166-1, and Kosovo
	Admin1          // first-level division: province, state, governorate, oblast
	Admin2          // second-level division: district, county, cercle
	Settlement      // city, town, village
	District        // part of a settlement
	Camp            // of refugees or displaced people
	Site            // airport, base, prison, forest …: known by a name of its own
	kinds
)

var kindNames = [kinds]string{"", "sea", "river", "area", "country", "admin1", "admin2", "settlement", "district", "camp", "site"}

func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return "?"
}

// Place is a row of the table.
type Place struct {
	ID       ID
	GeoNames int // its id there; 0 where the row is not from GeoNames
	Name     string
	Kind     Kind
	// Country is the ISO 3166-1 alpha-2 code. Of an area that is in several, it is
	// that of the likeliest, and "" where none is; "" for the sea.
	Country string
	// Parent is the smallest place known that holds this one, 0 for countries and
	// for what is in none.
	Parent ID
	// Lat and Lon are WGS 84 degrees; of what is no point, of its middle.
	Lat, Lon float64
	// Radius says, in metres, how far from there the place reaches, roughly.
	Radius     int
	Population int    // 0 where it is not known
	Zone       string // IANA time zone, "" where it is not known or there are several
	Capital    bool   // of its country
	Notable    bool   // often in the news
	// Located is false where only Parent is known to hold the place: its
	// coordinates are Parent's.
	Located bool
}

//go:embed places.bin
var embedded string

// Gazetteer is the table.
type Gazetteer struct {
	rows, names, index, buckets, first, pairs string
	nRows, nBuckets                           uint32
	codes                                     []string // of countries, sorted; row 1+i is the country
	zones                                     []string
}

// Load returns the embedded table. The first call takes some microseconds.
var Load = sync.OnceValue(func() *Gazetteer {
	g, ok := open(embedded)
	if !ok {
		panic("gazetteer: places.bin is not what go generate ./enrich/gazetteer writes; run it")
	}
	return g
})

func open(s string) (*Gazetteer, bool) {
	if len(s) < table.HeaderSize || !strings.HasPrefix(s, table.Magic) {
		return nil, false
	}
	n := func(i int) uint32 { return le32(s[len(table.Magic)+1+4*i:]) }
	g := &Gazetteer{nRows: n(0), nBuckets: n(1)}
	at := uint32(table.HeaderSize)
	for i, p := range []*string{&g.rows, &g.names, &g.index, &g.buckets, &g.first, &g.pairs} {
		size := n(2 + i)
		if uint64(at)+uint64(size) > uint64(len(s)) {
			return nil, false
		}
		*p = s[at : at+size]
		at += size
	}
	lists := strings.Split(s[at:], "\n\n")
	if len(lists) != 2 || len(s) != int(at)+int(n(8)) || len(g.rows) != int(g.nRows)*table.RowSize || len(g.index) != 4*int(g.nBuckets)+4 || g.nRows == 0 || g.nBuckets == 0 || g.first == "" || g.pairs == "" {
		return nil, false
	}
	g.codes, g.zones = strings.Split(lists[0], "\n"), strings.Split(lists[1], "\n")
	return g, true
}

func le32(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
func le16(s string) uint16 { return uint16(s[0]) | uint16(s[1])<<8 }

// Len is how many places there are.
func (g *Gazetteer) Len() int { return int(g.nRows) - 1 }

// row is the row of id; what is no place has the empty first row.
func (g *Gazetteer) row(id ID) string {
	if uint32(id) >= g.nRows {
		id = 0
	}
	return g.rows[int(id)*table.RowSize : int(id)*table.RowSize+table.RowSize]
}

// Place returns the row of id, all of it.
func (g *Gazetteer) Place(id ID) Place {
	r := g.row(id)
	at := le32(r)
	p := Place{
		ID: id, GeoNames: int(le32(r[4:])), Name: g.names[at : at+uint32(r[30])], Kind: g.Kind(id), Country: g.Country(id), Parent: g.Parent(id),
		Population: g.Population(id), Zone: g.Zone(id), Radius: g.Radius(id), Capital: r[31]&table.FlagCapital != 0, Notable: g.Notable(id), Located: r[31]&table.FlagNowhere == 0 && id != 0 && uint32(id) < g.nRows,
	}
	p.Lat, p.Lon = g.Point(id)
	return p
}

// Kind is Place(id).Kind, and so on: each reads no more than it needs.
func (g *Gazetteer) Kind(id ID) Kind { return Kind(le32(g.row(id)[20:]) >> 24) }

// Parent is Place(id).Parent.
func (g *Gazetteer) Parent(id ID) ID {
	if v := le32(g.row(id)[20:]); Kind(v>>24) != Country {
		return ID(v & (1<<24 - 1))
	}
	return 0
}

// Country is Place(id).Country.
func (g *Gazetteer) Country(id ID) string { return g.codes[le16(g.row(id)[24:])] }

// CountryOf is the row of the country that a place is in, 0 where Country is "".
func (g *Gazetteer) CountryOf(id ID) ID { return ID(le16(g.row(id)[24:])) }

// Zone is Place(id).Zone.
func (g *Gazetteer) Zone(id ID) string { return g.zones[le16(g.row(id)[26:])] }

// Population is Place(id).Population.
func (g *Gazetteer) Population(id ID) int { return int(le32(g.row(id)[16:])) }

// Radius is Place(id).Radius.
func (g *Gazetteer) Radius(id ID) int { return int(le16(g.row(id)[28:])) * 100 }

// Capital is Place(id).Capital.
func (g *Gazetteer) Capital(id ID) bool { return g.row(id)[31]&table.FlagCapital != 0 }

// Notable is Place(id).Notable.
func (g *Gazetteer) Notable(id ID) bool { return g.row(id)[31]&table.FlagNotable != 0 }

// Point is Place(id).Lat and Lon.
func (g *Gazetteer) Point(id ID) (lat, lon float64) {
	r := g.row(id)
	return float64(int32(le32(r[8:]))) / 1e5, float64(int32(le32(r[12:]))) / 1e5
}

// Name is Place(id).Name.
func (g *Gazetteer) Name(id ID) string {
	r := g.row(id)
	at := le32(r)
	return g.names[at : at+uint32(r[30])]
}

// CountryID is the row of a country, 0 where there is no such code.
func (g *Gazetteer) CountryID(code string) ID {
	lo, hi := 0, len(g.codes)-1 // codes[0] is ""
	for lo < hi {
		m := (lo + hi + 1) / 2
		if g.codes[m] <= code {
			lo = m
		} else {
			hi = m - 1
		}
	}
	if lo == 0 || g.codes[lo] != code {
		return 0
	}
	return ID(lo)
}

// CapitalOf is the capital of a country, 0 where it is not known.
func (g *Gazetteer) CapitalOf(code string) ID {
	return ID(le32(g.row(g.CountryID(code))[20:]) & (1<<24 - 1))
}

// Within tells whether a place is in another, or is the same.
func (g *Gazetteer) Within(id, in ID) bool {
	for n := 0; id != 0 && n < 8; n++ {
		if id == in {
			return true
		}
		if g.Kind(id) == Country {
			break
		}
		id = g.Parent(id)
	}
	return false
}

// Admin is the first-level division that holds a place, 0 where none is known.
func (g *Gazetteer) Admin(id ID) ID {
	for n := 0; id != 0 && n < 8; n++ {
		switch g.Kind(id) {
		case Admin1:
			return id
		case Country:
			return 0
		}
		id = g.Parent(id)
	}
	return 0
}

// How is how a name means a place.
type How uint8

// The ways in which names mean places.
const (
	Named   How = iota // it is its name, or as well known
	Also               // it is one of its other names: Chittagong was an Islamabad too
	Demonym            // it is what its people are called: "Iraqi"
	Variant            // it is a name without its article or its "Province"
	Alike              // it sounds like one of its names
)

// Match is a place that a name may mean.
type Match struct {
	ID  ID
	How How
}

// Name says what is known of a name as such.
type Name struct {
	// Strong is set where the name is so well known that it is a place wherever it
	// stands with a capital letter.
	Strong bool
	// Word is set where the name is a word of English too: "Reading", "Date".
	Word bool
	// Person is set where people are called so too: "Jordan", "Austin".
	Person bool
	// Total is how many places have the name; not more than maxMatches are given.
	Total int
}

// maxMatches is how many places of one name are looked at: the most populous
// come first, and "San Antonio" has 600.
const maxMatches = 96

// Find appends the places that a name may mean to dst, the most important
// first. The name is taken as it is written, and without its Arabic article
// where it is not known with it; n.Total is 0 where it is not known.
func (g *Gazetteer) Find(dst []Match, name string) (m []Match, n Name) {
	var buf [64]byte
	key := AppendFold(buf[:0], name)
	if m, n = g.find(dst, key); n.Total > 0 {
		return m, n
	}
	if a := article(key); a > 0 {
		m, n = g.find(dst, key[a:])
		n.Strong = false
	}
	return m, n
}

// FindAlike appends the places whose names sound like a name that Find does not
// know.
func (g *Gazetteer) FindAlike(dst []Match, name string) []Match {
	var buf, sound [64]byte
	key := AppendFold(buf[:0], name)
	if len(key) < 4 {
		return dst
	}
	loose := Loose(sound[:0], key)
	if len(loose) < 5 {
		return dst
	}
	m, _ := g.find(dst, loose)
	return m
}

func (g *Gazetteer) find(dst []Match, key []byte) ([]Match, Name) {
	if len(key) == 0 || len(key) > 255 {
		return dst, Name{}
	}
	b := table.Hash(key) % g.nBuckets
	at, end := le32(g.index[4*b:]), le32(g.index[4*b+4:])
	s := g.buckets[at:end]
	for len(s) > 3 {
		n, flags := int(s[0]), s[1]
		total, k := uvarint(s[2:])
		links := s[2+k+n:]
		if n == len(key) && s[2+k:2+k+n] == string(key) {
			for i := 0; i < min(total, maxMatches); i++ {
				l := uint32(links[table.LinkSize*i]) | uint32(links[table.LinkSize*i+1])<<8 | uint32(links[table.LinkSize*i+2])<<16
				dst = append(dst, Match{ID: ID(l & (1<<table.LinkBits - 1)), How: How(l >> table.LinkBits)})
			}
			return dst, Name{Strong: flags&table.KeyStrong != 0, Word: flags&table.KeyWord != 0, Person: flags&table.KeyPerson != 0, Total: total}
		}
		s = links[table.LinkSize*total:]
	}
	return dst, Name{}
}

func uvarint(s string) (v, n int) {
	for shift := 0; n < len(s); shift += 7 {
		c := s[n]
		n++
		v |= int(c&0x7f) << shift
		if c < 0x80 {
			break
		}
	}
	return v, n
}

// Longest is the greatest number of words that a name has which begins with the
// first word of s, or more, 0 where no name does. A name of n words of the text
// may have more words here: "Port-au-Prince" has three.
func (g *Gazetteer) Longest(s string) int {
	var buf [64]byte
	key := AppendFold(buf[:0], s)
	for i, c := range key {
		if c == ' ' {
			key = key[:i]
			break
		}
	}
	if len(key) == 0 {
		return 0
	}
	h := table.Hash(key) % uint32(2*len(g.first))
	return int(g.first[h/2]>>(4*(h&1))) & 15
}

// MayBegin tells whether a name may begin with two words; false is sure.
func (g *Gazetteer) MayBegin(first, second string) bool {
	var buf [64]byte
	key := AppendFold(buf[:0], first)
	key = append(key, ' ')
	key = AppendFold(key, second)
	h := table.Hash(firstTwo(key)) % uint32(8*len(g.pairs))
	return g.pairs[h/8]>>(h%8)&1 != 0
}

// firstTwo is a key up to its third word.
func firstTwo(key []byte) []byte {
	words := 0
	for i, c := range key {
		if c == ' ' {
			if words++; words == 2 {
				return key[:i]
			}
		}
	}
	return key
}

// All yields every place.
func (g *Gazetteer) All() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for id := ID(1); uint32(id) < g.nRows; id++ {
			if !yield(g.Place(id)) {
				return
			}
		}
	}
}

// earth is the mean radius of the Earth in metres.
const earth = 6371008.8

// Distance is the way from one point to another over the ground, in metres.
func Distance(lat1, lon1, lat2, lon2 float64) float64 {
	a1, a2, dl := lat1*math.Pi/180, lat2*math.Pi/180, (lon2-lon1)*math.Pi/180
	s := math.Sin((a2-a1)/2)*math.Sin((a2-a1)/2) + math.Cos(a1)*math.Cos(a2)*math.Sin(dl/2)*math.Sin(dl/2)
	return 2 * earth * math.Asin(min(1, math.Sqrt(s)))
}

// Offset is the point that lies so many metres from another in a direction, in
// degrees clockwise from north.
func Offset(lat, lon, metres, bearing float64) (float64, float64) {
	a, l, d, b := lat*math.Pi/180, lon*math.Pi/180, metres/earth, bearing*math.Pi/180
	lat2 := math.Asin(math.Sin(a)*math.Cos(d) + math.Cos(a)*math.Sin(d)*math.Cos(b))
	lon2 := l + math.Atan2(math.Sin(b)*math.Sin(d)*math.Cos(a), math.Cos(d)-math.Sin(a)*math.Sin(lat2))
	deg := lon2 * 180 / math.Pi
	return lat2 * 180 / math.Pi, math.Mod(deg+540, 360) - 180
}

// near tells whether two points are less than some metres apart, as on a flat map
// of the parallel between them.
func near(lat1, lon1, lat2, lon2, metres float64) bool {
	const degree = 111195
	dy := math.Abs(lat1-lat2) * degree
	if dy > metres {
		return false
	}
	dl := math.Abs(lon1 - lon2)
	dx := min(dl, 360-dl) * degree * math.Cos((lat1+lat2)/2*math.Pi/180)
	return dx*dx+dy*dy <= metres*metres
}

// Near tells whether two places are less than so many metres apart, give or take
// a hundredth.
func (g *Gazetteer) Near(a, b ID, metres float64) bool {
	y1, x1 := g.Point(a)
	y2, x2 := g.Point(b)
	return near(y1, x1, y2, x2, metres)
}
