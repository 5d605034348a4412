package gradecsv

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
)

const utf8BOM = "\xef\xbb\xbf"

// foreign are the beginnings of files that people take for CSV files, or give by mistake.
func foreign() []struct{ magic, what, hint string } {
	const asCSV = "save it as CSV, encoded in UTF-8"
	return []struct{ magic, what, hint string }{
		{"\xff\xfe\x00\x00", "UTF-32 text", asCSV},
		{"PK\x03\x04", "a zip file or a spreadsheet workbook", "unpack it, or " + asCSV},
		{"\xd0\xcf\x11\xe0", "an old spreadsheet workbook", asCSV},
		{"\x1f\x8b", "compressed with gzip twice", "unpack it with gunzip"},
		{"\x89PNG", "a PNG image", "give a OneRoster results.csv"},
		{"\xff\xd8\xff", "a JPEG image", "give a OneRoster results.csv"},
		{"7z\xbc\xaf", "an archive (7z)", "unpack it"},
		{"Rar!", "an archive (RAR)", "unpack it"},
		{"{\\rtf", "a rich text document", asCSV},
		{"SQLite f", "a database", "export the results from it as CSV"},
		{"%PDF-", "a PDF document", "give a OneRoster results.csv"},
		{"<!DOCTYP", "a web page, perhaps one that asks to log in", "export the file again"},
		{"<!doctyp", "a web page, perhaps one that asks to log in", "export the file again"},
		{"<html", "a web page, perhaps one that asks to log in", "export the file again"},
		{"<?xml", "an XML document", asCSV},
	}
}

// text is a file's content as UTF-8 without a byte order mark.
type text struct {
	io.Reader
	// charset is that of what was read so far; a sniffed file's is UTF-8 until it is seen to be another.
	charset charset
	bom     bool
	// notice is a warning that was not yet taken.
	notice *Problem
}

// decode finds out how the file is compressed and encoded. waits says that a read of src may wait for someone.
func decode(path, encoding string, src io.Reader, waits bool) (*text, error) {
	head, src, err := peekHead(path, src)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(head, "\x1f\x8b") {
		if src, err = unzip(path, src); err != nil {
			return nil, err
		}
		if head, src, err = peekHead(path, src); err != nil {
			return nil, err
		}
	}
	for _, f := range foreign() {
		if strings.HasPrefix(head, f.magic) {
			return nil, &InputError{path, "not a CSV file: it is " + f.what, f.hint}
		}
	}
	text := beginning(head)
	if strings.HasPrefix(text, comment) {
		text, src = pastComments(src)
	}
	switch {
	case isMarkup(text):
		return nil, &InputError{path, "not a CSV file: it is a page or a table of the web (HTML), whatever its name says",
			"open it in a spreadsheet, look whether the grades are in it, and save it as CSV, encoded in UTF-8"}
	case isJSON(text):
		return nil, &InputError{path, "not a CSV file: it is JSON, which programs give to programs", "export it again, as CSV"}
	}
	return choose(path, encoding, head, src, waits)
}

// beginning is how a text begins, whatever its case.
func beginning(text string) string {
	return strings.ToLower(strings.TrimLeft(strings.TrimPrefix(text, utf8BOM), " \t\r\n"))
}

const (
	comment = "<!--"
	// maxComments is the most of a file that is looked through for the end of its comments.
	maxComments = 16 << 10
)

// pastComments finds what follows the comments that a file begins with, which some programs write above the column names, and
// puts back what it read. Comments that do not end are what they are in a page of the web.
func pastComments(src io.Reader) (string, io.Reader) {
	var seen []byte
	part := make([]byte, 4<<10)
	for {
		n, err := src.Read(part)
		seen = append(seen, part[:n]...)
		text, ended := beginning(string(seen)), true
		for ended && strings.HasPrefix(text, comment) {
			var rest string
			if _, rest, ended = strings.Cut(text[len(comment):], "-->"); ended {
				text = beginning(rest)
			}
		}
		if err != nil {
			src = &fixed{err}
		}
		if err != nil && err != io.EOF {
			text = "" // whoever reads on is told
		}
		if ended && len(text) >= len(comment) || err != nil || len(seen) > maxComments {
			return text, io.MultiReader(bytes.NewReader(seen), src)
		}
	}
}

// isMarkup reports the beginnings of HTML that are not among foreign: some programs give a table of it the name of a spreadsheet.
func isMarkup(head string) bool {
	for _, tag := range [...]string{"<!do", comment, "<htm", "<hea", "<bod", "<tab", "<met", "<sty", "<div", "<tr>", "<fon", "<cen"} {
		if strings.HasPrefix(head, tag) {
			return true
		}
	}
	return false
}

