package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// about is what an article is about, as far as that decides whether its
// incidents are news.
type about struct {
	past   bool   // everything in it is older: a trial, an anniversary
	reject bool   // no incident at all
	rule   string // the rule that decided
}

// opening is how many words of an article say what its news is.
const opening = 80

// themes are weighed in this order, so that a tie falls the same way every time.
var themes = []string{"accident", "nature", "sport", "fiction", "judicial", "anniversary", "exercise", "statistics", "business", "policy", "hoax", "history", "cyber", "suicide", "health"}

// lead is what the opening holds.
type lead struct {
	theme     map[string]int
	inTitle   map[string]bool
	violent   int  // weight of the words for incidents
	method    int  // of these, words that name a method: "car bomb", never "attack"
	witness   int  // words that go with violence: gunmen, soldiers, police, wounded
	harmed    bool // somebody was killed, hurt or taken, now
	dayDate   bool
	titleYear bool
	titled    bool // there is a headline of some length …
	titleSays bool // … and it has a word for an incident or for harm
	oldDate   bool // a year or month that is past
	law       bool // of the words for incidents, some are about police work
	crime     bool // … and some are about something else, or armed people are named
	fiction   bool // the article is about a work: "The novel opens with …"
	deed      bool // a word for the incident itself, or a weapon that did something
	official  bool
	blast     bool // an explosion is told of …
	attack    bool // … and a word that makes it somebody's deed
	words     int
}

// calm lists countries where a blast that nobody calls an attack is gas or a boiler.
const calm = "AT AU BE CA CH DE DK ES FI FR GB IE IS IT JP KR LU NL NO NZ PT SE US"

func (r *reading) lead(cs []clause) lead {
	l := lead{theme: map[string]int{}, inTitle: map[string]bool{}}
	words, last := 0, 0
	for si := range r.sents {
		s := &r.sents[si]
		if words > opening {
			break
		}
		last = si
		if si < 2 {
			for k := s.first; k < min(s.first+4, s.last); k++ {
				if w := &r.words[k]; w.is(lexicon.Theme) && w.e.Theme == "fiction" {
					l.fiction = true
				}
			}
		}
		times := 1
		if s.title {
			times = 2
			l.titled = l.titled || s.last-s.first >= 4
		}
		for k := s.first + s.dateline; k < s.last; k++ {
			w := &r.words[k]
			words++
			if w.date > 0 {
				d := &r.dates[w.date-1]
				switch {
				case d.running:
					l.theme["statistics"] += 2 * times
				case s.title && (d.precision == "year" || d.old):
					l.titleYear = true
				case d.precision == "day" && !d.old:
					l.dayDate = true
				case d.old && !r.tailWord(k):
					l.oldDate = true
				}
				continue
			}
			if w.q != nil && w.q.Shape == quantity.Score {
				l.theme["sport"] += 4
			}
			if w.is(lexicon.Theme) {
				l.theme[w.e.Theme] += times * 2
				if s.title {
					l.inTitle[w.e.Theme] = true
				}
			}
			if w.is(lexicon.Kind) && r.isKind(k) {
				if s.title && (!r.meansOnly(w.low) || r.lands(s, k)) {
					l.titleSays = true
				}
				if !r.meansOnly(w.low) || r.lands(s, k) {
					l.deed = true
				}
				if f := Family(w.e.Type); f == "law" {
					l.law = true
				} else if !r.meansOnly(w.low) {
					l.crime = true
				}
				if w.e.Type == "explosion" {
					l.blast = true
					if g := r.group(k); !s.title && g >= 0 && (r.groups[g].det == "a" || r.groups[g].det == "an" || r.groups[g].q != nil) {
						l.method++ // "an explosion": the thing itself, not a figure of speech
					}
				} else if w.e.Type != "unknown" || w.is(lexicon.Harm) && w.low != "killed" {
					l.attack = true
				}
				n := min(weight(w.e.Type), 6) / 2
				l.violent += times * n
				if weight(w.e.Type) >= 9 && !r.meansOnly(w.low) && w.low != "shooting" && w.low != "shot" && w.low != "shoot" && w.low != "shoots" {
					l.method++
				}
				if k > s.first && strings.HasSuffix(w.low, "ed") && (r.words[k-1].is(lexicon.Aux|lexicon.Adv) || r.words[k-1].low == "and") {
					l.witness++ // "was ambushed": somebody bore it
				}
				if r.meansOnly(w.low) || w.is(lexicon.Harm) && r.lowAt(k+1) != "off" {
					l.witness++
				}
			}
			if (w.low == "dies" || w.low == "died" || w.low == "dead" && s.title && r.lowAt(k-1) != "the") && (r.lowAt(k+1) == "at" || r.lowAt(k+1) == "aged") && k+2 < s.last && r.words[k+2].q != nil && si < 2 {
				l.inTitle["anniversary"] = true // an obituary
			}
			if w.is(lexicon.Harm) && s.title && w.e.Measure != string(Released) && w.e.Measure != string(Arrested) {
				l.titleSays = true
			}
			if w.is(lexicon.Harm) && (w.e.Measure == string(Injured) || w.e.Measure == string(Abducted)) && w.e.Form&lexicon.Past != 0 {
				l.witness++
				if w.low == "wounded" || r.byPeople(s, k) {
					l.violent += times
				}
			}
			if w.is(lexicon.Harm) && r.lowAt(k+1) != "off" && w.e.Measure == string(Killed) && w.e.Form&(lexicon.Past|lexicon.Base|lexicon.Gerund) != 0 {
				l.violent += times
				l.witness++
			}
			if w.is(lexicon.Actor) {
				l.crime = true
			}
			if w.is(lexicon.Actor) || w.low == "police" || w.low == "army" || w.low == "troops" || w.low == "military" || w.low == "terrorist" || w.low == "terrorists" {
				l.witness++
			}
			if w.is(lexicon.Person) {
				switch w.e.Who {
				case "perpetrator":
					l.crime, l.deed = true, true
					l.titleSays = l.titleSays || s.title
					l.witness++
					l.violent += times
				case "official":
					l.official = true
				case "security", "militant", "protester", "suspect", "peacekeeper":
					l.witness++
				}
			}
		}
	}
	l.words = words
	for ci := range cs {
		if cs[ci].sent > last {
			break
		}
		for _, f := range cs[ci].figs {
			x := &r.figs[f]
			if scope, _ := r.scopeAt(&cs[ci], x.harm); scope != "current" {
				continue
			}
			if !x.hypothesis && (x.measure == Killed || x.measure == Injured || x.measure == Abducted || x.measure == Displaced || x.measure == Casualties) && x.q.Quantifier != "none" {
				l.harmed = true
			} else {
				l.witness++
			}
		}
	}
	return l
}

