package bus

import (
	"fmt"
	"strings"
)

// Version is the second token of every subject: records under it stay readable
// by every program that speaks it.
const Version = "v1"

// Unknown stands for a token whose value is not known. An empty token is never
// written: the server lets "a..b" time out.
const Unknown = "_"

// maxToken bounds a subject token; longer ones are cut.
const maxToken = 48

// Token makes any text a subject token: lower case, [a-z0-9_-] only, at most 48
// bytes, "_" where nothing is left. What it replaces becomes "-".
func Token(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(s) {
		if b.Len() >= maxToken {
			break
		}
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_':
			b.WriteRune(r)
			dash = false
		default:
			if !dash && b.Len() > 0 {
				b.WriteByte('-')
				dash = true
			}
		}
	}
	t := strings.TrimRight(b.String(), "-")
	if t == "" {
		return Unknown
	}
	return t
}

// Subject joins the prefix, the version and the tokens. It panics on a token
// that Token would change: a subject is built by code, never by input.
func (b *Bus) Subject(tokens ...string) string {
	for _, t := range tokens {
		if t != Token(t) {
			panic(fmt.Sprintf("bus: %q is no subject token", t))
		}
	}
	return b.prefix + "." + Version + "." + strings.Join(tokens, ".")
}

// Pattern is Subject for subscriptions: its tokens may be wildcards.
func (b *Bus) Pattern(tokens ...string) string { return pattern(b.prefix, tokens...) }

func pattern(prefix string, tokens ...string) string {
	return prefix + "." + Version + "." + strings.Join(tokens, ".")
}
