package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"tocsin/ingest"
)

// since is a time in the past, as a command line gives it: 36h, 7d or 2026-03-09. The
// zero value is none.
type since struct {
	text string
	ago  time.Duration
	at   time.Time
}

// UnmarshalText implements encoding.TextUnmarshaler, for kong.
func (s *since) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseFloat(days, 64); err == nil && n >= 0 && n < 1e5 {
			*s = since{text: text, ago: time.Duration(math.Round(n * float64(24*time.Hour)))}
			return nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d < 0 {
			return fmt.Errorf("%s is in the future: write how long ago, such as 24h", text)
		}
		*s = since{text: text, ago: d}
		return nil
	}
	if len(text) >= len("2006-01-02") {
		if at, ok := ingest.ParseDate(text); ok {
			if at.After(time.Now()) {
				return fmt.Errorf("%s is in the future", text)
			}
			*s = since{text: text, at: at}
			return nil
		}
	}
	return errors.New("write how long ago, such as 36h or 7d, or a date, such as 2026-03-09")
}

func (s since) none() bool { return s.text == "" }

// time is the moment that is meant.
func (s since) time(now time.Time) time.Time {
	if !s.at.IsZero() {
		return s.at
	}
	return now.Add(-s.ago)
}
