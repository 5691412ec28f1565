package where

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/text"
)

var words = sync.OnceValue(lexicon.Load)

func newReader() *Reader { return NewReader(gazetteer.Load(), words()) }

// render writes mentions as the tables have them: the words, what they are, the
// country, the flags that are set, the way from there.
func render(ms []Mention) string {
	var out []string
	for _, m := range ms {
		kind, country := m.Kind.String(), m.Country
		if kind == "" {
			kind = "?"
		}
		if country == "" {
			country = "-"
		}
		s := fmt.Sprintf("%s = %s %s", m.Name, kind, country)
		for _, f := range []struct {
			name string
			set  bool
		}{
			{"demonym", m.Demonym}, {"region", m.Region}, {"border", m.Border}, {"office", m.Office}, {"forces", m.Forces},
			{"foreign", m.Foreign}, {"capital", m.Capital}, {"part", m.Part}, {"here", m.Here}, {"holds", m.Holds()}, {"village", m.OfVillage()},
		} {
			if f.set {
				s += " +" + f.name
			}
		}
		if m.Away != nil {
			s += fmt.Sprintf(" @%.0f m, %.0f", m.Away.Metres, m.Away.Bearing)
			if m.Away.Words != "" {
				s += " (" + m.Away.Words + ")"
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

func TestFind(t *testing.T) {
	r := newReader()
	for _, tt := range []struct{ name, in, hint, want string }{
		// What a place is.
		{"a well-known town", "A bomb killed two clerks in Baghdad on Monday.", "", "Baghdad = settlement IQ"},
		{"it needs no preposition", "Baghdad was quiet.", "", "Baghdad = settlement IQ"},
		{"a town and its article of another script", "Shots were fired in Hodeidah.", "", "Hodeidah = settlement YE"},
		{"a country of two words", "A bomb exploded in Côte d'Ivoire.", "", "Côte d'Ivoire = country CI"},
		{"a name with an apostrophe", "Two men drowned in Cox's Bazar.", "", "Cox's Bazar = settlement BD"},
		{"the word behind a name makes it a division", "Troops entered Donetsk oblast.", "", "Donetsk = admin1 UA"},
		{"so does one with a capital", "Attack in Kandahar Province kills five", "", "Kandahar = admin1 AF"},
		{"a town whose province has its name", "A shell hit a school in Kandahar.", "", "Kandahar = settlement AF"},
		{"a division without the word for it", "Gunmen shot two teachers in Shabwa.", "", "Shabwa = admin1 YE"},
		{"a quarter", "A mortar hit a house in Sadr City.", "", "Sadr City = district IQ"},
		{"a camp", "Fire broke out in Jabalia refugee camp.", "", "Jabalia refugee camp = camp PS"},
		{"a site", "A blast hit Bagram airfield.", "", "Bagram airfield = site AF"},
		{"a sea", "Pirates seized a tanker in the Gulf of Aden.", "", "Gulf of Aden = sea -"},
		{"a river", "A ferry sank on the Niger River.", "", "Niger River = river -"},
		{"an area in several countries", "Fighting in the Sahel killed ten.", "", "Sahel = area -"},
		{"a strip", "Jets bombed the Gaza Strip.", "", "Gaza Strip = admin1 PS"},
		{"a quarter with a town's name", "A driver was shot dead in the Medina neighbourhood. San Pedro Sula saw 11 such murders in March.", "", "Medina = ? -; San Pedro Sula = settlement HN"},
		{"small towns far from the city spoken of", "Shots fired at North York synagogue. The doors of a house of prayer in Toronto were hit, and a bus stop in Scarborough.", "", "North York = ? -; Toronto = settlement CA; Scarborough = ? -"},
		{"a town and a quarter of it", "A man was stabbed in Kabul's Dasht-e-Barchi neighbourhood.", "", "Kabul = settlement AF; Dasht-e-Barchi = district AF"},
		{"a country with its dots", "A man was shot in the U.S. on Monday.", "", "U.S. = country US"},

		// Where the grammar says that it is one.
		{"an unlisted village has no country", "A grenade exploded in the village of Kaironga.", "", "Kaironga = ? - +village"},
		{"an unlisted name behind in", "Clashes in Xyzzytown killed four.", "", "Xyzzytown = ? -"},
		{"a small town behind what it is", "Rebels seized the town of Bria.", "", "Bria = settlement CF +village"},
		{"a list goes on", "Rebels hold Bria and Ippy.", "", "Bria = settlement CF; Ippy = settlement CF"},
		{"a dateline is a town", "GAO, Mali - Gunmen killed five people.", "", "GAO = settlement ML; Mali = country ML +holds"},

		// Who holds it.
		{"a country behind a comma", "A grenade wounded six men in Tripoli, Lebanon.", "", "Tripoli = settlement LB; Lebanon = country LB +holds"},
		{"a state behind a comma", "A clerk was shot in Paris, Texas.", "", "Paris = settlement US; Texas = admin1 US +holds"},
		{"a word is a town where its state follows", "A man was stabbed in Reading, Pennsylvania.", "", "Reading = settlement US; Pennsylvania = admin1 US +holds"},
		{"a province behind a comma", "The attack was in Spin Boldak, Kandahar.", "", "Spin Boldak = settlement AF; Kandahar = settlement AF +holds"},
		{"a possessive", "Bandits raided Nigeria's Zamfara state.", "", "Nigeria = country NG; Zamfara = admin1 NG"},
		{"a people before a town", "The Iraqi city of Mosul was quiet.", "", "Iraqi = country IQ +demonym +office +village; Mosul = settlement IQ +village"},
		{"the other towns of the text", "People in Hyderabad protested. Police in Karachi and Lahore used tear gas.", "", "Hyderabad = settlement PK; Karachi = settlement PK; Lahore = settlement PK"},
		{"nothing tells: the larger one", "Two men were held in Tripoli.", "", "Tripoli = settlement LY"},
		{"the hint decides a tie", "A gang killed six men in San Marcos.", "GT", "San Marcos = settlement GT"},
		{"without it the likelier wins", "A gang killed six men in San Marcos.", "", "San Marcos = settlement SV"},
		{"a hint is no answer against the text", "A grenade wounded six men in Tripoli, Lebanon.", "LY", "Tripoli = settlement LB; Lebanon = country LB +holds"},
		{"a hint that is no country is none", "Two men were held in Tripoli.", "ZZ", "Tripoli = settlement LY"},

		{"a state at home is called as the country beside it", "Niger school raid: ten pupils taken. People in Kontagora fled.", "", "Niger = admin1 NG; Kontagora = settlement NG"},
		{"so it is where words of home are said", "A corps member was abducted in Niger.", "", "Niger = admin1 NG"},
		{"else it is the country", "A nurse was abducted in Niger.", "", "Niger = country NE"},
		{"and on its border", "Smugglers shot an officer in Sokoto, near the border with Niger.", "", "Sokoto = settlement NG; Niger = country NE +border"},

		// Peoples.
		{"a people is its country", "Two Iraqi clerks were wounded.", "", "Iraqi = country IQ +demonym"},
		{"its plural", "Two Syrians were arrested.", "", "Syrians = country SY +demonym"},
		{"its police act at home", "Iraqi police held two men.", "", "Iraqi = country IQ +demonym +office"},
		{"so do its officials", "Afghan officials said so.", "", "Afghan = country AF +demonym +office"},
		{"its army is at home as a rule", "The Burmese army left Sittwe.", "", "Burmese = country MM +demonym +forces; Sittwe = settlement MM"},
		{"its troops too", "Nigerian troops killed 20 men in Borno state.", "", "Nigerian = country NG +demonym +forces; Borno = admin1 NG"},
		{"its embassy is abroad", "The French embassy in Niamey was attacked.", "", "French = country FR +demonym +foreign; Niamey = settlement NE"},
		{"so is its consulate", "A bomb hit the Nigerian consulate in Bata.", "", "Nigerian = country NG +demonym +foreign; Bata = settlement GQ"},
		{"and its drones", "An American drone strike killed four men in Shabwa.", "", "American = country US +demonym +foreign; Shabwa = admin1 YE"},
		{"and its engineers", "Five Chinese engineers were hurt in Karachi.", "", "Chinese = country CN +demonym +foreign; Karachi = settlement PK"},
		{"who is of its origin", "He is of Iraqi origin.", "", "Iraqi = country IQ +demonym +foreign"},
		{"an organisation of a country's name", "Sudan People's Liberation Army units left.", "", "Sudan = country SD +foreign"},

		// Borders.
		{"the border of a people", "Mortars landed near the Syrian border.", "", "Syrian = country SY +demonym +border"},
		{"the border with a country", "Troops were sent to the border with Somalia.", "", "Somalia = country SO +border"},
		{"a border of two is in neither", "A patrol was ambushed on the Syrian-Turkish border.", "", "Syrian-Turkish border = ? - +border"},
		{"of two countries' names", "Clashes on the Kenya-Somalia border.", "", "Kenya-Somalia border = ? - +border"},
		{"a road between two towns is at its first", "A bomb exploded on the Kabul-Kandahar highway.", "", "Kabul-Kandahar = settlement AF"},

		// Ways from a place.
		{"so many kilometres in a direction", "Gunmen attacked a post 70 kilometres north-east of Arbil.", "", "Arbil = settlement IQ @70000 m, 45 (north-east)"},
		{"a few miles are not counted", "The convoy was hit a few miles south of Gao.", "", "Gao = settlement ML @0 m, 180 (south)"},
		{"number and unit in one", "Shells fell 30km east of Kharkiv.", "", "Kharkiv = settlement UA @30000 m, 90 (east)"},
		{"the other unit in brackets", "A drone hit a depot 12 miles (20 km) south-west of Rostov-on-Don.", "", "Rostov-on-Don = settlement RU @19312 m, 225 (south-west)"},
		{"a fraction", "A mine went off 3.5 km north of Bakhmut.", "", "Bakhmut = settlement UA @3500 m, 0 (north)"},
		{"metres by the thousand", "A train stopped 1,200 metres east of Lviv.", "", "Lviv = settlement UA @1200 m, 90 (east)"},
		{"a number in words", "A bus was hit three kilometres south-southeast of Maiduguri.", "", "Maiduguri = settlement NG @3000 m, 158 (south-southeast)"},
		{"to the north of", "A bus was hit 10 miles to the north of Maiduguri.", "", "Maiduguri = settlement NG @16093 m, 0 (north)"},
		{"in two words", "A truck was hit north east of Mosul.", "", "Mosul = settlement IQ @0 m, 45 (north east)"},
		{"no direction is given", "Two clerks were hurt 15 kilometres from Kunduz.", "", "Kunduz = settlement AF @15000 m, -1"},
		{"away from", "Two clerks were hurt 20 km away from Kunduz.", "", "Kunduz = settlement AF @20000 m, -1"},
		{"from the town of", "A mine killed a farmer 5 km from the town of Djibo.", "", "Djibo = settlement BF +village @5000 m, -1"},
		{"just north of", "Men attacked a post just north of Kidal.", "", "Kidal = settlement ML @0 m, 0 (north)"},
		{"outside gives no way", "Men clashed outside Goma.", "", "Goma = settlement CD"},

		// Parts.
		{"a direction before a country", "Clashes broke out in northern Mali.", "", "northern Mali = country ML +region"},
		{"in the south of a country", "A bus was hit in the south of Chad.", "", "south of Chad = country TD +region"},
		{"two parts of two countries", "Rebels control western Ukraine and central Iraq.", "", "western Ukraine = country UA +region; central Iraq = country IQ +region"},
		{"a direction that is a division's name", "Fighting continued in lower Juba.", "", "lower Juba = admin1 SO"},
		{"the same in capitals", "A base in Lower Shabelle was attacked.", "", "Lower Shabelle = admin1 SO"},
		{"a part of a town is in the town", "A mortar hit eastern Aleppo.", "", "eastern Aleppo = settlement SY"},
		{"a part that is an area of its own", "A judge was shot in southeastern Turkey.", "", "southeastern Turkey = area TR"},
		{"the west of the country", "Fighting in Mali killed three. A bus was hit in the west of the country.", "", "Mali = country ML; west of the country = country ML +region +part"},
		{"the country's east", "Fighting in Mali killed three. A bus was hit in the country's east.", "", "Mali = country ML; country's east = country ML +region +part"},
		{"of a country that nothing names", "A bus was hit in the country's east.", "", "country's east = ? - +region +part"},

		// Told without its name.
		{"the capital of a people", "The blast shook the Somali capital on Sunday.", "", "Somali = country SO +demonym +office; capital = settlement SO +capital"},
		{"a country's capital", "In Mali's capital, police fired shots.", "", "Mali = country ML; capital = settlement ML +capital"},
		{"a province's capital is not the country's", "A rocket fell near Manipur's capital.", "", "Manipur = admin1 IN; capital = ? - +capital"},
		{"the name follows", "The Malian capital Bamako was calm.", "", "Malian = country ML +demonym +office; Bamako = settlement ML"},
		{"this capital, where the text is about a country", "Police in Mali said that this capital was calm.", "", "Mali = country ML; capital = settlement ML +here"},
		{"this city, where nothing tells", "In this city shots were heard all night.", "", "city = ? - +here"},
		{"capital punishment is no place", "He faces capital punishment.", "", ""},

		// What is none.
		{"a street is no town", "A man was robbed in Damascus Street.", "", ""},
		{"an avenue is none", "He lives at 5 Baghdad Avenue.", "", ""},
		{"a boulevard is none", "A body was found in San Antonio Abad Boulevard.", "", ""},
		{"two streets are none", "A bomb exploded between Arturo Prat and San Diego streets.", "", ""},
		{"a name behind a title is a person", "Mr Hama was shot.", "", ""},
		{"behind a rank too", "General Idlib was promoted.", "", ""},
		{"a hospital's name", "She died at the Queen Elizabeth Hospital.", "", ""},
		{"a station's name introduces nobody", "Attack at Lyon Part-Dieu station. It was in Lyon.", "", "Lyon = settlement FR"},
		{"a surname", "Ana Guerrero saw nothing.", "", ""},
		{"a first name", "President Jordan Smith saw nothing.", "", ""},
		{"who speaks", "Austin said he was safe.", "", ""},
		{"a first name before a family's", "The killing of Salem al-Zarrouq was denied.", "", ""},
		{"a side of any town", "Two men were shot on the South Side and one in the West End.", "", ""},
		{"who has an age", "Jackson, 34, was shot.", "", ""},
		{"a word of English at the head of a sentence", "Reading newspapers is banned.", "", ""},
		{"a month", "May was hot. March was not.", "", ""},
		{"a pronoun", "Help us, they said.", "", ""},
		{"no capital letter", "the date palm stood near the nice bath.", "", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := r.Find(tt.in, tt.hint)
			if d := cmp.Diff(tt.want, render(got)); d != "" {
				t.Errorf("Find(%q, %q) (-want +got)\n%s", tt.in, tt.hint, d)
			}
			for _, m := range got {
				if m.Start < 0 || m.End > len(tt.in) || tt.in[m.Start:m.End] != m.Name {
					t.Errorf("Find(%q): [%d:%d] is not %q", tt.in, m.Start, m.End, m.Name)
				}
			}
		})
	}
}

// TestFindOnceWrong holds what was read wrongly once, and why.
func TestFindOnceWrong(t *testing.T) {
	r := newReader()
	for _, tt := range []struct{ name, in, hint, want, why string }{
		{"the US without dots", "A man was shot in the US.", "", "US = country US",
			"the lexicon has us as a word of its own, and what it covers is not asked for"},
		{"a list of three towns", "Clashes in Erbil, Mosul and Basra.", "", "Erbil = settlement IQ; Mosul = settlement IQ; Basra = settlement IQ",
			"the comma of a list is read as what holds the first, which is too far from there and so is nowhere"},
		{"a list of three capitals", "A bomb hit London, Paris and Madrid.", "", "London = settlement GB; Paris = settlement FR; Madrid = settlement ES",
			"the comma of a list is read as what holds the first"},
		{"a list with its last comma", "Police in Goma, Beni, and Bunia.", "", "Goma = settlement CD; Beni = settlement CD; Bunia = settlement CD",
			"the comma of a list is read as what holds the first"},
		{"the border between two", "Clashes near the border between Kenya and Somalia.", "", "Kenya = country KE +border; Somalia = country SO +border",
			"surroundings stops at the word between before it comes to border"},
		{"a river in small letters", "Floods hit the Niger river.", "", "Niger river = river -",
			"a name that is strong without its noun is taken without it, so the country is meant"},
		{"a well-known name with its article", "The dead were from al-Qaim.", "", "al-Qaim = settlement IQ",
			"the gazetteer has Qaim strong and Al-Qaim not"},
		{"a city against a division of the same name", "A bomb exploded in Cordoba.", "AR", "Cordoba = settlement AR",
			"Colombia's department comes first, whatever the hint: it has no town of its name to be taken instead"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := render(r.Find(tt.in, tt.hint)); got != tt.want {
				t.Errorf("Find(%q, %q) = %s; want %s (%s)", tt.in, tt.hint, got, tt.want, tt.why)
			}
		})
	}
}

// TestOneSense holds that a name means one place in a text, wherever it stands.
func TestOneSense(t *testing.T) {
	r := newReader()
	for _, tt := range []struct{ name, in, country string }{
		{"told once, meant always", "Two men were shot in Tripoli, Lebanon. Tripoli has seen clashes before. Police in Tripoli held one.", "LB"},
		{"told at the end", "Two men were shot in Tripoli. Later clashes hit Tripoli. It was calm in Tripoli, Lebanon.", "LB"},
		{"told by the other places", "A bomb exploded in Hyderabad. Hyderabad is near Karachi, and Karachi is in Pakistan.", "PK"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ids := map[string]gazetteer.ID{}
			for _, m := range r.Find(tt.in, "") {
				if id, ok := ids[m.Name]; ok && id != m.ID {
					t.Errorf("Find(%q): %q is %d and %d, want one place", tt.in, m.Name, id, m.ID)
				}
				ids[m.Name] = m.ID
				if m.Country != tt.country {
					t.Errorf("Find(%q): %q is in %q, want %q", tt.in, m.Name, m.Country, tt.country)
				}
			}
			if len(ids) < 2 {
				t.Errorf("Find(%q) = %v; want two names or more", tt.in, ids)
			}
		})
	}
}

// TestSeat holds that a town knows the division of its name.
func TestSeat(t *testing.T) {
	r, g := newReader(), gazetteer.Load()
	ms := r.Find("A shell hit a school in Kandahar. Kunar was calm.", "")
	if len(ms) != 2 || g.Kind(ms[0].Seat) != gazetteer.Admin1 || !g.Within(ms[0].ID, ms[0].Seat) || ms[1].Seat != 0 {
		t.Errorf("Find: %+v; want Kandahar in the province of its name, Kunar in none", ms)
	}
}

// TestDateline holds what the caller decides with: the sentence of a mention, and
// that "this city" is the dateline's.
func TestDateline(t *testing.T) {
	r := newReader()
	const s = "GAO, Mali - A man was shot. The killing in this town was the third."
	d := text.Parse(s)
	var ms []Mention
	r.Reset()
	for n, sen := range d.Sentences {
		toks := d.Tokens[sen.First:sen.Last]
		for i := 0; i < len(toks); {
			e, k := words().At(d.Lower, toks, i)
			m, taken := r.At(&d, toks, i, k, e, sen.Caps)
			if taken == 0 {
				i++
				continue
			}
			m.Sentence, m.Dateline = n, n == 0
			ms = append(ms, *m)
			i += taken
		}
	}
	r.Resolve(ms, "")
	want := "GAO = settlement ML; Mali = country ML +holds; town = settlement ML +here"
	if got := render(ms); got != want || ms[2].ID != ms[0].ID {
		t.Errorf("%q = %s; want %s, the last the first's", s, got, want)
	}
	first := render(ms)
	r.Resolve(ms, "")
	if again := render(ms); again != first {
		t.Errorf("resolved again: %s; want %s", again, first)
	}
}

// TestTextsDoNotMix holds that a Reader forgets.
func TestTextsDoNotMix(t *testing.T) {
	texts := []string{
		"Two men were held in Tripoli.",
		"A grenade wounded six men in Tripoli, Lebanon. Beirut was calm.",
		"Mr Hama was shot in Homs.",
		"Four people were killed in Hama.",
		"",
		"Clashes in Xyzzytown killed four.",
	}
	shared := newReader()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.SampledFrom(texts).Draw(t, "text")
		if got, want := render(shared.Find(s, "")), render(newReader().Find(s, "")); got != want {
			t.Fatalf("Find(%q) = %s; a new Reader says %s", s, got, want)
		}
	})
}

