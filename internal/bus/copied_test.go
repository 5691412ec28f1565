package bus

import (
	"slices"
	"testing"
)

// A bucket that is added to the route is copied, or somebody has said why not.
func TestEveryBucketIsCopiedOrPasses(t *testing.T) {
	for _, k := range buckets {
		if copied, passes := slices.Contains(bucketsToCopy, k.name), slices.Contains(passing, k.name); copied == passes {
			t.Errorf("bucket %s: copied %v, passing %v; want one of them", k.name, copied, passes)
		}
	}
}

// What holds for one publish alone is no part of a message, and the order of headers says
// nothing.
func TestDigestIsOfWhatLasts(t *testing.T) {
	sum := func(header string) Digest {
		g := newDigester()
		g.add(&record{seq: 1, time: 5, subject: "s", header: []byte(header), data: []byte("d")})
		return g.sum()
	}
	plain := sum("NATS/1.0\r\nNats-Msg-Id: a\r\nTocsin-Error: b\r\n\r\n")
	for name, c := range map[string]struct {
		header string
		same   bool
	}{
		"another order":       {"NATS/1.0\r\nTocsin-Error: b\r\nNats-Msg-Id: a\r\n\r\n", true},
		"a condition":         {"NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Expected-Last-Sequence: 7\r\nTocsin-Error: b\r\n\r\n", true},
		"a batch":             {"NATS/1.0\r\nNats-Batch-Id: x\r\nNats-Msg-Id: a\r\nTocsin-Error: b\r\n\r\n", true},
		"no space":            {"NATS/1.0\r\nNats-Msg-Id:a\r\nTocsin-Error:b\r\n\r\n", true},
		"another id":          {"NATS/1.0\r\nNats-Msg-Id: c\r\nTocsin-Error: b\r\n\r\n", false},
		"one header is gone":  {"NATS/1.0\r\nNats-Msg-Id: a\r\n\r\n", false},
		"one header more":     {"NATS/1.0\r\nNats-Msg-Id: a\r\nTocsin-Error: b\r\nX: y\r\n\r\n", false},
		"values are swapped":  {"NATS/1.0\r\nNats-Msg-Id: b\r\nTocsin-Error: a\r\n\r\n", false},
		"no headers whatever": {"", false},
	} {
		if got := sum(c.header).Content == plain.Content; got != c.same {
			t.Errorf("%s: same %v, want %v", name, got, c.same)
		}
	}
}
