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
			s.date(b, col, i)
		default:
			if col == colDateLastModified && !s.plainDates(i) && len(s.column(i)) > 0 { // a file of all results has none
				s.date(b, col, i)
				continue
			}
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
