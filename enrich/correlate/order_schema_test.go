package correlate

import (
	"testing"
	"time"

	"tocsin/enrich"
)

// What an order leaves on an incident is as testdata/incident.schema.json says.
func TestOrdersAreInTheSchema(t *testing.T) {
	cfg := DefaultConfig()
	b := NewBook(&cfg, 0, nil)
	at := time.Date(2026, 3, 9, 8, 0, 0, 0, time.UTC)
	var ids []string
	for k, city := range []string{"Mosul", "Basra"} {
		killed := 3 + 40*k
		r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: "bombing", Outcome: "carried_out",
			Place:  &enrich.Place{Name: city, Country: "IQ", Precision: "settlement"},
			Totals: map[enrich.Measure]enrich.Total{enrich.Killed: {Min: &killed, Max: &killed, Point: &killed, Quantifier: "exact", Rule: "total.test"}},
			Source: enrich.Source{ID: "art-" + city, Edition: 1, Outlet: city, Published: at, FirstSeen: at, Fetched: at, ContentSHA256: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}
		r.ID = enrich.ReportID(r.Source, 0)
		o, err := b.Take(&r)
		if err != nil || len(o.Steps) != 1 {
			t.Fatalf("%v, %v", o, err)
		}
		b.Settle(&o)
		ids = append(ids, o.Incident)
	}
	merge := NewOrder(Order{Do: Merge, Incidents: ids, By: "desk", Why: "a test", At: at})
	for _, order := range []Order{merge,
		NewOrder(Order{Do: Undo, Undo: merge.ID, Why: "a test", At: at.Add(time.Minute)}),
		NewOrder(Order{Do: Merge, Incidents: ids, Why: "a test", At: at.Add(2 * time.Minute)}),
		NewOrder(Order{Do: Split, Incidents: ids[:1], Articles: []string{"art-Basra"}, Why: "a test", At: at.Add(3 * time.Minute)}),
	} {
		o, err := b.Order(&order)
		if err != nil || len(o.Steps) != 2 {
			t.Fatalf("%s: %v, %v", order.Do, o, err)
		}
		b.Settle(&o)
		for _, s := range o.Steps {
			if i := s.Incident; i.Readings == nil {
				i.Readings = []Reading{} // as the worker's encoding has it
			}
			checkSchema(t, s.Incident)
		}
	}
}
