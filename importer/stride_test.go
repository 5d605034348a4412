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
		last, tasks       int // of the last stride, of the lap
		had, queued, left int
		want              stride
	}{
		{"a slow server", 0, 0, 6000 * ms, 32, 32, 16, 16, 16, stride{0, planFirst, 0}},
		{"rather more", 0, 0, 80 * ms, 32, 32, 16, 16, 16, stride{0, 40, 0}},
		{"twice as many at most", 0, 0, 8 * ms, 32, 32, 16, 16, 16, stride{0, 64, 0}},
		{"a fast server", 0, 0, 100 * ms, 1024, 1024, 100, 100, 100, stride{0, planMost, 0}},
		{"one that slows down", 0, 0, 512 * ms, 1024, 1024, 100, 100, 100, stride{0, 200, 0}},
		{"an empty queue shows nothing", 0, 0, 0, 32, 32, 0, 0, 24, stride{0, 64, 32}},
		{"a few rows among those that are not sent", 0, 0, 10 * ms, 200, 3, 100, 100, 1, stride{0, 200, 0}},
		{"a few rows that show nothing", 0, 0, 0, 200, 3, 0, 0, 3, stride{0, 200, 3}},
		{"a slow disk", 0, 80 * ms, 20 * ms, 90, 90, 45, 5, 45, stride{0, 162, 72}},
		{"a slow disk, and the workers ran out", 0, 80 * ms, 32 * ms, 32, 32, 4, 0, 16, stride{0, 64, 40}},
		{"a slow file", 200 * ms, 0, 10 * ms, 100, 100, 0, 0, 50, stride{0, 200, 200}},
	} {
		var began time.Time
		l := lap{read: c.read, began: began, asked: began, durable: began.Add(c.begin), ended: began.Add(c.begin + c.took),
			tasks: c.tasks, had: c.had, queued: c.queued, left: c.left}
		if got := (stride{tasks: c.last}).after(l); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// So many rows are read that the transactions are full, and no more than a slow file has in its time.
func TestReading(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name           string
		tasks, n, sent int
		read           time.Duration
		want           int
	}{
		{"all are sent", 40, 32, 32, ms, 40},
		{"a slow server", planFirst, 1024, 1024, ms, planFirst},
		{"one in ten is sent", 20, 150, 15, ms, 200},
		{"none is sent", 40, 200, 0, ms, 400},
		{"none of many", 40, 1000, 0, ms, planMost},
		{"a slow file", 200, 100, 100, 200 * ms, 50},
		{"a slow file of rows that are not sent", 200, 100, 0, 200 * ms, 50},
		{"nothing was there", 40, 0, 0, ms, planFirst},
	} {
		if got := (stride{tasks: c.tasks}).reading(c.n, c.sent, lap{read: c.read}); got.rows != c.want {
			t.Errorf("%s: %d, want %d", c.name, got.rows, c.want)
		}
	}
}

// Rows that are not sent make no transaction large: a run that is repeated comes to its first new rows slowly, and few are in
// doubt when it is killed there. Those that an earlier one left in doubt do not hold the new ones up.
func TestFewIntentsAfterManyOldRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const doubtful, old, rows = 300, 5000, 6300
		known := map[checkpoint.Key]checkpoint.State{}
		source := make([]gradecsv.Row, rows)
		for i := range source {
			r := oneroster.Result{SourcedID: fmt.Sprint("r", i), Status: "active"}
			source[i] = gradecsv.Row{File: "f.csv", Line: i + 2, Result: r}
			switch {
			case i < doubtful:
				known[keyOf(&r)] = checkpoint.Begun
			case i < doubtful+old:
				known[keyOf(&r)] = checkpoint.Accepted
			}
		}
		memory := checkpoint.NewMemory()
		if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
			t.Fatal(err)
		}
		journal := &open{Journal: before{memory, known}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		report, err := Run(ctx, Config{Source: &sliceSource{rows: source}, Gateway: steady{takes: 100 * time.Millisecond}, Journal: journal,
			Pace: pace.Open(8)})
		if err != nil || report.Counts.Unchanged != old {
			t.Fatalf("%+v, %v", report.Counts, err)
		}
		if most := journal.most.Load() - doubtful; most > 8+7*planFirst {
			t.Errorf("%d intents of new rows were open, want at most %d", most, 8+7*planFirst)
		}
		if sent := report.Counts.Accepted; sent < 8*18 {
			t.Errorf("%d new rows went in within two seconds, want 8 in each tenth of a second; %d are in doubt", sent, report.Counts.InDoubt)
		}
	})
}

// before is a journal in which some rows are known, with the content that they have.
type before struct {
	Journal
	known map[checkpoint.Key]checkpoint.State
}

func (j before) Claim(claims []checkpoint.Claim) ([]checkpoint.Known, error) {
	known, err := j.Journal.Claim(claims)
	for i := range known {
		known[i].State = j.known[claims[i].Key]
	}
	return known, err
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

func (s steady) Find(context.Context, *oneroster.Result) oneroster.Answer {
	time.Sleep(s.takes)
	return oneroster.Answer{Verdict: oneroster.Missing, Status: 404, Requests: 1, Latency: s.takes, Ended: time.Now()}
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
		{100 * ms, 0, 8, 4000, 8 + 6*planFirst},
		{100 * ms, 80 * ms, 8, 4000, 8 + 7*planFirst},
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
