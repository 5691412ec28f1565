package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate"
	"tocsin/internal/bus"
	"tocsin/sink"
)

type incidentCmd struct {
	Show  incidentShowCmd  `cmd:"" help:"Show an incident: its record, its versions."`
	Merge incidentMergeCmd `cmd:"" help:"Make one incident of several; the first one stays."`
	Split incidentSplitCmd `cmd:"" help:"Make another incident of some of an incident's articles."`
	Undo  incidentUndoCmd  `cmd:"" help:"Take a merge or a split back."`
}

// Help implements kong's HelpProvider.
func (incidentCmd) Help() string {
	return `Where the rules were wrong, an operator says what is one incident and what is two. Later reports respect it; subscribers are told; the incident keeps who ordered what and why; 'tocsin explain' shows it.

Examples:
  tocsin incident show inc-01kkcfmb402jnzahsx6gn5fjtr --versions
  tocsin incident merge inc-01kkcfmb inc-01kphw14 --why told-twice
  tocsin incident split inc-01kkcfmb art-4czk3jjf art-0q2xv7be --why next-day
  tocsin incident undo ord-01kpq3p4 --why mistaken

Orders go to the daemon on ./data; --nats names an external server. They wait until it has carried them out.`
}

// orderFlags are what every order says.
type orderFlags struct {
	configFlags
	Why  string        `required:"" placeholder:"TEXT" help:"The reason, for whoever reads the incident later."`
	By   string        `placeholder:"NAME" help:"Who orders it. Default the name of this user."`
	Wait time.Duration `default:"10s" placeholder:"TIME" help:"How long to wait until it is carried out. Default 10s."`
}

func (f orderFlags) order(do correlate.Deed, incidents, articles []string) correlate.Order {
	by := f.By
	if by == "" {
		by = os.Getenv("USER")
		if u, err := user.Current(); by == "" && err == nil {
			by = u.Username
		}
	}
	return correlate.Order{Do: do, Incidents: incidents, Articles: articles, By: by, Why: strings.TrimSpace(f.Why), At: time.Now()}
}

type incidentMergeCmd struct {
	IDs []string `arg:"" name:"id" help:"Incidents, the one that stays first."`
	orderFlags
}

// Run implements the command.
func (c incidentMergeCmd) Run(ctx context.Context, std streams) error {
	for _, id := range c.IDs {
		if err := incidentID(id); err != nil {
			return err
		}
	}
	return c.give(ctx, std, c.order(correlate.Merge, c.IDs, nil))
}

type incidentSplitCmd struct {
	ID       string   `arg:"" name:"id" help:"The incident."`
	Articles []string `arg:"" name:"article" help:"Articles whose reports leave it; 'tocsin explain' lists them."`
	orderFlags
}

// Run implements the command.
func (c incidentSplitCmd) Run(ctx context.Context, std streams) error {
	if err := incidentID(c.ID); err != nil {
		return err
	}
	for _, a := range c.Articles {
		if kind, err := kindOf(a); err != nil || kind != anArticle {
			return usageError{fmt.Errorf("%q is no article id: those begin with art-; 'tocsin explain %s' lists them", a, c.ID)}
		}
	}
	return c.give(ctx, std, c.order(correlate.Split, []string{c.ID}, c.Articles))
}

type incidentUndoCmd struct {
	ID string `arg:"" name:"order" help:"Order (ord-…), as merge and split told it; 'tocsin incident show' lists those of an incident."`
	orderFlags
}

// Run implements the command.
func (c incidentUndoCmd) Run(ctx context.Context, std streams) error {
	o := c.order(correlate.Undo, nil, nil)
	o.Undo = c.ID
	return c.give(ctx, std, o)
}

