package match

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"tocsin/enrich"
)

// fill gives every field of v, however deep, a value of its own that is not zero.
func fill(r *rand.Rand, v reflect.Value) {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // fields that are not exported, too
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[kind]() {
			v.Set(reflect.ValueOf(newKind(fmt.Sprintf("type %d", r.IntN(50)), fmt.Sprintf("text %d", r.IntN(50)))))
			return
		}
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+r.IntN(4), 8))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*derived]() {
			return // follows from the rest
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", r.IntN(50)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(steps()[r.IntN(len(steps()))])) // words have no other weights
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1 + r.Int64N(100))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1 + r.Uint64N(100))
	default:
		panic("fill: no value for " + v.Type().String())
	}
}

func TestPackedCardsAreWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var n names
	var room []uint32
	got := &Card{}
	for range 20 {
		var want Card
		fill(r, reflect.ValueOf(&want).Elem())
		want.rest = rest{}
		p := want.pack(&n, &room)
		p.unpack(&n, got)
		got.whole()
		if !slices.Equal(got.derived.marks, want.marks()) || !slices.Equal(got.derived.dates, want.dates()) {
			t.Errorf("marks %v, dates %v; want %v, %v", got.derived.marks, got.derived.dates, want.marks(), want.dates())
		}
		have := *got
		have.derived, want.derived = nil, nil
		if !reflect.DeepEqual(have, want) {
			t.Fatalf("unpacked %+v\npacked %+v", have, want)
		}
	}
}

func TestStoredCardsAreWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var list []Stored
	for range 20 {
		var s Stored
		fill(r, reflect.ValueOf(&s).Elem())
		s.Card.ID, s.Card.rest = s.ID, rest{} // nothing is packed of what is stored
		list = append(list, s)
	}
	list = append(list, Stored{ID: "inc-merged-away", Version: 7}, Stored{ID: "inc-new", Version: 1, Card: NewCard("inc-new")})
	shut := cardOfReports("inc-closed", 5)
	shut.Close()
	list = append(list, Stored{ID: "inc-closed", Version: 5, Card: shut, Closed: true})
	got, err := DecodeStored(EncodeStored(list))
	if err != nil {
		t.Fatal(err)
	}
	for k := range list {
		if !reflect.DeepEqual(got[k], list[k]) {
			t.Errorf("card %d reads otherwise than it was: a field is missing in (*coder).card\n got %+v %+v\nwant %+v %+v", k, got[k], got[k].Card, list[k], list[k].Card)
		}
	}
	if empty, err := DecodeStored(EncodeStored(nil)); err != nil || len(empty) != 0 {
		t.Errorf("no cards = %v, %v", empty, err)
	}
}

// cardOfReports is a card as reports make it.
func cardOfReports(id string, n int) *Card {
	c := NewCard(id)
	at := time.Date(2026, 3, 14, 9, 0, 0, 0, time.UTC)
	lat, lon := 36.34, 43.13
	for k := range n {
		killed := 3 + k
		c.Add(&Probe{
			Key: fmt.Sprintf("rep-%d", k), Article: fmt.Sprintf("art-%d", k), Outlet: fmt.Sprint("outlet", k), Text: fmt.Sprintf("art-%d", k), At: at.Add(time.Duration(k) * time.Hour),
			Type: "bombing", Subtype: "car_bomb", Occurred: &enrich.Occurred{Earliest: &at, Precision: "day"},
			Place:  &enrich.Place{Name: "Zanjili market", Admin: "Mosul", Country: "IQ", Precision: "exact", SiteKind: "market", Lat: &lat, Lon: &lon, Radius: 500},
			Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed}},
			Actors: []enrich.Actor{{Name: "Islamic State", Role: "claimed"}}, Terms: []string{"zanjili", "market", "shopkeepers", fmt.Sprint("word", k)}, Places: []string{"!mosul", "~nineveh"},
		})
	}
	return c
}

