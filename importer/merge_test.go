package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer/gradecsv"
)

// Whatever is in a file, its shards together account for each of its rows once, and no reject stands in two of them.
func TestMergedShardsAreTheFile(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) { mergeShards(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func mergeShards(t *testing.T, seed uint64) {
	rnd := rand.New(rand.NewPCG(seed, 2))
	rows := makeRows(rnd, rnd.IntN(300))
	for i := range rows {
		switch rnd.IntN(8) {
		case 0:
			rows[i].Filtered = "no result"
		case 1:
			rows[i].Result.SourcedID, rows[i].Errors = "", append(rows[i].Errors, gradecsv.Problem{Code: "row.fields", File: rows[i].File, Line: rows[i].Line})
		}
	}
	whole := runShard(t, rnd, rows, Shard{})
	n := 2 + rnd.IntN(7)
	var reports []*Report
	for i := range n {
		reports = append(reports, runShard(t, rnd, rows, Shard{i, n}))
	}
	m, warnings, err := Merge(named(reports))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	if m.Counts != whole.Counts || m.Run.Shard != "0/1" || m.Run.Foreign != 0 {
		t.Errorf("%d shards make %+v (%+v), the file makes %+v", n, m.Counts, m.Run, whole.Counts)
	}
	if got, want := kinds(m), kinds(whole); !slices.Equal(got, want) {
		t.Errorf("problems of %d shards %q, of the file %q", n, got, want)
	}
}

// kinds leaves out retakes, which a shard finds among its own rows alone.
func kinds(r *Report) (kinds []string) {
	for _, p := range r.Problems {
		if p.Code != "row.retake" {
			kinds = append(kinds, fmt.Sprint(p.Status, p.Code, p.Count))
		}
	}
	slices.Sort(kinds)
	return kinds
}

// runShard imports rows into a server without faults.
func runShard(t *testing.T, rnd *rand.Rand, rows []gradecsv.Row, s Shard) *Report {
	w := newWorld(rnd)
	w.calm(true)
	store, err := checkpointtest.NewModel().Open(checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	journal, err := store.Target("https://sis.example", "me")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.StartRun(checkpoint.RunInfo{ID: "r"}); err != nil {
		t.Fatal(err)
	}
	r, err := Run(context.Background(), Config{Source: &sliceSource{rows: rows}, Gateway: w, Journal: journal, Shard: s,
		Settle: worldLag + time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	r.Run.ID = s.String()
	r.Sources = []File{{File: "f.csv", SHA256: "abc", Rows: len(rows)}}
	return r
}

// shardReport is shard i of n of a file with 10 rows a shard, each of them accepted.
func shardReport(i, n int) *Report {
	began := time.Date(2026, 11, 14, 2, 0, 0, 0, time.UTC)
	return &Report{
		SchemaVersion: schemaVersion, Tool: Tool{"gradebook-import", "v1"}, Target: Target{"https://sis.example", "me"},
		Run: RunReport{ID: fmt.Sprintf("run-%d", i), Started: began, Finished: began.Add(time.Minute),
			Shard: Shard{i, n}.String(), Foreign: 10 * (n - 1)},
		Sources:   []File{{File: "grades.csv", SHA256: "abc", Bytes: 1000, Rows: 10 * n}},
		Counts:    Counts{Read: 10 * n, Accepted: 10, Filtered: 10 * (n - 1)},
		HTTP:      HTTP{Requests: 12, Retries: 2, Throttled: 1, Lookups: 1, ByStatus: map[string]int{"201": 10, "429": 1}},
		LatencyMs: Latency{P50: float64(10 + i), P95: 50, P99: 90, Max: float64(100 - i)},
		Problems:  []Problem{},
	}
}

// named are reports as they come from files.
func named(reports []*Report) (parts []Part) {
	for i, r := range reports {
		parts = append(parts, Part{fmt.Sprintf("%d.json", i), r})
	}
	return parts
}

func shardReports(n int) (reports []*Report) {
	for i := range n {
		reports = append(reports, shardReport(i, n))
	}
	return reports
}

func TestMergeAddsUp(t *testing.T) {
	reports := shardReports(3)
	slices.Reverse(reports)
	reports[1].Online = map[string]*Asked{"students": {Found: 3, Missing: 1}, "classes": nil}
	reports[2].Online = map[string]*Asked{"students": {Found: 2, NotAsked: 4, Why: "no"}, "results": {Missing: 2}}
	reports[0].Deleted, reports[2].Deleted = 2, 3
	m, warnings, err := Merge(named(reports))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v, %q", err, warnings)
	}
	if m.Deleted != 5 || m.Present() != 25 {
		t.Errorf("%d deleted, %d there", m.Deleted, m.Present())
	}
	if got := m.Online; len(got) != 2 || *got["students"] != (Asked{5, 1, 4, "no"}) || *got["results"] != (Asked{Missing: 2}) {
		t.Errorf("online %+v", got)
	}
	if want := (Counts{Read: 30, Accepted: 30}); m.Counts != want {
		t.Errorf("counts %+v, want %+v", m.Counts, want)
	}
	if got := fmt.Sprint(m.HTTP); got != "{36 6 3 3 map[201:30 429:3]}" {
		t.Errorf("http %s", got)
	}
	if want := (Latency{P50: 12, P95: 50, P99: 90, Max: 100}); m.LatencyMs != want {
		t.Errorf("latency %+v, want the greatest of each: %+v", m.LatencyMs, want)
	}
	if m.Run.ID != "run-0, run-1, run-2" || m.Run.ExitCode != ExitOK || m.Run.Stopped != "" || m.Tool.Version != "v1" {
		t.Errorf("run %+v, tool %+v", m.Run, m.Tool)
	}
	if len(m.Sources) != 1 || m.Sources[0].Rows != 30 {
		t.Errorf("sources %+v, want the one file", m.Sources)
	}
}

// What makes the sum less than one whole import is said, and counted as what it is.
func TestMergeWarns(t *testing.T) {
	later := func(r *Report) *Report {
		r.Run.ID, r.Run.Started = "again", r.Run.Started.Add(time.Hour)
		r.Counts.Accepted, r.Counts.Unchanged = 0, 10
		return r
	}
	for _, c := range []struct {
		name       string
		change     func([]*Report) []*Report
		want       string // in a warning
		read, exit int
		stopped    bool
	}{
		{"missing", func(r []*Report) []*Report { return r[:2] }, "shard 2/3 is missing", 20, ExitStopped, true},
		{"two missing", func(r []*Report) []*Report { return append(r[1:2], shardReport(1, 3)) }, "shards 0/3, 2/3 are missing", 10, ExitStopped, true},
		{"the same twice", func(r []*Report) []*Report { return append(r, r[1]) }, "1.json and 3.json are the same run; it is counted once", 30, ExitOK, false},
		{"twice", func(r []*Report) []*Report { return append(r, later(shardReport(1, 3))) }, "1.json and 3.json are two runs of the same shard; only the later one, 3.json, is counted", 30, ExitOK, false},
		{"stopped", func(r []*Report) []*Report {
			r[1].Run.Stopped, r[1].Run.ExitCode, r[1].Sources = "stopped by a signal", ExitStopped, nil
			return r
		}, "shard 1/3 (1.json) is not finished: stopped by a signal", 30, ExitStopped, true},
		{"failed", func(r []*Report) []*Report { r[1].Run.ExitCode = ExitFailed; return r }, "shard 1/3 (1.json) is not finished", 30, ExitFailed, true},
		{"not begun", func(r []*Report) []*Report {
			r[1] = Unbegun(Config{Shard: Shard{1, 3}}, r[0].Run.Started, ExitUsage, "no file") // and so without a target
			return r
		}, "shard 1/3 (1.json) is not finished: this run could not begin: no file", 20, ExitUsage, true},
		{"another file", func(r []*Report) []*Report {
			r[2].Sources = []File{{File: "grades.csv", SHA256: "def", Bytes: 1000, Rows: 30}}
			return r
		}, "shard 2/3 (2.json) read another input than shard 0/3 (0.json): grades.csv (sha256 def…), which is not grades.csv (sha256 abc…)", 30, ExitStopped, true},
		{"a further file", func(r []*Report) []*Report {
			r[0].Sources = append(r[0].Sources, File{File: "more.csv", SHA256: "def", Bytes: 1000, Rows: 30})
			return r
		}, "shard 1/3 (1.json) read 1 file, and shard 0/3 (0.json) 2 files", 30, ExitStopped, true},
		{"rows that nobody tells of", func(r []*Report) []*Report {
			r[2].Sources[0].Rows++
			return r
		}, "account for 30 rows, and the input has 31", 30, ExitStopped, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, warnings, err := Merge(named(c.change(shardReports(3))))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(strings.Join(warnings, "\n"), c.want) {
				t.Errorf("warnings %q, want %q", warnings, c.want)
			}
			if m.Counts.Read != c.read || m.Counts.sum() != m.Counts.Read {
				t.Errorf("counts %+v, want %d rows read", m.Counts, c.read)
			}
			if m.Run.ExitCode != c.exit || (m.Run.Stopped != "") != c.stopped {
				t.Errorf("exit %d, stopped %q; want exit %d, stopped %t", m.Run.ExitCode, m.Run.Stopped, c.exit, c.stopped)
			}
		})
	}
}

// Some reports have no sum.
func TestMergeRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Report)
		want   string
	}{
		{"another split", func(r *Report) { r.Run.Shard = "1/4" }, "different splits"},
		{"no shard", func(r *Report) { r.Run.Shard = "half" }, "not a shard"},
		{"a later format", func(r *Report) { r.SchemaVersion++ }, "a report of version 2"},
		{"a dry run among runs", func(r *Report) { r.Run.DryRun = true }, "dry run"},
		{"a comparison among imports", func(r *Report) { r.Verify = &Compared{} }, "0.json is of an import and 1.json of a comparison"},
		{"another server", func(r *Report) { r.Target.BaseURL = "https://other" },
			"shard 0/3 (0.json) is for https://sis.example as client me, and shard 1/3 (1.json) for https://other as client me"},
		{"another client", func(r *Report) { r.Target.ClientID = "you" }, "two gradebooks cannot be added up; make a page of each"},
		{"fewer than none", func(r *Report) { r.Counts = Counts{Read: -1, Accepted: -1} }, "do not add up"},
		{"edited", func(r *Report) { r.Counts.Accepted++ }, "do not add up"},
		{"more foreign rows than filtered", func(r *Report) { r.Run.Foreign = 1000 }, "do not add up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			reports := shardReports(3)
			c.change(reports[1])
			if m, _, err := Merge(named(reports)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want an error with %q", m, err, c.want)
			}
		})
	}
	if _, _, err := Merge(nil); err == nil {
		t.Error("a sum of nothing")
	}
}

