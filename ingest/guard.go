package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Guard keeps the fetcher off the operator's own network. A feed is a stranger:
// its URL, its redirects and its DNS may all point at the metadata service of
// the cloud or at a router's setup page.
//
// The check sits in the dial, after DNS, so that the address checked is the
// address dialled; a name that changes its answer between two questions gains
// nothing. Every redirect hop that opens a connection passes here again.
type Guard struct {
	// Allow lists what may be reached although it is private: a host name (then
	// whatever it resolves to), an IP address, either with ":port", or a CIDR
	// prefix. Configuration key ingest.allow_private.
	Allow []string

	resolver *net.Resolver // tests only; nil is the system's
}

// RefusedError reports that a host resolved to an address that the guard does
// not let the fetcher reach. No byte has been sent to it.
type RefusedError struct {
	Host string // as the URL names it
	Addr string // what it resolved to; empty when the name itself was refused
	Why  string // "loopback address", "private network" …
}

func (e *RefusedError) Error() string {
	at := e.Host
	if e.Addr != "" && e.Addr != e.Host {
		at += " is " + e.Addr
	}
	return fmt.Sprintf("%s: %s, which feeds may not reach; name it under ingest.allow_private to permit it", at, e.Why)
}

// dialTimeout bounds one connection attempt; the fetcher's own deadlines are
// longer.
const dialTimeout = 10 * time.Second

// DialContext connects to addr unless the address behind it is refused.
func (g *Guard) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	rules, err := g.rules()
	if err != nil {
		return nil, err
	}
	named := rules.allowsHost(host, port)
	if !named {
		if why := suspectName(host); why != "" {
			return nil, &RefusedError{Host: host, Why: why}
		}
	}
	d := net.Dialer{
		Timeout:   dialTimeout,
		KeepAlive: 30 * time.Second,
		Resolver:  g.resolver,
		Control: func(_, address string, _ syscall.RawConn) error {
			if named {
				return nil
			}
			return rules.check(host, address)
		},
	}
	return d.DialContext(ctx, network, addr)
}

// Validate reports every entry of Allow that cannot be read.
func (g *Guard) Validate() error {
	_, err := g.rules()
	return err
}

// guardRules is Allow, read.
type guardRules struct {
	hosts    map[string]bool // "name" or "name:port"
	prefixes []netip.Prefix
	ports    []netip.AddrPort
}

func (g *Guard) rules() (*guardRules, error) {
	r := &guardRules{hosts: map[string]bool{}}
	if g == nil {
		return r, nil
	}
	var errs []error
	for _, entry := range g.Allow {
		if err := r.add(strings.TrimSpace(entry)); err != nil {
			errs = append(errs, fmt.Errorf("ingest.allow_private entry %q: %w", entry, err))
		}
	}
	return r, errors.Join(errs...)
}

func (r *guardRules) add(s string) error {
	const want = "write a host name, an IP address, host:port or a prefix such as 10.1.0.0/16"
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return errors.New(want)
		}
		r.prefixes = append(r.prefixes, p.Masked())
		return nil
	}
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		a = a.Unmap().WithZone("")
		r.prefixes = append(r.prefixes, netip.PrefixFrom(a, a.BitLen()))
		return nil
	}
	if ap, err := netip.ParseAddrPort(s); err == nil {
		r.ports = append(r.ports, netip.AddrPortFrom(ap.Addr().Unmap().WithZone(""), ap.Port()))
		return nil
	}
	host, port, found := strings.Cut(s, ":")
	if found {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return errors.New(want)
		}
		port = ":" + port
	}
	host = foldHost(host)
	if !plainHostName(host) || endsInNumber(host) {
		return errors.New(want)
	}
	r.hosts[host+port] = true
	return nil
}

func (r *guardRules) allowsHost(host, port string) bool {
	h := foldHost(host)
	return r.hosts[h] || r.hosts[h+":"+port]
}

// check decides about the address that is about to be dialled.
func (r *guardRules) check(host, address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &RefusedError{Host: host, Addr: address, Why: "not an internet address"}
	}
	why := refusedAddr(ap.Addr())
	if why == "" {
		return nil
	}
	a := ap.Addr().Unmap().WithZone("")
	for _, p := range r.prefixes {
		if p.Contains(a) {
			return nil
		}
	}
	for _, p := range r.ports {
		if p.Addr() == a && p.Port() == ap.Port() {
			return nil
		}
	}
	return &RefusedError{Host: host, Addr: ap.Addr().String(), Why: why}
}

