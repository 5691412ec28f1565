package correlate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/enrich/correlate/match"
	"tocsin/internal/bus"
	"tocsin/internal/ident"
)

// OrderSchema names the record's version.
const OrderSchema = "tocsin.order/1"

// Order is what an operator wants of incidents: that some are one, that one is two,
// that an earlier order is taken back. It travels among the reports, so that the one
// correlator meets it in their order.
type Order struct {
	Schema    string    `json:"schema"`
	ID        string    `json:"id"` // see NewOrder
	Do        Deed      `json:"do"`
	Incidents []string  `json:"incidents,omitempty"` // merge: the first one stays; split: the one; undo: one that the order was on
	Articles  []string  `json:"articles,omitempty"`  // split: those whose readings leave
	Undo      string    `json:"undo,omitempty"`      // undo: id of the order
	By        string    `json:"by,omitempty"`
	Why       string    `json:"why"`
	At        time.Time `json:"at"`
}

// Deed is what an order does.
type Deed string

const (
	Merge Deed = "merge"
	Split Deed = "split"
	Undo  Deed = "undo"
)

// rule is how a version names the kind of order that made it.
func (d Deed) rule() string { return "order." + string(d) }

// OrderMark is what an incident keeps of an order that changed it.
type OrderMark struct {
	ID        string    `json:"id"`
	Do        Deed      `json:"do"`
	By        string    `json:"by,omitempty"`
	Why       string    `json:"why"`
	At        time.Time `json:"at"`
	Version   int       `json:"version"`   // that it made of this incident
	Incidents []string  `json:"incidents"` // all that it changed; the first one has Moved

	Undoes string `json:"undoes,omitempty"` // order that it took back
	Undone string `json:"undone,omitempty"` // order that took it back

	// What it takes to undo it.
	Moved     []Moved   `json:"moved,omitempty"`
	FirstSeen time.Time `json:"first_seen,omitzero"` // of the first incident, before
}

// Moved are readings that an order put into an incident, or kept there.
type Moved struct {
	From    string   `json:"from"`            // incident that they were in
	To      string   `json:"to"`              // incident that they are in since
	Bound   string   `json:"bound,omitempty"` // what they were bound to before
	Reports []string `json:"reports"`         // article and ordinal, so that a later edition is known: "art-….0"
}

// ErrOrder is wrapped by the error of an order that cannot be carried out and never
// will be.
var ErrOrder = errors.New("order refused")

// ErrNoIncident is wrapped when an incident is looked up that there is not.
var ErrNoIncident = errors.New("no such incident")

func refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrOrder, fmt.Errorf(format, args...))
}

// Bounds of orders.
const (
	maxOrderIncidents = 16
	maxOrderWhy       = 500 // bytes; of the name as well
	maxMarks          = 32  // that an incident keeps
	maxUndoable       = 8   // of them, the latest, with what it takes to undo them
)

// NewOrder completes an order that has no id: "ord-" and a ULID of its time and a
// hash of what it says.
func NewOrder(o Order) Order {
	o.Schema = OrderSchema
	o.At = o.At.UTC().Truncate(time.Millisecond)
	if o.ID == "" {
		parts := []string{"order", string(o.Do), o.Undo, o.By, o.Why, strconv.Itoa(len(o.Incidents))}
		parts = append(append(parts, o.Incidents...), o.Articles...)
		o.ID = "ord-" + ident.ULID(o.At, parts...)
	}
	return o
}

