package importer

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// A row waits at least a random part of backoffFirst, doubled with every failure in a row, at most of backoffLast
// (full jitter).
const (
	backoffFirst = 200 * time.Millisecond
	backoffLast  = 20 * time.Second
)

// waitingRows bounds the rows that wait for a backoff or to settle while others go on.
const waitingRows = 1024

// workers send rows. run is one worker; all share the struct.
type workers struct {
	Config
	stop     *stop
	tasks    <-chan *task
	taken    chan<- struct{}
	outcomes chan<- Outcome
	room     *room
	health   *health
	meter    *meter
	facts    *facts
	address  *address
	// permission is what is known of what this client may do.
	permission suspense
	// sight is that of --look-first, which sends no row without a look: may this client look?
	sight suspense
	// unlisted: the server's list is of no use for Verify.
	unlisted atomic.Bool
}

// run works until tasks is closed and nobody waits. It never returns while its input is open: when intake has ended,
// what is left is accounted for without being sent.
func (w *workers) run() error {
	for {
		t := w.room.take(w.stop.intake, w.tasks)
		if t == nil {
			return nil
		}
		select {
		case w.taken <- struct{}{}:
		default: // plan has yet to look
		}
		if t.members != nil {
			w.group(t)
			continue
		}
		if o := w.advance(t); o != nil && (w.drop == nil || !w.drop(o)) {
			w.outcomes <- *o // unconditional: the recorder receives until this channel is closed
		}
	}
}

// advance takes a row as far as it goes now: to its outcome, or, with nil, into the room.
func (w *workers) advance(t *task) *Outcome {
	for {
		r := w.attempt(t)
		if r.outcome != nil || r.held {
			return r.outcome
		}
		if r.aside && w.room.aside(t) {
			return nil
		}
		if r.backoff {
			r.wait = max(r.wait, backoff(t.backoffs, w.Jitter()))
		}
		if r.wait <= 0 {
			continue
		}
		t.due = time.Now().Add(r.wait)
		if w.room.put(t) {
			return nil
		}
		w.wait(r.wait)
	}
}

// wait holds the worker, because the room is full.
func (w *workers) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.stop.intake.Done():
	}
}

// attempt makes one request for a row, a look or a send, once the server is up and the pace allows it.
// The order of what follows the answer matters:
//
//   - Release is first: what settle lets go may have to wait for the recorder, and other requests need not.
//   - count, as all of exchange, is before the policy, which reads the lookups that it counts.
//   - count and locate, which prove things right, and settle are before suspends: a row is not held back for what its own
//     answer has shown.
//   - learn is before the outcome leaves: what the answer shows of the server holds for the next request of any row.
func (w *workers) attempt(t *task) reaction {
	if r := w.barred(t); r.outcome != nil {
		return r
	}
	if !w.admit() {
		return reaction{outcome: t.stopped(w.facts.hopeless(w.Resend))}
	}
	if r := w.barred(t); r.outcome != nil { // more may be known than before the wait
		w.Pace.Release(pace.Event{})
		return r
	}
	look, asked := t.look, time.Time{}
	if look {
		asked = time.Now()
	}
	a := w.exchange(t)
	w.settle(false)

	var r reaction
	switch {
	case t.method == http.MethodGet:
		w.trust(t, a)
		r = w.policy().compared(t, a, asked)
	case look:
		if r = w.barred(t); r.outcome == nil || a.Verdict != oneroster.Missing { // more may be known than before the look
			r = w.policy().found(t, a, asked)
		}
	default:
		r = w.policy().sent(t, a, w.facts.blind())
	}
	if r.outcome != nil {
		w.facts.learn(r.outcome)
	}
	if r.outcome != nil && w.suspends(t, a, look, r.outcome) {
		r.outcome, r.held = nil, true
		w.ask()
		w.settle(false)
	}
	if r.abort {
		w.stop.because(&StopError{Code: "refused", Reason: a.Reason})
	}
	return r
}

// exchange makes the request that admit let go, and keeps the books on it.
func (w *workers) exchange(t *task) oneroster.Answer {
	look := t.look
	a := w.request(t)
	w.Pace.Release(event(a))
	if a.Requests > 0 {
		w.meter.observe(a, look, t.sends > 1)
		w.Observe(a)
	}
	w.count(t, a, look)
	w.locate(a)
	return a
}

// suspends keeps an outcome back that may not be the row's fault.
func (w *workers) suspends(t *task, a oneroster.Answer, look bool, o *Outcome) bool {
	switch {
	case a.NotFound && o.Status == Rejected && !(w.address.once && t.method == http.MethodDelete):
		return w.address.hold(t, o)
	case look && !w.verify && w.LookFirst && a.Denied && o.Status == InDoubt:
		return w.sight.hold(t, o)
	case w.denied(a, look) && o.Compared == 0: // a list may have shown the row to be compared
		return w.permission.hold(t, o)
	}
	return false
}

