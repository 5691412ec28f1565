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

// table is where readings are put into clusters, each cluster an event. Readings
// must be put in the order in which they were said: then what comes of them does
// not depend on the order in which they came.
type table struct {
	clusters []*cluster
	// takes tells whether what is told of an event still takes a reading, by the time
	// between them; nil where all do.
	takes func(*cluster, *Reading) bool
	later []func() // what is to be noted of decisions once the clusters have names
}

// cluster is what is told of one event: an incident, or, while nobody has told of
// it as news, what may become one.
type cluster struct {
	id       string // as it was before; "" for a new one
	card     *match.Card
	readings []Reading // in order
	asides   []Reading // that only mention it, and those that a later edition has replaced
	lazy     func() error
	touched  bool
	told     bool      // something was told of it
	into     *cluster  // that it became part of
	bridged  time.Time // when two last became one in it; zero where it was one from the start
}

// now is the cluster that a cluster has become part of, or itself.
func (c *cluster) now() *cluster {
	for c.into != nil {
		c = c.into
	}
	return c
}

// load brings in the readings of a cluster that was taken up without them.
func (c *cluster) load() error {
	if c.lazy == nil {
		return nil
	}
	err := c.lazy()
	if err == nil {
		c.lazy = nil
	}
	return err
}

// founded tells whether somebody has told of it as news.
func (c *cluster) founded() bool {
	if c.lazy != nil {
		return !strings.HasPrefix(c.id, looseID)
	}
	return slices.ContainsFunc(c.readings, func(x Reading) bool { return x.founds() })
}

func (c *cluster) add(x Reading) {
	c.touched = true
	c.card.Add(x.look())
	c.readings = append(c.readings, x)
}

// rebuild makes the card anew, after readings were moved or taken out.
func (c *cluster) rebuild() {
	sortReadings(c.readings)
	c.card = match.NewCard(c.card.ID)
	for k := range c.readings {
		c.card.Add(c.readings[k].look())
	}
}

// founds tells whether a reading alone is an incident. Sequels, denials and sums
// are of one that others tell of.
func (x *Reading) founds() bool {
	switch {
	case x.Bound != "":
		return true // an operator says so
	case x.Role == enrich.Background, x.denies(), x.Type == "judicial", x.sums():
		return false
	case x.Place == nil:
		return false // of all the world's incidents it may be any: it waits for one that says where
	case x.cue(enrich.CueMemory) && len(x.About) > 0 && !x.dated():
		return false
	case x.Role == enrich.Other && len(x.Totals) == 0 && !x.dated():
		return false // "… over the attacks in Bwera and Bundibugyo": of what others told
	}
	return true
}

func (x *Reading) dated() bool { return x.Occurred != nil && x.Occurred.Earliest != nil }

// sums tells whether a reading tells of a span of time and of no town: of many
// incidents, and of no one.
func (x *Reading) sums() bool {
	return x.dated() && x.Occurred.Latest != nil && x.Occurred.Latest.Sub(*x.Occurred.Earliest) > 10*24*time.Hour && (x.Place == nil || !closely(x.Place))
}

const (
	// alive is how long after an incident an article that tells of nothing else, and
	// of it as of the past, still belongs to its story; longAlive, where it has news of
	// it all the same: somebody was held, or freed, or died since.
	alive     = 156 * time.Hour // a week, but for what appears on its seventh day
	longAlive = 60 * 24 * time.Hour
	// aside is how long after its first report an incident is news beside another: it is in
	// the next morning's papers.
	aside = 36 * time.Hour
)

