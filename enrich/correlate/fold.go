package correlate

import (
	"cmp"
	"slices"
	"time"

	"tocsin/enrich"
	"tocsin/internal/bus"
)

// Found begins an incident from a report.
func Found(r *enrich.Report, cfg *Config) (Incident, Change) {
	return found(readingOf(r), 0, r, cfg)
}

func found(x Reading, again int, r *enrich.Report, cfg *Config) (Incident, Change) {
	i := Incident{ID: newID(&x, again), FirstSeen: firstSeen(r)}
	i.assemble([]Reading{x}, cfg)
	return begin(i, updated(r), "status.first-report")
}

// begin makes an assembled incident the first version of itself.
func begin(i Incident, at time.Time, why string) (Incident, Change) {
	i.Version, i.Status, i.Updated = 1, New, at
	if i.Told = toldOf(&i); i.Told.Cancelled {
		i.Status, i.Told.Version = Silent, 0 // it was taken back before anybody was told
	} else if i.Unsure() {
		i.Status, i.Told.Version, why = Silent, 0, "status.perhaps-known"
	}
	i.Explain.Rules = append(i.Explain.Rules, why)
	return i, Change{Status: i.Status, Why: []string{why}}
}

// Fold adds a report to an incident. It leaves prev as it is. A report that the
// incident already has, or that an edition in it has superseded, changes nothing.
func Fold(prev Incident, r *enrich.Report, cfg *Config) (Incident, Change) {
	return fold(prev, readingOf(r), r, cfg)
}

func fold(prev Incident, x Reading, r *enrich.Report, cfg *Config) (Incident, Change) {
	if prev.knows(&x) {
		return prev, Change{None: true}
	}
	// The first report of a later edition, or of the same one with other words
	// (see ingest.Article.MsgID), takes the place of all that the article said.
	readings := slices.DeleteFunc(slices.Clone(prev.Readings), func(old Reading) bool {
		return old.Article == x.Article && (old.Edition != x.Edition || old.origin.ContentSHA256 != x.origin.ContentSHA256 || old.Ordinal == x.Ordinal)
	})
	next := prev
	if f := firstSeen(r); next.FirstSeen.IsZero() || !f.IsZero() && f.Before(next.FirstSeen) {
		next.FirstSeen = f
	}
	next.assemble(append(readings, x), cfg)
	if !next.has(x.Report) {
		return prev, Change{None: true} // too old for a story as huge as this
	}
	return finish(&prev, next, updated(r), cfg)
}

// Withdraw takes back what editions of an article before the given one said. It
// leaves prev as it is.
func Withdraw(prev Incident, src *enrich.Source, cfg *Config) (Incident, Change) {
	readings := slices.DeleteFunc(slices.Clone(prev.Readings), func(old Reading) bool { return old.Article == src.ID && old.Edition < src.Edition })
	if len(readings) == len(prev.Readings) {
		return prev, Change{None: true}
	}
	prev.Withdrawn = append(slices.Clip(prev.Withdrawn), Withdrawal{src.ID, src.Edition})
	return regather(prev, readings, cmp.Or(src.Fetched, src.Published).UTC(), cfg)
}

// regather gives an incident another set of readings.
func regather(prev Incident, readings []Reading, at time.Time, cfg *Config) (Incident, Change) {
	next := prev
	next.assemble(readings, cfg)
	return finish(&prev, next, at, cfg)
}

// finish makes a version of an assembled incident.
func finish(prev *Incident, next Incident, at time.Time, cfg *Config) (Incident, Change) {
	c := compare(prev, &next, cfg.Tell)
	next.Version = prev.Version + 1
	next.Supersedes = &prev.Version
	next.Status = c.Status
	next.Updated = at
	next.Explain.Diff = diff(prev, &next)
	next.Explain.Rules = append(next.Explain.Rules, c.Why...)
	if c.Status != Silent {
		next.Told = toldOf(&next)
	}
	return next, c
}

