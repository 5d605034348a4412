package gradecsv

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// isNative reports a file with OneRoster's own columns. It needs a profile only for how its values are written: decimal
// commas, dates of a spreadsheet.
func (s *sketch) isNative() bool {
	h := &Header{names: s.header}
	return isNative(h, nativeColumns(h))
}

// native writes the fields of such a file: all that it has, so that no status and no sourcedId is lost.
func (s *sketch) native(b *bytes.Buffer) {
	b.WriteString("# The columns are OneRoster's own, and keep their meaning.\nfields:\n")
	for col := range columnCount {
		i := findColumn(s.header, []string{col.String()})
		if i < 0 {
			continue
		}
		name := strconv.Quote(strings.TrimSpace(s.header[i]))
		switch col {
		case colLineItem, colStudent, colScoreStatus:
			fmt.Fprintf(b, "  %s: %s\n", col, name)
		case colScore:
			fmt.Fprintf(b, "  score:\n    column: %s\n    optional: true\n", name)
			commas, percents, _ := s.cells([]int{i})
			notation(b, commas, percents)
		case colScoreDate:
			s.date(b, i)
		default:
			fmt.Fprintf(b, "  %s: {column: %s, optional: true}\n", col, name)
		}
	}
	for _, name := range s.header {
		if strings.HasPrefix(strings.ToLower(strings.TrimSpace(name)), metadataPrefix) {
			b.WriteString("  metadata.*: {column: metadata.*}\n")
			break
		}
	}
}

// notation writes how numbers are written.
func notation(b *bytes.Buffer, commas, percents bool) {
	if commas {
		b.WriteString("    decimal: comma\n")
	}
	if percents {
		b.WriteString("    percent: allowed\n    # scale: {from: 100, to: 20}   # TODO: percentages are sent as they are; say this to make points of them\n")
	}
}

// date writes the field of the score's date, with the form that the dates of a column have.
func (s *sketch) date(b *bytes.Buffer, column int) {
	name := strconv.Quote(strings.TrimSpace(s.header[column]))
	form, certain := s.dateForm(column)
	if !certain {
		b.WriteString("  # TODO: how the dates are written, such as YYYY-MM-DD, M/D/YYYY or D.M.YYYY\n")
	}
	fmt.Fprintf(b, "  scoreDate: {column: %s, date: %s}\n", name, form)
}

// dateForm is how the dates of a column are written; not certain where they could have the month or the day first, or are
// of several kinds.
func (s *sketch) dateForm(column int) (form string, certain bool) {
	found := map[string]bool{}
	for _, record := range s.records {
		if column >= len(record) {
			continue
		}
		switch value := strings.TrimSpace(record[column]); {
		case value == "":
		case len(value) == 10 && shaped(value, "0000-00-00"):
			found["YYYY-MM-DD"] = true
		case strings.Count(value, "/") == 2:
			found[firstOf(strings.Split(value, "/"), "D/M/YYYY", "M/D/YYYY")] = true
		case strings.Count(value, ".") == 2:
			found["D.M.YYYY"] = true
		default:
			found[""] = true
		}
	}
	if len(found) == 2 {
		delete(found, "M/D/YYYY or D/M/YYYY") // the others of the file settle it
	}
	for form := range found {
		if len(found) == 1 && form != "" && !strings.Contains(form, " or ") {
			return form, true
		}
	}
	return "YYYY-MM-DD", false
}

// firstOf says by a date's first two numbers whether the day or the month stands first.
func firstOf(parts []string, day, month string) string {
	first, second := number(parts[0]), number(parts[1])
	switch {
	case len(parts[2]) != 4:
		return ""
	case first > 12 && second <= 12:
		return day
	case second > 12 && first <= 12:
		return month
	}
	return month + " or " + day
}
