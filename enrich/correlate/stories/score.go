package stories

import (
	"cmp"
	"maps"
	"slices"
)

// Result is a program's answers held against what is right.
//
// Its unit is a telling: one article edition, one incident that it reports or
// follows up. The program's incidents are matched with the labels of the stories:
// first all at once, each label with the incident that most of its articles were
// found to be of, then in each article, where that leaves a choice.
type Result struct {
	stories []Story
	answers Answers
	tells   []telling
	falses  []falseReport
	home    map[string]string // label → the incident that it is taken for
	owner   map[string]string // incident → the label that most of its tellings have
	changes []sequence        // by story
}

// telling is one that must be found.
type telling struct {
	story    int
	key      Key
	label    string // "<story>/A"
	incident string // what the program took it for; empty where it did not see it
}

// falseReport is a report of what the article does not report.
type falseReport struct {
	story    int
	key      Key
	incident string
	of       string // the label, where the article has it as background
	none     bool   // the article tells of no incident at all
}

// sequence is what was told of one story beside what was expected.
type sequence struct {
	lines                          []line
	exact, order                   bool
	expected, told, echoes, missed int
	late                           int // of the missed: told, but by a later article
	killedAsked, killedRight       int
}

// line is an expected change, a told one, or both.
type line struct {
	want *Change
	got  *toldChange
	note string // what is wrong, empty where nothing is
}

type toldChange struct {
	Told
	article Key
	label   string // of the story; "" is none, "other/A" one of another story
	at      int    // the article's place in the story
}

// Score holds answers against stories. Answers must have an entry for every
// article; of articles of other stories they may have more.
func Score(list []Story, answers Answers) *Result {
	r := &Result{stories: list, answers: answers}
	r.matchAll()
	for s := range list {
		for i := range list[s].Articles {
			r.matchArticle(s, list[s].Articles[i].Key())
		}
	}
	r.findOwners()
	for s := range list {
		r.changes = append(r.changes, r.compare(s))
	}
	return r
}

// answer is what the program said of an article.
func (r *Result) answer(k Key) *Answer {
	if a := r.answers[k]; a != nil {
		return a
	}
	return &Answer{}
}

func full(s *Story, label string) string { return s.Name + "/" + label }

// matchAll finds the one incident that each label is taken for. An article that
// tells of two incidents votes for every pair with a part of its vote.
func (r *Result) matchAll() {
	votes := map[string]map[string]float64{}
	for s := range r.stories {
		for i := range r.stories[s].Articles {
			k := r.stories[s].Articles[i].Key()
			ids := r.answer(k).incidents()
			var labels []string
			for _, t := range r.stories[s].Truth[k] {
				if t.Relation != Background {
					labels = append(labels, full(&r.stories[s], t.Label))
				}
			}
			for _, l := range labels {
				for _, id := range ids {
					if votes[l] == nil {
						votes[l] = map[string]float64{}
					}
					votes[l][id] += 1 / float64(max(len(labels), len(ids)))
					if r.sameToll(s, k, l, id) {
						votes[l][id] += 0.001 // decides between equals: one article told of them all
					}
				}
			}
		}
	}
	labels := slices.Sorted(maps.Keys(votes))
	seen := map[string]bool{}
	for _, v := range votes {
		for id := range v {
			seen[id] = true
		}
	}
	ids := slices.Sorted(maps.Keys(seen))
	weights := make([][]float64, len(labels))
	for i, l := range labels {
		weights[i] = make([]float64, len(ids))
		for j, id := range ids {
			weights[i][j] = votes[l][id]
		}
	}
	r.home = map[string]string{}
	for i, j := range assign(weights) {
		if j >= 0 {
			r.home[labels[i]] = ids[j]
		}
	}
}

