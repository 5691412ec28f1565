package correlate

import (
	"slices"
	"testing"

	"tocsin/enrich/correlate/match"
)

// An operator reads words and not names of features: a new feature needs some.
func TestEveryFeatureHasWords(t *testing.T) {
	for _, name := range match.Names() {
		if featureWords[name] == "" {
			t.Errorf("feature %s of match/weights.txt has no words: add some to featureWords", name)
		}
	}
	for name := range featureWords {
		if !slices.Contains(match.Names(), name) {
			t.Errorf("featureWords has %s, matching does not", name)
		}
	}
}
