package bus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// A full disk stops one stream, and not the bucket that Writable writes to, whose last
// block has room for its few bytes. What was stopped goes on when there is room.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=128m"); errors.Is(err, syscall.EPERM) {
		t.Skip("only root may make a small disk")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	cfg := embeddedConfig(t)
	cfg.DataDir, cfg.Durability = dir, DefaultConfig().Durability
	b := opened(t, cfg)
	if err := b.Writable(t.Context()); err != nil {
		t.Fatal(err)
	}

	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 1<<20); err == nil; {
		_, err = f.Write(chunk)
	}
	f.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}

	const messages = 5
	stored := make(chan error, 1)
	go func() {
		for n := range messages {
			if _, err := b.Publish(t.Context(), Message{Subject: b.Subject("article", "wire"), ID: fmt.Sprint(n), Data: make([]byte, 64<<10)}); err != nil {
				stored <- err
				return
			}
		}
		stored <- nil
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for b.Ready(ctx) == nil && ctx.Err() == nil {
		Pause(ctx, time.Millisecond) // the server tells nobody
	}
	if err := b.Ready(ctx); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Fatalf("Ready on a full disk = %v, want the reason", err)
	}
	if err := b.Writable(ctx); err != nil {
		t.Logf("the bucket is stopped too: %v", err)
	}
	guarded, end := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- b.guard(guarded, time.Millisecond, time.Second) }()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := <-stored; err != nil {
		t.Fatal(err)
	}
	end()
	if err := <-done; err != nil {
		t.Errorf("guard = %v, want nil", err)
	}
	if err := b.Ready(t.Context()); err != nil {
		t.Errorf("Ready with room again = %v", err)
	}
	if n := testutil.ToFloat64(b.metrics.restarts); n < 1 {
		t.Errorf("restarts counted: %v, want 1 or more", n)
	}
	stream, err := b.Stream(t.Context(), Articles)
	if err != nil {
		t.Fatal(err)
	}
	if n := stream.CachedInfo().State.Msgs; n != messages {
		t.Errorf("%d messages are stored, want %d", n, messages)
	}
}
