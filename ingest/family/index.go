package family

import (
	"math/bits"
	"time"
)

// Why says how an article came into its family.
type Why struct {
	Rule       string  // RuleEdition, RuleURL or RuleText; "" where it founded its family
	Near       string  // id of the article that it resembles
	Similarity float64 // part of the shorter text that both have, 0 to 1; 1 for editions and addresses
}

// The rules, the surest first.
const (
	RuleEdition = "edition" // the id is known: a new text of the same article
	RuleURL     = "url"     // both have one address
	RuleText    = "text"    // most of one text is in the other
)

const (
	// maxCandidates bounds the texts that one Place compares. Real articles have
	// fewer than ten; bulletins that share their closing sentence have hundreds.
	maxCandidates = 64
	// maxSteps bounds the entries that one Place looks at to find them.
	maxSteps = 256
)

// How far a text is from the first of its family.
const (
	first  uint8 = iota
	direct       // resembles the first, or shares its address or its id
	remote       // resembles a direct one: newcomers are not compared with it
)

// An entry is found by its slots: id, address, anchors.
const (
	slotID = iota
	slotURL
	slotAnchor
	slots = slotAnchor + 2*anchorsKept
)

// entry is one edition of one article.
type entry struct {
	seq    uint64 // counts calls that added an entry
	at     int64  // Unix seconds
	id     string
	family string
	why    Why
	print  Print
	hash   uint32 // of id
	step   uint8
	older  [slots]ref
}

// ref names a slot of an entry: its place in the ring times slots, plus the
// slot, plus one. 0 is none.
type ref uint32

// maxEntries is what a ref can name.
const maxEntries = (1<<32 - 1) / slots

// Index remembers articles and their families. Make one with NewIndex. It is
// not safe for concurrent use: the order of calls is part of the answer, so one
// goroutine should own it.
type Index struct {
	keep int64 // seconds
	max  int
	seq  uint64

	ring []entry // grows to max; then the oldest entry is overwritten

	// heads are hash chains as in LZ77, from newer to older entries. Nothing is
	// unlinked: a link that leads forward in time, or a head of another bucket,
	// points to where a forgotten entry was, and ends the chain.
	heads []ref
	seen  []uint64 // candidates of this call
}

// NewIndex returns an index that compares articles whose times are at most keep
// apart (an agency's story is reprinted for 48 to 72 hours) and holds the last
// max editions that were placed.
func NewIndex(keep time.Duration, max int) *Index {
	x := &Index{keep: int64(keep / time.Second), max: 1, seen: make([]uint64, 0, maxCandidates)}
	if max > 1 {
		x.max = min(max, maxEntries)
	}
	return x
}

// Len is the number of editions held.
func (x *Index) Len() int { return len(x.ring) }

// Place adds an article and returns its family: the id of the family's first
// article, or its own where it resembles none. The time is when the article was
// published, or when it arrived. A wrong one keeps the article itself from its
// family and does no harm to others.
//
// An id that is placed again keeps its family as long as it is remembered: with
// the same print the answer is the one given before; another print becomes one
// more text by which copies are known.
func (x *Index) Place(id string, p Print, at time.Time) (family string, why Why) {
	e := entry{seq: x.seq, at: at.Unix(), id: id, print: p, hash: hashID(id)}
	if o := x.edition(&e); o != nil {
		if o.print == p {
			return o.family, o.why
		}
		e.family, e.step = o.family, max(o.step, direct)
		e.why = Why{RuleEdition, o.id, 1}
	} else if o := x.page(&e); o != nil {
		e.family, e.step = o.family, max(o.step, direct)
		e.why = Why{RuleURL, o.id, 1}
	} else if o, part := x.original(&e); o != nil {
		e.family, e.step = o.family, x.distance(&e, o)
		e.why = Why{RuleText, o.id, part}
	} else {
		e.family = id
	}
	x.add(e)
	return e.family, e.why
}

// Learn takes in an article whose family is known: it was placed before a restart,
// or by another index. What is placed from then on agrees with it.
func (x *Index) Learn(id string, p Print, at time.Time, family string) {
	e := entry{seq: x.seq, at: at.Unix(), id: id, family: family, print: p, hash: hashID(id)}
	if o := x.edition(&e); o != nil && o.print == p && o.family == family {
		return
	}
	if family == id {
		e.step = first
	} else if f := x.founder(family); f == nil {
		e.step = direct // the founder is forgotten: somebody has to stand for it
	} else if _, same := resemble(&p, &f.print); same {
		e.step = direct
	} else {
		e.step = remote
	}
	x.add(e)
}

// edition is the newest edition of the same article.
func (x *Index) edition(e *entry) *entry {
	r := x.head(uint64(e.hash))
	for range maxSteps {
		if r == 0 {
			break
		}
		o, slot := x.at(r)
		if slot == slotID && o.id == e.id && x.near(e, o) {
			return o
		}
		r = x.next(r)
	}
	return nil
}

