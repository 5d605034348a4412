package importer

import (
	"sync"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// suspense keeps the outcomes of rows back while it is not known whose fault they are: the row's, or that of what the person
// who started the run set. Safe for concurrent use.
type suspense struct {
	most    int // so many held back settle that it is not the rows'
	classes int // and so do those of so many classes; 0: any number
	// once: what was set was right in an earlier run, so rows held back at the end are at fault themselves, if they are fewer
	// than few; 0: any number.
	once bool
	few  int

	mu           sync.Mutex
	right, wrong bool // never both; neither while it is not known
	held         []held
	first        *task           // of those that were ever held, the first in the input
	seen         map[string]bool // classes of rows held back; line items, where rows do not say their class
}

type held struct {
	task    *task
	outcome *Outcome
}

// hold keeps an outcome back. Where it returns false it is to be reported.
func (s *suspense) hold(t *task, o *Outcome) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.right {
		return false
	}
	s.held = append(s.held, held{t, o})
	if s.first == nil || t.at < s.first.at {
		s.first = t
	}
	s.wrong = s.wrong || len(s.held) >= s.most
	if s.classes > 0 {
		if s.seen == nil {
			s.seen = map[string]bool{}
		}
		s.seen[class(&t.row.Result)] = true
		s.wrong = s.wrong || len(s.seen) >= s.classes
	}
	return true
}

// class is what a right to write is given for: the class, and as much of it as is known.
func class(r *oneroster.Result) string {
	if r.Class != nil {
		return r.Class.SourcedID
	}
	return r.LineItem.SourcedID
}

// prove notes an answer that shows that what was set is right.
func (s *suspense) prove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.right = !s.wrong
}

// release says whether what was set is wrong, and lets rows go where that is known. end: there are no more answers.
func (s *suspense) release(end bool) (wrong bool, rows []held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end && !s.right && len(s.held) > 0 {
		s.right = !s.wrong && s.once && (s.few == 0 || len(s.held) < s.few)
		s.wrong = !s.right
	}
	if s.right || s.wrong {
		rows, s.held = s.held, nil
	}
	return s.wrong, rows
}

// earliest is the first row of those that were held back; nil: none was.
func (s *suspense) earliest() *gradecsv.Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		return nil
	}
	return s.first.row
}

// settle reports rows that were held back, once it is known for what. end: there are no more answers.
func (w *workers) settle(end bool) {
	if end {
		w.ask() // of what could not be asked before
		if !w.address.vouched() {
			w.permission.few = fewStrangers // nothing of this input was ever taken
		}
	}
	w.decide(&w.address.suspense, end, w.nowhere)
	w.decide(&w.permission, end, w.forbidden)
	w.decide(&w.sight, end, w.blindfolded)
}

// decide settles one suspense, where it can be: its rows are what they seemed to be, or they are left for the next run and this one ends.
func (w *workers) decide(s *suspense, end bool, reason func(first *gradecsv.Row) string) {
	wrong, rows := s.release(end)
	if wrong {
		w.stop.because(&StopError{Code: "refused", Reason: reason(s.earliest())})
	}
	for _, h := range rows {
		o := h.outcome
		if wrong {
			o = h.task.stopped(w.facts.hopeless(w.Resend))
		}
		w.outcomes <- *o
	}
}
