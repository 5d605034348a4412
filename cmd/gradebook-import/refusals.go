package main

import (
	"cmp"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"

	"gradebook-import/checkpoint"
	"gradebook-import/importer"
)

// A refusal is open until its row went in: the same row, by its sourcedId, or the corrected one from the rejects.csv that
// the run wrote. The latter needs the run as a link, since a correction of line item or student changes the sourcedId of
// a row whose file gives none.

// runNote is what a checkpoint keeps of a run that has ended.
type runNote struct {
	importer.Counts
	ExitCode int    `json:"exitCode"`
	Stopped  string `json:"stopped,omitempty"`
	// Settling are those of the rows in doubt that the next run settles by itself.
	Settling int `json:"settling,omitempty"`
	// Rejects are the files with rejected rows that the run left, by their absolute paths.
	Rejects []string `json:"rejects,omitempty"`
	// Closes are the runs whose rejects this run has read to their end: what was wrong with those rows then is over, and
	// what is wrong with them now is this run's.
	Closes []uint32 `json:"closes,omitempty"`
}

// newNote is the note of a run that read files and left rejects.
func newNote(r *importer.Report, earlier []checkpoint.RunInfo, files, rejects []string) runNote {
	n := runNote{Counts: r.Counts, ExitCode: r.Run.ExitCode, Stopped: r.Run.Stopped, Settling: r.Settling(), Rejects: absolute(rejects)}
	if n.Stopped != "" || !slices.Contains([]int{importer.ExitOK, importer.ExitRejects, importer.ExitInDoubt}, n.ExitCode) ||
		r.Run.Foreign > 0 {
		return n
	}
	for _, path := range absolute(files) {
		for _, run := range slices.Backward(earlier) {
			if slices.Contains(noteOf(run).Rejects, path) {
				n.Closes = append(n.Closes, run.Run)
				break // an older run's file of that name was replaced
			}
		}
	}
	return n
}

func absolute(paths []string) []string {
	all := make([]string, len(paths))
	for i, path := range paths {
		all[i] = path
		if abs, err := filepath.Abs(path); err == nil { // fails where the working directory is gone
			all[i] = abs
		}
	}
	return all
}

// noteOf is what a run left, nothing where it was killed.
func noteOf(r checkpoint.RunInfo) (n runNote) {
	if json.Unmarshal(r.Counts, &n) != nil {
		return runNote{}
	}
	return n
}

// closedRuns are those whose rejects a later run has read to their end.
func closedRuns(runs []checkpoint.RunInfo) map[uint32]bool {
	closed := map[uint32]bool{}
	for _, r := range runs {
		for _, run := range noteOf(r).Closes {
			closed[run] = true
		}
	}
	return closed
}

// refusals are the rows whose last word is that they were refused or failed: some hundred bytes for each.
type refusals struct {
	closed map[uint32]bool
	rows   map[checkpoint.Key]checkpoint.Record
}

// add takes the records of a journal in their order.
func (o *refusals) add(r checkpoint.Record) {
	if refused := r.State == checkpoint.Rejected || r.State == checkpoint.Failed; !refused || o.closed[r.Run] {
		delete(o.rows, r.Key)
		return
	}
	o.rows[r.Key] = r
}

// sorted are records in the order in which they were begun.
func sorted(rows map[checkpoint.Key]checkpoint.Record) []checkpoint.Record {
	return slices.SortedFunc(maps.Values(rows), func(a, b checkpoint.Record) int { return cmp.Compare(a.Seq, b.Seq) })
}
