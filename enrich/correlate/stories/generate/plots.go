package main

import (
	"fmt"
	"strings"
	"time"
)

// plot writes the articles of a story.
type plot struct {
	name      string
	about     string // {town} is filled in, {what} is the method's noun
	phenomena string
	write     func(s *story, method string, t *town)
}

// instance is a story to be made.
type instance struct {
	plot   string
	method string
	town   string
}

// instances are the stories, in order of their beginning. Methods are such as
// happen in that part of the world.
var instances = []instance{
	{"rise", "bomb", "Kirkuk"},
	{"village", "raid", "Bamenda"},
	{"killing", "killing", "Machala"},
	{"sky", "drone", "Zaporizhzhia"},
	{"scare", "scare", "Lille"},
	{"kidnap", "kidnap", "Tillaberi"},
	{"correction", "carbomb", "Herat"},
	{"twodays", "shooting", "Celaya"},
	{"turn", "blast", "Sukkur"},
	{"capital", "grenade", "Bamako"},
	{"stabbing", "stabbing", "Mannheim"},
	{"editions", "suicide", "Baidoa"},
	{"foiled", "plot", "Makassar"},
	{"moved", "ambush", "Djibo"},
	{"lower", "airstrike", "El Obeid"},
	{"village", "raid", "Beni"},
	{"hostage", "hostage", "Cucuta"},
	{"roundup", "roadside", "Baquba"},
	{"rise", "suicide", "Mardan"},
	{"accident", "blast", "Odesa"},
	{"founding", "grenade", "General Santos"},
	{"sky", "shelling", "Lashio"},
	{"capital", "shooting", "N'Djamena"},
	{"killing", "killing", "Culiacan"},
	{"correction", "raid", "Katsina"},
	{"kidnap", "kidnap", "Kaya"},
	{"twodays", "roadside", "Manbij"},
	{"stabbing", "stabbing", "Malmo"},
	{"editions", "airstrike", "Sittwe"},
	{"turn", "blast", "Basra"},
	{"foiled", "plot", "Diyarbakir"},
	{"court", "shooting", "Belfast"},
	{"lower", "missile", "Mykolaiv"},
	{"village", "raid", "Popayan"},
	{"rise", "carbomb", "Beledweyne"},
	{"hostage", "hostage", "Benghazi"},
	{"moved", "bomb", "Turbat"},
	{"roundup", "shooting", "Esmeraldas"},
	{"capital", "bomb", "Dhaka"},
	{"accident", "blast", "Lashkar Gah"},
	{"scare", "scare", "Thessaloniki"},
	{"sky", "drone", "El Fasher"},
	{"founding", "ambush", "Imphal"},
	{"court", "bomb", "Kasserine"},
	{"rise", "bomb", "Deir ez-Zor"},
	{"editions", "raid", "Pemba"},
	{"twodays", "grenade", "Bunia"},
	{"kidnap", "kidnap", "Gonaives"},
	{"retracted", "ambush", "Bentiu"},
	{"retracted", "shooting", "Reynosa"},
}

func hours(h float64) time.Duration { return time.Duration(h*60) * time.Minute }
func days(d float64) time.Duration  { return hours(24 * d) }

// big is a number of dead that is told after n, small one that is not.
func (s *story) big(n int) int   { return n + max(1, quarter(n)) + s.r.n(2+n/4) }
func (s *story) small(n int) int { return n + min(s.r.between(1, 2), max(0, quarter(n)-1)) }

// vaguely is how an outlet that gives no numbers tells of n dead.
func vaguely(n int) toll {
	switch {
	case n > 20:
		return toll{killed: scores()}
	case n > 12:
		return toll{killed: dozens()}
	}
	return toll{killed: atLeast(n)}
}

// others are free towns of the same country.
func (s *story) others(t *town, n int) []*town {
	var out []*town
	for _, o := range s.w.ordered {
		if o.country == t.country && o.name != t.name && o.name != t.nearby && !o.capital && s.w.free(o, s.start) && len(out) < n {
			out = append(out, o)
		}
	}
	return out
}

// second picks another way of doing harm than method, one that is done there.
func (s *story) second(method string, t *town) string {
	lists := map[string][]string{
		"war":   {"bomb", "roadside", "shooting", "grenade", "ambush"},
		"crime": {"shooting", "grenade", "killing"},
		"front": {"shelling", "drone", "missile"},
		"calm":  {"stabbing", "shooting"},
	}
	kind := "war"
	switch t.country.code {
	case "MX", "EC", "CO", "HT", "KE", "BD", "ID", "PH", "TN":
		kind = "crime"
	case "UA", "RU":
		kind = "front"
	case "FR", "DE", "GB", "SE", "GR":
		kind = "calm"
	}
	for {
		if m := pick(s.r, lists[kind]); m != method {
			return m
		}
	}
}

