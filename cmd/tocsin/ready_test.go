package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestReadyTellsWhatIsMissing(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s, want /readyz", r.URL.Path)
		}
		http.Error(w, "not ready: stage ingest has ended", http.StatusServiceUnavailable)
	}))
	defer srv.Close()
	address := strings.TrimPrefix(srv.URL, "http://")
	var out, errs strings.Builder
	code := run(context.Background(), []string{"ready", "--http", address}, streams{nil, &out, &errs})
	want := "tocsin: " + address + " says 503: not ready: stage ingest has ended\n"
	if code != exitFailed || out.String() != "" || errs.String() != want {
		t.Errorf("ready: exit code %d, output %q, %q; want 1, none, %q", code, out.String(), errs.String(), want)
	}
}