func TestDirection(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"north", 0, true}, {"northern", 0, true}, {"northeast", 45, true}, {"north-eastern", 45, true}, {"east", 90, true}, {"eastwards", 90, true},
		{"southeast", 135, true}, {"south", 180, true}, {"southward", 180, true}, {"south-west", 225, true}, {"western", 270, true}, {"north-western", 315, true},
		{"south-southeast", 157.5, true}, {"north-northwest", 337.5, true}, {"north-northeast", 22.5, true}, {"west-northwest", 292.5, true}, {"east-southeast", 112.5, true},
		{"central", 0, false}, {"nor", 0, false}, {"", 0, false}, {"ern", 0, false}, {"northnorth", 0, false}, {"south-of-nowhere", 0, false},
	} {
		if got, ok := Bearing(tt.in); got != tt.want || ok != tt.ok {
			t.Errorf("Bearing(%q) = %v, %v; want %v, %v", tt.in, got, ok, tt.want, tt.ok)
		}
	}
	for w, want := range map[string]bool{"central": true, "upper": true, "lower": true, "north": true, "rural": false, "": false} {
		if got := Direction(w); got != want {
			t.Errorf("Direction(%q) = %v, want %v", w, got, want)
		}
	}
}

func TestNoun(t *testing.T) {
	for w, want := range map[string]gazetteer.Kind{
		"province": gazetteer.Admin1, "district": gazetteer.Admin2, "village": gazetteer.Settlement, "suburb": gazetteer.District, "camp": gazetteer.Camp,
		"airport": gazetteer.Site, "gulf": gazetteer.Sea, "river": gazetteer.River, "valley": gazetteer.Area, "bomb": gazetteer.None, "": gazetteer.None,
	} {
		if got := Noun(w); got != want {
			t.Errorf("Noun(%q) = %q, want %q", w, got, want)
		}
	}
}

