package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tocsin/internal/bus"
)

type backupCmd struct {
	configFlags
	File string `arg:"" help:"File to write, or a folder, in which it is named after the time."`
}

// Help implements kong's HelpProvider.
func (backupCmd) Help() string {
	return `Writes all that a daemon has to one file: streams, buckets, consumers. The daemon goes on meanwhile; where none runs, its files are opened. What is written is read again and compared.

Examples:
  tocsin backup --data /var/lib/tocsin /var/backups
  tocsin backup --nats nats://n1:4222 tocsin.zip

'tocsin restore' brings it back. What was told after a backup is told again by whoever goes on from it.`
}

// Run implements the command.
func (c backupCmd) Run(ctx context.Context, std streams) error {
	path := c.File
	if s, err := os.Stat(path); err == nil && s.IsDir() {
		path = filepath.Join(path, "tocsin-"+time.Now().UTC().Format("20060102T150405Z")+".zip")
	} else if err == nil {
		return usageError{fmt.Errorf("backup: %s is there already: name another file, or a folder", path)}
	}
	b, _, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := b.Backup(ctx, path); err != nil {
		return fmt.Errorf("%w; there is no backup: run this again", err)
	}
	a, err := bus.OpenArchive(path)
	if err != nil {
		return err
	}
	defer a.Close()
	return checkArchive(ctx, a, path, std)
}

// checkArchive reads all of an archive and shows it.
func checkArchive(ctx context.Context, a *bus.Archive, path string, std streams) error {
	r, err := a.Check(ctx)
	if err != nil {
		return err
	}
	if err := writeReport(std.out, r); err != nil {
		return err
	}
	if !r.Same() {
		return fmt.Errorf("%s is damaged: do not rely on it", path)
	}
	s, err := os.Stat(path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(std.out, "%s of %s: %d bytes, whole\n", path, a.Made().Format("2006-01-02 15:04:05"), s.Size())
	return err
}

type restoreCmd struct {
	configFlags
	File    string `arg:"" help:"What 'tocsin backup' has written."`
	DryRun  bool   `help:"Read all of the file, and look whether the target takes it."`
	Replace bool   `help:"Delete first what the target has, or has of a restore that broke off."`
}

// Help implements kong's HelpProvider.
func (restoreCmd) Help() string {
	return `Fills a data directory, or a server or cluster, with what 'tocsin backup' wrote, and compares. It can be broken off at any moment and run again; until it has finished, no daemon takes the target.

Examples:
  tocsin restore --data /var/lib/tocsin-new tocsin.zip
  tocsin restore --config cluster.yaml tocsin.zip
  tocsin restore --dry-run tocsin.zip

The target is that of --data, --nats or the configuration, whose section nats says how many replicas. It must have no state of its own.`
}

// Run implements the command.
func (c restoreCmd) Run(ctx context.Context, std streams) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	a, err := bus.OpenArchive(c.File)
	if err != nil {
		return err
	}
	defer a.Close()
	if err := checkArchive(ctx, a, c.File, std); err != nil {
		return err
	}
	if c.DryRun && cfg.NATS.URL == "" {
		if _, err := os.Stat(filepath.Join(cfg.Data, "nats")); err == nil {
			return fmt.Errorf("%w: %s; name another data directory, or delete what is there with --replace", bus.ErrForeign, cfg.Data)
		}
		return nil // opening a store makes one
	}
	to, err := holdTarget(ctx, cfg, std)
	if err != nil {
		return err
	}
	defer to.Close()
	if c.DryRun {
		return dryRun(ctx, a, to, std.out)
	}
	words := speak(std.err)
	defer words.end()
	copying, done, err := bus.NewCopy(ctx, a, to, c.Replace)
	switch {
	case errors.Is(err, bus.ErrForeign):
		return fmt.Errorf("%w: use another nats.prefix or data directory, or delete what is there with --replace", err)
	case err != nil:
		return again(err)
	case done:
		fmt.Fprintln(std.out, "the target has all of it: it was restored before")
		return nil
	}
	defer copying.Close(ctx)
	words.of(copying)
	if err := copying.Rest(ctx); err != nil {
		return fmt.Errorf("%w; nothing is handed over: run this again", err)
	}
	r, err := copying.Verify(ctx)
	if err != nil {
		return fmt.Errorf("%w; nothing is handed over: run this again", err)
	}
	if err := writeReport(std.out, r); err != nil {
		return err
	}
	if !r.Same() {
		return errors.New("the target differs from the file; nothing is handed over: run this again, with --replace if it stays so")
	}
	if err := copying.Finish(ctx); err != nil {
		return fmt.Errorf("%w; the target is not handed over: run this again", err)
	}
	_, err = fmt.Fprintf(std.out, "restored; start the daemons on %s\n", targetName(cfg))
	return err
}
