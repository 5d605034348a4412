package importer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/oneroster"
)

// hooked is a journal with something to do besides.
type hooked struct {
	*checkpoint.Journal
	claimed func()
	finish  error
}

func (h hooked) Claim(claims []checkpoint.Claim) ([]checkpoint.Known, error) {
	h.claimed()
	return h.Journal.Claim(claims)
}

func (h hooked) Finish(outcomes []checkpoint.Outcome) error {
	return errors.Join(h.finish, h.Journal.Finish(outcomes))
}

// Of a row in doubt nobody is told that the next run settles it, where that can neither look nor send it again: it is a person's.
func TestRowsInDoubtThatNoRunSettles(t *testing.T) {
	for _, c := range []struct {
		name    string
		facts   checkpoint.Facts
		resend  bool
		settles bool
	}{
		{name: "a server that can be looked at", settles: true},
		{name: "it allocates ids", facts: checkpoint.Facts{AllocatesIDs: true}},
		{name: "it refuses looks", facts: checkpoint.Facts{RefusesLook: true}},
		{name: "it allocates ids, and a person decided", facts: checkpoint.Facts{AllocatesIDs: true}, resend: true, settles: true},
	} {
		for _, full := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, disk full %t", c.name, full), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, stop := context.WithCancel(t.Context())
					defer stop()
					rows, told := rowsOf(40, 30), 0
					// In doubt since an earlier run, and not begun when this one stops; or sent, and not noted.
					journal := hooked{Journal: newTarget(t, true, begunAs(rows)...), claimed: stop}
					if full {
						journal = hooked{Journal: newTarget(t, true), claimed: func() {}, finish: errors.New("the disk is full")}
					}
					if err := journal.Learn(c.facts); err != nil {
						t.Fatal(err)
					}
					r, _ := Run(ctx, Config{Source: &sliceSource{rows: rows}, Journal: journal, Resend: c.resend,
						Notice: func(o Outcome) {
							if o.Status == InDoubt {
								told++
							}
						},
						Gateway: at(func(string, *oneroster.Result) oneroster.Answer {
							return oneroster.Answer{Verdict: oneroster.Accepted, Status: 201, Requests: 1, Ended: time.Now()}
						})})
					settling, persons := 0, r.Counts.InDoubt
					if c.settles {
						settling, persons = persons, 0
					}
					if r.Counts.InDoubt == 0 || r.Settling() != settling || told != persons {
						t.Errorf("%+v, %d that the next run settles, %d told", r.Counts, r.Settling(), told)
					}
				})
			})
		}
	}
}
