package importer

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// task is a row on its way to the server. One goroutine at a time holds it.
type task struct {
	row    *gradecsv.Row
	at     uint32
	seq    uint64
	method string // POST, PUT or DELETE

	look    bool // look before the next send
	doubted bool // sent at least once, perhaps applied
	there   bool // a look found another content, of which the checkpoint knows nothing
	resent  bool // sent again, in doubt and without a look: a person's decision
	exists  bool // the server said that the sourcedId is taken
	replace bool // a different content at the server may be replaced
	// standing: an earlier run got it accepted, with another content.
	standing bool
	// believe is when earlier requests have surely come to their end. Before that, "not found" proves nothing; nor does
	// another content, while the row's own may be under way; nor the row's own, while another may be (earlier).
	believe time.Time
	earlier earlier

	due      time.Time // in the room: not before this
	sends    int       // sends so far, the one under way included
	attempts int       // sends that failed and are charged to the row
	lookups  int       // looks in a row that brought no answer
	backoffs int       // refusals and failures in a row
	outages  int       // how many outages there had been when the row was last charged
	failure  gradecsv.Problem

	// For Verify. members are the rows of a group, which has no row of its own. listed is what a list said of a row that
	// it did not show as the file has it.
	members []*task
	listed  oneroster.Answer
}

// earlier is what requests of earlier processes may yet do to a row.
type earlier uint8

const (
	earlierSame    earlier = iota // nothing, or make the row as it is
	earlierUnknown                // no checkpoint says what, or they replace or delete
	earlierOther                  // give it another content
)

// onlyRefused: the server said that the sourcedId is taken, and nothing was sent that could yet be applied.
func (t *task) onlyRefused() bool { return t.exists && !t.doubted }

// outcome is the account of a task's row.
func (t *task) outcome(s Status, why ...gradecsv.Problem) *Outcome {
	open := t.there && !t.standing && (s == Rejected || s == Failed || s == Deferred)
	return &Outcome{Row: t.row, At: t.at, Seq: t.seq, Status: s, Problems: why, Open: open}
}

// problem makes one of the row from the importer's own words.
func (t *task) problem(code, message string) gradecsv.Problem {
	return gradecsv.Problem{Code: code, File: t.row.File, Line: t.row.Line, Message: message}
}

// answered makes a problem of the row from a server's answer.
func (t *task) answered(a oneroster.Answer) gradecsv.Problem {
	p := t.row.Locate(t.problem(a.Code, a.Reason), a.Column)
	p.Value = a.Detail
	return p
}

// charge counts a failed send against the row.
func (t *task) charge(outages int) {
	t.attempts++
	t.outages = outages
}

// refund takes the last charge back when it turned out to be the beginning of an outage.
func (t *task) refund(outages int) {
	if outages != t.outages && t.attempts > 0 {
		t.attempts--
	}
	t.outages = outages
}

// policy is what the command line decided about rows. Its methods decide what comes after an answer; they change
// nothing but the task.
type policy struct {
	attempts int
	settle   time.Duration
	resend   bool
}

// reaction is what a task does next: end with an outcome, or go on, after wait where it is not 0, by a look where
// t.look says so. abort ends the run besides.
type reaction struct {
	outcome *Outcome
	wait    time.Duration
	backoff bool // wait at least a backoff
	aside   bool // or, where there is room, until a look can be believed or there are no new rows
	abort   bool
	held    bool // the outcome is kept back: see suspense
}

