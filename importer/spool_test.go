package importer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gradebook-import/importer/gradecsv"
)

const header = "sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,scoreDate"

func readRows(t *testing.T, texts ...string) []gradecsv.Row {
	t.Helper()
	var paths []string
	for i, text := range texts {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("in%d.csv", i))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	r, err := gradecsv.Open(paths, gradecsv.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all []gradecsv.Row
	for {
		rows := make([]gradecsv.Row, 16)
		n, err := r.Read(rows)
		all = append(all, rows[:n]...)
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// Rows end in any order and are written in the order of the input; the file can be imported as it is.
func TestSpoolRestoresOrder(t *testing.T) {
	var text strings.Builder
	text.WriteString(header + "\n")
	for i := range 200 {
		fmt.Fprintf(&text, "r%d,l1,s%d,submitted,2026-06-01\n", i, i)
	}
	rows := readRows(t, text.String())
	path := filepath.Join(t.TempDir(), "rejects.csv")
	s := NewSpool(path)
	for _, i := range rand.Perm(len(rows)) {
		if err := s.add(&Outcome{Row: &rows[i], At: uint32(i), Status: Rejected, Problems: []gradecsv.Problem{{Message: "no"}}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(got)), "\n")
	if lines[0] != header+",import.line,import.status,import.errors" || len(lines) != 201 {
		t.Fatalf("%d lines, the first %s", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		if want := fmt.Sprintf("r%d,l1,s%d,submitted,2026-06-01,%d,rejected,no", i, i, i+2); line != want {
			t.Fatalf("line %d: %s, want %s", i+2, line, want)
		}
	}
	again := readRows(t, string(got))
	for i := range again {
		if len(again[i].Errors) > 0 || again[i].Result.Digest() != rows[i].Result.Digest() {
			t.Fatalf("row %d is not read again as it was: %v", i, again[i].Errors)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

// Rows under different headers go to different files; a run without rejects takes away those of the run before.
func TestSpoolFiles(t *testing.T) {
	rows := readRows(t, header+"\na,l,s,submitted,2026-06-01\n", header+",comment\nb,l,s,submitted,2026-06-01,x\n")
	dir := t.TempDir()
	path := filepath.Join(dir, "rejects.csv")
	s := NewSpool(path)
	for i := range rows {
		if err := s.add(&Outcome{Row: &rows[i], At: uint32(i), Status: Failed}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, name := range s.Files() {
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(got, []byte(rows[i].Result.SourcedID+",l,s")) || bytes.Count(got, []byte("\n")) != 2 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if st, _ := os.Stat(name); st.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", name, st.Mode())
		}
	}
	if err := NewSpool(path).Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// A folder that is gone is an error with its name, and no row is lost in silence.
func TestSpoolFolderGone(t *testing.T) {
	rows := readRows(t, header+"\na,l,s,submitted,2026-06-01\n")
	dir := filepath.Join(t.TempDir(), "gone")
	if err := NewSpool(filepath.Join(dir, "rejects.csv")).add(&Outcome{Row: &rows[0], Status: Rejected}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("add: %v", err)
	}
}

// What cannot be written is named as people know it, not as the temporary file beside it, and nothing is left there.
func TestASpoolThatCannotBeWrittenNamesItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "reports", "rejects.csv")
	row := readRows(t, header+"\nr,l,s,wrong,2026-06-01\n")[0]
	err := NewSpool(path).add(&Outcome{Row: &row, At: 2, Status: Rejected})
	var failed *WriteError
	if !errors.As(err, &failed) || failed.Path != path || !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), ".rejects") {
		t.Errorf("%v", err)
	}
}
