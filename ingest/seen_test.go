package ingest

import (
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"
)

func seenItem(guid, link, title, text string) Article {
	a := Article{ID: ArticleID("wire", guid), GUID: guid, URL: link, Title: title, Summary: text}
	a.ContentSHA256 = ContentHash(title, text, "")
	return a
}

// told polls once and says what is published: the item's id by guid, and its edition.
func (s *seen) poll(now time.Time, items ...Article) (out []string) {
	s.settle("wire", items, now)
	for i := range items {
		if s.take(&items[i], now) {
			out = append(out, fmt.Sprintf("%s/%d", items[i].ID, items[i].Edition))
		}
	}
	return out
}

func TestIdentityOverTime(t *testing.T) {
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	const link, title = "https://wire.example/2026/market-blast", "Blast at market in Baghdad kills four people"
	first := seenItem("1", link, title, "Four died.")
	for _, tt := range []struct {
		name      string
		next      Article
		same, new bool // the first one's id; another article altogether
	}{
		{"the same again", first, false, false},
		{"another text is an edition", seenItem("1", link, title, "Five died."), true, false},
		{"another title too", seenItem("1", link, "Toll in Baghdad market blast rises", "Five died."), true, false},
		{"title and slug rewritten together are an edition", seenItem("1", "https://wire.example/2026/market-blast-30", "Blast at market in Baghdad kills thirty people", "Thirty died."), true, false},
		{"a guid used for another story", seenItem("1", "https://wire.example/2026/budget", "Parliament passes the budget after long debate", "It passed."), false, true},
		{"a new guid for the same page", seenItem("77", link, title, "Four died."), false, false},
		{"a new guid for the same page, edited", seenItem("77", link, "Blast at market in Baghdad kills five people", "Five died."), true, false},
		{"a new guid for the page of all news", seenItem("77", "https://wire.example/", title, "Four died."), false, true},
		{"a live page's next entry", seenItem("77", link, "Rescuers leave the square as darkness falls", "They left."), false, true},
		{"a bare new item", seenItem("77", "", "Vote delayed", "By a day."), false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &seen{items: map[itemKey]known{}}
			s.poll(now, first)
			got := s.poll(now.Add(time.Hour), tt.next)
			switch {
			case !tt.same && !tt.new && len(got) != 0:
				t.Errorf("published %v, want nothing", got)
			case tt.same && (len(got) != 1 || got[0] != first.ID+"/2"):
				t.Errorf("published %v, want edition 2 of %s", got, first.ID)
			case tt.new && (len(got) != 1 || got[0] == first.ID+"/2" || got[0][len(got[0])-2:] != "/1"):
				t.Errorf("published %v, want edition 1 of another article than %s", got, first.ID)
			}
			for day := range 40 { // also a guid's first owner stays known as long as it is used
				s.forget(now.Add(time.Duration(day)*24*time.Hour), 30*24*time.Hour)
				if again := s.poll(now.Add(time.Duration(day)*24*time.Hour), tt.next); len(again) != 0 {
					t.Fatalf("published %v again on day %d", again, day)
				}
			}
		})
	}
}

func TestSettleLeavesWhatIsBothInTheFeed(t *testing.T) {
	s := &seen{items: map[itemKey]known{}}
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	a := seenItem("1", "https://wire.example/live", "Blast at market in Baghdad kills four people", "Four died.")
	b := seenItem("2", "https://wire.example/live", "Blast at market in Baghdad kills five people", "Five died.")
	s.poll(now, a)
	if got := s.poll(now, a, b); len(got) != 1 || got[0] != b.ID+"/1" {
		t.Errorf("two items with one page: %v, want the second one as its own", got)
	}
}

func TestSeenSurvivesItsEncoding(t *testing.T) {
	s := &seen{items: map[itemKey]known{}}
	now := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for k := range 100 {
		a := seenItem(strconv.Itoa(k), "https://wire.example/"+strconv.Itoa(k), "Title number "+strconv.Itoa(k), strconv.Itoa(k))
		if !s.take(&a, now) {
			t.Fatalf("item %d is taken for known", k)
		}
		if got := keyOf(a.ID).articleID(); got != a.ID {
			t.Fatalf("the key of %s is that of %s", a.ID, got)
		}
	}
	got, err := decodeSeen(s.encode())
	if err != nil || !maps.Equal(got.items, s.items) {
		t.Errorf("decoded %d items, %v; want the %d encoded ones", len(got.items), err, len(s.items))
	}
	if _, err := decodeSeen([]byte("{}")); err == nil {
		t.Error("a foreign value is taken for ours")
	}
	s.forget(now.Add(40*24*time.Hour), 30*24*time.Hour)
	if len(s.items) != 0 {
		t.Errorf("%d items remembered beyond their time", len(s.items))
	}
}

func TestSeenValueFitsItsBucket(t *testing.T) {
	if most := 1 + maxKnown*seenEntry; most > 1<<20-4<<10 {
		t.Errorf("%d items take %d bytes, more than a value of the bucket", maxKnown, most)
	}
}
