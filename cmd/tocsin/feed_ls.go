package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tocsin/ingest"
)

type feedLsCmd struct {
	configFlags
	IDs   []string `arg:"" optional:"" name:"id" help:"Feeds to list. Default all."`
	State []string `placeholder:"WORDS" help:"Only feeds in these states: new, ok, dry, partial, failing, gone, paused; parted by commas."`
	Sort  string   `default:"id" enum:"id,due,state" placeholder:"KEY" help:"id, due (the next poll first) or state. Default id."`
	JSON  bool     `help:"One JSON object a line."`
}

// Help implements kong's HelpProvider.
func (feedLsCmd) Help() string {
	return `Examples:
  tocsin feed ls
  tocsin feed ls --state failing,gone
  tocsin feed ls --json | jq -r 'select(.failures > 3) | .id'

LAST is the last good poll, ITEMS how many its body had. States: ok; dry (it answers, and has brought nothing new for three days and ten times as long as usual); partial (the last body was damaged, what is whole is read); failing (tried on, with growing waits); gone (its server says for good: asked once a month); paused; new (not polled yet).`
}

// stateWords are the words of a feed's state, in the order that they are counted in.
var stateWords = []string{ingest.StatusOK, ingest.StatusDry, ingest.StatusPartial, ingest.StatusFailing, ingest.StatusGone, ingest.StatusPaused, ingest.StatusNew}

// Run implements the command.
func (c feedLsCmd) Run(ctx context.Context, std streams) error {
	for _, w := range c.State {
		if !slices.Contains(stateWords, w) {
			return usageError{fmt.Errorf("feed ls: --state %q is none of %s", w, strings.Join(stateWords, ", "))}
		}
	}
	all, err := c.statuses(ctx, std)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range c.IDs {
		if _, err := c.feedOf(id, all); err != nil {
			errs = append(errs, err)
		}
	}
	now := time.Now()
	show := slices.DeleteFunc(slices.Clone(all), func(s ingest.Status) bool {
		return len(c.IDs) > 0 && !slices.Contains(c.IDs, s.ID) || len(c.State) > 0 && !slices.Contains(c.State, s.WordAt(now))
	})
	c.sort(show, now)
	if c.JSON {
		enc := json.NewEncoder(std.out)
		enc.SetEscapeHTML(false)
		for i := range show {
			if err := enc.Encode(feedLine(&show[i], now)); err != nil {
				return err
			}
		}
		return errors.Join(errs...)
	}
	if len(all) == 0 {
		fmt.Fprintln(std.out, "no feeds: add one with 'tocsin feed add URL', or name the daemon's configuration with --config")
		return errors.Join(errs...)
	}
	w := tabwriter.NewWriter(std.out, 2, 8, 2, ' ', 0)
	if len(show) > 0 {
		fmt.Fprintln(w, "ID\tSTATE\tLAST\tNEXT\tITEMS\tNOTE")
	}
	for i := range show {
		s := &show[i]
		items := "-"
		if !s.State.Success.IsZero() {
			items = fmt.Sprint(s.State.Items)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join([]string{s.ID, s.WordAt(now), lastWord(s, now), dueWord(s, now), items, clipLine(feedNote(s, now), 120)}, "\t"), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(std.out, summary(show, len(all), now))
	return errors.Join(errs...)
}

func (c feedLsCmd) sort(list []ingest.Status, now time.Time) {
	slices.SortStableFunc(list, func(a, b ingest.Status) int {
		switch c.Sort {
		case "state":
			return slices.Index(stateWords, a.WordAt(now)) - slices.Index(stateWords, b.WordAt(now))
		case "due":
			if a.Paused != b.Paused {
				return map[bool]int{true: 1, false: -1}[a.Paused]
			}
			return a.State.Due.Compare(b.State.Due)
		}
		return cmp.Compare(a.ID, b.ID)
	})
}

// summary counts feeds by state.
func summary(list []ingest.Status, of int, now time.Time) string {
	count := map[string]int{}
	for i := range list {
		count[list[i].WordAt(now)]++
	}
	head := counted(of, "feed")
	if len(list) < of {
		head = fmt.Sprintf("%d of %s", len(list), head)
	}
	var parts []string
	for _, w := range stateWords {
		if count[w] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[w], w))
		}
	}
	if len(parts) == 0 {
		return head
	}
	return head + ": " + strings.Join(parts, ", ")
}

