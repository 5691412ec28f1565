package bus

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/s2"
	"github.com/nats-io/nats-server/v2/server/archive"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A snapshot is what the server itself gives of a stream, and takes to make one: every
// message with its sequence, time, subject and headers. It is read here as well, for
// digests: the server's package archive knows its form.

const (
	snapshotChunk  = 256 << 10
	snapshotWindow = 8 << 20
	// snapshotSilence is how long a server may say nothing while it gives or takes one.
	snapshotSilence = 30 * time.Second
	// restoreBegin is how long a cluster may take to let all its servers know where one is
	// to be sent: the one that waits for it gives up after five seconds.
	restoreBegin = 4 * time.Second
	// restoreEnd is how long it may take to finish one that it has: it syncs, and tells its peers.
	restoreEnd = 5 * time.Minute
)

func (b *Bus) apiPrefix() string { return cmp.Or(b.kvPrefix, "$JS.API.") }

// api asks the server for what the library has no call for.
func (b *Bus) api(ctx context.Context, what string, request, answer any) error {
	data, err := json.Marshal(request)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, snapshotSilence)
	defer cancel()
	m, err := b.Conn.RequestWithContext(ctx, b.apiPrefix()+what, data)
	if err != nil {
		return err
	}
	return readAnswer(m.Data, answer)
}

func readAnswer(data []byte, answer any) error {
	var failed struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(data, &failed); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if failed.Error != nil {
		return failed.Error
	}
	return json.Unmarshal(data, answer)
}

// snapshot gives a stream as it is now, without its consumers. Whoever reads it to its
// end has all of it; an end that comes too early is an error.
func (b *Bus) snapshot(ctx context.Context, stream string) (io.ReadCloser, error) {
	sub, err := b.askSnapshot(ctx, stream)
	// Where a server has died, another one leads the stream soon.
	for began := time.Now(); ctx.Err() == nil && (incomplete(err) || errors.Is(err, nats.ErrNoResponders)) && time.Since(began) < mirrorPatience; {
		Pause(ctx, time.Second)
		sub, err = b.askSnapshot(ctx, stream)
	}
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of stream %s: %w", stream, err)
	}
	r, w := io.Pipe()
	go func() {
		err := takeChunks(ctx, sub, w)
		_ = sub.Unsubscribe() // as above
		if err != nil {
			err = fmt.Errorf("take a snapshot of stream %s: %w", stream, err)
		}
		w.CloseWithError(err)
	}()
	return r, nil
}

// askSnapshot has the server begin to send one.
func (b *Bus) askSnapshot(ctx context.Context, stream string) (*nats.Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	inbox := b.Conn.NewInbox()
	sub, err := b.Conn.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	// The server sends no more than its window ahead.
	err = sub.SetPendingLimits(-1, -1)
	if err == nil {
		request := map[string]any{"deliver_subject": inbox, "no_consumers": true, "chunk_size": snapshotChunk, "window_size": snapshotWindow}
		err = b.api(ctx, "STREAM.SNAPSHOT."+stream, request, &struct{}{})
	}
	if err != nil {
		_ = sub.Unsubscribe() // the connection may be gone: then so is the subscription
		return nil, err
	}
	return sub, nil
}

func takeChunks(ctx context.Context, sub *nats.Subscription, w io.Writer) error {
	for {
		wait, cancel := context.WithTimeout(ctx, snapshotSilence)
		m, err := sub.NextMsgWithContext(wait)
		cancel()
		if err != nil {
			return err
		}
		if len(m.Data) == 0 {
			if s := m.Header.Get("Status"); s != "" && s != "204" {
				return fmt.Errorf("%s %s", s, m.Header.Get("Description"))
			}
			return nil
		}
		if _, err := w.Write(m.Data); err != nil {
			return err // nobody reads on
		}
		if m.Reply != "" {
			if err := m.Respond(nil); err != nil {
				return err
			}
		}
	}
}

