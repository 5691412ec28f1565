package enrich

import (
	"slices"
	"strings"

	"tocsin/enrich/lexicon"
	"tocsin/enrich/quantity"
)

// A gathered incident becomes a report.

// finish makes a report of a gathered incident.
func (r *reading) finish(x *incident, cs []clause) Report {
	rep := Report{Role: x.role, Certainty: "reported"}
	var rule string
	rep.Type, rep.Subtype, rule = r.typed(x, r.agent(x, cs))
	r.bothSides(x, rep.Type)
	rep.Rules = append(rep.Rules, x.rules...)
	rep.Rules = append(rep.Rules, rule)
	rep.Outcome = r.outcome(x, cs)
	rep.Complex = r.complex(x, cs)
	if r.withdrawn(x, cs) {
		rep.Certainty = "retracted"
		for _, f := range x.figs {
			r.figs[f].certainty = "retracted"
		}
	}
	rep.Place = r.where(r.orderPlaces(x, cs))
	if rep.Place == nil && x.role == Main || rep.Place != nil && rep.Place.Country == "" && x.role != Background {
		if c := r.home(); c != "" {
			if rep.Place == nil {
				rep.Place = &Place{Precision: "country", Basis: "lead"}
			}
			rep.Place.Country = c
		}
	}
	if rep.Place != nil {
		rep.Place.SiteKind = r.site(x, cs)
	}
	if d := r.chooseDate(x, cs); d >= 0 {
		rep.Occurred = r.occurred(&r.dates[d])
	} else if x.role != Background && r.clock.known() {
		rep.Occurred = &Occurred{Precision: "unknown", Basis: "publication"}
	}
	for _, ci := range x.clauses {
		for _, p := range r.parties(&cs[ci]) {
			w := &r.words[p.word]
			s := &r.sents[r.sentenceAt(p.word)]
			if at := slices.IndexFunc(rep.Actors, func(a Actor) bool { return a.Name == p.name }); at >= 0 {
				if rolesRank(p.role) > rolesRank(rep.Actors[at].Role) {
					rep.Actors[at].Role = p.role
					rep.Actors[at].Evidence = []Span{r.span(s.field, w.start, w.end)}
				}
				continue
			}
			if len(rep.Actors) >= 8 {
				continue
			}
			rep.Actors = append(rep.Actors, Actor{Name: p.name, Role: p.role, Kind: p.kind, Evidence: []Span{r.span(s.field, w.start, w.end)}})
		}
	}
	slices.SortStableFunc(rep.Actors, func(a, b Actor) int { return rolesRank(b.Role) - rolesRank(a.Role) })
	for n, k := range x.kinds {
		if n >= 4 {
			break
		}
		w := &r.words[k]
		rep.Evidence = append(rep.Evidence, r.span(r.sents[r.sentenceAt(k)].field, w.start, w.end))
		if r.meansOnly(w.low) && !slices.Contains(rep.Weapons, w.low) {
			rep.Weapons = append(rep.Weapons, strings.Clone(w.low)) // the reading's memory is used again
		}
	}
	if len(rep.Evidence) == 0 && len(x.figs) > 0 {
		f := &r.figs[x.figs[0]]
		rep.Evidence = append(rep.Evidence, r.quote(f)...)
	}
	if len(x.figs) > 0 {
		rep.Figures = make([]Figure, 0, len(x.figs))
	}
	for _, f := range x.figs {
		rep.Figures = append(rep.Figures, r.export(&r.figs[f], x.role))
	}
	rep.Totals = r.fuse(x)
	return rep
}

// complex tells whether one plan used two or more tactics: "a car bomb was followed
// by a gun assault".
func (r *reading) complex(x *incident, cs []clause) bool {
	blast, assault := false, false
	for _, k := range x.kinds {
		w := &r.words[k]
		switch {
		case r.meansOnly(w.low):
		case w.e.Type == "bombing" || w.e.Type == "explosion":
			blast = true
		case w.e.Type == "shooting", w.low == "stormed", w.low == "storming", w.low == "gun assault", w.low == "raid", w.low == "siege", w.low == "held hostage", w.low == "took hostage":
			assault = true
		}
	}
	if !blast || !assault {
		return false
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k+1 < c.last; k++ {
			switch r.words[k].low {
			case "complex", "coordinated":
				return true
			case "followed":
				if r.words[k+1].low == "by" {
					return true
				}
			case "then", "before", "afterwards":
				for n := k + 1; n < min(k+8, c.last); n++ {
					if w := &r.words[n]; w.is(lexicon.Kind) && !r.meansOnly(w.low) && Family(w.e.Type) == "armed" {
						return true
					}
				}
			}
		}
	}
	return false
}

// bothSides counts militants who were killed where there is no attack of theirs:
// in clashes, raids and strikes from the air all the dead count.
func (r *reading) bothSides(x *incident, typ string) {
	switch typ {
	case "clash", "security_operation", "airstrike", "drone_strike", "shelling":
	default:
		return
	}
	for _, i := range x.figs {
		f := &r.figs[i]
		if f.scope == "perpetrator" && f.who == "perpetrator" && f.group >= 0 && !strings.HasPrefix(f.rule, "fig.reflexive") && !r.isBomber(f.group) {
			f.scope, f.who, f.rule = "current", "militant", f.rule+"+both-sides"
			if x.role == Background {
				f.scope = "background"
			}
		}
	}
}

