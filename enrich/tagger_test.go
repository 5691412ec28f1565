package enrich

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"tocsin/ingest"
)

var update = flag.Bool("update", false, "write what the tagger says into the golden files")

// article makes an article of text, as the contract does.
func article(id, title, body, published string) *ingest.Article {
	a := &ingest.Article{Schema: ingest.ArticleSchema, ID: id, Edition: 1, Title: title, Body: body}
	if published != "" {
		a.Published, a.PublishedPrecision = contractTime(published)
	}
	a.ContentSHA256 = ingest.ContentHash(a.Title, a.Summary, a.Body)
	return a
}

// brief writes reports in a form that is easy to compare.
func brief(reps []Report) string {
	if len(reps) == 0 {
		return "nothing\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "relevant %v\n", Relevant(reps))
	for i := range reps {
		r := &reps[i]
		fmt.Fprintf(&b, "\n%s %s", r.Role, r.Type)
		if r.Subtype != "" {
			fmt.Fprintf(&b, "/%s", r.Subtype)
		}
		if r.Outcome != "carried_out" {
			fmt.Fprintf(&b, " %s", r.Outcome)
		}
		b.WriteByte('\n')
		if p := r.Place; p != nil {
			fmt.Fprintf(&b, "  place %s | %s | %s\n", p.Name, p.Admin, p.Country)
		}
		if o := r.Occurred; o != nil && o.Earliest != nil {
			fmt.Fprintf(&b, "  when %s..%s %q\n", o.Earliest.Format(time.DateOnly), o.Latest.Format(time.DateOnly), o.Text)
		}
		for _, a := range r.Actors {
			fmt.Fprintf(&b, "  actor %s %s\n", a.Name, a.Role)
		}
		for _, f := range r.Figures {
			fmt.Fprintf(&b, "  %s %s who=%s %s %s", f.Measure, value(f.Quantifier, f.Min, f.Max, f.Point), f.Who, f.Scope, f.Relation)
			if f.Excludes != "" {
				fmt.Fprintf(&b, " excludes=%s", f.Excludes)
			}
			fmt.Fprintf(&b, " %s %q\n", f.Rule, f.Evidence[0].Text)
		}
		for _, m := range []Measure{Killed, Injured, Missing, Abducted, Arrested, Displaced, Released, Escaped, Casualties} {
			if t, ok := r.Totals[m]; ok {
				fmt.Fprintf(&b, "  total %s %s by %s", m, value(t.Quantifier, t.Min, t.Max, t.Point), t.Rule)
				if t.ExcludesPerpetrators != nil {
					fmt.Fprintf(&b, " excludes=%v", *t.ExcludesPerpetrators)
				}
				b.WriteByte('\n')
			}
		}
	}
	return b.String()
}

func TestArticles(t *testing.T) {
	files, err := filepath.Glob("testdata/articles/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden articles", err)
	}
	tagger := NewTagger()
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := map[string]string{}
			want := -1
			for i, f := range ar.Files {
				part[f.Name] = strings.TrimSpace(string(f.Data))
				if f.Name == "want" {
					want = i
				}
			}
			if want < 0 {
				t.Fatal("no want section")
			}
			a := article(filepath.Base(file), part["title"], part["body"], part["published"])
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			got := brief(reps)
			if *update {
				ar.Files[want].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if d := cmp.Diff(string(ar.Files[want].Data), got); d != "" {
				t.Errorf("%s(-want +got)\n%s", ar.Comment, d)
			}
		})
	}
}

// checkReports asserts what holds for the reports of any article.
func checkReports(t interface {
	Helper()
	Fatalf(string, ...any)
}, a *ingest.Article, reps []Report) {
	t.Helper()
	mains := 0
	for i := range reps {
		r := &reps[i]
		if r.Ordinal != i || r.Of != len(reps) || r.Schema != ReportSchema || r.ID != ReportID(r.Source, i) {
			t.Fatalf("report %d of %d is numbered %d of %d, schema %q, id %q", i, len(reps), r.Ordinal, r.Of, r.Schema, r.ID)
		}
		if r.Role == Main {
			mains++
		}
		if !slices.Contains(Types, r.Type) {
			t.Fatalf("report %d has type %q", i, r.Type)
		}
		if len(r.Rules) == 0 {
			t.Fatalf("report %d names no rule", i)
		}
		var spans []Span
		spans = append(spans, r.Evidence...)
		if r.Place != nil {
			spans = append(spans, r.Place.Evidence...)
		}
		if r.Occurred != nil {
			spans = append(spans, r.Occurred.Evidence...)
		}
		for _, x := range r.Actors {
			if len(x.Evidence) == 0 {
				t.Fatalf("actor %q has no evidence", x.Name)
			}
			spans = append(spans, x.Evidence...)
		}
		for _, f := range r.Figures {
			if len(f.Evidence) == 0 || f.Rule == "" || f.Scope == "" || f.Relation == "" || f.Quantifier == "" {
				t.Fatalf("figure %+v lacks evidence, rule, scope, relation or quantifier", f)
			}
			if f.Min != nil && f.Max != nil && *f.Min > *f.Max {
				t.Fatalf("figure %s has bounds %d..%d", f.Rule, *f.Min, *f.Max)
			}
			spans = append(spans, f.Evidence...)
		}
		for _, s := range spans {
			text := a.Text(s.Field)
			if s.Article != a.ID || s.Start < 0 || s.End > len(text) || s.Start >= s.End || text[s.Start:s.End] != s.Text {
				t.Fatalf("span %+v is not in %s", s, s.Field)
			}
		}
	}
	if mains > 1 {
		t.Fatalf("%d main reports", mains)
	}
}

