package ident

import (
	"regexp"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var shape = regexp.MustCompile(`^[0-7][0-9a-hjkmnp-tv-z]{25}$`)

func TestULIDSortsByTimeAndKeepsIt(t *testing.T) {
	at := time.Date(2021, 7, 24, 0, 0, 0, 0, time.UTC)
	got := ULID(at, "https://example.org/a", "0")
	// 2021-07-24T00:00:00Z is 1627084800000 ms, 01fbawzg00 in Crockford's digits.
	if got[:10] != "01fbawzg00" {
		t.Errorf("ULID(%v) = %s; want the prefix 01fbawzg00", at, got)
	}
	if later := ULID(at.Add(time.Millisecond), "a"); later <= got[:10] {
		t.Errorf("a later ULID %s sorts before %s", later, got)
	}
	if old := ULID(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), "a"); old[:10] != "0000000000" {
		t.Errorf("ULID of 1960 = %s; want the time part zero", old)
	}
}

func TestIdsAreDeterministicAndTellPartsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.String(), 1, 4).Draw(t, "parts")
		a, b := Hash(parts...), Hash(parts...)
		if a != b || !shape.MatchString(a) {
			t.Fatalf("Hash(%q) = %s, then %s; want the same 26 digits", parts, a, b)
		}
		if joined := Hash(append([]string{""}, parts...)...); joined == a {
			t.Fatalf("Hash(%q) equals the hash with an empty part before it", parts)
		}
	})
	if Hash("ab", "c") == Hash("a", "bc") {
		t.Error("the border between parts does not count")
	}
}

func TestBytesAreTheDigits(t *testing.T) {
	for _, s := range []string{Hash("a"), Hash("b", "c"), ULID(time.Now(), "x"), "00000000000000000000000000", "7zzzzzzzzzzzzzzzzzzzzzzzzz"} {
		b, ok := Bytes(s)
		if got := Digits(b); !ok || got != s {
			t.Errorf("Digits(Bytes(%q)) = %q, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "short", "8zzzzzzzzzzzzzzzzzzzzzzzzz", "0000000000000000000000000u", "000000000000000000000000000"} {
		if _, ok := Bytes(s); ok {
			t.Errorf("Bytes(%q) is taken for an id", s)
		}
	}
}
