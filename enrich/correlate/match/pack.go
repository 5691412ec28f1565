package match

import (
	"math"
	"slices"
	"sync"
)

// packed is a card as an index keeps it: in one piece. A search compares a report with
// dozens of cards out of a hundred thousand, and what that costs is to reach them in
// memory: a card that lies in a dozen places takes ten times as long as one that lies in
// one. What a card says that is no number stands in the index's list of names.
//
// First stands what most incidents differ in from a report: where, when, what and how many.
// Their words, which are most of it, come after that, and are read where it is not clear
// without them, see Reaches.
type packed struct {
	id, key string
	data    []uint32
	front   uint32 // how many of them stand before the words
}

// names are texts that many cards have: types, countries, kinds of places.
type names struct {
	list []string
	ids  map[string]uint32
}

func (n *names) id(s string) uint32 {
	if k, is := n.ids[s]; is {
		return k
	}
	if n.ids == nil {
		n.ids = map[string]uint32{}
	}
	k := uint32(len(n.list))
	n.list, n.ids[s] = append(n.list, s), k
	return k
}

// ofWide is the weight of the name of a place that holds much.
const ofWide = 0.35

// steps are all weights that a word may have.
var steps = sync.OnceValue(func() []float32 {
	list := []float32{1, ofWide}
	for _, w := range common() {
		list = append(list, w)
	}
	slices.Sort(list)
	return slices.Compact(list)
})

// step is the place of a weight among steps.
func step(weight float32) (k int, is bool) { return slices.BinarySearch(steps(), weight) }

// packer writes one card.
type packer struct {
	names *names
	data  []uint32
}

func (p *packer) put(v ...uint32) { p.data = append(p.data, v...) }

func (p *packer) long(v int64) { p.put(uint32(v), uint32(v>>32)) }

// pair puts two numbers below 65,536 into one.
func pair(a uint16, b uint32) uint32 { return uint32(a)<<16 | b }

// pack writes a card. room is where it is written before its length is known.
func (c *Card) pack(n *names, room *[]uint32) packed {
	p := packer{names: n, data: (*room)[:0]}
	p.put(uint32(c.N), uint32(c.again))
	p.long(c.First)
	p.long(c.Last)
	p.put(uint32(c.scope.from), uint32(c.scope.to), uint32(c.scope.earliest), uint32(c.scope.latest))
	p.long(int64(c.scope.texts))
	p.said(c)
	p.put(uint32(len(c.kinds)))
	for i := range c.kinds {
		k := &c.kinds[i]
		p.put(pair(k.n, uint32(k.v.id)), n.id(k.v.typ), n.id(k.v.sub))
	}
	p.put(uint32(len(c.windows)))
	for i := range c.windows {
		w := &c.windows[i]
		p.put(pair(w.n, bit(w.v.dated, 0)|bit(w.v.hour, 1)))
		p.long(w.v.from)
		p.long(w.v.to)
	}
	p.put(uint32(len(c.spots)))
	for i := range c.spots {
		s := &c.spots[i].v
		p.put(pair(c.spots[i].n, uint32(s.level)<<8|bit(s.located, 0)|bit(s.moved, 1)), uint32(len(s.words)), n.id(s.country), n.id(s.site), uint32(s.id), s.own(), s.town(),
			math.Float32bits(s.lat), math.Float32bits(s.lon), math.Float32bits(s.radius))
		p.put(s.words...)
	}
	p.put(uint32(len(c.sites)))
	for i := range c.sites {
		p.put(uint32(c.sites[i].n), n.id(c.sites[i].v))
	}
	p.put(uint32(len(c.targets)))
	for i := range c.targets {
		p.put(uint32(c.targets[i].n), uint32(c.targets[i].v))
	}
	for m := range c.tolls {
		p.put(uint32(c.top[m]), uint32(len(c.tolls[m])))
		for i := range c.tolls[m] {
			p.put(uint32(c.tolls[m][i].n), uint32(c.tolls[m][i].v))
		}
	}
	p.put(uint32(len(c.actors)))
	for _, a := range c.actors {
		p.put(a.name, bit(a.did, 0))
	}
	p.terms(c.places)
	p.list(c.outlets)
	p.list(c.texts)
	front := len(p.data)
	p.terms(c.terms)
	p.list(c.heads)
	p.list(c.articles)
	d := c.known()
	p.put(uint32(len(d.marks)))
	for _, m := range d.marks {
		p.put(uint32(m.by), m.what)
	}
	p.put(uint32(len(d.dates)))
	for _, day := range d.dates {
		p.put(uint32(day))
	}
	*room = p.data
	return packed{id: c.ID, key: c.Key, data: slices.Clone(p.data), front: uint32(front)}
}

func (p *packer) list(list []uint32) {
	p.put(uint32(len(list)))
	p.put(list...)
}

// said puts what the words of a card come to.
func (p *packer) said(c *Card) {
	var f filter
	var sum float32
	for i := range c.terms {
		f.add(c.terms[i].v.word)
		sum += c.terms[i].v.weight
	}
	for _, word := range c.heads {
		f.add(word)
	}
	p.put(f[:]...)
	p.put(math.Float32bits(sum))
}

// filter has a bit for each of some words; others may have the same.
type filter [8]uint32

func (f *filter) add(word uint32) { f[word>>5&7] |= 1 << (word & 31) }

