package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

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

// changed says what happened to a file that is not what it was, "" where all are. Size and time tell: on some network disks
// a file's number is another one each time. One that cannot be looked at any more is nobody's concern once all were read.
func (in inputs) changed(stat func(string) (os.FileInfo, error), whole bool) string {
	for _, f := range in {
		now, err := stat(f.name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return f.name + " was moved away or deleted after this run began; no more of its rows go in; put it back, and run again"
		case err != nil && !whole:
			var cause *fs.PathError
			if errors.As(err, &cause) {
				err = cause.Err
			}
			return fmt.Sprintf("%s can no longer be looked at (%v), so that it may have changed after this run began; no more of its rows go in; "+
				"see to the disk that it is on, and run again", f.name, err)
		case err == nil && (now.Size() != f.Size() || !now.ModTime().Equal(f.ModTime())):
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
	stat   func(string) (os.FileInfo, error)
	stop   context.CancelCauseFunc
	whole  atomic.Bool // all were read to their ends
}

// lookEvery is how often it looks as long as the run goes on.
const lookEvery = 250 * time.Millisecond

// broken says whether it has stopped the run.
func (v *vigil) broken() bool {
	reason := v.inputs.changed(v.stat, v.whole.Load())
	if reason != "" {
		v.stop(&importer.StopError{Code: "changed", Reason: reason})
	}
	return reason != ""
}

// watch puts both looks into a run, the second until ctx ends. That one is nobody's to wait for: a look at a network disk
// that is gone may take for ever, and neither the run nor its end may.
func (v *vigil) watch(ctx context.Context, c *importer.Config) {
	c.Source = steadySource{c.Source, v}
	go func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				v.broken()
			}
		}
	}()
}

// steadySource is a source that ends when its files are no longer what they were.
type steadySource struct {
	importer.Source
	*vigil
}

var errUnsteady = errors.New("a file was written to while it was imported")

// Read is the source's.
func (s steadySource) Read(rows []gradecsv.Row) (int, error) {
	n, err := s.Source.Read(rows)
	s.whole.Store(err == io.EOF)
	if s.broken() {
		return 0, errUnsteady
	}
	return n, err
}
