package enrich

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestSequels holds testdata/sequels.txt: what articles go back to that tell of no
// incident as their news, and their cues.
func TestSequels(t *testing.T) {
	tagger := NewTagger()
	for _, c := range tableCases(t, "testdata/sequels.txt") {
		var got []string
		for _, r := range tagger.Tag(tableArticle(t, &c)) {
			got = append(got, showSequel(&r))
		}
		if len(got) == 0 {
			got = append(got, "-")
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("sequels.txt:%d: %s\n\t@ %s\n\t%s\n\tgot  %s\n\twant %s", c.line, c.why, c.at, c.in, all, c.want)
		}
	}
}

func showSequel(r *Report) string {
	out := []string{string(r.Role), r.Type}
	for _, m := range []Measure{Killed, Injured, Abducted, Released, Arrested} {
		if n, ok := r.Totals[m].Number(); ok {
			out = append(out, fmt.Sprintf("%s=%d", m, n))
		}
	}
	place, country := "-", "-"
	if p := r.Place; p != nil {
		if p.Name != "" {
			place = p.Name
		}
		if p.Country != "" {
			country = p.Country
		}
	}
	day := "-"
	if o := r.Occurred; o != nil && o.Earliest != nil {
		day = o.Earliest.Format("2006-01-02")
	}
	// Those that say what follows an incident; others have tests of their own.
	cues := slices.DeleteFunc(slices.Clone(r.Cues), func(c string) bool {
		return !slices.Contains([]string{CueLater, CueArrest, CueCourt, CueFreed, CueMemory, CueAccident, CueHoax, CueClaim}, c)
	})
	return strings.TrimSpace(strings.Join(append(out, place, country, day), " ") + " | " + strings.Join(cues, " "))
}