// mentions tells whether a reading that fits an incident only mentions it.
func (x *Reading) mentions(c *match.Card) bool {
	age := x.At.Unix() - c.First
	switch {
	case x.Passing:
		return true
	case x.Role == enrich.Background && !x.denies():
		most := alive
		n, ok := x.Totals[enrich.Killed].Number()
		if !x.cue(enrich.CueMemory) && (c.Taken() || x.goesOn() || ok && n > c.Killed()) {
			most = longAlive // who is remembered within a week is mourned, later looked back at
		}
		return age > int64(most/time.Second) || age < 0
	case x.sums() && !x.ofSequel(): // an arrest over "the kidnapping in April" is of one
		return true
	case x.Second && !x.cue(enrich.CueEntry) && !x.goesOn():
		// Told of beside the news, with nothing new, when it is news no longer.
		n, ok := x.Totals[enrich.Killed].Number()
		return age > int64(aside/time.Second) && !(ok && n > c.Killed())
	}
	return false
}

// goesOn tells whether a reading has news of an older incident.
func (x *Reading) goesOn() bool {
	return x.cue(enrich.CueArrest) || x.cue(enrich.CueCharged) || x.cue(enrich.CueCourt) || x.cue(enrich.CueFreed) || x.cue(enrich.CueCleared) || x.cue(enrich.CueClaim)
}

// placed is what became of a reading.
type placed struct {
	in       *cluster // nil where it is of none
	relation Relation
	decision Decision
}

// put finds the cluster of a reading. The last one of a later edition, and an edition
// that tells of nothing, take back what earlier ones said.
func (t *table) put(x Reading) (placed, error) {
	if x.Role == enrich.Withdrawn {
		return placed{}, t.takeBack(&x)
	}
	p, err := t.find(x)
	if err == nil && x.Edition > 1 && x.Ordinal >= x.Of-1 {
		err = t.takeBack(&x)
	}
	return p, err
}

// takeBack puts aside what earlier editions of a reading's article said and no later
// one has replaced.
func (t *table) takeBack(x *Reading) error {
	noted := x.Role != enrich.Withdrawn // else it is kept with what it took back
	for _, c := range t.clusters {
		if !c.card.Says(x.Article) {
			continue
		}
		if err := c.load(); err != nil {
			return err
		}
		n := len(c.asides)
		c.readings = slices.DeleteFunc(c.readings, func(old Reading) bool {
			gone := old.Article == x.Article && old.Edition < x.Edition
			if gone {
				old.until = x.At
				c.asides = append(c.asides, old)
			}
			return gone
		})
		if len(c.asides) == n {
			continue
		}
		if !noted {
			c.asides, noted = append(c.asides, *x), true
		}
		c.touched = true
		c.rebuild()
	}
	for _, c := range t.clusters {
		// It takes back what only mentions something, too: that may be more one day.
		if !noted && slices.ContainsFunc(c.asides, func(y Reading) bool { return y.Article == x.Article }) {
			c.asides, noted, c.touched = append(c.asides, *x), true, true
			return c.load()
		}
	}
	return nil
}

