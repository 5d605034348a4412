package main

import (
	"strings"
	"testing"

	"gradebook-import/importer/gradecsv"
)

// What a stopped run says that it did not read is there to be read, even where it had not yet seen the end of its input.
func TestUnread(t *testing.T) {
	const all = 393 // rows of the sample
	for rows, want := range map[int]string{0: "", 100: "~3", all - 1: "~", all: ""} {
		s := &meteredSource{reader: openRows(t)}
		for taken := 0; taken < rows; {
			n, err := s.Read(make([]gradecsv.Row, rows-taken))
			if err != nil {
				t.Fatal(err)
			}
			taken += n
		}
		if got := s.unread(); !strings.HasPrefix(got, want) || (got == "") != (want == "") {
			t.Errorf("after %d rows, %q are said to be left", rows, got)
		}
	}
}