// isJSON reports the beginning of an object, or of a list of them.
func isJSON(head string) bool {
	inner, object := strings.CutPrefix(head, "{")
	list := false
	if !object {
		inner, list = strings.CutPrefix(head, "[")
	}
	inner = strings.TrimLeft(inner, " \t\r\n")
	return (object || list) && (inner == "" || object && inner[0] == '"' || list && inner[0] == '{')
}

// peekHead reads the first bytes and puts them back.
func peekHead(path string, src io.Reader) (string, io.Reader, error) {
	head := make([]byte, 8)
	n, err := io.ReadFull(src, head)
	switch {
	case err == io.EOF:
		return "", nil, &InputError{path, "is empty", "give a OneRoster results.csv"}
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return "", nil, &ReadError{path, 1, err}
	case err != nil: // the end comes after these bytes, or a damaged one, which the next read says again
		return string(head[:n]), io.MultiReader(bytes.NewReader(head[:n]), src), nil
	}
	return string(head), io.MultiReader(bytes.NewReader(head), src), nil
}

// unzip reads a gzip file. Its errors say what to do: "unexpected EOF" tells nobody anything.
func unzip(path string, src io.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, &InputError{path, "the gzip file is damaged at its beginning", "copy or export it again"}
	}
	return &unzipped{z}, nil
}

type unzipped struct{ src io.Reader }

func (z *unzipped) Read(p []byte) (int, error) {
	n, err := z.src.Read(p)
	if err != nil && err != io.EOF {
		err = damagedGzip{err}
	}
	return n, err
}

type damagedGzip struct{ error }

func (damagedGzip) Error() string {
	return "the gzip file is damaged or incomplete; copy or export it again"
}
func (d damagedGzip) Unwrap() error { return d.error }

// choose follows the option, or what the file begins with.
func choose(path, option, head string, src io.Reader, waits bool) (*text, error) {
	found, bom := marked(head)
	t := &text{charset: found, bom: bom}
	switch {
	case option != "" && option != EncodingAuto && !fits(option, found, bom):
		return nil, contradiction(path, option, found, bom)
	case option == EncodingWindows1252:
		t.charset = charset1252
	case option == EncodingMacRoman:
		t.charset = charsetMac
	case found == charsetUTF8 && !bom && option != EncodingUTF8:
		t.Reader = &sniffer{path: path, src: src, waits: waits, line: 1, out: t}
		return t, nil
	case found != charsetUTF8 && !bom:
		t.notice = &Problem{Code: "file.encoding", File: path, Line: 1, Col: 1,
			Message: "the file has no byte order mark, but is plainly UTF-16, and was read so"}
	}
	if bom {
		io.CopyN(io.Discard, src, int64(len(found.mark())))
	}
	t.Reader = t.charset.decoder(src)
	return t, nil
}

func (c charset) decoder(src io.Reader) io.Reader {
	if e := c.encoding(); e != nil {
		return e.NewDecoder().Reader(src)
	}
	return src
}

// marked is the encoding that the first bytes show: by their mark, or by the zeros that UTF-16 has beside ASCII.
func marked(head string) (c charset, bom bool) {
	for _, c := range [...]charset{charsetUTF8, charsetUTF16LE, charsetUTF16BE} {
		if strings.HasPrefix(head, c.mark()) {
			return c, true
		}
	}
	zeros := ""
	for i := range len(head) {
		zeros += when(head[i] == 0, "0", "x")
	}
	switch zeros {
	case "x0x0x0x0":
		return charsetUTF16LE, false
	case "0x0x0x0x":
		return charsetUTF16BE, false
	}
	return charsetUTF8, false
}

// fits reports whether a file whose first bytes show found may be read as the option says.
func fits(option string, found charset, bom bool) bool {
	switch option {
	case EncodingUTF8:
		return found == charsetUTF8
	case EncodingUTF16:
		return found == charsetUTF16LE || found == charsetUTF16BE
	}
	return found == charsetUTF8 && !bom
}

func contradiction(path, option string, found charset, bom bool) error {
	if option == EncodingUTF16 && !bom {
		return &InputError{path, "has no byte order mark and is not UTF-16", "leave --encoding out, or name the right one"}
	}
	return &InputError{path, fmt.Sprintf("begins as %s text does, which --encoding %s contradicts", found, option),
		"leave --encoding out"}
}