var plots = []plot{
	{"rise", "{What} in {town}: the number of dead rises over the day, outlets print one agency's text, a slow one an old number; another attack next day.",
		"toll-rise, agency-copies, old-toll-outlet, late-arrival, edition, next-day-same-city, opinion-none",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(3, 6)
			k2 := s.big(k1)
			k3 := s.big(k2)
			j1 := s.r.between(9, 16)
			j2, j3 := j1+s.r.between(2, 4), j1+s.r.between(7, 24)
			first := s.tell(plan{i: a, beat: "first", by: wire, after: hours(0.6), t: dead(k1, j1).loosely()})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.9), t: dead(k1, j1)})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(1.2), t: dead(k1, j1).killedOnly()})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(2.5), t: dead(k2, j2), prev: exactly(k1)})
			copyOf := s.tell(plan{i: a, beat: "first", by: agency1, after: hours(3), t: dead(k2, j2)})
			s.copied(copyOf, plan{i: a, beat: "first", by: agency2, after: hours(4.1), t: dead(k2, j2)})
			s.tell(plan{i: a, beat: "first", by: digits, after: hours(4.6), t: dead(s.small(k2), j2)})
			s.tell(plan{i: a, beat: "first", by: slow, after: hours(1.1), late: hours(7), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "toll", by: wire, after: hours(8), t: dead(k3, j3), prev: exactly(k2), edition: first})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(9), t: dead(k3, j3)})
			s.tell(plan{i: a, beat: "reaction", by: feed, after: hours(13), t: dead(k3, -1)})
			if a.group != "" {
				s.tell(plan{i: a, beat: "claim", by: national, after: hours(17), t: dead(k3, -1)})
			}
			b := s.incident(s.second(method, t), t, hours(24+float64(s.r.n(5))))
			bk := s.r.between(1, 4)
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.7), t: dead(bk, s.r.between(1, 6)), then: a, thenToll: dead(k3, -1)})
			s.tell(plan{i: b, beat: "first", by: radio, after: hours(1.4), t: dead(bk, -1)})
			s.nothing(national, t, days(2.2))
			s.tell(plan{i: a, beat: "memory", by: far, after: days(7.1), t: dead(k3, -1)})
		}},
	{"correction", "{What} in {town}: a first toll that was counted too high is corrected, and one outlet goes on printing the old number.",
		"toll-rise, correction, old-toll-outlet, agency-copies, numbers-in-words, reaction",
		func(s *story, method string, t *town) {
			s.corrections = 1
			a := s.incident(method, t, 0)
			k1 := s.r.between(5, 9)
			k2 := k1 + s.r.between(7, 14)
			low := k2 - max(3, k2/4)
			j1 := s.r.between(11, 18)
			s.tell(plan{i: a, beat: "first", by: national, after: hours(0.7), t: dead(k1, j1)})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(1), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "first", by: spelt, after: hours(2), t: dead(k1, j1).loosely(), noInjured: true})
			s.tell(plan{i: a, beat: "toll", by: wire, after: hours(3), t: dead(k2, j1+3), prev: exactly(k1)})
			c := s.tell(plan{i: a, beat: "first", by: agency2, after: hours(4), t: dead(k2, j1+3)})
			s.copied(c, plan{i: a, beat: "first", by: agency1, after: hours(4.4), t: dead(k2, j1+3)})
			s.tell(plan{i: a, beat: "reaction", by: tv, after: hours(7), t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "correction", by: wire, after: hours(11), t: dead(low, -1), prev: exactly(k2)})
			s.tell(plan{i: a, beat: "first", by: digits, after: hours(12), t: dead(low, j1+3)})
			s.tell(plan{i: a, beat: "scene", by: slow, after: hours(15), t: dead(k2, -1), late: hours(3)})
			s.tell(plan{i: a, beat: "funeral", by: local, after: hours(27), t: dead(low, -1)})
			s.tell(plan{i: a, beat: "security", by: far2, after: days(4), t: dead(low, -1)})
			s.nothing(national, t, days(3))
			held := s.r.between(2, 5)
			s.tell(plan{i: a, beat: "arrest", by: wire, after: days(8), t: dead(low, -1), suspects: held})
			s.tell(plan{i: a, beat: "arrest", by: tv, after: days(8.1), t: dead(low, -1), suspects: held})
		}},
	{"lower", "{What} in {town}: the first outlet gives too many dead; two others, each for itself, a lower number.",
		"lower-number-from-two-outlets, vague-tolls, edition, other-attack-elsewhere",
		func(s *story, method string, t *town) {
			s.corrections = 1
			a := s.incident(method, t, 0)
			high := s.r.between(13, 19)
			low := high - s.r.between(4, 6)
			j := s.r.between(14, 24)
			first := s.tell(plan{i: a, beat: "first", by: local, after: hours(0.8), t: dead(high, j)})
			s.tell(plan{i: a, beat: "first", by: vague, after: hours(1.3), t: toll{killed: dozens()}})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(1.6), t: dead(high, -1)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(3), t: dead(low, j)})
			s.tell(plan{i: a, beat: "first", by: national, after: hours(4.2), t: dead(low, j)})
			s.tell(plan{i: a, beat: "first", by: radio, after: hours(5), t: dead(low, -1)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(8), t: dead(low, j)})
			s.tell(plan{i: a, beat: "toll", by: local, after: hours(10), t: dead(low+1, j), edition: first})
			s.tell(plan{i: a, beat: "reaction", by: tv, after: hours(14), t: dead(low+1, -1)})
			if o := s.others(t, 1); len(o) > 0 {
				b := s.incident(s.second(method, t), o[0], hours(11))
				bt := b.toll(dead(s.r.between(1, 4), s.r.between(3, 8)))
				s.tell(plan{i: b, beat: "first", by: wire, after: hours(1), t: bt})
				s.tell(plan{i: b, beat: "first", by: far2, after: hours(4), t: bt, then: a, thenToll: dead(low+1, -1), unlinked: true})
			}
			s.nothing(feed, t, days(1.3))
			s.tell(plan{i: a, beat: "memory", by: far, after: days(9), t: dead(low+1, -1)})
		}},
	{"turn", "An explosion of unknown cause in {town} turns out to have been a bomb; later it is claimed, and people are arrested.",
		"explosion-becomes-bombing, toll-rise, arrests, charges-weeks-later",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(2, 4)
			k2 := s.big(k1)
			j := s.r.between(10, 18)
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(0.4), cause: "unknown", t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.7), cause: "unknown", t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: digits, after: hours(1.3), cause: "unknown", t: dead(k1, j).loosely()})
			s.tell(plan{i: a, beat: "first", by: far2, after: hours(2.4), cause: "unknown", t: dead(k2, j)})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(3), cause: "unknown", t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "turn", by: wire, after: hours(9), cause: "bomb", t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "turn", by: national, after: hours(10), cause: "bomb", t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "turn", by: radio, after: hours(11.5), cause: "bomb", t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "funeral", by: local, after: hours(29), t: dead(k2, -1)})
			if a.group != "" {
				s.tell(plan{i: a, beat: "claim", by: wire, after: hours(32), t: dead(k2, -1)})
			}
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(4), t: dead(k2, -1), suspects: 3})
			s.tell(plan{i: a, beat: "arrest", by: feed, after: days(4.1), t: dead(k2, -1), suspects: 3})
			s.nothing(far2, t, days(5))
			s.tell(plan{i: a, beat: "charge", by: wire, after: days(19), t: dead(k2, -1), suspects: 2})
		}},
	{"accident", "An explosion in {town} that some took for an attack was a gas leak.",
		"explosion-was-accident, cancel, other-attack-next-day",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(1, 3)
			k2 := s.big(k1)
			j := s.r.between(9, 14)
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(0.4), cause: "unknown", t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: national, after: hours(0.9), cause: "unknown", t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: far, after: hours(2), cause: "unknown", t: dead(k2, j)})
			c := s.tell(plan{i: a, beat: "first", by: agency1, after: hours(3), cause: "unknown", t: dead(k2, j)})
			s.copied(c, plan{i: a, beat: "first", by: agency2, after: hours(3.3), t: dead(k2, j)})
			s.tell(plan{i: a, beat: "accident", by: wire, after: hours(8), t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "accident", by: national, after: hours(9), t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "accident", by: tv, after: hours(12), t: dead(k2, -1)})
			b := s.incident(s.second(method, t), t, hours(26))
			bt := dead(s.r.between(2, 4), s.r.between(4, 8))
			s.tell(plan{i: b, beat: "first", by: national, after: hours(0.8), t: bt})
			s.tell(plan{i: b, beat: "first", by: feed, after: hours(1.5), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "scene", by: far, after: hours(6), t: bt, then: a, thenToll: dead(k2, -1), unlinked: true})
			s.nothing(tv, t, days(1.8))
		}},
	{"scare", "A bomb threat against a public building in {town} proves a hoax.",
		"hoax, cancel, none",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.4)})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(0.7)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1.2)})
			s.tell(plan{i: a, beat: "hoax", by: local, after: hours(3)})
			s.tell(plan{i: a, beat: "hoax", by: feed, after: hours(3.6)})
			s.tell(plan{i: a, beat: "hoax", by: national, after: hours(5)})
			s.nothing(local, t, hours(20))
			b := s.incident("stabbing", t, hours(30))
			bt := dead(1, s.r.between(2, 4))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.6), t: bt, extra: "held"})
			s.tell(plan{i: b, beat: "first", by: tv, after: hours(1), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "first", by: far2, after: hours(3), t: bt, extra: "held"})
			s.nothing(national, t, days(2.5))
		}},
	{"kidnap", "Gunmen abduct people near {town}; the number rises, some are freed, then all; men are arrested.",
		"abduction, number-rises, partial-release, arrests, numbers-in-words, other-attack-same-region",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			n1 := s.r.between(17, 28)
			n2 := n1 + quarter(n1) + s.r.between(1, 9)
			people := func(n int) toll { return toll{taken: exactly(n)} }
			s.tell(plan{i: a, beat: "first", by: vague, after: hours(1), t: toll{taken: dozens()}})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(2), t: people(n1)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(3), t: toll{taken: atLeast(n1), killed: exactly(2)}})
			s.tell(plan{i: a, beat: "first", by: spelt, after: hours(4), t: people(n1)})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(9), t: people(n2), prevTaken: exactly(n1)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(16), t: people(n2)})
			s.tell(plan{i: a, beat: "reaction", by: tv, after: hours(20), t: people(n2)})
			s.tell(plan{i: a, beat: "first", by: slow, after: hours(6), late: hours(19), t: people(n1)})
			b := s.incident(s.second(method, t), t, hours(32))
			bt := b.toll(dead(s.r.between(2, 4), s.r.between(3, 6)))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(1), t: bt})
			s.tell(plan{i: b, beat: "first", by: radio, after: hours(2), t: bt.killedOnly()})
			free := s.r.between(5, 11)
			s.tell(plan{i: a, beat: "release", by: wire, after: days(5), freed: free, t: people(n2)})
			s.tell(plan{i: a, beat: "release", by: feed, after: days(5.1), freed: free, t: people(n2)})
			s.tell(plan{i: a, beat: "memory", by: far, after: days(7), t: people(n2)})
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(9), suspects: 4, t: people(n2)})
			s.tell(plan{i: a, beat: "freedall", by: wire, after: days(12), t: people(n2)})
			s.nothing(tv, t, days(3))
		}},
	{"hostage", "Gunmen take hostages in {town}; some are let go, then security forces end it.",
		"hostages, number-rises, release, siege-ends, live-blog",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			n1 := s.r.between(6, 9)
			n2 := n1 + quarter(n1) + s.r.between(1, 3)
			people := func(n int) toll { return toll{taken: exactly(n)} }
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(0.4), t: people(n1)})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.8), t: people(n1)})
			s.tell(plan{i: a, beat: "first", by: liveBlog, after: hours(1), t: people(n1)})
			s.tell(plan{i: a, beat: "toll", by: wire, after: hours(2), t: people(n2), prevTaken: exactly(n1)})
			s.tell(plan{i: a, beat: "scene", by: far2, after: hours(3), t: people(n2)})
			free := s.r.between(2, 4)
			s.tell(plan{i: a, beat: "release", by: local, after: hours(5), freed: free, t: people(n2)})
			s.tell(plan{i: a, beat: "release", by: feed, after: hours(5.4), freed: free, t: people(n2)})
			s.tell(plan{i: a, beat: "freedall", by: wire, after: hours(10), t: people(n2)})
			s.tell(plan{i: a, beat: "freedall", by: tv, after: hours(10.4), t: people(n2)})
			b := s.incident(s.second(method, t), t, hours(40))
			bt := b.toll(dead(s.r.between(1, 4), s.r.between(2, 7)))
			s.tell(plan{i: b, beat: "first", by: national, after: hours(1), t: bt})
			s.tell(plan{i: b, beat: "first", by: tv, after: hours(1.6), t: bt.killedOnly()})
			s.nothing(far2, t, days(3))
		}},
	{"killing", "A public figure is shot dead in {town}; claims, a funeral, arrests, charges weeks later.",
		"assassination, reaction, funeral, arrests, charges-weeks-later, shooting-next-day",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			s.tell(plan{i: a, beat: "first", by: radio, after: hours(0.5)})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.8)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1.3)})
			s.tell(plan{i: a, beat: "first", by: tabloid, after: hours(2)})
			s.tell(plan{i: a, beat: "reaction", by: national, after: hours(6)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(9)})
			s.tell(plan{i: a, beat: "funeral", by: local, after: days(2)})
			b := s.incident("shooting", t, hours(23))
			bt := dead(s.r.between(2, 4), s.r.between(2, 4))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.8), t: bt})
			s.tell(plan{i: b, beat: "first", by: feed, after: hours(1.5), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "first", by: far2, after: hours(4), t: bt, then: a})
			s.nothing(national, t, days(2.5))
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(6), suspects: 2})
			s.tell(plan{i: a, beat: "arrest", by: tv, after: days(6.1), suspects: 2})
			s.tell(plan{i: a, beat: "charge", by: wire, after: days(21), suspects: 2})
			s.tell(plan{i: a, beat: "memory", by: far, after: days(15)})
		}},
	{"village", "Two raids near {town} and in the next town on one day, which articles tell apart.",
		"neighbouring-town-same-day, two-incidents-in-one-article, vague-tolls, old-toll-outlet, toll-rise",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(6, 9)
			k2 := s.big(k1)
			j := s.r.between(4, 6)
			other := t
			if t.nearby != "" {
				other = t.neighbour()
			} else if o := s.others(t, 1); len(o) > 0 {
				other = o[0]
			}
			b := s.incident("ambush", other, hours(5))
			bt := dead(s.r.between(3, 4), s.r.between(3, 7))
			s.tell(plan{i: a, beat: "first", by: local, after: hours(2), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(2.6), t: dead(k1, -1).loosely()})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(3.5), t: dead(k1, j)})
			s.tell(plan{i: b, beat: "first", by: national, after: hours(0.9), t: bt})
			s.tell(plan{i: b, beat: "first", by: radio, after: hours(1.6), t: bt.killedOnly()})
			s.tell(plan{i: a, beat: "toll", by: far2, after: hours(8), t: dead(k2, j), prev: exactly(k1), also: b, alsoToll: bt})
			s.tell(plan{i: a, beat: "first", by: vague, after: hours(9), t: vaguely(k2)})
			s.tell(plan{i: b, beat: "scene", by: local, after: hours(7), t: bt})
			s.tell(plan{i: a, beat: "first", by: slow, after: hours(3), late: hours(10), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "funeral", by: local, after: hours(30), t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "reaction", by: feed, after: hours(26), t: dead(k2, -1)})
			if a.group != "" {
				s.tell(plan{i: b, beat: "claim", by: wire, after: hours(31), t: bt.killedOnly()})
			}
			s.nothing(national, t, days(2))
			s.tell(plan{i: a, beat: "memory", by: far, after: days(8), t: dead(k2, -1)})
		}},
	{"sky", "{What} in {town} and attacks elsewhere in the country in one night; a round-up tells of all of them.",
		"roundup, toll-rise, strikes-in-several-towns, no-casualties",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(2, 4)
			k2 := s.big(k1)
			j := s.r.between(8, 16)
			items := []roundItem{{a, dead(k1, j)}}
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.6), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(1.2), t: dead(k1, -1)})
			for n, o := range s.others(t, 3) {
				m := []string{"drone", "shelling", "missile"}[n%3]
				b := s.incident(m, o, hours(float64(n)-1.5))
				bt := dead(s.r.between(1, 3), -1)
				items = append(items, roundItem{b, bt})
			}
			s.roundup(wire, hours(4), items...)
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(4.6), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(7), t: dead(k2, j+3), prev: exactly(k1)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(9), t: dead(k2, j+3)})
			if len(items) > 1 {
				s.tell(plan{i: items[1].i, beat: "first", by: far2, after: hours(10), t: items[1].t})
				s.tell(plan{i: items[1].i, beat: "scene", by: spelt, after: hours(14), t: items[1].t})
			}
			s.tell(plan{i: a, beat: "reaction", by: radio, after: hours(15), t: dead(k2, -1)})
			b := s.incident(s.second(method, t), t, hours(27))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.8), t: dead(0, -1)})
			s.tell(plan{i: b, beat: "first", by: wire, after: hours(2), t: dead(0, -1), then: a, thenToll: dead(k2, -1)})
			s.nothing(feed, t, days(1.5))
			s.tell(plan{i: a, beat: "security", by: far2, after: days(5), t: dead(k2, -1)})
		}},
	{"twodays", "The same kind of attack twice within two days in {town}.",
		"same-type-two-days-later, headline-without-place, background, toll-rise",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k := s.r.between(4, 7)
			j := s.r.between(6, 12)
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.7), t: dead(k, j)})
			s.tell(plan{i: a, beat: "first", by: tabloid, after: hours(1.2), t: dead(k, j)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1.9), t: dead(k, j)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(7), t: dead(k, j)})
			s.tell(plan{i: a, beat: "funeral", by: radio, after: hours(28), t: dead(k, -1)})
			b := s.incident(method, t, hours(49))
			bk := k + s.r.between(2, 4)
			bk2 := s.big(bk)
			bj := j + s.r.between(1, 4)
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.6), t: dead(bk, bj), then: a, thenToll: dead(k, -1)})
			s.tell(plan{i: b, beat: "first", by: tv, after: hours(1), t: dead(bk, -1)})
			s.tell(plan{i: b, beat: "first", by: tabloid, after: hours(1.5), t: dead(bk, bj)})
			s.tell(plan{i: b, beat: "toll", by: wire, after: hours(4), t: dead(bk2, bj), prev: exactly(bk), then: a, thenToll: dead(k, -1)})
			s.tell(plan{i: b, beat: "reaction", by: national, after: hours(8), t: dead(bk2, -1)})
			s.tell(plan{i: a, beat: "arrest", by: national, after: hours(60), t: dead(k, -1), suspects: 3})
			s.tell(plan{i: b, beat: "scene", by: far, after: hours(14), t: dead(bk2, bj), then: a, thenToll: dead(k, -1)})
			s.nothing(tv, t, days(4))
			s.tell(plan{i: b, beat: "memory", by: far2, after: days(8), t: dead(bk2, -1)})
		}},
	{"foiled", "A plot to bomb a public place in {town} is foiled; charges weeks later.",
		"foiled, arrests-in-first-report, charges-weeks-later, attack-elsewhere",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			n := s.r.between(3, 5)
			s.tell(plan{i: a, beat: "first", by: national, after: hours(3), suspects: n})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(4), suspects: n})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(5), suspects: n})
			s.tell(plan{i: a, beat: "first", by: far2, after: hours(7), suspects: n})
			s.nothing(national, t, days(1.4))
			b := s.incident(s.second(method, t), t, days(3))
			bt := b.toll(dead(s.r.between(2, 4), s.r.between(4, 8)))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(1), t: bt})
			s.tell(plan{i: b, beat: "first", by: feed, after: hours(1.8), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "reaction", by: national, after: hours(9), t: bt.killedOnly()})
			s.tell(plan{i: a, beat: "charge", by: wire, after: days(16), suspects: n})
			s.tell(plan{i: a, beat: "charge", by: radio, after: days(16.1), suspects: n})
		}},
	{"moved", "An attack that was first placed in {town} was in another town, far away.",
		"place-corrected, toll-rise, agency-copies",
		func(s *story, method string, t *town) {
			o := s.others(t, 3)
			if len(o) == 0 {
				s.fail("no other town in %s", t.country.name)
				return
			}
			right := o[0]
			for _, x := range o {
				if kilometres(x, t) > 50 {
					right = x
				}
			}
			a := s.incident(method, t, 0)
			if err := s.w.reserve(right, a.at); err != nil {
				s.fail("%v", err)
			}
			k1 := s.r.between(4, 7)
			k2 := s.big(k1)
			j := s.r.between(6, 11)
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(1), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1.6), t: dead(k1, j)})
			c := s.tell(plan{i: a, beat: "first", by: agency1, after: hours(2.4), t: dead(k1, j)})
			s.copied(c, plan{i: a, beat: "first", by: agency2, after: hours(2.9), t: dead(k1, j)})
			moved := *a
			moved.town, moved.group, moved.persons.hospital = right, right.group(s.r), "the regional hospital"
			s.tell(plan{i: &moved, beat: "move", by: wire, after: hours(6), t: dead(k1, -1), wrong: t})
			s.tell(plan{i: &moved, beat: "first", by: national, after: hours(8), t: dead(k1, j)})
			s.tell(plan{i: &moved, beat: "toll", by: tv, after: hours(10), t: dead(k2, j), prev: exactly(k1)})
			s.tell(plan{i: &moved, beat: "scene", by: far, after: hours(16), t: dead(k2, j)})
			s.tell(plan{i: &moved, beat: "funeral", by: radio, after: hours(28), t: dead(k2, -1)})
			if a.group != "" {
				s.tell(plan{i: &moved, beat: "claim", by: national, after: hours(33), t: dead(k2, -1)})
			}
			s.nothing(feed, t, days(2))
			s.tell(plan{i: &moved, beat: "security", by: far2, after: days(4), t: dead(k2, -1)})
		}},
	{"editions", "{What} at {town}, followed hour by hour: outlets change their texts as the number of dead rises.",
		"editions, live-blog, toll-rise-by-small-steps, killed-for-the-first-time, vague-tolls",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(7, 9)
			k2 := s.small(k1)
			k3 := k1 + quarter(k1) + 1
			k4 := s.big(k3)
			j := s.r.between(20, 26)
			first := s.tell(plan{i: a, beat: "first", by: wire, after: hours(0.3), t: toll{}})
			blog := s.tell(plan{i: a, beat: "first", by: liveBlog, after: hours(0.5), t: dead(-1, j-9)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1), t: dead(k1, j), edition: first})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(1.3), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "first", by: liveBlog, after: hours(2), t: dead(k2, j), edition: blog})
			s.tell(plan{i: a, beat: "first", by: vague, after: hours(2.5), t: toll{killed: moreThan(k1 - 1)}})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(4), t: dead(k3, j), prev: exactly(k2)})
			s.tell(plan{i: a, beat: "toll", by: wire, after: hours(5), t: dead(k3, j), edition: first, prev: exactly(k2)})
			s.tell(plan{i: a, beat: "toll", by: liveBlog, after: hours(7), t: dead(k4, j), edition: blog, prev: exactly(k3)})
			s.tell(plan{i: a, beat: "first", by: digits, after: hours(8), t: dead(k4, j)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(11), t: dead(k4, j)})
			s.tell(plan{i: a, beat: "reaction", by: feed, after: hours(14), t: dead(k4, -1)})
			if a.group != "" {
				s.tell(plan{i: a, beat: "claim", by: tv, after: hours(20), t: dead(k4, -1)})
			}
			s.nothing(national, t, days(1.9))
			s.tell(plan{i: a, beat: "funeral", by: local, after: hours(30), t: dead(k4, -1)})
		}},
	{"capital", "{What} in {town}, which outlets call the capital, or leave out of their headlines.",
		"the-capital, headline-without-place, numbers-in-words, vague-tolls, next-day-same-city",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(4, 6)
			k2 := s.big(k1)
			j := s.r.between(13, 19)
			s.tell(plan{i: a, beat: "first", by: theCap, after: hours(0.6), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.9), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: tabloid, after: hours(1.4), t: dead(k1, j).loosely()})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(1.9), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "toll", by: wire, after: hours(4), t: dead(k2, j+2), prev: exactly(k1)})
			s.tell(plan{i: a, beat: "scene", by: theCap, after: hours(6), t: dead(k2, j+2)})
			s.tell(plan{i: a, beat: "first", by: spelt, after: hours(7), t: dead(k2, j+2)})
			s.tell(plan{i: a, beat: "first", by: vague, after: hours(8), t: toll{killed: atLeast(k2)}})
			s.tell(plan{i: a, beat: "reaction", by: national, after: hours(13), t: dead(k2, -1)})
			b := s.incident(s.second(method, t), t, hours(25))
			bt := b.toll(dead(s.r.between(1, 3), s.r.between(3, 7)))
			s.tell(plan{i: b, beat: "first", by: theCap, after: hours(0.8), t: bt, then: a, thenToll: dead(k2, -1)})
			s.tell(plan{i: b, beat: "first", by: radio, after: hours(1.5), t: bt.killedOnly()})
			s.nothing(theCap, t, days(2))
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(5), t: dead(k2, -1), suspects: 2})
			s.tell(plan{i: a, beat: "memory", by: far, after: days(12), t: dead(k2, -1)})
		}},
	{"retracted", "An attack that outlets reported from {town} never took place; a real one follows next day.",
		"retraction, cancel, edition, real-attack-next-day",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k := s.r.between(6, 11)
			first := s.tell(plan{i: a, beat: "first", by: feed, after: hours(0.7), t: dead(k, -1), extra: "rumour"})
			s.tell(plan{i: a, beat: "first", by: radio, after: hours(1.3), t: dead(k, -1), extra: "rumour"})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(1.8), t: dead(k, -1).loosely(), extra: "rumour"})
			s.tell(plan{i: a, beat: "retract", by: wire, after: hours(4), t: dead(k, -1)})
			s.tell(plan{i: a, beat: "retract", by: national, after: hours(5), t: dead(k, -1)})
			s.tell(plan{i: a, beat: "retract", by: feed, after: hours(6), t: dead(k, -1), edition: first})
			b := s.incident(s.second(method, t), t, hours(28))
			bt := b.toll(dead(s.r.between(2, 4), s.r.between(3, 7)))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.8), t: bt})
			s.tell(plan{i: b, beat: "first", by: tv, after: hours(1.5), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "first", by: far2, after: hours(3), t: bt})
			s.nothing(national, t, days(2.2))
			s.tell(plan{i: b, beat: "reaction", by: radio, after: hours(9), t: bt.killedOnly()})
		}},
	{"founding", "Of an attack in {town} the first word is that men were arrested over it.",
		"arrest-founds, charges, unrelated-attack",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k := s.r.between(2, 4)
			s.tell(plan{i: a, beat: "founding", by: national, after: days(3), t: dead(k, -1), suspects: 3})
			s.tell(plan{i: a, beat: "arrest", by: wire, after: days(3.1), t: dead(k, -1), suspects: 3})
			s.tell(plan{i: a, beat: "arrest", by: tv, after: days(3.2), t: dead(k, -1), suspects: 3})
			s.nothing(national, t, days(4.5))
			b := s.incident(s.second(method, t), t, days(6))
			bt := b.toll(dead(s.r.between(2, 4), s.r.between(4, 8)))
			s.tell(plan{i: b, beat: "first", by: local, after: hours(0.8), t: bt})
			s.tell(plan{i: b, beat: "first", by: digits, after: hours(2), t: bt})
			s.tell(plan{i: b, beat: "first", by: feed, after: hours(3), t: bt.killedOnly()})
			s.tell(plan{i: b, beat: "scene", by: far, after: hours(8), t: bt, then: a, thenToll: dead(k, -1), unlinked: true})
			s.tell(plan{i: a, beat: "charge", by: wire, after: days(15), t: dead(k, -1), suspects: 3})
			s.tell(plan{i: a, beat: "charge", by: feed, after: days(15.1), t: dead(k, -1), suspects: 3})
		}},
	{"court", "{What} in {town}, and what came of it: arrests, charges, a trial, memory.",
		"arrests, charges-weeks-later, trial, memory, opinion-none",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k := s.r.between(2, 4)
			j := s.r.between(5, 9)
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.7), t: dead(k, j)})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(1.1), t: dead(k, -1)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(2), t: dead(k, j)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(9), t: dead(k, j)})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(20), t: dead(k+1, -1), prev: exactly(k)})
			s.tell(plan{i: a, beat: "funeral", by: local, after: days(4), t: dead(k+1, -1)})
			s.tell(plan{i: a, beat: "arrest", by: tv, after: days(3), t: dead(k+1, -1), suspects: 2})
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(3.1), t: dead(k+1, -1), suspects: 2})
			s.nothing(local, t, days(5))
			s.tell(plan{i: a, beat: "charge", by: local, after: days(17), t: dead(k+1, -1), suspects: 2})
			s.tell(plan{i: a, beat: "charge", by: radio, after: days(17.1), t: dead(k+1, -1), suspects: 2})
			s.tell(plan{i: a, beat: "memory", by: far, after: days(30), t: dead(k+1, -1)})
			s.tell(plan{i: a, beat: "trial", by: national, after: days(38), t: dead(k+1, -1), suspects: 2})
			s.nothing(tv, t, days(20))
		}},
	{"stabbing", "{What} in {town}: a man is arrested on the spot and charged days later.",
		"suspect-held-in-first-report, charge, security-debate, none",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			j := s.r.between(4, 6)
			s.tell(plan{i: a, beat: "first", by: local, after: hours(0.5), t: dead(-1, j), extra: "held"})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(0.8), t: dead(-1, j)})
			s.tell(plan{i: a, beat: "first", by: wire, after: hours(1.8), t: dead(1, j-1), extra: "held"})
			c := s.tell(plan{i: a, beat: "first", by: agency1, after: hours(2.6), t: dead(1, j-1)})
			s.copied(c, plan{i: a, beat: "first", by: agency2, after: hours(3), t: dead(1, j-1)})
			s.tell(plan{i: a, beat: "first", by: tabloid, after: hours(3.8), t: dead(1, j-1)})
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(10), t: dead(1, j-1)})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(21), t: dead(2, -1), prev: exactly(1)})
			s.tell(plan{i: a, beat: "reaction", by: radio, after: hours(24), t: dead(2, -1)})
			s.nothing(local, t, days(2))
			s.tell(plan{i: a, beat: "security", by: national, after: days(3), t: dead(2, -1)})
			s.tell(plan{i: a, beat: "memory", by: far2, after: days(8), t: dead(2, -1)})
			if t.nearby != "" {
				b := s.incident("stabbing", t.neighbour(), hours(34))
				s.tell(plan{i: b, beat: "first", by: local, after: hours(1), t: dead(-1, 3), then: a, thenToll: dead(2, -1), unlinked: true})
				s.tell(plan{i: b, beat: "first", by: feed, after: hours(2), t: dead(-1, 3)})
			}
		}},
	{"roundup", "A round-up is the first word of attacks in different towns of one country; one of them, in {town}, grows.",
		"roundup-founds, toll-rise, incidents-told-once, aggregate-number",
		func(s *story, method string, t *town) {
			a := s.incident(method, t, 0)
			k1 := s.r.between(2, 4)
			k2 := s.big(k1)
			k3 := s.big(k2)
			j := s.r.between(4, 7)
			items := []roundItem{{a, dead(k1, -1)}}
			for n, o := range s.others(t, 3) {
				m := s.second(method, t)
				for m == "killing" {
					m = s.second(method, t)
				}
				items = append(items, roundItem{s.incident(m, o, hours(float64(n)*1.5-3)), dead(s.r.between(1, 4), -1)})
			}
			s.roundup(wire, hours(3), items...)
			s.tell(plan{i: a, beat: "first", by: local, after: hours(3.5), t: dead(k1, j)})
			s.tell(plan{i: a, beat: "first", by: tv, after: hours(4), t: dead(k1, -1)})
			s.tell(plan{i: a, beat: "toll", by: national, after: hours(6), t: dead(k2, j), prev: exactly(k1)})
			s.tell(plan{i: a, beat: "first", by: far2, after: hours(7), t: dead(k2, j)})
			s.tell(plan{i: a, beat: "first", by: feed, after: hours(8), t: dead(k2, -1)})
			s.tell(plan{i: a, beat: "toll", by: digits, after: hours(12), t: dead(k3, j), prev: exactly(k2)})
			if len(items) > 1 {
				s.tell(plan{i: items[1].i, beat: "first", by: far, after: hours(12), t: items[1].t})
				s.tell(plan{i: items[1].i, beat: "reaction", by: radio, after: hours(20), t: items[1].t})
			}
			s.tell(plan{i: a, beat: "scene", by: far, after: hours(15), t: dead(k3, j)})
			s.nothing(tv, t, days(1.2))
			s.tell(plan{i: a, beat: "arrest", by: national, after: days(6), t: dead(k3, -1), suspects: 4})
			s.tell(plan{i: a, beat: "security", by: far2, after: days(4), t: dead(k3, -1)})
		}},
}

