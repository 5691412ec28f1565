package enrich

import (
	"cmp"
	"strings"
	"testing"
)

// TestTold holds testdata/told.txt: which incidents an article tells of, and which of
// them it only mentions beside other news.
func TestTold(t *testing.T) {
	tagger := NewTagger()
	for _, c := range tableCases(t, "testdata/told.txt") {
		var got []string
		for _, r := range tagger.Tag(tableArticle(t, &c)) {
			s := showSequel(&r)
			if r.Passing {
				s = "passing " + s
			}
			got = append(got, s)
		}
		if all := cmp.Or(strings.Join(got, "; "), "nothing"); all != c.want {
			t.Errorf("told.txt:%d: %s\n\t@ %s\n\t%s\n\tgot  %s\n\twant %s", c.line, c.why, c.at, c.in, all, c.want)
		}
	}
}
