package ingest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tocsin/internal/ident"
)

// maxKnown bounds how many items of one feed are remembered: 42 bytes each must
// fit one value of the bucket.
const maxKnown = 24_000

// itemKey is the hash in an article's id.
type itemKey [16]byte

// known is what is remembered of one item.
type known struct {
	hash      [6]byte // head of the content hash: tells an edition from a touch
	edition   uint16
	firstSeen uint32 // Unix seconds
	lastSeen  uint16 // days since 1970, of the last poll that had the item
	link      uint32 // head of a hash of its link, 0 for none
	title     sketch
}

// seen is the memory of one feed's items. They stay known after they left the
// feed.
type seen struct {
	items map[itemKey]known
	dirty bool
}

const (
	seenFormat  = 2
	seenEntry   = 16 + 6 + 2 + 4 + 2 + 4 + 8
	maxEditions = 1<<16 - 1
)

const articlePrefix = "art-"

func keyOf(articleID string) itemKey {
	if b, ok := ident.Bytes(strings.TrimPrefix(articleID, articlePrefix)); ok {
		return b
	}
	// Not an id of ours: a test's.
	b, _ := ident.Bytes(ident.Hash(articleID))
	return b
}

func (k itemKey) articleID() string { return articlePrefix + ident.Digits(k) }

func hashHead(content string) (h [6]byte) {
	// A content hash is hexadecimal by construction; a foreign one still gives
	// a head that differs where it differs.
	if _, err := hex.Decode(h[:], []byte(content)[:min(12, len(content))]); err != nil {
		copy(h[:], content)
	}
	return h
}

func linkHead(link string) uint32 {
	if link == "" {
		return 0
	}
	h := fnv.New32a()
	h.Write([]byte(linkStem(identityURL(link))))
	return max(h.Sum32(), 1)
}

// storyNumber is a segment of a path that numbers a story; what follows is words,
// which change with the headline.
var storyNumber = regexp.MustCompile(`/[0-9]{5,}/[^/?]*$`)

func linkStem(link string) string {
	at := storyNumber.FindStringIndex(link)
	if at == nil {
		return link
	}
	number, _, _ := strings.Cut(link[at[0]+1:], "/")
	if len(number) == 8 && (strings.HasPrefix(number, "19") || strings.HasPrefix(number, "20")) {
		return link // a day, which many stories have
	}
	return link[:at[0]+1+len(number)]
}

// sketch is eight minima of hashes over the words of a title, a byte each: two
// titles share about as many of the eight as they share of their words.
type sketch [8]byte

func sketchOf(title string) (s sketch, words int) {
	var least [8]uint64
	for i := range least {
		least[i] = 1<<64 - 1
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(title), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if utf8.RuneCountInString(w) < 4 && !unicode.IsDigit(rune(w[0])) {
			continue // "the", "of": every title has them
		}
		words++
		h := fnv.New64a()
		h.Write([]byte(w))
		x := h.Sum64()
		for i := range least {
			x = x*0x9e3779b97f4a7c15 + 0x632be59bd9b4e019
			x ^= x >> 29
			least[i] = min(least[i], x)
		}
	}
	for i, l := range least {
		s[i] = byte(l >> 16)
	}
	return s, words
}

// alike tells how many of eight two titles share.
func (s sketch) alike(o sketch) (n int) {
	for i := range s {
		if s[i] == o[i] {
			n++
		}
	}
	return n
}

// settle gives the articles of one poll the identities that the feed's past
// gives them. A feed that uses a guid again for another story (another link and
// another title) gets a new article; one that gives an item a new guid, with the
// link and about the title that it had, the old one. What it cannot tell it
// leaves alone: an edition too many harms less than a story lost.
func (s *seen) settle(feed string, articles []Article, now time.Time) {
	here := make(map[itemKey]bool, len(articles))
	unknown := false
	for i := range articles {
		k := keyOf(articles[i].ID)
		here[k] = true
		_, ok := s.items[k]
		unknown = unknown || !ok
	}
	var byLink map[uint32]itemKey
	if unknown {
		byLink = make(map[uint32]itemKey, len(s.items))
		for k, v := range s.items {
			if v.link != 0 && !here[k] {
				if other, twice := byLink[v.link]; twice && bytes.Compare(other[:], k[:]) < 0 {
					continue // two items had it: the same one each time
				}
				byLink[v.link] = k
			}
		}
	}
	for i := range articles {
		a := &articles[i]
		link := linkHead(a.URL)
		if link == 0 || frontPage(a.URL) {
			continue
		}
		title, words := sketchOf(a.Title)
		id := keyOf(a.ID)
		if k, ok := s.items[id]; ok {
			if k.link != 0 && k.link != link && words >= 3 && k.title != (sketch{}) && k.title.alike(title) <= 1 {
				s.touch(id, now) // as long as the guid is used, its first owner must not be forgotten
				a.ID = ArticleID(feed, a.ID+"\x00"+identityURL(a.URL))
			}
			continue
		}
		if old, ok := byLink[link]; ok && s.items[old].title.alike(title) >= 5 {
			delete(byLink, link)
			a.ID = old.articleID()
		}
	}
}

