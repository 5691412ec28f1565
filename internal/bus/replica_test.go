package bus

import (
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
)

// A server that has just lost the lead lists the new leader among the replicas.
func TestALeaderIsToldOfOnce(t *testing.T) {
	ch := make(chan prometheus.Metric, 8)
	replicated(ch, "articles", &jetstream.ClusterInfo{Leader: "n2", Replicas: []*jetstream.PeerInfo{{Name: "n2", Current: true}, {Name: "n3"}}})
	if len(ch) != 2 {
		t.Errorf("%d series are told, want one of each server", len(ch))
	}
}
