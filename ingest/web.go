package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tocsin/ingest/fulltext"
)

// This file is what is asked of the web besides feeds: pages and hubs.

// maxHops bounds the redirects of what is no feed: pages, hubs.
const maxHops = 5

// Page asks for a web page, behind the same guard as feeds. Every status is an
// answer; the body is what comes of maxBytes decompressed ones.
func (f *Fetcher) Page(ctx context.Context, address, accept string, maxBytes int64) (*fulltext.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	r := Request{URL: address, Accept: accept}
	for hops, from := 0, u; ; hops++ {
		if _, err := f.refuses(from, u, f.cfg.Downgrade); err != nil {
			return nil, err
		}
		from = u
		resp, err := f.get(ctx, u, r, false)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case 301, 302, 303, 307, 308:
			resp.Body.Close()
			if u, err = target(resp, u); err != nil {
				return nil, err
			}
			if hops == maxHops {
				return nil, fmt.Errorf("more than %d redirects", maxHops)
			}
			continue
		}
		defer resp.Body.Close()
		page := &fulltext.Page{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), FinalURL: u.String()}
		dec, closeDec, err := decoder(&countingReader{r: resp.Body, left: maxBytes + 1}, resp.Header.Values("Content-Encoding"))
		if err != nil {
			return nil, err
		}
		defer closeDec()
		body, err := io.ReadAll(io.LimitReader(dec, maxBytes+1))
		switch {
		case int64(len(body)) > maxBytes || errors.Is(err, errWireLimit):
			page.Truncated = true
			body = body[:min(int64(len(body)), maxBytes)]
		case err != nil:
			return nil, err
		}
		page.Body = body
		return page, nil
	}
}

// Post sends a form, behind the same guard as feeds, and returns the status of the
// answer. Redirects that would send it as another request, or in the clear, are
// not followed: forms carry secrets.
func (f *Fetcher) Post(ctx context.Context, address string, form url.Values) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	u, err := url.Parse(address)
	if err != nil {
		return 0, err
	}
	for hops, from := 0, u; ; hops++ {
		if _, err := f.refuses(from, u, false); err != nil {
			return 0, err
		}
		from = u
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
		if err != nil {
			return 0, err
		}
		req.Header.Set("User-Agent", f.cfg.UserAgent)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := f.tr.RoundTrip(req)
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		if s := resp.StatusCode; s != http.StatusTemporaryRedirect && s != http.StatusPermanentRedirect {
			return s, nil
		}
		if u, err = target(resp, u); err != nil {
			return 0, err
		}
		if hops == maxHops {
			return 0, fmt.Errorf("more than %d redirects", maxHops)
		}
	}
}
