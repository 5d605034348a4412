package main

import (
	"context"
	"errors"
	"io/fs"
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

// changed says what happened to a file that is not what it was, "" where all are.
func (in inputs) changed() string {
	for _, f := range in {
		now, err := os.Stat(f.name)
		if errors.Is(err, fs.ErrNotExist) {
			return f.name + " was moved away or deleted after this run began; no more of its rows go in; put it back, and run again"
		}
		if err != nil || !os.SameFile(now, f.FileInfo) || now.Size() != f.Size() || !now.ModTime().Equal(f.ModTime()) {
			return f.name + " was written to or replaced after this run began; no more of its rows go in; run again when the file is complete"
		}
	}
	return ""
}

// vigil stops a run whose files are no longer what they were: the beginning of one export and the end of another may meet in
// a row that stands in neither, and a run that ends well says that all of the file is in the gradebook. It looks after each
// read, so that no row that was written since is passed on, and as long as the run goes on, so that a file that was read at
// once is watched as one that is not.
type vigil struct {
	inputs inputs
	stop   context.CancelCauseFunc
}

// broken says whether it has stopped the run.
func (v vigil) broken() bool {
	reason := v.inputs.changed()
	if reason != "" {
		v.stop(&importer.StopError{Code: "changed", Reason: reason})
	}
	return reason != ""
}

// watch puts both looks into a run.
func (v vigil) watch(c *importer.Config) {
	c.Source = steadySource{c.Source, v}
	show := c.Progress
	c.Progress = func(p importer.Progress) {
		v.broken()
		show(p)
	}
}

// steadySource is a source that ends when its files are no longer what they were.
type steadySource struct {
	importer.Source
	vigil
}

var errUnsteady = errors.New("a file was written to while it was imported")

// Read is the source's.
func (s steadySource) Read(rows []gradecsv.Row) (int, error) {
	n, err := s.Source.Read(rows)
	if s.broken() {
		return 0, errUnsteady
	}
	return n, err
}
