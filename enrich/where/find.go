package where

import (
	"tocsin/enrich/text"
)

// Find reads all places of a text, in its order. hint is the country that the
// text is likely about if nothing in it tells, "" for none.
func (r *Reader) Find(s, hint string) []Mention {
	r.Reset()
	d := text.Parse(s)
	var ms []Mention
	for n, sen := range d.Sentences {
		toks := d.Tokens[sen.First:sen.Last]
		for i := 0; i < len(toks); {
			r.Home(toks, i)
			e, k := r.lex.At(d.Lower, toks, i)
			m, taken := r.At(&d, toks, i, k, e, sen.Caps)
			if taken == 0 {
				i++
				continue
			}
			m.Sentence = n
			ms = append(ms, *m)
			i += taken
		}
	}
	r.Resolve(ms, hint)
	return ms
}
