package gradecsv

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the files of samples/expected anew")

const samplesDir = "../../samples"

type sample struct {
	file    string
	options Options
	// profile is what reads it.
	profile string
}

func samples() []sample {
	return []sample{
		{"results.csv", Options{}, "oneroster"},
		{"oneroster-1.2.zip", Options{}, "oneroster"},
		{"oneroster-1.1-delta.zip", Options{}, "oneroster"},
		{"canvas.csv", Options{ScoreDate: "2026-05-29"}, "canvas"},
		{"canvas-semicolon.csv", Options{ScoreDate: "2026-05-29", Delimiter: ';'}, "canvas"},
		{"powerteacher_pst.csv", Options{}, "powerteacher"},
		{"long.csv", Options{}, "long"},
		{"percent-wide.csv", Options{Delimiter: ';', Mapping: "mappings/percent-wide.yaml"}, "percent-wide"},
	}
}

func (s sample) open(t testing.TB) *Reader {
	t.Helper()
	t.Chdir(samplesDir)
	return s.read(t)
}

// read opens the file from where the test is.
func (s sample) read(t testing.TB) *Reader {
	t.Helper()
	r, err := Open([]string{s.file}, s.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestSamples: each sample file gives the results, the errors and the warnings that samples/expected has.
func TestSamples(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.file, func(t *testing.T) {
			r := s.open(t)
			rows := readAll(t, r)
			if d := r.Detections(); len(d) != 1 || d[0].Profile != s.profile {
				t.Errorf("detected %+v", d)
			}
			golden(t, s.file+".jsonl", payloads(t, rows))
			golden(t, s.file+".txt", remarks(r, rows))
		})
	}
}

// payloads are the bodies of the accepted rows, one a line.
func payloads(t testing.TB, rows []Row) []byte {
	var b bytes.Buffer
	for _, row := range rows {
		if !accepted(row) {
			continue
		}
		body, err := json.Marshal(row.Result)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(body, '\n'))
	}
	return b.Bytes()
}

// remarks are all that is said of a file, and what is left out of it.
func remarks(r *Reader, rows []Row) []byte {
	var b bytes.Buffer
	for _, d := range r.Detections() {
		fmt.Fprintf(&b, "%s: read as %s: %s\n", d.File, d.Profile, d.Why)
	}
	for _, p := range r.Warnings() {
		fmt.Fprintln(&b, p)
	}
	for _, row := range rows {
		if row.Filtered != "" {
			fmt.Fprintf(&b, "%s:%d: %s\n", row.File, row.Line, row.Filtered)
		}
		for _, p := range append(row.Errors, row.Warnings...) {
			fmt.Fprintln(&b, p)
		}
	}
	return b.Bytes()
}

// golden compares with a file of samples/expected, or writes it. The working directory is samples.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("expected", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
