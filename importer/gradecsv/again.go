package gradecsv

import (
	"fmt"
	"slices"
	"strings"
)

// Where two exports were put one behind the other, the column names stand in the middle, too. The same ones again are left
// out. Other ones, or the same in another order, say that what follows is not what the header says: the file is refused from
// there on, since a grade would go to another assignment, or a student's id into the place of an assignment's.

const codeOtherHeader = "header.other"

// ownNames are names that tell a header: of the columns that the file is read by, folded.
func (s *shape) ownNames() map[string]bool {
	names := map[string]bool{}
	add := func(i int) {
		if i >= 0 {
			names[folded(s.header.names[i])] = true
		}
	}
	if s.mapping == nil {
		for _, col := range required() {
			add(s.layout.index[col])
		}
		return names
	}
	for _, i := range slices.Concat(s.mapping.seen, s.mapping.used) {
		add(i)
	}
	return names
}

// headerAgain looks whether a record that is no good row has column names: two of the file's own, or its only one and no
// number. The row is then left out, or says that the file ends here.
func (c *converter) headerAgain(fr frame, row *Row) bool {
	if c.own == nil {
		c.own = c.ownNames()
	}
	fields := splitFields(fr.text, c.header.delim)
	found := map[string]bool{}
	for i, field := range fields {
		fields[i] = strings.TrimSpace(strings.TrimPrefix(bare(field), utf8BOM))
		if name := folded(fields[i]); c.own[name] {
			found[name] = true
		}
	}
	if len(found) < 2 && (len(found) < len(c.own) || len(c.own) == 0 || slices.ContainsFunc(fields, isAmount)) {
		return false
	}
	*row = Row{File: row.File, Line: row.Line, Raw: Raw{Header: c.header, layout: c.layout, text: fr.text}}
	same := func(a, b string) bool { return strings.EqualFold(a, strings.TrimSpace(b)) }
	if slices.EqualFunc(fields, c.header.names, same) {
		row.Filtered = "the column names again"
		return true
	}
	row.Errors = []Problem{{File: c.file, Line: fr.line, Col: 1, Code: codeOtherHeader,
		Message: "column names stand here that are not those of the header"}}
	return true
}

// otherHeader is why a file ends at a row; nil where it does not.
func otherHeader(row *Row) error {
	if len(row.Errors) != 1 || row.Errors[0].Code != codeOtherHeader {
		return nil
	}
	return &InputError{fmt.Sprintf("%s:%d", row.File, row.Line),
		"column names stand here that are not those at the beginning of the file, as if two exports had been put one behind the other",
		"nothing from here on was read; put what begins here into a file of its own"}
}
