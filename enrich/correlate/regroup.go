package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

// How reports are grouped is a function of their set: the incidents are those that
// come of putting all readings on one table in the order in which they were said. A
// report that was said last only has to be put there, beside what it may be of. One
// that comes late may change where those go that were said after it. Mostly it does not:
// see slip. Else everything is put on a table anew that it has a part in: the cluster
// that it is of, then those of which a reading said later would go to one of these as
// they are now, or the other way round, or that would become one with one of them, until
// there are none. What is not drawn in that way goes where it is with or without the
// late report.

// Bounds of one grouping. Beyond them it is as good as what was drawn in.
const (
	maxTaken   = 64  // clusters that are put on the table anew
	maxGrouped = 600 // readings of them
	maxBeside  = 256 // clusters that are looked at whether they are to be
	maxRounds  = 16  // times that it is widened
)

// takes tells whether what is told of an event still takes a reading: while it is not
// long since it was last told of, and later what goes back to it.
func (b *Book) takes(c *match.Card, founded bool, x *Reading) bool {
	if c.Last+int64(b.cfg.openFor(c.Kind())/time.Second) >= x.At.Unix() {
		return true
	}
	if !founded || !x.goesBack() {
		return false
	}
	short := c.Trimmed() // what is known of it may be no more than that
	return match.Meets(x.look(), short) && match.Weigh(x.look(), short) >= match.Related
}

func (b *Book) newTable() *table {
	return &table{takes: func(c *cluster, x *Reading) bool { return b.takes(c.card, c.founded(), x) }}
}

// place puts a reading on the table, beside the clusters that it may be of, and
// tells what is different afterwards.
func (b *Book) place(o *Outcome, r *enrich.Report, x Reading, owners []*Incident) error {
	g, err := b.grouping(x, owners)
	if err != nil {
		return err
	}
	put := g.last
	if x.At.Unix() <= b.latest {
		put = g.slip
	}
	ok, err := put()
	if err == nil && !ok {
		err = g.anew()
	}
	if err != nil {
		return err
	}
	return b.conclude(o, r, g.t, g.was, g.owner, &x, g.p, g.notes)
}

// grouping is what a report makes be grouped: its reading is put on a table, and with
// it, if it comes late, what may go elsewhere for it.
type grouping struct {
	b    *Book
	x    Reading
	near []*cluster      // that it may be of
	own  map[string]bool // that have what other editions of its article said

	in      map[string]*cluster // as they were, loaded: what is put on the table anew
	beside  map[string]*cluster // as they are, loaded: what may have to be
	home    map[string]*cluster // report of what is beside → where it is
	befores map[*cluster]past   // what is beside as it was before the late reading
	looked  map[string]bool     // reports whose surroundings were looked at
	n       int                 // readings of those in
	grew    bool                // by what was taken or watched
	late    bool                // it is put anew

	t     *table
	p     placed            // what became of the reading
	was   map[string]bool   // the clusters on the table, as they were
	owner map[string]string // report → cluster that it was in
	notes []func()          // what the book notes of it
}

func (b *Book) grouping(x Reading, owners []*Incident) (*grouping, error) {
	g := &grouping{b: b, x: x, own: map[string]bool{}, in: map[string]*cluster{}, beside: map[string]*cluster{}, home: map[string]*cluster{}, befores: map[*cluster]past{}, looked: map[string]bool{}, was: map[string]bool{}, owner: map[string]string{}}
	var err error
	if g.near, err = b.near(&x); err != nil {
		return nil, err
	}
	for _, i := range owners {
		g.own[i.ID] = len(i.Readings) > 0
	}
	for _, c := range b.of(x.Article) {
		earlier := func(y Reading) bool { return y.Article == x.Article && y.Edition < x.Edition }
		if slices.ContainsFunc(b.loose[c.ID], earlier) || slices.ContainsFunc(b.asides[c.ID], earlier) {
			g.own[c.ID] = true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.own)) {
		if g.own[id] && !slices.ContainsFunc(g.near, func(c *cluster) bool { return c.id == id }) {
			g.near = append(g.near, b.takeUp(b.card(id)))
		}
	}
	return g, nil
}

// last puts a reading on the table that was said after all others.
func (g *grouping) last() (ok bool, err error) {
	g.t = g.b.newTable()
	g.t.clusters = slices.Clone(g.near)
	ids := make([]string, len(g.near))
	for k, c := range g.near {
		ids[k] = c.id
		g.was[c.id] = true
	}
	if g.p, err = g.t.put(g.x); err != nil {
		return false, err
	}
	for _, gone := range []bool{true, false} { // what went into another is that one's, too
		for n, c := range g.near {
			if c.lazy != nil || (c.into != nil) != gone {
				continue
			}
			for k := range c.readings {
				if y := &c.readings[k]; y.Report != g.x.Report && g.owner[y.Report] == "" {
					g.owner[y.Report] = ids[n]
				}
			}
		}
	}
	return true, nil
}

