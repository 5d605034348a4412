package gradecsv

import "gradebook-import/importer/oneroster"

// cell is the text of a field as gocsv hands it over. It is shaped like a pointer because gocsv looks at every field of
// a struct through an interface: for a pointer that costs nothing, for a string an allocation before the value is even
// seen. A blank cell is nil, and the words that fill most cells of a file are shared.
type cell struct{ text *string }

// UnmarshalCSV is what gocsv calls for a cell.
func (c *cell) UnmarshalCSV(value string) error {
	switch value {
	case "":
		c.text = nil
	case "true":
		c.text = &words.yes
	case "false":
		c.text = &words.no
	case oneroster.StatusActive:
		c.text = &words.active
	case oneroster.ScoreFullyGraded:
		c.text = &words.fullyGraded
	default:
		own := value // of its own, so that only these values are moved to the heap
		c.text = &own
	}
	return nil
}

// words are never changed.
var words = struct{ yes, no, active, fullyGraded string }{"true", "false", oneroster.StatusActive, oneroster.ScoreFullyGraded}

func (c cell) String() string {
	if c.text == nil {
		return ""
	}
	return *c.text
}
