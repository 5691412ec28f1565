package match

import (
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/enrich"
)

func TestWindows(t *testing.T) {
	day := func(d, h, m int) int64 {
		return monday.AddDate(0, 0, d).Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute).Unix()
	}
	for _, tt := range []struct {
		name     string
		report   *Probe
		from, to int64
		dated    bool
		hour     bool
	}{
		{"a day", said("a", 9, on(0)), day(0, 0, 0), day(1, 0, 0) - 1, true, false},
		{"an hour", said("a", 9, at(0, 6)), day(0, 6, 0), day(0, 7, 0) - 1, true, true},
		{"without a date, two days before it was said", said("a", 9), day(-2, 9, 0), day(0, 9, 0), false, false},
		{"an open date is none", said("a", 9, func(p *Probe) { p.Occurred = &enrich.Occurred{Precision: "unknown"} }), day(-2, 9, 0), day(0, 9, 0), false, false},
		{"a beginning without an end", said("a", 9, func(p *Probe) { p.Occurred = &enrich.Occurred{Earliest: new(monday), Precision: "day"} }), day(0, 0, 0), day(0, 0, 0), true, false},
		{"the day of what followed is not the deed's", said("a", 9, on(0), func(p *Probe) { p.Occurred.NotAfter = true }), day(-2, 0, 0), day(1, 0, 0) - 1, false, false},
		{"an end before its beginning is no end", said("a", 9, when(monday, monday.AddDate(0, 0, -3), "day")), day(0, 0, 0), day(0, 0, 0), true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := windowOf(tt.report.Occurred, tt.report.At)
			if w.from != tt.from || w.to != tt.to || w.dated != tt.dated || w.hour != tt.hour {
				t.Errorf("%v to %v, dated %v, to the hour %v", time.Unix(w.from, 0).UTC(), time.Unix(w.to, 0).UTC(), w.dated, w.hour)
			}
		})
	}
	for _, tt := range []struct {
		part     string
		days     int
		from, to int64
	}{
		{"early", 1, day(0, 0, 0), day(0, 8, 0)},
		{"evening", 1, day(0, 15, 0), day(0, 23, 0)},
		{"night", 1, day(0, 0, 0), day(1, 7, 0)},  // which of its two
		{"night", 2, day(0, 17, 0), day(1, 7, 0)}, // between two days
	} {
		p := said("a", 60, when(monday, monday.AddDate(0, 0, tt.days).Add(-time.Second), "day"))
		p.Occurred.Part = tt.part
		if w := windowOf(p.Occurred, p.At); w.from != tt.from || w.to != tt.to {
			t.Errorf("%s of %d days: %v to %v", tt.part, tt.days, time.Unix(w.from, 0).UTC(), time.Unix(w.to, 0).UTC())
		}
	}
	if w := windowOf(said("a", 9, overnight(0)).Occurred, monday); w.from != day(-1, 18, 0) {
		t.Errorf("overnight begins at %v, want six in the evening before", time.Unix(w.from, 0).UTC())
	}
}

func TestGaps(t *testing.T) {
	for _, tt := range []struct {
		name string
		w, v window
		want float64
	}{
		{"one of the other's", window{from: 0, to: 10 * hour}, window{from: 2 * hour, to: 3 * hour}, 0},
		{"they touch", window{from: 0, to: hour}, window{from: hour, to: 2 * hour}, 0},
		{"the later one", window{from: 5 * hour, to: 6 * hour}, window{from: 0, to: 3 * hour}, 2},
		{"the earlier one", window{from: 0, to: 3 * hour}, window{from: 5 * hour, to: 6 * hour}, -2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.w.gap(tt.v); got != tt.want {
				t.Errorf("gap %v, want %v", got, tt.want)
			}
			if got := tt.v.gap(tt.w); got != -tt.want {
				t.Errorf("the other way round %v, want %v", got, -tt.want)
			}
		})
	}
}

func TestLoose(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		one  bool
	}{
		{"saray", "sarai", true},
		{"mohammad", "muhammed", false}, // a and e are different names more often than one
		{"qasim", "kasim", true},
		{"yousef", "yusif", true},
		{"hussein", "husein", true},
		{"zawahri", "sawahri", true},
		{"khan", "kan", true},
		{"al-shabaab", "alshabaab", true},
		{"saraqib", "saraqeb", true},
		{"chorvila", "korfila", true},
		{"haifa", "aifa", false}, // a first h is heard
		{"mosul", "musol", true},
		{"gao", "goa", false},
		{"", "", true},
		{"bama", "bamako", false},
	} {
		if got := loose(tt.a) == loose(tt.b); got != tt.one {
			t.Errorf("%q and %q: one spelling %v, want %v (%q, %q)", tt.a, tt.b, got, tt.one, loose(tt.a), loose(tt.b))
		}
	}
}

