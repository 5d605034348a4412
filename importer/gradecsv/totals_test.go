package gradecsv

import (
	"strings"
	"testing"
)

// What is left out as a line of totals could be no result, and is said. A row that would be one but for its student stays
// refused, and a student may be called sum: only where nothing in the row can tell him from a total is he refused.
func TestMappedTotals(t *testing.T) {
	fixed := writeFile(t, "one.yaml", "name: one\nfields:\n  studentSourcedId: Pupil\n  lineItemSourcedId: {value: quiz1}\n"+
		"  scoreStatus: {value: fully graded}\n  score: Points\n")
	parts := writeFile(t, "two.yaml", "name: two\nfields:\n  studentSourcedId: Pupil\n  lineItemSourcedId: {template: \"{Course}-{Number}\"}\n"+
		"  scoreStatus: {value: fully graded}\n  score: Points\n")
	wide := writeFile(t, "wide.yaml", "name: wide\nwide: {columns: \"{title}\", except: [Pupil, Name]}\nfields:\n  studentSourcedId: Pupil\n"+
		"  lineItemSourcedId: {template: \"{title}\"}\n  scoreStatus: {value: fully graded}\n  score: {cell: true, values: [{is: \"\", row: none}]}\n")
	const long = "student,assignment,score,date\n"
	for _, tt := range []struct{ name, mapping, text, want, warned string }{
		{"assignments of such names, their students lost", "", long + "s1,Total,95,2026-06-01\n,Total,91,2026-06-01\n,Average,88,2026-06-01\n", "A2 R3 R4", ""},
		{"a student of such a name", "", long + "sum,12,85,2026-06-01\n", "A2", "2"},
		{"totals", "", long + "s1,a1,85,2026-06-01\nTotal,,85,\nAverage:,,85\n", "A2 F3 F4", "3 4"},
		{"too short for its date", "", long + "sum,12,85\n", "R2", ""},
		{"one line item for all", fixed, "Pupil,Name,Points\n1001,Kim,8\nAverage,,8.5\n,Total,17\nTotal,Kim,17\nsum,1002,9\n1003,Sum,9\n", "A2 R3 F4 A5 R6 A7", "4"},
		{"a line item of parts", parts, "Pupil,Course,Number,Points\nsum,7,1,8\n,7,1,8\nTotal,7,,8\n", "A2 R3 F4", "2 4"},
		{"wide", wide, "Pupil,Name,Essay,Quiz\n1,Kim,5,6\n,Average,5,6\nAverage,,5,6\nAverage,,,\n2,Sum,5,6\n", "A2 A2 F3 R4 F5 A6 A6", "3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, rows := readText(t, tt.text, Options{Mapping: tt.mapping, ScoreDate: "2026-06-01"})
			if got := kinds(rows); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, messages(rows))
			}
			var warned []string
			for _, row := range rows {
				for _, p := range row.Warnings {
					if p.Code == "row.totals" {
						warned = append(warned, strings.TrimPrefix(strings.TrimSuffix(p.Position(), ":1"), "stdin:"))
					}
				}
			}
			if got := strings.Join(warned, " "); got != tt.warned {
				t.Errorf("warned of %s, want %s", got, tt.warned)
			}
		})
	}
}
