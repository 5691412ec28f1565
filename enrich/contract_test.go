package enrich

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestReadContract(t *testing.T) {
	for _, tt := range []struct{ name, line, published, precision string }{
		{"an instant", `{"id":"x","text":"t","published":"2021-07-24T09:00:00+02:00"}`, "2021-07-24T07:00:00Z", ""},
		{"an instant without seconds", `{"id":"x","text":"t","published":"2021-07-24T09:00+02:00"}`, "2021-07-24T07:00:00Z", ""},
		{"a date", `{"id":"x","text":"t","published":"2021-07-24"}`, "2021-07-24T00:00:00Z", "day"},
		{"a month", `{"id":"x","text":"t","published":"2021-07"}`, "2021-07-01T00:00:00Z", "month"},
		{"a year", `{"id":"x","text":"t","published":"2021"}`, "2021-01-01T00:00:00Z", "year"},
		{"null", `{"id":"x","text":"t","published":null}`, "0001-01-01T00:00:00Z", ""},
		{"absent", `{"id":"x","text":"t"}`, "0001-01-01T00:00:00Z", ""},
		{"not a date", `{"id":"x","text":"t","published":"last week"}`, "0001-01-01T00:00:00Z", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := ReadContract([]byte(tt.line))
			if err != nil {
				t.Fatal(err)
			}
			if got := a.Published.Format(time.RFC3339); got != tt.published || a.PublishedPrecision != tt.precision || a.ID != "x" || a.Body != "t" {
				t.Errorf("ReadContract(%s) = %+v; want published %s %q", tt.line, a, tt.published, tt.precision)
			}
		})
	}
}

func TestReadContractRefuses(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{`{"text":"t"}`, "missing"}, {`{"id":null}`, "missing"}, {`{"id":7}`, "in quotes"}, {`{"id":""}`, "empty"},
		{`{"id":{}}`, "in quotes"}, {`nonsense`, "read article line"}, {``, "read article line"}, {`{"id":"x","text":5}`, "read article line"},
	} {
		if _, err := ReadContract([]byte(tt.line)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ReadContract(%s) = %v; want an error with %q", tt.line, err, tt.want)
		}
	}
}

func TestWriteContract(t *testing.T) {
	a := article("x", "", "The suicide blast in Kabul killed 30 people on Monday, not counting the bomber.", "2024-05-08")
	line, err := WriteContract(a, NewTagger().Tag(a))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasSuffix(line, []byte("\n")) || bytes.Count(line, []byte("\n")) != 1 {
		t.Errorf("%q is not one line", line)
	}
	var got struct {
		ID       string
		Relevant bool
		Reports  []struct {
			Role, Type, Country, Place string
			Occurred                   struct{ Earliest string }
			Totals                     map[string]struct {
				Min                  *int
				ExcludesPerpetrators *bool `json:"excludes_perpetrators"`
			}
		}
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != "x" || !got.Relevant || len(got.Reports) != 1 {
		t.Fatalf("got %s", line)
	}
	r := got.Reports[0]
	k := r.Totals["killed"]
	if r.Role != "main" || r.Type != "bombing" || r.Country != "AF" || r.Place != "Kabul" || r.Occurred.Earliest != "2024-05-06T00:00:00+04:30" || k.Min == nil || *k.Min != 30 || k.ExcludesPerpetrators == nil || !*k.ExcludesPerpetrators {
		t.Errorf("got %s", line)
	}
}

func TestWriteContractOfNothing(t *testing.T) {
	line, err := WriteContract(article("x", "", "", ""), nil)
	if want := `{"id":"x","relevant":false,"reports":[]}` + "\n"; err != nil || string(line) != want {
		t.Errorf("got %s, %v; want %s", line, err, want)
	}
}
