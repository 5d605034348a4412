package gradecsv

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// files are the samples that are one file, and not several in a zip.
func files() []sample {
	return slices.DeleteFunc(samples(), func(s sample) bool { return strings.HasSuffix(s.file, ".zip") })
}

// TestRejectsOfSamples: what a RejectWriter writes of a file's wrong rows is read by the same options, gives these rows
// again with the same errors, and no other.
func TestRejectsOfSamples(t *testing.T) {
	for _, s := range files() {
		t.Run(s.file, func(t *testing.T) {
			rows := readAll(t, s.open(t))
			bad := func(r Row) bool { return len(r.Errors) > 0 }
			text := rejects(t, rows, bad)
			if text == "" {
				return
			}
			r, again := readText(t, text, s.options)
			if d := r.Detections(); d[0].Profile != s.profile {
				t.Errorf("detected %+v", d)
			}
			if got, want := causes(again), causes(rows); !slices.Equal(got, want) || slices.ContainsFunc(again, accepted) {
				t.Errorf("got\n%q\nwant\n%q\nfrom\n%s", got, want, text)
			}
		})
	}
}

// causes are the errors of rows without their lines.
func causes(rows []Row) []string {
	var all []string
	for _, row := range rows {
		for _, p := range row.Errors {
			all = append(all, p.Text(true))
		}
	}
	return all
}

// TestAcceptedSamplesComeBack: the accepted rows of a file come back from a rejects file as they were.
func TestAcceptedSamplesComeBack(t *testing.T) {
	for _, s := range files() {
		t.Run(s.file, func(t *testing.T) {
			rows := readAll(t, s.open(t))
			text := rejects(t, rows, accepted)
			_, again := readText(t, text, s.options)
			if got, want := results(again), results(rows); !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%+v\nwant\n%+v\nfrom\n%s", got, want, text)
			}
		})
	}
}

// TestCorrectedWideReject: of a wide file the wrong cell comes again alone, with the head of the file; corrected, it is
// one result.
func TestCorrectedWideReject(t *testing.T) {
	rows := readAll(t, sample{"canvas.csv", Options{ScoreDate: "2026-05-29"}, "canvas"}.open(t))
	text := rejects(t, rows, func(r Row) bool { return len(r.Errors) > 0 })
	want := `    Points Possible,,,,,20.00,10.00,50.00,0.00,(read only),(read only),(read only),(read only),(read only),(read only),,,` + "\n" +
		`"Dlamini, Thandi",88104,stu-3004,tdlamini,Physics P4,absent,,,,60.00,60.00,60.00,60.00,60.00,60.00,7,rejected,"a reason, with ""quotes"""` + "\n"
	if !strings.HasSuffix(text, want) {
		t.Errorf("got\n%s\nwant at the end\n%s", text, want)
	}
	_, again := readText(t, strings.Replace(text, "absent", "15", 1), Options{ScoreDate: "2026-05-29"})
	if got := results(again); kinds(again) != "F2 F3 A4" || len(got) != 1 {
		t.Errorf("got %s %+v", kinds(again), got)
	}
}

const book = "Student,ID,SIS User ID,Section,Essay (1),Test (2)\n    Points Possible,,,,20,10\n\"Ode, Ann\",7,s7,A,%,5\n"

