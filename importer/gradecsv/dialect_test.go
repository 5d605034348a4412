package gradecsv

import (
	"strings"
	"testing"
)

// TestDialects has what becomes of every line (A accepted, R rejected, F filtered, with its line), the results'
// comments, and the warnings.
func TestDialects(t *testing.T) {
	with := func(delim, text string) string { return strings.ReplaceAll(text, ",", delim) }
	file := shortHeader + "\n" + goodRow + "\n" + goodRow + "\n"
	const preamble = "stdin:%d:1: the column names were found here; the lines before, %n that are not blank, were not imported\n"
	tests := []struct {
		name, text, want, comments, warnings string
		delim                                rune
	}{
		{"commas", file, "A2 A3", "fine fine", "", 0},
		{"semicolons", with(";", file), "A2 A3", "fine fine", "", 0},
		{"tabs", with("\t", file), "A2 A3", "fine fine", "", 0},
		{"bars", with("|", file), "A2 A3", "fine fine", "", 0},
		{"given", with("|", file), "A2 A3", "fine fine", "", '|'},
		{"semicolons with commas in quotes", with(";", shortHeader) + "\nli1;st1;exempt;;2026-06-01;\"a,b,c,d,e,f;g\"\n", "A2", "a,b,c,d,e,f;g", "", 0},
		{"commas in semicolon fields", with(";", shortHeader) + ",a,b,c,d,e\nli1;st1;exempt;;2026-06-01;x\n", "A2", "", "unknown", 0},
		{"sep", "sep=;\n" + with(";", file), "A3 A4", "fine fine", "", 0},
		{"quoted sep", "\"sep=|\"\r\n" + with("|", file), "A3 A4", "fine fine", "", 0},
		{"sep in other case", "SEP=\t\n" + with("\t", file), "A3 A4", "fine fine", "", 0},
		{"sep and an option", "sep=,\n" + with(";", file), "A3 A4", "fine fine", "", ';'},
		{"sep of a comma amid semicolons", "sep=;\n" + with(";", shortHeader) + "\nli1;st1;exempt;;2026-06-01;a,b\n", "A3", "a,b", "", 0},
		{"preamble", "Grades of 2026\nTeacher,\"Doe, Jane\"\n\n" + file, "A5 A6", "fine fine", "4 2", 0},
		{"preamble with a quote", "Grades of \"2026\"\nthe \"best\n" + file, "A4 A5", "fine fine", "3 2", 0},
		{"preamble after sep", "sep=;\nGrades\n" + with(";", file), "A4 A5", "fine fine", "3 1", 0},
		{"preamble with a column's name", "Comment,Class\n" + file, "A3 A4", "fine fine", "2 1", 0},
		{"blank lines", "\n\r\n" + file + "\n,,,,,\n\n", "A4 A5 F7", "fine fine", "", 0},
		{"trailing delimiters", strings.ReplaceAll(file, "\n", ",\n"), "A2 A3", "fine fine", "", 0},
		{"trailing delimiters of the rows", shortHeader + "\n" + strings.Repeat(goodRow+",,\n", 3), "A2 A3 A4", "fine fine fine", "", 0},
		{"a comma that nobody quoted is no trailing delimiter", shortHeader + "\nli1,st1,exempt,,2026-06-01,Good,\n" + strings.Repeat(goodRow+"\n", 3), "R2 A3 A4 A5", "fine fine fine", "", 0},
		{"few rows do not agree enough", shortHeader + "\n" + goodRow + ",\n", "R2", "", "", 0},
		{"trailing delimiters with one that is not", shortHeader + "\n" + strings.Repeat(goodRow+",\n", 60) + goodRow + ",x\n" + goodRow + "\n", strings.Repeat("A ", 60) + "R R", "", "", 0},
		{"totals", file + "Total,,,170,,\n", "A2 A3 F4", "fine fine", "", 0},
		{"average of few fields", file + "Class Average:,,,\"85,00 %\"\n", "A2 A3 F4", "fine fine", "", 0},
		{"a total that may be a result", shortHeader + "\nTotal,st1,exempt,,2026-06-01,\nTotal,st1,,85,2026-06-01,\n", "A2 R3", "", "", 0},
		{"a total that lacks its score status alone", shortHeader + "\nTotal,1002,,85,2026-06-01,\nsum,12,,85\n", "R2 R3", "", "", 0},
		{"the column names again", file + file, "A2 A3 F4 A5 A6", "fine fine fine fine", "", 0},
		{"mixed quotes", strings.Replace(file, "li1,st1,fully graded", `"li1",st1,"fully graded"`, 1), "A2 A3", "fine fine", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, rows := readText(t, tt.text, Options{Delimiter: tt.delim})
			got, comments, warnings := kinds(rows), "", ""
			if strings.HasSuffix(tt.want, " R") {
				got = strings.Trim(strings.Map(func(r rune) rune {
					if r >= '0' && r <= '9' {
						return -1
					}
					return r
				}, got), " ")
			}
			if got != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, messages(rows))
			}
			for _, row := range rows {
				if accepted(row) && row.Result.Comment != "" {
					comments += row.Result.Comment + " "
				}
			}
			if got := strings.TrimSpace(comments); got != tt.comments && tt.comments != "" {
				t.Errorf("comments %q, want %q", got, tt.comments)
			}
			for _, w := range r.Warnings() {
				warnings += w.String() + "\n"
			}
			want := tt.warnings
			if line, n, ok := strings.Cut(tt.warnings, " "); ok {
				want = strings.NewReplacer("%d", line, "%n", n).Replace(preamble)
			}
			if tt.warnings == "unknown" {
				return
			}
			if warnings != want {
				t.Errorf("warnings\n%swant\n%s", warnings, want)
			}
		})
	}
}

// TestRejectsOfDialects: a rejects file leaves out what is no row, and is imported as it is.
func TestRejectsOfDialects(t *testing.T) {
	text := "sep=;\nGrades\n" + strings.ReplaceAll(shortHeader, ",", ";") + "\n" +
		strings.Repeat("li1;s t;exempt;;2026-06-01;x;\n", 3)
	_, rows := readText(t, text, Options{})
	got := rejects(t, rows, func(r Row) bool { return r.Line == 5 })
	want := "Grades\n" + strings.ReplaceAll(shortHeader, ",", ";") + ";;import.line;import.status;import.errors\n" +
		"li1;s t;exempt;;2026-06-01;x;;5;rejected;\"a reason, with \"\"quotes\"\"\"\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	r, again := readText(t, strings.ReplaceAll(got, "s t", "st"), Options{})
	if w := r.Warnings(); kinds(again) != "A3" || len(w) != 1 || w[0].Code != "header.preamble" {
		t.Errorf("got %s, %v", kinds(again), r.Warnings())
	}
}
