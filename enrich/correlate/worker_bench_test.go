package correlate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tocsin/enrich"
	"tocsin/internal/cpu"
)

// world invents reports of a world that has as many incidents as the real one, or as
// many times more as a test asks for: spread over 150 countries, some of them much in
// the news, told by hundreds of outlets, each in words of its own.
type world struct {
	r      *rand.Rand
	now    time.Time
	step   time.Duration // between two reports
	lag    time.Duration // between publication and poll, on average
	events []*event
	n      int // reports
}

type event struct {
	country, town, typ string
	lat, lon           float64
	at                 time.Time
	killed, injured    int
	terms              []string
	told               int
}

func newWorld(seed uint64, now time.Time, step time.Duration) *world {
	return &world{r: rand.New(rand.NewPCG(seed, 1)), now: now, step: step, lag: time.Hour}
}

// zipf is one of n, the first ones much more often.
func (w *world) zipf(n int) int {
	return min(n-1, int(math.Exp(w.r.Float64()*math.Log(float64(n)))))
}

// ranked is one of n, the first ones more often: as 1/(k+flat).
func (w *world) ranked(n int, flat float64) int {
	return min(n-1, int((flat)*math.Pow((float64(n)+flat)/flat, w.r.Float64())-flat))
}

// invented is the k-th word of a language: no two are alike, whatever is folded.
func invented(k int) string {
	var b strings.Builder
	for k += 500; k > 0; k /= 36 {
		b.WriteByte("bdfgklmnprst"[k%12])
		b.WriteByte("aiu"[k/12%3])
	}
	return b.String()
}

// commonWords are those that matching knows to be common, the rarer ones last.
var commonWords = sync.OnceValue(func() []string {
	data, err := os.ReadFile("match/common.txt")
	if err != nil {
		panic(err)
	}
	var list []string
	for line := range strings.Lines(string(data)) {
		if word, _, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(line, "#") {
			list = append(list, word)
		}
	}
	return list
})

// word is one that many articles have.
func (w *world) word() string {
	list := commonWords()
	return list[w.ranked(len(list), float64(len(list))/4)]
}

var worldTypes = []string{"bombing", "shooting", "armed_attack", "airstrike", "drone_strike", "stabbing", "kidnapping", "arson", "shelling", "riot"}

func (w *world) event() *event {
	// The country that is most in the news has a twentieth of it, spread over towns of
	// which the largest has a hundredth.
	c := w.ranked(150, 5)
	town := c*2000 + w.ranked(2000, 20)
	lat, lon := float64(c%15)*9-65, float64(c/15)*30-150
	e := &event{country: string([]byte{'A' + byte(c/26), 'A' + byte(c%26)}), town: invented(town), typ: worldTypes[w.zipf(len(worldTypes))],
		lat: lat + float64(town*37%800)/100, lon: lon + float64(town*61%2500)/100, at: w.now.Add(-time.Duration(w.r.IntN(20)) * time.Hour)}
	if w.r.IntN(5) > 0 {
		e.killed = w.zipf(40)
	}
	if w.r.IntN(2) > 0 {
		e.injured = w.zipf(80)
	}
	for range 14 {
		e.terms = append(e.terms, invented(600_000+w.r.IntN(300_000))) // names
	}
	for range 16 {
		e.terms = append(e.terms, w.word())
	}
	return e
}

