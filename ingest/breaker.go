package ingest

import (
	"net/http"
	"time"
)

// breaker notices that the trouble is ours and not the feeds': a proxy that
// refuses, a captive portal that answers for everybody, a cable that is out.
// Then polling pauses, and no feed is made to pay for it.
type breaker struct {
	outcomes map[string]outcome // by host: its last poll within the window
	open     time.Time          // no polls before
	pause    time.Duration
}

type outcome struct {
	at      time.Time
	suspect bool
	entry   *entry
}

const (
	breakerWindow = time.Minute
	breakerHosts  = 10 // fewer that fail together are a coincidence
	breakerPause  = time.Minute
	breakerMost   = 5 * time.Minute
)

// suspect tells whether a failure may be of something between us and all feeds.
func suspect(reason string, status int) bool {
	switch reason {
	case ReasonHTML, ReasonDNS, ReasonConnect:
		return true
	case ReasonStatus:
		return status == http.StatusProxyAuthRequired || status == http.StatusBadGateway || status == http.StatusNetworkAuthenticationRequired
	}
	return false
}

// note records the outcome of a poll. Where more than half of at least
// breakerHosts hosts had a suspect one within the window, it opens the breaker
// and returns the feeds to be pardoned.
func (b *breaker) note(host string, bad bool, e *entry, now time.Time) (pardon []*entry) {
	if bad && now.Before(b.open) {
		return []*entry{e} // it began before the pause, and failed as the others did
	}
	if b.outcomes == nil {
		b.outcomes = map[string]outcome{}
	}
	b.outcomes[host] = outcome{now, bad, e}
	suspects := 0
	for h, o := range b.outcomes {
		if now.Sub(o.at) > breakerWindow {
			delete(b.outcomes, h)
		} else if o.suspect {
			suspects++
		}
	}
	if !bad || len(b.outcomes) < breakerHosts || 2*suspects <= len(b.outcomes) {
		if !bad && 2*suspects <= len(b.outcomes) {
			b.pause = 0 // the world is back
		}
		return nil
	}
	for _, o := range b.outcomes {
		if o.suspect {
			pardon = append(pardon, o.entry)
		}
	}
	b.pause = min(max(2*b.pause, breakerPause), breakerMost)
	b.open = now.Add(b.pause)
	clear(b.outcomes)
	return pardon
}
