package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
	"gradebook-import/importer/oneroster"
)

// attempt does what a job takes to begin, and the job. One that does not begin leaves a report that says so: whoever mails
// the page in the morning must not take the last run's for this one's. Not while another run holds the checkpoint, whose
// report it is then. A command line that is not understood comes here by misread.
func (j *job) attempt(ctx context.Context, do func() error) error {
	started := time.Now()
	err := do()
	if err == nil || j.begun {
		return err
	}
	return errors.Join(err, j.unbegun(ctx, started, err))
}

// unbegun says by a report, wherever one of the run would go, that an error kept it from beginning.
func (j *job) unbegun(ctx context.Context, started time.Time, err error) error {
	r := j.unbegunReport(started, err)
	var said error
	if j.output.JSON {
		_, said = j.term.out.Write(asJSON(r))
	}
	if j.busy(err) {
		return said
	}
	j.metrics.pushStatus(ctx, r)
	return errors.Join(said, j.leave(r))
}

// unbegunReport is the report of a run that an error kept from beginning.
func (j *job) unbegunReport(started time.Time, err error) *importer.Report {
	c := j.config
	c.Shard = j.files.Shard.Shard
	r := importer.Unbegun(c, started, exitStatus(err), inOneLine(err))
	if j.verify {
		r.Verify = &importer.Compared{}
	}
	j.sign(r, uuid.NewString())
	if j.target != sandboxTarget() && oneroster.CheckBaseURL(j.target.BaseURL, true) != nil { // which may hold a password
		r.Target = importer.Target{}
	}
	return r
}

// busy tells whether another run is at work with the checkpoint.
func (j *job) busy(err error) bool {
	var locked *checkpoint.LockedError
	if errors.As(err, &locked) || j.rows == nil {
		return locked != nil
	}
	return errors.As(checkpoint.Held(j.rows.Checkpoint), &locked)
}

// leave writes the report of a run that did not begin. That of a run that read rows is a receipt, and one that has
// not ended may be of a run at work with another checkpoint: both are kept beside it as report.previous.json, which needs no room:
// where the new one cannot be written, on a full disk say, none is there.
func (j *job) leave(r *importer.Report) error {
	dir := reportDir(j.output.ReportDir)
	if info, err := os.Stat(string(dir)); err != nil || !info.IsDir() {
		return nil // for a slip of the pen in some place, none is made
	}
	report := filepath.Join(string(dir), j.names.report)
	drop := func(path string) error { _ = os.Remove(path); return nil } // it says as little as the new one
	if last, err := readReport(report); err == nil && (last.Counts.Read > 0 || last.Unended()) {
		drop = setAside
	}
	kept := errors.Join(drop(report), drop(pageName(report)))
	return errors.Join(kept, dir.writeReport(j.names.report, r), dir.writePage(j.names.report, r, j.page()))
}

// setAside gives a file another name, if there is one.
func setAside(path string) error {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	ext := filepath.Ext(path)
	if err := os.Rename(path, strings.TrimSuffix(path, ext)+previousMark+ext); err != nil {
		return fmt.Errorf("%s is of an earlier run, and could not be set aside: %w", path, err)
	}
	return nil
}
