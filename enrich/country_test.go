package enrich

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tocsin/enrich/gazetteer"
)

// least is the share of countries that must be right among the items that name a
// place which the gazetteer can have.
const least = 0.97

// TestCountries measures how often the main report's country is the labelled one,
// on development sets whose labels name the country: TOCSIN_EVAL is their folder.
// An item counts where its text names a place that is more than a people, a border
// or a dateline, and an answer without a country is wrong too.
func TestCountries(t *testing.T) {
	dir := os.Getenv("TOCSIN_EVAL")
	if dir == "" {
		t.Skip("TOCSIN_EVAL names no folder of labelled sets")
	}
	tagger := NewTagger()
	for _, set := range []string{"muc4.dev", "wikiterror.dev", "awsd.dev"} {
		t.Run(set, func(t *testing.T) {
			f, err := os.Open(filepath.Join(dir, set+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var all, right, listed, rightListed, unnamed, guessed, rightGuessed int
			sc := bufio.NewScanner(f)
			sc.Buffer(nil, 16<<20)
			for sc.Scan() {
				var item struct {
					Date string
					Gold struct {
						Country    string
						IsIncident bool `json:"is_incident"`
					}
				}
				if err := json.Unmarshal(sc.Bytes(), &item); err != nil {
					t.Fatal(err)
				}
				want := labelled(tagger.gaz, item.Gold.Country)
				a, err := ReadContract(sc.Bytes())
				if err != nil {
					t.Fatal(err)
				}
				reps, r := tagger.tag(&a)
				rep := mainReport(reps)
				if len(want) == 0 || !item.Gold.IsIncident || rep == nil || rep.Role == Background {
					tagger.release(r)
					continue
				}
				names, known := false, false
				for i := range r.places {
					if p := &r.places[i]; !p.Demonym && !p.Border && !p.Dateline && !p.Foreign && !p.Here && !p.Part && !p.wide {
						names = true
						known = known || p.Country != ""
					}
				}
				tagger.release(r)
				ok := slices.Contains(want, rep.Country())
				switch {
				case !names:
					unnamed++
					if rep.Country() != "" {
						guessed++
						if ok {
							rightGuessed++
						}
					}
					continue
				case ok:
					right++
				}
				all++
				if known {
					listed++
					if ok {
						rightListed++
					} else if testing.Verbose() {
						t.Logf("%v, want %v: %.300s", showPlace(place(rep)), want, a.Body)
					}
				} else if testing.Verbose() {
					t.Logf("UNLISTED %v, want %v: %.200s", showPlace(place(rep)), want, a.Body)
				}
			}
			if err := sc.Err(); err != nil {
				t.Fatal(err)
			}
			share := float64(rightListed) / float64(listed)
			t.Logf("%s: country right in %d of %d items that name a place of the gazetteer (%.3f), in %d of %d that name any (%.3f); of %d that name none %d have a country, %d of them right",
				set, rightListed, listed, share, right, all, float64(right)/float64(all), unnamed, guessed, rightGuessed)
			if share < least {
				t.Errorf("%s: %.3f of the countries are right, want %.3f", set, share, least)
			}
		})
	}
}

func place(r *Report) *Place {
	if r.Place == nil {
		return &Place{}
	}
	return r.Place
}

// labelled reads a label's countries: "Colombia / Venezuela", "(Chile".
func labelled(g *gazetteer.Gazetteer, label string) []string {
	var out []string
	for _, name := range strings.Split(strings.Trim(label, "( )"), " / ") {
		switch name {
		case "Chechnya":
			name = "Russia"
		case "Guatamala":
			name = "Guatemala"
		case "Libyan Arab Jamahiriya":
			name = "Libya"
		case "Congo":
			out = append(out, "CG") // the labels call the other one DR Congo
		}
		m, _ := g.Find(nil, name)
		for _, x := range m {
			if g.Kind(x.ID) == gazetteer.Country {
				out = append(out, g.Country(x.ID))
				break
			}
		}
	}
	return out
}
