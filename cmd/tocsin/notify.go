package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"
)

// A service manager (systemd) that starts the daemon is told when it is ready,
// reloads and stops, how it does, and, as long as it is not stuck, that it lives.

const (
	// statusEvery is how often the manager is told how the daemon does, if a
	// watchdog does not ask for more.
	statusEvery = 30 * time.Second
	// stuckAfter is how long a stage may have work in hand without settling any of
	// it, pausing before another try, or turning its loop. The longest of our pauses
	// takes five minutes (an output that fails).
	stuckAfter = 10 * time.Minute
)

// notify tells the manager, if there is one. Empty states are passed over.
func (d *daemon) notify(states ...string) {
	var b strings.Builder
	for _, s := range states {
		if s = strings.TrimSpace(s); s != "" {
			b.WriteString(strings.ReplaceAll(s, "\n", "; ") + "\n")
		}
	}
	if _, err := sd.SdNotify(false, b.String()); err != nil {
		d.log.Warn("the service manager is not told", "state", b.String(), "err", err)
	}
}

// reportHealth tells the manager how the daemon does until ctx ends. It withholds
// the sign of life while a stage is stuck, and only then: a process that waits for
// a NATS server, a full disk or a webhook would do no better after a restart.
func (d *daemon) reportHealth(ctx context.Context, patience time.Duration) {
	every := statusEvery
	watchdog, err := sd.SdWatchdogEnabled(false)
	if err != nil {
		d.log.Warn("no watchdog: its setting cannot be read", "err", err)
	}
	if watchdog > 0 {
		every = min(every, watchdog/3)
	}
	t := time.NewTicker(every)
	defer t.Stop()
	told, stuck := "", false
	for {
		var states []string
		err := d.stuck(patience)
		if err == nil {
			states = append(states, sd.SdNotifyWatchdog)
		} else if !stuck {
			d.log.Error("stuck: a watchdog would restart this process", "err", err)
		}
		stuck = err != nil
		status := d.status(ctx)
		if stuck {
			status = "stuck: " + err.Error()
		}
		if ctx.Err() != nil {
			return // what it says now is about a stop
		}
		if status != told {
			states = append(states, "STATUS="+status)
			told = status
		}
		if len(states) > 0 {
			d.notify(states...)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// stuck says which stage stands still, nil when none does.
func (d *daemon) stuck(patience time.Duration) error {
	for _, s := range d.stages {
		if still := s.pulse.Still(); still >= patience {
			return fmt.Errorf("stage %s has work in hand and has not gone on for %v", s.name, still.Round(time.Second))
		}
	}
	return nil
}

// status is one line for whoever looks at the service.
func (d *daemon) status(ctx context.Context) string {
	s := "running " + strings.Join(d.cfg.Stages, ", ")
	soon, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := d.ready(soon); err != nil {
		s = "not ready: " + err.Error()
	}
	if refused := d.refused.Load(); refused != nil {
		s += "; the changed configuration is not taken over: " + (*refused).Error()
	}
	return s
}
