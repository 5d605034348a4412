package gradecsv

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gradebook-import/importer/oneroster"
)

// converter turns framed records of one file into rows. It is for one goroutine; a row depends on its frame alone, so
// that several converters of a file give the rows that one would.
type converter struct {
	*shape
	dates dates

	row  *Row         // being filled
	rec  record       // its fields
	skip map[int]bool // columns of the file of which nothing more is to be said

	// meta are the metadata of the row before, whose map, and whose class, the next shares where it says the same: terms
	// and classes come in runs.
	meta    []string
	metaMap map[string]any
	class   *oneroster.Ref

	// hushed are the columns of OneRoster of which nothing more is to be said, a bit each.
	hushed uint16
	fields []string        // of the record, until the next
	own    map[string]bool // the names that tell a header, as known do; nil: not yet asked for
	known  map[string]bool
	cell   wideColumn // of a mapping: the assignment's column
}

// record is what a record of the file says. Everything is text: a value that is no number must be reported with its
// place and column.
type record struct {
	columns  [columnCount]string
	metadata []string // in the order of layout.metadata
	parts    string
}

// shape is what the conversion of a file's records depends on. It does not change.
type shape struct {
	file   string
	header *Header
	layout *layout
	// mapping is nil where the file has OneRoster's own columns.
	mapping *mapping
	refs    *refs // of a zip; else nil
	zone    *time.Location
	date    string // of files without a scoreDate
	latest  string // the last day that is not odd
}

func newConverter(s *shape) *converter {
	c := &converter{shape: s, dates: dates{zone: s.zone, fixed: s.date}, meta: make([]string, len(s.layout.metadata))}
	c.rec.metadata = make([]string, len(s.layout.metadata))
	return c
}

// convert appends what fr becomes.
func (c *converter) convert(fr frame, rows []Row) []Row {
	rows = append(rows, Row{File: c.file, Line: fr.line, Raw: Raw{Header: c.header, layout: c.layout, text: fr.text}})
	c.row = &rows[len(rows)-1]
	switch {
	case fr.fault != faultNone:
		c.malformed(fr)
	case c.blank():
		c.row.Filtered = "blank row"
	case fr.text == c.header.text:
		c.row.Filtered = "the column names again"
	default:
		first := len(rows) - 1
		rows = c.results(fr, rows)
		switch last := &rows[len(rows)-1]; {
		case len(rows[first].Errors) > 0 && c.headerAgain(fr, &rows[first]):
			rows = rows[:first+1]
		case fr.open && last.Filtered == "":
			c.cut(last)
		}
	}
	return rows
}

// results makes of a well-formed record its row, or its rows.
func (c *converter) results(fr frame, rows []Row) []Row {
	if c.mapping != nil {
		return c.mapped(fr, rows)
	}
	c.record(fr)
	return rows
}

// record fills in the row from a well-formed record.
func (c *converter) record(fr frame) {
	if !c.parse(fr.text) {
		return
	}
	c.take(c.fields)
	if c.rec.columns[colScoreStatus] == "" && c.sums(c.fields) {
		return
	}
	c.hushed = 0
	if c.unreviewed(c.fields) {
		return
	}
	c.checkBytes(fr.text)
	c.checkBlank(fr.text)
	c.validate()
}

// parse takes the fields of a well-formed record; false where it has not as many as the header.
func (c *converter) parse(text string) bool {
	if c.fields = fieldValues(c.fields, text, c.header.delim); len(c.fields) != len(c.header.names) {
		c.fieldCount()
		return false
	}
	return true
}

// take fills in the record, by the layout.
func (c *converter) take(fields []string) {
	l, r := c.layout, &c.rec
	for col, place := range l.index {
		r.columns[col] = at(fields, place)
	}
	for i, m := range l.metadata {
		r.metadata[i] = fields[m.place]
	}
	r.parts = at(fields, l.parts)
}

// at is the field at a place, "" for noPlace.
func at(fields []string, place int) string {
	if place < 0 {
		return ""
	}
	return fields[place]
}

