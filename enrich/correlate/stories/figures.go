package stories

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Figures sum up a result. All but the sizes are from 0 to 1; the rates are better
// the lower they are, the others the higher.
type Figures struct {
	Stories  int
	Articles int
	Tellings int // that must be found
	Expected int // changes that must be told
	Told     int // changes that were

	DetectionRecall    float64 // tellings that were found to be of any incident
	DetectionPrecision float64 // of the reports made, those that a telling explains
	FalseRate          float64 // articles that tell of nothing and were found to report something

	PairPrecision float64 // over pairs of found tellings: one incident for the program, and in truth
	PairRecall    float64
	PairF1        float64
	PairRecallAll float64 // tellings that were not found are in no pair, and are missed

	BCubedPrecision float64 // the same, each telling weighing the same
	BCubedRecall    float64
	BCubedF1        float64
	BCubedRecallAll float64

	StoriesExact float64 // stories of which exactly the right was told
	StoriesOrder float64 // the right statuses in order, whichever article brought them
	EchoRate     float64 // told changes beyond the right ones
	MissingRate  float64 // expected changes that were not told by their article
	LateRate     float64 // expected changes that a later article brought; they are missing too
	KilledRight  float64 // of the expected changes that were told, those with the right number killed
}

// Figure is one of them by its name.
type Figure struct {
	Name  string
	Value float64
}

// Falls reports whether a figure that goes from was to is has become worse.
func (f Figure) Falls(was float64) bool {
	if strings.HasSuffix(f.Name, "_rate") {
		return f.Value > was
	}
	return f.Value < was
}

// List names the figures that can be compared, in a fixed order.
func (f Figures) List() []Figure {
	return []Figure{
		{"detection_recall", f.DetectionRecall}, {"detection_precision", f.DetectionPrecision}, {"false_rate", f.FalseRate},
		{"pair_precision", f.PairPrecision}, {"pair_recall", f.PairRecall}, {"pair_f1", f.PairF1}, {"pair_recall_all", f.PairRecallAll},
		{"bcubed_precision", f.BCubedPrecision}, {"bcubed_recall", f.BCubedRecall}, {"bcubed_f1", f.BCubedF1}, {"bcubed_recall_all", f.BCubedRecallAll},
		{"stories_exact", f.StoriesExact}, {"stories_order", f.StoriesOrder},
		{"echo_rate", f.EchoRate}, {"missing_rate", f.MissingRate}, {"late_rate", f.LateRate}, {"killed_right", f.KilledRight},
	}
}

// share is a of b, and whole where there is nothing to share.
func share(a, b, whole float64) float64 {
	if b == 0 {
		return whole
	}
	return a / b
}

func f1(p, r float64) float64 { return share(2*p*r, p+r, 0) }

// Figures sums up the stories whose names are wanted.
func (r *Result) Figures(wanted func(story string) bool) Figures {
	var f Figures
	var exact, order, echoes, missed, late, asked, right, none, falseNone float64
	in := make([]bool, len(r.stories))
	for s := range r.stories {
		if in[s] = wanted(r.stories[s].Name); !in[s] {
			continue
		}
		q := &r.changes[s]
		f.Stories++
		f.Articles += len(r.stories[s].Articles)
		f.Expected += q.expected
		f.Told += q.told
		if q.exact {
			exact++
		}
		if q.order {
			order++
		}
		echoes += float64(q.echoes)
		missed += float64(q.missed)
		late += float64(q.late)
		asked += float64(q.killedAsked)
		right += float64(q.killedRight)
		for _, told := range r.stories[s].Truth {
			if len(told) == 0 {
				none++
			}
		}
	}
	f.StoriesExact = share(exact, float64(f.Stories), 1)
	f.StoriesOrder = share(order, float64(f.Stories), 1)
	f.EchoRate = share(echoes, float64(f.Told), 0)
	f.MissingRate = share(missed, float64(f.Expected), 0)
	f.LateRate = share(late, float64(f.Expected), 0)
	f.KilledRight = share(right, asked, 1)

	type pair struct{ label, incident string }
	byLabel, byFoundLabel, byIncident, byBoth := map[string]float64{}, map[string]float64{}, map[string]float64{}, map[pair]float64{}
	found := 0.0
	for _, t := range r.tells {
		if !in[t.story] {
			continue
		}
		f.Tellings++
		byLabel[t.label]++
		if t.incident != "" {
			found++
			byFoundLabel[t.label]++
			byIncident[t.incident]++
			byBoth[pair{t.label, t.incident}]++
		}
	}
	falses := 0.0
	had := map[Key]bool{}
	for _, x := range r.falses {
		if in[x.story] {
			falses++
			if x.none && !had[x.key] {
				had[x.key] = true
				falseNone++
			}
		}
	}
	f.DetectionRecall = share(found, float64(f.Tellings), 1)
	f.DetectionPrecision = share(found, found+falses, 1)
	f.FalseRate = share(falseNone, none, 0)

	// Sums in a fixed order: floating point is not associative, figures are compared.
	pairs := func(n float64) float64 { return n * (n - 1) / 2 }
	both := slices.SortedFunc(maps.Keys(byBoth), func(a, b pair) int {
		return cmp.Or(strings.Compare(a.label, b.label), strings.Compare(a.incident, b.incident))
	})
	var same, precision, recall, recallAll float64
	for _, p := range both {
		n := byBoth[p]
		same += pairs(n)
		precision += n * n / byIncident[p.incident]
		recall += n * n / byFoundLabel[p.label]
		recallAll += n * n / byLabel[p.label]
	}
	sum := func(m map[string]float64) (n float64) {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			n += pairs(m[k])
		}
		return n
	}
	f.PairPrecision = share(same, sum(byIncident), 1)
	f.PairRecall = share(same, sum(byFoundLabel), 1)
	f.PairF1 = f1(f.PairPrecision, f.PairRecall)
	f.PairRecallAll = share(same, sum(byLabel), 1)
	f.BCubedPrecision = share(precision, found, 1)
	f.BCubedRecall = share(recall, found, 1)
	f.BCubedF1 = f1(f.BCubedPrecision, f.BCubedRecall)
	f.BCubedRecallAll = share(recallAll, float64(f.Tellings), 1)
	return f
}

