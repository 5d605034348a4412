package gradecsv

import "strings"

// wide finds the columns of assignments.
func (b *binder) wide() {
	w := b.profile.wide
	for i, name := range b.header.names {
		if b.header.imports[i] || b.taken(i) || matches(w.except, name) {
			continue
		}
		for _, p := range w.columns {
			if vars, ok := p.match(name); ok {
				b.cells = append(b.cells, wideColumn{place: i, vars: vars, points: pointsOf(vars["points"])})
				break
			}
		}
	}
	if len(b.cells) == 0 {
		b.missing = append(b.missing, "a column of an assignment")
	}
}

func matches(patterns []*pattern, name string) bool {
	for _, p := range patterns {
		if _, ok := p.match(name); ok {
			return true
		}
	}
	return false
}

// taken reports a column that a field or a rule of rows names.
func (b *binder) taken(place int) bool {
	for _, i := range b.used {
		if i == place {
			return true
		}
	}
	for _, r := range b.profile.rows {
		if r.names != nil && b.column(r.names) == place {
			return true
		}
	}
	return false
}

// role says what a record is when it is no result; false: it is one, or it has some.
func (m *mapping) role(fields []string) (rowRole, bool) {
	for _, r := range m.rows {
		if r.place >= 0 && r.place < len(fields) && oneOf(strings.TrimSpace(fields[r.place]), r.rule.is) ||
			r.place == noPlace && m.allCells(fields, r.rule.is) {
			return r.rule.as, true
		}
	}
	return 0, false
}

// allCells reports a record whose assignments all say one of some things, or nothing, but not all of them nothing.
func (m *mapping) allCells(fields, of []string) bool {
	some := false
	for _, c := range m.cells {
		if c.place >= len(fields) {
			continue
		}
		value := strings.TrimSpace(fields[c.place])
		if value == "" {
			continue
		}
		if some = true; !oneOf(value, of) {
			return false
		}
	}
	return some
}

// take reads the points of the assignments, and drops the columns that are none.
func (m *mapping) take(fields []string) {
	kept := m.cells[:0]
	for _, c := range m.cells {
		if c.place < len(fields) {
			value := strings.TrimSpace(fields[c.place])
			if oneOf(value, m.profile.wide.unless) {
				continue
			}
			if p := pointsOf(value); p != nil {
				c.points = p
			}
		}
		kept = append(kept, c)
	}
	m.cells = kept
}

// rowLike reports lines that are rows by themselves: as many fields as the header has.
func (m *mapping) rowLike(h *Header) func(line []byte) bool {
	return func(line []byte) bool {
		return len(h.names) > 2 && len(splitFields(string(line), h.delim)) == len(h.names)
	}
}

// rowBytes is about what a row of a wide file needs beside its text, which the rows of a record share.
const rowBytes = 1 << 10

// weight is about how much memory the rows of a frame need, where that is more than their text.
func (s *shape) weight(fr frame) int {
	if s.mapping == nil {
		return len(fr.text)
	}
	return len(fr.text) + rowBytes*len(s.mapping.cells)
}
