package main

import (
	"errors"
	"strings"
	"testing"

	"gradebook-import/importer"
)

// A run that --max-changes kept from beginning is no success, and says so, whatever its first pass came to: a Kubernetes Job
// that ends with 0 is not tried again.
func TestARunThatDidNotBeginIsNoSuccess(t *testing.T) {
	broken := errors.New("rejects.csv: input/output\nerror")
	for _, c := range []struct {
		first   int // status of the first pass
		stopped string
		err     error
		want    int
		says    string
	}{
		{importer.ExitOK, "", nil, importer.ExitStopped, "more than --max-changes 5 allows"},
		{importer.ExitRejects, "", nil, importer.ExitStopped, "more than --max-changes 5 allows"},
		{importer.ExitOK, "", broken, importer.ExitFailed, "nothing was sent: rejects.csv: "},
		{importer.ExitRejects, "", broken, importer.ExitFailed, "nothing was sent: rejects.csv: "},
		{importer.ExitUsage, "cut off", broken, importer.ExitUsage, "had not counted all rows: cut off"},
		{importer.ExitStopped, "interrupted", nil, importer.ExitStopped, "had not counted all rows: interrupted"},
	} {
		r := &importer.Report{Counts: importer.Counts{Read: 9, Accepted: 7, Rejected: 2}, Effects: &importer.Effects{Replaced: 7}}
		r.Run.ExitCode, r.Run.Stopped = c.first, c.stopped
		g := guard{limit: limit{importer.Limit{On: true, N: 5}}}
		g.hold(r, count(r, nil), c.err)
		if r.Run.ExitCode != c.want || !strings.Contains(r.Run.Stopped, c.says) || strings.Contains(r.Run.Stopped, "\n") {
			t.Errorf("%+v: status %d, %q", c, r.Run.ExitCode, r.Run.Stopped)
		}
		if r.Counts.Accepted != 0 || r.Counts.Deferred != 7 {
			t.Errorf("%+v: %+v", c, r.Counts)
		}
	}
	if status := exitStatus(ended(&importer.Report{}, broken)); status != importer.ExitFailed {
		t.Errorf("an error ends with status %d", status)
	}
}
