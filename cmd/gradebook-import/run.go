package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"gradebook-import/importer"
)

type runCommand struct {
	fileFlags
	targetFlags
	sendFlags
	rowFlags
	outputFlags
	metricsFlags
}

// Help is what help says beside the flags.
func (*runCommand) Help() string {
	return `
Examples:

    gradebook-import run --sandbox results.csv

    gradebook-import run --base-url https://gradebook.example.org \
        --token-url https://login.example.org/oauth2/token \
        --client-id district-sis --client-secret-file secret.txt results.csv

Rows that were accepted are not sent again, so the same command resumes, and a
corrected file can be imported as a whole.
` + exits
}

// Run imports.
func (c *runCommand) Run(ctx context.Context, t *terminal) error {
	j := job{files: &c.fileFlags, rows: &c.rowFlags, output: &c.outputFlags, names: importNames(), target: c.target(), term: t}
	j.config.DryRun = c.DryRun
	j.metrics = c.metrics(t, j.target, c.Shard.Shard)
	return j.attempt(ctx, func() error { return c.do(ctx, &j) })
}

// do imports, where the flags make sense.
func (c *runCommand) do(ctx context.Context, j *job) (err error) {
	c.sendFlags.apply(&j.config, c.Shard.Count)
	j.guard.limit = c.MaxChanges
	if err := j.guard.check(c.Files); err != nil {
		return err
	}
	if c.DryRun {
		err = c.address(j.term)
	} else {
		j.connect, err = c.connector(&c.targetFlags, &c.limitFlags, c.Checkpoint, j.term)
	}
	if err != nil {
		return err
	}
	j.config.Address = c.results()
	ctx, release := onSignals(ctx, j.term, stopping)
	defer release()
	return j.run(ctx)
}

// stopping is what a run says to the first signal.
const stopping = "no new rows are sent; requests under way are waited for; once more to leave at once"

// onSignals makes the first SIGINT or SIGTERM end the context, saying so, and the second one the process. Until release.
func onSignals(ctx context.Context, t *terminal, says string) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	over := make(chan struct{})
	go obey(signals, over, func(s os.Signal) {
		t.note("%s: %s", signalName(s), says)
		cancel(&importer.StopError{Code: "signal", Reason: signalName(s) + "; run the same command again to go on"})
	}, func() {
		t.note("left at once; run the same command again: rows without an answer are looked up before they are sent; the status command shows what was done")
		os.Exit(importer.ExitStopped)
	})
	return ctx, func() {
		signal.Stop(signals)
		close(over)
		cancel(nil)
	}
}

// oneWish is how soon after the first signal another one means the same: timeout(1), and a terminal or a supervisor that
// signals the whole group, send it twice. A person who presses Ctrl-C twice takes longer than a tenth of a second.
func oneWish(s os.Signal) time.Duration {
	if s == os.Interrupt {
		return 100 * time.Millisecond
	}
	return time.Second
}

// obey does what the first signal is for, and then what the second one is for. It returns when over is closed.
func obey(signals <-chan os.Signal, over <-chan struct{}, first func(os.Signal), second func()) {
	var asked time.Time
	for {
		select {
		case s := <-signals:
			switch {
			case asked.IsZero():
				asked = time.Now()
				first(s)
			case time.Since(asked) >= oneWish(s):
				second()
				return
			}
		case <-over:
			return
		}
	}
}

func signalName(s os.Signal) string {
	if s == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}
