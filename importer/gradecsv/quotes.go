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

// scan takes the next line of the record, without its line end.
func (q *quotes) scan(line []byte) fault {
	q.lines++
	if !q.open && bytes.IndexByte(line, '"') < 0 {
		return faultNone
	}
	for i := 0; ; i++ {
		var fault fault
		if q.open || i < len(line) && line[i] == '"' {
			i, fault = q.quoted(line, i)
		} else {
			i, fault = q.plain(line, i)
		}
		if fault != faultNone || q.open || i == len(line) {
			return fault
		}
	}
}

// plain scans an unquoted field and returns the offset of the delimiter after it, or the line's length.
func (q *quotes) plain(line []byte, i int) (int, fault) {
	end := len(line)
	if n := bytes.IndexByte(line[i:], q.delim); n >= 0 {
		end = i + n
	}
	if n := bytes.IndexByte(line[i:end], '"'); n >= 0 {
		q.faultCol = i + n + 1
		return end, faultBare
	}
	return end, faultNone
}

// quoted scans a quoted field, from its quote or from the line's start where it is open already, as plain does.
func (q *quotes) quoted(line []byte, i int) (int, fault) {
	if !q.open {
		q.open, q.openLine, q.openCol = true, q.lines-1, i+1
		i++
	}
	for {
		n := bytes.IndexByte(line[i:], '"')
		if n < 0 {
			return len(line), faultNone
		}
		i += n + 1
		if i < len(line) && line[i] == '"' {
			i++
			continue
		}
		q.open = false
		if i < len(line) && line[i] != q.delim {
			q.faultCol = i + 1
			return i, faultAfter
		}
		return i, faultNone
	}
}
