package family

import (
	"math"
	"math/bits"
)

// Sizes in runs of three words: a text of n words has up to n-2.
const (
	mute   = 10 // below 12 words a text says nothing
	teaser = 38 // below 40 words it is a teaser
)

// What two texts must share. The evaluation under testdata holds the balance:
// copies stay above 0.6, accounts in other words below 0.2, and what lies
// between are follow-ups with old background and templates with other facts.
const (
	sameText   = 0.45 // of the shorter text, with a sampling error of some 0.07
	sameOpen   = 0.35 // of one text's opening
	sameTeaser = 0.80 // of both
	sameLead   = 0.85 // of a teaser that opens a story
	sameTitle  = 0.60 // of the words of both titles, where the texts are teasers

	// The facts of the shorter text that the longer one must have. One number
	// may always differ: agencies raise a toll in the same story.
	sameNumbers = 0.60
	sameNames   = 0.50

	// fewest is how many members of the sample must lie within both texts'
	// reach: below it a lead and a long story cannot be compared.
	fewest = 8

	// otherText: two full texts at one address that share less, under other
	// titles, are two items of a feed that links all of them to one page.
	otherText  = 0.10
	otherTitle = 0.30
)

// resemble compares two articles: the part of the shorter text, by runs of
// three words, that is also in the longer one, and whether that and the facts
// make them copies of one text. It is symmetric.
func resemble(a, b *Print) (part float64, same bool) {
	a, b = bySize(a, b)
	if !sameFacts(a, b) { // the cheaper half
		return 0, false
	}
	return sameWords(a, b)
}

// sameWords compares a text with one that is not shorter.
func sameWords(a, b *Print) (part float64, same bool) {
	if a.nGrams < mute {
		return 0, false
	}
	g := shareGrams(a, b)
	if g.a < fewest {
		return 0, false
	}
	if sizes(a, b) == 0 {
		g.a = max(g.a, g.b)
	}
	part = float64(g.both) / float64(g.a)
	switch {
	case b.nGrams < teaser:
		same = float64(g.both)/float64(g.a+g.b-g.both) >= sameTeaser && titles(a, b) >= sameTitle
	case a.nGrams < teaser:
		same = part >= sameLead
	default:
		// A copy has the opening of the original, if perhaps further down; a
		// follow-up has its background, and both open with their own news.
		same = part >= sameText && (g.openA >= sameOpen || g.openB >= sameOpen)
	}
	return part, same
}

// sameFacts compares the numbers and names of a text with those of one that is
// not shorter.
func sameFacts(a, b *Print) bool {
	n := int(a.nNumbers)
	has := common(a.numbers[:n], b.numbers[:b.nNumbers])
	if n-has > 1 && float64(has) < sameNumbers*float64(n) {
		return false
	}
	n = int(a.nNames)
	has = common(a.names[:n], b.names[:b.nNames])
	return float64(has) >= sameNames*float64(n)
}

// common counts the values in both of two sorted lists of distinct values.
func common(a, b []uint16) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		less, more := order(a[i], b[j])
		n += 1 + less + more
		i += 1 + more
		j += 1 + less
	}
	return n
}

// order returns -1 as less for u < v, and as more for u > v. Which it is among
// hashes is a coin's toss, so that arithmetic beats a branch.
func order(u, v uint16) (less, more int) {
	return (int(u) - int(v)) >> (bits.UintSize - 1), (int(v) - int(u)) >> (bits.UintSize - 1)
}

// sample counts the grams of two texts up to where both samples are complete.
type sample struct {
	a, b, both   int
	openA, openB float64 // part of each one's opening that the other has
}

// shareGrams compares two samples. One that is full stands for its text only up
// to its highest value.
func shareGrams(a, b *Print) (s sample) {
	reach := uint16(math.MaxUint16)
	if a.nGrams == gramsKept {
		reach = a.grams[gramsKept-1]
	}
	if b.nGrams == gramsKept {
		reach = min(reach, b.grams[gramsKept-1])
	}
	var inA, inB uint64 // grams that the other has, by place
	for s.a < int(a.nGrams) && s.b < int(b.nGrams) {
		u, v := a.grams[s.a%gramsKept], b.grams[s.b%gramsKept]
		if u > reach || v > reach {
			break
		}
		less, more := order(u, v)
		equal := uint64(1 + less + more)
		inA |= equal << (s.a % gramsKept)
		inB |= equal << (s.b % gramsKept)
		s.a += 1 + more
		s.b += 1 + less
	}
	for s.a < int(a.nGrams) && a.grams[s.a] <= reach {
		s.a++
	}
	for s.b < int(b.nGrams) && b.grams[s.b] <= reach {
		s.b++
	}
	s.both = bits.OnesCount64(inA)
	s.openA = among(inA, a.open&(1<<s.a-1))
	s.openB = among(inB, b.open&(1<<s.b-1))
	return s
}

// among is the part of the members of set that are in marked.
func among(marked, set uint64) float64 {
	return float64(bits.OnesCount64(marked&set)) / float64(max(1, bits.OnesCount64(set)))
}

// sizes compares the numbers of distinct runs in two texts: below zero where a
// has fewer. A full sample that ends at a lower hash was drawn from more.
func sizes(a, b *Print) int {
	if a.nGrams != b.nGrams || a.nGrams < gramsKept {
		return int(a.nGrams) - int(b.nGrams)
	}
	return int(b.grams[gramsKept-1]) - int(a.grams[gramsKept-1])
}

// bySize returns the shorter text first.
func bySize(a, b *Print) (shorter, longer *Print) {
	if sizes(a, b) > 0 {
		return b, a
	}
	return a, b
}

// titles is the share of common words, 1 for two articles without title.
func titles(a, b *Print) float64 {
	if a.title|b.title == 0 {
		return 1
	}
	return float64(bits.OnesCount64(a.title&b.title)) / float64(bits.OnesCount64(a.title|b.title))
}

// onePage reports whether two articles at one address are one: not where both
// texts are long and neither they nor their titles have anything in common.
func onePage(a, b *Print) bool {
	if a.nGrams < teaser || b.nGrams < teaser || titles(a, b) >= otherTitle {
		return true
	}
	part, _ := sameWords(bySize(a, b))
	return part >= otherText
}
