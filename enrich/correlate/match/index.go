package match

import (
	"cmp"
	"slices"
	"time"
)

// Index finds the incidents that a report may be of.
type Index struct {
	cards map[string]*Card
	posts map[post][]*Card
}

// NewIndex is one without incidents.
func NewIndex() *Index { return &Index{cards: map[string]*Card{}, posts: map[post][]*Card{}} }

// post is what a report and an incident must share: one value of one kind, in most
// kinds on one day.
type post struct {
	by   byte
	day  int32 // since 1970; 0 where the kind knows no days
	what uint32
}

// The kinds of posts.
const (
	byCountry = iota // and day
	bySquare         // half a degree of latitude and longitude, and day: borders, and towns ascribed to two countries
	byToll           // and day: where one of them has no country
	byText           // family of texts
	byTerm           // a rare word, and day: where one of them has no country
	byArticle        // an article that it has a report of
	bySaid           // country, and a day on which a report of it was published
)

const (
	// slack is how far the days of a report may be from those of its incident: a
	// report may be of the day after, an expression of two days.
	slack = 36 * time.Hour
	// maxDays bounds the days that a span is looked for in; of a longer one its end.
	maxDays = 10
	// crowded is from how many incidents on a post tells nothing.
	crowded = 400
)

func days(from, to int64) (first, last int32) {
	first, last = int32(from/86400), int32(to/86400)
	if last-first >= maxDays {
		first = last - maxDays + 1
	}
	return first, last
}

// Len is how many incidents there are.
func (x *Index) Len() int { return len(x.cards) }

// Card returns an incident's card, nil where there is none.
func (x *Index) Card(id string) *Card { return x.cards[id] }

// Put takes in an incident's card, in the place of the one before.
func (x *Index) Put(c *Card) {
	x.Remove(c.ID)
	x.cards[c.ID] = c
	for _, p := range c.posts() {
		x.posts[p] = append(x.posts[p], c)
	}
}

// Remove forgets an incident.
func (x *Index) Remove(id string) {
	c := x.cards[id]
	if c == nil {
		return
	}
	delete(x.cards, id)
	for _, p := range c.posts() {
		list := x.posts[p]
		if at := slices.Index(list, c); at >= 0 {
			list[at] = list[len(list)-1]
			list[len(list)-1] = nil
			list = list[:len(list)-1]
		}
		if len(list) == 0 {
			delete(x.posts, p)
		} else {
			x.posts[p] = list
		}
	}
}

// All calls each for every incident, until it returns false.
func (x *Index) All(each func(*Card) bool) {
	for _, c := range x.cards {
		if !each(c) {
			return
		}
	}
}

