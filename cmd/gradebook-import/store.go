package main

import (
	"errors"
	"time"

	"gradebook-import/checkpoint"
)

// patient is how long another run may hold the checkpoint before a person is told what is waited for.
const patient = time.Second

// open opens the checkpoint, and waits for another run that holds it as long as --lock-wait says.
func (f *checkpointFlags) open(t *terminal, readOnly bool) (*checkpoint.Store, error) {
	if f.LockWait < 0 {
		return nil, usage("--lock-wait %s: a time must not be negative", f.LockWait)
	}
	options := checkpoint.Options{ReadOnly: readOnly, LockWait: max(1, min(f.LockWait, patient))} // 0 there is a default
	store, err := checkpoint.Open(f.Checkpoint, options)
	var locked *checkpoint.LockedError
	if f.LockWait <= patient || !errors.As(err, &locked) {
		return store, err
	}
	t.note("another run holds %s; waiting for it, at most %s", f.Checkpoint, f.LockWait)
	options.LockWait = f.LockWait - patient
	return checkpoint.Open(f.Checkpoint, options)
}
