package main

import (
	"context"
	"errors"
	"os"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// inputs are files as they were before anything was read of them. Pipes and standard input are read once and are not among
// them, nor are files that are not there: reading says that.
type inputs []inspected

type inspected struct {
	name string
	os.FileInfo
}

func inspect(files []string) (in inputs) {
	for _, name := range files {
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			in = append(in, inspected{name, info})
		}
	}
	return in
}

// changed names a file that was written to or replaced, "" for none.
func (in inputs) changed() string {
	for _, f := range in {
		now, err := os.Stat(f.name)
		if err != nil || !os.SameFile(now, f.FileInfo) || now.Size() != f.Size() || !now.ModTime().Equal(f.ModTime()) {
			return f.name
		}
	}
	return ""
}

// steadySource is a source that ends when its files are no longer what they were: the beginning of one export and the end of
// another may meet in a row that stands in neither. It looks after each read, so that no row that was written since is
// passed on.
type steadySource struct {
	importer.Source
	inputs inputs
	stop   context.CancelCauseFunc
}

var errUnsteady = errors.New("a file was written to while it was imported")

// Read is the source's.
func (s steadySource) Read(rows []gradecsv.Row) (int, error) {
	n, err := s.Source.Read(rows)
	if name := s.inputs.changed(); name != "" {
		s.stop(&importer.StopError{Code: "changed", Reason: name + " was written to or replaced after this run began; " +
			"no more of its rows go in; run again when the file is complete"})
		return 0, errUnsteady
	}
	return n, err
}
