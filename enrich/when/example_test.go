package when_test

import (
	"fmt"
	"time"

	"tocsin/enrich/when"
)

// What a text says is measured against its publication, in the zone of the place:
// on Wednesday evening in Greenwich it is Thursday in Kabul.
func ExampleFind() {
	c := when.Clock{Published: time.Date(2026, 3, 11, 20, 0, 0, 0, time.UTC)}
	loc := when.Zone("Asia/Kabul")
	const s = "A bomb killed two on Thursday. Last year 45 died; a trial is set for 31 February."
	for _, f := range when.Find(s, c, loc) {
		fmt.Printf("%s: ", s[f.Start:f.End])
		switch {
		case f.Refused != "":
			fmt.Println(f.Refused)
		default:
			fmt.Println(f.Earliest.Format(time.RFC3339), f.Latest.Format(time.RFC3339), f.Precision)
		}
	}
	// Output:
	// Thursday: 2026-03-12T00:00:00+04:30 2026-03-12T23:59:59+04:30 day
	// Last year: 2025-01-01T00:00:00+04:30 2025-12-31T23:59:59+04:30 year
	// 31 February: there is no 31 February
}
