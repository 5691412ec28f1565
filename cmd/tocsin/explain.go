package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/enrich/correlate/match"
	"tocsin/internal/bus"
	"tocsin/sink"
)

type explainCmd struct {
	configFlags
	ID    string `arg:"" help:"Incident (inc-…), report (rep-…) or article (art-…)."`
	Other string `arg:"" optional:"" help:"Another one: how the two look beside each other."`
	JSON  bool   `help:"One JSON document."`
}

// Help implements kong's HelpProvider.
func (explainCmd) Help() string {
	return `Examples:
  tocsin explain inc-01kkcfmb402jnzahsx6gn5fjtr
  tocsin explain art-4czk3jjf8me259355rg8s005e9
  tocsin explain inc-01kkcfmb402jnzahsx6gn5fjtr inc-01kphw14r08ch9fzg09ar8k5q5

An incident: its versions and what changed in each, the reports that it is made of, why each is in it and what it was kept apart from. A report or an article: which incidents it is in, and why. Two of them: each report of the smaller one weighed against the other, and whether they are one.

A score is the logarithm of the odds that a report and an incident are of one event: the sum of what speaks for it and against it. At 0 and more they are put together.

It speaks to the daemon on ./data, or opens its files where none runs; --nats names an external server. Ids stand in alerts: 'tocsin watch --json'.`
}