// frontPage tells whether a link is no item's own.
func frontPage(link string) bool {
	u, err := url.Parse(link)
	return err != nil || strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

func day(t time.Time) uint16 { return uint16(t.Unix() / 86400) }

func (s *seen) touch(key itemKey, now time.Time) {
	if k := s.items[key]; k.lastSeen != day(now) {
		k.lastSeen = day(now)
		s.items[key] = k
		s.dirty = true
	}
}

// take records that a poll at now brought the article. It sets its edition and
// first-seen time, and reports whether it must be published.
func (s *seen) take(a *Article, now time.Time) (publish bool) {
	key, head, today := keyOf(a.ID), hashHead(a.ContentSHA256), day(now)
	k, ok := s.items[key]
	switch {
	case !ok:
		k = known{hash: head, edition: 1, firstSeen: uint32(now.Unix())}
		publish = true
	case k.hash != head:
		k.hash = head
		if k.edition < maxEditions {
			k.edition++
		}
		publish = true
	case k.lastSeen == today && k.link == linkHead(a.URL):
		return false
	}
	k.link = linkHead(a.URL)
	if publish {
		k.title, _ = sketchOf(a.Title)
	}
	k.lastSeen = today
	s.items[key] = k
	s.dirty = true
	a.Edition, a.FirstSeen, a.Fetched = int(k.edition), time.Unix(int64(k.firstSeen), 0).UTC(), now.UTC()
	return publish
}

// forget drops items that left the feed longer than keep ago, and the ones
// longest gone where there are too many.
func (s *seen) forget(now time.Time, keep time.Duration) {
	oldest := int64(now.Add(-keep).Unix() / 86400)
	for k, v := range s.items {
		if int64(v.lastSeen) < oldest {
			delete(s.items, k)
			s.dirty = true
		}
	}
	if over := len(s.items) - maxKnown; over > 0 {
		keys := s.keys()
		slices.SortFunc(keys, func(a, b itemKey) int {
			x, y := s.items[a], s.items[b]
			return cmp.Or(cmp.Compare(x.lastSeen, y.lastSeen), cmp.Compare(x.firstSeen, y.firstSeen), bytes.Compare(a[:], b[:]))
		})
		for _, k := range keys[:over] {
			delete(s.items, k)
		}
		s.dirty = true
	}
}

func (s *seen) keys() []itemKey {
	keys := make([]itemKey, 0, len(s.items))
	for k := range s.items {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b itemKey) int { return bytes.Compare(a[:], b[:]) })
	return keys
}

func (s *seen) encode() []byte {
	b := append(make([]byte, 0, 1+seenEntry*len(s.items)), seenFormat)
	for _, k := range s.keys() {
		v := s.items[k]
		b = append(b, k[:]...)
		b = append(b, v.hash[:]...)
		b = binary.BigEndian.AppendUint16(b, v.edition)
		b = binary.BigEndian.AppendUint32(b, v.firstSeen)
		b = binary.BigEndian.AppendUint16(b, v.lastSeen)
		b = binary.BigEndian.AppendUint32(b, v.link)
		b = append(b, v.title[:]...)
	}
	return b
}

func decodeSeen(b []byte) (*seen, error) {
	s := &seen{items: map[itemKey]known{}}
	if len(b) == 0 {
		return s, nil
	}
	if b[0] != seenFormat || (len(b)-1)%seenEntry != 0 {
		return nil, fmt.Errorf("format %d, %d bytes: not written by this program", b[0], len(b))
	}
	for b = b[1:]; len(b) > 0; b = b[seenEntry:] {
		k := known{edition: binary.BigEndian.Uint16(b[22:]), firstSeen: binary.BigEndian.Uint32(b[24:]), lastSeen: binary.BigEndian.Uint16(b[28:]), link: binary.BigEndian.Uint32(b[30:])}
		copy(k.hash[:], b[16:])
		copy(k.title[:], b[34:])
		s.items[itemKey(b[:16])] = k
	}
	return s, nil
}
