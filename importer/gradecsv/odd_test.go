package gradecsv

import (
	"strings"
	"testing"
	"time"
)

// What is hardly meant gets a warning and goes on; what may well be meant gets none.
func TestOddValues(t *testing.T) {
	next := time.Now().AddDate(0, 11, 0).Format(time.DateOnly)
	far := time.Now().AddDate(1, 1, 0).Format(time.DateOnly)
	for cells, want := range map[string]string{
		"fully graded,85,2026-06-01":           "",
		"fully graded,0,2026-06-01":            "",
		"fully graded,-0.0,2026-06-01":         "",
		"fully graded,1000,2026-06-01":         "",
		"fully graded,85," + next:              "",
		"exempt,,2000-01-01":                   "",
		"fully graded,-5,2026-06-01":           "score.negative",
		"fully graded,1001,2026-06-01":         "score.large",
		"fully graded,99999999,2026-06-01":     "score.large",
		"fully graded,1e4,2026-06-01":          "score.large",
		"exempt,7,2026-06-01":                  "score.exempt",
		"fully graded,85,1926-06-01":           "date.old",
		"fully graded,85," + far:               "date.future",
		"exempt,-99999,1926-06-01":             "score.exempt score.negative date.old",
		"fully graded,-5%,1926-06-01":          "", // an error, which a person looks at anyway
		"fully graded,85,1926-06-01T00:00:00Z": "date.old",
	} {
		r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader("lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate\nli,st," + cells + "\n")})
		if err != nil {
			t.Fatal(err)
		}
		row := readAll(t, r)[0]
		var got []string
		for _, p := range row.Warnings {
			got = append(got, p.Code)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", cells, got, want)
		}
	}
}

// Where the points of an assignment are known, they say what is odd.
func TestOddPoints(t *testing.T) {
	const text = "Student,ID,Section,Essay (1),Quiz (2)\nPoints Possible,,,10,2000\nKim,7,A,101,1500\n"
	r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(text), ScoreDate: "2026-06-01"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range readAll(t, r) {
		if odd := len(row.Warnings) > 0; row.Filtered == "" && odd != (row.Result.LineItem.SourcedID == "1") {
			t.Errorf("line item %s: %v", row.Result.LineItem.SourcedID, row.Warnings)
		}
	}
}
