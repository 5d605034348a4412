package importer

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

var seeds = flag.Int("seeds", 200, "stories for the property tests of a run")

// Every row read ends in exactly one status, whatever fails and whenever the run is stopped; and when the same input is
// run again until nothing is left to do, the server has applied each valid row exactly once.
func TestConservation(t *testing.T) {
	for seed := range uint64(*seeds) {
		synctest.Test(t, func(t *testing.T) { conserve(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func conserve(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(rnd)
	disk := checkpointtest.NewModel()
	rows := makeRows(rnd, rnd.IntN(400))
	const runs = 6
	for run := range runs {
		last := run == runs-1
		ctx, cancel := context.WithCancelCause(t.Context())
		if !last && rnd.IntN(2) == 0 {
			stop := time.AfterFunc(time.Duration(rnd.Int64N(int64(8*time.Second))), func() { cancel(nil) })
			defer stop.Stop()
		}
		w.calm(last)
		disk.Commit = nil
		if !last && rnd.IntN(4) == 0 {
			bad := disk.Commits() + rnd.IntN(12)
			disk.Commit = func(n int, p checkpointtest.Point) error {
				if n >= bad {
					return errDisk
				}
				return nil
			}
		}
		src := &sliceSource{rows: rows}
		if !last && rnd.IntN(8) == 0 {
			src.failAt = 1 + rnd.IntN(len(rows)+1)
		}
		report, err := runOn(ctx, t, disk, w, src, rnd)
		cancel(nil)
		if errors.Is(err, errOpen) {
			continue
		}
		check(t, report, err, src.given)
	}
	w.audit(t, rows)
}

var (
	errDisk   = errors.New("input/output error")
	errSource = errors.New("the file ends in the middle")
	errOpen   = errors.New("the checkpoint cannot be opened")
)

func runOn(ctx context.Context, t *testing.T, disk *checkpointtest.Model, w *world, src Source, rnd *rand.Rand) (*Report, error) {
	store, err := disk.Open(checkpoint.Options{})
	if err != nil {
		return nil, errOpen
	}
	defer store.Close()
	journal, err := store.Target("https://sis.example", "me")
	if err != nil {
		return nil, errOpen
	}
	if _, err := journal.StartRun(checkpoint.RunInfo{ID: "r"}); err != nil {
		return nil, errOpen
	}
	var observed atomic.Int64
	report, err := Run(ctx, Config{
		Source: src, Gateway: w, Journal: journal, Concurrency: 1 + rnd.IntN(12), Attempts: 1 + rnd.IntN(5),
		Grace: time.Second, Settle: worldLag + time.Millisecond, GiveUpAfter: time.Minute,
		Observe: func(a oneroster.Answer) { observed.Add(int64(a.Requests)) },
	})
	if int64(report.HTTP.Requests) != observed.Load() {
		t.Errorf("%d requests were observed, the report says %d", observed.Load(), report.HTTP.Requests)
	}
	return report, err
}

// check holds the report against the rows that were handed out.
func check(t *testing.T, r *Report, err error, given int) {
	if r.Counts.sum() != r.Counts.Read || r.Counts.Read != given {
		t.Errorf("%d rows were read, the report says %+v", given, r.Counts)
	}
	switch {
	case err != nil && r.Run.ExitCode != ExitFailed:
		t.Errorf("exit %d after %v", r.Run.ExitCode, err)
	case err == nil && r.Run.ExitCode == ExitFailed:
		t.Errorf("exit 1 without an error: %+v", r.Run)
	case r.Run.Stopped == "" && r.Counts.Deferred > 0:
		t.Errorf("%d rows deferred by a run that was not stopped", r.Counts.Deferred)
	}
}

// world is a server that goes wrong in every way that the design names, and finishes work late.
type world struct {
	mu      sync.Mutex
	rnd     *rand.Rand
	quiet   bool
	applied map[string]int
	digest  map[string]checkpoint.Digest
}

// worldLag is the longest that a request goes on being worked at after its client gave up.
const worldLag = 300 * time.Millisecond

func newWorld(rnd *rand.Rand) *world {
	return &world{rnd: rnd, applied: map[string]int{}, digest: map[string]checkpoint.Digest{}}
}

// calm ends the faults.
func (w *world) calm(quiet bool) { w.quiet = quiet }

func (w *world) apply(r oneroster.Result) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied[r.SourcedID]++
	w.digest[r.SourcedID] = r.Digest()
}

func (w *world) dice() (fault int, latency time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	latency = time.Duration(w.rnd.Int64N(int64(100 * time.Millisecond)))
	if w.quiet {
		return 100, latency
	}
	return w.rnd.IntN(100), latency
}

func (w *world) Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer {
	fault, latency := w.dice()
	doubt := oneroster.Answer{Verdict: oneroster.Doubt, Requests: 1, Code: "net.closed", Reason: "no answer"}
	done := func(a oneroster.Answer) oneroster.Answer { a.Ended = time.Now(); return a }
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		if fault%2 == 0 {
			time.AfterFunc(worldLag, func() { w.apply(*r) })
		}
		return done(doubt)
	}
	if r.Comment == "refuse me" {
		return done(oneroster.Answer{Verdict: oneroster.Rejected, Status: 422, Requests: 1, Code: "server.invaliddata"})
	}
	switch {
	case fault < 5:
		return done(oneroster.Answer{Verdict: oneroster.Throttled, Status: 429, Requests: 1, RetryAfter: time.Duration(fault) * 200 * time.Millisecond})
	case fault < 8:
		return done(oneroster.Answer{Verdict: oneroster.NotApplied})
	case fault < 12:
		return done(doubt)
	case fault < 16:
		w.apply(*r)
		return done(doubt)
	case fault < 20:
		time.AfterFunc(worldLag, func() { w.apply(*r) })
		return done(doubt)
	}
	w.apply(*r)
	return done(oneroster.Answer{Verdict: oneroster.Accepted, Status: 201, Requests: 1})
}

func (w *world) Find(ctx context.Context, r *oneroster.Result) oneroster.Answer {
	fault, latency := w.dice()
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return oneroster.Answer{Verdict: oneroster.Doubt, Ended: time.Now()}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	a := oneroster.Answer{Verdict: oneroster.Accepted, Status: 200, Requests: 1, Ended: time.Now()}
	switch {
	case fault < 10:
		a.Verdict = oneroster.Doubt
	case w.applied[r.SourcedID] == 0:
		a.Verdict, a.Status = oneroster.Missing, 404
	case w.digest[r.SourcedID] != r.Digest():
		a.Verdict = oneroster.Different
	}
	return a
}

// audit: after a last, calm run each valid row was applied once, unless its attempts ran out in an earlier one.
func (w *world) audit(t *testing.T, rows []gradecsv.Row) {
	<-time.After(2 * worldLag)
	w.mu.Lock()
	defer w.mu.Unlock()
	first := map[string]bool{}
	for _, row := range rows {
		r := row.Result
		if len(row.Errors) > 0 || first[r.SourcedID] {
			continue
		}
		first[r.SourcedID] = true
		want := 1
		if r.Comment == "refuse me" {
			want = 0
		}
		if n := w.applied[r.SourcedID]; n != want {
			t.Errorf("%s was applied %d times, want %d", r.SourcedID, n, want)
		}
		if want == 1 && w.digest[r.SourcedID] != r.Digest() {
			t.Errorf("%s has another content", r.SourcedID)
		}
	}
	for id := range w.applied {
		if !first[id] {
			t.Errorf("%s is in no valid row", id)
		}
	}
}

func makeRows(rnd *rand.Rand, n int) []gradecsv.Row {
	rows := make([]gradecsv.Row, n)
	for i := range rows {
		row := gradecsv.Row{File: "f.csv", Line: i + 2}
		row.Result = oneroster.Result{SourcedID: fmt.Sprintf("r%d", i), Status: "active", ScoreStatus: "submitted"}
		switch rnd.IntN(20) {
		case 0:
			row.Errors = []gradecsv.Problem{{Code: "score.number", File: "f.csv", Line: i + 2}}
		case 1:
			row.Result.SourcedID = fmt.Sprintf("r%d", rnd.IntN(i+1))
		case 2:
			row.Result.Comment = "refuse me"
		}
		row.Digest = row.Result.Digest()
		rows[i] = row
	}
	return rows
}

// sliceSource hands out copies of rows, and may fail in the middle.
type sliceSource struct {
	rows   []gradecsv.Row
	given  int
	failAt int
}

func (s *sliceSource) Read(rows []gradecsv.Row) (int, error) {
	end := len(s.rows)
	if s.failAt > 0 {
		end = min(end, s.failAt-1)
	}
	n := copy(rows, s.rows[s.given:end])
	s.given += n
	switch {
	case s.given < end:
		return n, nil
	case s.failAt > 0:
		return n, errSource
	}
	return n, io.EOF
}

// A stopped run says so and exits 4; what it read and did not send is deferred, and the next run sends it.
func TestStoppedRunIsResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rnd := rand.New(rand.NewPCG(1, 1))
		w := newWorld(rnd)
		w.calm(true)
		disk := checkpointtest.NewModel()
		rows := makeRows(rand.New(rand.NewPCG(2, 2)), 300)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(500*time.Millisecond, func() { cancel(&StopError{Code: "signal", Reason: "stopped by a person"}) })
		r, err := runOn(ctx, t, disk, w, &sliceSource{rows: rows}, rnd)
		if err != nil || r.Run.ExitCode != ExitStopped || r.Run.Stopped != "stopped by a person" || r.Counts.Deferred == 0 {
			t.Errorf("stopped: %v, %+v, %+v", err, r.Run, r.Counts)
		}
		r2, err := runOn(t.Context(), t, disk, w, &sliceSource{rows: rows}, rnd)
		if err != nil || r2.Counts.Unchanged != r.Counts.Accepted || r2.Counts.Read != 300 {
			t.Errorf("resumed: %v, %+v after %+v", err, r2.Counts, r.Counts)
		}
		w.audit(t, rows)
	})
}

