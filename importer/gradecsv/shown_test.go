package gradecsv

import (
	"strings"
	"testing"
)

// A bad status, date or flag is quoted unasked, and what stands there because fields are shifted is not, but for
// --show-values.
func TestShownValues(t *testing.T) {
	for column, values := range map[string]struct{ shown, hidden []string }{
		"scoreStatus": {
			[]string{"Fully Graded", "fullygraded", "FULLY-GRADED", "not_submitted", " exempt", "graded", "Graded", "exemt", "partialy graded", "fully gradded", "submited"},
			[]string{"87.5", "F", "A", "B+", "Pass", "Kim", "Kim Lee", "Grant", "2026-06-01", "stu-1", "true", "late", "exempt 7", "exempt, says Kim", "fully\u00a0graded",
				"passed", "Good work", "li1", "Xóchitl", "submitted by Kim Lee"}},
		"status": {
			[]string{"Active", "inactive", "deleted", "to be deleted", "ToBeDeleted"},
			[]string{"87.5", "F", "Kim Lee", "Alicia", "fully graded", "stu-1"}},
		"scoreDate": {
			[]string{"3/4/2026", "13.4.2026", "1.2.26", "2026-02-30", "2026-6-1", "2026/06/01", "20260601", "19991231", "2026-06-01T08:00:00", "3/4/2026 8:15 PM", "2026-06-01 "},
			[]string{"87.6", "F", "87", "46174", "Kim", "stu-1-2", "12345678", "555-12-4567", "1-2-3 Kim", "1-2-3 Pam", "12/5", "1.2.3.Kim", "123-45-6789", "202606011", "2026-2026-2026", "yesterday", "3-Apr"}},
		"late": {
			[]string{"TRUE", "False", "yes", "NO", "y", "N", "T", "1", "0", "x", "X", "true "},
			[]string{"F", "f", "A", "B+", "2", "87.5", "Kim", "10", "exempt", "2026-06-01", "on"}},
	} {
		said := func(value string) (unasked, asked string) {
			text, _ := oneRow(map[string]string{column: value})
			_, rows := readText(t, text, Options{})
			if len(rows) != 1 || len(rows[0].Errors) != 1 {
				t.Fatalf("%s %q: %s", column, value, messages(rows))
			}
			return rows[0].Errors[0].String(), rows[0].Errors[0].Text(true)
		}
		for _, value := range values.shown {
			if got, _ := said(value); !strings.HasSuffix(got, "; found "+quoted(value)) {
				t.Errorf("%s %q is hidden: %s", column, value, got)
			}
		}
		for _, value := range values.hidden {
			got, asked := said(value)
			if strings.Contains(got, "; found ") {
				t.Errorf("%s %q is shown: %s", column, value, got)
			}
			if !strings.HasSuffix(asked, "; found "+quoted(value)) {
				t.Errorf("%s %q is not shown to who asks: %s", column, value, asked)
			}
		}
	}
}
