package ingest

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxURLBytes is more than any newsroom's link needs; a longer one is data.
const maxURLBytes = 4096

// trackers are query parameters that say how the reader came, never what is
// read. Names are compared in lower case; a name ending in "*" is a prefix.
var trackers = newNameSet(
	"utm_*", "pk_*", "mtm_*", "hsa_*", "ns_*", "at_link_*", "guce_*", "fb_action_*",
	"fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid", "igshid", "igsh",
	"mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "vero_id", "oly_enc_id", "oly_anon_id", "spm", "wickedid",
	"at_medium", "at_campaign", "at_campaign_type", "at_custom1", "at_custom2", "at_custom3", "at_custom4",
	"at_format", "at_bbc_team", "at_ptr_name", // BBC
	"cmpid", "cmp", "intcmp", "int_cmp", "icid", "ncid", "ocid", "s_cid", "wt_mc", "wt.mc_id", "ftcamp", "mbid",
	"smid", "smtyp", // New York Times
	"traffic_source", // Al Jazeera
	"maca",           // Deutsche Welle
	"xtor",           // French papers
	"ito",            // Daily Mail
	"guccounter", "__twitter_impression", "wprov", "feedname", "feedtype",
)

// channelParams are dropped only when their value is one of feedWords:
// "?source=rss" is a tracker, "?source=afp" may select the page.
var (
	channelParams = newNameSet("source", "src", "from", "ref", "origin", "via", "medium", "rss")
	feedWords     = newNameSet("rss", "rss2", "rssfeed", "rss_feed", "rss-feed", "feed", "feeds", "atom")
)

// nameSet matches lower-case names, exactly or by prefix.
type nameSet struct {
	exact    map[string]bool
	prefixes []string
}

func newNameSet(names ...string) nameSet {
	s := nameSet{exact: make(map[string]bool, len(names))}
	for _, n := range names {
		if p, ok := strings.CutSuffix(n, "*"); ok {
			s.prefixes = append(s.prefixes, p)
		} else {
			s.exact[n] = true
		}
	}
	return s
}

func (s nameSet) has(name string) bool {
	name = strings.ToLower(name)
	if s.exact[name] {
		return true
	}
	for _, p := range s.prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// CanonicalURL returns the one spelling of an item's link, resolved against
// base (which may be empty): scheme and host in lower case, no default port, no
// credentials, no fragment, no tracking parameters; what remains of the query
// keeps its order. CanonicalURL of its own result changes nothing.
//
// Anything but http and https is an error: a feed may carry javascript: and
// file: links, and an alert must not pass them on.
func CanonicalURL(raw, base string) (string, error) {
	s := stripURLSpace(raw)
	if s == "" {
		return "", errors.New("link is empty")
	}
	if len(s) > maxURLBytes {
		return "", fmt.Errorf("link is %d bytes long, %d is the limit", len(s), maxURLBytes)
	}
	for strings.Contains(s, "&amp;") {
		s = strings.ReplaceAll(s, "&amp;", "&")
	}
	if len(s) > 4 && strings.EqualFold(s[:4], "www.") {
		s = "https://" + s
	}
	u, err := url.Parse(escapeStrayPercent(s))
	if err != nil {
		return "", fmt.Errorf("link %q cannot be read", clipText(s, 100))
	}
	if !u.IsAbs() && base != "" {
		b, err := url.Parse(escapeStrayPercent(stripURLSpace(base)))
		if err != nil {
			return "", fmt.Errorf("base %q cannot be read", clipText(base, 100))
		}
		u = b.ResolveReference(u)
	}
	if u.Scheme == "" && u.Host != "" {
		u.Scheme = "https"
	}
	if u.IsAbs() {
		u = u.ResolveReference(&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}) // dot segments
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("link %q is not http or https", clipText(s, 100))
	}
	if u.Opaque != "" || u.Host == "" {
		return "", fmt.Errorf("link %q names no host", clipText(s, 100))
	}
	host, err := canonicalHost(u)
	if err != nil {
		return "", fmt.Errorf("link %q: %w", clipText(s, 100), err)
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	out := u.Scheme + "://" + host + escapeNonASCII(path)
	if q := canonicalQuery(u.RawQuery); q != "" {
		out += "?" + q
	}
	if len(out) > 3*maxURLBytes {
		return "", fmt.Errorf("link is %d bytes long, %d is the limit", len(out), maxURLBytes)
	}
	return out, nil
}

func canonicalHost(u *url.URL) (string, error) {
	host, port := u.Hostname(), u.Port()
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "", fmt.Errorf("port %q is not one", port)
		}
		port = strconv.FormatUint(n, 10)
	}
	if (u.Scheme == "http" && port == "80") || (u.Scheme == "https" && port == "443") {
		port = ""
	}
	if strings.Contains(host, ":") {
		a, err := netip.ParseAddr(host)
		if err != nil || a.Zone() != "" {
			return "", fmt.Errorf("host %q is not an address", host)
		}
		host = "[" + a.String() + "]"
	} else {
		host = foldHost(host)
		if !isASCII(host) {
			ascii, err := idna.Lookup.ToASCII(host)
			if err != nil {
				return "", fmt.Errorf("host %q is not a name", host)
			}
			host = foldHost(ascii)
		}
		if !plainHostName(host) || strings.HasPrefix(host, ".") || strings.Contains(host, "..") || strings.HasSuffix(host, ".") {
			return "", fmt.Errorf("host %q is not a name", host)
		}
	}
	if port != "" {
		host += ":" + port
	}
	return host, nil
}

func canonicalQuery(raw string) string {
	if raw == "" {
		return ""
	}
	kept := make([]string, 0, 4)
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		key, val, _ := strings.Cut(part, "=")
		if k, err := url.QueryUnescape(key); err == nil {
			key = k
		}
		if trackers.has(key) || (channelParams.has(key) && feedWords.has(val)) {
			continue
		}
		kept = append(kept, escapeNonASCII(part))
	}
	return strings.Join(kept, "&")
}

// stripURLSpace drops what browsers drop: outer space, and tabs, line ends and
// other control characters anywhere.
func stripURLSpace(s string) string {
	s = strings.TrimSpace(s)
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// escapeStrayPercent turns a "%" that starts no escape into "%25".
func escapeStrayPercent(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '%' && (i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2])) {
			b.WriteString("25")
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// escapeNonASCII percent-encodes what may not stand in a URL as it is.
func escapeNonASCII(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c <= 0x20 || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}#", c) >= 0 {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// clipText shortens s for a message, at a rune border.
func clipText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

var addresses = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S+`)

// Redacted is a text without the passwords of the addresses in it.
func Redacted(text string) string {
	return addresses.ReplaceAllStringFunc(text, func(address string) string {
		scheme, rest, _ := strings.Cut(address, "://")
		host := len(rest)
		// Where an address cannot be read, its password may be the reason.
		if _, err := url.Parse(address); err == nil {
			if i := strings.IndexAny(rest, "/?#"); i >= 0 {
				host = i
			}
		}
		at := strings.LastIndex(rest[:host], "@")
		user, _, secret := strings.Cut(rest[:max(at, 0)], ":")
		if !secret {
			return address
		}
		return scheme + "://" + user + ":xxxxx" + rest[at:]
	})
}
