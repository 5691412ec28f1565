package ingest

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// Reasons why a fetch failed: the closed list that metrics and logs use.
const (
	ReasonTimeout   = "timeout"   // no header in time, or nothing of the body
	ReasonDNS       = "dns"       // the host has no address
	ReasonConnect   = "connect"   // nobody answers there, or the connection broke
	ReasonTLS       = "tls"       // certificate or handshake
	ReasonSSRF      = "ssrf"      // the guard refused the address
	ReasonRedirect  = "redirect"  // too many, or in a circle
	ReasonScheme    = "scheme"    // not http or https, here or on a redirect
	ReasonStatus    = "status"    // neither 200 nor 304
	ReasonTooLarge  = "too_large" // over MaxBytes, counted after decompression
	ReasonEncoding  = "encoding"  // Content-Encoding unknown or broken
	ReasonEmpty     = "empty"     // 200 without a body
	ReasonProtocol  = "protocol"  // not HTTP as it is written down
	ReasonTruncated = "truncated" // cut off before anything of it could be read
	ReasonCanceled  = "canceled"  // the caller stopped
)

// Reasons lists every FetchError.Reason.
var Reasons = []string{
	ReasonTimeout, ReasonDNS, ReasonConnect, ReasonTLS, ReasonSSRF, ReasonRedirect, ReasonScheme, ReasonStatus,
	ReasonTooLarge, ReasonEncoding, ReasonEmpty, ReasonProtocol, ReasonTruncated, ReasonCanceled,
}

// FetchError reports one failed fetch and what the operator may do about it.
type FetchError struct {
	URL        string // without a password
	Reason     string // one of Reasons
	Status     int    // for ReasonStatus
	RetryAfter time.Duration
	// Redirected tells that another address answered than the one asked for: what it
	// says of itself, such as that it is gone, does not speak for the feed.
	Redirected bool
	Err        error
}

func (e *FetchError) Error() string {
	s := "fetch " + e.URL + ": "
	cause := "no details"
	if e.Err != nil {
		cause = e.Err.Error()
	}
	switch e.Reason {
	case ReasonStatus:
		switch {
		case e.Status == 401:
			return s + "status 401, refused; write a user and password that are good into the address, or drop the feed"
		case e.Status == 403:
			return s + fmt.Sprintf("status %d, refused; set ingest.user_agent to one with a contact address, or drop the feed", e.Status)
		case e.Status == 404:
			return s + "status 404, not there; asking ever more seldom, once a day in the end; look for the feed's new address"
		case e.Status == 410:
			return s + "status 410, gone for good; looking again in a month; drop the feed"
		case e.Status == 429:
			return s + "status 429, asked too often; raise ingest.every for this feed"
		}
		return s + fmt.Sprintf("status %d; polling it again later", e.Status)
	case ReasonSSRF:
		return s + cause
	case ReasonTooLarge:
		return s + cause + "; raise ingest.max_bytes if the feed is worth it"
	case ReasonScheme, ReasonRedirect:
		return s + cause + "; correct the feed's address"
	case ReasonTLS:
		return s + cause + "; the server's certificate needs care, it is never asked without TLS instead"
	case ReasonDNS:
		return s + cause + "; check the feed's address if this goes on"
	case ReasonTimeout:
		return s + "no answer in time (" + cause + "); polling it again later"
	}
	return s + cause
}

func (e *FetchError) Unwrap() error { return e.Err }

// Temporary reports whether a later poll may succeed unaided.
func (e *FetchError) Temporary() bool {
	switch e.Reason {
	case ReasonSSRF, ReasonScheme, ReasonTooLarge:
		return false
	case ReasonStatus:
		return e.Status == 408 || e.Status == 425 || e.Status == 429 || e.Status >= 500
	}
	return true
}

// FetcherConfig bounds a Fetcher. Zero values mean DefaultFetcherConfig's.
type FetcherConfig struct {
	UserAgent     string
	MaxBytes      int64         // of the body, after decompression
	Timeout       time.Duration // for the whole fetch, redirects included
	HeaderTimeout time.Duration // from the request to the end of the response header, each hop
	MaxRedirects  int
	// Downgrade lets a redirect lead from https to http: what comes that way
	// anybody on it may have written.
	Downgrade bool
	Guard     *Guard // nil refuses every private address

	tls *tls.Config // tests only; nil is the system's
}