// sent decides after the answer to a send. blind says that this target cannot be looked at.
func (p policy) sent(t *task, a oneroster.Answer, blind bool) reaction {
	switch a.Verdict {
	case oneroster.Accepted:
		o := t.outcome(Accepted)
		o.Effect, o.Diff = t.effect(a), a.Diff
		if a.AllocatedID != t.row.Result.SourcedID {
			o.Allocated = a.AllocatedID
		}
		return reaction{outcome: o}
	case oneroster.Throttled:
		return reaction{wait: a.RetryAfter, backoff: a.RetryAfter == 0}
	case oneroster.NotApplied:
		return reaction{wait: a.RetryAfter, backoff: true}
	case oneroster.Doubt:
		t.doubted, t.look, t.believe, t.failure = true, true, a.Ended.Add(p.settle), t.answered(a)
		return p.unsettled(t, a, blind)
	case oneroster.Exists:
		if t.exists { // a replacement was refused as well
			return reaction{outcome: t.outcome(Rejected, t.answered(a))}
		}
		t.exists, t.look, t.believe = true, true, a.Ended.Add(p.settle)
		return p.unsettled(t, a, blind)
	case oneroster.Missing: // a DELETE of what is not there
		if t.doubted {
			return t.repeats()
		}
		return reaction{outcome: t.outcome(Rejected, t.problem("server.nothingToDelete",
			"the server has no result with this sourcedId, so there is nothing to delete"))}
	case oneroster.Rejected, oneroster.Forbidden:
		if t.resent {
			return reaction{outcome: t.outcome(InDoubt, t.answered(a), t.problem("doubt.resent",
				"it was sent again without a look, and refused; the request before may have been applied: check the result in the gradebook"))}
		}
		return reaction{outcome: t.outcome(Rejected, t.answered(a))}
	case oneroster.Abort:
		return reaction{outcome: t.stopped(blind && !p.resend), abort: true}
	}
	panic("importer: internal error: a send was answered with the verdict " + a.Verdict.String())
}

// unsettled decides for a row that must be looked up next.
func (p policy) unsettled(t *task, a oneroster.Answer, blind bool) reaction {
	if blind {
		return p.blind(t, a, a.Ended)
	}
	return reaction{aside: a.Verdict == oneroster.Doubt, backoff: a.Verdict == oneroster.Doubt}
}

// found decides after the answer to a look. now is when the look was asked for: a late answer says what was there before.
func (p policy) found(t *task, a oneroster.Answer, now time.Time) reaction {
	switch a.Verdict {
	case oneroster.Accepted:
		return p.same(t, a, now)
	case oneroster.Different:
		return p.different(t, a, now)
	case oneroster.Missing:
		if wait := t.believe.Sub(now); wait > 0 {
			return reaction{wait: wait}
		}
		if t.method == http.MethodDelete {
			return t.repeats()
		}
		return p.missing(t)
	case oneroster.Throttled:
		return reaction{wait: a.RetryAfter, backoff: a.RetryAfter == 0}
	case oneroster.NotApplied, oneroster.Doubt:
		if t.lookups >= p.looks() {
			return reaction{outcome: t.outcome(InDoubt, t.problem("doubt.unanswered",
				"the row may have been applied, and looking it up failed again and again; run the same command again later"))}
		}
		return reaction{wait: a.RetryAfter, backoff: true}
	case oneroster.Rejected, oneroster.Forbidden, oneroster.Exists: // of this look; a server without looks is Blind
		if t.lookups < p.looks() {
			return reaction{backoff: true}
		}
		return p.blind(t, a, now)
	case oneroster.Blind:
		r := p.blind(t, a, now)
		if r.outcome != nil {
			r.outcome.Blind = !a.Denied // what this client may not do today, it may do tomorrow
		}
		return r
	case oneroster.Abort:
		return reaction{outcome: t.stopped(false), abort: true}
	}
	panic("importer: internal error: a look was answered with the verdict " + a.Verdict.String())
}

// looks is how many looks in a row may bring no answer.
func (p policy) looks() int { return max(p.attempts, downAfter+1) }

// same decides when the server has what the row says. What it has besides, in fields that the row leaves blank, may be
// what a replacement was to remove.
func (p policy) same(t *task, a oneroster.Answer, now time.Time) reaction {
	unsent, replaces := t.earlier == earlierOther && t.sends == 0, t.replace && t.method == http.MethodPut
	if a.More && (unsent || replaces) {
		return p.different(t, a, now)
	}
	if wait := t.believe.Sub(now); t.earlier != earlierSame && wait > 0 {
		return reaction{wait: wait}
	}
	return t.repeats()
}

// repeats ends a row that the server has as it is to be: an earlier request did that.
func (t *task) repeats() reaction {
	o := t.outcome(Accepted)
	o.Effect = Repeats
	return reaction{outcome: o}
}

