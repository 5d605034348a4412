package gradecsv

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gocarina/gocsv"

	"gradebook-import/importer/oneroster"
)

// column is a column of results.csv.
type column uint8

// The columns, in the order of the binding (CSV Binding 1.2, results.csv). The first nine are all that 1.1 has.
const (
	colSourcedID column = iota
	colStatus
	colDateLastModified
	colLineItem
	colStudent
	colScoreStatus
	colScore
	colScoreDate
	colComment
	colTextScore
	colClass
	colInProgress
	colIncomplete
	colLate
	colMissing
	columnCount
)

// columnPlaces is at which place each column stands in a file, from 1; 0: nowhere. gocsv fills it in, by the names of a header.
type columnPlaces struct {
	SourcedID        int `csv:"sourcedId"`
	Status           int `csv:"status"`
	DateLastModified int `csv:"dateLastModified"`
	LineItem         int `csv:"lineItemSourcedId"`
	Student          int `csv:"studentSourcedId"`
	ScoreStatus      int `csv:"scoreStatus"`
	Score            int `csv:"score"`
	ScoreDate        int `csv:"scoreDate"`
	Comment          int `csv:"comment"`
	TextScore        int `csv:"textScore"`
	Class            int `csv:"classSourcedId"`
	InProgress       int `csv:"inProgress"`
	Incomplete       int `csv:"incomplete"`
	Late             int `csv:"late"`
	Missing          int `csv:"missing"`
	Parts            int `csv:"import.parts"` // partsName
}

// numbered is a header, and under it one record for gocsv to read, each field of which says where it stands. So gocsv
// binds columns to fields once for a file: through reflection, for each record, it would cost as much as all the checks.
type numbered []string

// GetCSVRows is what gocsv asks for.
func (n numbered) GetCSVRows() ([][]string, error) {
	at := make([]string, len(n))
	for i := range at {
		at[i] = strconv.Itoa(i + 1)
	}
	return [][]string{n, at}, nil
}

// bind sets the places of the columns, by the names.
func (l *layout) bind() {
	var rows []columnPlaces
	if err := gocsv.UnmarshalDecoder(numbered(l.names), &rows); err != nil {
		panic(fmt.Sprintf("gradecsv: internal error: header refused: %v", err))
	}
	at := rows[0]
	l.index = [columnCount]int{colSourcedID: at.SourcedID, colStatus: at.Status, colDateLastModified: at.DateLastModified,
		colLineItem: at.LineItem, colStudent: at.Student, colScoreStatus: at.ScoreStatus, colScore: at.Score,
		colScoreDate: at.ScoreDate, colComment: at.Comment, colTextScore: at.TextScore, colClass: at.Class,
		colInProgress: at.InProgress, colIncomplete: at.Incomplete, colLate: at.Late, colMissing: at.Missing}
	for c := range l.index {
		l.index[c]--
	}
	l.parts = at.Parts - 1
}

var columnNames = [columnCount]string{"sourcedId", "status", "dateLastModified", "lineItemSourcedId",
	"studentSourcedId", "scoreStatus", "score", "scoreDate", "comment", "textScore", "classSourcedId", "inProgress",
	"incomplete", "late", "missing"}

func (c column) String() string { return columnNames[c] }

// required are the columns that every result needs.
func required() []column { return []column{colLineItem, colStudent, colScoreStatus, colScoreDate} }

const metadataPrefix = "metadata."

// layout maps the columns of a header to those of results.csv.
type layout struct {
	index [columnCount]int // the place of each column in the file, -1 where it has none
	parts int              // that of partsName
	// names are the header's names as gocsv is to see them: the binding's for its columns, "" for those it does not have.
	names    []string
	metadata []metadataColumn
}

type metadataColumn struct {
	header, name string // "metadata.term", "term"
	place        int
}

