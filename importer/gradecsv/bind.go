package gradecsv

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// mapping is a profile bound to the header of a file. It does not change once the file's head was read.
type mapping struct {
	profile *Profile
	layout  *layout
	fields  []boundField
	rows    []boundRow
	cells   []wideColumn // the assignments of a wide file
	used    []int        // the columns that every row is made of
	seen    []int        // the columns that the profile is recognised by
	twins   []twin
	points  *big.Rat // of a file of one assignment that says so before its header
	labels  []label
}

// Places in layout.index that are no column of the file.
const (
	noPlace   = -1 // a constant, or what stands before the header
	cellPlace = -2 // the assignment's column
)

// boundField is a field whose columns were found.
type boundField struct {
	rule  *fieldRule
	to    target
	place int
	parts []boundPart
}

// boundPart is a part of a value: text, a column, or a variable of the assignment's column.
type boundPart struct {
	text     string
	place    int // noPlace: text
	variable string
}

type boundRow struct {
	rule  *rowRule
	place int // noPlace: all assignment columns
}

// wideColumn is an assignment's column.
type wideColumn struct {
	place  int
	vars   map[string]string
	points *big.Rat
}

// label is a line before the header: a name and a value.
type label struct {
	name, value string
	line        int
}

// binder binds a profile to a header, and collects what is missing.
type binder struct {
	*mapping
	header  *Header
	places  places
	missing []string
}

// bind finds a profile's columns in a header. missing says what is not there; then the mapping cannot be used.
func bind(p *Profile, h *Header, at places, labels []label) (m *mapping, missing []string) {
	b := &binder{mapping: &mapping{profile: p, labels: labels, layout: &layout{parts: noPlace}}, header: h, places: at}
	for c := range b.layout.index {
		b.layout.index[c] = noPlace
	}
	for _, names := range p.seen {
		place := b.column(names)
		if b.seen = append(b.seen, place); place == noPlace {
			b.lack(names)
		}
	}
	for _, f := range p.fields {
		b.field(f)
	}
	b.targets()
	if p.wide != nil {
		b.wide()
	}
	for i := range p.rows {
		b.row(&p.rows[i])
	}
	b.points = b.possible()
	return b.mapping, b.missing
}

func (b *binder) lack(names []string) {
	missing := strings.Join(names, " or ")
	if !slices.Contains(b.missing, missing) {
		b.missing = append(b.missing, missing)
	}
}

// column is the place of the first of the names that the header has.
func (b *binder) column(names []string) int {
	place := b.places.find(names)
	if place >= 0 && b.header.imports[place] {
		return noPlace
	}
	return place
}

func (b *binder) field(f *fieldRule) {
	if f.metadata == "*" {
		b.everyMetadata(f)
		return
	}
	bound := boundField{rule: f, to: target{f.col, f.metadata}, place: noPlace}
	switch f.from {
	case fromColumn:
		if bound.place = b.column(f.names); bound.place == noPlace {
			b.optional(f, f.names)
			return
		}
		bound.parts = []boundPart{{place: bound.place}}
	case fromLabel:
		value, ok := b.label(f.names)
		if !ok {
			b.optional(f, f.names)
			return
		}
		bound.parts = []boundPart{{text: value, place: noPlace}}
	case fromCell:
		bound.place, bound.parts = cellPlace, []boundPart{{place: cellPlace}}
	case fromConstant:
		bound.parts = []boundPart{{text: f.text, place: noPlace}}
	case fromTemplate:
		for _, part := range f.template {
			bound.parts = append(bound.parts, b.part(part, f))
		}
		bound.place = firstPlace(bound.parts)
	}
	b.add(bound)
}

// firstPlace is the column that a value of several parts is shown at.
func firstPlace(parts []boundPart) int {
	for _, p := range parts {
		if p.place != noPlace {
			return p.place
		}
	}
	return noPlace
}

func (b *binder) add(f boundField) {
	b.fields = append(b.fields, f)
	for _, p := range f.parts {
		if p.place >= 0 && !slices.Contains(b.used, p.place) {
			b.used = append(b.used, p.place)
		}
	}
	if f.to.col < columnCount {
		b.layout.index[f.to.col] = f.place
		return
	}
	b.meta(f.to.metadata, f.place)
}

func (b *binder) meta(name string, place int) {
	if b.layout.meta(name) < 0 {
		b.layout.metadata = append(b.layout.metadata, metadataColumn{metadataPrefix + name, name, place})
	}
}

// meta is the number of a metadata column, -1 where there is none.
func (l *layout) meta(name string) int {
	return slices.IndexFunc(l.metadata, func(m metadataColumn) bool { return m.name == name })
}

func (b *binder) optional(f *fieldRule, names []string) {
	if !f.optional {
		b.lack(names)
	}
}

// everyMetadata takes in each column whose name begins with metadata.
func (b *binder) everyMetadata(f *fieldRule) {
	for i, name := range b.header.names {
		name = strings.TrimSpace(name)
		if len(name) > len(metadataPrefix) && strings.EqualFold(name[:len(metadataPrefix)], metadataPrefix) {
			to := target{columnCount, name[len(metadataPrefix):]}
			b.add(boundField{rule: f, to: to, place: i, parts: []boundPart{{place: i}}})
		}
	}
}

