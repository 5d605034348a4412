package gradecsv

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"gradebook-import/importer/oneroster"
)

// TestBadValues has every value that a row is rejected for, and what the person is told.
func TestBadValues(t *testing.T) {
	const ids = "; an id has only letters A-Z and a-z, digits and . - _ / @"
	const statuses = "exempt, fully graded, not submitted, partially graded, submitted"
	const date = "must be a date YYYY-MM-DD or a date-time such as 2026-06-01T08:00:00Z"
	const dateTime = "must be a date-time such as 2026-06-01T08:00:00Z, with Z or an offset such as +02:00"
	const number = "must be a plain number such as 85 or 92.5; letters go into textScore"
	const scientific = "is a number in scientific notation: a spreadsheet shortened the id, and its digits are lost; " +
		"export the file again, and to open it in a spreadsheet import it with this column as Text"
	const cellError = "is a spreadsheet's error and no value; correct the cell in the spreadsheet, or empty it, and save again"
	const settle = "; write YYYY-MM-DD, or where the whole file is so, give --mapping a profile that has date: "
	const drop = "; copy that space into the search field of the spreadsheet and replace it by nothing"
	const again = "; delete the cell and type it again"
	const begins = " (mapping init begins one)"
	const comma = ", or where the whole file is so, give --mapping a profile that has decimal: comma" + begins
	const marks = "has marks for both thousands and decimals; write 1234.5" + comma
	const percent = "a percent sign is no part of a number; write 85, not 85%"
	tests := []struct{ column, value, message string }{
		{"sourcedId", "a b", "contains a space (U+0020)" + ids},
		{"sourcedId", ".", "must not be . or .. alone"},
		{"sourcedId", "..", "must not be . or .. alone"},
		{"sourcedId", strings.Repeat("a", 256), "is longer than 255 characters; copy it again from the system that it comes from"},
		{"lineItemSourcedId", "", "is blank; every result needs it"},
		{"lineItemSourcedId", "li\u00a01", "contains a no-break space (U+00A0)" + drop},
		{"studentSourcedId", "st1\u202f", "contains a no-break space (U+202F)" + drop},
		{"studentSourcedId", "st1\u2009", "contains a space that is not the usual one (U+2009)" + ids},
		{"lineItemSourcedId", "li1\u200b", "contains an invisible character of no width (U+200B)" + ids},
		{"lineItemSourcedId", "1.23E+11", scientific},
		{"studentSourcedId", "1,23E+11", scientific},
		{"studentSourcedId", "A1E+11", "contains the character +" + ids},
		{"studentSourcedId", "#N/A", cellError},
		{"score", "#VALUE!", cellError},
		{"scoreDate", "#REF!", cellError},
		{"scoreDate", "########", cellError},
		{"scoreStatus", "#NAME?", cellError},
		{"comment", "#N/A", cellError},
		{"metadata.term", "#DIV/0!", cellError},
		{"late", "#NULL!", cellError},
		{"studentSourcedId", "", "is blank; every result needs it"},
		{"studentSourcedId", "Müller", "contains a character outside ASCII (U+00FC)" + ids},
		{"studentSourcedId", "a\tb", "contains a tab (U+0009)" + ids},
		{"studentSourcedId", "a–b", "contains a dash that is not the hyphen - (U+2013)" + ids},
		{"studentSourcedId", "“a”", "contains a curly quote (U+201C)" + ids},
		{"studentSourcedId", "a\x01", "contains a control character (U+0001)" + ids},
		{"studentSourcedId", "a\nb", "contains a line break (U+000A)" + ids},
		{"classSourcedId", "7#B", "contains the character #" + ids},
		{"status", "Active", "write it exactly so: active"},
		{"status", "inactive", "inactive is a word of older OneRoster versions and asks for the result to be deleted; write active where the result is to stay"},
		{"status", "deleted", "must be active, tobedeleted or blank"},
		{"scoreStatus", "", "is blank; every result needs one of " + statuses},
		{"scoreStatus", "Fully Graded", "write it exactly so, in lower case: fully graded"},
		{"scoreStatus", "not_submitted", "write it exactly so, in lower case: not submitted"},
		{"scoreStatus", " exempt", "write it exactly so, in lower case: exempt"},
		{"scoreStatus", "ext:late", "the API does not take ext: values; use one of " + statuses},
		{"scoreStatus", "graded", "must be one of " + statuses},
		{"dateLastModified", "yesterday", date},
		{"dateLastModified", "2026-06-01T08:00:00", "a date-time needs its zone: Z at the end, or an offset such as +02:00"},
		{"scoreDate", "", "is blank; every result needs a date YYYY-MM-DD"},
		{"scoreDate", "6/1/2026", "could have the month first or the day first, and is not guessed" + settle + "M/D/YYYY or D/M/YYYY" + begins},
		{"scoreDate", "13/1/2026", "is a date with the day first, because its first number is no month" + settle + "D/M/YYYY" + begins},
		{"scoreDate", "1/13/2026 8:00", "is a date with the month first, because its second number is no month" + settle + "M/D/YYYY H:mm" + begins},
		{"scoreDate", "1.2.26", "must be a date YYYY-MM-DD, with all four digits of the year"},
		{"scoreDate", "13/13/2026", "must be a date YYYY-MM-DD; neither of the first two numbers is a month"},
		{"scoreDate", "46174", "is a day's number, which is how spreadsheets keep dates; format the column as yyyy-mm-dd in the spreadsheet, and save again"},
		{"dateLastModified", "46174.333", "is a day's number, which is how spreadsheets keep dates; format the column as yyyy-mm-dd in the spreadsheet, and save again"},
		{"scoreDate", "2026\u20110601", date},
		{"scoreDate", "2026-06-01\u00a0", "has a no-break space (U+00A0) at its end" + drop},
		{"scoreDate", "\u00a02026-06-01", "has a no-break space (U+00A0) at its beginning" + drop},
		{"scoreDate", "2026-06-01 ", "has a space (U+0020) at its end; remove it"},
		{"scoreDate", " 2026-06-01 \u202f", "has a no-break space (U+202F) at its beginning and at its end" + drop},
		{"dateLastModified", "\t2026-06-01T08:00:00Z", "has a tab (U+0009) at its beginning; remove it"},
		{"scoreDate", "2026-02-30 ", "there is no such day"},
		{"scoreDate", " ", date},
		{"scoreDate", "\u200b2026-06-01", "contains an invisible character of no width (U+200B)" + again},
		{"scoreStatus", "fully\u00a0graded", "contains a no-break space (U+00A0)" + again},
		{"late", "true\u200b", "contains an invisible character of no width (U+200B)" + again},
		{"status", "“active”", "contains a curly quote (U+201C)" + again},
		{"score", "85\u200b", "contains an invisible character of no width (U+200B)" + again},
		{"score", "1,234", "could have a comma for thousands or for decimals, and is not guessed; write 1234 or 1.234" + comma},
		{"score", "1.234,5", marks},
		{"score", "1,234.5", marks},
		{"score", "2,345,678", "has commas for thousands; write 1234567, not 1,234,567"},
		{"score", "85 %", percent},
		{"score", "A,5", number},
		{"scoreDate", "2026-6-1", date},
		{"scoreDate", "2026-02-29", "there is no such day"},
		{"scoreDate", "1900-02-29", "there is no such day"},
		{"scoreDate", "2026-04-31", "there is no such day"},
		{"scoreDate", "2026-01-00", "there is no such day"},
		{"scoreDate", "2026-13-01", "there is no such month; write the date as YYYY-MM-DD"},
		{"scoreDate", "1899-12-31", "the year must lie between 1900 and 2200"},
		{"scoreDate", "2201-01-01", "the year must lie between 1900 and 2200"},
		{"scoreDate", "2026-06-01 08:00:00Z", dateTime},
		{"scoreDate", "2026-06-01T08:00:00z", dateTime},
		{"scoreDate", "2026-06-01T8:00:00Z", dateTime},
		{"scoreDate", "2026-06-01T08:00:00.Z", dateTime},
		{"scoreDate", "2026-06-01T24:00:00Z", "there is no such time"},
		{"scoreDate", "2026-06-01T08:60:00Z", "there is no such time"},
		{"scoreDate", "2026-06-01T08:00:60Z", "there is no such time"},
		{"scoreDate", "2026-06-01T08:00:00+24:00", "there is no such time"},
		{"score", "85%", percent},
		{"score", "1,5", "a comma is no part of a number; write 1.5, not 1,5, and 1234, not 1,234" + comma},
		{"score", "1e999", "is too large for a number"},
		{"score", "1e-999", "is too small for a number; write 0 if that is meant"},
		{"score", "NaN", "is no number to count with; write digits, such as 85"},
		{"score", "-Infinity", "is no number to count with; write digits, such as 85"},
		{"score", "+5", "a plus sign is no part of a number; write 5, not +5"},
		{"score", ".5", "a number needs digits on both sides of the point; write 0.5, not .5, and 5, not 5."},
		{"score", "5.", "a number needs digits on both sides of the point; write 0.5, not .5, and 5, not 5."},
		{"score", "05", "a number has no leading zeros; write 5, not 05"},
		{"score", "0x10", "must be a decimal number"},
		{"score", " 85", "has spaces around the number; remove them"},
		{"score", "85\u00a0", "contains a no-break space (U+00A0)" + drop},
		{"score", "8\u202f500", "contains a no-break space (U+202F)" + drop},
		{"score", "B+\u00a0", number},
		{"score", "  ", "has only spaces; leave it blank or write a number"},
		{"score", "B+", number},
		{"score", "1e", number},
		{"score", "1_000", number},
		{"score", "--1", number},
		{"score", strings.Repeat("9", 65), "has more than 64 digits; round it"},
		{"score", "", "is blank, but the result is fully graded; write the score (0 for none), a textScore, or another scoreStatus"},
		{"comment", "a\x07", "contains a control character (U+0007); remove it"},
		{"comment", "a\u0085", "contains a control character (U+0085); remove it"},
		{"comment", strings.Repeat("a", maxText+1), "is longer than 64 KiB; shorten it"},
		{"textScore", "\x1b[1m", "contains a control character (U+001B); remove it"},
		{"metadata.term", "\x7f", "contains a control character (U+007F); remove it"},
		{"inProgress", "TRUE", "write it exactly so: true (spreadsheets put it in capitals)"},
		{"incomplete", "False", "write it exactly so: false (spreadsheets put it in capitals)"},
		{"late", "1", "must be true, false or blank"},
		{"missing", "yes", "must be true, false or blank"},
		{"comment", "caf\xe9", "not valid UTF-8; save the file encoded in UTF-8"},
		{"studentSourcedId", "a\x00b", "contains a NUL byte, which no program shows; type the cell again"},
		{"unknown", "a\xff", "not valid UTF-8; save the file encoded in UTF-8"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s=%.20q", tt.column, tt.value), func(t *testing.T) {
			text, col := oneRow(map[string]string{tt.column: tt.value})
			_, rows := readText(t, text, Options{Encoding: EncodingUTF8})
			if len(rows) != 1 || len(rows[0].Errors) != 1 {
				t.Fatalf("got %d rows, errors:\n%s", len(rows), messages(rows))
			}
			p := rows[0].Errors[0]
			if p.Message != tt.message || p.Column != tt.column {
				t.Errorf("got  %s: %s\nwant %s: %s", p.Column, p.Message, tt.column, tt.message)
			}
			if p.Line != 2 || p.Col != col || p.File != "stdin" {
				t.Errorf("got position %s, want stdin:2:%d", p.Position(), col)
			}
			if safe := map[string]bool{"status": true, "scoreStatus": true, "scoreDate": true, "dateLastModified": true,
				"inProgress": true, "incomplete": true, "late": true, "missing": true}; p.QuoteSafe && !safe[tt.column] {
				t.Errorf("the value of %s may be shown unasked", tt.column)
			}
			if len(tt.value) > 4 && !p.QuoteSafe && strings.Contains(p.String(), tt.value) {
				t.Errorf("%q shows the value", p)
			}
		})
	}
}