// posts are where an incident is found.
func (c *Card) posts() []post {
	out := make([]post, 0, 32)
	if c.N == 0 { // found by its articles alone
		for _, a := range c.articles {
			out = append(out, post{byArticle, 0, a})
		}
		return out
	}
	add := func(p post) {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	marks := c.marks()
	for _, d := range c.dates() {
		for i := range c.spots {
			s := &c.spots[i].v
			if s.country != "" {
				add(post{byCountry, d, hash(s.country)})
			}
			if s.located && s.level == inTown {
				add(post{bySquare, d, square(s.lat, s.lon)})
			}
		}
		for _, m := range marks {
			add(post{m.by, d, m.what})
		}
	}
	for i := range c.spots {
		if s := &c.spots[i].v; s.country != "" {
			for _, d := range c.days {
				add(post{bySaid, d, hash(s.country)})
			}
		}
	}
	for _, t := range c.texts {
		out = append(out, post{byText, 0, t})
	}
	for _, a := range c.articles {
		out = append(out, post{byArticle, 0, a})
	}
	return out
}

// Of are the incidents that have a report of an article, and perhaps, though
// hardly ever, others.
func (x *Index) Of(article string) []*Card { return x.posts[post{byArticle, 0, hash(article)}] }

func square(lat, lon float32) uint32 {
	return uint32(int32((lat+90)*2))<<16 | uint32(int32((lon+180)*2))
}

// Near calls each for every incident that a report may be of, each once.
func (x *Index) Near(p *Probe, each func(*Card)) {
	s := p.look()
	seen := map[*Card]bool{}
	visit := func(q post, most int) {
		list := x.posts[q]
		if len(list) > most {
			return
		}
		for _, c := range list {
			if !seen[c] {
				seen[c] = true
				each(c)
			}
		}
	}
	if s.text != 0 {
		visit(post{byText, 0, s.text}, 1<<30)
	}
	w := s.window
	from, to := w.from-int64(slack/time.Second), w.to+int64(slack/time.Second)
	if s.cue&follows != 0 && (!w.dated || s.cue&(arrest|court|freed|taken) != 0) {
		from -= int64(s.reach() * hour)
	}
	marks := s.marks()
	first, last := int32(from/86400), int32(to/86400)
	if last-first > followDays+maxDays {
		first = last - followDays - maxDays
	}
	for d := first; d <= last; d++ {
		if s.spot.country != "" {
			visit(post{byCountry, d, hash(s.spot.country)}, 1<<30)
		}
		if s.spot.located && s.spot.level == inTown {
			for _, dy := range []float32{-.5, 0, .5} {
				for _, dx := range []float32{-.5, 0, .5} {
					visit(post{bySquare, d, square(s.spot.lat+dy, s.spot.lon+dx)}, 1<<30)
				}
			}
		}
		for _, m := range marks {
			visit(post{m.by, d, m.what}, crowded)
		}
	}
}

// followDays is how many days after an incident what follows it is looked for by
// its place alone.
const followDays = 60

// Later calls each for every incident of a card's countries of which something was
// said at or after a time, each once: of those that its post says to be crowded,
// none. It looks no further ahead than what follows an incident is looked for.
func (x *Index) Later(c *Card, from, to int64, each func(*Card)) {
	seen := map[*Card]bool{c: true}
	first := int32(from / 86400)
	last := min(int32(to/86400), first+followDays)
	for i := range c.spots {
		country := c.spots[i].v.country
		if country == "" {
			continue
		}
		for d := first; d <= last; d++ {
			list := x.posts[post{bySaid, d, hash(country)}]
			if len(list) > crowded {
				continue
			}
			for _, o := range list {
				if !seen[o] && o.Last > from {
					seen[o] = true
					each(o)
				}
			}
		}
	}
}

// mark is what a report and an incident of which one has no place, or another
// country, must share: a toll, a name, a rare word.
type mark struct {
	by   byte
	what uint32
}

// Bounds of marks.
const (
	leastToll = 3  // a lower one tells nothing
	rareFrom  = .9 // weight of a word from which on it tells something
	maxRare   = 8  // words of an incident: those that most reports have
	maxMarked = 6  // places of an incident
)

func tollMark(m, n int) mark { return mark{byToll, uint32(m)<<24 ^ uint32(n)} }

// marks are those of an incident.
func (c *Card) marks() []mark {
	var out []mark
	for m := range c.tolls {
		for _, t := range c.tolls[m] {
			if t.v >= leastToll {
				out = append(out, tollMark(m, int(t.v)))
			}
		}
	}
	n := 0
	for i := range c.places {
		if c.places[i].v.weight == 1 && n < maxMarked {
			out = append(out, mark{byTerm, c.places[i].v.word})
			n++
		}
	}
	var rare []counted[term]
	for i := range c.terms {
		if c.terms[i].v.weight >= rareFrom {
			rare = append(rare, c.terms[i])
		}
	}
	slices.SortFunc(rare, func(a, b counted[term]) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.v.word, b.v.word)) })
	for _, t := range rare[:min(len(rare), maxRare)] {
		out = append(out, mark{byTerm, t.v.word})
	}
	return out
}

// marks are those of a report.
func (s *seen) marks() []mark {
	var out []mark
	for m, n := range s.tolls {
		if n >= leastToll {
			out = append(out, tollMark(m, n))
		}
	}
	for _, t := range s.places {
		if t.weight == 1 {
			out = append(out, mark{byTerm, t.word})
		}
	}
	for _, t := range s.terms {
		if t.weight >= rareFrom {
			out = append(out, mark{byTerm, t.word})
		}
	}
	return out
}

// meet tells whether a report and an incident are found together by what they share
// beside a country and a spot.
func meet(s *seen, c *Card) bool {
	theirs := c.marks()
	return slices.ContainsFunc(s.marks(), func(m mark) bool { return slices.Contains(theirs, m) })
}

// dates are the days that an incident is found on: those of every window that Compare
// may take for its own, and, where none is dated, all on which it was told of.
func (c *Card) dates() []int32 {
	spans := []window{c.window()}
	for i := range c.windows {
		if int(c.windows[i].n)*3 >= c.N {
			spans = append(spans, c.windows[i].v)
		}
	}
	if len(c.windows) == 0 {
		spans = append(spans, window{from: c.First, to: c.Last})
	}
	var out []int32
	for _, w := range spans {
		first, last := days(w.from, w.to)
		for d := first; d <= last; d++ {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}
