package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"tocsin/internal/bus"
)

// TestRights runs every stage as its user of deploy/nats, from feed to webhook, and
// then tries what each user must not do.
func TestRights(t *testing.T) {
	t.Parallel() // it waits for other processes more than it works
	if testing.Short() {
		t.Skip("starts three servers and the daemon several times")
	}
	c := newCluster(t, tocsin(t))
	t.Run("each stage does all its work", func(t *testing.T) { c.allWork(t) })
	t.Run("and nothing else", func(t *testing.T) { c.forbidden(t) })
	t.Run("the administrator moves all of it", func(t *testing.T) { c.moves(t) })
}

// moves fills the cluster with what a daemon left, saves it, goes back, and restores it.
func (c *cluster) moves(t *testing.T) {
	dir, admin := t.TempDir(), filepath.Join(c.home("admin"), "tocsin.yaml")
	data, file := filepath.Join(dir, "d"), filepath.Join(dir, "b.zip")
	preload(t, data, 50, 5)
	for _, args := range [][]string{
		{"migrate", "--data", data, "--to-config", admin, "--replace"},
		{"backup", "--config", admin, file},
		{"migrate", "--config", admin, "--to", filepath.Join(dir, "back")},
		{"restore", "--config", admin, "--replace", file},
	} {
		if out, err := c.command(args...).CombinedOutput(); err != nil {
			t.Fatalf("tocsin %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// received counts the alerts that a webhook was sent.
type received struct {
	mu  sync.Mutex
	ids map[string]int
}

func (r *received) ServeHTTP(_ http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[req.Header.Get("webhook-id")]++
}

func (r *received) all() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := map[string]int{}
	for id, n := range r.ids {
		ids[id] = n
	}
	return ids
}

var ownPort = regexp.MustCompile(`listen: 127\.0\.0\.1:\d+`)

// stageConfig is a user's configuration with what a test adds.
func (c *cluster) stageConfig(t *testing.T, stage, more string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(c.home(stage), "tocsin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), stage+".yaml")
	// All stages are on this machine, several times over: they listen nowhere.
	writeFile(t, path, ownPort.ReplaceAllString(string(data), "listen: ''")+more)
	return path
}

// happens waits until other processes have made something so.
func happens(t *testing.T, what string, f func() (so bool, is string)) {
	t.Helper()
	for deadline := time.Now().Add(2 * patience); ; {
		so, is := f()
		if so {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: %s", what, is)
		}
		bus.Pause(t.Context(), 20*time.Millisecond) // they tell nobody
	}
}

func (c *cluster) allWork(t *testing.T) {
	const articles = 12
	var feed atomic.Pointer[growingFeed]
	feed.Store(&growingFeed{articles: benchArticles(articles, 600, 1), phases: 3, served: map[string]bool{}})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { feed.Load().ServeHTTP(w, r) }))
	defer srv.Close()
	hook := &received{ids: map[string]int{}}
	hooks := httptest.NewServer(hook)
	defer hooks.Close()

	sink := fmt.Sprintf("sink: {stdout: false, webhook: [{name: desk, url: '%s'}]}\n", hooks.URL)
	ingest := fmt.Sprintf("ingest: {allow_private: ['%s'], per_host: 0s, feeds: [{id: big, url: '%s', outlet: Big, every: 1s}]}\ncanary: {every: 1s}\n", strings.TrimPrefix(srv.URL, "http://"), srv.URL)
	// Streams are the administrator's: a stage that finds none says so, and at once.
	other := c.command("run", "--config", c.stageConfig(t, "enrich", ""))
	other.Env = append(other.Env, "TOCSIN_NATS_PREFIX=other")
	began := time.Now()
	if out, err := other.CombinedOutput(); err == nil || !strings.Contains(string(out), "create stream OTHER_ARTICLES: the server denies it to this user: ask the administrator for 'tocsin nats setup'") {
		t.Fatalf("a stage without streams: %v, want it to say who makes them\n%s", err, out)
	} else if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %v to say so", took)
	}
	configs := map[string]string{"sink": c.stageConfig(t, "sink", sink), "correlate": c.stageConfig(t, "correlate", ""), "enrich": c.stageConfig(t, "enrich", ""), "ingest": c.stageConfig(t, "ingest", ingest)}

	live := c.connect("subscriber")
	heard := map[string]int{}
	var mu sync.Mutex
	if _, err := live.Subscribe("tocsin.v1.alert.>", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		heard[m.Header.Get(jetstream.MsgIDHeader)]++
	}); err != nil {
		t.Fatal(err)
	}
	if err := live.Flush(); err != nil {
		t.Fatal(err)
	}

	// Twice, so that each finds at its start what it left.
	admin := c.attach("admin")
	for round := range 2 {
		procs := map[string]*proc{}
		for _, stage := range []string{"sink", "correlate", "enrich", "ingest"} {
			procs[stage] = startProc(t, c.exe, "run", "--config", configs[stage], "--data", t.TempDir())
		}
		want := articles
		if round == 1 { // what cannot be read goes to the dead letters, from every stage
			want++
			feed.Store(&growingFeed{articles: benchArticles(want, 600, 1), phases: 1, served: map[string]bool{}})
			for subject, data := range map[string]string{
				"tocsin.v1.article.x": "{", "tocsin.v1.report.xx.x": "{", "tocsin.v1.incident.xx.x.x": "{", "tocsin.v1.in.alert.x.xx.x.x": "{",
			} {
				if _, err := admin.JS.Publish(t.Context(), subject, []byte(data)); err != nil {
					t.Fatal(err)
				}
			}
			happens(t, "dead letters", func() (bool, string) {
				var stages []string
				err := admin.DeadLetters(t.Context(), func(d bus.DeadLetter) bool { stages = append(stages, d.Stage); return true })
				slices.Sort(stages)
				return slices.Equal(stages, []string{"correlate", "enrich", "output", "sink"}), fmt.Sprint(stages, err)
			})
		}
		happens(t, "alerts at the webhook", func() (bool, string) {
			ids := hook.all()
			return len(ids) == want, fmt.Sprintf("%d, want %d\n%s", len(ids), want, c.logs(procs))
		})
		happens(t, "a canary that went all the way", func() (bool, string) {
			whole, is := false, "none came"
			if err := admin.ReadSubject(t.Context(), bus.Canaries, ">", func(m jetstream.Msg, _ uint64) error {
				canary, err := bus.DecodeCanary(m.Data())
				is = canary.Trouble
				whole = whole || canary.Trouble == "" && len(canary.Trail) == 3
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return whole, is + "\n" + c.logs(procs)
		})
		for stage, p := range procs {
			p.end(t)
			if log := p.log.String(); strings.Contains(strings.ToLower(log), "permissions violation") || strings.Contains(log, bus.ErrDenied.Error()) {
				t.Errorf("%s wants more than it may:\n%s", stage, tail(log, 40))
			}
		}
	}
	// Health and metrics, as every stage's user.
	for _, stage := range allStages {
		b := c.attach(stage)
		if err := b.Ready(t.Context()); err != nil {
			t.Errorf("%s is not ready: %v", stage, err)
		}
	}
	// Somebody who looks.
	reader := filepath.Join(c.home("reader"), "tocsin.yaml")
	for _, args := range [][]string{
		{"watch", "--since", "1h", "--count", "12", "--json"}, {"dead", "ls"}, {"feed", "ls"},
	} {
		out, err := c.command(append(args, "--config", reader)...).CombinedOutput()
		if err != nil || bytes.Contains(bytes.ToLower(out), []byte("violation")) || len(out) == 0 {
			t.Errorf("as reader, tocsin %v: %v\n%s", args, err, out)
		}
	}
	// The subscriber: each alert live, and each of them durable.
	mu.Lock()
	for id := range hook.all() {
		if heard[id] != 1 {
			t.Errorf("alert %s was heard %d times by who only listens, want once", id, heard[id])
		}
	}
	mu.Unlock()
	js, err := jetstream.New(live)
	if err != nil {
		t.Fatal(err)
	}
	cons, err := js.Consumer(t.Context(), "TOCSIN_ALERTS", "subscriber")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for range hook.all() {
		m, err := cons.Next(jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		if m.Headers().Get(jetstream.MsgIDHeader) != "" { // one is the test's own
			kept[m.Headers().Get(jetstream.MsgIDHeader)]++
		}
		if err := m.DoubleAck(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for id := range kept {
		if hook.all()[id] == 0 {
			t.Errorf("the durable consumer has %s, which the webhook was not sent", id)
		}
	}
}

func (c *cluster) logs(procs map[string]*proc) string {
	var b strings.Builder
	for stage, p := range procs {
		fmt.Fprintf(&b, "--- %s\n%s\n", stage, tail(p.log.String(), 12))
	}
	return b.String()
}

// refused tells whether the server denies an act to a user.
func (c *cluster) refused(t *testing.T, user string, act func(*nats.Conn) error) bool {
	t.Helper()
	denied := make(chan error, 8)
	nc := c.connect(user, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { denied <- err }))
	defer nc.Close()
	if err := act(nc); err != nil {
		t.Fatal(err)
	}
	if err := nc.Flush(); err != nil { // behind it comes what the server has against it
		t.Fatal(err)
	}
	select {
	case err := <-denied:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Fatal(err)
		}
		return true
	case <-time.After(50 * time.Millisecond): // the handler runs beside
		return false
	}
}

func (c *cluster) forbidden(t *testing.T) {
	// What nobody but the administrator may.
	common := []string{
		"$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.CREATE.TOCSIN_ALERTS", "$JS.API.STREAM.UPDATE.TOCSIN_ALERTS", "$JS.API.STREAM.DELETE.TOCSIN_ALERTS",
		"$JS.API.STREAM.PURGE.TOCSIN_INCIDENTS", "$JS.API.STREAM.MSG.DELETE.TOCSIN_DEAD", "$JS.API.STREAM.DELETE.KV_tocsin_told", "$JS.API.STREAM.SNAPSHOT.TOCSIN_ALERTS",
		"$JS.API.STREAM.RESTORE.TOCSIN_ALERTS", "$JS.API.STREAM.LEADER.STEPDOWN.TOCSIN_ALERTS", "$JS.API.STREAM.PEER.REMOVE.TOCSIN_ALERTS",
		"$JS.API.CONSUMER.DELETE.TOCSIN_ARTICLES.enrich", "$JS.API.CONSUMER.DELETE.TOCSIN_INCIDENTS.sink", "$JS.API.CONSUMER.DELETE.TOCSIN_ALERTS.subscriber",
		"$JS.API.CONSUMER.CREATE.TOCSIN_ARTICLES.enrich", "$JS.API.CONSUMER.CREATE.TOCSIN_INCIDENTS.sink", "$JS.API.CONSUMER.PAUSE.TOCSIN_INCIDENTS.sink",
		"tocsin.v1.alert.extreme.iq.bombing.new", // what subscribers hear is what is stored
		"$SYS.REQ.SERVER.PING", "other.subject",
	}
	publishes := map[string][]string{
		"ingest":    {"tocsin.v1.article.x", "$KV.tocsin_feeds.x", "$KV.tocsin_seen.x", "$KV.tocsin_hubs.x"},
		"enrich":    {"tocsin.v1.report.iq.bombing", "tocsin.v1.dead.enrich.panic", "$JS.ACK.TOCSIN_ARTICLES.enrich.1.1.1.1.1", "$JS.API.CONSUMER.MSG.NEXT.TOCSIN_ARTICLES.enrich"},
		"correlate": {"tocsin.v1.incident.iq.bombing.x", "tocsin.v1.dead.correlate.panic", "$KV.tocsin_incidents.x", "$KV.tocsin_cards.x", "$KV.tocsin_leases.correlate", "$JS.ACK.TOCSIN_REPORTS.correlate.1.1.1.1.1", "$JS.API.CONSUMER.MSG.NEXT.TOCSIN_REPORTS.correlate"},
		"sink": {"tocsin.v1.in.alert.extreme.iq.bombing.new", "tocsin.v1.dead.sink.panic", "tocsin.v1.dead.output.gave_up", "$KV.tocsin_told.x", "$KV.tocsin_leases.sink", "$JS.ACK.TOCSIN_INCIDENTS.sink.1.1.1.1.1",
			"$JS.API.CONSUMER.MSG.NEXT.TOCSIN_INCIDENTS.sink", "$JS.API.CONSUMER.MSG.NEXT.TOCSIN_ALERTS.output-desk", "$JS.ACK.TOCSIN_ALERTS.output-desk.1.1.1.1.1"},
		"reader":     {},
		"subscriber": {"$JS.ACK.TOCSIN_ALERTS.subscriber.1.1.1.1.1", "$JS.API.CONSUMER.MSG.NEXT.TOCSIN_ALERTS.subscriber"},
	}
	hears := map[string][]string{"reader": {"tocsin.v1.alert.>"}, "subscriber": {"tocsin.v1.alert.>"}}
	alone := []string{"$JS.API.CONSUMER.CREATE.TOCSIN_ALERTS.x", "$JS.API.STREAM.INFO.TOCSIN_ARTICLES", "$JS.API.STREAM.LIST"} // of the subscriber
	// Of the alert stream's consumers NATS cannot tell those of outputs, whose names are
	// in a configuration, from one's own: both are ours.
	tolerated := map[string][]string{
		"sink":   {"$JS.ACK.TOCSIN_ALERTS.subscriber.1.1.1.1.1", "$JS.API.CONSUMER.MSG.NEXT.TOCSIN_ALERTS.subscriber"},
		"reader": {"$JS.API.CONSUMER.MSG.NEXT.TOCSIN_ALERTS.output-desk"},
	}
	for user, own := range publishes {
		t.Run(user, func(t *testing.T) {
			may := map[string]bool{}
			for _, s := range own {
				may[s] = true
				if c.refused(t, user, func(nc *nats.Conn) error { return nc.Publish(s, []byte("{")) }) {
					t.Errorf("%s may not publish to %s, which is its work", user, s)
				}
			}
			not := slices.Clone(common)
			for other, list := range publishes {
				if other != user {
					not = append(not, list...)
				}
			}
			if user == "subscriber" {
				not = append(not, alone...)
			}
			for _, s := range not {
				if !may[s] && !slices.Contains(tolerated[user], s) && !c.refused(t, user, func(nc *nats.Conn) error { return nc.Publish(s, nil) }) {
					t.Errorf("%s may publish to %s", user, s)
				}
			}
			subs := []string{">", "tocsin.>", "tocsin.v1.article.*", "_INBOX.>", "$JS.ACK.>", "$JS.API.>", "$KV.>"}
			for _, other := range clusterUsers {
				if other != user {
					subs = append(subs, "_INBOX_"+other+".>")
				}
			}
			subscribe := func(s string) bool {
				return c.refused(t, user, func(nc *nats.Conn) error { _, err := nc.Subscribe(s, func(*nats.Msg) {}); return err })
			}
			for _, s := range subs {
				if !subscribe(s) {
					t.Errorf("%s may subscribe to %s", user, s)
				}
			}
			for _, s := range append(hears[user], "_INBOX_"+user+".>") {
				if subscribe(s) {
					t.Errorf("%s may not subscribe to %s, which is its right", user, s)
				}
			}
		})
	}
	var alerts int
	all(t, c.attach("admin"), bus.Alerts, func(m jetstream.Msg) {
		if json.Valid(m.Data()) {
			alerts++
		}
	})
	if d := cmp.Diff(13, alerts); d != "" {
		t.Errorf("alerts on the stream after all that was tried (-want +got)\n%s", d)
	}
}
