package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gradebook-import/importer"
	"gradebook-import/importer/gradecsv"
)

// Rows come in any order. Of those that text does not list, none is written down that comes after the first.
func TestTextListsTheFirstRows(t *testing.T) {
	flags := listFlags{Format: formatText, MaxProblems: 2}
	l := flags.listing(t.TempDir(), false)
	defer func() {
		if err := l.close(); err != nil {
			t.Error(err)
		}
	}()
	for _, at := range []uint32{9, 4, 7, 4, 12, 2} { // a wide file has several rows at one position
		row := &gradecsv.Row{}
		l.add(importer.Outcome{Row: row, At: at - 1}) // nothing is wrong
		wrong := gradecsv.Problem{Message: fmt.Sprint("wrong at ", at), File: "f.csv", Line: int(at)}
		l.add(importer.Outcome{Row: row, At: at, Problems: []gradecsv.Problem{wrong}})
	}
	var got []string
	if err := l.each(func(text []byte) error { got = append(got, string(text[2:])); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"f.csv:2\n", "f.csv:4\n", "f.csv:4\n"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q", got, want)
	}
	if _, written := l.kinds[kind{severityError, "wrong at 12"}]; written || len(l.kinds) != 4 {
		t.Errorf("written down: %v", l.kinds)
	}
}

// Where all rows are listed, each kind has its own, in the order of the input, however they came and however many there are.
func TestTextListsKindByKind(t *testing.T) {
	flags := listFlags{Format: formatText}
	l := flags.listing(t.TempDir(), false)
	const rows, kinds = 3000, 3
	want := "\nRows:\n"
	report := &importer.Report{}
	for k := range kinds {
		message := fmt.Sprint("wrong ", k)
		want += fmt.Sprintf("\n  %d × %s\n", rows/kinds, message)
		for at := k + 1; at <= rows; at += kinds {
			want += fmt.Sprintf("      new.csv:%d\n", at)
		}
		report.Problems = append(report.Problems, importer.Problem{Message: message, Status: "rejected", Count: rows / kinds})
	}
	for _, i := range rand.Perm(rows) {
		wrong := gradecsv.Problem{Message: fmt.Sprint("wrong ", i%kinds), File: "f.csv", Line: i + 1}
		l.add(importer.Outcome{Row: &gradecsv.Row{}, At: uint32(i + 1), Problems: []gradecsv.Problem{wrong}})
	}
	var b strings.Builder
	s := summary{report: report, list: l, moved: moved{"f.csv": "new.csv"}}
	all, err := s.places()
	err = errors.Join(err, s.grouped(&b, "Rows", severityError, all), all.close(), l.close())
	if err != nil || b.String() != want {
		t.Errorf("%v, %d bytes, want %d", err, b.Len(), len(want))
	}
}

func TestNothingInAListIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"   ":                     "   ",
		"score: must be a number": "score: must be a number",
		"=1+1":                    "'=1+1",
		"+1+A1":                   "'+1+A1",
		"-A1":                     "'-A1",
		"-1.5":                    "-1.5",
		"@SUM(A1)":                "'@SUM(A1)",
		" =1":                     "' =1",
		"\u00a0=1":                "'\u00a0=1",
		"\t=1":                    "'=1",
		"\n=1":                    "' =1",
		"＝1":                      "'＝1",
		"é=1":                     "é=1",
	} {
		if got := inert(text); got != want {
			t.Errorf("inert(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"results.csv":             "results.csv",
		"a b/ü.csv":               "a%20b/%C3%BC.csv",
		"/data/a b.csv":           "file:///data/a%20b.csv",
		"c:results.csv":           "./c:results.csv",
		"term.zip/results.csv":    "term.zip/results.csv",
		"50% of it.csv":           "50%25%20of%20it.csv",
		"what?.csv":               "what%3F.csv",
		"../other/#1/results.csv": "../other/%231/results.csv",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("fileURI(%q) = %q, want %q", path, got, want)
		}
	}
}
