package gradecsv

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	fullHeader = "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate," +
		"comment,textScore,classSourcedId,inProgress,incomplete,late,missing"
	shortHeader = "lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment"
	goodRow     = "li1,st1,fully graded,85,2026-06-01,fine"
)

// readText reads text as standard input.
func readText(t testing.TB, text string, o Options) (*Reader, []Row) {
	t.Helper()
	o.Stdin = strings.NewReader(text)
	r, err := Open([]string{"-"}, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return r, readAll(t, r)
}

func readAll(t testing.TB, r *Reader) []Row {
	t.Helper()
	var all []Row
	for {
		rows := make([]Row, 3)
		n, err := r.Read(rows)
		all = append(all, rows[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
	}
}

// messages are the rows' errors, one a line, with values.
func messages(rows []Row) string {
	var b strings.Builder
	for _, row := range rows {
		for _, p := range row.Errors {
			b.WriteString(p.Position() + ": " + p.Text(true) + "\n")
		}
	}
	return b.String()
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rejects writes the rows that keep selects.
func rejects(t testing.TB, rows []Row, keep func(Row) bool) string {
	t.Helper()
	var b strings.Builder
	w := NewRejectWriter(&b)
	for i := range rows {
		if keep(rows[i]) {
			if err := w.Add(&rows[i], "rejected", "a reason, with \"quotes\""); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.String()
}

func everyRow(Row) bool   { return true }
func accepted(r Row) bool { return len(r.Errors) == 0 && r.Filtered == "" }
