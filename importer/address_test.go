package importer

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
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

// notFound is a 404, of the API's words or of none.
func notFound(foreign bool) oneroster.Answer {
	return oneroster.Answer{Verdict: oneroster.Rejected, Status: http.StatusNotFound, Code: "server.unknownobject", NotFound: true,
		Foreign: foreign, Requests: 1, Ended: time.Now()}
}

// A 404 for everything is a wrong address, where the rows say so, and no row is rejected for it. Where one row shows that
// the address is right, the others are rejected for what they say.
func TestWrongAddress(t *testing.T) {
	for _, c := range []struct {
		name             string
		rows, items      int
		foreign, reached bool
		good             string // a row that the server takes
		exit             int
		rejected         int
	}{
		{name: "a row, no word of the API", rows: 1, items: 1, foreign: true, exit: ExitRefused},
		{name: "a row, the API's word", rows: 1, items: 1, exit: ExitRejects, rejected: 1},
		{name: "a row, where others went in before", rows: 1, items: 1, foreign: true, reached: true, exit: ExitRejects, rejected: 1},
		{name: "many rows, no word of the API", rows: 1000, items: 30, foreign: true, exit: ExitRefused},
		{name: "many rows, the API's word", rows: 1000, items: 30, exit: ExitRejects, rejected: 1000},
		{name: "few rows, where others went in before", rows: 9, items: 9, foreign: true, reached: true, exit: ExitRejects, rejected: 9},
		{name: "not so few, where others went in before", rows: 10, items: 1, foreign: true, reached: true, exit: ExitRefused},
		{name: "many rows, where others went in before", rows: 1000, items: 30, foreign: true, reached: true, exit: ExitRefused},
		{name: "all but one, where others went in before", rows: 200, items: 30, foreign: true, reached: true, good: "r199", exit: ExitRejects, rejected: 199},
		{name: "many rows, the API's word, where others went in before", rows: 1000, items: 30, reached: true, exit: ExitRejects, rejected: 1000},
		{name: "more rows of one line item than are held", rows: 2500, items: 1, foreign: true, exit: ExitRefused},
		{name: "the first row is good", rows: 300, items: 30, foreign: true, good: "r0", exit: ExitRejects, rejected: 299},
		{name: "the last row is good", rows: 100, items: 30, foreign: true, good: "r99", exit: ExitRejects, rejected: 99},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows := rowsOf(c.rows, c.items)
				server := gatewayFunc(func(id string) oneroster.Answer {
					if id == c.good {
						return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201, Ended: time.Now()}
					}
					return notFound(c.foreign)
				})
				journal := newTarget(t, c.reached)
				r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: journal, Address: "https://sis.example/x"})
				if err != nil || r.Run.ExitCode != c.exit || r.Counts.Rejected != c.rejected || r.Counts.InDoubt > 0 {
					t.Errorf("%v, exit %d, %+v", err, r.Run.ExitCode, r.Counts)
				}
				if c.exit == ExitRefused && (!strings.Contains(r.Run.Stopped, "https://sis.example/x") || !strings.Contains(r.Run.Stopped, "--base-url")) {
					t.Errorf("the reason does not name the address: %s", r.Run.Stopped)
				}
				if c.good != "" && !journal.Facts().Reached {
					t.Error("that the address is right is not kept")
				}
			})
		})
	}
}

// rowsOf makes rows of so many line items, and each of another student.
func rowsOf(n, items int) []gradecsv.Row {
	rows := make([]gradecsv.Row, n)
	for i := range rows {
		rows[i] = gradecsv.Row{File: "f", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprint("r", i),
			LineItem: oneroster.Ref{SourcedID: fmt.Sprint(i % items)}, Student: oneroster.Ref{SourcedID: fmt.Sprint(i)}}}
	}
	return rows
}

// newTarget is a target where an earlier run began intents and was killed. reached: it got other rows accepted.
func newTarget(t *testing.T, reached bool, intents ...checkpoint.Intent) *checkpoint.Journal {
	store, err := checkpointtest.NewModel().Open(checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	var journal *checkpoint.Journal
	for _, id := range []string{"killed", "now"} {
		if journal, err = store.Target("https://sis.example", "me"); err == nil {
			_, err = journal.StartRun(checkpoint.RunInfo{ID: id})
		}
		if err == nil && id == "killed" {
			_, err = journal.Begin(intents)
			err = errors.Join(err, journal.Learn(checkpoint.Facts{Reached: reached}))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return journal
}

// at answers at once.
type at func(method string, r *oneroster.Result) oneroster.Answer

func (f at) Submit(_ context.Context, method string, r *oneroster.Result) oneroster.Answer {
	return f(method, r)
}

func (f at) Find(_ context.Context, r *oneroster.Result) oneroster.Answer {
	return f(http.MethodGet, r)
}

// No row is lost between a worker that holds it back and one that learns at the same time that the address is right.
func TestAddressProvedWhileRowsAreHeld(t *testing.T) {
	for range 5000 {
		d := newAddress(false)
		var reported atomic.Int64
		settle := func() {
			_, rows := d.release(false)
			reported.Add(int64(len(rows)))
		}
		var all sync.WaitGroup
		const rows = 8
		for range rows {
			all.Go(func() {
				if !d.hold(&task{}, &Outcome{}) {
					reported.Add(1)
				}
				settle()
			})
		}
		all.Go(func() {
			d.prove()
			settle()
		})
		all.Wait()
		settle()
		if n := reported.Load(); n != rows {
			t.Fatalf("%d of %d rows came to an outcome", n, rows)
		}
	}
}

// So it is for a whole run.
func TestAddressConservesRows(t *testing.T) {
	for i := range 20 {
		rows := rowsOf(60, 1)
		good := rows[i].Result.SourcedID
		server := at(func(_ string, r *oneroster.Result) oneroster.Answer {
			if r.SourcedID == good {
				return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201, Ended: time.Now()}
			}
			return notFound(true)
		})
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: newTarget(t, false), Concurrency: 32})
		if err != nil || r.Counts.Read != len(rows) || r.Counts.Accepted != 1 || r.Counts.Rejected != len(rows)-1 {
			t.Fatalf("run %d: %v, %+v", i, err, r.Counts)
		}
	}
}

