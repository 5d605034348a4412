package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
)

// openCheckpoint opens the checkpoint for a job, and returns what reads the journal of its target, which serves one pass over the
// files. A dry run writes nothing: it reads the checkpoint where there is one and the target is known.
func (j *job) openCheckpoint() (func() (*checkpoint.Journal, error), error) {
	none := func() (*checkpoint.Journal, error) { return checkpoint.NewMemory(), nil }
	if j.verify {
		return none, nil
	}
	if j.config.DryRun {
		_, err := os.Stat(j.rows.Checkpoint)
		if j.target.BaseURL == "" || errors.Is(err, fs.ErrNotExist) {
			return none, nil
		}
	}
	store, err := j.rows.open(j.term, j.config.DryRun)
	if err != nil {
		return nil, err
	}
	j.opened.add(store.Close)
	kept, err := spelled(store, j.target, j.term) // for the checkpoint alone: reports and metrics have one spelling
	return func() (*checkpoint.Journal, error) { return store.Target(kept.BaseURL, kept.ClientID) }, err
}

// spelled is a target as a checkpoint has it: an earlier version kept the address as it was written. One that is there
// letter by letter is the one; of several other spellings, one to which something was sent. Where the checkpoint knows none, that
// is said: a new name for the same server would send every row again, and so would a new checkpoint.
func spelled(store *checkpoint.Store, target checkpoint.Target, t *terminal) (checkpoint.Target, error) {
	if _, known, err := store.Facts(target); known || err != nil {
		return target, err
	}
	targets, err := store.Targets()
	if err != nil {
		return target, err
	}
	var same []checkpoint.Target
	for _, old := range targets {
		if old.ClientID != target.ClientID || canonical(old.BaseURL) != target.BaseURL {
			continue
		}
		facts, _, err := store.Facts(old)
		if facts.Reached || err != nil {
			return old, err
		}
		same = append(same, old)
	}
	if len(same) > 0 {
		return same[0], nil
	}
	if target != sandboxTarget() { // which is nobody's other name
		unheard(store, target, targets, t)
	}
	return target, nil
}

// unheard says that a checkpoint knows nothing of a target: it is new, or has rows of others.
func unheard(store *checkpoint.Store, target checkpoint.Target, targets []checkpoint.Target, t *terminal) {
	if len(targets) == 0 {
		t.note("%s is new and knows of no earlier import; if there was one to this gradebook, stop, and name its checkpoint, or --look-first",
			store.Path())
	}
	var others []string
	for _, old := range targets {
		facts, _, _ := store.Facts(old) // damage is for a run to tell that needs that target
		if facts.Reached && old != sandboxTarget() {
			others = append(others, fmt.Sprintf("%s (client %s)", old.BaseURL, old.ClientID))
		}
	}
	if len(others) > 0 {
		t.note("%s knows rows of %s, and none of %s (client %s): every row is new there; if that is the same gradebook by another name, "+
			"stop, and give the name of before, or --look-first", store.Path(), strings.Join(others, ", "), target.BaseURL, target.ClientID)
	}
}

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
