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

// It stays refused where it had more wrong with it, said before or after, and that was mended.
func TestPaddedRowWithMoreWrong(t *testing.T) {
	const columns = "lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate,comment,late"
	for _, c := range []struct{ wrong, bad string }{
		{"a value", "li1,st1,bogus,2026-06-01"},
		{"the bytes of the first field", "\xffli1,st1,exempt,2026-06-01"},
		{"two values", "li1,st1,bogus,2026-06-99"},
	} {
		text := columns + "\n" + c.bad + "\n"
		for range 2 {
			_, rows := readText(t, text, Options{Encoding: EncodingUTF8})
			if len(rows) != 1 || len(rows[0].Errors) == 0 {
				t.Fatalf("%s: %+v", c.wrong, rows)
			}
			var reasons []string
			for _, p := range rows[0].Errors {
				reasons = append(reasons, p.Text(true))
			}
			var b strings.Builder
			if err := NewRejectWriter(&b).Add(&rows[0], "rejected", strings.Join(reasons, "; ")); err != nil {
				t.Fatal(err)
			}
			text = b.String()
		}
		text = strings.Replace(text, c.bad, "li1,st1,exempt,2026-06-01", 1)
		if _, rows := readText(t, text, Options{}); len(rows) != 1 || len(rows[0].Errors) != 1 || rows[0].Errors[0].Code != "row.padded" {
			t.Errorf("%s: goes in though nobody has said where the blanks belong: %+v", c.wrong, rows)
		}
	}
}

// What stands in import.errors is a person's to change; no count of fields there is taken that no row has.
func TestPaddedRowThatNeverWas(t *testing.T) {
	for _, fields := range []string{"-5", "0", "99", "99999999999999999999", "five", ""} {
		_, rows := readText(t, shortHeader+",import.errors\n"+goodRow+`,"too few fields; found ""`+fields+` fields"""`, Options{})
		if len(rows) != 1 {
			t.Errorf("%q: %d rows", fields, len(rows))
		}
	}
}
