package gradecsv

import (
	"slices"
	"strings"
)

// A line of totals is left out only where it could be nothing else, and a warning says so: a student or an assignment may be
// called Total, and his grade, or one that has lost its student's id, is never passed over.

// totals reports a record that is made as those are that sum up the others: a word such as Total, and numbers.
func totals(fields []string) bool {
	word := ""
	for _, field := range fields {
		field = bareWord(field)
		switch {
		case field == "":
		case word == "":
			word = field
		case !isAmount(field):
			return false
		}
	}
	return sumWord(word)
}

func bareWord(field string) string { return strings.ToLower(strings.Trim(field, "\" :\u00a0")) }

// sumWord reports a word that such a line begins with, as bareWord has it.
func sumWord(word string) bool {
	switch word {
	case "total", "totals", "grand total", "sum", "subtotal", "average", "class average", "avg", "mean", "median",
		"count", "minimum", "maximum", "standard deviation":
		return true
	}
	return false
}

// sums leaves out a line of totals, and warns of it. In OneRoster's own columns it lacks the student or the line item (and
// whoever asks knows that the score status is blank), by a profile the student and the line item, if that is the record's own, or has the word for
// the student and no line item; in a wide file, where the line items are the header's, the student.
func (c *converter) sums(fields []string) bool {
	if !totals(fields) {
		return false
	}
	noStudent, noItem := c.lacks(colStudent, fields), c.lacks(colLineItem, fields)
	sums := false
	switch {
	case c.mapping == nil:
		sums = noStudent || noItem
	case c.mapping.profile.wide != nil:
		sums = noStudent
	default:
		sums = noStudent && (noItem || !c.ofRecord(colLineItem)) ||
			noItem && sumWord(bareWord(at(fields, c.layout.index[colStudent])))
	}
	if !sums {
		return false
	}
	c.row.Filtered = "a line of totals"
	c.row.Warnings = append(c.row.Warnings, Problem{Code: "row.totals", File: c.file, Line: c.row.Line, Col: 1,
		Message: "was left out as a line of totals: a word such as Total, numbers, and no id where a result has one; " +
			"check it, and if it is a grade, write the id into it"})
	return true
}

// sumsOf refuses a record that is a line of totals unless a student has that word for an id, where the line item is not the
// record's, which would show it.
func (c *converter) sumsOf() bool {
	place := c.layout.index[colStudent]
	if place < 0 || !sumWord(bareWord(c.fields[place])) || !totals(c.fields) || c.ofRecord(colLineItem) ||
		!slices.ContainsFunc(c.fields, isAmount) {
		return false
	}
	c.failAt(place, "row.totals", "seems to be a line of totals; remove it, or where a student has this id, "+
		"import his results from a file that has the assignment in a column", c.fields[place], false)
	return true
}

// oddStudent warns of a result that looks like a line of totals.
func (c *converter) oddStudent() {
	if c.mapping != nil && sumWord(bareWord(c.rec.columns[colStudent])) && totals(c.fields) {
		c.warn(colStudent, "row.totals", "is a word that lines of totals begin with, and all others are numbers; "+
			"the row goes in as a result; check that a student has this id")
	}
}

// lacks reports that fields have nothing where a column of OneRoster comes from, or a part of it.
func (c *converter) lacks(col column, fields []string) bool {
	blank := func(place int) bool {
		return place >= 0 && (place >= len(fields) || strings.Trim(fields[place], "\" \u00a0") == "")
	}
	if c.mapping == nil {
		return blank(c.layout.index[col])
	}
	for _, f := range c.mapping.fields {
		for _, p := range f.parts {
			if f.to.col == col && p.variable == "" && blank(p.place) {
				return true
			}
		}
	}
	return false
}

// ofRecord reports that a column of OneRoster comes from a column of the file, or partly.
func (c *converter) ofRecord(col column) bool {
	for _, f := range c.mapping.fields {
		for _, p := range f.parts {
			if f.to.col == col && p.place >= 0 {
				return true
			}
		}
	}
	return false
}
