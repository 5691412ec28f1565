package correlate_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/correlate/stories"
	"tocsin/ingest"
)

// told is a story as its reports: read once, in the order of arrival.
type told struct {
	name    string
	reports []enrich.Report
}

func tell(t testing.TB, list []stories.Story) []told {
	t.Helper()
	tagger := enrich.NewTagger()
	var out []told
	for _, s := range list {
		families := ingest.NewFamilies()
		x := told{name: s.Name}
		for _, a := range s.Articles {
			art := ingest.Article{Schema: ingest.ArticleSchema, ID: a.ID, Edition: a.Edition, Outlet: a.Outlet, Title: a.Title, Body: a.Text, Published: a.Published, FirstSeen: a.FirstSeen, Fetched: a.FirstSeen}
			art.ContentSHA256 = ingest.ContentHash(art.Title, "", art.Body)
			families.Place(&art)
			reports := tagger.Tag(&art)
			if len(reports) == 0 && art.Edition > 1 {
				reports = []enrich.Report{enrich.Nothing(&art)}
			}
			x.reports = append(x.reports, reports...)
		}
		out = append(out, x)
	}
	return out
}

// fold runs reports through a book, and tells what became of them.
func fold(t testing.TB, cfg *correlate.Config, reports []enrich.Report) (map[string]*correlate.Incident, []step) {
	t.Helper()
	b := correlate.NewBook(cfg, 0, nil)
	last := map[string]*correlate.Incident{}
	var steps []step
	for i := range reports {
		o, err := b.Take(&reports[i])
		if err != nil {
			t.Fatal(err)
		}
		b.Settle(&o)
		for _, s := range o.Steps {
			last[s.Incident.ID] = s.Incident
			steps = append(steps, step{s, saidAt(&reports[i])})
		}
	}
	return last, steps
}

