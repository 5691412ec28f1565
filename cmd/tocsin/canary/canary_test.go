package canary

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"tocsin/enrich"
	"tocsin/enrich/correlate"
	"tocsin/ingest"
	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/sink"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait for an event; a test that passes never spends it.
const patience = 30 * time.Second

// once is an Every in which a test sees one round.
const once = 1_000_000 * time.Hour

var tagger = sync.OnceValue(enrich.NewTagger)

// reader is an enrich.Reader that makes of a reading what a test wants.
type reader func([]enrich.Report) []enrich.Report

func (f reader) Tag(a *ingest.Article) []enrich.Report { return f(tagger().Tag(a)) }

// run starts a stage.
func run(t *testing.T, b *bus.Bus, stage string, reg prometheus.Registerer) (stop func()) {
	t.Helper()
	log := bustest.Log(t)
	switch stage {
	case "enrich":
		cfg := enrich.DefaultConfig()
		cfg.Log, cfg.Metrics = log, reg
		return bustest.Start(t, enrich.NewWorker(b, tagger(), cfg).Run)
	case "correlate":
		cfg := correlate.DefaultConfig()
		cfg.Log, cfg.Metrics = log, reg
		return bustest.Start(t, correlate.NewWorker(b, cfg).Run)
	case "sink":
		cfg := sink.DefaultConfig()
		cfg.Log, cfg.Metrics = log, reg
		return bustest.Start(t, sink.NewWorker(b, cfg).Run)
	}
	t.Fatal("no stage ", stage)
	return nil
}

func newWorker(t *testing.T, b *bus.Bus, timeout time.Duration) (*Worker, *bustest.Buffer) {
	t.Helper()
	log := &bustest.Buffer{}
	return NewWorker(b, Config{Every: once, Timeout: timeout, Log: slog.New(slog.NewTextHandler(log, nil)), Metrics: prometheus.NewRegistry()}), log
}

// until waits for something that nobody tells of.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
		<-time.After(time.Millisecond)
	}
}

func (w *Worker) count(result string) float64 {
	return testutil.ToFloat64(w.metrics.rounds.WithLabelValues(result))
}

// samples is how much a worker has measured itself.
func (w *Worker) samples(t *testing.T) int {
	t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(w.metrics.latency)
	families, err := reg.Gather()
	if err != nil || len(families) != 1 {
		t.Fatal(families, err)
	}
	return int(families[0].GetMetric()[0].GetHistogram().GetSampleCount())
}

func (w *Worker) ended(t *testing.T, result string) {
	t.Helper()
	until(t, "a round that is "+result, func() bool { return w.count(result) > 0 })
	for _, r := range []string{ok, late, lost, wrong, unsent} {
		want := 0.0
		if r == result {
			want = 1
		}
		if got := w.count(r); got != want {
			t.Errorf("%v rounds are %s, want %v", got, r, want)
		}
	}
}

