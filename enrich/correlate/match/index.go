package match

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Index finds the incidents that a report may be of. It is not safe for concurrent
// use, and what it calls must not change it.
//
// It is made of numbers: a hundred thousand incidents stand on some four million
// posts, most of them alone. Where it looks is far apart in memory, and to wait for that
// costs more than all comparing: so it has little to reach for each incident, and asks
// for what it needs of many at once, see approach.
type Index struct {
	slots   map[string]uint32 // incident → slot
	cards   []packed          // by slot; without data for a free one
	names   names             // of the cards
	about   []sketch          // by slot
	empty   []uint32          // free slots
	spare   []*Card           // to unpack cards into
	packing []uint32          // and to pack one into
	read    uint32            // what approach has read, so that it is not left out

	posts  posts // the slot that stands there, or, with the bit several, a place in crowds
	crowds [][]entry
	unused []uint32 // free places in crowds

	hours  map[int64][]uint32 // hour → slots of which something was last said then
	newest int64              // of these hours, 0 before there is one

	search uint32
	asks   []ask   // room for those of a search
	seen   []sight // and for what it looks at
}

// sketch is what a search looks at before it looks at a card.
type sketch struct {
	from, to int32  // days on which it is found
	land     uint32 // country of all its places, 0 where there is none, or more than one
	stamp    uint32 // the last search that came upon it
	last     int64  // see Card

	south, north, west, east float32 // degrees within which its towns lie

	scope scope
}

func sketchOf(c *Card) sketch {
	s := sketch{land: c.land(), last: c.Last, scope: c.scope, south: 90, north: -90, west: 180, east: -180}
	for i := range c.spots {
		if p := &c.spots[i].v; p.settled() {
			s.south, s.north, s.west, s.east = min(s.south, p.lat), max(s.north, p.lat), min(s.west, p.lon), max(s.east, p.lon)
		}
	}
	if dates := c.known().dates; len(dates) > 0 {
		s.from, s.to = slices.Min(dates), slices.Max(dates)
	}
	return s
}

// beyond tells whether no town of an incident can be in the surroundings of another.
func (a *sketch) beyond(s *spot) bool {
	dy, dx := surroundings(s.lat)
	return a.north < s.lat-dy || a.south > s.lat+dy || a.east < s.lon-dx || a.west > s.lon+dx
}

// entry is one of those that stand on a post. Most of a crowd are passed over by what is
// here of their sketches, and these are never reached for.
type entry struct {
	slot     uint32
	land     uint16 // half of it; 0: there is none, or it is not known
	from, to uint16 // days, see short
}

// short is a day as an entry has it: order remains, but for days before 1970 and after 2149.
func short(day int32) uint16 { return uint16(min(max(day, 0), math.MaxUint16)) }

// several marks what is no slot, but a list of them.
const several = 1 << 31

// NewIndex is one without incidents.
func NewIndex() *Index {
	return &Index{slots: map[string]uint32{}, hours: map[int64][]uint32{}}
}

// post is what a report and an incident must share: one value of one kind, in most
// kinds on one day.
type post uint64

// postOf is a post of a kind, a stretch of days since 1970, 0 where the kind knows no
// days, and a value.
func postOf(by byte, days int32, what uint32) post {
	return post(by)<<56 | post(uint32(days)&0xffffff)<<32 | post(what)
}

// stretchOf is the days that have one post, eight of them: an incident is found on some
// three days, and a report looks for it on five. Which of a stretch it is, its sketch
// tells.
func stretchOf(day int32) int32 { return day >> 3 }

// The kinds of posts.
const (
	byRegion  = iota + 1 // a country, of incidents that are placed in no town of it; and days
	byCountry            // a country, of incidents that are placed in a town of it; and days
	bySquare             // two degrees of latitude and longitude, and days: borders, and towns ascribed to two countries
	byToll               // and days
	byText               // family of texts
	byTerm               // the name of a place, or a word that is nowhere else, and days
	byWord               // a rare word that is known, and days
	byName               // as byTerm, of those that are no marks: one of its reports has them; After asks for it
	byArticle            // an article that it has a report of
)

const (
	// slack is how far the days of a report may be from those of its incident: a
	// report may be of the day after, an expression of two days.
	slack = 36 * time.Hour
	// maxDays bounds the days that a span is looked for in; of a longer one its end.
	maxDays = 10
	// crowded is from how many incidents on a post tells nothing.
	crowded = 2000
)

