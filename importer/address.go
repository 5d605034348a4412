package importer

import (
	"fmt"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// A 404 is how a server says that it does not know the line item or the student of a row, and what a wrong --base-url gets
// for every row. The API says it in words of its own, and those only stand where the API is. So rows whose 404
// has no such words are held back, until one of two things settles them: any answer that only the API gives, and they are
// rejected for what they say; or as many rows as are held, or the end of the input, and the run ends as refused, with the
// rows left for the next one. Where an earlier run got rows in, the address was right and may be no longer: then a few rows at the
// end of the input are at fault themselves, and so are deletions of what is gone. For more of them the server is asked for a
// result that an earlier run got in, if the input has one: where that is found, the address is right, and the same command does
// not end otherwise than the first time, when the good rows were sent.
const (
	// heldMost bounds the rows held back.
	heldMost = 256
	// strayMost is how many looks must get a 404 that is a web page.
	strayMost = 5
	// fewStrangers rows may be at fault themselves, where nothing else is known of this run.
	fewStrangers = 10
)

// address is what is known of the server's address. Safe for concurrent use.
type address struct {
	suspense
	strays  int           // guarded by mu, as is what follows
	witness *gradecsv.Row // which an earlier run got in; nil: none was read
	asked   bool          // for the witness, and answered
}

func newAddress(reached bool) *address {
	return &address{suspense: suspense{most: heldMost, few: fewStrangers, once: reached}}
}

// stray notes a look that got a web page for a 404, and so no outcome.
func (d *address) stray() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.strays++
	d.wrong = d.wrong || !d.right && !d.once && d.strays >= strayMost
}

// vouch notes a row that an earlier run got in.
func (d *address) vouch(row *gradecsv.Row) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.witness == nil {
		own := *row
		d.witness = &own
	}
}

// vouched says that the input has a row that an earlier run got in.
func (d *address) vouched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.witness != nil
}

// question returns the witness where the server is to be asked for it, to one caller at a time; else nil.
func (d *address) question() *gradecsv.Row {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.asked || d.right || d.wrong || len(d.held) < d.few {
		return nil
	}
	d.asked = d.witness != nil
	return d.witness
}

// unanswered: the witness may be asked for again.
func (d *address) unanswered() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = false
}

// ask looks for the witness, where it is time for that.
func (w *workers) ask() {
	row := w.address.question()
	if row == nil {
		return
	}
	if !w.admit() {
		w.address.unanswered()
		return
	}
	a := w.exchange(&task{row: row, look: true})
	if v := a.Verdict; v == oneroster.Throttled || v == oneroster.NotApplied || v == oneroster.Doubt && !strays(a) {
		w.address.unanswered()
	}
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
	}
}

// nowhere is why a run ends whose address is wrong.
func (w *workers) nowhere(first *gradecsv.Row) string {
	at := ""
	if w.Address != "" {
		at = ": " + w.Address
	}
	said := "the server finds nothing at the address that --base-url makes (404)" + at
	if w.address.once {
		said += ", where earlier runs got rows in: it may have moved, or be away for a while; run the same command again later, or check --base-url"
	} else {
		said += "; check --base-url: it is probably not where the gradebook is"
	}
	said += ". If it is right, the server knows none of what these rows name"
	if first != nil {
		said += fmt.Sprintf("; the first is at %s:%d", first.File, first.Line)
	}
	return said
}
