package gradecsv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"gradebook-import/importer/oneroster"
)

// missingColumns says which columns a header lacks, which it has, and which of those may be meant.
func missingColumns(path string, h *Header, missing []column) error {
	names := make([]string, len(missing))
	for i, c := range missing {
		names[i] = c.String()
	}
	noun := "column"
	if len(names) > 1 {
		noun = "columns"
	}
	what := fmt.Sprintf("not a OneRoster results file: missing %s %s; found %s",
		noun, strings.Join(names, ", "), h.firstLine())
	return &InputError{path, what, missingHint(h, missing)}
}

func missingHint(h *Header, missing []column) string {
	if len(h.names) == 1 && strings.HasPrefix(h.text, `"`) {
		return "the whole line is one field in quotes: export the file again, or remove the quote at both ends of each line, and write \" for each \"\" that is left"
	}
	if other := otherDelimiter(h); other != "" {
		return "the fields seem to be separated by " + other
	}
	var renames []string
	for _, c := range missing {
		if near := nearest(c.String(), h.names); near != "" {
			if !h.naming.shows(near) {
				near = fmt.Sprintf("column %d", slices.Index(h.names, near)+1)
			} else {
				near = quoted(near)
			}
			renames = append(renames, near+" to "+c.String())
		}
	}
	var blank []int
	for i, name := range h.names {
		if unnamed(name) {
			blank = append(blank, i)
		}
	}
	switch {
	case len(missing) == 1 && len(blank) == 1 && len(renames) == 0:
		return fmt.Sprintf("perhaps it is column %d: write its name into the header", blank[0]+1)
	case len(renames) > 0:
		return "perhaps rename " + strings.Join(renames, ", ")
	case len(missing) == 1 && missing[0] == colScoreDate:
		return "add the column, or give the date of all rows with --score-date"
	}
	return "export the file again with all columns, or add what is missing; the first line must hold the column names"
}

// otherDelimiter names what separates the fields of a header that seems to have only one.
func otherDelimiter(h *Header) string {
	if len(h.names) > 1 {
		return ""
	}
	for _, sep := range [...]struct{ char, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}, {",", "commas"}} {
		if strings.Count(h.names[0], sep.char) >= len(required())-1 {
			return sep.name
		}
	}
	return ""
}

// nearest returns the name that is most like want, "" where none is.
func nearest(want string, names []string) string {
	best, near := len(want)/4+1, ""
	for _, name := range names {
		if len(name) > 2*len(want) {
			continue
		}
		if d := levenshtein.ComputeDistance(plain(want), plain(name)); d < best {
			best, near = d, name
		}
	}
	return near
}

var spelling = strings.NewReplacer(" ", "", "_", "", "-", "", ".", "")

// plain reduces a name to what people agree on when they spell it differently.
func plain(name string) string {
	return spelling.Replace(strings.ToLower(name))
}

// firstLine lists what stands where column names should, unless it is a row of data, which may be a student's.
func (h *Header) firstLine() string {
	for _, name := range h.names {
		name = strings.TrimSpace(name)
		if isAmount(name) || slices.Contains(oneroster.ScoreStatuses(), name) || len(name) >= 10 && shaped(name[:10], "0000-00-00") {
			return "a row of data, which is not shown"
		}
	}
	return h.naming.list(h.names, nil)
}

// maxListed is the most names that a message lists.
const maxListed = 20

func listed(names []string) string {
	var b strings.Builder
	for i, name := range names {
		if i == maxListed {
			fmt.Fprintf(&b, " and %d more", len(names)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoted(name))
	}
	return b.String()
}
