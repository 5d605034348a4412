package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// halfJournal notes the order of writes, and cannot finish.
type halfJournal struct {
	*checkpoint.Journal
	wrote []string
}

func (j *halfJournal) Learn(checkpoint.Facts) error { j.wrote = append(j.wrote, "facts"); return nil }

func (j *halfJournal) Finish([]checkpoint.Outcome) error {
	j.wrote = append(j.wrote, "outcomes")
	return errors.New("input/output error")
}

// What an answer shows of the server is durable before the outcome: a crash between them must leave no row accepted at a
// server that is still trusted to keep ids.
func TestFactsAreWrittenBeforeOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		allocates := gatewayFunc(func(string) oneroster.Answer {
			return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201, Requests: 1, AllocatedID: "other"}
		})
		memory := checkpoint.NewMemory()
		if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
			t.Fatal(err)
		}
		j := &halfJournal{Journal: memory}
		rows := []gradecsv.Row{{File: "f", Line: 2, Result: oneroster.Result{SourcedID: "r1"}}}
		r, err := Run(t.Context(), Config{Gateway: allocates, Journal: j, Source: &sliceSource{rows: rows}})
		if err == nil || r.Counts.InDoubt != 1 || len(j.wrote) != 2 || j.wrote[0] != "facts" {
			t.Errorf("%v, %+v, wrote %v", err, r.Counts, j.wrote)
		}
	})
}

// At a server that allocates ids the row's sourcedId names nothing: a PUT of it would make a second result.
func TestNoReplacingAtAServerThatAllocatesIDs(t *testing.T) {
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		w := &workers{facts: newFacts(checkpoint.Facts{AllocatesIDs: true})}
		tk := &task{row: &gradecsv.Row{}, method: method, standing: true}
		if r := w.barred(tk); r.outcome == nil || r.outcome.Status != Rejected || r.outcome.Problems[0].Code != "server.allocates" {
			t.Errorf("%s: %+v", method, r)
		}
	}
}

// Between a look that found nothing and the next send, another row's answer may show that the look proved nothing.
func TestALookIsNotBelievedAnyMoreAtAServerThatAllocatesIDs(t *testing.T) {
	w := &workers{facts: newFacts(checkpoint.Facts{AllocatesIDs: true})}
	tk := &task{row: &gradecsv.Row{}, method: http.MethodPost, doubted: true}
	if r := w.barred(tk); r.outcome == nil || r.outcome.Status != InDoubt {
		t.Errorf("%+v", r)
	}
	if w.Resend = true; w.barred(tk).outcome != nil {
		t.Error("a person's decision to send again is not followed")
	}
}

// slowLook finds nothing, and takes its time to say so.
type slowLook struct {
	gatewayFunc
	asked []time.Duration
	start time.Time
}

func (g *slowLook) Find(ctx context.Context, r *oneroster.Result) oneroster.Answer {
	g.asked = append(g.asked, time.Since(g.start))
	<-time.After(2 * time.Second)
	return oneroster.Answer{Verdict: oneroster.Missing, Requests: 1, Status: http.StatusNotFound, Ended: time.Now()}
}

// "Not found" is believed of a look that was asked for when the row had settled, not of one that was answered then.
func TestALookIsAsOldAsItsQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sends := 0
		g := &slowLook{start: time.Now(), gatewayFunc: func(string) oneroster.Answer {
			if sends++; sends == 1 {
				return oneroster.Answer{Verdict: oneroster.Doubt, Requests: 1, Ended: time.Now()}
			}
			return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201}
		}}
		rows := []gradecsv.Row{{File: "f", Line: 2, Result: oneroster.Result{SourcedID: "r1"}}}
		settle := 1500 * time.Millisecond
		r, err := runWith(t, Config{Gateway: g, Source: &sliceSource{rows: rows}, Settle: settle, Jitter: func() float64 { return 0 }})
		if err != nil || r.Counts.Accepted != 1 || len(g.asked) != 2 || g.asked[0] >= settle || g.asked[1] < settle {
			t.Errorf("%v, %+v, looked at %v", err, r.Counts, g.asked)
		}
	})
}

// looked counts the looks at a server that answers every tenth row with a failure, once, and does not apply it.
type looked struct {
	gatewayFunc
	looks atomic.Int64
}

func (g *looked) Find(ctx context.Context, r *oneroster.Result) oneroster.Answer {
	g.looks.Add(1)
	return g.gatewayFunc.Find(ctx, r)
}

// A row in doubt is looked at once, when "not found" can be believed, while there are others to send: requests are what a
// server counts.
func TestOneLookForARowInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rows []gradecsv.Row
		for i := range 4000 {
			rows = append(rows, gradecsv.Row{File: "f", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprintf("r%d", i)}})
		}
		failed := sync.Map{}
		g := &looked{gatewayFunc: func(id string) oneroster.Answer {
			if _, again := failed.LoadOrStore(id, true); !again && id != "" && id[len(id)-1] == '0' {
				return oneroster.Answer{Verdict: oneroster.Doubt, Status: 500, Requests: 1, Ended: time.Now()}
			}
			return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201, Requests: 1, Ended: time.Now()}
		}}
		memory := checkpoint.NewMemory()
		if _, err := memory.StartRun(checkpoint.RunInfo{}); err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), Config{Gateway: g, Journal: memory, Source: &sliceSource{rows: rows}, Concurrency: 4, Pace: pace.Open(4)})
		if err != nil || r.Counts.Accepted != len(rows) {
			t.Fatalf("%v, %+v", err, r.Counts)
		}
		// 4,000 rows take 20 s, those of the last 5 s are looked at when there are no others, and again.
		if n := g.looks.Load(); n < 400 || n > 550 {
			t.Errorf("%d looks at 400 rows in doubt", n)
		}
	})
}
