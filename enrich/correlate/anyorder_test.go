package correlate_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

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
func fold(t testing.TB, cfg *correlate.Config, reports []enrich.Report) (map[string]*correlate.Incident, []correlate.Step) {
	t.Helper()
	b := correlate.NewBook(cfg, 0, nil)
	last := map[string]*correlate.Incident{}
	var steps []correlate.Step
	for i := range reports {
		o, err := b.Take(&reports[i])
		if err != nil {
			t.Fatal(err)
		}
		b.Settle(&o)
		for _, s := range o.Steps {
			last[s.Incident.ID] = s.Incident
			steps = append(steps, s)
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

func TestAnyOrder(t *testing.T) {
	orders := 3
	if s := os.Getenv("TOCSIN_ORDERS"); s != "" {
		var err error
		if orders, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	var all []stories.Story
	for _, load := range []func() ([]stories.Story, error){stories.Hand, stories.Generated} {
		list, err := load()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, list...)
	}
	cfg := correlate.DefaultConfig()
	same, n := 0, 0
	contradicted := 0
	for _, s := range tell(t, all) {
		last, _ := fold(t, &cfg, s.reports)
		want := shape(last)
		r := rand.New(rand.NewPCG(1, uint64(len(s.reports))))
		bad := 0
		var example string
		for range orders {
			last, steps := fold(t, &cfg, shuffled(r, s.reports))
			n++
			contradicted += contradictions(steps)
			if got := shape(last); got == want {
				same++
			} else {
				bad++
				example = got
			}
		}
		if bad > 0 {
			t.Logf("%s: %d of %d orders end otherwise\nwant:\n%s\ngot:\n%s", s.name, bad, orders, want, example)
		}
	}
	t.Logf("%d of %d orders end the same; %d alerts contradict one before", same, n, contradicted)
}

// contradictions counts what no desk should be told because of an order alone: that
// an incident was another, and that one was two.
func contradictions(steps []correlate.Step) int {
	n := 0
	for _, s := range steps {
		i := s.Incident
		if i.Status == correlate.Cancel && i.MergedInto != "" || i.Status == correlate.New && i.SplitFrom != "" {
			n++
		}
	}
	return n
}