// A server that is down charges no row: the run gives up, resumable, and nothing is failed.
func TestServerDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := gatewayFunc(func(string) oneroster.Answer {
			return oneroster.Answer{Verdict: oneroster.Doubt, Requests: 1, Status: 503, Ended: time.Now()}
		})
		r, err := runWith(t, Config{Gateway: down, Source: &sliceSource{rows: makeRows(rand.New(rand.NewPCG(0, 0)), 50)}, Attempts: 1})
		if err != nil || r.Run.ExitCode != ExitStopped || r.Counts.Failed > 0 {
			t.Errorf("%v, %+v, %+v", err, r.Run, r.Counts)
		}
		if took := r.Run.Finished.Sub(r.Run.Started); took < 15*time.Minute || took > 16*time.Minute {
			t.Errorf("gave up after %s", took)
		}
	})
}

// One row that the server cannot digest is failed after its attempts; the others are accepted.
func TestPoisonRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sends := 0
		poison := gatewayFunc(func(id string) oneroster.Answer {
			if id != "r7" {
				return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201}
			}
			sends++
			return oneroster.Answer{Verdict: oneroster.Doubt, Requests: 1, Status: 500, Code: "server.500", Ended: time.Now()}
		})
		rows := make([]gradecsv.Row, 20)
		for i := range rows {
			rows[i] = gradecsv.Row{File: "f", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprintf("r%d", i)}}
		}
		r, err := runWith(t, Config{Gateway: poison, Source: &sliceSource{rows: rows}, Attempts: 3})
		if err != nil || r.Counts.Failed != 1 || r.Counts.Accepted != 19 || r.Run.ExitCode != ExitRejects || sends != 3 {
			t.Errorf("%v, %+v, exit %d, %d sends", err, r.Counts, r.Run.ExitCode, sends)
		}
	})
}

func runWith(t *testing.T, c Config) (*Report, error) {
	journal := checkpoint.NewMemory()
	if _, err := journal.StartRun(checkpoint.RunInfo{}); err != nil {
		t.Fatal(err)
	}
	c.Journal = journal
	return Run(t.Context(), c)
}

// gatewayFunc answers sends; looks find nothing.
type gatewayFunc func(id string) oneroster.Answer

func (f gatewayFunc) Submit(_ context.Context, _ string, r *oneroster.Result) oneroster.Answer {
	<-time.After(20 * time.Millisecond)
	return f(r.SourcedID)
}

func (f gatewayFunc) Find(_ context.Context, r *oneroster.Result) oneroster.Answer {
	if a := f(""); a.Verdict != oneroster.Accepted {
		return a
	}
	return oneroster.Answer{Verdict: oneroster.Missing, Requests: 1, Status: http.StatusNotFound, Ended: time.Now()}
}
