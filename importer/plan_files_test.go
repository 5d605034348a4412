package importer

import (
	"testing"

	"gradebook-import/importer/gradecsv"
)

// An intent names the file as it was given, also where a file before it has no rows, where a file is given twice, and
// where the rows lie in an archive or come in parts.
func TestIntentsNameTheFileGiven(t *testing.T) {
	p := &planner{Config: Config{Files: []string{"empty.csv", "a.csv", "a.csv", "b.zip", "-"}}}
	for _, row := range []struct {
		file       string
		line, part int
		index      uint16
		place      string
	}{
		{"a.csv", 2, 0, 1, "a.csv:2"}, {"a.csv", 3, 0, 1, "a.csv:3"}, {"a.csv", 3, 1, 1, "a.csv:3"}, {"a.csv", 4, 0, 1, "a.csv:4"},
		{"a.csv", 2, 0, 2, "a.csv:2"}, {"a.csv", 4, 0, 2, "a.csv:4"},
		{"b.zip/results.csv", 2, 0, 3, "b.zip/results.csv:2"}, {"stdin", 7, 0, 4, "stdin:7"},
	} {
		at := p.position(&gradecsv.Row{File: row.file, Line: row.line, Part: row.part})
		if got := p.files[len(p.files)-1].index; got != row.index || p.place(at) != row.place {
			t.Errorf("%s:%d: file %d at %s, want file %d at %s", row.file, row.line, got, p.place(at), row.index, row.place)
		}
	}
	if len(p.files) != 4 {
		t.Errorf("%d spans of lines, want 4", len(p.files))
	}
}
