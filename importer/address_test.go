package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
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
		{name: "many rows, no word of the API", rows: 300, items: 30, foreign: true, exit: ExitRefused},
		{name: "many rows, the API's word", rows: 300, items: 30, exit: ExitRefused},
		{name: "many rows, where others went in before", rows: 300, items: 30, reached: true, exit: ExitRefused},
		{name: "a line item that the server does not know", rows: 300, items: 1, exit: ExitRejects, rejected: 300},
		{name: "more rows of one line item than are held", rows: 2500, items: 1, exit: ExitRefused},
		{name: "more rows than are held, where others went in before", rows: 2500, items: 1, reached: true, exit: ExitRejects, rejected: 2500},
		{name: "the first row is good", rows: 300, items: 30, foreign: true, good: "r0", exit: ExitRejects, rejected: 299},
		{name: "the last row is good", rows: 9, items: 9, foreign: true, good: "r8", exit: ExitRejects, rejected: 8},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows := make([]gradecsv.Row, c.rows)
				for i := range rows {
					rows[i] = gradecsv.Row{File: "f", Line: i + 2, Result: oneroster.Result{SourcedID: fmt.Sprint("r", i),
						LineItem: oneroster.Ref{SourcedID: fmt.Sprint(i % c.items)}, Student: oneroster.Ref{SourcedID: fmt.Sprint(i)}}}
				}
				server := gatewayFunc(func(id string) oneroster.Answer {
					if id == c.good {
						return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201, Ended: time.Now()}
					}
					return notFound(c.foreign)
				})
				store, err := checkpointtest.NewModel().Open(checkpoint.Options{})
				if err != nil {
					t.Fatal(err)
				}
				defer store.Close()
				journal, err := store.Target("https://sis.example", "me")
				if err == nil {
					_, err = journal.StartRun(checkpoint.RunInfo{ID: "r"})
				}
				if err == nil && c.reached {
					err = journal.Learn(checkpoint.Facts{Reached: true})
				}
				if err != nil {
					t.Fatal(err)
				}
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
