package match

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// What a report of one incident may be of is never passed over, be it the other incident
// as it is, or as it was when it had but some of its reports.
func TestKinPassesOverNothing(t *testing.T) {
	passed, met := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		var reports [2][]*Probe
		var cards [2]*Card
		for n := range cards {
			cards[n] = NewCard(fmt.Sprint("inc-", n))
			shift := rapid.IntRange(0, 70).Draw(t, "days later")
			if rapid.Bool().Draw(t, "of those days") {
				shift = 0
			}
			for k := range rapid.IntRange(1, 4).Draw(t, "reports") {
				hours := rapid.Float64Range(0, 120).Draw(t, "hours")
				d := rapid.IntRange(-12, int(hours)/24).Draw(t, "day")
				p := probeOf(t, fmt.Sprint(n, "-", k), hours+float64(24*shift), d+shift)
				reports[n] = append(reports[n], p)
				cards[n].Add(p)
			}
		}
		apart := !cards[0].scope.meets(&cards[1].scope) || !Kin(cards[0], cards[1])
		for n := range cards {
			for some := 1; some < 1<<len(reports[n]); some++ {
				then := NewCard("then")
				for k, p := range reports[n] {
					if some>>k&1 == 1 {
						then.Add(p)
					}
				}
				for _, z := range reports[1-n] {
					if _, does := Reaches(z, then, Merge); !does || !Meets(z, then) {
						continue
					}
					met++
					if apart {
						t.Fatalf("passed over: scopes %+v and %+v, kin %v\n%s", cards[0].scope, cards[1].scope, Kin(cards[0], cards[1]), reasons(z, then))
					}
				}
			}
		}
		if apart {
			passed++
		}
	})
	if passed == 0 || met == 0 {
		t.Errorf("%d pairs are passed over, of others %d reports might be the other's: nothing is tested", passed, met)
	}
}