// find finds the cluster of a reading that says something, and puts it there.
func (t *table) find(x Reading) (placed, error) {
	if c := t.edition(&x); c != nil {
		if err := c.load(); err != nil {
			return placed{}, err
		}
		return t.replace(c, x), nil
	}
	fit := t.fit(&x)
	var best *cluster
	switch {
	case x.Bound != "":
		for _, c := range t.clusters {
			if err := c.load(); err != nil {
				return placed{}, err
			}
		}
		best = t.bound(x.Bound)
		if best == nil && len(fit) > 0 && fit[0].score >= match.Merge && !slices.ContainsFunc(fit[0].of.readings, func(y Reading) bool { return y.Bound != "" }) {
			best = fit[0].of // said before it, and come after the order
		}
		if best == nil {
			best = t.begin()
			best.id = x.Bound
		}
		if x.Match == nil || x.Match.By != "operator" {
			x.Match = &Decision{By: "operator"}
		}
	case len(fit) > 0 && fit[0].score >= match.Merge:
		toldFirst(&x, fit)
		best = fit[0].of
		x.Match = t.decision("score", fit)
		if x.mentions(best.card) {
			x.Relation = Recalls
			best.asides = append(best.asides, x)
			return placed{best, Recalls, *x.Match}, nil
		}
	case x.Role == enrich.Background && x.Passing:
		return placed{relation: Recalls, decision: *t.decision("none", fit)}, nil
	default:
		x.Match = t.decision("founded", fit)
		if !x.founds() {
			x.Match.By = "none"
			if x.Place == nil {
				x.Match.By = "placeless"
			}
		}
		best = t.begin()
	}
	x.Relation = relationOf(&x, best)
	// Before it is added: an article that tells of two events makes each look like
	// the other.
	var same []*cluster
	if len(best.readings) > 0 || best.lazy != nil {
		for _, f := range fit {
			if f.of == best || f.score < match.Merge || x.cue(enrich.CueJoint) {
				continue
			}
			if err := cmp.Or(best.load(), f.of.load()); err != nil {
				return placed{}, err
			}
			if one(best, f.of) {
				same = append(same, f.of)
			}
		}
	}
	if err := best.load(); err != nil {
		return placed{}, err
	}
	if slices.ContainsFunc(best.readings, func(old Reading) bool { return old.Article == x.Article && old.Edition < x.Edition }) {
		return t.replace(best, x), nil // of a closed incident, whose card has no articles
	}
	best.add(x)
	for _, other := range same {
		if !heldApart(best, other) { // which the one before may have made so
			best = t.merge(best, other, x.At)
		}
	}
	return placed{best, x.Relation, *x.Match}, nil
}

// prefers tells whether a reading goes to one cluster rather than to another however much
// likelier that is: where it tells of nothing as news, to what somebody has told of as news.
// An arrest is over a deed that is known.
func (x *Reading) prefers(a, b *cluster) bool {
	return !x.founds() && a.founded() && !b.founded()
}

// toldFirst puts the likeliest cluster that a reading prefers before the likeliest one.
func toldFirst(x *Reading, fit []scored) {
	k := slices.IndexFunc(fit, func(s scored) bool { return s.score >= match.Merge && x.prefers(s.of, fit[0].of) })
	if k > 0 {
		s := fit[k]
		copy(fit[1:k+1], fit[:k])
		fit[0] = s
	}
}

func (t *table) begin() *cluster {
	c := &cluster{card: match.NewCard(""), touched: true}
	t.clusters = append(t.clusters, c)
	return c
}

func (t *table) bound(id string) *cluster {
	for _, c := range t.clusters {
		if c.id == id || slices.ContainsFunc(c.readings, func(y Reading) bool { return y.Bound == id }) {
			return c
		}
	}
	return nil
}

// fit are the clusters that a reading may be of or have to do with, the likeliest
// first.
func (t *table) fit(x *Reading) []scored {
	var out []scored
	for _, c := range t.clusters {
		// An article that tells two incidents apart is believed.
		if v, s, ok := t.fits(x, c); ok && !c.card.Says(x.Article) {
			out = append(out, scored{c, s, v})
		}
	}
	slices.SortFunc(out, likelier)
	return out[:min(len(out), maxNear)]
}

// fits tells whether a reading may be of what a cluster tells of, or have to do with
// it, as Index.Near and the book's ages would have it.
func (t *table) fits(x *Reading, c *cluster) (v match.Values, score float64, ok bool) {
	if !match.Meets(x.look(), c.card) || t.takes != nil && !t.takes(c, x) {
		return v, 0, false
	}
	v = match.Compare(x.look(), c.card)
	score = v.Score()
	return v, score, score >= match.Related
}

