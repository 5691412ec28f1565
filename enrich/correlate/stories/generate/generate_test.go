package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/enrich/correlate/stories"
	"tocsin/enrich/gazetteer"
)

// TestCommitted: who changes a phrase sees in git what becomes of the stories.
func TestCommitted(t *testing.T) {
	files, err := compose(seed)
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../generated/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		base := filepath.Base(name)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if want := files[base]; !bytes.Equal(want, data) {
			t.Errorf("%s is not what the generator makes: go generate ./enrich/correlate/stories\n%s", name, cmp.Diff(string(want), string(data)))
		}
		delete(files, base)
	}
	for name := range files {
		t.Errorf("../generated/%s is missing: go generate ./enrich/correlate/stories", name)
	}
}

// TestSeeds: plots hold whatever numbers they draw.
func TestSeeds(t *testing.T) {
	for from := uint64(1); from <= 12; from++ {
		files, err := compose(from)
		if err != nil {
			t.Errorf("seed %d: %v", from, err)
			continue
		}
		for name, data := range files {
			if _, err := stories.Parse(name, data); err != nil {
				t.Errorf("seed %d: %v", from, err)
			}
		}
	}
}

// TestSizes: what the collection promises.
func TestSizes(t *testing.T) {
	list := composed(t)
	articles, teasers := 0, 0
	for _, s := range list {
		articles += len(s.Articles)
		for _, a := range s.Articles {
			if !strings.Contains(a.Text, "\n\n") {
				teasers++
			}
		}
	}
	if len(list) < 40 || articles < 400 || 3*teasers < articles {
		t.Errorf("%d stories, %d articles, %d of one paragraph; want 40, 400, a third", len(list), articles, teasers)
	}
}

func composed(t *testing.T) []stories.Story {
	t.Helper()
	files, err := compose(seed)
	if err != nil {
		t.Fatal(err)
	}
	var list []stories.Story
	for name, data := range files {
		s, err := stories.Parse(name, data)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	return list
}

var sentenceEnd = regexp.MustCompile(`[.!?]"?\s+`)

// TestNoTwins: an article of a story repeats no long sentence of another one but
// what both take from an agency.
func TestNoTwins(t *testing.T) {
	for _, s := range composed(t) {
		had := map[string]string{}
		for _, a := range s.Articles {
			if strings.Contains(a.Text, "(Reuters)") {
				continue
			}
			for _, line := range sentenceEnd.Split(a.Text, -1) {
				if len(strings.Fields(line)) < 8 {
					continue
				}
				if other := had[line]; other != "" {
					t.Errorf("%s and %s both say: %s", other, a.Key(), line)
				}
				had[line] = a.Key().String()
			}
		}
	}
}

// slips are what wrong slots and phrases look like in a text.
var slips = []*regexp.Regexp{
	regexp.MustCompile(`[{}\[\]|@]`), regexp.MustCompile(` [,.;:]`), regexp.MustCompile(`[,.][,]`), regexp.MustCompile(`  `), regexp.MustCompile(`\(n\)`),
	regexp.MustCompile(`\b[Aa] [aeio]`), regexp.MustCompile(`\b[Aa]n [bcdfgjklmnpqrstvwxyz]`), regexp.MustCompile(`\bone (people|others|soldiers|passengers)`),
	regexp.MustCompile(`\b(the|in|a|near|at|was|were) (in|near|at|and|was|were|said) (the|in|of|near|at|on)\b`),
	regexp.MustCompile(`\b(the the|a a|in in|on on|of of|near near|at at|said said|were were|that that|people people)\b`),
	regexp.MustCompile(`\n\n[a-z]`), regexp.MustCompile(`[a-z]\. [a-z]`), regexp.MustCompile(`[^.!?"):gt]$`),
}

func TestGrammar(t *testing.T) {
	for _, s := range composed(t) {
		for _, a := range s.Articles {
			for _, slip := range slips {
				if at := slip.FindStringIndex(a.Text); at != nil {
					t.Errorf("%s: %s in %q", a.Key(), slip, a.Text[max(0, at[0]-40):min(len(a.Text), at[1]+40)])
				}
			}
			if strings.Count(a.Text, `"`)%2 != 0 {
				t.Errorf("%s: a quotation does not end", a.Key())
			}
		}
	}
}

// TestPhrases fills every phrase, also those that no story happened to use.
func TestPhrases(t *testing.T) {
	w, err := loadWorld()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range w.methods {
		s := &story{w: w, r: newRandom(1, m.name), name: m.name, start: epoch, home: w.towns["Kirkuk"], outlets: map[role]*outlet{}, used: map[string]bool{}, people: map[string]bool{}, claimed: map[*incident]bool{}}
		i := s.incident(m.name, s.home, 0)
		for pool, list := range w.phrases {
			if _, of, special := strings.Cut(pool, " "); special && of != m.name && of != m.family {
				continue
			}
			for _, ph := range list {
				p := plan{i: i, t: toll{killed: exactly(9), injured: exactly(12), taken: exactly(30)}, prev: exactly(4), prevTaken: exactly(20), suspects: 2, freed: 3, wrong: w.towns["Basra"]}
				c := s.teller(&p, s.outlet(wire, s.home), epoch.Add(24*time.Hour))
				c.aside, c.asideThe, c.gap, c.gapSpan, c.total = "a raid", "the raid", "a day", "two days", 20
				text := c.fill(ph.text)
				if text == "" || strings.ContainsAny(text, "{}[]|@") {
					t.Errorf("%s, %s: %q becomes %q", m.name, pool, ph.text, text)
				}
			}
		}
	}
}

func TestTowns(t *testing.T) {
	w, err := loadWorld()
	if err != nil {
		t.Fatal(err)
	}
	g := gazetteer.Load()
	known := func(name, country string, lat, lon, within float64) bool {
		found, _ := g.Find(nil, name)
		for _, m := range append(found, g.FindAlike(nil, name)...) {
			if p := g.Place(m.ID); p.Country == country && gazetteer.Distance(lat, lon, p.Lat, p.Lon) < within {
				return true
			}
		}
		return false
	}
	if len(w.ordered) < 120 {
		t.Errorf("%d towns, want 120", len(w.ordered))
	}
	for _, town := range w.ordered {
		if !known(town.name, town.country.code, town.lat, town.lon, 15_000) {
			t.Errorf("%s is not where towns.txt has it", town.name)
		}
		if town.nearby != "" && !known(town.nearby, town.country.code, town.lat, town.lon, 50_000) {
			t.Errorf("%s is not within 50 km of %s", town.nearby, town.name)
		}
	}
}
