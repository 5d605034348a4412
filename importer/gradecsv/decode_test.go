package gradecsv

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// encoded is text, whose lines end in LF, as a file.
func encoded(c charset, bom bool, eol, text string) string {
	text = strings.ReplaceAll(text, "\n", eol)
	var b []byte
	if bom {
		b = append(b, c.mark()...)
	}
	return string(c.encode(b, []byte(text)))
}

func gzipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// TestEncodings: the same text gives the same results, lines and rejects in every encoding, however it arrives.
func TestEncodings(t *testing.T) {
	text := shortHeader + "\nli1,st1,fully graded,85,2026-06-01,\"José, Muñoz\nand Günther\"\nli1,st 2,exempt,,2026-06-01,très bien\n"
	_, want := readText(t, text, Options{})
	const added = ",import.line,import.status,import.errors\n"
	wantRejects := strings.Replace(text, "\n", added, 1)
	for _, tail := range []string{"Günther\"", "très bien"} {
		wantRejects = strings.Replace(wantRejects, tail, tail+`,N,rejected,"a reason, with ""quotes"""`, 1)
	}
	wantRejects = strings.Replace(strings.Replace(wantRejects, "N", "2", 1), "N", "4", 1)
	for _, tt := range []struct {
		charset charset
		bom     bool
		option  string
	}{{charsetUTF8, false, ""}, {charsetUTF8, true, ""}, {charsetUTF8, true, EncodingUTF8}, {charsetUTF16LE, true, ""},
		{charsetUTF16BE, true, EncodingUTF16}, {charsetUTF16LE, false, ""}, {charsetUTF16BE, false, EncodingUTF16},
		{charset1252, false, ""}, {charset1252, false, EncodingWindows1252}, {charsetMac, false, ""}, {charsetMac, false, EncodingMacRoman}} {
		for _, eol := range []string{"\n", "\r\n", "\r"} {
			for _, pack := range []func(string) string{strings.Clone, gzipped} {
				t.Run(fmt.Sprintf("%s %q %q", tt.charset, tt.option, eol), func(t *testing.T) {
					file := pack(encoded(tt.charset, tt.bom, eol, text))
					r, err := Open([]string{"-"}, Options{Encoding: tt.option, Stdin: iotest.OneByteReader(strings.NewReader(file))})
					if err != nil {
						t.Fatal(err)
					}
					rows := readAll(t, r)
					if kinds(rows) != "A2 R4" || messages(rows) != messages(want) || !reflect.DeepEqual(results(rows), results(want)) {
						t.Errorf("got %s %s %+v", kinds(rows), messages(rows), results(rows))
					}
					if got, want := rejects(t, rows, everyRow), encoded(tt.charset, tt.bom, eol, wantRejects); got != want {
						t.Errorf("got  %q\nwant %q", got, want)
					}
					if got := r.Sources()[0].Bytes; got != int64(len(file)) {
						t.Errorf("%d bytes, want %d", got, len(file))
					}
				})
			}
		}
	}
}

