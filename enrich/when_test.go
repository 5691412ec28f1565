package enrich

import (
	"fmt"
	"strings"
	"testing"

	"tocsin/enrich/when"
)

// TestWhen holds the times of testdata/when.txt: interval, precision, basis and
// zone of the incident that the article is about.
func TestWhen(t *testing.T) {
	tagger := NewTagger()
	bad := 0
	cases := tableCases(t, "testdata/when.txt")
	for _, c := range cases {
		a := tableArticle(t, &c)
		got := "-" // no report, no date
		if rep := mainReport(tagger.Tag(a)); rep != nil {
			got = showOccurred(rep.Occurred)
		}
		if got != c.want {
			bad++
			t.Errorf("when.txt:%d: %s\n\t@ %s\n\t%s\n\tgot  %s\n\twant %s", c.line, c.why, c.at, c.in, got, c.want)
		}
	}
	t.Logf("%d of %d cases right", len(cases)-bad, len(cases))
}

func showOccurred(o *Occurred) string {
	if o == nil || o.Earliest == nil {
		return "-"
	}
	layout := "2006-01-02"
	if o.Precision == "minute" || o.Precision == "hour" {
		layout = "2006-01-02T15:04"
	}
	zone := o.Zone
	if zone == "" {
		zone = "-"
	}
	in, bound := when.Zone(o.Zone), ""
	if o.NotAfter {
		bound = " | not after"
	}
	return fmt.Sprintf("%s..%s | %s | %s | %s%s", o.Earliest.In(in).Format(layout), o.Latest.In(in).Format(layout), o.Precision, o.Basis, strings.TrimSpace(zone), bound)
}

// TestPartsOfDays: what stands beside a day tells which part of it is meant.
func TestPartsOfDays(t *testing.T) {
	tagger := NewTagger()
	for in, want := range map[string]string{
		"on Thursday":                                    "",
		"on Thursday night":                              "night",
		"last night":                                     "night",
		"overnight into Friday":                          "night",
		"in the night from Thursday to Friday":           "night",
		"overnight":                                      "overnight",
		"overnight on Friday":                            "overnight",
		"in the night to Friday":                         "overnight",
		"early on Friday":                                "early",
		"in the early hours of Friday":                   "early",
		"before dawn on Friday":                          "early",
		"on Friday morning":                              "morning",
		"this morning":                                   "morning",
		"on the morning of 19 March":                     "morning",
		"on Thursday afternoon":                          "afternoon",
		"yesterday evening":                              "evening",
		"late on Thursday":                               "night",
		"on Thursday, as people slept after a night out": "",
	} {
		rep := mainReport(tagger.Tag(article("a", "Drones hit Mykolaiv", "One person was killed when drones struck the port of Mykolaiv "+in+", the governor said.", "2026-03-20T09:10:00Z")))
		if rep == nil || rep.Occurred == nil || rep.Occurred.Part != want {
			t.Errorf("%s: %+v, want %q", in, rep.Occurred, want)
		}
	}
}