// part finds what a name in a template stands for: a part of the assignment's column name, a column, a line before
// the header.
func (b *binder) part(p templatePart, f *fieldRule) boundPart {
	if p.name == "" {
		return boundPart{text: p.text, place: noPlace}
	}
	if w := b.profile.wide; w != nil {
		if p.name == "cell" {
			return boundPart{place: cellPlace}
		}
		for _, pattern := range w.columns {
			if slices.Contains(pattern.names, p.name) {
				return boundPart{place: cellPlace, variable: p.name}
			}
		}
	}
	if place := b.column([]string{p.name}); place >= 0 {
		return boundPart{place: place}
	}
	value, ok := b.label([]string{p.name})
	if !ok {
		b.optional(f, []string{p.name})
	}
	return boundPart{text: value, place: noPlace}
}

func (b *binder) label(names []string) (string, bool) {
	for _, name := range names {
		for _, l := range b.labels {
			if folded(l.name) == folded(name) {
				return l.value, true
			}
		}
	}
	return "", false
}

// targets makes room for the metadata that value tables set.
func (b *binder) targets() {
	for _, f := range b.fields {
		for _, v := range f.rule.values {
			if v.copy != nil && v.copy.col == columnCount {
				b.meta(v.copy.metadata, f.place)
			}
			for _, a := range v.set {
				if a.to.col == columnCount {
					b.meta(a.to.metadata, f.place)
				}
			}
		}
	}
}

func (b *binder) row(r *rowRule) {
	place := noPlace
	if r.names != nil {
		if place = b.column(r.names); place == noPlace {
			return
		}
	}
	b.rows = append(b.rows, boundRow{r, place})
}

// possible is the number of points that the lines before the header give.
func (b *binder) possible() *big.Rat {
	value, _ := b.label([]string{"Points Possible", "Points"})
	return pointsOf(value)
}

// pointsOf reads a number of points; nil where it is none.
func pointsOf(value string) *big.Rat {
	text, message := (&numberRule{decimal: "either"}).plain(strings.TrimSpace(value))
	if r, ok := decimal(text); ok && message == "" && r.Sign() > 0 {
		return r
	}
	return nil
}

// unused are the columns that the mapping does not read.
func (m *mapping) unused(h *Header) []int {
	var places []int
	for i, name := range h.names {
		if !h.imports[i] && !slices.Contains(m.used, i) && (h.wide == nil || !h.wide[i]) && !(unnamed(name) && h.nameless(i)) {
			places = append(places, i)
		}
	}
	return places
}

// private says that the names of assignment columns are students', or part of what tells students.
func (m *mapping) private() bool {
	for _, f := range m.fields {
		for _, p := range f.parts {
			if f.to.col == colStudent && p.variable != "" {
				return true
			}
		}
	}
	return false
}

// why says what of the header fits the profile.
func (m *mapping) why(h *Header, line int) string {
	var names []string
	for _, i := range append(slices.Clone(m.seen), m.used...) {
		if name := quoted(strings.TrimSpace(h.names[i])); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	text := fmt.Sprintf("line %d has the columns %s", line, strings.Join(names, ", "))
	if len(m.cells) > 0 {
		first := m.cells[0].place
		name := fmt.Sprintf("column %d", first+1)
		if !m.private() || h.naming.shows(h.names[first]) {
			name = quoted(strings.TrimSpace(h.names[first]))
		}
		text += fmt.Sprintf(" and %d of assignments, from %s", len(m.cells), name)
	}
	var labels []string
	for _, l := range m.labels {
		if h.naming.shows(l.name) {
			labels = append(labels, quoted(l.name))
		}
	}
	if len(labels) > 0 {
		text += "; before it stand " + strings.Join(labels, ", ")
	}
	return text
}

// dated reports that the profile gives a date that is none of the record's.
func (m *mapping) dated() bool {
	for _, f := range m.fields {
		if f.to.col == colScoreDate {
			return true
		}
	}
	return false
}

// checkFixed makes once what no record can change, so that a mistake in it is said once.
func (m *mapping) checkFixed(file string, zone *time.Location) error {
	for i := range m.fields {
		f := &m.fields[i]
		if f.place != noPlace {
			continue
		}
		c := &converter{shape: &shape{file: file, layout: m.layout, mapping: m, zone: zone}, row: &Row{}, dates: dates{zone: zone}}
		c.cell.place = noPlace
		value := c.made(f, c.raw(f))
		if len(c.row.Errors) == 0 && value != "" {
			c.checkOne(f.to.col, value)
		}
		if value == "" && len(c.row.Errors) == 0 && slices.Contains(required(), f.to.col) {
			c.fail(f.to.col, "id.blank", "is blank; every result needs it", "")
		}
		for _, p := range c.row.Errors {
			return &InputError{file, fmt.Sprintf("%s, from %s: %s", f.to.label(), f.rule.origin(), p.Message),
				"change it there, or in a mapping profile of your own"}
		}
	}
	return nil
}

// checkOne is the check of a single column's value.
func (c *converter) checkOne(col column, value string) {
	switch col {
	case colLineItem, colStudent, colClass, colSourcedID:
		c.id(col, value, true)
	case colScoreDate, colDateLastModified:
		c.dateTime(col, value)
	case colScoreStatus:
		c.scoreStatus(value)
	case colStatus:
		c.status(value)
	case colInProgress, colIncomplete, colLate, colMissing:
		c.flag(col, value)
	}
}

// origin says where a value that is the same for all records comes from.
func (f *fieldRule) origin() string {
	switch f.from {
	case fromLabel:
		return "the line " + quoted(f.names[0]) + " before the header"
	case fromConstant:
		return "the profile's value"
	}
	return "the lines before the header"
}
