package gradecsv

import (
	"fmt"
	"slices"
	"strings"
)

// A row with too few fields stands in a rejects file with blanks at its end. Nobody knows whether they belong there: the
// field that is missing may be one in the middle, and the values after it stand under the wrong names. So the row stays
// refused until a person has put something there, or has emptied import.errors, which says how many fields it had.

const (
	tooFew      = "too few fields"
	fieldsFound = "%d fields"
	foundBefore = "; found \""
	errorsName  = importPrefix + "errors"
)

// checkPadded refuses a row of a rejects file that is as it was padded. It goes before the other checks: padded relies on it.
func (c *converter) checkPadded(text string) {
	if c.header.trailing == 0 {
		return
	}
	at := slices.Index(c.header.names, errorsName)
	if at < 0 {
		return
	}
	fields := splitFields(text, c.header.delim)
	had, ok := padded(bare(fields[at]))
	if !ok {
		return
	}
	for i := had; i < len(fields); i++ {
		if !c.header.imports[i] && bare(fields[i]) != "" {
			return
		}
	}
	c.row.Errors = append(c.row.Errors, Problem{File: c.file, Line: c.row.Line, Col: 1, Code: "row.padded",
		Message: tooFew + " once, and blanks were put at the end, where they may be wrong; see that each value is under its column, and empty " +
			errorsName + " if they are right",
		Value: fmt.Sprintf(fieldsFound, had), QuoteSafe: true})
}

// padded reads from a row's import.errors how many fields it had, where these were too few. That is said before all else
// that is wrong with the row.
func padded(errors string) (had int, ok bool) {
	if !strings.HasPrefix(errors, tooFew) {
		return 0, false
	}
	_, text, _ := strings.Cut(errors, foundBefore)
	_, err := fmt.Sscanf(text, fieldsFound, &had)
	return had, err == nil && had >= 0
}
