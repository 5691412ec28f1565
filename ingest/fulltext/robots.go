package fulltext

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	robotsBytes   = 500 << 10        // what RFC 9309 asks of a parser; the rest is not read
	robotsFor     = 24 * time.Hour   // RFC 9309, 2.4
	robotsRetry   = 10 * time.Minute // after the first time without an answer, doubling up to
	robotsSlowest = time.Hour
	robotsTimeout = 20 * time.Second
	robotsHosts   = 10_000
	robotsTotal   = 32 << 20 // all kept rules together
	maxCrawlDelay = 30 * time.Second
)

// robots is what one origin says to us, kept until it is asked again.
type robots struct {
	rules []rule
	delay time.Duration
	err   error // there was no answer: everything is forbidden
	until time.Time
	fails int
}

// rule is one line of the group that speaks to us.
type rule struct {
	pattern string // normalised; may hold "*" and end in "$"
	allow   bool
}

// allowed returns how long to pause before u is asked for, or why it may not be.
func (f *Fetcher) allowed(ctx context.Context, u *url.URL) (gap time.Duration, denied *Error) {
	r, err := f.rules(ctx, u)
	switch {
	case err != nil:
		return 0, noAnswer(ctx, u, err)
	case r.err != nil:
		return 0, &Error{URL: clip(u.String()), Reason: ReasonRobotsDown, Err: r.err}
	case !r.allows(u):
		return 0, &Error{URL: clip(u.String()), Reason: ReasonRobots, Err: fmt.Errorf("robots.txt of %s forbids it to %q", u.Host, f.agent)}
	}
	return max(f.cfg.PerHost, r.delay), nil
}

// rules returns what the origin of u says, and asks it if that is not known. An
// error tells of ctx, not of the origin.
func (f *Fetcher) rules(ctx context.Context, u *url.URL) (robots, error) {
	origin := u.Scheme + "://" + u.Host
	if r, ok := f.known(origin); ok {
		return r, nil
	}
	h, err := f.enter(ctx, u.Hostname())
	if err != nil {
		return robots{}, err
	}
	defer f.leave(h)
	old, ok := f.known(origin)
	if ok { // another call asked while this one waited
		return old, nil
	}
	if err := h.wait(ctx, f.cfg.PerHost); err != nil {
		return robots{}, err
	}
	short, cancel := context.WithTimeout(ctx, robotsTimeout)
	defer cancel()
	page, err := f.ask(short, h, origin+"/robots.txt", "text/plain, */*;q=0.1", robotsBytes)
	if err != nil && ctx.Err() != nil {
		return robots{}, ctx.Err()
	}
	r := answer(page, err, f.agent, old.fails)
	f.mu.Lock()
	f.robots.put(origin, r, r.size()+len(origin))
	f.mu.Unlock()
	return r, nil
}

// known returns what the origin last said, and whether that still holds.
func (f *Fetcher) known(origin string) (robots, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.robots.get(origin)
	return r, ok && time.Now().Before(r.until)
}

// answer reads the answer to a request for robots.txt (RFC 9309, 2.3.1), which
// failed fails times before. 429 is no absence of rules but a plea to stay away.
func answer(page *Page, err error, agent string, fails int) (r robots) {
	r.until = time.Now().Add(robotsFor)
	switch {
	case err != nil:
		r.err = fmt.Errorf("robots.txt cannot be had: %w", err)
	case page.Status >= 500, page.Status == 429:
		r.err = fmt.Errorf("robots.txt cannot be had: status %d", page.Status)
	case page.Status >= 200 && page.Status <= 299:
		body := page.Body
		if page.Truncated { // half a line may forbid more than the whole
			body = body[:bytes.LastIndexAny(body, "\r\n")+1]
		}
		r.rules, r.delay = parseRobots(body, agent)
	}
	if r.err != nil {
		r.fails = fails + 1
		r.until = time.Now().Add(min(robotsRetry<<min(fails, 10), robotsSlowest))
	}
	return r
}

