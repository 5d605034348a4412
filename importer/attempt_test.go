package importer

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// The row whose answer shows that the address is right is not held back for it, not even as the last one that makes the
// address wrong.
func TestAnAnswerThatProvesTheAddressHoldsNoRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := rowsOf(heldMost, 30)
		last := rows[heldMost-1].Result.SourcedID
		server := gatewayFunc(func(id string) oneroster.Answer { return notFound(id != last) })
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: server, Journal: newTarget(t, false), Concurrency: 1})
		if err != nil || r.Run.ExitCode != ExitRejects || r.Counts.Rejected != heldMost {
			t.Errorf("%v, exit %d (%s), %+v", err, r.Run.ExitCode, r.Run.Stopped, r.Counts)
		}
	})
}

// Once the server was seen to allocate an id of its own, no row in doubt is looked for in vain and sent again.
func TestAServerThatAllocatesIsKnownAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := map[string]int{}
		server := at(func(method string, r *oneroster.Result) oneroster.Answer {
			a := oneroster.Answer{Verdict: oneroster.Missing, Status: 404, Requests: 1, Ended: time.Now()}
			if method == http.MethodGet {
				return a
			}
			sent[r.SourcedID]++
			if a.Verdict, a.Status, a.AllocatedID = oneroster.Accepted, 201, "other-"+r.SourcedID; r.SourcedID != "r0" {
				a.Verdict, a.Status, a.AllocatedID = oneroster.Doubt, 0, ""
			}
			return a
		})
		r, err := Run(t.Context(), Config{Source: &sliceSource{rows: rowsOf(2, 1)}, Gateway: server, Journal: newTarget(t, false), Concurrency: 1})
		if err != nil || r.Counts.Accepted != 1 || r.Counts.InDoubt != 1 || sent["r1"] != 1 {
			t.Errorf("%v, %+v, sent %v", err, r.Counts, sent)
		}
	})
}

// Another request may go out while what an answer has settled waits for the recorder.
func TestNoRequestWaitsForTheRecorder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outcomes := make(chan Outcome)
		server := gatewayFunc(func(string) oneroster.Answer { return notFound(false) })
		stop := newStop(t.Context(), time.Second, 0)
		defer stop.release()
		w := &workers{Config: Config{Gateway: server, Pace: pace.New(pace.Config{Concurrency: 1})}.withDefaults(), stop: stop, outcomes: outcomes,
			meter: newMeter(time.Now()), health: newHealth(time.Minute, time.Now()), facts: newFacts(checkpoint.Facts{}), address: newAddress(false)}
		rows := rowsOf(2, 1)
		held := &task{row: &rows[0], method: http.MethodPost}
		w.address.hold(held, held.outcome(Rejected))
		go w.attempt(&task{row: &rows[1], method: http.MethodPost})
		synctest.Wait() // the request is under way
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := w.Pace.Acquire(ctx); err != nil {
			t.Error("no other request may go out")
		}
		<-outcomes
	})
}
