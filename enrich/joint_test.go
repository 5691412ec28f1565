package enrich

import (
	"fmt"
	"strings"
	"testing"
)

// A round-up has an entry for each label or heading; what its headline says is nothing of
// any of them, and its first entry is no sum of the others.
func TestRoundUps(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, want string }{
		{"towns", "Daily round-up: security incidents across Syria", "HOMS: The city mourns after a bombing in a mosque in which eight people were killed.\n\nPALMYRA: Two shepherds were killed by a landmine near Palmyra on Saturday.\n\nDARAA: Four passengers of a bus were shot dead near Daraa on Friday.", "main bombing Homs 8; other landmine Palmyra 2; other shooting Daraa 4"},
		{"lines", "What happened in Sagaing this week", "Kanbalu: 31 killed in an air strike on 20 March.\nShwebo: three of a family killed by artillery the same evening.\nMonywa: power for six hours a day.", "main airstrike Kanbalu 31; other shelling Shwebo 3"},
		{"headings", "News in brief", "PRISON: Four inmates were stabbed to death in a jail in Quito on Saturday.\n\nEXTORTION: A bomb destroyed a pharmacy in Guayaquil at dawn on Sunday. Nobody was hurt.\n\nFOOTBALL: Barcelona drew with Emelec.", "main stabbing Quito 4; other bombing Guayaquil 0"},
		{"updates of one story", "Deputy killed in Pueblo; suspect found dead", "UPDATE 9 P.M.: The man who shot a deputy dead in Pueblo on Saturday was found dead.\n\nUPDATE 2 P.M.: A deputy has died, the sheriff says. A locksmith was wounded.\n\nORIGINAL STORY: Shots were fired at deputies in Pueblo on Saturday morning.", "main shooting Pueblo 1"},
		{"another day, other means", "A week in Amhara", "Amhara had a bad week.\n\nOn Tuesday a drone strike killed 16 people at a market in Debre Markos. A day later gunmen kidnapped 20 passengers from a bus near Debre Birhan.", "main drone_strike Debre markos 16; other kidnapping Debre birhan 0"},
		{"a comma for and in a headline", "Shelling kills grandmother, two children in Shwebo", "Rescuers were at work on Saturday night.", "main shelling Shwebo 3"},
		{"one dateline", "Two killed in Karachi", "KARACHI: Two men were shot dead in Karachi on Saturday. Police said: they were brothers.", "main shooting Karachi 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2026-03-22")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			var got []string
			for i := range reps {
				if x := &reps[i]; x.Role != Background && x.Place != nil {
					n, _ := x.Totals[Killed].Number()
					got = append(got, fmt.Sprint(x.Role, " ", x.Type, " ", strings.ToUpper(x.Place.Name[:1])+strings.ToLower(x.Place.Name[1:]), " ", n))
				}
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got  %s\nwant %s\n%s", s, tt.want, brief(reps))
			}
		})
	}
}