// barred ends a row whose next request what is known of the server forbids.
func (w *workers) barred(t *task) reaction {
	allocates := w.facts.allocates.Load()
	switch {
	case !t.look && t.standing && allocates:
		return reaction{outcome: t.outcome(Rejected, t.problem("server.allocates", "this server allocates its own sourcedIds, "+
			"so an earlier result can neither be replaced nor deleted by the row's; change it in the gradebook"))}
	case w.Resend:
	case t.look && w.facts.blind(), t.doubted && allocates: // a look that found nothing has proved nothing
		return w.policy().blind(t, oneroster.Answer{}, time.Now())
	}
	return reaction{}
}

// admit waits for the server and for the pace; false when the run ends first.
func (w *workers) admit() bool {
	if err := w.health.gate(w.stop.intake); err != nil {
		var stop *StopError
		if errors.As(err, &stop) {
			w.stop.because(stop)
		}
	}
	return !w.stop.stopped() && w.Pace.Acquire(w.stop.intake) == nil
}

func (w *workers) request(t *task) oneroster.Answer {
	if t.look {
		return w.Gateway.Find(w.stop.flight, &t.row.Result)
	}
	t.sends++
	return w.Gateway.Submit(w.stop.flight, t.method, &t.row.Result)
}

// count keeps the books on the server and on the row: whose fault is a failure?
func (w *workers) count(t *task, a oneroster.Answer, look bool) {
	if strays(a) { // no failure, or the server would be taken for down by rows in doubt alone, and no other row be sent
		a.Verdict = oneroster.Rejected
	}
	switch a.Verdict {
	case oneroster.Throttled:
		w.health.refused()
		w.health.blame(a.Reason)
		t.backoffs++
	case oneroster.NotApplied, oneroster.Doubt:
		w.health.failed(time.Now())
		w.health.blame(a.Reason)
		t.backoffs++
		down, outages, _ := w.health.outage()
		switch {
		case down:
		case look:
			t.lookups++
		case a.Verdict == oneroster.Doubt:
			t.charge(outages)
		}
	case oneroster.Abort:
	default:
		t.refund(w.health.alive(time.Now()))
		w.permit(a, look)
		if look && refusal(a.Verdict) {
			t.lookups++
			t.backoffs++
			return
		}
		t.backoffs, t.lookups = 0, 0
	}
}

// refusal says that a request was refused for what it says, or for who asks.
func refusal(v oneroster.Verdict) bool {
	return v == oneroster.Rejected || v == oneroster.Forbidden || v == oneroster.Exists
}

func (w *workers) policy() policy {
	return policy{attempts: w.Attempts, settle: w.Settle, resend: w.Resend}
}

// backoff is how long to wait after the nth failure in a row, n from 1: rnd, in [0, 1), of a bound that doubles.
func backoff(n int, rnd float64) time.Duration {
	bound := backoffLast
	if n := max(n, 1); n < 16 {
		bound = min(bound, backoffFirst<<(n-1))
	}
	return time.Duration(rnd * float64(bound))
}

// event is what the pace learns from an answer.
func event(a oneroster.Answer) pace.Event {
	if a.Requests == 0 {
		return pace.Event{}
	}
	e := pace.Event{RetryAfter: a.RetryAfter, Latency: a.Latency}
	switch {
	case a.Verdict == oneroster.Throttled:
		e.Kind = pace.Refused
	case strays(a), a.Verdict == oneroster.NotApplied, a.Verdict == oneroster.Abort: // a page for a 404 is no failure
		e.Kind = pace.Neutral
	case a.Verdict == oneroster.Doubt:
		e.Kind = pace.Failed
	default:
		e.Kind = pace.Success
	}
	return e
}

// facts is what this run knows about the target, from earlier runs and from its own answers. Safe for concurrent use.
type facts struct {
	allocates, refusesLook atomic.Bool
}

func newFacts(known checkpoint.Facts) *facts {
	f := &facts{}
	f.allocates.Store(known.AllocatesIDs)
	f.refusesLook.Store(known.RefusesLook)
	return f
}

// blind says that looking cannot settle a row: the server does not know the sourcedId that was sent, or does not answer.
func (f *facts) blind() bool { return f.allocates.Load() || f.refusesLook.Load() }

// hopeless says that no run settles a row in doubt, unless a person has it sent again.
func (f *facts) hopeless(resend bool) bool { return f.blind() && !resend }

func (f *facts) learn(o *Outcome) {
	if o.Allocated != "" {
		f.allocates.Store(true)
	}
	if o.Blind {
		f.refusesLook.Store(true)
	}
}

// op names a method as the checkpoint does.
func op(method string) checkpoint.Op {
	switch method {
	case http.MethodPut:
		return checkpoint.Replace
	case http.MethodDelete:
		return checkpoint.Delete
	}
	return checkpoint.Create
}
