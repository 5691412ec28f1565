package main

import (
	"regexp"
	"testing"
	"time"

	"tocsin/enrich/correlate/stories"
)

// TestStoriesStayApart: the collections are also run as one stream, so no two
// stories may tell of one town in the same days.
func TestStoriesStayApart(t *testing.T) {
	w, err := loadWorld()
	if err != nil {
		t.Fatal(err)
	}
	var all []stories.Story
	for _, load := range []func() ([]stories.Story, error){stories.Hand, stories.Held, stories.Fresh, stories.Generated} {
		list, err := load()
		if err != nil {
			t.Log(err) // TestCollections tells it
		}
		all = append(all, list...)
	}
	type visit struct {
		story string
		at    time.Time
		where stories.Key
	}
	for _, town := range w.ordered {
		names := regexp.QuoteMeta(town.name)
		if town.nearby != "" {
			names += "|" + regexp.QuoteMeta(town.nearby)
		}
		if town.alt != "" {
			names += "|" + regexp.QuoteMeta(town.alt)
		}
		named := regexp.MustCompile(`\b(` + names + `)\b`)
		var visits []visit
		told := map[[2]string]bool{}
		for _, s := range all {
			for _, a := range s.Articles {
				if len(s.Truth[a.Key()]) == 0 || !named.MatchString(a.Title+"\n"+a.Text) {
					continue
				}
				for _, v := range visits {
					if d := a.Published.Sub(v.at).Abs(); v.story != s.Name && d < 4*24*time.Hour && (v.story[0] == 'g' || s.Name[0] == 'g') && !told[[2]string{v.story, s.Name}] {
						told[[2]string{v.story, s.Name}] = true
						t.Errorf("%s and %s both tell of %s within %v", v.where, a.Key(), town.name, d)
					}
				}
				visits = append(visits, visit{s.Name, a.Published, a.Key()})
			}
		}
	}
}
