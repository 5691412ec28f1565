package bus_test

import (
	"path/filepath"
	"strings"
	"testing"

	"tocsin/internal/bus"
)

func TestValidate(t *testing.T) {
	there := secretFile(t, "x")
	for _, tt := range []struct {
		name   string
		change func(*bus.Config)
		want   []string // parts of the error, nil for none
	}{
		{"the default is valid", func(*bus.Config) {}, nil},
		{"a cluster of three is valid", func(c *bus.Config) { c.URL, c.Replicas = "nats://a:4222,b:4222", 3 }, nil},
		{"a prefix is a token", func(c *bus.Config) { c.Prefix = "Toc.sin" }, []string{`nats.prefix is "Toc.sin"`}},
		{"a prefix is not empty", func(c *bus.Config) { c.Prefix = "" }, []string{`nats.prefix is ""`}},
		{"a prefix is short", func(c *bus.Config) { c.Prefix = strings.Repeat("x", 25) }, []string{"nats.prefix"}},
		{"durability is one of three words", func(c *bus.Config) { c.Durability = "never" }, []string{"use always"}},
		{"replicas are 1, 3 or 5", func(c *bus.Config) { c.URL, c.Replicas = "nats://a", 2 }, []string{"use 1, 3 or 5"}},
		{"the embedded server has no replicas", func(c *bus.Config) { c.Replicas = 3 }, []string{"the embedded server is alone"}},
		{"credentials are for an external server", func(c *bus.Config) { c.Credentials = there }, []string{"nats.credentials_file is set, but nats.url is empty"}},
		{"a domain is for an external server", func(c *bus.Config) { c.Domain = "hub" }, []string{"nats.domain is set, but nats.url is empty"}},
		{"listen is for the embedded server", func(c *bus.Config) { c.URL, c.Listen = "nats://a", "127.0.0.1:4222" }, []string{"nothing would listen"}},
		{"a connection has one identity", func(c *bus.Config) { c.URL, c.Credentials, c.NKey = "nats://a", there, there }, []string{"are both set"}},
		{"a certificate needs its key", func(c *bus.Config) { c.URL, c.TLS.Cert = "nats://a", there }, []string{"cert_file and key_file together"}},
		{"a file that is named exists", func(c *bus.Config) { c.TokenFile = filepath.Join(t.TempDir(), "none") }, []string{"nats.token_file", "no such file"}},
		{"listen has a port", func(c *bus.Config) { c.Listen = "localhost" }, []string{"write host:port"}},
		{"loopback needs no token", func(c *bus.Config) { c.Listen = "127.0.0.1:4222" }, nil},
		{"IPv6 loopback needs no token", func(c *bus.Config) { c.Listen = "[::1]:4222" }, nil},
		{"all addresses need a token", func(c *bus.Config) { c.Listen = ":4222" }, []string{"without a password"}},
		{"a name may be open to others", func(c *bus.Config) { c.Listen = "news.example:4222" }, []string{"without a password"}},
		{"with a token any address will do", func(c *bus.Config) { c.Listen, c.TokenFile = "0.0.0.0:4222", there }, nil},
		{"every mistake is told at once", func(c *bus.Config) { c.Prefix, c.Durability, c.Replicas, c.Listen = "", "x", 7, "x" },
			[]string{"nats.prefix", "nats.durability", "nats.replicas", "nats.listen"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := bus.DefaultConfig()
			tt.change(&cfg)
			err := cfg.Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("Validate(%+v) = %v, want %q", cfg, err, tt.want)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("Validate(%+v) = %v, want it to say %q", cfg, err, w)
				}
			}
		})
	}
}