// oneRow is a file of one good row but for the values given, and the column where the only changed field begins.
func oneRow(values map[string]string) (text string, col int) {
	good := map[string]string{"sourcedId": "r1", "lineItemSourcedId": "li1", "studentSourcedId": "st1",
		"scoreStatus": "fully graded", "score": "85", "scoreDate": "2026-06-01"}
	names := strings.Split(fullHeader+",metadata.term,unknown", ",")
	line := ""
	for i, name := range names {
		if i > 0 {
			line += ","
		}
		value, changed := values[name]
		if changed {
			col = len(line) + 1
		} else {
			value = good[name]
		}
		line += enquote(value, ',')
	}
	return strings.Join(names, ",") + "\n" + line + "\n", col
}

func TestGoodValues(t *testing.T) {
	tests := []struct {
		column, value string
		got           func(oneroster.Result) any
		want          any
	}{
		{"status", "", func(r oneroster.Result) any { return r.Status }, "active"},
		{"status", "tobedeleted", func(r oneroster.Result) any { return r.Status }, "tobedeleted"},
		{"sourcedId", "", func(r oneroster.Result) any { return r.SourcedID }, DerivedID("li1", "st1")},
		{"sourcedId", "a/..@_-", func(r oneroster.Result) any { return r.SourcedID }, "a/..@_-"},
		{"lineItemSourcedId", strings.Repeat("a", 255), func(r oneroster.Result) any { return len(r.LineItem.SourcedID) }, 255},
		{"score", "-0.50", func(r oneroster.Result) any { return r.Score.String() }, "-0.50"},
		{"score", "1.5E+2", func(r oneroster.Result) any { return r.Score.String() }, "1.5E+2"},
		{"score", "0e-999", func(r oneroster.Result) any { return r.Score.String() }, "0e-999"},
		{"score", "12345678901234567890", func(r oneroster.Result) any { return r.Score.String() }, "12345678901234567890"},
		{"scoreDate", "2028-02-29", func(r oneroster.Result) any { return r.ScoreDate }, "2028-02-29T00:00:00Z"},
		{"scoreDate", "2026-06-01T08:00:00.123+02:00", func(r oneroster.Result) any { return r.ScoreDate }, "2026-06-01T08:00:00.123+02:00"},
		{"dateLastModified", "2026-06-01T08:00Z", func(r oneroster.Result) any { return r.DateLastModified }, "2026-06-01T08:00:00Z"},
		{"dateLastModified", "2026-06-01", func(r oneroster.Result) any { return r.DateLastModified }, "2026-06-01T00:00:00Z"},
		{"comment", "a\r\nb\tç", func(r oneroster.Result) any { return r.Comment }, "a\nb\tç"},
		{"classSourcedId", "c1", func(r oneroster.Result) any { return r.Class.SourcedID }, "c1"},
		{"classSourcedId", "", func(r oneroster.Result) any { return r.Class == nil }, true},
		{"late", "true", func(r oneroster.Result) any { return r.Late }, "true"},
		{"late", "", func(r oneroster.Result) any { return r.Late }, ""},
		{"metadata.term", "spring", func(r oneroster.Result) any { return r.Metadata }, map[string]any{"term": "spring"}},
		{"metadata.term", "", func(r oneroster.Result) any { return r.Metadata == nil }, true},
	}
	for _, tt := range tests {
		text, _ := oneRow(map[string]string{tt.column: tt.value})
		_, rows := readText(t, text, Options{})
		if len(rows) != 1 || !accepted(rows[0]) {
			t.Errorf("%s %q: %s", tt.column, tt.value, messages(rows))
			continue
		}
		if got := tt.got(rows[0].Result); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %q: got %v, want %v", tt.column, tt.value, got, tt.want)
		}
	}
}

