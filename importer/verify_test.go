package importer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"gradebook-import/importer/gradecsv"
	"gradebook-import/importer/oneroster"
)

// shelf is a server that is only read: it has some results, and answers badly as often as it is told to.
type shelf struct {
	t       *testing.T
	results map[string]oneroster.Result
	// hides are results that the list leaves out; blind refuses single looks, bare lists; deaf ignores filters.
	hides              map[string]bool
	blind, bare, deaf  bool
	trouble            float64
	mu                 sync.Mutex
	rnd                *rand.Rand
	looks, lists, most int
}

func (s *shelf) Submit(context.Context, string, *oneroster.Result) oneroster.Answer {
	s.t.Error("verify sent something")
	return oneroster.Answer{Verdict: oneroster.Accepted}
}

// bad rolls for what goes wrong.
func (s *shelf) bad() (oneroster.Answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := oneroster.Answer{Requests: 1, Ended: time.Now()}
	if s.rnd.Float64() >= s.trouble {
		return a, false
	}
	a.Verdict = []oneroster.Verdict{oneroster.Throttled, oneroster.NotApplied, oneroster.Doubt}[s.rnd.IntN(3)]
	return a, true
}

func (s *shelf) Find(_ context.Context, r *oneroster.Result) oneroster.Answer {
	time.Sleep(10 * time.Millisecond)
	a, bad := s.bad()
	if bad {
		return a
	}
	s.mu.Lock()
	s.looks++
	s.mu.Unlock()
	got, ok := s.results[r.SourcedID]
	switch a.Diff = r.Diff(&got); {
	case s.blind:
		a.Verdict, a.Code, a.Reason = oneroster.Blind, "server.nolook", "the server does not let this client read results"
	case !ok:
		a.Verdict = oneroster.Missing
	case len(a.Diff) > 0:
		a.Verdict = oneroster.Different
	default:
		a.Verdict = oneroster.Accepted
	}
	return a
}

func (s *shelf) list(_ context.Context, q oneroster.Query) (oneroster.Page, oneroster.Answer) {
	time.Sleep(10 * time.Millisecond)
	a, bad := s.bad()
	if bad {
		return oneroster.Page{}, a
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists++
	s.most = max(s.most, len(q.Filter))
	if s.bare {
		a.Verdict = oneroster.Blind
		return oneroster.Page{}, a
	}
	a.Verdict = oneroster.Accepted
	page := oneroster.Page{Total: -1}
	for id, r := range s.results {
		if !s.hides[id] && (s.deaf || strings.Contains(q.Filter, "'"+id+"'")) {
			page.Results = append(page.Results, r)
		}
	}
	if q.Offset > 0 {
		page.Results = nil
	}
	return page, a
}

// shelved is an input of n rows, and a server that has all but every tenth of them (missing) and every tenth but one
// otherwise (different).
func shelved(t *testing.T, n int, rnd *rand.Rand) ([]gradecsv.Row, *shelf) {
	s := &shelf{t: t, results: map[string]oneroster.Result{}, hides: map[string]bool{}, rnd: rnd}
	rows := make([]gradecsv.Row, n)
	for i := range rows {
		r := oneroster.Result{SourcedID: fmt.Sprintf("res-%d", i), Status: oneroster.StatusActive, Score: "88", Comment: "well done",
			LineItem: oneroster.Ref{SourcedID: "li"}, Student: oneroster.Ref{SourcedID: "st"}, ScoreStatus: oneroster.ScoreFullyGraded, ScoreDate: "2026-06-01T00:00:00Z"}
		rows[i] = gradecsv.Row{File: "a.csv", Line: i + 2, Result: r}
		switch i % 10 {
		case 0:
			continue
		case 1:
			r.Score, r.Comment = "90", ""
		}
		s.results[r.SourcedID] = r
	}
	return rows, s
}

func verifyOn(t *testing.T, s *shelf, rows []gradecsv.Row, list List) (*Report, map[string]Outcome) {
	seen := map[string]Outcome{}
	r, err := Verify(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: s, Settle: time.Second, GiveUpAfter: time.Hour,
		Notice: func(o Outcome) { seen[o.Row.Result.SourcedID] = o }}, list)
	if err != nil {
		t.Fatal(err)
	}
	return r, seen
}

