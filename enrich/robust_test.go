package enrich

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
	"tocsin/enrich/text"
	"tocsin/ingest"
	"tocsin/internal/cpu"
)

// News of an attack, as papers write it; each must be left alone.
var otherLanguages = []struct{ code, text string }{
	{"es", "Al menos 12 personas murieron y 30 resultaron heridas el lunes en un atentado con bomba en Kabul, según la policía. Los terroristas atacaron un mercado en el centro de la ciudad cuando había mucha gente."},
	{"fr", "Au moins 12 personnes ont été tuées et 30 blessées lundi dans une explosion à Kaboul, selon la police. Les terroristes ont attaqué un marché dans le centre de la capitale."},
	{"pt", "Pelo menos 12 pessoas morreram e 30 ficaram feridas na segunda-feira em uma explosão em Cabul, disse a polícia. Os terroristas não foram encontrados e ninguém assumiu o ataque até agora."},
	{"de", "Bei einem Anschlag in Kabul sind am Montag mindestens 12 Menschen getötet und 30 verletzt worden, wie die Polizei mitteilte. Die Terroristen griffen einen Markt im Zentrum der Stadt an."},
	{"it", "Almeno 12 persone sono morte e 30 sono rimaste ferite lunedì in un attentato a Kabul, ha detto la polizia. I terroristi hanno attaccato un mercato nel centro della città."},
	{"tr", "Kabil'de pazartesi günü düzenlenen bombalı saldırıda en az 12 kişi öldü, 30 kişi yaralandı. Polis, saldırganların bir pazar yerini hedef aldığını ve olay yerinden kaçtığını bildirdi. Saldırıyı üstlenen olmadı ama daha önce de bu bölgede çok sayıda saldırı olmuştu."},
	{"id", "Sedikitnya 12 orang tewas dan 30 orang terluka dalam serangan bom di Kabul pada hari Senin, kata polisi. Para teroris menyerang sebuah pasar di pusat kota yang ramai dengan pengunjung."},
	{"ar", "قتل 12 شخصا على الأقل وأصيب 30 آخرون في انفجار قنبلة في كابول يوم الاثنين، بحسب الشرطة. واستهدف المسلحون سوقا في وسط المدينة."},
	{"ru", "По меньшей мере 12 человек погибли и 30 получили ранения в результате взрыва в Кабуле в понедельник, сообщила полиция. Террористы атаковали рынок в центре города, это был мощный взрыв."},
	{"uk", "Щонайменше 12 людей загинули і 30 отримали поранення внаслідок вибуху в Кабулі в понеділок, повідомила поліція. Терористи атакували ринок у центрі міста, його було зруйновано."},
	{"fa", "دست\u200cکم ۱۲ نفر در انفجار بمب در کابل روز دوشنبه کشته و ۳۰ نفر زخمی شدند. پلیس گفت که مهاجمان به یک بازار در مرکز شهر حمله کردند."},
	{"ur", "پیر کے روز کابل میں بم دھماکے میں کم از کم 12 افراد ہلاک اور 30 زخمی ہو گئے۔ پولیس کے مطابق حملہ آوروں نے شہر کے وسط میں ایک بازار کو نشانہ بنایا۔"},
	{"hi", "काबुल में सोमवार को हुए बम धमाके में कम से कम 12 लोग मारे गए और 30 घायल हो गए। पुलिस ने कहा कि हमलावरों ने शहर के एक बाज़ार को निशाना बनाया।"},
	{"bn", "সোমবার কাবুলে বোমা হামলায় অন্তত ১২ জন নিহত ও ৩০ জন আহত হয়েছেন বলে পুলিশ জানিয়েছে। হামলাকারীরা শহরের একটি বাজারে হামলা চালায়।"},
	{"zh", "警方表示，周一喀布尔发生炸弹袭击，造成至少12人死亡，30人受伤。恐怖分子袭击了市中心的一个市场。"},
	{"ja", "月曜日にカブールで爆弾攻撃があり、少なくとも12人が死亡、30人が負傷したと警察が発表した。武装集団は市場を襲った。"},
	{"sw", "Watu 12 wameuawa na wengine 30 kujeruhiwa katika shambulio la bomu mjini Kabul siku ya Jumatatu, polisi walisema. Magaidi walivamia soko katikati ya mji na kuwaua watu wengi kwa risasi."},
	{"ha", "An kashe mutane 12 tare da jikkata wasu 30 a wani harin bam da aka kai a birnin Kabul ranar Litinin, in ji 'yan sanda. 'Yan bindiga sun kai hari kan wata kasuwa a tsakiyar birnin."},
	{"so", "Ugu yaraan 12 qof ayaa ku dhintay 30 kalena way ku dhaawacmeen qarax ka dhacay magaalada Kabul maalintii Isniinta, sida ay booliisku sheegeen. Kooxda ayaa weerartay suuq ku yaalla bartamaha magaalada oo dadka ay ku badnaayeen."},
	{"nl", "Bij een bomaanslag in Kabul zijn maandag zeker 12 mensen om het leven gekomen en 30 gewond geraakt, meldt de politie. De terroristen vielen een markt aan in het centrum van de stad."},
	{"pl", "Co najmniej 12 osób zginęło, a 30 zostało rannych w poniedziałek w zamachu bombowym w Kabulu, poinformowała policja. Terroryści zaatakowali targ w centrum miasta, który był pełen ludzi."},
	{"sv", "Minst 12 personer dödades och 30 skadades i ett bombdåd i Kabul på måndagen, enligt polisen. Terroristerna slog till mot en marknad som låg i centrum av staden och det var mycket folk."},
	{"ro", "Cel puțin 12 persoane au murit și 30 au fost rănite luni într-un atentat cu bombă la Kabul, a anunțat poliția. Teroriștii au atacat o piață din centrul orașului, care era plină după prânz."},
	{"vi", "Ít nhất 12 người thiệt mạng và 30 người bị thương trong một vụ đánh bom tại Kabul hôm thứ Hai, theo cảnh sát. Những kẻ khủng bố đã tấn công một khu chợ ở trung tâm của thành phố."},
	{"el", "Τουλάχιστον 12 άνθρωποι σκοτώθηκαν και 30 τραυματίστηκαν από έκρηξη βόμβας στην Καμπούλ τη Δευτέρα."},
	{"he", "לפחות 12 בני אדם נהרגו ו-30 נפצעו בפיצוץ בקאבול ביום שני, מסרה המשטרה."},
	{"ko", "월요일 카불에서 폭탄 공격으로 최소 12명이 숨지고 30명이 다쳤다고 경찰이 밝혔다."},
	{"am", "ሰኞ ዕለት በካቡል በደረሰ የቦምብ ጥቃት ቢያንስ 12 ሰዎች ተገድለዋል።"},
}