// One report is itself: a shard may be looked at alone, and the others are missing.
func TestMergeOfOne(t *testing.T) {
	r := shardReport(1, 3)
	m, warnings, err := Merge(named([]*Report{r}))
	if err != nil || len(warnings) != 1 || m.Counts != r.Counts || m.Run != r.Run {
		t.Errorf("%+v, %q, %v", m, warnings, err)
	}
}

// However many shards a report says there are, those that are missing are told in one line.
func TestMergeOfOneOfMany(t *testing.T) {
	r := shardReport(0, 1)
	r.Run.Shard = "3/1000000000"
	_, warnings, err := Merge(named([]*Report{r}))
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "shards 0/1000000000, ") || !strings.Contains(warnings[0], ", and 999999979 more are missing") {
		t.Errorf("%q, %v", warnings, err)
	}
}

func TestMergeOfComparisons(t *testing.T) {
	reports := shardReports(3)
	for _, r := range reports {
		r.Verify = &Compared{Match: 7, Different: 2, Missing: 1}
	}
	m, _, err := Merge(named(reports))
	if err != nil || *m.Verify != (Compared{Match: 21, Different: 6, Missing: 3}) || reports[0].Verify.Match != 7 {
		t.Errorf("%+v, %v", m, err)
	}
}

// Runs of other inputs, one after the other, simply add up.
func TestMergeOfRuns(t *testing.T) {
	a, b := shardReport(0, 1), shardReport(0, 1)
	b.Run.ID, b.Sources = "other", []File{{File: "english.csv", SHA256: "def", Bytes: 900, Rows: 10}}
	m, warnings, err := Merge(named([]*Report{a, b}))
	if err != nil || len(warnings) > 0 || m.Counts.Read != 20 || len(m.Sources) != 2 {
		t.Errorf("%+v, %q, %v", m, warnings, err)
	}
}