// suspectName refuses names before DNS is asked: the loopback names, and the
// inet_aton spellings ("2130706433", "0x7f.1", "127.1") that one resolver turns
// into an address and another does not.
func suspectName(host string) string {
	h := foldHost(host)
	if h == "" {
		return "empty host name"
	}
	if h == "localhost" || strings.HasSuffix(h, ".localhost") {
		return "loopback name"
	}
	if _, err := netip.ParseAddr(h); err != nil && endsInNumber(h) {
		return "number in place of a host name"
	}
	return ""
}

func foldHost(h string) string { return strings.TrimSuffix(strings.ToLower(h), ".") }

// endsInNumber is the WHATWG URL rule for what a browser would take for an IPv4
// address.
func endsInNumber(h string) bool {
	last := h[strings.LastIndexByte(h, '.')+1:]
	if last == "" {
		return false
	}
	if rest, ok := strings.CutPrefix(last, "0x"); ok {
		return strings.Trim(rest, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

func plainHostName(h string) bool {
	if h == "" || len(h) > 253 {
		return false
	}
	for _, r := range h {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9', r == '-', r == '.', r == '_', r >= 0x80:
		default:
			return false
		}
	}
	return true
}

// refusedPrefixes are the ranges of the IANA special-purpose registries that no
// newsroom serves from.
var refusedPrefixes = []struct {
	p   netip.Prefix
	why string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private network"},
	{netip.MustParsePrefix("100.64.0.0/10"), "carrier-grade NAT address"},
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback address"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private network"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignment address"},
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation address"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private network"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking address"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation address"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved address"},

	{netip.MustParsePrefix("::1/128"), "loopback address"},
	{netip.MustParsePrefix("::/96"), "unspecified or IPv4-compatible address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "local NAT64 address"},
	{netip.MustParsePrefix("100::/64"), "discard address"},
	{netip.MustParsePrefix("2001:2::/48"), "benchmarking address"},
	{netip.MustParsePrefix("2001:10::/28"), "ORCHID address"},
	{netip.MustParsePrefix("2001:20::/28"), "ORCHID address"},
	{netip.MustParsePrefix("2001:db8::/32"), "documentation address"},
	{netip.MustParsePrefix("3fff::/20"), "documentation address"},
	{netip.MustParsePrefix("5f00::/16"), "segment routing address"},
	{netip.MustParsePrefix("fc00::/7"), "unique local address"},
	{netip.MustParsePrefix("fe80::/10"), "link-local address"},
	{netip.MustParsePrefix("fec0::/10"), "site-local address"},
	{netip.MustParsePrefix("ff00::/8"), "multicast address"},
}

var (
	prefixNAT64  = netip.MustParsePrefix("64:ff9b::/96")
	prefix6to4   = netip.MustParsePrefix("2002::/16")
	prefixTeredo = netip.MustParsePrefix("2001::/32")
)

// refusedAddr returns why a is refused, or "". An IPv6 address that carries an
// IPv4 address is judged by what it carries: on an IPv6-only network every
// IPv4 newsroom is reached through 64:ff9b::/96, and so would 127.0.0.1 be.
func refusedAddr(a netip.Addr) string {
	a = a.Unmap().WithZone("")
	for _, r := range refusedPrefixes {
		if r.p.Contains(a) {
			return r.why
		}
	}
	if a.Is4() {
		return ""
	}
	b := a.As16()
	inner := func(v4 [4]byte, how string) string {
		if why := refusedAddr(netip.AddrFrom4(v4)); why != "" {
			return why + " behind " + how
		}
		return ""
	}
	switch {
	case prefixNAT64.Contains(a):
		return inner([4]byte(b[12:16]), "NAT64")
	case prefix6to4.Contains(a):
		return inner([4]byte(b[2:6]), "6to4")
	case prefixTeredo.Contains(a):
		if why := inner([4]byte(b[4:8]), "Teredo"); why != "" {
			return why
		}
		return inner([4]byte{^b[12], ^b[13], ^b[14], ^b[15]}, "Teredo")
	}
	return ""
}
