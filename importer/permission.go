package importer

import (
	"fmt"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// A 403 may be about the row, whose class this client may not write to, or about the client, which may do nothing. So rows
// that got one are held back while it is all that the server has said to what was sent: any other answer to a send settles
// that it is about them, and they are rejected; 403s for rows of forbiddenClasses classes, for heldMost of few classes (a file may
// be sorted by them), or the end of the input, that the client may do nothing, and the run ends as refused. What looks are answered says nothing about the right to write. For Verify, which only
// looks, it is the other way round. A look that gets a 403 leaves its row in doubt, and the next run looks again: unlike a
// server that has no looks, the client may have been given the right meanwhile. Where an earlier run got rows in, those that are
// held back at the end of the input are at fault themselves: any number if the input has a row that was got in, else a few.
//
// With --look-first no row is sent without a look, so a client that may not look can do nothing either: those rows are held back
// in the same way (workers.sight), and any look that is answered otherwise settles that it is about them.
const forbiddenClasses = 10

// denied says that an answer leaves open whether this client may do anything at all.
func (w *workers) denied(a oneroster.Answer, look bool) bool {
	if w.verify {
		return a.Verdict == oneroster.Blind
	}
	return !look && a.Verdict == oneroster.Forbidden
}

// permit keeps the books on what this client may do, after an answer that shows the server at work.
func (w *workers) permit(a oneroster.Answer, look bool) {
	if look == w.verify && !w.denied(a, look) {
		w.permission.prove()
	}
	if look && !a.Denied {
		w.sight.prove()
	}
}

// forbidden is why a run ends whose client may do nothing.
func (w *workers) forbidden(first *gradecsv.Row) string {
	reason := "the server forbids this client everything it asked for (403): " +
		"ask the server's administrator for the right to create and update results (scope gradebook.createput)"
	if w.verify {
		reason = "the server does not let this client read results: " +
			"ask the server's administrator for the right to read them (scope gradebook.readonly)"
	}
	reason = fmt.Sprintf("%s; the first row that was refused is at %s:%d", reason, first.File, first.Line)
	if !w.verify {
		reason += "; where this client may write to other classes, take the rows of those that it may not out of the file"
	}
	return reason
}

// blindfolded is why a run with --look-first ends whose client may not look.
func (w *workers) blindfolded(first *gradecsv.Row) string {
	return fmt.Sprintf("the server does not let this client read results (403), and --look-first reads each row there before it sends it: "+
		"ask the server's administrator for the right to read them (scope gradebook.readonly); the first row that was refused is at %s:%d", first.File, first.Line)
}
