package enrich

import "testing"

// Blows of a state's forces are told of without a word for the means; on paper and on
// the pitch they are none.
func TestBlows(t *testing.T) {
	tagger := NewTagger()
	for _, tt := range []struct{ name, title, text, want string }{
		{"forces", "IDF says it struck operatives, workshop", "The military said on Sunday that overnight it hit a drone workshop near Tyre.", "airstrike"},
		{"a state", "Russia hits Kharkiv apartment block", "Russian forces hit a nine-storey apartment block in Kharkiv overnight, the mayor said. Rescuers are at work.", "airstrike"},
		{"it, after who says so", "US military strikes rebel targets in Yemen", "The U.S. military said it struck Houthi targets near Hodeidah on Saturday.", "airstrike"},
		{"hideouts targeted", "Pakistan hits 'hideouts' across border", "Pakistan targeted militant hideouts in eastern Afghanistan overnight, officials said.", "airstrike"},
		{"what flew", "Army strikes depot near Luhansk", "The army hit a fuel depot near Luhansk overnight with missiles, the general staff said.", "shelling"},
		{"tariffs", "US hits China with new tariffs", "The United States hit China with new tariffs on Friday. Beijing said it would respond.", ""},
		{"sanctions", "US hits Moscow banks with sanctions", "The United States hit two banks in Moscow with sanctions on Friday, the Treasury said.", ""},
		{"a market", "India targets 500 airports", "India targets a doubling of its airports by 2035, the minister said on Friday.", ""},
		{"a match", "England hit Auckland nets", "England hit the nets in Auckland on Friday before the second Test. The captain said the pitch looked flat.", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := article("a", tt.title, tt.text, "2026-03-22")
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