// give publishes an order, and tells what followed.
func (f orderFlags) give(ctx context.Context, std streams, o correlate.Order) error {
	o = correlate.NewOrder(o)
	if err := o.Validate(); err != nil {
		return usageError{err}
	}
	b, _, err := f.attach(ctx, std, false)
	if err != nil {
		return err
	}
	defer b.Close()
	if o.Do == correlate.Undo {
		list, err := versionsBy(ctx, b, o.Undo)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("no incident was changed by an order %s: 'tocsin incident show ID' lists those of an incident", o.Undo)
		}
		o.Incidents = []string{list[0].ID}
	}
	w, err := newWaiter(ctx, b, o)
	if err != nil {
		return err
	}
	msg, err := o.Message(b)
	if err != nil {
		return err
	}
	sending, cancel := context.WithTimeout(ctx, max(f.Wait, time.Second))
	defer cancel()
	ack, err := b.Publish(sending, msg)
	if err != nil {
		return fmt.Errorf("give the order: %w", err)
	}
	made, err := w.wait(ctx, ack.Sequence, f.Wait)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "order %s is carried out:\n", o.ID)
	for _, v := range made {
		fmt.Fprintf(std.out, "  %s  version %d  %-10s  %s\n", v.ID, v.Version, v.Status, plain(sink.Summary(v.Incident, nil)))
	}
	if o.Do != correlate.Undo {
		fmt.Fprintf(std.out, "'tocsin incident undo %s' takes it back.\n", o.ID)
	}
	return nil
}

// versionsBy are the versions that an order made, in their order.
func versionsBy(ctx context.Context, b *bus.Bus, order string) ([]storedVersion, error) {
	var at []uint64
	err := scan(ctx, b, bus.Incidents, jetstream.OrderedConsumerConfig{HeadersOnly: true}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		if m.Headers().Get(correlate.HeaderOrder) == order {
			at = append(at, md.Sequence.Stream)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	var list []storedVersion
	for _, seq := range at {
		data, err := message(ctx, b, bus.Incidents, seq)
		if err != nil {
			return nil, err
		}
		i, err := correlate.Decode(data)
		if err != nil {
			return nil, err
		}
		list = append(list, storedVersion{Incident: &i, data: data})
	}
	return list, nil
}

// waiter waits for what follows from an order.
type waiter struct {
	b         *bus.Bus
	order     correlate.Order
	incidents uint64 // last sequences before the order was given
	dead      uint64
}

func newWaiter(ctx context.Context, b *bus.Bus, o correlate.Order) (*waiter, error) {
	w := &waiter{b: b, order: o}
	for name, at := range map[string]*uint64{bus.Incidents: &w.incidents, bus.Dead: &w.dead} {
		s, err := b.Stream(ctx, name)
		if err != nil {
			return nil, err
		}
		*at = s.CachedInfo().State.LastSeq
	}
	return w, nil
}

// lookAgain is how often the correlator is asked how far it is: only an order that
// changes nothing is told by that.
const lookAgain = 200 * time.Millisecond

// wait returns the versions that the order made; its message has that sequence on the
// stream of reports.
func (w *waiter) wait(ctx context.Context, seq uint64, patience time.Duration) (made []storedVersion, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	type news struct {
		version *storedVersion
		err     error
	}
	c := make(chan news)
	tell := func(n news) {
		select {
		case c <- n:
		case <-ctx.Done():
		}
	}
	go w.follow(ctx, bus.Incidents, w.incidents, func(m jetstream.Msg) {
		if m.Headers().Get(correlate.HeaderOrder) == w.order.ID {
			i, err := correlate.Decode(m.Data())
			tell(news{&storedVersion{Incident: &i, data: m.Data()}, err})
		}
	})
	go w.follow(ctx, bus.Dead, w.dead, func(m jetstream.Msg) {
		h := m.Headers()
		if h.Get(correlate.HeaderOrder) == "" || h.Get(bus.HeaderSequence) != strconv.FormatUint(seq, 10) {
			return
		}
		number := ""
		if md, err := m.Metadata(); err == nil {
			number = fmt.Sprintf("; it is set aside, see 'tocsin dead show %d'", md.Sequence.Stream)
		}
		tell(news{err: errors.New(plain(h.Get(bus.HeaderError)) + number)})
	})
	t := time.NewTicker(lookAgain)
	defer t.Stop()
	for {
		select {
		case n := <-c:
			if n.err != nil {
				return nil, n.err
			}
			made = append(made, *n.version)
			if w.all(made) {
				return made, nil
			}
		case <-t.C:
			// All that it made is on the stream before it is settled.
			if at, _ := w.correlator(ctx); at >= seq && len(made) == 0 {
				if made, err = versionsBy(ctx, w.b, w.order.ID); err == nil && len(made) == 0 {
					continue // refused: the other stream tells
				}
				return made, err
			}
		case <-ctx.Done():
			return nil, w.late(seq, cmp.Or(context.Cause(ctx), ctx.Err()))
		}
	}
}

// all tells whether every incident that the order changes has its version.
func (w *waiter) all(made []storedVersion) bool {
	for _, v := range made {
		for _, m := range v.Orders {
			if m.ID != w.order.ID {
				continue
			}
			for _, id := range m.Incidents {
				if !slices.ContainsFunc(made, func(v storedVersion) bool { return v.ID == id }) {
					return false
				}
			}
		}
	}
	return true
}

func (w *waiter) follow(ctx context.Context, stream string, after uint64, each func(jetstream.Msg)) {
	s, err := w.b.Stream(ctx, stream)
	if err != nil {
		return // the wait ends by itself
	}
	cons, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1})
	if err != nil {
		return
	}
	it, err := cons.Messages()
	if err != nil {
		return
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return
		}
		each(m)
	}
}

