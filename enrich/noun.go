package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// group is a noun group: "at least 14 Shiite pilgrims", "a policeman", "the
// bomber", or a bare "three" whose noun is left out.
type group struct {
	first, last int // words [first, last)
	head        int // word index of the head noun; -1 where only a number stands
	q           *quantity.Quantity
	det         string // a, the, his …; "" where there is none
	prep        int    // the preposition that governs it, -1 for none
	person      bool   // the head names people
	name        bool   // a proper name
	thing       string // the unit where the head counts nobody
	who         string
	plural      bool
	mod         int // a harm word inside: "three wounded soldiers"; -1 for none
	age         bool
	used        bool // its number went into a figure
}

// size is how many people the group is, where it is people.
func (g *group) size() (q quantity.Quantity, rule string, ok bool) {
	one := quantity.Quantity{Quantifier: "exact", Min: 1, Max: 1, Point: 1}
	switch {
	case g.age || g.thing != "":
		return q, "", false
	case g.q != nil:
		if g.q.Shape == quantity.Count || g.q.Shape == quantity.Year && g.head >= 0 && g.person {
			return *g.q, "", true
		}
		return q, "", false
	case g.person && (g.det == "a" || g.det == "an") && g.head >= 0: // "a staff" is one, whatever grammar says
		return one, "article", true
	case g.person && !g.plural && (g.det == "a" || g.det == "an" || g.det == "another" || g.det == "one"):
		return one, "article", true
	case g.person && !g.plural:
		return one, "singular", true
	case g.name:
		return one, "named", true
	case g.person && g.plural:
		return quantity.Quantity{Quantifier: "unknown", Min: 2, Max: quantity.Open, Point: quantity.Open}, "plural", true
	}
	return q, "", false
}

// single tells whether the group can be one person.
func (g *group) single() bool { return g.q == nil || g.q.Min == 1 && g.q.Max == 1 }

