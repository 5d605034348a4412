// Package checkpointtest has checkpoints for tests: files that are checked at the end of the test, disks that fail on
// request, the states that a power cut can leave, and a model without a file for simulations.
package checkpointtest

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"gradebook-import/checkpoint"
)

// File is a checkpoint in a directory of the test.
type File struct {
	Path string
	Opts checkpoint.Options
	// Store is open; Reopen replaces it.
	Store *checkpoint.Store
	t     testing.TB
}

// Open makes a new checkpoint. At the end of the test it is closed and checked.
func Open(t testing.TB) *File {
	t.Helper()
	f := &File{Path: filepath.Join(t.TempDir(), "gradebook.db"), t: t}
	f.reopen()
	t.Cleanup(func() {
		if err := f.Store.Close(); err != nil {
			t.Error(err)
		}
		Check(t, f.Path)
	})
	return f
}

// Reopen closes the store and opens it again.
func (f *File) Reopen() *checkpoint.Store {
	f.t.Helper()
	if err := f.Store.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.reopen()
	return f.Store
}

func (f *File) reopen() {
	f.t.Helper()
	s, err := checkpoint.Open(f.Path, f.Opts)
	if err != nil {
		f.t.Fatal(err)
	}
	f.Store = s
}

// Check runs bbolt's full check of the file at path, which no process may hold.
func Check(t testing.TB, path string) {
	t.Helper()
	db, err := bbolt.Open(path, 0, &bbolt.Options{ReadOnly: true, Timeout: time.Second, PreLoadFreelist: true})
	if err != nil {
		t.Error(err)
		return
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			t.Errorf("%s: %v", path, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Bytes is the file as it is on disk.
func (f *File) Bytes() []byte {
	f.t.Helper()
	data, err := os.ReadFile(f.Path)
	if err != nil {
		f.t.Fatal(err)
	}
	return data
}