func (c *converter) malformed(fr frame) {
	p := Problem{File: c.file, Line: fr.faultLine, Col: fr.faultCol}
	c.row.Raw.form = formMalformed
	switch fr.fault {
	case faultTooLong:
		c.row.Raw.form = formDropped
		p.Code, p.Message = "row.size", "the line has more than 1 MiB and was skipped; the rejects file does not repeat it"
	case faultBare:
		if at := fr.faultCol - 2; fr.faultLine == fr.line && at >= 0 && at < len(fr.text) && fr.text[at] == '=' {
			p.Code, p.Message = "row.quote", "a field "+formulaMessage
			break
		}
		p.Code, p.Message = "row.quote", "a quote inside a field that is not quoted; quote the whole field and double the quotes in it"
	case faultAfter:
		p.Code, p.Message = "row.quote", "text after a closing quote; double the quotes inside a quoted field"
	case faultUnclosed:
		p.Code, p.Message = "row.quote", "a quote opens here and is never closed; remove it, or close it"
	case faultSwallow:
		p.Code, p.Message = "row.quote", "a quote opens here and is not closed before the next row begins; remove it, or close it"
	}
	c.row.Errors = append(c.row.Errors, p)
}

// shortHint says what to do about fewer.
const shortHint = "a blank field needs its comma or semicolon, too; a line that is no result, such as a title or a note, is to be removed"

// unnamedHint says what to do about more fields than names: a row has a comma too many, or all rows have a column that has no
// name.
const unnamedHint = "put quotes around a field that has the comma or semicolon in it, or where all rows have a field there, " +
	"write the name of its column into the header"

// fieldCount reports a record that has not as many fields as the header.
func (c *converter) fieldCount() {
	fields, want := splitFields(c.row.Raw.text, c.header.delim), len(c.header.names)
	if c.sums(fields) {
		return
	}
	if strings.IndexByte(c.row.Raw.text, 0) >= 0 {
		c.row.Errors = append(c.row.Errors, Problem{File: c.file, Line: c.row.Line, Col: 1, Code: "text.nul",
			Message: "has NUL bytes instead of fields: the file was not written to its end, or damaged; export it again"})
		return
	}
	found := len(fields)
	if other := c.divided(found); other != "" {
		c.row.Errors = append(c.row.Errors, Problem{File: c.file, Line: c.row.Line, Col: 1, Code: "row.delimiter",
			Message: "its fields are separated by " + other + ", and those of the header by " + plural(c.header.delim) + "; write both in one way"})
		return
	}
	code, message := "row.short", fmt.Sprintf("too few fields, the header has %d; "+shortHint, want)
	if found > want {
		if c.unreviewed(fields[found-want:]) { // a rejects file's own are the last
			return
		}
		code, message = "row.fields", fmt.Sprintf("too many fields, the header has %d; "+unnamedHint, want)
	}
	c.row.Errors = append(c.row.Errors, Problem{File: c.file, Line: c.row.Line, Col: 1, Code: code,
		Message: message, Value: when(found == 1, "1 field", fmt.Sprintf("%d fields", found)), QuoteSafe: true})
}

// divided names what separates the fields of a row that seems to have only one.
func (c *converter) divided(found int) string {
	for _, delim := range delimiters() {
		if found == 1 && strings.Count(c.row.Raw.text, string(rune(delim))) >= len(c.header.names)-1 {
			return plural(delim)
		}
	}
	return ""
}

func plural(delim byte) string { return delimiterName(delim) + "s" }

// blank reports a row of delimiters only, as spreadsheets leave behind the last one.
func (c *converter) blank() bool {
	for i := range len(c.row.Raw.text) {
		if b := c.row.Raw.text[i]; b != c.header.delim && b != ' ' {
			return false
		}
	}
	return true
}

// checkBytes reports fields that are not text. Nothing else is said of them.
func (c *converter) checkBytes(text string) {
	c.skip = nil
	if utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 {
		return
	}
	for i, field := range splitFields(text, c.header.delim) {
		c.checkField(i, field)
	}
}

func (c *converter) checkField(i int, field string) {
	switch {
	case !utf8.ValidString(field):
		c.failAt(i, "text.utf8", "not valid UTF-8; save the file encoded in UTF-8", "", false)
	case strings.IndexByte(field, 0) >= 0:
		c.failAt(i, "text.nul", "contains a NUL byte, which no program shows; type the cell again", "", false)
	default:
		return
	}
	c.silence(i)
}

// silence says that there is nothing more to be said of a column of the file.
func (c *converter) silence(i int) {
	if c.skip == nil {
		c.skip = make(map[int]bool)
	}
	c.skip[i] = true
}

