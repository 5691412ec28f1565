package bus

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// claim is a copy's word that it fills a bus, in the metadata of a stream. The last one
// that gave it has it, so that whoever comes after a run that died need not wait; one that
// is alive sees that it has it no more, and ends. A data directory needs none: one process
// at a time has it.
type claim struct {
	bus *Bus
	run string
}

// runKey is where the metadata hold it.
const runKey = "tocsin_run"

// errTaken says that another copy fills the same bus.
var errTaken = errors.New("another 'tocsin migrate' or 'tocsin restore' has begun to fill the target: this one leaves it to that one")

func (b *Bus) claimName() string { return b.streamName(stagePrefix + "RUN") }

func (b *Bus) claim(ctx context.Context) (*claim, error) {
	c := &claim{bus: b, run: cryptorand.Text()}
	cfg := jetstream.StreamConfig{Name: b.claimName(), Description: "says which run of 'tocsin migrate' fills this: it deletes it", Storage: jetstream.FileStorage, MaxMsgs: 1, Replicas: b.replicas,
		Metadata: map[string]string{runKey: c.run}}
	for tries := 0; ; tries++ {
		_, err := b.JS.CreateOrUpdateStream(ctx, cfg)
		if err == nil {
			return c, nil
		}
		// Of two that find none one makes it.
		if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) || tries == 3 {
			return nil, fmt.Errorf("create stream %s: %w", cfg.Name, err)
		}
	}
}

// held returns errTaken where another copy has it.
func (c *claim) held(ctx context.Context) error {
	s, err := c.bus.JS.Stream(ctx, c.bus.claimName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return errTaken // and that one has finished
	}
	if err != nil {
		return fmt.Errorf("look at stream %s: %w", c.bus.claimName(), err)
	}
	if s.CachedInfo().Config.Metadata[runKey] != c.run {
		return errTaken
	}
	return nil
}

// release gives it up, unless another one has it.
func (c *claim) release(ctx context.Context) error {
	if err := c.held(ctx); err != nil {
		if errors.Is(err, errTaken) {
			return nil
		}
		return err
	}
	return c.bus.drop(ctx, c.bus.claimName())
}