func TestMappingInputErrors(t *testing.T) {
	tests := []struct {
		name, text string
		options    Options
		want       string
	}{
		{"no date", book, Options{}, "has no dates, and every result needs one; give the date of all rows with --score-date YYYY-MM-DD; " +
			"today's is not taken, because every row would differ every day"},
		{"nothing fits", "Pupil name,Points in all\nx,3\n", Options{}, `no built-in mapping profile fits; line 1 has "Pupil name", "Points in all"; ` +
			"say what the columns are with --mapping FILE; gradebook-import mapping init writes such a file to begin with"},
		{"in doubt", "Student,ID,Section,Assignment,Score,Essay (1)\nx,3,,,,\n", Options{},
			"could be read in several ways: as canvas or long; say which with --mapping canvas or --mapping long"},
		{"another profile", "Student Number,Score\n1,2\n", Options{Mapping: "powerteacher"},
			`no line fits the mapping profile powerteacher: it needs "Assignment Name", "Student Num", "Due Date"; line 1 has "Student Number", "Score"; ` +
				"name the file's columns in a profile of your own; gradebook-import mapping init writes one to begin with"},
		{"a label that is no date", "Assignment Name:,a,\nDue Date:,soon,\nStudent Num,Student Name,Score\n1,x,2\n", Options{},
			`scoreDate, from the line "Due Date" before the header: must be a date like YYYY-MM-DD or M/D/YYYY; ` +
				"change it there, or in a mapping profile of your own"},
		{"a label that is no id", "Assignment Name:,Unit 4,\nDue Date:,2026-05-01,\nStudent Num,Student Name,Score\n1,x,2\n", Options{},
			`lineItemSourcedId, from the line "Assignment Name" before the header: contains a space (U+0020); ` +
				"an id has only letters A-Z and a-z, digits and . - _ / @; change it there, or in a mapping profile of your own"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.options.Stdin = strings.NewReader(tt.text)
			_, err := Open([]string{"-"}, tt.options)
			var input *InputError
			if !errors.As(err, &input) || input.Error() != "stdin: "+tt.want {
				t.Errorf("got\n%v\nwant\nstdin: %s", err, tt.want)
			}
		})
	}
	_, err := Open([]string{"-"}, Options{Mapping: "canvass"})
	want := `there is no mapping profile "canvass"; built in are oneroster, canvas, powerteacher, long; a profile of your own is named by its file, such as ./mine.yaml`
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// TestWideCells: an error of one cell is at that cell, and costs no other.
func TestWideCells(t *testing.T) {
	_, rows := readText(t, strings.Replace(book, "%", "x", 1), Options{ScoreDate: "2026-01-01"})
	if kinds(rows) != "F2 R3 A3" || rows[1].Part != 0 || rows[2].Part != 1 {
		t.Errorf("got %s", kinds(rows))
	}
	if got := messages(rows); got != "stdin:3:19: Essay (1): must be a plain number such as 85 or 92.5; found \"x\"\n" {
		t.Errorf("got %s", got)
	}
}

// TestOneRosterProfile: the written-down profile reads what the built-in reading does.
func TestOneRosterProfile(t *testing.T) {
	source, err := ProfileSource("oneroster")
	if err != nil {
		t.Fatal(err)
	}
	own := writeFile(t, "own.yaml", string(source))
	s := sample{file: samplesDir + "/results.csv"}
	want := readAll(t, s.read(t))
	s.options.Mapping = own
	got := readAll(t, s.read(t))
	if kinds(got) != kinds(want) || messages(got) != messages(want) || !reflect.DeepEqual(results(got), results(want)) {
		t.Errorf("got\n%s\nwant\n%s", messages(got), messages(want))
	}
}

