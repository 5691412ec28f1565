package enrich

import (
	"slices"
	"strings"
	"testing"
)

// What the first sentences say of an article's place in a story.
func TestCues(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, has, not string }{
		{"a gas cylinder that burst", "Gas cylinder blast kills two in Multan", "A gas cylinder exploded in a hotel kitchen in Multan, killing two cooks.", "accident", ""},
		{"a gas cylinder with a bomb in it", "Two rangers killed", "A bomb in a cooking gas cylinder killed two rangers near Pattani on Monday.", "", "accident"},
		{"no bomb at all", "Police: no bomb in Leeds", "A shopping centre in Leeds was cleared on Monday and there was no bomb, police said.", "hoax", ""},
		{"no bomb, but shots", "Gunmen killed the mayor, there was no bomb", "The mayor of Taiz was shot dead on Monday, police said.", "", "hoax"},
		{"a judge is no trial", "Judge shot dead in Culiacan", "Gunmen killed judge Ana Lara in Culiacan on Monday.", "court", "charged"},
		{"another place than was told", "Officials correct place of attack: Miranshah, not Turbat", "MIRANSHAH, Pakistan - Officials corrected the place of a bomb attack on a market that killed five people: it happened in Miranshah, and not in Turbat as they had said.", "not_in_turbat", ""},
		{"shots and no bomb", "Officer killed in Aden", "An officer and two guards were killed by gunfire and not by a car bomb in Aden on Monday, police said.", "not_bombing", ""},
		{"a rifle and no grenade", "Bar in Marseille was raked with gunfire, no grenade thrown", "The bar where six people were hurt on Friday was not attacked with a grenade but with a rifle, a prosecutor in Marseille said.", "not_bombing", ""},
		{"who has not claimed it yet", "Bomb kills two in Aden", "A bomb killed two guards in Aden on Monday. The gunmen of the south have not claimed the bombing.", "", "not_bombing"},
		{"a judge who is yet to see them", "Arrests in Sukkur", "Three men were arrested over the bombing in Sukkur on Monday. They are to be brought before a judge.", "", "charged"},
		{"a trial", "Two in court over Sukkur bombing", "Prosecutors charged two men over the bombing in Sukkur on Monday.", "charged !charged", ""},
		{"a video is no captive", "Video claims kidnapping of drillers in Libya", "TUNIS - A group calling itself the Anger of the South said in a video released on Tuesday that it was holding 14 drillers who were taken from a bus near Ubari on Sunday.", "claim", "freed"},
		{"they own up", "Tigers own up Batala blast", "Batala: The outfit has in a post owned up to Tuesday night's grenade attack on a police post that killed two.", "claim", ""},
		{"its man, in quotation marks", "IS says its 'soldier' carried out stabbing in Lyon", "The group said on Wednesday that the man who killed one person with a knife at a station in Lyon was one of its own.", "claim", ""},
		{"behind it, in a video", "Six die in Gao bombing", "JNIM said in a video posted on Monday that it was behind Sunday's bombing in Gao that killed six people.", "claim", ""},
		{"behind it, as an agency of a state says", "Agency says it killed port chief", "Ukraine's military intelligence agency said Tuesday that it was behind a car bombing in Berdiansk that killed a port's chief.", "claim", ""},
		{"an army's statement claims nothing", "Six die in Gao raid", "The army said in a statement on Monday that it had killed six militants in a raid in Gao.", "", "claim"},
		{"no trace of explosives", "Cylinder burst at Osh filling station", "The explosion at a filling station in Osh on Monday came from a worn-out cylinder, the ministry said. No traces of explosives were found.", "accident", ""},
		{"no trace of explosives, but gunmen", "Two die in Osh attack", "Two guards died in an attack at a filling station in Osh on Monday. Experts found no trace of explosives; gunmen had fired at a tank.", "", "accident"},
		{"wires, and no arson", "Fire at Bremen mosque", "The fire at a mosque in Bremen on Monday, which hurt two, was caused by faulty wiring and was no arson, police said.", "accident", ""},
		{"an accident, perhaps", "Car drives into group in Dresden, five hurt", "A car drove into a group of people in Dresden on Saturday, hurting five. Police said they were assuming an accident but ruled nothing out.", "doubt", "meant"},
		{"it was meant", "Dresden police: driver meant it", "A car that was driven into a crowd in Dresden on Saturday, hurting five people, was steered at them on purpose, police said. They no longer believe in an accident.", "meant", "doubt"},
		{"whether it was meant", "Car drives into group in Dresden, five hurt", "A car drove into a group of people in Dresden on Saturday, hurting five. It was unclear whether it was done on purpose.", "", "meant"},
		{"who takes credit", "ISWAP takes credit for Kano bombing", "ISWAP took credit for Monday's bombing in Kano that killed nine.", "claim", ""},
		{"nobody takes credit", "Nine die in Kano bombing", "Nobody has taken credit for Monday's bombing in Kano that killed nine.", "", "claim"},
		{"a claim that was posted", "Nine die in Kano bombing", "A channel close to the group posted a claim for Monday's bombing in Kano, which killed nine.", "claim", ""},
		{"its men, as a group announces", "Nine die in Gao ambush", "The group announced that its men had attacked the convoy near Gao on Monday in which nine soldiers died.", "claim", ""},
		{"a fighter, as its agency says", "Two stabbed in Lyon", "Islamic State's news agency said a fighter of the group had carried out Monday's stabbing in Lyon that wounded two.", "claim", ""},
		{"what others did before", "Four die in Kabul bombing", "The Taliban, who have claimed similar attacks, did not comment on Monday's bombing in Kabul that killed four.", "", "claim"},
		{"reports that were false", "Police: no shots at mall", "Police said reports of a shooting at a shopping centre in Leeds on Monday were false.", "hoax", ""},
		{"captives who were released", "Five of 14 drillers released in Libya", "Five drillers who were taken from a bus near Ubari on Sunday were released on Tuesday.", "freed !freed", ""},
		{"as many hurt as a missile strikes", "13 dead, 19 hurt as missile strikes plant", "A missile hit a plant in Mykolaiv on Monday, killing 13 workers.", "", "joint"},
		{"across a country", "Drones kill at least six across Ukraine", "Russia launched 312 drones at Ukraine overnight, killing at least six people, officials said on Monday.", "joint", ""},
		{"across a road", "Blast kills six across the road from a court", "A bomb killed six people in Quetta on Monday, across the road from a court.", "", "joint"},
		{"in two towns", "Three killed in Gao and Ansongo blasts", "Two policemen and a trader were killed on Monday when two cars blew up.", "joint", ""},
		{"in a town and its country", "Bomb attacks kill three in Gao, Mali", "Three people were killed in bomb attacks on a checkpoint in Gao, Mali, on Monday.", "", "joint"},
		{"over a week", "Five killed this week in one small Ukrainian town", "Three people died in Nikopol on Monday when shells hit a bus stop.", "joint", ""},
		{"in one day of a week", "Five killed in this week's second blast", "A bomb killed five people in Quetta on Monday.", "", "joint"},
		{"what a government denies", "Government denies targeting civilians in Amhara", "The government on Monday dismissed as fabrications reports that a drone struck a market in Debre Markos.", "later !later", ""},
		{"a hand in a killing, denied", "Armed group rejects blame for killing of judge", "A spokesman denied on Monday that the group had had a hand in the murder of a judge in Mersin.", "later !later", ""},
		{"a denial of guilt", "Man denies charges over Leeds stabbing", "A man denied stabbing two people in Leeds on Monday.", "", "!later"},
		{"a second bomb", "Second bombing shakes Quetta", "A bomb killed two people in Quetta on Monday.", "again", ""},
		{"a second body", "Quetta: second body found under collapsed roof", "A bomb killed two people in Quetta on Monday.", "", "again"},
		{"two strikes", "Nine dead in two strikes on Mykolaiv", "Nine people were killed in Mykolaiv on Monday.", "joint", ""},
		{"a court that was hit is no trial", "Gunmen storm court in Khost", "Gunmen stormed a court in Khost on Monday, killing a clerk and a guard.", "", "charged"},
		{"nor is one outside which somebody fell", "Two shot outside Khulna court", "Two men were shot dead on Monday in front of the court building in Khulna.", "", "charged"},
		{"an arrest that is wanted", "Police hunt killers of trader", "A trader was shot dead in Kano on Monday. Police offered a reward for information leading to the arrest of the killers.", "", "arrest"},
		{"an arrest that is promised", "Five die in Durban tavern", "Gunmen killed five people in a tavern in Durban on Monday. The minister vowed that arrests would follow.", "", "arrest"},
		{"an arrest that came off", "Four held over Qena killings", "Police in Qena were able to arrest four men over the killing of seven people on Monday.", "arrest", ""},
		{"whom rebels detain nobody arrested", "Rebels round on village", "Rebels detained ten villagers near Bhamo on Monday and killed two.", "", "arrest"},
		{"fire is no policeman", "Bus burns in Kharkiv", "A bus caught fire when a drone struck it in Kharkiv on Monday, killing two.", "", "arrest"},
		{"who gives himself up", "Man wanted over Monterrey shooting gives himself up", "The man sought over Sunday's shooting of nine people in Monterrey walked into a police station on Monday.", "arrest !arrest", ""},
		{"of culprits a headline is", "Ringleader of Abuja bombers in the net", "The ringleader of those who bombed a bus park in Abuja on Sunday, killing nine, was arrested on Monday.", "!arrest", ""},
		{"a charge sheet", "Charge sheet filed in Srinagar grenade attack", "Police filed a charge sheet on Monday over last week's grenade attack in Srinagar that killed four.", "charged !charged", ""},
		{"a leader who sits in jail", "Captors want leader back", "The kidnappers of four engineers near Mopti on Sunday want a jailed commander.", "", "charged"},
		{"what a victim was charged with", "Port director dies after car bombing in Berdiansk", "The director of the port of Berdiansk died on Monday when a bomb blew up his car. Prosecutors had charged him with treason in 2022.", "", "charged"},
		{"a cylinder that a headline calls a bomb", "Ten held after bomb that killed soldiers", "Ten people were arrested on Monday over Sunday's explosion near Kumba in which four soldiers died. A welder filled the gas cylinder.", "arrest", "accident"},
		{"nobody who has been charged", "No charges yet over Tarn Taran blast", "Two men died when a grenade went off near Tarn Taran on Monday. Nobody has been arrested.", "", "arrest"},
		{"a release that is waited for", "Teachers of Zamfara on strike", "Teachers said they would stay out until their colleague, who was abducted near Gusau on Monday, is freed.", "", "freed"},
		{"what rebels call an arrest", "Rebels admit taking of engineers", "The front said on Monday that it had \"arrested\" four engineers who were kidnapped near Wamena.", "", "arrest"},
		{"a man who is held over it", "Ex-soldier held after Ankara bombing", "A former soldier was picked up after a bomb killed two in Ankara on Monday.", "arrest !arrest", ""},
		{"two who are held where they live", "Pair held in Portmore over Kingston shooting", "Two men are being asked about the shooting of five people in Kingston on Monday.", "arrest !arrest", ""},
		{"a vigil is held, too", "Vigil held in Leeds for stabbed teacher", "Hundreds stood in Leeds on Monday for a teacher who was stabbed to death on Sunday.", "", "arrest"},
		{"suspects whom a court lets go", "Court frees two of five suspects in Lod murders", "A judge in Lod on Monday released two of the men who were detained over the murder of four people.", "!cleared", "!charged"},
		{"a murderer who is sent to prison", "Pair jailed for Durban tavern murders", "Two men were sentenced to life in prison in Durban on Monday for the murder of six people.", "charged !charged", "cleared"},
		{"hostages that are free", "Bank siege ends, hostages free", "The gunmen who held nine people in a bank in Aden gave themselves up on Monday.", "!freed", ""},
		{"captors who let some go", "Bandits let three of nine pupils go", "Three of the nine pupils who were abducted near Birnin on Sunday are back with their families, a teacher said on Monday.", "freed !freed", ""},
		{"a mastermind who was captured", "Alleged mastermind of Ocaña attack captured in Aguachica", "The man is accused of having prepared the motorcycle with which four people were killed in Ocaña.", "arrest !arrest", ""},
		{"what was taken for a bomb", "Lagos: the 'bomb' was a bag of dried fish", "The bag that emptied a motor park in Lagos on Monday held dried fish, police said.", "hoax !hoax", ""},
		{"a riot that was none", "There was no riot in Engels prison, say monitors", "Monitors who went to the prison in Engels on Monday found no trace of a riot.", "hoax !hoax", ""},
		{"a bomb that was one", "'Bomb' was thrown from bridge in Lagos, two hurt", "A home-made bomb was thrown from a bridge in Lagos on Monday, hurting two.", "", "hoax"},
		{"who tells of it had been let go", "Gunmen take 14 from bus near Mopti", "Gunmen stopped a bus near Mopti on Monday and abducted 14 people, a passenger who was let go said.", "", "freed"},
		{"inmates are no captives", "Gunmen free 40 inmates in Jolo", "Gunmen attacked a prison in Jolo on Monday, killed three guards and freed 40 inmates.", "", "freed"},
		{"a ransom that was paid", "Twelve Zamfara villagers walk free", "Twelve villagers who were abducted in Zamfara on Sunday walked free after a ransom was paid.", "freed !freed", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reps := tagger.Tag(article("a", tt.title, tt.text, "2024-05-06"))
			if len(reps) == 0 {
				t.Fatalf("%q: no report", tt.title)
			}
			for _, c := range strings.Fields(tt.has) {
				c = strings.ReplaceAll(c, "_", " ")
				if !slices.Contains(reps[0].Cues, c) {
					t.Errorf("%q: cues %q lack %q", tt.title, reps[0].Cues, c)
				}
			}
			for _, c := range strings.Fields(tt.not) {
				c = strings.ReplaceAll(c, "_", " ")
				if slices.Contains(reps[0].Cues, c) {
					t.Errorf("%q: cues %q have %q", tt.title, reps[0].Cues, c)
				}
			}
		})
	}
}
