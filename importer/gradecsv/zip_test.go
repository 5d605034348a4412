package gradecsv

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

const (
	zipManifest = "propertyName,value\noneroster.version,1.2\nfile.results,bulk\n"
	zipResults  = shortHeader + "\n" + goodRow + "\n"
)

// packed makes a zip of names and texts, by turns.
func packed(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	zw := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := zw.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// openZipped opens a zip of these bytes, and removes its directory from an error.
func openZipped(t testing.TB, data []byte) (*Reader, error) {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "a.zip")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open([]string{name}, Options{})
	if err != nil {
		var input *InputError
		if !errors.As(err, &input) {
			t.Errorf("%T: %v", err, err)
		}
		return nil, errors.New(strings.ReplaceAll(err.Error(), dir+string(filepath.Separator), ""))
	}
	t.Cleanup(func() { r.Close() })
	return r, nil
}

func TestBadZips(t *testing.T) {
	good := packed(t, "manifest.csv", zipManifest, "results.csv", zipResults)
	encrypted := bytes.Clone(good)
	for i := range len(encrypted) - 4 { // the flag is set in the local and in the central header of each entry
		switch string(encrypted[i : i+4]) {
		case "PK\x03\x04":
			encrypted[i+6] |= 1
		case "PK\x01\x02":
			encrypted[i+8] |= 1
		}
	}
	damaged := bytes.Clone(good)
	damaged[bytes.Index(damaged, []byte("results.csv"))+len("results.csv")+20] ^= 0x55
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"no results", packed(t, "manifest.csv", "propertyName,value\noneroster.version,1.2\n"), "a.zip: has no results.csv, and its manifest says so: there are no results in it; export it again with results"},
		{"no results, no manifest", packed(t, "users.csv", "sourcedId\n"), "a.zip: has no results.csv; found \"users.csv\"; export it again, or name the CSV file itself"},
		{"absent, and there", packed(t, "manifest.csv", "propertyName,value\noneroster.version,1.2\nfile.results,\n", "results.csv", zipResults),
			"a.zip: has a results.csv, but its manifest says that it is absent; export it again; or unpack it and name results.csv"},
		{"a part is missing", packed(t, "manifest.csv", zipManifest+"file.resultScoreScales,bulk\n", "results.csv", zipResults),
			"a.zip: has no resultScoreScales.csv, which its manifest says is there, and which is a part of the results; export it again"},
		{"folder", packed(t, "export/results.csv", zipResults), `a.zip: has a folder in it: "export"; put the CSV files themselves into the zip, not their folder`},
		{"way out", packed(t, "../results.csv", zipResults), `a.zip: has an entry whose name leads out of the zip: "../results.csv"; do not use this file; ask whoever made it`},
		{"way out, Windows", packed(t, `..\results.csv`, zipResults), `a.zip: has an entry whose name leads out of the zip: "..\\results.csv"; do not use this file; ask whoever made it`},
		{"absolute", packed(t, "/results.csv", zipResults), `a.zip: has an entry whose name leads out of the zip: "/results.csv"; do not use this file; ask whoever made it`},
		{"twice", packed(t, "results.csv", zipResults, "Results.csv", zipResults), `a.zip: has "Results.csv" twice, once as "results.csv"; it is not guessed which one is meant: export it again, or unpack it and zip the right files anew`},
		{"workbook", packed(t, "[Content_Types].xml", "<x/>"), "a.zip: is a spreadsheet workbook, not a CSV file; save it as CSV, encoded in UTF-8"},
		{"encrypted", encrypted, `a.zip: is encrypted: "manifest.csv"; unpack it with its password, and zip the files without one`},
		{"damaged", damaged, "a.zip/results.csv: is damaged: it cannot be unpacked; copy or export the zip again"},
		{"cut off", good[:len(good)-30], "a.zip: is a damaged zip file: its directory cannot be read; copy or export it again"},
		{"bomb", packed(t, "results.csv", zipResults+strings.Repeat("\n", 80<<20)), "a.zip: unpacks to more than 200 times its size, as no export does; do not use this file; ask whoever made it"},
		{"not a zip", []byte("hello, hello"), "a.zip: is no zip file, whatever its name says; copy or export it again"},
		{"a bad side file", packed(t, "manifest.csv", zipManifest+"file.users,bulk\n", "results.csv", zipResults, "users.csv", "sourcedId,status\na\n"),
			"a.zip/users.csv:2: has another number of fields than the header; export the zip again"},
		{"a side file without ids", packed(t, "manifest.csv", zipManifest+"file.users,bulk\n", "results.csv", zipResults, "users.csv", "id\na\n"),
			`a.zip/users.csv: has no column sourcedId; found "id"; export the zip again`},
		{"too many entries", packed(t, many(300)...), "a.zip: has 300 entries; a OneRoster zip has at most 22; zip the CSV files of the export alone"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := openZipped(t, tt.data); err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

func many(n int) []string {
	var files []string
	for i := range n {
		files = append(files, fmt.Sprintf("f%d.csv", i), "")
	}
	return files
}

// TestLenientManifest: any order, blanks, capitals, no manifest at all, what a Mac adds, and what lies beside unasked.
func TestLenientManifest(t *testing.T) {
	tests := []struct {
		name, warnings string
		files          []string
	}{
		{"order and case", "", []string{"manifest.csv", "propertyName,value\nfile.Results,Bulk\nfile.users,\noneroster.version,1.1\n", "results.csv", zipResults}},
		{"byte order mark", "", []string{"manifest.csv", utf8BOM + zipManifest, "results.csv", utf8BOM + zipResults}},
		{"none", "the zip has no manifest.csv, as OneRoster 1.1 and 1.2 want; what is in it is read as 1.2\n", []string{"results.csv", zipResults, "users.csv", "sourcedId\nother\n"}},
		{"Mac", "", []string{"manifest.csv", zipManifest, "results.csv", zipResults, "__MACOSX/._results.csv", "x"}},
		{"version", "oneroster.version is none of 1.1 and 1.2; read as 1.2\n", []string{"manifest.csv", "propertyName,value\nfile.results,bulk\noneroster.version,2\n", "results.csv", zipResults}},
		{"unasked", "says that there is no users.csv; the one that is there is not used\n", []string{"manifest.csv", zipManifest, "results.csv", zipResults, "users.csv", "sourcedId\nother\n"}},
		{"missing", "says that there is a users.csv, but there is none; the results are not checked against it\n",
			[]string{"manifest.csv", zipManifest + "file.users,bulk\n", "results.csv", zipResults}},
		{"a delta file in spite of the manifest", "", []string{"manifest.csv", zipManifest + "file.users,bulk\n", "results.csv", zipResults, "users.csv", "sourcedId,status\nother,active\n"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := openZipped(t, packed(t, tt.files...))
			if err != nil {
				t.Fatal(err)
			}
			warnings := ""
			for _, p := range r.Warnings() {
				warnings += p.Text(false) + "\n"
			}
			if rows := readAll(t, r); kinds(rows) != "A2" || warnings != tt.warnings {
				t.Errorf("got %s\n%s%swant\n%s", kinds(rows), messages(rows), warnings, tt.warnings)
			}
			s := r.Sources()[0]
			if !strings.HasSuffix(s.File, "a.zip/results.csv") || s.Rows != 1 || len(s.SHA256) != 64 || s.Bytes == 0 {
				t.Errorf("sources %+v", s)
			}
		})
	}
}

// TestCrossCheckMemory: what is kept for checks costs at most 200 bytes an object, of each kind.
func TestCrossCheckMemory(t *testing.T) {
	tests := []struct{ file, header, row string }{
		{"users", "sourcedId,status", "a-student-with-a-long-sourced-id-%032d,\n"},
		{"lineItems", "sourcedId,status,classSourcedId,academicSessionSourcedId,assignDate,resultValueMin,resultValueMax",
			"a-line-item-with-a-long-sourced-id-%032d,,class-%[1]d,session,2026-01-01,0,100\n"},
		{"enrollments", "sourcedId,status,classSourcedId,userSourcedId,role", "e%d,,class-%[1]d,a-student-with-a-long-id-%032[1]d,student\n"},
		{"academicSessions", "sourcedId,status,startDate,endDate", "a-session-with-a-long-sourced-id-%032d,,2026-01-01,2026-06-01\n"},
		{"resultScoreScales", "sourcedId,status,resultSourcedId,scoreScaleSourcedId", "x,,a-result-with-a-long-sourced-id-%032d,scale\n"},
		{"resultLearningObjectiveIds", "sourcedId,status,resultSourcedId,source,learningObjectiveId,score",
			"x,,a-result-with-a-long-sourced-id-%032d,case,objective,3\n"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			const n = 58000 // directly after the tables have grown, when they are emptiest
			text := strings.Builder{}
			text.WriteString(tt.header + "\n")
			for i := range n {
				fmt.Fprintf(&text, tt.row, i)
			}
			z := unpackedForTest(t, packed(t, "manifest.csv", zipManifest+"file."+tt.file+",bulk\n", "results.csv", zipResults, tt.file+".csv", text.String()))
			text.Reset()
			before := heap()
			r, err := z.loadRefs()
			if err != nil {
				t.Fatal(err)
			}
			each := float64(heap()-before) / n
			if each > 200 || each < 16 {
				t.Errorf("%.0f bytes an object", each)
			}
			t.Logf("%.0f bytes an object", each)
			runtime.KeepAlive(r)
		})
	}
}