func TestAnotherLanguageIsNotRead(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range otherLanguages {
		t.Run(tt.code, func(t *testing.T) {
			headline, rest, _ := strings.Cut(tt.text, ",")
			for _, a := range []*ingest.Article{
				article("a", "", tt.text, "2024-05-06"), article("a", tt.text, "", ""), article("a", headline, rest, ""), article("a", "", strings.ToUpper(tt.text), ""),
				article("a", "", strings.Repeat(tt.text+"\n\n", 2000), ""), {ID: "a", Title: headline, Summary: tt.text, Language: "en-GB"},
			} {
				if reps := tagger.Tag(a); len(reps) > 0 || Language(a) != tt.code {
					t.Errorf("%.60q %.60q is %q, want %q\n%s", a.Title, a.Body, Language(a), tt.code, brief(reps))
				}
			}
			var b bytes.Buffer
			a := article("a", "", tt.text, "")
			if err := Render(&b, a, nil, false); err != nil || !strings.Contains(b.String(), "not read: written in "+LanguageName(tt.code)) || LanguageName(tt.code) == tt.code {
				t.Errorf("Render of %s: %v\n%s", tt.code, err, b.String())
			}
			line, err := WriteContract(a, tagger.Tag(a))
			if want := fmt.Sprintf(`{"id":"a","lang":%q,"relevant":false,"reports":[]}`+"\n", tt.code); err != nil || string(line) != want {
				t.Errorf("WriteContract = %s, %v; want %s", line, err, want)
			}
		})
	}
}

