package gradecsv

import (
	"fmt"
	"maps"
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

// allNames are the names that a program may have in a header: those of this one, of the profile, of OneRoster and of the
// built-in profiles, folded.
func (s *shape) allNames() map[string]bool {
	names := maps.Clone(familiarNames())
	for _, col := range [...]column{colInProgress, colIncomplete, colLate, colMissing} {
		delete(names, folded(col.String())) // which people write for a score
	}
	add := func(some []string) {
		for _, name := range some {
			names[folded(name)] = true
		}
	}
	add(s.header.names)
	if s.mapping != nil {
		for _, alternatives := range s.mapping.profile.seen {
			add(alternatives)
		}
		for _, f := range s.mapping.profile.fields {
			add(f.names)
		}
	}
	delete(names, "")
	return names
}

// headerAgain looks whether a record that is no good row has column names. The row is then left out, or says that the file
// ends here.
func (c *converter) headerAgain(fr frame, row *Row) bool {
	fields := splitFields(fr.text, c.header.delim)
	for i, field := range fields {
		fields[i] = strings.TrimSpace(strings.TrimPrefix(bare(field), utf8BOM))
	}
	if !c.isHeader(fields) {
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

// isHeader reports fields that are column names: two that are known, and most of all fields names; or the only one that the
// file is read by; or all of them such as headers are made of, and one known. A number or a date is in no header but amid a
// majority of known names. A single row may have such a word for a student, a score or a category, and costs no other row.
func (c *converter) isHeader(fields []string) bool {
	if c.own == nil {
		c.own, c.known = c.ownNames(), c.allNames()
	}
	own, known := map[string]bool{}, map[string]bool{}
	filled, certain, like, elsewhere := 0, 0, 0, false
	for i, field := range fields {
		name := folded(field)
		switch {
		case field == "":
			continue
		case c.known[name]:
			known[name], own[name] = true, c.own[name]
			elsewhere = elsewhere || i != c.layout.index[colStudent] // where Mark is a name
			certain++
		case harmless(field):
			like++
		}
		filled++
	}
	if len(known) == 0 {
		return false
	}
	amounts := slices.ContainsFunc(fields, isAmount)
	if len(known) >= 2 && (2*certain > filled || !amounts && 2*(certain+like+c.titles(fields)) > filled) {
		return true
	}
	for name := range c.own {
		if !own[name] {
			return !amounts && elsewhere && filled >= 3 && certain+like == filled
		}
	}
	return !amounts && len(c.own) > 0
}

// titles counts the fields that are named as assignments are in a wide file, and not otherwise.
func (c *converter) titles(fields []string) int {
	if c.mapping == nil || c.mapping.profile.wide == nil {
		return 0
	}
	n := 0
	for _, field := range fields {
		n += when(field != "" && !c.known[folded(field)] && !harmless(field) && matches(c.mapping.profile.wide.columns, field), 1, 0)
	}
	return n
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