// sameToll tells whether an article is to bring a change of a label to a number of
// dead with which the program told of an incident.
func (r *Result) sameToll(s int, k Key, label, incident string) bool {
	return slices.ContainsFunc(r.stories[s].Changes, func(c Change) bool {
		return c.Article == k && full(&r.stories[s], c.Label) == label && c.Killed != nil &&
			slices.ContainsFunc(r.answer(k).Told, func(t Told) bool {
				return t.Incident == incident && t.Killed != nil && t.Killed.String() == c.Killed.String()
			})
	})
}

// matchArticle says which of the incidents that one article was found to be of is
// which of its labels, and what is left over.
func (r *Result) matchArticle(s int, k Key) {
	story := &r.stories[s]
	truth, ids := story.Truth[k], r.answer(k).incidents()
	weights := make([][]float64, len(truth))
	for i, t := range truth {
		weights[i] = make([]float64, len(ids))
		for j, id := range ids {
			// The label's own incident before all; else the one that is
			// reported stands before the optional. What is mere context
			// comes last: a report under its incident is a report put
			// with the wrong one.
			switch home := r.home[full(story, t.Label)] == id; {
			case t.Relation == Background && home:
				weights[i][j] = 2
			case t.Relation == Background:
				weights[i][j] = 1
			case home:
				weights[i][j] = 100
			case t.Optional:
				weights[i][j] = 3
			default:
				weights[i][j] = 4
			}
		}
	}
	took := map[string]bool{}
	for i, j := range assign(weights) {
		t, id := truth[i], ""
		if j >= 0 {
			id = ids[j]
			took[id] = true
		}
		switch {
		case t.Relation == Background && id != "" && !t.Optional:
			r.falses = append(r.falses, falseReport{story: s, key: k, incident: id, of: t.Label})
		case t.Relation != Background && !t.Optional:
			r.tells = append(r.tells, telling{s, k, full(story, t.Label), id})
		}
	}
	for _, id := range ids {
		if !took[id] {
			r.falses = append(r.falses, falseReport{story: s, key: k, incident: id, none: len(truth) == 0})
		}
	}
}

// findOwners says whose each incident is: the label of most of its tellings, or,
// where it has none, of the optional ones, or of mere mentions.
func (r *Result) findOwners() {
	type vote struct{ sure, optional, background int }
	votes := map[string]map[string]vote{}
	add := func(id, label string, v vote) {
		if votes[id] == nil {
			votes[id] = map[string]vote{}
		}
		had := votes[id][label]
		votes[id][label] = vote{had.sure + v.sure, had.optional + v.optional, had.background + v.background}
	}
	for _, t := range r.tells {
		if t.incident != "" {
			add(t.incident, t.label, vote{sure: 1})
		}
	}
	for s := range r.stories {
		for k, truth := range r.stories[s].Truth {
			for _, t := range truth {
				for _, p := range r.answer(k).Reports {
					if p.Incident == "" {
						continue
					}
					if t.Relation == Background {
						add(p.Incident, full(&r.stories[s], t.Label), vote{background: 1})
					} else if t.Optional {
						add(p.Incident, full(&r.stories[s], t.Label), vote{optional: 1})
					}
				}
			}
		}
	}
	r.owner = map[string]string{}
	for id, of := range votes {
		r.owner[id] = slices.MaxFunc(slices.Sorted(maps.Keys(of)), func(a, b string) int {
			return cmp.Or(cmp.Compare(of[a].sure, of[b].sure), cmp.Compare(of[a].optional, of[b].optional), cmp.Compare(of[a].background, of[b].background), cmp.Compare(b, a))
		})
	}
}

