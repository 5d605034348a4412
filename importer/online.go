package importer

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"gradebook-import/importer/oneroster"
	"gradebook-import/importer/pace"
)

// Online is the server of a dry run that asks the real one: it answers a send as the server would, from what it has there,
// and sends nothing. So the plan, the workers and the report are those of a run.
//
// Before a row is taken, its line item, student and class are looked for, each once (online_refs.go); then its result, fifty
// in one list (online_results.go). To know which rows come next, Online is between the source and the plan. It keeps the pace
// of its own requests, since most rows cost none.
//
// What the server does not let itself be asked is unknown, and never a reason to reject a row: a 404 counts where something
// has shown that the server has objects of the kind, and no more than three refusals in a row are asked for. Where every
// answer is a 404 without a word of the API's, nothing could be asked at all: the run ends as with a wrong address.
type Online struct {
	client   *oneroster.Client
	pace     *pace.Pacer
	attempts int
	refs     []*references // line items, students, classes; nil: not asked for
	results  *results
	// strays counts answers 404 without a word of the API's; met is whether there was another one.
	strays atomic.Int64
	met    atomic.Bool
}

// NewOnline makes one. What fails attempts times for one row or object is unknown. reached: an earlier run got rows accepted
// there, so the address is right, whatever the server answers.
func NewOnline(client *oneroster.Client, p *pace.Pacer, attempts int, reached bool) *Online {
	o := NewOnlineResults(client, p, attempts)
	o.met.Store(reached)
	o.results.thorough = false
	o.refs = []*references{
		newReferences("line item", "lineItemSourcedId", oneroster.LineItems),
		newReferences("student", "studentSourcedId", oneroster.Users, oneroster.Students),
		newReferences("class", "classSourcedId", oneroster.Classes),
	}
	return o
}

// NewOnlineResults makes one that looks for results alone, and for each one that no list shows by itself: it answers what a
// run would change, whatever its rows refer to and lists leave out.
func NewOnlineResults(client *oneroster.Client, p *pace.Pacer, attempts int) *Online {
	o := &Online{client: client, pace: p, attempts: attempts, results: newResults()}
	o.results.thorough = true
	o.met.Store(true) // the run that follows finds out by itself
	return o
}

// Asked is what Online found of the objects of one kind, each counted once as long as it was remembered.
type Asked struct {
	Found    int `json:"found"`
	Missing  int `json:"missing"`
	NotAsked int `json:"notAsked"`
	// Why is why some could not be asked, "" where all were.
	Why string `json:"why,omitempty"`
}

// book counts what was asked. Safe for concurrent use.
type book struct {
	mu       sync.Mutex
	asked    Asked
	refusals int            // in a row
	failures map[string]int // by id, in a row, of those that had no answer yet
	off      bool           // not askable
}

// refusedMost is after how many refusals in a row a kind of object is not asked for any more.
const refusedMost = 3

func newBook() book { return book{failures: map[string]int{}} }

// closed says that there is no use in asking, and counts what is thus not asked.
func (b *book) closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.off {
		b.asked.NotAsked++
	}
	return b.off
}

func (b *book) found(missing bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refusals = 0; missing {
		b.asked.Missing++
	} else {
		b.asked.Found++
	}
}

// refused notes that the server would not be asked.
func (b *book) refused(a oneroster.Answer) {
	b.skipped(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refusals++
	b.off = b.off || b.refusals >= refusedMost
}

// skipped notes that something could not be asked.
func (b *book) skipped(a oneroster.Answer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked.NotAsked++
	b.asked.Why = why(a)
}

// failed notes a failure, and says whether it was the last one allowed.
func (b *book) failed(id string, attempts int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures[id]++
	last := b.failures[id] >= attempts
	if last {
		delete(b.failures, id)
	}
	return last
}

// answered forgets the failures of what is settled now.
func (b *book) answered(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.failures, id)
}

func (b *book) sum() *Asked {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.asked
	return &a
}

// why says for what reason something could not be asked.
func why(a oneroster.Answer) string {
	switch {
	case a.NotFound:
		return "the server answered that there is nothing (404), and has shown no other of the kind: it may not offer to look"
	case a.Status == http.StatusForbidden:
		return "the server does not let this client look (403): it may need a scope, such as roster-core.readonly or gradebook.readonly (--scope)"
	case a.Status == http.StatusMethodNotAllowed || a.Status == http.StatusNotImplemented:
		return "the server does not offer to look"
	}
	return a.Reason
}

// Report is what was asked.
func (o *Online) Report() map[string]*Asked {
	all := map[string]*Asked{"results": o.results.book.sum()}
	for i, kind := range []string{"lineItems", "students", "classes"}[:len(o.refs)] {
		all[kind] = o.refs[i].book.sum()
	}
	return all
}