// check holds what is true of any text. fatal is of a test, a fuzz run or rapid.
func check(fatal func(string, ...any), r *Reader, s, hint string) {
	g := gazetteer.Load()
	d := text.Parse(s)
	end := 0
	ms := r.Find(s, hint)
	for i, m := range ms {
		if m.Start < end || m.End <= m.Start || m.End > len(s) {
			fatal("Find(%q): [%d:%d] is behind [:%d] or leaves the text of %d bytes", s, m.Start, m.End, end, len(s))
		}
		end = m.End
		if s[m.Start:m.End] != m.Name {
			fatal("Find(%q): [%d:%d] is %q, its name %q", s, m.Start, m.End, s[m.Start:m.End], m.Name)
		}
		if (m.Kind == gazetteer.None) != (m.ID == 0) || m.Kind != g.Kind(m.ID) || m.Country != g.Country(m.ID) {
			fatal("Find(%q): %+v; want kind and country of place %d: %s %q", s, m, m.ID, g.Kind(m.ID), g.Country(m.ID))
		}
		if m.Country != "" && len(m.Country) != 2 {
			fatal("Find(%q): country %q", s, m.Country)
		}
		if m.Sentence < 0 || m.Sentence >= len(d.Sentences) || i > 0 && m.Sentence < ms[i-1].Sentence {
			fatal("Find(%q): sentence %d of %d", s, m.Sentence, len(d.Sentences))
		}
		if a := m.Away; a != nil && (!(a.Metres >= 0 && a.Metres <= 2e6 && a.Bearing < 360) || a.Metres == 0 && a.Bearing < 0 || (a.Bearing < 0) != (a.Words == "")) {
			fatal("Find(%q): %+v is no way from %q", s, *a, m.Name)
		}
		if m.Seat != 0 && !g.Within(m.ID, m.Seat) {
			fatal("Find(%q): %q is not in its seat's division", s, m.Name)
		}
	}
	if again := r.Find(s, hint); !slices.EqualFunc(ms, again, func(a, b Mention) bool { return render([]Mention{a}) == render([]Mention{b}) && a.ID == b.ID }) {
		fatal("Find(%q): %s, and asked again %s", s, render(ms), render(again))
	}
}

