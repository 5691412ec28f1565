package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/sink"
)

type replayCmd struct {
	configFlags
	Since since `default:"7d" placeholder:"TIME" help:"Compare the alerts since TIME: how long ago, such as 36h or 7d, or a date. Default 7d."`
	JSON  bool  `help:"One JSON object a difference, one a line; the last one is the summary."`
}

// Help implements kong's HelpProvider.
func (replayCmd) Help() string {
	return `Examples:
  tocsin replay --config new.yaml
  tocsin replay --since 36h --config new.yaml --json | jq 'select(.diff == "+")'

Reads the stored articles again, from the oldest, with the sections correlate and sink of another configuration, in memory; and compares the alerts that follow with those that were told. + would appear, - would vanish, ~ would be otherwise: its status, kind, country, severity or figures.

Nothing is told, and nothing that the daemon has is changed. Incidents older than the oldest article are taken as they stood. What a restart of the daemon made it forget, and reports of articles that are no longer stored, can make a difference.

It speaks to the daemon on ./data, or opens its files where none runs; --data and --nats say where, whatever the configuration says.`
}

// Run implements the command.
func (c replayCmd) Run(ctx context.Context, std streams) error {
	b, cfg, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	c.lag(ctx, b, std.err)
	r := newRerun(cfg.Correlate, cfg.Sink, c.Since.time(time.Now()))
	if err := r.seed(ctx, b); err != nil {
		return err
	}
	told, err := alertsSince(ctx, b, r.from)
	if err != nil {
		return err
	}
	if err := r.run(ctx, b); err != nil {
		return err
	}
	d := diffAlerts(told, r.told)
	d.summary.Since, d.summary.Articles = r.from.UTC(), r.articles
	return d.write(std.out, c.JSON)
}

// lag says how much of the stored articles has not become alerts yet.
func (replayCmd) lag(ctx context.Context, b *bus.Bus, w io.Writer) {
	var parts []string
	for _, s := range []struct {
		c    bus.Consumer
		what string
	}{{bus.EnrichArticles, "article"}, {bus.CorrelateReports, "report"}, {bus.SinkIncidents, "incident version"}} {
		// A stage that has never run has no consumer, and told nothing.
		if n, err := b.Pending(ctx, s.c); err == nil && n > 0 {
			parts = append(parts, counted(int(n), s.what))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintf(w, "tocsin: not worked through yet: %s; what follows from them shows as +\n", strings.Join(parts, ", "))
	}
}

// alertsSince are those that were told, of each incident, in their order.
func alertsSince(ctx context.Context, b *bus.Bus, from time.Time) (map[string][]*sink.Alert, error) {
	out := map[string][]*sink.Alert{}
	// None is on the stream before the poll that brought its news.
	err := scan(ctx, b, bus.Alerts, jetstream.OrderedConsumerConfig{DeliverPolicy: jetstream.DeliverByStartTimePolicy, OptStartTime: &from}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) (bool, error) {
		a, err := sink.DecodeAlert(m.Data())
		if err != nil {
			return false, fmt.Errorf("an alert on the stream cannot be read: %w", err)
		}
		if !a.Time.Before(from) {
			out[a.Data.Incident] = append(out[a.Data.Incident], a)
		}
		return true, nil
	})
	return out, err
}

// rerun makes alerts of stored articles, in memory.
type rerun struct {
	archive  *archive
	teller   *sink.Teller
	from     time.Time
	told     map[string][]*sink.Alert
	articles int
}

func newRerun(c correlate.Config, s sink.Config, from time.Time) *rerun {
	return &rerun{archive: newArchive(&c), teller: sink.NewTeller(s), from: from, told: map[string][]*sink.Alert{}}
}

// arrival is the order in which reports came to correlation: readers work in parallel,
// so that it is not that of the articles.
type arrival struct {
	at     map[string]uint64 // report → sequence
	skip   map[string]bool   // reports that were passed over
	orders []ordered         // of operators, among them
	last   uint64
}

type ordered struct {
	seq   uint64
	order correlate.Order
}

