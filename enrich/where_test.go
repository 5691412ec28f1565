package enrich

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/enrich/gazetteer"
	"tocsin/ingest"
)

// tableCase is a case of testdata/where.txt or when.txt: why it exists, when it
// was published, the text, and what a careful reader says.
type tableCase struct {
	line              int
	why, at, in, want string
}

func tableCases(t *testing.T, file string) []tableCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []tableCase
	c := tableCase{}
	for n, line := range strings.Split(string(data)+"\n", "\n") {
		switch {
		case strings.HasPrefix(line, "# "):
			c.why, c.line = line[2:], n+1
		case strings.HasPrefix(line, "@ "):
			c.at = line[2:]
		case strings.HasPrefix(line, "= "):
			c.want = line[2:]
		case line == "":
			if c.in != "" {
				if c.want == "" {
					t.Fatalf("%s:%d: a case without an answer", file, c.line)
				}
				out = append(out, c)
			}
			c = tableCase{}
		default:
			c.in = line
		}
	}
	return out
}

func tableArticle(t *testing.T, c *tableCase) *ingest.Article {
	t.Helper()
	a := &ingest.Article{ID: "art-case", Edition: 1, Body: c.in}
	if title, body, ok := strings.Cut(c.in, " || "); ok {
		a.Title, a.Body = title, strings.ReplaceAll(body, " || ", "\n\n")
	}
	switch len(c.at) {
	case 0, 1:
	case 4, 7, 10:
		p := map[int]string{4: "year", 7: "month", 10: "day"}[len(c.at)]
		at, err := time.Parse("2006-01-02"[:len(c.at)], c.at)
		if err != nil {
			t.Fatal(err)
		}
		a.Published, a.PublishedPrecision = at, p
	default:
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		a.Published = at
	}
	return a
}

func mainReport(reps []Report) *Report {
	for i := range reps {
		if reps[i].Role == Main {
			return &reps[i]
		}
	}
	for i := range reps {
		if reps[i].Role != Background {
			return &reps[i]
		}
	}
	if len(reps) > 0 {
		return &reps[0]
	}
	return nil
}

// TestWhere holds the places of testdata/where.txt: name, precision, country and
// coordinates.
func TestWhere(t *testing.T) {
	tagger := NewTagger()
	bad := 0
	cases := tableCases(t, "testdata/where.txt")
	for _, c := range cases {
		if problem := wherePut(tagger, tableArticle(t, &c), c.want); problem != "" {
			bad++
			t.Errorf("where.txt:%d: %s\n\t%s\n\t%s", c.line, c.why, c.in, problem)
		}
	}
	t.Logf("%d of %d cases right", len(cases)-bad, len(cases))
}

func wherePut(tagger *Tagger, a *ingest.Article, want string) string {
	rep := mainReport(tagger.Tag(a))
	if rep == nil {
		return "no report"
	}
	pl := rep.Place
	if want == "-" {
		if pl != nil && (pl.Name != "" || pl.Country != "") {
			return fmt.Sprintf("got %s, want no place", showPlace(pl))
		}
		return ""
	}
	if pl == nil {
		return "no place, want " + want
	}
	f := strings.Split(want, " | ")
	precision := map[string]string{"site": "exact", "district": "admin2", "area": "admin1", "sea": "sea_or_border", "border": "sea_or_border"}[f[1]]
	if precision == "" {
		precision = f[1]
	}
	name, country := f[0], f[2]
	ok := pl.Precision == precision
	ok = ok && (name == "-" && (pl.Name == "" || precision == "sea_or_border") || strings.EqualFold(name, pl.Name))
	ok = ok && (country == "-" && pl.Country == "" || country == pl.Country)
	if f[3] != "-" {
		lat, lon, _ := strings.Cut(f[3], " ")
		y, err1 := strconv.ParseFloat(lat, 64)
		x, err2 := strconv.ParseFloat(lon, 64)
		if err1 != nil || err2 != nil || pl.Lat == nil {
			ok = false
		} else {
			far := gazetteer.Distance(y, x, *pl.Lat, *pl.Lon)
			ok = ok && far < math.Max(15_000, float64(pl.Radius))
		}
	}
	if !ok {
		return fmt.Sprintf("got  %s\n\twant %s", showPlace(pl), want)
	}
	return ""
}

func showPlace(pl *Place) string {
	s := fmt.Sprintf("%s | %s | %s |", pl.Name, pl.Precision, pl.Country)
	if pl.Lat != nil {
		s += fmt.Sprintf(" %.2f %.2f r %d", *pl.Lat, *pl.Lon, pl.Radius)
	}
	return s + " (" + pl.Admin + "; " + pl.Admin1 + "; " + pl.Basis + ")"
}
