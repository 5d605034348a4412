package importer

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// What a row does after each answer, spelled so that the table reads as the design does:
// "again" sends once more, "look" looks, a status ends it.
func TestReactions(t *testing.T) {
	now := time.Now()
	settle := 5 * time.Second
	answer := func(v oneroster.Verdict) oneroster.Answer { return oneroster.Answer{Verdict: v, Ended: now} }
	allocated := oneroster.Answer{Verdict: oneroster.Accepted, AllocatedID: "other"}
	doubted := func(t *task) { t.look, t.doubted = true, true }
	taken := func(t *task) { t.look, t.exists = true, true }
	more := oneroster.Answer{Verdict: oneroster.Accepted, More: true}
	early := func(t *task) { doubted(t); t.believe = now.Add(settle) }
	used := func(t *task) { doubted(t); t.attempts = 3 }
	for _, c := range []struct {
		name   string
		change func(*task)
		policy policy
		blind  bool
		answer oneroster.Answer
		want   string
		wait   time.Duration
	}{
		// After a send.
		{name: "accepted", answer: answer(oneroster.Accepted), want: "accepted"},
		{name: "accepted under another id", answer: allocated, want: "accepted allocated"},
		{name: "throttled, with a time", answer: oneroster.Answer{Verdict: oneroster.Throttled, RetryAfter: time.Minute}, want: "again", wait: time.Minute},
		{name: "throttled, without", answer: answer(oneroster.Throttled), want: "again after backoff"},
		{name: "not applied", answer: answer(oneroster.NotApplied), want: "again after backoff"},
		{name: "doubt", answer: answer(oneroster.Doubt), want: "look after backoff"},
		{name: "doubt at a blind server", blind: true, answer: answer(oneroster.Doubt), want: "inDoubt doubt.blind"},
		{name: "doubt at a blind server, resend", blind: true, policy: policy{resend: true}, answer: answer(oneroster.Doubt), want: "again after backoff", wait: settle},
		{name: "doubt at a blind server, resend, attempts used", blind: true, change: used, policy: policy{resend: true}, answer: answer(oneroster.Doubt), want: "inDoubt doubt.blind"},
		{name: "taken", answer: answer(oneroster.Exists), want: "look"},
		{name: "taken at a blind server", blind: true, answer: answer(oneroster.Exists), want: "rejected server.exists"},
		{name: "taken at a blind server, after a doubt", change: func(t *task) { t.doubted = true }, blind: true, answer: answer(oneroster.Exists), want: "inDoubt doubt.blind"},
		{name: "rejected", answer: oneroster.Answer{Verdict: oneroster.Rejected, Code: "c"}, want: "rejected c"},
		{name: "forbidden", answer: oneroster.Answer{Verdict: oneroster.Forbidden, Code: "c"}, want: "rejected c"},
		{name: "abort before anything was sent", answer: answer(oneroster.Abort), want: "deferred abort"},
		{name: "abort after a doubt", change: func(t *task) { t.doubted, t.sends = true, 2 }, answer: answer(oneroster.Abort), want: "inDoubt doubt.stopped abort"},
		{name: "delete of nothing", change: func(t *task) { t.method = http.MethodDelete }, answer: answer(oneroster.Missing), want: "rejected server.nothingToDelete"},
		{name: "delete of nothing, after a doubt", change: func(t *task) { t.method, t.doubted = http.MethodDelete, true }, answer: answer(oneroster.Missing), want: "accepted"},

		{name: "refused after it was sent again without a look", change: func(t *task) { t.doubted, t.resent = true, true }, policy: policy{resend: true}, answer: oneroster.Answer{Verdict: oneroster.Rejected, Code: "c"}, want: "inDoubt c doubt.resent"},
		{name: "refused where a look found another content", change: func(t *task) { t.there = true }, answer: oneroster.Answer{Verdict: oneroster.Rejected, Code: "c"}, want: "rejected c open"},
		{name: "refused, and an earlier content stands in the checkpoint", change: func(t *task) { t.there, t.standing = true, true }, answer: oneroster.Answer{Verdict: oneroster.Rejected, Code: "c"}, want: "rejected c"},

		// After a look.
		{name: "found the same", change: doubted, answer: answer(oneroster.Accepted), want: "accepted"},
		{name: "found another", change: doubted, answer: answer(oneroster.Different), want: "rejected server.conflict open"},
		{name: "found another, which the server had refused to double", change: taken, answer: answer(oneroster.Different), want: "rejected server.conflict"},
		{name: "found another, too early", change: early, answer: answer(oneroster.Different), want: "look", wait: settle},
		{name: "found another, too early, replacing", change: func(t *task) { early(t); t.replace = true }, answer: answer(oneroster.Different), want: "look", wait: settle},
		{name: "found another, replacing, attempts used", change: func(t *task) { used(t); t.replace = true }, answer: answer(oneroster.Different), want: "failed first open"},
		{name: "found the same, too early", change: early, answer: answer(oneroster.Accepted), want: "accepted"},
		{name: "found the same, while another may be under way", change: func(t *task) { early(t); t.earlier = earlierUnknown }, answer: answer(oneroster.Accepted), want: "look", wait: settle},
		{name: "found the same and more", change: doubted, answer: more, want: "accepted"},
		{name: "found the same and more, replacing", change: func(t *task) { doubted(t); t.replace, t.method = true, http.MethodPut }, answer: more, want: "again by PUT"},
		{name: "found the same and more, replacing, attempts used", change: func(t *task) { used(t); t.replace, t.method = true, http.MethodPut }, answer: more, want: "inDoubt first doubt.more"},
		{name: "found the same and more, another in doubt", change: func(t *task) { doubted(t); t.earlier = earlierOther }, answer: more, want: "rejected server.conflict open"},
		{name: "found another, replacing", change: func(t *task) { doubted(t); t.replace = true }, answer: answer(oneroster.Different), want: "again by PUT"},
		{name: "found deleted", change: doubted, answer: oneroster.Answer{Verdict: oneroster.Different, Code: "server.deleted"}, want: "rejected server.deleted open"},
		{name: "not found yet", change: func(t *task) { doubted(t); t.believe = now.Add(settle) }, answer: answer(oneroster.Missing), want: "look", wait: settle},
		{name: "not found", change: doubted, answer: answer(oneroster.Missing), want: "again"},
		{name: "not found, attempts used", change: used, answer: answer(oneroster.Missing), want: "failed first"},
		{name: "taken and not found", change: taken, answer: answer(oneroster.Missing), want: "rejected server.hidden"},
		{name: "taken, in doubt and not found", change: func(t *task) { taken(t); doubted(t) }, answer: answer(oneroster.Missing), want: "inDoubt doubt.hidden"},
		{name: "to delete, not found", change: func(t *task) { doubted(t); t.method = http.MethodDelete }, answer: answer(oneroster.Missing), want: "accepted"},
		{name: "to delete, not found yet", change: func(t *task) { early(t); t.method = http.MethodDelete }, answer: answer(oneroster.Missing), want: "look", wait: settle},
		{name: "to delete, still there, attempts used", change: func(t *task) { used(t); t.method = http.MethodDelete }, answer: answer(oneroster.Different), want: "failed first open"},
		{name: "to delete, still there", change: func(t *task) { doubted(t); t.method = http.MethodDelete }, answer: answer(oneroster.Different), want: "again"},
		{name: "look throttled", change: doubted, answer: oneroster.Answer{Verdict: oneroster.Throttled, RetryAfter: time.Second}, want: "look", wait: time.Second},
		{name: "look unanswered", change: doubted, answer: answer(oneroster.Doubt), want: "look after backoff"},
		{name: "look unanswered again and again", change: func(t *task) { doubted(t); t.lookups = downAfter + 1 }, answer: answer(oneroster.Doubt), want: "inDoubt doubt.unanswered"},
		{name: "look refused", change: doubted, answer: answer(oneroster.Blind), want: "inDoubt doubt.blind blind"},
		{name: "this look refused", change: doubted, policy: policy{resend: true}, answer: answer(oneroster.Rejected), want: "look after backoff"},
		{name: "looks refused again and again", change: func(t *task) { doubted(t); t.lookups = downAfter + 1 }, answer: answer(oneroster.Rejected), want: "inDoubt doubt.blind"},
		{name: "look refused, resend", change: doubted, policy: policy{resend: true}, answer: answer(oneroster.Blind), want: "again"},
		{name: "look refused, resend, too early", change: early, policy: policy{resend: true}, answer: answer(oneroster.Blind), want: "again", wait: settle},
		{name: "look aborted", change: doubted, answer: answer(oneroster.Abort), want: "inDoubt doubt.cutoff abort"},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := &gradecsv.Row{File: "f.csv", Line: 2}
			row.Result.SourcedID = "r1"
			tk := &task{row: row, method: http.MethodPost, failure: gradecsv.Problem{Code: "first"}}
			if c.change != nil {
				c.change(tk)
			}
			c.policy.attempts, c.policy.settle = 3, settle
			var r reaction
			if tk.look && !c.blind {
				r = c.policy.found(tk, c.answer, now)
			} else {
				r = c.policy.sent(tk, c.answer, c.blind)
			}
			if got := spell(tk, r); got != c.want || r.wait != c.wait {
				t.Errorf("%s, wait %s; want %s, wait %s", got, r.wait, c.want, c.wait)
			}
		})
	}
}

