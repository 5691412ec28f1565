package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// change is one that should be told.
type change struct {
	a        *article
	label    string
	status   string
	killed   *count // as it stands after it; nil where no article gave a number
	optional bool
}

// known is what a desk knows of an incident from the articles so far, and what of
// it it was told.
type known struct {
	founded, gone bool

	killed, injured, taken             *count
	toldKilled, toldInjured, toldTaken int // floors, -1 where none was told
	severity                           int
	lower                              map[int][]string // a lower number killed → the texts that give it since the last rise
	withdrawn                          int              // numbers up to here are old: a correction went below them

	town                                *town
	unknownCause, murder, held, claimed bool
	arrested, charged, released         bool
}

// changesOf says what should be told of articles in order of arrival. It follows
// the rules that story files are written by, and nothing of how programs fold
// reports: the two are there to be compared.
func changesOf(articles []*article) ([]change, error) {
	all := map[string]*known{}
	var out []change
	for _, a := range articles {
		told := slices.Clone(a.words)
		slices.SortStableFunc(told, func(x, y *words) int { return cmp.Compare(x.label, y.label) })
		for _, w := range told {
			if w.relation == "background" {
				continue
			}
			k := all[w.label]
			if k == nil {
				k = &known{toldKilled: -1, toldInjured: -1, toldTaken: -1, lower: map[int][]string{}}
				all[w.label] = k
			}
			statuses, optional := k.take(a, w)
			if len(statuses) > 1 {
				return nil, fmt.Errorf("%q brings %v of %s at once: a plot should bring one thing at a time", a.title, statuses, w.label)
			}
			for _, status := range statuses {
				c := change{a: a, label: w.label, status: status, optional: optional}
				if !w.murder && status != "cancel" && status != "follow_up" {
					c.killed = k.killed
				}
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// take adds what an article says and returns what should be told of it.
func (k *known) take(a *article, w *words) (statuses []string, optional bool) {
	switch {
	case k.gone:
		return nil, false
	case !k.founded && w.cancel:
		return nil, false // a denial founds nothing
	case !k.founded:
		k.founded = true
		k.killed, k.injured, k.taken = w.killed, w.injured, w.taken
		k.town, k.unknownCause, k.murder, k.held = w.town, w.cause == "unknown", w.murder, w.held
		k.claimed, k.arrested, k.charged, k.released = w.claim, w.arrest, w.charge, w.release
		k.told()
		return []string{"new"}, false
	case w.cancel:
		k.gone = true
		return []string{"cancel"}, false
	}
	update, correction, maybe := false, k.lowered(a, w), false
	if !correction {
		update = k.more(&k.killed, w.killed, k.toldKilled, func(told int) int { return told + max(1, quarter(told)) }) && k.killed.floor() > 0
	}
	if w.injured != nil {
		was := k.toldInjured
		grew := k.more(&k.injured, w.injured, was, func(told int) int { return told + max(5, (told+1)/2) })
		if was < 0 { // the first number of injured: how much it is news is a matter of taste
			maybe = maybe || k.injured.floor() >= 5
		} else {
			update = update || grew
		}
	}
	update = k.more(&k.taken, w.taken, k.toldTaken, func(told int) int { return told + max(1, quarter(told)) }) || update
	if k.severityNow() > k.severity {
		update = true
	}
	if k.unknownCause && w.cause == "bomb" {
		k.unknownCause, update = false, true
	}
	if w.town != nil && k.town != nil && w.town.name != k.town.name && kilometres(w.town, k.town) > 50 {
		update = true
		k.town = w.town
	}
	if w.claim && !k.claimed {
		k.claimed, update = true, true
	}
	follow := false
	for _, x := range []struct {
		said  bool
		known *bool
	}{{w.arrest, &k.arrested}, {w.charge, &k.charged}, {w.release, &k.released}} {
		if x.said && !*x.known {
			*x.known, follow = true, true
		}
	}
	if correction {
		statuses = append(statuses, "correction")
	} else if update {
		statuses = append(statuses, "update")
	}
	if follow {
		statuses = append(statuses, "follow_up")
	}
	if len(statuses) > 0 {
		k.told()
		return statuses, false
	}
	if maybe {
		return []string{"update"}, true
	}
	return nil, false
}

// told notes that all that is known has been told.
func (k *known) told() {
	floor := func(c *count) int {
		if c == nil {
			return -1
		}
		return c.floor()
	}
	k.toldKilled, k.toldInjured, k.toldTaken = floor(k.killed), floor(k.injured), floor(k.taken)
	k.severity = k.severityNow()
}

func quarter(n int) int { return int(math.Ceil(float64(n) / 4)) }

// more takes a number over if it is higher than the one that stands, and reports
// whether it has grown enough to be told.
func (k *known) more(stands **count, says *count, told int, need func(int) int) bool {
	switch {
	case says == nil:
		return false
	case *stands == nil || says.floor() > (*stands).floor():
		if stands == &k.killed {
			if k.withdrawn > 0 && says.floor() <= k.withdrawn {
				return false // an outlet that has not heard of the correction
			}
			k.lower = map[int][]string{}
		}
		*stands = says
	case says.floor() == (*stands).floor() && says.exact():
		*stands = says
		return false
	default:
		return false
	}
	if told <= 0 {
		return true
	}
	return (*stands).floor() >= need(told)
}

// lowered reports whether the number killed falls: because the article says so, or
// because it is the second text of its own that gives the lower number.
func (k *known) lowered(a *article, w *words) bool {
	if w.killed == nil || k.killed == nil || w.killed.floor() >= k.killed.floor() || w.killed.vague() {
		return false
	}
	n := w.killed.floor()
	text := cmp.Or(a.text, a.outlet.name)
	if !slices.Contains(k.lower[n], text) {
		k.lower[n] = append(k.lower[n], text)
	}
	if !w.corrects && len(k.lower[n]) < 2 {
		return false
	}
	k.withdrawn = k.killed.floor()
	k.killed = w.killed
	k.lower = map[int][]string{}
	return true
}

// severityNow is the class of what is known: minor, moderate, severe, extreme.
func (k *known) severityNow() int {
	floor := func(c *count) int {
		if c == nil {
			return 0
		}
		return c.floor()
	}
	killed, injured, taken := floor(k.killed), floor(k.injured), floor(k.taken)
	switch {
	case killed >= 20 || killed+injured >= 100 || taken >= 50:
		return 3
	case killed >= 5 || injured >= 20 || taken >= 10 || k.murder || k.held:
		return 2
	case killed >= 1 || injured >= 3 || taken >= 1:
		return 1
	}
	return 0
}

// kilometres is how far two towns are from one another.
func kilometres(a, b *town) float64 {
	const rad = math.Pi / 180
	h := math.Pow(math.Sin((b.lat-a.lat)*rad/2), 2) + math.Cos(a.lat*rad)*math.Cos(b.lat*rad)*math.Pow(math.Sin((b.lon-a.lon)*rad/2), 2)
	return 2 * 6371 * math.Asin(math.Sqrt(h))
}