func days(from, to int64) (first, last int32) {
	first, last = int32(from/86400), int32(to/86400)
	if last-first >= maxDays {
		first = last - maxDays + 1
	}
	return first, last
}

// Len is how many incidents there are.
func (x *Index) Len() int { return len(x.slots) }

// Has tells whether there is a card of an incident.
func (x *Index) Has(id string) bool {
	_, is := x.slots[id]
	return is
}

// Card is an incident's card, the caller's own; nil where there is none.
func (x *Index) Card(id string) *Card {
	slot, is := x.slots[id]
	if !is {
		return nil
	}
	return x.own(slot)
}

// own is the card of a slot, the caller's own.
func (x *Index) own(slot uint32) *Card {
	c := &Card{}
	x.cards[slot].unpack(&x.names, c)
	c.whole()
	return c
}

// lend calls each for the cards of slots. What it is called with is written over
// afterwards: what is to be kept has to be cloned.
func (x *Index) lend(slots []uint32, each func(*Card)) {
	c := &Card{}
	if n := len(x.spare); n > 0 {
		c, x.spare = x.spare[n-1], x.spare[:n-1]
	}
	defer func() { x.spare = append(x.spare, c) }()
	x.approach(slots)
	for _, slot := range slots {
		x.cards[slot].unpack(&x.names, c)
		each(c)
	}
}

// approach reads a little of the front of each card, so that they are on their way from
// memory all at once, and not each when its turn comes.
func (x *Index) approach(slots []uint32) {
	const line = 16 // numbers that come together
	sum := uint32(0)
	for _, slot := range slots {
		sum += x.cards[slot].front
	}
	for _, slot := range slots {
		data := x.cards[slot].data[:x.cards[slot].front]
		for k := 0; k < len(data); k += line {
			sum += data[k]
		}
	}
	x.read += sum
}

// postsOf is where the card of a slot is found.
func (x *Index) postsOf(slot uint32) (list []post) {
	x.lend([]uint32{slot}, func(c *Card) { list = c.posts() })
	return list
}

// Put takes in an incident's card, in the place of the one before. The card remains the
// caller's.
func (x *Index) Put(c *Card) {
	slot, had := x.slots[c.ID]
	var was []post
	switch n := len(x.empty); {
	case had:
		was = x.postsOf(slot)
	case n > 0:
		slot, x.empty = x.empty[n-1], x.empty[:n-1]
	default:
		slot = uint32(len(x.cards))
		x.cards, x.about = append(x.cards, packed{}), append(x.about, sketch{})
	}
	about := sketchOf(c)
	if was := x.about[slot].last; !had || was/hour != c.Last/hour {
		if had {
			x.silence(slot, was/hour)
		}
		x.hours[c.Last/hour] = append(x.hours[c.Last/hour], slot)
		x.newest = max(x.newest, c.Last/hour)
	}
	entry := x.entry(slot)
	x.slots[c.ID], x.cards[slot], x.about[slot] = slot, c.pack(&x.names, &x.packing), about
	x.change(slot, was, c.posts(), had && entry != x.entry(slot))
}

// Remove forgets an incident.
func (x *Index) Remove(id string) {
	slot, ok := x.slots[id]
	if !ok {
		return
	}
	x.change(slot, x.postsOf(slot), nil, false)
	x.silence(slot, x.about[slot].last/hour)
	delete(x.slots, id)
	x.cards[slot] = packed{}
	x.empty = append(x.empty, slot)
}

// silence takes an incident from those of which something was last said in an hour.
func (x *Index) silence(slot uint32, h int64) {
	list := x.hours[h]
	if at := slices.Index(list, slot); at >= 0 {
		list[at] = list[len(list)-1]
		list = list[:len(list)-1]
	}
	if len(list) == 0 {
		delete(x.hours, h)
	} else {
		x.hours[h] = list
	}
}

// change takes an incident from the posts on which it was to those on which it is, and
// tells those where it remains if its entry is another. Both are sorted.
func (x *Index) change(slot uint32, was, is []post, another bool) {
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || len(was) > 0 && was[0] < is[0]:
			x.leave(was[0], slot)
			was = was[1:]
		case len(was) == 0 || is[0] < was[0]:
			x.join(is[0], slot)
			is = is[1:]
		default:
			if another {
				x.renew(is[0], slot)
			}
			was, is = was[1:], is[1:]
		}
	}
}

// renew writes the entry of a slot on a post anew.
func (x *Index) renew(p post, slot uint32) {
	if v, ok := x.posts.get(p); ok && v&several != 0 {
		list := x.crowds[v&^several]
		if at := slices.IndexFunc(list, func(e entry) bool { return e.slot == slot }); at >= 0 {
			list[at] = x.entry(slot)
		}
	}
}

