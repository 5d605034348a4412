package main

import (
	"context"
	"fmt"
	"io"

	"gradebook-import/importer"
)

type verifyCommand struct {
	fileFlags
	targetFlags
	authFlags
	limitFlags
	outputFlags
	Checkpoint string `group:"rows" default:"gradebook.db" placeholder:"FILE" help:"With --sandbox: its results are kept beside this file (${default})."`
}

// Help is what help says beside the flags.
func (*verifyCommand) Help() string {
	return `
Example:

    gradebook-import verify --base-url https://gradebook.example.org \
        --token-url https://login.example.org/oauth2/token \
        --client-id district-sis --client-secret-file secret.txt results.csv

It asks the server for each row and compares: match, different or missing. It
changes nothing and needs no checkpoint, but the right to read results. The
receipt is verify.json, and differences.csv has the rows that are different or
missing, with the fields that differ; beside the report of the import, which
stays as it is. Rows that could not be compared are in the report alone.

Exit status:

    0  the gradebook holds what the files say
    1  the importer failed: a full disk, a bug
    2  the command line, the config file or an input file is wrong
    3  some rows are different or missing (see differences.csv), or invalid
    4  stopped early
    5  the server refuses this client: credentials, scope or address
`
}

// Run compares.
func (c *verifyCommand) Run(ctx context.Context, t *terminal) error {
	j := job{files: &c.fileFlags, output: &c.outputFlags, names: verifyNames(), target: c.target(), term: t, verify: true}
	return j.attempt(ctx, func() error { return c.do(ctx, &j) })
}

// do compares, where the flags make sense.
func (c *verifyCommand) do(ctx context.Context, j *job) (err error) {
	c.limitFlags.apply(&j.config, c.Shard.Count)
	if j.connect, err = c.connector(&c.targetFlags, &c.limitFlags, c.Checkpoint, j.term); err != nil {
		return err
	}
	j.config.Address = c.results()
	ctx, release := onSignals(ctx, j.term, "requests under way are waited for; once more to leave at once")
	defer release()
	return j.run(ctx)
}

// verified says in one sentence what a comparison found.
func verified(r *importer.Report) string {
	v := r.Verify
	odd := r.Counts.Read - v.Match - r.Counts.Filtered
	switch {
	case r.Run.ExitCode == importer.ExitFailed:
		return "failed: the importer could not go on, see the message"
	case r.Run.Stopped != "":
		return "stopped: " + r.Run.Stopped
	case r.Counts.Read == r.Counts.Filtered:
		return "finished: " + nothing(r)
	case odd == 0:
		return fmt.Sprintf("verified: the gradebook holds what the file says, %s", rows(v.Match))
	case v.Different+v.Missing == 0:
		return fmt.Sprintf("verified: the gradebook holds %s as the file says; %d could not be compared", rows(v.Match), odd)
	}
	return fmt.Sprintf("not as the file says: %s different, %d missing", are(v.Different), v.Missing)
}

// compared prints what a comparison found of how many rows, and the sum.
func (s *summary) compared(w io.Writer) {
	c, v := s.report.Counts, s.report.Verify
	s.table(w, []countLine{
		{v.Match, "match", true},
		{v.Different, "different", true},
		{v.Missing, "missing", true},
		{c.Rejected - v.Different - v.Missing, "invalid, not compared", true},
		{c.Failed, "not compared: the server's content was not to be found out", c.Failed > 0},
		{c.Deferred, "not compared: the run stopped first", c.Deferred > 0},
		{c.Filtered, "left out", c.Filtered > 0},
	})
}

// receipt says what was compared with what, and when.
func (s *summary) receipt(w io.Writer) {
	r := s.report
	for _, f := range r.Sources {
		fmt.Fprintf(w, "\n  file:     %s\n  sha256:   %s\n", f.File, f.SHA256)
	}
	fmt.Fprintf(w, "  target:   %s (client %s)\n  at:       %s\n", r.Target.BaseURL, r.Target.ClientID, r.Run.Finished.Format("2006-01-02 15:04:05 UTC"))
}
