package main

import (
	"context"
	"errors"
)

type validateCommand struct {
	fileFlags
	targetFlags
	rowFlags
	outputFlags
	listFlags
}

// Help is what help says beside the flags.
func (*validateCommand) Help() string {
	return `
Example:

    gradebook-import validate results.csv

It is run --dry-run: the same checks, counts and rejects.csv. With --base-url
and --client-id it reads the checkpoint too, and tells rows that an earlier run
sent from new ones.

What is wrong comes by kind, for people; or one by one, for programs:

    gradebook-import validate --format sarif results.csv > results.sarif
    gradebook-import validate --format csv results.csv > problems.csv

These have no data of students, unless --show-values.
` + exits
}

// Run checks the files.
func (c *validateCommand) Run(ctx context.Context, t *terminal) error {
	if err := errors.Join(checkBase(c.BaseURL), c.check(&c.outputFlags)); err != nil {
		return err
	}
	ctx, release := onSignals(ctx, t, stopping)
	defer release()
	j := job{files: &c.fileFlags, rows: &c.rowFlags, output: &c.outputFlags, names: importNames(), target: c.target(), term: t}
	j.config.DryRun = true
	j.problems = c.listing(c.ReportDir, c.ShowValues)
	return errors.Join(c.told(&j, j.run(ctx)), j.problems.close())
}

// told makes sure that a program that waits for a list gets one, with the reason where there was nothing to check.
func (c *validateCommand) told(j *job, err error) error {
	if err == nil || j.printed || c.Format == formatText || c.JSON {
		return err
	}
	j.problems.failed(err)
	return errors.Join(err, j.listed(exitStatus(err)))
}
