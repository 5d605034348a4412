package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
)

// patient is how long another run may hold the checkpoint before a person is told what is waited for.
const patient = time.Second

// open opens the checkpoint, and waits for another run that holds it as long as --lock-wait says.
func (f *checkpointFlags) open(t *terminal, readOnly bool) (*checkpoint.Store, error) {
	options := checkpoint.Options{ReadOnly: readOnly, LockWait: max(1, min(f.LockWait, patient))} // 0 there is a default
	store, err := checkpoint.Open(f.Checkpoint, options)
	var locked *checkpoint.LockedError
	if f.LockWait <= patient || !errors.As(err, &locked) {
		return store, t.unopened(f.Checkpoint, err)
	}
	t.note("another run holds %s; waiting for it, at most %s", f.Checkpoint, f.LockWait)
	options.LockWait = f.LockWait - patient
	store, err = checkpoint.Open(f.Checkpoint, options)
	return store, t.unopened(f.Checkpoint, err)
}

// unopened says what to do about a checkpoint that is none, or that the operating system does not give us: another path
// must be named, or what is wrong with that one be mended. A disk that fails is another matter.
func (t *terminal) unopened(path string, err error) error {
	var foreign *checkpoint.ForeignError
	var file *fs.PathError
	switch {
	case errors.As(err, &foreign):
		return usage("%s: %w", t.named("checkpoint"), err)
	case !errors.As(err, &file):
		return err
	}
	told := fmt.Errorf("%s: %s cannot be opened (%w); name a file in a directory that is there and may be written to",
		t.named("checkpoint"), path, file.Err)
	if ofDisk(file.Err) {
		return told
	}
	return &failure{status: importer.ExitUsage, err: told}
}

// ofDisk tells what is wrong with a disk from what is wrong with a name.
func ofDisk(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EIO)
}
