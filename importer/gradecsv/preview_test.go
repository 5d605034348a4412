package gradecsv

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestInitProfile: what is written for a file is a valid profile, once a person wrote what it asks for, and has nothing of its cells.
func TestInitProfile(t *testing.T) {
	for _, s := range files() {
		t.Run(s.file, func(t *testing.T) {
			o := s.options
			o.Mapping = ""
			source, err := InitProfile(filepath.Join(samplesDir, s.file), o)
			if err != nil {
				t.Fatal(err)
			}
			filled := strings.NewReplacer(": "+todo+"\n", ": {value: x}\n", "  except:\nfields:", "fields:").Replace(string(source))
			if _, err := parseProfile("p.yaml", []byte(filled)); err != nil {
				t.Errorf("%v in\n%s", err, source)
			}
			rows := readAll(t, sample{filepath.Join(samplesDir, s.file), Options{ScoreDate: "2026-01-01", Delimiter: o.Delimiter, Mapping: inSamples(s)}, ""}.read(t))
			for _, row := range rows {
				if id := row.Result.Student.SourcedID; len(id) > 3 && strings.Contains(string(source), id) {
					t.Errorf("has the student %s:\n%s", id, source)
				}
			}
		})
	}
}

func inSamples(s sample) string {
	if s.options.Mapping == "" {
		return ""
	}
	return filepath.Join(samplesDir, s.options.Mapping)
}

// TestInitProfileReads: for files with usual names the profile reads the file at once.
func TestInitProfileReads(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"long", "Pupil ID;Assessment;Mark;Date\nA1;T1;7,5;2026-01-02\nA2;T1;abs;2026-01-02\nA3;T1;abs;2026-01-02\n", "A2 R3 R4"},
		{"wide", "Student ID;Name;Essay-1;Test-2\nA1;Ann Ode;7,5;8\nA2;Bo Quill;;3\n", "A2 A2 A3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			source, err := InitProfile(writeFile(t, "grades.csv", tt.text), Options{Delimiter: ';'})
			if err != nil {
				t.Fatal(err)
			}
			own := writeFile(t, "own.yaml", string(source))
			_, rows := readText(t, tt.text, Options{Delimiter: ';', Mapping: own, ScoreDate: "2026-01-01"})
			if got := kinds(rows); got != tt.want {
				t.Errorf("got %s\n%s\nby\n%s", got, messages(rows), source)
			}
		})
	}
}

func TestPreviewFile(t *testing.T) {
	name := writeFile(t, "book.csv", book+"\"Pye, \"\"Bo\"\"\",8,s8,A,1,2\n")
	p, err := PreviewFile(name, Options{ScoreDate: "2026-01-01"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if p.Detection.Profile != "canvas" || len(p.Columns) != 6 || len(p.Records) != 2 || len(p.Records[1].Rows) != 2 ||
		p.Records[1].Line != 3 || p.Records[1].Fields[0] != "Ode, Ann" {
		t.Errorf("got %+v", p)
	}
	if p, err = PreviewFile(name, Options{ScoreDate: "2026-01-01"}, 9); err != nil || len(p.Records) != 3 || p.Records[2].Fields[0] != `Pye, "Bo"` {
		t.Errorf("got %+v, %v", p, err)
	}
}
