package enrich

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/abadojack/whatlanggo"

	"tocsin/ingest"
)

// Language tells what language an article is written in, as an ISO 639-1 code:
// "en" for what the tagger reads, another code for what it leaves alone, "" where
// nothing tells. Feeds and pages declare languages that their articles
// are not in, so the text is asked first and the article's own field only where
// the text is too short to tell. What is not plainly another language is read as
// English: a lost article costs more than one that says nothing.
func Language(a *ingest.Article) string {
	l := languageOf(a)
	if l.code == "" && l.words > 0 {
		if base, _, _ := strings.Cut(strings.ToLower(a.Language), "-"); len(base) == 2 || len(base) == 3 {
			return base
		}
		if l.english > 0 {
			return "en"
		}
	}
	return l.code
}

// LanguageName is the English name of a language's code, the code itself where
// it has none here.
func LanguageName(code string) string {
	if n, ok := languageNames[code]; ok {
		return n
	}
	return code
}

// Windows of a body that are looked at: its beginning, middle and end, so that
// an English article that begins with a quotation in Spanish is still English.
const (
	window  = 1 << 10
	windows = 3
)

// tongue is what was seen of the languages of an article.
type tongue struct {
	code    string // "" where it cannot be told
	words   int    // in Latin letters
	english int    // words that are English and nothing else
	latin   int    // letters
	scripts [len(scripts)]int
	hits    [len(function)]int
	strong  [len(function)]uint64 // which of the words that are no name particles were seen
	parts   [3 + windows]string   // of the text that were looked at
	seen    int                   // how many of them
}

// foreign tells whether the text is plainly in a language that is not read.
func (t tongue) foreign() bool { return t.code != "" && t.code != "en" }

// languageOf looks at the text alone.
func languageOf(a *ingest.Article) tongue {
	var t tongue
	t.look(a.Title)
	if !covered(a.Summary, a.Body) {
		t.look(a.Summary)
	}
	if t.see(a.Body[:cut(a.Body, min(window, len(a.Body)))]); t.plainEnglish() {
		t.code = "en"
		return t
	}
	if rest := firstPart(a.Body); len(rest) > window {
		step := (len(rest) - window) / windows
		for k := 1; k <= windows; k++ {
			from := cut(rest, max(window, k*step))
			t.see(rest[from:cut(rest, min(from+window, len(rest)))])
		}
	}
	t.decide()
	return t
}

// cut moves an offset back to where a rune begins.
func cut(s string, i int) int {
	for k := 0; k < utf8.UTFMax && i > 0 && i < len(s) && !utf8.RuneStart(s[i]); k++ {
		i--
	}
	return i
}

func (t *tongue) look(s string) { t.see(s[:cut(s, min(window, len(s)))]) }

// plainEnglish tells that nothing more need be looked at.
func (t *tongue) plainEnglish() bool {
	return t.english >= 4 && t.english*8 >= t.words && t.foreignLetters() < t.latin/4
}

func (t *tongue) foreignLetters() (n int) {
	for _, k := range t.scripts {
		n += k
	}
	return n
}

// see counts the words and letters of a part of the text.
func (t *tongue) see(s string) {
	var buf [16]byte
	n := 0 // bytes of the word, in buf while they fit
	latin := false
	word := func() {
		if latin {
			t.words++
			if n <= len(buf) {
				t.count(buf[:n])
			}
		}
		n, latin = 0, false
	}
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			i++
			if c |= 0x20; c < 'a' || c > 'z' {
				if n > 0 {
					word()
				}
				continue
			}
			if n < len(buf) {
				buf[n] = c
			}
			n++
			t.latin++
			latin = true
			continue
		}
		r, k := utf8.DecodeRuneInString(s[i:])
		i += k
		switch {
		case r < 0x250 || r >= 0x1e00 && r < 0x1f00 || r >= 0x300 && r < 0x370:
			if r < 0xc0 {
				word()
				continue
			}
			t.latin++
			latin = true
			r = unicode.ToLower(r)
			if n+utf8.RuneLen(r) <= len(buf) {
				n += utf8.EncodeRune(buf[n:], r)
			} else {
				n = len(buf) + 1
			}
		case r >= 0x2000 && r < 0x2070: // quotation marks, dashes
			word()
		case !latin && unicode.IsLetter(r):
			for j := range scripts {
				if x := &scripts[j]; x.lo <= r && r <= x.hi {
					t.scripts[j]++
					break
				}
			}
		}
	}
	word()
	if t.seen < len(t.parts) {
		t.parts[t.seen] = s
		t.seen++
	}
}

func (t *tongue) count(w []byte) {
	for _, x := range functionWords[string(w)] {
		if x.lang == english {
			t.english++
			return
		}
		t.hits[x.lang]++
		if !x.particle {
			t.strong[x.lang] |= 1 << (x.index % 64)
		}
	}
}

