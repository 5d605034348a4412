package gradecsv

import (
	"strings"
	"testing"
)

// A profile for a OneRoster file that a spreadsheet has rewritten keeps every column's meaning, and reads its numbers and
// dates; what the file does not say is left to a person.
func TestInitNative(t *testing.T) {
	const text = "sourcedId;status;lineItemSourcedId;studentSourcedId;scoreStatus;score;scoreDate;comment;late;metadata.term\n" +
		"r1;active;li1;st1;fully graded;80,5;03.04.2026;ok;true;S1\n" +
		"r2;tobedeleted;li1;st2;exempt;;13.04.2026;;;\n"
	path := writeFile(t, "excel.csv", text)
	profile, err := InitProfile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open([]string{path}, Options{Mapping: writeFile(t, "excel.yaml", string(profile))})
	if err != nil {
		t.Fatalf("%v\n%s", err, profile)
	}
	rows := readAll(t, r)
	if len(rows) != 2 || len(rows[0].Errors)+len(rows[1].Errors) > 0 || len(r.Warnings()) > 0 {
		t.Fatalf("%+v, %v\n%s", rows, r.Warnings(), profile)
	}
	first, second := rows[0].Result, rows[1].Result
	if first.SourcedID != "r1" || first.Score != "80.5" || !strings.HasPrefix(first.ScoreDate, "2026-04-03") || first.Late != "true" || first.Metadata["term"] != "S1" ||
		second.Status != "tobedeleted" || second.ScoreStatus != "exempt" || second.Score != "" {
		t.Errorf("%+v\n%+v", first, second)
	}
}

func TestInitDates(t *testing.T) {
	for dates, want := range map[string]string{
		"2026-05-01":            "YYYY-MM-DD true",
		"1.5.2026 13.5.2026":    "D.M.YYYY true",
		"3/4/2026 3/14/2026":    "M/D/YYYY true",
		"3/4/2026 14/3/2026":    "D/M/YYYY true",
		"3/4/2026 5/6/2026":     "YYYY-MM-DD false",
		"3/14/2026 14/3/2026":   "YYYY-MM-DD false",
		"3/14/26":               "YYYY-MM-DD false",
		"2026-05-01 next_week":  "YYYY-MM-DD false",
		"3/4/2026 2026-05-01 x": "YYYY-MM-DD false",
	} {
		s := &sketch{}
		for _, date := range strings.Fields(dates) {
			s.records = append(s.records, []string{date})
		}
		form, certain := s.dateForm(0)
		if got := form + map[bool]string{true: " true", false: " false"}[certain]; got != want {
			t.Errorf("%s: %s, want %s", dates, got, want)
		}
	}
}
