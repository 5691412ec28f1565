package match

import (
	"maps"
	"slices"
	"time"
)

// Meets tells whether Index.Near finds an incident for a report, for a card that is in
// no index. What is crowded in an index it does not know.
func Meets(p *Probe, c *Card) bool {
	s := p.look()
	if c.N == 0 {
		return false
	}
	if s.text != 0 && slices.Contains(c.texts, s.text) {
		return true
	}
	first, last := s.days()
	dates := c.known().dates
	if len(dates) == 0 || slices.Max(dates) < first || slices.Min(dates) > last ||
		!slices.ContainsFunc(dates, func(d int32) bool { return stretchOf(first) <= stretchOf(d) && stretchOf(d) <= stretchOf(last) }) {
		return false
	}
	for i := range c.spots {
		if s.spot.meets(&c.spots[i].v) {
			return true
		}
	}
	land := c.land()
	abroad := land != 0 && s.spot.country != "" && land != hash(s.spot.country)
	theirs := c.known().marks
	return slices.ContainsFunc(s.marks, func(m mark) bool { return (m.by == byTerm || !abroad) && slices.Contains(theirs, m) })
}

// meets tells whether Near finds an incident at one place for a report at another.
func (s *spot) meets(o *spot) bool {
	if s.settled() && o.settled() {
		return s.surrounds(o) // near a border it may be called another country's
	}
	return s.country != "" && s.country == o.country
}

// knows tells whether a card has all places, tolls and words of its reports: that of an
// incident of very many has not, and that of a closed one.
func (c *Card) knows() bool {
	for m := range c.tolls {
		if len(c.tolls[m]) >= maxTolls {
			return false
		}
	}
	return len(c.outlets) > 0 && len(c.spots) < maxSpots && len(c.places) < maxPlaces && len(c.terms) < maxTerms
}

// days are those on which Near looks for what a report may be of.
func (s *seen) days() (first, last int32) {
	w := s.window
	from, to := w.from-int64(slack/time.Second), w.to+int64(slack/time.Second)
	if s.cue&follows != 0 && (!w.dated || s.cue&(arrest|court|freed|taken) != 0) {
		from -= int64(s.reach() * hour)
	}
	first, last = int32(from/86400), int32(to/86400)
	if last-first > followDays+maxDays {
		first = last - followDays - maxDays
	}
	return first, last
}

// Kin tells whether a report of one incident may be related to another: false only
// where Near finds none of the other, for want of a common place, toll, name or word, or
// where these together cannot outweigh what speaks against it, whenever it was.
func Kin(a, b *Card) bool {
	a.whole()
	b.whole()
	w := weights()
	place := placeUnknown
	named := float32(0)
	near := !a.knows() || !b.knows()
	for i := range a.spots {
		for k := range b.spots {
			s, o := &a.spots[i].v, &b.spots[k].v
			if r := between(s, o); i+k == 0 || r > place {
				place = r
			}
			near = near || s.meets(o)
		}
	}
	for i := range a.places {
		if t := a.places[i].v; slices.ContainsFunc(b.places, func(x counted[term]) bool { return x.v.word == t.word }) {
			named += t.weight
		}
	}
	if named >= 1 && place < placeUnknown {
		place = placeUnknown
	}
	marked := named >= 1
	for m := range a.tolls {
		marked = marked || slices.ContainsFunc(a.tolls[m], func(t counted[int32]) bool { return t.v >= leastToll && b.said(m, int(t.v)) })
	}
	marked = marked || slices.ContainsFunc(a.terms, func(t counted[term]) bool {
		return t.v.weight >= rareFrom && slices.ContainsFunc(b.terms, func(x counted[term]) bool { return x.v.word == t.v.word })
	})
	text := slices.ContainsFunc(a.texts, func(t uint32) bool { return slices.Contains(b.texts, t) })
	if !near && !marked && !text {
		return false // Near finds none for the other
	}
	sum := max(w[fTitleShared], 0)*titles + max(w[fTitlePlace], 0) + w[fBias] + w[fTypeSame] + w[fSubtypeSame] + w[fSiteSame] + w[fTargetSame] + w[fTimeDay] + w[fTimeHour] + w[fPlaceNamed]*min(named, 2) + max(w[fActorSame], 0)
	if f := placeFeature[place]; f < nFeatures {
		sum += w[f]
	}
	if text {
		sum += w[fText]
	}
	tolls := 0
	for m, f := range [measures]Feature{fKilledSame, fInjuredSame, fHeldSame} {
		same := float32(0)
		for i := range a.tolls[m] {
			if n := int(a.tolls[m][i].v); b.said(m, n) {
				same = max(same, bits(n))
			}
		}
		if same > 0 {
			tolls++
		}
		if m == killed {
			same = max(same*w[f], w[fKilledReplaces]*(1+bits(int(max(a.top[m], b.top[m], 0)))/2))
			sum += same
			continue
		}
		sum += same * w[f]
	}
	if tolls > 1 {
		sum += w[fTollPair]
	}
	if sum >= Related || len(a.outlets) == 0 || len(b.outlets) == 0 { // of a closed one few words are known
		return sum+w[fTermsShared]*8+w[fTermsPart] >= Related
	}
	var shared float32
	for i := range a.terms {
		if t := a.terms[i].v; slices.ContainsFunc(b.terms, func(x counted[term]) bool { return x.v.word == t.word }) {
			shared += t.weight
		}
	}
	return sum+w[fTermsShared]*min(shared, 8)+w[fTermsPart]*min(shared/enough, 1) >= Related
}