// Run implements the command.
func (c explainCmd) Run(ctx context.Context, std streams) error {
	for _, id := range []string{c.ID, c.Other} {
		if _, err := kindOf(id); id != "" && err != nil {
			return err
		}
	}
	if c.ID == c.Other {
		return usageError{fmt.Errorf("explain: %s is named twice", c.ID)}
	}
	b, _, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	x := explanation{Schema: "tocsin.explain/1", ID: c.ID, Other: c.Other}
	if c.Other != "" {
		err = x.beside(ctx, b)
	} else {
		err = x.one(ctx, b)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(std.out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(&x)
	}
	return x.write(std.out)
}

// explanation is the answer as --json gives it.
type explanation struct {
	Schema   string             `json:"schema"`
	ID       string             `json:"id"`
	Other    string             `json:"other,omitempty"`
	Incident *explainedIncident `json:"incident,omitempty"`
	Reports  []explainedReport  `json:"reports,omitempty"` // of an article, or the one report
	Beside   *explainedBeside   `json:"beside,omitempty"`
}

type explainedIncident struct {
	ID         string                `json:"id"`
	Version    int                   `json:"version"`
	Summary    string                `json:"summary"`
	Type       string                `json:"type"`
	Place      enrich.Place          `json:"place"`
	Occurred   enrich.Occurred       `json:"occurred"`
	Assessment correlate.Assessment  `json:"assessment"`
	Counts     correlate.Sources     `json:"counts"`
	Versions   []explainedVersion    `json:"versions"`
	Reports    []explainedReport     `json:"reports"`
	Related    []correlate.Link      `json:"related,omitempty"`
	MergedInto string                `json:"merged_into,omitempty"`
	MergedFrom []string              `json:"merged_from,omitempty"`
	SplitFrom  string                `json:"split_from,omitempty"`
	Orders     []correlate.OrderMark `json:"orders,omitempty"`
}

type explainedVersion struct {
	Version int              `json:"version"`
	At      time.Time        `json:"at"`
	Status  correlate.Status `json:"status"`
	Why     string           `json:"why"`
	Rules   []string         `json:"rules"`
	Diff    []correlate.Diff `json:"diff,omitempty"`
}

type explainedReport struct {
	Report   string                          `json:"report"`
	Article  string                          `json:"article"`
	Edition  int                             `json:"edition"`
	Outlet   string                          `json:"outlet,omitempty"`
	Title    string                          `json:"title,omitempty"`
	URL      string                          `json:"url,omitempty"`
	At       time.Time                       `json:"at"`
	Role     enrich.Role                     `json:"role,omitempty"`
	Type     string                          `json:"type"`
	Totals   map[enrich.Measure]enrich.Total `json:"totals,omitempty"`
	Incident string                          `json:"incident,omitempty"` // that it is in; absent for none
	Would    string                          `json:"would,omitempty"`    // of one that is in none: that it would be of, or mention, now
	Relation correlate.Relation              `json:"relation,omitempty"`
	Held     bool                            `json:"held,omitempty"` // by an operator's order
	Decision *explainedDecision              `json:"decision,omitempty"`

	first bool // of its incident
}

type explainedDecision struct {
	By      string           `json:"by"`
	Words   string           `json:"words"`
	Score   float64          `json:"score,omitempty"`
	Reasons []explainedPart  `json:"reasons,omitempty"`
	Apart   []explainedRival `json:"apart,omitempty"`
}

type explainedRival struct {
	Incident string          `json:"incident"`
	Score    float64         `json:"score"`
	Reasons  []explainedPart `json:"reasons"`
}

type explainedPart struct {
	Feature string  `json:"feature"`
	Words   string  `json:"words"`
	Added   float64 `json:"added"`
}

type explainedBeside struct {
	One     bool              `json:"one"`
	Verdict string            `json:"verdict"`
	Why     string            `json:"why"`
	Score   float64           `json:"score"`
	Weighed []explainedWeight `json:"weighed"`
	Against string            `json:"against"` // the larger one
}

type explainedWeight struct {
	Report  string          `json:"report"`
	Article string          `json:"article"`
	Outlet  string          `json:"outlet,omitempty"`
	Title   string          `json:"title,omitempty"`
	Score   float64         `json:"score"`
	Reasons []explainedPart `json:"reasons"`
}

func partsOf(reasons []match.Reason) []explainedPart {
	out := make([]explainedPart, 0, len(reasons))
	for _, r := range reasons {
		out = append(out, explainedPart{r.Feature, correlate.Words(r.Feature), r.Added})
	}
	return out
}

func decisionOf(d *correlate.Decision) *explainedDecision {
	if d == nil || d.By == "" {
		return nil
	}
	x := &explainedDecision{By: d.By, Words: decisionWords[d.By], Score: d.Score, Reasons: partsOf(d.Reasons)}
	x.Words = cmp.Or(x.Words, d.By)
	for _, r := range d.Apart {
		x.Apart = append(x.Apart, explainedRival{r.Incident, r.Score, partsOf(r.Reasons)})
	}
	return x
}

// decisionWords say why a report is where it is.
var decisionWords = map[string]string{
	"score":     "it fits",
	"founded":   "it fitted no incident that there was",
	"edition":   "an earlier edition of its article was there",
	"operator":  "an operator's order",
	"none":      "it fitted no incident that there was, and founds none",
	"placeless": "it fitted no incident that there was, and names no place: it waits for a report that does",
}

// readingsOf are the reports of an incident, as they are shown.
func readingsOf(i *correlate.Incident, keep func(*correlate.Reading) bool) (list []explainedReport) {
	for k := range i.Readings {
		r := &i.Readings[k]
		if !keep(r) {
			continue
		}
		x := explainedReport{Report: r.Report, Article: r.Article, Edition: r.Edition, Outlet: r.Outlet, At: r.At, Role: r.Role, Type: r.Type, Totals: r.Totals, Incident: i.ID,
			Relation: cmp.Or(r.Relation, correlate.Reports), Held: r.Bound != "" && r.Bound == i.ID, Decision: decisionOf(r.Match), first: k == 0}
		if at := slices.IndexFunc(i.Provenance, func(o correlate.Origin) bool { return o.Article == r.Article }); at >= 0 {
			x.Title, x.URL = i.Provenance[at].Title, i.Provenance[at].URL
		}
		list = append(list, x)
	}
	return list
}

func every(*correlate.Reading) bool { return true }

// one explains one incident, report or article.
func (x *explanation) one(ctx context.Context, b *bus.Bus) error {
	kind, err := kindOf(x.ID)
	if err != nil {
		return err
	}
	if kind != anIncident {
		s, err := sideOf(ctx, b, x.ID)
		x.Reports = s.reports
		return err
	}
	versions, err := versionsOf(ctx, b, x.ID)
	if err != nil {
		return err
	}
	x.Incident = explained(versions)
	return nil
}

// explained is an incident as it is shown, from its versions.
func explained(versions []storedVersion) *explainedIncident {
	i := versions[len(versions)-1].Incident
	x := &explainedIncident{ID: i.ID, Version: i.Version, Summary: sink.Summary(i, nil), Type: i.Type, Place: i.Place, Occurred: i.Occurred, Assessment: i.Assessment, Counts: i.Sources,
		Versions: []explainedVersion{}, Reports: readingsOf(i, every), Related: i.Related, MergedInto: i.MergedInto, MergedFrom: i.MergedFrom, SplitFrom: i.SplitFrom, Orders: i.Orders}
	for _, v := range versions {
		at := v.Updated
		if at.IsZero() {
			at = v.at
		}
		x.Versions = append(x.Versions, explainedVersion{v.Version, at, v.Status, v.Why(), v.Explain.Rules, v.Explain.Diff})
	}
	return x
}

// side is what an id stands for, to be put beside another.
type side struct {
	id      string
	of      *correlate.Incident // with the reports that are meant, and no others
	reports []explainedReport
	homes   []string // incidents that they are in
}

// sideOf looks up an incident, a report or an article.
func sideOf(ctx context.Context, b *bus.Bus, id string) (side, error) {
	s := side{id: id, of: &correlate.Incident{ID: id}}
	kind, err := kindOf(id)
	if err != nil {
		return s, err
	}
	if kind == anIncident {
		versions, err := versionsOf(ctx, b, id)
		if err != nil {
			return s, err
		}
		s.of = versions[len(versions)-1].Incident
		s.reports, s.homes = readingsOf(s.of, every), []string{id}
		return s, nil
	}
	homes, err := incidentsWith(ctx, b, id)
	if err != nil {
		return s, err
	}
	known := map[string]bool{}
	add := func(i *correlate.Incident, keep func(*correlate.Reading) bool) {
		part := i.Part(keep)
		s.of.Readings = append(s.of.Readings, part.Readings...)
		s.reports = append(s.reports, readingsOf(i, keep)...)
		for k := range part.Readings {
			known[part.Readings[k].Report] = true
		}
	}
	for _, i := range homes {
		add(i, func(r *correlate.Reading) bool { return r.Article == id || r.Report == id })
		s.homes = append(s.homes, i.ID)
	}
	if kind == aReport && len(homes) > 0 {
		return s, nil
	}
	// What is in no incident is on the streams still.
	loose, err := looseReports(ctx, b, id, kind)
	if err != nil {
		return s, err
	}
	loose = slices.DeleteFunc(loose, func(r enrich.Report) bool { return known[r.ID] || r.Role == enrich.Withdrawn })
	if len(loose) > 0 {
		if err := s.addLoose(ctx, b, loose); err != nil {
			return s, err
		}
	}
	if len(s.reports) == 0 && len(homes) == 0 {
		if kind == aReport {
			return s, fmt.Errorf("there is no report %s: the stream keeps them for 14 days", id)
		}
		if a, err := storedArticle(ctx, b, id); err != nil || a == nil {
			return s, cmp.Or(err, fmt.Errorf("there is no article %s: the stream keeps them for 14 days", id))
		}
	}
	return s, nil
}

// looseReports are the reports that an article gives, or the one of that id.
func looseReports(ctx context.Context, b *bus.Bus, id, kind string) ([]enrich.Report, error) {
	if kind == aReport {
		r, err := storedReport(ctx, b, id)
		if err != nil || r == nil {
			return nil, err
		}
		return []enrich.Report{*r}, nil
	}
	a, err := storedArticle(ctx, b, id)
	if err != nil || a == nil {
		return nil, err
	}
	return enrich.NewTagger().Tag(a), nil
}

// addLoose adds reports that are in no incident, and what would become of them beside
// the incidents that there are now.
func (s *side) addLoose(ctx context.Context, b *bus.Bus, loose []enrich.Report) error {
	cfg := correlate.DefaultConfig()
	book := correlate.NewBook(&cfg, 0, nil)
	all := map[string]bool{}
	if err := latestIncidents(ctx, b, nil, func(i *correlate.Incident) {
		all[i.ID] = true
		book.Put(i)
	}); err != nil {
		return err
	}
	for k := range loose {
		r := &loose[k]
		o, err := book.Take(r)
		if err != nil {
			return err
		}
		i, _ := correlate.Found(r, &cfg)
		s.of.Readings = append(s.of.Readings, i.Readings...)
		x := readingsOf(&i, every)[0]
		if !all[o.Incident] {
			o.Incident = "" // one that it would found
		}
		x.Incident, x.Would, x.Relation, x.Decision = "", o.Incident, o.Relation, decisionOf(&o.Decision)
		s.reports = append(s.reports, x)
	}
	return nil
}

// beside explains how two look to each other.
func (x *explanation) beside(ctx context.Context, b *bus.Bus) error {
	one, err := sideOf(ctx, b, x.ID)
	if err != nil {
		return err
	}
	two, err := sideOf(ctx, b, x.Other)
	if err != nil {
		return err
	}
	for _, s := range []*side{&one, &two} {
		if len(s.of.Readings) == 0 {
			switch into := s.of.MergedInto; into {
			case "":
				return fmt.Errorf("%s tells of no incident: there is nothing to put beside the other", s.id)
			default:
				return fmt.Errorf("incident %s has no reports: it was merged into %s", s.id, into)
			}
		}
	}
	// A report beside its own incident is weighed against the others of it.
	drop := func(from, part *side) {
		rest := from.of.Part(func(r *correlate.Reading) bool {
			return !slices.ContainsFunc(part.of.Readings, func(p correlate.Reading) bool { return p.Report == r.Report })
		})
		if len(rest.Readings) > 0 {
			from.of = rest
		}
	}
	shared := slices.DeleteFunc(slices.Clone(one.homes), func(id string) bool { return !slices.Contains(two.homes, id) })
	if len(shared) > 0 {
		if len(one.of.Readings) >= len(two.of.Readings) {
			drop(&one, &two)
		} else {
			drop(&two, &one)
		}
	}
	cmpd := correlate.Compare(one.of, two.of)
	small, large := &one, &two
	if len(one.of.Readings) > len(two.of.Readings) {
		small, large = large, small
	}
	x.Beside = &explainedBeside{One: cmpd.One, Why: cmpd.Why, Score: cmpd.Score, Against: large.id, Weighed: []explainedWeight{}}
	for _, w := range cmpd.Weighed {
		e := explainedWeight{Report: w.Report, Article: w.Article, Score: w.Score, Reasons: partsOf(w.Reasons)}
		if at := slices.IndexFunc(small.reports, func(r explainedReport) bool { return r.Report == w.Report }); at >= 0 {
			e.Outlet, e.Title = small.reports[at].Outlet, small.reports[at].Title
		}
		x.Beside.Weighed = append(x.Beside.Weighed, e)
	}
	x.Beside.Verdict = verdict(&one, &two, shared, cmpd)
	return nil
}

// verdict says what is, and what the rules make of it now.
func verdict(one, two *side, shared []string, c correlate.Comparison) string {
	is := "They are kept apart"
	if len(shared) > 0 {
		is = "They are together in " + strings.Join(shared, ", ")
	}
	switch {
	case len(shared) > 0 && c.One:
		return is + ", and the rules would put them together again: " + c.Why
	case len(shared) > 0:
		return is + "; by themselves they would not be put together: " + c.Why
	case len(one.homes) == 0 || len(two.homes) == 0:
		is = "One of them is in no incident"
	case c.One:
		return is + ", though the rules would put them together once a report fits both: " + c.Why
	}
	return is + ": " + c.Why
}

// explainWidth is where lines are broken.
const explainWidth = 100

type explainWriter struct {
	w   io.Writer
	err error
}

func (p *explainWriter) f(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// wrap writes words behind lead, and what does not fit in line under the first of them.
func (p *explainWriter) wrap(lead, s string) {
	indent := utf8.RuneCountInString(lead)
	col, line := indent, lead
	for _, w := range strings.Fields(plain(s)) {
		n := utf8.RuneCountInString(w)
		switch {
		case col > indent && col+1+n > explainWidth:
			p.f("%s\n", line)
			line, col = strings.Repeat(" ", indent)+w, indent+n
		case col > indent:
			line, col = line+" "+w, col+1+n
		default:
			line, col = line+w, col+n
		}
	}
	p.f("%s\n", strings.TrimRight(line, " "))
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// small is what a reason must add to be told by itself.
const small = 0.1

// reasons tells what a score is the sum of: what speaks for one event, what against.
func (p *explainWriter) reasons(lead string, parts []explainedPart) {
	var with, against []string
	rest := 0.0
	for _, r := range parts {
		switch s := fmt.Sprintf("%s %+.2f", r.Words, r.Added); {
		case r.Added >= small:
			with = append(with, s)
		case r.Added <= -small:
			against = append(against, s)
		default:
			rest += r.Added
		}
	}
	switch s := fmt.Sprintf("the rest %+.2f", rest); {
	case rest >= 0.005:
		with = append(with, s)
	case rest <= -0.005:
		against = append(against, s)
	}
	if len(with) > 0 {
		p.wrap(lead+"  for      ", strings.Join(with, ", "))
	}
	if len(against) > 0 {
		p.wrap(lead+"  against  ", strings.Join(against, ", "))
	}
}

func (x *explanation) write(w io.Writer) error {
	p := &explainWriter{w: w}
	switch {
	case x.Beside != nil:
		x.Beside.write(p)
	case x.Incident != nil:
		x.Incident.write(p)
	default:
		if len(x.Reports) == 0 {
			p.f("%s tells of no incident.\n", x.ID)
		}
		for k := range x.Reports {
			x.Reports[k].write(p, true)
		}
	}
	return p.err
}

func (i *explainedIncident) write(p *explainWriter) {
	i.head(p)
	i.versions(p)
	i.orders(p)
	p.f("\nREPORTS\n")
	for k := range i.Reports {
		i.Reports[k].write(p, false)
	}
}

func (i *explainedIncident) head(p *explainWriter) {
	p.wrap("", i.ID+"  "+i.Summary)
	when := "time not told"
	if i.Occurred.Earliest != nil {
		when = i.Occurred.String()
	}
	p.wrap("", fmt.Sprintf("%s, %s, by %s; %s of %s, %d with a text of their own", when, strings.ToLower(i.Assessment.Severity), i.Assessment.Rule, counted(i.Counts.Articles, "article"), counted(i.Counts.Outlets, "outlet"), i.Counts.Independent))
	switch {
	case i.MergedInto != "":
		p.wrap("", "merged into "+i.MergedInto+": explain that one")
	case i.SplitFrom != "":
		p.wrap("", "split from "+i.SplitFrom)
	}
	if len(i.MergedFrom) > 0 {
		p.wrap("", "merged from "+strings.Join(i.MergedFrom, ", "))
	}
	for _, l := range i.Related {
		p.wrap("", fmt.Sprintf("related, %s: %s (%+.2f)", strings.ReplaceAll(l.Kind, "_", " "), l.ID, l.Score))
	}
}

func (i *explainedIncident) versions(p *explainWriter) {
	p.f("\nVERSIONS\n")
	for _, v := range i.Versions {
		s := v.Why
		if d := sink.Changes(v.Diff); d != "" {
			s = strings.TrimPrefix(s+"; ", "; ") + d
		}
		p.wrap(fmt.Sprintf("%3d  %s  %-10s  ", v.Version, minute(v.At), v.Status), s)
	}
}

func (i *explainedIncident) orders(p *explainWriter) {
	if len(i.Orders) > 0 {
		p.f("\nORDERS\n")
	}
	for _, m := range i.Orders {
		s := string(m.Do)
		if m.Undoes != "" {
			s += " of " + m.Undoes
		}
		if m.By != "" {
			s += " by " + m.By
		}
		s += ": " + m.Why
		if m.Undone != "" {
			s += "; taken back by " + m.Undone
		}
		p.wrap(fmt.Sprintf("%3d  %s  %s  ", m.Version, minute(m.At), m.ID), s)
	}
}

func (r *explainedReport) says() string {
	return fmt.Sprintf("%s: %s", cmp.Or(r.Outlet, "an outlet without a name"), cmp.Or(r.Title, "without a title"))
}

// write tells of a report; alone, in which incident it is.
func (r *explainedReport) write(p *explainWriter, alone bool) {
	edition := ""
	if r.Edition > 1 {
		edition = fmt.Sprintf(", edition %d", r.Edition)
	}
	p.wrap("  "+minute(r.At)+"  ", r.says())
	const lead = "                    "
	p.wrap(lead, r.Article+edition)
	says := strings.ReplaceAll(r.Type, "_", " ")
	if t := sink.Tolls(r.Totals); t != "" {
		says += ": " + t
	}
	switch r.Relation {
	case correlate.FollowsUp:
		says += "; tells what came after"
	case correlate.Recalls:
		if r.Incident != "" {
			says += "; only mentions it"
			break
		}
		fallthrough
	default:
		if r.Role == enrich.Background {
			says += "; told as background"
		}
	}
	p.wrap(lead, says)
	switch {
	case !alone:
	case r.Incident == "" && r.Would != "" && r.Relation == correlate.Recalls:
		p.wrap(lead, "in no incident: it only mentions "+r.Would)
	case r.Incident == "" && r.Would != "":
		p.wrap(lead, "in no incident; now it would be put into "+r.Would)
	case r.Incident == "":
		p.wrap(lead, "in no incident")
	default:
		p.wrap(lead, "in "+r.Incident)
	}
	if r.Held {
		p.wrap(lead, "held here by an operator's order")
	}
	d := r.Decision
	switch {
	case d == nil:
		return
	case len(d.Reasons) > 0:
		p.wrap(lead, fmt.Sprintf("%s: %+.2f", d.Words, d.Score))
		p.reasons(lead, d.Reasons)
	case d.By == "founded" && r.first:
		p.wrap(lead, "founded it")
	case d.By == "operator" && r.Held:
	default:
		p.wrap(lead, d.Words)
	}
	for _, a := range d.Apart {
		p.wrap(lead, fmt.Sprintf("kept apart from %s: %+.2f", cmp.Or(a.Incident, "another"), a.Score))
		p.reasons(lead, a.Reasons)
	}
}

func (b *explainedBeside) write(p *explainWriter) {
	p.wrap("", b.Verdict+".")
	p.wrap("", fmt.Sprintf("On the whole %+.2f; each report against %s:", b.Score, b.Against))
	for _, w := range b.Weighed {
		p.f("\n")
		p.wrap("  ", fmt.Sprintf("%s: %s", cmp.Or(w.Outlet, "an outlet without a name"), cmp.Or(w.Title, "without a title")))
		p.wrap("    ", w.Article)
		p.wrap("    ", fmt.Sprintf("%+.2f", w.Score))
		p.reasons("    ", w.Reasons)
	}
}
