package importer

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
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
	open := checkpoint.Known{State: checkpoint.Begun, Digest: other, Op: checkpoint.Create}
	openPut := checkpoint.Known{State: checkpoint.Begun, Digest: other, Op: checkpoint.Replace}
	same := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Create}
	samePut := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Replace}
	both := checkpoint.Known{State: checkpoint.Begun, Digest: digest, Op: checkpoint.Create, Other: true}
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
				if tk.earlier != earlierSame {
					got += " patient"
				}
				if tk.earlier == earlierOther {
					got += " other"
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// notedJournal keeps the intents.
type notedJournal struct {
	Journal
	intents []checkpoint.Intent
}

func (j *notedJournal) Begin(intents []checkpoint.Intent) (uint64, error) {
	j.intents = append(j.intents, intents...)
	return j.Journal.Begin(intents)
}

// Rows that are planned together keep their order and their places, also where they are of two files, some become no
// task, and one is the duplicate of another.
func TestPlan(t *testing.T) {
	rows := []gradecsv.Row{
		{File: "a.csv", Line: 2, Filtered: "not a result"},
		{File: "a.csv", Line: 3, Result: oneroster.Result{SourcedID: "one"}},
		{File: "a.csv", Line: 4, Errors: []gradecsv.Problem{{Code: "x"}}},
		{File: "b.csv", Line: 2, Result: oneroster.Result{SourcedID: "two"}},
		{File: "b.csv", Line: 3, Result: oneroster.Result{SourcedID: "one"}},
	}
	memory := checkpoint.NewMemory()
	if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
		t.Fatal(err)
	}
	journal := &notedJournal{Journal: memory}
	tasks, decided := make(chan *task, len(rows)), make(chan []Outcome, 1)
	p := &planner{Config: Config{Journal: journal, Files: []string{"a.csv", "b.csv"}}.withDefaults(), tasks: tasks, decided: decided}
	p.stop, p.stride = newStop(t.Context(), 0, 0), stride{tasks: len(rows), ahead: len(rows)}
	defer p.stop.release()
	if sent, err := p.plan(&batch{rows: rows}, len(rows)); sent != 2 || err != nil {
		t.Fatal(sent, err)
	}
	close(tasks)
	var got, sent []string
	for _, o := range <-decided {
		got = append(got, fmt.Sprintf("%s:%d %v", o.Row.File, o.Row.Line, o.Status))
		for _, why := range o.Problems {
			got = append(got, strings.TrimSpace(why.Code+" "+why.Note))
		}
	}
	if want := []string{"a.csv:2 filtered", "a.csv:4 rejected", "x", "b.csv:3 rejected", "row.duplicate the first is at a.csv:3"}; !slices.Equal(got, want) {
		t.Errorf("decided: %q, want %q", got, want)
	}
	clear(rows) // others are read into them
	for _, in := range journal.intents {
		tk := <-tasks
		sent = append(sent, fmt.Sprintf("%s:%d, noted as %d:%d", tk.row.File, tk.row.Line, in.File, in.Line))
	}
	if want := []string{"a.csv:3, noted as 0:3", "b.csv:2, noted as 1:2"}; !slices.Equal(sent, want) {
		t.Errorf("sent: %q, want %q", sent, want)
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