// size is roughly what r takes in memory.
func (r robots) size() int {
	n := 300
	for _, rule := range r.rules {
		n += len(rule.pattern) + 40
	}
	return n
}

// parseRobots returns what a robots.txt says to agent: the rules of all groups
// that name it, else of those for "*". It keeps nothing of the others. What it
// cannot read it skips: a stray line must not open what the rest forbids.
func parseRobots(body []byte, agent string) ([]rule, time.Duration) {
	type group struct {
		rules []rule
		delay time.Duration
	}
	var ours, anyone group
	var named, inOurs, inAnyone, inRules bool // the file names us; whom the current group speaks to; its agents are all read
	add := func(do func(*group)) {
		if inRules = true; inOurs {
			do(&ours)
		}
		if inAnyone {
			do(&anyone)
		}
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	for line := range bytes.FieldsFuncSeq(body, func(r rune) bool { return r == '\n' || r == '\r' }) {
		line, _, _ = bytes.Cut(line, []byte("#"))
		k, v, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		key, val := strings.ToLower(string(bytes.TrimSpace(k))), string(bytes.TrimSpace(v))
		switch key {
		case "user-agent", "useragent":
			if inRules {
				inOurs, inAnyone, inRules = false, false, false
			}
			token := productToken(val)
			inAnyone = inAnyone || token == "*"
			if token != "" && strings.EqualFold(token, agent) {
				inOurs, named = true, true
			}
		case "allow", "disallow":
			add(func(g *group) {
				if val != "" {
					g.rules = append(g.rules, newRule(val, key == "allow"))
				}
			})
		case "crawl-delay", "crawldelay":
			add(func(g *group) {
				if s, err := strconv.ParseFloat(val, 64); err == nil && s > 0 {
					g.delay = time.Duration(min(s, maxCrawlDelay.Seconds()) * float64(time.Second))
				}
			})
		}
	}
	if named {
		return ours.rules, ours.delay
	}
	return anyone.rules, anyone.delay
}

// productToken is the name in a user agent: "Tocsin" of "Tocsin/1 (contact)".
func productToken(s string) string {
	s = strings.TrimSpace(s)
	if i := strings.IndexAny(s, "/ \t"); i >= 0 {
		s = s[:i]
	}
	return s
}

func newRule(pattern string, allow bool) rule {
	if pattern[0] != '/' && pattern[0] != '*' {
		pattern = "/" + pattern // not by the book, but what is meant
	}
	return rule{normalPath(pattern), allow}
}

// allows reports whether u may be asked for: the longest rule that matches
// decides, of two as long the one that allows.
func (r robots) allows(u *url.URL) bool {
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	path = normalPath(path)
	allow, longest := true, -1
	for _, rule := range r.rules {
		if n := len(rule.pattern); n >= longest && (n > longest || rule.allow) && matches(rule.pattern, path) {
			allow, longest = rule.allow, n
		}
	}
	return allow
}

// matches reports whether path begins as pattern says. Each piece between two
// "*" is taken where it comes first, which leaves most to the pieces after it.
func matches(pattern, path string) bool {
	pattern, toEnd := strings.CutSuffix(pattern, "$")
	first, rest, wild := strings.Cut(pattern, "*")
	path, ok := strings.CutPrefix(path, first)
	if !ok {
		return false
	}
	for wild {
		var piece string
		piece, rest, wild = strings.Cut(rest, "*")
		if !wild && toEnd {
			return strings.HasSuffix(path, piece)
		}
		i := strings.Index(path, piece)
		if i < 0 {
			return false
		}
		path = path[i+len(piece):]
	}
	return !toEnd || path == ""
}

// normalPath spells a path or pattern in one way (RFC 9309, 2.2.2): what needs
// no escape has none, what does has one with capital digits.
func normalPath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				if c = byte(n); !unreserved(c) {
					b.WriteString(strings.ToUpper(s[i : i+3]))
				} else {
					b.WriteByte(c)
				}
				i += 2
				continue
			}
		}
		if c <= ' ' || c >= 0x7f || c == '%' { // one that begins no escape must not come to begin one
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// unreserved is RFC 3986, 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
