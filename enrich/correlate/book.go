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
	asides   map[string][]Reading
	loose    map[string][]Reading
	asideOf  map[string]string   // report → incident that it is an aside of
	articles map[string][]string // article → incidents that it is an aside of
	// What incidents were before later editions: cards of the asides that were replaced,
	// which last until they were.
	replaced map[string]*match.Card
	beside   map[int64][]string // hour → incidents of which an aside was said then
	// Incidents that reports might be of beside their own, and that came to be so since.
	contested map[string][]string
}

// Bounds of what the book keeps beside incidents, and of one grouping.
const (
	maxAsides   = 50     // of one incident
	maxAllAside = 20_000 // of all
	maxLoose    = 20_000 // clusters
	maxContests = 20_000 // reports
	maxNear     = 12     // clusters that are weighed for a report
)

const looseID = "loose-"

// NewBook is an empty book. It keeps the incidents used last in full, at most so
// many, and asks fetch for others; without fetch it keeps all.
func NewBook(cfg *Config, most int, fetch func(id string) (*Incident, error)) *Book {
	return &Book{cfg: cfg, index: match.NewIndex(), closed: match.NewIndex(), fetch: fetch, recent: map[string]*list.Element{}, order: list.New(), most: most,
		asides: map[string][]Reading{}, loose: map[string][]Reading{}, asideOf: map[string]string{}, articles: map[string][]string{}, replaced: map[string]*match.Card{}, beside: map[int64][]string{}, contested: map[string][]string{}}
}

