package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// article is one that is written, with what it says.
type article struct {
	id, edition int      // given out when all are in order of arrival
	base        *article // the one that this is a later edition of
	outlet      *outlet
	title       string
	paragraphs  []string
	published   time.Time
	seen        time.Time
	seenSaid    bool     // it did not come within minutes
	text        string   // family: articles that print one text share it
	words       []*words // by incident
}

// story is one that is being made.
type story struct {
	w           *world
	r           *random
	name        string
	about       string
	phenomena   []string
	start       time.Time // of the first incident
	home        *town     // of it
	incidents   []*incident
	articles    []*article
	outlets     map[role]*outlet
	used        map[string]bool // phrases
	people      map[string]bool // names, and family names of those who hold an office
	claimed     map[*incident]bool
	corrections int // that the plot means to happen
	err         error
}

func (s *story) fail(format string, args ...any) {
	s.err = errors.Join(s.err, fmt.Errorf("%s: %s", s.name, fmt.Sprintf(format, args...)))
}

// incident lets something happen in a town, some time after the story's start.
func (s *story) incident(method string, t *town, after time.Duration) *incident {
	m := s.w.methods[method]
	if m == nil {
		s.fail("no method %q", method)
		m = s.w.methods["bomb"]
	}
	n := t.country.names
	official := func(woman bool) string { // no two have one family name
		name := newName(s.r, n, woman, s.people)
		s.people[familyName(name)] = true
		return name
	}
	i := &incident{label: string(rune('A' + len(s.incidents))), method: m, town: t, at: s.start.Add(after)}
	for { // not twice the same kind of place in one story
		i.site = pick(s.r, m.sites)
		if len(s.incidents) >= len(m.sites) || !slices.ContainsFunc(s.incidents, func(o *incident) bool { return o.site.head == i.site.head }) {
			break
		}
	}
	i.device = pick(s.r, m.parts["device"]).text
	i.persons.spokesman, i.persons.official, i.persons.doctor = official(false), official(false), official(true)
	if len(s.incidents) > 0 && s.incidents[0].town.country == t.country && s.incidents[0].town.admin == t.admin {
		i.persons.spokesman, i.persons.official = s.incidents[0].persons.spokesman, s.incidents[0].persons.official
	}
	i.persons.hospital = pick(s.r, []string{t.name + " General Hospital", "the regional hospital", "the central hospital in " + t.name, "the university hospital"})
	if method == "killing" {
		i.target = i.site.one + " " + official(false)
	}
	i.group = t.group(s.r)
	// The story's own town was reserved before all stories; a neighbour of it goes with it.
	if t != s.home && t == s.w.towns[t.name] && !slices.ContainsFunc(s.incidents, func(o *incident) bool { return o.town == t }) {
		if err := s.w.reserve(t, i.at); err != nil {
			s.fail("%v", err)
		}
	}
	s.incidents = append(s.incidents, i)
	return i
}

func (s *story) outlet(as role, t *town) *outlet {
	if s.outlets[as] == nil {
		for {
			o := newOutlet(s.r, as, t)
			taken := false
			for _, had := range s.outlets {
				taken = taken || had.name == o.name
			}
			if !taken {
				s.outlets[as] = o
				break
			}
		}
	}
	return s.outlets[as]
}

// plan is an article that a plot asks for.
type plan struct {
	i     *incident
	beat  string // what is news in it; see lead.* in phrases.txt
	by    role
	after time.Duration // from the incident to its publication
	late  time.Duration // from its publication until it was polled; 0 is some minutes
	t     toll

	prev, prevTaken *count
	suspects, freed int
	wrong           *town
	then            *incident // an earlier incident that it remembers
	thenToll        toll
	unlinked        bool      // it says that the two have nothing to do with one another
	also            *incident // another incident that it reports
	alsoToll        toll
	cause           string // "unknown": nobody knows what it was
	noInjured       bool
	edition         *article // of which this is the next
	extra           string   // "held": a man was arrested on the spot; "rumour": nobody confirms it
}

