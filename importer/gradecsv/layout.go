package gradecsv

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

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

// record is what gocsv fills in. Everything is text: a value that is no number must be reported with its place and
// column, which gocsv's own conversions do not give.
type record struct {
	SourcedID        cell `csv:"sourcedId"`
	Status           cell `csv:"status"`
	DateLastModified cell `csv:"dateLastModified"`
	LineItem         cell `csv:"lineItemSourcedId"`
	Student          cell `csv:"studentSourcedId"`
	ScoreStatus      cell `csv:"scoreStatus"`
	Score            cell `csv:"score"`
	ScoreDate        cell `csv:"scoreDate"`
	Comment          cell `csv:"comment"`
	TextScore        cell `csv:"textScore"`
	Class            cell `csv:"classSourcedId"`
	InProgress       cell `csv:"inProgress"`
	Incomplete       cell `csv:"incomplete"`
	Late             cell `csv:"late"`
	Missing          cell `csv:"missing"`
	Parts            cell `csv:"import.parts"` // partsName
	// Metadata columns go to the slots in their order in the file; what there is no slot for goes by gocsv's map.
	Meta0 cell `csv:"metadata#0"`
	Meta1 cell `csv:"metadata#1"`
	Meta2 cell `csv:"metadata#2"`
	Meta3 cell `csv:"metadata#3"`
	Meta4 cell `csv:"metadata#4"`
	Meta5 cell `csv:"metadata#5"`
	Meta6 cell `csv:"metadata#6"`
	Meta7 cell `csv:"metadata#7"`
}

// slots is how many metadata columns have a place in record.
const slots = 8

func slotName(i int) string { return fmt.Sprintf("metadata#%d", i) }

// slot is the value of the i-th metadata column.
func (r *record) slot(i int) string {
	return [slots]cell{r.Meta0, r.Meta1, r.Meta2, r.Meta3, r.Meta4, r.Meta5, r.Meta6, r.Meta7}[i].String()
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
	// names are the header's names as gocsv is to see them: the binding's for its columns, the metadata columns' own,
	// and for the others some that match nothing.
	names    []string
	metadata []metadataColumn
}

type metadataColumn struct {
	header, name string // "metadata.term", "term"
	place        int
}

// newLayout finds the columns. haveDate says that scoreDate is given otherwise.
func newLayout(path string, h *Header, haveDate bool) (*layout, []Problem, error) {
	l := &layout{names: make([]string, len(h.names))}
	for c := range l.index {
		l.index[c] = -1
	}
	var warnings []Problem
	var unknown []string
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
			unknown = append(unknown, name)
		}
		if l.names[i] == "" {
			l.names[i] = fmt.Sprintf("\x00%d", i)
		}
	}
	for i, m := range l.metadata[:min(slots, len(l.metadata))] {
		l.names[m.place] = slotName(i)
	}
	if len(unknown) > 0 {
		p := unknownColumns(unknown)
		p.File, p.Line, p.Col = path, h.at[0].line, h.at[0].col
		warnings = append(warnings, p)
	}
	return l, warnings, l.complete(path, h, haveDate)
}

// place finds what the i-th column is. A warning comes back when its name is not spelled as the binding has it.
func (l *layout) place(i int, name string, ignore bool) (Problem, error) {
	if ignore {
		if name == partsName && !slices.Contains(l.names, partsName) {
			l.names[i] = name
		}
		return Problem{}, nil
	}
	trimmed := strings.TrimSpace(name)
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
	for c, want := range columnNames {
		if !strings.EqualFold(trimmed, want) {
			continue
		}
		if l.index[c] >= 0 {
			return Problem{}, fmt.Errorf("the column %s is there twice", quoted(want))
		}
		l.index[c], canonical = i, want
	}
	l.names[i] = canonical
	if canonical == "" || canonical == name {
		return Problem{}, nil
	}
	return Problem{Code: "header.spelling", Column: name,
		Message: "read as " + canonical + ", which is how OneRoster spells it"}, nil
}

func unknownColumns(names []string) Problem {
	list, verb := listed(names), "columns are"
	if len(names) == 1 {
		verb = "column is"
	}
	return Problem{Code: "header.unknown",
		Message: fmt.Sprintf("%d %s not OneRoster's and not imported: %s", len(names), verb, list)}
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
