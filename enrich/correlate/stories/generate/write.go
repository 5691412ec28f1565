package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// file is a finished story in the form of a story file.
func (s *story) file() ([]byte, error) {
	if s.err != nil {
		return nil, s.err
	}
	slices.SortStableFunc(s.articles, func(a, b *article) int { return a.seen.Compare(b.seen) })
	n := 0
	for _, a := range s.articles {
		if a.base == nil {
			n++
			a.id, a.edition = n, 1
		}
	}
	editions := map[*article]int{}
	for _, a := range s.articles {
		if a.base != nil {
			editions[a.base]++
			a.id, a.edition = a.base.id, 1+editions[a.base]
		}
	}
	changes, err := changesOf(s.articles)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	corrections := 0
	for _, c := range changes {
		if c.status == "correction" {
			corrections++
		}
	}
	if corrections != s.corrections {
		return nil, fmt.Errorf("%s: %d corrections follow from what the articles say, its plot means %d", s.name, corrections, s.corrections)
	}

	var b strings.Builder
	fmt.Fprintf(&b, "%s\nphenomena: %s\n", s.about, strings.Join(s.phenomena, ", "))
	b.WriteString("-- articles: who tells of what --\n")
	for _, a := range s.articles {
		var told []string
		ws := slices.Clone(a.words)
		slices.SortStableFunc(ws, func(x, y *words) int { return cmp.Compare(x.label, y.label) })
		for _, w := range ws {
			told = append(told, w.label+" "+w.relation)
		}
		if told == nil {
			told = []string{"none"}
		}
		fmt.Fprintf(&b, "%s %s\n", a.key(), strings.Join(told, ", "))
	}
	b.WriteString("-- changes --\n")
	for _, c := range changes {
		if c.optional {
			b.WriteByte('?')
		}
		fmt.Fprintf(&b, "%s %s %s", c.a.key(), c.label, c.status)
		if c.killed != nil {
			fmt.Fprintf(&b, " killed=%d", c.killed.floor())
			if !c.killed.exact() {
				b.WriteByte('+')
			}
		}
		b.WriteByte('\n')
	}
	const form = "2006-01-02T15:04Z"
	var last time.Time
	for _, a := range s.articles {
		fmt.Fprintf(&b, "-- %s --\noutlet: %s\npublished: %s\n", a.key(), a.outlet.name, a.published.UTC().Format(form))
		if a.seenSaid {
			fmt.Fprintf(&b, "seen: %s\n", a.seen.UTC().Format(form))
		}
		fmt.Fprintf(&b, "\n%s\n\n%s\n", a.title, strings.Join(a.paragraphs, "\n\n"))
		if a.seen.Before(last) {
			return nil, fmt.Errorf("%s: %s is out of order", s.name, a.key())
		}
		last = a.seen
	}
	return []byte(b.String()), nil
}

func (a *article) key() string {
	if a.edition == 1 {
		return fmt.Sprintf("a%d", a.id)
	}
	return fmt.Sprintf("a%d.%d", a.id, a.edition)
}
