package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"

	"tocsin/internal/bus"
	"tocsin/internal/bus/bustest"
	"tocsin/internal/ident"
)

var update = flag.Bool("update", false, "write the answers of golden files, and the generated parts of README.md, anew")

// TestMain lets this test binary be the program: scripts run "tocsin" from PATH.
func TestMain(m *testing.M) {
	bustest.WaitTogether()
	testscript.Main(m, map[string]func(){"tocsin": main, "nats-server": bustest.ServerMain})
}

// patience bounds every wait for an event; a test that passes never spends it.
const patience = 30 * time.Second

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			article, err := os.ReadFile("testdata/article.txt")
			if err != nil {
				return err
			}
			e.Values[running{}] = map[string]*background{}
			// kong wraps help at the width of the terminal it thinks to have.
			e.Setenv("COLUMNS", "100")
			return os.WriteFile(e.WorkDir+"/article.txt", article, 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": scriptCode, "start": scriptStart, "signal": scriptSignal, "ended": scriptEnded, "await": scriptAwait,
			"capture": scriptCapture, "serve": scriptServe, "get": scriptGet, "publish": scriptPublish, "count": scriptCount,
			"config": scriptConfig,
		},
	})
}

// running is the key of a script's background processes.
type running struct{}

type background struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

func usage(ts *testscript.TestScript, neg bool, ok bool, how string) {
	if neg || !ok {
		ts.Fatalf("usage: %s", how)
	}
}

func exitCodeOf(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// code N command... runs a command that must exit with N.
func scriptCode(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "code N command...")
	err := ts.Exec(args[1], args[2:]...)
	if got := strconv.Itoa(exitCodeOf(err)); got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// start NAME command... runs a command in the background; its output goes to
// the files NAME.out and NAME.err.
func scriptStart(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "start NAME command...")
	out, err := os.Create(ts.MkAbs(args[0] + ".out"))
	ts.Check(err)
	errs, err := os.Create(ts.MkAbs(args[0] + ".err"))
	ts.Check(err)
	path, err := exec.LookPath(args[1])
	ts.Check(err)
	p := &background{cmd: exec.Command(path, args[2:]...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = ts.MkAbs("."), out, errs
	p.cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "HOME=" + ts.Getenv("HOME"), "TMPDIR=" + ts.MkAbs("."), "GORACE=" + os.Getenv("GORACE")}
	ts.Check(p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		out.Close()
		errs.Close()
		close(p.done)
	}()
	ts.Value(running{}).(map[string]*background)[args[0]] = p
	ts.Defer(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.done
	})
}

func named(ts *testscript.TestScript, name string) *background {
	p := ts.Value(running{}).(map[string]*background)[name]
	if p == nil {
		ts.Fatalf("%s was not started", name)
	}
	return p
}

// signal NAME HUP|TERM
func scriptSignal(ts *testscript.TestScript, neg bool, args []string) {
	s := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	usage(ts, neg, len(args) == 2 && s[args[1]] != nil, "signal NAME HUP|TERM|KILL")
	ts.Check(named(ts, args[0]).cmd.Process.Signal(s[args[1]]))
}

// ended NAME N waits for the end of a background command, with exit code N.
func scriptEnded(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "ended NAME N")
	p := named(ts, args[0])
	select {
	case <-p.done:
	case <-time.After(patience):
		ts.Fatalf("%s goes on\n%s", args[0], ts.ReadFile(args[0]+".err"))
	}
	if got := strconv.Itoa(exitCodeOf(p.err)); got != args[1] {
		ts.Fatalf("%s ended with %s, want %s\n%s", args[0], got, args[1], ts.ReadFile(args[0]+".err"))
	}
}

// eventually waits until look finds what it looks for; what it has seen is told
// where it never does.
func eventually(ts *testscript.TestScript, what string, look func() (seen string, ok bool)) {
	seen := ""
	if !until(func() (ok bool) { seen, ok = look(); return ok }) {
		ts.Fatalf("no %s within %v in\n%s", what, patience, seen)
	}
}