// different decides when the server has another content than the row.
func (p policy) different(t *task, a oneroster.Answer, now time.Time) reaction {
	if wait := t.believe.Sub(now); wait > 0 && !t.onlyRefused() {
		return reaction{wait: wait}
	}
	t.there = !t.onlyRefused()
	if !t.replace && t.method != http.MethodDelete {
		return reaction{outcome: t.outcome(Rejected, p.conflict(t, a))}
	}
	switch {
	case t.attempts >= p.attempts && a.More: // which the server may have added itself
		return reaction{outcome: t.outcome(InDoubt, t.failure, t.problem("doubt.more", "the server has what the row says, and values "+
			"besides, which the row may have been to remove; run the same command again later"))}
	case t.attempts >= p.attempts:
		return reaction{outcome: t.outcome(Failed, t.failure)}
	}
	t.look = false
	if t.method == http.MethodPost {
		t.method = http.MethodPut
	}
	return reaction{}
}

// missing decides when the server surely does not have the row: it is sent again while it has attempts left.
func (p policy) missing(t *task) reaction {
	const hidden = "the server says that the sourcedId is taken and does not show what it holds; "
	switch {
	case t.onlyRefused():
		return reaction{outcome: t.outcome(Rejected, t.problem("server.hidden", hidden+"give the row another sourcedId"))}
	case t.exists:
		return reaction{outcome: t.outcome(InDoubt, t.problem("doubt.hidden", hidden+"check this result in the gradebook"))}
	case t.attempts >= p.attempts:
		return reaction{outcome: t.outcome(Failed, t.failure)}
	}
	t.look = false
	return reaction{}
}

// blind decides for a row that cannot be looked up: only a person may have it sent again, and not while an older request
// may be under way, which would have the last word.
func (p policy) blind(t *task, a oneroster.Answer, now time.Time) reaction {
	switch {
	case t.onlyRefused():
		return reaction{outcome: t.outcome(Rejected, t.problem("server.exists",
			"the server already has a result under this sourcedId, and gives no way to compare it with the row"))}
	case p.resend && !t.exists && t.attempts < p.attempts:
		t.look, t.resent = false, true
		return reaction{wait: max(0, t.believe.Sub(now)), backoff: a.Verdict == oneroster.Doubt}
	}
	return reaction{outcome: t.unseen()}
}

const lookYourself = "this server gives no way to look; " +
	"check the result in the gradebook, and run again with --in-doubt resend if it is not there"

// unseen is the account of a row in doubt that only a person can settle.
func (t *task) unseen() *Outcome {
	return t.outcome(InDoubt, t.problem(codeBlind, "the row may have been applied, and "+lookYourself))
}

// conflict says why a different content at the server ends a row.
func (p policy) conflict(t *task, a oneroster.Answer) gradecsv.Problem {
	if a.Code == "server.deleted" {
		return t.problem(a.Code, "the server has this result marked as deleted; --update brings it back with the row's content")
	}
	why := t.problem("server.conflict",
		"the server already has another result under this sourcedId; --update replaces it with the row's content")
	why.Note = "what differs: " + differing(a)
	if len(a.Diff) == 1 {
		why.Value, why.Want = a.Diff[0].Got, a.Diff[0].Want
	}
	return why
}

// differing names the fields in which the server has something else, metadata without the names of its columns.
func differing(a oneroster.Answer) string {
	var names []string
	for _, d := range a.Diff {
		name, _, _ := strings.Cut(d.Field, ".")
		names = append(names, name)
	}
	if len(names) == 0 {
		return "it has values where the row is blank"
	}
	return strings.Join(slices.Compact(names), ", ")
}

// The codes of rows in doubt that the next run settles. Such a row has no other problem.
const (
	codeUnanswered = "doubt.stopped"
	codeCutOff     = "doubt.cutoff"
	codeUnwritten  = "doubt.checkpoint"
)

// codeBlind is that of those that it cannot settle.
const codeBlind = "doubt.blind"

// stopped is the account of a row that the end of the run reached first. blind: the next run will not look, nor send it again.
func (t *task) stopped(blind bool) *Outcome {
	switch {
	case !t.doubted:
		return t.outcome(Deferred)
	case blind:
		return t.unseen()
	}
	why := t.problem(codeCutOff, "an earlier run was cut off when this row was queued or under way, so it may have been sent; "+
		"the next run looks at the server, and sends it if it is not there")
	if t.sends > 0 {
		why = t.problem(codeUnanswered, "the row was sent, and the run ended before it was known whether it arrived; "+
			"the next run looks at the server, and sends it again if it is not there")
	}
	o := t.outcome(InDoubt, why)
	o.Settles = true
	return o
}
