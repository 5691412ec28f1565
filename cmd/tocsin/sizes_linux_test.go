package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"html"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/enrich"
	"tocsin/enrich/gazetteer"
	"tocsin/ingest"
	"tocsin/internal/bus"
)

// TestSizes measures what deploy/README.md says under "How large": a daemon as it comes,
// with all stages and its own NATS, on so many feeds as TOCSIN_SIZES says, which this
// process serves on 500 loopback addresses. TOCSIN_SIZES_SPEED is how many times faster
// than in the table time goes (10: polls each minute, not each ten), TOCSIN_SIZES_FOR the
// length of the measurement. The feeds' sentences are those of the recorded ones in
// TOCSIN_FEEDS, those that tell of nothing; of 100 articles 4, as there, tell of one of 300
// events a day, the latest mostly. Each feed has 50 to 200 kB, most as gzip, and brings 50
// articles a day; 7 of 10 answer 304 while nothing is new, the others send all of it again.
func TestSizes(t *testing.T) {
	feeds, err := strconv.Atoi(os.Getenv("TOCSIN_SIZES"))
	folder := os.Getenv("TOCSIN_FEEDS")
	if err != nil || folder == "" {
		t.Skip("TOCSIN_SIZES=N and TOCSIN_FEEDS=FOLDER have it measure a daemon with N feeds")
	}
	speed, length := 10.0, 5*time.Minute
	if s := os.Getenv("TOCSIN_SIZES_SPEED"); s != "" {
		if speed, err = strconv.ParseFloat(s, 64); err != nil {
			t.Fatal(err)
		}
	}
	if s := os.Getenv("TOCSIN_SIZES_FOR"); s != "" {
		if length, err = time.ParseDuration(s); err != nil {
			t.Fatal(err)
		}
	}
	exe := buildTocsin(t)
	port := serveSized(t, &sizedFeeds{sentences: realSentences(t, folder), speed: speed, began: time.Now()})
	dir := t.TempDir()
	var c strings.Builder
	every := time.Duration(float64(10*time.Minute) / speed).Round(time.Second)
	http := fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])
	fmt.Fprintf(&c, "http: {listen: '%s'}\nsink: {stdout: false, file: {path: '%s'}}\ningest:\n  allow_private: [127.0.0.0/8", http, filepath.Join(dir, "alerts.jsonl"))
	for k := range benchHosts {
		c.WriteString(", " + benchHost(k)) // named hosts may be polled each second
	}
	c.WriteString("]\n  feeds:\n")
	for k := range feeds {
		fmt.Fprintf(&c, "    - {id: f%d, url: 'http://%s:%s/%d', every: %v}\n", k, benchHost(k%benchHosts), port, k, every)
	}
	cfg, data := filepath.Join(dir, "tocsin.yaml"), filepath.Join(dir, "d")
	writeFile(t, cfg, c.String())

	d := &sized{t: t, at: http, data: data, began: time.Now()}
	start := func() *proc { return startProc(t, exe, "run", "--config", cfg, "--data", data) }
	d.proc = start()
	defer func() { d.proc.kill() }()
	t.Logf("%d feeds, polled each %v, %.0f times the articles of 50 a feed and day", feeds, every, speed)
	d.until("ready", func(m metrics) bool { return m != nil })
	d.until("every feed polled once", func(m metrics) bool { return m["tocsin_ingest_polls_total"] >= float64(feeds) })
	d.until("all read and told", func(m metrics) bool { return d.idle() })
	d.show("after the first polls")
	d.proc.end(t)

	d.proc, d.began = start(), time.Now()
	d.until("ready, once more", func(m metrics) bool { return m != nil })
	d.until("every feed polled, once more", func(m metrics) bool { return m["tocsin_ingest_polls_total"] >= float64(feeds) })
	bus.Pause(t.Context(), every) // what the start has held up catches up meanwhile
	before, cpu, at, disk := d.metrics(), d.cpu(), time.Now(), d.disk()
	peak := 0
	var rest []int
	for time.Since(at) < length {
		bus.Pause(t.Context(), time.Second)
		rss, most := d.memory()
		rest, peak = append(rest, rss), max(peak, most)
	}
	slices.Sort(rest)
	took, used, m := time.Since(at), d.cpu()-cpu, d.metrics()
	n := func(name string) float64 { return m[name] - before[name] }
	polls, articles := n("tocsin_ingest_polls_total"), n("tocsin_ingest_articles_total")
	t.Logf("%v: %.1f polls a second, %.1f articles (%.0f a day at speed 1), %.0f reports, %.0f alerts", took.Round(time.Second), polls/took.Seconds(), articles/took.Seconds(),
		articles/took.Seconds()/speed*86400, n("tocsin_enrich_reports_total"), n("tocsin_sink_alerts_total"))
	t.Logf("processor: %.1f %% of a core, which is %.2f %% at speed 1; %.2f ms for each poll and what it brings", 100*used.Seconds()/took.Seconds(), 100*used.Seconds()/took.Seconds()/speed, 1000*used.Seconds()/polls)
	t.Logf("memory: %d MiB in the median, %d MiB at most since the start", rest[len(rest)/2]>>10, peak>>10)
	t.Logf("disk: %.1f kB for each article, with all that follows from it", float64(d.disk()-disk)/articles/1000)
	d.show("at the end")
	if articles == 0 || polls == 0 {
		t.Error("nothing was polled, or nothing was new")
	}
	d.proc.end(t)
}

