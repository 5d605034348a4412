package gradecsv

import (
	"strings"
	"testing"
)

// Of two columns of one name a profile reads the one that is spelled as a person's own profile has it, and of scores the one beside which
// there are letters. Otherwise a grade could be another: the file is refused, and a row further on as well.
func TestTwinColumns(t *testing.T) {
	const twice = "stdin: the column %s is there twice"
	letters := "s1,a1,9,2026-06-01,B\ns2,a1,7,2026-06-01,\ns3,a1,6,2026-06-01,N/A\n"
	for _, tt := range []struct{ name, text, want, scores string }{
		{"as a built-in profile happens to spell it", "student,assignment,score,date,Student\ns1,a1,9,2026-06-01,Kim\n", `"student"`, ""},
		{"one as it is spelled", "Pupil,assignment,score,date,pupil\ns1,a1,9,2026-06-01,Kim\n", "A2 s1", "9"},
		{"the second as it is spelled", "pupil,assignment,score,date,Pupil\nKim,a1,9,2026-06-01,s1\n", "A2 s1", "9"},
		{"neither", "Student,assignment,score,date,STUDENT\nKim,a1,9,2026-06-01,s1\n", `"Student"`, ""},
		{"both", "student,assignment,score,date,student\nKim,a1,9,2026-06-01,s1\n", `"student"`, ""},
		{"letters beside scores", "Student ID,Assignment,Score,Date,Score\n" + letters, "A2 s1 A3 s2 A4 s3", "9 7 6"},
		{"scores beside letters", "Student ID,Assignment,Score,Date,Score\ns1,a1,B,2026-06-01,9\n", `"Score"`, ""},
		{"scores twice, one as it is spelled", "Student ID,Assignment,score,Date,Score\ns1,a1,8,2026-06-01,9\n", `"score"`, ""},
		{"a word that means something", "Student ID,Assignment,Score,Date,Score\ns1,a1,8,2026-06-01,EX\n", `"Score"`, ""},
		{"a score far behind", "Student ID,Assignment,Score,Date,Score\n" + strings.Repeat(letters, 20) + "s9,a1,8,2026-06-01,9\n", "R62", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := Options{Stdin: strings.NewReader(tt.text)}
			if strings.Contains(tt.text, "Pupil") {
				o.Mapping = writeFile(t, "mine.yaml", "name: mine\nfields:\n  studentSourcedId: Pupil\n  lineItemSourcedId: assignment\n"+
					"  scoreStatus: {value: fully graded}\n  score: score\n  scoreDate: date\n")
			}
			r, err := Open([]string{"-"}, o)
			if err != nil {
				if !strings.HasPrefix(err.Error(), strings.ReplaceAll(twice, "%s", tt.want)) {
					t.Error(err)
				}
				return
			}
			rows := readAll(t, r)
			var got, scores []string
			for i := range rows {
				if far := strings.HasPrefix(tt.want, "R"); !far || !accepted(rows[i]) {
					got = append(got, kinds(rows[i:i+1]), rows[i].Result.Student.SourcedID)
					scores = append(scores, string(rows[i].Result.Score))
				}
			}
			if tt.scores == "" && len(got) == 2 {
				got = got[:1]
			} else if strings.Join(scores, " ") != tt.scores {
				t.Errorf("scores %s, want %s", scores, tt.scores)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %s, want %s\n%s", got, tt.want, messages(rows))
			}
			if w := r.Warnings(); len(w) != 1 || w[0].Code != "header.unknown" {
				t.Errorf("warnings %v", w)
			}
		})
	}
}

// A column that is perhaps sourcedId, misspelled, stops the file, or each result would get an id beside its own. Where it says
// the same in row after row it has no ids of results.
func TestNearlySourcedID(t *testing.T) {
	for _, tt := range []struct {
		name, header, want string
		values             []string
	}{
		{"ids", shortHeader + ",sourceId", "refused", []string{"r1", "r2", "r3", "r4", "r5", "r6"}},
		{"ids, some rows twice", shortHeader + ",sourceId", "refused", []string{"r1", "r1", "r2", "r2", "r3", "r3"}},
		{"one row", shortHeader + ",sourceId", "refused", []string{"PS"}},
		{"nothing", shortHeader + ",sourceId", "refused", []string{"", "", "", ""}},
		{"a system", shortHeader + ",sourceId", "A A A A", []string{"PS", "PS", "", "PS"}},
		{"beside the ids", shortHeader + ",sourcedId,sourceId", "A A A", []string{"r1,a", "r2,b", "r3,c"}},
	} {
		text, got := tt.header+"\n", "refused"
		for _, value := range tt.values {
			text += goodRow + "," + value + "\n"
		}
		r, err := Open([]string{"-"}, Options{Stdin: strings.NewReader(text)})
		if err == nil {
			got = strings.Trim(strings.Map(func(r rune) rune { return when(r >= '0' && r <= '9', -1, r) }, kinds(readAll(t, r))), " ")
			if w := r.Warnings(); len(w) != 1 || !strings.HasSuffix(w[0].Message, `not imported: "sourceId"`) {
				t.Errorf("%s: %v", tt.name, w)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s: %v", tt.name, got, tt.want, err)
		}
	}
}
