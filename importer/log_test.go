package importer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/gradecsv"
)

// told returns a log, and what was logged since the last call.
func told() (*rowLog, func() string) {
	var b bytes.Buffer
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "key" {
			return slog.Attr{}
		}
		return a
	}
	l := newRowLog(slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: drop})))
	return l, func() string {
		defer b.Reset()
		return b.String()
	}
}

func rejectedAt(line int, code string) *Outcome {
	row := &gradecsv.Row{File: "r.csv", Line: line}
	row.Result.SourcedID = "res-1"
	return &Outcome{Row: row, Status: Rejected, Problems: []gradecsv.Problem{{Code: code, Column: "score", Message: "is wrong", Value: "87"}}}
}

func TestRepeatedProblemsAreCounted(t *testing.T) {
	l, since := told()
	for i := range 1000 {
		l.row(rejectedAt(i+2, "score.number"))
	}
	l.row(rejectedAt(2000, "score.range"))
	text := since()
	want := `level=INFO msg="row problem" file=r.csv line=2 column=score status=rejected problem=score.number why="is wrong"`
	if strings.Count(text, "\n") != logRows+1 || !strings.HasPrefix(text, want) {
		t.Errorf("of 1001 problems of two kinds:\n%s", text)
	}
	l.progress(Progress{Elapsed: logEvery - time.Second}, nil)
	if text := since(); text != "" {
		t.Errorf("before it is time:\n%s", text)
	}
	l.progress(Progress{Elapsed: logEvery}, nil)
	if text := since(); text != `level=INFO msg="more row problems" status=rejected problem=score.number why="score: is wrong" more=997 count=1000`+"\n" {
		t.Errorf("when it is time:\n%s", text)
	}
	l.counts()
	if text := since(); text != "" {
		t.Errorf("when there is nothing new:\n%s", text)
	}
}

func TestKindsOfProblemsInTheLogAreBounded(t *testing.T) {
	l, since := told()
	for i := range 10 * logKinds {
		l.row(rejectedAt(i+2, strings.Repeat("x", i+1)))
	}
	l.counts()
	if lines := strings.Count(since(), "\n"); lines > logKinds+logRows+1 {
		t.Errorf("%d lines for %d kinds", lines, 10*logKinds)
	}
}

func TestLogTellsOfTheServer(t *testing.T) {
	l, since := told()
	down := Progress{Elapsed: time.Second, Down: true, Why: "connection refused"}
	l.progress(down, nil)
	down.Elapsed = 2 * time.Second
	l.progress(down, nil)
	l.progress(Progress{Elapsed: 5 * time.Second, HTTP: HTTP{Throttled: 3}}, nil)
	l.progress(Progress{Elapsed: 6 * time.Second, HTTP: HTTP{Throttled: 9}}, &StopError{Code: "signal"})
	l.progress(Progress{Elapsed: 7 * time.Second, HTTP: HTTP{Throttled: 9}}, &StopError{Code: "signal"})
	want := `level=WARN msg="server down" why="connection refused"
level=INFO msg="server back" seconds=4
level=INFO msg="server refused requests" refused=3 rate=0
level=INFO msg=stopping code=signal inFlight=0
`
	if text := since(); text != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
}