// until looks again and again whether something outside of this process has
// happened, of which nobody tells; false when patience is at its end.
func until(happened func() bool) bool {
	tick, end := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-end:
			return false
		}
	}
	return true
}

func pattern(ts *testscript.TestScript, s string) *regexp.Regexp {
	re, err := regexp.Compile("(?m)" + s)
	ts.Check(err)
	return re
}

// await FILE REGEXP [N] waits until a file that somebody writes has N matches.
func scriptAwait(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2 || len(args) == 3, "await FILE REGEXP [N]")
	re, want := pattern(ts, args[1]), 1
	if len(args) == 3 {
		n, err := strconv.Atoi(args[2])
		ts.Check(err)
		want = n
	}
	name := ts.MkAbs(args[0])
	eventually(ts, "match of "+args[1], func() (string, bool) {
		data, err := os.ReadFile(name)
		if err != nil {
			return err.Error(), false
		}
		if logs, err := os.ReadFile(strings.TrimSuffix(name, ".out") + ".err"); err == nil && strings.HasSuffix(name, ".out") {
			return string(data) + "\n" + string(logs), len(re.FindAll(data, -1)) >= want
		}
		return string(data), len(re.FindAll(data, -1)) >= want
	})
}

// capture VAR FILE REGEXP sets a variable to the first group.
func scriptCapture(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "capture VAR FILE REGEXP")
	m := pattern(ts, args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(m) < 2 {
		ts.Fatalf("no %s in %s:\n%s", args[2], args[1], ts.ReadFile(args[1]))
	}
	ts.Setenv(args[0], m[1])
}

// count N REGEXP FILE holds a file to exactly N matches.
func scriptCount(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "count N REGEXP FILE")
	text := ts.ReadFile(args[2])
	if n := strconv.Itoa(len(pattern(ts, args[1]).FindAllString(text, -1))); n != args[0] {
		ts.Fatalf("%s matches of %s in %s, want %s:\n%s", n, args[1], args[2], args[0], text)
	}
}

// serve VAR DIR serves the files of a folder on loopback, at $VAR.
func scriptServe(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "serve VAR DIR")
	dir := ts.MkAbs(args[1])
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(dir + "/" + strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		// Scripts change a file twice in a second, which Last-Modified cannot tell.
		w.Header().Set("ETag", fmt.Sprintf("%q", ident.SHA256(string(data))))
		http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(data))
	}))
	ts.Defer(srv.Close)
	ts.Setenv(args[0], srv.URL)
}

// config FILE SITE FEED... writes a configuration that polls files of a served
// folder each second; a file named .opml becomes a feed list. No canary comes: scripts
// count what is on the streams.
func scriptConfig(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 3, "config FILE SITE FEED...")
	site := args[1]
	host := strings.TrimPrefix(site, "http://")
	var b strings.Builder
	if strings.HasSuffix(args[0], ".opml") {
		b.WriteString("<opml version=\"2.0\"><body>\n")
		for _, f := range args[2:] {
			fmt.Fprintf(&b, "<outline type=\"rss\" text=%q xmlUrl=\"%s/%s\"/>\n", f, site, f)
		}
		b.WriteString("</body></opml>\n")
	} else {
		fmt.Fprintf(&b, "http: {listen: 127.0.0.1:0}\ncanary: {every: 0}\nsink: {file: {path: alerts.jsonl}}\ningest:\n  allow_private: [%s]\n  per_host: 0\n", host)
		if _, err := os.Stat(ts.MkAbs("feeds.opml")); err == nil {
			b.WriteString("  opml: [feeds.opml]\n")
		}
		b.WriteString("  feeds:\n")
		for _, f := range args[2:] {
			fmt.Fprintf(&b, "    - {url: %s/%s, every: 1s}\n", site, f)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o600))
}

// get URL REGEXP fetches until the answer matches, and leaves it in the file
// "answer".
func scriptGet(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "get URL REGEXP")
	re := pattern(ts, args[1])
	eventually(ts, "match of "+args[1], func() (string, bool) {
		resp, err := http.Get(args[0])
		if err != nil {
			return err.Error(), false
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			return err.Error(), false
		}
		if !re.Match(body) {
			return resp.Status + "\n" + string(body), false
		}
		ts.Check(os.WriteFile(ts.MkAbs("answer"), body, 0o600))
		return "", true
	})
}

