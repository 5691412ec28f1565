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

// worth is what matching makes of a word.
type worth struct {
	weight float32 // how seldom the news has it
	hash   uint32
	target target
}

// worths are those of the words that common has, or that name what is hit.
var worths = sync.OnceValue(func() map[string]worth {
	m := map[string]worth{}
	for word, weight := range common() {
		m[word] = worth{weight, hash(loose(word)), targetOf[word]}
	}
	for word, target := range targetOf {
		if _, has := m[word]; !has {
			m[word] = worth{1, hash(loose(word)), target}
		}
	}
	return m
})

func worthOf(word string) worth {
	if w, is := worths()[word]; is {
		return w
	}
	return worth{weight: 1, hash: hash(loose(word))}
}
