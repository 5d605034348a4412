package importer

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/checkpoint/checkpointtest"
	"gradebook-import/importer/oneroster"
)

// A client that may do nothing is told so, after a few rows and also when there are only a few, wherever it was let in before;
// and no row is rejected, or in doubt, for it. Where a single answer shows that it may do something, each 403 is about its row.
func TestForbiddenEverything(t *testing.T) {
	const no, looks, refuses = oneroster.Forbidden, oneroster.Missing, oneroster.Blind
	for _, c := range []struct {
		name      string
		rows      int
		sorted    int               // so many rows of a line item stand together; 0: they are mixed
		good      string            // a row that the server takes
		find      oneroster.Verdict // what a look gets
		lookFirst bool
		exit      int
		says      string
	}{
		{name: "a row", rows: 1, find: refuses, exit: ExitRefused, says: "gradebook.createput); the first row that was refused is at f:2"},
		{name: "many rows", rows: 300, find: refuses, exit: ExitRefused, says: "gradebook.createput"},
		{name: "a row, looked for first", rows: 1, find: refuses, lookFirst: true, exit: ExitRefused, says: "--look-first reads"},
		{name: "many rows, looked for first", rows: 300, find: refuses, lookFirst: true, exit: ExitRefused, says: "--look-first reads"},
		{name: "many rows, found missing first", rows: 300, find: looks, lookFirst: true, exit: ExitRefused, says: "gradebook.createput"},
		{name: "all but the first", rows: 300, good: "r0", find: looks, exit: ExitRejects},
		{name: "many rows of few classes", rows: 1000, sorted: 90, find: refuses, exit: ExitRefused, says: "gradebook.createput"},
		{name: "all but the last class of a sorted file", rows: 201, sorted: 40, good: "r200", find: looks, exit: ExitRejects},
		{name: "all but the last", rows: 9, good: "r8", find: looks, exit: ExitRejects},
	} {
		for _, reached := range []bool{false, true} {
			t.Run(c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := at(func(method string, r *oneroster.Result) oneroster.Answer {
						time.Sleep(20 * time.Millisecond)
						a := oneroster.Answer{Verdict: no, Requests: 1, Status: 403, Ended: time.Now()}
						switch {
						case method == http.MethodGet:
							a.Verdict, a.Denied, a.Reason = c.find, c.find == refuses, "may not read"
						case r.SourcedID == c.good:
							a.Verdict, a.Status = oneroster.Accepted, 201
						}
						return a
					})
					rows, most := rowsOf(c.rows, 30), 40
					for i := range rows {
						if c.sorted > 0 {
							rows[i].Result.LineItem.SourcedID, most = fmt.Sprint(i/c.sorted), heldMost+8
						}
					}
					r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server,
						Concurrency: 4, // so that the first row's answer is there before ten others', in whatever order they go
						Journal:     newTarget(t, reached), LookFirst: c.lookFirst})
					exit, says, wrong := c.exit, c.says, 0
					if c.good != "" {
						wrong = c.rows - 1
					}
					if c.rows == 1 && !c.lookFirst && reached { // the client is known to be right: it is the row
						exit, says, wrong = ExitRejects, "", 1
					}
					if err != nil || r.Run.ExitCode != exit || r.Counts.Rejected != wrong || r.Counts.InDoubt > 0 {
						t.Errorf("%v, %+v, %+v", err, r.Run, r.Counts)
					}
					if !strings.Contains(r.Run.Stopped, says) {
						t.Errorf("says %q, not %q", r.Run.Stopped, says)
					}
					if sent := r.HTTP.Requests - r.HTTP.Lookups; sent > most && c.exit == ExitRefused {
						t.Errorf("%d rows were sent to a server that forbids everything", sent)
					}
				})
			})
		}
	}
}

// A client that may send and not look sends what is new, and leaves what is in doubt in doubt.
func TestForbiddenLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := rowsOf(60, 30)
		server := at(func(method string, r *oneroster.Result) oneroster.Answer {
			a := oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 201, Ended: time.Now()}
			if method == http.MethodGet {
				a.Verdict, a.Denied, a.Status = oneroster.Blind, true, 403
			}
			return a
		})
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: newTarget(t, true, begunAs(rows[:20])...)})
		if err != nil || r.Run.ExitCode != ExitInDoubt || r.Counts.Accepted != 40 || r.Counts.InDoubt != 20 {
			t.Errorf("%v, exit %d, %+v", err, r.Run.ExitCode, r.Counts)
		}
	})
}

