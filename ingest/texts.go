package ingest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"tocsin/ingest/fulltext"
)

// Bounds of reading the pages of a feed's items.
const (
	// teaserMost is the longest body, in characters, that is taken for the
	// beginning of a longer one.
	teaserMost = 1200
	pagesMost  = 20          // of one poll; the newest
	pagesTime  = time.Minute // of one poll
)

// texts gives the new articles of a feed the text of their pages.
type texts struct {
	p      *Poller
	pages  *fulltext.Fetcher
	feed   Feed
	maxLen int
	chosen map[*Article]bool
	until  context.Context
}

// fullText makes texts of one poll; the caller ends it.
func (p *Poller) fullText(ctx context.Context, feed Feed, cfg Config) (*texts, context.CancelFunc) {
	if !feed.FullText {
		return nil, func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	until, cancel := context.WithTimeout(ctx, pagesTime)
	return &texts{p: p, pages: p.pages, feed: feed, maxLen: int(cfg.MaxText), chosen: map[*Article]bool{}, until: until}, cancel
}

// choose says which of the new articles, oldest first, have their pages read.
func (t *texts) choose(fresh []*Article) {
	if t == nil {
		return
	}
	for _, a := range slices.Backward(fresh) {
		if a.URL != "" && utf8.RuneCountInString(cmp.Or(a.Body, a.Summary)) <= teaserMost && len(t.chosen) < pagesMost {
			t.chosen[a] = true
		}
	}
}

func newPages(cfg Config, fetcher *Fetcher) *fulltext.Fetcher {
	return fulltext.New(fulltext.Config{Get: fetcher.Page, UserAgent: cfg.UserAgent, PerHost: max(cfg.PerHost, time.Second), MaxBytes: min(int64(cfg.MaxBytes), 4<<20)})
}

// read replaces a teaser by the text of its page where there is a longer one. What
// the feed has goes on to tell editions: ItemSHA256 keeps its hash.
func (t *texts) read(a *Article) {
	if t == nil || !t.chosen[a] {
		return
	}
	teaser := cmp.Or(a.Body, a.Summary)
	text, err := t.pages.Text(t.until, a.URL, utf8.RuneCountInString(teaser))
	if err != nil {
		reason := fulltext.ReasonFetch
		var fe *fulltext.Error
		if errors.As(err, &fe) {
			reason = fe.Reason
		}
		t.p.metrics.pages.WithLabelValues(reason).Inc()
		t.p.log.Debug("page not read, the teaser stands", "feed", t.feed.ID, "article", a.ID, "reason", reason, "err", err)
		return
	}
	body := runePrefix(PlainText(text.Body), t.maxLen)
	if len(body) <= len(teaser) {
		t.p.metrics.pages.WithLabelValues(fulltext.ReasonTooShort).Inc()
		return
	}
	t.p.metrics.pages.WithLabelValues("read").Inc()
	a.FullText, a.ItemSHA256, a.Body = true, a.ContentSHA256, body
	if a.Language == "" {
		a.Language = declaredLanguage(text.Language)
	}
	a.ContentSHA256 = ContentHash(a.Title, a.Summary, a.Body)
	fit(a)
}