// anew puts all that may have to do with a late reading on the table.
func (g *grouping) anew() error {
	g.late = true
	for _, id := range slices.Sorted(maps.Keys(g.beside)) {
		if c := g.beside[id]; !c.bridged.Before(g.x.At) {
			if err := g.take(c.card); err != nil {
				return err
			}
		}
	}
	for _, c := range g.near {
		card, do := g.b.card(c.id), g.take
		switch _, fits := g.heeds(&g.x, card); {
		case g.own[c.id], g.b.vacated(c.id), !c.bridged.Before(g.x.At):
		case fits && len(g.in) > 0:
			do = g.watch
		case !fits:
			continue
		}
		if err := do(card); err != nil {
			return err
		}
	}
	var err error
	if g.t, g.p, err = g.group(); err != nil {
		return err
	}
	for id, c := range g.in {
		g.was[id] = true
		for k := range c.readings {
			g.owner[c.readings[k].Report] = id
		}
	}
	g.t.name(g.owner, func(id string) bool { return g.in[id] != nil && g.in[id].told })
	return nil
}

// near are the clusters that a reading may be of or have to do with, the likeliest
// first.
func (b *Book) near(x *Reading) ([]*cluster, error) {
	if x.Role == enrich.Withdrawn {
		return nil, nil
	}
	var out []scored
	var gone []*cluster
	var failed error
	weigh := func(c *match.Card) {
		if len(b.loose) > 0 && b.vacated(c.ID) {
			g := b.takeUp(c.Clone())
			after, err := g.goesOnAfter(x)
			if failed = cmp.Or(failed, err, g.load()); after {
				gone = append(gone, g)
			}
			return
		}
		if s, does := match.Reaches(x.look(), c, match.Related); does && !c.Says(x.Article) && b.takes(c, !strings.HasPrefix(c.ID, looseID), x) {
			out = append(out, scored{of: b.takeUp(c.Clone()), score: s})
		}
	}
	b.index.Near(x.look(), weigh)
	if late := x.At.Unix() <= b.latest; b.closed.Len() > 0 && (late || x.goesBack()) {
		b.closed.Near(x.look(), func(short *match.Card) {
			if short.N == 0 || short.Says(x.Article) || !b.takes(short, true, x) {
				return
			}
			c := b.takeUp(short.Clone())
			if err := c.load(); err != nil {
				failed = cmp.Or(failed, err)
				return
			}
			if s := match.Weigh(x.look(), c.card); s >= match.Related {
				out = append(out, scored{of: c, score: s})
			}
		})
	}
	slices.SortFunc(out, likelier)
	var list []*cluster
	for _, s := range out[:min(len(out), maxNear)] {
		list = append(list, s.of)
	}
	return append(list, gone...), failed
}

// vacated tells whether a cluster is what is left of one whose readings were all taken
// back: what came between may have been of it.
func (b *Book) vacated(id string) bool {
	list, loose := b.loose[id]
	return loose && len(list) == 0
}

// takeUp is a cluster as it is, with a card of its own, its readings to be looked up when
// needed.
func (b *Book) takeUp(card *match.Card) *cluster {
	c := &cluster{id: card.ID, card: card, asides: slices.Clip(b.asides[card.ID])}
	c.lazy = func() error {
		whole := b.index.Has(card.ID) && !b.vacated(card.ID) // that of a closed one has not all
		if strings.HasPrefix(card.ID, looseID) {
			if c.readings = slices.Clone(b.loose[card.ID]); len(c.readings) > 1 {
				c.bridged = card.Heard() // for all that is remembered of it
			}
		} else {
			i, err := b.get(card.ID)
			if err != nil {
				return err
			}
			for k := range i.Readings {
				i.Readings[k].look() // once, and not in each copy
			}
			c.readings = append(make([]Reading, 0, len(i.Readings)+1), i.Readings...) // and what joins them
			c.told, c.bridged = i.Told != nil, i.Bridged
			whole = whole && len(i.Withdrawn) == 0 // it says what was taken back
		}
		if !whole {
			c.rebuild()
		}
		return nil
	}
	return c
}

