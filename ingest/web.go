package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tocsin/ingest/fulltext"
)

// This file is what is asked of the web besides feeds: pages and hubs.

// maxHops bounds the redirects of what is no feed: pages, hubs.
const maxHops = 5

// follow asks with ask until an answer leads nowhere else: redirects of the given
// statuses are followed, behind the same guard as those of feeds. It returns the
// last answer and its address.
func (f *Fetcher) follow(address string, downgrade bool, redirects []int, ask func(*url.URL) (*http.Response, error)) (*http.Response, *url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, err
	}
	for hops, from := 0, u; ; hops++ {
		if _, err := f.refuses(from, u, downgrade); err != nil {
			return nil, nil, err
		}
		from = u
		resp, err := ask(u)
		if err != nil || !slices.Contains(redirects, resp.StatusCode) {
			return resp, u, err
		}
		resp.Body.Close()
		if u, err = target(resp, u); err != nil {
			return nil, nil, err
		}
		if hops == maxHops {
			return nil, nil, fmt.Errorf("more than %d redirects", maxHops)
		}
	}
}

// Page asks for a web page, behind the same guard as feeds. Every status is an
// answer; the body is what comes of maxBytes decompressed ones.
func (f *Fetcher) Page(ctx context.Context, address, accept string, maxBytes int64) (*fulltext.Page, error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	r := Request{URL: address, Accept: accept}
	resp, u, err := f.follow(address, f.cfg.Downgrade, []int{301, 302, 303, 307, 308}, func(u *url.URL) (*http.Response, error) {
		return f.get(ctx, u, r, false)
	})
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	page := &fulltext.Page{Status: resp.StatusCode, ContentType: resp.Header.Get("Content-Type"), FinalURL: u.String()}
	dec, closeDec, err := decoder(&countingReader{r: resp.Body, left: maxBytes + 1}, resp.Header.Values("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	defer closeDec()
	page.Body, err = io.ReadAll(io.LimitReader(dec, maxBytes+1))
	switch {
	case int64(len(page.Body)) > maxBytes || errors.Is(err, errWireLimit):
		page.Truncated = true
		page.Body = page.Body[:min(int64(len(page.Body)), maxBytes)]
	case err != nil:
		return nil, err
	}
	return page, nil
}

// Post sends a form, behind the same guard as feeds, and returns the status of the
// answer. Redirects that would send it as another request, or in the clear, are
// not followed: forms carry secrets.
func (f *Fetcher) Post(ctx context.Context, address string, form url.Values) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, f.cfg.Timeout)
	defer cancel()
	resp, _, err := f.follow(address, false, []int{http.StatusTemporaryRedirect, http.StatusPermanentRedirect}, func(u *url.URL) (*http.Response, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("User-Agent", f.cfg.UserAgent)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return f.tr.RoundTrip(req)
	})
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}
