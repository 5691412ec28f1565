package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// settleTime is how long a cluster is given to become complete. A machine that starts
// again starts its servers and this program at once, and a server lets clients in
// before it has found the others.
const settleTime = 30 * time.Second

// settle reconciles as soon as the cluster can.
func (b *Bus) settle(ctx context.Context) error {
	deadline := time.Now().Add(settleTime)
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := b.reconcile(ctx)
		if err == nil || !incomplete(err) || time.Until(deadline) < wait {
			return err
		}
		b.log.Warn("the NATS cluster is not complete, waiting for it", "err", err)
		pause(ctx, wait)
		if ctx.Err() != nil {
			return err
		}
	}
}

// incomplete tells whether an error comes of servers that are not there yet: too few for
// the replicas, or none that leads, when most questions find no answer.
func incomplete(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) {
		return true
	}
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	code := server.ErrorIdentifier(api.ErrorCode)
	return code == server.JSClusterNoPeersErrF || code == server.JSClusterNotAvailErr
}

// reconcile makes the streams and buckets of topology.go so, as far as this user may,
// and syncs the store afterwards: a stream created less than half a minute before a power
// cut vanished whole in our tests.
func (b *Bus) reconcile(ctx context.Context) error {
	if err := b.filled(ctx); err != nil {
		return err
	}
	var errs []error
	created := false
	for _, s := range streams {
		made, err := b.reconcileStream(ctx, s)
		created = created || made
		if incomplete(err) || errors.Is(err, ErrDenied) {
			return err // it would be the same with the others
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	for _, k := range buckets {
		made, err := b.reconcileBucket(ctx, k)
		created = created || made
		if incomplete(err) || errors.Is(err, ErrDenied) {
			return err // it would be the same with the others
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if created && b.embedded != nil {
		return syncTree(b.embedded.store)
	}
	return nil
}

// Description is what a stream or bucket is on the server.
type Description struct {
	Name, Describe string
	Replicas       int
}

// Described are all streams and buckets of the route, as they are.
func (b *Bus) Described(ctx context.Context) ([]Description, error) {
	var names []string
	for _, s := range streams {
		names = append(names, b.streamName(s.name))
	}
	for _, k := range buckets {
		names = append(names, bucketStream+b.bucketName(k.name))
	}
	list := make([]Description, len(names))
	for k, name := range names {
		s, err := b.JS.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("look up stream %s: %w", name, err)
		}
		cfg := s.CachedInfo().Config
		list[k] = Description{Name: name, Describe: cfg.Description, Replicas: cfg.Replicas}
	}
	return list, nil
}

func (b *Bus) reconcileStream(ctx context.Context, s stream) (created bool, err error) {
	want := b.streamConfig(s)
	have, err := b.JS.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		var made jetstream.Stream
		err := b.ask(ctx, "STREAM.CREATE."+want.Name, func(ctx context.Context) (err error) {
			made, err = b.JS.CreateStream(ctx, want)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("create stream %s: %w", want.Name, err)
		}
		if err := obeyed(made, want); err != nil {
			return false, err
		}
		b.log.Info("stream created", "stream", want.Name, "subjects", want.Subjects)
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up stream %s: %w", want.Name, err)
	}
	info, err := have.Info(ctx)
	if err != nil {
		return false, fmt.Errorf("look up stream %s: %w", want.Name, err)
	}
	next, changed, err := mergeStream(info.Config, want, info.State, time.Now())
	if err != nil {
		return false, err
	}
	if len(changed) == 0 {
		return false, nil
	}
	var made jetstream.Stream
	err = b.ask(ctx, "STREAM.UPDATE."+want.Name, func(ctx context.Context) (err error) {
		made, err = b.JS.UpdateStream(ctx, next)
		return err
	})
	if errors.Is(err, ErrDenied) && !slices.ContainsFunc(changed, func(s string) bool { return slices.Contains(essential, s) }) {
		b.log.Warn("a stream is not as this program wants it, and is used as it is", "stream", want.Name, "differs", changed, "err", err)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("update %v of stream %s: %w", changed, want.Name, err)
	}
	if err := obeyed(made, want); err != nil {
		return false, err
	}
	b.log.Info("stream updated", "stream", want.Name, "changed", changed)
	return false, nil
}

// essential are the settings without which a stage loses messages or tells twice; with
// others that an administrator has yet to change, it works.
var essential = []string{"subjects", "subject_transform", "republish", "allow_atomic", "duplicate_window"}

// obeyed tells whether the server has taken over what older ones pass over in
// silence.
func obeyed(s jetstream.Stream, want jetstream.StreamConfig) error {
	if want.AllowAtomicPublish && !s.CachedInfo().Config.AllowAtomicPublish {
		return fmt.Errorf("stream %s cannot store several messages at once: NATS 2.12 or later is needed", want.Name)
	}
	return nil
}

// mergeStream returns have with the wanted settings, and which of them differ.
// It refuses what the server cannot change, and what would drop stored
// messages: an operator must do that by hand and on purpose. Settings that the
// route does not speak of (placement, compression, mirrors, a republish) stay
// as the operator made them.
func mergeStream(have, want jetstream.StreamConfig, state jetstream.StreamState, now time.Time) (next jetstream.StreamConfig, changed []string, err error) {
	next = have
	var errs []error
	refuse := func(setting string, h, w any, todo string) {
		errs = append(errs, fmt.Errorf("stream %s has %s %v, this program needs %v: %s", have.Name, setting, h, w, todo))
	}
	if have.Retention != want.Retention {
		refuse("retention", have.Retention, want.Retention, "it cannot be changed; delete the stream (its messages are lost) or use another nats.prefix")
	}
	if have.Storage != want.Storage {
		refuse("storage", have.Storage, want.Storage, "it cannot be changed; delete the stream (its messages are lost) or use another nats.prefix")
	}
	if (have.DenyDelete && !want.DenyDelete) || (have.DenyPurge && !want.DenyPurge) {
		refuse("deny_delete/deny_purge", true, false, "it cannot be taken back; delete the stream or use another nats.prefix")
	}
	if have.Sealed {
		refuse("sealed", true, false, "it takes no messages any more; use another nats.prefix")
	}
	set := func(setting string, differs bool, apply func()) {
		if differs {
			apply()
			changed = append(changed, setting)
		}
	}
	set("deny_delete", have.DenyDelete != want.DenyDelete, func() { next.DenyDelete = want.DenyDelete })
	set("deny_purge", have.DenyPurge != want.DenyPurge, func() { next.DenyPurge = want.DenyPurge })
	subjects := slices.Clone(have.Subjects)
	for _, s := range want.Subjects {
		if !slices.Contains(subjects, s) {
			subjects = append(subjects, s)
		}
	}
	set("subjects", len(subjects) != len(have.Subjects), func() { next.Subjects = subjects })
	if want.MaxAge != 0 && (have.MaxAge == 0 || have.MaxAge > want.MaxAge) && state.Msgs > 0 && now.Sub(state.FirstTime) > want.MaxAge {
		refuse("max_age", have.MaxAge, want.MaxAge, "the shorter one would drop stored messages; lower it with 'nats stream edit' if that is meant")
	} else {
		set("max_age", have.MaxAge != want.MaxAge, func() { next.MaxAge = want.MaxAge })
	}
	if want.MaxBytes > 0 && (have.MaxBytes <= 0 || have.MaxBytes > want.MaxBytes) && state.Bytes > uint64(want.MaxBytes) {
		refuse("max_bytes", have.MaxBytes, want.MaxBytes, "the smaller one would drop stored messages; lower it with 'nats stream edit' if that is meant")
	} else {
		set("max_bytes", have.MaxBytes != want.MaxBytes, func() { next.MaxBytes = want.MaxBytes })
	}
	set("subject_transform", !equal(have.SubjectTransform, want.SubjectTransform), func() { next.SubjectTransform = want.SubjectTransform })
	if want.RePublish != nil { // an operator's own republish of the other streams stays
		set("republish", !equal(have.RePublish, want.RePublish), func() { next.RePublish = want.RePublish })
	}
	set("allow_atomic", want.AllowAtomicPublish && !have.AllowAtomicPublish, func() { next.AllowAtomicPublish = true })
	set("max_msg_size", have.MaxMsgSize != want.MaxMsgSize, func() { next.MaxMsgSize = want.MaxMsgSize })
	set("duplicate_window", have.Duplicates != want.Duplicates, func() { next.Duplicates = want.Duplicates })
	set("discard", have.Discard != want.Discard, func() { next.Discard = want.Discard })
	set("max_msgs", have.MaxMsgs > 0, func() { next.MaxMsgs = -1 })
	set("max_msgs_per_subject", have.MaxMsgsPerSubject > 0, func() { next.MaxMsgsPerSubject = -1 })
	set("num_replicas", have.Replicas != want.Replicas, func() { next.Replicas = want.Replicas })
	set("allow_direct", have.AllowDirect != want.AllowDirect, func() { next.AllowDirect = want.AllowDirect })
	set("description", have.Description != want.Description, func() { next.Description = want.Description })
	return next, changed, errors.Join(errs...)
}

// equal compares what two pointers point to.
func equal[T comparable](a, b *T) bool { return a == b || (a != nil && b != nil && *a == *b) }

func (b *Bus) reconcileBucket(ctx context.Context, k bucket) (created bool, err error) {
	want := b.bucketConfig(k)
	have, err := b.JS.KeyValue(ctx, want.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		err := b.ask(ctx, "STREAM.CREATE."+bucketStream+want.Bucket, func(ctx context.Context) error {
			_, err := b.JS.CreateKeyValue(ctx, want)
			return err
		})
		if err != nil {
			return false, fmt.Errorf("create bucket %s: %w", want.Bucket, err)
		}
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up bucket %s: %w", want.Bucket, err)
	}
	status, err := have.Status(ctx)
	if err != nil {
		return false, fmt.Errorf("look up bucket %s: %w", want.Bucket, err)
	}
	if got := status.Config(); got.History == want.History && got.TTL == want.TTL && got.MaxValueSize == want.MaxValueSize && got.Replicas == want.Replicas && got.Description == want.Description {
		return false, nil
	} else if got.Storage != want.Storage {
		return false, fmt.Errorf("bucket %s is kept in memory: delete it, or use another nats.prefix", want.Bucket)
	}
	err = b.ask(ctx, "STREAM.UPDATE."+bucketStream+want.Bucket, func(ctx context.Context) error {
		_, err := b.JS.UpdateKeyValue(ctx, want)
		return err
	})
	if errors.Is(err, ErrDenied) {
		b.log.Warn("a bucket is not as this program wants it, and is used as it is", "bucket", want.Bucket, "err", err)
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("update bucket %s: %w", want.Bucket, err)
	}
	b.log.Info("bucket updated", "bucket", want.Bucket)
	return false, nil
}

// consumer makes a durable consumer so, or finds it.
func (b *Bus) consumer(ctx context.Context, c Consumer) (jetstream.Consumer, error) {
	want := b.consumerConfig(c)
	name := b.streamName(c.Stream)
	have, err := b.JS.Consumer(ctx, name, c.Name)
	if err == nil {
		got := have.CachedInfo().Config
		if got.AckPolicy != want.AckPolicy {
			return nil, fmt.Errorf("consumer %s of stream %s has ack policy %v, this program needs %v: delete the consumer, it starts again from the oldest message", c.Name, name, got.AckPolicy, want.AckPolicy)
		}
		if got.AckWait == want.AckWait && got.MaxDeliver == want.MaxDeliver && got.MaxAckPending == want.MaxAckPending {
			return have, nil
		}
		// Where a consumer started cannot be changed, and need not be.
		want.DeliverPolicy, want.OptStartSeq, want.OptStartTime = got.DeliverPolicy, got.OptStartSeq, got.OptStartTime
	} else if !errors.Is(err, jetstream.ErrConsumerNotFound) {
		return nil, fmt.Errorf("look up consumer %s of stream %s: %w", c.Name, name, err)
	}
	var got jetstream.Consumer
	err = b.ask(ctx, "CONSUMER.CREATE."+name+"."+c.Name, func(ctx context.Context) (err error) {
		got, err = b.JS.CreateOrUpdateConsumer(ctx, name, want)
		return err
	})
	if errors.Is(err, ErrDenied) && have != nil {
		b.log.Warn("a consumer is not as this program wants it, and is used as it is", "stream", name, "consumer", c.Name, "err", err)
		return have, nil
	}
	if err != nil {
		return nil, fmt.Errorf("create consumer %s of stream %s: %w", c.Name, name, err)
	}
	if have != nil {
		b.log.Info("consumer updated", "stream", name, "consumer", c.Name)
	}
	return got, nil
}