// Results that are gone already are rows with nothing to delete, not a wrong address.
func TestAddressWhereNothingIsLeftToDelete(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		rows := rowsOf(60, 30)
		for i := range rows {
			rows[i].Result.Status = oneroster.StatusToBeDeleted
		}
		gone := at(func(string, *oneroster.Result) oneroster.Answer {
			a := notFound(foreign)
			a.Verdict = oneroster.Missing
			return a
		})
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: gone, Journal: newTarget(t, foreign), ApplyDeletes: true})
		if err != nil || r.Run.ExitCode != ExitRejects || r.Counts.Rejected != r.Counts.Read {
			t.Errorf("foreign %v: %v, exit %d, %+v", foreign, err, r.Run.ExitCode, r.Counts)
		}
	}
}

// begunAs are the intents that a run which was killed left of rows.
func begunAs(rows []gradecsv.Row) (intents []checkpoint.Intent) {
	for i := range rows {
		intents = append(intents, checkpoint.Intent{Key: keyOf(&rows[i].Result), Digest: checkpoint.Digest(rows[i].Digest), Op: checkpoint.Create})
	}
	return intents
}

// A server that was reached, and answers looks for what it lacks with a web page, leaves what a killed run left in doubt,
// and takes the other rows.
func TestAddressOfRowsInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := rowsOf(60, 30)
		server := at(func(method string, r *oneroster.Result) oneroster.Answer {
			if method != http.MethodGet {
				return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201, Ended: time.Now()}
			}
			a := notFound(true)
			a.Verdict = oneroster.Doubt
			return a
		})
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: newTarget(t, true, begunAs(rows[:20])...)})
		if err != nil || r.Run.ExitCode == ExitRefused || r.Counts.Accepted != 40 || r.Counts.InDoubt != 20 {
			t.Errorf("%v, exit %d, %+v", err, r.Run.ExitCode, r.Counts)
		}
	})
}

// nowhere is a server without the API: every look gets a 404.
type nowhere struct{ verdict oneroster.Verdict }

func (nowhere) Submit(context.Context, string, *oneroster.Result) oneroster.Answer {
	panic("a comparison sends nothing")
}

func (n nowhere) Find(context.Context, *oneroster.Result) oneroster.Answer {
	return oneroster.Answer{Verdict: n.verdict, Status: 404, NotFound: true, Foreign: true, Requests: 1, Ended: time.Now()}
}

func (n nowhere) list(context.Context, oneroster.Query) (oneroster.Page, oneroster.Answer) {
	return oneroster.Page{}, oneroster.Answer{Verdict: oneroster.Blind, Status: 404, NotFound: true, Foreign: true, Requests: 1, Ended: time.Now()}
}

// So does a comparison: nothing is missing from a gradebook that was not reached.
func TestVerifyWrongAddress(t *testing.T) {
	for _, verdict := range []oneroster.Verdict{oneroster.Missing, oneroster.Doubt} {
		for _, n := range []int{1, 200} {
			synctest.Test(t, func(t *testing.T) {
				server := nowhere{verdict}
				rows := makeRows(rand.New(rand.NewPCG(0, 0)), n)
				r, err := Verify(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server}, server.list)
				if err != nil || r.Run.ExitCode != ExitRefused || r.Verify.Missing > 0 {
					t.Errorf("%s, %d rows: %v, exit %d, %+v %+v", verdict, n, err, r.Run.ExitCode, r.Counts, r.Verify)
				}
			})
		}
	}
}

// What was proved right stays so at the end, however many rows were held back until then.
func TestProvedAtTheEnd(t *testing.T) {
	s := suspense{most: heldMost, few: fewStrangers, once: true}
	for i := range fewStrangers + 2 {
		s.hold(&task{at: uint32(i), row: &gradecsv.Row{}}, &Outcome{})
	}
	s.prove()
	if wrong, rows := s.release(true); wrong || len(rows) != fewStrangers+2 {
		t.Errorf("wrong: %t, %d rows let go", wrong, len(rows))
	}
}

// A right that was there in an earlier run, and of which this input shows nothing, may be gone: then many rows that are forbidden
// are not at fault.
func TestForbiddenAndNothingVouchedFor(t *testing.T) {
	for _, vouched := range []bool{false, true} {
		outcomes := make(chan Outcome, 2*fewStrangers)
		w := &workers{outcomes: outcomes, stop: newStop(t.Context(), 0, 0), address: newAddress(true),
			facts: newFacts(checkpoint.Facts{}), permission: suspense{most: heldMost, classes: forbiddenClasses, once: true}}
		defer w.stop.release()
		if vouched {
			w.address.vouch(&gradecsv.Row{})
		}
		for i := range 2 * fewStrangers {
			row := &gradecsv.Row{Line: i + 2}
			w.permission.hold(&task{at: uint32(i), row: row}, &Outcome{Row: row, Status: Rejected})
		}
		w.settle(true)
		want := Deferred
		if vouched {
			want = Rejected
		}
		if o := <-outcomes; o.Status != want || w.stop.stopped() == vouched {
			t.Errorf("vouched: %t: %v, stopped %t", vouched, o.Status, w.stop.stopped())
		}
	}
}
