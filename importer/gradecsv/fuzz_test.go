package gradecsv

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// FuzzReader: whatever a file holds, reading it ends, every problem lies inside the file, every row is counted, the
// rejects of its rows are CSV, and a row that was accepted comes back from them as it was.
func FuzzReader(f *testing.F) {
	for _, body := range []string{goodRow, "a,b,\"c\nd\",e\n" + goodRow, "a,\"b\n" + goodRow + "\r\n\r\n" + goodRow + "\r",
		"\"li1\",st1,exempt,,2026-06-01,\"a \"\"b\"\"\r\nc\"\n,,,,,\n", "\xef\xbb\xbf,\x00,\xff\"", goodRow + ",too,many\n" + "few"} {
		f.Add(shortHeader+"\n"+body, byte(','))
		f.Add(utf8BOM+shortHeader+",metadata.a,import.line\r\n"+body, byte(','))
	}
	f.Add(shortHeader+",import.errors\n"+goodRow+`,"too few fields; `+reviewNote+`"`, byte(','))
	for _, delim := range []byte{';', 0} {
		f.Add(strings.ReplaceAll(shortHeader+"\n"+goodRow, ",", ";"), delim)
	}
	f.Add("sep=|\nGrades\n"+strings.ReplaceAll(shortHeader+"\n"+strings.Repeat(goodRow+",\n", 3), ",", "|")+"Total|||9||", byte(0))
	f.Fuzz(func(t *testing.T, text string, delim byte) {
		if strings.HasPrefix(text, "\x1f\x8b") {
			return // positions are those of what is in it
		}
		o := Options{Delimiter: rune(delim), Encoding: EncodingUTF8, Stdin: strings.NewReader(text)}
		r, err := Open([]string{"-"}, o)
		if err != nil {
			var input *InputError
			if !errors.As(err, &input) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		rows := readAll(t, r)
		if s := r.Sources()[0]; s.Rows != int64(len(rows)) || s.Bytes != int64(len(text)) {
			t.Fatalf("%d rows, %d bytes; sources %+v", len(rows), len(text), s)
		}
		lines := bytes.Split([]byte(strings.NewReplacer("\r\n", "\r\n", "\r", "\n").Replace(text)), []byte("\n"))
		last := 1
		for _, row := range rows {
			if row.Line <= last || row.Line > len(lines) {
				t.Fatalf("a row at line %d after %d of %d", row.Line, last, len(lines))
			}
			last = row.Line
			for _, p := range append(row.Errors, r.Warnings()...) {
				if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > len(lines[p.Line-1])+1 {
					t.Fatalf("%s lies outside the file", p)
				}
			}
		}
		all := rejects(t, rows, everyRow)
		wellFormed(t, all, rune(rows[0].Raw.Header.delim))
		good := rejects(t, rows, accepted)
		if good == "" {
			return
		}
		o.Stdin = strings.NewReader(good)
		again, err := Open([]string{"-"}, o)
		if err != nil {
			t.Fatalf("the rejects are refused: %v\n%q", err, good)
		}
		if got, want := results(readAll(t, again)), results(rows); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v\nfrom %q", got, want, good)
		}
	})
}

// FuzzDecode: whatever the bytes and the encoding, reading ends, in the same rows however the bytes arrive, on lines
// that the file has; and the rejects of the accepted rows are those rows again in the same encoding.
func FuzzDecode(f *testing.F) {
	text := shortHeader + "\n" + goodRow + "\nli1,s t,exempt,,2026-06-01,\"José,\nMuñoz\"\n"
	for i := range Encodings() {
		for _, eol := range []string{"\n", "\r\n", "\r"} {
			for _, c := range []charset{charsetUTF8, charsetUTF16LE, charsetUTF16BE, charset1252, charsetMac} {
				f.Add(encoded(c, true, eol, text), byte(i))
			}
		}
	}
	f.Add(gzipped(text), byte(0))
	f.Add(gzipped(text)[:100], byte(0))
	f.Add("\xff\xfe\x00\xd8\x00", byte(0))
	f.Fuzz(func(t *testing.T, file string, option byte) {
		o := Options{Encoding: Encodings()[int(option)%len(Encodings())]}
		rows, r, err := attempt(strings.NewReader(file), o)
		slowly, _, slowErr := attempt(iotest.OneByteReader(strings.NewReader(file)), o)
		if kinds(rows) != kinds(slowly) && o.Encoding != EncodingAuto { // a guess depends on how much was seen
			t.Fatalf("%s (%v), but slowly %s (%v)", kinds(rows), err, kinds(slowly), slowErr)
		}
		for _, row := range rows {
			if most := 1 + strings.Count(file, "\n") + strings.Count(file, "\r"); row.Line > most && !strings.HasPrefix(file, "\x1f") {
				t.Fatalf("a row at line %d of %d", row.Line, most)
			}
		}
		if err != nil {
			return
		}
		if s := r.Sources()[0]; s.Rows != int64(len(rows)) || s.Bytes != int64(len(file)) {
			t.Fatalf("%d rows, %d bytes; sources %+v", len(rows), len(file), s)
		}
		good := slices.DeleteFunc(slices.Clone(rows), func(r Row) bool { return !accepted(r) })
		if len(good) == 0 || good[0].Raw.Header != good[len(good)-1].Raw.Header {
			return
		}
		c := good[0].Raw.Header.charset
		o.Encoding = c.option()
		again, _, err := attempt(strings.NewReader(rejects(t, good, everyRow)), o)
		if err != nil || !reflect.DeepEqual(results(again), results(good)) {
			t.Fatalf("%v, got  %+v\nwant %+v", err, results(again), results(good))
		}
	})
}

// attempt reads as far as it goes.
func attempt(in io.Reader, o Options) (all []Row, r *Reader, err error) {
	o.Stdin = in
	r, err = Open([]string{"-"}, o)
	if err != nil {
		return nil, nil, err
	}
	defer r.Close()
	for {
		rows := make([]Row, 7)
		n, err := r.Read(rows)
		all = append(all, rows[:n]...)
		if err == io.EOF {
			return all, r, nil
		}
		if err != nil {
			return all, r, err
		}
	}
}
