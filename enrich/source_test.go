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
		{"contrary to what was reported", "", "Contrary to earlier reports, only six people died in Sunday's bombing in Gao, police said.", "killed 6: correction"},
		{"down from", "", "Police said six people were killed in Sunday's bombing in Gao, down from an initial count of nine.", "killed 6: correction of 9"},
		{"up from", "", "Police said nine people were killed in Sunday's bombing in Gao, up from seven.", "killed 9: update of 7"},
		{"a figure that was lowered", "", "Officials had earlier said nine people were killed in Sunday's bombing in Gao but later lowered the figure to six.", "killed 6: correction of 9; 9: superseded"},
		{"a toll that was reduced", "", "Police on Monday reduced the death toll from Sunday's bombing in Gao to six.", "killed 6: correction"},
		{"a figure that was withdrawn", "", "The ministry withdrew its figure of nine dead in Sunday's bombing in Gao and said six had been killed.", "killed 6: correction of 9; 9: superseded"},
		{"put at, further on", "", "The health ministry put the dead of Sunday's bombing in Gao at six.", "killed 6: total"},
		{"lower than was given", "", "Police put the toll from Sunday's bombing in Gao at six, lower than the nine they had given at first.", "killed 6: correction of 9"},
		{"more than died elsewhere", "", "Gunmen killed six people in Gao on Sunday, more than the two who were killed in Ansongo.", "killed 6: total"},
		{"two fewer", "", "The number killed in Sunday's bombing in Gao stands at six, two fewer than previously reported, police said.", "killed 6: correction of 8"},
		{"two more", "", "Nine people were killed in Sunday's bombing in Gao, two more than initially reported, police said.", "killed 9: update of 7"},
		{"spoken of at one point", "", "Six people were killed in Sunday's bombing in Gao, police said, after residents had at one point spoken of nine.", "killed 6: correction of 9"},
		{"dead at one time", "", "Six people died in Gao on Sunday when a missile hit a house, where rescuers at one time spoke of nine dead.", "killed 6: correction of 9; 9: superseded"},
		{"first said, now put", "", "Officials first said nine people had died in Sunday's bombing in Gao but now put the number at six.", "killed 6: correction of 9; 9: superseded"},
		{"at first, later lowered", "", "Authorities had said at first that nine people died in Sunday's bombing in Gao. The number was later lowered to six.", "killed 6: correction; 9: superseded"},
		{"a toll that had been put at", "", "The death toll in Sunday's bombing in Gao, which had been put at nine, was lowered to six on Tuesday.", "killed 6: correction of 9"},
		{"the first reported attack", "", "Six people were killed on Sunday in the first reported attack on the town of Gao.", "killed 6: total"},
		{"revising a figure", "", "Sunday's bombing killed six people in Gao, the governor said, revising a figure of nine that he had given earlier.", "killed 6: correction of 9"},
		{"rather than", "", "Sunday's bombing in Gao killed six people rather than nine, police said.", "killed 6: correction of 9"},
		{"what was miscounted", "", "The hospital said that it had miscounted and that six people were killed in Sunday's bombing in Gao.", "killed 6: correction"},
		{"corrected, some counted twice", "", "Police revised the death toll from Sunday's bombing in Gao down to six from nine, saying that three bodies had been counted twice.", "killed 6: correction of 9"},
		{"a twelfth to die", "", "A 12th person has died after Sunday's bombing in Gao, a hospital said.", "killed 12: update"},
		{"less the attackers among them", "", "Nine people, including three attackers, were killed when gunmen stormed a police post in Gao on Sunday.", "killed 6: total"},
		{"less the attackers, of a title", "Seven dead in Gao bombing", "Seven people, among them the bomber, were killed in a suicide bombing in Gao on Sunday.", "killed 6: total"},
		{"gone up to", "", "The number of fatalities in Sunday's bombing in Gao has gone up to 11.", "killed 11: update"},
		{"another count", "", "Officials say six died in Sunday's bombing in Gao; medics put the figure at nine.", "killed 6: total; 9: total"},
		{"no other count", "", "Six people died in Sunday's bombing in Gao, but police said four had fled.", "killed 6: total"},
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

// What a text counts before its own incident is none of its toll.
func TestHarmOfTheOneBefore(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct {
		name, text string
		killed     int // -1 where the text tells of none
	}{
		{"a second one in a day", "A drone hit an ambulance in Kherson on Saturday and killed its driver. It was the second deadly attack on the city in a day. At night a baker was killed in a minibus.", 1},
		{"a third day", "Shells wounded two women at the market of Nikopol at noon today. It is the third day in a row that the town is shelled; a woman was killed yesterday.", -1},
		{"it counts itself", "A bomb went off at a bus stop in Quetta on Saturday. It was the third bombing this month. Four people were killed, police said.", 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", "", tt.text, "2026-04-18")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if len(reps) == 0 {
				t.Fatalf("%q: no report", tt.text)
			}
			n, ok := reps[0].Totals[Killed].Number()
			if !ok {
				n = -1
			}
			if n != tt.killed {
				t.Errorf("%q: killed %d, want %d\n%s", tt.text, n, tt.killed, brief(reps))
			}
		})
	}
}

// How many were held is read from nouns and from headlines too; captives are no
// suspects.
func TestArrested(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct {
		name, title, text string
		arrested          int
	}{
		{"an arrest of some", "", "Police said on Monday that they had solved Sunday's grenade attack in Srinagar, in which four people were killed, with the arrest of three youths.", 3},
		{"held, in a headline", "Grenade attack in Srinagar: three held", "Four people were killed in Sunday's grenade attack in Srinagar, police said on Monday.", 3},
		{"held over it", "Two men held over Leeds stabbing", "A man of 30 was stabbed to death in Leeds on Sunday, police said.", 2},
		{"captives", "Nine held after kidnapping in Ubari", "Gunmen kidnapped nine drillers near Ubari on Sunday.", 0},
		{"held by gunmen", "Gunmen storm bank in Lagos, six people held", "Gunmen stormed a bank in Lagos on Sunday and shot a guard dead.", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2026-04-13")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if len(reps) == 0 {
				t.Fatalf("%q: no report", tt.text)
			}
			if n, _ := reps[0].Totals[Arrested].Number(); n != tt.arrested {
				t.Errorf("%q: arrested %d, want %d\n%s", tt.title, n, tt.arrested, brief(reps))
			}
		})
	}
}

// What an opening adds up over two towns is of neither: neither the dead nor the hurt.
func TestSumsOverTwoTowns(t *testing.T) {
	text := "Car bombs exploded in Gao and in nearby Ansongo on Sunday, killing three people and wounding 13. In Gao, two policemen died outside their post. In Ansongo, a trader was killed."
	a := article("a", "Car bombs in Gao and Ansongo leave three dead", text, "2026-04-13")
	reps := NewTagger().Tag(a)
	checkReports(t, a, reps)
	var got []string
	for _, r := range reps {
		k, _ := r.Totals[Killed].Number()
		_, hurt := r.Totals[Injured].Number()
		got = append(got, fmt.Sprint(k, hurt))
	}
	if s := strings.Join(got, "; "); s != "2 false; 1 false" {
		t.Errorf("killed, and whether hurt: %s, want 2 false; 1 false\n%s", s, brief(reps))
	}
}
