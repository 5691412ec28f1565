package sink

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// FileOutput appends alerts to a file, one CloudEvents JSON object a line, each
// synced before it counts as delivered. An alert that the file's end already
// has is not written again, so that a crash between write and acknowledgement
// repeats nothing. A file that was moved away (logrotate) is begun anew.
type FileOutput struct {
	path string
	f    *os.File
	have map[string]bool // ids near the end of the file, or written lately
}

// NewFile opens the file, or makes it and its folder.
func NewFile(cfg File) (*FileOutput, error) {
	o := &FileOutput{path: cfg.Path}
	if err := o.open(); err != nil {
		return nil, fmt.Errorf("sink.file: %w", err)
	}
	return o, nil
}

// tailBytes is how far back an alert is looked for: what is redelivered after a
// crash is the last second's.
const (
	tailBytes = 4 << 20
	maxHave   = 20_000
)

func (o *FileOutput) open() error {
	if err := os.MkdirAll(filepath.Dir(o.path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(o.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644) // append: also after a logrotate that truncates
	if err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		f.Close()
		return err
	}
	from := max(0, end-tailBytes)
	tail, err := io.ReadAll(io.NewSectionReader(f, from, end-from))
	if err != nil {
		f.Close()
		return err
	}
	// A crash in mid-write leaves half a line: its alert comes again.
	whole := bytes.LastIndexByte(tail, '\n') + 1
	if whole < len(tail) {
		if err := f.Truncate(from + int64(whole)); err != nil {
			f.Close()
			return err
		}
	}
	if o.have == nil {
		o.have = map[string]bool{} // else it tells of the file before, too
	}
	for line := range bytes.Lines(tail[:whole]) {
		var head struct{ ID string }
		if json.Unmarshal(line, &head) == nil && head.ID != "" { // the first line may be cut
			o.have[head.ID] = true
		}
	}
	o.f = f
	return nil
}

// Name implements Output.
func (*FileOutput) Name() string { return "file" }

// Kind implements Output.
func (*FileOutput) Kind() string { return "file" }

// Send implements Output.
func (o *FileOutput) Send(_ context.Context, a *Alert, raw []byte) error {
	if o.f != nil && o.moved() {
		o.f.Close()
		o.f = nil
	}
	if o.f == nil {
		if err := o.open(); err != nil {
			return fmt.Errorf("open %s: %w", o.path, err)
		}
	}
	if o.have[a.ID] {
		return nil
	}
	if err := o.append(raw); err != nil {
		// The next try opens the file again and cuts off half a line.
		o.f.Close()
		o.f = nil
		return fmt.Errorf("append to %s: %w", o.path, err)
	}
	if len(o.have) > maxHave {
		clear(o.have) // only what a crash left unsettled comes again, and that is few
	}
	o.have[a.ID] = true
	return nil
}

func (o *FileOutput) append(raw []byte) error {
	if _, err := o.f.Write(append(bytes.Clone(raw), '\n')); err != nil {
		return err
	}
	return o.f.Sync()
}

// moved reports whether the path is another file by now.
func (o *FileOutput) moved() bool {
	mine, err := o.f.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(o.path)
	return err != nil || !os.SameFile(mine, there)
}

// Close implements Output.
func (o *FileOutput) Close() error {
	if o.f == nil {
		return nil
	}
	return o.f.Close()
}