func TestTagIsPure(t *testing.T) {
	tagger := NewTagger()
	files, _ := filepath.Glob("testdata/articles/*.txtar")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		a := article("a", "", string(data), "2021-07-24")
		want := brief(tagger.Tag(a))
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if got := brief(NewTagger().Tag(a)); got != want {
					t.Errorf("%s is read in two ways\n%s", file, cmp.Diff(want, got))
				}
			})
		}
		wg.Wait()
	}
}

// Sentences that each show one thing that English does with tolls.
func TestTotals(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, text, want string }{
		{"digits", "A roadside bomb killed 7 people near Ghazni.", "killed 7"},
		{"words", "A roadside bomb killed seven people near Ghazni.", "killed 7"},
		{"an article is one", "A policeman was shot dead at a checkpoint.", "killed 1"},
		{"a name is one", "Journalist Amina Dahir was gunned down outside her office.", "killed 1"},
		{"at least", "At least 14 people were killed in the market blast.", "killed 14 or more"},
		{"more than", "More than 60 people were killed in the market blast.", "killed more than 60"},
		{"fewer than", "Fewer than ten people were killed in the market blast.", "killed fewer than 10"},
		{"a range", "Between eight and 12 people were killed in the market blast.", "killed 8 to 12"},
		{"vague", "The raid left hundreds of people dead.", "killed 100 or more"},
		{"none of one kind leaves the other absent", "A drone hit the base but caused no deaths.", "killed none"},
		{"no casualties is none of both", "Rockets landed in a field; there were no casualties.", "killed none injured none"},
		{"not reported is not none", "There were no immediate reports of casualties after the explosion.", "casualties not known"},
		{"a subset is inside", "Gunmen attacked a clinic. Nine people died, among them a pregnant woman and two medics.", "killed 9"},
		{"coordination is a sum", "The ambush killed a soldier and two civilians.", "killed 3"},
		{"three-way coordination", "Gunmen attacked a convoy. Two policemen, a nurse and four shoppers were killed.", "killed 7"},
		{"a breakdown in dashes", "Gunmen ambushed a convoy. Eight people - six troops and two drivers - were killed.", "killed 8"},
		{"a breakdown in commas", "In the bombing nine people, four officers and five porters, were killed.", "killed 9"},
		{"ages in a list", "A woman aged 66 and her two grandsons were killed by a shell in Shwebo.", "killed 3"},
		{"ages of several", "A bomb in Kabul killed two men aged 20 and 30 and a porter.", "killed 3"},
		{"family", "The shelling killed his wife and three children.", "killed 4"},
		{"besides", "Gunmen opened fire on a bus. Besides the driver, six passengers died.", "killed 7"},
		{"a headline", "Seven dead, 19 wounded in mosque attack", "killed 7 injured 19"},
		{"among those killed is inside", "A bomb at a bus stop killed eight people. Three girls were among those killed, a doctor said.", "killed 8"},
		{"two tolls, one verb", "The number of people killed in the bombing of the depot rose to six and that of the wounded to 15.", "killed 6 injured 15"},
		{"the number of hostages", "The number of hostages at the bank is nine, officers said, and not five as they had believed.", "abducted 9"},
		{"hostages put at", "Hostages in school siege now put at 31", "abducted 31"},
		{"a crew is held", "Houthis seize ship, 22 crew held", "abducted 22"},
		{"guards are held in a riot", "Inmates rose up at a prison in Quito on Monday and have been holding seven guards, the police said.", "abducted 7"},
		{"let go", "Gunmen holding hostages at a mill let four of them go.", "released 4"},
		{"a day in May is no doubt", "On May 6 a sniper shot dead two officers at Hatra.", "killed 2"},
		{"some of the taken came free", "Six of the nurses abducted from a clinic near Goma were set free on Friday.", "released 6"},
		{"some, and all of them", "Gunmen freed 31 of the passengers whom they had taken near Jos. Police say that the hostages were rescued.", "released 31"},
		{"a war's dead are no attack's", "An airstrike on a bakery in Gaza killed four people. The number of those killed has risen to 72,310, with 171,900 injured, the ministry said.", "killed 4"},
		{"bodies of two days", "An airstrike on a bakery in Gaza killed four people. Nine bodies were brought to hospitals in the past 48 hours.", "killed 4"},
		{"they regain it", "Six kidnapped farmers regain freedom.", "abducted 6 released 6"},
		{"they are with their families again", "Six of those kidnapped near Goma were reunited with their families on Friday.", "released 6"},
		{"they regained their freedom", "Six of those kidnapped near Goma regained their freedom on Friday.", "released 6"},
		{"into the forest", "Armed men stopped a coach near Djibo and led nine of its passengers into the bush.", "abducted 9"},
		{"who is on board", "Gunmen hijacked a ferry with 26 people on board near Pebane.", "abducted 26"},
		{"a crew is on board", "Pirates seized a tanker with a crew of 14 off Hobyo.", "abducted 14"},
		{"a boat is captured", "A dhow carrying traders was captured by insurgents near Ibo with 17 people on board.", "abducted 17"},
		{"rebels capture", "Rebels have captured eight miners near Mambasa.", "abducted 8"},
		{"police capture rebels", "Four rebels were captured near Tibu after an ambush that killed two officers.", "killed 2 arrested 4"},
		{"missing since a kidnap", "School kidnap: roll call shows 33 pupils missing", "abducted 33"},
		{"a line that goes dead", "Gunmen attacked a ferry near Pebane. The skipper called before the line went dead.", ""},
		{"an attack of another day, and one later still", "Four people were stabbed in Leeds on Monday. The country was shaken in May 2021 by the rampage at a mall in Hull, in which six were killed, and by a stabbing two days later.", "injured 4"},
		{"an attack that this may have to do with", "A bomb on Wednesday wounded four at a bus stop in Quetta. Police said it may be linked to Monday's raid on a post at Kuchlak, in which six officers were killed.", "injured 4"},
		{"days after others were killed", "Gunmen took nine villagers near Djibo on Monday, days after they killed six farmers.", "abducted 9"},
		{"days after he was hurt", "A policeman died in Quetta on Monday, days after he was wounded by a bomb.", "killed 1"},
		{"where others were killed last month", "A bomb wounded four at a bus stop in Poso, where five farmers were killed last month.", "injured 4"},
		{"a charge sheet", "A man stabbed commuters in Leeds on Monday, police said. He faces one count of murder and three of wounding with intent to murder.", ""},
		{"close to a number", "The bombing of a market in Kabul on Monday left 12 people dead and close to 40 injured.", "killed 12 injured about 40"},
		{"the fourth victim", "Sabir Jan, the fourth victim of the ambush near Tank, passed away on Friday.", "killed 4"},
		{"a fifth body", "A fifth miner has been found dead after the attack on a camp near Duki.", "killed 5"},
		{"a chief who is killed", "Narcotics police chief Luis Pardo was murdered on his way to work.", "killed 1"},
		{"a town buries its own", "Ayn Issa buries nine of its sons, who were killed by gunmen on Monday.", "killed 9"},
		{"two and their ages", "Two nurses, 34 and 51, were wounded by shells in Izyum.", "injured 2"},
		{"a sum of a city since a day", "Two men were shot dead in a car in Rosario on Monday. They bring to five the number of people killed in the city since Friday.", "killed 2"},
		{"attackers included", "Six people, the two gunmen included, have been killed in Makhachkala.", "killed 4"},
		{"one of the dead is the attacker's", "The bombing of a gate in Adana has cost four lives, among them that of the attacker.", "killed 3"},
		{"who beats off an attack", "The army says that it killed 30 jihadists and lost four of its own men when it beat off an assault on its camp in Gao.", "killed 4"},
		{"what a suspect is held for", "Troops captured a man suspected of having shot a driver dead in Jenin two days earlier. Two others were killed in the raid.", "killed 2"},
		{"two sources, two tolls", "A bomb went off in Kabul on Monday. The ministry confirmed nine deaths, while doctors at two hospitals said that they had received the bodies of 12 people.", "killed 9 to 12"},
		{"the day of a vote", "A candidate in the March 30 election died in hospital on Sunday after he was shot by gunmen in Cotabato.", "killed 1"},
		{"capitals", "BREAKING: 3 DEAD, 7 HURT IN BLAST - POLICE", "killed 3 injured 7"},
		{"a toll rises", "The death toll from the market bombing rose to 37 on Tuesday.", "killed 37"},
		{"from and to", "The toll of the bombing climbed from 22 to 29 overnight.", "killed 29"},
		{"a toll falls", "Officials revised the toll of the hotel attack down to 18 from 25.", "killed 18"},
		{"a list behind a colon", "Two people lost their lives in the ambush near Jos: the driver and a student who died in hospital.", "killed 2"},
		{"some among them, told last", "The explosion of a car in Azaz killed 15 people, five women and two children among them.", "killed 15"},
		{"parts of one source", "A drone strike in Amhara killed 28 people. Twenty-one were dead when they were brought in. Seven died on our floor, a doctor said.", "killed 28"},
		{"a death that takes the toll to", "A boy who was shot in Hanover Park has died. This takes the number of people killed in the attack to three.", "killed 3"},
		{"his wife dies, too", "Ana Reyes, 51, wife of murdered radio host Rogelio Reyes, died on Friday, two days after the shooting in Cataingan.", "killed 2"},
		{"some of a toll that rose", "The death toll of the missile strike on Chernihiv rose to eight, including a child, and 41 were injured.", "killed 8 injured 41"},
		{"some before those who were hurt", "Eight people were killed, among them a boy, and 41 injured in a missile strike on Chernihiv.", "killed 8 injured 41"},
		{"whom they killed is one", "Gunmen killed a watchman and kidnapped 11 students when they stormed a school in Leogane.", "killed 1 abducted 11"},
		{"agencies have operatives", "Anti-kidnapping operatives arrested a man over the murder of two nurses in Jolo.", "killed 2 arrested 1"},
		{"from year to year", "A union leader was murdered in Anapu on Monday. Between 1985 and 2023 more than 900 workers were murdered in the state.", "killed 1"},
		{"all but", "All but two of the 11 hostages were killed.", "killed 9"},
		{"attackers apart", "The suicide blast killed 30 people, not counting the bomber.", "killed 30"},
		{"attackers killed", "Police killed all three attackers; two guards died.", "killed 2"},
		{"the number of attackers", "Five gunmen burst into the hotel and killed 11 guests.", "killed 11"},
		{"forms of a school", "Two Form Three students and a teacher of Class 8 were killed by gunmen in Wajir.", "killed 3"},
		{"a road has a number", "Gunmen killed a driver on Highway 7 near Jos.", "killed 1"},
		{"an age is a range", "Gunmen killed a farmer near Ibo. Three girls aged between 12 and 16 were abducted.", "killed 1 abducted 3"},
		{"a rank with an ordinal", "A ship's second engineer has died after pirates shot him off Lomé.", "killed 1"},
		{"martyrdom", "Shots in al-Ahsa led to the martyrdom of three citizens and the injury of seven.", "killed 3 injured 7"},
		{"who were called missing", "The nine guards reported as missing near Pataz were kidnapped by a gang.", "abducted 9"},
		{"a day and its night", "The owner of a kiosk hit by a grenade in Galkayo on Tuesday night has died of her wounds, a nurse said.", "killed 1"},
		{"a body that is known", "A body that was washed up near Erin was identified as that of one of the fishermen whom pirates kidnapped.", "killed 1"},
		{"a weight", "A 500-kilogram truck bomb killed four.", "killed 4"},
		{"weapons", "Twenty drones and six missiles were fired; one guard was killed.", "killed 1"},
		{"a unit's number", "Fighters of the 5th Brigade killed two farmers.", "killed 2"},
		{"people at risk", "The town of 40,000 people was shelled; two died.", "killed 2"},
		{"people present", "About 200 people were in the hall when the bomb went off, killing six.", "killed 6"},
		{"lives", "The landmine claimed three lives.", "killed 3"},
		{"nouns of harm", "The attack resulted in the death of a nurse and injuries to ten others.", "killed 1 injured 10"},
		{"undivided", "Bombs killed or wounded 25 people.", "casualties 25"},
		{"bodies", "Eleven bodies with bullet wounds were found in a ditch.", "killed 11"},
		{"an age without hyphens", "Gunmen shot dead an 18 year old student.", "killed 1"},
		{"a result after the object", "A man stabbed two tourists to death in the attack.", "killed 2"},
		{"the attacker alone", "The suicide bomber killed himself; no one else was hurt.", "killed none injured none"},
		{"two subjects in one sentence", "A nurse was killed and two guards died in the bombing.", "killed 3"},
		{"a shared number", "The blast wounded seven staff and volunteers.", "injured 7"},
		{"a relative clause", "Police seek the killers of judge Ana Sosa Duarte, who was murdered in a bombing.", "killed 1"},
		{"detained by militants is taken", "Two drivers were detained by militants after an ambush.", "abducted 2"},
		{"abduction", "Gunmen abducted 1,204 villagers over the weekend.", "abducted 1204"},
		{"sources are not victims", "Two security officials said three people were abducted.", "abducted 3"},
		{"ages behind people", "Four children between 11 and 12 were wounded in a bombing.", "injured 4"},
		{"lives that were cost", "A bombing has cost four traders their lives.", "killed 4"},
		{"lives that were taken", "A boy who was wounded in the bombing died on Monday. It has now taken the lives of five people.", "killed 5"},
		{"all after two more", "Rescuers found the bodies of two more residents after the air strike. Five people have therefore died.", "killed 5"},
		{"all after one who died", "A woman who was hurt in the bombing died overnight. With her, the bombing has killed six.", "killed 6"},
		{"a failed attempt", "Gunmen tried to abduct two nuns but fled.", "abducted none"},
		{"arrests at a protest", "Police detained 130 protesters after the riot.", "arrested 130"},
		{"displaced", "The fighting drove 9,000 people from their homes as shells killed two.", "killed 2"},
		{"a clause between", "Two aid workers, who were on their way to a clinic, were shot dead by gunmen.", "killed 2"},
		{"shot and hurt", "A driver was shot in the foot during an ambush.", "injured 1"},
		{"shot and died", "A driver was shot during an ambush and died in hospital.", "killed 1"},
		{"a spree", "A man shot dead two officers and a shopper in Namur on Tuesday. Four bystanders were wounded. Hours before, the gunman also killed a man in Dinant.", "killed 4 injured 4"},
		{"unharmed by name", "A bomb went off at the judge's home, wounding two guards; neither the judge nor her son was hurt.", "injured 2"},
		{"a rank as adjective", "A major attack on a private clinic killed three.", "killed 3"},
		{"a rank", "A major and two privates died in the ambush.", "killed 3"},
		{"a wound suffered", "Gunmen attacked the bus and a passenger suffered a gunshot wound.", "injured 1"},
		{"a contraction negates", "A man was stabbed outside a bar in Leeds on Monday. His brother wasn't injured.", "injured 1"},
		{"others one by one", "A woman of 31 was shot in the neck outside a bar in Perth. A man in his sixties had minor cuts to his arm.", "injured 2"},
		{"one by one after a death", "Gunmen killed a taxi owner in Durban. A guard was shot in the stomach and airlifted to a hospital. Two women were treated for wounds.", "killed 1 injured 3"},
		{"the same again", "Man shot in Dayton. A 34-year-old man was shot in the leg outside a bar on Sunday, police said.", "injured 1"},
		{"the number of those shot", "Six people were shot at a vigil in Macon, two of whom have died.", "killed 2 injured 4"},
		{"another", "Shooting in Hamilton: man dead, another in critical condition", "killed 1 injured 1"},
		{"a hospital takes them in", "Shells hit Marib on Tuesday, killing six. The hospital took in a further 41 wounded.", "killed 6 injured 41"},
		{"under treatment", "An attack on a depot in Kirkuk killed eight. 29 people were being treated in the evening.", "killed 8 injured 29"},
		{"a group inside commas", "A bomb went off in Derbent. Sixteen people, thirteen policemen among them, were injured.", "injured 16"},
		{"without hurting anyone", "Bombs damaged nine villas in Corsica on Friday without hurting anyone.", "injured none"},
		{"plus", "Jets bombed the village and thirty-plus people were hurt.", "injured 30 or more"},
		{"a place, a name and an age", "In Yala, a teacher, Wan Rahimah, 47, was shot dead by gunmen.", "killed 1"},
		{"a family with names", "Gunmen shot dead his wife, Carla Reyes, 48, and their two sons.", "killed 3"},
		{"who kills himself after others", "Four found dead in apparent murder-suicide at home near Kalispell", "killed 3"},
		{"whom he killed", "In a murder-suicide a man shot his wife and two sons to death in Nampa before killing himself.", "killed 3"},
		{"a suspect among the dead", "3 killed, including suspect, in shooting at mall in Tulsa", "killed 2"},
		{"who plays dead is not", "Gunmen killed a farmer near Ngcobo. A girl played dead under the bed.", "killed 1"},
		{"hurt people of another story", "Gunmen shot dead a medic who assisted injured protesters.", "killed 1"},
		{"the same count as bodies", "A bomb in a mosque in Quetta killed at least 14 people and hurt dozens. \"We have 14 bodies and the number of injured is above 30,\" a rescuer said.", "killed 14 or more injured more than 30"},
		{"one of the dead", "A mine near Pailin killed three girls and hurt four people. The chief said that the three had sat at the back. One of them died on the way to hospital.", "killed 3 injured 4"},
		{"bodies are not hurt", "A blast in Lyari killed nine people. A hospital received nine bodies and 20 injured.", "killed 9 injured 20"},
		{"attackers are in the headline's number", "Five dead in attack on post in Derbent. Two policemen and three attackers died in the shootout.", "killed 2"},
		{"attackers among the dead", "Fourteen people died in an assault on a camp in Menaka. Six of the dead were attackers.", "killed 8"},
		{"an enemy beaten off", "The army repelled an attack on its camp in Menaka. 50 terrorists were neutralised, and five soldiers were killed.", "killed 5"},
		{"an enemy beside the force's own dead", "Two rangers and four militants were killed in a gun battle near Bannu.", "killed 2"},
		{"an enemy in a sentence of its own", "Rebels attacked a post near Arawa, killing three officers. Five insurgents also died.", "killed 3"},
		{"an enemy alone", "Troops killed nine insurgents in a raid near Cotabato.", "killed 9"},
		{"those of one side by another name", "21 militiamen killed in ambush. Jihadists ambushed militiamen near Palmyra, killing at least 21 fighters.", "killed 21 or more"},
		{"from the air all count", "An airstrike near Idlib killed six rebels, two soldiers and a child.", "killed 9"},
		{"suspects whom a mob takes", "Six suspected bandits were lynched by a crowd in Verrettes.", "killed 6"},
		{"a second person dies", "A second person has died after a bombing at a market in Yala. Eleven people are injured.", "killed 2 injured 11"},
		{"a fourth of a kind", "A fourth ranger has died at a hospital in Yala after an attack on his patrol.", "killed 4"},
		{"the number of victims", "A pensioner who was wounded in the shelling of Marhanets has died. The number of victims of the shelling is now three.", "killed 3"},
		{"a number that has become", "Tyre buried the martyrs of the air raid, whose number has become five.", "killed 5"},
		{"martyrs", "Two soldiers who were wounded in an attack in Bannu died, raising the number of martyrs to ten.", "killed 10"},
		{"and now there are", "Two officers who disappeared after an ambush in Uruapan were found dead, with which there are now six dead.", "killed 6"},
		{"and not eleven", "Nine prisoners, and not 11, died in the riot at the prison of Guayaquil.", "killed 9"},
		{"who was said to be some years old", "A 58-year-old seedsman was killed by gunmen in Jos.", "killed 1"},
		{"suspects are arrested", "Gunmen killed a trader in Zaria. Police seized three suspects.", "killed 1 arrested 3"},
		{"magazines are arms", "Gunmen killed two soldiers in Bajaur. Two rifles and four magazines were seized.", "killed 2"},
		{"what was done to things", "Robbers shot dead a jeweller and snatched the phones of the staff.", "killed 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", "", tt.text, "2024-05-06")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			var got []string
			if len(reps) > 0 {
				for _, m := range []Measure{Killed, Injured, Abducted, Released, Arrested, Casualties} {
					if x, ok := reps[0].Totals[m]; ok {
						got = append(got, string(m)+" "+value(x.Quantifier, x.Min, x.Max, x.Point))
					}
				}
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%q: got %s; want %s\n%s", tt.text, s, tt.want, brief(reps))
			}
		})
	}
}

