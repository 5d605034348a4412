package main

import (
	"context"
	"errors"

	"gradebook-import/importer/oneroster"
)

type validateCommand struct {
	fileFlags
	targetFlags
	rowFlags
	outputFlags
	listFlags
	authFlags
	limitFlags
	Online bool `group:"server" help:"Ask the server, too: are line items, students and classes there, and what would change? Nothing is sent."`
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

--online asks the server for line items, students, classes and results, and says
what would be created, replaced or deleted there; changes.csv has the old and
the new values. With --update it shows what corrected grades would replace:

    gradebook-import validate --online --update --config my.yaml results.csv
` + exits
}

// Run checks the files.
func (c *validateCommand) Run(ctx context.Context, t *terminal) error {
	j := job{files: &c.fileFlags, rows: &c.rowFlags, output: &c.outputFlags, names: importNames(), target: c.target(), term: t}
	j.config.DryRun = true
	return j.attempt(ctx, func() error { return c.do(ctx, &j) })
}

// do checks the files, where the flags make sense.
func (c *validateCommand) do(ctx context.Context, j *job) (err error) {
	if err := errors.Join(c.address(j.term), c.listFlags.check(&c.outputFlags)); err != nil {
		return err
	}
	ctx, release := onSignals(ctx, j.term, stopping)
	defer release()
	if c.Online {
		c.apply(&j.config, c.Shard.Count)
		if j.connect, err = c.connector(&c.targetFlags, &c.limitFlags, c.Checkpoint, j.term); err != nil {
			return err
		}
	}
	j.problems = c.listing(c.ReportDir, c.ShowValues)
	return errors.Join(c.told(j, j.run(ctx)), j.problems.close())
}

// address refuses what is no address of a server, where nothing is sent to it: the report has it, password and all.
func (f *targetFlags) address(t *terminal) error {
	if f.BaseURL == "" {
		return nil
	}
	if err := oneroster.CheckBaseURL(f.BaseURL, true); err != nil {
		return usage("%s: %w", t.named("base-url"), err)
	}
	return t.checkBase(f.BaseURL)
}

// told makes sure that a program that waits for a list gets one, with the reason where there was nothing to check.
func (c *validateCommand) told(j *job, err error) error {
	if err == nil || j.printed || c.Format == formatText || c.JSON {
		return err
	}
	j.problems.failed(err)
	return errors.Join(err, j.listed(exitStatus(err)))
}