// Validate reports every mistake at once. Its errors wrap ErrOrder.
func (o *Order) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.ID == "" || o.ID != bus.Token(o.ID) {
		bad("its id is %q: use 1 to 48 of a-z 0-9 _ -", o.ID)
	}
	if o.At.IsZero() {
		bad("it does not say when it was given")
	}
	switch {
	case strings.TrimSpace(o.Why) == "":
		bad("it gives no reason: say why, for whoever reads the incident later")
	case len(o.Why) > maxOrderWhy:
		bad("its reason takes %d bytes, %d are kept", len(o.Why), maxOrderWhy)
	}
	if len(o.By) > maxOrderWhy {
		bad("the name of who gives it takes %d bytes, %d are kept", len(o.By), maxOrderWhy)
	}
	for k, id := range o.Incidents {
		if !strings.HasPrefix(id, "inc-") || id != bus.Token(id) {
			bad("%q is no incident id: those begin with inc-", id)
		} else if slices.Contains(o.Incidents[:k], id) {
			bad("incident %s is named twice", id)
		}
	}
	switch o.Do {
	case Merge:
		if len(o.Incidents) < 2 || len(o.Incidents) > maxOrderIncidents {
			bad("it names %d incidents to merge: name 2 to %d, the one that stays first", len(o.Incidents), maxOrderIncidents)
		}
	case Split:
		if len(o.Incidents) != 1 {
			bad("it names %d incidents to split: name one", len(o.Incidents))
		}
		if len(o.Articles) == 0 || len(o.Articles) > maxReadings {
			bad("it names %d articles that leave: name 1 to %d", len(o.Articles), maxReadings)
		}
	case Undo:
		if o.Undo == "" || o.Undo == o.ID {
			bad("it names no order to undo")
		}
		if len(o.Incidents) > 1 {
			bad("it names %d incidents: one of those that the order was on is enough", len(o.Incidents))
		}
	default:
		bad("it does %q: merge, split and undo are known", o.Do)
	}
	if len(errs) == 0 {
		return nil
	}
	return refuse("%w", errors.Join(errs...))
}

// DecodeOrder reads an order from the bus.
func DecodeOrder(data []byte) (Order, error) {
	var o Order
	if err := json.Unmarshal(data, &o); err != nil {
		return Order{}, fmt.Errorf("decode order: %w", err)
	}
	if o.Schema != OrderSchema {
		return Order{}, fmt.Errorf("decode order: schema %q, this program reads %q: %w", o.Schema, OrderSchema, ErrSchema)
	}
	return o, nil
}

// HeaderOrder marks an order among the reports, where it is "1", and the versions
// that an order made, where it is the order's id.
const HeaderOrder = "Tocsin-Order"

// IsOrder tells whether a message of the report stream is an order.
func IsOrder(msg jetstream.Msg) bool { return msg.Headers().Get(HeaderOrder) != "" }

// Skips tells whether correlation passes over a message of the report stream: it says
// that it changes nothing.
func Skips(msg jetstream.Msg) bool { return passing(msg) }

// Message is an order as it travels.
func (o *Order) Message(b *bus.Bus) (bus.Message, error) {
	data, err := json.Marshal(o)
	if err != nil {
		return bus.Message{}, fmt.Errorf("encode order %s: %w", o.ID, err)
	}
	return bus.Message{Subject: b.Subject("report", bus.Unknown, "order"), ID: o.ID, Data: data, Header: nats.Header{HeaderOrder: {"1"}}}, nil
}

// Header is what the message of a version says of it without being decoded.
func (i *Incident) Header() nats.Header {
	if n := len(i.Orders); n > 0 && i.Orders[n-1].Version == i.Version {
		return nats.Header{HeaderOrder: {i.Orders[n-1].ID}}
	}
	return nil
}

// Order says what follows from an order. Nothing is remembered of it until the steps
// are put: see Put. An error that wraps ErrOrder says that it cannot be carried out;
// any other, that an incident cannot be looked up now.
//
// An order that was carried out is known and changes nothing; of one that a crash cut
// off, the rest follows: incidents that receive readings come before those that give
// them.
func (b *Book) Order(o *Order) (Outcome, error) {
	if err := o.Validate(); err != nil {
		return Outcome{}, err
	}
	d := deed{b: b, o: o, at: o.At.UTC()}
	var err error
	switch o.Do {
	case Merge:
		err = d.merge()
	case Split:
		err = d.split()
	case Undo:
		err = d.undo()
	}
	if err != nil {
		return Outcome{}, err
	}
	d.out.Known = len(d.out.Steps) == 0
	d.out.after = d.asides()
	return d.out, nil
}