// nouns finds the noun groups of a sentence.
func (r *reading) nouns(s *sentence) {
	ws := r.words
	for i := s.first + s.dateline; i < s.last; {
		w := &ws[i]
		if w.punct || w.clitic || w.date > 0 {
			i++
			continue
		}
		if w.q == nil && w.place == 0 && w.is(lexicon.Function) && !w.is(lexicon.Det) && !(w.is(lexicon.Person|lexicon.Kind) && !w.is(lexicon.Verb)) {
			i++
			continue
		}
		if w.low == "that" && i+1 < s.last && ws[i+1].q != nil && ws[i+1].q.Min > 1 {
			i++ // "said that nine were killed"
			continue
		}
		g := group{first: i, head: -1, prep: -1, mod: -1}
		j := i
		if w.is(lexicon.Det) && w.q == nil {
			g.det = w.low
			j++
			if j < s.last && (ws[j].low == "other" || ws[j].low == "others" || ws[j].low == "same") && ws[j].is(lexicon.Det|lexicon.Adj) {
				j++
			}
			if j+1 < s.last && ws[j+1].q != nil && (ws[j].low == "further" || ws[j].low == "additional") {
				j++ // "a further 40 wounded"
			}
		}
		if j < s.last && ws[j].q != nil {
			g.q = ws[j].q
			j++
			for j < s.last && ws[j].q == nil && (ws[j].low == "of" && j+1 < s.last && (ws[j+1].low == "the" || ws[j+1].low == "his" || ws[j+1].low == "its" || ws[j+1].low == "their" || ws[j+1].low == "these" || ws[j+1].low == "those") || (ws[j].low == "other" || ws[j].low == "more" || ws[j].low == "additional" || ws[j].low == "further") || ws[j].low == "of" && g.q.Quantifier == "vague") {
				if ws[j].low == "of" && j+1 < s.last && ws[j+1].is(lexicon.Det) {
					// "two of the soldiers": the number stands, the noun follows.
					if j+2 < s.last && ws[j+2].q != nil || j+2 < s.last && ws[j+2].is(lexicon.Harm) && !(j+3 < s.last && ws[j+3].noun() && !ws[j+3].is(lexicon.Harm)) {
						break
					}
					j++
				}
				j++
			}
		}
		if g.q != nil && j+1 < s.last && ws[j].e.Unit == "age" && (ws[j+1].noun() || ws[j+1].place > 0) {
			g.q = nil // "an 18 year old man" is one man
			j++
		}
		body := j
		for j < s.last && j < body+9 {
			x := &ws[j]
			if x.clitic {
				// "Iraq's prime minister", "the army's soldiers": what went before was the owner.
				if j > body && j+1 < s.last && ws[j+1].noun() {
					body = j + 1
					g.head, g.mod = -1, -1
					j++
					continue
				}
				break
			}
			if x.punct {
				if x.low == "/" && j > body && j+1 < s.last && ws[j+1].noun() && ws[j-1].end == x.start && !ws[j+1].is(lexicon.Harm) {
					j++ // "guard/escorts"
					continue
				}
				if x.low == "\"" || x.low == "“" || x.low == "'" {
					if j == body && j+1 < s.last && ws[j+1].noun() {
						body++
						j++
						continue
					}
				}
				break
			}
			if x.q != nil && x.q.Shape == quantity.Code && j > body {
				j++ // "two Form Three pupils"
				continue
			}
			if x.q != nil || x.date > 0 {
				break
			}
			if x.place > 0 {
				j++
				continue
			}
			if x.low == "and" && j > body && j+1 < s.last && ws[j-1].is(lexicon.Thing|lexicon.Kind) && !strings.HasSuffix(ws[j-1].low, "s") && ws[j+1].is(lexicon.Kind) && strings.HasSuffix(ws[j+1].low, "s") {
				j += 2 // "50 rocket and drone attacks"
				continue
			}
			if x.is(lexicon.Function) && !x.is(lexicon.Person) {
				// "a drone strike": a verb form between article and noun, or after an adjective, is a noun.
				if x.is(lexicon.Verb) && !x.is(lexicon.Aux|lexicon.Prep|lexicon.Conj) && j > g.first && (x.is(lexicon.Kind|lexicon.Thing) || !strings.HasSuffix(x.low, "ed")) && (ws[j-1].is(lexicon.Det | lexicon.Adj)) && j+1 < s.last && !ws[j+1].is(lexicon.Det) && ws[j+1].q == nil {
					j++
					continue
				}
				break
			}
			if x.is(lexicon.Harm) && !x.is(lexicon.Person|lexicon.Thing) {
				nextNoun := j+1 < s.last && ws[j+1].noun() && !ws[j+1].is(lexicon.Harm) && ws[j+1].place == 0 && !ws[j+1].clitic
				if nextNoun && (j == body || ws[j-1].is(lexicon.Adj)) && (g.q != nil || g.det != "") && ws[j].e.Form&(lexicon.Past|lexicon.Predicative|lexicon.Gerund) != 0 && !(s.title && ws[j+1].upper && g.det == "" && g.q != nil) {
					g.mod = j
					j++
					continue
				}
				break
			}
			if j > body && x.low == "aged" && j+1 < s.last && (ws[j+1].q != nil || ws[j+1].low == "between" || ws[j+1].low == "about" || ws[j+1].low == "around") {
				break // "a woman aged 66"
			}
			if j > body && x.is(lexicon.Kind) && ws[j-1].is(lexicon.Person) && (verbal(x.low) || x.low == "shot") {
				break // "3 staff hijacked"
			}
			if j > body && !x.is(lexicon.Person|lexicon.Thing|lexicon.Kind|lexicon.Adj|lexicon.Actor|lexicon.Source) && !(x.upper && !s.headline) && verbal(x.low) {
				next := j+1 < s.last && ws[j+1].noun()
				if !ws[j-1].is(lexicon.Adj) && !(next && !ws[j-1].is(lexicon.Person)) {
					break
				}
			}
			j++
		}
		g.last = j
		if j == body && g.q == nil {
			i = max(j, i+1)
			continue
		}
		r.head(&g, s, body)
		k := g.first - 1
		if k-1 >= s.first && ws[k].is(lexicon.Harm) && ws[k].e.Form&lexicon.Past != 0 && ws[k-1].low == "of" {
			k-- // "the wife of slain broadcaster Ana Ruiz"
		}
		if k >= s.first && (ws[k].is(lexicon.Prep) || ws[k].low == "including") {
			g.prep = k
		}
		if g.q != nil && g.head < 0 && age(ws, s, &g) {
			g.age = true
		}
		r.groups = append(r.groups, g)
		for k := g.first; k < g.last; k++ {
			ws[k].group = len(r.groups)
		}
		i = g.last
	}
}

// verbal guesses that an unknown word is a verb form.
func verbal(w string) bool {
	return len(w) > 4 && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing")) && !strings.HasSuffix(w, "eed")
}