// After calls each for every incident of which something was said at or after a time
// and that may have to do with a card, each once: what is of one of its countries, or of
// none, or of several; and abroad what is near one of its towns, or has a name or a rare word of its.
// Those of which no report can be of the other are passed over, whatever their words are.
// A card that it is called with is its own only until it returns.
func (x *Index) After(c *Card, from int64, each func(*Card)) {
	var lands []uint32
	for i := range c.spots {
		if s := c.spots[i].v.country; s != "" && !slices.Contains(lands, hash(s)) {
			lands = append(lands, hash(s))
		}
	}
	var slots []uint32
	f := x.begin(from - 1)
	x.since(from, func(slot uint32) {
		if a := &x.about[slot]; a.last >= from && (a.land == 0 || len(lands) == 0 || slices.Contains(lands, a.land)) {
			if f.come(slot) {
				slots = append(slots, slot)
			}
		}
	})
	c.whole()
	if dates := c.dates(); len(dates) > 0 && len(lands) > 0 {
		last := min(slices.Max(dates)+followDays, int32(x.newest/24)+beside) // of later days nobody has told
		for d := stretchOf(slices.Min(dates) - beside); d <= stretchOf(last); d++ {
			for i := range c.spots {
				if s := &c.spots[i].v; s.settled() {
					s.around(func(q uint32) { f.ask(postOf(bySquare, d, q), all, 0, nil) })
				}
			}
			for _, list := range [][]counted[term]{c.places, c.terms} {
				for i := range list {
					if list[i].v.weight == 1 {
						f.ask(postOf(byTerm, d, list[i].v.word), crowded, 0, nil)
						f.ask(postOf(byName, d, list[i].v.word), crowded, 0, nil)
					}
				}
			}
		}
		for _, t := range c.texts {
			f.ask(postOf(byText, 0, t), all, 0, nil)
		}
	}
	slots = slices.DeleteFunc(f.find(slots), func(slot uint32) bool { return !c.scope.meets(&x.about[slot].scope) })
	x.lend(slots, func(o *Card) {
		if o.N > 0 {
			each(o)
		}
	})
}

// since calls each for every incident of which something was last said in the hour of a
// time or later.
func (x *Index) since(from int64, each func(slot uint32)) {
	if hours := x.newest - from/hour; hours >= 0 && hours < int64(len(x.hours)) {
		for h := from / hour; h <= x.newest; h++ {
			for _, slot := range x.hours[h] {
				each(slot)
			}
		}
		return
	}
	for _, h := range slices.Sorted(maps.Keys(x.hours)) {
		if h >= from/hour {
			for _, slot := range x.hours[h] {
				each(slot)
			}
		}
	}
}

// beside is how many days beside an incident's own those of its reports may lie.
const beside = 3

// titles is how much two headlines may share.
const titles = 3

// Trimmed is a card as it is once its incident is closed.
func (c *Card) Trimmed() *Card {
	c.whole()
	d := *c
	d.terms = slices.Clone(c.terms)
	d.Close()
	return &d
}
