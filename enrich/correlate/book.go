package correlate

import (
	"cmp"
	"container/list"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/correlate/match"
)

// Book is the memory of correlation: which incidents there are, and which of them
// a report is of. It is not safe for concurrent use.
//
// Reports come late and out of order. The partition of reports into incidents
// depends on what was said when, and not on the order in which it came: a late
// report makes the book group the readings of all incidents that it touches anew,
// in the order in which they were said.
type Book struct {
	cfg    *Config
	index  *match.Index // open incidents, and loose clusters
	closed *match.Index // of which nothing was heard for long
	aged   int64        // the time of the news when the open ones were last looked through
	fetch  func(id string) (*Incident, error)

	recent map[string]*list.Element // incidents in full, the latest used first
	order  *list.List
	most   int   // how many are kept in full
	latest int64 // when the newest report was said, Unix seconds

	// What no version holds, and what is forgotten with a restart: readings that
	// only mention an incident, or were replaced by a later edition, by incident; and
	// clusters of which nobody has told as news.
	asides  map[string][]Reading
	loose   map[string][]Reading
	asideOf map[string]string // report → incident that it is an aside of
}

// Bounds of what the book keeps beside incidents, and of one grouping.
const (
	maxAsides  = 50     // of one incident
	maxLoose   = 20_000 // clusters
	maxNear    = 12     // clusters that a report makes group anew
	maxGrouped = 400    // readings
	maxRounds  = 4      // times that it is widened
)

const looseID = "loose-"

// NewBook is an empty book. It keeps the incidents used last in full, at most so
// many, and asks fetch for others; without fetch it keeps all.
func NewBook(cfg *Config, most int, fetch func(id string) (*Incident, error)) *Book {
	return &Book{cfg: cfg, index: match.NewIndex(), closed: match.NewIndex(), fetch: fetch, recent: map[string]*list.Element{}, order: list.New(), most: most,
		asides: map[string][]Reading{}, loose: map[string][]Reading{}, asideOf: map[string]string{}}
}

// Step is a new version of an incident.
type Step struct {
	Incident *Incident
	Change   Change
}

// Outcome is what became of a report.
type Outcome struct {
	Incident string // that it is of; "" for none
	Relation Relation
	Decision Decision
	Steps    []Step // versions that follow, in order
	Known    bool   // it changes nothing: it was here before, or a later edition was

	after func() // what the book notes once the steps are put
}

// Len is how many incidents may still take reports.
func (b *Book) Len() int { return b.index.Len() - len(b.loose) }

// Put takes in the latest version of an incident.
func (b *Book) Put(i *Incident) {
	b.keep(i)
	if len(i.Readings) == 0 {
		b.index.Remove(i.ID)
		b.setAsides(i.ID, nil)
		b.closed.Put(CardOf(i)) // its id is taken, and its articles have said their last
		return
	}
	c := CardOf(i)
	b.latest = max(b.latest, c.Last)
	b.closed.Remove(i.ID)
	b.index.Put(c)
}

// Settle takes in what a report led to: its steps, and what no version holds.
func (b *Book) Settle(o *Outcome) {
	for _, s := range o.Steps {
		b.Put(s.Incident)
	}
	if o.after != nil {
		o.after()
	}
	b.age()
}

// lookThroughEvery is after how much time of the news the open incidents are looked through.
const lookThroughEvery = int64(6 * time.Hour / time.Second)

// age closes the incidents of which nothing was heard for as long as their type
// allows, and forgets loose clusters that are as old. The clock is that of the news,
// so that a replay closes the same ones.
func (b *Book) age() {
	if b.latest-b.aged < lookThroughEvery {
		return
	}
	b.aged = b.latest
	var gone []*match.Card
	b.index.All(func(c *match.Card) bool {
		if c.Last+int64(b.cfg.openFor(c.Kind())/time.Second) < b.latest {
			gone = append(gone, c)
		}
		return true
	})
	for _, c := range gone {
		b.index.Remove(c.ID)
		b.setAsides(c.ID, nil)
		if _, loose := b.loose[c.ID]; loose {
			delete(b.loose, c.ID)
			continue
		}
		c.Close()
		b.closed.Put(c)
	}
}

