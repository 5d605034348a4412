package gradecsv

import "testing"

// What a spreadsheet makes of an id is refused where it can be none, and else warned of, in each column of ids; an id
// that somebody may well have given passes unsaid.
func TestSpreadsheetIDs(t *testing.T) {
	tests := []struct {
		want   string
		refuse bool
		values []string
	}{
		{"id.scientific", true, []string{"1.23E+11", "1.23E11", "1.23e11", "1,23E+11", "1,23E11", "1E+5", "1e+5", "12E+5", "1E11", "2.0412E+15"}},
		{"id.scientific", false, []string{"1e5", "10E2", "9E1", "123e11"}},
		{"id.date", false, []string{"3-Apr", "03-Apr", "Apr-03", "apr-03", "Apr-2003", "04-Mar-26", "4-Mar-2026", "2026-04-03"}},
		{"id.decimal", false, []string{"204119.0", "7.00"}},
		{"id.rounded", false, []string{"2041190000000000", "12345678901234567890"}},
		{"id.word", false, []string{"TRUE", "true", "FALSE", "NULL", "null", "N/A", "n/a", "-"}},
		{"", false, []string{"204119", "123456789012345", "123456789012340", "1234567890123456", "1.23", "1.5.0", "204119.", "204119.05", "3-4", "3-Apple", "100-Apr", "3-Apr-", "3-Apr-026",
			"Apr-3", "Apr-003", "Apr-0x", "April-03", "Apx-03", "2026-04-31", "2026-13-01", "2026-04-03-a", "2026-04", "truest", "nullify", "--", "e5", "1e", "1ee5", "1e5a", "E11", "1.E", "1E-5",
			"a204119.0", "6f1d0c2e-8a53-4b97-9d3e-42b75ac810e4", "1e5f0c2e-8a53-4b97-9d3e-42b75ac810e4", "stu-1", "NA", "T", "0"}},
	}
	for _, tt := range tests {
		for _, value := range tt.values {
			for _, column := range []string{"sourcedId", "lineItemSourcedId", "studentSourcedId", "classSourcedId"} {
				text, col := oneRow(map[string]string{column: value})
				_, rows := readText(t, text, Options{})
				said, other := rows[0].Warnings, rows[0].Errors
				if tt.refuse {
					said, other = other, said
				}
				switch {
				case len(rows) != 1 || len(other) > 0 || len(said) > 1 || len(said) == 0 && tt.want != "" || len(said) == 1 && said[0].Code != tt.want:
					t.Errorf("%s %q: errors %v, warnings %v, want %q", column, value, rows[0].Errors, rows[0].Warnings, tt.want)
				case len(said) == 1 && (said[0].Column != column || said[0].Col != col || said[0].Value != value || said[0].QuoteSafe):
					t.Errorf("%s %q: %+v", column, value, said[0])
				}
			}
		}
	}
}

// A result is deleted under the id that the file has, so that an odd one is told there, too.
func TestOddIDOfADeletion(t *testing.T) {
	text, _ := oneRow(map[string]string{"sourcedId": "3-Apr", "status": "tobedeleted"})
	if _, rows := readText(t, text, Options{}); len(rows[0].Warnings) != 1 {
		t.Error(rows[0].Warnings)
	}
}