// tell is another report of an event.
func (w *world) tell(e *event) enrich.Report {
	w.n++
	e.told++
	if e.told > 1 && w.r.IntN(3) == 0 {
		e.killed += w.r.IntN(3)
	}
	// It is polled some time after it was published, now and then hours later.
	at := w.now.Add(-time.Duration(w.r.ExpFloat64() * float64(w.lag)))
	r := enrich.Report{Schema: enrich.ReportSchema, Of: 1, Role: enrich.Main, Type: e.typ, Outcome: "carried_out", Totals: map[enrich.Measure]enrich.Total{},
		Source: enrich.Source{ID: fmt.Sprintf("art-%026d", w.n), Edition: 1, Feed: "feed", Outlet: "outlet " + invented(w.zipf(600)), URL: fmt.Sprintf("https://outlet.invalid/news/%d", w.n),
			Title: "A headline of some length about what has happened in " + e.town, Language: "en", Published: at, FirstSeen: at.Add(time.Minute), Fetched: at.Add(time.Minute),
			Family: fmt.Sprintf("art-%026d", w.n), ContentSHA256: fmt.Sprintf("%064d", w.n)}}
	lat, lon := e.lat, e.lon
	r.Place = &enrich.Place{Name: e.town, Country: e.country, Precision: "settlement", Lat: &lat, Lon: &lon, Radius: 3000}
	if w.r.IntN(40) == 0 {
		r.Place = &enrich.Place{Country: e.country, Precision: "country"}
	}
	if w.r.IntN(3) > 0 {
		d := e.at.Truncate(24 * time.Hour)
		end := d.Add(24*time.Hour - time.Second)
		r.Occurred = &enrich.Occurred{Earliest: &d, Latest: &end, Precision: "day"}
	}
	figure := func(m enrich.Measure, n int) {
		if n < 1 {
			return
		}
		r.Totals[m] = enrich.Total{Min: &n, Max: &n, Point: &n, Quantifier: "exact", Rule: "total.max"}
		r.Figures = append(r.Figures, enrich.Figure{Measure: m, Quantifier: "exact", Min: &n, Max: &n, Point: &n, Who: "any", Scope: "current", Relation: "total", Certainty: "reported", Rule: "fig.passive-subject"})
	}
	figure(enrich.Killed, e.killed)
	figure(enrich.Injured, e.injured)
	for _, t := range e.terms {
		if w.r.IntN(10) < 7 {
			r.Terms = append(r.Terms, t)
		}
	}
	for range 8 {
		r.Terms = append(r.Terms, w.word())
	}
	r.Places = []string{"!" + e.town, "~" + invented(590_000+int(e.country[0])*100+int(e.country[1]))}
	r.ID = enrich.ReportID(r.Source, 0)
	return r
}

// perEvent is how many reports there are for each event.
const perEvent = 3

// report is one of a new event, or, twice as often, of one of those that are told now.
func (w *world) report() (enrich.Report, *event) {
	w.now = w.now.Add(w.step)
	if len(w.events) == 0 || w.r.IntN(perEvent) == 0 {
		w.events = append(w.events, w.event())
		e := w.events[len(w.events)-1]
		return w.tell(e), e
	}
	// Most is told within a few hours, some of it a day later.
	back := int(math.Abs(w.r.NormFloat64()) * float64(8*time.Hour) / float64(w.step) / perEvent)
	e := w.events[max(0, len(w.events)-1-min(back, 1900))]
	return w.tell(e), e
}

// library stands for the incidents bucket: every incident as it is stored there.
type library struct{ data map[string][]byte }

func (l *library) fetch(id string) (*Incident, error) {
	i, err := Decode(l.data[id])
	return &i, err
}

func (l *library) put(tb testing.TB, i *Incident) {
	data, err := json.Marshal(i)
	if err != nil {
		tb.Fatal(err)
	}
	l.data[i.ID] = data
}

// incidents folds reports of n events into incidents, without looking for which: the
// world knows.
func (w *world) incidents(n int, each func(*Incident)) {
	cfg := DefaultConfig()
	told := map[*event]*Incident{}
	var order []*event
	for len(w.events) < n {
		r, e := w.report()
		if i := told[e]; i != nil {
			if next, c := Fold(*i, &r, &cfg); !c.None {
				for k := range next.Readings { // as if they had been looked for
					if x := &next.Readings[k]; x.Match == nil {
						x.Match = &Decision{By: "score"}
					}
				}
				told[e] = &next
			}
			continue
		}
		i, _ := Found(&r, &cfg)
		i.Readings[0].Match = &Decision{By: "founded"}
		told[e] = &i
		order = append(order, e)
		if len(order) > 2000 { // of the oldest nothing more is told
			each(told[order[0]])
			delete(told, order[0])
			order = order[1:]
		}
	}
	for _, e := range order {
		each(told[e])
	}
}

