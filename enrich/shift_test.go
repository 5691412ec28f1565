package enrich

import (
	"fmt"
	"strings"
	"testing"
)

// One article, several incidents: what opens another, and what goes on about the
// first.
func TestTurns(t *testing.T) {
	const lead = "A car bomb killed 12 people and wounded 30 at a market in Baghdad on Tuesday, police said.\n\n"
	tagger := NewTagger()
	for _, tt := range []struct{ name, text, want string }{
		{"elsewhere", lead + "Elsewhere, gunmen opened fire on a patrol in Mosul. Three soldiers died.", "main bombing killed 12, other shooting killed 3"},
		{"a separate incident whose toll comes later", lead + "In a separate incident, two men opened fire on a judge as he left his home. He died on the way to the clinic.", "main bombing killed 12, other shooting killed 1"},
		{"a place first", lead + "In Basra, gunmen killed four pilgrims in a minibus.", "main bombing killed 12, other armed_attack killed 4"},
		{"a town inside, its toll in the next sentence", lead + "A mortar round fell on a street in Kirkuk. Two girls died and five children were hurt.", "main bombing killed 12, other shelling killed 2"},
		{"another day", lead + "On Monday night, gunmen stormed a checkpoint in Tikrit. Five policemen were killed.", "main bombing killed 12, other armed_attack killed 5"},
		{"a direction", lead + "Further north, a drone hit a depot at Erbil airport. A guard was killed.", "main bombing killed 12, other drone_strike killed 1"},
		{"the place comes last", lead + "Separately, the coalition said that a drone had hit a base in the north. Nobody was killed. Local media named the place as Erbil.", "main bombing killed 12, other drone_strike killed none"},
		{"the same toll is the same incident", lead + "In Washington, a spokesman said that 12 people had been killed in the bombing.", "main bombing killed 12"},
		{"a source's seat is no place of an attack", lead + "In Basra, the health ministry said that two of the wounded were in a critical condition.", "main bombing killed 12"},
		{"what the headline names the first sentence tells of", "Explosion rocks barracks near Tikrit\n\nAt least three people were killed by a blast at a military police building in Dujail, local media report.", "main explosion killed 3 or more"},
		{"what enraged a mob", "Mob burns police post in Kano\n\nA mob enraged by the murder of two boys stormed a police post in Kano on Tuesday and set it on fire. Four people died.", "main riot killed 4, background unknown killed 2"},
		{"what set off clashes", "Clashes in Goma\n\nRival gangs clashed in Goma on Tuesday, killing three people.\n\nThe fighting was triggered by the assassination of a market chief.", "main clash killed 3, background assassination killed 1"},
		{"what a crowd protested at", "Troops fire on crowd in Goma\n\nSoldiers shot dead five men in Goma on Tuesday.\n\nThey were protesting against the killing of two nurses.", "main shooting killed 5, background unknown killed 2"},
		{"what a death set off", lead + "The murder of a judge set off riots in Basra in which four people were killed.", "main bombing killed 12, background riot killed 4"},
		{"a day's sum, below the town where it was written", "Death toll from strikes in Gaza climbs to 14\n\nGAZA CITY, Palestine\n\nAt least 14 people were killed in strikes across the Gaza Strip since Tuesday morning, medics said.\n\nTwelve of them died in an airstrike on a school in Rafah. Two more were shot dead by a sniper near a mill.", "main airstrike killed 12, other shooting killed 2"},
		{"as a city reels from another", lead + "The bombing came as the city was still reeling from a mass shooting in which five people were killed.", "main bombing killed 12, background shooting killed 5"},
		{"entries of a live blog, in one town", "War live: market in Kherson shelled\n\n18.14 Market shelled\nArtillery hit a market in Kherson this evening, killing two people, officials say.\n\n17.02 Leaders agree on a loan\nThe loan is for this year.\n\n12.10 Four dead in attack on bus\nAs we reported, four people were killed this morning when a drone hit a bus in Kherson.", "main shelling killed 2, other drone_strike killed 4"},
		{"entries of a live blog on one attack", "Live: shooting at station in Kherson\n\n18.14 Toll rises\nA gunman has shot dead six people at the station of Kherson, the mayor says.\n\n17.02 Four dead\nFour people were shot dead this afternoon in Kherson, police say.", "main shooting killed 6"},
		{"a headline's sum", "Attacks across Iraq kill 19\n\nA car bomb at a bakery in Baghdad killed 12 people on Tuesday.\n\nIn Basra, gunmen shot dead four men in a barber's shop.\n\nIn Mosul, a roadside bomb killed three soldiers.", "main bombing killed 12, other shooting killed 4, other bombing killed 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			title, body, ok := strings.Cut(tt.text, "\n\n")
			if !ok || strings.HasPrefix(tt.text, lead) {
				title, body = "", tt.text
			}
			a := article("a", title, body, "2024-05-08")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			var got []string
			for i := range reps {
				x := reps[i].Totals[Killed]
				got = append(got, fmt.Sprintf("%s %s killed %s", reps[i].Role, reps[i].Type, value(x.Quantifier, x.Min, x.Max, x.Point)))
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("%q:\ngot  %s\nwant %s\n%s", tt.text, s, tt.want, brief(reps))
			}
		})
	}
}