func (x *Index) join(p post, slot uint32) {
	v, ok := x.posts.get(p)
	switch {
	case !ok:
		x.posts.set(p, slot)
	case v&several != 0:
		x.crowds[v&^several] = append(x.crowds[v&^several], x.entry(slot))
	default:
		at := uint32(len(x.crowds))
		if n := len(x.unused); n > 0 {
			at, x.unused = x.unused[n-1], x.unused[:n-1]
		} else {
			x.crowds = append(x.crowds, nil)
		}
		x.crowds[at] = []entry{x.entry(v), x.entry(slot)}
		x.posts.set(p, several|at)
	}
}

func (x *Index) leave(p post, slot uint32) {
	v, ok := x.posts.get(p)
	if !ok {
		return
	}
	if v&several == 0 {
		x.posts.remove(p)
		return
	}
	list := x.crowds[v&^several]
	if at := slices.IndexFunc(list, func(e entry) bool { return e.slot == slot }); at >= 0 {
		list[at] = list[len(list)-1]
		list = list[:len(list)-1]
	}
	x.crowds[v&^several] = list
	if len(list) == 1 {
		x.posts.set(p, list[0].slot)
		x.crowds[v&^several] = nil
		x.unused = append(x.unused, v&^several)
	}
}

func (x *Index) entry(slot uint32) entry {
	a := &x.about[slot]
	return entry{slot, uint16(a.land), short(a.from), short(a.to)}
}

// on are those that stand on a post. They are valid until the next change.
func (x *Index) on(p post, alone *[1]entry) []entry {
	v, ok := x.posts.get(p)
	switch {
	case !ok:
		return nil
	case v&several != 0:
		return x.crowds[v&^several]
	}
	alone[0] = x.entry(v)
	return alone[:]
}

// Silent calls each for every incident of which nothing was said since a time, with a card
// that is its own only until it returns.
func (x *Index) Silent(since int64, each func(*Card)) {
	var slots []uint32
	for h, list := range x.hours {
		if h > since/hour {
			continue
		}
		for _, slot := range list {
			if x.about[slot].last < since {
				slots = append(slots, slot)
			}
		}
	}
	slices.Sort(slots)
	x.lend(slots, each)
}

// land is the country of all places of an incident that have one, 0 where there is
// none, or more than one.
func (c *Card) land() uint32 {
	land := uint32(0)
	for i := range c.spots {
		switch s := &c.spots[i].v; {
		case s.country == "":
		case land != 0 && land != hash(s.country):
			return 0
		default:
			land = hash(s.country)
		}
	}
	return land
}

// settled tells whether a place is a town, or within one, and where that lies.
func (s *spot) settled() bool { return s.located && s.level == inTown }

