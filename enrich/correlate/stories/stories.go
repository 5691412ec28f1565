package stories

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"
)

//go:generate go run ./generate -out generated

//go:embed */*.txtar
var collections embed.FS

// Hand returns the stories that were written by hand.
func Hand() ([]Story, error) { return load(collections, "hand") }

// Held returns the held-out stories: their figures are measured, their misses are
// not to be read by whoever changes a rule.
func Held() ([]Story, error) { return load(collections, "held") }

// Fresh returns stories that were written by somebody who had seen nothing of the
// program, and whose misses nobody has read: what they measure is what stories that
// come will measure.
func Fresh() ([]Story, error) { return load(collections, "fresh") }

// Blind returns stories of the same kind that the weights of matching were learnt from;
// nobody has read their misses either.
func Blind() ([]Story, error) { return load(collections, "blind") }

// Generated returns the stories that generate composed.
func Generated() ([]Story, error) { return load(collections, "generated") }

// Story is what many outlets said of one or a few incidents.
type Story struct {
	Name      string // of its file, without .txtar
	About     string
	Phenomena []string
	Articles  []Article // in order of arrival
	Truth     map[Key][]Telling
	Changes   []Change // in order of arrival
}

// Key names one edition of one article.
type Key struct {
	ID      string // "<story>/<article>", so that many stories can be one stream
	Edition int    // from 1
}

// String is the key as story files write it, behind the story's name.
func (k Key) String() string {
	if k.Edition == 1 {
		return k.ID
	}
	return fmt.Sprintf("%s.%d", k.ID, k.Edition)
}

// Short is the key within its story: "a1", "a1.2".
func (k Key) Short() string {
	s := k.String()
	return s[strings.IndexByte(s, '/')+1:]
}

// Article is one edition of what an outlet published.
type Article struct {
	ID        string // see Key
	Edition   int
	Outlet    string
	Title     string
	Text      string // paragraphs with an empty line between them
	Published time.Time
	FirstSeen time.Time // when it was polled, or this edition of it
}

// Key is the edition's name.
func (a *Article) Key() Key { return Key{a.ID, a.Edition} }

// Relation is how an article tells of an incident.
type Relation string

// The relations. None is no relation: an article that tells of no incident of its
// story has no telling.
const (
	Report     Relation = "report"     // as news: first word, toll, claim, reaction, correction, denial
	FollowUp   Relation = "follow_up"  // what came after it: arrests, charges, trials, releases
	Background Relation = "background" // as context or memory
)

// Relations lists every relation.
var Relations = []Relation{Report, FollowUp, Background}

// Telling says that an article tells of an incident.
type Telling struct {
	Label    string // of the incident in its story: A, B, C …
	Relation Relation
	Optional bool // equally right without it
}

// Status is what a change tells of an incident.
type Status string

// The statuses.
const (
	New            Status = "new"
	Update         Status = "update"
	Correction     Status = "correction"
	Cancel         Status = "cancel"
	FollowUpStatus Status = "follow_up"
)

// Statuses lists every status.
var Statuses = []Status{New, Update, Correction, Cancel, FollowUpStatus}

// Change is what a security desk should be told.
type Change struct {
	Article  Key // the one that brings it
	Label    string
	Status   Status
	Killed   *Range // as it stands after it; nil where the story does not say
	Optional bool   // allowed, not required
}

// String is the change as story files write it.
func (c Change) String() string {
	var b strings.Builder
	if c.Optional {
		b.WriteByte('?')
	}
	fmt.Fprintf(&b, "%s %s %s", c.Article.Short(), c.Label, c.Status)
	if c.Killed != nil {
		b.WriteString(" killed=" + c.Killed.String())
	}
	return b.String()
}

// Range is a number of people: nil is no floor, or no ceiling.
type Range struct {
	Min *int `json:"min"`
	Max *int `json:"max"`
}

// String is the range as story files write it: "9", "9+", "9-12"; "up to 9", which
// only programs say; "?" where nothing is known.
func (r Range) String() string {
	switch {
	case r.Min == nil && r.Max == nil:
		return "?"
	case r.Min == nil:
		return fmt.Sprintf("up to %d", *r.Max)
	case r.Max == nil:
		return fmt.Sprintf("%d+", *r.Min)
	case *r.Min == *r.Max:
		return fmt.Sprint(*r.Min)
	}
	return fmt.Sprintf("%d-%d", *r.Min, *r.Max)
}

// Agrees reports whether a told number is the expected one. The floors must be
// the same. "At least 9" may stand for 9 and 9 for "at least 9": which outlet's
// words are kept is the program's choice.
func (r Range) Agrees(told *Range) bool {
	floor := func(r *Range) int {
		if r == nil || r.Min == nil {
			return 0
		}
		return *r.Min
	}
	if floor(&r) != floor(told) {
		return false
	}
	return r.Max == nil || told == nil || told.Max == nil || *r.Max == *told.Max
}

// Stream merges the articles of many stories in the order in which they were
// seen; those of one story keep their order.
func Stream(list []Story) []Article {
	var all []Article
	for _, s := range list {
		all = append(all, s.Articles...)
	}
	slices.SortStableFunc(all, func(a, b Article) int { return a.FirstSeen.Compare(b.FirstSeen) })
	return all
}