func TestWhatIsNoIncident(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, text string }{
		{"sport", "City killed off the game with a 3-1 blast."},
		{"a labour dispute", "Teachers began a three-day strike over pay."},
		{"lightning", "Lightning strike kills two hikers."},
		{"a gas leak", "A gas leak blew up a bakery, killing five; police ruled out an attack."},
		{"a trial", "A court jailed him for 30 years for killing a guard."},
		{"an anniversary", "Mourners marked ten years since the attack that left 45 dead."},
		{"statistics", "Violence has killed 4,300 people since January."},
		{"a count of attacks", "The office recorded 190 attacks by settlers in the West Bank in February. Fourteen people were killed in the same period."},
		{"a share", "Killings rose 40 percent in the province last year."},
		{"a drill", "In the drill, 30 volunteers played the wounded after a mock explosion."},
		{"fiction", "The novel opens with a bombing that kills six."},
		{"a condition", "If the dam is hit, 10,000 people could die."},
		{"an obituary", "Ama Deku, poet who fought apartheid, dies at 84.\n\nThe veteran of many a battle for rights died on Tuesday."},
		{"a launch", "A rocket carried three astronauts to the space station on Monday."},
		{"a metaphor", "The opposition attacked the budget and the minister shot back."},
		{"a question", "Was a drone behind the depot fire?"},
		{"what bandits often do", "Bandits often kidnap travellers on this road for ransom."},
		{"an arrest for theft", "Police arrested four people on Tuesday over the theft of rental cars."},
		{"what a court hears", "Judges heard how the 2014 bombing killed nine."},
		{"a hoax", "The bomb scare at the station turned out to be a hoax."},
		{"a teaser", "Also read: 12 die in Karachi blast"},
		{"a report withdrawn", "The agency withdrew its report that six hostages had been killed."},
		{"empty", ""},
		{"not English", "Die Gemeinde beschloss gestern den Haushalt für das kommende Jahr."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", "", tt.text, "2024-05-06")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if Relevant(reps) {
				t.Errorf("%q is relevant:\n%s", tt.text, brief(reps))
			}
		})
	}
}