// pieces are what texts about places are made of.
var pieces = []string{
	"Baghdad", "Mosul", "the", "The", "in", "of", "near", "north", "north-east", "northern", "southern", "lower", "Juba", "Iraqi", "Syrian", "border", "borders", "with", "between", "and", ",", ".", "(", ")", "-", "—", "'s", "’s",
	"capital", "city", "town", "country", "this", "west", "east", "Mali", "Chad", "US", "us", "U.S.", "Cox's Bazar", "d'Ivoire", "Côte", "Al-", "al-Qaim", "Al", "d'", "l’", "70", "km", "30km", "miles", "a few", "away", "from", "to",
	"village", "province", "Province", "street", "Avenue", "Mr", "General", "Jordan", "Smith", "said", "Tripoli", "Lebanon", "Springfield", "San Antonio", "Kabul-Kandahar", "Syrian-Turkish", "highway", "Xyzzy", "Niger", "river", "Gulf of Aden",
	"refugee camp", "Reading", "Pennsylvania", "\n\n", "\u200f", "\u00a0", "МОСКВА", "القاهرة", "\xff", "1,200", "3.5", "1e999km", "a", "outskirts", "embassy", "police", "army", "held", "rebel-held", "#KabulBlast", "@kabul", "http://x.org/Mosul",
}

