package correlate

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tocsin/enrich"
)

// encoded is what a reading takes in JSON, as sizes counts it.
func encoded(t *testing.T, x *Reading) int {
	y := *x
	y.Match = nil
	n := 0
	for _, v := range []any{&y, &x.origin, x.figures, x.actors} {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		n += len(data)
	}
	return n
}

func (s sizes) sum() int { return s.own + s.figures + s.actors }

// stuff puts something into all that a value is made of, and calls each for every text in
// it, by its path.
func stuff(v reflect.Value, path string, each func(path string, text reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 12, 31, 23, 59, 59, 999999999, time.UTC)))
			return
		}
		for k := range v.NumField() {
			if f := v.Type().Field(k); f.IsExported() && f.Name != "Match" {
				stuff(v.Field(k), path+"."+f.Name, each)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		stuff(v.Elem(), path, each)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for k := range v.Len() {
			stuff(v.Index(k), path, each)
		}
	case reflect.Map:
		key, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString("killed")
		stuff(e, path, func(string, reflect.Value) {})
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, e)
	case reflect.String:
		v.SetString("x")
		each(path, v)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1_000_000)
	case reflect.Float64:
		v.SetFloat(-123.456789)
	default:
		panic("stuff: no value for " + v.Type().String())
	}
}

func TestSizesAreNoLessThanWhatIsEncoded(t *testing.T) {
	var x Reading
	texts := map[string][]reflect.Value{}
	see := func(path string, text reflect.Value) { texts[path] = append(texts[path], text) }
	stuff(reflect.ValueOf(&x).Elem(), "reading", see)
	stuff(reflect.ValueOf(&x.origin).Elem(), "origin", see)
	stuff(reflect.ValueOf(&x.figures).Elem(), "figure", see)
	stuff(reflect.ValueOf(&x.actors).Elem(), "actor", see)
	check := func(what string) {
		if got, want := x.sizes().sum(), encoded(t, &x); got < want {
			t.Errorf("%s: counted %d bytes, encoded %d", what, got, want)
		}
	}
	check("short texts")
	for path, list := range texts {
		for _, long := range []string{strings.Repeat("long ", 2000), strings.Repeat("\"\\\n\x01", 2000), strings.Repeat("день", 2000)} {
			for _, s := range list {
				s.SetString(long)
			}
			check(path)
			for _, s := range list {
				s.SetString("x")
			}
		}
	}
	if len(texts) < 60 {
		t.Errorf("only %d texts were found", len(texts))
	}
}

// What is counted is not much more: else a story would lose reports for which there is room.
func TestSizesAreNear(t *testing.T) {
	for _, s := range []string{"Bomb kills nine in Mosul market", "Gunmen kill 3"} {
		r := readingOf(&enrich.Report{ID: "rep-" + strings.Repeat("0", 26), Type: "bombing", Role: enrich.Main, Outcome: "carried_out", Source: enrich.Source{ID: "art-" + strings.Repeat("0", 26), Edition: 1, Feed: "feed", Outlet: "Outlet", URL: "https://outlet.invalid/news/1", Title: s},
			Place: &enrich.Place{Name: "Mosul", Country: "IQ", Precision: "settlement"}, Terms: strings.Fields(s)})
		if got, want := r.sizes().sum(), encoded(t, &r); got < want || got > want*3/2+200 {
			t.Errorf("%q: counted %d bytes, encoded %d", s, got, want)
		}
	}
}
