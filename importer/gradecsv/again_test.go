package gradecsv

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// Column names in the middle of a file: the same are left out, however they are written. Under others nothing is read, or a
// grade would go to another assignment.
func TestHeaderAgain(t *testing.T) {
	profile := writeFile(t, "one.yaml", "name: one\nwide: {columns: \"{title}\", except: [Pupil]}\nfields:\n  studentSourcedId: Pupil\n"+
		"  lineItemSourcedId: {template: \"{title}\"}\n  scoreStatus: {value: fully graded}\n  score: {cell: true, values: [{is: \"\", row: none}]}\n")
	const long = "Student ID,Assignment,Score,Date\n1,a1,5,2026-06-01\n"
	const canvas = "Student,ID,SIS User ID,Section,Essay (4711),Quiz (4712)\nKim,1,s1,A,5,6\n"
	native := shortHeader + "\n" + goodRow + "\n"
	quoted := `"` + strings.ReplaceAll(shortHeader, ",", `","`) + `"`
	for _, tt := range []struct{ name, text, want string }{
		{"the same", native + shortHeader + "\nli2,st1,exempt,,2026-06-01,\n", "A F A"},
		{"in quotes", native + quoted + "\nli2,st1,exempt,,2026-06-01,\n", "A F A"},
		{"in capitals", native + strings.ToUpper(shortHeader) + "\nli2,st1,exempt,,2026-06-01,\n", "A F A"},
		{"behind a byte order mark", native + utf8BOM + shortHeader + "\nli2,st1,exempt,,2026-06-01,\n", "A F A"},
		{"in another order", native + "studentSourcedId,lineItemSourcedId,scoreStatus,score,scoreDate,comment\nst1,li2,exempt,,2026-06-01,\n", "A stopped at 3"},
		{"fewer", native + "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate\nli2,st1,exempt,2026-06-01\n", "A stopped at 3"},
		{"others, by a profile", long + "Assignment,Student ID,Score,Date\na2,1,6,2026-06-01\n", "A stopped at 3"},
		{"the same, by a profile", long + "student id,assignment,score,DATE\n2,a1,6,2026-06-01\n", "A F A"},
		{"other assignments", canvas + "Student,ID,SIS User ID,Section,Lab (4713),Test (4714)\nKim,1,s1,A,7,8\n", "A A stopped at 3"},
		{"other assignments, one column that is known", "Pupil,Essay,Quiz\ns1,5,6\nPupil,Lab,Test\ns1,7,8\n", "A A stopped at 3"},
		{"a row that has a name of a column", native + "li2,st1,scoreStatus,,2026-06-01,\n", "A R"},
		{"other names for the same", long + "Item,Pupil,Points,Date\na2,2,6,2026-06-01\n", "A stopped at 3"},
		{"other names, one of them known", "Student ID,Assignment,Score\n1,a1,5\nItem,Pupil,Points\na2,2,6\n", "A stopped at 3"},
		{"many other assignments", canvas + "Student,ID,SIS User ID,Section" + strings.Repeat(",Lab (4713)", 9) + "\nKim,1,s1,A,7,8\n", "A A stopped at 3"},
		{"others, with a year", long + "Assignment,Student ID,Score,Date,2026\na2,1,6,2026-06-01,\n", "A stopped at 3"},
		{"a row with words that are names", "Student ID,Assignment,Score,Date,Category\n1,a1,9,2026-06-01,Assignment\n2,a1,Score,2026-06-01,Assignment\n" +
			"3,a1,8,2026-06-01,Assignment\n", "A R A"},
		{"a row with words that are names, and no date", long + "2,a1,Score,Date\n3,a1,8,2026-06-01\n", "A R A"},
		{"a student called Mark", "Student ID,Assignment,Score\n1,a1,5\nmark,test,late\n2,a1,6\n", "A R A"},
		{"a row that has the only name", "Pupil,Essay,Quiz\ns1,5,6\nPupil,7,x\n", "A A A R"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Stdin: strings.NewReader(tt.text), ScoreDate: "2026-06-01"}
			if strings.HasPrefix(tt.text, "Pupil") {
				o.Mapping = profile
			}
			r, err := Open([]string{"-"}, o)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			var got []string
			for rows := make([]Row, 2); err == nil; {
				var n int
				n, err = r.Read(rows)
				for _, row := range rows[:n] {
					got = append(got, when(row.Filtered != "", "F", when(len(row.Errors) > 0, "R", "A")))
				}
			}
			var input *InputError
			if errors.As(err, &input) {
				got = append(got, "stopped at "+strings.TrimPrefix(input.Path, "stdin:"))
			} else if err != io.EOF {
				t.Fatal(err)
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// It is found wherever it stands, and what was read ahead of it is not returned.
func TestHeaderAgainFarBehind(t *testing.T) {
	for _, before := range []int{1, chunkRows - 1, chunkRows, 5 * chunkRows} {
		var b strings.Builder
		b.WriteString(shortHeader + "\n")
		for i := range before {
			fmt.Fprintf(&b, "li1,st%d,exempt,,2026-06-01,\n", i)
		}
		b.WriteString("studentSourcedId,lineItemSourcedId,scoreStatus,score,scoreDate,comment\n")
		for i := range 10 * chunkRows {
			fmt.Fprintf(&b, "st%d,li1,exempt,,2026-06-01,\n", i)
		}
		other := writeFile(t, "next.csv", shortHeader+"\n"+goodRow+"\n")
		r, err := Open([]string{writeFile(t, "merged.csv", b.String()), other}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		n, rows := 0, make([]Row, 100)
		for err == nil {
			var k int
			k, err = r.Read(rows)
			n += k
		}
		var input *InputError
		if !errors.As(err, &input) || n != before || !strings.HasSuffix(input.Path, fmt.Sprintf(":%d", before+2)) {
			t.Errorf("%d rows before: %d rows, %v", before, n, err)
		}
		if _, again := r.Read(rows); again != err {
			t.Errorf("then %v", again)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Names that nobody quoted shift a row. Where the last column is blank anyway, nothing else shows it: a section would be a score.
func TestShiftedNames(t *testing.T) {
	const head = "Student,ID,SIS User ID,Section,Essay (4711),Quiz (4712)"
	const long = "student,assignment,score,date"
	const rows = "Lee, Kim,1,11,102,8,\nCruz, Ana,2,12,102,9,\nOde, Bo,3,13,102,7,\n"
	for _, tt := range []struct{ name, text, want string }{
		{"as they come", head + "\n" + rows, "stdin:1: the rows have 1 field more than these column names, blank at the end; "},
		{"as a spreadsheet saves them", head + ",\n" + rows, "R2 R2 R3 R3 R4 R4"},
		{"in quotes", head + "\n" + strings.NewReplacer("Lee, Kim", `"Lee, Kim"`, "Cruz, Ana", `"Cruz, Ana"`, "Ode, Bo", `"Ode, Bo"`).Replace(rows), "A2 A3 A4"},
		{"a date behind the names", long + "\ns1,a1,9,2026-06-01,\ns2,a1,8,2026-06-01,\n\ns3,a1,8,2026-06-01,\n", "A2 A3 A5"},
		{"a comment behind the date", long + ",comment\n" + strings.Repeat("s1,a1,9,2026-06-01,fine,\n", 3), "A2 A3 A4"},
		{"rows without their dates", long + "\n" + strings.Repeat("s1,a1,9,,\n", 3), "stdin:1: the rows have 1 field more"},
		{"a shift that the date shows", "student,name,assignment,score,date,comment\n" + strings.Repeat("s1,Lee, Kim,12,8,2026-06-01,\n", 3), "stdin:1: the rows have 1 field more"},
		{"a shift to another date", "student,name,assignment,score,due,date,comment\n" + strings.Repeat("s1,Lee, Kim,12,8,2026-05-01,2026-06-01,\n", 3), "stdin:1: the rows have 1 field more"},
		{"a shift behind the date", "student,assignment,date,score,comment,teacher\n" + strings.Repeat("s1,a1,2026-06-01,8,5,fine,\n", 3), "stdin:1: the rows have 1 field more"},
		{"what is not imported behind the date, and half a name", "student,assignment,score,date,teacher,room\n" + strings.Repeat("s1,a1,8,2026-06-01,Lee, Kim,\n", 1) +
			"s2,a1,8,2026-06-01,Ode,Bo,\ns3,a1,8,2026-06-01,Ode,Bo,\n", "R2 A3 A4"},
		{"a space in front of all", head + ",\nKim, 1, 11, A, 8, 9,\n", "A2 A2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(tt.text), ScoreDate: "2026-06-01"})
			if err != nil {
				if !strings.HasPrefix(err.Error(), tt.want) {
					t.Error(err)
				}
				return
			}
			rows := readAll(t, r)
			if got := kinds(rows); got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, messages(rows))
			}
		})
	}
}
