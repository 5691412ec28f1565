package main

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// route is the order of the stages, from the one that sees all to the plumbing
// that knows none; the canary goes through all of them. A package imports only from stages after its own.
var route = []string{"cmd", "cmd/tocsin/canary", "sink", "enrich/correlate", "enrich", "ingest", "internal"}

// stageOf is the place in route of one of our packages, the most exact first.
func stageOf(pkg string) int {
	at, length := -1, -1
	for i, stage := range route {
		p := "tocsin/" + stage
		if (pkg == p || strings.HasPrefix(pkg, p+"/")) && len(p) > length {
			at, length = i, len(p)
		}
	}
	return at
}

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) (list []pkg) {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "tocsin/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
}

// TestImportsFlowDown keeps the route readable: whoever reads a stage need not
// know those before it.
func TestImportsFlowDown(t *testing.T) {
	list := packages(t)
	if len(list) < 8 {
		t.Fatalf("go list found %d packages, there are more", len(list))
	}
	for _, p := range list {
		from := stageOf(p.ImportPath)
		if from < 0 {
			t.Errorf("%s is on no stage of the route %v", p.ImportPath, route)
			continue
		}
		// Tests are held to the same: a stage is understood without those above it.
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if to := stageOf(imp); to >= 0 && to < from {
				t.Errorf("%s imports %s: up the route, from %s to %s", p.ImportPath, imp, route[from], route[to])
			}
		}
	}
}

// TestReadersKnowNoBus: what reads text is a function of text. Below enrich only
// correlation speaks to NATS, and only internal/bus may hold a NATS server.
func TestReadersKnowNoBus(t *testing.T) {
	for _, p := range packages(t) {
		pure := strings.HasPrefix(p.ImportPath, "tocsin/enrich/") && !strings.HasPrefix(p.ImportPath, "tocsin/enrich/correlate")
		for _, imp := range p.Imports {
			nats := strings.Contains(imp, "/nats-io/") || strings.HasPrefix(imp, "tocsin/internal/bus")
			if pure && nats {
				t.Errorf("%s imports %s: a package that reads text knows nothing of messages", p.ImportPath, imp)
			}
			if strings.Contains(imp, "/nats-server/") && !strings.HasPrefix(p.ImportPath, "tocsin/internal/bus") {
				t.Errorf("%s imports %s: servers are for internal/bus", p.ImportPath, imp)
			}
		}
	}
}

// knowBus are the files of ingest that keep something on NATS; what reads feeds does not.
var knowBus = map[string]bool{"poller.go": true, "state.go": true, "list.go": true, "share.go": true, "push.go": true, "families.go": true}

// TestParsersKnowNoBus: in ingest only the poller and its memory speak to NATS.
func TestParsersKnowNoBus(t *testing.T) {
	files, err := filepath.Glob("../../ingest/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files of ingest:", err)
	}
	for _, name := range files {
		base := filepath.Base(name)
		if strings.HasSuffix(base, "_test.go") || knowBus[base] {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "/nats-io/") {
				t.Errorf("ingest/%s imports %s: only the poller and its memory speak to NATS", base, imp.Path.Value)
			}
		}
	}
}