// setAsides keeps what belongs beside an incident, the latest of it.
func (b *Book) setAsides(id string, list []Reading) {
	for k := range b.asides[id] {
		if r := b.asides[id][k].Report; b.asideOf[r] == id {
			delete(b.asideOf, r)
		}
	}
	if len(list) == 0 {
		delete(b.asides, id)
		return
	}
	list = list[max(0, len(list)-maxAsides):]
	b.asides[id] = list
	for k := range list {
		b.asideOf[list[k].Report] = id
	}
}

// goesBack tells whether a reading may be of a closed incident: it says so, or its
// own time is long past.
func (x *Reading) goesBack() bool {
	switch {
	case x.Role == enrich.Background:
		return true
	case x.dated() && x.At.Sub(*x.Occurred.Earliest) > 5*oneDay:
		return true
	}
	return x.cue(enrich.CueArrest) || x.cue(enrich.CueCourt) || x.cue(enrich.CueFreed) || x.cue(enrich.CueLater) || x.cue(enrich.CueMemory) || len(x.About) > 0
}

// card is that of an incident, open or closed; nil where there is none.
func (b *Book) card(id string) *match.Card {
	if c := b.index.Card(id); c != nil {
		return c
	}
	return b.closed.Card(id)
}

// CardOf is what matching knows of an incident.
func CardOf(i *Incident) *match.Card {
	c := match.NewCard(i.ID)
	for k := range i.Readings {
		c.Add(i.Readings[k].look())
	}
	for _, w := range i.Withdrawn {
		c.Note(w.Article)
	}
	return c
}

func (b *Book) keep(i *Incident) {
	if e := b.recent[i.ID]; e != nil {
		e.Value = i
		b.order.MoveToFront(e)
		return
	}
	b.recent[i.ID] = b.order.PushFront(i)
	for b.fetch != nil && b.order.Len() > b.most {
		last := b.order.Back()
		delete(b.recent, b.order.Remove(last).(*Incident).ID)
	}
}

// get is an incident in full.
func (b *Book) get(id string) (*Incident, error) {
	if e := b.recent[id]; e != nil {
		b.order.MoveToFront(e)
		return e.Value.(*Incident), nil
	}
	if b.fetch == nil {
		return nil, fmt.Errorf("incident %s is not known", id)
	}
	i, err := b.fetch(id)
	if err != nil {
		return nil, err
	}
	b.keep(i)
	return i, nil
}

// Take finds the incident that a report is of and says what follows. Nothing is
// remembered of it until the outcome is settled: see Settle. An error says that an
// incident cannot be looked up.
func (b *Book) Take(r *enrich.Report) (Outcome, error) {
	o := Outcome{Relation: Reports}
	x := readingOf(r)
	owners, err := b.owners(r.Source.ID)
	if err != nil {
		return o, err
	}
	if !b.known(&o, &x, owners) && r.Role != enrich.Withdrawn {
		if err := b.place(&o, r, x, owners); err != nil {
			return o, err
		}
	}
	if r.Source.Edition > 1 && r.Ordinal >= r.Of-1 {
		// The edition is told to its end: what only an earlier one said is gone.
		for _, i := range owners {
			if at := slices.IndexFunc(o.Steps, func(s Step) bool { return s.Incident.ID == i.ID }); at >= 0 {
				i = o.Steps[at].Incident
			}
			if next, c := Withdraw(*i, &r.Source, b.cfg); !c.None {
				o.Steps = append(o.Steps, Step{&next, c})
			}
		}
	}
	return o, nil
}

// known tells whether a reading was here before, or a later edition of its article.
func (b *Book) known(o *Outcome, x *Reading, owners []*Incident) bool {
	see := func(id string, list []Reading) {
		for k := range list {
			switch old := &list[k]; {
			case old.Article != x.Article:
			case old.Edition > x.Edition:
				o.Known = true
			case old.Report == x.Report:
				o.Incident, o.Relation, o.Known = id, cmp.Or(old.Relation, Reports), true
				if old.Match != nil {
					o.Decision = *old.Match
				}
			}
		}
	}
	for _, i := range owners {
		see(i.ID, i.Readings)
		if i.withdrew(x.Article) > x.Edition {
			o.Known = true // a later edition took it back
		}
	}
	if id, is := b.asideOf[x.Report]; is && !o.Known {
		see(id, b.asides[id])
	}
	for _, c := range b.index.Of(x.Article) {
		if strings.HasPrefix(c.ID, looseID) {
			see("", b.loose[c.ID])
		}
	}
	return o.Known
}