// goesOnAfter tells whether something is told in a cluster, or aside, that was said
// after a reading.
func (c *cluster) goesOnAfter(x *Reading) (bool, error) {
	after := func(y Reading) bool { return compareReadings(&y, x) > 0 || y.until.After(x.At) }
	switch at := x.At.Unix(); {
	case slices.ContainsFunc(c.asides, after):
		return true, nil
	case c.card.Last != at:
		return c.card.Last > at, nil
	}
	if err := c.load(); err != nil {
		return false, err
	}
	return slices.ContainsFunc(c.readings, after), nil
}

// empty tells whether nothing is left of what was told in a cluster.
func (c *cluster) empty() bool { return c.lazy == nil && len(c.readings) == 0 }

// heeds tells how well a reading fits a card, and whether well enough for what that
// one tells of to have a part in where the reading goes.
func (g *grouping) heeds(x *Reading, c *match.Card) (float64, bool) {
	if c.N == 0 || !match.Meets(x.look(), c) {
		return 0, false
	}
	s, does := match.Reaches(x.look(), c, match.Merge)
	return s, does && g.b.takes(c, true, x)
}

// take has a cluster be put on the table anew, if there is room.
func (g *grouping) take(card *match.Card) error {
	if card == nil || g.in[card.ID] != nil || len(g.in) >= maxTaken {
		return nil
	}
	id := card.ID
	c := g.beside[id]
	if c == nil {
		c = g.b.takeUp(card)
		if err := c.load(); err != nil {
			return err
		}
	}
	if n := len(c.readings) + len(c.asides); len(g.in) == 0 || g.n+n <= maxGrouped {
		g.in[id] = c
		g.n += n
		g.grew = true
		delete(g.beside, id)
	}
	return nil
}

// watch looks whether a cluster has to be put on the table anew.
func (g *grouping) watch(card *match.Card) error {
	if g.in[card.ID] != nil || g.beside[card.ID] != nil || len(g.beside) >= maxBeside {
		return nil
	}
	c := g.b.takeUp(card.Clone())
	if err := c.load(); err != nil {
		return err
	}
	g.beside[c.id], g.grew = c, true
	if g.late && !c.bridged.Before(g.x.At) {
		return g.take(card) // of which the reading may be, it cannot tell: it was more than one
	}
	return nil
}

// all are the readings of a cluster and beside it, in order.
func (c *cluster) all() []Reading {
	list := append(slices.Clone(c.readings), c.asides...)
	sortReadings(list)
	return list
}

// counts tells whether a reading is, or was before a later edition, one of a cluster's.
func (x *Reading) counts() bool { return x.Relation != Recalls && x.Role != enrich.Withdrawn }

// aside tells whether a reading is beside a cluster, and not in it.
func (x *Reading) aside(c *cluster) bool {
	return !slices.ContainsFunc(c.readings, func(y Reading) bool { return y.Report == x.Report })
}

// around watches what goes on, after the late reading, near a card.
func (g *grouping) around(c *match.Card, except map[string]bool) error {
	var failed error
	known := func(id string) bool { return except[id] || g.in[id] != nil || g.beside[id] != nil }
	each := func(o *match.Card) {
		if known(o.ID) || !match.Kin(c, o) {
			return
		}
		failed = cmp.Or(failed, g.watch(o))
	}
	b, at := g.b, g.x.At.Unix()
	b.index.After(c, at, each)
	if b.closed.Len() > 0 && at+int64(b.cfg.shortest()/time.Second) < b.latest {
		b.closed.After(c, at, each)
	}
	var hours []int64
	for hour := range b.beside {
		if hour >= at/3600 {
			hours = append(hours, hour)
		}
	}
	slices.Sort(hours)
	meets := func(y Reading) bool { return compareReadings(&y, &g.x) > 0 && match.Meets(y.look(), c) }
	for _, hour := range hours {
		for _, id := range b.beside[hour] {
			if known(id) || !slices.ContainsFunc(b.asides[id], meets) {
				continue
			}
			if card := b.card(id); card != nil {
				each(card)
			}
		}
	}
	for id, old := range b.replaced {
		if old.Last >= at && !known(id) && match.Kin(c, old) {
			if card := b.card(id); card != nil {
				failed = cmp.Or(failed, g.watch(card))
			}
		}
	}
	return failed
}

// group puts all that has to do with the late reading on the table, in order.
func (g *grouping) group() (*table, placed, error) {
	for round := 0; ; round++ {
		g.notes = nil
		t, p, hit, err := g.once()
		if err != nil {
			return nil, p, err
		}
		g.grew = false
		for _, id := range slices.Sorted(maps.Keys(hit)) {
			if err := g.take(g.b.card(id)); err != nil {
				return nil, p, err
			}
		}
		if err := g.look(t); err != nil {
			return nil, p, err
		}
		if !g.grew || round == maxRounds {
			return t, p, nil
		}
	}
}