// DefaultFetcherConfig is what FetcherConfig's zero values mean.
func DefaultFetcherConfig() FetcherConfig {
	return FetcherConfig{
		UserAgent:     "Tocsin/1 (feed reader; set ingest.user_agent)",
		MaxBytes:      16 << 20,
		Timeout:       30 * time.Second,
		HeaderTimeout: 10 * time.Second,
		MaxRedirects:  10,
	}
}

// Fetcher makes conditional GETs for feeds. It is safe for concurrent use.
//
// It keeps no cookies, sends no referrer, uses no proxy (a proxy would dial in
// the guard's place) and never falls back from https to http by itself.
type Fetcher struct {
	cfg   FetcherConfig
	tr    *http.Transport
	plain *http.Transport // HTTP/1.1 alone
}

// NewFetcher returns a Fetcher; Close it when done.
func NewFetcher(cfg FetcherConfig) *Fetcher {
	def := DefaultFetcherConfig()
	if cfg.UserAgent == "" {
		cfg.UserAgent = def.UserAgent
	}
	if cfg.MaxBytes <= 0 {
		cfg.MaxBytes = def.MaxBytes
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = def.Timeout
	}
	if cfg.HeaderTimeout <= 0 {
		cfg.HeaderTimeout = def.HeaderTimeout
	}
	if cfg.MaxRedirects <= 0 {
		cfg.MaxRedirects = def.MaxRedirects
	}
	if cfg.Guard == nil {
		cfg.Guard = &Guard{}
	}
	transport := func(http2 bool) *http.Transport {
		var protocols http.Protocols
		protocols.SetHTTP1(true)
		protocols.SetHTTP2(http2)
		return &http.Transport{
			DialContext:            cfg.Guard.DialContext,
			TLSHandshakeTimeout:    cfg.HeaderTimeout,
			ResponseHeaderTimeout:  cfg.HeaderTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // the size limit must see decompressed bytes: see body
			Protocols:              &protocols,
			TLSClientConfig:        cfg.tls.Clone(), // HTTP/2 writes its name into it
			MaxIdleConns:           64,
			MaxIdleConnsPerHost:    1,
			MaxConnsPerHost:        4,
			IdleConnTimeout:        30 * time.Second, // shorter than any polling interval: only same-host feeds gain
		}
	}
	return &Fetcher{cfg: cfg, tr: transport(true), plain: transport(false)}
}

// Close drops the idle connections.
func (f *Fetcher) Close() {
	f.tr.CloseIdleConnections()
	f.plain.CloseIdleConnections()
}

// Request is one address to ask for, with the validators of the last good poll.
type Request struct {
	URL                string
	ETag, LastModified string // opaque, sent back byte for byte; empty is none
	// ValidFor is the address that gave the validators, where redirects led from
	// URL to another one: they go nowhere else. Empty is URL itself.
	ValidFor string
	Accept   string // empty asks for feeds
	// Trace, if set, is told of every answer as it comes, redirects included.
	Trace func(Hop)
}

// Hop is one answer on the way to a body.
type Hop struct {
	URL      string // without a password
	Status   int
	Protocol string // "HTTP/2.0"
	Sent     http.Header
	Header   http.Header
}

// Response is a fetch that succeeded: a body, or NotModified.
type Response struct {
	NotModified  bool
	Status       int
	Body         []byte // decompressed; at most MaxBytes
	FinalURL     string // after all redirects
	PermanentURL string // set if there were redirects and every one was a 301 or 308
	ContentType  string
	// ETag and LastModified are for the next Request. A validator of more than
	// 1 KB or with control characters is dropped, and both are when Truncated. With
	// NotModified an empty one means that the old one stands.
	ETag, LastModified string
	Truncated          bool // the body ended before its end; Body is what came
	RetryAfter, MaxAge time.Duration
	WireBytes          int64  // bytes of the body before decompression
	Hub, Self          string // WebSub, as the Link header has them
}

const acceptFeeds = "application/atom+xml, application/rss+xml, application/rdf+xml, application/feed+json, " +
	"application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.1"

