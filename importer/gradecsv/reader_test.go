package gradecsv

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// TestLines has what becomes of every line: A accepted, R rejected, F filtered, each with its first line.
func TestLines(t *testing.T) {
	row := func(id string) string { return id + ",st1,fully graded,85,2026-06-01,fine\n" }
	tests := []struct{ name, body, want, problems string }{
		{"plain", row("a") + row("b"), "A2 A3", ""},
		{"no line end at the end", row("a") + strings.TrimSpace(row("b")), "A2 A3", ""},
		{"CR at the end", row("a") + strings.TrimSpace(row("b")) + "\r", "A2 A3", ""},
		{"CRLF", strings.ReplaceAll(row("a")+row("b"), "\n", "\r\n"), "A2 A3", ""},
		{"blank lines", "\n\r\n" + row("a") + "\n\n" + row("b") + "\n", "A4 A7", ""},
		{"rows of delimiters", row("a") + ",,,,,\n,, ,\n", "A2 F3 F4", ""},
		{"too few fields", "a,st1,exempt\n" + row("b"), "R2 A3",
			"stdin:2:1: too few fields, the header has 6; " + shortHint + "; found \"3 fields\"\n"},
		{"too many fields", "a,st1,exempt,,2026-06-01,,,\n" + row("b"), "R2 A3",
			"stdin:2:1: too many fields, the header has 6; " + unnamedHint + "; found \"8 fields\"\n"},
		{"position after a field of several lines", "a,st1,exempt,,2026-06-01,\"one\r\ntwo, \"\"three\"\"\"\r\n" + "b,st1,exempt,x,2026-06-01,\n", "A2 R4",
			"stdin:4:14: score: must be a plain number such as 85 or 92.5; letters go into textScore; found \"x\"\n"},
		{"position inside a row of several lines", "\"a\nb\",\"s t\",exempt,,2026-06-01,\n" + row("b"), "R2 A4",
			"stdin:2:1: lineItemSourcedId: contains a line break (U+000A); an id has only letters A-Z and a-z, digits and . - _ / @; found \"a\\nb\"\n" +
				"stdin:3:4: studentSourcedId: contains a space (U+0020); an id has only letters A-Z and a-z, digits and . - _ / @; found \"s t\"\n"},
		{"bare quote", "a,st1,exempt,,2026-06-01,5\" disk\n" + row("b"), "R2 A3",
			"stdin:2:27: a quote inside a field that is not quoted; quote the whole field and double the quotes in it\n"},
		{"text after a quote", "a,st1,exempt,,2026-06-01,\"5\" disk\n" + row("b"), "R2 A3",
			"stdin:2:29: text after a closing quote; double the quotes inside a quoted field\n"},
		{"text after a quote in a later line", "a,st1,exempt,,2026-06-01,\"5\ny\" disk\n" + row("b"), "R2 R3 A4",
			"stdin:2:26: a quote opens here and is never closed; remove it, or close it\n" +
				"stdin:3:2: a quote inside a field that is not quoted; quote the whole field and double the quotes in it\n"},
		{"a quote open to the end", row("a") + "b,st1,exempt,,2026-06-01,\"late\nc,d\n", "A2 R3 R4",
			"stdin:3:26: a quote opens here and is never closed; remove it, or close it\n" +
				"stdin:4:1: too few fields, the header has 6; " + shortHint + "; found \"2 fields\"\n"},
		{"a quote that would swallow rows", "a,st1,exempt,,2026-06-01,\"late\n" + row("b") + row("c"), "R2 A3 A4",
			"stdin:2:26: a quote opens here and is not closed before the next row begins; remove it, or close it\n"},
		{"two quotes that would swallow rows", "a,st1,exempt,,2026-06-01,\"late\n" + row("b") + "c,st1,exempt,,2026-06-01,late\"\n" + row("d"), "R2 A3 R4 A5",
			"stdin:2:26: a quote opens here and is not closed before the next row begins; remove it, or close it\n" +
				"stdin:4:30: a quote inside a field that is not quoted; quote the whole field and double the quotes in it\n"},
		{"two quotes in neighbours", "a,st1,exempt,,2026-06-01,\"late\nb,st1,exempt,,2026-06-01,late\"\n" + row("c"), "R2 R3 A4",
			"stdin:2:26: a quote opens here and is not closed before the next row begins; remove it, or close it\n" +
				"stdin:3:30: a quote inside a field that is not quoted; quote the whole field and double the quotes in it\n"},
		{"a stray quote before quoted fields", "a,st1,exempt,,2026-06-01,\"late\n\"b\",st1,exempt,,2026-06-01,\"x\"\n" + row("c"), "R2 A3 A4",
			"stdin:2:26: a quote opens here and is not closed before the next row begins; remove it, or close it\n"},
		{"a quote in the second line of a record", "a,st1,exempt,,2026-06-01,\"x\ny\",\"z\n" + row("b"), "R2 R3 A4",
			"stdin:3:4: a quote opens here and is not closed before the next row begins; remove it, or close it\n" +
				"stdin:3:2: a quote inside a field that is not quoted; quote the whole field and double the quotes in it\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, bom := range []string{"", utf8BOM} {
				r, rows := readText(t, bom+shortHeader+"\n"+tt.body, Options{})
				if got := kinds(rows); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
				if got := messages(rows); got != tt.problems {
					t.Errorf("got\n%swant\n%s", got, tt.problems)
				}
				if s := r.Sources(); len(s) != 1 || s[0].Rows != int64(len(rows)) || s[0].Bytes != int64(len(bom+shortHeader+tt.body)+1) {
					t.Errorf("sources %+v", s)
				}
			}
		})
	}
}

