package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"gradebook-import/checkpoint"
)

// checkpointCommand has what is seldom done to a checkpoint.
type checkpointCommand struct {
	Compact compactCommand `cmd:"" help:"Rewrite the checkpoint without the room that is free in it."`
	Forget  forgetCommand  `cmd:"" help:"Forget the rows of old runs."`
}

// exists refuses a checkpoint that is not there: what only looks at it or makes it smaller must not make a new one.
func (f *checkpointFlags) exists() error {
	_, err := os.Stat(f.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("no checkpoint at %s; --checkpoint names the file of an earlier run", f.Checkpoint)
	}
	return err
}

type compactCommand struct{ checkpointFlags }

// Run compacts.
func (c *compactCommand) Run(t *terminal) error {
	if err := c.exists(); err != nil {
		return err
	}
	before, after, err := checkpoint.Compact(c.Checkpoint, checkpoint.Options{LockWait: max(1, c.LockWait)})
	if err != nil {
		return t.unopened(c.Checkpoint, err)
	}
	fmt.Fprintf(t.out, "%s: %s before, %s now; it remembers all that it did\n", c.Checkpoint, size(before), size(after))
	return nil
}

type forgetCommand struct {
	checkpointFlags
	OlderThan age `group:"rows" required:"" placeholder:"AGE" help:"The rows of runs that ended so long ago, such as 400d."`
}

// Help is what help says beside the flags.
func (*forgetCommand) Help() string {
	return `
Example:

    gradebook-import checkpoint forget --older-than 400d

Rows that are forgotten are unknown afterwards: where a file still has them, the
next run takes them for new and sends them again, unless it has --look-first.
Rows in doubt are kept. The file becomes smaller by checkpoint compact.
`
}

// Run forgets.
func (c *forgetCommand) Run(t *terminal) (err error) {
	if err := c.exists(); err != nil {
		return err
	}
	store, err := c.open(t, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	before := time.Now().Add(-time.Duration(c.OlderThan)).UTC()
	n, err := store.Forget(before)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s: forgot %d records of rows from runs that ended before %s\n", c.Checkpoint, n, before.Format(time.RFC3339))
	if n > 0 {
		fmt.Fprintf(t.out, "\nThese rows are unknown now. Where a file still has them, the next run takes them for new and sends them again; add\n"+
			"--look-first to that run, so that they are looked up before. checkpoint compact makes the file smaller.\n")
	}
	return nil
}

// age is a duration that may have days.
type age time.Duration

func (a *age) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if days, ok := strings.CutSuffix(string(text), "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if d = time.Duration(n) * 24 * time.Hour; n > 100_000 {
			err = strconv.ErrRange
		}
	}
	if err != nil || d <= 0 {
		return usage("%q is not an age; write 400d or 36h", text)
	}
	*a = age(d)
	return nil
}

// size is a number of bytes as people read it.
func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KiB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