// Fetch asks for r.URL once. Every error is a *FetchError.
func (f *Fetcher) Fetch(ctx context.Context, r Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	fail := func(u *url.URL, reason string, err error) error {
		shown := r.URL
		if u != nil {
			shown = u.Redacted()
		}
		if errors.Is(context.Cause(ctx), context.Canceled) {
			reason = ReasonCanceled
		}
		return &FetchError{URL: clipText(shown, 300), Reason: reason, Err: err}
	}
	u, err := url.Parse(strings.TrimSpace(r.URL))
	if err != nil {
		return nil, &FetchError{URL: "(unreadable address)", Reason: ReasonScheme, Err: errors.New("the address cannot be read")}
	}
	r.ETag, r.LastModified = validator(r.ETag), validator(r.LastModified)
	permanent, hops, noCache := true, 0, false
	from := u
	for {
		if reason, err := f.refuses(from, u, f.cfg.Downgrade); err != nil {
			return nil, fail(u, reason, err)
		}
		from = u
		resp, err := f.get(ctx, u, r, noCache)
		if err != nil {
			reason, err := classify(err)
			return nil, fail(u, reason, err)
		}
		if r.Trace != nil {
			r.Trace(Hop{URL: u.Redacted(), Status: resp.StatusCode, Protocol: resp.Proto, Sent: shown(resp.Request.Header), Header: resp.Header})
		}
		switch status := resp.StatusCode; status {
		case 301, 302, 303, 307, 308:
			resp.Body.Close()
			next, err := target(resp, u)
			if err != nil {
				return nil, fail(u, ReasonProtocol, err)
			}
			if hops++; hops > f.cfg.MaxRedirects {
				return nil, fail(u, ReasonRedirect, fmt.Errorf("more than %d redirects", f.cfg.MaxRedirects))
			}
			permanent = permanent && (status == 301 || status == 308)
			u = next
			continue
		case 304:
			if h := resp.Request.Header; h.Get("If-None-Match") == "" && h.Get("If-Modified-Since") == "" {
				resp.Body.Close()
				if noCache {
					return nil, fail(u, ReasonProtocol, errors.New("status 304 to a request without validators"))
				}
				noCache = true // a cache on the way may be confused; ask past it, once
				continue
			}
		}
		res, err := f.read(resp, u)
		if err != nil {
			var fe *FetchError
			if errors.As(err, &fe) {
				fe.URL, fe.Redirected = clipText(u.Redacted(), 300), hops > 0
				if errors.Is(context.Cause(ctx), context.Canceled) {
					fe.Reason = ReasonCanceled
				}
				return nil, fe
			}
			reason, err := classify(err)
			return nil, fail(u, reason, err)
		}
		if errors.Is(context.Cause(ctx), context.Canceled) {
			return nil, fail(u, ReasonCanceled, context.Canceled)
		}
		res.FinalURL = u.String()
		if hops > 0 && permanent {
			res.PermanentURL = res.FinalURL
		}
		return res, nil
	}
}

// refuses says why an address is not asked for, whoever it is named by.
func (f *Fetcher) refuses(from, u *url.URL, downgrade bool) (reason string, err error) {
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ReasonScheme, errors.New("only http and https addresses with a host can be polled")
	}
	if from.Scheme == "https" && u.Scheme == "http" && !downgrade {
		return ReasonRedirect, errors.New("a redirect leads from https to http, where anybody on the way may write the feed; set ingest.allow_downgrade to follow it")
	}
	return "", nil
}

// target is where a redirect leads.
func target(resp *http.Response, u *url.URL) (*url.URL, error) {
	loc := resp.Header.Get("Location")
	next, err := u.Parse(loc)
	if loc == "" || err != nil || len(next.String()) > maxURLBytes {
		return nil, fmt.Errorf("status %d without a usable Location", resp.StatusCode)
	}
	next.Fragment = ""
	return next, nil
}

// shown is a request's header without what must not be printed.
func shown(h http.Header) http.Header {
	h = h.Clone()
	if h.Get("Authorization") != "" {
		h.Set("Authorization", "(hidden)")
	}
	return h
}

// get asks once, and once more where that can help and does no harm: over
// HTTP/1.1 if the server's HTTP/2 is broken, over another connection if this one
// ended before a byte of the answer.
func (f *Fetcher) get(ctx context.Context, u *url.URL, r Request, noCache bool) (*http.Response, error) {
	req, err := f.request(ctx, u, r, noCache)
	if err != nil {
		return nil, err
	}
	resp, err := f.tr.RoundTrip(req)
	switch {
	case err == nil || ctx.Err() != nil:
		return resp, err
	case brokenHTTP2(err), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		if req, err = f.request(ctx, u, r, noCache); err != nil {
			return nil, err
		}
		return f.plain.RoundTrip(req)
	}
	return nil, err
}

