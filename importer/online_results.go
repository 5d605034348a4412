package importer

import (
	"context"
	"slices"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// aheadMost is how many rows to come are known, and how many answers of lists are kept until their rows come.
const aheadMost = 4096

// results is what the server has of the rows.
type results struct {
	book
	known *lru.Cache[string, oneroster.Answer] // by sourcedId
	turn  chan struct{}                        // one list at a time: the rows that come next are in it
	// thorough: what a list does not show is looked for by itself, and never believed to be missing because another row is.
	thorough bool

	mu       sync.Mutex
	ahead    []*oneroster.Result // in the order of the input
	unlisted bool                // the server's list is of no use
	proven   bool                // the server has shown a result, or a list of them
	stray    bool                // it has answered a look with a 404 without a word of the API's
}

func newResults() *results {
	known, err := lru.New[string, oneroster.Answer](aheadMost)
	if err != nil {
		panic("importer: internal error: " + err.Error())
	}
	return &results{book: newBook(), known: known, turn: make(chan struct{}, 1)}
}

// readAhead is a source whose rows are known before they are planned.
type readAhead struct {
	Source
	to *results
}

// Ahead makes a source that o learns from which rows come.
func (o *Online) Ahead(s Source) Source { return readAhead{s, o.results} }

// Read is the source's.
func (s readAhead) Read(rows []gradecsv.Row) (int, error) {
	n, err := s.Source.Read(rows)
	s.to.expect(rows[:n])
	return n, err
}

func (l *results) expect(rows []gradecsv.Row) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		if row.Filtered == "" && len(row.Errors) == 0 && row.Result.Status != oneroster.StatusToBeDeleted {
			r := row.Result // others are read into the row
			l.ahead = append(l.ahead, &r)
		}
	}
	if n := len(l.ahead) - aheadMost; n > 0 {
		l.ahead = slices.Delete(l.ahead, 0, n)
	}
}

// group is r and the rows that come after it: as many as go into one list.
func (l *results) group(r *oneroster.Result) []*oneroster.Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.ahead, func(a *oneroster.Result) bool { return a.SourcedID == r.SourcedID })
	if i < 0 || l.unlisted {
		return nil
	}
	n := together(l.ahead[i:])
	rows := slices.Clone(l.ahead[i : i+n])
	l.ahead = slices.Delete(l.ahead, 0, i+n)
	return rows
}

func (l *results) set(mark *bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*mark = true
}

func (l *results) strayed() bool { return l.is(&l.stray) }

func (l *results) is(mark *bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return *mark
}

// look says what the server has of a row: Accepted for the same, Different or Missing. Where known is false, the row must
// come again for what the answer says, or with no verdict, the server cannot be asked for it.
func (o *Online) look(ctx context.Context, r *oneroster.Result, spent *int) (a oneroster.Answer, known bool) {
	l := o.results
	if a, ok := l.known.Get(r.SourcedID); ok {
		return a, true
	}
	if l.closed() {
		return oneroster.Answer{}, false
	}
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return stoppedAnswer(), false
	}
	if rows := l.group(r); len(rows) > 1 && r.Status != oneroster.StatusToBeDeleted {
		trouble := o.list(ctx, rows, spent)
		<-l.turn
		if trouble != nil {
			return *trouble, false
		}
	} else {
		<-l.turn
	}
	if a, ok := l.known.Get(r.SourcedID); ok {
		return a, true
	}
	return o.single(ctx, r, spent)
}

// single looks one row up.
func (o *Online) single(ctx context.Context, r *oneroster.Result, spent *int) (oneroster.Answer, bool) {
	l := o.results
	a := o.request(ctx, spent, func() oneroster.Answer { return o.client.Find(ctx, r) })
	if a.NotFound && a.Foreign {
		l.set(&l.stray)
	}
	switch {
	case a.Verdict == oneroster.Accepted, a.Verdict == oneroster.Different:
		l.set(&l.proven)
		return l.learned(r, a), true
	case a.Verdict == oneroster.Missing && (!a.Foreign || l.is(&l.proven)):
		return l.learned(r, a), true
	}
	if later, must := l.trouble(r.SourcedID, a, o.attempts); must {
		return later, false
	}
	if a.Verdict == oneroster.Doubt || a.Verdict == oneroster.NotApplied {
		l.skipped(a)
	} else {
		l.refused(a)
	}
	return oneroster.Answer{}, false
}

func (l *results) learned(r *oneroster.Result, a oneroster.Answer) oneroster.Answer {
	l.answered(r.SourcedID)
	a.NotFound, a.Foreign, a.Latency = false, false, 0 // it is believed, and took no time for the next row
	if had, _ := l.known.ContainsOrAdd(r.SourcedID, a); !had {
		l.found(a.Verdict == oneroster.Missing)
	}
	return a
}

// list looks rows up by one list. What it does not show is believed to be missing when a look at one of them says so, too:
// lists leave out what is deleted, and some servers read a filter otherwise than it is meant.
func (o *Online) list(ctx context.Context, rows []*oneroster.Result, spent *int) *oneroster.Answer {
	l := o.results
	q := queryFor(rows)
	var shown []oneroster.Result
	for more := true; more; {
		var page oneroster.Page
		a := o.request(ctx, spent, func() (a oneroster.Answer) {
			page, a = o.client.List(ctx, q)
			return a
		})
		if later, must := l.trouble("", a, o.attempts); must {
			o.returned(rows)
			return &later
		}
		if a.Verdict != oneroster.Accepted {
			l.set(&l.unlisted)
			return nil
		}
		l.set(&l.proven)
		shown = append(shown, page.Results...)
		if !heeded(shown, rows) {
			l.set(&l.unlisted)
			return nil
		}
		q, more = page.Next()
	}
	var absent []*oneroster.Result
	for i, got := range among(shown, rows) {
		if got != nil {
			l.learned(rows[i], rows[i].Held(got))
		} else {
			absent = append(absent, rows[i])
		}
	}
	if len(absent) == 0 || l.thorough {
		return nil
	}
	a, known := o.single(ctx, absent[0], spent)
	switch {
	case known && a.Verdict == oneroster.Missing:
		for _, r := range absent[1:] {
			l.learned(r, oneroster.Answer{Verdict: oneroster.Missing, Code: a.Code, Reason: a.Reason})
		}
	case known || a.Verdict == 0:
		l.set(&l.unlisted)
	default:
		return &a
	}
	return nil
}

// returned gives rows back that were not asked for.
func (o *Online) returned(rows []*oneroster.Result) {
	l := o.results
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ahead = slices.Insert(l.ahead, 0, rows...)
}

var _ Gateway = (*Online)(nil)