func TestBlankScoreWithTextScoreOrOtherStatus(t *testing.T) {
	for _, values := range []map[string]string{{"score": "", "textScore": "A"}, {"score": "", "scoreStatus": "exempt"}} {
		text, _ := oneRow(values)
		if _, rows := readText(t, text, Options{}); !accepted(rows[0]) {
			t.Errorf("%v: %s", values, messages(rows))
		}
	}
}

func TestAllProblemsOfARowAtOnceInOrder(t *testing.T) {
	text, _ := oneRow(map[string]string{"sourcedId": "a b", "lineItemSourcedId": "", "score": "85%", "late": "no", "comment": "\xff"})
	_, rows := readText(t, text, Options{Encoding: EncodingUTF8})
	got := ""
	for _, p := range rows[0].Errors {
		got += p.Column + " "
	}
	if want := "sourcedId lineItemSourcedId score comment late "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTimeZone(t *testing.T) {
	for _, tt := range []struct{ zone, date, want string }{
		{"Europe/Berlin", "2026-06-01", "2026-06-01T00:00:00+02:00"},
		{"Europe/Berlin", "2026-01-01", "2026-01-01T00:00:00+01:00"},
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00"}, // clocks went from 24:00 to 01:00
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		_, rows := readText(t, shortHeader+"\nli1,st1,exempt,,"+tt.date+",\n", Options{TimeZone: zone})
		if got := rows[0].Result.ScoreDate; got != tt.want {
			t.Errorf("%s in %s: got %s, want %s", tt.date, tt.zone, got, tt.want)
		}
	}
}

func TestScoreDateForFilesWithoutIt(t *testing.T) {
	_, rows := readText(t, "lineItemSourcedId,studentSourcedId,scoreStatus\nli1,st1,exempt\n", Options{ScoreDate: "2026-06-01"})
	if got := rows[0].Result.ScoreDate; got != "2026-06-01T00:00:00Z" || !accepted(rows[0]) {
		t.Errorf("got %q, errors %s", got, messages(rows))
	}
}

// TestDerivedIDNeverChanges pins the ids that are in gradebooks already.
func TestDerivedIDNeverChanges(t *testing.T) {
	if got, want := DerivedID("li1", "st1"), "260a8d7c-f2d3-57e8-8b33-8a9da6a0db7c"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if DerivedID("a", "bc") == DerivedID("ab", "c") {
		t.Error("two grades share an id")
	}
}