// compare holds what was told of a story against what was expected. Changes that
// one article brings to several incidents have no order among themselves.
func (r *Result) compare(s int) sequence {
	story := &r.stories[s]
	place := map[Key]int{}
	var told []*toldChange
	for i := range story.Articles {
		k := story.Articles[i].Key()
		place[k] = i
		for _, t := range r.answer(k).Told {
			c := &toldChange{Told: t, article: k, at: i, label: r.owner[t.Incident]}
			if len(c.label) > len(story.Name) && c.label[:len(story.Name)+1] == story.Name+"/" {
				c.label = c.label[len(story.Name)+1:]
			}
			told = append(told, c)
		}
	}
	q := sequence{told: len(told), exact: true}
	used := map[*toldChange]bool{}
	find := func(want *Change, fits func(*toldChange) bool) *toldChange {
		for _, c := range told {
			if !used[c] && c.label == want.Label && c.Status == want.Status && fits(c) {
				used[c] = true
				return c
			}
		}
		return nil
	}
	agrees := func(want *Change, c *toldChange) bool { return want.Killed == nil || want.Killed.Agrees(c.Killed) }
	got := make([]*toldChange, len(story.Changes))
	for _, optional := range []bool{false, true} {
		for i := range story.Changes {
			if want := &story.Changes[i]; want.Optional == optional {
				got[i] = find(want, func(c *toldChange) bool {
					return c.article == want.Article && (!optional || agrees(want, c))
				})
			}
		}
	}
	late := make([]*toldChange, len(story.Changes))
	for i := range story.Changes {
		if want := &story.Changes[i]; !want.Optional && got[i] == nil {
			late[i] = find(want, func(c *toldChange) bool { return c.at > place[want.Article] })
		}
	}
	for i := range story.Changes {
		want := &story.Changes[i]
		l := line{want: want, got: got[i]}
		if !want.Optional {
			q.expected++
		}
		switch {
		case got[i] == nil && want.Optional:
			continue // nothing is wrong, nothing to show
		case late[i] != nil:
			l.note = "missing: told late, by " + late[i].article.Short()
			q.missed++
			q.late++
			q.exact = false
		case got[i] == nil:
			l.note = "missing"
			q.missed++
			q.exact = false
		case want.Killed != nil:
			q.killedAsked++
			if agrees(want, got[i]) {
				q.killedRight++
			} else {
				l.note = "another number"
				q.exact = false
			}
		}
		q.lines = append(q.lines, l)
	}
	for _, c := range told {
		if isLate := slices.Contains(late, c); isLate || !used[c] {
			q.echoes++
			q.exact = false
			note := "echo"
			if isLate {
				note = "echo: late"
			}
			q.lines = append(q.lines, line{got: c, note: note})
		}
	}
	slices.SortStableFunc(q.lines, func(a, b line) int {
		at := func(l line) (int, string) {
			if l.want != nil {
				return place[l.want.Article], l.want.Label
			}
			return l.got.at, l.got.label
		}
		ai, al := at(a)
		bi, bl := at(b)
		return cmp.Or(cmp.Compare(ai, bi), cmp.Compare(al, bl))
	})
	q.order = inOrder(story.Changes, told)
	return q
}

// inOrder reports whether, of each incident, the expected statuses were told one
// after the other, whichever article brought them and whatever numbers they gave.
func inOrder(want []Change, told []*toldChange) bool {
	wants, tolds := map[string][]Change{}, map[string][]Status{}
	for _, c := range want {
		wants[c.Label] = append(wants[c.Label], c)
	}
	for _, c := range told {
		if wants[c.label] == nil {
			return false
		}
		tolds[c.label] = append(tolds[c.label], c.Status)
	}
	for label, list := range wants {
		if !fits(list, tolds[label]) {
			return false
		}
	}
	return true
}

// fits reports whether told is want with some of the optional ones left out.
func fits(want []Change, told []Status) bool {
	reach := make([]bool, len(told)+1) // how much of told the wants so far may have made
	reach[0] = true
	for _, c := range want {
		next := make([]bool, len(told)+1)
		for j, ok := range reach {
			if ok && c.Optional {
				next[j] = true
			}
			if ok && j < len(told) && told[j] == c.Status {
				next[j+1] = true
			}
		}
		reach = next
	}
	return reach[len(told)]
}