// decide names the language, or leaves it open.
func (t *tongue) decide() {
	if n := t.foreignLetters(); n >= 6 && n > t.latin && t.english < 8 {
		t.script()
		return
	}
	best := 0
	for l := range t.hits {
		if t.hits[l] > t.hits[best] || t.hits[l] == t.hits[best] && ones(t.strong[l]) > ones(t.strong[best]) {
			best = l
		}
	}
	// English prose has one of its own words in every five; names, titles and
	// quotations bring in a few of another language. A headline must be another
	// language through and through.
	need := 3
	if t.words >= 12 {
		need = 4
	}
	switch hits := t.hits[best]; {
	case ones(t.strong[best]) >= need && hits*12 >= t.words && t.english*25 <= t.words && hits >= 4*t.english && (t.words >= 12 || t.english == 0 && hits*3 >= t.words):
		t.code = function[best].code
	case t.english > 0 && t.english*16 >= t.words:
		t.code = "en"
	case t.words >= 60 && t.english == 0:
		// A language that has no list here.
		if info := whatlanggo.Detect(strings.Join(t.parts[:t.seen], " ")); info.IsReliable() && info.Lang != whatlanggo.Eng {
			t.code = info.Lang.Iso6391()
		}
	}
}

func ones(x uint64) (n int) {
	for ; x != 0; x &= x - 1 {
		n++
	}
	return n
}

// script names the language of a text in other letters than Latin ones.
func (t *tongue) script() {
	best := 0
	for j := range t.scripts {
		if t.scripts[j] > t.scripts[best] {
			best = j
		}
	}
	s := strings.ToLower(strings.Join(t.parts[:t.seen], " "))
	t.code = scripts[best].code
	if t.code == "zh" && t.scripts[kana]*10 >= t.scripts[best] {
		t.code = "ja"
	}
	// The letters or words that only one language of the script has.
	for _, x := range scripts[best].marks {
		n := 0
		for _, m := range strings.Fields(x.marks) {
			n += strings.Count(s, m)
		}
		if n >= 2 {
			t.code = x.code
			return
		}
	}
}

type scriptMarks struct{ code, marks string }

const kana = 1

// scripts give most of the languages that are not written in Latin letters away.
var scripts = [...]struct {
	lo, hi rune
	code   string
	marks  []scriptMarks
}{
	{0x4e00, 0x9fff, "zh", nil},
	{0x3040, 0x30ff, "ja", nil},
	{0x0600, 0x077f, "ar", []scriptMarks{{"ur", "ٹ ڈ ڑ ے ں"}, {"ps", "ټ ډ ړ ږ ښ ۍ ې"}, {"ku", "ێ ۆ ڕ ڵ"}, {"fa", "پ چ ژ گ ی"}}},
	{0x0400, 0x052f, "ru", []scriptMarks{{"uk", "і ї є ґ"}, {"be", "ў"}, {"sr", "ј љ њ ћ ђ"}, {"kk", "ң ғ қ ұ"}, {"tg", "ҷ ҳ ӣ"}, {"ru", "ы э ё"}, {"bg", "ъ"}}},
	{0x0900, 0x097f, "hi", []scriptMarks{{"mr", "आहे आणि च्या"}, {"ne", "छन् भएको गरेको"}}},
	{0x0980, 0x09ff, "bn", nil}, {0x0a00, 0x0a7f, "pa", nil}, {0x0a80, 0x0aff, "gu", nil}, {0x0b00, 0x0b7f, "or", nil}, {0x0b80, 0x0bff, "ta", nil},
	{0x0c00, 0x0c7f, "te", nil}, {0x0c80, 0x0cff, "kn", nil}, {0x0d00, 0x0d7f, "ml", nil}, {0x0d80, 0x0dff, "si", nil}, {0x0e00, 0x0e7f, "th", nil},
	{0x0e80, 0x0eff, "lo", nil}, {0x1000, 0x109f, "my", nil}, {0x10a0, 0x10ff, "ka", nil}, {0x1200, 0x137f, "am", nil}, {0x1780, 0x17ff, "km", nil},
	{0x0370, 0x03ff, "el", nil}, {0x0530, 0x058f, "hy", nil}, {0x0590, 0x05ff, "he", nil}, {0x0780, 0x07bf, "dv", nil}, {0xac00, 0xd7af, "ko", nil},
}

// englishOnly are words that make a text English: no other language that
// Tocsin meets has them in number.
const englishOnly = "the and of with were from that this which said by have has been their they who after his its had when into would could should killed people will " +
	"says during against near least where while because more than there officials attack wounded injured dead blast according"

