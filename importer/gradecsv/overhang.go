package gradecsv

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// overhang refuses a file of a profile whose rows all end in a blank field too many. In OneRoster's own files a shifted row has
// its score status in the wrong place; elsewhere a section's number would be a score, unless the dates show that there is no shift.
func overhang(file string, line, extra int) error {
	return &InputError{fmt.Sprintf("%s:%d", file, line), fmt.Sprintf("the rows have %s more than these column names, blank at the end; "+
		"it is not guessed whether a comma that nobody quoted has shifted them", when(extra == 1, "1 field", fmt.Sprintf("%d fields", extra))),
		"put quotes around fields that have a comma in them, such as \"Lee, Kim\"; or where the rows only end in a comma too many, write it here as well"}
}

// held reports that no sampled row is shifted, although each ends in blank fields too many: all have a date in the place of the
// score date, and none behind it that a shift would have brought there. A shift behind the date would leave text after the last
// column, or else nothing that is imported would be shifted.
func (s *source) held(found choice, extra int) (bool, error) {
	m := found.mapping
	i := slices.IndexFunc(m.fields, func(f boundField) bool { return f.to.col == colScoreDate && f.place >= 0 })
	if m.profile.wide != nil || i < 0 {
		return false, nil
	}
	records, err := s.sampled(found.at + 1)
	if err != nil {
		return false, err
	}
	f := &m.fields[i]
	for _, fields := range records {
		if len(fields) <= f.place+extra || !m.date(f, fields[f.place]) {
			return false, nil
		}
		behind := fields[f.place+1 : f.place+1+extra]
		if slices.ContainsFunc(behind, func(value string) bool { return m.date(f, value) }) {
			return false, nil
		}
		if last := len(fields) - extra - 1; f.place < last-1 && slices.Max(m.used) > f.place {
			return false, nil
		}
	}
	return len(records) > 0, nil
}

// date reports that a value is one of the score date's.
func (m *mapping) date(f *boundField, value string) bool {
	c := &converter{shape: &shape{layout: m.layout, mapping: m, zone: time.UTC, header: &Header{}}, row: &Row{}, dates: dates{zone: time.UTC}}
	if value = strings.TrimSpace(value); f.rule.dates != nil {
		_, ok := c.date(f.rule, value)
		return ok
	}
	_, message := c.dates.parse(value)
	return message == ""
}