// What comes behind a clear lead does not undo it.
func TestALongPageIsStillNews(t *testing.T) {
	lead := "Gunmen killed nine people and wounded 14 at a bus station in Kaduna on Tuesday, police said.\n\n" +
		"Traders ran as the men fired at the crowd from two motorcycles, a witness said. The dead include a driver and three of his passengers. The wounded were taken to a hospital, where doctors asked for blood. No group has claimed the attack.\n\n"
	tagger := NewTagger()
	for _, tt := range []struct{ name, context string }{
		{"a hoax elsewhere", "In Oslo a bomb threat against a school proved a hoax. The ministry of health warned of a heart attack risk."},
		{"a cleared case", "Officers said a death in the harbour was not being treated as suspicious."},
		{"policy", strings.Repeat("Lawmakers debated the budget and talks on the water law will go on. Prices could rise by a tenth. ", 30)},
		{"sport", strings.Repeat("The striker scored twice and the coach praised the defence. You can watch the next match on Sunday. ", 30)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", "Nine killed at Kaduna bus station", lead+tt.context, "2024-05-08")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			if !Relevant(reps) || reps[0].Outcome != "carried_out" {
				t.Errorf("the attack is lost:\n%s", brief(reps))
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, text, place, country string }{
		{"a dateline is not the place", "NAIROBI - A blast in Mogadishu killed four, officials said.", "Mogadishu", "SO"},
		{"the country that follows wins", "A shooting in Tripoli, Lebanon, left one dead.", "Tripoli", "LB"},
		{"victims' nations are no places", "Gunmen attacked a restaurant. A Frenchman and two Britons were killed in Bamako.", "Bamako", "ML"},
		{"a part of a country", "Gunmen killed five soldiers in northern Mali.", "northern Mali", "ML"},
		{"where the wounded died", "A gunman killed a woman at a junction near Nablus. She died on the way to a hospital near Tel Aviv.", "Nablus", "PS"},
		{"who confirms is not where", "Bern confirms kidnapping. Gunmen abducted a Swiss nurse in Agadez in Niger.", "Agadez", "NE"},
		{"off an island", "Pirates who boarded a tanker off Zanzibar took ten sailors.", "Zanzibar", "TZ"},
		{"a name that no gazetteer has", "Gunmen killed five farmers in the village of Qasr Dabib in Yemen.", "Qasr Dabib", "YE"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reps := tagger.Tag(article("a", "", tt.text, "2024-05-06"))
			if len(reps) == 0 || reps[0].Place == nil || reps[0].Place.Name != tt.place || reps[0].Place.Country != tt.country {
				t.Errorf("%q: got\n%s\nwant %s, %s", tt.text, brief(reps), tt.place, tt.country)
			}
		})
	}
}