// deed is an order while it is carried out.
type deed struct {
	b   *Book
	o   *Order
	at  time.Time
	out Outcome
}

// asides are what the book notes once an order is carried out: what only mentions an
// incident goes where the readings of its article went, and earlier editions are held
// where the later ones are.
func (d *deed) asides() func() {
	if len(d.out.Steps) == 0 {
		return nil
	}
	marks := d.out.Steps[0].Incident.Orders
	touched := marks[len(marks)-1].Incidents
	home := map[string]string{}    // article → incident
	later := map[string]*Reading{} // article → a reading of it
	var was []Reading
	for _, id := range touched {
		i := d.b.full(id)
		if at := slices.IndexFunc(d.out.Steps, func(s Step) bool { return s.Incident.ID == id }); at >= 0 {
			i = d.out.Steps[at].Incident
		}
		if i == nil {
			continue
		}
		was = append(was, d.b.asides[id]...)
		for k := range i.Readings {
			home[i.Readings[k].Article], later[i.Readings[k].Article] = id, &i.Readings[k]
		}
	}
	list := map[string][]Reading{}
	for _, x := range was {
		id := cmp.Or(home[x.Article], d.out.Incident)
		if y := later[x.Article]; y != nil && y.Edition > x.Edition && x.Relation != Recalls {
			x.Bound = y.Bound
		}
		list[id] = append(list[id], x)
	}
	return func() {
		for _, id := range touched {
			d.b.setAsides(id, nil)
		}
		for id, x := range list {
			if d.b.card(id) != nil {
				d.b.setAsides(id, x)
			}
		}
	}
}

// was is an incident that there is, or was: one that was merged away keeps its id for
// ever. Nil where there never was one.
func (b *Book) was(id string) (*Incident, error) {
	i, err := b.get(id)
	if err != nil && (b.fetch == nil || errors.Is(err, ErrNoIncident) || errors.Is(err, jetstream.ErrKeyNotFound)) {
		return nil, nil
	}
	return i, err
}

// get is an incident that an order names.
func (d *deed) get(id string) (*Incident, error) {
	i, err := d.b.was(id)
	if i == nil && err == nil {
		err = refuse("there is no incident %s", id)
	}
	return i, err
}

// mark is the order's mark on an incident, nil where it has not changed it.
func (i *Incident) mark(order string) *OrderMark {
	at := slices.IndexFunc(i.Orders, func(m OrderMark) bool { return m.ID == order })
	if at < 0 {
		return nil
	}
	return &i.Orders[at]
}

// stands tells whether an order stands on an incident: any but the given one or,
// where later is set, one that was given after it.
func (i *Incident) stands(except string, later bool) bool {
	orders := i.Orders
	if later {
		orders = orders[1+slices.IndexFunc(orders, func(m OrderMark) bool { return m.ID == except }):]
	}
	return slices.ContainsFunc(orders, func(m OrderMark) bool { return m.ID != except && m.Do != Undo && m.Undone == "" })
}

// note puts the order's mark on an incident that is about to become a version.
func (d *deed) note(i *Incident, version int, incidents []string, moved []Moved, firstSeen time.Time) {
	i.Orders = append(slices.Clone(i.Orders), OrderMark{
		ID: d.o.ID, Do: d.o.Do, By: d.o.By, Why: d.o.Why, At: d.at, Version: version, Incidents: incidents, Undoes: d.o.Undo, Moved: moved, FirstSeen: firstSeen,
	})
	i.Orders = i.Orders[max(0, len(i.Orders)-maxMarks):]
	for k := range i.Orders[:max(0, len(i.Orders)-maxUndoable)] {
		i.Orders[k].Moved = nil
	}
	if at := slices.IndexFunc(i.Orders, func(m OrderMark) bool { return m.ID == d.o.Undo }); at >= 0 {
		i.Orders[at].Undone, i.Orders[at].Moved = d.o.ID, nil
	}
}