// correlator says how far the correlator has settled the reports, and whether one is
// there.
func (w *waiter) correlator(ctx context.Context) (at uint64, there bool) {
	s, err := w.b.Stream(ctx, bus.Reports)
	if err != nil {
		return 0, false
	}
	c, err := s.Consumer(ctx, bus.CorrelateConsumer)
	if err != nil {
		return 0, false
	}
	info := c.CachedInfo()
	return info.AckFloor.Stream, info.NumWaiting > 0 || info.NumAckPending > 0
}

// late says why an order is not carried out yet.
func (w *waiter) late(seq uint64, err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("not waited for: order %s is on the bus and will be carried out", w.order.ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	at, there := w.correlator(ctx)
	if !there {
		return fmt.Errorf("no correlator answers: order %s waits on the bus until a 'tocsin run' with the stage correlate is there: %w", w.order.ID, bus.ErrUnreachable)
	}
	return fmt.Errorf("order %s is not carried out yet: the correlator has %d messages to settle, up to it; give --wait more time, or see 'tocsin incident show' later", w.order.ID, seq-min(at, seq))
}

type incidentShowCmd struct {
	configFlags
	ID       string `arg:"" name:"id" help:"The incident."`
	JSON     bool   `help:"The record itself; with --versions, one version a line."`
	Versions bool   `help:"All versions that are kept, and not the latest alone."`
}

// Run implements the command.
func (c incidentShowCmd) Run(ctx context.Context, std streams) error {
	if err := incidentID(c.ID); err != nil {
		return err
	}
	b, _, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	versions, err := versionsOf(ctx, b, c.ID)
	if err != nil {
		return err
	}
	latest := versions[len(versions)-1]
	switch {
	case c.JSON && c.Versions:
		for _, v := range versions {
			if _, err := fmt.Fprintf(std.out, "%s\n", v.data); err != nil {
				return err
			}
		}
		return nil
	case c.JSON:
		var out bytes.Buffer
		if err := json.Indent(&out, latest.data, "", "  "); err != nil {
			return fmt.Errorf("incident %s: %w", c.ID, err)
		}
		_, err := fmt.Fprintln(std.out, out.String())
		return err
	}
	i := explained(versions)
	p := &explainWriter{w: std.out}
	i.head(p)
	if c.Versions {
		i.versions(p)
	}
	i.orders(p)
	p.f("\nARTICLES\n")
	for k := range i.Reports {
		r := &i.Reports[k]
		p.wrap("  "+minute(r.At)+"  ", r.says())
		p.wrap(strings.Repeat(" ", 20), r.Article+"  "+r.URL)
	}
	return p.err
}