func updated(r *enrich.Report) time.Time {
	return cmp.Or(r.Source.Fetched, r.Source.FirstSeen, r.Source.Published).UTC()
}

func firstSeen(r *enrich.Report) time.Time { return cmp.Or(r.Source.FirstSeen, r.Source.Fetched).UTC() }

// knows tells whether a reading would change nothing.
func (i *Incident) knows(x *Reading) bool {
	return slices.ContainsFunc(i.Readings, func(old Reading) bool {
		return old.Article == x.Article && (old.Report == x.Report || old.Edition > x.Edition)
	})
}

func (i *Incident) has(report string) bool {
	return slices.ContainsFunc(i.Readings, func(x Reading) bool { return x.Report == report })
}

// Limits of one incident, so that a version always fits a message. The newest
// reports of a huge story say what matters.
const (
	maxReadings = 200
	maxFigures  = 400
	maxActors   = 40
	maxBytes    = bus.MaxMessage - 32<<10 // room for what a version adds to its reports
)

// assemble makes an incident of a set of readings; it is the fold itself. What is
// not a matter of its readings (id, versions, links) stays as it is.
func (i *Incident) assemble(readings []Reading, cfg *Config) {
	sortReadings(readings)
	i.Schema, i.Scope = Schema, "current"
	i.gather(readings, maxReadings)
	for most := maxReadings / 2; most >= 1 && i.size() > maxBytes; most /= 2 {
		i.gather(readings, most)
	}
	if len(i.Readings) > 0 {
		i.Published = i.Readings[0].origin.Published
	}
	fuse(i, cfg.Severity)
}

// gather lists what the readings hold: the first one, which tells when it began,
// and the newest ones; of their figures and actors the newest.
func (i *Incident) gather(readings []Reading, most int) {
	if n := len(readings) - most; n > 0 {
		readings = append(readings[:1:1], readings[1+n:]...)
	}
	i.Readings = append([]Reading{}, readings...) // a list in JSON, not null
	i.Figures, i.Actors, i.Weapons, i.Provenance = []enrich.Figure{}, nil, nil, []Origin{}
	figures, actors := maxFigures*most/maxReadings, maxActors
	for k := len(i.Readings) - 1; k >= 0; k-- { // the newest have them, if not all can
		x := &i.Readings[k]
		x.Figures, x.Actors = len(x.figures), len(x.actors)
		if figures -= x.Figures; figures < 0 {
			x.Figures, x.figures = 0, nil
		}
		if actors -= x.Actors; actors < 0 {
			x.Actors, x.actors = 0, nil
		}
	}
	n, m := 0, 0
	for k := range i.Readings {
		n, m = n+len(i.Readings[k].figures), m+len(i.Readings[k].actors)
	}
	i.Figures, i.Actors = slices.Grow(i.Figures, n), slices.Grow(i.Actors, m)
	i.Provenance = slices.Grow(i.Provenance, len(i.Readings))
	for k := range i.Readings {
		x := &i.Readings[k]
		i.Figures = append(i.Figures, x.figures...)
		i.Actors = append(i.Actors, x.actors...)
		for _, w := range x.Weapons {
			if !slices.Contains(i.Weapons, w) {
				i.Weapons = append(i.Weapons, w)
			}
		}
		if !slices.ContainsFunc(i.Provenance, func(o Origin) bool { return o.Article == x.Article }) {
			i.Provenance = append(i.Provenance, x.origin)
		}
	}
	slices.Sort(i.Weapons)
}

// deal is the reverse of gather, for an incident from the bus: it gives the
// readings what is theirs.
func (i *Incident) deal() {
	figures, actors := i.Figures, i.Actors
	for k := range i.Readings {
		x := &i.Readings[k]
		n, m := min(x.Figures, len(figures)), min(x.Actors, len(actors))
		x.figures, figures = figures[:n:n], figures[n:]
		x.actors, actors = actors[:m:m], actors[m:]
		for o := range i.Provenance {
			if i.Provenance[o].Article == x.Article {
				x.origin = i.Provenance[o]
			}
		}
	}
}