// merge makes one of two clusters; the one whose first report is older stays.
func (t *table) merge(a, b *cluster, at time.Time) *cluster {
	switch {
	case a.holds() != b.holds():
		if b.holds() {
			a, b = b, a // what an operator holds readings to keeps its name
		}
	case older(b, a):
		a, b = b, a
	}
	t.clusters = slices.DeleteFunc(t.clusters, func(c *cluster) bool { return c == b })
	a.touched, b.into = true, a
	a.bridged = slices.MaxFunc([]time.Time{a.bridged, b.bridged, at}, time.Time.Compare)
	if b.told && !a.told && !a.holds() { // it goes by the name that is known
		a.id, b.id, a.told = b.id, a.id, true
	}
	a.readings = append(a.readings, b.readings...)
	a.asides = append(a.asides, b.asides...)
	a.rebuild()
	return a
}

// edition finds the cluster that an earlier edition of a reading's article is in,
// if this reading goes on from it; nil where it does not.
func (t *table) edition(x *Reading) *cluster {
	if x.Bound != "" {
		return nil
	}
	var best *cluster
	most := 0
	for _, c := range t.clusters {
		if !c.card.Says(x.Article) || c.load() != nil {
			continue
		}
		for k := range c.readings {
			old := &c.readings[k]
			if old.Article != x.Article || old.Edition == x.Edition && old.origin.ContentSHA256 == x.origin.ContentSHA256 {
				continue // another report of the same text: it speaks of another incident
			}
			// The only report of an edition is of the same incident, whatever it
			// corrects; one of several must fit it.
			fits := match.Fits(x.look(), old.look())
			if x.Of > 1 && (!fits || old.Ordinal != x.Ordinal && enrich.Family(old.Type) != enrich.Family(x.Type) && specificity(old.Type) == 2 && specificity(x.Type) == 2) {
				continue
			}
			score := 1
			if old.Ordinal == x.Ordinal {
				score++
			}
			if fits {
				score += 2
			}
			if score > most || score == most && older(c, best) {
				best, most = c, score
			}
		}
	}
	return best
}

func older(a, b *cluster) bool {
	return cmp.Or(cmp.Compare(a.card.First, b.card.First), strings.Compare(a.card.Key, b.card.Key)) < 0
}

// replace puts a reading into the cluster in the place of what earlier editions of
// its article said. Those are kept aside: a late report may make it necessary to
// find its way again.
func (t *table) replace(c *cluster, x Reading) placed {
	x.Match = &Decision{By: "edition"}
	x.Relation = relationOf(&x, c)
	c.readings = slices.DeleteFunc(c.readings, func(old Reading) bool {
		gone := old.Article == x.Article && (old.Edition != x.Edition || old.origin.ContentSHA256 != x.origin.ContentSHA256 || old.Ordinal == x.Ordinal)
		if gone {
			x.Bound = cmp.Or(x.Bound, old.Bound)
			old.until = x.At
			c.asides = append(c.asides, old)
		}
		return gone
	})
	c.readings = append(c.readings, x)
	c.touched = true
	c.rebuild()
	return placed{c, x.Relation, *x.Match}
}

// Log-odds by which two clusters are one on the whole, and below which one reading
// alone keeps them apart.
const (
	bridgeAt    = 0.8
	bridgeNever = -1.5
)

// holds tells whether an operator holds readings to it.
func (c *cluster) holds() bool {
	return slices.ContainsFunc(c.readings, func(x Reading) bool { return x.Bound != "" && x.Bound == c.id })
}

// one tells whether two clusters are of one event: the readings of the smaller one
// fit the larger one, and none of them speaks against it.
func one(a, b *cluster) bool {
	if len(a.readings) > len(b.readings) {
		a, b = b, a
	}
	if heldApart(a, b) {
		return false
	}
	sum := 0.0
	for k := range a.readings {
		s := match.Weigh(a.readings[k].look(), b.card)
		if s < bridgeNever {
			return false
		}
		sum += s
	}
	return sum/float64(max(1, len(a.readings))) >= bridgeAt
}

