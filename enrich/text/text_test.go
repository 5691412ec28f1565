package text

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// lows is tokens as they are looked up; "+" joins those of a hashtag, links are in <>.
func lows(s string) string {
	var out []string
	for _, t := range Parse(s).Tokens {
		switch {
		case t.Tag:
			out = append(out, "#"+t.Low)
		case t.Kind == Link:
			out = append(out, "<"+s[t.Start:t.End]+">")
		default:
			out = append(out, t.Low)
		}
	}
	return strings.Join(out, "|")
}

func TestLow(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"soft hyphens", "The gun\u00admen kil\u00adled 1\u00ad2", "the|gunmen|killed|12"},
		{"zero-width marks", "\ufeffki\u200blled\u200d \u200etwo\u200f", "killed|two"},
		{"a zero-width space before a capital parts words", "in Kabul\u200bPolice said", "in|kabul|police|said"},
		{"bidi marks", "\u202bkilled\u202c 3\u2069", "killed|3"},
		{"curly apostrophes", "didn’t Mali’s Sana‘a", "didn't|mali|'s|sana'a"},
		{"ligatures", "ﬁve ofﬁcers, conﬂict", "five|officers|,|conflict"},
		{"full-width letters and digits", "Ｋｉｌｌｅｄ　１２（％）", "killed|12|(|%|)"},
		{"mathematical letters", "𝐁𝐑𝐄𝐀𝐊𝐈𝐍𝐆: 𝟏𝟐 dead", "breaking|:|12|dead"},
		{"digits of other scripts", "killed ١٢ and ۳۴, १,२०४ or ৭", "killed|12|and|34|,|1,204|or|7"},
		{"decomposed accents", "Bogota\u0301 Ménaka E\u0301lie", "bogotá|ménaka|élie"},
		{"decoration of letters", "k\u0336i\u0336lled", "killed"},
		{"letters of another alphabet", "kіllеd роliсе Москва", "killed|police|москва"},
		{"capitals with accents", "ÉCOLE MÁLAGA İzmir", "école|málaga|izmir"},
		{"thousands with blanks", "1\u00a0204 and 12\u202f000\u2009500, 3\u2009204.", "1,204|and|12,000,500|,|3,204|."},
		{"a blank before a year parts nothing", "in 2019\u00a0204 died; at 16:40\u00a0204 died; 5\u00a020", "in|2019|204|died|;|at|16:40|204|died|;|5|20"},
		{"Swiss thousands", "1’204 and 5'000", "1,204|and|5,000"},
		{"Indian thousands", "1,20,000 and 12,34,56,789", "1,20,000|and|12,34,56,789"},
		{"hyphens", "car‐bomb, 20‑year‑old, Al–Shabaab", "car-bomb|,|20-year-old|,|al-shabaab"},
		{"dashes", "12–15 or 12‑15—hurt — now ― here", "12|–|15|or|12|-|15|—|hurt|—|now|—|here"},
		{"entities", "Marks &amp; Sons&#8217;s &quot;x&quot; 1&nbsp;204 R&D Bogot&aacute;", "marks|&|sons|'s|\"|x|\"|1,204|r|&|d|bogotá"},
		{"entities of entities", "Mali&amp;#39;s &amp;amp; &amp;nbsp; a&b;", "mali|'s|&|a|&|b|;"},
		{"hashtags", "#Kabul #KabulBlast #IED #peace_talks No #5", "#kabul|#kabul|#blast|#ied|#peace|#talks|no|#|5"},
		{"links and names", "RT @afp: 3 dead (https://t.co/x9). via @bbc_world www.x.org/a,b, me@x.org", "<RT @afp:>|3|dead|(|<https://t.co/x9>|)|.|via|<@bbc_world>|<www.x.org/a,b>|,|me|<@x>|.|org"},
		{"emoji", "🚨🚨 BREAKING ⚠️ 3 dead 👩🏽‍🚒", "🚨🚨|breaking|⚠\ufe0f|3|dead|👩🏽\u200d🚒"},
		{"a unit that is glued to a number", "1,204km 16:40GMT 1,204-strong 3.5m 70km", "1,204|km|16:40|gmt|1,204|-|strong|3.5|m|70km"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			check(t, tt.in)
			if got := lows(tt.in); got != tt.want {
				t.Errorf("Parse(%q) = %s; want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestPhrase(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"Abu Sayyaf", "abu sayyaf"}, {"Abu\u00a0Sayyaf", "abu sayyaf"}, {"Abu  Sayyaf", "abu sayyaf"}, {"Abu\nSayyaf", "abu sayyaf"}, {"Abu\r\nSay\u00adyaf", "abu sayyaf"},
		{"#AbuSayyaf", "abu sayyaf"}, {"people’s front", "people's front"}, {"gas-fire", "gas-fire"},
	} {
		d := Parse(tt.in)
		if got := Phrase(d.Lower, d.Tokens); got != tt.want {
			t.Errorf("Phrase(%q) = %q; want %q", tt.in, got, tt.want)
		}
	}
}

func tokens(s string) []string {
	d := Parse(s)
	var out []string
	for _, t := range d.Tokens {
		out = append(out, s[t.Start:t.End])
	}
	return out
}

func TestTokens(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a hyphen stays inside", "a pro-army al-Harir base", "a|pro-army|al-Harir|base"},
		{"a dash does not", "BASRA - Two died", "BASRA|-|Two|died"},
		{"thousands are one number", "1,204 of 3.5", "1,204|of|3.5"},
		{"a comma in a list of numbers parts them", "12,5 and 7,", "12|,|5|and|7|,"},
		{"letters after digits make a word", "the 5th at 9pm, 70km", "the|5th|at|9pm|,|70km"},
		{"possessives come off", "Iraq's army, the guards' post, Shi'ite", "Iraq|'s|army|,|the|guards|'|post|,|Shi'ite"},
		{"typographic apostrophes too", "Mali’s north", "Mali|’s|north"},
		{"an abbreviation keeps its dots", "the U.S. base", "the|U.S.|base"},
		{"a clock is one number", "at 16:40 sharp", "at|16:40|sharp"},
		{"a score is three tokens", "a 3-1 win", "a|3|-|1|win"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(tokens(tt.in), "|"); got != tt.want {
				t.Errorf("Parse(%q) = %s; want %s", tt.in, got, tt.want)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"full stops", "One died. Two fled! Why?", []string{"One died.", "Two fled!", "Why?"}},
		{"a title's dot ends nothing", "Gen. Amari and Dr. Saleh spoke.", []string{"Gen. Amari and Dr. Saleh spoke."}},
		{"nor does a country's", "The U.S. Army left. It rained.", []string{"The U.S. Army left.", "It rained."}},
		{"a quotation mark belongs to its sentence", "“We fled.” Nobody stayed.", []string{"“We fled.”", "Nobody stayed."}},
		{"a blank line ends a headline", "Blast in port\n\nFour died", []string{"Blast in port", "Four died"}},
		{"a line break alone does not", "Four people\ndied there", []string{"Four people\ndied there"}},
		{"but bullets do", "Victims\n- two drivers\n- a guard", []string{"Victims", "- two drivers", "- a guard"}},
		{"a lost blank is forgiven", "They fled.Police came.", []string{"They fled.", "Police came."}},
		{"entries of a live blog", "16:40 Toll now 11. 15:10 Police say nine dead.", []string{"16:40 Toll now 11.", "15:10 Police say nine dead."}},
		{"entries without stops", "16:40 Toll now 11 15:10 Police say nine dead", []string{"16:40 Toll now 11", "15:10 Police say nine dead"}},
		{"entries on lines", "16:40 GMT - Toll now 11\n15:10 GMT - nine dead", []string{"16:40 GMT - Toll now 11", "15:10 GMT - nine dead"}},
		{"entries with the hour in the British way", "18.14 Toll now 11. Two more died.\n17.02 Talks go on", []string{"18.14 Toll now 11.", "Two more died.", "17.02 Talks go on"}},
		{"a time inside a sentence", "It began at 15:10 Monday. Police came at 15:30 Kabul time.", []string{"It began at 15:10 Monday.", "Police came at 15:30 Kabul time."}},
		{"bullets of all kinds", "Toll:\n• Two dead\n▪ One hurt\n🔴 Road shut", []string{"Toll:", "• Two dead", "▪ One hurt", "🔴 Road shut"}},
		{"numbered lists", "Attacks\n1. Kano, two dead\n2) Jos, one hurt", []string{"Attacks", "1.", "Kano, two dead", "2) Jos, one hurt"}},
		{"a headline over its standfirst", "Blast in port kills four\nPolice say a bomb went off near the gate of the old port on Monday", []string{"Blast in port kills four", "Police say a bomb went off near the gate of the old port on Monday"}},
		{"wrapped prose is not cut at a name", "Gunmen killed five people on a road in\nKano on Monday and then they fled to the\nforest, officials told the agency.", []string{"Gunmen killed five people on a road in\nKano on Monday and then they fled to the\nforest, officials told the agency."}},
		{"a country that ends a sentence", "They flew to the U.S. The army left.", []string{"They flew to the U.S.", "The army left."}},
		{"a time that ends one", "It blew up at 9 a.m. Police came. At 9 p.m. Monday it rained.", []string{"It blew up at 9 a.m.", "Police came.", "At 9 p.m. Monday it rained."}},
		{"abbreviations", "No. 5 Brigade paid Rs. 500 to St. Mary in Austin, Tex. and left on Jan. 5.", []string{"No. 5 Brigade paid Rs. 500 to St. Mary in Austin, Tex. and left on Jan. 5."}},
		{"a plain no", "He said no. Five died.", []string{"He said no.", "Five died."}},
		{"initials", "J. K. Okoro and Mr. Amari met. Plan B. The rest fled.", []string{"J. K. Okoro and Mr. Amari met.", "Plan B.", "The rest fled."}},
		{"dots that trail off", "They ran… Two fell... Nobody came, she... said.", []string{"They ran…", "Two fell...", "Nobody came, she... said."}},
		{"a mark inside a sentence", "“Run!” he said. He fled.", []string{"“Run!” he said.", "He fled."}},
		{"a name with a small letter", "They fled. al-Shabaab claimed it.", []string{"They fled.", "al-Shabaab claimed it."}},
		{"no capitals at all", "bomb kills 3 in kano. police say dr. sani is hurt. gunmen fled.", []string{"bomb kills 3 in kano.", "police say dr. sani is hurt.", "gunmen fled."}},
		{"capitals throughout", "GEN. AMARI WAS ILL. POLICE SAID SO.", []string{"GEN. AMARI WAS ILL.", "POLICE SAID SO."}},
		{"lines of an old computer", "Two died.\rOne fled", []string{"Two died.", "One fled"}},
		{"a decimal is no end", "It cost 3.5 million.", []string{"It cost 3.5 million."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := Parse(tt.in)
			var got []string
			for _, s := range d.Sentences {
				got = append(got, tt.in[d.Tokens[s.First].Start:d.Tokens[s.Last-1].End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%q) (-want +got)\n%s", tt.in, diff)
			}
		})
	}
}

func TestParagraphs(t *testing.T) {
	d := Parse("One. Two.\n\nThree.")
	if n := len(d.Sentences); n != 3 || d.Sentences[1].Para != 0 || d.Sentences[2].Para != 1 {
		t.Errorf("sentences %+v; want three, the last in paragraph 1", d.Sentences)
	}
}

// check asserts what holds for any text.
func check(t *testing.T, s string) {
	t.Helper()
	d := Parse(s)
	if len(d.Lower) != len(s) {
		t.Fatalf("Lower(%q) has %d bytes, want %d", s, len(d.Lower), len(s))
	}
	inside := make([]bool, len(s)+1) // of a rune
	for i := 0; i < len(s); {
		_, n := utf8.DecodeRuneInString(s[i:])
		for k := 1; k < n; k++ {
			inside[i+k] = true
		}
		i += n
	}
	end := 0
	for i, tok := range d.Tokens {
		if tok.Start < end || tok.End <= tok.Start || tok.End > len(s) {
			t.Fatalf("token %d of %q is [%d,%d) after %d", i, s, tok.Start, tok.End, end)
		}
		if inside[tok.Start] || inside[tok.End] {
			t.Fatalf("token %d of %q is [%d,%d): inside a rune", i, s, tok.Start, tok.End)
		}
		if tok.Low == "" || !tok.odd && tok.Low != Lower(s[tok.Start:tok.End]) {
			t.Fatalf("token %d of %q: Low is %q, want %q", i, s, tok.Low, Lower(s[tok.Start:tok.End]))
		}
		if p := Phrase(d.Lower, d.Tokens[i:i+1]); p != tok.Low {
			t.Fatalf("token %d of %q: Phrase is %q, Low %q", i, s, p, tok.Low)
		}
		end = tok.End
	}
	next := 0
	for _, sen := range d.Sentences {
		if sen.First != next || sen.Last <= sen.First {
			t.Fatalf("sentence %+v of %q does not follow token %d", sen, s, next)
		}
		next = sen.Last
	}
	if next != len(d.Tokens) {
		t.Fatalf("sentences of %q end at token %d of %d", s, next, len(d.Tokens))
	}
}

func TestCaps(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"3 DEAD, 7 HURT IN BLAST - POLICE", true}, {"THE ARMY SAID ON MONDAY THAT al-Harir WAS HIT BY A DRONE", true}, {"BAGHDAD (AP) - Two died", false},
		{"IED blast", false}, {"Two died", false}, {"12 14", false}, {"", false},
	} {
		d := Parse(tt.in)
		if got := len(d.Sentences) > 0 && d.Sentences[0].Caps; got != tt.want {
			t.Errorf("Parse(%q) says capitals: %v, want %v", tt.in, got, tt.want)
		}
	}
}

