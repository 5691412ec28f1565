package bus

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Archive is what a bus had, in one file: a zip of a server's snapshot of each stream and
// bucket, and of a manifest with their configurations, consumers and digests.
type Archive struct {
	path string
	zip  *zip.ReadCloser
	has  manifest
}

// manifest is an archive's own description.
type manifest struct {
	Format int       `json:"format"`
	Made   time.Time `json:"made"`
	contents
}

const (
	manifestName  = "manifest.json"
	archiveFormat = 1
	snapshotName  = ".snapshot"
)

// Backup writes all that a bus has to one file. The bus may be in use: see bucketsToCopy.
// The file is there when it is whole, and not before.
func (b *Bus) Backup(ctx context.Context, path string) (err error) {
	has, err := b.contents(ctx)
	if err != nil {
		return err
	}
	if len(has.Streams) == 0 {
		return errors.New("there are no streams: is it the right place, and the right nats.prefix?")
	}
	for _, p := range has.Streams {
		if p.Config.Metadata[fillingKey] != "" {
			return fmt.Errorf("stream %s is an unfinished copy: finish that first", p.Stream)
		}
	}
	m := manifest{Format: archiveFormat, Made: time.Now().UTC(), contents: *has}
	// What a backup has, no later one has.
	m.Identity += "." + strconv.FormatInt(m.Made.UnixNano(), 36)
	dir, name := filepath.Split(path)
	f, err := os.CreateTemp(dir, name+".*.part")
	if err != nil {
		return fmt.Errorf("make the archive: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close()
			_ = os.Remove(f.Name()) // what is wrong was said
		}
	}()
	z := zip.NewWriter(f)
	put := func(p *part) error {
		snap, err := b.snapshot(ctx, p.Stream)
		if err != nil {
			return err
		}
		defer snap.Close()
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.Stream + snapshotName, Method: zip.Store, Modified: m.Made}) // it is compressed
		if err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
		r, wait := listened(snap)
		_, err = io.Copy(w, r)
		d, state, err := wait(err)
		if err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
		p.Digest, p.State = &d, state
		return nil
	}
	for k := range m.Buckets {
		if err := put(&m.Buckets[k]); err != nil {
			return err
		}
	}
	for k := range m.Streams {
		if err := put(&m.Streams[k]); err != nil {
			return err
		}
	}
	w, err := z.Create(manifestName)
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := errors.Join(e.Encode(m), z.Close(), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("name the archive: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sync the archive's folder: %w", err)
	}
	defer d.Close()
	return d.Sync()
}

// OpenArchive opens what Backup wrote, and reads no more than its manifest.
func OpenArchive(path string) (*Archive, error) {
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("open archive %s: %w", path, err)
	}
	a := &Archive{path: path, zip: z}
	if err := a.readManifest(); err != nil {
		z.Close()
		return nil, fmt.Errorf("open archive %s: %w", path, err)
	}
	return a, nil
}

func (a *Archive) readManifest() error {
	f, err := a.zip.Open(manifestName)
	if err != nil {
		return fmt.Errorf("it is none of 'tocsin backup': %w", err)
	}
	defer f.Close()
	if err := json.NewDecoder(f).Decode(&a.has); err != nil {
		return fmt.Errorf("read its manifest: %w", err)
	}
	if a.has.Format != archiveFormat {
		return fmt.Errorf("it has format %d, this program reads %d: use the program that wrote it", a.has.Format, archiveFormat)
	}
	for _, p := range slices.Concat(a.has.Streams, a.has.Buckets) {
		known := slices.ContainsFunc(streams, func(s stream) bool { return s.name == p.Name }) || slices.ContainsFunc(buckets, func(k bucket) bool { return k.name == p.Name })
		if !known || p.Digest == nil {
			return fmt.Errorf("this program does not know its part %s", p.Name)
		}
	}
	return nil
}

// Close ends the reading of an archive.
func (a *Archive) Close() error { return a.zip.Close() }

// Made is when an archive was.
func (a *Archive) Made() time.Time { return a.has.Made }

// Check reads all of an archive, and compares it with what its manifest says.
func (a *Archive) Check(ctx context.Context) (Report, error) {
	var r Report
	for _, side := range []struct {
		kind  string
		parts []part
	}{{"stream", a.has.Streams}, {"bucket", a.has.Buckets}} {
		for _, p := range side.parts {
			row := Compared{Name: p.Stream, Kind: side.kind, Source: *p.Digest}
			snap, err := a.snapshot(ctx, p.Stream)
			if err != nil {
				return nil, err
			}
			row.Copy, _, err = digest(snap)
			snap.Close()
			switch {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
				row.Difference = "damaged"
			case row.Copy != row.Source:
				row.Difference = "other content"
			}
			r = append(r, row)
		}
	}
	return r, nil
}

// contents implements Origin.
func (a *Archive) contents(context.Context) (*contents, error) {
	c := a.has.contents
	return &c, nil
}

// snapshot implements Origin.
func (a *Archive) snapshot(_ context.Context, stream string) (io.ReadCloser, error) {
	f, err := a.zip.Open(stream + snapshotName)
	if err != nil {
		return nil, fmt.Errorf("read archive %s: %w", a.path, err)
	}
	return f, nil
}

// tail implements Origin: all of an archive is in its snapshots.
func (a *Archive) tail(context.Context, string, uint64, func(jetstream.Msg, uint64) error) error {
	return nil
}