func kinds(rows []Row) string {
	var b strings.Builder
	for _, row := range rows {
		kind := "A"
		switch {
		case len(row.Errors) > 0:
			kind = "R"
		case row.Filtered != "":
			kind = "F"
		}
		fmt.Fprintf(&b, "%s%d ", kind, row.Line)
	}
	return strings.TrimSpace(b.String())
}

// TestSameInSmallReads: what a file says does not depend on how it arrives.
func TestSameInSmallReads(t *testing.T) {
	text := utf8BOM + shortHeader + "\r\na,st1,exempt,,2026-06-01,\"x\r\ny\"\r\nb,st1,exempt,,2026-06-01,\"z\r\n" + goodRow + "\r\n"
	_, want := readText(t, text, Options{})
	r, err := Open([]string{"-"}, Options{Stdin: iotest.OneByteReader(strings.NewReader(text))})
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, r); kinds(got) != kinds(want) || messages(got) != messages(want) || kinds(got) != "A2 R4 A5" {
		t.Errorf("got %s, want %s", kinds(got), kinds(want))
	}
}

func TestQuotedHeaderAfterBOM(t *testing.T) {
	text := utf8BOM + `"` + strings.ReplaceAll(shortHeader, ",", `","`) + "\"\r\n" + goodRow + "\r\n"
	if r, rows := readText(t, text, Options{}); kinds(rows) != "A2" || len(r.Warnings()) != 0 {
		t.Errorf("got %s, warnings %v", kinds(rows), r.Warnings())
	}
}

func TestHeaderWarnings(t *testing.T) {
	r, rows := readText(t, " LINEITEMSOURCEDID,studentSourcedId,scoreStatus,scoreDate,Metadata.term,Teacher,,import.line,import.status\n"+
		"li1,st1,exempt,2026-06-01,spring,x,,7,rejected\n", Options{})
	got := ""
	for _, p := range r.Warnings() {
		got += p.String() + "\n"
	}
	want := "stdin:1:1:  LINEITEMSOURCEDID: read as lineItemSourcedId, which is how OneRoster spells it\n" +
		"stdin:1:59: Metadata.term: read as metadata.term, which is how OneRoster spells it\n" +
		"stdin:1:1: 1 column is not OneRoster's and not imported: \"Teacher\"\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if res := rows[0].Result; res.LineItem.SourcedID != "li1" || res.Metadata["term"] != "spring" || len(res.Metadata) != 1 {
		t.Errorf("got %+v", res)
	}
}