func TestEnglishIsRead(t *testing.T) {
	tagger := NewTagger()
	es, ar := otherLanguages[0].text, otherLanguages[7].text
	for _, tt := range []struct{ name, title, body string }{
		{"a headline", "Blast kills 3", ""},
		{"a headline of names", "El Paso, Los Angeles: La Familia gunmen kill 3 in San José del Valle", ""},
		{"a headline with names in it", "Bomb kills 3 at Santa María de los Ángeles church in Río de la Plata", ""},
		{"capitals", "3 DEAD, 7 HURT IN BLAST", ""},
		{"no determiners", "Gunmen kill 4 Kano", ""},
		{"a quotation in Spanish", "Gunmen kill 12 in Bogotá", "“No sabemos nada de los que fueron, ni por qué”, dijo la madre. Gunmen killed 12 people in the city on Monday, police said, and they fled with the weapons of the guards."},
		{"a body that begins in Spanish", "Gunmen kill 12", es + "\n\n" + strings.Repeat("Gunmen killed 12 people in the city on Monday, police said. They fled with the weapons of the guards. ", 12)},
		{"Arabic names", "Blast kills 3 in Mosul (الموصل)", "A bomb killed three people in Mosul (الموصل) on Monday, said Abu Bakr (أبو بكر) of the police."},
		{"an Arabic paragraph", "Blast kills 3 in Mosul", "A bomb killed three people in Mosul on Monday, said the police of the city. They have found the car.\n\n" + ar},
		{"letters of another alphabet inside", "", "A bоmb killеd thrее pеоplе in Моsul оn Mоnday, police said."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, lang := range []string{"", "en-US", "es"} {
				a := article("a", tt.title, tt.body, "2024-05-06")
				a.Language = lang
				reps := tagger.Tag(a)
				checkReports(t, a, reps)
				if l := languageOf(a); l.foreign() {
					t.Errorf("%q with language %q is taken for %s", tt.title, lang, l.code)
				}
				for i := range reps {
					if got := reps[i].Source.Language; got != "en" && got != "en-US" {
						t.Errorf("%q with language %q gives a report in %q", tt.title, lang, got)
					}
				}
				if tt.body != "" && len(reps) == 0 {
					t.Errorf("%q with language %q gives nothing", tt.title, lang)
				}
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	for _, tt := range []struct{ name, title, declared, want string }{
		{"no text", "", "", ""}, {"no words", "12 / 30", "fr", ""}, {"one word tells", "Kabul blast", "", "en"}, {"nothing tells", "Attentat Kaboul", "", ""}, {"the article's own field", "Explosion Kaboul", "fr-FR", "fr"},
		{"the text is believed first", "The army of the north and the police said that they were attacked", "fr", "en"},
	} {
		if got := Language(&ingest.Article{Title: tt.title, Language: tt.declared}); got != tt.want {
			t.Errorf("%s: Language(%q, %q) = %q, want %q", tt.name, tt.title, tt.declared, got, tt.want)
		}
	}
}

// The same news as it comes from phones, scanners and content systems.
func TestDamagedTextIsRead(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, text, want string }{
		{"soft hyphens", "Gun\u00admen kil\u00adled 12 vil\u00adla\u00adgers in Kano.", "killed 12"},
		{"zero-width marks", "\ufeffGunmen ki\u200blled\u200b 1\u200d2 people in Kano.", "killed 12"},
		{"bidi marks", "A bomb killed \u202a12\u202c people in \u200eKano\u200f.", "killed 12"},
		{"blanks that do not break", "Gunmen\u00a0killed\u00a01\u202f204\u00a0people in\u2009Kano.", "killed 1204"},
		{"phrases over odd blanks", "A suicide\u00a0bomber killed at\u2009least  12 people in Kano.", "killed 12 or more"},
		{"ligatures", "Gunmen killed ﬁve police ofﬁcers in Kano.", "killed 5"},
		{"full-width", "Ａ ｂｏｍｂ ｋｉｌｌｅｄ １２ ｐｅｏｐｌｅ in Kano.", "killed 12"},
		{"Arabic digits", "A bomb killed ١٢ people in Kano.", "killed 12"},
		{"letters of another alphabet", "Gunmеn killеd 12 реорlе in Kano.", "killed 12"},
		{"scanned digits", "A bomb killed 1O people in Kano.", "killed 10"},
		{"scanned letters", "Gunrnen kil1ed 12 people in an attack in Kano.", "killed 12"},
		{"entities", "A bomb killed&nbsp;12 people &amp; wounded 3 in Kano&#8217;s market.", "killed 12 injured 3"},
		{"en dash in a range", "A bomb killed 12–15 people in Kano.", "killed 12 to 15"},
		{"another hyphen in a range", "A bomb killed 12‑15 people in Kano.", "killed 12 to 15"},
		{"a tweet", "RT @kano_news: #Kano blast kills 12 https://t.co/x3Yz", "killed 12"},
		{"emoji", "🚨 BREAKING 🚨 Blast kills 12 in Kano 😢", "killed 12"},
		{"capitals", "GUNMEN KILLED 12 PEOPLE IN KANO ON MONDAY, POLICE SAID. THEY FLED.", "killed 12"},
		{"no capitals", "gunmen killed 12 people in kano on monday. police said they fled on motorcycles.", "killed 12"},
		{"Indian thousands", "Clashes killed 1,20,400 people in the war in 1971; gunmen killed 12 people in Kano on Monday.", "killed 12"},
		{"bullets", "Kano attack:\n• Gunmen killed 12 people\n• 3 people were wounded", "killed 12 injured 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", "", tt.text, "2024-05-06")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			checkSpans(t, a, reps)
			var got []string
			if len(reps) > 0 {
				for _, m := range []Measure{Killed, Injured} {
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

// checkSpans asserts that nothing quotes a part of a rune, and that totals keep
// their bounds and come from figures.
func checkSpans(t *testing.T, a *ingest.Article, reps []Report) {
	t.Helper()
	for i := range reps {
		r := &reps[i]
		spans := append([]Span(nil), r.Evidence...)
		for _, f := range r.Figures {
			spans = append(spans, f.Evidence...)
			boundsHold(t, string(f.Measure), f.Quantifier, f.Min, f.Max, f.Point)
		}
		if p := r.Place; p != nil {
			spans = append(spans, p.Evidence...)
			checkPlace(t, p)
		}
		if o := r.Occurred; o != nil {
			spans = append(spans, o.Evidence...)
			checkOccurred(t, a, o)
		}
		for _, x := range r.Actors {
			spans = append(spans, x.Evidence...)
		}
		for _, s := range spans {
			if whole := a.Text(s.Field); inRune(whole, s.Start) || inRune(whole, s.End) {
				t.Fatalf("span %d:%d %q is inside a rune of %q", s.Start, s.End, s.Text, whole)
			}
		}
		for m, total := range r.Totals {
			boundsHold(t, "total "+string(m), total.Quantifier, total.Min, total.Max, total.Point)
			// A total is a figure, or made of figures that are not larger than it.
			n, ok := total.Number()
			sum, found := 0, false
			for _, f := range r.Figures {
				if f.Measure != m {
					continue
				}
				found = true
				for _, p := range []*int{f.Max, f.Point, f.Min} {
					if p != nil {
						sum += *p
						break
					}
				}
			}
			if !found || ok && n > sum {
				t.Fatalf("total %s is %d, its figures make %d: %s", m, n, sum, brief(reps))
			}
		}
	}
}

// checkPlace asserts that a place is on the globe, and says of which country and how
// closely it is known.
func checkPlace(t *testing.T, p *Place) {
	t.Helper()
	if (p.Lat == nil) != (p.Lon == nil) || p.Lat != nil && (math.Abs(*p.Lat) > 90 || math.Abs(*p.Lon) > 180 || math.IsNaN(*p.Lat) || math.IsNaN(*p.Lon)) || p.Radius < 0 {
		t.Fatalf("place is nowhere on Earth: %s", showPlace(p))
	}
	if p.Country != "" && gazetteer.Load().CountryID(p.Country) == 0 {
		t.Fatalf("no country has the code: %s", showPlace(p))
	}
	if !slices.Contains([]string{"exact", "near", "settlement", "admin2", "admin1", "country", "sea_or_border", "unknown"}, p.Precision) || (p.Precision == "near") != (p.Offset != nil) {
		t.Fatalf("precision %q, offset %v: %s", p.Precision, p.Offset, showPlace(p))
	}
	if p.Name != "" && len(p.Evidence) == 0 {
		t.Fatalf("a name that quotes nothing: %s", showPlace(p))
	}
}

// checkOccurred asserts that a time is an interval, of the past, or says why not.
func checkOccurred(t *testing.T, a *ingest.Article, o *Occurred) {
	t.Helper()
	if (o.Earliest == nil) != (o.Latest == nil) || o.Earliest != nil && o.Latest.Before(*o.Earliest) {
		t.Fatalf("from %v to %v", o.Earliest, o.Latest)
	}
	if o.Earliest == nil {
		return
	}
	if o.Basis == "publication" || o.Basis == "none" || o.Precision == "unknown" || o.Refused != "" || len(o.Evidence) == 0 {
		t.Fatalf("a time of basis %q, precision %q, refused %q with %d quotes", o.Basis, o.Precision, o.Refused, len(o.Evidence))
	}
	if !a.Published.IsZero() && o.Earliest.After(a.Published.AddDate(0, 0, 3)) {
		t.Fatalf("%v is after the publication on %v", o.Earliest, a.Published)
	}
}

func boundsHold(t *testing.T, what, quantifier string, lo, hi, point *int) {
	t.Helper()
	if lo != nil && hi != nil && *lo > *hi || point != nil && !quantity.Holds(quantifier, lo, hi, *point) {
		t.Fatalf("%s has bounds %s", what, value(quantifier, lo, hi, point))
	}
}

// inRune tells whether offset i is inside a rune of s.
func inRune(s string, i int) bool {
	for k := 1; k < utf8.UTFMax && i-k >= 0 && i < len(s); k++ {
		if r, n := utf8.DecodeRuneInString(s[i-k:]); n > k && r != utf8.RuneError {
			return true
		}
	}
	return false
}

func TestTheFirstPartEndsBetweenWords(t *testing.T) {
	for name, s := range map[string]string{
		"words": strings.Repeat("killed 12 ", 40_000), "runes": strings.Repeat("é", 200_000), "long runes": "a" + strings.Repeat("🚨", 100_000), "broken": strings.Repeat("\x80", 300_000),
	} {
		p := firstPart(s)
		if len(p) > maxRead || len(p) < maxRead-maxWord || inRune(s, len(p)) || name == "words" && strings.HasSuffix(p, "1") {
			t.Errorf("%s: %d bytes, ends with %q", name, len(p), p[len(p)-4:])
		}
	}
}

// hostile are texts that make a careless reader look at each part again and again.
var hostile = map[string]string{
	"no full stop": "killed and ", "hedges": "at least all another ", "brackets": "(", "closing": ")", "commas": "two, ", "one word": "a", "initials": "a.", "zero bytes": "\x00", "broken bytes": "\xff\xc3 killed 3 ",
	"incidents": "A separate bombing in Basra killed two. ", "wounds": "He was shot. ", "places": "A bomb in Basra, Mosul and Kirkuk killed two in Iraq and Paris. ", "expectations": "The bomb killed 2 and the toll is expected to rise, excluding the bomber. ",
	"actors": "Taliban blamed Hamas claimed killed ", "dates": "in May 2017 ", "lines": "A bomb\n", "clocks": "16:40 Toll now 11 ", "hashtags": "#Kano ", "entities": "&amp;", "soft hyphens": "\u00ad", "marks": "e\u0301", "numbers": "1 ", "quotes": "“He died.” ",
	"and": "two soldiers and ", "of": "one of the ", "including": "12 people including ", "Arabic": "قتل ", "names": "Ana Sosa ", "capitals": "GUNMEN KILLED 3 ", "links": "https://t.co/x ", "other towns": "In Basra, gunmen killed two. In Xanaru, a bomb went off.\n\n", "turns": "Elsewhere, a bomb in Mosul killed two. ", "people one by one": "A guard was shot. A nurse, 34, was hurt. ", "he": "A man was shot. He died. ",
	"namesakes": "Springfield, San Antonio, Victoria and Tripoli, ", "hyphens of names": "Kano-Jos-", "articles": "the Al- El- d' ", "clock times": "at 9:45 am GMT on ", "impossible days": "on 31 February 9999 and 45 July ", "offsets": "70 km north-east of ", "borders": "the border with ",
}

// What is beyond the first part of a field is not read, so five megabytes cost
// no more than 256 KiB do; and no kind of text costs much more than another. The
// bounds leave room for a busy machine and none for work that grows with the square.
func TestHostileTextCostsNoMoreThanOther(t *testing.T) {
	if testing.Short() {
		t.Skip("megabytes are read for it")
	}
	tagger := NewTagger()
	cost := func(s string) time.Duration {
		a := &ingest.Article{ID: "a", Title: "Bomb kills two", Body: s}
		began := cpuTime(t)
		tagger.Tag(a)
		return cpuTime(t) - began
	}
	const busy = 500 * time.Millisecond
	for name, s := range hostile {
		t.Run(name, func(t *testing.T) {
			small, large := cost(strings.Repeat(s, 100<<10/len(s))), cost(strings.Repeat(s, 5<<20/len(s)))
			if large > 50*small+busy {
				t.Errorf("100 KB take %v, 5 MB %v", small, large)
			}
			if tenth := cost(strings.Repeat(s, 10<<10/len(s))); small > 60*tenth+busy {
				t.Errorf("10 KB take %v, 100 KB %v", tenth, small)
			}
		})
	}
}

// cpuTime is what this process has used: a busy machine adds little to it.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	used, err := cpu.Used()
	if err != nil {
		t.Fatal(err)
	}
	return used
}

func FuzzRobust(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, strings.Repeat(s, 3))
	}
	for _, x := range otherLanguages {
		f.Add("Bomb kills 3", x.text)
	}
	f.Add("Blast near Arbil", "A bomb killed 3 some 70 km north-east of Arbil, Iraq, near the Syrian-Turkish border, in the west of the country, at 25:70 on 31 February 9999.")
	f.Add("", "MOSUL, Iraq, Dec 9 (X) - Gunmen shot 5 in this city, in Cox's Bazar, Al-, d', the the the Gulf of Aden, between March 2 and January 5.")
	f.Add("Toll rises to 9", "The toll rose from 6 to 9 on 5 May 2017 in Kano; 12–15 were hurt, two soldiers and three others among them. Last month 1\u202f204 died.")
	tagger := NewTagger()
	f.Fuzz(func(t *testing.T, title, body string) {
		a := article("a", title, body, "2024-05-06")
		reps := tagger.Tag(a)
		checkReports(t, a, reps)
		checkSpans(t, a, reps)
		if l := languageOf(a); l.foreign() && len(reps) > 0 {
			t.Fatalf("read although written in %s", l.code)
		}
	})
}

func FuzzQuantityAndLexicon(f *testing.F) {
	for _, s := range []string{"at least another 12", "between 3 and 5 dozen", "1\u202f204 to 2 million", "l0 1O 30-odd 30+", "suicide\u00a0bomber kil1ed", "all but two of the 11", "1,20,000 ١٢", "half a dozen ~5 %"} {
		f.Add(s)
	}
	lex := lexicon.Load()
	f.Fuzz(func(t *testing.T, s string) {
		d := text.Parse(s)
		for i := range d.Tokens {
			if q, ok := quantity.At(d.Tokens, i); ok {
				if q.First < 0 || q.Last <= i || q.Last > len(d.Tokens) || q.First > i {
					t.Fatalf("quantity at token %d of %q covers %d to %d", i, s, q.First, q.Last)
				}
				if q.Min != quantity.Open && q.Max != quantity.Open && q.Min > q.Max || q.Point != quantity.Open && !quantity.Holds(q.Quantifier, bound(q.Min), bound(q.Max), q.Point) {
					t.Fatalf("quantity at token %d of %q is %d..%d, %d", i, s, q.Min, q.Max, q.Point)
				}
			}
			if e, n := lex.At(d.Lower, d.Tokens, i); e == nil || n < 1 || i+n > len(d.Tokens) {
				t.Fatalf("lexicon at token %d of %q: %v, %d tokens", i, s, e, n)
			}
		}
	})
}

func FuzzDecodeReport(f *testing.F) {
	a := article("a", "Bomb kills 3", "A bomb killed three people in Kano on Monday, police said.", "2024-05-06")
	for _, r := range NewTagger().Tag(a) {
		data, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"schema":"tocsin.report/1","totals":{"killed":{"min":9,"max":1}}}`))
	f.Add([]byte(`{"schema":"tocsin.report/2"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := DecodeReport(data)
		if err != nil {
			return
		}
		for m, total := range r.Totals {
			boundsHold(t, "total "+string(m), total.Quantifier, total.Min, total.Max, total.Point)
		}
	})
}

func FuzzReadContract(f *testing.F) {
	for _, s := range []string{`{"id":"x","title":"Bomb kills 3","text":"t","published":"2021-07-24","lang":"en"}`, `{"id":7}`, `{"id":"x","published":"2021"}`, ``, `[]`, `{"id":"\ud800","text":"\u0000"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		a, err := ReadContract(line)
		if err != nil {
			return
		}
		if a.ID == "" || !utf8.ValidString(a.Body) {
			t.Fatalf("%q gives article %q with text %q", line, a.ID, a.Body)
		}
		reps := NewTagger().Tag(&a)
		checkSpans(t, &a, reps)
		out, err := WriteContract(&a, reps)
		if err != nil || !json.Valid(out) || bytes.Count(out, []byte("\n")) != 1 {
			t.Fatalf("%q is answered with %q, %v", line, out, err)
		}
	})
}