// bodies are the pools that paragraphs come from, by what is news.
var bodies = map[string][]string{
	"first":      {"scene", "hospital", "quote", "official", "quiet", "scene", "context", "quote", "hospital", "official", "scene"},
	"toll":       {"hospital", "official", "quote", "scene", "quiet", "context", "hospital", "official"},
	"scene":      {"quote", "scene", "hospital", "quote", "official", "context", "quote", "scene", "official"},
	"claim":      {"group", "group", "official", "context", "group"},
	"reaction":   {"reaction", "reaction", "official", "quiet", "reaction", "context"},
	"funeral":    {"funeral", "funeral", "official", "quiet", "funeral", "context"},
	"correction": {"correction", "official", "hospital", "correction"},
	"arrest":     {"arrest", "arrest", "context", "arrest"},
	"founding":   {"arrest", "arrest", "context", "arrest"},
	"charge":     {"court", "court", "court"},
	"trial":      {"court", "court", "court", "court"},
	"release":    {"release", "release", "context", "release"},
	"freedall":   {"release", "release", "official"},
	"turn":       {"turn", "turn", "official", "quiet", "turn"},
	"accident":   {"accident", "accident", "accident"},
	"hoax":       {"hoax", "hoax", "hoax"},
	"retract":    {"retract", "retract", "retract"},
	"move":       {"official", "hospital"},
	"memory":     {"memory", "memory", "memory", "memory"},
	"security":   {"security", "security", "security", "security"},
}

// relations of beats that are no reports.
var relations = map[string]string{"arrest": "follow_up", "charge": "follow_up", "trial": "follow_up", "release": "follow_up", "freedall": "follow_up",
	"memory": "background", "security": "background"}

func (s *story) teller(p *plan, o *outlet, published time.Time) *teller {
	return &teller{r: s.r, pools: s.w.phrases, used: s.used, o: o, i: p.i, t: p.t, published: published, claimed: s.claimed[p.i],
		w: &words{label: p.i.label, relation: "report"}, prev: p.prev, prevTaken: p.prevTaken, suspects: p.suspects, freed: p.freed,
		wrong: p.wrong, named: map[string]bool{}, people: s.people, omitInjured: p.noInjured}
}

// tell writes an article.
func (s *story) tell(p plan) *article {
	o := s.outlet(p.by, p.i.town)
	published := p.i.at.Add(p.after)
	c := s.teller(&p, o, published)
	if r := relations[p.beat]; r != "" {
		c.w.relation = r
	}
	a := &article{outlet: o, published: published}
	if p.edition != nil {
		a.base, a.outlet, o = p.edition, p.edition.outlet, p.edition.outlet
		if p.edition.base != nil {
			a.base = p.edition.base
		}
		c.o, a.published = o, a.base.published
	}
	s.time(a, p)

	if (o.plain || p.beat == "memory") && o.dateline == noDateline {
		c.placed = o.length != teaser && s.r.chance(20)
	}
	lead := s.lead(c, &p)
	c.title = true
	a.title = s.headline(c, &p)
	c.title = false
	s.flags(c, &p)
	a.words = append(a.words, c.w)
	body := s.body(c, &p)
	if p.also != nil {
		body = append(body, s.alsoTold(a, &p, o))
	}
	if p.then != nil {
		at := min(len(body), 1)
		body = slices.Insert(body, at, s.remembered(a, c, &p))
	}
	if o.length == teaser && len(body) > 1 {
		body = body[:1]
	}
	if o.live {
		lead = published.In(p.i.town.country.zone).Format("15:04") + " - " + lead
	}
	first := o.opening(p.i.town) + lead
	switch {
	case o.tail == "" || !s.r.chance(50) || strings.HasSuffix(o.tail, "to follow.") && p.beat != "first":
	case o.length == teaser:
		first += " " + o.tail
	default:
		body = append(body, o.tail)
	}
	a.paragraphs = append([]string{first}, body...)
	if o.american {
		for i := range a.paragraphs {
			a.paragraphs[i] = americanSpelling.Replace(a.paragraphs[i])
		}
		a.title = americanSpelling.Replace(a.title)
	}
	s.articles = append(s.articles, a)
	return a
}

func (s *story) time(a *article, p plan) {
	a.seen = p.i.at.Add(p.after).Add(4 * time.Minute)
	if p.edition != nil {
		a.seenSaid = true
	}
	if p.late > 0 {
		a.seen, a.seenSaid = a.published.Add(p.late), true
	}
}

