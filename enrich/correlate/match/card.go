package match

import (
	"cmp"
	"slices"
	"time"
)

// Card is what matching knows of an incident: the sum of its reports. Make one
// with NewCard and add the probes in the order of their At and Key.
type Card struct {
	ID    string // incident id
	Key   string // of the first report
	First int64  // when the first and the last report were said, Unix seconds
	Last  int64
	N     int // reports

	kinds    []counted[kind]
	windows  []counted[window]
	spots    []counted[spot]
	sites    []counted[string]
	targets  []counted[target]
	tolls    [measures][]counted[int32]
	top      [measures]int32 // the highest toll, -1 for none
	actors   []actor
	terms    []counted[term]
	heads    []uint32        // words of its reports' headlines
	again    int32           // reports that call it another one
	places   []counted[term] // that its reports name
	outlets  []uint32
	texts    []uint32
	articles []uint32
	scope    scope

	derived *derived // nil until it is asked for

	rest rest
}

// counted is something that so many reports say.
type counted[T any] struct {
	v T
	n uint16
}

// Bounds of a card: what a crowd of outlets says of one event is much the same.
const (
	maxKinds    = 6
	maxWindows  = 6
	maxSpots    = 10
	maxSites    = 4
	maxTargets  = 12
	maxTolls    = 16
	maxActors   = 12
	maxTerms    = 96
	maxHeads    = 32
	maxPlaces   = 32
	maxOutlets  = 32
	maxTexts    = 32
	maxArticles = 256
	maxClosed   = 3 // of places, times and tolls, of a closed incident
)

// NewCard is the card of an incident without reports.
func NewCard(id string) *Card {
	return &Card{ID: id, top: [measures]int32{-1, -1, -1}, scope: noScope}
}

// Clone is a card of its own.
func (c *Card) Clone() *Card {
	c.whole()
	d := *c
	if c.derived != nil {
		d.derived = &derived{marks: slices.Clone(c.derived.marks), dates: slices.Clone(c.derived.dates)}
	}
	d.kinds, d.windows, d.spots, d.sites, d.targets = slices.Clone(c.kinds), slices.Clone(c.windows), slices.Clone(c.spots), slices.Clone(c.sites), slices.Clone(c.targets)
	for m := range d.tolls {
		d.tolls[m] = slices.Clone(c.tolls[m])
	}
	d.actors, d.terms, d.places, d.heads = slices.Clone(c.actors), slices.Clone(c.terms), slices.Clone(c.places), slices.Clone(c.heads)
	d.outlets, d.texts, d.articles = slices.Clone(c.outlets), slices.Clone(c.texts), slices.Clone(c.articles)
	return &d
}

// Add takes in a report.
func (c *Card) Add(p *Probe) {
	s := p.look()
	c.whole()
	c.derived = nil
	at := p.At.Unix()
	if c.N == 0 {
		c.Key, c.First, c.Last = p.Key, at, at
	}
	c.First, c.Last = min(c.First, at), max(c.Last, at)
	c.N++
	c.kinds = count(c.kinds, s.kind, maxKinds)
	if s.window.dated && s.cue&memory == 0 {
		c.windows = count(c.windows, s.window, maxWindows)
	}
	if s.spot.level != nowhere {
		c.spots = countFunc(c.spots, s.spot, maxSpots, func(a, b *spot) bool {
			return a.id == b.id && a.names == b.names && a.level == b.level && a.country == b.country
		})
		if s.spot.site != "" {
			c.sites = count(c.sites, s.spot.site, maxSites)
		}
	}
	for t := s.target; t != 0; t &= t - 1 {
		c.targets = count(c.targets, t&-t, maxTargets)
	}
	for m, n := range s.tolls {
		if n >= 0 {
			c.tolls[m] = count(c.tolls[m], int32(min(n, 1<<30)), maxTolls)
			c.top[m] = max(c.top[m], int32(min(n, 1<<30)))
		}
	}
	for _, a := range s.actors {
		if !slices.Contains(c.actors, a) && len(c.actors) < maxActors {
			c.actors = append(c.actors, a)
		}
	}
	if c.N == 1 {
		c.terms = slices.Grow(c.terms, min(len(s.terms), maxTerms))
	}
	for _, t := range s.terms {
		c.terms = countFunc(c.terms, t, 2*maxTerms, func(a, b *term) bool { return a.word == b.word })
	}
	if len(c.terms) > maxTerms {
		byCount(c.terms)
		c.terms = slices.Clip(c.terms[:maxTerms])
	}
	if s.cue&(again|another) != 0 {
		c.again++
	}
	for _, t := range s.heads {
		note(&c.heads, t.word, maxHeads)
	}
	for _, t := range s.places {
		c.places = countFunc(c.places, t, maxPlaces, func(a, b *term) bool { return a.word == b.word })
	}
	note(&c.outlets, s.outlet, maxOutlets)
	if s.text != 0 {
		note(&c.texts, s.text, maxTexts)
	}
	note(&c.articles, s.article, maxArticles)
	c.scope.add(s, at)
}

