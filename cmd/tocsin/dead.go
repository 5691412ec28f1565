package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"

	"golang.org/x/term"

	"tocsin/internal/bus"
	"tocsin/sink"
)

type deadCmd struct {
	Ls     deadLsCmd     `cmd:"" help:"List the messages that were set aside, oldest first."`
	Show   deadShowCmd   `cmd:"" help:"Show one, with its message."`
	Replay deadReplayCmd `cmd:"" help:"Send one again, several, or --all, and forget them."`
}

// Help implements kong's HelpProvider.
func (deadCmd) Help() string {
	return `A message that a stage cannot handle is set aside with the reason, and costs nothing else. Mend the cause, then replay it.

Examples:
  tocsin dead ls
  tocsin dead show 3
  tocsin dead replay 3 4
  tocsin dead replay --all

They speak to the daemon on ./data, or open its files where none runs; --nats names an external server.`
}

type deadLsCmd struct {
	configFlags
	JSON bool `help:"One JSON object a line."`
}

// Run implements the command.
func (c deadLsCmd) Run(ctx context.Context, std streams) error {
	b, _, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	w := tabwriter.NewWriter(std.out, 2, 8, 2, ' ', 0)
	n := 0
	err = b.DeadLetters(ctx, func(d bus.DeadLetter) bool {
		if c.JSON {
			line, err := json.Marshal(d)
			if err != nil {
				return false
			}
			fmt.Fprintf(std.out, "%s\n", line)
			return true
		}
		if n++; n == 1 {
			fmt.Fprintln(w, "NUMBER\tTIME\tSTAGE\tREASON\tFROM\tERROR")
		}
		stage := d.Stage
		if d.Output != "" {
			stage += " " + d.Output
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", d.Sequence, d.Time.UTC().Format("2006-01-02 15:04:05"), stage, d.Reason, d.Subject, clipLine(d.Error, 100))
		return true
	})
	if err != nil {
		return err
	}
	if n == 0 && !c.JSON {
		fmt.Fprintln(std.out, "nothing is set aside")
	}
	return w.Flush()
}

func clipLine(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

type deadShowCmd struct {
	configFlags
	Number uint64 `arg:"" help:"Number in the list."`
}

// Run implements the command.
func (c deadShowCmd) Run(ctx context.Context, std streams) error {
	if c.Number == 0 {
		return usageError{errors.New("dead show: give a number from 'tocsin dead ls'")}
	}
	b, _, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	d, err := b.DeadLetter(ctx, c.Number)
	if err != nil {
		return err
	}
	fmt.Fprintf(std.out, "number      %d\ntime        %s\nstage       %s\nreason      %s\nfrom        %s\ndeliveries  %s\n", d.Sequence, d.Time.UTC().Format("2006-01-02 15:04:05"), d.Stage, d.Reason, d.Subject, d.Deliveries)
	if d.Output != "" {
		fmt.Fprintf(std.out, "output      %s\n", d.Output)
	}
	_, err = fmt.Fprintf(std.out, "error       %s\n\n%s\n", d.Error, printable(d.Data, std.out))
	return err
}

// printable is a stranger's message as a terminal may show it; a pipe gets it
// as it is.
func printable(data []byte, out io.Writer) string {
	if f, ok := out.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return string(data)
	}
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, string(data))
}

type deadReplayCmd struct {
	configFlags
	Numbers []uint64 `arg:"" optional:"" help:"Numbers in the list."`
	All     bool     `help:"Every message that is set aside."`
}

// Run implements the command. An alert that an output could not deliver is
// handed to that output alone: nobody else is told again.
func (c deadReplayCmd) Run(ctx context.Context, std streams) error {
	if c.All == (len(c.Numbers) > 0) || slices.Contains(c.Numbers, 0) {
		return usageError{errors.New("dead replay: give numbers from 'tocsin dead ls', or --all")}
	}
	b, cfg, err := c.attach(ctx, std, true)
	if err != nil {
		return err
	}
	defer b.Close()
	var letters []bus.DeadLetter
	if c.All {
		err = b.DeadLetters(ctx, func(d bus.DeadLetter) bool { letters = append(letters, d); return true })
		if err != nil {
			return err
		}
	}
	for _, n := range c.Numbers {
		d, err := b.DeadLetter(ctx, n)
		if err != nil {
			return err
		}
		letters = append(letters, d)
	}
	var errs []error
	for _, d := range letters {
		to := d.Subject
		if d.Output != "" {
			to = "output " + d.Output
			err = deliverAgain(ctx, b, cfg, d, std)
		} else {
			err = b.Replay(ctx, d)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(std.out, "replayed %d to %s\n", d.Sequence, to)
	}
	return errors.Join(errs...)
}

func deliverAgain(ctx context.Context, b *bus.Bus, cfg config, d bus.DeadLetter, std streams) error {
	a, err := sink.DecodeAlert(d.Data)
	if err != nil {
		return fmt.Errorf("dead letter %d: %w", d.Sequence, err)
	}
	outs, err := sink.Outputs(cfg.Sink, std.out)
	if err != nil {
		return err
	}
	for _, o := range outs {
		if o.Name() != d.Output {
			continue
		}
		if err := errors.Join(o.Send(ctx, a, d.Data), o.Close()); err != nil {
			return fmt.Errorf("dead letter %d: %w", d.Sequence, err)
		}
		return b.Forget(ctx, d.Sequence)
	}
	return fmt.Errorf("dead letter %d: output %q is not in the configuration; name the file with --config", d.Sequence, d.Output)
}
