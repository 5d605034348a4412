package importer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gradebook-import/importer/gradecsv"
)

// Where several exit codes apply: 1, 5, 4, 7, 3; an input that cannot be read to its end is 2.
func TestExitCode(t *testing.T) {
	all := Counts{InDoubt: 1, Rejected: 1, Failed: 1, Deferred: 1}
	for _, c := range []struct {
		counts Counts
		cause  *StopError
		err    error
		want   int
	}{
		{Counts{Accepted: 1, Unchanged: 1, Filtered: 1}, nil, nil, ExitOK},
		{Counts{Rejected: 1}, nil, nil, ExitRejects},
		{Counts{Failed: 1}, nil, nil, ExitRejects},
		{Counts{InDoubt: 1, Rejected: 1}, nil, nil, ExitInDoubt},
		{all, &StopError{Code: "signal"}, nil, ExitStopped},
		{all, &StopError{Code: "refused"}, nil, ExitRefused},
		{all, &StopError{Code: "failure"}, errors.New("disk full"), ExitFailed},
		{all, &StopError{Code: "failure"}, fmt.Errorf("read: %w", &gradecsv.InputError{}), ExitUsage},
	} {
		if got := exitCode(c.counts, c.cause, c.err); got != c.want {
			t.Errorf("%+v, %v, %v: exit %d, want %d", c.counts, c.cause, c.err, got, c.want)
		}
	}
}

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		limit     Limit
		bad, read int
		want      bool
	}{
		{Limit{}, 1000, 1000, false},
		{Limit{On: true}, 0, 10, false},
		{Limit{On: true}, 1, 10, true},
		{Limit{On: true, N: 5}, 5, 10, false},
		{Limit{On: true, N: 5}, 6, 10, true},
		{Limit{On: true, Percent: 10}, 50, 50, false}, // too few rows to say
		{Limit{On: true, Percent: 10}, 10, 100, false},
		{Limit{On: true, Percent: 10}, 11, 100, true},
	} {
		if got := c.limit.Exceeded(c.bad, c.read); got != c.want {
			t.Errorf("%+v with %d of %d: %t", c.limit, c.bad, c.read, got)
		}
	}
}

// The report stays small whatever the file does, and its counts stay right.
func TestReportIsBounded(t *testing.T) {
	f := newReport(Config{}, time.Now())
	for i := range 3 * problemKinds {
		row := &gradecsv.Row{File: "f.csv", Line: i}
		f.add(Outcome{Row: row, Status: Rejected, Problems: []gradecsv.Problem{{Code: "c", Message: fmt.Sprint(i)}}})
		f.add(Outcome{Row: row, Status: Rejected, Problems: []gradecsv.Problem{{Code: "same"}}})
		f.tick(Point{T: float64(i), Accepted: i})
	}
	r := f.finish(time.Now(), nil, nil)
	total := 0
	for _, p := range r.Problems {
		total += p.Count
		if len(p.Lines) > problemLines {
			t.Errorf("%d lines kept", len(p.Lines))
		}
	}
	if len(r.Problems) > problemKinds+1 || total != 6*problemKinds || r.Counts.Read != 6*problemKinds {
		t.Errorf("%d kinds, %d problems, %+v", len(r.Problems), total, r.Counts)
	}
	if n := len(r.Timeline); n >= timelineMax || n < timelineMax/4 {
		t.Errorf("%d points", n)
	}
	for i := 1; i < len(r.Timeline); i++ {
		if r.Timeline[i].T <= r.Timeline[i-1].T {
			t.Fatalf("the timeline goes back at point %d", i)
		}
	}
	if r.Problems[0].Code != "same" {
		t.Errorf("the commonest problem is not first: %+v", r.Problems[0])
	}
}

// A quantile is right to within 9 %.
func TestHistogram(t *testing.T) {
	var h histogram
	for us := 1; us <= 100_000; us++ {
		h.add(time.Duration(us) * time.Microsecond)
	}
	for _, q := range []float64{.5, .95, .99} {
		got, want := h.quantile(q), time.Duration(q*100_000)*time.Microsecond
		if got < want || float64(got) > 1.13*float64(want) {
			t.Errorf("quantile %g is %s, want %s", q, got, want)
		}
	}
	if s := h.summary(); s.Max != 100 {
		t.Errorf("%+v", s)
	}
}
