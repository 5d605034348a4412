package gradecsv

import (
	"encoding/csv"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRejects(t *testing.T) {
	text := utf8BOM + `"lineItemSourcedId",studentSourcedId,scoreStatus,score,scoreDate,comment` + "\r\n" +
		"\"li1\",st1,exempt,,2026-06-01,\"a, \"\"b\"\"\r\nc\"\r\n" + // byte for byte
		"li2,st1\r\n" + // padded
		"li3,st1,exempt,,2026-06-01,a,b,c\r\n" + // keeps its extra fields
		"li4,st1,exempt,,2026-06-01,5\" disk\r\n" +
		"li5,st1,exempt,,2026-06-01,\"5\" disk, or\"\r\n" +
		"li6,st1,exempt,,2026-06-01,\"open\r\n" +
		"li7,s\xe9,exempt,,2026-06-01,\r\n" +
		"li8,st1,exempt,,\"a\"\",b\",5\" disk\r\n"
	_, rows := readText(t, text, Options{})
	const tail = `,rejected,"a reason, with ""quotes"""` + "\r\n"
	want := utf8BOM + `"lineItemSourcedId",studentSourcedId,scoreStatus,score,scoreDate,comment,import.line,import.status,import.errors` + "\r\n" +
		"\"li1\",st1,exempt,,2026-06-01,\"a, \"\"b\"\"\r\nc\",2" + tail +
		"li2,st1,,,,,4" + tail +
		"li3,st1,exempt,,2026-06-01,a,b,c,5" + tail +
		`li4,st1,exempt,,2026-06-01,"5"" disk",6` + tail +
		`li5,st1,exempt,,2026-06-01,"5"" disk, or",7` + tail +
		`li6,st1,exempt,,2026-06-01,"""open",8` + tail +
		"li7,s\xe9,exempt,,2026-06-01,,9" + tail +
		`li8,st1,exempt,,"a"",b","5"" disk",10` + tail
	got := rejects(t, rows, everyRow)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestRejectsOfRejects: a rejects file that is rejected again keeps its shape but for the lines.
func TestRejectsOfRejects(t *testing.T) {
	text := shortHeader + "\nli1,st1,exempt,,2026-06-01,a,b,c\nli2,st1,exempt,x,2026-06-01,\nli3\n"
	_, rows := readText(t, text, Options{})
	first := rejects(t, rows, everyRow)
	r, rows := readText(t, first, Options{})
	if len(r.Warnings()) > 0 {
		t.Errorf("warnings %v", r.Warnings())
	}
	if second := rejects(t, rows, everyRow); second != first {
		t.Errorf("got\n%s\nwant\n%s", second, first)
	}
}

func TestRejectsAreImportedAsTheyAre(t *testing.T) {
	text := fullHeader + ",metadata.a\r\n" +
		`r1,,,li1,st1,fully graded,1.50,2026-06-01,"Ça va, ""bien""` + "\r\n" + `oui",A,c1,true,,false,,x` + "\r\n" +
		",tobedeleted,2026-06-01T00:00:00Z,li1,st2,exempt,,2026-06-01T10:00:00Z,,,,,,,,\r\n"
	_, want := readText(t, text, Options{})
	_, got := readText(t, rejects(t, want, everyRow), Options{})
	if kinds(want) != "A2 A4" || !reflect.DeepEqual(results(got), results(want)) {
		t.Errorf("got %s\n%+v\nwant %s\n%+v", kinds(got), results(got), kinds(want), results(want))
	}
}

func results(rows []Row) []any {
	var all []any
	for _, row := range rows {
		if accepted(row) {
			all = append(all, row.Result)
		}
	}
	return all
}

func TestRejectsWithAnotherDelimiter(t *testing.T) {
	text := strings.ReplaceAll(shortHeader, ",", ";") + "\nli1;st1;exempt;1,5;2026-06-01;a,b\n"
	_, rows := readText(t, text, Options{Delimiter: ';'})
	want := strings.ReplaceAll(shortHeader, ",", ";") + ";import.line;import.status;import.errors\n" +
		"li1;st1;exempt;1,5;2026-06-01;a,b;2;rejected;\"a reason, with \"\"quotes\"\"\"\n"
	if got := rejects(t, rows, everyRow); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestRejectOfALongLine: what was not kept must not come back as a row that could be accepted.
func TestRejectOfALongLine(t *testing.T) {
	_, rows := readText(t, shortHeader+"\n"+goodRow+strings.Repeat("x", maxRecord)+"\n", Options{})
	again := rejects(t, rows, everyRow)
	if _, rows = readText(t, again, Options{}); kinds(rows) != "R2" || len(again) > 1000 {
		t.Errorf("got %s from %.2000s", kinds(rows), again)
	}
}

func TestRejectsOfTwoHeaders(t *testing.T) {
	_, a := readText(t, shortHeader+"\n"+goodRow+"\n", Options{})
	_, b := readText(t, shortHeader+",late\n"+goodRow+",\n", Options{})
	w := NewRejectWriter(&strings.Builder{})
	if err := w.Add(&a[0], "failed", ""); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(&b[0], "failed", ""); !errors.Is(err, ErrOtherHeader) {
		t.Errorf("got %v", err)
	}
}

// wellFormed fails unless text is CSV.
func wellFormed(t *testing.T, text string, delim rune) {
	t.Helper()
	cr := csv.NewReader(strings.NewReader(text))
	cr.Comma, cr.FieldsPerRecord = delim, -1
	if _, err := cr.ReadAll(); err != nil {
		t.Fatalf("the rejects are not CSV: %v\n%q", err, text)
	}
}
