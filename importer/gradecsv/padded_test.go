package gradecsv

import (
	"strings"
	"testing"
)

// A row with too few fields comes back padded, and goes in only when a person has looked at it.
func TestPaddedRow(t *testing.T) {
	const columns = "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate,comment,late"
	_, rows := readText(t, columns+"\nli1,st1,exempt,2026-06-01\n", Options{})
	for turn := range 3 {
		if len(rows) != 1 || len(rows[0].Errors) != 1 || !strings.HasPrefix(rows[0].Errors[0].Message, tooFew) {
			t.Fatalf("turn %d: %+v", turn, rows)
		}
		var b strings.Builder
		if err := NewRejectWriter(&b).Add(&rows[0], "rejected", rows[0].Errors[0].Text(true)); err != nil {
			t.Fatal(err)
		}
		rejects := b.String()
		_, rows = readText(t, rejects, Options{})
		if turn < 2 {
			continue
		}
		i := strings.LastIndex(rejects, `,"too few`)
		for _, corrected := range []string{rejects[:i] + ",\n", strings.Replace(rejects, "2026-06-01,,", "2026-06-01,,true", 1)} {
			if _, got := readText(t, corrected, Options{}); len(got) != 1 || len(got[0].Errors) > 0 {
				t.Errorf("%s: %+v", corrected, got[0].Errors)
			}
		}
	}
}