// next makes the next version of an incident with other readings.
func (d *deed) next(prev *Incident, next Incident, readings []Reading) error {
	if err := d.assemble(&next, readings); err != nil {
		return err
	}
	next, c := finish(prev, next, d.at, d.b.cfg)
	d.add(&next, c)
	return nil
}

func (d *deed) add(next *Incident, c Change) {
	if rule := d.o.Do.rule(); !slices.Contains(c.Why, rule) {
		next.Explain.Rules = append(next.Explain.Rules, rule)
		c.Why = append(c.Why, rule)
	}
	d.out.Steps = append(d.out.Steps, Step{Incident: next, Change: c})
}

// assemble refuses to lose a reading: it could not be given back.
func (d *deed) assemble(i *Incident, readings []Reading) error {
	n := len(readings)
	if i.assemble(readings, d.b.cfg); len(i.Readings) < n {
		return refuse("together they are %d reports, an incident holds no more than %d of these: merge fewer", n, len(i.Readings))
	}
	return nil
}

// key names a reading over its editions.
func (x *Reading) key() string { return x.Article + "." + strconv.Itoa(x.Ordinal) }

// movedList gathers where readings were.
type movedList []Moved

func (l *movedList) add(x *Reading, from, to string) {
	at := slices.IndexFunc(*l, func(m Moved) bool { return m.From == from && m.To == to && m.Bound == x.Bound })
	if at < 0 {
		at = len(*l)
		*l = append(*l, Moved{From: from, To: to, Bound: x.Bound})
	}
	(*l)[at].Reports = append((*l)[at].Reports, x.key())
}

// bind returns readings that are held to an incident.
func bind(readings []Reading, id string) []Reading {
	out := slices.Clone(readings)
	for k := range out {
		out[k].Bound = id
	}
	return out
}

// empty says why an incident without readings takes part in nothing.
func empty(i *Incident) error {
	if i.MergedInto != "" {
		return refuse("incident %s has no reports: it was merged into %s", i.ID, i.MergedInto)
	}
	return refuse("incident %s has no reports: all were withdrawn", i.ID)
}

// merge makes one incident of several.
func (d *deed) merge() error {
	all := make([]*Incident, len(d.o.Incidents))
	for k, id := range d.o.Incidents {
		i, err := d.get(id)
		if err != nil {
			return err
		}
		all[k] = i
	}
	keep := all[0]
	d.out.Incident = keep.ID
	if keep.mark(d.o.ID) == nil {
		var moved movedList
		var readings []Reading
		next := *keep
		next.MergedFrom = slices.Clone(keep.MergedFrom)
		for _, i := range all {
			if len(i.Readings) == 0 {
				return empty(i)
			}
			for k := range i.Readings {
				x := &i.Readings[k]
				if !slices.ContainsFunc(readings, func(y Reading) bool { return y.Report == x.Report }) {
					moved.add(x, i.ID, keep.ID)
					readings = append(readings, *x)
				}
			}
			if i != keep && !slices.Contains(next.MergedFrom, i.ID) {
				next.MergedFrom = append(next.MergedFrom, i.ID)
			}
			if f := i.FirstSeen; next.FirstSeen.IsZero() || !f.IsZero() && f.Before(next.FirstSeen) {
				next.FirstSeen = f
			}
		}
		d.note(&next, keep.Version+1, d.o.Incidents, moved, keep.FirstSeen)
		if err := d.next(keep, next, bind(readings, keep.ID)); err != nil {
			return err
		}
	}
	for _, i := range all[1:] {
		if i.mark(d.o.ID) == nil {
			if err := d.dissolve(i, keep.ID, d.o.Incidents); err != nil {
				return err
			}
		}
	}
	return nil
}