func TestStamp(t *testing.T) {
	for in, want := range map[string]int{"16:40 Police say": 1, "16:40 GMT - nine dead": 3, "16:40 nine dead": 0, "16.40 Police say": 1, "16.40 metres": 0, "16.70 Police say": 0, "It began at 16:40 Monday": 0, "16:40": 0} {
		d := Parse(in)
		if got := d.Sentences[0].Stamp; got != want {
			t.Errorf("Parse(%q) has a stamp of %d tokens, want %d", in, got, want)
		}
	}
}

// hostile are texts that make a careless reader look at each byte again and again.
var hostile = map[string]string{
	"words": "killed and ", "brackets": "(", "closing brackets": ")", "stops": ".", "initials": "a.", "commas": "1,1", "digits": "1", "groups of three": "1\u202f234\u202f", "apostrophes": "'s",
	"hyphens": "a-", "soft hyphens": "\u00ad", "voids in a word": "a\u200b", "ampersands": "&amp;", "entities that never end": "&a", "hash signs": "#A", "names": "@a ", "links": "http://", "retweets": "RT @a:",
	"line breaks": "A\n", "carriage returns": "\r", "emoji": "🚨", "combining marks": "\u0301", "clocks": "16:40 A ", "full-width": "Ａ", "broken bytes": "\xff\xc3", "zero bytes": "\x00", "quotes": ".”", "Arabic": "قتل ", "pairs": "1,11",
}

