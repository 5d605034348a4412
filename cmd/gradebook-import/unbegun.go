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
)

// attempt does what a job takes to begin, and the job. One that does not begin leaves a report that says so: whoever mails
// the page in the morning must not take the last run's for this one's. Not while another run holds the checkpoint: the
// report is that run's then.
func (j *job) attempt(ctx context.Context, do func() error) error {
	started := time.Now()
	err := do()
	if err == nil || j.begun {
		return err
	}
	r := j.unbegun(started, err)
	if j.output.JSON {
		_, writeErr := j.term.out.Write(asJSON(r))
		err = errors.Join(err, writeErr)
	}
	if j.busy(err) {
		return err
	}
	j.metrics.pushStatus(ctx, r)
	return errors.Join(err, j.leave(r))
}

// unbegun is the report of a run that an error kept from beginning.
func (j *job) unbegun(started time.Time, err error) *importer.Report {
	c := j.config
	c.Shard = j.files.Shard.Shard
	r := importer.Unbegun(c, started, exitStatus(err), inOneLine(err))
	if j.verify {
		r.Verify = &importer.Compared{}
	}
	j.sign(r, uuid.NewString())
	if j.target != sandboxTarget() && checkAddress(j.target.BaseURL, false, true) != nil { // which may hold a password
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
	store, err := checkpoint.Open(j.rows.Checkpoint, checkpoint.Options{ReadOnly: true, LockWait: 1})
	if err == nil {
		err = store.Close()
	}
	return errors.As(err, &locked)
}

// leave writes the report of a run that did not begin. Where it cannot be written, on a full disk say, the last run's is not
// left in its place: that is set aside, which needs no room.
func (j *job) leave(r *importer.Report) error {
	dir := reportDir(j.output.ReportDir)
	if dir == "" {
		return nil // which is what kept the run from beginning
	}
	_ = os.MkdirAll(string(dir), 0o700) // where this fails, there is no report of an earlier run either
	return errors.Join(setAside(dir.writeReport(j.names.report, r)), setAside(dir.writePage(j.names.report, r, j.page())))
}

// setAside gives a file of an earlier run that could not be written anew another name: report.previous.json.
func setAside(err error) error {
	var write *importer.WriteError
	if !errors.As(err, &write) {
		return err
	}
	info, missing := os.Lstat(write.Path)
	if missing != nil || !info.Mode().IsRegular() {
		return nil
	}
	ext := filepath.Ext(write.Path)
	previous := strings.TrimSuffix(write.Path, ext) + previousMark + ext
	if renameErr := os.Rename(write.Path, previous); renameErr != nil {
		return fmt.Errorf("%s is of an earlier run, and could be neither written anew (%w) nor set aside", write.Path, write.Err)
	}
	return fmt.Errorf("%s was of an earlier run, and is now %s: a new one cannot be written (%w)", write.Path, previous, write.Err)
}
