package where_test

import (
	"fmt"

	"tocsin/enrich/gazetteer"
	"tocsin/enrich/lexicon"
	"tocsin/enrich/where"
)

// The text decides which Tripoli is meant, and how far from a town it was.
func ExampleReader_Find() {
	r := where.NewReader(gazetteer.Load(), lexicon.Load())
	for _, m := range r.Find("A bomb went off 12 km south of Tripoli, Lebanon, near the Syrian border.", "") {
		fmt.Printf("%s: %s %s", m.Name, m.Kind, m.Country)
		if m.Away != nil {
			fmt.Printf(", %.0f m %s", m.Away.Metres, m.Away.Words)
		}
		if m.Border {
			fmt.Print(", its border")
		}
		fmt.Println()
	}
	// Output:
	// Tripoli: settlement LB, 12000 m south
	// Lebanon: country LB
	// Syrian: country SY, its border
}

// A name that no gazetteer has is a place where the grammar says so; where it is
// stays open.
func ExampleReader_Find_unlisted() {
	r := where.NewReader(gazetteer.Load(), lexicon.Load())
	for _, m := range r.Find("Gunmen raided the village of Kaironga.", "") {
		fmt.Printf("%s: %v %q\n", m.Name, m.Kind == gazetteer.None, m.Country)
	}
	// Output:
	// Kaironga: true ""
}