// buildTocsin makes the program as it is given out.
func buildTocsin(t *testing.T) string {
	exe := filepath.Join(t.TempDir(), "tocsin")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return exe
}

// sized is the daemon that is measured.
type sized struct {
	t        *testing.T
	proc     *proc
	at, data string
	began    time.Time
}

// metrics are sums over the labels, by name.
type metrics map[string]float64

// metrics returns nil while the daemon is not ready.
func (d *sized) metrics() metrics {
	get := func(path string) []byte {
		resp, err := http.Get("http://" + d.at + path)
		if err != nil {
			return nil // it is not up yet
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			return nil
		}
		return body
	}
	if get("/readyz") == nil {
		return nil
	}
	m := metrics{}
	for line := range strings.Lines(string(get("/metrics"))) {
		name, rest, labelled := strings.Cut(line, "{")
		if labelled {
			_, rest, _ = strings.Cut(rest, "} ")
		} else {
			name, rest, _ = strings.Cut(line, " ")
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(rest), 64); err == nil {
			m[name] += v
		}
	}
	return m
}

func (d *sized) until(what string, so func(metrics) bool) {
	d.t.Helper()
	for {
		if m := d.metrics(); so(m) {
			break
		}
		if d.proc.cmd.ProcessState != nil || time.Since(d.began) > time.Hour {
			d.t.Fatalf("never: %s\n%s", what, tail(d.proc.log.String(), 20))
		}
		bus.Pause(d.t.Context(), 50*time.Millisecond) // it tells nobody
	}
	d.t.Logf("%s after %v, %v of processor", what, time.Since(d.began).Round(10*time.Millisecond), d.cpu().Round(10*time.Millisecond))
}

func (d *sized) idle() bool {
	b, err := bus.Attach(d.t.Context(), attachConfig(d.t, d.data), false)
	if err != nil {
		d.t.Fatal(err)
	}
	defer b.Close()
	for _, c := range []bus.Consumer{bus.EnrichArticles, bus.CorrelateReports, bus.SinkIncidents, bus.OutputConsumer("file")} {
		if n, err := b.Pending(d.t.Context(), c); err != nil || n > 1000 { // new ones come all the time
			return false
		}
	}
	return true
}

func (d *sized) show(when string) {
	d.t.Helper()
	m := d.metrics()
	rss, most := d.memory()
	d.t.Logf("%s: %.0f polls, %.0f articles, %.0f reports, %.0f alerts since the start; memory %d MiB, at most %d MiB; disk %d MiB", when,
		m["tocsin_ingest_polls_total"], m["tocsin_ingest_articles_total"], m["tocsin_enrich_reports_total"], m["tocsin_sink_alerts_total"], rss>>10, most>>10, d.disk()>>20)
	b, err := bus.Attach(d.t.Context(), attachConfig(d.t, d.data), false)
	if err != nil {
		d.t.Fatal(err)
	}
	defer b.Close()
	list := b.JS.ListStreams(d.t.Context())
	for s := range list.Info() {
		if s.State.Bytes > 1<<20 {
			d.t.Logf("  %-24s %8d messages %6d MiB", s.Config.Name, s.State.Msgs, s.State.Bytes>>20)
		}
	}
}