func TestStoredCardsOfReports(t *testing.T) {
	want := cardOfReports("inc-1", 12)
	data := EncodeStored([]Stored{{ID: "inc-1", Version: 12, Card: want}})
	got, err := DecodeStored(data)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got[0].Card, want) {
		t.Errorf("the card reads otherwise than it was\n got %+v\nwant %+v", got[0].Card, want)
	}
	if a, b := got[0].Card.posts(), want.posts(); !slices.Equal(a, b) {
		t.Errorf("it is found at %v, want %v", a, b)
	}
	if !slices.Equal(data, EncodeStored(got)) {
		t.Error("written again it is another text")
	}
}

func TestWhatIsNoStoredCardIsRefused(t *testing.T) {
	good := EncodeStored([]Stored{{ID: "inc-1", Version: 2, Card: cardOfReports("inc-1", 3)}})
	change := func(f func([]byte) []byte) []byte { return f(slices.Clone(good)) }
	for _, tt := range []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"another text", []byte("{\"schema\":\"tocsin.incident/1\"}")},
		{"cut off in the head", good[:9]},
		{"cut off in a card", good[:len(good)-3]},
		{"one bit is wrong", change(func(b []byte) []byte { b[len(b)/2] ^= 4; return b })},
		{"more behind it", change(func(b []byte) []byte { return append(b, 0) })},
		{"of another program", change(func(b []byte) []byte { b[len(storedMagic)]++; return b })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if list, err := DecodeStored(tt.data); !errors.Is(err, ErrStored) {
				t.Errorf("DecodeStored = %v, %v; want ErrStored", list, err)
			}
		})
	}
}

// FuzzDecodeStored hands on what a check sum would have caught: it must not break
// the reader all the same, nor take more memory than it has bytes for.
func FuzzDecodeStored(f *testing.F) {
	head := len(storedMagic) + 12
	f.Add(EncodeStored(nil)[head:])
	f.Add(EncodeStored([]Stored{{ID: "inc-1", Version: 2, Card: cardOfReports("inc-1", 3)}, {ID: "inc-2", Version: 9}})[head:])
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := decodeStored(body)
		if err != nil {
			if !errors.Is(err, ErrStored) {
				t.Fatalf("the error is %v, want one that wraps ErrStored", err)
			}
			return
		}
		again, err := DecodeStored(EncodeStored(list))
		if err != nil {
			t.Fatalf("what was read cannot be written and read again: %v", err)
		}
		if len(again) != len(list) {
			t.Fatalf("%d cards were read, %d after they were written again", len(list), len(again))
		}
		data := append([]byte(storedMagic), binary.LittleEndian.AppendUint64(nil, fingerprint())...)
		data = binary.LittleEndian.AppendUint32(data, crc32.ChecksumIEEE(body))
		if _, err := DecodeStored(append(data, body...)); err != nil {
			t.Fatalf("with a head it is refused: %v", err)
		}
	})
}

func BenchmarkStored(b *testing.B) {
	var list []Stored
	for k := range 256 {
		list = append(list, Stored{ID: fmt.Sprint("inc-", k), Version: 3, Card: cardOfReports(fmt.Sprint("inc-", k), 3)})
	}
	data := EncodeStored(list)
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			EncodeStored(list)
		}
		b.ReportMetric(float64(len(data))/256, "B/card")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := DecodeStored(data); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/card")
	})
}

// What is added to a clone is not in the card.
func TestACloneIsACardOfItsOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewCard("inc-1")
		for k := range rapid.IntRange(1, 5).Draw(t, "reports") {
			c.Add(anyProbe(t, fmt.Sprint(k)))
		}
		was := EncodeStored([]Stored{{ID: "inc-1", Card: c}})
		d := c.Clone()
		if got := EncodeStored([]Stored{{ID: "inc-1", Card: d}}); !bytes.Equal(got, was) {
			t.Fatal("a clone is another card")
		}
		for k := range 3 {
			d.Add(anyProbe(t, fmt.Sprint("x", k)))
		}
		d.Close()
		if got := EncodeStored([]Stored{{ID: "inc-1", Card: c}}); !bytes.Equal(got, was) {
			t.Fatal("what is added to a clone changes the card")
		}
	})
}
