package match

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math"
	"reflect"
	"strings"
	"sync"
)

// Stored is what is kept of an incident so that a start need not read it in full.
type Stored struct {
	ID      string
	Version int   // of the incident, as the card is of
	Card    *Card // nil for an incident that has no reports left
	Closed  bool  // the card has only what a closed incident needs
}

// cardMeaning is raised when a card comes to mean something else though its fields
// are the same: what was stored before is then made anew.
const cardMeaning = 2

// storedMagic begins every list of stored cards.
const storedMagic = "tcards"

// ErrStored is wrapped by DecodeStored's error when what it reads was written by
// another version of this program, or is damaged.
var ErrStored = errors.New("stored cards cannot be used")

// EncodeStored writes cards: a magic word, a fingerprint of what cards are in this
// version of the program, a check sum, and each card with the fields in a fixed
// order.
func EncodeStored(list []Stored) []byte {
	w := coder{buf: make([]byte, 0, 64+512*len(list))}
	w.buf = append(w.buf, storedMagic...)
	w.buf = binary.LittleEndian.AppendUint64(w.buf, fingerprint())
	w.buf = append(w.buf, 0, 0, 0, 0)
	body := len(w.buf)
	n := len(list)
	number(&w, &n)
	for k := range list {
		s := list[k]
		w.stored(&s)
	}
	binary.LittleEndian.PutUint32(w.buf[body-4:], crc32.ChecksumIEEE(w.buf[body:]))
	return w.buf
}

// DecodeStored reads what EncodeStored wrote. Its error wraps ErrStored.
func DecodeStored(data []byte) ([]Stored, error) {
	head := len(storedMagic) + 8 + 4
	switch {
	case len(data) < head || string(data[:len(storedMagic)]) != storedMagic:
		return nil, fmt.Errorf("%w: they are none", ErrStored)
	case binary.LittleEndian.Uint64(data[len(storedMagic):]) != fingerprint():
		return nil, fmt.Errorf("%w: another version of this program wrote them", ErrStored)
	case binary.LittleEndian.Uint32(data[head-4:]) != crc32.ChecksumIEEE(data[head:]):
		return nil, fmt.Errorf("%w: they are damaged", ErrStored)
	}
	return decodeStored(data[head:])
}

func decodeStored(body []byte) ([]Stored, error) {
	r := coder{buf: body, reading: true, words: map[string]string{}}
	var list []Stored
	sequence(&r, &list, func(s *Stored) { r.stored(s) })
	if r.bad || len(r.buf) > 0 {
		return nil, fmt.Errorf("%w: they are damaged", ErrStored)
	}
	return list, nil
}

// fingerprint tells apart versions of this program whose cards differ: by what a
// card has, by the weights of words that it was made with, and by cardMeaning.
var fingerprint = sync.OnceValue(func() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s ", cardMeaning, layout(reflect.TypeFor[Stored]()))
	h.Write([]byte(commonText))
	return h.Sum64()
})

// layout spells out a type with all that it is made of.
func layout(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return t.Kind().String() + " " + layout(t.Elem())
	case reflect.Array:
		return fmt.Sprint(t.Len()) + " " + layout(t.Elem())
	case reflect.Struct:
		var b strings.Builder
		b.WriteString("{")
		for i := range t.NumField() {
			b.WriteString(t.Field(i).Name + " " + layout(t.Field(i).Type) + ";")
		}
		b.WriteString("}")
		return b.String()
	}
	return t.Kind().String()
}

// coder reads or writes: one list of fields serves both ways, so that they cannot
// differ. What is read is bounded by what is there; where it does not fit, bad is
// set and the rest reads as nothing.
type coder struct {
	buf     []byte
	reading bool
	bad     bool
	words   map[string]string // read before: types, countries, kinds of places
}

func (c *coder) fail() {
	c.bad, c.buf = true, nil
}

func (c *coder) stored(s *Stored) {
	c.text(&s.ID)
	number(c, &s.Version)
	has := s.Card != nil
	c.flag(&has)
	c.flag(&s.Closed)
	if !has {
		return
	}
	if c.reading {
		s.Card = &Card{ID: s.ID}
	}
	c.card(s.Card)
}

