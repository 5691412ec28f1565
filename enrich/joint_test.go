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
		{"attacks in two towns", "High alert in Punjab after grenade attacks", "Police are on alert after grenade attacks on a bank in Batala and a bus depot near Pathankot.\n\nNobody was hurt at the bank.", "main bombing Batala 0; other bombing Pathankot 0"},
		{"each with its day", "Week of killing in Herat and Kunduz", "Four people were shot dead in Herat on Friday and a further three on Saturday in Kunduz, police said.", "main shooting Herat 4; other shooting Kunduz 3"},
		{"as many as the sum is of", "Twin attacks kill six in Punjab", "Six people were killed in twin attacks in Punjab on Saturday.\n\nGunmen shot four farmers dead in Batala. In Amritsar, two labourers died when a bomb went off at a bus stand.", "main shooting Batala 4; other bombing Amritsar 2"},
		{"one and another", "Bombs damage offices in Italy", "A bomb exploded at a tax office in Naples on Friday and another outside a courthouse in Bari, police said.", "main bombing Naples 0; other bombing Bari 0"},
		{"hours later, elsewhere", "Gunmen kill five in Nairobi bar", "Gunmen killed five people in a bar in Nairobi on Friday night, police said.\n\nHours later, a grenade thrown into a shop in Mombasa killed two traders.", "main armed_attack Nairobi 5; other bombing Mombasa 2"},
		{"there", "A day of attacks in Yemen", "At dawn a car bomb went off at a barracks in Ataq. Nine soldiers are dead.\n\nBy noon a patrol was caught between two hills at Mudiyah, in Abyan. Three were killed there.", "main bombing Ataq 9; other unknown Mudiyah 3"},
		{"what the headline names", "Four dead as gunmen target police", "Two officers and the two gunmen who ambushed them were killed in Ingushetia.", "main armed_attack Ingushetia 2"},
		{"people who are known", "Crowds at funeral of two farmers", "The bodies of two farmers were carried through Nablus on Saturday after an attack by settlers.\n\nThe men were killed on Friday when settlers attacked a field near Jenin.", "main armed_attack Jenin 2"},
		{"a briefing", "Morning briefing: Sahel, floods and a new coach", "Good morning. Gunmen killed 14 farmers at Banibangou in Niger on Saturday. In Mali, a mine went off under a bus near Hombori, leaving three passengers dead.", "main armed_attack Banibangou 14; other landmine Hombori 3"},
		{"a week, day by day", "Kashmir: 15 to 21 March", "A constable was shot dead in Sopore on Monday. On Wednesday the ambush at Uri claimed two lives.", "main shooting Sopore 1; other armed_attack Uri 2"},
		{"names as headings", "Weekly digest: Yemen", "Marib. A missile killed three people at a camp for the displaced.\n\nTaiz. Shells fell on a market and killed two.", "main shelling Marib 3; other shelling Taiz 2"},
		{"a week is no column", "Third attack in a week kills two in Bannu", "Two policemen were killed when gunmen fired on a post in Bannu on Saturday. The dead men were brought to a hospital in Peshawar.", "main shooting Bannu 2"},
		{"two towns in a sentence", "Bloodshed in Punjab", "Gunmen killed three farmers in Batala on Saturday and a mine killed two herders near Pathankot, police said.", "main armed_attack Batala 3; other landmine Pathankot 2"},
		{"two days in a sentence", "A bad week in Kunduz", "Four traders were shot dead in Kunduz on Thursday, and on Friday a bomb in the town killed two policemen.", "main shooting Kunduz 4; other bombing Kunduz 2"},
		{"where the dead were brought", "Bomb in Kunduz", "A bomb killed six people in Kunduz on Friday and wounded nine, and the dead were brought to Kabul.", "main bombing Kunduz 6"},
		{"by one and by another", "Huila hit twice", "Huila was hit twice on Friday: by a car bomb in Neiva, which killed five and wounded 38, and by a grenade in Pitalito that hurt a policeman.", "main bombing Neiva 5; other bombing Pitalito 0"},
		{"another town, and no toll", "Attacks on prisons", "Shots were fired at the prison of Béziers on Friday.\n\nIn Valence, seven cars were set alight.\n\nIn Paris, the minister condemned the attacks.", "main shooting Béziers 0; other arson Valence 0"},
		{"a day later", "Truce after two days of bloodshed", "Nine travellers were shot dead near Chilas on Thursday, and five people died a day later when a crowd burned down a market in Gilgit.", "main shooting Chilas 9; other arson Gilgit 5"},
		{"in revenge", "Ambush in Kurram", "Gunmen killed nine people in an ambush in Kurram on Friday and a mob burned down a market in revenge, killing two.", "main armed_attack Kurram 9; other arson Kurram 2"},
		{"the victim has a name", "Gunmen kill mediator in south Syria", "Gunmen shot dead a former mayor in southern Syria, officials said.\n\nRidwan Jallam was shot outside his house in Jassem late on Friday.", "main shooting Jassem 1"},
		{"the target again", "Second air strike in two days kills four in western Myanmar", "An air strike on a monastery in western Myanmar killed four people, residents said.\n\nThe monastery in Sittwe was hit on Friday. A man died on the way to a clinic.", "main airstrike Sittwe 4"},
		{"a verb left out", "Five shot dead in two towns", "Three men were shot dead in Oakland, and a man and a woman in San Jose.", "main shooting Oakland 3; other shooting San jose 2"},
		{"a storm among them", "World in brief", "Gunmen killed nine villagers in Plateau State on Friday.\n\nThe death toll from landslides in Cebu rose to 43.\n\nA bomb at a bank in Naples injured two on Saturday.", "main armed_attack Plateau state 9; other bombing Naples 0"},
		{"from night to morning", "Shops set ablaze in Yala", "Insurgents set fire to shops in Yala between 11pm on Friday and 1am on Saturday, killing a clerk.", "main arson Yala 1"},
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
