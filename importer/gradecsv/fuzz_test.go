package gradecsv

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// FuzzReader: whatever a file holds, reading it ends, every problem lies inside the file, every row is counted, the
// rejects of its rows are CSV, and a row that was accepted comes back from them as it was.
func FuzzReader(f *testing.F) {
	for _, body := range []string{goodRow, "a,b,\"c\nd\",e\n" + goodRow, "a,\"b\n" + goodRow + "\r\n\r\n" + goodRow + "\r",
		"\"li1\",st1,exempt,,2026-06-01,\"a \"\"b\"\"\r\nc\"\n,,,,,\n", "\xef\xbb\xbf,\x00,\xff\"", goodRow + ",too,many\n" + "few"} {
		f.Add(shortHeader+"\n"+body, byte(','))
		f.Add(utf8BOM+shortHeader+",metadata.a,import.line\r\n"+body, byte(','))
	}
	f.Add(strings.ReplaceAll(shortHeader+"\n"+goodRow, ",", ";"), byte(';'))
	f.Fuzz(func(t *testing.T, text string, delim byte) {
		o := Options{Delimiter: rune(delim), Stdin: strings.NewReader(text)}
		r, err := Open([]string{"-"}, o)
		if err != nil {
			var input *InputError
			if !errors.As(err, &input) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		rows := readAll(t, r)
		if s := r.Sources()[0]; s.Rows != int64(len(rows)) || s.Bytes != int64(len(text)) {
			t.Fatalf("%d rows, %d bytes; sources %+v", len(rows), len(text), s)
		}
		lines := bytes.Split([]byte(text), []byte("\n"))
		last := 1
		for _, row := range rows {
			if row.Line <= last || row.Line > len(lines) {
				t.Fatalf("a row at line %d after %d of %d", row.Line, last, len(lines))
			}
			last = row.Line
			for _, p := range append(row.Errors, r.Warnings()...) {
				if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > len(lines[p.Line-1])+1 {
					t.Fatalf("%s lies outside the file", p)
				}
			}
		}
		all := rejects(t, rows, everyRow)
		wellFormed(t, all, rune(r.opts.delimiter()))
		good := rejects(t, rows, accepted)
		if good == "" {
			return
		}
		o.Stdin = strings.NewReader(good)
		again, err := Open([]string{"-"}, o)
		if err != nil {
			t.Fatalf("the rejects are refused: %v\n%q", err, good)
		}
		if got, want := results(readAll(t, again)), results(rows); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v\nfrom %q", got, want, good)
		}
	})
}
