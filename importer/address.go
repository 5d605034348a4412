package importer

import (
	"sync"

	"gradebook-import/importer/oneroster"
)

// A 404 is how a server says that it does not know the line item or the student of a row, and what a wrong --base-url gets
// for every row. The API says it in words of its own, and those only stand where the API is. So at a server where nothing
// went in before, rows whose 404 has no such words are held back, until one of two things settles them: any answer that
// only the API gives, and they are rejected for what they say; or as many rows as are held, or the end of the input, and
// the run ends as refused, with the rows left for the next one.
const (
	// heldMost bounds the rows held back.
	heldMost = 256
	// strayMost is how many looks must get a 404 that is a web page.
	strayMost = 5
)

// address is what is known of the server's address. Safe for concurrent use.
type address struct {
	mu           sync.Mutex
	right, wrong bool // never both; neither while it is not known
	held         []held
	strays       int
}

type held struct {
	task    *task
	outcome *Outcome
}

// newAddress is right where an earlier run got rows accepted.
func newAddress(reached bool) *address { return &address{right: reached} }

// hold keeps the outcome of a row with a 404 back. Where it returns false it is to be reported.
func (d *address) hold(t *task, o *Outcome) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.right {
		return false
	}
	d.held = append(d.held, held{t, o})
	d.wrong = d.wrong || len(d.held) >= heldMost
	return true
}

// stray notes a look that got a web page for a 404, and so no outcome.
func (d *address) stray() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.strays++
	d.wrong = d.wrong || !d.right && d.strays >= strayMost
}

// prove notes an answer that shows that the address is right.
func (d *address) prove() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.right = !d.wrong
}

// judge says whether the address is wrong, and which rows are held back no longer. end: there are no more answers.
func (d *address) judge(end bool) (wrong bool, rows []held) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrong = d.wrong || end && len(d.held) > 0
	if d.right || d.wrong {
		rows, d.held = d.held, nil
	}
	return d.wrong, rows
}

// proves says that an answer is one that only the API gives.
func proves(a oneroster.Answer) bool {
	switch a.Verdict {
	case oneroster.Accepted, oneroster.Different, oneroster.Exists:
		return true
	case oneroster.Rejected, oneroster.Missing:
		return !a.Foreign
	}
	return false
}

// strays says that a look got a web page for a 404: nothing is learned of the row.
func strays(a oneroster.Answer) bool { return a.NotFound && a.Verdict == oneroster.Doubt }

// locate keeps the books on the address after an answer.
func (w *workers) locate(a oneroster.Answer) {
	switch {
	case proves(a):
		w.address.prove()
	case strays(a):
		w.address.stray()
	default:
		return
	}
	w.settle(false)
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