func TestAnyText(t *testing.T) {
	r := newReader()
	rapid.Check(t, func(t *rapid.T) {
		glue := rapid.SampledFrom([]string{" ", " ", " ", "", "  "})
		var b strings.Builder
		for _, p := range rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 25).Draw(t, "pieces") {
			b.WriteString(p + glue.Draw(t, "glue"))
		}
		check(t.Fatalf, r, b.String(), rapid.SampledFrom([]string{"", "IQ", "LB", "??"}).Draw(t, "hint"))
	})
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{
		"", "A bomb killed two men in Baghdad on Monday.", "70 kilometres (45 miles) north-east of Arbil", "in the south of Chad", "the country's east, in the west of the country", "the Syrian-Turkish border", "the Kabul-Kandahar highway",
		"the Somali capital", "this city, this capital", "GAO, Mali - Men", "Tripoli, Lebanon", "d'’", "l'A d'", "Al- al- -Al", "the the the", "\u200fالقاهرة\u200e Cairo", "1e999km south of Gao", "north north east of of Gao", "Côte d’Ivoire's north",
		"India's Punjab", "\xff\xfeMosul\xff", "#KabulBlast in #Kabul", "Jordan Smith, 34, of Jordan, said", "MOSUL BAGHDAD KABUL", strings.Repeat("Al-", 50), strings.Repeat("San ", 50),
	} {
		f.Add(s, "")
		f.Add(s, "IQ")
	}
	r := newReader()
	f.Fuzz(func(t *testing.T, s, hint string) {
		check(t.Fatalf, r, s, hint)
	})
}