// cpu is what the process has used, by the kernel's account.
func (d *sized) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.proc.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory is what the process has, and had at most, in KiB.
func (d *sized) memory() (rss, most int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.proc.cmd.Process.Pid))
	if err != nil {
		d.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			rss, _ = strconv.Atoi(f[1])
		} else if len(f) == 3 && f[0] == "VmHWM:" {
			most, _ = strconv.Atoi(f[1])
		}
	}
	return rss, most
}

// disk is what the data directory takes.
func (d *sized) disk() (bytes int64) {
	_ = filepath.WalkDir(d.data, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			if i, err := e.Info(); err == nil { // files come and go meanwhile
				bytes += i.Sys().(*syscall.Stat_t).Blocks * 512
			}
		}
		return nil
	})
	return bytes
}

var (
	tagsAndSpace = regexp.MustCompile(`(?s)<!\[CDATA\[|\]\]>|<[^>]*>|\s+`)
	sentence     = regexp.MustCompile(`[A-Z][^.!?]{40,300}[.!?]`)
)

// realSentences are those of recorded feeds that tell of no incident.
func realSentences(t *testing.T, folder string) (list []string) {
	files, err := filepath.Glob(filepath.Join(folder, "real", "*.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no feeds in %s: %v", folder, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text := html.UnescapeString(html.UnescapeString(string(data)))
		list = append(list, sentence.FindAllString(tagsAndSpace.ReplaceAllString(text, " "), -1)...)
	}
	slices.Sort(list)
	tagger, now := enrich.NewTagger(), time.Now()
	tells := func(text string) bool {
		return len(tagger.Tag(&ingest.Article{ID: "a", Title: "News in brief", Body: text, Language: "en", FirstSeen: now, Published: now})) > 0
	}
	list = slices.DeleteFunc(slices.Compact(list), func(s string) bool { return ofHarm.MatchString(s) || tells(s) })
	// What is said beside each other must not tell of more: who makes it so is left out.
	rnd := rand.New(rand.NewPCG(1, 3))
	for calm := 0; calm < 300 && len(list) > 100; calm++ {
		var body []string
		for range 20 {
			body = append(body, list[rnd.IntN(len(list))])
		}
		text := func(but string) string {
			return strings.Join(slices.DeleteFunc(slices.Clone(body), func(s string) bool { return s == but }), "\n\n")
		}
		if tells(text("")) {
			calm = 0
			var out []string
			for _, s := range body {
				if !tells(text(s)) {
					out = append(out, s)
				}
			}
			if len(out) == 0 {
				out = body
			}
			list = slices.DeleteFunc(list, func(s string) bool { return slices.Contains(out, s) })
		}
	}
	t.Logf("%d sentences", len(list))
	return list
}

var ofHarm = regexp.MustCompile(`(?i)kill|dead|died|death|fatal|victim|casualt|wound|injur|hurt|attack|bomb|shot|shoot|gun|strike|struck|explo|blast|fire|crash|flood|quake|storm|murder|stab|abduct|kidnap|hostage|arrest|detain|war\b|troops|soldier|militant|rebel|missile|drone|clash|protest|riot|missing|rescue|collapse|sank|derail|outbreak|disease`)

// sizedPlaces are where events happen: the cities of the world.
var sizedPlaces = sync.OnceValue(func() (names []string) {
	for p := range gazetteer.Load().All() {
		if p.Kind == gazetteer.Settlement && p.Population > 200_000 {
			names = append(names, p.Name)
		}
	}
	return names
})

// event is the lead of an article on one of the events of late.
func (f *sizedFeeds) event(item *rand.Rand, at time.Time) string {
	gap := 24 * time.Hour / 300
	if at.After(f.began) {
		gap = time.Duration(float64(gap) / f.speed)
	}
	n := int(at.Sub(f.began)/gap) - int(30*item.ExpFloat64())
	e, places := rand.New(rand.NewPCG(uint64(n)+1<<32, 2)), sizedPlaces()
	pick := func(list []string) string { return list[e.IntN(len(list))] }
	return fmt.Sprintf("%s %s in %s on %s, killing %d people and wounding %d others, %s said.", pick(sizedDeeds), pick(sizedTargets), pick(places), f.began.Add(time.Duration(n)*gap).Weekday(), 2+e.IntN(30), 3+e.IntN(50), pick(sizedSayers))
}

var (
	sizedDeeds   = []string{"A car bomb exploded near", "Gunmen opened fire on", "A drone strike hit", "A suicide bomber attacked", "A fire broke out in", "A rocket struck", "Armed men stormed", "A roadside bomb went off beside", "A gas explosion destroyed", "Shelling hit"}
	sizedTargets = strings.Split("a bus station,a police academy,a fuel depot,a hotel,a mosque,a church,a school,a hospital,a vegetable market,a wedding hall,an army post,a bank,a textile mill,a power station,a radio station,a court house,a ferry terminal,a football ground,a grain silo,an election office", ",")
	sizedSayers  = []string{"police", "the army", "officials", "the interior ministry", "residents", "the governor", "hospital staff"}
)

// sizedFeeds serves feeds by number.
type sizedFeeds struct {
	sentences []string
	speed     float64
	began     time.Time
}

func serveSized(t *testing.T, f *sizedFeeds) (port string) {
	port = "0"
	srv := &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second}
	var wg sync.WaitGroup
	for k := range benchHosts {
		lis, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort(benchHost(k), port))
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ = net.SplitHostPort(lis.Addr().String())
		wg.Go(func() { _ = srv.Serve(lis) }) // it ends with Close
	}
	t.Cleanup(func() { srv.Close(); wg.Wait() })
	return port
}

