package checkpoint_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
)

const (
	begun, accepted    = checkpoint.Begun, checkpoint.Accepted
	rejected, failed   = checkpoint.Rejected, checkpoint.Failed
	released, replaced = checkpoint.Released, checkpoint.Superseded
)

// What a later process knows of a row, by what became of its records, each of which follows the one before.
func TestKnown(t *testing.T) {
	tests := []struct {
		story []checkpoint.State
		known checkpoint.State
		seq   uint64
	}{
		{[]checkpoint.State{begun}, begun, 1},
		{[]checkpoint.State{accepted}, accepted, 1},
		{[]checkpoint.State{rejected}, 0, 0},
		{[]checkpoint.State{failed}, 0, 0},
		{[]checkpoint.State{released}, 0, 0},
		{[]checkpoint.State{accepted, rejected}, accepted, 1},
		{[]checkpoint.State{accepted, accepted}, accepted, 2},
		{[]checkpoint.State{accepted, begun}, begun, 2},
		{[]checkpoint.State{begun, released}, begun, 1}, // never sent again: still in doubt
		{[]checkpoint.State{begun, rejected}, 0, 0},
		{[]checkpoint.State{begun, begun, accepted}, accepted, 3},
		{[]checkpoint.State{accepted, begun, failed}, accepted, 1},
	}
	for _, tt := range tests {
		f := checkpointtest.Open(t)
		for _, st := range tt.story {
			j := journal(t, f.Reopen())
			in := intents(7, 8)[0]
			in.Follows = claim(t, j, in.Key, 1).Seq
			first := begin(t, j, in)
			if st != begun {
				finish(t, j, first, st)
			}
		}
		j := journal(t, f.Reopen())
		got := claim(t, j, key(7), 9)
		if got.State != tt.known || got.Seq != tt.seq {
			t.Errorf("%v: %+v, want %v of %d", tt.story, got, tt.known, tt.seq)
		}
		if again := claim(t, j, key(7), 10); again != (checkpoint.Known{First: 9}) {
			t.Errorf("claimed again: %+v", again)
		}
	}
}

// A power cut in a commit leaves what was before it, or after it, whatever part of it reached the disk.
func TestPowerCut(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	counts := func() map[checkpoint.State]int {
		m, err := j.Counts()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for step := range 12 {
		before, was := f.Bytes(), counts()
		if step%2 == 0 {
			begin(t, j, intents(step*200, step*200+200)...)
		} else {
			finish(t, j, uint64(step/2)*200+1, slices.Repeat([]checkpoint.State{accepted}, 200)...)
		}
		after, is := f.Bytes(), counts()
		for _, c := range checkpointtest.CrashStates(before, after, r) {
			path := filepath.Join(t.TempDir(), "cut.db")
			write(t, path, c.Data)
			s := open(t, path)
			cut, err := s.Target(baseURL, clientID)
			if err != nil {
				t.Fatalf("step %d, %s: %v", step, c.Name, err)
			}
			got, err := cut.Counts()
			want := was
			if c.Name == "after" {
				want = is
			}
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("step %d, %s: %v, %v; before %v, after %v", step, c.Name, got, err, was, is)
			}
		}
	}
}

// Facts and runs outlive the process; a run that was killed has no end.
func TestFactsAndRuns(t *testing.T) {
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	facts := checkpoint.Facts{AllocatesIDs: true}
	if err := j.Learn(facts); err != nil {
		t.Fatal(err)
	}
	end := checkpoint.RunInfo{ID: "second", Started: time.Unix(50, 0).UTC(), Ended: time.Unix(90, 0).UTC(), Files: []string{"a.csv"}, Counts: []byte(`{"read":3}`)}
	j = journal(t, f.Reopen())
	if err := j.EndRun(end); err != nil {
		t.Fatal(err)
	}
	j = journal(t, f.Reopen())
	if j.Facts() != facts {
		t.Errorf("facts %+v", j.Facts())
	}
	runs, err := j.Runs()
	if err != nil || len(runs) != 3 {
		t.Fatal(runs, err)
	}
	end.Run = 2
	if !reflect.DeepEqual(runs[1], end) || !runs[0].Ended.IsZero() || runs[0].Run != 1 {
		t.Errorf("runs %+v", runs)
	}
}