func unpackedForTest(t *testing.T, data []byte) *archive {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.zip")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	z, err := openZip(name, f)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestZipRejects: a row keeps in its rejects file what other files of the zip said of it, right or wrong, and that file
// alone gives the same results and the same errors of these parts.
func TestZipRejects(t *testing.T) {
	rows := readAll(t, sample{file: "oneroster-1.2.zip"}.open(t))
	text := rejects(t, rows, everyRow)
	_, again := readText(t, text, Options{})
	if got, want := kinds(again), "A2 A3 A4 A5 A6 A7 A8 A9 R10"; got != want {
		t.Errorf("got %s\n%s", got, messages(again))
	}
	if !reflect.DeepEqual(again[0].Result, rows[0].Result) || again[0].Result.ScoreScale == nil || len(again[0].Result.LearningObjectiveSet) != 2 {
		t.Errorf("got %+v", again[0].Result)
	}
	want := "stdin:10:56: import.parts: score must be a plain number such as 85 or 92.5; letters go into textScore; found \"x\"\n"
	if got := messages(again); got != want {
		t.Errorf("got %s", got)
	}
	if twice := rejects(t, again, everyRow); twice != text {
		t.Errorf("got\n%s\nwant\n%s", twice, text)
	}
	_, corrected := readText(t, strings.Replace(text, `""score"":""x""`, `""score"":""3""`, 1), Options{})
	if kinds(corrected[8:]) != "A10" || corrected[8].Result.LearningObjectiveSet[0].LearningObjectiveResults[0].Score != "3" {
		t.Errorf("got %+v", corrected[8].Result)
	}
	_, broken := readText(t, strings.Replace(text, `{""scoreScale`, `[""scoreScale`, 1), Options{})
	if len(broken[0].Errors) != 1 || broken[0].Errors[0].Code != "parts.json" {
		t.Errorf("got %s", messages(broken))
	}
}

// TestSeveralScoreScales: the API takes one, and nobody chooses for the person.
func TestSeveralScoreScales(t *testing.T) {
	r, err := openZipped(t, packed(t, "manifest.csv", zipManifest+"file.resultScoreScales,bulk\n", "results.csv", "sourcedId,"+shortHeader+"\nr1,"+goodRow+"\n",
		"resultScoreScales.csv", "sourcedId,resultSourcedId,scoreScaleSourcedId\n1,r1,a\n2,r1,b\n"))
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	_, again := readText(t, rejects(t, rows, everyRow), Options{})
	if kinds(rows) != "R2" || rows[0].Errors[0].Line != 3 || kinds(again) != "R2" {
		t.Errorf("got %s, again %s", messages(rows), messages(again))
	}
}

// A zip from standard input gives the rows that it gives as a file, and leaves nothing behind.
func TestZipFromStdin(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	data := packed(t, "manifest.csv", zipManifest, "results.csv", zipResults)
	r, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(data)})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if info := r.Sources()[0]; len(rows) != 1 || len(rows[0].Errors) > 0 || info.File != "stdin/results.csv" || info.Bytes != int64(len(data)) {
		t.Errorf("%d rows, %+v", len(rows), info)
	}
	damaged := bytes.Clone(data)
	damaged[bytes.Index(data, []byte("results.csv"))+30] ^= 0xff
	for name, c := range map[string]struct {
		data       []byte
		dir, wants string
	}{
		"cut":     {data[:len(data)-10], dir, "damaged zip"},
		"damaged": {damaged, dir, "damaged"},
		"no room": {data, filepath.Join(dir, "none"), "TMPDIR"},
	} {
		t.Setenv("TMPDIR", c.dir)
		if _, err := Open([]string{"-"}, Options{Stdin: bytes.NewReader(c.data)}); err == nil || !strings.Contains(err.Error(), c.wants) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A lookup is bounded by what it unpacks to.
func TestLookupBomb(t *testing.T) {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	fmt.Fprint(zw, "number,sourcedId\n")
	line := bytes.Repeat([]byte("7,"+strings.Repeat("s", 1<<16-3)+"\n"), 16)
	for range 5 {
		_, _ = zw.Write(line)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, "bomb.csv", b.String())
	if _, err := readLookup(path, "number", "sourcedId", 4<<20); err == nil || !strings.Contains(err.Error(), "256 MiB unpacked") {
		t.Errorf("%d bytes packed: %v", b.Len(), err)
	}
}