// Step is a new version of an incident.
type Step struct {
	Incident *Incident
	Change   Change

	card *match.Card // CardOf the incident, where that is at hand
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
func (b *Book) Put(i *Incident) { b.put(i, nil) }

func (b *Book) put(i *Incident, c *match.Card) {
	b.keep(i)
	if len(i.Readings) == 0 {
		b.index.Remove(i.ID)
		b.setAsides(i.ID, nil)
		b.closed.Put(CardOf(i)) // its id is taken, and its articles have said their last
		return
	}
	if c == nil {
		c = CardOf(i)
	}
	b.latest = max(b.latest, c.Last)
	b.closed.Remove(i.ID)
	b.index.Put(c)
}

// Settle takes in what a report led to: its steps, and what no version holds.
func (b *Book) Settle(o *Outcome) {
	for _, s := range o.Steps {
		b.put(s.Incident, s.card)
	}
	if o.after != nil {
		o.after()
	}
	b.age()
}

// lookThroughEvery is after how much time of the news the open incidents are looked through.
const lookThroughEvery = int64(6 * time.Hour / time.Second)

// age closes the incidents of which nothing was heard for as long as their type
// allows. The clock is that of the news. What a report may be of follows from its own
// time, see takes: what is closed only takes less room, and is looked up where a
// report comes late. Of what is loose, or aside, the oldest is forgotten when there is
// too much of it.
func (b *Book) age() {
	if b.latest-b.aged < lookThroughEvery {
		return
	}
	b.aged = b.latest
	var gone, loose []*match.Card
	b.index.Silent(b.latest-int64(b.cfg.shortest()/time.Second), func(c *match.Card) {
		switch _, is := b.loose[c.ID]; {
		case is: // what founds it may come late
		case c.Last+int64(b.cfg.openFor(c.Kind())/time.Second) < b.latest:
			gone = append(gone, c.Clone())
		}
	})
	for _, c := range gone {
		b.index.Remove(c.ID)
		c.Close()
		b.closed.Put(c)
	}
	if len(b.contested) > maxContests {
		clear(b.contested)
	}
	oldest := func(a, b *match.Card) int { return cmp.Or(cmp.Compare(a.Last, b.Last), strings.Compare(a.ID, b.ID)) }
	if most := maxLoose * 3 / 4; len(b.loose) > most {
		for id := range b.loose {
			loose = append(loose, b.index.Card(id))
		}
		slices.SortFunc(loose, oldest)
		for _, c := range loose[:len(loose)-most] {
			b.index.Remove(c.ID)
			b.setAsides(c.ID, nil)
			delete(b.loose, c.ID)
		}
	}
	if len(b.asideOf) > maxAllAside {
		var beside []*match.Card
		for _, id := range slices.Sorted(maps.Keys(b.asides)) {
			if c := b.card(id); c != nil {
				beside = append(beside, c)
			}
		}
		slices.SortFunc(beside, oldest)
		for _, c := range beside {
			if len(b.asideOf) <= maxAllAside*3/4 {
				break
			}
			b.setAsides(c.ID, nil)
		}
	}
}

// setAsides keeps what belongs beside an incident, the latest of it.
func (b *Book) setAsides(id string, list []Reading) {
	for k := range list {
		b.latest = max(b.latest, list[k].At.Unix()) // what was said before it is late
	}
	for k := range b.asides[id] {
		x := &b.asides[id][k]
		if b.asideOf[x.Report] == id {
			delete(b.asideOf, x.Report)
		}
		hour := x.At.Unix() / 3600
		if left := slices.DeleteFunc(b.beside[hour], func(of string) bool { return of == id }); len(left) > 0 {
			b.beside[hour] = left
		} else {
			delete(b.beside, hour)
		}
		if left := slices.DeleteFunc(slices.Clone(b.articles[x.Article]), func(of string) bool { return of == id }); len(left) > 0 {
			b.articles[x.Article] = left
		} else {
			delete(b.articles, x.Article)
		}
	}
	delete(b.replaced, id)
	if len(list) == 0 {
		delete(b.asides, id)
		return
	}
	sortReadings(list)
	list = list[max(0, len(list)-maxAsides):]
	b.asides[id] = list
	old := match.NewCard(id)
	last := int64(0)
	for k := range list {
		x := &list[k]
		b.asideOf[x.Report] = id
		if hour := x.At.Unix() / 3600; !slices.Contains(b.beside[hour], id) {
			b.beside[hour] = append(b.beside[hour], id)
		}
		if of := b.articles[x.Article]; !slices.Contains(of, id) {
			b.articles[x.Article] = append(slices.Clip(of), id)
		}
		if x.counts() {
			old.Add(x.look())
			last = max(last, x.until.Unix())
		}
	}
	if old.N > 0 {
		old.Last = last
		b.replaced[id] = old
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
	return x.cue(enrich.CueArrest) || x.cue(enrich.CueCourt) || x.cue(enrich.CueFreed) || x.cue(enrich.CueCleared) || x.cue(enrich.CueLater) || x.cue(enrich.CueMemory) || len(x.About) > 0
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
	x.look() // once, and not in each copy
	owners, err := b.owners(r.Source.ID)
	if err != nil {
		return o, err
	}
	if b.known(&o, &x, owners) {
		return o, nil
	}
	return o, b.place(&o, r, x, owners)
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
		if strings.HasPrefix(o.Incident, looseID) {
			o.Incident = ""
		}
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

// conclude makes versions of what is different on the table.
func (b *Book) conclude(o *Outcome, r *enrich.Report, t *table, was map[string]bool, owner map[string]string, x *Reading, p placed, notes []func()) error {
	o.Relation, o.Decision = cmp.Or(p.relation, Reports), p.decision
	at := updated(r)
	named := map[string]bool{}
	for _, c := range t.clusters {
		c.rename()
		if c.id != "" && !c.empty() {
			named[c.id] = true
		}
	}
	for _, c := range t.clusters {
		if c.empty() {
			if c.vacate() {
				named[c.id] = true
				notes = append(notes, func() { b.keepLoose(c); b.setAsides(c.id, c.asides) })
			}
			continue
		}
		if !c.touched && c != p.in {
			continue
		}
		switch {
		case !c.touched: // only something beside it
		case c.founded():
			n := len(o.Steps)
			if err := b.version(o, r, t, c, owner, named, x, at); err != nil {
				return err
			}
			if len(o.Steps) == n { // nobody stores what its readings might be of since
				notes = append(notes, func() { b.contestAll(c) })
			}
		default:
			notes = append(notes, func() { b.keepLoose(c) })
		}
		id, asides := c.id, c.asides
		notes = append(notes, func() { b.setAsides(id, asides) })
	}
	for _, f := range t.later {
		f() // what began only now has a name, too
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
		if len(i.Readings) == 0 {
			continue
		}
		next := *i
		next.MergedInto = b.heir(t, id, owner)
		next.Withdrawn = withdrawn(i, nil, x)
		next.assemble(nil, b.cfg)
		next, c := finish(i, next, at, b.cfg)
		o.Steps = append(o.Steps, Step{Incident: &next, Change: c})
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

// contest notes that a report might be of an incident in which it is not.
func (b *Book) contest(report, id string) {
	if !slices.Contains(b.contested[report], id) {
		b.contested[report] = append(b.contested[report], id)
	}
}

// contestAll notes what the readings of a cluster might be of besides.
func (b *Book) contestAll(c *cluster) {
	for k := range c.readings {
		y := &c.readings[k]
		if y.Match == nil {
			continue
		}
		for _, r := range y.Match.Apart {
			if r.Incident != "" && r.mayBe() {
				b.contest(y.Report, r.Incident)
			}
		}
	}
}

// rename gives a cluster that nobody tells of as news the name of its first report, which
// no other can have, and takes it from one that somebody tells of: an incident ends, or
// begins.
func (c *cluster) rename() {
	switch loose := strings.HasPrefix(c.id, looseID); {
	case !c.touched || c.empty():
	case !c.founded():
		c.id = looseID + c.readings[0].Report
	case loose:
		c.id = ""
	}
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
		if n > most && !strings.HasPrefix(c.id, looseID) {
			into, most = c.id, n
		}
	}
	return into
}

// version makes the next version of the incident that a cluster is, if it is
// different from the last.
func (b *Book) version(o *Outcome, r *enrich.Report, t *table, c *cluster, owner map[string]string, named map[string]bool, x *Reading, at time.Time) error {
	if c.id == "" {
		first := &c.readings[0]
		for k := range c.readings {
			if c.readings[k].founds() {
				first = &c.readings[k]
				break
			}
		}
		was, err := b.before(c, named) // it has been before
		if err != nil {
			return err
		}
		if was != nil {
			c.id = was.ID
		}
		for again := 0; c.id == ""; again++ {
			id := newID(first, again)
			if named[id] {
				continue
			}
			if card := b.card(id); card != nil {
				if card.N > 0 {
					continue
				}
				if was, err = b.get(id); err != nil {
					return err
				}
			}
			c.id = id
		}
		named[c.id] = true
		next := Incident{ID: c.id, FirstSeen: firstSeen(r)}
		if was != nil {
			next = *was
			next.MergedInto = ""
		}
		next.Bridged = c.bridged
		next.assemble(c.readings, b.cfg)
		if from := owner[first.Report]; from != "" && !strings.HasPrefix(from, looseID) {
			next.SplitFrom = from
		} else {
			next.Related = links(c, t)
		}
		if was != nil {
			next, change := finish(was, next, at, b.cfg)
			o.Steps = append(o.Steps, Step{&next, change, c.cardFor(&next)})
			return nil
		}
		next, change := begin(next, at, "status.first-report")
		o.Steps = append(o.Steps, Step{&next, change, c.cardFor(&next)})
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
	next.Withdrawn = withdrawn(i, c.readings, x)
	if f := firstSeen(r); next.FirstSeen.IsZero() || !f.IsZero() && f.Before(next.FirstSeen) {
		next.FirstSeen = f
	}
	for k := range c.readings {
		from := owner[c.readings[k].Report]
		if from != "" && from != c.id && !named[from] && !strings.HasPrefix(from, looseID) && !slices.Contains(next.MergedFrom, from) {
			next.MergedFrom = append(slices.Clip(next.MergedFrom), from)
		}
	}
	next.MergedFrom = slices.DeleteFunc(slices.Clone(next.MergedFrom), func(id string) bool { return named[id] })
	next.Bridged = c.bridged
	next.assemble(c.readings, b.cfg)
	if sameReadings(next.Readings, i.Readings) {
		return nil // what came is too old for a story as huge as this
	}
	next, change := finish(i, next, at, b.cfg)
	o.Steps = append(o.Steps, Step{&next, change, c.cardFor(&next)})
	return nil
}

// cardFor is the card of the incident that a cluster is, nil where it has to be made.
func (c *cluster) cardFor(i *Incident) *match.Card {
	if c.card.N != len(i.Readings) || slices.ContainsFunc(c.readings, func(x Reading) bool { return x.Bound != "" }) {
		return nil // some were too many, or are held together
	}
	c.card.ID = i.ID
	for _, w := range i.Withdrawn {
		c.card.Note(w.Article)
	}
	return c.card
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

// before is the incident that one of a cluster's readings founded and that was merged
// into another since: it is that one again. Nil where there is none.
func (b *Book) before(c *cluster, named map[string]bool) (*Incident, error) {
	for k := range c.readings {
		x := &c.readings[k]
		if !x.founds() {
			continue
		}
		id := newID(x, 0)
		if card := b.card(id); card == nil || card.N > 0 || named[id] {
			continue
		}
		i, err := b.get(id)
		if err != nil || i.MergedInto != "" {
			return i, err
		}
	}
	return nil, nil
}

// vacate makes of a cluster of which nothing is left what is kept of it: a report that
// comes late may have been said before its readings were taken back.
func (c *cluster) vacate() bool {
	c.card = match.NewCard("")
	for k := range c.asides {
		if x := &c.asides[k]; x.counts() {
			c.card.Add(x.look())
		}
	}
	if c.card.N == 0 {
		return false
	}
	for k := range c.asides {
		c.card.Last = max(c.card.Last, c.asides[k].until.Unix())
	}
	c.id, c.readings = looseID+c.card.Key, []Reading{}
	return true
}

func sameReadings(a, b []Reading) bool {
	return slices.EqualFunc(a, b, func(x, y Reading) bool {
		return x.Report == y.Report && cmp.Or(x.Relation, Reports) == cmp.Or(y.Relation, Reports) && x.Bound == y.Bound
	})
}

// withdrawn are the articles that tell of an incident no more once it has the given
// readings: another one where a later edition of an article is what came.
func withdrawn(i *Incident, readings []Reading, x *Reading) []Withdrawal {
	if x.Edition < 2 || slices.ContainsFunc(readings, func(y Reading) bool { return y.Article == x.Article }) ||
		!slices.ContainsFunc(i.Readings, func(y Reading) bool { return y.Article == x.Article }) {
		return i.Withdrawn
	}
	return append(slices.Clip(i.Withdrawn), Withdrawal{x.Article, x.Edition})
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