// Says tells whether an article's report is among those of the card.
func (c *Card) Says(article string) bool {
	c.whole()
	return slices.Contains(c.articles, hash(article))
}

// Shares tells whether two cards may have reports of one article; false is sure.
func (c *Card) Shares(d *Card) bool {
	c.whole()
	d.whole()
	if len(c.articles) == maxArticles || len(d.articles) == maxArticles {
		return true
	}
	return slices.ContainsFunc(c.articles, func(a uint32) bool { return slices.Contains(d.articles, a) })
}

// Killed is the highest number killed that a report gives, -1 for none.
func (c *Card) Killed() int { return int(c.top[killed]) }

// Taken tells whether people were abducted or held hostage.
func (c *Card) Taken() bool { return c.top[held] > 0 }

// Heard is when the incident was last spoken of.
func (c *Card) Heard() time.Time { return time.Unix(c.Last, 0).UTC() }

// byCount sorts words, those that most reports have first. They were in order but for
// what one report has added.
func byCount(list []counted[term]) {
	for i := 1; i < len(list); i++ {
		t := list[i]
		k := i
		for ; k > 0 && (list[k-1].n < t.n || list[k-1].n == t.n && list[k-1].v.word > t.v.word); k-- {
			list[k] = list[k-1]
		}
		list[k] = t
	}
}

func count[T comparable](list []counted[T], v T, most int) []counted[T] {
	return countFunc(list, v, most, func(a, b *T) bool { return *a == *b })
}

func countFunc[T any](list []counted[T], v T, most int, same func(a, b *T) bool) []counted[T] {
	for i := range list {
		if same(&list[i].v, &v) {
			if list[i].n < 1<<16-1 {
				list[i].n++
			}
			return list
		}
	}
	if len(list) < most {
		list = append(list, counted[T]{v, 1})
	}
	return list
}

func note(list *[]uint32, v uint32, most int) {
	if !slices.Contains(*list, v) && len(*list) < most {
		*list = append(*list, v)
	}
}

// window is when it happened: what most reports say, else the time before the
// first report.
func (c *Card) window() window {
	best, most := window{from: c.First - int64(undated/time.Second), to: c.First}, 0
	for i := range c.windows {
		w := &c.windows[i].v
		support := 0
		for k := range c.windows {
			if w.gap(c.windows[k].v) == 0 {
				support += int(c.windows[k].n)
			}
		}
		if support > most || support == most && w.to-w.from < best.to-best.from {
			best, most = *w, support
		}
	}
	return best
}

// Note remembers an article of which the incident has no report any more.
func (c *Card) Note(article string) {
	c.whole()
	note(&c.articles, hash(article), maxArticles)
}

// Kind is the type that most reports give.
func (c *Card) Kind() string { return c.mainKind() }

// Close drops what only open incidents need: what remains finds an incident again
// for a report that goes back to it.
func (c *Card) Close() {
	c.whole()
	c.derived = nil
	slices.SortFunc(c.terms, func(a, b counted[term]) int {
		return cmp.Or(cmp.Compare(b.v.weight, a.v.weight), cmp.Compare(b.n, a.n), cmp.Compare(a.v.word, b.v.word))
	})
	c.terms = slices.Clip(slices.Clone(c.terms[:min(len(c.terms), maxRare)]))
	c.places = slices.Clone(c.places[:min(len(c.places), maxMarked)])
	c.spots = slices.Clone(c.spots[:min(len(c.spots), maxClosed)])
	c.windows = slices.Clone(c.windows[:min(len(c.windows), maxClosed)])
	for m := range c.tolls {
		c.tolls[m] = slices.Clone(c.tolls[m][max(0, len(c.tolls[m])-maxClosed):])
	}
	c.outlets, c.texts, c.heads = nil, nil, nil
}
