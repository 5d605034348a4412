package gradecsv

import "strings"

// Some of what is wrong with a row does not show in the row alone: that another file of its zip lacks a student, that an
// earlier row has its sourcedId, that its last fields are blank because it had too few, where a quote was left open. In a
// rejects file such a row would be as good as any. So its import.errors ends in reviewNote, and the row is refused as long
// as that stands there: until a person says that the row is right, or deletes it.

const (
	reviewNote     = "when the row is right, empty this field"
	codeUnreviewed = "row.unreviewed"
	errorsName     = importPrefix + "errors"
)

// Reasons is what import.errors says of a row, with the values: the rejects file has the whole row anyway. A row that comes
// again unreviewed keeps what stood there.
func Reasons(problems []Problem) string {
	texts, hidden := make([]string, len(problems)), false
	for i, p := range problems {
		if p.Code == codeUnreviewed {
			return p.Value
		}
		texts[i] = p.Text(true)
		hidden = hidden || p.hidden()
	}
	if hidden {
		texts = append(texts, reviewNote)
	}
	return strings.Join(texts, "; ")
}

// hidden reports what the row alone does not show when it comes again.
func (p Problem) hidden() bool {
	switch p.Code {
	case "row.duplicate", "row.short", "row.quote", "score.min":
		return true
	}
	return strings.HasPrefix(p.Code, "ref.")
}

// unreviewed refuses a row of a rejects file of which nobody has said yet that it is right. fields are as many as the
// header's, with or without their quotes.
func (c *converter) unreviewed(fields []string) bool {
	if c.header.errors < 0 {
		return false
	}
	said := bare(fields[c.header.errors])
	if !strings.Contains(said, reviewNote) {
		return false
	}
	c.row.Errors = append(c.row.Errors, Problem{File: c.file, Line: c.row.Line, Col: 1, Code: codeUnreviewed,
		Message: "was rejected for what the row alone does not show; see its " + errorsName +
			", and when the row is right, empty that field, or else delete the row",
		Value: said})
	return true
}