// flags notes what the beat itself says.
func (s *story) flags(c *teller, p *plan) {
	w := c.w
	w.town = p.i.town
	w.cause = p.cause
	w.held = p.i.method.name == "hostage"
	if p.i.method.name == "killing" {
		w.murder, w.killed = true, exactly(1)
	}
	switch p.beat {
	case "claim":
		w.claim = true
		s.claimed[p.i] = true
	case "correction":
		w.corrects = true
	case "arrest", "founding":
		w.arrest = true
	case "charge", "trial":
		w.charge = true
	case "release", "freedall":
		w.release = true
	case "accident", "hoax", "retract":
		w.cancel = true
	}
	if p.i.method.name == "plot" && p.suspects > 0 && p.beat == "first" {
		w.arrest = true
	}
	if p.extra == "held" {
		w.arrest = true
	}
}

// lead is the first paragraph: what is news.
func (s *story) lead(c *teller, p *plan) string {
	pool := "lead." + p.beat
	if p.beat == "first" && p.t == (toll{}) && s.w.phrases["lead.first "+p.i.method.name] == nil {
		pool = "lead.bare"
	} else if p.beat == "first" && p.t.killed != nil && p.t.killed.n == 0 {
		pool = "lead.none"
		c.w.killed = p.t.killed
	}
	fits := func(text string) bool {
		return (c.prev != nil || !strings.Contains(text, "{prev}")) && (p.extra != "rumour" || !strings.Contains(text, "confirmed"))
	}
	lead, ok := c.sayIf(pool, fits)
	if !ok {
		// All ways to say it are used: say one again, with other words around it.
		for _, ph := range s.w.phrases.of(pool, p.i.method) {
			delete(s.used, ph.text)
		}
		lead, ok = c.sayIf(pool, fits)
	}
	if !ok {
		s.fail("no phrase for %s of %s", pool, p.i.method.name)
	}
	if f := p.i.method.family; (f == "kidnap" || f == "hostage") && p.t.killed != nil && (p.beat == "first" || p.beat == "toll" || p.beat == "scene") {
		if guards, ok := c.say("also.killed"); ok {
			lead += " " + guards
		}
	}
	if p.extra == "held" {
		if held, ok := c.say("also.held"); ok {
			lead += " " + held
		}
	}
	return lead
}

// withoutTown makes a headline that does not name the town; empty where it cannot.
func withoutTown(text string) string {
	text = strings.ReplaceAll(text, " {in} {htown}: ", ": ")
	for _, cut := range []string{" {in} {htown}", " near {htown}"} {
		text = strings.ReplaceAll(text, cut, "")
	}
	text = strings.TrimPrefix(text, "{htown}: ")
	text = strings.TrimSuffix(text, " in {htown}")
	for _, next := range []string{"{hn}", "{head}"} {
		text = strings.ReplaceAll(text, "{htown} "+next, next)
	}
	if strings.Contains(text, "{htown}") || strings.Contains(text, "{town}") || strings.Contains(text, "{region}") {
		return ""
	}
	return text
}

func (s *story) headline(c *teller, p *plan) string {
	pool := "head." + p.beat
	special := s.w.phrases["head.first "+p.i.method.name] != nil
	switch {
	case p.beat != "first" || special:
	case p.t.killed == nil && p.t.injured == nil || p.t.killed != nil && p.t.killed.n == 0:
		pool = "head.notoll"
	case p.t.killed == nil:
		pool = "head.injured"
	}
	list := s.w.phrases.of(pool, p.i.method)
	var open []phrase
next:
	for _, ph := range list {
		for _, cond := range ph.conds {
			if !c.holds(cond) || cond == "j" && c.omitInjured {
				continue next
			}
		}
		if c.o.bare {
			if ph.text = withoutTown(ph.text); ph.text == "" {
				continue
			}
		}
		open = append(open, ph)
	}
	if c.o.bare {
		key := map[string]string{"head.first": "head.bare", "head.toll": "head.tollbare", "head.notoll": "head.notollbare"}[pool]
		more := s.w.phrases[key+" "+p.i.method.name]
		if more == nil && !special {
			more = s.w.phrases[key]
		}
		for _, ph := range more {
			if len(ph.conds) == 0 || c.holds(ph.conds[0]) && !c.omitInjured {
				open = append(open, ph)
			}
		}
	}
	unused := slices.DeleteFunc(slices.Clone(open), func(ph phrase) bool { return s.used[ph.text] })
	if len(unused) > 0 {
		open = unused
	}
	if len(open) == 0 {
		s.fail("no headline for %s of %s, by an outlet that is bare: %v", pool, p.i.method.name, c.o.bare)
		return "?"
	}
	ph := pick(s.r, open)
	s.used[ph.text] = true
	title := capitalize(c.fill(ph.text))
	if c.o.titled {
		title = titleCase(title)
	}
	return title
}