// head finds the noun that the group is about. Names after a noun of people
// ("Councillor Ito Mbeki") leave it the head.
func (r *reading) head(g *group, s *sentence, body int) {
	ws := r.words
	last := -1
	names, unknown := 0, 0
	for k := body; k < g.last; k++ {
		w := &ws[k]
		switch {
		case w.is(lexicon.Person):
			g.head, last = k, k
			names = 0
		case w.is(lexicon.Thing | lexicon.Kind):
			if g.head >= 0 && ws[g.head].is(lexicon.Person) && k == g.head+1 || g.head < 0 || last == k-1 {
				g.head = k
			}
			last = k
			names = 0
		case w.clitic || w.is(lexicon.Adj) && !w.upper:
		case w.upper && !s.headline || w.place > 0:
			names++
			if g.head < 0 {
				last = k
			}
		default:
			unknown++
			// "police station": an unknown common noun after people is the head.
			g.head, last = k, k
			names = 0
		}
	}
	if g.head < 0 {
		if names > 0 {
			// Only names: a person where it is nobody we know as a place or party.
			g.head = g.last - 1
			w := &ws[g.head]
			switch {
			case w.place > 0 && g.q == nil:
				if !r.places[w.place-1].Demonym {
					g.thing = "place"
				} else if g.det == "a" || g.det == "an" {
					g.person, g.who = true, "foreigner" // "a Swiss"
				} else {
					g.thing = "demonym"
				}
			case w.is(lexicon.Actor):
				g.thing = "actor"
			case g.q != nil:
				g.plural = true
			case g.det == "":
				g.name = names >= 2 && !w.caps
			default:
				g.thing = "name"
			}
		}
		return
	}
	h := &ws[g.head]
	switch {
	case h.is(lexicon.Person):
		g.person, g.who, g.plural = true, h.e.Who, h.e.Plural
		if h.low == "others" && g.head > body && ws[g.head-1].is(lexicon.Person) {
			g.head--
			g.who = ws[g.head].e.Who
		}
		// "suicide bombers", "two police officers": words before the head refine a general one.
		if g.who == "any" || g.who == "foreigner" {
			for k := body; k < g.head; k++ {
				if ws[k].is(lexicon.Person) && ws[k].e.Who != "any" {
					g.who = ws[k].e.Who
				}
				switch ws[k].low {
				case "security", "police", "army", "military", "navy", "paramilitary":
					g.who = "security"
				case "aid", "humanitarian", "relief", "ngo", "ingo", "un", "icrc", "wfp", "unicef", "msf", "unhcr", "lngo", "nngo":
					g.who = "aid_worker"
				case "suspected", "alleged":
					if g.who == "any" {
						g.who = "suspect"
					}
				}
			}
		}
	case h.is(lexicon.Thing):
		g.thing = h.e.Unit
	case h.is(lexicon.Kind):
		g.thing = "event"
		if g.q != nil && g.q.Quantifier != "none" {
			g.thing = "incident"
		}
	case h.is(lexicon.Source) && h.low != "police":
		g.thing = "source"
	default:
		g.plural = strings.HasSuffix(h.low, "s") || h.low == "police"
		if g.q == nil {
			g.thing = "unknown"
		} else if !g.plural && (g.q.Min > 1 || g.q.Quantifier == "none") && !h.upper && h.low != "staff" && h.low != "police" && h.low != "personnel" {
			g.thing = "unknown"
		}
		if g.thing == "unknown" && g.q == nil && !g.plural && (g.det == "a" || g.det == "an" || g.det == "the" || g.det == "") && r.aged(g) {
			g.person, g.who, g.thing = true, "any", "" // "a 58-year-old seedsman"
		}
		if h.low == "police" && g.q != nil {
			g.person, g.who = true, "security"
			g.thing = ""
		}
	}
}

// aged tells whether a group is said to be some years old.
func (r *reading) aged(g *group) bool {
	for k := g.first; k < g.last; k++ {
		if l := r.words[k].low; strings.HasSuffix(l, "year-old") || strings.HasSuffix(l, "-yr-old") {
			return true
		}
	}
	return false
}

// age tells whether a bare number is somebody's age: ", 53,", "aged 7".
func age(ws []word, s *sentence, g *group) bool {
	k, n := g.first-1, g.last
	if k >= s.first && g.q.Quantifier == "range" && g.q.Max < 110 && ws[k].is(lexicon.Person) {
		return true // "four children between 11 and 12"
	}
	if k > s.first && g.q.Quantifier == "range" && (ws[k].low == "aged" || ws[k].low == "ages") {
		return true
	}
	if k < s.first || g.q.Quantifier != "exact" {
		return false
	}
	if ws[k].low == "aged" || ws[k].low == "age" || ws[k].low == "ages" {
		return true
	}
	if (ws[k].low == "both" || ws[k].low == "all") && k > s.first && ws[k-1].low == "," && n < s.last && ws[n].low == "," {
		return true // "two men, both 21, were held"
	}
	if (ws[k].low == "and" || ws[k].low == "," || ws[k].low == "to") && k-2 >= s.first && ws[k-1].q != nil && ws[k-2].low == "aged" {
		return true // "two youths aged 16 and 17"
	}
	if ws[k].low == "," && k > s.first && n < s.last && (ws[k-1].is(lexicon.Person) && !ws[k-1].e.Plural || ws[k-1].noun() && ws[k-1].place == 0 && !strings.HasSuffix(ws[k-1].low, "s") && g.q.Min > 4) && g.q.Min > 0 && g.q.Min < 110 && g.q.Last-g.q.First == 1 && ws[n].low == "," {
		return true // "the offender, 36, was arrested"
	}
	if ws[k].low == "," && k > s.first && n < s.last && ws[k-1].upper && ws[k-1].q == nil && g.q.Min > 0 && g.q.Min < 110 && g.q.Last-g.q.First == 1 {
		return ws[n].low == "," || ws[n].low == "."
	}
	if ws[k].low == "(" && n < s.last && ws[n].low == ")" && g.q.Min < 110 && k > s.first && ws[k-1].upper {
		return true
	}
	return false
}