// page is the newest article at the same address.
func (x *Index) page(e *entry) *entry {
	if e.print.url == 0 {
		return nil
	}
	r := x.head(e.print.url)
	for range maxSteps {
		if r == 0 {
			break
		}
		o, slot := x.at(r)
		if slot == slotURL && o.print.url == e.print.url && x.near(e, o) && onePage(&e.print, &o.print) {
			return o
		}
		r = x.next(r)
	}
	return nil
}

// original is the article that e resembles most, the oldest among equals. The
// chains are followed in step: one that a common sentence made long does not
// use up what the others need.
func (x *Index) original(e *entry) (best *entry, most float64) {
	var chains [slots]ref
	live := 0
	for slot := slotAnchor; slot < slots; slot++ {
		if key, ok := e.key(slot); ok {
			if chains[slot] = x.head(key); chains[slot] != 0 {
				live++
			}
		}
	}
	x.seen = x.seen[:0]
	for steps := 0; live > 0; {
		for slot := slotAnchor; slot < slots; slot++ {
			r := chains[slot]
			if r == 0 {
				continue
			}
			if steps++; steps > maxSteps || len(x.seen) == maxCandidates {
				return best, most
			}
			if chains[slot] = x.next(r); chains[slot] == 0 {
				live--
			}
			o, other := x.at(r)
			if other < slotAnchor || o.print.anchors[other-slotAnchor] != e.print.anchors[slot-slotAnchor] || !x.near(e, o) || x.met(o) {
				continue
			}
			part, same := resemble(&e.print, &o.print)
			if same && (best == nil || part > most || part == most && o.seq < best.seq) {
				best, most = o, part
			}
		}
	}
	return best, most
}

// met reports whether o was a candidate of this call before; now it is.
func (x *Index) met(o *entry) bool {
	for _, seq := range x.seen {
		if seq == o.seq {
			return true
		}
	}
	x.seen = append(x.seen, o.seq)
	return false
}

// distance of e from the first text of o's family, where e resembles o.
func (x *Index) distance(e, o *entry) uint8 {
	if o.step == first {
		return direct
	}
	if f := x.founder(o.family); f != nil {
		if _, same := resemble(&e.print, &f.print); same {
			return direct
		}
	}
	return remote
}

// founder is the first article of a family, if it is remembered.
func (x *Index) founder(family string) *entry {
	r := x.head(uint64(hashID(family)))
	for range maxSteps {
		if r == 0 {
			break
		}
		f, slot := x.at(r)
		if slot == slotID && f.id == family && f.step == first {
			return f
		}
		r = x.next(r)
	}
	return nil
}

func (x *Index) near(a, b *entry) bool {
	d := a.at - b.at
	return -x.keep <= d && d <= x.keep
}

// key is what an entry is found by in a slot, if it is.
func (e *entry) key(slot int) (uint64, bool) {
	switch p := &e.print; {
	case slot == slotID:
		return uint64(e.hash), true
	case slot == slotURL:
		return p.url, p.url != 0
	case e.step == remote:
		return 0, false
	default:
		i := slot - slotAnchor
		used := i < int(p.nOpening) || i >= anchorsKept && i-anchorsKept < int(p.nRest)
		return uint64(p.anchors[i]), used
	}
}

func (x *Index) at(r ref) (e *entry, slot int) {
	return &x.ring[(r-1)/slots], int((r - 1) % slots)
}

func (x *Index) bucket(key uint64) int {
	return int(mix(key) >> 32 & uint64(len(x.heads)-1))
}

// head is the newest link under the key, or under another of the same bucket.
func (x *Index) head(key uint64) ref {
	if len(x.heads) == 0 {
		return 0
	}
	b := x.bucket(key)
	r := x.heads[b]
	if r == 0 {
		return 0
	}
	e, slot := x.at(r)
	if k, ok := e.key(slot); !ok || x.bucket(k) != b {
		return 0
	}
	return r
}

// next follows a chain.
func (x *Index) next(r ref) ref {
	e, slot := x.at(r)
	n := e.older[slot]
	if n == 0 {
		return 0
	}
	if o, s := x.at(n); o.seq > e.seq || o.seq == e.seq && s >= slot {
		return 0
	}
	return n
}

func (x *Index) add(e entry) {
	i := int(e.seq % uint64(x.max))
	x.seq++
	if i < len(x.ring) {
		x.ring[i] = e
		x.link(i)
		return
	}
	if len(x.ring) == cap(x.ring) {
		ring := make([]entry, len(x.ring), min(x.max, 2*len(x.ring)+16))
		copy(ring, x.ring)
		x.ring = ring
		// Some two keys to a bucket: chains stay short, and heads small.
		x.heads = make([]ref, 1<<bits.Len(uint(slots/2*cap(ring)-1)))
		for j := range x.ring {
			x.link(j)
		}
	}
	x.ring = append(x.ring, e)
	x.link(i)
}

// link puts the entry at the head of its chains.
func (x *Index) link(i int) {
	e := &x.ring[i]
	for slot := range slots {
		if key, ok := e.key(slot); ok {
			e.older[slot] = x.head(key)
			x.heads[x.bucket(key)] = ref(i*slots + slot + 1)
		}
	}
}

func hashID(id string) uint32 {
	h := uint64(offset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	return uint32(mix(h) >> 32)
}