// brokenHTTP2 tells whether an error is of the protocol HTTP/2: net/http keeps
// its types to itself.
func brokenHTTP2(err error) bool {
	s := err.Error()
	return strings.Contains(s, "http2: ") || strings.Contains(s, "stream error: ") || strings.Contains(s, "connection error: ")
}

func (f *Fetcher) request(ctx context.Context, u *url.URL, r Request, noCache bool) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	if u.User != nil { // the transport itself ignores credentials in URLs
		pass, _ := u.User.Password()
		req.SetBasicAuth(u.User.Username(), pass)
	}
	req.Header.Set("User-Agent", f.cfg.UserAgent)
	req.Header.Set("Accept", cmp.Or(r.Accept, acceptFeeds))
	req.Header.Set("Accept-Encoding", "gzip, br, zstd")
	if u.String() == cmp.Or(r.ValidFor, r.URL) {
		if r.ETag != "" {
			req.Header.Set("If-None-Match", r.ETag)
		}
		if r.LastModified != "" {
			req.Header.Set("If-Modified-Since", r.LastModified)
		}
	}
	if noCache {
		req.Header.Set("Cache-Control", "no-cache")
	}
	return req, nil
}

// read turns a response into a Response and closes its body. It never drains
// what it does not want: an endless body must not hold the connection.
func (f *Fetcher) read(resp *http.Response, u *url.URL) (*Response, error) {
	defer resp.Body.Close()
	res := &Response{
		Status:       resp.StatusCode,
		ContentType:  resp.Header.Get("Content-Type"),
		ETag:         validator(resp.Header.Get("ETag")),
		LastModified: validator(resp.Header.Get("Last-Modified")),
		RetryAfter:   retryAfter(resp.Header),
		MaxAge:       maxAge(resp.Header),
	}
	res.Hub, res.Self = hubLinks(resp.Header, u)
	if res.ETag == "" && changedWithin(resp.Header, time.Second) {
		// The feed may change again within the second that its clock shows,
		// and the server would then say that it has not (RFC 9110, 8.8.2.2).
		res.LastModified = ""
	}
	switch resp.StatusCode {
	case 304:
		res.NotModified = true
		return res, nil
	case 200, 203, 226:
	case 204, 205:
		return nil, &FetchError{Reason: ReasonEmpty, Err: fmt.Errorf("status %d, no body", resp.StatusCode)}
	default:
		return nil, &FetchError{Reason: ReasonStatus, Status: resp.StatusCode, RetryAfter: res.RetryAfter}
	}
	if resp.ContentLength > f.cfg.MaxBytes {
		return nil, &FetchError{Reason: ReasonTooLarge,
			Err: fmt.Errorf("the server announces %d bytes, %d is the limit", resp.ContentLength, f.cfg.MaxBytes)}
	}
	// The wire is limited too: a compressed stream can be endless and say nothing.
	wire := &countingReader{r: resp.Body, left: f.cfg.MaxBytes + 1}
	dec, closeDec, err := decoder(wire, resp.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	defer closeDec()
	res.Body, err = gather(dec, f.cfg.MaxBytes)
	res.WireBytes = wire.n
	if errors.Is(err, errTooMuch) || errors.Is(err, errWireLimit) {
		return nil, &FetchError{Reason: ReasonTooLarge, Err: fmt.Errorf("the body exceeds %d bytes", f.cfg.MaxBytes)}
	}
	if err != nil {
		switch {
		case wire.err == nil && !errors.Is(err, io.ErrUnexpectedEOF):
			if !errors.Is(err, gzip.ErrHeader) || len(res.Body) == 0 { // junk after a whole gzip stream is harmless
				return nil, &FetchError{Reason: ReasonEncoding, Err: fmt.Errorf("the compressed body is broken: %w", err)}
			}
		case len(res.Body) == 0:
			reason, err := classify(err)
			if reason == ReasonProtocol || reason == ReasonConnect {
				reason = ReasonTruncated
			}
			return nil, &FetchError{Reason: reason, Err: fmt.Errorf("the body broke off: %w", err)}
		default:
			res.Truncated = true
			res.ETag, res.LastModified = "", "" // they belong to the whole body
		}
	}
	if len(bytes.TrimSpace(res.Body)) == 0 {
		return nil, &FetchError{Reason: ReasonEmpty, Err: errors.New("the body is empty; what is known of the feed stays")}
	}
	return res, nil
}

var (
	errWireLimit = errors.New("too many compressed bytes")
	errTooMuch   = errors.New("too many bytes")
)

// gather reads r to its end, in pieces that are joined at last: what is larger
// than limit costs that much, not the five times that a growing buffer takes.
func gather(r io.Reader, limit int64) ([]byte, error) {
	var parts [][]byte
	part := make([]byte, 0, 64<<10)
	var err error
	for n := int64(0); err == nil; {
		if len(part) == cap(part) {
			parts = append(parts, part)
			part = make([]byte, 0, min(2*cap(part), 1<<20))
		}
		var m int
		m, err = r.Read(part[len(part):cap(part)])
		part = part[:len(part)+m]
		if n += int64(m); n > limit {
			return nil, errTooMuch
		}
	}
	if err == io.EOF {
		err = nil
	}
	if len(parts) == 0 {
		return part, err
	}
	return bytes.Join(append(parts, part), nil), err
}

// countingReader counts and limits the bytes off the wire, and remembers the
// connection's own error apart from what a decoder makes of it.
type countingReader struct {
	r    io.Reader
	n    int64
	left int64
	err  error
}

func (c *countingReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errWireLimit
	}
	if int64(len(p)) > c.left {
		p = p[:c.left]
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.left -= int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// decoder undoes the Content-Encoding, believing the first bytes over the
// header: servers send gzip unannounced and announce gzip that is none. Only
// one layer is undone.
func decoder(r io.Reader, header []string) (io.Reader, func(), error) {
	none := func() {}
	var coding string
	for _, c := range strings.Split(strings.Join(header, ","), ",") {
		c = strings.ToLower(strings.TrimSpace(c))
		if c == "" || c == "identity" || c == "none" || c == "utf-8" {
			continue
		}
		if coding != "" {
			return nil, none, &FetchError{Reason: ReasonEncoding, Err: fmt.Errorf("body is encoded twice (%s, %s)", coding, clipText(c, 20))}
		}
		coding = c
	}
	switch coding {
	case "", "gzip", "x-gzip", "br", "zstd", "deflate":
	default:
		return nil, none, &FetchError{Reason: ReasonEncoding,
			Err: fmt.Errorf("body is encoded as %q, which was not asked for", clipText(coding, 40))}
	}
	br := bufio.NewReader(r)
	head, err := br.Peek(5)
	if len(head) == 0 {
		if err == io.EOF {
			err = nil
		}
		return &errReader{err}, none, nil
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(br)
		if err != nil {
			return &errReader{err}, none, nil
		}
		return z, none, nil
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return &errReader{err}, none, nil
		}
		return z, z.Close, nil
	case coding == "br" && !looksPlain(head):
		return brotli.NewReader(br), none, nil
	case coding == "deflate" && !looksPlain(head):
		if head[0]&0x0f == 8 && len(head) > 1 && (uint(head[0])<<8|uint(head[1]))%31 == 0 {
			z, err := zlib.NewReader(br)
			if err != nil {
				return &errReader{err}, none, nil
			}
			return z, none, nil
		}
		return flate.NewReader(br), none, nil
	}
	return br, none, nil
}

// looksPlain reports whether a body that was announced as compressed starts
// like text all the same.
func looksPlain(head []byte) bool {
	for _, p := range []string{"<?xml", "<rss", "<feed", "<rdf", "<RDF", "<!DOC", "<!doc", "<html", "<HTML", "\xef\xbb\xbf<", "{\"", "{\n"} {
		if bytes.HasPrefix(head, []byte(p)) {
			return true
		}
	}
	return false
}

type errReader struct{ err error }

func (e *errReader) Read([]byte) (int, error) {
	if e.err == nil {
		return 0, io.EOF
	}
	return 0, e.err
}

// hubLinks reads the Link headers that name a WebSub hub and the topic.
func hubLinks(h http.Header, base *url.URL) (hub, self string) {
	for _, link := range strings.Split(strings.Join(h.Values("Link"), ","), ",") {
		target, params, ok := strings.Cut(strings.TrimSpace(link), ">")
		target, bracket := strings.CutPrefix(target, "<")
		if !ok || !bracket || len(target) > maxURLBytes {
			continue
		}
		u, err := base.Parse(target)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		for _, p := range strings.Split(params, ";") {
			name, val, _ := strings.Cut(strings.TrimSpace(p), "=")
			if !strings.EqualFold(name, "rel") {
				continue
			}
			for _, rel := range strings.Fields(strings.Trim(val, `"`)) {
				switch {
				case strings.EqualFold(rel, "hub") && hub == "":
					hub = u.String()
				case strings.EqualFold(rel, "self") && self == "":
					self = u.String()
				}
			}
		}
	}
	return hub, self
}

// validator returns v if it may be kept and sent back.
func validator(v string) string {
	if len(v) > 1024 {
		return ""
	}
	for i := range len(v) {
		if v[i] < 0x20 && v[i] != '\t' || v[i] == 0x7f {
			return ""
		}
	}
	return v
}

// maxHeaderDelay keeps absurd numbers from overflowing; the schedule clamps
// further.
const maxHeaderDelay = 365 * 24 * time.Hour

// retryAfter reads Retry-After, in seconds or as a date by the server's clock.
func retryAfter(h http.Header) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if d, ok := headerSeconds(v); ok {
		return d
	}
	at, ok := ParseDate(v)
	if !ok {
		return 0
	}
	return clampDelay(at.Sub(serverNow(h)))
}