func TestSourcesAndCertainty(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, text, kind, certainty, total string }{
		{"police", "A car bomb killed four people in Kabul, police said.", "police", "reported", "4"},
		{"a ministry confirms", "The health ministry confirmed that the bombing killed nine people.", "medical", "confirmed", "9"},
		{"a hedge", "The bombing reportedly killed three people.", "", "possible", "3"},
		{"not verified", "The figure of 60 dead in the bombing could not be independently verified.", "", "possible", "60"},
		{"a party's claim", "Rebels claimed that the ambush killed 40 soldiers.", "belligerent", "claimed", "40"},
		{"a party by name", "The Arakan Army said it killed 40 soldiers in an ambush near Ann.", "belligerent", "claimed", "40"},
		{"a party that nobody knows", "The Falcons, who came to light in May, said that their attack on a post near Ann was carried out by its fighters and that nine guards had been killed.", "belligerent", "claimed", "9"},
		{"of an attack that is known", "The Arakan Army said it carried out the attack near Ann that killed nine soldiers.", "belligerent", "reported", "9"},
		{"of its own people", "The Arakan Army said that two of its fighters were killed in a clash near Ann.", "belligerent", "reported", "2"},
		{"of what others did", "The Arakan Army said that an air strike killed 17 villagers near Ann.", "belligerent", "reported", "17"},
		{"whoever speaks is not who acts", "Militants killed nine soldiers near Gao, police said.", "police", "reported", "9"},
		{"others before a boast", "The Arakan Army said it killed 40 soldiers near Ann. Officials said that four had died.", "belligerent", "claimed", "4"},
		{"more are expected", "The bombing killed nine people, and the toll is expected to rise.", "", "reported", "9 or more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			reps := tagger.Tag(article("a", "", tt.text, "2024-05-06"))
			if len(reps) == 0 || len(reps[0].Figures) == 0 {
				t.Fatalf("%q: no figure", tt.text)
			}
			f, k := reps[0].Figures[0], reps[0].Totals[Killed]
			kind := ""
			if f.Source != nil {
				kind = f.Source.Kind
			}
			if kind != tt.kind || f.Certainty != tt.certainty || value(k.Quantifier, k.Min, k.Max, k.Point) != tt.total {
				t.Errorf("%q: source %q, %s, total %s; want %q, %s, %s", tt.text, kind, f.Certainty, value(k.Quantifier, k.Min, k.Max, k.Point), tt.kind, tt.certainty, tt.total)
			}
		})
	}
}

