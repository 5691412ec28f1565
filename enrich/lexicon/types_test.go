package lexicon_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tocsin/enrich"
)

// What a word means must be something that package enrich knows.
func TestMeaningsAreKnownToEnrich(t *testing.T) {
	measures := []string{string(enrich.Hostages)}
	for _, m := range enrich.Measures {
		measures = append(measures, string(m))
	}
	for file, known := range map[string][]string{"kinds.txt": enrich.Types, "harm.txt": measures} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(data), "\n") {
			f := strings.Split(l, "\t")
			if l == "" || l[0] == '#' || len(f) < 2 {
				continue
			}
			if typ, _, _ := strings.Cut(f[1], "/"); !slices.Contains(known, typ) {
				t.Errorf("enrich/lexicon/%s:%d: %q: no %q among %s", file, i+1, f[0], typ, strings.Join(known, " "))
			}
		}
	}
}