// restore makes a stream of a snapshot. One that breaks off leaves a stream with a part
// of it: the caller deletes that, or takes it for nothing.
func (b *Bus) restore(ctx context.Context, cfg jetstream.StreamConfig, state jetstream.StreamState, r io.Reader) error {
	fail := func(err error) error { return fmt.Errorf("restore stream %s: %w", cfg.Name, err) }
	var to struct {
		Subject string `json:"deliver_subject"`
	}
	if err := b.api(ctx, "STREAM.RESTORE."+cfg.Name, map[string]any{"config": cfg, "state": state}, &to); err != nil {
		return fail(err)
	}
	inbox := b.Conn.NewInbox()
	sub, err := b.Conn.SubscribeSync(inbox)
	if err != nil {
		return fail(err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be gone
	taken := func() error {
		wait, cancel := context.WithTimeout(ctx, snapshotSilence)
		defer cancel()
		m, err := sub.NextMsgWithContext(wait)
		if err != nil || len(m.Data) == 0 {
			return err
		}
		return readAnswer(m.Data, &struct{}{})
	}
	under, first := 0, true
	buf := make([]byte, snapshotChunk)
	for {
		n, err := io.ReadFull(r, buf)
		send := func() error { return b.Conn.PublishRequest(to.Subject, inbox, buf[:n]) }
		if n > 0 && first {
			// In a cluster ours may not have heard yet where the other one listens.
			for began := time.Now(); first; Pause(ctx, 20*time.Millisecond) {
				serr := send()
				if serr == nil {
					serr = taken()
				}
				if serr != nil && (!errors.Is(serr, nats.ErrNoResponders) || time.Since(began) > restoreBegin) {
					return fail(serr)
				}
				first = serr != nil
			}
		} else if n > 0 {
			if err := send(); err != nil {
				return fail(err)
			}
			under++
		}
		end := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !end {
			return fail(err) // the server gives up by itself when no more comes
		}
		for ; under > 0 && (end || under*snapshotChunk >= snapshotWindow); under-- {
			if err := taken(); err != nil {
				return fail(err)
			}
		}
		if end {
			break
		}
	}
	wait, cancel := context.WithTimeout(ctx, restoreEnd)
	defer cancel()
	m, err := b.Conn.RequestWithContext(wait, to.Subject, nil)
	if err != nil {
		return fail(err)
	}
	if err := readAnswer(m.Data, &struct{}{}); err != nil {
		return fail(err)
	}
	return nil
}

// record is one message of a snapshot; its bytes are good until the next.
type record struct {
	seq     uint64
	time    int64 // nanoseconds
	subject string
	header  []byte
	data    []byte
}

// errOldServer says that a server gives its snapshots in the older form: files of its store.
var errOldServer = errors.New("the NATS server is too old: its snapshots cannot be read; 2.15 or later is needed")

// readSnapshot calls each for the messages of a snapshot, in order, and returns the
// stream's state. It gives no error only where the snapshot is whole.
func readSnapshot(r io.Reader, each func(*record)) (state jetstream.StreamState, err error) {
	a := archive.NewReader(s2.NewReader(r))
	h, err := a.Next()
	if errors.Is(err, archive.ErrInvalidArchive) {
		return state, errOldServer
	}
	if err == nil && h.Name != "state.json" {
		err = fmt.Errorf("it begins with %q", h.Name)
	}
	if err == nil {
		err = json.NewDecoder(a).Decode(&state)
	}
	var buf []byte
	for err == nil {
		if h, err = a.Next(); err != nil {
			break
		}
		if h.Sequence == 0 && h.Name == "" {
			_, err = io.Copy(io.Discard, r) // whoever listens on the way sees all of it
			return state, err
		}
		if h.Sequence == 0 {
			continue // a consumer
		}
		n := int(h.HeaderSize + h.PayloadSize)
		buf = slices.Grow(buf[:0], n)[:n]
		if _, err = io.ReadFull(a, buf); err != nil && n > 0 {
			break
		}
		each(&record{seq: h.Sequence, time: h.Timestamp, subject: h.Name, header: buf[:h.HeaderSize], data: buf[h.HeaderSize:]})
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return state, fmt.Errorf("read a snapshot: %w", err)
}

// Digest is what two streams that say the same have in common.
type Digest struct {
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	First    uint64 `json:"first"` // sequence, 0 where there is no message
	Last     uint64 `json:"last"`
	Content  string `json:"content"` // of sequence, subject, headers and data of every message
	Times    string `json:"times"`   // of sequence and time
}

// digester makes a Digest.
type digester struct {
	d              Digest
	content, times hash.Hash
	line           []byte
}

func newDigester() *digester { return &digester{content: sha256.New(), times: sha256.New()} }

func (g *digester) add(r *record) {
	d := &g.d
	if d.Messages == 0 {
		d.First = r.seq
	}
	d.Messages++
	d.Bytes += uint64(len(r.data))
	d.Last = r.seq
	g.line = binary.AppendUvarint(g.line[:0], r.seq)
	g.times.Write(binary.AppendVarint(g.line, r.time))
	g.line = append(g.line, r.subject...)
	g.line = append(g.line, '\n')
	for _, h := range lasting(r.header) {
		g.line = append(g.line, h...)
		g.line = append(g.line, '\n')
	}
	g.line = binary.AppendUvarint(g.line, uint64(len(r.data)))
	g.content.Write(g.line)
	g.content.Write(r.data)
}

func (g *digester) sum() Digest {
	g.d.Content, g.d.Times = hex.EncodeToString(g.content.Sum(nil)), hex.EncodeToString(g.times.Sum(nil))
	return g.d
}

// digest reads a snapshot to its end.
func digest(r io.Reader) (Digest, jetstream.StreamState, error) {
	g := newDigester()
	state, err := readSnapshot(r, g.add)
	return g.sum(), state, err
}

// listened gives what r gives; the digest of it is there when all of it was read.
func listened(r io.Reader) (heard io.Reader, wait func(error) (Digest, jetstream.StreamState, error)) {
	pr, pw := io.Pipe()
	var d Digest
	var state jetstream.StreamState
	done := make(chan error, 1)
	go func() {
		var err error
		d, state, err = digest(pr)
		pr.CloseWithError(err)
		done <- err
	}()
	return io.TeeReader(r, pw), func(err error) (Digest, jetstream.StreamState, error) {
		pw.CloseWithError(err) // nil is the end
		return d, state, cmp.Or(err, <-done)
	}
}

// lasting are the header lines of a message, in the order of their names, without those
// that held for its publish alone: a copy has not.
func lasting(header []byte) (lines [][]byte) {
	for k, line := range bytes.Split(header, []byte("\r\n")) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if k == 0 || !ok || condition(string(name)) {
			continue
		}
		lines = append(lines, fmt.Appendf(nil, "%s:%s", name, bytes.TrimSpace(value)))
	}
	slices.SortStableFunc(lines, bytes.Compare)
	return lines
}

// condition tells whether a header holds for the publish alone that it came with.
func condition(name string) bool {
	return strings.HasPrefix(name, "Nats-Expected-") || strings.HasPrefix(name, "Nats-Batch-")
}