// maxAge is how long the server says the body stays fresh: max-age less Age,
// else Expires less Date. Both ends are the server's clock, ours may be wrong.
func maxAge(h http.Header) time.Duration {
	age, found := time.Duration(0), false
	for _, part := range strings.Split(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, val, _ := strings.Cut(strings.ToLower(strings.TrimSpace(part)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			if d, ok := headerSeconds(strings.Trim(val, `" `)); ok {
				age, found = d, true
			}
		}
	}
	if found {
		if d, ok := headerSeconds(strings.TrimSpace(h.Get("Age"))); ok {
			age -= d
		}
		return clampDelay(age)
	}
	if at, ok := ParseDate(h.Get("Expires")); ok {
		return clampDelay(at.Sub(serverNow(h)))
	}
	return 0
}

func headerSeconds(v string) (time.Duration, bool) {
	neg := strings.HasPrefix(v, "-")
	if digits := strings.TrimPrefix(v, "-"); digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	if neg {
		return 0, true
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > int64(maxHeaderDelay/time.Second) {
		return maxHeaderDelay, true
	}
	return time.Duration(n) * time.Second, true
}

func clampDelay(d time.Duration) time.Duration { return min(max(d, 0), maxHeaderDelay) }

// changedWithin reports whether Last-Modified is less than d before Date.
func changedWithin(h http.Header, d time.Duration) bool {
	at, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil || h.Get("Date") == "" {
		return false
	}
	return serverNow(h).Sub(at) < d
}

func serverNow(h http.Header) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return time.Now()
}

// classify maps what net/http returns to a Reason.
func classify(err error) (string, error) {
	var (
		refused *RefusedError
		dns     *net.DNSError
		netErr  net.Error
		opErr   *net.OpError
	)
	switch {
	case errors.As(err, &refused):
		return ReasonSSRF, refused
	case errors.Is(err, context.Canceled):
		return ReasonCanceled, err
	case errors.As(err, &dns):
		return ReasonDNS, err
	case isTLS(err):
		return ReasonTLS, err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return ReasonTimeout, err
	case errors.As(err, &opErr), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return ReasonConnect, err
	}
	return ReasonProtocol, err
}

func isTLS(err error) bool {
	var (
		cert   *tls.CertificateVerificationError
		header tls.RecordHeaderError
		alert  tls.AlertError
		host   x509.HostnameError
		auth   x509.UnknownAuthorityError
		inval  x509.CertificateInvalidError
	)
	if errors.As(err, &cert) || errors.As(err, &header) || errors.As(err, &alert) ||
		errors.As(err, &host) || errors.As(err, &auth) || errors.As(err, &inval) {
		return true
	}
	s := err.Error()
	return strings.Contains(s, "tls: ") || strings.Contains(s, "TLS handshake") || strings.Contains(s, "HTTP response to HTTPS client")
}
