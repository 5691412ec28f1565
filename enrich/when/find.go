package when

import (
	"time"

	"tocsin/enrich/text"
)

// Found is a time expression of a text, with its bytes.
type Found struct {
	Time
	Start, End int
}

// Find reads all time expressions of a text, measured against its clock in a
// zone.
func Find(s string, c Clock, loc *time.Location) []Found {
	d := text.Parse(s)
	var out []Found
	for _, sen := range d.Sentences {
		toks := d.Tokens[sen.First:sen.Last]
		for i := 0; i < len(toks); {
			t, n := At(toks, i, c)
			if n == 0 {
				i++
				continue
			}
			out = append(out, Found{t.In(c, loc), toks[i].Start, toks[i+n-1].End})
			i += n
		}
	}
	return out
}