// body is what follows the lead.
func (s *story) body(c *teller, p *plan) []string {
	want := 0
	switch c.o.length {
	case teaser:
		return nil
	case brief:
		want = s.r.between(0, 2)
	case medium:
		want = s.r.between(3, 5)
	case long:
		want = s.r.between(6, 10)
	}
	var out []string
	for _, name := range bodies[p.beat] {
		if len(out) >= want {
			break
		}
		pool := "para." + name
		soldiers := p.i.site.people == "soldiers" || p.i.site.people == "officers"
		switch unhurt := p.t.killed != nil && p.t.killed.n == 0; {
		case unhurt && name == "scene":
			pool = "para.scene none"
		case unhurt && name != "official", soldiers && name == "quote":
			continue
		}
		// What is said while the cause is open is not said once it is known.
		open := p.cause == "unknown" || p.beat == "reaction" || p.beat == "scene"
		if p.i.method.name == "blast" && !open && (name == "official" || name == "quiet") {
			pool = "para." + name + " known"
		}
		text, ok := c.say(pool)
		if !ok {
			continue
		}
		if name == "scene" && s.r.chance(45) || name == "context" && s.r.chance(30) {
			if more, ok := c.say(pool); ok {
				text += " " + more
			}
		}
		out = append(out, text)
	}
	return out
}

// remembered is the sentence of an article that recalls an earlier incident.
func (s *story) remembered(a *article, c *teller, p *plan) string {
	q := &plan{i: p.then, t: p.thenToll}
	o := *c.o
	o.days, o.far = noDays, false
	d := s.teller(q, &o, a.published)
	d.omitInjured = true
	d.w.relation = "background"
	same := p.then.town.name == p.i.town.name
	if same {
		d.noPlace = true
	}
	c.aside, c.asideThe = d.fill("{noun}"), d.fill("{refdef}")
	if same {
		c.aside = strings.Replace(c.aside, "the "+p.i.town.kind, "the same "+p.i.town.kind, 1)
	}
	if q.t.killed != nil {
		c.aside += " that " + d.fill("{active}")
		c.asideThe += " that " + d.fill("{active}")
	}
	hours := p.i.at.Sub(p.then.at).Hours()
	switch {
	case hours < 20:
		c.gap, c.gapSpan = "[only|just] hours", "a day"
	case hours < 36:
		c.gap, c.gapSpan = "a day", "two days"
	case hours < 60:
		c.gap, c.gapSpan = "two days", "three days"
	default:
		c.gap, c.gapSpan = inWords(int(hours/24+0.5))+" days", "a fortnight"
	}
	c.gap = c.expand(c.gap)
	pool := "aside.after"
	if p.unlinked {
		pool = "aside.apart"
	}
	text, ok := c.say(pool)
	if !ok {
		text = c.fill("It came {gap} after {aside}.")
	}
	a.words = append(a.words, d.w)
	return text
}

// alsoTold is the paragraph of an article that reports a second incident.
func (s *story) alsoTold(a *article, p *plan, o *outlet) string {
	d := s.teller(&plan{i: p.also, t: p.alsoToll}, o, a.published)
	text, ok := d.say("round.item")
	if !ok {
		text = d.fill("Separately, {passive} when {event}, {said}.")
	}
	d.w.town = p.also.town
	a.words = append(a.words, d.w)
	return text
}