func lastWord(s *ingest.Status, now time.Time) string {
	if s.State.Success.IsZero() {
		return "-"
	}
	return ago(s.State.Success, now)
}

func dueWord(s *ingest.Status, now time.Time) string {
	switch {
	case s.Paused:
		return "-"
	case s.State.Due.After(now):
		return "in " + span(s.State.Due.Sub(now))
	}
	return "now"
}

// feedNote says in words what there is to know of a feed.
func feedNote(s *ingest.Status, now time.Time) string {
	st := &s.State
	var notes []string
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if st.Polled.IsZero() && !s.Paused {
		add("unverified: not polled yet")
	}
	switch {
	case !st.Gone.IsZero():
		add("gone for %s, its server says for good: remove it or give its new address", span(now.Sub(cmp.Or(st.FailingSince, st.Gone))))
	case st.Failures > 0:
		add("failing for %s: %s", span(now.Sub(st.FailingSince)), lastError(st))
	case st.Partial:
		add("damaged: what is whole is read")
	case s.WordAt(now) == ingest.StatusDry:
		add("nothing new for %s", span(now.Sub(st.NewAt)))
	}
	if st.Location != "" {
		add("moved to %s", plain(st.Location))
	}
	if st.Moving != nil {
		add("redirected for good to %s, followed when proven", plain(st.Moving.To))
	}
	if st.Push {
		add("pushed by %s", plain(st.Hub))
	}
	return strings.Join(notes, "; ")
}

// lastError is what a feed failed of, without the address that the line is about.
func lastError(st *ingest.FeedState) string {
	s := plain(st.LastError)
	for _, u := range []string{st.Location, st.URL} {
		s = strings.TrimPrefix(s, "fetch "+plain(u)+": ")
	}
	return s
}

// feedJSON is a line of feed ls --json: an interface of programs.
type feedJSON struct {
	ID           string    `json:"id"`
	State        string    `json:"state"`
	URL          string    `json:"url"` // without a password
	Listed       bool      `json:"listed"`
	Paused       bool      `json:"paused"`
	Outlet       string    `json:"outlet,omitempty"`
	Language     string    `json:"language,omitempty"`
	Country      string    `json:"country,omitempty"`
	EverySeconds int64     `json:"every_seconds,omitempty"`
	FullText     bool      `json:"full_text,omitempty"`
	Title        string    `json:"title,omitempty"`
	Items        int       `json:"items"`
	Polled       time.Time `json:"polled,omitzero"`
	Success      time.Time `json:"success,omitzero"`
	Due          time.Time `json:"due,omitzero"`
	NewAt        time.Time `json:"new_at,omitzero"`
	Failures     int       `json:"failures"`
	FailingSince time.Time `json:"failing_since,omitzero"`
	Reason       string    `json:"reason,omitempty"`
	Status       int       `json:"status,omitempty"`
	Error        string    `json:"error,omitempty"`
	Gone         time.Time `json:"gone,omitzero"`
	Partial      bool      `json:"partial,omitempty"`
	MovedTo      string    `json:"moved_to,omitempty"`
	MovingTo     string    `json:"moving_to,omitempty"`
	Push         bool      `json:"push,omitempty"`
	Hub          string    `json:"hub,omitempty"`
}

func feedLine(s *ingest.Status, now time.Time) feedJSON {
	st := &s.State
	l := feedJSON{
		ID: s.ID, State: s.WordAt(now), URL: ingest.Redacted(s.URL), MovedTo: ingest.Redacted(st.Location), Listed: s.Listed, Paused: s.Paused,
		Outlet: s.Outlet, Language: s.Language, Country: s.Country, EverySeconds: int64(s.Every / time.Second), FullText: s.FullText,
		Title: st.Title, Items: st.Items, Polled: st.Polled, Success: st.Success, Due: st.Due, NewAt: st.NewAt,
		Failures: st.Failures, FailingSince: st.FailingSince, Reason: st.Reason, Status: st.Status, Error: st.LastError,
		Gone: st.Gone, Partial: st.Partial, Push: st.Push, Hub: st.Hub,
	}
	if st.Moving != nil {
		l.MovingTo = ingest.Redacted(st.Moving.To)
	}
	return l
}