// posts are where an incident is found, sorted, each once.
func (c *Card) posts() []post {
	c.whole()
	out := make([]post, 0, 96)
	for _, a := range c.articles {
		out = append(out, postOf(byArticle, 0, a))
	}
	if c.N == 0 { // found by its articles alone
		slices.Sort(out)
		return slices.Compact(out)
	}
	last := int32(math.MinInt32)
	for _, d := range c.known().dates {
		if d = stretchOf(d); d == last {
			continue
		}
		last = d
		for i := range c.spots {
			s := &c.spots[i].v
			switch {
			case s.country == "":
			case s.settled():
				out = append(out, postOf(byCountry, d, hash(s.country)))
			default:
				out = append(out, postOf(byRegion, d, hash(s.country)))
			}
			if s.settled() {
				out = append(out, postOf(bySquare, d, square(s.lat, s.lon)))
			}
		}
		for _, m := range c.derived.marks {
			out = append(out, postOf(m.by, d, m.what))
		}
		for _, list := range [][]counted[term]{c.places, c.terms} {
			for i := range list {
				if t := list[i].v; t.weight == 1 && !slices.Contains(c.derived.marks, t.mark()) {
					out = append(out, postOf(byName, d, t.word))
				}
			}
		}
	}
	for _, t := range c.texts {
		out = append(out, postOf(byText, 0, t))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Of are the incidents that have a report of an article, and perhaps, though
// hardly ever, others.
func (x *Index) Of(article string) []*Card {
	var alone [1]entry
	list := x.on(postOf(byArticle, 0, hash(article)), &alone)
	if len(list) == 0 {
		return nil
	}
	out := make([]*Card, len(list))
	for k, e := range list {
		out[k] = x.own(e.slot)
	}
	return out
}

func square(lat, lon float32) uint32 {
	return uint32(int32(lat+90)/2)<<16 | uint32(int32(lon+180)/2)
}

// surroundings are how many degrees from a town what may be told of for it lies at
// most: 100 km, as for namesakes, where degrees of longitude are short.
func surroundings(lat float32) (dy, dx float32) {
	if lat > 45 || lat < -45 {
		return .9, 1.8
	}
	return .9, .9
}

// surrounds tells whether one of two towns lies in the surroundings of the other.
func (s *spot) surrounds(o *spot) bool {
	dy, dx := surroundings(s.lat)
	return o.lat >= s.lat-dy && o.lat <= s.lat+dy && o.lon >= s.lon-dx && o.lon <= s.lon+dx
}

// around calls each for the squares in which the surroundings of a town lie.
func (s *spot) around(each func(uint32)) {
	dy, dx := surroundings(s.lat)
	for lat := int32(s.lat-dy+90) / 2; lat <= int32(s.lat+dy+90)/2; lat++ {
		for lon := int32(s.lon-dx+180) / 2; lon <= int32(s.lon+dx+180)/2; lon++ {
			each(uint32(lat)<<16 | uint32(lon))
		}
	}
}

// finder is one search. What it asks for is noted first, and looked up when all is known:
// so that it comes from memory at once.
type finder struct {
	x        *Index
	asks     []ask
	after    int64 // what was last told of before is passed over
	from, to int32 // days of which it must be
}

// ask is a post that a search looks at.
type ask struct {
	post post
	most int    // of what is more crowded nothing is looked at
	land uint32 // country of which it must be, if it is of one alone; 0: of any
	near *spot  // in the surroundings of which it must be, nil: anywhere
}

// sight is something that stands on a post.
type sight struct {
	slot uint32
	of   int32 // of the asks
}

// begin begins a search.
func (x *Index) begin(after int64) *finder {
	x.search++
	if x.search == 0 { // once in four billion
		for k := range x.about {
			x.about[k].stamp = 0
		}
		x.search = 1
	}
	f := &finder{x: x, asks: x.asks[:0], after: after, from: math.MinInt32, to: math.MaxInt32}
	x.asks = nil
	return f
}

func (f *finder) ask(p post, most int, land uint32, near *spot) {
	f.asks = append(f.asks, ask{p, most, land, near})
}

// come notes that a search came upon a slot, and tells whether for the first time.
func (f *finder) come(slot uint32) bool {
	a := &f.x.about[slot]
	was := a.stamp
	a.stamp = f.x.search
	return was != f.x.search
}

// find are the slots that a search comes upon, each once, after those of a list.
func (f *finder) find(slots []uint32) []uint32 {
	x := f.x
	from, to := short(f.from), short(f.to)
	sum := uint32(0)
	for k := range f.asks {
		sum += x.posts.approach(f.asks[k].post)
	}
	seen := x.seen[:0]
	for k := range f.asks {
		a := &f.asks[k]
		switch v, is := x.posts.get(a.post); {
		case !is:
		case v&several == 0:
			seen = append(seen, sight{v, int32(k)})
		default:
			list := x.crowds[v&^several]
			if len(list) > a.most {
				continue
			}
			for _, e := range list {
				if land := uint16(a.land); e.from <= to && e.to >= from && (land == 0 || e.land == 0 || e.land == land) {
					seen = append(seen, sight{e.slot, int32(k)})
				}
			}
		}
	}
	for _, s := range seen {
		sum += x.about[s.slot].stamp
	}
	x.read += sum
	for _, s := range seen {
		ask, a := &f.asks[s.of], &x.about[s.slot]
		if a.last <= f.after || a.from > f.to || a.to < f.from || ask.land != 0 && a.land != 0 && a.land != ask.land || ask.near != nil && a.beyond(ask.near) {
			continue
		}
		if f.come(s.slot) {
			slots = append(slots, s.slot)
		}
	}
	x.asks, x.seen = f.asks, seen
	return slots
}

const all = 1 << 30 // how many may stand on a post that always tells something

// place looks for incidents of some days at a place: of a town in its surroundings, and
// those of its country that are placed in no town; of what is no town in the whole
// country. Two that are placed in towns apart are found by their marks.
func (f *finder) place(s *spot, days int32) {
	if s.country != "" {
		f.ask(postOf(byRegion, days, hash(s.country)), all, 0, nil)
		if !s.settled() {
			f.ask(postOf(byCountry, days, hash(s.country)), all, 0, nil)
		}
	}
	if s.settled() {
		s.around(func(q uint32) { f.ask(postOf(bySquare, days, q), all, 0, s) })
	}
}

// mark looks for incidents of some days by a mark. A toll, or a word that others have,
// tells nothing of what is in another country.
func (f *finder) mark(m mark, days int32, land uint32) {
	if m.by == byTerm {
		land = 0
	}
	f.ask(postOf(m.by, days, m.what), crowded, land, nil)
}

// Near calls each for every incident that a report may be of, each once, with a card
// that is its own only until it returns.
func (x *Index) Near(p *Probe, each func(*Card)) {
	s := p.look()
	f := x.begin(math.MinInt64)
	if s.text != 0 {
		f.ask(postOf(byText, 0, s.text), all, 0, nil)
	}
	marks := s.marks
	land := uint32(0)
	if s.spot.country != "" {
		land = hash(s.spot.country)
	}
	first, last := s.days()
	f.from, f.to = first, last
	for d := stretchOf(first); d <= stretchOf(last); d++ {
		f.place(&s.spot, d)
		for _, m := range marks {
			f.mark(m, d, land)
		}
	}
	x.lend(f.find(nil), each)
}

// followDays is how many days after an incident what follows it is looked for by
// its place alone.
const followDays = 60

// mark is what a report and an incident must share that are not of one place: a toll,
// a name, a rare word.
type mark struct {
	by   byte
	what uint32
}

// Bounds of marks.
const (
	leastToll = 3  // a lower one tells nothing
	rareFrom  = .9 // weight of a word from which on it tells something
	maxRare   = 8  // words of an incident: those that most reports have
	maxMarked = 6  // places of an incident
)

func tollMark(m, n int) mark { return mark{byToll, uint32(m)<<24 ^ uint32(n)} }

func (t term) mark() mark {
	if t.weight < 1 {
		return mark{byWord, t.word}
	}
	return mark{byTerm, t.word}
}

// marks are those of an incident.
func (c *Card) marks() []mark {
	c.whole()
	var out []mark
	for m := range c.tolls {
		for _, t := range c.tolls[m] {
			if t.v >= leastToll {
				out = append(out, tollMark(m, int(t.v)))
			}
		}
	}
	n := 0
	for i := range c.places {
		if c.places[i].v.weight == 1 && n < maxMarked {
			out = append(out, mark{byTerm, c.places[i].v.word})
			n++
		}
	}
	var rare []counted[term]
	for i := range c.terms {
		if c.terms[i].v.weight >= rareFrom {
			rare = append(rare, c.terms[i])
		}
	}
	slices.SortFunc(rare, func(a, b counted[term]) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.v.word, b.v.word)) })
	for _, t := range rare[:min(len(rare), maxRare)] {
		out = append(out, t.v.mark())
	}
	return out
}