func TestAnotherMethodElsewhereIsAnotherIncident(t *testing.T) {
	a := article("a", "", "A bomb killed nine people at a market in Baghdad on Monday.\n\nThe army said Saturday that an armed drone struck a base in Iraqi Kurdistan without inflicting deaths.", "2021-07-24")
	reps := NewTagger().Tag(a)
	if len(reps) != 2 || reps[1].Role != Other || reps[1].Type != "drone_strike" || reps[1].Totals[Killed].Quantifier != "none" || reps[0].Totals[Killed].Quantifier != "exact" {
		t.Errorf("got\n%s", brief(reps))
	}
}

func TestSummaryIsReadOnce(t *testing.T) {
	tagger := NewTagger()
	a := article("a", "Blast in Basra", "", "2024-05-06")
	a.Summary = "A car bomb killed four people in Basra on Sunday."
	for _, body := range []string{"", a.Summary + " Police sealed off the street.", "The street was sealed off."} {
		a.Body = body
		reps := tagger.Tag(a)
		checkReports(t, a, reps)
		n := 0
		for i := range reps {
			for _, f := range reps[i].Figures {
				if f.Measure == Killed {
					n++
				}
			}
		}
		if len(reps) != 1 || n != 1 {
			t.Errorf("body %q: %d reports with %d deaths; want one figure\n%s", body, len(reps), n, brief(reps))
		}
	}
}

