package ingest

import (
	"context"
	"strings"
	"testing"

	"tocsin/internal/bus/bustest"
)

// TestReprintsAreOneFamily: the same story from two feeds, and from a poller that
// started later, is one family; another story is not.
func TestReprintsAreOneFamily(t *testing.T) {
	wire := "TARVALE (Reuters) - A bomb hidden in a vegetable cart exploded in the main market of Tarvale on Tuesday, killing at least 19 people and wounding more than 40, police and hospital officials said. " +
		"The blast tore through the eastern gate of the bazaar shortly after nine, when families were shopping for the coming feast, provincial police chief Idris Kamaro told reporters. " +
		"No group has claimed the attack. Rescuers pulled children from under the stalls."
	other := "Farmers blocked the main road to the port of Ressin on Wednesday over the price of diesel, and the government said that it would not talk under pressure. Some 300 tractors stood at the gates by noon, and ships waited at anchor for a third day, the harbour master said."
	b := bustest.New(t)
	srv := newFeedServer(t)
	srv.body(rss(item("a", "Bomb kills 19 in market", wire, monday)))
	one := newRig(t, b, srv.URL+"/one.xml")
	first := one.pollOnce()
	if len(first) != 1 || first[0].Family != first[0].ID {
		t.Fatalf("the first print is %+v, want it to found its family", first)
	}

	srv.body(rss(item("x", "19 dead as bomb hits Tarvale bazaar", strings.TrimPrefix(wire, "TARVALE (Reuters) - "), monday), item("y", "Farmers block port", other, monday)))
	two := newRig(t, b, srv.URL+"/two.xml") // knows nothing yet
	two.feed.ID = "daily"
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		two.families.follow(ctx, b, two.at)
	}()
	two.families.wait(ctx)
	for _, a := range two.pollOnce() {
		if reprint := a.GUID == "x"; (a.Family == first[0].ID) != reprint {
			t.Errorf("%s is of family %s; the first print is %s", a.Title, a.Family, first[0].ID)
		}
	}
	// An edition stays in the family.
	srv.body(rss(item("x", "21 dead as bomb hits Tarvale bazaar", strings.Replace(wire, "19", "21", 1), monday)))
	if e := two.pollOnce(); len(e) != 1 || e[0].Family != first[0].ID {
		t.Errorf("an edition is %+v, want it to stay in the family", e)
	}
	stop()
	<-done
}
