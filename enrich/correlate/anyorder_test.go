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
	t.Parallel()
	orders := 3
	if testing.Short() {
		orders = 1
	}
	if s := os.Getenv("TOCSIN_ORDERS"); s != "" {
		var err error
		if orders, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	sets := map[string]func() ([]stories.Story, error){"hand": stories.Hand, "generated": stories.Generated, "held": stories.Held, "fresh": stories.Fresh, "blind": stories.Blind}
	var all []stories.Story
	for _, set := range strings.Fields(cmp.Or(os.Getenv("TOCSIN_SETS"), "hand generated")) {
		list, err := sets[set]()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	cfg := correlate.DefaultConfig()
	n := 0
	var sum tellings
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
			sum.open += d.open
			sum.merges += d.merges
			sum.splits += d.splits
			sum.back += d.back
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
	t.Logf("%d orders, %d incidents: %d were told to be merged, %d to be split off, %d to be back", n, sum.open, sum.merges, sum.splits, sum.back)
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
// What it was told last must be what stands: no incident that stands is untold, or told
// to be another or to be off; none is told to have more dead than it has. A toll that
// falls is told as a correction and nothing else, and nothing is told twice. No more
// incidents are told as new than there are in the end and were told to be merged or off.
//
// That two are one, or one is two, is no contradiction: before what tells was there
// nobody could know, and it is told as what it is.
func contradictions(steps []step) (found []string, d tellings) {
	last, told := map[string]*correlate.Incident{}, map[string]*correlate.Told{}
	say := func(id, what string, args ...any) {
		found = append(found, id[len(id)-4:]+" "+fmt.Sprintf(what, args...))
	}
	news, off := 0, 0
	for _, s := range steps {
		i, was := s.Incident, told[s.Incident.ID]
		last[i.ID] = i
		if i.Status == correlate.Silent {
			continue
		}
		told[i.ID] = i.Told
		n := i.Told.Totals[enrich.Killed]
		switch {
		case i.Status == correlate.New:
			news++
			if i.SplitFrom != "" {
				d.splits++
			}
			if was != nil && !was.Cancelled {
				say(i.ID, "is told as new again")
			}
		case i.Status == correlate.Cancel:
			off++
			if i.MergedInto != "" {
				d.merges++
			}
			if was != nil && was.Cancelled {
				say(i.ID, "is told to be off again")
			}
		case was == nil:
			say(i.ID, "is told of and was never new: %s %v", i.Status, i.Explain.Rules)
		case was.Cancelled:
			d.back++
			off--
		case n < was.Totals[enrich.Killed] && i.Status != correlate.Correction:
			say(i.ID, "has %d killed after %d, and it is no correction", n, was.Totals[enrich.Killed])
		}
	}
	for id, i := range last {
		t := told[id]
		stands := len(i.Readings) > 0
		if stands {
			d.open++
		}
		switch {
		case t == nil && !stands:
			// it was none before anybody was told
		case t == nil:
			if !slices.ContainsFunc(i.Readings, denies) && !i.Unsure() {
				say(id, "was never told: %v", i.Explain.Rules)
			}
		case !stands && !t.Cancelled:
			say(id, "is gone, and nobody was told")
		case stands && t.Cancelled && i.MergedInto != "":
			say(id, "stands, and was told to be another")
		case stands && !t.Cancelled:
			if n, _ := i.Totals[enrich.Killed].Number(); n < t.Totals[enrich.Killed] {
				say(id, "has %d killed, and was told to have %d", n, t.Totals[enrich.Killed])
			}
		}
	}
	if news > d.open+off {
		found = append(found, fmt.Sprintf("%d were told as new, there are %d, and %d were told to be merged or off", news, d.open, off))
	}
	slices.Sort(found)
	return found, d
}

// denies tells whether a reading may say that it was nothing: what nobody was told of
// is not told to be off.
func denies(x correlate.Reading) bool {
	return x.Certainty == "retracted" || slices.Contains(x.Cues, enrich.CueHoax) || slices.Contains(x.Cues, enrich.CueAccident)
}

// tellings count what was told.
type tellings struct {
	open   int // incidents in the end
	merges int
	splits int
	back   int // told to be merged or off, and then back
}

// step is a version, and when what made it was said.
type step struct {
	correlate.Step
	at time.Time
}
