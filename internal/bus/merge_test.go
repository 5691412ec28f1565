package bus

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go/jetstream"
)

func TestMergeStream(t *testing.T) {
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	b := &Bus{prefix: "tocsin", replicas: 1}
	want := b.streamConfig(streams[0]) // articles
	full := jetstream.StreamState{Msgs: 1000, Bytes: 1 << 40, FirstTime: now.Add(-30 * day)}
	for _, tt := range []struct {
		name    string
		have    func(*jetstream.StreamConfig)
		state   jetstream.StreamState
		changed []string
		refused string // part of the error
	}{
		{"nothing to do", func(*jetstream.StreamConfig) {}, full, nil, ""},
		{"a longer age is taken", func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour }, full, []string{"max_age"}, ""},
		{"more room is taken", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 }, full, []string{"max_bytes"}, ""},
		{"a shorter age that drops nothing is taken", func(c *jetstream.StreamConfig) { c.MaxAge = 365 * day },
			jetstream.StreamState{Msgs: 1, FirstTime: now.Add(-day)}, []string{"max_age"}, ""},
		{"a shorter age of an empty stream is taken", func(c *jetstream.StreamConfig) { c.MaxAge = 0 }, jetstream.StreamState{}, []string{"max_age"}, ""},
		{"a shorter age that drops messages is refused", func(c *jetstream.StreamConfig) { c.MaxAge = 365 * day }, full, nil, "max_age 8760h0m0s, this program needs 336h0m0s: the shorter one would drop stored messages"},
		{"an age after none that drops messages is refused", func(c *jetstream.StreamConfig) { c.MaxAge = 0 }, full, nil, "would drop stored messages"},
		{"less room that drops messages is refused", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 41 }, full, nil, "max_bytes"},
		{"room after no bound that drops messages is refused", func(c *jetstream.StreamConfig) { c.MaxBytes = -1 }, full, nil, "lower it with 'nats stream edit' if that is meant"},
		{"less room that still holds all is taken", func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 41 }, jetstream.StreamState{Msgs: 1, Bytes: 1}, []string{"max_bytes"}, ""},
		{"bounds by count are lifted", func(c *jetstream.StreamConfig) { c.MaxMsgs, c.MaxMsgsPerSubject = 10, 1 }, full, []string{"max_msgs", "max_msgs_per_subject"}, ""},
		{"the dedup window is set", func(c *jetstream.StreamConfig) { c.Duplicates = 2 * time.Minute }, full, []string{"duplicate_window"}, ""},
		{"full streams drop the old", func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardNew }, full, []string{"discard"}, ""},
		{"a missing subject is added", func(c *jetstream.StreamConfig) { c.Subjects = []string{"old.>"} }, full, []string{"subjects"}, ""},
		{"retention cannot be changed", func(c *jetstream.StreamConfig) { c.Retention = jetstream.WorkQueuePolicy }, full, nil, "use another nats.prefix"},
		{"storage cannot be changed", func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage }, full, nil, "stream TOCSIN_ARTICLES has storage Memory, this program needs File"},
		{"a denial cannot be taken back", func(c *jetstream.StreamConfig) { c.DenyDelete = true }, full, nil, "it cannot be taken back"},
		{"a denial of purge cannot be taken back", func(c *jetstream.StreamConfig) { c.DenyPurge = true }, full, nil, "it cannot be taken back"},
		{"a sealed stream is of no use", func(c *jetstream.StreamConfig) { c.Sealed = true }, full, nil, "it takes no messages any more"},
		{"every refusal is told at once", func(c *jetstream.StreamConfig) {
			c.Retention, c.Storage = jetstream.InterestPolicy, jetstream.MemoryStorage
		}, full, nil, "storage Memory"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			have := want
			tt.have(&have)
			next, changed, err := mergeStream(have, want, tt.state, now)
			if tt.refused != "" {
				if err == nil || !strings.Contains(err.Error(), tt.refused) {
					t.Fatalf("mergeStream = %v, want a refusal that says %q", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.changed, changed); d != "" {
				t.Errorf("changed (-want +got)\n%s", d)
			}
			_, again, err := mergeStream(next, want, tt.state, now)
			if err != nil || len(again) != 0 {
				t.Errorf("merged again, it changes %v (%v), want nothing", again, err)
			}
		})
	}
}

func TestMergeKeepsWhatTheOperatorSet(t *testing.T) {
	b := &Bus{prefix: "tocsin", replicas: 1}
	want := b.streamConfig(streams[0])
	have := want
	have.MaxAge = time.Hour // so that there is something to change
	have.Subjects = append([]string{"legacy.article.*"}, want.Subjects...)
	have.Compression = jetstream.S2Compression
	have.Placement = &jetstream.Placement{Tags: []string{"ssd"}}
	have.RePublish = &jetstream.RePublish{Source: ">", Destination: "copy.>"}
	have.Metadata = map[string]string{"owner": "desk"}
	next, _, err := mergeStream(have, want, jetstream.StreamState{}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	have.MaxAge = want.MaxAge
	if d := cmp.Diff(have, next); d != "" {
		t.Errorf("more than max_age was changed (-want +got)\n%s", d)
	}
}

// The server refuses what it does not know or may not hold; a stream that it
// refuses would only show in production.
func TestTopologyHoldsTogether(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range streams {
		if s.dedup > s.age {
			t.Errorf("stream %s remembers ids for %v, longer than messages: %v", s.name, s.dedup, s.age)
		}
		for _, subject := range s.subjects {
			if seen[subject] {
				t.Errorf("subject %s is in two streams", subject)
			}
			seen[subject] = true
		}
	}
	for _, k := range buckets {
		if int(k.valueBytes) > 1<<20 {
			t.Errorf("bucket %s takes values of %d bytes, more than the server's largest message", k.name, k.valueBytes)
		}
	}
	if got := OutputConsumer("Desk 1").Name; got != "output-desk-1" {
		t.Errorf("OutputConsumer = %q, want output-desk-1", got)
	}
}

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"nats://host:4222", "nats://host:4222"},
		{"nats://user:secret@host:4222", "nats://…@host:4222"},
		{"secret@host", "…@host"},
		{"nats://user:p@ss@host", "nats://…@host"},
		{"nats://user:secret@a,nats://user:secret@b", "nats://…@a,nats://…@b"},
	} {
		if got := redact(tt.in); got != tt.want {
			t.Errorf("redact(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}
