package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// incident is what really happens, as far as articles agree on it.
type incident struct {
	label   string
	method  *method
	site    site
	device  string
	town    *town
	at      time.Time
	target  string // the man who is killed, with his office
	persons struct{ spokesman, doctor, official, hospital string }
	group   string
}

// toll is t, or none: of a man who is killed nobody counts the dead.
func (i *incident) toll(t toll) toll {
	if i.method.name == "killing" {
		return toll{}
	}
	return t
}

// words is what an article says of one incident: what decides what should be told.
type words struct {
	label    string
	relation string // report follow_up background
	killed   *count
	injured  *count
	taken    *count // abducted or held
	held     bool   // hostages, as opposed to abducted
	town     *town
	cause    string // "unknown" where the article says that nobody knows what it was
	murder   bool   // an assassination
	claim    bool
	corrects bool // calls the number killed a correction
	arrest   bool
	charge   bool
	release  bool
	cancel   bool
}

// teller writes one article about one incident.
type teller struct {
	r         *random
	pools     pools
	used      map[string]bool // phrases that the story has used
	o         *outlet
	i         *incident
	t         toll
	w         *words
	published time.Time
	claimed   bool // a group has claimed it by now

	prev, prevTaken *count
	suspects, freed int
	wrong           *town
	aside, asideThe string
	gap, gapSpan    string
	total           int
	noPlace         bool // the place is said already
	placed          bool
	injuredSaid     bool
	title           bool
	named           map[string]bool
	people          map[string]bool // names that the story has given away
	fresh           bool            // the next number begins a sentence
	short           bool            // sites without what is said of them
	omitInjured     bool
}

// conditions are what a phrase may ask for before it is used.
var conditions = []string{"k", "k2", "k4", "k8", "j", "j8", "gone", "same", "week", "later", "month", "day", "night", "quiet", "claimed", "war", "calm", "town", "near", "civil", "stormed", "walked"}

func (c *teller) holds(cond string) bool {
	event, now := c.i.at.In(c.i.town.country.zone), c.published.In(c.i.town.country.zone)
	sameDay := event.YearDay() == now.YearDay()
	night := event.Hour() < 5 || event.Hour() > 20
	ago := int(c.published.Sub(c.i.at).Hours() / 24)
	switch cond {
	case "k":
		return c.t.killed != nil && c.t.killed.n > 0
	case "k2":
		return c.t.killed != nil && c.t.killed.n >= 2
	case "k4":
		return c.t.killed != nil && c.t.killed.n >= 4
	case "k8":
		return c.t.killed != nil && c.t.killed.n >= 8
	case "week":
		return ago >= 5 && ago < 10
	case "later":
		return ago >= 10
	case "month":
		return ago >= 26 && ago < 36
	case "town", "near":
		return (c.i.method.in == "near") == (cond == "near")
	case "stormed", "walked": // how a siege ends; every outlet must say the same
		return (len(c.i.persons.official)%2 == 0) == (cond == "stormed")
	case "civil":
		return !slices.Contains([]string{"soldiers", "officers", "recruits", "workers", "miners"}, c.i.site.people)
	case "j":
		return c.t.injured != nil
	case "j8":
		return c.t.injured != nil && c.t.injured.n >= 8
	case "gone":
		return !sameDay
	case "same":
		return sameDay
	case "day":
		return !night
	case "night":
		return night
	case "quiet":
		return !c.claimed
	case "claimed":
		return c.claimed
	case "war":
		return !c.i.town.country.calm
	case "calm":
		return c.i.town.country.calm
	}
	if word, ok := strings.CutPrefix(cond, "site:"); ok {
		return strings.Contains(c.i.site.head, word)
	}
	return cond == c.i.method.name || cond == c.i.method.family
}

// say picks a phrase of a pool that the story has not used yet and fills it in.
// ok is false where none is left.
func (c *teller) say(pool string) (s string, ok bool) { return c.sayIf(pool, nil) }

