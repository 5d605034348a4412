package gradecsv

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
)

// FuzzFields: the framer finds a text well-formed where encoding/csv does, and then records, fields and places are the same.
func FuzzFields(f *testing.F) {
	for _, text := range []string{"a,b", "a,\"b,\"\"c\"\"\r\nd\",\"\"\r\n,\n\"\"\"\",x", "a\"b,c\n\"a\"b\n\"a", "ü,\"é\nß\",ß\r\n,\r\n",
		"\"a\"\"\r\n\n\"\"b\",\"\n\n\",c", "\"\"\"", "a,\"b\" ,c", "a, \"b\"", "\n\n\"a\",\n\"\",\"b\"", "a\"", "\"a\n,b\"c\"", "\"\"\n\n", "\"a\"b", "a\"b\""} {
		for _, delim := range []byte(",;\t|") {
			f.Add(strings.ReplaceAll(text, ",", string(delim)), delim)
		}
	}
	f.Fuzz(func(t *testing.T, text string, delim byte) {
		if delim == 0 || delim == '"' || delim == '\r' || delim == '\n' || delim >= 0x80 {
			return // encoding/csv takes no such delimiter
		}
		if strings.Contains(strings.ReplaceAll(text, "\r\n", ""), "\r") {
			return // a line end here, and text there
		}
		framer := newFramer(strings.NewReader(text), delim)
		cr := csv.NewReader(strings.NewReader(text))
		cr.Comma, cr.FieldsPerRecord = rune(delim), -1
		for {
			record, err := framer.next(false)
			want, wantErr := cr.Read()
			if (err == nil && record.fault == faultNone) != (wantErr == nil) {
				t.Fatalf("%q: %v %+v, want %v", text, err, record, wantErr)
			}
			if wantErr != nil {
				return
			}
			if got := fieldValues(nil, record.text, delim); !slices.Equal(got, want) {
				t.Fatalf("%q: got %q, want %q", record.text, got, want)
			}
			places := fieldPlaces(record.text, delim, record.line)
			for i := range want {
				if wantLine, wantCol := cr.FieldPos(i); places[i] != (position{wantLine, wantCol}) {
					t.Fatalf("%q, field %d of all: at %v, want %d:%d", record.text, i, places[i], wantLine, wantCol)
				}
				line, col := fieldPlace(record.text, delim, i)
				if wantLine, wantCol := cr.FieldPos(i); record.line+line != wantLine || col != wantCol {
					t.Fatalf("%q, field %d: at %d:%d, want %d:%d", record.text, i, record.line+line, col, wantLine, wantCol)
				}
			}
		}
	})
}
