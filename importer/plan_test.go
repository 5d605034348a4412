package importer

import (
	"context"
	"fmt"
	"gradebook-import/importer/pace"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// What becomes of a valid row, given what is known of its key.
func TestDecide(t *testing.T) {
	digest, other := checkpoint.Digest{1}, checkpoint.Digest{2}
	accepted := checkpoint.Known{State: checkpoint.Accepted, Digest: digest}
	changed := checkpoint.Known{State: checkpoint.Accepted, Digest: other}
	open := checkpoint.Known{State: checkpoint.Begun, Digest: other, Op: checkpoint.Create, Earlier: true}
	openPut := checkpoint.Known{State: checkpoint.Begun, Digest: other, Op: checkpoint.Replace, Earlier: true}
	same := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Create, Earlier: true}
	samePut := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Replace, Earlier: true}
	both := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Create, Earlier: true, Other: true}
	update, deletes, put, first := Config{Update: true}, Config{ApplyDeletes: true}, Config{Method: http.MethodPut}, Config{LookFirst: true}
	for _, c := range []struct {
		name   string
		config Config
		delete bool
		known  checkpoint.Known
		want   string
	}{
		{"new", Config{}, false, checkpoint.Known{}, "POST"},
		{"new, by PUT", put, false, checkpoint.Known{}, "PUT"},
		{"new, looking first", first, false, checkpoint.Known{}, "look, POST patient"},
		{"accepted before", Config{}, false, accepted, "unchanged"},
		{"accepted before, looking first", first, false, accepted, "unchanged"},
		{"accepted with another content", Config{}, false, changed, "rejected row.changed"},
		{"accepted with another content, updating", update, false, changed, "PUT replacing"},
		{"in doubt", Config{}, false, same, "look, POST doubted"},
		{"in doubt, by PUT", Config{}, false, samePut, "look, PUT doubted replacing patient"},
		{"in doubt, and another content too", Config{}, false, both, "look, POST doubted patient other"},
		{"in doubt with another content", Config{}, false, open, "look, POST doubted patient other"},
		{"in doubt, updating", update, false, open, "look, POST doubted replacing patient other"},
		{"a replacement in doubt", update, false, openPut, "look, PUT doubted replacing patient other"},
		{"seen before", Config{}, false, checkpoint.Known{First: 3}, "rejected row.duplicate the first is at f.csv:3"},
		{"to delete", Config{}, true, checkpoint.Known{}, "rejected row.delete"},
		{"to delete, allowed", deletes, true, checkpoint.Known{}, "DELETE"},
		{"to delete, accepted before", deletes, true, changed, "DELETE"},
		{"to delete, deleted before", deletes, true, accepted, "unchanged"},
		{"to delete, in doubt", deletes, true, open, "look, DELETE doubted patient other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &planner{Config: c.config.withDefaults(), started: time.Now()}
			row := &gradecsv.Row{File: "f.csv", Line: 9, Result: oneroster.Result{Status: oneroster.StatusActive}}
			if c.delete {
				row.Result.Status = oneroster.StatusToBeDeleted
			}
			tk := &task{row: row, at: p.position(row)}
			status, problems := p.decide(tk, c.known, digest)
			got := ""
			if status != 0 {
				got = status.String()
				for _, why := range problems {
					got += " " + why.Code
					if why.Note != "" {
						got += " " + why.Note
					}
				}
			} else {
				if tk.look {
					got = "look, "
					if settled := p.started.Add(p.Settle); !tk.believe.Equal(settled) {
						t.Errorf("not found is believed at %v, want %v: an earlier process may have sent the row", tk.believe, settled)
					}
				}
				got += tk.method
				if tk.doubted {
					got += " doubted"
				}
				if tk.replace {
					got += " replacing"
				}
				if tk.patient {
					got += " patient"
				}
				if tk.other {
					got += " other"
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// One number names a line of one of several files, also when a file is given twice.
func TestPositions(t *testing.T) {
	p := &planner{}
	var at []uint32
	var want []string
	for _, r := range []gradecsv.Row{{File: "a", Line: 2}, {File: "a", Line: 9}, {File: "b", Line: 2}, {File: "b", Line: 3}, {File: "b", Line: 2}, {File: "a", Line: 2}} {
		at = append(at, p.position(&r))
		want = append(want, fmt.Sprintf("%s:%d", r.File, r.Line))
	}
	for i := range at {
		if got := p.place(at[i]); got != want[i] {
			t.Errorf("position %d is %s, want %s", at[i], got, want[i])
		}
		if i > 0 && at[i] <= at[i-1] {
			t.Errorf("positions do not grow: %v", at)
		}
	}
}

// The cells of a wide record stand on one line, and take no position of their own.
func TestPositionsOfWideRows(t *testing.T) {
	p := &planner{}
	for line := 2; line < 100; line++ {
		for part := range 5 {
			row := &gradecsv.Row{File: "wide.csv", Line: line, Part: part}
			if got, want := p.place(p.position(row)), fmt.Sprintf("wide.csv:%d", line); got != want {
				t.Fatalf("%s, want %s", got, want)
			}
		}
	}
	if len(p.files) != 1 {
		t.Errorf("one file is taken for %d", len(p.files))
	}
}

// Every key is owned by exactly one shard of a count, and no shard is left empty.
func TestShardsPartition(t *testing.T) {
	const n = 7
	var owned [n]int
	for i := range 5000 {
		key := keyOf(&oneroster.Result{SourcedID: fmt.Sprint(i)})
		owners := 0
		for s := range n {
			if (Shard{s, n}).owns(key) {
				owners++
				owned[s]++
			}
		}
		if owners != 1 {
			t.Fatalf("%d owners", owners)
		}
	}
	for s, rows := range owned {
		if rows < 5000/n*8/10 || rows > 5000/n*12/10 {
			t.Errorf("shard %d owns %d of 5000 rows", s, rows)
		}
	}
}

func TestParseShard(t *testing.T) {
	for _, bad := range []string{"", "1", "1/", "/2", "2/2", "-1/2", "0/0", "a/b", "0/2/3", "1/-1"} {
		if s, err := ParseShard(bad); err == nil {
			t.Errorf("%q is taken as %v", bad, s)
		}
	}
	if s, err := ParseShard("3/8"); err != nil || s != (Shard{3, 8}) {
		t.Errorf("3/8: %v, %v", s, err)
	}
}

// A transaction holds what the workers take in a tenth of a second: few rows for a slow server, many for a fast one.
func TestResize(t *testing.T) {
	for _, c := range []struct {
		rows int
		took time.Duration
		want int
	}{
		{32, 6 * time.Second, planFirst},
		{32, 80 * time.Millisecond, 40},
		{32, 8 * time.Millisecond, 64},
		{1024, 100 * time.Millisecond, planMost},
		{1024, 512 * time.Millisecond, 200},
		{0, time.Second, planFirst},
		{32, 0, 64},
		{planMost, 0, planMost},
	} {
		if got := resize(c.rows, c.took); got != c.want {
			t.Errorf("%d rows in %s: the next holds %d, want %d", c.rows, c.took, got, c.want)
		}
	}
}

// open counts the intents that a crash would leave in doubt.
type open struct {
	Journal
	now, most atomic.Int64
}

func (j *open) Begin(intents []checkpoint.Intent) (uint64, error) {
	now := j.now.Add(int64(len(intents)))
	j.most.Store(max(j.most.Load(), now)) // plan alone begins
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

// Few rows are in doubt when a run into a slow server is killed, and a fast one is not kept waiting for its rows.
func TestOpenIntentsFollowTheServer(t *testing.T) {
	const rows = 4000
	for _, test := range []struct {
		takes time.Duration
		most  int64
	}{{100 * time.Millisecond, 8 + 2*planFirst}, {time.Millisecond, 3 * planMost}} {
		synctest.Test(t, func(t *testing.T) {
			source := make([]gradecsv.Row, rows)
			for i := range source {
				source[i] = gradecsv.Row{File: "f.csv", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprint("r", i), Status: "active"}}
			}
			memory := checkpoint.NewMemory()
			if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
				t.Fatal(err)
			}
			journal := &open{Journal: memory}
			began := time.Now()
			report, err := Run(t.Context(), Config{Source: &sliceSource{rows: source}, Gateway: steady{takes: test.takes}, Journal: journal,
				Concurrency: 8, Pace: pace.New(pace.Config{Concurrency: 8})})
			if err != nil || report.Counts.Accepted != rows {
				t.Fatalf("%+v, %v", report.Counts, err)
			}
			if most := journal.most.Load(); most > test.most {
				t.Errorf("%s a row: %d intents were open, want at most %d", test.takes, most, test.most)
			}
			if took, least := time.Since(began), rows/8*test.takes; took > least+least/20+100*time.Millisecond {
				t.Errorf("%s a row: took %s of simulated time; 8 at a time need %s", test.takes, took, least)
			}
		})
	}
}