func (c *teller) sayIf(pool string, fits func(string) bool) (s string, ok bool) {
	list := c.pools.of(pool, c.i.method)
	var open []phrase
next:
	for _, ph := range list {
		if c.used[ph.text] || fits != nil && !fits(ph.text) {
			continue
		}
		for _, cond := range ph.conds {
			if !c.holds(cond) {
				continue next
			}
		}
		open = append(open, ph)
	}
	if len(open) == 0 {
		return "", false
	}
	ph := pick(c.r, open)
	c.used[ph.text] = true
	return c.fill(ph.text), true
}

// fill expands choices and slots and tidies the sentence.
func (c *teller) fill(text string) string { return tidy(c.expand(text)) }

func (c *teller) expand(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); {
		switch text[i] {
		case '[':
			end := matching(text, i, '[', ']')
			b.WriteString(c.expand(pick(c.r, alternatives(text[i+1:end]))))
			i = end + 1
		case '{':
			end := i + strings.IndexByte(text[i:], '}')
			b.WriteString(c.slot(text[i+1:end], b.String()))
			i = end + 1
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String()
}

func matching(s string, at int, open, shut byte) int {
	depth := 0
	for i := at; i < len(s); i++ {
		switch s[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	panic("phrase without end: " + s) // TestPhrases reads every one
}

// alternatives splits at bars that are in no inner choice.
func alternatives(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case '|':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}

var (
	spaces    = regexp.MustCompile(` +`)
	spaceMark = regexp.MustCompile(` ([,.;:?])`)
	twoCommas = regexp.MustCompile(`,+([,.])`)
	anOrA     = regexp.MustCompile(`\b([Aa])\(n\) (\w)`)
)

// tidy mends what empty slots leave behind.
func tidy(s string) string {
	s = spaces.ReplaceAllString(strings.TrimSpace(s), " ")
	s = spaceMark.ReplaceAllString(s, "$1")
	s = twoCommas.ReplaceAllString(s, "$1")
	return anOrA.ReplaceAllStringFunc(s, func(m string) string {
		if strings.ContainsRune("aeiouAEIOU", rune(m[len(m)-1])) {
			return m[:1] + "n " + m[len(m)-1:]
		}
		return m[:1] + " " + m[len(m)-1:]
	})
}

// slot fills in one name; a capital first letter begins a sentence with it. before
// is the sentence up to there.
func (c *teller) slot(name, before string) string {
	lower := strings.ToLower(name[:1]) + name[1:]
	start := lower != name
	c.fresh = start || before == "" && !c.title
	s := c.value(lower, before)
	if start {
		s = capitalize(s)
	}
	return s
}

// part expands one of the method's own phrases.
func (c *teller) part(name string) string {
	return c.expand(pick(c.r, c.i.method.parts[name]).text)
}

func (c *teller) value(name, before string) string {
	i, t := c.i, c.i.town
	switch name {
	case "event", "noun", "ref", "hn", "deed":
		return c.part(name)
	case "event_here": // the place is named already
		c.noPlace = true
		defer func() { c.noPlace = false }()
		return c.part("event")
	case "noun_bare":
		text := pick(c.r, i.method.parts["noun"]).text
		text, _, _ = strings.Cut(text, " "+i.method.in+" {place}")
		c.short = true
		defer func() { c.short = false }()
		return c.expand(text)
	case "refdef":
		c.short = true
		defer func() { c.short = false }()
		text := pick(c.r, i.method.parts["refdef"]).text
		if c.noPlace {
			text = strings.TrimSuffix(text, " "+i.method.in+" {town}")
		}
		return c.expand(text)
	case "a_site":
		if i.method.name == "killing" {
			return "a(n) " + i.site.one
		}
		if c.short {
			return shorten(i.site.one)
		}
		return i.site.one
	case "the_site":
		return i.site.the
	case "at_site":
		return "at " + shorten(i.site.one)
	case "head":
		return i.site.head
	case "victims":
		return i.site.people
	case "in":
		return i.method.in
	case "device":
		return i.device
	case "target":
		if c.named["target"] || i.target == "" {
			return i.target
		}
		c.named["target"] = true
		return i.target
	case "place":
		return c.place()
	case "town":
		return c.townName()
	case "htown":
		switch {
		case c.o.capital && t.capital:
			return t.country.adj + " capital"
		case c.o.far && !c.o.plain && t.country.name != t.region && strings.HasSuffix(before, " in ") && c.r.chance(20):
			return t.region
		}
		return c.townName()
	case "city":
		return "the " + t.kind
	case "country":
		return t.country.name
	case "adj":
		return t.country.adj
	case "region":
		if c.o.capital {
			return t.country.name
		}
		return t.region
	case "wrong":
		return c.wrong.name
	case "when":
		return c.when(i.at)
	case "today":
		return c.when(c.published)
	case "passive", "active", "ing", "left":
		return c.harm(name)
	case "k":
		c.w.killed = c.t.killed
		return c.o.numbers.amount(c.t.killed, false)
	case "kn":
		c.w.killed = c.t.killed
		return c.o.numbers.people(c.t.killed, c.victims(), c.fresh)
	case "kh":
		c.w.killed = c.t.killed
		return c.o.numbers.title(c.t.killed)
	case "jh":
		c.w.injured, c.injuredSaid = c.t.injured, true
		return c.o.numbers.title(c.t.injured)
	case "injto", "injat":
		if c.t.injured == nil || c.omitInjured {
			return ""
		}
		c.w.injured, c.injuredSaid = c.t.injured, true
		if name == "injto" {
			return " and that of the wounded to " + c.o.numbers.amount(c.t.injured, false)
		}
		return " and the number of wounded at " + c.o.numbers.amount(c.t.injured, false)
	case "prev":
		return c.o.numbers.amount(c.prev, false)
	case "prevabd":
		return c.o.numbers.amount(c.prevTaken, false)
	case "abd":
		c.w.taken = c.t.taken
		return c.o.numbers.people(c.t.taken, i.site.people, c.fresh)
	case "abdk":
		c.w.taken = c.t.taken
		return c.o.numbers.amount(c.t.taken, false)
	case "abdh":
		c.w.taken = c.t.taken
		if c.t.taken.vague() {
			return c.t.taken.how + " of " + i.site.people
		}
		return c.o.numbers.title(c.t.taken) + " " + i.site.people
	case "freed":
		return c.o.numbers.write(c.freed, c.fresh)
	case "freedh":
		return c.o.numbers.title(exactly(c.freed))
	case "suswere", "suswere2":
		return "were"
	case "suspects":
		return c.o.numbers.write(c.suspects, c.fresh) + " " + c.suspectWord()
	case "suspectsh":
		return c.o.numbers.title(exactly(c.suspects))
	case "subk":
		return c.o.numbers.write(max(2, c.t.killed.n/4), c.fresh)
	case "subj":
		return c.o.numbers.write(max(2, c.t.injured.n/5), c.fresh)
	case "said":
		return pick(c.r, []string{t.country.police + " said", "officials said", "local officials said", "the authorities said", "security officials said", "a police source said"})
	case "police":
		return t.country.police
	case "officials":
		return pick(c.r, []string{"officials", "officials", "local officials"})
	case "spokesman":
		return c.person("spokesman", "police spokesman ", i.persons.spokesman)
	case "official":
		return c.person("official", t.country.speaker+" ", i.persons.official)
	case "doctor":
		return c.person("doctor", "Dr ", i.persons.doctor)
	case "hospital":
		return i.persons.hospital
	case "leader":
		return t.country.leader
	case "witness":
		return c.witness(c.r.chance(45))
	case "husband":
		return c.witness(false)
	case "group":
		return i.group
	case "groupc":
		return pick(c.r, []string{"the group", "the organisation"})
	case "grouph":
		g := strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(i.group, " group"), " guerrilla group"), "the ")
		return strings.TrimPrefix(g, "al-Qaeda affiliate ")
	case "aside":
		return c.aside
	case "aside_the":
		return c.asideThe
	case "gap":
		return c.gap
	case "gapspan":
		return c.gapSpan
	case "total":
		return c.o.numbers.write(c.total, false)
	case "pastmonth":
		return pick(c.r, []string{"January", "November", "December", "October"})
	case "pastattack":
		return pick(c.r, []string{"a bombing", "a shooting", "an attack on a convoy", "an assault on a checkpoint"})
	case "pastk":
		return c.o.numbers.write(c.r.between(6, 31), false)
	case "pasttotal":
		return fmt.Sprint(50 * c.r.between(4, 18))
	}
	panic("unknown slot {" + name + "}") // TestPhrases fills every one
}

func shorten(site string) string {
	for _, cut := range []string{" during ", " where ", " popular ", " carrying ", " used "} {
		site, _, _ = strings.Cut(site, cut)
	}
	return site
}

func (c *teller) suspectWord() string { return pick(c.r, []string{"men", "people", "men"}) }

// victims is the word for those who are hit.
func (c *teller) victims() string {
	if f := c.i.method.family; f == "kidnap" || f == "hostage" {
		return "people" // the guards, not those who were taken
	}
	return c.i.site.people
}

// person is somebody with an office, at the second mention by the family name.
func (c *teller) person(key, office, name string) string {
	if c.named[key] {
		return familyName(name)
	}
	c.named[key] = true
	return office + name
}

func (c *teller) witness(woman bool) string {
	name := c.newName(woman)
	what := []string{"a shopkeeper", "a teacher", "a taxi driver", "a mechanic", "a resident", "a neighbour", "who was nearby"}
	if woman {
		what = []string{"a trader", "a teacher", "a nurse", "a resident", "a seamstress", "a neighbour", "who lives nearby"}
	}
	switch c.r.n(4) {
	case 0:
		return name
	case 1:
		return fmt.Sprintf("%s, %d, %s", name, c.r.between(19, 67), pick(c.r, what))
	case 2:
		return fmt.Sprintf("%s, %d", name, c.r.between(19, 67))
	}
	return name + ", " + pick(c.r, what)
}

// newName is one that nobody in the story has.
func (c *teller) newName(woman bool) string {
	return newName(c.r, c.i.town.country.names, woman, c.people)
}

func newName(r *random, n *names, woman bool, taken map[string]bool) string {
	name := ""
	for range 50 { // a story may have more people than a list has names
		if name = n.man(r); woman {
			name = n.woman(r)
		}
		if !taken[name] && !taken[familyName(name)] {
			break
		}
	}
	taken[name] = true
	return name
}

func familyName(name string) string { return name[strings.LastIndexByte(name, ' ')+1:] }

func (c *teller) townName() string {
	t := c.i.town
	c.w.town = t
	switch {
	case c.o.capital && t.capital:
		return "the capital"
	case c.o.alt && t.alt != "":
		return t.alt
	}
	return t.name
}

// place is where it was, with all that a far reader needs at the first mention.
func (c *teller) place() string {
	t, name := c.i.town, c.townName()
	first := !c.placed
	c.placed = true
	switch {
	case c.noPlace:
		return "the " + t.kind
	case c.o.capital && t.capital:
		if first {
			return "the " + t.country.adj + " capital"
		}
		return "the capital"
	case !first || c.o.plain:
		if first && t.admin != "" && c.r.chance(25) {
			return name + ", " + t.admin + ","
		}
		return name
	case t.capital:
		return pick(c.r, []string{"the " + t.country.adj + " capital " + name, name, "the " + t.country.adj + " capital, " + name + ","})
	case !c.o.far:
		return name
	}
	return pick(c.r, []string{"the " + t.desc + " " + t.kind + " of " + name, name + " in " + t.region, "the " + t.kind + " of " + name + " in " + t.region, "the " + t.desc + " " + t.kind + " of " + name})
}

// harm says what was done to people, in the form that the sentence needs.
func (c *teller) harm(form string) string {
	if c.i.method.name == "killing" {
		c.w.killed = exactly(1)
		return map[string]string{"passive": "he was killed", "active": "killed him", "ing": "killing him", "left": "him dead"}[form]
	}
	k, j := c.t.killed, c.t.injured
	if c.omitInjured || c.injuredSaid && c.r.chance(70) {
		j = nil
	}
	if k != nil {
		c.w.killed = k
	}
	if j != nil {
		c.w.injured, c.injuredSaid = j, true
	}
	hurt := pick(c.r, []string{"wounded", "injured", "wounded"})
	num := c.o.numbers
	others := ""
	if j != nil {
		switch {
		case k == nil:
			others = num.people(j, c.victims(), c.fresh)
		case j.vague():
			others = j.how + " more"
		case j.one():
			others = "one other"
		case j.how == "" && c.r.chance(20):
			others = "another " + num.write(j.n, false)
		default:
			others = num.amount(j, false) + pick(c.r, []string{" others", " others", " more", ""})
		}
	}
	were := "were"
	if k != nil && k.one() || k == nil && j != nil && j.one() {
		were = "was"
	}
	switch {
	case k == nil && j == nil:
		panic("nothing to say of the victims in " + c.i.town.name)
	case k == nil:
		ing := map[string]string{"wounded": "wounding ", "injured": "injuring "}[hurt]
		return map[string]string{"passive": others + " " + were + " " + hurt, "active": hurt + " " + others, "ing": ing + others, "left": others + " " + hurt}[form]
	}
	dead := num.people(k, c.victims(), c.fresh && form == "passive")
	s := map[string]string{"passive": dead + " " + were + " killed", "active": "killed " + dead, "ing": "killing " + dead, "left": dead + " dead"}[form]
	if j == nil {
		return s
	}
	return s + " and " + map[string]string{"passive": others + " " + hurt, "active": hurt + " " + others,
		"ing": map[string]string{"wounded": "wounding ", "injured": "injuring "}[hurt] + others, "left": others + " " + hurt}[form]
}

// when is a day as the outlet writes it at the time of publication.
func (c *teller) when(at time.Time) string {
	zone := c.i.town.country.zone
	event, now := at.In(zone), c.published.In(zone)
	midnight := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	ago := int(midnight(now).Sub(midnight(event)).Hours()) / 24
	date := fmt.Sprintf("on %d %s", event.Day(), event.Month())
	if c.o.american {
		date = fmt.Sprintf("on %s %d", event.Month(), event.Day())
	}
	h := event.Hour()
	night := h < 5 || h >= 22
	detail := !c.named["part of day"] && at.Equal(c.i.at) && c.r.chance(55)
	if detail {
		c.named["part of day"] = true
	}
	part := "evening"
	switch {
	case h < 12:
		part = "morning"
	case h < 17:
		part = "afternoon"
	}
	days := c.o.days
	if days == relative && ago > 1 {
		days = weekdays
	}
	if days == weekdays && ago > 6 {
		days = dates
	}
	switch {
	case days == noDays && ago > 6:
		return date
	case days == noDays:
		return ""
	case days == dates:
		return date
	case days == relative && ago == 0:
		if detail {
			if h < 5 {
				return "early today"
			}
			return "this " + part
		}
		return "today"
	case days == relative:
		if h >= 20 {
			return "last night"
		}
		if detail {
			return "yesterday " + part
		}
		return "yesterday"
	case night && detail && ago <= 1 && at.Equal(c.i.at):
		if c.r.chance(50) {
			return "overnight"
		}
		if h >= 22 {
			return "late on " + event.Weekday().String()
		}
		return "early on " + event.Weekday().String()
	case detail && !night:
		return "on " + event.Weekday().String() + " " + part
	}
	return "on " + event.Weekday().String()
}