// Whatever the list is worth and whatever goes wrong on the way, each row is found to be what it is.
func TestVerifyFindsWhatIsThere(t *testing.T) {
	for seed := range uint64(*seeds) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			n := rnd.IntN(300)
			rows, s := shelved(t, n, rnd)
			s.bare, s.deaf, s.trouble = rnd.IntN(4) == 0, rnd.IntN(4) == 0, rnd.Float64()*0.3
			for id := range s.results {
				s.hides[id] = rnd.IntN(3) == 0 && seed%2 == 0
			}
			list := s.list
			if rnd.IntN(5) == 0 {
				list = nil
			}
			r, seen := verifyOn(t, s, rows, list)
			missing, different := (n+9)/10, (n+8)/10
			if r.Counts.Failed > 0 && s.trouble < 0.05 || r.Counts.sum() != n {
				t.Errorf("seed %d: %+v", seed, r.Counts)
			}
			want := Compared{Match: n - missing - different, Different: different, Missing: missing}
			if got := *r.Verify; r.Counts.Failed == 0 && got != want {
				t.Errorf("seed %d: found %+v, want %+v", seed, got, want)
			}
			for id, o := range seen {
				_, there := s.results[id]
				if o.Compared == Different && !there || o.Compared == Missing && there {
					t.Errorf("seed %d: %s: %v", seed, id, o.Compared)
				}
			}
		})
		if t.Failed() {
			t.FailNow()
		}
	}
}

func TestVerifyAsksForManyRowsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, s := shelved(t, 2000, rand.New(rand.NewPCG(1, 1)))
		r, _ := verifyOn(t, s, rows, s.list)
		if odd := r.Verify.Different + r.Verify.Missing; s.looks > 2*odd || s.lists > 3*2000/groupRows {
			t.Errorf("%d looks and %d lists for %d rows, %d of which are not as the list shows them", s.looks, s.lists, 2000, odd)
		}
		if s.most > groupBytes {
			t.Errorf("a filter of %d bytes", s.most)
		}
	})
}

func TestVerifyNamesFieldsAndValues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, s := shelved(t, 2, rand.New(rand.NewPCG(1, 1)))
		_, seen := verifyOn(t, s, rows, nil)
		var got []string
		for _, p := range seen["res-1"].Problems {
			got = append(got, p.Text(false), p.Text(true))
		}
		want := []string{
			"score: the server has another value", `score: the server has another value; found "90", not "88"`,
			"comment: the server has another value", `comment: the server has another value; found nothing, not "well done"`,
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// A row to be deleted is as the file has it when the server does not have it, or has it marked as deleted.
func TestVerifyOfDeletedRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, s := shelved(t, 4, rand.New(rand.NewPCG(1, 1))) // the first is missing, the second differs, the others are there
		for i := range rows {
			rows[i].Result.Status = oneroster.StatusToBeDeleted
		}
		gone := s.results["res-3"]
		gone.Status = oneroster.StatusToBeDeleted
		s.results["res-3"] = gone
		r, _ := verifyOn(t, s, rows, s.list)
		if *r.Verify != (Compared{Match: 2, Different: 2}) {
			t.Errorf("%+v", *r.Verify)
		}
	})
}

// A server that shows neither rows nor lists refuses this client; one that shows lists alone is believed.
func TestVerifyOfAServerThatRefusesLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, s := shelved(t, 100, rand.New(rand.NewPCG(1, 1)))
		s.blind = true
		r, _ := verifyOn(t, s, rows, s.list)
		if *r.Verify != (Compared{Match: 80, Different: 10, Missing: 10}) {
			t.Errorf("with a list: %+v, %+v", *r.Verify, r.Counts)
		}
		s.bare = true
		r, _ = verifyOn(t, s, rows, s.list)
		if r.Run.ExitCode != ExitRefused || !strings.Contains(r.Run.Stopped, "gradebook.readonly") {
			t.Errorf("without: %+v", r.Run)
		}
	})
}

func TestVerifyStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows, s := shelved(t, 3000, rand.New(rand.NewPCG(1, 1)))
		r, err := Verify(t.Context(), Config{Source: &sliceSource{rows: rows}, Gateway: s, MaxDuration: 50 * time.Millisecond}, s.list)
		if err != nil || r.Run.ExitCode != ExitStopped || r.Counts.Deferred == 0 || r.Counts.sum() != r.Counts.Read {
			t.Errorf("%v, %+v, %+v", err, r.Run, r.Counts)
		}
	})
}
