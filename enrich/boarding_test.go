package enrich

import "testing"

// Ships are taken by plain verbs, and by others than pirates too: customs, passengers, owners.
func TestBoardings(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, want string }{
		{"boarded", "Tanker boarded off Brass", "A products tanker was boarded by eight armed men 30 miles south of Brass on Sunday, the owners said. The ship is adrift.", "hijacking"},
		{"by nobody knows whom", "Vessel boarded in Gulf of Guinea", "A cargo ship was boarded by unauthorised persons off Lagos on Sunday, the maritime agency said.", "hijacking"},
		{"pirates", "Pirates board bulk carrier", "Pirates boarded a bulk carrier off Bosaso on Sunday and steered it towards the coast, the EU's naval mission said.", "hijacking"},
		{"a group says so", "Houthis say they captured ship", "Yemen's Houthis said on Monday that they had captured a cargo ship west of Hodeidah.", "hijacking"},
		{"which they seized", "13 Filipinos on vessel taken by Houthis", "Thirteen of the seafarers on the ship, which Houthi rebels seized off Hodeidah on Thursday, are Filipinos, Manila said on Friday.", "hijacking"},
		{"and its crew", "Rebels seize dhow, crew of nine", "Rebels seized a dhow off Pemba on Sunday. Its nine crew were being held, the port captain said.", "hijacking"},
		{"the coast guard", "Coast guard seizes trawler", "The coast guard seized a trawler off Chennai on Sunday for fishing in closed waters. Its captain was fined.", ""},
		{"passengers", "Band boards ferry", "The band boarded a ferry in Dover on Sunday for the last leg of its tour.", ""},
		{"a bank", "Bank takes ship", "A creditor took the ship on Sunday after its owner failed to pay, a court in Piraeus heard.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2026-03-23")
			reps := tagger.Tag(a)
			checkReports(t, a, reps)
			got := ""
			if len(reps) > 0 {
				got = reps[0].Type
			}
			if got != tt.want {
				t.Errorf("%q: got %q, want %q\n%s", tt.text, got, tt.want, brief(reps))
			}
		})
	}
}