// card has every field of a card but the id. TestStoredCardsAreWhole fails for one
// that is missing here.
func (c *coder) card(k *Card) {
	c.text(&k.Key)
	number(c, &k.First)
	span := k.Last - k.First
	number(c, &span)
	k.Last = k.First + span
	number(c, &k.N)
	for _, day := range []*int32{&k.scope.from, &k.scope.to, &k.scope.earliest, &k.scope.latest} {
		number(c, day)
	}
	c.hashes(&k.scope.texts)
	counts(c, &k.kinds, func(v *kind) { c.word(&v.typ); c.word(&v.sub); v.id = typeID(v.typ) })
	counts(c, &k.windows, func(v *window) {
		number(c, &v.from)
		span := v.to - v.from
		number(c, &span)
		v.to = v.from + span
		c.flag(&v.dated)
		c.flag(&v.hour)
	})
	counts(c, &k.spots, c.spot)
	counts(c, &k.sites, c.word)
	counts(c, &k.targets, func(v *target) { number(c, v) })
	for m := range k.tolls {
		counts(c, &k.tolls[m], func(v *int32) { number(c, v) })
		number(c, &k.top[m])
	}
	sequence(c, &k.actors, func(v *actor) { c.hash(&v.name); c.flag(&v.did) })
	c.terms(&k.terms)
	sequence(c, &k.heads, c.hash)
	number(c, &k.again)
	c.terms(&k.places)
	sequence(c, &k.outlets, c.hash)
	sequence(c, &k.texts, c.hash)
	sequence(c, &k.articles, c.hash)
}

func (c *coder) spot(v *spot) {
	c.word(&v.country)
	number(c, &v.level)
	number(c, &v.id)
	c.hashes(&v.names)
	sequence(c, &v.words, c.hash)
	c.flag(&v.located)
	if v.located {
		c.float(&v.lat)
		c.float(&v.lon)
		c.float(&v.radius)
	}
	c.flag(&v.moved)
	c.word(&v.site)
}

// terms are most of a card: five bytes each, where a word has the full weight.
func (c *coder) terms(list *[]counted[term]) {
	sequence(c, list, func(t *counted[term]) {
		c.hash(&t.v.word)
		n := uint32(t.n) << 1
		if t.v.weight != 1 {
			n |= 1
		}
		number(c, &n)
		t.n = uint16(n >> 1)
		if n&1 == 1 {
			c.float(&t.v.weight)
			if _, is := step(t.v.weight); !is {
				c.fail()
			}
		} else {
			t.v.weight = 1
		}
	})
}

type integer interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32
}

func number[T integer](c *coder, v *T) {
	if !c.reading {
		c.buf = binary.AppendVarint(c.buf, int64(*v))
		return
	}
	n, size := binary.Varint(c.buf)
	if size <= 0 || int64(T(n)) != n {
		c.fail()
		*v = 0
		return
	}
	*v, c.buf = T(n), c.buf[size:]
}

func sequence[T any](c *coder, list *[]T, each func(*T)) {
	n := len(*list)
	number(c, &n)
	if c.reading {
		if n < 0 || n > len(c.buf) { // each takes a byte at least
			c.fail()
			return
		}
		if n == 0 {
			*list = nil
			return
		}
		*list = make([]T, n)
	}
	for k := range *list {
		each(&(*list)[k])
	}
}

func counts[T any](c *coder, list *[]counted[T], each func(*T)) {
	sequence(c, list, func(x *counted[T]) {
		number(c, &x.n)
		each(&x.v)
	})
}

func (c *coder) flag(v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	number(c, &n)
	*v = n != 0
}

// hash is four bytes: a varint of one takes five.
func (c *coder) hash(v *uint32) {
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint32(c.buf, *v)
		return
	}
	if len(c.buf) < 4 {
		c.fail()
		*v = 0
		return
	}
	*v, c.buf = binary.LittleEndian.Uint32(c.buf), c.buf[4:]
}

// hashes are two of them in one number.
func (c *coder) hashes(v *uint64) {
	low, high := uint32(*v), uint32(*v>>32)
	c.hash(&low)
	c.hash(&high)
	*v = uint64(low) | uint64(high)<<32
}

func (c *coder) float(v *float32) {
	bits := math.Float32bits(*v)
	c.hash(&bits)
	*v = math.Float32frombits(bits)
}

func (c *coder) text(v *string) {
	if b, ok := c.bytes(*v); ok {
		*v = string(b)
	}
}

// word is a text that many cards have: it is in memory once.
func (c *coder) word(v *string) {
	b, ok := c.bytes(*v)
	if !ok {
		return
	}
	w, known := c.words[string(b)]
	if !known {
		w = string(b)
		c.words[w] = w
	}
	*v = w
}

// bytes writes s, or reads what is there for it.
func (c *coder) bytes(s string) (read []byte, ok bool) {
	n := len(s)
	number(c, &n)
	if !c.reading {
		c.buf = append(c.buf, s...)
		return nil, false
	}
	if n < 0 || n > len(c.buf) {
		c.fail()
		return nil, true
	}
	read, c.buf = c.buf[:n], c.buf[n:]
	return read, true
}