// newLayout finds the columns. haveDate says that scoreDate is given otherwise, ids that a column may have ids of results.
func newLayout(path string, h *Header, haveDate bool, ids func(place int) bool) (*layout, []Problem, error) {
	l := &layout{names: make([]string, len(h.names))}
	var warnings []Problem
	var unknown []int
	for i, name := range h.names {
		p, err := l.place(i, name, h.imports[i])
		if err != nil {
			return nil, nil, &InputError{path, err.Error(), "remove one of the two columns, or rename it"}
		}
		switch {
		case p.Code != "":
			p.File, p.Line, p.Col = path, h.at[i].line, h.at[i].col
			warnings = append(warnings, p)
		case l.names[i] == "" && !h.imports[i] && !h.nameless(i):
			unknown = append(unknown, i)
		}
	}
	l.bind()
	if near := l.misspelled(h, unknown, colSourcedID); near >= 0 && ids(near) {
		return nil, nil, &InputError{path, fmt.Sprintf("the column %s is perhaps sourcedId: without that column each result would get an id of its own, beside the one that it has",
			h.naming.list(h.names, []int{near})), "rename it to sourcedId, or if it is something else, to another name"}
	}
	if len(unknown) > 0 {
		p := h.unknown(unknown)
		var renames []string
		for col := range columnCount {
			if i := l.misspelled(h, unknown, col); i >= 0 && col != colSourcedID {
				renames = append(renames, h.naming.list(h.names, []int{i})+" to "+col.String())
			}
		}
		if len(renames) > 0 {
			p.Code, p.Message = CodeRename, p.Message+"; perhaps rename "+strings.Join(renames, ", ")
		}
		p.File, p.Line, p.Col = path, h.at[0].line, h.at[0].col
		warnings = append(warnings, p)
	}
	return l, warnings, l.complete(path, h, haveDate)
}

// CodeRename is the code of the warning that a column, which is not imported, is perhaps one of OneRoster's.
const CodeRename = "header.rename"

// misspelled is the column among some that seems to be one that the file lacks; -1 where there is none.
func (l *layout) misspelled(h *Header, among []int, col column) int {
	for _, i := range among {
		if l.index[col] < 0 && nearest(col.String(), []string{visible(h.names[i])}) != "" {
			return i
		}
	}
	return -1
}

// place finds what the i-th column is. A warning comes back when its name is not spelled as the binding has it.
func (l *layout) place(i int, name string, ignore bool) (Problem, error) {
	if ignore {
		if name == partsName && !slices.Contains(l.names, partsName) {
			l.names[i] = name
		}
		return Problem{}, nil
	}
	trimmed := visible(name)
	canonical := ""
	if len(trimmed) > len(metadataPrefix) && strings.EqualFold(trimmed[:len(metadataPrefix)], metadataPrefix) {
		canonical = metadataPrefix + trimmed[len(metadataPrefix):]
		for _, m := range l.metadata {
			if m.header == canonical {
				return Problem{}, fmt.Errorf("the column %s is there twice", quoted(canonical))
			}
		}
		l.metadata = append(l.metadata, metadataColumn{canonical, canonical[len(metadataPrefix):], i})
	}
	for _, want := range columnNames {
		if !strings.EqualFold(trimmed, want) {
			continue
		}
		if slices.Contains(l.names, want) {
			return Problem{}, fmt.Errorf("the column %s is there twice", quoted(want))
		}
		canonical = want
	}
	l.names[i] = canonical
	if canonical == "" || canonical == name {
		return Problem{}, nil
	}
	return Problem{Code: "header.spelling", Column: name,
		Message: "read as " + canonical + ", which is how OneRoster spells it"}, nil
}

func (h *Header) unknown(places []int) Problem {
	return Problem{Code: "header.unknown", Message: fmt.Sprintf("%d %s not OneRoster's and not imported: %s",
		len(places), when(len(places) == 1, "column is", "columns are"), h.naming.list(h.names, places))}
}

// complete refuses a header without a required column.
func (l *layout) complete(path string, h *Header, haveDate bool) error {
	var missing []column
	for _, c := range required() {
		if l.index[c] < 0 && (c != colScoreDate || !haveDate) {
			missing = append(missing, c)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return missingColumns(path, h, missing)
}

// rowLike returns a test for lines that are rows by themselves: as many fields as the header has and a score status in
// its place, with no quote before it that closes a field of an earlier line.
func (l *layout) rowLike(h *Header) func(line []byte) bool {
	delim, place := []byte{h.delim}, l.index[colScoreStatus]
	return func(line []byte) bool {
		if bytes.Count(line, delim) != len(h.names)-1 {
			return false
		}
		var field []byte
		for range place + 1 {
			field, line, _ = bytes.Cut(line, delim)
			if bytes.IndexByte(unquoted(field), '"') >= 0 {
				return false
			}
		}
		return slices.Contains(oneroster.ScoreStatuses(), string(unquoted(field)))
	}
}

// unquoted is field without the quotes around it, where it has both.
func unquoted(field []byte) []byte {
	if n := len(field); n >= 2 && field[0] == '"' && field[n-1] == '"' {
		return field[1 : n-1]
	}
	return field
}