// dissolve ends an incident whose readings another one has.
func (d *deed) dissolve(i *Incident, into string, incidents []string) error {
	next := *i
	next.MergedInto = into
	d.note(&next, i.Version+1, incidents, nil, time.Time{})
	return d.next(i, next, nil)
}

// split makes another incident of some readings.
func (d *deed) split() error {
	home, err := d.get(d.o.Incidents[0])
	if err != nil {
		return err
	}
	d.out.Incident = home.ID
	if home.mark(d.o.ID) != nil {
		return nil // it comes last
	}
	if len(home.Readings) == 0 {
		return empty(home)
	}
	var leave, stay []Reading
	for _, x := range home.Readings {
		if slices.Contains(d.o.Articles, x.Article) {
			leave = append(leave, x)
		} else {
			stay = append(stay, x)
		}
	}
	for _, a := range d.o.Articles {
		if !slices.ContainsFunc(leave, func(x Reading) bool { return x.Article == a }) {
			return refuse("incident %s has no report of article %s", home.ID, a)
		}
	}
	if len(stay) == 0 {
		return refuse("incident %s would have no report left: name some of its %d articles", home.ID, home.Sources.Articles)
	}
	other, id, err := d.founded(&leave[0])
	if err != nil {
		return err
	}
	incidents := []string{home.ID, id}
	if other == nil {
		n := Incident{ID: id, SplitFrom: home.ID, FirstSeen: fetchedFirst(leave)}
		d.note(&n, 1, incidents, nil, time.Time{})
		if err := d.assemble(&n, bind(leave, id)); err != nil {
			return err
		}
		n, c := begin(n, d.at, d.o.Do.rule())
		d.add(&n, c)
	}
	var moved movedList
	for k := range leave {
		moved.add(&leave[k], home.ID, id)
	}
	for k := range stay {
		moved.add(&stay[k], home.ID, home.ID)
	}
	next := *home
	d.note(&next, home.Version+1, incidents, moved, home.FirstSeen)
	return d.next(home, next, bind(stay, home.ID))
}

// founded finds the incident that a split makes, or the id for it.
func (d *deed) founded(x *Reading) (*Incident, string, error) {
	for again := 0; ; again++ {
		id := newID(x, again)
		i, err := d.b.was(id)
		if err != nil {
			return nil, "", err
		}
		if i == nil || i.mark(d.o.ID) != nil {
			return i, id, nil
		}
	}
}

func fetchedFirst(readings []Reading) time.Time {
	first := time.Time{}
	for k := range readings {
		if f := readings[k].origin.Fetched; !f.IsZero() && (first.IsZero() || f.Before(first)) {
			first = f
		}
	}
	return first.UTC()
}

// undo takes an order back, as far as its readings are where it put them.
func (d *deed) undo() error {
	home, mark, err := d.ordered()
	if err != nil {
		return err
	}
	d.out.Incident = home.ID
	switch {
	case mark.Undone != "" && mark.Undone != d.o.ID:
		return refuse("order %s was taken back by %s", mark.ID, mark.Undone)
	case mark.Do == Undo:
		return refuse("order %s itself took one back: give that one again, as a new one", mark.ID)
	case mark.Do == Merge:
		return d.undoMerge(home, mark)
	}
	return d.undoSplit(home, mark)
}

