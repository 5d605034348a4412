package importer

import (
	"context"
	"net/http"
	"time"

	"gradebook-import/checkpoint"
	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// Verifying is importing without a journal and without sending: the rows of the same reader, with the same rejections,
// become tasks that only look. They go in groups, for which the server is asked in one list by their sourcedIds.
//
// A list is believed where it shows a row as the file has it, and in nothing else: lists leave out what is deleted, what
// is new, what the server does not let this client see, and some servers read a filter otherwise than it is meant. What a
// list does not show alike is looked up by itself, and only where the server refuses that, the list's word stands.

// List reads one page of results, as oneroster.Client.List does.
type List func(ctx context.Context, q oneroster.Query) (oneroster.Page, oneroster.Answer)

// Verify compares each row of the source with what the server has, and reports it: accepted where they agree, rejected
// where they do not or the row is invalid, failed where the server's content could not be found out. It asks only: the
// Journal of c is not used. list is how several rows are asked for at once; nil: one by one.
func Verify(ctx context.Context, c Config, list List) (*Report, error) {
	c.verify, c.list, c.Journal = true, list, DryJournal{checkpoint.NewMemory()}
	return Run(ctx, c)
}

// Comparison is what Verify finds of a row.
type Comparison uint8

const (
	Match     Comparison = iota + 1 // the server has what the file says
	Different                       // the server has another content under the sourcedId
	Missing                         // the server does not have it
)

func (c Comparison) String() string { return [...]string{"", "match", "different", "missing"}[c] }

// Compared counts what Verify found. Match is Counts.Accepted; the other two are part of Counts.Rejected.
type Compared struct {
	Match     int `json:"match"`
	Different int `json:"different"`
	Missing   int `json:"missing"`
}

// add counts one row. A nil Compared counts nothing.
func (c *Compared) add(found Comparison) {
	if c == nil || found == 0 {
		return
	}
	*[...]*int{nil, &c.Match, &c.Different, &c.Missing}[found]++
}

// verified is the account of a row that was compared.
func (t *task) verified(found Comparison, why ...gradecsv.Problem) reaction {
	o := t.outcome(Rejected, why...)
	if o.Compared = found; found == Match {
		o.Status = Accepted
	}
	return reaction{outcome: o}
}

// compared decides after the answer to a look, for a row that is only compared.
func (p policy) compared(t *task, a oneroster.Answer, now time.Time) reaction {
	switch a.Verdict {
	case oneroster.Accepted:
		return t.verified(Match)
	case oneroster.Different:
		return t.verified(Different, t.differences(a.Diff)...)
	case oneroster.Missing:
		if t.row.Result.Status == oneroster.StatusToBeDeleted {
			return t.verified(Match)
		}
		if wait := t.believe.Sub(now); wait > 0 { // a request of a run that was just killed may still be at work
			return reaction{wait: wait}
		}
		return t.verified(Missing, t.problem("verify.missing", "the server does not have this result"))
	case oneroster.Throttled:
		return reaction{wait: a.RetryAfter, backoff: a.RetryAfter == 0}
	case oneroster.NotApplied, oneroster.Doubt:
		if t.lookups >= p.looks() {
			return reaction{outcome: t.outcome(Failed, t.problem("verify.unanswered",
				"looking the row up failed again and again, so it was not compared"))}
		}
		return reaction{wait: a.RetryAfter, backoff: true}
	case oneroster.Abort:
		return reaction{outcome: t.stopped(false), abort: true}
	}
	if t.listed.Verdict != 0 {
		return p.compared(t, t.listed, now)
	}
	return reaction{outcome: t.outcome(Failed, t.answered(a))}
}

// differences names each field in which the server differs, with both values.
func (t *task) differences(diff []oneroster.FieldDiff) []gradecsv.Problem {
	problems := make([]gradecsv.Problem, len(diff))
	for i, d := range diff {
		p := t.problem("verify.different", "the server has another value")
		p.Column, p.Value, p.Want = d.Field, d.Got, d.Want
		switch d.Field {
		case "status", "scoreStatus", "scoreDate", "inProgress", "incomplete", "late", "missing":
			p.QuoteSafe = true
		}
		problems[i] = p
	}
	return problems
}

// grouped puts tasks together. Rows to be deleted stand alone: no list shows them.
func grouped(tasks []*task) []*task {
	var all, listed []*task
	for _, t := range tasks {
		if t.row.Result.Status == oneroster.StatusToBeDeleted {
			all = append(all, t)
		} else {
			listed = append(listed, t)
		}
	}
	for rows := resultsOf(listed); len(rows) > 0; {
		n := together(rows)
		all = append(all, &task{method: http.MethodGet, look: true, members: listed[:n:n]})
		rows, listed = rows[n:], listed[n:]
	}
	return all
}

func resultsOf(tasks []*task) []*oneroster.Result {
	rows := make([]*oneroster.Result, len(tasks))
	for i, t := range tasks {
		rows[i] = &t.row.Result
	}
	return rows
}

// group asks the server's list for the rows of a group. What the list does not show alike goes into the room, to be
// looked up by itself. A group that waits holds its worker, since it stands for many rows.
func (w *workers) group(t *task) {
	q := queryFor(resultsOf(t.members))
	for more := true; more && len(t.members) > 1 && !w.unlisted.Load(); {
		page, a, ok := w.page(t, q)
		switch {
		case !ok:
			w.dismiss(t)
			return
		case a.Verdict == oneroster.Accepted:
			w.matches(t, page)
			q, more = page.Next()
		case t.lookups >= w.Attempts:
			w.unlisted.Store(true)
		case a.Verdict != oneroster.Blind:
			w.wait(max(a.RetryAfter, backoff(t.backoffs, w.Jitter())))
		}
	}
	w.single(t.members)
}

// page makes one request for a list; false when the run ends first.
func (w *workers) page(t *task, q oneroster.Query) (oneroster.Page, oneroster.Answer, bool) {
	if !w.admit() {
		return oneroster.Page{}, oneroster.Answer{}, false
	}
	page, a := w.list(w.stop.flight, q)
	w.Pace.Release(event(a))
	if a.Requests > 0 {
		w.meter.observe(a, true, false)
		w.Observe(a)
	}
	switch a.Verdict {
	case oneroster.Abort:
		w.stop.because(&StopError{Code: "refused", Reason: a.Reason})
		return page, a, false
	case oneroster.Blind, oneroster.Rejected, oneroster.Forbidden, oneroster.Missing:
		w.unlisted.Store(true)
		w.health.alive(time.Now())
		a.Verdict = oneroster.Blind
	default:
		w.count(t, a, true)
	}
	w.locate(a)
	w.settle(false)
	return page, a, true
}

// matches accounts for the rows that a page shows as the file has them, and keeps the others.
func (w *workers) matches(t *task, page oneroster.Page) {
	rows := resultsOf(t.members)
	kept := t.members[:0]
	for i, got := range among(page.Results, rows) {
		m := t.members[i]
		if m.listed.Verdict == 0 {
			m.listed = oneroster.Answer{Verdict: oneroster.Missing}
		}
		if got == nil {
			kept = append(kept, m)
		} else if diff := m.row.Result.Diff(got); len(diff) > 0 {
			m.listed = oneroster.Answer{Verdict: oneroster.Different, Diff: diff}
			kept = append(kept, m)
		} else {
			w.outcomes <- *m.verified(Match).outcome
		}
	}
	t.members = kept
	if !heeded(page.Results, rows) {
		w.unlisted.Store(true)
	}
}

// trust gives the list up when a look shows what it left out.
func (w *workers) trust(t *task, a oneroster.Answer) {
	if t.listed.Verdict == oneroster.Missing && (a.Verdict == oneroster.Accepted || a.Verdict == oneroster.Different) {
		w.unlisted.Store(true)
	}
}

// single has rows looked up one by one, by whoever is free.
func (w *workers) single(rows []*task) {
	for _, t := range rows {
		if w.room.put(t) {
			continue
		}
		if o := w.advance(t); o != nil {
			w.outcomes <- *o
		}
	}
}

// dismiss accounts for a group that the end of the run reached first.
func (w *workers) dismiss(t *task) {
	for _, m := range t.members {
		w.outcomes <- *m.stopped(false)
	}
}