// manyNames is a text of n place names, of three towns that there are many of.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString([]string{"Springfield", "San Antonio", "Tripoli"}[i%3])
		b.WriteString([]string{", ", " and ", ". In "}[i%3])
	}
	return b.String()
}

// distinctNames is a text that names n towns, each twice and far apart.
var distinctNames = func() func(n int) string {
	list := sync.OnceValue(func() []string {
		var out []string
		for p := range gazetteer.Load().All() {
			if p.Kind == gazetteer.Settlement && p.Population >= 20_000 && !strings.ContainsAny(p.Name, " -.'’‘") {
				out = append(out, p.Name)
			}
		}
		return out
	})
	return func(n int) string {
		var b strings.Builder
		for i := range 2 * n {
			b.WriteString("Men were shot in " + list()[i%n] + ".\n")
		}
		return b.String()
	}
}()

// TestHostile reads texts that were written to take long.
func TestHostile(t *testing.T) {
	r := newReader()
	for _, tt := range []struct{ name, in string }{
		{"ten thousand names", manyNames(10_000)},
		{"a thousand names, twice", distinctNames(1000)},
		{"a very long word", "in " + strings.Repeat("Aleppo", 50_000) + " of"},
		{"thousands of hyphens", "in Al" + strings.Repeat("-", 20_000) + "Qaim"},
		{"thousands of hyphened parts", "in " + strings.Repeat("Al-", 20_000) + "Qaim highway"},
		{"right-to-left marks", strings.Repeat("\u200fMosul\u200e \u202eBaghdad\u202c ", 2000)},
		{"digits", "in " + strings.Repeat("1234567890", 5000) + "km south of Gao"},
		{"numbers of words", strings.Repeat("70 km north of ", 5000) + "Gao"},
		{"the article alone", strings.Repeat("Al- ", 5000)},
		{"a bare article of Romance names", strings.Repeat("d' l’ ", 5000)},
		{"the repeated", strings.Repeat("the ", 20_000) + "Gulf"},
		{"The repeated", strings.Repeat("The ", 20_000) + "Gulf"},
		{"the first word of many names", strings.Repeat("San ", 20_000)},
		{"streets", strings.Repeat("Damascus and ", 5000) + "Street"},
		{"directions", "in " + strings.Repeat("north ", 10_000) + "Mali"},
		{"borders", strings.Repeat("border with the ", 5000) + "Mali"},
		{"brackets", strings.Repeat("( ", 5000) + strings.Repeat("70 km ) south of Gao ", 500)},
		{"possessives", "in " + strings.Repeat("Mali's ", 5000) + "north"},
		{"persons", strings.Repeat("Mr Hama and Dr Homs met. ", 2000)},
		{"bytes that are no text", strings.Repeat("\xff\xfe\xf0Mosul\x80", 2000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(func(format string, a ...any) {
				t.Fatalf("%.400s", fmt.Sprintf(format, a...))
			}, r, tt.in, "")
		})
	}
}