// Plan claims and begins while record finishes and learns.
func TestConcurrent(t *testing.T) {
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	finish(t, j, begin(t, j, intents(0, 2000)...), slices.Repeat([]checkpoint.State{accepted}, 2000)...)
	j = journal(t, f.Reopen())
	batches := make(chan uint64, 4)
	var wg sync.WaitGroup
	wg.Go(func() {
		for first := range batches {
			if err := j.Finish(outcomes(first, slices.Repeat([]checkpoint.State{accepted}, 50)...)); err != nil {
				t.Error(err)
			}
			if err := j.Learn(checkpoint.Facts{RefusesLook: first%2 == 0}); err != nil {
				t.Error(err)
			}
		}
	})
	for i := 0; i < 4000; i += 50 {
		for k := i; k < i+50; k++ {
			if known := claim(t, j, key(k), uint32(k+1)); (known.State == accepted) != (k < 2000) {
				t.Errorf("%d: %+v", k, known)
			}
		}
		if i >= 2000 {
			batches <- begin(t, j, intents(i, i+50)...)
		}
	}
	close(batches)
	wg.Wait()
	if counts, err := j.Counts(); err != nil || counts[accepted] != 4000 {
		t.Error(counts, err)
	}
}

// An outcome for what was never begun, or has one, is refused, and nothing is written after it.
func TestFinishRefuses(t *testing.T) {
	for name, out := range map[string][]checkpoint.Outcome{
		"unknown": {{Seq: 3, State: accepted}},
		"zero":    {{Seq: 0, State: accepted}},
		"twice":   {{Seq: 1, State: accepted}, {Seq: 1, State: failed}},
		"state":   {{Seq: 1, State: replaced}},
	} {
		f := checkpointtest.Open(t)
		j := journal(t, f.Store)
		begin(t, j, intents(0, 2)...)
		if err := j.Finish(out); err == nil {
			t.Errorf("%s: no error", name)
		}
		j = journal(t, f.Reopen())
		if counts, err := j.Counts(); err != nil || counts[begun] != 2 {
			t.Error(name, counts, err)
		}
	}
}

// Status and the dry run read without writing, and make no file.
func TestReadOnly(t *testing.T) {
	f := checkpointtest.Open(t)
	j := journal(t, f.Store)
	finish(t, j, begin(t, j, intents(0, 3)...), accepted, rejected)
	readOnly := checkpoint.Options{ReadOnly: true, LockWait: time.Millisecond}
	var locked *checkpoint.LockedError
	if _, err := checkpoint.Open(f.Path, readOnly); !asError(err, &locked) {
		t.Errorf("while a run goes on: %v", err)
	}
	f.Opts = readOnly
	j = journal(t, f.Reopen())
	before := f.Bytes()
	if known := claim(t, j, key(0), 1); known.State != accepted {
		t.Errorf("%+v", known)
	}
	if known := claim(t, j, key(2), 2); known.State != begun {
		t.Errorf("%+v", known)
	}
	finish(t, j, begin(t, j, intents(5, 9)...), accepted)
	if err := j.Learn(checkpoint.Facts{RefusesLook: true}); err != nil || !j.Facts().RefusesLook {
		t.Error(err)
	}
	if string(f.Bytes()) != string(before) {
		t.Error("the file changed")
	}
	missing := filepath.Join(t.TempDir(), "none.db")
	if _, err := checkpoint.Open(missing, readOnly); !os.IsNotExist(err) {
		t.Errorf("missing: %v", err)
	}
	if _, err := os.Stat(missing); !os.IsNotExist(err) {
		t.Errorf("a file was made: %v", err)
	}
}

// A journal without a file knows the rows of its run.
func TestMemory(t *testing.T) {
	j := checkpoint.NewMemory()
	if _, err := j.StartRun(checkpoint.RunInfo{}); err != nil {
		t.Fatal(err)
	}
	if known := claim(t, j, key(1), 4); known != (checkpoint.Known{}) {
		t.Errorf("%+v", known)
	}
	if known := claim(t, j, key(1), 5); known != (checkpoint.Known{First: 4}) {
		t.Errorf("%+v", known)
	}
	finish(t, j, begin(t, j, intents(1, 3)...), accepted)
	if counts, err := j.Counts(); err != nil || len(counts) != 0 {
		t.Error(counts, err)
	}
}