func TestReportsOfHugeAndHostileTextAreBounded(t *testing.T) {
	tagger := NewTagger()
	for name, s := range map[string]string{
		"no full stop":      strings.Repeat("killed and ", 200_000),
		"all hedges":        strings.Repeat("at least all another ", 100_000),
		"brackets":          strings.Repeat("(", 300_000),
		"commas":            strings.Repeat("two, ", 300_000),
		"one word":          strings.Repeat("a", 3_000_000),
		"zero bytes":        strings.Repeat("\x00", 3_000_000),
		"incidents":         strings.Repeat("A separate bombing in Basra killed two. ", 50_000),
		"soft wounds":       "A bomb went off. " + strings.Repeat("He was shot. ", 50_000),
		"places":            strings.Repeat("A bomb in Basra, Mosul and Kirkuk killed two in Iraq and Paris. ", 20_000),
		"expectations":      strings.Repeat("The bomb killed 2 and the toll is expected to rise, excluding the bomber. ", 20_000),
		"actors":            strings.Repeat("Taliban blamed Hamas claimed killed ", 20_000),
		"dates":             strings.Repeat("in May 2017 ", 100_000),
		"broken code units": strings.Repeat("\xff\xc3 killed 3 ", 100_000),
	} {
		if testing.Short() {
			s = s[:len(s)/8]
		}
		a := article("a", "Bomb kills two", s, "2024-05-06")
		reps := tagger.Tag(a)
		checkReports(t, a, reps)
		if len(reps) > maxReports {
			t.Errorf("%s: %d reports", name, len(reps))
		}
	}
}

