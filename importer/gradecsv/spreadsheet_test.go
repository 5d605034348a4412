package gradecsv

import (
	"fmt"
	"strings"
	"testing"
)

// TestLostZeros: a warning when nearly all ids of a column have one number of digits and some fewer.
func TestLostZeros(t *testing.T) {
	file := func(long, short int, id func(i int) string) string {
		var b strings.Builder
		b.WriteString(shortHeader + "\n")
		for i := range long + short {
			student := id(i)
			if i >= long {
				student = student[1:]
			}
			fmt.Fprintf(&b, "li1,%s,exempt,,2026-06-01,\n", student)
		}
		return b.String()
	}
	plain := func(i int) string { return fmt.Sprint(104200 + i) }
	plainShort := func(i int) string { return fmt.Sprint(194200 + i) }
	const warning = "stdin:%d:1: studentSourcedId: %d ids have fewer digits than all the others; if ids begin with zeros, " +
		"a spreadsheet has removed them: export the file again, and import it into the spreadsheet with this column as Text"
	tests := []struct {
		name, text, want string
	}{
		{"some shorter", file(90, 10, plainShort), fmt.Sprintf(warning, 92, 10)},
		{"all alike", file(100, 0, plain), ""},
		{"many shorter", file(70, 30, plainShort), ""},
		{"few ids", file(9, 1, plainShort), ""},
		{"zeros are there", file(90, 10, func(i int) string { return fmt.Sprintf("%06d", i) }), ""},
		{"letters", file(90, 10, func(i int) string { return fmt.Sprintf("s%d", 194200+i) }), ""},
		{"short numbers", file(90, 9, func(i int) string { return fmt.Sprint(1000 + i) }), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := readText(t, tt.text, Options{})
			got := ""
			for _, w := range r.Warnings() {
				got += w.String()
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