// once puts the readings of what was taken on a table, and tells which clusters beside
// it have a part in where they go, or they in where those go.
func (g *grouping) once() (t *table, mine placed, hit map[string]bool, err error) {
	type event struct {
		y    Reading
		of   *cluster // beside the table; nil for what is put there
		only bool     // it is aside
	}
	all := []event{{y: g.x}}
	seen := map[string]bool{g.x.Report: true}
	for _, id := range slices.Sorted(maps.Keys(g.in)) {
		c := g.in[id]
		for _, list := range [][]Reading{c.readings, c.asides} {
			for _, y := range list {
				if !seen[y.Report] && !g.elsewhere(&y, c) {
					seen[y.Report] = true
					all = append(all, event{y: y})
				}
			}
		}
	}
	besides := map[*cluster]*cluster{} // by what they are, what they were
	var order []*cluster
	for _, id := range slices.Sorted(maps.Keys(g.beside)) {
		d := g.beside[id]
		then, later := g.then(d)
		besides[d] = then
		order = append(order, d)
		for _, z := range later {
			all = append(all, event{y: z, of: d, only: !z.counts()})
		}
	}
	slices.SortFunc(all, func(a, b event) int {
		// What an operator holds together is so from the start.
		if held := a.y.Bound != ""; held != (b.y.Bound != "") {
			if held {
				return -1
			}
			return 1
		}
		return compareReadings(&a.y, &b.y)
	})
	t, hit = g.b.newTable(), map[string]bool{}
	for k := range all {
		e := &all[k]
		if d := e.of; d != nil {
			for _, c := range t.clusters {
				if !hit[d.id] && g.goesTo(&e.y, c, d, besides[d]) {
					hit[d.id] = true
				}
			}
			if !e.only {
				besides[d].readings = append(besides[d].readings, e.y)
				besides[d].card.Add(e.y.look())
			}
			continue
		}
		p, err := t.put(e.y)
		if err != nil {
			return t, p, hit, err
		}
		if compareReadings(&e.y, &g.x) >= 0 && e.y.Role != enrich.Withdrawn {
			for _, d := range order {
				hit[d.id] = hit[d.id] || g.drawn(&e.y, &p, besides[d])
			}
		}
		if e.y.Report == g.x.Report {
			mine = p
		}
	}
	maps.DeleteFunc(hit, func(_ string, is bool) bool { return !is })
	// What became of it in the end: others may have drawn it along.
	if mine.in != nil {
		mine.in = mine.in.now()
	}
	for _, c := range t.clusters {
		if slices.ContainsFunc(c.readings, func(y Reading) bool { return y.Report == g.x.Report }) {
			mine.in = c
		}
	}
	return t, mine, hit, nil
}

// then is a cluster beside the table as it was before the late reading, and what was said
// of it since.
func (g *grouping) then(d *cluster) (*cluster, []Reading) {
	was, had := g.befores[d]
	if !had {
		was.then = &cluster{id: d.id, card: match.NewCard(d.id)}
		for _, z := range d.all() {
			if compareReadings(&z, &g.x) > 0 {
				was.later = append(was.later, z)
			} else if z.counts() {
				was.then.readings = append(was.then.readings, z)
				was.then.card.Add(z.look())
			}
		}
		g.befores[d] = was
	}
	return &cluster{id: d.id, card: was.then.card.Clone(), readings: slices.Clip(was.then.readings)}, was.later
}

// goesTo tells whether a reading that was said later, of d beside the table, might be of
// what is on the table now, or make one of the two. then is d as it was when it was said.
func (g *grouping) goesTo(z *Reading, c, d, then *cluster) bool {
	score, fits := g.heeds(z, c.card)
	if !fits || c.card.Says(z.Article) {
		return false
	}
	return !g.stands(z, score, c, func() *cluster {
		if d.bridged.Before(z.At) {
			return then
		}
		return nil
	})
}

// drawn tells whether a reading that was put on the table might be of what is beside it,
// or make one of the two; else that one is noted as what it was kept apart from.
func (g *grouping) drawn(y *Reading, p *placed, then *cluster) bool {
	score, fits := g.heeds(y, then.card)
	if !fits {
		return false
	}
	if p.in == nil || p.relation == Recalls || p.decision.By != "score" || p.decision.Score < score+.01 || !p.in.bridged.Before(y.At) || y.prefers(then, p.in) {
		return true
	}
	if !y.cue(enrich.CueJoint) {
		before := &cluster{card: match.NewCard(p.in.id)}
		for _, z := range p.in.readings {
			if z.Report != y.Report {
				before.add(z)
			}
		}
		if one(before, then) {
			return true
		}
	}
	for k := range p.in.readings {
		if m := p.in.readings[k].Match; p.in.readings[k].Report == y.Report && m != nil {
			m.Apart = append([]Rival{{Incident: then.id, Score: round(score)}}, m.Apart[:min(len(m.Apart), maxRivals-1)]...)
		}
	}
	return false
}

