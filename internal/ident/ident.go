// Package ident makes the deterministic names of Tocsin's records: the same
// input always gives the same id, so that a redelivery, a restart or a replay
// can be recognised.
//
// It knows no record. Each stage states, beside its record, what the id is
// made of.
package ident

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
	"time"
)

// alphabet is Crockford's base 32 in lower case: no i, l, o, u, so that an id
// read over a telephone arrives whole. ULIDs use the same digits.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// Hash returns 26 base-32 digits (130 bits, the first 128 of which are a
// SHA-256 prefix) over the parts. Parts are length-prefixed: ("ab","c") and
// ("a","bc") differ.
func Hash(parts ...string) string {
	sum := digest(parts)
	return encode([16]byte(sum[:16]))
}

// Bytes returns the 128 bits that 26 digits of Hash or ULID stand for; ok is
// false where s is none of theirs.
func Bytes(s string) (b [16]byte, ok bool) {
	if len(s) != 26 || s[0] > '7' {
		return b, false
	}
	var hi, lo uint64
	for i := range len(s) {
		d := strings.IndexByte(alphabet, s[i])
		if d < 0 {
			return b, false
		}
		hi = hi<<5 | lo>>59
		lo = lo<<5 | uint64(d)
	}
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	return b, true
}

// Digits is the inverse of Bytes.
func Digits(b [16]byte) string { return encode(b) }

// ULID returns 26 base-32 digits that sort by at: 48 bits of Unix
// milliseconds, then the first 80 bits of SHA-256 over the parts. A time before
// 1970 counts as 1970.
func ULID(at time.Time, parts ...string) string {
	var b [16]byte
	ms := max(at.UnixMilli(), 0)
	binary.BigEndian.PutUint64(b[:8], uint64(ms)<<16)
	sum := digest(parts)
	copy(b[6:], sum[:10])
	return encode(b)
}

// SHA256 returns the lower-case hexadecimal digest over the parts,
// length-prefixed as in Hash.
func SHA256(parts ...string) string {
	sum := digest(parts)
	return hex.EncodeToString(sum[:])
}

func digest(parts []string) (sum [32]byte) {
	h := sha256.New()
	for _, p := range parts {
		writePart(h, p)
	}
	h.Sum(sum[:0])
	return sum
}

func writePart(h hash.Hash, p string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(p)))
	h.Write(n[:])
	h.Write([]byte(p))
}

// encode writes 128 bits as 26 digits, most significant first; the first digit
// holds three bits, as in a ULID.
func encode(b [16]byte) string {
	hi, lo := binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
	var out [26]byte
	for i := 25; i >= 0; i-- {
		out[i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(out[:])
}