// cpuTime is what this process has used: on a machine that others use, too, it says
// more than a clock.
func cpuTime(tb testing.TB) time.Duration {
	used, err := cpu.Used()
	if err != nil {
		tb.Fatal(err)
	}
	return used
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkTake folds reports into a book of 100,000 open incidents: a third of them
// found one, most find theirs among those of its country and town. Reports come hours
// late and out of order. What it costs to encode the versions, and to decode those
// incidents that are not kept in full, is told by itself.
func BenchmarkTake(b *testing.B) { benchmarkTake(b, time.Hour, 0) }

// BenchmarkTakeInOrder is BenchmarkTake where each report is said after all others:
// nothing has to be grouped anew.
func BenchmarkTakeInOrder(b *testing.B) { benchmarkTake(b, 0, 0) }

// BenchmarkTakeDaysLate is BenchmarkTake where reports are three days old on average when
// they come, each as old as chance will have it: as at the first start, when every feed
// brings all that it still has.
func BenchmarkTakeDaysLate(b *testing.B) { benchmarkTake(b, 0, 3*24*time.Hour) }

// post holds reports back, each for some time.
type post struct {
	w    *world
	held time.Duration // on average
	due  []time.Time   // in order
	bag  []enrich.Report
}

func (p *post) next() enrich.Report {
	for {
		r, _ := p.w.report()
		if p.held == 0 {
			return r
		}
		due := p.w.now.Add(time.Duration(p.w.r.ExpFloat64() * float64(p.held)))
		k, _ := slices.BinarySearchFunc(p.due, due, time.Time.Compare)
		p.due, p.bag = slices.Insert(p.due, k, due), slices.Insert(p.bag, k, r)
		if !p.due[0].After(p.w.now) {
			r = p.bag[0]
			p.due, p.bag = p.due[1:], p.bag[1:]
			return r
		}
	}
}

func benchmarkTake(b *testing.B, lag, held time.Duration) {
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	step := 14 * 24 * time.Hour / time.Duration(perEvent*n)
	w := newWorld(1, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), step)
	w.lag = lag
	l := &library{data: map[string][]byte{}}
	var ids []string
	w.incidents(n, func(i *Incident) {
		l.put(b, i)
		ids = append(ids, i.ID)
	})
	cfg := DefaultConfig()
	cfg.OpenFor = Windows{} // all for two weeks
	before := heap()
	book := NewBook(&cfg, keptInFull, l.fetch)
	for _, id := range ids {
		i, err := l.fetch(id)
		if err != nil {
			b.Fatal(err)
		}
		book.Put(i)
	}
	each := float64(heap()-before) / float64(book.Len())
	b.Logf("%d open incidents, %.0f bytes each in memory, %d in full among them", book.Len(), each, keptInFull)
	founded, joined, took := 0, 0, 0
	var stored time.Duration // processor time of the library
	look := book.fetch
	book.fetch = func(id string) (*Incident, error) {
		began := cpuTime(b)
		defer func() { stored += cpuTime(b) - began }()
		return look(id)
	}
	var invented time.Duration // of the world
	mail := &post{w: w, held: held}
	take := func() {
		began := cpuTime(b)
		r := mail.next()
		invented += cpuTime(b) - began
		o, err := book.Take(&r)
		if err != nil {
			b.Fatal(err)
		}
		book.Settle(&o)
		began = cpuTime(b)
		for _, s := range o.Steps {
			l.put(b, s.Incident)
			if s.Incident.Version == 1 {
				founded++
			} else {
				joined++
			}
		}
		stored += cpuTime(b) - began
		took++
	}
	for range 1000 + int(held/step) { // until as many are held back as come
		take()
	}
	founded, joined, took, stored, invented = 0, 0, 0, 0, 0
	cpu := cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		take()
	}
	used := cpuTime(b) - cpu - invented
	b.ReportMetric(float64(took)/b.Elapsed().Seconds(), "reports/s")
	b.ReportMetric(float64(took)/used.Seconds(), "reports/cpu-s")
	b.ReportMetric(float64(took)/(used-stored).Seconds(), "reports/cpu-s-without-JSON")
	b.ReportMetric(each, "B/incident")
	b.ReportMetric(float64(founded)/float64(took), "founded/report")
	b.ReportMetric(float64(joined)/float64(took), "updated/report")
}