// checkBlank refuses text where a delimiter at the end of each line makes a column: the fields of the row are probably
// shifted.
func (c *converter) checkBlank(text string) {
	if c.header.blank+c.header.trailing >= len(c.header.names) {
		return
	}
	fields := splitFields(text, c.header.delim)
	for i, field := range fields {
		if c.header.nameless(i) && strings.Trim(field, "\" ") != "" {
			c.failAt(i, "row.fields", "text after the last column that has a name; "+unnamedHint, field, false)
		}
	}
	if i := parted(fields); i > 0 && c.header.delim == ',' {
		c.failAt(i, "row.fields", "begins with a space, as the second half of a field does whose comma has no quotes; "+
			"put quotes around both halves together, or remove the space", fields[i], false)
	}
}

// parted is the field that seems to be the second half of the one before, as of a name Lee, Kim: it alone begins with a space,
// and both are words. 0: there is none.
func parted(fields []string) int {
	found := 0
	for i, field := range fields {
		if i == 0 || !strings.HasPrefix(field, " ") {
			continue
		}
		if found > 0 || !isWord(strings.TrimSpace(field)) || !isWord(fields[i-1]) {
			return 0
		}
		found = i
	}
	return found
}

func isWord(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLetter(r)
}

// fail adds an error to the row. value may be a student's data.
func (c *converter) fail(col column, code, message, value string) {
	c.failColumn(col, code, message, value, false)
}

// failShown is fail for a value that may be shown where it looks like one of its column: a score status, status, date or flag.
func (c *converter) failShown(col column, code, message, value string) {
	c.failColumn(col, code, message, value, shown(col, value))
}

func (c *converter) failColumn(col column, code, message, value string, safe bool) {
	if c.hushed&(1<<col) == 0 {
		c.failPlace(c.layout.index[col], col.String(), code, message, value, safe)
	}
}

// failPlace adds an error at a place of a layout. name is what a value is called that has no column.
func (c *converter) failPlace(place int, name, code, message, value string, safe bool) {
	if i := c.real(place); i >= 0 {
		c.failAt(i, code, message, value, safe)
		return
	}
	c.row.Errors = append(c.row.Errors, Problem{Code: code, Column: name, File: c.file, Line: c.row.Line, Col: 1,
		Message: message, Value: value, QuoteSafe: safe})
}

// real is the column of the file at a place, negative where there is none.
func (c *converter) real(place int) int {
	if place == cellPlace {
		return c.cell.place
	}
	return place
}

func (c *converter) failAt(i int, code, message, value string, safe bool) {
	if c.skip[i] {
		return
	}
	line, col := fieldPlace(c.row.Raw.text, c.header.delim, i)
	c.row.Errors = append(c.row.Errors, Problem{Code: code, Column: c.header.label(i), File: c.file,
		Line: c.row.Line + line, Col: col, Message: message, Value: value, QuoteSafe: safe})
}

// validate fills in the result, or says all that is wrong.
func (c *converter) validate() {
	rec, r := &c.rec.columns, &c.row.Result
	c.cellErrors()
	r.Status = c.status(rec[colStatus])
	r.DateLastModified = c.lastModified(rec[colDateLastModified])
	r.LineItem.SourcedID = c.id(colLineItem, rec[colLineItem], true)
	r.Student.SourcedID = c.id(colStudent, rec[colStudent], true)
	r.ScoreStatus = c.scoreStatus(rec[colScoreStatus])
	r.Score = c.score(rec[colScore])
	r.ScoreDate = c.scoreDate(rec[colScoreDate])
	r.Comment = c.text(colComment, rec[colComment])
	r.TextScore = c.text(colTextScore, rec[colTextScore])
	r.Class = c.classRef(rec[colClass])
	r.InProgress = c.flag(colInProgress, rec[colInProgress])
	r.Incomplete = c.flag(colIncomplete, rec[colIncomplete])
	r.Late = c.flag(colLate, rec[colLate])
	r.Missing = c.flag(colMissing, rec[colMissing])
	r.Metadata = c.metadata()
	r.SourcedID = c.sourcedID(rec[colSourcedID])
	c.restore(c.rec.parts)
	c.crosscheck()
	c.odd()
	c.order()
}
