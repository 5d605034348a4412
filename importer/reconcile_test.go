package importer

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
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
