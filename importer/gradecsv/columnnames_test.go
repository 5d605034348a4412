package gradecsv

import (
	"strings"
	"testing"
)

// Names are shown that headers are made of, and none that may be a student's.
func TestHarmlessNames(t *testing.T) {
	for _, name := range []string{"Student Name", "studentSourcedId", "student_sourced_id", "Score (2026)", "SIS Login ID", "metadata.tutor",
		"import.line", "Final Score", "Points in all", "Date graded"} {
		if !harmless(name) {
			t.Errorf("%q is hidden", name)
		}
	}
	for _, name := range []string{"", "Kim Lee", "Lee, Kim", "4711", "2026", "stu-1", "student 471122", "Score of Kim", "kim@example.org"} {
		if harmless(name) {
			t.Errorf("%q is shown", name)
		}
	}
	n := naming{}
	if got := n.list([]string{"Score", "Kim", "Ana", "Lee", "Date", "Bo", "Student"}, nil); got !=
		`"Score", columns 2 to 4, "Date", column 6, "Student" (--show-values shows their names, which may be students')` {
		t.Error(got)
	}
	if got := (naming{all: true}).list([]string{"Score", "Kim"}, []int{1}); got != `"Kim"` {
		t.Error(got)
	}
}

// A file with a column for each student has them in its names, which nothing shows unasked: not the detection, not the
// warnings, not the problems of rows.
func TestStudentsAsColumns(t *testing.T) {
	profile := writeFile(t, "turned.yaml", `name: turned
about: one column for each student
wide: {columns: "{student}", except: [Assignment, Note of Kim]}
fields:
  studentSourcedId: {template: "{student}"}
  lineItemSourcedId: Assignment
  scoreStatus: {value: fully graded}
  score: {cell: true, values: [{is: "", row: none}]}
`)
	const text = "Assignment,kim.lee,ana.cruz,Note of Kim\nessay,seven,8,x\n"
	for _, show := range []bool{false, true} {
		r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(text), Mapping: profile, ScoreDate: "2026-06-01", ShowValues: show})
		if err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		rows := make([]Row, 10)
		for {
			n, err := r.Read(rows)
			for _, row := range rows[:n] {
				for _, p := range row.Errors {
					said.WriteString(p.String() + "\n")
				}
			}
			if err != nil {
				break
			}
		}
		for _, p := range r.Warnings() {
			said.WriteString(p.String() + "\n")
		}
		for _, d := range r.Detections() {
			said.WriteString(d.Why + "\n")
		}
		if shown := strings.Contains(strings.ToLower(said.String()), "kim"); shown != show {
			t.Errorf("asked: %v, shown: %v\n%s", show, shown, said.String())
		}
		if !show && !strings.Contains(said.String(), "column 2") {
			t.Errorf("the column is not told\n%s", said.String())
		}
	}
}
