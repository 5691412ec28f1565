package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
)

// What incidents, reports and articles there are, as the streams of a running system or
// its files have them. Nothing here writes.

// scan calls each for the messages of a stream that a consumer's configuration asks for,
// in order, until it has seen all that there are or each returns false. Canaries are none
// of what anybody asks for.
func scan(ctx context.Context, b *bus.Bus, stream string, cfg jetstream.OrderedConsumerConfig, each func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error)) error {
	s, err := b.Stream(ctx, stream)
	if err != nil {
		return err
	}
	c, err := s.OrderedConsumer(ctx, cfg)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	if c.CachedInfo().NumPending == 0 {
		return nil
	}
	it, err := c.Messages()
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		md, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		on := true
		if !b.IsCanary(m.Subject()) {
			on, err = each(m, md)
		}
		if err != nil || !on || md.NumPending == 0 {
			return err
		}
	}
}

// The kinds of ids.
const (
	anIncident = "incident"
	aReport    = "report"
	anArticle  = "article"
)

// kindOf tells what an id is of.
func kindOf(id string) (string, error) {
	for prefix, kind := range map[string]string{"inc-": anIncident, "rep-": aReport, "art-": anArticle} {
		if strings.HasPrefix(id, prefix) && id == bus.Token(id) && len(id) > len(prefix) {
			return kind, nil
		}
	}
	return "", usageError{fmt.Errorf("%q is no id: those of incidents begin with inc-, of reports with rep-, of articles with art-; 'tocsin watch --json' shows them", id)}
}

// incidentID refuses what is none.
func incidentID(id string) error {
	if kind, err := kindOf(id); err != nil || kind != anIncident {
		return usageError{fmt.Errorf("%q is no incident id: those begin with inc-; 'tocsin watch --json' shows them", id)}
	}
	return nil
}

// storedVersion is one of an incident, as the stream has it.
type storedVersion struct {
	*correlate.Incident
	data []byte
	at   time.Time // of the message
}

// versionsOf are those that the stream still has of an incident, oldest first.
func versionsOf(ctx context.Context, b *bus.Bus, id string) ([]storedVersion, error) {
	var list []storedVersion
	err := scan(ctx, b, bus.Incidents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{b.Pattern("incident", "*", "*", id)}}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		i, err := correlate.Decode(m.Data())
		if err != nil {
			return false, fmt.Errorf("a version of incident %s cannot be read: %w", id, err)
		}
		list = append(list, storedVersion{&i, m.Data(), md.Timestamp})
		return true, nil
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("there is no incident %s: the stream keeps them for 90 days; is this its data directory?", id)
	}
	return list, err
}

// latestIncidents calls each for the latest version of every incident whose record has
// any of some words; of none, of all.
func latestIncidents(ctx context.Context, b *bus.Bus, words []string, each func(*correlate.Incident)) error {
	// One subject has the versions of one type and country: the latest of all is
	// looked for among them.
	latest := map[string]*correlate.Incident{}
	err := scan(ctx, b, bus.Incidents, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) (bool, error) {
		id := m.Subject()[strings.LastIndexByte(m.Subject(), '.')+1:]
		known := latest[id] != nil
		if !known && len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(m.Data(), []byte(w)) }) {
			return true, nil
		}
		// One that cannot be read is none that could be shown.
		if i, err := correlate.Decode(m.Data()); err == nil && (!known || latest[id].Version < i.Version) {
			latest[id] = &i
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		each(latest[id])
	}
	return nil
}

// incidentsWith are the incidents that have a reading of one of these articles or
// reports now, by id.
func incidentsWith(ctx context.Context, b *bus.Bus, ids ...string) ([]*correlate.Incident, error) {
	var list []*correlate.Incident
	err := latestIncidents(ctx, b, ids, func(i *correlate.Incident) {
		if slices.ContainsFunc(i.Readings, func(x correlate.Reading) bool {
			return slices.Contains(ids, x.Article) || slices.Contains(ids, x.Report)
		}) {
			list = append(list, i)
		}
	})
	return list, err
}

// storedArticle is the latest edition of an article, nil where the stream has none.
func storedArticle(ctx context.Context, b *bus.Bus, id string) (*ingest.Article, error) {
	var at uint64
	err := scan(ctx, b, bus.Articles, jetstream.OrderedConsumerConfig{HeadersOnly: true}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		if strings.HasPrefix(m.Headers().Get(jetstream.MsgIDHeader), id+".") {
			at = md.Sequence.Stream
		}
		return true, nil
	})
	if err != nil || at == 0 {
		return nil, err
	}
	data, err := message(ctx, b, bus.Articles, at)
	if err != nil {
		return nil, err
	}
	a, err := ingest.DecodeArticle(data)
	return &a, err
}

// storedReport is a report, nil where the stream has it no longer.
func storedReport(ctx context.Context, b *bus.Bus, id string) (*enrich.Report, error) {
	var at uint64
	err := scan(ctx, b, bus.Reports, jetstream.OrderedConsumerConfig{HeadersOnly: true}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		if m.Headers().Get(jetstream.MsgIDHeader) == id {
			at = md.Sequence.Stream
		}
		return at == 0, nil
	})
	if err != nil || at == 0 {
		return nil, err
	}
	data, err := message(ctx, b, bus.Reports, at)
	if err != nil {
		return nil, err
	}
	r, err := enrich.DecodeReport(data)
	return &r, err
}

func message(ctx context.Context, b *bus.Bus, stream string, seq uint64) ([]byte, error) {
	s, err := b.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	m, err := s.GetMsg(ctx, seq)
	if err != nil {
		return nil, fmt.Errorf("read message %d of stream %s: %w", seq, stream, err)
	}
	return m.Data, nil
}
