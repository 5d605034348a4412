//go:build linux

package checkpoint_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

// When the disk fails, the call says so, nothing after it is claimed to be written, and when the disk is well again the
// file holds what was promised before.
func TestDiskFails(t *testing.T) {
	for _, how := range []checkpointtest.Failure{checkpointtest.Full, checkpointtest.LosesWrites, checkpointtest.NoWrites} {
		disk := checkpointtest.NewDisk(t)
		f := checkpointtest.Open(t)
		f.Opts.OpenFile = disk.OpenFile
		j := journal(t, f.Reopen())
		first := begin(t, j, intents(0, 3)...)
		finish(t, j, first, accepted)
		disk.Fail(how)
		err := j.Finish(outcomes(first+1, accepted))
		var writeError *checkpoint.WriteError
		if !errors.As(err, &writeError) || writeError.Path != f.Path {
			t.Errorf("%s: %v", how, err)
		}
		if how == checkpointtest.Full && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: %v", how, err)
		}
		disk.Heal()
		if _, again := j.Begin(intents(5, 6)); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: after %v: %v", how, err, again)
		}
		j = journal(t, f.Reopen())
		for i, want := range []checkpoint.State{accepted, begun, begun, 0} {
			if known := claim(t, j, key(i), uint32(i+1)); known.State != want {
				t.Errorf("%s: row %d is %v, want %v", how, i, known.State, want)
			}
		}
	}
}

// A file that is gone takes no more intents: they would be lost with it.
func TestRemovedDuringRun(t *testing.T) {
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	begin(t, j, intents(0, 3)...)
	if err := os.Rename(f.Path, f.Path+".away"); err != nil {
		t.Fatal(err)
	}
	var writeError *checkpoint.WriteError
	if _, err := j.Begin(intents(3, 4)); !errors.As(err, &writeError) || !strings.Contains(err.Error(), "--look-first") {
		t.Errorf("%v", err)
	}
	if err := os.Rename(f.Path+".away", f.Path); err != nil {
		t.Fatal(err)
	}
}
