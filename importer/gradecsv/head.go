package gradecsv

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// head reads a file's beginning: the lines before its header, the header, and the records after it that are none of
// results but say something of the columns.
func (s *source) head(o *Options) error {
	found, err := s.choose(o)
	if err != nil {
		return err
	}
	fr, err := s.peek(found.at)
	if err == io.EOF {
		return &InputError{s.info.File, "is empty", "give a OneRoster results.csv"}
	} else if err != nil {
		return err
	}
	if d := s.written; fr.line == d.header {
		if d.extra > 0 && d.delim == ',' && found.mapping != nil {
			held, err := s.held(found, d.extra)
			if err != nil {
				return err
			}
			if !held {
				return overhang(s.info.File, fr.line, d.extra)
			}
		}
		fr.text += strings.Repeat(string(rune(d.delim)), d.extra)
	}
	h, err := newHeader(s.info.File, fr, s.framer.delim, o.naming())
	if err != nil {
		return err
	}
	h.bom, h.eol, h.charset = s.text.bom, s.eol, s.text.charset
	for _, before := range s.pending[:found.at] {
		h.preamble = append(h.preamble, before.text)
	}
	s.pending = s.pending[found.at+1:]
	s.detected = Detection{s.info.File, found.profile.name, found.why}
	s.shape = &shape{file: s.info.File, refs: s.refs, zone: o.zoneFor(found.profile), date: o.fixedDate(found.profile),
		latest: latestDate(time.Now())}
	if found.mapping == nil {
		err = s.native(o, h)
	} else {
		err = s.mapped(o, h, found.mapping)
	}
	if err != nil {
		return err
	}
	s.shape.header = s.intern(h)
	if _, err = s.peek(0); err == io.EOF {
		return &InputError{s.info.File, "has a header but no rows", "a results file without rows is not valid; export it again"}
	}
	return err
}

// native sets up a file with OneRoster's columns.
func (s *source) native(o *Options, h *Header) error {
	if n := len(h.preamble); n > 0 {
		s.warnings = append(s.warnings, Problem{Code: "header.preamble", File: s.info.File, Line: h.at[0].line, Col: 1,
			Message: fmt.Sprintf("the column names were found here; the lines before, %d that are not blank, were not imported", n)})
	}
	l, warnings, err := newLayout(s.info.File, h, o.ScoreDate != "", s.mayBeIDs)
	s.shape.layout = l
	h.parts = slices.Contains(h.names, partsName) || s.refs != nil && s.refs.folded.texts != nil
	if err != nil {
		return err
	}
	s.warnings, s.framer.rowLike = append(s.warnings, warnings...), l.rowLike(h)
	return nil
}

// mayBeIDs reports a column whose sampled values may be ids of results, which differ, a row that came twice aside. A system's name
// is the same in many.
func (s *source) mayBeIDs(place int) bool {
	records, err := s.sampled(0)
	if err != nil {
		return true // whoever reads on is told
	}
	filled, different := 0, map[string]bool{}
	for _, fields := range records {
		if place < len(fields) && fields[place] != "" {
			filled++
			different[fields[place]] = true
		}
	}
	return filled == 0 || 3*len(different) > filled
}

// mapped sets up a file with a mapping.
func (s *source) mapped(o *Options, h *Header, m *mapping) error {
	if m.layout.index[colScoreDate] == noPlace && !m.dated() && o.ScoreDate == "" {
		return &InputError{s.info.File, "has no dates, and every result needs one",
			"give the date of all rows with --score-date YYYY-MM-DD; today's is not taken, because every row would differ every day"}
	}
	s.framer.rowLike = m.rowLike(h)
	for i := 0; ; i++ {
		fr, err := s.peek(i)
		if err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		fields := split(fr, h.delim)
		role, ok := m.role(fields)
		if !ok || role == roleNone || i == headRecords {
			break
		}
		if role == rolePoints {
			m.take(fields)
		}
		h.kept = append(h.kept, fr.text)
	}
	if err := s.twins(h, m); err != nil {
		return err
	}
	if m.profile.wide != nil && len(m.cells) == 0 {
		return &InputError{s.info.File, "has no column of an assignment", ""}
	}
	h.mark(m)
	if places := m.unused(h); len(places) > 0 {
		s.warnings = append(s.warnings, Problem{Code: "header.unknown", File: s.info.File, Line: h.at[0].line, Col: h.at[0].col,
			Message: fmt.Sprintf("the mapping profile %s does not import: %s", m.profile.name, h.naming.list(h.names, places))})
	}
	s.shape.layout, s.shape.mapping = m.layout, m
	return m.checkFixed(s.info.File, s.shape.zone)
}

// peek is the i-th frame that is not yet returned; io.EOF when there are not so many.
func (s *source) peek(i int) (frame, error) {
	for len(s.pending) <= i {
		fr, err := s.frame(io.EOF)
		if err != nil {
			return fr, err
		}
		if s.eol == "" {
			s.eol = s.framer.eol()
		}
		s.pending = append(s.pending, fr)
	}
	return s.pending[i], nil
}
