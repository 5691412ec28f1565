package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Durability says what a power cut may cost on the embedded server. A crash of
// the program alone (kill -9, a panic) costs nothing under any of them.
type Durability string

const (
	// Always syncs every message to disk before it is acknowledged: a power
	// cut costs nothing. About 4,000 publishes a second on a common disk.
	Always Durability = "always"
	// Balanced syncs once a second: a power cut costs the last second.
	Balanced Durability = "balanced"
	// Relaxed leaves it to NATS' own default, two minutes: a power cut costs
	// up to that much.
	Relaxed Durability = "relaxed"
)

// Config says where JetStream is. Start from DefaultConfig: with no URL the
// server runs inside this process and keeps its files under DataDir.
type Config struct {
	URL         string `yaml:"url"`              // nats://host:4222[,more]; empty runs the embedded server
	Credentials string `yaml:"credentials_file"` // .creds file (JWT and seed)
	NKey        string `yaml:"nkey_file"`        // NKey seed file
	TokenFile   string `yaml:"token_file"`       // file with a token: sent to an external server, demanded of strangers by the embedded one
	TLS         TLS    `yaml:"tls"`
	Inbox       string `yaml:"inbox"`    // first token of the subjects on which this user hears answers; empty is _INBOX
	Domain      string `yaml:"domain"`   // JetStream domain of an external cluster
	Prefix      string `yaml:"prefix"`   // first token of every subject, and head of stream names
	Replicas    int    `yaml:"replicas"` // copies of each stream on a cluster: 1, 3 or 5

	Durability Durability `yaml:"durability"` // always, balanced or relaxed: what a power cut may cost (embedded server)
	Listen     string     `yaml:"listen"`     // host:port on which the embedded server also takes clients; empty opens no port

	// Lease is how long a lease stands that its holder does not renew: 0 is LeaseTTL, and
	// less only where a test waits for one to end.
	Lease   time.Duration         `yaml:"-"`
	DataDir string                `yaml:"-"` // the daemon's data directory; needed by the embedded server
	Log     *slog.Logger          `yaml:"-"` // required
	Metrics prometheus.Registerer `yaml:"-"` // required
}

// TLS names the files of a TLS connection to an external server.
type TLS struct {
	CA   string `yaml:"ca_file"`
	Cert string `yaml:"cert_file"`
	Key  string `yaml:"key_file"`
}

// DefaultConfig is what an empty configuration file means.
func DefaultConfig() Config {
	return Config{Prefix: "tocsin", Replicas: 1, Durability: Always}
}

// connectTimeout bounds the first connection to an external server; later
// losses are waited out for ever.
const connectTimeout = 5 * time.Second

// Validate reports every mistake at once.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Prefix == "" || c.Prefix != Token(c.Prefix) || len(c.Prefix) > 24 {
		bad("nats.prefix is %q: use 1 to 24 of a-z 0-9 _ -, such as \"tocsin\"", c.Prefix)
	}
	if strings.ContainsAny(c.Inbox, ".*> \t\r\n") {
		bad("nats.inbox is %q: use one word that this user may subscribe below, such as _INBOX_enrich", c.Inbox)
	}
	switch c.Durability {
	case Always, Balanced, Relaxed:
	default:
		bad("nats.durability is %q: use always (a power cut costs nothing), balanced (the last second) or relaxed (up to two minutes)", c.Durability)
	}
	switch c.Replicas {
	case 1, 3, 5:
	default:
		bad("nats.replicas is %d: use 1, 3 or 5", c.Replicas)
	}
	if c.URL == "" {
		if c.Replicas != 1 {
			bad("nats.replicas is %d, but the embedded server is alone: set nats.url to a cluster, or use 1", c.Replicas)
		}
		for _, f := range []struct{ key, value string }{
			{"credentials_file", c.Credentials}, {"nkey_file", c.NKey}, {"inbox", c.Inbox}, {"domain", c.Domain},
			{"tls.ca_file", c.TLS.CA}, {"tls.cert_file", c.TLS.Cert}, {"tls.key_file", c.TLS.Key},
		} {
			if f.value != "" {
				bad("nats.%s is set, but nats.url is empty: it speaks of an external server", f.key)
			}
		}
	} else if c.Listen != "" {
		bad("nats.listen is set, but nats.url names an external server: nothing would listen")
	}
	if c.Credentials != "" && c.NKey != "" {
		bad("nats.credentials_file and nats.nkey_file are both set: a connection uses one")
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		bad("nats.tls needs cert_file and key_file together")
	}
	for _, f := range []struct{ key, path string }{
		{"credentials_file", c.Credentials}, {"nkey_file", c.NKey}, {"token_file", c.TokenFile},
		{"tls.ca_file", c.TLS.CA}, {"tls.cert_file", c.TLS.Cert}, {"tls.key_file", c.TLS.Key},
	} {
		if f.path == "" {
			continue
		}
		if _, err := os.Stat(f.path); err != nil {
			bad("nats.%s: %w", f.key, err)
		}
	}
	if c.Listen != "" {
		host, _, err := net.SplitHostPort(c.Listen)
		ip := net.ParseIP(host)
		switch {
		case err != nil:
			bad("nats.listen is %q: write host:port, such as 127.0.0.1:4222", c.Listen)
		case c.TokenFile == "" && host != "localhost" && (ip == nil || !ip.IsLoopback()):
			bad("nats.listen is %q, open to other machines, without a password: set nats.token_file, or listen on 127.0.0.1", c.Listen)
		}
	}
	return errors.Join(errs...)
}
