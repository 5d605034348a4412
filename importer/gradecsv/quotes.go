package gradecsv

import "bytes"

// quotes is the quote state of a record, fed line by line. It agrees with encoding/csv without LazyQuotes: what it
// finds well-formed, encoding/csv reads as one record.
type quotes struct {
	delim byte
	open  bool // a quoted field goes on in the next line
	lines int  // lines scanned
	// openLine (0 is the first line) and openCol are where the last quoted field began; faultCol is where the fault
	// is in its line.
	openLine, openCol, faultCol int
}

// scan takes the next line of the record, without its line end. It looks at the quotes alone: one that opens a field is at
// the line's start or after a delimiter.
func (q *quotes) scan(line []byte) fault {
	q.lines++
	for i := 0; ; {
		n := bytes.IndexByte(line[i:], '"')
		if n < 0 {
			return faultNone
		}
		i += n + 1
		switch {
		case !q.open && i > 1 && line[i-2] != q.delim:
			q.faultCol = i
			return faultBare
		case !q.open:
			q.open, q.openLine, q.openCol = true, q.lines-1, i
		case i < len(line) && line[i] == '"':
			i++
		default:
			q.open = false
			if i < len(line) && line[i] != q.delim {
				q.faultCol = i + 1
				return faultAfter
			}
		}
	}
}