// look finds what more has to do with what is on the table.
func (g *grouping) look(t *table) error {
	for _, c := range t.clusters {
		if c.card.N == 0 {
			continue
		}
		if err := g.around(c.card, nil); err != nil {
			return err
		}
		beside := match.NewCard(c.id)
		for k := range c.asides {
			if compareReadings(&c.asides[k], &g.x) > 0 {
				beside.Add(c.asides[k].look())
			}
		}
		if beside.N == 0 {
			continue
		}
		if err := g.around(beside, nil); err != nil {
			return err
		}
	}
	var hit []string
	var failed error
	for _, c := range slices.Collect(maps.Values(g.in)) {
		for _, y := range c.all() {
			if g.looked[y.Report] || y.Role == enrich.Withdrawn {
				continue
			}
			g.looked[y.Report] = true
			failed = cmp.Or(failed, g.editions(&y, &hit))
			if compareReadings(&y, &g.x) > 0 {
				failed = cmp.Or(failed, g.static(&y))
			}
		}
	}
	if !g.looked[g.x.Report] && g.x.Role != enrich.Withdrawn {
		g.looked[g.x.Report] = true
		failed = cmp.Or(failed, g.editions(&g.x, &hit), g.static(&g.x))
	}
	slices.Sort(hit)
	for _, id := range hit {
		failed = cmp.Or(failed, g.take(g.b.card(id)))
	}
	return failed
}

// editions finds the clusters that have, or had, what other editions of a reading's
// article said.
func (g *grouping) editions(y *Reading, hit *[]string) error {
	other := func(z Reading) bool { return z.Article == y.Article && z.Edition != y.Edition }
	for _, card := range g.b.of(y.Article) {
		if g.in[card.ID] != nil || slices.Contains(*hit, card.ID) {
			continue
		}
		list := g.b.loose[card.ID]
		if !strings.HasPrefix(card.ID, looseID) {
			i, err := g.b.get(card.ID)
			if err != nil {
				return err
			}
			list = i.Readings
		}
		if slices.ContainsFunc(list, other) || slices.ContainsFunc(g.b.asides[card.ID], other) {
			*hit = append(*hit, card.ID)
		}
	}
	return nil
}

// static finds the clusters that a reading may be of and that were told to their end
// when it was said.
func (g *grouping) static(y *Reading) error {
	var failed error
	weigh := func(c *match.Card) {
		if g.in[c.ID] != nil || c.Last >= y.At.Unix() {
			return // see around
		}
		if _, fits := g.heeds(y, c); fits {
			failed = cmp.Or(failed, g.watch(c))
		}
	}
	g.b.index.Near(y.look(), weigh)
	if g.b.closed.Len() > 0 {
		g.b.closed.Near(y.look(), func(short *match.Card) {
			if short.N > 0 && g.in[short.ID] == nil && g.b.takes(short, true, y) {
				failed = cmp.Or(failed, g.watch(short))
			}
		})
	}
	return failed
}

// of are the incidents and clusters, open or closed, that have, had or may have a
// report of an article.
func (b *Book) of(article string) []*match.Card {
	list := append(slices.Clone(b.index.Of(article)), b.closed.Of(article)...)
	for _, id := range b.articles[article] {
		if c := b.card(id); c != nil && !slices.ContainsFunc(list, func(o *match.Card) bool { return o.ID == c.ID }) {
			list = append(list, c)
		}
	}
	return list
}

// elsewhere tells whether an article of which c has a reading aside has since said
// something that is of an incident which is not on the table.
func (g *grouping) elsewhere(y *Reading, c *cluster) bool {
	if !y.aside(c) {
		return false
	}
	b := g.b
	for _, card := range b.of(y.Article) {
		if g.in[card.ID] != nil {
			continue
		}
		list := b.loose[card.ID]
		if i := b.full(card.ID); i != nil {
			list = i.Readings
		}
		if slices.ContainsFunc(list, func(z Reading) bool { return z.Article == y.Article && (z.Report == y.Report || z.Edition > y.Edition) }) {
			return true
		}
	}
	return false
}
