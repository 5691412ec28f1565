package main

import (
	"fmt"
	"strings"
)

// outlet is who publishes, and how its articles look.
type outlet struct {
	name     string
	length   length
	dateline dateline
	agency   string // whose text it prints, credited: "Reuters"
	numbers  numbers
	days     dayStyle
	far      bool // explains where the town is
	bare     bool // no town in headlines
	capital  bool // writes "the capital" for its name
	alt      bool // spells towns the other way
	titled   bool // Headlines Like This
	american bool
	live     bool   // entries of a live blog
	plain    bool   // names the town and nothing more, even at first
	tail     string // what it puts under many of its articles
}

type length int

const (
	teaser length = iota // headline and a sentence: all that many feeds give
	brief
	medium
	long
)

type dateline int

const (
	noDateline  dateline = iota
	townOnly             // KIRKUK -
	withCountry          // KIRKUK, Iraq -
	asian                // Kirkuk:
)

type dayStyle int

const (
	weekdays dayStyle = iota // on Monday
	relative                 // yesterday
	dates                    // on March 9
	noDays
)

// role is what an outlet does in a story. Each story has one outlet of a role.
type role string

const (
	wire     role = "wire"     // an agency of its own
	agency1  role = "agency1"  // prints an agency's text
	agency2  role = "agency2"  // prints the same text
	local    role = "local"    // of the town
	national role = "national" // of the country
	tabloid  role = "tabloid"
	tv       role = "tv"   // teasers
	feed     role = "feed" // teasers
	radio    role = "radio"
	slow     role = "slow" // late, with older numbers
	far      role = "far"  // of another part of the world, long
	far2     role = "far2"
	theCap   role = "capital" // never names the capital
	spelt    role = "spelt"   // numbers in words, other spellings
	vague    role = "vague"   // dozens, no numbers
	digits   role = "digits"  // South Asian style
	liveBlog role = "live"
)

var farNames = []string{"Meridian World", "Harbour Daily", "Continental Times", "Albion Morning", "The Clarion Post", "Northgate World", "Atlantic Dispatch",
	"Pacific Ledger", "The Compass", "Old Quay Gazette", "Lighthouse World", "Dominion Chronicle", "Crossways Daily", "The Fortnight"}
var wireNames = []string{"Kestrel News Agency", "Orbis Wire", "Meridian Newswire", "Transit News Agency", "Longitude Wire", "Signal News Agency"}
var tvNames = []string{"Zenith 24", "Sunrise TV", "Channel Nine World", "Corridor TV", "Panorama 24", "Antenna News", "Horizon TV"}
var feedNames = []string{"Newsgrid", "Brief Today", "Daily Threads", "Headline Dock", "Wireboard", "The Short List"}
var radioNames = []string{"Radio Crossroads", "Radio Equator", "Radio Meridian", "Voice Relay", "Radio Passage"}