func TestInputErrors(t *testing.T) {
	good := writeFile(t, "good.csv", shortHeader+"\n"+goodRow+"\n")
	tests := []struct{ name, text, want string }{
		{"empty", "", "is empty; give a OneRoster results.csv"},
		{"BOM only", utf8BOM, "is empty; give a OneRoster results.csv"},
		{"blank lines", "\n\n", "is empty; give a OneRoster results.csv"},
		{"header only", shortHeader + "\n\n", "has a header but no rows; a results file without rows is not valid; export it again"},
		{"PNG", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "not a CSV file: it is a PNG image; give a OneRoster results.csv"},
		{"NUL", "abc\x00def\nxyz\n", "line 1: not text: the first line has NUL bytes; save it as CSV, encoded in UTF-8"},
		{"UTF-32", "\xff\xfe\x00\x00a\x00\x00\x00", "not a CSV file: it is UTF-32 text; save it as CSV, encoded in UTF-8"},
		{"mixed encodings", "é,caf\xe9\n", "line 1: the header is not UTF-8 text; save it as CSV, encoded in UTF-8"},
		{"stray quote", "a,\"b\n" + goodRow, "line 1: the header has a stray quote at column 3; remove it, or double it inside quotes"},
		{"long", strings.Repeat("x", maxRecord+1), "line 1: the first line has more than 1 MiB and cannot be a header; save it as CSV, encoded in UTF-8"},
		{"missing", "lineItemId,Student_Sourced_Id,score,scoreDate\nx\n", "not a OneRoster results file: missing columns lineItemSourcedId, studentSourcedId, scoreStatus; " +
			"found \"lineItemId\", \"Student_Sourced_Id\", \"score\", \"scoreDate\"; perhaps rename \"Student_Sourced_Id\" to studentSourcedId"},
		{"missing, a name that is not shown", "lineItemSourcedId,studentSourceKid,scoreStatus,score,scoreDate\nx\n", "not a OneRoster results file: missing column studentSourcedId; " +
			"found \"lineItemSourcedId\", column 2, \"scoreStatus\", \"score\", \"scoreDate\" (--show-values shows its name, which may be a student's); perhaps rename column 2 to studentSourcedId"},
		{"no date", strings.ReplaceAll(shortHeader, ",scoreDate", "") + "\nx\n", "not a OneRoster results file: missing column scoreDate; " +
			"found \"lineItemSourcedId\", \"studentSourcedId\", \"scoreStatus\", \"score\", \"comment\"; add the column, or give the date of all rows with --score-date"},
		{"missing, a column without a name", "lineItemSourcedId,,scoreStatus,score,scoreDate\nx\n", "not a OneRoster results file: missing column studentSourcedId; " +
			"found \"lineItemSourcedId\", column 2, which has no name, \"scoreStatus\", \"score\", \"scoreDate\"; perhaps it is column 2: write its name into the header"},
		{"sep", "sep=#\n" + shortHeader + "\n" + goodRow, "line 1: the sep= line does not name comma, semicolon, tab or |; correct it, or remove it"},
		{"twice", shortHeader + ",Score\nx\n", "the column \"score\" is there twice; remove one of the two columns, or rename it"},
		{"metadata twice", shortHeader + ",metadata.a,metadata.a\nx\n", "the column \"metadata.a\" is there twice; remove one of the two columns, or rename it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bad := writeFile(t, "bad.csv", tt.text)
			for _, paths := range [][]string{{bad}, {good, bad}} {
				_, err := Open(paths, Options{})
				var input *InputError
				if !errors.As(err, &input) || err.Error() != bad+": "+tt.want {
					t.Errorf("got  %v\nwant %s", err, bad+": "+tt.want)
				}
			}
		})
	}
}