// epoch is the day on which the first story begins; they are spread over eight weeks, behind
// those of the stories by hand.
var epoch = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// compose makes all stories: file name → text.
func compose(from uint64) (map[string][]byte, error) {
	w, err := loadWorld()
	if err != nil {
		return nil, err
	}
	// The towns of stories first, so that no round-up takes one.
	starts := make([]time.Time, len(instances))
	for n, inst := range instances {
		t := w.towns[inst.town]
		if t == nil {
			return nil, fmt.Errorf("town %q is not in towns.txt", inst.town)
		}
		r := newRandom(from, "start "+inst.town)
		local := time.Duration(r.between(6, 21))*time.Hour + time.Duration(5*r.n(12))*time.Minute
		_, ahead := epoch.In(t.country.zone).Zone()
		starts[n] = epoch.AddDate(0, 0, n*54/len(instances)).Add(local - time.Duration(ahead)*time.Second)
		if err := w.reserve(t, starts[n]); err != nil {
			return nil, err
		}
	}
	out := map[string][]byte{}
	for n, inst := range instances {
		var p *plot
		for k := range plots {
			if plots[k].name == inst.plot {
				p = &plots[k]
			}
		}
		if p == nil || w.methods[inst.method] == nil {
			return nil, fmt.Errorf("story %d: plot %q or method %q is not known", n+1, inst.plot, inst.method)
		}
		name := fmt.Sprintf("g%02d-%s-%s", n+1, strings.ToLower(strings.NewReplacer(" ", "-", "'", "").Replace(inst.town)), inst.plot)
		s := &story{w: w, r: newRandom(from, name), name: name, start: starts[n], home: w.towns[inst.town], outlets: map[role]*outlet{}, used: map[string]bool{}, people: map[string]bool{}, claimed: map[*incident]bool{}}
		t := w.towns[inst.town]
		what := strings.ToUpper(methodNames[inst.method][:1]) + methodNames[inst.method][1:]
		s.about = strings.NewReplacer("{town}", t.name, "{What}", what).Replace(p.about)
		s.phenomena = strings.Split(p.phenomena, ", ")
		p.write(s, inst.method, t)
		data, err := s.file()
		if err != nil {
			return nil, err
		}
		out[name+".txtar"] = data
	}
	return out, nil
}

var methodNames = map[string]string{"bomb": "a bombing", "suicide": "a suicide bombing", "carbomb": "a car bombing", "roadside": "a roadside bombing", "shooting": "a shooting",
	"raid": "a raid", "ambush": "an ambush", "drone": "a drone strike", "airstrike": "an air strike", "shelling": "shelling", "missile": "a missile strike",
	"grenade": "a grenade attack", "stabbing": "a knife attack", "blast": "an explosion", "kidnap": "an abduction", "hostage": "a hostage-taking",
	"killing": "a killing", "scare": "a bomb threat", "plot": "a foiled plot"}