// newOutlet invents an outlet for a role.
func newOutlet(r *random, as role, t *town) *outlet {
	c := t.country
	land := strings.TrimPrefix(c.name, "the ")
	o := &outlet{american: c.american}
	of := func(list ...string) string { return pick(r, list) }
	switch as {
	case wire:
		*o = outlet{name: pick(r, wireNames), length: length(r.between(int(teaser), int(medium))), dateline: withCountry, far: true}
	case agency1, agency2:
		*o = outlet{name: pick(r, farNames), length: medium, dateline: withCountry, far: true, agency: "Reuters", american: as == agency2}
		if as == agency2 {
			o.name = of(land+" Monitor", "The "+c.adj+" Mail", land+" Online")
		}
	case local:
		o.name, o.length, o.days, o.plain = of(t.name+" Herald", t.name+" Courier", t.name+" Voice", "The "+t.name+" Observer", t.name+" Info"), medium, relative, true
		o.tail = of("More details to follow.", "Comments are closed under this article.", "")
	case national:
		o.name, o.length, o.dateline, o.plain = of(land+" Today", "The "+c.adj+" Tribune", c.adj+" Standard", "The "+land+" Star"), medium, townOnly, true
	case tabloid:
		o.name, o.length, o.bare, o.days = of("The Daily Whistle", "Flash!", "The Evening Siren", "Sun Valley Express"), brief, true, relative
		o.far = true
	case tv:
		o.name, o.length, o.days, o.far = pick(r, tvNames), teaser, weekdays, true
		o.tail = of("Watch our report.", "More in our evening bulletin.", "")
	case feed:
		o.name, o.length, o.days, o.far = pick(r, feedNames), teaser, noDays, true
		o.tail = of("Read more...", "Continue reading", "")
	case radio:
		o.name, o.length, o.days, o.numbers = pick(r, radioNames), teaser, relative, allWords
	case slow:
		o.name, o.length, o.days, o.far = of("Weekly Review of "+land, "The "+land+" Digest", c.adj+" Affairs"), brief, dates, true
		o.tail = of("From our correspondent", "")
	case far, far2:
		o.name, o.length, o.far, o.american = pick(r, farNames), long, true, r.chance(40)
		if as == far2 {
			o.length, o.days = medium, dates
		}
	case theCap:
		o.name, o.length, o.bare, o.capital, o.far = pick(r, farNames), brief, true, true, true
	case spelt:
		o.name, o.length, o.numbers, o.alt, o.far = of("The Quiet Quarter", "Parish and World", "The Old Republic", "Letters from "+land), medium, allWords, true, true
	case vague:
		o.name, o.length, o.days, o.far = of("World in Minutes", "Snapshot", "QuickRead"), teaser, noDays, true
	case digits:
		o.name, o.length, o.numbers, o.titled, o.dateline = of("Morning Bulletin", "The Frontier Mail", "Metro Bulletin", "Evening Frontier"), brief, allDigits, true, asian
		o.far = true
	case liveBlog:
		o.name, o.length, o.live, o.far = pick(r, farNames)+" Live", brief, true, true
	}
	return o
}

// opening is the dateline of an article.
func (o *outlet) opening(t *town) string {
	name := t.name
	if o.alt && t.alt != "" {
		name = t.alt
	}
	land := strings.TrimPrefix(t.country.name, "the ")
	credit := ""
	if o.agency != "" {
		credit = " (" + o.agency + ")"
	}
	switch o.dateline {
	case townOnly:
		return strings.ToUpper(name) + credit + " - "
	case withCountry:
		if t.capital {
			return strings.ToUpper(name) + credit + " - "
		}
		return fmt.Sprintf("%s, %s%s - ", strings.ToUpper(name), land, credit)
	case asian:
		return strings.ToUpper(name) + ": "
	}
	return ""
}

// titleCase writes a headline Like This.
func titleCase(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		switch w {
		case "a", "an", "the", "in", "of", "on", "at", "to", "for", "near", "as", "and", "by", "over", "with", "from":
			if i > 0 {
				continue
			}
		}
		words[i] = capitalize(w)
	}
	return strings.Join(words, " ")
}

// capitalize makes the first letter a capital one.
func capitalize(s string) string {
	for i, c := range s {
		if c == '\'' || c == '"' {
			continue
		}
		return s[:i] + strings.ToUpper(string(c)) + s[i+len(string(c)):]
	}
	return s
}

var americanSpelling = strings.NewReplacer("centre", "center", "air strike", "airstrike", "Air strike", "Airstrike", "metres", "meters", "metre", "meter",
	"neighbour", "neighbor", "Neighbour", "Neighbor", "organisation", "organization", "fertiliser", "fertilizer", "petrol station", "gas station",
	"mobile phone", "cell phone", "lorry", "truck", "kerb", "curb", "offences", "offenses", "defence", "defense", "licence", "license", "barber's shop", "barbershop",
	"pick-up", "pickup", "rubbish bin", "trash can", "armoured", "armored", "Armoured", "Armored")