const articleEvery = 24 * time.Hour / 50 // of one feed

func (f *sizedFeeds) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	rnd := rand.New(rand.NewPCG(uint64(k), 1))
	size, phase := 50_000+rnd.IntN(150_000), rnd.Float64()
	gap := time.Duration(float64(articleEvery) / f.speed)
	newest := int(time.Since(f.began).Seconds()/gap.Seconds() + phase)
	tag := strconv.Quote(strconv.Itoa(newest))
	if k%10 < 7 {
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Outlet %d</title><link>http://%s/</link><description>News</description><language>en</language>`, k, r.Host)
	for n := newest; b.Len() < size; n-- {
		at := f.began.Add(time.Duration((float64(n) - phase) * float64(gap)))
		if n <= 0 { // from before the test began, when time was not compressed
			at = f.began.Add(time.Duration((float64(n) - phase) * float64(articleEvery)))
		}
		item := rand.New(rand.NewPCG(uint64(k), uint64(n)+1<<32))
		title, tells := f.sentences[item.IntN(len(f.sentences))], item.IntN(100) < 4
		if tells {
			title = f.event(item, at)
		}
		fmt.Fprintf(&b, "<item><guid isPermaLink=\"false\">%d-%d</guid><title>%s</title><link>http://%s/%d/%d</link><pubDate>%s</pubDate><description>", k, n, html.EscapeString(title[:min(len(title), 150)]), r.Host, k, n, at.UTC().Format(time.RFC1123Z))
		if tells {
			b.WriteString(html.EscapeString("<p>" + title + "</p>\n"))
		}
		for range 3 + item.IntN(25) {
			list := f.sentences
			if tells {
				list = benchFill // which name no other place
			}
			b.WriteString(html.EscapeString("<p>" + list[item.IntN(len(list))] + "</p>\n"))
		}
		b.WriteString("</description>")
		for range 8 + item.IntN(16) { // what others carry beside their text: half of it all
			fmt.Fprintf(&b, "<category domain=\"http://%s/topics\">%d %d</category><media:content url=\"http://%s/%d/%d/image-%d.jpg?width=1200&amp;quality=85\" medium=\"image\" type=\"image/jpeg\"/>", r.Host, item.Uint32(), item.Uint32(), r.Host, k, n, item.Uint32())
		}
		b.WriteString("</item>\n")
	}
	b.WriteString("</channel></rss>")
	w.Header().Set("Content-Type", "application/rss+xml")
	if k%5 == 0 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = io.WriteString(w, b.String()) // who hangs up is no concern of a measurement
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
	_, _ = io.WriteString(z, b.String())
	_ = z.Close()
}
