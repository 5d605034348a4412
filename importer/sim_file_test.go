package importer

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// simRow is a row as the person who edits the file thinks of it.
type simRow struct {
	id                string // "": derived
	lineItem, student string
	status            string
	score             string
	comment           string
	note              string // metadata.note
}

// simFile is what a person has: rows, and how they are written down.
type simFile struct {
	rnd     *rand.Rand
	rows    []simRow
	next    int // numbers for new rows
	columns []string
	names   []string // one file or two
	crlf    bool
	bom     bool
}

func newSimFile(rnd *rand.Rand) *simFile {
	f := &simFile{rnd: rnd, names: []string{"grades.csv"}, columns: []string{"sourcedId", "status", "lineItemSourcedId",
		"studentSourcedId", "scoreStatus", "score", "scoreDate", "comment", "metadata.note", "homeroom"}}
	n := 1 + rnd.IntN(25)
	switch rnd.IntN(12) {
	case 0:
		n = 1 + rnd.IntN(3)
	case 1:
		n = 60 + rnd.IntN(200)
	}
	for range n {
		f.add()
	}
	return f
}

// add appends a row: mostly a valid one.
func (f *simFile) add() {
	f.next++
	r := simRow{id: fmt.Sprintf("r%d", f.next), lineItem: fmt.Sprintf("li%d", f.rnd.IntN(5)),
		student: fmt.Sprintf("st%d", f.next), status: "active", score: fmt.Sprint(f.rnd.IntN(100))}
	switch f.rnd.IntN(30) {
	case 0:
		r.score = "85%" // invalid
	case 1:
		r.status = "tobedeleted"
	case 2:
		r.lineItem = simUnknownLineItem // valid, and refused by the server
	case 3:
		if len(f.rows) > 0 { // the same sourcedId again, perhaps with the same content
			r = f.rows[f.rnd.IntN(len(f.rows))]
			if f.rnd.IntN(2) == 0 {
				r.score = "1"
			}
		}
	case 4, 5, 6, 7:
		r.id = ""
	}
	if f.rnd.IntN(4) == 0 {
		r.comment = "said \"très bien, done\"\nand more"
	}
	if f.rnd.IntN(6) == 0 {
		r.note = "n"
	}
	f.rows = append(f.rows, r)
}

// simUnknownLineItem does not exist at the server.
const simUnknownLineItem = "li-unknown"

// edit changes the file as a person does between two runs, and says what was done.
func (f *simFile) edit() string {
	r := &f.rows[f.rnd.IntN(len(f.rows))]
	switch f.rnd.IntN(13) {
	case 0, 1:
		r.score = fmt.Sprint(f.rnd.IntN(100))
		return "a score is corrected"
	case 2:
		r.comment = map[bool]string{true: "", false: "another word"}[r.comment != ""]
		return "a comment is written or removed"
	case 3:
		f.add()
		return "a row is added"
	case 4:
		if len(f.rows) > 1 {
			i := f.rnd.IntN(len(f.rows))
			f.rows = slices.Delete(f.rows, i, i+1)
		}
		return "a row is removed"
	case 5, 6:
		r.status = map[bool]string{true: "active", false: "tobedeleted"}[r.status == "tobedeleted"]
		return "a row is deleted, or brought back"
	case 7:
		f.rnd.Shuffle(len(f.rows), func(i, j int) { f.rows[i], f.rows[j] = f.rows[j], f.rows[i] })
		return "rows are reordered"
	case 8:
		f.rnd.Shuffle(len(f.columns), func(i, j int) { f.columns[i], f.columns[j] = f.columns[j], f.columns[i] })
		return "columns are reordered"
	case 9:
		f.names = [][]string{{"grades.csv"}, {"results.csv"}, {"first.csv", "second.csv"}}[f.rnd.IntN(3)]
		return "the file is renamed or split"
	case 10:
		f.crlf, f.bom = f.rnd.IntN(2) == 0, f.rnd.IntN(2) == 0
		return "another program saves the file"
	case 11:
		if r.score == "85%" {
			r.score = "85"
		}
		if r.lineItem == simUnknownLineItem {
			r.lineItem = "li1"
		}
		return "a rejected row is corrected"
	}
	for i := range f.rows {
		f.rows[i].score = fmt.Sprint(f.rnd.IntN(100))
	}
	return "every score changes"
}

// write writes the files and returns their paths.
func (f *simFile) write(dir string) ([]string, error) {
	rest := f.rows
	paths := make([]string, 0, 2)
	for i, name := range f.names {
		n := len(rest)
		if i == 0 && len(f.names) == 2 && n >= 2 {
			n /= 2
		}
		if n == 0 {
			break
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, f.text(rest[:n]), 0o600); err != nil {
			return nil, err
		}
		paths, rest = append(paths, path), rest[n:]
	}
	return paths, nil
}

func (f *simFile) text(rows []simRow) []byte {
	var b strings.Builder
	if f.bom {
		b.WriteString("\ufeff")
	}
	end := "\n"
	if f.crlf {
		end = "\r\n"
	}
	b.WriteString(strings.Join(f.columns, ",") + end)
	for _, r := range rows {
		for i, c := range f.columns {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(r.field(c))
		}
		b.WriteString(end)
	}
	return []byte(b.String())
}

func (r *simRow) field(column string) string {
	switch column {
	case "sourcedId":
		return r.id
	case "status":
		return r.status
	case "lineItemSourcedId":
		return r.lineItem
	case "studentSourcedId":
		return r.student
	case "scoreStatus":
		return "fully graded"
	case "score":
		return r.score
	case "scoreDate":
		return "2026-06-01"
	case "comment":
		if r.comment == "" {
			return ""
		}
		return `"` + strings.ReplaceAll(r.comment, `"`, `""`) + `"`
	case "metadata.note":
		return r.note
	}
	return "ignored"
}