func spell(t *task, r reaction) string {
	s := "again"
	switch {
	case r.outcome != nil:
		s = r.outcome.Status.String()
		for _, p := range r.outcome.Problems {
			s += " " + p.Code
		}
		if r.outcome.Allocated != "" {
			s += " allocated"
		}
		if r.outcome.Blind {
			s += " blind"
		}
		if r.outcome.Open {
			s += " open"
		}
	case t.look:
		s = "look"
	case t.method != http.MethodPost && t.method != http.MethodDelete:
		s += " by " + t.method
	}
	if r.backoff {
		s += " after backoff"
	}
	if r.abort {
		s += " abort"
	}
	return s
}

// A send that failed is charged, unless it turns out to be the beginning of an outage.
func TestChargesAreTakenBackAfterAnOutage(t *testing.T) {
	tk := &task{}
	tk.charge(0)
	tk.refund(0)
	if tk.attempts != 1 {
		t.Fatalf("without an outage: %d attempts, want 1", tk.attempts)
	}
	tk.charge(0)
	tk.refund(1)
	tk.refund(1)
	if tk.attempts != 1 {
		t.Errorf("after an outage: %d attempts, want 1", tk.attempts)
	}
}

func TestBackoffStaysWithinItsBound(t *testing.T) {
	for n := range 100 {
		if d := backoff(n, 0.999999); d < 0 || d > backoffLast {
			t.Errorf("backoff(%d) = %s", n, d)
		}
		if d := backoff(n, 0); d != 0 {
			t.Errorf("backoff(%d) at its least = %s", n, d)
		}
	}
	if d := backoff(3, 0.5); d != 2*backoffFirst {
		t.Errorf("third: %s, want %s", d, 2*backoffFirst)
	}
}

// What differs is named, without the names of metadata columns, and no value stands in what is shown unasked.
func TestConflictNamesFields(t *testing.T) {
	tsk := &task{row: &gradecsv.Row{File: "f", Line: 2}}
	why := policy{}.conflict(tsk, oneroster.Answer{Verdict: oneroster.Different, Diff: []oneroster.FieldDiff{
		{Field: "metadata.nadia", Want: "secret1", Got: "secret2"}, {Field: "metadata.omar", Want: "x", Got: "y"}, {Field: "score", Want: "secret3", Got: "secret4"},
	}})
	if text := why.Text(false); !strings.HasSuffix(text, "; what differs: metadata, score") || strings.Contains(text, "secret") {
		t.Error(text)
	}
}
