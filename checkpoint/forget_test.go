package checkpoint_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

// Forget deletes what is settled and old, and nothing in doubt.
func TestForget(t *testing.T) {
	f := checkpointtest.Open(t)
	now := time.Unix(1000, 0)
	f.Opts.Now = func() time.Time { return now }
	old := slices.Repeat([]checkpoint.State{accepted}, 999)
	j := journal(t, f.Reopen())
	finish(t, j, begin(t, j, intents(0, 1000)...), old...) // row 999 stays in doubt
	if err := j.EndRun(checkpoint.RunInfo{ID: "old", Ended: now}); err != nil {
		t.Fatal(err)
	}
	j = journal(t, f.Reopen()) // killed
	finish(t, j, begin(t, j, intents(1000, 1001)...), rejected)
	now = time.Unix(2000, 0)
	j = journal(t, f.Reopen())
	finish(t, j, begin(t, j, intents(1001, 1003)...), accepted)
	if err := j.EndRun(checkpoint.RunInfo{ID: "new", Started: now, Ended: now}); err != nil {
		t.Fatal(err)
	}
	n, err := f.Reopen().Forget(time.Unix(1500, 0))
	if err != nil || n != 1000 {
		t.Fatalf("forgot %d, %v", n, err)
	}
	if n, err := f.Store.Forget(time.Unix(1500, 0)); err != nil || n != 0 {
		t.Errorf("and again %d, %v", n, err)
	}
	j = journal(t, f.Reopen())
	for i, want := range map[int]checkpoint.State{0: 0, 500: 0, 998: 0, 999: begun, 1000: 0, 1001: accepted, 1002: begun} {
		if known := claim(t, j, key(i), uint32(i+1)); known.State != want {
			t.Errorf("row %d is %v, want %v", i, known.State, want)
		}
	}
	runs, err := j.Runs()
	if err != nil || len(runs) != 3 || runs[0].ID != "old" || runs[1].ID != "new" {
		t.Errorf("runs %+v, %v", runs, err) // the old one still has a row in doubt; the killed one has none
	}
	finish(t, j, begin(t, j, intents(2000, 2001)...), accepted)
	j = journal(t, f.Reopen())
	if counts, err := j.Counts(); err != nil || counts[accepted] != 2 || counts[begun] != 2 {
		t.Error(counts, err)
	}
}

// Compact makes the file small and changes nothing in it; it keeps the mode and leaves nothing beside the file.
func TestCompact(t *testing.T) {
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	for i := range 20 {
		finish(t, j, begin(t, j, intents(i*500, i*500+500)...), slices.Repeat([]checkpoint.State{accepted}, 400)...)
	}
	want, err := j.Counts()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.Path, 0o640); err != nil {
		t.Fatal(err)
	}
	f.Opts.LockWait = time.Millisecond
	var locked *checkpoint.LockedError
	if _, _, err := checkpoint.Compact(f.Path, f.Opts); !asError(err, &locked) {
		t.Errorf("while a run goes on: %v", err)
	}
	f.Store.Close()
	before, after, err := checkpoint.Compact(f.Path, f.Opts)
	info, statErr := os.Stat(f.Path)
	if err != nil || statErr != nil || after >= before || info.Size() != after || info.Mode().Perm() != 0o640 {
		t.Errorf("from %d to %d, %v; %v", before, after, err, info)
	}
	if entries, _ := os.ReadDir(filepath.Dir(f.Path)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
	j = journal(t, f.Reopen())
	if got, err := j.Counts(); err != nil || !maps.Equal(got, want) {
		t.Error(got, err)
	}
	begin(t, j, intents(20_000, 20_100)...)
}
