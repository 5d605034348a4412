package gradecsv

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

const utf8BOM = "\xef\xbb\xbf"

// foreign are the beginnings of files that people take for CSV files, or give by mistake.
func foreign() []struct{ magic, what, hint string } {
	const asCSV = "save it as CSV, encoded in UTF-8"
	return []struct{ magic, what, hint string }{
		{"\xff\xfe", "UTF-16 text", asCSV},
		{"\xfe\xff", "UTF-16 text", asCSV},
		{"PK\x03\x04", "a zip file or a spreadsheet workbook", "unpack it, or " + asCSV},
		{"\xd0\xcf\x11\xe0", "an old spreadsheet workbook", asCSV},
		{"\x1f\x8b", "compressed with gzip", "unpack it with gunzip"},
		{"\x89PNG", "a PNG image", "give a OneRoster results.csv"},
		{"%PDF-", "a PDF document", "give a OneRoster results.csv"},
	}
}

// decode makes UTF-8 text without a byte order mark of a file's bytes, and says whether there was a mark.
func decode(path string, src io.Reader) (text io.Reader, bom bool, err error) {
	head := make([]byte, 8)
	n, err := io.ReadFull(src, head)
	switch {
	case err == io.EOF:
		return nil, false, &InputError{path, "is empty", "give a OneRoster results.csv"}
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, false, &ReadError{path, 1, err}
	}
	head = head[:n]
	for _, f := range foreign() {
		if strings.HasPrefix(string(head), f.magic) {
			return nil, false, &InputError{path, "not a CSV file: it is " + f.what, f.hint}
		}
	}
	head, bom = bytes.CutPrefix(head, []byte(utf8BOM))
	return io.MultiReader(bytes.NewReader(head), src), bom, nil
}
