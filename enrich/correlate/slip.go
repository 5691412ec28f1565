package correlate

import (
	"maps"
	"slices"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

// Most late reports make no other go elsewhere: they are of an incident that has
// others, and what was said after them stays where it is. Then it is enough to find
// their place among what was said before them, and to see that each reading that was
// said later decides as it did. Where that cannot be seen at once, all is grouped anew.

// past is a cluster of which more was said after the late reading.
type past struct {
	whole *cluster  // as it is
	then  *cluster  // as it was
	later []Reading // what was said since, in it or aside, in order
}

// pastOf takes apart what was said of a cluster by when it was said; ok is false where
// what it was cannot be told from what it is.
func (g *grouping) pastOf(c *cluster) (p past, ok bool) {
	at := g.x.At
	ok = c.bridged.Before(at) // else it was more than one
	p = past{whole: c, then: &cluster{id: c.id, card: match.NewCard(c.id), told: c.told, bridged: c.bridged}}
	for _, y := range c.all() {
		ok = ok && y.Bound == "" && !y.until.Equal(at)
		switch {
		case compareReadings(&y, &g.x) > 0:
			p.later = append(p.later, y)
		case y.aside(c) && !(y.counts() && y.until.After(at)):
			p.then.asides = append(p.then.asides, y)
		default:
			p.then.readings = append(p.then.readings, y)
			p.then.card.Add(y.look())
		}
	}
	return p, ok
}

// empty tells whether nothing had been said of it yet.
func (p *past) empty() bool { return len(p.then.readings)+len(p.then.asides) == 0 }

// slip puts the late reading on a table of what it may be of. It tells whether all
// that was said later stays where it is; else the table is good for nothing.
func (g *grouping) slip() (ok bool, err error) {
	if g.x.Bound != "" {
		return false, nil
	}
	b, t := g.b, g.b.newTable()
	on := map[string]bool{}      // clusters on the table as they are, or were
	pasts := map[*cluster]past{} // by what they were
	see := func(c *cluster) (bool, error) {
		if err := c.load(); err != nil || b.vacated(c.id) {
			return false, err
		}
		p, ok := g.pastOf(c)
		pasts[p.then] = p
		if ok && !p.empty() {
			t.clusters = append(t.clusters, p.then)
		}
		return ok, nil
	}
	for _, c := range g.near {
		on[c.id] = true
		after, err := c.goesOnAfter(&g.x)
		if err != nil {
			return false, err
		}
		if !after {
			t.clusters = append(t.clusters, c)
		} else if ok, err := see(c); !ok || err != nil {
			return false, err
		}
	}
	if g.x.Role != enrich.Withdrawn {
		if err := g.around(g.mine(), on); err != nil {
			return false, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.beside)) {
		on[id] = true
		if ok, err := see(g.beside[id]); !ok || err != nil {
			return false, err
		}
	}
	before := slices.Clone(t.clusters)
	if g.p, err = t.put(g.x); err != nil || slices.ContainsFunc(before, func(c *cluster) bool { return c.into != nil }) {
		return false, err
	}
	var changed *cluster
	for _, c := range t.clusters {
		if c.touched {
			if changed != nil || len(c.readings) == 0 {
				return false, nil
			}
			changed = c
		}
	}
	if changed != nil {
		of, had := pasts[changed]
		if !had && changed.id == "" {
			of, had = g.adopts(changed, pasts)
		}
		if ok, err := g.stays(t, changed, of, had, pasts, on); !ok || err != nil {
			return false, err
		}
		for k := range changed.readings {
			if y := &changed.readings[k]; y.Report != g.x.Report {
				g.owner[y.Report] = changed.id
			}
		}
	}
	// What was on the table as it was stands there as it is, but for what changed.
	for k, c := range t.clusters {
		if of, is := pasts[c]; is && c != changed {
			if g.p.in == c { // the reading is beside it
				of.whole.asides = append(of.whole.asides, c.asides[len(c.asides)-1])
				g.p.in = of.whole
			}
			t.clusters[k] = of.whole
		}
		if t.clusters[k].id != "" {
			g.was[t.clusters[k].id] = true
		}
	}
	g.t = t
	return true, nil
}

// mine is the card of the late reading alone.
func (g *grouping) mine() *match.Card {
	c := match.NewCard("")
	c.Add(g.x.look())
	return c
}

// adopts finds the cluster whose first reading is of the same event as the late one,
// which was said before it: it is the late one's from the start.
func (g *grouping) adopts(changed *cluster, pasts map[*cluster]past) (of past, is bool) {
	for _, p := range pasts {
		if !p.empty() || len(p.later) == 0 {
			continue
		}
		first := &p.later[0]
		if _, fits := g.heeds(first, changed.card); fits && (!is || compareReadings(first, &of.later[0]) < 0) {
			of, is = p, true
		}
	}
	if is {
		changed.id, changed.told = of.whole.id, of.whole.told
	}
	return of, is
}

// stays tells whether all that was said after the late reading stays where it is,
// now that the reading is in a cluster, and brings that one up to what it is today.
func (g *grouping) stays(t *table, changed *cluster, of past, had bool, pasts map[*cluster]past, on map[string]bool) (bool, error) {
	whole := changed.card
	if had {
		whole = of.whole.card.Clone()
		whole.Add(g.x.look())
	}
	if slices.ContainsFunc(changed.readings, func(y Reading) bool { return !y.until.IsZero() }) {
		return false, nil // a later edition took its place, which would have found another way
	}
	if err := g.around(whole, on); err != nil || len(g.beside) >= maxBeside {
		return false, err
	}
	type event struct {
		y   Reading
		own bool
	}
	var events []event
	for _, y := range of.later {
		events = append(events, event{y, true})
	}
	for _, p := range pasts {
		if p.whole != of.whole {
			for _, y := range p.later {
				events = append(events, event{y, false})
				g.home[y.Report] = p.whole
			}
		}
	}
	for id, c := range g.beside {
		if on[id] {
			continue
		}
		for _, y := range c.all() {
			if compareReadings(&y, &g.x) > 0 {
				events = append(events, event{y, false})
				g.home[y.Report] = c
			}
		}
	}
	slices.SortFunc(events, func(a, b event) int { return compareReadings(&a.y, &b.y) })
	for k := range events {
		z := &events[k].y
		stays := g.keeps
		if events[k].own {
			stays = g.joins
		}
		if ok, err := stays(t, z, changed); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

// keeps tells whether a reading that was said later and is elsewhere stays there, beside
// what the late one's cluster was by then.
func (g *grouping) keeps(t *table, z *Reading, c *cluster) (bool, error) {
	if z.Match != nil && z.Match.By == "edition" || z.Role == enrich.Withdrawn || c.card.Says(z.Article) {
		return true, nil
	}
	score, fits := g.heeds(z, c.card)
	if !fits {
		return true, nil
	}
	home := g.home[z.Report]
	return home != nil && g.stands(z, score, c, func() *cluster { return home.before(z) }), nil
}

// stands tells whether a reading that might be of a cluster as well, by a score, is more
// likely of its own, and does not make one of the two. home gives its own as it was when
// the reading was said, nil where that cannot be told.
func (g *grouping) stands(z *Reading, score float64, c *cluster, home func() *cluster) bool {
	if !z.until.IsZero() || z.Match == nil || z.Match.By != "score" || z.Relation == Recalls || z.Match.Score < score+.01 {
		return false
	}
	then := home()
	if then == nil || !z.cue(enrich.CueJoint) && one(then, c) || z.prefers(c, then) {
		return false
	}
	g.contest(z, c)
	return true
}

// contest notes that a reading might be of a cluster in which it is not, and which came
// to be so after it was decided. Whatever brings the two nearer has to look at it again.
func (g *grouping) contest(z *Reading, c *cluster) {
	g.notes = append(g.notes, func() { g.b.contest(z.Report, c.now().id) })
}

// joins puts a reading that was said later where it is, if it would go there of itself.
func (g *grouping) joins(t *table, z *Reading, c *cluster) (bool, error) {
	if z.Role == enrich.Withdrawn || !z.until.IsZero() || z.Match == nil || z.Match.By == "edition" || c.card.Says(z.Article) {
		return false, nil
	}
	v, score, ok := t.fits(z, c)
	if !ok || score < match.Merge || score < z.Match.Score-.01 || z.mentions(c.card) != (z.Relation == Recalls) {
		return false, nil // what else it might be of was said to be less likely than it was
	}
	rivals := slices.Clone(g.b.contested[z.Report])
	for _, r := range z.Match.Apart {
		if r.mayBe() {
			rivals = append(rivals, r.Incident)
		}
	}
	for _, id := range rivals {
		rival, err := g.inFull(id)
		if rival == nil || err != nil {
			return false, err
		}
		then := rival.before(z)
		if then == nil {
			return false, nil
		}
		if s, fits := g.heeds(z, then.card); fits && (s > score-.01 || !z.cue(enrich.CueJoint) && one(c, then) || z.prefers(then, c)) {
			return false, nil
		}
	}
	z.Match = &Decision{By: "score", Score: round(score), Reasons: v.Reasons(), Apart: z.Match.Apart}
	if z.Relation == Recalls {
		c.asides = append(c.asides, *z)
		return true, nil
	}
	z.Relation = relationOf(z, c)
	c.add(*z)
	return true, nil
}

// inFull is a cluster as it is; nil where there is none of that name any more.
func (g *grouping) inFull(id string) (*cluster, error) {
	if c := g.beside[id]; c != nil {
		return c, nil
	}
	card := g.b.card(id)
	if card == nil || card.N == 0 {
		return nil, nil
	}
	c := g.b.takeUp(card)
	return c, c.load()
}

// before is a cluster as it was when a reading was said; nil where that cannot be told.
func (c *cluster) before(z *Reading) *cluster {
	if !c.bridged.Before(z.At) {
		return nil
	}
	then := &cluster{id: c.id, card: match.NewCard(c.id)}
	for _, y := range c.all() {
		if compareReadings(&y, z) >= 0 {
			break
		}
		if !y.until.IsZero() {
			return nil
		}
		if !y.aside(c) {
			then.readings = append(then.readings, y)
			then.card.Add(y.look())
		}
	}
	return then
}