// Of runs of one file only the later counts. A file that two runs share is in the sum twice, which is said.
func TestMergeOfRunsOfTheSameFile(t *testing.T) {
	a, b := shardReport(0, 1), shardReport(0, 1)
	b.Run.ID, b.Run.Started = "later", b.Run.Started.Add(time.Hour)
	m, warnings, err := Merge(named([]*Report{a, b}))
	if err != nil || m.Run.ExitCode != ExitOK || m.Counts.Read != 10 ||
		!slices.Equal(warnings, []string{"0.json and 1.json are two runs of the same file; only the later one, 1.json, is counted"}) {
		t.Errorf("%+v, %q, %v", m, warnings, err)
	}
	b.Sources = append(b.Sources, File{File: "english.csv", SHA256: "def", Bytes: 900, Rows: 10})
	b.Counts = Counts{Read: 20, Accepted: 20}
	m, warnings, err = Merge(named([]*Report{a, b}))
	if err != nil || m.Run.ExitCode != ExitStopped || len(warnings) != 1 || m.Run.Stopped != warnings[0] ||
		warnings[0] != "grades.csv is in 0.json and in 1.json: its rows are counted twice; leave out one of the two" {
		t.Errorf("%+v, %q, %v", m, warnings, err)
	}
}

// Totals add up at every time and stay when a shard has ended; rates and requests in flight end with it.
func TestMergeTimelines(t *testing.T) {
	reports := shardReports(2)
	reports[0].Timeline = []Point{{1, 5, 0, 10, 2}, {2, 10, 1, 8, 2}}
	reports[1].Run.Started = reports[1].Run.Started.Add(1500 * time.Millisecond)
	reports[1].Timeline = []Point{{.5, 1, 0, 4, 1}, {2, 9, 2, 3, 1}}
	m, _, err := Merge(named(reports))
	if err != nil {
		t.Fatal(err)
	}
	want := []Point{{1, 5, 0, 10, 2}, {2, 11, 1, 12, 3}, {3.5, 19, 3, 3, 1}}
	if !slices.Equal(m.Timeline, want) {
		t.Errorf("timeline %+v, want %+v", m.Timeline, want)
	}
}

