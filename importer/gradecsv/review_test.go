package gradecsv

import (
	"strings"
	"testing"
)

const reviewColumns = "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate,comment,late"

// rejected is the rejects file of the rows of a text, which has one row that is wrong.
func rejected(t *testing.T, text string, o Options) (string, []Problem) {
	t.Helper()
	_, rows := readText(t, text, o)
	if len(rows) != 1 || len(rows[0].Errors) == 0 {
		t.Fatalf("%+v", rows)
	}
	var b strings.Builder
	if err := NewRejectWriter(&b).Add(&rows[0], "rejected", Reasons(rows[0].Errors)); err != nil {
		t.Fatal(err)
	}
	return b.String(), rows[0].Errors
}

// A row that is wrong in a way that it does not show when it comes again stays refused, and its import.errors as it was,
// until a person has emptied that; also where it had more wrong with it, and that was mended.
func TestUnreviewedRow(t *testing.T) {
	for _, tt := range []struct{ name, bad, code, again, good string }{
		{"too few fields", "li1,st1,exempt,2026-06-01", "row.short", "li1,st1,exempt,2026-06-01,,", ""},
		{"and a wrong value", "li1,st1,bogus,2026-06-01", "row.short", "li1,st1,bogus", "li1,st1,exempt"},
		{"and wrong bytes", "\xffli1,st1,exempt,2026-06-01", "row.short", "\xffli1", "li1"},
		{"and two wrong values", "li1,st1,bogus,2026-06-99", "row.short", "bogus,2026-06-99", "exempt,2026-06-01"},
		{"a stray quote", `li1,st1,exempt,2026-06-01,5" disk,`, "row.quote", `"5"" disk"`, ""},
		{"an open quote", `li1,st1,exempt,2026-06-01,"open,`, "row.quote", `"""open"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Encoding: EncodingUTF8}
			first, problems := rejected(t, reviewColumns+"\n"+tt.bad+"\n", o)
			if problems[0].Code != tt.code || !strings.Contains(first, reviewNote) || !strings.Contains(first, tt.again) {
				t.Fatalf("%+v\n%s", problems, first)
			}
			again, problems := rejected(t, first, o)
			if again != first || len(problems) != 1 || problems[0].Code != codeUnreviewed || strings.Contains(problems[0].Text(false), "st1") {
				t.Errorf("%+v\n%s", problems, again)
			}
			mended := again
			if tt.good != "" {
				mended = strings.Replace(again, tt.again, tt.good, 1)
				if _, problems = rejected(t, mended, o); problems[0].Code != codeUnreviewed {
					t.Errorf("%+v", problems)
				}
			}
			i := strings.LastIndex(mended, ",rejected,")
			if _, got := readText(t, mended[:i]+",rejected,\n", o); len(got) != 1 || len(got[0].Errors) > 0 {
				t.Errorf("%s: %+v", mended, got)
			}
		})
	}
}

// What a row says itself is validated anew, whatever import.errors says of it; and with too many fields, in which a rejects
// file's own are the last, it is as unreviewed as before.
func TestReviewIsAskedForByTheNoteAlone(t *testing.T) {
	for _, tt := range []struct{ fields, said, want string }{
		{goodRow, "", "A2"},
		{goodRow, "studentSourcedId: is not in users.csv", "A2"},
		{goodRow, `"too few fields; found ""-5 fields"""`, "A2"},
		{goodRow, `"studentSourcedId: is not in users.csv; ` + reviewNote + `"`, "R2"},
		{goodRow + ",more", `"studentSourcedId: is not in users.csv; ` + reviewNote + `"`, "R2"},
	} {
		text := shortHeader + ",import.line,import.status,import.errors\n" + tt.fields + ",2,rejected," + tt.said + "\n"
		_, rows := readText(t, text, Options{})
		if kinds(rows) != tt.want || tt.want == "R2" && rows[0].Errors[0].Code != codeUnreviewed {
			t.Errorf("%s: %s %+v", text, kinds(rows), rows[0].Errors)
		}
	}
}

// A row of a wide file is refused for its cell; one whose cell was emptied is no result.
func TestUnreviewedWideRow(t *testing.T) {
	const header = "Student,ID,SIS User ID,SIS Login ID,Section,Quiz (1),Essay (2),import.line,import.status,import.errors\n" +
		"    Points Possible,,,,,10,20,,,\n"
	read := func(row string) []Row {
		_, rows := readText(t, header+row+"\n", Options{ScoreDate: "2026-06-01"})
		return rows[len(rows)-1:]
	}
	const tail = `,2,rejected,"the same sourcedId; ` + reviewNote + `"`
	if rows := read("A,1,s1,a,P1,7," + tail); len(rows[0].Errors) != 1 || rows[0].Errors[0].Code != codeUnreviewed || rows[0].Raw.cell == 0 {
		t.Errorf("%+v", rows)
	}
	if rows := read("A,1,s1,a,P1,," + tail); rows[0].Filtered == "" {
		t.Errorf("%+v", rows)
	}
	if rows := read("A,1,s1,a,P1,7,,2,rejected,"); !accepted(rows[0]) {
		t.Errorf("%+v", rows)
	}
}
