package importer

import (
	"sync"
	"sync/atomic"

	"gradebook-import/importer/oneroster"
)

// A 404 is how a server says that it does not know the line item or the student of a row, and what a wrong --base-url gets
// for every row. So while 404 is all that the server has said, rows with that answer are held back. What then comes
// settles them: any answer that only the API gives, and they are rejected for what they say; rows of many line items and
// students, and the run ends as refused, with the rows left for the next one. Where a server is new and its 404s are none
// of the API's words, fewer rows prove it, and at the end of the input one is enough.
const (
	// heldMost bounds the rows held back.
	heldMost = 1024
	// apart is of how many line items and how many students rows must be to prove a wrong address; plainRows and plainApart
	// are enough where the 404s are none of the API's.
	apart      = 10
	plainRows  = 10
	plainApart = 3
	// strayMost is how many looks must get a 404 that is a web page.
	strayMost = 5
)

// address is what is known of the server's address. Safe for concurrent use.
type address struct {
	reached bool        // an earlier run got rows accepted there
	proved  atomic.Bool // or taken for right

	mu    sync.Mutex
	wrong bool
	held  []held
	// items and students are those of the rows held, plain says that none of their 404s was the API's, strays counts looks.
	items, students map[string]bool
	plain           bool
	strays          int
}

type held struct {
	task    *task
	outcome *Outcome
}

func newAddress(reached bool) *address {
	return &address{reached: reached, items: map[string]bool{}, students: map[string]bool{}, plain: true}
}

// hold keeps the outcome of a row with a 404 back, while the address may be wrong. Where it returns false it is to be
// reported.
func (d *address) hold(t *task, o *Outcome, a oneroster.Answer) bool {
	if d.proved.Load() {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held = append(d.held, held{t, o})
	d.items[t.row.Result.LineItem.SourcedID], d.students[t.row.Result.Student.SourcedID] = true, true
	d.plain = d.plain && a.Foreign
	return true
}

// stray notes a look that got a web page for a 404, and so no outcome.
func (d *address) stray() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.strays++
}

// judge says whether the address is wrong, and which rows are held back no longer. end: there are no more answers.
func (d *address) judge(end bool) (wrong bool, rows []held) {
	if d.proved.Load() {
		return false, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	n, different := len(d.held), min(len(d.items), len(d.students))
	first := d.plain && !d.reached
	d.wrong = d.wrong || different >= apart || d.strays >= strayMost || n >= heldMost && !d.reached ||
		first && (n >= plainRows && different >= plainApart || n > 0 && end)
	if !d.wrong && n < heldMost && !end {
		return false, nil
	}
	if !d.wrong {
		d.proved.Store(true)
	}
	rows, d.held = d.held, nil
	return d.wrong, rows
}

// prove returns the rows that were held back, because an answer has shown that the address is right.
func (d *address) prove() []held {
	if d.proved.Load() {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.proved.Store(!d.wrong)
	if d.wrong {
		return nil
	}
	rows := d.held
	d.held = nil
	return rows
}

// proves says that an answer is one that only the API gives.
func proves(a oneroster.Answer) bool {
	switch a.Verdict {
	case oneroster.Accepted, oneroster.Different, oneroster.Exists:
		return true
	case oneroster.Rejected:
		return !a.NotFound && !a.Foreign
	}
	return false
}

// locate keeps the books on the address after an answer.
func (w *workers) locate(a oneroster.Answer) {
	switch {
	case proves(a):
		for _, h := range w.address.prove() {
			w.outcomes <- *h.outcome
		}
	case a.NotFound && a.Verdict == oneroster.Doubt:
		w.address.stray()
		w.settle(false)
	}
}

// settle reports rows that were held back, once it is known for what. end: there are no more answers.
func (w *workers) settle(end bool) {
	wrong, rows := w.address.judge(end)
	if wrong {
		w.stop.because(&StopError{Code: "refused", Reason: "the server finds nothing at the address that --base-url makes (404)" +
			w.at() + "; check --base-url: it is probably not where the gradebook is. If it is right, the server knows none of what these rows name"})
	}
	for _, h := range rows {
		o := h.outcome
		if wrong {
			o = h.task.stopped()
		}
		w.outcomes <- *o
	}
}

// at names the address.
func (w *workers) at() string {
	if w.Address == "" {
		return ""
	}
	return ": " + w.Address
}
