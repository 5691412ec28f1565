package enrich

import (
	"fmt"
	"strings"
	"testing"
)

// Numbers that a text takes back for others are what was told before, and its own are
// corrections of them.
func TestNumbersTakenBack(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, want string }{
		{"behind what is so", "Hospital: nine died in Gao, not 14", "Nine people died in the attack on a camp near Gao on Sunday, the hospital said.", "killed 9: correction of 14"},
		{"behind its place", "", "Police said on Tuesday that 21 pupils were kidnapped from a school in Kaduna on Monday, not 30.", "abducted 21: correction of 30"},
		{"with and", "", "Six soldiers were killed in the ambush near Diffa on Monday, and not four, the army said.", "killed 6: update of 4"},
		{"as early reports had it", "", "A bomb killed nine people at a bus stop in Kabul on Monday. Early reports of 14 killed had counted the wounded, doctors said.", "killed 9: total; 14: superseded"},
		{"in an earlier version", "Five killed in shooting at Ohio mall", "Five people were killed in a shooting at a mall in Dayton on Monday, the sheriff said. CORRECTION: An earlier version of this story gave the number of dead as eight.", "killed 5: correction of 8"},
		{"in a previous story, as people", "", "Five people were killed in a shooting at a mall in Dayton on Monday, the sheriff said. A previous version of this article said that eight people were killed.", "killed 5: correction of 8"},
		{"what is not a number", "", "Six soldiers were killed in the ambush near Diffa on Monday, not far from the border.", "killed 6: total"},
		{"not of this", "", "Six soldiers were killed in the ambush near Diffa on Monday, not two kilometres from the border.", "killed 6: total"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2024-05-07")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if len(reps) == 0 {
				t.Fatalf("%q: no report", tt.text)
			}
			measure, want, _ := strings.Cut(tt.want, " ")
			said := map[string]bool{}
			for _, f := range reps[0].Figures {
				if string(f.Measure) != measure || f.Point == nil {
					continue
				}
				s := fmt.Sprintf("%d: %s", *f.Point, f.Relation)
				if f.Previous != nil {
					s += fmt.Sprintf(" of %d", *f.Previous)
				}
				said[s] = true
			}
			for _, w := range strings.Split(want, "; ") {
				if !said[w] {
					t.Errorf("%q: want %s\n%v", tt.text, w, said)
				}
			}
			first, _, _ := strings.Cut(want, ":")
			if n, _ := reps[0].Totals[Measure(measure)].Number(); fmt.Sprint(n) != first {
				t.Errorf("%q: total %d, want %s", tt.text, n, first)
			}
		})
	}
}
