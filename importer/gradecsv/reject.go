package gradecsv

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// RejectWriter writes rows again as they stand in their file, each with three more columns at the end: import.line,
// import.status and import.errors. What it writes is always well-formed and is imported as it is: the reader heeds of
// these columns only what import.errors ends in (review.go), and a RejectWriter replaces those of an earlier rejects file.
//
// A record is repeated byte for byte. One with too few fields is padded, one with too many keeps them before the three.
// A malformed one is split as well as can be and quoted anew. Of a line that was too long to be kept only a note
// stands there. The text is in the file's encoding; the first row decides the byte order mark and the line end.
//
// Of a row of a wide file it repeats the record with that row's cell alone; the other assignments' are blank, which says
// that there is no result. What stands before the header, and the records after it that belong to it, come with it.
//
// Rows of a zip that have parts from other files than results.csv keep them in a column import.parts before the three.
//
// A RejectWriter writes rows of one header. For files with different headers make one for each: Raw.Header is the
// same pointer where the headers are the same.
type RejectWriter struct {
	w      io.Writer
	header *Header
	buf    []byte // UTF-8, lines ended as the header says
	out    []byte // buf in the file's encoding
}

// NewRejectWriter writes nothing yet: the header comes with the first row, or by WriteHeader.
func NewRejectWriter(w io.Writer) *RejectWriter {
	return &RejectWriter{w: w}
}

// WriteHeader writes the header by itself, for a caller who puts the rows in another order later.
func (rw *RejectWriter) WriteHeader(h *Header) error {
	rw.buf, rw.header = rw.buf[:0], h
	rw.heading()
	return rw.write(h.charset.mark()[:when(h.bom, len(h.charset.mark()), 0)])
}

// write writes buf after a byte order mark.
func (rw *RejectWriter) write(mark string) error {
	if rw.header.eol == "\r" {
		rw.buf = bytes.ReplaceAll(bytes.ReplaceAll(rw.buf, []byte("\r\n"), []byte{'\n'}), []byte{'\n'}, []byte{'\r'})
	}
	rw.out = rw.header.charset.encode(append(rw.out[:0], mark...), rw.buf)
	_, err := rw.w.Write(rw.out)
	return err
}

// ErrOtherHeader is returned for a row of a file whose header is not that of the rows before.
var ErrOtherHeader = errors.New("the row is of a file with another header")

// Add writes a row in one Write, after the header's where that was not written. Rows come in the order of the calls.
func (rw *RejectWriter) Add(row *Row, status, reasons string) error {
	h := row.Raw.Header
	if rw.header == nil {
		if err := rw.WriteHeader(h); err != nil {
			return err
		}
	}
	if !rw.header.same(h) {
		return ErrOtherHeader
	}
	rw.buf = rw.buf[:0]
	rw.record(row.Raw)
	if h.parts {
		rw.buf = append(append(rw.buf, h.delim), cmp.Or(enquote(partsOf(&row.Result), h.delim), partsBefore(row.Raw))...)
	}
	for _, value := range [...]string{strconv.Itoa(row.Line), status, reasons} {
		rw.buf = append(rw.buf, h.delim)
		rw.buf = append(rw.buf, enquote(value, h.delim)...)
	}
	rw.buf = append(rw.buf, rw.header.eol...)
	return rw.write("")
}

func (rw *RejectWriter) heading() {
	h := rw.header
	for _, line := range h.preamble {
		rw.buf = append(append(rw.buf, line...), h.eol...)
	}
	rw.fields(own(h, splitFields(h.text, h.delim)))
	if h.parts {
		rw.buf = append(append(rw.buf, h.delim), partsName...)
	}
	for _, name := range [...]string{"line", "status", "errors"} {
		rw.buf = append(rw.buf, h.delim)
		rw.buf = append(rw.buf, importPrefix+name...)
	}
	rw.buf = append(rw.buf, h.eol...)
	for _, text := range h.kept {
		rw.record(Raw{Header: h, text: text})
		rw.buf = append(append(rw.buf, strings.Repeat(string(rune(h.delim)), 3)...), h.eol...)
	}
}

// record appends the fields of the row itself, as many as the header has or more.
func (rw *RejectWriter) record(raw Raw) {
	h := raw.Header
	fields := splitFields(raw.text, h.delim)
	switch raw.form {
	case formDropped:
		fields = []string{"(a line of more than 1 MiB that is not repeated here)"}
	case formMalformed:
		for i, field := range fields {
			fields[i] = requote(field, h.delim)
		}
	}
	if raw.cell > 0 {
		for i := range fields {
			if i < len(h.wide) && h.wide[i] && i != raw.cell-1 {
				fields[i] = ""
			}
		}
	}
	fields = own(h, fields)
	for want := len(own(h, h.names)); len(fields) < want; {
		fields = append(fields, "")
	}
	rw.fields(fields)
}

func (rw *RejectWriter) fields(fields []string) {
	rw.buf = append(rw.buf, strings.Join(fields, string(rune(rw.header.delim)))...)
}

// partsBefore is import.parts as an earlier rejects file had it, of a row that was refused before anything was made of it.
func partsBefore(raw Raw) string {
	h := raw.Header
	at, fields := slices.Index(h.names, partsName), splitFields(raw.text, h.delim)
	if at >= len(h.names)-h.trailing {
		at += max(0, len(fields)-len(h.names))
	}
	if at < 0 || at >= len(fields) {
		return ""
	}
	return requote(fields[at], h.delim)
}

// own leaves out the columns that an earlier RejectWriter added. It put them last, so in a row with too many fields
// they are the last ones, and not those under the header's names.
func own(h *Header, fields []string) []string {
	if !slices.Contains(h.imports, true) {
		return fields
	}
	imports := h.imports
	if len(fields) > len(h.names) {
		fields, imports = fields[:len(fields)-h.trailing], imports[:len(imports)-h.trailing]
	}
	kept := make([]string, 0, len(fields))
	for i, field := range fields {
		if i >= len(imports) || !imports[i] {
			kept = append(kept, field)
		}
	}
	return kept
}
