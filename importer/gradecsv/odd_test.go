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

// A file that ends within its last value may have been cut off there. That is said where the value would be as good and another,
// and nowhere else.
func TestCutFile(t *testing.T) {
	const head = "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate,"
	for text, warned := range map[string]bool{
		head + "score\nli1,st1,fully graded,2026-06-01,8":               true,
		head + "score\nli1,st1,fully graded,2026-06-01,8\n":             false,
		head + "score\nli1,st1,fully graded,2026-06-01,8\r":             false,
		head + "score\nli1,st1,exempt,2026-06-01,":                      false,
		head + "comment\nli1,st1,exempt,2026-06-01,good":                false,
		head + "metadata.term\nli1,st1,exempt,2026-06-01,S1":            true,
		head + "textScore\nli1,st1,fully graded,2026-06-01,\"B+\"":      true,
		"Student,ID,Section,Essay (4711)\nKim,1,A,8":                    true,
		"Student,ID,Section,Essay (4711),Final Score\nKim,1,A,8,80":     false,
		"Student ID,Assignment,Date,Score\n1,a1,2026-06-01,8":           true,
		"Student ID,Assignment,Score,Date,Teacher\n1,a1,8,2026-06-01,X": false,
	} {
		_, rows := readText(t, text, Options{ScoreDate: "2026-06-01"})
		got := false
		for _, row := range rows {
			if len(row.Errors) > 0 {
				t.Errorf("%q: %v", text, row.Errors)
			}
			for _, w := range row.Warnings {
				got = got || w.Code == "file.cut"
			}
		}
		if got != warned {
			t.Errorf("%q: warned %v, want %v", text, got, warned)
		}
	}
}

// Scores that are all parts of one are odd, unless most are points for right and wrong.
func TestFractions(t *testing.T) {
	for scores, odd := range map[string]bool{
		strings.Repeat("0.85 ", 12):                     true,
		strings.Repeat("0.85 ", 9):                      false,
		strings.Repeat("0.85 ", 8) + "1 0 1 0":          true,
		strings.Repeat("0.5 ", 3) + "1 0 1 0 1 0 1 0 1": false,
		strings.Repeat("0.85 ", 12) + "2":               false,
		strings.Repeat("1 ", 12):                        false,
	} {
		var f fractions
		for i, score := range strings.Fields(scores) {
			f.add(score, i+2)
		}
		if f.odd() != odd {
			t.Errorf("%s: %v, want %v", scores, f.odd(), odd)
		}
	}
}

// A second byte order mark, as programs leave that put files together, hides no column: without its sourcedId, a result would
// be made a second time.
func TestInvisibleNames(t *testing.T) {
	for _, head := range []string{utf8BOM + utf8BOM + "sourcedId", "sourcedId\u00a0", "\u200bsourcedId", "sourced\u2060Id"} {
		_, rows := readText(t, head+","+shortHeader+"\nr1,"+goodRow+"\n", Options{})
		if len(rows) != 1 || rows[0].Result.SourcedID != "r1" {
			t.Errorf("%q: %+v", head, rows)
		}
	}
}

func TestGarbled(t *testing.T) {
	for comment, warned := range map[string]bool{
		"trÃ¨s": true, "itâ€™s": true, "5Â°": true, "NÃO": false, "âge": false, "Âge": false, "Ã": false, "crânes, pâté": false, "très": false, "coraÃ§Ã£o": true,
	} {
		_, rows := readText(t, shortHeader+"\nli1,st1,exempt,,2026-06-01,\""+comment+"\"\n", Options{})
		if got := len(rows) == 1 && len(rows[0].Warnings) == 1 && rows[0].Warnings[0].Code == "text.garbled"; got != warned {
			t.Errorf("%s: warned %v: %+v", comment, got, rows)
		}
	}
}