// TestNumbers: exact, and never guessed.
func TestNumbers(t *testing.T) {
	tests := []struct{ rule, in, want, message string }{
		{"decimal: comma", "87,5", "87.5", ""},
		{"decimal: comma", "87.5", "", "has a point, where the profile says decimal: comma; write 87,5 and 1234,5"},
		{"decimal: either", "1,234.50", "1234.50", ""},
		{"decimal: either", "1.234,50", "1234.50", ""},
		{"decimal: either", "1.234.567", "1234567", ""},
		{"decimal: either", "-0,125", "-0.125", ""},
		{"decimal: either", "1,234", "", "could be read in two ways: is the mark before the last three digits for thousands, or for decimals? write 1234 or 1.2340"},
		{"decimal: either", "1,23,4.5", "", "is no number: its marks for thousands and decimals do not fit together"},
		{"decimal: either", "absent", "absent", ""},
		{"percent: allowed", "85 %", "85", ""},
		{"percent: required", "85", "", "must be a percentage such as 85%"},
		{"decimal: point", "85%", "85%", ""},
		{"scale: {from: 100, to: 20}", "87", "17.4", ""},
		{"scale: {from: 100, to: 20}", "0.1", "0.02", ""},
		{"scale: {from: 100, to: 20}", "-0", "0", ""},
		{"scale: {from: 100, to: 20}", "100", "20", ""},
		{"scale: {from: 90, to: 20}", "85", "18.8889", ""},
		{"scale: {from: 90, to: 20}\n    round: 0", "85", "19", ""},
		{"scale: {from: points, to: 20}", "85", "", "cannot be scaled: the file does not say how many points the assignment has"},
	}
	for _, tt := range tests {
		p, err := parseProfile("p.yaml", []byte("fields:\n  lineItemSourcedId: a\n  studentSourcedId: b\n  scoreStatus: c\n  score:\n    column: d\n    "+tt.rule+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got, message := p.fields[3].number.convert(tt.in, nil)
		if got != tt.want || message != tt.message {
			t.Errorf("%s: %s: got %q, %q", tt.rule, tt.in, got, message)
		}
	}
}

func TestDateForms(t *testing.T) {
	tests := []struct{ form, in, want string }{
		{"M/D/YYYY", "3/4/2026", "2026-03-04"},
		{"M/D/YYYY", "03/04/2026", "2026-03-04"},
		{"MM/DD/YYYY", "3/4/2026", ""},
		{"D.M.YYYY", "14.4.2026", "2026-04-14"},
		{"M/D/YYYY", "13/4/2026", "2026-13-04"}, // the check of all dates says what is wrong
		{"M/D/YYYY", "3/4/2026 ", ""},
		{"D MMM YYYY", "3 sep 2026", "2026-09-03"},
		{"D MMM YYYY", "3 September 2026", "2026-09-03"},
		{"M/D/YYYY h:mm A", "3/4/2026 12:05 AM", "2026-03-04T00:05:00Z"},
		{"M/D/YYYY h:mm A", "3/4/2026 1:05 pm", "2026-03-04T13:05:00Z"},
		{"M/D/YYYY h:mm A", "3/4/2026 13:05 PM", ""},
		{"YYYY-MM-DD HH:mm:ss", "2026-03-04 09:05:07", "2026-03-04T09:05:07Z"},
		{"YYYYMMDD", "20260304", "2026-03-04"},
	}
	for _, tt := range tests {
		form, err := newDateForm(tt.form)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := form.read(tt.in, (&Options{}).zone()); got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s: %s: got %q", tt.form, tt.in, got)
		}
	}
}

// TestProfileMistakes: each is said with its place and what may be meant.
func TestProfileMistakes(t *testing.T) {
	const good = "  lineItemSourcedId: a\n  studentSourcedId: b\n  scoreStatus: {value: exempt}\n"
	tests := []struct{ text, want string }{
		{"", "p.yaml: is empty; gradebook-import mapping init writes a profile to begin with"},
		{"a: b: c\n", "p.yaml:1:4: is not YAML: mapping value is not allowed in this context; text with : { } [ ] # or % at its beginning needs quotes"},
		{"fields:\n\tscore: a\n", "p.yaml:2:1: a tab stands at the beginning of the line, where YAML takes spaces alone; write two spaces in its place"},
		{"fields:\n" + good + "  comment: TODO\n  score:\n", "p.yaml:5:12: comment is still TODO; write here what the comment above it asks for\n" +
			"p.yaml:6:10: score is blank; write its value, or take the line out"},
		{"feilds: {}\n", "p.yaml:1:1: unknown key \"feilds\" of a profile; did you mean fields?\n" +
			"p.yaml:1:1: a profile needs fields: what each of OneRoster's columns is made of"},
		{"fields:\n" + good + "  scoer: d\n", "p.yaml:5:3: OneRoster has no column \"scoer\"; did you mean score?"},
		{"fields:\n  studentSourcedId: b\n  scoreStatus: c\n", "p.yaml:2:3: fields lacks lineItemSourcedId, which every result needs"},
		{"fields:\n" + good + "  score: {colum: d}\n", "p.yaml:5:11: unknown key \"colum\" of score; did you mean column?\n" +
			"p.yaml:5:10: say one of column, label, cell, template or value"},
		{"fields:\n" + good + "  score: {column: d, decimal: coma}\n", "p.yaml:5:31: decimal cannot be \"coma\"; did you mean comma?"},
		{"fields:\n" + good + "  score: {cell: true}\n", "p.yaml:5:17: cell: true stands for an assignment's cell in a wide file; say wide: columns, or name a column"},
		{"fields:\n" + good + "  comment: {column: d, round: 2}\n", "p.yaml:5:31: round is for the score alone"},
		{"fields:\n" + good + "  scoreDate: {column: d, date: M/D/YY}\n", "p.yaml:5:32: the date notation \"M/D/YY\" has a part that is not known: Y; " +
			"the parts are YYYY, M, MM, MMM (Jan), D, DD, H, HH, h, hh, mm, ss and A (AM, PM)"},
		{"fields:\n" + good + "  comment: {template: \"{a-b\"}\n", "p.yaml:5:23: a { without a name and a } after it; write it as {course}-{assignment}"},
		{"zone: Mars/Olympus\nfields:\n" + good, "p.yaml:1:7: there is no time zone \"Mars/Olympus\"; write it as Europe/Paris or America/New_York"},
		{"fields:\n" + good + "  score: {column: d, values: [{is: EX}]}\n", "p.yaml:5:31: an entry of values has is and one of value, set, copy or row: none"},
		{"fields:\n" + good + "  score: {column: d, lookup: {file: none.csv, key: a, value: b}}\n", "p.yaml:5:37: none.csv: no such file; check the name and the directory"},
		{"fields:\n" + good + "  score: &x 1\n", "p.yaml:5:10: score must be a block of keys and values"},
	}
	if _, err := parseProfile("p.yaml", []byte("fields:\n"+good+"  comment: \"TODO\"\n")); err != nil {
		t.Error("a column may be called TODO: ", err)
	}
	for _, tt := range tests {
		_, err := parseProfile("p.yaml", []byte(tt.text))
		if err == nil || err.Error() != tt.want {
			t.Errorf("%s\ngot\n%v\nwant\n%s", tt.text, err, tt.want)
		}
	}
}

// TestWideMemory: a file of many columns is not a file of many rows at once.
func TestWideMemory(t *testing.T) {
	const columns, records = 1000, 300
	var b strings.Builder
	b.WriteString("Student,ID,Section")
	for i := range columns {
		fmt.Fprintf(&b, ",Essay (%d)", i+1)
	}
	for i := range records {
		fmt.Fprintf(&b, "\nx,s%d,A%s", i, strings.Repeat(",5", columns))
	}
	r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(b.String()), ScoreDate: "2026-01-01"})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	before, most, n := heap(), int64(0), 0
	for rows, calls := make([]Row, 1000), 0; ; calls++ {
		got, err := r.Read(rows)
		if err != nil {
			break
		}
		if n += got; calls%100 == 0 {
			most = max(most, heap()-before)
		}
	}
	if n != columns*records || most > 16<<20 || most == 0 {
		t.Errorf("%d rows, %d MiB", n, most>>20)
	}
	t.Logf("%d MiB", most>>20)
}