func arrivals(ctx context.Context, b *bus.Bus) (*arrival, error) {
	a := &arrival{at: map[string]uint64{}, skip: map[string]bool{}}
	var orders []uint64
	err := scan(ctx, b, bus.Reports, jetstream.OrderedConsumerConfig{HeadersOnly: true}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		a.last = md.Sequence.Stream
		if correlate.IsOrder(m) {
			orders = append(orders, a.last)
			return true, nil
		}
		if id := m.Headers().Get(jetstream.MsgIDHeader); a.at[id] == 0 {
			a.at[id], a.skip[id] = a.last, correlate.Skips(m)
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, seq := range orders {
		data, err := message(ctx, b, bus.Reports, seq)
		if err != nil {
			return nil, err
		}
		if o, err := correlate.DecodeOrder(data); err == nil { // else it was set aside
			a.orders = append(a.orders, ordered{seq, o})
		}
	}
	return a, nil
}

// window is how many articles are read ahead of the next report: more than readers have
// in flight, so that an article that was slow is in its place.
const window = 8 * 512

// run folds the reports of all stored articles in the order in which they came, with
// the orders of operators among them.
func (r *rerun) run(ctx context.Context, b *bus.Bus) error {
	order, err := arrivals(ctx, b)
	if err != nil {
		return err
	}
	var queue []queued
	var highest uint64
	step := func(most int) error {
		for len(queue) > most {
			q := queue[0]
			queue = queue[1:]
			if err := r.fold(order, q); err != nil {
				return err
			}
		}
		return nil
	}
	err = readArticles(ctx, b, r.archive, func(reports []enrich.Report) error {
		r.articles++
		for k := range reports {
			at := order.at[reports[k].ID]
			if at == 0 {
				at = highest // one that this reader finds and the other did not: in the place of its article
			}
			highest = max(highest, at)
			q := queued{at, &reports[k]}
			k, _ := slices.BinarySearchFunc(queue, q, func(a, b queued) int { return cmp.Or(cmp.Compare(a.at, b.at), -1) })
			queue = slices.Insert(queue, k, q)
		}
		return step(window)
	})
	if err != nil {
		return err
	}
	if err := step(0); err != nil {
		return err
	}
	return r.orders(order, order.last+1)
}

type queued struct {
	at     uint64
	report *enrich.Report
}

func (r *rerun) fold(order *arrival, q queued) error {
	if err := r.orders(order, q.at); err != nil {
		return err
	}
	if order.skip[q.report.ID] {
		return nil
	}
	o, err := r.archive.fold(q.report)
	if err != nil {
		return err
	}
	r.tell(o.Steps)
	return nil
}

// orders carries out the orders that came before a report.
func (r *rerun) orders(order *arrival, before uint64) error {
	for len(order.orders) > 0 && order.orders[0].seq < before {
		o := order.orders[0].order
		order.orders = order.orders[1:]
		// One that is refused here was so then, or is about incidents that there are
		// not with this configuration.
		if out, err := r.archive.settle(r.archive.book.Order(&o)); err == nil {
			r.tell(out.Steps)
		}
	}
	return nil
}

func (r *rerun) tell(steps []correlate.Step) {
	for _, s := range steps {
		if a := r.teller.Tell(s.Incident); a != nil && !a.Time.Before(r.from) {
			r.told[a.Data.Incident] = append(r.told[a.Data.Incident], a)
		}
	}
}

// seed takes in what there was before the oldest article that is still stored. What was
// told before it cannot be told again, and is not compared.
func (r *rerun) seed(ctx context.Context, b *bus.Bus) error {
	s, err := b.Stream(ctx, bus.Articles)
	if err != nil {
		return err
	}
	state := s.CachedInfo().State
	if state.FirstSeq <= 1 || state.Msgs == 0 {
		return nil
	}
	before := state.FirstTime
	if r.from.Before(before) {
		r.from = before
	}
	err = scan(ctx, b, bus.Incidents, jetstream.OrderedConsumerConfig{}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		if !md.Timestamp.Before(before) {
			return false, nil
		}
		if i, err := correlate.Decode(m.Data()); err == nil {
			r.archive.book.Put(&i)
			r.archive.versions[i.ID] = i.Version
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	return scan(ctx, b, bus.Alerts, jetstream.OrderedConsumerConfig{}, func(m jetstream.Msg, md *jetstream.MsgMetadata) (bool, error) {
		if !md.Timestamp.Before(before) {
			return false, nil
		}
		if a, err := sink.DecodeAlert(m.Data()); err == nil {
			r.teller.Remember(a)
		}
		return true, nil
	})
}

// readArticles reads all stored articles, in parallel, and gives what they say in their
// order.
func readArticles(ctx context.Context, b *bus.Bus, a *archive, each func([]enrich.Report) error) error {
	type job struct {
		data []byte
		out  chan []enrich.Report
	}
	n := runtime.GOMAXPROCS(0)
	jobs, order := make(chan *job), make(chan *job, 64*n)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for j := range jobs {
				art, err := ingest.DecodeArticle(j.data)
				if err != nil {
					j.out <- nil // it was set aside
					continue
				}
				j.out <- a.read(&art)
			}
		})
	}
	ctx, cancel := context.WithCancel(ctx)
	defer wg.Wait()
	defer cancel()
	var readErr error
	go func() {
		defer close(order)
		defer close(jobs)
		readErr = scan(ctx, b, bus.Articles, jetstream.OrderedConsumerConfig{}, func(m jetstream.Msg, _ *jetstream.MsgMetadata) (bool, error) {
			j := &job{data: m.Data(), out: make(chan []enrich.Report, 1)}
			for _, c := range []chan *job{order, jobs} {
				select {
				case c <- j:
				case <-ctx.Done():
					return false, ctx.Err()
				}
			}
			return true, nil
		})
	}()
	var err error
	for j := range order {
		if err != nil {
			continue
		}
		select {
		case reports := <-j.out:
			if err = each(reports); err != nil {
				cancel()
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	return cmp.Or(err, readErr)
}

// alertDiff is what is different between what was told and what would be.
type alertDiff struct {
	lines   []diffLine
	summary diffSummary
}

type diffLine struct {
	Diff     string      `json:"diff"` // + - ~
	Incident string      `json:"incident"`
	Changes  []string    `json:"changes,omitempty"` // "severity: severe → extreme"
	Told     *sink.Alert `json:"told,omitempty"`
	Would    *sink.Alert `json:"would,omitempty"`
}

func (l *diffLine) alert() *sink.Alert {
	if l.Would != nil {
		return l.Would
	}
	return l.Told
}

type diffSummary struct {
	Diff     string    `json:"diff"` // summary
	Since    time.Time `json:"since"`
	Articles int       `json:"articles"`
	Told     int       `json:"told"`
	Same     int       `json:"same"`
	Appear   int       `json:"appear"`
	Vanish   int       `json:"vanish"`
	Change   int       `json:"change"`
}

// diffAlerts compares the alerts of each incident. Those that say the same are pairs, in
// their order; between two pairs, what was told and what would be told are changes of
// one another as far as there is one for each.
func diffAlerts(told, would map[string][]*sink.Alert) *alertDiff {
	d := &alertDiff{summary: diffSummary{Diff: "summary"}}
	ids := slices.Sorted(maps.Keys(told))
	for id := range would {
		if told[id] == nil {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		a, b := told[id], would[id]
		d.summary.Told += len(a)
		i, j := 0, 0
		for _, p := range append(pairs(a, b), [2]int{len(a), len(b)}) {
			for ; i < p[0] && j < p[1]; i, j = i+1, j+1 {
				d.lines = append(d.lines, diffLine{Diff: "~", Incident: id, Changes: changesOf(a[i], b[j]), Told: a[i], Would: b[j]})
				d.summary.Change++
			}
			for ; i < p[0]; i++ {
				d.lines = append(d.lines, diffLine{Diff: "-", Incident: id, Told: a[i]})
				d.summary.Vanish++
			}
			for ; j < p[1]; j++ {
				d.lines = append(d.lines, diffLine{Diff: "+", Incident: id, Would: b[j]})
				d.summary.Appear++
			}
			if p[0] < len(a) {
				d.summary.Same++
			}
			i, j = p[0]+1, p[1]+1
		}
	}
	slices.SortStableFunc(d.lines, func(a, b diffLine) int { return a.alert().Time.Compare(b.alert().Time) })
	return d
}

// pairs is the longest common subsequence, of alerts that say the same.
func pairs(a, b []*sink.Alert) (out [][2]int) {
	most := make([][]int, len(a)+1)
	for i := range most {
		most[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if len(changesOf(a[i], b[j])) == 0 {
				most[i][j] = most[i+1][j+1] + 1
			} else {
				most[i][j] = max(most[i+1][j], most[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case len(changesOf(a[i], b[j])) == 0:
			out = append(out, [2]int{i, j})
			i, j = i+1, j+1
		case most[i+1][j] >= most[i][j+1]:
			i++
		default:
			j++
		}
	}
	return out
}

// changesOf says what of an alert is otherwise in another.
func changesOf(a, b *sink.Alert) (list []string) {
	put := func(what, from, to string) {
		if from != to {
			list = append(list, fmt.Sprintf("%s: %s → %s", what, cmp.Or(from, "none"), cmp.Or(to, "none")))
		}
	}
	x, y := &a.Data, &b.Data
	put("status", x.Status, y.Status)
	put("severity", x.Severity, y.Severity)
	put("type", strings.TrimSuffix(x.IncType+"/"+x.Subtype, "/"), strings.TrimSuffix(y.IncType+"/"+y.Subtype, "/"))
	put("country", x.Place.Country, y.Place.Country)
	for _, m := range enrich.Measures {
		put(string(m), totalOf(x.Totals, m), totalOf(y.Totals, m))
	}
	return list
}

func totalOf(totals map[enrich.Measure]enrich.Total, m enrich.Measure) string {
	t, ok := totals[m]
	if !ok {
		return ""
	}
	n := func(p *int) string {
		if p == nil {
			return "?"
		}
		return fmt.Sprint(*p)
	}
	if t.Min != nil && t.Max != nil && *t.Min == *t.Max {
		return n(t.Min)
	}
	return n(t.Min) + " to " + n(t.Max)
}

func (d *alertDiff) write(w io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		for k := range d.lines {
			if err := e.Encode(&d.lines[k]); err != nil {
				return err
			}
		}
		return e.Encode(&d.summary)
	}
	for k := range d.lines {
		l := &d.lines[k]
		s := l.Diff + " " + l.alert().Line()
		if len(l.Changes) > 0 {
			s += "\n    " + strings.Join(l.Changes, "; ")
		}
		if _, err := fmt.Fprintln(w, s); err != nil {
			return err
		}
	}
	s := &d.summary
	_, err := fmt.Fprintf(w, "%s since %s, from %s: %d would be as they were, %d would appear, %d vanish, %d change\n",
		counted(s.Told, "alert"), s.Since.Format("2006-01-02 15:04"), counted(s.Articles, "stored article"), s.Same, s.Appear, s.Vanish, s.Change)
	return err
}
