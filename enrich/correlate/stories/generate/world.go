package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// town is a real place where invented things happen.
type town struct {
	name, alt   string // alt is another spelling, empty where it has none
	country     *country
	kind        string // city or town
	desc        string // "northern Iraqi"
	region      string // "northern Iraq"
	admin       string // "Kirkuk province"
	lat, lon    float64
	nearby      string // another town, less than 50 km away; empty where none is known
	nearbyKm    string
	nearbyWhere string // its direction
	capital     bool
}

// country is what an article may need to know of one.
type country struct {
	code, name, adj string
	zone            *time.Location
	names           *names
	police, army    string
	leader, speaker string
	american        bool
	groups          []string
	calm            bool // attacks are rare there: articles say other things
}

// names are those that people of one country have.
type names struct {
	men, women, families []string
	ending               string // what a woman's family name ends with beside a man's
}

func (n *names) man(r *random) string { return pick(r, n.men) + " " + pick(r, n.families) }
func (n *names) woman(r *random) string {
	return pick(r, n.women) + " " + pick(r, n.families) + n.ending
}

var (
	//go:embed towns.txt
	townTable string
	//go:embed countries.txt
	countryTable string
	//go:embed names.txt
	nameTable string
	//go:embed methods.txt
	methodTable string
	//go:embed phrases.txt
	phraseTable string
)

var capitals = map[string]bool{"Sanaa": true, "Tunis": true, "Dhaka": true, "Nairobi": true, "Bamako": true, "N'Djamena": true,
	"Niamey": true, "Ouagadougou": true, "Port-au-Prince": true}

var calm = map[string]bool{"FR": true, "DE": true, "GB": true, "SE": true, "GR": true}

// world is all that the tables say.
type world struct {
	towns    map[string]*town
	ordered  []*town // as in the table
	methods  map[string]*method
	phrases  pools
	reserved map[string][]time.Time // town → days on which something happens there
}

// rows yields the cells of a table's lines.
func rows(table, sep string) [][]string {
	var out [][]string
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		out = append(out, strings.Split(line, sep))
	}
	return out
}

// loadWorld reads the tables; they are part of the program, so a mistake in them
// is one of ours.
func loadWorld() (*world, error) {
	people := map[string]*names{}
	for _, f := range rows(nameTable, "|") {
		if len(f) != 4 {
			return nil, fmt.Errorf("names.txt: %q has %d cells, want 4", f[0], len(f))
		}
		people[f[0]] = &names{men: strings.Split(f[1], ","), women: strings.Split(f[2], ","), families: strings.Split(f[3], ",")}
		if f[0] == "russian" {
			people[f[0]].ending = "a"
		}
	}
	countries := map[string]*country{}
	for _, f := range rows(countryTable, "|") {
		if len(f) != 11 || people[f[4]] == nil {
			return nil, fmt.Errorf("countries.txt: %s has %d cells, want 11, and names %q must be known", f[0], len(f), f[4])
		}
		minutes, err := strconv.Atoi(f[3])
		if err != nil {
			return nil, fmt.Errorf("countries.txt: %s: %w", f[0], err)
		}
		c := &country{code: f[0], name: f[1], adj: f[2], zone: time.FixedZone(f[0], 60*minutes), names: people[f[4]],
			police: f[5], army: f[6], leader: f[7], speaker: f[8], american: f[9] == "us", calm: calm[f[0]]}
		if f[10] != "" {
			c.groups = strings.Split(f[10], ";")
		}
		countries[f[0]] = c
	}
	w := &world{towns: map[string]*town{}, reserved: map[string][]time.Time{}}
	for _, f := range rows(townTable, "|") {
		if len(f) != 12 || countries[f[2]] == nil {
			return nil, fmt.Errorf("towns.txt: %s has %d cells, want 12, and its country must be known", f[0], len(f))
		}
		lat, err := strconv.ParseFloat(f[7], 64)
		if err != nil {
			return nil, fmt.Errorf("towns.txt: %s: %w", f[0], err)
		}
		lon, err := strconv.ParseFloat(f[8], 64)
		if err != nil {
			return nil, fmt.Errorf("towns.txt: %s: %w", f[0], err)
		}
		t := &town{name: f[0], alt: f[1], country: countries[f[2]], kind: f[3], desc: f[4], region: f[5], admin: f[6], lat: lat, lon: lon,
			nearby: f[9], nearbyKm: f[10], nearbyWhere: f[11], capital: capitals[f[0]]}
		w.towns[t.name] = t
		w.ordered = append(w.ordered, t)
	}
	var err error
	if w.methods, err = loadMethods(methodTable); err != nil {
		return nil, err
	}
	w.phrases, err = loadPools(phraseTable)
	return w, err
}

// neighbour is the town near t, told as a place of its own.
func (t *town) neighbour() *town {
	n := *t
	n.name, n.alt, n.kind, n.capital = t.nearby, "", "town", false
	n.nearby, n.nearbyKm = t.name, t.nearbyKm
	n.nearbyWhere = map[string]string{"north": "south", "northeast": "southwest", "east": "west", "southeast": "northwest", "south": "north",
		"southwest": "northeast", "west": "east", "northwest": "southeast"}[t.nearbyWhere]
	return &n
}

// group is one that claims attacks there; empty where none does. Those of
// Balochistan claim none elsewhere in Pakistan.
func (t *town) group(r *random) string {
	groups := t.country.groups
	switch {
	case len(groups) == 0:
		return ""
	case t.country.code == "PK" && t.admin == "Balochistan":
		return groups[1]
	case t.country.code == "PK":
		return groups[0]
	}
	return pick(r, groups)
}

// apart is how long two stories of one town must be apart, so that what an article
// of one says cannot be taken for the other.
const apart = 15 * 24 * time.Hour

// free reports whether nothing happens in a town around a time.
func (w *world) free(t *town, at time.Time) bool {
	for _, had := range w.reserved[t.name] {
		if d := at.Sub(had); d < apart && d > -apart {
			return false
		}
	}
	return true
}

// reserve takes a town for a time; it is a mistake of a plot if it is taken.
func (w *world) reserve(t *town, at time.Time) error {
	if !w.free(t, at) {
		return fmt.Errorf("two stories happen in %s within %v", t.name, apart)
	}
	w.reserved[t.name] = append(w.reserved[t.name], at)
	return nil
}