// derived is what follows from a card and is asked for often while it is compared.
type derived struct {
	marks []mark
	dates []int32
}

// known is what follows from a card. It is kept until a report is added.
func (c *Card) known() *derived {
	c.whole()
	if c.derived == nil {
		c.derived = &derived{marks: c.marks(), dates: c.dates()}
	}
	return c.derived
}

// markers are the marks of a report.
func (s *seen) markers() []mark {
	var out []mark
	for m, n := range s.tolls {
		if n >= leastToll {
			out = append(out, tollMark(m, n))
		}
	}
	for _, t := range s.places {
		if t.weight == 1 {
			out = append(out, mark{byTerm, t.word})
		}
	}
	for _, t := range s.terms {
		if t.weight >= rareFrom {
			out = append(out, t.mark())
		}
	}
	return out
}

// meet tells whether a report and an incident are found together by what they share
// beside a country and a spot.
func meet(s *seen, c *Card) bool {
	theirs := c.known().marks
	return slices.ContainsFunc(s.marks, func(m mark) bool { return slices.Contains(theirs, m) })
}

// dates are the days that an incident is found on: those of every window that Compare
// may take for its own, and, where none is dated, all on which it was told of.
func (c *Card) dates() []int32 {
	spans := []window{c.window()}
	for i := range c.windows {
		if int(c.windows[i].n)*3 >= c.N {
			spans = append(spans, c.windows[i].v)
		}
	}
	if len(c.windows) == 0 {
		spans = append(spans, window{from: c.First, to: c.Last})
	}
	var out []int32
	for _, w := range spans {
		first, last := days(w.from, w.to)
		for d := first; d <= last; d++ {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}