// ordered finds the order that is to be taken back, on the incident that knows what
// it takes.
func (d *deed) ordered() (*Incident, *OrderMark, error) {
	var mark *OrderMark
	if len(d.o.Incidents) > 0 {
		i, err := d.get(d.o.Incidents[0])
		if err != nil {
			return nil, nil, err
		}
		if mark = i.mark(d.o.Undo); mark == nil {
			return nil, nil, refuse("incident %s was not changed by an order %s", i.ID, d.o.Undo)
		}
	} else {
		for e := d.b.order.Front(); e != nil && mark == nil; e = e.Next() {
			mark = e.Value.(*Incident).mark(d.o.Undo)
		}
		if mark == nil {
			return nil, nil, refuse("no order %s is known: name an incident that it was on", d.o.Undo)
		}
	}
	home, err := d.get(mark.Incidents[0])
	if err != nil {
		return nil, nil, err
	}
	if mark = home.mark(d.o.Undo); mark == nil || len(mark.Moved) == 0 && mark.Undone == "" && mark.Do != Undo {
		return nil, nil, refuse("order %s is too long ago: incident %s no longer knows what it changed", d.o.Undo, home.ID)
	}
	return home, mark, nil
}

// of finds what an order did with a reading, or with an earlier edition of it.
func (m *OrderMark) of(x *Reading) (Moved, bool) {
	var by []Moved
	for _, l := range m.Moved {
		if slices.Contains(l.Reports, x.key()) {
			return l, true
		}
		if slices.ContainsFunc(l.Reports, func(r string) bool { return strings.HasPrefix(r, x.Article+".") }) {
			by = append(by, l)
		}
	}
	// A later edition may count its reports otherwise.
	if len(by) == 0 || slices.ContainsFunc(by, func(l Moved) bool { return l.From != by[0].From }) {
		return Moved{}, false
	}
	return by[0], true
}

// free gives a reading back to an incident: bound as it was, unless a later order
// stands that held it.
func free(x Reading, to *Incident, l Moved, order string, held bool) Reading {
	switch {
	case held:
		x.Bound = to.ID
	case x.Bound != l.To:
	case l.Bound == to.ID && !to.stands(order, false):
		x.Bound = "" // what bound it was taken back, too
	default:
		x.Bound = l.Bound
	}
	return x
}

func (d *deed) undoMerge(home *Incident, mark *OrderMark) error {
	if home.mark(d.o.ID) != nil {
		return nil // it comes last
	}
	sides := make([]*Incident, len(mark.Incidents))
	sides[0] = home
	cards := make([]*match.Card, len(sides))
	back := make([][]Reading, len(sides))
	for k, id := range mark.Incidents {
		cards[k] = match.NewCard(id)
		if k > 0 {
			var err error
			if sides[k], err = d.get(id); err != nil {
				return err
			}
		}
	}
	var since []Reading
	for _, x := range home.Readings {
		l, ok := mark.of(&x)
		k := slices.Index(mark.Incidents, l.From)
		if !ok || k < 0 {
			since = append(since, x)
			continue
		}
		cards[k].Add(x.look())
		back[k] = append(back[k], free(x, sides[k], l, mark.ID, home.stands(mark.ID, true) || sides[k].stands(mark.ID, true)))
	}
	if !slices.ContainsFunc(back[1:], func(list []Reading) bool { return len(list) > 0 }) {
		return gone(mark, home)
	}
	// What has come since goes where it fits better, all that an article says together.
	goes := map[string]int{}
	for _, x := range since {
		if _, known := goes[x.Article]; !known && !home.brought(&x, mark.ID, true) {
			best := 0
			for k := range cards {
				if k > 0 && cards[k].N > 0 && match.Weigh(x.look(), cards[k]) > max(match.Merge, match.Weigh(x.look(), cards[best])) {
					best = k
				}
			}
			goes[x.Article] = best
		}
		k := goes[x.Article]
		if x.Bound == home.ID {
			x.Bound = sides[k].ID
		}
		back[k] = append(back[k], x)
	}
	for k, i := range sides {
		if k == 0 || len(back[k]) == 0 || i.mark(d.o.ID) != nil {
			continue
		}
		next := *i
		next.MergedInto = ""
		d.note(&next, i.Version+1, mark.Incidents, nil, time.Time{})
		if err := d.next(i, next, append(slices.Clone(i.Readings), back[k]...)); err != nil {
			return err
		}
	}
	next := *home
	next.MergedFrom = slices.DeleteFunc(slices.Clone(home.MergedFrom), func(id string) bool {
		k := slices.Index(mark.Incidents, id)
		return k > 0 && len(back[k]) > 0
	})
	next.FirstSeen = cmp.Or(mark.FirstSeen, home.FirstSeen)
	d.note(&next, home.Version+1, mark.Incidents, nil, time.Time{})
	return d.next(home, next, back[0])
}

