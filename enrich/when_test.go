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
	in := when.Zone(o.Zone)
	return fmt.Sprintf("%s..%s | %s | %s | %s", o.Earliest.In(in).Format(layout), o.Latest.In(in).Format(layout), o.Precision, o.Basis, strings.TrimSpace(zone))
}
