package gradecsv

import (
	"bytes"
	"strings"
	"testing"
)

// A profile for a OneRoster file that a spreadsheet has rewritten keeps every column's meaning, and reads its numbers and
// dates; what the file does not say is left to a person.
func TestInitNative(t *testing.T) {
	const text = "sourcedId;status;dateLastModified;lineItemSourcedId;studentSourcedId;scoreStatus;score;scoreDate;comment;late;metadata.term\n" +
		"r1;active;14.04.2026 09:30;li1;st1;fully graded;80,5;03.04.2026;ok;true;S1\n" +
		"r2;tobedeleted;14.04.2026 09:31;li1;st2;exempt;;13.04.2026;;;\n"
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
	if first.SourcedID != "r1" || first.Score != "80.5" || !strings.HasPrefix(first.ScoreDate, "2026-04-03") || first.Late != "true" || first.DateLastModified != "2026-04-14T09:30:00Z" || first.Metadata["term"] != "S1" ||
		second.Status != "tobedeleted" || second.ScoreStatus != "exempt" || second.Score != "" {
		t.Errorf("%+v\n%+v", first, second)
	}
}

// The form of dates is told where all of a column agree, asked where they can be read in several ways, and never guessed.
func TestInitDates(t *testing.T) {
	for dates, want := range map[string]string{
		"2026-05-01":                             `{column: "date", date: YYYY-MM-DD}`,
		"2026-05-01|2026-05-02T08:00:00Z":        `{column: "date", date: YYYY-MM-DD}`,
		"1.5.2026|13.5.2026":                     `{column: "date", date: D.M.YYYY}`,
		"05.12.2026|31.12.2026":                  `{column: "date", date: D.M.YYYY}`,
		"5.12.2026|12.5.2026":                    `# TODO M.D.YYYY, or D.M.YYYY`,
		"5.13.2026":                              `{column: "date", date: M.D.YYYY}`,
		"3/4/2026|3/14/2026":                     `{column: "date", date: M/D/YYYY}`,
		"3/4/2026|14/3/2026":                     `{column: "date", date: D/M/YYYY}`,
		"3/4/2026|5/6/2026":                      `# TODO M/D/YYYY, or D/M/YYYY`,
		"3-4-2026":                               `# TODO M-D-YYYY, or D-M-YYYY`,
		"25-12-2026":                             `{column: "date", date: D-M-YYYY}`,
		"3/14/2026|14/3/2026":                    `# TODO how`,
		"3/14/26":                                `# TODO how`,
		"2026-05-01|next week":                   `# TODO how`,
		"1.5.2026|2026-05-13":                    `# TODO how`,
		"46174":                                  `# TODO number`,
		"2026/5/1":                               `{column: "date", date: YYYY/M/D}`,
		"20260501":                               `{column: "date", date: YYYYMMDD}`,
		"Jun 1, 2026|June 12, 2026":              `{column: "date", date: "MMM D, YYYY"}`,
		"1 Jun 2026":                             `{column: "date", date: "D MMM YYYY"}`,
		"01-Jun-2026":                            `{column: "date", date: D-MMM-YYYY}`,
		"2026-05-01 10:00:00":                    `{column: "date", date: "YYYY-MM-DD H:mm:ss"}`,
		"2026-05-01T10:00:00":                    `{column: "date", date: "YYYY-MM-DDTH:mm:ss"}`,
		"5/13/2026 3:45 PM|5/1/2026 12:05 AM":    `{column: "date", date: "M/D/YYYY h:mm A"}`,
		"13.5.2026 15:45|1.5.2026":               `{column: "date", date: ["D.M.YYYY H:mm", D.M.YYYY]}`,
		"5/1/2026 15:45":                         `# TODO "M/D/YYYY H:mm", or "D/M/YYYY H:mm"`,
		"30.2.2026":                              `# TODO how`,
		"":                                       `# TODO how`,
		"5/13/2026 3:45 PM|13/5/2026 12:05 AM|x": `# TODO how`,
	} {
		s := &sketch{header: []string{"date"}}
		for _, date := range strings.Split(dates, "|") {
			s.records = append(s.records, []string{date})
		}
		var b bytes.Buffer
		s.date(&b, colScoreDate, 0)
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		got := strings.TrimPrefix(strings.TrimSpace(lines[len(lines)-1]), "scoreDate: ")
		if asked, is := strings.CutPrefix(lines[0], "# TODO: "); is {
			if got != `{column: "date", date: YYYY-MM-DD}` {
				t.Errorf("%s: is guessed: %s", dates, got)
			}
			_, ways, several := strings.Cut(asked, "for YYYY-MM-DD: ")
			got = "# TODO " + when(several, ways, when(strings.Contains(asked, "number"), "number", "how"))
		}
		if got != want {
			t.Errorf("%s: %s, want %s", dates, got, want)
		}
	}
}

// A column of dates is no assignment, and one whose name does not say what its dates are is left to a person.
func TestInitDatesOfOtherNames(t *testing.T) {
	const text = "Schueler;Fach;Note;Geboren;Datum\nst1;a1;1,7;3.4.2011;5.12.2026\nst2;a1;2,3;14.4.2011;6.12.2026\n"
	path := writeFile(t, "noten.csv", text)
	profile, err := InitProfile(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# TODO: which column has the date of the score?", `# scoreDate: {column: "Geboren", date: D.M.YYYY}` + "\n",
		`# scoreDate: {column: "Datum", date: M.D.YYYY or D.M.YYYY}` + "\n", "    decimal: comma\n"} {
		if !strings.Contains(string(profile), want) {
			t.Errorf("does not say %s\n%s", want, profile)
		}
	}
	if strings.Contains(string(profile), "\nwide:") || strings.Contains(string(profile), "\n  scoreDate:") {
		t.Errorf("guesses\n%s", profile)
	}
}
