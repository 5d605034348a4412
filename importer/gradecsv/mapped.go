package gradecsv

import (
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// mapped makes rows of a record of a file with a mapping: the last of rows, and more where it is wide. What it makes of
// the cells passes the same checks as OneRoster's own.
func (c *converter) mapped(fr frame, rows []Row) []Row {
	if !c.parse(fr.text) {
		return rows
	}
	if role, ok := c.mapping.role(c.fields); ok {
		c.row.Filtered = "no result: a record that the profile leaves out"
		if role != roleNone {
			c.row.Filtered = "no result: a heading"
		}
		return rows
	}
	if c.sums(c.fields) || c.sumsOf() {
		return rows
	}
	c.checkBlank(fr.text)
	c.checkTwins()
	if c.mapping.profile.wide == nil {
		return c.one(rows)
	}
	return c.unpivot(rows)
}

// one makes the row of a record that is not wide.
func (c *converter) one(rows []Row) []Row {
	c.cell = wideColumn{place: noPlace, points: c.mapping.points}
	if c.none() {
		c.row.Filtered = "no result: so says a value of the record"
		return rows
	}
	c.fill()
	return rows
}

// unpivot makes a row of each assignment's cell that has a result.
func (c *converter) unpivot(rows []Row) []Row {
	base := *c.row
	base.Errors = slices.Clip(base.Errors) // or the rows would write theirs over each other's
	part := 0
	for _, c.cell = range c.mapping.cells {
		if c.none() {
			continue
		}
		if part > 0 {
			rows = append(rows, base)
			c.row = &rows[len(rows)-1]
		}
		c.row.Part, c.row.Raw.cell = part, c.cell.place+1
		c.fill()
		part++
	}
	if part == 0 {
		c.row.Filtered = "no result: the record has none"
	}
	return rows
}

// none reports that a value says that there is no result.
func (c *converter) none() bool {
	for i := range c.mapping.fields {
		f := &c.mapping.fields[i]
		if len(f.rule.values) == 0 {
			continue
		}
		if v := f.rule.meaning(c.raw(f)); v != nil && v.none {
			return true
		}
	}
	return false
}

// raw is what stands in the file for a field. A value of several parts is blank where one of them is.
func (c *converter) raw(f *boundField) string {
	if len(f.parts) == 1 {
		return c.part(f.parts[0])
	}
	var b strings.Builder
	for _, p := range f.parts {
		text := c.part(p)
		if text == "" {
			return ""
		}
		b.WriteString(text)
	}
	return b.String()
}

func (c *converter) part(p boundPart) string {
	switch {
	case p.variable != "":
		return c.cell.vars[p.variable]
	case p.place == noPlace:
		return p.text
	case p.place == cellPlace:
		return strings.TrimSpace(c.fields[c.cell.place])
	}
	return strings.TrimSpace(c.fields[p.place])
}

// meaning finds the rule for a value, nil where there is none.
func (f *fieldRule) meaning(value string) *valueRule {
	for i := range f.values {
		if oneOf(value, f.values[i].is) {
			return &f.values[i]
		}
	}
	return nil
}

// fill makes the row of the record, or of its cell.
func (c *converter) fill() {
	if c.unreviewed(c.fields) {
		return
	}
	c.bytes()
	c.rec.columns, c.rec.parts = [columnCount]string{}, ""
	clear(c.rec.metadata)
	var later []assignment
	for i := range c.mapping.fields {
		f := &c.mapping.fields[i]
		value := c.raw(f)
		if v := f.rule.meaning(value); v != nil {
			switch {
			case v.value != nil:
				value = *v.value
			case v.copy != nil:
				later, value = append(later, assignment{*v.copy, value}), ""
			default:
				later, value = append(later, v.set...), ""
			}
		}
		c.put(f.to, c.made(f, value))
	}
	for _, a := range later {
		c.put(a.to, a.text)
	}
	c.validate()
}

// made is a value after its lookup, its date's form or its arithmetic; blank, and an error, where one fails.
func (c *converter) made(f *boundField, value string) string {
	r := f.rule
	if value == "" {
		return ""
	}
	if r.lookup != nil {
		found, ok := r.lookup.table[value]
		if !ok {
			c.refuse(f, "lookup.missing", "is not in "+r.lookup.name, value)
		}
		value = found
	}
	if r.dates != nil {
		date, ok := c.date(r, value)
		if !ok {
			c.refuse(f, "date.value", "must be a date like "+notations(r.dates), value)
		}
		value = date
	}
	if r.number != nil {
		number, message := r.number.convert(value, c.points())
		if message != "" {
			c.refuse(f, "score.number", message, value)
		}
		value = number
	}
	return value
}

func (c *converter) points() *big.Rat { return c.cell.points }

func (c *converter) date(r *fieldRule, value string) (string, bool) {
	for _, form := range r.dates {
		if date, ok := form.read(value, c.zone); ok {
			return date, true
		}
	}
	return "", false
}

func notations(forms []dateForm) string {
	names := make([]string, len(forms))
	for i, f := range forms {
		names[i] = f.notation
	}
	return strings.Join(names, " or ")
}

// refuse adds an error of a field's value. Nothing more is said of it.
func (c *converter) refuse(f *boundField, code, message, value string) {
	c.failPlace(f.place, f.to.label(), code, message, value, code == "date.value" && dateLike(value))
	c.silence(c.real(f.place))
	if f.to.col < columnCount {
		c.hushed |= 1 << f.to.col
	}
}

func (t target) label() string {
	if t.col == columnCount {
		return metadataPrefix + t.metadata
	}
	return t.col.String()
}

// fills reports that the profile has some value for a column.
func (m *mapping) fills(col column) bool {
	for i := range m.fields {
		f := &m.fields[i]
		if f.to.col == col {
			return true
		}
		for _, v := range f.rule.values {
			if v.copy != nil && v.copy.col == col || slices.ContainsFunc(v.set, func(a assignment) bool { return a.to.col == col }) {
				return true
			}
		}
	}
	return false
}

// fixes reports that the profile has one value of a column for all rows.
func (m *mapping) fixes(col column) bool {
	return slices.ContainsFunc(m.fields, func(f boundField) bool { return f.to.col == col && f.rule.from == fromConstant })
}

// put sets a column of the record that is to be checked.
func (c *converter) put(to target, value string) {
	if value == "" {
		return
	}
	if to.col < columnCount {
		c.rec.columns[to.col] = value
		return
	}
	c.rec.metadata[c.layout.meta(to.metadata)] = value
}

// bytes reports the fields of the row that are not text.
func (c *converter) bytes() {
	c.skip, c.hushed = nil, 0
	if utf8.ValidString(c.row.Raw.text) && strings.IndexByte(c.row.Raw.text, 0) < 0 {
		return
	}
	for _, i := range c.mapping.used {
		c.checkField(i, c.fields[i])
	}
	if c.cell.place >= 0 {
		c.checkField(c.cell.place, c.fields[c.cell.place])
	}
}