// lands tells whether a weapon in a headline did something: "rockets hit".
func (r *reading) lands(s *sentence, k int) bool {
	for n := k + 1; n < s.last && n < k+4; n++ {
		switch r.words[n].low {
		case "hit", "hits", "land", "lands", "landed", "struck", "strike", "strikes", "fired", "target", "targets", "targeted", "explode", "explodes", "wound", "rain", "slam":
			return true
		}
	}
	return k > s.first && (r.words[k-1].low == "fires" || r.words[k-1].low == "fire" || r.words[k-1].low == "fired")
}

// asks tells whether the news is only a question: "Was a drone behind the fire?"
func (r *reading) asks() bool {
	if len(r.sents) == 0 {
		return false
	}
	s := &r.sents[0]
	return r.words[s.last-1].low == "?" && r.words[s.first].is(lexicon.Aux)
}

// byPeople tells whether a participle has people for its agent: "injured by an
// angry crowd".
func (r *reading) byPeople(s *sentence, k int) bool {
	if k+1 >= s.last || r.words[k+1].low != "by" {
		return false
	}
	g := r.group(k + 2)
	return g >= 0 && r.groups[g].person
}

// about weighs the opening of the article: words of violence speak for an
// incident, the themes against it.
func (r *reading) about(cs []clause) about {
	l := r.lead(cs)
	r.trace.lead = l
	top, most := "", 0
	for _, t := range themes {
		if l.theme[t] > most {
			top, most = t, l.theme[t]
		}
	}
	reject := func(rule string) about { return about{reject: true, rule: "relevance." + rule} }
	past := func(rule string) about { return about{past: true, rule: "relevance." + rule} }
	switch {
	case l.violent == 0:
		return reject("no-violence")
	case l.theme["cleared"] > 0:
		return reject("cleared")
	case l.fiction && l.method < 2 && !l.dayDate:
		return reject("fiction")
	case l.inTitle["anniversary"], top == "anniversary" && most*2 > l.violent:
		return past("anniversary")
	case l.inTitle["judicial"] && !l.harmed, top == "judicial" && most*3 > l.violent*2:
		return past("judicial")
	case l.theme["history"] > l.violent:
		return past("history")
	case l.theme["judicial"] >= 4 && !l.harmed && l.method < 2:
		return past("judicial")
	case l.titleYear, top == "statistics" && most > l.violent && !l.dayDate:
		return past("statistics")
	case !l.deed && !l.harmed && l.violent < 6:
		return reject("means-only") // a rocket, but nothing that it did
	case r.asks() && !l.harmed:
		return reject("question")
	case l.law && !l.crime && !l.harmed:
		return reject("police-work")
	case l.titled && !l.titleSays && !l.harmed:
		return reject("not-the-headline")
	case l.oldDate && !l.dayDate && !l.harmed:
		return past("old-date")
	case (top == "accident" || top == "nature") && !l.attack:
		return reject(top)
	case l.blast && !l.attack && !l.official && strings.Contains(calm, r.home()) && r.home() != "":
		return reject("calm-blast")
	case l.witness == 0 && !l.harmed && l.method == 0:
		return reject("figure-of-speech")
	case l.inTitle["exercise"] && !l.harmed, l.theme["exercise"] >= l.violent:
		return reject("exercise")
	case (l.inTitle["policy"] || l.inTitle["business"]) && !l.harmed && l.method == 0:
		return reject("policy")
	case l.inTitle["sport"] && l.method == 0 && !l.harmed, l.inTitle["fiction"] && l.method == 0:
		return reject("sport-or-fiction")
	case top == "accident" || top == "nature" || top == "sport" || top == "fiction" || top == "cyber" || top == "suicide":
		if most >= l.violent {
			return reject(top)
		}
	case top == "policy" && most > l.violent && !l.harmed:
		return reject(top)
	case !l.harmed && l.violent <= 3 && !l.dayDate && l.words > 50:
		return reject("mention-only")
	case top == "health" && most > l.violent && !l.harmed:
		return reject(top)
	case top == "business" && most > l.violent:
		return reject(top)
	}
	return about{rule: "relevance.violence"}
}