// brought tells whether an order that stands, other than the given one, brought a
// reading into an incident or, where kept is set, kept it there.
func (i *Incident) brought(x *Reading, except string, kept bool) bool {
	for k := range i.Orders {
		if m := &i.Orders[k]; m.ID != except && m.Undone == "" && m.Do != Undo {
			if l, ok := m.of(x); ok && l.To == i.ID && (kept || l.From != i.ID) {
				return true
			}
		}
	}
	return false
}

// gone says why there is nothing to take back.
func gone(mark *OrderMark, i *Incident) error {
	if len(i.Readings) == 0 && i.MergedInto != "" {
		return refuse("the reports of order %s are in another incident now: %s was merged into %s; take that back first", mark.ID, i.ID, i.MergedInto)
	}
	return refuse("nothing of order %s stands any more: its reports have left incident %s", mark.ID, i.ID)
}

func (d *deed) undoSplit(home *Incident, mark *OrderMark) error {
	other, err := d.get(mark.Incidents[1])
	if err != nil {
		return err
	}
	if other.mark(d.o.ID) != nil {
		return nil // it comes last
	}
	into := home
	for len(into.Readings) == 0 && into.MergedInto != "" && into != other { // it was merged since
		if into, err = d.get(into.MergedInto); err != nil {
			return err
		}
	}
	if into == other {
		return refuse("nothing of order %s stands any more: the two are one again, incident %s", mark.ID, other.ID)
	}
	incidents := []string{home.ID, other.ID}
	if into != home {
		incidents = append(incidents, into.ID)
	}
	held := into != home || into.stands(mark.ID, true)
	var back, stay []Reading
	for _, x := range other.Readings {
		l, ok := mark.of(&x)
		switch {
		case other.brought(&x, mark.ID, false):
			stay = append(stay, x)
			continue
		case ok && l.To == other.ID:
			x = free(x, into, l, mark.ID, held)
		case x.Bound == other.ID:
			x.Bound = into.ID // it has come since
		}
		back = append(back, x)
	}
	if len(back) == 0 {
		return gone(mark, other)
	}
	if into.mark(d.o.ID) == nil {
		next := *into
		readings := slices.Clone(into.Readings)
		for k := range readings {
			if l, ok := mark.of(&readings[k]); ok && into == home && l.To == home.ID {
				readings[k] = free(readings[k], home, l, mark.ID, held)
			}
		}
		if len(stay) == 0 && !slices.Contains(next.MergedFrom, other.ID) {
			next.MergedFrom = append(slices.Clone(next.MergedFrom), other.ID)
		}
		if into == home {
			next.FirstSeen = cmp.Or(mark.FirstSeen, home.FirstSeen)
		}
		d.note(&next, into.Version+1, incidents, nil, time.Time{})
		if err := d.next(into, next, append(readings, back...)); err != nil {
			return err
		}
	}
	if into != home && home.mark(d.o.ID) == nil {
		// It stays empty; that the order was taken back stands on it.
		next := *home
		d.note(&next, home.Version+1, incidents, nil, time.Time{})
		if err := d.next(home, next, nil); err != nil {
			return err
		}
	}
	if len(stay) == 0 {
		return d.dissolve(other, into.ID, incidents)
	}
	next := *other
	d.note(&next, other.Version+1, incidents, nil, time.Time{})
	return d.next(other, next, stay)
}
