package gradecsv

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzProfileRead: whatever a file holds, reading it by a built-in profile ends without a panic, every problem lies
// inside the file, and what was accepted comes back from a rejects file as it was.
func FuzzProfileRead(f *testing.F) {
	for i, name := range Profiles() {
		for _, s := range files() {
			if text, err := os.ReadFile(filepath.Join(samplesDir, s.file)); err != nil {
				f.Fatal(err)
			} else if len(text) < 10000 {
				f.Add(string(text), byte(i), s.options.Delimiter == ';')
			}
		}
		f.Add(book, byte(i), false)
		f.Add("a:,b\n"+book+",,,,,\n\"x\ny\",1,2,3,4,5\n\"open,1,2,3,4,5\n", byte(len(name)), false)
	}
	f.Fuzz(func(t *testing.T, text string, profile byte, semicolon bool) {
		o := Options{ScoreDate: "2026-05-29", Mapping: append(Profiles(), AutoMapping)[int(profile)%5]}
		if semicolon {
			o.Delimiter = ';'
		}
		r, rows, ok := fuzzRead(t, text, o)
		if !ok {
			return
		}
		lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
		for _, row := range rows {
			if row.Line < 1 || row.Line > len(lines) {
				t.Fatalf("a row at line %d of %d", row.Line, len(lines))
			}
			for _, p := range append(row.Errors, r.Warnings()...) {
				if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > 4*len(lines[p.Line-1])+1 { // what is no UTF-8 is longer as UTF-8
					t.Fatalf("%s lies outside the file", p)
				}
			}
		}
		good := rejects(t, rows, accepted)
		if good == "" {
			return
		}
		_, again, ok := fuzzRead(t, good, o)
		if got, want := results(again), results(rows); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v\nfrom %q", got, want, good)
		}
	})
}

// fuzzRead reads text; false where it is refused, which must be for a reason.
func fuzzRead(t *testing.T, text string, o Options) (*Reader, []Row, bool) {
	t.Helper()
	o.Stdin = strings.NewReader(text)
	r, err := Open([]string{"-"}, o)
	var rows []Row
	for err == nil { // a file may also be refused further on, as one whose encoding is not plain
		some := make([]Row, 64)
		var n int
		n, err = r.Read(some)
		rows = append(rows, some[:n]...)
	}
	if errors.Is(err, io.EOF) {
		return r, rows, true
	}
	var input *InputError
	if !errors.As(err, &input) {
		t.Fatalf("%T: %v", err, err)
	}
	return nil, nil, false
}

// FuzzProfileParse: whatever a profile holds, it is read, or refused with a reason.
func FuzzProfileParse(f *testing.F) {
	for _, name := range Profiles() {
		source, err := ProfileSource(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(source))
	}
	f.Add("fields: {a: {b: [c, {d: &x e}]}}\nwide: *x\n--- \n? a\n: !!b c")
	f.Add("wide: {columns: [\"{a:b}\", \"}\"]}\nrows: [{as: points}, x]\nfields:\n")
	f.Fuzz(func(t *testing.T, source string) {
		_, err := parseProfile("p.yaml", []byte(source))
		var input *InputError
		if err != nil && !errors.As(err, &input) {
			t.Fatalf("%T: %v", err, err)
		}
	})
}

// FuzzZip: whatever a file that begins as a zip holds, it is read, or refused with a reason.
func FuzzZip(f *testing.F) {
	for _, s := range samples() {
		if strings.HasSuffix(s.file, ".zip") {
			data, err := os.ReadFile(filepath.Join(samplesDir, s.file))
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add(packed(f, "manifest.csv", zipManifest, "results.csv", zipResults))
	f.Add(packed(f, "../results.csv", zipResults))
	f.Fuzz(func(t *testing.T, data []byte) {
		if zr, err := zip.NewReader(bytes.NewReader(data), int64(len(data))); err == nil {
			for _, f := range zr.File {
				if f.UncompressedSize64 > 1<<20 {
					return // the caps have their own test
				}
			}
		}
		name := filepath.Join(t.TempDir(), "a.zip")
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open([]string{name}, Options{})
		var input *InputError
		var read *ReadError
		switch {
		case err == nil:
			readAll(t, r)
		case !errors.As(err, &input) && !errors.As(err, &read):
			t.Fatalf("%T: %v", err, err)
		}
	})
}
