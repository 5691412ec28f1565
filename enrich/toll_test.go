package enrich

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What an article says of a number that stood before it: the total, the number that it
// takes the place of, and whether it takes it back.
func TestTolls(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct {
		name, title, body string
		measure           Measure
		want              string
	}{
		{"not the number that was told", "Army: 21 villagers kidnapped in Borno, not 30", "The army said 21 villagers were kidnapped in Borno on Friday.", Abducted, "21, correction of 30"},
		{"more than was told", "", "Police said 14 people were killed, not nine, when a bomb went off in Quetta on Monday.", Killed, "14, update of 9"},
		{"not far from a place", "", "Three people were killed by a bomb in Quetta, not far from the station, on Monday.", Killed, "3"},
		{"a note about what stood before", "Three shot dead at Dallas mall", "Three people were shot dead at a mall in Dallas on Monday, police said.\n\nCorrection: An earlier version of this article, quoting a councillor, put the number of dead at five.", Killed, "3, correction of 5"},
		{"missing, and found", "", "Gunmen kidnapped 12 farmers near Kaduna on Monday. Three others who had been reported missing were found in a nearby town, police said.", Missing, "-"},
		{"missing, as was first counted", "", "Gunmen kidnapped 12 farmers near Kaduna on Monday. Relatives had initially listed 15 missing.", Missing, "-"},
		{"still missing", "", "Gunmen raided a village near Kaduna on Monday. Three farmers are missing, police said.", Missing, "3"},
		{"missing, and accounted for", "", "Gunmen kidnapped 12 farmers near Kaduna on Monday. Three who went missing in the raid have since been accounted for, police said.", Missing, "-"},
		{"held in another case", "", "Two people were shot dead at a bar in Memphis on Monday. In June last year five people were stabbed at the same bar. Three men were arrested in that case.", Arrested, "-"},
		{"held for an older attack", "", "Two people were shot dead at a bar in Memphis on Monday. In June last year five people were stabbed at the same bar. Three men were arrested after that attack.", Arrested, "-"},
		{"held for this one", "", "Two people were shot dead at a bar in Memphis on Monday. Three men were arrested after the shooting.", Arrested, "3"},
		{"hours after another deed", "", "A mob burned homes in Mangu on Monday, hours after gunmen killed four farmers in a nearby village. Two people were hurt.", Killed, "-"},
		{"hours after what was of the same", "", "Six people were killed by a bomb in Mosul on Monday, hours after police had warned of attacks.", Killed, "6"},
		{"of no link to this", "", "A man was held over a stabbing in Leeds on Monday in which two people were hurt. Police said there was no link to the shooting that killed a teenager on Friday.", Killed, "-"},
		{"soldiers who were captured", "", "Militants captured four soldiers in an attack on a camp near Gao on Monday, a video shows.", Abducted, "4"},
		{"suspects who were captured", "", "Police captured three gunmen after an attack near Goma on Monday that killed two people.", Arrested, "3"},
		{"since the unrest began", "Four more killed in Dakar protests", "DAKAR - Police shot dead four people on Friday on the third day of demonstrations in Dakar, doctors said, bringing to 11 the number killed since the protests began.", Killed, "11, update"},
		{"the second of a trade, after a name", "Third Leeds clinic worker dies", "LEEDS - A nurse who was stabbed at a clinic in Leeds on Monday has died.", Killed, "3, update"},
		{"a death that is the second", "", "A boy who was shot outside a school in Lorain on Wednesday died on Saturday. His death is the second from the shooting.", Killed, "2, update"},
		{"the second to die", "", "A porter who was stabbed at a clinic in Leeds on Monday has died, the second member of staff to lose their life in the attack.", Killed, "2, update"},
		{"the first of the wounded to die", "Bomb victim dies", "A baker, 31, died on Thursday in Cotabato. He is the first of the nine people wounded in Saturday's bombing at the market to die.", Killed, "1, update"},
		{"the second to die in a year", "", "A reporter was shot dead in Tijuana on Monday. He is the second journalist to die in the city in three months.", Killed, "1"},
		{"the second death of a month", "", "A reporter was shot dead in Tijuana on Monday. His death is the second in a month.", Killed, "1"},
		{"those named with their ages", "", "Hundreds stood on a field in Leeds to remember Ana Mason, 17, and Omar Fry, 15, who were gunned down on Monday.", Killed, "2"},
		{"named, without the comma", "", "Hundreds came to a church in Leeds to remember Ana Mason, 17, Zoe Lamb, 16 and Omar Fry, 15, who were gunned down on Monday.", Killed, "3"},
		{"and not, without a comma", "", "Five drivers died in Saturday's ambush near Djibo and not seven, the mayor said.", Killed, "5, correction of 7"},
		{"a headline that only has the numbers", "Eight, not ten: names of the Gao dead released", "The council has released the names of eight people who were killed in Monday's bombing in Gao.", Killed, "8, correction of 10"},
		{"the dead are so many", "Convoy's dead are six, not nine", "The governor named those who were killed when a convoy was ambushed near Kidal on Monday.", Killed, "6, correction of 9"},
		{"parted from the verb by what befell him", "", "The baker who was hit on Sunday by gunmen in the Mexican town of Celaya has died of his wounds.", Killed, "1"},
		{"one of those who were hurt", "", "One of six tourists hurt when a bus was bombed near Luxor on Monday has died in a clinic. The death brings to four those killed in the bombing.", Killed, "4, update"},
		{"the wounds of which he died", "", "Ali Hamdan, the mayor of the small town of Rutba, has died of the wounds he received when his car was blown up on Monday.", Killed, "1"},
		{"a life that was claimed", "Herat grenade claims fourth life", "A cook who was hurt by Monday's grenade in a hotel in Herat has died.", Killed, "4, update"},
		{"a total that is put", "Three more victims of Jos blast die", "Three of those who were injured in Friday's bombing in Jos died overnight. The director puts the total number of deaths at 12.", Killed, "12, update"},
		{"so that so many are dead", "", "Two of those injured in Monday's bombing in Jos have died, so that seven are now dead.", Killed, "7, update"},
		{"the dead are brought to", "", "A guard wounded in Monday's attack on a mine near Kayes has died, taking the dead to six.", Killed, "6, update"},
		{"a figure that had counted others", "", "Seven guards were killed in Monday's attack on a depot in Aden, a spokesman said. The figure of nine that was given on Monday had included two visitors, who are alive.", Killed, "7, correction of 9"},
		{"a number that is denied", "", "Six soldiers were killed in Monday's ambush near Kayes, the army said, and denied reports of ten dead.", Killed, "6, correction of 10"},
		{"a denial of another matter", "", "Six soldiers were killed in Monday's ambush near Kayes, the army said. It denied that it had shelled villages where 30 people live.", Killed, "6"},
		{"some were listed twice", "Names of four dead of camp clash published", "A hospital named the four people who were killed in Friday's clash in a camp at Tyre. Two had been entered twice, it said.", Killed, "4, correction"},
		{"declared dead, and alive", "", "Three farmers were killed by gunmen near Kano on Monday. A fourth, who had been declared dead, is alive.", Killed, "3, correction"},
		{"a death that the headline counts", "Bomb in Hub kills three", "A bomb at a bus stop in Hub on Monday killed three people and wounded eight, police said. One of the wounded died in a hospital in Karachi.", Killed, "3"},
		{"a raid that left more dead", "Three beheaded as raid on village near Montepuez leaves seven dead", "Survivors walked to Montepuez on Monday.", Killed, "7"},
		{"two more bodies, and all of them", "Bodies of two more found under house in Taganrog", "The bodies of a man and a boy were found under a house that a drone hit in Taganrog on Monday. Three people have therefore died.", Killed, "3"},
		{"victims of whom one more died", "Teacher dies; attack on post in Neiva now has seven victims", "The teacher was hurt in a bombing in Neiva on Thursday.", Killed, "7"},
		{"mortal victims", "", "A teacher who was hurt in a bombing in Neiva on Thursday has died, raising to seven the number of mortal victims.", Killed, "7, update"},
		{"a clause behind a place", "Eleven students kidnapped in Haiti, watchman shot dead", "Gunmen came to a school in Leogane on Monday.", Killed, "1"},
		{"a death that is taken back", "Health office denies fourth death in Majar", "The health office denied on Saturday that the toll of Thursday's clash in Majar had reached four. The number of dead is three, it said.", Killed, "3, correction of 4"},
		{"other versions are rejected", "Five guards were killed in Parcoy, ministry says", "The ministry said that five guards lost their lives in Sunday's attack in Parcoy, and rejected versions of eight or more dead.", Killed, "5, correction of 8"},
		{"whose death had been reported", "", "Three people were killed in Thursday's explosion in Jasim. The child whose death had been reported by some is alive, the director of health said.", Killed, "3, correction"},
		{"not so many, in a headline without a verb of harm", "Deceased are nine, not ten, says official", "The number of those who lost their lives in Sunday's attack at Dachhan stands at nine, an official said.", Killed, "9, correction of 10"},
		{"a rumour", "", "Police held three men for spreading rumours that 20 people had been killed in Monday's car attack in Mianyang. The number of fatalities is five, they said.", Killed, "5"},
		{"over some years", "", "The explosion of a rigged car killed 15 people in Azaz on Monday. Rigged cars killed hundreds of people in the town in the years when factions held it.", Killed, "15"},
		{"over years", "", "A guard was murdered in Pataz on Sunday. Companies say that they have lost 40 workers to violence in four years.", Killed, "1"},
		{"what officials say of a boast", "", "Al-Shabaab has said that its fighters raided Salama on Sunday and that nine settlers were killed. Kenyan officials speak of five.", Killed, "5"},
		{"attackers in a list that adds up", "", "Three people died after a car was driven into a crowd in Haifa on Monday - a nurse, a soldier and the attacker himself, whom a guard shot.", Killed, "2"},
		{"attackers in the next sentence", "", "At least eight people died in Monday's attack on a bank in Quito. They are a guard, two customers and five robbers.", Killed, "3"},
		{"the dead include attackers", "", "Ten people were killed when gunmen stormed a fort in Bannu on Monday. The dead include two suicide bombers.", Killed, "8"},
		{"attackers among them", "", "Six people, two attackers among them, died in an attack on a bank in Quito on Monday.", Killed, "4"},
		{"of the dead so many attacked", "Goma: two of the seven dead were attackers", "Five residents were killed in Monday's attack on a market in Goma, a count shows.", Killed, "5"},
		{"a list that adds up to something else", "", "Three people died in a shooting in Munich on Monday. Police held a suspect, a driver and a cook.", Killed, "3"},
		{"some of those who were taken", "", "One of the six miners who were taken near Kayes on Sunday was killed on Monday, police said.", Killed, "1"},
		{"some of those whom a headline describes", "Two of nine drivers taken for questioning found dead", "Two of nine drivers who had been taken for questioning after Monday's bombing in Quetta were found dead.", Killed, "2"},
		{"some of those who were killed", "", "Two of the five men who were killed in an ambush near Gao on Monday were brothers.", Killed, "5"},
		{"the second of those who were counted", "", "The ministry said two people were killed by a drone in Tyre on Monday, the second a cyclist who died in a clinic.", Killed, "2"},
		{"since the war began", "", "A drone strike killed four people in Kherson on Friday, bringing to 200 the number killed in the city since the war began.", Killed, "4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.body, "2024-05-08")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if len(reps) == 0 {
				t.Fatal("no report")
			}
			got := "-"
			if n, ok := reps[0].Totals[tt.measure].Number(); ok {
				got = fmt.Sprint(n)
				for _, f := range reps[0].Figures {
					if f.Measure != tt.measure || f.Point == nil || *f.Point != n || f.Relation == "total" {
						continue
					}
					got += ", " + f.Relation
					if f.Previous != nil {
						got += fmt.Sprintf(" of %d", *f.Previous)
					}
					break
				}
			}
			if got != tt.want {
				t.Errorf("%s, want %s\n%s", got, tt.want, brief(reps))
			}
		})
	}
}