func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	good := writeFile(t, "good.csv", shortHeader+"\n"+goodRow+"\n")
	tests := []struct {
		paths []string
		o     Options
		want  string
	}{
		{nil, Options{}, "no file to read; name a CSV file, or - for standard input"},
		{[]string{dir}, Options{}, dir + ": is a directory; name the CSV file in it"},
		{[]string{good, dir + "/none.csv"}, Options{}, dir + "/none.csv: no such file; check the name and the directory"},
		{[]string{good + "/x"}, Options{}, good + "/x: not a directory"},
		{[]string{"-", "-"}, Options{}, "stdin: is named more than once; standard input can be read only once"},
		{[]string{good}, Options{Delimiter: '"'}, "'\"' is not one of comma, semicolon, tab and |"},
		{[]string{good}, Options{ScoreDate: "1 June"}, "\"1 June\" is no date; write it as YYYY-MM-DD, such as 2026-06-01"},
	}
	for _, tt := range tests {
		var input *InputError
		if _, err := Open(tt.paths, tt.o); !errors.As(err, &input) || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestSeveralFiles(t *testing.T) {
	text := shortHeader + "\n" + goodRow + "\n"
	a, b := writeFile(t, "a.csv", text+"bad\n"), writeFile(t, "b.csv", utf8BOM+text)
	r, err := Open([]string{a, "-", b}, Options{Stdin: strings.NewReader(strings.ToUpper(shortHeader) + "\n" + goodRow + "\n")})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	if got := kinds(rows); got != "A2 R3 A2 A2" || rows[0].File != a || rows[2].File != "stdin" || rows[3].File != b {
		t.Errorf("got %s", got)
	}
	if rows[0].Raw.Header != rows[3].Raw.Header || rows[0].Raw.Header == rows[2].Raw.Header {
		t.Error("headers are not told apart by what they say")
	}
	sum := sha256.Sum256([]byte(text + "bad\n"))
	if got, want := r.Sources()[0], (SourceInfo{a, hex.EncodeToString(sum[:]), int64(len(text) + 4), 2, "oneroster", "UTF-8", "comma"}); got != want || len(r.Sources()) != 3 {
		t.Errorf("got %+v, want %+v", r.Sources(), want)
	}
	if _, total := r.Bytes(); total != 0 {
		t.Errorf("total is %d with standard input", total)
	}
	if n, err := r.Read(make([]Row, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d, %v", n, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestBytesOfFiles(t *testing.T) {
	text := shortHeader + "\n" + goodRow + "\n"
	r, err := Open([]string{writeFile(t, "a.csv", text), writeFile(t, "b.csv", text)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, r)
	if read, total := r.Bytes(); read != total || total != int64(2*len(text)) {
		t.Errorf("read %d of %d", read, total)
	}
}

// What was returned, and not what was read ahead, is the progress, however the file is packed.
func TestBytesAreThoseOfTheRowsReturned(t *testing.T) {
	var b strings.Builder
	b.WriteString(shortHeader + "\n")
	for i := range 20000 {
		fmt.Fprintf(&b, "%x\n", sha256.Sum256([]byte{byte(i), byte(i >> 8)})) // rows need not be good
	}
	text := b.String()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write([]byte(text)); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	wide := "\xff\xfe" + strings.Join(strings.Split(text, ""), "\x00") + "\x00"
	for name, content := range map[string]string{"a.csv": text, "b.csv.gz": packed.String(), "c.csv": wide} {
		r, err := Open([]string{writeFile(t, name, content)}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for rows, n := make([]Row, 500), 0; n < 10000; {
			more, err := r.Read(rows)
			if n += more; err != nil {
				t.Fatal(err)
			}
		}
		if read, total := r.Bytes(); float64(read) < 0.45*float64(total) || float64(read) > 0.55*float64(total) {
			t.Errorf("%s: half of the rows are %d of %d bytes", name, read, total)
		}
		r.Close()
	}
}

func TestBadStdinAfterAGoodFileIsAnInputErrorOfRead(t *testing.T) {
	good := writeFile(t, "good.csv", shortHeader+"\n"+goodRow+"\n")
	r, err := Open([]string{good, "-"}, Options{Stdin: strings.NewReader("")})
	if err != nil {
		t.Fatal(err)
	}
	n, err := r.Read(make([]Row, 5))
	if n != 1 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
	var input *InputError
	if _, err = r.Read(make([]Row, 5)); !errors.As(err, &input) {
		t.Errorf("got %v", err)
	}
}

// TestReadError: rows before the place are returned, a line that broke off is not taken for a row.
func TestReadError(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, rest := range []string{"", goodRow, "a,b,\"c\n" + goodRow} {
		in := io.MultiReader(strings.NewReader(shortHeader+"\n"+goodRow+"\n"+rest), iotest.ErrReader(broken))
		r, err := Open([]string{"-"}, Options{Stdin: in})
		if err != nil {
			t.Fatal(err)
		}
		n, err := r.Read(make([]Row, 5))
		if n != 1 || err != nil {
			t.Fatalf("got %d, %v", n, err)
		}
		var re *ReadError
		if _, err = r.Read(make([]Row, 5)); !errors.As(err, &re) || re.Line != 3 || re.Path != "stdin" || !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestReadAfterClose(t *testing.T) {
	r, err := Open([]string{writeFile(t, "a.csv", shortHeader+"\n"+goodRow+"\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := r.Read(make([]Row, 1)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// endless is n bytes of one character.
type endless struct {
	n    int
	char byte
}

func (e *endless) Read(p []byte) (int, error) {
	if e.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range p[:n] {
		p[i] = e.char
	}
	e.n -= n
	return n, nil
}

// TestMemoryIsBounded reads 100 MiB that are one line, and 32 MiB inside a quote.
func TestMemoryIsBounded(t *testing.T) {
	const bound = 16 << 20
	tests := []struct {
		name, begin string
		size        int
		char        byte
		want        string
		problem     string
	}{
		{"line", "a,b,", 100 << 20, 'x', "A2 R3 A4", "stdin:3:1: the line has more than 1 MiB and was skipped; the rejects file does not repeat it\n"},
		{"quote", "a,b,\"", 32 << 20, '\n', "A2 R3 A33554436", "stdin:3:5: a quote opens here and is never closed; remove it, or close it\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := io.MultiReader(strings.NewReader(shortHeader+"\n"+goodRow+"\n"+tt.begin), &endless{tt.size, tt.char},
				strings.NewReader("\n"+goodRow+"\n"))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := Open([]string{"-"}, Options{Stdin: in})
			if err != nil {
				t.Fatal(err)
			}
			rows := readAll(t, r)
			runtime.ReadMemStats(&after)
			if got := kinds(rows); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := messages(rows[:2]); got != tt.problem {
				t.Errorf("got %s", got)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > bound {
				t.Errorf("allocated %d MiB", used>>20)
			}
		})
	}
}

func TestRecordsUpToTheCap(t *testing.T) {
	row := func(n int) string {
		begin := "a,st1,exempt,,2026-06-01,\""
		return begin + strings.Repeat("y\n", (n-len(begin)-2)/2) + strings.Repeat("y", (n-len(begin)-2)%2) + "\"\n"
	}
	at := row(maxRecord)
	if len(at) != maxRecord {
		t.Fatalf("the row has %d bytes", len(at))
	}
	_, rows := readText(t, shortHeader+"\n"+at+goodRow+"\n", Options{})
	if len(rows) != 2 || rows[0].Errors[0].Code != "text.value" {
		t.Errorf("a record of %d bytes is not one", len(at))
	}
	_, rows = readText(t, shortHeader+"\n"+row(maxRecord+1), Options{})
	if rows[0].Errors[0].Code != "row.quote" || len(rows) < 3 {
		t.Errorf("a record of more than maxRecord was taken")
	}
}