// Sums counts the echoes and the missing changes of the wanted stories by status.
func (r *Result) Sums(wanted func(story string) bool) (echoes, missing map[Status]int) {
	echoes, missing = map[Status]int{}, map[Status]int{}
	for s := range r.stories {
		if !wanted(r.stories[s].Name) {
			continue
		}
		for _, l := range r.changes[s].lines {
			switch {
			case l.want == nil:
				echoes[l.got.Status]++
			case l.got == nil:
				missing[l.want.Status]++
			}
		}
	}
	return echoes, missing
}

// Misses writes the wanted stories in which something is wrong: what was expected
// beside what came, then every article with what was made of it and why.
func (r *Result) Misses(w io.Writer, wanted func(story string) bool) error {
	var b strings.Builder
	for s := range r.stories {
		if wanted(r.stories[s].Name) {
			r.story(&b, s)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write misses: %w", err)
	}
	return nil
}

// story writes one story if something in it is wrong.
func (r *Result) story(b *strings.Builder, s int) {
	story, q := &r.stories[s], &r.changes[s]
	// Numbers for incidents: ids are long, and only which is which matters here.
	number := map[string]string{}
	name := func(id string) string {
		if number[id] == "" {
			number[id] = fmt.Sprintf("#%d", len(number)+1)
		}
		switch of := strings.TrimPrefix(r.owner[id], story.Name+"/"); of {
		case "":
			return number[id]
		default:
			return number[id] + "=" + of
		}
	}
	var articles strings.Builder
	wrong := 0
	for i := range story.Articles {
		wrong += r.article(&articles, s, &story.Articles[i], name)
	}
	if wrong == 0 && q.exact {
		return
	}
	fmt.Fprintf(b, "%s: %s\n  %d of %d changes missing, %d of %d told are echoes; %d faults in articles\n  changes\n",
		story.Name, story.About, q.missed, q.expected, q.echoes, q.told, wrong)
	for _, l := range q.lines {
		mark, want, got := " ", "", ""
		if l.note != "" {
			mark = "!"
		}
		if l.want != nil {
			want = l.want.String()
		}
		if l.got != nil {
			got = fmt.Sprintf("%s %s %s", l.got.article.Short(), name(l.got.Incident), l.got.Status)
			if l.got.Killed != nil {
				got += " killed=" + l.got.Killed.String()
			}
			if l.got.Summary != "" && l.note != "" {
				got += "  (" + l.got.Summary + ")"
			}
		}
		fmt.Fprintf(b, "  %s %-30s | %-16s | %s\n", mark, want, l.note, got)
	}
	fmt.Fprintf(b, "  articles\n%s\n", articles.String())
}

// article writes what was made of one article and returns how much of it is wrong.
func (r *Result) article(b *strings.Builder, s int, a *Article, name func(string) string) (wrong int) {
	story, k := &r.stories[s], a.Key()
	var truth []string
	for _, t := range story.Truth[k] {
		mark := ""
		if t.Optional {
			mark = "?"
		}
		truth = append(truth, mark+t.Label+" "+string(t.Relation))
	}
	if truth == nil {
		truth = []string{"none"}
	}
	var faults []string
	for _, t := range r.tells {
		label := strings.TrimPrefix(t.label, story.Name+"/")
		switch {
		case t.key != k:
		case t.incident == "":
			faults = append(faults, label+" not found")
		case r.owner[t.incident] != t.label:
			faults = append(faults, label+" merged into "+name(t.incident))
		case r.home[t.label] != t.incident:
			faults = append(faults, label+" split off as "+name(t.incident))
		}
	}
	for _, x := range r.falses {
		switch {
		case x.key != k:
		case x.of != "":
			faults = append(faults, name(x.incident)+" reported, but "+x.of+" is background")
		default:
			faults = append(faults, name(x.incident)+" reported, but nothing of the kind is told")
		}
	}
	mark := " "
	if len(faults) > 0 {
		mark = "!"
	}
	fmt.Fprintf(b, "  %s %-6s %s: %s: %s\n", mark, k.Short(), strings.Join(truth, ", "), a.Outlet, a.Title)
	for _, f := range faults {
		fmt.Fprintf(b, "           ! %s\n", f)
	}
	for _, p := range r.answer(k).Reports {
		id := "no incident"
		if p.Incident != "" {
			id = name(p.Incident)
		}
		fmt.Fprintf(b, "           %s %s %s: %s\n", id, p.Role, p.Relation, p.Decision)
	}
	return len(faults)
}
