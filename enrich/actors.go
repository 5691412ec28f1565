package enrich

import (
	"strings"

	"tocsin/enrich/lexicon"
)

// party is a named actor at a word, with the part that the sentence gives it.
type party struct {
	word int
	name string
	kind string
	role string
}

// parties reads the named actors of a clause.
func (r *reading) parties(c *clause) []party {
	var out []party
	ws := r.words
	for k := c.first; k < c.last; k++ {
		w := &ws[k]
		if !w.is(lexicon.Actor) {
			continue
		}
		p := party{word: k, name: w.e.Name, kind: w.e.Party}
		p.role = r.part(c, k)
		if p.role != "" {
			out = append(out, p)
		}
	}
	return out
}

// strikes tells whether the party at word k does violence in the clause: "Israeli
// forces shelled the camp", "killed by the army".
func (r *reading) strikes(c *clause, k int) bool {
	launched := false
	for n := k + 1; n < min(k+8, c.last); n++ {
		w := &r.words[n]
		if w.punct || speaks(w.low) {
			break
		}
		switch w.low {
		case "launched", "launch", "launches", "carried", "conducted", "fired", "fires", "struck", "hit", "hits", "pounded", "pounds", "bombarded", "kill", "kills", "open fire", "fire":
			launched = true
		}
		if f := Family(w.e.Type); w.is(lexicon.Kind) && (launched || n == k+1) && (f == "aerial" || f == "explosive" || f == "armed") {
			return true // "launched a missile attack", "an Israeli air strike"
		}
		if w.is(lexicon.Harm) && w.e.Measure == string(Arrested) {
			return false
		}
		if w.is(lexicon.Kind) && Family(w.e.Type) != "law" && !r.meansOnly(w.low) && (strings.HasSuffix(w.low, "ed") || w.is(lexicon.Harm) || w.low == "opened fire") {
			return true
		}
	}
	for n := max(c.first, k-4); n < k; n++ {
		if r.words[n].low != "by" {
			continue
		}
		for h := max(c.first, n-4); h < n; h++ {
			if w := &r.words[h]; w.is(lexicon.Harm) && w.e.Measure != string(Arrested) && w.e.Measure != string(Released) || w.is(lexicon.Kind) && Family(w.e.Type) != "law" {
				return true
			}
		}
	}
	return false
}

// part finds the part that a party plays: the nearest verb of claiming or
// blaming, else it is the suspect where it stands as the one who acts.
func (r *reading) part(c *clause, k int) string {
	ws := r.words
	best, dist := "", 99
	for n := c.first; n < c.last; n++ {
		d := n - k
		if d < 0 {
			d = -d
		}
		role := ""
		switch ws[n].low {
		case "claimed", "claims", "claim", "claiming", "responsibility", "is-claimed", "isis-claimed":
			role = "claimed"
			if n > c.first && (ws[n-1].low == "no" || r.lowAt(n-1) == "not") || ws[n].low == "claimed" && r.lowAt(n+1) == "that" || n >= 2 && ws[n-2].low == "no" {
				role = "suspected"
			}
		case "blamed", "blames", "blaming", "accused", "accuses", "accusing":
			role = "blamed"
		case "suspected", "suspects", "suspicion", "linked", "believed", "hallmarks", "suspect":
			role = "suspected"
		case "denied", "denies", "deny", "condemned", "condemns":
			role = "denied"
		case "against", "targeting", "targeted":
			if n < k && k-n <= 3 {
				role = "target"
			}
		}
		if ws[n].low == "is-claimed" && n == k {
			return "claimed"
		}
		if role != "" && d < dist && d <= 14 {
			best, dist = role, d
		}
	}
	if best != "" {
		return best
	}
	if ws[k].e.Party == "state" && !r.strikes(c, k) {
		return "" // a state that arrests, or speaks, is no suspect
	}
	// "Taliban fighters attacked", "attacked by Boko Haram".
	if k > c.first && ws[k-1].low == "by" || k > c.first+1 && ws[k-2].low == "by" {
		return "suspected"
	}
	for n := k + 1; n < c.last && n < k+8; n++ {
		if ws[n].punct {
			break
		}
		if ws[n].is(lexicon.Kind) && (ws[n].is(lexicon.Harm) || ws[n].low == "attacked" || ws[n].low == "opened fire" || ws[n].low == "ambushed" || ws[n].low == "stormed" || ws[n].low == "raided") {
			return "suspected"
		}
	}
	if c.first == k {
		return "suspected"
	}
	return ""
}
