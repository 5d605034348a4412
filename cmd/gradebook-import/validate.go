package main

import (
	"context"
)

type validateCommand struct {
	fileFlags
	targetFlags
	rowFlags
	outputFlags
}

// Help is what help says beside the flags.
func (*validateCommand) Help() string {
	return `
Example:

    gradebook-import validate results.csv

It is run --dry-run: the same checks, counts and rejects.csv. With --base-url
and --client-id it reads the checkpoint too, and tells rows that an earlier run
sent from new ones.
` + exits
}

// Run checks the files.
func (c *validateCommand) Run(ctx context.Context, t *terminal) error {
	if err := checkBase(c.BaseURL); err != nil {
		return err
	}
	ctx, release := onSignals(ctx, t, stopping)
	defer release()
	j := job{files: &c.fileFlags, rows: &c.rowFlags, output: &c.outputFlags, names: importNames(), target: c.target(), term: t}
	j.config.DryRun = true
	return j.run(ctx)
}