// withdrew is the edition by which an article took back what it said of an incident,
// 0 for none.
func (i *Incident) withdrew(article string) int {
	n := 0
	for _, w := range i.Withdrawn {
		if w.Article == article {
			n = max(n, w.Edition)
		}
	}
	return n
}

// owners are the incidents that have, or had, readings of an article.
func (b *Book) owners(article string) ([]*Incident, error) {
	var out []*Incident
	for _, x := range []*match.Index{b.index, b.closed} {
		for _, c := range x.Of(article) {
			if strings.HasPrefix(c.ID, looseID) {
				continue
			}
			i, err := b.get(c.ID)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.Article == article }) || i.withdrew(article) > 0 {
				out = append(out, i)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Incident) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// place puts a reading on the table, beside the clusters that it may be of, and
// tells what is different afterwards.
func (b *Book) place(o *Outcome, r *enrich.Report, x Reading, owners []*Incident) error {
	t := &table{}
	late := false
	for _, c := range b.near(&x) {
		late = late || c.Last > x.At.Unix()
		t.clusters = append(t.clusters, b.takeUp(c))
	}
	for _, i := range owners {
		if len(i.Readings) > 0 && !slices.ContainsFunc(t.clusters, func(c *cluster) bool { return c.id == i.ID }) {
			t.clusters = append(t.clusters, b.takeUp(b.card(i.ID)))
		}
	}
	was := map[string]*cluster{} // as they were
	owner := map[string]string{} // report → cluster that it was in
	for _, c := range t.clusters {
		was[c.id] = &cluster{id: c.id}
		t.order = append(t.order, c.id)
	}
	var p placed
	var err error
	if !late {
		if p, err = t.put(x); err != nil {
			return err
		}
		for _, c := range t.clusters {
			if c.touched && c.lazy == nil {
				for k := range c.readings {
					owner[c.readings[k].Report] = c.id
				}
			}
		}
		// What it adds may draw in what was said later and found its way without it.
		if late = x.At.Unix() < b.latest && b.wider(t, was, &x); late {
			// From what was: the put may have made one cluster of two.
			t.clusters = nil
		}
	}
	if late {
		for range maxRounds {
			if p, err = b.again(t, was, owner, x); err != nil {
				return err
			}
			if !b.wider(t, was, &x) {
				break
			}
		}
		t.name(owner)
	}
	return b.conclude(o, r, t, was, owner, &x, p)
}

// near are the cards of the clusters that a reading may be of or have to do with,
// the likeliest first.
func (b *Book) near(x *Reading) []*match.Card {
	type near struct {
		c *match.Card
		s float64
	}
	var out []near
	weigh := func(c *match.Card) {
		if c.Says(x.Article) {
			return
		}
		if s := match.Weigh(x.look(), c); s >= match.Related {
			out = append(out, near{c, s})
		}
	}
	b.index.Near(x.look(), weigh)
	if b.closed.Len() > 0 && x.goesBack() {
		b.closed.Near(x.look(), weigh)
	}
	slices.SortFunc(out, func(a, b near) int {
		return cmp.Or(cmp.Compare(b.s, a.s), cmp.Compare(b.c.Last, a.c.Last), strings.Compare(a.c.Key, b.c.Key))
	})
	cards := make([]*match.Card, 0, len(out))
	for _, n := range out[:min(len(out), maxNear)] {
		cards = append(cards, n.c)
	}
	return cards
}

// before tells whether all that is told of a cluster was said by a time.
func (c *cluster) before(at time.Time) bool {
	return c.card.Last <= at.Unix() && !slices.ContainsFunc(c.asides, func(y Reading) bool { return y.At.After(at) })
}

// takeUp puts a cluster on the table, its readings to be looked up when needed.
func (b *Book) takeUp(card *match.Card) *cluster {
	c := &cluster{id: card.ID, card: card, shared: true, asides: slices.Clip(b.asides[card.ID])}
	c.lazy = func() error {
		list, err := b.readings(card.ID)
		if err != nil {
			return err
		}
		c.readings = slices.Clone(list)
		if b.index.Card(card.ID) != card {
			c.rebuild() // that of a closed one has not all
		}
		return nil
	}
	return c
}

// readings are those of an incident or a loose cluster. They must not be changed.
func (b *Book) readings(id string) ([]Reading, error) {
	if strings.HasPrefix(id, looseID) {
		return b.loose[id], nil
	}
	i, err := b.get(id)
	if err != nil {
		return nil, err
	}
	return i.Readings, nil
}

// wider adds clusters that are not on the table though, with what is on it now,
// readings of theirs have to do with it: such as were said later than x. It tells
// whether there are any.
func (b *Book) wider(t *table, was map[string]*cluster, x *Reading) bool {
	var more []*cluster
	for _, c := range t.clusters {
		if !c.touched {
			continue
		}
		b.index.Later(c.card, x.At.Unix(), b.latest, func(card *match.Card) {
			if was[card.ID] != nil || len(t.clusters)+len(more) >= maxNear {
				return
			}
			list, err := b.readings(card.ID)
			if err != nil {
				return
			}
			for k := range list[:min(len(list), maxNear)] {
				if y := &list[k]; !c.card.Says(y.Article) && match.Weigh(y.look(), c.card) >= match.Related {
					was[card.ID] = &cluster{id: card.ID}
					if !slices.Contains(t.order, card.ID) {
						t.order = append(t.order, card.ID)
					}
					more = append(more, b.takeUp(card))
					return
				}
			}
		})
	}
	t.clusters = append(t.clusters, more...)
	return len(more) > 0
}

// again puts readings on the table anew, with x among them: those of the clusters of
// which something was said after it. The others are as they were then.
func (b *Book) again(t *table, was map[string]*cluster, owner map[string]string, x Reading) (placed, error) {
	all := []Reading{x}
	seen := map[string]bool{x.Report: true}
	var before []*cluster
	clear(owner)
	for _, id := range t.order {
		if was[id] == nil {
			continue
		}
		c := b.takeUp(b.card(id))
		if c.before(x.At) {
			load := c.lazy
			c.lazy = func() error {
				err := load()
				for k := range c.readings {
					owner[c.readings[k].Report] = id
				}
				return err
			}
			before = append(before, c)
			continue
		}
		list, err := b.readings(id)
		if err != nil {
			return placed{}, err
		}
		if len(all) > 1 && len(all)+len(list)+len(c.asides) > maxGrouped {
			delete(was, id) // too much is told of it: it stays as it is
			continue
		}
		for k := range list {
			owner[list[k].Report] = id
		}
		c.readings = list
		for _, list := range [][]Reading{list, c.asides} {
			for _, y := range list {
				if !seen[y.Report] && !b.elsewhere(&y, was, c) {
					seen[y.Report] = true
					all = append(all, y)
				}
			}
		}
	}
	sortReadings(all)
	t.clusters = before
	var mine placed
	for _, y := range all {
		p, err := t.put(y)
		if err != nil {
			return p, err
		}
		if y.Report == x.Report {
			mine = p
		}
	}
	// What became of it in the end: others may have drawn it along.
	for _, c := range t.clusters {
		if slices.ContainsFunc(c.readings, func(y Reading) bool { return y.Report == x.Report }) {
			mine.in = c
		}
	}
	return mine, nil
}

// elsewhere tells whether an article of which c has a reading has since said
// something that is of an incident which is not on the table.
func (b *Book) elsewhere(y *Reading, was map[string]*cluster, c *cluster) bool {
	if slices.ContainsFunc(c.readings, func(z Reading) bool { return z.Report == y.Report }) {
		return false
	}
	for _, card := range b.index.Of(y.Article) {
		if was[card.ID] != nil {
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

// conclude makes versions of what is different on the table.
func (b *Book) conclude(o *Outcome, r *enrich.Report, t *table, was map[string]*cluster, owner map[string]string, x *Reading, p placed) error {
	o.Relation, o.Decision = p.relation, p.decision
	at := updated(r)
	var notes []func()
	named := map[string]bool{}
	for _, c := range t.clusters {
		if c.id != "" {
			named[c.id] = true
		}
	}
	for _, c := range t.clusters {
		if !c.touched && c != p.in {
			continue
		}
		if c.founded() {
			if err := b.version(o, r, t, c, was, owner, named, at); err != nil {
				return err
			}
		} else if c.touched {
			if !strings.HasPrefix(c.id, looseID) {
				delete(named, c.id) // it ends: nobody tells of it as news any more
				c.id = looseID + c.readings[0].Report
			}
			named[c.id] = true
			notes = append(notes, func() { b.keepLoose(c) })
		}
		id, asides := c.id, c.asides
		notes = append(notes, func() { b.setAsides(id, asides) })
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if named[id] {
			continue
		}
		notes = append(notes, func() { b.setAsides(id, nil) })
		if strings.HasPrefix(id, looseID) {
			notes = append(notes, func() { delete(b.loose, id); b.index.Remove(id) })
			continue
		}
		i, err := b.get(id)
		if err != nil {
			return err
		}
		next := *i
		next.MergedInto = b.heir(t, id, owner)
		next.assemble(nil, b.cfg)
		next, c := finish(i, next, at, b.cfg)
		o.Steps = append(o.Steps, Step{&next, c})
	}
	if p.in != nil && !strings.HasPrefix(p.in.id, looseID) {
		o.Incident = p.in.id
	}
	o.after = func() {
		for _, n := range notes {
			n()
		}
	}
	return nil
}

// heir is the incident that took over most readings of one that is gone.
func (b *Book) heir(t *table, id string, owner map[string]string) string {
	into, most := "", 0
	for _, c := range t.clusters {
		n := 0
		for k := range c.readings {
			if owner[c.readings[k].Report] == id {
				n++
			}
		}
		if n > most {
			into, most = c.id, n
		}
	}
	return into
}

// version makes the next version of the incident that a cluster is, if it is
// different from the last.
func (b *Book) version(o *Outcome, r *enrich.Report, t *table, c *cluster, was map[string]*cluster, owner map[string]string, named map[string]bool, at time.Time) error {
	if c.id == "" || strings.HasPrefix(c.id, looseID) {
		first := &c.readings[0]
		for k := range c.readings {
			if c.readings[k].founds() {
				first = &c.readings[k]
				break
			}
		}
		loose := c.id
		for again := 0; c.id == loose; again++ {
			if id := newID(first, again); b.card(id) == nil && !named[id] {
				c.id = id
			}
		}
		delete(named, loose) // it is one no more
		named[c.id] = true
		next := Incident{ID: c.id, FirstSeen: firstSeen(r)}
		next.assemble(c.readings, b.cfg)
		if from := owner[first.Report]; from != "" && from != loose && !strings.HasPrefix(from, looseID) {
			next.SplitFrom = from
		} else {
			next.Related = links(c, t)
		}
		next, change := begin(next, at, "status.first-report")
		o.Steps = append(o.Steps, Step{&next, change})
		return nil
	}
	i, err := b.get(c.id)
	if err != nil {
		return err
	}
	if sameReadings(c.readings, i.Readings) {
		return nil
	}
	next := *i
	if f := firstSeen(r); next.FirstSeen.IsZero() || !f.IsZero() && f.Before(next.FirstSeen) {
		next.FirstSeen = f
	}
	for k := range c.readings {
		from := owner[c.readings[k].Report]
		if from != "" && from != c.id && !named[from] && !strings.HasPrefix(from, looseID) && !slices.Contains(next.MergedFrom, from) {
			next.MergedFrom = append(slices.Clip(next.MergedFrom), from)
		}
	}
	next.assemble(c.readings, b.cfg)
	if sameReadings(next.Readings, i.Readings) {
		return nil // what came is too old for a story as huge as this
	}
	next, change := finish(i, next, at, b.cfg)
	o.Steps = append(o.Steps, Step{&next, change})
	return nil
}

func (b *Book) keepLoose(c *cluster) {
	if len(b.loose) >= maxLoose && b.loose[c.id] == nil {
		return // what nobody tells of as news is the first to be forgotten
	}
	b.loose[c.id] = c.readings
	c.card.ID = c.id
	b.latest = max(b.latest, c.card.Last)
	b.index.Put(c.card)
}

func sameReadings(a, b []Reading) bool {
	return slices.EqualFunc(a, b, func(x, y Reading) bool { return x.Report == y.Report })
}

const maxLinks = 4

// links are the incidents that a new one may have to do with.
func links(c *cluster, t *table) []Link {
	var out []Link
	x := &c.readings[0]
	for _, s := range t.fit(x) {
		if s.of == c || s.of.id == "" || strings.HasPrefix(s.of.id, looseID) || len(out) == maxLinks {
			continue
		}
		kind := "same_campaign"
		switch {
		case x.Type == "arrest":
			kind = "arrest_for"
		case x.cue(enrich.CueAgain):
			kind = "follows"
		}
		out = append(out, Link{ID: s.of.id, Kind: kind, Score: round(s.score)})
	}
	return out
}

func (b *Book) full(id string) *Incident {
	if e := b.recent[id]; e != nil {
		return e.Value.(*Incident)
	}
	return nil
}
