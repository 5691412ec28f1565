package sink

import (
	"context"
	"io"
)

// Lines writes each alert as one line for people.
type Lines struct{ w io.Writer }

// NewLines writes to w, which it does not close.
func NewLines(w io.Writer) *Lines { return &Lines{w: w} }

// Name implements Output.
func (*Lines) Name() string { return "stdout" }

// Kind implements Output.
func (*Lines) Kind() string { return "stdout" }

// Send implements Output.
func (l *Lines) Send(_ context.Context, a *Alert, _ []byte) error {
	_, err := io.WriteString(l.w, a.Line()+"\n")
	return err
}

// Close implements Output.
func (*Lines) Close() error { return nil }