// What it may not look at today it may look at when it was given the right: then the rows in doubt are settled.
func TestForbiddenLooksForNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := checkpointtest.NewModel().Open(checkpoint.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		rows := rowsOf(20, 30)
		denied := false
		server := at(func(method string, _ *oneroster.Result) oneroster.Answer {
			switch {
			case method != http.MethodGet:
				return oneroster.Answer{Verdict: oneroster.Doubt, Requests: 1, Status: 504, Ended: time.Now()}
			case denied:
				return oneroster.Answer{Verdict: oneroster.Blind, Denied: true, Requests: 1, Status: 403, Ended: time.Now()}
			}
			return oneroster.Answer{Verdict: oneroster.Accepted, Requests: 1, Status: 200, Ended: time.Now()}
		})
		for _, run := range []struct {
			denied            bool
			accepted, inDoubt int
		}{{true, 0, 20}, {true, 0, 20}, {false, 20, 0}} {
			denied = run.denied
			journal, err := store.Target("https://sis.example", "me")
			if err == nil {
				_, err = journal.StartRun(checkpoint.RunInfo{})
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: journal})
			if err != nil || r.Counts.Accepted != run.accepted || r.Counts.InDoubt != run.inDoubt {
				t.Errorf("%+v: %v, exit %d, %+v", run, err, r.Run.ExitCode, r.Counts)
			}
		}
	})
}

// So does a comparison that may not look: no row is said to be another than the file's.
func TestVerifyForbidden(t *testing.T) {
	for _, n := range []int{1, 200} {
		synctest.Test(t, func(t *testing.T) {
			no := at(func(string, *oneroster.Result) oneroster.Answer {
				return oneroster.Answer{Verdict: oneroster.Blind, Denied: true, Status: 403, Requests: 1, Ended: time.Now()}
			})
			r, err := Verify(t.Context(), Config{Source: &sliceSource{rows: makeRows(rand.New(rand.NewPCG(0, 0)), n)}, Gateway: no}, nil)
			if err != nil || r.Run.ExitCode != ExitRefused || r.Counts.Failed > 0 || !strings.Contains(r.Run.Stopped, "gradebook.readonly") {
				t.Errorf("%d rows: %v, %+v, %+v", n, err, r.Run, r.Counts)
			}
		})
	}
}

// inTurn lets runs with one journal follow each other, one request at a time, and returns what each asked the server.
func inTurn(t *testing.T, answer func(run int, method string, r *oneroster.Result) oneroster.Answer, runs ...Config) (asked [][]string, reports []*Report) {
	t.Helper()
	store, err := checkpointtest.NewModel().Open(checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for i, c := range runs {
		journal, err := store.Target("https://sis.example", "me")
		if err == nil {
			_, err = journal.StartRun(checkpoint.RunInfo{})
		}
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, nil)
		c.Gateway = at(func(method string, r *oneroster.Result) oneroster.Answer {
			asked[i] = append(asked[i], method)
			a := answer(i, method, r)
			a.Requests, a.Ended = 1, time.Now()
			return a
		})
		c.Journal, c.Concurrency = journal, 1
		r, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, r)
	}
	return asked, reports
}

// TestForbiddenReplacement: a result that was seen at the server is known to be there by the next run as well, though this
// one was not let replace it.
func TestForbiddenReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, reports := inTurn(t, func(run int, method string, _ *oneroster.Result) oneroster.Answer {
			switch {
			case method == http.MethodGet:
				return oneroster.Answer{Verdict: oneroster.Different, Status: 200}
			case run == 0:
				return oneroster.Answer{Verdict: oneroster.Forbidden, Status: 403}
			}
			return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201}
		},
			Config{Source: &sliceSource{rows: rowsOf(1, 30)}, LookFirst: true, Update: true},
			Config{Source: &sliceSource{rows: rowsOf(1, 30)}, Update: true})
		if reports[0].Run.ExitCode != ExitRefused || reports[1].Counts.Accepted != 1 {
			t.Errorf("%+v, %+v", reports[0].Run, reports[1].Counts)
		}
		if asked[1][0] != http.MethodGet || slices.Contains(asked[1], http.MethodPost) {
			t.Errorf("the second run asked %v; want a look first, and no POST over what is there", asked[1])
		}
	})
}

// TestForbiddenLookAtOne: one row that may not be looked at is in doubt, and stops no other.
func TestForbiddenLookAtOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, reports := inTurn(t, func(_ int, method string, r *oneroster.Result) oneroster.Answer {
			switch {
			case method == http.MethodGet && r.SourcedID == "r5":
				return oneroster.Answer{Verdict: oneroster.Blind, Status: 403, Denied: true, Reason: "may not read"}
			case method == http.MethodGet:
				return oneroster.Answer{Verdict: oneroster.Missing, Status: 404}
			}
			return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201}
		}, Config{Source: &sliceSource{rows: rowsOf(300, 30)}, LookFirst: true})
		if c := reports[0].Counts; c.Accepted != 299 || c.InDoubt != 1 || reports[0].Run.ExitCode != ExitInDoubt {
			t.Errorf("%+v, %+v", c, reports[0].Run)
		}
	})
}
