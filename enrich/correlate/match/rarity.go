package match

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed common.txt
var commonText string

// common has the words that many articles have, with the weight of each: 0 for
// what every other one has, 1 for what nearly none has. Words that are not in it
// weigh 1.
var common = sync.OnceValue(func() map[string]float32 {
	m := map[string]float32{}
	for line := range strings.Lines(commonText) {
		word, weight, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		w, err := strconv.ParseFloat(weight, 32)
		if err != nil {
			panic("match: common.txt: " + line) // embedded: every test meets it
		}
		m[word] = float32(w)
	}
	return m
})

func rarity(word string) float32 {
	if w, ok := common()[word]; ok {
		return w
	}
	return 1
}