// TestGuess has what is evidence of an encoding, and what is in doubt ("?").
func TestGuess(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Jos\xe9", "Windows-1252 José"},
		{"Jos\x8e", "MacRoman José"},
		{"Mu\xf1oz", "Windows-1252 Muñoz"},
		{"Mu\x96oz", "MacRoman Muñoz"},
		{"Garc\x92a", "MacRoman García"},
		{"\xc1ngel", "Windows-1252 Ángel"},
		{"MU\xd1OZ", "Windows-1252 MUÑOZ"},
		{"don\x92t do it", "Windows-1252 don’t do it"},
		{"don\xd5t do it", "MacRoman don’t do it"},
		{"it\x92s", "?"}, // or itís
		{"pa\x92s", "?"}, // país, or pa’s
		{"H\x9ar", "?"},  // Hör, or Hšr
		{"O\x92Brien", "Windows-1252 O’Brien"},
		{"\xc8\xe2\xe0\xed", "?"}, // Иван in Windows-1251
		{"\xb3\xf3d\x9f", "?"},    // łódź in Windows-1250
		{"a\xff", "?"},
		{"José and Jos\xe9", "UTF-8 José and Jos\xe9"},
		{"Jos\xe9, Mu\x96oz", "?"},
	}
	for _, tt := range tests {
		c, certain := guess([]byte(tt.text))
		got := "?"
		if certain {
			decoded, err := io.ReadAll(c.decoder(strings.NewReader(tt.text)))
			if err != nil {
				t.Fatal(err)
			}
			got = fmt.Sprintf("%s %s", c, decoded)
		}
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestEveryByteComesBack: what is decoded and written again is what was there.
func TestEveryByteComesBack(t *testing.T) {
	for _, c := range []charset{charset1252, charsetMac} {
		var all []byte
		for i := range 256 {
			if c == charset1252 && strings.IndexByte("\x81\x8d\x8f\x90\x9d", byte(i)) >= 0 {
				continue // mean nothing, and are lost letters
			}
			all = append(all, byte(i))
		}
		decoded, err := io.ReadAll(c.decoder(bytes.NewReader(all)))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.encode(nil, decoded); !bytes.Equal(got, all) {
			t.Errorf("%s: got %q", c, got)
		}
	}
}

// TestLateEvidence: rows before the first letter are the same in any encoding; the rows from there on are of a header
// that knows its own, so that rejects of both can be written.
func TestLateEvidence(t *testing.T) {
	text := shortHeader + "\n" + strings.Repeat(goodRow+"\n", 5000) + "li1,s t,exempt,,2026-06-01,Mu\x96oz\n"
	path := writeFile(t, "late.csv", text)
	r, err := Open([]string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, r)
	last := rows[len(rows)-1]
	if last.Result.Comment != "Muñoz" || rows[0].Raw.Header == last.Raw.Header {
		t.Errorf("got %q", last.Result.Comment)
	}
	if got := rejects(t, rows, func(r Row) bool { return !accepted(r) }); !strings.Contains(got, "Mu\x96oz,5002,") {
		t.Errorf("got %q", got)
	}
	want := path + ":5002:1: the file is not UTF-8 and was read as MacRoman, which makes the letters ñ (line 5002); " +
		"where they are wrong, give --encoding windows-1252, or save the file as CSV UTF-8"
	if w := r.Warnings(); len(w) != 1 || w[0].String() != want || w[0].Value != "Muñoz" {
		t.Errorf("got %v", w)
	}
}

func TestEncodingWarningShowsExamplesOnlyWhenAsked(t *testing.T) {
	text := shortHeader + "\n" + goodRow + "\nli1,st1,exempt,,2026-06-01,Jos\xe9 and Fran\xe7ois\n\nli1,st1,exempt,,2026-06-01,\"Zo\xeb,\xc9\"\n"
	r, _ := readText(t, text, Options{})
	w := r.Warnings()
	if len(w) != 1 {
		t.Fatalf("got %v", w)
	}
	want := "the file is not UTF-8 and was read as Windows-1252, which makes the letters é, ç, ë, É (lines 3, 5); " +
		"where they are wrong, give --encoding macroman, or save the file as CSV UTF-8"
	if got := w[0].Text(false); got != want {
		t.Errorf("got %s", got)
	}
	if got := w[0].Text(true); got != want+`; found "José, François, Zoë"` {
		t.Errorf("got %s", got)
	}
}

func TestEncodingErrors(t *testing.T) {
	file := shortHeader + "\n" + goodRow + "\n"
	tests := []struct{ name, text, option, want string }{
		{"doubt", file + "li1,st1,exempt,,2026-06-01,it\x92s\n", "", "stdin: line 3: not UTF-8, and it is not plain which encoding it is; " +
			"save it as CSV UTF-8, or give --encoding: windows-1252 reads the letters as ’; macroman as í"},
		{"name", file, "latin1", `"latin1" is not one of auto, utf-8, utf-16, windows-1252, macroman`},
		{"contradicts", "\xff\xfea\x00", EncodingMacRoman, "stdin: begins as UTF-16 text does, which --encoding macroman contradicts; leave --encoding out"},
		{"UTF-8 contradicts", "\xff\xfea\x00", EncodingUTF8, "stdin: begins as UTF-16 text does, which --encoding utf-8 contradicts; leave --encoding out"},
		{"no UTF-16", file, EncodingUTF16, "stdin: has no byte order mark and is not UTF-16; leave --encoding out, or name the right one"},
		{"gzip twice", gzipped(gzipped(file)), "", "stdin: not a CSV file: it is compressed with gzip twice; unpack it with gunzip"},
		{"gzip of nothing", gzipped(""), "", "stdin: is empty; give a OneRoster results.csv"},
		{"gzip header", "\x1f\x8bxxxxxxxxxxxxxxxxxxxxx", "", "stdin: the gzip file is damaged at its beginning; copy or export it again"},
	}
	for _, tt := range tests {
		r, err := Open([]string{"-"}, Options{Encoding: tt.option, Stdin: strings.NewReader(tt.text)})
		if err == nil {
			for err == nil {
				_, err = r.Read(make([]Row, 9))
			}
		}
		var input *InputError
		if !errors.As(err, &input) || err.Error() != tt.want {
			t.Errorf("%s:\ngot  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestDamagedGzipIsAReadErrorAfterItsRows(t *testing.T) {
	var b strings.Builder
	b.WriteString(shortHeader + "\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "li%d,st%d,exempt,,2026-06-01,\n", i*7919%5000, i)
	}
	file := gzipped(b.String())
	r, err := Open([]string{writeFile(t, "cut.csv.gz", file[:len(file)/2])}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rows, n := make([]Row, 100), 0
	for err == nil {
		var k int
		k, err = r.Read(rows)
		n += k
	}
	var read *ReadError
	if !errors.As(err, &read) || n < 100 || read.Line != n+2 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v after %d rows", err, n)
	}
}

// TestLostLettersAreNotImported: a letter that could not be decoded is an error, not a question mark in a gradebook.
func TestLostLettersAreNotImported(t *testing.T) {
	for _, text := range []string{
		shortHeader + "\nli1,st1,exempt,,2026-06-01,Jos\ufffd\n",
		encoded(charsetUTF16LE, true, "\n", shortHeader+"\nli1,st1,exempt,,2026-06-01,Jos") + "\x00\xd8" + "\n\x00",
	} {
		_, rows := readText(t, text, Options{})
		want := "stdin:2:28: comment: contains U+FFFD, which stands for a letter that was lost when the file was saved; " +
			"write the letter again, and save the file as CSV UTF-8\n"
		if len(rows) != 1 || len(rows[0].Errors) != 1 || rows[0].Errors[0].String()+"\n" != want {
			t.Errorf("got %s", messages(rows))
		}
	}
}

func TestMixedLineEnds(t *testing.T) {
	text := shortHeader + "\r" + goodRow + "\n" + goodRow + "\r\n\r\r\n" + goodRow + "\n\rli1,st1,exempt,,2026-06-01,\"a\rb\"\rc"
	_, rows := readText(t, text, Options{})
	if got := kinds(rows); got != "A2 A3 A6 A8 R10" || rows[4-1].Result.Comment != "a\nb" {
		t.Errorf("got %s", got)
	}
}

// A comment says nothing of what follows it: a page of the web, or a file as it was exported. However it arrives, nothing of it
// is lost.
func TestComments(t *testing.T) {
	native := shortHeader + "\n" + goodRow + "\n"
	for _, tt := range []struct{ name, text, want string }{
		{"above the column names", "<!-- export -->\n" + native, "A3"},
		{"two, with a byte order mark", utf8BOM + "<!-- of\ntoday --> <!-- x -->\r\n\n" + native, "A5"},
		{"long", "<!--" + strings.Repeat(" ", 9000) + "-->\n" + native, "A3"},
		{"packed", gzipped("<!-- export -->\n" + native), "A3"},
		{"a page", "<!-- saved -->\n<HTML><body>", "HTML"},
		{"a table behind two", "<!-- a --><!-- b -->\n<table>", "HTML"},
		{"not ended", "<!-- a\n" + native, "HTML"},
		{"not ended for long", "<!--" + strings.Repeat(" ", maxComments) + "\n" + native, "HTML"},
		{"nothing else", "<!-- a -->\n", "fits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, src := range []io.Reader{strings.NewReader(tt.text), iotest.OneByteReader(strings.NewReader(tt.text)), iotest.DataErrReader(strings.NewReader(tt.text))} {
				r, err := Open([]string{"-"}, Options{Stdin: src})
				if err != nil {
					if !strings.Contains(err.Error(), tt.want) {
						t.Error(err)
					}
					continue
				}
				rows := readAll(t, r)
				if got := kinds(rows); got != tt.want || r.Sources()[0].Bytes != int64(len(tt.text)) {
					t.Errorf("got %s of %d bytes, want %s of %d", got, r.Sources()[0].Bytes, tt.want, len(tt.text))
				}
			}
		})
	}
}