// copied prints the text of another article of an agency in another outlet: other
// headline, a word changed, the end cut off.
func (s *story) copied(of *article, p plan) *article {
	o := s.outlet(p.by, p.i.town)
	a := &article{outlet: o, published: p.i.at.Add(p.after), text: "copy"}
	s.time(a, p)
	c := s.teller(&p, o, a.published)
	c.title = true
	a.title = s.headline(c, &p)
	own := *of.words[0]
	if own.killed == nil {
		own.killed = c.w.killed
	}
	a.words = append([]*words{&own}, of.words[1:]...)
	a.paragraphs = slices.Clone(of.paragraphs)
	if len(of.words) == 1 && len(a.paragraphs) > 3 { // what is remembered stays in
		a.paragraphs = a.paragraphs[:s.r.between(3, len(a.paragraphs)-1)]
	}
	a.paragraphs[0] = strings.Replace(a.paragraphs[0], " ("+o.agency+") - ", " - ", 1)
	a.paragraphs[0] = strings.Replace(a.paragraphs[0], ", local officials said", ", officials said", 1)
	a.paragraphs = append(a.paragraphs, "("+o.agency+")")
	if o.american {
		for i := range a.paragraphs {
			a.paragraphs[i] = americanSpelling.Replace(a.paragraphs[i])
		}
		a.title = americanSpelling.Replace(a.title)
	}
	of.text, a.text = s.name+of.title, s.name+of.title
	s.articles = append(s.articles, a)
	return a
}

// nothing adds an article that tells of no incident.
func (s *story) nothing(by role, t *town, after time.Duration) {
	o := s.outlet(by, t)
	c := &teller{r: s.r, pools: s.w.phrases, used: s.used, o: o, i: &incident{town: t, method: s.w.methods["bomb"], at: s.start}, w: &words{}, named: map[string]bool{}, people: s.people, published: s.start.Add(after)}
	c.placed = true
	var open []phrase
	for _, ph := range s.w.phrases["none.headline"] {
		if !s.used[ph.text] && !(o.capital && strings.Contains(ph.text, "own}")) {
			open = append(open, ph)
		}
	}
	ph := pick(s.r, open)
	s.used[ph.text] = true
	a := &article{outlet: o, published: c.published, title: capitalize(c.fill(ph.text))}
	if o.titled {
		a.title = titleCase(a.title)
	}
	for _, line := range s.w.phrases["none.body "+ph.text] {
		a.paragraphs = append(a.paragraphs, c.fill(line.text))
		if o.length == teaser {
			break
		}
	}
	if len(a.paragraphs) == 0 {
		s.fail("no body for %q", ph.text)
	}
	s.time(a, plan{i: &incident{at: s.start}, after: after})
	s.articles = append(s.articles, a)
}

// roundItem is one incident of a round-up.
type roundItem struct {
	i *incident
	t toll
}

// roundup tells of several incidents of a country, under their sum.
func (s *story) roundup(by role, after time.Duration, items ...roundItem) *article {
	o := *s.outlet(by, items[0].i.town)
	o.dateline = noDateline
	a := &article{outlet: s.outlets[by], published: items[0].i.at.Add(after)}
	s.time(a, plan{i: items[0].i, after: after})
	total := 0
	for _, it := range items {
		if it.t.killed != nil {
			total += it.t.killed.n
		}
	}
	c := s.teller(&plan{i: items[0].i, t: items[0].t}, &o, a.published)
	c.total = total
	a.title = capitalize(c.fill(pick(s.r, s.w.phrases["round.headline"]).text))
	a.paragraphs = append(a.paragraphs, c.fill(pick(s.r, s.w.phrases["round.lead"]).text))
	lines := slices.Clone(s.w.phrases["round.item"])
	shuffle(s.r, lines[2:])
	for n, it := range items {
		it.t.injured = nil
		d := s.teller(&plan{i: it.i, t: it.t}, &o, a.published)
		d.placed = true
		text := lines[(n+1)%len(lines)].text
		if n == 0 {
			text = lines[0].text
		}
		if it.t.killed == nil { // nothing to say of victims
			text = "{Event} {when}, {said}."
		}
		a.paragraphs = append(a.paragraphs, d.fill(text))
		d.w.town = it.i.town
		a.words = append(a.words, d.w)
	}
	s.articles = append(s.articles, a)
	return a
}