func (r *reading) isBomber(g int) bool {
	for k := r.groups[g].first; k < r.groups[g].last; k++ {
		if l := r.words[k].low; strings.HasPrefix(l, "bomber") || strings.Contains(l, "suicide") {
			return true
		}
	}
	return false
}

// withdrawn tells whether a report of the incident was taken back.
func (r *reading) withdrawn(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		c := &cs[ci]
		for k := c.first; k < c.last; k++ {
			switch r.words[k].low {
			case "withdrew", "retracted", "retracts", "withdraws", "withdrawn":
				for n := k + 1; n < min(k+4, c.last); n++ {
					if l := r.words[n].low; l == "report" || l == "reports" || l == "story" || l == "claim" {
						return true
					}
				}
			}
		}
	}
	return false
}

// agent tells whether armed people act in the incident's clauses.
func (r *reading) agent(x *incident, cs []clause) bool {
	for _, ci := range x.clauses {
		for k := cs[ci].first; k < cs[ci].last; k++ {
			w := &r.words[k]
			if w.is(lexicon.Person) && (w.e.Who == "militant" || w.e.Who == "perpetrator") || w.is(lexicon.Actor) || w.low == "militia" || w.low == "army" {
				return true
			}
		}
	}
	return false
}

// hurts tells whether the incident has people killed or hurt.
func (r *reading) hurts(x *incident) bool {
	for _, f := range x.figs {
		if m := r.figs[f].measure; (m == Killed || m == Injured) && r.figs[f].q.Max != 0 && r.figs[f].scope != "hypothetical" && r.figs[f].scope != "aggregate" {
			return true
		}
	}
	return false
}

func rolesRank(role string) int {
	switch role {
	case "claimed":
		return 5
	case "blamed":
		return 4
	case "suspected":
		return 3
	case "denied":
		return 2
	}
	return 1
}

// orderPlaces puts the places of an incident in the order in which they are
// believed: those that say where, from the sentences that tell of it, first.
func (r *reading) orderPlaces(x *incident, cs []clause) []int {
	var near, far []int
	for _, p := range x.places {
		if r.located(p) && r.places[p].Kind != "demonym" {
			near = append(near, p)
		} else {
			far = append(far, p)
		}
	}
	if len(near) > 3 {
		near, far = near[:3], append(near[3:len(near):len(near)], far...)
	}
	if len(near) > 0 {
		return near
	}
	return far
}

// chooseDate finds when: the first date that is not old, in a clause with the incident's words.
func (r *reading) chooseDate(x *incident, cs []clause) int {
	best := -1
	if x.role == Background {
		// The date nearest to the toll, else to the words that name it.
		p := -1
		if len(x.kinds) > 0 {
			p = x.kinds[0]
		}
		if len(x.figs) > 0 {
			p = r.figs[x.figs[0]].harm
		}
		dist := 60
		for _, d := range x.dates {
			n := r.dates[d].word - p
			if n < 0 {
				n = -n
			}
			if n < dist && !r.reporting(r.dates[d].word) && r.dates[d].precision != "unknown" {
				best, dist = d, n
			}
		}
		return best
	}
	for _, ci := range x.clauses {
		c := &cs[ci]
		for _, d := range c.dates {
			dt := &r.dates[d]
			if dt.old || dt.running {
				continue
			}
			if r.reporting(dt.word) {
				continue
			}
			if dt.precision == "unknown" {
				continue
			}
			if best < 0 || r.dates[best].precision != "day" && dt.precision == "day" || dt.owns && !r.dates[best].owns {
				best = d
			}
		}
		if best >= 0 && r.dates[best].precision == "day" {
			break
		}
	}
	return best
}

// quote gives the words of a figure as evidence.
func (r *reading) quote(f *mention) []Span {
	s := &r.sents[f.sent]
	a, b := max(f.first, s.first), min(f.last, s.last)
	if a >= b {
		a, b = f.harm, f.harm+1
	}
	start, end := r.words[a].start, r.words[b-1].end
	if end-start <= 200 || f.group < 0 {
		return []Span{r.span(s.field, start, end)}
	}
	g := &r.groups[f.group]
	return []Span{
		r.span(s.field, r.words[g.first].start, r.words[g.last-1].end),
		r.span(s.field, r.words[f.harm].start, r.words[f.harm].end),
	}
}

func bound(n int) *int {
	if n == quantity.Open {
		return nil
	}
	return &n
}

// export makes the record's figure of a mention.
func (r *reading) export(f *mention, role Role) Figure {
	out := Figure{
		Measure: f.measure, Quantifier: f.q.Quantifier, Min: bound(f.q.Min), Max: bound(f.q.Max), Point: bound(f.q.Point), Unit: f.unit,
		Who: f.who, Grade: f.grade, Scope: f.scope, Relation: f.relation, Source: f.said, Certainty: f.certainty, Rule: f.rule, Evidence: r.quote(f),
	}
	if f.previous > 0 {
		p := f.previous
		out.Previous = &p
	}
	if f.excludes {
		out.Excludes = "perpetrator"
	}
	if role == Background && out.Scope == "current" {
		out.Scope = "background"
	}
	return out
}