// BenchmarkManyPlaces shows that the work grows with the number of mentions: ns
// per mention is to be the same for 1,000 and 10,000. Distinct names, each told
// twice and far apart, are the harder case.
func BenchmarkManyPlaces(b *testing.B) {
	r := newReader()
	for _, bb := range []struct {
		name string
		text string
	}{
		{"same/1000", manyNames(1000)},
		{"same/10000", manyNames(10_000)},
		{"distinct/1000", distinctNames(500)},
		{"distinct/10000", distinctNames(5000)},
	} {
		b.Run(bb.name, func(b *testing.B) {
			n := len(r.Find(bb.text, ""))
			b.ReportAllocs()
			for b.Loop() {
				r.Find(bb.text, "")
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/mention")
		})
	}
}

func BenchmarkFind(b *testing.B) {
	const s = "GAO, Mali - Gunmen on motorcycles killed at least 12 villagers 70 kilometres north-east of Gao on Monday, a Malian security official said. The attack in the village of Kaironga, near the border with Niger, was the third in northern Mali this month."
	r := newReader()
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		r.Find(s, "")
	}
}

func TestHomeOf(t *testing.T) {
	r := newReader()
	for outlet, want := range map[string]string{
		"Dhaka Courier": "BD", "The Irish Sentinel": "IE", "Radio Nairobi": "KE", "Kingdom Post (Amman)": "JO", "Free Press of Malta": "MT",
		"Transcontinental Press": "", "Reading Chronicle": "", "Russia-Ukraine Monitor": "", "Kyiv and Moscow Review": "", "": "",
	} {
		if got := gazetteer.Load().Country(r.HomeOf(outlet)); got != want {
			t.Errorf("HomeOf(%q) = %q, want %q", outlet, got, want)
		}
	}
}
