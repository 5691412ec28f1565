package gazetteer_test

import (
	"fmt"

	"tocsin/enrich/gazetteer"
)

// A name may be many places; the most important come first.
func ExampleGazetteer_Find() {
	g := gazetteer.Load()
	matches, name := g.Find(nil, "Tripoli")
	fmt.Println("strong:", name.Strong)
	for _, m := range matches {
		if p := g.Place(m.ID); p.Kind == gazetteer.Settlement && p.Population > 100_000 {
			fmt.Println(p.Country, p.Kind, p.Zone)
		}
	}
	// Output:
	// strong: true
	// LY settlement Africa/Tripoli
	// LB settlement Asia/Beirut
}

// Writers bring a name into Latin letters as they hear it.
func ExampleGazetteer_FindAlike() {
	g := gazetteer.Load()
	m, name := g.Find(nil, "Deir Ezzor")
	fmt.Println(len(m), name.Total)
	m = g.FindAlike(m, "Deir Ezzor")
	fmt.Println(g.Name(m[0].ID), g.Country(m[0].ID), m[0].How == gazetteer.Alike)
	// Output:
	// 0 0
	// Deir ez-Zor SY true
}

// What holds a place is known up to its country.
func ExampleGazetteer_Parent() {
	g := gazetteer.Load()
	m, _ := g.Find(nil, "Khan Younis")
	for id := m[0].ID; id != 0; id = g.Parent(id) {
		fmt.Println(g.Kind(id))
	}
	fmt.Println(g.Within(m[0].ID, g.CountryID("PS")))
	// Output:
	// settlement
	// admin2
	// admin1
	// country
	// true
}

func ExampleDistance() {
	lat, lon := gazetteer.Offset(36.19, 44.01, 70_000, 45) // 70 kilometres north-east of Arbil
	fmt.Printf("%.1f %.1f\n", lat, lon)
	fmt.Printf("%.0f km\n", gazetteer.Distance(36.19, 44.01, lat, lon)/1000)
	// Output:
	// 36.6 44.6
	// 70 km
}
