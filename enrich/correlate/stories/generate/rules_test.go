package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChangesOf(t *testing.T) {
	near, far := &town{name: "Near", lat: 10, lon: 10}, &town{name: "Far", lat: 11, lon: 10}
	own := 0
	// says is an article of an outlet of its own.
	says := func(w words) *article {
		own++
		w.label = "A"
		if w.relation == "" {
			w.relation = "report"
		}
		return &article{title: fmt.Sprint("article ", own), outlet: &outlet{name: fmt.Sprint("outlet ", own)}, words: []*words{&w}}
	}
	killed := func(n ...int) (list []*article) {
		for _, n := range n {
			list = append(list, says(words{killed: exactly(n)}))
		}
		return list
	}
	copies := killed(9, 6, 6)
	copies[1].text, copies[2].text = "one text", "one text"
	for _, tt := range []struct {
		name     string
		articles []*article
		want     string // by article: its change, or -
	}{
		{"4 to 5 is a quarter", killed(4, 5), "new=4 update=5"},
		{"8 to 9 is not, 8 to 9 to 10 is", killed(8, 9, 10), "new=8 - update=10"},
		{"20 to 23 is not, 25 is", killed(20, 23, 25), "new=20 - update=25"},
		{"the class rises with the fifth", killed(4, 5, 6), "new=4 update=5 -"}, // 5 to 6 is less than a quarter rounded up
		{"at least 9 is 9", []*article{says(words{killed: atLeast(9)}), says(words{killed: exactly(9)})}, "new=9+ -"},
		{"more than 20 is 21", []*article{says(words{killed: moreThan(20)})}, "new=20+"},
		{"dozens is 12", []*article{says(words{killed: dozens()}), says(words{killed: exactly(14)}), says(words{killed: exactly(15)})}, "new=12+ - update=15"},
		{"one older number changes nothing", killed(9, 6), "new=9 -"},
		{"the second text with a lower number corrects", killed(9, 6, 6), "new=9 - correction=6"},
		{"two prints of one text are one", copies, "new=9 - -"},
		{"a number from before the rise is not counted", killed(6, 9, 6), "new=6 update=9 -"},
		{"words of correction suffice", []*article{says(words{killed: exactly(9)}), says(words{killed: exactly(6), corrects: true})}, "new=9 correction=6"},
		{"the old number after a correction is old", append([]*article{says(words{killed: exactly(9)}), says(words{killed: exactly(6), corrects: true})}, killed(9)...), "new=9 correction=6 -"},
		{"killed for the first time", append([]*article{says(words{injured: exactly(4)})}, killed(1)...), "new update=1"},
		{"injured by half and by five", []*article{says(words{injured: exactly(8)}), says(words{injured: exactly(12)}), says(words{injured: exactly(13)})}, "new - update"},
		{"the first number of injured is a matter of taste", []*article{says(words{killed: exactly(2)}), says(words{injured: exactly(6)})}, "new=2 ?update=2"},
		{"abducted by a quarter", []*article{says(words{taken: exactly(20)}), says(words{taken: exactly(24)}), says(words{taken: exactly(25)})}, "new - update"},
		{"an explosion turns out a bombing", []*article{says(words{killed: exactly(2), cause: "unknown"}), says(words{cause: "bomb"}), says(words{cause: "bomb"})}, "new=2 update=2 -"},
		{"another town, far away", []*article{says(words{town: near}), says(words{town: far})}, "new update"},
		{"claimed once", []*article{says(words{killed: exactly(2)}), says(words{claim: true}), says(words{claim: true})}, "new=2 update=2 -"},
		{"first arrest, first charge, first release", []*article{says(words{}), says(words{arrest: true}), says(words{arrest: true}), says(words{charge: true}), says(words{release: true}), says(words{release: true})}, "new follow_up - follow_up follow_up -"},
		{"an arrest founds, and is told with it", []*article{says(words{arrest: true}), says(words{arrest: true})}, "new -"},
		{"background founds nothing", append([]*article{says(words{relation: "background", killed: exactly(9)})}, killed(9)...), "- new=9"},
		{"a denial founds nothing", []*article{says(words{cancel: true}), says(words{killed: exactly(1)})}, "- new=1"},
		{"cancelled once, and then nothing", []*article{says(words{killed: exactly(1)}), says(words{cancel: true}), says(words{cancel: true}), says(words{killed: exactly(5)})}, "new=1 cancel - -"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			changes, err := changesOf(tt.articles)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range tt.articles {
				said := "-"
				for _, c := range changes {
					if c.a != a {
						continue
					}
					said = c.status
					if c.optional {
						said = "?" + said
					}
					if c.killed != nil {
						said += fmt.Sprint("=", c.killed.n)
						if !c.killed.exact() {
							said += "+"
						}
					}
				}
				got = append(got, said)
			}
			if d := cmp.Diff(tt.want, strings.Join(got, " ")); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