// heldApart tells whether two clusters cannot be one: an operator, or an article,
// tells them apart.
func heldApart(a, b *cluster) bool {
	held := func(y Reading) bool { return y.Bound != "" }
	if !a.card.Shares(b.card) && !(slices.ContainsFunc(a.readings, held) && slices.ContainsFunc(b.readings, held)) {
		return false
	}
	for k := range a.readings {
		x := &a.readings[k]
		if slices.ContainsFunc(b.readings, func(y Reading) bool {
			return x.Bound != "" && y.Bound != "" && y.Bound != x.Bound || y.Article == x.Article && y.Edition == x.Edition
		}) {
			return true
		}
	}
	return false
}

// relationOf tells whether a report tells of an incident, or of what came after.
func relationOf(x *Reading, c *cluster) Relation {
	if c.card.N == 0 || x.At.Unix()-c.card.First < int64(3*time.Hour/time.Second) {
		return Reports
	}
	cues := []string{enrich.CueArrest, enrich.CueCharged, enrich.CueCleared}
	if enrich.Family(x.Type) == "abduction" || c.card.Taken() {
		cues = append(cues, enrich.CueFreed)
	}
	_, told := x.Totals[enrich.Killed].Number()
	for _, cue := range cues {
		if x.Type == "arrest" || x.Type == "judicial" || x.headline(cue) || x.cue(cue) && !told {
			return FollowsUp
		}
	}
	return Reports
}

// scored is a cluster beside a reading.
type scored struct {
	of    *cluster
	score float64
	v     match.Values // what made the score
}

func likelier(a, b scored) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.of.card.Last, a.of.card.Last), strings.Compare(a.of.card.Key, b.of.card.Key))
}

// maxRivals is how many incidents a decision names.
const maxRivals = 2

func (t *table) decision(by string, fit []scored) *Decision {
	d := &Decision{By: by}
	rivals := fit
	if by == "score" {
		d.Score, d.Reasons = round(fit[0].score), fit[0].v.Reasons()
		rivals = fit[1:]
	}
	rivals = rivals[:min(len(rivals), maxRivals)]
	d.Apart = slices.Grow(d.Apart, len(rivals)) // of which addresses are kept
	for _, s := range rivals {
		d.Apart = append(d.Apart, Rival{Incident: s.of.id, Score: round(s.score), Reasons: s.v.Reasons()})
		if r := &d.Apart[len(d.Apart)-1]; s.of.id == "" {
			t.later = append(t.later, func() { r.Incident = s.of.now().id })
		}
	}
	return d
}

func round(f float64) float64 {
	if f < 0 {
		return -round(-f)
	}
	return float64(int64(f*100+.5)) / 100
}

// name gives each cluster the incident that it is now: of those that its readings
// were of, one that was told of before others, of these the one that has most of them
// there; of equals the older one. Clusters
// that are none of the old ones stay without a name.
func (t *table) name(owner map[string]string, told func(string) bool) {
	type claim struct {
		c  *cluster
		id string
		n  int // and some more for one that was told
	}
	var claims []claim
	for _, c := range t.clusters {
		if len(c.readings) == 0 {
			continue
		}
		founded := c.founded()
		votes := map[string]int{}
		for _, list := range [][]Reading{c.readings, c.asides} { // replaced ones have a voice
			for k := range list {
				x := &list[k]
				if id := owner[x.Report]; id != "" && (founded || strings.HasPrefix(id, looseID)) {
					votes[id]++
					if x.Bound == id {
						votes[id] += 2 * maxGrouped
					}
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(votes)) {
			if told != nil && told(id) {
				votes[id] += maxGrouped
			}
			claims = append(claims, claim{c, id, votes[id]})
		}
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Or(cmp.Compare(b.n, a.n), strings.Compare(a.id, b.id)) })
	taken := map[string]bool{}
	for _, c := range t.clusters {
		c.id = ""
	}
	for _, cl := range claims {
		if cl.c.id == "" && !taken[cl.id] {
			cl.c.id, taken[cl.id] = cl.id, true
		}
	}
}