// TestBlankScoreHint: what a shape has no place for is not asked for.
func TestBlankScoreHint(t *testing.T) {
	const head = `name: mine
about: a file of a test
fields:
  studentSourcedId: Student
  lineItemSourcedId: Item
`
	for profile, want := range map[string]string{
		"  scoreStatus: {value: fully graded}\n  score: Score\n":                      "write the score (0 for none) or take the row out",
		"  scoreStatus: Status\n  score: Score\n":                                     "write the score (0 for none) or another scoreStatus",
		"  scoreStatus: {value: fully graded}\n  score: Score\n  textScore: Letter\n": "write the score (0 for none), a textScore, or take the row out",
	} {
		_, rows := readText(t, "Student,Item,Score,Letter,Status\nst1,li1,,,fully graded\n",
			Options{Mapping: writeFile(t, "mine.yaml", head+profile), ScoreDate: "2026-06-01"})
		if got := messages(rows); !strings.Contains(got, "is blank, but the result is fully graded; "+want+"\n") {
			t.Errorf("%s: %s", profile, got)
		}
	}
}

// TestLettersHint: letters are sent to textScore only where the profile has it, by a column or by a value of one.
func TestLettersHint(t *testing.T) {
	const head = `name: mine
about: a file of a test
fields:
  studentSourcedId: Student
  lineItemSourcedId: Item
  scoreStatus: {value: fully graded}
`
	for profile, hint := range map[string]bool{
		head + "  score: Score\n":                                               false,
		head + "  score: Score\n  textScore: Letter\n":                          true,
		head + "  score: {column: Score, values: [{is: A, copy: textScore}]}\n": true,
	} {
		_, rows := readText(t, "Student,Item,Score,Letter\nst1,li1,B+,\n", Options{Mapping: writeFile(t, "mine.yaml", profile), ScoreDate: "2026-06-01"})
		if got := messages(rows); !strings.Contains(got, "plain number") || strings.Contains(got, lettersHint) != hint {
			t.Errorf("%s: %s", profile, got)
		}
	}
}

// A file to look ids up in is divided as the spreadsheets of its country do it; what is wrong with it is told with its line.
func TestLookupFiles(t *testing.T) {
	for text, want := range map[string]string{
		"number,sourcedId\n7,s7\n":           "",
		"number;sourcedId\r\n7;s7\r\n":       "",
		utf8BOM + "sourcedId\tnumber\ns7\t7": "",
		"number,sourcedId\n7\n":              ":2: has another number of fields than the header; correct the line, or save the file again as CSV UTF-8",
		"number,sourcedId\n7,s\"7\n":         ":2: has a quote that is not doubled, or not closed; correct the line, or save the file again as CSV UTF-8",
		"id,sourcedId\n7,s7\n":               `: has no column "number"; found "id", "sourcedId"; write the names of its columns into its first line, or name those that are there in the profile`,
		"\n":                                 ": is empty; it must begin with the names of its columns",
		"number;sourcedId\n7;s7\n7;s8\n":     ":3: the same key stands in an earlier line with another value; remove one of the two lines",
	} {
		path := writeFile(t, "students.csv", text)
		l, err := readLookup(path, "number", "sourcedId", 1<<20)
		switch {
		case want == "" && (err != nil || l.table["7"] != "s7"):
			t.Errorf("%q: %v %v", text, l, err)
		case want != "" && (err == nil || err.Error() != path+want):
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
