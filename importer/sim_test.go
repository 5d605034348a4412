package importer

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/oneroster/sandbox"
)

// The simulation tells stories: a server, a network, a disk and a person who edits files and starts the importer again,
// all of which go wrong. Everything between Run and the server's handler is the real thing. One seed decides a story;
// no real time passes in it.
//
// Decisions hang on the seed and on what is decided about (which row, which request of it), not on the order in which
// goroutines come by; but what Go's scheduler and select do within one instant of simulated time is theirs. So a replay
// meets the same faults, and is the same to the last event in a third of the seeds (two thirds with GOMAXPROCS=1). A
// story that fails prints its events at once, and -sim.tries tells it again until it fails.

var (
	simSeeds = flag.Int("sim.seeds", 500, "stories for TestSimulation")
	simFrom  = flag.Uint64("sim.from", 0, "the first seed of TestSimulation")
	simSeed  = flag.Int64("sim.seed", -1, "tell the story of this seed alone, with its events")
	simAll   = flag.Bool("sim.all", false, "go on after a broken promise, and print the verdicts without the stories")
	simTries = flag.Int("sim.tries", 1, "how often to tell the story of -sim.seed, until it fails")
)

// Whatever goes wrong: after the last calm run each valid row is in the server exactly once, with the content of the
// file, or has a status that the story justifies; nothing was applied twice; report, rejects.csv, checkpoint and the
// server agree; nothing waits for ever and no goroutine is left.
func TestSimulation(t *testing.T) {
	if *simSeed >= 0 {
		replay(t, uint64(*simSeed))
		return
	}
	start := time.Now()
	total := newSimFigures()
	var next atomic.Uint64
	t.Run("stories", func(t *testing.T) {
		for w := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				dir := simDir(t)
				for i := next.Add(1) - 1; i < uint64(*simSeeds) && (*simAll || !total.failed()); i = next.Add(1) - 1 {
					total.add(simulate(t, *simFrom+i, soundImporter, dir))
				}
			})
		}
	})
	total.print(t, time.Since(start))
}

// replay tells one story with all its events.
func replay(t *testing.T, seed uint64) {
	dir := simDir(t)
	for range *simTries {
		s := simulate(t, seed, soundImporter, dir)
		if s.fails() || *simTries == 1 {
			t.Log(s.events())
			return
		}
	}
}

// simulate tells the story of a seed in a bubble of its own, and reports what broke a promise.
func simulate(t *testing.T, seed uint64, flaw simFlaw, dir string) *story {
	s := newStory(seed, flaw, dir)
	defer func() {
		if r := recover(); r != nil { // a deadlock, which synctest tells of by a panic
			t.Logf("seed %d: %v\n%s", seed, r, s.events())
			panic(r)
		}
	}()
	synctest.Test(t, func(t *testing.T) { s.live() })
	if s.fails() && flaw == soundImporter {
		if *simAll {
			t.Errorf("seed %d: %s", seed, s.verdict())
			return s
		}
		t.Errorf("seed %d breaks promises; to replay: go test ./importer -run TestSimulation -v -sim.seed=%d -sim.tries=50\n%s\nthe story:\n%s",
			seed, seed, s.verdict(), s.events())
	}
	return s
}

// simDir is a directory for the files of stories, in memory where there is such a place: rejects.csv is synced.
func simDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "sim-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// However many rows wait for the server to be believed, the rows in memory stay within what doc.go says.
func TestSimulatedRowsInMemory(t *testing.T) {
	dir := simDir(t)
	synctest.Test(t, func(t *testing.T) {
		s := newStory(1, soundImporter, dir)
		s.start = time.Now()
		defer time.Sleep(time.Hour)
		s.found()
		for len(s.file.rows) < 6000 {
			s.file.add()
		}
		s.cfg = sandbox.Config{NoAuth: true, Faults: []sandbox.Fault{{Do: "500", Method: http.MethodPost, Probability: .5, For: time.Minute}}}
		s.server, s.netRate, s.settle, s.lookFirst = sandbox.New(s.cfg), 0, time.Minute, false
		p := s.newProcess(true)
		if report := s.run(p); s.fails() || report.Counts.Accepted < 5000 || p.most <= waitingRows {
			t.Errorf("%s %+v, at most %d rows in memory", s.verdict(), report.Counts, p.most)
		}
	})
}

// TestSimulationFindsFaults: a simulation that cannot fail proves nothing. Each flaw, put into the importer, must break a
// promise within simEnough seeds.
func TestSimulationFindsFaults(t *testing.T) {
	const simEnough = 200
	for flaw := soundImporter + 1; flaw < simFlaws; flaw++ {
		t.Run(flaw.String(), func(t *testing.T) {
			t.Parallel()
			dir := simDir(t)
			for seed := range uint64(simEnough) {
				if s := simulate(t, seed, flaw, dir); s.fails() {
					t.Logf("found with %d seeds: %s", seed+1, s.verdict())
					return
				}
			}
			t.Errorf("not found with %d seeds", simEnough)
		})
	}
}
