package gradecsv

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"gradebook-import/importer/oneroster"
)

// Row is one data record of a file, or a line that should have been one.
type Row struct {
	File string
	// Line is the physical line where the record begins, from 1.
	Line int
	// Part counts the rows of one record from 0: a wide file has one for each assignment.
	Part int
	// Result is what the row says. It is valid only when Errors is empty and Filtered is "".
	Result oneroster.Result
	// Digest is Result.Digest, computed here because rows are converted in parallel.
	Digest [16]byte
	// Errors is all that is wrong with the row, in the order of the file's columns for each kind of check.
	Errors, Warnings []Problem
	// Filtered says why the row is no result, "" where it is one.
	Filtered string
	// Raw is the record as it stands in the file.
	Raw Raw
}

func (r *Row) digest(room *[]byte) {
	if len(r.Errors) == 0 && r.Filtered == "" {
		r.Digest = r.Result.DigestIn(room)
	}
}

// Raw is the text of a record. A RejectWriter writes it again.
type Raw struct {
	// Header is the header of the record's file.
	Header *Header
	layout *layout
	text   string
	form   form
	// cell is the column, from 1, that the row is of; 0: the whole record.
	cell int
}

// form says how a record's text can be written again.
type form uint8

const (
	formRecord    form = iota // byte for byte
	formMalformed             // split leniently, quoted anew
	formDropped               // a line too long to keep
)

// derivedNamespace is the namespace of derived sourcedIds. It must never change: the ids of results that are already
// in gradebooks follow from it.
var derivedNamespace = uuid.UUID{0x6f, 0x1d, 0x0c, 0x2e, 0x8a, 0x53, 0x4b, 0x97, 0x9d, 0x3e, 0x42, 0xb7, 0x5a, 0xc8, 0x10, 0xe4}

// DerivedID is the sourcedId of a result whose file gives none: the UUIDv5 (RFC 9562 §5.5) in a fixed namespace of line
// item and student, joined by a line feed, which neither can hold. The same grade thus has the same id in every run
// and at every server.
func DerivedID(lineItem, student string) string {
	return uuid.NewSHA1(derivedNamespace, []byte(lineItem+"\n"+student)).String()
}

// Locate gives a problem of the row the place of what OneRoster calls column, where the row has it in a field of its own.
func (r *Row) Locate(p Problem, column string) Problem {
	raw := &r.Raw
	at := slices.Index(columnNames[:], column)
	if at < 0 || raw.layout == nil || raw.form != formRecord {
		return p
	}
	place := raw.layout.index[at]
	if place == cellPlace {
		place = raw.cell - 1
	}
	if place < 0 || place >= len(splitFields(raw.text, raw.Header.delim)) { // a constant, or a row that is too short
		return p
	}
	line, col := fieldPlace(raw.text, raw.Header.delim, place)
	p.Column, p.Line, p.Col = raw.Header.label(place), r.Line+line, col
	return p
}

// Column is the column of one of the row's problems in characters, as editors count them, where Problem.Col counts bytes.
func (r *Row) Column(p Problem) int {
	text := r.Raw.text
	for range p.Line - r.Line {
		_, text, _ = strings.Cut(text, "\n")
	}
	if p.Col == 0 || p.File != r.File || p.Line < r.Line || p.Col-1 > len(text) {
		return p.Col
	}
	return utf8.RuneCountInString(text[:p.Col-1]) + 1
}