// has tells whether a word may be one of them; false is sure.
func (f *filter) has(word uint32) bool { return f[word>>5&7]&(1<<(word&31)) != 0 }

func (p *packer) terms(list []counted[term]) {
	p.put(uint32(len(list)))
	for i := range list {
		t := &list[i]
		k, _ := step(t.v.weight)
		p.put(t.v.word, pair(t.n, uint32(k)))
	}
}

func bit(is bool, at int) uint32 {
	if is {
		return 1 << at
	}
	return 0
}

// unpacker reads what a packer wrote.
type unpacker struct {
	names []string
	data  []uint32
}

func (u *unpacker) next() uint32 {
	v := u.data[0]
	u.data = u.data[1:]
	return v
}

func (u *unpacker) long() int64 {
	v := int64(u.data[0]) | int64(u.data[1])<<32
	u.data = u.data[2:]
	return v
}

// numbers are a list of them where it stands: it is never written to.
func (u *unpacker) numbers(n int) []uint32 {
	list := u.data[:n:n]
	u.data = u.data[n:]
	return list
}

// unpack reads a card into one whose lists may be written over, but for its words, see
// whole. Lists of plain numbers remain those of the packed one.
func (p *packed) unpack(n *names, c *Card) {
	u := unpacker{names: n.list, data: p.data}
	c.ID, c.Key = p.id, p.key
	c.N, c.again = int(u.next()), int32(u.next())
	c.First, c.Last = u.long(), u.long()
	c.scope = scope{int32(u.next()), int32(u.next()), int32(u.next()), int32(u.next()), uint64(u.long())}
	copy(c.rest.filter[:], u.numbers(len(c.rest.filter)))
	c.rest.weight = math.Float32frombits(u.next())
	c.kinds = room(c.kinds, u.next())
	for i := range c.kinds {
		v := u.next()
		c.kinds[i] = counted[kind]{kind{id: uint8(v), typ: u.names[u.next()], sub: u.names[u.next()]}, uint16(v >> 16)}
	}
	c.windows = room(c.windows, u.next())
	for i := range c.windows {
		v := u.next()
		c.windows[i] = counted[window]{window{dated: v&1 != 0, hour: v&2 != 0, from: u.long(), to: u.long()}, uint16(v >> 16)}
	}
	c.spots = room(c.spots, u.next())
	for i := range c.spots {
		v, words := u.next(), int(u.next())
		c.spots[i] = counted[spot]{spot{level: level(v >> 8 & 0xff), located: v&1 != 0, moved: v&2 != 0, country: u.names[u.next()], site: u.names[u.next()], id: int(int32(u.next())),
			names: uint64(u.next()) | uint64(u.next())<<32, lat: math.Float32frombits(u.next()), lon: math.Float32frombits(u.next()), radius: math.Float32frombits(u.next()), words: u.numbers(words)}, uint16(v >> 16)}
	}
	c.sites = room(c.sites, u.next())
	for i := range c.sites {
		c.sites[i].n, c.sites[i].v = uint16(u.next()), u.names[u.next()]
	}
	c.targets = room(c.targets, u.next())
	for i := range c.targets {
		c.targets[i].n, c.targets[i].v = uint16(u.next()), target(u.next())
	}
	for m := range c.tolls {
		c.top[m] = int32(u.next())
		c.tolls[m] = room(c.tolls[m], u.next())
		for i := range c.tolls[m] {
			c.tolls[m][i].n, c.tolls[m][i].v = uint16(u.next()), int32(u.next())
		}
	}
	c.actors = room(c.actors, u.next())
	for i := range c.actors {
		c.actors[i] = actor{name: u.next(), did: u.next() != 0}
	}
	c.places = u.terms(c.places)
	c.outlets = u.numbers(int(u.next()))
	c.texts = u.numbers(int(u.next()))
	c.rest.data = u.data
}

// rest is what is still packed of a card that an index lends, and what is known of it.
type rest struct {
	data   []uint32 // nil: nothing is
	filter filter   // of the words
	weight float32  // of those that are no headline's
}

// whole unpacks what is still packed of a card.
func (c *Card) whole() {
	if c.rest.data == nil {
		return
	}
	u := unpacker{data: c.rest.data}
	c.rest = rest{}
	c.terms = u.terms(c.terms)
	c.heads = u.numbers(int(u.next()))
	c.articles = u.numbers(int(u.next()))
	if c.derived == nil {
		c.derived = &derived{}
	}
	c.derived.marks = room(c.derived.marks, u.next())
	for i := range c.derived.marks {
		c.derived.marks[i] = mark{by: byte(u.next()), what: u.next()}
	}
	c.derived.dates = room(c.derived.dates, u.next())
	for i := range c.derived.dates {
		c.derived.dates[i] = int32(u.next())
	}
}

// room is a list of so many, in the place of another.
func room[T any](list []T, n uint32) []T {
	if int(n) <= cap(list) {
		return list[:n]
	}
	return make([]T, n)
}

func (u *unpacker) terms(list []counted[term]) []counted[term] {
	list = room(list, u.next())
	weights := steps()
	data := u.data[:2*len(list)]
	for i := range list {
		v := data[2*i+1]
		list[i] = counted[term]{term{data[2*i], weights[v&0xffff]}, uint16(v >> 16)}
	}
	u.data = u.data[2*len(list):]
	return list
}
