// Command common counts how many texts of our own have each word, and writes
// common.txt: what weighs little when two articles share it.
//
//	go run ./enrich/correlate/match/common
//
// The texts are the articles under enrich/testdata and the stories under
// enrich/correlate/stories/hand and generated; a story counts once, however many
// articles it has.
package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "common:", err)
		os.Exit(1)
	}
}

// Shares of the texts between which the weight rises from 0 to 1.
const (
	everywhere = 1.0 / 5
	rare       = 1.0 / 150
	least      = 4 // texts that a word must be in to be listed
)

func run() error {
	texts := 0
	in := map[string]int{}
	for _, dir := range []string{"enrich/testdata", "enrich/correlate/stories/hand", "enrich/correlate/stories/generated"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			texts++
			seen := map[string]bool{}
			for _, w := range strings.FieldsFunc(strings.ToLower(string(data)), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
				if w = stem(strings.Trim(w, "-")); len(w) > 2 && !seen[w] {
					seen[w] = true
					in[w]++
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	var words []string
	for w, n := range in {
		if n >= least {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, cmp.Compare[string])
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Words that many texts have, with their weight, by go run ./enrich/correlate/match/common from %d texts.\n", texts)
	for _, w := range words {
		share := float64(in[w]) / float64(texts)
		weight := min(1, max(0, math.Log(everywhere/share)/math.Log(everywhere/rare)))
		if weight < 0.95 {
			fmt.Fprintf(&b, "%s\t%.2f\n", w, weight)
		}
	}
	return os.WriteFile("enrich/correlate/match/common.txt", b.Bytes(), 0o644)
}

// stem is the tagger's: it drops the plural.
func stem(w string) string {
	if len(w) > 4 && w[len(w)-1] == 's' && w[len(w)-2] != 's' && w[len(w)-2] != 'u' && w[len(w)-2] != 'i' {
		return w[:len(w)-1]
	}
	return w
}
