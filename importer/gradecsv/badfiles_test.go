package gradecsv

import (
	"archive/zip"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

var updateBad = flag.Bool("update-bad-files", false, "write testdata/badfiles.txt anew")

// badFiles are what people send, each with its one mistake, or what is odd about it.
func badFiles() []struct{ name, text string } {
	row := func(cells string) string { return shortHeader + "\n" + cells + "\n" }
	with := func(column, value string) string {
		text, _ := oneRow(map[string]string{column: value})
		return text
	}
	many := strings.Repeat(goodRow+"\n", 3)
	return []struct{ name, text string }{
		{"nothing in it", ""},
		{"the column names alone", shortHeader + "\n"},
		{"a workbook", workbook()},
		{"a zip that was cut", workbook()[:60]},
		{"an old workbook", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
		{"a PDF document", "%PDF-1.7\n"},
		{"a damaged gzip file", "\x1f\x8b\x08\x00"},
		{"a page of the web", "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"},
		{"a table of the web, with the name of a spreadsheet", "<table border=\"1\"><tr><th>sourcedId</th></tr></table>\n"},
		{"a picture", "\xff\xd8\xff\xe0\x00\x10JFIF"},
		{"a report of this program", "{\n  \"schemaVersion\": 1\n}\n"},
		{"what programs give to programs", "{\"results\":[{\"score\":5}]}\n"},
		{"whole lines in quotes", "\"" + shortHeader + "\"\n\"" + goodRow + "\"\n"},
		{"two exports, one behind the other", row(goodRow) + "studentSourcedId,lineItemSourcedId,scoreStatus,score,scoreDate,comment\nst1,li1,exempt,,2026-06-01,\n"},
		{"two columns of scores, by a profile", "Student ID,Assignment,Score,Score,Date\n1,a1,5,7,2026-06-01\n"},
		{"no column names", goodRow + "\n" + goodRow + "\n"},
		{"no column names, and nothing like data", "Kim Lee,Algebra,Good\nAna Cruz,Algebra,Fine\n"},
		{"a column without a name", strings.ReplaceAll(row(goodRow), "studentSourcedId", "")},
		{"a column without a name that is not needed", strings.ReplaceAll(row("Algebra,"+goodRow), "lineItemSourcedId", ",lineItemSourcedId")},
		{"a last column without a name", shortHeader + "\n" + strings.Repeat(goodRow+",Algebra\n", 2)},
		{"last columns without a name, one of them with text", shortHeader + ",,\n" + strings.Repeat(goodRow+",Algebra,\n", 2)},
		{"students for columns", "Assignment,Kim Lee,Ana Cruz\nEssay,7,8\n"},
		{"more columns than OneRoster has", strings.ReplaceAll(row(goodRow), "comment", "homeroom,Kim Lee")},
		{"a column missing", strings.ReplaceAll(row("li1,fully graded,85,2026-06-01,"), "studentSourcedId,", "")},
		{"a column misspelled", strings.ReplaceAll(row(goodRow), "studentSourcedId", "student_sourced_id")},
		{"the result's id misspelled", strings.ReplaceAll(row("r1,"+goodRow), "lineItemSourcedId", "sourced_id,lineItemSourcedId")},
		{"an invisible character in a column's name", strings.ReplaceAll(row(goodRow), "studentSourcedId", "student\u200bSourcedId")},
		{"a column that is not needed, misspelled", strings.ReplaceAll(row(goodRow), "comment", "comments")},
		{"a column twice", strings.ReplaceAll(row(goodRow), "comment", "score")},
		{"no dates", strings.ReplaceAll(row("li1,st1,exempt,,"), "scoreDate,", "")},
		{"a sep= line of another mark", "sep=#\n" + row(goodRow)},
		{"titles above the column names", "Grade report\nSpring term\n" + row(goodRow)},
		{"an encoding that is not plain", row("li1,st1,exempt,,2026-06-01,it\x92s")},
		{"an encoding that is plain", row("li1,st1,exempt,,2026-06-01,tr\xe8s bien")},
		{"a lost letter", row("li1,st1,exempt,,2026-06-01,tr\ufffds bien")},
		{"letters that were read wrongly before", row("li1,st1,exempt,,2026-06-01,trÃ¨s chouette")},
		{"two encodings in one file", row("li1,st1,exempt,,2026-06-01,très bien\nli2,st1,exempt,,2026-06-01,tr\xe8s bien")},
		{"a NUL byte", row("li1,st1,exempt,,2026-06-01,a\x00b")},
		{"a comma that nobody quoted", row("li1,st1,exempt,,2026-06-01,Good, keep going")},
		{"too few fields", row("li1,st1,exempt")},
		{"rows divided otherwise than the header", row(strings.ReplaceAll(goodRow, ",", ";"))},
		{"a note below the rows", row(goodRow + "\nPrinted on Monday")},
		{"a file that was not written to its end", row(goodRow + "\n" + strings.Repeat("\x00", 512))},
		{"a file that was cut off in its last score", "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate,score\nli1,st2,fully graded,2026-06-01,85\nli1,st1,fully graded,2026-06-01,8"},
		{"a quote inside a field", row("li1,st1,exempt,,2026-06-01,the 5\" disk")},
		{"a quote that is not closed", row("li1,st1,exempt,,2026-06-01,\"late\n" + many)},
		{"a line of a megabyte", row(strings.Repeat("x", maxRecord+1))},
		{"no student", with("studentSourcedId", "")},
		{"an id that a spreadsheet shortened", with("studentSourcedId", "1.23E+11")},
		{"an id that a spreadsheet shortened, without a plus", with("studentSourcedId", "1.23E11")},
		{"an id that a spreadsheet may have shortened", with("lineItemSourcedId", "1e5")},
		{"an id that became a date", with("lineItemSourcedId", "3-Apr")},
		{"an id with a point and a zero", with("studentSourcedId", "204119.0")},
		{"a long id that was rounded", with("studentSourcedId", "2041190000000000")},
		{"an id as a formula", row("li1,=\"000123\",exempt,,2026-06-01,")},
		{"an id as a formula, in quotes", with("studentSourcedId", `="000123"`)},
		{"an id that is marked as text", with("studentSourcedId", "'000123")},
		{"a title for an id, by a profile", "Student ID,Assignment,Score,Date\n1,Essay one,5,2026-06-01\n"},
		{"a word for an id", with("classSourcedId", "N/A")},
		{"an id with a space at its end", with("studentSourcedId", "st1 ")},
		{"an id with a no-break space", with("lineItemSourcedId", "li\u00a01")},
		{"a score with a no-break space", with("score", "8\u00a0500")},
		{"a date with a space at its end", with("scoreDate", "2026-06-01 ")},
		{"a date with a no-break space before it", with("scoreDate", "\u00a02026-06-01")},
		{"an id with an invisible character", with("studentSourcedId", "\u200bst1")},
		{"an id in curly quotes", with("classSourcedId", "“c1”")},
		{"ids without their zeros", row(strings.Repeat("li1,123456,exempt,,2026-06-01,\n", 30) + "li1,1234,exempt,,2026-06-01,")},
		{"no score", with("score", "")},
		{"a score that became a date", with("score", "5-Apr")},
		{"a score of points", with("score", "8/10")},
		{"a score that nobody handed in", row("li1,st1,not submitted,85,2026-06-01,")},
		{"a word for no text score", with("textScore", "NULL")},
		{"percentages that lost their format", row(strings.Repeat("li1,st1,fully graded,0.85,2026-06-01,\n", 12))},
		{"a letter for a score", with("score", "B+")},
		{"a percent sign", with("score", "85 %")},
		{"a decimal comma", with("score", "87,5")},
		{"a comma that may be either", with("score", "1,234")},
		{"marks for thousands and decimals", with("score", "1.234,5")},
		{"a spreadsheet's error", with("score", "#N/A")},
		{"a score status of another system", with("scoreStatus", "graded")},
		{"a score status in capitals", with("scoreStatus", "Fully Graded")},
		{"fields that are shifted", row("li1,st1,87.5,fully graded,F,2026-06-01")},
		{"a date that may be either", with("scoreDate", "3/4/2026")},
		{"a date with the day first", with("scoreDate", "13/4/2026")},
		{"a date with a time", with("scoreDate", "6/1/2026 0:00")},
		{"a date with points", with("scoreDate", "1.6.2026")},
		{"a date with the month's name", with("scoreDate", "1-Jun-2026")},
		{"a date without marks", with("scoreDate", "20260601")},
		{"seconds for a date", with("scoreDate", "1780300800")},
		{"a day's number", with("scoreDate", "46174")},
		{"a day that there is not", with("scoreDate", "2026-02-30")},
		{"a date-time without its zone", with("scoreDate", "2026-06-01T08:00:00")},
		{"a flag as spreadsheets write it", with("late", "TRUE")},
		{"a flag of another system", with("missing", "x")},
		{"a status of an older version", with("status", "inactive")},
	}
}

// workbook is what spreadsheets save unless they are told otherwise.
func workbook() string {
	var b strings.Builder
	zw := zip.NewWriter(&b)
	_, err := zw.Create("[Content_Types].xml")
	if err := errors.Join(err, zw.Close()); err != nil {
		panic(err)
	}
	return b.String()
}

// TestBadFiles has the messages that people get, in a file for them to be read aloud. Every bad file says something,
// on a line of its own, and none shows a student's data.
func TestBadFiles(t *testing.T) {
	const golden = "testdata/badfiles.txt"
	var b strings.Builder
	for _, bad := range badFiles() {
		said := said(bad.text)
		if len(said) == 0 {
			t.Errorf("%s: nothing is said", bad.name)
		}
		fmt.Fprintf(&b, "%s\n", bad.name)
		for _, line := range said {
			if strings.Contains(line, "st1") || strings.Contains(line, "bien") || strings.Contains(line, "keep going") || strings.Contains(line, "87,5") ||
				strings.Contains(line, "Kim") || strings.Contains(line, "Cruz") {
				t.Errorf("%s: a student's data is shown: %s", bad.name, line)
			}
			fmt.Fprintf(&b, "\t%s\n", line)
		}
	}
	t.Logf("%d files\n%s", len(badFiles()), b.String())
	if *updateBad {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the messages are not those of %s; run with -v to see them, with -update-bad-files to keep them", golden)
	}
}

// said is all that a person is told of a file.
func said(text string) (lines []string) {
	r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(text)})
	if err != nil {
		return []string{err.Error()}
	}
	defer r.Close()
	for {
		rows := make([]Row, 100)
		n, err := r.Read(rows)
		for _, row := range rows[:n] {
			for _, p := range row.Errors {
				lines = append(lines, p.String())
			}
			for _, p := range row.Warnings {
				lines = append(lines, "warning: "+p.String())
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			lines = append(lines, err.Error())
			break
		}
	}
	for _, w := range r.Warnings() {
		if !strings.Contains(w.Message, `"unknown"`) {
			lines = append(lines, "warning: "+w.String())
		}
	}
	return lines
}
