package match

import (
	"math"
	"slices"
)

// relation is how two places lie to one another, from those that cannot be one to
// those that are.
type relation uint8

const (
	placeOtherCountry relation = iota
	placeDistant               // more than 200 km
	placeFar                   // more than 50 km
	placeApart                 // two places of one region
	placeOtherSpot             // two quarters, or two sites, of one town
	placeUnknown               // one of them is not told
	placeCountry               // one of them is only a country
	placeHolds                 // one of them lies in the other
	placeNear                  // one may be told of for the other: "a village near X"
	placeTown
	placeSpot // the same quarter, site or village within it
)

// How far apart, in metres beyond their own extents, places are that …
const (
	near       = 10_000  // may be told of one for the other
	apart      = 50_000  // are of one region
	far        = 200_000 // may be mixed up at all
	namesakes  = 100_000 // are two though they have one name
	smallPlace = 40_000  // and the radius up to which a place is one spot, and no region
)

// between compares two places.
func between(a, b *spot) relation {
	if a.level == nowhere || b.level == nowhere {
		return placeUnknown
	}
	metres, located := distance(a, b)
	if a.country != "" && b.country != "" && a.country != b.country {
		if located && metres <= apart && a.level == inTown && b.level == inTown {
			return placeNear // a border
		}
		return placeOtherCountry
	}
	if a.level == inCountry || b.level == inCountry {
		if a.sameName(b) && a.names != 0 {
			return placeTown
		}
		if sharedWord(a.words, b.words) {
			return placeSpot
		}
		if a.country == "" || b.country == "" {
			return placeUnknown
		}
		return placeCountry
	}
	if a.level == inTown && b.level == inTown {
		if a.id != 0 && a.id == b.id && !a.moved && !b.moved {
			return withinTown(a, b)
		}
		if a.sameName(b) && a.moved == b.moved && !(located && metres > namesakes) {
			if a.own() == b.own() {
				return placeTown
			}
			return withinTown(a, b)
		}
		if sharedWord(a.words, b.words) && !(located && metres > near) {
			return placeSpot
		}
	}
	if !located {
		if a.sameName(b) {
			return placeHolds
		}
		return placeUnknown
	}
	switch {
	case a.quarterOf(b, metres) || b.quarterOf(a, metres):
		return placeTown
	case metres <= near && (a.level == inProvince || b.level == inProvince || max(a.radius, b.radius) > smallPlace):
		return placeHolds
	case metres <= near && a.town() != 0 && a.town() == b.town() && len(a.words) > 0 && len(b.words) > 0:
		return placeOtherSpot
	case metres <= near:
		return placeNear
	case metres <= apart:
		return placeApart
	case metres <= far:
		return placeFar
	}
	return placeDistant
}

// withinTown compares two places of one town.
func withinTown(a, b *spot) relation {
	switch {
	case len(a.words) == 0 || len(b.words) == 0:
		return placeTown
	case sharedWord(a.words, b.words):
		return placeSpot
	}
	return placeOtherSpot
}

func sharedWord(a, b []uint32) bool {
	return slices.ContainsFunc(a, func(w uint32) bool { return slices.Contains(b, w) })
}

func (s *spot) own() uint32  { return uint32(s.names) }
func (s *spot) town() uint32 { return uint32(s.names >> 32) }

// sameName tells whether one of them has the other's name, or is told to lie in it.
func (s *spot) sameName(o *spot) bool {
	return s.own() != 0 && (s.own() == o.own() || s.own() == o.town()) || s.town() != 0 && s.town() == o.own() ||
		s.town() != 0 && s.town() == o.town() && s.level == inTown && o.level == inTown
}

// distance is how far apart two places are beyond their own extents: on a plane, which is
// right to some metres as far as it matters.
func distance(a, b *spot) (metres float32, known bool) {
	if !a.located || !b.located {
		return 0, false
	}
	dy, dx := a.lat-b.lat, a.lon-b.lon
	if dx > 180 {
		dx -= 360
	} else if dx < -180 {
		dx += 360
	}
	between, part := math.Modf(float64(max(-89, min(89, (a.lat+b.lat)/2)) + 90))
	dx *= narrow[int(between)] + float32(part)*(narrow[int(between)+1]-narrow[int(between)])
	return degree*float32(math.Sqrt(float64(dy*dy+dx*dx))) - a.radius - b.radius, true
}

const degree = 111_195 // metres of a degree of latitude

// narrow is how much shorter a degree of longitude is, by latitude + 90.
var narrow = func() (list [181]float32) {
	for k := range list {
		list[k] = float32(math.Cos(float64(k-90) * math.Pi / 180))
	}
	return list
}()

// Fits tells whether two reports may be of one place.
func Fits(a, b *Probe) bool { return between(&a.look().spot, &b.look().spot) > placeOtherSpot }

// quarterOf tells whether a place lies in the midst of a town much larger than itself: then
// it is a part of it, though only the map says so.
func (s *spot) quarterOf(o *spot, metres float32) bool {
	return s.small() && o.small() && !s.moved && !o.moved && s.radius*4 <= o.radius && o.radius < smallPlace && metres <= -2*s.radius
}

// vague tells whether a place is one of a province, and nobody knows where.
func (s *spot) vague() bool { return s.level == inProvince && len(s.words) > 0 }

// stranger tells whether two places have names of their own, and one of them is on no map:
// that both lie in one province says little.
func (s *spot) stranger(o *spot) bool {
	return (s.vague() && (o.vague() || o.small()) || o.vague() && s.small()) && !s.sameName(o) && !sharedWord(s.words, o.words)
}

// small tells whether it is one spot of the map, and no region.
func (s *spot) small() bool {
	return s.level == inTown && s.radius <= smallPlace
}