// Ten times the text may cost ten times the work; the bound leaves room for a
// busy machine and none for work that grows with the square.
func TestWorkGrowsWithTheText(t *testing.T) {
	cost := func(s string) time.Duration {
		best := time.Hour
		for range 3 {
			began := time.Now()
			Parse(s)
			best = min(best, time.Since(began))
		}
		return best
	}
	for name, s := range hostile {
		small, large := strings.Repeat(s, 20_000/len(s)), strings.Repeat(s, 400_000/len(s))
		if a, b := cost(small), cost(large); b > 100*a+500*time.Millisecond {
			t.Errorf("%s: 20 KB take %v, 400 KB %v", name, a, b)
		}
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range []string{"", ".", "Two died. Four fled.", "a\n\n\nb", "\xff\xfe'\x00s", "U.S.", "İstanbul’da 5’i", "1,,,2..3--4", "«Ünï» 3-", "''''s",
		"#KabulBlast_x RT @a: https://t.co/x.", "&amp;amp;#8217;s &nbsp;&#0;", "1\u202f204\u00a0500", "ki\u00adl\u200bled\ufeff", "١٢ १२ １２", "𝐊𝐈𝐋𝐋𝐒 kіlled k̶i", "🚨🇦🇫\ufe0f x", "a\nB\rc\u2028D\u2029", "1. A\n2) B\n16:40 C"} {
		f.Add(s)
	}
	f.Fuzz(check)
}

func BenchmarkParse(b *testing.B) {
	const p = "At least 14 people were killed in the port city of Qasr on Monday, police said. Gen. Amari blamed the “rebels” for it.\n\n"
	s := strings.Repeat(p, 4096/len(p))
	b.SetBytes(int64(len(s)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(s)
	}
}
