package family

import (
	"math/bits"
	"slices"
	"strings"
)

// Version names the way a [Print] is made. It changes whenever Of answers
// differently for any text; prints of two versions are not to be compared.
const Version = 1

const (
	// horizon is how many words of a text are read. Agency stories say all that
	// a reprint keeps within it, and background that next week's story repeats
	// mostly comes after it. A larger horizon thins the samples: a cut of 100
	// words must leave enough of them in a sample of 64.
	horizon = 256
	// maxBytes bounds the reading of text that has no words: 1 MB of brackets.
	maxBytes = 32 << 10
	// opening is where a cut always overlaps, if no paragraph was put before it.
	opening = 64

	gramWords   = 3 // a changed word spoils three runs: copy-editing survives
	anchorWords = 5 // long enough that independent texts seldom share one

	gramsKept   = 64
	numbersKept = 12
	namesKept   = 12
	anchorsKept = 6 // from the opening, and as many from the rest
)

// Print is the fingerprint of one article's text, 256 bytes without pointers.
// Prints are comparable: equal prints come from texts that this package cannot
// tell apart. The zero Print is that of an article without address and words.
type Print struct {
	url   uint64 // 0 is none
	title uint64 // one bit for each word, by its hash
	open  uint64 // which grams are from the opening, one bit for each

	anchors [2 * anchorsKept]uint32 // those of the opening, then of the rest
	grams   [gramsKept]uint16
	numbers [numbersKept]uint16
	names   [namesKept]uint16

	nOpening, nRest          uint8 // anchors in use
	nGrams, nNumbers, nNames uint8
}

// Of returns the print of an article. The address is a canonical one, compared
// without its scheme and without what marks the same page for telephones
// ("m.", "/amp"); empty is none. Any text will do, also invalid UTF-8.
func Of(url, title, text string) Print {
	p := Print{url: hashURL(url)}
	r := scanner{s: clip(title)}
	for range opening {
		w, ok := r.next()
		if !ok {
			break
		}
		p.title |= 1 << (w.hash >> 58)
	}

	var (
		last [anchorWords]uint64 // the newest word first
		head [opening]uint16     // the opening's grams
	)
	r = scanner{s: clip(text), line: true, sentence: true}
	for n := 1; n <= horizon; n++ {
		w, ok := r.next()
		if !ok {
			break
		}
		copy(last[1:], last[:])
		last[0] = w.hash
		switch w.kind {
		case number:
			p.nNumbers = note(p.numbers[:], p.nNumbers, uint16(w.hash>>48))
		case name:
			p.nNames = note(p.names[:], p.nNames, uint16(w.hash>>48))
		}
		if n >= gramWords {
			g := uint16(run(last[:gramWords]) >> 48)
			p.nGrams = keep(p.grams[:], p.nGrams, g)
			if n <= opening {
				head[n-1] = g
			}
		}
		if n >= anchorWords {
			a := uint32(run(last[:]) >> 32)
			if n <= opening {
				p.nOpening = keep(p.anchors[:anchorsKept], p.nOpening, a)
			} else {
				p.nRest = keep(p.anchors[anchorsKept:], p.nRest, a)
			}
		}
	}
	slices.Sort(p.numbers[:p.nNumbers])
	slices.Sort(p.names[:p.nNames])
	for _, g := range head {
		if i, ok := slices.BinarySearch(p.grams[:p.nGrams], g); ok {
			p.open |= 1 << i
		}
	}
	if p.nGrams < mute {
		p.anchors, p.nOpening, p.nRest = [2 * anchorsKept]uint32{}, 0, 0
	}
	return p
}

// clip bounds what is read. A rune cut in half reads as a space.
func clip(s string) string { return s[:min(len(s), maxBytes)] }

// run hashes words in their order.
func run(words []uint64) uint64 {
	var h uint64
	for _, w := range words {
		h = bits.RotateLeft64(h, 23)*0x9e3779b97f4a7c15 ^ w
	}
	return mix(h)
}

// mix is the finaliser of MurmurHash3: each bit of the input reaches all bits.
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// keep adds v to the sorted sample s[:n] of distinct values if it is new and
// among the len(s) lowest, and returns the new n.
func keep[T uint16 | uint32](s []T, n uint8, v T) uint8 {
	i := int(n)
	if i == len(s) {
		if v >= s[i-1] {
			return n
		}
		i-- // the highest goes
	}
	for ; i > 0 && s[i-1] > v; i-- {
	}
	if i > 0 && s[i-1] == v {
		return n
	}
	end := min(int(n), len(s)-1)
	copy(s[i+1:end+1], s[i:end])
	s[i] = v
	return uint8(end + 1)
}

// note appends v to the list s[:n] of distinct values while there is room.
func note(s []uint16, n uint8, v uint16) uint8 {
	if int(n) == len(s) || slices.Contains(s[:n], v) {
		return n
	}
	s[n] = v
	return n + 1
}

// hosts are labels that name a device, not a page.
var hosts = []string{"www.", "m.", "mobile.", "amp."}

// hashURL is 0 where the address names no page: none at all, or the front page,
// to which careless feeds link every item.
func hashURL(url string) uint64 {
	if _, rest, ok := strings.Cut(url, "://"); ok {
		url = rest
	}
	url, query, _ := strings.Cut(url, "?")
	host, path, _ := strings.Cut(url, "/")
	for again := true; again; {
		again = false
		for _, h := range hosts {
			if rest, ok := strings.CutPrefix(host, h); ok && strings.Contains(rest, ".") {
				host, again = rest, true
			}
		}
	}
	path = strings.Trim(path, "/")
	path = strings.TrimPrefix(path, "amp/")
	path = strings.TrimSuffix(path, "/amp")
	path = strings.TrimSuffix(path, ".amp")
	if path == "amp" {
		path = ""
	}
	for _, q := range []string{"amp", "amp=1", "amp=true", "outputType=amp"} {
		if query == q {
			query = ""
		}
		query = strings.TrimSuffix(query, "&"+q)
		query = strings.TrimPrefix(query, q+"&")
	}
	if path == "" && query == "" {
		return 0
	}
	h := uint64(offset)
	for _, s := range [...]string{host, "/", path, "?", query} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
	}
	return mix(h)
}