// What belongs to another incident that the text names is no cue of this one.
func TestCuesOfOthers(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct {
		name, text, cue string
		want            bool
	}{
		{"people are released", "Gunmen released four of the engineers whom they had kidnapped near Kano on Monday.", CueFreed, true},
		{"a video is", "Gunmen who kidnapped four engineers near Kano showed them in a video released on Tuesday.", CueFreed, false},
		{"those who hold them release them", "Inmates release guards whom they held in a riot at a prison in Quito. Four people died.", CueFreed, true},
		{"the police release pictures", "Police release pictures of a man who shot dead two people in Quito on Monday.", CueFreed, false},
		{"in the dock", "The two men accused of shooting dead eight people in a bar in Durban on Monday were in the dock on Tuesday.", CueCharged, true},
		{"it was a leak", "An explosion that killed three people in Mosul on Monday was caused by a gas leak, police said.", CueAccident, true},
		{"another one was", "Gunmen killed three people in Mosul on Monday. Police saw no connection with Friday's gas explosion.", CueAccident, false},
		{"attacks of two days", "Nine people were killed in two days of attacks in three provinces of Iraq, police said.", CueJoint, true},
		{"a story of days", "Nine people have been killed in three days of protests in Conakry, doctors said.", CueJoint, false},
		{"a day in one prison", "Thirteen inmates were killed in a day of violence at a prison in Mosul, police said on Monday.", CueJoint, false},
		{"a day in a city", "Thirteen people were killed in a day of violence in Mosul, police said on Monday.", CueJoint, true},
		{"several at once", "Nine people were killed in three attacks in Mosul on Monday, police said.", CueJoint, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reps := tagger.Tag(article("a", "", tt.text, "2024-05-08"))
			if len(reps) == 0 {
				t.Fatal("no report")
			}
			if got := slices.Contains(reps[0].Cues, tt.cue); got != tt.want {
				t.Errorf("%s in %s is %v\n%s", tt.cue, strings.Join(reps[0].Cues, " "), got, brief(reps))
			}
		})
	}
}
