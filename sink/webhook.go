package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// WebhookOutput posts alerts as CloudEvents JSON. The webhook-id header is the
// alert's id and stays the same over retries, so that a receiver can tell one.
type WebhookOutput struct {
	cfg    Webhook
	client *http.Client
	sign   *standardwebhooks.Webhook // nil sends unsigned
}

// NewWebhook reads the secret; it does not call the receiver.
func NewWebhook(cfg Webhook) (*WebhookOutput, error) {
	o := &WebhookOutput{cfg: cfg, client: &http.Client{
		Timeout: cfg.Timeout,
		// A receiver that moved must be configured anew: a redirect would
		// carry the alert, signed, to somebody else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if o.client.Timeout == 0 {
		o.client.Timeout = 10 * time.Second
	}
	if cfg.SecretFile != "" {
		secret, err := os.ReadFile(cfg.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("sink.webhook %s: %w", cfg.Name, err)
		}
		text := strings.TrimSpace(string(secret))
		o.sign, err = standardwebhooks.NewWebhook(text)
		if err == nil && strings.TrimPrefix(text, "whsec_") == "" {
			err = errors.New("it is empty, and everybody could sign")
		}
		if err != nil {
			return nil, fmt.Errorf("sink.webhook %s: secret_file %s: %w; write whsec_ and base64", cfg.Name, cfg.SecretFile, err)
		}
	}
	return o, nil
}

// Name implements Output.
func (o *WebhookOutput) Name() string { return o.cfg.Name }

// Kind implements Output.
func (*WebhookOutput) Kind() string { return "webhook" }

// Send implements Output. 2xx is delivered. 400, 410, 413 and 422 speak of the
// alert itself and are refusals; all else, a receiver that is being deployed or
// a wrong secret too, is tried again.
func (o *WebhookOutput) Send(ctx context.Context, a *Alert, raw []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.cfg.URL, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("post to webhook %s: %w: %w", o.cfg.Name, ErrRefused, withoutAddress(err))
	}
	now := time.Now()
	req.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	req.Header.Set("User-Agent", "tocsin")
	req.Header.Set(standardwebhooks.HeaderWebhookID, a.ID)
	req.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	if o.sign != nil {
		signature, err := o.sign.Sign(a.ID, now, raw)
		if err != nil {
			return fmt.Errorf("sign alert %s: %w", a.ID, err)
		}
		req.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	}
	resp, err := o.client.Do(req)
	if err != nil {
		return fmt.Errorf("post to webhook %s: %w", o.cfg.Name, withoutAddress(err))
	}
	defer resp.Body.Close()
	// Read what little there is, so that the connection can be used again.
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)); err != nil && resp.StatusCode/100 != 2 {
		return fmt.Errorf("post to webhook %s: %w", o.cfg.Name, err)
	}
	switch s := resp.StatusCode; {
	case s/100 == 2:
		return nil
	case s == http.StatusBadRequest, s == http.StatusGone, s == http.StatusRequestEntityTooLarge, s == http.StatusUnprocessableEntity:
		return fmt.Errorf("webhook %s answered %s: %w; mend the receiver, then 'tocsin dead replay'", o.cfg.Name, resp.Status, ErrRefused)
	default:
		return fmt.Errorf("webhook %s answered %s", o.cfg.Name, resp.Status)
	}
}

// withoutAddress keeps the receiver's address out of logs and dead letters: whoever
// knows it may post there, as with many chat services.
func withoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// Close implements Output.
func (o *WebhookOutput) Close() error {
	o.client.CloseIdleConnections()
	return nil
}
