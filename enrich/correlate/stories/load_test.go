package stories

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// small is a story without a mistake; tests break it in one place each.
const small = `A bomb; its toll rises, and is corrected.
phenomena: toll-rise, correction
-- articles: who tells of what --
a1 A report
a2 A report, ?B background
a1.2 A report
a3 none
a4 A follow_up
-- changes --
a1 A new killed=4
?a2 A update killed=5+
a1.2 A correction killed=3-4
a4 A follow_up
-- a1 --
outlet: Tigris Wire
published: 2026-03-09T07:40Z

Blast kills four

BAGHDAD - A bomb went off.

It killed four.
-- a2 --
outlet: Second
published: 2026-03-09T08:00Z
seen: 2026-03-09T11:00Z

At least five dead in blast
-- a1.2 --
outlet: Tigris Wire
published: 2026-03-09T07:40Z
seen: 2026-03-09T12:00Z

Blast kills three or four

Corrected.
-- a3 --
outlet: Third
published: 2026-03-09T12:10Z

Sport
-- a4 --
outlet: Second
published: 2026-03-10T12:10:30+01:00

Arrests
`

func TestParse(t *testing.T) {
	s, err := Parse("dir/s1.txtar", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x.UTC()
	}
	key := func(id string, edition int) Key { return Key{"s1/" + id, edition} }
	n := func(n int) *int { return &n }
	want := Story{
		Name: "s1", About: "A bomb; its toll rises, and is corrected.", Phenomena: []string{"toll-rise", "correction"},
		Articles: []Article{
			{"s1/a1", 1, "Tigris Wire", "Blast kills four", "BAGHDAD - A bomb went off.\n\nIt killed four.", at("2026-03-09T07:40:00Z"), at("2026-03-09T07:44:00Z")},
			{"s1/a2", 1, "Second", "At least five dead in blast", "", at("2026-03-09T08:00:00Z"), at("2026-03-09T11:00:00Z")},
			{"s1/a1", 2, "Tigris Wire", "Blast kills three or four", "Corrected.", at("2026-03-09T07:40:00Z"), at("2026-03-09T12:00:00Z")},
			{"s1/a3", 1, "Third", "Sport", "", at("2026-03-09T12:10:00Z"), at("2026-03-09T12:14:00Z")},
			{"s1/a4", 1, "Second", "Arrests", "", at("2026-03-10T11:10:30Z"), at("2026-03-10T11:14:30Z")},
		},
		Truth: map[Key][]Telling{
			key("a1", 1): {{"A", Report, false}}, key("a2", 1): {{"A", Report, false}, {"B", Background, true}},
			key("a1", 2): {{"A", Report, false}}, key("a3", 1): {}, key("a4", 1): {{"A", FollowUp, false}},
		},
		Changes: []Change{
			{key("a1", 1), "A", New, &Range{n(4), n(4)}, false}, {key("a2", 1), "A", Update, &Range{n(5), nil}, true},
			{key("a1", 2), "A", Correction, &Range{n(3), n(4)}, false}, {key("a4", 1), "A", FollowUpStatus, nil, false},
		},
	}
	if d := cmp.Diff(want, s); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		want           string // the whole error
	}{
		{"carriage return", "phenomena: toll", "phenomena:\r\ntoll", `s.txtar:2: the line ends with a carriage return: write the file with plain newlines`},
		{"section without a name", "-- changes --", "-- --", `s.txtar:9: "-- --" names no section`},
		{"no sentence", "A bomb; its toll rises, and is corrected.\n", "", `s.txtar:1: the story does not say what it is: begin with one sentence`},
		{"no phenomena", "phenomena: toll-rise, correction\n", "", `s.txtar:1: the line "phenomena: …" is missing before the first section: name what the story is a case of`},
		{"empty phenomena", "phenomena: toll-rise, correction", "phenomena:", `s.txtar:2: "phenomena:" is empty: name what the story is a case of, with commas between`},
		{"text after the phenomena", "correction\n-- art", "correction\nmore\n-- art", `s.txtar:3: "more" stands after the phenomena: nothing does but the sections`},
		{"no section of truth", "-- articles: who tells of what --", "-- articles --", `s.txtar:1: a story begins with the sections "articles: who tells of what" and "changes", then its articles: write them in this order`},
		{"a section that is no article", "-- a3 --", "-- b3 --", `s.txtar:37: section "b3" is no article: articles are a1, a2 …, a later edition of one a1.2
s.txtar:7: "a3" is no article of this story`},
		{"an article twice", "-- a3 --", "-- a2 --", `s.txtar:37: article a2 is there twice: number it anew
s.txtar:7: "a3" is no article of this story`},
		{"unknown header", "outlet: Third", "outlet: Third\nauthor: Me", `s.txtar:39: unknown header "author": an article has outlet, published and perhaps seen`},
		{"a line that is no header", "outlet: Third", "outlet: Third\nSport news", `s.txtar:39: "Sport news" is no header: write outlet, published and perhaps seen, then an empty line, then the headline`},
		{"header twice", "outlet: Third", "outlet: Third\noutlet: Third", `s.txtar:39: header "outlet" is there twice`},
		{"empty header", "outlet: Third", "outlet:", `s.txtar:38: header "outlet" is empty`},
		{"no outlet", "outlet: Third\n", "", `s.txtar:38: article a3 has no header "outlet"`},
		{"no time", "published: 2026-03-09T12:10Z", "published: yesterday", `s.txtar:39: published "yesterday" is no time: write it as 2026-03-09T07:40Z`},
		{"no headline", "\nSport\n", "\n", `s.txtar:38: article a3 has no headline: write it after the headers, between empty lines`},
		{"text under the headline", "Blast kills four\n\n", "Blast kills four\n", `s.txtar:19: the text of article a1 begins right under its headline: leave a line empty between them`},
		{"seen before published", "seen: 2026-03-09T11:00Z", "seen: 2026-03-09T07:50Z", `s.txtar:23: article a2 was seen at 2026-03-09T07:50Z, before it was published`},
		{"out of order", "seen: 2026-03-09T12:00Z", "seen: 2026-03-09T10:00Z", `s.txtar:29: article a1.2 was seen at 2026-03-09T10:00Z, before the one above it (2026-03-09T11:00Z): sections are in order of arrival; move it, or say with "seen:" when it was polled`},
		{"edition without seen", "seen: 2026-03-09T12:00Z\n", "", `s.txtar:29: article a1.2 has no header "seen": of a later edition it says when the new text was polled
s.txtar:29: article a1.2 was seen at 2026-03-09T07:44Z, before the one above it (2026-03-09T11:00Z): sections are in order of arrival; move it, or say with "seen:" when it was polled`},
		{"edition of another outlet", "-- a1.2 --\noutlet: Tigris Wire", "-- a1.2 --\noutlet: Euphrates", `s.txtar:29: article a1.2 has another outlet or time of publication than edition 1 of it: an edition changes neither`},
		{"edition of nothing", "-- a1.2 --", "-- a1.3 --", `s.txtar:29: article a1.3 stands before edition 2 of it: put editions in the order in which they were polled
s.txtar:6: "a1.2" is no article of this story
s.txtar:29: article a1.3 is not listed in section "articles: who tells of what": say what it tells of, or none
s.txtar:12: change by a1.2: no such article in this story`},
		{"missing truth", "a3 none\n", "", `s.txtar:36: article a3 is not listed in section "articles: who tells of what": say what it tells of, or none`},
		{"truth of no article", "a3 none\n", "a3 none\na9 none\n", `s.txtar:8: "a9" is no article of this story`},
		{"truth twice", "a3 none\n", "a3 none\na3 none\n", `s.txtar:8: article a3 is listed twice: write all that it tells of on one line`},
		{"a label without relation", "a3 none", "a3 A", `s.txtar:7: article a3: "A" is not a label and a relation: write "A report", or "none" alone`},
		{"unknown relation", "a3 none", "a3 A reports", `s.txtar:7: article a3: unknown relation "reports": write one of [report follow_up background]`},
		{"no label", "a3 none", "a3 bomb background", `s.txtar:7: article a3: label "bomb" is not A, B, C …`},
		{"a label twice", "a3 none", "a3 A report, A background", `s.txtar:7: article a3 tells of A twice: keep the one relation that says most`},
		{"reported and never new", "a3 none", "a3 C report", `s.txtar:37: article a3 reports C, which no change says is new: add "a3 C new" to section "changes"`},
		{"no change", "a4 A follow_up\n-- a1", "a4 A\n-- a1", `s.txtar:13: "a4 A" is no change: write article, label, status, as in "a1 A new killed=4"`},
		{"change by no article", "a4 A follow_up\n-- a1", "x4 A follow_up\n-- a1", `s.txtar:13: "x4" is no article: they are a1, a2 …, a later edition of one a1.2`},
		{"unknown status", "a4 A follow_up\n-- a1", "a4 A followup\n-- a1", `s.txtar:13: unknown status "followup": write one of [new update correction cancel follow_up]`},
		{"unknown word", "a4 A follow_up\n-- a1", "a4 A follow_up dead=4\n-- a1", `s.txtar:13: "dead=4" is not what may follow a status: write one of killed=9, killed=9+, killed=9-12`},
		{"no number", "killed=3-4", "killed=4-3", `s.txtar:12: "killed=4-3" is not what may follow a status: write one of killed=9, killed=9+, killed=9-12`},
		{"change of a label that the article does not tell of", "a4 A follow_up\n-- a1", "a4 B follow_up\n-- a1", `s.txtar:13: change of B by a4: that article does not tell of B, by section "articles: who tells of what"; mend one of them`},
		{"change by background", "a4 A follow_up\n-- changes", "a4 A background\n-- changes", `s.txtar:13: change of A by a4: that article has A as background, which changes nothing`},
		{"change before new", "a1 A new killed=4\n", "", `s.txtar:10: update of A stands before any new of it`},
		{"new twice", "a1.2 A correction", "a1.2 A new", `s.txtar:12: A is new a second time`},
		{"change twice", "a4 A follow_up\n-- a1", "a4 A follow_up\na4 A follow_up\n-- a1", `s.txtar:14: this change is there twice`},
		{"changes out of order", "?a2 A update killed=5+\na1.2 A correction killed=3-4\n", "a1.2 A correction killed=3-4\n?a2 A update killed=5+\n", `s.txtar:12: change by a2 stands after one by a1.2, which arrived later: put changes in order of arrival`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(small, tt.old, tt.new, 1)
			if text == small {
				t.Fatalf("%q is not in the story", tt.old)
			}
			_, err := Parse("s.txtar", []byte(text))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestLoad: a mistake in one file hides no other, and no story without one.
func TestLoad(t *testing.T) {
	list, err := Load(fstest.MapFS{
		"b.txtar":      {Data: []byte(small)},
		"a.txtar":      {Data: []byte(strings.Replace(small, "a3 none", "a3 A reports", 1))},
		"c.txtar":      {Data: []byte(strings.Replace(small, "killed=4\n", "killed=x\n", 1))},
		"README.md":    {Data: []byte("no story")},
		"sub/d.txtar":  {Data: []byte("not in the root")},
		"notes.txt":    {Data: []byte("no story")},
		"other.txtar~": {Data: []byte("no story")},
	})
	if len(list) != 1 || list[0].Name != "b" {
		t.Errorf("loaded %d stories, want b alone", len(list))
	}
	const want = "a.txtar:7: article a3: unknown relation \"reports\": write one of [report follow_up background]\n" +
		"c.txtar:10: \"killed=x\" is not what may follow a status: write one of killed=9, killed=9+, killed=9-12"
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(small)
	f.Add("A line.\n-- --")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("s.txtar", []byte(text))
		if err != nil {
			return
		}
		for i, a := range s.Articles {
			if a.Title == "" || a.FirstSeen.Before(a.Published) || i > 0 && a.FirstSeen.Before(s.Articles[i-1].FirstSeen) || s.Truth[a.Key()] == nil {
				t.Fatalf("article %d of %q is read as %+v", i, text, a)
			}
		}
	})
}

// TestCollections: what is committed can be read, each story by itself and all as
// one stream.
func TestCollections(t *testing.T) {
	names := map[string]bool{}
	var all []Story
	for _, c := range []struct {
		name string
		load func() ([]Story, error)
	}{{"hand", Hand}, {"held", Held}, {"fresh", Fresh}, {"blind", Blind}, {"generated", Generated}} {
		list, err := c.load()
		if err != nil {
			t.Errorf("%s:\n%v", c.name, err)
		}
		for _, s := range list {
			if names[s.Name] {
				t.Errorf("two stories are named %s: articles of one stream would have one id", s.Name)
			}
			names[s.Name] = true
		}
		all = append(all, list...)
	}
	stream := Stream(all)
	keys := map[Key]bool{}
	for i, a := range stream {
		if keys[a.Key()] {
			t.Errorf("the stream has %s twice", a.Key())
		}
		keys[a.Key()] = true
		if i > 0 && a.FirstSeen.Before(stream[i-1].FirstSeen) {
			t.Errorf("the stream has %s after %s, which was seen later", a.Key(), stream[i-1].Key())
		}
	}
}
