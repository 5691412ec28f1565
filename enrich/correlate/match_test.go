package correlate

import (
	"testing"
	"time"

	"tocsin/enrich"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		name       string
		there, new *enrich.Report
		same       bool
	}{
		{"place, day, type and toll agree", said("a", 0, killed(3)), said("b", 1, killed(3)), true},
		{"the toll has risen", said("a", 0, killed(3)), said("b", 5, killed(9)), true},
		{"one of them counts nobody", said("a", 0, killed(3)), said("b", 1), true},
		{"another toll altogether", said("a", 0, killed(3)), said("b", 1, killed(60)), false},
		{"the next day in the same city", said("a", 0, killed(3)), said("b", 24, killed(3), day(1)), false},
		{"another city", said("a", 0, killed(3)), said("b", 1, killed(3), place("Basra", "IQ", "settlement")), false},
		{"the same name in another country", said("a", 0, killed(3)), said("b", 1, killed(3), place("Mosul", "SY", "settlement")), false},
		{"a market of the city", said("a", 0), said("b", 1, place("a market in Mosul", "IQ", "exact")), true},
		{"half a name is another name", said("a", 0), said("b", 1, place("Mos", "IQ", "settlement")), false},
		{"one names only the country, and the toll is the same", said("a", 0, killed(3)), said("b", 1, killed(3), place("Iraq", "IQ", "country")), true},
		{"one names only the country, and no toll", said("a", 0), said("b", 1, place("Iraq", "IQ", "country")), false},
		{"a blast was a bombing", said("a", 0, typ("explosion", ""), killed(3)), said("b", 1, killed(3)), true},
		{"an attack was a bombing, place and toll say so", said("a", 0, typ("armed_attack", ""), killed(3)), said("b", 1, killed(3)), true},
		{"an attack with another toll", said("a", 0, typ("armed_attack", ""), killed(3)), said("b", 1, killed(5)), false},
		{"a shooting is no bombing", said("a", 0, typ("shooting", ""), killed(3)), said("b", 1, killed(3)), false},
		{"an arrest is no bombing", said("a", 0, typ("arrest", "")), said("b", 1), false},
		{"violence of unknown type", said("a", 0, typ("unknown", ""), killed(3)), said("b", 1, killed(3)), true},
		{"undated, told the same day", said("a", 0, killed(3)), said("b", 1, killed(3), undated()), true},
		{"undated, told a week later", said("a", 0, killed(3)), said("b", 7*24, killed(3), undated()), false},
		{"an article that tells two apart is believed", said("a", 0, killed(3), ordinal(0, 2)), said("a", 0, killed(3), ordinal(1, 2)), false},
		{"the next edition of the article", said("a", 0, killed(3)), said("a", 1, killed(9), edition(2)), true},
		{"an edition that corrects the type", said("a", 0, typ("explosion", "")), said("a", 1, typ("airstrike", ""), edition(2)), true},
		{"an edition that corrects the place", said("a", 0), said("a", 1, place("Basra", "IQ", "settlement"), edition(2)), true},
		{"an edition that corrects the country", said("a", 0), said("a", 1, place("Aleppo", "SY", "settlement"), edition(2)), true},
		{"what an edition adds, elsewhere", said("a", 0), said("a", 1, ordinal(1, 2), place("Basra", "IQ", "settlement"), edition(2)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := newIndex()
			i, _ := Found(tt.there, DefaultThresholds())
			x.put(&i)
			if got := x.match(tt.new) != nil; got != tt.same {
				t.Errorf("the same incident: %v, want %v (score %d)", got, tt.same, agrees(&i, tt.new))
			}
		})
	}
}

func TestTheBestMatchIsTaken(t *testing.T) {
	x := newIndex()
	five, _ := Found(said("a", 0, killed(5)), DefaultThresholds())
	nine, _ := Found(said("b", 0, killed(9)), DefaultThresholds())
	x.put(&five)
	x.put(&nine)
	for _, k := range []int{5, 9} {
		got := x.match(said("c", 1, killed(k)))
		if number, _ := got.Totals[enrich.Killed].Number(); number != k {
			t.Errorf("a report of %d killed goes to the incident of %d", k, number)
		}
	}
}

func TestIndexFollowsVersions(t *testing.T) {
	x := newIndex()
	i, _ := Found(said("a", 0, nowhere()), DefaultThresholds())
	x.put(&i)
	next, _ := Fold(i, said("a", 1, edition(2)), DefaultThresholds())
	x.put(&next)
	if len(x.byID) != 1 || len(x.byKey) != 1 || x.match(said("b", 1)) != &next {
		t.Errorf("the index is %+v, want one incident, in Iraq", x)
	}
	x.age(next.Updated.Add(time.Second))
	if len(x.byID)+len(x.byKey)+len(x.of) != 0 {
		t.Errorf("after its time the index is %+v, want nothing", x)
	}
}

func TestFamilies(t *testing.T) {
	for _, typ := range enrich.Types {
		if enrich.Family(typ) == "" {
			t.Errorf("type %s is of no family", typ)
		}
	}
}