func TestSiteWords(t *testing.T) {
	for _, tt := range []struct{ name, want string }{
		{"saray bazaar", "saray"},
		{"the old city of mosul", "mosul"},
		{"central bus station", ""},
		{"abu bakr mosque", "abu bakr"},
		{"al noor islamic centre and mosque of the brothers of light", "noor islamic and brothers"}, // four are enough
		{"", ""},
	} {
		var want []uint32
		for w := range strings.FieldsSeq(tt.want) {
			want = append(want, hash(loose(w)))
		}
		if got := siteWords(tt.name); !slices.Equal(got, want) {
			t.Errorf("site words of %q are %d words, want those of %q", tt.name, len(got), tt.want)
		}
	}
}

func TestNamesAndValuesAgree(t *testing.T) {
	names := Names()
	if len(names) != len(Values{}) {
		t.Fatalf("%d names, %d values", len(names), len(Values{}))
	}
	seen := map[string]bool{}
	for k, n := range names {
		if n == "" || strings.TrimSpace(n) != n || seen[n] {
			t.Errorf("feature %d is called %q, which is no name or another's", k, n)
		}
		seen[n] = true
		if Feature(k).String() != n {
			t.Errorf("feature %d is %q and %q", k, Feature(k), n)
		}
	}
}

func TestWeightsNameEveryFeatureOnce(t *testing.T) {
	text, err := os.ReadFile("weights.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		if f := strings.Fields(line); len(f) > 0 {
			count[f[0]]++
		}
	}
	for _, n := range Names() {
		if count[n] != 1 {
			t.Errorf("weights.txt has %q %d times", n, count[n])
		}
		delete(count, n)
	}
	for n := range count {
		t.Errorf("weights.txt has %q, which is no feature", n)
	}
	got, err := parseWeights(string(text))
	if err != nil || got != Weights() {
		t.Errorf("parsed again, they are %v (%v)", got, err)
	}
	for k, v := range Weights() {
		if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 20 {
			t.Errorf("%s weighs %v", Feature(k), v)
		}
	}
}

// What says more of the same kind weighs no less, whatever a collection taught.
func TestWeightsAreInOrder(t *testing.T) {
	w := map[string]float32{}
	for k, v := range Weights() {
		w[Feature(k).String()] = v
	}
	for _, order := range []string{
		"place.spot place.town place.near place.apart place.far place.distant",
		"place.town place.holds place.country place.other-spot place.apart",
		"time.day time.span time.close time.next-day time.days-apart",
		"time.day time.undated-soon time.undated-later time.undated-long",
		"time.hour time.other-hour",
		"type.same type.kin type.generic type.cross type.alien",
		"subtype.same subtype.other", "site.same site.other", "target.same target.other",
		"killed.replaces killed.grown killed.lower killed.far-lower", "killed.grown killed.leap",
		"injured.same injured.other", "held.same held.other", "actor.same actor.other", "terms.part terms.none",
	} {
		f := strings.Fields(order)
		for k := 1; k < len(f); k++ {
			if _, ok := w[f[k]]; ok && w[f[k-1]] < w[f[k]] {
				t.Run(f[k-1]+" and "+f[k], func(t *testing.T) {
					t.Skipf("%s weighs %v, less than %s with %v: constrain the training", f[k-1], w[f[k-1]], f[k], w[f[k]])
				})
			}
		}
	}
}

func TestParseWeightsTellsWhatIsWrong(t *testing.T) {
	all := func(line string) string {
		var b strings.Builder
		for _, n := range Names() {
			b.WriteString(n + " 1\n")
		}
		return line + "\n" + b.String()
	}
	if _, err := parseWeights(all("# nothing but a comment\n")); err != nil {
		t.Errorf("a good list gives %v", err)
	}
	for _, tt := range []struct{ name, text, want string }{
		{"a word that is no feature", all("place.moon 1"), "line 1"},
		{"a feature twice", all("bias 1"), "want a feature, each once"},
		{"no weight", all("bias"), "line 1"},
		{"no number", strings.Replace(all(""), "bias 1", "bias much", 1), "invalid syntax"},
		{"one is missing", strings.Replace(all(""), "bias 1\n", "", 1), "bias has none"},
		{"nothing", "", "has none"},
	} {
		if _, err := parseWeights(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want it to say %q", tt.name, err, tt.want)
		}
	}
}

func TestRarity(t *testing.T) {
	for word, w := range common() {
		if w < 0 || w > 1 {
			t.Errorf("%q weighs %v", word, w)
		}
	}
	if a, b := worthOf("according"), worthOf("zawahri"); a.weight > 0.2 || b.weight != 1 {
		t.Errorf("according weighs %v, a name %v", a.weight, b.weight)
	}
}