// shape is what incidents come to, without what depends on the way: ids, versions,
// the times of polls.
func shape(incidents map[string]*correlate.Incident) string {
	var lines []string
	for _, i := range incidents {
		if len(i.Readings) == 0 {
			continue
		}
		var reports []string
		for _, x := range i.Readings {
			reports = append(reports, fmt.Sprintf("%s.%d", x.Article, x.Ordinal))
		}
		totals := []string{}
		for _, m := range slices.Sorted(maps.Keys(i.Totals)) {
			n, _ := i.Totals[m].Number()
			totals = append(totals, fmt.Sprintf("%s %d", m, n))
		}
		lines = append(lines, fmt.Sprintf("%s %s in %s %s: %s (%s) of %s", i.Type, i.Subtype, i.Place.Name, i.Place.Country, strings.Join(totals, ", "), i.Assessment.Severity, strings.Join(reports, " ")))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// shuffled is reports in another order, some of them twice. Those of one article
// stay in their order, editions too: a later one is not known before it is there.
func shuffled(r *rand.Rand, reports []enrich.Report) []enrich.Report {
	byArticle := map[string][]enrich.Report{}
	var articles []string
	for _, x := range reports {
		if len(byArticle[x.Source.ID]) == 0 {
			articles = append(articles, x.Source.ID)
		}
		byArticle[x.Source.ID] = append(byArticle[x.Source.ID], x)
	}
	r.Shuffle(len(articles), func(i, j int) { articles[i], articles[j] = articles[j], articles[i] })
	var out []enrich.Report
	for k, a := range articles {
		out = append(out, byArticle[a]...)
		if r.IntN(3) == 0 {
			out = append(out, byArticle[articles[r.IntN(k+1)]]...)
		}
	}
	return out
}

// In whatever order the reports of a story come, some of them twice, the incidents end
// the same, and nothing is told on the way that contradicts what was told before.
// TOCSIN_ORDERS is how many orders of each story are tried, TOCSIN_SETS of which sets.
func TestAnyOrder(t *testing.T) {
	orders := 3
	if s := os.Getenv("TOCSIN_ORDERS"); s != "" {
		var err error
		if orders, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	sets := map[string]func() ([]stories.Story, error){"hand": stories.Hand, "generated": stories.Generated, "held": stories.Held}
	var all []stories.Story
	for _, set := range strings.Fields(cmp.Or(os.Getenv("TOCSIN_SETS"), "hand generated")) {
		list, err := sets[set]()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	cfg := correlate.DefaultConfig()
	n, merges, late, open := 0, 0, 0, 0
	for _, s := range tell(t, all) {
		inOrder := slices.Clone(s.reports)
		slices.SortStableFunc(inOrder, func(a, b enrich.Report) int { return saidAt(&a).Compare(saidAt(&b)) })
		last, _ := fold(t, &cfg, inOrder)
		want := shape(last)
		r := rand.New(rand.NewPCG(1, uint64(len(s.reports))))
		bad := 0
		for range orders {
			order := shuffled(r, s.reports)
			last, steps := fold(t, &cfg, order)
			n++
			c, d := contradictions(steps)
			merges += d.merges
			late += d.untold
			open += d.open
			if got := shape(last); got != want || len(c) > 0 {
				if bad++; bad == 1 {
					t.Errorf("%s: in the order %s\ncontradictions %v in what was told:\n%s(-in order of the news +in this order)\n%s", s.name, names(s.name, order), c, tale(s.name, steps), diff.Diff(want, got))
				}
			}
		}
		if bad > 1 {
			t.Errorf("%s: %d of %d orders", s.name, bad, orders)
		}
	}
	t.Logf("%d orders; of %d incidents %d were told as part of another, or not yet; %d were told to be merged", n, open, late, merges)
}

// names are the reports of an order.
func names(story string, order []enrich.Report) string {
	var out []string
	for k := range order {
		x := &order[k]
		out = append(out, fmt.Sprintf("%s.%d", strings.TrimPrefix(x.Source.ID, story+"/"), x.Ordinal))
	}
	return strings.Join(out, " ")
}

// tale is what was told, silent versions too.
func tale(story string, steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		i := s.Incident
		fmt.Fprintf(&b, "%s v%d %s %v by what was said at %s", i.ID[len(i.ID)-4:], i.Version, i.Status, s.Change.Why, s.at.Format("02 15:04"))
		if i.MergedInto != "" {
			fmt.Fprintf(&b, ", merged into %s", i.MergedInto[len(i.MergedInto)-4:])
		}
		if i.SplitFrom != "" {
			fmt.Fprintf(&b, ", split from %s", i.SplitFrom[len(i.SplitFrom)-4:])
		}
		b.WriteString(": ")
		for _, y := range i.Readings {
			fmt.Fprintf(&b, " %s.%d", strings.TrimPrefix(y.Article, story+"/"), y.Ordinal)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// saidAt is when a report counts as said.
func saidAt(r *enrich.Report) time.Time {
	x := correlate.ProbeOf(r)
	return x.At
}

// contradictions are what a desk is told and should not be, because of an order alone.
// What newer news says is never one: a toll that is raised, then corrected, then raised
// again was news each time. A report that is older than what was told of an incident
// may add to it. It may not:
//
//   - correct: what is older knows less.
//   - bring back a value that was told, and told to be another: A, then B, then A.
//   - bring back an incident that was told to be another, or to be off, or make a new
//     one of it: at the desk it is closed, and what was told of it is in the other's file.
//   - tell as two what was told as one, and is told to be one again later.
//
// No more incidents are told as new than there are in the end and were told to be merged
// or off. That two are one is no contradiction: before what joins them was there nobody
// could know, and it is told once.
func contradictions(steps []step) (found []string, d tellings) {
	type desk struct {
		told    *correlate.Told // what it was told last
		gone    bool            // and that it is another
		open    bool            // it has reports, told or not
		reports map[string]bool
		heard   map[string]bool // those that were there when it was told
		values  map[string][]string
	}
	say := func(i *correlate.Incident, what string) {
		found = append(found, fmt.Sprintf("%s v%d %s", i.ID[len(i.ID)-4:], i.Version, what))
	}
	of := map[string]*desk{}
	var merged []map[string]bool     // reports of those that were told to be merged
	splitFrom := map[string]string{} // of those that were told as part of another
	news, off := 0, 0
	for _, s := range steps {
		i := s.Incident
		x := of[i.ID]
		if x == nil {
			x = &desk{values: map[string][]string{}}
			of[i.ID] = x
		}
		before := x.reports
		x.open, x.reports = len(i.Readings) > 0, map[string]bool{}
		for _, y := range i.Readings {
			x.reports[fmt.Sprint(y.Article, ".", y.Ordinal)] = true
		}
		if i.Status == correlate.Silent {
			continue
		}
		older := x.told != nil && s.at.Before(x.told.At)
		if i.Status == correlate.New {
			news++
			if y := of[i.SplitFrom]; y != nil && y.told != nil && s.at.Before(y.told.At) && mostly(x.reports, y.heard) {
				splitFrom[i.ID] = i.SplitFrom
			}
			drawn := slices.ContainsFunc(i.Readings, func(y correlate.Reading) bool { return y.At.After(s.at) })
			if drawn && slices.ContainsFunc(merged, func(m map[string]bool) bool { return mostly(x.reports, m) && mostly(m, x.reports) }) {
				say(i, "is new, and was merged before")
			}
		}
		switch {
		case i.Status == correlate.Cancel:
			off++
			if x.open {
				break
			}
			merged = append(merged, before)
			if x.gone = i.MergedInto != ""; x.gone {
				d.merges++
				if splitFrom[i.ID] == i.MergedInto || splitFrom[i.MergedInto] == i.ID {
					say(i, "was one with "+i.MergedInto+" before, then another")
				}
			}
		case x.gone && older:
			say(i, "is back and was merged")
		case older && x.told.Cancelled && !i.Told.Cancelled:
			say(i, "is back and was off")
		}
		if x.open {
			x.gone = false
		}
		if older && i.Status == correlate.Correction {
			say(i, "is corrected by what is older")
		}
		if x.open {
			values := map[string]string{"type": i.Told.Type, "country": i.Told.Country}
			for m, v := range i.Told.Totals {
				values[string(m)] = fmt.Sprint(v)
			}
			for f, v := range values {
				list := x.values[f]
				if len(list) > 0 && list[len(list)-1] == v {
					continue
				}
				if older && slices.Contains(list, v) && slices.ContainsFunc(s.Change.Why, func(why string) bool { return strings.HasPrefix(why, "status."+f) }) {
					say(i, f+" is "+v+" again")
				}
				x.values[f] = append(list, v)
			}
			x.heard = x.reports
		}
		x.told = i.Told
	}
	for _, x := range of {
		if x.open {
			d.open++
			if x.told == nil || x.told.Cancelled {
				d.untold++
			}
		}
	}
	if news > d.open+off {
		found = append(found, fmt.Sprintf("%d were told as new, there are %d, and %d were told to be merged or off", news, d.open, off))
	}
	return found, d
}

// tellings count what was told.
type tellings struct {
	open   int // incidents in the end
	untold int // of these, told as part of another or to be off, or not at all
	merges int
}

// mostly tells whether more than half of a set are in another.
func mostly(a, b map[string]bool) bool {
	n := 0
	for r := range a {
		if b[r] {
			n++
		}
	}
	return 2*n > len(a)
}

// step is a version, and when what made it was said.
type step struct {
	correlate.Step
	at time.Time
}