// publish DATADIR SUBJECT FILE puts a message on a running daemon's bus.
func scriptPublish(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 3, "publish DATADIR SUBJECT FILE")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cfg := bus.DefaultConfig()
	cfg.DataDir, cfg.Log, cfg.Metrics = ts.MkAbs(args[0]), slog.New(slog.DiscardHandler), prometheus.NewRegistry()
	b, err := bus.Attach(ctx, cfg, false)
	ts.Check(err)
	defer b.Close()
	_, err = b.JS.Publish(ctx, args[1], []byte(ts.ReadFile(args[2])))
	ts.Check(err)
}

// runHere runs the program in this process.
func runHere(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, streams{strings.NewReader(stdin), &out, &errs})
	return code, out.String(), errs.String()
}

// Every command and flag explains itself.
func TestHelp(t *testing.T) {
	for _, c := range []string{"", "run", "tag", "watch", "feed", "feed parse", "check", "dead", "dead ls", "dead show", "dead replay", "bench", "version", "nats setup", "nats key", "migrate", "backup", "restore",
		"incident", "incident show", "incident merge", "incident split", "incident undo", "explain", "replay"} {
		code, out, errs := runHere(t, "", append(strings.Fields(c), "--help")...)
		if code != exitOK || errs != "" || !strings.HasPrefix(out, "Usage: tocsin "+c) {
			t.Errorf("tocsin %s --help: code %d\n%s%s", c, code, out, errs)
		}
		for _, line := range strings.Split(out, "\n") {
			if len([]rune(line)) > 100 {
				t.Errorf("tocsin %s --help: line of %d characters: %s", c, len([]rune(line)), line)
			}
			if strings.ContainsAny(line, "“”") {
				t.Errorf("tocsin %s --help: quotes that cannot be copied: %s", c, line)
			}
		}
	}
}

// Examples in help texts are commands: they parse.
func TestHelpExamplesParse(t *testing.T) {
	command := regexp.MustCompile(`(?m)^ +(?:.*\| )?(tocsin .*?)(?:  .*|[|<>].*| one more .*)?$`)
	n := 0
	for _, c := range []string{"", "run", "tag", "watch", "feed parse", "check", "dead", "bench", "incident", "explain", "replay", "migrate", "backup", "restore"} {
		_, out, _ := runHere(t, "", append(strings.Fields(c), "--help")...)
		for _, m := range command.FindAllStringSubmatch(out, -1) {
			n++
			args := strings.Fields(strings.ReplaceAll(m[1], "'", ""))[1:]
			// With --help after it, a command line is parsed and not run.
			if code, _, errs := runHere(t, "", append(args, "--help")...); code != exitOK {
				t.Errorf("%s: code %d\n%s", m[1], code, errs)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d examples found, there are more", n)
	}
}

func Example_exitCodes() {
	// The exit codes are an interface: scripts of operators rest on them.
	fmt.Println(exitOK, exitFailed, exitUsage, exitUnreachable, exitInUse)
	// Output: 0 1 2 3 4
}

func TestAlertSubject(t *testing.T) {
	for pattern, want := range map[string]bool{
		"tocsin.v1.alert.>": true, ">": true, "tocsin.>": true, "*.*.alert.>": true, "tocsin.v1.alert.*.iq.>": true, "tocsin.v1.alert.severe.iq.bombing.new": true, "*.*.*.*.*.*.*": true,
		"tocsin.v1.report.>": false, "foo.>": false, "tocsin.v1.alert": false, "tocsin.v1.alert.severe": false, "tocsin..alert.>": false, "tocsin.v1.alert.severe.iq.bombing.new.x": false,
		"tocsin.>.x": false, "": false, "tocsin.v1.alert.a b.>": false, "*.*.*.*.*.*.*.>": false,
	} {
		if got := alertSubject(pattern, "tocsin"); got != want {
			t.Errorf("alertSubject(%q) = %v, want %v", pattern, got, want)
		}
	}
}
