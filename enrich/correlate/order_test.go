package correlate_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/correlate/stories"
	"tocsin/ingest"
)

// desk is a book whose latest versions a test can see.
type desk struct {
	t    testing.TB
	cfg  correlate.Config
	book *correlate.Book
	last map[string]*correlate.Incident
	now  time.Time
}

func newDesk(t testing.TB) *desk {
	d := &desk{t: t, cfg: correlate.DefaultConfig(), last: map[string]*correlate.Incident{}, now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	d.book = correlate.NewBook(&d.cfg, 0, nil)
	return d
}

func (d *desk) settle(o *correlate.Outcome) {
	d.t.Helper()
	for _, s := range o.Steps {
		i := s.Incident
		if was := d.last[i.ID]; was != nil && i.Version != was.Version+1 || was == nil && i.Version != 1 {
			d.t.Fatalf("incident %s: version %d follows %v", i.ID, i.Version, was)
		}
		d.last[i.ID] = i
	}
	d.book.Settle(o)
}

func (d *desk) read(reports ...enrich.Report) {
	d.t.Helper()
	for k := range reports {
		o, err := d.book.Take(&reports[k])
		if err != nil {
			d.t.Fatal(err)
		}
		d.settle(&o)
	}
}

// restart begins a new book with what the bus has of the incidents.
func (d *desk) restart() {
	d.t.Helper()
	d.book = correlate.NewBook(&d.cfg, 0, nil)
	for _, id := range slices.Sorted(maps.Keys(d.last)) {
		data, err := json.Marshal(d.last[id])
		if err != nil {
			d.t.Fatal(err)
		}
		i, err := correlate.Decode(data)
		if err != nil {
			d.t.Fatal(err)
		}
		d.last[id] = &i
		d.book.Put(&i)
	}
}

func (d *desk) try(o correlate.Order) (correlate.Outcome, error) {
	d.now = d.now.Add(time.Minute)
	o.Why, o.By, o.At = "a test", "desk", d.now
	o = correlate.NewOrder(o)
	return d.book.Order(&o)
}

func (d *desk) order(o correlate.Order) correlate.Outcome {
	d.t.Helper()
	out, err := d.try(o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.settle(&out)
	return out
}

// open are the incidents that have reports, in the order of their ids.
func (d *desk) open() (ids []string) {
	for id, i := range d.last {
		if len(i.Readings) > 0 {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// shape says which readings each incident has, and what they are held to.
func (d *desk) shape() map[string][]string {
	out := map[string][]string{}
	for _, id := range d.open() {
		for _, x := range d.last[id].Readings {
			out[id] = append(out[id], strings.TrimSuffix(fmt.Sprintf("%s.%d@%s", x.Article, x.Ordinal, x.Bound), "@"))
		}
	}
	return out
}

// where says which incident each report is in, and fails the test where one is in two.
func (d *desk) where() map[string]string {
	d.t.Helper()
	out := map[string]string{}
	for _, id := range d.open() {
		for _, x := range d.last[id].Readings {
			if was := out[x.Report]; was != "" {
				d.t.Fatalf("report %s of %s is in %s and %s", x.Report, x.Article, was, id)
			}
			out[x.Report] = id
		}
	}
	return out
}

// held says which incident each report is held to.
func (d *desk) held() map[string]string {
	out := map[string]string{}
	for id, i := range d.last {
		for _, x := range i.Readings {
			if x.Bound != "" {
				out[x.Report] = id
			}
		}
	}
	return out
}

// said is a report of a bombing with a toll.
func said(article, city string, killed, edition int) enrich.Report {
	at := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC).Add(time.Duration(len(article)) * time.Minute)
	fetched := at.Add(time.Duration(edition) * 10 * time.Minute)
	r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
		Place:  &enrich.Place{Name: city, Country: "IQ", Precision: "settlement"},
		Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed, Quantifier: "exact", Rule: "total.test"}},
		Source: enrich.Source{ID: "art-" + article, Edition: edition, Outlet: article, Title: city, Published: at, FirstSeen: at, Fetched: fetched, ContentSHA256: fmt.Sprint("sha", edition)}}
	r.ID = enrich.ReportID(r.Source, 0)
	return r
}

// stepsOf is "id status why" of the versions that followed; ids are their places.
func stepsOf(o correlate.Outcome) (list []string) {
	for _, s := range o.Steps {
		list = append(list, fmt.Sprintf("%s %s %d reports: %s", s.Incident.Place.Name, s.Incident.Status, len(s.Incident.Readings), strings.Join(s.Change.Why, " ")))
	}
	return list
}

func TestMergeIsToldAndTakenBack(t *testing.T) {
	d := newDesk(t)
	d.read(said("a", "Mosul", 3, 1), said("bb", "Kirkuk", 9, 1), said("ccc", "Basra", 2, 1))
	before, ids := d.shape(), d.open()
	if len(ids) != 3 {
		t.Fatalf("%d incidents, want 3", len(ids))
	}
	order := correlate.Order{Do: correlate.Merge, Incidents: ids}
	o := d.order(order)
	if diff := cmp.Diff([]string{
		"Mosul update 3 reports: status.killed-up status.severity-up order.merge",
		"Kirkuk cancel 0 reports: status.cancelled order.merge",
		"Basra cancel 0 reports: status.cancelled order.merge",
	}, stepsOf(o)); diff != "" {
		t.Errorf("a merge (-want +got)\n%s", diff)
	}
	keep, gone := d.last[ids[0]], d.last[ids[1]]
	if !slices.Equal(keep.MergedFrom, ids[1:]) || gone.MergedInto != keep.ID || !slices.Contains(keep.Explain.Rules, "order.merge") || !slices.Contains(gone.Explain.Rules, "order.merge") {
		t.Errorf("merged from %v into %s, by %v and %v", keep.MergedFrom, gone.MergedInto, keep.Explain.Rules, gone.Explain.Rules)
	}
	m := keep.Orders[0]
	if m.By != "desk" || m.Why != "a test" || m.Version != 2 || len(m.Moved) != 3 || keep.Header().Get(correlate.HeaderOrder) != m.ID {
		t.Errorf("the order as it is kept: %+v", m)
	}
	d.read(said("a", "Mosul", 4, 2)) // an edition: the mark of an order is on the version that it made
	if h := d.last[ids[0]].Header(); h != nil {
		t.Errorf("a version that no order made says that one did: %v", h)
	}
	o = d.order(correlate.Order{Do: correlate.Undo, Undo: m.ID, Incidents: ids[1:2]})
	if got := stepsOf(o); len(got) != 3 || got[0] != "Kirkuk update 1 reports: status.back status.severity-up order.undo" || !strings.HasPrefix(got[2], "Mosul correction 1 reports: status.killed-down") {
		t.Errorf("taken back: %v", got)
	}
	if diff := cmp.Diff(before, d.shape()); diff != "" {
		t.Errorf("readings after merge and undo (-before +after)\n%s", diff)
	}
	if keep = d.last[ids[0]]; len(keep.MergedFrom) > 0 || d.last[ids[1]].MergedInto != "" || keep.Orders[0].Undone == "" || keep.Orders[0].Moved != nil || keep.Orders[1].Undoes != m.ID {
		t.Errorf("after undo: merged from %v into %q, orders %+v", keep.MergedFrom, d.last[ids[1]].MergedInto, keep.Orders)
	}
	// A version is what the bus carries: read again, it is the same.
	if o, err := d.try(correlate.Order{Do: correlate.Undo, Undo: m.ID, Incidents: ids[:1]}); !errors.Is(err, correlate.ErrOrder) || !strings.Contains(err.Error(), "was taken back by ord-") {
		t.Errorf("a second undo: %v, %v", o, err)
	}
}

func TestSplitIsToldAndTakenBack(t *testing.T) {
	d := newDesk(t)
	d.read(said("a", "Mosul", 3, 1), said("bb", "Mosul", 9, 1), said("ccc", "Mosul", 9, 1))
	before, ids := d.shape(), d.open()
	if len(ids) != 1 {
		t.Fatalf("%d incidents, want 1", len(ids))
	}
	o := d.order(correlate.Order{Do: correlate.Split, Incidents: ids, Articles: []string{"art-bb", "art-ccc"}})
	if diff := cmp.Diff([]string{
		"Mosul new 2 reports: order.split",
		"Mosul correction 1 reports: status.killed-down order.split",
	}, stepsOf(o)); diff != "" {
		t.Errorf("a split (-want +got)\n%s", diff)
	}
	other := o.Steps[0].Incident
	if other.SplitFrom != ids[0] || other.Readings[0].Bound != other.ID || d.last[ids[0]].Readings[0].Bound != ids[0] {
		t.Errorf("split from %s, held to %s and %s", other.SplitFrom, other.Readings[0].Bound, d.last[ids[0]].Readings[0].Bound)
	}
	o = d.order(correlate.Order{Do: correlate.Undo, Undo: other.Orders[0].ID, Incidents: []string{other.ID}})
	if diff := cmp.Diff([]string{
		"Mosul update 3 reports: status.killed-up status.severity-up order.undo",
		"Mosul cancel 0 reports: status.cancelled order.undo",
	}, stepsOf(o)); diff != "" {
		t.Errorf("taken back (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(before, d.shape()); diff != "" {
		t.Errorf("readings after split and undo (-before +after)\n%s", diff)
	}
	// The id of what was split off is not given twice.
	again := d.order(correlate.Order{Do: correlate.Split, Incidents: ids, Articles: []string{"art-bb", "art-ccc"}})
	if id := again.Steps[0].Incident.ID; id == other.ID || id == ids[0] {
		t.Errorf("split off again as %s, which there was before", id)
	}
}

func TestOrdersThatCannotBe(t *testing.T) {
	d := newDesk(t)
	d.read(said("a", "Mosul", 3, 1), said("bb", "Mosul", 9, 1), said("ccc", "Basra", 2, 1), said("dddd", "Kirkuk", 30, 1))
	ids := d.open()
	mosul, basra, kirkuk := ids[0], ids[1], ids[2]
	nobody := strings.Repeat("0", 26)
	merged := d.order(correlate.Order{Do: correlate.Merge, Incidents: []string{mosul, kirkuk}})
	first := merged.Steps[0].Incident.Orders[0].ID
	for _, tt := range []struct {
		name string
		o    correlate.Order
		want string
	}{
		{"an unknown incident", correlate.Order{Do: correlate.Merge, Incidents: []string{mosul, "inc-" + nobody}}, "there is no incident inc-" + nobody},
		{"one alone", correlate.Order{Do: correlate.Merge, Incidents: []string{mosul}}, "name 2 to 16"},
		{"one with itself", correlate.Order{Do: correlate.Merge, Incidents: []string{mosul, mosul}}, "is named twice"},
		{"no incident id", correlate.Order{Do: correlate.Merge, Incidents: []string{mosul, "art-bb"}}, `"art-bb" is no incident id`},
		{"one that is gone", correlate.Order{Do: correlate.Merge, Incidents: []string{basra, kirkuk}}, "incident " + kirkuk + " has no reports: it was merged into " + mosul},
		{"an article of another", correlate.Order{Do: correlate.Split, Incidents: []string{mosul}, Articles: []string{"art-bb", "art-ccc"}}, "incident " + mosul + " has no report of article art-ccc"},
		{"all articles", correlate.Order{Do: correlate.Split, Incidents: []string{basra}, Articles: []string{"art-ccc"}}, "would have no report left: name some of its 1 articles"},
		{"no articles", correlate.Order{Do: correlate.Split, Incidents: []string{basra}}, "names 0 articles that leave"},
		{"split of one that is gone", correlate.Order{Do: correlate.Split, Incidents: []string{kirkuk}, Articles: []string{"art-dddd"}}, "it was merged into " + mosul},
		{"undo of nothing", correlate.Order{Do: correlate.Undo, Incidents: []string{mosul}}, "names no order to undo"},
		{"undo of an unknown order", correlate.Order{Do: correlate.Undo, Undo: "ord-1"}, "no order ord-1 is known"},
		{"undo on another incident", correlate.Order{Do: correlate.Undo, Undo: first, Incidents: []string{basra}}, "incident " + basra + " was not changed by an order " + first},
		{"another deed", correlate.Order{Do: "burn", Incidents: []string{mosul}}, `it does "burn"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := d.try(tt.o)
			if !errors.Is(err, correlate.ErrOrder) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want a refusal: %s", err, tt.want)
			}
		})
	}
	o := correlate.NewOrder(correlate.Order{Do: correlate.Merge, Incidents: []string{mosul, basra}, At: d.now})
	if _, err := d.book.Order(&o); !errors.Is(err, correlate.ErrOrder) || !strings.Contains(err.Error(), "it gives no reason") {
		t.Errorf("an order without a reason: %v", err)
	}
	if out, err := d.try(correlate.Order{Do: correlate.Undo, Undo: first, Incidents: []string{kirkuk}, ID: "back"}); err != nil || len(out.Steps) != 2 {
		t.Errorf("undo by way of the one that is gone: %v, %v", out, err)
	}
}

func TestOrderIDsFollowFromWhatTheySay(t *testing.T) {
	at := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	a := correlate.NewOrder(correlate.Order{Do: correlate.Merge, Incidents: []string{"inc-1", "inc-2"}, Why: "x", At: at})
	b := correlate.NewOrder(correlate.Order{Do: correlate.Merge, Incidents: []string{"inc-1", "inc-2"}, Why: "x", At: at.Local()})
	c := correlate.NewOrder(correlate.Order{Do: correlate.Split, Incidents: []string{"inc-1"}, Articles: []string{"inc-2"}, Why: "x", At: at})
	if a.ID != b.ID || a.ID == c.ID || !strings.HasPrefix(a.ID, "ord-") {
		t.Errorf("ids %s, %s, %s: want the same for the same", a.ID, b.ID, c.ID)
	}
}

// storiesRead are stories as their reports, in order of arrival.
func storiesRead(t testing.TB) (out [][]enrich.Report) {
	t.Helper()
	hand, err := stories.Hand()
	if err != nil {
		t.Fatal(err)
	}
	generated, err := stories.Generated()
	if err != nil {
		t.Fatal(err)
	}
	tagger := enrich.NewTagger()
	for _, s := range append(hand, generated...) {
		families := ingest.NewFamilies()
		var reports []enrich.Report
		for _, a := range s.Articles {
			art := ingest.Article{Schema: ingest.ArticleSchema, ID: a.ID, Edition: a.Edition, Outlet: a.Outlet, Title: a.Title, Body: a.Text, Published: a.Published, FirstSeen: a.FirstSeen, Fetched: a.FirstSeen}
			art.ContentSHA256 = ingest.ContentHash(art.Title, "", art.Body)
			families.Place(&art)
			list := tagger.Tag(&art)
			if len(list) == 0 && art.Edition > 1 {
				list = []enrich.Report{enrich.Nothing(&art)}
			}
			reports = append(reports, list...)
		}
		out = append(out, reports)
	}
	return out
}

// random is an order that can be carried out; ok is false where there is none.
func (d *desk) random(r *rand.Rand, given []string) (o correlate.Order, ok bool) {
	ids := d.open()
	switch r.IntN(3) {
	case 0:
		if len(ids) < 2 {
			return o, false
		}
		r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
		return correlate.Order{Do: correlate.Merge, Incidents: ids[:2+r.IntN(min(2, len(ids)-1))]}, true
	case 1:
		for _, k := range r.Perm(len(ids)) {
			i := d.last[ids[k]]
			var articles []string
			for _, x := range i.Readings {
				if !slices.Contains(articles, x.Article) {
					articles = append(articles, x.Article)
				}
			}
			if len(articles) < 2 {
				continue
			}
			r.Shuffle(len(articles), func(i, j int) { articles[i], articles[j] = articles[j], articles[i] })
			return correlate.Order{Do: correlate.Split, Incidents: []string{i.ID}, Articles: articles[:1+r.IntN(len(articles)-1)]}, true
		}
		return o, false
	}
	if len(given) == 0 {
		return o, false
	}
	return correlate.Order{Do: correlate.Undo, Undo: given[r.IntN(len(given))]}, true
}

// Whatever is ordered, and taken back at once: every report is where it was.
func TestUndoGivesBackWhatWas(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	n := 0
	for _, reports := range storiesRead(t) {
		d := newDesk(t)
		for _, r := range reports {
			d.read(r)
			d.where()
		}
		for range 12 {
			before := d.shape()
			order, ok := d.random(r, nil)
			if !ok {
				continue
			}
			out := d.order(order)
			id := out.Steps[0].Incident.Orders[len(out.Steps[0].Incident.Orders)-1].ID
			d.where()
			if r.IntN(3) == 0 {
				d.restart()
			}
			if r.IntN(3) == 0 {
				continue // it stays: later ones are given on top of it
			}
			d.order(correlate.Order{Do: correlate.Undo, Undo: id})
			n++
			if diff := cmp.Diff(before, d.shape()); diff != "" {
				t.Fatalf("%+v, and its undo (-before +after)\n%s", order, diff)
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d orders were taken back", n)
	}
}

// What an operator has put together stays together, what he has parted stays parted,
// whatever comes late; no report is lost or in two incidents; an order that comes
// again changes nothing, and one that was cut off by a crash is carried to its end.
func TestOrdersStandWhateverComes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 3))
	orders, refused, late := 0, 0, 0
	for n, reports := range storiesRead(t) {
		d := newDesk(t)
		var now, then []enrich.Report
		held := map[string]bool{} // articles that come late, all of their editions
		for k := range reports {
			a := reports[k].Source.ID
			if _, seen := held[a]; !seen {
				held[a] = r.IntN(3) == 0
			}
			if held[a] {
				then = append(then, reports[k])
			} else {
				now = append(now, reports[k])
			}
		}
		d.read(now...)
		type standing struct {
			o     correlate.Order
			where map[string]string
		}
		var stand []standing
		var given []string
		for range 4 {
			order, ok := d.random(r, given)
			if !ok {
				continue
			}
			order.ID = fmt.Sprint("o-", n, "-", len(given), "-", orders+refused)
			before := len(d.where())
			out, err := d.try(order)
			if errors.Is(err, correlate.ErrOrder) && order.Do == correlate.Undo {
				refused++
				continue
			}
			if err != nil {
				t.Fatalf("%+v: %v", order, err)
			}
			orders++
			want := map[string]int{}
			for _, s := range out.Steps {
				want[s.Incident.ID] = len(s.Incident.Readings)
			}
			// A crash after some of the versions.
			cut := correlate.Outcome{Steps: out.Steps[:r.IntN(len(out.Steps)+1)]}
			d.settle(&cut)
			rest, err := d.try(order)
			if err != nil {
				t.Fatalf("%+v, the rest of it: %v", order, err)
			}
			d.settle(&rest)
			for id, n := range want {
				if got := len(d.last[id].Readings); got != n {
					t.Fatalf("%+v, cut after %d of %d versions: incident %s has %d reports, want %d", order, len(cut.Steps), len(out.Steps), id, got, n)
				}
			}
			if r.IntN(4) == 0 {
				d.restart()
			}
			if again, err := d.try(order); err != nil || !again.Known || len(again.Steps) > 0 {
				t.Fatalf("%+v, given again: %v, %v", order, again, err)
			}
			where := d.where()
			if len(where) != before {
				t.Fatalf("%+v: %d reports, before it were %d", order, len(where), before)
			}
			given = append(given, order.ID)
			if order.Do == correlate.Undo {
				stand = slices.DeleteFunc(stand, func(s standing) bool { return s.o.ID == order.Undo })
			} else {
				stand = append(stand, standing{o: order})
			}
			// What stood before has become this: a later order may have changed it. What
			// has come since and is held to nothing may move.
			for k := range stand {
				stand[k].where = d.held()
			}
			for range 3 {
				if len(then) > 0 {
					d.read(then[0])
					then, late = then[1:], late+1
				}
			}
			for _, s := range stand {
				stands(t, d, s.o, s.where)
			}
		}
		d.read(then...)
		late += len(then)
		for _, s := range stand {
			stands(t, d, s.o, s.where)
		}
	}
	t.Logf("%d orders, %d refused, %d late reports", orders, refused, late)
	if orders < 60 || late < 60 {
		t.Errorf("%d orders and %d late reports: too few to tell", orders, late)
	}
}

// stands holds the incidents that an order was on to how their reports were then.
func stands(t *testing.T, d *desk, o correlate.Order, was map[string]string) {
	t.Helper()
	where := d.where()
	touched := map[string]bool{}
	for id, i := range d.last {
		for _, m := range i.Orders {
			touched[id] = touched[id] || m.ID == o.ID
		}
	}
	for report, id := range was {
		if now, ok := where[report]; ok && touched[id] && now != id {
			t.Fatalf("order %s %v: report %s was held to incident %s and is in %s\n%v", o.Do, o.Incidents, report, id, now, d.shape())
		}
	}
}
