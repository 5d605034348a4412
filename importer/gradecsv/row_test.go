package gradecsv

import (
	"slices"
	"testing"
)

// A problem that is found later is placed where the row has the value, in whatever shape of file; and where the row has it
// in no field of its own, the row's place stays.
func TestLocate(t *testing.T) {
	const header = "lineItemSourcedId,scoreStatus,score,scoreDate,comment,studentSourcedId\n"
	tests := []struct {
		name, text string
		options    Options
		row        int
		column     string
		want       string
	}{
		{"plain", header + "li,exempt,,2026-06-01,\"two\nlines\",st\n", Options{}, 0, "studentSourcedId", "stdin:3:8: studentSourcedId: m"},
		{"first", header + "li,exempt,,2026-06-01,,st\n", Options{}, 0, "lineItemSourcedId", "stdin:2:1: lineItemSourcedId: m"},
		{"none in the file", header + "li,exempt,,2026-06-01,,st\n", Options{}, 0, "classSourcedId", "stdin:2: m"},
		{"no column of OneRoster", header + "li,exempt,,2026-06-01,,st\n", Options{}, 0, "", "stdin:2: m"},
		{"wide, student", book, Options{ScoreDate: "2026-01-01"}, -1, "studentSourcedId", "stdin:3:14: SIS User ID: m"},
		{"wide, line item", book, Options{ScoreDate: "2026-01-01"}, -1, "lineItemSourcedId", "stdin:3:21: Test (2): m"},
		{"wide, a constant", book, Options{ScoreDate: "2026-01-01"}, -1, "scoreDate", "stdin:3: m"},
	}
	for _, tt := range tests {
		_, rows := readText(t, tt.text, tt.options)
		rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Filtered != "" })
		if tt.row < 0 {
			tt.row += len(rows)
		}
		row := &rows[tt.row]
		p := row.Locate(Problem{Code: "c", File: row.File, Line: row.Line, Message: "m"}, tt.column)
		if got := p.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}