// function holds the small words of languages in Latin letters, without those
// that are English words too. Behind the bar stand the particles that English
// articles have in names: "de la Cruz", "van den Berg".
var function = [...]struct{ code, words string }{
	{"es", "que en por con una un para se fue según más su sus entre también desde este esta hasta donde había pero como lo y tras hay han sido cuando muertos murieron heridos | de la el los las del al"},
	{"pt", "que em por com uma um para foi não mais ao pela pelo são seu sua disse segundo também até foram após dos na nos nas na das entre quando mortos feridos | de da do os e"},
	{"fr", "et en un une que qui dans est pour par sur aux plus pas ont été avec ce cette il elle l d qu selon après ses leur sont était au morts blessés | de la le les du des"},
	{"it", "che della dei delle nel nella un una con è sono si alla hanno gli dopo stato stati anche più secondo degli dal dalla alle ai morti feriti | di la il da del al e"},
	{"de", "und ist nicht dem ein eine einen im zu mit auf für sich bei wurden wurde nach sind auch aus hat haben als wie über bei einem einer eines sei zwei zum zur | der das von den des"},
	{"nl", "het een zijn op niet aan er om door bij naar ook werd werden uit heeft over voor dat met te als nog deze zeker hebben mensen | de van den der en"},
	{"sv", "och att det på är av för med till inte har om från ett som vid sig efter enligt | en den i"},
	{"da", "og det på er af med til ikke har fra et som ved efter ifølge blev mens | en den i de"},
	{"no", "og det på er av med til ikke har fra et som ved etter ifølge ble mens | en den i de"},
	{"pl", "na się nie że jest po od dla jak był było zostało są oraz według który przez ze w z co osób zginęło w | i o za do"},
	{"cs", "na se je že ve pro jsou byl bylo podle při jako po který lidí v s z | a i do"},
	{"sk", "na sa je že vo pre sú bol bolo podľa pri ako po ktorý ľudí v s z | a i do"},
	{"ro", "și în cu că din un fost este pentru sunt după pe au care mai fi lui unui ale | la de o a"},
	{"hu", "az és hogy nem egy volt meg van már csak szerint után ki de | a is"},
	{"tr", "ve bir bu için ile olarak olan çok daha sonra kadar gibi oldu göre değil kişi ettiği etti edildi bildirdi saldırıda tarafından üzere olduğu | de da en"},
	{"az", "və bir bu üçün ilə olan daha sonra qədər görə deyil nəfər olub edib | da də"},
	{"id", "yang dan dari dengan untuk pada dalam ini itu tidak akan oleh telah juga sebuah orang mereka setelah tewas kata serangan | di ke"},
	{"tl", "ang ng mga sa ay ni hindi kay nang isang ayon ito na para | si at"},
	{"vi", "và của là được cho trong các người với không này đã một những tại khi bị đến | có"},
	{"sw", "ya wa na kwa katika ni la za cha watu kuwa baada alisema wakati hao vya huyo hiyo wengine yake pia kutoka walisema polisi | mji"},
	{"ha", "da na ta ya wani wata cewa sun mai wajen daga wasu kan ce yi mutane bayan aka cikin tare wanda suka ne ba | a"},
	{"so", "oo ka ku iyo ee uu ay waxaa ayaa waxay soo si ah dadka kale la lagu magaalada qarax sheegay kadib inay | in"},
	{"sq", "të në dhe për një që nga është janë më u nuk pas | i e me"},
	{"hr", "je na se su za od koji nije kao što bilo iz nakon | i u da"},
	{"fi", "ja että oli se mutta kun myös ovat sekä hän ei ole mukaan | on"},
	{"ca", "els amb per dels és aquest una que han segons després | de la el les i"},
	{"af", "die het nie vir wat van aan om deur gesê mense is was na het | en de"},
	{"yo", "ní ti àwọn tí wọ́n sí nínú pé fún ìjọba | o a"},
	{"ku", "û li ji bo ku ew di hatin kuştin kes jî | de da"},
	{"uz", "va bilan uchun bu bir deb edi kishi haqida keyin | da"},
}

const english = -1 // stands for a language of function

type functionWord struct {
	lang     int
	index    int
	particle bool
}

var functionWords = func() map[string][]functionWord {
	m := map[string][]functionWord{}
	for _, w := range strings.Fields(englishOnly) {
		m[w] = []functionWord{{lang: english}}
	}
	for l := range function {
		words, particles, _ := strings.Cut(function[l].words, "|")
		for k, w := range strings.Fields(words) {
			if len(m[w]) == 0 || m[w][0].lang != english {
				m[w] = append(m[w], functionWord{l, k, false})
			}
		}
		for _, w := range strings.Fields(particles) {
			m[w] = append(m[w], functionWord{l, 0, true})
		}
	}
	return m
}()

var languageNames = map[string]string{
	"af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "az": "Azerbaijani", "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German",
	"dv": "Maldivian", "el": "Greek", "en": "English", "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "ha": "Hausa", "he": "Hebrew", "hi": "Hindi",
	"hr": "Croatian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "ig": "Igbo", "it": "Italian", "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "ko": "Korean",
	"ku": "Kurdish", "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "ml": "Malayalam", "mr": "Marathi", "my": "Burmese", "ne": "Nepali", "nl": "Dutch", "no": "Norwegian", "ny": "Chichewa",
	"or": "Odia", "pa": "Punjabi", "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "rw": "Kinyarwanda", "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sn": "Shona",
	"so": "Somali", "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "tg": "Tajik", "th": "Thai", "tk": "Turkmen", "tl": "Tagalog", "tr": "Turkish",
	"uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "yi": "Yiddish", "yo": "Yoruba", "zh": "Chinese", "zu": "Zulu",
}
