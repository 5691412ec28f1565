package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"tocsin/internal/bus"
)

type readyCmd struct {
	Config string        `short:"c" env:"TOCSIN_CONFIG" placeholder:"FILE" help:"Configuration of the daemon, which says where it listens."`
	HTTP   *string       `name:"http" placeholder:"ADDR" help:"Where it listens instead. Default 127.0.0.1:9465."`
	Within time.Duration `default:"5s" placeholder:"TIME" help:"Longest time to wait for its answer. Default 5s."`
}

// Help implements kong's HelpProvider.
func (readyCmd) Help() string {
	return `Examples:
  tocsin ready
  tocsin ready --http 127.0.0.1:9465 || echo not yet

Asks /readyz and prints the answer: for health checks in images that have neither shell nor curl. Exits with 0 when every stage runs and every stream answers, 1 when not, 3 when nobody listens.`
}

// Run implements the command.
func (c readyCmd) Run(ctx context.Context, std streams) error {
	listen := ""
	if c.HTTP != nil {
		listen = *c.HTTP
	} else {
		cfg, err := loadConfig(c.Config, os.Environ())
		if err != nil {
			return err
		}
		listen = cfg.HTTP.Listen
	}
	if listen == "" {
		return usageError{errors.New("ready: http.listen is empty: such a daemon tells nobody whether it is ready")}
	}
	address, err := reachableAt(listen)
	if err != nil {
		return usageError{fmt.Errorf("ready: http.listen is %q: write host:port, such as 127.0.0.1:9465", listen)}
	}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return usageError{fmt.Errorf("ready: %w", err)}
	}
	// No proxy of the environment: the daemon is on this machine.
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		return silentError{fmt.Errorf("ready: no daemon answers at %s: start 'tocsin run', or look into its log: %w", address, err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	if err != nil {
		return fmt.Errorf("ready: read the answer of %s: %w", address, err)
	}
	said := strings.TrimSpace(string(body))
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s says %d: %s", address, resp.StatusCode, said)
	}
	_, err = fmt.Fprintln(std.out, said)
	return err
}

// silentError is that nobody answers; its exit code is that of a NATS out of reach.
type silentError struct{ error }

func (silentError) Is(target error) bool { return target == bus.ErrUnreachable }
func (e silentError) Unwrap() error      { return e.error }

// reachableAt is where to ask whoever listens on listen: one that listens on all
// addresses is asked on loopback.
func reachableAt(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port), nil
}