// stoppedCode is that of a request which the end of the run prevented.
const stoppedCode = "run.stopped"

func stoppedAnswer() oneroster.Answer {
	return oneroster.Answer{Verdict: oneroster.NotApplied, Code: stoppedCode, Reason: "the run ends"}
}

// request makes one request at the pace. The answer of one that could not be made is NotApplied.
func (o *Online) request(ctx context.Context, spent *int, ask func() oneroster.Answer) oneroster.Answer {
	if err := o.pace.Acquire(ctx); err != nil {
		return stoppedAnswer()
	}
	a := ask()
	o.pace.Release(event(a))
	*spent += a.Requests
	switch {
	case a.NotFound && a.Foreign:
		o.strays.Add(1)
	case a.Status != 0:
		o.met.Store(true)
	}
	return a
}

// nowhere replaces the answer for a row, whose result was looked for, where the server has nothing that could be asked.
func (o *Online) nowhere(a oneroster.Answer) oneroster.Answer {
	if o.met.Load() || o.strays.Load() < strayMost || !o.results.strayed() {
		return a
	}
	return oneroster.Answer{Verdict: oneroster.Abort, Code: "online.address", Reason: "the server finds nothing of what was asked for (404), " +
		"not even as the API says it; check --base-url: it is probably not where the gradebook is. If it is right, the server cannot be asked; leave out --online"}
}

// trouble says that an answer settles nothing, and what to tell the workers: the row must come again, or the run ends. What
// has failed attempts times for id is trouble no longer.
func (b *book) trouble(id string, a oneroster.Answer, attempts int) (oneroster.Answer, bool) {
	switch a.Verdict {
	case oneroster.Throttled, oneroster.Abort:
		return a, true
	case oneroster.NotApplied, oneroster.Doubt:
		failed := a.Code != stoppedCode && b.failed(id, attempts)
		a.Verdict = oneroster.NotApplied // nothing was sent
		return a, !failed
	}
	b.answered(id)
	return a, false
}

// Submit says what the server would.
func (o *Online) Submit(ctx context.Context, method string, r *oneroster.Result) oneroster.Answer {
	spent := 0
	a := o.nowhere(o.submit(ctx, method, r, &spent))
	a.Requests, a.Ended = spent, time.Now()
	return a
}

func (o *Online) submit(ctx context.Context, method string, r *oneroster.Result, spent *int) oneroster.Answer {
	deletes := r.Status == oneroster.StatusToBeDeleted
	if !deletes {
		if a, refused := o.referred(ctx, r, spent); refused {
			return a
		}
	}
	a, known := o.look(ctx, r, spent)
	switch {
	case !known && a.Verdict != 0:
		return a
	case !known:
		return oneroster.Answer{Verdict: oneroster.Accepted}
	case a.Verdict == oneroster.Missing && deletes:
		return a
	case a.Verdict == oneroster.Different && method == http.MethodPost:
		return oneroster.Answer{Verdict: oneroster.Exists, Code: "server.conflict", Reason: "the server already has a result under this sourcedId"}
	case a.More && method == http.MethodPut:
		return oneroster.Answer{Verdict: oneroster.Accepted, Before: oneroster.Different}
	}
	return oneroster.Answer{Verdict: oneroster.Accepted, Before: a.Verdict, Diff: a.Diff}
}

// referred refuses a row that names what the server does not have.
func (o *Online) referred(ctx context.Context, r *oneroster.Result, spent *int) (oneroster.Answer, bool) {
	ids := [3]string{r.LineItem.SourcedID, r.Student.SourcedID, ""}
	if r.Class != nil {
		ids[2] = r.Class.SourcedID
	}
	var missing []string
	column := "" // of the first
	for i, id := range ids[:len(o.refs)] {
		if id == "" {
			continue
		}
		there, a, ok := o.refs[i].ask(ctx, o, id, spent)
		if !ok {
			return a, true
		}
		if !there {
			missing, column = append(missing, o.refs[i].name), cmp.Or(column, o.refs[i].column)
		}
	}
	if missing == nil {
		return oneroster.Answer{}, false
	}
	return oneroster.Answer{Verdict: oneroster.Rejected, Code: "online.unknown", Column: column, Reason: "the gradebook does not have the " +
		strings.Join(missing, " and the ") + " that the row names; correct the id, or see that the gradebook gets the " + missing[0] + " first"}, true
}

// Find looks.
func (o *Online) Find(ctx context.Context, r *oneroster.Result) oneroster.Answer {
	spent := 0
	a, known := o.look(ctx, r, &spent)
	if !known && a.Verdict == 0 {
		a = oneroster.Answer{Verdict: oneroster.Blind, Code: "server.nolook", Reason: "the server does not let this client read results"}
	}
	a = o.nowhere(a)
	a.Requests, a.Ended = spent, time.Now()
	return a
}
