package main

import (
	"fmt"
	"slices"
	"strings"
)

// pools are ways to say things, by what they say.
type pools map[string][]phrase

// phrase is one way to say something.
type phrase struct {
	conds []string // that must hold; see teller.holds
	text  string
}

func loadPools(table string) (pools, error) {
	p := pools{}
	name := ""
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if after, ok := strings.CutPrefix(line, "== "); ok {
			name = after
			if p[name] != nil {
				return nil, fmt.Errorf("section %q is there twice", name)
			}
			continue
		}
		var ph phrase
		for strings.HasPrefix(line, "@") {
			cond, rest, _ := strings.Cut(line, " ")
			if !isCondition(cond[1:]) {
				return nil, fmt.Errorf("section %q: unknown condition %q", name, cond)
			}
			ph.conds = append(ph.conds, cond[1:])
			line = rest
		}
		ph.text = line
		p[name] = append(p[name], ph)
	}
	return p, nil
}

// isCondition reports whether a phrase may ask for it: one of conditions, a method
// or its family, a word in the name of the place.
func isCondition(s string) bool {
	if strings.HasPrefix(s, "site:") || slices.Contains(conditions, s) || families[s] != "" {
		return true
	}
	for _, f := range families {
		if f == s {
			return true
		}
	}
	return false
}

// of is the pool of a method, else of its family, else the one for all.
func (p pools) of(pool string, m *method) []phrase {
	for _, name := range []string{pool + " " + m.name, pool + " " + m.family} {
		if list := p[name]; list != nil {
			return list
		}
	}
	return p[pool]
}

// method is how something is done to people: with a bomb, by gunmen …
type method struct {
	name   string
	sites  []site
	in     string // the preposition of its place
	family string // whose scenes and quotes it shares
	parts  pools  // event noun refdef ref hn deed device
}

// site is where it is done.
type site struct {
	one    string // "a crowded vegetable market"
	the    string // "the market"
	head   string // "market", for headlines
	people string // who is hit: "shoppers"
}

var families = map[string]string{"bomb": "bombs", "suicide": "bombs", "carbomb": "bombs", "roadside": "bombs", "grenade": "bombs", "blast": "bombs",
	"shooting": "guns", "raid": "guns", "ambush": "guns", "drone": "sky", "airstrike": "sky", "shelling": "sky", "missile": "sky",
	"kidnap": "kidnap", "hostage": "hostage", "stabbing": "stabbing", "killing": "killing", "scare": "scare", "plot": "plot"}

func loadMethods(table string) (map[string]*method, error) {
	p, err := loadPools(table)
	if err != nil {
		return nil, fmt.Errorf("methods.txt: %w", err)
	}
	out := map[string]*method{}
	for name, list := range p {
		m, part, _ := strings.Cut(name, " ")
		if families[m] == "" {
			return nil, fmt.Errorf("methods.txt: method %q has no family", m)
		}
		if out[m] == nil {
			out[m] = &method{name: m, family: families[m], parts: pools{}}
		}
		switch part {
		case "sites":
			for _, ph := range list {
				f := strings.Split(ph.text, "|")
				if len(f) != 4 {
					return nil, fmt.Errorf("methods.txt: site %q has %d cells, want 4", ph.text, len(f))
				}
				out[m].sites = append(out[m].sites, site{f[0], f[1], f[2], f[3]})
			}
		case "in":
			out[m].in = list[0].text
		default:
			out[m].parts[part] = list
		}
	}
	return out, nil
}
