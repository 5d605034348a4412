package importer

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// A transaction holds what the workers take in a tenth of a second and while intents are written: few rows for a slow
// server, many for a fast one. The next is planned so early that it comes before they have nothing to do.
func TestStride(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name              string
		read, begin, took time.Duration
		rows, tasks       int
		queued, left      int
		want              stride
	}{
		{"a slow server", 0, 0, 6000 * ms, 32, 32, 16, 16, stride{planFirst, 0}},
		{"rather more", 0, 0, 80 * ms, 32, 32, 16, 16, stride{40, 0}},
		{"twice as many at most", 0, 0, 8 * ms, 32, 32, 16, 16, stride{64, 0}},
		{"a fast server", 0, 0, 100 * ms, 1024, 1024, 100, 100, stride{planMost, 0}},
		{"one that slows down", 0, 0, 512 * ms, 1024, 1024, 100, 100, stride{200, 0}},
		{"an empty queue shows nothing", 0, 0, 0, 32, 32, 0, 24, stride{64, 32}},
		{"no row at all", 0, 0, 1000 * ms, 0, 0, 0, 0, stride{planFirst, 0}},
		{"a slow disk", 0, 80 * ms, 100 * ms, 90, 90, 5, 45, stride{90, 40}},
		{"a slow disk, and the workers ran out", 0, 80 * ms, 32 * ms, 32, 32, 0, 16, stride{64, 32}},
		{"a slow file", 200 * ms, 0, 10 * ms, 100, 100, 0, 50, stride{50, 100}},
		{"rows that are not sent", 0, 0, 10 * ms, 1000, 10, 10, 15, stride{planMost, 0}},
	} {
		var began time.Time
		l := lap{began: began, asked: began.Add(c.read), durable: began.Add(c.read + c.begin), ended: began.Add(c.read + c.begin + c.took),
			rows: c.rows, tasks: c.tasks, queued: c.queued, left: c.left}
		if got := l.next(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// open counts the intents that a crash would leave in doubt, in a journal whose disk takes a while.
type open struct {
	Journal
	takes     time.Duration
	now, most atomic.Int64
}

func (j *open) Begin(intents []checkpoint.Intent) (uint64, error) {
	now := j.now.Add(int64(len(intents)))
	j.most.Store(max(j.most.Load(), now)) // plan alone begins
	time.Sleep(j.takes)
	return j.Journal.Begin(intents)
}

func (j *open) Finish(outcomes []checkpoint.Outcome) error {
	j.now.Add(-int64(len(outcomes)))
	return j.Journal.Finish(outcomes)
}

// steady is a server that takes each row in the same time.
type steady struct {
	Gateway
	takes time.Duration
}

func (s steady) Submit(_ context.Context, _ string, r *oneroster.Result) oneroster.Answer {
	time.Sleep(s.takes)
	return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201, Requests: 1, Latency: s.takes, Ended: time.Now()}
}

// Few rows are in doubt when a run into a slow server is killed, and a fast one is not kept waiting for its rows, however
// slow the disk is.
func TestOpenIntentsFollowTheServer(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		takes, begin  time.Duration
		workers, rows int
		most          int64
	}{
		{100 * ms, 0, 8, 4000, 8 + 2*planFirst},
		{100 * ms, 80 * ms, 8, 4000, 8 + 2*planFirst},
		{ms, 0, 8, 4000, 3 * planMost},
		{16 * ms, 60 * ms, 8, 8000, 250}, // 500 rows a second
		{16 * ms, 80 * ms, 8, 8000, 250},
		{16 * ms, 200 * ms, 8, 16000, 400},
		{16 * ms, 95 * ms, 64, 40000, 3 * planMost}, // 4,000 rows a second
	} {
		t.Run(fmt.Sprintf("%s a row, %s an intent, %d workers", c.takes, c.begin, c.workers), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source := make([]gradecsv.Row, c.rows)
				for i := range source {
					source[i] = gradecsv.Row{File: "f.csv", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprint("r", i), Status: "active"}}
				}
				memory := checkpoint.NewMemory()
				if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
					t.Fatal(err)
				}
				journal := &open{Journal: memory, takes: c.begin}
				began := time.Now()
				report, err := Run(t.Context(), Config{Source: &sliceSource{rows: source}, Gateway: steady{takes: c.takes}, Journal: journal,
					Concurrency: c.workers, Pace: pace.Open(c.workers)})
				if err != nil || report.Counts.Accepted != c.rows {
					t.Fatalf("%+v, %v", report.Counts, err)
				}
				most, took, least := journal.most.Load(), time.Since(began), time.Duration(c.rows/c.workers)*c.takes
				t.Logf("%d intents open at most; %.1f %% of the server's rate", most, 100*least.Seconds()/took.Seconds())
				if most > c.most {
					t.Errorf("%d intents were open, want at most %d", most, c.most)
				}
				if took > least+least/20+100*ms {
					t.Errorf("took %s of simulated time; the server needs %s", took, least)
				}
			})
		})
	}
}
