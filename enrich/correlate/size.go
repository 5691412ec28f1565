package correlate

import "tocsin/enrich"

// size is how many bytes an incident takes on the bus, or some more: counted, since to
// encode it takes longer than to fold it.
func (i *Incident) size() int {
	n := 16 << 10 // what does not grow with its reports
	for k := range i.Readings {
		x := &i.Readings[k]
		if x.bytes.own == 0 {
			x.bytes = x.sizes()
		}
		n += x.bytes.own + x.Match.size()
		if x.Figures > 0 {
			n += x.bytes.figures
		}
		if x.Actors > 0 {
			n += x.bytes.actors
		}
	}
	return n + n/16
}

// sizes are bytes of JSON: of a reading without its decision, and of what an incident has
// of it beside.
type sizes struct{ own, figures, actors int }

func (x *Reading) sizes() sizes {
	s := sizes{own: x.size()}
	for k := range x.figures {
		s.figures += ofFigure(&x.figures[k])
	}
	for k := range x.actors {
		a := &x.actors[k]
		s.actors += 10 + ofFields(a.Name, a.Role, a.Kind, a.By) + ofSpans(a.Evidence)
	}
	return s
}

// size is about how many bytes a decision takes.
func (d *Decision) size() int {
	if d == nil {
		return 0
	}
	const reason, rival = 45, 90
	n := rival + reason*len(d.Reasons)
	for _, r := range d.Apart {
		n += rival + reason*len(r.Reasons)
	}
	return n
}

// Bytes that things take in JSON beside their texts.
const (
	sizeOfReading = 330 // with its origin
	sizeOfTotal   = 75
	sizeOfFigure  = 60
	sizeOfPlace   = 100
	sizeOfTime    = 110
	sizeOfSpan    = 30
)

// size is how many bytes a reading takes, or some more, without its figures and actors
// and its decision.
func (x *Reading) size() int {
	o := &x.origin
	n := sizeOfReading + ofFields(x.Report, x.Article, x.Outlet, x.Credit, x.Family, string(x.Relation), string(x.Role), x.Type, x.Subtype, x.Outcome, x.Certainty, x.Bound) +
		ofTexts(x.Weapons...) + ofTexts(x.Terms...) + ofTexts(x.Places...) + ofTexts(x.Cues...) +
		ofMeasures(x.Enemy) + ofMeasures(x.Corrects) + ofMeasures(x.Single) + 30*len(x.Replaces) +
		ofPlace(x.Place) + ofTime(x.Occurred) + ofTotals(x.Totals) +
		ofFields(o.Article, o.URL, o.Feed, o.Outlet, o.Language, o.Title, o.Family, o.Credit, o.ContentSHA256)
	for m, s := range x.Said {
		n += ofTexts(string(m), s)
	}
	for k := range x.About {
		a := &x.About[k]
		n += 40 + ofFields(a.Type, a.Subtype) + ofPlace(a.Place) + ofTime(a.Occurred) + ofTotals(a.Totals)
	}
	return n
}

func ofFigure(f *enrich.Figure) int {
	n := sizeOfFigure + ofFields(string(f.Measure), f.Quantifier, f.Unit, f.Who, f.Grade, f.Scope, f.Relation, f.Excludes, f.Certainty, f.Rule) + ofSpans(f.Evidence)
	if f.Source != nil {
		n += 20 + ofFields(f.Source.Text, f.Source.Kind)
	}
	return n
}

func ofPlace(p *enrich.Place) int {
	if p == nil {
		return 0
	}
	n := sizeOfPlace + ofFields(p.Name, p.Admin, p.Admin1, p.Country, p.Precision, p.Gazetteer, p.Basis, p.SiteKind) + ofSpans(p.Evidence)
	if p.Offset != nil {
		n += 40 + ofFields(p.Offset.Bearing, p.Offset.Of)
	}
	return n
}

func ofTime(o *enrich.Occurred) int {
	if o == nil {
		return 0
	}
	return sizeOfTime + ofFields(o.Precision, o.Part, o.Basis, o.Text, o.Zone, o.Refused) + ofSpans(o.Evidence)
}

func ofTotals(m map[enrich.Measure]enrich.Total) int {
	n := 0
	for k, t := range m {
		n += sizeOfTotal + ofFields(string(k), t.Quantifier, t.Rule)
		if t.ExcludesPerpetrators != nil {
			n += 30
		}
	}
	return n
}

func ofMeasures(list []enrich.Measure) int {
	n := 0
	for _, m := range list {
		n += ofTexts(string(m))
	}
	return n
}

func ofSpans(list []enrich.Span) int {
	n := 0
	for k := range list {
		s := &list[k]
		n += sizeOfSpan + ofFields(s.Article, s.Field, s.Text)
	}
	return n
}

// ofTexts is as many bytes as their quoted forms take, each with a comma.
func ofTexts(list ...string) int {
	n := 0
	for _, s := range list {
		n += len(s) + 3
		for k := range len(s) {
			if c := s[k]; c < ' ' || c == '"' || c == '\\' {
				n += 5
			}
		}
	}
	return n
}

// ofFields is what texts that have names take, without those that are left out.
func ofFields(list ...string) int {
	const name = 11
	n := 0
	for _, s := range list {
		if s != "" {
			n += name + ofTexts(s)
		}
	}
	return n
}
