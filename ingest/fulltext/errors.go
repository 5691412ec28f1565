package fulltext

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Reasons why there is no text: the closed list that metrics and logs use.
const (
	ReasonAddress    = "address"     // the link or a redirect is not http or https
	ReasonRobots     = "robots"      // robots.txt forbids the page
	ReasonRobotsDown = "robots_down" // robots.txt cannot be had, which forbids the page for now
	ReasonStatus     = "status"      // not 2xx
	ReasonElsewhere  = "elsewhere"   // redirected to the front page
	ReasonNotHTML    = "not_html"    // neither HTML nor XHTML
	ReasonTooLarge   = "too_large"   // over Config.MaxBytes
	ReasonTangled    = "tangled"     // nested too deep, too many elements, or too much work
	ReasonBroken     = "broken"      // the extraction failed
	ReasonTooShort   = "too_short"   // no article, or less of it than the teaser has
	ReasonPaywall    = "paywall"     // too short, and the page says that it is not free
	ReasonTimeout    = "timeout"     // no turn or no answer in time
	ReasonCanceled   = "canceled"    // the caller stopped
	ReasonFetch      = "fetch"       // no answer
)

// Reasons lists every Error.Reason.
var Reasons = []string{
	ReasonAddress, ReasonRobots, ReasonRobotsDown, ReasonStatus, ReasonElsewhere, ReasonNotHTML, ReasonTooLarge,
	ReasonTangled, ReasonBroken, ReasonTooShort, ReasonPaywall, ReasonTimeout, ReasonCanceled, ReasonFetch,
}

// Error reports why a page gave no text and what an operator may do about it.
type Error struct {
	URL    string
	Reason string // one of Reasons
	Status int    // for ReasonStatus
	Err    error
}

const off = "turn full text off for this feed"

func (e *Error) Error() string {
	s := "full text of " + e.URL + ": "
	if e.Err != nil {
		s += e.Err.Error()
	}
	switch e.Reason {
	case ReasonRobots:
		return s + "; the teaser is used: " + off + ", or ask the outlet to admit us"
	case ReasonRobotsDown:
		return s + "; the page is left alone until robots.txt answers again"
	case ReasonStatus:
		switch {
		case e.Status == 401, e.Status == 402, e.Status == 403:
			return s + fmt.Sprintf("status %d, refused; %s, or set a user agent with a contact address", e.Status, off)
		case e.Status == 404, e.Status == 410:
			return s + fmt.Sprintf("status %d, the page is gone; nothing to do", e.Status)
		case e.Status == 429:
			return s + "status 429, asked too often; raise the pause between requests to one host"
		}
		return s + fmt.Sprintf("status %d; the teaser is used", e.Status)
	case ReasonTooLarge:
		return s + "; raise the size limit of pages if the feed is worth it"
	case ReasonNotHTML, ReasonTooShort, ReasonTangled, ReasonBroken:
		return s + "; the teaser is used, " + off + " if this is the rule"
	case ReasonPaywall:
		return s + ", and the page says that it is for subscribers; " + off
	case ReasonElsewhere:
		return s + "; the story was probably taken down, the teaser is used"
	case ReasonTimeout:
		return s + "; the teaser is used, allow more time if this is the rule"
	case ReasonAddress:
		return s + "; correct the feed's links or " + off
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Temporary reports whether asking again later may give the text.
func (e *Error) Temporary() bool {
	switch e.Reason {
	case ReasonRobotsDown, ReasonTimeout, ReasonCanceled, ReasonFetch:
		return true
	case ReasonStatus:
		return e.Status == 408 || e.Status == 425 || e.Status == 429 || e.Status >= 500
	}
	return false
}

// stopped is the error of a call whose time is over.
func stopped(u *url.URL, err error) *Error {
	e := &Error{URL: clip(u.String()), Reason: ReasonTimeout, Err: err}
	if errors.Is(err, context.Canceled) {
		e.Reason = ReasonCanceled
	}
	return e
}

// noAnswer is the error of a request that failed.
func noAnswer(ctx context.Context, u *url.URL, err error) *Error {
	if ctx.Err() != nil {
		return stopped(u, ctx.Err())
	}
	var ne net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ne) && ne.Timeout() {
		return &Error{URL: clip(u.String()), Reason: ReasonTimeout, Err: err}
	}
	return &Error{URL: clip(u.String()), Reason: ReasonFetch, Err: err}
}

// clip keeps messages readable.
func clip(s string) string {
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