// A merged report stays as small as any, and its totals and first lines stay right.
func TestMergeIsBounded(t *testing.T) {
	const n = 8
	reports := shardReports(n)
	for i, r := range reports {
		for k := range timelineMax {
			r.Timeline = append(r.Timeline, Point{T: float64(k) + float64(i)/n, Accepted: k})
		}
		for k := range problemKinds {
			r.Problems = append(r.Problems, Problem{Code: fmt.Sprint("c", i, "-", k), Status: "rejected", Count: 1, Lines: []string{"f.csv:9"}})
		}
		r.Problems = append(r.Problems, Problem{Code: "shared", Status: "rejected", Count: 3,
			Lines: []string{fmt.Sprintf("f.csv:%d:7", 100-i), fmt.Sprintf("f.csv:%d", 10*i), "f.csv:2"}})
	}
	m, _, err := Merge(named(reports))
	if err != nil {
		t.Fatal(err)
	}
	last := m.Timeline[len(m.Timeline)-1]
	if len(m.Timeline) > timelineMax || last.Accepted != n*(timelineMax-1) {
		t.Errorf("%d points, ending in %+v", len(m.Timeline), last)
	}
	sum := 0
	for _, p := range m.Problems {
		sum += p.Count
	}
	if len(m.Problems) > problemKinds+statuses || sum != n*(problemKinds+3) {
		t.Errorf("%d kinds of problems with %d rows", len(m.Problems), sum)
	}
	if got := fmt.Sprint(m.Problems[0].Lines); got != "[f.csv:0 f.csv:2 f.csv:10 f.csv:20 f.csv:30 f.csv:40 f.csv:50 f.csv:60 f.csv:70 f.csv:93:7]" {
		t.Errorf("first lines %s", got)
	}
}

// A percentage is of the shard's own rows: those that it leaves to others dilute nothing.
func TestMaxErrorsOfAShard(t *testing.T) {
	rows := make([]gradecsv.Row, 1000)
	for i := range rows {
		rows[i] = gradecsv.Row{File: "f.csv", Line: i + 2, Errors: []gradecsv.Problem{{Code: "id.blank"}}}
		rows[i].Result.SourcedID = fmt.Sprint("r", i)
		if i%2 == 0 {
			rows[i].Errors = nil
		}
	}
	r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: DryGateway{}, Journal: DryJournal{checkpoint.NewMemory()},
		Shard: Shard{0, 4}, MaxErrors: Limit{On: true, Percent: 30}})
	if err != nil || r.Run.ExitCode != ExitStopped {
		t.Errorf("%v, exit code %d, %+v: half of its rows are bad", err, r.Run.ExitCode, r.Counts)
	}
}
