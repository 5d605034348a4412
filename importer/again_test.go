package importer

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"gradebook-import/importer/oneroster"
)

// The same command run again ends as it did before, though the rows that showed that what is set is right are not sent any more:
// with the same rows rejected, or, where the server is not there any longer, as refused.
func TestTheSameCommandAgain(t *testing.T) {
	forbidden := func(bool) oneroster.Answer {
		return oneroster.Answer{Verdict: oneroster.Forbidden, Status: http.StatusForbidden}
	}
	for _, c := range []struct {
		name     string
		rows     int
		first    bool // the bad rows come first
		added    bool // and are not in the first run's file
		bad      func(foreign bool) oneroster.Answer
		look     oneroster.Answer // what the second run's first look is answered
		exit     int              // of the second run
		rejected int
		looks    int // in the second run, at most
	}{
		{name: "line items that are gone", rows: 32, bad: notFound, exit: ExitRejects, rejected: 12, looks: 1},
		{name: "the bad rows come first", rows: 32, first: true, bad: notFound, exit: ExitRejects, rejected: 12, looks: 1},
		{name: "the bad rows were added", rows: 32, added: true, bad: notFound, exit: ExitRejects, rejected: 12, looks: 1},
		{name: "many", rows: 420, bad: notFound, exit: ExitRejects, rejected: 400, looks: 1},
		{name: "no answer at first", rows: 32, bad: notFound, look: oneroster.Answer{Verdict: oneroster.Throttled, Status: 429}, exit: ExitRejects, rejected: 12, looks: 2},
		{name: "the result was deleted, says the API", rows: 32, bad: notFound, look: oneroster.Answer{Verdict: oneroster.Missing, Status: 404, NotFound: true},
			exit: ExitRejects, rejected: 12, looks: 1},
		{name: "the gradebook has moved", rows: 32, bad: notFound, look: oneroster.Answer{Verdict: oneroster.Missing, Status: 404, NotFound: true, Foreign: true},
			exit: ExitRefused, looks: 1},
		{name: "few", rows: 29, bad: notFound, exit: ExitRejects, rejected: 9},
		{name: "a class that this client may not write to", rows: 32, bad: forbidden, exit: ExitRejects, rejected: 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rows, good := rowsOf(c.rows, 1), map[string]bool{}
				for i := range 20 {
					good[rows[i].Result.SourcedID] = true
				}
				before := rows
				if c.added {
					before = rows[:20]
				}
				if c.first {
					rows = slices.Concat(rows[20:], rows[:20])
					before = rows
				}
				looks := 0
				asked, reports := inTurn(t, func(run int, method string, r *oneroster.Result) oneroster.Answer {
					switch {
					case method != http.MethodGet && !good[r.SourcedID]:
						return c.bad(true)
					case method != http.MethodGet:
						return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201}
					}
					if looks++; looks == 1 && c.look.Verdict != 0 {
						return c.look
					}
					return oneroster.Answer{Verdict: oneroster.Accepted, Status: 200}
				},
					Config{Source: &sliceSource{rows: slices.Clone(before)}},
					Config{Source: &sliceSource{rows: slices.Clone(rows)}})
				if want := len(before) - 20; reports[0].Counts.Accepted != 20 || reports[0].Counts.Rejected != want {
					t.Errorf("the first run: %+v", reports[0].Counts)
				}
				if r := reports[1]; r.Run.ExitCode != c.exit || r.Counts.Rejected != c.rejected || r.Counts.Unchanged != 20 {
					t.Errorf("exit %d, want %d with %d rejected; %+v", r.Run.ExitCode, c.exit, c.rejected, r.Counts)
				}
				if n := len(asked[1]) - (c.rows - 20); n > c.looks {
					t.Errorf("%d looks", n)
				}
			})
		})
	}
}