func FuzzTag(f *testing.F) {
	for _, s := range []string{"", "Two died.", "Gunmen killed 3 people in Basra on Monday, police said.", "\xff killed \x00 5", "the toll rose from 2 to", "(((,,, and and killed", "no one else was hurt", "BAGHDAD (X) - ", "Besides", "in addition to", "Also read: x y"} {
		f.Add(s, s, int64(1627084800))
	}
	tagger := NewTagger()
	f.Fuzz(func(t *testing.T, title, body string, at int64) {
		a := article("a", title, body, "")
		if at > 0 && at < 1<<36 {
			a.Published = time.Unix(at, 0).UTC()
		}
		reps := tagger.Tag(a)
		checkReports(t, a, reps)
		var b bytes.Buffer
		if err := Render(&b, a, reps, at%2 == 0); err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(b.Bytes(), 0) >= 0 || !utf8.Valid(b.Bytes()) {
			t.Fatalf("Render let through %q", b.Bytes())
		}
	})
}

// Sentences put together of the words that matter reach further into the
// grammar than bytes do.
func TestAnyOrderOfWords(t *testing.T) {
	words := strings.Fields("killed wounded two a the gunmen soldiers and , , . ; – ( ) were was in Basra Iraq on Monday bomb blast no one dead toll rose to from 5 at least including of them people who attack separate died not without left shot he all but half abducted released bodies \" 's since 2014 last year a month after police said Besides excluding himself")
	tagger := NewTagger()
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 60).Draw(t, "words"), " ")
		a := article("a", "", body, "2024-05-06")
		checkReports(t, a, tagger.Tag(a))
	})
}

func BenchmarkTag(b *testing.B) {
	ar, err := txtar.ParseFile("testdata/articles/market.txtar")
	if err != nil {
		b.Fatal(err)
	}
	var body string
	for _, f := range ar.Files {
		if f.Name == "body" {
			body = string(f.Data)
		}
	}
	for len(body) < 4096 {
		body += "\n\n" + body
	}
	a := article("a", "Cell behind market bombing held", body[:4096], "2021-07-24")
	tagger := NewTagger()
	b.SetBytes(4096)
	b.ReportAllocs()
	for b.Loop() {
		tagger.Tag(a)
	}
}