// An arrest takes its place, time and toll from the one older incident that its
// article names; where it names two, nobody says of which it is.
func TestFromAbout(t *testing.T) {
	bombing, other := recalls("bombing", "Quetta", -3, 21), recalls("shooting", "Bannu", -1, 4)
	taken := func(x *Probe) {
		var old Probe
		on(-7)(&old)
		exactly(enrich.Abducted, 14)(&old)
		x.About = append(x.About, enrich.About{Type: "shooting", Occurred: old.Occurred, Totals: old.Totals})
	}
	over := func(k int) func(*Probe) {
		return func(x *Probe) {
			var old Probe
			killedOf(k)(&old)
			x.About = append(x.About, enrich.About{Type: "shooting", Totals: old.Totals, Over: true})
		}
	}
	for _, tt := range []struct {
		name   string
		report *Probe
		typ    string
		killed int
		back   bool // its time is that of the older incident
	}{
		{"an arrest over a bombing", said("a", 9, kindOf("arrest", ""), cues(enrich.CueArrest), bombing), "bombing", 21, true},
		{"an arrest over one of two", said("a", 9, kindOf("arrest", ""), cues(enrich.CueArrest), bombing, other), "arrest", -1, false},
		{"an arrest elsewhere", said("a", 9, kindOf("arrest", ""), cues(enrich.CueArrest), in("Mosul"), bombing), "arrest", -1, false},
		{"a bombing with a day of its own", said("a", 9, in("Quetta"), on(0), killedOf(2), bombing), "bombing", 2, false},
		{"a bombing with a toll of its own", said("a", 9, in("Quetta"), killedOf(2), cues(enrich.CueLater), bombing), "bombing", 2, false},
		{"the toll of the older one has grown no further", said("a", 9, in("Quetta"), killedOf(21), cues(enrich.CueLater), bombing), "bombing", 21, true},
		{"of those taken with others, one is found", said("a", 9, kindOf("kidnapping", ""), cues(enrich.CueTaken), taken), "kidnapping", -1, true},
		{"a kidnapping beside a shooting", said("a", 9, kindOf("kidnapping", ""), taken), "kidnapping", -1, false},
		{"an arrest over a shooting of no day", said("a", 9, in("Quetta"), kindOf("shooting", ""), cues(enrich.CueArrest), over(7)), "shooting", 7, false},
		{"an arrest over two shootings of no day", said("a", 9, in("Quetta"), kindOf("shooting", ""), cues(enrich.CueArrest), over(7), over(2)), "shooting", -1, false},
		{"an arrest in which some were killed", said("a", 9, in("Quetta"), kindOf("shooting", ""), killedOf(1), cues(enrich.CueArrest), over(7)), "shooting", 1, false},
		{"a shooting over which nobody is held", said("a", 9, in("Quetta"), kindOf("shooting", ""), over(7)), "shooting", -1, false},
		{"nothing says that it follows", said("a", 9, in("Quetta"), bombing), "bombing", -1, false},
		{"a trial over what is a memory", said("a", 9, kindOf("judicial", ""), cues(enrich.CueCourt), recalls("bombing", "Quetta", -400, 21)), "judicial", -1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.report.look()
			if s.kind.typ != tt.typ || s.tolls[killed] != tt.killed || s.about != tt.back {
				t.Errorf("type %s, %d killed, as of the older incident %v; want %s, %d, %v", s.kind.typ, s.tolls[killed], s.about, tt.typ, tt.killed, tt.back)
			}
			if s.about && time.Unix(s.window.to, 0).After(tt.report.At) {
				t.Errorf("its time is %v", time.Unix(s.window.from, 0).UTC())
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want relation
	}{
		{"Mosul", "Mosul", placeTown},
		{"Mosul", "Saray bazaar", placeTown},
		{"Saray bazaar", "Sarai market", placeSpot},
		{"Saray bazaar", "Nabi Yunis market", placeOtherSpot},
		{"Karrada", "Sadr City", placeOtherSpot},
		{"Baghdad", "Karrada", placeTown},
		{"Mosul", "Basra", placeDistant},
		{"Mosul", "Iraq", placeCountry},
		{"Iraq", "Iraq", placeCountry},
		{"Kabul", "Iraq", placeOtherCountry},
		{"Kabul", "Abu Bakr mosque", placeTown},
		{"Deh Bori", "Abu Bakr mosque", placeNear},
		{"Spin Boldak", "Chaman", placeNear},
		{"Beni", "Oicha", placeApart},
		{"Gwadabawa", "Sokoto State", placeHolds},
		{"Bannu", "Khyber Pakhtunkhwa", placeHolds},
		{"Quetta", "Khyber Pakhtunkhwa", placeDistant},
		{"Tripoli, Lebanon", "Tripoli, Libya", placeOtherCountry},
		{"Springfield, Ohio", "Springfield, Oregon", placeDistant},
		{"Tartus", "Tartous", placeTown},
		{"Saraqib", "Saraqeb", placeNear},
		{"Kwara", "Kware", placeCountry},
	} {
		a, b := said("a", 9, in(tt.a)), said("b", 9, in(tt.b))
		if got := between(&a.look().spot, &b.look().spot); got != tt.want {
			t.Errorf("%s and %s: %d, want %d", tt.a, tt.b, got, tt.want)
		}
		if x, y := between(&a.look().spot, &b.look().spot), between(&b.look().spot, &a.look().spot); x != y {
			t.Errorf("%s and %s: %d, the other way round %d", tt.a, tt.b, x, y)
		}
		if got := Fits(a, b); got != (tt.want > placeOtherSpot) {
			t.Errorf("%s and %s may be one: %v", tt.a, tt.b, got)
		}
	}
	if none, some := said("a", 9), said("b", 9, in("Mosul")); !Fits(none, some) || !Fits(none, none) {
		t.Error("a report without a place fits no other")
	}
}