// messages is how many a stream has.
func messages(t *testing.T, b *bus.Bus, stream string) uint64 {
	t.Helper()
	s, err := b.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// One round through all stages, the real ones: it comes to its end, and nobody but the
// canary has seen it.
func TestARound(t *testing.T) {
	b := bustest.New(t)
	var heard []*nats.Subscription
	for _, p := range []string{"article", "report", "incident", "alert", "in", "dead"} {
		s, err := b.Conn.SubscribeSync(b.Pattern(p, ">"))
		if err != nil {
			t.Fatal(err)
		}
		heard = append(heard, s)
	}
	reg := prometheus.NewRegistry()
	for _, stage := range []string{"enrich", "correlate", "sink"} {
		defer run(t, b, stage, reg)()
	}
	began := time.Now()
	w, log := newWorker(t, b, patience)
	stop := bustest.Start(t, w.Run)
	w.ended(t, ok)
	stop()
	if log.String() != "" {
		t.Errorf("a round that is well is told of:\n%s", log)
	}
	if at := time.UnixMilli(int64(1000 * testutil.ToFloat64(w.metrics.last))); at.Before(began.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
		t.Errorf("the last success was at %v, this test began at %v", at, began)
	}
	if n := w.samples(t); n != 1 {
		t.Errorf("%d rounds are measured, want 1", n)
	}
	for _, s := range heard {
		if n, _, err := s.Pending(); err != nil || n != 0 {
			t.Errorf("%d messages on %s (%v), want none", n, s.Subject, err)
		}
	}
	for stream, want := range map[string]uint64{bus.Articles: 1, bus.Reports: 1, bus.Incidents: 1, bus.Canaries: 1, bus.Alerts: 0, bus.Dead: 0} {
		if n := messages(t, b, stream); n != want {
			t.Errorf("stream %s has %d messages, want %d", stream, n, want)
		}
	}
	for _, bucket := range []string{bus.IncidentsBucket, bus.ToldBucket} {
		s, err := b.BucketStream(t.Context(), bucket)
		if err != nil {
			t.Fatal(err)
		}
		if n := s.CachedInfo().State.Msgs; n != 0 {
			t.Errorf("bucket %s has %d keys, want none", bucket, n)
		}
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range families {
		if name := f.GetName(); strings.HasSuffix(name, "_articles_total") || strings.HasSuffix(name, "_reports_total") || strings.HasSuffix(name, "_versions_total") ||
			strings.HasSuffix(name, "_incidents_total") || strings.HasSuffix(name, "_people_total") || strings.HasSuffix(name, "_alerts_total") || strings.HasSuffix(name, "_incidents") {
			for _, m := range f.GetMetric() {
				seen++
				if n := m.GetCounter().GetValue() + m.GetGauge().GetValue(); n != 0 {
					t.Errorf("%s%v counts %v", name, m.GetLabel(), n)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d series were looked at: their names have changed", seen)
	}
}

// Where a stage stands still, the round is lost, and the log names the stage.
func TestAStageThatStandsStill(t *testing.T) {
	stages := []string{"enrich", "correlate", "sink"}
	for k, still := range stages {
		t.Run(still, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t)
			reg := prometheus.NewRegistry()
			for _, stage := range stages {
				if stage != still {
					run(t, b, stage, reg)
				}
			}
			w, _ := newWorker(t, b, patience)
			round := time.Now().UTC()
			began := time.Now()
			w.begin(round, began, func() {})
			if err := w.send(t.Context(), round, began); err != nil {
				t.Fatal(err)
			}
			until(t, "the stage before stores its record", func() bool {
				return messages(t, b, []string{bus.Articles, bus.Reports, bus.Incidents}[k]) == 1
			})
			if rounds := w.overdue(began.Add(w.cfg.lostAfter() - time.Second)); len(rounds) != 0 {
				t.Errorf("given up too early: %v", rounds)
			}
			if rounds := w.overdue(began.Add(w.cfg.lostAfter())); len(rounds) != 1 || !rounds[0].Equal(round) {
				t.Errorf("given up are %v, want %v", rounds, round)
			}
			w.ended(t, lost)
			if where := w.where(t.Context(), round); !strings.HasSuffix(where, "stage "+still) {
				t.Errorf("it was lost where: %q", where)
			}
		})
	}
}

func TestALostRoundIsToldOf(t *testing.T) {
	w, log := newWorker(t, bustest.New(t), 50*time.Millisecond)
	bustest.Start(t, w.Run)
	w.ended(t, lost)
	until(t, "a line about it", func() bool {
		return strings.Contains(log.String(), "a canary is lost") && strings.Contains(log.String(), "look at stage enrich")
	})
}

// Two processes with all stages send one round, and both wait for it.
func TestTwoSendersSendOneRound(t *testing.T) {
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	other, err := bus.Attach(t.Context(), bustest.Config(t, dir), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	w1, _ := newWorker(t, b, patience)
	w2, _ := newWorker(t, other, patience)
	bustest.Start(t, w1.Run)
	bustest.Start(t, w2.Run)
	for _, stage := range []string{"enrich", "correlate", "sink"} {
		run(t, b, stage, prometheus.NewRegistry())
		run(t, other, stage, prometheus.NewRegistry())
	}
	w1.ended(t, ok)
	w2.ended(t, ok)
	for _, stream := range []string{bus.Articles, bus.Canaries} {
		if n := messages(t, b, stream); n != 1 {
			t.Errorf("stream %s has %d messages, want 1", stream, n)
		}
	}
	if n := w1.samples(t) + w2.samples(t); n != 1 {
		t.Errorf("%d measurements, want that of the one who sent it", n)
	}
}

// What was sent before a restart is waited for after it, and is not sent again.
func TestARestartInTheMiddle(t *testing.T) {
	dir := t.TempDir()
	b := bustest.Open(t, dir)
	before, _ := newWorker(t, b, patience)
	stop := bustest.Start(t, before.Run)
	until(t, "it is sent", func() bool { return messages(t, b, bus.Articles) == 1 })
	half := run(t, b, "enrich", prometheus.NewRegistry())
	until(t, "it is read", func() bool { return messages(t, b, bus.Reports) == 1 })
	half()
	stop()
	b.Close()

	b = bustest.Open(t, dir)
	for _, stage := range []string{"enrich", "correlate", "sink"} {
		run(t, b, stage, prometheus.NewRegistry())
	}
	for range 2 { // the second one finds it at its end
		w, _ := newWorker(t, b, patience)
		stop := bustest.Start(t, w.Run)
		w.ended(t, ok)
		stop()
		if n := w.samples(t); n != 0 {
			t.Error("it is measured by a process that did not send it")
		}
	}
	for _, stream := range []string{bus.Articles, bus.Reports, bus.Canaries} {
		if n := messages(t, b, stream); n != 1 {
			t.Errorf("stream %s has %d messages, want 1", stream, n)
		}
	}
}

// A line that works and reads wrongly is not well.
func TestMisread(t *testing.T) {
	for _, tt := range []struct {
		name, why string
		read      reader
	}{
		{"another toll", `killed is \"5\", not \"4\"`, func(list []enrich.Report) []enrich.Report {
			n := 5
			total := list[0].Totals[enrich.Killed]
			total.Min, total.Max, total.Point = &n, &n, &n
			list[0].Totals[enrich.Killed] = total
			return list
		}},
		{"no report", "enrich: the article gives 0 reports", func([]enrich.Report) []enrich.Report { return nil }},
		{"a report of nothing", "correlate: the report gives 0 versions", func(list []enrich.Report) []enrich.Report {
			list[0].Role, list[0].Passing = enrich.Background, true
			return list
		}},
		{"a panic", "enrich: reading article", func([]enrich.Report) []enrich.Report { panic("no such word") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := bustest.New(t)
			cfg := enrich.DefaultConfig()
			cfg.Log, cfg.Metrics = bustest.Log(t), prometheus.NewRegistry()
			bustest.Start(t, enrich.NewWorker(b, tt.read, cfg).Run)
			run(t, b, "correlate", prometheus.NewRegistry())
			run(t, b, "sink", prometheus.NewRegistry())
			w, log := newWorker(t, b, patience)
			bustest.Start(t, w.Run)
			w.ended(t, wrong)
			until(t, "a line about it", func() bool { return strings.Contains(log.String(), tt.why) })
			if testutil.ToFloat64(w.metrics.last) != 0 {
				t.Error("it counts as a success")
			}
			if n := messages(t, b, bus.Dead); n != 0 {
				t.Errorf("%d messages are set aside, want none", n)
			}
		})
	}
}

func TestUnsent(t *testing.T) {
	b := bustest.New(t)
	b.Close()
	w, log := newWorker(t, b, patience)
	stop := bustest.Start(t, w.Run)
	w.ended(t, unsent)
	stop()
	if !strings.Contains(log.String(), "a canary cannot be sent") {
		t.Errorf("nothing tells of it:\n%s", log)
	}
}

// end is what the stage of sink makes of a round.
func end(t *testing.T, round time.Time, by string, took time.Duration) heard {
	t.Helper()
	a := sink.Alert{Data: sink.Data{Schema: sink.AlertSchema, Status: "new"}}
	data, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	return heard{Canary: bus.Canary{Round: round, By: by, Sent: round, Want: map[string]string{"status": "new"}, Record: data,
		Trail: []bus.Passed{{Stage: "enrich", Given: round}}}, stored: round.Add(took), at: round.Add(took)}
}

func TestHowARoundEnds(t *testing.T) {
	b := bustest.New(t)
	round := time.Now().Truncate(time.Hour)
	for _, tt := range []struct {
		name     string
		do       func(*Worker)
		result   string // "" for none
		measured int
	}{
		{"in time", func(w *Worker) { w.begin(round, round, func() {}); w.end(end(t, round, b.Boot(), time.Second)) }, ok, 1},
		{"as another process sent it", func(w *Worker) { w.begin(round, round, func() {}); w.end(end(t, round, "other", time.Second)) }, ok, 0},
		{"late", func(w *Worker) { w.begin(round, round, func() {}); w.end(end(t, round, b.Boot(), 61*time.Second)) }, late, 1},
		{"late, as another process sent it", func(w *Worker) { w.begin(round, round, func() {}); w.end(end(t, round, "other", 61*time.Second)) }, late, 0},
		{"twice", func(w *Worker) {
			w.begin(round, round, func() {})
			w.end(end(t, round, b.Boot(), time.Second))
			w.end(end(t, round, b.Boot(), time.Second))
		}, ok, 1},
		{"that nobody waits for", func(w *Worker) { w.end(end(t, round, "other", time.Second)) }, "", 0},
		{"after it was given up", func(w *Worker) {
			w.begin(round, round, func() {})
			w.overdue(round.Add(time.Hour))
			w.end(end(t, round, b.Boot(), time.Hour))
		}, lost, 0},
		{"sent by another where this process could not", func(w *Worker) {
			w.begin(round, round, func() {})
			w.end(end(t, round, "other", time.Second))
			w.unsent(failed{round, context.DeadlineExceeded})
		}, ok, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := newWorker(t, b, time.Minute)
			tt.do(w)
			sum := 0.0
			for _, r := range []string{ok, late, lost, wrong, unsent} {
				sum += w.count(r)
			}
			if tt.result != "" && (w.count(tt.result) != 1 || sum != 1) || tt.result == "" && sum != 0 {
				t.Errorf("%v rounds have ended, %v of them %q", sum, w.count(tt.result), tt.result)
			}
			if n := w.samples(t); n != tt.measured {
				t.Errorf("%d are measured, want %d", n, tt.measured)
			}
		})
	}
}

func TestWhenARoundIsDue(t *testing.T) {
	w, _ := newWorker(t, bustest.New(t), patience)
	w.cfg.Every = time.Minute
	w.due = time.Date(2026, 3, 9, 8, 1, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  bool
	}{
		{"just before", -time.Millisecond, false},
		{"a round before", -time.Minute, false},
		{"in time", 0, true},
		{"after a pause", time.Hour, true},
		{"when the clock was set back", -time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := w.isDue(w.due.Add(tt.after)); got != tt.want {
				t.Errorf("at %v it is due: %v, want %v", w.due.Add(tt.after), got, tt.want)
			}
		})
	}
}

// A clock that is set back brings a round again that is waited for.
func TestARoundIsListenedForOnce(t *testing.T) {
	w, _ := newWorker(t, nil, time.Minute)
	round, listening := time.Unix(1_700_000_000, 0), 0
	for range 2 {
		listening++
		w.begin(round, round, func() { listening-- })
	}
	if listening != 1 {
		t.Errorf("%d listen for one round", listening)
	}
	if w.close(round); listening != 0 {
		t.Errorf("%d listen for a round that has ended", listening)
	}
}

func TestRoundsFollowOneAnother(t *testing.T) {
	b := bustest.New(t)
	for _, stage := range []string{"enrich", "correlate", "sink"} {
		run(t, b, stage, prometheus.NewRegistry())
	}
	w, _ := newWorker(t, b, patience)
	w.cfg.Every = 100 * time.Millisecond
	bustest.Start(t, w.Run)
	until(t, "five rounds", func() bool { return w.count(ok) >= 5 })
	rounds := map[time.Time]bool{}
	if err := b.ReadSubject(t.Context(), bus.Canaries, b.Subject("canary", "alert"), func(m jetstream.Msg, _ uint64) error {
		c, err := bus.DecodeCanary(m.Data())
		if c.Round.UnixNano()%int64(w.cfg.Every) != 0 || rounds[c.Round] {
			t.Errorf("round %v is not on the clock, or comes twice", c.Round)
		}
		rounds[c.Round] = true
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// Who wipes the streams of a running daemon, or has a cluster that does, has canaries again.
func TestTheStreamIsMadeAnew(t *testing.T) {
	b := bustest.New(t)
	for _, stage := range []string{"enrich", "correlate", "sink"} {
		run(t, b, stage, prometheus.NewRegistry())
	}
	w, _ := newWorker(t, b, patience)
	w.cfg.Every = 100 * time.Millisecond
	bustest.Start(t, w.Run)
	for k := range 1000 { // as of days: the new stream begins at 1
		bustest.Canary(t, b, time.Unix(int64(k), 0), "alert", nil)
	}
	n := w.count(ok)
	until(t, "a round behind them", func() bool { return w.count(ok) > n })
	if err := b.JS.DeleteStream(t.Context(), "TOCSIN_CANARY"); err != nil {
		t.Fatal(err)
	}
	n = w.count(ok)
	until(t, "some rounds more", func() bool { return w.count(ok) >= n+3 })
}

func TestMetricsAreWellNamed(t *testing.T) {
	reg := prometheus.NewPedanticRegistry()
	newMetrics(reg)
	if problems, err := testutil.GatherAndLint(reg); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		want string // part of the error; "" for none
	}{
		{"the default is valid", DefaultConfig(), ""},
		{"none are sent", Config{Every: 0, Timeout: time.Minute}, ""},
		{"too often", Config{Every: time.Millisecond, Timeout: time.Minute}, "canary.every is 1ms"},
		{"negative", Config{Every: -time.Minute, Timeout: time.Minute}, "canary.every is -1m0s"},
		{"no patience", Config{Every: time.Minute}, "canary.timeout is 0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.cfg.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%+v: %v, want %q", tt.cfg, err, tt.want)
			}
		})
	}
}
